//! The follower's handler of pushes: what arrives is queued, then worked off one request a turn.
//!
//! Source: DLedger 0.3.1.2 DLedgerEntryPusher.EntryHandler; V4 DLedger 0.4.0.

use alloc::collections::VecDeque;
use kernel::{Digest, Hasher, NodeId, SumMap, Time, shown, state};

use crate::codes::{Code, PushType, Role};
use crate::config::{Config, SECOND_MS};
use crate::entry::Entry;
use crate::event::{CompareFinding, PushEvent, PushRefusal};
use crate::message::{Body, Header, PushRequest, PushResponse, Responder};
use crate::node::{Disk, Memory, Node};

/// A push in a queue.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct QueuedPush {
    /// Its header.
    pub header: Header,
    /// Its content.
    pub push: PushRequest,
    /// Who waits for the answer; nobody once it was answered.
    pub responder: Responder,
    /// When it came.
    pub created: Time,
}

impl Digest for QueuedPush {
    fn digest(&self, h: &mut Hasher) {
        self.header.digest(h);
        self.push.digest(h);
        self.responder.digest(h);
        self.created.digest(h);
    }
}

shown! {
    QueuedPush { header = "header", push = "request", responder = "future", created = "createTimeMs" }
}

state! {
    /// A snapshot that waits to be installed.
    pub struct InflightInstall {
        /// Index of the last entry covered.
        pub last_included_index: i64 = "lastIncludedIndex",
        /// Its term.
        pub last_included_term: i64 = "lastIncludedTerm",
        /// The applied state's digest.
        pub data: u64 = "data",
        /// The leader's term.
        pub term: i64 = "term",
        /// The leader.
        pub leader_id: Option<NodeId> = "leaderId",
        /// Who waits.
        pub responder: Responder = "future",
    }
}

state! {
    /// The follower's side of replication.
    pub struct EntryHandler {
        /// APPENDs that wait for their turn, by first index.
        pub write_request_map: SumMap<i64, QueuedPush> = "writeRequestMap",
        /// COMPARE, TRUNCATE and COMMIT in order of arrival.
        pub compare_or_truncate_requests: VecDeque<QueuedPush> = "compareOrTruncateRequests",
        /// When waiting APPENDs were last checked.
        pub last_check_fast_forward_time: Time = "lastCheckFastForwardTimeMs",
        /// V4: the snapshot that waits.
        pub inflight_install: Option<InflightInstall> = "inflightInstallSnapshotRequest",
        /// V4: the slot broke with the first install of this process.
        pub install_slot_broken: bool = "installSlotBroken",
    }
}

impl EntryHandler {
    /// The handler of a process that just started.
    pub(crate) fn new(now: Time) -> EntryHandler {
        EntryHandler {
            write_request_map: SumMap::new(),
            compare_or_truncate_requests: VecDeque::new(),
            last_check_fast_forward_time: now,
            inflight_install: None,
            install_slot_broken: false,
        }
    }

    /// Whether turns of the once-a-second check are past.
    pub(crate) fn is_behind(&self, now: Time) -> bool {
        now.0 > self.last_check_fast_forward_time.0 + SECOND_MS * 1000
    }

    /// Moves the once-a-second check past the turns in which nothing was to do.
    pub(crate) fn catch_up(&mut self, now: Time) {
        let period_us = SECOND_MS * 1000;
        let last = &mut self.last_check_fast_forward_time;
        if let Some(gap) = now.0.checked_sub(last.0 + period_us).filter(|gap| *gap > 0) {
            *last = last.plus_us(gap.div_ceil(period_us) * period_us);
        }
    }
}

/// The handler's next useful check of waiting APPENDs.
pub(crate) fn handler_wake(disk: &Disk, mem: &Memory, _config: &Config) -> Option<Time> {
    let handler = &mem.handler;
    if mem.member.role != Role::Follower || handler.write_request_map.is_empty() {
        return None;
    }
    let waiting = handler.write_request_map.as_map();
    let from = match waiting.values().next() {
        Some(first) if first.push.last_index() <= disk.end_index() => Time(0),
        // Of those that wait too long the lowest is answered; one that was answered already hides the rest.
        _ => waiting
            .values()
            .take_while(|waiting| waiting.responder != Responder::Nobody)
            .map(|waiting| waiting.created.plus_ms(SECOND_MS))
            .min()?,
    };
    let base = handler.last_check_fast_forward_time.plus_ms(SECOND_MS);
    Some(crate::node::grid_from(base, SECOND_MS, from))
}

impl Node<'_, '_> {
    /// A push arrived: it is queued, whatever its term and the role.
    ///
    /// Source: DLedger 0.3.1.2 EntryHandler.handlePush
    pub(crate) fn handle_push(&mut self, to: Responder, header: Header, push: PushRequest) {
        let (kind, index, end) = (push.kind, push.first_index(), self.disk.end_index());
        let needs_entry = match kind {
            PushType::Append => true,
            PushType::Compare | PushType::Truncate => !self.cx.settings.v4(),
            PushType::Commit => false,
        };
        if needs_entry && push.entries.is_empty() {
            return self.reject_push(to, header, &push, Code::UnexpectedArgument);
        }
        let created = self.cx.now;
        if kind == PushType::Append {
            if self.mem.handler.write_request_map.get(&index).is_some() {
                return self.reject_push(to, header, &push, Code::RepeatedPush);
            }
            let queued = QueuedPush { header, push, responder: to, created };
            self.mem.handler.write_request_map.insert_passing(index, queued);
            return self.note_push(PushEvent::PushQueued { kind, index, end });
        }
        if kind != PushType::Commit && !self.mem.handler.write_request_map.is_empty() {
            let count = self.mem.handler.write_request_map.len() as u64;
            self.mem.handler.write_request_map.clear();
            self.note_push(PushEvent::WaitingCleared { count });
        }
        let queue = &mut self.mem.handler.compare_or_truncate_requests;
        if queue.len() as u64 >= self.cx.settings.queue_size() {
            return self.reject_push(to, header, &push, Code::PushRequestIsFull);
        }
        queue.push_back(QueuedPush { header, push, responder: to, created });
    }

    fn reject_push(&mut self, to: Responder, header: Header, push: &PushRequest, code: Code) {
        self.note_push(PushEvent::PushRejected { kind: push.kind, index: push.first_index(), code });
        self.answer_push(to, header, push, code);
    }

    /// Source: DLedger 0.3.1.2 EntryHandler.buildResponse; V4 DLedger 0.4.0
    fn answer_push(&mut self, to: Responder, header: Header, push: &PushRequest, code: Code) {
        let answer = self.push_response(push);
        self.answer(to, header.code(code), Body::PushResponse(answer));
    }

    fn push_response(&self, push: &PushRequest) -> PushResponse {
        let v4 = self.cx.settings.v4();
        PushResponse {
            kind: push.kind,
            index: push.first_index(),
            count: push.entries.len() as u64,
            begin_index: if v4 { 0 } else { self.disk.begin_index() },
            end_index: if v4 { 0 } else { self.disk.end_index() },
            x_term: -1,
            x_index: -1,
        }
    }

    /// A turn of the handler; tells whether it did anything.
    ///
    /// Source: DLedger 0.3.1.2 EntryHandler.doWork; SEED keeps the queue while it does not follow
    pub(crate) fn handler_turn(&mut self) -> bool {
        if !self.is_follower() {
            if self.cx.settings.seed() {
                return false;
            }
            let Some(queued) = self.next_queued() else { return false };
            self.note_push(PushEvent::QueueNotFollower { kind: queued.push.kind });
            self.answer_push(queued.responder, queued.header, &queued.push, Code::NotFollower);
            return true;
        }
        if self.mem.handler.inflight_install.is_some() {
            self.handle_install_snapshot();
            return true;
        }
        if let Some(queued) = self.next_queued() {
            match queued.push.kind {
                PushType::Compare => self.handle_do_compare(&queued),
                PushType::Truncate => self.handle_do_truncate(&queued),
                PushType::Commit | PushType::Append => self.handle_do_commit(&queued),
            }
            return true;
        }
        let next = self.disk.end_index() + 1;
        if !self.mem.handler.write_request_map.is_empty()
            && let Some(queued) = self.mem.handler.write_request_map.remove(&next)
        {
            self.handle_do_append(&queued);
            return true;
        }
        self.check_abnormal_future()
    }

    /// The first request of the queue. A part that is written is digested anew, so an empty queue is not touched.
    fn next_queued(&mut self) -> Option<QueuedPush> {
        if self.mem.handler.compare_or_truncate_requests.is_empty() {
            return None;
        }
        self.mem.handler.compare_or_truncate_requests.pop_front()
    }

    /// Writes the entries of an APPEND.
    ///
    /// Source: DLedger 0.3.1.2 EntryHandler.handleDoAppend, handleDoBatchAppend
    fn handle_do_append(&mut self, queued: &QueuedPush) {
        let header = queued.header;
        for entry in &queued.push.entries {
            if let Err(why) = self.append_as_follower(entry, header.term, header.leader_id) {
                self.note_push(PushEvent::AppendRefused { index: entry.index, why });
                return self.answer_push(queued.responder, header, &queued.push, Code::InconsistentState);
            }
        }
        self.answer_push(queued.responder, header, &queued.push, Code::Success);
        self.take_commit(header.term, queued.push.commit_index);
    }

    /// Takes a leader's committed index over.
    ///
    /// Source: DLedger 0.3.1.2 EntryHandler.updateCommittedIndex; V4 MemberState.followerUpdateCommittedIndex
    fn take_commit(&mut self, term: i64, commit: i64) {
        if self.cx.settings.v4() {
            let to = commit.min(self.disk.end_index());
            if to > self.mem.member.committed_index && !self.is_leader() {
                self.set_committed(to);
                self.on_committed(to);
            }
            return;
        }
        self.update_committed_index(term, commit);
        self.on_committed(commit);
    }

    /// Tells whether the log has the entry asked for.
    ///
    /// Source: DLedger 0.3.1.2 EntryHandler.handleDoCompare; V4 DLedger 0.4.0
    fn handle_do_compare(&mut self, queued: &QueuedPush) {
        let end = self.disk.end_index();
        let v4 = self.cx.settings.v4();
        let (index, term) = if v4 {
            (queued.push.pre_log_index, queued.push.pre_log_term)
        } else {
            queued.push.entries.first().map_or((-1, -1), |entry| (entry.index, entry.term))
        };
        let mut answer = self.push_response(&queued.push);
        let found = if v4 {
            self.compare_v4(index, term, &mut answer)
        } else {
            match (self.disk.get(index), queued.push.entries.first()) {
                (Some(own), Some(theirs)) if own == theirs => CompareFinding::Same,
                (Some(own), _) => CompareFinding::Other { term: own.term },
                (None, _) => CompareFinding::Missing,
            }
        };
        self.note_push(PushEvent::Compared { index, term, found, end });
        let code = if found == CompareFinding::Same { Code::Success } else { Code::InconsistentState };
        self.answer(queued.responder, queued.header.code(code), Body::PushResponse(answer));
    }

    /// Compares by term, and says where the follower's differing term begins.
    ///
    /// Source: DLedger 0.4.0 EntryHandler.handleDoCompare
    fn compare_v4(&self, index: i64, term: i64, answer: &mut PushResponse) -> CompareFinding {
        if (index, term) == (-1, -1) {
            return CompareFinding::Same;
        }
        let (before, end) = (self.disk.before_begin_index(), self.disk.end_index());
        if end < index {
            answer.end_index = end;
            return CompareFinding::Missing;
        }
        let own = if index == before {
            self.disk.before_begin_term
        } else if let Some(entry) = self.disk.get(index) {
            entry.term
        } else {
            return CompareFinding::Missing;
        };
        if own == term {
            return CompareFinding::Same;
        }
        answer.x_term = own;
        let mut first = index;
        while first - 1 > before && self.disk.get(first - 1).is_some_and(|entry| entry.term >= own) {
            first -= 1;
        }
        answer.x_index = first;
        CompareFinding::Other { term: own }
    }

    /// Cuts the log as the leader says. V3 checks role, term and leader, V4 nothing.
    ///
    /// Source: DLedger 0.3.1.2 EntryHandler.handleDoTruncate; V4 DLedger 0.4.0
    fn handle_do_truncate(&mut self, queued: &QueuedPush) {
        let header = queued.header;
        let (index, done) = if self.cx.settings.v4() {
            let from = queued.push.pre_log_index;
            (from, self.truncate_v4(from))
        } else {
            let first = queued.push.entries.first();
            let index = first.map_or(-1, |entry| entry.index);
            (index, first.map_or(Ok(()), |entry| self.truncate(entry, header.term, header.leader_id)))
        };
        let end = self.disk.end_index();
        match done {
            Ok(()) => {
                self.note_push(PushEvent::TruncateHandled { index, end });
                self.answer_push(queued.responder, header, &queued.push, Code::Success);
                self.take_commit(header.term, queued.push.commit_index);
            }
            Err(why) => {
                self.note_push(PushEvent::TruncateRefused { index, why });
                self.answer_push(queued.responder, header, &queued.push, Code::InconsistentState);
            }
        }
    }

    /// Takes a committed index over; always answered with success.
    ///
    /// Source: DLedger 0.3.1.2 EntryHandler.handleDoCommit
    fn handle_do_commit(&mut self, queued: &QueuedPush) {
        let commit = queued.push.commit_index;
        self.note_push(PushEvent::CommitHandled { commit });
        self.take_commit(queued.header.term, commit);
        self.answer_push(queued.responder, queued.header, &queued.push, Code::Success);
    }

    /// Looks, at most once a second, at APPENDs that wait in vain: those below the log's end are answered, and of
    /// those that miss their predecessor for a second the lowest, so that the leader compares again.
    ///
    /// Source: DLedger 0.3.1.2 EntryHandler.checkAbnormalFuture, checkAppendFuture
    fn check_abnormal_future(&mut self) -> bool {
        let now = self.cx.now;
        let handler = &self.mem.handler;
        if now.since_us(handler.last_check_fast_forward_time) < SECOND_MS * 1000 {
            return false;
        }
        let handler = &mut self.mem.handler;
        handler.last_check_fast_forward_time = now;
        if handler.write_request_map.is_empty() {
            return false;
        }
        let end = self.disk.end_index();
        let acted = self.answer_fallen_behind(end);
        let timed_out = |queued: &&QueuedPush| now.since_us(queued.created) >= SECOND_MS * 1000;
        let waiting = self.mem.handler.write_request_map.as_map();
        let Some(lowest) = waiting.values().find(timed_out) else { return acted };
        if lowest.responder == Responder::Nobody {
            return acted;
        }
        let index = lowest.push.first_index();
        let Some(queued) = self.mem.handler.write_request_map.remove(&index) else { return acted };
        self.note_push(PushEvent::FastForward { index, end });
        self.answer_push(queued.responder, queued.header, &queued.push, Code::InconsistentState);
        if !self.cx.settings.v4() {
            let answered = QueuedPush { responder: Responder::Nobody, ..queued };
            self.mem.handler.write_request_map.insert(index, answered);
        }
        true
    }

    /// Answers the waiting APPENDs whose entries lie below the log's end.
    fn answer_fallen_behind(&mut self, end: i64) -> bool {
        let mut acted = false;
        loop {
            let first = self.mem.handler.write_request_map.as_map().iter().next();
            let Some(index) = first.filter(|(_, q)| q.push.last_index() <= end).map(|(index, _)| *index)
            else {
                return acted;
            };
            let Some(queued) = self.mem.handler.write_request_map.remove(&index) else { return acted };
            let stored = |entry: &Entry| self.disk.get(entry.index) == Some(entry);
            let same = queued.push.entries.iter().all(stored);
            self.note_push(PushEvent::FallBehind { index, same });
            let code = if same { Code::Success } else { Code::InconsistentState };
            self.answer_push(queued.responder, queued.header, &queued.push, code);
            acted = true;
        }
    }
}

/// Why an entry may not be written by this follower now; `None` when it may.
pub(crate) fn refusal(disk: &Disk, mem: &Memory, term: i64, leader: Option<NodeId>) -> Option<PushRefusal> {
    let mine = mem.member.leader_id;
    match () {
        () if mem.member.role != Role::Follower => Some(PushRefusal::NotFollower),
        () if term != disk.curr_term => Some(PushRefusal::OtherTerm { theirs: term, mine: disk.curr_term }),
        () if leader != mine => Some(PushRefusal::OtherLeader { theirs: leader, mine }),
        () => None,
    }
}
