//! Runs that tests share: the same natively, under Node and in a browser.

use std::io::Write;

use explore::{Kind, Walker};
use kernel::{Digest, Engine, Hasher, Mode, NetConfig, Setup, Transport};
use lab::{Run, Session};

macro_rules! all {
    ($($name:ident: $krate:ident::$engine:ident,)*) => {
        &[$(Tried {
            name: stringify!($name),
            walk: walk_of::<lab::engines::$name::$engine>,
            turns: include_str!(concat!("../turns/", stringify!($name), ".txt")),
        }),*]
    };
}

/// A run and what walked over it.
pub type Walked = (Box<dyn Session>, Walker);

/// Every engine of the registry, as the tests take it.
pub const ENGINES: &[Tried] = lab::engines!(all);

/// What the engines are called.
pub fn names() -> impl Iterator<Item = &'static str> {
    ENGINES.iter().map(|engine| engine.name)
}

/// An engine as the tests take it.
#[derive(Clone, Copy)]
pub struct Tried {
    /// What it is called.
    pub name: &'static str,
    walk: fn(&str, u64, u32) -> Walked,
    turns: &'static str,
}

impl Tried {
    /// The engine of this name.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    pub fn of(name: &str) -> Tried {
        ENGINES.iter().find(|engine| engine.name == name).copied().expect("an engine of the registry")
    }

    fn lines(self) -> impl Iterator<Item = &'static str> {
        self.turns.lines().filter(|line| !line.is_empty() && !line.starts_with('#'))
    }

    /// Settings that the seeds take in turn, as in a scenario; a word without `=` sets nothing.
    #[must_use]
    pub fn turns(self) -> Vec<&'static str> {
        self.lines().filter(|line| !line.starts_with(BEHIND)).collect()
    }

    /// Why a node of it may stay behind for ever though all is well again, in a system where that is so.
    #[must_use]
    pub fn behind(self) -> Option<&'static str> {
        self.lines().find_map(|line| line.strip_prefix(BEHIND))
    }
}

const BEHIND: &str = "behind: ";

/// The settings of a line: names and values.
pub fn pairs(turn: &str) -> impl Iterator<Item = (String, String)> {
    turn.split(' ')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
}

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
    let turns = Tried::of(engine).turns();
    // Either size meets every turn.
    let turn = turns.iter().cycle().nth(usize::try_from(seed / 2).unwrap_or(0)).copied().unwrap_or_default();
    setup.settings.extend(pairs(turn));
    setup
}

/// A walk of `steps` steps.
///
/// # Panics
/// When a setup is refused, the walker's action is, or it has none: all are bugs.
#[must_use]
pub fn walk(engine: &str, seed: u64, steps: u32) -> Walked {
    (Tried::of(engine).walk)(engine, seed, steps)
}

fn walk_of<E: Engine>(engine: &str, seed: u64, steps: u32) -> Walked {
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
    names().map(line).collect()
}
