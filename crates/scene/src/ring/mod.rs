//! The ring: nodes, links and what travels between them.

mod chips;
mod labels;
mod links;
mod messages;
mod nodes;
mod plan;
#[cfg(test)]
mod tests;

use kernel::NodeId;
use kernel::view::RingView;

use crate::geometry::{Bounds, Taken};
use crate::hit::HitId;
use crate::look::Look;
use crate::scene::Scene;
pub(crate) use nodes::{Body, body};
use plan::Plan;

pub(crate) use links::{Wire, wire};
pub(crate) use messages::{Glyph, glyph};

/// Draws the ring of a view into the scene, which is cleared first.
pub fn ring(view: &RingView, look: &Look, scene: &mut Scene) {
    scene.clear(look.width, look.height, look.theme);
    scene.touch = look.touch;
    if view.nodes.is_empty() {
        return;
    }
    let plan = Plan::new(view, look);
    let light = Spotlight::new(view, look);
    let mut taken =
        Taken { pane: Some(Bounds::new(2.0, 2.0, look.width - 4.0, look.height - 4.0)), ..Taken::default() };
    for place in &plan.places {
        let ring = if look.selects(HitId::Node(place.id)) { 15.5 } else { 10.0 };
        taken.discs.push((place.x, place.y, plan.b + ring));
    }
    let flights = messages::place(view, &plan);
    let cuts = links::marks(view, &plan);
    links::draw(view, &plan, look, &light, scene);
    messages::trails(&flights, &light, scene);
    nodes::draw(view, &plan, look, &light, scene);
    labels::draw(view, &plan, look, &light, &mut taken, scene);
    taken.discs.extend(cuts);
    chips::node_chips(view, &plan, look, &light, (&mut taken, &flights), scene);
    chips::pills(view, &plan, look, &light, (&mut taken, &flights), scene);
    messages::draw(&flights, &plan, &light, scene);
    for flight in &flights {
        taken.take(flight.bounds(plan.scale()));
    }
    chips::handovers(view, &plan, look, &light, &mut taken, scene);
    chips::messages(&flights, &plan, look, &light, &mut taken, scene);
    messages::marks(&flights, &plan, look, scene);
    scene.veil(100);
}

/// What stays at full opacity while something is hovered: the thing and what it belongs to.
pub(crate) struct Spotlight {
    hovered: Option<HitId>,
    ends: Option<(NodeId, NodeId)>,
}

impl Spotlight {
    fn new(view: &RingView, look: &Look) -> Spotlight {
        let hovered = look
            .hovered
            .filter(|id| matches!(id, HitId::Node(_) | HitId::Msg(_) | HitId::Link(..) | HitId::Pill(..)));
        let ends = match hovered {
            Some(HitId::Link(a, b) | HitId::Pill(a, b)) => Some((a, b)),
            Some(HitId::Msg(id)) => view
                .messages
                .iter()
                .chain(&view.lost)
                .find(|m| m.id == id)
                .and_then(|m| Some((m.from.node()?, m.to.node()?))),
            _ => None,
        };
        // A message that is not in this ring is marked elsewhere; nothing is dimmed for it.
        let hovered = hovered.filter(|id| !matches!(id, HitId::Msg(_)) || ends.is_some());
        Spotlight { hovered, ends }
    }

    /// The opacity of a node.
    pub fn node(&self, id: NodeId) -> u8 {
        match (self.hovered, self.ends) {
            (None, _) => 100,
            (Some(HitId::Node(own)), _) if own == id => 100,
            (_, Some((a, b))) if a == id || b == id => 100,
            _ => 55,
        }
    }

    /// The opacity of what lies between two nodes.
    pub fn between(&self, a: NodeId, b: NodeId) -> u8 {
        match (self.hovered, self.ends) {
            (None, _) => 100,
            (Some(HitId::Node(own)), _) if own == a || own == b => 100,
            (Some(_), Some((x, y))) if (x, y) == (a, b) || (x, y) == (b, a) => 100,
            _ => 55,
        }
    }

    /// The opacity of a message.
    pub fn message(&self, id: HitId, a: NodeId, b: NodeId) -> u8 {
        match self.hovered {
            Some(HitId::Msg(_)) => {
                if self.hovered == Some(id) {
                    100
                } else {
                    55
                }
            }
            _ => self.between(a, b),
        }
    }
}
