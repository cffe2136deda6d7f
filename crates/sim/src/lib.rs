//! A cluster in a virtual network: decisions, legality, time by hand, faults.
//!
//! [`Cluster`] is a plain value. It changes only by a [`Decision`] ([`Cluster::apply`]), or by taking the pending
//! item that is due first ([`Cluster::auto`]), which is a decision too. Same configuration and same decisions give
//! the same [`Cluster::run_digest`] on every machine.
#![no_std]

extern crate alloc;

mod apply;
mod cluster;
mod decision;
mod draws;
mod effects;
mod flights;
mod legal;
mod links;
mod report;
mod schedule;
mod view;

pub use cluster::{Cluster, Config, NodeState, Op, OpEnd};
pub use decision::{Action, Decision, DecisionError};
pub use flights::{Flight, FlightKind};
pub use legal::Refusal;
pub use links::{LinkShape, NetConfig};
pub use report::{Ended, FlightNote, Happening, Report};
pub use view::{PendingGroup, PendingRow};

/// Limits on what a cluster may be asked to hold. They bound memory whatever a file or a hand asks for.
pub mod limits {
    /// Nodes.
    pub const NODES: u8 = 9;
    /// Clients.
    pub const CLIENTS: u8 = 9;
    /// Messages in flight at once; a copy beyond it is refused, a send beyond it is lost.
    pub const FLIGHTS: usize = 100_000;
    /// Characters of a command's arguments together.
    pub const COMMAND_CHARS: usize = 10_000;
    /// Microseconds anything may be delayed or skewed by: an hour.
    pub const SHIFT_US: u64 = 3_600_000_000;
}
