//! The log table: a row a node, a column an index. Its cost is what is visible, not what is in the logs.

mod cells;
mod pointers;

pub(crate) use cells::{Face, Frame, cell, commit_mark, stack};
pub(crate) use pointers::mark;

use kernel::view::{CellView, LogRow, LogView, Shape};

use crate::geometry::{acted_mark, role_mark};
use crate::hit::{Area, HitId};
use crate::look::{Density, Look};
use crate::number::within;
use crate::scene::Scene;
use crate::shape::{Font, Ink, Paint, TextStyle};
use crate::text;

/// The zoom steps of the table, in pixels a column.
pub const LOG_ZOOM: [f32; 5] = [56.0, 30.0, 12.0, 3.0, 1.0];

const HEADER: f32 = 24.0;
/// The lowest row: its cell still holds its words, and the lane below its marks.
const LEAST_ROW: f32 = 32.0;

/// Which columns of a log table are seen.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Columns {
    /// Pixels a column: one of [`LOG_ZOOM`], 32 or 28 on a phone.
    pub pitch: f32,
    /// The index at the left edge; a fraction is a column scrolled half away.
    pub first: f64,
}

impl Columns {
    /// The indexes seen in a pane: first, and one past the last. What the view should hold.
    #[must_use]
    pub fn window(&self, look: &Look) -> (u64, u64) {
        let room = (look.width - Sizes::of(look.density).head).max(0.0);
        let last = self.first + f64::from(room / self.pitch.max(1.0));
        (self.first.max(0.0).floor() as u64, last.max(0.0).ceil() as u64)
    }

    /// These columns scrolled so far that an index stands at the right edge, when it is not seen.
    #[must_use]
    pub fn showing(&self, index: u64, look: &Look) -> Columns {
        let room = f64::from((look.width - Sizes::of(look.density).head - 12.0) / self.pitch.max(1.0));
        let at = index as f64;
        if at < self.first {
            Columns { first: at, ..*self }
        } else if at + 1.0 > self.first + room {
            Columns { first: (at + 1.0 - room).ceil().max(0.0), ..*self }
        } else {
            *self
        }
    }
}

/// The height of a table of so many rows.
#[must_use]
pub fn log_height(rows: usize, density: Density) -> f32 {
    HEADER + rows as f32 * Sizes::of(density).row
}

/// Measures of the table at a density.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Sizes {
    pub head: f32,
    pub cell: f32,
    pub row: f32,
}

impl Sizes {
    pub fn of(density: Density) -> Sizes {
        match density {
            Density::Wide => Sizes { head: 118.0, cell: 26.0, row: 41.0 },
            Density::Compact => Sizes { head: 104.0, cell: 24.0, row: 40.0 },
            Density::Phone => Sizes { head: 90.0, cell: 24.0, row: 37.0 },
        }
    }

    /// Rows close up where the pane is lower than the table, as far as they can be read.
    fn fitted(self, rows: usize, height: f32) -> Sizes {
        let row = within((height - HEADER) / rows.max(1) as f32, LEAST_ROW, self.row);
        Sizes { row, cell: self.cell - (self.row - row), ..self }
    }
}

/// The grid a table is drawn on.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Grid {
    pub sizes: Sizes,
    pub pitch: f32,
    pub first: f64,
    pub right: f32,
}

impl Grid {
    /// Left border of a column.
    pub fn x(&self, index: u64) -> f32 {
        self.sizes.head + ((index as f64 - self.first) * f64::from(self.pitch)) as f32
    }

    /// Middle of a column.
    pub fn middle(&self, index: u64) -> f32 {
        self.x(index) + self.pitch / 2.0
    }

    pub fn sees(&self, x: f32) -> bool {
        x >= self.sizes.head - 0.5 && x <= self.right + 0.5
    }

    /// The cells of a row that are seen.
    pub fn seen<'a>(&self, cells: &'a [CellView], window: (u64, u64)) -> &'a [CellView] {
        let from = cells.partition_point(|c| c.index < window.0);
        let to = cells.partition_point(|c| c.index < window.1);
        cells.get(from..to).unwrap_or(&[])
    }
}

/// Draws the logs of a view into the scene, which is cleared first.
pub fn log_table(view: &LogView, look: &Look, columns: Columns, scene: &mut Scene) {
    scene.clear(look.width, look.height, look.theme);
    scene.touch = look.touch;
    let sizes = Sizes::of(look.density).fitted(view.rows.len(), look.height);
    let pitch = within(columns.pitch, 1.0, 120.0);
    let grid = Grid { sizes, pitch, first: columns.first.max(0.0), right: look.width };
    let window = columns.window(look);
    header(view, &grid, window, scene);
    let mut named = false;
    let places = (0..).map(|i| HEADER + i as f32 * sizes.row).take_while(|y| *y <= look.height);
    let rows = || places.clone().zip(&view.rows);
    // Under all rows: a band reaches into the lane of the row above.
    for (y, row) in rows() {
        band(row, look, (y, &sizes), scene);
    }
    for (y, row) in rows() {
        let down = matches!(row.shape, Shape::Crashed | Shape::Aborted);
        scene.veil(if down { 60 } else { 100 });
        head(row, (y, &sizes), scene);
        let rule = Paint::line(Ink::Line, 1.0);
        scene.line(sizes.head, y + sizes.cell + 0.5, look.width - 12.0, y + sizes.cell + 0.5, rule);
        scene.clip(sizes.head, 0.0, (look.width - sizes.head).max(0.0), look.height);
        cells::row(view, row, (&grid, y), (grid.seen(&row.cells, window), look), scene);
        scene.unclip();
        // What a leader knows of a node that is down is as true as ever.
        scene.veil(100);
        let asked = !named || hovers(look, row);
        named |= pointers::row(view, row, (&grid, y), asked, scene);
        if view.end > 0 {
            let end = row.cells.last().map_or(row.end, |c| (c.index + 1).max(row.end)).max(1);
            let area =
                Area::Columns(sizes.head, y, look.width - sizes.head, sizes.cell + 12.0, pitch, grid.first);
            scene.spot(HitId::Cell { node: row.id, index: end }, area);
        }
        scene.spot(HitId::Node(row.id), Area::Ground(0.0, y, sizes.head, sizes.row));
    }
    if view.rows.iter().all(|r| r.cells.is_empty() && r.snapshot.is_none()) && view.first >= view.end {
        let style = TextStyle::new(Font::Sans, 12.0, Ink::Ink3);
        scene.text(sizes.head + 6.0, HEADER + sizes.cell / 2.0 + 4.0, look.language.no_entries(), style);
    }
}

fn hovers(look: &Look, row: &LogRow) -> bool {
    match look.hovered {
        Some(HitId::Node(id)) => id == row.id,
        Some(HitId::Cell { node, .. }) => node == row.id,
        _ => false,
    }
}

/// The band of the acting, selected or hovered node.
fn band(row: &LogRow, look: &Look, (y, sizes): (f32, &Sizes), scene: &mut Scene) {
    if row.acted || look.selects(HitId::Node(row.id)) || look.hovered == Some(HitId::Node(row.id)) {
        scene.rect(0.0, y - 3.0, look.width, sizes.row, 0.0, Paint::fill(Ink::Hover));
    }
    if look.focused == Some(HitId::Node(row.id)) {
        scene.rect(2.0, y - 2.0, look.width - 4.0, sizes.row - 2.0, 5.0, Paint::line(Ink::Ink, 2.0));
    }
}

/// Triangle, role mark, name, term.
fn head(row: &LogRow, (y, sizes): (f32, &Sizes), scene: &mut Scene) {
    let middle = y + sizes.cell / 2.0;
    if row.acted {
        acted_mark(scene, 11.0, middle);
    }
    role_mark(scene, (22.0, middle), row.shape);
    scene.text(34.0, middle + 4.0, &row.id.to_string(), TextStyle::new(Font::SansSemi, 12.0, Ink::Ink));
    let term = TextStyle::new(Font::Mono, 11.0, Ink::Ink3).end();
    scene.text(sizes.head - 14.0, middle + 4.0, &format!("T{}", row.term), term);
}

/// Numbers above the columns, as many as have room; changed ones always, in ink.
fn header(view: &LogView, grid: &Grid, window: (u64, u64), scene: &mut Scene) {
    let quiet = TextStyle::new(Font::Mono, 11.0, Ink::Ink3).middle();
    let hot = TextStyle::new(Font::MonoSemi, 11.0, Ink::Ink).middle();
    let widest = text::width(&window.1.to_string(), Font::Mono, 11.0);
    let room = |index: u64| grid.sees(grid.middle(index) - 4.0) && grid.middle(index) + 4.0 < grid.right;
    let changed: Vec<u64> =
        view.changed.iter().copied().filter(|&i| i >= window.0 && i < window.1 && room(i)).take(64).collect();
    let mut taken: Vec<f32> = Vec::new();
    for &index in &changed {
        let x = grid.middle(index);
        if taken.iter().all(|t| (t - x).abs() >= widest + 6.0) {
            scene.text(x, 14.0, &index.to_string(), hot);
            taken.push(x);
        }
    }
    let step = nice_step((widest + 8.0) / grid.pitch);
    let mut index = window.0.next_multiple_of(step);
    while index < window.1 {
        let x = grid.middle(index);
        if room(index) && taken.iter().all(|t| (t - x).abs() >= widest + 6.0) {
            scene.text(x, 14.0, &index.to_string(), quiet);
        }
        index += step;
    }
}

/// The next of 1, 2, 5, 10, 20, 50 … that is at least so much.
fn nice_step(least: f32) -> u64 {
    let mut decade = 1;
    loop {
        for factor in [1, 2, 5] {
            if (decade * factor) as f32 >= least {
                return decade * factor;
            }
        }
        decade *= 10;
    }
}
