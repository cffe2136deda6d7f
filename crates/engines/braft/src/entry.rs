//! An entry of the log.
//!
//! Source: braft ab0017f enum.proto EntryType; log_entry.h LogEntry

use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use kernel::{Chained, Digest, Hasher, Mode, Show, Value};

use crate::configuration::{Conf, LogId, Set};

/// What an entry holds. braft's NO_OP exists in its formats, but no code makes one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Data {
    /// A command for the state machine.
    Data(Arc<str>),
    /// The peers, and while the change is joint the old ones.
    Configuration(Set, Set),
    /// A command of which a witness keeps no text, only a digest of it.
    Metadata(u64),
}

/// What stands for a command's text in the digests of logs, so that a witness's log equals the others'.
fn text_digest(text: &str) -> u64 {
    let mut h = Hasher::new(Mode::Run);
    text.digest(&mut h);
    h.finish()
}

/// An entry.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// Where it stands, from 1.
    pub index: u64,
    /// The term of the leader that made it.
    pub term: u64,
    /// What it holds.
    pub data: Data,
}

impl Entry {
    /// Its id.
    #[must_use]
    pub const fn id(&self) -> LogId {
        LogId::new(self.index, self.term)
    }

    /// The configuration it is, if it is one.
    #[must_use]
    pub const fn conf(&self) -> Option<Conf> {
        match self.data {
            Data::Configuration(peers, old_peers) => Some(Conf { id: self.id(), peers, old_peers }),
            Data::Data(_) | Data::Metadata(_) => None,
        }
    }

    /// The same without the command's text, as a witness gets it.
    ///
    /// Source: braft ab0017f replicator.cpp Replicator::_prepare_entry
    #[must_use]
    pub fn metadata(&self) -> Entry {
        let data = match &self.data {
            Data::Data(text) => Data::Metadata(text_digest(text)),
            other => other.clone(),
        };
        Entry { data, ..*self }
    }

    /// The content as a cell shows it.
    #[must_use]
    pub fn shown(&self) -> String {
        match &self.data {
            Data::Data(text) => String::from(&**text),
            Data::Configuration(..) => self.conf().map(|conf| conf.badge()).unwrap_or_default(),
            Data::Metadata(_) => String::from("…"),
        }
    }
}

impl Digest for Entry {
    fn digest(&self, h: &mut Hasher) {
        (self.index, self.term).digest(h);
        match &self.data {
            Data::Data(text) => {
                h.word(1);
                text.digest(h);
            }
            Data::Configuration(peers, old) => {
                h.word(2);
                peers.digest(h);
                old.digest(h);
            }
            Data::Metadata(digest) => {
                h.word(3);
                digest.digest(h);
            }
        }
    }
}

impl Chained for Entry {
    fn chain(&self, before: u64) -> u64 {
        let mut h = Hasher::new(Mode::Run);
        h.word(before);
        match self.metadata().data {
            Data::Metadata(digest) => (self.index, (self.term, digest)).digest(&mut h),
            _ => self.digest(&mut h),
        }
        h.finish()
    }
}

impl Show for Entry {
    fn show(&self) -> Value {
        Value::Text(format!("{}@{} {}", self.index, self.term, self.shown()))
    }
}
