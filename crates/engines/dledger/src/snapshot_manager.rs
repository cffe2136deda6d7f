//! Snapshots of V4: made after apply rounds, loaded at boot, installed at a follower.
//!
//! Source: DLedger 0.4.0 SnapshotManager, DLedgerEntryPusher.EntryHandler.handleInstallSnapshot.

use alloc::vec::Vec;
use kernel::{Effect, Time, state};

use crate::codes::{Code, ResetStrategy};
use crate::disk::Snapshot;
use crate::entry_handler::InflightInstall;
use crate::event::Event;
use crate::message::{Body, DiskWrite, Header, Responder};
use crate::node::Node;

state! {
    /// A drop of covered entries that comes later.
    pub struct DelayedReset {
        /// When.
        pub due: Time = "due",
        /// Up to which index.
        pub index: i64 = "lastIncludedIndex",
        /// Which term is recorded.
        pub term: i64 = "lastIncludedTerm",
    }
}

state! {
    /// The snapshot manager.
    pub struct SnapshotManager {
        /// The newest snapshot's last index.
        pub last_snapshot_index: i64 = "lastSnapshotIndex",
        /// The newest snapshot's last term.
        pub last_snapshot_term: i64 = "lastSnapshotTerm",
        /// The snapshot being written.
        pub saving: Option<Snapshot> = "savingSnapshot",
        /// Covered entries that are dropped later.
        pub resets: Vec<DelayedReset> = "delayedResets",
    }
}

impl SnapshotManager {
    /// The manager of a process that just started.
    pub(crate) fn new() -> SnapshotManager {
        SnapshotManager { last_snapshot_index: -1, last_snapshot_term: -1, saving: None, resets: Vec::new() }
    }
}

impl Node<'_, '_> {
    /// The newest snapshot that covers `write_index`.
    ///
    /// Source: DLedger 0.4.0 SnapshotManager.getSnapshotReaderIncludedTargetIndex
    pub(crate) fn snapshot_for(&self, write_index: i64) -> Option<Snapshot> {
        let newest = self.disk.snapshots.last().copied().filter(|_| self.cx.settings.enable_snapshot);
        newest.filter(|snapshot| snapshot.last_included_index >= write_index)
    }

    /// Loads the newest snapshot at boot.
    ///
    /// Source: DLedger 0.4.0 SnapshotManager.loadSnapshot
    pub(crate) fn load_snapshot(&mut self) {
        let config = self.cx.settings;
        let Some(newest) = self.disk.snapshots.last().copied() else { return };
        if !config.v4() || !config.enable_snapshot {
            return;
        }
        let index = newest.last_included_index;
        self.mem.snapshots.last_snapshot_index = index;
        self.mem.snapshots.last_snapshot_term = newest.last_included_term;
        self.mem.member.applied_index = index;
        self.mem.member.applied_term = newest.last_included_term;
        self.cx.note(Event::SnapshotLoaded { index });
        if self.disk.end_index() < index {
            self.reset(index, newest.last_included_term, Some(newest.data));
        }
    }

    /// Begins a snapshot when enough entries were applied since the last one.
    ///
    /// Source: DLedger 0.4.0 SnapshotManager.saveSnapshot
    pub(crate) fn save_snapshot_if_due(&mut self) {
        let config = self.cx.settings;
        let (index, term) = (self.mem.member.applied_index, self.mem.member.applied_term);
        let since = u64::try_from(index - self.mem.snapshots.last_snapshot_index).unwrap_or(0);
        if !config.enable_snapshot || self.mem.snapshots.saving.is_some() || since < config.snapshot_threshold
        {
            return;
        }
        let data = self.disk.chain_at(index);
        self.mem.snapshots.saving =
            Some(Snapshot { last_included_index: index, last_included_term: term, data });
        self.cx.note(Event::SnapshotSaving { index });
        self.cx.effects.push(Effect::Write(DiskWrite::Snapshot));
    }

    /// A snapshot's write ended: the oldest are removed, and the entries it covers by the strategy.
    ///
    /// Source: DLedger 0.4.0 SnapshotManager.SaveSnapshotAfterHook.registerSnapshot
    pub(crate) fn snapshot_saved(&mut self, ok: bool) {
        let Some(saved) = self.mem.snapshots.saving.take().filter(|_| ok) else { return };
        let (index, term) = (saved.last_included_index, saved.last_included_term);
        self.keep_snapshot(saved);
        self.cx.note(Event::SnapshotSaved { index });
        let config = self.cx.settings;
        let kept = i64::try_from(config.reset_snapshot_entries_but_keep_last_entries_num).unwrap_or(0);
        let strategy = config.snapshot_entry_reset_strategy;
        let to = match strategy {
            ResetStrategy::AllSync | ResetStrategy::AllAsync | ResetStrategy::AllLater => index,
            _ => index - kept,
        };
        let delay_ms = match strategy {
            ResetStrategy::AllSync | ResetStrategy::KeepSomeSync => return self.reset(to, term, None),
            ResetStrategy::AllAsync | ResetStrategy::KeepSomeAsync => 0,
            ResetStrategy::AllLater | ResetStrategy::KeepSomeLater => {
                config.reset_snapshot_entries_delay_time
            }
        };
        if to > self.disk.before_begin_index() {
            let due = self.cx.now.plus_ms(delay_ms);
            self.mem.snapshots.resets.push(DelayedReset { due, index: to, term });
        }
    }

    fn keep_snapshot(&mut self, snapshot: Snapshot) {
        self.mem.snapshots.last_snapshot_index = snapshot.last_included_index;
        self.mem.snapshots.last_snapshot_term = snapshot.last_included_term;
        self.disk.snapshots.push(snapshot);
        let most = usize::try_from(self.cx.settings.max_snapshot_reserved_num).unwrap_or(usize::MAX);
        let surplus = self.disk.snapshots.len().saturating_sub(most);
        self.disk.snapshots.drain(..surplus);
    }

    /// Drops covered entries whose delay is over.
    pub(crate) fn run_resets(&mut self) {
        let now = self.cx.now;
        let (due, later) = self.mem.snapshots.resets.drain(..).partition(|reset| reset.due <= now);
        self.mem.snapshots.resets = later;
        let due: Vec<DelayedReset> = due;
        for reset in due {
            self.reset(reset.index, reset.term, None);
        }
    }

    /// A snapshot arrived: there is one slot, and the newest waits in it.
    ///
    /// Source: DLedger 0.4.0 EntryHandler.handleInstallSnapshot
    pub(crate) fn handle_install(&mut self, to: Responder, header: Header, snapshot: Snapshot) {
        let waiting = InflightInstall {
            last_included_index: snapshot.last_included_index,
            last_included_term: snapshot.last_included_term,
            data: snapshot.data,
            term: header.term,
            leader_id: header.leader_id,
            responder: to,
        };
        if let Some(older) = self.mem.handler.inflight_install.replace(waiting) {
            self.answer_install(&older, Code::NewerInstallSnapshotRequestExist);
        }
    }

    fn answer_install(&mut self, install: &InflightInstall, code: Code) {
        let index = install.last_included_index;
        self.cx.note(if code == Code::Success {
            Event::SnapshotInstalled { index, peer: None }
        } else {
            Event::SnapshotRefused { index, code }
        });
        let header = Header::request(self.mem.self_id, install.leader_id, install.term).code(code);
        self.answer(install.responder, header, Body::InstallResponse);
    }

    /// The handler takes the waiting snapshot. After the first one the slot is broken: every later one fails
    /// without an answer.
    ///
    /// Source: DLedger 0.4.0 EntryHandler.doWork, handleDoInstallSnapshot
    pub(crate) fn handle_install_snapshot(&mut self) {
        let Some(install) = self.mem.handler.inflight_install.take() else { return };
        if self.mem.handler.install_slot_broken {
            return self.cx.note(Event::SnapshotSlotBroken);
        }
        self.mem.handler.install_slot_broken = true;
        let (index, term) = (install.last_included_index, install.last_included_term);
        let last = (self.mem.snapshots.last_snapshot_term, self.mem.snapshots.last_snapshot_index);
        let refused = !self.cx.settings.enable_snapshot
            || (term, index) <= last
            || index <= self.mem.member.applied_index;
        if refused {
            return self.answer_install(&install, Code::InstallSnapshotError);
        }
        let snapshot = Snapshot { last_included_index: index, last_included_term: term, data: install.data };
        self.keep_snapshot(snapshot);
        self.mem.member.applied_index = index;
        self.mem.member.applied_term = term;
        self.reset(index, term, Some(install.data));
        self.answer_install(&install, Code::Success);
    }
}
