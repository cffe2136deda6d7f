//! An entry of the log.

use alloc::string::String;
use alloc::sync::Arc;
use kernel::{Chained, Digest, Hasher, Mode, Show, Value};

use crate::config::ENTRY_HEADER_BYTES;

/// Magic number of an ordinary entry.
pub const MAGIC_NORMAL: u8 = 1;
/// Magic number of a V4 entry without content.
pub const MAGIC_NOOP: u8 = 2;

/// What a client writes: a text, and how many bytes it stands for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Payload {
    /// The text.
    pub text: Arc<str>,
    /// Its length on disk, bytes; at least the text's.
    pub len: u32,
}

impl Payload {
    /// A payload of exactly this text.
    #[must_use]
    pub fn new(text: &str) -> Payload {
        Payload::sized(text, 0)
    }

    /// A payload of this text that stands for at least `len` bytes.
    #[must_use]
    pub fn sized(text: &str, len: u32) -> Payload {
        let own = u32::try_from(text.len()).unwrap_or(u32::MAX);
        Payload { text: Arc::from(text), len: own.max(len) }
    }
}

impl Digest for Payload {
    fn digest(&self, h: &mut Hasher) {
        self.text.digest(h);
        self.len.digest(h);
    }
}

/// An entry: DLedgerEntry without its unused channel and check sums.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// Where it stands.
    pub index: i64,
    /// The term of the leader that wrote it.
    pub term: i64,
    /// 1 ordinary, 2 NOOP (V4).
    pub magic: u8,
    /// Header and body, bytes.
    pub size: u64,
    /// Byte offset in the data files.
    pub pos: u64,
    /// The content.
    pub body: Payload,
}

impl Entry {
    /// An entry at `index`, written at byte `pos`.
    #[must_use]
    pub fn new(index: i64, term: i64, magic: u8, pos: u64, body: Payload) -> Entry {
        Entry { index, term, magic, size: ENTRY_HEADER_BYTES + u64::from(body.len), pos, body }
    }

    /// The content as a cell shows it.
    #[must_use]
    pub fn shown(&self) -> String {
        if self.magic == MAGIC_NOOP { String::from("noop") } else { String::from(&*self.body.text) }
    }
}

impl Digest for Entry {
    fn digest(&self, h: &mut Hasher) {
        self.index.digest(h);
        self.term.digest(h);
        self.magic.digest(h);
        self.pos.digest(h);
        self.body.digest(h);
    }
}

impl Chained for Entry {
    /// The byte position stays out: it differs between nodes that hold the same entries after a snapshot.
    fn chain(&self, before: u64) -> u64 {
        let mut h = Hasher::new(Mode::Run);
        h.word(before);
        self.index.digest(&mut h);
        self.term.digest(&mut h);
        self.magic.digest(&mut h);
        self.body.digest(&mut h);
        h.finish()
    }
}

impl Show for Entry {
    fn show(&self) -> Value {
        Value::Text(alloc::format!("{}@{} {}", self.index, self.term, self.shown()))
    }
}
