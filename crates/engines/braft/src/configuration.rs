//! Sets of peers and configurations.
//!
//! Source: braft ab0017f configuration.h Configuration, ConfigurationEntry

use alloc::string::{String, ToString};
use kernel::{Digest, Hasher, NodeId, Show, Value};

/// A set of peers, iterated in ascending order.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Set(u16);

impl Set {
    /// Nobody.
    pub const EMPTY: Set = Set(0);

    /// The first `count` nodes.
    #[must_use]
    pub const fn first(count: u8) -> Set {
        Set(if count >= 16 { u16::MAX } else { (1 << count) - 1 })
    }

    /// These nodes.
    #[must_use]
    pub fn of(nodes: &[NodeId]) -> Set {
        nodes.iter().fold(Set::EMPTY, |set, id| set.with(*id))
    }

    /// Whether `id` is in it.
    #[must_use]
    pub const fn has(self, id: NodeId) -> bool {
        id.0 < 16 && self.0 >> id.0 & 1 == 1
    }

    /// With `id`.
    #[must_use]
    pub const fn with(self, id: NodeId) -> Set {
        if id.0 < 16 { Set(self.0 | 1 << id.0) } else { self }
    }

    /// Without `id`.
    #[must_use]
    pub const fn without(self, id: NodeId) -> Set {
        self.minus(Set::EMPTY.with(id))
    }

    /// Without these.
    #[must_use]
    pub const fn minus(self, others: Set) -> Set {
        Set(self.0 & !others.0)
    }

    /// Those in either.
    #[must_use]
    pub const fn or(self, other: Set) -> Set {
        Set(self.0 | other.0)
    }

    /// Those in both.
    #[must_use]
    pub const fn and(self, other: Set) -> Set {
        Set(self.0 & other.0)
    }

    /// Whether nobody is in it.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// How many are in it.
    #[must_use]
    pub const fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// How many make a quorum; of nobody one, who does not exist.
    #[must_use]
    pub fn quorum(self) -> usize {
        self.len() / 2 + 1
    }

    /// Its nodes, ascending.
    pub fn iter(self) -> impl Iterator<Item = NodeId> {
        let mut rest = self.0;
        core::iter::from_fn(move || {
            let id = (rest != 0).then_some(rest.trailing_zeros())?;
            rest &= rest - 1;
            u8::try_from(id).ok().map(NodeId)
        })
    }

    /// As digits: `012`.
    #[must_use]
    pub fn digits(self) -> String {
        self.iter().map(|id| id.0.to_string()).collect()
    }
}

impl Digest for Set {
    fn digest(&self, h: &mut Hasher) {
        h.word(u64::from(self.0));
    }
}

impl Show for Set {
    fn show(&self) -> Value {
        Value::List(self.iter().map(Value::Node).collect())
    }
}

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
        self.peers.digest(h);
        self.old_peers.digest(h);
    }
}

impl Show for Conf {
    fn show(&self) -> Value {
        Value::Text(alloc::format!("{} of {}", self.badge(), self.id.index))
    }
}
