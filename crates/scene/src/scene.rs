//! The display list: shapes in painting order, and where a pointer can hit them.

use crate::hit::{Area, HitId, Spot, TimeAxis};
use crate::shape::{Ink, Paint, Seg, Shape, Stroke, TextStyle, scaled};
use crate::theme::Theme;

/// A picture: shapes in painting order and what can be hit. Cleared and refilled for every frame; its memory
/// is kept.
#[derive(Clone, Debug, Default)]
pub struct Scene {
    pub(crate) shapes: Vec<Shape>,
    pub(crate) segs: Vec<Seg>,
    pub(crate) letters: String,
    pub(crate) spots: Vec<Spot>,
    pub(crate) axis: Option<TimeAxis>,
    pub(crate) touch: bool,
    pub(crate) width: f32,
    pub(crate) height: f32,
    pub(crate) theme: Theme,
    veil: u8,
}

/// Rounds to half a pixel.
#[must_use]
pub fn snap(v: f32) -> f32 {
    (v * 2.0).round() / 2.0
}

impl Scene {
    /// An empty picture of no size.
    #[must_use]
    pub fn new() -> Scene {
        Scene { veil: 100, ..Scene::default() }
    }

    /// Forgets everything drawn, keeps the memory, takes a size and a theme.
    pub fn clear(&mut self, width: f32, height: f32, theme: Theme) {
        self.shapes.clear();
        self.segs.clear();
        self.letters.clear();
        self.spots.clear();
        self.axis = None;
        self.touch = false;
        self.width = width;
        self.height = height;
        self.theme = theme;
        self.veil = 100;
    }

    /// The shapes in painting order.
    #[must_use]
    pub fn shapes(&self) -> &[Shape] {
        &self.shapes
    }

    /// The pieces of a path.
    #[must_use]
    pub fn segs(&self, from: u32, to: u32) -> &[Seg] {
        self.segs.get(from as usize..to as usize).unwrap_or(&[])
    }

    /// The letters of a text.
    #[must_use]
    pub fn letters(&self, from: u32, to: u32) -> &str {
        self.letters.get(from as usize..to as usize).unwrap_or("")
    }

    /// Width in CSS pixels.
    #[must_use]
    pub fn width(&self) -> f32 {
        self.width
    }

    /// Height in CSS pixels.
    #[must_use]
    pub fn height(&self) -> f32 {
        self.height
    }

    /// The theme it is to be painted in.
    #[must_use]
    pub fn theme(&self) -> Theme {
        self.theme
    }

    /// What follows is drawn at so many percent; 100 ends it.
    pub fn veil(&mut self, percent: u8) {
        self.veil = percent;
    }

    fn veiled(&self, paint: Paint) -> Paint {
        if self.veil == 100 { paint } else { paint.at(self.veil) }
    }

    /// A circle; its centre is rounded to half a pixel.
    pub fn circle(&mut self, cx: f32, cy: f32, r: f32, paint: Paint) {
        let paint = self.veiled(paint);
        self.shapes.push(Shape::Circle { cx: snap(cx), cy: snap(cy), r, paint });
    }

    /// A rectangle, rounded to half pixels.
    pub fn rect(&mut self, x: f32, y: f32, w: f32, h: f32, r: f32, paint: Paint) {
        let paint = self.veiled(paint);
        let (left, top) = (snap(x), snap(y));
        self.shapes.push(Shape::Rect {
            x: left,
            y: top,
            w: snap(x + w) - left,
            h: snap(y + h) - top,
            r,
            paint,
        });
    }

    /// A part of a circle's line, from and to in turns clockwise from twelve o'clock.
    pub fn arc(&mut self, cx: f32, cy: f32, r: f32, from_turns: f32, to_turns: f32, paint: Paint) {
        let paint = self.veiled(paint);
        let angle = |turns: f32| (turns - 0.25) * core::f32::consts::TAU;
        let (start, end) = (angle(from_turns), angle(to_turns));
        self.shapes.push(Shape::Arc { cx: snap(cx), cy: snap(cy), r, start, end, paint });
    }

    /// A straight line; its ends are rounded to half a pixel.
    pub fn line(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, paint: Paint) {
        self.path(&[Seg::Move(snap(x1), snap(y1)), Seg::Line(snap(x2), snap(y2))], paint);
    }

    /// Straight lines through points, closed or open.
    pub fn polyline(&mut self, points: &[(f32, f32)], closed: bool, paint: Paint) {
        let from = self.segs.len() as u32;
        for (i, &(x, y)) in points.iter().enumerate() {
            self.segs.push(if i == 0 { Seg::Move(x, y) } else { Seg::Line(x, y) });
        }
        if closed {
            self.segs.push(Seg::Close);
        }
        self.push_path(from, paint);
    }

    /// A path of pieces.
    pub fn path(&mut self, segs: &[Seg], paint: Paint) {
        let from = self.segs.len() as u32;
        self.segs.extend_from_slice(segs);
        self.push_path(from, paint);
    }

    fn push_path(&mut self, from: u32, paint: Paint) {
        let paint = self.veiled(paint);
        self.shapes.push(Shape::Path { from, to: self.segs.len() as u32, paint });
    }

    /// A closed path with rounded corners of radius about `r`, through points in order.
    pub fn polygon(&mut self, points: &[(f32, f32)], r: f32, paint: Paint) {
        let from = self.segs.len() as u32;
        let n = points.len();
        for i in 0..n {
            let (p, here, next) = (points[(i + n - 1) % n], points[i], points[(i + 1) % n]);
            let (a, b) = (toward(here, p, r), toward(here, next, r));
            self.segs.push(if i == 0 { Seg::Move(a.0, a.1) } else { Seg::Line(a.0, a.1) });
            self.segs.push(Seg::Quad(here.0, here.1, b.0, b.1));
        }
        self.segs.push(Seg::Close);
        self.push_path(from, paint);
    }

    /// A line of text on its baseline, rounded to half pixels. An empty text draws nothing.
    pub fn text(&mut self, x: f32, y: f32, text: &str, style: TextStyle) {
        if text.is_empty() {
            return;
        }
        let from = self.letters.len() as u32;
        self.letters.push_str(text);
        let style = if self.veil == 100 { style } else { style.at(self.veil) };
        let to = self.letters.len() as u32;
        self.shapes.push(Shape::Text { x: snap(x), y: snap(y), from, to, style });
    }

    /// Lines at 45° inside a rectangle: distance, width, colour, opacity in percent.
    pub fn hatch(&mut self, area: (f32, f32, f32, f32), r: f32, pitch: f32, paint: Paint) {
        let Some(stroke) = paint.stroke else { return };
        let stroke = Stroke { alpha: scaled(stroke.alpha, self.veil), ..stroke };
        let (x, y, w, h) = area;
        let (left, top) = (snap(x), snap(y));
        let (w, h) = (snap(x + w) - left, snap(y + h) - top);
        self.shapes.push(Shape::Hatch { x: left, y: top, w, h, r, pitch, stroke });
    }

    /// What follows shows only inside this rectangle.
    pub fn clip(&mut self, x: f32, y: f32, w: f32, h: f32) {
        self.shapes.push(Shape::Clip { x, y, w, h });
    }

    /// Ends the clip.
    pub fn unclip(&mut self) {
        self.shapes.push(Shape::Unclip);
    }

    /// Records where a thing can be hit.
    pub fn spot(&mut self, id: HitId, area: Area) {
        self.spots.push(Spot { id, area });
    }

    /// The paper of the whole picture.
    pub fn paper(&mut self) {
        self.rect(0.0, 0.0, self.width, self.height, 0.0, Paint::fill(Ink::Surface));
    }
}

/// The point `r` away from `a` towards `b`, at most half the way.
fn toward(a: (f32, f32), b: (f32, f32), r: f32) -> (f32, f32) {
    let (dx, dy) = (b.0 - a.0, b.1 - a.1);
    let len = (dx * dx + dy * dy).sqrt();
    if len <= f32::EPSILON {
        return a;
    }
    let t = (r / len).min(0.5);
    (a.0 + dx * t, a.1 + dy * t)
}
