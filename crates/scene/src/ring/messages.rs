//! Messages: where they are on their lanes, and how they look.

use kernel::view::{MessageView, RingView, Shape, Sign};
use kernel::{MsgId, NodeId};

use super::Spotlight;
use super::plan::{Lane, Plan};
use crate::geometry::{Badge, Bounds, arrowhead, badge, cross};
use crate::hit::{Area, HitId};
use crate::look::Look;
use crate::number;
use crate::number::within;
use crate::scene::{Scene, snap};
use crate::shape::{Dash, Font, Ink, Paint, Seg, TextStyle};

/// How near two glyphs of one lane may come.
const APART: f32 = 20.0;

/// A message with its place.
pub(crate) struct Flight<'a> {
    pub message: &'a MessageView,
    pub from: NodeId,
    pub to: NodeId,
    pub lane: Lane,
    pub at: (f32, f32),
    /// Lost in this step: only a trail and a ✕.
    pub lost: bool,
    /// Its receiver hands leadership over, so a write waits.
    pub locked: bool,
}

impl Flight<'_> {
    pub fn id(&self) -> HitId {
        HitId::Msg(self.message.id)
    }

    /// How far along its lane it is, in pixels.
    fn along(&self) -> f32 {
        let (x, y) = (self.at.0 - self.lane.start.0, self.at.1 - self.lane.start.1);
        x * self.lane.dir.0 + y * self.lane.dir.1
    }

    /// What the glyph covers.
    pub fn bounds(&self, scale: f32) -> Bounds {
        let (w, h) = match (self.lost, self.message.reply) {
            (true, _) => (10.0, 10.0),
            (_, true) => (29.0, 19.0),
            _ => (24.0, 24.0),
        };
        let room = if self.message.held { 31.0 } else { 0.0 };
        Bounds::centred(self.at.0, self.at.1, (w * scale).max(room), (h * scale).max(room))
    }
}

/// Finds the place of every message between two nodes of the ring.
pub(super) fn place<'a>(view: &'a RingView, plan: &Plan) -> Vec<Flight<'a>> {
    let mut flights: Vec<Flight<'a>> = Vec::with_capacity(view.messages.len() + view.lost.len());
    for (message, lost) in view.lost.iter().map(|m| (m, true)).chain(view.messages.iter().map(|m| (m, false)))
    {
        let (Some(from), Some(to)) = (message.from.node(), message.to.node()) else { continue };
        let Some(lane) = plan.lane(from, to) else { continue };
        let receiver = view.nodes.iter().find(|n| n.id == to);
        let dead = receiver.is_some_and(|n| matches!(n.shape, Shape::Crashed | Shape::Aborted));
        let waits = receiver.is_some_and(|n| n.handing_to.is_some()) && message.letter == 'W';
        let t = part(message, lost, dead);
        let (x, y) = lane.at(t);
        let at = (snap(x), snap(y));
        flights.push(Flight { message, from, to, lane, at, lost, locked: waits && !message.reply });
    }
    spread(&mut flights);
    yield_way(&mut flights, plan);
    flights
}

/// The part of the way a message has made.
fn part(message: &MessageView, lost: bool, dead: bool) -> f32 {
    let t = f32::from(message.progress_permille.min(1000)) / 1000.0;
    match (lost, message.held, message.overdue) {
        (true, ..) => {
            if dead {
                1.0
            } else {
                0.5
            }
        }
        (_, true, _) => within(t, 0.12, 0.5),
        (_, _, true) => 0.97,
        _ => within(t, 0.03, 0.97),
    }
}

/// Glyphs of one lane keep apart: the foremost stays, what comes behind it queues.
fn spread(flights: &mut [Flight<'_>]) {
    let mut order: Vec<usize> = (0..flights.len()).filter(|&i| !flights[i].lost).collect();
    kernel::sort_by_key(&mut order, |&i| {
        let f = &flights[i];
        (f.from, f.to, !number::rank(f.along()), f.message.id)
    });
    let mut ahead: Option<(NodeId, NodeId, f32)> = None;
    for i in order {
        let f = &mut flights[i];
        let mut d = f.along();
        if let Some((from, to, before)) = ahead
            && (from, to) == (f.from, f.to)
            && d > before - APART
        {
            d = (before - APART).max(0.0);
            let (x, y) = f.lane.on(d);
            f.at = (snap(x), snap(y));
        }
        ahead = Some((f.from, f.to, d));
    }
}

/// More glyphs than this are a cloud, and none yields.
const YIELD_MOST: usize = 64;
/// A glyph yields so far at most, in so many rounds.
const YIELD_PX: f32 = 14.0;
const YIELD_ROUNDS: usize = 6;

/// Where lanes cross or pass a node, glyphs yield along their own lanes. Each moves by as much as the others press on
/// it, so that between two frames none jumps.
fn yield_way(flights: &mut [Flight<'_>], plan: &Plan) {
    // Few nodes leave room enough; of very many messages there is none.
    if plan.places.len() <= 5 || flights.len() > YIELD_MOST {
        return;
    }
    let (apart, clear) = (APART * plan.scale(), plan.b + 8.0 + 9.0 * plan.scale());
    let free = |f: &Flight<'_>| !f.lost && !f.message.held;
    let start: Vec<f32> = flights.iter().map(Flight::along).collect();
    let mut way = start.clone();
    for _ in 0..YIELD_ROUNDS {
        let at: Vec<(f32, f32)> = flights.iter().zip(&way).map(|(f, d)| f.lane.on(*d)).collect();
        for (i, f) in flights.iter().enumerate().filter(|(_, f)| free(f)) {
            let press = |from: (f32, f32), apart: f32| {
                let (dx, dy) = (at[i].0 - from.0, at[i].1 - from.1);
                let near = dx.hypot(dy).max(0.5);
                (apart - near).max(0.0) / 2.0 * (dx * f.lane.dir.0 + dy * f.lane.dir.1) / near
            };
            // Those of one lane keep their order and their distance.
            let other = |j: usize| j != i && (flights[j].from, flights[j].to) != (f.from, f.to);
            let glyphs: f32 = (0..at.len()).filter(|j| other(*j)).map(|j| press(at[j], apart)).sum();
            let nodes: f32 = plan.places.iter().map(|p| press((p.x, p.y), clear)).sum();
            let (least, most) = ((start[i] - YIELD_PX).max(0.0), (start[i] + YIELD_PX).min(f.lane.len));
            way[i] = within(way[i] + glyphs + nodes, least.min(most), most);
        }
    }
    for (f, d) in flights.iter_mut().zip(way) {
        if free(f) {
            let (x, y) = f.lane.on(d);
            f.at = (snap(x), snap(y));
        }
    }
}

pub(super) fn trails(flights: &[Flight<'_>], light: &Spotlight, scene: &mut Scene) {
    for f in flights {
        scene.veil(light.message(f.id(), f.from, f.to));
        let paint = Paint::line(Ink::edge_of(f.message.term), 1.25).at(75);
        let paint = if f.message.reply { paint.dashed(Dash::Even) } else { paint };
        scene.line(f.lane.start.0, f.lane.start.1, f.at.0, f.at.1, paint);
    }
    scene.veil(100);
}

pub(super) fn draw(flights: &[Flight<'_>], plan: &Plan, light: &Spotlight, scene: &mut Scene) {
    for f in flights {
        scene.veil(light.message(f.id(), f.from, f.to));
        if f.lost {
            cross(scene, f.at, 8.0, Ink::Ink, 1.75);
        } else {
            glyph(scene, f.at, f.lane.dir, plan.scale(), &Glyph::of(f.message, f.locked));
        }
        scene.spot(f.id(), Area::Disc(f.at.0, f.at.1, 12.0));
    }
    scene.veil(100);
}

/// Rings round the selected and the focused message, over everything.
pub(super) fn marks(flights: &[Flight<'_>], plan: &Plan, look: &Look, scene: &mut Scene) {
    for f in flights {
        let area = f.bounds(plan.scale());
        let (r, (x, y)) = (area.w.max(area.h) / 2.0, f.at);
        if look.selects(f.id()) {
            scene.circle(x, y, r + 4.0, Paint::line(Ink::Ink, 2.0));
        }
        if look.focused == Some(f.id()) {
            let side = 2.0 * r + 14.0;
            scene.rect(x - side / 2.0, y - side / 2.0, side, side, 5.0, Paint::line(Ink::Ink, 2.0));
        }
    }
}

/// What of a message its glyph shows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Glyph {
    pub letter: char,
    pub sign: Sign,
    pub term: u64,
    pub reply: bool,
    pub held: bool,
    pub copy: bool,
    pub no_effect: bool,
    pub locked: bool,
}

impl Glyph {
    fn of(m: &MessageView, locked: bool) -> Glyph {
        Glyph {
            letter: m.letter,
            sign: m.sign,
            term: m.term,
            reply: m.reply,
            held: m.held,
            copy: m.copy,
            no_effect: m.no_effect,
            locked,
        }
    }

    fn word(&self) -> String {
        match self.sign {
            Sign::None => self.letter.to_string(),
            Sign::Plus => format!("{}+", self.letter),
            Sign::Minus => format!("{}−", self.letter),
            Sign::Again => format!("{}…", self.letter),
            Sign::Failed => format!("{}×", self.letter),
        }
    }
}

/// Draws a message travelling in a direction.
pub(crate) fn glyph(scene: &mut Scene, at: (f32, f32), dir: (f32, f32), scale: f32, what: &Glyph) {
    let word = what.word();
    if what.reply {
        pill(scene, at, dir, scale, what, &word);
    } else {
        request(scene, at, dir, scale, what);
        let ink = if what.no_effect { Ink::Ink2 } else { Ink::On };
        letter(scene, at, scale, &word, ink);
    }
    if what.held {
        let ring = Paint::line(Ink::Ink, 1.25).dashed(Dash::Short);
        scene.circle(at.0, at.1, 15.0, ring);
        badge(scene, (at.0 + 11.0, at.1 - 11.0), 6.5, true, Badge::Pause);
    } else if what.locked {
        badge(scene, (at.0 + 9.0, at.1 - 9.0), 6.5, true, Badge::Lock);
    }
}

fn letter(scene: &mut Scene, at: (f32, f32), scale: f32, word: &str, ink: Ink) {
    let style = TextStyle::new(Font::MonoBold, 11.0 * scale, ink).middle();
    scene.text(at.0, at.1 + 4.0 * scale, word, style);
}

/// A drop: a disc whose tip, on its tangents, points the way.
fn request(scene: &mut Scene, at: (f32, f32), dir: (f32, f32), scale: f32, what: &Glyph) {
    let (r, tip) = (9.0 * scale, 13.3 * scale);
    let (fill, edge) = (Ink::fill_of(what.term), Ink::edge_of(what.term));
    if what.copy {
        scene.circle(at.0 - 3.0, at.1 - 3.0, r, Paint::both(Ink::Surface, edge, 1.5));
    }
    let heading = dir.1.atan2(dir.0);
    let half = (r / tip).acos();
    let segs = [
        Seg::Arc(at.0, at.1, r, heading + half, heading + core::f32::consts::TAU - half),
        Seg::Line(at.0 + dir.0 * tip, at.1 + dir.1 * tip),
        Seg::Close,
    ];
    if what.no_effect {
        // The trail must not shine through a pale glyph.
        scene.path(&segs, Paint::fill(Ink::Surface));
        scene.path(&segs, Paint::both(fill, edge, 1.5).fill_at(22));
    } else {
        scene.path(&segs, Paint::both(fill, edge, 1.5));
    }
}

fn pill(scene: &mut Scene, at: (f32, f32), dir: (f32, f32), scale: f32, what: &Glyph, word: &str) {
    let (w, h) = (if word.chars().count() > 1 { 27.0 } else { 19.0 }, 17.0);
    let (w, h) = (w * scale, h * scale);
    let edge = Ink::edge_of(what.term);
    let paint = Paint::both(Ink::Surface, edge, 1.5);
    let paint = if what.no_effect { paint.dashed(Dash::Fine) } else { paint };
    let outline = |scene: &mut Scene, dx: f32, dy: f32, paint| {
        scene.rect(at.0 - w / 2.0 + dx, at.1 - h / 2.0 + dy, w, h, h / 2.0, paint);
    };
    let reach = reach(w, h, dir) + 2.0 + 5.0;
    let tip = (at.0 + dir.0 * reach, at.1 + dir.1 * reach);
    arrowhead(scene, tip, dir, 5.0, 6.8, edge);
    if what.copy {
        outline(scene, -3.0, -3.0, Paint::both(Ink::Surface, edge, 1.5));
    }
    outline(scene, 0.0, 0.0, paint);
    let ink = if what.no_effect { Ink::Ink2 } else { Ink::Ink };
    letter(scene, at, scale, word, ink);
}

/// How far the edge of a pill is from its centre in a direction.
fn reach(w: f32, h: f32, dir: (f32, f32)) -> f32 {
    let (flat, r) = ((w - h) / 2.0, h / 2.0);
    let (ux, uy) = (dir.0.abs(), dir.1.abs());
    if uy * flat >= r * ux {
        return r / uy;
    }
    flat * ux + (r * r - flat * flat * uy * uy).max(0.0).sqrt()
}

/// The message a hit names, if it is in this list.
pub(crate) fn is(f: &Flight<'_>, id: Option<HitId>) -> bool {
    let own: MsgId = f.message.id;
    id == Some(HitId::Msg(own))
}
