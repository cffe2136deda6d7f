//! Elections: campaigns, votes, and the changes of role.
//!
//! Source: dissertation 3.4, 3.6, 9.6; etcd-io/raft raft.go

use alloc::string::ToString;
use alloc::vec::Vec;
use kernel::{Digest, Hasher, NodeId, Show, Time, Value};

use crate::codes::{Code, Reason, Role};
use crate::command::TimerChange;
use crate::conf::{Set, Tally};
use crate::entry::Data;
use crate::event::Event;
use crate::message::Body;
use crate::node::{ELECTION_TIMEOUT, HEARTBEAT, Leader, Node, may_campaign};
use crate::progress::{Peers, Progress};
use crate::read::Round;

/// What a candidate was answered: by whom, never how often, so that a doubled answer adds nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Votes {
    /// Who granted.
    pub granted: Set,
    /// Who refused.
    pub rejected: Set,
}

impl Digest for Votes {
    fn digest(&self, h: &mut Hasher) {
        [self.granted, self.rejected].digest(h);
    }
}

impl Show for Votes {
    fn show(&self) -> Value {
        let granted = self.granted.iter().map(|id| (id.to_string(), Value::Word("granted")));
        let rejected = self.rejected.iter().map(|id| (id.to_string(), Value::Word("rejected")));
        Value::Map(granted.chain(rejected).collect::<Vec<_>>())
    }
}

impl Node<'_, '_> {
    /// Draws how long this node waits for a leader: uniform from T to 2T − 1 ticks.
    ///
    /// Source: etcd-io/raft raft.go resetRandomizedElectionTimeout
    pub(crate) fn draw_election_timeout(&mut self) {
        let ticks = self.cx.settings.election_tick;
        self.mem.election_timeout = self.cx.draw(ELECTION_TIMEOUT, ticks, ticks.saturating_mul(2));
        self.mem.election_base = self.cx.now;
    }

    /// An operator sets the timer: each node's in a place of its own between T and 2T, or to T; or moves it.
    ///
    /// Source: ongardie/raftscope raft.js spreadTimers, alignTimers
    pub(crate) fn set_election_timer(&mut self, how: TimerChange) -> Code {
        if let Some(why) = may_campaign(self.disk, self.mem) {
            self.cx.note(Event::CampaignRefused { why });
            return Code::Refused;
        }
        if let TimerChange::By(us) = how {
            return self.move_election_timer(us);
        }
        let least = self.cx.settings.election_tick;
        let place = if how == TimerChange::Apart { u64::from(self.mem.id.0) } else { 0 };
        let ticks = least + least.saturating_mul(place) / u64::from(self.cx.nodes.max(1));
        self.mem.election_timeout = ticks;
        self.mem.election_base = self.cx.now;
        self.cx.note(Event::TimerSet { ticks });
        Code::Success
    }

    /// Moves the timer: by whole ticks how long it waits, by what is less than one the instant from which it does.
    fn move_election_timer(&mut self, us: i64) -> Code {
        let (base, tick_us) = (self.mem.election_base, self.cx.settings.tick_us);
        let due = base.plus_us(self.cx.settings.ticks_us(self.mem.election_timeout));
        let due = due.0.saturating_add_signed(us);
        let ticks = due.saturating_sub(base.0).checked_div(tick_us).unwrap_or(0);
        self.mem.election_timeout = ticks;
        self.mem.election_base = Time(due - ticks * tick_us);
        self.cx.note(Event::TimerMoved { us });
        Code::Success
    }

    /// Writes term and vote.
    fn persist_term(&mut self, term: u64, vote: Option<NodeId>) {
        let from = self.disk.current_term;
        (self.disk.current_term, self.disk.voted_for) = (term, vote);
        self.dirty();
        if term != from {
            let unsynced = self.cx.settings.writes_later();
            self.cx.note(Event::TermChanged { from, to: term, unsynced });
        }
    }

    /// What every change of role or term resets.
    ///
    /// Source: etcd-io/raft raft.go reset
    fn reset(&mut self, term: u64) {
        if term != self.disk.current_term {
            self.persist_term(term, None);
        }
        self.mem.leader_id = None;
        self.mem.votes = Votes::default();
        self.mem.asked = None;
        self.draw_election_timeout();
        if let Some(leader) = self.mem.leader.take() {
            self.leadership_over(leader);
        }
        self.drop_forwarded_reads();
    }

    /// Source: etcd-io/raft raft.go becomeFollower
    pub(crate) fn become_follower(&mut self, term: u64, leader: Option<NodeId>) {
        let was = self.mem.role;
        self.reset(term);
        self.mem.role = Role::Follower;
        self.mem.leader_id = leader;
        if was != Role::Follower {
            self.cx.note(Event::BecameFollower { was, term, leader });
        }
    }

    /// The election timer fired, an operator asks, or (`transfer`) the leader does.
    ///
    /// Source: etcd-io/raft raft.go hup, campaign
    pub(crate) fn campaign(&mut self, transfer: bool) {
        if let Some(why) = may_campaign(self.disk, self.mem) {
            return self.cx.note(Event::CampaignRefused { why });
        }
        if self.cx.settings.pre_vote && !transfer {
            self.mem.role = Role::PreCandidate;
            self.mem.leader_id = None;
            self.mem.votes = Votes::default();
            self.draw_election_timeout();
            self.note_campaign(false);
            self.mem.votes.granted = Set::EMPTY.with(self.mem.id);
            self.mem.asked = Some(self.cx.now);
            self.drop_forwarded_reads();
            if !self.count_votes() {
                self.ask_for_votes(false);
            }
            return;
        }
        self.campaign_for_real(transfer);
    }

    fn note_campaign(&mut self, transfer: bool) {
        let (term, pre) = (self.disk.current_term, self.mem.role == Role::PreCandidate);
        let last = (self.disk.last_index(), self.disk.last_term());
        self.cx.note(Event::Campaigned { pre, term: term + u64::from(pre), last, transfer });
    }

    /// A real candidate: its own vote counts once it is on disk.
    fn campaign_for_real(&mut self, transfer: bool) {
        let term = self.disk.current_term + 1;
        self.reset(term);
        self.mem.role = Role::Candidate;
        self.persist_term(term, Some(self.mem.id));
        self.note_campaign(transfer);
        self.mem.asked = Some(self.cx.now);
        if self.cx.settings.writes_later() {
            return self.ask_for_votes(transfer);
        }
        if !self.own_vote_durable() {
            self.ask_for_votes(transfer);
        }
    }

    /// The candidate's own vote is on disk. True when that decides.
    pub(crate) fn own_vote_durable(&mut self) -> bool {
        if self.mem.role != Role::Candidate || self.mem.votes.granted.has(self.mem.id) {
            return false;
        }
        self.cx.note(Event::VoteGranted { to: self.mem.id, term: self.disk.current_term });
        self.mem.votes.granted = self.mem.votes.granted.with(self.mem.id);
        self.count_votes()
    }

    /// Asks every voter that has not answered: of a joint config, both halves.
    pub(crate) fn ask_for_votes(&mut self, transfer: bool) {
        let (last_index, last_term) = (self.disk.last_index(), self.disk.last_term());
        let answered = self.mem.votes.granted.or(self.mem.votes.rejected).with(self.mem.id);
        let term = self.disk.current_term;
        for to in self.mem.config.all_voters().minus(answered).iter() {
            match self.mem.role {
                Role::PreCandidate => self.send_in(to, term + 1, Body::PreVote { last_index, last_term }),
                Role::Candidate => self.send(to, Body::Vote { last_index, last_term, transfer }),
                Role::Follower | Role::Leader => {}
            }
        }
        let more = self.mem.config.all_voters().minus(answered);
        self.mem.asked = (!more.is_empty()).then_some(self.cx.now);
    }

    /// A node asks for a vote, or (`pre`) whether it would get one.
    ///
    /// Source: etcd-io/raft raft.go Step; dissertation 3.6.1
    pub(crate) fn handle_vote(&mut self, from: NodeId, term: u64, theirs: (u64, u64), pre: bool) {
        let mine = (self.disk.last_term(), self.disk.last_index());
        let vote = self.disk.voted_for;
        let refusal = match vote {
            _ if theirs < mine => Some(Reason::LogBehind),
            _ if pre && term > self.disk.current_term => None,
            Some(other) if other != from => Some(Reason::AlreadyVoted),
            None if self.mem.leader_id.is_some() => Some(Reason::KnownLeader),
            _ => None,
        };
        match (refusal, pre) {
            (Some(why), _) => {
                self.cx.note(Event::VoteRefused { to: from, pre, why, mine, theirs, vote });
                let body = if pre {
                    Body::PreVoteResp { granted: false }
                } else {
                    Body::VoteResp { granted: false }
                };
                self.reply_durably(from, self.disk.current_term, body);
            }
            (None, true) => {
                self.cx.note(Event::PreVoteGranted { to: from, term });
                self.reply_durably(from, term, Body::PreVoteResp { granted: true });
            }
            (None, false) => {
                if vote.is_none() {
                    self.persist_term(term, Some(from));
                }
                self.mem.election_base = self.cx.now;
                self.reply_durably(from, term, Body::VoteResp { granted: true });
            }
        }
    }

    /// An answer to this candidate, if it is one of that kind.
    ///
    /// Source: etcd-io/raft raft.go stepCandidate
    pub(crate) fn handle_vote_response(&mut self, from: NodeId, granted: bool, asked_as: Role) {
        let kind = if asked_as == Role::PreCandidate { "PreVoteResp" } else { "VoteResp" };
        if self.mem.role != asked_as {
            return self.ignore(Some(from), kind, Reason::WrongRole);
        }
        let votes = &mut self.mem.votes;
        // The first answer stands.
        if !votes.granted.or(votes.rejected).has(from) {
            let side = if granted { &mut votes.granted } else { &mut votes.rejected };
            *side = side.with(from);
        }
        let (votes, config) = (self.mem.votes, self.mem.config);
        self.cx.note(Event::VoteCounted { from, granted, votes, config });
        self.count_votes();
    }

    /// Looks whether the votes decide. True when they do.
    fn count_votes(&mut self) -> bool {
        let Votes { granted, rejected } = self.mem.votes;
        let pre = self.mem.role == Role::PreCandidate;
        match self.mem.config.tally(granted, rejected) {
            Tally::Won if pre => self.campaign_for_real(false),
            Tally::Won => self.become_leader(),
            Tally::Lost => {
                self.cx.note(Event::ElectionLost { term: self.disk.current_term, pre });
                if pre || self.cx.settings.step_down_on_lost_election {
                    self.become_follower(self.disk.current_term, None);
                }
            }
            Tally::Pending => return false,
        }
        true
    }

    /// Source: etcd-io/raft raft.go becomeLeader; dissertation 3.4
    fn become_leader(&mut self) {
        let term = self.disk.current_term;
        self.reset(term);
        let (last, chain) = (self.disk.last_index(), self.disk.log.chain());
        self.mem.role = Role::Leader;
        self.mem.leader_id = Some(self.mem.id);
        self.cx.note(Event::BecameLeader { term, last, chain });
        let mut progress = Peers::default();
        for id in self.mem.config.members().with(self.mem.id).iter() {
            progress.insert(Progress::new(id, last + 1));
        }
        let now = self.cx.now;
        self.mem.leader = Some(Leader {
            progress,
            term_start_index: last + 1,
            pending_config_index: last,
            heartbeat_base: now,
            heartbeat_ticks: 0,
            quorum_base: now,
            transfer: None,
            lease_revoked: false,
            catch_up: None,
            round: 1,
            rounds: Vec::from([Round { number: 0, began: None }, Round { number: 1, began: Some(now) }]),
            read_queue: Vec::new(),
        });
        self.plan_heartbeat();
        if self.cx.settings.noop_on_election {
            return self.append_own(Data::Noop);
        }
        self.broadcast_append();
    }

    /// Sets when the next heartbeat is due.
    pub(crate) fn plan_heartbeat(&mut self) {
        let (least, most) = (self.cx.settings.heartbeat_tick, self.cx.settings.heartbeat_tick_max);
        let ticks = if most > least { self.cx.draw(HEARTBEAT, least, most) } else { least };
        let now = self.cx.now;
        if let Some(leader) = &mut self.mem.leader {
            (leader.heartbeat_base, leader.heartbeat_ticks) = (now, ticks);
        }
    }

    /// Once each T: without a quorum that was heard meanwhile this leader steps down.
    ///
    /// Source: etcd-io/raft raft.go stepLeader (MsgCheckQuorum); dissertation 6.2
    pub(crate) fn check_quorum(&mut self) {
        let (me, now) = (self.mem.id, self.cx.now);
        let Some(leader) = &mut self.mem.leader else { return };
        leader.quorum_base = now;
        let mut active = Set::EMPTY.with(me);
        for p in &mut leader.progress.0 {
            if core::mem::take(&mut p.recent_active) {
                active = active.with(p.id);
            }
        }
        let config = self.mem.config;
        let ok = config.quorum(active);
        self.cx.note(Event::QuorumChecked { active, config, ok });
        if !ok {
            self.become_follower(self.disk.current_term, None);
        }
    }
}
