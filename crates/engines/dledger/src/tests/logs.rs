//! B12 to B21, B23 to B25: logs, commits, clients.

use alloc::string::String;
use alloc::vec::Vec;
use kernel::{Loss, NodeId};

use super::pump::{Pump, is_append};
use crate::{Body, DispatcherState, Event, PushEvent, PushType, Role};

const LEADER: Role = Role::Leader;
const CANDIDATE: Role = Role::Candidate;

/// n0 LEADER of term 3 with the given logs, all others followers, dispatchers as just started.
pub(super) fn leading(profile: &str, logs: &[&str]) -> Pump {
    let phases: Vec<u64> = logs.iter().map(|_| 9).collect();
    let mut pump = Pump::booted(&phases, &[("profile", profile), ("enableLeaderElector", "false")]);
    for (node, log) in logs.iter().enumerate() {
        pump.command(node, "preset term 3");
        pump.command(node, "preset vote n0");
        pump.command(node, &alloc::format!("preset log {log}"));
        if node > 0 {
            pump.command(node, "preset role follower n0");
        }
    }
    pump.command(0, "preset role leader");
    pump
}

/// What the leader's dispatcher did, in order.
pub(super) fn pushes(pump: &Pump) -> Vec<String> {
    let seen = pump.seen(0, |event| {
        Some(match event {
            Event::Push(PushEvent::CompareSent { index, term, .. }) => {
                alloc::format!("COMPARE ({index},{term})")
            }
            Event::Push(PushEvent::TruncateSent { index, keep: true, .. }) => {
                alloc::format!("TRUNC keep {index}")
            }
            Event::Push(PushEvent::TruncateSent { index, .. }) => alloc::format!("TRUNC from {index}"),
            Event::Push(PushEvent::AppendSent { first, .. }) => alloc::format!("APPEND {first}"),
            _ => return None,
        })
    });
    seen.into_iter().map(|(_, text)| text).collect()
}

pub(super) fn committed(pump: &Pump, node: usize) -> i64 {
    pump.mem(node).member.committed_index
}

const B12: [&str; 2] = ["1:a 1:b 1:c 2:d 2:e", "1:a 1:b 1:c 1:X 1:Y"];

#[test]
fn b12_conflict_in_the_middle_v3() {
    let mut pump = leading("V3", &B12);
    pump.run_to(100);
    let expected =
        ["COMPARE (4,2)", "COMPARE (3,2)", "COMPARE (2,1)", "TRUNC keep 2", "APPEND 3", "APPEND 4"];
    assert_eq!(pushes(&pump), expected);
    assert_eq!(pump.log(1), "[1a 1b 1c 2d 2e]");
    pump.run_to(1100);
    assert_eq!(committed(&pump, 0), 4, "all entries are old-term");
}

#[test]
fn b12_conflict_in_the_middle_v4() {
    let mut pump = leading("V4", &B12);
    pump.run_to(5);
    assert_eq!(pump.log(1), "[]");
    let claimed = &pump.mem(1).member;
    assert_eq!((claimed.ledger_end_index, claimed.ledger_end_term), (4, 1));
    pump.run_to(3000);
    let mut expected = Vec::from(["COMPARE (4,2)", "COMPARE (-1,-1)", "TRUNC from 0"].map(String::from));
    expected.extend((0..5).map(|index| alloc::format!("APPEND {index}")));
    assert_eq!(pushes(&pump), expected);
    assert_eq!(pump.log(1), "[1a 1b 1c 2d 2e]");
    assert_eq!(committed(&pump, 0), -1, "no entry of term 3");
}

#[test]
fn b13_follower_has_extra_entries() {
    let logs = ["1:a 1:b 1:c", "1:a 1:b 1:c 1:X 1:Y"];
    let mut pump = leading("V3", &logs);
    pump.run_to(50);
    assert_eq!(pushes(&pump), ["COMPARE (2,1)", "TRUNC keep 2"]);
    assert_eq!(pump.mem(0).pusher.dispatchers[0].state, DispatcherState::Append);
    pump.run_to(2200);
    assert_eq!((pump.disks[1].end_index(), committed(&pump, 1)), (2, 2));
    assert_eq!(pump.mem(1).member.ledger_end_index, 2);

    let mut pump = leading("V4", &logs);
    pump.run_to(50);
    assert_eq!(pushes(&pump), ["COMPARE (2,1)", "TRUNC from 3"]);
    assert_eq!(pump.disks[1].end_index(), 2);
    let claimed = &pump.mem(1).member;
    assert_eq!((claimed.ledger_end_index, claimed.ledger_end_term), (4, 1));
    assert_eq!(pump.ask(1, "vote_request leader=n0 term=3 end=2,1"), "REJECT_SMALL_LEDGER_END_INDEX");
}

#[test]
fn b14_short_or_empty_follower() {
    let long = "1:a 1:b 1:c 2:d 2:e 2:f";
    let mut pump = leading("V3", &[long, "1:a"]);
    pump.run_to(50);
    let appends = |from: i64| (from..6).map(|index| alloc::format!("APPEND {index}"));
    let mut expected = Vec::from(["COMPARE (5,2)", "COMPARE (0,1)"].map(String::from));
    expected.extend(appends(1));
    assert_eq!(pushes(&pump), expected);

    let mut pump = leading("V4", &[long, "1:a"]);
    pump.run_to(50);
    let mut expected = Vec::from(["COMPARE (5,2)", "COMPARE (0,1)", "TRUNC from 1"].map(String::from));
    expected.extend(appends(1));
    assert_eq!(pushes(&pump), expected);

    let mut pump = leading("V3", &["1:a", ""]);
    pump.run_to(50);
    assert_eq!(pushes(&pump), ["COMPARE (0,1)", "TRUNC keep 0"]);
    assert_eq!(pump.log(1), "[1a]");
    assert_eq!(pump.mem(0).pusher.watermark(3, NodeId(1)), 0);

    let mut pump = leading("V4", &[long, ""]);
    pump.run_to(50);
    let mut expected = Vec::from(["COMPARE (5,2)", "COMPARE (-1,-1)", "TRUNC from 0"].map(String::from));
    expected.extend(appends(0));
    assert_eq!(pushes(&pump), expected);
}

/// A cluster that starts empty and elects n0 in term 0, with `values` committed everywhere.
pub(super) fn grown(profile: &str, values: &[&str]) -> Pump {
    let mut pump = Pump::booted(&[0, 5, 5], &[("profile", profile)]);
    pump.run_to(1000);
    for value in values {
        pump.command(0, &alloc::format!("append {value}"));
    }
    pump.run_to(4000);
    for node in 0..3 {
        assert_eq!(committed(&pump, node), i64::try_from(values.len()).expect("few") - 1);
    }
    pump
}

#[test]
fn a_write_commits_on_a_quorum_and_is_answered() {
    for profile in ["V3", "V4", "SEED"] {
        let mut pump = Pump::booted(&[0, 5, 5], &[("profile", profile)]);
        pump.run_to(2000);
        let token = pump.command(0, "append x");
        pump.run_to(2100);
        let (at, outcome) = &pump.outcomes[&token];
        assert_eq!((outcome.name, outcome.index, outcome.term), ("SUCCESS", Some(0), Some(0)), "{profile}");
        // V4 first compares, since the log was empty till now; V3 too.
        assert!(*at < 2020, "{profile} {at}");
        pump.run_to(6000);
        for node in 0..3 {
            assert_eq!((pump.log(node).as_str(), committed(&pump, node)), ("[0x]", 0), "{profile}");
            assert_eq!(pump.disks[node].flushed_index, 0);
        }
    }
}

#[test]
fn b15_first_time_leader_loses_committed_data() {
    for (profile, kept) in [("V4", false), ("V3", true)] {
        let mut pump = grown(profile, &["a", "b", "c", "d", "e"]);
        pump.lose_when(|_, from, _, message| from == 1 && is_append(message));
        pump.delays[1].extend([300]);
        pump.command(1, "preset role candidate");
        pump.command(1, "preset known 1");
        pump.command(1, "preset needIncrease true");
        pump.run_to(6000);
        assert_eq!(pump.role(1), (LEADER, 1), "{profile}");
        for node in [0, 2] {
            assert_eq!(pump.disks[node].end_index(), if kept { 4 } else { -1 });
            let member = &pump.mem(node).member;
            assert_eq!((member.ledger_end_index, member.ledger_end_term), (4, 0));
            assert_eq!(member.committed_index, 4);
        }
        pump.crash(1, Loss::Process);
        pump.run_to(30_000);
        let leader = [0, 2].into_iter().find(|node| pump.role(*node).0 == LEADER).expect("one leads");
        assert_eq!(pump.role(leader), (LEADER, 2));
        assert_eq!(pump.disks[leader].end_index(), if kept { 4 } else { -1 });
    }
}

#[test]
fn b16_figure_8() {
    for (profile, replaced) in [("V3", true), ("V4", false)] {
        let mut pump = grown(profile, &["a"]);
        let t = pump.disks[0].curr_term;
        // (1) n0 is cut off, writes X and crashes.
        pump.isolate(&[0]);
        pump.command(0, "append X");
        pump.run_to(4100);
        pump.crash(0, Loss::Process);
        // (2) n2 leads t+1 with n1's vote, writes Y alone, crashes.
        pump.lose_when(|_, from, to, m| from == 2 && to == 1 && matches!(m.body, Body::PushRequest(_)));
        pump.delays[1].extend([900, 900, 900, 900]);
        pump.run_to(13_000);
        assert_eq!(pump.role(2), (LEADER, t + 1), "{profile}");
        pump.command(2, "append Y");
        pump.run_to(13_100);
        assert_eq!(pump.log(2), "[0a 1Y]");
        pump.crash(2, Loss::Process);
        // (3) n0 comes back, leads t+2 with n1's vote; n1 receives X.
        pump.heal();
        pump.boot(0, 0);
        pump.delays[1].extend([900; 20]);
        pump.run_to(26_000);
        assert_eq!(pump.role(0), (LEADER, t + 2), "{profile}");
        assert_eq!(pump.log(1), "[0a 0X]");
        let expected = if replaced { (1, 1) } else { (-1, 0) };
        assert_eq!((committed(&pump, 0), committed(&pump, 1)), expected, "{profile}");
        // (4) n0 crashes, n2 comes back and leads t+3 with n1's vote.
        pump.crash(0, Loss::Process);
        pump.boot(2, 0);
        pump.delays[1].extend([900; 20]);
        pump.run_to(46_000);
        assert_eq!(pump.role(2), (LEADER, t + 3), "{profile}");
        assert_eq!(pump.log(1), "[0a 1Y]");
        assert_eq!(committed(&pump, 1), if replaced { 1 } else { 0 });
    }
}

#[test]
fn b17_old_term_entries_in_v4() {
    for fast in ["false", "true"] {
        let settings = [("profile", "V4"), ("enableFastAdvanceCommitIndex", fast)];
        let mut pump = Pump::booted(&[0, 5, 5], &settings);
        pump.run_to(2000);
        pump.lose_when(|_, _, to, m| {
            to == 0 && matches!(&m.body, Body::PushResponse(push) if push.kind == PushType::Append)
        });
        let token = pump.command(0, "append x");
        pump.run_to(5900);
        assert_eq!(pump.outcomes[&token].1.name, "WAIT_QUORUM_ACK_TIMEOUT");
        assert!((4000..=5010).contains(&pump.outcomes[&token].0));
        assert_eq!([0, 1, 2].map(|node| committed(&pump, node)), [-1, -1, -1]);
        assert_eq!(pump.log(2), "[0x]");
        pump.heal();
        pump.crash(0, Loss::Process);
        pump.run_to(18_000);
        let leader = [1, 2].into_iter().find(|node| pump.role(*node).0 == LEADER).expect("one leads");
        let expected = if fast == "true" { 1 } else { -1 };
        assert_eq!(committed(&pump, leader), expected);
        let token = pump.command(leader, "append y");
        pump.run_to(18_100);
        let index = if fast == "true" { 2 } else { 1 };
        assert_eq!((pump.outcomes[&token].1.name, pump.outcomes[&token].1.index), ("SUCCESS", Some(index)));
    }
}

/// n0, n1: n0 LEADER of term 3 with old entries everywhere, dispatcher in APPEND.
fn two(profile: &str, log: &str) -> Pump {
    let mut pump = leading(profile, &[log, log]);
    pump.run_to(50);
    pump
}

fn lose_first_append(pump: &mut Pump, index: i64) {
    let mut lost = false;
    pump.lose_when(move |_, _, _, m| {
        let hit =
            matches!(&m.body, Body::PushRequest(p) if p.kind == PushType::Append && p.first_index() == index);
        let now = hit && !lost;
        lost |= hit;
        now
    });
}

#[test]
fn b18_one_lost_append() {
    let mut pump = two("V3", "0:a 0:b");
    lose_first_append(&mut pump, 2);
    let token = pump.command(0, "append c");
    pump.run_to(1100);
    assert_eq!(pump.outcomes[&token].1.name, "SUCCESS");
    assert!((1050..1070).contains(&pump.outcomes[&token].0), "{}", pump.outcomes[&token].0);

    let mut pump = two("V4", "0:a 0:b");
    lose_first_append(&mut pump, 2);
    let c = pump.command(0, "append c");
    pump.run_to(4000);
    assert_eq!(pump.outcomes[&c].1.name, "WAIT_QUORUM_ACK_TIMEOUT");
    assert_eq!((pump.log(0).as_str(), pump.log(1).as_str()), ("[0a 0b 3c]", "[0a 0b]"));
    pump.run_to(4500);
    let before = pushes(&pump).len();
    let d = pump.command(0, "append d");
    pump.run_to(6100);
    let expected = ["APPEND 3", "COMPARE (3,3)", "COMPARE (1,0)", "TRUNC from 2", "APPEND 2", "APPEND 3"];
    assert_eq!(pushes(&pump)[before..], expected);
    assert_eq!(committed(&pump, 0), 3);
    assert_eq!(pump.outcomes[&d].1.name, "SUCCESS");

    // An empty log before: V4 does resend.
    let mut pump = two("V4", "");
    pump.run_to(2000);
    pump.command(0, "append z");
    pump.run_to(2100);
    let mut pump = two("V4", "");
    lose_first_append(&mut pump, 0);
    let token = pump.command(0, "append c");
    pump.run_to(1200);
    assert_eq!(pump.outcomes[&token].1.name, "SUCCESS");
}

#[test]
fn b19_gap_in_the_pipeline() {
    for profile in ["V3", "V4"] {
        let mut pump = two(profile, "");
        pump.command(0, "append a");
        pump.run_to(100);
        assert_eq!(committed(&pump, 0), 0);
        lose_first_append(&mut pump, 1);
        let b = pump.command(0, "append b");
        let c = pump.command(0, "append c");
        pump.run_to(1050);
        assert_eq!(pump.mem(1).handler.write_request_map.len(), 1);
        pump.run_to(1150);
        for token in [b, c] {
            assert_eq!(pump.outcomes[&token].1.name, "SUCCESS", "{profile}");
            assert!((1100..1120).contains(&pump.outcomes[&token].0), "{profile}");
        }
        pump.run_to(2300);
        assert!(pump.mem(1).handler.write_request_map.is_empty());
        assert_eq!(pump.log(1), "[3a 3b 3c]");
    }
}

#[test]
fn b20_no_quorum() {
    let mut pump = grown("V3", &["a"]);
    let start = pump.now / 1000;
    pump.isolate(&[0]);
    let first = pump.command(0, "append x");
    pump.run_to(start + 2600);
    let (at, outcome) = &pump.outcomes[&first];
    assert_eq!(outcome.name, "WAIT_QUORUM_ACK_TIMEOUT");
    assert!((start + 2500..=start + 2510).contains(at));
    let mut open = pump.command(0, "append y");
    while pump.role(0).0 == LEADER {
        let now = pump.now / 1000;
        if pump.outcomes.contains_key(&open) {
            open = pump.command(0, "append y");
        }
        pump.run_to(now + 10);
    }
    let now = pump.now / 1000;
    pump.run_to(now + 6000);
    assert!(!pump.outcomes.contains_key(&open), "open when it stepped down: no answer");
    let late = pump.command(0, "append z");
    assert_eq!((pump.outcomes[&late].1.name, pump.outcomes[&late].1.leader), ("NOT_LEADER", None));
    let leader = [1, 2].into_iter().find(|node| pump.role(*node) == (LEADER, 1));
    assert!(leader.is_some());
    pump.heal();
    let now = pump.now / 1000;
    pump.run_to(now + 10_000);
    assert_eq!(pump.log(0), "[0a]", "its extra entries are truncated");

    let mut pump = grown("V4", &["a"]);
    let start = pump.now / 1000;
    pump.isolate(&[0]);
    let first = pump.command(0, "append x");
    let read = pump.command(0, "get 1");
    assert_eq!((pump.outcomes[&read].1.code, pump.outcomes[&read].1.value.as_deref()), (200, Some("x")));
    pump.run_to(start + 3100);
    assert_eq!(pump.outcomes[&first].1.name, "WAIT_QUORUM_ACK_TIMEOUT");
    assert!((start + 2000..=start + 3010).contains(&pump.outcomes[&first].0));
}

#[test]
fn b21_pending_limit() {
    for (profile, within) in [("V3", 1000), ("V4", 1002)] {
        let settings = [("profile", profile), ("maxPendingRequestsNum", "1000")];
        let mut pump = Pump::booted(&[0, 5], &settings);
        pump.run_to(1000);
        pump.crash(1, Loss::Process);
        pump.run_to(1100);
        let tokens: Vec<u32> = (0..10).map(|i| pump.command(0, &alloc::format!("append v{i}"))).collect();
        pump.run_to(4200);
        for token in tokens {
            assert_eq!(pump.outcomes[&token].1.name, "WAIT_QUORUM_ACK_TIMEOUT");
        }
        assert_eq!(pump.disks[0].end_index(), 9);
        let mut refused = None;
        for count in 1..=within {
            let token = pump.command(0, "append w");
            if let Some((_, outcome)) = pump.outcomes.get(&token) {
                refused = Some((count, outcome.clone()));
                break;
            }
        }
        let (_, outcome) = refused.expect("refused within the limit");
        assert_eq!((outcome.name, outcome.index), ("LEADER_PENDING_FULL", None), "{profile}");
        let end = pump.disks[0].end_index();
        pump.boot(1, 0);
        pump.run_to(9000);
        assert_eq!(pump.disks[1].end_index(), end, "{profile}");
        if pump.role(0).0 == LEADER {
            assert_eq!([committed(&pump, 0), committed(&pump, 1)], [end, end], "{profile}");
        }
    }
}

#[test]
fn b23_stale_truncate() {
    for (profile, code, log, commit) in [("V3", 406, "[1a 1b 1c]", -1), ("V4", 200, "[1a]", 0)] {
        let settings = [("profile", profile), ("enableLeaderElector", "false")];
        let mut pump = Pump::booted(&[0, 0, 0], &settings);
        pump.command(1, "preset term 5");
        pump.command(1, "preset log 1:a 1:b 1:c");
        pump.command(1, "preset role follower n2");
        let ask = "push type=TRUNCATE leader=n0 term=3 pre=1,-1 entries=1:1:b";
        let token = pump.command(1, ask);
        assert_eq!(pump.outcomes[&token].1.code, code, "{profile}");
        assert_eq!(pump.log(1), log);
        assert_eq!(pump.ask(1, "push type=COMMIT leader=n0 term=3 commit=2"), "SUCCESS");
        assert_eq!(committed(&pump, 1), commit);
        let member = &pump.mem(1).member;
        assert_eq!((member.ledger_end_index, member.ledger_end_term), (2, 1));
    }
}

#[test]
fn b24_boot_end_livelock() {
    let mut pump = Pump::booted(&[0, 0], &[("profile", "V4"), ("enableLeaderElector", "false")]);
    for node in [0, 1] {
        pump.command(node, "preset term 1");
    }
    pump.command(0, "preset log 1:a 1:b 1:c 1:d 1:e 1:f 1:g 1:h");
    pump.command(1, "preset log 1:a 1:b 1:c");
    pump.command(0, "preset role follower n1");
    pump.command(0, "push type=TRUNCATE leader=n1 term=1 pre=3,-1");
    assert_eq!(pump.disks[0].end_index(), 2);
    for node in [0, 1] {
        pump.command(node, "preset role candidate");
        pump.command(node, "preset term 2");
    }
    pump.command(1, "preset role follower n0");
    pump.command(0, "preset role leader");
    pump.run_to(2000);
    let errors = pump.seen(0, |e| matches!(e, Event::Push(PushEvent::DispatcherFailed { .. })).then_some(()));
    assert!((3..=5).contains(&errors.len()), "every 500 ms: {errors:?}");
    let tokens: Vec<u32> = (3..7).map(|i| pump.command(0, &alloc::format!("append v{i}"))).collect();
    pump.run_to(6000);
    for token in tokens {
        assert_eq!(pump.outcomes[&token].1.name, "WAIT_QUORUM_ACK_TIMEOUT");
    }
    let before = pushes(&pump).len();
    let last = pump.command(0, "append v7");
    pump.run_to(7000);
    let expected = ["COMPARE (7,2)", "COMPARE (2,1)", "TRUNC from 3", "APPEND 3"];
    assert_eq!(pushes(&pump)[before..before + 4], expected);
    assert_eq!((pump.outcomes[&last].1.name, committed(&pump, 0)), ("SUCCESS", 7));
}

#[test]
fn b25_power_loss_after_ack() {
    let mut pump = Pump::booted(&[0, 5, 5], &[]);
    pump.flush_us = 500;
    pump.run_to(1000);
    pump.command(0, "append a");
    pump.command(0, "append b");
    pump.run_to(2000);
    pump.lose_when(|_, _, to, m| to == 2 && is_append(m));
    let token = pump.command(0, "append c");
    pump.run_to(2005);
    assert_eq!(pump.outcomes[&token].1.name, "SUCCESS");
    assert_eq!(committed(&pump, 0), 2);
    pump.crash(0, Loss::Power);
    assert_eq!(pump.log(0), "[0a 0b]");
    pump.heal();
    pump.boot(0, 0);
    pump.run_to(2100);
    assert_eq!(pump.role(0), (LEADER, 0), "term 0 again");
    pump.run_to(4000);
    assert_eq!(pump.log(1), "[0a 0b]", "c is gone");
    let token = pump.command(0, "append Z");
    pump.run_to(5000);
    assert_eq!((pump.outcomes[&token].1.index, pump.outcomes[&token].1.term), (Some(2), Some(0)));
    assert_eq!(pump.log(1), "[0a 0b 0Z]");
}

#[test]
fn b08_higher_term_shorter_log() {
    for profile in ["V3", "V4"] {
        let mut pump = grown(profile, &["a"]);
        pump.isolate(&[2]);
        for _ in 0..3 {
            pump.command(0, "append b");
        }
        pump.run_to(4200);
        pump.command(2, "preset term 1");
        pump.command(2, "preset vote n2");
        pump.command(2, "preset role candidate");
        pump.run_to(4300);
        // In the old-term poll n2's refusal comes before n1's vote: else n0 is elected in term 0 over and over.
        pump.heal();
        pump.slow_votes_of_term = Some(0);
        pump.run_to(40_000);
        if profile == "V3" {
            assert_eq!([pump.role(0), pump.role(2)], [(LEADER, 0), (CANDIDATE, 1)]);
            assert_eq!(pump.log(2), "[0a]");
            let rules = pump.parses(2);
            assert!(rules.iter().filter(|(ms, _)| *ms > 8000).all(|(_, rule)| *rule == 4), "{rules:?}");
        } else {
            assert_eq!(pump.role(0), (LEADER, 1));
            assert_eq!(pump.role(2), (Role::Follower, 1));
            assert_eq!(pump.log(2), "[0a 0b 0b 0b]");
        }
    }
}

#[test]
fn b26_every_third_push_swallowed() {
    for profile in ["V3", "V4"] {
        let mut pump = Pump::booted(&[0, 5], &[("profile", profile)]);
        pump.run_to(1000);
        let mut count = 0;
        pump.lose_when(move |_, _, _, m| {
            count += u32::from(is_append(m));
            is_append(m) && count % 3 == 0
        });
        for index in 0..10 {
            let token = pump.command(0, "append x");
            while !pump.outcomes.contains_key(&token) {
                let now = pump.now / 1000;
                pump.run_to(now + 10);
            }
            assert_eq!(pump.outcomes[&token].1.name, "SUCCESS", "{profile} {index}");
            assert_eq!(pump.outcomes[&token].1.index, Some(index));
        }
        pump.run_to(60_000);
        assert_eq!([pump.disks[0].end_index(), pump.disks[1].end_index()], [9, 9]);
    }
}

#[test]
fn b26_a_batch_has_one_answer() {
    for profile in ["V3", "V4"] {
        let mut pump = Pump::booted(&[0, 5, 5], &[("profile", profile)]);
        pump.run_to(1000);
        let token = pump.command(0, "batch a b c d e f g h i j");
        pump.run_to(3000);
        assert_eq!((pump.outcomes[&token].1.name, pump.outcomes[&token].1.index), ("SUCCESS", Some(9)));
        assert_eq!(pump.disks[2].end_index(), 9);
    }
}

#[test]
fn b26_longer_log_is_truncated() {
    let ten: Vec<String> = (0..10).map(|i| alloc::format!("0:v{i}")).collect();
    for profile in ["V3", "V4"] {
        let mut pump = Pump::booted(&[0, 0], &[("profile", profile), ("enableLeaderElector", "false")]);
        pump.command(0, &alloc::format!("preset log {}", ten.join(" ")));
        pump.command(1, &alloc::format!("preset log {}", ten[..5].join(" ")));
        pump.command(0, "preset role follower n1");
        pump.command(1, "preset role leader");
        pump.run_to(2000);
        assert_eq!(pump.disks[0].end_index(), 4);
        for index in 5..15 {
            let token = pump.command(1, "append x");
            let now = pump.now / 1000;
            pump.run_to(now + 10);
            assert_eq!(pump.outcomes[&token].1.index, Some(index));
        }
    }
}
