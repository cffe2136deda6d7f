//! What every engine must hold, whatever its protocol.

use std::collections::BTreeMap;

use kernel::{Decision, Engine, Loss, NodeId, Transport};
use lab::RuleState;
use sim::NodeState;

use super::play::{Play, Trouble};

/// The rules that say that what was committed stays: a real system that breaks one may lose a write. Which system, set
/// how, breaks which of them, and whether only after a power loss, its `Engine::known_breaks` says, and
/// `tests/known_breaks.rs` holds to the specifications.
const KEEP: [&str; 2] = ["Completeness", "State machine"];

/// How many plays with crashes a size of the cluster has: four for each of the 63 minorities of seven nodes.
const CRASH_PLAYS: u64 = 252;

/// An engine as the tests need it.
pub struct Tested {
    /// Settings that the seeds take in turn.
    variants: Vec<&'static str>,
    /// Why a node may stay behind for ever though all is well again, in a system where that is so.
    behind: Option<&'static str>,
}

impl Tested {
    pub fn of(engine: &str) -> Tested {
        let tried = tests::Tried::of(engine);
        Tested { variants: tried.turns(), behind: tried.behind() }
    }

    fn variant(&self, seed: u64) -> &'static str {
        let at = usize::try_from(seed).unwrap_or(0) % self.variants.len();
        self.variants.get(at).copied().expect("there is one")
    }
}

/// What the plays of a claim came to.
#[derive(Default)]
struct Tally {
    writes: usize,
    stalls: usize,
    behind: usize,
    /// Plays of each variant, and in how many of them a rule was broken as known.
    variants: BTreeMap<String, usize>,
    known: BTreeMap<(String, &'static str), (usize, &'static str)>,
    lost: Vec<String>,
    trouble: Trouble,
}

impl Tally {
    /// Looks at a play that has settled. No rule is broken that the real system keeps, and a write is lost only where
    /// one is broken, as known, by which it can be.
    fn judge<E: Engine>(&mut self, play: &Play<E>, tested: &Tested) {
        let (name, checks) = (play.name(), play.world.checks());
        if let Some(broken) = checks.first_violation() {
            panic!("{name}: {} broken in step {}: {}", broken.rule.name(), broken.step, broken.sentence);
        }
        let lights = checks.lights();
        let holds = |light: &&lab::RuleLight| light.state == RuleState::Holds;
        assert!(lights.iter().filter(holds).any(|light| light.name == "Election safety"), "{name}");
        let mut excuses = Vec::new();
        for violation in checks.violations() {
            let rule = violation.rule.name();
            let why = violation.known.expect("others ended the test");
            self.known.entry((play.variant.clone(), rule)).or_insert((0, why)).0 += 1;
            excuses.extend(KEEP.contains(&rule).then_some(rule));
        }
        let lost = [play.lost(), play.early.clone()].concat();
        assert!(
            lost.is_empty() || !excuses.is_empty(),
            "{name}: acknowledged, but lost: {}; acknowledged early: {}: {}",
            play.lost().join(" "),
            play.early.join(" "),
            play.standing()
        );
        if !lost.is_empty() {
            self.lost.push(format!("  {name}: lost {}, by {}", lost.join(" "), excuses.join(", ")));
        }
        *self.variants.entry(play.variant.clone()).or_default() += 1;
        self.writes += play.acks.len();
        self.stalls += play.stalls;
        self.trouble.lost += play.trouble.lost;
        self.trouble.doubled += play.trouble.doubled;
        self.trouble.overtook += play.trouble.overtook;
        let behind = play.behind();
        assert!(behind == 0 || tested.behind.is_some(), "{name}: {behind} left behind: {}", play.standing());
        self.behind += behind;
    }

    fn show<E: Engine>(&self, tested: &Tested, what: &str) {
        let Tally { variants, writes, stalls, behind, known, lost, trouble } = self;
        let plays: usize = variants.values().sum();
        println!("{}: {what}: {plays} plays, {writes} writes acknowledged", E::info().title);
        let Trouble { lost: never, doubled, overtook } = *trouble;
        println!("  {never} messages lost, {doubled} doubled, {overtook} overtook another");
        let doubles = E::info().transport == Transport::Datagram;
        assert!(never > plays && overtook > plays && (doubled > plays) == doubles, "the network was kind");
        for (variant, plays) in variants {
            let of_it = known.iter().filter(|((broken_in, _), _)| broken_in == variant);
            for ((_, rule), (times, why)) in of_it {
                println!("  {variant}: {rule} broken in {times} of {plays}, as known: {why}");
            }
        }
        lost.iter().for_each(|line| println!("{line}"));
        if *stalls > 0 {
            println!("  {stalls} times nothing was written for two minutes while nodes were down");
        }
        if let (Some(why), 1..) = (tested.behind, behind) {
            println!("  {behind} nodes stayed behind, as known: {why}");
        }
    }
}

/// Fifty seeds: the cluster elects a leader and commits a hundred writes, and a majority has every one of them.
pub fn commits_a_hundred_writes<E: Engine>(tested: &Tested, nodes: u8) {
    let mut tally = Tally::default();
    for seed in 0..50 {
        let mut play = Play::<E>::new(tested.variant(seed), nodes, seed);
        play.writes(100);
        assert!(play.world.newest_leader().is_some(), "{}: nobody leads", play.name());
        play.settle();
        tally.judge(&play, tested);
    }
    tally.show::<E>(tested, &format!("a hundred writes, {nodes} nodes"));
}

/// Every set of nodes that may be down while a majority is up.
fn minorities(nodes: u8) -> Vec<Vec<NodeId>> {
    let set = |bits: u32| (0..nodes).filter(|id| bits >> id & 1 == 1).map(NodeId).collect::<Vec<_>>();
    let few = |bits: &u32| bits.count_ones() <= u32::from(nodes - 1) / 2;
    (1..1 << nodes).filter(few).map(set).collect()
}

/// Crashes these nodes, one after the other, goes on without them, and restarts them.
fn crash_and_restart<E: Engine>(play: &mut Play<E>, nodes: &[NodeId]) {
    for node in nodes {
        let pause = play.dice.below(120);
        play.steps(pause);
        let loss = *play.dice.pick(&[Loss::Process, Loss::Power, Loss::TornTail]).expect("there are three");
        if !play.is_down(*node) {
            play.act(Decision::Crash(*node, loss));
        }
    }
    if play.dice.below(2) == 0 {
        let count = play.dice.below(6);
        // Systems that wait long for the dead may find no leader for as long; they must once all are back.
        play.stalls += usize::from(!play.try_writes(count));
    }
    for node in nodes {
        let pause = play.dice.below(200);
        play.steps(pause);
        if play.is_down(*node) {
            play.act(Decision::Restart(*node));
        }
    }
}

/// A play in which these nodes crash and come back, three times.
fn with_crashes<E: Engine>(variant: &str, count: u8, seed: u64, nodes: &[NodeId]) -> Play<E> {
    let mut play = Play::<E>::new(variant, count, seed);
    for _ in 0..3 {
        let writes = 1 + play.dice.below(8);
        play.stalls += usize::from(!play.try_writes(writes));
        crash_and_restart(&mut play, nodes);
    }
    play
}

/// Whatever minority crashes, and whenever: no write that a client was told is done is lost.
pub fn loses_no_acknowledged_write<E: Engine>(tested: &Tested, nodes: u8) {
    let mut tally = Tally::default();
    let sets = minorities(nodes);
    let rounds = CRASH_PLAYS / sets.len() as u64;
    assert!(rounds >= tested.variants.len() as u64, "every minority meets every variant");
    for (set, seeds) in sets.iter().zip((0..).step_by(1000)) {
        for seed in seeds..seeds + rounds {
            let mut play = with_crashes::<E>(tested.variant(seed), nodes, seed, set);
            play.settle();
            tally.judge(&play, tested);
        }
    }
    tally.show::<E>(tested, &format!("{} minorities of {nodes} nodes crash and come back", sets.len()));
}

/// The same setup and the same decisions, twice: the same digests all the way.
pub fn a_run_twice_is_the_same<E: Engine>(tested: &Tested) {
    for seed in 0..50 {
        let nodes = [3, 5, 7][usize::try_from(seed % 3).unwrap_or(0)];
        let run = || {
            let mut play = Play::<E>::new(tested.variant(seed), nodes, seed);
            let mut digests = Vec::new();
            for round in 0..12_u8 {
                play.steps(150);
                if round % 4 == 1 {
                    crash_and_restart(&mut play, &[NodeId(round % nodes)]);
                }
                digests.push((play.world.step(), play.world.run_digest(), play.world.state_digest()));
            }
            (digests, play.acks.len())
        };
        let (first, acks) = run();
        assert_eq!((first, acks), run(), "{} seed {seed}", E::info().name);
        assert!(acks > 0, "{} seed {seed}: no write was acknowledged", E::info().name);
    }
}

/// Two messages in flight to different nodes that run, when there are.
fn two_deliveries<E: Engine>(play: &mut Play<E>) -> Option<[Decision; 2]> {
    let runs = |id: &NodeId| play.world.state(*id) == Some(&NodeState::Up);
    let flights = play.world.flights().filter_map(|flight| Some((flight.id, flight.to.node()?)));
    let open: Vec<_> =
        flights.filter(|(id, to)| runs(to) && play.world.legal(&Decision::Deliver(*id)).is_ok()).collect();
    let (one, to) = *play.dice.pick(&open)?;
    let others: Vec<_> = open.iter().filter(|(_, other)| *other != to).collect();
    let (other, _) = **play.dice.pick(&others)?;
    Some([Decision::Deliver(one), Decision::Deliver(other)])
}

/// Two messages to different nodes at one instant: either order leads to the same state.
pub fn deliveries_commute<E: Engine>(tested: &Tested) {
    let mut pairs = 0;
    for seed in 0..24 {
        let nodes = [3, 5, 7][usize::try_from(seed % 3).unwrap_or(0)];
        let mut play = Play::<E>::new(tested.variant(seed), nodes, seed);
        for turn in 0..400_u16 {
            let pause = 1 + play.dice.below(6);
            play.steps(pause);
            if turn % 100 == 50 {
                let node = NodeId(u8::try_from(play.dice.below(usize::from(nodes))).unwrap_or(0));
                crash_and_restart(&mut play, &[node]);
            }
            let Some([one, other]) = two_deliveries(&mut play) else { continue };
            let both = |first: &Decision, second: &Decision| {
                let mut cluster = (*play.world).clone();
                cluster.apply_now(first).expect("legal");
                cluster.apply_now(second).expect("still legal");
                cluster.state_digest()
            };
            assert_eq!(both(&one, &other), both(&other, &one), "{}: {one}, {other}", play.name());
            pairs += 1;
        }
    }
    println!("{}: {pairs} pairs of deliveries, in both orders", E::info().title);
    assert!(pairs > 2000, "{}: {pairs} pairs", E::info().name);
}
