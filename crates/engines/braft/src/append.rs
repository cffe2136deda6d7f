//! A follower's side of `append_entries`: checks, storing, and what waits for the disk.
//!
//! Source: braft ab0017f node.cpp NodeImpl::handle_append_entries_request, FollowerStableClosure

use kernel::{MsgId, NodeId};

use crate::codes::{Code, Reason};
use crate::disk::StableClosure;
use crate::event::Event;
use crate::log_manager::Appended;
use crate::message::{AppendRequest, AppendResponse, Message};
use crate::node::Node;

impl Node<'_, '_> {
    /// Source: braft ab0017f node.cpp NodeImpl::handle_append_entries_request
    pub(crate) fn handle_append_entries_request(
        &mut self,
        call: MsgId,
        from: NodeId,
        request: AppendRequest,
        from_cache: bool,
    ) {
        let term = self.mem.current_term;
        if request.term < term {
            self.ignore(Some(from), "AppendEntries", Reason::StaleTerm);
            return self.respond_append(call, term, false, None);
        }
        self.check_step_down(request.term, from);
        if self.mem.leader_id != Some(from) {
            self.cx.note(Event::LeaderConflict { leader: self.mem.leader_id, other: from });
            self.step_down(request.term + 1, false, Code::Eleaderconflict);
            return self.respond_append(call, request.term + 1, false, None);
        }
        if !from_cache {
            self.renew_follower_lease(from);
        }
        if !request.entries.is_empty() && self.installing_snapshot() {
            self.ignore(Some(from), "AppendEntries", Reason::Installing);
            return self.rpc_error(call, Code::Ebusy);
        }
        let (prev, prev_term) = (request.prev_log_index, request.prev_log_term);
        let (term, last) = (self.mem.current_term, self.mem.lm.last_index());
        let local = self.mem.lm.get_term(prev);
        if local != prev_term {
            if !from_cache && self.handle_out_of_order(call, from, &request) {
                return;
            }
            self.cx.note(Event::Mismatch { from, prev: (prev, prev_term), local, last });
            return self.respond_append(call, term, false, Some(last));
        }
        if request.entries.is_empty() {
            self.respond_append(call, term, true, Some(last));
            return self.set_last_committed_index(request.committed_index.min(prev));
        }
        self.store(call, term, request);
    }

    /// The logs fit: the entries are stored, and the answer waits for the disk.
    fn store(&mut self, call: MsgId, term: u64, request: AppendRequest) {
        let (prev, count) = (request.prev_log_index, request.entries.len() as u64);
        let committed = request.committed_index;
        self.release_cached(prev + count);
        let closure = StableClosure::Follower { call, term, prev, count, committed };
        match self.append_entries(request.entries, closure) {
            Appended::Queued => {}
            Appended::AlreadyApplied => self.follower_stable(call, term, committed.min(prev + count)),
            Appended::Refused(code) => self.rpc_error(call, code),
        }
        self.check_and_set_configuration();
    }

    /// The entries are on disk. After a change of term the answer is no: the new leader may have cut them off.
    ///
    /// Source: braft ab0017f node.cpp FollowerStableClosure::run
    pub(crate) fn follower_stable(&mut self, call: MsgId, term: u64, committed: u64) {
        let now = self.mem.current_term;
        if now != term {
            self.cx.note(Event::StableInOtherTerm { then: term, now });
            return self.respond_append(call, now, false, None);
        }
        self.respond_append(call, term, true, None);
        self.set_last_committed_index(committed);
    }

    fn respond_append(&mut self, call: MsgId, term: u64, success: bool, last_log_index: Option<u64>) {
        // Only an answer to what has no entries tells it.
        let readonly = success && last_log_index.is_some() && self.mem.node_readonly;
        let response = AppendResponse { term, success, last_log_index, readonly };
        self.respond(call, Message::AppendEntriesResponse(response));
    }

    /// A call fails: its caller gets an error, no answer.
    pub(crate) fn rpc_error(&mut self, call: MsgId, code: Code) {
        self.respond(call, Message::RpcError { code });
    }
}
