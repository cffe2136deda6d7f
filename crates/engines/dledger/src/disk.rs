//! What survives a crash.

use alloc::vec::Vec;
use kernel::{ChunkLog, Digest, Hasher, Loss, NodeId, shown, state};

use crate::entry::Entry;

/// The V3 checkpoint file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Checkpoint {
    /// Last index of the log.
    pub end_index: i64,
    /// Committed index.
    pub committed_index: i64,
}

impl Digest for Checkpoint {
    fn digest(&self, h: &mut Hasher) {
        self.end_index.digest(h);
        self.committed_index.digest(h);
    }
}

shown! { Checkpoint { end_index = "endIndex", committed_index = "committedIndex" } }

/// A V4 snapshot.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Snapshot {
    /// Index of the last entry covered.
    pub last_included_index: i64,
    /// Its term.
    pub last_included_term: i64,
    /// The applied state: the digest of all entries covered.
    pub data: u64,
}

impl Digest for Snapshot {
    fn digest(&self, h: &mut Hasher) {
        self.last_included_index.digest(h);
        self.last_included_term.digest(h);
        self.data.digest(h);
    }
}

shown! {
    Snapshot {
        last_included_index = "lastIncludedIndex",
        last_included_term = "lastIncludedTerm",
        data = "data",
    }
}

/// What an index on the wire or in a book means for the log.
pub(crate) fn position(index: i64) -> Option<u64> {
    u64::try_from(index).ok()
}

state! {
    /// What survives a crash.
    pub struct Disk {
        /// The current term.
        pub curr_term: i64 = "currTerm",
        /// Whom it voted for in this term.
        pub vote_leader: Option<NodeId> = "voteLeader",
        /// Term and vote before the last change, kept only while a power loss may bring them back.
        pub previous_term: Option<PreviousTerm> = "previousTermFile",
        /// The entries.
        pub log: ChunkLog<Entry> = "entries",
        /// V4: term of the last entry dropped behind a snapshot.
        pub before_begin_term: i64 = "ledgerBeforeBeginTerm",
        /// Where the next entry is written, byte offset.
        pub write_pos: u64 = "writePosition",
        /// Entries up to here survive a power loss.
        pub flushed_index: i64 = "flushedIndex",
        /// V3: the checkpoint.
        pub checkpoint: Option<Checkpoint> = "checkpoint",
        /// V4: the snapshots, oldest first.
        pub snapshots: Vec<Snapshot> = "snapshots",
        /// The partition is fuller than diskFullRatio: the store takes no entries.
        pub is_disk_full: bool = "isDiskFull",
    }
}

/// The content of the term file before its last rewrite.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PreviousTerm {
    /// The term.
    pub term: i64,
    /// The vote.
    pub vote: Option<NodeId>,
}

impl Digest for PreviousTerm {
    fn digest(&self, h: &mut Hasher) {
        self.term.digest(h);
        self.vote.digest(h);
    }
}

shown! { PreviousTerm { term = "currTerm", vote = "voteLeader" } }

impl Default for Disk {
    fn default() -> Disk {
        Disk {
            curr_term: 0,
            vote_leader: None,
            previous_term: None,
            log: ChunkLog::new(0),
            before_begin_term: -1,
            write_pos: 0,
            flushed_index: -1,
            checkpoint: None,
            snapshots: Vec::new(),
            is_disk_full: false,
        }
    }
}

fn signed(index: u64) -> i64 {
    i64::try_from(index).unwrap_or(i64::MAX)
}

impl Disk {
    /// Index of the last entry (or of the dropped prefix's last); −1 when there never was one.
    #[must_use]
    pub fn end_index(&self) -> i64 {
        signed(self.log.end()) - 1
    }

    /// Term of the last entry (or of the dropped prefix's last); −1 when there never was one.
    #[must_use]
    pub fn end_term(&self) -> i64 {
        self.log.last().map_or(self.before_begin_term, |entry| entry.term)
    }

    /// V3: index of the first entry; −1 when the log is empty.
    #[must_use]
    pub fn begin_index(&self) -> i64 {
        if self.log.is_empty() { -1 } else { signed(self.log.first()) }
    }

    /// V4: the index before the first entry.
    #[must_use]
    pub fn before_begin_index(&self) -> i64 {
        signed(self.log.first()) - 1
    }

    /// The entry at `index`, when it is stored.
    #[must_use]
    pub fn get(&self, index: i64) -> Option<&Entry> {
        self.log.get(position(index)?)
    }

    /// Digest of the log up to and with `index`; 0 when not held.
    #[must_use]
    pub fn chain_at(&self, index: i64) -> u64 {
        if index < 0 {
            return ChunkLog::<Entry>::new(0).chain();
        }
        position(index).and_then(|index| self.log.chain_at(index)).unwrap_or(0)
    }

    /// Cuts every entry at `from` and after.
    pub(crate) fn cut(&mut self, from: i64) {
        let Some(from) = position(from) else { return };
        self.log.truncate(from);
        self.write_pos = self.log.last().map_or(0, |entry| entry.pos + entry.size);
        self.flushed_index = self.flushed_index.min(self.end_index());
    }

    /// What a crash takes.
    pub(crate) fn crash(&mut self, loss: Loss) {
        let end = self.end_index();
        let unflushed = (end - self.flushed_index).max(0);
        match loss {
            Loss::Process => return,
            Loss::Power => self.cut(self.flushed_index + 1),
            Loss::TornTail => self.cut(self.flushed_index + (unflushed + 1) / 2 + 1),
        }
        self.flushed_index = self.end_index();
        if let Some(before) = self.previous_term.take() {
            self.curr_term = before.term;
            self.vote_leader = before.vote;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::{MAGIC_NORMAL, Payload};

    fn disk_of(count: i64, flushed: i64) -> Disk {
        let mut disk = Disk::default();
        for index in 0..count {
            let entry = Entry::new(index, 1, MAGIC_NORMAL, disk.write_pos, Payload::new("a"));
            disk.write_pos += entry.size;
            disk.log.push(entry);
        }
        disk.flushed_index = flushed;
        disk
    }

    #[test]
    fn crashes_take_what_they_say() {
        for (loss, end) in [(Loss::Process, 6), (Loss::Power, 1), (Loss::TornTail, 4)] {
            let mut disk = disk_of(7, 1);
            disk.crash(loss);
            assert_eq!(disk.end_index(), end, "{loss:?}");
            assert_eq!(disk.write_pos, (u64::try_from(end).expect("small") + 1) * 49);
        }
    }

    #[test]
    fn an_unsynced_term_may_come_back() {
        let mut disk = disk_of(1, 0);
        (disk.curr_term, disk.vote_leader) = (4, Some(NodeId(1)));
        disk.previous_term = Some(PreviousTerm { term: 3, vote: None });
        let mut kept = disk.clone();
        kept.crash(Loss::Process);
        assert_eq!(kept.curr_term, 4);
        disk.crash(Loss::Power);
        assert_eq!((disk.curr_term, disk.vote_leader), (3, None));
    }
}
