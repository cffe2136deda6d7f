//! DLedger's own vocabulary: response codes, vote results, parse results, roles, kinds of push, profiles.

use kernel::{Fate, words};

words! {
    /// Which DLedger is modelled.
    pub enum Profile {
        /// DLedger 0.3.1.2: RocketMQ 4.9.7 and later, 5.1.4 and later.
        V3 = "V3",
        /// DLedger 0.4.0: replication rewritten, used as a library.
        V4 = "V4",
        /// DLedger of late February 2020, before 0.2.0.
        Seed = "SEED",
    }
}

words! {
    /// What happens to the entries that a snapshot covers.
    pub enum ResetStrategy {
        /// All are dropped as soon as the snapshot is saved.
        AllSync = "RESET_ALL_SYNC",
        /// All are dropped by a background task, soon.
        AllAsync = "RESET_ALL_ASYNC",
        /// All are dropped after resetSnapshotEntriesDelayTime.
        AllLater = "RESET_ALL_LATER",
        /// All but the last ones are dropped as soon as the snapshot is saved.
        KeepSomeSync = "RESET_BUT_KEEP_SOME_SYNC",
        /// All but the last ones are dropped by a background task, soon.
        KeepSomeAsync = "RESET_BUT_KEEP_SOME_ASYNC",
        /// All but the last ones are dropped after resetSnapshotEntriesDelayTime.
        KeepSomeLater = "RESET_BUT_KEEP_SOME_LATER",
    }
}

words! {
    /// What keeps the preferred-leader check from handing over to a preferred leader.
    pub enum Hindrance {
        /// The group has no such member.
        NotMember = "not a member",
        /// It did not answer the last heartbeat.
        NotOnline = "not online",
        /// maxLeadershipTransferWaitIndex entries or more are missing there.
        FarBehind = "too far behind",
    }
}

words! {
    /// Role of a member.
    pub enum Role {
        /// Asks for votes, or waits until it may ask again.
        Candidate = "CANDIDATE",
        /// Sends heartbeats, accepts writes.
        Leader = "LEADER",
        /// Follows the leader whose heartbeat it accepted.
        Follower = "FOLLOWER",
    }
}

words! {
    /// Code of an answer.
    pub enum Code {
        /// No code.
        Unknown = "UNKNOWN",
        /// Done.
        Success = "SUCCESS",
        /// Nobody answered in time.
        Timeout = "TIMEOUT",
        /// The client found no leader.
        MetadataError = "METADATA_ERROR",
        /// The call failed: refused, lost or too late.
        NetworkError = "NETWORK_ERROR",
        /// This request does not exist here.
        Unsupported = "UNSUPPORTED",
        /// The request is for another group.
        UnknownGroup = "UNKNOWN_GROUP",
        /// The request is for, or speaks of, a node that is not this one or not a member.
        UnknownMember = "UNKNOWN_MEMBER",
        /// The node named is the receiver itself.
        UnexpectedMember = "UNEXPECTED_MEMBER",
        /// The request's term is smaller than the receiver's.
        ExpiredTerm = "EXPIRED_TERM",
        /// Only a leader does that.
        NotLeader = "NOT_LEADER",
        /// Only a follower does that.
        NotFollower = "NOT_FOLLOWER",
        /// The logs differ.
        InconsistentState = "INCONSISTENT_STATE",
        /// The terms differ.
        InconsistentTerm = "INCONSISTENT_TERM",
        /// The index is not the one after the log's end.
        InconsistentIndex = "INCONSISTENT_INDEX",
        /// The receiver follows another leader.
        InconsistentLeader = "INCONSISTENT_LEADER",
        /// The log does not reach that index.
        IndexOutOfRange = "INDEX_OUT_OF_RANGE",
        /// The request makes no sense here.
        UnexpectedArgument = "UNEXPECTED_ARGUMENT",
        /// Declared, never used.
        RepeatedRequest = "REPEATED_REQUEST",
        /// A push of this first index is waiting already.
        RepeatedPush = "REPEATED_PUSH",
        /// The write position differs.
        DiskError = "DISK_ERROR",
        /// The disk is full.
        DiskFull = "DISK_FULL",
        /// Come again: the receiver is about to raise its term.
        TermNotReady = "TERM_NOT_READY",
        /// The target of the transfer is too far behind.
        FallBehindTooMuch = "FALL_BEHIND_TOO_MUCH",
        /// The target did not become leader.
        TakeLeadershipFailed = "TAKE_LEADERSHIP_FAILED",
        /// The entry is no longer stored.
        IndexLessThanLocalBegin = "INDEX_LESS_THAN_LOCAL_BEGIN",
        /// A batch without entries.
        RequestWithEmptyBodys = "REQUEST_WITH_EMPTY_BODYS",
        /// The follower's queue is full.
        PushRequestIsFull = "PUSH_REQUEST_IS_FULL",
        /// A newer snapshot took the place of the waiting one.
        NewerInstallSnapshotRequestExist = "NEWER_INSTALL_SNAPSHOT_REQUEST_EXIST",
        /// An error inside the receiver.
        InternalError = "INTERNAL_ERROR",
        /// The term of the write has passed.
        TermChanged = "TERM_CHANGED",
        /// No quorum in time; the entry stays in the log and may still commit.
        WaitQuorumAckTimeout = "WAIT_QUORUM_ACK_TIMEOUT",
        /// Too many writes are waiting.
        LeaderPendingFull = "LEADER_PENDING_FULL",
        /// The role does not fit.
        IllegalMemberState = "ILLEGAL_MEMBER_STATE",
        /// Declared, never used.
        LeaderNotReady = "LEADER_NOT_READY",
        /// The leader is handing over and takes no writes.
        LeaderTransferring = "LEADER_TRANSFERRING",
        /// The snapshot could not be loaded.
        LoadSnapshotError = "LOAD_SNAPSHOT_ERROR",
        /// The snapshot could not be installed.
        InstallSnapshotError = "INSTALL_SNAPSHOT_ERROR",
    }
}

impl Code {
    /// What became of what was asked. A write whose answer is one of the three in doubt stays in the leader's log, or was
    /// never heard.
    pub(crate) fn fate(self) -> Fate {
        match self {
            Code::Success => Fate::Done,
            Code::WaitQuorumAckTimeout | Code::TermChanged | Code::NetworkError => Fate::InDoubt,
            _ => Fate::Refused,
        }
    }

    /// The code's number; UNKNOWN is −1.
    ///
    /// Source: DLedger 0.3.1.2 DLedgerResponseCode; DLedger 0.4.0 adds 422, 507 and 508.
    #[must_use]
    pub const fn number(self) -> i32 {
        match self {
            Code::Unknown => -1,
            Code::Success => 200,
            Code::Timeout => 300,
            Code::MetadataError => 301,
            Code::NetworkError => 302,
            Code::Unsupported => 303,
            Code::UnknownGroup => 400,
            Code::UnknownMember => 401,
            Code::UnexpectedMember => 402,
            Code::ExpiredTerm => 403,
            Code::NotLeader => 404,
            Code::NotFollower => 405,
            Code::InconsistentState => 406,
            Code::InconsistentTerm => 407,
            Code::InconsistentIndex => 408,
            Code::InconsistentLeader => 409,
            Code::IndexOutOfRange => 410,
            Code::UnexpectedArgument => 411,
            Code::RepeatedRequest => 412,
            Code::RepeatedPush => 413,
            Code::DiskError => 414,
            Code::DiskFull => 415,
            Code::TermNotReady => 416,
            Code::FallBehindTooMuch => 417,
            Code::TakeLeadershipFailed => 418,
            Code::IndexLessThanLocalBegin => 419,
            Code::RequestWithEmptyBodys => 420,
            Code::PushRequestIsFull => 421,
            Code::NewerInstallSnapshotRequestExist => 422,
            Code::InternalError => 500,
            Code::TermChanged => 501,
            Code::WaitQuorumAckTimeout => 502,
            Code::LeaderPendingFull => 503,
            Code::IllegalMemberState => 504,
            Code::LeaderNotReady => 505,
            Code::LeaderTransferring => 506,
            Code::LoadSnapshotError => 507,
            Code::InstallSnapshotError => 508,
        }
    }
}

words! {
    /// Answer to a vote request.
    pub enum VoteResult {
        /// Nobody answered, or the request was not for this node.
        Unknown = "UNKNOWN",
        /// The vote is given.
        Accept = "ACCEPT",
        /// The candidate is not a member.
        RejectUnknownLeader = "REJECT_UNKNOWN_LEADER",
        /// The candidate calls itself by the receiver's name.
        RejectUnexpectedLeader = "REJECT_UNEXPECTED_LEADER",
        /// The candidate's term is smaller.
        RejectExpiredVoteTerm = "REJECT_EXPIRED_VOTE_TERM",
        /// The vote of this term is given to another node, and no leader is known.
        RejectAlreadyVoted = "REJECT_ALREADY_VOTED",
        /// The vote of this term is given to another node, and a leader is known.
        RejectAlreadyHasLeader = "REJECT_ALREADY_HAS_LEADER",
        /// Come again: the receiver is about to join the candidate's larger term.
        RejectTermNotReady = "REJECT_TERM_NOT_READY",
        /// The candidate's term is smaller than the term of the receiver's last entry.
        RejectTermSmallThanLedger = "REJECT_TERM_SMALL_THAN_LEDGER",
        /// The term of the candidate's last entry is smaller.
        RejectExpiredLedgerTerm = "REJECT_EXPIRED_LEDGER_TERM",
        /// The last entries have one term, but the candidate's log is shorter.
        RejectSmallLedgerEndIndex = "REJECT_SMALL_LEDGER_END_INDEX",
        /// The receiver itself is taking leadership and its log is as long.
        RejectTakingLeadership = "REJECT_TAKING_LEADERSHIP",
    }
}

words! {
    /// How a poll ended.
    pub enum ParseResult {
        /// Ask again later in the same term.
        WaitToRevote = "WAIT_TO_REVOTE",
        /// The others are about to join my term: ask again now.
        RevoteImmediately = "REVOTE_IMMEDIATELY",
        /// Leader.
        Passed = "PASSED",
        /// Ask again later in a higher term.
        WaitToVoteNext = "WAIT_TO_VOTE_NEXT",
    }
}

words! {
    /// Kind of a push.
    pub enum PushType {
        /// Delivers entries.
        Append = "APPEND",
        /// Tells the committed index.
        Commit = "COMMIT",
        /// Asks whether an entry is the same.
        Compare = "COMPARE",
        /// Makes the follower cut its log.
        Truncate = "TRUNCATE",
    }
}

words! {
    /// What a dispatcher does for its follower.
    pub enum DispatcherState {
        /// Looks for the last common entry.
        Compare = "COMPARE",
        /// Makes the follower cut what differs.
        Truncate = "TRUNCATE",
        /// Sends entries.
        Append = "APPEND",
        /// Sends a snapshot, because the entries are gone.
        InstallSnapshot = "INSTALL_SNAPSHOT",
    }
}
