//! Raft as the textbook teaches it and production cores write it, as a deterministic state machine.
//!
//! Modelled after Ongaro's dissertation and, where it is silent, after what etcd-io/raft, tikv/raft-rs and
//! hashicorp/raft agree on; where they differ, a setting decides, and a `profile` sets all of them. Indexes start at 1.
//!
//! | chapter of the dissertation | here |
//! |---|---|
//! | 3.3 terms, 3.8 restart | `node.rs`, `disk.rs` |
//! | 3.4, 3.6, 9.6 elections | `election.rs` |
//! | 3.5 replication (etcd `tracker/`) | `replication.rs`, `progress.rs` |
//! | 3.6.2 commitment, 6 clients | `commit.rs`, `client.rs`, `store.rs` |
//! | 3.10 transfer | `transfer.rs` |
//! | 4 membership (etcd `quorum/`, `confchange/`) | `membership.rs`, `conf.rs` |
//! | 5 compaction | `snapshot.rs` |
//! | 6.4 reads | `read.rs` |
//! | etcd asynchronous storage writes | `storage.rs` |
//! | (ours) | `config.rs`, `presets.rs`, `codes.rs`, `timer.rs`, `command.rs`, `event.rs`, `view.rs`, `tell*.rs` |
//!
//! # Deviations, and who could notice
//!
//! - Time is counted in microseconds of a node's own clock, and a tick is `tick_us` of them: nothing happens in a tick
//!   that is not due in it. `heartbeat_elapsed` and its like are instants from which the timers count.
//! - Every Append and Heartbeat carries the number of the leader's last round of reads, and answers echo it: it is
//!   the context of a ReadIndex, in both kinds of heartbeat.
//! - A config entry holds the whole config, as hashicorp's do; etcd's hold the change.
//! - The first config comes from the settings and is known to every node at boot, new servers too.
//! - A snapshot is one message. Without an answer for T it counts as failed; etcd's transport reports that itself.
//! - A stale Append or Heartbeat is always answered with the newer term; etcd does so only with check_quorum or
//!   pre_vote, the dissertation always.
//! - A client has one operation under way at a time, so that one number a client tells which were applied.
//! - A server of RaftScope keeps its commit index when it stops; its preset here loses it.
//! - priority, group_commit and batch_append are not modelled.
#![no_std]

extern crate alloc;

mod client;
mod codes;
mod command;
mod commit;
mod conf;
mod config;
mod disk;
mod election;
mod entry;
mod event;
mod membership;
mod message;
mod node;
mod presets;
mod progress;
mod read;
mod replication;
mod snapshot;
mod storage;
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

pub use client::{Client, Operation};
pub use codes::{
    ChangeKind, Code, ConfigEffective, FastBackup, HeartbeatKind, LeaderRemoved, PeerState, Profile,
    ReadMode, Reason, Role, StorageMode,
};
pub use command::{Command, Preset, TimerChange};
pub use commit::Pending;
pub use conf::{Conf, Set, Tally};
pub use config::{Config, Options};
pub use disk::{AppliedConfig, Disk, Image};
pub use election::Votes;
pub use entry::{Data, Entry, Origin};
pub use event::Event;
pub use membership::{CatchUp, Change};
pub use message::{Append, AppendResp, Body, ClientAnswer, ClientOp, DiskWrite, Message, NoCtx, Responder};
pub use node::{Leader, Memory};
pub use progress::{Peers, Progress};
pub use read::{Read, Round};
pub use storage::{Storage, Waiting, Writing};
pub use store::{Snapshot, Store};
pub use timer::Timer;
pub use transfer::Transfer;

/// The engine.
#[derive(Clone, Debug)]
pub enum Raft {}

static INFO: EngineInfo = EngineInfo {
    name: "raft",
    title: "Raft",
    version: 9,
    models: "the dissertation, etcd-io/raft, tikv/raft-rs, hashicorp/raft, ongardie/raftscope",
    transport: Transport::Datagram,
    first_index: 1,
    writes_may_fail_at_once: false,
    purposes: &["election_timeout", "heartbeat", "read_name"],
    commands: command::COMMANDS,
    presets: presets::PRESETS,
};

impl Engine for Raft {
    type Settings = Config;
    type Disk = Disk;
    type Memory = Memory;
    type Client = Client;
    type Message = Message;
    type Ctx = NoCtx;
    type Timer = Timer;
    type Write = DiskWrite;
    type Command = Command;
    type Event = Event;

    fn info() -> &'static EngineInfo {
        &INFO
    }

    fn check(settings: &Config, nodes: u8) -> Result<(), String> {
        known_nodes("voters", &settings.voters, nodes)?;
        known_nodes("learners", &settings.learners, nodes)?;
        if node::first_config(settings, nodes).voters.is_empty() {
            return Err("all voters are learners too, so nobody votes".to_string());
        }
        Ok(())
    }

    fn boot(disk: &mut Disk, cx: &mut Cx<'_, Self>) -> Memory {
        node::boot(disk, cx)
    }

    fn step(disk: &mut Disk, memory: &mut Memory, input: Input<Self>, cx: &mut Cx<'_, Self>) {
        node::step(disk, memory, input, cx);
    }

    fn timers(disk: &Disk, memory: &Memory, settings: &Config, arm: &mut dyn FnMut(Timer, Time)) {
        node::timers(disk, memory, settings, arm);
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

    fn write_name(_write: &DiskWrite) -> String {
        "Persist".to_string()
    }

    fn write_us(_write: &DiskWrite, settings: &Config) -> u64 {
        settings.write_us
    }

    fn parse_command(command: &kernel::Command, client: bool) -> Result<Command, String> {
        command::parse(command, client)
    }

    fn message_face(body: &Message, _reply: bool, _ctx: Option<&NoCtx>) -> MessageFace {
        view::message_face(body)
    }

    fn no_effect(
        disk: &Disk,
        memory: &Memory,
        _from: Addr,
        body: &Message,
        _reply: bool,
        _ctx: Option<&NoCtx>,
    ) -> bool {
        view::no_effect(disk, memory, body)
    }

    fn face(disk: &Disk, memory: &Memory) -> (Shape, u64) {
        (view::shape(memory), disk.current_term)
    }

    fn view(id: NodeId, nodes: u8, disk: &Disk, memory: &Memory, settings: &Config, now: Time) -> NodeView {
        view::view(id, nodes, disk, memory, settings, now)
    }

    fn voters(_nodes: u8, _disk: &Disk, memory: &Memory) -> (Vec<NodeId>, Vec<NodeId>) {
        (memory.config.voters.iter().collect(), memory.config.outgoing.iter().collect())
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
