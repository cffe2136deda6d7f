//! Random runs of a small protocol that sometimes forgets its rules, judged twice after every step.

use alloc::vec::Vec;
use kernel::{NodeId, Token};

use super::slow::{Clients, World};
use crate::{Checks, Did, Rule};

struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % n.max(1)
    }

    /// Once in `n`; never when `n` is 0.
    fn once_in(&mut self, n: usize) -> bool {
        n > 0 && self.below(n) == 0
    }
}

struct Run {
    world: World,
    clients: Clients,
    /// One past the last place that a client was told of.
    ledger: u64,
    checks: Checks,
    dice: Dice,
    /// One action in so many forgets its rule.
    wild: usize,
    step: u32,
}

const NODES: usize = 4;
const MAJORITY: usize = 3;

impl Run {
    fn new(seed: u64, wild: usize) -> Self {
        let checks = Checks::new(NODES as u8, 0, &[]);
        Run {
            world: World::new(NODES),
            clients: Clients::default(),
            ledger: 0,
            checks,
            dice: Dice(seed),
            wild,
            step: 0,
        }
    }

    fn wild(&mut self) -> bool {
        self.dice.once_in(self.wild)
    }

    fn step(&mut self) {
        let who = self.dice.below(NODES);
        match self.dice.below(27) {
            0 | 1 => self.elect(who),
            2..=6 => self.propose(who),
            7..=13 => self.replicate(who),
            14..=17 => self.commit_as_leader(who),
            18..=20 => self.commit_as_follower(who),
            21 => self.restart(who),
            24..=26 => self.client(),
            22 if self.world.nodes[who].leads.is_some() => self.world.unlead(who),
            _ => self.act_wildly(who),
        }
        self.tell();
    }

    /// A client asks, or one that has asked is answered.
    fn client(&mut self) {
        let open = self.clients.open();
        if open.is_empty() || self.dice.below(2) == 0 {
            self.checks.asked(Token(self.step));
            return self.clients.ask(self.step);
        }
        let asked = open[self.dice.below(open.len())];
        let committed = |id: &usize| self.world.nodes[*id].commit.unwrap_or(0);
        let furthest = (0..NODES).max_by_key(committed).unwrap_or(0);
        let (mut who, mut end) = (furthest, committed(&furthest) as u64);
        let wild = self.wild();
        if wild {
            (who, end) = (self.dice.below(NODES), 1 + self.dice.below(end as usize + 2) as u64);
        }
        if end == 0 || end < self.ledger && !wild {
            return;
        }
        let writes = (end > self.ledger || wild) && self.dice.below(2) == 0;
        self.ledger = self.ledger.max(end);
        let did = if writes { Did::Wrote(end - 1) } else { Did::Read(end - 1) };
        self.checks.answered(self.step, NodeId(who as u8), Token(asked), did);
        let seen = self.world.nodes[who].log.get(..end as usize);
        self.clients.answer(asked, self.step, did, seen);
    }

    fn tell(&mut self) {
        self.step += 1;
        for (who, fact) in self.world.facts.drain(..) {
            self.checks.observe(self.step, who, fact);
        }
    }

    /// A whole election in one step: a majority that may vote does.
    fn elect(&mut self, who: usize) {
        let term = 1 + self.world.nodes.iter().map(|node| node.term).max().unwrap_or(0);
        // A lower term may still win late.
        let term = if self.wild() { self.dice.below(term as usize + 1) as u64 } else { term };
        let any = self.wild();
        let end = |node: &super::slow::Node| (node.log.last().map_or(0, |entry| entry.0), node.log.len());
        let candidate = end(&self.world.nodes[who]);
        let may = |id: &usize| *id == who || any || end(&self.world.nodes[*id]) <= candidate;
        let mut voters: Vec<usize> = (0..NODES).filter(may).collect();
        if voters.len() < MAJORITY {
            return;
        }
        while voters.len() > MAJORITY {
            let out = self.dice.below(voters.len());
            if voters[out] != who {
                voters.remove(out);
            }
        }
        for voter in voters {
            let led = self.world.nodes[voter].leads.is_some();
            if led {
                self.world.unlead(voter);
            }
            if self.world.nodes[voter].term < term || voter == who {
                self.world.set_term(voter, term);
            }
            self.world.vote(voter, term, who);
        }
        self.world.lead(who);
    }

    fn propose(&mut self, who: usize) {
        let node = &self.world.nodes[who];
        let (leads, len) = (node.leads, node.log.len());
        let value = self.dice.below(3) as u8;
        match leads {
            Some(term) => self.world.append(who, len, (term, value)),
            None if self.wild() => {
                let (index, term) = (self.dice.below(len + 1), self.dice.below(5) as u64);
                self.world.append(who, index, (term, value));
            }
            None => {}
        }
    }

    /// A leader whose term this node may obey.
    fn leader_of(&mut self, who: usize) -> Option<usize> {
        let any = self.wild();
        let obeyed = |id: &usize| {
            let leads = self.world.nodes[*id].leads;
            *id != who && leads.is_some_and(|term| any || term >= self.world.nodes[who].term)
        };
        let leaders: Vec<usize> = (0..NODES).filter(obeyed).collect();
        leaders.get(self.dice.below(leaders.len())).copied()
    }

    /// One entry of the leader's log comes to this node, after what stands in its way was cut.
    fn replicate(&mut self, who: usize) {
        let Some(leader) = self.leader_of(who) else { return };
        let term = self.world.nodes[leader].leads.unwrap_or_default();
        if self.world.nodes[who].leads.is_some() {
            self.world.unlead(who);
        }
        if self.world.nodes[who].term < term {
            self.world.set_term(who, term);
        }
        let (log, own) = (self.world.nodes[leader].log.clone(), self.world.nodes[who].log.clone());
        let same = log.iter().zip(&own).take_while(|(a, b)| a == b).count();
        let (conflict, wild) = (same < own.len() && same < log.len(), self.wild());
        if conflict && self.dice.below(2) == 0 {
            self.world.truncate(who, same);
        } else if wild && own.len() < log.len() {
            self.world.append(who, own.len(), log[own.len()]);
        } else if same < log.len() {
            self.world.append(who, same, log[same]);
        } else if same > 0 {
            self.world.append(who, same - 1, log[same - 1]);
        }
    }

    fn commit_as_leader(&mut self, who: usize) {
        let Some(term) = self.world.nodes[who].leads else { return };
        let own = self.world.nodes[who].log.clone();
        let wild = self.wild();
        let holds = |count: usize| {
            let loyal = self.world.nodes.iter().filter(|node| node.term <= term);
            loyal.filter(|node| node.log.starts_with(&own[..count])).count() >= MAJORITY
        };
        let may = |count: &usize| wild || own[*count - 1].0 == term && holds(*count);
        let from = self.world.nodes[who].commit.unwrap_or(0);
        let counts: Vec<usize> = (1..=own.len()).filter(may).filter(|count| *count >= from).collect();
        if let Some(count) = counts.get(self.dice.below(counts.len())) {
            self.world.commit(who, *count);
        }
    }

    fn commit_as_follower(&mut self, who: usize) {
        let Some(leader) = self.leader_of(who) else { return };
        let (leading, own) = (self.world.nodes[leader].clone(), &self.world.nodes[who]);
        let same = leading.log.iter().zip(&own.log).take_while(|(a, b)| a == b).count();
        let all = leading.commit.unwrap_or(0);
        let (count, from) = (all.min(same), own.commit.unwrap_or(0));
        let term = leading.leads.unwrap_or_default();
        let lacks = all > same && all <= leading.log.len() && own.leads.is_none();
        let install = lacks && self.dice.below(4) == 0;
        if !install && count < from && !self.wild() {
            return;
        }
        if self.world.nodes[who].term < term {
            self.world.set_term(who, term);
        }
        if install {
            return self.world.install(who, leading.log[..all].to_vec());
        }
        self.world.commit(who, count);
    }

    fn restart(&mut self, who: usize) {
        let forgets = self.wild();
        self.checks.crashed(NodeId(who as u8));
        let node = self.world.nodes[who].clone();
        if forgets && self.dice.below(2) == 0 {
            self.checks.wiped(NodeId(who as u8));
            self.world.wipe(who);
            self.checks.restarted(NodeId(who as u8));
            return self.world.restart(who, 0, 0, 0);
        }
        self.checks.restarted(NodeId(who as u8));
        let keep = if forgets { self.dice.below(node.log.len() + 1) } else { node.log.len() };
        let commit = self.dice.below(node.kept.min(keep) + 1) + usize::from(forgets && self.wild());
        let term = if forgets && self.wild() { node.term / 2 } else { node.term };
        self.world.restart(who, keep, commit, term);
    }

    /// Things no protocol here does.
    fn act_wildly(&mut self, who: usize) {
        if !self.wild() {
            return;
        }
        let len = self.world.nodes[who].log.len();
        let (a, b) = (self.dice.below(6), self.dice.below(NODES));
        match self.dice.below(6) {
            5 if self.world.nodes[b].log.len() > a => {
                let log = self.world.nodes[b].log[..=a].to_vec();
                self.world.install(who, log);
            }
            0 => self.world.set_term(who, a as u64),
            1 => self.world.vote(who, a as u64, b),
            2 => self.world.truncate(who, self.dice.below(len + 1)),
            3 => self.world.commit(who, self.dice.below(len + 2)),
            _ => self.world.lead(who),
        }
    }
}

/// Breaks by the rule, as the fast checker names them.
fn fast(checks: &Checks) -> Vec<Rule> {
    let mut rules: Vec<Rule> = checks.violations().into_iter().map(|violation| violation.rule).collect();
    rules.sort_unstable();
    rules
}

#[test]
fn both_checkers_say_the_same_after_every_step() {
    let mut seen = [0_u32; Rule::ALL.len()];
    for seed in 0..6000_u64 {
        let wild = [3, 10, 40, 150][(seed % 4) as usize];
        let mut run = Run::new(seed, wild);
        for _ in 0..120 {
            run.step();
            let (mut fast, mut slow) = (fast(&run.checks), run.world.broken());
            slow.extend((run.clients.late || run.clients.split).then_some(Rule::Linearizable));
            slow.sort_unstable();
            if slow.contains(&Rule::StateMachine) {
                // With two histories committed, which one a later leader must hold is a matter of taste.
                fast.retain(|rule| *rule != Rule::Completeness);
                slow.retain(|rule| *rule != Rule::Completeness);
            }
            assert_eq!(fast, slow, "seed {seed}, step {}", run.step);
        }
        fast(&run.checks).into_iter().for_each(|rule| seen[rule as usize] += 1);
    }
    for rule in Rule::ALL.into_iter().filter(|rule| rule.checked()) {
        assert!(seen[rule as usize] > 100, "{rule:?} broke {} times only", seen[rule as usize]);
    }
}

#[test]
fn a_protocol_that_keeps_its_rules_breaks_none() {
    let mut held = 0;
    for seed in 0..2000_u64 {
        let mut run = Run::new(seed, 0);
        for _ in 0..150 {
            run.step();
        }
        assert_eq!(fast(&run.checks), [], "seed {seed}");
        assert_eq!(run.world.broken(), [], "seed {seed}");
        let lights = run.checks.lights();
        held += lights.iter().filter(|light| light.state == crate::RuleState::Holds).count();
    }
    assert!(held > 2000 * 7, "the runs put the rules to the test: {held}");
}
