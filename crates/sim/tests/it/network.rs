//! What the network does: calls over TCP, datagrams, cuts, shapes, losses.

use kernel::{NetConfig, RpcFailure, Time};
use sim::{Ended, Happening, OpEnd};

use crate::{Datagrams, Hands, Tcp, c, cluster, n, ways, with_net};

const NOBODY: &[String] = &[];

#[test]
fn a_call_is_answered() {
    let mut cluster: Tcp = cluster();
    cluster.act(&["do n0 ask n1 5", "do c0 ask n2 6"]).settle();
    assert_eq!((cluster.answers(0), cluster.heard(1), cluster.now_us()), (&[5][..], &[5][..], 2000));
    assert_eq!(cluster.client(kernel::ClientId(0)).expect("a client").answers, [6]);
    let ops: Vec<_> = cluster.ops().map(|op| (op.who, op.text.as_str(), op.end != OpEnd::Open)).collect();
    assert_eq!(ops, [(n(0), "ask n1 5", true), (c(0), "ask n2 6", true)]);
    assert!(cluster.pending(Time(0)).is_empty());
}

#[test]
fn a_peer_that_is_down_refuses_at_once() {
    for crash in ["crash n1", "do n1 die"] {
        let mut cluster: Tcp = cluster();
        cluster.act(&[crash, "do n0 ask n1 5"]);
        cluster.auto();
        assert_eq!((cluster.failures(0), cluster.now_us()), (&["5 Refused".to_owned()][..], 1000));
        assert!(matches!(cluster.happening(), Happening::Lost { by_hand: false, .. }));
        assert_eq!(cluster.next_at(), None, "nothing waits any more");
    }
    let mut cluster: Tcp = cluster();
    cluster.act(&["crash n1", "cut n1 n0", "do n0 ask n1 5"]).settle();
    assert_eq!((cluster.failures(0), cluster.now_us()), (&["5 TimedOut".to_owned()][..], 50_000));
}

#[test]
fn a_process_that_dies_resets_the_calls_it_has_received() {
    for crash in ["crash n1", "do n1 die"] {
        let mut cluster: Tcp = cluster();
        cluster.act(&["do n0 later n1 5", "do n2 ask n1 6", "deliver 1.0", crash]);
        assert_eq!(
            ways(&cluster),
            [(n(2), n(1)), (n(1), n(0))],
            "the reset is on its way; the other call arrives yet"
        );
        let mut dropped = cluster.clone();
        cluster.settle();
        assert_eq!(
            (cluster.failures(0), cluster.failures(2)),
            (&["5 Refused".to_owned()][..], &["6 Refused".to_owned()][..])
        );
        assert_eq!(cluster.now_us(), 1000);
        dropped.act(&["drop 4.0"]).settle();
        assert_eq!(dropped.failures(0), ["5 TimedOut"]);
    }
    let mut answered: Tcp = cluster();
    answered.act(&["do n0 later n1 5", "deliver 1.0", "do n1 pay", "crash n1"]).settle();
    assert_eq!((answered.answers(0), answered.failures(0)), (&[0][..], NOBODY), "it had answered before");
}

#[test]
fn a_machine_without_power_refuses_and_resets_nobody() {
    for crash in ["crash n1 power", "crash n1 torn"] {
        let mut asked: Tcp = cluster();
        asked.act(&[crash, "do n0 ask n1 5"]).settle();
        assert_eq!((asked.failures(0), asked.now_us()), (&["5 TimedOut".to_owned()][..], 50_000));
        let mut cluster: Tcp = cluster();
        cluster.act(&["do n0 later n1 5", "deliver 1.0", crash]);
        assert_eq!(cluster.flights().count(), 0);
        // Its next process does not know the call either.
        cluster.act(&["restart n1", "crash n1"]);
        assert_eq!(cluster.flights().count(), 0);
        cluster.settle();
        assert_eq!((cluster.failures(0), cluster.now_us()), (&["5 TimedOut".to_owned()][..], 50_000));
        let failed = Happening::CallFailed { to: n(1), why: RpcFailure::TimedOut };
        assert_eq!(*cluster.happening(), failed);
    }
}

#[test]
fn a_call_whose_request_or_answer_is_lost_times_out() {
    let lost: [&[&str]; 4] = [&["cut n0 n1"], &["cut n1 n0"], &["drop 1.0"], &["deliver 1.0", "drop 2.0"]];
    for way in lost {
        let mut cluster: Tcp = cluster();
        cluster.act(&["do n0 ask n1 5"]).act(way).settle();
        assert_eq!(
            (cluster.failures(0), cluster.answers(0)),
            (&["5 TimedOut".to_owned()][..], &[][..]),
            "{way:?}"
        );
        assert_eq!(cluster.now_us(), 50_000);
        assert!(matches!(cluster.ops().next().map(|op| &op.end), Some(OpEnd::Done(Time(50_000), _))));
    }
}

#[test]
fn an_answer_after_the_time_out_changes_nothing() {
    // The answer is under way when the caller gives up, or is not even given.
    let slow: [&[&str]; 2] = [
        &["do n0 later n1 5", "deliver 1.0", "do n1 pay", "hold 3.0", "timeout 1.0", "release 3.0"],
        &["do n0 later n1 5", "deliver 1.0", "timeout 1.0", "do n1 pay"],
    ];
    for way in slow {
        let mut cluster: Tcp = cluster();
        cluster.act(way);
        let mind = kernel::digest_of(cluster.mind(0), kernel::Mode::Run);
        let answer = cluster.name();
        cluster.on_message("deliver");
        assert!(
            matches!(cluster.happening(), Happening::Late { id, from, .. } if *id == answer && *from == n(1))
        );
        assert_eq!(cluster.report().ended, [(answer, Ended::Arrived)]);
        assert_eq!(kernel::digest_of(cluster.mind(0), kernel::Mode::Run), mind);
        assert_eq!((cluster.answers(0), cluster.failures(0)), (&[][..], &["5 TimedOut".to_owned()][..]));
        cluster.settle();
        assert_eq!(cluster.failures(0).len(), 1);
    }
}

#[test]
fn an_answer_to_a_process_that_died_is_late_for_its_successor() {
    for pay_first in [true, false] {
        let mut cluster: Tcp = cluster();
        cluster.act(&["do n0 later n1 5", "deliver 1.0"]);
        let order = ["do n1 pay", "crash n0", "restart n0"];
        cluster.act(if pay_first { &order } else { &["crash n0", "restart n0", "do n1 pay"] });
        cluster.on_message("deliver");
        assert!(matches!(cluster.happening(), Happening::Late { .. }));
        assert_eq!((cluster.answers(0), cluster.failures(0)), (&[][..], NOBODY));
        assert!(matches!(cluster.ops().next().map(|op| &op.end), Some(OpEnd::Abandoned(_))));
    }
}

#[test]
fn a_time_out_by_hand_is_a_time_out() {
    let mut cluster: Tcp = cluster();
    cluster.act(&["do n0 ask n1 5", "timeout 1.0"]);
    assert_eq!(cluster.failures(0), ["5 TimedOut"]);
    cluster.settle();
    assert_eq!((cluster.heard(1), cluster.answers(0)), (&[5][..], &[][..]), "the request still arrives");
    assert_eq!(cluster.failures(0).len(), 1);
}

#[test]
fn tcp_never_delivers_twice_and_datagrams_may() {
    let mut tcp: Tcp = with_net(NetConfig { duplicate_ppm: 1_000_000, ..NetConfig::default() });
    tcp.act(&["do n0 ask n1 5"]);
    assert_eq!(tcp.refusal("dup 1.0"), "Echo calls over TCP, which never delivers twice");
    tcp.settle();
    assert_eq!((tcp.heard(1), tcp.answers(0)), (&[5][..], &[5][..]));

    let mut datagrams: Datagrams = with_net(NetConfig { duplicate_ppm: 1_000_000, ..NetConfig::default() });
    datagrams.act(&["do n0 tell n1 5"]);
    let copies: Vec<bool> = datagrams.flights().map(|flight| flight.copy).collect();
    assert_eq!(copies, [false, true]);
    assert_eq!(datagrams.report().sent.len(), 2);
    datagrams.settle();
    assert_eq!(datagrams.heard(1), [5, 5]);

    let mut by_hand: Datagrams = cluster();
    by_hand.act(&["do n0 tell n1 5"]).until_us(600).act(&["dup 1.0", "drop 1.0"]);
    assert!(by_hand.ring(Time(600)).messages[0].copy);
    by_hand.settle();
    assert_eq!((by_hand.heard(1), by_hand.now_us()), (&[5][..], 1000), "a copy is due when the first was");
}

#[test]
fn a_cut_is_one_way_and_looked_at_when_a_message_arrives() {
    let mut cluster: Datagrams = cluster();
    cluster.act(&["cut n0 n1", "do n0 tell n1 1", "do n1 tell n0 2", "do n0 tell n2 3"]).settle();
    assert_eq!((cluster.heard(0), cluster.heard(1), cluster.heard(2)), (&[2][..], &[][..], &[3][..]));
    cluster
        .act(&["do n0 tell n1 4", "do n1 tell n0 5"])
        .until_us(1500)
        .act(&["heal n0 n1", "cut n1 n0"])
        .settle();
    assert_eq!((cluster.heard(0), cluster.heard(1)), (&[2][..], &[4][..]), "what counts is the arrival");
    assert!(matches!(cluster.happening(), Happening::Lost { by_hand: false, .. }));
    let link = cluster.ring(Time(0)).links[0];
    assert_eq!((link.a.0, link.b.0, link.cut_ab, link.cut_ba), (0, 1, false, true));
}

#[test]
fn a_shaped_way_has_its_own_time_and_loss() {
    let mut cluster: Datagrams = cluster();
    cluster.act(&[
        "shape n0 n1 7000 7000 0",
        "shape n1 n0 10 10 1000000",
        "do n0 tell n1 1",
        "do n1 tell n0 2",
    ]);
    cluster.act(&["do n0 tell n2 3"]).until_us(6999);
    assert_eq!((cluster.heard(0), cluster.heard(1), cluster.heard(2)), (&[][..], &[][..], &[3][..]));
    cluster.settle();
    assert_eq!((cluster.heard(1), cluster.now_us()), (&[1][..], 7000));
    cluster.act(&["unshape n1 n0", "do n1 tell n0 4"]).settle();
    assert_eq!((cluster.heard(0), cluster.now_us()), (&[4][..], 8000));
}

#[test]
fn losses_copies_and_latencies_are_as_configured() {
    let net = NetConfig {
        latency_us_min: 100,
        latency_us_max: 103,
        loss_ppm: 250_000,
        duplicate_ppm: 100_000,
        fifo: false,
    };
    let mut cluster: Datagrams = with_net(net);
    cluster.act(&["do n0 flood n1 10000"]);
    let ways: Vec<u64> = cluster.flights().map(|flight| flight.due.0).collect();
    let copies = cluster.flights().filter(|flight| flight.copy).count();
    assert!((900..1100).contains(&copies), "{copies}");
    for latency in 100..=103 {
        let so_many = ways.iter().filter(|way| **way == latency).count();
        assert!((2400..3100).contains(&so_many), "{latency}: {so_many}");
    }
    assert!(ways.iter().all(|way| (100..=103).contains(way)));
    cluster.settle();
    let mut heard = cluster.heard(1).to_vec();
    let arrived = heard.len();
    assert!((8000..8500).contains(&arrived), "11,000 less a quarter: {arrived}");
    heard.sort_unstable();
    heard.dedup();
    assert!(heard.len() < arrived);
}

/// Ways of very different lengths on which messages keep their order.
const IN_ORDER: NetConfig = NetConfig {
    latency_us_min: 100,
    latency_us_max: 5000,
    loss_ppm: 100_000,
    duplicate_ppm: 100_000,
    fifo: true,
};

#[test]
fn with_fifo_messages_arrive_in_the_order_in_which_they_were_sent() {
    let heard = |fifo| {
        let mut cluster: Datagrams = with_net(NetConfig { fifo, ..IN_ORDER });
        cluster.act(&["do n0 flood n1 500"]).settle();
        cluster.heard(1).to_vec()
    };
    let in_order = heard(true);
    assert!(in_order.len() > 450, "{}", in_order.len());
    assert!(in_order.is_sorted(), "a copy comes before what was sent after it");
    assert!(!heard(false).is_sorted(), "without it they overtake each other");
}

#[test]
fn with_fifo_only_the_oldest_message_of_a_way_can_be_delivered() {
    let net = NetConfig { fifo: true, ..NetConfig::default() };
    let mut cluster: Datagrams = with_net(net);
    cluster.act(&["do n0 tell n1 4", "do n0 tell n1 5", "do n2 tell n1 6", "hold 1.0"]);
    assert_eq!(cluster.refusal("deliver 2.0"), "the network keeps their order, and 1.0 was sent before it");
    assert_eq!(cluster.refusal("deliver 3.0"), "", "another way");
    cluster.settle();
    assert_eq!(cluster.heard(1), [6], "what is held keeps back what was sent after it");
    let mut dropped = cluster.clone();
    cluster.act(&["release 1.0"]).settle();
    assert_eq!(cluster.heard(1), [6, 4, 5]);
    dropped.act(&["drop 1.0"]).settle();
    assert_eq!(dropped.heard(1), [6, 5]);
    let mut without: Datagrams = with_net(NetConfig::default());
    without.act(&["do n0 tell n1 4", "do n0 tell n1 5", "deliver 2.0"]).settle();
    assert_eq!(without.heard(1), [5, 4]);
}

#[test]
fn with_fifo_a_delay_moves_what_follows_and_not_what_went_before() {
    let net = NetConfig { fifo: true, ..NetConfig::default() };
    let mut cluster: Datagrams = with_net(net);
    cluster.act(&["do n0 tell n1 4", "do n0 tell n1 5", "delay 1.0 10000"]);
    cluster.act(&["do n0 tell n1 6"]);
    let due: Vec<u64> = cluster.flights().map(|flight| flight.due.0).collect();
    assert_eq!(due, [11_000, 1000, 11_000], "the newest is sent behind the delayed one");
    cluster.settle();
    assert_eq!((cluster.heard(1), cluster.now_us()), (&[4, 5, 6][..], 11_000));
}
