//! What survives a crash.

use alloc::sync::Arc;
use kernel::{ChunkLog, Digest, Hasher, Loss, NodeId, shown, state};

use crate::conf::Conf;
use crate::entry::Entry;
use crate::store::Snapshot;

/// The state of a disk while writes are under way: with `storage = async` everything else is still in memory.
#[derive(Clone, Debug)]
pub struct Image {
    /// The term on disk.
    pub current_term: u64,
    /// The vote on disk.
    pub voted_for: Option<NodeId>,
    /// The commit index on disk.
    pub commit: u64,
    /// The log on disk.
    pub log: ChunkLog<Entry>,
    /// Term of the entry before its first one.
    pub first_prev_term: u64,
    /// The snapshot on disk.
    pub snapshot: Option<Arc<Snapshot>>,
    /// The applied config on disk.
    pub applied_config: Option<AppliedConfig>,
}

impl Digest for Image {
    fn digest(&self, h: &mut Hasher) {
        self.current_term.digest(h);
        self.voted_for.digest(h);
        self.commit.digest(h);
        self.log.digest(h);
        self.first_prev_term.digest(h);
        self.snapshot.digest(h);
        self.applied_config.digest(h);
    }
}

shown! {
    Image {
        current_term = "current_term",
        voted_for = "voted_for",
        commit = "stored_commit",
        log = "log",
        first_prev_term = "first_prev_term",
        snapshot = "snapshot",
        applied_config = "applied_config",
    }
}

/// The config that the application stored with its data (`config_effective = apply`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AppliedConfig {
    /// The config.
    pub config: Conf,
    /// The index of its entry.
    pub index: u64,
}

impl Digest for AppliedConfig {
    fn digest(&self, h: &mut Hasher) {
        self.config.digest(h);
        self.index.digest(h);
    }
}

shown! { AppliedConfig { config = "config", index = "index" } }

state! {
    /// What survives a crash; with `storage = async`, what of it is on disk already is in `durable`.
    pub struct Disk {
        /// The current term.
        pub current_term: u64 = "current_term",
        /// Whom it voted for in this term.
        pub voted_for: Option<NodeId> = "voted_for",
        /// The entries after the snapshot, and a tail before its end.
        pub log: ChunkLog<Entry> = "log",
        /// Term of the entry before the first one.
        pub first_prev_term: u64 = "first_prev_term",
        /// The snapshot.
        pub snapshot: Option<Arc<Snapshot>> = "snapshot",
        /// The stored commit index; 0 while persist_commit is off.
        pub commit: u64 = "stored_commit",
        /// config_effective = apply: the config the application stored.
        pub applied_config: Option<AppliedConfig> = "applied_config",
        /// storage = async: what is on disk; none when everything is.
        pub durable: Option<Arc<Image>> = "durable",
    }
}

impl Default for Disk {
    fn default() -> Disk {
        Disk {
            current_term: 0,
            voted_for: None,
            log: ChunkLog::new(1),
            first_prev_term: 0,
            snapshot: None,
            commit: 0,
            applied_config: None,
            durable: None,
        }
    }
}

impl Disk {
    /// Index of the last entry; 0 when there never was one.
    #[must_use]
    pub fn last_index(&self) -> u64 {
        self.log.end() - 1
    }

    /// The term of the entry at `index`, when it is known.
    ///
    /// Source: etcd-io/raft log.go term
    #[must_use]
    pub fn term_at(&self, index: u64) -> Option<u64> {
        if index + 1 == self.log.first() {
            return Some(self.first_prev_term);
        }
        if let Some(snapshot) = self.snapshot.as_ref().filter(|snapshot| snapshot.last_index == index) {
            return Some(snapshot.last_term);
        }
        self.log.get(index).map(|entry| entry.term)
    }

    /// Term of the last entry; 0 when there never was one.
    #[must_use]
    pub fn last_term(&self) -> u64 {
        self.term_at(self.last_index()).unwrap_or(0)
    }

    /// Index of the last entry that the snapshot covers; 0 without one.
    #[must_use]
    pub fn snapshot_index(&self) -> u64 {
        self.snapshot.as_ref().map_or(0, |snapshot| snapshot.last_index)
    }

    /// Digest of the log up to and with `index`; 0 when not held.
    #[must_use]
    pub fn chain_at(&self, index: u64) -> u64 {
        if let Some(snapshot) = self.snapshot.as_ref().filter(|snapshot| snapshot.last_index == index) {
            return snapshot.chain;
        }
        self.log.chain_at(index).unwrap_or(0)
    }

    /// Drops every entry before `first`, which stays.
    pub(crate) fn drop_prefix(&mut self, first: u64) {
        if first > self.log.first() {
            self.first_prev_term = self.term_at(first - 1).unwrap_or(0);
            self.log.drop_prefix(first);
        }
    }

    /// All of this as it would be on disk.
    pub(crate) fn image(&self) -> Image {
        Image {
            current_term: self.current_term,
            voted_for: self.voted_for,
            commit: self.commit,
            log: self.log.clone(),
            first_prev_term: self.first_prev_term,
            snapshot: self.snapshot.clone(),
            applied_config: self.applied_config,
        }
    }

    /// What a crash takes: with `storage = async` everything whose write has not ended. Of a torn write the term and
    /// vote, which come first, and half the entries (rounded up) reached the disk.
    pub(crate) fn crash(&mut self, loss: Loss) {
        let Some(image) = self.durable.take() else { return };
        let kept = common_end(&self.log, &image.log);
        if let Some(kept) = kept.filter(|_| loss == Loss::TornTail && self.log.first() == image.log.first()) {
            self.log.truncate(kept + 1 + (self.last_index() - kept).div_ceil(2));
            return;
        }
        self.current_term = image.current_term;
        self.voted_for = image.voted_for;
        self.commit = image.commit;
        self.log = image.log.clone();
        self.first_prev_term = image.first_prev_term;
        self.snapshot.clone_from(&image.snapshot);
        self.applied_config = image.applied_config;
    }
}

/// The last index up to which two logs are the same.
pub(crate) fn common_end(a: &ChunkLog<Entry>, b: &ChunkLog<Entry>) -> Option<u64> {
    let same = |index: &u64| a.chain_at(*index).is_some_and(|chain| b.chain_at(*index) == Some(chain));
    (0..a.end().min(b.end())).rev().find(same)
}
