//! Chips: what a message is, what a node waits for, what a dispatcher does. They cover nothing or are not shown.

use kernel::view::RingView;

use super::Spotlight;
use super::messages::{Flight, is};
use super::plan::Plan;
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

/// The free place that the fewest glyphs cover; the first of equals.
fn least_covered(areas: impl Iterator<Item = Bounds>, taken: &Taken, glyphs: &[Bounds]) -> Option<Bounds> {
    let free = areas.filter(|area| taken.frees(area));
    free.min_by_key(|area| glyphs.iter().filter(|g| g.meets(area)).count())
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
    let glyphs = standing(flights, plan, look);
    for (node, place) in view.nodes.iter().zip(&plan.places) {
        let Some(words) = &node.chip else { continue };
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
        let areas = tries.map(|(dx, dy)| Bounds::centred(place.x + dx, place.y + dy, w, HEIGHT));
        let Some(area) = least_covered(areas.into_iter(), taken, &glyphs) else { continue };
        taken.take(area);
        scene.veil(light.node(node.id));
        chip(scene, area, words, "");
        scene.spot(HitId::Node(node.id), Area::Box(area.x, area.y, area.w, area.h));
    }
    scene.veil(100);
}

/// Where on the edge a pill may stand, the best first.
const SPOTS: [f32; 8] = [0.36, 0.44, 0.52, 0.3, 0.6, 0.24, 0.68, 0.76];

/// `A [5,7] ●2` for `APPENDING [5,7] ●2`: where the whole has no room, the system's word gives way to its initial.
fn initial(words: &str) -> String {
    match words.split_once(' ') {
        Some((word, rest)) if word.bytes().all(|b| b.is_ascii_uppercase()) => {
            [&word[..1], " ", rest].concat()
        }
        _ => words.to_owned(),
    }
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
    let glyphs = standing(flights, plan, look);
    for (from, to, words) in &view.pills {
        let (Some(a), Some(b)) = (plan.place(*from), plan.place(*to)) else { continue };
        let areas = |words: &str| {
            let w = (text::width(words, Font::Sans, 11.0) + 14.0).ceil();
            let at = move |t| Bounds::centred(a.x + (b.x - a.x) * t, a.y + (b.y - a.y) * t, w, 16.0);
            SPOTS.into_iter().map(at)
        };
        let short = initial(words);
        let clear = |area: &Bounds| taken.frees(area) && !glyphs.iter().any(|glyph| glyph.meets(area));
        let (words, area) = match areas(words).find(clear) {
            Some(area) => (words, area),
            None => match least_covered(areas(&short), taken, &glyphs) {
                Some(area) => (&short, area),
                None => continue,
            },
        };
        taken.take(area);
        scene.veil(light.between(*from, *to));
        scene.rect(area.x, area.y, area.w, area.h, 8.0, Paint::both(Ink::Surface, Ink::Line2, 1.0));
        let style = TextStyle::new(Font::Sans, 11.0, Ink::Ink2).middle();
        scene.text(area.x + area.w / 2.0, area.y + 12.0, words, style);
        let id = HitId::Pill(*from, *to);
        if look.selects(id) || look.focused == Some(id) {
            let grown = (area.x - 3.0, area.y - 3.0, area.w + 6.0, area.h + 6.0);
            scene.rect(grown.0, grown.1, grown.2, grown.3, 11.0, Paint::line(Ink::Ink, 2.0));
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
