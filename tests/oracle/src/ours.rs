//! Our node: the engine's step, with a clock that stands still between orders.

use kernel::{Addr, Cx, Draws, Effect, Engine, Input, Loss, NodeId, Settings, Time, Token};
use lab::engines::raft::{
    Append, Body, Command, Config, Data, Disk, Entry, Memory, Message, PeerState, Raft, Role, Timer,
};

use crate::said::{Cell, Flow, Order, Said, State, Words};
use crate::setup::Setup;

/// Draws the least: no schedule waits for a timer.
struct Least;

impl Draws for Least {
    fn range(&mut self, _purpose: u8, lo: u64, _hi: u64) -> u64 {
        lo
    }
}

/// A node of ours.
#[derive(Debug)]
pub struct Ours {
    id: NodeId,
    nodes: u8,
    settings: Config,
    disk: Disk,
    memory: Option<Memory>,
    now: Time,
}

fn cell(entry: &Entry) -> Cell {
    let text = match &entry.data {
        Data::Noop => String::new(),
        Data::Normal(text, _) => String::from(&**text),
        Data::Config(_) => "config".to_owned(),
    };
    (entry.index, entry.term, text)
}

/// What a message of ours says.
///
/// # Panics
/// When it is one that no schedule leads to.
#[must_use]
pub fn said(to: u8, message: &Message) -> Said {
    let words = match &message.body {
        Body::PreVote { last_index, last_term } => {
            Words::Ask { pre: true, last: (*last_index, *last_term), transfer: false }
        }
        Body::Vote { last_index, last_term, transfer } => {
            Words::Ask { pre: false, last: (*last_index, *last_term), transfer: *transfer }
        }
        Body::PreVoteResp { granted } => Words::Vote { pre: true, granted: *granted },
        Body::VoteResp { granted } => Words::Vote { pre: false, granted: *granted },
        Body::Append(Append { prev_index, prev_term, entries, commit, .. }) => {
            let cells = entries.iter().map(cell).collect();
            Words::Append { prev: (*prev_index, *prev_term), cells, commit: *commit }
        }
        Body::AppendResp(resp) => {
            Words::Answer { reject: resp.reject, index: resp.index, hint: (resp.hint_index, resp.hint_term) }
        }
        Body::Heartbeat { commit, .. } => Words::Heartbeat { commit: *commit },
        Body::HeartbeatResp { .. } => Words::HeartbeatResp,
        Body::Snapshot(snapshot) => {
            Words::Snapshot { last: (snapshot.last_index, snapshot.last_term), config: snapshot.config }
        }
        Body::TimeoutNow => Words::TimeoutNow,
        Body::ForwardPropose { text, .. } => Words::Propose(String::from(&**text)),
        other => panic!("no schedule sends {other:?}"),
    };
    Said { to, term: message.term, words }
}

impl Ours {
    /// A node with an empty disk.
    ///
    /// # Panics
    /// When a setting is refused.
    #[must_use]
    pub fn new(id: u8, setup: &Setup) -> Ours {
        let mut settings = Config::default();
        for (name, value) in setup.settings() {
            settings.set(name, &value).expect("a setting of the engine");
        }
        let (disk, now) = (Disk::default(), Time(0));
        let mut node = Ours { id: NodeId(id), nodes: setup.nodes, settings, disk, memory: None, now };
        node.restart();
        node
    }

    /// Whether its process runs.
    #[must_use]
    pub fn runs(&self) -> bool {
        self.memory.is_some()
    }

    /// Its memory while it runs.
    #[must_use]
    pub fn memory(&self) -> Option<&Memory> {
        self.memory.as_ref()
    }

    /// The machine loses its power.
    pub fn crash(&mut self) {
        self.memory = None;
        Raft::crash(&mut self.disk, Loss::Power);
    }

    /// The process starts.
    pub fn restart(&mut self) {
        self.run(None);
    }

    fn step(&mut self, input: Input<Raft>, out: &mut Vec<(u8, Message)>) {
        for effect in self.run(Some(input)) {
            match effect {
                Effect::Send { to: Addr::Node(to), body } => out.push((to.0, body)),
                Effect::Abort { reason } => panic!("n{} stops itself: {reason}", self.id.0),
                _ => {}
            }
        }
    }

    /// Boots, or steps if it runs.
    fn run(&mut self, input: Option<Input<Raft>>) -> Vec<Effect<Raft>> {
        let mut effects = Vec::new();
        let mut draws = Least;
        let mut cx =
            Cx::new(Addr::Node(self.id), self.now, self.nodes, &self.settings, &mut draws, &mut effects);
        match (input, &mut self.memory) {
            (None, memory) => *memory = Some(Raft::boot(&mut self.disk, &mut cx)),
            (Some(input), Some(memory)) => Raft::step(&mut self.disk, memory, input, &mut cx),
            (Some(_), None) => {}
        }
        effects
    }

    /// A message arrives.
    pub fn receive(&mut self, from: u8, message: Message) -> Vec<(u8, Message)> {
        let mut out = Vec::new();
        self.step(Input::Datagram { from: Addr::Node(NodeId(from)), body: message }, &mut out);
        out
    }

    /// An order is given.
    pub fn give(&mut self, order: &Order) -> Vec<(u8, Message)> {
        let mut out = Vec::new();
        let command = match order {
            Order::Period => {
                self.period(&mut out);
                return out;
            }
            Order::Lapse => {
                self.now = self.now.plus_us(self.election_us());
                return out;
            }
            Order::Campaign => Command::Campaign,
            Order::Heartbeat => Command::Heartbeat,
            Order::Propose(text) => Command::Propose(text.as_str().into()),
            Order::Transfer(to) => Command::Transfer(NodeId(*to)),
            Order::Change(change) => Command::Change(*change),
            Order::Snapshot(keep) => Command::Snapshot(Some(*keep)),
            Order::Report(peer) => Command::Report(NodeId(*peer), true),
        };
        self.step(Input::Command { token: Token(0), command }, &mut out);
        out
    }

    fn election_us(&self) -> u64 {
        self.settings.election_tick * self.settings.tick_us
    }

    /// The timers that a leader's T lets fire, in their order.
    fn period(&mut self, out: &mut Vec<(u8, Message)>) {
        self.now = self.now.plus_us(self.election_us());
        for timer in [Timer::CheckQuorum, Timer::Transfer] {
            let mut armed = false;
            if let Some(memory) = &self.memory {
                Raft::timers(&self.disk, memory, &self.settings, &mut |other, due| {
                    armed |= other == timer && due <= self.now;
                });
            }
            if armed {
                self.step(Input::Timer(timer), out);
            }
        }
    }

    /// What can be compared.
    #[must_use]
    pub fn state(&self) -> State {
        let (disk, memory) = (&self.disk, self.memory.as_ref());
        let role = memory.map(|memory| match memory.role {
            Role::Follower => "Follower",
            Role::PreCandidate => "PreCandidate",
            Role::Candidate => "Candidate",
            Role::Leader => "Leader",
        });
        State {
            role,
            term: disk.current_term,
            vote: disk.voted_for.map(|id| id.0),
            leader: memory.and_then(|memory| memory.leader_id).map(|id| id.0),
            commit: memory.map_or(disk.commit, |memory| memory.commit_index),
            applied: memory.map_or(disk.commit, |memory| memory.last_applied),
            before: (disk.log.first() - 1, disk.first_prev_term),
            log: disk.log.iter_from(0).map(cell).collect(),
            snapshot: disk.snapshot.as_ref().map_or((0, 0), |s| (s.last_index, s.last_term)),
            config: memory.map_or_else(Default::default, |memory| memory.config),
        }
    }

    /// How it sends to a peer, and all it knows of it for a failure's text.
    #[must_use]
    pub fn progress(&self, peer: u8) -> Option<(Flow, String)> {
        let leader = self.memory.as_ref().and_then(|memory| memory.leader.as_ref());
        leader.and_then(|leader| leader.progress.get(NodeId(peer))).map(|progress| {
            let flow = match progress.state {
                PeerState::Probe => Flow::Probe,
                PeerState::Replicate => Flow::Replicate,
                PeerState::Snapshot => Flow::Snapshot,
            };
            (flow, format!("{progress:?}"))
        })
    }

    /// Which peers this leader heard since its last look.
    #[must_use]
    pub fn heard(&self) -> Vec<u8> {
        let leader = self.memory.iter().filter_map(|memory| memory.leader.as_ref());
        let peers = leader.flat_map(|leader| leader.progress.0.iter());
        peers.filter(|p| p.recent_active && p.id != self.id).map(|p| p.id.0).collect()
    }
}
