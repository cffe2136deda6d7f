//! The rules by name, how each stands, and what a broken one looks like.

use kernel::{NodeId, Sentence};

/// A rule, in the order and under the names the page shows them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[repr(u8)]
pub enum Rule {
    /// At most one node ever leads a term.
    ElectionSafety,
    /// A leader only adds to the end of its log.
    AppendOnly,
    /// Entries of one index and term are the same entry after the same log.
    LogMatching,
    /// A leader holds everything that was committed in a lower term.
    Completeness,
    /// No two nodes commit different entries at one index.
    StateMachine,
    /// A commit index never goes back and never passes the end of the log.
    CommitGrows,
    /// No node removes an entry it has committed.
    CommittedStays,
    /// A leader commits only what a quorum stores.
    QuorumCommit,
    /// A node grants one vote a term.
    OneVote,
    /// Terms never go back: neither a node's nor along a log.
    TermGrows,
    /// What an answer says is on disk before it leaves.
    PersistFirst,
    /// Answers of an old term change nothing.
    NoStaleLeader,
    /// Clients see one copy of the data.
    Linearizable,
    /// Members change one at a time, or in two halves.
    Config,
}

impl Rule {
    /// Every rule, in the order of the lights.
    pub const ALL: [Rule; 14] = [
        Rule::ElectionSafety,
        Rule::AppendOnly,
        Rule::LogMatching,
        Rule::Completeness,
        Rule::StateMachine,
        Rule::CommitGrows,
        Rule::CommittedStays,
        Rule::QuorumCommit,
        Rule::OneVote,
        Rule::TermGrows,
        Rule::PersistFirst,
        Rule::NoStaleLeader,
        Rule::Linearizable,
        Rule::Config,
    ];

    /// The name on its light.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Rule::ElectionSafety => "Election safety",
            Rule::AppendOnly => "Append-only",
            Rule::LogMatching => "Log matching",
            Rule::Completeness => "Completeness",
            Rule::StateMachine => "State machine",
            Rule::CommitGrows => "Commit grows",
            Rule::CommittedStays => "Committed stays",
            Rule::QuorumCommit => "Quorum commit",
            Rule::OneVote => "One vote",
            Rule::TermGrows => "Term grows",
            Rule::PersistFirst => "Persist first",
            Rule::NoStaleLeader => "No stale leader",
            Rule::Linearizable => "Linearizable",
            Rule::Config => "Config",
        }
    }

    /// Whether [`Checks`](crate::Checks) can tell if it holds. The others need to see more than facts tell: disks,
    /// messages, member lists.
    #[must_use]
    pub const fn checked(self) -> bool {
        !matches!(self, Rule::QuorumCommit | Rule::PersistFirst | Rule::NoStaleLeader | Rule::Config)
    }

    pub(crate) const fn bit(self) -> u16 {
        1 << self as u8
    }
}

/// The first time a rule was broken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Violation {
    /// Which rule.
    pub rule: Rule,
    /// At which step.
    pub step: u32,
    /// The node that broke it.
    pub who: NodeId,
    /// What happened; the rule's name belongs before it.
    pub sentence: Sentence,
    /// Why the real system breaks it too, when it does.
    pub known: Option<&'static str>,
}

/// How a rule stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum RuleState {
    /// Put to the test, and it held every time.
    Holds,
    /// Nothing has happened that could have broken it.
    NotExercised,
    /// Broken.
    Broken {
        /// First at this step.
        step: u32,
        /// What happened.
        sentence: Sentence,
    },
    /// Broken, as the real system breaks it.
    BrokenAsReal {
        /// First at this step.
        step: u32,
        /// What happened.
        sentence: Sentence,
        /// Why the real system does.
        why: &'static str,
    },
    /// Not checked here.
    NotChecked,
}

/// A rule and how it stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RuleLight {
    /// Its name.
    pub name: &'static str,
    /// How it stands.
    pub state: RuleState,
}
