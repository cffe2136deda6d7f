//! Stepping one end, and carrying out what it wants.

use alloc::string::String;
use alloc::sync::Arc;

use kernel::view::Sign;
use kernel::{Addr, Command, Cx, Effect, Engine, Input, Loss, MessageFace, MsgId, Time, Token};

use crate::calls::{Call, WhenLost};
use crate::cluster::{Body, Cluster, NodeState, PendingWrite};
use crate::draws::EndDraws;
use crate::flights::{Flight, FlightKind};
use crate::report::{Ended, FlightNote};
use kernel::limits;

/// What runs inside a step of one end.
pub(crate) enum Run<E: Engine> {
    Boot,
    Input(Input<E>),
}

impl<E: Engine> Cluster<E> {
    /// Steps one end and carries out its effects. The end must be up (or be booted by this).
    pub(crate) fn run(&mut self, at: usize, run: Run<E>) {
        let (Some(who), Some(end)) = (self.addr(at), self.ends.get_mut(at)) else { return };
        let mut effects = core::mem::take(&mut self.spare);
        let (boots, drawn) = (matches!(run, Run::Boot), self.report.drawn.len());
        let end = Arc::make_mut(end);
        let now = end.local(self.now);
        let mut draws = EndDraws {
            seed: self.seed,
            who,
            counts: &mut end.draw_counts,
            scripts: &mut self.scripts,
            drawn: &mut self.report.drawn,
        };
        let mut cx = Cx::new(who, now, self.nodes, &*self.settings, &mut draws, &mut effects);
        cx.watched = self.watched;
        cx.disk_fails = end.fail_next;
        match run {
            Run::Input(input) => match &mut end.body {
                Body::Node { disk, memory: Some(memory) } => E::step(disk, memory, input, &mut cx),
                Body::Client(client) => E::step_client(client, input, &mut cx),
                Body::Node { memory: None, .. } | Body::Unborn => {}
            },
            Run::Boot => match &mut end.body {
                Body::Node { disk, memory } => *memory = Some(E::boot(disk, &mut cx)),
                body => *body = Body::Client(E::boot_client(&mut cx)),
            },
        }
        let failed = cx.disk_fails && cx.disk_asked;
        end.fail_next &= !failed;
        if boots || failed || self.report.drawn.len() > drawn {
            end.head_changed(at);
        }
        let wake = end.changed(&self.settings, &mut self.ends_sum);
        if let Some(known) = self.wakes.get_mut(at) {
            *known = wake;
        }
        self.report.who.get_or_insert(who);
        for effect in effects.drain(..) {
            let stops = matches!(effect, Effect::Abort { .. });
            self.carry_out(at, who, effect);
            // Whoever stopped itself wants nothing any more.
            if stops && !self.ends.get(at).is_some_and(|end| end.runs()) {
                break;
            }
        }
        self.spare = effects;
    }

    /// An end has changed, but not by a step of it.
    pub(crate) fn touch(&mut self, at: usize) {
        let (Some(end), Some(wake)) = (self.ends.get_mut(at), self.wakes.get_mut(at)) else { return };
        let end = Arc::make_mut(end);
        end.head_changed(at);
        *wake = end.changed(&self.settings, &mut self.ends_sum);
    }

    fn carry_out(&mut self, at: usize, who: Addr, effect: Effect<E>) {
        match effect {
            Effect::Event(event) => self.report.events.push((who, event)),
            Effect::Call { to, body, ctx, timeout_ms, broken_ms } => {
                let id = self.name();
                let deadline = timeout_ms.map_or(Time::NEVER, |ms| self.now.plus_ms(ms));
                let when_lost = WhenLost::of(timeout_ms, broken_ms);
                let (at_callee, given_up) = (false, false);
                let call = Call {
                    id,
                    from: who,
                    to,
                    ctx,
                    deadline,
                    when_lost,
                    breaks_at: None,
                    at_callee,
                    given_up,
                };
                self.calls.add(call);
                self.send(id, who, to, FlightKind::Request, Some(body), when_lost == WhenLost::Waits);
            }
            Effect::Cancel(ctx) => self.cancel(who, &ctx),
            Effect::Send { to, body } => {
                let id = self.name();
                self.send(id, who, to, FlightKind::Datagram, Some(body), false);
            }
            Effect::Respond { call, body } => {
                let id = self.name();
                let Some(open) = self.calls.get(call) else { return };
                let (to, given_up, waits) = (open.from, open.given_up, open.when_lost == WhenLost::Waits);
                self.calls.set_at_callee(call, false);
                // A caller that stopped waiting is still answered; the answer comes late.
                self.send(id, who, to, FlightKind::Reply(call), Some(body), waits);
                if given_up {
                    self.calls.remove(call);
                }
            }
            Effect::Write(write) => {
                let id = self.name();
                let slow = self.ends.get(at).map_or(0, |end| end.slow_us);
                let due = self.now.plus_us(E::write_us(&write, &self.settings).saturating_add(slow));
                if let Some(node) = who.node() {
                    self.writes.push(PendingWrite { id, node, write, due });
                }
            }
            Effect::Answer { token, outcome } => self.op_answered(who, token, outcome),
            Effect::Abort { reason } => {
                if let Some(node) = who.node() {
                    self.die(node, Loss::Process, NodeState::Aborted(reason));
                }
            }
        }
    }

    /// The next name inside this step.
    fn name(&mut self) -> MsgId {
        let id = MsgId { step: self.step, index: self.next_index };
        self.next_index = self.next_index.checked_add(1).expect("a step has fewer than 65,536 effects");
        id
    }

    /// Puts a message on its way; `waits`: it is not lost where it cannot arrive.
    pub(crate) fn send(
        &mut self,
        id: MsgId,
        from: Addr,
        to: Addr,
        kind: FlightKind,
        body: Option<E::Message>,
        waits: bool,
    ) {
        let (Some(from_at), Some(to_at)) = (self.slot(from), self.slot(to)) else {
            // A call to nobody; a datagram's name is no call's.
            return self.break_call(id, self.now);
        };
        self.messages += u64::from(from.node().is_some() && to.node().is_some());
        let fate = Arc::make_mut(&mut self.links).fate(self.seed, &self.net, (from, to), (from_at, to_at));
        let due = self.in_order(from, to, self.now.plus_us(fate.latency_us));
        let mut flight = Flight {
            id,
            from,
            to,
            kind,
            body,
            sent: self.now,
            due,
            held: None,
            parked: false,
            waits,
            doomed: fate.lost,
            copy: false,
        };
        flight.parked = self.stands_still(&flight);
        if self.flights.len() >= limits::FLIGHTS {
            self.report.ended.push((id, Ended::Lost));
            return self.missed(&flight);
        }
        let room_for_two = self.flights.len() + 1 < limits::FLIGHTS;
        if let Some(copy_us) = fate.copy_us.filter(|_| room_for_two && kind == FlightKind::Datagram) {
            let id = self.name();
            let due = self.in_order(from, to, self.now.plus_us(copy_us));
            let copy = Flight { id, due, copy: true, ..flight.clone() };
            self.note_sent(&copy);
            self.flights.insert(copy);
        }
        self.note_sent(&flight);
        self.flights.insert(flight);
    }

    /// When a message is due that the network would have at `due`: not before those that it must not overtake.
    fn in_order(&self, from: Addr, to: Addr, due: Time) -> Time {
        let last = if self.net.fifo { self.flights.last_due(from, to) } else { None };
        last.map_or(due, |last| due.max(last))
    }

    pub(crate) fn note_sent(&mut self, flight: &Flight<E>) {
        if !self.watched {
            return;
        }
        self.report.sent.push(FlightNote {
            id: flight.id,
            from: flight.from,
            to: flight.to,
            reply: flight.is_reply(),
            copy: flight.copy,
            face: self.face_of(flight),
            due: flight.due,
        });
    }

    /// How a message looks; a reset looks like a failed answer.
    pub(crate) fn face_of(&self, flight: &Flight<E>) -> MessageFace {
        let Some(body) = &flight.body else {
            return MessageFace {
                letter: '×',
                kind: "RESET",
                answer: true,
                detail: String::from("connection reset"),
                term: 0,
                sign: Sign::Failed,
                index: None,
                routine: false,
            };
        };
        let ctx = self.calls.get(flight.call()).map(|call| &call.ctx);
        E::message_face(body, flight.is_reply(), ctx)
    }

    pub(crate) fn boot_all(&mut self) {
        self.report.start(0);
        self.happen(|_, _| crate::report::Happening::Boot);
        self.next_index = 0;
        for at in 0..self.ends.len() {
            if at < usize::from(self.nodes) {
                let end = self.ends.get_mut(at).map(Arc::make_mut);
                if let Some(end) = end {
                    end.body = Body::Node { disk: E::Disk::default(), memory: None };
                }
            }
            self.run(at, Run::Boot);
        }
        self.report.who = None;
    }

    /// Gives a command to an end and remembers it.
    pub(crate) fn command(&mut self, at: usize, who: Addr, given: &Command, parsed: E::Command) {
        self.op_given(who, given);
        let token = Token(self.step);
        self.run(at, Run::Input(Input::Command { token, command: parsed }));
    }
}
