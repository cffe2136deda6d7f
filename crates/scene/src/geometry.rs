//! The small shapes every picture shares: polygons, crosses, badges, marks.

use core::f32::consts::{PI, TAU};

use crate::number::{sin_cos, within};
use crate::scene::Scene;
use crate::shape::{Dash, Font, Ink, Paint, Seg, TextStyle};

/// A rectangle for collision tests.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Bounds {
    pub x: f32,
    pub y: f32,
    pub w: f32,
    pub h: f32,
}

impl Bounds {
    pub const fn new(x: f32, y: f32, w: f32, h: f32) -> Bounds {
        Bounds { x, y, w, h }
    }

    pub fn centred(cx: f32, cy: f32, w: f32, h: f32) -> Bounds {
        Bounds { x: cx - w / 2.0, y: cy - h / 2.0, w, h }
    }

    pub fn meets(&self, other: &Bounds) -> bool {
        self.x < other.x + other.w
            && other.x < self.x + self.w
            && self.y < other.y + other.h
            && other.y < self.y + self.h
    }

    pub fn meets_disc(&self, cx: f32, cy: f32, r: f32) -> bool {
        let dx = cx - within(cx, self.x, self.x + self.w);
        let dy = cy - within(cy, self.y, self.y + self.h);
        dx * dx + dy * dy < r * r
    }
}

/// What is already drawn, for placing what must not cover it.
#[derive(Debug, Default)]
pub(crate) struct Taken {
    pub boxes: Vec<Bounds>,
    pub discs: Vec<(f32, f32, f32)>,
    pub pane: Option<Bounds>,
}

impl Taken {
    pub fn frees(&self, area: &Bounds) -> bool {
        let inside = self.pane.is_none_or(|p| {
            area.x >= p.x && area.y >= p.y && area.x + area.w <= p.x + p.w && area.y + area.h <= p.y + p.h
        });
        inside
            && !self.boxes.iter().any(|b| b.meets(area))
            && !self.discs.iter().any(|&(x, y, r)| area.meets_disc(x, y, r))
    }

    pub fn take(&mut self, area: Bounds) {
        self.boxes.push(area);
    }
}

/// Points of a regular polygon round a centre, the first one straight up.
pub(crate) fn regular<const N: usize>(cx: f32, cy: f32, r: f32, turn: f32) -> [(f32, f32); N] {
    core::array::from_fn(|i| {
        let a = -PI / 2.0 + turn + TAU * i as f32 / N as f32;
        let (sin, cos) = sin_cos(a);
        (cx + r * cos, cy + r * sin)
    })
}

pub(crate) fn hexagon(scene: &mut Scene, (cx, cy): (f32, f32), r: f32, corner: f32, paint: Paint) {
    scene.polygon(&regular::<6>(cx, cy, r, 0.0), corner, paint);
}

pub(crate) fn diamond(scene: &mut Scene, (cx, cy): (f32, f32), r: f32, corner: f32, paint: Paint) {
    scene.polygon(&regular::<4>(cx, cy, r, 0.0), corner, paint);
}

pub(crate) fn octagon(scene: &mut Scene, (cx, cy): (f32, f32), r: f32, corner: f32, paint: Paint) {
    scene.polygon(&regular::<8>(cx, cy, r, PI / 8.0), corner, paint);
}

/// A ✕ of a width in both directions.
pub(crate) fn cross(scene: &mut Scene, (cx, cy): (f32, f32), size: f32, ink: Ink, width: f32) {
    let h = size / 2.0;
    let segs = [
        Seg::Move(cx - h, cy - h),
        Seg::Line(cx + h, cy + h),
        Seg::Move(cx + h, cy - h),
        Seg::Line(cx - h, cy + h),
    ];
    scene.path(&segs, Paint::line(ink, width).round());
}

/// A solid triangle with its tip at a point, looking along a direction.
pub(crate) fn arrowhead(scene: &mut Scene, tip: (f32, f32), dir: (f32, f32), len: f32, wide: f32, ink: Ink) {
    let back = (tip.0 - dir.0 * len, tip.1 - dir.1 * len);
    let half = (-dir.1 * wide / 2.0, dir.0 * wide / 2.0);
    let points = [tip, (back.0 + half.0, back.1 + half.1), (back.0 - half.0, back.1 - half.1)];
    scene.polyline(&points, true, Paint::fill(ink));
}

/// An open arrowhead: two strokes.
pub(crate) fn open_head(scene: &mut Scene, tip: (f32, f32), dir: (f32, f32), len: f32, paint: Paint) {
    let back = (tip.0 - dir.0 * len, tip.1 - dir.1 * len);
    let half = (-dir.1 * len * 0.42, dir.0 * len * 0.42);
    let points = [(back.0 + half.0, back.1 + half.1), tip, (back.0 - half.0, back.1 - half.1)];
    scene.polyline(&points, false, paint.round());
}

/// The triangle of the node that acted: tip right, 7 × 8, its right end at a point.
pub(crate) fn acted_mark(scene: &mut Scene, x: f32, cy: f32) {
    scene.polyline(&[(x, cy), (x - 7.0, cy - 4.0), (x - 7.0, cy + 4.0)], true, Paint::fill(Ink::Ink));
}

/// A triangle that stands on its base: 9 × 8.
pub(crate) fn tent(scene: &mut Scene, (cx, cy): (f32, f32), paint: Paint) {
    scene.polyline(&[(cx, cy - 4.0), (cx + 4.5, cy + 4.0), (cx - 4.5, cy + 4.0)], true, paint);
}

/// What a badge says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Badge {
    /// ‖
    Pause,
    /// →
    Arrow,
    /// A lock: writes wait.
    Lock,
}

/// A round ink badge; the ring of paper keeps it apart from what it sits on.
pub(crate) fn badge(scene: &mut Scene, (cx, cy): (f32, f32), r: f32, paper_ring: bool, what: Badge) {
    let disc = if paper_ring { Paint::both(Ink::Ink, Ink::Surface, 2.0) } else { Paint::fill(Ink::Ink) };
    scene.circle(cx, cy, r, disc);
    let (cx, cy) = (crate::scene::snap(cx), crate::scene::snap(cy));
    let pen = Paint::line(Ink::Surface, 1.6).round();
    match what {
        Badge::Pause => {
            let (dx, dy) = if r > 7.0 { (2.4, 3.0) } else { (2.0, 2.6) };
            let segs = [
                Seg::Move(cx - dx, cy - dy),
                Seg::Line(cx - dx, cy + dy),
                Seg::Move(cx + dx, cy - dy),
                Seg::Line(cx + dx, cy + dy),
            ];
            scene.path(&segs, pen);
        }
        Badge::Arrow => {
            let segs = [
                Seg::Move(cx - 3.5, cy),
                Seg::Line(cx + 3.0, cy),
                Seg::Move(cx, cy - 3.0),
                Seg::Line(cx + 3.0, cy),
                Seg::Line(cx, cy + 3.0),
            ];
            scene.path(&segs, pen);
        }
        Badge::Lock => {
            scene.rect(cx - 3.0, cy - 0.5, 6.0, 4.5, 1.0, Paint::fill(Ink::Surface));
            let bow = [Seg::Arc(cx, cy - 0.5, 2.0, PI, TAU)];
            scene.path(&bow, Paint::line(Ink::Surface, 1.3).round());
        }
    }
}

/// The four phases of a quorum peer below a body: how many are passed, and which is the present one.
pub(crate) fn phase_pips(scene: &mut Scene, cx: f32, top: f32, now: usize) {
    for i in 0..4 {
        let x = cx - 23.0 + 12.0 * i as f32;
        let paint = match i.cmp(&now) {
            core::cmp::Ordering::Less => Paint::both(Ink::Ink3, Ink::Ink3, 1.0),
            core::cmp::Ordering::Equal => Paint::both(Ink::Ink, Ink::Ink, 1.0),
            core::cmp::Ordering::Greater => Paint::line(Ink::Line3, 1.0),
        };
        scene.rect(x, top, 10.0, 4.0, 1.0, paint);
    }
}

/// A gear of 11 px for a configuration entry: a ring with eight teeth.
pub(crate) fn gear(scene: &mut Scene, (cx, cy): (f32, f32), ink: Ink) {
    let mut teeth = [Seg::Close; 16];
    for tooth in 0..8 {
        let a = TAU * tooth as f32 / 8.0;
        let (s, c) = sin_cos(a);
        teeth[2 * tooth] = Seg::Move(cx + 3.2 * c, cy + 3.2 * s);
        teeth[2 * tooth + 1] = Seg::Line(cx + 5.3 * c, cy + 5.3 * s);
    }
    scene.path(&teeth, Paint::line(ink, 1.6));
    let ring = [Seg::Arc(cx, cy, 2.8, 0.0, TAU), Seg::Close];
    scene.path(&ring, Paint::line(ink, 1.6));
}

/// The mark of a role, 12 px.
pub(crate) fn role_mark(scene: &mut Scene, at: (f32, f32), shape: kernel::view::Shape) {
    use kernel::view::Shape as Role;
    let pen = Paint::line(Ink::Ink2, 1.5).round();
    match shape {
        Role::Leader => hexagon(scene, at, 6.0, 1.0, Paint::both(Ink::Ink, Ink::Ink, 1.5)),
        Role::LeaderNotReady => hexagon(scene, at, 6.0, 1.0, Paint::line(Ink::Ink, 1.5)),
        Role::Candidate => diamond(scene, at, 6.0, 1.0, pen),
        Role::PreCandidate => diamond(scene, at, 6.0, 1.0, pen.dashed(Dash::Fine)),
        Role::Crashed => cross(scene, at, 7.0, Ink::Ink2, 1.5),
        Role::Aborted => octagon(scene, at, 5.5, 1.0, Paint::line(Ink::Bad, 1.5)),
        Role::Booting => scene.circle(at.0, at.1, 4.5, Paint::line(Ink::Line3, 1.5).dashed(Dash::Fine)),
        Role::NotMember => scene.circle(at.0, at.1, 4.5, Paint::line(Ink::Line3, 1.5).dashed(Dash::Even)),
        Role::Learner => {
            scene.circle(at.0, at.1, 4.5, pen);
            scene.circle(at.0, at.1, 1.75, Paint::fill(Ink::Ink2));
        }
        Role::Follower => scene.circle(at.0, at.1, 4.5, pen),
    }
}

/// A diamond event: plain, of this step, or of a broken rule.
pub(crate) fn event_mark(scene: &mut Scene, at: (f32, f32), now: bool, violation: bool) {
    if violation {
        diamond(scene, at, 5.5, 1.0, Paint::both(Ink::Bad, Ink::Bad, 1.25));
    } else if now {
        diamond(scene, at, 5.5, 1.0, Paint::both(Ink::Ink, Ink::Ink, 1.25));
    } else {
        diamond(scene, at, 4.0, 1.0, Paint::both(Ink::Surface, Ink::Ink2, 1.25));
    }
}

/// The playhead's flag: 70 × 16 with the time.
pub(crate) fn flag(scene: &mut Scene, x: f32, left: f32, right: f32, text: &str) -> Bounds {
    let w = (crate::text::width(text, Font::MonoMedium, 11.0) + 20.0).max(70.0);
    let left_edge = within(x - w / 2.0, left, (right - w).max(left));
    scene.rect(left_edge, 0.0, w, 16.0, 3.0, Paint::fill(Ink::Ink));
    let style = TextStyle::new(Font::MonoMedium, 11.0, Ink::Surface).middle();
    scene.text(left_edge + w / 2.0, 11.5, text, style);
    Bounds::new(left_edge, 0.0, w, 16.0)
}
