//! Pointers in the lane under a row: what a leader knows of this follower, or a node of itself.

use kernel::view::{LogRow, LogView, PointerMark, PointerView};

use super::Grid;
use crate::geometry::{Bounds, diamond, tent};
use crate::number;
use crate::scene::Scene;
use crate::shape::{Font, Ink, Paint, Seg, TextStyle};
use crate::text;

/// Draws a row's pointers, with their names if asked; says whether names were drawn.
pub(super) fn row(
    view: &LogView,
    row: &LogRow,
    (grid, y): (&Grid, f32),
    asked: bool,
    scene: &mut Scene,
) -> bool {
    let y = y + grid.sizes.cell + 8.0;
    let mut places: Vec<(f32, &PointerView)> = Vec::with_capacity(row.pointers.len());
    for pointer in &row.pointers {
        let Some(x) = column(view, pointer.index, grid) else { continue };
        places.push((x, pointer));
    }
    spread(&mut places, grid.pitch);
    for &(x, pointer) in &places {
        mark(scene, (x, y), pointer.mark);
    }
    let mut taken: Vec<Bounds> = places.iter().map(|(x, _)| Bounds::centred(*x, y, 9.0, 12.0)).collect();
    behind(scene, row, (grid, y), (view.first, &mut taken));
    if let Some(words) = &row.pill {
        pill(scene, (grid.right - 12.0, y), words, &mut taken);
    }
    if !asked {
        return false;
    }
    // The feet of commit brackets reach into the lane: of the row above from above, of the next one from below.
    let next = view.rows.iter().skip_while(|other| other.id != row.id).nth(1);
    for (row, top) in [(Some(row), y - 8.0), (next, y + 2.0)] {
        if let Some(committed) = row.and_then(|row| u64::try_from(row.committed).ok()) {
            taken.push(Bounds::new(grid.x(committed) + grid.pitch - 6.0, top, 8.0, 6.0));
        }
    }
    let mut named = false;
    for (i, &(x, pointer)) in places.iter().enumerate() {
        named |= name(scene, (x, y), pointer, (i, &mut taken), grid);
    }
    named
}

/// Where a leader goes on sending, when that lies left of what is seen.
fn behind(scene: &mut Scene, row: &LogRow, (grid, y): (&Grid, f32), (first, taken): (u64, &mut Vec<Bounds>)) {
    let next = row.pointers.iter().filter(|p| matches!(p.mark, PointerMark::Triangle | PointerMark::Diamond));
    let unseen =
        |index: &u64| *index >= first && !grid.sees(grid.middle(*index)) && grid.middle(*index) < grid.right;
    let indexes = next.filter_map(|p| u64::try_from(p.index).ok());
    let Some(index) = indexes.filter(unseen).min() else { return };
    let words = format!("← {index}");
    let (right, w) = (grid.sizes.head - 5.0, text::width(&words, Font::Mono, 11.0));
    scene.text(right, y + 3.5, &words, TextStyle::new(Font::Mono, 11.0, Ink::Ink2).end());
    taken.push(Bounds::new(right - w, y - 6.0, w, 12.0));
}

/// The state of the leader's replicator at the right end of the lane, unless a mark stands there.
fn pill(scene: &mut Scene, (right, y): (f32, f32), words: &str, taken: &mut Vec<Bounds>) {
    let w = text::width(words, Font::Sans, 11.0);
    let area = Bounds::new(right - w, y - 6.0, w, 12.0);
    if taken.iter().all(|mark| !mark.meets(&area)) {
        scene.text(right, y + 3.5, words, TextStyle::new(Font::Sans, 11.0, Ink::Ink3).end());
        taken.push(area);
    }
}

/// The middle of a pointer's column; before the first index there is a place at the table's left edge.
fn column(view: &LogView, index: i64, grid: &Grid) -> Option<f32> {
    let before = i64::try_from(view.first).is_ok_and(|first| index < first);
    if before {
        return Some(grid.sizes.head - 7.0);
    }
    let x = grid.middle(u64::try_from(index).ok()?);
    grid.sees(x).then_some(x)
}

/// Marks of one column stand side by side.
fn spread(places: &mut [(f32, &PointerView)], pitch: f32) {
    kernel::sort_by_key(places, |(x, _)| number::rank(*x));
    let mut i = 0;
    while i < places.len() {
        let at = places[i].0;
        let same = places[i..].iter().take_while(|(x, _)| (x - at).abs() < 1.0).count();
        let apart = if same == 2 { 14.0 } else { 11.0 };
        let apart = if pitch < 20.0 { 10.0 } else { apart };
        for (k, place) in places[i..i + same].iter_mut().enumerate() {
            place.0 = at + (k as f32 - (same - 1) as f32 / 2.0) * apart;
        }
        i += same;
    }
    // Where columns are narrower than marks, marks push each other along.
    for i in 1..places.len() {
        places[i].0 = places[i].0.max(places[i - 1].0 + 9.5);
    }
}

/// Draws the mark of a pointer round a point.
pub(crate) fn mark(scene: &mut Scene, (x, y): (f32, f32), what: PointerMark) {
    let (x, y) = (crate::scene::snap(x), crate::scene::snap(y));
    let pen = Paint::line(Ink::Ink2, 1.25);
    match what {
        PointerMark::Dot => scene.circle(x, y, 3.5, Paint::fill(Ink::Ink2)),
        PointerMark::Triangle => tent(scene, (x, y - 1.0), pen),
        PointerMark::Diamond => diamond(scene, (x, y), 4.5, 0.5, pen),
        PointerMark::Bar => {
            let (top, bottom) = (y - 5.5, y + 5.5);
            let segs = [
                Seg::Move(x, top),
                Seg::Line(x, bottom),
                Seg::Move(x - 3.0, top),
                Seg::Line(x + 3.0, top),
                Seg::Move(x - 3.0, bottom),
                Seg::Line(x + 3.0, bottom),
            ];
            scene.path(&segs, pen);
        }
    }
}

/// The name left of a dot or diamond, right of a triangle or bar; on the other side or nowhere if it would
/// cover something.
fn name(
    scene: &mut Scene,
    (x, y): (f32, f32),
    pointer: &PointerView,
    (own, taken): (usize, &mut Vec<Bounds>),
    grid: &Grid,
) -> bool {
    let w = text::width(pointer.name, Font::Sans, 11.0);
    let right_first = matches!(pointer.mark, PointerMark::Triangle | PointerMark::Bar);
    for right in [right_first, !right_first] {
        let left = if right { x + 8.0 } else { x - 8.0 - w };
        // With air: a name that meets the next mark would seem to be that one's.
        let area = Bounds::new(left - 5.0, y - 6.0, w + 10.0, 12.0);
        let inside = left >= 2.0 && left + w <= grid.right - 2.0;
        let free = taken.iter().enumerate().all(|(i, b)| i == own || !b.meets(&area));
        if inside && free {
            let style = TextStyle::new(Font::Sans, 11.0, Ink::Ink3);
            let (at, style) = if right { (x + 8.0, style) } else { (x - 8.0, style.end()) };
            scene.text(at, y + 3.5, pointer.name, style);
            taken.push(area);
            return true;
        }
    }
    false
}
