//! A replicator: what a leader knows of one peer, and its calls: probes, entries, heartbeats.
//!
//! Source: braft ab0017f replicator.cpp Replicator

use alloc::collections::VecDeque;
use alloc::string::ToString;
use alloc::vec::Vec;
use kernel::{Digest, Hasher, NodeId, Part, Show, Time, Value, shown, state};

use crate::codes::{Code, Reason, St};
use crate::entry::Entry;
use crate::event::Event;
use crate::message::{AppendRequest, AppendResponse, Ctx, Message};
use crate::node::{Memory, Node};

/// A request in flight; a probe has no entries.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct InFlight {
    /// Index of its first entry.
    pub first_index: u64,
    /// How many it has.
    pub count: u64,
    /// Names its call.
    pub call: u32,
    /// When it was sent.
    pub sent: Time,
}

impl InFlight {
    /// What its call remembers.
    const fn ctx(self, replicator: u32) -> Ctx {
        let InFlight { first_index, count, call, sent } = self;
        Ctx::Append { replicator, call, prev: first_index - 1, count, sent }
    }
}

impl Digest for InFlight {
    fn digest(&self, h: &mut Hasher) {
        (self.first_index, self.count).digest(h);
        (self.call, self.sent).digest(h);
    }
}

shown! {
    InFlight { first_index = "log_index", count = "entries_size", call = "call_id", sent = "sent" }
}

state! {
    /// What a leader knows of one peer.
    pub struct Replicator {
        /// The peer.
        pub peer: NodeId = "peer_id",
        /// Its number: answers to an earlier replicator of this peer do not count.
        pub number: u32 = "id",
        /// The term its leader leads: it speaks in it to its end.
        pub term: u64 = "term",
        /// The next entry to send, past those in flight.
        pub next_index: u64 = "next_index",
        /// How many entries are in flight.
        pub flying: u64 = "flying_append_entries_size",
        /// The requests in flight, ascending.
        pub in_fly: VecDeque<InFlight> = "append_entries_in_fly",
        /// The heartbeat in flight.
        pub heartbeat_in_fly: Option<Ctx> = "heartbeat_in_fly",
        /// The snapshot in flight.
        pub install_in_fly: Option<Ctx> = "install_snapshot_in_fly",
        /// The handover in flight.
        pub timeout_now_in_fly: Option<Ctx> = "timeout_now_in_fly",
        /// What it does.
        pub st: St = "st",
        /// A call with entries or a probe succeeded once.
        pub has_succeeded: bool = "has_succeeded",
        /// Failed calls in a row.
        pub consecutive_errors: u64 = "consecutive_error_times",
        /// The entry that must be confirmed before leadership is handed to this peer; 0: none.
        pub timeout_now_index: u64 = "timeout_now_index",
        /// No command from here on is sent to this peer, which is readonly; 0: all are.
        pub readonly_index: u64 = "readonly_index",
        /// When the newest answered call was sent.
        pub last_rpc_send: Time = "last_rpc_send_timestamp",
        /// When the next heartbeat is due; none while one is in flight.
        pub heartbeat_timer: Option<Time> = "heartbeat_timer",
        /// When a blocked one goes on.
        pub block_timer: Option<Time> = "block_timer",
        /// A new peer: when it should have caught up.
        pub catchup_timer: Option<Time> = "catchup_timer",
        /// Numbers its calls.
        pub calls: u32 = "calls",
        /// Heartbeats sent.
        pub hc: u64 = "hc",
        /// Probes and requests with entries sent.
        pub ac: u64 = "ac",
        /// Snapshots sent.
        pub ic: u64 = "ic",
    }
}

impl Replicator {
    /// The first index that is not confirmed.
    ///
    /// Source: braft ab0017f replicator.cpp Replicator::_min_flying_index
    #[must_use]
    pub const fn min_flying(&self) -> u64 {
        self.next_index - self.flying
    }

    /// Whether the end of this call still counts: it was neither given up nor covered by a later answer.
    pub(crate) fn expects(&self, rpc_first: u64, call: u32) -> bool {
        let mut before = self.in_fly.iter().take_while(|flight| flight.first_index <= rpc_first);
        before.any(|flight| flight.call == call)
    }

    /// What its calls in flight remember.
    fn calls_in_fly(&self) -> impl Iterator<Item = Ctx> {
        let appends = self.in_fly.iter().map(|flight| flight.ctx(self.number));
        appends.chain(self.heartbeat_in_fly).chain(self.install_in_fly).chain(self.timeout_now_in_fly)
    }

    /// Whether a probe is what is in flight.
    #[must_use]
    pub fn probes(&self) -> bool {
        self.st == St::Appending && self.in_fly.iter().all(|flight| flight.count == 0)
    }
}

/// The replicators of a leader, ascending by peer.
#[derive(Clone, Debug, Default)]
pub struct Replicators(pub Vec<Part<Replicator>>);

impl core::ops::Deref for Replicators {
    type Target = Vec<Part<Replicator>>;

    fn deref(&self) -> &Vec<Part<Replicator>> {
        &self.0
    }
}

impl core::ops::DerefMut for Replicators {
    fn deref_mut(&mut self) -> &mut Vec<Part<Replicator>> {
        &mut self.0
    }
}

impl Digest for Replicators {
    fn digest(&self, h: &mut Hasher) {
        self.0.digest(h);
    }
}

impl Show for Replicators {
    fn show(&self) -> Value {
        Value::Map(self.0.iter().map(|rep| (rep.peer.to_string(), rep.show())).collect())
    }
}

impl Node<'_, '_> {
    /// The replicator of a peer.
    pub(crate) fn replicator(&self, peer: NodeId) -> Option<&Replicator> {
        self.mem.all_replicators().find(|rep| rep.peer == peer).map(|rep| &**rep)
    }

    /// The same, to change it.
    pub(crate) fn rep(&mut self, peer: NodeId) -> Option<&mut Replicator> {
        let last = self.mem.waking_candidate.as_mut();
        let mut all = self.mem.replicators.iter_mut().chain(last);
        all.find(|rep| rep.peer == peer).map(|rep| &mut **rep)
    }

    /// Whether that replicator of the peer is still there.
    pub(crate) fn current(&self, peer: NodeId, number: u32) -> bool {
        self.replicator(peer).is_some_and(|rep| rep.number == number)
    }

    /// Source: braft ab0017f replicator.cpp Replicator::start
    pub(crate) fn start_replicator(&mut self, peer: NodeId) {
        if self.replicator(peer).is_some() {
            return;
        }
        self.mem.replicator_count += 1;
        let rep = Replicator {
            peer,
            number: self.mem.replicator_count,
            term: self.mem.current_term,
            next_index: self.mem.lm.last_index() + 1,
            flying: 0,
            in_fly: VecDeque::new(),
            heartbeat_in_fly: None,
            install_in_fly: None,
            timeout_now_in_fly: None,
            st: St::Idle,
            has_succeeded: false,
            consecutive_errors: 0,
            timeout_now_index: 0,
            readonly_index: 0,
            last_rpc_send: self.cx.now,
            heartbeat_timer: None,
            block_timer: None,
            catchup_timer: None,
            calls: 0,
            hc: 0,
            ac: 0,
            ic: 0,
        };
        let at = self.mem.replicators.partition_point(|other| other.peer < peer);
        self.mem.replicators.insert(at, Part::new(rep));
        self.start_heartbeat_timer(peer);
        self.send_empty_entries(peer, false);
    }

    /// Ends a replicator: its calls are given up.
    ///
    /// Source: braft ab0017f replicator.cpp Replicator::stop, Replicator::_destroy
    pub(crate) fn stop_replicator(&mut self, peer: NodeId) {
        let at = self.mem.replicators.iter().position(|rep| rep.peer == peer);
        let last = |mem: &mut Memory| mem.waking_candidate.take_if(|rep| rep.peer == peer);
        if let Some(rep) = at.map(|at| self.mem.replicators.remove(at)).or_else(|| last(self.mem)) {
            rep.calls_in_fly().for_each(|ctx| self.cancel(ctx));
        }
        self.mem.lm.waiters = self.mem.lm.waiters.without(peer);
    }

    /// Ends all replicators of the group; the last one of an earlier leadership is in it no more.
    ///
    /// Source: braft ab0017f replicator.cpp ReplicatorGroup::stop_all
    pub(crate) fn stop_all(&mut self) {
        let peers: Vec<NodeId> = self.mem.replicators.iter().map(|rep| rep.peer).collect();
        peers.into_iter().for_each(|peer| self.stop_replicator(peer));
    }

    fn start_heartbeat_timer(&mut self, peer: NodeId) {
        let due = self.cx.now.plus_ms(self.heartbeat_ms());
        if let Some(rep) = self.rep(peer) {
            rep.heartbeat_timer = Some(due);
        }
    }

    /// The fields that every request has; none when the entry before is compacted away.
    ///
    /// Source: braft ab0017f replicator.cpp Replicator::_fill_common_fields
    fn fill(&self, term: u64, prev: u64, heartbeat: bool) -> Option<AppendRequest> {
        let prev_term = self.mem.lm.get_term(prev);
        let (prev_log_index, prev_log_term) = match prev_term {
            0 if prev != 0 && heartbeat => (0, 0),
            0 if prev != 0 => return None,
            prev_term => (prev, prev_term),
        };
        Some(AppendRequest {
            term,
            prev_log_index,
            prev_log_term,
            committed_index: self.mem.ballots.last_committed_index,
            entries: Vec::new(),
        })
    }

    /// A heartbeat, or a probe: they look alike.
    ///
    /// Source: braft ab0017f replicator.cpp Replicator::_send_empty_entries
    pub(crate) fn send_empty_entries(&mut self, peer: NodeId, heartbeat: bool) {
        let Some((term, next)) = self.replicator(peer).map(|rep| (rep.term, rep.next_index)) else { return };
        let Some(request) = self.fill(term, next - 1, heartbeat) else { return self.install_snapshot(peer) };
        if !heartbeat {
            return self.send_append(peer, request);
        }
        let (sent, timeout) = (self.cx.now, self.election_timeout_ms() / 2);
        let Some(rep) = self.rep(peer) else { return };
        rep.hc += 1;
        let ctx = Ctx::Heartbeat { replicator: rep.number, sent };
        rep.heartbeat_in_fly = Some(ctx);
        self.call(peer, Message::AppendEntries(request), ctx, Some(timeout));
    }

    /// The heartbeat timer fires; the next one begins when this one has returned.
    ///
    /// Source: braft ab0017f replicator.cpp Replicator::_send_heartbeat
    pub(crate) fn heartbeat(&mut self, peer: NodeId) {
        if let Some(rep) = self.rep(peer) {
            rep.heartbeat_timer = None;
            self.send_empty_entries(peer, true);
        }
    }

    /// Source: braft ab0017f replicator.cpp Replicator::_on_heartbeat_returned
    pub(crate) fn on_heartbeat_failed(&mut self, peer: NodeId, number: u32, code: Code) {
        if !self.current(peer, number) {
            return self.ignore(Some(peer), "AppendEntries", Reason::NoReplicator);
        }
        self.cx.note(Event::CallFailed { peer, code });
        if let Some(rep) = self.rep(peer) {
            rep.heartbeat_in_fly = None;
            rep.consecutive_errors += 1;
        }
        self.start_heartbeat_timer(peer);
    }

    /// A heartbeat came back: only its term and that it came count.
    ///
    /// Source: braft ab0017f replicator.cpp Replicator::_on_heartbeat_returned
    pub(crate) fn on_heartbeat_returned(
        &mut self,
        peer: NodeId,
        number: u32,
        sent: Time,
        response: AppendResponse,
    ) {
        if !self.current(peer, number) {
            return self.ignore(Some(peer), "AppendEntries", Reason::NoReplicator);
        }
        let Some(rep) = self.rep(peer) else { return };
        rep.heartbeat_in_fly = None;
        if response.term > rep.term {
            self.stop_replicator(peer);
            return self.increase_term_to(response.term, Code::Ehighertermresponse);
        }
        rep.consecutive_errors = 0;
        rep.last_rpc_send = rep.last_rpc_send.max(sent);
        self.start_heartbeat_timer(peer);
        self.change_readonly_config(peer, response.readonly);
    }

    /// An answer to a probe or to entries, or none.
    ///
    /// Source: braft ab0017f replicator.cpp Replicator::_on_rpc_returned
    pub(crate) fn on_rpc_returned(&mut self, peer: NodeId, ctx: Ctx, result: Result<AppendResponse, Code>) {
        let Ctx::Append { replicator, call, prev, count, sent } = ctx else { return };
        if !self.current(peer, replicator) {
            return self.ignore(Some(peer), "AppendEntries", Reason::NoReplicator);
        }
        let Some(rep) = self.rep(peer) else { return };
        let (rpc_first, term, min_flying) = (prev + 1, rep.term, rep.min_flying());
        if !rep.expects(rpc_first, call) {
            return self.ignore(Some(peer), "AppendEntries", Reason::InvalidRpc);
        }
        let response = match result {
            Ok(response) => response,
            Err(code) => {
                rep.consecutive_errors += 1;
                self.reset_next_index(peer);
                return self.block(peer, code);
            }
        };
        rep.consecutive_errors = 0;
        if !response.success {
            return self.on_append_refused(peer, sent, response);
        }
        if response.term != term {
            self.ignore(Some(peer), "AppendEntries", Reason::OtherTerm);
            return self.reset_next_index(peer);
        }
        rep.last_rpc_send = rep.last_rpc_send.max(sent);
        if count > 0 {
            // May commit, apply, answer, even end this leadership.
            self.commit_at(min_flying, prev + count, peer);
        }
        if !self.current(peer, replicator) {
            return;
        }
        self.confirm(peer, rpc_first);
    }

    /// Everything in flight up to this request is confirmed.
    fn confirm(&mut self, peer: NodeId, rpc_first: u64) {
        let Some(rep) = self.rep(peer) else { return };
        while rep.in_fly.front().is_some_and(|flight| flight.first_index <= rpc_first) {
            rep.flying -= rep.in_fly.pop_front().map_or(0, |flight| flight.count);
        }
        let first_time = !core::mem::replace(&mut rep.has_succeeded, true);
        let matched = rep.min_flying() - 1;
        if first_time {
            self.cx.note(Event::Matched { peer, matched });
        }
        self.after_success(peer);
    }

    /// What every success sets going: catching up, handing over, sending on.
    pub(crate) fn after_success(&mut self, peer: NodeId) {
        self.notify_on_caught_up(peer, None);
        let Some(rep) = self.replicator(peer) else { return };
        if rep.timeout_now_index > 0 && rep.timeout_now_index < rep.min_flying() {
            self.send_timeout_now(peer, false);
        }
        self.send_entries(peer);
    }

    /// The peer's log differs, or is shorter: jump to its end, or one step back; never by terms.
    fn on_append_refused(&mut self, peer: NodeId, sent: Time, response: AppendResponse) {
        if self.replicator(peer).is_some_and(|rep| response.term > rep.term) {
            self.stop_replicator(peer);
            return self.increase_term_to(response.term, Code::Ehighertermresponse);
        }
        self.reset_next_index(peer);
        let last = response.last_log_index.unwrap_or(0);
        let Some(rep) = self.rep(peer) else { return };
        rep.last_rpc_send = rep.last_rpc_send.max(sent);
        let (from, jump) = (rep.next_index, last + 1 < rep.next_index);
        if jump {
            rep.next_index = last + 1;
        } else if rep.next_index > 1 {
            rep.next_index -= 1;
        }
        let to = rep.next_index;
        self.cx.note(Event::SteppedBack { peer, from, to, jump });
        self.send_empty_entries(peer, false);
    }

    /// A call failed: the replicator pauses before it probes again.
    ///
    /// Source: braft ab0017f replicator.cpp Replicator::_block
    pub(crate) fn block(&mut self, peer: NodeId, code: Code) {
        let ms = match code {
            Code::Ebusy | Code::Eintr => self.cx.settings.raft_retry_replicate_interval_ms,
            _ => self.heartbeat_ms(),
        };
        let due = self.cx.now.plus_ms(ms);
        let Some(rep) = self.rep(peer) else { return };
        if rep.st == St::Blocking {
            return self.ignore(Some(peer), "AppendEntries", Reason::Blocking);
        }
        rep.st = St::Blocking;
        rep.block_timer = Some(due);
        self.cx.note(Event::Blocked { peer, ms, code });
    }

    /// Source: braft ab0017f replicator.cpp Replicator::_on_block_timedout_in_new_thread, _continue_sending
    pub(crate) fn on_block_timedout(&mut self, peer: NodeId) {
        let waits = self.mem.lm.waiters.has(peer);
        let Some(rep) = self.rep(peer) else { return };
        rep.block_timer = None;
        rep.st = St::Idle;
        if !waits {
            self.send_empty_entries(peer, false);
        }
    }

    /// What was in flight does not count any more: those calls are given up.
    ///
    /// Source: braft ab0017f replicator.cpp Replicator::_reset_next_index
    pub(crate) fn reset_next_index(&mut self, peer: NodeId) {
        self.mem.lm.waiters = self.mem.lm.waiters.without(peer);
        let Some(rep) = self.rep(peer) else { return };
        rep.next_index -= rep.flying;
        rep.flying = 0;
        let number = rep.number;
        let gone = core::mem::take(&mut rep.in_fly);
        gone.iter().for_each(|flight| self.cancel(flight.ctx(number)));
    }

    /// Sends what there is to send.
    ///
    /// Source: braft ab0017f replicator.cpp Replicator::_send_entries
    pub(crate) fn send_entries(&mut self, peer: NodeId) {
        let (entries, parallel) = self.limits();
        let Some(rep) = self.replicator(peer) else { return };
        let busy = rep.flying >= entries || rep.in_fly.len() as u64 >= parallel;
        if busy || rep.st == St::Blocking {
            let why = if busy { Reason::WindowFull } else { Reason::Blocking };
            return self.cx.note(Event::SendSkipped { peer, next: rep.next_index, why });
        }
        let (next, room, flying) = (rep.next_index, entries - rep.flying, rep.flying);
        let Some(mut request) = self.fill(rep.term, next - 1, false) else {
            self.reset_next_index(peer);
            return self.install_snapshot(peer);
        };
        let (collected, stopped) = self.prepare_entries(peer, next, room);
        request.entries = collected;
        if request.entries.is_empty() || next < self.mem.lm.first_index() {
            if next < self.mem.lm.first_index() {
                self.reset_next_index(peer);
                return self.install_snapshot(peer);
            }
            if !stopped {
                return self.wait_more_entries(peer);
            }
            self.cx.note(Event::SendSkipped { peer, next, why: Reason::PeerReadonly });
            if let Some(rep) = self.rep(peer).filter(|_| flying == 0) {
                rep.st = St::Idle;
            }
            return;
        }
        self.send_append(peer, request);
        self.wait_more_entries(peer);
    }

    /// The entries to send from `next` on, at most `room`; true when a command stopped them since the peer is
    /// readonly. Configurations still pass.
    ///
    /// Source: braft ab0017f replicator.cpp Replicator::_prepare_entry
    fn prepare_entries(&mut self, peer: NodeId, next: u64, room: u64) -> (Vec<Entry>, bool) {
        let mut readonly = self.replicator(peer).map_or(0, |rep| rep.readonly_index);
        let (before, metadata) = (readonly, self.sends_metadata(peer));
        let (mut all, mut stopped) = (Vec::new(), false);
        for entry in self.mem.lm.logs.iter_from(next).take(usize::try_from(room).unwrap_or(usize::MAX)) {
            if readonly != 0 && entry.index >= readonly {
                if entry.conf().is_none() {
                    stopped = true;
                    break;
                }
                readonly = entry.index + 1;
            }
            all.push(if metadata { entry.metadata() } else { entry.clone() });
        }
        if let Some(rep) = self.rep(peer).filter(|_| readonly != before) {
            rep.readonly_index = readonly;
        }
        (all, stopped)
    }

    fn limits(&self) -> (u64, u64) {
        let settings = self.cx.settings;
        (settings.raft_max_entries_size, settings.raft_max_parallel_append_entries_rpc_num)
    }

    /// Sends a probe or entries. These calls have no time-out in braft.
    fn send_append(&mut self, peer: NodeId, request: AppendRequest) {
        let (sent, count) = (self.cx.now, request.entries.len() as u64);
        let (_, parallel) = self.limits();
        let Some(rep) = self.rep(peer) else { return };
        debug_assert!(
            (rep.in_fly.len() as u64) < parallel,
            "more in flight than the setting allows: {rep:?}"
        );
        rep.calls += 1;
        rep.ac += 1;
        let flight = InFlight { first_index: rep.next_index, count, call: rep.calls, sent };
        rep.in_fly.push_back(flight);
        rep.next_index += count;
        rep.flying += count;
        rep.st = St::Appending;
        let ctx = flight.ctx(rep.number);
        self.call(peer, Message::AppendEntries(request), ctx, None);
    }

    /// Source: braft ab0017f replicator.cpp Replicator::_wait_more_entries
    fn wait_more_entries(&mut self, peer: NodeId) {
        let (entries, parallel) = self.limits();
        let last = self.mem.lm.last_index();
        let waits = self.mem.lm.waiters.has(peer);
        let Some(rep) = self.rep(peer) else { return };
        if rep.flying == 0 {
            rep.st = St::Idle;
        }
        if waits || rep.flying >= entries || rep.in_fly.len() as u64 >= parallel {
            return;
        }
        if last == rep.next_index - 1 {
            self.mem.lm.waiters = self.mem.lm.waiters.with(peer);
        } else {
            self.local.push_back(crate::node::Local::ContinueSending(peer));
        }
    }

    /// There is more to send.
    ///
    /// Source: braft ab0017f replicator.cpp Replicator::_continue_sending
    pub(crate) fn continue_sending(&mut self, peer: NodeId) {
        // Who probes waits for the answer first.
        if self.replicator(peer).is_some_and(|rep| rep.in_fly.is_empty() || !rep.probes()) {
            self.send_entries(peer);
        }
    }
}
