//! A run as plain data: how it starts, what the user did, and digests to compare with.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;

use crate::{Action, Digest, Hasher};

/// How the network treats every message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NetConfig {
    /// A way takes from so many …
    pub latency_us_min: u64,
    /// … to so many microseconds (inclusive).
    pub latency_us_max: u64,
    /// So many of a million messages are lost.
    pub loss_ppm: u32,
    /// So many of a million datagrams arrive twice.
    pub duplicate_ppm: u32,
    /// On each way messages arrive in the order in which they were sent, as over one TCP connection.
    pub fifo: bool,
}

impl Default for NetConfig {
    fn default() -> Self {
        NetConfig { latency_us_min: 1000, latency_us_max: 1000, loss_ppm: 0, duplicate_ppm: 0, fifo: false }
    }
}

impl Digest for NetConfig {
    fn digest(&self, h: &mut Hasher) {
        self.latency_us_min.digest(h);
        self.latency_us_max.digest(h);
        self.loss_ppm.digest(h);
        self.duplicate_ppm.digest(h);
        // Only where it is used: all other runs keep their digests.
        if self.fifo {
            h.word(u64::from_be_bytes(*b"in order"));
        }
    }
}

/// How a run starts: plain data, the same for every engine.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Setup {
    /// The engine's short name.
    pub engine: String,
    /// How many nodes.
    pub nodes: u8,
    /// How many clients.
    pub clients: u8,
    /// All randomness hangs on it.
    pub seed: u64,
    /// The network.
    pub net: NetConfig,
    /// Settings that differ from the defaults: name and value.
    pub settings: Vec<(String, String)>,
}

impl Setup {
    /// Five nodes, one client, ways of 1 ms, default settings.
    #[must_use]
    pub fn new(engine: &str, seed: u64) -> Self {
        Setup {
            engine: engine.to_owned(),
            nodes: 5,
            clients: 1,
            seed,
            net: NetConfig::default(),
            settings: Vec::new(),
        }
    }
}

/// What a file keeps of a branch.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BranchRecord {
    /// The branch it left and the step after which it did.
    pub parent: Option<(u32, u32)>,
    /// Its name.
    pub name: String,
    /// Why it was made.
    pub cause: String,
    /// Its last step.
    pub tip: u32,
    /// What the user did.
    pub actions: Vec<(u32, Action)>,
    /// One byte of the run digest a step.
    pub bytes: Vec<u8>,
    /// The whole run digest after each multiple of 64.
    pub wholes: Vec<u64>,
    /// The whole run digest after the last step.
    pub tip_digest: u64,
}

/// What a file keeps of a run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Record {
    /// How it starts.
    pub setup: Setup,
    /// Version of the engine that made it.
    pub engine_version: u32,
    /// Its branches; a parent comes before its children.
    pub branches: Vec<BranchRecord>,
    /// The branch shown.
    pub shown: u32,
    /// The step shown.
    pub step: u32,
}
