//! Pauses, disks, crashes.

use kernel::{Loss, NodeId, Time};
use sim::{Happening, NodeState};

use crate::engine::FLUSH_US;
use crate::{Datagrams, Hands, Tcp, cluster};

#[test]
fn a_paused_node_parks_its_messages_and_its_alarms_stand_still() {
    let mut cluster: Tcp = cluster();
    cluster.act(&[
        "do n1 alarm 1 2",
        "do n1 flush",
        "do n1 ask n0 9",
        "do n0 ask n1 5",
        "pause n1",
        "do n2 ask n1 6",
    ]);
    cluster.until_us(30_000);
    assert_eq!(cluster.flights().filter(|flight| flight.parked).count(), 3);
    assert!(cluster.ring(Time(0)).messages.iter().all(|message| message.due_in_us.is_none()));
    let mind = cluster.mind(1);
    assert!(
        mind.heard.is_empty() && mind.rang.is_empty() && mind.flushes.is_empty() && mind.answers.is_empty()
    );
    let refusals = ["deliver 4.0", "fire n1 1", "finish 2.0", "timeout 3.0", "do n1 pay"];
    for text in refusals {
        let refusal = cluster.refusal(text);
        assert!(refusal.starts_with("n1 is paused"), "{text}: {refusal}");
    }
    cluster.act(&["resume n1"]);
    assert_eq!(cluster.next_at(), Some(Time(30_000)), "all of it is due now");
    while cluster.next_at() == Some(Time(30_000)) {
        cluster.auto();
    }
    let mind = cluster.mind(1);
    assert_eq!((&mind.heard[..], &mind.rang[..], &mind.flushes[..]), (&[5, 6][..], &[1][..], &[true][..]));
    assert_eq!(mind.answers, [9]);
    cluster.settle();
    assert_eq!((cluster.answers(0), cluster.answers(2)), (&[5][..], &[6][..]));
    assert!(cluster.local_now(NodeId(1)) == cluster.now(), "a clock goes on while its node is paused");
}

#[test]
fn a_paused_node_gives_up_on_its_calls_only_when_it_goes_on() {
    let mut cluster: Tcp = cluster();
    cluster.act(&["do n1 ask n0 9", "drop 1.0", "pause n1"]).until_us(80_000).act(&["resume n1"]).settle();
    assert_eq!((cluster.failures(1), cluster.now_us()), (&["9 TimedOut".to_owned()][..], 80_000));
}

#[test]
fn what_was_parked_at_a_node_that_then_crashes_meets_a_dead_process() {
    let mut cluster: Tcp = cluster();
    cluster.act(&["do n0 ask n1 5", "pause n1"]).until_us(3000).act(&["crash n1"]);
    assert_eq!(cluster.next_at(), Some(Time(3000)));
    cluster.settle();
    assert_eq!(cluster.failures(0), ["5 Refused"]);
}

#[test]
fn a_write_takes_its_time_and_may_fail() {
    let mut cluster: Tcp = cluster();
    cluster.act(&["do n0 put 7", "do n0 flush"]);
    assert_eq!(cluster.next_at(), Some(Time(FLUSH_US)));
    let mut failed = cluster.clone();
    let mut slow = cluster.clone();
    cluster.auto();
    assert_eq!(*cluster.happening(), Happening::Wrote { ok: true });
    assert_eq!((cluster.paper(0).flushed, &cluster.mind(0).flushes[..]), (1, &[true][..]));
    failed.act(&["fail 2.0"]);
    assert_eq!((failed.paper(0).flushed, &failed.mind(0).flushes[..]), (0, &[false][..]));
    assert_eq!(failed.next_at(), None);
    slow.act(&["slow n0 5000", "do n0 flush"]).settle();
    assert_eq!(slow.now_us(), FLUSH_US + 5000, "only writes begun from now on are slow");
    slow.act(&["slow n0 0", "do n0 flush", "finish 8.0"]);
    assert_eq!(
        (slow.mind(0).flushes.len(), slow.now_us()),
        (3, FLUSH_US + 5000),
        "taken early, it takes no time"
    );
}

#[test]
fn a_crash_cancels_writes_under_way() {
    let mut cluster: Tcp = cluster();
    cluster.act(&["do n0 put 7", "do n0 flush", "do n1 flush", "crash n0", "restart n0"]).settle();
    assert_eq!((cluster.paper(0).flushed, cluster.mind(0).flushes.len()), (1, 0));
    assert_eq!(cluster.mind(1).flushes.len(), 1, "only its own");
    assert_eq!(cluster.refusal("finish 2.0"), "no disk write 2.0 is under way");
}

#[test]
fn what_a_crash_leaves_on_the_disk() {
    let kept = [
        ("crash n0", Loss::Process, &[1, 2, 3, 4][..]),
        ("crash n0 power", Loss::Power, &[1][..]),
        ("crash n0 torn", Loss::TornTail, &[1, 2, 3][..]),
    ];
    for (crash, loss, left) in kept {
        let mut cluster: Tcp = cluster();
        cluster.act(&[
            "do n0 put 1",
            "do n0 flush",
            "finish 2.0",
            "do n0 put 2",
            "do n0 put 3",
            "do n0 put 4",
        ]);
        cluster.act(&["do n0 alarm 1 5", "do n0 roll 0 1", crash]);
        assert_eq!(*cluster.state(NodeId(0)).expect("a node"), NodeState::Crashed(loss));
        assert!(cluster.node(NodeId(0)).is_some_and(|(_, memory)| memory.is_none()));
        assert_eq!((&cluster.paper(0).log[..], cluster.next_at()), (left, None), "its alarm died with it");
        cluster.act(&["restart n0"]);
        assert_eq!((&cluster.paper(0).log[..], cluster.mind(0).drawn.len()), (left, 0));
        assert_eq!(cluster.report().events, [(crate::n(0), "booted")]);
        cluster.act(&["crash n0", "wipe n0", "restart n0"]);
        assert_eq!((cluster.paper(0).log.len(), cluster.paper(0).flushed), (0, 0));
    }
}

#[test]
fn a_node_that_stops_itself_says_why_and_wants_nothing_more() {
    let mut cluster: Tcp = cluster();
    cluster.act(&["do n1 die"]);
    assert_eq!(*cluster.state(NodeId(1)).expect("a node"), NodeState::Aborted("told to".into()));
    assert_eq!(
        (cluster.flights().count(), cluster.next_at()),
        (0, None),
        "what it wanted after that is void"
    );
    assert_eq!(cluster.refusal("do n1 pay"), "n1 stopped itself: told to");
    assert_eq!(cluster.ring(Time(0)).nodes[1].facts, "told to");
    cluster.act(&["restart n1", "do n1 put 3"]);
    assert_eq!(cluster.paper(1).log, [3]);
}

#[test]
fn a_datagram_to_the_dead_is_lost() {
    let mut cluster: Datagrams = cluster();
    cluster.act(&["do n0 tell n1 5", "crash n1"]).settle();
    assert!(matches!(cluster.happening(), Happening::Lost { by_hand: false, .. }));
    cluster.act(&["do n0 tell n1 6", "restart n1"]).settle();
    assert_eq!(cluster.heard(1), [6], "what arrives after the restart arrives");
}
