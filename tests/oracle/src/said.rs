//! Messages and states in the words that both cores share, so that they can be compared.

use lab::engines::raft::Conf;

/// An entry: index, term, and what it holds (`config` for every change of the members).
pub type Cell = (u64, u64, String);

/// What a message says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Words {
    /// Vote for me, or (`pre`) would you.
    Ask {
        /// It is a PreVote.
        pre: bool,
        /// Index and term of the candidate's last entry.
        last: (u64, u64),
        /// Leases do not count.
        transfer: bool,
    },
    /// The answer to that.
    Vote {
        /// It is a PreVoteResp.
        pre: bool,
        /// Yes.
        granted: bool,
    },
    /// Entries, or none.
    Append {
        /// Index and term of the entry before.
        prev: (u64, u64),
        /// The entries.
        cells: Vec<Cell>,
        /// The leader's commit index.
        commit: u64,
    },
    /// The answer to Append and Snapshot.
    Answer {
        /// Refused.
        reject: bool,
        /// Up to where the logs agree, or what is refused.
        index: u64,
        /// Refused: where they may agree.
        hint: (u64, u64),
    },
    /// I lead.
    Heartbeat {
        /// What the receiver may commit.
        commit: u64,
    },
    /// The answer to Heartbeat.
    HeartbeatResp,
    /// A snapshot.
    Snapshot {
        /// Index and term of its last entry.
        last: (u64, u64),
        /// Its config.
        config: Conf,
    },
    /// Campaign at once.
    TimeoutNow,
    /// A proposal handed on.
    Propose(String),
}

/// The kinds of messages.
pub const MESSAGES: &[&str] = &[
    "PreVote",
    "PreVoteResp",
    "Vote",
    "VoteResp",
    "Append",
    "AppendResp",
    "Heartbeat",
    "HeartbeatResp",
    "Snapshot",
    "TimeoutNow",
    "Propose",
];

impl Words {
    /// The kind: messages of one kind between two nodes are matched in their order.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Words::Ask { pre: true, .. } => "PreVote",
            Words::Ask { .. } => "Vote",
            Words::Vote { pre: true, .. } => "PreVoteResp",
            Words::Vote { .. } => "VoteResp",
            Words::Append { .. } => "Append",
            Words::Answer { .. } => "AppendResp",
            Words::Heartbeat { .. } => "Heartbeat",
            Words::HeartbeatResp => "HeartbeatResp",
            Words::Snapshot { .. } => "Snapshot",
            Words::TimeoutNow => "TimeoutNow",
            Words::Propose(_) => "Propose",
        }
    }
}

/// A message: to whom, of which term, and what it says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Said {
    /// The receiver.
    pub to: u8,
    /// The term; 0 for what belongs to none.
    pub term: u64,
    /// What it says.
    pub words: Words,
}

/// The state of a node, as far as both cores have it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct State {
    /// Role; none while it is down.
    pub role: Option<&'static str>,
    /// The term.
    pub term: u64,
    /// The vote.
    pub vote: Option<u8>,
    /// Whom it takes for the leader.
    pub leader: Option<u8>,
    /// The commit index.
    pub commit: u64,
    /// Up to where the log is applied.
    pub applied: u64,
    /// Index and term of the entry before the first one held.
    pub before: (u64, u64),
    /// The log.
    pub log: Vec<Cell>,
    /// Index and term of the snapshot.
    pub snapshot: (u64, u64),
    /// The config in force.
    pub config: Conf,
}

impl State {
    /// Whether the two hold the same up to where both have committed, in the same term.
    #[must_use]
    pub fn agrees(&self, other: &State) -> bool {
        let committed = self.commit.min(other.commit);
        let from = self.before.0.max(other.before.0);
        let held = |state: &State| -> Vec<Cell> {
            state.log.iter().filter(|cell| cell.0 > from && cell.0 <= committed).cloned().collect()
        };
        self.term == other.term && held(self) == held(other)
    }

    /// Whether the other differs in nothing but where the log begins.
    #[must_use]
    pub fn alike_but_for_snapshots(&self, other: &State) -> bool {
        let from = self.before.0.max(other.before.0);
        let rest = |state: &State| State {
            before: (0, 0),
            log: state.log.iter().filter(|cell| cell.0 > from).cloned().collect(),
            snapshot: (0, 0),
            ..state.clone()
        };
        rest(self) == rest(other)
    }
}

/// How a leader sends to a peer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Flow {
    /// One Append at a time.
    Probe,
    /// A stream.
    Replicate,
    /// A snapshot is on its way.
    Snapshot,
}

/// What may be given to a node besides messages.
#[derive(Clone, Debug)]
pub enum Order {
    /// Its election timer fires.
    Campaign,
    /// Its heartbeat timer fires.
    Heartbeat,
    /// A leader's T is over: it looks for its quorum, and a transfer has failed.
    Period,
    /// T passes without a word of the leader: its lease on this follower is over.
    Lapse,
    /// A write.
    Propose(String),
    /// Hand leadership over.
    Transfer(u8),
    /// Change the members.
    Change(lab::engines::raft::Change),
    /// Take a snapshot and keep so many entries before its end.
    Snapshot(u64),
    /// The snapshot to this peer arrived, says the transport.
    Report(u8),
}
