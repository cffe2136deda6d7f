//! The state machine's caller: one queue of what the state machine is to see, in order. By default everything happens
//! at once; with `apply_us` the applying of what is committed takes its time, and the rest waits behind it.
//!
//! Source: braft ab0017f fsm_caller.cpp FSMCaller

use alloc::collections::VecDeque;
use alloc::sync::Arc;
use kernel::{Digest, Effect, Hasher, NodeId, Show, Value, state};

use crate::ballot_box::Closure;
use crate::codes::{Code, Reason};
use crate::configuration::LogId;
use crate::entry::Data;
use crate::event::Event;
use crate::message::{Answer, Write};
use crate::node::Node;

/// What the state machine is to see.
///
/// Source: braft ab0017f fsm_caller.h FSMCaller::TaskType
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FsmTask {
    /// Everything up to here is committed.
    Committed(u64),
    /// It shall save a snapshot.
    SnapshotSave,
    /// It shall load a copied snapshot: which copy.
    SnapshotLoad(u32),
    /// Its node serves as leader again, in the same term: that term, and the epoch of the lease.
    LeaderStart(u64, u64),
    /// Its node stops serving: the term, and why.
    LeaderStop(u64, Code),
    /// Its node follows a leader in a term.
    StartFollowing(NodeId, u64),
    /// Its node follows it no more.
    StopFollowing(NodeId, u64, Code),
    /// Its node is broken.
    Error(Code),
}

impl Digest for FsmTask {
    fn digest(&self, h: &mut Hasher) {
        match self {
            FsmTask::Committed(to) => (1_u64, *to).digest(h),
            FsmTask::SnapshotSave => h.word(2),
            FsmTask::SnapshotLoad(copy) => (3_u64, *copy).digest(h),
            FsmTask::LeaderStart(term, epoch) => (4_u64, (*term, *epoch)).digest(h),
            FsmTask::LeaderStop(term, why) => (5_u64, (*term, *why)).digest(h),
            FsmTask::StartFollowing(leader, term) => (6_u64, (*leader, *term)).digest(h),
            FsmTask::StopFollowing(leader, term, why) => (7_u64, (*leader, (*term, *why))).digest(h),
            FsmTask::Error(code) => (8_u64, *code).digest(h),
        }
    }
}

impl Show for FsmTask {
    fn show(&self) -> Value {
        Value::Text(match self {
            FsmTask::Committed(to) => alloc::format!("COMMITTED {to}"),
            FsmTask::SnapshotSave => "SNAPSHOT_SAVE".into(),
            FsmTask::SnapshotLoad(_) => "SNAPSHOT_LOAD".into(),
            FsmTask::LeaderStart(..) => "LEADER_START".into(),
            FsmTask::LeaderStop(..) => "LEADER_STOP".into(),
            FsmTask::StartFollowing(..) => "START_FOLLOWING".into(),
            FsmTask::StopFollowing(..) => "STOP_FOLLOWING".into(),
            FsmTask::Error(_) => "ERROR".into(),
        })
    }
}

state! {
    /// The caller of the state machine.
    #[derive(Default)]
    pub struct FsmCaller {
        /// What it has still to hand over, in order.
        pub queue: VecDeque<FsmTask> = "queue",
        /// The index it applies up to just now.
        pub applying: Option<u64> = "applying_index",
        /// The copy it loads just now.
        pub loading: Option<u32> = "loading_snapshot",
        /// Numbers its rounds.
        pub rounds: u32 = "rounds",
        /// The failure after which it applies nothing any more.
        pub error: Option<Code> = "error",
    }
}

impl FsmCaller {
    /// Whether it waits for the state machine.
    #[must_use]
    pub fn busy(&self) -> bool {
        self.applying.is_some() || self.loading.is_some()
    }
}

impl Node<'_, '_> {
    /// Puts a task behind the others; when nothing is before it and nothing takes time, it happens here and now.
    ///
    /// Source: braft ab0017f fsm_caller.cpp FSMCaller::on_committed and its like
    pub(crate) fn fsm_enqueue(&mut self, task: FsmTask) {
        match task {
            FsmTask::Error(_) => self.mem.fsm.queue.push_front(task),
            _ => self.mem.fsm.queue.push_back(task),
        }
        self.fsm_run();
    }

    /// Works the queue off until it is empty or the state machine takes its time. What a task sets going waits for
    /// the end of that task.
    ///
    /// Source: braft ab0017f fsm_caller.cpp FSMCaller::run
    fn fsm_run(&mut self) {
        if core::mem::replace(&mut self.fsm_runs, true) {
            return;
        }
        while !self.mem.fsm.busy() {
            let Some(task) = self.mem.fsm.queue.pop_front() else { break };
            match task {
                FsmTask::Committed(to) => self.start_applying(to),
                FsmTask::SnapshotSave => self.do_snapshot_save(),
                FsmTask::SnapshotLoad(copy) => self.start_loading(copy),
                FsmTask::LeaderStart(term, epoch) => self.do_leader_start(term, epoch, true),
                FsmTask::LeaderStop(term, why) => self.cx.note(Event::LeaderStop { term, why }),
                FsmTask::StartFollowing(leader, term) => {
                    self.cx.note(Event::StartFollowing { leader, term });
                }
                FsmTask::StopFollowing(leader, term, why) => {
                    self.cx.note(Event::StopFollowing { leader, term, why });
                }
                FsmTask::Error(code) => self.cx.note(Event::StateMachineToldError { code }),
            }
        }
        self.fsm_runs = false;
    }

    /// This node serves as leader, for the first time in its term or again, and its lease begins.
    ///
    /// Source: braft ab0017f fsm_caller.cpp FSMCaller::do_leader_start; node.cpp ConfigurationChangeDone::Run
    pub(crate) fn do_leader_start(&mut self, term: u64, epoch: u64, again: bool) {
        self.leader_lease_start(epoch);
        self.cx.note(Event::LeaderStart { term, again });
    }

    /// Takes one notice of a commit, and those right behind it: one round applies them all.
    fn start_applying(&mut self, mut to: u64) {
        let mut merged = 1;
        while let Some(FsmTask::Committed(more)) = self.mem.fsm.queue.front().copied()
            && merged < self.cx.settings.raft_fsm_caller_commit_batch
        {
            self.mem.fsm.queue.pop_front();
            to = to.max(more);
            merged += 1;
        }
        // What is applied already, or comes after an error, is passed over at once.
        let idle = to <= self.mem.last_applied.index || self.mem.fsm.error.is_some();
        if self.cx.settings.apply_us == 0 || idle {
            return self.do_committed(to);
        }
        self.mem.fsm.applying = Some(to);
        self.mem.fsm.rounds += 1;
        self.cx.note(Event::Applying { to });
        let round = Write::Apply(self.mem.fsm.rounds);
        self.cx.effects.push(Effect::Write(round));
    }

    /// The state machine has taken its time.
    pub(crate) fn fsm_done(&mut self, ok: bool) {
        let Some(to) = self.mem.fsm.applying.take() else { return };
        if ok {
            self.fsm_runs = true;
            self.do_committed(to);
            self.fsm_runs = false;
        } else {
            self.on_error(Code::Estatemachine);
        }
        self.fsm_run();
    }

    /// The state machine loads a copied snapshot, which nothing interrupts.
    fn start_loading(&mut self, copy: u32) {
        if self.stale_copy() {
            return;
        }
        self.mem.fsm.loading = Some(copy);
        if self.cx.settings.snapshot_load_us == 0 {
            return self.snapshot_loaded(true);
        }
        self.cx.effects.push(Effect::Write(Write::Load(copy)));
    }

    /// A copied snapshot is loaded, or cannot be.
    pub(crate) fn fsm_loaded(&mut self, ok: bool) {
        self.snapshot_loaded(ok);
        self.fsm_run();
    }

    /// Applies everything up to `to`. A witness has no state machine: it only knows how far the others are.
    ///
    /// Source: braft ab0017f fsm_caller.cpp FSMCaller::do_committed
    fn do_committed(&mut self, to: u64) {
        let from = self.mem.last_applied.index;
        if to <= from || self.mem.fsm.error.is_some() {
            if to > from {
                self.ignore(None, "COMMITTED", Reason::NotActive);
            }
            return;
        }
        let (first, closures) = self.mem.ballots.closures.pop_closure_until(to);
        for index in from + 1..=to {
            let Some(entry) = self.mem.lm.logs.get(index) else { continue };
            match &entry.data {
                Data::Configuration(peers, old_peers) => {
                    if old_peers.is_empty() {
                        let peers = *peers;
                        self.cx.note(Event::ConfigurationCommitted { peers, index });
                    }
                }
                Data::Data(text) => {
                    let text = Arc::clone(text);
                    if !self.witness(self.mem.id) {
                        self.mem.store.apply(&text);
                    }
                }
                Data::Metadata(_) => {}
            }
            let at = index.checked_sub(first).and_then(|at| usize::try_from(at).ok());
            if let Some(closure) = at.and_then(|at| closures.get(at)).copied() {
                self.applied(index, closure);
            }
        }
        let id = LogId::new(to, self.mem.lm.get_term(to));
        self.mem.last_applied = id;
        self.mem.lm.applied_id = id;
        self.mem.lm.clear_memory_logs();
        self.cx.note(Event::Applied { from, to });
    }

    fn applied(&mut self, index: u64, closure: Closure) {
        match closure {
            Closure::Task(to) => {
                let leader = Some(self.mem.id);
                self.answer(to, Answer { code: Code::Ok, index: Some(index), leader, unknown: false });
            }
            Closure::Configuration(leader_start) => self.configuration_change_done(leader_start),
            Closure::Nobody => {}
        }
    }
}
