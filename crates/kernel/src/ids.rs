//! Names of things: nodes, clients, messages, commands, instants.

use core::fmt;

/// A member of the cluster: 0-based position in the peer list.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct NodeId(pub u8);

/// A client of the cluster: 0-based.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct ClientId(pub u8);

/// An end of a message: a node or a client. Nodes order before clients.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Addr {
    /// A member of the cluster.
    Node(NodeId),
    /// A client.
    Client(ClientId),
}

impl Addr {
    /// The node, when this end is one.
    #[must_use]
    pub fn node(self) -> Option<NodeId> {
        match self {
            Addr::Node(id) => Some(id),
            Addr::Client(_) => None,
        }
    }
}

impl From<NodeId> for Addr {
    fn from(id: NodeId) -> Self {
        Addr::Node(id)
    }
}

impl From<ClientId> for Addr {
    fn from(id: ClientId) -> Self {
        Addr::Client(id)
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "n{}", self.0)
    }
}

impl fmt::Display for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "c{}", self.0)
    }
}

impl fmt::Display for Addr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Addr::Node(id) => id.fmt(f),
            Addr::Client(id) => id.fmt(f),
        }
    }
}

/// A message, a call or a disk write: the decision that produced it (1-based step on its branch; 0 is the boot)
/// and the index of the effect inside that step. Orders by creation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MsgId {
    /// The step that produced it.
    pub step: u32,
    /// Which of that step's effects, from 0.
    pub index: u16,
}

impl MsgId {
    /// Both numbers in one, in the same order.
    #[inline]
    pub(crate) const fn packed(self) -> u64 {
        (self.step as u64) << 16 | self.index as u64
    }
}

impl Ord for MsgId {
    #[inline]
    fn cmp(&self, other: &Self) -> core::cmp::Ordering {
        self.packed().cmp(&other.packed())
    }
}

impl PartialOrd for MsgId {
    #[inline]
    fn partial_cmp(&self, other: &Self) -> Option<core::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for MsgId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.step, self.index)
    }
}

/// Names a command given to a node or client, so that its outcome finds it: the step that gave it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Token(pub u32);

/// An instant in virtual microseconds. Nodes see their own clock, which is the global one plus their skew.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Time(pub u64);

impl Time {
    /// Later than anything that happens.
    pub const NEVER: Time = Time(u64::MAX);

    /// The instant `ms` milliseconds after zero.
    #[must_use]
    pub const fn from_ms(ms: u64) -> Time {
        Time(times(ms, 1000))
    }

    /// This instant plus `ms` milliseconds.
    #[must_use]
    pub const fn plus_ms(self, ms: u64) -> Time {
        Time(self.0.saturating_add(times(ms, 1000)))
    }

    /// This instant plus `us` microseconds.
    #[must_use]
    pub const fn plus_us(self, us: u64) -> Time {
        Time(self.0.saturating_add(us))
    }

    /// Microseconds since `earlier`; 0 when `earlier` is later.
    #[must_use]
    pub const fn since_us(self, earlier: Time) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// The product, or the highest number where that is too low. Nearly all factors are short, and for those a page needs no
/// wide product, which costs it a call.
#[inline]
#[must_use]
pub const fn times(a: u64, b: u64) -> u64 {
    if (a | b) >> 32 == 0 { a * b } else { a.saturating_mul(b) }
}
