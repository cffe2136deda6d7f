//! The overview: the whole run as tapes, its marks, the window of the space-time diagram, the branches.

mod branches;
mod marks;

use kernel::NodeId;
use kernel::view::{OverviewView, Shape, Stretch};

use crate::axis::{Axis, playhead_words};
use crate::geometry::{Bounds, flag};
use crate::hit::{Area, HitId, TimeAxis};
use crate::look::{Density, Look};
use crate::number::within;
use crate::scene::Scene;
use crate::shape::{Dash, Font, Ink, Paint, TextStyle};
use crate::text;

/// Opacity of what lies right of the playhead.
pub(crate) const FUTURE: u8 = 38;

const TOP: f32 = 30.0;

/// Measures of the tapes.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Tapes {
    pub row: f32,
    pub count: usize,
}

impl Tapes {
    fn of(nodes: usize, density: Density) -> Tapes {
        let row = match nodes {
            8.. => 7.0,
            // A crowd leaves room for the log above.
            6.. if density != Density::Wide => 9.0,
            _ => 10.0,
        };
        Tapes { row, count: nodes }
    }

    /// Top of a node's tape.
    pub fn y(&self, i: usize) -> f32 {
        TOP + i as f32 * (self.row + 2.0)
    }

    /// Where the tapes end.
    pub fn bottom(&self) -> f32 {
        self.y(self.count)
    }
}

/// The height an overview needs.
#[must_use]
pub fn overview_height(view: &OverviewView, density: Density) -> f32 {
    let rows = if density == Density::Wide { branches::rows(view) } else { 0 };
    let tail = if rows == 0 { 4.0 } else { 8.0 + 16.0 * rows as f32 };
    Tapes::of(view.nodes.len(), density).bottom() + tail
}

/// Draws the overview into the scene, which is cleared first. Branches are drawn at wide density only.
pub fn overview(view: &OverviewView, look: &Look, scene: &mut Scene) {
    scene.clear(look.width, look.height, look.theme);
    scene.touch = look.touch;
    let left = if look.density == Density::Phone { 34.0 } else { 76.0 };
    let axis =
        Axis { left, right: (look.width - 14.0).max(left + 1.0), from_us: 0, to_us: view.end_us.max(1) };
    let tapes = Tapes::of(view.nodes.len(), look.density);
    let bottom = tapes.bottom();
    let now = axis.inside(view.now_us);
    let words = playhead_words(view.now_us);
    let flag_width = (text::width(&words, Font::MonoMedium, 11.0) + 20.0).max(70.0);
    let flag_left = within(now - flag_width / 2.0, 0.0, (look.width - flag_width).max(0.0));
    axis.draw(scene, (14.0, bottom), 10.0, Bounds::new(flag_left, 0.0, flag_width, 16.0));
    marks::spans(view, &axis, bottom, scene);
    window(view, &axis, bottom, scene);
    names(view, &tapes, left, scene);
    for stretch in &view.stretches {
        if let Some(i) = view.nodes.iter().position(|n| *n == stretch.node) {
            tape(scene, &axis, stretch, (tapes.y(i), tapes.row), view.now_us);
        }
    }
    marks::draw(view, &axis, &tapes, look, scene);
    let mut foot = bottom + 2.0;
    if look.density == Density::Wide && branches::rows(view) > 0 {
        branches::draw(view, &axis, (bottom + 12.0, look), scene);
        foot = bottom + 12.0;
    }
    scene.line(now, 12.0, now, foot, Paint::line(Ink::Ink, 1.5));
    flag(scene, now, 0.0, look.width, &words);
    let (w, h) = (axis.right - axis.left, bottom);
    scene.axis = Some(TimeAxis { x: axis.left, w, y: 0.0, h, from_us: axis.from_us, to_us: axis.to_us });
}

fn names(view: &OverviewView, tapes: &Tapes, left: f32, scene: &mut Scene) {
    if tapes.row < 9.0 {
        return;
    }
    for (i, node) in view.nodes.iter().enumerate() {
        let style = TextStyle::new(Font::Sans, 10.5, Ink::Ink3).end();
        scene.text(left - 12.0, tapes.y(i) + tapes.row - 1.2, &node.to_string(), style);
        scene.spot(HitId::Node(*node), Area::Ground(0.0, tapes.y(i), left - 4.0, tapes.row + 2.0));
    }
}

/// The window of the space-time diagram; its body is dragged, its edges resize.
fn window(view: &OverviewView, axis: &Axis, bottom: f32, scene: &mut Scene) {
    let (from, to) = view.window_us;
    if to <= from {
        return;
    }
    let (a, b) = (axis.inside(from), axis.inside(to));
    let paint = Paint::both(Ink::Ink, Ink::Line3, 1.0).fill_at(5);
    scene.rect(a, 13.0, (b - a).max(4.0), bottom - 11.0, 3.0, paint);
    scene.spot(HitId::Window, Area::Ground(a, 13.0, b - a, bottom - 11.0));
    scene.spot(HitId::WindowFrom, Area::Box(a - 4.0, 13.0, 8.0, bottom - 11.0));
    scene.spot(HitId::WindowTo, Area::Box(b - 4.0, 13.0, 8.0, bottom - 11.0));
}

/// One stretch of a node's tape; right of the playhead it is paler.
fn tape(scene: &mut Scene, axis: &Axis, stretch: &Stretch, (y, h): (f32, f32), now_us: u64) {
    let (from, to) = (stretch.from_us.max(axis.from_us), stretch.to_us.min(axis.to_us));
    if to < from {
        return;
    }
    for (a, b, future) in [(from, to.min(now_us), false), (from.max(now_us), to, true)] {
        if b <= a {
            continue;
        }
        scene.veil(if future { FUTURE } else { 100 });
        let (left, right) = (axis.x(a), axis.x(b));
        piece(scene, stretch, (left, y, (right - left - 0.5).max(1.0), h));
    }
    scene.veil(100);
    let leads = matches!(stretch.shape, Shape::Leader | Shape::LeaderNotReady);
    if leads && h >= 9.0 {
        let past = from < now_us;
        let end = if past { to.min(now_us) } else { to };
        leader_words(scene, (stretch.node, stretch.term), (axis.x(from), axis.x(end), y + h - 1.6), past);
    }
}

/// `n3 · T4` inside a leader's tape, if it fits.
fn leader_words(
    scene: &mut Scene,
    (node, term): (NodeId, u64),
    (left, right, y): (f32, f32, f32),
    past: bool,
) {
    let words = format!("{node} · T{term}");
    let need = text::width(&words, Font::SansSemi, 10.0) + 8.0;
    if right - left >= need.max(46.0) {
        let ink = if past { Ink::On } else { Ink::Ink };
        scene.text(left + 5.0, y, &words, TextStyle::new(Font::SansSemi, 10.0, ink));
    }
}

fn piece(scene: &mut Scene, stretch: &Stretch, (x, y, w, h): (f32, f32, f32, f32)) {
    let (fill, edge) = (Ink::fill_of(stretch.term), Ink::edge_of(stretch.term));
    match stretch.shape {
        Shape::Leader => scene.rect(x, y, w, h, 1.0, Paint::both(fill, edge, 0.75)),
        Shape::LeaderNotReady => {
            scene.rect(x, y, w, h, 1.0, Paint::both(fill, edge, 0.75).dashed(Dash::Tape))
        }
        Shape::Follower | Shape::Learner => scene.rect(x, y, w, h, 1.0, Paint::fill(fill).at(50)),
        Shape::Candidate | Shape::PreCandidate => {
            let paint = Paint::line(edge, 1.2).dashed(Dash::Tape);
            scene.rect(x + 0.5, y + 0.5, (w - 1.0).max(1.0), h - 1.0, 1.0, paint);
        }
        Shape::Crashed | Shape::Aborted | Shape::Booting | Shape::NotMember => {
            let middle = y + h / 2.0;
            scene.line(x, middle, x + w, middle, Paint::line(Ink::Line3, 1.0).dashed(Dash::Short));
        }
    }
}
