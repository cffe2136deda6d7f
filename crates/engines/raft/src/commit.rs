//! Committing and applying, proposals, and those who wait for them.
//!
//! Source: dissertation 3.6.2, 6.3; etcd-io/raft raft.go maybeCommit

use alloc::sync::Arc;
use alloc::vec::Vec;
use kernel::{Addr, Effect, NodeId, Outcome, Token, state};

use crate::codes::{Code, LeaderRemoved, Reason};
use crate::entry::{Data, Entry, Origin};
use crate::event::Event;
use crate::message::{Body, ClientAnswer, ClientOp, Responder};
use crate::node::Node;

state! {
    /// Somebody waits for an entry to be applied.
    pub struct Pending {
        /// Its index; 0: it was handed on to the leader, and is known by who waits.
        pub index: u64 = "index",
        /// Its term.
        pub term: u64 = "term",
        /// Who.
        pub to: Responder = "to",
        /// A read by a log entry: the key.
        pub read: Option<Arc<str>> = "read",
    }
}

impl Node<'_, '_> {
    /// Up to where this leader holds, durably, or knows a member to hold its log.
    fn held_by(&self, id: NodeId) -> u64 {
        if id == self.mem.id {
            return self.durable_index();
        }
        let p = self.mem.leader.as_ref().and_then(|leader| leader.progress.get(id));
        p.map_or(0, |p| p.matched)
    }

    /// Commits what a quorum holds, if the last of it is of this leader's own term. True when that is more than before:
    /// then every member of the config so far is told, also one that the new entries remove.
    ///
    /// Source: etcd-io/raft raft.go maybeCommit, stepLeader (MsgAppResp): bcastAppend comes before what is applied
    pub(crate) fn try_commit(&mut self) -> bool {
        if !self.leads() {
            return false;
        }
        let config = self.mem.config;
        let index = config.reached(|id| self.held_by(id)).min(self.disk.last_index());
        if index <= self.mem.commit_index {
            return false;
        }
        let entry_term = self.disk.term_at(index).unwrap_or(0);
        if entry_term != self.disk.current_term {
            let copies = config.members().iter().filter(|id| self.held_by(*id) >= index).count();
            let (copies, term) = (u8::try_from(copies).unwrap_or(u8::MAX), self.disk.current_term);
            self.cx.note(Event::NotCommitted { index, entry_term, copies, members: config.members(), term });
            return false;
        }
        self.raise_commit(index);
        self.broadcast_append();
        self.apply_commit();
        true
    }

    /// Raises the commit index and applies.
    pub(crate) fn set_commit(&mut self, to: u64) {
        self.raise_commit(to);
        self.apply_commit();
    }

    fn raise_commit(&mut self, to: u64) {
        let from = self.mem.commit_index;
        self.mem.commit_index = to;
        if self.cx.settings.persist_commit {
            self.disk.commit = to;
        }
        let (chain, term) = (self.disk.chain_at(to), self.disk.current_term);
        self.cx.note(Event::Committed { from, to, chain, term });
    }

    fn apply_commit(&mut self) {
        self.apply();
        self.reads_after_commit();
    }

    /// Applies what is committed and, where writes end later, on disk.
    pub(crate) fn apply(&mut self) {
        let before = self.mem.last_applied;
        while self.mem.last_applied < self.mem.commit_index.min(self.durable_index()) {
            let index = self.mem.last_applied + 1;
            let Some(entry) = self.disk.log.get(index).cloned() else { break };
            self.mem.last_applied = index;
            self.apply_entry(&entry);
        }
        if self.mem.last_applied > before {
            self.cx.note(Event::Applied { from: before, to: self.mem.last_applied });
            self.answer_ready_reads();
            self.after_config();
            self.snapshot_if_due();
        }
    }

    fn apply_entry(&mut self, entry: &Entry) {
        let mut index = entry.index;
        let mut origin = Origin::Local;
        match &entry.data {
            Data::Noop => {}
            Data::Normal(text, by) => {
                origin = *by;
                match self.mem.store.duplicate(origin).filter(|_| self.cx.settings.client_sessions) {
                    Some(first) => {
                        self.cx.note(Event::Duplicate { index, first });
                        index = first;
                    }
                    None if text.is_empty() => {}
                    None => self.mem.store.apply(index, text, origin),
                }
            }
            Data::Config(config) => self.config_applied(*config, entry.index),
        }
        self.answer_pending(entry, index, origin);
    }

    /// Answers those who wait for the applied entry: with success, or because another took its place.
    fn answer_pending(&mut self, entry: &Entry, index: u64, origin: Origin) {
        let me = Addr::Node(self.mem.id);
        let mine = |p: &Pending| match (origin, p.to) {
            _ if p.index > 0 => p.index == entry.index,
            (Origin::Forwarded(node, token), Responder::Command(waiting)) => node == me && token == waiting,
            (Origin::Client(client, seq), Responder::Client(waiting, number)) => {
                client == waiting && seq == number
            }
            _ => false,
        };
        let mut at = 0;
        while let Some(p) = self.mem.pending.get(at) {
            if !mine(p) {
                at += 1;
                continue;
            }
            let p = self.mem.pending.remove(at);
            let kept = p.index == 0 || p.term == entry.term;
            let code = if kept { Code::Success } else { Code::Overwritten };
            let value = p.read.filter(|_| kept).and_then(|key| self.value_of(&key));
            self.answer(p.to, code, index, value);
        }
    }

    /// What the state machine holds for a key.
    pub(crate) fn value_of(&self, key: &str) -> Option<Arc<str>> {
        self.mem.store.get(key).map(Arc::from)
    }

    /// Answers a command, a client or a node.
    pub(crate) fn answer(&mut self, to: Responder, code: Code, index: u64, value: Option<Arc<str>>) {
        let (term, leader) = (self.disk.current_term, self.mem.leader_id);
        match to {
            Responder::Command(token) => {
                let outcome = Outcome {
                    fate: code.fate(),
                    code: 0,
                    name: code.word(),
                    index: (index > 0).then_some(index),
                    term: Some(term),
                    leader,
                    value: value.map(|value| alloc::string::String::from(&*value)),
                    linearizable: code == Code::Success,
                };
                self.cx.effects.push(Effect::Answer { token, outcome });
            }
            Responder::Client(client, seq) => {
                let answer = ClientAnswer { code, index, leader, value };
                self.send_in(client, 0, Body::ClientResponse { seq, answer });
            }
            Responder::Peer(peer, ctx) if code == Code::Success => {
                self.send(peer, Body::ReadIndexResp { ctx, index });
            }
            Responder::Peer(..) => {}
        }
        self.cx.note(Event::Answered { code, index });
    }

    /// Why a proposal is refused now.
    ///
    /// Source: etcd-io/raft raft.go stepLeader (MsgProp), increaseUncommittedSize
    fn proposal_refused(&self) -> Option<Code> {
        let limit = self.cx.settings.max_uncommitted_entries;
        let Some(leader) = &self.mem.leader else { return Some(Code::NotLeader) };
        if leader.transfer.is_some() {
            Some(Code::Transferring)
        } else if !self.mem.config.members().has(self.mem.id) {
            Some(Code::Removed)
        } else if limit > 0 && self.disk.last_index() - self.mem.commit_index >= limit {
            Some(Code::TooMany)
        } else {
            None
        }
    }

    /// Proposes an entry; `to` is answered when it is applied.
    pub(crate) fn propose(&mut self, to: Option<Responder>, data: Data, read: Option<Arc<str>>) {
        if let Some(code) = self.proposal_refused() {
            if let (Code::NotLeader, true, Data::Normal(text, origin)) =
                (code, self.cx.settings.forward_proposals, &data)
                && self.forward(to, text, *origin)
            {
                return;
            }
            self.cx.note(Event::ClientRefused { code });
            if let Some(to) = to {
                self.answer(to, code, 0, None);
            }
            return;
        }
        let (index, term) = (self.disk.last_index() + 1, self.disk.current_term);
        if let Some(to) = to {
            self.mem.pending.push(Pending { index, term, to, read });
        }
        self.append_own(data);
    }

    /// Hands a proposal on to the leader. The answer comes when this node applies it.
    fn forward(&mut self, to: Option<Responder>, text: &Arc<str>, origin: Origin) -> bool {
        let Some(leader) = self.mem.leader_id.filter(|leader| *leader != self.mem.id) else { return false };
        let origin = match to {
            Some(Responder::Command(token)) => Origin::Forwarded(self.mem.id.into(), token),
            _ => origin,
        };
        if let Some(to) = to {
            self.mem.pending.push(Pending { index: 0, term: 0, to, read: None });
        }
        self.cx.note(Event::Forwarded { to: leader });
        self.send_in(leader, 0, Body::ForwardPropose { text: text.clone(), origin });
        true
    }

    /// A proposal that another node handed on.
    pub(crate) fn handle_forwarded(&mut self, from: NodeId, text: Arc<str>, origin: Origin) {
        if !self.leads() {
            return self.ignore(Some(from), "ForwardPropose", Reason::NotLeader);
        }
        self.propose(None, Data::Normal(text, origin), None);
    }

    /// A client asks.
    pub(crate) fn client_request(&mut self, client: Addr, message: crate::message::Message) {
        let Body::ClientRequest { seq, op } = message.body else {
            return self.ignore(None, message.body.kind(), Reason::WrongReceiver);
        };
        let to = Responder::Client(client, seq);
        match op {
            ClientOp::Write(text) => {
                self.propose(Some(to), Data::Normal(text, Origin::Client(client, seq)), None);
            }
            ClientOp::Read(key) => self.read(to, key, None),
        }
    }

    /// What a leader that is no more was asked and cannot answer.
    pub(crate) fn leadership_over(&mut self, leader: crate::node::Leader) {
        let over: Vec<Responder> = leader.read_queue.iter().map(|read| read.to).collect();
        for to in over {
            self.answer(to, Code::NotLeader, 0, None);
        }
        if let Some(transfer) = leader.transfer {
            self.cx.note(Event::TransferEnded { code: Code::NotLeader });
            self.answer(Responder::Command(transfer.token), Code::NotLeader, 0, None);
        }
        if let Some(catch_up) = leader.catch_up {
            self.answer(Responder::Command(catch_up.token), Code::NotLeader, 0, None);
        }
    }

    /// After a config was applied: leave a joint one, step down when removed.
    fn after_config(&mut self) {
        self.leave_if_due();
        let committed = self.mem.config_index <= self.mem.commit_index;
        let removed = !self.mem.config.all_voters().has(self.mem.id);
        let goes = self.cx.settings.leader_removed == LeaderRemoved::StepDownOnCommit;
        if self.leads() && removed && committed && goes && !self.mem.config.joint() {
            self.become_follower(self.disk.current_term, None);
        }
    }

    /// Answers a command that needs nobody.
    pub(crate) fn answer_command(&mut self, token: Token, code: Code) {
        self.answer(Responder::Command(token), code, 0, None);
    }
}
