//! Where the two differ, each with its reason. What is not here fails a schedule; what is here and never happens fails
//! the test.

use crate::said::{Flow, Said, Words};
use crate::setup::Setup;

/// A known difference.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Why {
    /// An Append without entries, sent by one side.
    EmptyAppend,
    /// The answer to a leader of an older term.
    StaleAnswer,
    /// The same answer, sent by both.
    StaleWords,
    /// A proposal handed on that is handed on again.
    HandedOnTwice,
    /// A commit index in a vote message.
    CommitByVote,
    /// Who counts as heard.
    Heard,
    /// A snapshot whose config does not hold its receiver.
    StrangeSnapshot,
    /// A joint config left in silence.
    SilentLeave,
    /// A leader without a vote.
    LeaderWithoutVote,
    /// From where a leader goes on that streamed entries and was refused.
    RefusedStream,
    /// A joint config left while leadership is handed over.
    LeaveInTransfer,
    /// What follows an answer that also commits a config.
    AppliedFirst,
    /// When a probe ends.
    ProbeEnds,
    /// When a snapshot has arrived.
    SnapshotEnds,
    /// A node that is out, after the two settled apart.
    Outsider,
    /// A node that one side sent a snapshot and the other entries, after the two settled apart.
    SnapshotOrEntries,
    /// Which config counted for an entry, after the two settled apart.
    ConfigApart,
}

/// What the network does about a difference.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Then {
    /// Both messages travel, each to its side.
    Travel,
    /// They are lost, as any message may be.
    Lose,
    /// Each side delivers what is under way, with rounds of heartbeats; then both must have the same states.
    Settle,
}

/// The differences with their reasons.
pub const LISTED: &[(Why, &str)] = &[
    (
        Why::EmptyAppend,
        "raft-rs sends an Append to whoever was paused, even without news; ours, as etcd, to whom it owes entries \
         or a commit index (raft.md 7, sent_commit), and raft-rs does not remember what it told. Lost.",
    ),
    (
        Why::StaleAnswer,
        "without check_quorum and pre_vote raft-rs is silent; raft.md 5.3 answers with the newer term, always. Lost.",
    ),
    (
        Why::StaleWords,
        "raft-rs answers an older term with an acceptance of index 0, ours with a refusal; nobody reads more than \
         the term.",
    ),
    (
        Why::HandedOnTwice,
        "a follower of raft-rs hands a handed-on proposal on to its own leader; ours does so once. Lost.",
    ),
    (
        Why::CommitByVote,
        "raft-rs lets refused votes carry commit indexes; raft.md 3 has none there. Taken out of the message.",
    ),
    (
        Why::Heard,
        "raft-rs counts answers to Appends and heartbeats as signs of life, ours every message of a member \
         (raft.md 6.9). The leader's T does not end then.",
    ),
    (
        Why::StrangeSnapshot,
        "raft-rs ignores a snapshot older than the receiver's own membership; raft.md 6.12 installs it. Lost.",
    ),
    (
        Why::SilentLeave,
        "raft-rs appends the entry that leaves a joint config without sending it; etcd and ours send it at once. \
         Sent by the test.",
    ),
    (
        Why::LeaderWithoutVote,
        "a leader of raft-rs that removed itself panics at its next commit, its application must stop it; ours goes \
         on (leader_removed = stay). The schedule ends.",
    ),
    (
        Why::RefusedStream,
        "refused while it streams, raft-rs goes back to what is known to match; raft.md 6.7 uses the hint there too. \
         Settled apart.",
    ),
    (
        Why::LeaveInTransfer,
        "raft-rs leaves a joint config also while it hands leadership over; raft.md 6.10 and 6.11 stop all proposals \
         then. The schedule ends.",
    ),
    (
        Why::AppliedFirst,
        "ours applies a config within the step that commits it (raft.md 6.8), raft-rs after it: it still sends \
         entries to a node that this takes out, tells one to take over that has no vote any more, or knows less of the commit. Lost, or settled apart.",
    ),
    (
        Why::ProbeEnds,
        "an answer that the logs agree ends a probe (raft.md 7); in raft-rs only one with news, and after a snapshot \
         it probes once more. Settled apart.",
    ),
    (
        Why::SnapshotEnds,
        "a peer is streamed to again once its log reaches the leader's first entry (raft.md 6.7); in raft-rs once it \
         reaches the snapshot. Settled apart.",
    ),
    (
        Why::Outsider,
        "settled apart, the two may tell a node more or less before it is out; nobody tells it more. The schedule ends.",
    ),
    (
        Why::SnapshotOrEntries,
        "settled apart, one may have sent a snapshot where the other sent entries: the logs are the same, but begin \
         elsewhere. The schedule ends.",
    ),
    (
        Why::ConfigApart,
        "settled apart, entries may arrive together or one by one, and so commit before or after a config that takes \
         out who holds them. The schedule ends.",
    ),
];

/// How a leader of ours and of theirs sends to the peer.
pub type Flows = (Option<Flow>, Option<Flow>);

/// Why one side alone sends this; `flows` are those after the step, then those before it.
#[must_use]
pub fn one_sided(setup: &Setup, said: &Said, ours: bool, flows: &[Flows]) -> Option<(Why, Then)> {
    let quiet = !setup.pre_vote && !setup.check_quorum;
    match &said.words {
        Words::Append { cells, .. } if cells.is_empty() => Some((Why::EmptyAppend, Then::Lose)),
        Words::Answer { reject: true, index: 0, hint: (0, 0) } if ours && quiet => {
            Some((Why::StaleAnswer, Then::Lose))
        }
        Words::Append { .. } | Words::Snapshot { .. } => flows.iter().find_map(|flows| match flows {
            (None, None) if !ours => Some((Why::AppliedFirst, Then::Lose)),
            (Some(Flow::Replicate), Some(Flow::Probe)) => Some((Why::ProbeEnds, Then::Settle)),
            (Some(Flow::Replicate), Some(Flow::Snapshot)) => Some((Why::SnapshotEnds, Then::Settle)),
            (Some(Flow::Probe), Some(Flow::Snapshot)) => Some((Why::RefusedStream, Then::Settle)),
            _ => None,
        }),
        Words::TimeoutNow if !ours => Some((Why::AppliedFirst, Then::Lose)),
        Words::Propose(_) if !ours => Some((Why::HandedOnTwice, Then::Lose)),
        _ => None,
    }
}

/// Why the two say different things.
#[must_use]
pub fn different(ours: &Said, theirs: &Said) -> Option<(Why, Then)> {
    match (&ours.words, &theirs.words) {
        (
            Words::Answer { reject: true, index: 0, hint: (0, 0) },
            Words::Answer { reject: false, index: 0, hint: (0, 0) },
        ) if ours.term == theirs.term => Some((Why::StaleWords, Then::Travel)),
        (
            Words::Append { prev: a, cells: cells_a, commit: commit_a },
            Words::Append { prev: b, cells: cells_b, commit: commit_b },
        ) if a == b && cells_a == cells_b && commit_a > commit_b => Some((Why::AppliedFirst, Then::Settle)),
        (Words::Append { prev: a, .. }, Words::Append { prev: b, .. }) if a.0 > b.0 => {
            Some((Why::RefusedStream, Then::Settle))
        }
        _ => None,
    }
}
