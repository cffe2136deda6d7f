//! Messages as slopes between lanes; heartbeat rounds as one pill.

use kernel::NodeId;
use kernel::view::{FlightEnd, FlightView};

use super::Frame;
use super::events::Labels;
use crate::geometry::{Badge, Bounds, arrowhead, badge, cross, open_head};
use crate::hit::{Area, HitId};
use crate::number::within;
use crate::overview::FUTURE;
use crate::scene::Scene;
use crate::shape::{Dash, Font, Ink, Paint, TextStyle};
use crate::text;

/// A slope of the diagram.
pub(super) struct Slope {
    from: (f32, f32),
    to: (f32, f32),
}

impl Slope {
    fn at_x(&self, x: f32) -> (f32, f32) {
        let t = if self.to.0 > self.from.0 { (x - self.from.0) / (self.to.0 - self.from.0) } else { 1.0 };
        (x, self.from.1 + (self.to.1 - self.from.1) * within(t, 0.0, 1.0))
    }

    /// Whether it goes through a rectangle, or touches it.
    pub fn crosses(&self, area: &Bounds) -> bool {
        let (left, right) = (self.from.0.max(area.x), self.to.0.min(area.x + area.w));
        let (a, b) = (self.at_x(left).1, self.at_x(right).1);
        left <= right && a.min(b) <= area.y + area.h && a.max(b) >= area.y
    }

    fn part(&self, t: f32) -> (f32, f32) {
        (self.from.0 + (self.to.0 - self.from.0) * t, self.from.1 + (self.to.1 - self.from.1) * t)
    }

    fn dir(&self) -> (f32, f32) {
        let (dx, dy) = (self.to.0 - self.from.0, self.to.1 - self.from.1);
        let len = dx.hypot(dy).max(0.01);
        (dx / len, dy / len)
    }
}

/// Whether a flight is part of a folded heartbeat round: it told nobody anything new and arrived or will.
fn folds(frame: &Frame<'_>, flight: &FlightView) -> bool {
    frame.look.fold && flight.routine && matches!(flight.end, FlightEnd::Arrived(_) | FlightEnd::Flying(_))
}

/// Of every flight that is drawn by itself.
pub(super) fn slopes(frame: &Frame<'_>) -> Vec<Slope> {
    frame.view.flights.iter().filter(|f| !folds(frame, f)).filter_map(|f| slope(frame, f)).collect()
}

/// Draws the flights, their letters where there is room, and the folded rounds.
pub(super) fn draw(frame: &Frame<'_>, labels: &Labels, scene: &mut Scene) {
    let mut taken: Vec<Bounds> = labels.taken.clone();
    let pills = rounds(frame);
    taken.extend(pills.iter().map(|p| Bounds::centred(p.x, p.y, p.w, 16.0)));
    let hovered = frame.view.flights.iter().any(|f| frame.look.hovered == Some(HitId::Msg(f.id)));
    for flight in frame.view.flights.iter().filter(|f| !folds(frame, f)) {
        let Some(slope) = slope(frame, flight) else { continue };
        if slope.to.0.max(slope.from.0) < frame.axis.left || slope.from.0 > frame.axis.right {
            continue;
        }
        let own = HitId::Msg(flight.id);
        let veil = if hovered && frame.look.hovered != Some(own) { 55 } else { 100 };
        line(frame, flight, &slope, veil, scene);
        letter(frame, flight, &slope, (veil, &mut taken), scene);
        scene.spot(own, Area::Line(slope.from.0, slope.from.1, slope.to.0, slope.to.1));
    }
    for pill in &pills {
        scene.veil(if pill.x > frame.now { FUTURE } else { 100 });
        let face = Paint::both(Ink::Surface, Ink::Line2, 1.0);
        scene.rect(pill.x - pill.w / 2.0, pill.y - 8.0, pill.w, 16.0, 8.0, face);
        let style = TextStyle::new(Font::MonoMedium, 11.0, Ink::Ink3).middle();
        scene.text(pill.x, pill.y + 4.0, &pill.words, style);
        scene.spot(pill.id, Area::Box(pill.x - pill.w / 2.0, pill.y - 8.0, pill.w, 16.0));
    }
    scene.veil(100);
}

/// A folded round.
struct Round {
    x: f32,
    y: f32,
    w: f32,
    words: String,
    id: HitId,
}

/// Heartbeats of one sender sent together are one pill; rounds too near to each other are counted together.
fn rounds(frame: &Frame<'_>) -> Vec<Round> {
    let mut beats: Vec<(NodeId, u64, &FlightView)> = frame
        .view
        .flights
        .iter()
        .filter(|f| folds(frame, f) && !f.reply)
        .filter_map(|f| Some((f.from.node()?, f.sent_us, f)))
        .collect();
    kernel::sort_by_key(&mut beats, |(node, sent, f)| (*node, *sent, f.id));
    let mut all: Vec<(NodeId, f32, usize, &FlightView)> = Vec::new();
    for (node, sent, flight) in beats {
        let x = frame.axis.x(sent);
        match all.last_mut() {
            Some((same, at, count, _)) if *same == node && x - *at < 36.0 => *count += 1,
            _ => all.push((node, x, 1, flight)),
        }
    }
    let mut pills: Vec<Round> = Vec::new();
    for (node, x, count, flight) in all {
        let Some(y) = frame.lane(node).filter(|_| frame.shows(x)) else { continue };
        let letter = flight.label.chars().next().unwrap_or('H');
        let words = format!("{letter}×{count}");
        let w = (text::width(&words, Font::MonoMedium, 11.0) + 12.0).max(32.0);
        let x = beside_events(frame, node, (x, y, w), &pills);
        pills.push(Round { x, y, w, words, id: HitId::Msg(flight.id) });
    }
    pills
}

/// Where a pill covers no event of its lane: its own place, else right or left of the event there.
fn beside_events(frame: &Frame<'_>, node: NodeId, (x, y, w): (f32, f32, f32), pills: &[Round]) -> f32 {
    let apart = w / 2.0 + 5.0;
    let events = frame.view.events.iter().filter(|event| event.node == node);
    let events: Vec<f32> = events.map(|event| frame.axis.x(event.at_us)).collect();
    let free = |at: &f32| {
        events.iter().all(|event| (event - at).abs() >= apart)
            && pills.iter().all(|pill| pill.y != y || (pill.x - at).abs() >= (pill.w + w) / 2.0)
    };
    let beside = events.iter().flat_map(|event| [event + apart, event - apart]);
    let mut near = beside.filter(|at| (at - x).abs() < 2.0 * apart);
    if free(&x) { x } else { near.find(free).unwrap_or(x) }
}

/// Where a flight starts and where it ends or would end.
fn slope(frame: &Frame<'_>, flight: &FlightView) -> Option<Slope> {
    let (a, b) = (flight.from.node()?, flight.to.node()?);
    let (ya, yb) = (frame.lane(a)?, frame.lane(b)?);
    let x = frame.axis.x(flight.sent_us);
    let (end, share) = match flight.end {
        FlightEnd::Arrived(us) | FlightEnd::Flying(us) => (frame.axis.x(us), 1.0),
        FlightEnd::Lost(us) if frame.was_down(b, us) => (frame.axis.x(us).max(x + 14.0), 1.0),
        FlightEnd::Lost(us) => (frame.axis.x(us).max(x + 14.0), 0.6),
        FlightEnd::Held(us) => (frame.axis.x(us).max(x + 18.0), 0.4),
    };
    Some(Slope { from: (x, ya), to: (end, ya + (yb - ya) * share) })
}

fn line(frame: &Frame<'_>, flight: &FlightView, slope: &Slope, veil: u8, scene: &mut Scene) {
    let edge = Ink::edge_of(flight.term);
    let pen = if flight.reply { Paint::line(edge, 1.1).at(80) } else { Paint::line(edge, 1.25) };
    let pen = if frame.look.selects(HitId::Msg(flight.id)) { Paint::line(Ink::Ink, 2.0) } else { pen };
    scene.veil(veil);
    let held = matches!(flight.end, FlightEnd::Held(_));
    let split = if held { slope.to.0 } else { within(frame.now, slope.from.0, slope.to.0.max(slope.from.0)) };
    let middle = slope.at_x(split);
    if split > slope.from.0 {
        scene.line(slope.from.0, slope.from.1, middle.0, middle.1, pen);
    }
    let later = crate::shape::scaled(FUTURE, veil);
    if slope.to.0 > split || slope.to.0 <= slope.from.0 {
        scene.veil(if split < slope.to.0 { later } else { veil });
        let dashed = if split < slope.to.0 { pen.dashed(Dash::Even) } else { pen };
        scene.line(middle.0, middle.1, slope.to.0, slope.to.1, dashed);
    }
    scene.veil(if slope.to.0 > frame.now + 0.5 && !held { later } else { veil });
    match flight.end {
        FlightEnd::Arrived(_) | FlightEnd::Flying(_) => {
            if flight.reply {
                open_head(scene, slope.to, slope.dir(), 6.5, Paint::line(edge, 1.25));
            } else {
                arrowhead(scene, slope.to, slope.dir(), 7.0, 5.4, edge);
            }
        }
        FlightEnd::Lost(_) => cross(scene, slope.to, 8.0, Ink::Ink, 1.75),
        FlightEnd::Held(_) => {
            let (x, y) = slope.to;
            let dots = Paint::line(Ink::Ink2, 1.25).dashed(Dash::HeldDots).round();
            scene.line(x, y, frame.axis.right, y, dots);
            let at = if frame.now > x + 20.0 { frame.now + 14.0 } else { x + 22.0 };
            badge(scene, (at.min(frame.axis.right - 8.0), y), 6.5, true, Badge::Pause);
        }
    }
    scene.veil(100);
}

/// The letter on paper at 0.42 of the way (a copy at 0.72), or nearby where it covers nothing.
fn letter(
    frame: &Frame<'_>,
    flight: &FlightView,
    slope: &Slope,
    (veil, taken): (u8, &mut Vec<Bounds>),
    scene: &mut Scene,
) {
    // Answers speak only when they say more than yes to a message that has its letter.
    if flight.label.is_empty() || (flight.reply && flight.label.ends_with('+') && !flight.routine) {
        return;
    }
    let style = TextStyle::new(Font::MonoSemi, 10.5, Ink::Ink2);
    let w = text::width(&flight.label, style.font, style.size) + 8.0;
    let first = if flight.copy { 0.72 } else { 0.42 };
    for t in [first, 0.55, 0.3, 0.66, 0.2] {
        let (x, y) = slope.part(t);
        let area = Bounds::centred(x, y, w, 14.0);
        let inside = area.x >= frame.axis.left && area.x + w <= frame.axis.right;
        if inside && taken.iter().all(|b| !b.meets(&area)) {
            let future = x > frame.now && slope.from.0 >= frame.now;
            scene.veil(if future { crate::shape::scaled(FUTURE, veil) } else { veil });
            let r = if flight.reply { 7.0 } else { 3.0 };
            scene.rect(area.x, area.y, w, 14.0, r, Paint::fill(Ink::Surface));
            scene.text(x, y + 3.8, &flight.label, style.middle());
            taken.push(area);
            break;
        }
    }
    scene.veil(100);
}
