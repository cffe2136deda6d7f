//! One branch of a run: what the user did, and enough digests and keyframes to go anywhere.

use kernel::view::{Shape, TimeMark};
use kernel::{Action, CommandKind, Decision, Engine, NodeId, Time};

use crate::cuts;
use crate::world::World;

/// A keyframe is kept every so many steps.
pub const KEYFRAME_STEPS: u32 = 4096;
/// The whole run digest is kept every so many steps.
pub const WHOLE_STEPS: u32 = 64;

/// From this instant on a node looks like this.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Life {
    /// Global microseconds.
    pub from_us: u64,
    /// Silhouette.
    pub shape: Shape,
    /// Term.
    pub term: u64,
}

/// The steps after `start` up to `tip`.
#[derive(Clone, Debug)]
pub struct Branch<E: Engine> {
    /// The branch it left and the step after which it did; `None` for the first.
    pub parent: Option<(usize, u32)>,
    /// Its name.
    pub name: String,
    /// Why it was made.
    pub cause: String,
    /// The last step it shares with its parent; 0 for the first.
    pub start: u32,
    /// Its last step.
    pub tip: u32,
    /// When that was.
    pub tip_at: Time,
    /// When it parted.
    pub start_at: Time,
    /// What the user did, ascending by step. Every other step was taken by itself.
    pub actions: Vec<(u32, Action)>,
    /// The lowest byte of the run digest after each step from `start + 1`.
    pub bytes: Vec<u8>,
    /// The whole run digest and the instant after each step that is a multiple of [`WHOLE_STEPS`].
    pub wholes: Vec<(u64, Time)>,
    /// States after `start` and after each multiple of [`KEYFRAME_STEPS`].
    pub keyframes: Vec<World<E>>,
    /// How each node looked, ascending; the first entry holds from the start of the branch.
    pub lives: Vec<Vec<Life>>,
    /// Marks at global microseconds and steps, ascending.
    pub marks: Vec<(u64, u32, TimeMark)>,
}

impl<E: Engine> Branch<E> {
    /// A branch that starts at `from`, with no step of its own.
    pub fn new(parent: Option<(usize, u32)>, name: String, cause: String, from: &World<E>) -> Self {
        let mut keyframe = from.clone();
        keyframe.watch(false);
        let lives = (0..from.nodes()).map(|i| {
            let (shape, term) = from.face(NodeId(i));
            vec![Life { from_us: from.now().0, shape, term }]
        });
        Branch {
            parent,
            name,
            cause,
            start: from.step(),
            tip: from.step(),
            tip_at: from.now(),
            start_at: from.now(),
            actions: Vec::new(),
            bytes: Vec::new(),
            wholes: Vec::new(),
            keyframes: vec![keyframe],
            lives: lives.collect(),
            marks: Vec::new(),
        }
    }

    /// Takes in the step that `state` has just made.
    pub fn record(&mut self, state: &World<E>, action: Option<Action>) {
        let step = state.step();
        assert_eq!(step, self.tip + 1, "steps are recorded one by one");
        let digest = state.run_digest();
        self.tip = step;
        self.tip_at = state.now();
        self.bytes.push(low_byte(digest));
        if step.is_multiple_of(WHOLE_STEPS) {
            self.wholes.push((digest, state.now()));
        }
        if step.is_multiple_of(KEYFRAME_STEPS) {
            let mut keyframe = state.clone();
            keyframe.watch(false);
            self.keyframes.push(keyframe);
            crate::room::make();
        }
        if let Some(action) = action {
            self.mark_action(state, &action.decision);
            self.actions.push((step, action));
        }
        if let Some(node) = state.report().who.and_then(kernel::Addr::node) {
            self.live(state, node);
        }
    }

    fn live(&mut self, state: &World<E>, node: NodeId) {
        let (shape, term) = state.face(node);
        let from_us = state.now().0;
        let Some(lives) = self.lives.get_mut(usize::from(node.0)) else { return };
        let last = lives.last().copied();
        if last.is_some_and(|last| last.shape == shape && last.term == term) {
            return;
        }
        lives.push(Life { from_us, shape, term });
        let led = last.is_some_and(|last| last.shape == Shape::Leader && last.term == term);
        if shape == Shape::Leader && !led {
            self.marks.push((from_us, state.step(), TimeMark::Won(node, term)));
        }
    }

    fn mark_action(&mut self, state: &World<E>, decision: &Decision) {
        let mark = match decision {
            Decision::Command(_, command) => {
                let writes = E::info().kind_of(&command.verb) == Some(CommandKind::Write);
                writes.then_some(TimeMark::Write)
            }
            Decision::Crash(node, _) => Some(TimeMark::Crash(*node)),
            Decision::Restart(node) => Some(TimeMark::Restart(*node)),
            Decision::Cut(..) | Decision::Heal(..) => {
                let before = match self.marks.last() {
                    Some((at, _, TimeMark::Fault(words))) if *at == state.now().0 => Some(words.as_str()),
                    _ => None,
                };
                cuts::words(state, decision, before).map(TimeMark::Fault)
            }
            Decision::Pause(node) => Some(TimeMark::Fault(format!("pause {node}"))),
            Decision::Resume(node) => Some(TimeMark::Fault(format!("resume {node}"))),
            Decision::Wipe(node) => Some(TimeMark::Fault(format!("wipe {node}"))),
            Decision::Skew(node, _) => Some(TimeMark::Fault(format!("clock {node}"))),
            _ => None,
        };
        self.marks.extend(mark.map(|mark| (state.now().0, state.step(), mark)));
    }

    /// What the user did in `step`; `None` when it was taken by itself.
    #[must_use]
    pub fn action(&self, step: u32) -> Option<&Action> {
        let at = self.actions.binary_search_by_key(&step, |(step, _)| *step).ok()?;
        self.actions.get(at).map(|(_, action)| action)
    }

    /// The lowest byte of the run digest after `step`.
    #[must_use]
    pub fn byte(&self, step: u32) -> Option<u8> {
        let at = step.checked_sub(self.start + 1)?;
        self.bytes.get(at as usize).copied()
    }

    /// The newest keyframe not after `step`.
    #[must_use]
    pub fn keyframe(&self, step: u32) -> Option<&World<E>> {
        let at = self.keyframes.partition_point(|state| state.step() <= step);
        self.keyframes.get(at.checked_sub(1)?)
    }
}

/// What of a run digest is kept for every step.
#[must_use]
pub fn low_byte(digest: u64) -> u8 {
    digest.to_le_bytes()[0]
}
