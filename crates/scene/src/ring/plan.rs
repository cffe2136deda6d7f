//! Where the nodes of the ring stand.

use core::f32::consts::{PI, TAU};

use kernel::NodeId;
use kernel::view::{RingView, Shape};

use crate::look::{Density, Look};
use crate::number::{cos, sin, sin_cos};
use crate::scene::snap;
use crate::shape::Font;
use crate::text;

/// Where labels go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Labels {
    /// Beside the nodes, outward, three lines.
    Beside,
    /// Above the upper half, below the lower half, right of the first; two lines.
    AboveBelow,
    /// Beside, two lines: a low, narrow pane.
    Phone,
}

/// One node's place.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Place {
    pub id: NodeId,
    pub x: f32,
    pub y: f32,
    /// Direction from the middle of the ring.
    pub dir: (f32, f32),
}

/// The geometry of a ring in a pane.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Plan {
    /// Radius of a body.
    pub b: f32,
    pub labels: Labels,
    /// Radius of the ring.
    pub radius: f32,
    pub places: Vec<Place>,
}

/// Radius of the bodies: by the pane and the number of nodes.
pub(crate) fn body_radius(w: f32, h: f32, n: usize) -> f32 {
    if n > 5 && (w < 420.0 || h < 320.0) {
        // Between the bodies of a crowd in a small pane there is room for what they say.
        18.0
    } else if w >= 560.0 && h >= 400.0 && n <= 5 {
        30.0
    } else if w >= 420.0 && h >= 360.0 && n <= 7 {
        26.0
    } else if w >= 360.0 && n <= 7 {
        22.0
    } else {
        20.0
    }
}

/// How far below the ring's middle its lowest node is, in ring radii.
fn depth(n: usize) -> f32 {
    if n.is_multiple_of(2) { 1.0 } else { cos(PI / n as f32) }
}

/// Radius of the ring: `side` is what labels need left and right, `tall` above and below.
pub(crate) fn ring_radius(w: f32, h: f32, n: usize, b: f32, (side, tall): (f32, f32)) -> f32 {
    if n < 2 {
        return 0.0;
    }
    let across = w / 2.0 - b - 17.0 - side;
    let down = (h - 2.0 * (b + 14.0) - tall) / (1.0 + depth(n));
    across.min(down).max(b + 16.0)
}

impl Plan {
    pub fn new(view: &RingView, look: &Look) -> Plan {
        let (w, h, n) = (look.width, look.height, view.nodes.len());
        let mut b = body_radius(w, h, n);
        let labels = if w >= 480.0 {
            Labels::Beside
        } else if look.density == Density::Phone || h < 320.0 {
            Labels::Phone
        } else {
            Labels::AboveBelow
        };
        let mut radius = ring_for(view, labels, (w, h), b);
        // A crowd in a small pane: bodies shrink rather than touch.
        while b > 12.0 && n > 1 && 2.0 * radius * sin(PI / n as f32) < 2.0 * b + 22.0 {
            b -= 1.0;
            radius = ring_for(view, labels, (w, h), b);
        }
        // Labels stand below the lowest nodes but not above the highest: lift the ring by half the difference.
        let lift = if labels == Labels::AboveBelow { 15.0 } else { 0.0 };
        let middle = (w / 2.0, h / 2.0 - lift + radius * (1.0 - depth(n.max(2))) / 2.0);
        let places = view.nodes.iter().enumerate().map(|(i, node)| {
            let angle = -PI / 2.0 + TAU * i as f32 / n as f32;
            let (sin, cos) = sin_cos(angle);
            let dir = (tidy(cos), tidy(sin));
            let (x, y) = (snap(middle.0 + radius * dir.0), snap(middle.1 + radius * dir.1));
            Place { id: node.id, x, y, dir }
        });
        Plan { b, labels, radius, places: places.collect() }
    }

    pub fn place(&self, id: NodeId) -> Option<Place> {
        self.places.iter().copied().find(|p| p.id == id)
    }

    /// Where lanes begin and end at a node.
    pub fn gates(&self, place: Place) -> Vec<(f32, f32)> {
        let others = self.places.iter().filter(|other| other.id != place.id);
        let lanes = others.flat_map(|other| {
            let out = self.lane(place.id, other.id).map(|lane| lane.at(0.0));
            let back = self.lane(other.id, place.id).map(|lane| lane.at(1.0));
            [out, back]
        });
        lanes.flatten().collect()
    }

    /// How much smaller than full the glyphs are.
    pub fn scale(&self) -> f32 {
        match self.b {
            b if b < 20.0 => 0.8,
            b if b < 28.0 => 0.9,
            _ => 1.0,
        }
    }

    /// The lane of what travels from one node to another, right of the link: start, direction, length.
    pub fn lane(&self, from: NodeId, to: NodeId) -> Option<Lane> {
        let (a, z) = (self.place(from)?, self.place(to)?);
        let (dx, dy) = (z.x - a.x, z.y - a.y);
        let len = dx.hypot(dy);
        if len < 1.0 {
            return None;
        }
        let dir = (dx / len, dy / len);
        let right = (-dir.1 * 7.0, dir.0 * 7.0);
        // As near as the tip of a glyph comes to the timer's arc.
        let gap = if self.scale() < 0.9 { self.b + 18.0 } else { self.b + 21.0 }.min(len / 2.0 - 1.0);
        let start = (a.x + dir.0 * gap + right.0, a.y + dir.1 * gap + right.1);
        Some(Lane { start, dir, len: len - 2.0 * gap })
    }
}

/// Sines that should be zero are.
fn tidy(v: f32) -> f32 {
    if v.abs() < 1e-5 { 0.0 } else { v }
}

/// The radius of the language, or less where a system's words need more room beside the outermost nodes.
fn ring_for(view: &RingView, labels: Labels, (w, h): (f32, f32), b: f32) -> f32 {
    let n = view.nodes.len();
    let (room, words) = match labels {
        Labels::Beside => ((92.0, 0.0), widest_line(view)),
        Labels::AboveBelow => ((5.0, 64.0), 0.0),
        Labels::Phone => ((54.0, 0.0), widest_word(view)),
    };
    let radius = ring_radius(w, h, n, b, room);
    let reach = (0..n).map(|i| sin(TAU * i as f32 / n as f32)).fold(0.1, f32::max);
    let beside = (w / 2.0 - b - 27.0 - words.min(0.22 * w)) / reach;
    if words > 0.0 { radius.min(beside).max(b + 16.0) } else { radius }
}

/// The longest line a wide label should not have to break.
fn widest_line(view: &RingView) -> f32 {
    let nodes = view.nodes.iter().filter(|n| n.shape != Shape::Aborted);
    nodes.map(|n| text::width(&n.facts, Font::Sans, 11.0)).fold(widest_word(view), f32::max)
}

/// The longest word of a system's roles.
fn widest_word(view: &RingView) -> f32 {
    let words = view.nodes.iter().flat_map(|n| n.role.split_whitespace());
    words.map(|word| text::width(word, Font::SansSemi, 12.0)).fold(0.0, f32::max)
}

/// Where messages travel.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Lane {
    pub start: (f32, f32),
    pub dir: (f32, f32),
    pub len: f32,
}

impl Lane {
    /// The point at a part of the way.
    pub fn at(&self, t: f32) -> (f32, f32) {
        self.on(self.len * t)
    }

    /// The point so many pixels along.
    pub fn on(&self, d: f32) -> (f32, f32) {
        (self.start.0 + self.dir.0 * d, self.start.1 + self.dir.1 * d)
    }
}
