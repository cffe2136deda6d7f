//! Requests and answers, and what a caller remembers of its call.

use alloc::vec::Vec;
use kernel::{Digest, Hasher, MsgId, NodeId, Show, Time, Token, Value, shown, words};

use crate::codes::{Code, DispatcherState, PushType, VoteResult};
use crate::entry::{Entry, Payload};

words! {
    /// The name of a group.
    pub enum Group {
        /// DLedgerConfig's default: the group of all nodes.
        Default = "default",
        /// Another one.
        Other = "other",
    }
}

/// The header that every request and answer carries.
///
/// Source: DLedger 0.3.1.2 RequestOrResponse. `localId` is the envelope's sender.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Header {
    /// The group.
    pub group: Group,
    /// The addressee.
    pub remote_id: NodeId,
    /// How the request ended; SUCCESS in requests.
    pub code: Code,
    /// The leader that the sender speaks of; the candidate in a vote.
    pub leader_id: Option<NodeId>,
    /// The term; −1 when unset.
    pub term: i64,
}

impl Header {
    /// A request's header.
    #[must_use]
    pub const fn request(remote_id: NodeId, leader_id: Option<NodeId>, term: i64) -> Header {
        Header { group: Group::Default, remote_id, code: Code::Success, leader_id, term }
    }

    /// This header with another code.
    #[must_use]
    pub const fn code(self, code: Code) -> Header {
        Header { code, ..self }
    }
}

impl Digest for Header {
    fn digest(&self, h: &mut Hasher) {
        self.group.digest(h);
        self.remote_id.digest(h);
        self.code.digest(h);
        self.leader_id.digest(h);
        self.term.digest(h);
    }
}

shown! {
    Header { group = "group", remote_id = "remoteId", code = "code", leader_id = "leaderId", term = "term" }
}

/// What a push brings.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PushRequest {
    /// Its kind.
    pub kind: PushType,
    /// The leader's committed index when it was sent.
    pub commit_index: i64,
    /// V4: the compared index, or the first one to delete; −1 otherwise.
    pub pre_log_index: i64,
    /// V4: the term compared; −1 otherwise.
    pub pre_log_term: i64,
    /// V3: the entry spoken of; APPEND: the entries.
    pub entries: Vec<Entry>,
}

impl PushRequest {
    /// Index of the first entry; −1 without entries.
    #[must_use]
    pub fn first_index(&self) -> i64 {
        self.entries.first().map_or(-1, |entry| entry.index)
    }

    /// Index of the last entry; −1 without entries.
    #[must_use]
    pub fn last_index(&self) -> i64 {
        self.entries.last().map_or(-1, |entry| entry.index)
    }
}

impl Digest for PushRequest {
    fn digest(&self, h: &mut Hasher) {
        self.kind.digest(h);
        self.commit_index.digest(h);
        self.pre_log_index.digest(h);
        self.pre_log_term.digest(h);
        self.entries.digest(h);
    }
}

shown! {
    PushRequest {
        kind = "type",
        commit_index = "commitIndex",
        pre_log_index = "preLogIndex",
        pre_log_term = "preLogTerm",
        entries = "entries",
    }
}

/// The answer to a push.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PushResponse {
    /// The request's kind. Not on the real wire: only for the picture.
    pub kind: PushType,
    /// Index of the request's first entry; −1 without.
    pub index: i64,
    /// How many entries the request had.
    pub count: u64,
    /// V3: begin of the follower's log; V4: always 0.
    pub begin_index: i64,
    /// End of the follower's log; V4: 0 unless set.
    pub end_index: i64,
    /// V4: term of the follower's entry that differs; −1 unless set.
    pub x_term: i64,
    /// V4: first index of that term at the follower; −1 unless set.
    pub x_index: i64,
}

impl Digest for PushResponse {
    fn digest(&self, h: &mut Hasher) {
        self.kind.digest(h);
        self.index.digest(h);
        self.count.digest(h);
        self.begin_index.digest(h);
        self.end_index.digest(h);
        self.x_term.digest(h);
        self.x_index.digest(h);
    }
}

/// The content of a message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Body {
    /// VOTE: the candidate's claimed log end.
    VoteRequest {
        /// Index of its last entry.
        end_index: i64,
        /// Term of its last entry.
        end_term: i64,
    },
    /// Answer to VOTE.
    VoteResponse {
        /// The result.
        result: VoteResult,
    },
    /// HEART_BEAT.
    HeartBeatRequest,
    /// Answer to HEART_BEAT.
    HeartBeatResponse,
    /// PUSH.
    PushRequest(PushRequest),
    /// Answer to PUSH.
    PushResponse(PushResponse),
    /// LEADERSHIP_TRANSFER.
    TransferRequest {
        /// Who hands over.
        transfer_id: Option<NodeId>,
        /// Who takes over.
        transferee_id: Option<NodeId>,
        /// The log end that the target must have.
        take_index: i64,
    },
    /// Answer to LEADERSHIP_TRANSFER.
    TransferResponse,
    /// INSTALL_SNAPSHOT.
    InstallRequest {
        /// Index of the last entry covered.
        last_included_index: i64,
        /// Its term.
        last_included_term: i64,
        /// The applied state: its digest.
        data: u64,
    },
    /// Answer to INSTALL_SNAPSHOT.
    InstallResponse,
    /// A client's APPEND.
    AppendRequest {
        /// What to write, one entry each.
        bodies: Vec<Payload>,
        /// Whether it came as a batch.
        batch: bool,
    },
    /// Answer to APPEND.
    AppendResponse {
        /// Index of the (last) entry; −1 on error.
        index: i64,
        /// Its byte position; −1 on error.
        pos: i64,
    },
    /// A client's GET.
    GetRequest {
        /// What to read.
        begin_index: i64,
    },
    /// Answer to GET.
    GetResponse {
        /// The entry.
        entry: Option<Entry>,
    },
    /// A client's METADATA.
    MetadataRequest,
    /// Answer to METADATA.
    MetadataResponse,
}

impl Digest for Body {
    fn digest(&self, h: &mut Hasher) {
        match self {
            Body::VoteRequest { end_index, end_term } => (1_u64, (*end_index, *end_term)).digest(h),
            Body::VoteResponse { result } => (2_u64, *result).digest(h),
            Body::HeartBeatRequest => h.word(3),
            Body::HeartBeatResponse => h.word(4),
            Body::PushRequest(push) => {
                h.word(5);
                push.digest(h);
            }
            Body::PushResponse(push) => {
                h.word(6);
                push.digest(h);
            }
            Body::TransferRequest { transfer_id, transferee_id, take_index } => {
                (7_u64, (*transfer_id, (*transferee_id, *take_index))).digest(h);
            }
            Body::TransferResponse => h.word(8),
            Body::InstallRequest { last_included_index, last_included_term, data } => {
                (9_u64, (*last_included_index, (*last_included_term, *data))).digest(h);
            }
            Body::InstallResponse => h.word(10),
            Body::AppendRequest { bodies, batch } => {
                h.word(11);
                bodies.digest(h);
                batch.digest(h);
            }
            Body::AppendResponse { index, pos } => (12_u64, (*index, *pos)).digest(h),
            Body::GetRequest { begin_index } => (13_u64, *begin_index).digest(h),
            Body::GetResponse { entry } => {
                h.word(14);
                entry.digest(h);
            }
            Body::MetadataRequest => h.word(15),
            Body::MetadataResponse => h.word(16),
        }
    }
}

/// A request or an answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Message {
    /// The header.
    pub header: Header,
    /// The content.
    pub body: Body,
}

impl Digest for Message {
    fn digest(&self, h: &mut Hasher) {
        self.header.digest(h);
        self.body.digest(h);
    }
}

/// What a caller remembers of its call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ctx {
    /// A vote request of the poll that began then.
    Vote {
        /// Begin of the poll.
        poll: Time,
    },
    /// A heartbeat of the round that began then.
    HeartBeat {
        /// Begin of the round.
        round: Time,
        /// The term it was sent in.
        term: i64,
    },
    /// A request that a dispatcher waits for.
    Blocking {
        /// Which kind.
        kind: DispatcherState,
        /// When it was sent.
        sent: Time,
    },
    /// An APPEND, answered any time.
    Append {
        /// The term it was sent in.
        term: i64,
        /// Its first index.
        first: i64,
        /// Its last index.
        last: i64,
        /// The term of its last entry.
        last_term: i64,
    },
    /// A COMMIT, whose answer is ignored.
    Commit,
    /// A leadership transfer, begun in this term for that asker.
    Transfer {
        /// The term.
        term: i64,
        /// Who waits for the outcome.
        asker: Responder,
        /// Whether the preferred-leader check began it.
        preferred: bool,
    },
    /// A client's METADATA.
    Metadata {
        /// Which round.
        round: u32,
    },
    /// A client's operation.
    Operation {
        /// Which.
        number: u32,
    },
}

impl Digest for Ctx {
    fn digest(&self, h: &mut Hasher) {
        match self {
            Ctx::Vote { poll } => (1_u64, *poll).digest(h),
            Ctx::HeartBeat { round, term } => (2_u64, (*round, *term)).digest(h),
            Ctx::Blocking { kind, sent } => (3_u64, (*kind, *sent)).digest(h),
            Ctx::Append { term, first, last, last_term } => {
                (4_u64, ((*term, *first), (*last, *last_term))).digest(h);
            }
            Ctx::Commit => h.word(5),
            Ctx::Transfer { term, asker, preferred } => (6_u64, (*term, (*asker, *preferred))).digest(h),
            Ctx::Metadata { round } => (7_u64, *round).digest(h),
            Ctx::Operation { number } => (8_u64, *number).digest(h),
        }
    }
}

/// Who waits for an answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Responder {
    /// A call.
    Call(MsgId),
    /// A command given to the node directly.
    Command(Token),
    /// Nobody (any more).
    Nobody,
}

impl Digest for Responder {
    fn digest(&self, h: &mut Hasher) {
        match self {
            Responder::Call(call) => (1_u64, *call).digest(h),
            Responder::Command(token) => (2_u64, *token).digest(h),
            Responder::Nobody => h.word(3),
        }
    }
}

impl Show for Responder {
    fn show(&self) -> Value {
        match self {
            Responder::Call(call) => Value::Text(alloc::format!("call {call}")),
            Responder::Command(token) => token.show(),
            Responder::Nobody => Value::None,
        }
    }
}

words! {
    /// A disk write under way.
    pub enum DiskWrite {
        /// The flush of written entries.
        Flush = "flush",
        /// A snapshot.
        Snapshot = "snapshot",
    }
}
