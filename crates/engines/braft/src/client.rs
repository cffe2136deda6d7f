//! A client as braft's examples write it: asks the leader it knows, follows redirects, and tells what it does not know.
//!
//! Source: braft ab0017f example/counter/client.cpp; route_table.cpp

use alloc::collections::VecDeque;
use alloc::format;
use alloc::sync::Arc;
use kernel::{Cx, Effect, Input, NodeId, Time, Token, state};

use crate::Braft;
use crate::codes::{Code, Reason};
use crate::command::Command;
use crate::config::Config;
use crate::event::Event;
use crate::message::{Answer, Ctx, Message};
use crate::node::outcome;
use crate::rpc::{broken_ms, code_of};
use crate::timer::Timer;

state! {
    /// A command.
    pub struct Operation {
        /// Its number.
        pub seq: u32 = "seq",
        /// What.
        pub text: Arc<str> = "value",
        /// Only in this term.
        pub expected_term: Option<u64> = "expected_term",
        /// The command that asked for it.
        pub token: Option<Token> = "command",
    }
}

state! {
    /// A client's state.
    pub struct Client {
        /// Whom it asks.
        pub leader: NodeId = "leader",
        /// The commands, the first one is under way.
        pub operations: VecDeque<Operation> = "operations",
        /// When it asks again.
        pub retry: Option<Time> = "retry",
        /// How many there were.
        pub seq: u32 = "seq",
        /// A value each so many ms; 0 none.
        pub load_ms: u64 = "load_ms",
        /// The next value's instant.
        pub load_next: Time = "load_next",
    }
}

/// Starts a client: it asks the first node.
pub(crate) fn boot(_cx: &mut Cx<'_, Braft>) -> Client {
    let operations = VecDeque::new();
    Client { leader: NodeId(0), operations, retry: None, seq: 0, load_ms: 0, load_next: Time(0) }
}

/// Lists a client's timers.
pub(crate) fn timers(client: &Client, _: &Config, arm: &mut dyn FnMut(Timer, Time)) {
    if let Some(retry) = client.retry {
        arm(Timer::ClientRetry, retry);
    }
    if client.load_ms > 0 {
        arm(Timer::ClientLoad, client.load_next);
    }
}

/// Runs one input of a client to the end.
pub(crate) fn step(me: &mut Client, input: Input<Braft>, cx: &mut Cx<'_, Braft>) {
    match input {
        Input::Command { token, command } => match command {
            Command::Apply(text, expected_term) => begin(me, text, expected_term, Some(token), cx),
            Command::Load(ms) => {
                me.load_ms = ms;
                me.load_next = cx.now.plus_ms(ms);
                finish(Some(token), &Answer::of(Code::Ok), cx);
            }
            Command::Leader(id) => {
                me.leader = id;
                finish(Some(token), &Answer::of(Code::Ok), cx);
            }
            _ => finish(Some(token), &Answer::of(Code::Einval), cx),
        },
        Input::Reply { ctx: Ctx::Apply { seq }, body: Message::ApplyResponse(answer), .. } => {
            answered(me, seq, answer, cx);
        }
        Input::RpcFailed { ctx: Ctx::Apply { seq }, why, .. } => {
            let code = code_of(why);
            if code == Code::Eeof {
                me.leader = next_after(me.leader, cx);
            }
            answered(me, seq, Answer { unknown: true, ..Answer::of(code) }, cx);
        }
        Input::Timer(Timer::ClientRetry) => {
            me.retry = None;
            me.leader = next_after(me.leader, cx);
            send(me, cx);
        }
        Input::Timer(Timer::ClientLoad) => {
            me.load_next = me.load_next.plus_ms(me.load_ms).max(cx.now);
            let text = format!("{}={}", cx.id, me.seq + 1);
            begin(me, Arc::from(text), None, None, cx);
        }
        _ => cx.note(Event::Ignored { from: None, kind: "", why: Reason::Late }),
    }
}

fn begin(
    me: &mut Client,
    text: Arc<str>,
    expected_term: Option<u64>,
    token: Option<Token>,
    cx: &mut Cx<'_, Braft>,
) {
    me.seq += 1;
    me.operations.push_back(Operation { seq: me.seq, text, expected_term, token });
    if me.operations.len() == 1 {
        send(me, cx);
    }
}

fn next_after(node: NodeId, cx: &Cx<'_, Braft>) -> NodeId {
    NodeId((node.0 + 1) % cx.nodes.max(1))
}

fn send(me: &Client, cx: &mut Cx<'_, Braft>) {
    let Some(first) = me.operations.front() else { return };
    let body = Message::Apply { text: Arc::clone(&first.text), expected_term: first.expected_term };
    cx.note(Event::OperationSent { to: me.leader, seq: first.seq });
    let timeout = cx.settings.client_timeout_ms;
    let (ctx, broken_ms) = (Ctx::Apply { seq: first.seq }, broken_ms(cx.settings));
    cx.effects.push(Effect::Call { to: me.leader.into(), body, ctx, timeout_ms: Some(timeout), broken_ms });
}

fn finish(token: Option<Token>, answer: &Answer, cx: &mut Cx<'_, Braft>) {
    if let Some(token) = token {
        let outcome = outcome(answer, None, None);
        cx.effects.push(Effect::Answer { token, outcome });
    }
}

/// Who does not lead names the leader, or none; what was certainly not appended is tried again.
fn answered(me: &mut Client, seq: u32, answer: Answer, cx: &mut Cx<'_, Braft>) {
    let Some(first) = me.operations.front().filter(|first| first.seq == seq) else {
        return cx.note(Event::Ignored { from: None, kind: "Apply", why: Reason::Late });
    };
    let not_appended = match answer.code {
        Code::Eperm => !answer.unknown && first.expected_term.is_none(),
        Code::Ebusy | Code::Econnrefused => true,
        _ => false,
    };
    let again = not_appended && cx.settings.client_retry;
    match answer.leader {
        Some(leader) if again && leader != me.leader => {
            me.leader = leader;
            return send(me, cx);
        }
        _ if again => {
            me.retry = Some(cx.now.plus_ms(cx.settings.client_retry_ms));
            return;
        }
        _ => {}
    }
    let Some(done) = me.operations.pop_front() else { return };
    cx.note(Event::OperationEnded { seq, code: answer.code, unknown: answer.unknown });
    finish(done.token, &answer, cx);
    send(me, cx);
}
