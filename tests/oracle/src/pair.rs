//! Two clusters in one network: every step is made in both.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use kernel::NodeId;
use lab::engines::raft::Set;

use crate::listed::{Flows, Then, Why, different, one_sided};
use crate::ours::{self, Ours};
use crate::said::{Order, Said, State, Words};
use crate::setup::Setup;
use crate::theirs::{self, Theirs};

/// A message under way; one side alone has it only while the two settle apart.
#[derive(Clone, Debug)]
pub struct Flight {
    /// The sender.
    pub from: u8,
    /// The receiver.
    pub to: u8,
    kind: &'static str,
    ours: Option<lab::engines::raft::Message>,
    theirs: Option<raft::eraftpb::Message>,
}

/// What a schedule did.
#[derive(Clone, Default, Debug)]
pub struct Tally {
    /// Acts by their kind.
    pub acts: BTreeMap<&'static str, u32>,
    /// Messages delivered, by their kind.
    pub messages: BTreeMap<&'static str, u32>,
    /// What came of them.
    pub outcomes: BTreeMap<&'static str, u32>,
    /// The listed differences that were met.
    pub listed: BTreeMap<Why, u32>,
    /// How often all nodes of both were compared with nothing under way.
    pub quiet: u32,
    /// How many schedules came to their end, each with such a comparison; in others the two may not be compared on.
    pub completed: u32,
}

/// Everything that a step may come to.
pub const OUTCOMES: &[&str] = &[
    "elected",
    "stepped down without a quorum",
    "election lost",
    "asked before its term",
    "committed",
    "snapshot installed",
    "conflict cut",
    "joint entered",
    "joint left",
];

fn add<K: Ord>(sum: &mut BTreeMap<K, u32>, more: BTreeMap<K, u32>) {
    for (key, count) in more {
        *sum.entry(key).or_default() += count;
    }
}

impl Tally {
    /// Adds what another schedule did.
    pub fn add(&mut self, other: Tally) {
        add(&mut self.acts, other.acts);
        add(&mut self.messages, other.messages);
        add(&mut self.outcomes, other.outcomes);
        add(&mut self.listed, other.listed);
        self.quiet += other.quiet;
        self.completed += other.completed;
    }
}

/// So many deliveries end every storm.
const PATIENCE: u32 = 20_000;

/// Both clusters.
pub struct Pair {
    /// How they are set up.
    pub setup: Setup,
    /// Our nodes.
    pub ours: Vec<Ours>,
    theirs: Vec<Theirs>,
    /// What is under way, oldest first.
    pub flights: Vec<Flight>,
    /// The links that are cut, each way for itself.
    pub cut: Vec<(u8, u8)>,
    /// What was done.
    pub tally: Tally,
    /// The schedule cannot go on.
    pub over: bool,
    /// The two settle apart.
    apart: bool,
    /// They have to.
    must_settle: bool,
    /// A config came into force while they did.
    config_changed: bool,
    /// How both sent to each peer before the step.
    flows_before: Vec<Flows>,
    story: String,
}

impl Pair {
    /// Both clusters, booted.
    #[must_use]
    pub fn new(setup: Setup) -> Pair {
        Pair {
            setup,
            ours: (0..setup.nodes).map(|id| Ours::new(id, &setup)).collect(),
            theirs: (0..setup.nodes).map(|id| Theirs::new(id, &setup)).collect(),
            flights: Vec::new(),
            cut: Vec::new(),
            tally: Tally::default(),
            over: false,
            apart: false,
            must_settle: false,
            config_changed: false,
            flows_before: Vec::new(),
            story: format!("{setup:?}\n"),
        }
    }

    /// Notes an act of the schedule.
    pub fn tell(&mut self, kind: &'static str, what: impl std::fmt::Debug) {
        *self.tally.acts.entry(kind).or_default() += 1;
        let _ = writeln!(self.story, "{kind} {what:?}");
    }

    fn count(&mut self, outcome: &'static str) {
        *self.tally.outcomes.entry(outcome).or_default() += 1;
    }

    fn note(&mut self, why: Why) {
        *self.tally.listed.entry(why).or_default() += 1;
        let _ = writeln!(self.story, "  listed: {why:?}");
    }

    fn fail(&self, what: &str) -> ! {
        panic!("{}{what}", self.story);
    }

    fn both(&mut self, node: u8) -> (&mut Ours, &mut Theirs) {
        (&mut self.ours[usize::from(node)], &mut self.theirs[usize::from(node)])
    }

    /// How both send from a leader to a peer.
    fn flows(&self, from: u8, to: u8) -> Flows {
        let (ours, theirs) = (&self.ours[usize::from(from)], &self.theirs[usize::from(from)]);
        (ours.progress(to).map(|known| known.0), theirs.progress(to).map(|known| known.0))
    }

    /// A node's state before a step.
    fn before(&mut self, node: u8) -> State {
        self.flows_before = (0..self.setup.nodes).map(|peer| self.flows(node, peer)).collect();
        self.state(node)
    }

    /// A node's state.
    #[must_use]
    pub fn state(&self, node: u8) -> State {
        self.ours[usize::from(node)].state()
    }

    /// Gives an order to a node that runs.
    pub fn give(&mut self, node: u8, order: &Order) {
        let before = self.before(node);
        let (ours, theirs) = self.both(node);
        let (a, b) = (ours.give(order), theirs.give(order));
        self.sent(node, &before, a, b);
    }

    /// Ends a leader's T, unless the two do not agree on whom it heard.
    pub fn period(&mut self, node: u8) {
        let (ours, theirs) = self.both(node);
        if ours.heard() == theirs.heard() {
            self.give(node, &Order::Period);
        } else {
            self.note(Why::Heard);
        }
    }

    /// Takes a node's power.
    pub fn crash(&mut self, node: u8) {
        let (ours, theirs) = self.both(node);
        ours.crash();
        theirs.crash();
        self.compare(node);
    }

    /// Starts a node.
    pub fn restart(&mut self, node: u8) {
        let (ours, theirs) = self.both(node);
        ours.restart();
        theirs.restart();
        self.compare(node);
    }

    /// Delivers one message under way, if its link and its receiver are up.
    pub fn deliver(&mut self, at: usize) {
        let flight = self.flights.remove(at);
        let Flight { from, to, kind, ours: a, theirs: b } = flight;
        if self.cut.contains(&(from, to)) || !self.ours[usize::from(to)].runs() {
            return;
        }
        let before = self.before(to);
        *self.tally.messages.entry(kind).or_default() += 1;
        let _ = writeln!(self.story, "  {kind} n{from} → n{to}");
        let said = a.as_ref().map(|a| ours::said(to, a)).or_else(|| b.as_ref().map(theirs::said));
        if let Some(Words::Snapshot { config, .. }) = said.map(|said| said.words)
            && !config.members().has(NodeId(to))
        {
            // With one side's alone the other side is past it.
            self.over = self.apart;
            return self.note(Why::StrangeSnapshot);
        }
        let b = b.map(|mut message| {
            if matches!(theirs::said(&message).words, Words::Ask { .. } | Words::Vote { .. }) {
                if message.commit > before.commit {
                    self.note(Why::CommitByVote);
                }
                (message.commit, message.commit_term) = (0, 0);
            }
            message
        });
        let (ours, theirs) = self.both(to);
        let a = a.map(|message| ours.receive(from, message)).unwrap_or_default();
        let b = b.map(|message| theirs.receive(from, message)).unwrap_or_default();
        self.sent(to, &before, a, b);
    }

    /// Delivers everything, oldest first, until nothing is under way; then all nodes must be the same.
    pub fn settle(&mut self) {
        self.run();
        if !self.over {
            self.compare_all();
        }
    }

    fn run(&mut self) {
        for _ in 0..PATIENCE {
            if self.flights.is_empty() || self.over {
                return;
            }
            self.deliver(0);
        }
        self.fail("the messages do not end");
    }

    /// Compares all nodes.
    pub fn compare_all(&mut self) {
        self.tally.quiet += 1;
        for node in 0..self.setup.nodes {
            self.compare(node);
        }
    }

    fn compare(&self, node: u8) {
        let (ours, theirs) = (&self.ours[usize::from(node)], &self.theirs[usize::from(node)]);
        let (a, b) = (ours.state(), theirs.state());
        if a != b && !self.apart {
            self.fail(&format!("n{node} differs:\n  ours   {a:?}\n  theirs {b:?}"));
        }
    }

    /// Matches what both sides sent, and compares the sender.
    fn sent(
        &mut self,
        from: u8,
        before: &State,
        a: Vec<(u8, lab::engines::raft::Message)>,
        b: Vec<raft::eraftpb::Message>,
    ) {
        let silent = std::mem::take(&mut self.both(from).1.left_silently);
        (0..silent).for_each(|_| self.note(Why::SilentLeave));
        if silent > 0 && self.both(from).1.hands_over() {
            self.over = true;
            return self.note(Why::LeaveInTransfer);
        }
        if self.both(from).1.leads_without_vote() {
            self.over = true;
            return self.note(Why::LeaderWithoutVote);
        }
        let mut theirs: Vec<_> = b.into_iter().map(|m| Some((theirs::said(&m), m))).collect();
        let mut ours: Vec<_> = a.into_iter().map(|(to, m)| (ours::said(to, &m), Some(m), None)).collect();
        let exactly = |a: &Said, b: &Said| a == b;
        let kindly = |a: &Said, b: &Said| a.to == b.to && a.words.kind() == b.words.kind();
        for same in [exactly as fn(&Said, &Said) -> bool, kindly] {
            for (said, _, other) in ours.iter_mut().filter(|(_, _, other)| other.is_none()) {
                let twin = theirs.iter_mut().find(|b| b.as_ref().is_some_and(|b| same(said, &b.0)));
                *other = twin.and_then(Option::take);
            }
        }
        for (said, a, b) in ours {
            self.launch(from, Some((said, a)), b);
        }
        for b in theirs.into_iter().flatten() {
            self.launch(from, None, Some(b));
        }
        self.came_of(from, before);
        self.compare(from);
        if std::mem::take(&mut self.must_settle) {
            self.settle_apart();
        }
    }

    /// Lets a message of one side or of both travel, or does about their difference what is listed.
    fn launch(
        &mut self,
        from: u8,
        a: Option<(Said, Option<lab::engines::raft::Message>)>,
        b: Option<(Said, raft::eraftpb::Message)>,
    ) {
        let said = a.as_ref().map(|a| &a.0).or(b.as_ref().map(|b| &b.0));
        let Some((to, kind)) = said.map(|said| (said.to, said.words.kind())) else { return };
        let flows = [self.flows(from, to), self.flows_before[usize::from(to)]];
        let verdict = match (&a, &b) {
            (Some((a, _)), Some((b, _))) if a == b => Some(None),
            (Some((a, _)), Some((b, _))) => different(a, b).map(Some),
            (Some((said, _)), None) => one_sided(&self.setup, said, true, &flows).map(Some),
            (None, Some((said, _))) => one_sided(&self.setup, said, false, &flows).map(Some),
            (None, None) => return,
        };
        let then = match verdict {
            // Apart, only what the other core never sends is lost.
            Some(Some((Why::StaleAnswer | Why::HandedOnTwice, Then::Lose))) if self.apart => Then::Lose,
            _ if self.apart => Then::Travel,
            Some(None) => Then::Travel,
            Some(Some((why, then))) => {
                self.note(why);
                then
            }
            None => {
                let (a, b) = (a.map(|a| a.0), b.map(|b| b.0));
                let (ours, theirs) = self.both(from);
                let known = (ours.progress(to), theirs.progress(to));
                let what = format!("n{from} sends\n  ours   {a:?}\n  theirs {b:?}\n  {known:?}");
                self.fail(&what)
            }
        };
        self.must_settle |= then == Then::Settle;
        if then == Then::Lose {
            return;
        }
        let (ours, theirs) = (a.and_then(|a| a.1), b.map(|b| b.1));
        self.flights.push(Flight { from, to, kind, ours, theirs });
    }

    /// Counts what a step came to.
    fn came_of(&mut self, node: u8, before: &State) {
        let after = self.state(node);
        let role = |state: &State, role| state.role == Some(role);
        if role(&after, "Leader") && !role(before, "Leader") {
            self.count("elected");
        }
        if role(before, "Leader") && role(&after, "Follower") && after.term == before.term {
            self.count("stepped down without a quorum");
        }
        if role(before, "Candidate") && role(&after, "Follower") && after.leader.is_none() {
            self.count("election lost");
        }
        if role(&after, "PreCandidate") {
            self.count("asked before its term");
        }
        if after.commit > before.commit {
            self.count("committed");
        }
        if after.before.0 > before.commit {
            self.count("snapshot installed");
        }
        let kept = before.log.iter().all(|cell| cell.0 <= after.before.0 || after.log.contains(cell));
        if !kept {
            self.count("conflict cut");
        }
        self.config_changed |= after.config != before.config;
        if after.config.joint() && !before.config.joint() {
            self.count("joint entered");
        }
        if !after.config.joint() && before.config.joint() {
            self.count("joint left");
        }
    }

    /// Each side delivers what is under way to it, with rounds of heartbeats; then both must be the same again.
    fn settle_apart(&mut self) {
        self.apart = true;
        self.config_changed = false;
        for _ in 0..4 {
            self.run();
            for node in 0..self.setup.nodes {
                if self.ours[usize::from(node)].runs() && !self.over {
                    self.give(node, &Order::Heartbeat);
                }
            }
        }
        self.run();
        self.apart = false;
        if !self.over {
            self.judge_apart();
        }
    }

    /// After the two settled apart: what may differ ends the schedule.
    fn judge_apart(&mut self) {
        let leaders = self.ours.iter().map(Ours::state).filter(|state| state.role == Some("Leader"));
        let members = leaders.fold(Set::EMPTY, |members, leader| members.or(leader.config.members()));
        for node in 0..self.setup.nodes {
            let (a, b) = (self.state(node), self.theirs[usize::from(node)].state());
            let why = match a == b {
                true => continue,
                false if !members.has(NodeId(node)) => Why::Outsider,
                false if a.alike_but_for_snapshots(&b) => Why::SnapshotOrEntries,
                false if self.config_changed && a.agrees(&b) => Why::ConfigApart,
                false => continue,
            };
            self.note(why);
            self.over = true;
        }
        if !self.over {
            self.compare_all();
        }
    }
}
