//! Calls waiting for their answers: found by name, ended in order of their ends. What a call makes of a message that
//! cannot arrive is decided here, by [`WhenLost`], and nowhere else.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use kernel::{Addr, Digest, Engine, Hasher, Input, Loss, Mode, MsgId, NodeId, RpcFailure, Time};

use crate::cluster::{Cluster, NodeState};
use crate::effects::Run;
use crate::flights::{Flight, FlightKind};
use crate::named::{Name, Named};
use crate::report::{Ended, Happening};
use crate::view::IfLost;

/// Calls nobody waits for are remembered, so many of them, for their late answers.
const GIVEN_UP_KEPT: usize = 1024;

/// What a call makes of a request or answer that cannot arrive: the link is cut, or the machine at its end silent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum WhenLost {
    /// Nothing: its time-out tells.
    Silent,
    /// It fails, so many milliseconds after the message was sent.
    Breaks(u64),
    /// Its connection holds: the message waits there. Taken away, by hand or by the network, the call fails at once.
    Waits,
}

impl WhenLost {
    /// What the two times of [`kernel::Effect::Call`] say.
    pub const fn of(timeout_ms: Option<u64>, broken_ms: Option<u64>) -> WhenLost {
        match (timeout_ms, broken_ms) {
            (_, Some(ms)) => WhenLost::Breaks(ms),
            (Some(_), None) => WhenLost::Silent,
            (None, None) => WhenLost::Waits,
        }
    }

    /// A silent call's digest is what it was before there were others.
    fn digest(self, h: &mut Hasher) {
        match self {
            WhenLost::Silent => {}
            WhenLost::Breaks(ms) => h.word(ms),
            WhenLost::Waits => h.word(u64::MAX),
        }
    }
}

/// A call waiting for its answer.
#[derive(Clone, Debug)]
pub(crate) struct Call<E: Engine> {
    pub id: MsgId,
    pub from: Addr,
    pub to: Addr,
    pub ctx: E::Ctx,
    /// When its caller stops waiting; [`Time::NEVER`] without a time-out.
    pub deadline: Time,
    pub when_lost: WhenLost,
    /// A message of it was lost: when it fails for that.
    pub breaks_at: Option<Time>,
    /// The callee has it and has not answered.
    pub at_callee: bool,
    /// The caller no longer waits; kept so that a late answer finds its way.
    pub given_up: bool,
}

impl<E: Engine> Call<E> {
    /// When it fails by itself, and why. A call that never does can still be ended by hand: its connection breaks.
    pub fn end(&self) -> (Time, RpcFailure) {
        match self.breaks_at {
            Some(breaks_at) if breaks_at <= self.deadline => (breaks_at, RpcFailure::Broken),
            _ if self.deadline == Time::NEVER => (Time::NEVER, RpcFailure::Broken),
            _ => (self.deadline, RpcFailure::TimedOut),
        }
    }

    /// What its end is called in the list of what may happen.
    pub fn end_name(&self) -> &'static str {
        match self.end() {
            (Time::NEVER, _) => "call without time-out",
            (_, RpcFailure::TimedOut) => "call time-out",
            _ => "connection breaks",
        }
    }

    /// What never changes.
    fn digest_lasting(&self, h: &mut Hasher) {
        self.id.digest(h);
        self.from.digest(h);
        self.to.digest(h);
        self.ctx.digest(h);
        self.deadline.digest(h);
        self.when_lost.digest(h);
    }

    fn digest_after(&self, mut lasting: Hasher) -> u64 {
        lasting.word(u64::from(self.at_callee) | u64::from(self.given_up) << 1);
        if let Some(breaks_at) = self.breaks_at {
            breaks_at.digest(&mut lasting);
        }
        lasting.finish()
    }

    /// Its digest without times and names.
    pub fn state_digest(&self) -> u64 {
        let mut h = Hasher::new(Mode::State);
        self.digest_lasting(&mut h);
        self.digest_after(h)
    }
}

/// A call with its run digest and what that begins with: only the end is computed anew when the call changes.
#[derive(Clone, Debug)]
struct Kept<E: Engine> {
    call: Call<E>,
    lasting: Hasher,
    digest: u64,
}

impl<E: Engine> Name for Kept<E> {
    #[inline]
    fn id(&self) -> MsgId {
        self.call.id
    }
}

/// All calls.
#[derive(Clone, Debug)]
pub(crate) struct Calls<E: Engine> {
    kept: Named<Kept<E>>,
    /// When each ends by itself, ascending; without those given up and those that never do.
    ends: VecDeque<(Time, MsgId)>,
    sum: u64,
}

impl<E: Engine> Calls<E> {
    pub fn new() -> Self {
        Calls { kept: Named::new(), ends: VecDeque::new(), sum: 0 }
    }

    /// Sum of the digests of all calls.
    pub fn sum(&self) -> u64 {
        self.sum
    }

    /// The instants at which calls end by themselves, ascending.
    pub fn ends(&self) -> impl Iterator<Item = (Time, MsgId)> {
        self.ends.iter().copied()
    }

    /// The first of them.
    pub fn first_end(&self) -> Time {
        self.ends.front().map_or(Time::NEVER, |(time, _)| *time)
    }

    /// All calls in the order of their creation.
    pub fn iter(&self) -> impl Iterator<Item = &Call<E>> {
        self.kept.iter().map(|kept| &kept.call)
    }

    pub fn get(&self, id: MsgId) -> Option<&Call<E>> {
        self.kept.get(id).map(|kept| &kept.call)
    }

    /// Adds a call. Names and ends nearly always ascend.
    pub fn add(&mut self, call: Call<E>) {
        let end = call.end().0;
        if !call.given_up && end != Time::NEVER {
            let key = (end, call.id);
            let at = match self.ends.back() {
                Some(last) if *last > key => self.ends.partition_point(|other| *other < key),
                _ => self.ends.len(),
            };
            self.ends.insert(at, key);
        }
        let mut lasting = Hasher::new(Mode::Run);
        call.digest_lasting(&mut lasting);
        let digest = call.digest_after(lasting.clone());
        self.sum = self.sum.wrapping_add(digest);
        self.kept.insert(Kept { call, lasting, digest });
    }

    /// Takes a call out.
    pub fn remove(&mut self, id: MsgId) -> Option<Call<E>> {
        let Kept { call, digest, .. } = self.kept.remove(id)?;
        self.sum = self.sum.wrapping_sub(digest);
        if self.ends.front().is_some_and(|(_, first)| *first == id) {
            self.ends.pop_front();
        } else if !call.given_up
            && let Ok(at) = self.ends.binary_search(&(call.end().0, id))
        {
            self.ends.remove(at);
        }
        Some(call)
    }

    /// Says whether the callee has the call and has not answered.
    pub fn set_at_callee(&mut self, id: MsgId, at_callee: bool) {
        let Some(kept) = self.kept.get_mut(id) else { return };
        kept.call.at_callee = at_callee;
        let digest = kept.call.digest_after(kept.lasting.clone());
        self.sum = self.sum.wrapping_sub(kept.digest).wrapping_add(digest);
        kept.digest = digest;
    }
}

impl<E: Engine> Cluster<E> {
    /// A message is gone for good: what its call makes of it.
    pub(crate) fn missed(&mut self, flight: &Flight<E>) {
        let id = flight.call();
        match self.calls.get(id) {
            // No late answer will come.
            Some(call) if call.given_up && flight.kind == FlightKind::Request => {
                self.calls.remove(id);
            }
            Some(_) => self.break_call(id, flight.sent),
            None => {}
        }
    }

    /// What follows when a message is lost now.
    pub(crate) fn if_lost(&self, flight: &Flight<E>) -> IfLost {
        let call = self.calls.get(flight.call()).filter(|call| !call.given_up);
        match call.map(|call| (call.when_lost, call.end().0)) {
            None => IfLost::Silence,
            Some((WhenLost::Silent, end)) => IfLost::TimesOut(end),
            Some((WhenLost::Breaks(ms), end)) => {
                IfLost::Breaks(flight.sent.plus_ms(ms).min(end).max(self.now))
            }
            Some((WhenLost::Waits, _)) => IfLost::Breaks(self.now),
        }
    }

    /// A call's message that was sent at `sent` will not arrive: the call may break for that.
    pub(crate) fn break_call(&mut self, id: MsgId, sent: Time) {
        let Some(call) = self.calls.get(id).filter(|call| !call.given_up && call.breaks_at.is_none()) else {
            return;
        };
        let breaks_at = match call.when_lost {
            WhenLost::Silent => return,
            WhenLost::Breaks(ms) => sent.plus_ms(ms),
            WhenLost::Waits => self.now,
        };
        if let Some(mut call) = self.calls.remove(id) {
            call.breaks_at = Some(breaks_at);
            self.calls.add(call);
        }
    }

    /// A call fails, unless nobody waits for it.
    pub(crate) fn fail_call(&mut self, id: MsgId, why: RpcFailure) {
        let Some(call) = self.calls.remove(id).filter(|call| !call.given_up) else { return };
        let Some(at) = self.slot(call.from).filter(|at| self.ends.get(*at).is_some_and(|end| end.runs()))
        else {
            return;
        };
        self.run(at, Run::Input(Input::RpcFailed { ctx: call.ctx, from: call.to, why }));
    }

    /// A call ends without an answer: its time is over, or its connection breaks.
    pub(crate) fn end_call(&mut self, id: MsgId) {
        let Some(call) = self.calls.remove(id) else { return };
        self.events += 1;
        let (from, to, ctx, why) = (call.from, call.to, call.ctx.clone(), call.end().1);
        self.happen(|_, _| Happening::CallFailed { to, why });
        self.give_up(call);
        if let Some(at) = self.slot(from) {
            self.run(at, Run::Input(Input::RpcFailed { ctx, from: to, why }));
        }
    }

    /// An end no longer waits for what it remembers by `ctx`.
    pub(crate) fn cancel(&mut self, who: Addr, ctx: &E::Ctx) {
        self.give_up_all(|call| call.from == who && call.ctx == *ctx);
    }

    /// Gives up every call that is waited for and that `pick` picks.
    pub(crate) fn give_up_all(&mut self, pick: impl Fn(&Call<E>) -> bool) {
        let picked = self.calls.iter().filter(|call| !call.given_up && pick(call)).map(|call| call.id);
        let picked: Vec<MsgId> = picked.collect();
        for id in picked {
            if let Some(call) = self.calls.remove(id) {
                self.give_up(call);
            }
        }
    }

    /// Keeps a call that nobody waits for while it may still be answered.
    fn give_up(&mut self, mut call: Call<E>) {
        if !call.at_callee && self.flights.get(call.id).is_none() {
            return;
        }
        call.given_up = true;
        let given_up = self.calls.iter().filter(|call| call.given_up).map(|call| call.id);
        let given_up: Vec<MsgId> = given_up.collect();
        if given_up.len() >= GIVEN_UP_KEPT
            && let Some(oldest) = given_up.first()
        {
            self.calls.remove(*oldest);
        }
        self.calls.add(call);
    }

    /// What a process that is gone had not answered it never will. Its callers learn that when its machine runs
    /// (`reset`): their connections are reset. A silent machine's calls break, or wait for it to come back.
    pub(crate) fn cut_short_calls_to(&mut self, id: NodeId, reset: bool) {
        let who = Addr::Node(id);
        let cut_short = self.calls.iter().filter(|call| call.to == who && call.at_callee);
        let cut_short: Vec<(MsgId, Addr, bool, WhenLost)> =
            cut_short.map(|call| (call.id, call.from, call.given_up, call.when_lost)).collect();
        for (call, from, given_up, when_lost) in cut_short {
            if given_up {
                self.calls.remove(call);
            } else if reset {
                self.calls.set_at_callee(call, false);
                let name = MsgId { step: self.step, index: self.next_index };
                self.next_index = self.next_index.saturating_add(1);
                self.send(name, who, from, FlightKind::Reset(call), None, when_lost == WhenLost::Waits);
            } else if when_lost != WhenLost::Waits {
                self.calls.set_at_callee(call, false);
                self.break_call(call, self.now);
            }
        }
    }

    /// A machine without power sends nothing again: what of its waits where it cannot arrive is gone. What it had
    /// answered it has not, then.
    pub(crate) fn lose_what_waits(&mut self, id: NodeId) {
        let gone = self.flights.iter().filter(|flight| {
            flight.from == Addr::Node(id)
                && flight.held.is_none()
                && flight.due <= self.now
                && self.stuck(flight)
        });
        let gone: Vec<MsgId> = gone.map(|flight| flight.id).collect();
        for id in gone {
            let Some(flight) = self.flights.remove(id) else { continue };
            self.report.ended.push((id, Ended::Lost));
            match flight.kind {
                FlightKind::Reply(call) | FlightKind::Reset(call) => self.calls.set_at_callee(call, true),
                FlightKind::Request | FlightKind::Datagram => self.missed(&flight),
            }
        }
    }

    /// Whether a message waits because it cannot arrive: its way is cut, or nobody at its end would say a word.
    pub(crate) fn stuck(&self, flight: &Flight<E>) -> bool {
        flight.waits && (self.is_cut(flight.from, flight.to) || self.silent(flight))
    }

    /// Whether the machine at a message's end has no power, or a process that is down and no way to tell so.
    pub(crate) fn silent(&self, flight: &Flight<E>) -> bool {
        match self.end(flight.to).map(|end| &end.state) {
            Some(NodeState::Crashed(Loss::Power | Loss::TornTail)) => true,
            Some(state) => state.refuses() && self.is_cut(flight.to, flight.from),
            None => false,
        }
    }

    /// Whether a message stands still: its receiver is paused, or it is stuck.
    pub(crate) fn stands_still(&self, flight: &Flight<E>) -> bool {
        let paused = self.end(flight.to).is_some_and(|end| end.state == NodeState::Paused);
        paused || self.stuck(flight)
    }

    /// After a fault: what can no longer arrive stands still, what can again goes on, its time being the same.
    pub(crate) fn park(&mut self) {
        let turned = self.flights.iter().filter(|flight| flight.parked != self.stands_still(flight));
        let turned: Vec<MsgId> = turned.map(|flight| flight.id).collect();
        for id in turned {
            self.flights.change(id, |flight| flight.parked = !flight.parked);
        }
    }
}
