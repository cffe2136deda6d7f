//! Links: up, down, shaped, cut one way or both.

use kernel::view::{LinkView, RingView};

use super::Spotlight;
use super::plan::Plan;
use crate::geometry::{arrowhead, cross};
use crate::hit::{Area, HitId};
use crate::look::Look;
use crate::scene::Scene;
use crate::shape::{Dash, Ink, Paint};

/// What keeps a link from working; first match wins.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Wire {
    Up,
    Down,
    Shaped,
    CutBoth,
    /// Cut from the first end to the second.
    CutForth,
    /// Cut from the second end to the first.
    CutBack,
}

impl Wire {
    fn of(link: &LinkView) -> Wire {
        match (link.cut_ab, link.cut_ba) {
            (true, true) => Wire::CutBoth,
            (true, false) => Wire::CutForth,
            (false, true) => Wire::CutBack,
            (false, false) if link.down => Wire::Down,
            (false, false) if link.shaped => Wire::Shaped,
            (false, false) => Wire::Up,
        }
    }
}

pub(super) fn draw(view: &RingView, plan: &Plan, look: &Look, light: &Spotlight, scene: &mut Scene) {
    for link in &view.links {
        let (Some(a), Some(b)) = (plan.place(link.a), plan.place(link.b)) else { continue };
        let (dx, dy) = (b.x - a.x, b.y - a.y);
        let len = dx.hypot(dy).max(1.0);
        let gap = (plan.b + 13.0).min(len / 2.0);
        let (ux, uy) = (dx / len * gap, dy / len * gap);
        let (from, to) = ((a.x + ux, a.y + uy), (b.x - ux, b.y - uy));
        scene.veil(light.between(link.a, link.b));
        let id = HitId::Link(link.a.min(link.b), link.a.max(link.b));
        let chosen = look.selects(id) || look.focused == Some(id);
        wire(scene, (from, to), Wire::of(link), chosen);
        scene.spot(id, Area::Line(from.0, from.1, to.0, to.1));
    }
    for node in &view.nodes {
        let Some(lane) = node.handing_to.and_then(|to| plan.place(to)).zip(plan.place(node.id)) else {
            continue;
        };
        let (to, from) = lane;
        let (dx, dy) = (to.x - from.x, to.y - from.y);
        let len = dx.hypot(dy).max(1.0);
        let (ux, uy) = (dx / len, dy / len);
        let (near, far) = (plan.b + 13.0, len - plan.b - 13.0);
        let tip = (from.x + ux * far, from.y + uy * far);
        scene.veil(light.between(node.id, to.id));
        scene.line(from.x + ux * near, from.y + uy * near, tip.0, tip.1, Paint::line(Ink::Ink, 1.5));
        arrowhead(scene, tip, (ux, uy), 7.0, 6.0, Ink::Ink);
    }
    scene.veil(100);
}

/// Discs round the ✕ of cut links, which chips keep clear of.
pub(super) fn marks(view: &RingView, plan: &Plan) -> Vec<(f32, f32, f32)> {
    let cut = view.links.iter().filter(|link| link.cut_ab || link.cut_ba);
    let ends = cut.filter_map(|link| plan.place(link.a).zip(plan.place(link.b)));
    ends.map(|(a, b)| ((a.x + b.x) / 2.0, (a.y + b.y) / 2.0, 9.0)).collect()
}

/// Draws one link between two points. A chosen one is the same in ink: what is cut of it still shows.
pub(crate) fn wire(scene: &mut Scene, (from, to): ((f32, f32), (f32, f32)), wire: Wire, chosen: bool) {
    let pen = |paint| if chosen { Paint::line(Ink::Ink, 2.0) } else { paint };
    let up = pen(Paint::line(Ink::Line2, 1.0).at(75));
    let cut = pen(Paint::line(Ink::Ink3, 1.25)).dashed(Dash::Cut);
    let line = |scene: &mut Scene, a: (f32, f32), b: (f32, f32), paint| scene.line(a.0, a.1, b.0, b.1, paint);
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let len = dx.hypot(dy).max(1.0);
    let dir = (dx / len, dy / len);
    match wire {
        Wire::Up => line(scene, from, to, up),
        Wire::Down => line(scene, from, to, pen(Paint::line(Ink::Line2, 1.0)).dashed(Dash::Dots).round()),
        Wire::Shaped => line(scene, from, to, pen(Paint::line(Ink::Ink3, 1.0)).dashed(Dash::Shaped)),
        Wire::CutBoth => {
            let middle = ((from.0 + to.0) / 2.0, (from.1 + to.1) / 2.0);
            line(scene, from, step(middle, dir, -10.0), cut);
            line(scene, to, step(middle, dir, 10.0), cut);
            cross(scene, middle, 8.0, Ink::Ink, 1.6);
        }
        Wire::CutForth => one_way(scene, (from, to), dir, &up, &cut),
        Wire::CutBack => one_way(scene, (to, from), (-dir.0, -dir.1), &up, &cut),
    }
}

/// The dead way leads from the first point to the second; both lanes keep right.
fn one_way(
    scene: &mut Scene,
    (from, to): ((f32, f32), (f32, f32)),
    dir: (f32, f32),
    up: &Paint,
    cut: &Paint,
) {
    let right = (-dir.1, dir.0);
    let (live_a, live_b) = (step(from, right, -3.0), step(to, right, -3.0));
    scene.line(live_a.0, live_a.1, live_b.0, live_b.1, *up);
    let (a, b) = (step(from, right, 3.0), step(to, right, 3.0));
    let middle = ((a.0 + b.0) / 2.0, (a.1 + b.1) / 2.0);
    let (before, after) = (step(middle, dir, -12.0), step(middle, dir, 8.0));
    scene.line(a.0, a.1, before.0, before.1, *cut);
    scene.line(b.0, b.1, after.0, after.1, *cut);
    cross(scene, middle, 6.0, Ink::Ink, 1.6);
    arrowhead(scene, step(middle, dir, -6.0), dir, 6.0, 6.0, Ink::Ink3);
}

fn step(p: (f32, f32), dir: (f32, f32), by: f32) -> (f32, f32) {
    (p.0 + dir.0 * by, p.1 + dir.1 * by)
}
