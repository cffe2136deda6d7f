//! The lease of a follower, which also gates its election timer, and the lease of a leader.
//!
//! Source: braft ab0017f lease.cpp FollowerLease, LeaderLease

use kernel::{NodeId, Time, state};

use crate::codes::{LeaseState, State};
use crate::configuration::Set;
use crate::event::Event;
use crate::node::Node;

state! {
    /// Since when a follower hears its leader.
    pub struct FollowerLease {
        /// The leader heard last.
        pub last_leader: Option<NodeId> = "last_leader",
        /// When; none: long ago.
        pub last_leader_timestamp: Option<Time> = "last_leader_timestamp",
    }
}

state! {
    /// The lease by which a leader may read.
    pub struct LeaderLease {
        /// The term led; 0: none.
        pub term: u64 = "term",
        /// Grows with every start.
        pub lease_epoch: u64 = "lease_epoch",
        /// When a quorum was sent to that answered since; none: not ready.
        pub last_active_timestamp: Option<Time> = "last_active_timestamp",
    }
}

impl Node<'_, '_> {
    /// The leader was heard.
    ///
    /// Source: braft ab0017f lease.cpp FollowerLease::renew
    pub(crate) fn renew_follower_lease(&mut self, leader: NodeId) {
        self.mem.follower_lease =
            FollowerLease { last_leader: Some(leader), last_leader_timestamp: Some(self.cx.now) };
    }

    /// Forgets the leader.
    ///
    /// Source: braft ab0017f lease.cpp FollowerLease::reset
    pub(crate) fn reset_follower_lease(&mut self) {
        self.mem.follower_lease = FollowerLease { last_leader: None, last_leader_timestamp: None };
    }

    /// The lease ends now, but whose it was is kept.
    ///
    /// Source: braft ab0017f lease.cpp FollowerLease::expire
    pub(crate) fn expire_follower_lease(&mut self) {
        self.mem.follower_lease.last_leader_timestamp = None;
    }

    /// How long the lease of the leader still runs, microseconds.
    pub(crate) fn follower_lease_left(&self) -> u64 {
        let ms = self.election_timeout_ms() * self.patience() + self.max_clock_drift_ms();
        let us = kernel::times(ms, 1000);
        match self.mem.follower_lease.last_leader_timestamp {
            Some(heard) => heard.plus_us(us).since_us(self.cx.now),
            None => 0,
        }
    }

    /// How long this node may vote for nobody: only with leases.
    ///
    /// Source: braft ab0017f lease.cpp FollowerLease::votable_time_from_now
    pub(crate) fn votable_time(&self) -> u64 {
        if self.cx.settings.raft_enable_leader_lease { self.follower_lease_left() } else { 0 }
    }

    /// Source: braft ab0017f lease.cpp LeaderLease::on_leader_start
    pub(crate) fn leader_lease_on_leader_start(&mut self) {
        let lease_epoch = self.mem.leader_lease.lease_epoch + 1;
        let term = self.mem.current_term;
        self.mem.leader_lease = LeaderLease { term, lease_epoch, last_active_timestamp: None };
    }

    /// The lease of this epoch begins. The state machine may be slow to get there: a later epoch's has not begun then.
    ///
    /// Source: braft ab0017f node.cpp NodeImpl::leader_lease_start; lease.cpp LeaderLease::on_lease_start
    pub(crate) fn leader_lease_start(&mut self, epoch: u64) {
        if self.mem.state == State::Leader && epoch == self.mem.leader_lease.lease_epoch {
            self.mem.leader_lease.last_active_timestamp = Some(self.last_leader_active_timestamp());
        }
    }

    /// Source: braft ab0017f lease.cpp LeaderLease::on_leader_stop
    pub(crate) fn leader_lease_on_leader_stop(&mut self) {
        self.mem.leader_lease.last_active_timestamp = None;
        self.mem.leader_lease.term = 0;
    }

    /// Since when a quorum is known to have followed: of a joint configuration the earlier half.
    ///
    /// Source: braft ab0017f node.cpp NodeImpl::last_leader_active_timestamp
    fn last_leader_active_timestamp(&self) -> Time {
        let conf = self.mem.conf;
        let new = self.quorum_timestamp(conf.peers);
        if conf.joint() { new.min(self.quorum_timestamp(conf.old_peers)) } else { new }
    }

    fn quorum_timestamp(&self, peers: Set) -> Time {
        let others = peers.without(self.mem.id);
        let sent = |peer| self.replicator(peer).map_or(Time(0), |rep| rep.last_rpc_send);
        let mut all: alloc::vec::Vec<Time> = others.iter().map(sent).collect();
        all.sort_unstable();
        let needed = peers.len() / 2;
        if needed == 0 || all.len() < needed {
            return self.cx.now;
        }
        all.get(all.len() - needed).copied().unwrap_or(self.cx.now)
    }

    /// The state of the leader's lease now. When it seems to be over the leader looks anew, and steps down if it is.
    ///
    /// Source: braft ab0017f node.cpp NodeImpl::get_leader_lease_status
    pub(crate) fn get_leader_lease_status(&mut self) -> LeaseState {
        let ms = self.election_timeout_ms();
        if !self.cx.settings.raft_enable_leader_lease {
            return LeaseState::Disabled;
        }
        if self.mem.leader_lease.term == 0 {
            return LeaseState::Expired;
        }
        let Some(active) = self.mem.leader_lease.last_active_timestamp else { return LeaseState::NotReady };
        if self.cx.now < active.plus_ms(ms) {
            return LeaseState::Valid;
        }
        let again = self.last_leader_active_timestamp();
        self.mem.leader_lease.last_active_timestamp = Some(again);
        self.cx.note(Event::LeaderLeaseSuspect);
        if self.cx.now < again.plus_ms(ms) {
            return LeaseState::Valid;
        }
        self.cx.note(Event::LeaderLeaseExpired);
        let term = self.mem.current_term;
        self.step_down(term, false, crate::codes::Code::Eraftimedout);
        LeaseState::Expired
    }
}
