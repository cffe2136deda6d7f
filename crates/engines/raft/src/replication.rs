//! Replication: Appends and their answers, heartbeats, the leader's own entries.
//!
//! Source: dissertation 3.5; etcd-io/raft raft.go, log.go

use alloc::vec::Vec;
use kernel::{Effect, NodeId};

use crate::codes::{FastBackup, HeartbeatKind, PeerState, Reason, Role};
use crate::entry::{Data, Entry};
use crate::event::Event;
use crate::message::{Append, AppendResp, Body};
use crate::node::Node;

impl Node<'_, '_> {
    /// Adds an entry to the log and lets a config in it govern at once, where that is the rule.
    fn push_entry(&mut self, entry: Entry, own: bool) {
        let (index, term) = (entry.index, entry.term);
        let config = if let Data::Config(config) = &entry.data { Some(*config) } else { None };
        self.disk.log.push(entry);
        let chain = self.disk.log.chain();
        self.cx.note(Event::Appended { index, term, chain, own });
        if let Some(config) = config.filter(|_| self.cx.settings.at_append()) {
            self.switch_config(config, index);
        }
    }

    /// The leader appends an entry of its term and sends it. It counts here once it is on disk.
    ///
    /// Source: etcd-io/raft raft.go appendEntry, bcastAppend
    pub(crate) fn append_own(&mut self, data: Data) {
        let (index, term) = (self.disk.last_index() + 1, self.disk.current_term);
        self.push_entry(Entry { index, term, data }, true);
        self.dirty();
        if let Some(own) = self.progress(self.mem.id) {
            own.next = index + 1;
        }
        self.broadcast_append();
        self.try_commit();
    }

    /// Sends every member what it lacks, or an empty Append.
    ///
    /// Source: etcd-io/raft raft.go bcastAppend
    pub(crate) fn broadcast_append(&mut self) {
        for peer in self.others().iter() {
            self.send_append(peer, true);
        }
    }

    fn entries_from(&self, from: u64, most: u64) -> Vec<Entry> {
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        self.disk.log.iter_from(from).take(most).cloned().collect()
    }

    /// Sends one Append, unless the peer's flow is paused or there is nothing to send. What is compacted is sent as a
    /// snapshot. True when something was sent.
    ///
    /// Source: etcd-io/raft raft.go maybeSendAppend
    pub(crate) fn send_append(&mut self, peer: NodeId, even_empty: bool) -> bool {
        let (now, window, batch) =
            (self.cx.now, self.cx.settings.max_inflight_msgs, self.cx.settings.batch());
        let Some(p) = self.progress(peer) else { return false };
        if p.is_paused() {
            return false;
        }
        let (next, full) = (p.next, p.state == PeerState::Replicate && p.is_full(window));
        let nothing = next > self.disk.last_index();
        if nothing && !even_empty {
            return false;
        }
        let Some(prev_term) = self.disk.term_at(next - 1) else { return self.send_snapshot(peer) };
        if next < self.disk.log.first() {
            return self.send_snapshot(peer);
        }
        let entries = if full || nothing { Vec::new() } else { self.entries_from(next, batch) };
        if entries.is_empty() && !even_empty {
            return false;
        }
        let count = entries.len() as u64;
        self.send_entries(peer, (next - 1, prev_term), entries);
        if let Some(p) = self.progress(peer) {
            p.sent(count, window, now);
        }
        true
    }

    fn send_entries(&mut self, peer: NodeId, (prev_index, prev_term): (u64, u64), entries: Vec<Entry>) {
        let commit = self.mem.commit_index;
        let round = self.mem.leader.as_ref().map_or(0, |leader| leader.round);
        if let Some(p) = self.progress(peer) {
            p.sent_commit = commit;
        }
        self.send(peer, Body::Append(Append { prev_index, prev_term, entries, commit, round }));
    }

    /// The leader's heartbeat is due.
    ///
    /// Source: etcd-io/raft raft.go tickHeartbeat
    pub(crate) fn beat(&mut self) {
        self.begin_lease_round();
        self.broadcast_heartbeat();
        self.plan_heartbeat();
    }

    /// A heartbeat to every member, whatever its flow control says.
    ///
    /// Source: etcd-io/raft raft.go bcastHeartbeat
    pub(crate) fn broadcast_heartbeat(&mut self) {
        self.cx.note(Event::HeartbeatSent { term: self.disk.current_term });
        let separate = self.cx.settings.heartbeat == HeartbeatKind::Separate;
        for peer in self.others().iter() {
            let commit = self.mem.commit_index;
            let round = self.mem.leader.as_ref().map_or(0, |leader| leader.round);
            let Some(p) = self.progress(peer) else { continue };
            if separate {
                let commit = commit.min(p.matched);
                self.send(peer, Body::Heartbeat { commit, round });
                continue;
            }
            // Where the logs are not known to agree this is a probe like any other.
            let prev = if p.state == PeerState::Snapshot { p.matched } else { p.next - 1 };
            let prev = self.disk.term_at(prev).map_or((0, 0), |term| (prev, term));
            self.send_entries(peer, prev, Vec::new());
        }
    }

    /// Answers an Append or Snapshot once what the answer says is on disk.
    pub(crate) fn reply_append(
        &mut self,
        to: NodeId,
        reject: bool,
        index: u64,
        (hint_index, hint_term): (u64, u64),
        (round, empty): (u64, bool),
    ) {
        let body = Body::AppendResp(AppendResp { reject, index, hint_index, hint_term, round, empty });
        self.reply_durably(to, self.disk.current_term, body);
    }

    /// Entries, or none, from the leader of this term.
    ///
    /// Source: etcd-io/raft raft.go handleAppendEntries; dissertation 3.5, figure 3.1
    pub(crate) fn handle_append(&mut self, from: NodeId, append: Append) {
        let Append { prev_index, prev_term, entries, commit, round } = append;
        let answers = (round, entries.is_empty());
        if prev_index < self.mem.commit_index {
            self.cx.note(Event::BelowCommit { from, prev: prev_index, commit: self.mem.commit_index });
            return self.reply_append(from, false, self.mem.commit_index, (0, 0), answers);
        }
        if prev_index > 0 && self.disk.term_at(prev_index) != Some(prev_term) {
            let hint = self.conflict_hint(prev_index, prev_term);
            self.cx.note(Event::AppendRefused { from, prev: (prev_index, prev_term), hint });
            return self.reply_append(from, true, prev_index, hint, answers);
        }
        let last_new = prev_index + entries.len() as u64;
        // What is here already stays; nothing is cut unless an entry differs.
        let news = entries.iter().position(|entry| self.disk.term_at(entry.index) != Some(entry.term));
        if let Some(news) = news {
            let at = prev_index + 1 + news as u64;
            if at <= self.disk.last_index() && !self.truncate(at) {
                return;
            }
            for entry in entries.into_iter().skip(news) {
                self.push_entry(entry, false);
            }
            self.dirty();
        }
        let commit = commit.min(last_new);
        if commit > self.mem.commit_index {
            self.set_commit(commit);
        }
        self.reply_append(from, false, last_new, (0, 0), answers);
    }

    /// Where a refused Append's logs may agree, told to the leader: index and term (0: an index alone).
    ///
    /// Source: etcd-io/raft log.go findConflictByTerm; hashicorp/raft raft.go appendEntries (LastLog)
    fn conflict_hint(&self, prev_index: u64, prev_term: u64) -> (u64, u64) {
        let last = self.disk.last_index();
        match self.cx.settings.fast_backup {
            FastBackup::TermHints => self.conflict_by_term(prev_index.min(last), prev_term),
            FastBackup::LastIndex => (last.min(prev_index - 1), 0),
            FastBackup::Off => (prev_index - 1, 0),
        }
    }

    /// The largest index up to `index` whose term is at most `term`; a compacted one counts as such.
    pub(crate) fn conflict_by_term(&self, mut index: u64, term: u64) -> (u64, u64) {
        while index > 0 {
            match self.disk.term_at(index) {
                Some(own) if own > term => index -= 1,
                own => return (index, own.unwrap_or(0)),
            }
        }
        (0, 0)
    }

    /// Removes every entry at `from` and after, and a config among them no longer governs. False when one of them is
    /// committed: this node stops.
    pub(crate) fn truncate(&mut self, from: u64) -> bool {
        let to = self.disk.last_index();
        if from <= self.mem.commit_index {
            let reason = alloc::format!("entry {from} conflicts with a committed one");
            self.cx.effects.push(Effect::Abort { reason });
            return false;
        }
        self.disk.log.truncate(from);
        self.mem.storage.durable_index = self.mem.storage.durable_index.min(from - 1);
        self.cx.note(Event::Truncated { from, to });
        if self.mem.config_index >= from {
            self.recover_config();
            let (config, index) = (self.mem.config, self.mem.config_index);
            self.cx.note(Event::ConfigChanged { config, index, back: true });
        }
        true
    }

    /// The leader of this term lives.
    ///
    /// Source: etcd-io/raft raft.go handleHeartbeat
    pub(crate) fn handle_heartbeat(&mut self, from: NodeId, commit: u64, round: u64) {
        let commit = commit.min(self.disk.last_index());
        if commit > self.mem.commit_index {
            self.set_commit(commit);
        }
        self.send(from, Body::HeartbeatResp { round });
    }

    /// Source: etcd-io/raft raft.go stepLeader (MsgAppResp)
    pub(crate) fn handle_append_response(&mut self, from: NodeId, resp: AppendResp) {
        if !self.leads() {
            return self.ignore(Some(from), "AppendResp", Reason::NotLeader);
        }
        self.round_answered(from, resp.round);
        let Some(p) = self.progress(from) else {
            return self.ignore(Some(from), "AppendResp", Reason::NotMember);
        };
        // An answer to an older Append says nothing of the snapshot that is on its way.
        if p.state != PeerState::Snapshot {
            p.unanswered = None;
        }
        if resp.reject { self.append_refused(from, resp) } else { self.append_accepted(from, resp.index) }
    }

    /// Backs up: the follower's hint, then the leader's own, so that each term costs one probe at most.
    fn append_refused(&mut self, from: NodeId, resp: AppendResp) {
        let guess = if resp.hint_term > 0 {
            self.conflict_by_term(resp.hint_index.min(self.disk.last_index()), resp.hint_term).0
        } else {
            resp.hint_index
        };
        let Some(p) = self.progress(from) else { return };
        if !p.decrease(resp.index, guess) {
            return self.ignore(Some(from), "AppendResp", Reason::StaleProbe);
        }
        let next = p.next;
        self.cx.note(Event::BackedUp { peer: from, rejected: resp.index, next });
        self.send_append(from, true);
    }

    fn append_accepted(&mut self, from: NodeId, index: u64) {
        let (first, now, commit) = (self.disk.log.first(), self.cx.now, self.mem.commit_index);
        let Some(p) = self.progress(from) else { return };
        let (was_paused, was) = (p.is_paused(), p.state);
        let news = p.update(index);
        match p.state {
            PeerState::Probe if news || p.matched == index => p.become_replicate(),
            PeerState::Snapshot if news && p.matched + 1 >= first => p.become_replicate(),
            // It has arrived, but what follows it is compacted by now: the answer stands for the transport's report.
            PeerState::Snapshot if p.matched >= p.pending_snapshot => p.become_probe(),
            PeerState::Replicate => p.free_to(index),
            PeerState::Probe | PeerState::Snapshot => {}
        }
        if p.state == PeerState::Replicate && !p.inflight.is_empty() {
            p.unanswered = Some(now);
        }
        if p.state == PeerState::Replicate {
            p.paused = false;
        }
        let (state, matched) = (p.state, p.matched);
        let lacks = p.sent_commit < commit;
        let owes = was_paused || lacks && p.matched + 1 == p.next;
        if state != was {
            self.cx.note(Event::PeerState { peer: from, state, matched });
        }
        // What is committed already cannot commit more.
        let told = news && matched > commit && self.try_commit();
        if !told && owes {
            self.send_append(from, lacks);
        }
        while self.leads() && self.send_append(from, false) {
            // A probe is one at a time; a full window stops sending.
        }
        self.caught_up(from);
    }

    /// Source: etcd-io/raft raft.go stepLeader (MsgHeartbeatResp)
    pub(crate) fn handle_heartbeat_response(&mut self, from: NodeId, round: u64) {
        if !self.leads() {
            return self.ignore(Some(from), "HeartbeatResp", Reason::NotLeader);
        }
        let last = self.disk.last_index();
        let Some(p) = self.progress(from) else {
            return self.ignore(Some(from), "HeartbeatResp", Reason::NotMember);
        };
        p.paused = false;
        if p.matched < last || p.state == PeerState::Probe {
            self.send_append(from, true);
        }
        self.round_answered(from, round);
    }

    /// An Append has had no answer for too long: it counts as lost.
    ///
    /// Source: ongardie/raftscope raft.js rules.sendAppendEntries; etcd-io/raft raft.go stepLeader (MsgUnreachable)
    pub(crate) fn retry(&mut self, peer: NodeId) {
        if self.mem.role != Role::Leader {
            return;
        }
        let Some(p) = self.progress(peer) else { return };
        p.unanswered = None;
        p.paused = false;
        if p.state == PeerState::Replicate {
            p.become_probe();
        }
        self.cx.note(Event::Retried { peer });
        self.send_append(peer, true);
        let now = self.cx.now;
        if let Some(p) = self.progress(peer) {
            p.unanswered.get_or_insert(now);
        }
    }
}
