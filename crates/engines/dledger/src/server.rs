//! The server: what every request goes through.
//!
//! Source: DLedger 0.3.1.2 DLedgerServer.

use kernel::{Addr, Effect};

use crate::codes::{Code, VoteResult};
use crate::command::outcome_of;
use crate::event::Event;
use crate::message::{Body, Header, Message, PushResponse, Responder};
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

    /// Checks a request's addressee, then gives it to its handler.
    ///
    /// Source: DLedger 0.3.1.2 DLedgerServer.handleVote, handleHeartBeat, handlePush, handleAppend, handleGet,
    /// handleMetadata, handleLeadershipTransfer
    pub(crate) fn handle_request(&mut self, to: Responder, _from: Addr, request: Message, myself: bool) {
        let Message { header, body } = request;
        if header.remote_id != self.mem.self_id {
            self.cx.note(Event::RequestRejected { code: Code::UnknownMember, remote: header.remote_id });
            let refused =
                Header { code: Code::UnknownMember, leader_id: self.mem.member.leader_id, ..header };
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
            _ => {
                self.cx.note(Event::RequestRejected { code: Code::Unsupported, remote: header.remote_id });
                self.answer(to, header.code(Code::Unsupported), refused_body(&body));
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
