//! Sentences about logs, pushes and commits; those about clients, transfers and snapshots are in `tell_client.rs`.

use alloc::format;
use kernel::{NodeId, Sentence};

use crate::codes::{Code, DispatcherState};
use crate::event::{CompareFinding, Event, PushEvent, PushRefusal};
use crate::tell::{node_chip, term_chip};

fn range(first: i64, last: i64) -> alloc::string::String {
    if first == last { format!("entry {first}") } else { format!("entries {first} to {last}") }
}

/// The sentence of an event that is not about elections; `s` names who.
pub(crate) fn tell(s: Sentence, event: &Event) -> (u8, Sentence) {
    match event {
        Event::LeaderAppended { index, term, noop, .. } => {
            let what = if *noop { "a NOOP as entry" } else { "entry" };
            (50, term_chip(s.text(format!(" appends {what} {index} of its ")), *term).text("."))
        }
        Event::FollowerAppended { index, term, .. } => {
            (30, term_chip(s.text(format!(" appends entry {index} of ")), *term).text("."))
        }
        Event::Truncated { from, to } => (60, s.text(format!(" removes {}.", range(*from, *to)))),
        Event::Committed { from, to, old_term, .. } => {
            let s = s.text(format!(" commits {}", range(from + 1, *to)));
            let s = if *old_term { s.text(", an entry of an older term, by counting") } else { s };
            (if *old_term { 60 } else { 45 }, s.text("."))
        }
        Event::CommitIgnored { new, old, term, curr } if term < curr => {
            let s = s.text(format!(" ignores committed index {new}: it is of "));
            (30, term_chip(s, *term).text(format!(", its own term is {curr}; it keeps {old}.")))
        }
        Event::CommitIgnored { new, old, .. } => {
            (15, s.text(format!(" ignores committed index {new}: its own is {old}.")))
        }
        Event::Applied { to } => (20, s.text(format!(" applied everything up to entry {to}."))),
        Event::DiskFilled { full } => {
            let what = if *full { "'s disk is full: it takes no entry." } else { "'s disk has room again." };
            (40, s.text(what))
        }
        Event::NoopRefused { code } => (45, s.text(" writes no NOOP: ").code(code.word()).text(".")),
        Event::Flushed { to } => (2, s.text(format!("'s entries up to {to} reached the disk."))),
        Event::Checkpointed { end, committed } => {
            (2, s.text(format!(" writes its checkpoint: endIndex {end}, committedIndex {committed}.")))
        }
        Event::WatermarksCleared { term } => {
            (5, term_chip(s.text(" forgets the watermarks of "), *term).text("."))
        }
        Event::OwnWatermark { index } => {
            (8, s.text(format!(" sets its own watermark to its log end {index}.")))
        }
        Event::Push(event) => push(s, event),
        _ => crate::tell_client::tell(s, event),
    }
}

fn push(s: Sentence, event: &PushEvent) -> (u8, Sentence) {
    match event {
        PushEvent::DispatcherFresh { peer, term } => {
            let s = s.text("'s dispatcher for ").node(*peer).text(" starts in ");
            (8, term_chip(s, *term).text(" with COMPARE."))
        }
        PushEvent::DispatcherChanged { peer, from, to, .. } => {
            let s = s.text("'s dispatcher for ").node(*peer).text(" goes from ").code(from.word());
            (12, s.text(" to ").code(to.word()).text("."))
        }
        PushEvent::CompareSent { peer, index, term } => {
            let s = s.text(" asks ").node(*peer).text(": is your entry ");
            (35, s.text(format!("{index} of term {term}, as mine?")).rule(" COMPARE"))
        }
        PushEvent::CompareAnswered { peer, same: true, index, end, .. } => {
            let s = s.text(" learns that ").node(*peer).text(format!("'s log matches up to entry {index}"));
            (35, if end > index { s.text(format!(", it ends at {end}.")) } else { s.text(".") })
        }
        PushEvent::CompareAnswered { peer, index, end, next, .. } => {
            let s = s.text(" learns that ").node(*peer).text(format!(" has another entry {index}"));
            let s = s.text(format!(" or none (end {end})"));
            (35, if *next >= 0 { s.text(format!("; it compares {next} next.")) } else { s.text(".") })
        }
        PushEvent::TruncateSent { peer, index, keep } => {
            let what = if *keep { "keep entry" } else { "remove from entry" };
            let tail = if *keep { " and nothing after it." } else { " on." };
            (35, s.text(" tells ").node(*peer).text(format!(": {what} {index}{tail}")).rule(" TRUNCATE"))
        }
        PushEvent::TruncateDone { peer, .. } => {
            (20, s.text(" learns that ").node(*peer).text(" cut its log; now it sends entries."))
        }
        PushEvent::AppendSent { peer, first, last, again } => {
            let verb = if *again { " sends again " } else { " sends " };
            let s = s.text(verb).text(range(*first, *last)).text(" to ").node(*peer);
            (if *again { 40 } else { 25 }, s.text(if *again { ": no answer in time." } else { "." }))
        }
        PushEvent::CommitSent { peer, commit } => {
            (8, s.text(" tells ").node(*peer).text(format!(" its committed index {commit}.")))
        }
        PushEvent::AppendAcked { peer, index, watermark } => {
            let s = s.text(" learns that ").node(*peer).text(format!(" has entry {index}; watermark "));
            (22, s.text(format!("{watermark}.")))
        }
        PushEvent::AppendFailed { peer, index, code } => {
            let s = s.text("'s APPEND of entry ").text(format!("{index} to ")).node(*peer);
            let s = s.text(" ended with ").code(code.word());
            let back = *code == Code::InconsistentState;
            (35, s.text(if back { "; it compares again." } else { "; it only notes that." }))
        }
        PushEvent::WriteIndexReset { peer, to } => {
            let s = s.text(" starts over for ").node(*peer);
            (35, s.text(format!(" from entry {to}: no answer in time.")))
        }
        PushEvent::LeakDropped { peer, count } => {
            let s = s.text(format!(" forgets {count} acknowledged requests to "));
            (5, s.node(*peer).text("."))
        }
        PushEvent::DispatcherFailed { peer, doing, code } => failed(s, *peer, *doing, *code),
        _ => handler(s, event),
    }
}

fn failed(s: Sentence, peer: NodeId, doing: DispatcherState, code: Code) -> (u8, Sentence) {
    let s = s.text("'s dispatcher for ").node(peer).text(" pauses 500 ms: its ").code(doing.word());
    (42, s.text(" ended with ").code(code.word()).text("."))
}

fn refusal(s: Sentence, why: PushRefusal) -> Sentence {
    match why {
        PushRefusal::NotFollower => s.text("it is no follower."),
        PushRefusal::NotNext => s.text("it does not come right after its log end."),
        PushRefusal::OtherTerm { theirs, mine } => {
            term_chip(s.text("it is of "), theirs).text(format!(", its own term is {mine}."))
        }
        PushRefusal::OtherLeader { theirs, mine } => {
            let s = node_chip(s.text("it is of "), theirs);
            node_chip(s.text(", its leader is "), mine).text(".")
        }
        PushRefusal::OtherPosition => s.text("its own byte position differs."),
        PushRefusal::DiskFull => s.text("its disk is full."),
        PushRefusal::WriteFailed => s.text("the write failed."),
        PushRefusal::Unreadable => s.text("it cannot read that entry."),
    }
}

fn handler(s: Sentence, event: &PushEvent) -> (u8, Sentence) {
    match event {
        PushEvent::PushQueued { kind, index, end } => {
            let gap = if index > &(end + 1) { format!(": entry {} is missing", end + 1) } else { "".into() };
            let s = s.text(" puts ").code(kind.word()).text(format!(" {index} into its tray{gap}."));
            (if index > &(end + 1) { 40 } else { 4 }, s)
        }
        PushEvent::PushRejected { kind, index, code } => {
            let s = s.text(" refuses ").code(kind.word()).text(format!(" {index}: "));
            (40, s.code(code.word()).text("."))
        }
        PushEvent::WaitingCleared { count } => {
            (40, s.text(format!(" drops {count} waiting APPENDs; they are never answered.")))
        }
        PushEvent::QueueNotFollower { kind } => {
            let s = s.text(" refuses ").code(kind.word()).text(": it is no follower.");
            (40, s.rule(" NOT_FOLLOWER"))
        }
        PushEvent::AppendRefused { index, why } => (
            42,
            refusal(s.text(format!(" does not write entry {index}: ")), *why).rule(" INCONSISTENT_STATE"),
        ),
        PushEvent::Compared { index, term, found, end } => {
            let s = s.text(format!(" compares entry {index}: "));
            (
                38,
                match found {
                    CompareFinding::Same => s.text("its own is the same").text(format!(" (term {term}).")),
                    CompareFinding::Other { term: own } if own == term => s
                        .text(format!("its own is of term {own} too, but differs."))
                        .rule(" INCONSISTENT_STATE"),
                    CompareFinding::Other { term: own } => {
                        let s = s.text(format!("its own is of term {own}, the leader's of {term}."));
                        s.rule(" INCONSISTENT_STATE")
                    }
                    CompareFinding::Missing => {
                        s.text(format!("it has none, its log ends at {end}.")).rule(" INCONSISTENT_STATE")
                    }
                },
            )
        }
        PushEvent::TruncateRefused { index, why } => {
            let s = s.text(format!(" does not truncate at entry {index}: "));
            (45, refusal(s, *why).rule(" INCONSISTENT_STATE"))
        }
        PushEvent::TruncateHandled { end, .. } => {
            (30, s.text(format!(" truncates as told; its log ends at {end}.")))
        }
        PushEvent::CommitHandled { commit } => (6, s.text(format!(" is told committed index {commit}."))),
        PushEvent::FallBehind { index, same } => {
            let what = if *same { "its log has it" } else { "its log has another entry there" };
            (40, s.text(format!(" answers the waiting APPEND {index}: {what}.")))
        }
        PushEvent::FastForward { index, end } => {
            let s = s.text(format!(" answers the waiting APPEND {index}: entry {} never came.", end + 1));
            (45, s.rule(" INCONSISTENT_STATE"))
        }
        _ => (0, s),
    }
}
