//! The rules once more, straight from their sentences: whole logs, whole history, everything compared with everything.
//! The first computation keeps digests and marks; this one keeps nothing but what happened.

use alloc::vec::Vec;
use kernel::{Chained, Fact, Hasher, Mode, NodeId};

use crate::{Did, Rule};

/// Term and value.
pub type Entry = (u64, u8);

/// What `ChunkLog` computes for an engine's log.
pub fn chain(log: &[Entry]) -> u64 {
    struct E(Entry);
    impl Clone for E {
        fn clone(&self) -> Self {
            E(self.0)
        }
    }
    impl Chained for E {
        fn chain(&self, before: u64) -> u64 {
            let mut h = Hasher::new(Mode::Run);
            [before, self.0.0, u64::from(self.0.1)].into_iter().for_each(|word| h.word(word));
            h.finish()
        }
    }
    log.iter().fold(0, |before, entry| E(*entry).chain(before))
}

/// A node as it really is.
#[derive(Clone, Default)]
pub struct Node {
    pub term: u64,
    /// False after its disk was emptied, until it tells a term.
    pub term_told: bool,
    pub log: Vec<Entry>,
    pub leads: Option<u64>,
    pub led: Option<u64>,
    /// How many entries it counts as committed; `None` until it has said so since its start.
    pub commit: Option<usize>,
    /// How many entries it holds that it has known to be committed.
    pub kept: usize,
}

/// A leader's beginning, with its log then.
pub struct Lead {
    pub who: u8,
    pub term: u64,
    pub log: Vec<Entry>,
}

/// A commit: everything that was committed by it, and the logs of all that led a higher term then.
pub struct Commit {
    pub term: u64,
    pub log: Vec<Entry>,
    pub leading_above: Vec<Vec<Entry>>,
    /// How many had begun to lead before it.
    pub leads_before: usize,
}

/// The cluster and all its history.
#[derive(Default)]
pub struct World {
    pub nodes: Vec<Node>,
    pub leads: Vec<Lead>,
    pub commits: Vec<Commit>,
    /// Every log that ever ended with an entry when it was appended.
    pub held: Vec<Vec<Entry>>,
    pub votes: Vec<(u8, u64, u8)>,
    /// Rules that a single change broke by itself.
    pub broken_by_change: Vec<Rule>,
    /// What was told in this step.
    pub facts: Vec<(NodeId, Fact)>,
}

impl World {
    pub fn new(nodes: usize) -> Self {
        World { nodes: alloc::vec![Node::default(); nodes], ..World::default() }
    }

    fn tell(&mut self, who: usize, fact: Fact) {
        self.facts.push((NodeId(who as u8), fact));
    }

    pub fn set_term(&mut self, who: usize, term: u64) {
        let node = &mut self.nodes[who];
        if node.term_told && term < node.term {
            self.broken_by_change.push(Rule::TermGrows);
        }
        (node.term, node.term_told) = (term, true);
        self.tell(who, Fact::Term { term });
    }

    pub fn lead(&mut self, who: usize) {
        let node = &mut self.nodes[who];
        let (term, log) = (node.term, node.log.clone());
        (node.leads, node.led, node.term_told) = (Some(term), Some(term), true);
        self.tell(who, Fact::Led { term, last: log.len() as i64 - 1, chain: chain(&log) });
        self.leads.push(Lead { who: who as u8, term, log });
    }

    pub fn unlead(&mut self, who: usize) {
        self.nodes[who].leads = None;
        self.tell(who, Fact::Unled);
    }

    /// Puts `entry` at `index`, in place of all from there on.
    pub fn append(&mut self, who: usize, index: usize, entry: Entry) {
        let node = &self.nodes[who];
        if node.log.get(index) == Some(&entry) {
            // Told again: nothing changes.
            let fact =
                Fact::Appended { index: index as u64, term: entry.0, chain: chain(&node.log[..=index]) };
            return self.tell(who, fact);
        }
        let mut log = node.log[..index].to_vec();
        if log.last().is_some_and(|(term, _)| *term > entry.0) || node.term_told && node.term < entry.0 {
            self.broken_by_change.push(Rule::TermGrows);
        }
        log.push(entry);
        self.held.push(log.clone());
        self.tell(who, Fact::Appended { index: index as u64, term: entry.0, chain: chain(&log) });
        self.replace_log(who, log);
    }

    pub fn truncate(&mut self, who: usize, from: usize) {
        let log = self.nodes[who].log[..from].to_vec();
        self.tell(who, Fact::Truncated { from: from as u64 });
        self.replace_log(who, log);
    }

    /// A snapshot of these entries takes the place of the log.
    pub fn install(&mut self, who: usize, log: Vec<Entry>) {
        self.tell(who, Fact::Installed { last: log.len() as u64 - 1, chain: chain(&log) });
        self.replace_log(who, log);
    }

    fn replace_log(&mut self, who: usize, log: Vec<Entry>) {
        let node = &mut self.nodes[who];
        let same = node.log.iter().zip(&log).take_while(|(a, b)| a == b).count();
        if same < node.log.len() {
            let leader = node.leads.is_some() || node.term_told && node.led == Some(node.term);
            self.broken_by_change.extend(leader.then_some(Rule::AppendOnly));
            self.broken_by_change.extend((same < node.kept).then_some(Rule::CommittedStays));
        }
        node.kept = node.kept.min(same);
        node.log = log;
    }

    pub fn commit(&mut self, who: usize, count: usize) {
        let node = &mut self.nodes[who];
        if node.commit.is_some_and(|before| count < before) {
            self.broken_by_change.push(Rule::CommitGrows);
        }
        node.commit = Some(count);
        let (term, to) = (node.term, count as i64 - 1);
        node.term_told = true;
        if count > node.log.len() {
            return self.tell(who, Fact::Committed { to, chain: 0, term });
        }
        node.kept = node.kept.max(count);
        let log = node.log[..count].to_vec();
        self.tell(who, Fact::Committed { to, chain: chain(&log), term });
        let above = self.nodes.iter().enumerate();
        let above = above.filter(|(id, node)| *id != who && node.leads.is_some_and(|leads| leads > term));
        let leading_above = above.map(|(_, node)| node.log.clone()).collect();
        let leads_before = self.leads.len();
        self.commits.push(Commit { term, log, leading_above, leads_before });
    }

    pub fn vote(&mut self, who: usize, term: u64, to: usize) {
        self.votes.push((who as u8, term, to as u8));
        self.tell(who, Fact::Voted { term, to: NodeId(to as u8) });
    }

    /// Restarts with so many entries, so many of them committed, in this term.
    pub fn restart(&mut self, who: usize, keep: usize, commit: usize, term: u64) {
        let node = &mut self.nodes[who];
        if node.term_told && term < node.term {
            self.broken_by_change.push(Rule::TermGrows);
        }
        (node.term, node.term_told, node.leads, node.led) = (term, true, None, None);
        node.log.truncate(keep);
        node.kept = node.kept.min(keep);
        node.commit = Some(commit);
        let (last, chain) = (node.log.len() as i64 - 1, chain(&node.log));
        self.tell(who, Fact::Recovered { term, last, chain, committed: commit as i64 - 1 });
    }

    pub fn wipe(&mut self, who: usize) {
        self.nodes[who] = Node::default();
    }

    /// Every rule that has been broken so far, by going through everything.
    pub fn broken(&mut self) -> Vec<Rule> {
        let past = |node: &Node| node.commit.is_some_and(|commit| commit > node.log.len());
        if self.nodes.iter().any(past) {
            self.broken_by_change.push(Rule::CommitGrows);
        }
        let mut broken = self.broken_by_change.clone();
        let mut add = |rule: Rule, is: bool| broken.extend(is.then_some(rule));
        add(Rule::ElectionSafety, pairs(&self.leads, |a, b| a.term == b.term && a.who != b.who));
        add(Rule::OneVote, pairs(&self.votes, |a, b| a.0 == b.0 && a.1 == b.1 && a.2 != b.2));
        add(
            Rule::LogMatching,
            pairs(&self.held, |a, b| {
                a.len() == b.len() && a.last().map(|e| e.0) == b.last().map(|e| e.0) && a != b
            }),
        );
        add(Rule::StateMachine, pairs(&self.commits, |a, b| !one_of_the_other(&a.log, &b.log)));
        add(
            Rule::Completeness,
            self.commits.iter().any(|commit| {
                let later =
                    self.leads.iter().skip(commit.leads_before).filter(|lead| lead.term > commit.term);
                let mut logs = later.map(|lead| &lead.log).chain(&commit.leading_above);
                logs.any(|log| !log.starts_with(&commit.log))
            }),
        );
        broken.sort_unstable();
        broken.dedup();
        broken
    }
}

fn pairs<T>(all: &[T], clash: impl Fn(&T, &T) -> bool) -> bool {
    all.iter().enumerate().any(|(at, a)| all[..at].iter().any(|b| clash(a, b)))
}

fn one_of_the_other(a: &[Entry], b: &[Entry]) -> bool {
    a.iter().zip(b).all(|(a, b)| a == b)
}

/// What clients asked and were told, all of it.
#[derive(Default)]
pub struct Clients {
    /// When it was asked, when it was answered, and how.
    all: Vec<(u32, Option<(u32, Did)>)>,
    /// Some answer contradicts one that came before it was asked for.
    pub late: bool,
    /// The logs that the answers were given on, where they were held.
    seen: Vec<Vec<Entry>>,
    /// Two of them differ.
    pub split: bool,
}

impl Clients {
    pub fn ask(&mut self, step: u32) {
        self.all.push((step, None));
    }

    pub fn open(&self) -> Vec<u32> {
        self.all.iter().filter(|(_, answer)| answer.is_none()).map(|(asked, _)| *asked).collect()
    }

    pub fn answer(&mut self, asked: u32, step: u32, did: Did, seen: Option<&[Entry]>) {
        if let Some(seen) = seen {
            self.split |= self.seen.iter().any(|other| !one_of_the_other(other, seen));
            self.seen.push(seen.to_vec());
        }
        let before =
            self.all.iter().filter_map(|(_, answer)| *answer).filter(|(answered, _)| *answered < asked);
        self.late |= before.into_iter().any(|(_, earlier)| {
            let (Did::Read(seen) | Did::Wrote(seen)) = earlier;
            match did {
                Did::Read(index) => index < seen,
                Did::Wrote(index) => index <= seen,
            }
        });
        if let Some((_, answer)) = self.all.iter_mut().find(|(other, _)| *other == asked) {
            *answer = Some((step, did));
        }
    }
}
