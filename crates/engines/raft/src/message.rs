//! Messages. All are datagrams: they may be lost, doubled and overtaken.

use alloc::sync::Arc;
use alloc::vec::Vec;
use kernel::{Addr, Digest, Hasher, NodeId, Show, Token, Value};

use crate::codes::Code;
use crate::entry::{Entry, Origin};
use crate::store::Snapshot;

/// An Append.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Append {
    /// Index of the entry before the first one sent.
    pub prev_index: u64,
    /// Its term.
    pub prev_term: u64,
    /// What to append.
    pub entries: Vec<Entry>,
    /// The leader's commit index.
    pub commit: u64,
    /// The leader's last round of reads (§9) or of its lease; answers echo it.
    pub round: u64,
}

/// The answer to an Append or Snapshot.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AppendResp {
    /// Refused.
    pub reject: bool,
    /// Ok: the logs agree up to here. Refused: the request's `prev_index`.
    pub index: u64,
    /// Refused: where they may agree.
    pub hint_index: u64,
    /// Refused: the term there; 0 when the hint is an index alone.
    pub hint_term: u64,
    /// The request's round.
    pub round: u64,
    /// The request had no entries. Not on the real wire: pictures fold such answers as they fold heartbeats.
    pub empty: bool,
}

/// What a client asks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ClientOp {
    /// Apply this.
    Write(Arc<str>),
    /// Read this key (empty: only the index).
    Read(Arc<str>),
}

impl Digest for ClientOp {
    fn digest(&self, h: &mut Hasher) {
        let (tag, text) = match self {
            ClientOp::Write(text) => (1, text),
            ClientOp::Read(key) => (2, key),
        };
        h.word(tag);
        text.digest(h);
    }
}

/// What of a message stands in a queue: its kind. Whole it is shown when it is under way.
impl Show for Body {
    fn show(&self) -> Value {
        Value::Word(self.kind())
    }
}

impl Show for ClientOp {
    fn show(&self) -> Value {
        let (verb, text) = match self {
            ClientOp::Write(text) => ("write", text),
            ClientOp::Read(key) => ("read", key),
        };
        Value::Text(alloc::format!("{verb} {text}"))
    }
}

/// The answer to a client.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ClientAnswer {
    /// How it ended.
    pub code: Code,
    /// Where it was applied or read.
    pub index: u64,
    /// The leader known.
    pub leader: Option<NodeId>,
    /// What was read.
    pub value: Option<Arc<str>>,
}

/// The content of a message.
#[derive(Clone, Debug)]
pub enum Body {
    /// May I campaign in this term (one above mine)?
    PreVote {
        /// Index of the candidate's last entry.
        last_index: u64,
        /// Its term.
        last_term: u64,
    },
    /// Answer to PreVote.
    PreVoteResp {
        /// Yes.
        granted: bool,
    },
    /// Vote for me.
    Vote {
        /// Index of the candidate's last entry.
        last_index: u64,
        /// Its term.
        last_term: u64,
        /// The leader asked for this: leases do not count.
        transfer: bool,
    },
    /// Answer to Vote.
    VoteResp {
        /// Yes.
        granted: bool,
    },
    /// Entries, or none.
    Append(Append),
    /// Answer to Append and Snapshot.
    AppendResp(AppendResp),
    /// I lead.
    Heartbeat {
        /// What is committed of what the receiver is known to hold.
        commit: u64,
        /// As in [`Append`].
        round: u64,
    },
    /// Answer to Heartbeat.
    HeartbeatResp {
        /// The heartbeat's round.
        round: u64,
    },
    /// A snapshot, in place of entries that are gone.
    Snapshot(Arc<Snapshot>),
    /// Campaign at once.
    TimeoutNow,
    /// A follower asks for a read index.
    ReadIndex {
        /// Names the read.
        ctx: u64,
    },
    /// Answer to ReadIndex.
    ReadIndexResp {
        /// The read.
        ctx: u64,
        /// It may be answered once this is applied.
        index: u64,
    },
    /// A proposal handed on.
    ForwardPropose {
        /// The command.
        text: Arc<str>,
        /// Who proposed it.
        origin: Origin,
    },
    /// A client's operation.
    ClientRequest {
        /// Its number.
        seq: u32,
        /// What.
        op: ClientOp,
    },
    /// Answer to ClientRequest.
    ClientResponse {
        /// The operation.
        seq: u32,
        /// How it ended.
        answer: ClientAnswer,
    },
}

impl Digest for Body {
    fn digest(&self, h: &mut Hasher) {
        match self {
            Body::PreVote { last_index, last_term } => (1_u64, (*last_index, *last_term)).digest(h),
            Body::PreVoteResp { granted } => (2_u64, *granted).digest(h),
            Body::Vote { last_index, last_term, transfer } => {
                (3_u64, (*last_index, (*last_term, *transfer))).digest(h);
            }
            Body::VoteResp { granted } => (4_u64, *granted).digest(h),
            Body::Append(append) => {
                (5_u64, (append.prev_index, append.prev_term)).digest(h);
                append.entries.digest(h);
                (append.commit, append.round).digest(h);
            }
            Body::AppendResp(resp) => {
                (6_u64, (resp.reject, resp.index)).digest(h);
                (resp.hint_index, (resp.hint_term, resp.round)).digest(h);
            }
            Body::Heartbeat { commit, round } => (7_u64, (*commit, *round)).digest(h),
            Body::HeartbeatResp { round } => (8_u64, *round).digest(h),
            Body::Snapshot(snapshot) => {
                h.word(9);
                snapshot.digest(h);
            }
            Body::TimeoutNow => h.word(10),
            Body::ReadIndex { ctx } => (11_u64, *ctx).digest(h),
            Body::ReadIndexResp { ctx, index } => (12_u64, (*ctx, *index)).digest(h),
            Body::ForwardPropose { text, origin } => {
                h.word(13);
                text.digest(h);
                origin.digest(h);
            }
            Body::ClientRequest { seq, op } => {
                (14_u64, *seq).digest(h);
                op.digest(h);
            }
            Body::ClientResponse { seq, answer } => {
                (15_u64, *seq).digest(h);
                (answer.code, (answer.index, answer.leader)).digest(h);
                answer.value.digest(h);
            }
        }
    }
}

impl Body {
    /// The kind, as files and the page spell it.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Body::PreVote { .. } => "PreVote",
            Body::PreVoteResp { .. } => "PreVoteResp",
            Body::Vote { .. } => "Vote",
            Body::VoteResp { .. } => "VoteResp",
            Body::Append(_) => "Append",
            Body::AppendResp(_) => "AppendResp",
            Body::Heartbeat { .. } => "Heartbeat",
            Body::HeartbeatResp { .. } => "HeartbeatResp",
            Body::Snapshot(_) => "Snapshot",
            Body::TimeoutNow => "TimeoutNow",
            Body::ReadIndex { .. } => "ReadIndex",
            Body::ReadIndexResp { .. } => "ReadIndexResp",
            Body::ForwardPropose { .. } => "ForwardPropose",
            Body::ClientRequest { .. } => "ClientRequest",
            Body::ClientResponse { .. } => "ClientResponse",
        }
    }

    /// Whether it answers another message.
    #[must_use]
    pub const fn answers(&self) -> bool {
        match self {
            Body::PreVoteResp { .. }
            | Body::VoteResp { .. }
            | Body::AppendResp(_)
            | Body::HeartbeatResp { .. }
            | Body::ReadIndexResp { .. }
            | Body::ClientResponse { .. } => true,
            Body::PreVote { .. }
            | Body::Vote { .. }
            | Body::Append(_)
            | Body::Heartbeat { .. }
            | Body::Snapshot(_)
            | Body::TimeoutNow
            | Body::ReadIndex { .. }
            | Body::ForwardPropose { .. }
            | Body::ClientRequest { .. } => false,
        }
    }
}

/// A message: its content and the term it belongs to; 0 for what belongs to none.
#[derive(Clone, Debug)]
pub struct Message {
    /// The term.
    pub term: u64,
    /// The content.
    pub body: Body,
}

impl Digest for Message {
    fn digest(&self, h: &mut Hasher) {
        self.term.digest(h);
        self.body.digest(h);
    }
}

/// Who waits for an answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Responder {
    /// A command given to this node.
    Command(Token),
    /// A client's operation.
    Client(Addr, u32),
    /// Another node, for a read.
    Peer(NodeId, u64),
}

impl Digest for Responder {
    fn digest(&self, h: &mut Hasher) {
        match self {
            Responder::Command(token) => (1_u64, *token).digest(h),
            Responder::Client(client, seq) => (2_u64, (*client, *seq)).digest(h),
            Responder::Peer(peer, ctx) => (3_u64, (*peer, *ctx)).digest(h),
        }
    }
}

impl Show for Responder {
    fn show(&self) -> Value {
        match self {
            Responder::Command(token) => token.show(),
            Responder::Client(client, seq) => Value::Text(alloc::format!("{client} operation {seq}")),
            Responder::Peer(peer, _) => Value::Node(*peer),
        }
    }
}

/// A disk write under way (`storage = async`): everything up to now, in one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DiskWrite {
    /// Which.
    pub batch: u32,
}

impl Digest for DiskWrite {
    fn digest(&self, h: &mut Hasher) {
        self.batch.digest(h);
    }
}

/// Raft sends datagrams, so nobody remembers a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NoCtx;

impl Digest for NoCtx {
    fn digest(&self, _: &mut Hasher) {}
}
