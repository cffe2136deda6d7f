//! What happens by itself: in the order of time, ties in a fixed order.

use kernel::Time;

use crate::engine::FLUSH_US;
use crate::{Datagrams, Hands, Tcp, cluster};

#[test]
fn the_boot_is_step_zero_at_time_zero() {
    let cluster: Tcp = cluster();
    assert_eq!((cluster.step(), cluster.now(), cluster.events()), (0, Time(0), 0));
    assert_eq!(*cluster.happening(), sim::Happening::Boot);
    assert_eq!(cluster.report().events.len(), 3);
    assert_eq!(cluster.next_at(), None);
}

#[test]
fn what_is_due_first_happens_first() {
    let mut cluster: Datagrams = cluster();
    cluster.act(&["do n0 alarm 1 3", "do n1 alarm 1 2", "do n0 tell n2 5", "do n2 flush"]);
    let mut times = Vec::new();
    let mut decisions = Vec::new();
    while let Some((time, decision)) = cluster.next_decision() {
        assert_eq!(cluster.next_at(), Some(time));
        times.push(time.0);
        decisions.push(decision.to_string());
        assert!(cluster.auto());
        assert_eq!(cluster.now(), time);
    }
    assert_eq!(times, [FLUSH_US, 1000, 2000, 3000]);
    assert_eq!(decisions, ["finish 4.0", "deliver 3.0", "fire n1 1", "fire n0 1"]);
    assert!(!cluster.auto());
    assert_eq!(cluster.step(), 8);
}

#[test]
fn at_one_instant_messages_then_give_ups_then_timers_then_writes() {
    let mut cluster: Tcp = cluster();
    cluster.act(&["set patienceMs 1", "do n1 alarm 2 1", "do n1 alarm 1 1", "do n0 alarm 9 1"]);
    cluster.act(&["slow n2 600", "slow n0 600", "do n2 flush", "do n0 flush"]);
    cluster.act(&["do n1 ask n0 1", "do n0 ask n2 2", "hold 9.0"]);
    let mut decisions = Vec::new();
    while cluster.next_at() == Some(Time(1000)) {
        decisions.push(cluster.next_decision().expect("due").1.to_string());
        cluster.auto();
    }
    let expected = [
        "deliver 10.0",
        "timeout 9.0",
        "timeout 10.0",
        "fire n0 9",
        "fire n1 1",
        "fire n1 2",
        "finish 7.0",
        "finish 8.0",
    ];
    assert_eq!(decisions, expected);
}

#[test]
fn messages_of_one_instant_come_in_the_order_they_were_sent() {
    let mut cluster: Datagrams = cluster();
    cluster.act(&["do n2 tell n0 1", "do n1 tell n0 2", "do n1 flood n0 3", "do n0 tell n0 4"]);
    cluster.settle();
    assert_eq!(cluster.heard(0), [1, 2, 0, 1, 2, 4]);
}

#[test]
fn every_decision_by_itself_is_the_one_it_is_spelled_as() {
    let mut auto: Tcp = cluster();
    let first = ["do n0 ask n1 1", "do n1 later n2 2", "do n2 alarm 1 5", "do c0 ask n0 3", "do n0 flush"];
    auto.act(&first);
    let mut spelled = auto.clone();
    while let Some((at, decision)) = auto.next_decision() {
        auto.auto();
        spelled.apply(&kernel::Action { at, decision }).expect("what comes next is legal");
        assert_eq!(auto.run_digest(), spelled.run_digest());
    }
    assert_eq!(spelled.next_at(), None);
}

#[test]
fn no_decision_jumps_over_what_is_due() {
    let mut cluster: Datagrams = cluster();
    cluster.act(&["do n0 tell n1 1"]);
    let at = |us| kernel::Action { at: Time(us), decision: kernel::Decision::Wait };
    assert_eq!(cluster.legal_at(&at(1001)).expect_err("too far").0, "something is due at 1.000 ms already");
    cluster.apply(&at(1000)).expect("up to it");
    assert_eq!(cluster.legal_at(&at(999)).expect_err("back").0, "it is 1.000 ms already");
    assert!(cluster.apply(&at(1500)).is_err());
    assert_eq!(cluster.now_us(), 1000, "a refused action changes nothing");
}
