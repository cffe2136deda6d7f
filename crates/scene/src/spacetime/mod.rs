//! The space-time diagram: a lane a node, messages as slopes, events as diamonds.

mod events;
mod flights;

use kernel::NodeId;
use kernel::view::{Shape, SpaceTimeView, Stretch};

use crate::axis::{Axis, playhead_words};
use crate::geometry::{Bounds, cross, flag, role_mark};
use crate::hit::{Area, HitId, TimeAxis};
use crate::look::{Density, Look};
use crate::number::within;
use crate::overview::FUTURE;
use crate::scene::Scene;
use crate::shape::{Dash, Font, Ink, Paint, TextStyle};
use crate::text;

const FIRST_LANE: f32 = 32.0;
const FOOT: f32 = 24.0;

/// Where the lanes are.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Lanes {
    pub pitch: f32,
    pub count: usize,
}

impl Lanes {
    fn of(count: usize, look: &Look) -> Lanes {
        let pitch = match look.density {
            // A crowd leaves room for the log above.
            Density::Wide if count > 5 => 23.0,
            Density::Wide if look.width > 1680.0 => 34.0,
            Density::Wide => 30.0,
            Density::Compact if count > 5 => 20.0,
            Density::Compact | Density::Phone => 23.0,
        };
        Lanes { pitch, count }
    }

    pub fn y(&self, i: usize) -> f32 {
        FIRST_LANE + i as f32 * self.pitch
    }

    pub fn bottom(&self) -> f32 {
        self.y(self.count.saturating_sub(1)) + FOOT
    }
}

/// What every part of the diagram needs.
pub(crate) struct Frame<'a> {
    pub view: &'a SpaceTimeView,
    pub look: &'a Look,
    pub axis: Axis,
    pub lanes: Lanes,
    /// Where the playhead is.
    pub now: f32,
    /// What the playhead's words cover.
    pub flag: Bounds,
}

impl Frame<'_> {
    pub fn lane(&self, node: NodeId) -> Option<f32> {
        self.view.lanes.iter().position(|(id, ..)| *id == node).map(|i| self.lanes.y(i))
    }

    /// Whether a position is inside the plot.
    pub fn shows(&self, x: f32) -> bool {
        x >= self.axis.left - 0.5 && x <= self.axis.right + 0.5
    }

    /// The opacity of what happened at an instant.
    pub fn veil(&self, us: u64) -> u8 {
        if us > self.view.now_us { FUTURE } else { 100 }
    }

    /// Whether the node was down at an instant.
    pub fn was_down(&self, node: NodeId, us: u64) -> bool {
        let down = |s: &&Stretch| {
            s.node == node
                && matches!(s.shape, Shape::Crashed | Shape::Aborted)
                && s.from_us <= us
                && us <= s.to_us
        };
        self.view.stretches.iter().any(|s| down(&s))
    }
}

/// The height a diagram of so many lanes needs.
#[must_use]
pub fn space_time_height(lanes: usize, look: &Look) -> f32 {
    Lanes::of(lanes, look).bottom()
}

/// Draws the space-time diagram into the scene, which is cleared first.
pub fn space_time(view: &SpaceTimeView, look: &Look, scene: &mut Scene) {
    scene.clear(look.width, look.height, look.theme);
    scene.touch = look.touch;
    let left = if look.density == Density::Phone { 58.0 } else { 76.0 };
    let (from_us, to_us) = view.window_us;
    let axis =
        Axis { left, right: (look.width - 14.0).max(left + 1.0), from_us, to_us: to_us.max(from_us + 1) };
    let lanes = Lanes::of(view.lanes.len(), look);
    let now = axis.x(view.now_us);
    let words = playhead_words(view.now_us);
    let w = (text::width(&words, Font::MonoMedium, 11.0) + 20.0).max(70.0);
    let mut frame = Frame { view, look, axis, lanes, now, flag: Bounds::new(-999.0, 0.0, w, 16.0) };
    let shown = frame.shows(now);
    if shown {
        frame.flag.x = within(now - w / 2.0, 0.0, (look.width - w).max(0.0));
    }
    let bottom = lanes.bottom();
    axis.draw(scene, (16.0, bottom), 11.0, frame.flag);
    for (i, lane) in view.lanes.iter().enumerate() {
        head(scene, look, *lane, (lanes.y(i), left, lanes.pitch));
    }
    scene.clip(axis.left, 0.0, axis.right - axis.left, bottom);
    for stretch in &view.stretches {
        if let Some(y) = frame.lane(stretch.node) {
            lane(scene, &frame, stretch, y);
        }
    }
    let labels = events::place(&frame);
    flights::draw(&frame, &labels, scene);
    deaths(&frame, scene);
    scene.unclip();
    events::draw(&frame, &labels, scene);
    if shown {
        scene.line(now, 14.0, now, bottom, Paint::line(Ink::Ink, 1.5));
        events::present(&frame, scene);
        flag(scene, now, 0.0, look.width, &words);
    }
    scene.axis =
        Some(TimeAxis { x: axis.left, w: axis.right - axis.left, y: 0.0, h: bottom, from_us, to_us });
}

/// Role mark, name, term.
fn head(
    scene: &mut Scene,
    look: &Look,
    (id, term, shape): (NodeId, u64, Shape),
    (y, left, pitch): (f32, f32, f32),
) {
    let own = HitId::Node(id);
    if look.selects(own) || look.hovered == Some(own) {
        scene.rect(2.0, y - 11.0, left - 8.0, 22.0, 4.0, Paint::fill(Ink::Sel));
    }
    if look.focused == Some(own) {
        scene.rect(2.0, y - 11.0, left - 8.0, 22.0, 5.0, Paint::line(Ink::Ink, 2.0));
    }
    role_mark(scene, (14.0, y), shape);
    scene.text(26.0, y + 4.0, &id.to_string(), TextStyle::new(Font::SansSemi, 12.0, Ink::Ink));
    if left >= 76.0 {
        let style = TextStyle::new(Font::Mono, 11.0, Ink::Ink3).end();
        scene.text(left - 12.0, y + 4.0, &format!("T{term}"), style);
    }
    scene.spot(own, Area::Ground(0.0, y - pitch / 2.0, left - 2.0, pitch));
}

/// One stretch of a lane; right of the playhead it is paler.
fn lane(scene: &mut Scene, frame: &Frame<'_>, stretch: &Stretch, y: f32) {
    let axis = &frame.axis;
    let (from, to) = (stretch.from_us.max(axis.from_us), stretch.to_us.min(axis.to_us));
    let now_us = frame.view.now_us;
    let (fill, edge) = (Ink::fill_of(stretch.term), Ink::edge_of(stretch.term));
    for (a, b, future) in [(from, to.min(now_us), false), (from.max(now_us), to, true)] {
        if b <= a {
            continue;
        }
        scene.veil(if future { FUTURE } else { 100 });
        let (left, w) = (axis.x(a), (axis.x(b) - axis.x(a)).max(1.0));
        match stretch.shape {
            Shape::Leader => scene.rect(left, y - 4.0, w, 8.0, 1.5, Paint::fill(fill)),
            Shape::LeaderNotReady => {
                let paint = Paint::both(fill, edge, 1.0).fill_at(60).dashed(Dash::Tape);
                scene.rect(left, y - 4.0, w, 8.0, 1.5, paint);
            }
            Shape::Follower | Shape::Learner => {
                scene.rect(left, y - 1.5, w, 3.0, 1.0, Paint::fill(fill).at(45));
            }
            Shape::Candidate | Shape::PreCandidate => {
                let paint = Paint::both(Ink::Surface, edge, 1.2).dashed(Dash::Tape);
                scene.rect(left, y - 3.5, w, 7.0, 1.0, paint);
            }
            Shape::Crashed | Shape::Aborted | Shape::Booting | Shape::NotMember => {
                scene.line(left, y, left + w, y, Paint::line(Ink::Line3, 1.0).dashed(Dash::Short));
            }
        }
    }
    scene.veil(100);
}

/// ✕ where a node went down and ○ where it came back.
fn deaths(frame: &Frame<'_>, scene: &mut Scene) {
    for stretch in &frame.view.stretches {
        if !matches!(stretch.shape, Shape::Crashed | Shape::Aborted) {
            continue;
        }
        let Some(y) = frame.lane(stretch.node) else { continue };
        let (down, up) = (frame.axis.x(stretch.from_us), frame.axis.x(stretch.to_us));
        if stretch.from_us > frame.axis.from_us && frame.shows(down) {
            let ink = if stretch.shape == Shape::Aborted { Ink::Bad } else { Ink::Ink };
            scene.veil(frame.veil(stretch.from_us));
            cross(scene, (down, y), 9.0, ink, 2.25);
        }
        let back = frame.view.stretches.iter().any(|s| s.node == stretch.node && s.from_us == stretch.to_us);
        if back && stretch.to_us > stretch.from_us && frame.shows(up) {
            scene.veil(frame.veil(stretch.to_us));
            scene.circle(up, y, 3.0, Paint::both(Ink::Surface, Ink::Ink, 1.4));
        }
    }
    scene.veil(100);
}
