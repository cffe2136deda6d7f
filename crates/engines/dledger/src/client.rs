//! A client: DLedgerClient. It keeps to one leader until that one refuses or fails, then asks the nodes in turn.
//!
//! Source: DLedger 0.3.1.2 DLedgerClient.

use alloc::collections::VecDeque;
use alloc::format;
use alloc::vec::Vec;
use kernel::{Addr, Cx, Digest, Effect, Hasher, Input, NodeId, RpcFailure, Show, Time, Token, Value, state};

use crate::DLedger;
use crate::codes::Code;
use crate::command::{Command, outcome_of, plain_outcome};
use crate::config::RPC_TIMEOUT_MS;
use crate::entry::Payload;
use crate::event::{Event, IgnoreReason};
use crate::message::{Body, Ctx, Group, Header, Message};
use crate::timer::Timer;

/// How long a client looks for a leader.
const METADATA_WAIT_MS: u64 = 1500;
/// While it looks, it starts over after this long.
const METADATA_ROUND_MS: u64 = 1000;

/// What an operation does.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum OperationKind {
    /// Writes.
    Append(Payload),
    /// Reads.
    Get(i64),
    /// Finds the leader.
    Metadata,
}

impl Digest for OperationKind {
    fn digest(&self, h: &mut Hasher) {
        match self {
            OperationKind::Append(payload) => {
                h.word(1);
                payload.digest(h);
            }
            OperationKind::Get(index) => (2_u64, *index).digest(h),
            OperationKind::Metadata => h.word(3),
        }
    }
}

impl Show for OperationKind {
    fn show(&self) -> Value {
        Value::Text(match self {
            OperationKind::Append(payload) => format!("append {}", payload.text),
            OperationKind::Get(index) => format!("get {index}"),
            OperationKind::Metadata => "metadata".into(),
        })
    }
}

state! {
    /// An operation under way.
    pub struct Operation {
        /// Its number.
        pub number: u32 = "number",
        /// What it does.
        pub kind: OperationKind = "kind",
        /// The command that asked for it; none for the load generator's.
        pub token: Option<Token> = "token",
        /// Since when it waits for a leader; none while its request is out.
        pub waiting_since: Option<Time> = "waitOnUpdatingMetadata",
        /// It was refused with NOT_LEADER once and had its retry.
        pub retried: bool = "retried",
        /// The answer it had before its retry.
        pub refused: bool = "refusedNotLeader",
    }
}

state! {
    /// The search for a leader.
    pub struct MetadataRound {
        /// Its number.
        pub number: u32 = "number",
        /// Whom it asks now; none when all were asked in vain.
        pub asking: Option<NodeId> = "asking",
        /// When it began.
        pub started: Time = "startTime",
    }
}

state! {
    /// The load generator.
    pub struct Load {
        /// A value each so many ms.
        pub interval_ms: u64 = "intervalMs",
        /// Bytes a value stands for.
        pub size: u32 = "bytes",
        /// The next value's instant.
        pub next: Time = "next",
        /// How many were written.
        pub count: u64 = "count",
    }
}

state! {
    /// A client's state.
    pub struct Client {
        /// The group it was built for.
        pub group: Group = "group",
        /// Whom it takes for the leader.
        pub leader_id: Option<NodeId> = "leaderId",
        /// The operations under way.
        pub operations: VecDeque<Operation> = "operations",
        /// The search for a leader.
        pub round: Option<MetadataRound> = "metadataUpdater",
        /// The load generator.
        pub load: Option<Load> = "load",
        /// How many operations and rounds there were.
        pub counter: u32 = "counter",
    }
}

/// Starts a client: it takes the first member for the leader.
///
/// Source: DLedger 0.3.1.2 DLedgerClient.<init>
pub(crate) fn boot(_cx: &mut Cx<'_, DLedger>) -> Client {
    Client {
        group: Group::Default,
        leader_id: Some(NodeId(0)),
        operations: VecDeque::new(),
        round: None,
        load: None,
        counter: 0,
    }
}

/// Lists a client's useful wakes.
pub(crate) fn timers(client: &Client, arm: &mut dyn FnMut(Timer, Time)) {
    let give_up = client.operations.iter().filter_map(|op| op.waiting_since).min();
    let give_up = give_up.map(|since| since.plus_ms(METADATA_WAIT_MS));
    let again = client.round.as_ref().filter(|round| round.asking.is_none());
    let again = again.map(|round| round.started.plus_ms(METADATA_ROUND_MS));
    if let Some(at) = give_up.into_iter().chain(again).min() {
        arm(Timer::ClientMetadata, at);
    }
    if let Some(load) = &client.load {
        arm(Timer::ClientLoad, load.next);
    }
}

/// A client while it is stepped.
struct Running<'a, 'c> {
    me: &'a mut Client,
    cx: &'a mut Cx<'c, DLedger>,
}

/// Runs one input of a client to the end.
pub(crate) fn step(client: &mut Client, input: Input<DLedger>, cx: &mut Cx<'_, DLedger>) {
    let mut run = Running { me: client, cx };
    match input {
        Input::Command { token, command } => run.command(token, command),
        Input::Reply { ctx, from, body } => run.reply(ctx, from, body),
        Input::RpcFailed { ctx, from, why } => run.failed(ctx, from, why),
        Input::Timer(Timer::ClientMetadata) => run.metadata_wake(),
        Input::Timer(Timer::ClientLoad) => run.load_wake(),
        Input::Timer(_) | Input::Request { .. } | Input::Datagram { .. } | Input::Written { .. } => {
            run.cx.note(Event::Ignored { reason: IgnoreReason::WrongReceiver });
        }
    }
}

impl Running<'_, '_> {
    fn command(&mut self, token: Token, command: Command) {
        match command {
            Command::Append { bodies, .. } => {
                for body in bodies {
                    self.begin(OperationKind::Append(body), Some(token));
                }
            }
            Command::Get { index } => self.begin(OperationKind::Get(index), Some(token)),
            Command::Metadata => self.begin(OperationKind::Metadata, Some(token)),
            Command::Load { interval_ms, size } => {
                let next = self.cx.now.plus_ms(interval_ms);
                let count = self.me.load.as_ref().map_or(0, |load| load.count);
                self.me.load = (interval_ms > 0).then_some(Load { interval_ms, size, next, count });
                self.cx.note(Event::LoadSet { interval_ms });
                self.outcome(Some(token), Code::Success);
            }
            Command::Leader { leader } => {
                self.me.leader_id = leader;
                self.outcome(Some(token), Code::Success);
            }
            Command::Group(group) => {
                self.me.group = group;
                self.outcome(Some(token), Code::Success);
            }
            Command::Transfer { .. }
            | Command::Read { .. }
            | Command::Raw(_)
            | Command::Force(..)
            | Command::Disk { .. } => self.outcome(Some(token), Code::Unsupported),
        }
    }

    fn outcome(&mut self, token: Option<Token>, code: Code) {
        let Some(token) = token else { return };
        let outcome = kernel::Outcome { leader: self.me.leader_id, ..plain_outcome(code) };
        self.cx.effects.push(Effect::Answer { token, outcome });
    }

    fn request(&self, to: NodeId, body: Body) -> Message {
        Message { header: Header { group: self.me.group, ..Header::request(to, None, -1) }, body }
    }

    /// Begins an operation: at the known leader, or by finding one.
    ///
    /// Source: DLedger 0.3.1.2 DLedgerClient.append, get
    fn begin(&mut self, kind: OperationKind, token: Option<Token>) {
        self.me.counter += 1;
        let number = self.me.counter;
        let fresh = kind == OperationKind::Metadata;
        let operation =
            Operation { number, kind, token, waiting_since: None, retried: false, refused: false };
        self.me.operations.push_back(operation);
        if fresh {
            self.me.leader_id = None;
        }
        self.send_or_wait(number);
    }

    /// Source: DLedger 0.3.1.2 DLedgerClient.waitOnUpdatingMetadata
    fn send_or_wait(&mut self, number: u32) {
        let now = self.cx.now;
        let leader = self.me.leader_id;
        let Some(operation) = self.me.operations.iter_mut().find(|op| op.number == number) else { return };
        let Some(leader) = leader else {
            operation.waiting_since = Some(now);
            return self.find_leader();
        };
        operation.waiting_since = None;
        let again = operation.retried;
        let (kind, body) = match &operation.kind {
            OperationKind::Append(payload) => {
                ("APPEND", Body::AppendRequest { bodies: Vec::from([payload.clone()]), batch: false })
            }
            OperationKind::Get(index) => ("GET", Body::GetRequest { begin_index: *index }),
            OperationKind::Metadata => return self.end(number, Code::Success, None),
        };
        self.cx.note(Event::OperationSent { to: leader, kind, again });
        let request = self.request(leader, body);
        self.cx.call(leader, request, Ctx::Operation { number }, RPC_TIMEOUT_MS);
    }

    fn end(&mut self, number: u32, code: Code, answer: Option<&Message>) {
        let Some(at) = self.me.operations.iter().position(|op| op.number == number) else { return };
        let Some(operation) = self.me.operations.remove(at) else { return };
        let index = match answer.map(|answer| &answer.body) {
            Some(Body::AppendResponse { index, .. }) => *index,
            Some(Body::GetResponse { entry: Some(entry) }) => entry.index,
            _ => -1,
        };
        self.cx.note(Event::OperationEnded { code, index });
        match (operation.token, answer) {
            (Some(token), Some(answer)) => {
                self.cx.effects.push(Effect::Answer { token, outcome: outcome_of(answer) });
            }
            (token, _) => self.outcome(token, code),
        }
    }

    /// Asks every node in turn who leads.
    ///
    /// Source: DLedger 0.3.1.2 DLedgerClient.MetadataUpdater
    fn find_leader(&mut self) {
        if self.me.round.as_ref().is_some_and(|round| round.asking.is_some()) {
            return;
        }
        self.me.counter += 1;
        let number = self.me.counter;
        self.me.round = Some(MetadataRound { number, asking: None, started: self.cx.now });
        self.ask(NodeId(0));
    }

    fn ask(&mut self, peer: NodeId) {
        let nodes = self.cx.nodes;
        let Some(round) = &mut self.me.round else { return };
        round.asking = (peer.0 < nodes).then_some(peer);
        if round.asking.is_none() {
            return;
        }
        let ctx = Ctx::Metadata { round: round.number };
        self.cx.note(Event::LeaderAsked { peer });
        let request = self.request(peer, Body::MetadataRequest);
        self.cx.call(peer, request, ctx, METADATA_WAIT_MS);
    }

    fn metadata_answered(&mut self, number: u32, from: NodeId, leader: Option<NodeId>) {
        if self.me.round.as_ref().is_none_or(|round| round.number != number) {
            return self.cx.note(Event::Ignored { reason: IgnoreReason::Late });
        }
        let Some(leader) = leader else { return self.ask(NodeId(from.0 + 1)) };
        self.me.round = None;
        self.me.leader_id = Some(leader);
        self.cx.note(Event::LeaderFound { leader, from });
        let waiting = self.me.operations.iter().filter(|op| op.waiting_since.is_some());
        let waiting: Vec<u32> = waiting.map(|op| op.number).collect();
        for operation in waiting {
            self.send_or_wait(operation);
        }
    }

    fn reply(&mut self, ctx: Ctx, from: Addr, answer: Message) {
        match (ctx, from.node()) {
            (Ctx::Metadata { round }, Some(from)) => {
                self.metadata_answered(round, from, answer.header.leader_id);
            }
            (Ctx::Operation { number }, _) => self.operation_answered(number, &answer),
            _ => self.cx.note(Event::Ignored { reason: IgnoreReason::WrongAnswer }),
        }
    }

    /// NOT_LEADER is followed by a search and one retry, everything else ends the operation.
    ///
    /// Source: DLedger 0.3.1.2 DLedgerClient.append, get
    fn operation_answered(&mut self, number: u32, answer: &Message) {
        let code = answer.header.code;
        let Some(operation) = self.me.operations.iter_mut().find(|op| op.number == number) else {
            return self.cx.note(Event::Ignored { reason: IgnoreReason::Late });
        };
        if code != Code::NotLeader || operation.retried {
            return self.end(number, code, Some(answer));
        }
        operation.retried = true;
        operation.refused = true;
        self.me.leader_id = None;
        self.send_or_wait(number);
    }

    /// A failed call ends the operation with NETWORK_ERROR and the leader is looked for anew next time.
    ///
    /// Source: DLedger 0.3.1.2 DLedgerClient.needFreshMetadata
    fn failed(&mut self, ctx: Ctx, from: Addr, why: RpcFailure) {
        match (ctx, from.node()) {
            (Ctx::Metadata { round }, Some(from)) => self.metadata_answered(round, from, None),
            (Ctx::Operation { number }, _) => {
                if self.me.leader_id == from.node() {
                    self.me.leader_id = None;
                }
                self.end(number, Code::NetworkError, None);
            }
            _ => self.cx.note(Event::Ignored { reason: IgnoreReason::Failed(why) }),
        }
    }

    /// Gives operations up that waited too long for a leader, and asks again for those that still may.
    fn metadata_wake(&mut self) {
        let now = self.cx.now;
        let late = |op: &&Operation| op.waiting_since.is_some_and(|t| now >= t.plus_ms(METADATA_WAIT_MS));
        let over: Vec<(u32, bool)> =
            self.me.operations.iter().filter(late).map(|op| (op.number, op.refused)).collect();
        for (number, refused) in over {
            // After a retry's search in vain the first answer stands.
            self.end(number, if refused { Code::NotLeader } else { Code::MetadataError }, None);
        }
        let waiting = self.me.operations.iter().any(|op| op.waiting_since.is_some());
        let due = |round: &MetadataRound| now >= round.started.plus_ms(METADATA_ROUND_MS);
        // A round goes on when nobody waits any more: who asks next finds what it found.
        match self.me.round.as_ref().filter(|round| round.asking.is_none()) {
            Some(_) if !waiting => self.me.round = None,
            Some(round) if due(round) => self.find_leader(),
            _ => {}
        }
    }

    fn load_wake(&mut self) {
        let (now, me) = (self.cx.now, self.cx.id);
        let Some(load) = self.me.load.as_mut().filter(|load| load.next <= now) else { return };
        load.count += 1;
        load.next = load.next.plus_ms(load.interval_ms).max(now);
        let payload = Payload::sized(&format!("{me}-{}", load.count), load.size);
        self.begin(OperationKind::Append(payload), None);
    }
}
