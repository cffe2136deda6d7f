//! Events of logs, replication, configurations and snapshots as sentences.

use alloc::format;
use alloc::string::String;
use kernel::Sentence;

use crate::codes::Code;
use crate::event::Event;
use crate::tell::ended;

/// An event as the end of a sentence, with its weight.
pub(crate) fn tell(s: Sentence, event: &Event) -> (u8, Sentence) {
    match event {
        Event::WaitsForDisk => (25, s.text(" waits until its disk tells what is on it.")),
        Event::Flushed { last } => (40, s.text(format!(" has everything up to {last} on disk."))),
        Event::Appended { index, term, own, .. } => {
            let what = if *own { " appends its entry " } else { " appends entry " };
            (45, s.text(format!("{what}{index} of term ")).term(*term).text("."))
        }
        Event::Truncated { from, to } => {
            (65, s.text(format!(" cuts off {from} to {to}: the leader's entry there has another term.")))
        }
        Event::PrefixDropped { first } => (50, s.text(format!("'s log begins at {first} now."))),
        Event::LogReset { next, .. } => {
            (55, s.text(format!("'s log is replaced by the snapshot; the next entry is {next}.")))
        }
        Event::Gap { first, last } => {
            (50, s.text(format!(" cannot store {first}: its log ends at {last}. The call fails.")))
        }
        Event::AlreadyApplied { last, applied } => {
            (40, s.text(format!(" needs nothing up to {last}: {applied} is applied.")))
        }
        Event::Duplicate { first, last } => (35, s.text(format!(" has {first} to {last} already."))),
        Event::Mismatch { from, prev, local, last } => {
            let s = s.text(" refuses the request of ").node(*from);
            let there = if *local == 0 { String::from("nothing") } else { format!("term {local}") };
            let text = format!(
                ": ({},{}) before it is not in its log ({there} there); its log ends at {last}.",
                prev.0, prev.1
            );
            (55, s.text(text))
        }
        Event::Cached { from, first, last } => {
            let s = s.text(format!(" keeps {first} to {last} of ")).node(*from);
            (50, s.text(" until the entries before are there."))
        }
        Event::StableInOtherTerm { then, now } => {
            let text =
                format!(" has the entries of term {then} on disk, but its term is {now} now: it answers no.");
            (60, s.text(text))
        }
        Event::ConfigurationChanged { conf } => {
            (50, s.text(format!(" goes by the configuration {} now.", conf.badge())))
        }
        Event::ConfigurationCommitted { peers, index } => {
            (35, s.text(format!(" applies the configuration {{{}}} of {index}.", peers.digits())))
        }
        Event::Acknowledged { peer, index, ballot } => {
            let s = s.text(format!("'s ballot of {index}: ")).node(*peer);
            (20, s.text(format!(" has it on disk, {}.", ballot.tally())))
        }
        Event::AckIgnored { peer, last, why } => {
            let s = s.text(" does not count that ").node(*peer);
            (12, s.text(format!(" has {last}: ")).text(why.gloss()).text("."))
        }
        Event::Committed { to, on_disk, .. } => {
            let late =
                if on_disk < to { format!(", with only {on_disk} on its own disk") } else { "".into() };
            (60, s.text(format!(" commits up to {to}{late}.")))
        }
        Event::Applying { to } => (36, s.text(format!("'s state machine begins to apply up to {to}."))),
        Event::Applied { from, to } => (42, s.text(format!(" applies {} to {to}.", from + 1))),
        _ => replication(s, event),
    }
}

fn replication(s: Sentence, event: &Event) -> (u8, Sentence) {
    match event {
        Event::CallFailed { peer, code } => {
            (30, s.text("'s call to ").node(*peer).text(" failed: ").text(code.gloss()).text("."))
        }
        Event::Matched { peer, matched } => {
            (35, s.text(" knows that ").node(*peer).text(format!("'s log agrees up to {matched}.")))
        }
        Event::SteppedBack { peer, from, to, jump } => {
            let how = if *jump { "its log is shorter, jump" } else { "one step back" };
            let s = s.text(" goes back at ").node(*peer);
            (48, s.text(format!(" from {from} to {to} ({how}) and probes.")))
        }
        Event::SendSkipped { peer, next, why } => {
            let s = s.text(format!(" does not send {next} to ")).node(*peer);
            (15, s.text(": ").text(why.gloss()).text("."))
        }
        Event::Blocked { peer, ms, code } => {
            let s = s.text(" leaves ").node(*peer).text(format!(" alone for {ms} ms: "));
            (45, s.text(code.gloss()).text("."))
        }
        Event::ApplyRefused { code, state } => {
            let s = s.text(format!(" takes no command: it is {}, ", state.word()));
            (50, s.code(code.word()).text("."))
        }
        Event::Answered { code, index, unknown } => {
            let s = s.text(" answers ").code(code.word());
            let s = index.map_or(s.clone(), |index| s.text(format!(" at {index}")));
            let s = match (code, unknown) {
                (_, true) => s.text(": it may still happen."),
                (Code::Ok, false) => s.text("."),
                (code, false) => s.text(": ").text(code.gloss()).text("."),
            };
            (38, s)
        }
        Event::TransferStarted { to, waits } => {
            let s = s.text(" hands its leadership to ").node(*to);
            (75, s.text(if *waits { ", once that one has everything." } else { "." }))
        }
        Event::TransferTimedOut { to } => {
            (75, s.text(" leads on in the same term: ").node(*to).text(" did not take over."))
        }
        Event::TimeoutNowSent { to, old_leader_stepped_down } => {
            let s = s.text(if *old_leader_stepped_down { " goes and wakes " } else { " lets " }).node(*to);
            (60, s.text(" campaign at once."))
        }
        Event::TimeoutNowAnswered { peer, success } => {
            let s = s.text(" hears that ").node(*peer);
            (34, s.text(if *success { " campaigns." } else { " does not campaign." }))
        }
        _ => membership(s, event),
    }
}

fn membership(s: Sentence, event: &Event) -> (u8, Sentence) {
    match event {
        Event::ChangeStarted { old, new } => {
            (60, s.text(format!(" changes {{{}}} to {{{}}}.", old.digits(), new.digits())))
        }
        Event::StageEntered { stage, peers, old_peers } => {
            let old =
                if old_peers.is_empty() { "".into() } else { format!(" and {{{}}}", old_peers.digits()) };
            let s = s.text(" enters ").code(stage.word());
            (55, s.text(format!(" and appends the configuration {{{}}}{old}.", peers.digits())))
        }
        Event::CaughtUp { peer } => (50, s.text(" finds that ").node(*peer).text(" has caught up.")),
        Event::CatchUpWaits { peer } => {
            (34, s.text(" waits once more for ").node(*peer).text(" to catch up: it still answers."))
        }
        Event::CatchUpFailed { peer } => (60, s.text(" gives up: ").node(*peer).text(" did not catch up.")),
        Event::ChangeEnded { new, code } => {
            let s = s.text(format!(" ends the change to {{{}}}: ", new.digits()));
            (52, ended(s, *code))
        }
        Event::SnapshotStarted { index } => (45, s.text(format!(" saves a snapshot up to {index}."))),
        Event::SnapshotRefused { code } => (45, ended(s.text(" saves no snapshot: "), *code)),
        Event::NothingToSave { applied, last } => {
            let text = format!(
                " has applied {applied}, and its snapshot covers {last}: it drops the log before instead."
            );
            (45, s.text(text))
        }
        Event::SnapshotSaved { index } => (60, s.text(format!(" has a snapshot up to {index}."))),
        Event::SnapshotSent { peer, index } => {
            let s = s.text(" tells ").node(*peer);
            (60, s.text(format!(" to copy the snapshot up to {index}: the entries are gone.")))
        }
        Event::SnapshotCopying { from, index } => {
            (50, s.text(format!(" copies the snapshot up to {index} from ")).node(*from).text("."))
        }
        Event::SnapshotCancelled { index } => {
            (50, s.text(format!(" gives up copying the snapshot up to {index}.")))
        }
        Event::SnapshotInstalled { index } => {
            (65, s.text(format!(" has loaded the snapshot up to {index}.")))
        }
        Event::OperationSent { to, seq } => {
            (30, s.text(format!(" sends command {seq} to ")).node(*to).text("."))
        }
        Event::OperationEnded { seq, code, unknown } => {
            let s = s.text(format!("'s command {seq} ends: ")).code(code.word());
            (40, s.text(if *unknown { ", it may still happen." } else { "." }))
        }
        _ => (0, s.text(" did something.")),
    }
}
