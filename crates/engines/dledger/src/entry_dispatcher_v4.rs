//! The dispatcher of V4: compares index and term, always truncates, backs up by whole terms, installs snapshots.
//!
//! Source: DLedger 0.4.0 DLedgerEntryPusher.EntryDispatcher.

use alloc::vec::Vec;

use crate::codes::{Code, DispatcherState, PushType};
use crate::config::RPC_TIMEOUT_MS;
use crate::entry_dispatcher::Blocked;
use crate::event::{Event, PushEvent};
use crate::message::{Body, Header, Message, PushResponse};
use crate::node::Node;

impl Node<'_, '_> {
    /// A turn by state.
    ///
    /// Source: DLedger 0.4.0 EntryDispatcher.doWork
    pub(crate) fn dispatcher_turn_v4(&mut self, at: usize) -> bool {
        match self.mem.pusher.dispatchers[at].state {
            DispatcherState::Compare => self.do_compare_v4(at),
            DispatcherState::Truncate => self.do_truncate_v4(at),
            DispatcherState::Append => self.do_append_v4(at),
            DispatcherState::InstallSnapshot => self.do_install_snapshot(at),
        }
    }

    /// Asks the follower for the term of the entry before writeIndex.
    ///
    /// Source: DLedger 0.4.0 EntryDispatcher.doCompare
    fn do_compare_v4(&mut self, at: usize) -> bool {
        if self.disk.end_index() == -1 {
            return false;
        }
        let (peer, index) = {
            let d = &self.mem.pusher.dispatchers[at];
            (d.peer, d.write_index - 1)
        };
        let before = self.disk.before_begin_index();
        if index < before {
            // The real loop alternates between COMPARE and INSTALL_SNAPSHOT for ever when no snapshot helps.
            if self.mem.pusher.dispatchers[at].spinning_at == index + 1
                && self.snapshot_for(index + 1).is_none()
            {
                return false;
            }
            self.dispatcher_to(at, -1, DispatcherState::InstallSnapshot);
            return true;
        }
        let term = if index == before {
            self.disk.before_begin_term
        } else if let Some(entry) = self.disk.get(index) {
            entry.term
        } else {
            self.dispatcher_failed(at, Code::IndexOutOfRange);
            return true;
        };
        self.note_push(PushEvent::CompareSent { peer, index, term });
        let ctx = self.block(at, DispatcherState::Compare, index, term);
        self.send_push(at, PushType::Compare, Vec::new(), (index, term), ctx);
        true
    }

    /// Decides what a COMPARE's answer means: truncate after the match, or back up.
    ///
    /// Source: DLedger 0.4.0 EntryDispatcher.doCompare
    pub(crate) fn compare_answered_v4(
        &mut self,
        at: usize,
        blocked: &Blocked,
        same: bool,
        answer: &PushResponse,
    ) {
        let index = blocked.index;
        let d = &mut self.mem.pusher.dispatchers[at];
        let peer = d.peer;
        if same {
            d.match_index = index;
            self.update_peer_water_mark(blocked.term, peer, index);
            self.note_push(PushEvent::CompareAnswered { peer, same, index, end: answer.end_index, next: -1 });
            return self.dispatcher_to(at, index, DispatcherState::Truncate);
        }
        d.write_index = if answer.x_term == -1 { answer.end_index + 1 } else { answer.x_index };
        let next = d.write_index - 1;
        self.note_push(PushEvent::CompareAnswered { peer, same, index, end: answer.end_index, next });
    }

    /// Makes the follower cut what comes after the match, even when nothing does.
    ///
    /// Source: DLedger 0.4.0 EntryDispatcher.doTruncate
    fn do_truncate_v4(&mut self, at: usize) -> bool {
        let d = &self.mem.pusher.dispatchers[at];
        let (peer, index) = (d.peer, d.match_index + 1);
        self.note_push(PushEvent::TruncateSent { peer, index, keep: false });
        let ctx = self.block(at, DispatcherState::Truncate, index, -1);
        self.send_push(at, PushType::Truncate, Vec::new(), (index, -1), ctx);
        true
    }

    /// Starts over from a late request, sends what is not sent yet, or tells the committed index.
    ///
    /// Source: DLedger 0.4.0 EntryDispatcher.doAppend
    fn do_append_v4(&mut self, at: usize) -> bool {
        let max = self.cx.settings.max_pending_size;
        let end = self.disk.end_index();
        let mut acted = false;
        loop {
            acted |= self.check_append_response_v4(at);
            let write_index = self.mem.pusher.dispatchers[at].write_index;
            if write_index > end {
                return self.do_commit(at) || acted;
            }
            if write_index <= self.disk.before_begin_index() {
                self.dispatcher_to(at, -1, DispatcherState::InstallSnapshot);
                return true;
            }
            self.drop_acknowledged(at);
            if self.mem.pusher.dispatchers[at].pending.len() as u64 >= max {
                return acted;
            }
            self.mem.pusher.dispatchers[at].write_index += 1;
            self.send_append(at, write_index, 1, false);
            acted = true;
        }
    }

    /// Sets writeIndex back to the request after the watermark when its answer is late. The watermark is that of
    /// the current term: before the first acknowledged entry of the term nothing is sent again.
    ///
    /// Source: DLedger 0.4.0 EntryDispatcher.doCheckAppendResponse
    fn check_append_response_v4(&mut self, at: usize) -> bool {
        let d = &self.mem.pusher.dispatchers[at];
        let next = self.mem.pusher.watermark(d.term, d.peer) + 1;
        let late = d.pending.get(&next).map(|push| push.sent);
        let Some(sent) = late.filter(|_| d.write_index != next) else { return false };
        if !self.elapsed_more(Some(sent), self.cx.settings.max_push_time_out_ms) {
            return false;
        }
        let d = &mut self.mem.pusher.dispatchers[at];
        d.write_index = next;
        d.batch_count = 0;
        let peer = d.peer;
        self.note_push(PushEvent::WriteIndexReset { peer, to: next });
        true
    }

    /// Sends the newest snapshot that covers writeIndex, or goes back to COMPARE.
    ///
    /// Source: DLedger 0.4.0 EntryDispatcher.doInstallSnapshot
    fn do_install_snapshot(&mut self, at: usize) -> bool {
        let d = &self.mem.pusher.dispatchers[at];
        let (peer, write_index) = (d.peer, d.write_index);
        let Some(snapshot) = self.snapshot_for(write_index) else {
            self.mem.pusher.dispatchers[at].spinning_at = write_index;
            self.cx.note(Event::SnapshotMissing { peer, write_index });
            self.dispatcher_to(at, -1, DispatcherState::Compare);
            return true;
        };
        let header = Header::request(peer, d.leader_id, d.term);
        let body = Body::InstallRequest {
            last_included_index: snapshot.last_included_index,
            last_included_term: snapshot.last_included_term,
            data: snapshot.data,
        };
        self.cx.note(Event::SnapshotSent { peer, index: snapshot.last_included_index });
        let (index, term) = (snapshot.last_included_index, snapshot.last_included_term);
        let ctx = self.block(at, DispatcherState::InstallSnapshot, index, term);
        self.cx.call(peer, Message { header, body }, ctx, RPC_TIMEOUT_MS);
        true
    }

    /// An INSTALL_SNAPSHOT was answered, or its call failed.
    ///
    /// Source: DLedger 0.4.0 EntryDispatcher.doInstallSnapshot
    pub(crate) fn install_answered(&mut self, at: usize, blocked: &Blocked, code: Code) {
        let d = &mut self.mem.pusher.dispatchers[at];
        let peer = d.peer;
        match code {
            Code::Success => {
                if blocked.index > d.match_index {
                    d.match_index = blocked.index;
                    d.write_index = blocked.index + 1;
                }
                self.cx.note(Event::SnapshotInstalled { index: blocked.index, peer: Some(peer) });
                self.dispatcher_to(at, blocked.index, DispatcherState::Append);
            }
            Code::NetworkError => self.dispatcher_failed(at, code),
            _ => {
                self.cx.note(Event::SnapshotRefused { index: blocked.index, code });
                self.dispatcher_to(at, -1, DispatcherState::Compare);
            }
        }
    }
}
