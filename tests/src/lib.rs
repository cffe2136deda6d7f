//! Runs that tests share: the same natively, under Node and in a browser.

use engine_dledger::DLedger;
use explore::{Kind, Walker};
use kernel::{Digest, Hasher, Mode, NetConfig, Setup};
use lab::{Run, Session};

/// The setup of the walk with this seed: 3 or 5 nodes, slow enough that messages overtake each other.
#[must_use]
pub fn walk_setup(seed: u64) -> Setup {
    let mut setup = Setup::new("dledger", seed);
    setup.nodes = if seed.is_multiple_of(2) { 3 } else { 5 };
    setup.clients = 2;
    setup.net = NetConfig { latency_us_min: 500, latency_us_max: 30_000, loss_ppm: 5_000, duplicate_ppm: 0 };
    let profile = ["V3", "V3", "V4", "SEED"].get(usize::try_from(seed % 4).unwrap_or(0)).copied();
    setup.settings.push(("profile".to_owned(), profile.unwrap_or("V3").to_owned()));
    setup
}

/// A walk of `steps` steps.
///
/// # Panics
/// When a setup is refused or the walker's action is: both are bugs.
#[must_use]
pub fn walk(seed: u64, steps: u32) -> (Run<DLedger>, Walker) {
    let mut run = Run::<DLedger>::new(walk_setup(seed)).expect("the setup is possible");
    let mut walker = Walker::new(seed);
    for _ in 0..steps {
        let Some(action) = walker.next(run.cluster()) else { break };
        run.act(action).expect("a walker acts legally");
    }
    (run, walker)
}

/// How many walks the determinism test makes, and how long each is.
pub const WALKS: u64 = 1000;
/// Steps a walk.
pub const WALK_STEPS: u32 = 220;

/// One digest over the final run digests of the walks `from .. to`, and how often each kind of decision was taken.
#[must_use]
pub fn walks_digest(from: u64, to: u64) -> (u64, Vec<(Kind, u32)>) {
    let mut h = Hasher::new(Mode::Run);
    let mut counts: Vec<(Kind, u32)> = Walker::new(0).counts().to_vec();
    for seed in from..to {
        let (run, walker) = walk(seed, WALK_STEPS);
        run.status().digest.digest(&mut h);
        for (sum, (_, count)) in counts.iter_mut().zip(walker.counts()) {
            sum.1 += count;
        }
    }
    (h.finish(), counts)
}
