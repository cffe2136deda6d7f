//! A session over one engine's timeline.

use kernel::view::{BranchView, LogView, OverviewView, RingView, Shape, SpaceTimeView, Stretch};
use kernel::{ClientId, Engine, EngineInfo, MsgId, NodeId, Sentence, SettingDesc, Settings, Time, majority};
use sim::{Action, Cluster, Config, Decision, NodeState, Op, PendingRow, Refusal, limits};

use crate::session::{
    Change, FieldView, MessageFate, NodeDetail, Numbers, ReplayError, Session, Status, Until, Why,
};
use crate::timeline::{Acted, Timeline};
use crate::{detail, numbers, story, weave::Weave};
use kernel::{BranchRecord, Record, Setup};

/// A run of engine `E`.
pub struct Run<E: Engine> {
    pub(crate) setup: Setup,
    pub(crate) timeline: Timeline<E>,
    weave: Option<Weave<E>>,
}

impl<E: Engine> Run<E> {
    /// Starts a run.
    ///
    /// # Errors
    /// What of the setup is not possible.
    pub fn new(setup: Setup) -> Result<Self, ReplayError> {
        let wrong = |why: String| Err(ReplayError::Setup(why));
        if !(1..=limits::NODES).contains(&setup.nodes) {
            return wrong(format!("a cluster has 1 to {} nodes, not {}", limits::NODES, setup.nodes));
        }
        if setup.clients > limits::CLIENTS {
            return wrong(format!(
                "a cluster has at most {} clients, not {}",
                limits::CLIENTS,
                setup.clients
            ));
        }
        let net = setup.net;
        if net.latency_us_min > net.latency_us_max || net.latency_us_max > limits::SHIFT_US {
            return wrong("the least latency must not exceed the most, nor that an hour".to_owned());
        }
        if net.loss_ppm > limits::PPM || net.duplicate_ppm > limits::PPM {
            return wrong("of a million messages at most a million are lost or doubled".to_owned());
        }
        let mut config = Config::<E>::new(setup.nodes, setup.seed);
        config.clients = setup.clients;
        config.net = net;
        for (name, value) in &setup.settings {
            config.settings.set(name, value).map_err(ReplayError::Setup)?;
        }
        E::check(&config.settings, setup.nodes).map_err(ReplayError::Setup)?;
        Ok(Run { setup, timeline: Timeline::new(config), weave: None })
    }

    /// Rebuilds a recorded run and compares every digest in the record.
    ///
    /// # Errors
    /// What does not fit, and the first step that differs.
    pub fn open(record: &Record) -> Result<Self, ReplayError> {
        let mut run = Self::new(record.setup.clone())?;
        if record.branches.is_empty() {
            return Err(ReplayError::Record("a run has at least one branch".to_owned()));
        }
        for (at, branch) in record.branches.iter().enumerate() {
            run.rebuild(u32::try_from(at).unwrap_or(u32::MAX), branch)?;
        }
        let missing = |refusal: Refusal| ReplayError::Record(refusal.0);
        run.timeline.switch(record.shown as usize, Some(record.step)).map_err(missing)?;
        Ok(run)
    }

    /// The state at the cursor.
    #[must_use]
    pub fn cluster(&self) -> &Cluster<E> {
        self.timeline.state()
    }

    fn rebuild(&mut self, at: u32, branch: &BranchRecord) -> Result<(), ReplayError> {
        let refused =
            |step: u32| move |refusal: Refusal| ReplayError::Refused { branch: at, step, why: refusal.0 };
        match (at, branch.parent) {
            (0, None) => {}
            (1.., Some((parent, step))) if parent < at => {
                self.timeline.switch(parent as usize, Some(step)).map_err(refused(step))?;
                if self.timeline.state().step() != step {
                    return Err(ReplayError::Record(format!("branch {at} leaves its parent after its end")));
                }
                self.timeline.fork(branch.cause.clone()).map_err(refused(step))?;
            }
            _ => return Err(ReplayError::Record(format!("branch {at} has no parent before it"))),
        }
        if !branch.name.is_empty() {
            self.timeline.rename(at as usize, branch.name.clone());
        }
        let start = self.timeline.state().step();
        let mut actions = branch.actions.iter().peekable();
        if branch.tip < start || branch.tip > crate::timeline::STEPS_MAX {
            return Err(ReplayError::Record(format!("branch {at} ends at step {}", branch.tip)));
        }
        while self.timeline.state().step() < branch.tip {
            let step = self.timeline.state().step() + 1;
            match actions.next_if(|(s, _)| *s == step) {
                Some((_, action)) => {
                    self.timeline.act(action.clone()).map_err(refused(step))?;
                }
                None if self.timeline.play() => {}
                None => return Err(ReplayError::Ended { branch: at, step }),
            }
            self.compare(at, branch, start, step)?;
        }
        if let Some((step, _)) = actions.next() {
            return Err(ReplayError::Record(format!(
                "branch {at} has an action at step {step}, out of order or after its end"
            )));
        }
        if branch.tip_digest != 0 && self.timeline.state().run_digest() != branch.tip_digest {
            return Err(self.diverged(at, branch.tip));
        }
        Ok(())
    }

    fn compare(&self, at: u32, branch: &BranchRecord, start: u32, step: u32) -> Result<(), ReplayError> {
        let digest = self.timeline.state().run_digest();
        let byte = branch.bytes.get((step - start - 1) as usize);
        if byte.is_some_and(|byte| *byte != crate::branch::low_byte(digest)) {
            return Err(self.diverged(at, step));
        }
        if step.is_multiple_of(crate::branch::WHOLE_STEPS) {
            let nth = step / crate::branch::WHOLE_STEPS - start / crate::branch::WHOLE_STEPS - 1;
            if branch.wholes.get(nth as usize).is_some_and(|whole| *whole != digest) {
                return Err(self.diverged(at, step));
            }
        }
        Ok(())
    }

    fn diverged(&self, branch: u32, step: u32) -> ReplayError {
        ReplayError::Diverged { branch, step, now: self.narration().to_string() }
    }

    fn state(&self) -> &Cluster<E> {
        self.timeline.state()
    }

    fn holds(&self, until: &Until, before: (Option<NodeId>, u64)) -> bool {
        let state = self.state();
        match until {
            Until::LeaderChanges => {
                let now = leader(state);
                now.0.is_some() && now != before
            }
            Until::Committed(index) => {
                let log = state.log((0, 0));
                log.rows.iter().any(|row| row.committed >= i64::try_from(*index).unwrap_or(i64::MAX))
            }
            Until::Violation => self.timeline.state().checks().first_violation().is_some(),
            Until::Time(us) => state.now().0 >= *us,
            Until::Kind(kind) => state.report().sent.iter().any(|note| note.face.kind == kind && !note.reply),
        }
    }
}

fn leader<E: Engine>(state: &Cluster<E>) -> (Option<NodeId>, u64) {
    let id = state.newest_leader();
    (id, id.map_or(0, |id| state.face(id).1))
}

/// How many make a quorum, as the newest leader knows it, or without one the first node that is up; of a joint config
/// in both halves: `2+3`.
fn quorum<E: Engine>(state: &Cluster<E>) -> String {
    let up = |id: &NodeId| state.node(*id).is_some_and(|(_, memory)| memory.is_some());
    let knows = state.newest_leader().or_else(|| (0..state.nodes()).map(NodeId).find(up));
    let known = match knows.and_then(|id| state.node(id)) {
        Some((disk, Some(memory))) => E::voters(state.nodes(), disk, memory),
        _ => ((0..state.nodes()).map(NodeId).collect(), Vec::new()),
    };
    match known {
        (voters, outgoing) if outgoing.is_empty() => majority(voters.len()).to_string(),
        (voters, outgoing) => format!("{}+{}", majority(voters.len()), majority(outgoing.len())),
    }
}

impl<E: Engine> Session for Run<E> {
    fn info(&self) -> &'static EngineInfo {
        E::info()
    }

    fn setup(&self) -> &Setup {
        &self.setup
    }

    fn setting_list(&self) -> Vec<SettingDesc> {
        E::Settings::list()
    }

    fn setting(&self, name: &str) -> Option<String> {
        self.state().settings().get(name)
    }

    fn play(&mut self, until_us: u64, max_steps: u32) -> u32 {
        let mut taken = 0;
        while taken < max_steps {
            // On recorded ground a user's action has its own instant, which the next due item does not tell.
            let at = if self.timeline.at_tip() {
                self.state().next_at()
            } else {
                let recorded = self.timeline.action(self.timeline.shown(), self.state().step() + 1);
                recorded.map(|action| action.at.max(self.state().now())).or_else(|| self.state().next_at())
            };
            if at.is_none_or(|at| at.0 > until_us) || !self.timeline.play() {
                break;
            }
            taken += 1;
        }
        taken
    }

    fn race(&mut self, steps: u32) -> u32 {
        self.timeline.watch(false);
        let taken = (0..steps).take_while(|_| self.timeline.play()).count();
        self.timeline.watch(true);
        u32::try_from(taken).unwrap_or(steps)
    }

    fn forward(&mut self) -> bool {
        self.timeline.forward()
    }

    fn back(&mut self) -> bool {
        self.timeline.back()
    }

    fn seek(&mut self, step: u32) {
        self.timeline.seek(step);
    }

    fn step_at(&self, at_us: u64) -> u32 {
        self.timeline.step_at(self.timeline.shown(), Time(at_us))
    }

    fn act(&mut self, action: Action) -> Result<Acted, Refusal> {
        self.timeline.act(action)
    }

    fn next_step(&self) -> Option<(Time, Decision)> {
        let recorded = self.timeline.action(self.timeline.shown(), self.state().step() + 1);
        match recorded.filter(|_| !self.timeline.at_tip()) {
            Some(action) => Some((action.at, action.decision.clone())),
            None => self.state().next_decision(),
        }
    }

    fn legal(&self, decision: &Decision) -> Result<(), Refusal> {
        self.state().legal(decision)
    }

    fn move_timers(&self, at_us: u64, together: bool) -> Option<Vec<Decision>> {
        crate::timers::move_timers(self.state(), Time(at_us), together)
    }

    fn switch(&mut self, branch: u32, step: Option<u32>) -> Result<(), Refusal> {
        self.timeline.switch(branch as usize, step)
    }

    fn fork(&mut self, cause: String) -> Result<u32, Refusal> {
        self.timeline.fork(cause).map(|new| u32::try_from(new).unwrap_or(u32::MAX))
    }

    fn rename(&mut self, branch: u32, name: String) {
        self.timeline.rename(branch as usize, name);
    }

    fn run_until(&mut self, until: &Until, max_steps: u32) -> bool {
        let before = leader(self.state());
        for _ in 0..max_steps {
            if !self.timeline.play() {
                return false;
            }
            if self.holds(until, before) {
                self.settle();
                return true;
            }
        }
        self.settle();
        false
    }

    fn settle(&mut self) {
        self.timeline.settle();
    }

    fn status(&self) -> Status {
        let state = self.state();
        let up = (0..state.nodes())
            .filter(|i| matches!(state.state(NodeId(*i)), Some(NodeState::Up | NodeState::Paused)))
            .count();
        let (leader, leader_term) = leader(state);
        Status {
            step: state.step(),
            tip: self.timeline.branch().tip,
            now_us: state.now().0,
            next_due_us: state.next_at().map(|at| at.0),
            branch: u32::try_from(self.timeline.shown()).unwrap_or(0),
            up: u8::try_from(up).unwrap_or(0),
            nodes: state.nodes(),
            quorum: quorum(state),
            leader,
            leader_term,
            events: state.events(),
            digest: state.run_digest(),
        }
    }

    fn ring(&self, at_us: u64) -> RingView {
        self.state().ring(Time(at_us))
    }

    fn log(&self, window: (u64, u64)) -> LogView {
        let mut now = self.state().log(window);
        if let Some(before) = self.timeline.before() {
            detail::mark_log_changes(&mut now, &before.log(window));
        }
        now
    }

    fn pending(&self, at_us: u64) -> Vec<PendingRow> {
        self.state().pending(Time(at_us))
    }

    fn overview(&self, window_us: (u64, u64)) -> OverviewView {
        overview(&self.timeline, window_us)
    }

    fn space_time(&mut self, window_us: (u64, u64)) -> SpaceTimeView {
        let weave = Weave::cover(self.weave.take(), &self.timeline, window_us);
        let view = weave.view(&self.timeline, window_us);
        self.weave = Some(weave);
        view
    }

    fn narration(&self) -> Sentence {
        story::narrate(self.state(), self.last_action())
    }

    fn story(&self) -> Vec<Sentence> {
        story::all(self.state())
    }

    fn why(&self) -> Vec<Why> {
        story::why(&self.timeline)
    }

    fn changed(&self) -> Vec<Change> {
        self.timeline.before().map_or_else(Vec::new, |before| detail::changes(before, self.state()))
    }

    fn node(&self, id: NodeId) -> Option<NodeDetail> {
        detail::node(self.state(), id)
    }

    fn client(&self, id: ClientId) -> Option<Vec<FieldView>> {
        detail::client(self.state(), id)
    }

    fn message(&mut self, id: MsgId, at_us: u64) -> Option<MessageFate> {
        if let Some(detail) = self.state().message(id, Time(at_us)) {
            return Some(MessageFate { detail, ended: None });
        }
        if id.step > self.state().step() {
            return None;
        }
        // It is over: the state after the step that sent it has it.
        let sent = self.timeline.state_at(self.timeline.shown(), id.step)?;
        let detail = sent.message(id, sent.now())?;
        let flights = self.space_time((detail.sent.0, self.state().now().0)).flights;
        let ended = flights.into_iter().find(|flight| flight.id == id).map(|flight| flight.end);
        Some(MessageFate { detail, ended })
    }

    fn ops(&self) -> Vec<Op> {
        self.state().ops().cloned().collect()
    }

    fn numbers(&self) -> Numbers {
        numbers::numbers(&self.timeline)
    }

    fn lights(&self) -> Vec<check::RuleLight> {
        self.timeline.state().checks().lights()
    }

    fn state_digest(&self) -> u64 {
        self.state().state_digest()
    }

    fn record(&self) -> Record {
        let branches = self.timeline.branches().iter().enumerate().map(|(at, branch)| BranchRecord {
            parent: branch.parent.map(|(parent, step)| (u32::try_from(parent).unwrap_or(0), step)),
            name: branch.name.clone(),
            cause: branch.cause.clone(),
            tip: branch.tip,
            actions: branch.actions.clone(),
            bytes: branch.bytes.clone(),
            wholes: branch.wholes.iter().map(|(digest, _)| *digest).collect(),
            tip_digest: self.timeline.tip_digest(at).unwrap_or(0),
        });
        Record {
            setup: self.setup.clone(),
            engine_version: E::info().version,
            branches: branches.collect(),
            shown: u32::try_from(self.timeline.shown()).unwrap_or(0),
            step: self.state().step(),
        }
    }
}

impl<E: Engine> Run<E> {
    fn last_action(&self) -> Option<&Decision> {
        let step = self.state().step();
        self.timeline.action(self.timeline.shown(), step).map(|action| &action.decision)
    }
}

/// The overview of the branch shown, up to its tip.
fn overview<E: Engine>(timeline: &Timeline<E>, window_us: (u64, u64)) -> OverviewView {
    let state = timeline.state();
    let branch = timeline.branch();
    let end_us = branch.tip_at.0.max(state.now().0);
    let mut view = OverviewView {
        nodes: (0..state.nodes()).map(NodeId).collect(),
        stretches: Vec::new(),
        marks: Vec::new(),
        branches: Vec::new(),
        end_us,
        now_us: state.now().0,
        window_us,
    };
    for node in &view.nodes {
        view.stretches.extend(stretches(timeline, *node, end_us));
    }
    for (at, upto) in path(timeline) {
        if let Some(branch) = timeline.branches().get(at) {
            let marks = branch.marks.iter().filter(|(_, step, _)| *step <= upto);
            view.marks.extend(marks.map(|(us, _, mark)| (*us, mark.clone())));
        }
    }
    for (at, branch) in timeline.branches().iter().enumerate() {
        view.branches.push(BranchView {
            id: u32::try_from(at).unwrap_or(0),
            name: branch.name.clone(),
            parent: branch.parent.map(|(parent, step)| (u32::try_from(parent).unwrap_or(0), step)),
            from_us: branch.start_at.0,
            to_us: branch.tip_at.0,
            cause: branch.cause.clone(),
            current: at == timeline.shown(),
        });
    }
    view
}

/// The branches that lead to the one shown, first ancestor first, each with its last step on the way.
pub(crate) fn path<E: Engine>(timeline: &Timeline<E>) -> Vec<(usize, u32)> {
    let mut at = timeline.shown();
    let mut way = vec![(at, timeline.branch().tip)];
    while let Some((parent, step)) = timeline.branches().get(at).and_then(|branch| branch.parent) {
        way.push((parent, step));
        at = parent;
    }
    way.reverse();
    way
}

/// How a node looked along the branch shown, up to `end_us`.
pub(crate) fn stretches<E: Engine>(timeline: &Timeline<E>, node: NodeId, end_us: u64) -> Vec<Stretch> {
    let mut out: Vec<Stretch> = Vec::new();
    for (at, _) in path(timeline) {
        let Some(branch) = timeline.branches().get(at) else { continue };
        let from = branch.start_at.0;
        // What the parent recorded after the fork is not on this way.
        out.retain(|stretch| stretch.from_us < from || branch.parent.is_none());
        for life in branch.lives.get(usize::from(node.0)).into_iter().flatten() {
            if let Some(last) = out.last_mut() {
                last.to_us = life.from_us.max(last.from_us);
                if last.shape == life.shape && last.term == life.term {
                    continue;
                }
            }
            let (shape, term): (Shape, u64) = (life.shape, life.term);
            out.push(Stretch { node, from_us: life.from_us, to_us: end_us, shape, term });
        }
    }
    if let Some(last) = out.last_mut() {
        last.to_us = end_us;
    }
    out
}
