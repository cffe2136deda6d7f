//! baidu/braft (master, commit `ab0017f`) as a deterministic state machine.
//!
//! | braft | here |
//! |---|---|
//! | `node.cpp` boot, dispatch | `node.rs` |
//! | `node.cpp` elections | `election.rs` |
//! | `node.cpp` `step_down`, `become_leader`, stepdown timer | `node_state.rs` |
//! | `node.cpp` `handle_append_entries_request`, `AppendEntriesCache` | `append.rs`, `append_cache.rs` |
//! | `node.cpp` `ConfigurationCtx`, `reset_peers` | `conf_ctx.rs` |
//! | `node.cpp` transfer, `vote`; `ReplicatorGroup` | `transfer.rs` |
//! | readonly mode and witnesses, from all over | `readonly.rs` |
//! | `replicator.cpp` | `replicator.rs` |
//! | brpc's channel and sockets | `rpc.rs` |
//! | `ballot.cpp`, `ballot_box.cpp`, `closure_queue.cpp` | `ballot.rs`, `ballot_box.rs` |
//! | `log_manager.cpp`, `configuration_manager.cpp` | `log_manager.rs`, `disk.rs` |
//! | `fsm_caller.cpp` | `fsm_caller.rs`, `store.rs` |
//! | `snapshot_executor.cpp` | `snapshot_executor.rs` |
//! | `lease.cpp` | `lease.rs` |
//! | `repeated_timer_task.cpp` | `timer.rs` |
//! | (ours) | `config.rs`, `presets.rs`, `codes.rs`, `command.rs`, `client.rs`, `event.rs`, `view.rs`, `tell*.rs`, `invariants.rs` |
//!
//! # Deviations, and who could notice
//!
//! - Every call has a connection of its own: one that breaks takes no others along, but for `reconnect_delay_ms`, and
//!   for the calls after it, which have `raft_rpc_channel_connect_timeout_ms` to make a new one, until one is answered. A
//!   process that starts counts its connections as made. brpc repeats a call up to three times when its connection fails;
//!   here it fails the first time. Clients always try.
//! - A leader whose `timeout_now` is still unanswered when it leads again gives that replicator up; in braft it lives on
//!   beside the new ones until the call has ended.
//! - What of `elect_self` comes after the disk stops when the node is no candidate any more; braft goes on and drops
//!   the answers.
//! - Who is woken by a leader that it has forgotten already knows of no leader to be disturbed, and asks nobody twice. braft
//!   takes its empty name for one, and asks whoever refused for a lease again and again.
//! - By default the state machine applies within the step, and loads a copied snapshot at once (`apply_us`,
//!   `snapshot_load_us`); `slow` makes it slower together with the disk.
//! - The record of the term that a start repairs is always written.
//! - The throttle of snapshots counts per node, as if each node had a process of its own.
//! - During a joint change a leader takes no writes when either half has too few nodes that do; what braft does there
//!   is not known to us.
//! - A transfer to ANY that finds nobody ends with EINVAL, braft's −1 is no code here; so does one to a witness.
//! - `raft_sync_policy` is 0, a flush with every write: the other one counts bytes, as do the limits of requests and
//!   flushes that are left out.
//! - At one instant messages come by their names, then time-outs of calls, timers and writes; section 25.1 takes all in
//!   the order in which they were asked for.
//! - Messages overtake each other on ways of unequal length, with pipelining or without; only the network's `fifo` keeps
//!   their order, for all ways.
//! - `vote 0` ends with EINVAL. A torn batch keeps its first half; with `torn_batch_percent` any beginning, drawn when
//!   the batch begins. `kill_and_wipe` takes a part of the disk only together with the process.
#![no_std]

extern crate alloc;

mod append;
mod append_cache;
mod ballot;
mod ballot_box;
mod client;
mod codes;
mod command;
mod conf_ctx;
mod config;
mod configuration;
mod disk;
mod election;
mod entry;
mod event;
mod fsm_caller;
mod invariants;
mod lease;
mod log_manager;
mod message;
mod node;
mod node_state;
mod presets;
mod raw;
mod readonly;
mod replicator;
mod rpc;
mod snapshot_executor;
mod store;
mod tell;
mod tell_log;
mod timer;
mod transfer;
mod view;

#[cfg(test)]
mod tests;

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use kernel::view::{LogRow, NodeView, PointerView, Shape};
use kernel::{
    Addr, Cx, Engine, EngineInfo, Fact, Input, Loss, MessageFace, NodeId, Sentence, Time, Transport,
    known_nodes,
};

pub use append_cache::CachedRequest;
pub use ballot::Ballot;
pub use ballot_box::{BallotBox, Closure, ClosureQueue};
pub use client::{Client, Operation};
pub use codes::{Code, LeaseState, Reason, SnapshotStatus, St, Stage, State};
pub use command::{Command, Preset};
pub use conf_ctx::ConfigurationCtx;
pub use config::Config;
pub use configuration::{Conf, LogId, Set};
pub use disk::{Disk, DiskOp, DiskPart, Flush, StableClosure};
pub use election::VoteCtx;
pub use entry::{Data, Entry};
pub use event::Event;
pub use fsm_caller::{FsmCaller, FsmTask};
pub use lease::{FollowerLease, LeaderLease};
pub use log_manager::{LogManager, Resuming};
pub use message::{
    Answer, AppendRequest, AppendResponse, Ctx, Message, Responder, VoteRequest, VoteResponse, Write,
};
pub use node::{Disrupted, Memory, Timeouts};
pub use raw::RawRequest;
pub use replicator::{InFlight, Replicator, Replicators};
pub use rpc::{BrokenPeer, LinkCut};
pub use snapshot_executor::{Downloading, SnapshotExecutor};
pub use store::{Snapshot, Store};
pub use timer::Timer;
pub use transfer::Transfer;

/// The engine.
#[derive(Clone, Debug)]
pub enum Braft {}

static INFO: EngineInfo = EngineInfo {
    name: "braft",
    title: "braft",
    version: 11,
    models: "baidu/braft master ab0017f",
    transport: Transport::Rpc,
    first_index: 1,
    writes_may_fail_at_once: true,
    purposes: &["election", "vote", "snapshot", "candidate", "torn"],
    commands: command::COMMANDS,
    presets: presets::PRESETS,
};

const OLD_LOOK: &str = "A handler of braft that has waited for its disk looks only at the term again: a leader can vote by a log that lacks what it has committed since.";

/// What 25.2 tells of the wait for the disk needs a handler that goes on late.
const KNOWN_BREAKS: &[(&str, &str)] = &[
    ("Completeness", OLD_LOOK),
    ("State machine", OLD_LOOK),
    ("Committed stays", OLD_LOOK),
    ("Linearizable", OLD_LOOK),
];

impl Engine for Braft {
    type Settings = Config;
    type Disk = Disk;
    type Memory = Memory;
    type Client = Client;
    type Message = Message;
    type Ctx = Ctx;
    type Timer = Timer;
    type Write = Write;
    type Command = Command;
    type Event = Event;

    fn info() -> &'static EngineInfo {
        &INFO
    }

    fn check(settings: &Config, nodes: u8) -> Result<(), String> {
        known_nodes("initial_conf", &settings.initial_conf, nodes)?;
        known_nodes("witness", &settings.witness, nodes)
    }

    fn known_breaks(settings: &Config, _power_lost: bool) -> &'static [(&'static str, &'static str)] {
        if settings.resume_us > 0 { KNOWN_BREAKS } else { &[] }
    }

    fn boot(disk: &mut Disk, cx: &mut Cx<'_, Self>) -> Memory {
        node::boot(disk, cx)
    }

    fn step(disk: &mut Disk, memory: &mut Memory, input: Input<Self>, cx: &mut Cx<'_, Self>) {
        node::step(disk, memory, input, cx);
    }

    fn timers(_disk: &Disk, memory: &Memory, settings: &Config, arm: &mut dyn FnMut(Timer, Time)) {
        timer::timers(memory, settings, arm);
    }

    fn crash(disk: &mut Disk, loss: Loss) {
        disk.crash(loss);
    }

    fn boot_client(cx: &mut Cx<'_, Self>) -> Client {
        client::boot(cx)
    }

    fn step_client(client: &mut Client, input: Input<Self>, cx: &mut Cx<'_, Self>) {
        client::step(client, input, cx);
    }

    fn client_timers(client: &Client, settings: &Config, arm: &mut dyn FnMut(Timer, Time)) {
        client::timers(client, settings, arm);
    }

    fn timer_name(timer: Timer) -> (u16, String) {
        timer.name()
    }

    fn timer_of(number: u16) -> Option<Timer> {
        Timer::of(number)
    }

    fn write_name(write: &Write) -> String {
        match write {
            Write::Batch(_) => "disk batch".to_string(),
            Write::Save => "save snapshot".to_string(),
            Write::Copy(_) => "copy snapshot".to_string(),
            Write::Load(_) => "load snapshot".to_string(),
            Write::Apply(_) => "apply".to_string(),
            Write::Resume(_) => "resume".to_string(),
        }
    }

    fn write_us(write: &Write, settings: &Config) -> u64 {
        match write {
            Write::Batch(_) => settings.write_us,
            Write::Save | Write::Copy(_) => settings.snapshot_us,
            Write::Load(_) => settings.snapshot_load_us,
            Write::Apply(_) => settings.apply_us,
            Write::Resume(_) => settings.resume_us,
        }
    }

    fn parse_command(command: &kernel::Command, client: bool) -> Result<Command, String> {
        command::parse(command, client)
    }

    fn message_face(body: &Message, _reply: bool, ctx: Option<&Ctx>) -> MessageFace {
        view::message_face(body, ctx)
    }

    fn no_effect(
        _disk: &Disk,
        memory: &Memory,
        from: Addr,
        body: &Message,
        _reply: bool,
        ctx: Option<&Ctx>,
    ) -> bool {
        view::no_effect(memory, from, body, ctx)
    }

    fn face(_disk: &Disk, memory: &Memory) -> (Shape, u64) {
        (view::shape(memory), memory.current_term)
    }

    fn view(id: NodeId, nodes: u8, disk: &Disk, memory: &Memory, settings: &Config, now: Time) -> NodeView {
        view::view(id, nodes, disk, memory, settings, now)
    }

    fn voters(_nodes: u8, _disk: &Disk, memory: &Memory) -> (Vec<NodeId>, Vec<NodeId>) {
        (memory.conf.peers.iter().collect(), memory.conf.old_peers.iter().collect())
    }

    fn down_facts(disk: &Disk) -> (u64, String) {
        view::down_facts(disk)
    }

    fn log_row(id: NodeId, disk: &Disk, memory: Option<&Memory>, _: &Config, window: (u64, u64)) -> LogRow {
        view::log_row(id, disk, memory, window)
    }

    fn pointers(disk: &Disk, memory: &Memory, peer: NodeId) -> Vec<PointerView> {
        view::pointers(disk, memory, peer)
    }

    fn pill(memory: &Memory, peer: NodeId) -> Option<String> {
        view::pill(memory, peer)
    }

    fn tell(who: Addr, event: &Event) -> (u8, Sentence) {
        tell::tell(who, event)
    }

    fn fact(event: &Event) -> Option<Fact> {
        tell::fact(event)
    }

    fn lane_label(event: &Event) -> Option<String> {
        tell::lane_label(event)
    }
}
