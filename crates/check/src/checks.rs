//! The checker: facts in, lights out.

use alloc::vec::Vec;

use kernel::{Fact, NodeId, Sentence};

use crate::forest::{Forest, Leaf, Tip};
use crate::history::History;
use crate::rule::{Rule, RuleLight, RuleState, Violation};
use crate::terms::Terms;

/// What is known of one node from its facts.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub term: Option<u64>,
    /// The term that a crash leaves.
    pub durable_term: Option<u64>,
    /// The term it leads now.
    pub leads: Option<u64>,
    /// The last term it led since it was last started.
    pub led: Option<u64>,
    /// One past its last entry.
    pub end: u64,
    /// Its log.
    pub tip: Tip,
    /// A crash may have taken any part of the log's end.
    pub unsure: bool,
    /// Its commit index since it was last started.
    pub commit: Option<i64>,
    /// One past the last entry that it holds and has ever known to be committed.
    pub kept: u64,
    /// To whom it gave its votes, for all time.
    pub votes: Terms<NodeId>,
}

/// Observes facts in the order they happened and says which rules hold. A plain value: cheap to copy however long the
/// run was. It costs what a fact changed, never the length of the run.
///
/// A wiped disk ends a node's log and term, but not its votes: a node that votes a second time because it forgot the
/// first breaks the rule for the others.
#[derive(Clone, Debug)]
pub struct Checks {
    pub(crate) first: u64,
    pub(crate) nodes: Vec<Node>,
    pub(crate) forest: Forest,
    /// Who led a term first.
    pub(crate) leaders: Terms<NodeId>,
    /// Up to which index (inclusive) entries were committed in a term or a lower one.
    pub(crate) frontier: Terms<u64>,
    /// A node whose log became shorter in this step, to be looked at when the step is over.
    pub(crate) shortened: Option<(u32, NodeId)>,
    /// What clients asked and were told.
    pub(crate) history: History,
    exercised: u16,
    broken: Vec<Violation>,
    known: Vec<(&'static str, &'static str)>,
}

impl Checks {
    /// Nothing has happened yet. `first_index` is the index of the first entry a cluster ever writes; `known` names
    /// the rules that the real system is known to break, each with the reason.
    #[must_use]
    pub fn new(nodes: u8, first_index: u64, known: &'static [(&'static str, &'static str)]) -> Self {
        let node = || Node {
            term: None,
            durable_term: None,
            leads: None,
            led: None,
            end: first_index,
            tip: Tip::Nothing,
            unsure: false,
            commit: None,
            kept: first_index,
            votes: Terms::new(),
        };
        Checks {
            first: first_index,
            nodes: (0..nodes).map(|_| node()).collect(),
            forest: Forest::new(first_index),
            leaders: Terms::new(),
            frontier: Terms::new(),
            shortened: None,
            history: History::default(),
            exercised: 0,
            broken: Vec::new(),
            known: known.to_vec(),
        }
    }

    /// From now on the real system is known to break these rules too, for these reasons. What it did stays: a later
    /// setting does not undo what an earlier one let happen.
    pub fn know(&mut self, known: &[(&'static str, &'static str)]) {
        for (rule, why) in known {
            match self.known.iter_mut().find(|(old, _)| old == rule) {
                Some((_, reason)) => *reason = why,
                None => self.known.push((rule, why)),
            }
        }
    }

    /// Takes in what happened at `who` in step `step`. A node that does not exist is ignored.
    pub fn observe(&mut self, step: u32, who: NodeId, fact: Fact) {
        if self.shortened.is_some_and(|(at, _)| at != step) {
            self.settle();
        }
        if self.node(who).is_none() {
            return;
        }
        match fact {
            Fact::Led { term, last, chain } => self.led(step, who, term, (last, chain)),
            Fact::Unled => self.change(who, |node| node.leads = None),
            Fact::Appended { index, term, chain } => self.appended(step, who, (index, term, chain)),
            Fact::Truncated { from } => self.truncated(step, who, from),
            Fact::Installed { last, chain } => self.installed(step, who, last, chain),
            Fact::Committed { to, chain, term } => self.committed(step, who, (to, chain), term),
            Fact::Voted { term, to } => self.voted(step, who, term, to),
            Fact::Term { term } => self.term(step, who, term),
            Fact::TermUnsynced { term } => self.term_unsynced(step, who, term),
            Fact::TermDurable { term } => self.change(who, |node| node.durable_term = Some(term)),
            Fact::Wiped => self.wiped(who),
            Fact::Probed { .. } => {}
            Fact::Recovered { term, last, chain, committed } => {
                self.term(step, who, term);
                self.recovered(step, who, (last, chain), committed);
            }
        }
    }

    /// `who` went down, by a crash or by its own check.
    pub fn crashed(&mut self, who: NodeId) {
        self.settle();
        self.change(who, |node| {
            node.leads = None;
            node.led = None;
            node.commit = None;
            node.term = node.durable_term;
            node.unsure = true;
        });
    }

    /// `who` is about to boot on what its disk holds.
    pub fn restarted(&mut self, who: NodeId) {
        self.crashed(who);
    }

    /// The disk of `who` was emptied.
    pub fn wiped(&mut self, who: NodeId) {
        self.settle();
        let first = self.first;
        self.change(who, |node| {
            let votes = node.votes.clone();
            *node = Node {
                term: None,
                durable_term: None,
                leads: None,
                led: None,
                end: first,
                tip: Tip::Nothing,
                unsure: false,
                commit: None,
                kept: first,
                votes,
            };
        });
    }

    /// Every rule and how it stands, in the order they are shown.
    #[must_use]
    pub fn lights(&self) -> Vec<RuleLight> {
        let broken = self.violations();
        let light = |rule: Rule| {
            let state = match broken.iter().find(|violation| violation.rule == rule) {
                Some(Violation { step, sentence, known: None, .. }) => {
                    RuleState::Broken { step: *step, sentence: sentence.clone() }
                }
                Some(Violation { step, sentence, known: Some(why), .. }) => {
                    RuleState::BrokenAsReal { step: *step, sentence: sentence.clone(), why }
                }
                None if !rule.checked() => RuleState::NotChecked,
                None if self.exercised & rule.bit() == 0 => RuleState::NotExercised,
                None => RuleState::Holds,
            };
            RuleLight { name: rule.name(), state }
        };
        Rule::ALL.into_iter().map(light).collect()
    }

    /// The first break of every broken rule, in the order they happened.
    #[must_use]
    pub fn violations(&self) -> Vec<Violation> {
        let mut all = self.broken.clone();
        all.extend(self.overhang());
        all
    }

    /// The first break of a rule that the real system keeps.
    #[must_use]
    pub fn first_violation(&self) -> Option<Violation> {
        let of_ours = |violation: &&Violation| violation.known.is_none();
        self.broken
            .iter()
            .find(of_ours)
            .cloned()
            .or_else(|| self.overhang().filter(|violation| violation.known.is_none()))
    }

    /// A step that cut a log is over: what it left above the end?
    fn settle(&mut self) {
        let overhang = self.overhang();
        self.shortened = None;
        self.broken.extend(overhang);
    }

    fn overhang(&self) -> Option<Violation> {
        let (step, who) = self.shortened?;
        let node = self.node(who)?;
        let commit = node.commit.filter(|_| !self.is_broken(Rule::CommitGrows))?;
        let past = u64::try_from(commit).is_ok_and(|commit| commit >= node.end);
        past.then(|| self.violation(Rule::CommitGrows, step, who, say_past(who, commit)))
    }

    pub(crate) fn node(&self, who: NodeId) -> Option<&Node> {
        self.nodes.get(usize::from(who.0))
    }

    pub(crate) fn change(&mut self, who: NodeId, change: impl FnOnce(&mut Node)) {
        if let Some(node) = self.nodes.get_mut(usize::from(who.0)) {
            change(node);
        }
    }

    pub(crate) fn ids(&self) -> impl Iterator<Item = NodeId> + use<> {
        let count = u8::try_from(self.nodes.len()).unwrap_or(u8::MAX);
        (0..count).map(NodeId)
    }

    /// Notes that a rule was put to the test.
    pub(crate) fn exercise(&mut self, rule: Rule) {
        self.exercised |= rule.bit();
    }

    pub(crate) fn is_broken(&self, rule: Rule) -> bool {
        self.broken.iter().any(|violation| violation.rule == rule)
    }

    fn violation(&self, rule: Rule, step: u32, who: NodeId, sentence: Sentence) -> Violation {
        let known = self.known.iter().find(|(name, _)| *name == rule.name()).map(|(_, why)| *why);
        Violation { rule, step, who, sentence, known }
    }

    /// Records a break, unless the rule is broken already.
    pub(crate) fn break_rule(
        &mut self,
        rule: Rule,
        step: u32,
        who: NodeId,
        say: impl FnOnce(&Self) -> Sentence,
    ) {
        self.exercise(rule);
        if !self.is_broken(rule) {
            let violation = self.violation(rule, step, who, say(self));
            self.broken.push(violation);
        }
    }

    /// The entry of a node's log at `index`; of a node that is down, what it last was known to hold.
    pub(crate) fn entry_of(&self, who: NodeId, index: u64) -> Option<Leaf> {
        match self.forest.until(self.node(who)?.tip, Some(index)) {
            Tip::Entry(leaf) if leaf.index == index => Some(leaf),
            Tip::Entry(_) | Tip::Nothing | Tip::Unknown => None,
        }
    }
}

/// A commit index above the end of the log.
pub(crate) fn say_past(who: NodeId, commit: i64) -> Sentence {
    Sentence::new()
        .node(who)
        .text(alloc::format!(" counts everything up to {commit} as committed, but its log ends before that"))
}
