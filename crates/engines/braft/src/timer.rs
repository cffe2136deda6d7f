//! The timers, and what their firing does. Their order here is the order of those due at one instant.
//!
//! Source: braft ab0017f repeated_timer_task.cpp; node.cpp ElectionTimer, VoteTimer, StepdownTimer, SnapshotTimer

use alloc::format;
use alloc::string::{String, ToString};
use kernel::{Digest, Hasher, NodeId, Time};

use crate::codes::{St, State};
use crate::config::Config;
use crate::node::{Memory, Node};

/// Draw: the election timer, milliseconds.
pub(crate) const ELECTION: u8 = 0;
/// Draw: the vote timer, milliseconds.
pub(crate) const VOTE: u8 = 1;
/// Draw: the first snapshot, seconds.
pub(crate) const SNAPSHOT: u8 = 2;
/// Draw: which of equal peers is woken.
pub(crate) const CANDIDATE: u8 = 3;
/// Draw: whether a batch is torn by a crash, percent, and then how many of its entries that leaves.
pub(crate) const TORN: u8 = 4;

/// A timer of a node or client.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Timer {
    /// Looks whether the follower lease is over.
    Election,
    /// The candidate did not win in time.
    Vote,
    /// The leader looks whether a quorum answers.
    Stepdown,
    /// A snapshot is due.
    Snapshot,
    /// The handover takes too long.
    Transfer,
    /// The own lease is over: the node grants itself its pre-vote.
    GrantSelfPreVote,
    /// The same with its vote.
    GrantSelfVote,
    /// The oldest cached request is given up.
    AppendCache,
    /// A heartbeat to this peer.
    Heartbeat(NodeId),
    /// The replicator of this peer has waited after a failure.
    Block(NodeId),
    /// A new peer should have caught up.
    CatchUp(NodeId),
    /// A client asks again.
    ClientRetry,
    /// A client's load generator writes its next value.
    ClientLoad,
}

const HEARTBEATS: u16 = 100;
const BLOCKS: u16 = 200;
const CATCH_UPS: u16 = 300;

impl Timer {
    /// Number in files and name.
    pub(crate) fn name(self) -> (u16, String) {
        let (number, name) = match self {
            Timer::Election => (1, "election_timer"),
            Timer::Vote => (2, "vote_timer"),
            Timer::Stepdown => (3, "stepdown_timer"),
            Timer::Snapshot => (4, "snapshot_timer"),
            Timer::Transfer => (5, "transfer_timer"),
            Timer::GrantSelfPreVote => (6, "pre_vote_grant_self"),
            Timer::GrantSelfVote => (7, "vote_grant_self"),
            Timer::AppendCache => (8, "append_cache"),
            Timer::ClientRetry => (9, "client_retry"),
            Timer::ClientLoad => (10, "load"),
            Timer::Heartbeat(peer) => return (HEARTBEATS + u16::from(peer.0), format!("heartbeat-{peer}")),
            Timer::Block(peer) => return (BLOCKS + u16::from(peer.0), format!("block-{peer}")),
            Timer::CatchUp(peer) => return (CATCH_UPS + u16::from(peer.0), format!("catchup-{peer}")),
        };
        (number, name.to_string())
    }

    /// The inverse of the number.
    pub(crate) fn of(number: u16) -> Option<Timer> {
        let peer = |base: u16| u8::try_from(number - base).ok().map(NodeId);
        Some(match number {
            1 => Timer::Election,
            2 => Timer::Vote,
            3 => Timer::Stepdown,
            4 => Timer::Snapshot,
            5 => Timer::Transfer,
            6 => Timer::GrantSelfPreVote,
            7 => Timer::GrantSelfVote,
            8 => Timer::AppendCache,
            9 => Timer::ClientRetry,
            10 => Timer::ClientLoad,
            HEARTBEATS..BLOCKS => Timer::Heartbeat(peer(HEARTBEATS)?),
            BLOCKS..CATCH_UPS => Timer::Block(peer(BLOCKS)?),
            CATCH_UPS.. => Timer::CatchUp(peer(CATCH_UPS)?),
            _ => return None,
        })
    }
}

impl Digest for Timer {
    fn digest(&self, h: &mut Hasher) {
        h.word(u64::from(self.name().0));
    }
}

/// Lists every armed timer. Those of elections and stepping down run on whatever happens.
pub(crate) fn timers(mem: &Memory, settings: &Config, arm: &mut dyn FnMut(Timer, Time)) {
    let mut maybe = |timer, due: Option<Time>| {
        if let Some(due) = due {
            arm(timer, due);
        }
    };
    // The last replicator of a leader that went outlives its node.
    for rep in mem.all_replicators() {
        maybe(Timer::Heartbeat(rep.peer), rep.heartbeat_timer);
        maybe(Timer::Block(rep.peer), rep.block_timer.filter(|_| rep.st == St::Blocking));
        maybe(Timer::CatchUp(rep.peer), rep.catchup_timer);
    }
    if !mem.state.active() {
        return;
    }
    maybe(Timer::Election, mem.election_timer);
    maybe(Timer::Vote, mem.vote_timer);
    maybe(Timer::Stepdown, mem.stepdown_timer);
    maybe(Timer::Snapshot, mem.snapshot_timer.filter(|_| settings.snapshot_interval_s > 0));
    maybe(Timer::Transfer, mem.transfer.as_ref().map(|transfer| transfer.due));
    maybe(Timer::GrantSelfPreVote, mem.pre_vote_ctx.grant_self_timer);
    maybe(Timer::GrantSelfVote, mem.vote_ctx.grant_self_timer);
    maybe(Timer::AppendCache, mem.cache_timer);
}

impl Node<'_, '_> {
    /// The election timeout now.
    pub(crate) fn election_timeout_ms(&self) -> u64 {
        let reset = self.mem.reset_timeouts.as_ref();
        reset.map_or(self.cx.settings.election_timeout_ms, |reset| reset.election_timeout_ms)
    }

    /// The clock drift now.
    pub(crate) fn max_clock_drift_ms(&self) -> u64 {
        let reset = self.mem.reset_timeouts.as_ref();
        reset.map_or(self.cx.settings.max_clock_drift_ms, |reset| reset.max_clock_drift_ms)
    }

    /// The heartbeat interval.
    ///
    /// Source: braft ab0017f node.cpp heartbeat_timeout
    pub(crate) fn heartbeat_ms(&self) -> u64 {
        (self.election_timeout_ms() / self.cx.settings.raft_election_heartbeat_factor).max(10)
    }

    /// Source: braft ab0017f node.cpp random_timeout
    fn random_ms(&mut self, purpose: u8, ms: u64) -> u64 {
        let delay = ms.min(self.cx.settings.raft_max_election_delay_ms);
        self.cx.draw(purpose, ms, ms + delay + 1)
    }

    /// Starts the election timer; one that runs keeps its time. A witness has none, unless it may lead.
    pub(crate) fn start_election_timer(&mut self) {
        if self.mem.election_timer.is_none() && self.may_lead(self.mem.id) {
            let ms = self.election_timeout_ms() * self.patience();
            let ms = self.random_ms(ELECTION, ms);
            self.mem.election_timer = Some(self.cx.now.plus_ms(ms));
        }
    }

    /// Starts the vote timer, whose base `vote` does not change any more.
    pub(crate) fn start_vote_timer(&mut self) {
        if self.mem.vote_timer.is_none() {
            let settings = self.cx.settings;
            let ms = settings.election_timeout_ms * self.patience() + settings.max_clock_drift_ms;
            let ms = self.random_ms(VOTE, ms);
            self.mem.vote_timer = Some(self.cx.now.plus_ms(ms));
        }
    }

    /// Starts the stepdown timer.
    pub(crate) fn start_stepdown_timer(&mut self) {
        let ms = self.cx.settings.election_timeout_ms * self.patience();
        self.mem.stepdown_timer = Some(self.cx.now.plus_ms(ms));
    }

    /// Starts the snapshot timer: for the first time somewhere in its interval.
    pub(crate) fn start_snapshot_timer(&mut self) {
        let interval = u64::try_from(self.cx.settings.snapshot_interval_s).unwrap_or(0);
        if interval > 0 {
            let first = self.cx.draw(SNAPSHOT, 1, interval + 1);
            self.mem.snapshot_timer = Some(self.cx.now.plus_ms(first.saturating_mul(1000)));
        }
    }

    /// A timer fires. A repeated one runs on after its handler unless that stopped it.
    pub(crate) fn wake(&mut self, timer: Timer) {
        match timer {
            Timer::Election => {
                let due = self.mem.election_timer;
                self.handle_election_timeout();
                if self.mem.election_timer == due {
                    self.mem.election_timer = None;
                    self.start_election_timer();
                }
            }
            Timer::Vote => {
                let due = self.mem.vote_timer;
                self.handle_vote_timeout();
                if self.mem.vote_timer == due && self.mem.state == State::Candidate {
                    self.mem.vote_timer = None;
                    self.start_vote_timer();
                }
            }
            Timer::Stepdown => {
                self.handle_stepdown_timeout();
                if self.mem.stepdown_timer.is_some() {
                    self.start_stepdown_timer();
                }
            }
            Timer::Snapshot => {
                let interval = self.cx.settings.snapshot_interval_s.max(1).unsigned_abs();
                self.mem.snapshot_timer = Some(self.cx.now.plus_ms(interval.saturating_mul(1000)));
                self.do_snapshot(None);
            }
            Timer::Transfer => self.handle_transfer_timeout(),
            Timer::GrantSelfPreVote => {
                self.mem.pre_vote_ctx.grant_self_timer = None;
                self.grant_self(true);
            }
            Timer::GrantSelfVote => {
                self.mem.vote_ctx.grant_self_timer = None;
                self.grant_self(false);
            }
            Timer::AppendCache => self.handle_append_cache_timeout(),
            Timer::Heartbeat(peer) => self.heartbeat(peer),
            Timer::Block(peer) => self.on_block_timedout(peer),
            Timer::CatchUp(peer) => self.on_catch_up_timedout(peer),
            Timer::ClientRetry | Timer::ClientLoad => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn number_and_timer_are_inverse() {
        for number in 0..CATCH_UPS + 9 {
            if let Some(timer) = Timer::of(number) {
                assert_eq!(timer.name().0, number);
            }
        }
    }
}
