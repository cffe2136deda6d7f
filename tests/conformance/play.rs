//! A cluster with clients that write, and what they were told.

use std::collections::BTreeMap;

use kernel::view::LogRow;
use kernel::{
    Action, Addr, ClientId, Command, CommandKind, Decision, Engine, MsgId, NetConfig, NodeId, Settings, Time,
    Token, Transport, majority,
};
use lab::World;
use sim::{Config, Ended, NodeState, Report};

/// Clients of a play, each with one write under way at a time.
const CLIENTS: u8 = 3;
/// A cluster that makes no progress for so long is stuck.
const PATIENCE_US: u64 = 120_000_000;
/// More messages at once are a storm: answers that call for each other.
const FLIGHTS: usize = 2000;
/// In so long every node has what the others have.
const SETTLE_US: u64 = 30_000_000;

/// Numbers from a seed.
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    /// Dice of this seed.
    pub fn new(seed: u64) -> Dice {
        Dice(seed ^ 0x5851_f42d_4c95_7f2d)
    }

    /// A number below `n`.
    pub fn below(&mut self, n: usize) -> usize {
        // splitmix64
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^= z >> 31;
        usize::try_from((u128::from(z) * n as u128) >> 64).expect("below n")
    }

    /// One of these.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        from.get(self.below(from.len()))
    }
}

/// A write that a client was told is done.
#[derive(Clone, Debug)]
pub struct Ack {
    value: String,
    index: Option<u64>,
}

impl Ack {
    /// Whether this log holds it, at an index that `up_to` allows.
    fn is_in(&self, row: &LogRow, up_to: i64) -> bool {
        let below = |index: u64| i64::try_from(index).is_ok_and(|index| index <= up_to);
        let covered = |(last, _): (u64, u64)| self.index.is_some_and(|index| index <= last);
        row.snapshot.is_some_and(covered)
            || row.cells.iter().any(|cell| below(cell.index) && cell.value == self.value)
    }
}

/// What the network did to messages between nodes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Trouble {
    /// Lost.
    pub lost: usize,
    /// Sent once, under way twice.
    pub doubled: usize,
    /// Arrived before one that left earlier on the same way.
    pub overtook: usize,
}

/// A run of one engine in which clients write all the time.
#[derive(Clone, Debug)]
pub struct Play<E: Engine> {
    /// The cluster and its rules.
    pub world: World<E>,
    /// Chance of this play.
    pub dice: Dice,
    /// What was acknowledged.
    pub acks: Vec<Ack>,
    /// What was acknowledged when no majority held it, though no node had ever been down: a node that loses its power
    /// may take back what it had not flushed.
    pub early: Vec<String>,
    /// What became of messages.
    pub trouble: Trouble,
    /// How often nothing was written for a while.
    pub stalls: usize,
    /// The settings it was started with.
    pub variant: String,
    under_way: BTreeMap<MsgId, (Addr, Addr)>,
    crashed: bool,
    name: String,
    open: Vec<Option<(Token, String)>>,
    given: u32,
}

impl<E: Engine> Play<E> {
    /// A cluster whose network loses, delays, reorders and, where that can be, doubles messages.
    pub fn new(variant: &str, nodes: u8, seed: u64) -> Self {
        let mut config = Config::<E>::new(nodes, seed);
        config.clients = CLIENTS;
        let doubles = E::info().transport == Transport::Datagram;
        config.net = NetConfig {
            latency_us_min: 500,
            latency_us_max: 20_000,
            loss_ppm: 10_000,
            duplicate_ppm: if doubles { 20_000 } else { 0 },
            fifo: seed % 5 == 4,
        };
        for (name, value) in tests::pairs(variant) {
            config.settings.set(&name, &value).expect("a setting of the engine");
        }
        let mut play = Play {
            world: World::new(config),
            dice: Dice::new(seed),
            acks: Vec::new(),
            early: Vec::new(),
            trouble: Trouble::default(),
            under_way: BTreeMap::new(),
            stalls: 0,
            variant: variant.to_owned(),
            crashed: false,
            name: format!("{} {variant}, {nodes} nodes, seed {seed}", E::info().name),
            open: vec![None; usize::from(CLIENTS)],
            given: 0,
        };
        for (a, b) in play.ways() {
            if play.dice.below(4) == 0 {
                play.act(Decision::Shape(a, b, 2000, 60_000, 50_000));
            }
        }
        play
    }

    /// The nodes.
    pub fn nodes(&self) -> impl Iterator<Item = NodeId> + use<E> {
        (0..self.world.nodes()).map(NodeId)
    }

    fn ways(&self) -> Vec<(Addr, Addr)> {
        let ends = || self.world.addrs();
        ends().flat_map(|a| ends().map(move |b| (a, b))).filter(|(a, b)| a != b).collect()
    }

    /// What this play is, for messages.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether a node is down.
    pub fn is_down(&self, node: NodeId) -> bool {
        matches!(self.world.state(node), Some(NodeState::Crashed(_) | NodeState::Aborted(_)))
    }

    /// A decision now.
    pub fn act(&mut self, decision: Decision) {
        let text = decision.to_string();
        self.crashed |= matches!(decision, Decision::Crash(..));
        let taken = self.world.apply(&Action::now(decision));
        taken.unwrap_or_else(|why| panic!("{}: {text}: {why}", self.name));
        self.look();
    }

    /// What is due next; before it, every client that waits for nothing writes its next value.
    pub fn step(&mut self) {
        for client in 0..CLIENTS {
            if self.open.get(usize::from(client)).is_some_and(Option::is_none) {
                self.write_of(client);
            }
        }
        self.auto();
    }

    /// What is due next.
    fn auto(&mut self) {
        assert!(self.world.auto(), "{}: nothing is pending", self.name);
        if self.world.step().is_multiple_of(1024) {
            let flights = self.world.flights().count();
            assert!(flights < FLIGHTS, "{}: {flights} messages in flight: {}", self.name, self.standing());
        }
        self.look();
    }

    /// So many steps.
    pub fn steps(&mut self, count: usize) {
        (0..count).for_each(|_| self.step());
    }

    /// Steps until so many more writes were acknowledged, or for a while. True when they were.
    pub fn try_writes(&mut self, count: usize) -> bool {
        let (until, patience) = (self.acks.len() + count, self.world.now().plus_us(PATIENCE_US));
        while self.acks.len() < until && self.world.now() < patience {
            self.step();
        }
        self.acks.len() >= until
    }

    /// Steps until so many more writes were acknowledged.
    pub fn writes(&mut self, count: usize) {
        let told = self.acks.len();
        if !self.try_writes(count) {
            let more = self.acks.len() - told;
            panic!("{}: stuck with {more} of {count} writes: {}", self.name, self.standing());
        }
    }

    fn write_of(&mut self, client: u8) {
        let takes =
            |c: &&kernel::CommandDesc| c.kind == CommandKind::Write && c.client && c.takes(&["value"]);
        let verb = E::info().commands.iter().find(takes).expect("clients can write a value").verb;
        self.given += 1;
        let value = format!("w{}", self.given);
        let command = Command { verb: verb.to_owned(), args: vec![value.clone()] };
        let decision = Decision::Command(Addr::Client(ClientId(client)), command);
        let token = Token(self.world.step() + 1);
        if let Some(open) = self.open.get_mut(usize::from(client)) {
            *open = Some((token, value));
        }
        self.act(decision);
    }

    fn look(&mut self) {
        self.follow();
        self.hear();
    }

    /// Counts what the network did.
    fn follow(&mut self) {
        let Report { ended, sent, .. } = self.world.report();
        for (id, how) in ended {
            let Some(way) = self.under_way.remove(id) else { continue };
            let earlier = self.under_way.iter().take_while(|(other, _)| *other < id);
            match how {
                Ended::Lost => self.trouble.lost += 1,
                Ended::Arrived => {
                    self.trouble.overtook += usize::from(earlier.clone().any(|(_, w)| *w == way))
                }
            }
        }
        for note in sent.iter().filter(|note| note.from.node().is_some() && note.to.node().is_some()) {
            self.trouble.doubled += usize::from(note.copy);
            self.under_way.insert(note.id, (note.from, note.to));
        }
    }

    /// Takes in what the clients were told.
    fn hear(&mut self) {
        let told = self.world.report().answers.clone();
        for (token, who, outcome) in told {
            let Addr::Client(ClientId(client)) = who else { continue };
            let Some(open) = self.open.get_mut(usize::from(client)) else { continue };
            let Some((_, value)) = open.take_if(|(given, _)| *given == token) else { continue };
            if !outcome.ok() {
                continue;
            }
            let ack = Ack { value, index: outcome.index };
            let holders = self.rows().iter().filter(|row| ack.is_in(row, i64::MAX)).count();
            if holders < self.majority() && !self.crashed {
                self.early.push(ack.value.clone());
            }
            self.acks.push(ack);
        }
    }

    fn majority(&self) -> usize {
        majority(usize::from(self.world.nodes()))
    }

    /// Every node's whole log.
    fn rows(&self) -> Vec<LogRow> {
        let row = |id| {
            let (disk, memory) = self.world.node(id)?;
            Some(E::log_row(id, disk, memory, self.world.settings(), (0, u64::MAX)))
        };
        self.nodes().filter_map(row).collect()
    }

    /// A line on every node.
    pub fn standing(&self) -> String {
        let line = |row: LogRow| {
            let state = self.world.state(row.id);
            let shape = row.shape;
            let (term, end, committed) = (row.term, row.end, row.committed);
            format!("\n  {} {state:?} {shape:?} term {term}, log to {end}, committed {committed}", row.id)
        };
        self.rows().into_iter().map(line).collect()
    }

    /// How many nodes have the same log, all of it committed, with everything that clients asked for.
    fn agreed(&self) -> usize {
        let rows = self.rows();
        let whole = |row: &&LogRow| i64::try_from(row.end).is_ok_and(|end| row.committed + 1 == end);
        let terms = |row: &LogRow| row.cells.iter().map(|cell| (cell.index, cell.term)).collect::<Vec<_>>();
        let same = |a: &LogRow, b: &LogRow| {
            let first = a.first.max(b.first);
            let tail = |row| terms(row).into_iter().filter(move |(index, _)| *index >= first);
            a.end == b.end && tail(a).eq(tail(b))
        };
        let agrees = |row: &LogRow| rows.iter().filter(whole).filter(|other| same(row, other)).count();
        rows.iter().filter(whole).map(agrees).max().unwrap_or(0)
    }

    /// Ends all trouble: every link is quick and loses nothing, every node runs, the clients write some more, and then
    /// time runs until all nodes agree, or for a while: `Err` says how they stand then.
    pub fn settle(&mut self) {
        for (a, b) in self.ways() {
            self.act(Decision::Shape(a, b, 1000, 2000, 0));
        }
        for node in self.nodes() {
            if self.is_down(node) {
                self.act(Decision::Restart(node));
            }
        }
        self.writes(usize::from(CLIENTS) * 2);
        let patience = self.world.now().plus_us(SETTLE_US);
        while self.behind() > 0 && self.world.now() < patience {
            self.rest();
        }
        assert!(self.agreed() >= self.majority(), "{}: no majority agrees: {}", self.name, self.standing());
    }

    /// How many nodes are not where most are.
    pub fn behind(&self) -> usize {
        self.nodes().count() - self.agreed()
    }

    /// Time passes without new writes.
    fn rest(&mut self) {
        let until = Time(self.world.now().0 + 100_000);
        while self.world.now() < until {
            self.auto();
        }
    }

    /// The acknowledged writes that some majority does not have committed.
    pub fn lost(&self) -> Vec<String> {
        let rows = self.rows();
        let without = |ack: &Ack| rows.iter().filter(|row| !ack.is_in(row, row.committed)).count();
        let lost = self.acks.iter().filter(|ack| without(ack) >= self.majority());
        lost.map(|ack| ack.value.clone()).collect()
    }
}
