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
use crate::message::{Answer, Responder};
use crate::node::Node;

/// What happens when an entry is applied at the leader that appended it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Closure {
    /// A command is answered.
    Task(Responder),
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
        }
    }
}

/// An entry that waits for its quorum.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pending {
    /// Who has it on disk.
    pub ballot: Ballot,
    /// What its application sets going.
    pub closure: Closure,
}

impl Digest for Pending {
    fn digest(&self, h: &mut Hasher) {
        self.ballot.digest(h);
        self.closure.digest(h);
    }
}

impl Show for Pending {
    fn show(&self) -> Value {
        self.ballot.show()
    }
}

state! {
    /// The ballot box.
    pub struct BallotBox {
        /// Everything up to here is committed; starts at 0 with every process.
        pub last_committed_index: u64 = "last_committed_index",
        /// Index of the first entry in the queue; 0: this node does not lead.
        pub pending_index: u64 = "pending_index",
        /// The ballots from there on.
        pub pending_queue: VecDeque<Pending> = "pending_queue",
    }
}

impl Node<'_, '_> {
    /// A new leader counts only entries after those it found: none of an earlier term.
    ///
    /// Source: braft ab0017f ballot_box.cpp BallotBox::reset_pending_index
    pub(crate) fn reset_pending_index(&mut self, first: u64) {
        self.mem.ballots.pending_index = first;
        self.mem.ballots.pending_queue.clear();
    }

    /// The next entry to be appended gets its ballot.
    ///
    /// Source: braft ab0017f ballot_box.cpp BallotBox::append_pending_task
    pub(crate) fn append_pending_task(&mut self, peers: Set, old_peers: Set, closure: Closure) {
        let ballot = Ballot::new(peers, old_peers);
        self.mem.ballots.pending_queue.push_back(Pending { ballot, closure });
    }

    /// `peer` has the entries `first` to `last` on disk. The largest entry that is granted thereby is committed
    /// with everything before it.
    ///
    /// Source: braft ab0017f ballot_box.cpp BallotBox::commit_at
    pub(crate) fn commit_at(&mut self, first: u64, last: u64, peer: NodeId) {
        let pending = self.mem.ballots.pending_index;
        let end = pending + self.mem.ballots.pending_queue.len() as u64;
        if pending == 0 || last < pending || last >= end {
            if pending == 0 {
                self.cx.note(Event::AckIgnored { peer, last, why: Reason::Late });
            }
            return;
        }
        let mut granted = None;
        for index in pending.max(first)..=last {
            let at = usize::try_from(index - pending).unwrap_or(usize::MAX);
            let Some(waiting) = self.mem.ballots.pending_queue.get_mut(at) else { break };
            waiting.ballot.grant(peer);
            if waiting.ballot.granted() {
                granted = Some(index);
            }
            let ballot = waiting.ballot;
            self.cx.note(Event::Acknowledged { peer, index, ballot });
        }
        let Some(to) = granted else { return };
        let count = usize::try_from(to + 1 - pending).unwrap_or(0);
        let done: Vec<Closure> =
            self.mem.ballots.pending_queue.drain(..count).map(|waiting| waiting.closure).collect();
        self.mem.ballots.pending_index = to + 1;
        self.committed(to);
        self.do_committed(to, pending, &done);
    }

    /// A leader told what is committed.
    ///
    /// Source: braft ab0017f ballot_box.cpp BallotBox::set_last_committed_index
    pub(crate) fn set_last_committed_index(&mut self, to: u64) {
        if self.mem.ballots.pending_index != 0 || to <= self.mem.ballots.last_committed_index {
            return;
        }
        self.committed(to);
        self.do_committed(to, 0, &[]);
    }

    fn committed(&mut self, to: u64) {
        let from = core::mem::replace(&mut self.mem.ballots.last_committed_index, to);
        let chain = self.mem.lm.logs.chain_at(to).unwrap_or(0);
        let (term, on_disk) = (self.mem.current_term, self.disk.last_index());
        // A snapshot is applied without the commit index following: what it covers is committed for long.
        let covered = to <= self.mem.lm.last_snapshot_id.index;
        self.cx.note(Event::Committed { from, to, chain, term, on_disk, covered });
    }

    /// This node leads no more: who waits for a command is told that it may still happen.
    ///
    /// Source: braft ab0017f ballot_box.cpp BallotBox::clear_pending_tasks; closure_queue.cpp ClosureQueue::clear
    pub(crate) fn clear_pending_tasks(&mut self) {
        self.mem.ballots.pending_index = 0;
        for waiting in core::mem::take(&mut self.mem.ballots.pending_queue) {
            if let Closure::Task(to) = waiting.closure {
                let leader = None;
                self.answer(to, Answer { code: Code::Eperm, index: None, leader, unknown: true });
            }
        }
    }
}
