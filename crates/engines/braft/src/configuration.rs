//! Sets of peers and configurations.
//!
//! Source: braft ab0017f configuration.h Configuration, ConfigurationEntry

use alloc::string::String;
pub use kernel::NodeSet as Set;
use kernel::{Digest, Hasher, Show, Value};

/// Term first, then index: how log ids compare.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct LogId {
    /// The entry's term.
    pub term: u64,
    /// Its index.
    pub index: u64,
}

impl LogId {
    /// The id of the entry `(index, term)`.
    #[must_use]
    pub const fn new(index: u64, term: u64) -> LogId {
        LogId { term, index }
    }
}

impl Digest for LogId {
    fn digest(&self, h: &mut Hasher) {
        (self.index, self.term).digest(h);
    }
}

impl Show for LogId {
    fn show(&self) -> Value {
        Value::Text(alloc::format!("({},{})", self.index, self.term))
    }
}

/// Who takes part, and by which entry. With old peers it is joint: everything needs a quorum of both halves.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Conf {
    /// The entry's id; (0,0): given at boot.
    pub id: LogId,
    /// The peers (of a joint configuration: the new half).
    pub peers: Set,
    /// The old half.
    pub old_peers: Set,
}

impl Conf {
    /// Whether it is joint.
    #[must_use]
    pub const fn joint(&self) -> bool {
        !self.old_peers.is_empty()
    }

    /// Everybody in either half.
    #[must_use]
    pub const fn all(&self) -> Set {
        self.peers.or(self.old_peers)
    }

    /// As `{012}` or `{013|012}`.
    #[must_use]
    pub fn badge(&self) -> String {
        if self.joint() {
            alloc::format!("{{{}|{}}}", self.peers.digits(), self.old_peers.digits())
        } else {
            alloc::format!("{{{}}}", self.peers.digits())
        }
    }
}

impl Digest for Conf {
    fn digest(&self, h: &mut Hasher) {
        self.id.digest(h);
        [self.peers, self.old_peers].digest(h);
    }
}

impl Show for Conf {
    fn show(&self) -> Value {
        Value::Text(alloc::format!("{} of {}", self.badge(), self.id.index))
    }
}
