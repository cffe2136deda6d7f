//! DLedger, the Raft library of Apache RocketMQ, as a deterministic state machine.
//!
//! Modelled, by the setting `profile`: **V3** = 0.3.1.2 of March 2023, which RocketMQ runs; **V4** = 0.4.0 of August
//! 2023, whose replication was rewritten; **SEED** = the state of late February 2020, before 0.2.0. All quirks are
//! kept. Indexes and terms start at 0; −1 means "none".
//!
//! | real file | here |
//! |---|---|
//! | `MemberState` | `member_state.rs`, `disk.rs` (term, vote) |
//! | `DLedgerLeaderElector` | `leader_elector.rs`, `vote_handler.rs`, `heart_beat.rs`, `leadership_transfer.rs` |
//! | `DLedgerServer` | `server.rs`, `leadership_transfer.rs`, `node.rs` (threads), `force.rs` (commands) |
//! | `DLedgerEntryPusher.EntryDispatcher` | `entry_dispatcher.rs`, `entry_dispatcher_v4.rs` |
//! | `DLedgerEntryPusher.EntryHandler` | `entry_handler.rs` |
//! | `DLedgerEntryPusher.QuorumAckChecker` | `quorum_ack_checker.rs` |
//! | `DLedgerMmapFileStore` | `store.rs`, `disk.rs` |
//! | `StateMachineCaller` | `state_machine_caller.rs` |
//! | `SnapshotManager` | `snapshot_manager.rs` |
//! | `DLedgerConfig` | `config.rs` |
//! | `DLedgerClient` | `client.rs` |
//! | `protocol.*`, `DLedgerResponseCode` | `message.rs`, `codes.rs`, `entry.rs` |
//! | (ours) | `timer.rs`, `turns.rs`, `command.rs`, `event.rs`, `push_event.rs`, `view*.rs`, `tell*.rs` |
//!
//! # Deviations, and who could notice
//!
//! - The 1 ms loops (dispatchers, handler, checker) and the applier run to quiescence after every input, or with the
//!   setting `grain=fine` each turn is a decision. The order at one instant is RPC handlers, M, H, D by peer, Q, A, P, S.
//!   Only timings below a few ms differ.
//! - A wake that would change nothing is not listed; the 10 ms, 1000 ms and 1001 ms grids stay where they are. "More
//!   than N ms" of a 1 ms loop is N + 1 ms.
//! - A call without an answer fails after 3000 ms, a VOTE of SEED after 4000, no sooner than its poll ends; the real
//!   transport sweeps once a second and needs 4 to 5 s.
//! - `localId` is the envelope's sender. All nodes are of one group; a client or a test's request may be of another.
//! - Of what is written at once only an entry fails (DISK_ERROR): a term and vote that cannot be stored are no more than
//!   logged in the real system. When the entry of a V3 TRUNCATE fails, the real store shows its old end until the next
//!   one, though its files are cut; here the end is what is stored. In V4 the index file is what fails: that the data
//!   file did, the real one overlooks, and counts an entry that it cannot read.
//! - The disk is full when a command says so (DISK_FULL); files have no borders, check sums or cleaner; the checkpoint
//!   of a graceful shutdown is left out, since nodes only crash. Flow control (peerPushQuota) is left out.
//! - V4 batch append is left out: it has no effect in the real system. Its TRUNCATE is always sent, as there.
//! - V4 alternates between COMPARE and INSTALL_SNAPSHOT for ever when no snapshot helps; here it tells so once and
//!   goes on when a snapshot or the index changes.
//! - A snapshot is one message; its data is the digest of the applied entries. When a handler's slot is broken, the
//!   request is dropped and never answered.
//! - V3: the committed index may fall when a leader's larger one is clamped to a log that was cut below it, exactly
//!   as `updateCommittedIndex` does.
//! - A transfer to the leader itself is answered LEADER_TRANSFERRING at once; over the network it would come back to
//!   the same check.
//! - Peers are taken in ascending order where DLedger walks a hash map, and so are waiting APPENDs.
//! - SEED: a full handler queue answers PUSH_REQUEST_IS_FULL, where the old code blocked the RPC thread; batches of
//!   clients are UNSUPPORTED, as they came with 0.2.1.
//! - The client's background refresh every 3000 ms is left out; a failed call makes it forget its leader and ends
//!   with NETWORK_ERROR. It starts by taking the first member for the leader, and looks for at most 1500 ms.
//! - After a retry whose search found no leader the client's outcome is the NOT_LEADER it had.
#![no_std]

extern crate alloc;

mod client;
mod codes;
mod command;
mod config;
mod disk;
mod entry;
mod entry_dispatcher;
mod entry_dispatcher_v4;
mod entry_handler;
mod event;
mod force;
mod heart_beat;
mod known_breaks;
mod leader_elector;
mod leadership_transfer;
mod member_state;
mod message;
mod node;
mod push_event;
mod quorum_ack_checker;
mod server;
mod snapshot_manager;
mod state_machine_caller;
mod store;
mod tell;
mod tell_client;
mod tell_log;
mod timer;
mod turns;
mod view;
mod view_push;
mod vote_handler;

#[cfg(test)]
mod tests;

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use kernel::view::{LogRow, NodeView, PointerView, Shape};
use kernel::{
    Addr, Cx, Engine, EngineInfo, Fact, Input, Loss, MessageFace, NodeId, Sentence, Time, Transport,
};

pub use client::{Client, Load, MetadataRound, Operation, OperationKind};
pub use codes::{Code, DispatcherState, ParseResult, Profile, PushType, ResetStrategy, Role, VoteResult};
pub use command::{Command, Force, RawRequest, ReadMode};
pub use config::Config;
pub use disk::{Checkpoint, Disk, PreviousTerm, Snapshot};
pub use entry::{Entry, MAGIC_NOOP, MAGIC_NORMAL, Payload};
pub use entry_dispatcher::{Blocked, Dispatcher, SentPush};
pub use entry_handler::{EntryHandler, InflightInstall, QueuedPush};
pub use event::{
    BeatCount, CandidateCause, CompareFinding, Event, IgnoreReason, PollCount, PushEvent, PushRefusal,
};
pub use leader_elector::{Beat, LeaderElector, Poll};
pub use leadership_transfer::{CatchUpWait, TakeLeadershipTask, Transfer};
pub use member_state::MemberState;
pub use message::{Body, Ctx, DiskWrite, Group, Header, Message, PushRequest, PushResponse, Responder};
pub use node::Memory;
pub use quorum_ack_checker::{EntryPusher, Pending, PendingMap};
pub use snapshot_manager::{DelayedReset, SnapshotManager};
pub use store::FlushService;
pub use timer::Timer;
pub use turns::{Grain, Turns};

/// The engine.
#[derive(Clone, Debug)]
pub enum DLedger {}

static INFO: EngineInfo = EngineInfo {
    name: "dledger",
    title: "DLedger",
    version: 7,
    models: "Apache RocketMQ DLedger 0.3.1.2 (V3), 0.4.0 (V4), February 2020 (SEED)",
    transport: Transport::Rpc,
    first_index: 0,
    writes_may_fail_at_once: true,
    purposes: &["boot_phase", "poll_deadline", "delay"],
    commands: command::COMMANDS,
    presets: config::PRESETS,
};

impl Engine for DLedger {
    type Settings = Config;
    type Disk = Disk;
    type Memory = Memory;
    type Client = Client;
    type Message = Message;
    type Ctx = Ctx;
    type Timer = Timer;
    type Write = DiskWrite;
    type Command = Command;
    type Event = Event;

    fn known_breaks(settings: &Config, power_lost: bool) -> &'static [(&'static str, &'static str)] {
        known_breaks::known_breaks(settings, power_lost)
    }

    fn info() -> &'static EngineInfo {
        &INFO
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

    fn client_timers(client: &Client, _settings: &Config, arm: &mut dyn FnMut(Timer, Time)) {
        client::timers(client, arm);
    }

    fn timer_name(timer: Timer) -> (u16, String) {
        timer.name()
    }

    fn timer_of(number: u16) -> Option<Timer> {
        Timer::of(number)
    }

    fn write_name(write: &DiskWrite) -> String {
        write.word().to_string()
    }

    fn write_us(_write: &DiskWrite, _settings: &Config) -> u64 {
        500
    }

    fn parse_command(command: &kernel::Command, client: bool) -> Result<Command, String> {
        command::parse(command, client)
    }

    fn message_face(body: &Message, reply: bool, _ctx: Option<&Ctx>) -> MessageFace {
        view::message_face(body, reply)
    }

    fn no_effect(
        disk: &Disk,
        memory: &Memory,
        _from: Addr,
        body: &Message,
        reply: bool,
        _ctx: Option<&Ctx>,
    ) -> bool {
        view::no_effect(disk, memory, body, reply)
    }

    fn face(disk: &Disk, memory: &Memory) -> (Shape, u64) {
        (view::shape(memory), view::shown_term(disk))
    }

    fn view(id: NodeId, _nodes: u8, disk: &Disk, memory: &Memory, settings: &Config, now: Time) -> NodeView {
        view::view(id, disk, memory, settings, now)
    }

    fn down_facts(disk: &Disk) -> (u64, String) {
        view::down_facts(disk)
    }

    fn log_row(
        id: NodeId,
        disk: &Disk,
        memory: Option<&Memory>,
        settings: &Config,
        window: (u64, u64),
    ) -> LogRow {
        view::log_row(id, disk, memory, settings, window)
    }

    fn pointers(disk: &Disk, memory: &Memory, peer: NodeId) -> Vec<PointerView> {
        view_push::pointers(disk, memory, peer)
    }

    fn pill(memory: &Memory, peer: NodeId) -> Option<String> {
        view_push::pill(memory, peer)
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
