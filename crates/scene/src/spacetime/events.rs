//! Events on lanes, their labels, and faults across all lanes. No label covers another.

use kernel::view::{LaneEvent, Shape, Stretch};

use super::Frame;
use super::flights::{Slope, slopes};
use crate::geometry::{Bounds, event_mark};
use crate::hit::{Area, HitId};
use crate::scene::Scene;
use crate::shape::{Anchor, Dash, Font, Ink, Paint, TextStyle};
use crate::text;

/// A label that has its place, or a fault's words.
struct Label {
    /// Which event or fault.
    index: usize,
    x: f32,
    y: f32,
    anchor: Anchor,
    /// What is whitened under it, where arrows would go through its words.
    paper: Option<Bounds>,
}

/// The labels that found room, and what is taken now.
pub(super) struct Labels {
    events: Vec<Label>,
    faults: Vec<Label>,
    pub taken: Vec<Bounds>,
}

fn style(event: &LaneEvent) -> TextStyle {
    if event.violation {
        TextStyle::new(Font::SansSemi, 11.0, Ink::Bad).halo(3.0)
    } else if event.now {
        TextStyle::new(Font::SansSemi, 11.0, Ink::Ink).halo(3.0)
    } else {
        TextStyle::new(Font::Sans, 11.0, Ink::Ink2).halo(3.0)
    }
}

/// Finds room for labels: what broke a rule first, then this step, then who leads, then in order.
pub(super) fn place(frame: &Frame<'_>) -> Labels {
    let view = frame.view;
    let mut taken = Vec::from([frame.flag]);
    if frame.shows(frame.now) {
        taken.push(Bounds::new(frame.now - 2.0, 0.0, 4.0, frame.lanes.bottom()));
    }
    for event in &view.events {
        if let Some(y) = frame.lane(event.node) {
            taken.push(Bounds::centred(frame.axis.x(event.at_us), y, 9.0, 9.0));
        }
    }
    let rank = |i: usize| {
        let event = &view.events[i];
        (!event.violation, !event.now, !begins(frame, event, &[Shape::Leader]), event.at_us)
    };
    let order = kernel::order(view.events.len(), &mut |i, j| rank(i) < rank(j));
    let slopes = slopes(frame);
    let mut events = Vec::new();
    for index in order {
        let event = &view.events[index];
        let x = frame.axis.x(event.at_us);
        let Some(lane) = frame.lane(event.node).filter(|_| frame.shows(x)) else { continue };
        let style = style(event);
        let w = text::width(&event.label, style.font, style.size);
        if w <= 0.0 {
            continue;
        }
        if let Some((label, area)) = room(frame, (index, x, lane, w), (&taken, &slopes)) {
            events.push(label);
            taken.push(area);
        }
    }
    let mut faults = Vec::new();
    for (index, (at, words)) in view.faults.iter().enumerate() {
        let x = frame.axis.x(*at);
        let words = &frame.look.language.fault(words);
        let (w, y) = (text::width(words, Font::Sans, 11.0), frame.lanes.bottom() - 4.0);
        for (left, anchor) in [(x + 4.0, Anchor::Start), (x - 4.0 - w, Anchor::End)] {
            let area = Bounds::new(left, y - 10.0, w, 13.0);
            let inside = left >= frame.axis.left && left + w <= frame.axis.right;
            if frame.shows(x) && inside && taken.iter().all(|t| !t.meets(&area)) {
                let at = if anchor == Anchor::Start { x + 4.0 } else { x - 4.0 };
                faults.push(Label { index, x: at, y, anchor, paper: None });
                taken.push(area);
                break;
            }
        }
    }
    Labels { events, faults, taken }
}

/// Where the fewest arrows cross it; centred before to one side. Below its lane it could be taken for the next one's, so
/// it is there only when two arrows fewer cross it.
fn room(
    frame: &Frame<'_>,
    (index, x, lane, w): (usize, f32, f32, f32),
    (taken, slopes): (&[Bounds], &[Slope]),
) -> Option<(Label, Bounds)> {
    let mut best = None;
    let mut least = usize::MAX;
    let (above, below) = (lane - 9.0, lane + if frame.lanes.pitch < 28.0 { 16.0 } else { 18.0 });
    // Beside an event of this step the label and its paper clear the playhead.
    let sides = [(Anchor::Middle, 0.0), (Anchor::End, -6.0), (Anchor::Start, 6.0)];
    for (y, cost) in [(above, 0), (below, 2)] {
        for (anchor, shift) in sides {
            let left = match anchor {
                Anchor::Start => x + shift,
                Anchor::Middle => x - w / 2.0,
                Anchor::End => x + shift - w,
            };
            let area = Bounds::new(left - 3.0, y - 9.5, w + 6.0, 12.0);
            let inside = left >= frame.axis.left && left + w <= frame.axis.right;
            if inside && taken.iter().all(|t| !t.meets(&area)) {
                let crossed = slopes.iter().filter(|slope| slope.crosses(&area)).count();
                if cost + crossed < least {
                    least = cost + crossed;
                    let paper = (crossed > 0).then_some(area);
                    best = Some((Label { index, x: x + shift, y, anchor, paper }, area));
                }
            }
        }
    }
    best
}

pub(super) fn draw(frame: &Frame<'_>, labels: &Labels, scene: &mut Scene) {
    let view = frame.view;
    for (at, _) in &view.faults {
        let x = frame.axis.x(*at);
        if frame.shows(x) {
            let pen = Paint::line(Ink::Ink3, 1.0).dashed(Dash::Short);
            scene.veil(frame.veil(*at));
            scene.line(x, 16.0, x, frame.lanes.bottom() - 2.0, pen);
        }
    }
    for label in &labels.faults {
        let (at, words) = &view.faults[label.index];
        scene.veil(frame.veil(*at));
        let style = TextStyle::new(Font::Sans, 11.0, Ink::Ink2).halo(3.0).anchored(label.anchor);
        scene.text(label.x, label.y, &frame.look.language.fault(words), style);
    }
    for event in &view.events {
        let x = frame.axis.x(event.at_us);
        let Some(y) = frame.lane(event.node).filter(|_| frame.shows(x)) else { continue };
        scene.spot(HitId::Step(event.step), Area::Disc(x, y, 8.0));
        if event.now || died(frame, event) {
            continue;
        }
        scene.veil(frame.veil(event.at_us));
        event_mark(scene, (x, y), false, event.violation);
        if frame.look.selects(HitId::Step(event.step)) {
            scene.circle(x, y, 8.0, Paint::line(Ink::Ink, 2.0));
        }
    }
    for label in &labels.events {
        let event = &view.events[label.index];
        if let Some(Bounds { x, y, w, h }) = label.paper {
            scene.rect(x + 1.0, y, w - 2.0, h, 3.0, Paint::fill(Ink::Surface).at(85));
        }
        scene.veil(frame.veil(event.at_us));
        scene.text(label.x, label.y, &event.label, style(event).anchored(label.anchor));
    }
    scene.veil(100);
}

/// The event of this step, over the playhead.
pub(super) fn present(frame: &Frame<'_>, scene: &mut Scene) {
    for event in frame.view.events.iter().filter(|e| e.now && !died(frame, e)) {
        let x = frame.axis.x(event.at_us);
        if let Some(y) = frame.lane(event.node).filter(|_| frame.shows(x)) {
            event_mark(scene, (x, y), true, event.violation);
        }
    }
}

/// Whether the event is a node's going down, which has its own mark.
fn died(frame: &Frame<'_>, event: &LaneEvent) -> bool {
    event.at_us > frame.axis.from_us && begins(frame, event, &[Shape::Crashed, Shape::Aborted])
}

/// Whether the node is in one of these shapes from the event on.
fn begins(frame: &Frame<'_>, event: &LaneEvent, shapes: &[Shape]) -> bool {
    let begun = |s: &&Stretch| s.node == event.node && s.from_us == event.at_us && shapes.contains(&s.shape);
    frame.view.stretches.iter().any(|s| begun(&s))
}
