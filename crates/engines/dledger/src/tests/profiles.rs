//! What the profiles and options add: batch push, checkpoint, SEED, the state machine of V3, quirks.

use alloc::vec::Vec;
use kernel::Loss;

use super::logs::{committed, grown, leading, pushes};
use super::pump::{Pump, is_heart_beat, is_vote};
use crate::{Event, PushEvent, Role};

#[test]
fn batch_push_carries_several_entries() {
    let settings = [("enableBatchPush", "true"), ("maxBatchPushSize", "200")];
    let mut pump = Pump::booted(&[0, 5], &settings);
    pump.run_to(1000);
    pump.lose_when(|_, from, _, m| from == 0 && !is_heart_beat(m) && !is_vote(m));
    for _ in 0..10 {
        pump.command(0, "append x");
    }
    pump.heal();
    pump.run_to(9000);
    // The lost COMPARE fails after 3000 ms and the error pause.
    assert_eq!([pump.disks[1].end_index(), committed(&pump, 0)], [9, 9]);
    let sent = pump.seen(0, |e| match e {
        Event::Push(PushEvent::AppendSent { first, last, .. }) => Some(last - first + 1),
        _ => None,
    });
    assert!(sent.iter().any(|(_, count)| *count == 5), "{sent:?}");
}

#[test]
fn a_v3_restart_keeps_the_checkpoint() {
    let mut pump = grown("V3", &["a", "b"]);
    pump.run_to(8000);
    pump.crash(1, Loss::Process);
    pump.boot(1, 0);
    assert_eq!(committed(&pump, 1), 1);
    let mut pump = grown("V4", &["a", "b"]);
    pump.run_to(8000);
    pump.crash(1, Loss::Process);
    pump.boot(1, 0);
    assert_eq!(committed(&pump, 1), -1);
}

#[test]
fn seed_claims_the_current_term_for_followed_entries() {
    for (profile, term) in [("SEED", 3), ("V3", 1)] {
        let mut pump = leading(profile, &["1:a 1:b", "1:a"]);
        pump.run_to(50);
        assert_eq!(pump.log(1), "[1a 1b]");
        assert_eq!(pump.mem(1).member.ledger_end_term, term, "{profile}");
    }
}

#[test]
fn seed_stays_in_its_state_after_an_error() {
    for (profile, state) in [("SEED", "TRUNCATE"), ("V3", "COMPARE")] {
        let mut pump = leading(profile, &["1:a 1:b 1:c", "1:a 1:b 1:c 1:X"]);
        pump.lose_when(|_, _, to, m| {
            to == 0 && matches!(&m.body, crate::Body::PushResponse(p) if p.kind == crate::PushType::Truncate)
        });
        pump.run_to(3100);
        assert_eq!(pump.mem(0).pusher.dispatchers[0].state.word(), state);
        assert!(pump.mem(0).pusher.dispatchers[0].pause_until.is_some());
    }
}

#[test]
fn seed_keeps_compares_until_it_follows() {
    for (profile, answer) in [("SEED", None), ("V3", Some("NOT_FOLLOWER"))] {
        let mut pump = Pump::booted(&[9, 9], &[("profile", profile), ("enableLeaderElector", "false")]);
        let token = pump.command(1, "push type=COMPARE leader=n0 term=0 entries=0:0:a");
        assert_eq!(pump.outcomes.get(&token).map(|(_, outcome)| outcome.name), answer);
        pump.command(1, "preset role follower n0");
        let outcome = pump.outcomes.get(&token).map(|(_, outcome)| outcome.name);
        assert_eq!(outcome, answer.or(Some("INCONSISTENT_STATE")));
    }
}

#[test]
fn a_v3_state_machine_answers_on_apply() {
    let settings = [("registerStateMachine", "true")];
    let mut pump = Pump::booted(&[0, 5, 5], &settings);
    pump.run_to(2000);
    let token = pump.command(0, "append x");
    pump.run_to(2100);
    assert_eq!(pump.outcomes[&token].1.name, "SUCCESS");
    pump.run_to(4000);
    for node in 0..3 {
        assert_eq!(pump.mem(node).member.applied_index, 0);
    }
    // Time-outs are looked for only when an apply round answered nobody.
    pump.isolate(&[0]);
    let token = pump.command(0, "append y");
    pump.run_to(9000);
    assert!(!pump.outcomes.contains_key(&token));
}

#[test]
fn v4_reads() {
    let mut pump = grown("V4", &["a"]);
    assert_eq!(pump.ask(0, "read UNSAFE_READ"), "SUCCESS");
    assert_eq!(pump.ask(0, "read LEASE_READ"), "UNSUPPORTED");
    assert_eq!(pump.ask(1, "read RAFT_LOG_READ"), "NOT_LEADER");
    let token = pump.command(0, "read RAFT_LOG_READ");
    let now = pump.now / 1000;
    pump.run_to(now + 20);
    assert_eq!((pump.outcomes[&token].1.name, pump.outcomes[&token].1.index), ("SUCCESS", Some(1)));
    assert_eq!(pump.log(1), "[0a 0noop]");
    assert_eq!(pump.ask(1, "metadata"), "SUCCESS");
    assert_eq!(pump.ask(0, "get 9"), "INDEX_OUT_OF_RANGE");
    assert_eq!(pump.ask(1, "get 0"), "NOT_LEADER");
    assert_eq!(pump.ask(0, "batch"), "REQUEST_WITH_EMPTY_BODYS");
}

#[test]
fn q10_a_fast_forward_request_stays_in_v3() {
    for (profile, repeated) in [("V3", true), ("V4", false)] {
        let settings = [("profile", profile), ("enableLeaderElector", "false")];
        let mut pump = Pump::booted(&[9, 9], &settings);
        pump.command(1, "preset role follower n0");
        let ask = "push type=APPEND leader=n0 term=0 entries=3:0:d";
        let token = pump.command(1, ask);
        assert_eq!(pump.ask(1, ask), "REPEATED_PUSH");
        pump.run_to(2100);
        assert_eq!(pump.outcomes[&token].1.name, "INCONSISTENT_STATE");
        let again = pump.command(1, ask);
        let outcome = pump.outcomes.get(&again).map(|(_, outcome)| outcome.name);
        assert_eq!(outcome, repeated.then_some("REPEATED_PUSH"), "{profile}");
        pump.run_to(9000);
    }
}

#[test]
fn q11_a_kept_compare_index() {
    // Leadership is lost in the middle of comparing; the next one goes on where it was.
    let mut pump = leading("V3", &["1:a 1:b 1:c 2:d 2:e", "1:a 1:b 1:c 1:X 1:Y"]);
    pump.run_to(3);
    pump.command(0, "preset role candidate");
    pump.run_to(50);
    assert_eq!(pushes(&pump), ["COMPARE (4,2)", "COMPARE (3,2)"]);
    for node in [0, 1] {
        pump.command(node, "preset role candidate");
        pump.command(node, "preset term 4");
    }
    pump.command(1, "preset role follower n0");
    pump.command(0, "preset role leader");
    pump.run_to(100);
    assert_eq!(pushes(&pump)[2], "COMPARE (2,1)");
}

#[test]
fn a_single_node_answers_at_once() {
    for profile in ["V3", "V4", "SEED"] {
        let mut pump = Pump::booted(&[0], &[("profile", profile)]);
        pump.run_to(100);
        for index in 0..10 {
            let token = pump.command(0, "append a");
            let (_, outcome) = &pump.outcomes[&token];
            assert_eq!((outcome.name, outcome.index), ("SUCCESS", Some(index)), "{profile}");
        }
        pump.run_to(5000);
        assert_eq!((committed(&pump, 0), pump.role(0)), (9, (Role::Leader, 0)));
    }
}

#[test]
fn an_equal_entry_of_another_body_is_not_the_same_for_v3_alone() {
    for (profile, result) in [("V3", 406), ("V4", 200)] {
        let settings = [("profile", profile), ("enableLeaderElector", "false")];
        let mut pump = Pump::booted(&[9, 9], &settings);
        pump.command(1, "preset log 0:a");
        pump.command(1, "preset role follower n0");
        let token = pump.command(1, "push type=COMPARE leader=n0 term=0 pre=0,0 entries=0:0:b");
        assert_eq!(pump.outcomes[&token].1.code, result, "{profile}");
    }
}

#[test]
fn v4_shows_old_entries_that_only_a_newer_one_commits() {
    use kernel::{Engine, NodeId, view::CellState};
    let mut pump = leading("V4", &["1:a 1:b", "1:a 1:b"]);
    pump.run_to(50);
    let row = |pump: &Pump| {
        let row = crate::DLedger::log_row(NodeId(0), &pump.disks[0], Some(pump.mem(0)), &pump.config, (0, 9));
        row.cells.iter().map(|cell| cell.state).collect::<Vec<_>>()
    };
    assert_eq!(row(&pump), [CellState::OldTermQuorum; 2]);
    pump.command(0, "append c");
    pump.run_to(100);
    assert_eq!(row(&pump), [CellState::Applied; 3]);
}

#[test]
fn every_reset_strategy_drops_what_it_says() {
    let rows = [
        ("RESET_ALL_SYNC", 20, -1),
        ("RESET_ALL_ASYNC", 20, -1),
        ("RESET_ALL_LATER", 5000, -1),
        ("RESET_BUT_KEEP_SOME_SYNC", 20, 3),
        ("RESET_BUT_KEEP_SOME_LATER", 5000, 3),
    ];
    for (strategy, after_ms, kept) in rows {
        let settings = [
            ("profile", "V4"),
            ("enableSnapshot", "true"),
            ("snapshotThreshold", "10"),
            ("snapshotEntryResetStrategy", strategy),
            ("resetSnapshotEntriesButKeepLastEntriesNum", "3"),
        ];
        let mut pump = Pump::booted(&[0], &settings);
        pump.run_to(100);
        for _ in 0..10 {
            pump.command(0, "append a");
        }
        if after_ms > 1000 {
            pump.run_to(after_ms);
            assert_eq!(pump.disks[0].log.len(), 10, "{strategy}");
        }
        pump.run_to(after_ms + 200);
        assert_eq!(pump.disks[0].snapshots.len(), 1);
        assert_eq!(pump.disks[0].log.len(), u64::try_from(kept).unwrap_or(0), "{strategy}");
        assert_eq!(pump.disks[0].before_begin_term, 0);
    }
}

#[test]
fn commands_say_what_is_wrong() {
    let wrong = [
        ("fly", "has no command"),
        ("get x", "must be a number"),
        ("transfer", "is missing"),
        ("vote_request term=1 leader=n0", "end= is missing"),
        ("preset log x", "term:value"),
        ("push type=EAT leader=n0 term=1", "one of"),
        ("load 5", "has no command"),
    ];
    for (text, part) in wrong {
        let mut words = text.split(' ').map(alloc::string::ToString::to_string);
        let verb = words.next().expect("a verb");
        let command = kernel::Command { verb, args: words.collect::<Vec<_>>() };
        let error = <crate::DLedger as kernel::Engine>::parse_command(&command, false).expect_err(text);
        assert!(error.contains(part), "{text}: {error}");
    }
}
