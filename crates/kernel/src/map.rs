//! An ordered map for few entries, or for many that come at the end and go at the front, as entries of a log do.

use alloc::collections::VecDeque;
use alloc::collections::vec_deque::Iter;
use core::cmp::Ordering;
use core::ops::{Bound, RangeBounds};

use crate::{Digest, Hasher, Mode};

/// A map in ascending order of key, kept as a list. Where a tree would be faster, thousands of entries in no order,
/// nothing here goes; everywhere else the list is faster, and the page's module holds far less code for it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SortedMap<K, V> {
    items: VecDeque<(K, V)>,
}

impl<K, V> SortedMap<K, V> {
    /// An empty map.
    #[must_use]
    pub const fn new() -> Self {
        SortedMap { items: VecDeque::new() }
    }

    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether there is no entry.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Empties the map.
    pub fn clear(&mut self) {
        self.items.clear();
    }

    /// The entries in ascending order of key.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&K, &V)> + Clone {
        self.items.iter().map(pair)
    }

    /// The keys in ascending order.
    pub fn keys(&self) -> impl DoubleEndedIterator<Item = &K> + Clone {
        self.items.iter().map(|(key, _)| key)
    }

    /// The values in ascending order of key.
    pub fn values(&self) -> impl DoubleEndedIterator<Item = &V> + Clone {
        self.items.iter().map(|(_, value)| value)
    }

    /// Keeps only the entries for which `keep` is true.
    pub fn retain(&mut self, mut keep: impl FnMut(&K, &V) -> bool) {
        self.items.retain(|(key, value)| keep(key, value));
    }
}

fn pair<K, V>((key, value): &(K, V)) -> (&K, &V) {
    (key, value)
}

impl<K: Ord, V> SortedMap<K, V> {
    /// Where `key` stands, or where it would. The ends are looked at first: nearly everything happens there.
    fn place(&self, key: &K) -> Result<usize, usize> {
        let (Some((first, _)), Some((last, _))) = (self.items.front(), self.items.back()) else {
            return Err(0);
        };
        match key.cmp(first) {
            Ordering::Less => Err(0),
            Ordering::Equal => Ok(0),
            Ordering::Greater if key > last => Err(self.items.len()),
            Ordering::Greater => self.items.binary_search_by(|(other, _)| other.cmp(key)),
        }
    }

    /// What stands at `key`.
    #[must_use]
    pub fn get(&self, key: &K) -> Option<&V> {
        self.items.get(self.place(key).ok()?).map(|(_, value)| value)
    }

    /// What stands at `key`, to be changed.
    pub fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        let at = self.place(key).ok()?;
        self.items.get_mut(at).map(|(_, value)| value)
    }

    /// Whether something stands at `key`.
    #[must_use]
    pub fn contains_key(&self, key: &K) -> bool {
        self.place(key).is_ok()
    }

    /// Puts `value` at `key` and gives back what stood there.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        match self.place(&key) {
            Ok(at) => self.items.get_mut(at).map(|(_, old)| core::mem::replace(old, value)),
            Err(at) => {
                self.items.insert(at, (key, value));
                None
            }
        }
    }

    /// What stands at `key`; `make` when nothing does.
    pub fn get_or_insert_with(&mut self, key: K, make: impl FnOnce() -> V) -> &mut V {
        let at = self.place(&key).unwrap_or_else(|at| {
            self.items.insert(at, (key, make()));
            at
        });
        &mut self.items[at].1
    }

    /// Takes out what stands at `key`.
    pub fn remove(&mut self, key: &K) -> Option<V> {
        self.items.remove(self.place(key).ok()?).map(|(_, value)| value)
    }

    /// The entry with the lowest key.
    #[must_use]
    pub fn first_key_value(&self) -> Option<(&K, &V)> {
        self.items.front().map(pair)
    }

    /// The entry with the highest key.
    #[must_use]
    pub fn last_key_value(&self) -> Option<(&K, &V)> {
        self.items.back().map(pair)
    }

    /// The entries with a key in `keys`, in ascending order.
    pub fn range(&self, keys: impl RangeBounds<K>) -> impl DoubleEndedIterator<Item = (&K, &V)> + Clone {
        let from = match keys.start_bound() {
            Bound::Included(key) => self.place(key).unwrap_or_else(|at| at),
            Bound::Excluded(key) => self.place(key).map_or_else(|at| at, |at| at + 1),
            Bound::Unbounded => 0,
        };
        let to = match keys.end_bound() {
            Bound::Included(key) => self.place(key).map_or_else(|at| at, |at| at + 1),
            Bound::Excluded(key) => self.place(key).unwrap_or_else(|at| at),
            Bound::Unbounded => self.items.len(),
        };
        self.items.range(from..to.max(from)).map(pair)
    }
}

impl<K, V> Default for SortedMap<K, V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<'a, K, V> IntoIterator for &'a SortedMap<K, V> {
    type Item = (&'a K, &'a V);
    type IntoIter = core::iter::Map<Iter<'a, (K, V)>, fn(&'a (K, V)) -> (&'a K, &'a V)>;

    fn into_iter(self) -> Self::IntoIter {
        self.items.iter().map(pair)
    }
}

impl<K: Ord, V> FromIterator<(K, V)> for SortedMap<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let mut map = Self::new();
        for (key, value) in entries {
            map.insert(key, value);
        }
        map
    }
}

impl<K: Digest, V: Digest> Digest for SortedMap<K, V> {
    fn digest(&self, h: &mut Hasher) {
        h.word(self.items.len() as u64);
        for (key, value) in &self.items {
            key.digest(h);
            value.digest(h);
        }
    }
}

/// An ordered map whose run digest costs nothing to read: the sum of its entries' digests is kept as it changes.
#[derive(Clone, Debug)]
pub struct SumMap<K, V> {
    map: SortedMap<K, V>,
    /// Of all entries but the passing one.
    sum: u64,
    passing: Option<K>,
}

impl<K: Ord + Digest, V: Digest> SumMap<K, V> {
    fn entry_digest(key: &K, value: &V) -> u64 {
        let mut h = Hasher::new(Mode::Run);
        key.digest(&mut h);
        value.digest(&mut h);
        h.finish()
    }

    fn whole_sum(&self) -> u64 {
        let passing = self.passing.as_ref().and_then(|key| Some(Self::entry_digest(key, self.map.get(key)?)));
        self.sum.wrapping_add(passing.unwrap_or(0))
    }
}

impl<K: Ord + Digest + Clone, V: Digest> SumMap<K, V> {
    /// An empty map.
    #[must_use]
    pub fn new() -> Self {
        SumMap { map: SortedMap::new(), sum: 0, passing: None }
    }

    /// Puts `value` at `key` and gives back what stood there.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        let old = self.insert_passing(key, value);
        self.settle();
        old
    }

    /// The same for an entry that will be taken out soon: as long as it is the last one put in, it has no digest.
    pub fn insert_passing(&mut self, key: K, value: V) -> Option<V> {
        self.settle();
        let old = self.map.insert(key.clone(), value);
        if let Some(old) = &old {
            self.sum = self.sum.wrapping_sub(Self::entry_digest(&key, old));
        }
        self.passing = Some(key);
        old
    }

    fn settle(&mut self) {
        self.sum = self.whole_sum();
        self.passing = None;
    }

    /// Takes out what stands at `key`.
    pub fn remove(&mut self, key: &K) -> Option<V> {
        let old = self.map.remove(key)?;
        match &self.passing {
            Some(passing) if passing == key => self.passing = None,
            _ => self.sum = self.sum.wrapping_sub(Self::entry_digest(key, &old)),
        }
        Some(old)
    }

    /// Keeps only the entries for which `keep` is true.
    pub fn retain(&mut self, mut keep: impl FnMut(&K, &V) -> bool) {
        self.settle();
        let sum = &mut self.sum;
        self.map.retain(|key, value| {
            let kept = keep(key, value);
            if !kept {
                *sum = sum.wrapping_sub(Self::entry_digest(key, value));
            }
            kept
        });
    }

    /// Empties the map.
    pub fn clear(&mut self) {
        self.map.clear();
        (self.sum, self.passing) = (0, None);
    }

    /// What stands at `key`.
    #[must_use]
    pub fn get(&self, key: &K) -> Option<&V> {
        self.map.get(key)
    }

    /// The entries in ascending order of key; read only.
    #[must_use]
    pub fn as_map(&self) -> &SortedMap<K, V> {
        &self.map
    }

    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.map.len()
    }

    /// Whether there is no entry.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.map.is_empty()
    }
}

impl<K: Ord + Digest + Clone, V: Digest> Default for SumMap<K, V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K: Ord + Digest, V: Digest> Digest for SumMap<K, V> {
    fn digest(&self, h: &mut Hasher) {
        h.word(self.map.len() as u64);
        match h.mode() {
            Mode::Run => h.word(self.whole_sum()),
            Mode::State => self.map.digest(h),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest_of;
    use alloc::collections::BTreeMap;
    use alloc::vec::Vec;

    #[test]
    fn behaves_like_a_tree() {
        let (mut ours, mut tree, mut seed) = (SortedMap::new(), BTreeMap::new(), 3_u64);
        for round in 0..5000_u64 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let (key, other) = (seed >> 58, seed >> 50 & 0x3f);
            match seed >> 33 & 3 {
                0 => assert_eq!(ours.remove(&key), tree.remove(&key)),
                1 => {
                    *ours.get_or_insert_with(key, || 7) += round;
                    *tree.entry(key).or_insert(7) += round;
                }
                _ => assert_eq!(ours.insert(key, round), tree.insert(key, round)),
            }
            assert_eq!((ours.get(&other), ours.len()), (tree.get(&other), tree.len()));
            assert!(ours.iter().eq(&tree) && ours.keys().eq(tree.keys()) && ours.values().eq(tree.values()));
            assert_eq!(ours.first_key_value(), tree.first_key_value());
            assert_eq!(ours.last_key_value(), tree.last_key_value());
            let (low, high) = (key.min(other), key.max(other));
            assert!(ours.range(low..high).eq(tree.range(low..high)));
            assert!(ours.range(..=low).eq(tree.range(..=low)) && ours.range(low..).eq(tree.range(low..)));
            assert_eq!(digest_of(&ours, Mode::Run), digest_of(&tree, Mode::Run));
        }
        ours.retain(|key, _| key % 3 == 0);
        tree.retain(|key, _| key % 3 == 0);
        assert_eq!(ours.into_iter().collect::<Vec<_>>(), tree.iter().collect::<Vec<_>>());
    }

    #[test]
    fn sum_map_digest_follows_content_not_history() {
        let mut a = SumMap::new();
        let mut b = SumMap::new();
        for i in 0..100_u64 {
            a.insert(i, i * 3);
        }
        for i in (0..200_u64).rev() {
            b.insert(i, 7);
        }
        b.retain(|k, _| *k < 100);
        for i in 0..100_u64 {
            b.insert_passing(i, i * 3);
        }
        b.insert_passing(500, 1);
        b.remove(&500);
        assert_eq!(digest_of(&a, Mode::Run), digest_of(&b, Mode::Run));
        assert_eq!(digest_of(&a, Mode::State), digest_of(&b, Mode::State));
        b.remove(&5);
        assert_ne!(digest_of(&a, Mode::Run), digest_of(&b, Mode::Run));
    }
}
