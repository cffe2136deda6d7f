//! A small pump: every message takes 1 ms, a refused call fails in 1 ms, nothing is lost unless a test says so.

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, VecDeque};
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use kernel::{
    Addr, Cx, Draws, Effect, Engine, Input, Loss, MsgId, NodeId, Outcome, RpcFailure, Settings, Time, Token,
};

use crate::{Body, Config, Ctx, DLedger, Disk, DiskWrite, Event, Memory, Message, Role, Timer};

/// Draws: the shortest poll wait; poll delays as scripted by node, else 150 ms apart by node.
struct Script<'a> {
    phase: u64,
    node: u64,
    delays: &'a mut VecDeque<u64>,
}

impl Draws for Script<'_> {
    fn range(&mut self, purpose: u8, lo: u64, hi: u64) -> u64 {
        let wanted = match purpose {
            0 => self.phase,
            2 => self.delays.pop_front().unwrap_or(lo + 150 * self.node),
            _ => lo,
        };
        wanted.clamp(lo, hi.saturating_sub(1).max(lo))
    }
}

#[derive(Clone)]
enum Item {
    Request { to: usize, call: MsgId, from: usize, body: Message },
    Reply { to: usize, from: usize, ctx: Ctx, body: Message },
    Failed { to: usize, from: usize, ctx: Ctx, why: RpcFailure },
    Written { to: usize, write: DiskWrite },
}

struct Open {
    caller: usize,
    callee: usize,
    ctx: Ctx,
    life: u32,
}

type Lose = Box<dyn FnMut(u64, usize, usize, &Message) -> bool>;

/// A cluster.
pub struct Pump {
    pub config: Config,
    pub disks: Vec<Disk>,
    pub memories: Vec<Option<Memory>>,
    pub now: u64,
    pub events: Vec<(u64, usize, Event)>,
    pub outcomes: BTreeMap<u32, (u64, Outcome)>,
    pub delays: Vec<VecDeque<u64>>,
    /// Whether a message (ms, from, to, body) is lost; its call then times out.
    pub lose: Lose,
    /// Votes of n1 for n0 in this term travel 1 ms longer.
    pub slow_votes_of_term: Option<i64>,
    pub flush_us: u64,
    /// How many effects the last step had.
    effects: usize,
    queue: BTreeMap<(u64, u64), Item>,
    calls: BTreeMap<MsgId, Open>,
    lives: Vec<u32>,
    step: u32,
    order: u64,
}

fn index_of(addr: Addr) -> usize {
    usize::from(addr.node().expect("only nodes here").0)
}

fn id(node: usize) -> NodeId {
    NodeId(u8::try_from(node).expect("few nodes"))
}

impl Pump {
    /// A cluster of `nodes`, all down.
    pub fn new(nodes: usize, settings: &[(&str, &str)]) -> Pump {
        let mut config = Config::default();
        for (name, value) in settings {
            config.set(name, value).expect("a known setting");
        }
        Pump {
            config,
            disks: alloc::vec![Disk::default(); nodes],
            memories: alloc::vec![None; nodes],
            now: 0,
            events: Vec::new(),
            outcomes: BTreeMap::new(),
            delays: alloc::vec![VecDeque::new(); nodes],
            lose: Box::new(|_, _, _, _| false),
            slow_votes_of_term: None,
            flush_us: 500,
            effects: 0,
            queue: BTreeMap::new(),
            calls: BTreeMap::new(),
            lives: alloc::vec![0; nodes],
            step: 0,
            order: 0,
        }
    }

    /// A cluster of `nodes`, all booted at 0 with their first tick at `phases`.
    pub fn booted(phases: &[u64], settings: &[(&str, &str)]) -> Pump {
        let mut pump = Pump::new(phases.len(), settings);
        for (node, phase) in phases.iter().enumerate() {
            pump.boot(node, *phase);
        }
        pump
    }

    fn enqueue(&mut self, at: u64, item: Item) {
        self.order += 1;
        self.queue.insert((at, self.order), item);
    }

    /// Starts a node's process; its first tick is `phase` ms later.
    pub fn boot(&mut self, node: usize, phase: u64) {
        self.run(node, phase, |disk, memory, cx| *memory = Some(DLedger::boot(disk, cx)));
    }

    /// Has a node do something, and carries out what it wants.
    fn run(
        &mut self,
        node: usize,
        phase: u64,
        work: impl FnOnce(&mut Disk, &mut Option<Memory>, &mut Cx<'_, DLedger>),
    ) {
        let mut effects = Vec::new();
        let mut draws = Script { phase, node: node as u64, delays: &mut self.delays[node] };
        let nodes = u8::try_from(self.disks.len()).expect("few nodes");
        let (now, settings) = (Time(self.now), &self.config);
        let mut cx = Cx::new(id(node).into(), now, nodes, settings, &mut draws, &mut effects);
        work(&mut self.disks[node], &mut self.memories[node], &mut cx);
        self.effects = effects.len();
        self.apply(node, effects);
    }

    /// Ends a node's process.
    pub fn crash(&mut self, node: usize, loss: Loss) {
        DLedger::crash(&mut self.disks[node], loss);
        self.memories[node] = None;
        self.lives[node] += 1;
        let broken: Vec<MsgId> =
            self.calls.iter().filter(|(_, open)| open.callee == node).map(|(call, _)| *call).collect();
        for call in broken {
            let open = self.calls.remove(&call).expect("just listed");
            if open.life == self.lives[open.caller] {
                let (to, ctx) = (open.caller, open.ctx);
                self.enqueue(self.now + 1000, Item::Failed { to, from: node, ctx, why: RpcFailure::Refused });
            }
        }
        self.queue.retain(|_, item| match item {
            Item::Request { to, .. }
            | Item::Reply { to, .. }
            | Item::Failed { to, .. }
            | Item::Written { to, .. } => *to != node,
        });
    }

    fn apply(&mut self, node: usize, effects: Vec<Effect<DLedger>>) {
        self.step += 1;
        for (index, effect) in effects.into_iter().enumerate() {
            let call = MsgId { step: self.step, index: u16::try_from(index).expect("few effects") };
            match effect {
                Effect::Call { to, body, ctx, timeout_ms: Some(timeout_ms), broken_ms: None } => {
                    let to = index_of(to);
                    let life = self.lives[node];
                    if self.memories[to].is_none() {
                        let item = Item::Failed { to: node, from: to, ctx, why: RpcFailure::Refused };
                        self.enqueue(self.now + 1000, item);
                        continue;
                    }
                    self.calls.insert(call, Open { caller: node, callee: to, ctx, life });
                    let why = RpcFailure::TimedOut;
                    // The time-out is a queue item that only counts while the call is open.
                    self.enqueue(self.now + timeout_ms * 1000, Item::Failed { to: node, from: to, ctx, why });
                    if !(self.lose)(self.now / 1000, node, to, &body) {
                        self.enqueue(self.now + 1000, Item::Request { to, call, from: node, body });
                    }
                }
                Effect::Respond { call, body } => {
                    let Some(open) = self.calls.get(&call) else { continue };
                    let (to, ctx, fresh) = (open.caller, open.ctx, open.life == self.lives[open.caller]);
                    if fresh && !(self.lose)(self.now / 1000, node, to, &body) {
                        let slow = self.slow_votes_of_term.is_some_and(|term| gives_vote(&body, term));
                        let way = if slow && node == 1 && to == 0 { 2000 } else { 1000 };
                        self.enqueue(self.now + way, Item::Reply { to, from: node, ctx, body });
                        self.calls.remove(&call);
                    }
                }
                Effect::Write(write) => {
                    self.enqueue(self.now + self.flush_us, Item::Written { to: node, write })
                }
                Effect::Answer { token, outcome } => {
                    self.outcomes.insert(token.0, (self.now / 1000, outcome));
                }
                Effect::Event(event) => self.events.push((self.now / 1000, node, event)),
                Effect::Call { .. } | Effect::Cancel(_) | Effect::Send { .. } | Effect::Abort { .. } => {
                    panic!("DLedger's calls have a time-out, and it does nothing else of these")
                }
            }
        }
    }

    /// Gives one input to a node that is up.
    pub fn give(&mut self, node: usize, input: Input<DLedger>) {
        self.run(node, 0, |disk, memory, cx| {
            if let Some(memory) = memory {
                DLedger::step(disk, memory, input, cx);
            }
        });
    }

    fn next_timer(&self) -> Option<(u64, Timer, usize)> {
        let mut best: Option<(u64, Timer, usize)> = None;
        for (node, memory) in self.memories.iter().enumerate() {
            let Some(memory) = memory else { continue };
            DLedger::timers(&self.disks[node], memory, &self.config, &mut |timer, at| {
                let item = (at.0.max(self.now), timer, node);
                if best.is_none_or(|best| item < best) {
                    best = Some(item);
                }
            });
        }
        best
    }

    /// Runs until `ms`, messages before timers at one instant.
    pub fn run_to(&mut self, ms: u64) {
        let end = ms * 1000;
        for _ in 0..1_000_000 {
            let message = self.queue.keys().next().copied();
            let timer = self.next_timer();
            let by_message = match (message, timer) {
                (Some((at, _)), Some((due, ..))) => at <= due,
                (Some(_), None) => true,
                (None, Some(_)) => false,
                (None, None) => break,
            };
            let at = if by_message { message.expect("just seen").0 } else { timer.expect("just seen").0 };
            if at > end {
                break;
            }
            self.now = self.now.max(at);
            if by_message {
                let item = self.queue.remove(&message.expect("just seen")).expect("just seen");
                self.deliver(item);
            } else {
                let (due, timer, node) = timer.expect("just seen");
                self.give(node, Input::Timer(timer));
                self.moved_on(node, timer, due);
            }
        }
        assert!(self.queue.keys().next().is_none_or(|key| key.0 > end), "the run does not come to an end");
        self.now = self.now.max(end);
    }

    /// A wake must have done something, and its deadline must have moved on.
    fn moved_on(&self, node: usize, timer: Timer, due: u64) {
        let memory = self.mem(node);
        let lingers = memory.elector.beat.as_ref().is_some_and(|beat| beat.lingering);
        assert!(self.effects > 0 || lingers, "{timer:?} at {due} changed nothing at n{node}: {memory:?}");
        DLedger::timers(&self.disks[node], memory, &self.config, &mut |other, at| {
            assert!(other != timer || at.0 > self.now, "{timer:?} fires for ever at n{node}: {memory:?}");
        });
    }

    fn deliver(&mut self, item: Item) {
        match item {
            Item::Request { to, call, from, body } => {
                self.give(to, Input::Request { call, from: id(from).into(), body });
            }
            Item::Reply { to, from, ctx, body } => {
                self.give(to, Input::Reply { ctx, from: id(from).into(), body })
            }
            Item::Failed { to, from, ctx, why } => {
                if why == RpcFailure::TimedOut {
                    let open = self.calls.iter().find(|(_, open)| {
                        open.caller == to
                            && open.callee == from
                            && open.ctx == ctx
                            && open.life == self.lives[to]
                    });
                    let Some(call) = open.map(|(call, _)| *call) else { return };
                    self.calls.remove(&call);
                }
                self.give(to, Input::RpcFailed { ctx, from: id(from).into(), why });
            }
            Item::Written { to, write } => self.give(to, Input::Written { write, ok: true }),
        }
    }

    /// Gives a command to a node and names it.
    pub fn command(&mut self, node: usize, text: &str) -> u32 {
        let mut words = text.split_whitespace().map(ToString::to_string);
        let verb = words.next().expect("a verb");
        let command = kernel::Command { verb, args: words.collect() };
        let command = DLedger::parse_command(&command, false).expect("a good command");
        let token = self.step + 1;
        self.give(node, Input::Command { token: Token(token), command });
        token
    }

    /// Gives a command that is answered within its step and returns the name of its code.
    pub fn ask(&mut self, node: usize, text: &str) -> &'static str {
        let token = self.command(node, text);
        self.outcomes[&token].1.name
    }

    /// The memory of a node that is up.
    pub fn mem(&self, node: usize) -> &Memory {
        self.memories[node].as_ref().expect("the node is up")
    }

    /// Role and term.
    pub fn role(&self, node: usize) -> (Role, i64) {
        (self.mem(node).member.role, self.disks[node].curr_term)
    }

    /// The log as `[1a 1b]`.
    pub fn log(&self, node: usize) -> String {
        let entries: Vec<String> =
            self.disks[node].log.iter_from(0).map(|e| alloc::format!("{}{}", e.term, e.shown())).collect();
        alloc::format!("[{}]", entries.join(" "))
    }

    /// The instants (ms) and contents of a node's events that `pick` likes.
    pub fn seen<T>(&self, node: usize, pick: impl Fn(&Event) -> Option<T>) -> Vec<(u64, T)> {
        let own = self.events.iter().filter(|(_, at, _)| *at == node);
        own.filter_map(|(ms, _, event)| Some((*ms, pick(event)?))).collect()
    }

    /// Parse rules by instant.
    pub fn parses(&self, node: usize) -> Vec<(u64, u8)> {
        self.seen(node, |event| match event {
            Event::PollEnded { rule, .. } => Some(*rule),
            _ => None,
        })
    }

    /// Loses every message for which `when` holds.
    pub fn lose_when(&mut self, when: impl FnMut(u64, usize, usize, &Message) -> bool + 'static) {
        self.lose = Box::new(when);
    }

    /// Cuts these nodes off from now on.
    pub fn isolate(&mut self, nodes: &'static [usize]) {
        self.lose_when(move |_, from, to, _| nodes.contains(&from) != nodes.contains(&to));
    }

    /// Loses nothing any more.
    pub fn heal(&mut self) {
        self.lose_when(|_, _, _, _| false);
    }
}

/// Whether a message is a vote request.
pub fn is_vote(message: &Message) -> bool {
    matches!(message.body, Body::VoteRequest { .. })
}

/// Whether a message is an APPEND push.
pub fn is_append(message: &Message) -> bool {
    matches!(&message.body, Body::PushRequest(push) if push.kind == crate::PushType::Append)
}

/// Whether a message is a heartbeat.
pub fn is_heart_beat(message: &Message) -> bool {
    matches!(message.body, Body::HeartBeatRequest)
}

/// Whether a message gives a vote in this term.
pub fn gives_vote(message: &Message, term: i64) -> bool {
    message.header.term == term && message.body == Body::VoteResponse { result: crate::VoteResult::Accept }
}
