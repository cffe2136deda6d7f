//! The inspector shows every field of the real core: the list is generated from the structs, and compared here with
//! the names that the specification gives (its sections 3.2 to 3.5).

use kernel::{NodeId, Setup, Value};

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
