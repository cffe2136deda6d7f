//! The vocabulary: profiles, options, roles, states of replication, codes of answers, reasons.

use kernel::{Fate, words};

words! {
    /// Whose defaults the settings have; choosing one sets all others anew.
    pub enum Profile {
        /// The dissertation, with ten heartbeats in an election timeout.
        Textbook = "textbook",
        /// ongardie/raftscope: no no-op, one entry an append, back off by one, retry each T/2.
        RaftScope = "raftscope",
        /// etcd-io/raft.
        Etcd = "etcd",
        /// tikv/raft-rs.
        RaftRs = "raft_rs",
        /// hashicorp/raft.
        HashiCorp = "hashicorp",
    }
}

words! {
    /// How a leader finds where a follower's log agrees with its own.
    pub enum FastBackup {
        /// Both sides skip whole terms (etcd, raft-rs).
        TermHints = "term_hints",
        /// The follower tells its last index (hashicorp).
        LastIndex = "last_index",
        /// One index back each time, as in the paper's figure 2.
        Off = "off",
    }
}

words! {
    /// Which config governs.
    pub enum ConfigEffective {
        /// The latest in the log, committed or not (dissertation, hashicorp).
        Append = "append",
        /// The latest applied (etcd, raft-rs).
        Apply = "apply",
    }
}

words! {
    /// Which membership changes there are.
    pub enum ChangeKind {
        /// One voter at a time.
        Single = "single",
        /// One voter at a time, and any change through a joint config.
        Both = "both",
    }
}

words! {
    /// What a heartbeat is.
    pub enum HeartbeatKind {
        /// An Append without entries (dissertation).
        EmptyAppend = "empty_append",
        /// A message of its own, which needs no log match (etcd, raft-rs).
        Separate = "separate",
    }
}

words! {
    /// How a read is made linearizable, or not.
    pub enum ReadMode {
        /// A round of heartbeats confirms that the leader still leads (etcd and raft-rs: Safe).
        ReadIndex = "read_index",
        /// The leader answers while its lease holds; right only if clocks run alike. Needs check_quorum (etcd and raft-rs: LeaseBased).
        Lease = "lease",
        /// An entry is committed for the read (dissertation 6.4, the plain way).
        Log = "log",
        /// Any node answers from its own state: stale reads are possible (etcd: serializable).
        Local = "local",
    }
}

words! {
    /// What a leader does that is no longer a voter.
    pub enum LeaderRemoved {
        /// It steps down once that is committed (dissertation 4.2.2).
        StepDownOnCommit = "step_down_on_commit",
        /// It goes on leading (etcd, raft-rs).
        Stay = "stay",
    }
}

words! {
    /// When what a handler wrote is on disk.
    pub enum StorageMode {
        /// At once: handling, writing and sending are one step.
        Sync = "sync",
        /// Later: the write is an event of its own, and answers wait for it.
        Async = "async",
    }
}

words! {
    /// Role of a server.
    pub enum Role {
        /// Answers others.
        Follower = "Follower",
        /// Asks whether it could win, without raising its term.
        PreCandidate = "PreCandidate",
        /// Asks for votes.
        Candidate = "Candidate",
        /// Leads its term.
        Leader = "Leader",
    }
}

words! {
    /// What a leader knows of a peer's log.
    pub enum PeerState {
        /// Not where the logs agree: one Append at a time.
        Probe = "Probe",
        /// They agree: entries are streamed.
        Replicate = "Replicate",
        /// The peer needs a snapshot, which is on its way.
        Snapshot = "Snapshot",
    }
}

words! {
    /// How a command or a client's request ended.
    pub enum Code {
        /// Done.
        Success = "SUCCESS",
        /// Read from this node's own store: what it saw may be over.
        Local = "LOCAL",
        /// This node does not lead.
        NotLeader = "NOT_LEADER",
        /// Leadership is being handed over.
        Transferring = "TRANSFERRING",
        /// The leader is no member of its config any more.
        Removed = "REMOVED",
        /// Too many entries are not committed yet.
        TooMany = "TOO_MANY_UNCOMMITTED",
        /// Another entry took the place of this one: it did not happen.
        Overwritten = "OVERWRITTEN",
        /// A snapshot covers the entry: whether it happened is not known here.
        Unknown = "UNKNOWN",
        /// The command makes no sense here.
        Refused = "REFUSED",
        /// The time for it is over.
        TimedOut = "TIMED_OUT",
        /// Another command took its place.
        Replaced = "REPLACED",
        /// The same is under way already.
        InProgress = "IN_PROGRESS",
    }
}

impl Code {
    /// Whether what was asked was done.
    pub(crate) fn ok(self) -> bool {
        self.fate() == Fate::Done
    }

    /// What became of what was asked.
    pub(crate) fn fate(self) -> Fate {
        match self {
            Code::Success | Code::Local => Fate::Done,
            Code::Unknown => Fate::InDoubt,
            _ => Fate::Refused,
        }
    }
}

words! {
    /// Why something was ignored or refused.
    pub enum Reason {
        /// its term is over
        StaleTerm = "stale term",
        /// a leader was heard within the last T, and its lease protects it
        Lease = "lease",
        /// the candidate's last entry is older, or its log shorter in the same term
        LogBehind = "log behind",
        /// the vote of this term is given
        AlreadyVoted = "already voted",
        /// a leader of this term is known
        KnownLeader = "known leader",
        /// this node does not ask for votes of that kind now
        WrongRole = "wrong role",
        /// the sender is no member this leader counts
        NotMember = "not a member",
        /// it leads already
        Leads = "leads already",
        /// it is no voter of its own config
        NotVoter = "not a voter",
        /// a committed config is not applied yet
        UnappliedConfig = "unapplied config",
        /// a snapshot of its leader is not on disk yet
        Installing = "snapshot being installed",
        /// it answers a probe that is over
        StaleProbe = "stale probe",
        /// this node does not lead
        NotLeader = "not leader",
        /// nobody here waits for it any more
        Late = "late",
        /// a node's message came to a client, or a client's to a node that takes none
        WrongReceiver = "wrong receiver",
        /// the entries it covers are committed here
        OldSnapshot = "old snapshot",
        /// the present config is not committed yet
        ConfigUncommitted = "config uncommitted",
        /// this leader has committed nothing of its own term yet
        TermUncommitted = "term uncommitted",
        /// a joint config must be left first
        Joint = "joint",
        /// nothing would change
        NoChange = "no change",
        /// the setting change_kind does not allow it
        KindOff = "change kind",
        /// nobody would be left to vote
        NoVoters = "no voters",
        /// nothing of its term is committed yet
        NoCommitYet = "no commit of this term",
        /// nothing is applied beyond the last snapshot
        NothingToSnapshot = "nothing to snapshot",
        /// raft sends datagrams only
        NotDatagram = "not a datagram",
    }
}

/// Why an answer is refused, as `Code` or `Reason`, is told by the gloss: a sentence's end.
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_read_as_the_end_of_a_sentence() {
        for reason in Reason::ALL {
            assert!(!reason.gloss().ends_with('.') && reason.gloss().starts_with(char::is_lowercase));
        }
    }
}
