//! Pictures as tables, for readers who do not see them and for reports: the log, and the ways of the messages.

use kernel::view::{CellState, FlightEnd, PointerMark};
use lab::Session;
use serde::Serialize;

use crate::plain::number;

/// A node's log inside a window of indexes.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LogText {
    id: String,
    committed: f64,
    /// Index, term, value, and whether it is committed there; `null` when the node is down.
    cells: Vec<(f64, f64, String, Option<bool>)>,
    /// Name, and the mark it is drawn with.
    pointers: Vec<(&'static str, &'static str)>,
}

/// The logs inside a window of indexes.
pub fn log(session: &dyn Session, window: (u64, u64)) -> Vec<LogText> {
    let committed = |state: CellState| match state {
        CellState::Committed | CellState::Applied => Some(true),
        CellState::Unknown => None,
        CellState::InMemory | CellState::OnDisk | CellState::OldTermQuorum => Some(false),
    };
    let mark = |mark: PointerMark| match mark {
        PointerMark::Dot => "●",
        PointerMark::Triangle => "△",
        PointerMark::Diamond => "◇",
        PointerMark::Bar => "I",
    };
    let rows = session.log(window).rows.into_iter().map(|row| LogText {
        id: row.id.to_string(),
        #[allow(clippy::cast_precision_loss)]
        committed: row.committed as f64,
        pointers: row.pointers.iter().map(|pointer| (pointer.name, mark(pointer.mark))).collect(),
        cells: row
            .cells
            .into_iter()
            .filter(|cell| cell.change != kernel::view::CellChange::Removed)
            .map(|cell| (number(cell.index), number(cell.term), cell.value, committed(cell.state)))
            .collect(),
    });
    rows.collect()
}

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
pub fn flights(session: &mut dyn Session, most: usize) -> Vec<FlightText> {
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
