//! B1 to B11 as far as elections and heartbeats go.

use kernel::{Loss, NodeId};

use super::pump::Pump;
use crate::{Event, ParseResult, Role, VoteResult};

const LEADER: Role = Role::Leader;
const FOLLOWER: Role = Role::Follower;
const CANDIDATE: Role = Role::Candidate;
const BOTH: [&str; 2] = ["V3", "V4"];

fn counted(pump: &Pump, node: usize) -> alloc::vec::Vec<(u64, (u8, VoteResult))> {
    pump.seen(node, |event| match event {
        Event::VoteCounted { from, result, .. } => Some((from.0, *result)),
        _ => None,
    })
}

#[test]
fn b01_cold_start_one_node_first() {
    for profile in BOTH {
        let mut pump = Pump::booted(&[0, 5, 5], &[("profile", profile)]);
        pump.run_to(4);
        assert_eq!(pump.role(0), (LEADER, 0));
        assert_eq!(pump.parses(0), [(2, 5)]);
        assert_eq!(pump.disks[1].vote_leader, Some(NodeId(0)));
        assert_eq!(pump.role(1), (CANDIDATE, 0));
        pump.run_to(12);
        let n1 = counted(&pump, 1);
        assert_eq!(n1[0], (5, (1, VoteResult::RejectAlreadyVoted)));
        assert_eq!(n1[1], (7, (0, VoteResult::RejectAlreadyHasLeader)));
        assert_eq!(pump.parses(1), [(7, 2)]);
        let next = pump.mem(1).elector.next_time_to_request_vote.expect("set");
        assert!((7 + 6300..7 + 7000).contains(&(next.0 / 1000)), "{next:?}");
        assert_eq!(pump.role(2).0, CANDIDATE);
        pump.run_to(13);
        assert_eq!([pump.role(1), pump.role(2)], [(FOLLOWER, 0), (FOLLOWER, 0)]);
        assert_eq!(pump.mem(2).member.leader_id, Some(NodeId(0)));
        pump.run_to(60_000);
        assert_eq!(pump.role(0), (LEADER, 0));
        assert_eq!(pump.role(1), (FOLLOWER, 0));
    }
}

#[test]
fn b02_cold_start_split_vote() {
    for profile in BOTH {
        let mut pump = Pump::new(3, &[("profile", profile)]);
        for (node, delay) in [300, 500, 700].into_iter().enumerate() {
            pump.delays[node].push_back(delay);
            pump.boot(node, 0);
        }
        pump.run_to(2);
        for node in 0..3 {
            assert_eq!(pump.parses(node), [(2, 7)]);
            assert_eq!(counted(&pump, node).iter().filter(|(_, (_, r))| *r == VoteResult::Accept).count(), 1);
        }
        pump.run_to(400);
        let raised = pump.seen(0, |e| matches!(e, Event::TermIncreased { from: 0, to: 1, .. }).then_some(()));
        // The first tick of its grid (…2, 12) that is at least 302.
        assert_eq!(raised, [(302, ())]);
        let rules: alloc::vec::Vec<u8> = pump.parses(0).iter().map(|p| p.1).collect();
        assert_eq!(rules.first(), Some(&7));
        assert_eq!(rules.last(), Some(&5));
        assert!(rules[1..rules.len() - 1].iter().all(|rule| *rule == 6), "{rules:?}");
        assert_eq!(pump.role(0), (LEADER, 1));
        for node in 1..3 {
            assert_eq!(pump.disks[node].vote_leader, Some(NodeId(0)));
            assert_eq!(pump.role(node), (FOLLOWER, 1));
        }
    }
}

#[test]
fn b03_single_node_leads_in_its_stored_term() {
    let mut pump = Pump::booted(&[3], &[]);
    pump.run_to(3);
    assert_eq!(pump.role(0), (LEADER, 0));
    pump.run_to(5000);
    pump.crash(0, Loss::Process);
    pump.boot(0, 0);
    pump.run_to(5000);
    assert_eq!(pump.role(0), (LEADER, 0));
}

/// n0 LEADER, all votes n0, the last heartbeats of n1 and n2 at the given instants.
fn led(profile: &str) -> Pump {
    let mut pump = Pump::booted(&[0, 5, 5], &[("profile", profile)]);
    pump.run_to(2500);
    assert_eq!(pump.role(0).0, LEADER);
    pump
}

#[test]
fn b04_leader_crash_followers_time_out_together() {
    for profile in BOTH {
        let mut pump = led(profile);
        let term = pump.disks[0].curr_term;
        pump.delays[1].extend([800]);
        pump.delays[2].extend([350]);
        pump.crash(0, Loss::Process);
        let last = pump.mem(1).elector.last_leader_heart_beat_time.expect("followed").0 / 1000;
        assert_eq!(pump.mem(2).elector.last_leader_heart_beat_time.expect("followed").0 / 1000, last);
        pump.run_to(last + 6011);
        assert_eq!([pump.role(1), pump.role(2)], [(CANDIDATE, term), (CANDIDATE, term)]);
        pump.run_to(last + 6100);
        for node in [1, 2] {
            let (_, rule) = pump.parses(node).last().copied().expect("polled");
            assert_eq!(rule, 7);
            assert_eq!(pump.mem(node).elector.last_parse_result, ParseResult::WaitToVoteNext);
        }
        pump.run_to(last + 7000);
        assert_eq!(pump.role(2), (LEADER, term + 1));
        assert_eq!(pump.role(1), (FOLLOWER, term + 1));
        assert_eq!(pump.mem(1).member.leader_id, Some(NodeId(2)));
    }
}

#[test]
fn b05_leader_crash_followers_time_out_apart() {
    for profile in BOTH {
        let mut pump = led(profile);
        let term = pump.disks[0].curr_term;
        pump.crash(0, Loss::Process);
        let last = pump.mem(1).elector.last_leader_heart_beat_time.expect("followed").0 / 1000;
        // n2's last heartbeat came 500 ms after n1's.
        pump.run_to(last + 600);
        pump.command(2, "preset heartbeat 100");
        pump.run_to(last + 6100);
        assert_eq!(pump.parses(1).last().expect("polled").1, 2);
        assert_eq!(pump.role(2).0, FOLLOWER);
        pump.run_to(last + 6600);
        let votes = counted(&pump, 2);
        assert!(votes.iter().any(|(_, v)| *v == (1, VoteResult::RejectAlreadyVoted)), "{votes:?}");
        pump.run_to(last + 8000);
        assert_eq!(pump.role(2), (LEADER, term + 1));
        assert_eq!(pump.role(1), (FOLLOWER, term + 1));
    }
}

#[test]
fn b06_leader_loses_both_followers_and_comes_back() {
    for profile in BOTH {
        let mut pump = led(profile);
        pump.crash(1, Loss::Process);
        pump.crash(2, Loss::Process);
        pump.run_to(30_000);
        assert_eq!(pump.role(0), (CANDIDATE, 0));
        assert_eq!(pump.disks[0].vote_leader, Some(NodeId(0)));
        let rules = pump.parses(0);
        assert!(rules.len() > 5 && rules[1..].iter().all(|(_, rule)| *rule == 3), "{rules:?}");
        // Their own polls are refused by everybody; n0's next poll comes first.
        pump.delays[1].extend([999]);
        pump.delays[2].extend([999]);
        pump.boot(1, 0);
        pump.boot(2, 0);
        pump.run_to(31_000);
        assert_eq!(pump.role(0), (LEADER, 0));
        assert_eq!(pump.parses(1)[1].1, 7);
        pump.run_to(33_000);
        assert_eq!([pump.role(1), pump.role(2)], [(FOLLOWER, 0), (FOLLOWER, 0)]);
    }
}

#[test]
fn b07_leader_restarts_quickly() {
    for profile in BOTH {
        let mut pump = led(profile);
        pump.crash(0, Loss::Process);
        let steps = pump.events.len();
        pump.run_to(4000);
        pump.boot(0, 0);
        pump.run_to(4010);
        assert_eq!(pump.role(0), (LEADER, 0));
        pump.run_to(12_000);
        let changed = pump.events[steps..].iter().any(|(_, node, event)| {
            *node != 0 && matches!(event, Event::BecameCandidate { .. } | Event::BecameFollower { .. })
        });
        assert!(!changed, "followers never change role");
    }
}

#[test]
fn b10_vote_handler_table() {
    let mut pump = led("V3");
    let t = pump.disks[0].curr_term + 3;
    for node in 0..3 {
        pump.command(node, &alloc::format!("preset term {t}"));
    }
    let rows = [
        (0, "leader=n9 end=-1,-1", 0, "REJECT_UNKNOWN_LEADER"),
        (0, "leader=n0 end=-1,-1 self", 0, "ACCEPT"),
        (1, "leader=n0 end=-1,-1", 0, "ACCEPT"),
        (0, "leader=n0 end=-1,-1", 0, "REJECT_UNEXPECTED_LEADER"),
        (0, "leader=n1 end=-1,-1", -1, "REJECT_EXPIRED_VOTE_TERM"),
        (0, "leader=n1 end=-1,-1", 0, "REJECT_ALREADY_HAS_LEADER"),
    ];
    for (node, args, by, result) in rows {
        assert_eq!(pump.ask(node, &alloc::format!("vote_request term={} {args}", t + by)), result, "{args}");
    }
    pump.command(0, "preset claimed -1 0");
    let ask = alloc::format!("vote_request term={t} leader=n0 end=-1,-1 self");
    assert_eq!(pump.ask(0, &ask), "REJECT_EXPIRED_LEDGER_TERM");
    pump.command(0, "preset claimed 0 -1");
    assert_eq!(pump.ask(0, &ask), "REJECT_SMALL_LEDGER_END_INDEX");
    let other = alloc::format!("vote_request term={t} leader=n0 end=-1,-1 self remote=n1");
    assert_eq!(pump.ask(0, &other), "UNKNOWN");
}

#[test]
fn b10_term_below_the_own_log() {
    let mut pump = Pump::booted(&[0], &[]);
    pump.run_to(100);
    let t = pump.disks[0].curr_term;
    pump.command(0, &alloc::format!("preset claimed 0 {}", t + 1));
    let ask = alloc::format!("vote_request leader=n0 term={t} end=0,{} self", t + 1);
    let token = pump.command(0, &ask);
    assert_eq!(pump.outcomes[&token].1.name, "REJECT_TERM_SMALL_THAN_LEDGER");
    assert_eq!(pump.outcomes[&token].1.term, u64::try_from(t + 1).ok());
    pump.command(0, "preset role candidate");
    pump.run_to(3100);
    assert_eq!(pump.role(0), (LEADER, t + 1));
}

#[test]
fn b10_a_node_may_refuse_itself() {
    let mut pump = Pump::booted(&[0], &[]);
    pump.run_to(100);
    pump.command(0, "preset vote n2");
    pump.command(0, "preset role candidate");
    pump.run_to(3000);
    let own = counted(&pump, 0);
    assert!(own.iter().any(|(_, v)| *v == (0, VoteResult::RejectAlreadyVoted)));
    assert_eq!(pump.role(0), (LEADER, 1));
}

#[test]
fn b11_heart_beat_handler_table() {
    let mut pump = led("V3");
    let t = 4;
    for node in 0..3 {
        pump.command(node, &alloc::format!("preset term {t}"));
    }
    let rows = [
        (0, "leader=n9", 0, 401),
        (0, "leader=n0", 0, 402),
        (1, "leader=n0", -1, 403),
        (1, "leader=n2", 0, 409),
        (1, "leader=n0", 0, 200),
        (1, "leader=n0", 1, 416),
    ];
    for (node, args, by, code) in rows {
        let token = pump.command(node, &alloc::format!("heart_beat {args} term={}", t + by));
        assert_eq!(pump.outcomes[&token].1.code, code, "{args}");
        if code == 403 {
            assert_eq!(pump.outcomes[&token].1.term, Some(4));
        }
    }
    pump.isolate(&[1]);
    let now = pump.now / 1000;
    pump.run_to(now + 100);
    assert_eq!(pump.ask(1, &alloc::format!("heart_beat leader=n0 term={}", t + 1)), "SUCCESS");
    assert_eq!(pump.role(1), (FOLLOWER, t + 1));
}

#[test]
fn seed_checks_the_log_after_the_term() {
    let mut pump = Pump::booted(&[0, 5, 5], &[("profile", "SEED")]);
    pump.run_to(2500);
    pump.command(1, "preset claimed 5 0");
    // A worse log with a larger term: V3 hides the term, SEED does not.
    let ask = "vote_request leader=n2 term=7 end=-1,-1";
    assert_eq!(pump.ask(1, ask), "REJECT_TERM_NOT_READY");
    let mut pump = led("V3");
    pump.command(1, "preset claimed 5 0");
    assert_eq!(pump.ask(1, ask), "REJECT_EXPIRED_LEDGER_TERM");
}
