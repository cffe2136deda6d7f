//! The single-server bug of 2015 takes twelve events (R27 of Raft's specification), and no fewer: every shorter way is tried.
//!
//! An event is a timer by which a node campaigns, a change of the members asked of a leader, or a request with its
//! answer. Requests are those that the engine sends again when nobody answered, so nothing is in flight between two events.
//! States that differ by the names of the nodes alone are one.

use std::collections::HashSet;
use std::sync::Arc;

use kernel::{Addr, Cx, Draws, Effect, Engine, Input, NodeId, Settings, Time, Token};
use lab::engines::raft::{Change, Command, Config, Data, Disk, Memory, Message, Raft, Role, Set, Timer};

const NODES: u8 = 4;

/// The timers' lengths do not matter: they fire when told.
struct Least;

impl Draws for Least {
    fn range(&mut self, _: u8, lo: u64, _: u64) -> u64 {
        lo
    }
}

#[derive(Clone)]
struct Node {
    disk: Disk,
    memory: Memory,
}

type State = [Arc<Node>; NODES as usize];

struct Model {
    settings: Config,
    effects: Vec<Effect<Raft>>,
}

fn of(id: NodeId) -> usize {
    usize::from(id.0)
}

impl Model {
    fn new(change_needs_commit: &str) -> Model {
        let mut settings = Config::default();
        for (name, value) in [
            ("profile", "etcd"),
            ("config_effective", "append"),
            ("noop_on_election", "false"),
            ("change_needs_commit", change_needs_commit),
        ] {
            settings.set(name, value).expect("a setting");
        }
        Model { settings, effects: Vec::new() }
    }

    fn boot(&mut self) -> State {
        let node = |id: u8| {
            let mut disk = Disk::default();
            let mut draws = Least;
            let id = Addr::Node(NodeId(id));
            let mut cx = Cx::new(id, Time(0), NODES, &self.settings, &mut draws, &mut self.effects);
            let memory = Raft::boot(&mut disk, &mut cx);
            Arc::new(Node { disk, memory })
        };
        [0, 1, 2, 3].map(node)
    }

    /// What a node sends when it is given this.
    fn step(&mut self, state: &mut State, id: NodeId, input: Input<Raft>) -> Vec<(NodeId, Message)> {
        self.effects.clear();
        let node = Arc::make_mut(&mut state[of(id)]);
        let mut draws = Least;
        let mut cx = Cx::new(id.into(), Time(0), NODES, &self.settings, &mut draws, &mut self.effects);
        cx.watched = false;
        Raft::step(&mut node.disk, &mut node.memory, input, &mut cx);
        let sent = self.effects.drain(..).filter_map(|effect| match effect {
            Effect::Send { to: Addr::Node(to), body } => Some((to, body)),
            _ => None,
        });
        sent.collect()
    }

    /// The request that this timer makes a node send to that one, and its answer.
    fn exchange(&mut self, state: &mut State, from: NodeId, to: NodeId, timer: Timer) {
        let sent = self.step(state, from, Input::Timer(timer));
        let Some((_, body)) = sent.into_iter().find(|(other, _)| *other == to) else { return };
        let answers = self.step(state, to, Input::Datagram { from: from.into(), body });
        if let Some((_, body)) = answers.into_iter().find(|(other, _)| *other == from) {
            self.step(state, from, Input::Datagram { from: to.into(), body });
        }
    }

    /// Every state that one event leads to.
    fn next(&mut self, state: &State, see: &mut dyn FnMut(State)) {
        for id in (0..NODES).map(NodeId) {
            let memory = &state[of(id)].memory;
            let others = memory.config.voters.without(id);
            if memory.role == Role::Leader {
                for to in others.iter() {
                    let mut next = state.clone();
                    self.exchange(&mut next, id, to, Timer::Retry(to));
                    see(next);
                }
                for who in (0..NODES).map(NodeId) {
                    let votes = memory.config.voters.has(who);
                    let change = if votes { Change::Remove(who) } else { Change::AddVoter(who) };
                    let mut next = state.clone();
                    let command = Command::Change(change);
                    self.step(&mut next, id, Input::Command { token: Token(0), command });
                    see(next);
                }
                continue;
            }
            if memory.role == Role::Candidate {
                let answered = memory.votes.granted.or(memory.votes.rejected);
                for to in others.minus(answered).iter() {
                    let mut next = state.clone();
                    self.exchange(&mut next, id, to, Timer::AskAgain);
                    see(next);
                }
            }
            let mut next = state.clone();
            self.step(&mut next, id, Input::Timer(Timer::Election));
            see(next);
        }
    }
}

/// Whether somebody leads a term without an entry that was committed in an older one.
fn broken(state: &State) -> bool {
    let leaders = state.iter().filter(|node| node.memory.role == Role::Leader);
    leaders.into_iter().any(|leader| {
        state.iter().any(|node| {
            let at = node.memory.commit_index;
            let held = |node: &Node| node.disk.log.get(at).map(|entry| entry.term);
            let term = held(node);
            at > 0 && term < Some(leader.disk.current_term) && held(leader) != term
        })
    })
}

/// A node without names.
fn signature(node: &Node) -> u64 {
    let (disk, memory) = (&node.disk, &node.memory);
    let mut h = mix(0, disk.current_term);
    for word in [
        memory.role as u64,
        u64::from(disk.voted_for.is_some()),
        u64::from(disk.voted_for == Some(memory.id)),
        memory.votes.granted.len() as u64,
        memory.votes.rejected.len() as u64,
        memory.config.voters.len() as u64,
        u64::from(memory.config.voters.has(memory.id)),
        memory.commit_index,
        disk.last_index(),
        disk.last_term(),
    ] {
        h = mix(h, word);
    }
    h
}

fn mix(h: u64, word: u64) -> u64 {
    let h = (h ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    h ^ (h >> 29)
}

type Names = [u8; NODES as usize];

fn set(set: Set, names: &Names) -> u64 {
    set.iter().fold(0, |bits, id| bits | 1 << names[of(id)])
}

fn maybe(id: Option<NodeId>, names: &Names) -> u64 {
    id.map_or(9, |id| names[of(id)].into())
}

/// A node under these names: what its later steps depend on.
fn named(node: &Node, names: &Names) -> u64 {
    let (disk, memory) = (&node.disk, &node.memory);
    let mut h = mix(disk.current_term, maybe(disk.voted_for, names));
    for word in [
        memory.role as u64,
        maybe(memory.leader_id, names),
        set(memory.votes.granted, names),
        set(memory.votes.rejected, names),
        set(memory.config.voters, names),
        memory.config_index,
        memory.commit_index,
    ] {
        h = mix(h, word);
    }
    for entry in disk.log.iter_from(1) {
        let data = if let Data::Config(config) = &entry.data { set(config.voters, names) } else { 77 };
        h = mix(mix(h, entry.term), data);
    }
    if let Some(leader) = &memory.leader {
        h = mix(h, leader.pending_config_index);
        let peers = leader.progress.0.iter();
        h = mix(
            h,
            peers.fold(0, |sum: u64, p| {
                let p = mix(mix(mix(7 + u64::from(names[of(p.id)]), p.matched), p.next), p.state as u64);
                sum.wrapping_add(p)
            }),
        );
    }
    h
}

/// The same for all states that differ by names alone.
fn key(state: &State) -> u64 {
    let signatures: Vec<u64> = state.iter().map(|node| signature(node)).collect();
    let mut best = u64::MAX;
    each_order(&signatures, &mut |order| {
        let mut names: Names = [0; NODES as usize];
        for (name, id) in (0..).zip(order) {
            names[*id] = name;
        }
        let h = order.iter().fold(0, |h, id| mix(h, named(&state[*id], &names)));
        best = best.min(h);
    });
    best
}

/// Every order of the nodes that ascends by signature.
fn each_order(signatures: &[u64], see: &mut dyn FnMut(&[usize])) {
    fn go(signatures: &[u64], order: &mut Vec<usize>, see: &mut dyn FnMut(&[usize])) {
        let left = (0..signatures.len()).filter(|id| !order.contains(id));
        let Some(least) = left.clone().map(|id| signatures[id]).min() else { return see(order) };
        for id in left.filter(|id| signatures[*id] == least).collect::<Vec<_>>() {
            order.push(id);
            go(signatures, order, see);
            order.pop();
        }
    }
    go(signatures, &mut Vec::new(), see);
}

/// After how many events, at most so many, completeness can be broken.
fn shortest(change_needs_commit: &str, most: u32) -> Option<u32> {
    let mut model = Model::new(change_needs_commit);
    let boot = model.boot();
    let mut seen: HashSet<u64> = HashSet::from([key(&boot)]);
    let mut front = vec![boot];
    for events in 1..=most {
        let (mut new, mut found) = (Vec::new(), false);
        for state in front {
            model.next(&state, &mut |next| {
                found |= broken(&next);
                if !found && seen.insert(key(&next)) {
                    new.push(next);
                }
            });
            if found {
                return Some(events);
            }
        }
        front = new;
    }
    println!("{} states within {most} events", seen.len());
    None
}

#[test]
fn the_bug_of_2015_takes_twelve_events_and_no_fewer() {
    assert_eq!(shortest("false", 12), Some(12));
}

/// Precondition 8.1(b): a leader that has committed nothing of its term changes no members.
#[test]
fn with_its_repair_twelve_events_break_nothing() {
    assert_eq!(shortest("true", 12), None);
}
