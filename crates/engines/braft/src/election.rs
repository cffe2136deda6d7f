//! Elections: pre-votes, votes, and the request handlers in their exact order.
//!
//! Source: braft ab0017f node.cpp

use kernel::{MsgId, NodeId, Time, state};

use crate::ballot::Ballot;
use crate::codes::{Code, Reason, State};
use crate::configuration::{LogId, Set};
use crate::disk::Flush;
use crate::event::Event;
use crate::message::{Ctx, Message, VoteRequest, VoteResponse};
use crate::node::{Disrupted, Node};

state! {
    /// A round of pre-votes or votes.
    ///
    /// Source: braft ab0017f node.h NodeImpl::VoteBallotCtx
    pub struct VoteCtx {
        /// Grows with every round and its end: answers to others do not count.
        pub version: u32 = "version",
        /// Who granted; none: no round.
        pub ballot: Option<Ballot> = "ballot",
        /// An operator asked for it.
        pub triggered: bool = "triggered",
        /// Who refused only for the lease.
        pub reserved: Set = "reserved",
        /// The leader who may be disturbed.
        pub disrupted_leader: Option<Disrupted> = "disrupted_leader",
        /// What the requests said of the own log.
        pub last_log_id: LogId = "last_log_id",
        /// When the own lease is over.
        pub grant_self_timer: Option<Time> = "grant_self_timer",
    }
}

impl Default for VoteCtx {
    fn default() -> VoteCtx {
        VoteCtx {
            version: 0,
            ballot: None,
            triggered: false,
            reserved: Set::EMPTY,
            disrupted_leader: None,
            last_log_id: LogId::default(),
            grant_self_timer: None,
        }
    }
}

impl VoteCtx {
    /// Ends the round.
    ///
    /// Source: braft ab0017f node.cpp NodeImpl::VoteBallotCtx::reset
    pub(crate) fn reset(&mut self) {
        *self = VoteCtx { version: self.version + 1, ..VoteCtx::default() };
    }
}

impl Node<'_, '_> {
    fn ctx(&mut self, pre: bool) -> &mut VoteCtx {
        if pre { &mut self.mem.pre_vote_ctx } else { &mut self.mem.vote_ctx }
    }

    fn init_ctx(&mut self, pre: bool, triggered: bool) {
        let conf = self.mem.conf;
        let ctx = self.ctx(pre);
        ctx.reset();
        ctx.ballot = Some(Ballot::new(conf.peers, conf.old_peers));
        ctx.triggered = triggered;
    }

    /// The election timer looks whether the lease of the leader is over. Heartbeats never touch the timer itself.
    ///
    /// Source: braft ab0017f node.cpp NodeImpl::handle_election_timeout
    pub(crate) fn handle_election_timeout(&mut self) {
        if self.mem.state != State::Follower {
            return;
        }
        let left = self.follower_lease_left();
        if !self.mem.vote_triggered && left > 0 {
            return self.cx.note(Event::LeaseHolds { left_us: left });
        }
        let triggered = core::mem::take(&mut self.mem.vote_triggered);
        self.reset_leader_id(None, Code::Eraftimedout);
        self.pre_vote(triggered);
    }

    /// Source: braft ab0017f node.cpp NodeImpl::pre_vote
    pub(crate) fn pre_vote(&mut self, triggered: bool) {
        if self.installing_snapshot() {
            return self.ignore(None, "PreVote", Reason::Installing);
        }
        if !self.mem.conf.all().has(self.mem.id) {
            return self.ignore(None, "PreVote", Reason::NotInConf);
        }
        let term = self.mem.current_term;
        self.flush_last_log_id(Flush::PreVote(triggered, term));
    }

    /// The disk has told its last entry: whoever waited for it goes on.
    pub(crate) fn flushed(&mut self, flush: Flush, last: LogId) {
        if !self.mem.state.active() {
            return self.flushed_too_late(flush);
        }
        match flush {
            Flush::PreVote(triggered, term) if term == self.mem.current_term => {
                self.ask_pre_votes(triggered, last);
            }
            Flush::ElectSelf(term) if term == self.mem.current_term => self.ask_votes(last),
            Flush::PreVote(..) => self.ignore(None, "PreVote", Reason::TermMoved),
            Flush::ElectSelf(_) => self.ignore(None, "RequestVote", Reason::TermMoved),
            Flush::PreVoteRequest(call, from, request) => self.decide_pre_vote(call, from, request, last),
            Flush::VoteRequest(call, from, request, term) => {
                self.decide_vote(call, from, request, term, last);
            }
        }
    }

    /// The node broke or stops while the disk was waited for: it answers like any node that is not active.
    fn flushed_too_late(&mut self, flush: Flush) {
        self.ignore(None, "RequestVote", Reason::NotActive);
        match flush {
            Flush::PreVoteRequest(call, ..) => self.rpc_error(call, Code::Einval),
            Flush::VoteRequest(call, ..) => self.rpc_error(call, Code::Einval),
            Flush::PreVote(..) | Flush::ElectSelf(_) => {}
        }
    }

    fn ask_pre_votes(&mut self, triggered: bool, last: LogId) {
        if self.mem.state != State::Follower {
            return self.ignore(None, "PreVote", Reason::WrongState);
        }
        self.init_ctx(true, triggered);
        self.mem.pre_vote_ctx.last_log_id = last;
        let (version, term) = (self.mem.pre_vote_ctx.version, self.mem.current_term);
        self.cx.note(Event::PreVoteStarted { term, last, triggered });
        let request = VoteRequest { term: term + 1, last, disrupted_leader: None };
        let timeout = self.election_timeout_ms();
        for peer in self.mem.conf.all().without(self.mem.id).iter() {
            self.call(peer, Message::PreVote(request), Ctx::PreVote { version, term }, Some(timeout));
        }
        self.grant_self(true);
    }

    /// The node's own grant, once its lease allows it.
    ///
    /// Source: braft ab0017f node.cpp NodeImpl::grant_self
    pub(crate) fn grant_self(&mut self, pre: bool) {
        let (wait, me, now) = (self.votable_time(), self.mem.id, self.cx.now);
        if wait > 0 {
            self.ctx(pre).grant_self_timer = Some(now.plus_us(wait));
            return self.cx.note(Event::GrantSelfWaits { wait_us: wait });
        }
        self.grant(pre, me);
        self.decide(pre);
    }

    fn grant(&mut self, pre: bool, peer: NodeId) {
        let Some(ballot) = &mut self.ctx(pre).ballot else { return };
        ballot.grant(peer);
        let ballot = *ballot;
        self.cx.note(Event::Granted { peer, pre, ballot });
    }

    /// Whether the ballot decides. True when it did.
    fn decide(&mut self, pre: bool) -> bool {
        if !self.ctx(pre).ballot.is_some_and(|ballot| ballot.granted()) {
            return false;
        }
        if pre {
            self.elect_self(false)
        } else {
            self.become_leader()
        }
        true
    }

    /// Any active node answers, a leader too: nobody looks whether a leader is heard, but for leases.
    ///
    /// Source: braft ab0017f node.cpp NodeImpl::handle_pre_vote_request
    pub(crate) fn handle_pre_vote_request(&mut self, call: MsgId, from: NodeId, request: VoteRequest) {
        if request.term < self.mem.current_term {
            self.cx.note(Event::VoteRefused { to: from, pre: true, why: Reason::StaleTerm });
            return self.respond_pre_vote(call, false, false);
        }
        self.flush_last_log_id(Flush::PreVoteRequest(call, from, request));
    }

    fn decide_pre_vote(&mut self, call: MsgId, from: NodeId, request: VoteRequest, last: LogId) {
        let (grantable, votable) = (request.last >= last, self.votable_time() == 0);
        match (grantable, votable) {
            (true, true) => self.cx.note(Event::PreVoteGranted { to: from, term: request.term }),
            (false, _) => {
                self.cx.note(Event::VoteRefused { to: from, pre: true, why: Reason::LogBehind });
            }
            (true, false) => self.cx.note(Event::VoteRefused { to: from, pre: true, why: Reason::Lease }),
        }
        self.respond_pre_vote(call, grantable && votable, grantable && !votable);
    }

    fn respond_pre_vote(&mut self, call: MsgId, granted: bool, rejected_by_lease: bool) {
        let (term, disrupted) = (self.mem.current_term, self.mem.state == State::Leader);
        let response = VoteResponse { term, granted, rejected_by_lease, disrupted, previous_term: term };
        self.cx.respond(call, Message::PreVoteResponse(response));
    }

    /// Source: braft ab0017f node.cpp NodeImpl::handle_pre_vote_response
    pub(crate) fn handle_pre_vote_response(
        &mut self,
        from: NodeId,
        version: u32,
        term: u64,
        response: VoteResponse,
    ) {
        let stale = match () {
            () if version != self.mem.pre_vote_ctx.version => Some(Reason::OldVersion),
            () if self.mem.state != State::Follower => Some(Reason::WrongState),
            () if term != self.mem.current_term => Some(Reason::StaleTerm),
            () => None,
        };
        if let Some(why) = stale {
            return self.ignore(Some(from), "PreVote", why);
        }
        if response.term > self.mem.current_term {
            return self.step_down(response.term, false, Code::Ehighertermresponse);
        }
        if !response.granted && !response.rejected_by_lease {
            return self.ignore(Some(from), "PreVote", Reason::NotGranted);
        }
        if response.rejected_by_lease && !self.mem.pre_vote_ctx.triggered {
            return self.ignore(Some(from), "PreVote", Reason::Lease);
        }
        self.remember_disrupted(true, from, response);
        let ctx = &mut self.mem.pre_vote_ctx;
        if response.rejected_by_lease {
            ctx.reserved = ctx.reserved.with(from);
            self.cx.note(Event::Reserved { peer: from, pre: true });
        }
        let ctx = &mut self.mem.pre_vote_ctx;
        let mut granted = Set::EMPTY;
        if ctx.disrupted_leader.is_some() {
            granted = core::mem::take(&mut ctx.reserved);
        }
        if response.granted {
            granted = granted.with(from);
        }
        for peer in granted.iter() {
            self.grant_of(true, peer);
        }
        self.decide(true);
    }

    fn remember_disrupted(&mut self, pre: bool, from: NodeId, response: VoteResponse) {
        if response.disrupted {
            self.ctx(pre).disrupted_leader = Some(Disrupted { peer: from, term: response.previous_term });
        }
    }

    /// A peer grants; when it is the leader heard last, this node need not wait for the end of its lease.
    fn grant_of(&mut self, pre: bool, peer: NodeId) {
        self.grant(pre, peer);
        if self.mem.follower_lease.last_leader == Some(peer) {
            let me = self.mem.id;
            self.grant(pre, me);
            self.ctx(pre).grant_self_timer = None;
        }
    }

    /// Source: braft ab0017f node.cpp NodeImpl::elect_self
    pub(crate) fn elect_self(&mut self, old_leader_stepped_down: bool) {
        if !self.mem.conf.all().has(self.mem.id) {
            return self.ignore(None, "RequestVote", Reason::NotInConf);
        }
        if self.mem.state == State::Follower {
            self.mem.election_timer = None;
        }
        let (old_leader, old_term) = (self.mem.leader_id, self.mem.current_term);
        self.reset_leader_id(None, Code::Eraftimedout);
        self.mem.state = State::Candidate;
        self.set_term(old_term + 1, Some(self.mem.id));
        self.cx.note(Event::BecameCandidate { term: old_term + 1 });
        self.start_vote_timer();
        self.mem.pre_vote_ctx.reset();
        self.init_ctx(false, false);
        if old_leader_stepped_down {
            self.mem.vote_ctx.disrupted_leader = old_leader.map(|peer| Disrupted { peer, term: old_term });
            self.expire_follower_lease();
        }
        let term = self.mem.current_term;
        self.flush_last_log_id(Flush::ElectSelf(term));
    }

    /// The requests go out, then term and vote are written, then this node votes for itself.
    fn ask_votes(&mut self, last: LogId) {
        if self.mem.state != State::Candidate {
            return self.ignore(None, "RequestVote", Reason::WrongState);
        }
        self.mem.vote_ctx.last_log_id = last;
        self.request_peers_to_vote(self.mem.conf.all().without(self.mem.id));
        if !self.set_term_and_votedfor() {
            // The others are asked already, and may elect it without its own vote.
            self.mem.voted_id = None;
            return;
        }
        let (to, term) = (self.mem.id, self.mem.current_term);
        self.cx.note(Event::VoteGranted { to, term });
        self.grant_self(false);
    }

    /// Source: braft ab0017f node.cpp NodeImpl::request_peers_to_vote
    fn request_peers_to_vote(&mut self, peers: Set) {
        let (version, term) = (self.mem.vote_ctx.version, self.mem.current_term);
        let disrupted_leader = self.mem.vote_ctx.disrupted_leader.as_ref().map(|d| (d.peer, d.term));
        let request = VoteRequest { term, last: self.mem.vote_ctx.last_log_id, disrupted_leader };
        let timeout = self.election_timeout_ms();
        for peer in peers.iter() {
            self.call(peer, Message::RequestVote(request), Ctx::Vote { version, term }, Some(timeout));
        }
    }

    /// The candidate did not win: it falls back and pre-votes at once, in the same term.
    ///
    /// Source: braft ab0017f node.cpp NodeImpl::handle_vote_timeout
    pub(crate) fn handle_vote_timeout(&mut self) {
        if self.mem.state != State::Candidate {
            return;
        }
        let term = self.mem.current_term;
        self.cx.note(Event::VoteTimedOut { term });
        if self.cx.settings.raft_step_down_when_vote_timedout {
            self.step_down(term, false, Code::Eraftimedout);
            self.pre_vote(false);
        } else {
            self.elect_self(false);
        }
    }

    /// Source: braft ab0017f node.cpp NodeImpl::handle_request_vote_request
    pub(crate) fn handle_request_vote_request(&mut self, call: MsgId, from: NodeId, request: VoteRequest) {
        let follows = |(peer, term)| self.mem.leader_id == Some(peer) && self.mem.current_term == term;
        if self.mem.state == State::Follower && request.disrupted_leader.is_some_and(follows) {
            self.expire_follower_lease();
            self.cx.note(Event::LeaseGivenUp { candidate: from });
        }
        let previous_term = self.mem.current_term;
        if request.term < previous_term {
            self.cx.note(Event::VoteRefused { to: from, pre: false, why: Reason::StaleTerm });
            return self.respond_vote(call, from, request, previous_term, false, false);
        }
        self.flush_last_log_id(Flush::VoteRequest(call, from, request, previous_term));
    }

    /// Only the term is looked at again after the disk was waited for.
    fn decide_vote(&mut self, call: MsgId, from: NodeId, request: VoteRequest, before: u64, last: LogId) {
        let refuse = |why| Event::VoteRefused { to: from, pre: false, why };
        if self.mem.current_term != before {
            self.cx.note(refuse(Reason::TermMoved));
            return self.respond_vote(call, from, request, before, false, false);
        }
        let log_is_ok = request.last >= last;
        if self.votable_time() > 0 {
            self.cx.note(refuse(Reason::Lease));
            return self.respond_vote(call, from, request, before, log_is_ok, false);
        }
        let mut disrupted = false;
        if request.term > self.mem.current_term {
            disrupted = self.mem.state.leads();
            self.step_down(request.term, false, Code::Ehighertermrequest);
        }
        if !log_is_ok {
            self.cx.note(refuse(Reason::LogBehind));
        } else if self.mem.voted_id.is_none() {
            self.step_down(request.term, false, Code::Evoteforcandidate);
            self.mem.voted_id = Some(from);
            if self.set_term_and_votedfor() {
                self.cx.note(Event::VoteGranted { to: from, term: request.term });
            } else {
                self.mem.voted_id = None;
                self.cx.note(refuse(Reason::MetaUnsaved));
            }
        } else if self.mem.voted_id != Some(from) {
            self.cx.note(refuse(Reason::AlreadyVoted));
        }
        self.respond_vote(call, from, request, before, false, disrupted);
    }

    fn respond_vote(
        &mut self,
        call: MsgId,
        from: NodeId,
        request: VoteRequest,
        previous_term: u64,
        rejected_by_lease: bool,
        disrupted: bool,
    ) {
        let term = self.mem.current_term;
        let granted = request.term == term && self.mem.voted_id == Some(from);
        let response = VoteResponse { term, granted, rejected_by_lease, disrupted, previous_term };
        self.respond(call, Message::RequestVoteResponse(response));
    }

    /// Source: braft ab0017f node.cpp NodeImpl::handle_request_vote_response
    pub(crate) fn handle_request_vote_response(
        &mut self,
        from: NodeId,
        version: u32,
        term: u64,
        response: VoteResponse,
    ) {
        let stale = match () {
            () if version != self.mem.vote_ctx.version => Some(Reason::OldVersion),
            () if self.mem.state != State::Candidate => Some(Reason::WrongState),
            () if term != self.mem.current_term => Some(Reason::StaleTerm),
            () => None,
        };
        if let Some(why) = stale {
            return self.ignore(Some(from), "RequestVote", why);
        }
        if response.term > self.mem.current_term {
            return self.step_down(response.term, false, Code::Ehighertermresponse);
        }
        if !response.granted && !response.rejected_by_lease {
            return self.ignore(Some(from), "RequestVote", Reason::NotGranted);
        }
        self.remember_disrupted(false, from, response);
        if response.granted {
            self.grant_of(false, from);
            if self.decide(false) {
                return;
            }
        } else {
            self.mem.vote_ctx.reserved = self.mem.vote_ctx.reserved.with(from);
            self.cx.note(Event::Reserved { peer: from, pre: false });
        }
        if self.mem.vote_ctx.disrupted_leader.is_some() {
            let again = core::mem::take(&mut self.mem.vote_ctx.reserved);
            if !again.is_empty() {
                self.cx.note(Event::AskedAgain { peers: again });
            }
            self.request_peers_to_vote(again);
        }
    }
}
