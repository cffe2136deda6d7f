//! A map from terms to small values, cheap to copy however many terms there were.

use kernel::{Chained, ChunkLog};

#[derive(Clone, Copy, Debug)]
struct Row<V> {
    term: u64,
    value: V,
}

impl<V: Copy> Chained for Row<V> {
    /// Nobody compares these logs, so they carry no digest.
    fn chain(&self, before: u64) -> u64 {
        before
    }
}

/// Ascending by term. Nearly every insertion is at the end; one before it costs what stands behind it.
#[derive(Clone, Debug)]
pub(crate) struct Terms<V> {
    rows: ChunkLog<Row<V>>,
}

impl<V: Copy> Terms<V> {
    pub fn new() -> Self {
        Terms { rows: ChunkLog::new(0) }
    }

    /// Position of the first row for which `after` is true; `after` is false, then true along the rows.
    fn position(&self, after: impl Fn(u64, V) -> bool) -> u64 {
        let (mut low, mut high) = (0, self.rows.end());
        while low < high {
            let middle = low + (high - low) / 2;
            match self.rows.get(middle) {
                Some(row) if !after(row.term, row.value) => low = middle + 1,
                _ => high = middle,
            }
        }
        low
    }

    fn row(&self, at: u64) -> Option<(u64, V)> {
        self.rows.get(at).map(|row| (row.term, row.value))
    }

    pub fn get(&self, term: u64) -> Option<V> {
        let found = self.row(self.position(|other, _| other >= term))?;
        (found.0 == term).then_some(found.1)
    }

    /// The row of the highest term below `term`.
    pub fn below(&self, term: u64) -> Option<(u64, V)> {
        self.row(self.position(|other, _| other >= term).checked_sub(1)?)
    }

    /// The first row whose value is at least `value`, when values ascend too.
    pub fn reaching(&self, value: V) -> Option<(u64, V)>
    where
        V: Ord,
    {
        self.row(self.position(|_, other| other >= value))
    }

    /// Puts `value` at `term`.
    pub fn insert(&mut self, term: u64, value: V) {
        self.insert_and_drop(term, value, |_| false);
    }

    /// Puts `value` at `term` and takes out every row of a higher term for which `drop` is true.
    fn insert_and_drop(&mut self, term: u64, value: V, drop: impl Fn(V) -> bool) {
        let at = self.position(|other, _| other >= term);
        let tail = self.rows.iter_from(at).copied().filter(|row| row.term > term && !drop(row.value));
        let tail: alloc::vec::Vec<Row<V>> = tail.collect();
        self.rows.truncate(at);
        self.rows.push(Row { term, value });
        tail.into_iter().for_each(|row| self.rows.push(row));
    }
}

impl Terms<u64> {
    /// Raises the value at `term` to `value`: values stay strictly ascending, so it changes nothing when a lower or
    /// the same term reaches it already, and takes away higher terms that do not go beyond it.
    pub fn raise(&mut self, term: u64, value: u64) {
        let at = self.position(|other, _| other > term).wrapping_sub(1);
        match self.row(at) {
            Some((_, reached)) if reached >= value => {}
            // Nearly always: what is committed goes on in the latest term.
            Some((latest, _)) if latest == term && at + 1 == self.rows.end() => {
                self.rows.set(at, Row { term, value });
            }
            _ => self.insert_and_drop(term, value, |other| other <= value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::collections::BTreeMap;

    #[test]
    fn behaves_like_a_map() {
        let (mut terms, mut map, mut seed) = (Terms::new(), BTreeMap::new(), 9_u64);
        for _ in 0..3000 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let (term, value) = (seed >> 54, seed >> 40 & 0xff);
            terms.insert(term, value);
            map.insert(term, value);
            let probe = seed >> 44 & 0x3ff;
            assert_eq!(terms.get(probe), map.get(&probe).copied());
            assert_eq!(terms.below(probe), map.range(..probe).next_back().map(|(t, v)| (*t, *v)));
        }
    }

    #[test]
    fn a_raised_frontier_says_what_all_raises_together_say() {
        let (mut terms, mut raises, mut seed) = (Terms::new(), alloc::vec::Vec::new(), 5_u64);
        for _ in 0..2000 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let (term, value) = (seed >> 58, seed >> 40 & 0xff);
            terms.raise(term, value);
            raises.push((term, value));
            let probe = seed >> 50 & 0x3f;
            // Second computation: the highest value any raise below the probe named.
            let said = raises.iter().filter(|(t, _)| *t < probe).map(|(_, v)| *v).max();
            assert_eq!(terms.below(probe).map(|(_, v)| v), said);
            let first = raises.iter().filter(|(_, v)| *v >= value).map(|(t, _)| *t).min();
            assert_eq!(terms.reaching(value).map(|(t, _)| t), first);
        }
    }
}
