//! The actors' wakes. Their order here is the order of wakes that fall on one instant.

use alloc::string::{String, ToString};
use kernel::{Digest, Hasher, NodeId, Show, Value};

/// An armed wake of a node's or client's actor.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Timer {
    /// The RPC handler of a leadership transfer waits for the log to catch up.
    TransferWait,
    /// M: the maintainer's tick, or the deadline of its poll or heartbeat round.
    Maintainer,
    /// H: the follower's check of requests that wait too long.
    Handler,
    /// D: a dispatcher's pause end, resend, or commit push.
    Dispatcher(NodeId),
    /// Q: the quorum checker's sweeps and time-outs.
    Quorum,
    /// A: the applier's delayed drop of entries that a snapshot covers.
    SnapshotReset,
    /// P: the check for a preferred leader.
    Preferred,
    /// S: the flush of written entries.
    Flush,
    /// S: the checkpoint of the committed index.
    Checkpoint,
    /// A client gives up finding a leader, or asks for it again.
    ClientMetadata,
    /// A client's load generator writes its next value.
    ClientLoad,
}

const DISPATCHER: u16 = 100;

impl Show for Timer {
    fn show(&self) -> Value {
        Value::Text(self.name().1)
    }
}

impl Timer {
    /// Number in files and name.
    pub(crate) fn name(self) -> (u16, String) {
        let (number, name) = match self {
            Timer::TransferWait => (1, "leadership-transfer-wait"),
            Timer::Maintainer => (2, "StateMaintainer"),
            Timer::Handler => (3, "EntryHandler"),
            Timer::Quorum => (4, "QuorumAckChecker"),
            Timer::SnapshotReset => (5, "snapshot-reset"),
            Timer::Preferred => (6, "preferred-leader-check"),
            Timer::Flush => (7, "FlushDataService"),
            Timer::Checkpoint => (8, "checkpoint"),
            Timer::ClientMetadata => (9, "MetadataUpdater"),
            Timer::ClientLoad => (10, "load"),
            Timer::Dispatcher(peer) => {
                return (DISPATCHER + u16::from(peer.0), alloc::format!("EntryDispatcher-{peer}"));
            }
        };
        (number, name.to_string())
    }

    /// The inverse of the number.
    pub(crate) fn of(number: u16) -> Option<Timer> {
        Some(match number {
            1 => Timer::TransferWait,
            2 => Timer::Maintainer,
            3 => Timer::Handler,
            4 => Timer::Quorum,
            5 => Timer::SnapshotReset,
            6 => Timer::Preferred,
            7 => Timer::Flush,
            8 => Timer::Checkpoint,
            9 => Timer::ClientMetadata,
            10 => Timer::ClientLoad,
            _ => Timer::Dispatcher(NodeId(u8::try_from(number.checked_sub(DISPATCHER)?).ok()?)),
        })
    }
}

impl Digest for Timer {
    fn digest(&self, h: &mut Hasher) {
        h.word(u64::from(match self {
            Timer::TransferWait => 1,
            Timer::Maintainer => 2,
            Timer::Handler => 3,
            Timer::Quorum => 4,
            Timer::SnapshotReset => 5,
            Timer::Preferred => 6,
            Timer::Flush => 7,
            Timer::Checkpoint => 8,
            Timer::ClientMetadata => 9,
            Timer::ClientLoad => 10,
            Timer::Dispatcher(peer) => DISPATCHER + u16::from(peer.0),
        }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn number_and_timer_are_inverse() {
        for number in 0..(DISPATCHER + 9) {
            if let Some(timer) = Timer::of(number) {
                assert_eq!(timer.name().0, number);
            }
        }
    }

    #[test]
    fn same_instant_order_is_the_specified_one() {
        let mut all = [
            Timer::Flush,
            Timer::Preferred,
            Timer::Quorum,
            Timer::Dispatcher(NodeId(2)),
            Timer::Dispatcher(NodeId(1)),
            Timer::Handler,
            Timer::Maintainer,
        ];
        all.sort();
        let names: alloc::vec::Vec<u16> = all.iter().map(|t| t.name().0).collect();
        assert_eq!(names, [2, 3, 101, 102, 4, 6, 7]);
    }
}
