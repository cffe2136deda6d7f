//! A run as a tree: going back forgets nothing, acting in the past forks.

use std::collections::VecDeque;

use kernel::{Action, Decision};
use kernel::{Engine, MsgId, Time};
use sim::{Config, Refusal};

use crate::branch::{Branch, low_byte};
use crate::world::World;

/// States before the present one are kept, so many of them, so that stepping back is a copy.
const RING_STEPS: u32 = 192;
/// More branches are refused.
pub const BRANCHES_MAX: usize = 64;
/// More steps are refused.
pub const STEPS_MAX: u32 = 20_000_000;

/// What an action led to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Acted {
    /// The branch grew.
    Grew,
    /// It was what had happened here already; the cursor moved on.
    Followed,
    /// The past was changed: a new branch, now shown.
    Forked(usize),
    /// It had been tried here before: that branch is shown again.
    Returned(usize),
}

/// A run of one engine with all its branches, and a cursor in it.
#[derive(Clone, Debug)]
pub struct Timeline<E: Engine> {
    branches: Vec<Branch<E>>,
    shown: usize,
    state: World<E>,
    /// The state one step before, when it is at hand.
    before: Option<World<E>>,
    /// States before the present one, ascending, without a gap to it.
    ring: VecDeque<World<E>>,
}

impl<E: Engine> Timeline<E> {
    /// A run at its boot.
    #[must_use]
    pub fn new(config: Config<E>) -> Self {
        let state = World::new(config);
        let main = Branch::new(None, "main".to_owned(), String::new(), &state);
        Timeline { branches: vec![main], shown: 0, state, before: None, ring: VecDeque::new() }
    }

    /// The state at the cursor; its report tells what the last step did.
    #[must_use]
    pub fn state(&self) -> &World<E> {
        &self.state
    }

    /// The state one step before the cursor, unless the run is being played or stands at its boot.
    #[must_use]
    pub fn before(&self) -> Option<&World<E>> {
        self.before.as_ref()
    }

    /// The branches, in the order they were made.
    #[must_use]
    pub fn branches(&self) -> &[Branch<E>] {
        &self.branches
    }

    /// Which branch is shown.
    #[must_use]
    pub fn shown(&self) -> usize {
        self.shown
    }

    /// The branch shown.
    #[must_use]
    pub fn branch(&self) -> &Branch<E> {
        self.branches.get(self.shown).expect("the branch shown exists")
    }

    /// Whether the cursor stands at the end of its branch.
    #[must_use]
    pub fn at_tip(&self) -> bool {
        self.state.step() == self.branch().tip
    }

    /// The branch that made `step` on the way to branch `of`.
    #[must_use]
    pub fn owner(&self, of: usize, step: u32) -> usize {
        let mut at = of;
        while let Some(Branch { parent: Some((parent, from)), .. }) = self.branches.get(at) {
            if step > *from {
                break;
            }
            at = *parent;
        }
        at
    }

    /// What the user did in `step` on branch `of`.
    #[must_use]
    pub fn action(&self, of: usize, step: u32) -> Option<&Action> {
        self.branches.get(self.owner(of, step))?.action(step)
    }

    /// The recorded byte of the digest after `step` on branch `of`.
    #[must_use]
    pub fn byte(&self, of: usize, step: u32) -> Option<u8> {
        self.branches.get(self.owner(of, step))?.byte(step)
    }

    /// The state after `step` of branch `of`, made from the nearest keyframe. `None` past its tip.
    #[must_use]
    pub fn state_at(&self, of: usize, step: u32) -> Option<World<E>> {
        if step > self.branches.get(of)?.tip {
            return None;
        }
        let mut state = self.branches.get(self.owner(of, step))?.keyframe(step)?.clone();
        while state.step() < step {
            self.replay_step(of, &mut state);
        }
        Some(state)
    }

    /// Takes the step after `state` as it is recorded on branch `of`.
    ///
    /// # Panics
    /// When the recorded action is not legal, which is a bug of ours: it was when it was recorded.
    pub fn replay_step(&self, of: usize, state: &mut World<E>) {
        match self.action(of, state.step() + 1) {
            Some(action) => state.apply(action).expect("a recorded action is legal again"),
            None => assert!(state.auto(), "a recorded step is there again"),
        }
    }

    /// One step on: the recorded one, or at the tip the item that is due first. False when nothing is pending.
    pub fn forward(&mut self) -> bool {
        if self.at_tip() && (self.state.next_at().is_none() || self.state.step() >= STEPS_MAX) {
            return false;
        }
        self.remember();
        self.take_step();
        true
    }

    /// The same, without keeping the state before: for playing.
    pub fn play(&mut self) -> bool {
        let full = self.state.step() >= STEPS_MAX;
        if self.before.is_some() || !self.ring.is_empty() {
            self.before = None;
            self.ring.clear();
        }
        if !self.at_tip() {
            self.take_step();
            return true;
        }
        let taken = !full && self.state.auto();
        if taken {
            self.record(None);
        }
        taken
    }

    fn take_step(&mut self) {
        if self.at_tip() {
            self.state.auto();
            self.record(None);
            return;
        }
        match self.action(self.shown, self.state.step() + 1).cloned() {
            Some(action) => self.state.apply(&action).expect("a recorded action is legal again"),
            None => assert!(self.state.auto(), "a recorded step is there again"),
        }
        self.verify();
    }

    fn remember(&mut self) {
        self.ring.push_back(self.state.clone());
        if self.ring.len() > RING_STEPS as usize {
            self.ring.pop_front();
        }
        self.before = self.ring.back().cloned();
    }

    fn record(&mut self, action: Option<Action>) {
        let state = &self.state;
        if let Some(branch) = self.branches.get_mut(self.shown) {
            branch.record(state, action);
        }
    }

    /// The run is what was recorded, or something is wrong with us.
    fn verify(&self) {
        let step = self.state.step();
        if let Some(byte) = self.byte(self.shown, step) {
            assert_eq!(low_byte(self.state.run_digest()), byte, "step {step} is not what was recorded");
        }
    }

    /// Whether reports carry texts and sent messages.
    pub fn watch(&mut self, on: bool) {
        self.state.watch(on);
    }

    /// Makes the state before the cursor and the report of its last step, after playing without them.
    pub fn settle(&mut self) {
        if self.before.is_none() && self.state.step() > 0 {
            self.rebuild(self.state.step());
        }
    }

    /// One step back. False at the boot.
    pub fn back(&mut self) -> bool {
        let Some(step) = self.state.step().checked_sub(1) else { return false };
        self.seek(step);
        true
    }

    /// Goes to `step` of the branch shown; past its tip, to the tip.
    pub fn seek(&mut self, step: u32) {
        let step = step.min(self.branch().tip);
        if step == self.state.step() {
            return;
        }
        if let Some(at) = self.ring.iter().position(|state| state.step() == step) {
            self.state = self.ring.get(at).expect("the position was just found").clone();
            self.ring.truncate(at);
            self.before = self.ring.back().cloned();
            if self.before.is_none() && step > 0 {
                self.rebuild(step);
            }
            return;
        }
        self.rebuild(step);
    }

    /// Makes the state after `step` and the ring before it from a keyframe.
    fn rebuild(&mut self, step: u32) {
        self.ring.clear();
        let ring_from = step.saturating_sub(RING_STEPS);
        let mut state = self.state_at(self.shown, ring_from).expect("the step is on this branch");
        while state.step() < step {
            state.watch(true);
            self.ring.push_back(state.clone());
            self.replay_step(self.shown, &mut state);
        }
        state.watch(true);
        self.state = state;
        self.before = self.ring.back().cloned();
        self.verify();
    }

    /// Shows branch `to`, at its tip or at `step`.
    ///
    /// # Errors
    /// When there is no such branch.
    pub fn switch(&mut self, to: usize, step: Option<u32>) -> Result<(), Refusal> {
        let Some(branch) = self.branches.get(to) else {
            return Err(Refusal(format!("there is no branch {to}")));
        };
        let step = step.map_or(branch.tip, |step| step.min(branch.tip));
        if to == self.shown {
            self.seek(step);
            return Ok(());
        }
        self.shown = to;
        self.rebuild(step);
        Ok(())
    }

    /// Takes `action` as the next step. What has happened here already is followed, what was tried before is
    /// returned to, anything else in the past forks.
    ///
    /// # Errors
    /// Why it is not legal; nothing has changed then.
    pub fn act(&mut self, action: Action) -> Result<Acted, Refusal> {
        self.state.legal_at(&action)?;
        let now = self.state.now();
        let by_itself = self.state.next_decision() == Some((now.max(action.at), action.decision.clone()));
        let action = if action.at == now { Action::now(action.decision) } else { action };
        if !self.at_tip() {
            let next = self.action(self.shown, self.state.step() + 1);
            if next == Some(&action) || (next.is_none() && by_itself) {
                self.forward();
                return Ok(Acted::Followed);
            }
            if let Some(old) = self.tried_before(&action, by_itself) {
                let step = self.state.step();
                self.switch(old, Some(step + 1))?;
                return Ok(Acted::Returned(old));
            }
            let cause = self.cause(&action.decision);
            let new = self.fork(cause)?;
            self.take(action, by_itself)?;
            return Ok(Acted::Forked(new));
        }
        self.take(action, by_itself)?;
        Ok(Acted::Grew)
    }

    fn take(&mut self, action: Action, by_itself: bool) -> Result<(), Refusal> {
        if self.state.step() >= STEPS_MAX {
            return Err(Refusal(format!("a run has at most {STEPS_MAX} steps")));
        }
        self.remember();
        self.state.apply(&action)?;
        // What would have happened by itself needs no record.
        self.record((!by_itself).then_some(action));
        Ok(())
    }

    fn tried_before(&self, action: &Action, by_itself: bool) -> Option<usize> {
        let here = (self.owner(self.shown, self.state.step()), self.state.step());
        let first = self.state.step() + 1;
        (0..self.branches.len()).find(|&at| {
            let Some(branch) = self.branches.get(at) else { return false };
            let parts_here = branch
                .parent
                .is_some_and(|(parent, step)| step == here.1 && self.owner(parent, step) == here.0)
                || (at == here.0 && branch.tip > here.1);
            let tried = self.action(at, first);
            parts_here && branch.tip >= first && (tried == Some(action) || (tried.is_none() && by_itself))
        })
    }

    /// Starts a branch at the cursor and shows it.
    ///
    /// # Errors
    /// When there are [`BRANCHES_MAX`] branches.
    pub fn fork(&mut self, cause: String) -> Result<usize, Refusal> {
        if self.branches.len() >= BRANCHES_MAX {
            return Err(Refusal(format!("a run has at most {BRANCHES_MAX} branches")));
        }
        let new = self.branches.len();
        let step = self.state.step();
        let parent = (self.owner(self.shown, step), step);
        self.branches.push(Branch::new(Some(parent), format!("fork {new}"), cause, &self.state));
        self.shown = new;
        Ok(new)
    }

    /// Renames a branch.
    pub fn rename(&mut self, branch: usize, name: String) {
        if let Some(branch) = self.branches.get_mut(branch) {
            branch.name = name;
        }
    }

    /// A few words for what made a fork.
    fn cause(&self, decision: &Decision) -> String {
        let flight = |id: MsgId| self.state.flights().find(|flight| flight.id == id);
        let message = |id: MsgId, verb: &str| {
            flight(id).map_or_else(
                || format!("{id} {verb}"),
                |flight| {
                    let view = self.state.message_view(flight, self.state.now());
                    let answer = if view.of_call { " answer" } else { "" };
                    format!("{}{answer} {}→{} {verb}", view.kind, flight.from, flight.to)
                },
            )
        };
        match decision {
            Decision::Deliver(id) => message(*id, "delivered"),
            Decision::Drop(id) => message(*id, "dropped"),
            Decision::Duplicate(id) => message(*id, "duplicated"),
            Decision::Hold(id) => message(*id, "held"),
            Decision::Release(id) => message(*id, "released"),
            Decision::Delay(id, _) => message(*id, "delayed"),
            Decision::Fire(who, timer) => {
                let name = E::timer_of(*timer).map(|timer| E::timer_name(timer).1).unwrap_or_default();
                format!("{name} of {who} fired")
            }
            other => other.to_string(),
        }
    }

    /// The digest after the last step of branch `of`.
    #[must_use]
    pub fn tip_digest(&self, of: usize) -> Option<u64> {
        let tip = self.branches.get(of)?.tip;
        self.state_at(of, tip).map(|state| state.run_digest())
    }

    /// The last step of branch `of` at or before the instant `at`.
    #[must_use]
    pub fn step_at(&self, of: usize, at: Time) -> u32 {
        let Some(branch) = self.branches.get(of) else { return 0 };
        let mut owner = of;
        while let Some(Branch { parent: Some((parent, _)), start_at, .. }) = self.branches.get(owner) {
            if *start_at <= at {
                break;
            }
            owner = *parent;
        }
        let own = self.branches.get(owner);
        let keyframe = own.and_then(|own| {
            let count = own.keyframes.partition_point(|state| state.now() <= at);
            own.keyframes.get(count.saturating_sub(1))
        });
        let Some(mut state) = keyframe.cloned() else { return 0 };
        let last =
            if owner == of { branch.tip } else { self.next_fork_step(of, owner).unwrap_or(branch.tip) };
        while state.step() < last {
            let mut next = state.clone();
            self.replay_step(of, &mut next);
            if next.now() > at {
                break;
            }
            state = next;
        }
        state.step()
    }

    /// The step after which the way to `of` leaves `owner`.
    fn next_fork_step(&self, of: usize, owner: usize) -> Option<u32> {
        let mut at = of;
        loop {
            let (parent, step) = self.branches.get(at)?.parent?;
            if parent == owner {
                return Some(step);
            }
            at = parent;
        }
    }
}
