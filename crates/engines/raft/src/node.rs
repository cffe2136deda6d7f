//! A node: its memory, boot, and the step that hands every input to its handler.

use alloc::vec::Vec;
use kernel::{Addr, Cx, Effect, Input, NodeId, Part, Time, state};

use crate::Raft;
use crate::codes::{Code, Reason, Role};
use crate::commit::Pending;
use crate::conf::{Conf, Set};
use crate::config::Config;
pub(crate) use crate::disk::Disk;
use crate::election::Votes;
use crate::event::Event;
use crate::membership::CatchUp;
use crate::message::{Body, Message};
use crate::progress::{Peers, Progress};
use crate::read::{Read, Round};
use crate::storage::Storage;
use crate::store::Store;
use crate::timer::Timer;
use crate::transfer::Transfer;

/// Draw: how many ticks a node waits for a leader.
pub(crate) const ELECTION_TIMEOUT: u8 = 0;
/// Draw: how many ticks to the next heartbeat, where that is drawn.
pub(crate) const HEARTBEAT: u8 = 1;
/// Draw: the name of a read that a follower hands on.
pub(crate) const READ_NAME: u8 = 2;

state! {
    /// What only a leader has.
    pub struct Leader {
        /// What it knows of each member, itself included.
        pub progress: Peers = "progress",
        /// Index of the first entry of its term.
        pub term_start_index: u64 = "term_start_index",
        /// No config change before this index is applied.
        pub pending_config_index: u64 = "pending_config_index",
        /// Since when it waits for its next heartbeat.
        pub heartbeat_base: Time = "heartbeat_elapsed_since",
        /// Ticks from one heartbeat to the next.
        pub heartbeat_ticks: u64 = "heartbeat_timeout",
        /// Since when it looks for a quorum (check_quorum).
        pub quorum_base: Time = "quorum_checked",
        /// The transfer under way.
        pub transfer: Option<Transfer> = "transfer",
        /// A TimeoutNow was sent in this term: whoever gets it, however late, campaigns through every lease.
        pub lease_revoked: bool = "lease_revoked",
        /// The new server that catches up before it votes.
        pub catch_up: Option<CatchUp> = "catch_up",
        /// The last round of reads or of the lease.
        pub round: u64 = "round",
        /// When the rounds began that a quorum has not answered yet; the first one is the last that it has.
        pub rounds: Vec<Round> = "rounds",
        /// Reads that wait for their round, or for the first commit of the term.
        pub read_queue: Vec<Read> = "read_queue",
    }
}

state! {
    /// What a crash takes.
    pub struct Memory {
        /// The node's name.
        pub id: NodeId = "id",
        /// Role.
        pub role: Role = "role",
        /// Whom it takes for the leader.
        pub leader_id: Option<NodeId> = "leader_id",
        /// Everything up to here is committed.
        pub commit_index: u64 = "commit_index",
        /// Everything up to here is applied.
        pub last_applied: u64 = "last_applied",
        /// Since when no leader was heard, no vote granted and no campaign begun.
        pub election_base: Time = "election_elapsed_since",
        /// How many ticks it waits from then: drawn.
        pub election_timeout: u64 = "election_timeout",
        /// The config in force.
        pub config: Conf = "config",
        /// Index of its entry; 0: the first config.
        pub config_index: u64 = "config_index",
        /// What a candidate was answered.
        pub votes: Votes = "votes",
        /// Since when a candidate waits for answers.
        pub asked: Option<Time> = "asked_since",
        /// What only a leader has.
        pub leader: Option<Leader> = "leader",
        /// The state machine.
        pub store: Part<Store> = "store",
        /// Who waits for entries to be applied.
        pub pending: Vec<Pending> = "pending",
        /// Reads handed on to the leader.
        pub forwarded_reads: Vec<Read> = "forwarded_reads",
        /// Reads that wait until their index is applied.
        pub ready_reads: Vec<Read> = "ready_reads",
        /// storage = async: what is being written, and what waits for it.
        pub storage: Storage = "storage",
    }
}

/// A node while it is stepped.
pub(crate) struct Node<'a, 'c> {
    pub disk: &'a mut Disk,
    pub mem: &'a mut Memory,
    pub cx: &'a mut Cx<'c, Raft>,
}

/// The config that the settings name: what an operator writes into every server's configuration.
pub(crate) fn first_config(config: &Config, nodes: u8) -> Conf {
    let learners = Set::of(&config.learners);
    let voters = Set::of(&config.voters);
    let voters = if voters.is_empty() { Set::first(nodes) } else { voters };
    Conf { voters: voters.minus(learners), learners, ..Conf::default() }
}

/// Starts the process on what its disk holds: follower, no leader, commit index as stored or where the snapshot ends.
///
/// Source: dissertation 3.8; etcd-io/raft raft.go newRaft
pub(crate) fn boot(disk: &mut Disk, cx: &mut Cx<'_, Raft>) -> Memory {
    let settings = cx.settings;
    if disk.current_term == 0 && disk.log.is_empty() {
        disk.current_term = settings.initial_term;
    }
    let snapshot = disk.snapshot.clone();
    let start = disk.snapshot_index();
    let config = snapshot.as_ref().map_or_else(|| first_config(settings, cx.nodes), |s| s.config);
    let mut memory = Memory {
        id: cx.node(),
        role: Role::Follower,
        leader_id: None,
        commit_index: start,
        last_applied: start,
        election_base: cx.now,
        election_timeout: 0,
        config,
        config_index: start,
        votes: Votes::default(),
        asked: None,
        leader: None,
        store: Part::new(snapshot.map_or_else(Store::default, |s| s.state.clone())),
        pending: Vec::new(),
        forwarded_reads: Vec::new(),
        ready_reads: Vec::new(),
        storage: Storage::default(),
    };
    let (term, last) = (disk.current_term, disk.last_index());
    let chain = disk.log.chain();
    cx.note(Event::Booted { term, last, chain, commit: start });
    let stored = if settings.persist_commit { disk.commit.min(last) } else { 0 };
    let mut node = Node { disk, mem: &mut memory, cx };
    node.recover_config();
    node.draw_election_timeout();
    node.mem.storage.durable_index = last;
    if node.cx.settings.writes_later() {
        node.disk.durable = Some(alloc::sync::Arc::new(node.disk.image()));
    }
    if stored > node.mem.commit_index {
        node.set_commit(stored);
    }
    memory
}

/// Runs one input to the end.
pub(crate) fn step(disk: &mut Disk, mem: &mut Memory, input: Input<Raft>, cx: &mut Cx<'_, Raft>) {
    let mut node = Node { disk, mem, cx };
    match input {
        Input::Datagram { from, body } => match from {
            Addr::Node(peer) => node.receive(peer, body),
            Addr::Client(_) => node.client_request(from, body),
        },
        Input::Timer(timer) => node.wake(timer),
        Input::Written { write, ok } => node.written(write, ok),
        Input::Command { token, command } => node.command(token, command),
        Input::Request { .. } | Input::Reply { .. } | Input::RpcFailed { .. } => {
            node.cx.note(Event::Ignored { from: None, kind: "", why: Reason::NotDatagram });
        }
    }
    node.flush();
}

/// Lists every useful wake.
pub(crate) fn timers(disk: &Disk, mem: &Memory, config: &Config, arm: &mut dyn FnMut(Timer, Time)) {
    let retry_us = config.ticks_us(config.retry_tick);
    let Some(leader) = &mem.leader else {
        if may_campaign(disk, mem).is_none() {
            arm(Timer::Election, mem.election_base.plus_us(config.ticks_us(mem.election_timeout)));
        }
        if let Some(asked) = mem.asked.filter(|_| retry_us > 0) {
            arm(Timer::AskAgain, asked.plus_us(retry_us));
        }
        return;
    };
    arm(Timer::Heartbeat, leader.heartbeat_base.plus_us(config.ticks_us(leader.heartbeat_ticks)));
    if config.check_quorum {
        arm(Timer::CheckQuorum, leader.quorum_base.plus_us(config.lease_us()));
    }
    if let Some(transfer) = &leader.transfer {
        arm(Timer::Transfer, transfer.started.plus_us(config.election_us()));
    }
    if let Some(catch_up) = &leader.catch_up {
        let patience_us = config.election_us().saturating_mul(config.catch_up_rounds.max(1));
        arm(Timer::CatchUp, catch_up.started.plus_us(patience_us));
    }
    for p in leader.progress.0.iter().filter(|p| p.id != mem.id) {
        match p.unanswered {
            Some(since) if p.pending_snapshot > 0 => {
                arm(Timer::Snapshot(p.id), since.plus_us(config.election_us()));
            }
            Some(since) if retry_us > 0 => arm(Timer::Retry(p.id), since.plus_us(retry_us)),
            _ => {}
        }
    }
}

/// Why this node may not campaign now.
///
/// Source: etcd-io/raft raft.go promotable, hup
pub(crate) fn may_campaign(disk: &Disk, mem: &Memory) -> Option<Reason> {
    let unapplied = (mem.last_applied + 1..=mem.commit_index).any(|index| {
        let data = disk.log.get(index).map(|entry| &entry.data);
        matches!(data, Some(crate::entry::Data::Config(_)))
    });
    if mem.role == Role::Leader {
        Some(Reason::Leads)
    } else if !mem.config.all_voters().has(mem.id) {
        Some(Reason::NotVoter)
    } else if disk.durable.is_some() && mem.storage.durable_index < disk.snapshot_index() {
        Some(Reason::Installing)
    } else {
        unapplied.then_some(Reason::UnappliedConfig)
    }
}

/// Whether a leader of the receiver's term may still be protected by its lease.
///
/// Source: etcd-io/raft raft.go Step (inLease)
pub(crate) fn in_lease(mem: &Memory, config: &Config, now: Time) -> bool {
    let base = mem.leader.as_ref().map_or(mem.election_base, |leader| leader.quorum_base);
    config.check_quorum && mem.leader_id.is_some() && now.since_us(base) < config.election_us()
}

impl Node<'_, '_> {
    /// A timer is due.
    fn wake(&mut self, timer: Timer) {
        match timer {
            Timer::Election => self.campaign(false),
            Timer::AskAgain => self.ask_for_votes(false),
            Timer::Heartbeat => self.beat(),
            Timer::CheckQuorum => self.check_quorum(),
            Timer::Transfer => self.transfer_timed_out(),
            Timer::CatchUp => self.catch_up_over(),
            Timer::Retry(peer) => self.retry(peer),
            Timer::Snapshot(peer) => self.snapshot_reported(peer, false),
            Timer::ClientRetry | Timer::ClientLoad => self.ignore(None, "", Reason::WrongReceiver),
        }
    }

    /// A message of another node: first what its term means, then its own handler.
    ///
    /// Source: etcd-io/raft raft.go Step; dissertation 3.3
    fn receive(&mut self, from: NodeId, message: Message) {
        let Message { term, body } = message;
        let kind = body.kind();
        if term > self.disk.current_term {
            match &body {
                // A promise about the future: no term changes.
                Body::PreVoteResp { granted: true } => {}
                Body::PreVote { .. } | Body::Vote { transfer: false, .. } if self.leased() => {
                    return self.ignore(Some(from), kind, Reason::Lease);
                }
                Body::PreVote { .. } => {}
                Body::Vote { .. } if self.hands_over_to(from) => {
                    self.end_transfer(Code::Success);
                    self.become_follower(term, None);
                }
                Body::Append(_) | Body::Heartbeat { .. } | Body::Snapshot(_) => {
                    self.become_follower(term, Some(from));
                }
                _ => self.become_follower(term, None),
            }
        } else if term > 0 && term < self.disk.current_term {
            return self.receive_stale(from, &body);
        }
        if let Some(p) = self.progress(from).filter(|_| term > 0) {
            p.recent_active = true;
        }
        match body {
            Body::PreVote { last_index, last_term } => {
                self.handle_vote(from, term, (last_term, last_index), true);
            }
            Body::Vote { last_index, last_term, .. } => {
                self.handle_vote(from, term, (last_term, last_index), false);
            }
            Body::PreVoteResp { granted } => self.handle_vote_response(from, granted, Role::PreCandidate),
            Body::VoteResp { granted } => self.handle_vote_response(from, granted, Role::Candidate),
            Body::Append(append) => {
                if self.hear_leader(from, kind) {
                    self.handle_append(from, append);
                }
            }
            Body::Heartbeat { commit, round } => {
                if self.hear_leader(from, kind) {
                    self.handle_heartbeat(from, commit, round);
                }
            }
            Body::Snapshot(snapshot) => {
                if self.hear_leader(from, kind) {
                    self.handle_snapshot(from, &snapshot);
                }
            }
            Body::AppendResp(resp) => self.handle_append_response(from, resp),
            Body::HeartbeatResp { round } => self.handle_heartbeat_response(from, round),
            Body::TimeoutNow => self.handle_timeout_now(from),
            Body::ReadIndex { ctx } => self.handle_read_index(from, ctx),
            Body::ReadIndexResp { ctx, index } => self.handle_read_index_response(from, ctx, index),
            Body::ForwardPropose { text, origin } => self.handle_forwarded(from, text, origin),
            Body::ClientRequest { .. } | Body::ClientResponse { .. } => {
                self.ignore(Some(from), kind, Reason::WrongReceiver);
            }
        }
    }

    /// A message of an older term: a leader or pre-candidate of that term is told ours, nothing else is heard.
    fn receive_stale(&mut self, from: NodeId, body: &Body) {
        let kind = body.kind();
        match body {
            Body::Append(_) | Body::Heartbeat { .. } => {
                self.cx.note(Event::StaleAnswered { from, kind });
                self.reply_append(from, true, 0, (0, 0), (0, false));
            }
            Body::PreVote { .. } => {
                self.cx.note(Event::StaleAnswered { from, kind });
                self.reply_durably(from, self.disk.current_term, Body::PreVoteResp { granted: false });
            }
            _ => self.ignore(Some(from), kind, Reason::StaleTerm),
        }
    }

    /// The leader of this term speaks. False when that is a second one: this node stops.
    fn hear_leader(&mut self, from: NodeId, kind: &'static str) -> bool {
        if self.mem.role == Role::Leader {
            let reason =
                alloc::format!("{kind} of {from}, a second leader of term {}", self.disk.current_term);
            self.cx.effects.push(Effect::Abort { reason });
            return false;
        }
        if self.mem.role != Role::Follower {
            self.become_follower(self.disk.current_term, Some(from));
        }
        if self.mem.leader_id != Some(from) {
            self.cx.note(Event::LeaderHeard { leader: from, term: self.disk.current_term });
        }
        self.mem.leader_id = Some(from);
        self.mem.election_base = self.cx.now;
        true
    }

    fn leased(&self) -> bool {
        in_lease(self.mem, self.cx.settings, self.cx.now)
    }

    /// Tells why something is ignored.
    pub(crate) fn ignore(&mut self, from: Option<NodeId>, kind: &'static str, why: Reason) {
        self.cx.note(Event::Ignored { from, kind, why });
    }

    /// Sends a message of the current term.
    pub(crate) fn send(&mut self, to: NodeId, body: Body) {
        self.send_in(to, self.disk.current_term, body);
    }

    /// Sends a message of a term (0: of none).
    pub(crate) fn send_in(&mut self, to: impl Into<Addr>, term: u64, body: Body) {
        let to = to.into();
        if let (Body::VoteResp { granted: true }, Addr::Node(to)) = (&body, to) {
            self.cx.note(Event::VoteGranted { to, term });
        }
        self.cx.effects.push(Effect::Send { to, body: Message { term, body } });
    }

    /// Whether this node leads.
    pub(crate) fn leads(&self) -> bool {
        self.mem.role == Role::Leader
    }

    /// What this leader knows of a member.
    pub(crate) fn progress(&mut self, id: NodeId) -> Option<&mut Progress> {
        self.mem.leader.as_mut()?.progress.get_mut(id)
    }

    /// The members other than this leader.
    pub(crate) fn others(&self) -> Set {
        let all = self.mem.leader.as_ref().map_or(Set::EMPTY, |leader| leader.progress.ids());
        all.minus(Set::EMPTY.with(self.mem.id))
    }
}
