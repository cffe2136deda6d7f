//! Leadership transfer: the preferred-leader check, the old leader's part, the target's part.
//!
//! Source: DLedger 0.3.1.2 DLedgerServer.checkPreferredLeader, handleLeadershipTransfer;
//! DLedgerLeaderElector.handleLeadershipTransfer, handleTakeLeadership, TakeLeadershipTask.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use kernel::{NodeId, Time, state};

use crate::codes::{Code, Hindrance, Role};
use crate::config::{Config, RPC_TIMEOUT_MS, SECOND_MS, TICK_MS};
use crate::entry::{MAGIC_NOOP, Payload};
use crate::event::{CandidateCause, Event};
use crate::message::{Body, Ctx, Header, Message, Responder};
use crate::node::{Disk, Memory, Node, grid_from};

state! {
    /// A transfer to this node whose outcome is awaited.
    pub struct TakeLeadershipTask {
        /// The term in which the old leader asked.
        pub term: i64 = "term",
        /// Who waits for the outcome.
        pub responder: Responder = "requester",
    }
}

state! {
    /// A transfer request whose handler waits for the log to catch up.
    pub struct CatchUpWait {
        /// The needed log end.
        pub take_index: i64 = "takeLeadershipLedgerIndex",
        /// The request's term.
        pub term: i64 = "term",
        /// The request's leader.
        pub leader_id: Option<NodeId> = "leaderId",
        /// When it began.
        pub started: Time = "startTime",
        /// Who waits for the outcome.
        pub responder: Responder = "requester",
    }
}

state! {
    /// Transfers that this node takes part in.
    pub struct Transfer {
        /// Handlers that wait for the log to catch up.
        pub waits: Vec<CatchUpWait> = "catchUpWaits",
        /// The next check for a preferred leader.
        pub next_check: Time = "nextPreferredLeaderCheck",
        /// The check waits for its own transfer.
        pub busy: bool = "preferredLeaderCheckBusy",
        /// A check fell into that time and follows at once.
        pub late: bool = "preferredLeaderCheckLate",
        /// Preferred leaders to which the last check could not hand over. The real one warns of them at every check;
        /// here each is told once, until its reason changes.
        pub passed_over: BTreeMap<NodeId, Hindrance> = "preferredLeadersPassedOver",
    }
}

impl Transfer {
    /// The state of a process that just started.
    pub(crate) fn new(now: Time) -> Transfer {
        let next_check = now.plus_ms(SECOND_MS);
        Transfer { waits: Vec::new(), next_check, busy: false, late: false, passed_over: BTreeMap::new() }
    }

    /// Whether the next check is past.
    pub(crate) fn is_behind(&self, now: Time) -> bool {
        self.next_check < now
    }

    /// Moves the once-a-second check past the turns in which nothing was to do.
    pub(crate) fn catch_up(&mut self, now: Time) {
        if self.is_behind(now) {
            self.next_check = grid_from(self.next_check, SECOND_MS, now);
            self.late |= self.busy;
        }
    }
}

/// What the preferred-leader check finds: whom to hand over to, and how far it is behind; and whom it passes over.
///
/// Source: DLedger 0.3.1.2 DLedgerServer.checkPreferredLeader
fn look(disk: &Disk, mem: &Memory, config: &Config) -> (Option<(NodeId, i64)>, BTreeMap<NodeId, Hindrance>) {
    let list = config.preferred_leader_ids.as_slice();
    let member = &mem.member;
    if member.role != Role::Leader || member.transferee.is_some() || list.contains(&mem.self_id) {
        return (None, BTreeMap::new());
    }
    let list = if config.seed() { &list[..list.len().min(1)] } else { list };
    let behind = |id: NodeId| disk.end_index() - mem.pusher.watermark(disk.curr_term, id);
    let most = i64::try_from(config.max_leadership_transfer_wait_index).unwrap_or(i64::MAX);
    let hindrance = |id: NodeId| match member.peers_live_table.get(&id) {
        _ if id.0 >= mem.peers => Some(Hindrance::NotMember),
        Some(true) => (behind(id) >= most).then_some(Hindrance::FarBehind),
        Some(false) | None => Some(Hindrance::NotOnline),
    };
    let passed = |id: &NodeId| hindrance(*id).map(|why| (*id, why));
    let able = list.iter().filter(|id| hindrance(**id).is_none()).map(|id| (*id, behind(*id)));
    (able.min_by_key(|(_, behind)| *behind), list.iter().filter_map(passed).collect())
}

/// The preferred-leader check's next useful run.
pub(crate) fn preferred_wake(disk: &Disk, mem: &Memory, config: &Config) -> Option<Time> {
    if config.preferred_leader_ids.is_empty() || mem.transfer.busy {
        return None;
    }
    let (choice, passed) = look(disk, mem, config);
    let news =
        choice.is_some() || passed.iter().any(|(id, why)| mem.transfer.passed_over.get(id) != Some(why));
    news.then_some(if mem.transfer.late { Time(0) } else { mem.transfer.next_check })
}

/// The catch-up waits' next useful look.
pub(crate) fn wait_wake(mem: &Memory, config: &Config) -> Option<Time> {
    let end = mem.member.ledger_end_index;
    let limit = config.leadership_transfer_wait_timeout;
    let wake = |wait: &CatchUpWait| {
        let from = if end >= wait.take_index { Time(0) } else { wait.started.plus_us(limit * 1000 + 1) };
        grid_from(wait.started.plus_ms(TICK_MS), TICK_MS, from)
    };
    mem.transfer.waits.iter().map(wake).min()
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

    /// Looks for a preferred leader and hands over to it.
    ///
    /// Source: DLedger 0.3.1.2 DLedgerServer.checkPreferredLeader
    pub(crate) fn check_preferred_leader(&mut self) {
        if self.mem.transfer.busy {
            return;
        }
        if self.mem.transfer.late {
            self.mem.transfer.late = false;
        } else {
            self.mem.transfer.next_check = self.mem.transfer.next_check.plus_ms(SECOND_MS);
        }
        let (choice, passed) = look(self.disk, self.mem, self.cx.settings);
        let known = core::mem::replace(&mut self.mem.transfer.passed_over, passed.clone());
        for (peer, why) in passed.into_iter().filter(|(id, why)| known.get(id) != Some(why)) {
            self.cx.note(Event::PreferredPassedOver { peer, why });
        }
        let Some((peer, behind)) = choice else { return };
        self.cx.note(Event::PreferredChosen { peer, behind });
        self.mem.transfer.busy = true;
        self.start_transfer(Responder::Nobody, peer, self.disk.curr_term, true);
    }

    /// A transfer request: at its leader it begins, at its target it is taken up.
    ///
    /// Source: DLedger 0.3.1.2 DLedgerServer.handleLeadershipTransfer
    pub(crate) fn handle_transfer(
        &mut self,
        to: Responder,
        header: Header,
        transfer: Option<NodeId>,
        transferee: Option<NodeId>,
        take_index: i64,
    ) {
        let (me, curr) = (self.mem.self_id, self.disk.curr_term);
        if transfer == Some(me) {
            let Some(target) = transferee.filter(|id| self.is_peer_member(Some(*id))) else {
                return self.refuse_transfer(to, header, Code::UnknownMember);
            };
            let behind = self.disk.end_index() - self.mem.pusher.watermark(header.term, target);
            let most = i64::try_from(self.cx.settings.max_leadership_transfer_wait_index).unwrap_or(i64::MAX);
            return match () {
                () if header.term != curr => self.refuse_transfer(to, header, Code::InconsistentTerm),
                () if !self.is_leader() => self.refuse_transfer(to, header, Code::NotLeader),
                () if behind >= most => self.refuse_transfer(to, header, Code::FallBehindTooMuch),
                () => self.start_transfer(to, target, header.term, false),
            };
        }
        if transferee != Some(me) {
            return self.refuse_transfer(to, Header { term: curr, ..header }, Code::UnexpectedArgument);
        }
        if transfer != self.mem.member.leader_id {
            return self.refuse_transfer(to, header, Code::InconsistentLeader);
        }
        let end = self.mem.member.ledger_end_index;
        if end >= take_index || self.cx.settings.seed() {
            return self.handle_take_leadership(to, header.leader_id, header.term);
        }
        self.cx.note(Event::TakeWaits { need: take_index, end });
        let (started, leader_id) = (self.cx.now, header.leader_id);
        let wait = CatchUpWait { take_index, term: header.term, leader_id, started, responder: to };
        self.mem.transfer.waits.push(wait);
    }

    fn refuse_transfer(&mut self, to: Responder, header: Header, code: Code) {
        self.cx.note(Event::TransferRefused { code });
        let header = Header { code, leader_id: self.mem.member.leader_id, ..header };
        self.answer(to, header, Body::TransferResponse);
    }

    /// Asks the target to take leadership; writes are refused from now on.
    ///
    /// Source: DLedger 0.3.1.2 DLedgerLeaderElector.handleLeadershipTransfer
    fn start_transfer(&mut self, asker: Responder, target: NodeId, term: i64, preferred: bool) {
        let me = self.mem.self_id;
        let header = Header::request(target, Some(me), term);
        if self.mem.member.transferee.is_some() || target == me {
            // A transfer to itself comes back to this very check.
            return self.refuse_transfer(asker, header, Code::LeaderTransferring);
        }
        let take_index = self.mem.member.ledger_end_index;
        self.mem.member.transferee = Some(target);
        self.cx.note(Event::TransferStarted { to: target, index: take_index });
        let body = Body::TransferRequest { transfer_id: Some(me), transferee_id: Some(target), take_index };
        self.cx.call(
            target,
            Message { header, body },
            Ctx::Transfer { term, asker, preferred },
            RPC_TIMEOUT_MS,
        );
    }

    /// The target answered, or the call failed.
    ///
    /// Source: DLedger 0.3.1.2 DLedgerLeaderElector.handleLeadershipTransfer; SEED looks at the term alone
    pub(crate) fn transfer_answered(&mut self, term: i64, asker: Responder, preferred: bool, header: Header) {
        if preferred {
            self.mem.transfer.busy = false;
        }
        let code = header.code;
        let unchanged = self.disk.curr_term == term && self.mem.member.transferee.is_some();
        let failed = unchanged || (code != Code::Success && !self.cx.settings.seed());
        if failed && !self.is_leader() {
            // Setting the transferee throws here, so the requester hears nothing.
            return self.cx.note(Event::TransferUnanswered { code });
        }
        if failed {
            self.mem.member.transferee = None;
        }
        self.cx.note(Event::TransferEnded { code, reopened: failed });
        self.answer(asker, header, Body::TransferResponse);
    }

    /// Looks whether the log caught up with a transfer's need, or the wait was too long.
    ///
    /// Source: DLedger 0.3.1.2 DLedgerServer.handleLeadershipTransfer
    pub(crate) fn check_catch_up(&mut self) {
        let end = self.mem.member.ledger_end_index;
        let limit = self.cx.settings.leadership_transfer_wait_timeout;
        let waits = core::mem::take(&mut self.mem.transfer.waits);
        for wait in waits {
            let header = Header::request(self.mem.self_id, wait.leader_id, wait.term);
            if end >= wait.take_index {
                self.handle_take_leadership(wait.responder, wait.leader_id, wait.term);
            } else if self.elapsed_more(Some(wait.started), limit) {
                self.refuse_transfer(wait.responder, header, Code::TakeLeadershipFailed);
            } else {
                self.mem.transfer.waits.push(wait);
            }
        }
    }

    /// Takes leadership: the next term, and polls in it.
    ///
    /// Source: DLedger 0.3.1.2 DLedgerLeaderElector.handleTakeLeadership
    fn handle_take_leadership(&mut self, to: Responder, leader: Option<NodeId>, term: i64) {
        let curr = self.disk.curr_term;
        if term != curr {
            let header = Header::request(self.mem.self_id, leader, curr);
            return self.refuse_transfer(to, header, Code::InconsistentTerm);
        }
        let target_term = term + 1;
        self.mem.member.term_to_take_leadership = target_term;
        self.mem.elector.take_leadership_task = Some(TakeLeadershipTask { term, responder: to });
        self.cx.note(Event::TakeStarted { term: target_term });
        self.change_role_to_candidate(target_term, CandidateCause::TakeLeadership);
        self.mem.elector.need_increase_term_immediately = true;
    }

    /// Ends a take-over when a role change decides it.
    ///
    /// Source: DLedger 0.3.1.2 DLedgerLeaderElector.TakeLeadershipTask.check
    pub(crate) fn check_take_leadership(&mut self, term: i64, role: Role) {
        let take = self.mem.member.term_to_take_leadership;
        if take == -1 || self.mem.elector.take_leadership_task.is_none() {
            return;
        }
        let code = match (term.cmp(&take), role) {
            (core::cmp::Ordering::Greater, _) => Code::ExpiredTerm,
            (core::cmp::Ordering::Equal, Role::Leader) => Code::Success,
            (core::cmp::Ordering::Equal, Role::Candidate) => return,
            (_, Role::Follower) => Code::TakeLeadershipFailed,
            (core::cmp::Ordering::Less, _) => Code::InternalError,
        };
        let Some(task) = self.mem.elector.take_leadership_task.take() else { return };
        self.mem.member.term_to_take_leadership = -1;
        self.cx.note(Event::TakeEnded { code, term: take });
        let header = Header::request(self.mem.self_id, self.mem.member.leader_id, term).code(code);
        self.answer(task.responder, header, Body::TransferResponse);
    }

    /// V4: a new leader writes a NOOP at once when its log has uncommitted entries.
    ///
    /// Source: DLedger 0.4.0 DLedgerServer.RoleChangeHandler (enableFastAdvanceCommitIndex)
    pub(crate) fn fast_advance_commit_index(&mut self) {
        let config = self.cx.settings;
        let behind = self.mem.member.committed_index < self.mem.member.ledger_end_index;
        let due = config.v4() && config.enable_fast_advance_commit_index && behind;
        if due && let Err(code) = self.append_as_leader(Payload::new(""), MAGIC_NOOP) {
            self.cx.note(Event::NoopRefused { code });
        }
    }
}
