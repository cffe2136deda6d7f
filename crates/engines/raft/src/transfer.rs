//! Handing leadership over.
//!
//! Source: dissertation 3.10; etcd-io/raft raft.go stepLeader (MsgTransferLeader)

use kernel::{NodeId, Time, Token, state};

use crate::codes::{Code, Reason, Role};
use crate::event::Event;
use crate::message::{Body, Responder};
use crate::node::Node;

state! {
    /// A transfer under way; proposals are refused meanwhile.
    pub struct Transfer {
        /// To whom.
        pub target: NodeId = "transferee",
        /// Since when.
        pub started: Time = "transfer_elapsed_since",
        /// It was told to campaign.
        pub told: bool = "timeout_now_sent",
        /// The command.
        pub token: Token = "command",
    }
}

impl Node<'_, '_> {
    /// An operator asks this leader to hand over.
    pub(crate) fn transfer(&mut self, token: Token, target: NodeId) {
        let (me, now, last) = (self.mem.id, self.cx.now, self.disk.last_index());
        let voter = self.mem.config.all_voters().has(target);
        let Some(leader) = &mut self.mem.leader else { return self.answer_command(token, Code::NotLeader) };
        if target == me || !voter {
            return self.answer_command(token, Code::Refused);
        }
        let old = leader.transfer.as_ref().map(|transfer| (transfer.target, transfer.token));
        match old {
            Some((to, _)) if to == target => return self.answer_command(token, Code::InProgress),
            Some((_, old)) => self.answer_command(old, Code::Replaced),
            None => {}
        }
        self.cx.note(Event::TransferStarted { to: target });
        let Some(leader) = &mut self.mem.leader else { return };
        leader.transfer = Some(Transfer { target, started: now, told: false, token });
        let caught_up = leader.progress.get(target).is_some_and(|p| p.matched == last);
        if caught_up {
            self.caught_up(target);
        } else {
            self.send_append(target, true);
        }
    }

    /// The transfer's target holds everything: it is told to campaign. A new server's round may have ended too.
    pub(crate) fn caught_up(&mut self, peer: NodeId) {
        let last = self.disk.last_index();
        let Some(leader) = &mut self.mem.leader else { return };
        if leader.transfer.is_none() && leader.catch_up.is_none() {
            return;
        }
        let matched = leader.progress.get(peer).map_or(0, |p| p.matched);
        let waits = |t: &&mut Transfer| t.target == peer && matched == last && !t.told;
        if let Some(transfer) = leader.transfer.as_mut().filter(waits) {
            transfer.told = true;
            leader.lease_revoked = true;
            self.cx.note(Event::TimeoutNowSent { to: peer });
            self.send(peer, Body::TimeoutNow);
        }
        self.catch_up_round(peer, matched);
    }

    /// Whether `peer` was told to take over.
    pub(crate) fn hands_over_to(&self, peer: NodeId) -> bool {
        let transfer = self.mem.leader.as_ref().and_then(|leader| leader.transfer.as_ref());
        transfer.is_some_and(|transfer| transfer.target == peer && transfer.told)
    }

    /// The transfer did not end within T: proposals are accepted again.
    pub(crate) fn transfer_timed_out(&mut self) {
        self.end_transfer(Code::TimedOut);
    }

    /// Ends the transfer here.
    pub(crate) fn end_transfer(&mut self, code: Code) {
        let Some(transfer) = self.mem.leader.as_mut().and_then(|leader| leader.transfer.take()) else {
            return;
        };
        self.cx.note(Event::TransferEnded { code });
        self.answer(Responder::Command(transfer.token), code, 0, None);
    }

    /// The leader asks this node to campaign at once.
    ///
    /// Source: etcd-io/raft raft.go stepFollower (MsgTimeoutNow)
    pub(crate) fn handle_timeout_now(&mut self, from: NodeId) {
        if self.mem.role != Role::Follower {
            return self.ignore(Some(from), "TimeoutNow", Reason::WrongRole);
        }
        self.campaign(true);
    }
}
