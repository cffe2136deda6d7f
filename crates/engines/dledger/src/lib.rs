//! DLedger, the Raft library of Apache RocketMQ, as a deterministic state machine.
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
mod leader_elector;
mod leadership_transfer;
mod member_state;
mod message;
mod node;
mod quorum_ack_checker;
mod server;
mod snapshot_manager;
mod state_machine_caller;
mod store;
mod tell;
mod tell_client;
mod tell_log;
mod timer;
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
pub use event::{BeatCount, CandidateCause, CompareFinding, Event, IgnoreReason, PollCount, PushRefusal};
pub use leader_elector::{Beat, LeaderElector, Poll};
pub use leadership_transfer::{CatchUpWait, TakeLeadershipTask, Transfer};
pub use member_state::MemberState;
pub use message::{Body, Ctx, DiskWrite, Header, Message, PushRequest, PushResponse, Responder};
pub use node::Memory;
pub use quorum_ack_checker::{EntryPusher, Pending, PendingMap};
pub use snapshot_manager::{DelayedReset, SnapshotManager};
pub use store::FlushService;
pub use timer::Timer;

/// The engine.
#[derive(Clone, Debug)]
pub enum DLedger {}

static INFO: EngineInfo = EngineInfo {
    name: "dledger",
    title: "DLedger",
    version: 1,
    models: "Apache RocketMQ DLedger 0.3.1.2 (V3), 0.4.0 (V4), February 2020 (SEED)",
    transport: Transport::Rpc,
    first_index: 0,
    purposes: &["boot_phase", "poll_deadline", "delay"],
    commands: command::COMMANDS,
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

    fn write_us(_write: &DiskWrite) -> u64 {
        500
    }

    fn parse_command(command: &kernel::Command, client: bool) -> Result<Command, String> {
        command::parse(command, client)
    }

    fn message_face(body: &Message, _reply: bool) -> MessageFace {
        view::message_face(body)
    }

    fn no_effect(disk: &Disk, memory: &Memory, body: &Message, reply: bool) -> bool {
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
