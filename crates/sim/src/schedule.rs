//! What happens next by itself: the pending item with the smallest due time, ties in a fixed order.

use kernel::{Addr, ClientId, Engine, MsgId, NodeId, Time};

use crate::cluster::Cluster;
use kernel::Decision;

/// A pending item.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Due {
    Nothing,
    Message(MsgId),
    CallEnd(MsgId),
    /// The first timer of this end.
    Timer(usize),
    Write(MsgId),
}

impl<E: Engine> Cluster<E> {
    /// The item that is due first. At one instant: messages in the order they were sent, then calls that end,
    /// then timers by node and in the engine's order, then disk writes.
    pub(crate) fn next_due(&self) -> Option<(Time, Due)> {
        let (mut first, mut due) = match self.flights.next(self.net.fifo) {
            Some((time, id)) => (time, Due::Message(id)),
            None => (Time::NEVER, Due::Nothing),
        };
        if self.calls.first_end() < first
            && let Some((time, id)) = self.first_call_end().filter(|(time, _)| *time < first)
        {
            (first, due) = (time, Due::CallEnd(id));
        }
        for (at, time) in self.wakes.iter().enumerate() {
            if *time < first {
                (first, due) = (*time, Due::Timer(at));
            }
        }
        for write in &self.writes {
            if write.due < first && self.end(write.node.into()).is_some_and(|end| end.runs()) {
                (first, due) = (write.due, Due::Write(write.id));
            }
        }
        (due != Due::Nothing).then(|| (first.max(self.now), due))
    }

    /// The first call to end whose caller runs.
    fn first_call_end(&self) -> Option<(Time, MsgId)> {
        self.calls.ends().find(|(_, id)| self.caller_runs(*id))
    }

    fn caller_runs(&self, call: MsgId) -> bool {
        self.calls.get(call).and_then(|call| self.end(call.from)).is_some_and(|end| end.runs())
    }

    /// When the next item is due by itself.
    #[must_use]
    pub fn next_at(&self) -> Option<Time> {
        self.next_due().map(|(time, _)| time)
    }

    /// The next decision by itself, spelled out.
    #[must_use]
    pub fn next_decision(&self) -> Option<(Time, Decision)> {
        let (time, due) = self.next_due()?;
        let decision = match due {
            Due::Message(id) if self.arrives(id) => Decision::Deliver(id),
            Due::Message(id) => Decision::Drop(id),
            Due::CallEnd(id) => Decision::TimeOut(id),
            Due::Timer(at) => Decision::Fire(self.addr(at)?, E::timer_name(self.ends.get(at)?.first?).0),
            Due::Write(id) => Decision::Finish(id),
            Due::Nothing => return None,
        };
        Some((time, decision))
    }

    /// Takes the pending item that is due first. False when nothing is pending.
    pub fn auto(&mut self) -> bool {
        let Some((time, due)) = self.next_due() else { return false };
        self.now = time;
        self.begin();
        match due {
            Due::Message(id) if self.arrives(id) => self.deliver(id),
            Due::Message(id) => self.lose(id, false),
            Due::CallEnd(id) => self.end_call(id),
            Due::Timer(at) => {
                if let Some(timer) = self.ends.get(at).and_then(|end| end.first) {
                    self.fire(at, timer);
                }
            }
            Due::Write(id) => self.finish(id, true),
            Due::Nothing => {}
        }
        true
    }

    /// Whether the network lets this message through now.
    pub(crate) fn arrives(&self, id: MsgId) -> bool {
        self.flights.get(id).is_some_and(|flight| !flight.doomed && !self.is_cut(flight.from, flight.to))
    }

    /// Whether the way from one end to another is cut; so is one to an end that does not exist.
    #[must_use]
    pub fn is_cut(&self, from: Addr, to: Addr) -> bool {
        match (self.slot(from), self.slot(to)) {
            (Some(from), Some(to)) => self.links.is_cut(from, to),
            _ => true,
        }
    }

    pub(crate) fn addr(&self, at: usize) -> Option<Addr> {
        let index = u8::try_from(at).ok().filter(|_| at < self.ends.len())?;
        Some(match index.checked_sub(self.nodes) {
            None => Addr::Node(NodeId(index)),
            Some(client) => Addr::Client(ClientId(client)),
        })
    }
}
