//! Reads: by an index that a round confirms, by a lease, by the log, or locally.
//!
//! Source: dissertation 6.4; etcd-io/raft read_only.go, raft.go stepLeader (MsgReadIndex)

use alloc::sync::Arc;
use alloc::vec::Vec;
use kernel::{NodeId, Time, state};

use crate::codes::{Code, ReadMode, Reason};
use crate::entry::Data;
use crate::event::Event;
use crate::message::{Body, Responder};
use crate::node::{Node, READ_NAME};

state! {
    /// A round: everything the leader sends carries its number, and answers echo it.
    pub struct Round {
        /// Its number.
        pub number: u64 = "number",
        /// When it began.
        pub began: Option<Time> = "began",
    }
}

state! {
    /// A read under way.
    pub struct Read {
        /// The round that confirms it; 0: it waits for the first commit of the term. Handed on: its name.
        pub round: u64 = "round",
        /// It is answered once this is applied.
        pub index: u64 = "index",
        /// Who waits.
        pub to: Responder = "to",
        /// The key; empty: the index alone.
        pub key: Arc<str> = "key",
    }
}

impl Node<'_, '_> {
    /// Whether an entry of this leader's term is committed.
    pub(crate) fn committed_in_term(&self) -> bool {
        self.disk.term_at(self.mem.commit_index) == Some(self.disk.current_term)
    }

    /// A read, in the mode of the settings or one of its own.
    pub(crate) fn read(&mut self, to: Responder, key: Arc<str>, mode: Option<ReadMode>) {
        let mode = mode.unwrap_or(self.cx.settings.read_mode);
        if mode == ReadMode::Local {
            self.cx.note(Event::ReadAnswered { index: self.mem.last_applied, how: mode });
            let value = self.value_of(&key);
            return self.answer(to, Code::Local, self.mem.last_applied, value);
        }
        if !self.leads() {
            return self.forward_read(to, key);
        }
        if mode == ReadMode::Log {
            return self.propose(Some(to), Data::Noop, Some(key));
        }
        let index = self.mem.commit_index;
        let mut read = Read { round: 0, index, to, key };
        if !self.committed_in_term() {
            self.cx.note(Event::ReadWaits { why: Reason::NoCommitYet });
        } else if mode == ReadMode::Lease && self.lease_holds() {
            self.cx.note(Event::ReadAnswered { index, how: mode });
            return self.read_confirmed(read);
        } else {
            read.round = self.begin_round();
        }
        let round = read.round;
        if let Some(leader) = &mut self.mem.leader {
            leader.read_queue.push(read);
        }
        if round > 0 {
            self.broadcast_heartbeat();
            self.confirm_reads();
        }
    }

    fn begin_round(&mut self) -> u64 {
        let now = self.cx.now;
        let Some(leader) = &mut self.mem.leader else { return 0 };
        leader.round += 1;
        leader.rounds.push(Round { number: leader.round, began: Some(now) });
        leader.round
    }

    /// With lease reads every heartbeat is a round.
    pub(crate) fn begin_lease_round(&mut self) {
        if self.cx.settings.read_mode == ReadMode::Lease {
            self.begin_round();
        }
    }

    /// Whether nobody else can lead: since the last round that a quorum answered began, less than T has passed by any
    /// clock within the bound, nobody votes inside it (check_quorum), and nobody was told to campaign.
    fn lease_holds(&self) -> bool {
        let (now, config) = (self.cx.now, self.cx.settings);
        let Some(leader) = &self.mem.leader else { return false };
        let began = leader.rounds.first().and_then(|round| round.began);
        let alone = self.mem.config.quorum(crate::conf::Set::EMPTY.with(self.mem.id));
        let fresh = began.is_some_and(|began| now.since_us(began) < config.read_lease_us());
        config.check_quorum && !leader.lease_revoked && (fresh || alone)
    }

    /// A member answered something that carried this round.
    pub(crate) fn round_answered(&mut self, from: NodeId, round: u64) {
        let Some(p) = self.progress(from) else { return };
        if round > p.acked_round {
            p.acked_round = round;
            self.confirm_reads();
        }
    }

    /// Confirms the reads whose round, or a later one, a quorum has answered.
    fn confirm_reads(&mut self) {
        let (me, config) = (self.mem.id, self.mem.config);
        let Some(leader) = &mut self.mem.leader else { return };
        let acked =
            |id| if id == me { u64::MAX } else { leader.progress.get(id).map_or(0, |p| p.acked_round) };
        let answered = config.reached(acked).min(leader.round);
        let last = leader.rounds.iter().rposition(|round| round.number <= answered).unwrap_or(0);
        leader.rounds.drain(..last);
        let mut done = Vec::new();
        leader.read_queue.retain(|read| {
            let ready = read.round > 0 && read.round <= answered;
            if ready {
                done.push(read.clone());
            }
            !ready
        });
        for read in done {
            self.cx.note(Event::ReadAnswered { index: read.index, how: ReadMode::ReadIndex });
            self.read_confirmed(read);
        }
    }

    /// Answers a read, at once or when its index is applied. Another node applies for itself.
    fn read_confirmed(&mut self, read: Read) {
        if matches!(read.to, Responder::Peer(..)) {
            return self.answer(read.to, Code::Success, read.index, None);
        }
        self.mem.ready_reads.push(read);
        self.answer_ready_reads();
    }

    /// Answers the reads whose index is applied.
    pub(crate) fn answer_ready_reads(&mut self) {
        let applied = self.mem.last_applied;
        let mut at = 0;
        while let Some(read) = self.mem.ready_reads.get(at) {
            if read.index > applied {
                at += 1;
                continue;
            }
            let read = self.mem.ready_reads.remove(at);
            let value = self.value_of(&read.key);
            self.answer(read.to, Code::Success, read.index, value);
        }
    }

    /// The first commit of the term lets queued reads begin their round.
    pub(crate) fn reads_after_commit(&mut self) {
        let waits = |leader: &crate::node::Leader| leader.read_queue.iter().any(|read| read.round == 0);
        if !self.mem.leader.as_ref().is_some_and(waits) || !self.committed_in_term() {
            return;
        }
        let (round, index) = (self.begin_round(), self.mem.commit_index);
        if let Some(leader) = &mut self.mem.leader {
            for read in leader.read_queue.iter_mut().filter(|read| read.round == 0) {
                (read.round, read.index) = (round, index);
            }
        }
        self.broadcast_heartbeat();
        self.confirm_reads();
    }

    /// A follower asks its leader for the index. The read's name is drawn: an old answer must not confirm it.
    fn forward_read(&mut self, to: Responder, key: Arc<str>) {
        match self.mem.leader_id {
            Some(leader) if !matches!(to, Responder::Peer(..)) => {
                let ctx = self.cx.draw(READ_NAME, 0, u64::MAX);
                self.mem.forwarded_reads.push(Read { round: ctx, index: 0, to, key });
                self.cx.note(Event::Forwarded { to: leader });
                self.send_in(leader, 0, Body::ReadIndex { ctx });
            }
            _ => {
                self.cx.note(Event::ClientRefused { code: Code::NotLeader });
                self.answer(to, Code::NotLeader, 0, None);
            }
        }
    }

    /// A follower asks for an index to read at.
    pub(crate) fn handle_read_index(&mut self, from: NodeId, ctx: u64) {
        if !self.leads() {
            return self.ignore(Some(from), "ReadIndex", Reason::NotLeader);
        }
        self.read(Responder::Peer(from, ctx), Arc::from(""), None);
    }

    /// The leader named the index.
    pub(crate) fn handle_read_index_response(&mut self, from: NodeId, ctx: u64, index: u64) {
        let Some(at) = self.mem.forwarded_reads.iter().position(|read| read.round == ctx) else {
            return self.ignore(Some(from), "ReadIndexResp", Reason::Late);
        };
        let read = self.mem.forwarded_reads.remove(at);
        self.cx.note(Event::ReadAnswered { index, how: ReadMode::ReadIndex });
        self.mem.ready_reads.push(Read { index, ..read });
        self.answer_ready_reads();
    }

    /// The leader or the term changed: what was handed on may never be answered.
    pub(crate) fn drop_forwarded_reads(&mut self) {
        for read in core::mem::take(&mut self.mem.forwarded_reads) {
            self.answer(read.to, Code::NotLeader, 0, None);
        }
    }
}
