//! What happened, with its reason. Every transition and every ignored message has one.

use alloc::string::String;
use kernel::NodeId;

use crate::codes::{Code, PeerState, ReadMode, Reason, Role};
use crate::conf::{Conf, Set};
use crate::election::Votes;

/// What happened. Fields: indexes and terms as in the spec, `from`, `to`, `peer` nodes.
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum Event {
    Booted {
        term: u64,
        last: u64,
        chain: u64,
        commit: u64,
    },
    TermChanged {
        from: u64,
        to: u64,
        unsynced: bool,
    },
    TermDurable {
        term: u64,
    },
    Campaigned {
        pre: bool,
        term: u64,
        last: (u64, u64),
        transfer: bool,
    },
    CampaignRefused {
        why: Reason,
    },
    BecameFollower {
        was: Role,
        term: u64,
        leader: Option<NodeId>,
    },
    BecameLeader {
        term: u64,
        last: u64,
        chain: u64,
    },
    LeaderHeard {
        leader: NodeId,
        term: u64,
    },
    VoteRefused {
        to: NodeId,
        pre: bool,
        why: Reason,
        mine: (u64, u64),
        theirs: (u64, u64),
        vote: Option<NodeId>,
    },
    VoteGranted {
        to: NodeId,
        term: u64,
    },
    PreVoteGranted {
        to: NodeId,
        term: u64,
    },
    VoteCounted {
        from: NodeId,
        granted: bool,
        votes: Votes,
        config: Conf,
    },
    ElectionLost {
        term: u64,
        pre: bool,
    },
    QuorumChecked {
        active: Set,
        config: Conf,
        ok: bool,
    },
    Ignored {
        from: Option<NodeId>,
        kind: &'static str,
        why: Reason,
    },
    StaleAnswered {
        from: NodeId,
        kind: &'static str,
    },
    Appended {
        index: u64,
        term: u64,
        chain: u64,
        own: bool,
    },
    Truncated {
        from: u64,
        to: u64,
    },
    AppendRefused {
        from: NodeId,
        prev: (u64, u64),
        hint: (u64, u64),
    },
    BelowCommit {
        from: NodeId,
        prev: u64,
        commit: u64,
    },
    BackedUp {
        peer: NodeId,
        rejected: u64,
        next: u64,
    },
    PeerState {
        peer: NodeId,
        state: PeerState,
        matched: u64,
    },
    Retried {
        peer: NodeId,
    },
    HeartbeatSent {
        term: u64,
    },
    NotCommitted {
        index: u64,
        entry_term: u64,
        copies: u8,
        members: Set,
        term: u64,
    },
    Committed {
        from: u64,
        to: u64,
        chain: u64,
        term: u64,
    },
    Applied {
        from: u64,
        to: u64,
    },
    Duplicate {
        index: u64,
        first: u64,
    },
    ClientRefused {
        code: Code,
    },
    Answered {
        code: Code,
        index: u64,
    },
    Forwarded {
        to: NodeId,
    },
    TransferStarted {
        to: NodeId,
    },
    TimeoutNowSent {
        to: NodeId,
    },
    TransferEnded {
        code: Code,
    },
    ConfigChanged {
        config: Conf,
        index: u64,
        back: bool,
    },
    ChangeRefused {
        why: Reason,
    },
    CatchingUp {
        server: NodeId,
        round: u64,
        target: u64,
    },
    CatchUpFailed {
        server: NodeId,
    },
    SnapshotTaken {
        index: u64,
        first: u64,
    },
    SnapshotSent {
        peer: NodeId,
        index: u64,
    },
    SnapshotReported {
        peer: NodeId,
        ok: bool,
    },
    SnapshotIgnored {
        index: u64,
        why: Reason,
    },
    SnapshotSkipped {
        index: u64,
    },
    SnapshotInstalled {
        index: u64,
        chain: u64,
    },
    ReadWaits {
        why: Reason,
    },
    ReadAnswered {
        index: u64,
        how: ReadMode,
    },
    ReplyWaits {
        to: NodeId,
        kind: &'static str,
    },
    Persisted {
        index: u64,
    },
    TimerSet {
        ticks: u64,
    },
    TimerMoved {
        us: i64,
    },
    Preset {
        what: String,
    },
    OperationSent {
        to: NodeId,
        seq: u32,
        again: bool,
    },
    OperationEnded {
        seq: u32,
        code: Code,
    },
}
