//! A message, whole, for the inspector. What of it is the engine's stands as the engine says it.

use kernel::view::FlightEnd;
use lab::{IfLost, MessageFate};
use serde::Serialize;

use crate::plain::{number, sign};

/// A message, whole. Instants are global microseconds.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MessageText {
    /// Its causal name: the step that sent it and its place among that step's effects.
    name: String,
    letter: String,
    reply: bool,
    sign: &'static str,
    kind: String,
    /// What the engine says of it: `prev=4/2 c=3`.
    detail: String,
    term: f64,
    index: Option<f64>,
    from: String,
    to: String,
    call: Option<String>,
    sent_us: f64,
    due_us: Option<f64>,
    held: bool,
    copy: bool,
    no_effect: bool,
    if_lost: &'static str,
    lost_at_us: Option<f64>,
    arrived_us: Option<f64>,
    gone_us: Option<f64>,
}

/// A message as the page reads it.
pub fn message(fate: &MessageFate) -> MessageText {
    let detail = &fate.detail;
    let view = &detail.view;
    let (arrived, gone) = match fate.ended {
        Some(FlightEnd::Arrived(at)) => (Some(at), None),
        Some(FlightEnd::Lost(at)) => (None, Some(at)),
        Some(FlightEnd::Flying(_) | FlightEnd::Held(_)) | None => (None, None),
    };
    let over = fate.ended.is_some();
    let (if_lost, lost_at) = match detail.if_lost {
        IfLost::Silence => ("silence", None),
        IfLost::TimesOut(at) => ("timesOut", Some(number(at.0))),
        IfLost::Breaks(at) => ("breaks", Some(number(at.0))),
    };
    MessageText {
        name: view.id.to_string(),
        letter: view.letter.to_string(),
        reply: view.reply,
        sign: sign(view.sign),
        kind: view.kind.clone(),
        detail: view.detail.clone(),
        term: number(view.term),
        index: detail.index.map(number),
        from: view.from.to_string(),
        to: view.to.to_string(),
        call: detail.call.map(|call| call.to_string()),
        sent_us: number(detail.sent.0),
        due_us: detail.due.filter(|_| !over).map(|due| number(due.0)),
        held: view.held && !over,
        copy: view.copy,
        no_effect: view.no_effect && !over,
        if_lost: if over { "silence" } else { if_lost },
        lost_at_us: lost_at.filter(|_| !over),
        arrived_us: arrived.map(number),
        gone_us: gone.map(number),
    }
}
