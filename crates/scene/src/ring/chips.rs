//! Chips: what a message is, what a node waits for, what a dispatcher does. They cover nothing or are not shown.

use kernel::view::RingView;

use super::Spotlight;
use super::messages::{Flight, is};
use super::plan::{Place, Plan};
use crate::geometry::{Bounds, Taken};
use crate::hit::{Area, HitId};
use crate::look::Look;
use crate::scene::Scene;
use crate::shape::{Font, Ink, Paint, TextStyle};
use crate::text;

const HEIGHT: f32 = 18.0;
const FACE: Paint = Paint::both(Ink::Surface, Ink::Line2, 1.0).fill_at(94);

/// Width of a chip with a word and what it says of it.
pub(crate) fn chip_width(head: &str, rest: &str) -> f32 {
    let style = TextStyle::new(Font::Sans, 11.0, Ink::Ink);
    let width = |t: &str| text::width(t, style.font, style.size);
    let gap = if head.is_empty() || rest.is_empty() { 0.0 } else { 4.0 };
    (width(head) + gap + width(rest) + 12.0).ceil()
}

/// Draws a chip; both words lean on the place where they meet, so slack stays outside.
pub(crate) fn chip(scene: &mut Scene, area: Bounds, head: &str, rest: &str) {
    scene.rect(area.x, area.y, area.w, area.h, 4.0, FACE);
    let style = TextStyle::new(Font::Sans, 11.0, Ink::Ink);
    let y = area.y + area.h / 2.0 + 4.0;
    if head.is_empty() || rest.is_empty() {
        let (word, ink) = if rest.is_empty() { (head, Ink::Ink) } else { (rest, Ink::Ink3) };
        scene.text(area.x + area.w / 2.0, y, word, style.ink(ink).middle());
        return;
    }
    let meet = area.x + 6.0 + text::width(head, style.font, style.size);
    scene.text(meet, y, head, style.end());
    scene.text(meet + 4.0, y, rest, style.ink(Ink::Ink3));
}

/// What glyphs cover while the run stands; while it runs they come and go and nothing steps aside for them.
fn standing(flights: &[Flight<'_>], plan: &Plan, look: &Look) -> Vec<Bounds> {
    if look.paused { flights.iter().map(|f| f.bounds(plan.scale())).collect() } else { Vec::new() }
}

/// In how many lengths words may stand.
const FORMS: usize = 4;

/// What a chip or a pill stands at.
#[derive(Clone, Copy)]
enum Beside {
    Node(Place),
    /// The way between two nodes.
    Edge(Place, Place),
}

/// `parse 3` for `parse 3: WAIT_TO_REVOTE`, and `A [5,7] ●2` for `APPENDING [5,7] ●2`: where the whole has no room.
fn brief(words: &str) -> String {
    if let Some((head, _)) = words.split_once(':') {
        return head.to_owned();
    }
    let (word, rest) = words.split_once(' ').unwrap_or((words, ""));
    // A short word stays: IDLE is not INSTALLING.
    if word.len() <= 4 || !word.bytes().all(|b| b.is_ascii_uppercase()) {
        return words.to_owned();
    }
    let gap = if rest.is_empty() { "" } else { " " };
    [&word[..1], gap, rest].concat()
}

/// A state in brief without what is said of it: `A` for `A [5,7] ●2`, `IDLE` for `IDLE next 2`.
fn initial(brief: &str) -> &str {
    match brief.split_once(' ') {
        Some((state, _)) if state.bytes().all(|b| b.is_ascii_uppercase()) => state,
        _ => brief,
    }
}

/// A state in brief with the last that is said of it: `A ●2` for `A [5,7] ●2`, `P 5` for `P next 5`.
fn numbered(brief: &str) -> String {
    match (initial(brief), brief.rsplit_once(' ')) {
        (state, Some((_, last))) if state != brief => format!("{state} {last}"),
        _ => brief.to_owned(),
    }
}

/// The free place for words that the fewest glyphs cover, the first of equals; and how many cover it.
fn fit(
    beside: Beside,
    plan: &Plan,
    words: &str,
    taken: &Taken,
    glyphs: &[Bounds],
) -> Option<(usize, Bounds)> {
    let areas: Vec<Bounds> = match beside {
        Beside::Node(place) => beside_node(place, plan, words).into(),
        Beside::Edge(a, b) => on_edge(a, b, words),
    };
    let mut best: Option<(usize, Bounds)> = None;
    for area in areas {
        let covers = glyphs.iter().filter(|glyph| glyph.meets(&area)).count();
        if taken.frees(&area) && best.is_none_or(|(least, _)| covers < least) {
            best = Some((covers, area));
        }
    }
    best
}

/// Finds room for all words: whole, or shorter where the whole has no room or would lie under a glyph. Where one has room
/// for two forms less at best, all are shorter: none is whole, none is more than a number, all are the state alone.
fn settle(
    all: &[(Beside, &str)],
    plan: &Plan,
    taken: &mut Taken,
    glyphs: &[Bounds],
) -> Vec<(usize, String, Bounds)> {
    let before = taken.boxes.len();
    let mut found = Vec::new();
    for longest in 0..FORMS {
        let mut roomy = true;
        for (i, (beside, words)) in all.iter().enumerate() {
            let brief = brief(words);
            let numbered = numbered(&brief);
            let forms: [&str; FORMS] = [words, &brief, &numbered, initial(&brief)];
            let mut best: Option<(usize, &str, Bounds)> = None;
            let mut has_room = false;
            for (form, words) in forms.into_iter().enumerate().skip(longest) {
                let Some((covers, area)) = fit(*beside, plan, words, taken, glyphs) else { continue };
                has_room |= form < longest + 2;
                if best.is_none_or(|(least, ..)| covers < least) {
                    best = Some((covers, words, area));
                }
            }
            roomy &= has_room;
            if let Some((_, words, area)) = best {
                taken.take(area);
                found.push((i, words.to_owned(), area));
            }
        }
        if roomy || longest + 1 == FORMS {
            break;
        }
        found.clear();
        taken.boxes.truncate(before);
    }
    found
}

/// `parse 3: WAIT_TO_REVOTE` below a node, or where else near it there is room.
pub(super) fn node_chips(
    view: &RingView,
    plan: &Plan,
    look: &Look,
    light: &Spotlight,
    (taken, flights): (&mut Taken, &[Flight<'_>]),
    scene: &mut Scene,
) {
    let (mut nodes, mut all) = (Vec::new(), Vec::new());
    for (node, place) in view.nodes.iter().zip(&plan.places) {
        if let Some(words) = &node.chip {
            nodes.push(node.id);
            all.push((Beside::Node(*place), words.as_str()));
        }
    }
    for (i, words, area) in settle(&all, plan, taken, &standing(flights, plan, look)) {
        scene.veil(light.node(nodes[i]));
        chip(scene, area, &words, "");
        scene.spot(HitId::Node(nodes[i]), Area::Box(area.x, area.y, area.w, area.h));
    }
    scene.veil(100);
}

/// Where a chip may stand near its node, the best first.
fn beside_node(place: Place, plan: &Plan, words: &str) -> [Bounds; 12] {
    let w = chip_width(words, "");
    let down = plan.b + 11.0 + HEIGHT / 2.0;
    let aside = plan.b + 11.0 + w / 2.0;
    let inward = if place.dir.0 >= 0.0 { -1.0 } else { 1.0 };
    let lean = inward * (w / 2.0 - plan.b);
    let tries = [
        (0.0, down),
        (0.5 * lean, down),
        (-0.5 * lean, down),
        (lean, down),
        (0.0, -down),
        (lean, -down),
        (0.0, down + 32.0),
        (0.0, -down - 32.0),
        (inward * aside, 0.0),
        (inward * aside, 22.0),
        (inward * aside, -22.0),
        (-inward * aside, 0.0),
    ];
    tries.map(|(dx, dy)| Bounds::centred(place.x + dx, place.y + dy, w, HEIGHT))
}

/// Where a pill may stand between its nodes, the best first.
fn on_edge(a: Place, b: Place, words: &str) -> Vec<Bounds> {
    let letters = words.chars().count();
    let (air, h) = match letters {
        1 => (6.0, 14.0),
        2..=4 => (10.0, 14.0),
        _ => (14.0, 16.0),
    };
    let w = (text::width(words, Font::Sans, 11.0) + air).ceil();
    let (dx, dy) = (b.x - a.x, b.y - a.y);
    let length = dx.hypot(dy).max(1.0);
    let at = |t: f32, aside: f32| {
        Bounds::centred(a.x + dx * t - dy / length * aside, a.y + dy * t + dx / length * aside, w, h)
    };
    let mut all: Vec<_> =
        [0.36, 0.44, 0.5, 0.54, 0.3, 0.6, 0.24, 0.68, 0.76].into_iter().map(|t| at(t, 0.0)).collect();
    if letters <= 4 {
        // So few letters may stand a little beside a way that is short.
        all.extend([0.5, 0.4, 0.6].into_iter().flat_map(|t| [at(t, 11.0), at(t, -11.0)]));
    }
    all
}

/// The state of a leader's dispatcher on the edge to its follower.
pub(super) fn pills(
    view: &RingView,
    plan: &Plan,
    look: &Look,
    light: &Spotlight,
    (taken, flights): (&mut Taken, &[Flight<'_>]),
    scene: &mut Scene,
) {
    let (mut edges, mut all) = (Vec::new(), Vec::new());
    for (from, to, words) in &view.pills {
        if let (Some(a), Some(b)) = (plan.place(*from), plan.place(*to)) {
            edges.push((*from, *to));
            all.push((Beside::Edge(a, b), words.as_str()));
        }
    }
    for (i, words, area) in settle(&all, plan, taken, &standing(flights, plan, look)) {
        let (from, to) = edges[i];
        scene.veil(light.between(from, to));
        let half = area.h / 2.0;
        scene.rect(area.x, area.y, area.w, area.h, half, Paint::both(Ink::Surface, Ink::Line2, 1.0));
        let style = TextStyle::new(Font::Sans, 11.0, Ink::Ink2).middle();
        scene.text(area.x + area.w / 2.0, area.y + half + 4.0, &words, style);
        let id = HitId::Pill(from, to);
        if look.selects(id) || look.focused == Some(id) {
            let grown = (area.x - 3.0, area.y - 3.0, area.w + 6.0, area.h + 6.0);
            scene.rect(grown.0, grown.1, grown.2, grown.3, half + 3.0, Paint::line(Ink::Ink, 2.0));
        }
        scene.spot(id, Area::Box(area.x, area.y, area.w, area.h));
    }
    scene.veil(100);
}

/// `handing over to n2` on the link to the target.
pub(super) fn handovers(
    view: &RingView,
    plan: &Plan,
    look: &Look,
    light: &Spotlight,
    taken: &mut Taken,
    scene: &mut Scene,
) {
    for node in &view.nodes {
        let Some((to, from)) = node.handing_to.and_then(|to| plan.place(to)).zip(plan.place(node.id)) else {
            continue;
        };
        let words = look.language.handing_over(&to.id.to_string());
        let w = chip_width(&words, "");
        let area = [0.5, 0.4, 0.6, 0.3, 0.7]
            .map(|t| Bounds::centred(from.x + (to.x - from.x) * t, from.y + (to.y - from.y) * t, w, HEIGHT))
            .into_iter()
            .find(|area| taken.frees(area));
        let Some(area) = area else { continue };
        taken.take(area);
        scene.veil(light.between(node.id, to.id));
        chip(scene, area, &words, "");
    }
    scene.veil(100);
}

/// What each message says, while the run stands and few are under way; else of the hovered and selected one.
pub(super) fn messages(
    flights: &[Flight<'_>],
    plan: &Plan,
    look: &Look,
    light: &Spotlight,
    taken: &mut Taken,
    scene: &mut Scene,
) {
    let under_way = flights.iter().filter(|f| !f.lost).count();
    let all = look.paused && under_way <= 6;
    // Asked for comes first, so it gets the best place.
    let asked = |f: &&Flight<'_>| is(f, look.hovered) || is(f, look.selected);
    let rest = flights.iter().filter(|f| all && !asked(f) && !f.lost);
    for f in flights.iter().filter(asked).chain(rest) {
        let (head, rest) = (f.message.kind.as_str(), f.message.detail.as_str());
        let w = chip_width(head, rest);
        let glyph = f.bounds(plan.scale());
        let Some(area) = beside(&glyph, f.at, w, taken) else { continue };
        taken.take(area);
        scene.veil(light.message(f.id(), f.from, f.to));
        chip(scene, area, head, rest);
        scene.spot(f.id(), Area::Box(area.x, area.y, area.w, area.h));
    }
    scene.veil(100);
}

/// Right, left, below, above at 16 from the centre or just clear of the glyph; then the four corners.
pub(crate) fn beside(glyph: &Bounds, at: (f32, f32), w: f32, taken: &Taken) -> Option<Bounds> {
    let x = (glyph.w / 2.0 + 5.0).max(16.0) + w / 2.0;
    let y = (glyph.h / 2.0 + 3.0).max(16.0) + HEIGHT / 2.0;
    let tries = [
        (x, 0.0),
        (-x, 0.0),
        (0.0, y),
        (0.0, -y),
        (w / 2.0 - 4.0, y),
        (4.0 - w / 2.0, y),
        (w / 2.0 - 4.0, -y),
        (4.0 - w / 2.0, -y),
    ];
    let areas = tries.map(|(dx, dy)| Bounds::centred(at.0 + dx, at.1 + dy, w, HEIGHT));
    areas.into_iter().find(|area| taken.frees(area))
}

#[cfg(test)]
mod tests {
    use super::{brief, initial, numbered};

    #[test]
    fn words_lose_what_matters_least_first() {
        let forms = |words: &str| {
            let brief = brief(words);
            (brief.clone(), numbered(&brief), initial(&brief).to_owned())
        };
        let all = |a: &str, b: &str, c: &str| (a.to_owned(), b.to_owned(), c.to_owned());
        assert_eq!(forms("APPENDING [5,7] ●2"), all("A [5,7] ●2", "A ●2", "A"));
        assert_eq!(forms("PROBING next 5"), all("P next 5", "P 5", "P"));
        assert_eq!(forms("IDLE next 2"), all("IDLE next 2", "IDLE 2", "IDLE"));
        assert_eq!(forms("COMPARE"), all("C", "C", "C"));
        assert_eq!(forms("parse 3: WAIT_TO_REVOTE"), all("parse 3", "parse 3", "parse 3"));
    }
}
