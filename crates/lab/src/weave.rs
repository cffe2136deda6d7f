//! The threads of the space-time diagram: every message and labelled event of a stretch of a run.

use kernel::view::{FlightEnd, FlightView, LaneEvent, SpaceTimeView};
use kernel::{Engine, NodeId, Time};
use sim::Ended;

use crate::cuts;
use crate::run::stretches;
use crate::timeline::Timeline;
use crate::world::World;

/// A diagram covers at most this many steps before its end.
const STEPS_MAX: u32 = 3000;

/// Messages and events of the steps `from + 1 ..= state.step()` of a branch.
pub(crate) struct Weave<E: Engine> {
    branch: usize,
    from: u32,
    state: World<E>,
    flights: Vec<FlightView>,
    events: Vec<LaneEvent>,
    faults: Vec<(u64, String)>,
    /// Some message was held after the last step.
    holds: bool,
}

impl<E: Engine> Weave<E> {
    /// The weave that covers `window_us` on the branch shown, made from an older one when that reaches.
    pub fn cover(old: Option<Self>, timeline: &Timeline<E>, window_us: (u64, u64)) -> Self {
        let shown = timeline.shown();
        let tip = timeline.branch().tip;
        let reaches = |weave: &Self| {
            // After a leap it is begun anew, near the window.
            let near = window_us.0 <= weave.state.now().0;
            let grown_only = weave.branch == shown && weave.state.step() <= tip && weave.from <= tip;
            let first = weave.flights.first().map_or(0, |flight| flight.sent_us);
            near && grown_only && (first <= window_us.0 || weave.from == 0) && weave.flights.len() < 20_000
        };
        let mut weave = match old.filter(reaches) {
            Some(weave) => weave,
            None => Self::start(timeline, window_us.0),
        };
        while weave.state.step() < tip && weave.state.now().0 <= window_us.1 {
            weave.take(timeline);
        }
        weave
    }

    fn start(timeline: &Timeline<E>, from_us: u64) -> Self {
        let shown = timeline.shown();
        // Messages sent before the window still cross it: begin a little earlier.
        let first = timeline.step_at(shown, Time(from_us)).saturating_sub(64);
        let first = first.max(timeline.state().step().saturating_sub(STEPS_MAX));
        let mut state = timeline.state_at(shown, first).unwrap_or_else(|| timeline.state().clone());
        state.watch(true);
        Weave {
            branch: shown,
            from: state.step(),
            state,
            flights: Vec::new(),
            events: Vec::new(),
            faults: Vec::new(),
            holds: false,
        }
    }

    fn take(&mut self, timeline: &Timeline<E>) {
        timeline.replay_step(self.branch, &mut self.state);
        let now = self.state.now().0;
        let step = self.state.step();
        let report = self.state.report();
        for (id, ended) in &report.ended {
            if let Some(flight) = self.flights.iter_mut().rev().find(|flight| flight.id == *id) {
                flight.end = match ended {
                    Ended::Arrived => FlightEnd::Arrived(now),
                    Ended::Lost => FlightEnd::Lost(now),
                };
            }
        }
        for note in &report.sent {
            let index = note.face.index.map(|index| index.to_string()).unwrap_or_default();
            self.flights.push(FlightView {
                id: note.id,
                from: note.from,
                to: note.to,
                label: format!("{}{index}", note.face.letter),
                term: note.face.term,
                reply: note.face.answer,
                routine: note.face.routine,
                copy: note.copy,
                sent_us: now,
                end: FlightEnd::Flying(note.due.0),
            });
        }
        for (who, event) in &report.events {
            if let (Some(node), Some(label)) = (who.node(), E::lane_label(event)) {
                self.events.push(LaneEvent { node, at_us: now, step, label, now: false, violation: false });
            }
        }
        self.follow_held(now);
        if let Some(action) = timeline.action(self.branch, step) {
            use sim::Decision as D;
            let words = match &action.decision {
                decision @ (D::Cut(..) | D::Heal(..)) => {
                    let last = self.faults.last().filter(|(at, _)| *at == now);
                    cuts::words(&self.state, decision, last.map(|(_, words)| words.as_str()))
                }
                decision @ (D::Crash(..) | D::Restart(_) | D::Pause(_) | D::Resume(_)) => {
                    Some(decision.to_string())
                }
                _ => None,
            };
            self.faults.extend(words.map(|words| (now, words)));
        }
    }

    /// Notes who is held and who goes on.
    fn follow_held(&mut self, now: u64) {
        let held: Vec<_> = self.state.flights().filter_map(|f| f.held.map(|since| (f.id, since.0))).collect();
        if !self.holds && held.is_empty() {
            return;
        }
        self.holds = !held.is_empty();
        for flight in &mut self.flights {
            if let Some((_, since)) = held.iter().find(|(id, _)| *id == flight.id) {
                flight.end = FlightEnd::Held(*since);
            } else if let FlightEnd::Held(_) = flight.end {
                let due = self.state.flights().find(|f| f.id == flight.id).map_or(now, |f| f.due.0);
                flight.end = FlightEnd::Flying(due);
            }
        }
    }

    /// What of it lies in the window, seen from the cursor.
    pub fn view(&self, timeline: &Timeline<E>, window_us: (u64, u64)) -> SpaceTimeView {
        let state = timeline.state();
        let now_us = state.now().0;
        let inside = |from: u64, to: u64| from <= window_us.1 && to >= window_us.0;
        let end_of = |flight: &FlightView| match flight.end {
            FlightEnd::Arrived(at) | FlightEnd::Lost(at) | FlightEnd::Flying(at) => at,
            FlightEnd::Held(_) => u64::MAX,
        };
        let lanes = (0..state.nodes()).map(|i| {
            let (shape, term) = state.face(NodeId(i));
            (NodeId(i), term, shape)
        });
        let lanes: Vec<_> = lanes.collect();
        let all = lanes.iter().flat_map(|(node, ..)| stretches(timeline, *node, window_us.1.max(now_us)));
        let step = state.step();
        let mut faults: Vec<_> = self.faults.iter().filter(|(at, _)| inside(*at, *at)).cloned().collect();
        cuts::fold(&mut faults);
        SpaceTimeView {
            stretches: all.filter(|stretch| inside(stretch.from_us, stretch.to_us)).collect(),
            lanes,
            flights: self.flights.iter().filter(|f| inside(f.sent_us, end_of(f))).cloned().collect(),
            events: self
                .events
                .iter()
                .filter(|event| inside(event.at_us, event.at_us))
                .map(|event| LaneEvent { now: event.step == step, ..event.clone() })
                .collect(),
            faults,
            window_us,
            now_us,
        }
    }
}
