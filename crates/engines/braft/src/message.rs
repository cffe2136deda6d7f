//! Requests and answers. All are calls.
//!
//! Source: braft ab0017f raft.proto

use alloc::sync::Arc;
use alloc::vec::Vec;
use kernel::{Digest, Hasher, MsgId, NodeId, Show, Time, Token, Value, shown};

use crate::codes::Code;
use crate::configuration::LogId;
use crate::entry::Entry;
use crate::store::Snapshot;

/// A leader whom a candidate may disturb: who and in which term.
pub type Disrupted = (NodeId, u64);

/// The request of a pre-vote or a vote.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct VoteRequest {
    /// The term asked for; of a pre-vote one above the sender's.
    pub term: u64,
    /// Id of the sender's last durable entry.
    pub last: LogId,
    /// The leader who answered that it may be disturbed.
    pub disrupted_leader: Option<Disrupted>,
}

/// Its answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct VoteResponse {
    /// The answering node's term.
    pub term: u64,
    /// Yes.
    pub granted: bool,
    /// The log was fine, the lease was not over.
    pub rejected_by_lease: bool,
    /// The answering node led.
    pub disrupted: bool,
    /// Its term before the request.
    pub previous_term: u64,
}

/// Entries, a probe or a heartbeat: the last two look alike.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AppendRequest {
    /// The leader's term.
    pub term: u64,
    /// Index of the entry before the first one sent.
    pub prev_log_index: u64,
    /// Its term.
    pub prev_log_term: u64,
    /// The leader's last committed index.
    pub committed_index: u64,
    /// What to append.
    pub entries: Vec<Entry>,
}

shown! {
    AppendRequest {
        term = "term",
        prev_log_index = "prev_log_index",
        prev_log_term = "prev_log_term",
        committed_index = "committed_index",
        entries = "entries",
    }
}

/// Its answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AppendResponse {
    /// The follower's term.
    pub term: u64,
    /// The logs fit, and the entries are on disk.
    pub success: bool,
    /// The follower's last index; only in some answers (6.2).
    pub last_log_index: Option<u64>,
    /// The follower takes no writes; only in answers to what has no entries (6.2).
    pub readonly: bool,
}

/// What travels.
#[derive(Clone, Debug)]
pub enum Message {
    /// Would you vote for me?
    PreVote(VoteRequest),
    /// Its answer.
    PreVoteResponse(VoteResponse),
    /// Vote for me.
    RequestVote(VoteRequest),
    /// Its answer.
    RequestVoteResponse(VoteResponse),
    /// Entries, a probe or a heartbeat.
    AppendEntries(AppendRequest),
    /// Its answer.
    AppendEntriesResponse(AppendResponse),
    /// Copy this snapshot from me.
    InstallSnapshot {
        /// The leader's term.
        term: u64,
        /// What there is to copy.
        snapshot: Arc<Snapshot>,
    },
    /// Its answer.
    InstallSnapshotResponse {
        /// The follower's term.
        term: u64,
        /// It is installed.
        success: bool,
    },
    /// Campaign at once.
    TimeoutNow {
        /// The leader's term.
        term: u64,
        /// The leader has stepped down already.
        old_leader_stepped_down: bool,
    },
    /// Its answer.
    TimeoutNowResponse {
        /// The follower's term; one more when it campaigns and leases are off.
        term: u64,
        /// It campaigns.
        success: bool,
    },
    /// The handler failed: no answer, an error of the call.
    RpcError {
        /// Why.
        code: Code,
    },
    /// A client's command.
    Apply {
        /// What.
        text: Arc<str>,
        /// Only in this term.
        expected_term: Option<u64>,
    },
    /// Its answer.
    ApplyResponse(Answer),
}

/// How a command ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Answer {
    /// The code.
    pub code: Code,
    /// The index it was applied at.
    pub index: Option<u64>,
    /// The leader known.
    pub leader: Option<NodeId>,
    /// It was appended and may still happen.
    pub unknown: bool,
}

impl Answer {
    /// An answer that says only how it ended.
    pub(crate) const fn of(code: Code) -> Answer {
        Answer { code, index: None, leader: None, unknown: false }
    }
}

impl Digest for Answer {
    fn digest(&self, h: &mut Hasher) {
        self.code.digest(h);
        self.index.digest(h);
        self.leader.digest(h);
        self.unknown.digest(h);
    }
}

impl Digest for VoteRequest {
    fn digest(&self, h: &mut Hasher) {
        self.term.digest(h);
        self.last.digest(h);
        self.disrupted_leader.digest(h);
    }
}

impl Digest for VoteResponse {
    fn digest(&self, h: &mut Hasher) {
        (self.term, self.granted).digest(h);
        (self.rejected_by_lease, self.disrupted).digest(h);
        self.previous_term.digest(h);
    }
}

impl Digest for AppendRequest {
    fn digest(&self, h: &mut Hasher) {
        (self.term, self.prev_log_index).digest(h);
        (self.prev_log_term, self.committed_index).digest(h);
        self.entries.digest(h);
    }
}

impl Digest for AppendResponse {
    fn digest(&self, h: &mut Hasher) {
        (self.term, self.success).digest(h);
        (self.last_log_index, self.readonly).digest(h);
    }
}

fn tagged(h: &mut Hasher, tag: u64, body: &impl Digest) {
    h.word(tag);
    body.digest(h);
}

impl Digest for Message {
    fn digest(&self, h: &mut Hasher) {
        match self {
            Message::PreVote(request) => tagged(h, 1, request),
            Message::PreVoteResponse(response) => tagged(h, 2, response),
            Message::RequestVote(request) => tagged(h, 3, request),
            Message::RequestVoteResponse(response) => tagged(h, 4, response),
            Message::AppendEntries(request) => tagged(h, 5, request),
            Message::AppendEntriesResponse(response) => tagged(h, 6, response),
            Message::InstallSnapshot { term, snapshot } => {
                tagged(h, 7, term);
                snapshot.digest(h);
            }
            Message::InstallSnapshotResponse { term, success } => tagged(h, 8, &(*term, *success)),
            Message::TimeoutNow { term, old_leader_stepped_down } => {
                tagged(h, 9, &(*term, *old_leader_stepped_down));
            }
            Message::TimeoutNowResponse { term, success } => tagged(h, 10, &(*term, *success)),
            Message::RpcError { code } => tagged(h, 11, code),
            Message::Apply { text, expected_term } => {
                tagged(h, 12, text);
                expected_term.digest(h);
            }
            Message::ApplyResponse(answer) => tagged(h, 13, answer),
        }
    }
}

impl Message {
    /// The request's kind, in braft's spelling; an error alone does not tell it.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Message::PreVote(_) | Message::PreVoteResponse(_) => "PreVote",
            Message::RequestVote(_) | Message::RequestVoteResponse(_) => "RequestVote",
            Message::AppendEntries(_) | Message::AppendEntriesResponse(_) => "AppendEntries",
            Message::InstallSnapshot { .. } | Message::InstallSnapshotResponse { .. } => "InstallSnapshot",
            Message::TimeoutNow { .. } | Message::TimeoutNowResponse { .. } => "TimeoutNow",
            Message::RpcError { .. } => "RpcError",
            Message::Apply { .. } | Message::ApplyResponse(_) => "Apply",
        }
    }
}

/// What a caller remembers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ctx {
    /// A pre-vote: the round and the term it was sent in.
    PreVote {
        /// Version of the ballot.
        version: u32,
        /// The sender's term.
        term: u64,
    },
    /// A vote.
    Vote {
        /// Version of the ballot.
        version: u32,
        /// The sender's term.
        term: u64,
    },
    /// A heartbeat.
    Heartbeat {
        /// The replicator.
        replicator: u32,
        /// When it was sent.
        sent: Time,
    },
    /// A probe or entries.
    Append {
        /// The replicator.
        replicator: u32,
        /// Its call.
        call: u32,
        /// Index before the first entry.
        prev: u64,
        /// How many entries.
        count: u64,
        /// When it was sent.
        sent: Time,
    },
    /// A snapshot.
    Install {
        /// The replicator.
        replicator: u32,
        /// Index of the last entry it covers.
        index: u64,
    },
    /// TimeoutNow.
    TimeoutNow {
        /// The replicator.
        replicator: u32,
    },
    /// A client's command.
    Apply {
        /// Its number.
        seq: u32,
    },
}

impl Ctx {
    /// The request's kind, in braft's spelling.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Ctx::PreVote { .. } => "PreVote",
            Ctx::Vote { .. } => "RequestVote",
            Ctx::Heartbeat { .. } | Ctx::Append { .. } => "AppendEntries",
            Ctx::Install { .. } => "InstallSnapshot",
            Ctx::TimeoutNow { .. } => "TimeoutNow",
            Ctx::Apply { .. } => "Apply",
        }
    }
}

impl Digest for Ctx {
    fn digest(&self, h: &mut Hasher) {
        match self {
            Ctx::PreVote { version, term } => tagged(h, 1, &(*version, *term)),
            Ctx::Vote { version, term } => tagged(h, 2, &(*version, *term)),
            Ctx::Heartbeat { replicator, sent } => tagged(h, 3, &(*replicator, *sent)),
            Ctx::Append { replicator, call, prev, count, sent } => {
                tagged(h, 4, &(*replicator, *call));
                (*prev, *count).digest(h);
                sent.digest(h);
            }
            Ctx::Install { replicator, index } => tagged(h, 5, &(*replicator, *index)),
            Ctx::TimeoutNow { replicator } => tagged(h, 6, replicator),
            Ctx::Apply { seq } => tagged(h, 7, seq),
        }
    }
}

/// Who waits for the end of a command.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Responder {
    /// A command given to this node.
    Command(Token),
    /// A client's call.
    Call(MsgId),
}

impl Digest for Responder {
    fn digest(&self, h: &mut Hasher) {
        match self {
            Responder::Command(token) => tagged(h, 1, token),
            Responder::Call(call) => tagged(h, 2, call),
        }
    }
}

impl Show for Responder {
    fn show(&self) -> Value {
        match self {
            Responder::Command(token) => token.show(),
            Responder::Call(call) => call.show(),
        }
    }
}

/// Work outside the step.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Write {
    /// A batch of the disk queue.
    Batch(u32),
    /// The state machine saves a snapshot.
    Save,
    /// A snapshot is copied from the leader: which of them.
    Copy(u32),
    /// The state machine loads a copy: which of them.
    Load(u32),
    /// The state machine applies what is committed: which round.
    Apply(u32),
    /// A handler that waited for the disk goes on: which of them.
    Resume(u32),
}

impl Digest for Write {
    fn digest(&self, h: &mut Hasher) {
        match self {
            Write::Batch(batch) => tagged(h, 1, batch),
            Write::Save => h.word(2),
            Write::Copy(copy) => tagged(h, 3, copy),
            Write::Load(copy) => tagged(h, 4, copy),
            Write::Apply(round) => tagged(h, 5, round),
            Write::Resume(flush) => tagged(h, 6, flush),
        }
    }
}
