//! Sentences about logs, pushes, clients, transfers and snapshots.

use alloc::format;
use kernel::Sentence;

use crate::event::Event;

/// The sentence of an event that is not about elections; `s` names who.
pub(crate) fn tell(s: Sentence, event: &Event) -> (u8, Sentence) {
    (10, s.text(format!(" {event:?}")))
}
