//! The ballot box: an own ballot for every entry a leader appends, and what its commit sets going.
//!
//! Source: braft ab0017f ballot_box.cpp BallotBox; closure_queue.cpp ClosureQueue

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use kernel::{Digest, Hasher, NodeId, Show, Value, state};

use crate::ballot::Ballot;
use crate::codes::{Code, Reason};
use crate::configuration::Set;
use crate::event::Event;
use crate::fsm_caller::FsmTask;
use crate::message::{Answer, Responder};
use crate::node::Node;

/// What happens when an entry is applied at the leader that appended it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Closure {
    /// A command is answered.
    Task(Responder),
    /// Nobody waits for this one of several commands given at once.
    Nobody,
    /// A configuration change goes on; the first entry of a leader also opens its service.
    Configuration(bool),
}

impl Digest for Closure {
    fn digest(&self, h: &mut Hasher) {
        match self {
            Closure::Task(responder) => {
                h.word(1);
                responder.digest(h);
            }
            Closure::Configuration(leader_start) => (2_u64, *leader_start).digest(h),
            Closure::Nobody => h.word(3),
        }
    }
}

impl Show for Closure {
    fn show(&self) -> Value {
        match self {
            Closure::Task(responder) => responder.show(),
            Closure::Configuration(_) => Value::Word("configuration"),
            Closure::Nobody => Value::None,
        }
    }
}

state! {
    /// Who waits for entries to be applied, in the order of the entries.
    ///
    /// Source: braft ab0017f closure_queue.cpp ClosureQueue
    #[derive(Default)]
    pub struct ClosureQueue {
        /// Index of the first one's entry.
        pub first_index: u64 = "first_index",
        /// The closures from there on.
        pub queue: VecDeque<Closure> = "queue",
    }
}

impl ClosureQueue {
    /// Takes out the closures of the entries up to `to`: the first one's index, and they.
    ///
    /// Source: braft ab0017f closure_queue.cpp ClosureQueue::pop_closure_until
    pub(crate) fn pop_closure_until(&mut self, to: u64) -> (u64, Vec<Closure>) {
        let first = self.first_index;
        let count = usize::try_from((to + 1).saturating_sub(first)).unwrap_or(usize::MAX);
        let popped: Vec<Closure> = self.queue.drain(..count.min(self.queue.len())).collect();
        self.first_index += popped.len() as u64;
        (first, popped)
    }
}

state! {
    /// The ballot box.
    #[derive(Default)]
    pub struct BallotBox {
        /// Everything up to here is committed; starts at 0 with every process.
        pub last_committed_index: u64 = "last_committed_index",
        /// Index of the first entry in the queue; 0: this node does not lead.
        pub pending_index: u64 = "pending_index",
        /// The ballots from there on.
        pub pending_queue: VecDeque<Ballot> = "pending_queue",
        /// Who waits for these entries, and for those committed but not yet applied.
        pub closures: ClosureQueue = "closure_queue",
    }
}

impl Node<'_, '_> {
    /// A new leader counts only entries after those it found: none of an earlier term.
    ///
    /// Source: braft ab0017f ballot_box.cpp BallotBox::reset_pending_index
    pub(crate) fn reset_pending_index(&mut self, first: u64) {
        self.mem.ballots.pending_index = first;
        self.mem.ballots.pending_queue.clear();
        self.mem.ballots.closures = ClosureQueue { first_index: first, ..ClosureQueue::default() };
    }

    /// The next entry to be appended gets its ballot.
    ///
    /// Source: braft ab0017f ballot_box.cpp BallotBox::append_pending_task
    pub(crate) fn append_pending_task(&mut self, peers: Set, old_peers: Set, closure: Closure) {
        self.mem.ballots.pending_queue.push_back(Ballot::new(peers, old_peers));
        self.mem.ballots.closures.queue.push_back(closure);
    }

    /// `peer` has the entries `first` to `last` on disk. The largest entry that is granted thereby is committed
    /// with everything before it.
    ///
    /// Source: braft ab0017f ballot_box.cpp BallotBox::commit_at
    pub(crate) fn commit_at(&mut self, first: u64, last: u64, peer: NodeId) {
        let pending = self.mem.ballots.pending_index;
        let end = pending + self.mem.ballots.pending_queue.len() as u64;
        let refusal = match () {
            () if pending == 0 => Some(Reason::Late),
            () if last < pending => Some(Reason::NotPending),
            () if last >= end => Some(Reason::OutOfRange),
            () => None,
        };
        if let Some(why) = refusal {
            return self.cx.note(Event::AckIgnored { peer, last, why });
        }
        let mut granted = None;
        for index in pending.max(first)..=last {
            let at = usize::try_from(index - pending).unwrap_or(usize::MAX);
            let Some(waiting) = self.mem.ballots.pending_queue.get_mut(at) else { break };
            waiting.grant(peer);
            let ballot = *waiting;
            if ballot.granted() {
                granted = Some(index);
            }
            self.cx.note(Event::Acknowledged { peer, index, ballot });
        }
        let Some(to) = granted else { return };
        let count = usize::try_from(to + 1 - pending).unwrap_or(0);
        self.mem.ballots.pending_queue.drain(..count);
        self.mem.ballots.pending_index = to + 1;
        self.committed(to);
        self.fsm_enqueue(FsmTask::Committed(to));
    }

    /// A leader told what is committed.
    ///
    /// Source: braft ab0017f ballot_box.cpp BallotBox::set_last_committed_index
    pub(crate) fn set_last_committed_index(&mut self, to: u64) {
        if self.mem.ballots.pending_index != 0 || to <= self.mem.ballots.last_committed_index {
            return;
        }
        self.committed(to);
        self.fsm_enqueue(FsmTask::Committed(to));
    }

    fn committed(&mut self, to: u64) {
        let from = core::mem::replace(&mut self.mem.ballots.last_committed_index, to);
        let chain = self.mem.lm.logs.chain_at(to).unwrap_or(0);
        let (term, on_disk) = (self.mem.current_term, self.disk.last_kept(&self.mem.lm.queue));
        // A snapshot is applied without the commit index following: what it covers is committed for long.
        let covered = to <= self.mem.lm.last_snapshot_id.index;
        self.cx.note(Event::Committed { from, to, chain, term, on_disk, covered });
    }

    /// This node leads no more: who waits for a command is told that it may still happen.
    ///
    /// Source: braft ab0017f ballot_box.cpp BallotBox::clear_pending_tasks; closure_queue.cpp ClosureQueue::clear
    pub(crate) fn clear_pending_tasks(&mut self) {
        self.mem.ballots.pending_index = 0;
        self.mem.ballots.pending_queue.clear();
        for closure in core::mem::take(&mut self.mem.ballots.closures).queue {
            if let Closure::Task(to) = closure {
                let leader = None;
                self.answer(to, Answer { code: Code::Eperm, index: None, leader, unknown: true });
            }
        }
    }
}
