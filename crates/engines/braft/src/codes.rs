//! The vocabulary: states, stages, status codes, reasons.
//!
//! Source: braft ab0017f raft.h State; errno.proto RaftError; node.h ConfigurationCtx::Stage

use kernel::words;

words! {
    /// State of a node; braft compares them by their order.
    pub enum State {
        /// Leads its term.
        Leader = "LEADER",
        /// Leads, but hands its leadership over and takes no commands.
        Transferring = "TRANSFERRING",
        /// Asks for votes.
        Candidate = "CANDIDATE",
        /// Answers others; asks for pre-votes too.
        Follower = "FOLLOWER",
        /// Its disk or state machine failed: only a restart helps.
        Error = "ERROR",
        /// Not started.
        Uninitialized = "UNINITIALIZED",
        /// Stopping.
        Shutting = "SHUTTING",
        /// Stopped.
        Shutdown = "SHUTDOWN",
    }
}

impl State {
    /// Whether it takes part.
    pub(crate) fn active(self) -> bool {
        self < State::Error
    }

    /// LEADER or TRANSFERRING.
    pub(crate) fn leads(self) -> bool {
        self <= State::Transferring
    }
}

words! {
    /// What a replicator does.
    pub enum St {
        /// Nothing is in flight: it waits for entries.
        Idle = "IDLE",
        /// Requests or a probe are in flight.
        Appending = "APPENDING",
        /// A call failed: it waits before it probes again.
        Blocking = "BLOCKING",
        /// The peer copies a snapshot.
        Installing = "INSTALLING",
    }
}

words! {
    /// How far a configuration change is.
    pub enum Stage {
        /// None is under way.
        None = "STAGE_NONE",
        /// New peers catch up.
        CatchingUp = "STAGE_CATCHING_UP",
        /// The joint configuration is in the log.
        Joint = "STAGE_JOINT",
        /// The final configuration is in the log.
        Stable = "STAGE_STABLE",
    }
}

words! {
    /// What the snapshot executor does.
    pub enum SnapshotStatus {
        /// Nothing.
        Idle = "IDLE",
        /// The state machine saves.
        Saving = "SAVING",
        /// Copies a snapshot from the leader.
        Downloading = "DOWNLOADING",
        /// Loads the copy into the state machine.
        Loading = "LOADING",
    }
}

words! {
    /// What a leader's lease is worth. One that is over by the clock is looked at anew before it counts as over.
    pub enum LeaseState {
        /// Leases are turned off.
        Disabled = "DISABLED",
        /// This node does not serve as leader.
        Expired = "EXPIRED",
        /// It leads, but its first entry is not applied.
        NotReady = "NOT_READY",
        /// It may read.
        Valid = "VALID",
    }
}

words! {
    /// Status codes: what commands, calls and changes of state end with.
    pub enum Code {
        /// done
        Ok = "OK",
        /// not the leader, or not any more
        Eperm = "EPERM",
        /// no such node
        Enoent = "ENOENT",
        /// a newer request took its place
        Eintr = "EINTR",
        /// the disk failed
        Eio = "EIO",
        /// no leader is known
        Eagain = "EAGAIN",
        /// operators' commands are turned off
        Eacces = "EACCES",
        /// something else is under way
        Ebusy = "EBUSY",
        /// the argument or the moment makes no sense
        Einval = "EINVAL",
        /// no connection in time
        Etimedout = "ETIMEDOUT",
        /// the connection was refused
        Econnrefused = "ECONNREFUSED",
        /// not connected: the connection broke, and brpc does not try again yet
        Ehostdown = "EHOSTDOWN",
        /// calls to that peer fail
        Ehostunreach = "EHOSTUNREACH",
        /// the node shuts down
        Eshutdown = "ESHUTDOWN",
        /// a newer snapshot is there
        Estale = "ESTALE",
        /// the copy was cancelled
        Ecanceled = "ECANCELED",
        /// nobody answered in time
        Erpctimedout = "ERPCTIMEDOUT",
        /// the connection broke
        Eeof = "EEOF",
        /// no leader, or no quorum, was heard in time
        Eraftimedout = "ERAFTTIMEDOUT",
        /// the state machine failed
        Estatemachine = "ESTATEMACHINE",
        /// a new peer did not catch up
        Ecatchup = "ECATCHUP",
        /// the leader is not in its configuration any more
        Eleaderremoved = "ELEADERREMOVED",
        /// the peers were set by hand
        Esetpeer = "ESETPEER",
        /// a request had a higher term
        Ehighertermrequest = "EHIGHERTERMREQUEST",
        /// an answer had a higher term
        Ehighertermresponse = "EHIGHERTERMRESPONSE",
        /// its disk or state machine failed
        Ebadnode = "EBADNODE",
        /// it votes for a candidate
        Evoteforcandidate = "EVOTEFORCANDIDATE",
        /// a leader of this term speaks
        Enewleader = "ENEWLEADER",
        /// two leaders in one term
        Eleaderconflict = "ELEADERCONFLICT",
        /// leadership is handed over
        Etransferleadership = "ETRANSFERLEADERSHIP",
        /// the entry is compacted away
        Elogdeleted = "ELOGDELETED",
        /// no command stands there
        Enomoreuserlog = "ENOMOREUSERLOG",
        /// this node, or a majority, takes no writes
        Ereadonly = "EREADONLY",
    }
}

impl Code {
    /// The number.
    pub(crate) fn number(self) -> i32 {
        match self {
            Code::Ok => 0,
            Code::Eperm => 1,
            Code::Enoent => 2,
            Code::Eintr => 4,
            Code::Eio => 5,
            Code::Eagain => 11,
            Code::Eacces => 13,
            Code::Ebusy => 16,
            Code::Einval => 22,
            Code::Eshutdown => 108,
            Code::Etimedout => 110,
            Code::Econnrefused => 111,
            Code::Ehostdown => 112,
            Code::Ehostunreach => 113,
            Code::Estale => 116,
            Code::Ecanceled => 125,
            Code::Erpctimedout => 1008,
            Code::Eeof => 1014,
            Code::Eraftimedout => 10001,
            Code::Estatemachine => 10002,
            Code::Ecatchup => 10003,
            Code::Eleaderremoved => 10004,
            Code::Esetpeer => 10005,
            Code::Ehighertermrequest => 10007,
            Code::Ehighertermresponse => 10008,
            Code::Ebadnode => 10009,
            Code::Evoteforcandidate => 10010,
            Code::Enewleader => 10011,
            Code::Eleaderconflict => 10012,
            Code::Etransferleadership => 10013,
            Code::Elogdeleted => 10014,
            Code::Enomoreuserlog => 10015,
            Code::Ereadonly => 10016,
        }
    }
}

words! {
    /// Why something was ignored or refused.
    pub enum Reason {
        /// its term is over
        StaleTerm = "stale term",
        /// it answers an earlier round of votes
        OldVersion = "old version",
        /// this node does not ask for votes of that kind now
        WrongState = "wrong state",
        /// the candidate's log is older
        LogBehind = "log behind",
        /// the vote of this term is given
        AlreadyVoted = "already voted",
        /// the lease of its leader still runs
        Lease = "lease",
        /// the vote cannot be written to its disk
        MetaUnsaved = "vote not written",
        /// the term changed while the disk was waited for
        TermMoved = "term moved",
        /// it was neither granted nor refused for a lease
        NotGranted = "not granted",
        /// this node is not in its configuration
        NotInConf = "not in conf",
        /// a snapshot is being installed
        Installing = "installing snapshot",
        /// the follower lease of its leader has not expired
        LeaseRuns = "follower lease runs",
        /// the call was given up, or a later answer covers it
        InvalidRpc = "invalid rpc",
        /// that replicator is gone
        NoReplicator = "no replicator",
        /// this node is not active
        NotActive = "not active",
        /// the first entry comes after a gap
        Gap = "gap",
        /// those entries are committed already, or older than this leader
        NotPending = "not pending",
        /// those entries are none of this leader's
        OutOfRange = "out of range",
        /// the answer has another term
        OtherTerm = "other term",
        /// the call before it failed, and the wait is not over
        Blocking = "blocking",
        /// a witness never leads, and hands nothing to others
        Witness = "witness",
        /// too many snapshots are on their way
        Throttled = "throttled",
        /// the own snapshot covers as much
        HaveSnapshot = "have snapshot",
        /// a snapshot is being saved
        Saving = "saving snapshot",
        /// a copy of that snapshot is under way: it answers this request instead
        Superseded = "superseded",
        /// a newer snapshot is being copied
        NewerSnapshot = "newer snapshot",
        /// an older snapshot is being copied, and is given up first
        OlderSnapshot = "older snapshot",
        /// more is applied than the snapshot covers
        StaleSnapshot = "stale snapshot",
        /// the peer takes no more commands: it is readonly
        PeerReadonly = "peer readonly",
        /// so many entries or requests are in flight already
        WindowFull = "window full",
        /// nobody waits for it any more
        Late = "late",
        /// braft's ends talk by calls only
        NotACall = "not a call",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_compare_as_braft_compares_them() {
        assert!(State::Leader.leads() && State::Transferring.leads() && !State::Candidate.leads());
        assert!(State::Follower.active() && !State::Error.active());
    }

    // Section 23: the numbers that clients and operators see.
    #[test]
    fn codes_have_brafts_numbers() {
        let numbers = [
            (Code::Ok, 0),
            (Code::Eperm, 1),
            (Code::Enoent, 2),
            (Code::Eintr, 4),
            (Code::Eio, 5),
            (Code::Eagain, 11),
            (Code::Eacces, 13),
            (Code::Ebusy, 16),
            (Code::Einval, 22),
            (Code::Eshutdown, 108),
            (Code::Etimedout, 110),
            (Code::Econnrefused, 111),
            (Code::Ehostdown, 112),
            (Code::Ehostunreach, 113),
            (Code::Estale, 116),
            (Code::Ecanceled, 125),
            (Code::Erpctimedout, 1008),
            (Code::Eeof, 1014),
            (Code::Eraftimedout, 10001),
            (Code::Estatemachine, 10002),
            (Code::Ecatchup, 10003),
            (Code::Eleaderremoved, 10004),
            (Code::Esetpeer, 10005),
            (Code::Ehighertermrequest, 10007),
            (Code::Ehighertermresponse, 10008),
            (Code::Ebadnode, 10009),
            (Code::Evoteforcandidate, 10010),
            (Code::Enewleader, 10011),
            (Code::Eleaderconflict, 10012),
            (Code::Etransferleadership, 10013),
            (Code::Elogdeleted, 10014),
            (Code::Enomoreuserlog, 10015),
            (Code::Ereadonly, 10016),
        ];
        for (code, number) in numbers {
            assert_eq!(code.number(), number, "{}", code.word());
        }
    }
}
