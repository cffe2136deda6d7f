//! Random runs: equal when repeated, refused without a trace, and indifferent to the order of deliveries to different
//! nodes.

use kernel::{Decision, NetConfig, NodeId};
use sim::{Cluster, Config};

use crate::engine::Echo;
use crate::{Hands, decision};

struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % n.max(1)
    }

    fn of<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all[self.below(all.len())]
    }
}

/// Any decision, sensible or not.
fn any<const TCP: bool>(cluster: &Cluster<Echo<TCP>>, dice: &mut Dice) -> Decision {
    let messages: Vec<String> = cluster.flights().map(|flight| flight.id.to_string()).collect();
    let message = messages.get(dice.below(messages.len())).cloned().unwrap_or_else(|| "1.0".into());
    let rows = cluster.pending(cluster.now());
    let acts: Vec<&Decision> = rows.iter().flat_map(|row| &row.acts).map(|(decision, _)| decision).collect();
    let (a, b) = (dice.of(&["n0", "n1", "n2", "n3"]), dice.of(&["n0", "n1", "n2", "n3", "c0"]));
    let k = dice.below(9);
    let calls = if TCP { ["ask", "later"] } else { ["tell", "tell"] };
    let text = match dice.below(21) {
        0..=3 => format!("do {a} {} {b} {k}", dice.of(&calls)),
        4 => format!("do {b} {} {a} {k}", dice.of(&calls)),
        5 => {
            let orders = ["pay", "flush", "roll 0 2", "put 4", "alarm 1 9", "die", "forget 3", "pay"];
            format!("do {a} {}", dice.of(&orders))
        }
        6 => {
            format!("{} {a}", dice.of(&["crash", "restart", "pause", "resume", "wipe", "resume", "restart"]))
        }
        7 => format!("crash {a} {}", dice.of(&["power", "torn"])),
        8 => format!("{} {a} {b}", dice.of(&["cut", "heal", "heal", "unshape"])),
        9 => format!("shape {a} {b} {k} 3000 100000"),
        10 => dice.of(&["skew n0 70", "skew n1 -900", "slow n2 333", "draw n3 wait 1 2"]).into(),
        11 => {
            let patience = ["patienceMs 3", "timeOuts false", "timeOuts true", "brokenMs 2", "brokenMs 0"];
            format!("set {}", dice.of(&patience))
        }
        12 | 13 => format!("{} {message}", dice.of(&["deliver", "drop", "hold", "release", "dup"])),
        14 => format!("delay {message} {}", k * 300),
        _ if acts.is_empty() => "wait".into(),
        _ => acts[dice.below(acts.len())].to_string(),
    };
    decision(&text)
}

fn start<const TCP: bool>(seed: u64) -> Cluster<Echo<TCP>> {
    let net = NetConfig {
        latency_us_min: 500,
        latency_us_max: 900,
        loss_ppm: 50_000,
        duplicate_ppm: 50_000,
        fifo: false,
    };
    Cluster::new(Config { net, ..Config::new(4, seed) })
}

/// One step of a random run; what was decided, when it was no step by itself.
fn wander<const TCP: bool>(cluster: &mut Cluster<Echo<TCP>>, dice: &mut Dice) -> Option<Decision> {
    if dice.below(3) == 0 && cluster.auto() {
        return None;
    }
    let decision = any(cluster, dice);
    let (before, step) = (cluster.run_digest(), cluster.step());
    let legal = cluster.legal(&decision);
    assert_eq!(cluster.apply_now(&decision), legal);
    if legal.is_err() {
        assert_eq!((cluster.run_digest(), cluster.step()), (before, step));
        return None;
    }
    assert_eq!(cluster.step(), step + 1);
    assert_ne!(cluster.run_digest(), before);
    Some(decision)
}

fn twice<const TCP: bool>() {
    let mut taken = 0;
    for seed in 0..150 {
        let run = || {
            let (mut cluster, mut dice) = (start::<TCP>(seed), Dice(seed));
            let mut digests = Vec::new();
            for _ in 0..150 {
                let decided = wander(&mut cluster, &mut dice).is_some();
                digests.push((decided, cluster.run_digest(), cluster.state_digest(), cluster.now()));
            }
            digests
        };
        let first = run();
        taken += first.iter().filter(|(decided, ..)| *decided).count();
        assert_eq!(first, run(), "seed {seed}");
    }
    assert!(taken > 150 * 40, "enough of it is legal: {taken}");
}

#[test]
fn a_random_run_twice_is_the_same_over_tcp() {
    twice::<true>();
}

#[test]
fn a_random_run_twice_is_the_same_with_datagrams() {
    twice::<false>();
}

/// Takes two messages to different nodes in both orders, wherever a random run comes by two.
fn commute<const TCP: bool>() {
    let mut tried = 0;
    for seed in 0..800 {
        let (mut cluster, mut dice) = (start::<TCP>(seed), Dice(seed));
        for _ in 0..120 {
            wander(&mut cluster, &mut dice);
            // A refusal reaches its caller in the same step, so a dead receiver is two nodes at once.
            let alive = |id: &NodeId| cluster.state(*id) == Some(&sim::NodeState::Up);
            let to_nodes: Vec<(Decision, NodeId)> = cluster
                .flights()
                .filter_map(|flight| Some((Decision::Deliver(flight.id), flight.to.node()?)))
                .filter(|(deliver, to)| cluster.legal(deliver).is_ok() && alive(to))
                .collect();
            let Some((one, to)) = to_nodes.get(dice.below(to_nodes.len())) else { continue };
            let others: Vec<_> = to_nodes.iter().filter(|(_, other)| other != to).collect();
            let Some((other, _)) = others.get(dice.below(others.len())) else { continue };
            let mut ab = cluster.clone();
            let mut ba = cluster.clone();
            ab.apply_now(one).and_then(|()| ab.apply_now(other)).expect("both are legal");
            ba.apply_now(other).and_then(|()| ba.apply_now(one)).expect("both are legal");
            assert_eq!(ab.state_digest(), ba.state_digest(), "seed {seed}: {one} and {other}");
            tried += 1;
        }
    }
    assert!(tried > 3000, "{tried} pairs");
}

#[test]
fn deliveries_to_different_nodes_at_one_instant_commute_over_tcp() {
    commute::<true>();
}

#[test]
fn deliveries_to_different_nodes_at_one_instant_commute_with_datagrams() {
    commute::<false>();
}

#[test]
fn a_copy_goes_its_own_way() {
    let (mut cluster, mut dice) = (start::<true>(3), Dice(3));
    for _ in 0..300 {
        let copy = cluster.clone();
        let digest = copy.run_digest();
        wander(&mut cluster, &mut dice);
        assert_eq!(copy.run_digest(), digest);
    }
    assert!(cluster.settle().next_at().is_none());
}
