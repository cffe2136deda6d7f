//! The user's state machine: a small store of keys, and snapshots of it.

use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use kernel::{Digest, Hasher, Show, Value, shown};

use crate::configuration::Conf;

/// What is applied: `x=5` sets a key, a word without `=` counts how often it was applied.
#[derive(Clone, Debug, Default)]
pub struct Store {
    /// Ascending by key.
    keys: Arc<Vec<(Arc<str>, Arc<str>)>>,
}

impl Store {
    /// A key's value.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        let at = self.keys.binary_search_by(|(other, _)| (**other).cmp(key)).ok()?;
        self.keys.get(at).map(|(_, value)| &**value)
    }

    fn set(&mut self, key: &str, value: &str) {
        let keys = Arc::make_mut(&mut self.keys);
        match keys.binary_search_by(|(other, _)| (**other).cmp(key)) {
            Ok(at) => keys[at].1 = Arc::from(value),
            Err(at) => keys.insert(at, (Arc::from(key), Arc::from(value))),
        }
    }

    /// Applies a command.
    pub(crate) fn apply(&mut self, text: &str) {
        match text.split_once('=') {
            Some((key, value)) => self.set(key, value),
            None => {
                let times = self.get(text).and_then(|times| times.parse::<u64>().ok()).unwrap_or(0);
                self.set(text, &(times + 1).to_string());
            }
        }
    }
}

impl Digest for Store {
    fn digest(&self, h: &mut Hasher) {
        h.word(self.keys.len() as u64);
        for (key, value) in self.keys.iter() {
            key.digest(h);
            value.digest(h);
        }
    }
}

impl Show for Store {
    fn show(&self) -> Value {
        let value = |value: &str| value.parse().map_or_else(|_| Value::Text(value.to_string()), Value::Int);
        let all: Vec<(String, Value)> =
            self.keys.iter().map(|(key, text)| (key.to_string(), value(text))).collect();
        Value::Map(all)
    }
}

/// A snapshot: everything up to an entry, and the configuration at it.
///
/// Source: braft ab0017f raft.proto SnapshotMeta
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// Index of the last entry it covers.
    pub last_included_index: u64,
    /// Its term.
    pub last_included_term: u64,
    /// The configuration at that index.
    pub conf: Conf,
    /// Digest of the log up to it.
    pub chain: u64,
    /// The applied state.
    pub state: Store,
}

impl Snapshot {
    /// The same without the state, as a witness copies it.
    ///
    /// Source: braft ab0017f snapshot.cpp LocalSnapshotCopier::filter_before_copy
    #[must_use]
    pub(crate) fn metadata(&self) -> Snapshot {
        Snapshot { state: Store::default(), ..self.clone() }
    }
}

impl Digest for Snapshot {
    fn digest(&self, h: &mut Hasher) {
        (self.last_included_index, self.last_included_term).digest(h);
        self.conf.digest(h);
        self.chain.digest(h);
        self.state.digest(h);
    }
}

shown! {
    Snapshot {
        last_included_index = "last_included_index",
        last_included_term = "last_included_term",
        conf = "conf",
        chain = "chain",
        state = "state",
    }
}
