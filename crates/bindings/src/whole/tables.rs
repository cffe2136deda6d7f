//! The pictures as tables, for readers of the page who do not see them.

use kernel::view::{CellChange, CellState};
use wasm_bindgen::JsValue;

use crate::Run;
use crate::plain::{Row, list, number};

/// The nodes as the ring shows them, in words.
pub fn nodes(session: &Run) -> JsValue {
    let ring = session.ring(session.status().now_us);
    list(ring.nodes.into_iter().map(|node| {
        Row::new()
            .put("id", node.id.to_string())
            .put("role", node.role)
            .put("facts", node.facts)
            .put("term", number(node.term))
            .into()
    }))
}

/// The logs of the nodes inside a window of indexes. A cell is its index, term and value, whether it is committed there
/// (`null` when the node is down), its ballot as `1/2`, a pair for each half, and whether the leader itself is counted
/// there. A pointer is its name and its index.
pub fn log(session: &Run, window: (u64, u64)) -> JsValue {
    let committed = |state: CellState| match state {
        CellState::Committed | CellState::Applied => Some(true),
        CellState::Unknown => None,
        CellState::InMemory | CellState::OnDisk | CellState::OldTermQuorum => Some(false),
    };
    list(session.log(window).rows.into_iter().map(|row| {
        let cells = row.cells.into_iter().filter(|cell| cell.change != CellChange::Removed).map(|cell| {
            let committed = committed(cell.state).map_or(JsValue::NULL, JsValue::from);
            let halves = cell.ballot.iter().filter(|half| half.need > 0);
            let own = halves.clone().any(|half| half.own);
            let ballot: Vec<String> = halves.map(|half| format!("{}/{}", half.have, half.need)).collect();
            let (index, term) = (number(cell.index).into(), number(cell.term).into());
            let fields = [index, term, cell.value.into(), committed, ballot.join(" ").into(), own.into()];
            list(fields.into_iter())
        });
        let pointers = row.pointers.iter().map(|at| {
            #[allow(clippy::cast_precision_loss)]
            let index = at.index as f64;
            list([at.name.into(), index.into()].into_iter())
        });
        Row::new()
            .put("id", row.id.to_string())
            .put_all("cells", cells)
            .put_all("pointers", pointers)
            .put("pill", row.pill.unwrap_or_default())
            .into()
    }))
}
