//! An entry of the log.

use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use kernel::{Addr, Chained, Digest, Hasher, Mode, Show, Token, Value};

use crate::conf::Conf;

/// Who proposed an entry, as far as the entry itself tells.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Origin {
    /// The leader that holds it knows.
    Local,
    /// A client's session and the number of its operation (dissertation 6.3).
    Client(Addr, u32),
    /// A command given to another node, which forwarded it.
    Forwarded(Addr, Token),
}

impl Digest for Origin {
    fn digest(&self, h: &mut Hasher) {
        match self {
            Origin::Local => h.word(0),
            Origin::Client(client, seq) => (1_u64, (*client, *seq)).digest(h),
            Origin::Forwarded(node, _) => (2_u64, *node).digest(h),
        }
    }
}

/// What an entry does.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Data {
    /// Nothing: a new leader's first entry.
    Noop,
    /// A command for the state machine.
    Normal(Arc<str>, Origin),
    /// A config, whole.
    Config(Conf),
}

impl Digest for Data {
    fn digest(&self, h: &mut Hasher) {
        match self {
            Data::Noop => h.word(0),
            Data::Normal(text, origin) => {
                h.word(1);
                text.digest(h);
                origin.digest(h);
            }
            Data::Config(conf) => {
                h.word(2);
                conf.digest(h);
            }
        }
    }
}

/// An entry.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// Where it stands, from 1.
    pub index: u64,
    /// The term of the leader that made it.
    pub term: u64,
    /// What it does.
    pub data: Data,
}

impl Entry {
    /// The content as a cell shows it.
    #[must_use]
    pub fn shown(&self) -> String {
        match &self.data {
            Data::Noop => String::from("noop"),
            Data::Normal(text, _) => String::from(&**text),
            Data::Config(conf) => conf.badge(),
        }
    }
}

impl Digest for Entry {
    fn digest(&self, h: &mut Hasher) {
        self.index.digest(h);
        self.term.digest(h);
        self.data.digest(h);
    }
}

impl Chained for Entry {
    fn chain(&self, before: u64) -> u64 {
        let mut h = Hasher::new(Mode::Run);
        h.word(before);
        self.digest(&mut h);
        h.finish()
    }
}

impl Show for Entry {
    fn show(&self) -> Value {
        Value::Text(format!("{}@{} {}", self.index, self.term, self.shown()))
    }
}
