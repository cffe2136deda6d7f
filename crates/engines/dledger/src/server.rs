//! The server: what every request goes through.
//!
//! Source: DLedger 0.3.1.2 DLedgerServer.

use alloc::vec::Vec;
use kernel::{Addr, Effect};

use crate::codes::{Code, Role, VoteResult};
use crate::command::{ReadMode, outcome_of};
use crate::disk::Snapshot;
use crate::entry::{MAGIC_NOOP, MAGIC_NORMAL, Payload};
use crate::event::Event;
use crate::message::{Body, Group, Header, Message, PushResponse, Responder};
use crate::node::Node;
use crate::vote_handler::VoteAsk;

impl Node<'_, '_> {
    /// Answers whoever waits.
    pub(crate) fn answer(&mut self, to: Responder, header: Header, body: Body) {
        let message = Message { header, body };
        match to {
            Responder::Call(call) => self.cx.respond(call, message),
            Responder::Command(token) => {
                let outcome = outcome_of(&message);
                self.cx.effects.push(Effect::Answer { token, outcome });
            }
            Responder::Nobody => {}
        }
    }

    /// Checks a request's addressee and its group, then gives it to its handler.
    ///
    /// Source: DLedger 0.3.1.2 DLedgerServer.handleVote, handleHeartBeat, handlePush, handleAppend, handleGet,
    /// handleMetadata, handleLeadershipTransfer; DLedger 0.4.0 handleInstallSnapshot
    pub(crate) fn handle_request(&mut self, to: Responder, _from: Addr, request: Message, myself: bool) {
        let Message { header, body } = request;
        let refused = match () {
            () if header.remote_id != self.mem.self_id => Some(Code::UnknownMember),
            () if header.group != Group::Default => Some(Code::UnknownGroup),
            () => None,
        };
        if let Some(code) = refused {
            self.cx.note(Event::RequestRejected { code, remote: header.remote_id });
            let refused = Header { code, leader_id: self.mem.member.leader_id, ..header };
            return self.answer(to, refused, refused_body(&body));
        }
        match body {
            Body::VoteRequest { end_index, end_term } => {
                let end = (end_index, end_term);
                let ask = VoteAsk { candidate: header.leader_id, term: header.term, end, myself };
                let (result, term) = self.handle_vote(ask);
                self.answer(to, Header { term, ..header }, Body::VoteResponse { result });
            }
            Body::HeartBeatRequest => {
                let (code, term) = self.handle_heart_beat(header.leader_id, header.term);
                self.answer(to, Header { code, term, ..header }, Body::HeartBeatResponse);
            }
            Body::PushRequest(push) => self.handle_push(to, header, push),
            Body::TransferRequest { transfer_id, transferee_id, take_index } => {
                self.handle_transfer(to, header, transfer_id, transferee_id, take_index);
            }
            Body::InstallRequest { last_included_index, last_included_term, data }
                if self.cx.settings.v4() =>
            {
                let snapshot = Snapshot { last_included_index, last_included_term, data };
                self.handle_install(to, header, snapshot);
            }
            Body::AppendRequest { bodies, batch } => self.handle_append(to, header, bodies, batch),
            Body::GetRequest { begin_index } => self.handle_get(to, header, begin_index),
            Body::MetadataRequest => {
                let leader_id = self.mem.member.leader_id;
                self.answer(to, Header { leader_id, ..header }, Body::MetadataResponse);
            }
            other => self.refuse_client(to, header, &other, Code::Unsupported),
        }
    }

    /// Answers a client's request with an error.
    fn refuse_client(&mut self, to: Responder, header: Header, request: &Body, code: Code) {
        self.cx.note(Event::ClientRefused { code });
        let header = Header { code, leader_id: self.mem.member.leader_id, ..header };
        self.answer(to, header, refused_body(request));
    }

    /// A client's write.
    ///
    /// Source: DLedger 0.3.1.2 DLedgerServer.handleAppend, appendAsLeader
    fn handle_append(&mut self, to: Responder, header: Header, bodies: Vec<Payload>, batch: bool) {
        let config = self.cx.settings;
        let request = Body::AppendRequest { bodies: Vec::new(), batch };
        let (term, member) = (self.disk.curr_term, &self.mem.member);
        let pending = self.mem.pusher.pending_count(term);
        let refused = match () {
            () if member.role != Role::Leader => Some(Code::NotLeader),
            () if member.transferee.is_some() => Some(Code::LeaderTransferring),
            () if pending > config.max_pending_requests_num => Some(Code::LeaderPendingFull),
            () if batch && config.seed() => Some(Code::Unsupported),
            () if bodies.is_empty() => Some(Code::RequestWithEmptyBodys),
            () => None,
        };
        if let Some(code) = refused {
            let header = if code == Code::LeaderPendingFull { Header { term, ..header } } else { header };
            return self.refuse_client(to, header, &request, code);
        }
        let mut last = Err(Code::RequestWithEmptyBodys);
        // The first error ends the real loop; here what refuses or fails one entry of a step does so to all of them.
        for body in bodies {
            last = self.append_as_leader(body, MAGIC_NORMAL);
        }
        match last {
            Ok(index) => self.wait_ack(index, to),
            Err(code) => self.refuse_client(to, header, &request, code),
        }
    }

    /// A client's read: the entry as it is stored, committed or not.
    ///
    /// Source: DLedger 0.3.1.2 DLedgerServer.handleGet, DLedgerMmapFileStore.get
    fn handle_get(&mut self, to: Responder, header: Header, index: i64) {
        let request = Body::GetRequest { begin_index: index };
        let end = self.disk.end_index();
        let below = if self.cx.settings.v4() {
            index <= self.disk.before_begin_index()
        } else {
            index < self.disk.begin_index()
        };
        let refused = match () {
            () if !self.is_leader() => Some(Code::NotLeader),
            () if index < 0 || index > end => Some(Code::IndexOutOfRange),
            () if below => Some(Code::IndexLessThanLocalBegin),
            () => None,
        };
        if let Some(code) = refused {
            return self.refuse_client(to, header, &request, code);
        }
        let entry = self.disk.get(index).cloned();
        self.cx.note(Event::ClientRead { index, committed: index <= self.mem.member.committed_index });
        let leader_id = self.mem.member.leader_id;
        self.answer(to, Header { leader_id, ..header }, Body::GetResponse { entry });
    }

    /// V4: reads through the state machine. The answer is the applied index.
    ///
    /// Source: DLedger 0.4.0 DLedgerServer.handleRead
    pub(crate) fn handle_read(&mut self, to: Responder, mode: ReadMode) {
        let header = Header::request(self.mem.self_id, self.mem.member.leader_id, self.disk.curr_term);
        let request = Body::AppendRequest { bodies: Vec::new(), batch: false };
        if !self.cx.settings.v4() {
            return self.refuse_client(to, header, &request, Code::Unsupported);
        }
        if self.mem.member.transferee.is_some() {
            return self.refuse_client(to, header, &request, Code::LeaderTransferring);
        }
        match mode {
            ReadMode::Unsafe => {
                let index = self.mem.member.applied_index;
                self.cx.note(Event::ClientRead { index, committed: true });
                self.answer(to, header, Body::AppendResponse { index, pos: -1 });
            }
            ReadMode::RaftLog => match self.append_as_leader(Payload::new(""), MAGIC_NOOP) {
                Ok(index) => self.wait_ack(index, to),
                Err(code) => self.refuse_client(to, header, &request, code),
            },
            ReadMode::ReadIndex | ReadMode::Lease => {
                self.refuse_client(to, header, &request, Code::Unsupported);
            }
        }
    }
}

/// The body of an answer to a request that no handler saw.
pub(crate) fn refused_body(request: &Body) -> Body {
    match request {
        Body::VoteRequest { .. } => Body::VoteResponse { result: VoteResult::Unknown },
        Body::HeartBeatRequest => Body::HeartBeatResponse,
        Body::PushRequest(push) => Body::PushResponse(PushResponse {
            kind: push.kind,
            index: push.first_index(),
            count: push.entries.len() as u64,
            begin_index: 0,
            end_index: 0,
            x_term: -1,
            x_index: -1,
        }),
        Body::TransferRequest { .. } => Body::TransferResponse,
        Body::InstallRequest { .. } => Body::InstallResponse,
        Body::AppendRequest { .. } => Body::AppendResponse { index: -1, pos: -1 },
        Body::GetRequest { .. } => Body::GetResponse { entry: None },
        Body::MetadataRequest => Body::MetadataResponse,
        answer @ (Body::VoteResponse { .. }
        | Body::HeartBeatResponse
        | Body::PushResponse(_)
        | Body::TransferResponse
        | Body::InstallResponse
        | Body::AppendResponse { .. }
        | Body::GetResponse { .. }
        | Body::MetadataResponse) => answer.clone(),
    }
}
