//! The core of Raft alone beside raft-rs in the same run, native: the same work, round by round in turn. One JSON object on
//! standard output.
//!
//! With ONLY=ours or ONLY=theirs one of them does the work WORK times and prints how many messages that took: a counter of
//! instructions run twice tells how many a message costs (`tools/bench.mjs`).

use std::time::{Duration, Instant};

use oracle::alone::{Cluster, Ours, ROUNDS, Theirs, elect, led, propose};

fn timed<C: Cluster>(cluster: &mut C, work: fn(&mut C) -> u64) -> (Duration, u64) {
    let start = Instant::now();
    let messages = work(cluster);
    (start.elapsed(), messages)
}

/// Nanoseconds a message of each, and the median of the rounds' ratios: how much longer theirs takes for the same work, and
/// for a message.
struct Result {
    ours_ns: f64,
    theirs_ns: f64,
    work: f64,
    message: f64,
    messages: (u64, u64),
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn compare(nodes: u8, ours: fn(&mut Ours) -> u64, theirs: fn(&mut Theirs) -> u64) -> Result {
    let (mut a, mut b) = (led::<Ours>(nodes), led::<Theirs>(nodes));
    let mut rounds = Vec::new();
    for round in 0..ROUNDS {
        // Who is first changes, so that neither has the warmer machine.
        let (x, y);
        if round % 2 == 0 {
            x = timed(&mut a, ours);
            y = timed(&mut b, theirs);
        } else {
            y = timed(&mut b, theirs);
            x = timed(&mut a, ours);
        }
        rounds.push((x, y));
    }
    assert_eq!(a.agreed(), b.agreed(), "the same work");
    let ns = |(took, messages): (Duration, u64)| took.as_secs_f64() * 1e9 / messages.max(1) as f64;
    let of = |value: fn(&(f64, f64)) -> f64, by: &dyn Fn((Duration, u64)) -> f64| {
        median(rounds.iter().map(|(x, y)| value(&(by(*x), by(*y)))).collect())
    };
    Result {
        ours_ns: of(|r| r.0, &ns),
        theirs_ns: of(|r| r.1, &ns),
        work: of(|r| r.1 / r.0, &|(took, _)| took.as_secs_f64()),
        message: of(|r| r.1 / r.0, &ns),
        messages: (rounds[0].0.1, rounds[0].1.1),
    }
}

fn json(name: &str, r: &Result) -> String {
    format!(
        "\"{name}\":{{\"ours_ns\":{:.1},\"theirs_ns\":{:.1},\"work_ratio\":{:.3},\"message_ratio\":{:.3},\"messages\":[{},{}]}}",
        r.ours_ns, r.theirs_ns, r.work, r.message, r.messages.0, r.messages.1
    )
}

/// The work of one of them, for a counter of instructions.
fn only<C: Cluster>(times: u32) {
    let mut cluster = led::<C>(5);
    let messages: u64 = (0..times).map(|_| propose(&mut cluster)).sum();
    println!("{messages}");
}

fn main() {
    if let Ok(who) = std::env::var("ONLY") {
        let times = std::env::var("WORK").ok().and_then(|text| text.parse().ok()).unwrap_or(1);
        return if who == "ours" { only::<Ours>(times) } else { only::<Theirs>(times) };
    }
    let parts = [
        json("replicate_3", &compare(3, propose, propose)),
        json("replicate_5", &compare(5, propose, propose)),
        json("elect_3", &compare(3, elect, elect)),
        json("elect_5", &compare(5, elect, elect)),
    ];
    println!("{{{}}}", parts.join(","));
}
