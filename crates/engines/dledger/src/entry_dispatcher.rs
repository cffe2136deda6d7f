//! A dispatcher: brings one follower's log up to the leader's. State and the loop of V3; V4's differs wholly.
//!
//! Source: DLedger 0.3.1.2 DLedgerEntryPusher.EntryDispatcher.

use alloc::vec::Vec;
use kernel::{NodeId, SumMap, Time, state};

use crate::codes::{Code, DispatcherState, PushType, Role};
use crate::config::{Config, ERROR_PAUSE_MS, RPC_TIMEOUT_MS, SECOND_MS};
use crate::entry::Entry;
use crate::event::{Event, PushEvent};
use crate::message::{Body, Ctx, Header, Message, PushRequest, PushResponse};
use crate::node::{Disk, Memory, Node};

state! {
    /// An APPEND under way.
    pub struct SentPush {
        /// When it was sent.
        pub sent: Time = "sendTime",
        /// How many entries it has.
        pub count: u64 = "count",
    }
}

state! {
    /// The request that blocks a dispatcher.
    pub struct Blocked {
        /// What it does.
        pub kind: DispatcherState = "type",
        /// The index it is about.
        pub index: i64 = "index",
        /// The term compared (V4).
        pub term: i64 = "term",
        /// When it was sent.
        pub sent: Time = "sendTime",
    }
}

state! {
    /// What the leader's side knows of one follower. It outlives leaderships.
    pub struct Dispatcher {
        /// The follower.
        pub peer: NodeId = "peerId",
        /// COMPARE, TRUNCATE, APPEND or INSTALL_SNAPSHOT.
        pub state: DispatcherState = "type",
        /// V3: the entry to compare next; −1 none yet.
        pub compare_index: i64 = "compareIndex",
        /// The next entry to send.
        pub write_index: i64 = "writeIndex",
        /// V4: the last entry known to match; never reset.
        pub match_index: i64 = "matchIndex",
        /// The term it works in.
        pub term: i64 = "term",
        /// The leader it works for: this node.
        pub leader_id: Option<NodeId> = "leaderId",
        /// APPENDs without an answer, by their first index.
        pub pending: SumMap<i64, SentPush> = "pendingMap",
        /// When anything was last sent that carries the committed index.
        pub last_push_commit_time: Option<Time> = "lastPushCommitTimeMs",
        /// When acknowledged requests were last dropped from the pending ones.
        pub last_check_leak_time: Time = "lastCheckLeakTimeMs",
        /// The request it waits for.
        pub blocked: Option<Blocked> = "waitingFor",
        /// V3: when an APPEND was last acknowledged. Answers that come together are taken in before it looks for late ones.
        pub last_answer_time: Option<Time> = "lastAnswerTime",
        /// It rests until then after an error.
        pub pause_until: Option<Time> = "errorPauseUntil",
        /// V3 batch push: how many entries before writeIndex are not sent yet.
        pub batch_count: u64 = "batchAppendEntryCount",
        /// V4: no snapshot helped at this writeIndex; it would ask again and again.
        pub spinning_at: i64 = "spinningAt",
    }
}

impl Dispatcher {
    /// The dispatcher of a process that just started.
    pub(crate) fn new(peer: NodeId, now: Time) -> Dispatcher {
        Dispatcher {
            peer,
            state: DispatcherState::Compare,
            compare_index: -1,
            write_index: -1,
            match_index: -1,
            term: -1,
            leader_id: None,
            pending: SumMap::new(),
            last_push_commit_time: None,
            last_check_leak_time: now,
            blocked: None,
            last_answer_time: None,
            pause_until: None,
            batch_count: 0,
            spinning_at: -1,
        }
    }
}

/// A dispatcher's next useful wake.
pub(crate) fn dispatcher_wake(disk: &Disk, mem: &Memory, config: &Config, d: &Dispatcher) -> Option<Time> {
    if mem.member.role != Role::Leader || d.blocked.is_some() {
        return None;
    }
    if d.pause_until.is_some() {
        return d.pause_until;
    }
    if d.state != DispatcherState::Append {
        return None;
    }
    let full = d.pending.len() as u64 >= config.max_pending_size;
    let idle = d.write_index > disk.end_index();
    let late = || {
        let next = mem.pusher.watermark(d.term, d.peer) + 1;
        // V4 starts over from there; when that is impossible or done, the wake would change nothing.
        let useful = !config.v4() || d.write_index != next;
        d.pending.get(&next).filter(|_| useful)
    };
    let sent = if (idle || full) && !d.pending.is_empty() { late() } else { None };
    let next_look = d.last_answer_time.map_or(Time(0), |answered| answered.plus_ms(1));
    let resend = sent.map(|sent| sent.sent.plus_ms(config.max_push_time_out_ms + 1).max(next_look));
    let commit = idle.then(|| d.last_push_commit_time.map_or(Time(0), |last| last.plus_ms(SECOND_MS + 1)));
    resend.into_iter().chain(commit).min()
}

impl Node<'_, '_> {
    /// The dispatcher of `peer`.
    pub(crate) fn dispatcher_of(&self, peer: NodeId) -> Option<usize> {
        self.mem.pusher.dispatchers.iter().position(|d| d.peer == peer)
    }

    /// A turn of a dispatcher; tells whether it did anything.
    ///
    /// Source: DLedger 0.3.1.2 EntryDispatcher.doWork, checkAndFreshState
    pub(crate) fn dispatcher_turn(&mut self, at: usize) -> bool {
        if !self.is_leader() {
            return false;
        }
        let (now, me, term) = (self.cx.now, self.mem.self_id, self.disk.curr_term);
        let v4 = self.cx.settings.v4();
        let d = &self.mem.pusher.dispatchers[at];
        if d.blocked.is_some() || d.pause_until.is_some_and(|until| now < until) {
            return false;
        }
        // A part that is written is digested anew, so nothing is written that stays as it is.
        let mut acted = d.pause_until.is_some();
        if acted {
            self.mem.pusher.dispatchers[at].pause_until = None;
        }
        let d = &self.mem.pusher.dispatchers[at];
        if d.term != term || d.leader_id != Some(me) {
            let d = &mut self.mem.pusher.dispatchers[at];
            d.term = term;
            d.leader_id = Some(me);
            let peer = d.peer;
            self.note_push(PushEvent::DispatcherFresh { peer, term });
            self.dispatcher_to(at, -1, DispatcherState::Compare);
            acted = true;
        }
        if v4 {
            return self.dispatcher_turn_v4(at) || acted;
        }
        let did = match self.mem.pusher.dispatchers[at].state {
            DispatcherState::Append => self.do_append(at),
            _ => self.do_compare(at),
        };
        acted || did
    }

    /// Changes a dispatcher's state, with what hangs on it.
    ///
    /// Source: DLedger 0.3.1.2 EntryDispatcher.changeState; V4 DLedger 0.4.0
    pub(crate) fn dispatcher_to(&mut self, at: usize, index: i64, to: DispatcherState) {
        let v4 = self.cx.settings.v4();
        let end = self.disk.end_index();
        let d = &mut self.mem.pusher.dispatchers[at];
        let (from, peer, term) = (d.state, d.peer, d.term);
        d.state = to;
        match to {
            DispatcherState::Append => {
                d.batch_count = 0;
                if !v4 {
                    d.compare_index = -1;
                    d.write_index = index + 1;
                    self.update_peer_water_mark(term, peer, index);
                }
            }
            DispatcherState::Compare if from == DispatcherState::Append => {
                d.pending.clear();
                d.batch_count = 0;
                if v4 {
                    d.write_index = end + 1;
                } else {
                    d.compare_index = -1;
                }
            }
            DispatcherState::Truncate if !v4 => d.compare_index = -1,
            _ => {}
        }
        if from != to {
            self.note_push(PushEvent::DispatcherChanged { peer, from, to, index });
        }
    }

    /// An error in a dispatcher: back to COMPARE, and a pause.
    ///
    /// Source: DLedger 0.3.1.2 EntryDispatcher.doWork; SEED stays in its state
    pub(crate) fn dispatcher_failed(&mut self, at: usize, code: Code) {
        let d = &mut self.mem.pusher.dispatchers[at];
        d.pause_until = Some(self.cx.now.plus_ms(ERROR_PAUSE_MS));
        let (peer, doing) = (d.peer, d.state);
        self.note_push(PushEvent::DispatcherFailed { peer, doing, code });
        if !self.cx.settings.seed() {
            self.dispatcher_to(at, -1, DispatcherState::Compare);
        }
    }

    /// Sends a push of a dispatcher.
    pub(crate) fn send_push(
        &mut self,
        at: usize,
        kind: PushType,
        entries: Vec<Entry>,
        pre: (i64, i64),
        ctx: Ctx,
    ) {
        let d = &self.mem.pusher.dispatchers[at];
        let header = Header::request(d.peer, d.leader_id, d.term);
        let commit_index = self.mem.member.committed_index;
        let push = PushRequest { kind, commit_index, pre_log_index: pre.0, pre_log_term: pre.1, entries };
        let message = Message { header, body: Body::PushRequest(push) };
        self.cx.call(d.peer, message, ctx, RPC_TIMEOUT_MS);
    }

    /// Blocks a dispatcher until its request is answered.
    pub(crate) fn block(&mut self, at: usize, kind: DispatcherState, index: i64, term: i64) -> Ctx {
        let sent = self.cx.now;
        self.mem.pusher.dispatchers[at].blocked = Some(Blocked { kind, index, term, sent });
        Ctx::Blocking { kind, sent }
    }

    /// Asks the follower whether it has the entry at compareIndex.
    ///
    /// Source: DLedger 0.3.1.2 EntryDispatcher.doCompare
    fn do_compare(&mut self, at: usize) -> bool {
        let (begin, end) = (self.disk.begin_index(), self.disk.end_index());
        let d = &mut self.mem.pusher.dispatchers[at];
        if d.compare_index == -1 && end == -1 {
            return false;
        }
        if d.compare_index == -1 || d.compare_index > end || d.compare_index < begin {
            d.compare_index = end;
        }
        let (peer, index) = (d.peer, d.compare_index);
        let Some(entry) = self.disk.get(index).cloned() else {
            self.dispatcher_failed(at, Code::IndexOutOfRange);
            return true;
        };
        self.note_push(PushEvent::CompareSent { peer, index, term: entry.term });
        let ctx = self.block(at, DispatcherState::Compare, index, entry.term);
        self.send_push(at, PushType::Compare, Vec::from([entry]), (-1, -1), ctx);
        true
    }

    /// A blocking request was answered, or its call failed.
    pub(crate) fn blocking_answered(
        &mut self,
        peer: NodeId,
        sent: Time,
        code: Code,
        answer: Option<PushResponse>,
    ) {
        let Some(at) = self.dispatcher_of(peer) else { return };
        let d = &mut self.mem.pusher.dispatchers[at];
        let Some(blocked) = d.blocked.take_if(|blocked| blocked.sent == sent) else {
            return self.cx.note(Event::Ignored { reason: crate::event::IgnoreReason::Late });
        };
        let v4 = self.cx.settings.v4();
        match (blocked.kind, answer) {
            (DispatcherState::InstallSnapshot, _) => self.install_answered(at, &blocked, code),
            (DispatcherState::Compare, Some(answer))
                if matches!(code, Code::Success | Code::InconsistentState) =>
            {
                let same = code == Code::Success;
                if v4 {
                    self.compare_answered_v4(at, &blocked, same, &answer);
                } else {
                    self.compare_answered(at, same, &answer);
                }
            }
            (DispatcherState::Truncate, Some(_)) if code == Code::Success => {
                let d = &mut self.mem.pusher.dispatchers[at];
                d.last_push_commit_time = Some(self.cx.now);
                self.note_push(PushEvent::TruncateDone { peer, index: blocked.index });
                self.dispatcher_to(at, blocked.index, DispatcherState::Append);
            }
            _ => self.dispatcher_failed(at, code),
        }
    }

    /// Decides what a COMPARE's answer means: append, truncate, or compare an earlier entry.
    ///
    /// Source: DLedger 0.3.1.2 EntryDispatcher.doCompare
    fn compare_answered(&mut self, at: usize, same: bool, answer: &PushResponse) {
        let (begin, end) = (self.disk.begin_index(), self.disk.end_index());
        let d = &mut self.mem.pusher.dispatchers[at];
        let (peer, index) = (d.peer, d.compare_index);
        let mut truncate = -1;
        if same {
            if index == answer.end_index {
                let end = answer.end_index;
                self.note_push(PushEvent::CompareAnswered { peer, same, index, end, next: -1 });
                return self.dispatcher_to(at, index, DispatcherState::Append);
            }
            truncate = index;
        } else if answer.end_index < begin || answer.begin_index > end || index < answer.begin_index {
            truncate = begin;
        } else if index > answer.end_index {
            d.compare_index = answer.end_index;
        } else {
            d.compare_index -= 1;
        }
        if d.compare_index < begin {
            truncate = begin;
        }
        let next = if truncate == -1 { d.compare_index } else { -1 };
        self.note_push(PushEvent::CompareAnswered { peer, same, index, end: answer.end_index, next });
        if truncate != -1 {
            self.do_truncate(at, truncate);
        }
    }

    /// Makes the follower keep the entry at `index` and cut what comes after it.
    ///
    /// Source: DLedger 0.3.1.2 EntryDispatcher.doTruncate
    fn do_truncate(&mut self, at: usize, index: i64) {
        self.dispatcher_to(at, index, DispatcherState::Truncate);
        let peer = self.mem.pusher.dispatchers[at].peer;
        let Some(entry) = self.disk.get(index).cloned() else {
            return self.dispatcher_failed(at, Code::Unknown);
        };
        self.note_push(PushEvent::TruncateSent { peer, index, keep: true });
        let ctx = self.block(at, DispatcherState::Truncate, index, entry.term);
        self.send_push(at, PushType::Truncate, Vec::from([entry]), (-1, -1), ctx);
    }

    /// Sends what is not sent yet, resends what is late, and tells the committed index.
    ///
    /// Source: DLedger 0.3.1.2 EntryDispatcher.doAppend, doBatchAppend
    fn do_append(&mut self, at: usize) -> bool {
        let config = self.cx.settings;
        let end = self.disk.end_index();
        let mut acted = false;
        loop {
            if self.mem.pusher.dispatchers[at].write_index > end {
                acted |= self.send_batch(at);
                acted |= self.do_commit(at);
                return self.check_append_response(at) || acted;
            }
            self.drop_acknowledged(at);
            let d = &mut self.mem.pusher.dispatchers[at];
            if d.pending.len() as u64 >= config.max_pending_size {
                return self.check_append_response(at) || acted;
            }
            d.write_index += 1;
            d.batch_count += 1;
            let (last, count) = (d.write_index - 1, d.batch_count);
            if !config.enable_batch_push || self.batch_bytes(last, count) >= config.max_batch_push_size {
                self.send_batch(at);
            }
            acted = true;
        }
    }

    fn batch_bytes(&self, last: i64, count: u64) -> u64 {
        let first = last + 1 - i64::try_from(count).unwrap_or(i64::MAX);
        (first..=last).filter_map(|index| self.disk.get(index)).map(|entry| entry.size).sum()
    }

    /// Sends the entries that were gathered.
    fn send_batch(&mut self, at: usize) -> bool {
        let count = self.mem.pusher.dispatchers[at].batch_count;
        if count == 0 {
            return false;
        }
        let d = &mut self.mem.pusher.dispatchers[at];
        d.batch_count = 0;
        let first = d.write_index - i64::try_from(count).unwrap_or(i64::MAX);
        self.send_append(at, first, count, false);
        true
    }

    /// Sends `count` entries from `first` on.
    ///
    /// Source: DLedger 0.3.1.2 EntryDispatcher.doAppendInner, sendBatchAppendEntryRequest
    pub(crate) fn send_append(&mut self, at: usize, first: i64, count: u64, again: bool) {
        let last = first + i64::try_from(count).unwrap_or(i64::MAX) - 1;
        let entries: Vec<Entry> = (first..=last).filter_map(|index| self.disk.get(index).cloned()).collect();
        let Some(last_term) = entries.last().map(|entry| entry.term) else {
            return self.dispatcher_failed(at, Code::IndexOutOfRange);
        };
        let now = self.cx.now;
        let d = &mut self.mem.pusher.dispatchers[at];
        let (peer, term) = (d.peer, d.term);
        d.pending.insert(first, SentPush { sent: now, count });
        d.last_push_commit_time = Some(now);
        self.note_push(PushEvent::AppendSent { peer, first, last, again });
        let ctx = Ctx::Append { term, first, last, last_term };
        self.send_push(at, PushType::Append, entries, (-1, -1), ctx);
    }

    /// Forgets requests whose entries are acknowledged, once a second or when too many are pending.
    pub(crate) fn drop_acknowledged(&mut self, at: usize) {
        let config = self.cx.settings;
        let d = &self.mem.pusher.dispatchers[at];
        let full = d.pending.len() as u64 >= config.max_pending_size;
        if !full && !self.elapsed_more(Some(d.last_check_leak_time), SECOND_MS) {
            return;
        }
        let mark = self.mem.pusher.watermark(d.term, d.peer);
        let now = self.cx.now;
        // The single push of V3 keeps the request at the watermark itself.
        let single = !config.v4() && !config.enable_batch_push;
        let d = &mut self.mem.pusher.dispatchers[at];
        d.last_check_leak_time = now;
        let before = d.pending.len();
        let done = |first: i64, count: u64| {
            let last = first + i64::try_from(count).unwrap_or(i64::MAX) - 1;
            if single { first < mark } else { last <= mark }
        };
        if d.pending.as_map().iter().any(|(first, push)| done(*first, push.count)) {
            d.pending.retain(|first, push| !done(*first, push.count));
        }
        let (peer, count) = (d.peer, (before - d.pending.len()) as u64);
        if count > 0 {
            self.note_push(PushEvent::LeakDropped { peer, count });
        }
    }

    /// Sends the request after the watermark again when its answer is late.
    ///
    /// Source: DLedger 0.3.1.2 EntryDispatcher.doCheckAppendResponse, doCheckBatchAppendResponse
    fn check_append_response(&mut self, at: usize) -> bool {
        let d = &self.mem.pusher.dispatchers[at];
        // The real loop looks once a millisecond, when it has taken in all answers that came meanwhile.
        let looks = d.last_answer_time.is_none_or(|answered| self.cx.now >= answered.plus_ms(1));
        if d.pending.is_empty() || !looks {
            return false;
        }
        let next = self.mem.pusher.watermark(d.term, d.peer) + 1;
        let Some(late) = d.pending.get(&next).map(|push| (push.sent, push.count)) else { return false };
        if !self.elapsed_more(Some(late.0), self.cx.settings.max_push_time_out_ms) {
            return false;
        }
        self.send_append(at, next, late.1, true);
        true
    }

    /// Tells the committed index when nothing was sent for a second.
    ///
    /// Source: DLedger 0.3.1.2 EntryDispatcher.doCommit
    pub(crate) fn do_commit(&mut self, at: usize) -> bool {
        let d = &self.mem.pusher.dispatchers[at];
        if !self.elapsed_more(d.last_push_commit_time, SECOND_MS) {
            return false;
        }
        let (peer, commit) = (d.peer, self.mem.member.committed_index);
        self.mem.pusher.dispatchers[at].last_push_commit_time = Some(self.cx.now);
        self.note_push(PushEvent::CommitSent { peer, commit });
        self.send_push(at, PushType::Commit, Vec::new(), (-1, -1), Ctx::Commit);
        true
    }

    /// An APPEND was answered, or its call failed.
    ///
    /// Source: DLedger 0.3.1.2 EntryDispatcher.doAppendInner; V4 DLedger 0.4.0 sendBatchAppendEntryRequest
    pub(crate) fn append_answered(&mut self, peer: NodeId, ctx: (i64, i64, i64, i64), code: Code) {
        let (term, first, last, last_term) = ctx;
        let Some(at) = self.dispatcher_of(peer) else { return };
        let v4 = self.cx.settings.v4();
        match code {
            Code::Success => {
                let d = &mut self.mem.pusher.dispatchers[at];
                if !v4 {
                    d.last_answer_time = Some(self.cx.now);
                }
                d.pending.remove(&first);
                let mut mark_term = term;
                if v4 {
                    mark_term = last_term;
                    if last <= d.match_index {
                        let watermark = self.mem.pusher.watermark(mark_term, peer);
                        return self.note_push(PushEvent::AppendAcked { peer, index: last, watermark });
                    }
                    d.match_index = last;
                }
                self.update_peer_water_mark(mark_term, peer, last);
                let watermark = self.mem.pusher.watermark(mark_term, peer);
                self.note_push(PushEvent::AppendAcked { peer, index: last, watermark });
            }
            Code::InconsistentState => {
                self.note_push(PushEvent::AppendFailed { peer, index: first, code });
                self.dispatcher_to(at, -1, DispatcherState::Compare);
            }
            _ => self.note_push(PushEvent::AppendFailed { peer, index: first, code }),
        }
    }
}
