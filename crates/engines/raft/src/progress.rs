//! What a leader knows of one member's log, and the window of what is under way to it.
//!
//! Source: etcd-io/raft tracker/progress.go, tracker/inflights.go

use alloc::string::ToString;
use alloc::vec::Vec;
use kernel::{Digest, Hasher, NodeId, Part, Show, Time, Value, state};

use crate::codes::PeerState;
use crate::conf::Set;

state! {
    /// What the leader knows of one member. `match < next` always; what lies between is under way or untested.
    pub struct Progress {
        /// Which member.
        pub id: NodeId = "id",
        /// The logs agree up to here.
        pub matched: u64 = "match",
        /// The next entry to send.
        pub next: u64 = "next",
        /// Probe, Replicate or Snapshot.
        pub state: PeerState = "state",
        /// Nothing with entries is sent until an answer comes.
        pub paused: bool = "paused",
        /// The last indexes of the Appends under way, oldest first.
        pub inflight: Vec<u64> = "inflight",
        /// The snapshot on its way; 0 none.
        pub pending_snapshot: u64 = "pending_snapshot",
        /// It was heard since the last look at the quorum.
        pub recent_active: bool = "recent_active",
        /// The largest commit index it was told.
        pub sent_commit: u64 = "sent_commit",
        /// The last round it answered.
        pub acked_round: u64 = "acked_round",
        /// Since when something sent has no answer.
        pub unanswered: Option<Time> = "unanswered_since",
    }
}

impl Progress {
    /// Of a member about whom nothing is known yet.
    pub(crate) fn new(id: NodeId, next: u64) -> Progress {
        Progress {
            id,
            matched: 0,
            next,
            state: PeerState::Probe,
            paused: false,
            inflight: Vec::new(),
            pending_snapshot: 0,
            recent_active: false,
            sent_commit: 0,
            acked_round: 0,
            unanswered: None,
        }
    }

    /// Whether nothing may be sent.
    ///
    /// Source: etcd-io/raft tracker/progress.go IsPaused
    pub(crate) fn is_paused(&self) -> bool {
        self.state == PeerState::Snapshot || self.paused
    }

    fn enter(&mut self, state: PeerState) {
        self.state = state;
        self.paused = false;
        self.pending_snapshot = 0;
        self.inflight.clear();
        self.unanswered = None;
    }

    /// Goes on from what the snapshot brought when there was one, else from what is known to match.
    ///
    /// Source: etcd-io/raft tracker/progress.go BecomeProbe
    pub(crate) fn become_probe(&mut self) {
        let sent = if self.state == PeerState::Snapshot { self.pending_snapshot } else { 0 };
        self.enter(PeerState::Probe);
        self.next = self.matched.max(sent) + 1;
        self.sent_commit = self.sent_commit.min(self.next - 1);
    }

    /// Source: etcd-io/raft tracker/progress.go BecomeReplicate
    pub(crate) fn become_replicate(&mut self) {
        self.enter(PeerState::Replicate);
        self.next = self.matched + 1;
    }

    /// Source: etcd-io/raft tracker/progress.go BecomeSnapshot
    pub(crate) fn become_snapshot(&mut self, index: u64, now: Time) {
        self.enter(PeerState::Snapshot);
        self.pending_snapshot = index;
        self.next = index + 1;
        self.sent_commit = index;
        self.unanswered = Some(now);
    }

    /// Notes an Append with `count` entries on its way.
    ///
    /// Source: etcd-io/raft tracker/progress.go SentEntries
    pub(crate) fn sent(&mut self, count: u64, window: u64, now: Time) {
        match self.state {
            PeerState::Replicate => {
                if count > 0 {
                    self.next += count;
                    self.inflight.push(self.next - 1);
                }
                self.paused = self.is_full(window);
            }
            PeerState::Probe if count > 0 => self.paused = true,
            PeerState::Probe | PeerState::Snapshot => {}
        }
        if count > 0 && self.unanswered.is_none() {
            self.unanswered = Some(now);
        }
    }

    /// Whether the window is full.
    pub(crate) fn is_full(&self, window: u64) -> bool {
        self.inflight.len() as u64 >= window
    }

    /// An answer says that the logs agree up to `index`. False when that is no news.
    ///
    /// Source: etcd-io/raft tracker/progress.go MaybeUpdate
    pub(crate) fn update(&mut self, index: u64) -> bool {
        if index <= self.matched {
            return false;
        }
        self.matched = index;
        self.next = self.next.max(index + 1);
        self.paused = false;
        true
    }

    /// Frees the window up to `index`: answers may be lost, so an answer stands for all before it.
    ///
    /// Source: etcd-io/raft tracker/inflights.go FreeLE
    pub(crate) fn free_to(&mut self, index: u64) {
        self.inflight.retain(|last| *last > index);
    }

    /// A refusal of the Append after `rejected`, where the logs may agree at `guess`. False when it is stale.
    ///
    /// Source: etcd-io/raft tracker/progress.go MaybeDecrTo
    pub(crate) fn decrease(&mut self, rejected: u64, guess: u64) -> bool {
        let stale = match self.state {
            PeerState::Replicate => rejected <= self.matched,
            PeerState::Probe | PeerState::Snapshot => rejected + 1 != self.next,
        };
        if stale {
            return false;
        }
        let next = rejected.min(guess + 1).max(self.matched + 1);
        if self.state == PeerState::Replicate {
            self.become_probe();
        }
        self.next = next;
        self.paused = false;
        self.sent_commit = self.sent_commit.min(next - 1);
        true
    }
}

/// The members' progress, ascending by member.
#[derive(Clone, Debug, Default)]
pub struct Peers(pub Vec<Part<Progress>>);

impl Peers {
    /// A member's progress.
    #[must_use]
    pub fn get(&self, id: NodeId) -> Option<&Progress> {
        self.0.iter().find(|p| p.id == id).map(|p| &**p)
    }

    /// A member's progress, to change it.
    pub(crate) fn get_mut(&mut self, id: NodeId) -> Option<&mut Progress> {
        self.0.iter_mut().find(|p| p.id == id).map(|p| &mut **p)
    }

    /// The members.
    pub(crate) fn ids(&self) -> Set {
        self.0.iter().fold(Set::EMPTY, |ids, p| ids.with(p.id))
    }

    /// Adds a member.
    pub(crate) fn insert(&mut self, progress: Progress) {
        let at = self.0.partition_point(|p| p.id < progress.id);
        self.0.insert(at, Part::new(progress));
    }
}

impl Digest for Peers {
    fn digest(&self, h: &mut Hasher) {
        self.0.digest(h);
    }
}

impl Show for Peers {
    fn show(&self) -> Value {
        Value::Map(self.0.iter().map(|p| (p.id.to_string(), p.show())).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn progress(state: PeerState, matched: u64, next: u64) -> Progress {
        Progress { state, matched, ..Progress::new(NodeId(1), next) }
    }

    #[test]
    fn a_refusal_counts_once_and_never_below_what_matches() {
        // state, match, next, rejected, guess → taken, next after
        let table = [
            (PeerState::Replicate, 5, 10, 5, 5, false, 10),
            (PeerState::Replicate, 5, 10, 4, 4, false, 10),
            (PeerState::Replicate, 5, 10, 9, 9, true, 9),
            (PeerState::Replicate, 5, 10, 9, 2, true, 6),
            (PeerState::Probe, 0, 0, 0, 0, false, 0),
            (PeerState::Probe, 0, 10, 5, 5, false, 10),
            (PeerState::Probe, 0, 10, 9, 9, true, 9),
            (PeerState::Probe, 0, 10, 9, 2, true, 3),
            (PeerState::Probe, 0, 2, 1, 0, true, 1),
            (PeerState::Probe, 0, 2, 1, 1, true, 1),
        ];
        for (state, matched, next, rejected, guess, taken, after) in table {
            let mut p = progress(state, matched, next);
            assert_eq!(p.decrease(rejected, guess), taken, "{state:?} {matched} {next} {rejected} {guess}");
            assert_eq!((p.next, p.matched), (after, matched));
            assert!(!taken || p.state == PeerState::Probe);
        }
    }

    #[test]
    fn the_window_fills_stalls_and_drains() {
        let mut p = progress(PeerState::Replicate, 2, 3);
        p.sent(1, 2, Time(0));
        assert!(!p.is_paused());
        p.sent(1, 2, Time(0));
        assert!(p.is_paused() && p.is_full(2));
        assert_eq!((p.next, p.inflight.as_slice()), (5, &[3, 4][..]));
        assert!(p.update(4) && !p.update(4));
        p.free_to(4);
        assert!(!p.is_paused() && p.inflight.is_empty());
    }

    #[test]
    fn after_a_snapshot_a_probe_goes_on_behind_it() {
        let mut p = progress(PeerState::Probe, 1, 2);
        p.become_snapshot(10, Time(0));
        assert!(p.is_paused());
        let mut failed = p.clone();
        failed.pending_snapshot = 0;
        failed.become_probe();
        assert_eq!(failed.next, 2);
        p.become_probe();
        assert_eq!(p.next, 11);
    }
}
