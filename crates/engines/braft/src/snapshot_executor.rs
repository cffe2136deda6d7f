//! Snapshots: saved by every node on its own, copied from a leader by a follower that lags.
//!
//! Source: braft ab0017f snapshot_executor.cpp SnapshotExecutor; replicator.cpp Replicator::_install_snapshot

use alloc::sync::Arc;
use kernel::{Digest, Effect, Hasher, MsgId, NodeId, Part, shown, state};

use crate::codes::{Code, Reason, SnapshotStatus, St};
use crate::configuration::LogId;
use crate::event::Event;
use crate::fsm_caller::FsmTask;
use crate::message::{Ctx, Message, Responder, Write};
use crate::node::Node;
use crate::replicator::Replicator;
use crate::store::Snapshot;

/// A snapshot on its way from the leader.
#[derive(Clone, Debug)]
pub struct Downloading {
    /// The leader's call.
    pub call: MsgId,
    /// What is copied.
    pub snapshot: Arc<Snapshot>,
    /// Names the copy.
    pub copy: u32,
}

impl Digest for Downloading {
    fn digest(&self, h: &mut Hasher) {
        self.call.digest(h);
        self.snapshot.digest(h);
        self.copy.digest(h);
    }
}

shown! { Downloading { call = "call", snapshot = "snapshot", copy = "copy" } }

state! {
    /// The snapshot executor.
    #[derive(Default)]
    pub struct SnapshotExecutor {
        /// Whether a snapshot is to be saved.
        pub saving: bool = "saving_snapshot",
        /// What the state machine saves.
        pub writer: Option<Arc<Snapshot>> = "cur_writer",
        /// Who asked for it.
        pub done: Option<Responder> = "done",
        /// A snapshot that is copied or loaded.
        pub downloading: Option<Downloading> = "downloading_snapshot",
        /// Whether the copy is there, and is or will be loaded.
        pub loading: bool = "loading_snapshot",
        /// Numbers copies.
        pub copies: u32 = "copies",
    }
}

impl SnapshotExecutor {
    /// What it does.
    #[must_use]
    pub fn status(&self) -> SnapshotStatus {
        match (&self.downloading, self.saving) {
            (Some(_), _) if self.loading => SnapshotStatus::Loading,
            (Some(_), _) => SnapshotStatus::Downloading,
            (None, true) => SnapshotStatus::Saving,
            (None, false) => SnapshotStatus::Idle,
        }
    }
}

impl Node<'_, '_> {
    /// Whether a snapshot is copied or loaded.
    pub(crate) fn installing_snapshot(&self) -> bool {
        self.mem.snapshots.downloading.is_some()
    }

    /// Saves a snapshot of what is applied.
    ///
    /// Source: braft ab0017f snapshot_executor.cpp SnapshotExecutor::do_snapshot
    pub(crate) fn do_snapshot(&mut self, done: Option<Responder>) {
        let (applied, last) = (self.mem.last_applied, self.mem.lm.last_snapshot_id.index);
        let refusal = match self.mem.snapshots.status() {
            _ if !self.mem.state.active() => Some(Code::Eperm),
            SnapshotStatus::Idle => None,
            _ => Some(Code::Ebusy),
        };
        if let Some(code) = refusal {
            self.cx.note(Event::SnapshotRefused { code });
            return done.into_iter().for_each(|to| self.answer_code(to, code));
        }
        let gap = applied.index - last.min(applied.index);
        if gap < self.cx.settings.raft_do_snapshot_min_index_gap {
            self.cx.note(Event::NothingToSave { applied: applied.index, last });
            self.clear_buffered_logs();
            return done.into_iter().for_each(|to| self.answer_code(to, Code::Ok));
        }
        self.mem.snapshots.saving = true;
        self.mem.snapshots.done = done;
        self.fsm_enqueue(FsmTask::SnapshotSave);
    }

    /// The state machine begins to save: it stands at what it has applied.
    ///
    /// Source: braft ab0017f fsm_caller.cpp FSMCaller::do_snapshot_save
    pub(crate) fn do_snapshot_save(&mut self) {
        let applied = self.mem.last_applied;
        let conf = self.mem.lm.configuration_at(applied.index, self.snapshot_conf());
        let snapshot = Snapshot {
            last_included_index: applied.index,
            last_included_term: applied.term,
            conf,
            chain: self.mem.lm.logs.chain_at(applied.index).unwrap_or(0),
            state: (*self.mem.store).clone(),
        };
        self.cx.note(Event::SnapshotStarted { index: applied.index });
        self.mem.snapshots.writer = Some(Arc::new(snapshot));
        self.cx.effects.push(Effect::Write(Write::Save));
    }

    /// Source: braft ab0017f snapshot_executor.cpp SnapshotExecutor::on_snapshot_save_done
    fn snapshot_saved(&mut self, ok: bool) {
        let done = self.mem.snapshots.done.take();
        self.mem.snapshots.saving = false;
        let Some(snapshot) = self.mem.snapshots.writer.take() else { return };
        let id = LogId::new(snapshot.last_included_index, snapshot.last_included_term);
        let code = match ok {
            false => Code::Eio,
            true if id.index <= self.mem.lm.last_snapshot_id.index => Code::Estale,
            true => Code::Ok,
        };
        if code == Code::Ok {
            let chain = snapshot.chain;
            self.disk.snapshot = Some(snapshot);
            self.cx.note(Event::SnapshotSaved { index: id.index });
            self.set_snapshot(id, chain);
        } else {
            self.cx.note(Event::SnapshotRefused { code });
        }
        if let Some(to) = done {
            self.answer_code(to, code);
        }
        if code == Code::Eio {
            self.on_error(code);
        }
    }

    /// The peer needs entries that are gone: it shall copy the snapshot.
    ///
    /// Source: braft ab0017f replicator.cpp Replicator::_install_snapshot
    pub(crate) fn install_snapshot(&mut self, peer: NodeId) {
        if self.witness(self.mem.id) {
            self.ignore(Some(peer), "InstallSnapshot", Reason::Witness);
            return self.block(peer, Code::Ebusy);
        }
        let under_way = |rep: &Replicator| rep.st == St::Installing;
        if self.replicator(peer).is_some_and(under_way) {
            return self.ignore(Some(peer), "InstallSnapshot", Reason::Installing);
        }
        let tasks = self.mem.all_replicators().filter(|rep| under_way(rep)).count() as u64;
        if tasks >= self.cx.settings.raft_max_install_snapshot_tasks_num {
            self.ignore(Some(peer), "InstallSnapshot", Reason::Throttled);
            return self.block(peer, Code::Ebusy);
        }
        let Some(snapshot) = self.disk.snapshot.clone() else { return self.on_error(Code::Eio) };
        let snapshot = if self.witness(peer) { Arc::new(snapshot.metadata()) } else { snapshot };
        let index = snapshot.last_included_index;
        let Some(rep) = self.rep(peer) else { return };
        rep.st = St::Installing;
        rep.ic += 1;
        let (term, ctx) = (rep.term, Ctx::Install { replicator: rep.number, index });
        rep.install_in_fly = Some(ctx);
        self.cx.note(Event::SnapshotSent { peer, index });
        self.call(peer, Message::InstallSnapshot { term, snapshot }, ctx, None);
    }

    /// Source: braft ab0017f replicator.cpp Replicator::_on_install_snapshot_returned
    pub(crate) fn on_install_snapshot_returned(
        &mut self,
        peer: NodeId,
        ctx: Ctx,
        success: bool,
        failed: Option<Code>,
    ) {
        let Ctx::Install { replicator, index } = ctx else { return };
        if !self.current(peer, replicator) {
            return self.ignore(Some(peer), "InstallSnapshot", Reason::NoReplicator);
        }
        let Some(rep) = self.rep(peer) else { return };
        rep.st = St::Idle;
        rep.install_in_fly = None;
        // An answer here, unlike one to a heartbeat or probe, says nothing of when the peer was heard.
        if failed.is_some() {
            rep.consecutive_errors += 1;
        }
        if !success {
            return self.block(peer, failed.unwrap_or(Code::Ok));
        }
        rep.next_index = index + 1;
        rep.has_succeeded = true;
        self.cx.note(Event::Matched { peer, matched: index });
        self.after_success(peer);
    }

    /// Source: braft ab0017f node.cpp NodeImpl::handle_install_snapshot_request; snapshot_executor.cpp install_snapshot
    pub(crate) fn handle_install_snapshot_request(
        &mut self,
        call: MsgId,
        from: NodeId,
        term: u64,
        snapshot: Arc<Snapshot>,
    ) {
        let now = self.mem.current_term;
        if term < now {
            self.ignore(Some(from), "InstallSnapshot", Reason::StaleTerm);
            return self.respond_install(call, now, false);
        }
        self.check_step_down(term, from);
        if self.mem.leader_id != Some(from) {
            self.cx.note(Event::LeaderConflict { leader: self.mem.leader_id, other: from });
            self.step_down(term + 1, false, Code::Eleaderconflict);
            return self.respond_install(call, term + 1, false);
        }
        self.clear_append_cache();
        let index = snapshot.last_included_index;
        if let Err((why, code)) = self.may_install(index) {
            self.ignore(Some(from), "InstallSnapshot", why);
            return match code {
                Code::Ok => self.respond_install(call, term, true),
                code => self.rpc_error(call, code),
            };
        }
        if let Some(copy) = &mut self.mem.snapshots.downloading {
            // The same snapshot once more: this request waits for the copy, the earlier one does not any more.
            let old = core::mem::replace(&mut copy.call, call);
            self.ignore(Some(from), "InstallSnapshot", Reason::Superseded);
            return self.rpc_error(old, Code::Eintr);
        }
        self.mem.snapshots.copies += 1;
        let copy = self.mem.snapshots.copies;
        self.mem.snapshots.downloading = Some(Downloading { call, snapshot, copy });
        self.cx.note(Event::SnapshotCopying { from, index });
        self.cx.effects.push(Effect::Write(Write::Copy(copy)));
    }

    /// Whether a snapshot up to `index` may be copied now, else why not and what the request ends with.
    ///
    /// Source: braft ab0017f snapshot_executor.cpp SnapshotExecutor::register_downloading_snapshot
    fn may_install(&mut self, index: u64) -> Result<(), (Reason, Code)> {
        let under_way = self.mem.snapshots.downloading.as_ref();
        let copied = under_way.map(|copy| copy.snapshot.last_included_index);
        if u64::from(copied.is_some()) >= self.cx.settings.raft_max_install_snapshot_tasks_num {
            return Err((Reason::Throttled, Code::Ebusy));
        }
        if index <= self.mem.lm.last_snapshot_id.index {
            return Err((Reason::HaveSnapshot, Code::Ok));
        }
        if self.mem.snapshots.saving {
            return Err((Reason::Saving, Code::Ebusy));
        }
        match copied {
            None => Ok(()),
            Some(copied) if copied == index => Ok(()),
            Some(copied) if copied > index => Err((Reason::NewerSnapshot, Code::Einval)),
            Some(_) if self.mem.snapshots.loading => Err((Reason::Installing, Code::Ebusy)),
            Some(_) => {
                self.interrupt_downloading_snapshot();
                Err((Reason::OlderSnapshot, Code::Ebusy))
            }
        }
    }

    fn respond_install(&mut self, call: MsgId, term: u64, success: bool) {
        self.cx.respond(call, Message::InstallSnapshotResponse { term, success });
    }

    /// A change of term or leader ends a copy, but not its loading.
    ///
    /// Source: braft ab0017f snapshot_executor.cpp SnapshotExecutor::interrupt_downloading_snapshot
    pub(crate) fn interrupt_downloading_snapshot(&mut self) {
        if self.mem.snapshots.loading {
            return;
        }
        if let Some(copy) = self.mem.snapshots.downloading.take() {
            self.cx.note(Event::SnapshotCancelled { index: copy.snapshot.last_included_index });
            self.rpc_error(copy.call, Code::Ecanceled);
        }
    }

    /// The copy is there: the state machine shall load it.
    ///
    /// Source: braft ab0017f snapshot_executor.cpp SnapshotExecutor::load_downloading_snapshot
    fn snapshot_copied(&mut self, copy: u32, ok: bool) {
        if self.mem.snapshots.downloading.as_ref().is_none_or(|downloading| downloading.copy != copy) {
            return self.ignore(None, "InstallSnapshot", Reason::Late);
        }
        if !ok {
            let Some(Downloading { call, .. }) = self.mem.snapshots.downloading.take() else { return };
            self.rpc_error(call, Code::Eio);
            return self.on_error(Code::Eio);
        }
        self.mem.snapshots.loading = true;
        self.fsm_enqueue(FsmTask::SnapshotLoad(copy));
    }

    /// Whether more is applied than the copy covers: the state machine does not even begin to load it.
    ///
    /// Source: braft ab0017f fsm_caller.cpp FSMCaller::do_snapshot_load
    pub(crate) fn stale_copy(&mut self) -> bool {
        let applied = self.mem.last_applied.index;
        let stale = |copy: &mut Downloading| applied > copy.snapshot.last_included_index;
        let Some(Downloading { call, .. }) = self.mem.snapshots.downloading.take_if(stale) else {
            return false;
        };
        self.mem.snapshots.loading = false;
        self.ignore(None, "InstallSnapshot", Reason::StaleSnapshot);
        self.rpc_error(call, Code::Estale);
        true
    }

    /// The state machine has loaded the copy. The commit index does not follow it.
    ///
    /// Source: braft ab0017f fsm_caller.cpp do_snapshot_load; snapshot_executor.cpp on_snapshot_load_done
    pub(crate) fn snapshot_loaded(&mut self, ok: bool) {
        self.mem.fsm.loading = None;
        self.mem.snapshots.loading = false;
        let Some(Downloading { call, snapshot, .. }) = self.mem.snapshots.downloading.take() else { return };
        let id = LogId::new(snapshot.last_included_index, snapshot.last_included_term);
        if !ok {
            self.rpc_error(call, Code::Estatemachine);
            return self.on_error(Code::Estatemachine);
        }
        let chain = snapshot.chain;
        self.mem.store = Part::new(snapshot.state.clone());
        self.disk.snapshot = Some(snapshot);
        self.mem.last_applied = id;
        self.cx.note(Event::SnapshotInstalled { index: id.index });
        self.set_snapshot(id, chain);
        self.check_and_set_configuration();
        let term = self.mem.current_term;
        self.respond_install(call, term, true);
    }

    /// Work outside the step has ended.
    pub(crate) fn written(&mut self, write: Write, ok: bool) {
        match write {
            Write::Batch(_) if ok => self.disk_done(),
            Write::Batch(_) => self.disk_failed(),
            Write::Save => self.snapshot_saved(ok),
            Write::Copy(copy) => self.snapshot_copied(copy, ok),
            Write::Load(_) => self.fsm_loaded(ok),
            Write::Apply(_) => self.fsm_done(ok),
            Write::Resume(number) => self.resume(number),
        }
    }
}
