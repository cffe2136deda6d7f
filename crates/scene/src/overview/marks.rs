//! Marks on the time axis: elections, writes, crashes, faults, broken rules, stretches without a leader.

use kernel::view::{OverviewView, Shape, TimeMark};

use super::{FUTURE, Tapes};
use crate::axis::Axis;
use crate::geometry::{Bounds, cross, diamond, tent};
use crate::hit::{Area, HitId};
use crate::look::Look;
use crate::number::seconds;
use crate::scene::Scene;
use crate::shape::{Dash, Font, Ink, Paint, TextStyle};
use crate::text;
use crate::words::Language;

const WORDS: TextStyle = TextStyle::new(Font::Sans, 11.0, Ink::Ink3).halo(4.0);

/// Faults as spans: what was cut, from and to.
fn cuts(view: &OverviewView) -> Vec<(u64, u64, &str)> {
    let mut open: Option<(u64, &str)> = None;
    let mut spans = Vec::new();
    for (at, mark) in &view.marks {
        let TimeMark::Fault(words) = mark else { continue };
        let (cut, heal) = (words.starts_with("cut"), words.starts_with("heal"));
        if (cut || heal)
            && let Some((from, name)) = open.take()
            && from < *at
        {
            spans.push((from, *at, name));
        }
        if cut {
            open = Some((*at, words.as_str()));
        }
    }
    spans.extend(open.map(|(from, name)| (from, view.end_us, name)));
    spans
}

/// The hatched bands of cuts, under everything.
pub(super) fn spans(view: &OverviewView, axis: &Axis, bottom: f32, scene: &mut Scene) {
    for (from, to, _) in cuts(view) {
        let (a, b) = (axis.inside(from), axis.inside(to));
        scene.hatch((a, 14.0, (b - a).max(2.0), bottom - 14.0), 0.0, 6.0, Paint::line(Ink::Line2, 1.0));
    }
}

pub(super) fn draw(view: &OverviewView, axis: &Axis, tapes: &Tapes, look: &Look, scene: &mut Scene) {
    let mut taken: Vec<Bounds> = Vec::new();
    let mut last_write = f32::MIN;
    for (at, mark) in &view.marks {
        let x = axis.x(*at);
        scene.veil(if *at > view.now_us { FUTURE } else { 100 });
        let row = |node| view.nodes.iter().position(|n| n == node).map(|i| tapes.y(i) + tapes.row / 2.0);
        match mark {
            // Where stretches without a leader are bracketed, a bracket's end says the same.
            TimeMark::Won(..) if look.gaps => {}
            TimeMark::Won(..) => {
                tent(scene, (x, 20.0), Paint::fill(Ink::Ink2));
                taken.push(Bounds::centred(x, 20.0, 11.0, 10.0));
            }
            TimeMark::Write if x - last_write >= 2.0 => {
                scene.line(x, 16.0, x, 25.0, Paint::line(Ink::Ink2, 1.25));
                taken.push(Bounds::centred(x, 20.0, 4.0, 10.0));
                last_write = x;
            }
            TimeMark::Crash(node) => {
                if let Some(y) = row(node) {
                    cross(scene, (x, y), 6.0, Ink::Ink, 1.6);
                }
            }
            TimeMark::Restart(node) => {
                if let Some(y) = row(node) {
                    scene.circle(x, y, 2.6, Paint::both(Ink::Surface, Ink::Ink, 1.4));
                }
            }
            TimeMark::Violation(_) => {
                diamond(scene, (x, 20.0), 5.0, 1.0, Paint::fill(Ink::Bad));
                taken.push(Bounds::centred(x, 20.0, 12.0, 12.0));
                scene.spot(HitId::Time(*at), Area::Disc(x, 20.0, 6.0));
            }
            TimeMark::Write | TimeMark::Fault(_) => {}
        }
    }
    scene.veil(100);
    if look.gaps {
        gaps(view, axis, look.language, &mut taken, scene);
    }
    faults(view, axis, (tapes.bottom(), look.language), &mut taken, scene);
}

/// Words of cuts inside their span; other faults as a dotted line with words right of it.
fn faults(
    view: &OverviewView,
    axis: &Axis,
    (bottom, language): (f32, Language),
    taken: &mut Vec<Bounds>,
    scene: &mut Scene,
) {
    for (from, to, words) in cuts(view) {
        let words = &language.fault(words);
        let (a, b) = (axis.inside(from), axis.inside(to));
        let w = text::width(words, WORDS.font, WORDS.size);
        let groom = ((b - a) - w) / 2.0;
        let tries = [0.5, 0.3, 0.7, 0.15, 0.85, 0.02, 0.98];
        let spot = tries.iter().map(|t| a + groom + 2.0 * groom * (t - 0.5)).find(|left| {
            let area = Bounds::new(*left, 14.0, w, 14.0);
            groom >= 0.0 && taken.iter().all(|t| !t.meets(&area))
        });
        if let Some(left) = spot {
            taken.push(Bounds::new(left, 14.0, w, 14.0));
            scene.veil(if from > view.now_us { FUTURE } else { 100 });
            scene.text(left + w / 2.0, 25.0, words, WORDS.middle());
        }
    }
    for (at, mark) in &view.marks {
        let TimeMark::Fault(words) = mark else { continue };
        if words.starts_with("cut") || words.starts_with("heal") {
            continue;
        }
        let x = axis.x(*at);
        scene.veil(if *at > view.now_us { FUTURE } else { 100 });
        scene.line(x, 14.0, x, bottom, Paint::line(Ink::Ink3, 1.0).dashed(Dash::Short));
        let words = &language.fault(words);
        let w = text::width(words, WORDS.font, WORDS.size);
        for left in [x + 4.0, x - 4.0 - w] {
            let area = Bounds::new(left, 14.0, w, 14.0);
            let inside = left >= axis.left && left + w <= axis.right;
            if inside && taken.iter().all(|t| !t.meets(&area)) {
                taken.push(area);
                scene.text(left + w / 2.0, 25.0, words, WORDS.middle());
                break;
            }
        }
    }
    scene.veil(100);
}

/// Brackets over the stretches in which nobody leads, with how long.
fn gaps(view: &OverviewView, axis: &Axis, language: Language, taken: &mut Vec<Bounds>, scene: &mut Scene) {
    let mut leads: Vec<(u64, u64)> = view
        .stretches
        .iter()
        .filter(|s| matches!(s.shape, Shape::Leader | Shape::LeaderNotReady))
        .map(|s| (s.from_us, s.to_us))
        .collect();
    kernel::sort_by_key(&mut leads, |lead| *lead);
    let mut from = 0;
    let mut spans = Vec::new();
    for (start, end) in leads {
        if start > from {
            spans.push((from, start));
        }
        from = from.max(end);
    }
    if view.now_us > from {
        spans.push((from, view.now_us));
    }
    let pen = Paint::line(Ink::Ink, 1.5);
    let style = TextStyle::new(Font::SansSemi, 11.0, Ink::Ink).halo(5.0).middle();
    for (from, to) in spans {
        let (a, b) = (axis.inside(from), axis.inside(to.min(view.now_us.max(from))));
        if b - a < 8.0 {
            continue;
        }
        scene.polyline(&[(a, 18.0), (a, 26.0)], false, pen);
        scene.polyline(&[(b, 18.0), (b, 26.0)], false, pen);
        scene.line(a, 22.0, b, 22.0, pen);
        taken.push(Bounds::new(a, 15.0, b - a, 14.0));
        let long = language.no_leader(&seconds(to - from, 3));
        let short = format!("{} s", seconds(to - from, 3));
        for words in [long, short] {
            let w = text::width(&words, style.font, style.size) + 12.0;
            if w <= b - a - 8.0 {
                scene.rect((a + b - w) / 2.0, 15.0, w, 14.0, 0.0, Paint::fill(Ink::Surface));
                scene.text((a + b) / 2.0, 26.0, &words, style);
                break;
            }
        }
    }
}
