//! What every engine and the simulator share: ids, time, logs, digests, draws, and the engine contract.
//!
//! Nothing here knows a protocol. An engine is a value that is stepped ([`Engine`]); everything it wants from
//! the world leaves as an [`Effect`], everything it may know comes in as an [`Input`]. No clock, no entropy and
//! no hash-map order can reach it: the crate is `no_std`.
#![no_std]

extern crate alloc;

mod cx;
mod decision;
mod digest;
mod engine;
mod field;
mod ids;
pub mod limits;
mod log;
mod map;
mod node_set;
mod order;
mod part;
mod quorum;
mod record;
mod say;
mod settings;
pub mod view;

pub use cx::{Cx, Draws};
pub use decision::{
    Action, Decision, DecisionError, argument, needed_argument, parse_addr, parse_node, parse_number,
    parse_pair,
};
pub use digest::{Digest, Hasher, Mode, digest_of};
pub use engine::{
    Command, CommandDesc, CommandKind, Effect, Engine, EngineInfo, Fact, Fate, Input, Loss, MessageFace,
    Outcome, Preset, RpcFailure, Transport,
};
pub use field::{Inspect, Show, Value};
pub use ids::{Addr, ClientId, MsgId, NodeId, Time, Token, times};
pub use log::{Chained, ChunkLog};
pub use map::{SortedMap, SumMap};
pub use node_set::NodeSet;
pub use order::{order, sort_by_key};
pub use part::Part;
pub use quorum::{is_majority, majority, quorum_index};
pub use record::{BranchRecord, NetConfig, Record, Setup};
pub use say::{Segment, Sentence};
pub use settings::{SettingDesc, SettingValue, Settings, known_nodes};

/// What the macros of this crate expand to.
#[doc(hidden)]
pub mod __private {
    pub use crate::field::{inspect_fields, show_fields, show_named};
    pub use crate::settings::{FIXED, Slot, get_setting, list_settings, set_setting};
    pub use alloc::string::String;
    pub use alloc::vec::Vec;
}
