//! For every rule a sequence of facts that breaks it, and one that nearly does.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use kernel::{Chained, Fact, Hasher, Mode, NodeId, Token};

use crate::{Checks, Did, RuleState};

/// An entry with its digest, as engines compute it.
#[derive(Clone)]
struct Entry(u64, &'static str);

impl Chained for Entry {
    fn chain(&self, before: u64) -> u64 {
        let mut h = Hasher::new(Mode::Run);
        h.word(before);
        h.word(self.0);
        h.bytes(self.1.as_bytes());
        h.finish()
    }
}

fn chain(log: &[(u64, &'static str)]) -> u64 {
    log.iter().fold(0, |before, (term, value)| Entry(*term, value).chain(before))
}

fn node(id: u8) -> NodeId {
    NodeId(id)
}

/// Facts that a node tells, with the log written out.
type Log = &'static [(u64, &'static str)];

fn led(term: u64, log: Log) -> Fact {
    Fact::Led { term, last: log.len() as i64 - 1, chain: chain(log) }
}

/// The last entry of `log` was appended.
fn appended(log: Log) -> Fact {
    let (term, _) = log.last().expect("an entry");
    Fact::Appended { index: log.len() as u64 - 1, term: *term, chain: chain(log) }
}

/// All of `log` was committed.
fn committed(term: u64, log: Log) -> Fact {
    Fact::Committed { to: log.len() as i64 - 1, chain: chain(log), term }
}

fn term(term: u64) -> Fact {
    Fact::Term { term }
}

/// The names of the broken rules, with their sentences.
fn broken(checks: &Checks) -> Vec<(&'static str, String)> {
    let told = |violation: crate::Violation| (violation.rule.name(), violation.sentence.to_string());
    checks.violations().into_iter().map(told).collect()
}

fn run(facts: &[(u8, Fact)]) -> Checks {
    let mut checks = Checks::new(3, 0, &[]);
    for (step, (who, fact)) in (1..).zip(facts) {
        checks.observe(step, node(*who), *fact);
    }
    checks
}

fn breaks(facts: &[(u8, Fact)], expected: &[(&str, &str)]) {
    let checks = run(facts);
    let expected: Vec<(&str, String)> = expected.iter().map(|(rule, s)| (*rule, s.to_string())).collect();
    assert_eq!(broken(&checks), expected);
}

/// Nothing is broken, and `rule` was put to the test.
fn holds(facts: &[(u8, Fact)], rule: &str) {
    let checks = run(facts);
    assert_eq!(broken(&checks), []);
    let lights = checks.lights();
    let light = lights.iter().find(|light| light.name == rule).expect("a rule of that name");
    assert_eq!(light.state, RuleState::Holds, "{rule}");
}

const A: Log = &[(1, "a")];
const AB: Log = &[(1, "a"), (1, "b")];
const AC: Log = &[(1, "a"), (1, "c")];
const A2: Log = &[(1, "a"), (2, "x")];
const A22: Log = &[(1, "a"), (2, "x"), (2, "y")];
const A3: Log = &[(1, "a"), (3, "z")];
const AB2: Log = &[(1, "a"), (1, "b"), (2, "x")];
const AC2: Log = &[(1, "a"), (1, "c"), (2, "x")];

#[test]
fn two_leaders_of_one_term() {
    let both = [(0, led(1, &[])), (2, led(1, &[]))];
    breaks(&both, &[("Election safety", "n0 and n2 both lead term 1")]);
    let in_turn = [(2, led(1, &[])), (2, Fact::Unled), (0, led(1, &[]))];
    breaks(&in_turn, &[("Election safety", "n0 and n2 both led term 1")]);
    holds(&[(0, led(1, &[])), (0, Fact::Unled), (0, led(1, &[])), (2, led(2, &[]))], "Election safety");
}

#[test]
fn a_leader_removes_entries() {
    let cut = [(0, led(1, &[])), (0, appended(A)), (0, appended(AB)), (0, Fact::Truncated { from: 1 })];
    breaks(&cut, &[("Append-only", "n0 leads term 1 and removed its entries from 1 on")]);
    // It no longer leads, but the term is still the one it led.
    let later =
        [(0, term(1)), (0, led(1, &[])), (0, appended(A)), (0, Fact::Unled), (0, appended(&[(1, "z")]))];
    let checks = run(&later);
    assert_eq!(broken(&checks)[0].0, "Append-only");
    holds(
        &[
            (0, led(1, &[])),
            (0, appended(A)),
            (0, appended(AB)),
            (0, Fact::Unled),
            (0, term(2)),
            (0, Fact::Truncated { from: 1 }),
        ],
        "Append-only",
    );
}

#[test]
fn one_index_and_term_with_two_entries() {
    let differ = "n1 and n0 differ at entry 1 or before, though both hold one of term 1";
    let facts = [(0, appended(A)), (0, appended(AB)), (1, appended(A)), (1, appended(AC))];
    breaks(&facts, &[("Log matching", differ)]);
    // The entries are equal, what stands before them is not.
    let differ = "n1 and n0 differ at entry 2 or before, though both hold one of term 2";
    let mut facts = Vec::from([(0, appended(A)), (0, appended(AB)), (0, appended(AB2))]);
    facts.extend([(1, appended(A2)), (1, Fact::Truncated { from: 1 })]);
    facts.push((1, appended(AC2)));
    breaks(&facts, &[("Log matching", differ)]);
    holds(&[(0, appended(A)), (0, appended(AB)), (1, appended(A)), (1, appended(A2))], "Log matching");
}

#[test]
fn a_leader_without_what_was_committed() {
    let facts =
        [(0, appended(A)), (0, appended(AB)), (0, committed(1, AB)), (1, appended(A)), (1, led(2, A))];
    breaks(&facts, &[("Completeness", "n1 leads term 2 without entry 1, committed in term 1")]);
    let other =
        [(0, appended(A)), (0, appended(AB)), (0, committed(1, AB)), (1, appended(A3)), (1, led(4, A3))];
    assert_eq!(broken(&run(&other))[0].0, "Completeness");
    holds(
        &[(0, appended(A)), (0, appended(AB)), (0, committed(1, AB)), (1, appended(AB)), (1, led(2, AB))],
        "Completeness",
    );
}

#[test]
fn a_late_winner_of_a_lower_term_need_not_hold_what_a_higher_term_committed() {
    let facts = [
        (0, appended(A)),
        (0, committed(1, A)),
        (0, led(3, A)),
        (0, appended(A3)),
        (0, committed(3, A3)),
        (1, appended(A)),
        (1, led(2, A)),
    ];
    holds(&facts, "Completeness");
    // The same entry committed in term 1 as well: a commit in the lower term counts.
    let mut lower = Vec::from(facts);
    lower.insert(5, (2, committed(1, A3)));
    breaks(&lower, &[("Completeness", "n1 leads term 2 without entry 1, committed in term 1")]);
}

#[test]
fn an_old_leader_commits_what_the_new_one_lacks() {
    let facts = [
        (0, appended(A)),
        (0, appended(AB)),
        (1, appended(A)),
        (1, led(2, A)),
        (1, appended(A2)),
        (0, committed(1, AB)),
    ];
    breaks(&facts, &[("Completeness", "n1 leads term 2 without entry 1, committed in term 1")]);
    let mut near = Vec::from(facts);
    near[5] = (0, committed(1, A));
    holds(&near, "Completeness");
}

#[test]
fn two_nodes_commit_different_entries() {
    let facts = [
        (0, appended(A)),
        (0, appended(AB)),
        (0, committed(1, AB)),
        (1, appended(A)),
        (1, appended(A2)),
        (1, committed(2, A2)),
    ];
    breaks(&facts, &[("State machine", "n0 and n1 committed different entries at 1")]);
    // Found one entry above the one that differs.
    let mut above = Vec::from(&facts[..5]);
    above.extend([(1, appended(A22)), (1, committed(2, A22))]);
    breaks(&above, &[("State machine", "n0 and n1 committed different entries at 1")]);
    let near =
        [(0, appended(A)), (0, committed(1, A)), (1, appended(A)), (1, appended(A2)), (1, committed(2, A2))];
    holds(&near, "State machine");
}

#[test]
fn a_commit_index_goes_back_or_too_far() {
    let back = [(0, appended(A)), (0, appended(AB)), (0, committed(1, AB)), (0, committed(1, A))];
    breaks(&back, &[("Commit grows", "n0 moved its commit index back from 1 to 0")]);
    let far = [(0, appended(A)), (0, Fact::Committed { to: 4, chain: 0, term: 1 })];
    let words = "n0 counts everything up to 4 as committed, but its log ends before that";
    breaks(&far, &[("Commit grows", words)]);
    holds(&[(0, appended(A)), (0, committed(1, A)), (0, committed(1, A))], "Commit grows");
    let mut checks = run(&back[..3]);
    checks.crashed(node(0));
    checks.restarted(node(0));
    checks.observe(9, node(0), committed(1, A));
    checks.observe(10, node(0), committed(1, AB));
    assert_eq!(broken(&checks), [], "a restart may begin lower");
}

#[test]
fn a_cut_that_leaves_the_commit_index_above_the_end() {
    let words = "n0 counts everything up to 1 as committed, but its log ends before that";
    let mut checks = run(&[(0, appended(A)), (0, appended(AB)), (0, committed(1, AB))]);
    checks.observe(4, node(0), Fact::Truncated { from: 1 });
    let mut same_step = checks.clone();
    let gone = ("Committed stays", String::from("n0 removed entry 1, which it had committed"));
    assert_eq!(broken(&checks), [gone.clone(), ("Commit grows", words.into())]);
    checks.observe(5, node(1), term(2));
    assert_eq!(broken(&checks), [gone.clone(), ("Commit grows", words.into())]);
    assert_eq!(checks.violations()[1].step, 4);
    same_step.observe(4, node(0), appended(AB));
    same_step.observe(5, node(1), term(2));
    assert_eq!(broken(&same_step), [gone], "put back within the step");
}

#[test]
fn a_committed_entry_is_removed() {
    let facts = [(0, appended(A)), (0, appended(AB)), (0, committed(1, A)), (0, Fact::Truncated { from: 0 })];
    assert_eq!(broken(&run(&facts))[0].1, "n0 removed entry 0, which it had committed");
    let replaced = [(0, appended(A)), (0, appended(AB)), (0, committed(1, AB)), (0, appended(A2))];
    assert_eq!(broken(&run(&replaced))[0].0, "Committed stays");
    let near = [(0, appended(A)), (0, appended(AB)), (0, committed(1, A)), (0, Fact::Truncated { from: 1 })];
    holds(&near, "Committed stays");
    let again = [(0, appended(A)), (0, appended(AB)), (0, committed(1, AB)), (0, appended(A))];
    breaks(&again, &[]);
}

#[test]
fn a_restarted_node_still_may_not_remove_what_it_had_committed() {
    let mut checks = run(&[(0, appended(A)), (0, appended(AB)), (0, committed(1, AB))]);
    checks.crashed(node(0));
    checks.restarted(node(0));
    let mut unsure = checks.clone();
    let recovered = Fact::Recovered { term: 1, last: 1, chain: chain(AB), committed: -1 };
    checks.observe(5, node(0), recovered);
    checks.observe(6, node(0), Fact::Truncated { from: 1 });
    assert_eq!(broken(&checks)[0].1, "n0 removed entry 1, which it had committed");
    // Without the news of what the disk held, the crash itself may have taken it.
    unsure.observe(6, node(0), term(2));
    unsure.observe(6, node(0), appended(A2));
    unsure.observe(7, node(0), Fact::Truncated { from: 1 });
    assert_eq!(broken(&unsure), []);
}

#[test]
fn what_a_snapshot_covers_is_not_removed() {
    let installed = |log: Log| Fact::Installed { last: log.len() as u64 - 1, chain: chain(log) };
    let others = [(1, appended(A)), (1, appended(AB))];
    let told = |facts: &[(u8, Fact)]| run(&[&others[..], facts].concat());
    // It goes on where the snapshot ends, with everything that it covers.
    let behind = [(0, appended(A)), (0, committed(1, A)), (0, installed(AB)), (0, committed(1, AB))];
    assert_eq!(broken(&told(&behind)), []);
    assert_eq!(broken(&told(&behind[2..])), [], "and so does one that held nothing");
    let other = [(0, appended(A)), (0, appended(A2)), (0, committed(2, A2)), (0, installed(AB))];
    assert_eq!(broken(&told(&other))[0].1, "n0 removed entry 1, which it had committed");
    let shorter = [(0, appended(A)), (0, appended(AB)), (0, committed(1, AB)), (0, installed(A))];
    assert_eq!(broken(&told(&shorter))[0].0, "Committed stays");
}

#[test]
fn a_crash_may_bring_back_what_was_replaced() {
    let mut checks = run(&[(1, appended(A)), (1, appended(A2)), (0, appended(A)), (0, appended(AB))]);
    checks.observe(3, node(0), committed(1, AB));
    checks.crashed(node(0));
    checks.restarted(node(0));
    checks.observe(5, node(0), Fact::Recovered { term: 2, last: 1, chain: chain(A2), committed: 0 });
    checks.observe(6, node(0), Fact::Truncated { from: 1 });
    assert_eq!(broken(&checks), [], "entry 1 is not the one that it had committed");
}

#[test]
fn two_votes_in_one_term() {
    let voted = |to, term| Fact::Voted { term, to: node(to) };
    let twice = [(1, voted(0, 3)), (1, voted(2, 3))];
    breaks(&twice, &[("One vote", "n1 voted for n0 and for n2 in term 3")]);
    holds(&[(1, voted(0, 3)), (1, voted(0, 3)), (1, voted(2, 4)), (2, voted(2, 3))], "One vote");
    for wiped in [false, true] {
        let mut checks = run(&twice[..1]);
        checks.crashed(node(1));
        if wiped {
            checks.wiped(node(1));
        }
        checks.restarted(node(1));
        checks.observe(9, node(1), voted(2, 3));
        assert_eq!(broken(&checks).len(), 1, "votes count across restarts and wipes");
    }
}

#[test]
fn terms_go_back() {
    breaks(&[(0, term(3)), (0, term(2))], &[("Term grows", "n0 went back from term 3 to 2")]);
    let along = [(0, appended(A)), (0, appended(A2)), (0, appended(&[(1, "a"), (2, "x"), (1, "w")]))];
    breaks(&along, &[("Term grows", "n0 appended entry 2 of term 1 after an entry of term 2")]);
    let ahead = [(0, term(1)), (0, appended(A)), (0, appended(A2))];
    breaks(&ahead, &[("Term grows", "n0 appended entry 1 of term 2, but it is in term 1")]);
    holds(&[(0, term(1)), (0, appended(A)), (0, term(2)), (0, term(2)), (0, appended(A2))], "Term grows");
    let mut checks = run(&[(0, term(3))]);
    checks.crashed(node(0));
    checks.wiped(node(0));
    checks.restarted(node(0));
    checks.observe(4, node(0), term(1));
    assert_eq!(broken(&checks), [], "a wiped disk starts over");
    holds(&[(0, term(3)), (0, Fact::Wiped), (0, term(1))], "Term grows");
    let mut checks = run(&[(0, term(3))]);
    checks.crashed(node(0));
    checks.observe(4, node(0), Fact::Recovered { term: 2, last: -1, chain: 0, committed: -1 });
    assert_eq!(broken(&checks).len(), 1, "a crash does not");
}

#[test]
fn lights_have_the_names_and_the_order_of_the_page() {
    let lights = Checks::new(3, 0, &[]).lights();
    let names: Vec<&str> = lights.iter().map(|light| light.name).collect();
    let page = "Election safety, Append-only, Log matching, Completeness, State machine, Commit grows, \
                Committed stays, Quorum commit, One vote, Term grows, Persist first, No stale leader, \
                Linearizable, Config";
    assert_eq!(names.join(", "), page);
    let off = ["Quorum commit", "Persist first", "No stale leader", "Config"];
    for light in lights {
        let expected =
            if off.contains(&light.name) { RuleState::NotChecked } else { RuleState::NotExercised };
        assert_eq!(light.state, expected, "{}", light.name);
    }
}

#[test]
fn a_break_of_the_real_system_is_told_as_such() {
    let mut checks = Checks::new(3, 0, &[("One vote", "that as well")]);
    checks.know(&[("Election safety", "it is known"), ("One vote", "a newer reason")]);
    checks.know(&[]);
    checks.observe(1, node(0), led(1, &[]));
    checks.observe(2, node(1), led(1, &[]));
    assert_eq!(checks.first_violation(), None);
    assert!(matches!(checks.lights()[0].state, RuleState::BrokenAsReal { step: 2, why: "it is known", .. }));
    let voted = |to| Fact::Voted { term: 1, to: node(to) };
    checks.observe(3, node(2), voted(0));
    checks.observe(4, node(2), voted(1));
    assert!(matches!(
        checks.lights()[8].state,
        RuleState::BrokenAsReal { step: 4, why: "a newer reason", .. }
    ));
    checks.observe(5, node(1), term(0));
    assert_eq!(checks.first_violation().map(|violation| violation.step), Some(5));
    assert!(matches!(checks.lights()[9].state, RuleState::Broken { step: 5, .. }));
}

/// A write is acknowledged and lost, and the next one stands after it: no place is told twice, but there are two logs.
#[test]
fn a_lost_write_is_seen_by_the_next_operation() {
    const LOST: Log = &[(1, "a"), (1, "b")];
    const OTHER: Log = &[(1, "a"), (2, "x"), (2, "c")];
    let mut checks = run(&[]);
    let tell = |checks: &mut Checks, who: u8, log: Log| {
        for end in 1..=log.len() {
            checks.observe(1, node(who), appended(&log[..end]));
        }
    };
    let ask = |checks: &mut Checks, token: u32, step: u32, who: u8, did: Did| {
        checks.asked(Token(token));
        checks.answered(step, node(who), Token(token), did);
    };
    tell(&mut checks, 0, LOST);
    tell(&mut checks, 1, OTHER);
    ask(&mut checks, 1, 2, 0, Did::Wrote(1));
    let mut fine = checks.clone();
    ask(&mut checks, 2, 3, 1, Did::Wrote(2));
    let words = "n1 acknowledges a write as entry 2, in a log that is not the one acknowledged up to entry 1";
    assert_eq!(broken(&checks), [("Linearizable", words.to_string())]);
    // A node that holds nothing there tells nothing.
    ask(&mut fine, 2, 3, 2, Did::Wrote(2));
    ask(&mut fine, 3, 4, 0, Did::Read(2));
    assert_eq!(broken(&fine), []);
}

#[test]
fn one_based_systems_and_snapshots() {
    let mut checks = Checks::new(2, 1, &[]);
    let at = |index, log: Log| Fact::Appended { index, term: 1, chain: chain(log) };
    checks.observe(1, node(0), Fact::Recovered { term: 0, last: 0, chain: 0, committed: 0 });
    checks.observe(2, node(0), led(1, &[]));
    checks.observe(3, node(0), at(1, A));
    checks.observe(3, node(0), at(2, AB));
    checks.observe(4, node(0), Fact::Committed { to: 2, chain: chain(AB), term: 1 });
    // The other takes a snapshot, of which only the entry after it is told.
    checks.observe(5, node(1), at(3, &[(1, "a"), (1, "b"), (1, "c")]));
    checks.observe(6, node(1), Fact::Committed { to: 2, chain: chain(AB), term: 1 });
    assert_eq!(broken(&checks), []);
    checks.observe(7, NodeId(9), term(1));
    checks.observe(7, node(1), Fact::Appended { index: u64::MAX - 1, term: 1, chain: 5 });
    checks.observe(8, node(1), Fact::Truncated { from: 0 });
    assert_eq!(broken(&checks).len(), 2, "what it had committed is gone");
}

#[test]
fn copies_share_what_is_old() {
    let mut checks = Checks::new(5, 0, &[]);
    let mut before = 0;
    for index in 0..200_000_u64 {
        before = Entry(1, "v").chain(before);
        for who in 0..5 {
            checks.observe(index as u32, node(who), Fact::Appended { index, term: 1, chain: before });
            let to = index as i64;
            checks.observe(index as u32, node(who), Fact::Committed { to, chain: before, term: 1 });
        }
    }
    let copies: Vec<Checks> = (0..1000).map(|_| checks.clone()).collect();
    checks.observe(1, node(0), Fact::Truncated { from: 100 });
    assert_eq!(broken(&copies[999]), []);
    assert_eq!(broken(&checks)[0].0, "Committed stays");
}

/// Asks, or answers with a promise, in order.
fn told(history: &[(u32, Option<Did>)]) -> Checks {
    let mut checks = run(&[]);
    for (step, (token, did)) in (1..).zip(history) {
        match did {
            None => checks.asked(Token(*token)),
            Some(did) => checks.answered(step, node(0), Token(*token), *did),
        }
    }
    checks
}

#[test]
fn a_read_or_write_is_late() {
    let stale = told(&[(1, None), (1, Some(Did::Wrote(4))), (2, None), (2, Some(Did::Read(3)))]);
    let words = "n0 answers a read with the state after entry 3, though entry 4 was acknowledged before it was asked for";
    assert_eq!(broken(&stale), [("Linearizable", words.to_string())]);
    let lost = told(&[(1, None), (1, Some(Did::Wrote(4))), (2, None), (2, Some(Did::Wrote(4)))]);
    assert_eq!(broken(&lost).len(), 1, "one place is two writes");
    let back = told(&[(1, None), (1, Some(Did::Read(4))), (2, None), (2, Some(Did::Read(3)))]);
    assert_eq!(broken(&back).len(), 1, "what was read once stays read");
    let fine = [
        // Asked for before the write was acknowledged: either order is right.
        told(&[(1, None), (2, None), (1, Some(Did::Wrote(4))), (2, Some(Did::Read(3)))]),
        told(&[(1, None), (1, Some(Did::Wrote(4))), (2, None), (2, Some(Did::Read(4)))]),
        // A write without an answer may have happened or not.
        told(&[(1, None), (2, None), (2, Some(Did::Read(3))), (3, None), (3, Some(Did::Wrote(4)))]),
    ];
    for checks in fine {
        assert_eq!(broken(&checks), []);
    }
}
