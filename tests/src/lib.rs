//! Runs that tests share: the same natively, under Node and in a browser.

use std::io::Write;

use engine_braft::Braft;
use engine_dledger::DLedger;
use engine_raft::Raft;
use explore::{Kind, Walker};
use kernel::{Digest, Engine, Hasher, Mode, NetConfig, Setup, Transport};
use lab::{Run, Session};

/// The engines that are walked over.
pub const ENGINES: [&str; 3] = ["dledger", "raft", "braft"];

/// Settings that the seeds take in turn.
const SETTINGS: [(&str, [&str; 4]); 3] = [
    ("dledger", ["profile=V3", "profile=V3 grain=fine", "profile=V4", "profile=SEED"]),
    (
        "raft",
        [
            "profile=textbook",
            "profile=etcd storage=async pre_vote=true check_quorum=true snapshot_threshold=8",
            "profile=textbook change_kind=both max_inflight_msgs=2 max_entries_per_append=1",
            "profile=hashicorp",
        ],
    ),
    (
        "braft",
        [
            "",
            "raft_enable_leader_lease=true catchup_margin=2",
            "raft_max_parallel_append_entries_rpc_num=32 raft_enable_append_entries_cache=true raft_max_entries_size=2",
            "max_clock_drift_ms=0 snapshot_interval_s=1",
        ],
    ),
];

/// The setup of the walk with this seed: 3 or 5 nodes, slow enough that messages overtake each other where the
/// network lets them.
///
/// # Panics
/// When the engine is not one of [`ENGINES`].
#[must_use]
pub fn walk_setup(engine: &str, seed: u64) -> Setup {
    let mut setup = Setup::new(engine, seed);
    setup.nodes = if seed.is_multiple_of(2) { 3 } else { 5 };
    setup.clients = 2;
    setup.net = NetConfig {
        latency_us_min: 500,
        latency_us_max: 30_000,
        loss_ppm: 5_000,
        duplicate_ppm: 0,
        fifo: seed % 7 == 3,
    };
    let (_, turns) =
        SETTINGS.iter().find(|(name, _)| *name == engine).expect("an engine that is walked over");
    let turn = turns.iter().cycle().nth(usize::try_from(seed % 4).unwrap_or(0)).copied().unwrap_or_default();
    let pair = |text: &str| text.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
    setup.settings.extend(turn.split(' ').filter_map(pair));
    setup
}

/// A walk of `steps` steps.
///
/// # Panics
/// When a setup is refused, the walker's action is, or it has none: all are bugs.
#[must_use]
pub fn walk(engine: &str, seed: u64, steps: u32) -> (Box<dyn Session>, Walker) {
    match engine {
        "braft" => walk_of::<Braft>(engine, seed, steps),
        "raft" => walk_of::<Raft>(engine, seed, steps),
        _ => walk_of::<DLedger>(engine, seed, steps),
    }
}

fn walk_of<E: Engine>(engine: &str, seed: u64, steps: u32) -> (Box<dyn Session>, Walker) {
    let mut setup = walk_setup(engine, seed);
    if E::info().transport == Transport::Datagram {
        setup.net.duplicate_ppm = 5_000;
    }
    let mut run = Run::<E>::new(setup).expect("the setup is possible");
    let mut walker = Walker::of::<E>(seed);
    for _ in 0..steps {
        let action = walker.next(run.cluster()).expect("a walk goes on to its end");
        run.act(action).expect("a walker acts legally");
    }
    (Box::new(run), walker)
}

/// The digest at every step of the branch shown, the first step's first.
pub fn digests(run: &mut dyn Session) -> Vec<u64> {
    let steps = 0..=run.status().tip;
    let digest = |step| {
        run.seek(step);
        run.status().digest
    };
    steps.map(digest).collect()
}

/// How many walks the determinism test makes, and how long each is.
pub const WALKS: u64 = 1000;
/// Steps a walk.
pub const WALK_STEPS: u32 = 220;

/// One digest over the final run digests of the walks `from .. to`, and how often each kind of decision that the engine
/// knows was taken.
///
/// # Panics
/// When a walk is shorter than that.
#[must_use]
pub fn walks_digest(engine: &str, from: u64, to: u64) -> (u64, Vec<(Kind, u32)>) {
    let mut h = Hasher::new(Mode::Run);
    let mut counts: Vec<(Kind, u32)> = Vec::new();
    for seed in from..to {
        let (run, walker) = walk(engine, seed, WALK_STEPS);
        let status = run.status();
        assert_eq!(status.step, WALK_STEPS, "{engine}: every decision of walk {seed} is a step");
        status.digest.digest(&mut h);
        counts.resize_with(walker.counts().len(), || (Kind::Auto, 0));
        for (sum, (kind, count)) in counts.iter_mut().zip(walker.counts()) {
            *sum = (*kind, sum.1 + count);
        }
    }
    (h.finish(), counts)
}

/// The text that the walks of all engines must reach: a line each.
///
/// # Panics
/// When no walk chose some kind of decision that its engine knows.
#[must_use]
pub fn walks_reached(walks: u64) -> String {
    let line = |engine: &str| {
        let (digest, counts) = walks_digest(engine, 0, walks);
        for (kind, count) in &counts {
            assert!(*count > 0, "{engine}: no walk ever chose {kind:?}");
        }
        // Written past what a test's output is caught by, so that every log has it.
        let told = format!("{engine}: {walks} walks of {WALK_STEPS} decisions, {counts:?}\n");
        std::io::stderr().write_all(told.as_bytes()).expect("it can be told");
        format!("{engine} {digest:016x}\n")
    };
    ENGINES.iter().map(|engine| line(engine)).collect()
}
