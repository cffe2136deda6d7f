//! The quorum checker: watermarks, the committed index of a leader, and the answers to waiting clients.
//!
//! Source: DLedger 0.3.1.2 DLedgerEntryPusher.QuorumAckChecker; V4 DLedger 0.4.0.

use alloc::vec;
use alloc::vec::Vec;
use kernel::{NodeId, SortedMap, SumMap, Time, limits, quorum_index, state};

use crate::codes::{Code, Role};
use crate::config::{Config, SECOND_MS, V4_ACK_TIMEOUT_MS};
use crate::entry_dispatcher::Dispatcher;
use crate::event::Event;
use crate::message::{Body, Header, Responder};
use crate::node::{Disk, Memory, Node};

state! {
    /// A client's write that waits for its quorum.
    pub struct Pending {
        /// Since when.
        pub created: Time = "createTimeMs",
        /// Who waits; nobody once a time-out was answered.
        pub responder: Responder = "future",
    }
}

/// Waiting writes by index.
pub type PendingMap = SumMap<i64, Pending>;

state! {
    /// Replication as the leader sees it.
    pub struct EntryPusher {
        /// By term: up to which index each member's log is known to match, in node order.
        pub peer_water_marks_by_term: SortedMap<i64, Vec<i64>> = "peerWaterMarksByTerm",
        /// By term: the writes that wait for their quorum (V4: pendingClosure).
        pub pending_by_term: SortedMap<i64, PendingMap> = "pendingAppendResponsesByTerm",
        /// One dispatcher for every other member.
        pub dispatchers: Vec<Dispatcher> = "dispatcherMap",
        /// V3: the quorum index of the checker's last turn.
        pub last_quorum_index: i64 = "lastQuorumIndex",
        /// When the checker last swept.
        pub last_check_leak_time: Time = "lastCheckLeakTimeMs",
        /// V4: when the checker last looked for time-outs.
        pub last_check_timeout_time: Time = "lastCheckTimeoutTimeMs",
        /// V3: writes up to here were answered with a time-out; they still count as pending.
        pub timed_out_to: i64 = "timedOutTo",
    }
}

impl EntryPusher {
    /// The pusher of a process that just started.
    pub(crate) fn new(me: NodeId, peers: u8, now: Time) -> EntryPusher {
        let others = (0..peers).map(NodeId).filter(|peer| *peer != me);
        EntryPusher {
            peer_water_marks_by_term: SortedMap::new(),
            pending_by_term: SortedMap::new(),
            dispatchers: others.map(|peer| Dispatcher::new(peer, now)).collect(),
            last_quorum_index: -1,
            last_check_leak_time: now,
            last_check_timeout_time: now,
            timed_out_to: -1,
        }
    }

    /// The watermark of `peer` in `term`; −1 when none is known.
    pub(crate) fn watermark(&self, term: i64, peer: NodeId) -> i64 {
        let marks = self.peer_water_marks_by_term.get(&term);
        marks.and_then(|marks| marks.get(usize::from(peer.0))).copied().unwrap_or(-1)
    }

    /// How many writes of `term` are pending.
    pub(crate) fn pending_count(&self, term: i64) -> u64 {
        self.pending_by_term.get(&term).map_or(0, |map| map.len() as u64)
    }
}

/// Whether turns of a once-a-second check are past.
pub(crate) fn is_check_behind(last: Time, now: Time) -> bool {
    now.0 > last.0 + (SECOND_MS + 1) * 1000
}

/// Moves a once-a-second check past the turns in which nothing was to do. The check needs more than a second.
pub(crate) fn catch_up_check(last: &mut Time, now: Time) {
    let period_us = (SECOND_MS + 1) * 1000;
    if let Some(before) = now.0.checked_sub(last.0 + period_us).filter(|gap| *gap > 0) {
        *last = last.plus_us(before.div_ceil(period_us) * period_us);
    }
}

fn check_due(last: Time) -> Time {
    last.plus_ms(SECOND_MS + 1)
}

/// The checker's next useful wake.
pub(crate) fn quorum_wake(disk: &Disk, mem: &Memory, config: &Config) -> Option<Time> {
    let pusher = &mem.pusher;
    if !config.v4() && mem.member.role != Role::Leader {
        return None;
    }
    let pending = pusher.pending_by_term.get(&disk.curr_term);
    if config.v4() {
        return quorum_wake_v4(disk, mem, config, pending);
    }
    let own_behind = pusher.watermark(disk.curr_term, mem.self_id) < disk.end_index();
    let done = if config.state_machine() { mem.member.applied_index } else { pusher.last_quorum_index };
    let swept = |map: &PendingMap| {
        map.as_map().keys().next().is_some_and(|first| *first < done || *first == done && !config.seed())
    };
    let sweep = (own_behind || pending.is_some_and(swept)).then(|| check_due(pusher.last_check_leak_time));
    if config.state_machine() {
        return sweep;
    }
    let first_open = (pusher.last_quorum_index + 1).max(pusher.timed_out_to + 1);
    let open = pending.and_then(|map| map.get(&first_open));
    let timeout = open.map(|open| open.created.plus_ms(config.max_wait_ack_time_ms));
    sweep.into_iter().chain(timeout).min()
}

fn quorum_wake_v4(disk: &Disk, mem: &Memory, config: &Config, pending: Option<&PendingMap>) -> Option<Time> {
    let applied = mem.member.applied_index;
    let map = pending?.as_map();
    let sweep = map
        .keys()
        .next()
        .filter(|first| **first <= applied)
        .map(|_| check_due(mem.pusher.last_check_leak_time));
    let bound = timeout_bound(disk, mem, config);
    let open = map.range(applied + 1..).next().filter(|(index, _)| **index <= bound);
    let timeout = open.map(|(_, open)| {
        let mut last = mem.pusher.last_check_timeout_time;
        catch_up_check(&mut last, open.created.plus_ms(V4_ACK_TIMEOUT_MS));
        check_due(last)
    });
    sweep.into_iter().chain(timeout).min()
}

fn timeout_bound(disk: &Disk, mem: &Memory, config: &Config) -> i64 {
    let room = i64::try_from(config.max_pending_requests_num).unwrap_or(i64::MAX);
    disk.end_index().min(mem.member.committed_index.saturating_add(room))
}

impl Node<'_, '_> {
    /// Raises a watermark; it never falls.
    ///
    /// Source: DLedger 0.3.1.2 DLedgerEntryPusher.updatePeerWaterMark
    pub(crate) fn update_peer_water_mark(&mut self, term: i64, peer: NodeId, index: i64) {
        let peers = usize::from(self.cx.nodes);
        let marks = self.mem.pusher.peer_water_marks_by_term.get_or_insert_with(term, || vec![-1; peers]);
        if let Some(mark) = marks.get_mut(usize::from(peer.0)) {
            *mark = index.max(*mark);
        }
    }

    /// Registers a write that waits for its quorum.
    ///
    /// Source: DLedger 0.3.1.2 DLedgerEntryPusher.waitAck; V4 appendClosure
    pub(crate) fn wait_ack(&mut self, index: i64, responder: Responder) {
        let (term, me) = (self.disk.curr_term, self.mem.self_id);
        self.update_peer_water_mark(term, me, index);
        if self.cx.settings.seed() && self.cx.nodes == 1 {
            return self.answer_append(responder, index, Code::Success, 0);
        }
        let pending = Pending { created: self.cx.now, responder };
        self.mem.pusher.pending_by_term.get_or_insert_with(term, PendingMap::new).insert(index, pending);
        self.cx.note(Event::ClientWaits { index });
    }

    /// Answers a client's write.
    pub(crate) fn answer_append(&mut self, to: Responder, index: i64, code: Code, waited_us: u64) {
        if to == Responder::Nobody {
            return;
        }
        let pos = match self.disk.get(index) {
            Some(entry) if code == Code::Success => i64::try_from(entry.pos).unwrap_or(-1),
            _ => -1,
        };
        let leader_id = self.mem.member.leader_id;
        let header = Header::request(self.mem.self_id, leader_id, self.disk.curr_term).code(code);
        self.cx.note(Event::ClientAnswered { index, code, waited_ms: waited_us / 1000 });
        self.answer(to, header, Body::AppendResponse { index, pos });
    }

    fn answer_pending(&mut self, pending: &Pending, index: i64, code: Code) {
        let waited_us = self.cx.now.since_us(pending.created);
        self.answer_append(pending.responder, index, code, waited_us);
    }

    /// A turn of the checker; tells whether it changed anything.
    ///
    /// Source: DLedger 0.3.1.2 DLedgerEntryPusher.QuorumAckChecker.doWork
    pub(crate) fn quorum_turn(&mut self) -> bool {
        let config = self.cx.settings;
        if config.v4() {
            return self.quorum_turn_v4();
        }
        if !self.is_leader() {
            return false;
        }
        let mut acted = self.clear_other_terms(Code::TermChanged);
        let (term, me) = (self.disk.curr_term, self.mem.self_id);
        let quorum = self.quorum_of(term);
        acted |= self.update_committed_index(term, quorum);
        let mut need_check = false;
        let mut answered = 0;
        if config.state_machine() {
            acted |= self.on_committed(quorum);
        } else {
            (answered, need_check) = self.answer_quorum(term, quorum);
            if answered == 0 {
                acted |= self.answer_timeouts(term, quorum);
            }
        }
        if need_check || self.elapsed_more(Some(self.mem.pusher.last_check_leak_time), SECOND_MS) {
            self.mem.pusher.last_check_leak_time = self.cx.now;
            let end = self.disk.end_index();
            if self.mem.pusher.watermark(term, me) < end {
                self.update_peer_water_mark(term, me, end);
                self.cx.note(Event::OwnWatermark { index: end });
                acted = true;
            }
            let done = if config.state_machine() { self.mem.member.applied_index } else { quorum };
            acted |= self.sweep(term, done);
        }
        if quorum != self.mem.pusher.last_quorum_index {
            self.mem.pusher.last_quorum_index = quorum;
            acted = true;
        }
        acted || answered > 0
    }

    /// Drops what belongs to other terms than the current one.
    fn clear_other_terms(&mut self, code: Code) -> bool {
        let term = self.disk.curr_term;
        let peers = usize::from(self.cx.nodes);
        let (pending, marks) = (&self.mem.pusher.pending_by_term, &self.mem.pusher.peer_water_marks_by_term);
        if pending.len() == 1 && marks.len() == 1 && pending.contains_key(&term) && marks.contains_key(&term)
        {
            return false;
        }
        let pusher = &mut self.mem.pusher;
        pusher.peer_water_marks_by_term.get_or_insert_with(term, || vec![-1; peers]);
        if !pusher.pending_by_term.contains_key(&term) {
            pusher.pending_by_term.insert(term, PendingMap::new());
            pusher.timed_out_to = -1;
        }
        if pusher.pending_by_term.len() == 1 && pusher.peer_water_marks_by_term.len() == 1 {
            return false;
        }
        let other_terms: Vec<i64> = pusher.pending_by_term.keys().copied().filter(|t| *t != term).collect();
        for other in other_terms {
            let map = self.mem.pusher.pending_by_term.remove(&other).unwrap_or_default();
            for (index, pending) in map.as_map() {
                self.answer_pending(pending, *index, code);
            }
        }
        let marks = &mut self.mem.pusher.peer_water_marks_by_term;
        let old_terms: Vec<i64> = marks.keys().copied().filter(|t| *t != term).collect();
        for old in old_terms {
            self.mem.pusher.peer_water_marks_by_term.remove(&old);
            self.cx.note(Event::WatermarksCleared { term: old });
        }
        true
    }

    /// The index that a quorum of watermarks reached.
    fn quorum_of(&self, term: i64) -> i64 {
        let mut sorted = [-1; limits::NODES as usize];
        let marks = self.mem.pusher.peer_water_marks_by_term.get(&term).map_or(&[][..], Vec::as_slice);
        let some = &mut sorted[..marks.len()];
        some.copy_from_slice(marks);
        quorum_index(some).unwrap_or(-1)
    }

    /// Answers the writes between the last quorum index and this one; also tells whether one was missing.
    fn answer_quorum(&mut self, term: i64, quorum: i64) -> (u64, bool) {
        let mut answered = 0;
        let mut index = quorum;
        while index > self.mem.pusher.last_quorum_index {
            let map = self.mem.pusher.pending_by_term.get_or_insert_with(term, PendingMap::new);
            let Some(pending) = map.remove(&index) else { return (answered, true) };
            self.answer_pending(&pending, index, Code::Success);
            answered += 1;
            index -= 1;
        }
        (answered, false)
    }

    /// Answers the writes after the quorum index that waited too long; they stay pending.
    ///
    /// Source: DLedger 0.3.1.2 DLedgerEntryPusher.checkResponseFuturesTimeout
    pub(crate) fn answer_timeouts(&mut self, term: i64, quorum: i64) -> bool {
        let (now, wait_us) = (self.cx.now, self.cx.settings.max_wait_ack_time_ms * 1000);
        let mut acted = false;
        let mut index = (quorum + 1).max(self.mem.pusher.timed_out_to + 1);
        loop {
            let map = self.mem.pusher.pending_by_term.get(&term);
            let timed_out = |open: &&Pending| now.since_us(open.created) >= wait_us;
            let Some(open) = map.and_then(|map| map.get(&index)).filter(timed_out).cloned() else {
                return acted;
            };
            let pusher = &mut self.mem.pusher;
            let map = pusher.pending_by_term.get_or_insert_with(term, PendingMap::new);
            map.insert(index, Pending { responder: Responder::Nobody, ..open.clone() });
            pusher.timed_out_to = index;
            self.answer_pending(&open, index, Code::WaitQuorumAckTimeout);
            acted = true;
            index += 1;
        }
    }

    /// Answers and forgets every pending write up to `done`; SEED: below it.
    ///
    /// Source: DLedger 0.3.1.2 DLedgerEntryPusher.checkResponseFuturesElapsed
    fn sweep(&mut self, term: i64, done: i64) -> bool {
        let last = if self.cx.settings.seed() { done - 1 } else { done };
        let Some(map) = self.mem.pusher.pending_by_term.get(&term) else { return false };
        if map.as_map().keys().next().is_none_or(|first| *first > last) {
            return false;
        }
        let swept: Vec<i64> = map.as_map().range(..=last).map(|(index, _)| *index).collect();
        for index in swept {
            self.complete_pending(term, index);
        }
        true
    }

    /// Answers the pending write of `index` with success, when there is one.
    ///
    /// Source: DLedger 0.3.1.2 DLedgerEntryPusher.completeResponseFuture
    pub(crate) fn complete_pending(&mut self, term: i64, index: i64) -> bool {
        let map = self.mem.pusher.pending_by_term.get_mut(&term);
        let Some(pending) = map.and_then(|map| map.remove(&index)) else { return false };
        self.answer_pending(&pending, index, Code::Success);
        true
    }

    /// A turn of the V4 checker, which runs in every role.
    ///
    /// Source: DLedger 0.4.0 DLedgerEntryPusher.QuorumAckChecker.doWork
    fn quorum_turn_v4(&mut self) -> bool {
        let mut acted = self.clear_other_terms(Code::ExpiredTerm);
        let (term, me) = (self.disk.curr_term, self.mem.self_id);
        if self.elapsed_more(Some(self.mem.pusher.last_check_leak_time), SECOND_MS) {
            self.mem.pusher.last_check_leak_time = self.cx.now;
            acted |= self.sweep(term, self.mem.member.applied_index);
        }
        if self.elapsed_more(Some(self.mem.pusher.last_check_timeout_time), SECOND_MS) {
            self.mem.pusher.last_check_timeout_time = self.cx.now;
            acted |= self.answer_timeouts_v4(term);
        }
        if !self.is_leader() {
            return acted;
        }
        let end = self.disk.end_index();
        if self.mem.pusher.watermark(term, me) < end {
            self.update_peer_water_mark(term, me, end);
        }
        let quorum = self.quorum_of(term);
        if quorum > self.mem.member.committed_index {
            self.set_committed(quorum);
            self.on_committed(quorum);
            acted = true;
        }
        acted
    }

    /// Answers and forgets the writes that waited two seconds or more.
    ///
    /// Source: DLedger 0.4.0 DLedgerEntryPusher.checkResponseFuturesTimeout
    fn answer_timeouts_v4(&mut self, term: i64) -> bool {
        let bound = timeout_bound(self.disk, self.mem, self.cx.settings);
        let now = self.cx.now;
        let mut index = self.mem.member.applied_index + 1;
        let mut acted = false;
        loop {
            let map = self.mem.pusher.pending_by_term.get_or_insert_with(term, PendingMap::new);
            let Some((next, open)) = map.as_map().range(index..).next() else { return acted };
            if *next > bound || now.since_us(open.created) < V4_ACK_TIMEOUT_MS * 1000 {
                return acted;
            }
            index = *next;
            if let Some(open) = map.remove(&index) {
                self.answer_pending(&open, index, Code::WaitQuorumAckTimeout);
            }
            acted = true;
        }
    }
}
