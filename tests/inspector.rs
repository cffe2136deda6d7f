//! The inspector shows every field of the real core, and no other: the list is generated from the structs, and compared
//! here with the names that the specification gives (the sections beside them), and with the structs themselves.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use kernel::view::CellState;
use kernel::{Action, Addr, ClientId, Command, Decision, NodeId, Setup, Value};

/// A struct of the core: where the inspector shows it (`*` is any part of what is there), the fields that the
/// specification names, and those that are ours: what a thread of the real system keeps in its stack or its wait.
struct Core {
    name: &'static str,
    at: &'static str,
    real: &'static [&'static str],
    ours: &'static [&'static str],
}

#[rustfmt::skip]
const CORE: [Core; 12] = [
    Core { name: "Disk", at: "durable", // 3.2, 11.3; flushed: 8.3; full: 11.1
        real: &["currTerm", "voteLeader", "entries", "ledgerBeforeBeginTerm", "writePosition", "flushedIndex", "checkpoint",
            "snapshots", "isDiskFull"],
        ours: &["previousTermFile"] },
    Core { name: "Memory", at: "volatile", // 3.3 to 3.5, in the real classes
        real: &["selfId", "peerSize", "memberState", "dLedgerLeaderElector", "dLedgerEntryPusher", "entryHandler",
            "flushDataService", "snapshotManager"],
        ours: &["leadershipTransfer", "turns"] },
    Core { name: "MemberState", at: "volatile.memberState", // 3.3
        real: &["role", "leaderId", "ledgerEndIndex", "ledgerEndTerm", "knownMaxTermInGroup", "transferee",
            "termToTakeLeadership", "peersLiveTable", "committedIndex", "appliedIndex", "appliedTerm"],
        ours: &[] },
    Core { name: "LeaderElector", at: "volatile.dLedgerLeaderElector", // 3.4
        real: &["lastLeaderHeartBeatTime", "lastSendHeartBeatTime", "lastSuccHeartBeatTime", "nextTimeToRequestVote",
            "needIncreaseTermImmediately", "lastParseResult", "lastVoteCost", "takeLeadershipTask"],
        ours: &["maintainerNextAct", "poll", "heartBeatRound", "parseRule"] },
    Core { name: "Poll", at: "volatile.dLedgerLeaderElector.poll", // 9.2
        real: &["term", "deadline", "allNum", "validNum", "acceptedNum", "notReadyTermNum", "biggerLedgerNum",
            "alreadyHasLeader", "knownMaxTermInGroup"],
        ours: &["startTime", "votes"] },
    Core { name: "Beat", at: "volatile.dLedgerLeaderElector.heartBeatRound", // 10.2
        real: &["term", "allNum", "succNum", "notReadyNum", "maxTerm", "inconsistLeader"],
        ours: &["startTime", "deadline", "lingering"] },
    Core { name: "EntryPusher", at: "volatile.dLedgerEntryPusher", // 3.5, 14.2, 14.3
        real: &["peerWaterMarksByTerm", "pendingAppendResponsesByTerm", "dispatcherMap", "lastQuorumIndex",
            "lastCheckLeakTimeMs", "lastCheckTimeoutTimeMs"],
        ours: &["timedOutTo"] },
    Core { name: "Pending", at: "volatile.dLedgerEntryPusher.pendingAppendResponsesByTerm.*.*", // 3.5
        real: &["createTimeMs", "future"],
        ours: &[] },
    Core { name: "Dispatcher", at: "volatile.dLedgerEntryPusher.dispatcherMap.*", // 12.1
        real: &["peerId", "type", "compareIndex", "writeIndex", "matchIndex", "term", "leaderId", "pendingMap",
            "lastPushCommitTimeMs", "lastCheckLeakTimeMs"],
        ours: &["waitingFor", "lastAnswerTime", "errorPauseUntil", "batchAppendEntryCount", "spinningAt"] },
    Core { name: "Blocked", at: "volatile.dLedgerEntryPusher.dispatcherMap.*.waitingFor", // 12.4
        real: &["type", "index", "term"],
        ours: &["sendTime"] },
    Core { name: "SentPush", at: "volatile.dLedgerEntryPusher.dispatcherMap.*.pendingMap.*", // 12.1
        real: &["sendTime", "count"],
        ours: &[] },
    Core { name: "EntryHandler", at: "volatile.entryHandler", // 3.5, 13.4, 17.3
        real: &["writeRequestMap", "compareOrTruncateRequests", "lastCheckFastForwardTimeMs",
            "inflightInstallSnapshotRequest"],
        ours: &["installSlotBroken"] },
];

type Names = BTreeSet<String>;

/// The fields of what stands at this path, when something does.
fn shown(value: &Value, path: &[&str]) -> Option<Names> {
    let parts: Vec<(&str, &Value)> = match value {
        Value::Map(parts) => parts.iter().map(|(name, value)| (name.as_str(), value)).collect(),
        Value::List(parts) => parts.iter().map(|value| ("", value)).collect(),
        _ => return None,
    };
    let Some((next, rest)) = path.split_first() else {
        return Some(parts.iter().map(|(name, _)| (*name).to_owned()).collect());
    };
    let mut next_of = parts.iter().filter(|(name, _)| next == name || *next == "*");
    next_of.find_map(|(_, value)| shown(value, rest))
}

/// A node's fields as one value, each with its meaning.
fn whole(node: &lab::NodeDetail) -> Value {
    let map = |fields: &[lab::FieldView]| {
        Value::Map(fields.iter().map(|field| (field.name.to_owned(), field.value.clone())).collect())
    };
    for field in node.durable.iter().chain(&node.volatile) {
        assert!(!field.doc.is_empty(), "{} has a meaning", field.name);
    }
    Value::Map(vec![("durable".to_owned(), map(&node.durable)), ("volatile".to_owned(), map(&node.volatile))])
}

/// The fields that the engine's source gives a struct, by their real names.
fn declared(name: &str) -> Names {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/engines/dledger/src");
    let files = fs::read_dir(sources).expect("they are there").flatten();
    let text: String = files.filter_map(|file| fs::read_to_string(file.path()).ok()).collect();
    let body = text.split(&format!("    pub struct {name} {{\n")).nth(1).expect("the struct is declared");
    let body = body.split("\n    }").next().unwrap_or_default();
    let fields = body.lines().filter(|line| line.trim_start().starts_with("pub "));
    fields.map(|line| line.split('"').nth(1).expect("it has its real name").to_owned()).collect()
}

/// What the inspector shows of each struct in a run, by the struct's name.
fn shown_in_a_run(profile: &str) -> BTreeMap<&'static str, Names> {
    let mut setup = Setup::new("dledger", 5);
    setup.settings.push(("profile".to_owned(), profile.to_owned()));
    let mut run = lab::start(setup).expect("starts");
    let mut found: BTreeMap<&str, Names> = BTreeMap::new();
    for step in 0..1500 {
        if step == 400 {
            let command = Command { verb: "load".to_owned(), args: vec!["50".to_owned()] };
            let load = Decision::Command(Addr::Client(ClientId(0)), command);
            run.act(Action::now(load)).expect("every client can write in a row");
        }
        for node in (0..5).filter_map(|id| run.node(NodeId(id))) {
            let node = whole(&node);
            for Core { name, at, .. } in &CORE {
                let path: Vec<&str> = at.split('.').collect();
                if let Some(fields) = shown(&node, &path) {
                    let before = found.entry(name).or_insert_with(|| fields.clone());
                    assert_eq!(*before, fields, "{profile}: {at} has the same fields all the time");
                }
            }
        }
        run.race(1);
    }
    found
}

#[test]
fn every_field_of_the_real_core_is_shown() {
    for profile in ["V3", "V4", "SEED"] {
        let found = shown_in_a_run(profile);
        for Core { name, at, real, ours } in &CORE {
            let named: Names = real.iter().chain(*ours).map(|name| (*name).to_owned()).collect();
            let fields = found.get(name).unwrap_or_else(|| panic!("{profile}: {at} was never there"));
            assert_eq!(*fields, named, "{profile}: {at} shows what the specification and our list name");
            assert_eq!(*fields, declared(name), "{profile}: {at} shows every field of {name}, and no other");
        }
    }
}

#[test]
fn a_leader_keeps_a_record_of_each_peer_that_a_link_can_show() {
    let records =
        [("dledger", "peerId", "writeIndex"), ("raft", "id", "next"), ("braft", "peer_id", "next_index")];
    for (engine, head, field) in records {
        let mut run = lab::start(Setup::new(engine, 3)).expect("starts");
        while run.status().leader.is_none() {
            assert!(run.race(1) > 0, "{engine}: a leader comes");
        }
        let leader = run.status().leader.expect("just found");
        let node = run.node(leader).expect("it is there");
        for peer in (0..3).map(NodeId).filter(|id| *id != leader) {
            let kept = node.about(peer);
            let of = |value: &Value| match value {
                Value::Map(all) if all.first().is_some_and(|(name, _)| name == head) => {
                    all.iter().any(|(name, _)| name == field)
                }
                _ => false,
            };
            assert!(kept.iter().any(|(_, _, value)| of(value)), "{engine}, {peer}: {kept:?}");
            assert!(kept.iter().all(|(path, doc, _)| !path.is_empty() && !doc.is_empty()));
        }
        assert!(node.about(NodeId(7)).is_empty(), "{engine}: there is no such peer");
    }
}

/// What a value holds, each part by its path.
fn parts(path: &str, value: &Value, out: &mut BTreeMap<String, Value>) {
    match lab::entries(value) {
        Some(all) => all.iter().for_each(|(name, part)| parts(&format!("{path}.{name}"), part, out)),
        None => assert!(out.insert(path.to_owned(), value.clone()).is_none(), "two are called {path}"),
    }
}

/// All that nodes and clients hold, by whose it is and its path.
fn all_parts(run: &dyn lab::Session) -> BTreeMap<Addr, BTreeMap<String, Value>> {
    let nodes = (0..3).filter_map(|id| {
        let node = run.node(NodeId(id))?;
        Some((NodeId(id).into(), node.durable.into_iter().chain(node.volatile).collect::<Vec<_>>()))
    });
    let clients = (0..2).filter_map(|id| Some((ClientId(id).into(), run.client(ClientId(id))?)));
    let parts_of = |fields: Vec<lab::FieldView>| {
        let mut out = BTreeMap::new();
        fields.iter().for_each(|field| parts(field.name, &field.value, &mut out));
        out
    };
    nodes.chain(clients).map(|(who, fields)| (who, parts_of(fields))).collect()
}

/// Undoing every change listed for a step, and nothing else, leads back to the state before it.
#[test]
fn what_a_step_changed_is_what_differs() {
    for engine in tests::names() {
        let mut setup = Setup::new(engine, 9);
        setup.nodes = 3;
        let mut run = lab::start(setup).expect("starts");
        let command = Command { verb: "load".to_owned(), args: vec!["50".to_owned()] };
        let load = Decision::Command(Addr::Client(ClientId(0)), command);
        run.act(Action::now(load)).expect("every client can write in a row");
        let mut changes = 0;
        for _ in 0..400 {
            let before = all_parts(&*run);
            assert!(run.forward());
            let mut undone = all_parts(&*run);
            for lab::Change { who, field, old, new } in run.changed() {
                assert_ne!(old, new, "{engine}: {field} is the same");
                let held = undone.get_mut(&who).expect("whose it is");
                let of = |value: &Option<Value>| {
                    let mut out = BTreeMap::new();
                    value.iter().for_each(|value| parts(&field, value, &mut out));
                    out
                };
                for (path, value) in of(&new) {
                    assert_eq!(held.remove(&path), Some(value), "{engine}: {path} of {who}");
                }
                held.extend(of(&old));
                changes += 1;
            }
            assert_eq!(undone, before, "{engine}: step {}", run.status().step);
        }
        assert!(changes > 500, "{engine}: {changes}");
    }
}

#[test]
fn the_ballot_of_an_entry_fills_until_it_is_committed() {
    for engine in tests::names() {
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

#[test]
fn every_system_shows_whom_a_node_voted_for() {
    for entry in lab::ENGINES {
        let mut run = lab::start(kernel::Setup::new(entry.name, 3)).expect("it starts");
        assert!(run.run_until(&lab::Until::LeaderChanges, 100_000), "{}: nobody leads", entry.name);
        let (leader, ring) = (run.status().leader, run.ring(run.status().now_us));
        let voted = ring.nodes.iter().filter(|node| node.voted_for == leader).count();
        assert!(voted >= 3, "{}: a quorum of five voted for it, {voted} say so", entry.name);
    }
}

#[test]
fn a_candidate_has_a_ballot_for_every_node_and_none_for_who_has_no_vote() {
    use kernel::view::Ballot::{None, Open, Yes};
    let mut setup = kernel::Setup::new("raft", 1);
    setup.settings.push(("voters".to_owned(), "n0,n2,n4".to_owned()));
    let mut run = lab::start(setup).expect("it starts");
    let campaign = "do n2 campaign".parse().expect("a decision");
    run.act(lab::Action::now(campaign)).expect("it may");
    assert_eq!(run.ring(0).nodes[2].votes, [Open, None, Yes, None, Open]);
}

#[test]
fn where_two_lead_the_rows_of_the_log_tell_whose_view_they_have() {
    let mut setup = Setup::new("raft", 1);
    setup.nodes = 3;
    let mut run = lab::start(setup).expect("it starts");
    let mut decide = |decisions: &[&str]| {
        for text in decisions {
            let decision = text.parse().expect("a decision");
            run.act(lab::Action::now(decision)).unwrap_or_else(|refusal| panic!("{text}: {refusal:?}"));
        }
        let asked = run.status().step;
        run.play(run.status().now_us + 100_000, asked + 1000);
        run.log((0, 9)).rows.into_iter().map(|row| row.pill.unwrap_or_default()).collect::<Vec<_>>()
    };
    let one = decide(&["do n0 campaign"]);
    assert!(one[0].is_empty() && one[1..].iter().all(|pill| pill.starts_with('R')), "{one:?}");
    let two = decide(&["cut n0 n1", "cut n1 n0", "cut n0 n2", "cut n2 n0", "do n1 campaign"]);
    assert!(two[0].starts_with("n1: ") && two[1].is_empty() && two[2].starts_with("n1: "), "{two:?}");
}
