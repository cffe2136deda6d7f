//! What each fact means for the rules. Every function costs what the fact changed.

use kernel::{NodeId, Sentence};

use crate::checks::{Checks, say_past};
use crate::forest::{Leaf, Tip};
use crate::rule::Rule;

/// An index in the signed numbering of commit indexes, where −1 is "nothing".
fn unsigned(index: i64) -> Option<u64> {
    u64::try_from(index).ok()
}

impl Checks {
    // ---- leading -------------------------------------------------------------------------------

    pub(crate) fn led(&mut self, step: u32, who: NodeId, term: u64, (last, chain): (i64, u64)) {
        self.exercise(Rule::ElectionSafety);
        match self.leaders.get(term) {
            None => self.leaders.insert(term, who),
            Some(other) if other == who => {}
            Some(other) => self.break_rule(Rule::ElectionSafety, step, who, |checks| {
                let still = checks.node(other).and_then(|node| node.leads) == Some(term);
                let both = Sentence::new().node(other.min(who)).text(" and ").node(other.max(who));
                both.text(if still { " both lead term " } else { " both led term " }).term(term)
            }),
        }
        self.log_is(who, last, chain);
        self.change(who, |node| {
            node.term = node.term.max(Some(term));
            node.leads = Some(term);
            node.led = Some(term);
        });
        // Compared with what was committed in lower terms only: a candidate of a lower term may win late, after a
        // higher term has committed more.
        if let Some((committed_in, index)) = self.frontier.below(term) {
            self.completeness(step, who, index, committed_in);
        }
    }

    /// The leader `who` must hold what was committed in the lower term `committed_in`, up to `index`.
    fn completeness(&mut self, step: u32, who: NodeId, index: u64, committed_in: u64) {
        let Some(node) = self.node(who) else { return };
        let (tip, leads) = (node.tip, node.leads.unwrap_or_default());
        let Some(committed) = self.forest.committed(index) else { return };
        let complete = match self.forest.until(tip, Some(index)) {
            Tip::Entry(leaf) => leaf == committed,
            Tip::Nothing => false,
            Tip::Unknown => return,
        };
        self.exercise(Rule::Completeness);
        if complete {
            return;
        }
        self.break_rule(Rule::Completeness, step, who, |checks| {
            let missing = checks.forest.parting(tip, index).unwrap_or(index);
            let term = checks.frontier.reaching(missing).map_or(committed_in, |(term, _)| term);
            let who = Sentence::new().node(who).text(" leads term ").term(leads);
            who.text(alloc::format!(" without entry {missing}, committed in term ")).term(term)
        });
    }

    /// The whole log of `who` ends at `last` with digest `chain`.
    fn log_is(&mut self, who: NodeId, last: i64, chain: u64) {
        let Some(node) = self.node(who) else { return };
        let (tip, end, first) = (node.tip, node.end, self.first);
        let (tip, end) = match unsigned(last).filter(|last| *last >= first) {
            None => (Tip::Nothing, first),
            Some(last) if end == last + 1 && self.ends_with(tip, chain) => (tip, end),
            Some(last) => {
                let leaf = self.forest.add(last, None, chain, Tip::Unknown);
                (leaf.map_or(Tip::Unknown, Tip::Entry), last + 1)
            }
        };
        // A crash may have brought back what this node had replaced, but not yet on its disk.
        let same = self.node(who).and_then(|node| self.forest.common_end(node.tip, tip)).unwrap_or(end);
        self.change(who, |node| {
            node.tip = tip;
            node.end = end;
            node.kept = node.kept.min(end).min(same.max(first));
            node.unsure = false;
        });
    }

    fn ends_with(&self, tip: Tip, chain: u64) -> bool {
        matches!(tip, Tip::Entry(leaf) if self.forest.find(leaf.index, chain) == Some(leaf))
    }

    // ---- the log -------------------------------------------------------------------------------

    pub(crate) fn appended(&mut self, step: u32, who: NodeId, (index, term, chain): (u64, u64, u64)) {
        let Some(node) = self.node(who) else { return };
        let (end, unsure) = (node.end, node.unsure);
        if node.leads.is_some() {
            self.exercise(Rule::AppendOnly);
        }
        if index < end {
            let same = self.entry_of(who, index).is_some_and(|leaf| self.ends_with(Tip::Entry(leaf), chain));
            if same && !unsure {
                return;
            }
            self.cut(step, who, index);
        }
        let Some(node) = self.node(who) else { return };
        let below = if index == self.first { Tip::Nothing } else { node.tip };
        let on = if index > node.end { Tip::Unknown } else { below };
        let current = node.term;
        self.term_order(step, who, (index, term), on, current);
        self.log_matching(step, who, (index, term, chain));
        let leaf = self.forest.add(index, Some(term), chain, on);
        self.change(who, |node| {
            node.tip = leaf.map_or(Tip::Unknown, Tip::Entry);
            node.end = index + 1;
            node.unsure = false;
        });
    }

    /// Terms never decrease along a log, and no entry is of a term its node has not reached.
    fn term_order(
        &mut self,
        step: u32,
        who: NodeId,
        (index, term): (u64, u64),
        on: Tip,
        current: Option<u64>,
    ) {
        self.exercise(Rule::TermGrows);
        let before = match on {
            Tip::Entry(leaf) => self.forest.term(leaf),
            Tip::Nothing | Tip::Unknown => None,
        };
        let entry = |term| {
            let who = Sentence::new().node(who).text(alloc::format!(" appended entry {index} of term "));
            who.term(term)
        };
        if let Some(before) = before.filter(|before| *before > term) {
            self.break_rule(Rule::TermGrows, step, who, |_| {
                entry(term).text(" after an entry of term ").term(before)
            });
        }
        if let Some(current) = current.filter(|current| *current < term) {
            self.break_rule(Rule::TermGrows, step, who, |_| {
                entry(term).text(", but it is in term ").term(current)
            });
        }
    }

    /// One index and term, one entry, one log before it.
    fn log_matching(&mut self, step: u32, who: NodeId, (index, term, chain): (u64, u64, u64)) {
        let (same, rival) = self.forest.find_both(index, term, chain);
        if same.is_some() {
            self.exercise(Rule::LogMatching);
        }
        let Some(rival) = rival else { return };
        self.break_rule(Rule::LogMatching, step, who, |checks| {
            let holder = checks.ids().find(|id| *id != who && checks.entry_of(*id, index) == Some(rival));
            let part = alloc::format!(" differ at entry {index} or before, though both hold one of term ");
            match holder {
                Some(other) => {
                    let both = Sentence::new().node(who).text(" and ").node(other);
                    both.text(part).term(term)
                }
                None => {
                    let who =
                        Sentence::new().node(who).text(alloc::format!(" appended entry {index} of term "));
                    who.term(term).text(", and so did a log that differs there or before")
                }
            }
        });
    }

    pub(crate) fn truncated(&mut self, step: u32, who: NodeId, from: u64) {
        let from = from.max(self.first);
        if self.node(who).is_some_and(|node| from < node.end) {
            self.cut(step, who, from);
        }
    }

    /// A snapshot up to `last` takes the place of the log of `who`: what differs from it is removed, and what comes after.
    pub(crate) fn installed(&mut self, step: u32, who: NodeId, last: u64, chain: u64) {
        let Some(node) = self.node(who) else { return };
        let (tip, end) = (node.tip, node.end);
        let Some(leaf) = self.forest.add(last, None, chain, Tip::Unknown) else { return };
        let same = self.forest.common_end(tip, Tip::Entry(leaf)).unwrap_or(end).max(self.first);
        if same < end {
            self.cut(step, who, same);
        }
        self.change(who, |node| {
            node.tip = Tip::Entry(leaf);
            node.end = last + 1;
            node.unsure = false;
        });
    }

    /// The log of `who` loses everything from `from` on, which it held (or, after a crash, may have held).
    fn cut(&mut self, step: u32, who: NodeId, from: u64) {
        let Some(node) = self.node(who) else { return };
        let (tip, kept) = (node.tip, node.kept);
        let led = node.leads.or(node.led.filter(|led| Some(*led) == node.term));
        if !node.unsure {
            self.exercise(Rule::CommittedStays);
            if let Some(term) = led {
                self.break_rule(Rule::AppendOnly, step, who, |_| {
                    let who = Sentence::new().node(who).text(" leads term ").term(term);
                    who.text(alloc::format!(" and removed its entries from {from} on"))
                });
            }
            if from < kept {
                self.break_rule(Rule::CommittedStays, step, who, |_| {
                    let last = kept - 1;
                    let gone = if from == last {
                        alloc::format!(" removed entry {from}, which it had committed")
                    } else {
                        alloc::format!(" removed entries {from} to {last}, which it had committed")
                    };
                    Sentence::new().node(who).text(gone)
                });
            }
            self.shortened = Some((step, who));
        }
        let tip = match from.checked_sub(1).filter(|last| *last >= self.first) {
            Some(last) => self.forest.until(tip, Some(last)),
            None => Tip::Nothing,
        };
        self.change(who, |node| {
            node.tip = tip;
            node.end = from;
            node.kept = kept.min(from);
        });
    }

    // ---- committing ----------------------------------------------------------------------------

    pub(crate) fn committed(&mut self, step: u32, who: NodeId, (to, chain): (i64, u64), term: u64) {
        let Some(node) = self.node(who) else { return };
        if let Some(before) = node.commit {
            self.exercise(Rule::CommitGrows);
            if to < before {
                self.break_rule(Rule::CommitGrows, step, who, |_| {
                    let back = alloc::format!(" moved its commit index back from {before} to {to}");
                    Sentence::new().node(who).text(back)
                });
            }
        }
        self.change(who, |node| {
            node.commit = Some(to);
            node.term = node.term.or(Some(term));
        });
        let Some(index) = unsigned(to).filter(|index| *index >= self.first) else { return };
        if chain == 0 {
            self.break_rule(Rule::CommitGrows, step, who, |_| say_past(who, to));
            return;
        }
        self.change(who, |node| node.kept = node.kept.max(index + 1));
        let Some(leaf) = self.forest.add(index, None, chain, Tip::Unknown) else { return };
        match self.forest.commit(leaf) {
            Ok(true) => self.exercise(Rule::StateMachine),
            Ok(false) => {}
            Err(differs) => return self.two_histories(step, who, differs),
        }
        self.frontier.raise(term, index);
        for leader in self.ids().filter(|id| *id != who) {
            if self.node(leader).and_then(|node| node.leads).is_some_and(|leads| leads > term) {
                self.completeness(step, leader, index, term);
            }
        }
    }

    /// The log that ends with `leaf`, committed by `who`, is not the one that others committed.
    fn two_histories(&mut self, step: u32, who: NodeId, leaf: Leaf) {
        self.break_rule(Rule::StateMachine, step, who, |checks| {
            let index = checks.forest.parting(Tip::Entry(leaf), leaf.index);
            let index = index.unwrap_or(leaf.index);
            let committed = checks.forest.committed(index);
            let holds = |id: &NodeId| {
                let past = checks.node(*id).is_some_and(|node| node.kept > index);
                *id != who && past && checks.entry_of(*id, index) == committed
            };
            match checks.ids().find(holds) {
                Some(other) => {
                    let both = Sentence::new().node(other).text(" and ").node(who);
                    both.text(alloc::format!(" committed different entries at {index}"))
                }
                None => {
                    let words =
                        alloc::format!(" committed another entry at {index} than was committed there");
                    Sentence::new().node(who).text(words)
                }
            }
        });
    }

    // ---- terms and votes -----------------------------------------------------------------------

    pub(crate) fn voted(&mut self, step: u32, who: NodeId, term: u64, to: NodeId) {
        self.exercise(Rule::OneVote);
        let Some(node) = self.node(who) else { return };
        match node.votes.get(term) {
            None => self.change(who, |node| node.votes.insert(term, to)),
            Some(first) if first == to => {}
            Some(first) => self.break_rule(Rule::OneVote, step, who, |_| {
                let votes =
                    Sentence::new().node(who).text(" voted for ").node(first).text(" and for ").node(to);
                votes.text(" in term ").term(term)
            }),
        }
    }

    pub(crate) fn term(&mut self, step: u32, who: NodeId, term: u64) {
        self.term_unsynced(step, who, term);
        self.change(who, |node| node.durable_term = Some(term));
    }

    /// A term that a crash may take back, because it is not on disk yet.
    pub(crate) fn term_unsynced(&mut self, step: u32, who: NodeId, term: u64) {
        self.exercise(Rule::TermGrows);
        if let Some(before) = self.node(who).and_then(|node| node.term).filter(|before| *before > term) {
            self.break_rule(Rule::TermGrows, step, who, |_| {
                Sentence::new().node(who).text(" went back from term ").term(before).text(" to ").term(term)
            });
        }
        self.change(who, |node| node.term = Some(term));
    }

    /// A boot on what the disk holds.
    pub(crate) fn recovered(&mut self, step: u32, who: NodeId, (last, chain): (i64, u64), committed: i64) {
        self.change(who, |node| {
            node.leads = None;
            node.led = None;
            node.commit = Some(committed);
        });
        self.log_is(who, last, chain);
        let Some(node) = self.node(who) else { return };
        if unsigned(committed).is_some_and(|index| index >= node.end.max(self.first)) {
            self.break_rule(Rule::CommitGrows, step, who, |_| say_past(who, committed));
        }
    }
}
