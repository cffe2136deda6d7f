//! Nodes that take no writes, and witnesses: nodes without a state machine.
//!
//! Source: braft ab0017f node.cpp, replicator.cpp

use kernel::NodeId;

use crate::configuration::Set;
use crate::event::Event;
use crate::node::Node;

impl Node<'_, '_> {
    /// An operator lets this node take writes or not. Nobody is told: a leader sees it in the next answer to a
    /// heartbeat or probe.
    ///
    /// Source: braft ab0017f node.cpp NodeImpl::enter_readonly_mode, leave_readonly_mode
    pub(crate) fn set_node_readonly(&mut self, readonly: bool) {
        if core::mem::replace(&mut self.mem.node_readonly, readonly) != readonly {
            self.cx.note(Event::NodeReadonly { readonly });
        }
    }

    /// Whether this leader takes no commands.
    ///
    /// Source: braft ab0017f node.cpp NodeImpl::readonly
    pub(crate) fn readonly(&self) -> bool {
        self.mem.node_readonly || self.mem.majority_readonly
    }

    /// A peer's answer tells whether it takes writes. When that changed, its replicator stops or goes on sending
    /// commands, and the leader counts anew.
    ///
    /// Source: braft ab0017f node.cpp NodeImpl::change_readonly_config; replicator.cpp Replicator::change_readonly_config
    pub(crate) fn change_readonly_config(&mut self, peer: NodeId, readonly: bool) {
        if !self.mem.state.leads() {
            return;
        }
        let from = self.mem.lm.last_index() + 1;
        let Some(rep) = self.rep(peer) else { return };
        if readonly == (rep.readonly_index != 0) {
            return;
        }
        rep.readonly_index = if readonly { from } else { 0 };
        self.cx.note(Event::PeerReadonly { peer, readonly, from });
        self.check_majority_nodes_readonly();
        if !readonly {
            self.continue_sending(peer);
        }
    }

    /// Counts who takes writes: fewer than a quorum of either half, and this leader takes none.
    ///
    /// Source: braft ab0017f node.cpp NodeImpl::check_majority_nodes_readonly
    pub(crate) fn check_majority_nodes_readonly(&mut self) {
        if !self.mem.state.leads() {
            return;
        }
        let conf = self.mem.conf;
        let short = |peers: Set| {
            let readonly = |peer: &NodeId| match *peer {
                me if me == self.mem.id => self.mem.node_readonly,
                other => self.replicator(other).is_some_and(|rep| rep.readonly_index != 0),
            };
            !peers.is_empty() && peers.len() - peers.iter().filter(readonly).count() < peers.quorum()
        };
        let readonly = short(conf.peers) || short(conf.old_peers);
        if core::mem::replace(&mut self.mem.majority_readonly, readonly) != readonly {
            self.cx.note(Event::MajorityReadonly { readonly });
        }
    }

    /// Whether a node is a witness: it votes and stores where entries stand, but neither commands nor their effects.
    ///
    /// Source: braft ab0017f configuration.h PeerId::is_witness
    pub(crate) fn witness(&self, id: NodeId) -> bool {
        self.cx.settings.witness.contains(&id)
    }

    /// Whether a node may ever lead: a witness only by a flag.
    pub(crate) fn may_lead(&self, id: NodeId) -> bool {
        self.cx.settings.raft_enable_witness_to_leader || !self.witness(id)
    }

    /// A witness that may lead waits twice as long as others before it tries.
    ///
    /// Source: braft ab0017f node.cpp NodeImpl::init
    pub(crate) fn patience(&self) -> u64 {
        let doubles = self.witness(self.mem.id) && self.cx.settings.raft_enable_witness_to_leader;
        if doubles { 2 } else { 1 }
    }

    /// Whether entries go to this peer without the commands' texts.
    ///
    /// Source: braft ab0017f replicator.cpp Replicator::_prepare_entry
    pub(crate) fn sends_metadata(&self, peer: NodeId) -> bool {
        self.witness(peer) && !self.cx.settings.raft_enable_witness_to_leader
    }
}
