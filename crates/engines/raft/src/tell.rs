//! Events as sentences, lane labels and facts.

use alloc::format;
use alloc::string::String;
use kernel::{Addr, Fact, NodeId, Sentence};

use crate::codes::{Code, PeerState, Reason, Role};
use crate::event::Event;

fn index(index: u64) -> i64 {
    i64::try_from(index).unwrap_or(i64::MAX)
}

fn maybe_node(s: Sentence, id: Option<NodeId>) -> Sentence {
    match id {
        Some(id) => s.node(id),
        None => s.text("nobody"),
    }
}

/// An event as a sentence, with its weight in a step's narration.
pub(crate) fn tell(who: Addr, event: &Event) -> (u8, Sentence) {
    let s = Sentence::new().addr(who);
    match event {
        Event::Booted { term, last, .. } => {
            (50, s.text(" starts as Follower in term ").term(*term).text(format!(", log end {last}.")))
        }
        Event::TermChanged { from, to, .. } => {
            (60, s.text(format!(" goes from term {from} to ")).term(*to).text(", its vote is free."))
        }
        Event::TermDurable { term } => (5, s.text(" has term ").term(*term).text(" on disk.")),
        Event::Campaigned { pre, term, last, transfer } => {
            let verb = match (pre, transfer) {
                (true, _) => " asks whether it could win term ",
                (_, true) => " campaigns at once, as told, in term ",
                _ => " campaigns in term ",
            };
            (70, s.text(verb).term(*term).text(format!(", its log ends at {} (term {}).", last.0, last.1)))
        }
        Event::CampaignRefused { why } => (40, s.text(" does not campaign: ").text(why.gloss()).text(".")),
        Event::BecameFollower { was, term, leader } => {
            let verb = if *was == Role::Leader { " steps down" } else { " becomes Follower" };
            let s = s.text(verb).text(" in term ").term(*term);
            (70, maybe_node(s.text(", following "), *leader).text("."))
        }
        Event::BecameLeader { term, last, .. } => {
            (100, s.text(" becomes Leader of term ").term(*term).text(format!("; its log ends at {last}.")))
        }
        Event::LeaderHeard { leader, term } => {
            (30, s.text(" follows ").node(*leader).text(" in term ").term(*term).text("."))
        }
        Event::QuorumChecked { active, config, ok } => {
            let verdict = if *ok { "a quorum" } else { "no quorum: it steps down" };
            let text = format!("'s last period: {} of {} heard, {verdict}.", active.len(), config.badge());
            (if *ok { 6 } else { 80 }, s.text(text))
        }
        Event::Ignored { from, kind, why } => {
            let s = maybe_node(s.text(" ignores ").text(*kind).text(" of "), *from);
            (40, s.text(": ").text(why.gloss()).text(".").rule(format!(" {}", why.word())))
        }
        Event::StaleAnswered { from, kind } => {
            let s = s.text(" refuses ").text(*kind).text(" of ").node(*from);
            (45, s.text(": its term is over; the answer carries the newer one."))
        }
        _ => votes(s, event),
    }
}

fn votes(s: Sentence, event: &Event) -> (u8, Sentence) {
    match event {
        Event::VoteRefused { to, pre, why, mine, theirs, vote } => {
            let what = if *pre { " refuses a pre-vote to " } else { " refuses " };
            let s = s.text(what).node(*to).text(": ");
            (
                55,
                match why {
                    Reason::LogBehind => s.text(format!(
                        "its last entry ({} in term {}) is newer than the candidate's ({} in term {}).",
                        mine.1, mine.0, theirs.1, theirs.0
                    )),
                    Reason::AlreadyVoted => {
                        maybe_node(s.text("its vote of this term is with "), *vote).text(".")
                    }
                    why => s.text(why.gloss()).text("."),
                },
            )
        }
        Event::VoteGranted { to, term } => {
            (50, s.text(" votes for ").node(*to).text(" in term ").term(*term).text("."))
        }
        Event::PreVoteGranted { to, term } => {
            (45, s.text(" would vote for ").node(*to).text(" in term ").term(*term).text("."))
        }
        Event::VoteCounted { from, granted, votes, config } => {
            let word = if *granted { " yes" } else { " no" };
            let (yes, of) = (votes.granted.and(config.all_voters()).len(), config.all_voters().len());
            let s = s.text(" counts").text(word).text(" of ").node(*from);
            (20, s.text(format!(": {yes} yes, {} no of {of} in {}.", votes.rejected.len(), config.badge())))
        }
        Event::ElectionLost { term, pre } => {
            let what = if *pre {
                " cannot win: too many refuse before term "
            } else {
                " has lost the election of term "
            };
            (75, s.text(what).term(*term).text("."))
        }
        _ => crate::tell_log::tell(s, event),
    }
}

/// What an event means for the properties.
pub(crate) fn fact(event: &Event) -> Option<Fact> {
    Some(match *event {
        Event::Booted { term, last, chain, commit } => {
            Fact::Recovered { term, last: index(last), chain, committed: index(commit) }
        }
        Event::BecameLeader { term, last, chain } => Fact::Led { term, last: index(last), chain },
        Event::BecameFollower { was: Role::Leader, .. } => Fact::Unled,
        Event::Appended { index, term, chain, .. } => Fact::Appended { index, term, chain },
        Event::Truncated { from, .. } => Fact::Truncated { from },
        Event::SnapshotInstalled { index, chain } => Fact::Installed { last: index, chain },
        Event::Committed { to, chain, term, .. } => Fact::Committed { to: index(to), chain, term },
        Event::VoteGranted { to, term } => Fact::Voted { term, to },
        Event::TermChanged { to, unsynced: true, .. } => Fact::TermUnsynced { term: to },
        Event::TermChanged { to: term, .. } => Fact::Term { term },
        Event::TermDurable { term } => Fact::TermDurable { term },
        Event::BackedUp { peer, .. } => Fact::Probed { peer, found: Some(false) },
        Event::PeerState { peer, state: PeerState::Replicate, .. } => {
            Fact::Probed { peer, found: Some(true) }
        }
        Event::SnapshotSent { peer, .. } => Fact::Probed { peer, found: None },
        _ => return None,
    })
}

/// A few words for the lane, when the event deserves a mark.
pub(crate) fn lane_label(event: &Event) -> Option<String> {
    Some(match event {
        Event::TermChanged { from, to, .. } => format!("T{from} → T{to}"),
        Event::BecameLeader { .. } => String::from("Leader"),
        Event::BecameFollower { .. } => String::from("Follower"),
        Event::Campaigned { pre, .. } => String::from(if *pre { "pre-vote" } else { "campaign" }),
        Event::Committed { to, .. } => format!("commit {to}"),
        Event::Truncated { from, .. } => format!("cut from {from}"),
        Event::ConfigChanged { config, .. } => config.badge(),
        Event::TransferStarted { to } => format!("hand to {to}"),
        Event::TransferEnded { code: Code::TimedOut } => String::from("transfer over"),
        Event::SnapshotTaken { index, .. } => format!("snapshot {index}"),
        Event::SnapshotInstalled { index, .. } => format!("install {index}"),
        _ => return None,
    })
}
