//! Requests handed to a node as if they had come from a peer: for stories of a handler alone.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use kernel::{
    Addr, CommandDesc, CommandKind, Effect, Fate, MsgId, NodeId, Outcome, Token, needed_argument as needed,
    parse_node, parse_number, parse_pair,
};

use crate::codes::Code;
use crate::configuration::LogId;
use crate::entry::{Data, Entry};
use crate::message::{AppendRequest, Message, Responder, VoteRequest};
use crate::node::Node;

/// Hands over an AppendEntries.
pub(crate) const APPEND_ENTRIES: CommandDesc = CommandDesc {
    verb: "append_entries",
    args: &["leader=", "term=", "prev=index,term", "commit=", "entries=index:term:value,…?"],
    client: false,
    node: true,
    kind: CommandKind::Other,
    doc: "Test: an AppendEntries as if it came.",
};

/// Hands over a RequestVote.
pub(crate) const REQUEST_VOTE: CommandDesc = CommandDesc {
    verb: "request_vote",
    args: &["candidate=", "term=", "last=index,term"],
    client: false,
    node: true,
    kind: CommandKind::Other,
    doc: "Test: a RequestVote as if it came.",
};

/// A request and whose name it bears.
#[derive(Clone, Debug)]
pub struct RawRequest {
    from: NodeId,
    body: Message,
}

/// No message is an effect of this number: its answer is the outcome of the command that handed the request over.
const RAW: u16 = u16::MAX;

fn id(text: &str, what: &str) -> Result<LogId, String> {
    let (index, term) = parse_pair(text, what, "index,term")?;
    Ok(LogId::new(index, term))
}

/// Entries that follow each other, after `prev`.
fn entries(text: &str, prev: u64) -> Result<Vec<Entry>, String> {
    let mut entries = Vec::new();
    for (text, next) in text.split(',').zip(prev + 1..) {
        let mut parts = text.splitn(3, ':');
        let (Some(index), Some(term)) = (parts.next(), parts.next()) else {
            return Err("an entry is written index:term:value".to_string());
        };
        let index: u64 = parse_number(index, "an index")?;
        if index != next {
            return Err(format!("the entry at {next} comes next, not {index}"));
        }
        let data = Data::Data(Arc::from(parts.next().unwrap_or_default()));
        entries.push(Entry { index: next, term: parse_number(term, "an entry's term")?, data });
    }
    Ok(entries)
}

/// Reads one of the two.
pub(crate) fn parse(verb: &str, args: &[String]) -> Result<RawRequest, String> {
    let term = parse_number(needed(args, "term")?, "the term")?;
    if verb == "request_vote" {
        let from = parse_node(needed(args, "candidate")?)?;
        let request = VoteRequest { term, last: id(needed(args, "last")?, "last")?, disrupted_leader: None };
        return Ok(RawRequest { from, body: Message::RequestVote(request) });
    }
    let prev = id(needed(args, "prev")?, "prev")?;
    let entries = needed(args, "entries").map_or(Ok(Vec::new()), |text| entries(text, prev.index))?;
    let request = AppendRequest {
        term,
        prev_log_index: prev.index,
        prev_log_term: prev.term,
        committed_index: parse_number(needed(args, "commit")?, "commit")?,
        entries,
    };
    Ok(RawRequest { from: parse_node(needed(args, "leader")?)?, body: Message::AppendEntries(request) })
}

impl Node<'_, '_> {
    /// Takes the request as if its call had come. Nobody calls itself.
    pub(crate) fn raw(&mut self, token: Token, request: RawRequest) {
        if Addr::from(request.from) == self.cx.id {
            return self.answer_code(Responder::Command(token), Code::Einval);
        }
        self.request(MsgId { step: token.0, index: RAW }, request.from.into(), request.body);
    }

    /// Answers a call; of a request that was handed over, the command that did.
    pub(crate) fn respond(&mut self, call: MsgId, answer: Message) {
        if call.index == RAW {
            let outcome = outcome_of(&answer);
            self.cx.effects.push(Effect::Answer { token: Token(call.step), outcome });
        } else {
            self.cx.respond(call, answer);
        }
    }
}

fn outcome_of(answer: &Message) -> Outcome {
    let (ok, term, index) = match answer {
        Message::AppendEntriesResponse(r) => (r.success, Some(r.term), r.last_log_index),
        Message::RequestVoteResponse(r) => (r.granted, Some(r.term), None),
        _ => (false, None, None),
    };
    let (code, name) = match answer {
        Message::RpcError { code } => (code.number(), code.word()),
        _ => (0, if ok { "SUCCESS" } else { "REJECTED" }),
    };
    let fate = Fate::of(ok);
    Outcome { fate, code, name, index, term, leader: None, value: None, linearizable: false }
}
