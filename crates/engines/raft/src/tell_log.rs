//! Sentences about logs, clients, configs, snapshots, reads and disks.

use alloc::format;
use kernel::Sentence;

use crate::codes::Code;
use crate::event::Event;

/// The sentence of such an event; `s` names who.
pub(crate) fn tell(s: Sentence, event: &Event) -> (u8, Sentence) {
    match event {
        Event::Appended { index, term, own, .. } => {
            let verb = if *own { " appends its entry " } else { " stores entry " };
            (35, s.text(format!("{verb}{index} of term ")).term(*term).text("."))
        }
        Event::Truncated { from, to } => {
            (60, s.text(format!(" cuts its entries {from} to {to}: they conflict.")))
        }
        Event::AppendRefused { from, prev, hint } => {
            let s = s.text(" refuses the Append of ").node(*from);
            let text = format!(
                ": it has no entry {} of term {}. Hint: {} in term {}.",
                prev.0, prev.1, hint.0, hint.1
            );
            (60, s.text(text))
        }
        Event::BelowCommit { from, prev, commit } => {
            let s = s.text(" answers ").node(*from);
            (30, s.text(format!(" ok: {prev} is below its commit index, all matches up to {commit}.")))
        }
        Event::BackedUp { peer, rejected, next } => {
            let s = s.text(" backs up for ").node(*peer);
            (50, s.text(format!(": refused at {rejected}, it sends from {next}.")))
        }
        Event::PeerState { peer, state, matched } => {
            let s = s.text(" has ").node(*peer).text(" in ").code(state.word());
            (25, s.text(format!(": the logs agree up to {matched}.")))
        }
        Event::Retried { peer } => (20, s.text(" sends ").node(*peer).text(" again what had no answer.")),
        Event::HeartbeatSent { term } => (10, s.text(" sends heartbeats of term ").term(*term).text(".")),
        Event::NotCommitted { index, entry_term, copies, members, term } => {
            let text = format!(
                " does not commit {index}: it is on {copies} of {}, but of term {entry_term}, and it leads term ",
                members.len()
            );
            (65, s.text(text).term(*term).text("."))
        }
        Event::Committed { from, to, .. } => (62, s.text(format!(" commits up to {to} (was {from})."))),
        Event::Applied { from, to } => (8, s.text(format!(" applies {} to {to}.", from + 1))),
        Event::Duplicate { index, first } => {
            (61, s.text(format!(" does not apply {index} again: the client's operation ran at {first}.")))
        }
        Event::ClientRefused { code } => (45, s.text(" refuses: ").code(code.word()).text(".")),
        Event::Answered { code, index: 0 } => (30, s.text(" answers ").code(code.word()).text(".")),
        Event::Answered { code, index } => {
            (30, s.text(" answers ").code(code.word()).text(format!(", index {index}.")))
        }
        Event::Forwarded { to } => (30, s.text(" hands it on to ").node(*to).text(".")),
        Event::TransferStarted { to } => {
            (70, s.text(" hands leadership to ").node(*to).text(" and refuses proposals."))
        }
        Event::TimeoutNowSent { to } => (68, s.text(" tells ").node(*to).text(" to campaign at once.")),
        Event::TransferEnded { code: Code::Success } => (30, s.text(" has handed over.")),
        Event::TransferEnded { code } => (66, s.text("'s transfer ended: ").code(code.word()).text(".")),
        Event::TimerMoved { us } => {
            let (us, more) = (us.unsigned_abs(), if *us < 0 { "less" } else { "more" });
            (40, s.text(format!(" waits {}.{:03} ms {more} for a leader.", us / 1000, us % 1000)))
        }
        Event::TimerSet { ticks } => (40, s.text(format!(" waits {ticks} ticks for a leader from now on."))),
        Event::Preset { what } => (40, s.text(" is preset: ").code(what.as_str()).text(".")),
        Event::OperationSent { to, seq, again } => {
            let verb = if *again { " retries its operation " } else { " sends its operation " };
            (35, s.text(format!("{verb}{seq} to ")).node(*to).text("."))
        }
        Event::OperationEnded { seq, code } => {
            (45, s.text(format!("'s operation {seq} ended: ")).code(code.word()).text("."))
        }
        _ => more(s, event),
    }
}

fn more(s: Sentence, event: &Event) -> (u8, Sentence) {
    match event {
        Event::ConfigChanged { config, index, back } => {
            let verb = if *back { " falls back to config " } else { " now counts by config " };
            (64, s.text(verb).code(config.badge()).text(format!(" of entry {index}.")))
        }
        Event::ChangeRefused { why } => (55, s.text(" refuses the change: ").text(why.gloss()).text(".")),
        Event::CatchingUp { server, round, target } => {
            let s = s.text(" lets ").node(*server);
            (50, s.text(format!(" catch up before it votes: round {round}, up to {target}.")))
        }
        Event::CatchUpFailed { server } => {
            (55, s.text(" gives up: ").node(*server).text(" does not catch up."))
        }
        Event::SnapshotTaken { index, first } => {
            (50, s.text(format!(" takes a snapshot up to {index}; its log begins at {first}.")))
        }
        Event::SnapshotSent { peer, index } => {
            let s = s.text(" sends ").node(*peer);
            (55, s.text(format!(" its snapshot up to {index}: the entries before are gone.")))
        }
        Event::SnapshotReported { peer, ok } => {
            let s = s.text(" learns that the snapshot to ").node(*peer);
            (40, s.text(if *ok { " was sent." } else { " failed." }))
        }
        Event::SnapshotIgnored { index, why } => {
            (45, s.text(format!(" ignores the snapshot up to {index}: ")).text(why.gloss()).text("."))
        }
        Event::SnapshotSkipped { index } => {
            (45, s.text(format!(" holds the entries up to {index} already and keeps its log.")))
        }
        Event::SnapshotInstalled { index, .. } => {
            (65, s.text(format!(" installs the snapshot up to {index}.")))
        }
        Event::ReadWaits { why } => (40, s.text(" lets the read wait: ").text(why.gloss()).text(".")),
        Event::ReadAnswered { index, how } => {
            (42, s.text(format!(" may answer a read at index {index} by ")).code(how.word()).text("."))
        }
        Event::ReplyWaits { to, kind } => {
            (25, s.text(" holds its ").text(*kind).text(" to ").node(*to).text(" until its disk is written."))
        }
        Event::Persisted { index } => (40, s.text(format!(" has everything up to {index} on disk."))),
        _ => (0, s.text(" did something.")),
    }
}
