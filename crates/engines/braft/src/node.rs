//! A node: its memory, boot, and the step that hands every input to its handler.
//!
//! Source: braft ab0017f node.cpp NodeImpl

use alloc::collections::VecDeque;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use kernel::{Addr, ChunkLog, Cx, Effect, Fate, Input, MsgId, NodeId, Outcome, Part, Time, state};

use crate::Braft;
use crate::append_cache::CachedRequest;
use crate::ballot_box::BallotBox;
use crate::codes::{Code, Reason, Stage, State};
use crate::conf_ctx::ConfigurationCtx;
use crate::configuration::{Conf, LogId, Set};
pub(crate) use crate::disk::Disk;
use crate::disk::DiskOp;
use crate::election::VoteCtx;
use crate::event::Event;
use crate::fsm_caller::FsmCaller;
use crate::lease::{FollowerLease, LeaderLease};
use crate::log_manager::LogManager;
use crate::message::{Answer, Ctx, Message, Responder};
use crate::replicator::{Replicator, Replicators};
use crate::rpc::BrokenPeer;
use crate::snapshot_executor::SnapshotExecutor;
use crate::store::Store;
use crate::transfer::Transfer;

state! {
    /// What a crash takes.
    pub struct Memory {
        /// The node's name.
        pub id: NodeId = "server_id",
        /// Its state.
        pub state: State = "state",
        /// The term, which is on disk a moment later.
        pub current_term: u64 = "current_term",
        /// The vote of this term.
        pub voted_id: Option<NodeId> = "voted_id",
        /// Whom it takes for the leader.
        pub leader_id: Option<NodeId> = "leader_id",
        /// The configuration in force: the newest in the log.
        pub conf: Conf = "conf",
        /// The round of pre-votes.
        pub pre_vote_ctx: Part<VoteCtx> = "pre_vote_ctx",
        /// The round of votes.
        pub vote_ctx: Part<VoteCtx> = "vote_ctx",
        /// The next election timer does not look at the lease.
        pub vote_triggered: bool = "vote_triggered",
        /// Election timeout and clock drift that the command `vote` put in place.
        pub reset_timeouts: Option<Timeouts> = "reset_election_timeout",
        /// When the election timer fires.
        pub election_timer: Option<Time> = "election_timer",
        /// When the vote timer fires.
        pub vote_timer: Option<Time> = "vote_timer",
        /// When the stepdown timer fires.
        pub stepdown_timer: Option<Time> = "stepdown_timer",
        /// When the snapshot timer fires.
        pub snapshot_timer: Option<Time> = "snapshot_timer",
        /// The handover under way.
        pub transfer: Option<Transfer> = "transfer",
        /// Since when this node hears its leader.
        pub follower_lease: FollowerLease = "follower_lease",
        /// The leader's lease for reads.
        pub leader_lease: LeaderLease = "leader_lease",
        /// The configuration change under way.
        pub conf_ctx: Part<ConfigurationCtx> = "conf_ctx",
        /// One for each other peer, ascending; only at a leader.
        pub replicators: Replicators = "replicators",
        /// The last replicator of a leadership that is over: it lives until its `timeout_now` has returned.
        pub waking_candidate: Option<Part<Replicator>> = "waking_candidate",
        /// Peers whose connection failed, and that have not answered over another one.
        pub reconnects: Set = "reconnects",
        /// Peers whose connection failed lately.
        pub broken_peers: Vec<BrokenPeer> = "broken_peers",
        /// Numbers replicators.
        pub replicator_count: u32 = "replicator_count",
        /// The log.
        pub lm: LogManager = "log_manager",
        /// Ballots of entries.
        pub ballots: BallotBox = "ballot_box",
        /// Id of the last applied entry.
        pub last_applied: LogId = "last_applied",
        /// The state machine.
        pub store: Part<Store> = "state_machine",
        /// The snapshot executor.
        pub snapshots: Part<SnapshotExecutor> = "snapshot_executor",
        /// Requests that came before their turn, in the order they came.
        pub append_cache: Vec<CachedRequest> = "append_entries_cache",
        /// When the oldest of them is given up.
        pub cache_timer: Option<Time> = "append_entries_cache_timer",
        /// The caller of the state machine.
        pub fsm: FsmCaller = "fsm_caller",
        /// This node takes no writes: an operator said so.
        pub node_readonly: bool = "node_readonly",
        /// Too few of the others take writes.
        pub majority_readonly: bool = "majority_nodes_readonly",
        /// Who waits for this node to have stopped.
        pub shutdown: Option<Responder> = "shutdown_continuation",
    }
}

state! {
    /// An election timeout and a clock drift.
    pub struct Timeouts {
        /// The election timeout.
        pub election_timeout_ms: u64 = "election_timeout_ms",
        /// The clock drift.
        pub max_clock_drift_ms: u64 = "max_clock_drift_ms",
    }
}

state! {
    /// A leader and its term.
    pub struct Disrupted {
        /// Who.
        pub peer: NodeId = "peer",
        /// In which term.
        pub term: u64 = "term",
    }
}

impl Memory {
    /// Every replicator there is: those of a leader, and the last one of a leadership that is over.
    pub(crate) fn all_replicators(&self) -> impl Iterator<Item = &Part<Replicator>> {
        self.replicators.iter().chain(&self.waking_candidate)
    }
}

/// What follows the present event at once, in order.
pub(crate) enum Local {
    /// A replicator waited for entries.
    ContinueSending(NodeId),
    /// A request comes out of the cache.
    Replay(CachedRequest),
    /// A call to a peer whose connection is broken.
    CallFails(NodeId, Ctx),
    /// A new peer has caught up, or not.
    CaughtUp { peer: NodeId, version: u32, code: Code },
}

/// A node while it is stepped.
pub(crate) struct Node<'a, 'c> {
    pub disk: &'a mut Disk,
    pub mem: &'a mut Memory,
    pub cx: &'a mut Cx<'c, Braft>,
    pub local: VecDeque<Local>,
    /// The state machine's queue is being worked off: what comes now waits its turn.
    pub fsm_runs: bool,
}

/// The log as the disk has it, brought in line with the snapshot: a crash may have come between a snapshot that was
/// installed and the write that makes room for it.
///
/// Source: braft ab0017f log_manager.cpp LogManager::init, set_snapshot
fn boot_log(disk: &Disk, covered: LogId, chain: u64) -> LogManager {
    let mut logs = disk.log.clone();
    let mut queue = Vec::new();
    let of_disk = logs.get(covered.index).map_or(0, |entry| entry.term);
    if covered.index > 0 && of_disk != covered.term && logs.first() != covered.index + 1 {
        logs = ChunkLog::restart(covered.index + 1, chain);
        queue.push(DiskOp::Reset(covered.index + 1, chain));
    }
    let virtual_first = if logs.first() == covered.index + 1 { covered } else { LogId::default() };
    LogManager {
        memory_first: logs.end(),
        disk_id: logs.last().map_or(covered, crate::entry::Entry::id),
        applied_id: covered,
        last_snapshot_id: covered,
        virtual_first_id: virtual_first,
        config_history: logs.iter_from(0).filter_map(crate::entry::Entry::conf).collect(),
        logs,
        waiters: Set::EMPTY,
        queue,
        busy: false,
        batch: 0,
        failed: false,
        resuming: Vec::new(),
        resumed: 0,
    }
}

fn empty_memory(disk: &Disk, cx: &Cx<'_, Braft>) -> Memory {
    let snapshot = disk.snapshot.as_ref();
    let covered =
        snapshot.map_or_else(LogId::default, |s| LogId::new(s.last_included_index, s.last_included_term));
    let lm = boot_log(disk, covered, snapshot.map_or(0, |s| s.chain));
    Memory {
        id: cx.node(),
        state: State::Uninitialized,
        current_term: disk.term,
        voted_id: disk.voted_for,
        leader_id: None,
        conf: Conf::default(),
        pre_vote_ctx: Part::default(),
        vote_ctx: Part::default(),
        vote_triggered: false,
        reset_timeouts: None,
        election_timer: None,
        vote_timer: None,
        stepdown_timer: None,
        snapshot_timer: None,
        transfer: None,
        follower_lease: FollowerLease { last_leader: None, last_leader_timestamp: None },
        leader_lease: LeaderLease { term: 0, lease_epoch: 0, last_active_timestamp: None },
        conf_ctx: Part::default(),
        replicators: Replicators::default(),
        waking_candidate: None,
        reconnects: Set::EMPTY,
        broken_peers: Vec::new(),
        replicator_count: 0,
        lm,
        ballots: BallotBox::default(),
        last_applied: covered,
        store: Part::new(snapshot.map_or_else(Store::default, |s| s.state.clone())),
        snapshots: Part::default(),
        append_cache: Vec::new(),
        cache_timer: None,
        fsm: FsmCaller::default(),
        node_readonly: false,
        majority_readonly: false,
        shutdown: None,
    }
}

/// Whether log and snapshot fit together: without a snapshot the log begins at 1, with one there is no gap.
///
/// Source: braft ab0017f log_manager.cpp LogManager::check_consistency
fn check_consistency(lm: &LogManager) -> bool {
    let (first, last, snapshot) = (lm.first_index(), lm.last_index(), lm.last_snapshot_id.index);
    if snapshot == 0 { first == 1 } else { first - 1 <= snapshot && snapshot <= last }
}

/// Starts the process on what its disk holds. The commit index starts at 0, even after a snapshot.
///
/// Source: braft ab0017f node.cpp NodeImpl::init
pub(crate) fn boot(disk: &mut Disk, cx: &mut Cx<'_, Braft>) -> Memory {
    let mut memory = empty_memory(disk, cx);
    let (last, chain) = (memory.lm.last_id(), memory.lm.logs.chain());
    if !check_consistency(&memory.lm) {
        let reason = "Missing logs between the snapshot and the log".to_string();
        cx.effects.push(Effect::Abort { reason });
        return memory;
    }
    if disk.term < last.term {
        // The record of the term is gone: no vote of the last entry's term may be given again.
        cx.note(Event::TermRepaired { was: disk.term, last_log_term: last.term });
        (disk.term, disk.voted_for) = (last.term + 1, None);
    }
    disk.term = disk.term.max(1);
    (memory.current_term, memory.voted_id) = (disk.term, disk.voted_for);
    let snapshot_conf = disk.snapshot.as_ref().map_or_else(Conf::default, |s| s.conf);
    memory.conf = memory.lm.last_configuration(snapshot_conf);
    if last.index == 0 {
        let named = Set::of(&cx.settings.initial_conf);
        memory.conf.peers = if named.is_empty() { Set::first(cx.nodes) } else { named };
        if !memory.conf.peers.has(memory.id) {
            // Who is to be added later boots without a configuration.
            memory.conf = Conf::default();
        }
    }
    // Only on a first start may a node vote and campaign at once.
    if disk.term > 1 || disk.voted_for.is_some() {
        memory.follower_lease.last_leader_timestamp = Some(cx.now);
    }
    memory.state = State::Follower;
    let committed = memory.last_applied.index;
    cx.note(Event::Booted { term: disk.term, last: last.index, chain, committed });
    let mut node = Node { disk, mem: &mut memory, cx, local: VecDeque::new(), fsm_runs: false };
    node.start_snapshot_timer();
    let conf = node.mem.conf;
    if !conf.all().is_empty() {
        let term = node.mem.current_term;
        node.step_down(term, false, Code::Ok);
        if !conf.joint() && conf.peers == Set::EMPTY.with(node.mem.id) {
            node.elect_self(false);
        }
    }
    node.settle();
    memory
}

/// Runs one input to the end.
pub(crate) fn step(disk: &mut Disk, mem: &mut Memory, input: Input<Braft>, cx: &mut Cx<'_, Braft>) {
    let mut node = Node { disk, mem, cx, local: VecDeque::new(), fsm_runs: false };
    match input {
        Input::Request { call, from, body } => node.request(call, from, body),
        Input::Reply { ctx, from: Addr::Node(peer), body } => {
            node.mem.reconnects = node.mem.reconnects.without(peer);
            match body {
                Message::RpcError { code } => node.call_failed(peer, ctx, code),
                body => node.reply(peer, ctx, body),
            }
        }
        Input::Reply { .. } => {}
        Input::RpcFailed { ctx, from, why } => {
            if let Addr::Node(peer) = from {
                node.rpc_failed(peer, ctx, why);
            }
        }
        Input::Datagram { .. } => node.ignore(None, "", Reason::NotACall),
        Input::Timer(timer) => node.wake(timer),
        Input::Written { write, ok } => node.written(write, ok),
        Input::Command { token, command } => node.command(token, command),
    }
    node.settle();
    debug_assert!(crate::invariants::hold(node.disk, node.mem), "{:?}", node.mem);
}

impl Node<'_, '_> {
    /// Everything that follows at once: an idle disk takes what is queued, then replicators that waited and cached
    /// requests, one by one.
    fn settle(&mut self) {
        loop {
            if self.start_disk() {
                continue;
            }
            match self.local.pop_front() {
                Some(Local::ContinueSending(peer)) => self.continue_sending(peer),
                Some(Local::CallFails(peer, ctx)) => self.call_failed(peer, ctx, Code::Ehostdown),
                Some(Local::CaughtUp { peer, version, code }) => self.on_caughtup(peer, version, code),
                Some(Local::Replay(request)) => {
                    let CachedRequest { call, from, request, .. } = request;
                    self.handle_append_entries_request(call, from, request, true);
                }
                None => return self.after_shutdown(),
            }
        }
    }

    pub(crate) fn request(&mut self, call: MsgId, from: Addr, body: Message) {
        let kind = body.kind();
        let peer = match (from, body) {
            (_, Message::Apply { text, expected_term }) => {
                return self.apply(Responder::Call(call), text, expected_term);
            }
            (Addr::Node(peer), body) if self.mem.state.active() => (peer, body),
            (from, _) => {
                self.ignore(from.node(), kind, Reason::NotActive);
                return self.rpc_error(call, Code::Einval);
            }
        };
        match peer {
            (from, Message::PreVote(request)) => self.handle_pre_vote_request(call, from, request),
            (from, Message::RequestVote(request)) => self.handle_request_vote_request(call, from, request),
            (from, Message::AppendEntries(request)) => {
                self.handle_append_entries_request(call, from, request, false);
            }
            (from, Message::InstallSnapshot { term, snapshot }) => {
                self.handle_install_snapshot_request(call, from, term, snapshot);
            }
            (from, Message::TimeoutNow { term, old_leader_stepped_down }) => {
                self.handle_timeout_now_request(call, from, term, old_leader_stepped_down);
            }
            (from, _) => self.ignore(Some(from), kind, Reason::Late),
        }
    }

    fn reply(&mut self, from: NodeId, ctx: Ctx, body: Message) {
        match (ctx, body) {
            (Ctx::PreVote { version, term }, Message::PreVoteResponse(response)) => {
                self.handle_pre_vote_response(from, version, term, response);
            }
            (Ctx::Vote { version, term }, Message::RequestVoteResponse(response)) => {
                self.handle_request_vote_response(from, version, term, response);
            }
            (Ctx::Heartbeat { replicator, sent }, Message::AppendEntriesResponse(response)) => {
                self.on_heartbeat_returned(from, replicator, sent, response);
            }
            (Ctx::Append { .. }, Message::AppendEntriesResponse(response)) => {
                self.on_rpc_returned(from, ctx, Ok(response));
            }
            (Ctx::Install { .. }, Message::InstallSnapshotResponse { success, .. }) => {
                self.on_install_snapshot_returned(from, ctx, success, None);
            }
            (Ctx::TimeoutNow { replicator }, Message::TimeoutNowResponse { term, success }) => {
                self.on_timeout_now_returned(from, replicator, term, success);
            }
            (_, body) => self.ignore(Some(from), body.kind(), Reason::Late),
        }
    }

    pub(crate) fn call_failed(&mut self, peer: NodeId, ctx: Ctx, code: Code) {
        match ctx {
            Ctx::Heartbeat { replicator, .. } => self.on_heartbeat_failed(peer, replicator, code),
            Ctx::Append { .. } => self.on_rpc_returned(peer, ctx, Err(code)),
            Ctx::Install { .. } => self.on_install_snapshot_returned(peer, ctx, false, Some(code)),
            Ctx::TimeoutNow { replicator } => {
                self.timeout_now_ended(peer, replicator);
                self.cx.note(Event::CallFailed { peer, code });
            }
            Ctx::PreVote { .. } | Ctx::Vote { .. } | Ctx::Apply { .. } => {
                self.cx.note(Event::CallFailed { peer, code });
            }
        }
    }

    /// Tells why something is ignored.
    pub(crate) fn ignore(&mut self, from: Option<NodeId>, kind: &'static str, why: Reason) {
        self.cx.note(Event::Ignored { from, kind, why });
    }

    /// Ends a command or a client's call.
    pub(crate) fn answer(&mut self, to: Responder, answer: Answer) {
        self.cx.note(Event::Answered { code: answer.code, index: answer.index, unknown: answer.unknown });
        match to {
            Responder::Call(call) => self.cx.respond(call, Message::ApplyResponse(answer)),
            Responder::Command(token) => {
                let term = Some(self.mem.current_term);
                let outcome = outcome(&answer, term, None);
                self.cx.effects.push(Effect::Answer { token, outcome });
            }
        }
    }

    /// Ends a command with a code alone.
    pub(crate) fn answer_code(&mut self, to: Responder, code: Code) {
        let leader = self.mem.leader_id;
        self.answer(to, Answer { leader, ..Answer::of(code) });
    }

    /// Whether a configuration change is under way, or this leader's first entry is not applied.
    pub(crate) fn conf_busy(&self) -> bool {
        self.mem.conf_ctx.stage != Stage::None
    }
}

/// A command's end as the simulator keeps it.
pub(crate) fn outcome(answer: &Answer, term: Option<u64>, value: Option<String>) -> Outcome {
    Outcome {
        fate: match answer {
            Answer { code: Code::Ok, .. } => Fate::Done,
            Answer { unknown: true, .. } => Fate::InDoubt,
            _ => Fate::Refused,
        },
        code: answer.code.number(),
        name: answer.code.word(),
        index: answer.index,
        term,
        leader: answer.leader,
        value,
        linearizable: answer.code == Code::Ok && answer.index.is_some(),
    }
}
