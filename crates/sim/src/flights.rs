//! Messages in flight: found by name, taken in order of their due time.

use alloc::collections::VecDeque;

use kernel::{Addr, Digest, Engine, Hasher, Mode, MsgId, Time};

use crate::named::{Name, Named};

/// What a message is to the transport.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FlightKind {
    /// Sent without expecting an answer.
    Datagram,
    /// A call's request; the call has the message's name.
    Request,
    /// A call's answer.
    Reply(MsgId),
    /// The news that the callee's process died before answering.
    Reset(MsgId),
}

/// A message in flight.
#[derive(Clone, Debug)]
pub struct Flight<E: Engine> {
    /// Its name.
    pub id: MsgId,
    /// Sender.
    pub from: Addr,
    /// Receiver.
    pub to: Addr,
    /// What it is to the transport.
    pub kind: FlightKind,
    /// Its content; `None` for a reset.
    pub body: Option<E::Message>,
    /// When it was sent, global.
    pub sent: Time,
    /// When it is due, global. While held: the way it still has, after zero.
    pub due: Time,
    /// Held since this instant.
    pub held: Option<Time>,
    /// It stands still: its receiver is paused, or it waits where it cannot arrive.
    pub parked: bool,
    /// Its call's connection holds: where it cannot arrive it waits instead of being lost.
    pub waits: bool,
    /// The network will lose it when it is due.
    pub doomed: bool,
    /// A duplicate.
    pub copy: bool,
}

impl<E: Engine> Flight<E> {
    /// Whether it answers a call.
    #[must_use]
    pub fn is_reply(&self) -> bool {
        matches!(self.kind, FlightKind::Reply(_) | FlightKind::Reset(_))
    }

    /// The call it belongs to; of a datagram its own name, which no call has.
    pub(crate) fn call(&self) -> MsgId {
        match self.kind {
            FlightKind::Datagram | FlightKind::Request => self.id,
            FlightKind::Reply(call) | FlightKind::Reset(call) => call,
        }
    }

    fn queued(&self) -> bool {
        self.held.is_none() && !self.parked
    }

    /// In run mode covers everything; in state mode only who says what to whom.
    pub(crate) fn digest_in(&self, mode: Mode) -> u64 {
        let mut h = Hasher::new(mode);
        self.id.digest(&mut h);
        self.from.digest(&mut h);
        self.to.digest(&mut h);
        h.word(match self.kind {
            FlightKind::Datagram => 1,
            FlightKind::Request => 2,
            FlightKind::Reply(_) => 3,
            FlightKind::Reset(_) => 4,
        });
        self.call().digest(&mut h);
        self.body.digest(&mut h);
        if mode == Mode::Run {
            h.word(self.sent.0);
            h.word(self.due.0);
            h.word(
                u64::from(self.held.is_some())
                    | u64::from(self.parked) << 1
                    | u64::from(self.doomed) << 2
                    | u64::from(self.waits) << 3,
            );
        }
        h.finish()
    }
}

/// A message with its run digest.
#[derive(Clone, Debug)]
struct Kept<E: Engine> {
    flight: Flight<E>,
    digest: u64,
}

impl<E: Engine> Name for Kept<E> {
    #[inline]
    fn id(&self) -> MsgId {
        self.flight.id
    }
}

/// All messages in flight.
#[derive(Clone, Debug)]
pub(crate) struct Flights<E: Engine> {
    kept: Named<Kept<E>>,
    /// Ascending by due time, then name. A new message is nearly always due last, which costs little to put in.
    queue: VecDeque<(Time, MsgId, u32)>,
    sum: u64,
}

impl<E: Engine> Flights<E> {
    pub fn new() -> Self {
        Flights { kept: Named::new(), queue: VecDeque::new(), sum: 0 }
    }

    pub fn len(&self) -> usize {
        self.kept.len()
    }

    pub fn sum(&self) -> u64 {
        self.sum
    }

    /// The message that is due first; with `fifo` the one of those that are the oldest on their way.
    pub fn next(&self, fifo: bool) -> Option<(Time, MsgId)> {
        let mut queue = self.queue.iter();
        let first = queue.next();
        let next = if fifo {
            first.into_iter().chain(queue).find(|&&(_, id, slot)| {
                self.kept.get_in(slot, id).is_some_and(|kept| self.before(&kept.flight).is_none())
            })
        } else {
            first
        };
        next.map(|&(due, id, _)| (due, id))
    }

    /// The oldest message on the way of `flight`, when that is another one.
    pub fn before(&self, flight: &Flight<E>) -> Option<MsgId> {
        let same_way = |other: &&Flight<E>| (other.from, other.to) == (flight.from, flight.to);
        self.iter().find(same_way).map(|oldest| oldest.id).filter(|oldest| *oldest != flight.id)
    }

    /// When the last of the messages on a way is due, of those that are under way.
    pub fn last_due(&self, from: Addr, to: Addr) -> Option<Time> {
        let under_way = |other: &&Flight<E>| (other.from, other.to) == (from, to) && other.queued();
        self.iter().filter(under_way).map(|other| other.due).max()
    }

    /// Where a message is. The one that is due first needs no search.
    fn slot_of(&self, id: MsgId) -> Option<u32> {
        match self.queue.front() {
            Some(&(_, first, slot)) if first == id => Some(slot),
            _ => self.kept.slot_of(id),
        }
    }

    pub fn get(&self, id: MsgId) -> Option<&Flight<E>> {
        self.kept.get_in(self.slot_of(id)?, id).map(|kept| &kept.flight)
    }

    /// All messages in the order of their creation.
    pub fn iter(&self) -> impl Iterator<Item = &Flight<E>> {
        self.kept.iter().map(|kept| &kept.flight)
    }

    fn enqueue(&mut self, due: Time, id: MsgId, slot: u32) {
        if self.queue.back().is_none_or(|&(d, i, _)| (d, i) < (due, id)) {
            return self.queue.push_back((due, id, slot));
        }
        let at = self.queue.partition_point(|&(d, i, _)| (d, i) < (due, id));
        self.queue.insert(at, (due, id, slot));
    }

    fn dequeue(&mut self, due: Time, id: MsgId) {
        if self.queue.front().is_some_and(|&(_, first, _)| first == id) {
            self.queue.pop_front();
            return;
        }
        let at = self.queue.partition_point(|&(d, i, _)| (d, i) < (due, id));
        debug_assert_eq!(self.queue.get(at).map(|q| q.1), Some(id));
        self.queue.remove(at);
    }

    /// Adds a message. Names ascend, except that a copy may get one between.
    #[inline]
    pub fn insert(&mut self, flight: Flight<E>) {
        let (id, due, queued) = (flight.id, flight.due, flight.queued());
        let digest = flight.digest_in(Mode::Run);
        self.sum = self.sum.wrapping_add(digest);
        let slot = self.kept.insert(Kept { flight, digest });
        if queued {
            self.enqueue(due, id, slot);
        }
    }

    /// Takes a message out.
    #[inline]
    pub fn remove(&mut self, id: MsgId) -> Option<Flight<E>> {
        let taken = self.kept.remove_from(self.slot_of(id)?, id)?;
        self.sum = self.sum.wrapping_sub(taken.digest);
        if taken.flight.queued() {
            self.dequeue(taken.flight.due, id);
        }
        Some(taken.flight)
    }

    /// Changes a message in place.
    pub fn change(&mut self, id: MsgId, change: impl FnOnce(&mut Flight<E>)) {
        let Some(slot) = self.slot_of(id) else { return };
        let Some(kept) = self.kept.get_mut(id) else { return };
        let (was_queued, old_due, old_digest) = (kept.flight.queued(), kept.flight.due, kept.digest);
        change(&mut kept.flight);
        kept.digest = kept.flight.digest_in(Mode::Run);
        let (queued, due, digest) = (kept.flight.queued(), kept.flight.due, kept.digest);
        self.sum = self.sum.wrapping_sub(old_digest).wrapping_add(digest);
        if was_queued {
            self.dequeue(old_due, id);
        }
        if queued {
            self.enqueue(due, id, slot);
        }
    }
}
