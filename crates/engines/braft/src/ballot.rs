//! A ballot: who granted, of one configuration or of both halves of a joint one.
//!
//! Source: braft ab0017f ballot.cpp Ballot

use alloc::string::String;
use kernel::{Digest, Hasher, NodeId, shown};

use crate::configuration::Set;

/// A ballot. Grants are kept as a set, so that a second one of the same peer adds nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Ballot {
    /// Who counts.
    pub peers: Set,
    /// Who counts in the old half.
    pub old_peers: Set,
    /// Who granted.
    pub grants: Set,
}

impl Ballot {
    /// A ballot of nobody's grants yet.
    ///
    /// Source: braft ab0017f ballot.cpp Ballot::init
    #[must_use]
    pub const fn new(peers: Set, old_peers: Set) -> Ballot {
        Ballot { peers, old_peers, grants: Set::EMPTY }
    }

    /// `peer` grants; strangers do not count.
    ///
    /// Source: braft ab0017f ballot.cpp Ballot::grant
    pub fn grant(&mut self, peer: NodeId) {
        if self.peers.or(self.old_peers).has(peer) {
            self.grants = self.grants.with(peer);
        }
    }

    /// Whether each half has its quorum.
    ///
    /// Source: braft ab0017f ballot.cpp Ballot::granted
    #[must_use]
    pub fn granted(&self) -> bool {
        let half = self.grants.and(self.peers).len() >= self.peers.quorum();
        half && (self.old_peers.is_empty()
            || self.grants.and(self.old_peers).len() >= self.old_peers.quorum())
    }

    /// As `2/3` or `1/2, 3/4`.
    #[must_use]
    pub fn tally(&self) -> String {
        let (of, old) = (self.peers.len(), self.old_peers.len());
        let granted = self.grants.and(self.peers).len();
        if old == 0 {
            return alloc::format!("{granted} of {of}");
        }
        alloc::format!("{granted} of {of} and {} of {old}", self.grants.and(self.old_peers).len())
    }
}

impl Digest for Ballot {
    fn digest(&self, h: &mut Hasher) {
        [self.peers, self.old_peers, self.grants].digest(h);
    }
}

shown! { Ballot { peers = "peers", old_peers = "old_peers", grants = "grants" } }

#[cfg(test)]
mod tests {
    use super::*;

    fn after(peers: &[u8], old: &[u8], grants: &[u8]) -> bool {
        let set = |ids: &[u8]| ids.iter().fold(Set::EMPTY, |set, id| set.with(NodeId(*id)));
        let mut ballot = Ballot::new(set(peers), set(old));
        grants.iter().for_each(|id| ballot.grant(NodeId(*id)));
        ballot.granted()
    }

    // The facts of braft's own tests (S22).
    #[test]
    fn three_peers_need_two_and_a_joint_ballot_both_halves() {
        assert!(!after(&[1, 2, 3], &[], &[1]) && after(&[1, 2, 3], &[], &[1, 2]));
        assert!(!after(&[1, 2, 3], &[], &[1, 1, 7]));
        assert!(!after(&[1, 2, 3], &[1, 2, 3, 4], &[1, 2]) && after(&[1, 2, 3], &[1, 2, 3, 4], &[1, 2, 4]));
        assert!(!after(&[], &[], &[1]));
    }
}
