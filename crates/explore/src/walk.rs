//! A random walk: at every step some legal decision, often the next by itself, sometimes a fault or a hand's whim.

use alloc::string::ToString;
use alloc::vec::Vec;

use kernel::{
    Action, Addr, ClientId, Command, CommandDesc, CommandKind, Decision, Engine, Loss, NodeId, Settings,
    Transport,
};
use sim::{Cluster, NodeState};

/// What a walker may choose.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Kind {
    /// Whatever is due first.
    Auto,
    /// Some message arrives now.
    Deliver,
    /// Some message is lost.
    Drop,
    /// Some message is held.
    Hold,
    /// A held message goes on.
    Release,
    /// Some message is delayed.
    Delay,
    /// Some timer fires.
    Fire,
    /// Some call gives up.
    TimeOut,
    /// Some disk write finishes.
    Finish,
    /// Some disk write fails.
    Fail,
    /// A client or node writes.
    Write,
    /// A client or node reads.
    Read,
    /// A node is asked to hand leadership over.
    Transfer,
    /// A node's process goes down.
    Crash,
    /// Its power goes, and what was not synced.
    PowerLoss,
    /// Its last write is torn too.
    TornTail,
    /// Its next write of what it writes at once fails; only where such writes can.
    FailNext,
    /// A node comes back.
    Restart,
    /// A node stands still.
    Pause,
    /// It goes on.
    Resume,
    /// A down node's disk is emptied.
    Wipe,
    /// A link is cut.
    Cut,
    /// It is healed.
    Heal,
    /// A link becomes slow and lossy.
    Shape,
    /// It is as before.
    Unshape,
    /// A clock jumps.
    Skew,
    /// A disk becomes slow.
    SlowDisk,
    /// Time passes.
    Wait,
    /// A leader is asked to change who takes part; only in systems that can.
    Member,
    /// Some message comes twice; only where messages can.
    Duplicate,
    /// A setting changes while the run goes on.
    Set,
    /// The next draws of a node or client are written down.
    Script,
}

/// How often each is tried, in the order of [`Kind`].
const WEIGHTS: [(Kind, u32); 32] = [
    (Kind::Auto, 500),
    (Kind::Deliver, 120),
    (Kind::Drop, 25),
    (Kind::Hold, 15),
    (Kind::Release, 20),
    (Kind::Delay, 15),
    (Kind::Fire, 25),
    (Kind::TimeOut, 8),
    (Kind::Finish, 20),
    (Kind::Fail, 4),
    (Kind::Write, 60),
    (Kind::Read, 8),
    (Kind::Transfer, 6),
    (Kind::Crash, 3),
    (Kind::PowerLoss, 2),
    (Kind::TornTail, 2),
    (Kind::FailNext, 2),
    (Kind::Restart, 30),
    (Kind::Pause, 4),
    (Kind::Resume, 20),
    (Kind::Wipe, 2),
    (Kind::Cut, 8),
    (Kind::Heal, 20),
    (Kind::Shape, 3),
    (Kind::Unshape, 4),
    (Kind::Skew, 3),
    (Kind::SlowDisk, 3),
    (Kind::Wait, 3),
    (Kind::Member, 6),
    (Kind::Duplicate, 10),
    (Kind::Set, 4),
    (Kind::Script, 6),
];

/// How often a walker tries to find a legal decision.
const ATTEMPTS: u32 = 10_000;

/// Whether there can be such decisions in this system.
fn knows<E: Engine>(kind: Kind) -> bool {
    match kind {
        Kind::Member => E::info().commands.iter().any(|desc| desc.kind == CommandKind::Member),
        Kind::Duplicate => E::info().transport == Transport::Datagram,
        Kind::TimeOut => E::info().transport == Transport::Rpc,
        Kind::FailNext => E::info().writes_may_fail_at_once,
        _ => true,
    }
}

/// Nothing comes by itself when every node is down or stands still: the first of them comes back.
fn wake<E: Engine>(state: &Cluster<E>) -> Option<(Kind, Action)> {
    (0..state.nodes()).map(NodeId).find_map(|id| match state.state(id)? {
        NodeState::Up => None,
        NodeState::Paused => Some((Kind::Resume, Action::now(Decision::Resume(id)))),
        NodeState::Crashed(_) | NodeState::Aborted(_) => {
            Some((Kind::Restart, Action::now(Decision::Restart(id))))
        }
    })
}

/// Chooses decisions; the same seed on the same run chooses the same.
#[derive(Clone, Debug)]
pub struct Walker {
    state: u64,
    counts: Vec<(Kind, u32)>,
    values: u32,
}

impl Walker {
    /// A walker of this seed over runs of `E`.
    #[must_use]
    pub fn of<E: Engine>(seed: u64) -> Self {
        let counts =
            WEIGHTS.iter().filter(|(kind, _)| knows::<E>(*kind)).map(|(kind, _)| (*kind, 0)).collect();
        Walker { state: seed ^ 0x9e37_79b9_7f4a_7c15, counts, values: 0 }
    }

    /// How often each kind that the system knows was chosen.
    #[must_use]
    pub fn counts(&self) -> &[(Kind, u32)] {
        &self.counts
    }

    /// A number below `n`; 0 when `n` is. The same wherever it is drawn: a machine's own numbers may be 32 bits wide.
    fn draw(&mut self, n: u64) -> u64 {
        // splitmix64
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^= z >> 31;
        let scaled = (u128::from(z) * u128::from(n)) >> 64;
        u64::try_from(scaled).unwrap_or(0)
    }

    fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.draw(n as u64)).unwrap_or(0)
    }

    fn pick<T>(&mut self, from: Vec<T>) -> Option<T> {
        let at = self.below(from.len());
        from.into_iter().nth(at)
    }

    /// The next action on `state`: always legal. `None` when nothing can come any more.
    pub fn next<E: Engine>(&mut self, state: &Cluster<E>) -> Option<Action> {
        let weights = || WEIGHTS.iter().filter(|(kind, _)| knows::<E>(*kind));
        let total: u32 = weights().map(|(_, weight)| weight).sum();
        for attempt in 0..ATTEMPTS {
            // When most are refused, what comes by itself will do. Settings may leave nothing that does.
            if attempt >= 16
                && let Some((kind, action)) = self.next_by_itself(state)
            {
                self.count(kind);
                return Some(action);
            }
            let mut ticket = u32::try_from(self.below(total as usize)).unwrap_or(0);
            let chosen = weights().find(|(_, weight)| {
                let here = ticket < *weight;
                ticket = ticket.saturating_sub(*weight);
                here
            });
            let Some((kind, _)) = chosen else { continue };
            let Some(action) = self.of_kind(*kind, state) else { continue };
            if state.legal_at(&action).is_ok() {
                self.count(*kind);
                return Some(action);
            }
        }
        None
    }

    fn next_by_itself<E: Engine>(&mut self, state: &Cluster<E>) -> Option<(Kind, Action)> {
        let next = self.of_kind(Kind::Auto, state).map(|action| (Kind::Auto, action));
        next.or_else(|| wake(state))
    }

    fn count(&mut self, kind: Kind) {
        if let Some((_, count)) = self.counts.iter_mut().find(|(other, _)| *other == kind) {
            *count += 1;
        }
    }

    fn of_kind<E: Engine>(&mut self, kind: Kind, state: &Cluster<E>) -> Option<Action> {
        let decision = match kind {
            Kind::Auto => {
                let (at, decision) = state.next_decision()?;
                return Some(Action { at, decision });
            }
            Kind::Wait => {
                let now = state.now();
                let next = state.next_at()?;
                return Some(Action { at: now.plus_us(next.since_us(now) / 2), decision: Decision::Wait });
            }
            Kind::Deliver | Kind::Drop | Kind::Hold | Kind::Release | Kind::Delay | Kind::Duplicate => {
                self.message(kind, state)?
            }
            Kind::Fire | Kind::TimeOut | Kind::Finish | Kind::Fail => self.pending(kind, state)?,
            Kind::Write | Kind::Read | Kind::Transfer | Kind::Member => self.command(kind, state)?,
            Kind::Set => self.setting(state)?,
            Kind::Script => self.script(state)?,
            _ => self.fault(kind, state)?,
        };
        Some(Action::now(decision))
    }

    fn message<E: Engine>(&mut self, kind: Kind, state: &Cluster<E>) -> Option<Decision> {
        let held = kind == Kind::Release;
        let ids =
            state.flights().filter(|flight| flight.held.is_some() == held).map(|flight| flight.id).collect();
        let id = self.pick(ids)?;
        Some(match kind {
            Kind::Deliver => Decision::Deliver(id),
            Kind::Drop => Decision::Drop(id),
            Kind::Hold => Decision::Hold(id),
            Kind::Release => Decision::Release(id),
            Kind::Duplicate => Decision::Duplicate(id),
            _ => Decision::Delay(id, 1 + self.below(20_000) as u64),
        })
    }

    fn pending<E: Engine>(&mut self, kind: Kind, state: &Cluster<E>) -> Option<Decision> {
        let rows = state.pending(state.now());
        let acts = rows.into_iter().flat_map(|row| row.acts).filter(|(_, reason)| reason.is_none());
        let fits = |decision: &Decision| match kind {
            Kind::Fire => matches!(decision, Decision::Fire(..)),
            Kind::TimeOut => matches!(decision, Decision::TimeOut(_)),
            Kind::Finish => matches!(decision, Decision::Finish(_)),
            _ => matches!(decision, Decision::Fail(_)),
        };
        self.pick(acts.map(|(decision, _)| decision).filter(fits).collect())
    }

    fn command<E: Engine>(&mut self, kind: Kind, state: &Cluster<E>) -> Option<Decision> {
        let node = self.node(state);
        let client = Addr::Client(ClientId(u8::try_from(self.below(state.clients().into())).unwrap_or(0)));
        let by_client = state.clients() > 0 && self.below(2) == 0;
        let leader = state.newest_leader().unwrap_or(node);
        let who = if by_client { client } else { Addr::Node(if self.below(4) == 0 { node } else { leader }) };
        let usable = |c: &&CommandDesc| if by_client { c.client } else { c.node };
        let commands = |of| E::info().commands.iter().filter(move |c| c.kind == of);
        let (who, desc, arg) = match kind {
            Kind::Write => {
                self.values += 1;
                let value = alloc::format!("v{}", self.values);
                (who, commands(CommandKind::Write).filter(usable).find(|c| c.takes(&["value"]))?, value)
            }
            Kind::Read => {
                let place = self.below(6);
                let desc = commands(CommandKind::Read).find(usable)?;
                let by_index = desc.args.first() == Some(&"index");
                (who, desc, if by_index { place.to_string() } else { alloc::format!("v{place}") })
            }
            Kind::Transfer => {
                let desc = commands(CommandKind::Transfer).find(|c| c.takes(&["node"]))?;
                (Addr::Node(leader), desc, node.to_string())
            }
            _ => {
                let all = commands(CommandKind::Member).filter(|c| c.takes(&["node"])).collect();
                (Addr::Node(leader), self.pick(all)?, node.to_string())
            }
        };
        Some(Decision::Command(who, Command { verb: desc.verb.to_string(), args: alloc::vec![arg] }))
    }

    fn setting<E: Engine>(&mut self, state: &Cluster<E>) -> Option<Decision> {
        let desc = self.pick(E::Settings::list().into_iter().filter(|desc| !desc.fixed).collect())?;
        let value = match desc.range {
            Some((least, most)) => self.number(&desc.default, least, most).to_string(),
            None if desc.choices.is_empty() => {
                let nodes = (0..state.nodes()).map(NodeId).filter(|_| self.below(2) == 0);
                nodes.map(|id| id.to_string()).collect::<Vec<_>>().join(",")
            }
            None => self.pick(desc.choices.to_vec())?.to_string(),
        };
        Some(Decision::Set(desc.name.to_string(), value))
    }

    /// A number of a range: its ends, what is near the default, and anything between.
    fn number(&mut self, default: &str, least: i64, most: i64) -> i64 {
        let usual: i64 = default.parse().unwrap_or(least);
        let (from, to) = match self.below(6) {
            0 => (least, least),
            1 => (most, most),
            2 => (least, most),
            _ => (usual / 2, usual.saturating_mul(2)),
        };
        let width = u64::try_from(to.saturating_sub(from)).unwrap_or(0);
        let more = i64::try_from(self.draw(width.saturating_add(1))).unwrap_or(0);
        from.saturating_add(more).clamp(least, most)
    }

    fn script<E: Engine>(&mut self, state: &Cluster<E>) -> Option<Decision> {
        let purpose = self.pick(E::info().purposes.to_vec())?;
        let who = if state.clients() > 0 && self.below(8) == 0 {
            Addr::Client(ClientId(u8::try_from(self.below(state.clients().into())).unwrap_or(0)))
        } else {
            Addr::Node(self.node(state))
        };
        let values = (0..=self.below(3)).map(|_| self.draw(2500)).collect();
        Some(Decision::Script(who, purpose.to_string(), values))
    }

    fn node<E: Engine>(&mut self, state: &Cluster<E>) -> NodeId {
        NodeId(u8::try_from(self.below(state.nodes().into())).unwrap_or(0))
    }

    fn fault<E: Engine>(&mut self, kind: Kind, state: &Cluster<E>) -> Option<Decision> {
        let node = self.node(state);
        let (a, b) = (Addr::Node(node), Addr::Node(self.node(state)));
        let down = |id: &NodeId| !matches!(state.state(*id), Some(NodeState::Up | NodeState::Paused));
        let down: Vec<NodeId> = (0..state.nodes()).map(NodeId).filter(down).collect();
        Some(match kind {
            Kind::Crash => Decision::Crash(node, Loss::Process),
            Kind::PowerLoss => Decision::Crash(node, Loss::Power),
            Kind::TornTail => Decision::Crash(node, Loss::TornTail),
            Kind::FailNext => Decision::FailNext(node),
            Kind::Restart => Decision::Restart(self.pick(down)?),
            Kind::Wipe => Decision::Wipe(self.pick(down)?),
            Kind::Pause => Decision::Pause(node),
            Kind::Resume => Decision::Resume(node),
            Kind::Cut => Decision::Cut(a, b),
            Kind::Heal => {
                let links = state.ring(state.now()).links.into_iter();
                let cut = links.flat_map(|link| {
                    let (a, b) = (Addr::Node(link.a), Addr::Node(link.b));
                    [(link.cut_ab, Decision::Heal(a, b)), (link.cut_ba, Decision::Heal(b, a))]
                });
                self.pick(cut.filter(|(cut, _)| *cut).map(|(_, heal)| heal).collect())?
            }
            Kind::Shape => Decision::Shape(a, b, 1000, 1000 + self.below(50_000) as u64, 100_000),
            Kind::Unshape => Decision::Unshape(a, b),
            Kind::Skew => Decision::Skew(node, i64::try_from(self.below(4_000_000)).unwrap_or(0) - 2_000_000),
            _ => Decision::SlowDisk(node, self.below(30_000) as u64),
        })
    }
}
