//! What an engine has at hand while it is stepped.

use alloc::vec::Vec;

use crate::{Addr, Effect, Engine, MsgId, NodeId, Time};

/// Randomness that belongs to the simulator: recorded, scriptable, a choice in a search.
pub trait Draws {
    /// A number in `lo .. hi` (`lo` when empty), for `purpose`: an index into [`crate::EngineInfo::purposes`].
    fn range(&mut self, purpose: u8, lo: u64, hi: u64) -> u64;
}

/// What a step may look at and say.
pub struct Cx<'a, E: Engine> {
    /// Who is stepped.
    pub id: Addr,
    /// Its own clock.
    pub now: Time,
    /// How many nodes the cluster was configured with.
    pub nodes: u8,
    /// The settings, which may change while running.
    pub settings: &'a E::Settings,
    /// Randomness.
    pub draws: &'a mut dyn Draws,
    /// What it wants, in order.
    pub effects: &'a mut Vec<Effect<E>>,
    /// Whether anybody reads what happens; unwatched, only events that are facts are kept.
    pub watched: bool,
    /// The disk fails what is written within this step; read by [`Cx::write_fails`] alone.
    pub disk_fails: bool,
    /// Something was written within this step.
    pub disk_asked: bool,
}

impl<'a, E: Engine> Cx<'a, E> {
    /// A step of `id` that is watched, with a disk that fails nothing.
    pub fn new(
        id: Addr,
        now: Time,
        nodes: u8,
        settings: &'a E::Settings,
        draws: &'a mut dyn Draws,
        effects: &'a mut Vec<Effect<E>>,
    ) -> Cx<'a, E> {
        Cx { id, now, nodes, settings, draws, effects, watched: true, disk_fails: false, disk_asked: false }
    }

    /// This node. Engine code that runs only on nodes uses it.
    ///
    /// # Panics
    /// When a client is stepped.
    #[must_use]
    pub fn node(&self) -> NodeId {
        self.id.node().expect("node code runs on nodes")
    }

    /// Tells what happened.
    #[inline]
    pub fn note(&mut self, event: E::Event) {
        if self.watched || E::fact(&event).is_some() {
            self.effects.push(Effect::Event(event));
        }
    }

    /// Calls another end with a time-out, which is all that a lost message shows by.
    pub fn call(&mut self, to: impl Into<Addr>, body: E::Message, ctx: E::Ctx, timeout_ms: u64) {
        let timeout_ms = Some(timeout_ms);
        self.effects.push(Effect::Call { to: to.into(), body, ctx, timeout_ms, broken_ms: None });
    }

    /// Answers a call.
    pub fn respond(&mut self, call: MsgId, body: E::Message) {
        self.effects.push(Effect::Respond { call, body });
    }

    /// Whether a write that ends before the step goes on fails. An engine whose
    /// [`crate::EngineInfo::writes_may_fail_at_once`] asks at each such write, and writes nothing then.
    pub fn write_fails(&mut self) -> bool {
        self.disk_asked = true;
        self.disk_fails
    }

    /// Draws a number in `lo .. hi`.
    pub fn draw(&mut self, purpose: u8, lo: u64, hi: u64) -> u64 {
        self.draws.range(purpose, lo, hi)
    }
}
