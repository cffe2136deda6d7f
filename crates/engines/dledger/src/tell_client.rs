//! Sentences about clients, transfers and snapshots.

use alloc::format;
use kernel::Sentence;

use crate::codes::Code;
use crate::event::Event;
use crate::tell::term_chip;

/// The sentence of such an event; `s` names who.
pub(crate) fn tell(s: Sentence, event: &Event) -> (u8, Sentence) {
    match event {
        Event::ClientRefused { code } => {
            let why = match code {
                Code::DiskFull => ", it is full.",
                Code::DiskError => ", the write failed.",
                _ => ".",
            };
            (45, s.text(" refuses a client: ").code(code.word()).text(why))
        }
        Event::ClientWaits { index } => {
            (20, s.text(format!(" lets the client of entry {index} wait for a quorum.")))
        }
        Event::ClientAnswered { index, code, waited_ms } => {
            let s = s.text(format!(" answers the client of entry {index}: ")).code(code.word());
            let note = if *code == Code::WaitQuorumAckTimeout {
                format!(" after {waited_ms} ms; the entry stays in the log and may still commit.")
            } else {
                format!(" after {waited_ms} ms.")
            };
            (48, s.text(note))
        }
        Event::ClientRead { index, committed } => {
            let note = if *committed { "." } else { ", which is not committed." };
            (40, s.text(format!(" reads entry {index} for a client{note}")))
        }
        Event::SnapshotSaving { .. }
        | Event::SnapshotSaved { .. }
        | Event::SnapshotSent { .. }
        | Event::SnapshotMissing { .. }
        | Event::SnapshotInstalled { .. }
        | Event::SnapshotRefused { .. }
        | Event::SnapshotSlotBroken
        | Event::SnapshotLoaded { .. }
        | Event::PrefixDropped { .. } => snapshot(s, event),
        Event::OperationSent { to, kind, again } => {
            let s = s.text(if *again { " retries its " } else { " sends its " }).code(*kind).text(" to ");
            (35, s.node(*to).text("."))
        }
        Event::OperationEnded { code, index } => {
            let s = s.text("'s operation ended: ").code(code.word());
            (45, if *index >= 0 { s.text(format!(", entry {index}.")) } else { s.text(".") })
        }
        Event::LeaderAsked { peer } => (15, s.text(" asks ").node(*peer).text(" who leads.")),
        Event::LeaderFound { leader, from } => {
            let s = s.text(" learns from ").node(*from).text(" that ");
            (30, s.node(*leader).text(" leads."))
        }
        Event::LoadSet { interval_ms: 0 } => (30, s.text(" stops its load.")),
        Event::LoadSet { interval_ms } => (30, s.text(format!(" writes a value each {interval_ms} ms."))),
        _ => transfer(s, event),
    }
}

fn transfer(s: Sentence, event: &Event) -> (u8, Sentence) {
    match event {
        Event::PreferredChosen { peer, behind } => {
            let s = s.text(" hands over to the preferred leader ").node(*peer);
            (50, s.text(format!(", {behind} entries behind.")))
        }
        Event::PreferredPassedOver { peer, why } => {
            let s = s.text(" cannot hand over to the preferred leader ").node(*peer);
            (30, s.text(format!(": it is {}.", why.word())))
        }
        Event::TransferStarted { to, index } => {
            let s = s.text(" asks ").node(*to).text(format!(" to lead from log end {index}"));
            (60, s.text("; until that ends it refuses writes."))
        }
        Event::TransferRefused { code } => {
            (50, s.text(" refuses the transfer: ").code(code.word()).text("."))
        }
        Event::TransferEnded { code, reopened } => {
            let s = s.text("'s transfer ended: ").code(code.word());
            (55, s.text(if *reopened { "; it takes writes again." } else { "." }))
        }
        Event::TransferUnanswered { code } => {
            let s = s.text("'s transfer ended with ").code(code.word());
            (50, s.text(", but it no longer leads: the requester gets no answer."))
        }
        Event::TakeWaits { need, end } => (
            50,
            s.text(format!(" waits before it takes leadership: its log ends at {end}, needed is {need}.")),
        ),
        Event::TakeStarted { term } => (60, term_chip(s.text(" takes leadership in "), *term).text(".")),
        Event::TakeEnded { code, term } => {
            let s = term_chip(s.text(" answers its take-over in "), *term).text(": ");
            (55, s.code(code.word()).text("."))
        }
        _ => (0, s),
    }
}

fn snapshot(s: Sentence, event: &Event) -> (u8, Sentence) {
    match event {
        Event::SnapshotSaving { index } => (30, s.text(format!(" begins a snapshot up to entry {index}."))),
        Event::SnapshotSaved { index } => (45, s.text(format!(" saved a snapshot up to entry {index}."))),
        Event::PrefixDropped { to, anew: None } => {
            (45, s.text(format!(" drops its entries up to {to}: a snapshot covers them.")))
        }
        Event::PrefixDropped { to, anew: Some(_) } => (
            45,
            s.text(format!("'s log begins anew after entry {to}: a snapshot takes the place of all of it.")),
        ),
        Event::SnapshotSent { peer, index } => {
            let s = s.text(" sends ").node(*peer).text(format!(" its snapshot up to entry {index}."));
            (45, s.rule(" INSTALL_SNAPSHOT"))
        }
        Event::SnapshotMissing { peer, write_index } => {
            let s = s.text(" has no entry and no snapshot for ").node(*peer);
            (45, s.text(format!(", who needs entry {write_index}; it compares again without end.")))
        }
        Event::SnapshotInstalled { index, peer: Some(peer) } => {
            (40, s.text(" learns that ").node(*peer).text(format!(" installed its snapshot up to {index}.")))
        }
        Event::SnapshotInstalled { index, .. } => {
            (55, s.text(format!(" installs the snapshot up to entry {index}.")))
        }
        Event::SnapshotRefused { index, code } => {
            (45, s.text(format!(" sees the snapshot up to {index} refused: ")).code(code.word()).text("."))
        }
        Event::SnapshotSlotBroken => {
            let text = " fails to take a snapshot: only the first one in a process works; it never answers.";
            (50, s.text(text))
        }
        Event::SnapshotLoaded { index } => (45, s.text(format!(" loads its snapshot up to entry {index}."))),
        _ => (0, s),
    }
}
