//! The disk of a raft-rs node: unlike the crate's own store it keeps the snapshot that was taken, and the term before
//! its first entry, as our disk does.

use raft::eraftpb::{ConfState, Entry, HardState, Snapshot};
use raft::{Error, GetEntriesContext, RaftState, Result, Storage, StorageError};

/// What survives a crash.
#[derive(Clone, Default, Debug)]
pub struct Store {
    /// Term, vote and commit index.
    pub hard: HardState,
    /// The config applied.
    pub config: ConfState,
    /// The entries.
    pub entries: Vec<Entry>,
    /// Index and term of the entry before the first one.
    pub before: (u64, u64),
    /// The last snapshot taken or installed.
    pub snapshot: Snapshot,
    /// Up to where the application has applied.
    pub applied: u64,
}

impl Store {
    /// Index of the last entry.
    #[must_use]
    pub fn last(&self) -> u64 {
        self.before.0 + self.entries.len() as u64
    }

    fn place(&self, index: u64) -> usize {
        usize::try_from(index - self.before.0 - 1).expect("a short log")
    }

    fn term_of(&self, index: u64) -> Option<u64> {
        if index == self.before.0 {
            return Some(self.before.1);
        }
        let held = index > self.before.0 && index <= self.last();
        held.then(|| self.entries[self.place(index)].term)
    }

    /// Writes entries, in the place of those from the first of them on.
    pub fn append(&mut self, entries: &[Entry]) {
        let Some(first) = entries.first() else { return };
        self.entries.truncate(self.place(first.index));
        self.entries.extend_from_slice(entries);
    }

    /// Takes a snapshot of what is applied and keeps so many entries before its end.
    pub fn take_snapshot(&mut self, keep: u64) {
        let index = self.applied;
        if index <= self.snapshot.get_metadata().index {
            return;
        }
        let (term, config) = (self.term_of(index).unwrap_or(0), self.config.clone());
        let metadata = self.snapshot.mut_metadata();
        (metadata.index, metadata.term) = (index, term);
        metadata.set_conf_state(config);
        let before = index.saturating_sub(keep);
        if before > self.before.0 {
            let term = self.term_of(before).unwrap_or(0);
            self.entries.drain(..=self.place(before));
            self.before = (before, term);
        }
    }

    /// Installs a snapshot of the leader.
    pub fn install(&mut self, snapshot: &Snapshot) {
        let metadata = snapshot.get_metadata();
        self.before = (metadata.index, metadata.term);
        self.applied = metadata.index;
        self.config = metadata.get_conf_state().clone();
        self.entries.clear();
        self.snapshot = snapshot.clone();
    }
}

impl Storage for Store {
    fn initial_state(&self) -> Result<RaftState> {
        Ok(RaftState::new(self.hard.clone(), self.config.clone()))
    }

    fn entries(
        &self,
        low: u64,
        high: u64,
        max_size: impl Into<Option<u64>>,
        _context: GetEntriesContext,
    ) -> Result<Vec<Entry>> {
        if low <= self.before.0 {
            return Err(Error::Store(StorageError::Compacted));
        }
        let mut entries = self.entries[self.place(low)..self.place(high)].to_vec();
        raft::util::limit_size(&mut entries, max_size.into());
        Ok(entries)
    }

    fn term(&self, index: u64) -> Result<u64> {
        let why = if index < self.before.0 { StorageError::Compacted } else { StorageError::Unavailable };
        self.term_of(index).ok_or(Error::Store(why))
    }

    fn first_index(&self) -> Result<u64> {
        Ok(self.before.0 + 1)
    }

    fn last_index(&self) -> Result<u64> {
        Ok(self.last())
    }

    fn snapshot(&self, _request_index: u64, _to: u64) -> Result<Snapshot> {
        if self.snapshot.get_metadata().index == 0 {
            return Err(Error::Store(StorageError::SnapshotTemporarilyUnavailable));
        }
        Ok(self.snapshot.clone())
    }
}
