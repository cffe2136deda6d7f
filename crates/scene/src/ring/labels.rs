//! Labels of nodes: name, role, facts; placed so that none covers a node or another label.

use kernel::NodeId;
use kernel::view::{NodeView, RingView, Shape};

use super::Spotlight;
use super::plan::{Labels, Place, Plan};
use crate::geometry::{Bounds, Taken, acted_mark};
use crate::hit::{Area, HitId};
use crate::look::Look;
use crate::number;
use crate::scene::Scene;
use crate::shape::{Anchor, Font, Ink, TextStyle};
use crate::text;
use crate::words::Language;

const LINE: f32 = 15.0;
const NAME: TextStyle = TextStyle::new(Font::SansSemi, 13.0, Ink::Ink);
const ROLE: TextStyle = TextStyle::new(Font::Sans, 12.0, Ink::Ink2);
const LEADER: TextStyle = TextStyle::new(Font::SansSemi, 12.0, Ink::Ink);
const FACT: TextStyle = TextStyle::new(Font::Sans, 11.0, Ink::Ink3);
const REASON: TextStyle = TextStyle::new(Font::Sans, 11.0, Ink::Bad);
const SKEW: TextStyle = TextStyle::new(Font::Mono, 11.0, Ink::Ink3);

/// Room for the acted triangle before a name.
const MARK: f32 = 12.0;

/// The words of a label.
struct Words {
    name: String,
    /// What follows the name on its line: flag, skew.
    after: Vec<(String, TextStyle)>,
    acted: bool,
    lines: Vec<(String, TextStyle)>,
}

/// Where a label stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Side {
    Right,
    Left,
    Above,
    Below,
}

/// A label that has its place.
struct Label {
    words: Words,
    anchor: Anchor,
    x: f32,
    /// Baseline of the name.
    y: f32,
    area: Bounds,
}

pub(super) fn draw(
    view: &RingView,
    plan: &Plan,
    look: &Look,
    light: &Spotlight,
    taken: &mut Taken,
    scene: &mut Scene,
) {
    for (node, place) in view.nodes.iter().zip(&plan.places) {
        let Some(label) = find(node, *place, plan, look, taken) else { continue };
        taken.take(label.area);
        scene.veil(light.node(node.id));
        write(scene, &label, node.id);
    }
    scene.veil(100);
}

/// The boxes labels would take, for tests.
#[cfg(test)]
pub(super) fn boxes(
    view: &RingView,
    plan: &Plan,
    look: &Look,
    taken: &mut Taken,
) -> Vec<Option<(Bounds, usize)>> {
    let places = view.nodes.iter().zip(&plan.places);
    places
        .map(|(node, place)| {
            let label = find(node, *place, plan, look, taken)?;
            taken.take(label.area);
            Some((label.area, 1 + label.words.lines.len()))
        })
        .collect()
}

/// The first place that is free, with as many lines as the pane allows, then with fewer.
fn find(node: &NodeView, place: Place, plan: &Plan, look: &Look, taken: &Taken) -> Option<Label> {
    let most = if plan.labels == Labels::Beside { 3 } else { 2 };
    let away = plan.b + 17.0 + if look.selects(HitId::Node(node.id)) { 6.0 } else { 0.0 };
    let gates = plan.gates(place);
    for lines in (1..=most).rev() {
        let mut second = None;
        for (side, shift) in candidates(place, plan.labels) {
            let Some(label) = at(node, place, plan, (side, shift), (lines, away), look) else { continue };
            if !taken.frees(&label.area) {
                continue;
            }
            // Where messages arrive and leave is kept clear if any other place will do.
            if gates.iter().any(|&(x, y)| label.area.meets_disc(x, y, 9.0)) {
                second.get_or_insert(label);
                continue;
            }
            return Some(label);
        }
        if second.is_some() {
            return second;
        }
    }
    None
}

/// Sides in the order tried, each with its shifts along the side.
fn candidates(place: Place, labels: Labels) -> Vec<(Side, f32)> {
    let (dx, dy) = place.dir;
    let outward = if dx >= 0.0 { Side::Right } else { Side::Left };
    let inward = if dx >= 0.0 { Side::Left } else { Side::Right };
    let (near, far) = if dy <= 0.0 { (Side::Above, Side::Below) } else { (Side::Below, Side::Above) };
    let is_first = dx == 0.0 && dy < 0.0;
    let sides = match labels {
        Labels::Beside | Labels::Phone => [outward, inward, near, far],
        Labels::AboveBelow if is_first => [Side::Right, Side::Left, near, far],
        Labels::AboveBelow => [near, outward, inward, far],
    };
    let away = if dy <= 0.0 { -1.0 } else { 1.0 };
    let out = if dx >= 0.0 { 1.0 } else { -1.0 };
    let mut all = Vec::with_capacity(40);
    for side in sides {
        let sign = if matches!(side, Side::Right | Side::Left) { away } else { out };
        for shift in [0.0, 6.0, 12.0, 18.0, 24.0, 30.0, -6.0, -12.0, -18.0, -24.0] {
            all.push((side, shift * sign));
        }
    }
    all
}

/// The label on one side, or nothing when there is no room for its name.
fn at(
    node: &NodeView,
    place: Place,
    plan: &Plan,
    (side, shift): (Side, f32),
    (lines, away): (usize, f32),
    look: &Look,
) -> Option<Label> {
    let pane = look.width - 4.0;
    let x = match side {
        Side::Right => place.x + away,
        Side::Left => place.x - away,
        Side::Above | Side::Below => place.x + shift,
    };
    let room = match side {
        Side::Right => pane + 2.0 - x,
        Side::Left => x - 2.0,
        Side::Above | Side::Below => 2.0 * (x - 2.0).min(pane + 2.0 - x).min(80.0),
    };
    if room < 24.0 {
        return None;
    }
    let words = Words::of(node, lines, room, look.language);
    let (w, n) = (words.width(), 1 + words.lines.len());
    let anchor = match side {
        Side::Right => Anchor::Start,
        Side::Left => Anchor::End,
        Side::Above | Side::Below => Anchor::Middle,
    };
    let extra = away - plan.b - 17.0;
    let height = n as f32 * LINE;
    let y = match side {
        Side::Right | Side::Left => place.y - height / 2.0 + 11.0 + shift,
        Side::Above => place.y - plan.b - 15.0 - extra - (height - LINE),
        Side::Below => place.y + plan.b + 26.0 + extra,
    };
    let left = match anchor {
        Anchor::Start => x,
        Anchor::End => x - w,
        Anchor::Middle => x - w / 2.0,
    };
    let area = Bounds::new(left, y - 11.5, w, height);
    Some(Label { words, anchor, x, y, area })
}

impl Words {
    fn of(node: &NodeView, lines: usize, room: f32, language: Language) -> Words {
        let role = match node.shape {
            Shape::Leader | Shape::LeaderNotReady => LEADER,
            _ => ROLE,
        };
        let mut below: Vec<(String, TextStyle)> = Vec::new();
        let mut push = |what: &str, style: TextStyle, most: usize| {
            let wrapped = text::wrap(what, style.font, style.size, room, most);
            below.extend(wrapped.into_iter().map(|line| (line, style)));
        };
        if lines > 1 {
            push(language.role(node.shape, &node.role), role, 2);
        }
        if lines > 2 {
            let style = if node.shape == Shape::Aborted { REASON } else { FACT };
            push(&node.facts, style, if node.shape == Shape::Aborted { 3 } else { 2 });
        }
        let mut after = Vec::new();
        if let Some(flag) = &node.flag {
            after.push((flag.clone(), NAME));
        }
        if node.skew_us != 0 {
            after.push((skew(node.skew_us), SKEW));
        }
        let mut words = Words { name: node.id.to_string(), after, acted: node.acted, lines: below };
        while words.head_width() > room && words.after.pop().is_some() {}
        words
    }

    fn name_width(&self) -> f32 {
        text::width(&self.name, NAME.font, NAME.size)
    }

    fn head_width(&self) -> f32 {
        let after = self.after.iter().map(|(t, s)| text::width(t, s.font, s.size) + 5.0);
        self.name_width() + after.sum::<f32>() + if self.acted { MARK } else { 0.0 }
    }

    fn width(&self) -> f32 {
        let lines = self.lines.iter().map(|(t, s)| text::width(t, s.font, s.size));
        lines.fold(self.head_width(), f32::max)
    }
}

/// How far a clock is off, short: `+4.2 s`, `−120 ms`.
fn skew(us: i64) -> String {
    let sign = if us < 0 { '−' } else { '+' };
    let size = us.unsigned_abs();
    if size >= 1_000_000 {
        format!("{sign}{} s", number::seconds(size, 1))
    } else if size >= 1000 {
        format!("{sign}{} ms", size / 1000)
    } else {
        format!("{sign}{size} µs")
    }
}

fn write(scene: &mut Scene, label: &Label, id: NodeId) {
    let words = &label.words;
    // A centred name stays centred: the triangle hangs before it.
    let head = words.head_width() - if words.acted { MARK } else { 0.0 };
    let mark = if words.acted { MARK } else { 0.0 };
    let mut x = match label.anchor {
        Anchor::Start => label.x + mark,
        Anchor::End => label.x - head,
        Anchor::Middle => label.x - head / 2.0,
    };
    if words.acted {
        acted_mark(scene, x - 5.0, label.y - 4.5);
    }
    // Alone, the name hangs on the label's own side, so a narrower font leaves no ragged edge.
    if words.after.is_empty() {
        let at = if words.acted && label.anchor == Anchor::Start { x } else { label.x };
        scene.text(at, label.y, &words.name, NAME.anchored(label.anchor));
    } else {
        scene.text(x, label.y, &words.name, NAME);
        x += words.name_width();
        for (word, style) in &words.after {
            scene.text(x + 5.0, label.y, word, *style);
            x += text::width(word, style.font, style.size) + 5.0;
        }
    }
    let mut y = label.y;
    for (line, style) in &words.lines {
        y += LINE;
        scene.text(label.x, y, line, style.anchored(label.anchor));
    }
    let area = label.area;
    scene.spot(HitId::Node(id), Area::Box(area.x, area.y, area.w, area.h));
}
