//! What happened, with its reason. Every transition and every ignored message has one.

use alloc::string::String;
use kernel::{NodeId, RpcFailure};

use crate::codes::{Code, Hindrance, ParseResult, Role, VoteResult};
use crate::leader_elector::{Beat, Poll};
pub use crate::push_event::{CompareFinding, PushEvent, PushRefusal};

/// Why a node became candidate.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CandidateCause {
    /// A vote request carried a larger term.
    LargerTermInVote {
        /// The candidate.
        from: NodeId,
    },
    /// A heartbeat carried a larger term.
    LargerTermInHeartBeat {
        /// The leader.
        from: NodeId,
    },
    /// A poll's answers revealed a larger term.
    PollRevealed,
    /// The leader was silent too long.
    HeartBeatTimeOut {
        /// Who was silent.
        leader: Option<NodeId>,
        /// How long, ms.
        silent_ms: u64,
        /// How long is allowed, ms.
        leak_ms: u64,
    },
    /// No heartbeat round of this leader reached a quorum for too long.
    NoQuorum {
        /// How long is allowed, ms.
        leak_ms: u64,
    },
    /// A follower follows another leader of the same term.
    InconsistentLeader,
    /// A heartbeat's answer revealed a larger term.
    ExpiredTerm,
    /// It was told to take leadership.
    TakeLeadership,
    /// A test forced it.
    Forced,
}

/// The counters of a poll.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PollCount {
    /// Answered.
    pub all: u8,
    /// Answered with a result.
    pub valid: u8,
    /// Gave their vote.
    pub accepted: u8,
    /// Are about to join the term.
    pub not_ready: u8,
    /// Have the better log.
    pub bigger: u8,
    /// Somebody knows a leader.
    pub has_leader: bool,
    /// Largest term heard of.
    pub known_max: i64,
    /// Members of the group.
    pub peers: u8,
}

impl PollCount {
    /// The counters of `poll`.
    pub(crate) fn of(poll: &Poll, peers: u8) -> PollCount {
        PollCount {
            all: poll.all_num,
            valid: poll.valid_num,
            accepted: poll.accepted_num,
            not_ready: poll.not_ready_term_num,
            bigger: poll.bigger_ledger_num,
            has_leader: poll.already_has_leader,
            known_max: poll.known_max_term,
            peers,
        }
    }
}

/// The counters of a heartbeat round.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BeatCount {
    /// Accepted, the leader included.
    pub succ: u8,
    /// About to join the term.
    pub not_ready: u8,
    /// The larger term seen; −1 none.
    pub max_term: i64,
    /// Members of the group.
    pub peers: u8,
}

impl BeatCount {
    /// The counters of `beat`.
    pub(crate) fn of(beat: &Beat, peers: u8) -> BeatCount {
        BeatCount { succ: beat.succ_num, not_ready: beat.not_ready_num, max_term: beat.max_term, peers }
    }
}

/// What happened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Event {
    /// The process started on what its disk holds.
    Booted {
        /// Stored term.
        term: i64,
        /// Stored vote.
        vote: Option<NodeId>,
        /// Last index; −1 empty.
        end: i64,
        /// Term of the last entry.
        end_term: i64,
        /// Chain digest of the log.
        chain: u64,
    },
    /// An operator's `preset` put the node in a term.
    TermForced {
        /// The term it is in now.
        term: i64,
    },
    /// INCREASE_TERM.
    TermIncreased {
        /// Before.
        from: i64,
        /// After.
        to: i64,
        /// Because a larger term was seen: no poll follows at once.
        told: bool,
    },
    /// The role became CANDIDATE.
    BecameCandidate {
        /// The role before.
        was: Role,
        /// The largest term heard of with it.
        term: i64,
        /// The current term, which stays.
        curr: i64,
        /// Why.
        cause: CandidateCause,
    },
    /// The role became LEADER.
    BecameLeader {
        /// Of this term.
        term: i64,
        /// Last index of its log.
        last: i64,
        /// Digest of its log.
        chain: u64,
    },
    /// The role became FOLLOWER.
    BecameFollower {
        /// The role before.
        was: Role,
        /// Term.
        term: i64,
        /// Of whom.
        leader: NodeId,
    },
    /// A role change was skipped because the term moved on.
    RoleSkipped {
        /// Which role.
        role: Role,
        /// For this term.
        term: i64,
        /// The current term.
        curr: i64,
    },
    /// A poll began.
    PollStarted {
        /// The polled term.
        term: i64,
        /// Claimed last index.
        end_index: i64,
        /// Claimed last term.
        end_term: i64,
        /// At once after REVOTE_IMMEDIATELY.
        again: bool,
    },
    /// The vote handler decided.
    VoteDecided {
        /// Who asked.
        candidate: Option<NodeId>,
        /// Step of the handler that decided.
        step: u8,
        /// The result.
        result: VoteResult,
        /// The requested term.
        term: i64,
        /// The current term.
        curr: i64,
        /// Own claimed log end.
        mine: (i64, i64),
        /// The candidate's.
        theirs: (i64, i64),
        /// The vote given before.
        vote: Option<NodeId>,
        /// The leader known.
        leader: Option<NodeId>,
        /// It asked itself.
        myself: bool,
    },
    /// A vote answer was counted.
    VoteCounted {
        /// Whose.
        from: NodeId,
        /// The result.
        result: VoteResult,
        /// The answer's term.
        term: i64,
        /// The counters.
        count: PollCount,
    },
    /// A vote answer came after its poll.
    VoteLate {
        /// Whose.
        from: NodeId,
        /// The result.
        result: VoteResult,
    },
    /// A poll ended by a parse rule.
    PollEnded {
        /// The rule.
        rule: u8,
        /// Its result.
        result: ParseResult,
        /// The polled term.
        term: i64,
        /// The counters.
        count: PollCount,
        /// The next poll comes in so many ms, when that was set.
        next_ms: Option<u64>,
    },
    /// A heartbeat round began.
    HeartBeatSent {
        /// The term.
        term: i64,
    },
    /// The heartbeat handler decided.
    HeartBeatHandled {
        /// Whose heartbeat.
        leader: Option<NodeId>,
        /// The answer.
        code: Code,
        /// The heartbeat's term.
        term: i64,
        /// The current term.
        curr: i64,
        /// The leader known before.
        mine: Option<NodeId>,
    },
    /// A heartbeat answer was counted.
    HeartBeatCounted {
        /// Whose.
        from: NodeId,
        /// The code.
        code: Code,
        /// The answer's term.
        term: i64,
        /// The counters.
        count: BeatCount,
    },
    /// A heartbeat answer came after its round.
    HeartBeatLate {
        /// Whose.
        from: NodeId,
        /// The code.
        code: Code,
    },
    /// A heartbeat round was evaluated by a rule (6: nothing to do).
    BeatEnded {
        /// The rule.
        rule: u8,
        /// The term sent.
        term: i64,
        /// The counters.
        count: BeatCount,
    },
    /// A request was answered before its handler saw it.
    RequestRejected {
        /// The code.
        code: Code,
        /// Whom it was for.
        remote: NodeId,
    },
    /// The disk filled up, or has room again.
    DiskFilled {
        /// Whether it is full.
        full: bool,
    },
    /// V4: a new leader could not write its NOOP.
    NoopRefused {
        /// The code.
        code: Code,
    },
    /// An answer or datagram fits nothing and is ignored.
    Ignored {
        /// Why.
        reason: IgnoreReason,
    },
    /// A test forced a state.
    Forced {
        /// What, as the command was written.
        what: String,
    },
    /// A leader wrote an entry of its own.
    LeaderAppended {
        /// Where.
        index: i64,
        /// Term.
        term: i64,
        /// Digest of the log up to it.
        chain: u64,
        /// NOOP.
        noop: bool,
    },
    /// A follower wrote an entry it was sent.
    FollowerAppended {
        /// Where.
        index: i64,
        /// Term.
        term: i64,
        /// Digest of the log up to it.
        chain: u64,
    },
    /// The log was cut.
    Truncated {
        /// The first index removed.
        from: i64,
        /// The last index removed.
        to: i64,
    },
    /// The committed index moved.
    Committed {
        /// Before.
        from: i64,
        /// After.
        to: i64,
        /// Digest of the log up to it; 0 when not held.
        chain: u64,
        /// The node's term.
        term: i64,
        /// V3: it is a leader's, and its entry is of an older term.
        old_term: bool,
    },
    /// A committed index was not taken over.
    CommitIgnored {
        /// The one offered.
        new: i64,
        /// The present one.
        old: i64,
        /// With this term.
        term: i64,
        /// The node's term.
        curr: i64,
    },
    /// Entries were applied.
    Applied {
        /// Up to here.
        to: i64,
    },
    /// Written entries reached the disk.
    Flushed {
        /// Up to here.
        to: i64,
    },
    /// The checkpoint was written.
    Checkpointed {
        /// Last index.
        end: i64,
        /// Committed index.
        committed: i64,
    },
    /// Something about pushes, at the leader or a follower.
    Push(PushEvent),
    /// A client's request was refused.
    ClientRefused {
        /// The code.
        code: Code,
    },
    /// A client's write waits for its quorum.
    ClientWaits {
        /// Its index.
        index: i64,
    },
    /// A client's write was answered.
    ClientAnswered {
        /// Its index.
        index: i64,
        /// The code.
        code: Code,
        /// How long it waited, ms.
        waited_ms: u64,
    },
    /// A client read.
    ClientRead {
        /// The index.
        index: i64,
        /// Whether it is committed.
        committed: bool,
    },
    /// The watermarks of an older term were removed.
    WatermarksCleared {
        /// The term.
        term: i64,
    },
    /// The leader's own watermark caught up with its log.
    OwnWatermark {
        /// Where it is.
        index: i64,
    },
    /// A preferred leader was chosen.
    PreferredChosen {
        /// Who.
        peer: NodeId,
        /// How far behind.
        behind: i64,
    },
    /// The check cannot hand over to a preferred leader.
    PreferredPassedOver {
        /// To whom.
        peer: NodeId,
        /// Why not.
        why: Hindrance,
    },
    /// A transfer began; writes are refused.
    TransferStarted {
        /// To whom.
        to: NodeId,
        /// The log end it must have.
        index: i64,
    },
    /// A transfer was refused.
    TransferRefused {
        /// The code.
        code: Code,
    },
    /// A transfer ended at the old leader.
    TransferEnded {
        /// The code.
        code: Code,
        /// Writes are taken again.
        reopened: bool,
    },
    /// The requester of a transfer gets no answer because this node no longer leads.
    TransferUnanswered {
        /// The code that came.
        code: Code,
    },
    /// The target waits for its log.
    TakeWaits {
        /// The needed end.
        need: i64,
        /// The present end.
        end: i64,
    },
    /// The target begins to take leadership.
    TakeStarted {
        /// In this term.
        term: i64,
    },
    /// The take-over ended.
    TakeEnded {
        /// The code.
        code: Code,
        /// The term it was for.
        term: i64,
    },
    /// A snapshot is being written.
    SnapshotSaving {
        /// Last index covered.
        index: i64,
    },
    /// A snapshot was written.
    SnapshotSaved {
        /// Last index covered.
        index: i64,
    },
    /// Entries that a snapshot covers were dropped.
    PrefixDropped {
        /// Up to here.
        to: i64,
        /// When the log ended before: it begins anew after the snapshot, with this chain digest.
        anew: Option<u64>,
    },
    /// A snapshot was sent.
    SnapshotSent {
        /// To whom.
        peer: NodeId,
        /// Last index covered.
        index: i64,
    },
    /// No snapshot can help this follower.
    SnapshotMissing {
        /// Whom.
        peer: NodeId,
        /// What it needs.
        write_index: i64,
    },
    /// A snapshot was installed, here or at a peer.
    SnapshotInstalled {
        /// Last index covered.
        index: i64,
        /// At a peer, as its answer says.
        peer: Option<NodeId>,
    },
    /// A snapshot was refused.
    SnapshotRefused {
        /// Last index covered.
        index: i64,
        /// The code.
        code: Code,
    },
    /// A snapshot request is never answered: the slot broke with the first install.
    SnapshotSlotBroken,
    /// A snapshot was loaded at boot.
    SnapshotLoaded {
        /// Last index covered.
        index: i64,
    },
    /// A client sent an operation.
    OperationSent {
        /// To whom.
        to: NodeId,
        /// APPEND or GET.
        kind: &'static str,
        /// Once more after NOT_LEADER.
        again: bool,
    },
    /// A client's operation ended.
    OperationEnded {
        /// The code.
        code: Code,
        /// The index.
        index: i64,
    },
    /// A client asks who leads.
    LeaderAsked {
        /// Whom it asks.
        peer: NodeId,
    },
    /// A client learned who leads.
    LeaderFound {
        /// Who.
        leader: NodeId,
        /// From whom.
        from: NodeId,
    },
    /// A client's load generator was set.
    LoadSet {
        /// One value each so many ms; 0 stops.
        interval_ms: u64,
    },
}

/// Why something was ignored.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum IgnoreReason {
    /// DLedger knows no datagrams.
    Datagram,
    /// The answer's kind does not fit its request.
    WrongAnswer,
    /// A COMMIT's answer is never looked at.
    CommitAnswer,
    /// Nobody waits for this answer any more.
    Late,
    /// The call of a command failed.
    Failed(RpcFailure),
    /// A node's request came to a client, or a client's timer to a node.
    WrongReceiver,
}
