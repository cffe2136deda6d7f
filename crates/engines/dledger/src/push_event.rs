//! What happened with pushes: at the leader's dispatchers, and at a follower's handler.

use kernel::NodeId;

use crate::codes::{Code, DispatcherState, PushType};
use crate::event::Event;
use crate::node::Node;

/// Why a push was not applied at a follower.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PushRefusal {
    /// The receiver is not a follower (any more).
    NotFollower,
    /// The entry does not come right after the log's end.
    NotNext,
    /// The request's term is not the current one.
    OtherTerm {
        /// The request's.
        theirs: i64,
        /// The current one.
        mine: i64,
    },
    /// The request is of another leader.
    OtherLeader {
        /// The request's.
        theirs: Option<NodeId>,
        /// The one followed.
        mine: Option<NodeId>,
    },
    /// The byte position differs.
    OtherPosition,
    /// The disk is full.
    DiskFull,
    /// The write failed.
    WriteFailed,
    /// The entry cannot be read.
    Unreadable,
}

/// What a node's log did when a COMPARE asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CompareFinding {
    /// The entry is the same.
    Same,
    /// The log has another entry there.
    Other {
        /// Its term.
        term: i64,
    },
    /// The log has no entry there.
    Missing,
}

/// What happened with pushes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PushEvent {
    /// A dispatcher saw a new leadership.
    DispatcherFresh {
        /// For whom.
        peer: NodeId,
        /// The term.
        term: i64,
    },
    /// A dispatcher changed its state.
    DispatcherChanged {
        /// For whom.
        peer: NodeId,
        /// Before.
        from: DispatcherState,
        /// After.
        to: DispatcherState,
        /// At this index; −1 without.
        index: i64,
    },
    /// A COMPARE was sent.
    CompareSent {
        /// To whom.
        peer: NodeId,
        /// The compared index.
        index: i64,
        /// Its term.
        term: i64,
    },
    /// A COMPARE was answered.
    CompareAnswered {
        /// By whom.
        peer: NodeId,
        /// Whether the entry is the same.
        same: bool,
        /// What was compared.
        index: i64,
        /// End of the follower's log as answered.
        end: i64,
        /// The next compare index, −1 when the comparing is over.
        next: i64,
    },
    /// A TRUNCATE was sent.
    TruncateSent {
        /// To whom.
        peer: NodeId,
        /// V3: the last index kept; V4: the first removed.
        index: i64,
        /// V3 wording.
        keep: bool,
    },
    /// A TRUNCATE was done.
    TruncateDone {
        /// By whom.
        peer: NodeId,
        /// The index of the request.
        index: i64,
    },
    /// Entries were sent.
    AppendSent {
        /// To whom.
        peer: NodeId,
        /// First index.
        first: i64,
        /// Last index.
        last: i64,
        /// Sent before, not acknowledged in time.
        again: bool,
    },
    /// The committed index was sent.
    CommitSent {
        /// To whom.
        peer: NodeId,
        /// What.
        commit: i64,
    },
    /// An APPEND was acknowledged.
    AppendAcked {
        /// By whom.
        peer: NodeId,
        /// The index.
        index: i64,
        /// The watermark now.
        watermark: i64,
    },
    /// An APPEND was answered with another code, or failed.
    AppendFailed {
        /// By whom.
        peer: NodeId,
        /// Its first index.
        index: i64,
        /// The code.
        code: Code,
    },
    /// V4: sending starts over from an index.
    WriteIndexReset {
        /// For whom.
        peer: NodeId,
        /// From here.
        to: i64,
    },
    /// Requests were dropped from the books because their index is acknowledged.
    LeakDropped {
        /// For whom.
        peer: NodeId,
        /// How many.
        count: u64,
    },
    /// A dispatcher failed and pauses.
    DispatcherFailed {
        /// For whom.
        peer: NodeId,
        /// What it was doing.
        doing: DispatcherState,
        /// The code.
        code: Code,
    },
    /// A push was put into a queue.
    PushQueued {
        /// Its kind.
        kind: PushType,
        /// Its first index.
        index: i64,
        /// End of the log.
        end: i64,
    },
    /// A push was answered on arrival.
    PushRejected {
        /// Its kind.
        kind: PushType,
        /// Its first index.
        index: i64,
        /// The code.
        code: Code,
    },
    /// Waiting APPENDs were dropped by a COMPARE or TRUNCATE; they are never answered.
    WaitingCleared {
        /// How many.
        count: u64,
    },
    /// A queued request was answered because this node does not follow.
    QueueNotFollower {
        /// Its kind.
        kind: PushType,
    },
    /// An APPEND could not be written.
    AppendRefused {
        /// First index.
        index: i64,
        /// Why.
        why: PushRefusal,
    },
    /// A COMPARE was decided.
    Compared {
        /// The index.
        index: i64,
        /// The leader's term there.
        term: i64,
        /// What the log says.
        found: CompareFinding,
        /// End of the log.
        end: i64,
    },
    /// A TRUNCATE was refused.
    TruncateRefused {
        /// The index.
        index: i64,
        /// Why.
        why: PushRefusal,
    },
    /// A TRUNCATE was done.
    TruncateHandled {
        /// The index.
        index: i64,
        /// End of the log.
        end: i64,
    },
    /// A COMMIT was handled.
    CommitHandled {
        /// The index.
        commit: i64,
    },
    /// A waiting APPEND lies wholly below the log's end.
    FallBehind {
        /// Its first index.
        index: i64,
        /// Whether its entries are in the log.
        same: bool,
    },
    /// A waiting APPEND misses its predecessor for too long.
    FastForward {
        /// Its first index.
        index: i64,
        /// End of the log.
        end: i64,
    },
}

impl Node<'_, '_> {
    /// Tells what happened with a push.
    pub(crate) fn note_push(&mut self, event: PushEvent) {
        self.cx.note(Event::Push(event));
    }
}
