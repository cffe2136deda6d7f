//! Cells: how an entry stands, what the step did to it, where commit is.

use kernel::view::{CellChange, CellState, CellView, LogRow, LogView, Tally};

use super::Grid;
use crate::geometry::gear;
use crate::hit::HitId;
use crate::look::Look;
use crate::scene::Scene;
use crate::shape::{Dash, Font, Ink, Paint, Seg, TextStyle};
use crate::text;
use crate::words::Language;

/// A cell's rectangle and what it has room for.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Frame {
    pub x: f32,
    pub y: f32,
    pub w: f32,
    pub h: f32,
    pub face: Face,
}

/// What a cell shows at a zoom step.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Face {
    /// Term left, value right.
    Full,
    /// Term in the middle.
    Term,
    /// Colour only.
    Plain,
}

impl Frame {
    fn of(grid: &Grid, index: u64, y: f32) -> Frame {
        let (face, gap) = match grid.pitch {
            p if p >= 44.0 => (Face::Full, 4.0),
            p if p >= 20.0 => (Face::Term, 4.0),
            _ => (Face::Plain, 2.0),
        };
        Frame { x: grid.x(index) + gap / 2.0, y, w: grid.pitch - gap, h: grid.sizes.cell, face }
    }

    fn radius(&self) -> f32 {
        if self.face == Face::Plain { 1.5 } else { 3.0 }
    }
}

/// Draws the entries, the snapshot and the commit bracket of a row.
pub(super) fn row(
    view: &LogView,
    row: &LogRow,
    (grid, y): (&Grid, f32),
    (cells, look): (&[CellView], &Look),
    scene: &mut Scene,
) {
    if let Some((index, term)) = row.snapshot {
        snapshot(scene, grid, (index, term), (y, look.language));
    }
    if grid.pitch < 8.0 {
        runs(scene, grid, cells, y);
    } else {
        for c in cells {
            let frame = Frame::of(grid, c.index, y);
            cell(scene, frame, c);
            if c.state == CellState::OldTermQuorum && frame.face != Face::Plain && c.index + 1 >= row.end {
                let words = format!("{}/{}", holders(view, c), view.rows.len());
                let style = TextStyle::new(Font::Mono, 11.0, Ink::Ink);
                scene.text(frame.x + frame.w + 8.0, y + frame.h / 2.0 + 4.0, &words, style);
            }
        }
    }
    let asked = match look.selected {
        Some(HitId::Cell { node, index }) if node == row.id && grid.pitch >= 8.0 => Some(index),
        _ => None,
    };
    if let Some(index) = asked {
        let f = Frame::of(grid, index, y);
        scene.rect(f.x - 2.0, f.y - 2.0, f.w + 4.0, f.h + 4.0, 5.0, Paint::line(Ink::Ink, 2.0));
    }
    if let Ok(committed) = u64::try_from(row.committed) {
        bracket(scene, grid, committed, y);
    }
}

/// How many nodes hold this entry.
fn holders(view: &LogView, cell: &CellView) -> usize {
    let holds = |r: &&LogRow| {
        let at = r.cells.partition_point(|c| c.index < cell.index);
        let same = r.cells[at..].iter().take_while(|c| c.index == cell.index);
        same.into_iter().any(|c| c.term == cell.term && c.change != CellChange::Removed)
    };
    view.rows.iter().filter(holds).count()
}

/// `]` on the border after the last committed column.
fn bracket(scene: &mut Scene, grid: &Grid, committed: u64, y: f32) {
    let x = grid.x(committed) + grid.pitch;
    if !grid.sees(x) || x <= grid.sizes.head {
        return;
    }
    let (top, bottom) = (y - 4.0, y + grid.sizes.cell + 4.0);
    commit_mark(scene, x, (top, bottom), 5.0_f32.min(grid.pitch.max(3.0)));
}

/// The bracket itself.
pub(crate) fn commit_mark(scene: &mut Scene, x: f32, (top, bottom): (f32, f32), foot: f32) {
    let x = crate::scene::snap(x);
    let points = [(x - foot, top), (x, top), (x, bottom), (x - foot, bottom)];
    scene.polyline(&points, false, Paint::line(Ink::Ink, 2.0));
}

/// At 3 and 1 px a column: neighbours of one term that stand alike are one rectangle.
fn runs(scene: &mut Scene, grid: &Grid, cells: &[CellView], y: f32) {
    let look = |c: &CellView| (c.term, share(c));
    let mut i = 0;
    while i < cells.len() {
        let start = &cells[i];
        let mut j = i + 1;
        while j < cells.len() && look(&cells[j]) == look(start) && cells[j].index <= cells[j - 1].index + 1 {
            j += 1;
        }
        let (left, right) = (grid.x(start.index), grid.x(cells[j - 1].index) + grid.pitch);
        let fill = Paint::fill(Ink::fill_of(start.term)).fill_at(share(start));
        scene.rect(left, y, right - left, grid.sizes.cell, 0.0, fill);
        i = j;
    }
}

/// How strong a fill is.
fn share(cell: &CellView) -> u8 {
    if cell.change == CellChange::Removed {
        return 8;
    }
    match cell.state {
        CellState::InMemory | CellState::OnDisk | CellState::OldTermQuorum => 20,
        CellState::Committed | CellState::Applied => 100,
        CellState::Unknown => 45,
    }
}

/// Draws one entry.
pub(crate) fn cell(scene: &mut Scene, f: Frame, cell: &CellView) {
    let (fill, edge) = (Ink::fill_of(cell.term), Ink::edge_of(cell.term));
    let r = f.radius();
    let open = Paint::both(fill, edge, 1.25).fill_at(20).dashed(Dash::Cell);
    let full = Paint::both(fill, edge, 1.0);
    if cell.change == CellChange::Removed {
        scene.rect(f.x, f.y, f.w, f.h, r, Paint::line(edge, 1.25).dashed(Dash::Short));
        words(scene, f, cell, (Ink::Ink3, false));
        let middle = f.y + f.h / 2.0;
        scene.line(f.x + 4.0, middle, f.x + f.w - 4.0, middle, Paint::line(edge, 1.5));
        return;
    }
    let (paint, ink) = match cell.state {
        CellState::InMemory | CellState::OnDisk | CellState::OldTermQuorum => (open, Ink::Ink),
        CellState::Committed | CellState::Applied => (full, Ink::On),
        CellState::Unknown => (full.fill_at(45), Ink::Ink),
    };
    scene.rect(f.x, f.y, f.w, f.h, r, paint);
    if cell.state == CellState::InMemory {
        scene.hatch((f.x, f.y, f.w, f.h), r, 5.0, Paint::line(Ink::Ink, 1.2).at(55));
        plates(scene, f, cell);
    }
    let laps = (cell.term / 12).min(3) as u8;
    if matches!(cell.state, CellState::Committed | CellState::Applied) && f.face != Face::Plain {
        for lap in 1..=laps {
            let inset = 1.5 + 1.5 * f32::from(lap);
            let line = Paint::line(ink, 1.0).at(60);
            scene.rect(f.x + inset, f.y + inset, f.w - 2.0 * inset, f.h - 2.0 * inset, 1.5, line);
        }
    }
    words(scene, f, cell, (ink, true));
    if cell.state == CellState::Applied {
        let (left, right) = if f.w >= 16.0 { (3.0, 3.0) } else { (2.0, 2.0) };
        let y = f.y + f.h - 2.5;
        scene.line(f.x + left, y, f.x + f.w - right, y, Paint::line(Ink::On, 2.0).at(55));
    }
    ballot(scene, f, cell.ballot);
    match cell.change {
        CellChange::None | CellChange::Removed => {}
        CellChange::Changed => ring(scene, f),
        CellChange::Replaced(old) => {
            corner(scene, f, old);
            ring(scene, f);
        }
    }
}

/// The height of a ballot's boxes: a low cell has its words above them.
fn boxes_height(f: Frame) -> f32 {
    if f.h < 22.0 { 3.0 } else { 4.0 }
}

/// A row of boxes for each half of the configuration, as many as a quorum needs; each that holds the entry fills one,
/// and a dot is in the leader's own. The old half of a joint configuration stands above.
fn ballot(scene: &mut Scene, f: Frame, [new, old]: [Tally; 2]) {
    if f.face == Face::Plain {
        return;
    }
    let h = boxes_height(f);
    for (half, y) in [(new, f.y + f.h - h - 1.0), (old, f.y + 1.0)] {
        let left = f.x + 3.0;
        let step = (f.w - 5.0) / f32::from(half.need.max(1));
        for at in 0..half.need {
            let (fill, x) =
                (if at < half.have { Ink::Ink } else { Ink::Surface }, left + step * f32::from(at));
            scene.rect(x, y, step - 1.0, h, 0.0, Paint::both(fill, Ink::Ink, 0.75));
            if at == 0 && half.own {
                scene.circle(x + (step - 1.0) / 2.0, y + h / 2.0, 1.1, Paint::fill(Ink::Surface));
            }
        }
    }
}

fn ring(scene: &mut Scene, f: Frame) {
    let (out, r) = if f.face == Face::Plain { (1.0, 2.0) } else { (2.0, 5.0) };
    let line = Paint::line(Ink::Ink, 1.5);
    scene.rect(f.x - out, f.y - out, f.w + 2.0 * out, f.h + 2.0 * out, r, line);
}

/// The corner of a replaced entry in its old term's colour.
fn corner(scene: &mut Scene, f: Frame, old: u64) {
    let size = 11.0_f32.min(f.w);
    let (right, top) = (f.x + f.w, f.y);
    let r = 3.0_f32.min(size / 2.0);
    let segs = [
        Seg::Move(right - size, top),
        Seg::Line(right - r, top),
        Seg::Quad(right, top, right, top + r),
        Seg::Line(right, top + size),
        Seg::Close,
    ];
    scene.path(&segs, Paint::fill(Ink::edge_of(old)));
}

/// Paper behind the letters of a hatched cell, so that they can be read.
fn plates(scene: &mut Scene, f: Frame, cell: &CellView) {
    if f.face == Face::Plain {
        return;
    }
    let term = text::width(&cell.term.to_string(), Font::SansBold, 12.0);
    let paint = Paint::fill(Ink::Surface).at(75);
    let (top, h) = (f.y + f.h / 2.0 - 7.5, 15.0);
    if f.face == Face::Term {
        scene.rect(f.x + f.w / 2.0 - term / 2.0 - 1.5, top, term + 3.0, h, 2.0, paint);
        return;
    }
    scene.rect(f.x + 4.5, top, term + 3.0, h, 2.0, paint);
    if let Some((value, right)) = value_of(f, cell) {
        let w = text::width(&value, Font::Mono, 11.0);
        scene.rect(f.x + f.w - right - w - 1.5, top, w + 3.0, h, 2.0, paint);
    }
}

/// The value as it fits, and its distance from the right side.
fn value_of(f: Frame, cell: &CellView) -> Option<(String, f32)> {
    if cell.value.is_empty() || is_config(&cell.value) {
        return None;
    }
    let term = text::width(&cell.term.to_string(), Font::SansBold, 12.0);
    let wide = text::width(&cell.value, Font::Mono, 11.0);
    let room = f.w - 6.0 - term - 5.0;
    if wide + 3.0 <= room {
        return Some((cell.value.clone(), 5.0));
    }
    // Part of a list of members says nothing: the wheel stands for it.
    if members(&cell.value) {
        return None;
    }
    let value = text::fit(&cell.value, Font::Mono, 11.0, f.w - 5.0 - term - 4.5);
    (value.chars().count() > 1).then_some((value, 3.0))
}

fn is_config(value: &str) -> bool {
    value == "config" || value == "joint"
}

/// `{012}`, and `{23|0123}` in a joint configuration.
fn members(value: &str) -> bool {
    value.starts_with('{') && value.ends_with('}')
}

/// How large a cell's words may be: the ballot of an old half leaves them the rest of a low cell.
fn largest(f: Frame, old: Tally) -> f32 {
    /// How much of a letter's size a digit is high.
    const DIGIT: f32 = 0.72;
    let top = if old.need > 0 { boxes_height(f) + 1.5 } else { 0.0 };
    (f.h / 2.0 + 4.0 - top) / DIGIT
}

fn words(scene: &mut Scene, f: Frame, cell: &CellView, (ink, bold): (Ink, bool)) {
    let font = if bold { Font::SansBold } else { Font::Sans };
    let most = largest(f, cell.ballot[1]);
    let term = TextStyle { size: most.min(12.0), ..TextStyle::new(font, 12.0, ink) };
    let y = f.y + f.h / 2.0 + 4.0;
    match f.face {
        Face::Plain => {}
        Face::Term => {
            let word = cell.term.to_string();
            let wide = text::width(&word, font, term.size);
            let size = if wide > f.w - 3.0 { term.size * (f.w - 3.0) / wide } else { term.size };
            scene.text(f.x + f.w / 2.0, y + 0.3, &word, TextStyle { size, ..term }.middle());
        }
        Face::Full => {
            scene.text(f.x + 6.0, y, &cell.term.to_string(), term);
            if let Some((value, right)) = value_of(f, cell) {
                let style = TextStyle::new(Font::Mono, most.min(11.0), ink).end();
                let style = if value == "noop" && bold { style.at(75) } else { style };
                scene.text(f.x + f.w - right, y, &value, style);
            } else if is_config(&cell.value) || members(&cell.value) {
                let at = (f.x + f.w - 11.0, f.y + f.h / 2.0 - 1.0);
                gear(scene, at, ink);
                if cell.value == "joint" || cell.value.contains('|') {
                    gear(scene, (at.0 - 12.5, at.1), ink);
                }
            }
        }
    }
}

/// Three stacked cells that end at the column of the last included entry.
fn snapshot(scene: &mut Scene, grid: &Grid, (index, term): (u64, u64), (y, language): (f32, Language)) {
    let right = grid.x(index) + grid.pitch;
    if right < grid.sizes.head || grid.x(index) > grid.right {
        return;
    }
    let f = Frame::of(grid, index, y);
    if f.face == Face::Plain {
        let w = f.w.max(6.0);
        scene.rect(right - w - 1.0, y, w, f.h, 1.0, Paint::both(Ink::fill_of(term), Ink::edge_of(term), 1.0));
        return;
    }
    stack(scene, (f.x, y, f.w - 6.0, f.h), term, &language.up_to(index));
}

/// A snapshot's stack; its front cell has this rectangle.
pub(crate) fn stack(scene: &mut Scene, (x, y, w, h): (f32, f32, f32, f32), term: u64, word: &str) {
    let paint = Paint::both(Ink::fill_of(term), Ink::edge_of(term), 1.0);
    for k in [2.0_f32, 1.0, 0.0] {
        scene.rect(x + 3.0 * k, y - 2.5 * k + 2.5, w, h - 2.5, 3.0, paint);
    }
    if text::width(word, Font::SansBold, 11.0) <= w - 6.0 {
        let style = TextStyle::new(Font::SansBold, 11.0, Ink::On).middle();
        scene.text(x + w / 2.0, y + 2.5 + (h - 2.5) / 2.0 + 4.0, word, style);
    }
}
