//! Sets of nodes as one word: who votes, who granted.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::{Digest, Hasher, NodeId, Show, Value, majority};

/// A set of nodes, iterated in ascending order.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct NodeSet(u16);

impl NodeSet {
    /// Nobody.
    pub const EMPTY: NodeSet = NodeSet(0);

    /// The first `count` nodes.
    #[must_use]
    pub const fn first(count: u8) -> NodeSet {
        NodeSet(if count >= 16 { u16::MAX } else { (1 << count) - 1 })
    }

    /// These nodes.
    #[must_use]
    pub fn of(nodes: &[NodeId]) -> NodeSet {
        nodes.iter().fold(NodeSet::EMPTY, |set, id| set.with(*id))
    }

    /// Whether `id` is in it.
    #[must_use]
    pub const fn has(self, id: NodeId) -> bool {
        id.0 < 16 && self.0 >> id.0 & 1 == 1
    }

    /// With `id`.
    #[must_use]
    pub const fn with(self, id: NodeId) -> NodeSet {
        if id.0 < 16 { NodeSet(self.0 | 1 << id.0) } else { self }
    }

    /// Without `id`.
    #[must_use]
    pub const fn without(self, id: NodeId) -> NodeSet {
        self.minus(NodeSet::EMPTY.with(id))
    }

    /// Without these.
    #[must_use]
    pub const fn minus(self, others: NodeSet) -> NodeSet {
        NodeSet(self.0 & !others.0)
    }

    /// Those in either.
    #[must_use]
    pub const fn or(self, other: NodeSet) -> NodeSet {
        NodeSet(self.0 | other.0)
    }

    /// Those in both.
    #[must_use]
    pub const fn and(self, other: NodeSet) -> NodeSet {
        NodeSet(self.0 & other.0)
    }

    /// Whether nobody is in it.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// How many are in it.
    #[must_use]
    pub const fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// How many make a quorum; of nobody one, who does not exist.
    #[must_use]
    pub const fn quorum(self) -> usize {
        majority(self.len())
    }

    /// Its nodes, ascending.
    pub fn iter(self) -> impl Iterator<Item = NodeId> {
        let mut rest = self.0;
        core::iter::from_fn(move || {
            let id = (rest != 0).then_some(rest.trailing_zeros())?;
            rest &= rest - 1;
            u8::try_from(id).ok().map(NodeId)
        })
    }

    /// As digits: `012`; more than five in a row by their ends: `0–6`.
    #[must_use]
    pub fn digits(self) -> String {
        let mut out = String::new();
        let mut rest: Vec<u8> = self.iter().map(|id| id.0).collect();
        while let Some(&first) = rest.first() {
            let row = rest.iter().zip(first..).take_while(|(id, next)| *id == next).count();
            let last = first + row as u8 - 1;
            if row > 5 {
                out.push_str(&alloc::format!("{first}–{last}"));
            } else {
                out.extend((first..=last).map(|id| id.to_string()));
            }
            rest.drain(..row);
        }
        out
    }
}

impl Digest for NodeSet {
    #[inline]
    fn digest(&self, h: &mut Hasher) {
        h.word(u64::from(self.0));
    }
}

/// Several sets that always go together are one word.
impl<const N: usize> Digest for [NodeSet; N] {
    #[inline]
    fn digest(&self, h: &mut Hasher) {
        const { assert!(N <= 4, "a word holds four sets") }
        h.word(self.iter().fold(0, |word, set| word << 16 | u64::from(set.0)));
    }
}

impl Show for NodeSet {
    fn show(&self) -> Value {
        Value::List(self.iter().map(Value::Node).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_row_of_digits_is_told_by_its_ends() {
        let set = |ids: &[u8]| NodeSet::of(&ids.iter().copied().map(NodeId).collect::<Vec<_>>()).digits();
        assert_eq!(set(&[]), "");
        assert_eq!(set(&[0, 1, 2, 3, 4]), "01234");
        assert_eq!(set(&[0, 1, 2, 3, 4, 5, 6]), "0–6");
        assert_eq!(set(&[0, 2, 3, 4, 5, 6, 7, 9]), "02–79");
    }
}
