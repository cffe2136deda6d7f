//! What can be clicked, what it is called in text, and which thing a point means.

use core::fmt;
use core::str::FromStr;

use kernel::{ClientId, MsgId, NodeId};

use crate::number::within;
use crate::scene::Scene;

/// A thing that can be clicked, hovered or selected.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum HitId {
    /// A node: `node:2`.
    Node(NodeId),
    /// A client, which no picture draws but panels name: `client:0`.
    Client(ClientId),
    /// A message: `msg:17.3`.
    Msg(MsgId),
    /// The link of two nodes, the lower first: `link:0-2`.
    Link(NodeId, NodeId),
    /// An entry of a node's log: `cell:1:7`.
    Cell {
        /// Whose log.
        node: NodeId,
        /// Index in the system's numbering.
        index: u64,
    },
    /// An instant in global microseconds: `time:1200000`.
    Time(u64),
    /// A step of the branch shown: `step:17`.
    Step(u32),
    /// A branch: `branch:1`.
    Branch(u32),
    /// The state of one node's dispatcher for another: `pill:0-1`.
    Pill(NodeId, NodeId),
    /// The window of the space-time diagram in the overview: `window`.
    Window,
    /// Its left edge: `window:from`.
    WindowFrom,
    /// Its right edge: `window:to`.
    WindowTo,
}

impl fmt::Display for HitId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            HitId::Node(id) => write!(f, "node:{}", id.0),
            HitId::Client(id) => write!(f, "client:{}", id.0),
            HitId::Msg(id) => write!(f, "msg:{}.{}", id.step, id.index),
            HitId::Link(a, b) => write!(f, "link:{}-{}", a.0, b.0),
            HitId::Cell { node, index } => write!(f, "cell:{}:{index}", node.0),
            HitId::Time(us) => write!(f, "time:{us}"),
            HitId::Step(step) => write!(f, "step:{step}"),
            HitId::Branch(id) => write!(f, "branch:{id}"),
            HitId::Pill(from, to) => write!(f, "pill:{}-{}", from.0, to.0),
            HitId::Window => f.write_str("window"),
            HitId::WindowFrom => f.write_str("window:from"),
            HitId::WindowTo => f.write_str("window:to"),
        }
    }
}

/// A text that names no thing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BadHitId;

impl fmt::Display for BadHitId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not the name of a thing in a picture; right are node:2, msg:17.3, link:0-2, cell:1:7")
    }
}

impl core::error::Error for BadHitId {}

impl FromStr for HitId {
    type Err = BadHitId;

    fn from_str(text: &str) -> Result<HitId, BadHitId> {
        parse(text).ok_or(BadHitId)
    }
}

fn parse(text: &str) -> Option<HitId> {
    let (kind, rest) = match text {
        "window" => return Some(HitId::Window),
        "window:from" => return Some(HitId::WindowFrom),
        "window:to" => return Some(HitId::WindowTo),
        _ => text.split_once(':')?,
    };
    Some(match kind {
        "node" => HitId::Node(node(rest)?),
        "client" => HitId::Client(ClientId(number(rest)?)),
        "msg" => {
            let (step, index) = rest.split_once('.')?;
            HitId::Msg(MsgId { step: number(step)?, index: number(index)? })
        }
        "link" => {
            let (a, b) = pair(rest)?;
            if a >= b {
                return None;
            }
            HitId::Link(a, b)
        }
        "cell" => {
            let (of, index) = rest.split_once(':')?;
            HitId::Cell { node: node(of)?, index: number(index)? }
        }
        "time" => HitId::Time(number(rest)?),
        "step" => HitId::Step(number(rest)?),
        "branch" => HitId::Branch(number(rest)?),
        "pill" => {
            let (from, to) = pair(rest)?;
            HitId::Pill(from, to)
        }
        _ => return None,
    })
}

/// Digits only: `+1` and `01` are not what we print.
fn number<T: FromStr>(text: &str) -> Option<T> {
    let plain = text.bytes().all(|b| b.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    if plain { text.parse().ok() } else { None }
}

fn node(text: &str) -> Option<NodeId> {
    number(text).map(NodeId)
}

fn pair(text: &str) -> Option<(NodeId, NodeId)> {
    let (a, b) = text.split_once('-')?;
    Some((node(a)?, node(b)?))
}

/// Where a thing can be hit.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Area {
    /// Centre and radius.
    Disc(f32, f32, f32),
    /// Left, top, width, height.
    Box(f32, f32, f32, f32),
    /// From, to: a line; asked only where no disc or box is hit.
    Line(f32, f32, f32, f32),
    /// Left, top, width, height of something that lies under everything: asked last.
    Ground(f32, f32, f32, f32),
    /// A row of columns: left, top, width, height, width of a column, index at the left edge (a fraction is a
    /// column scrolled half away). The id given is a [`HitId::Cell`] whose index is one past the last that exists.
    Columns(f32, f32, f32, f32, f32, f64),
}

#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Spot {
    pub id: HitId,
    pub area: Area,
}

/// The stretch of a picture in which a horizontal position is an instant.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct TimeAxis {
    pub x: f32,
    pub w: f32,
    pub y: f32,
    pub h: f32,
    pub from_us: u64,
    pub to_us: u64,
}

impl TimeAxis {
    pub fn time_at(&self, x: f32) -> u64 {
        let part = f64::from(within((x - self.x) / self.w.max(1.0), 0.0, 1.0));
        let span = self.to_us.saturating_sub(self.from_us);
        self.from_us + (part * span as f64).round() as u64
    }
}

/// How well a point meets an area: class (lower wins), then distance.
fn meets(area: Area, x: f32, y: f32, least: f32) -> Option<(u8, f32)> {
    let half = least / 2.0;
    match area {
        Area::Disc(cx, cy, r) => {
            let d = (x - cx).hypot(y - cy);
            (d <= r.max(half)).then_some((0, d))
        }
        Area::Box(left, top, w, h) => {
            let (cx, cy) = (left + w / 2.0, top + h / 2.0);
            let inside = (x - cx).abs() <= (w / 2.0).max(half) && (y - cy).abs() <= (h / 2.0).max(half);
            inside.then_some((0, (x - cx).hypot(y - cy)))
        }
        Area::Line(x1, y1, x2, y2) => {
            let (dx, dy) = (x2 - x1, y2 - y1);
            let len2 = dx * dx + dy * dy;
            let t = if len2 > 0.0 { within(((x - x1) * dx + (y - y1) * dy) / len2, 0.0, 1.0) } else { 0.0 };
            let d = (x - x1 - t * dx).hypot(y - y1 - t * dy);
            (d <= half).then_some((1, d))
        }
        Area::Columns(left, top, w, h, ..) | Area::Ground(left, top, w, h) => {
            let inside = x >= left && x < left + w && y >= top && y < top + h;
            inside.then_some((2, (y - top - h / 2.0).abs()))
        }
    }
}

impl Scene {
    /// The thing at a point. Areas are at least 24 px in both directions (44 for touch); where two overlap, the
    /// nearer centre wins; a line loses to what stands on it; the time axis is asked last.
    #[must_use]
    pub fn hit(&self, x: f32, y: f32) -> Option<HitId> {
        let least = if self.touch { 44.0 } else { 24.0 };
        let mut best: Option<((u8, f32), HitId)> = None;
        for spot in &self.spots {
            let Some(rank) = meets(spot.area, x, y, least) else { continue };
            let id = match (spot.area, spot.id) {
                (Area::Columns(left, _, _, _, pitch, first), HitId::Cell { node, index: end }) => {
                    let index = (first + f64::from((x - left) / pitch)).floor() as u64;
                    if index >= end {
                        continue;
                    }
                    HitId::Cell { node, index }
                }
                (_, id) => id,
            };
            if best.is_none_or(|(other, _)| rank.0 < other.0 || (rank.0 == other.0 && rank.1 < other.1)) {
                best = Some((rank, id));
            }
        }
        best.map(|(_, id)| id).or_else(|| {
            let axis = self.axis?;
            let inside = x >= axis.x && x <= axis.x + axis.w && y >= axis.y && y <= axis.y + axis.h;
            inside.then(|| HitId::Time(axis.time_at(x)))
        })
    }

    /// The instant a horizontal position means, for dragging; `None` when the picture has no time axis.
    #[must_use]
    pub fn time_at(&self, x: f32) -> Option<u64> {
        self.axis.map(|axis| axis.time_at(x))
    }

    /// The middle of a thing's area, where a menu or a focus ring goes.
    #[must_use]
    pub fn place_of(&self, id: HitId) -> Option<(f32, f32)> {
        self.spots.iter().find_map(|spot| match (spot.area, spot.id) {
            (Area::Columns(left, top, w, h, pitch, first), HitId::Cell { node, index: end }) => match id {
                HitId::Cell { node: of, index } if of == node && index < end => {
                    let x = left + ((index as f64 - first) as f32 + 0.5) * pitch;
                    (x >= left && x <= left + w).then_some((x, top + h / 2.0))
                }
                _ => None,
            },
            (area, found) if found == id => Some(match area {
                Area::Disc(cx, cy, _) => (cx, cy),
                Area::Box(x, y, w, h) | Area::Ground(x, y, w, h) | Area::Columns(x, y, w, h, ..) => {
                    (x + w / 2.0, y + h / 2.0)
                }
                Area::Line(x1, y1, x2, y2) => ((x1 + x2) / 2.0, (y1 + y2) / 2.0),
            }),
            _ => None,
        })
    }
}
