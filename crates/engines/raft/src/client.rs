//! A client: one operation at a time, each with a number, sent again until it is answered.
//!
//! Source: dissertation 6.1 to 6.3

use alloc::collections::VecDeque;
use alloc::format;
use alloc::sync::Arc;
use kernel::{Addr, Cx, Effect, Input, NodeId, Outcome, Time, Token, state};

use crate::Raft;
use crate::codes::{Code, Reason};
use crate::command::Command;
use crate::config::Config;
use crate::event::Event;
use crate::message::{Body, ClientAnswer, ClientOp, Message};
use crate::timer::Timer;

state! {
    /// An operation.
    pub struct Operation {
        /// Its number.
        pub seq: u32 = "seq",
        /// What.
        pub op: ClientOp = "op",
        /// The command that asked for it.
        pub token: Option<Token> = "command",
    }
}

state! {
    /// A client's state.
    pub struct Client {
        /// Whom it asks.
        pub leader: NodeId = "leader",
        /// The operations, the first one is under way.
        pub operations: VecDeque<Operation> = "operations",
        /// When the first one was sent last.
        pub sent: Time = "sent",
        /// How many there were.
        pub seq: u32 = "seq",
        /// A value each so many ms; 0 none.
        pub load_ms: u64 = "load_ms",
        /// The next value's instant.
        pub load_next: Time = "load_next",
    }
}

/// Starts a client: it asks the first node.
pub(crate) fn boot(_cx: &mut Cx<'_, Raft>) -> Client {
    let none = Time(0);
    Client { leader: NodeId(0), operations: VecDeque::new(), sent: none, seq: 0, load_ms: 0, load_next: none }
}

/// Lists a client's timers.
pub(crate) fn timers(client: &Client, config: &Config, arm: &mut dyn FnMut(Timer, Time)) {
    if !client.operations.is_empty() {
        arm(Timer::ClientRetry, client.sent.plus_us(config.ticks_us(config.client_retry_tick)));
    }
    if client.load_ms > 0 {
        arm(Timer::ClientLoad, client.load_next);
    }
}

/// Runs one input of a client to the end.
pub(crate) fn step(me: &mut Client, input: Input<Raft>, cx: &mut Cx<'_, Raft>) {
    match input {
        Input::Command { token, command } => commanded(me, token, command, cx),
        Input::Datagram { body: Message { body: Body::ClientResponse { seq, answer }, .. }, from } => {
            answered(me, seq, answer, from, cx);
        }
        Input::Timer(Timer::ClientRetry) => {
            // Whoever does not answer may be down or cut off.
            me.leader = NodeId((me.leader.0 + 1) % cx.nodes.max(1));
            send(me, cx, true);
        }
        Input::Timer(Timer::ClientLoad) => {
            me.load_next = me.load_next.plus_ms(me.load_ms).max(cx.now);
            let text = format!("{}={}", cx.id, me.seq + 1);
            begin(me, ClientOp::Write(Arc::from(text)), None, cx);
        }
        _ => cx.note(Event::Ignored { from: None, kind: "", why: Reason::WrongReceiver }),
    }
}

fn commanded(me: &mut Client, token: Token, command: Command, cx: &mut Cx<'_, Raft>) {
    match command {
        Command::Propose(text) => return begin(me, ClientOp::Write(text), Some(token), cx),
        Command::Read(key, _) => return begin(me, ClientOp::Read(key), Some(token), cx),
        Command::Load(ms) => {
            me.load_ms = ms;
            me.load_next = cx.now.plus_ms(ms);
        }
        Command::Leader(id) => me.leader = id,
        _ => send(me, cx, true),
    }
    let answer = ClientAnswer { code: Code::Success, index: 0, leader: None, value: None };
    outcome(token, &answer, cx);
}

fn outcome(token: Token, answer: &ClientAnswer, cx: &mut Cx<'_, Raft>) {
    let outcome = Outcome {
        fate: answer.code.fate(),
        code: 0,
        name: answer.code.word(),
        index: (answer.index > 0).then_some(answer.index),
        term: None,
        leader: answer.leader,
        value: answer.value.as_ref().map(|value| alloc::string::String::from(&**value)),
        linearizable: answer.code == Code::Success,
    };
    cx.effects.push(Effect::Answer { token, outcome });
}

fn begin(me: &mut Client, op: ClientOp, token: Option<Token>, cx: &mut Cx<'_, Raft>) {
    me.seq += 1;
    me.operations.push_back(Operation { seq: me.seq, op, token });
    if me.operations.len() == 1 {
        send(me, cx, false);
    }
}

fn send(me: &mut Client, cx: &mut Cx<'_, Raft>, again: bool) {
    let Some(first) = me.operations.front() else { return };
    me.sent = cx.now;
    let (seq, op) = (first.seq, first.op.clone());
    cx.note(Event::OperationSent { to: me.leader, seq, again });
    let body = Message { term: 0, body: Body::ClientRequest { seq, op } };
    cx.effects.push(Effect::Send { to: me.leader.into(), body });
}

fn answered(me: &mut Client, seq: u32, answer: ClientAnswer, from: Addr, cx: &mut Cx<'_, Raft>) {
    if me.operations.front().is_none_or(|op| op.seq != seq) {
        return cx.note(Event::Ignored { from: from.node(), kind: "ClientResponse", why: Reason::Late });
    }
    match (answer.code, answer.leader) {
        (Code::NotLeader, Some(leader)) if leader != me.leader => {
            me.leader = leader;
            return send(me, cx, true);
        }
        // It waits and asks another node.
        (Code::NotLeader | Code::Transferring | Code::TooMany, _) => return,
        _ => {}
    }
    let Some(done) = me.operations.pop_front() else { return };
    cx.note(Event::OperationEnded { seq, code: answer.code });
    if let Some(token) = done.token {
        outcome(token, &answer, cx);
    }
    send(me, cx, false);
}
