//! Calls to peers: the time-outs that braft gives them, what brpc makes of a connection that failed, and calls given up.
//!
//! Source: braft ab0017f replicator.cpp, node.cpp; brpc 1.9.0 channel.cpp, socket_map.cpp, socket.cpp

use alloc::format;
use kernel::{Effect, NodeId, RpcFailure, Show, Time, Value, state, words};

use crate::codes::Code;
use crate::config::Config;
use crate::message::{Ctx, Message};
use crate::node::{Local, Node};

words! {
    /// What a cut link does to the calls over it.
    pub enum LinkCut {
        /// Their connection breaks: they fail.
        Reset = "reset",
        /// Nothing is told: they wait, and go on when it is healed.
        BlackHole = "black_hole",
    }
}

state! {
    /// A peer whose connection failed.
    pub struct BrokenPeer {
        /// Who.
        pub peer: NodeId = "peer_id",
        /// Until then calls to it fail at once.
        pub until: Time = "until",
    }
}

impl Show for Ctx {
    fn show(&self) -> Value {
        Value::Text(match self {
            Ctx::Heartbeat { sent, .. } => format!("sent at {} ms", sent.0 / 1000),
            Ctx::Install { index, .. } => format!("snapshot {index}"),
            other => format!("{other:?}"),
        })
    }
}

impl Node<'_, '_> {
    /// Calls a peer; without a time-out where braft sets none. After a connection failed a new one must be made first,
    /// which a cut link keeps from happening. While brpc takes a connection for broken the call fails at once, and after
    /// that the next one tries.
    ///
    /// Source: brpc 1.9.0 channel.cpp Channel::CallMethod; socket.cpp Socket::Connect, health_check_interval
    pub(crate) fn call(&mut self, peer: NodeId, body: Message, ctx: Ctx, timeout_ms: Option<u64>) {
        let now = self.cx.now;
        self.mem.broken_peers.retain(|broken| broken.until > now);
        if self.mem.broken_peers.iter().any(|broken| broken.peer == peer) {
            return self.local.push_back(Local::CallFails(peer, ctx));
        }
        let settings = self.cx.settings;
        let broken_ms = if self.mem.reconnects.has(peer) {
            Some(settings.raft_rpc_channel_connect_timeout_ms)
        } else {
            broken_ms(settings)
        };
        self.cx.effects.push(Effect::Call { to: peer.into(), body, ctx, timeout_ms, broken_ms });
    }

    /// Gives a call up: its end does not matter any more. The request is not taken back.
    ///
    /// Source: brpc 1.9.0 controller.cpp StartCancel
    pub(crate) fn cancel(&mut self, ctx: Ctx) {
        let cancelled = |local: &Local| matches!(local, Local::CallFails(_, other) if *other == ctx);
        self.local.retain(|local| !cancelled(local));
        self.cx.effects.push(Effect::Cancel(ctx));
    }

    /// A call got no answer. A failed connection is not tried again for a while; a time-out says nothing about it.
    pub(crate) fn rpc_failed(&mut self, peer: NodeId, ctx: Ctx, why: RpcFailure) {
        if why == RpcFailure::TimedOut {
            return self.call_failed(peer, ctx, code_of(why));
        }
        let never_made = why == RpcFailure::Broken && self.mem.reconnects.has(peer);
        self.mem.reconnects = self.mem.reconnects.with(peer);
        let delay_ms = self.cx.settings.reconnect_delay_ms;
        let known = self.mem.broken_peers.iter().any(|broken| broken.peer == peer);
        if delay_ms > 0 && !known {
            let until = self.cx.now.plus_ms(delay_ms);
            self.mem.broken_peers.push(BrokenPeer { peer, until });
        }
        self.call_failed(peer, ctx, if never_made { Code::Etimedout } else { code_of(why) });
    }
}

/// When a call fails whose request or answer was lost, if it does.
pub(crate) fn broken_ms(settings: &Config) -> Option<u64> {
    (settings.link_cut == LinkCut::Reset).then_some(settings.rpc_fail_ms)
}

/// What the caller is told.
pub(crate) fn code_of(why: RpcFailure) -> Code {
    match why {
        RpcFailure::TimedOut => Code::Erpctimedout,
        RpcFailure::Refused => Code::Econnrefused,
        RpcFailure::Broken => Code::Eeof,
    }
}
