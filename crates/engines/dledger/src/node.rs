//! A node: its memory, boot, and the step that hands every input to its handler and then lets the worker loops run.

use kernel::{Addr, Cx, Input, NodeId, RpcFailure, Time, state};

use crate::DLedger;
use crate::codes::{Code, VoteResult};
use crate::config::Config;
pub(crate) use crate::disk::Disk;
use crate::event::{Event, IgnoreReason};
use crate::leader_elector::{LeaderElector, maintainer_wake};
use crate::member_state::MemberState;
use crate::message::{Body, Ctx, Message, Responder};
use crate::timer::Timer;

/// Draw: the phase of the maintainer's 10 ms grid, ms.
pub(crate) const BOOT_PHASE: u8 = 0;
/// Draw: how long a poll waits, ms.
pub(crate) const POLL_DEADLINE: u8 = 1;
/// Draw: the delay before the next poll, ms.
pub(crate) const POLL_DELAY: u8 = 2;

state! {
    /// What a crash takes.
    pub struct Memory {
        /// The node's name.
        pub self_id: NodeId = "selfId",
        /// How many members the group has.
        pub peers: u8 = "peerSize",
        /// Role, leader, and what it knows of the group.
        pub member: MemberState = "memberState",
        /// Elections and heartbeats.
        pub elector: LeaderElector = "dLedgerLeaderElector",
    }
}

/// A node while it is stepped.
pub(crate) struct Node<'a, 'c> {
    pub disk: &'a mut Disk,
    pub mem: &'a mut Memory,
    pub cx: &'a mut Cx<'c, DLedger>,
}

/// The first instant of the grid `base, base + step_ms, …` that is not before `from`.
pub(crate) fn grid_from(base: Time, step_ms: u64, from: Time) -> Time {
    if from <= base {
        return base;
    }
    let step_us = step_ms * 1000;
    base.plus_us(from.since_us(base).div_ceil(step_us) * step_us)
}

/// Starts the process on what its disk holds.
///
/// Source: DLedger 0.3.1.2 DLedgerServer.startup, MemberState.loadTerm, DLedgerMmapFileStore.recover
pub(crate) fn boot(disk: &mut Disk, cx: &mut Cx<'_, DLedger>) -> Memory {
    let phase = cx.draw(BOOT_PHASE, 0, 10);
    let mut memory = Memory {
        self_id: cx.node(),
        peers: cx.nodes,
        member: MemberState::new(),
        elector: LeaderElector::new(cx.now.plus_ms(phase)),
    };
    if !disk.log.is_empty() {
        memory.member.ledger_end_index = disk.end_index();
        memory.member.ledger_end_term = disk.end_term();
    }
    let (end, end_term) = (disk.end_index(), disk.end_term());
    cx.note(Event::Booted { term: disk.curr_term, vote: disk.vote_leader, end, end_term });
    memory
}

/// Runs one input to the end.
pub(crate) fn step(disk: &mut Disk, mem: &mut Memory, input: Input<DLedger>, cx: &mut Cx<'_, DLedger>) {
    let mut node = Node { disk, mem, cx };
    node.catch_up();
    match input {
        Input::Request { call, from, body } => node.handle_request(Responder::Call(call), from, body, false),
        Input::Reply { ctx, from, body } => node.handle_reply(ctx, from, body),
        Input::RpcFailed { ctx, from, why } => node.handle_failure(ctx, from, why),
        Input::Datagram { .. } => node.cx.note(Event::Ignored { reason: IgnoreReason::Datagram }),
        Input::Timer(timer) => node.wake(timer),
        Input::Written { write, ok } => node.written(write, ok),
        Input::Command { token, command } => node.handle_command(token, command),
    }
    node.run_workers();
}

/// Lists every useful wake.
pub(crate) fn timers(_disk: &Disk, mem: &Memory, config: &Config, arm: &mut dyn FnMut(Timer, Time)) {
    if let Some(at) = maintainer_wake(mem, config) {
        arm(Timer::Maintainer, at);
    }
}

impl Node<'_, '_> {
    /// Moves the grids of the polling loops past the turns in which nothing happened.
    fn catch_up(&mut self) {
        let now = self.cx.now;
        self.mem.elector.catch_up(now);
    }

    /// An actor's deadline is reached.
    fn wake(&mut self, timer: Timer) {
        match timer {
            Timer::Maintainer => self.maintain_state(),
            _ => self.cx.note(Event::Ignored { reason: IgnoreReason::WrongReceiver }),
        }
    }

    /// A disk write ended.
    fn written(&mut self, _write: crate::message::DiskWrite, _ok: bool) {}

    /// Lets the 1 ms loops run until nothing changes.
    fn run_workers(&mut self) {}

    /// An answer to one of our calls.
    fn handle_reply(&mut self, ctx: Ctx, from: Addr, answer: Message) {
        let Some(peer) = from.node() else {
            return self.cx.note(Event::Ignored { reason: IgnoreReason::WrongAnswer });
        };
        let header = answer.header;
        match (ctx, answer.body) {
            (Ctx::Vote { poll }, Body::VoteResponse { result }) => {
                self.vote_answered(poll, peer, result, header.term);
            }
            (Ctx::HeartBeat { round, .. }, Body::HeartBeatResponse) => {
                self.heart_beat_answered(round, peer, header.code, header.term);
            }
            _ => self.cx.note(Event::Ignored { reason: IgnoreReason::WrongAnswer }),
        }
    }

    /// One of our calls failed: it ends like an answer with NETWORK_ERROR, a vote with UNKNOWN.
    fn handle_failure(&mut self, ctx: Ctx, from: Addr, why: RpcFailure) {
        let Some(peer) = from.node() else {
            return self.cx.note(Event::Ignored { reason: IgnoreReason::Failed(why) });
        };
        match ctx {
            Ctx::Vote { poll } => self.vote_answered(poll, peer, VoteResult::Unknown, -1),
            Ctx::HeartBeat { round, .. } => self.heart_beat_answered(round, peer, Code::NetworkError, -1),
            _ => self.cx.note(Event::Ignored { reason: IgnoreReason::Failed(why) }),
        }
    }
}
