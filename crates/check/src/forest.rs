//! Every entry ever appended anywhere, each once, with the entry it stands on. A node's log is then one entry, its
//! last; what is committed is a mark on the entries.

use alloc::sync::Arc;
use alloc::vec::Vec;

use kernel::{Chained, ChunkLog};

/// The term of an entry nobody told.
const NO_TERM: u64 = u64::MAX;
/// As a parent: nothing stands before the entry.
const NOTHING: u16 = u16::MAX;
/// As a parent: what stands before it was never told.
const UNKNOWN: u16 = u16::MAX - 1;
/// As a mark: nothing is committed there.
const OPEN: u16 = u16::MAX;
/// So many different entries are kept of one index.
const ORDINALS: usize = 4096;
/// So many indexes may be left out before an entry.
const GAP: u64 = 1 << 16;

/// An entry: its index, and which of those seen there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Leaf {
    pub index: u64,
    ordinal: u16,
}

/// A log, named by its last entry.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Tip {
    /// An empty log.
    Nothing,
    /// Its entries were never told.
    Unknown,
    /// It ends with this entry.
    Entry(Leaf),
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    term: u64,
    chain: u64,
    parent: u16,
}

/// The entries seen at one index: the first here, any others aside.
#[derive(Clone, Debug)]
struct Place {
    term: u64,
    chain: u64,
    parent: u16,
    committed: u16,
    empty: bool,
    others: Option<Arc<Vec<Entry>>>,
}

impl Chained for Place {
    /// Nobody compares this log, so it carries no digest.
    fn chain(&self, before: u64) -> u64 {
        before
    }
}

impl Place {
    const EMPTY: Place = Place { term: 0, chain: 0, parent: 0, committed: OPEN, empty: true, others: None };

    fn entry(&self, ordinal: u16) -> Option<Entry> {
        match (ordinal, &self.others) {
            (0, _) if self.empty => None,
            (0, _) => Some(Entry { term: self.term, chain: self.chain, parent: self.parent }),
            (more, Some(others)) => others.get(usize::from(more) - 1).copied(),
            (_, None) => None,
        }
    }

    fn entries(&self) -> impl Iterator<Item = (u16, Entry)> {
        (0..).map_while(|ordinal| Some((ordinal, self.entry(ordinal)?)))
    }

    fn put(&mut self, ordinal: u16, entry: Entry) {
        if ordinal == 0 {
            let Entry { term, chain, parent } = entry;
            *self = Place { term, chain, parent, empty: false, ..self.clone() };
            return;
        }
        let others = Arc::make_mut(self.others.get_or_insert_default());
        match others.get_mut(usize::from(ordinal) - 1) {
            Some(other) => *other = entry,
            None => others.push(entry),
        }
    }
}

/// All entries.
#[derive(Clone, Debug)]
pub(crate) struct Forest {
    places: ChunkLog<Place>,
}

impl Forest {
    pub fn new(first: u64) -> Self {
        Forest { places: ChunkLog::new(first) }
    }

    /// The entry with this digest at this index, if it was seen.
    pub fn find(&self, index: u64, chain: u64) -> Option<Leaf> {
        let (ordinal, _) = self.places.get(index)?.entries().find(|(_, entry)| entry.chain == chain)?;
        Some(Leaf { index, ordinal })
    }

    /// The entry with this digest at this index, and one of the same term with another digest, if they were seen.
    pub fn find_both(&self, index: u64, term: u64, chain: u64) -> (Option<Leaf>, Option<Leaf>) {
        let Some(place) = self.places.get(index) else { return (None, None) };
        let leaf = |(ordinal, _)| Leaf { index, ordinal };
        let same = place.entries().find(|(_, entry)| entry.chain == chain);
        let rival = place.entries().find(|(_, entry)| entry.term == term && entry.chain != chain);
        (same.map(leaf), rival.map(leaf))
    }

    fn entry(&self, leaf: Leaf) -> Option<Entry> {
        self.places.get(leaf.index)?.entry(leaf.ordinal)
    }

    /// The term of an entry, when it was told.
    pub fn term(&self, leaf: Leaf) -> Option<u64> {
        self.entry(leaf).map(|entry| entry.term).filter(|term| *term != NO_TERM)
    }

    /// The log before an entry.
    fn before(&self, leaf: Leaf) -> Tip {
        match (self.entry(leaf).map_or(UNKNOWN, |entry| entry.parent), leaf.index.checked_sub(1)) {
            (NOTHING, _) => Tip::Nothing,
            (UNKNOWN, _) | (_, None) => Tip::Unknown,
            (ordinal, Some(index)) => Tip::Entry(Leaf { index, ordinal }),
        }
    }

    /// The log that ends with `tip`, cut off after `index`.
    pub fn until(&self, mut tip: Tip, index: Option<u64>) -> Tip {
        while let Tip::Entry(leaf) = tip {
            if index.is_some_and(|index| leaf.index <= index) {
                break;
            }
            tip = self.before(leaf);
        }
        tip
    }

    /// Adds an entry, or finds it when it was seen. `None` when it is too far out to be kept.
    pub fn add(&mut self, index: u64, term: Option<u64>, chain: u64, on: Tip) -> Option<Leaf> {
        self.reach(index)?;
        let parent = match on {
            Tip::Nothing => NOTHING,
            Tip::Unknown => UNKNOWN,
            Tip::Entry(leaf) => leaf.ordinal,
        };
        let place = self.places.get(index)?;
        let seen = place.entries().find(|(_, entry)| entry.chain == chain);
        let (ordinal, mut entry) = match seen {
            Some((ordinal, entry))
                if (entry.term != NO_TERM || term.is_none()) && entry.parent != UNKNOWN =>
            {
                return Some(Leaf { index, ordinal });
            }
            Some(seen) => seen,
            None => (
                u16::try_from(place.entries().count()).ok()?,
                Entry { term: NO_TERM, chain, parent: UNKNOWN },
            ),
        };
        if usize::from(ordinal) >= ORDINALS {
            return None;
        }
        if entry.term == NO_TERM {
            entry.term = term.unwrap_or(NO_TERM);
        }
        if entry.parent == UNKNOWN {
            entry.parent = parent;
        }
        let mut place = place.clone();
        place.put(ordinal, entry);
        self.places.set(index, place);
        Some(Leaf { index, ordinal })
    }

    /// One past the last entry that both logs hold; `None` when that cannot be told.
    pub fn common_end(&self, a: Tip, b: Tip) -> Option<u64> {
        let (mut a, mut b) = (a, b);
        loop {
            match (a, b) {
                (Tip::Unknown, _) | (_, Tip::Unknown) => return None,
                (Tip::Nothing, _) | (_, Tip::Nothing) => return Some(0),
                (Tip::Entry(one), Tip::Entry(other)) if one == other => return Some(one.index + 1),
                (Tip::Entry(one), Tip::Entry(other)) => {
                    if one.index >= other.index {
                        a = self.before(one);
                    }
                    if other.index >= one.index {
                        b = self.before(other);
                    }
                }
            }
        }
    }

    /// Makes room up to `index`.
    fn reach(&mut self, index: u64) -> Option<()> {
        if self.places.is_empty() && index > self.places.end().saturating_add(GAP) {
            *self = Forest::new(index);
        }
        if index < self.places.first() || index > self.places.end().saturating_add(GAP) {
            return None;
        }
        while self.places.end() <= index {
            self.places.push(Place::EMPTY);
        }
        Some(())
    }

    /// The entry that is committed at `index`.
    pub fn committed(&self, index: u64) -> Option<Leaf> {
        let ordinal = self.places.get(index)?.committed;
        (ordinal != OPEN).then_some(Leaf { index, ordinal })
    }

    /// Marks the log that ends with `leaf` as committed where nothing is yet, and says whether it agrees with what
    /// was: `Ok(false)` when nothing was committed below it, or that cannot be told.
    ///
    /// # Errors
    /// The highest entry of this log in whose place another is committed.
    pub fn commit(&mut self, leaf: Leaf) -> Result<bool, Leaf> {
        let mut tip = Tip::Entry(leaf);
        while let Tip::Entry(leaf) = tip {
            if let Some(committed) = self.committed(leaf.index) {
                return if committed == leaf { Ok(true) } else { Err(leaf) };
            }
            let Some(place) = self.places.get(leaf.index) else { break };
            let mut place = place.clone();
            place.committed = leaf.ordinal;
            self.places.set(leaf.index, place);
            tip = self.before(leaf);
        }
        Ok(false)
    }

    /// The lowest index up to `until` at which this log and what is committed part; `None` when they do not.
    pub fn parting(&self, tip: Tip, until: u64) -> Option<u64> {
        let mut lowest = None;
        let mut tip = self.until(tip, Some(until));
        let mut index = until;
        loop {
            let own = match tip {
                Tip::Entry(leaf) if leaf.index == index => Some(leaf),
                Tip::Unknown => return lowest,
                Tip::Entry(_) | Tip::Nothing => None,
            };
            let committed = self.committed(index);
            if committed == own || committed.is_none() {
                return lowest;
            }
            lowest = Some(index);
            if let Some(leaf) = own {
                tip = self.before(leaf);
            }
            match index.checked_sub(1) {
                Some(below) => index = below,
                None => return lowest,
            }
        }
    }
}
