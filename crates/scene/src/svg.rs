//! A picture as a standalone SVG file.

use core::fmt::Write;

use crate::number::{length as num, sin_cos};
use crate::scene::Scene;
use crate::shape::{Anchor, Font, Ink, Paint, Seg, Shape, Stroke, TextStyle};
use crate::theme::{MONO, SANS, Theme};

/// The picture as a standalone SVG document with its paper.
#[must_use]
pub fn svg(scene: &Scene) -> String {
    let (w, h) = (scene.width(), scene.height());
    let mut out = String::with_capacity(scene.shapes().len() * 96 + 512);
    let (w, h) = (num(w), num(h));
    put(
        &mut out,
        format_args!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {w} {h}\" width=\"{w}\" height=\"{h}\" \
             stroke-linejoin=\"round\" font-variant-numeric=\"tabular-nums\">\n"
        ),
    );
    let theme = scene.theme();
    put(
        &mut out,
        format_args!("<rect width=\"{w}\" height=\"{h}\" fill=\"{}\"/>\n", theme.hex(Ink::Surface)),
    );
    let mut writer = Writer { out, theme, clips: 0, hatches: 0 };
    for shape in scene.shapes() {
        writer.shape(scene, shape);
    }
    writer.out.push_str("</svg>\n");
    writer.out
}

struct Writer {
    out: String,
    theme: Theme,
    clips: u32,
    hatches: u32,
}

/// Writing to a `String` cannot fail.
fn put(out: &mut String, what: core::fmt::Arguments<'_>) {
    let written = out.write_fmt(what);
    debug_assert!(written.is_ok());
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' | '\n' | '\r' => out.push(' '),
            c if (c as u32) < 0x20 || matches!(c as u32, 0xfffe | 0xffff) => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

impl Writer {
    fn shape(&mut self, scene: &Scene, shape: &Shape) {
        match *shape {
            Shape::Path { from, to, paint } => {
                let d = path_data(scene.segs(from, to));
                self.element(format_args!("path d=\"{d}\""), paint);
            }
            Shape::Circle { cx, cy, r, paint } => {
                let (cx, cy, r) = (num(cx), num(cy), num(r));
                self.element(format_args!("circle cx=\"{cx}\" cy=\"{cy}\" r=\"{r}\""), paint);
            }
            Shape::Rect { x, y, w, h, r, paint } => {
                let body = rect_body(x, y, w, h, r);
                self.element(format_args!("{body}"), paint);
            }
            Shape::Arc { cx, cy, r, start, end, paint } => {
                if end - start >= core::f32::consts::TAU - 1e-3 {
                    let (cx, cy, r) = (num(cx), num(cy), num(r));
                    return self.element(format_args!("circle cx=\"{cx}\" cy=\"{cy}\" r=\"{r}\""), paint);
                }
                let mut d = String::new();
                arc_data(&mut d, 'M', (cx, cy, r), start, end);
                self.element(format_args!("path d=\"{d}\""), paint);
            }
            Shape::Text { x, y, from, to, style } => self.text(x, y, scene.letters(from, to), style),
            Shape::Hatch { x, y, w, h, r, pitch, stroke } => self.hatch((x, y, w, h, r), pitch, stroke),
            Shape::Clip { x, y, w, h } => {
                self.clips += 1;
                let (id, body) = (self.clips, rect_body(x, y, w, h, 0.0));
                put(
                    &mut self.out,
                    format_args!(
                        "<clipPath id=\"clip{id}\"><{body}/></clipPath>\n<g clip-path=\"url(#clip{id})\">\n"
                    ),
                );
            }
            Shape::Unclip => self.out.push_str("</g>\n"),
        }
    }

    fn element(&mut self, body: core::fmt::Arguments<'_>, paint: Paint) {
        put(&mut self.out, format_args!("<{body}"));
        match paint.fill {
            None => self.out.push_str(" fill=\"none\""),
            Some((ink, alpha)) => {
                put(&mut self.out, format_args!(" fill=\"{}\"", self.theme.hex(ink)));
                self.alpha("fill-opacity", alpha);
            }
        }
        if let Some(stroke) = paint.stroke {
            self.stroke(stroke);
        }
        self.out.push_str("/>\n");
    }

    fn alpha(&mut self, name: &str, percent: u8) {
        if percent < 100 {
            put(&mut self.out, format_args!(" {name}=\"{}\"", num(f32::from(percent) / 100.0)));
        }
    }

    fn stroke(&mut self, stroke: Stroke) {
        let (ink, width) = (self.theme.hex(stroke.ink), num(stroke.width));
        put(&mut self.out, format_args!(" stroke=\"{ink}\" stroke-width=\"{width}\""));
        self.alpha("stroke-opacity", stroke.alpha);
        let dash: Vec<String> = stroke.dash.pattern().iter().map(|v| num(*v)).collect();
        if !dash.is_empty() {
            put(&mut self.out, format_args!(" stroke-dasharray=\"{}\"", dash.join(" ")));
        }
        if stroke.round {
            self.out.push_str(" stroke-linecap=\"round\"");
        }
    }

    fn text(&mut self, x: f32, y: f32, letters: &str, style: TextStyle) {
        let (x, y, size) = (num(x), num(y), num(style.size));
        put(&mut self.out, format_args!("<text x=\"{x}\" y=\"{y}\" font-size=\"{size}\""));
        put(
            &mut self.out,
            format_args!(" font-family=\"{}\"", escape(family(style.font)).replace("&quot;", "'")),
        );
        if style.font.weight() != 400 {
            put(&mut self.out, format_args!(" font-weight=\"{}\"", style.font.weight()));
        }
        match style.anchor {
            Anchor::Start => {}
            Anchor::Middle => self.out.push_str(" text-anchor=\"middle\""),
            Anchor::End => self.out.push_str(" text-anchor=\"end\""),
        }
        put(&mut self.out, format_args!(" fill=\"{}\"", self.theme.hex(style.ink)));
        self.alpha("opacity", style.alpha);
        if style.halo > 0.0 {
            let (paper, width) = (self.theme.hex(Ink::Surface), num(style.halo));
            put(
                &mut self.out,
                format_args!(" stroke=\"{paper}\" stroke-width=\"{width}\" paint-order=\"stroke\""),
            );
        }
        put(&mut self.out, format_args!(">{}</text>\n", escape(letters)));
    }

    fn hatch(&mut self, area: (f32, f32, f32, f32, f32), pitch: f32, stroke: Stroke) {
        self.hatches += 1;
        let (id, pitch) = (self.hatches, num(pitch));
        put(
            &mut self.out,
            format_args!(
                "<pattern id=\"hatch{id}\" width=\"{pitch}\" height=\"{pitch}\" patternUnits=\"userSpaceOnUse\" \
                 patternTransform=\"rotate(45)\"><path d=\"M0 0V{pitch}\""
            ),
        );
        self.stroke(stroke);
        let (x, y, w, h, r) = area;
        let body = rect_body(x, y, w, h, r);
        put(&mut self.out, format_args!("/></pattern>\n<{body} fill=\"url(#hatch{id})\"/>\n"));
    }
}

/// The families of a font.
fn family(font: Font) -> &'static str {
    if font.is_mono() { MONO } else { SANS }
}

fn rect_body(x: f32, y: f32, w: f32, h: f32, r: f32) -> String {
    let mut body =
        format!("rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"", num(x), num(y), num(w), num(h));
    if r > 0.0 {
        put(&mut body, format_args!(" rx=\"{}\"", num(r)));
    }
    body
}

fn path_data(segs: &[Seg]) -> String {
    let mut d = String::new();
    for seg in segs {
        match *seg {
            Seg::Move(x, y) => put(&mut d, format_args!("M{} {}", num(x), num(y))),
            Seg::Line(x, y) => put(&mut d, format_args!("L{} {}", num(x), num(y))),
            Seg::Quad(cx, cy, x, y) => {
                put(&mut d, format_args!("Q{} {} {} {}", num(cx), num(cy), num(x), num(y)));
            }
            Seg::Arc(cx, cy, r, start, end) => {
                let lead = if d.is_empty() { 'M' } else { 'L' };
                arc_data(&mut d, lead, (cx, cy, r), start, end);
            }
            Seg::Close => d.push('Z'),
        }
    }
    d
}

fn arc_data(d: &mut String, lead: char, (cx, cy, r): (f32, f32, f32), start: f32, end: f32) {
    let at = |angle: f32| {
        let (sin, cos) = sin_cos(angle);
        (num(cx + r * cos), num(cy + r * sin))
    };
    if (end - start).abs() >= core::f32::consts::TAU - 1e-3 {
        // SVG cannot draw a whole circle as one arc.
        let half = (start + end) / 2.0;
        arc_data(d, lead, (cx, cy, r), start, half);
        arc_data(d, 'L', (cx, cy, r), half, end);
        return;
    }
    let ((x1, y1), (x2, y2)) = (at(start), at(end));
    let large = i32::from((end - start).abs() > core::f32::consts::PI);
    let clockwise = i32::from(end > start);
    put(d, format_args!("{lead}{x1} {y1}A{r} {r} 0 {large} {clockwise} {x2} {y2}", r = num(r)));
}
