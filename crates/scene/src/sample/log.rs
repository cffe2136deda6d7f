use kernel::NodeId;
use kernel::view::{
    CellChange, CellState, CellView, LogRow, LogView, PointerMark, PointerView, Shape, Tally,
};

/// An applied or uncommitted entry.
#[must_use]
pub(crate) fn cell(index: u64, term: u64, value: &str, state: CellState) -> CellView {
    CellView { index, term, value: value.into(), state, ballot: Default::default(), change: CellChange::None }
}

fn history(to: u64, state: CellState) -> Vec<CellView> {
    let values = ["noop", "x=1", "y=2", "noop", "x=3", "noop", "x=5", "z=1", "y=4"];
    let terms = [1, 1, 1, 2, 2, 4, 4, 4, 4];
    let entries = (1..=to).zip(terms.into_iter().zip(values));
    entries.map(|(index, (term, value))| cell(index, term, value, state)).collect()
}

fn row(id: u8, shape: Shape, term: u64, cells: Vec<CellView>, committed: i64) -> LogRow {
    let end = cells.last().map_or(1, |c| c.index + 1);
    LogRow {
        id: NodeId(id),
        shape,
        term,
        acted: false,
        first: 1,
        end,
        committed,
        snapshot: None,
        cells,
        pointers: Vec::new(),
        pill: None,
    }
}

fn pointers(matched: i64, next: i64) -> Vec<PointerView> {
    vec![
        PointerView { name: "match", mark: PointerMark::Dot, index: matched },
        PointerView { name: "next", mark: PointerMark::Triangle, index: next },
    ]
}

/// The logs of [`super::repair`]: a follower's entry was replaced in this step and one removed.
#[must_use]
pub fn repair_log() -> LogView {
    let applied = |to| history(to, CellState::Applied);
    let mut rows = vec![
        row(0, Shape::Follower, 4, applied(8), 8),
        row(1, Shape::Crashed, 2, history(7, CellState::Unknown), -1),
        row(2, Shape::Leader, 4, applied(9), 8),
        row(3, Shape::Follower, 4, applied(8), 8),
        row(4, Shape::Follower, 4, applied(7), 6),
    ];
    for (i, term) in [(5, 2), (6, 2)] {
        rows[1].cells[i].term = term;
    }
    rows[2].cells[8].state = CellState::OnDisk;
    rows[2].cells[8].ballot[0] = Tally::new(1, 5);
    rows[4].cells[5].change = CellChange::Replaced(2);
    rows[4].cells[6] = CellView { change: CellChange::Removed, ..cell(7, 2, "x=8", CellState::OnDisk) };
    rows[4].acted = true;
    rows[4].end = 7;
    rows[0].pill = Some("R ●".into());
    rows[0].pointers = pointers(8, 10);
    rows[1].pointers = pointers(0, 6);
    rows[3].pointers = pointers(8, 10);
    rows[4].pointers = pointers(0, 6);
    LogView { first: 1, end: 10, changed: vec![6, 7], rows }
}

/// Logs of so many entries in five terms, the last part not committed; a snapshot; an entry in memory.
#[must_use]
pub fn long_log(entries: u64, from: u64) -> LogView {
    let share = entries.div_ceil(5).max(1);
    let build = |short: u64| -> Vec<CellView> {
        let end = entries.saturating_sub(short);
        let state = |i: u64| match entries - i {
            0..=1 => CellState::InMemory,
            2..=4 => CellState::OnDisk,
            5..=6 => CellState::Committed,
            _ => CellState::Applied,
        };
        (from..end).map(|i| cell(i, 1 + i / share, &format!("x={}", i % 10), state(i))).collect()
    };
    let rows = (0..3).map(|id| {
        let cells = build(u64::from(id) * 3);
        let committed = i64::try_from(entries).unwrap_or(i64::MAX) - 5;
        let shape = if id == 0 { Shape::Leader } else { Shape::Follower };
        let snapshot = (from > 0).then(|| (from - 1, 1 + (from - 1) / share));
        let mut row = LogRow { snapshot, first: from, ..row(id, shape, 5, cells, committed) };
        if id > 0 {
            let end = i64::try_from(row.end).unwrap_or(i64::MAX);
            row.pointers = vec![
                PointerView { name: "watermark", mark: PointerMark::Dot, index: end - 1 },
                PointerView { name: "compareIndex", mark: PointerMark::Diamond, index: end - 3 },
                PointerView { name: "writeIndex", mark: PointerMark::Triangle, index: end },
            ];
        } else {
            row.pointers = vec![PointerView {
                name: "durable",
                mark: PointerMark::Bar,
                index: i64::try_from(entries).unwrap_or(i64::MAX) - 2,
            }];
        }
        row
    });
    LogView { first: from, end: entries, changed: vec![entries.saturating_sub(1)], rows: rows.collect() }
}
