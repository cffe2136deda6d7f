//! Carrying out decisions. Everything here assumes legality was asked for first.

use alloc::collections::VecDeque;
use alloc::sync::Arc;

use kernel::{Addr, Engine, Input, Loss, MsgId, NodeId, RpcFailure, Settings, Time, Token};

use crate::calls::WhenLost;
use crate::cluster::{Body, Cluster, NodeState, OpEnd, settings_digest};
use crate::effects::Run;
use crate::flights::{Flight, FlightKind};
use crate::legal::{Refusal, purpose_of};
use crate::links::LinkShape;
use crate::report::{Ended, Happening};
use kernel::{Action, Decision};

impl<E: Engine> Cluster<E> {
    /// Takes `action` as the next step.
    ///
    /// # Errors
    /// Why it is not legal; nothing has changed then.
    pub fn apply(&mut self, action: &Action) -> Result<(), Refusal> {
        self.legal_at(action)?;
        self.now = self.now.max(action.at);
        self.begin();
        self.carry(&action.decision);
        Ok(())
    }

    /// The same at the present instant.
    ///
    /// # Errors
    /// Why it is not legal; nothing has changed then.
    pub fn apply_now(&mut self, decision: &Decision) -> Result<(), Refusal> {
        self.apply(&Action::now(decision.clone()))
    }

    pub(crate) fn begin(&mut self) {
        self.step += 1;
        self.next_index = 0;
        self.report.start(self.step);
    }

    fn carry(&mut self, decision: &Decision) {
        match decision {
            Decision::Deliver(id) => self.deliver(*id),
            Decision::Drop(id) => self.lose(*id, true),
            Decision::TimeOut(id) => self.end_call(*id),
            Decision::Finish(id) => self.finish(*id, true),
            Decision::Fail(id) => self.finish(*id, false),
            Decision::Fire(who, timer) => {
                if let (Some(at), Some((timer, _))) = (self.slot(*who), self.armed(*who, *timer)) {
                    self.fire(at, timer);
                }
            }
            Decision::Command(who, command) => {
                let parsed = E::parse_command(command, who.node().is_none());
                if let (Some(at), Ok(parsed)) = (self.slot(*who), parsed) {
                    self.events += 1;
                    self.happen(|step, _| Happening::Commanded(Token(step)));
                    self.command(at, *who, command, parsed);
                }
            }
            Decision::Wait => self.happen(|_, _| Happening::Acted),
            Decision::Duplicate(_) | Decision::Hold(_) | Decision::Release(_) | Decision::Delay(..) => {
                self.handle_message(decision);
            }
            _ => self.fault(decision),
        }
    }

    pub(crate) fn happen(&mut self, what: impl FnOnce(u32, &Self) -> Happening) {
        if self.watched {
            self.report.happening = Some(what(self.step, self));
        }
    }

    fn handle_message(&mut self, decision: &Decision) {
        self.happen(|_, _| Happening::Acted);
        let now = self.now;
        match decision {
            Decision::Duplicate(id) => {
                if let Some(flight) = self.flights.get(*id) {
                    let id = MsgId { step: self.step, index: 0 };
                    let copy = Flight { id, copy: true, ..flight.clone() };
                    self.note_sent(&copy);
                    self.flights.insert(copy);
                }
            }
            Decision::Hold(id) => self.flights.change(*id, |flight| {
                flight.held = Some(now);
                flight.due = Time(flight.due.since_us(now));
            }),
            Decision::Release(id) => self.flights.change(*id, |flight| {
                flight.held = None;
                flight.due = now.plus_us(flight.due.0);
            }),
            Decision::Delay(id, us) => {
                self.flights.change(*id, |flight| flight.due = flight.due.max(now).plus_us(*us));
            }
            _ => {}
        }
    }

    fn fault(&mut self, decision: &Decision) {
        self.events += 1;
        self.happen(|_, _| Happening::Acted);
        match decision {
            Decision::Crash(id, loss) => self.die(*id, *loss, NodeState::Crashed(*loss)),
            Decision::Restart(id) => self.restart(*id),
            Decision::Pause(id) => self.pause(*id, true),
            Decision::Resume(id) => self.pause(*id, false),
            Decision::Wipe(id) => self.change_node(*id, |end| {
                if let Body::Node { disk, .. } = &mut end.body {
                    *disk = E::Disk::default();
                }
            }),
            Decision::Cut(a, b) => self.cut(*a, *b, true),
            Decision::Heal(a, b) => self.cut(*a, *b, false),
            Decision::Shape(a, b, lo, hi, loss_ppm) => {
                let shape = LinkShape { latency_us_min: *lo, latency_us_max: *hi, loss_ppm: *loss_ppm };
                self.change_link(*a, *b, |link| link.shape = Some(shape));
            }
            Decision::Unshape(a, b) => self.change_link(*a, *b, |link| link.shape = None),
            Decision::Skew(id, us) => {
                self.change_node(*id, |end| end.skew_us = end.skew_us.saturating_add(*us))
            }
            Decision::SlowDisk(id, us) => self.change_node(*id, |end| end.slow_us = *us),
            Decision::FailNext(id) => self.change_node(*id, |end| end.fail_next = true),
            Decision::Set(name, value) => {
                let set = Arc::make_mut(&mut self.settings).set(name, value);
                debug_assert!(set.is_ok(), "legality has read the value once");
                self.settings_digest = settings_digest(&*self.settings, &self.net);
                (0..self.ends.len()).for_each(|at| self.touch(at));
            }
            Decision::Script(who, purpose, values) => {
                if let Some(purpose) = purpose_of::<E>(purpose) {
                    self.scripts.get_or_insert_with((*who, purpose), VecDeque::new).extend(values);
                }
            }
            _ => {}
        }
    }

    fn cut(&mut self, a: Addr, b: Addr, cut: bool) {
        self.change_link(a, b, |link| link.cut = cut);
        self.park();
    }

    fn change_link(&mut self, a: Addr, b: Addr, change: impl FnOnce(&mut crate::links::Link)) {
        if let (Some(a), Some(b)) = (self.slot(a), self.slot(b)) {
            Arc::make_mut(&mut self.links).change(a, b, change);
        }
    }

    fn change_node(&mut self, id: NodeId, change: impl FnOnce(&mut crate::cluster::End<E>)) {
        let Some(at) = self.slot(id.into()) else { return };
        if let Some(end) = self.ends.get_mut(at) {
            change(Arc::make_mut(end));
        }
        self.report.who.get_or_insert(id.into());
        self.touch(at);
    }

    /// A message arrives.
    pub(crate) fn deliver(&mut self, id: MsgId) {
        let Some(flight) = self.flights.remove(id) else { return };
        let Some(at) = self.slot(flight.to) else { return };
        if !self.ends.get(at).is_some_and(|end| end.runs()) {
            return self.arrive_at_the_dead(flight);
        }
        self.events += 1;
        self.report.ended.push((id, Ended::Arrived));
        self.happen(|_, state| Happening::Delivered {
            id,
            from: flight.from,
            reply: flight.is_reply(),
            face: state.face_of(&flight),
        });
        match (flight.kind, flight.body) {
            (FlightKind::Request, Some(body)) => {
                self.calls.set_at_callee(id, true);
                self.run(at, Run::Input(Input::Request { call: id, from: flight.from, body }));
            }
            (FlightKind::Datagram, Some(body)) => {
                self.run(at, Run::Input(Input::Datagram { from: flight.from, body }));
            }
            (FlightKind::Reply(call), Some(body)) => match self.calls.remove(call) {
                Some(call) if !call.given_up => {
                    self.run(at, Run::Input(Input::Reply { ctx: call.ctx, from: flight.from, body }));
                }
                call => self.come_late(id, flight.from, &body, call.map(|call| call.ctx).as_ref()),
            },
            (FlightKind::Reset(call), _) => self.fail_call(call, RpcFailure::Refused),
            (FlightKind::Request | FlightKind::Datagram | FlightKind::Reply(_), None) => {}
        }
    }

    fn come_late(&mut self, id: MsgId, from: Addr, body: &E::Message, ctx: Option<&E::Ctx>) {
        self.happen(|_, _| Happening::Late { id, from, face: E::message_face(body, true, ctx) });
    }

    /// A request to a process that is down is refused at once, when the way back is open and the machine runs; anything
    /// else is gone.
    fn arrive_at_the_dead(&mut self, flight: Flight<E>) {
        let id = flight.id;
        self.report.ended.push((id, Ended::Lost));
        let refuses = self.end(flight.to).is_some_and(|end| end.state.refuses());
        let refused = flight.kind == FlightKind::Request && refuses && !self.is_cut(flight.to, flight.from);
        self.happen(|_, state| state.lost(&flight, false, !refused));
        if refused {
            self.fail_call(id, RpcFailure::Refused);
        } else {
            self.missed(&flight);
        }
    }

    /// A message is lost.
    pub(crate) fn lose(&mut self, id: MsgId, by_hand: bool) {
        let Some(flight) = self.flights.remove(id) else { return };
        self.report.ended.push((id, Ended::Lost));
        self.happen(|_, state| state.lost(&flight, by_hand, true));
        self.missed(&flight);
    }

    /// A timer fires; early, it moves its own node's clock to the deadline.
    pub(crate) fn fire(&mut self, at: usize, timer: E::Timer) {
        self.events += 1;
        let early_us = self.early_us(at, timer);
        if early_us > 0
            && let Some(end) = self.ends.get_mut(at)
        {
            let shift = i64::try_from(early_us).unwrap_or(i64::MAX);
            let end = Arc::make_mut(end);
            end.skew_us = end.skew_us.saturating_add(shift);
            self.touch(at);
        }
        self.happen(|_, _| Happening::Fired { timer: E::timer_name(timer).0, early_us });
        self.run(at, Run::Input(Input::Timer(timer)));
    }

    /// How long before its deadline a timer fires when it fires now.
    fn early_us(&self, at: usize, timer: E::Timer) -> u64 {
        let (Some(end), Some(due)) = (self.ends.get(at), self.wakes.get(at)) else { return 0 };
        if end.first == Some(timer) && *due <= self.now {
            return 0;
        }
        end.deadline(timer, &self.settings).map_or(0, |due| due.since_us(end.local(self.now)))
    }

    /// A disk write ends.
    pub(crate) fn finish(&mut self, id: MsgId, ok: bool) {
        let Some(at) = self.writes.iter().position(|write| write.id == id) else { return };
        let write = self.writes.remove(at);
        self.events += 1;
        self.happen(|_, _| Happening::Wrote { ok });
        if let Some(at) = self.slot(write.node.into()) {
            self.run(at, Run::Input(Input::Written { write: write.write, ok }));
        }
    }

    /// The process is gone: its memory, its calls, its writes under way, and what its disk did not have yet.
    pub(crate) fn die(&mut self, id: NodeId, loss: Loss, state: NodeState) {
        self.change_node(id, |end| {
            end.state = state;
            if let Body::Node { disk, memory } = &mut end.body {
                *memory = None;
                E::crash(disk, loss);
            }
        });
        self.let_go(id);
        if loss != Loss::Process {
            self.lose_what_waits(id);
        }
        self.cut_short_calls_to(id, loss == Loss::Process);
        self.park();
    }

    /// What a process that is gone had under way goes with it.
    fn let_go(&mut self, id: NodeId) {
        let who = Addr::Node(id);
        self.writes.retain(|write| write.node != id);
        self.give_up_all(|call| call.from == who);
        let now = self.now;
        for op in self.ops.iter_mut().filter(|op| op.who == who && op.end == OpEnd::Open) {
            op.end = OpEnd::Abandoned(now);
        }
    }

    fn restart(&mut self, id: NodeId) {
        let Some(at) = self.slot(id.into()) else { return };
        if let Some(end) = self.ends.get_mut(at) {
            Arc::make_mut(end).state = NodeState::Up;
        }
        // Calls that its machine was silent about meet a process that does not know them.
        self.cut_short_calls_to(id, true);
        self.park();
        self.run(at, Run::Boot);
    }

    fn pause(&mut self, id: NodeId, pause: bool) {
        self.change_node(id, |end| end.state = if pause { NodeState::Paused } else { NodeState::Up });
        self.park();
    }

    fn lost(&self, flight: &Flight<E>, by_hand: bool, missed: bool) -> Happening {
        let call = self.calls.get(flight.call()).filter(|call| missed && !call.given_up);
        Happening::Lost {
            id: flight.id,
            from: flight.from,
            to: flight.to,
            reply: flight.is_reply(),
            face: self.face_of(flight),
            by_hand,
            breaks: call.is_some_and(|call| call.when_lost != WhenLost::Silent),
        }
    }
}
