//! Configuration changes: catching up, joint, stable.
//!
//! Source: braft ab0017f node.cpp NodeImpl::ConfigurationCtx; replicator.cpp Replicator::_notify_on_caught_up

use alloc::vec::Vec;
use kernel::{NodeId, state};

use crate::ballot_box::Closure;
use crate::codes::{Code, Reason, Stage, State};
use crate::configuration::{Conf, Set};
use crate::disk::StableClosure;
use crate::entry::{Data, Entry};
use crate::event::Event;
use crate::log_manager::Appended;
use crate::message::Responder;
use crate::node::{Local, Node};

state! {
    /// The change under way.
    pub struct ConfigurationCtx {
        /// Grows with every end of a change: what waited for one that is over does not count.
        pub version: u32 = "version",
        /// How far it is.
        pub stage: Stage = "stage",
        /// How many peers it adds and removes.
        pub nchanges: u64 = "nchanges",
        /// Who takes part afterwards.
        pub new_peers: Set = "new_peers",
        /// Who took part before.
        pub old_peers: Set = "old_peers",
        /// Who must catch up first.
        pub adding_peers: Set = "adding_peers",
        /// Who asked for it.
        pub done: Option<Responder> = "done",
    }
}

impl Default for ConfigurationCtx {
    fn default() -> ConfigurationCtx {
        let none = Set::EMPTY;
        ConfigurationCtx {
            version: 0,
            stage: Stage::None,
            nchanges: 0,
            new_peers: none,
            old_peers: none,
            adding_peers: none,
            done: None,
        }
    }
}

impl Node<'_, '_> {
    /// An operator changes the peers.
    ///
    /// Source: braft ab0017f node.cpp NodeImpl::unsafe_register_conf_change
    pub(crate) fn register_conf_change(&mut self, to: Responder, new: Set) {
        if self.mem.state != State::Leader {
            let transferring = self.mem.state == State::Transferring;
            return self.answer_code(to, if transferring { Code::Ebusy } else { Code::Eperm });
        }
        if self.conf_busy() {
            return self.answer_code(to, Code::Ebusy);
        }
        if new.is_empty() {
            return self.answer_code(to, Code::Einval);
        }
        if new == self.mem.conf.peers {
            return self.answer_code(to, Code::Ok);
        }
        self.conf_ctx_start(new, to);
    }

    /// Source: braft ab0017f node.cpp NodeImpl::ConfigurationCtx::start
    fn conf_ctx_start(&mut self, new: Set, done: Responder) {
        let old = self.mem.conf.peers;
        let (adding, removing) = (new.minus(old), old.minus(new));
        *self.mem.conf_ctx = ConfigurationCtx {
            version: self.mem.conf_ctx.version,
            stage: Stage::CatchingUp,
            nchanges: (adding.len() + removing.len()) as u64,
            new_peers: new,
            old_peers: old,
            adding_peers: adding,
            done: Some(done),
        };
        self.cx.note(Event::ChangeStarted { old, new });
        if adding.is_empty() {
            return self.next_stage();
        }
        for peer in adding.iter() {
            self.start_replicator(peer);
            self.start_catch_up_timer(peer);
        }
        for peer in adding.iter() {
            self.notify_on_caught_up(peer, None);
        }
    }

    fn start_catch_up_timer(&mut self, peer: NodeId) {
        let ms = match self.cx.settings.catchup_timeout_ms {
            0 => self.election_timeout_ms(),
            ms => ms,
        };
        let due = self.cx.now.plus_ms(ms);
        if let Some(rep) = self.rep(peer) {
            rep.catchup_timer = Some(due);
        }
    }

    /// Looks whether a new peer has caught up; `failed` ends the wait without it.
    ///
    /// Source: braft ab0017f replicator.cpp Replicator::_notify_on_caught_up, _is_catchup
    pub(crate) fn notify_on_caught_up(&mut self, peer: NodeId, failed: Option<Code>) {
        let version = self.mem.conf_ctx.version;
        if let Some(code) = failed {
            return self.local.push_back(Local::CaughtUp { peer, version, code });
        }
        let (first, last) = (self.mem.lm.first_index(), self.mem.lm.last_index());
        let margin = self.cx.settings.catchup_margin;
        // The timer stands for somebody who waits.
        let Some(rep) = self.rep(peer).filter(|rep| rep.catchup_timer.is_some()) else { return };
        let enough = rep.min_flying() - 1 + margin >= last;
        if rep.has_succeeded && rep.next_index >= first && enough {
            rep.catchup_timer = None;
            self.local.push_back(Local::CaughtUp { peer, version, code: Code::Ok });
        }
    }

    /// A new peer has caught up, or will not; told after the event that showed it, so what its replicator has to
    /// send leaves first.
    ///
    /// Source: braft ab0017f node.cpp NodeImpl::on_caughtup, ConfigurationCtx::on_caughtup
    pub(crate) fn on_caughtup(&mut self, peer: NodeId, version: u32, code: Code) {
        let ctx = &self.mem.conf_ctx;
        let waits = ctx.stage == Stage::CatchingUp && ctx.adding_peers.has(peer);
        if version != ctx.version || !waits {
            return self.ignore(Some(peer), "CatchUp", Reason::Late);
        }
        if code != Code::Ok {
            self.cx.note(Event::CatchUpFailed { peer });
            return self.conf_ctx_reset(Some(code));
        }
        self.cx.note(Event::CaughtUp { peer });
        let adding = self.mem.conf_ctx.adding_peers.without(peer);
        self.mem.conf_ctx.adding_peers = adding;
        if adding.is_empty() {
            self.next_stage();
        }
    }

    /// A new peer takes long. While its calls are answered it gets another round.
    ///
    /// Source: braft ab0017f replicator.cpp Replicator::_on_catch_up_timedout; node.cpp NodeImpl::on_caughtup
    pub(crate) fn on_catch_up_timedout(&mut self, peer: NodeId) {
        let patience = self.election_timeout_ms().saturating_mul(1000);
        let now = self.cx.now;
        let Some(rep) = self.rep(peer) else { return };
        rep.catchup_timer = None;
        if now.since_us(rep.last_rpc_send) <= patience {
            self.cx.note(Event::CatchUpWaits { peer });
            return self.start_catch_up_timer(peer);
        }
        self.notify_on_caught_up(peer, Some(Code::Ecatchup));
    }

    /// Source: braft ab0017f node.cpp NodeImpl::ConfigurationCtx::next_stage
    fn next_stage(&mut self) {
        let ctx = &mut self.mem.conf_ctx;
        let (new, old) = (ctx.new_peers, ctx.old_peers);
        match ctx.stage {
            Stage::None => {}
            Stage::CatchingUp if ctx.nchanges > 1 => {
                ctx.stage = Stage::Joint;
                self.apply_configuration(new, old, false);
            }
            Stage::CatchingUp | Stage::Joint => {
                ctx.stage = Stage::Stable;
                self.apply_configuration(new, Set::EMPTY, false);
            }
            Stage::Stable => {
                self.conf_ctx_reset(Some(Code::Ok));
                if !new.has(self.mem.id) {
                    let term = self.mem.current_term;
                    self.step_down(term, true, Code::Eleaderremoved);
                }
            }
        }
    }

    /// A new leader takes over what its log says: its first entry is the configuration, and braft's no-op.
    ///
    /// Source: braft ab0017f node.cpp NodeImpl::ConfigurationCtx::flush
    pub(crate) fn conf_ctx_flush(&mut self, conf: Conf) {
        let ctx = &mut self.mem.conf_ctx;
        ctx.stage = if conf.joint() { Stage::Joint } else { Stage::Stable };
        ctx.new_peers = conf.peers;
        ctx.old_peers = if conf.joint() { conf.old_peers } else { conf.peers };
        self.apply_configuration(conf.peers, conf.old_peers, true);
    }

    /// Appends a configuration, which governs its own ballot and everything after.
    ///
    /// Source: braft ab0017f node.cpp NodeImpl::unsafe_apply_configuration
    fn apply_configuration(&mut self, peers: Set, old_peers: Set, leader_start: bool) {
        self.cx.note(Event::StageEntered { stage: self.mem.conf_ctx.stage, peers, old_peers });
        let task = (Data::Configuration(peers, old_peers), Closure::Configuration(leader_start));
        self.append_own(Vec::from([task]));
    }

    /// The leader appends entries: their ballots first, then the log, in one operation of the disk.
    ///
    /// Source: braft ab0017f node.cpp NodeImpl::apply, unsafe_apply_configuration
    pub(crate) fn append_own(&mut self, tasks: Vec<(Data, Closure)>) {
        let (first, term) = (self.mem.lm.last_index() + 1, self.mem.current_term);
        let mut entries = Vec::new();
        for (index, (data, closure)) in (first..).zip(tasks) {
            let conf = match data {
                Data::Configuration(peers, old_peers) => Conf { peers, old_peers, ..Conf::default() },
                Data::Data(_) | Data::Metadata(_) => self.mem.conf,
            };
            self.append_pending_task(conf.peers, conf.old_peers, closure);
            entries.push(Entry { index, term, data });
        }
        let closure = StableClosure::Leader(first, entries.len() as u64);
        if let Appended::Refused(code) = self.append_entries(entries, closure) {
            return self.on_error(code);
        }
        self.check_and_set_configuration();
    }

    /// A configuration of this leader is applied.
    ///
    /// Source: braft ab0017f node.cpp ConfigurationChangeDone::Run, NodeImpl::on_configuration_change_done
    pub(crate) fn configuration_change_done(&mut self, leader_start: bool) {
        if !self.mem.state.leads() {
            return;
        }
        let (term, epoch) = (self.mem.current_term, self.mem.leader_lease.lease_epoch);
        self.next_stage();
        if leader_start {
            // Its closure runs within the state machine's queue: no task, so nothing comes before it.
            self.do_leader_start(term, epoch, false);
        }
    }

    /// The change is over; without a status: this node leads no more.
    ///
    /// Source: braft ab0017f node.cpp NodeImpl::ConfigurationCtx::reset
    pub(crate) fn conf_ctx_reset(&mut self, status: Option<Code>) {
        if self.mem.conf_ctx.stage == Stage::None {
            return;
        }
        let ctx = core::mem::take(&mut self.mem.conf_ctx);
        self.mem.conf_ctx.version = ctx.version + 1;
        let gone = match status {
            Some(Code::Ok) => ctx.old_peers.minus(ctx.new_peers),
            _ => ctx.new_peers.minus(ctx.old_peers).without(self.mem.id),
        };
        for peer in gone.iter() {
            self.stop_replicator(peer);
        }
        self.check_majority_nodes_readonly();
        self.cx.note(Event::ChangeEnded { new: ctx.new_peers, code: status.unwrap_or(Code::Eperm) });
        if let Some(done) = ctx.done {
            self.answer_code(done, status.unwrap_or(Code::Eperm));
        }
    }

    /// An operator sets the peers of this node alone, past the log: unsafe.
    ///
    /// Source: braft ab0017f node.cpp NodeImpl::reset_peers
    pub(crate) fn reset_peers(&mut self, new: Set) -> Code {
        if new.is_empty() {
            return Code::Einval;
        }
        if !self.mem.state.active() {
            return Code::Eperm;
        }
        let unset = self.mem.conf.all().is_empty();
        if !unset && self.mem.state == State::Leader && self.conf_busy() {
            return Code::Ebusy;
        }
        if !unset && new == self.mem.conf.peers {
            return Code::Ok;
        }
        (self.mem.conf.peers, self.mem.conf.old_peers) = (new, Set::EMPTY);
        self.cx.note(Event::ConfigurationChanged { conf: self.mem.conf });
        let term = self.mem.current_term + 1;
        self.step_down(term, false, Code::Esetpeer);
        Code::Ok
    }
}
