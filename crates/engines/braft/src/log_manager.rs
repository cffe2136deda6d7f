//! The log: entries in memory, the disk's queue, and the history of configurations.
//!
//! Source: braft ab0017f log_manager.cpp LogManager; configuration_manager.cpp

use alloc::vec::Vec;
use kernel::{ChunkLog, Effect, state};

use crate::codes::Code;
use crate::configuration::{Conf, LogId, Set};
use crate::disk::{DiskOp, Flush, StableClosure};
use crate::entry::Entry;
use crate::event::Event;
use crate::message::Write;
use crate::node::Node;
use crate::timer::TORN;

state! {
    /// The log manager.
    pub struct LogManager {
        /// Every entry that can be read: those in memory and those on disk.
        pub logs: ChunkLog<Entry> = "logs",
        /// Index of the first entry that memory still holds.
        pub memory_first: u64 = "memory_first",
        /// Id of the last entry on disk, as the disk's thread told last.
        pub disk_id: LogId = "disk_index",
        /// Id of the last applied entry.
        pub applied_id: LogId = "known_applied_index",
        /// Id of the last entry the snapshot covers.
        pub last_snapshot_id: LogId = "last_snapshot_id",
        /// Id of the entry before the first one.
        pub virtual_first_id: LogId = "virtual_first_log_id",
        /// Configurations in the log, after the snapshot's.
        pub config_history: Vec<Conf> = "config_manager",
        /// Replicators that wait for more entries.
        pub waiters: Set = "waiters",
        /// What the disk has to do next.
        pub queue: Vec<DiskOp> = "disk_queue",
        /// Whether the disk is at work.
        pub busy: bool = "disk_busy",
        /// Number of the last batch.
        pub batch: u32 = "batch",
        /// An operation failed: nothing is written any more.
        pub failed: bool = "has_error",
        /// Handlers that know what is on disk, and go on in a moment.
        pub resuming: Vec<Resuming> = "resuming",
        /// Numbers them.
        pub resumed: u32 = "resumed",
    }
}

state! {
    /// A handler that waited for the disk, and what the disk told it.
    pub struct Resuming {
        /// Its number.
        pub number: u32 = "number",
        /// The handler.
        pub flush: Flush = "handler",
        /// Id of the last entry that was on disk then.
        pub last: LogId = "last_log_id",
    }
}

/// One write of the disk holds at most so many appends.
///
/// Source: braft ab0017f log_manager.cpp AppendBatcher, LogManager::disk_thread
const APPENDS_A_FLUSH: usize = 256;

impl LogManager {
    /// Index of the last entry.
    #[must_use]
    pub fn last_index(&self) -> u64 {
        self.logs.end() - 1
    }

    /// Index of the first entry.
    #[must_use]
    pub fn first_index(&self) -> u64 {
        self.logs.first()
    }

    /// Id of the last entry.
    #[must_use]
    pub fn last_id(&self) -> LogId {
        LogId::new(self.last_index(), self.get_term(self.last_index()))
    }

    /// The term of the entry at `index`; 0 when it is not known.
    ///
    /// Source: braft ab0017f log_manager.cpp LogManager::get_term
    #[must_use]
    pub fn get_term(&self, index: u64) -> u64 {
        if index == 0 {
            return 0;
        }
        if index == self.virtual_first_id.index {
            return self.virtual_first_id.term;
        }
        if index == self.last_snapshot_id.index {
            return self.last_snapshot_id.term;
        }
        self.logs.get(index).map_or(0, |entry| entry.term)
    }

    /// The newest configuration, committed or not.
    #[must_use]
    pub fn last_configuration(&self, of_snapshot: Conf) -> Conf {
        self.config_history.last().copied().unwrap_or(of_snapshot)
    }

    /// The configuration in force at `index`.
    #[must_use]
    pub fn configuration_at(&self, index: u64, of_snapshot: Conf) -> Conf {
        let before = self.config_history.iter().rev().find(|conf| conf.id.index <= index);
        before.copied().unwrap_or(of_snapshot)
    }

    /// Lets go of entries that are both on disk and applied; ids compare by term first.
    ///
    /// Source: braft ab0017f log_manager.cpp LogManager::clear_memory_logs
    pub(crate) fn clear_memory_logs(&mut self) {
        let limit = self.disk_id.min(self.applied_id);
        while self.logs.get(self.memory_first).is_some_and(|entry| entry.id() <= limit) {
            self.memory_first += 1;
        }
    }
}

/// What an append came to.
pub(crate) enum Appended {
    /// The closure runs when the disk is done.
    Queued,
    /// Everything was applied already: the closure runs now.
    AlreadyApplied,
    /// Nothing is stored.
    Refused(Code),
}

impl Node<'_, '_> {
    /// Appends entries; those of the leader itself have no index yet.
    ///
    /// Source: braft ab0017f log_manager.cpp LogManager::append_entries
    pub(crate) fn append_entries(&mut self, mut entries: Vec<Entry>, closure: StableClosure) -> Appended {
        if self.mem.lm.failed {
            return Appended::Refused(Code::Eio);
        }
        let own = matches!(closure, StableClosure::Leader(..));
        if !own {
            match self.check_and_resolve_conflict(&mut entries) {
                Appended::Queued => {}
                other => return other,
            }
        }
        for entry in &entries {
            let (index, term) = (entry.index, entry.term);
            self.mem.lm.logs.push(entry.clone());
            self.mem.lm.config_history.extend(entry.conf());
            let chain = self.mem.lm.logs.chain();
            self.cx.note(Event::Appended { index, term, chain, own });
        }
        self.mem.lm.queue.push(DiskOp::Append(entries, closure));
        self.wake_waiters();
        Appended::Queued
    }

    /// Leaves of a leader's entries those that are new, and cuts off what contradicts them.
    ///
    /// Source: braft ab0017f log_manager.cpp LogManager::check_and_resolve_conflict
    fn check_and_resolve_conflict(&mut self, entries: &mut Vec<Entry>) -> Appended {
        let (Some(first), Some(end)) = (entries.first(), entries.last()) else { return Appended::Queued };
        let (first, end, last) = (first.index, end.index, self.mem.lm.last_index());
        if first > last + 1 {
            self.cx.note(Event::Gap { first, last });
            return Appended::Refused(Code::Einval);
        }
        let applied = self.mem.lm.applied_id.index;
        if end <= applied {
            self.cx.note(Event::AlreadyApplied { last: end, applied });
            return Appended::AlreadyApplied;
        }
        if first == last + 1 {
            return Appended::Queued;
        }
        let differs = |entry: &Entry| entry.index > last || self.mem.lm.get_term(entry.index) != entry.term;
        let Some(at) = entries.iter().position(differs) else {
            self.cx.note(Event::Duplicate { first, last: end });
            entries.clear();
            return Appended::Queued;
        };
        let from = first + at as u64;
        if from <= last {
            self.truncate_suffix(from - 1);
        }
        entries.drain(..at);
        Appended::Queued
    }

    /// Cuts off everything after `keep`. Below what is applied the real process stops.
    ///
    /// Source: braft ab0017f log_manager.cpp LogManager::unsafe_truncate_suffix
    fn truncate_suffix(&mut self, keep: u64) {
        let (applied, last) = (self.mem.lm.applied_id.index, self.mem.lm.last_index());
        if keep < applied {
            let reason = alloc::format!("Can't truncate logs before _applied_id={applied}");
            return self.cx.effects.push(Effect::Abort { reason });
        }
        let lm = &mut self.mem.lm;
        lm.logs.truncate(keep + 1);
        lm.memory_first = lm.memory_first.min(keep + 1);
        lm.config_history.retain(|conf| conf.id.index <= keep);
        lm.queue.push(DiskOp::TruncateSuffix(keep));
        self.cx.note(Event::Truncated { from: keep + 1, to: last });
    }

    /// The configuration in force follows the log, forwards and back.
    ///
    /// Source: braft ab0017f log_manager.cpp LogManager::check_and_set_configuration
    pub(crate) fn check_and_set_configuration(&mut self) {
        let newest = self.mem.lm.last_configuration(self.snapshot_conf());
        if newest.id != self.mem.conf.id {
            self.mem.conf = newest;
            self.cx.note(Event::ConfigurationChanged { conf: newest });
        }
    }

    /// The configuration of the snapshot; empty without one.
    pub(crate) fn snapshot_conf(&self) -> Conf {
        self.disk.snapshot.as_ref().map_or_else(Conf::default, |snapshot| snapshot.conf)
    }

    /// Replicators that wait go on after this event, in ascending order of their peers.
    fn wake_waiters(&mut self) {
        let waiters = core::mem::take(&mut self.mem.lm.waiters);
        self.local.extend(waiters.iter().map(crate::node::Local::ContinueSending));
    }

    /// What is on disk: known at once right after a snapshot, else when the queue has come so far.
    ///
    /// Source: braft ab0017f log_manager.cpp LogManager::last_log_id(is_flush)
    pub(crate) fn flush_last_log_id(&mut self, flush: Flush) {
        let lm = &mut self.mem.lm;
        if lm.last_index() == lm.last_snapshot_id.index {
            let id = lm.last_snapshot_id;
            return self.flushed(flush, id);
        }
        lm.queue.push(DiskOp::LastLogId(flush));
        if lm.busy {
            self.cx.note(Event::WaitsForDisk);
        }
    }

    /// The idle disk takes everything that is queued as one batch. True when it did.
    ///
    /// Source: braft ab0017f log_manager.cpp LogManager::disk_thread
    pub(crate) fn start_disk(&mut self) -> bool {
        let lm = &mut self.mem.lm;
        if lm.busy || lm.queue.is_empty() {
            return false;
        }
        let appends = lm.queue.iter().enumerate().filter(|(_, op)| matches!(op, DiskOp::Append(..)));
        let take = appends.map(|(at, _)| at).nth(APPENDS_A_FLUSH).unwrap_or(lm.queue.len());
        // The two lists change places, so that the room of neither is asked for again and again.
        core::mem::swap(&mut self.disk.writing, &mut lm.queue);
        lm.queue.clear();
        lm.queue.extend(self.disk.writing.drain(take..));
        lm.busy = true;
        if self.disk.writing.iter().any(DiskOp::works) {
            lm.batch += 1;
            let batch = Write::Batch(lm.batch);
            self.cx.effects.push(Effect::Write(batch));
            self.draw_what_survives();
        } else {
            self.disk_done();
        }
        true
    }

    /// How much of the batch that begins a crash would leave: any of its beginnings, or nothing.
    fn draw_what_survives(&mut self) {
        let percent = self.cx.settings.torn_batch_percent;
        self.disk.survives = 0;
        if percent > 0 && self.cx.draw(TORN, 0, 100) < percent {
            let entries = self.disk.writing.iter().map(DiskOp::entries).sum::<usize>();
            self.disk.survives = self.cx.draw(TORN, 0, entries as u64 + 1);
        }
    }

    /// A batch is on disk. Appends in a row were one write, and their closures run after it; anything else between
    /// them is carried out after the write before it, so that a marker tells what was on disk when its turn came.
    ///
    /// Source: braft ab0017f log_manager.cpp AppendBatcher::flush, LogManager::disk_thread
    pub(crate) fn disk_done(&mut self) {
        let mut batch = core::mem::take(&mut self.disk.writing);
        self.disk.survives = 0;
        let sync = self.cx.settings.raft_sync;
        let works = batch.iter().any(DiskOp::works);
        let end = batch.iter().fold(self.disk.log.end(), |end, op| op.end_after(end));
        if works {
            self.cx.note(Event::Flushed { last: end - 1 });
        }
        // From here on are appends that are written and not told.
        let mut row = 0;
        for (at, op) in batch.iter().enumerate() {
            let writes = matches!(op, DiskOp::Append(entries, _) if !entries.is_empty());
            if !writes {
                self.all_stable(&batch[row..at]);
                row = at + 1;
            }
            self.disk.carry_out(op, sync);
            match op {
                DiskOp::Append(_, closure) if !writes => self.stable(*closure),
                DiskOp::LastLogId(flush) => self.marker_reached(*flush),
                _ => {}
            }
        }
        self.all_stable(&batch[row..]);
        batch.clear();
        self.disk.writing = batch;
        self.mem.lm.busy = false;
        self.mem.lm.disk_id = self.durable_id();
        self.mem.lm.clear_memory_logs();
    }

    /// Id of the last entry on disk.
    fn durable_id(&self) -> LogId {
        let last = self.disk.last_index();
        self.disk.log.last().map_or_else(|| LogId::new(last, self.mem.lm.get_term(last)), Entry::id)
    }

    /// The disk has come to a marker: its handler goes on, at once unless `resume_us` says otherwise.
    fn marker_reached(&mut self, flush: Flush) {
        let last = self.durable_id();
        if self.cx.settings.resume_us == 0 {
            return self.flushed(flush, last);
        }
        self.mem.lm.resumed += 1;
        let number = self.mem.lm.resumed;
        self.mem.lm.resuming.push(Resuming { number, flush, last });
        self.cx.effects.push(Effect::Write(Write::Resume(number)));
    }

    /// A handler goes on with what the disk told it a moment ago. braft looks only at the term again.
    pub(crate) fn resume(&mut self, number: u32) {
        let Some(at) = self.mem.lm.resuming.iter().position(|waits| waits.number == number) else { return };
        let Resuming { flush, last, .. } = self.mem.lm.resuming.remove(at);
        self.flushed(flush, last);
    }

    /// The disk has failed: whoever waits for it is told, and this node is broken.
    ///
    /// Source: braft ab0017f log_manager.cpp LogManager::report_error
    pub(crate) fn disk_failed(&mut self) {
        self.mem.lm.failed = true;
        let mut all = core::mem::take(&mut self.disk.writing);
        all.append(&mut self.mem.lm.queue);
        for op in all {
            match op {
                DiskOp::Append(_, StableClosure::Follower { call, .. }) => {
                    self.rpc_error(call, Code::Eio);
                }
                DiskOp::LastLogId(Flush::PreVoteRequest(call, ..)) => {
                    self.rpc_error(call, Code::Einval);
                }
                DiskOp::LastLogId(Flush::VoteRequest(call, ..)) => {
                    self.rpc_error(call, Code::Einval);
                }
                _ => {}
            }
        }
        self.on_error(Code::Eio);
    }

    fn all_stable(&mut self, appends: &[DiskOp]) {
        for op in appends {
            if let DiskOp::Append(_, closure) = op {
                self.stable(*closure);
            }
        }
    }

    /// An append is on disk.
    ///
    /// Source: braft ab0017f node.cpp LeaderStableClosure::Run, FollowerStableClosure::run
    fn stable(&mut self, closure: StableClosure) {
        match closure {
            StableClosure::Leader(first, count) => {
                let me = self.mem.id;
                self.commit_at(first, first + count - 1, me);
            }
            StableClosure::Follower { call, term, prev, count, committed } => {
                self.follower_stable(call, term, committed.min(prev + count));
            }
        }
    }

    /// The newest snapshot covers the log up to `id`.
    ///
    /// Source: braft ab0017f log_manager.cpp LogManager::set_snapshot
    pub(crate) fn set_snapshot(&mut self, id: LogId, chain: u64) {
        let lm = &mut self.mem.lm;
        if id.index <= lm.last_snapshot_id.index {
            return;
        }
        let term = lm.get_term(id.index);
        let previous = core::mem::replace(&mut lm.last_snapshot_id, id);
        lm.applied_id = lm.applied_id.max(id);
        if term == id.term {
            if previous.index > 0 {
                lm.virtual_first_id = previous;
                self.truncate_prefix(previous.index + 1);
            }
            return;
        }
        lm.virtual_first_id = id;
        lm.logs = ChunkLog::restart(id.index + 1, chain);
        lm.memory_first = id.index + 1;
        lm.config_history.clear();
        lm.queue.push(DiskOp::Reset(id.index + 1, chain));
        self.cx.note(Event::LogReset { next: id.index + 1, chain });
    }

    /// Drops everything up to the last snapshot.
    ///
    /// Source: braft ab0017f log_manager.cpp LogManager::clear_bufferred_logs
    pub(crate) fn clear_buffered_logs(&mut self) {
        let id = self.mem.lm.last_snapshot_id;
        if id.index > 0 {
            self.mem.lm.virtual_first_id = id;
            self.truncate_prefix(id.index + 1);
        }
    }

    fn truncate_prefix(&mut self, first: u64) {
        let lm = &mut self.mem.lm;
        if first <= lm.first_index() {
            return;
        }
        lm.logs.drop_prefix(first);
        lm.memory_first = lm.memory_first.max(first);
        lm.config_history.retain(|conf| conf.id.index >= first);
        lm.queue.push(DiskOp::TruncatePrefix(first));
        self.cx.note(Event::PrefixDropped { first });
    }
}
