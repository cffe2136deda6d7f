//! The inspector shows every field of the real core: the list is generated from the structs, and compared here with
//! the names that the specification gives (its sections 3.2 to 3.5).

use std::collections::BTreeSet;

use kernel::view::CellState;
use kernel::{Action, Addr, ClientId, Command, Decision, NodeId, Setup, Value};

/// Section 3.2: what survives a crash.
const DURABLE: &[&str] = &["currTerm", "voteLeader"];

/// Sections 3.3 to 3.5: what does not. Our structs group them as the real classes do.
const VOLATILE: &[&str] = &[
    // MemberState
    "role",
    "leaderId",
    "ledgerEndIndex",
    "ledgerEndTerm",
    "knownMaxTermInGroup",
    "transferee",
    "termToTakeLeadership",
    "peersLiveTable",
    "committedIndex",
    // DLedgerLeaderElector
    "lastLeaderHeartBeatTime",
    "lastSendHeartBeatTime",
    "lastSuccHeartBeatTime",
    "nextTimeToRequestVote",
    "needIncreaseTermImmediately",
    "lastParseResult",
    // DLedgerEntryPusher
    "peerWaterMarksByTerm",
    "dispatcherMap",
    "writeRequestMap",
    "compareOrTruncateRequests",
];

/// A dispatcher, section 12.1.
const DISPATCHER: &[&str] = &["compareIndex", "writeIndex", "term", "leaderId", "pendingMap"];

fn names(value: &Value, out: &mut Vec<String>) {
    match value {
        Value::Map(entries) => entries.iter().for_each(|(name, value)| {
            out.push(name.clone());
            names(value, out);
        }),
        Value::List(all) => all.iter().for_each(|value| names(value, out)),
        _ => {}
    }
}

#[test]
fn every_field_of_the_real_core_is_shown() {
    for profile in ["V3", "V4", "SEED"] {
        let mut setup = Setup::new("dledger", 5);
        setup.settings.push(("profile".to_owned(), profile.to_owned()));
        let mut run = lab::start(setup).expect("starts");
        run.race(400);
        let node = run.node(NodeId(0)).expect("it is there");
        let list = |fields: &[lab::FieldView]| {
            let mut all = Vec::new();
            for field in fields {
                assert!(!field.doc.is_empty(), "{} has a meaning", field.name);
                all.push(field.name.to_owned());
                names(&field.value, &mut all);
            }
            all
        };
        let (durable, volatile) = (list(&node.durable), list(&node.volatile));
        let has = |all: &[String], name: &str| all.iter().any(|shown| shown == name);
        for name in DURABLE {
            assert!(has(&durable, name), "{profile}: {name} is durable; shown: {durable:?}");
        }
        for name in VOLATILE.iter().chain(DISPATCHER) {
            assert!(has(&volatile, name), "{profile}: {name} is volatile; shown: {volatile:?}");
        }
    }
}

#[test]
fn what_a_step_changed_is_what_differs() {
    let mut run = lab::start(Setup::new("dledger", 9)).expect("starts");
    let mut changes = 0;
    for _ in 0..120 {
        let before: Vec<_> = (0..5).filter_map(|i| run.node(NodeId(i))).collect();
        assert!(run.forward());
        let after: Vec<_> = (0..5).filter_map(|i| run.node(NodeId(i))).collect();
        let changed = run.changed();
        changes += changed.len();
        for (old, new) in before.iter().zip(&after) {
            let differs = old.durable != new.durable || old.volatile != new.volatile;
            let told = changed.iter().any(|change| change.who == new.view.id.into());
            assert_eq!(differs, told, "step {}: {}", run.status().step, new.view.id);
        }
    }
    assert!(changes > 100, "{changes}");
}

#[test]
fn the_ballot_of_an_entry_fills_until_it_is_committed() {
    for engine in tests::ENGINES {
        let mut setup = Setup::new(engine, 7);
        setup.nodes = 5;
        let mut run = lab::start(setup).expect("starts");
        let command = Command { verb: "load".to_owned(), args: vec!["20".to_owned()] };
        let load = Decision::Command(Addr::Client(ClientId(0)), command);
        run.act(Action::now(load)).expect("every client can write in a row");
        let mut seen = BTreeSet::new();
        for _ in 0..4000 {
            run.race(1);
            for cell in run.log((0, 1000)).rows.into_iter().flat_map(|row| row.cells) {
                let [ballot, old] = cell.ballot;
                assert_eq!(old.need, 0, "{engine}: no configuration is joint here");
                if matches!(cell.state, CellState::Committed | CellState::Applied) {
                    assert_eq!(ballot.need, 0, "{engine}: what is committed has no ballot any more");
                } else if ballot.need > 0 {
                    assert_eq!(ballot.need, 3, "{engine}: three of five are a quorum");
                    seen.insert(ballot.have);
                }
            }
        }
        assert!(seen.contains(&1) && seen.contains(&2), "{engine}: ballots held {seen:?}");
    }
}

#[test]
fn a_message_is_told_whole_while_it_travels_and_when_it_is_over() {
    for engine in lab::ENGINES.iter().map(|entry| (entry.info)()) {
        let mut run = lab::start(Setup::new(engine.name, 3)).expect("starts");
        let under_way = |run: &dyn lab::Session| {
            let rows = run.pending(run.status().now_us).into_iter();
            rows.filter_map(|row| row.message).find(|message| message.from.node().is_some())
        };
        let seen = (0..2000).find_map(|_| under_way(&*run).or_else(|| run.forward().then_some(None)?));
        let seen = seen.expect("somebody says something");
        let told = run.message(seen.id, run.status().now_us).expect("it is under way");
        let facts =
            |fate: &lab::MessageFate| (fate.detail.view.kind.clone(), fate.detail.sent, fate.detail.call);
        assert_eq!((&told.detail.view, told.ended), (&seen, None), "{}", engine.name);
        assert!(told.detail.due.is_some_and(|due| due > told.detail.sent));
        let calls = engine.transport == kernel::Transport::Rpc;
        assert_eq!(told.detail.call.is_some(), calls, "{}", engine.name);
        assert_eq!(told.detail.if_lost == lab::IfLost::Silence, !calls, "{}", engine.name);
        while run.message(seen.id, run.status().now_us).is_some_and(|fate| fate.ended.is_none()) {
            assert!(run.forward(), "{}: it arrives or is lost", engine.name);
        }
        let over = run.message(seen.id, run.status().now_us).expect("it was sent");
        assert_eq!(facts(&over), facts(&told), "{}: what it said does not change", engine.name);
        run.seek(0);
        assert_eq!(run.message(seen.id, 0).map(|_| seen.id.step), (seen.id.step == 0).then_some(0));
    }
}
