//! Time by hand: what is taken early, late, held, delayed.

use kernel::{NodeId, Time};
use sim::Happening;

use crate::{Datagrams, Hands, Tcp, cluster, ways};

#[test]
fn a_message_taken_early_leaves_its_time_free() {
    let mut cluster: Datagrams = cluster();
    cluster.act(&["do n0 alarm 1 1", "do n0 tell n1 5", "deliver 2.0"]);
    assert_eq!(cluster.heard(1), [5]);
    assert_eq!((cluster.now_us(), cluster.next_at()), (0, Some(Time(1000))), "the alarm alone is left");
    cluster.settle();
    assert_eq!((cluster.now_us(), cluster.heard(1)), (1000, &[5][..]));
}

#[test]
fn a_timer_fired_early_moves_only_its_own_clock() {
    let mut cluster: Datagrams = cluster();
    cluster.act(&["do n0 alarm 1 5", "do n0 alarm 2 8", "do n1 alarm 1 9", "fire n0 1"]);
    assert_eq!(*cluster.happening(), Happening::Fired { timer: 1, early_us: 5000 });
    assert_eq!((cluster.now_us(), &cluster.mind(0).rang[..]), (0, &[1][..]));
    let local = |id| cluster.local_now(NodeId(id)).0;
    assert_eq!([local(0), local(1), local(2)], [5000, 0, 0]);
    let skews = cluster.ring(Time(0)).nodes.iter().map(|node| node.skew_us).collect::<Vec<_>>();
    assert_eq!(skews, [5000, 0, 0]);
    // Its other alarm is now nearer, the others' are not.
    assert_eq!(cluster.next_at(), Some(Time(3000)));
    cluster.until_us(3000);
    assert_eq!(*cluster.happening(), Happening::Acted);
    assert_eq!(cluster.mind(0).rang, [1, 2]);
    assert_eq!(cluster.local_now(NodeId(0)), Time(8000));
    cluster.settle();
    assert_eq!(cluster.now_us(), 9000);
}

#[test]
fn a_timer_fired_late_moves_no_clock() {
    let mut cluster: Datagrams = cluster();
    cluster.act(&["do n0 alarm 1 5", "pause n0"]).until_us(20_000).act(&["resume n0", "fire n0 1"]);
    assert_eq!(*cluster.happening(), Happening::Fired { timer: 1, early_us: 0 });
    assert_eq!(cluster.local_now(NodeId(0)), Time(20_000));
    let mut due = cluster.clone();
    due.act(&["do n0 alarm 1 5"]).until_us(24_999);
    due.act(&["fire n0 1"]);
    assert_eq!(*due.happening(), Happening::Fired { timer: 1, early_us: 1 });
}

#[test]
fn a_skewed_clock_reaches_its_deadlines_earlier_or_later() {
    let mut cluster: Datagrams = cluster();
    cluster.act(&["skew n0 2000", "do n0 alarm 1 5", "skew n0 1000", "do n1 alarm 1 5", "skew n1 -3000"]);
    assert_eq!(cluster.next_at(), Some(Time(4000)));
    cluster.settle();
    assert_eq!(cluster.now_us(), 8000);
    cluster.act(&["do n0 alarm 1 5", "skew n0 3000000"]);
    assert_eq!(cluster.next_at(), Some(Time(8000)), "a deadline that has passed is due now");
}

#[test]
fn a_held_message_keeps_the_way_it_still_had() {
    let mut cluster: Tcp = cluster();
    cluster.act(&["do n0 ask n1 5"]).until_us(300).act(&["hold 1.0"]);
    assert_eq!(cluster.next_at(), Some(Time(50_000)), "only the caller's patience is left");
    let view = |cluster: &Tcp, at| cluster.ring(Time(at)).messages[0].clone();
    assert_eq!((view(&cluster, 300).progress_permille, view(&cluster, 9000).progress_permille), (300, 300));
    assert!(view(&cluster, 300).held && view(&cluster, 300).due_in_us.is_none());
    cluster.until_us(10_000);
    let mut delivered = cluster.clone();
    delivered.on_message("deliver");
    assert_eq!(delivered.heard(1), [5], "a held message can be taken by hand");
    cluster.act(&["release 1.0"]);
    assert_eq!(cluster.next_at(), Some(Time(10_700)));
    assert_eq!(view(&cluster, 10_000).due_in_us, Some(700));
    cluster.auto();
    assert_eq!((cluster.now_us(), cluster.heard(1)), (10_700, &[5][..]));
    assert_eq!(ways(&cluster), [(crate::n(1), crate::n(0))]);
    // Held when it was overdue already: due at once when released.
    let mut overdue: Datagrams = crate::cluster();
    overdue.act(&["do n0 tell n1 5", "pause n1"]).until_us(4000).act(&["hold 1.0", "resume n1"]);
    assert_eq!(overdue.next_at(), None);
    overdue.act(&["release 1.0"]);
    assert_eq!(overdue.next_at(), Some(Time(4000)));
}

#[test]
fn a_delay_adds_to_what_is_left() {
    let mut cluster: Datagrams = cluster();
    cluster.act(&["do n0 tell n1 5"]).until_us(400).act(&["delay 1.0 250", "delay 1.0 50"]);
    assert_eq!(cluster.next_at(), Some(Time(1300)));
    // What is overdue is delayed from now on.
    cluster.act(&["pause n1"]).until_us(5000).act(&["delay 1.0 100", "resume n1"]);
    assert_eq!(cluster.next_at(), Some(Time(5100)));
    cluster.settle();
    assert_eq!(cluster.heard(1), [5]);
}

#[test]
fn a_message_dropped_is_gone() {
    let mut cluster: Datagrams = cluster();
    cluster.act(&["do n0 tell n1 5", "drop 1.0"]);
    assert!(matches!(cluster.happening(), Happening::Lost { by_hand: true, reply: false, .. }));
    assert_eq!(cluster.ring(Time(0)).lost.len(), 1);
    assert_eq!(cluster.report().ended, [(kernel::MsgId { step: 1, index: 0 }, sim::Ended::Lost)]);
    cluster.settle();
    assert_eq!(
        (cluster.heard(1), cluster.refusal("deliver 1.0")),
        (&[][..], "no message 1.0 is in flight".into())
    );
}
