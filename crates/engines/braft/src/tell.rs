//! Events of elections and leadership as sentences; facts; lane labels.

use alloc::format;
use alloc::string::String;
use kernel::{Addr, Fact, NodeId, Sentence};

use crate::codes::{Code, Reason};
use crate::event::Event;

fn signed(index: u64) -> i64 {
    i64::try_from(index).unwrap_or(i64::MAX)
}

pub(crate) fn maybe_node(s: Sentence, id: Option<NodeId>) -> Sentence {
    match id {
        Some(id) => s.node(id),
        None => s.text("nobody"),
    }
}

/// A code and what it means, which ends the sentence.
pub(crate) fn ended(s: Sentence, code: Code) -> Sentence {
    s.text(code.gloss()).text(" (").code(code.word()).text(").")
}

fn ms(us: u64) -> u64 {
    us.div_ceil(1000)
}

/// An event as a sentence, with its weight in a step's narration.
pub(crate) fn tell(who: Addr, event: &Event) -> (u8, Sentence) {
    let s = Sentence::new().addr(who);
    match event {
        Event::Booted { term, last, .. } => {
            (50, s.text(" starts as FOLLOWER in term ").term(*term).text(format!(", log end {last}.")))
        }
        Event::TermChanged { from, to } => {
            (60, s.text(format!(" goes from term {from} to ")).term(*to).text("."))
        }
        Event::MetaSaved { term, vote } => {
            let s = s.text(" writes term ").term(*term).text(" and its vote for ");
            (20, maybe_node(s, *vote).text(", at once."))
        }
        Event::MetaFailed { term, vote } => {
            let s = s.text(" cannot write term ").term(*term).text(" and its vote for ");
            (90, maybe_node(s, *vote).text(": its disk fails."))
        }
        Event::LeaseHolds { left_us } => {
            let text = format!(
                ": its election timer fires, but its leader was heard: {} ms of the lease are left.",
                ms(*left_us)
            );
            (10, s.text(text))
        }
        Event::LeaderStop { term, why } => {
            let s = s.text(" stops serving as leader of term ").term(*term);
            (72, ended(s.text(": "), *why))
        }
        Event::SteppedDown { was, term, why } => {
            let s = s.text(format!(" steps down from {} in term ", was.word())).term(*term);
            (70, ended(s.text(": "), *why))
        }
        Event::StartFollowing { leader, term } => {
            (45, s.text(" follows ").node(*leader).text(" in term ").term(*term).text("."))
        }
        Event::StopFollowing { leader, why, .. } => {
            (40, ended(s.text(" forgets its leader ").node(*leader).text(": "), *why))
        }
        Event::LeaderConflict { leader, other } => {
            let s = maybe_node(s.text(" hears a second leader in one term: it followed "), *leader);
            (95, s.text(", now ").node(*other).text(" speaks. It raises the term to depose both."))
        }
        Event::QuorumChecked { alive, peers, ok } => {
            let verdict = if *ok { "a quorum" } else { "no quorum: it steps down" };
            let text =
                format!(": {} of {{{}}} have answered in time, {verdict}.", alive.len(), peers.digits());
            (if *ok { 6 } else { 80 }, s.text(text))
        }
        Event::DiskWiped { part } => {
            (99, s.text(format!("'s process is killed, and its {} is removed from the disk.", part.word())))
        }
        Event::NodeError { code } => {
            (98, ended(s.text(" is broken: "), *code).text(" Only a restart helps."))
        }
        Event::Ignored { from, kind, why } => {
            let s = if kind.is_empty() {
                s.text(" ignores something")
            } else {
                s.text(format!(" passes over {kind}"))
            };
            let s = if from.is_some() { maybe_node(s.text(" of "), *from) } else { s };
            (35, s.text(": ").text(why.gloss()).text("."))
        }
        _ => alone(s, event),
    }
}

fn alone(s: Sentence, event: &Event) -> (u8, Sentence) {
    match event {
        Event::TermRepaired { was, last_log_term } => {
            let text = format!(
                " has a record of term {was}, but entries of term {last_log_term}: the record is lost, and it takes the next term."
            );
            (80, s.text(text))
        }
        Event::LeaderStart { term, again: true } => {
            (75, s.text(" serves again as leader of term ").term(*term).text(": it handed over in vain."))
        }
        Event::LeaderStart { term, again: false } => {
            let s = s.text(" serves as leader of term ").term(*term);
            (75, s.text(": its configuration entry is applied."))
        }
        Event::TimeoutsReset { election_timeout_ms, drift_ms } => {
            let text = format!(
                " goes by an election timeout of {election_timeout_ms} ms and a clock drift of {drift_ms} ms now."
            );
            (55, s.text(text))
        }
        Event::StateMachineToldError { code } => {
            (30, s.text("'s state machine is told of the failure (").code(code.word()).text(")."))
        }
        Event::ShuttingDown => (85, s.text(" stops cleanly: it finishes what its disk has to do.")),
        Event::WitnessHandsOver { term } => {
            let s = s.text(" leads term ").term(*term);
            (80, s.text(" as a witness, and gives way to a node with a state machine."))
        }
        Event::NodeReadonly { readonly } => {
            let text = if *readonly { " takes no writes any more." } else { " takes writes again." };
            (70, s.text(text))
        }
        Event::PeerReadonly { peer, readonly: true, from } => {
            let s = s.text(" hears that ").node(*peer);
            (60, s.text(format!(" takes no writes: it sends it no command from {from} on.")))
        }
        Event::PeerReadonly { peer, .. } => {
            (60, s.text(" hears that ").node(*peer).text(" takes writes again, and sends on."))
        }
        Event::MajorityReadonly { readonly } => {
            let text = if *readonly {
                " finds too few that take writes: it refuses commands."
            } else {
                " finds enough that take writes: it takes commands again."
            };
            (75, s.text(text))
        }
        _ => votes(s, event),
    }
}

fn votes(s: Sentence, event: &Event) -> (u8, Sentence) {
    match event {
        Event::PreVoteStarted { term, last, triggered } => {
            let s = s.text(" asks whether it could win term ").term(*term + 1);
            let told = if *triggered { ", as told" } else { "" };
            (65, s.text(format!("{told}; its log on disk ends at ({},{}).", last.index, last.term)))
        }
        Event::GrantSelfWaits { wait_us } => (
            40,
            s.text(format!(" may not vote for itself for {} ms: the lease of its leader.", ms(*wait_us))),
        ),
        Event::Granted { peer, pre, ballot } => {
            let what = if *pre { " counts the pre-vote of " } else { " counts the vote of " };
            (22, s.text(what).node(*peer).text(format!(": {}.", ballot.tally())))
        }
        Event::PreVoteGranted { to, term } => {
            let s = s.text(" would vote for ").node(*to).text(" in term ").term(*term);
            (45, s.text(": it looks at the log only, not whether it hears a leader."))
        }
        Event::VoteGranted { to, term } => {
            (50, s.text(" votes for ").node(*to).text(" in term ").term(*term).text("."))
        }
        Event::VoteRefused { to, pre, why } => {
            let what = if *pre { " refuses a pre-vote to " } else { " refuses its vote to " };
            let weight = if *why == Reason::Lease { 58 } else { 55 };
            (weight, s.text(what).node(*to).text(": ").text(why.gloss()).text("."))
        }
        Event::LeaseGivenUp { candidate } => {
            let s = s.text(" gives up the lease of its leader: ").node(*candidate);
            (55, s.text(" was voted for by that leader itself."))
        }
        Event::Reserved { peer, pre } => {
            let what = if *pre { "its pre-vote" } else { "its vote" };
            let s = s.text(" keeps in mind that ").node(*peer);
            (30, s.text(format!(" refused {what} only for the lease of its leader.")))
        }
        Event::AskedAgain { peers } => {
            let text = format!(" asks {{{}}} once more: their leader itself lets them vote.", peers.digits());
            (55, s.text(text))
        }
        Event::BecameCandidate { term } => (70, s.text(" becomes CANDIDATE in term ").term(*term).text(".")),
        Event::VoteTimedOut { term } => (60, s.text(" did not win term ").term(*term).text(" in time.")),
        Event::BecameLeader { term, last, .. } => {
            let s = s.text(" becomes LEADER of term ").term(*term);
            (
                100,
                s.text(format!(
                    "; its log ends at {last}. It probes all peers and appends a configuration as no-op."
                )),
            )
        }
        Event::LeaderLeaseSuspect => (
            30,
            s.text("'s leader lease seems to be over: it looks whom its answered calls reached, and when they left."),
        ),
        Event::LeaderLeaseExpired => (80, s.text("'s leader lease is over, and no quorum renews it.")),
        _ => crate::tell_log::tell(s, event),
    }
}

/// What an event means for the properties.
pub(crate) fn fact(event: &Event) -> Option<Fact> {
    Some(match *event {
        Event::Booted { term, last, chain, committed } => {
            Fact::Recovered { term, last: signed(last), chain, committed: signed(committed) }
        }
        Event::BecameLeader { term, last, chain } => Fact::Led { term, last: signed(last), chain },
        Event::SteppedDown { was, .. } if was.leads() => Fact::Unled,
        Event::Appended { index, term, chain, .. } => Fact::Appended { index, term, chain },
        Event::Truncated { from, .. } => Fact::Truncated { from },
        Event::LogReset { next, chain } => Fact::Installed { last: next - 1, chain },
        Event::Committed { to, chain, term, covered: false, .. } => {
            Fact::Committed { to: signed(to), chain, term }
        }
        Event::VoteGranted { to, term } => Fact::Voted { term, to },
        Event::TermChanged { to, .. } => Fact::TermUnsynced { term: to },
        Event::MetaSaved { term, .. } => Fact::TermDurable { term },
        Event::DiskWiped { .. } => Fact::Wiped,
        Event::SteppedBack { peer, .. } => Fact::Probed { peer, found: Some(false) },
        Event::Matched { peer, .. } => Fact::Probed { peer, found: Some(true) },
        Event::SnapshotSent { peer, .. } => Fact::Probed { peer, found: None },
        _ => return None,
    })
}

/// A few words for the lane, when the event deserves a mark.
pub(crate) fn lane_label(event: &Event) -> Option<String> {
    Some(match event {
        Event::TermChanged { from, to } => format!("T{from} → T{to}"),
        Event::BecameLeader { .. } => String::from("LEADER"),
        Event::LeaderStart { .. } => String::from("leader_start"),
        Event::SteppedDown { .. } => String::from("FOLLOWER"),
        Event::PreVoteStarted { .. } => String::from("pre-vote"),
        Event::BecameCandidate { .. } => String::from("CANDIDATE"),
        Event::Committed { to, .. } => format!("commit {to}"),
        Event::Truncated { from, .. } => format!("cut from {from}"),
        Event::ConfigurationChanged { conf } => conf.badge(),
        Event::TransferStarted { to, .. } => format!("hand to {to}"),
        Event::TransferTimedOut { .. } => String::from("transfer over"),
        Event::SnapshotSaved { index } => format!("snapshot {index}"),
        Event::SnapshotInstalled { index } => format!("install {index}"),
        Event::NodeReadonly { readonly: true } => String::from("readonly"),
        Event::NodeReadonly { readonly: false } => String::from("writable"),
        Event::ShuttingDown => String::from("shutdown"),
        Event::DiskWiped { part } => format!("wipe {}", part.word()),
        _ => return None,
    })
}
