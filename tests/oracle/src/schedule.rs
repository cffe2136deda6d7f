//! Schedules drawn from a seed.

use kernel::NodeId;
use lab::engines::raft::{Change, Conf, Set};

use crate::pair::{Pair, Tally};
use crate::said::Order;
use crate::setup::Setup;

/// How many acts a schedule has.
const ACTS: u32 = 150;

/// What may happen, and how often.
pub const KINDS: &[(&str, u64)] = &[
    ("campaign", 6),
    ("propose", 12),
    ("forward", 2),
    ("deliver", 30),
    ("settle", 10),
    ("drop", 3),
    ("drop all", 2),
    ("duplicate", 3),
    ("cut", 3),
    ("heal", 3),
    ("crash", 2),
    ("restart", 4),
    ("transfer", 3),
    ("heartbeat", 8),
    ("period", 3),
    ("lapse", 3),
    ("snapshot", 4),
    ("report", 4),
    ("add", 2),
    ("add learner", 2),
    ("remove", 2),
    ("joint", 2),
    ("joint explicit", 2),
    ("leave", 3),
];

/// Numbers from a seed (splitmix64).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % below.max(1)
    }

    fn one_of<T: Copy>(&mut self, all: &[T]) -> Option<T> {
        let at = self.roll(all.len() as u64);
        all.get(usize::try_from(at).unwrap_or(0)).copied()
    }
}

/// A schedule while it runs.
struct Schedule {
    dice: Dice,
    pair: Pair,
    proposed: u32,
}

/// Runs the schedule of a seed on both, with partitions or with single cuts.
///
/// # Panics
/// When the two differ in a way that is not listed.
#[must_use]
pub fn run(seed: u64, partitions: bool) -> Tally {
    let pair = Pair::new(Setup { partitions, ..Setup::of(seed) });
    let mut schedule = Schedule { dice: Dice(seed), pair, proposed: 0 };
    let sum: u64 = KINDS.iter().map(|kind| kind.1).sum();
    for _ in 0..ACTS {
        let mut pick = schedule.dice.roll(sum);
        let kind = KINDS.iter().find(|(_, weight)| {
            let here = pick < *weight;
            pick = pick.saturating_sub(*weight);
            here
        });
        schedule.act(kind.map_or("settle", |kind| kind.0));
        if schedule.pair.over {
            break;
        }
    }
    schedule.finish();
    let mut tally = schedule.pair.tally;
    tally.completed = u32::from(!schedule.pair.over && tally.quiet > 0);
    tally
}

impl Schedule {
    fn up(&self) -> Vec<u8> {
        (0..self.pair.setup.nodes).filter(|id| self.pair.ours[usize::from(*id)].runs()).collect()
    }

    /// The nodes in a role, or in any other.
    fn in_role(&self, role: &str, is: bool) -> Vec<u8> {
        let fits = |id: &u8| (self.pair.state(*id).role == Some(role)) == is;
        self.up().into_iter().filter(fits).collect()
    }

    fn leader(&mut self) -> Option<u8> {
        let all = self.in_role("Leader", true);
        self.dice.one_of(&all)
    }

    fn any(&mut self) -> u8 {
        u8::try_from(self.dice.roll(u64::from(self.pair.setup.nodes))).unwrap_or(0)
    }

    /// One act; nothing where it makes no sense.
    fn act(&mut self, kind: &'static str) {
        match kind {
            "deliver" | "drop" | "drop all" | "duplicate" | "settle" => self.network(kind),
            "cut" | "heal" | "crash" | "restart" => self.fault(kind),
            "add" | "add learner" | "remove" | "joint" | "joint explicit" | "leave" => self.member(kind),
            _ => self.command(kind),
        };
    }

    fn network(&mut self, kind: &'static str) {
        if kind == "settle" {
            self.pair.tell(kind, ());
            return self.pair.settle();
        }
        let at: Vec<usize> = (0..self.pair.flights.len()).collect();
        let Some(pick) = self.dice.one_of(&at) else { return };
        let (from, to) = (self.pair.flights[pick].from, self.pair.flights[pick].to);
        // Mostly the oldest of its way, so that most ways keep their order.
        let first = self.pair.flights.iter().position(|f| (f.from, f.to) == (from, to)).unwrap_or(pick);
        let pick = if self.dice.roll(4) == 0 { pick } else { first };
        self.pair.tell(kind, (from, to, pick - first));
        match kind {
            "deliver" => self.pair.deliver(pick),
            "drop" => drop(self.pair.flights.remove(pick)),
            "duplicate" => self.pair.flights.push(self.pair.flights[pick].clone()),
            _ => self.pair.flights.retain(|f| (f.from, f.to) != (from, to)),
        }
    }

    /// Ways both ways between the nodes of a drawn group and the others.
    fn partition(&mut self) -> Vec<(u8, u8)> {
        let nodes = self.pair.setup.nodes;
        // Neither of nobody nor of all.
        let group = 1 + self.dice.roll((1 << nodes) - 2);
        let inside = |id: u8| group >> id & 1 == 1;
        let pairs = (0..nodes).flat_map(|a| (0..nodes).map(move |b| (a, b)));
        pairs.filter(|(a, b)| inside(*a) != inside(*b)).collect()
    }

    fn fault(&mut self, kind: &'static str) {
        let (node, other) = (self.any(), self.any());
        let runs = self.pair.ours[usize::from(node)].runs();
        match kind {
            "cut" if self.pair.setup.partitions => {
                let ways = self.partition();
                self.pair.tell("partition", &ways);
                self.pair.cut = ways;
            }
            "cut" if node != other => {
                // A node from all others, or one link, one way or both.
                let nodes = 0..self.pair.setup.nodes;
                let ways = match self.dice.roll(3) {
                    0 => nodes.flat_map(|peer| [(node, peer), (peer, node)]).collect(),
                    1 => vec![(node, other)],
                    _ => vec![(node, other), (other, node)],
                };
                self.pair.tell(kind, &ways);
                self.pair.cut.extend(ways);
            }
            "heal" if !self.pair.cut.is_empty() => {
                self.pair.tell(kind, ());
                self.pair.cut.clear();
            }
            "crash" if runs => {
                self.pair.tell(kind, node);
                self.pair.crash(node);
            }
            "restart" => {
                let down: Vec<u8> = (0..self.pair.setup.nodes).filter(|id| !self.up().contains(id)).collect();
                if let Some(node) = self.dice.one_of(&down) {
                    self.pair.tell(kind, node);
                    self.pair.restart(node);
                }
            }
            _ => {}
        }
    }

    /// A change that changes something, of the config that the leader counts by: others are refused by ours at once,
    /// and become entries without effect in raft-rs. Only a leader's own removal is rare.
    fn member(&mut self, kind: &'static str) {
        let Some(leader) = self.leader() else { return };
        let config = self.pair.state(leader).config;
        let target = NodeId(self.any());
        let others = config.voters.minus(Set::EMPTY.with(target));
        let spare = target.0 != leader || self.dice.roll(8) == 0;
        let change = match kind {
            "add" if !config.voters.has(target) => Change::AddVoter(target),
            "add learner" if !config.learners.has(target) && !others.is_empty() && spare => {
                Change::AddLearner(target)
            }
            "remove" if config.members().has(target) && !others.is_empty() && spare => Change::Remove(target),
            "joint" | "joint explicit" => match self.joint(leader, &config, kind == "joint") {
                Some(change) => change,
                None => return,
            },
            "leave" if config.joint() => Change::Leave,
            _ => return,
        };
        self.pair.tell(kind, (leader, change));
        self.pair.give(leader, &Order::Change(change));
    }

    /// To other voters, mostly with the leader among them.
    fn joint(&mut self, leader: u8, config: &Conf, auto_leave: bool) -> Option<Change> {
        let (mut voters, mut learners) = (Set::EMPTY, Set::EMPTY);
        for node in 0..self.pair.setup.nodes {
            match self.dice.roll(4) {
                0 => {}
                1 => learners = learners.with(NodeId(node)),
                _ => voters = voters.with(NodeId(node)),
            }
        }
        if voters.is_empty() || self.dice.roll(8) > 0 {
            voters = voters.with(NodeId(leader));
        }
        let learners = learners.minus(voters);
        let same = voters == config.voters && learners == config.learners;
        (!same).then_some(Change::Joint { voters, learners, auto_leave })
    }

    fn command(&mut self, kind: &'static str) {
        let node = match kind {
            "campaign" | "lapse" => {
                let all = self.in_role("Leader", false);
                self.dice.one_of(&all)
            }
            "forward" => {
                let all = self.in_role("Follower", true);
                self.dice.one_of(&all)
            }
            _ => self.leader(),
        };
        let Some(node) = node else { return };
        let peer = self.any();
        let order = match kind {
            "campaign" => Order::Campaign,
            "lapse" => Order::Lapse,
            "heartbeat" => Order::Heartbeat,
            "transfer" if peer != node => Order::Transfer(peer),
            "report" if peer != node => Order::Report(peer),
            "snapshot" => Order::Snapshot(self.dice.roll(3)),
            "propose" | "forward" => {
                self.proposed += 1;
                Order::Propose(format!("x{}", self.proposed))
            }
            "period" => {
                self.pair.tell(kind, node);
                return self.pair.period(node);
            }
            _ => return,
        };
        let node = if kind == "snapshot" { self.dice.one_of(&self.up()).unwrap_or(node) } else { node };
        self.pair.tell(kind, (node, &order));
        self.pair.give(node, &order);
    }

    /// Faults end, everything arrives, leaders beat: once more all must be the same.
    fn finish(&mut self) {
        self.pair.cut.clear();
        for node in 0..self.pair.setup.nodes {
            if !self.pair.over && !self.pair.ours[usize::from(node)].runs() {
                self.pair.restart(node);
            }
        }
        for _ in 0..3 {
            for leader in self.in_role("Leader", true) {
                if !self.pair.over {
                    self.pair.give(leader, &Order::Heartbeat);
                }
            }
            if !self.pair.over {
                self.pair.settle();
            }
        }
    }
}
