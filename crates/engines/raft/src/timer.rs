//! The timers. Their order here is the order of those that are due at one instant.

use alloc::format;
use alloc::string::{String, ToString};
use kernel::{Digest, Hasher, NodeId};

/// A timer of a node or client.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Timer {
    /// No leader was heard: campaign.
    Election,
    /// The leader looks whether a quorum has answered (check_quorum).
    CheckQuorum,
    /// A transfer takes too long.
    Transfer,
    /// A new server takes too long to catch up.
    CatchUp,
    /// The leader's heartbeat.
    Heartbeat,
    /// A candidate asks those again that have not answered.
    AskAgain,
    /// An Append to this peer has no answer.
    Retry(NodeId),
    /// A snapshot to this peer has no answer.
    Snapshot(NodeId),
    /// A client asks again.
    ClientRetry,
    /// A client's load generator writes its next value.
    ClientLoad,
}

/// Number of [`Timer::Election`] in files.
pub(crate) const ELECTION: u16 = 1;
const RETRY: u16 = 100;
const SNAPSHOT: u16 = 200;

impl Timer {
    /// Number in files.
    pub(crate) fn number(self) -> u16 {
        match self {
            Timer::Election => ELECTION,
            Timer::CheckQuorum => 2,
            Timer::Transfer => 3,
            Timer::CatchUp => 4,
            Timer::Heartbeat => 5,
            Timer::AskAgain => 6,
            Timer::ClientRetry => 7,
            Timer::ClientLoad => 8,
            Timer::Retry(peer) => RETRY + u16::from(peer.0),
            Timer::Snapshot(peer) => SNAPSHOT + u16::from(peer.0),
        }
    }

    /// Number in files and name.
    pub(crate) fn name(self) -> (u16, String) {
        let name = match self {
            Timer::Election => "election",
            Timer::CheckQuorum => "check-quorum",
            Timer::Transfer => "transfer",
            Timer::CatchUp => "catch-up",
            Timer::Heartbeat => "heartbeat",
            Timer::AskAgain => "ask-again",
            Timer::ClientRetry => "client-retry",
            Timer::ClientLoad => "load",
            Timer::Retry(peer) => return (self.number(), format!("retry-{peer}")),
            Timer::Snapshot(peer) => return (self.number(), format!("snapshot-{peer}")),
        };
        (self.number(), name.to_string())
    }

    /// The inverse of the number.
    pub(crate) fn of(number: u16) -> Option<Timer> {
        let peer = |base: u16| u8::try_from(number - base).ok().map(NodeId);
        Some(match number {
            ELECTION => Timer::Election,
            2 => Timer::CheckQuorum,
            3 => Timer::Transfer,
            4 => Timer::CatchUp,
            5 => Timer::Heartbeat,
            6 => Timer::AskAgain,
            7 => Timer::ClientRetry,
            8 => Timer::ClientLoad,
            RETRY..SNAPSHOT => Timer::Retry(peer(RETRY)?),
            SNAPSHOT.. => Timer::Snapshot(peer(SNAPSHOT)?),
            _ => return None,
        })
    }
}

impl Digest for Timer {
    fn digest(&self, h: &mut Hasher) {
        h.word(u64::from(self.number()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn number_and_timer_are_inverse() {
        for number in 0..SNAPSHOT + 9 {
            if let Some(timer) = Timer::of(number) {
                assert_eq!(timer.name().0, number);
            }
        }
    }
}
