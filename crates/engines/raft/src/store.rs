//! The state machine: a small store of keys, with the sessions of clients, and snapshots of both.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use kernel::{Addr, Digest, Hasher, Show, Value, shown};

use crate::conf::Conf;
use crate::entry::Origin;

/// The last operation of a client that was applied (dissertation 6.3).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Session {
    client: Addr,
    seq: u32,
    /// Where it was applied.
    index: u64,
}

shown! { Session { client = "client", seq = "seq", index = "index" } }

/// A key's value: the end of a text, mostly of one that the log holds too.
#[derive(Clone, Debug)]
struct Written {
    text: Arc<str>,
    from: usize,
}

impl Written {
    fn value(&self) -> &str {
        self.text.get(self.from..).unwrap_or_default()
    }
}

/// What is applied: `x=5` sets a key, a word without `=` counts how often it was applied.
#[derive(Clone, Debug, Default)]
pub struct Store {
    /// Ascending by key.
    keys: Arc<Vec<(Arc<str>, Written)>>,
    /// Ascending by client.
    sessions: Vec<Session>,
}

impl Store {
    /// A key's value.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        let at = self.keys.binary_search_by(|(other, _)| (**other).cmp(key)).ok()?;
        self.keys.get(at).map(|(_, set)| set.value())
    }

    fn set(&mut self, key: &str, set: Written) {
        let keys = Arc::make_mut(&mut self.keys);
        match keys.binary_search_by(|(other, _)| (**other).cmp(key)) {
            Ok(at) => keys[at].1 = set,
            Err(at) => keys.insert(at, (Arc::from(key), set)),
        }
    }

    /// Where this operation of a client was applied before.
    #[must_use]
    pub fn duplicate(&self, origin: Origin) -> Option<u64> {
        let Origin::Client(client, seq) = origin else { return None };
        self.sessions.iter().find(|s| s.client == client && s.seq >= seq).map(|s| s.index)
    }

    /// Applies a command.
    pub(crate) fn apply(&mut self, index: u64, text: &Arc<str>, origin: Origin) {
        if let Origin::Client(client, seq) = origin {
            let at = self.sessions.partition_point(|s| s.client < client);
            let session = Session { client, seq, index };
            match self.sessions.get_mut(at).filter(|s| s.client == client) {
                Some(known) => *known = session,
                None => self.sessions.insert(at, session),
            }
        }
        match text.split_once('=') {
            Some((key, _)) => self.set(key, Written { text: text.clone(), from: key.len() + 1 }),
            None => {
                let times = self.get(text).and_then(|times| times.parse::<u64>().ok()).unwrap_or(0);
                self.set(text, Written { text: Arc::from((times + 1).to_string()), from: 0 });
            }
        }
    }
}

impl Digest for Store {
    fn digest(&self, h: &mut Hasher) {
        h.word(self.keys.len() as u64);
        for (key, set) in self.keys.iter() {
            key.digest(h);
            set.value().digest(h);
        }
        for session in &self.sessions {
            session.client.digest(h);
            session.seq.digest(h);
            session.index.digest(h);
        }
    }
}

impl Show for Store {
    fn show(&self) -> Value {
        let value = |value: &str| value.parse().map_or_else(|_| Value::Text(value.to_string()), Value::Int);
        let mut all: Vec<(String, Value)> =
            self.keys.iter().map(|(key, set)| (key.to_string(), value(set.value()))).collect();
        let sessions = self.sessions.iter();
        all.extend(sessions.map(|s| (format!("session {}", s.client), s.show())));
        Value::Map(all)
    }
}

/// A snapshot: everything up to an index, instead of the entries.
///
/// Source: dissertation 5.1
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// Index of the last entry it covers.
    pub last_index: u64,
    /// Its term.
    pub last_term: u64,
    /// The config at that index.
    pub config: Conf,
    /// Digest of the log up to it.
    pub chain: u64,
    /// The applied state.
    pub state: Store,
}

impl Digest for Snapshot {
    fn digest(&self, h: &mut Hasher) {
        self.last_index.digest(h);
        self.last_term.digest(h);
        self.config.digest(h);
        self.chain.digest(h);
        self.state.digest(h);
    }
}

shown! {
    Snapshot {
        last_index = "last_index",
        last_term = "last_term",
        config = "config",
        chain = "chain",
        state = "state",
    }
}
