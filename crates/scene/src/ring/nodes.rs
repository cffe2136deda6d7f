//! Nodes: silhouette, term, timer, votes, badges.

use kernel::view::{Ballot, NodeView, RingView, Shape, TimerArc};

use super::Spotlight;
use super::plan::Plan;
use crate::geometry::{Badge, arrowhead, badge, cross, diamond, hexagon, octagon};
use crate::hit::{Area, HitId};
use crate::look::Look;
use crate::number::sin_cos;
use crate::scene::Scene;
use crate::shape::{Dash, Font, Ink, Paint, TextStyle};

/// What of a node its body shows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Body<'a> {
    pub shape: Shape,
    pub term: u64,
    pub paused: bool,
    pub handing: bool,
    pub broken: bool,
    pub selected: bool,
    pub timer: Option<TimerArc>,
    pub votes: &'a [Ballot],
    /// Who has voted for it in its term, a bit a node: votes that have not arrived are coming.
    pub given: u32,
    /// The direction of whom else it voted for.
    pub vote: Option<(f32, f32)>,
}

impl<'a> Body<'a> {
    fn of(node: &'a NodeView, view: &RingView, plan: &Plan, look: &Look) -> Body<'a> {
        let voted = view.nodes.iter().filter(|v| v.voted_for == Some(node.id) && v.term == node.term);
        Body {
            shape: node.shape,
            term: node.term,
            paused: node.paused,
            handing: node.handing_to.is_some(),
            broken: node.broken_rule.is_some(),
            selected: look.selects(HitId::Node(node.id)),
            timer: node.timer,
            votes: &node.votes,
            given: voted.fold(0, |all, voter| all | 1_u32.wrapping_shl(voter.id.0.into())),
            vote: node.voted_for.and_then(|to| plan.lane(node.id, to)).map(|lane| lane.dir),
        }
    }

    /// Whether the process is there to have a timer.
    fn lives(&self) -> bool {
        !matches!(self.shape, Shape::Crashed | Shape::Aborted | Shape::NotMember)
    }
}

pub(super) fn draw(view: &RingView, plan: &Plan, look: &Look, light: &Spotlight, scene: &mut Scene) {
    for (node, place) in view.nodes.iter().zip(&plan.places) {
        scene.veil(light.node(node.id));
        body(scene, (place.x, place.y), plan.b, &Body::of(node, view, plan, look));
        let id = HitId::Node(node.id);
        if look.focused == Some(id) {
            let side = 2.0 * plan.b + 36.0;
            let (x, y) = (place.x - side / 2.0, place.y - side / 2.0);
            scene.rect(x, y, side, side, 5.0, Paint::line(Ink::Ink, 2.0));
        }
        scene.spot(id, Area::Disc(place.x, place.y, plan.b + 10.0));
    }
    scene.veil(100);
}

/// Draws a node of body radius `b` round a point.
pub(crate) fn body(scene: &mut Scene, at: (f32, f32), b: f32, node: &Body<'_>) {
    if node.lives() {
        timer(scene, at, b, node);
    }
    if node.broken || node.selected {
        let ink = if node.broken { Ink::Bad } else { Ink::Ink };
        scene.circle(at.0, at.1, b + 14.0, Paint::line(ink, 2.0));
        if node.broken && node.selected {
            scene.circle(at.0, at.1, b + 17.0, Paint::line(Ink::Ink, 2.0));
        }
    }
    silhouette(scene, at, b, node);
    votes(scene, at, b, node);
    number(scene, at, b, node);
    let corner = (at.0 + b * 0.74 * 1.0, at.1 + b * 0.74);
    if node.handing {
        badge(scene, corner, 8.0, true, Badge::Arrow);
    } else if node.paused && node.lives() {
        badge(scene, corner, 8.0, true, Badge::Pause);
    }
}

fn timer(scene: &mut Scene, at: (f32, f32), b: f32, node: &Body<'_>) {
    let r = b + 8.0;
    scene.circle(at.0, at.1, r, Paint::line(Ink::Line, 3.0));
    let Some(arc) = node.timer else { return };
    let part = f32::from(arc.left_permille.min(1000)) / 1000.0;
    if part <= 0.0 {
        return;
    }
    let ink = if node.paused { Ink::Line3 } else { Ink::Ink2 };
    let paint = Paint::line(ink, 3.0);
    let paint = if arc.dashes { paint.dashed(Dash::Beat) } else { paint.round() };
    scene.arc(at.0, at.1, r, 0.0, part, paint);
}

fn silhouette(scene: &mut Scene, at: (f32, f32), b: f32, node: &Body<'_>) {
    let fill = Ink::fill_of(node.term);
    let edge = Ink::edge_of(node.term);
    let share = if node.paused { 40 } else { 100 };
    let term = |ink: Ink, width: f32| Paint::both(fill, ink, width).fill_at(share);
    match node.shape {
        Shape::Booting => {
            scene.circle(at.0, at.1, b, Paint::line(Ink::Line3, 1.5).dashed(Dash::Dots).round());
        }
        Shape::Follower => scene.circle(at.0, at.1, b, term(edge, 1.5)),
        Shape::PreCandidate => {
            let paint = Paint::both(fill, Ink::Ink, 1.5).fill_at(30).dashed(Dash::Pre);
            diamond(scene, at, b + 6.0, 5.0, paint);
        }
        Shape::Candidate => diamond(scene, at, b + 6.0, 5.0, term(Ink::Ink, 2.0)),
        Shape::Leader => hexagon(scene, at, b + 3.5, 5.0, term(Ink::Ink, 2.5)),
        Shape::LeaderNotReady => {
            hexagon(scene, at, b + 3.5, 5.0, term(Ink::Ink, 2.5).dashed(Dash::NotReady));
        }
        Shape::Learner => {
            scene.circle(at.0, at.1, 0.8 * b, term(edge, 1.5));
            scene.circle(at.0, at.1, 0.8 * b - 4.0, Paint::line(Ink::On, 1.25).at(60));
        }
        Shape::Crashed => {
            scene.circle(at.0, at.1, b, Paint::line(Ink::Line3, 1.5).dashed(Dash::Even));
            cross(scene, at, 0.72 * b, Ink::Ink3, 2.0);
        }
        Shape::Aborted => {
            octagon(scene, at, b + 1.0, 3.0, Paint::line(Ink::Bad, 2.0));
            let top = at.1 - 0.42 * b;
            let pen = Paint::line(Ink::Bad, 3.5).round();
            scene.line(at.0, top, at.0, top + 0.5 * b, pen);
            scene.circle(at.0, at.1 + 0.4 * b, 2.0, Paint::fill(Ink::Bad));
        }
        Shape::NotMember => {
            scene.circle(at.0, at.1, b, Paint::line(edge, 1.5).dashed(Dash::Outside));
        }
    }
    laps(scene, at, b, node);
}

/// From term 12 on, one inner line a lap, at most three.
fn laps(scene: &mut Scene, at: (f32, f32), b: f32, node: &Body<'_>) {
    let laps = (node.term / 12).min(3) as u8;
    let ink = if node.paused { Ink::Ink } else { Ink::On };
    for lap in 1..=laps {
        let inset = 3.0 * f32::from(lap);
        let paint = Paint::line(ink, 1.0).at(60);
        match node.shape {
            Shape::Follower => scene.circle(at.0, at.1, b - inset, paint),
            Shape::Leader | Shape::LeaderNotReady => {
                hexagon(scene, at, b + 3.5 - inset * 1.155, (5.0 - inset * 0.6).max(2.0), paint);
            }
            Shape::Candidate => {
                diamond(scene, at, b + 6.0 - inset * 1.414, (5.0 - inset * 0.4).max(2.0), paint);
            }
            Shape::Learner | Shape::Booting | Shape::PreCandidate => {}
            Shape::Crashed | Shape::Aborted | Shape::NotMember => {}
        }
    }
}

fn votes(scene: &mut Scene, at: (f32, f32), b: f32, node: &Body<'_>) {
    if !matches!(node.shape, Shape::PreCandidate | Shape::Candidate | Shape::Follower) {
        return;
    }
    let n = node.votes.len();
    let ink = if node.shape == Shape::PreCandidate || node.paused { Ink::Ink } else { Ink::On };
    if let Some(dir) = node.vote {
        let tip = (at.0 + dir.0 * (b - 3.0), at.1 + dir.1 * (b - 3.0));
        arrowhead(scene, tip, dir, 0.22 * b, 0.3 * b, ink);
    }
    let coming = |i: usize| node.shape == Shape::Candidate && node.given >> i & 1 == 1;
    for (i, ballot) in node.votes.iter().enumerate() {
        let angle = core::f32::consts::TAU * i as f32 / n as f32;
        let (sin, cos) = sin_cos(angle);
        let (x, y) = (at.0 + 0.66 * b * sin, at.1 - 0.66 * b * cos);
        let size = if b < 24.0 { 0.8 } else { 1.0 };
        match ballot {
            Ballot::Yes => scene.circle(x, y, 3.5 * size, Paint::both(ink, ink, 1.25)),
            Ballot::No => scene.circle(x, y, 3.5 * size, Paint::line(ink, 1.25)),
            Ballot::Open if coming(i) => scene.circle(x, y, 3.5 * size, Paint::fill(ink).at(50)),
            Ballot::Open => scene.circle(x, y, 2.0, Paint::fill(ink).at(40)),
            Ballot::None => {}
        }
    }
}

fn number(scene: &mut Scene, at: (f32, f32), b: f32, node: &Body<'_>) {
    let ink = match node.shape {
        Shape::Crashed | Shape::Aborted => return,
        Shape::Booting | Shape::NotMember => Ink::Ink3,
        Shape::PreCandidate => Ink::Ink,
        _ if node.paused => Ink::Ink,
        _ => Ink::On,
    };
    let size: f32 = if b >= 30.0 {
        20.0
    } else if b > 22.0 {
        17.0
    } else {
        14.0
    };
    let word = node.term.to_string();
    let room = if node.votes.is_empty() { 1.5 * b } else { 0.8 * b };
    let wide = crate::text::width(&word, Font::SansSemi, size);
    let size = if wide > room { (size * room / wide).max(9.0) } else { size };
    scene.text(at.0, at.1 + size * 0.355, &word, TextStyle::new(Font::SansSemi, size, ink).middle());
}
