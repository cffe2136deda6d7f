//! The cluster: nodes, clients, network, disks, clocks. A plain value.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use kernel::{
    Addr, ClientId, Command, CommandKind, Digest, Effect, Engine, Hasher, Loss, Mode, MsgId, NodeId, Outcome,
    Time, Token,
};

use crate::calls::{Call, Calls};
use crate::draws::Scripts;
use crate::flights::{Flight, Flights};
use crate::links::Links;
use crate::report::Report;
use kernel::NetConfig;
use kernel::limits;

/// How a cluster starts.
#[derive(Clone, Debug)]
pub struct Config<E: Engine> {
    /// How many nodes, 1 to [`limits::NODES`].
    pub nodes: u8,
    /// How many clients, at most [`limits::CLIENTS`].
    pub clients: u8,
    /// All randomness hangs on it.
    pub seed: u64,
    /// The network.
    pub net: NetConfig,
    /// The engine's settings.
    pub settings: E::Settings,
}

impl<E: Engine> Config<E> {
    /// `nodes` nodes, one client, 1 ms ways, default settings.
    #[must_use]
    pub fn new(nodes: u8, seed: u64) -> Self {
        Config { nodes, clients: 1, seed, net: NetConfig::default(), settings: E::Settings::default() }
    }
}

/// Whether a node's process runs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum NodeState {
    /// It runs.
    Up,
    /// It stands still, without having died.
    Paused,
    /// It is down, and so is its machine unless only the process was lost.
    Crashed(Loss),
    /// It stopped itself, with the system's words.
    Aborted(String),
}

impl NodeState {
    /// Whether the process is down while its machine runs, which then refuses what is asked of it.
    pub(crate) fn refuses(&self) -> bool {
        matches!(self, NodeState::Crashed(Loss::Process) | NodeState::Aborted(_))
    }
}

/// What an end is: a node with a disk, or a client.
#[derive(Clone, Debug)]
pub(crate) enum Body<E: Engine> {
    Node {
        disk: E::Disk,
        memory: Option<E::Memory>,
    },
    Client(E::Client),
    /// Only while the first state is made.
    Unborn,
}

/// A node or client with its clock and what the simulator knows of it.
#[derive(Clone, Debug)]
pub(crate) struct End<E: Engine> {
    pub body: Body<E>,
    pub state: NodeState,
    /// Own clock minus the global one.
    pub skew_us: i64,
    /// Extra time of every disk write.
    pub slow_us: u64,
    /// Its disk fails the next step that writes at once.
    pub fail_next: bool,
    pub draw_counts: Vec<u32>,
    /// The armed timer that is due first.
    pub first: Option<E::Timer>,
    /// What its digest begins with: all but the body, which nearly every step leaves as it is.
    pub head: Hasher,
    pub digest: u64,
}

impl<E: Engine> End<E> {
    pub fn local(&self, now: Time) -> Time {
        Time(now.0.saturating_add_signed(self.skew_us))
    }

    pub fn global(&self, local: Time) -> Time {
        if local == Time::NEVER { local } else { Time(local.0.saturating_add_signed(-self.skew_us)) }
    }

    pub fn runs(&self) -> bool {
        matches!(self.state, NodeState::Up)
    }

    /// Computes anew what its digest begins with, after anything but the body has changed.
    pub fn head_changed(&mut self, at: usize) {
        let mut h = Hasher::new(Mode::Run);
        h.word(at as u64);
        h.word(self.skew_us.cast_unsigned());
        h.word(self.slow_us);
        // Only where it is used: all other runs keep their digests.
        if self.fail_next {
            h.word(u64::from_be_bytes(*b"failnext"));
        }
        self.draw_counts.digest(&mut h);
        digest_state(&self.state, &mut h);
        self.head = h;
    }

    /// Computes anew what depends on its state, after that has changed: its digest, which replaces its old one in
    /// `sum`, and its first timer. Gives when that is due on the global clock.
    pub fn changed(&mut self, settings: &E::Settings, sum: &mut u64) -> Time {
        let mut h = self.head.clone();
        digest_body(&self.body, &mut h);
        let digest = h.finish();
        *sum = sum.wrapping_sub(self.digest).wrapping_add(digest);
        self.digest = digest;
        let mut first: Option<(Time, E::Timer)> = None;
        self.each_timer(settings, &mut |timer, due| {
            if due != Time::NEVER && first.is_none_or(|first| (due, timer) < first) {
                first = Some((due, timer));
            }
        });
        self.first = first.map(|(_, timer)| timer);
        first.filter(|_| self.runs()).map_or(Time::NEVER, |(due, _)| self.global(due))
    }

    /// Lists every armed timer with its deadline on the own clock.
    pub fn each_timer(&self, settings: &E::Settings, arm: &mut dyn FnMut(E::Timer, Time)) {
        match &self.body {
            Body::Node { disk, memory: Some(memory) } => E::timers(disk, memory, settings, arm),
            Body::Client(client) => E::client_timers(client, settings, arm),
            Body::Node { memory: None, .. } | Body::Unborn => {}
        }
    }

    /// The armed timers that come by themselves, as a list.
    pub fn timers(&self, settings: &E::Settings) -> Vec<(E::Timer, Time)> {
        let mut timers = Vec::new();
        self.each_timer(settings, &mut |timer, due| {
            if due != Time::NEVER {
                timers.push((timer, due));
            }
        });
        timers
    }

    /// When a timer is due on the own clock, when it is armed.
    pub fn deadline(&self, timer: E::Timer, settings: &E::Settings) -> Option<Time> {
        let timers = self.timers(settings);
        timers.iter().filter(|(other, _)| *other == timer).map(|(_, due)| *due).min()
    }

    pub fn parts(&self) -> Option<(&E::Disk, Option<&E::Memory>)> {
        match &self.body {
            Body::Node { disk, memory } => Some((disk, memory.as_ref())),
            Body::Client(_) | Body::Unborn => None,
        }
    }
}

/// A disk write under way.
#[derive(Clone, Debug)]
pub(crate) struct PendingWrite<E: Engine> {
    pub id: MsgId,
    pub node: NodeId,
    pub write: E::Write,
    pub due: Time,
}

/// How a command stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum OpEnd {
    /// Not answered yet.
    Open,
    /// Answered at this instant.
    Done(Time, Outcome),
    /// The node it was given to went down first; nobody will answer.
    Abandoned(Time),
}

/// A command given by the user and how it stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Op {
    /// Its name.
    pub token: Token,
    /// Who got it.
    pub who: Addr,
    /// Its words.
    pub text: String,
    /// What it is for.
    pub kind: CommandKind,
    /// When it was given.
    pub given: Time,
    /// How it stands.
    pub end: OpEnd,
}

/// Ops that ended are kept for reading, so many of them.
const OPS_KEPT: usize = 64;

/// A cluster of one engine in a virtual network.
#[derive(Clone, Debug)]
pub struct Cluster<E: Engine> {
    pub(crate) seed: u64,
    pub(crate) nodes: u8,
    pub(crate) net: NetConfig,
    pub(crate) settings: Arc<E::Settings>,
    /// Digest of the settings and the network's configuration.
    pub(crate) settings_digest: u64,
    pub(crate) now: Time,
    pub(crate) step: u32,
    /// Nodes, then clients.
    pub(crate) ends: Vec<Arc<End<E>>>,
    pub(crate) ends_sum: u64,
    /// When the first timer of each end is due, on the global clock.
    pub(crate) wakes: Vec<Time>,
    pub(crate) links: Arc<Links>,
    pub(crate) flights: Flights<E>,
    pub(crate) calls: Calls<E>,
    pub(crate) writes: Vec<PendingWrite<E>>,
    pub(crate) ops: Vec<Op>,
    /// Digest of all commands given and answered so far.
    pub(crate) ops_chain: u64,
    pub(crate) scripts: Scripts,
    pub(crate) events: u64,
    /// Messages that nodes sent each other.
    pub(crate) messages: u64,
    /// Index of the next effect of this step.
    pub(crate) next_index: u16,
    /// Off: reports carry no texts, no sent messages, and of the events only facts, which makes steps faster.
    pub(crate) watched: bool,
    pub(crate) report: Report<E>,
    /// Empty between steps; kept for its room.
    pub(crate) spare: Vec<Effect<E>>,
}

impl<E: Engine> Cluster<E> {
    /// Boots every node at instant 0, in one step numbered 0.
    ///
    /// # Panics
    /// When the configuration asks for no node or more than [`limits::NODES`] nodes or [`limits::CLIENTS`] clients.
    #[must_use]
    pub fn new(config: Config<E>) -> Self {
        let Config { nodes, clients, seed, net, settings } = config;
        assert!((1..=limits::NODES).contains(&nodes), "a cluster has 1 to {} nodes", limits::NODES);
        assert!(clients <= limits::CLIENTS, "a cluster has at most {} clients", limits::CLIENTS);
        let count = usize::from(nodes) + usize::from(clients);
        let end = |body| {
            Arc::new(End {
                body,
                state: NodeState::Up,
                skew_us: 0,
                slow_us: 0,
                fail_next: false,
                draw_counts: Vec::new(),
                first: None,
                head: Hasher::new(Mode::Run),
                digest: 0,
            })
        };
        let mut cluster = Cluster {
            seed,
            nodes,
            net,
            settings_digest: settings_digest(&settings, &net),
            settings: Arc::new(settings),
            now: Time(0),
            step: 0,
            ends: (0..count).map(|_| end(Body::Unborn)).collect(),
            ends_sum: 0,
            wakes: alloc::vec![Time::NEVER; count],
            links: Arc::new(Links::new(count)),
            flights: Flights::new(),
            calls: Calls::new(),
            writes: Vec::new(),
            ops: Vec::new(),
            ops_chain: 0,
            scripts: Scripts::new(),
            events: 0,
            messages: 0,
            next_index: 0,
            watched: true,
            report: Report::new(),
            spare: Vec::new(),
        };
        cluster.boot_all();
        cluster
    }

    /// Whether reports carry texts, sent messages, and events that are no facts. On at first; turn it off to run fast.
    pub fn watch(&mut self, on: bool) {
        self.watched = on;
    }

    /// The global instant.
    #[must_use]
    pub fn now(&self) -> Time {
        self.now
    }

    /// How many decisions led here.
    #[must_use]
    pub fn step(&self) -> u32 {
        self.step
    }

    /// How many events happened: messages delivered, timers that changed state, disk completions, commands, faults.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.events
    }

    /// How many messages nodes sent each other; the network's copies are not counted.
    #[must_use]
    pub fn messages_sent(&self) -> u64 {
        self.messages
    }

    /// How many nodes there are.
    #[must_use]
    pub fn nodes(&self) -> u8 {
        self.nodes
    }

    /// How many clients there are.
    #[must_use]
    pub fn clients(&self) -> u8 {
        u8::try_from(self.ends.len()).unwrap_or(u8::MAX) - self.nodes
    }

    /// Every node and client.
    pub fn addrs(&self) -> impl Iterator<Item = Addr> + use<E> {
        let nodes = (0..self.nodes).map(|i| Addr::Node(NodeId(i)));
        nodes.chain((0..self.clients()).map(|i| Addr::Client(ClientId(i))))
    }

    /// The seed.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The settings in force.
    #[must_use]
    pub fn settings(&self) -> &E::Settings {
        &self.settings
    }

    /// The network.
    #[must_use]
    pub fn net(&self) -> &NetConfig {
        &self.net
    }

    /// What the last step did.
    #[must_use]
    pub fn report(&self) -> &Report<E> {
        &self.report
    }

    /// Commands that are open or ended lately, oldest first.
    pub fn ops(&self) -> impl Iterator<Item = &Op> {
        self.ops.iter()
    }

    /// Messages in flight, in the order of their creation.
    pub fn flights(&self) -> impl Iterator<Item = &Flight<E>> {
        self.flights.iter()
    }

    /// The disk and, while it is up, the memory of a node.
    #[must_use]
    pub fn node(&self, id: NodeId) -> Option<(&E::Disk, Option<&E::Memory>)> {
        self.ends.get(usize::from(id.0))?.parts()
    }

    /// A client's state.
    #[must_use]
    pub fn client(&self, id: ClientId) -> Option<&E::Client> {
        match &self.ends.get(usize::from(self.nodes) + usize::from(id.0))?.body {
            Body::Client(client) => Some(client),
            Body::Node { .. } | Body::Unborn => None,
        }
    }

    /// Whether a node runs.
    #[must_use]
    pub fn state(&self, id: NodeId) -> Option<&NodeState> {
        self.ends.get(usize::from(id.0)).map(|end| &end.state)
    }

    /// A node's own clock.
    #[must_use]
    pub fn local_now(&self, id: NodeId) -> Time {
        self.ends.get(usize::from(id.0)).map_or(self.now, |end| end.local(self.now))
    }

    pub(crate) fn slot(&self, who: Addr) -> Option<usize> {
        let at = match who {
            Addr::Node(id) if id.0 < self.nodes => usize::from(id.0),
            Addr::Node(_) => return None,
            Addr::Client(id) => usize::from(self.nodes) + usize::from(id.0),
        };
        (at < self.ends.len()).then_some(at)
    }

    pub(crate) fn end(&self, who: Addr) -> Option<&End<E>> {
        self.slot(who).and_then(|at| self.ends.get(at)).map(|end| &**end)
    }

    pub(crate) fn op_given(&mut self, who: Addr, command: &Command) {
        let mut text = command.verb.clone();
        for arg in &command.args {
            text.push(' ');
            text.push_str(arg);
        }
        let kind = E::info().kind_of(&command.verb).unwrap_or(CommandKind::Other);
        let op = Op { token: Token(self.step), who, text, kind, given: self.now, end: OpEnd::Open };
        let mut h = Hasher::new(Mode::Run);
        h.word(self.ops_chain);
        who.digest(&mut h);
        op.text.digest(&mut h);
        self.ops_chain = h.finish();
        if self.ops.len() >= OPS_KEPT {
            let ended = self.ops.iter().position(|op| op.end != OpEnd::Open).unwrap_or(0);
            self.ops.remove(ended);
        }
        self.ops.push(op);
    }

    pub(crate) fn op_answered(&mut self, who: Addr, token: Token, outcome: Outcome) {
        let mut h = Hasher::new(Mode::Run);
        h.word(self.ops_chain);
        token.digest(&mut h);
        outcome.digest(&mut h);
        self.ops_chain = h.finish();
        if let Some(op) = self.ops.iter_mut().find(|op| op.token == token && op.who == who) {
            op.end = OpEnd::Done(self.now, outcome.clone());
        }
        self.report.answers.push((token, who, outcome));
    }

    /// Covers everything that can ever matter: states, times, draws, names.
    #[must_use]
    pub fn run_digest(&self) -> u64 {
        let mut h = Hasher::new(Mode::Run);
        h.word(self.seed);
        h.word(self.now.0);
        h.word(u64::from(self.step));
        h.word(self.settings_digest);
        h.word(self.ends_sum);
        h.word(self.links.sum());
        h.word(self.flights.sum());
        h.word(self.calls.sum());
        h.word(self.ops_chain);
        for write in &self.writes {
            write.id.digest(&mut h);
            write.node.digest(&mut h);
            write.due.digest(&mut h);
            write.write.digest(&mut h);
        }
        if !self.scripts.is_empty() {
            self.scripts.iter().for_each(|(key, values)| {
                key.0.digest(&mut h);
                key.1.digest(&mut h);
                values.digest(&mut h);
            });
        }
        h.finish()
    }

    /// Covers the state alone, without times, names and draws: equal when two orders of the same deliveries lead to
    /// the same state.
    #[must_use]
    pub fn state_digest(&self) -> u64 {
        let mut h = Hasher::new(Mode::State);
        for end in &self.ends {
            digest_state(&end.state, &mut h);
            digest_body(&end.body, &mut h);
        }
        let flights = self.flights.iter().map(|flight| {
            let mut h = Hasher::new(Mode::State);
            h.word(flight.digest_in(Mode::State));
            self.calls.get(flight.call()).map(Call::state_digest).digest(&mut h);
            h.finish()
        });
        h.word(flights.fold(0, u64::wrapping_add));
        let calls = self.calls.iter().map(Call::state_digest);
        h.word(calls.fold(0, u64::wrapping_add));
        let writes = self.writes.iter().map(|write| {
            let mut h = Hasher::new(Mode::State);
            write.node.digest(&mut h);
            write.write.digest(&mut h);
            h.finish()
        });
        h.word(writes.fold(0, u64::wrapping_add));
        self.links.digest(&mut h);
        self.settings.digest(&mut h);
        h.finish()
    }
}

pub(crate) fn settings_digest<S: Digest>(settings: &S, net: &NetConfig) -> u64 {
    let mut h = Hasher::new(Mode::Run);
    settings.digest(&mut h);
    net.digest(&mut h);
    h.finish()
}

fn digest_state(state: &NodeState, h: &mut Hasher) {
    h.word(match state {
        NodeState::Up => 0,
        NodeState::Paused => 1,
        NodeState::Crashed(Loss::Process) => 2,
        NodeState::Crashed(Loss::Power | Loss::TornTail) => 4,
        NodeState::Aborted(_) => 3,
    });
}

fn digest_body<E: Engine>(body: &Body<E>, h: &mut Hasher) {
    match body {
        Body::Node { disk, memory } => {
            disk.digest(h);
            memory.digest(h);
        }
        Body::Client(client) => client.digest(h),
        Body::Unborn => {}
    }
}
