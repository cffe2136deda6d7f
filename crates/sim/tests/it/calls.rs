//! What a call makes of a message that cannot arrive: it is silent, it breaks, or it waits. And calls given up.

use kernel::{Decision, MsgId, RpcFailure, Time};
use sim::{Ended, Happening, IfLost, PendingRow};

use crate::{Hands, Tcp, cluster, decision, n, ways};

const NOBODY: &[String] = &[];

/// Calls that break 20 ms after a loss, and time out after 50.
fn breaking() -> Tcp {
    let mut cluster = cluster();
    cluster.act(&["set brokenMs 20"]);
    cluster
}

/// Calls that neither time out nor break: their messages wait where they cannot arrive.
fn waiting() -> Tcp {
    let mut cluster = cluster();
    cluster.act(&["set timeOuts false"]);
    cluster
}

/// The row of the only message or call from n0.
fn row(cluster: &Tcp) -> PendingRow {
    let rows = cluster.pending(cluster.now()).into_iter();
    let mut rows = rows.filter(|row| row.from == n(0) && !row.acts.is_empty());
    let row = rows.next().expect("a row");
    assert_eq!(rows.next(), None, "one row");
    row
}

#[test]
fn a_call_breaks_so_long_after_its_lost_message_was_sent() {
    // What is lost, and when its message had been sent.
    let lost: [(&[&str], u64); 8] = [
        (&["do n0 ask n1 5", "cut n0 n1"], 0),
        (&["do n0 ask n1 5", "cut n1 n0"], 1000),
        (&["do n0 ask n1 5", "drop 2.0"], 0),
        (&["do n0 ask n1 5", "deliver 2.0", "drop 3.0"], 0),
        (&["shape n0 n1 1000 1000 1000000", "do n0 ask n1 5"], 0),
        (&["crash n1 power", "do n0 ask n1 5"], 0),
        (&["do n0 later n1 5", "deliver 2.0", "crash n1 power"], 0),
        (&["do n0 ask n7 5"], 0),
    ];
    for (way, sent) in lost {
        let mut cluster = breaking();
        cluster.act(way).settle();
        assert_eq!(
            (cluster.failures(0), cluster.answers(0)),
            (&["5 Broken".to_owned()][..], &[][..]),
            "{way:?}"
        );
        assert_eq!(cluster.now_us(), sent + 20_000, "{way:?}");
        assert!(matches!(cluster.happening(), Happening::CallFailed { why: RpcFailure::Broken, .. }));
        assert_eq!(cluster.next_at(), None, "{way:?}");
    }
}

#[test]
fn what_is_lost_long_after_it_was_sent_breaks_the_call_at_once() {
    let mut cluster = breaking();
    cluster.act(&["do n0 ask n1 5", "hold 2.0"]).until_us(30_000).act(&["drop 2.0"]);
    assert_eq!(cluster.failures(0), NOBODY, "a step of its own");
    assert_eq!(cluster.next_decision(), Some((Time(30_000), decision("timeout 2.0"))));
    cluster.auto();
    assert_eq!(cluster.failures(0), ["5 Broken"]);
}

#[test]
fn whichever_end_of_a_call_comes_first_counts() {
    let mut cluster = breaking();
    cluster.act(&["set patienceMs 9", "do n0 ask n1 5", "drop 3.0"]);
    assert_eq!((row(&cluster).kind.as_str(), row(&cluster).due_in_us), ("call time-out", Some(9000)));
    cluster.settle();
    assert_eq!((cluster.failures(0), cluster.now_us()), (&["5 TimedOut".to_owned()][..], 9000));

    let mut cluster = breaking();
    cluster.act(&["set timeOuts false", "do n0 ask n1 5", "drop 3.0"]);
    assert_eq!((row(&cluster).kind.as_str(), row(&cluster).due_in_us), ("connection breaks", Some(20_000)));
    cluster.settle();
    assert_eq!((cluster.failures(0), cluster.now_us()), (&["5 Broken".to_owned()][..], 20_000));

    // Nothing was lost: the link is healed in time.
    let mut cluster = breaking();
    cluster.act(&["do n0 ask n1 5", "cut n0 n1"]).until_us(999).act(&["heal n0 n1"]).settle();
    assert_eq!((cluster.answers(0), cluster.now_us()), (&[5][..], 2000));
    // A process that is down refuses, and nothing is lost then.
    let mut cluster = breaking();
    cluster.act(&["crash n1", "do n0 ask n1 5"]).settle();
    assert_eq!((cluster.failures(0), cluster.now_us()), (&["5 Refused".to_owned()][..], 1000));
}

#[test]
fn what_waits_at_a_cut_goes_on_after_the_heal() {
    let mut cluster = waiting();
    cluster.act(&["cut n0 n1", "do n0 ask n1 5", "do n2 ask n1 6"]).until_us(60_000_000);
    assert_eq!((cluster.heard(1), cluster.failures(0), cluster.next_at()), (&[6][..], NOBODY, None));
    let waits = row(&cluster);
    assert_eq!((waits.detail.as_str(), waits.due_in_us), ("5, waits at the cut", None));
    assert_eq!(cluster.refusal("deliver 3.0"), "n0→n1 is cut: heal it first");
    let view = cluster.ring(cluster.now()).messages[0].clone();
    assert_eq!((view.progress_permille, view.overdue, view.due_in_us), (500, false, None));

    // Its answer meets a cut as well.
    cluster.act(&["heal n0 n1", "cut n1 n0"]);
    assert_eq!(cluster.next_at(), Some(Time(60_000_000)), "it is overdue");
    cluster.auto();
    assert_eq!((cluster.heard(1), ways(&cluster)), (&[6, 5][..], vec![(n(1), n(0))]));
    cluster.until_us(61_000_000);
    assert_eq!(cluster.answers(0), []);
    cluster.act(&["heal n1 n0"]).settle();
    assert_eq!((cluster.answers(0), cluster.now_us()), (&[5][..], 61_000_000));
}

#[test]
fn a_cut_that_is_healed_in_time_costs_a_waiting_call_nothing() {
    let mut cluster = waiting();
    cluster.act(&["do n0 ask n1 5", "cut n0 n1"]).until_us(400).act(&["heal n0 n1"]).settle();
    assert_eq!((cluster.answers(0), cluster.now_us()), (&[5][..], 2000));
    // Released at a cut it still waits there; behind the cut stands a paused process.
    let mut cluster = waiting();
    cluster.act(&["do n0 ask n1 5", "hold 2.0", "cut n0 n1", "release 2.0"]);
    assert_eq!(cluster.next_at(), None);
    cluster.act(&["pause n1", "heal n0 n1"]);
    assert_eq!(
        (cluster.next_at(), cluster.refusal("deliver 2.0")),
        (None, "n1 is paused: resume it first".into())
    );
    cluster.act(&["resume n1"]).settle();
    assert_eq!((cluster.answers(0), cluster.now_us()), (&[5][..], 2000));
}

#[test]
fn one_message_of_a_waiting_call_taken_away_is_a_reset_of_that_call() {
    for (way, heard) in [(&["drop 3.0"][..], &[][..]), (&["deliver 3.0", "drop 5.0"], &[5])] {
        let mut cluster = waiting();
        cluster.act(&["do n2 ask n1 6", "do n0 ask n1 5"]).until_us(300).act(way);
        assert!(matches!(cluster.happening(), Happening::Lost { breaks: true, by_hand: true, .. }));
        assert_eq!(cluster.failures(0), NOBODY, "a step of its own");
        assert_eq!(cluster.next_decision(), Some((Time(300), decision("timeout 3.0"))));
        cluster.auto();
        assert_eq!((cluster.failures(0), cluster.now_us()), (&["5 Broken".to_owned()][..], 300));
        assert_eq!(cluster.heard(1), heard);
        cluster.settle();
        assert_eq!(
            (cluster.answers(2), cluster.failures(2)),
            (&[6][..], NOBODY),
            "the other call is unharmed"
        );
    }
    let mut lossy = waiting();
    lossy.act(&["shape n0 n1 1000 1000 1000000", "do n0 ask n1 5"]).settle();
    assert_eq!((lossy.failures(0), lossy.now_us()), (&["5 Broken".to_owned()][..], 1000));
    // While it waits at a cut.
    let mut cluster = waiting();
    cluster.act(&["cut n0 n1", "do n0 ask n1 5"]).until_us(9000).act(&["drop 3.0"]).settle();
    assert_eq!((cluster.failures(0), cluster.now_us()), (&["5 Broken".to_owned()][..], 9000));
    let mut nobody = waiting();
    nobody.act(&["do n0 ask n7 5"]).settle();
    assert_eq!((nobody.failures(0), nobody.now_us()), (&["5 Broken".to_owned()][..], 0));
}

#[test]
fn a_waiting_call_waits_for_a_machine_that_is_silent() {
    // Without power: the request arrives at the next process.
    let mut cluster = waiting();
    cluster.act(&["crash n1 power", "do n0 ask n1 5"]).until_us(9000);
    assert_eq!(row(&cluster).detail, "5, waits for n1");
    assert_eq!(cluster.refusal("deliver 3.0"), "n1 has no power, and its callers wait: restart it first");
    cluster.act(&["restart n1"]).settle();
    assert_eq!((cluster.answers(0), cluster.now_us()), (&[5][..], 10_000));
    // With a process that is down and no way back: refused once there is one.
    let mut cluster = waiting();
    cluster.act(&["crash n1", "cut n1 n0", "do n0 ask n1 5"]).until_us(9000);
    let why = "n1 is down and cannot say so, since n1→n0 is cut: heal it first";
    assert_eq!((cluster.failures(0), cluster.refusal("deliver 4.0").as_str()), (NOBODY, why));
    cluster.act(&["heal n1 n0"]).settle();
    assert_eq!((cluster.failures(0), cluster.now_us()), (&["5 Refused".to_owned()][..], 9000));
}

#[test]
fn a_machine_that_comes_back_resets_the_calls_it_knows_nothing_of() {
    let mut cluster = waiting();
    cluster.act(&["do n0 later n1 5", "deliver 2.0", "crash n1 power"]).until_us(9000);
    assert_eq!((row(&cluster).kind.as_str(), row(&cluster).due_in_us), ("call without time-out", None));
    cluster.act(&["restart n1"]).settle();
    assert_eq!((cluster.failures(0), cluster.now_us()), (&["5 Refused".to_owned()][..], 10_000));
    // An answer that waited at a cut is gone with the machine that would have sent it again.
    for (crash, answers, failures) in [("crash n1", &[5][..], 0), ("crash n1 power", &[], 1)] {
        let mut cluster = waiting();
        cluster.act(&["do n0 ask n1 5", "cut n1 n0"]).until_us(9000).act(&[crash, "heal n1 n0"]);
        cluster.until_us(10_000).act(&["restart n1"]).settle();
        assert_eq!((cluster.answers(0), cluster.failures(0).len()), (answers, failures), "{crash}");
    }
    // What has not come to the cut yet is on its way.
    let mut cluster = waiting();
    cluster.act(&["do n0 ask n1 5", "cut n0 n1"]).until_us(400).act(&["crash n0 power", "heal n0 n1"]);
    assert_eq!(cluster.settle().heard(1), [5]);
    // A request that waits is gone too.
    for (crash, heard) in [("crash n0", &[5][..]), ("crash n0 torn", &[])] {
        let mut cluster = waiting();
        cluster.act(&["do n0 ask n1 5", "cut n0 n1"]).until_us(9000).act(&[crash, "heal n0 n1"]).settle();
        assert_eq!(cluster.heard(1), heard, "{crash}");
        cluster.act(&["restart n0"]).settle();
        assert_eq!((cluster.answers(0), cluster.failures(0)), (&[][..], NOBODY));
    }
}

#[test]
fn a_call_without_time_out_ends_by_hand_as_broken() {
    let mut cluster = waiting();
    cluster.act(&["do n0 later n1 5", "deliver 2.0", "timeout 2.0"]);
    assert_eq!(*cluster.happening(), Happening::CallFailed { to: n(1), why: RpcFailure::Broken });
    assert_eq!(cluster.failures(0), ["5 Broken"]);
    cluster.act(&["do n1 pay"]).settle();
    assert!(matches!(cluster.happening(), Happening::Late { .. }));
}

#[test]
fn a_call_given_up_neither_fails_nor_is_answered() {
    for start in [cluster::<true>, breaking, waiting] {
        let mut cluster: Tcp = start();
        let asked = cluster.step() + 1;
        cluster.act(&["do n0 ask n1 5", "do n0 later n1 6", "do n2 ask n1 5", "do n0 forget 5"]);
        cluster.until_us(1000);
        assert_eq!(cluster.heard(1), [5, 6, 5], "the request is not taken back");
        let late = cluster.flights().find(|flight| flight.to == n(0)).expect("an answer").id;
        assert!(cluster.ring(Time(1000)).messages.iter().any(|view| view.id == late && view.no_effect));
        cluster.act(&[&format!("deliver {late}")]);
        assert!(matches!(cluster.happening(), Happening::Late { id, .. } if *id == late));
        cluster.act(&["do n1 pay"]).settle();
        assert_eq!((cluster.answers(0), cluster.failures(0)), (&[0][..], NOBODY), "the others go on");
        assert_eq!(cluster.answers(2), [5]);
        assert_eq!(cluster.refusal(&format!("timeout {asked}.0")), format!("no call {asked}.0 is waiting"));
        assert_eq!(cluster.next_at(), None);
    }
    // Lost, it does not break either; and it is not given up for another end.
    let mut cluster = breaking();
    cluster.act(&["do n0 ask n1 5", "do n2 ask n1 5", "cut n0 n1", "cut n2 n1", "do n0 forget 5"]).settle();
    assert_eq!((cluster.failures(0), cluster.failures(2)), (NOBODY, &["5 Broken".to_owned()][..]));
    let mut cluster: Tcp = crate::cluster();
    cluster.act(&["do n0 ask n1 5", "do n2 forget 5 1"]).settle();
    assert_eq!(cluster.answers(0), [5], "what n0 remembers is no business of n2");
    let mut silent: Tcp = crate::cluster();
    silent.act(&["do n0 ask n1 5", "drop 1.0"]);
    assert!(matches!(silent.happening(), Happening::Lost { breaks: false, .. }));
    let mut refused = breaking();
    refused.act(&["crash n1", "do n0 ask n1 5"]).auto();
    assert!(matches!(refused.happening(), Happening::Lost { breaks: false, .. }));
    // When the loss is known already.
    let mut cluster = breaking();
    cluster.act(&["do n0 ask n1 5", "drop 2.0", "do n0 forget 5"]).settle();
    assert_eq!((cluster.failures(0), cluster.now_us()), (NOBODY, 0));
}

#[test]
fn a_call_given_up_waits_at_a_cut_as_before() {
    let mut cluster = waiting();
    cluster.act(&["cut n0 n1", "do n0 ask n1 5", "do n0 forget 5"]).until_us(9000);
    assert_eq!(cluster.flights().count(), 1);
    cluster.act(&["heal n0 n1"]).settle();
    assert_eq!((cluster.heard(1), cluster.answers(0)), (&[5][..], &[][..]));
}

#[test]
fn a_face_knows_what_the_caller_knows() {
    let mut cluster: Tcp = cluster();
    cluster.act(&["do n0 later n1 5", "do n2 later n1 6"]).until_us(1000).act(&["do n1 pay"]);
    let asked = |id: MsgId| {
        let note = cluster.report().sent.iter().find(|note| note.id == id).expect("sent");
        note.face.index
    };
    let answers: Vec<_> = cluster.flights().map(|flight| (flight.to, asked(flight.id))).collect();
    assert_eq!(answers, [(n(0), Some(5)), (n(2), Some(6))]);
    // Echo's n0 does not listen to an answer that is not what it asked; nobody listens to n2.
    cluster.act(&["do n2 ask n0 7"]);
    let views = cluster.ring(cluster.now()).messages;
    assert!(views.iter().filter(|view| view.reply).all(|view| view.no_effect));
    assert!(views.iter().any(|view| view.from == n(2) && view.no_effect));
    let mut straight: Tcp = crate::cluster();
    straight.act(&["do n0 ask n1 5"]);
    assert!(!straight.ring(Time(0)).messages[0].no_effect);
    straight.auto();
    assert!(!straight.ring(Time(1000)).messages[0].no_effect);
    straight.auto();
    let face = match straight.happening() {
        Happening::Delivered { face, .. } => face.clone(),
        other => panic!("delivered, not {other:?}"),
    };
    assert_eq!(face.index, Some(5));
}

#[test]
fn ends_of_calls_by_themselves_are_the_decisions_they_are_spelled_as() {
    for (time_outs, broken) in [(false, 0), (false, 3), (true, 3), (true, 0)] {
        let mut auto: Tcp = cluster();
        auto.act(&[&format!("set timeOuts {time_outs}"), &format!("set brokenMs {broken}")]);
        auto.act(&["shape n0 n1 900 900 400000", "cut n1 n2", "do n2 ask n1 4", "do n1 later n2 2"]);
        auto.act(&["do n0 ask n1 1", "do n0 ask n1 2", "do n0 ask n1 3", "do c0 ask n0 3"]);
        let mut spelled = auto.clone();
        let mut steps = 0;
        while let Some((at, decision)) = auto.next_decision() {
            auto.auto();
            spelled.apply(&kernel::Action { at, decision }).expect("what comes next is legal");
            assert_eq!(auto.run_digest(), spelled.run_digest());
            steps += 1;
        }
        assert!(steps > 6 && spelled.next_at().is_none());
    }
}

#[test]
fn when_a_call_breaks_is_in_its_digest() {
    let run = |answered_us| {
        let mut cluster = breaking();
        cluster.act(&["do n0 ask n1 5"]);
        if answered_us == 0 {
            cluster.act(&["deliver 2.0"]);
        }
        cluster.until_us(300);
        if answered_us > 0 {
            cluster.act(&["deliver 2.0"]);
        }
        cluster.on_message("drop");
        (cluster.run_digest(), cluster.state_digest(), cluster.next_at())
    };
    let (early, late) = (run(0), run(300));
    assert_eq!((early.2, late.2), (Some(Time(20_000)), Some(Time(20_300))));
    assert_ne!(early.0, late.0);
    assert_eq!(early.1, late.1, "the state is the same but for its time");
}

#[test]
fn a_call_beyond_the_limit_of_messages_breaks() {
    let mut cluster = waiting();
    cluster.watch(false);
    cluster.act(&["do n2 flood n1 60000", "do n2 flood n1 40000", "do n0 ask n1 5"]);
    assert_eq!(cluster.next_decision(), Some((Time(0), decision("timeout 4.0"))));
}

#[test]
fn the_end_of_a_message_is_told_when_its_machine_loses_power() {
    let mut cluster = waiting();
    cluster.act(&["do n0 ask n1 5", "cut n0 n1"]).until_us(9000).act(&["crash n0 power"]);
    assert_eq!(cluster.report().ended, [(MsgId { step: 2, index: 0 }, Ended::Lost)]);
    assert_eq!((cluster.flights().count(), cluster.legal(&Decision::Wait)), (0, Ok(())));
}

#[test]
fn a_message_says_what_follows_when_it_is_lost() {
    let asked = MsgId { step: 1, index: 0 };
    let if_lost = |mut cluster: Tcp| {
        let step = cluster.act(&["do n0 ask n1 5"]).step();
        cluster.message(MsgId { step, index: 0 }, cluster.now()).expect("it is under way").if_lost
    };
    assert_eq!(if_lost(cluster()), IfLost::TimesOut(Time(50_000)));
    assert_eq!(if_lost(breaking()), IfLost::Breaks(Time(20_000)));
    assert_eq!(if_lost(waiting()), IfLost::Breaks(Time(0)));
    let mut late: Tcp = cluster();
    late.act(&["do n0 ask n1 5", "hold 1.0", "timeout 1.0"]);
    let held = late.message(asked, late.now()).expect("it is held");
    assert_eq!((held.if_lost, held.due), (IfLost::Silence, None), "nobody waits for it any more");
}
