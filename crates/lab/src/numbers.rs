//! Numbers of a run: elections, time without a leader, messages for what was committed.

use std::collections::BTreeSet;

use kernel::view::{Shape, Stretch};
use kernel::{Engine, NodeId};

use crate::run::stretches;
use crate::session::Numbers;
use crate::timeline::Timeline;

/// The numbers of the branch shown, up to the cursor.
pub(crate) fn numbers<E: Engine>(timeline: &Timeline<E>) -> Numbers {
    let state = timeline.state();
    let now_us = state.now().0;
    let until_now = |node| {
        let all = stretches(timeline, node, now_us).into_iter().filter(|life| life.from_us <= now_us);
        all.map(|life| Stretch { to_us: life.to_us.min(now_us), ..life }).collect::<Vec<_>>()
    };
    let nodes: Vec<_> = (0..state.nodes()).map(NodeId).map(until_now).collect();
    let lives: Vec<Stretch> = nodes.iter().flatten().copied().collect();
    let now: Vec<Stretch> = nodes.iter().filter_map(|lives| lives.last()).copied().collect();
    let (elections, undecided) = elections(&lives, &now);
    let rows = state.log((0, 0)).rows;
    let last = rows.iter().map(|row| row.committed).max().unwrap_or(-1);
    // Indexes of some systems begin at 0, and before the first entry is one less.
    let committed = last.saturating_add(1).try_into().unwrap_or(0_u64).saturating_sub(E::info().first_index);
    let leaderless_us = now_us - led_us(&lives);
    let (repairs, probes) = state.repairs();
    let messages = state.messages_sent();
    Numbers { elections, undecided, leaderless_us, messages, committed, repairs, probes }
}

fn leads(shape: Shape) -> bool {
    matches!(shape, Shape::Leader | Shape::LeaderNotReady)
}

/// Terms in which somebody was a candidate, and those of them that are over without a leader.
fn elections(lives: &[Stretch], now: &[Stretch]) -> (u32, u32) {
    let terms = |of: &[Stretch], fits: fn(Shape) -> bool| -> BTreeSet<u64> {
        of.iter().filter(|life| fits(life.shape)).map(|life| life.term).collect()
    };
    let asks = |shape| shape == Shape::Candidate;
    let led = terms(lives, leads);
    let asked: BTreeSet<u64> = terms(lives, asks).union(&led).copied().collect();
    let running = terms(now, asks);
    let undecided = asked.iter().filter(|term| !led.contains(term) && !running.contains(term));
    (asked.len().try_into().unwrap_or(u32::MAX), undecided.count().try_into().unwrap_or(u32::MAX))
}

/// How long somebody led.
fn led_us(lives: &[Stretch]) -> u64 {
    let mut led: Vec<(u64, u64)> =
        lives.iter().filter(|life| leads(life.shape)).map(|life| (life.from_us, life.to_us)).collect();
    led.sort_unstable();
    let (mut sum, mut reached) = (0, 0);
    for (from, to) in led {
        sum += to.saturating_sub(from.max(reached));
        reached = reached.max(to);
    }
    sum
}
