//! The branches of a run: a row each, joined where they part.

use kernel::view::{BranchView, OverviewView};

use crate::axis::Axis;
use crate::hit::{Area, HitId};
use crate::look::Look;
use crate::scene::Scene;
use crate::shape::{Font, Ink, Paint, Seg, TextStyle};
use crate::text;

const PITCH: f32 = 16.0;
const MOST: usize = 4;

/// How many rows the branches take: up to four, and one for what is left out.
pub(super) fn rows(view: &OverviewView) -> usize {
    match view.branches.len() {
        n if n > MOST => MOST + 1,
        n => n,
    }
}

/// The branches shown: the first four, the current one always among them.
fn shown(view: &OverviewView) -> Vec<&BranchView> {
    let mut list: Vec<&BranchView> = view.branches.iter().take(MOST).collect();
    if let Some(current) = view.branches.iter().skip(MOST).find(|b| b.current) {
        list.pop();
        list.push(current);
    }
    list
}

pub(super) fn draw(view: &OverviewView, axis: &Axis, (top, look): (f32, &Look), scene: &mut Scene) {
    let list = shown(view);
    let y_of = |id: u32| list.iter().position(|b| b.id == id).map(|i| top + i as f32 * PITCH);
    for (i, branch) in list.iter().enumerate() {
        let y = top + i as f32 * PITCH;
        let parent = branch.parent.and_then(|(id, _)| y_of(id)).filter(|p| *p < y);
        let id = HitId::Branch(branch.id);
        if look.hovered == Some(id) || look.focused == Some(id) {
            scene.rect(0.0, y - 8.0, look.width, PITCH, 0.0, Paint::fill(Ink::Hover));
        }
        let (font, ink) = if branch.current { (Font::SansSemi, Ink::Ink) } else { (Font::Sans, Ink::Ink3) };
        let name = text::fit(&branch.name, font, 11.0, axis.left - 16.0);
        // A name that is longer than the gutter stands whole before the line.
        let own = if name == branch.name { "" } else { branch.name.as_str() };
        let gap = if own.is_empty() || branch.cause.is_empty() { "" } else { ": " };
        let words = [own, gap, &branch.cause].concat();
        line(scene, (axis, view.now_us), branch, &words, (y, parent));
        scene.text(axis.left - 12.0, y + 4.0, &name, TextStyle::new(font, 11.0, ink).end());
        scene.spot(id, Area::Box(0.0, y - 8.0, look.width, PITCH));
    }
    // Where branches part, and where the present is, over the lines.
    for branch in &list {
        let Some(y) = y_of(branch.id) else { continue };
        let (fill, edge) = if branch.current { (Ink::Ink, Ink::Ink) } else { (Ink::Surface, Ink::Line3) };
        let parting =
            branch.parent.and_then(|(id, _)| y_of(id)).map(|parent| (parting(axis, branch), parent));
        if let Some((x, parent)) = parting {
            let joint = list.iter().any(|b| b.current && y_of(b.id) == Some(parent));
            let (f, e) = if joint { (Ink::Ink, Ink::Ink) } else { (Ink::Surface, Ink::Line3) };
            scene.circle(x, parent, 3.0, Paint::both(f, e, 1.5));
            scene.circle(x + 8.0, y, 3.0, Paint::both(fill, edge, 1.5));
        }
        // Where the present is the parting, the node there is it already.
        let now = axis.inside(view.now_us);
        if branch.current && parting.is_none_or(|(x, _)| now > x + 8.0 + 7.0) {
            scene.circle(now, y, 3.0, Paint::both(fill, edge, 1.5));
        }
    }
    let hidden = view.branches.len() - list.len();
    if hidden > 0 {
        let y = top + list.len() as f32 * PITCH;
        let style = TextStyle::new(Font::Sans, look.language.small(), Ink::Ink3);
        scene.text(axis.left, y + 4.0, &look.language.more_branches(hidden), style);
    }
}

/// Where a branch leaves its parent: a curve's width before the margin at the latest.
fn parting(axis: &Axis, branch: &BranchView) -> f32 {
    axis.inside(branch.from_us).min(axis.right - 9.0)
}

/// The line of a branch from where it parts to its tip, and of the one shown to the present, which may lie beyond the
/// last step; with what is said of it before it.
fn line(
    scene: &mut Scene,
    (axis, now_us): (&Axis, u64),
    branch: &BranchView,
    words: &str,
    (y, parent): (f32, Option<f32>),
) {
    let ink = if branch.current { Ink::Ink } else { Ink::Line3 };
    let pen = Paint::line(ink, 1.5);
    let start = if branch.parent.is_none() { axis.left } else { parting(axis, branch) };
    let tip = axis.inside(branch.to_us);
    let tip = tip.max(start + 9.0);
    let end = if branch.current { tip.max(axis.inside(now_us)) } else { tip };
    if let Some(parent) = parent {
        let segs = [
            Seg::Move(start, parent),
            Seg::Line(start, y - 8.0),
            Seg::Quad(start, y, start + 8.0, y),
            Seg::Line(end, y),
        ];
        scene.path(&segs, pen);
    } else {
        scene.line(start, y, end, y, pen);
    }
    scene.line(tip, y - 4.0, tip, y + 4.0, pen);
    if branch.parent.is_none() || words.is_empty() {
        return;
    }
    let style = TextStyle::new(Font::Sans, 11.0, Ink::Ink3).halo(4.0);
    let w = text::width(words, style.font, style.size);
    if start - 6.0 - w >= axis.left {
        scene.text(start - 6.0, y + 4.0, words, style.end());
    } else if start + 18.0 + w <= axis.right {
        scene.text(start + 18.0, y + 4.0, words, style);
    }
}
