//! Snapshots and compaction.
//!
//! Source: dissertation 5; etcd-io/raft raft.go handleSnapshot, restore

use alloc::sync::Arc;
use kernel::NodeId;

use crate::codes::{PeerState, Reason};
use crate::conf::Conf;
use crate::entry::Data;
use crate::event::Event;
use crate::message::Body;
use crate::node::Node;
use crate::store::Snapshot;

impl Node<'_, '_> {
    /// The config at an applied index.
    fn config_at(&self, index: u64) -> Conf {
        let first = self.disk.log.first();
        let found =
            (first..=index).rev().find_map(|at| match self.disk.log.get(at).map(|entry| &entry.data) {
                Some(Data::Config(config)) => Some(*config),
                _ => None,
            });
        let older = || self.disk.snapshot.as_ref().map(|snapshot| snapshot.config);
        found.or_else(older).unwrap_or_else(|| self.first_config())
    }

    /// Takes a snapshot of what is applied and drops the entries before its end, but a tail. Why not, if not.
    pub(crate) fn take_snapshot(&mut self, keep: u64) -> Option<Reason> {
        let index = self.mem.last_applied;
        if index <= self.disk.snapshot_index() {
            return Some(Reason::NothingToSnapshot);
        }
        let snapshot = Snapshot {
            last_index: index,
            last_term: self.disk.term_at(index).unwrap_or(0),
            config: self.config_at(index),
            chain: self.disk.chain_at(index),
            state: (*self.mem.store).clone(),
        };
        self.disk.snapshot = Some(Arc::new(snapshot));
        self.disk.drop_prefix((index + 1).saturating_sub(keep).max(self.disk.log.first()));
        self.dirty();
        self.cx.note(Event::SnapshotTaken { index, first: self.disk.log.first() });
        None
    }

    /// Takes a snapshot when enough was applied since the last.
    pub(crate) fn snapshot_if_due(&mut self) {
        let threshold = self.cx.settings.snapshot_threshold;
        if threshold > 0 && self.mem.last_applied >= self.disk.snapshot_index() + threshold {
            self.take_snapshot(self.cx.settings.snapshot_kept_tail);
        }
    }

    /// Sends the snapshot to a peer that needs what is compacted.
    ///
    /// Source: etcd-io/raft raft.go maybeSendSnapshot
    pub(crate) fn send_snapshot(&mut self, peer: NodeId) -> bool {
        let now = self.cx.now;
        let Some(snapshot) = self.disk.snapshot.clone() else { return false };
        let index = snapshot.last_index;
        let Some(p) = self.progress(peer) else { return false };
        p.become_snapshot(index, now);
        self.cx.note(Event::SnapshotSent { peer, index });
        self.send(peer, Body::Snapshot(snapshot));
        true
    }

    /// The transport tells how sending a snapshot ended; without an answer for T it counts as failed.
    ///
    /// Source: etcd-io/raft raft.go stepLeader (MsgSnapStatus)
    pub(crate) fn snapshot_reported(&mut self, peer: NodeId, ok: bool) {
        let Some(p) = self.progress(peer).filter(|p| p.state == PeerState::Snapshot) else { return };
        if !ok {
            p.pending_snapshot = 0;
        }
        p.become_probe();
        p.unanswered = None;
        p.paused = ok;
        self.cx.note(Event::SnapshotReported { peer, ok });
        if !ok {
            self.send_append(peer, true);
        }
    }

    /// The leader sends a snapshot.
    pub(crate) fn handle_snapshot(&mut self, from: NodeId, snapshot: &Arc<Snapshot>) {
        let (index, term) = (snapshot.last_index, snapshot.last_term);
        if index <= self.mem.commit_index {
            self.cx.note(Event::SnapshotIgnored { index, why: Reason::OldSnapshot });
            return self.reply_append(from, false, self.mem.commit_index, (0, 0), (0, false));
        }
        if self.disk.term_at(index) == Some(term) {
            self.cx.note(Event::SnapshotSkipped { index });
            self.set_commit(index);
            return self.reply_append(from, false, index, (0, 0), (0, false));
        }
        self.disk.log = kernel::ChunkLog::restart(index + 1, snapshot.chain);
        self.disk.first_prev_term = term;
        self.disk.snapshot = Some(snapshot.clone());
        *self.mem.store = snapshot.state.clone();
        self.mem.last_applied = index;
        // Nothing that it covers is on disk yet.
        self.mem.storage.durable_index = self.mem.storage.durable_index.min(index - 1);
        self.cx.note(Event::SnapshotInstalled { index, chain: snapshot.chain });
        self.mem.config_index = 0;
        self.switch_config(snapshot.config, index);
        self.disk.applied_config = Some(crate::disk::AppliedConfig { config: snapshot.config, index });
        self.dirty();
        self.set_commit(index);
        self.answer_ready_reads();
        self.settle_pending(index);
        self.reply_append(from, false, index, (0, 0), (0, false));
    }

    /// What a snapshot covers is applied, or not: nobody here can tell.
    fn settle_pending(&mut self, index: u64) {
        let mut at = 0;
        while let Some(p) = self.mem.pending.get(at) {
            if p.index == 0 || p.index > index {
                at += 1;
                continue;
            }
            let p = self.mem.pending.remove(at);
            self.answer(p.to, crate::codes::Code::Unknown, 0, None);
        }
    }
}
