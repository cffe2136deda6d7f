//! Leadership handed over, and a candidate woken by a leader that goes.
//!
//! Source: braft ab0017f node.cpp NodeImpl::transfer_leadership_to; replicator.cpp ReplicatorGroup

use kernel::{MsgId, NodeId, Part, Time, state};

use crate::codes::{Code, Reason, State};
use crate::event::Event;
use crate::fsm_caller::FsmTask;
use crate::message::{Ctx, Message};
use crate::node::Node;
use crate::replicator::Replicator;
use crate::timer::CANDIDATE;

state! {
    /// A handover under way.
    pub struct Transfer {
        /// To whom.
        pub peer: NodeId = "peer",
        /// When it is given up.
        pub due: Time = "due",
    }
}

impl Node<'_, '_> {
    /// Hands leadership to `peer`, or (none) to the one that has most.
    ///
    /// Source: braft ab0017f node.cpp NodeImpl::transfer_leadership_to
    pub(crate) fn transfer_leadership_to(&mut self, peer: Option<NodeId>) -> Code {
        match self.mem.state {
            State::Leader => {}
            State::Transferring => return Code::Ebusy,
            _ => return Code::Eperm,
        }
        if self.conf_busy() {
            return Code::Ebusy;
        }
        // braft ends with −1 when it finds nobody; here that is EINVAL.
        let Some(peer) = peer.or_else(|| self.find_the_next_candidate()) else { return Code::Einval };
        if peer == self.mem.id {
            return Code::Ok;
        }
        if !self.mem.conf.all().has(peer) || !self.may_lead(peer) {
            return Code::Einval;
        }
        let last = self.mem.lm.last_index();
        let Some(rep) = self.rep(peer) else { return Code::Einval };
        if rep.consecutive_errors > 0 {
            return Code::Ehostunreach;
        }
        let ready = rep.has_succeeded && rep.min_flying() > last;
        if !ready {
            rep.timeout_now_index = last;
        }
        let due = self.cx.now.plus_ms(self.election_timeout_ms());
        self.mem.state = State::Transferring;
        self.leader_lease_on_leader_stop();
        let term = self.mem.current_term;
        self.cx.note(Event::TransferStarted { to: peer, waits: !ready });
        self.fsm_enqueue(FsmTask::LeaderStop(term, Code::Etransferleadership));
        self.mem.transfer = Some(Transfer { peer, due });
        if ready {
            self.send_timeout_now(peer, false);
        }
        Code::Ok
    }

    /// Nobody took over: this node leads on, in the same term.
    ///
    /// Source: braft ab0017f node.cpp NodeImpl::handle_transfer_timeout
    pub(crate) fn handle_transfer_timeout(&mut self) {
        let Some(transfer) = self.mem.transfer.take() else { return };
        if let Some(rep) = self.rep(transfer.peer) {
            rep.timeout_now_index = 0;
        }
        if self.mem.state == State::Transferring {
            self.leader_lease_on_leader_start();
            self.mem.state = State::Leader;
            self.cx.note(Event::TransferTimedOut { to: transfer.peer });
            let (term, epoch) = (self.mem.current_term, self.mem.leader_lease.lease_epoch);
            self.fsm_enqueue(FsmTask::LeaderStart(term, epoch));
        }
    }

    /// Source: braft ab0017f replicator.cpp Replicator::_send_timeout_now
    pub(crate) fn send_timeout_now(&mut self, peer: NodeId, old_leader_stepped_down: bool) {
        let timeout = old_leader_stepped_down.then(|| self.election_timeout_ms());
        let Some(rep) = self.rep(peer) else { return };
        let (term, ctx) = (rep.term, Ctx::TimeoutNow { replicator: rep.number });
        // Only a handover can be given up: what wakes a candidate is the replicator's last word.
        if !old_leader_stepped_down {
            rep.timeout_now_index = 0;
            rep.timeout_now_in_fly = Some(ctx);
        }
        self.cx.note(Event::TimeoutNowSent { to: peer, old_leader_stepped_down });
        let request = Message::TimeoutNow { term, old_leader_stepped_down };
        self.call(peer, request, ctx, timeout);
    }

    /// Of the members whose calls do not fail, the one that has most; among equals one is drawn.
    ///
    /// Source: braft ab0017f replicator.cpp ReplicatorGroup::find_the_next_candidate
    fn find_the_next_candidate(&mut self) -> Option<NodeId> {
        let members = self.mem.conf.all();
        let may = |rep: &&Part<Replicator>| {
            members.has(rep.peer) && rep.consecutive_errors == 0 && !self.witness(rep.peer)
        };
        let has = |rep: &Part<Replicator>| if rep.has_succeeded { rep.min_flying() } else { 0 };
        let most = self.mem.replicators.iter().filter(may).map(has).max()?;
        let best = self.mem.replicators.iter().filter(may).filter(|rep| has(rep) == most);
        let best: alloc::vec::Vec<NodeId> = best.map(|rep| rep.peer).collect();
        let at = match best.len() {
            1 => 0,
            count => usize::try_from(self.cx.draw(CANDIDATE, 0, count as u64)).unwrap_or(0),
        };
        best.get(at).copied()
    }

    /// This leader goes: all replicators end but that of the peer that has most, which wakes it and ends when that call
    /// has. Until then it works on in its old term; nobody counts what it hears.
    ///
    /// Source: braft ab0017f replicator.cpp ReplicatorGroup::stop_all_and_find_the_next_candidate,
    /// Replicator::send_timeout_now_and_stop
    pub(crate) fn stop_all_and_find_the_next_candidate(&mut self) {
        let candidate = self.find_the_next_candidate();
        let at = self.mem.replicators.iter().position(|rep| Some(rep.peer) == candidate);
        self.mem.waking_candidate = at.map(|at| self.mem.replicators.remove(at));
        self.stop_all();
        if let Some(peer) = candidate {
            self.send_timeout_now(peer, true);
        }
    }

    /// Whether this is the last replicator of a leadership that is over.
    fn wakes(&self, replicator: u32) -> bool {
        self.mem.waking_candidate.as_ref().is_some_and(|rep| rep.number == replicator)
    }

    /// The leader wants this node to campaign at once: without a pre-vote.
    ///
    /// Source: braft ab0017f node.cpp NodeImpl::handle_timeout_now_request
    pub(crate) fn handle_timeout_now_request(
        &mut self,
        call: MsgId,
        from: NodeId,
        term: u64,
        old_leader_stepped_down: bool,
    ) {
        let refuse = |term| Message::TimeoutNowResponse { term, success: false };
        if term != self.mem.current_term {
            if term > self.mem.current_term {
                self.step_down(term, false, Code::Ehighertermrequest);
            }
            self.ignore(Some(from), "TimeoutNow", Reason::StaleTerm);
            return self.cx.respond(call, refuse(self.mem.current_term));
        }
        if self.mem.state != State::Follower {
            self.ignore(Some(from), "TimeoutNow", Reason::WrongState);
            return self.cx.respond(call, refuse(term));
        }
        // Without leases the answer already carries the term of the election, which deposes the old leader.
        let answered = if self.cx.settings.raft_enable_leader_lease { term } else { term + 1 };
        self.cx.respond(call, Message::TimeoutNowResponse { term: answered, success: true });
        self.elect_self(old_leader_stepped_down);
    }

    /// The call has ended, however: with it the last replicator of a leader that went.
    pub(crate) fn timeout_now_ended(&mut self, peer: NodeId, replicator: u32) {
        if self.wakes(replicator) {
            self.stop_replicator(peer);
        } else if let Some(rep) = self.rep(peer).filter(|rep| rep.number == replicator) {
            rep.timeout_now_in_fly = None;
        }
    }

    /// Source: braft ab0017f replicator.cpp Replicator::_on_timeout_now_returned
    pub(crate) fn on_timeout_now_returned(
        &mut self,
        peer: NodeId,
        replicator: u32,
        term: u64,
        success: bool,
    ) {
        let of = self.replicator(peer).filter(|rep| rep.number == replicator);
        let Some(sent_in) = of.map(|rep| rep.term) else {
            return self.ignore(Some(peer), "TimeoutNow", Reason::NoReplicator);
        };
        self.timeout_now_ended(peer, replicator);
        self.cx.note(Event::TimeoutNowAnswered { peer, success });
        if term > sent_in {
            self.stop_replicator(peer);
            self.increase_term_to(term, Code::Ehighertermresponse);
        }
    }

    /// An operator shortens the election timeout and lets the next election timer campaign.
    ///
    /// Source: braft ab0017f node.cpp NodeImpl::vote
    pub(crate) fn vote(&mut self, ms: u64) -> Code {
        if self.mem.state != State::Follower {
            return Code::Eperm;
        }
        let sum = self.election_timeout_ms() + self.max_clock_drift_ms();
        if ms > sum || ms == 0 {
            return Code::Einval;
        }
        self.mem.vote_triggered = true;
        self.reset_election_timeout(Some((ms, Some(sum - ms))))
    }

    /// Election timeout and clock drift are these, or what the settings say again. Vote and stepdown timers keep the
    /// times they began with.
    ///
    /// Source: braft ab0017f node.cpp NodeImpl::reset_election_timeout_ms
    pub(crate) fn reset_election_timeout(&mut self, to: Option<(u64, Option<u64>)>) -> Code {
        let drift = self.cx.settings.max_clock_drift_ms;
        let timeouts = |(election_timeout_ms, own): (u64, Option<u64>)| crate::node::Timeouts {
            election_timeout_ms,
            max_clock_drift_ms: own.unwrap_or(drift),
        };
        self.mem.reset_timeouts = to.map(timeouts);
        let (election_timeout_ms, drift_ms) = (self.election_timeout_ms(), self.max_clock_drift_ms());
        self.cx.note(Event::TimeoutsReset { election_timeout_ms, drift_ms });
        if self.mem.election_timer.take().is_some() {
            self.start_election_timer();
        }
        Code::Ok
    }
}
