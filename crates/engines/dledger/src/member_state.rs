//! Member state: role, leader, the copy of the log's end, and the four primitives that change the role and term.
//!
//! Source: DLedger 0.3.1.2 MemberState, DLedgerLeaderElector.changeRoleTo*.

use kernel::{NodeId, SortedMap, Time, is_majority, state};

use crate::codes::{ParseResult, Role};
use crate::disk::PreviousTerm;
use crate::event::{CandidateCause, Event};
use crate::node::Node;

state! {
    /// What a member knows of itself and its group, lost in a crash. Term and vote are on the disk.
    pub struct MemberState {
        /// LEADER, FOLLOWER or CANDIDATE; a node starts as CANDIDATE.
        pub role: Role = "role",
        /// Whom it takes for the leader.
        pub leader_id: Option<NodeId> = "leaderId",
        /// A copy of the log's last index: what votes claim.
        pub ledger_end_index: i64 = "ledgerEndIndex",
        /// A copy of the log's last term: what votes claim.
        pub ledger_end_term: i64 = "ledgerEndTerm",
        /// The largest term it heard of.
        pub known_max_term_in_group: i64 = "knownMaxTermInGroup",
        /// Whom it hands leadership to; writes are refused meanwhile.
        pub transferee: Option<NodeId> = "transferee",
        /// The term in which it shall become leader by a transfer; −1 none.
        pub term_to_take_leadership: i64 = "termToTakeLeadership",
        /// Which peers answered the last heartbeat.
        pub peers_live_table: SortedMap<NodeId, bool> = "peersLiveTable",
        /// Everything up to here is committed; −1 nothing.
        pub committed_index: i64 = "committedIndex",
        /// Everything up to here is applied; −1 nothing.
        pub applied_index: i64 = "appliedIndex",
        /// The term of the last applied entry.
        pub applied_term: i64 = "appliedTerm",
    }
}

impl MemberState {
    /// The state of a process that just started.
    pub(crate) fn new() -> MemberState {
        MemberState {
            role: Role::Candidate,
            leader_id: None,
            ledger_end_index: -1,
            ledger_end_term: -1,
            known_max_term_in_group: -1,
            transferee: None,
            term_to_take_leadership: -1,
            peers_live_table: SortedMap::new(),
            committed_index: -1,
            applied_index: -1,
            applied_term: -1,
        }
    }
}

impl Node<'_, '_> {
    /// Whether `id` is a member of the group.
    pub(crate) fn is_peer_member(&self, id: Option<NodeId>) -> bool {
        id.is_some_and(|id| id.0 < self.cx.nodes)
    }

    /// Whether `count` members are a quorum.
    pub(crate) fn is_quorum(&self, count: u8) -> bool {
        is_majority(usize::from(count), usize::from(self.cx.nodes))
    }

    /// Whether this node is the leader.
    pub(crate) fn is_leader(&self) -> bool {
        self.mem.member.role == Role::Leader
    }

    /// Whether it follows.
    pub(crate) fn is_follower(&self) -> bool {
        self.mem.member.role == Role::Follower
    }

    /// Writes term and vote, both at once.
    ///
    /// Source: DLedger 0.3.1.2 MemberState.persistTerm
    pub(crate) fn persist_term(&mut self, term: i64, vote: Option<NodeId>) {
        self.disk.previous_term = self
            .cx
            .settings
            .term_vote_reverts_on_power_loss
            .then_some(PreviousTerm { term: self.disk.curr_term, vote: self.disk.vote_leader });
        self.disk.curr_term = term;
        self.disk.vote_leader = vote;
    }

    /// Raises the term, as candidate only, to the largest known or by one, and clears the vote.
    ///
    /// Source: DLedger 0.3.1.2 MemberState.nextTerm
    pub(crate) fn next_term(&mut self, told: bool) {
        assert_eq!(self.mem.member.role, Role::Candidate, "only a candidate raises its term");
        let from = self.disk.curr_term;
        let to = self.mem.member.known_max_term_in_group.max(from + 1);
        self.persist_term(to, None);
        self.cx.note(Event::TermIncreased { from, to, told });
    }

    /// Becomes candidate, unless `term` is smaller than the current one. The current term stays.
    ///
    /// Source: DLedger 0.3.1.2 DLedgerLeaderElector.changeRoleToCandidate
    pub(crate) fn change_role_to_candidate(&mut self, term: i64, cause: CandidateCause) {
        if term < self.disk.curr_term {
            let curr = self.disk.curr_term;
            return self.cx.note(Event::RoleSkipped { role: Role::Candidate, term, curr });
        }
        let member = &mut self.mem.member;
        let was = member.role;
        member.known_max_term_in_group = member.known_max_term_in_group.max(term);
        member.role = Role::Candidate;
        member.leader_id = None;
        member.transferee = None;
        self.mem.elector.chip = None;
        let curr = self.disk.curr_term;
        self.cx.note(Event::BecameCandidate { was, term, curr, cause });
        self.role_changed(term, Role::Candidate);
    }

    /// Becomes leader of `term`, if that is still the current one.
    ///
    /// Source: DLedger 0.3.1.2 DLedgerLeaderElector.changeRoleToLeader
    pub(crate) fn change_role_to_leader(&mut self, term: i64) {
        let curr = self.disk.curr_term;
        if curr != term {
            return self.cx.note(Event::RoleSkipped { role: Role::Leader, term, curr });
        }
        let me = self.mem.self_id;
        let member = &mut self.mem.member;
        member.role = Role::Leader;
        member.leader_id = Some(me);
        member.peers_live_table.clear();
        self.mem.elector.last_send_heart_beat_time = None;
        self.mem.elector.chip = None;
        let (last, chain) = (self.disk.end_index(), self.disk.log.chain());
        self.cx.note(Event::BecameLeader { term, last, chain });
        self.role_changed(term, Role::Leader);
    }

    /// Becomes follower of `leader` in `term`, which must be the current one.
    ///
    /// Source: DLedger 0.3.1.2 DLedgerLeaderElector.changeRoleToFollower
    pub(crate) fn change_role_to_follower(&mut self, term: i64, leader: NodeId) {
        assert_eq!(self.disk.curr_term, term, "a node follows only in its current term");
        let now = self.cx.now;
        let member = &mut self.mem.member;
        let was = member.role;
        member.role = Role::Follower;
        member.leader_id = Some(leader);
        member.transferee = None;
        self.mem.elector.last_parse_result = ParseResult::WaitToRevote;
        self.mem.elector.last_leader_heart_beat_time = Some(now);
        self.mem.elector.chip = None;
        self.cx.note(Event::BecameFollower { was, term, leader });
        self.role_changed(term, Role::Follower);
    }

    /// Runs what hangs on a role change: the take-over check, then V4's fast advance.
    ///
    /// Source: DLedger 0.3.1.2 DLedgerLeaderElector.handleRoleChange
    fn role_changed(&mut self, term: i64, role: Role) {
        self.check_take_leadership(term, role);
        if role == Role::Leader {
            self.fast_advance_commit_index();
        }
    }

    /// Whether more than `ms` passed since `then`, "never" being long ago.
    pub(crate) fn elapsed_more(&self, then: Option<Time>, ms: u64) -> bool {
        then.is_none_or(|then| self.cx.now.since_us(then) > ms * 1000)
    }
}
