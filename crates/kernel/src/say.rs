//! Sentences that are built from parts, so that the page can show a term as a chip and a node as a link.

use alloc::borrow::ToOwned;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::{Addr, NodeId};

/// A part of a sentence.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Segment {
    /// Plain words.
    Text(String),
    /// A node or client, shown bold and selectable.
    Addr(Addr),
    /// A term (epoch), shown as a chip in its colour.
    Term(u64),
    /// A name of the system: code, field, message.
    Code(String),
    /// The rule that decided, shown bold.
    Rule(String),
}

/// A sentence: actor, verb, object, reason.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Sentence {
    /// Its parts, in order.
    pub parts: Vec<Segment>,
}

impl Sentence {
    /// An empty sentence.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    // Sentences are most of what an engine says and the least of what it does: these two are kept out of line, for
    // hundreds of places call them.

    #[inline(never)]
    fn say(&mut self, kind: fn(String) -> Segment, words: &str) {
        self.add(kind(words.to_owned()));
    }

    #[inline(never)]
    fn add(&mut self, part: Segment) {
        self.parts.push(part);
    }

    /// Adds plain words.
    #[must_use]
    pub fn text(mut self, text: impl AsRef<str>) -> Self {
        self.say(Segment::Text, text.as_ref());
        self
    }

    /// Adds a node.
    #[must_use]
    pub fn node(mut self, id: NodeId) -> Self {
        self.add(Segment::Addr(Addr::Node(id)));
        self
    }

    /// Adds a node or client.
    #[must_use]
    pub fn addr(mut self, id: Addr) -> Self {
        self.add(Segment::Addr(id));
        self
    }

    /// Adds a term chip.
    #[must_use]
    pub fn term(mut self, term: u64) -> Self {
        self.add(Segment::Term(term));
        self
    }

    /// Adds a name of the system.
    #[must_use]
    pub fn code(mut self, code: impl AsRef<str>) -> Self {
        self.say(Segment::Code, code.as_ref());
        self
    }

    /// Adds the rule that decided.
    #[must_use]
    pub fn rule(mut self, rule: impl AsRef<str>) -> Self {
        self.say(Segment::Rule, rule.as_ref());
        self
    }
}

impl core::fmt::Display for Sentence {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        for part in &self.parts {
            match part {
                Segment::Text(text) | Segment::Code(text) | Segment::Rule(text) => f.write_str(text)?,
                Segment::Addr(id) => f.write_str(&id.to_string())?,
                Segment::Term(term) => write!(f, "{term}")?,
            }
        }
        Ok(())
    }
}
