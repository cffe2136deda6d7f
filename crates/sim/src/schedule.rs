//! What happens next by itself: the pending item with the smallest due time, ties in a fixed order.

use kernel::{Addr, ClientId, Engine, MsgId, NodeId, Time};

use crate::cluster::Cluster;
use kernel::Decision;

/// A pending item.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Due<T> {
    Message(MsgId),
    CallTimeout(MsgId),
    Timer(usize, T),
    Write(MsgId),
}

impl<E: Engine> Cluster<E> {
    /// The item that is due first. At one instant: messages in the order they were sent, then calls that end,
    /// then timers by node and in the engine's order, then disk writes.
    pub(crate) fn next_due(&self) -> Option<(Time, Due<E::Timer>)> {
        let mut best = self.flights.next().map(|(time, id)| (time, Due::Message(id)));
        let earlier = |time: Time, best: &Option<(Time, Due<E::Timer>)>| {
            best.as_ref().is_none_or(|(first, _)| time < *first)
        };
        for (time, id) in self.calls.ends() {
            // What is due too late anyway is not asked who waits for it.
            if !earlier(time, &best) {
                break;
            }
            if self.caller_runs(id) {
                best = Some((time, Due::CallTimeout(id)));
                break;
            }
        }
        for (at, end) in self.ends.iter().enumerate() {
            if let Some((time, timer)) = end.next
                && earlier(time, &best)
                && end.runs()
            {
                best = Some((time, Due::Timer(at, timer)));
            }
        }
        for write in &self.writes {
            if earlier(write.due, &best) && self.end(write.node.into()).is_some_and(|end| end.runs()) {
                best = Some((write.due, Due::Write(write.id)));
            }
        }
        best.map(|(time, due)| (time.max(self.now), due))
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
            Due::CallTimeout(id) => Decision::TimeOut(id),
            Due::Timer(at, timer) => Decision::Fire(self.addr(at)?, E::timer_name(timer).0),
            Due::Write(id) => Decision::Finish(id),
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
            Due::CallTimeout(id) => self.end_call(id),
            Due::Timer(at, timer) => self.fire(at, timer),
            Due::Write(id) => self.finish(id, true),
        }
        true
    }

    /// Whether the network lets this message through now.
    pub(crate) fn arrives(&self, id: MsgId) -> bool {
        self.flights.get(id).is_some_and(|flight| !flight.doomed && !self.is_cut(flight.from, flight.to))
    }

    pub(crate) fn is_cut(&self, from: Addr, to: Addr) -> bool {
        match (self.slot(from), self.slot(to)) {
            (Some(from), Some(to)) => self.links.get(from, to).cut,
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
