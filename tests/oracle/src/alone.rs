//! The cores alone, and the work that the benches give them: native in `benches/core.rs`, as wasm in `examples/core_wasm.rs`.
//!
//! Both deliver one message a step and finish what it brings, with entries in memory. Ours tells its events and applies to its
//! store besides, which the page needs; raft-rs runs on its own `MemStorage` and applies nothing.

use std::collections::VecDeque;

use kernel::{Addr, Cx, Draws, Effect, Engine, Input, NodeId, Settings, Time, Token};
use lab::engines::raft::{Command, Config, Disk, Memory, Message, Raft};
use raft::eraftpb::{ConfState, Message as TheirMessage};
use raft::storage::MemStorage;
use raft::{Config as TheirConfig, RawNode};

/// Rounds, of which each is timed once on either side.
pub const ROUNDS: usize = 41;
/// Proposals of a round.
const PROPOSALS: u32 = 400;
/// Elections of a round.
const ELECTIONS: u32 = 100;
const DATA: &str = "x=12345678";

struct Least;

impl Draws for Least {
    fn range(&mut self, _purpose: u8, lo: u64, _hi: u64) -> u64 {
        lo
    }
}

/// A cluster whose messages arrive at once, oldest first.
pub trait Cluster {
    /// So many nodes on empty disks, all of which vote.
    fn new(nodes: u8) -> Self;
    /// A node's election timer fires.
    fn campaign(&mut self, node: u8);
    /// A client writes at this node, which leads.
    fn propose(&mut self, node: u8);
    /// Delivers everything; how many messages that was.
    fn settle(&mut self) -> u64;
    /// Everything is committed everywhere: the last index.
    fn agreed(&self) -> u64;
}

/// Nodes of our engine.
pub struct Ours {
    nodes: Vec<(Disk, Memory)>,
    settings: Config,
    flights: VecDeque<(u8, u8, Message)>,
    effects: Vec<Effect<Raft>>,
}

impl Ours {
    fn step(&mut self, node: u8, input: Input<Raft>) {
        let (disk, memory) = &mut self.nodes[usize::from(node)];
        let (id, mut draws) = (Addr::Node(NodeId(node)), Least);
        let mut cx = Cx::new(id, Time(0), 0, &self.settings, &mut draws, &mut self.effects);
        Raft::step(disk, memory, input, &mut cx);
        for effect in self.effects.drain(..) {
            if let Effect::Send { to: Addr::Node(to), body } = effect {
                self.flights.push_back((node, to.0, body));
            }
        }
    }

    fn command(&mut self, node: u8, command: Command) {
        self.step(node, Input::Command { token: Token(0), command });
    }
}

impl Cluster for Ours {
    fn new(nodes: u8) -> Ours {
        let mut settings = Config::default();
        settings.set("profile", "etcd").expect("a profile");
        let mut effects = Vec::new();
        let boot = |id| {
            let (mut disk, mut draws) = (Disk::default(), Least);
            let mut cx = Cx::new(Addr::Node(NodeId(id)), Time(0), nodes, &settings, &mut draws, &mut effects);
            let memory = Raft::boot(&mut disk, &mut cx);
            (disk, memory)
        };
        let nodes = (0..nodes).map(boot).collect();
        Ours { nodes, settings, flights: VecDeque::new(), effects: Vec::new() }
    }

    fn campaign(&mut self, node: u8) {
        self.command(node, Command::Campaign);
    }

    fn propose(&mut self, node: u8) {
        self.command(node, Command::Propose(DATA.into()));
    }

    fn settle(&mut self) -> u64 {
        let mut count = 0;
        while let Some((from, to, body)) = self.flights.pop_front() {
            count += 1;
            self.step(to, Input::Datagram { from: Addr::Node(NodeId(from)), body });
        }
        count
    }

    fn agreed(&self) -> u64 {
        let last = self.nodes[0].0.last_index();
        assert!(self.nodes.iter().all(|(disk, memory)| {
            (disk.last_index(), memory.commit_index, memory.last_applied) == (last, last, last)
        }));
        last
    }
}

/// Nodes of raft-rs.
pub struct Theirs {
    nodes: Vec<RawNode<MemStorage>>,
    flights: VecDeque<TheirMessage>,
}

impl Theirs {
    /// Writes and sends what a step brought, as the crate's own examples do.
    fn finish(&mut self, node: usize) {
        let raw = &mut self.nodes[node];
        while raw.has_ready() {
            let mut ready = raw.ready();
            self.flights.extend(ready.take_messages());
            drop(ready.take_committed_entries());
            if !ready.entries().is_empty() {
                raw.raft.raft_log.store.wl().append(ready.entries()).expect("entries in order");
            }
            if let Some(hard) = ready.hs() {
                raw.raft.raft_log.store.wl().set_hardstate(hard.clone());
            }
            self.flights.extend(ready.take_persisted_messages());
            let mut light = raw.advance(ready);
            if let Some(commit) = light.commit_index() {
                raw.raft.raft_log.store.wl().mut_hard_state().set_commit(commit);
            }
            self.flights.extend(light.take_messages());
            drop(light.take_committed_entries());
            raw.advance_apply();
        }
    }
}

impl Cluster for Theirs {
    fn new(nodes: u8) -> Theirs {
        let logger = slog::Logger::root(slog::Discard, slog::o!());
        let voters: Vec<u64> = (1..=u64::from(nodes)).collect();
        let boot = |id| {
            let store = MemStorage::new_with_conf_state(ConfState::from((voters.clone(), Vec::new())));
            let config = TheirConfig { id, max_size_per_msg: raft::NO_LIMIT, ..TheirConfig::default() };
            RawNode::new(&config, store, &logger).expect("a node")
        };
        Theirs { nodes: voters.iter().map(|id| boot(*id)).collect(), flights: VecDeque::new() }
    }

    fn campaign(&mut self, node: u8) {
        let node = usize::from(node);
        self.nodes[node].campaign().expect("it may");
        self.finish(node);
    }

    fn propose(&mut self, node: u8) {
        let node = usize::from(node);
        self.nodes[node].propose(Vec::new(), DATA.as_bytes().to_vec()).expect("it leads");
        self.finish(node);
    }

    fn settle(&mut self) -> u64 {
        let mut count = 0;
        while let Some(message) = self.flights.pop_front() {
            count += 1;
            let node = usize::try_from(message.to - 1).expect("a small cluster");
            self.nodes[node].step(message).expect("a message of a member");
            self.finish(node);
        }
        count
    }

    fn agreed(&self) -> u64 {
        let last = self.nodes[0].raft.raft_log.last_index();
        assert!(self.nodes.iter().all(|raw| {
            let log = &raw.raft.raft_log;
            (log.last_index(), log.committed, log.applied) == (last, last, last)
        }));
        last
    }
}

/// Writes, one after the other, each until everybody has applied it; how many messages that took.
pub fn propose(cluster: &mut impl Cluster) -> u64 {
    let sent = (0..PROPOSALS).map(|_| {
        cluster.propose(0);
        cluster.settle()
    });
    sent.sum()
}

/// Elections, at the end of which node 0 leads again; how many messages they took.
pub fn elect(cluster: &mut impl Cluster) -> u64 {
    let sent = (0..ELECTIONS).map(|n| {
        cluster.campaign(u8::from(n % 2 == 0));
        cluster.settle()
    });
    sent.sum()
}

/// A cluster that node 0 leads.
#[must_use]
pub fn led<C: Cluster>(nodes: u8) -> C {
    let mut cluster = C::new(nodes);
    cluster.campaign(0);
    cluster.settle();
    cluster
}
