//! What clients were told, against the order of the log.
//!
//! Every operation that promises to be linearizable names a place of the log: a write its entry, a read the last entry
//! it saw. It is late if something at that place or above was acknowledged before it was even asked for. And all of them
//! must be of one log: whatever the places, two operations whose logs differ somewhere below both saw two copies of the
//! data, and what one of them wrote is lost to the other. The logs are those of the nodes that answered; of these the
//! longest acknowledged is kept, by its last entry, since all that agree with it agree with each other.

use alloc::string::String;
use alloc::vec::Vec;

use kernel::{NodeId, Sentence, Token};

use crate::checks::Checks;
use crate::forest::{Leaf, Tip};
use crate::rule::Rule;

/// Operations without an answer are remembered, so many of them.
const OPEN_KEPT: usize = 64;

/// What an operation did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Did {
    /// It saw the state after this entry.
    Read(u64),
    /// It is this entry.
    Wrote(u64),
}

impl Did {
    fn say(self) -> String {
        match self {
            Did::Read(index) => alloc::format!(" answers a read with the state after entry {index}"),
            Did::Wrote(index) => alloc::format!(" acknowledges a write as entry {index}"),
        }
    }
}

/// Operations under way, and how far the log was acknowledged.
#[derive(Clone, Debug, Default)]
pub(crate) struct History {
    /// The highest place acknowledged so far.
    acked: Option<u64>,
    /// The longest log acknowledged so far.
    log: Option<Leaf>,
    /// What was acknowledged when each was asked for, oldest first.
    open: Vec<(Token, Option<u64>)>,
}

impl Checks {
    /// Somebody asks for an operation; `token` names it in its answer.
    pub fn asked(&mut self, token: Token) {
        let history = &mut self.history;
        if history.open.len() >= OPEN_KEPT {
            history.open.remove(0);
        }
        history.open.push((token, history.acked));
    }

    /// An operation that promises to be linearizable succeeded, by an answer of `who`.
    pub fn answered(&mut self, step: u32, who: NodeId, token: Token, did: Did) {
        let history = &mut self.history;
        let Some(at) = history.open.iter().position(|(other, _)| *other == token) else { return };
        let (_, acked) = history.open.remove(at);
        let (Did::Read(index) | Did::Wrote(index)) = did;
        history.acked = history.acked.max(Some(index));
        self.one_log(step, who, did);
        let Some(acked) = acked else { return };
        self.exercise(Rule::Linearizable);
        let late = match did {
            Did::Read(index) => index < acked,
            Did::Wrote(index) => index <= acked,
        };
        if late {
            self.break_rule(Rule::Linearizable, step, who, |_| {
                let before =
                    alloc::format!(", though entry {acked} was acknowledged before it was asked for");
                Sentence::new().node(who).text(did.say()).text(before)
            });
        }
    }

    /// The log that an operation saw, as far as its node holds it, and the longest that was acknowledged are one.
    fn one_log(&mut self, step: u32, who: NodeId, did: Did) {
        let (Did::Read(index) | Did::Wrote(index)) = did;
        let Some(seen) = self.entry_of(who, index) else { return };
        let Some(acked) = self.history.log else {
            self.history.log = Some(seen);
            return;
        };
        self.exercise(Rule::Linearizable);
        let both = index.min(acked.index);
        let until = |leaf| self.forest.until(Tip::Entry(leaf), Some(both));
        match (until(seen), until(acked)) {
            (Tip::Entry(one), Tip::Entry(other)) if one != other => {
                self.break_rule(Rule::Linearizable, step, who, |_| {
                    let other =
                        alloc::format!(", in a log that is not the one acknowledged up to entry {both}");
                    Sentence::new().node(who).text(did.say()).text(other)
                });
            }
            _ if index > acked.index => self.history.log = Some(seen),
            _ => {}
        }
    }
}
