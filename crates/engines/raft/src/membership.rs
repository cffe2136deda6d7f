//! Membership: one voter at a time, or through a joint config.
//!
//! Source: dissertation 4; etcd-io/raft confchange/confchange.go; hashicorp/raft configurationChangeChIfStable

use alloc::sync::Arc;
use kernel::{NodeId, Time, Token, state};

use crate::codes::{ChangeKind, Code, Reason};
use crate::conf::{Conf, Set};
use crate::disk::AppliedConfig;
use crate::entry::{Data, Origin};
use crate::event::Event;
use crate::message::Responder;
use crate::node::Node;
use crate::progress::Progress;

/// A change that an operator asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Change {
    /// A new voter, or a learner that becomes one.
    AddVoter(NodeId),
    /// A new learner, or a voter that becomes one.
    AddLearner(NodeId),
    /// Out.
    Remove(NodeId),
    /// To these voters through a joint config; left at once when that may be, if `auto_leave`.
    Joint {
        /// The voters.
        voters: Set,
        /// The learners.
        learners: Set,
        /// Whether the leader leaves it by itself.
        auto_leave: bool,
    },
    /// Out of the joint config.
    Leave,
}

state! {
    /// A new server that catches up before it votes.
    pub struct CatchUp {
        /// Which.
        pub server: NodeId = "server",
        /// The round, from 1.
        pub round: u64 = "round",
        /// The log's end when the round began.
        pub target: u64 = "target",
        /// When the round began.
        pub round_began: Time = "round_began",
        /// When it all began.
        pub started: Time = "started",
        /// The command.
        pub token: Token = "command",
    }
}

/// The config after a change, or why there is none.
pub(crate) fn changed(now: &Conf, change: Change) -> Result<Conf, Reason> {
    let only = |id| Set::EMPTY.with(id);
    if now.joint() != (change == Change::Leave) {
        return Err(if now.joint() { Reason::Joint } else { Reason::NoChange });
    }
    let next = match change {
        Change::AddVoter(id) => {
            Conf { voters: now.voters.with(id), learners: now.learners.minus(only(id)), ..*now }
        }
        Change::AddLearner(id) => {
            Conf { voters: now.voters.minus(only(id)), learners: now.learners.with(id), ..*now }
        }
        Change::Remove(id) => {
            Conf { voters: now.voters.minus(only(id)), learners: now.learners.minus(only(id)), ..*now }
        }
        Change::Joint { voters, learners, auto_leave } => {
            // A voter of the old half learns only after the joint config is left.
            let learners_next = learners.and(now.voters).minus(voters);
            let learners = learners.minus(voters).minus(learners_next);
            Conf { voters, outgoing: now.voters, learners, learners_next, auto_leave }
        }
        Change::Leave => now.left(),
    };
    if next.voters.is_empty() {
        Err(Reason::NoVoters)
    } else if next == *now {
        Err(Reason::NoChange)
    } else {
        Ok(next)
    }
}

impl Node<'_, '_> {
    /// The config that the settings name.
    pub(crate) fn first_config(&self) -> Conf {
        crate::node::first_config(self.cx.settings, self.cx.nodes)
    }

    /// The config in force from what the disk holds: the latest of snapshot and log, or the one applied.
    pub(crate) fn recover_config(&mut self) {
        let snapshot = self.disk.snapshot.as_ref().map(|s| (s.config, s.last_index));
        let base = snapshot.unwrap_or_else(|| (self.first_config(), 0));
        let (from, to) = (self.disk.log.first().max(base.1 + 1), self.disk.log.end());
        let in_log = || {
            (from..to).rev().find_map(|index| match self.disk.log.get(index).map(|entry| &entry.data) {
                Some(Data::Config(config)) => Some((*config, index)),
                _ => None,
            })
        };
        let found = if self.cx.settings.at_append() {
            in_log()
        } else {
            self.disk.applied_config.map(|applied| (applied.config, applied.index)).filter(|a| a.1 >= base.1)
        };
        (self.mem.config, self.mem.config_index) = found.unwrap_or(base);
    }

    /// Lets a config govern: the leader counts by it from now on.
    ///
    /// Source: etcd-io/raft raft.go switchToConfig
    pub(crate) fn switch_config(&mut self, config: Conf, index: u64) {
        if index <= self.mem.config_index {
            return;
        }
        (self.mem.config, self.mem.config_index) = (config, index);
        self.cx.note(Event::ConfigChanged { config, index, back: false });
        let (me, next) = (self.mem.id, self.disk.last_index().max(1));
        let Some(leader) = &mut self.mem.leader else { return };
        let members = config.members().with(me);
        // A new server that catches up is in no config yet.
        let new = leader.catch_up.as_ref().map(|c| c.server);
        leader.progress.0.retain(|p| members.has(p.id) || new == Some(p.id));
        for id in members.iter() {
            if leader.progress.get(id).is_none() {
                let mut progress = Progress::new(id, next);
                progress.recent_active = true;
                leader.progress.insert(progress);
            }
        }
        if leader.transfer.as_ref().is_some_and(|t| !config.all_voters().has(t.target)) {
            self.end_transfer(Code::Refused);
        }
        // A smaller quorum may commit more; whoever is new gets its first Append, unless the entry itself is sent next.
        if !self.try_commit() && !self.cx.settings.at_append() {
            for peer in self.others().iter() {
                self.send_append(peer, false);
            }
        }
    }

    /// A config entry is applied.
    pub(crate) fn config_applied(&mut self, config: Conf, index: u64) {
        if !self.cx.settings.at_append() {
            if self.disk.applied_config.is_none_or(|applied| applied.index < index) {
                self.disk.applied_config = Some(AppliedConfig { config, index });
                self.dirty();
            }
            self.switch_config(config, index);
        }
    }

    /// Why no config may be proposed now. With configs that govern when applied, one unapplied at a time.
    fn change_refused(&self) -> Option<Reason> {
        let Some(leader) = &self.mem.leader else { return Some(Reason::NotLeader) };
        let settings = self.cx.settings;
        if !settings.at_append() {
            let busy = leader.pending_config_index > self.mem.last_applied;
            return busy.then_some(Reason::ConfigUncommitted);
        }
        if self.mem.config_index > self.mem.commit_index {
            Some(Reason::ConfigUncommitted)
        } else if settings.change_needs_commit && !self.committed_in_term() {
            Some(Reason::TermUncommitted)
        } else {
            None
        }
    }

    /// An operator asks for a change.
    pub(crate) fn change(&mut self, token: Token, change: Change) {
        if !self.leads() {
            return self.answer_command(token, Code::NotLeader);
        }
        let single = self.cx.settings.change_kind == ChangeKind::Single;
        let kind_off = single && matches!(change, Change::Joint { .. });
        let refusal = self.change_refused().or(kind_off.then_some(Reason::KindOff));
        match (refusal, changed(&self.mem.config, change)) {
            (None, Ok(config)) => match change {
                Change::AddVoter(server) if self.must_catch_up(server) => self.begin_catch_up(token, server),
                _ => self.propose_config(Some(token), config),
            },
            (Some(why), _) | (None, Err(why)) => {
                self.cx.note(Event::ChangeRefused { why });
                if self.cx.settings.at_append() || !refused_late(why) {
                    return self.answer_command(token, Code::Refused);
                }
                // etcd learns of it too late to refuse: the entry becomes an ordinary one without content.
                let empty = Data::Normal(Arc::from(""), Origin::Local);
                self.propose(Some(Responder::Command(token)), empty, None);
            }
        }
    }

    fn propose_config(&mut self, token: Option<Token>, config: Conf) {
        let index = self.disk.last_index() + 1;
        self.propose(token.map(Responder::Command), Data::Config(config), None);
        if self.disk.last_index() < index {
            // Refused, while leadership is handed over for one: nothing is pending.
            return;
        }
        if let Some(leader) = &mut self.mem.leader {
            leader.pending_config_index = leader.pending_config_index.max(index);
        }
        self.leave_if_due();
    }

    /// Leaves a joint config that is applied and wants to be left.
    ///
    /// Source: etcd-io/raft raft.go appliedTo
    pub(crate) fn leave_if_due(&mut self) {
        let config = self.mem.config;
        let applied = self.mem.config_index <= self.mem.last_applied;
        if self.leads() && config.joint() && config.auto_leave && applied && self.change_refused().is_none() {
            self.propose_config(None, config.left());
        }
    }

    fn must_catch_up(&self, server: NodeId) -> bool {
        self.cx.settings.catch_up_rounds > 0 && !self.mem.config.members().has(server)
    }

    /// A new server gets the log before it votes, round by round.
    ///
    /// Source: dissertation 4.2.1
    fn begin_catch_up(&mut self, token: Token, server: NodeId) {
        let (now, target) = (self.cx.now, self.disk.last_index());
        let Some(leader) = &mut self.mem.leader else { return };
        if leader.catch_up.is_some() {
            return self.answer_command(token, Code::InProgress);
        }
        leader.catch_up = Some(CatchUp { server, round: 1, target, round_began: now, started: now, token });
        if leader.progress.get(server).is_none() {
            leader.progress.insert(Progress::new(server, target + 1));
        }
        self.cx.note(Event::CatchingUp { server, round: 1, target });
        self.send_append(server, true);
    }

    /// A new server holds the log up to `matched`: the next round, or its vote, or no more patience.
    pub(crate) fn catch_up_round(&mut self, server: NodeId, matched: u64) {
        let (now, settings, last) = (self.cx.now, self.cx.settings, self.disk.last_index());
        let Some(leader) = &mut self.mem.leader else { return };
        let Some(c) = leader.catch_up.as_mut().filter(|c| c.server == server && matched >= c.target) else {
            return;
        };
        let fast = now.since_us(c.round_began) < settings.election_us();
        let token = c.token;
        if fast {
            leader.catch_up = None;
            match (self.change_refused(), changed(&self.mem.config, Change::AddVoter(server))) {
                (None, Ok(config)) => self.propose_config(Some(token), config),
                (Some(why), _) | (None, Err(why)) => {
                    self.cx.note(Event::ChangeRefused { why });
                    self.answer_command(token, Code::Refused);
                }
            }
        } else if c.round >= settings.catch_up_rounds {
            self.catch_up_over();
        } else {
            (c.round, c.target, c.round_began) = (c.round + 1, last, now);
            let round = c.round;
            self.cx.note(Event::CatchingUp { server, round, target: last });
        }
    }

    /// The new server is too slow or does not answer.
    pub(crate) fn catch_up_over(&mut self) {
        let members = self.mem.config.members().with(self.mem.id);
        let Some(leader) = &mut self.mem.leader else { return };
        let Some(catch_up) = leader.catch_up.take() else { return };
        leader.progress.0.retain(|p| members.has(p.id));
        self.cx.note(Event::CatchUpFailed { server: catch_up.server });
        self.answer_command(catch_up.token, Code::TimedOut);
    }
}

/// Whether etcd finds this out only when the entry is proposed.
fn refused_late(why: Reason) -> bool {
    matches!(why, Reason::ConfigUncommitted | Reason::Joint)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(ids: &[u8]) -> Set {
        ids.iter().fold(Set::EMPTY, |set, id| set.with(NodeId(*id)))
    }

    #[test]
    fn changes_make_the_configs_of_the_dissertation() {
        let three = Conf { voters: set(&[0, 1, 2]), ..Conf::default() };
        assert_eq!(changed(&three, Change::AddVoter(NodeId(3))).map(|c| c.badge()).as_deref(), Ok("{0123}"));
        assert_eq!(changed(&three, Change::Remove(NodeId(0))).map(|c| c.badge()).as_deref(), Ok("{12}"));
        assert_eq!(
            changed(&three, Change::AddLearner(NodeId(2))).map(|c| c.badge()).as_deref(),
            Ok("{01+2}")
        );
        assert_eq!(changed(&three, Change::AddVoter(NodeId(1))), Err(Reason::NoChange));
        assert_eq!(changed(&three, Change::Leave), Err(Reason::NoChange));
        let one = Conf { voters: set(&[0]), ..Conf::default() };
        assert_eq!(changed(&one, Change::Remove(NodeId(0))), Err(Reason::NoVoters));
        let change = Change::Joint { voters: set(&[0, 3]), learners: set(&[1, 4]), auto_leave: true };
        let joint = changed(&three, change).expect("joint");
        assert_eq!(joint.badge(), "{03|012+4>1}");
        assert_eq!(changed(&joint, Change::AddVoter(NodeId(5))), Err(Reason::Joint));
        assert_eq!(changed(&joint, Change::Leave).map(|c| c.badge()).as_deref(), Ok("{03+14}"));
    }
}
