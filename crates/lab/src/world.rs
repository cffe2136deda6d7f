//! A cluster and the rules that watch it, stepped together: wherever a state goes, what was found goes with it.

use std::ops::Deref;

use check::{Checks, Did};
use kernel::{Action, Addr, CommandKind, Decision, Engine, Fact, Loss, NodeId, Outcome, Token};
use sim::{Cluster, Config, Happening, NodeState, Refusal};

/// A cluster with its checks. Reads like the cluster.
#[derive(Clone, Debug)]
pub struct World<E: Engine> {
    cluster: Cluster<E>,
    checks: Checks,
    /// Whether a crash has taken more than the process.
    power_lost: bool,
    /// Leaders that look where a peer's log agrees with theirs, and how often that peer refused.
    searches: Vec<((NodeId, NodeId), u64)>,
    /// Searches that began with a refusal and ended, and the answers of all of them.
    repairs: (u64, u64),
}

impl<E: Engine> Deref for World<E> {
    type Target = Cluster<E>;

    fn deref(&self) -> &Cluster<E> {
        &self.cluster
    }
}

impl<E: Engine> World<E> {
    /// A cluster at its boot.
    #[must_use]
    pub fn new(config: Config<E>) -> Self {
        let checks =
            Checks::new(config.nodes, E::info().first_index, E::known_breaks(&config.settings, false));
        let cluster = Cluster::new(config);
        let mut world = World { cluster, checks, power_lost: false, searches: Vec::new(), repairs: (0, 0) };
        world.observe();
        world
    }

    /// What the rules found so far.
    #[must_use]
    pub fn checks(&self) -> &Checks {
        &self.checks
    }

    /// How many logs leaders mended, and by how many answered probes.
    #[must_use]
    pub fn repairs(&self) -> (u64, u64) {
        self.repairs
    }

    /// Whether reports carry texts and sent messages.
    pub fn watch(&mut self, on: bool) {
        self.cluster.watch(on);
    }

    /// Takes `action` as the next step.
    ///
    /// # Errors
    /// Why it is not legal; nothing has changed then.
    pub fn apply(&mut self, action: &Action) -> Result<(), Refusal> {
        self.cluster.apply(action)?;
        match &action.decision {
            Decision::Crash(node, loss) => {
                self.checks.crashed(*node);
                self.power_lost |= *loss != Loss::Process;
                self.know();
            }
            Decision::Restart(node) => self.checks.restarted(*node),
            Decision::Wipe(node) => self.checks.wiped(*node),
            Decision::Set(..) => self.know(),
            Decision::Command(_, command) if promises(E::info().kind_of(&command.verb)) => {
                self.checks.asked(Token(self.cluster.step()));
            }
            _ => {}
        }
        self.observe();
        Ok(())
    }

    /// Takes the item that is due first; false when nothing is pending.
    pub fn auto(&mut self) -> bool {
        let stepped = self.cluster.auto();
        if stepped {
            self.observe();
        }
        stepped
    }

    fn know(&mut self) {
        self.checks.know(E::known_breaks(self.cluster.settings(), self.power_lost));
    }

    fn observe(&mut self) {
        let report = self.cluster.report();
        for (who, event) in &report.events {
            if let (Addr::Node(node), Some(fact)) = (*who, E::fact(event)) {
                self.checks.observe(report.step, node, fact);
                search(&mut self.searches, &mut self.repairs, node, fact);
            }
        }
        for (token, who, outcome) in &report.answers {
            let op = self.cluster.ops().find(|op| op.token == *token && op.who == *who);
            let did = op.and_then(|op| did(op.kind, outcome));
            if let (Some(did), Some(node)) = (did, answerer(&report.happening, *who)) {
                self.checks.answered(report.step, node, *token, did);
            }
        }
        if let Some(node) = report.who.and_then(Addr::node)
            && self.stopped_itself(node)
        {
            self.checks.crashed(node);
        }
    }

    fn stopped_itself(&self, node: NodeId) -> bool {
        matches!(self.cluster.state(node), Some(NodeState::Aborted(_)))
    }
}

/// Counts what a fact tells of a leader's search for where logs agree. Leading anew it begins anew.
fn search(searches: &mut Vec<((NodeId, NodeId), u64)>, repairs: &mut (u64, u64), leader: NodeId, fact: Fact) {
    match fact {
        Fact::Led { .. } => searches.retain(|((of, _), _)| *of != leader),
        Fact::Probed { peer, found } => {
            let at = searches.iter().position(|(way, _)| *way == (leader, peer));
            match (found, at) {
                (Some(false), None) => searches.push(((leader, peer), 1)),
                (Some(false), Some(at)) => searches[at].1 += 1,
                (Some(true), Some(at)) => {
                    let (_, refused) = searches.remove(at);
                    *repairs = (repairs.0 + 1, repairs.1 + refused + 1);
                }
                (None, Some(at)) => drop(searches.remove(at)),
                (_, None) => {}
            }
        }
        _ => {}
    }
}

/// Whether a command may end with a promise.
fn promises(kind: Option<CommandKind>) -> bool {
    matches!(kind, Some(CommandKind::Read | CommandKind::Write))
}

/// What a command did that ended with a promise.
fn did(kind: CommandKind, outcome: &Outcome) -> Option<Did> {
    let index = outcome.index.filter(|_| outcome.ok() && outcome.linearizable)?;
    match kind {
        CommandKind::Read => Some(Did::Read(index)),
        CommandKind::Write => Some(Did::Wrote(index)),
        CommandKind::Transfer | CommandKind::Member | CommandKind::Timer(_) | CommandKind::Other => None,
    }
}

/// Which node's word an answer is: a client has it from whose message has just arrived.
fn answerer(happening: &Option<Happening>, who: Addr) -> Option<NodeId> {
    match (who, happening) {
        (Addr::Node(node), _) => Some(node),
        (Addr::Client(_), Some(Happening::Delivered { from, .. })) => from.node(),
        _ => None,
    }
}
