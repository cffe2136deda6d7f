//! The vote handler.
//!
//! Source: DLedger 0.3.1.2 DLedgerLeaderElector.handleVote.

use kernel::NodeId;

use crate::codes::VoteResult;
use crate::event::{CandidateCause, Event};
use crate::node::{Disk, Memory, Node};

/// What a vote request asks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct VoteAsk {
    /// Who wants the vote.
    pub candidate: Option<NodeId>,
    /// In which term.
    pub term: i64,
    /// Index and term of the last entry it claims.
    pub end: (i64, i64),
    /// Whether the candidate asks itself.
    pub myself: bool,
}

/// What the handler would do with a vote request, before it does it: the step of §9.5 and the result.
pub(crate) fn decide(
    disk: &Disk,
    mem: &Memory,
    nodes: u8,
    taking: bool,
    seed: bool,
    ask: VoteAsk,
) -> (u8, VoteResult) {
    let VoteAsk { candidate, term, end, myself } = ask;
    let member = &mem.member;
    let Some(candidate) = candidate.filter(|id| id.0 < nodes) else {
        return (1, VoteResult::RejectUnknownLeader);
    };
    let worse_log = |_: ()| match () {
        () if end.1 < member.ledger_end_term => Some((3, VoteResult::RejectExpiredLedgerTerm)),
        () if end.1 == member.ledger_end_term && end.0 < member.ledger_end_index => {
            Some((4, VoteResult::RejectSmallLedgerEndIndex))
        }
        () => None,
    };
    if !myself && candidate == mem.self_id {
        return (2, VoteResult::RejectUnexpectedLeader);
    }
    if let Some(refused) = worse_log(()).filter(|_| !seed) {
        return refused;
    }
    if term < disk.curr_term {
        return (5, VoteResult::RejectExpiredVoteTerm);
    }
    if term == disk.curr_term && disk.vote_leader.is_some_and(|vote| vote != candidate) {
        let known = member.leader_id.is_some();
        let result = if known { VoteResult::RejectAlreadyHasLeader } else { VoteResult::RejectAlreadyVoted };
        return (6, result);
    }
    if term > disk.curr_term {
        return (7, VoteResult::RejectTermNotReady);
    }
    if let Some(refused) = worse_log(()) {
        return refused;
    }
    if term < member.ledger_end_term {
        return (8, VoteResult::RejectTermSmallThanLedger);
    }
    if !myself && taking && end.1 == member.ledger_end_term && member.ledger_end_index >= end.0 {
        return (9, VoteResult::RejectTakingLeadership);
    }
    (10, VoteResult::Accept)
}

impl Node<'_, '_> {
    /// Decides a vote request; gives the result and the term of the answer. The follower timer and the role stay,
    /// except that a larger term makes this node a candidate that raises its term in its next tick.
    ///
    /// Source: DLedger 0.3.1.2 DLedgerLeaderElector.handleVote; SEED as of Feb 2020 checks the log after the term
    pub(crate) fn handle_vote(&mut self, ask: VoteAsk) -> (VoteResult, i64) {
        let VoteAsk { candidate, term, end, myself } = ask;
        let (taking, seed) = (self.is_taking_leadership(), self.cx.settings.seed());
        let (step, result) = decide(self.disk, self.mem, self.cx.nodes, taking, seed, ask);
        let curr = self.disk.curr_term;
        let mine = (self.mem.member.ledger_end_index, self.mem.member.ledger_end_term);
        let (vote, leader) = (self.disk.vote_leader, self.mem.member.leader_id);
        if result == VoteResult::Accept {
            self.persist_term(curr, candidate);
        }
        self.cx.note(Event::VoteDecided {
            candidate,
            step,
            result,
            term,
            curr,
            mine,
            theirs: end,
            vote,
            leader,
            myself,
        });
        if let (VoteResult::RejectTermNotReady, Some(from)) = (result, candidate) {
            self.change_role_to_candidate(term, CandidateCause::LargerTermInVote { from });
            self.mem.elector.need_increase_term_immediately = true;
        }
        let answer_term = if result == VoteResult::RejectTermSmallThanLedger { mine.1 } else { curr };
        (result, answer_term)
    }
}
