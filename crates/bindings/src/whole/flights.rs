//! The ways of the messages as a table, for reports.

use kernel::view::FlightEnd;
use serde::Serialize;

use crate::Run;
use crate::plain::number;

/// The way of a message: sender, receiver, label, term, when it was sent, how it ended and when.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FlightText {
    from: String,
    to: String,
    label: String,
    reply: bool,
    sent_us: f64,
    lost: bool,
    ended_us: f64,
}

/// The last messages of the branch that arrived or were lost up to now, in the order they did.
pub fn flights(session: &mut Run, most: usize) -> Vec<FlightText> {
    let now_us = session.status().now_us;
    let flights = session.space_time((0, now_us)).flights;
    let ended = flights.into_iter().filter_map(|flight| {
        let (lost, at) = match flight.end {
            FlightEnd::Arrived(at) => (false, at),
            FlightEnd::Lost(at) => (true, at),
            FlightEnd::Flying(_) | FlightEnd::Held(_) => return None,
        };
        (at <= now_us).then(|| FlightText {
            from: flight.from.to_string(),
            to: flight.to.to_string(),
            label: flight.label,
            reply: flight.reply,
            sent_us: number(flight.sent_us),
            lost,
            ended_us: number(at),
        })
    });
    let mut ended: Vec<_> = ended.collect();
    ended.sort_by(|a, b| a.ended_us.total_cmp(&b.ended_us));
    ended.drain(..ended.len().saturating_sub(most));
    ended
}
