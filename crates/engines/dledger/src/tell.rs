//! Events as sentences, lane labels and facts: elections and heartbeats here, the rest in `tell_log.rs`.

use alloc::format;
use alloc::string::String;
use kernel::{Addr, Fact, NodeId, Sentence};

use crate::codes::{Code, ParseResult, Role, VoteResult};
use crate::event::{BeatCount, CandidateCause, Event, IgnoreReason, PollCount, PushEvent};

fn say(who: Addr) -> Sentence {
    Sentence::new().addr(who)
}

/// A term chip; −1 is written out.
pub(crate) fn term_chip(sentence: Sentence, term: i64) -> Sentence {
    match u64::try_from(term) {
        Ok(term) => sentence.text("term ").term(term),
        Err(_) => sentence.text("no term"),
    }
}

/// A node or `null`.
pub(crate) fn node_chip(sentence: Sentence, id: Option<NodeId>) -> Sentence {
    match id {
        Some(id) => sentence.node(id),
        None => sentence.text("null"),
    }
}

/// An event as a sentence, with its weight in a step's narration.
pub(crate) fn tell(who: Addr, event: &Event) -> (u8, Sentence) {
    let s = say(who);
    match event {
        Event::Booted { term, vote, end, end_term, .. } => {
            let s = term_chip(s.text(" starts as CANDIDATE in "), *term).text(", vote ");
            (50, node_chip(s, *vote).text(format!(", log end ({end},{end_term}).")))
        }
        Event::TermForced { term } => (1, term_chip(s.text(" is put in "), *term).text(".")),
        Event::TermIncreased { from, to, told } => {
            let s = term_chip(s.text(format!(" raises its term from {from} to ")), *to);
            let why = if *told { " as it was told, and polls later." } else { " and polls." };
            (60, s.text(why).rule(" INCREASE_TERM"))
        }
        Event::BecameCandidate { was, term, curr, cause } => (70, candidate(s, *was, *term, *curr, *cause)),
        Event::BecameLeader { term, last, .. } => {
            let s = term_chip(s.text(" becomes LEADER of "), *term);
            (100, s.text(format!("; its log ends at {last}.")))
        }
        Event::BecameFollower { term, leader, .. } => {
            let s = s.text(" becomes FOLLOWER of ").node(*leader).text(" in ");
            (70, term_chip(s, *term).text("."))
        }
        Event::RoleSkipped { role, term, curr } => {
            let s = term_chip(s.text(" does not become ").code(role.word()).text(" in "), *term);
            (30, s.text(format!(": its term is {curr} by now.")))
        }
        Event::PollStarted { term, end_index, end_term, again } => {
            let verb = if *again { " polls again at once in " } else { " polls in " };
            (55, term_chip(s.text(verb), *term).text(format!(", its log ends at ({end_index},{end_term}).")))
        }
        Event::VoteDecided { .. } => (50, vote_decided(s, event)),
        Event::VoteCounted { from, result, count, .. } => {
            let s = s.text(" counts ").node(*from).text(": ").code(result.word());
            (20, s.text(format!("; yes {} of {}, {} answered.", count.accepted, count.peers, count.all)))
        }
        Event::VoteLate { from, result } => {
            let s = s.text(" ignores ").node(*from).text("'s ").code(result.word());
            (15, s.text(": its poll is over."))
        }
        Event::PollEnded { rule, result, term, count, next_ms } => {
            (80, poll_ended(s, *rule, *result, *term, *count, *next_ms))
        }
        Event::HeartBeatSent { term } => (10, term_chip(s.text(" sends heartbeats of "), *term).text(".")),
        Event::HeartBeatHandled { leader, code, term, curr, mine } => {
            (heart_beat_weight(*code), heart_beat(s, *leader, *code, *term, *curr, *mine))
        }
        Event::HeartBeatCounted { from, code, count, .. } => {
            let s = s.text(" counts ").node(*from).text("'s heartbeat answer ").code(code.word());
            (5, s.text(format!("; {} of {}.", count.succ, count.peers)))
        }
        Event::HeartBeatLate { from, code } => {
            let s = s.text(" notes ").node(*from).text("'s late heartbeat answer ").code(code.word());
            (4, s.text(": the round is over."))
        }
        Event::BeatEnded { rule, term, count } => beat_ended(s, *rule, *term, *count),
        Event::RequestRejected { code, remote } => {
            let s = if *code == Code::UnknownGroup {
                s.text(" refuses a request of another group: ")
            } else {
                s.text(" refuses a request addressed to ").node(*remote).text(": ")
            };
            (40, s.code(code.word()).text("."))
        }
        Event::Ignored { reason } => (20, s.text(" ignores it: ").text(ignored(*reason)).text(".")),
        Event::Forced { what } => (40, s.text(" is forced: ").code(what.as_str()).text(".")),
        _ => crate::tell_log::tell(s, event),
    }
}

fn ignored(reason: IgnoreReason) -> &'static str {
    match reason {
        IgnoreReason::Datagram => "DLedger knows no datagrams",
        IgnoreReason::WrongAnswer => "the answer does not fit its request",
        IgnoreReason::CommitAnswer => "the answer to a COMMIT is never looked at",
        IgnoreReason::Late => "nobody waits for this answer any more",
        IgnoreReason::Failed(kernel::RpcFailure::TimedOut) => "the call timed out and nobody waits for it",
        IgnoreReason::Failed(kernel::RpcFailure::Refused) => "the call was refused and nobody waits for it",
        IgnoreReason::Failed(kernel::RpcFailure::Broken) => {
            "the connection broke and nobody waits for the call"
        }
        IgnoreReason::WrongReceiver => "it is not for this kind of receiver",
    }
}

fn candidate(s: Sentence, was: Role, term: i64, curr: i64, cause: CandidateCause) -> Sentence {
    let s = match was {
        Role::Leader => s.text(" steps down to CANDIDATE: "),
        Role::Follower => s.text(" leaves its leader and becomes CANDIDATE: "),
        Role::Candidate => s.text(" stays CANDIDATE: "),
    };
    match cause {
        CandidateCause::LargerTermInVote { from } => {
            let s = s.node(from).text("'s vote request has ");
            term_chip(s, term).text(format!(", its own is {curr}; it joins in its next tick."))
        }
        CandidateCause::LargerTermInHeartBeat { from } => {
            let s = s.node(from).text("'s heartbeat has ");
            term_chip(s, term).text(format!(", its own is {curr}; it joins in its next tick."))
        }
        CandidateCause::PollRevealed => term_chip(s.text("its poll revealed "), term).text("."),
        CandidateCause::HeartBeatTimeOut { leader, silent_ms, leak_ms } => {
            let s = s.text("no heartbeat of ");
            node_chip(s, leader).text(format!(" for {silent_ms} ms, {leak_ms} allowed."))
        }
        CandidateCause::NoQuorum { leak_ms } => {
            s.text(format!("no quorum accepted its heartbeats for more than {leak_ms} ms."))
        }
        CandidateCause::InconsistentLeader => s.text("a node follows another leader of this term."),
        CandidateCause::ExpiredTerm => term_chip(s.text("a heartbeat's answer has "), term).text("."),
        CandidateCause::TakeLeadership => term_chip(s.text("it takes leadership in "), term).text("."),
        CandidateCause::Forced => s.text("forced."),
    }
}

fn vote_decided(s: Sentence, event: &Event) -> Sentence {
    let Event::VoteDecided { candidate, step, result, term, curr, mine, theirs, vote, leader, myself } =
        event
    else {
        return s;
    };
    let ends = format!("({},{})", mine.0, mine.1);
    let end = |s: Sentence, text: &str| {
        let s = node_chip(s.text(format!("{text}{ends}, ")), *candidate);
        s.text(format!("'s at ({},{})", theirs.0, theirs.1))
    };
    let s = if *result == VoteResult::Accept {
        let s = s.text(" votes for ");
        term_chip(if *myself { s.text("itself") } else { node_chip(s, *candidate) }.text(" in "), *term)
    } else {
        let s = s.text(" refuses ");
        let s = if *myself { s.text("itself: ") } else { node_chip(s, *candidate).text(": ") };
        match result {
            VoteResult::RejectExpiredLedgerTerm => end(s, "its last entry is newer, "),
            VoteResult::RejectSmallLedgerEndIndex => end(s, "its log ends at "),
            VoteResult::RejectExpiredVoteTerm => {
                term_chip(s, *term).text(format!(" is below its own {curr}"))
            }
            VoteResult::RejectAlreadyVoted => {
                node_chip(term_chip(s.text("its vote of "), *term).text(" is with "), *vote)
            }
            VoteResult::RejectAlreadyHasLeader => node_chip(s.text("it has a leader, "), *leader),
            VoteResult::RejectTermNotReady => {
                term_chip(s.text("come again, it first joins "), *term).text(format!(" from {curr}"))
            }
            VoteResult::RejectTermSmallThanLedger => {
                term_chip(s, *term).text(format!(" is below its last entry's {}", mine.1))
            }
            VoteResult::RejectTakingLeadership => end(s, "it takes leadership itself; its log ends at "),
            VoteResult::RejectUnexpectedLeader => s.text("that is its own name"),
            VoteResult::RejectUnknownLeader => s.text("no member of the group"),
            VoteResult::Unknown | VoteResult::Accept => s.code(result.word()),
        }
    };
    s.text(". ").rule(format!("handleVote {step}: {}", result.word()))
}

fn poll_ended(
    s: Sentence,
    rule: u8,
    result: ParseResult,
    term: i64,
    count: PollCount,
    next_ms: Option<u64>,
) -> Sentence {
    let of = count.peers;
    let reason = match (rule, result) {
        (1, _) => format!("term {} seen", count.known_max),
        (2, _) => String::from("somebody has a leader"),
        (3, _) => format!("only {} of {of} answered", count.valid),
        (_, ParseResult::WaitToRevote) => format!("{} of {of} have the better log", count.bigger),
        (_, ParseResult::Passed) => format!("{} of {of} gave their vote", count.accepted),
        (_, ParseResult::RevoteImmediately) => {
            format!("{} yes and {} about to join", count.accepted, count.not_ready)
        }
        _ => format!("{} of {of} gave their vote", count.accepted),
    };
    let term = match result {
        ParseResult::WaitToVoteNext => format!(", then a term above {term}"),
        ParseResult::WaitToRevote => format!(", term stays {term}"),
        ParseResult::RevoteImmediately => String::from(", polls again in 10 ms"),
        ParseResult::Passed => String::new(),
    };
    let next = next_ms.map_or_else(String::new, |ms| format!(", next poll in {ms} ms"));
    let s = s.text("'s poll ends: ").rule(format!("parse rule {rule}")).text(format!(": {reason} → "));
    s.code(result.word()).text(format!("{term}{next}."))
}

fn heart_beat_weight(code: Code) -> u8 {
    if code == Code::Success { 6 } else { 45 }
}

fn heart_beat(
    s: Sentence,
    leader: Option<NodeId>,
    code: Code,
    term: i64,
    curr: i64,
    mine: Option<NodeId>,
) -> Sentence {
    if code == Code::Success {
        let s = node_chip(s.text(" accepts the heartbeat of "), leader).text(" in ");
        return term_chip(s, term).text(".");
    }
    let s = node_chip(s.text(" answers the heartbeat of "), leader).text(": ");
    match code {
        Code::ExpiredTerm => term_chip(s, term).text(format!(" is below its own {curr}.")),
        Code::InconsistentLeader => node_chip(s.text("it follows "), mine).text(" in that term."),
        Code::TermNotReady => term_chip(s.text("come again, it first joins "), term).text("."),
        Code::UnexpectedMember => s.text("that is its own name."),
        _ => s.text("no member of the group."),
    }
    .rule(format!(" {}", code.word()))
}

fn beat_ended(s: Sentence, rule: u8, term: i64, count: BeatCount) -> (u8, Sentence) {
    let BeatCount { succ, not_ready, max_term, peers } = count;
    let head = format!("'s heartbeat round: {succ} of {peers}");
    match rule {
        1 if max_term > term => {
            let text = format!("{head}, so it stays LEADER and ignores the larger term {max_term}.");
            (35, s.text(text))
        }
        1 => (6, s.text(format!("{head}, a quorum."))),
        2 => (40, s.text(format!("{head}, {not_ready} about to join: it sends again in its next tick."))),
        3 => (45, s.text(format!("{head}, an answer has the larger term {max_term}: it gives up."))),
        4 => (45, s.text(format!("{head}, a node follows another leader: it gives up."))),
        5 => (45, s.text(format!("{head}, and none was good for too long: it gives up."))),
        _ => (40, s.text(format!("{head}, no quorum; the last good one is recent enough to stay LEADER."))),
    }
}

/// What an event means for the properties.
pub(crate) fn fact(event: &Event) -> Option<Fact> {
    let natural = |value: i64| u64::try_from(value).ok();
    Some(match event {
        // V3's checkpoint raises the commit index from −1 right after.
        Event::Booted { term, end, chain, .. } => {
            Fact::Recovered { term: natural(*term)?, last: *end, chain: *chain, committed: -1 }
        }
        Event::BecameLeader { term, last, chain } => {
            Fact::Led { term: natural(*term)?, last: *last, chain: *chain }
        }
        Event::BecameCandidate { was: Role::Leader, .. }
        | Event::BecameFollower { was: Role::Leader, .. } => Fact::Unled,
        Event::LeaderAppended { index, term, chain, .. } | Event::FollowerAppended { index, term, chain } => {
            Fact::Appended { index: natural(*index)?, term: natural(*term)?, chain: *chain }
        }
        Event::Truncated { from, .. } => Fact::Truncated { from: natural(*from)? },
        Event::PrefixDropped { to, anew: Some(chain) } => {
            Fact::Installed { last: natural(*to)?, chain: *chain }
        }
        Event::Committed { to, chain, term, .. } => {
            Fact::Committed { to: *to, chain: *chain, term: natural(*term)? }
        }
        Event::VoteDecided { result: VoteResult::Accept, curr, candidate: Some(to), .. } => {
            Fact::Voted { term: natural(*curr)?, to: *to }
        }
        Event::TermIncreased { to: term, .. } | Event::TermForced { term } => {
            Fact::Term { term: natural(*term)? }
        }
        Event::Push(PushEvent::CompareAnswered { peer, same, .. }) => {
            Fact::Probed { peer: *peer, found: Some(*same) }
        }
        // V3 cuts a log in which nothing agrees, without comparing on.
        Event::Push(PushEvent::TruncateDone { peer, .. }) => Fact::Probed { peer: *peer, found: Some(true) },
        Event::SnapshotSent { peer, .. } => Fact::Probed { peer: *peer, found: None },
        _ => return None,
    })
}

/// A few words for the lane, when the event deserves a mark.
pub(crate) fn lane_label(event: &Event) -> Option<String> {
    Some(match event {
        Event::TermIncreased { from, to, .. } => format!("T{from} → T{to}"),
        Event::BecameLeader { .. } => String::from("LEADER"),
        Event::BecameFollower { .. } => String::from("FOLLOWER"),
        Event::BecameCandidate { was, .. } if *was != Role::Candidate => String::from("CANDIDATE"),
        Event::PollStarted { .. } => String::from("poll"),
        Event::PollEnded { rule, .. } => format!("parse {rule}"),
        Event::Committed { to, .. } => format!("commit {to}"),
        Event::Truncated { from, .. } => format!("cut from {from}"),
        Event::Push(PushEvent::DispatcherFailed { .. }) => String::from("error pause"),
        Event::TransferStarted { to, .. } => format!("hand to {to}"),
        Event::TakeStarted { term } => format!("take T{term}"),
        Event::SnapshotSaved { index } => format!("snapshot {index}"),
        Event::SnapshotInstalled { index, peer: None } => format!("install {index}"),
        _ => return None,
    })
}
