//! Painting a scene on a canvas: a loop over eight shapes. Strings that cross to the browser are made once a thread.

use std::cell::RefCell;

use scene::{Anchor, Dash, Font, Ink, Paint, Scene, Seg, Shape, Stroke, TextStyle};
use wasm_bindgen::prelude::*;
use web_sys::CanvasRenderingContext2d;

mod strings;

use strings::Strings;

thread_local! {
    static STRINGS: RefCell<Option<Strings>> = const { RefCell::new(None) };
}

/// Paints a scene on a canvas whose store is `dpr` times its CSS size.
pub fn paint(scene: &Scene, ctx: &CanvasRenderingContext2d, dpr: f64) {
    STRINGS.with_borrow_mut(|strings| {
        if strings.as_ref().is_none_or(|strings| strings.theme != scene.theme()) {
            *strings = Some(Strings::new(scene.theme()));
        }
        if let Some(strings) = strings {
            Painter { ctx, strings, now: Now::default(), clipped: false, dpr }.paint(scene);
        }
    });
}

/// What the context is set to, so that only changes cross to the browser.
#[derive(Default)]
struct Now {
    fill: Option<Ink>,
    stroke: Option<Ink>,
    alpha: Option<u8>,
    width: Option<f32>,
    dash: Option<Dash>,
    round: Option<bool>,
    font: Option<(Font, f32)>,
    anchor: Option<Anchor>,
}

struct Painter<'a> {
    ctx: &'a CanvasRenderingContext2d,
    strings: &'a mut Strings,
    now: Now,
    clipped: bool,
    dpr: f64,
}

impl Painter<'_> {
    fn paint(&mut self, scene: &Scene) {
        let (ctx, dpr) = (self.ctx, self.dpr);
        // A transform by finite numbers cannot fail.
        let _ = ctx.set_transform(dpr, 0.0, 0.0, dpr, 0.0, 0.0);
        self.ink_fill(Ink::Surface, 100);
        ctx.fill_rect(0.0, 0.0, f64::from(scene.width()), f64::from(scene.height()));
        set(ctx, &self.strings.line_join, &self.strings.round);
        for shape in scene.shapes() {
            self.shape(scene, shape);
        }
        if self.clipped {
            ctx.restore();
        }
    }

    fn shape(&mut self, scene: &Scene, shape: &Shape) {
        let ctx = self.ctx;
        match *shape {
            Shape::Path { from, to, paint } => {
                ctx.begin_path();
                match (scene.segs(from, to), paint.stroke) {
                    (&[Seg::Move(x1, y1), Seg::Line(x2, y2)], Some(stroke)) if x1 == x2 || y1 == y2 => {
                        let (x, y) = (x1 == x2, y1 == y2);
                        let at =
                            |v: f32, still: bool| if still { self.crisp(v, stroke.width) } else { v.into() };
                        ctx.move_to(at(x1, x), at(y1, y));
                        ctx.line_to(at(x2, x), at(y2, y));
                    }
                    (segs, _) => segs.iter().for_each(|seg| self.seg(*seg)),
                }
                self.ink(paint);
            }
            Shape::Circle { cx, cy, r, paint } => {
                ctx.begin_path();
                self.arc(cx, cy, r, 0.0, std::f32::consts::TAU);
                self.ink(paint);
            }
            Shape::Rect { x, y, w, h, r, paint } => {
                if r <= 0.0 && paint.stroke.is_none() {
                    if let Some((ink, alpha)) = paint.fill {
                        self.ink_fill(ink, alpha);
                        let (x1, y1) = (self.crisp(x, 0.0), self.crisp(y, 0.0));
                        let (x2, y2) = (self.crisp(x + w, 0.0), self.crisp(y + h, 0.0));
                        ctx.fill_rect(x1, y1, x2 - x1, y2 - y1);
                    }
                    return;
                }
                self.rect((x, y, w, h), r, paint.stroke.map_or(0.0, |stroke| stroke.width));
                self.ink(paint);
            }
            Shape::Arc { cx, cy, r, start, end, paint } => {
                ctx.begin_path();
                self.arc(cx, cy, r, start, end);
                self.ink(paint);
            }
            Shape::Text { x, y, from, to, style } => self.text(x, y, scene.letters(from, to), style),
            Shape::Hatch { x, y, w, h, r, pitch, stroke } => self.hatch((x, y, w, h), r, pitch, stroke),
            Shape::Clip { x, y, w, h } => {
                ctx.save();
                self.clipped = true;
                ctx.begin_path();
                ctx.rect(x.into(), y.into(), w.into(), h.into());
                ctx.clip();
            }
            Shape::Unclip => {
                ctx.restore();
                self.clipped = false;
                // The context is what it was before the clip, which nobody noted.
                self.now = Now::default();
                set(ctx, &self.strings.line_join, &self.strings.round);
            }
        }
    }

    fn seg(&self, seg: Seg) {
        let ctx = self.ctx;
        match seg {
            Seg::Move(x, y) => ctx.move_to(x.into(), y.into()),
            Seg::Line(x, y) => ctx.line_to(x.into(), y.into()),
            Seg::Quad(cx, cy, x, y) => ctx.quadratic_curve_to(cx.into(), cy.into(), x.into(), y.into()),
            Seg::Arc(cx, cy, r, start, end) => self.arc(cx, cy, r, start, end),
            Seg::Close => ctx.close_path(),
        }
    }

    fn arc(&self, cx: f32, cy: f32, r: f32, start: f32, end: f32) {
        let back = end < start;
        // Only a negative radius is refused; a scene has none.
        let _ = self.ctx.arc_with_anticlockwise(
            cx.into(),
            cy.into(),
            r.max(0.0).into(),
            start.into(),
            end.into(),
            back,
        );
    }

    /// A coordinate moved by less than a device pixel, so that a line of this width along it (or, of width 0, the
    /// edge of a filled area) covers whole device pixels.
    fn crisp(&self, v: f32, width: f32) -> f64 {
        let at = f64::from(v) * self.dpr;
        let odd = (f64::from(width) * self.dpr).round() % 2.0 == 1.0;
        (if odd { at.floor() + 0.5 } else { at.round() }) / self.dpr
    }

    fn rect(&self, (x, y, w, h): (f32, f32, f32, f32), r: f32, line: f32) {
        let ctx = self.ctx;
        ctx.begin_path();
        let (x1, y1) = (self.crisp(x, line), self.crisp(y, line));
        let (x2, y2) = (self.crisp(x + w, line), self.crisp(y + h, line));
        if r <= 0.0 {
            return ctx.rect(x1, y1, x2 - x1, y2 - y1);
        }
        let r = f64::from(r).min((x2 - x1) / 2.0).min((y2 - y1) / 2.0).max(0.0);
        ctx.move_to(x1 + r, y1);
        for (cx, cy, ex, ey) in [(x2, y1, x2, y2), (x2, y2, x1, y2), (x1, y2, x1, y1), (x1, y1, x2, y1)] {
            // Only a negative radius is refused.
            let _ = ctx.arc_to(cx, cy, ex, ey, r);
        }
        ctx.close_path();
    }

    fn ink(&mut self, paint: Paint) {
        if let Some((ink, alpha)) = paint.fill {
            self.ink_fill(ink, alpha);
            self.ctx.fill();
        }
        if let Some(stroke) = paint.stroke {
            self.stroke_style(stroke);
            self.ctx.stroke();
        }
    }

    fn alpha(&mut self, percent: u8) {
        if self.now.alpha != Some(percent) {
            self.now.alpha = Some(percent);
            self.ctx.set_global_alpha(f64::from(percent) / 100.0);
        }
    }

    fn ink_fill(&mut self, ink: Ink, alpha: u8) {
        self.alpha(alpha);
        if self.now.fill != Some(ink) {
            self.now.fill = Some(ink);
            set(self.ctx, &self.strings.fill_style, self.strings.colour(ink));
        }
    }

    fn stroke_style(&mut self, stroke: Stroke) {
        self.alpha(stroke.alpha);
        if self.now.stroke != Some(stroke.ink) {
            self.now.stroke = Some(stroke.ink);
            set(self.ctx, &self.strings.stroke_style, self.strings.colour(stroke.ink));
        }
        if self.now.width != Some(stroke.width) {
            self.now.width = Some(stroke.width);
            self.ctx.set_line_width(stroke.width.into());
        }
        if self.now.dash != Some(stroke.dash) {
            self.now.dash = Some(stroke.dash);
            let _ = self.ctx.set_line_dash(self.strings.dash(stroke.dash));
        }
        if self.now.round != Some(stroke.round) {
            self.now.round = Some(stroke.round);
            let cap = if stroke.round { &self.strings.round } else { &self.strings.butt };
            set(self.ctx, &self.strings.line_cap, cap);
        }
    }

    fn text(&mut self, x: f32, y: f32, letters: &str, style: TextStyle) {
        let ctx = self.ctx;
        if self.now.font != Some((style.font, style.size)) {
            self.now.font = Some((style.font, style.size));
            let font = self.strings.font(style.font, style.size);
            set(ctx, &self.strings.font_key, &font);
        }
        if self.now.anchor != Some(style.anchor) {
            self.now.anchor = Some(style.anchor);
            set(ctx, &self.strings.text_align, self.strings.anchor(style.anchor));
        }
        // Text at a position and without a width limit cannot fail.
        if style.halo > 0.0 {
            let paper = Stroke {
                ink: Ink::Surface,
                alpha: style.alpha,
                width: style.halo,
                dash: Dash::Solid,
                round: true,
            };
            self.stroke_style(paper);
            let _ = ctx.stroke_text(letters, x.into(), y.into());
        }
        self.ink_fill(style.ink, style.alpha);
        let _ = ctx.fill_text(letters, x.into(), y.into());
    }

    fn hatch(&mut self, area: (f32, f32, f32, f32), r: f32, pitch: f32, stroke: Stroke) {
        let ctx = self.ctx;
        let (x, y, w, h) = area;
        ctx.save();
        self.rect(area, r, 0.0);
        ctx.clip();
        self.stroke_style(stroke);
        ctx.begin_path();
        // Lines at 45°, `pitch` apart across; along the top edge that is pitch × √2.
        let step = pitch.max(1.0) * std::f32::consts::SQRT_2;
        let mut from = -h;
        while from < w {
            ctx.move_to(f64::from(x + from), f64::from(y + h));
            ctx.line_to(f64::from(x + from + h), f64::from(y));
            from += step;
        }
        ctx.stroke();
        ctx.restore();
        self.now = Now::default();
    }
}

/// Sets a property of the context to a string that was made before.
fn set(ctx: &CanvasRenderingContext2d, key: &JsValue, value: &JsValue) {
    let set = js_sys::Reflect::set(ctx, key, value);
    debug_assert!(set.is_ok(), "a context takes its properties");
}
