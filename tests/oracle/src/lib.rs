//! Our Raft beside tikv/raft-rs: both are given the same schedules, message by message, and must reach the same states.
//!
//! A schedule is abstract (campaign, propose, deliver, cut, crash, …) and drawn from a seed. Every step of a node is made on both
//! sides; what it sends is matched by receiver, kind and order, and travels as one. A difference that is not in
//! [`listed::LISTED`] fails the schedule.

pub mod alone;
pub mod listed;
pub mod ours;
pub mod pair;
pub mod said;
pub mod schedule;
pub mod setup;
pub mod store;
pub mod theirs;
