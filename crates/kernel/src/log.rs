//! A log that is cheap to copy: two levels of shared chunks, with a chain digest at every entry.

use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::{Digest, Hasher};

const CHUNK: usize = 32;
const BLOCK: usize = CHUNK * 32;

/// What a log holds: an entry that can be chained into a running digest.
pub trait Chained: Clone {
    /// The digest of the log up to and with this entry, given the digest before it.
    fn chain(&self, before: u64) -> u64;
}

#[derive(Clone, Debug)]
struct Slot<T> {
    entry: T,
    chain: u64,
}

type Chunk<T> = Arc<Vec<Slot<T>>>;
type Block<T> = Arc<Vec<Chunk<T>>>;

/// Entries `first .. first + len`, each addressed by its index in the real system's numbering.
#[derive(Clone, Debug)]
pub struct ChunkLog<T> {
    blocks: Vec<Block<T>>,
    /// Index of position 0 of `blocks[0]`.
    origin: u64,
    first: u64,
    end: u64,
    base_chain: u64,
    /// The chain digest of the whole log.
    chain: u64,
}

impl<T: Chained> ChunkLog<T> {
    /// An empty log whose first entry will have index `first`.
    #[must_use]
    pub fn new(first: u64) -> Self {
        ChunkLog { blocks: Vec::new(), origin: first, first, end: first, base_chain: 0, chain: 0 }
    }

    /// An empty log whose first entry will have index `first`, after a prefix with the given chain digest: what a
    /// snapshot of another node leaves.
    #[must_use]
    pub fn restart(first: u64, base_chain: u64) -> Self {
        ChunkLog { base_chain, chain: base_chain, ..ChunkLog::new(first) }
    }

    /// Index of the first entry held; equal to [`Self::end`] when empty.
    #[must_use]
    pub fn first(&self) -> u64 {
        self.first
    }

    /// One past the index of the last entry.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.end
    }

    /// How many entries are held.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.end - self.first
    }

    /// Whether no entry is held.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.end == self.first
    }

    fn slot(&self, index: u64) -> Option<&Slot<T>> {
        if index < self.first || index >= self.end {
            return None;
        }
        let at = usize::try_from(index - self.origin).ok()?;
        self.blocks.get(at / BLOCK)?.get(at % BLOCK / CHUNK)?.get(at % CHUNK)
    }

    /// The entry at `index`, when it is held.
    #[must_use]
    pub fn get(&self, index: u64) -> Option<&T> {
        self.slot(index).map(|slot| &slot.entry)
    }

    /// The last entry.
    #[must_use]
    pub fn last(&self) -> Option<&T> {
        self.end.checked_sub(1).and_then(|index| self.get(index))
    }

    /// The chain digest of all entries up to and with `index`; of the dropped prefix for the index before the
    /// first. `None` outside.
    #[must_use]
    pub fn chain_at(&self, index: u64) -> Option<u64> {
        if index.wrapping_add(1) == self.first {
            return Some(self.base_chain);
        }
        self.slot(index).map(|slot| slot.chain)
    }

    /// The chain digest of the whole log.
    #[must_use]
    pub fn chain(&self) -> u64 {
        self.chain
    }

    /// Appends `entry` at [`Self::end`].
    pub fn push(&mut self, entry: T) {
        let chain = entry.chain(self.chain);
        let at = usize::try_from(self.end - self.origin).expect("a log fits in memory");
        if at.is_multiple_of(BLOCK) {
            self.blocks.push(Arc::new(Vec::new()));
        }
        let block = Arc::make_mut(self.blocks.last_mut().expect("a block was just ensured"));
        if at.is_multiple_of(CHUNK) {
            block.push(Arc::new(Vec::with_capacity(CHUNK)));
        }
        let chunk = Arc::make_mut(block.last_mut().expect("a chunk was just ensured"));
        chunk.push(Slot { entry, chain });
        self.end += 1;
        self.chain = chain;
    }

    /// Puts `entry` in the place of the one at `index`, which must be held, and gives the old one back. The chain
    /// digests after it follow; that stops where nothing changes any more.
    pub fn set(&mut self, index: u64, entry: T) -> Option<T> {
        self.slot(index)?;
        let mut before = self.chain_at(index.wrapping_sub(1)).unwrap_or(self.base_chain);
        let mut old = None;
        let mut entry = Some(entry);
        for at in index..self.end {
            let slot = self.slot_mut(at)?;
            if let Some(entry) = entry.take() {
                old = Some(core::mem::replace(&mut slot.entry, entry));
            }
            let chain = slot.entry.chain(before);
            if chain == slot.chain {
                return old;
            }
            slot.chain = chain;
            before = chain;
        }
        self.chain = before;
        old
    }

    /// The slot of an index that is held, in a chunk of its own.
    fn slot_mut(&mut self, index: u64) -> Option<&mut Slot<T>> {
        let at = usize::try_from(index - self.origin).ok()?;
        let block = Arc::make_mut(self.blocks.get_mut(at / BLOCK)?);
        Arc::make_mut(block.get_mut(at % BLOCK / CHUNK)?).get_mut(at % CHUNK)
    }

    /// Removes every entry at `end` and after. No-op when `end` is past the log.
    pub fn truncate(&mut self, end: u64) {
        let end = end.max(self.first);
        if end >= self.end {
            return;
        }
        let keep = usize::try_from(end - self.origin).expect("a log fits in memory");
        self.blocks.truncate(keep.div_ceil(BLOCK));
        if let Some(block) = self.blocks.last_mut().filter(|_| !keep.is_multiple_of(BLOCK)) {
            let in_block = keep % BLOCK;
            let block = Arc::make_mut(block);
            block.truncate(in_block.div_ceil(CHUNK));
            if let Some(chunk) = block.last_mut().filter(|_| !in_block.is_multiple_of(CHUNK)) {
                Arc::make_mut(chunk).truncate(in_block % CHUNK);
            }
        }
        self.end = end;
        self.chain = self.chain_at(end.wrapping_sub(1)).unwrap_or(self.base_chain);
    }

    /// Forgets every entry before `first`. No-op when it is not above the present first; past the end, the log
    /// becomes empty at `first`.
    pub fn drop_prefix(&mut self, first: u64) {
        if first <= self.first {
            return;
        }
        if first >= self.end {
            *self = ChunkLog::restart(first, self.chain);
            return;
        }
        self.base_chain = self.chain_at(first - 1).unwrap_or(self.base_chain);
        self.first = first;
        while self.first - self.origin >= BLOCK as u64 {
            self.blocks.remove(0);
            self.origin += BLOCK as u64;
        }
    }

    /// The entries from `from` on, in order.
    pub fn iter_from(&self, from: u64) -> impl Iterator<Item = &T> {
        (from.max(self.first)..self.end).filter_map(|index| self.get(index))
    }
}

impl<T: Chained> Digest for ChunkLog<T> {
    fn digest(&self, h: &mut Hasher) {
        h.word(self.first);
        h.word(self.end);
        h.word(self.chain());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Chained for u64 {
        fn chain(&self, before: u64) -> u64 {
            let mut h = Hasher::new(crate::Mode::Run);
            h.word(before);
            h.word(*self);
            h.finish()
        }
    }

    /// The same operations on a plain vector.
    struct Plain {
        first: u64,
        entries: Vec<u64>,
    }

    #[test]
    fn behaves_like_a_vector() {
        let mut log = ChunkLog::new(0);
        let mut plain = Plain { first: 0, entries: Vec::new() };
        let mut seed = 7_u64;
        for round in 0..20_000_u64 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let pick = seed >> 33;
            match pick % 400 {
                0 => {
                    let len = plain.entries.len() as u64;
                    let end = plain.first + if len == 0 { 0 } else { pick / 400 % len };
                    log.truncate(end);
                    plain.entries.truncate(usize::try_from(end - plain.first).expect("small"));
                }
                1 => {
                    let first = (plain.first + pick / 400 % 50).min(plain.first + plain.entries.len() as u64);
                    log.drop_prefix(first);
                    plain.entries.drain(..usize::try_from(first - plain.first).expect("small"));
                    plain.first = first;
                }
                _ => {
                    log.push(round);
                    plain.entries.push(round);
                }
            }
            assert_eq!(log.first(), plain.first);
            assert_eq!(log.len(), plain.entries.len() as u64);
            assert_eq!(log.last(), plain.entries.last());
            assert_eq!(Some(log.chain()), log.chain_at(log.end().wrapping_sub(1)));
        }
        let all: Vec<u64> = log.iter_from(0).copied().collect();
        assert_eq!(all, plain.entries);
    }

    #[test]
    fn a_copy_is_untouched_by_the_original() {
        let mut log = ChunkLog::new(1);
        for i in 0..5000_u64 {
            log.push(i);
        }
        let copy = log.clone();
        let chain = copy.chain();
        log.truncate(100);
        log.push(9);
        assert_eq!(copy.len(), 5000);
        assert_eq!(copy.chain(), chain);
        assert_eq!(copy.get(5000), Some(&4999));
        assert_eq!(log.chain_at(99), copy.chain_at(99));
        assert_ne!(log.chain(), copy.chain_at(100).expect("held"));
    }

    #[test]
    fn an_entry_replaced_chains_as_if_it_had_always_been_there() {
        let mut log = ChunkLog::new(3);
        let mut other = ChunkLog::new(3);
        for i in 0..3000_u64 {
            log.push(i);
            other.push(if i == 40 { 7 } else { i });
        }
        let copy = log.clone();
        assert_eq!(log.set(43, 7), Some(40));
        for index in 2..3003 {
            assert_eq!(log.chain_at(index), other.chain_at(index));
            assert_eq!(log.get(index), other.get(index));
        }
        assert_eq!((copy.get(43), log.set(2, 1), log.set(3003, 1)), (Some(&40), None, None));
        assert_eq!(log.set(43, 40), Some(7));
        assert_eq!(log.chain(), copy.chain());
    }

    #[test]
    fn empty_after_a_prefix_dropped_past_the_end() {
        let mut log = ChunkLog::new(0);
        log.push(1);
        log.drop_prefix(10);
        assert!(log.is_empty());
        assert_eq!((log.first(), log.end()), (10, 10));
        log.push(2);
        assert_eq!(log.get(10), Some(&2));
    }
}
