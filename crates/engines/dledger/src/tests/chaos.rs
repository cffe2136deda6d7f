//! Long random runs: no loop at one instant, and what must hold in every profile holds.

use alloc::collections::BTreeMap;
use kernel::{Engine, Fact, Loss, Sentence};

use super::pump::Pump;
use crate::{DLedger, Event, Role};

/// A small generator of numbers.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// Crashes, restarts, losses and writes for two minutes of virtual time.
fn storm(settings: &[(&str, &str)], seed: u64, power: bool) -> Pump {
    let mut numbers = Numbers(seed);
    let mut pump = Pump::booted(&[0, 3, 7], settings);
    for node in 0..3 {
        pump.delays[node].extend((0..400).map(|_| 300 + numbers.below(700)));
    }
    let mut coin = Numbers(seed ^ 99);
    let mut rate = 0;
    pump.lose_when(move |ms, _, _, _| {
        // Spells of loss, then calm.
        if coin.below(200) == 0 {
            rate = [0, 10, 60][usize::try_from(coin.below(3)).expect("small")];
        }
        ms < 100_000 && coin.below(100) < rate
    });
    for round in 0..240 {
        let node = usize::try_from(numbers.below(3)).expect("small");
        match numbers.below(12) {
            0 if pump.memories[node].is_some() && round < 200 => {
                let loss = if power && numbers.below(2) == 0 { Loss::TornTail } else { Loss::Process };
                pump.crash(node, loss);
            }
            1..=3 if pump.memories[node].is_none() => pump.boot(node, numbers.below(10)),
            4 if pump.memories[node].is_some() => {
                pump.command(node, "transfer n1");
            }
            _ if pump.memories[node].is_some() => {
                for _ in 0..numbers.below(8) {
                    pump.command(node, &alloc::format!("append v{round}"));
                }
            }
            _ => {}
        }
        let now = pump.now / 1000;
        pump.run_to(now + 500);
    }
    for node in 0..3 {
        if pump.memories[node].is_none() {
            pump.boot(node, 0);
        }
    }
    pump
}

/// What must hold: one leader a term, one vote a term, terms grow, and in one life of a process committed indexes
/// too, except that V3 clamps to a log that was cut below what it had committed.
fn check(pump: &Pump) {
    let v3 = pump.config.profile != crate::Profile::V4;
    let mut leaders = BTreeMap::new();
    let mut votes = BTreeMap::new();
    let mut terms = [0; 3];
    let mut committed = [-1; 3];
    for (ms, node, event) in &pump.events {
        if matches!(event, Event::Booted { .. }) {
            committed[*node] = -1;
        }
        match DLedger::fact(event) {
            Some(Fact::Led { term, .. }) => {
                assert_eq!(*leaders.entry(term).or_insert(*node), *node, "two leaders of {term} at {ms}");
            }
            Some(Fact::Voted { term, to }) => {
                assert_eq!(*votes.entry((*node, term)).or_insert(to), to, "two votes in {term} at {ms}");
            }
            Some(Fact::Term { term }) => {
                assert!(term > terms[*node] || term == 0);
                terms[*node] = term;
            }
            Some(Fact::Committed { to, .. }) => {
                let before = committed[*node];
                assert!(to > before || v3 && to < before, "n{node} committed {to} after {before} at {ms}");
                committed[*node] = to;
            }
            _ => {}
        }
    }
}

#[test]
fn storms_end_and_keep_what_must_hold() {
    for profile in ["V3", "V4", "SEED"] {
        for seed in 1..25 {
            check(&storm(&[("profile", profile)], seed, false));
        }
    }
    let snapshots = [("profile", "V4"), ("enableSnapshot", "true"), ("snapshotThreshold", "7")];
    let others = [("preferredLeaderIds", "n2"), ("enableFastAdvanceCommitIndex", "true")];
    for seed in 1..15 {
        check(&storm(&snapshots, seed, false));
        check(&storm(
            &[snapshots, [others[0], others[1], ("maxSnapshotReservedNum", "1")]].concat(),
            seed,
            true,
        ));
        check(&storm(&[("enableBatchPush", "true"), ("registerStateMachine", "true")], seed, true));
        check(&storm(&[("maxPendingSize", "3"), ("maxPendingRequestsNum", "20")], seed, true));
        check(&storm(&[("profile", "V4"), ("maxPendingSize", "3")], seed, true));
    }
}

#[test]
fn a_calm_cluster_of_equal_terms_agrees() {
    for profile in ["V3", "V4"] {
        for seed in 1..10 {
            let mut pump = storm(&[("profile", profile)], seed, false);
            let now = pump.now / 1000;
            pump.run_to(now + 60_000);
            let Some(leader) = (0..3).find(|node| pump.role(*node).0 == Role::Leader) else { continue };
            let term = pump.disks[leader].curr_term;
            for node in 0..3 {
                let follows = pump.role(node) == (Role::Follower, term);
                // V4 may be stuck in COMPARE behind its boot-time end (Q2).
                let stuck = profile == "V4";
                if follows && !stuck {
                    assert_eq!(pump.log(node), pump.log(leader), "{profile} {seed}");
                }
            }
        }
    }
}

#[test]
fn every_event_has_a_short_sentence() {
    let pump = storm(&[("profile", "V4"), ("enableSnapshot", "true"), ("snapshotThreshold", "7")], 5, true);
    let more = storm(&[("preferredLeaderIds", "n2")], 6, true);
    for (_, node, event) in pump.events.iter().chain(&more.events) {
        let who = kernel::NodeId(u8::try_from(*node).expect("small")).into();
        let (_, sentence) = DLedger::tell(who, event);
        assert!(sentence != Sentence::new().addr(who), "{event:?} has no sentence");
        let text = alloc::format!("{sentence}");
        assert!(text.chars().count() <= 125, "too long: {text}");
    }
}

#[test]
fn equal_runs_have_equal_digests() {
    let digest = |pump: &Pump| {
        let mode = kernel::Mode::Run;
        let disks: alloc::vec::Vec<u64> = pump.disks.iter().map(|d| kernel::digest_of(d, mode)).collect();
        let memories = pump.memories.iter().flatten().map(|m| kernel::digest_of(m, mode));
        (disks, memories.collect::<alloc::vec::Vec<u64>>())
    };
    assert_eq!(digest(&storm(&[], 3, true)), digest(&storm(&[], 3, true)));
    assert_ne!(digest(&storm(&[], 3, true)), digest(&storm(&[], 4, true)));
}
