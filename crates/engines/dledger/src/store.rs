//! The log store: append, truncate, reset, the committed index, flush and checkpoint.
//!
//! Source: DLedger 0.3.1.2 DLedgerMmapFileStore; V4 DLedger 0.4.0.

use kernel::{ChunkLog, Effect, NodeId, Time, state};

use crate::codes::Code;
use crate::config::Config;
use crate::disk::{Checkpoint, position};
use crate::entry::{Entry, MAGIC_NOOP, Payload};
use crate::entry_handler::refusal;
use crate::event::{Event, PushRefusal};
use crate::message::DiskWrite;
use crate::node::{Disk, Memory, Node, grid_from};

state! {
    /// The flush service.
    pub struct FlushService {
        /// When it next flushes; none while nothing is dirty.
        pub due: Option<Time> = "nextFlush",
        /// A flush up to here is under way.
        pub flushing_to: Option<i64> = "flushingTo",
        /// V3: its next look at the checkpoint.
        pub next_checkpoint: Time = "nextCheckPoint",
    }
}

/// The flush service's next useful checkpoint.
pub(crate) fn checkpoint_wake(disk: &Disk, mem: &Memory, config: &Config) -> Option<Time> {
    if config.v4() {
        return None;
    }
    let now = Checkpoint { end_index: disk.end_index(), committed_index: mem.member.committed_index };
    let known = disk.checkpoint.unwrap_or(Checkpoint { end_index: -1, committed_index: -1 });
    (known != now).then_some(mem.flush.next_checkpoint)
}

impl Node<'_, '_> {
    /// Writes an entry at the log's end and tells it.
    pub(crate) fn write_entry(&mut self, entry: Entry, as_leader: bool) {
        let (index, term, noop) = (entry.index, entry.term, entry.magic == MAGIC_NOOP);
        assert_eq!(index, self.disk.end_index() + 1, "entries are contiguous");
        self.disk.write_pos = entry.pos + entry.size;
        self.disk.log.push(entry);
        let chain = self.disk.log.chain();
        self.cx.note(if as_leader {
            Event::LeaderAppended { index, term, chain, noop }
        } else {
            Event::FollowerAppended { index, term, chain }
        });
    }

    /// Removes every entry at `from` and after, and tells it.
    pub(crate) fn remove_from(&mut self, from: i64) {
        let to = self.disk.end_index();
        if from > to {
            return;
        }
        self.disk.cut(from);
        let end = self.disk.end_index();
        self.mem.flush.flushing_to = self.mem.flush.flushing_to.map(|flushing| flushing.min(end));
        self.cx.note(Event::Truncated { from, to });
    }

    /// Sets the member state's copy of the log's end.
    pub(crate) fn update_copy(&mut self) {
        self.mem.member.ledger_end_index = self.disk.end_index();
        self.mem.member.ledger_end_term = self.disk.end_term();
    }

    /// Makes the dispatchers those of a process that started with this log.
    pub(crate) fn boot_dispatchers(&mut self) {
        let (now, end) = (self.cx.now, self.disk.end_index());
        let v4 = self.cx.settings.v4();
        for d in &mut self.mem.pusher.dispatchers {
            *d = crate::entry_dispatcher::Dispatcher::new(d.peer, now);
            if v4 {
                d.write_index = end + 1;
            }
        }
    }

    /// Appends a new entry of this leader.
    ///
    /// Source: DLedger 0.3.1.2 DLedgerMmapFileStore.appendAsLeader
    pub(crate) fn append_as_leader(&mut self, body: Payload, magic: u8) -> Result<i64, Code> {
        if !self.is_leader() {
            return Err(Code::NotLeader);
        }
        if self.disk.is_disk_full {
            return Err(Code::DiskFull);
        }
        if self.mem.member.transferee.is_some() {
            return Err(Code::LeaderTransferring);
        }
        if self.cx.write_fails() {
            return Err(Code::DiskError);
        }
        let index = self.disk.end_index() + 1;
        let entry = Entry::new(index, self.disk.curr_term, magic, self.disk.write_pos, body);
        self.write_entry(entry, true);
        self.update_copy();
        Ok(index)
    }

    /// Appends an entry of the leader.
    ///
    /// Source: DLedger 0.3.1.2 DLedgerMmapFileStore.appendAsFollower; SEED sets the end's term to currTerm
    pub(crate) fn append_as_follower(
        &mut self,
        entry: &Entry,
        term: i64,
        leader: Option<NodeId>,
    ) -> Result<(), PushRefusal> {
        if !self.is_follower() {
            return Err(PushRefusal::NotFollower);
        }
        if self.disk.is_disk_full {
            return Err(PushRefusal::DiskFull);
        }
        if entry.index != self.disk.end_index() + 1 {
            return Err(PushRefusal::NotNext);
        }
        if let Some(why) = refusal(self.disk, self.mem, term, leader) {
            return Err(why);
        }
        // A write that fails leaves its position at −1. Of the data file's V4 takes no notice, of the index file's it does.
        if self.cx.write_fails() {
            return Err(PushRefusal::WriteFailed);
        }
        let pos = self.disk.write_pos;
        let v4 = self.cx.settings.v4();
        if !v4 && entry.pos != pos {
            return Err(PushRefusal::OtherPosition);
        }
        self.write_entry(Entry { pos, ..entry.clone() }, false);
        self.update_copy();
        if self.cx.settings.seed() {
            self.mem.member.ledger_end_term = self.disk.curr_term;
        }
        Ok(())
    }

    /// Keeps `entry` as the last one: what follows is cut; what differs there is replaced by it. A full disk does not
    /// hinder it. When the entry's write fails, the cut is done and the member state's copy of the end stays.
    ///
    /// Source: DLedger 0.3.1.2 DLedgerMmapFileStore.truncate
    pub(crate) fn truncate(
        &mut self,
        entry: &Entry,
        term: i64,
        leader: Option<NodeId>,
    ) -> Result<(), PushRefusal> {
        if let Some(why) = refusal(self.disk, self.mem, term, leader) {
            return Err(why);
        }
        let (begin, end) = (self.disk.begin_index(), self.disk.end_index());
        if self.disk.get(entry.index) == Some(entry) {
            self.remove_from(entry.index + 1);
        } else {
            let inside = entry.index >= begin.max(0) && entry.index <= end + 1;
            self.remove_from(if inside { entry.index } else { begin.max(0) });
            if self.cx.write_fails() {
                return Err(PushRefusal::WriteFailed);
            }
            if !inside {
                // Outside the log it works as a reset: the log then holds this entry alone.
                self.disk.log = ChunkLog::new(position(entry.index).unwrap_or(0));
                self.disk.flushed_index = entry.index - 1;
            }
            self.write_entry(entry.clone(), false);
        }
        self.update_copy();
        Ok(())
    }

    /// Removes every entry at `from` and after. Nothing is checked, and the member state's copy of the end stays.
    ///
    /// Source: DLedger 0.4.0 DLedgerMmapFileStore.truncate
    pub(crate) fn truncate_v4(&mut self, from: i64) -> Result<(), PushRefusal> {
        let end = self.disk.end_index();
        if from <= end {
            if self.disk.get(from).is_none() {
                return Err(PushRefusal::Unreadable);
            }
            self.remove_from(from);
        }
        if self.disk.end_index() == from - 1 { Ok(()) } else { Err(PushRefusal::NotNext) }
    }

    /// Drops every entry up to `index`, which a snapshot covers. The member state's copy of the end stays.
    ///
    /// Source: DLedger 0.4.0 DLedgerMmapFileStore.reset
    pub(crate) fn reset(&mut self, index: i64, term: i64, chain: Option<u64>) {
        if index <= self.disk.before_begin_index() {
            return;
        }
        let first = position(index + 1).unwrap_or(0);
        let anew = chain.filter(|_| index >= self.disk.end_index());
        match anew {
            Some(chain) => self.disk.log = ChunkLog::restart(first, chain),
            None => self.disk.log.drop_prefix(first),
        }
        self.disk.before_begin_term = term;
        self.disk.flushed_index = self.disk.flushed_index.max(index);
        self.cx.note(Event::PrefixDropped { to: index, anew });
    }

    /// Sets the committed index and tells it.
    pub(crate) fn set_committed(&mut self, to: i64) {
        let from = self.mem.member.committed_index;
        self.mem.member.committed_index = to;
        let chain = self.disk.chain_at(to);
        let term = self.disk.curr_term;
        let old_term = self.is_leader() && self.disk.get(to).is_some_and(|entry| entry.term < term);
        self.cx.note(Event::Committed { from, to, chain, term, old_term });
    }

    /// Raises the committed index, of whatever term the entry is; tells whether it moved.
    ///
    /// Source: DLedger 0.3.1.2 DLedgerMmapFileStore.updateCommittedIndex
    pub(crate) fn update_committed_index(&mut self, term: i64, new: i64) -> bool {
        let (old, end, curr) = (self.mem.member.committed_index, self.disk.end_index(), self.disk.curr_term);
        if new == -1 || end == -1 || new == old {
            return false;
        }
        if term < curr || new < old || new < self.disk.begin_index() {
            // The checker of a new leader comes by here with every turn; only others are told.
            if !self.is_leader() {
                self.cx.note(Event::CommitIgnored { new, old, term, curr });
            }
            return false;
        }
        let to = new.min(end);
        if to == old {
            return false;
        }
        self.set_committed(to);
        true
    }

    /// Sees to it that written entries are flushed soon.
    ///
    /// Source: DLedger 0.3.1.2 DLedgerMmapFileStore.FlushDataService
    pub(crate) fn schedule_flush(&mut self) {
        let dirty = self.disk.flushed_index < self.disk.end_index();
        let flush = &mut self.mem.flush;
        if !dirty {
            flush.due = None;
        } else if flush.due.is_none() && flush.flushing_to.is_none() {
            flush.due = Some(self.cx.now.plus_ms(self.cx.settings.flush_file_interval));
        }
    }

    /// Begins a flush.
    pub(crate) fn flush(&mut self) {
        if self.mem.flush.due.take_if(|due| *due <= self.cx.now).is_none() {
            return;
        }
        self.mem.flush.flushing_to = Some(self.disk.end_index());
        self.cx.effects.push(Effect::Write(DiskWrite::Flush));
    }

    /// A flush ended.
    pub(crate) fn flushed(&mut self, ok: bool) {
        let Some(to) = self.mem.flush.flushing_to.take() else { return };
        if ok && to > self.disk.flushed_index {
            self.disk.flushed_index = to;
            self.cx.note(Event::Flushed { to });
        }
    }

    /// Writes the checkpoint.
    ///
    /// Source: DLedger 0.3.1.2 DLedgerMmapFileStore.persistCheckPoint
    pub(crate) fn persist_check_point(&mut self) {
        let config = self.cx.settings;
        if config.v4() || self.cx.now < self.mem.flush.next_checkpoint {
            return;
        }
        let step_ms = checkpoint_step_ms(config);
        let next = self.mem.flush.next_checkpoint;
        self.mem.flush.next_checkpoint = grid_from(next, step_ms, self.cx.now.plus_us(1));
        let (end, committed) = (self.disk.end_index(), self.mem.member.committed_index);
        self.disk.checkpoint = Some(Checkpoint { end_index: end, committed_index: committed });
        self.cx.note(Event::Checkpointed { end, committed });
    }
}

/// The flush service looks every flush interval and needs more than the checkpoint interval.
pub(crate) fn checkpoint_step_ms(config: &Config) -> u64 {
    (config.check_point_interval / config.flush_file_interval + 1) * config.flush_file_interval
}
