//! A node: its memory, boot, and the step that hands every input to its handler and then lets the worker loops run.

use kernel::{Addr, Cx, Input, NodeId, Part, RpcFailure, Time, state};

use crate::DLedger;
use crate::codes::{Code, Role, VoteResult};
use crate::config::Config;
pub(crate) use crate::disk::Disk;
use crate::entry_dispatcher::dispatcher_wake;
use crate::entry_handler::{EntryHandler, handler_wake};
use crate::event::{Event, IgnoreReason};
use crate::leader_elector::{LeaderElector, maintainer_wake};
use crate::leadership_transfer::{Transfer, preferred_wake, wait_wake};
use crate::member_state::MemberState;
use crate::message::{Body, Ctx, DiskWrite, Header, Message, Responder};
use crate::quorum_ack_checker::{EntryPusher, catch_up_check, is_check_behind, quorum_wake};
use crate::snapshot_manager::SnapshotManager;
use crate::store::{FlushService, checkpoint_step_ms, checkpoint_wake};
use crate::timer::Timer;
use crate::turns::{Grain, Turns};

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
        pub elector: Part<LeaderElector> = "dLedgerLeaderElector",
        /// Replication as leader.
        pub pusher: Part<EntryPusher> = "dLedgerEntryPusher",
        /// Replication as follower.
        pub handler: Part<EntryHandler> = "entryHandler",
        /// The flush service.
        pub flush: FlushService = "flushDataService",
        /// Leadership transfers.
        pub transfer: Part<Transfer> = "leadershipTransfer",
        /// V4: snapshots.
        pub snapshots: Part<SnapshotManager> = "snapshotManager",
        /// With the grain `fine`: the loops whose next turn would change something.
        pub turns: Turns = "turns",
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
    let (now, me, config) = (cx.now, cx.node(), cx.settings);
    let mut memory = Memory {
        self_id: me,
        peers: cx.nodes,
        member: MemberState::new(),
        elector: Part::new(LeaderElector::new(now.plus_ms(phase))),
        pusher: Part::new(EntryPusher::new(me, cx.nodes, now)),
        handler: Part::new(EntryHandler::new(now)),
        flush: FlushService {
            due: None,
            flushing_to: None,
            next_checkpoint: now.plus_ms(checkpoint_step_ms(config)),
        },
        transfer: Part::new(Transfer::new(now)),
        snapshots: Part::new(SnapshotManager::new()),
        turns: Turns::none(),
    };
    let (end, end_term) = (disk.end_index(), disk.end_term());
    let chain = disk.log.chain();
    cx.note(Event::Booted { term: disk.curr_term, vote: disk.vote_leader, end, end_term, chain });
    if !disk.log.is_empty() {
        (memory.member.ledger_end_index, memory.member.ledger_end_term) = (end, end_term);
    }
    let mut node = Node { disk, mem: &mut memory, cx };
    if !config.v4() {
        let committed = node.disk.checkpoint.map_or(-1, |checkpoint| checkpoint.committed_index);
        node.update_committed_index(node.disk.curr_term, committed);
    }
    node.load_snapshot();
    node.boot_dispatchers();
    node.schedule_flush();
    memory
}

/// Runs one input to the end.
pub(crate) fn step(disk: &mut Disk, mem: &mut Memory, input: Input<DLedger>, cx: &mut Cx<'_, DLedger>) {
    let mut node = Node { disk, mem, cx };
    // A turn that is a decision belongs to the step that gave it something to do.
    let turn = matches!(&input, Input::Timer(timer) if node.mem.turns.due(*timer).is_some());
    if !turn {
        node.catch_up();
    }
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
pub(crate) fn timers(disk: &Disk, mem: &Memory, config: &Config, arm: &mut dyn FnMut(Timer, Time)) {
    let mut list = |timer: Timer, at: Option<Time>| {
        if let Some(at) = at {
            arm(timer, at);
        }
    };
    list(Timer::TransferWait, wait_wake(mem, config));
    list(Timer::Maintainer, maintainer_wake(mem, config));
    let turn = |timer: Timer| mem.turns.due(timer);
    list(Timer::Handler, turn(Timer::Handler).or_else(|| handler_wake(disk, mem, config)));
    if mem.member.role == Role::Leader {
        for dispatcher in &mem.pusher.dispatchers {
            let timer = Timer::Dispatcher(dispatcher.peer);
            list(timer, turn(timer).or_else(|| dispatcher_wake(disk, mem, config, dispatcher)));
        }
    }
    list(Timer::Quorum, turn(Timer::Quorum).or_else(|| quorum_wake(disk, mem, config)));
    list(Timer::SnapshotReset, mem.snapshots.resets.iter().map(|reset| reset.due).min());
    list(Timer::Preferred, preferred_wake(disk, mem, config));
    list(Timer::Flush, mem.flush.due);
    list(Timer::Checkpoint, checkpoint_wake(disk, mem, config));
}

impl Node<'_, '_> {
    /// Moves the grids of the polling loops past the turns in which nothing happened.
    fn catch_up(&mut self) {
        let (now, config) = (self.cx.now, self.cx.settings);
        // A part that is written is digested anew, so those that are not behind are not touched.
        if self.mem.elector.is_behind(now) {
            self.mem.elector.catch_up(now);
        }
        if self.mem.transfer.is_behind(now) {
            self.mem.transfer.catch_up(now);
        }
        match self.mem.member.role {
            Role::Follower if self.mem.handler.is_behind(now) => self.mem.handler.catch_up(now),
            Role::Leader if !config.v4() && is_check_behind(self.mem.pusher.last_check_leak_time, now) => {
                catch_up_check(&mut self.mem.pusher.last_check_leak_time, now);
            }
            Role::Follower | Role::Leader | Role::Candidate => {}
        }
        if config.v4() && is_check_behind(self.mem.pusher.last_check_leak_time, now) {
            catch_up_check(&mut self.mem.pusher.last_check_leak_time, now);
        }
        if config.v4() && is_check_behind(self.mem.pusher.last_check_timeout_time, now) {
            catch_up_check(&mut self.mem.pusher.last_check_timeout_time, now);
        }
        if self.mem.flush.next_checkpoint < now {
            let next = self.mem.flush.next_checkpoint;
            self.mem.flush.next_checkpoint = grid_from(next, checkpoint_step_ms(config), now);
        }
    }

    /// An actor's deadline is reached. The 1 ms loops (H, D, Q) have their turn after every input anyway, unless the
    /// grain is fine: then this is one.
    fn wake(&mut self, timer: Timer) {
        match timer {
            Timer::TransferWait => self.check_catch_up(),
            Timer::Maintainer => self.maintain_state(),
            Timer::Handler | Timer::Dispatcher(_) | Timer::Quorum => {
                if self.cx.settings.grain == Grain::Fine {
                    self.turn(timer);
                }
            }
            Timer::SnapshotReset => self.run_resets(),
            Timer::Preferred => self.check_preferred_leader(),
            Timer::Flush => self.flush(),
            Timer::Checkpoint => self.persist_check_point(),
            Timer::ClientMetadata | Timer::ClientLoad => {
                self.cx.note(Event::Ignored { reason: IgnoreReason::WrongReceiver });
            }
        }
    }

    /// A disk write ended.
    fn written(&mut self, write: DiskWrite, ok: bool) {
        match write {
            DiskWrite::Flush => self.flushed(ok),
            DiskWrite::Snapshot => self.snapshot_saved(ok),
        }
    }

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
            (Ctx::Blocking { sent, .. }, Body::PushResponse(push)) => {
                self.blocking_answered(peer, sent, header.code, Some(push));
            }
            (Ctx::Blocking { sent, .. }, Body::InstallResponse) => {
                self.blocking_answered(peer, sent, header.code, None);
            }
            (Ctx::Append { term, first, last, last_term }, Body::PushResponse(_)) => {
                self.append_answered(peer, (term, first, last, last_term), header.code);
            }
            (Ctx::Commit, Body::PushResponse(_)) => {
                self.cx.note(Event::Ignored { reason: IgnoreReason::CommitAnswer });
            }
            (Ctx::Transfer { term, asker, preferred }, Body::TransferResponse) => {
                self.transfer_answered(term, asker, preferred, header);
            }
            _ => self.cx.note(Event::Ignored { reason: IgnoreReason::WrongAnswer }),
        }
    }

    /// One of our calls failed: it ends like an answer with NETWORK_ERROR, a vote with UNKNOWN.
    fn handle_failure(&mut self, ctx: Ctx, from: Addr, why: RpcFailure) {
        let Some(peer) = from.node() else {
            return self.cx.note(Event::Ignored { reason: IgnoreReason::Failed(why) });
        };
        let code = Code::NetworkError;
        match ctx {
            Ctx::Vote { poll } => self.vote_answered(poll, peer, VoteResult::Unknown, -1),
            Ctx::HeartBeat { round, .. } => self.heart_beat_answered(round, peer, code, -1),
            Ctx::Blocking { sent, .. } => self.blocking_answered(peer, sent, code, None),
            Ctx::Append { term, first, last, last_term } => {
                self.append_answered(peer, (term, first, last, last_term), code);
            }
            Ctx::Transfer { term, asker, preferred } => {
                let header = Header::request(peer, Some(self.mem.self_id), term).code(code);
                self.transfer_answered(term, asker, preferred, header);
            }
            Ctx::Commit | Ctx::Metadata { .. } | Ctx::Operation { .. } => {
                self.cx.note(Event::Ignored { reason: IgnoreReason::Failed(why) });
            }
        }
    }
}
