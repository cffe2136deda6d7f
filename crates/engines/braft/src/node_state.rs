//! Changes of state: stepping down in its exact order, becoming leader, and the look for a quorum.
//!
//! Source: braft ab0017f node.cpp

use alloc::string::ToString;
use kernel::{Effect, NodeId};

use crate::codes::{Code, State};
use crate::configuration::Set;
use crate::event::Event;
use crate::fsm_caller::FsmTask;
use crate::message::Responder;
use crate::node::Node;

impl Node<'_, '_> {
    /// The term in memory; [`Node::set_term_and_votedfor`] puts it on disk within the same handler, or after the disk's queue.
    pub(crate) fn set_term(&mut self, term: u64, voted_id: Option<NodeId>) {
        let from = core::mem::replace(&mut self.mem.current_term, term);
        self.mem.voted_id = voted_id;
        if from != term {
            self.cx.note(Event::TermChanged { from, to: term });
        }
    }

    /// Writes term and vote, at once. False: the disk failed, and holds what it held before.
    ///
    /// Source: braft ab0017f raft_meta.cpp set_term_and_votedfor
    pub(crate) fn set_term_and_votedfor(&mut self) -> bool {
        if self.cx.write_fails() {
            let (term, vote) = (self.mem.current_term, self.mem.voted_id);
            self.cx.note(Event::MetaFailed { term, vote });
            return false;
        }
        self.save_meta();
        true
    }

    /// The record of term and vote is what memory says.
    pub(crate) fn save_meta(&mut self) {
        let (term, vote) = (self.mem.current_term, self.mem.voted_id);
        (self.disk.term, self.disk.voted_for) = (term, vote);
        self.cx.note(Event::MetaSaved { term, vote });
    }

    /// This node follows nobody or somebody else, perhaps in a new term.
    ///
    /// Source: braft ab0017f node.cpp NodeImpl::step_down
    pub(crate) fn step_down(&mut self, term: u64, wakeup_a_candidate: bool, why: Code) {
        let was = self.mem.state;
        if !was.active() {
            return;
        }
        match was {
            State::Candidate => {
                self.mem.vote_timer = None;
                self.mem.vote_ctx.reset();
            }
            State::Follower => self.mem.pre_vote_ctx.reset(),
            State::Leader | State::Transferring => {
                self.mem.stepdown_timer = None;
                self.clear_pending_tasks();
                if was == State::Leader {
                    self.leader_lease_on_leader_stop();
                    self.fsm_enqueue(FsmTask::LeaderStop(self.mem.current_term, why));
                }
            }
            State::Error | State::Uninitialized | State::Shutting | State::Shutdown => {}
        }
        self.reset_leader_id(None, why);
        self.mem.state = State::Follower;
        self.conf_ctx_reset(None);
        self.mem.majority_readonly = false;
        self.clear_append_cache();
        self.interrupt_downloading_snapshot();
        if was != State::Follower {
            self.cx.note(Event::SteppedDown { was, term, why });
        }
        if term > self.mem.current_term {
            self.set_term(term, None);
            // When that fails braft only logs it, and goes on in a term that a crash takes back.
            self.set_term_and_votedfor();
        }
        if wakeup_a_candidate {
            self.stop_all_and_find_the_next_candidate();
        } else {
            self.stop_all();
        }
        self.mem.transfer = None;
        self.start_election_timer();
    }

    /// Source: braft ab0017f node.cpp NodeImpl::reset_leader_id
    pub(crate) fn reset_leader_id(&mut self, leader: Option<NodeId>, why: Code) {
        let term = self.mem.current_term;
        match (self.mem.leader_id, leader) {
            (Some(old), None) if !self.mem.state.leads() => {
                self.fsm_enqueue(FsmTask::StopFollowing(old, term, why));
            }
            (None, Some(new)) => {
                self.mem.pre_vote_ctx.reset();
                self.fsm_enqueue(FsmTask::StartFollowing(new, term));
            }
            _ => {}
        }
        self.mem.leader_id = leader;
    }

    /// A leader of this term or a higher one speaks.
    ///
    /// Source: braft ab0017f node.cpp NodeImpl::check_step_down
    pub(crate) fn check_step_down(&mut self, term: u64, from: NodeId) {
        let follows = self.mem.state == State::Follower && self.mem.leader_id.is_some();
        if term > self.mem.current_term || !follows {
            self.step_down(term, false, Code::Enewleader);
        }
        if self.mem.leader_id.is_none() {
            self.reset_leader_id(Some(from), Code::Ok);
        }
    }

    /// An answer had a higher term.
    ///
    /// Source: braft ab0017f node.cpp NodeImpl::increase_term_to
    pub(crate) fn increase_term_to(&mut self, term: u64, why: Code) {
        if term > self.mem.current_term {
            self.step_down(term, false, why);
        }
    }

    /// Source: braft ab0017f node.cpp NodeImpl::become_leader
    pub(crate) fn become_leader(&mut self) {
        if self.mem.state != State::Candidate {
            return;
        }
        self.mem.vote_timer = None;
        self.mem.vote_ctx.reset();
        self.mem.state = State::Leader;
        self.mem.leader_id = Some(self.mem.id);
        let (term, last) = (self.mem.current_term, self.mem.lm.last_index());
        let chain = self.mem.lm.logs.chain();
        self.cx.note(Event::BecameLeader { term, last, chain });
        self.reset_follower_lease();
        self.leader_lease_on_leader_start();
        let conf = self.mem.conf;
        if let Some(peer) = self.mem.waking_candidate.as_ref().map(|rep| rep.peer) {
            self.stop_replicator(peer);
        }
        for peer in conf.all().without(self.mem.id).iter() {
            self.start_replicator(peer);
        }
        self.reset_pending_index(last + 1);
        self.conf_ctx_flush(conf);
        self.start_stepdown_timer();
    }

    /// Looks whether a quorum of each half has answered within an election timeout.
    ///
    /// Source: braft ab0017f node.cpp NodeImpl::handle_stepdown_timeout
    pub(crate) fn handle_stepdown_timeout(&mut self) {
        if !self.mem.state.leads() {
            self.mem.stepdown_timer = None;
            return;
        }
        if self.witness(self.mem.id) {
            // A witness leads only until somebody with a state machine can.
            let term = self.mem.current_term;
            self.cx.note(Event::WitnessHandsOver { term });
            return self.step_down(term, true, Code::Etransferleadership);
        }
        let conf = self.mem.conf;
        self.check_dead_nodes(conf.peers);
        if conf.joint() {
            self.check_dead_nodes(conf.old_peers);
        }
    }

    /// Source: braft ab0017f node.cpp NodeImpl::check_dead_nodes
    fn check_dead_nodes(&mut self, peers: Set) {
        let patience = kernel::times(self.election_timeout_ms(), 1000);
        let me = self.mem.id;
        let answers = |peer: &NodeId| {
            let rep = self.replicator(*peer);
            *peer == me || rep.is_some_and(|rep| self.cx.now.since_us(rep.last_rpc_send) <= patience)
        };
        let alive = peers.iter().filter(answers).fold(Set::EMPTY, Set::with);
        let ok = alive.len() >= peers.quorum();
        self.cx.note(Event::QuorumChecked { alive, peers, ok });
        if !ok {
            let term = self.mem.current_term;
            self.step_down(term, false, Code::Eraftimedout);
        }
    }

    /// A disk or state machine failed: nothing goes on until a restart.
    ///
    /// Source: braft ab0017f node.cpp NodeImpl::on_error
    pub(crate) fn on_error(&mut self, code: Code) {
        if !self.mem.state.active() {
            return;
        }
        self.cx.note(Event::NodeError { code });
        self.mem.fsm.error = Some(code);
        self.fsm_enqueue(FsmTask::Error(code));
        let (term, wake) = (self.mem.current_term, self.mem.state == State::Leader);
        self.step_down(term, wake, Code::Ebadnode);
        self.mem.state = State::Error;
        self.mem.election_timer = None;
    }

    /// Stops cleanly: a leader wakes its successor, then what is queued is finished.
    ///
    /// Source: braft ab0017f node.cpp NodeImpl::shutdown
    pub(crate) fn shutdown(&mut self, done: Responder) {
        if self.mem.state >= State::Shutting {
            return self.answer_code(done, Code::Ok);
        }
        if self.mem.state.active() {
            let (term, wake) = (self.mem.current_term, self.mem.state == State::Leader);
            self.step_down(term, wake, Code::Eshutdown);
        }
        self.mem.state = State::Shutting;
        self.mem.election_timer = None;
        self.mem.snapshot_timer = None;
        self.mem.shutdown = Some(done);
        self.cx.note(Event::ShuttingDown);
    }

    /// The node has stopped once disk and state machine have nothing left to do.
    ///
    /// Source: braft ab0017f node.cpp NodeImpl::after_shutdown
    pub(crate) fn after_shutdown(&mut self) {
        let works = self.mem.lm.busy || self.mem.fsm.busy() || self.mem.snapshots.writer.is_some();
        if self.mem.state == State::Shutting && !works {
            self.mem.state = State::Shutdown;
            if let Some(done) = self.mem.shutdown.take() {
                self.answer_code(done, Code::Ok);
            }
        }
        self.join();
    }

    /// The process of a node that has stopped ends, but not before the one it wakes has answered: with the process its
    /// call would go too.
    ///
    /// Source: braft ab0017f node.cpp NodeImpl::join
    fn join(&mut self) {
        if self.mem.state == State::Shutdown && self.mem.waking_candidate.is_none() {
            self.cx.effects.push(Effect::Abort { reason: "shutdown".to_string() });
        }
    }
}
