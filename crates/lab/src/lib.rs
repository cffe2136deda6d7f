//! Sessions: one run of one engine with its timeline, behind an object-safe face.
//!
//! Below this crate code is generic over the engine; above it nothing is: a [`Session`] speaks plain views.

mod branch;
mod cuts;
mod detail;
mod numbers;
mod registry;
mod room;
mod run;
mod session;
mod story;
mod timeline;
mod timers;
mod weave;
mod world;

pub use branch::{KEYFRAME_STEPS, WHOLE_STEPS};
pub use check::{RuleLight, RuleState};
pub use detail::entries;
pub use kernel::{Action, BranchRecord, Decision, Record, Setup};
pub use registry::{ENGINES, Entry, engines, open, start};
pub use run::Run;
pub use session::{
    Change, FieldView, MessageFate, NodeDetail, Numbers, ReplayError, Session, Status, Until, Why,
};
pub use sim::{IfLost, MessageDetail, Op, OpEnd, PendingGroup, PendingRow, Refusal};
pub use timeline::{Acted, BRANCHES_MAX, STEPS_MAX, Timeline};
pub use timers::move_timers;
pub use world::World;
