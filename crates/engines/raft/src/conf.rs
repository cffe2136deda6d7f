//! Sets of nodes, configs, and the arithmetic of their quorums.

use alloc::string::String;
pub use kernel::NodeSet as Set;
use kernel::{Digest, Hasher, NodeId, Show, Value, is_majority, quorum_index};

/// How an election stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tally {
    /// A majority of each half granted.
    Won,
    /// In some half that cannot be any more.
    Lost,
    /// Not decided.
    Pending,
}

/// Who takes part. While `outgoing` is not empty the config is joint: everything needs a majority of both halves.
///
/// Source: etcd-io/raft tracker/tracker.go Config; dissertation 4.3
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Conf {
    /// Who votes (in a joint config: the new half).
    pub voters: Set,
    /// The old half of a joint config.
    pub outgoing: Set,
    /// Who gets the log without a vote.
    pub learners: Set,
    /// Voters of the old half that become learners when the joint config is left.
    pub learners_next: Set,
    /// Whether the leader leaves the joint config as soon as it may.
    pub auto_leave: bool,
}

impl Conf {
    /// Whether it is joint.
    #[must_use]
    pub const fn joint(&self) -> bool {
        !self.outgoing.is_empty()
    }

    /// Who votes, in either half.
    #[must_use]
    pub const fn all_voters(&self) -> Set {
        self.voters.or(self.outgoing)
    }

    /// Who gets the log.
    #[must_use]
    pub const fn members(&self) -> Set {
        self.all_voters().or(self.learners)
    }

    /// Whether `yes` holds a majority of each half that is not empty.
    ///
    /// Source: etcd-io/raft quorum/joint.go VoteResult
    #[must_use]
    pub fn quorum(&self, yes: Set) -> bool {
        let half = |voters: Set| voters.is_empty() || is_majority(voters.and(yes).len(), voters.len());
        !self.all_voters().is_empty() && half(self.voters) && half(self.outgoing)
    }

    /// How an election stands.
    #[must_use]
    pub fn tally(&self, granted: Set, rejected: Set) -> Tally {
        if self.quorum(granted) {
            Tally::Won
        } else if self.quorum(self.all_voters().minus(rejected)) {
            Tally::Pending
        } else {
            Tally::Lost
        }
    }

    /// The largest value that a quorum has reached: of a joint config the smaller of the halves' values.
    ///
    /// Source: etcd-io/raft quorum/joint.go CommittedIndex
    pub fn reached(&self, mut value: impl FnMut(NodeId) -> u64) -> u64 {
        let mut least = u64::MAX;
        for half in [self.voters, self.outgoing] {
            let mut all = [0; 16];
            for (place, id) in all.iter_mut().zip(half.iter()) {
                *place = i64::try_from(value(id)).unwrap_or(i64::MAX);
            }
            if let Some(middle) = quorum_index(&mut all[..half.len()]) {
                least = least.min(middle.unsigned_abs());
            }
        }
        if self.all_voters().is_empty() { 0 } else { least }
    }

    /// The config after the joint one is left.
    #[must_use]
    pub const fn left(&self) -> Conf {
        Conf {
            outgoing: Set::EMPTY,
            learners: self.learners.or(self.learners_next),
            learners_next: Set::EMPTY,
            auto_leave: false,
            ..*self
        }
    }

    /// As a badge shows it: `{012}`, joint `{034|012}`, with learners `{01+2}`, with learners to be `{01|12>2}`.
    #[must_use]
    pub fn badge(&self) -> String {
        let mut out = String::from("{");
        let parts =
            [(' ', self.voters), ('|', self.outgoing), ('+', self.learners), ('>', self.learners_next)];
        for (sign, set) in parts {
            if sign != ' ' && !set.is_empty() {
                out.push(sign);
            }
            out.push_str(&set.digits());
        }
        out.push('}');
        out
    }
}

impl Digest for Conf {
    fn digest(&self, h: &mut Hasher) {
        [self.voters, self.outgoing, self.learners, self.learners_next].digest(h);
        self.auto_leave.digest(h);
    }
}

impl Show for Conf {
    fn show(&self) -> Value {
        let explicit = if self.joint() && !self.auto_leave { " explicit" } else { "" };
        Value::Text(self.badge() + explicit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(bits: u16) -> Set {
        (0..16).filter(|id| bits >> id & 1 == 1).fold(Set::EMPTY, |set, id| set.with(NodeId(id)))
    }

    #[test]
    fn a_joint_quorum_is_two_majorities_and_never_one_of_the_union() {
        // Second computation: count each half by hand, over all configs and answers of five nodes.
        let half =
            |voters: u16, yes: u16| 2 * (voters & yes).count_ones() > voters.count_ones() || voters == 0;
        for voters in 1..32 {
            for outgoing in 0..32 {
                let conf = Conf { voters: set(voters), outgoing: set(outgoing), ..Conf::default() };
                for yes in 0..32 {
                    let counted = half(voters, yes) && half(outgoing, yes);
                    assert_eq!(conf.quorum(set(yes)), counted);
                    let others = set(!yes & (voters | outgoing));
                    let lost = !counted;
                    assert_eq!(conf.tally(set(yes), others) == Tally::Lost, lost);
                    assert_eq!(conf.tally(set(yes), others) == Tally::Won, counted);
                }
            }
        }
        let union = Conf { voters: set(0b11001), outgoing: set(0b00111), ..Conf::default() };
        assert!(!union.quorum(set(0b00111)), "three of five, but no majority of the new half");
    }

    #[test]
    fn reached_is_what_a_quorum_holds() {
        for voters in 1..8_u16 {
            for outgoing in 0..8_u16 {
                let conf = Conf { voters: set(voters), outgoing: set(outgoing), ..Conf::default() };
                for code in 0..64_u64 {
                    let value = |id: NodeId| code / 4_u64.pow(u32::from(id.0)) % 4;
                    let holds =
                        |n: u64| set((0..3).filter(|i| value(NodeId(*i)) >= n).fold(0, |b, i| b | 1 << i));
                    let counted = (0..4).rev().find(|n| conf.quorum(holds(*n))).expect("all hold 0");
                    assert_eq!(conf.reached(value), counted);
                }
            }
        }
        assert_eq!(Conf::default().reached(|_| 7), 0);
    }

    #[test]
    fn leaving_turns_demoted_voters_into_learners() {
        let joint = Conf {
            voters: set(0b011),
            outgoing: set(0b110),
            learners_next: set(0b100),
            auto_leave: true,
            ..Conf::default()
        };
        assert_eq!(joint.badge(), "{01|12>2}");
        assert_eq!(joint.left(), Conf { voters: set(0b011), learners: set(0b100), ..Conf::default() });
        assert_eq!(joint.left().badge(), "{01+2}");
    }
}
