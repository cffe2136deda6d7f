//! A cluster in a virtual network: decisions, legality, time by hand, faults.
//!
//! [`Cluster`] is a plain value. It changes only by a [`Decision`] ([`Cluster::apply`]), or by taking the pending
//! item that is due first ([`Cluster::auto`]), which is a decision too. Same configuration and same decisions give
//! the same [`Cluster::run_digest`] on every machine.
#![no_std]

extern crate alloc;

mod apply;
mod calls;
mod cluster;
mod draws;
mod effects;
mod flights;
mod legal;
mod links;
mod named;
mod report;
mod schedule;
mod view;

pub use cluster::{Cluster, Config, NodeState, Op, OpEnd};
pub use flights::{Flight, FlightKind};
pub use kernel::{Action, Decision, DecisionError, NetConfig, limits};
pub use legal::Refusal;
pub use links::LinkShape;
pub use report::{Ended, FlightNote, Happening, Report};
pub use view::{IfLost, MessageDetail, PendingGroup, PendingRow};
