//! What clients were told, against the order of the log.
//!
//! Every operation that promises to be linearizable names a place of the log: a write its entry, a read the last entry
//! it saw. It is late if something at that place or above was acknowledged before it was even asked for.

use alloc::vec::Vec;

use kernel::{NodeId, Sentence, Token};

use crate::checks::Checks;
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

/// Operations under way, and how far the log was acknowledged.
#[derive(Clone, Debug, Default)]
pub(crate) struct History {
    /// The highest place acknowledged so far.
    acked: Option<u64>,
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
        let Some(acked) = acked else { return };
        self.exercise(Rule::Linearizable);
        let late = match did {
            Did::Read(index) => index < acked,
            Did::Wrote(index) => index <= acked,
        };
        if late {
            self.break_rule(Rule::Linearizable, step, who, |_| {
                let what = match did {
                    Did::Read(index) => alloc::format!(" answers a read with the state after entry {index}"),
                    Did::Wrote(index) => alloc::format!(" acknowledges a write as entry {index}"),
                };
                let before =
                    alloc::format!(", though entry {acked} was acknowledged before it was asked for");
                Sentence::new().node(who).text(what).text(before)
            });
        }
    }
}
