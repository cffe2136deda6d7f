//! Carrying out commands.

use kernel::{Addr, Command, CommandKind, Decision, NodeId, parse_addr};
use lab::{OpEnd, PendingRow};

use crate::ast::*;
use crate::parse_expect::entries;
use crate::run::runner::{Did, Order, PATIENCE_US, Runner, matches};
use crate::time::tell;

/// How long nothing may be due for a cluster to be settled, when the scenario does not say.
const QUIET_US: u64 = 500_000;
/// Timers that `campaign` fires at most.
const CAMPAIGN_FIRES: u32 = 1000;

impl Runner {
    /// Carries out a command that is no expectation.
    pub fn carry_out(&mut self, verb: &Verb) -> Did {
        match verb {
            Verb::Ask(ask) => self.ask_engine(ask),
            Verb::Preset(nodes, what) => self.preset(nodes, what),
            Verb::Draw(who, purpose, values) => {
                self.act(Decision::Script(*who, purpose.clone(), values.clone()))
            }
            Verb::Tick(who, times) => (0..*times).try_for_each(|_| self.fire(*who, None)),
            Verb::RunClock(who, us) => self.run_clock(*who, *us),
            Verb::DeliverAll(among) => self.deliver_all(among),
            Verb::Campaign(node) => self.campaign(*node),
            Verb::Fire(who, name) => self.fire(*who, Some(name)),
            Verb::GiveUp(from, to) => self.give_up(*from, *to),
            Verb::Advance(us) => self.run_to(self.now_us().saturating_add(*us)),
            Verb::At(us) if *us < self.now_us() => Err(format!("it is {} already", tell(self.now_us()))),
            Verb::At(us) => self.run_to(*us),
            Verb::Settle { among, quiet_us, max_us } => {
                self.settle(among, quiet_us.unwrap_or(QUIET_US), max_us.unwrap_or(PATIENCE_US))
            }
            Verb::Step(steps) => (0..*steps).try_for_each(|_| match self.take_one(u64::MAX)? {
                true => Ok(()),
                false => Err("nothing is pending".to_owned()),
            }),
            Verb::Message(handling, selector) => self.handle(*handling, selector),
            Verb::Standing(what, turns, of) => {
                self.orders.push(Order { what: *what, turns: *turns, of: of.clone(), met: 0 });
                Ok(())
            }
            Verb::StandingOff(what) => {
                self.orders.retain(|order| order.what != *what);
                Ok(())
            }
            Verb::Mark => {
                self.seen.clear();
                self.told.clear();
                self.asked_from = self.asked.len();
                Ok(())
            }
            Verb::Await(which, max_us) => self.await_answer(which, max_us.unwrap_or(PATIENCE_US)),
            Verb::Finish(max_us) => self.finish(max_us.unwrap_or(PATIENCE_US)),
            _ => self.fault(verb),
        }
    }

    fn fault(&mut self, verb: &Verb) -> Did {
        let each = |runner: &mut Runner, nodes: &[NodeId], decide: fn(NodeId) -> Decision| -> Did {
            nodes.iter().try_for_each(|node| runner.act(decide(*node)))
        };
        match verb {
            Verb::Cut(links) => self.change_links(links, Decision::Cut, Decision::Heal),
            Verb::Heal(links) => self.change_links(links, Decision::Heal, Decision::Cut),
            Verb::Shape { link: (from, to), latency_us: (low, high), loss_ppm } => {
                self.act(Decision::Shape(*from, *to, *low, *high, *loss_ppm))
            }
            Verb::Unshape(from, to) => self.act(Decision::Unshape(*from, *to)),
            Verb::Crash(nodes, loss) => {
                nodes.iter().try_for_each(|node| self.act(Decision::Crash(*node, *loss)))
            }
            Verb::Restart(nodes) => each(self, nodes, Decision::Restart),
            Verb::Reboot(nodes) => {
                each(self, nodes, |node| Decision::Crash(node, kernel::Loss::Process))?;
                each(self, nodes, Decision::Restart)
            }
            Verb::Pause(nodes) => each(self, nodes, Decision::Pause),
            Verb::Resume(nodes) => each(self, nodes, Decision::Resume),
            Verb::Wipe(nodes) => each(self, nodes, Decision::Wipe),
            Verb::Skew(node, us) => self.act(Decision::Skew(*node, *us)),
            Verb::Slow(node, us) => self.act(Decision::SlowDisk(*node, *us)),
            Verb::FailNext(node) => self.act(Decision::FailNext(*node)),
            Verb::Set(name, value) => self.act(Decision::Set(name.clone(), value.clone())),
            Verb::Write(node, ok) => self.end_write(*node, *ok),
            _ => Ok(()),
        }
    }

    fn ask_engine(&mut self, ask: &Ask) -> Did {
        let on_client = ask.who.node().is_none();
        let commands = self.session.commands();
        let takes = |desc: &&kernel::CommandDesc| if on_client { desc.client } else { desc.node };
        let first = |kind| commands.iter().filter(takes).find(|desc| desc.kind == kind).map(|desc| desc.verb);
        let verb = match &ask.how {
            AskHow::Verb(verb) => Some(verb.as_str()),
            AskHow::Propose => first(CommandKind::Write),
            AskHow::Read => first(CommandKind::Read),
            AskHow::Transfer => first(CommandKind::Transfer),
        };
        let Some(verb) = verb else {
            return Err(format!("{} has no such command for {}", self.session.info().title, ask.who));
        };
        let command = Command { verb: verb.to_owned(), args: ask.args.clone() };
        self.ask(ask.label.clone(), ask.who, command)
    }

    fn preset(&mut self, nodes: &[NodeId], what: &[String]) -> Did {
        let mut args = Vec::new();
        for text in what {
            let inner = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
            match inner.and_then(entries) {
                Some(log) => args.extend(log.into_iter().map(|(term, value)| format!("{term}:{value}"))),
                None => args.push(text.clone()),
            }
        }
        for node in nodes {
            let command = Command { verb: "preset".to_owned(), args: args.clone() };
            self.act(Decision::Command((*node).into(), command))?;
        }
        Ok(())
    }

    /// The first pending row of `who` for which `pick` finds a decision.
    fn first_row(&self, who: Addr, pick: impl Fn(&PendingRow) -> Option<Decision>) -> Option<Decision> {
        self.pending().iter().filter(|row| row.from == who).find_map(pick)
    }

    fn fire(&mut self, who: Addr, name: Option<&str>) -> Did {
        let found = self.first_row(who, |row| {
            let fits = name.is_none_or(|name| row.kind.eq_ignore_ascii_case(name));
            row.acts.iter().find_map(|(decision, _)| match decision {
                Decision::Fire(..) if fits => Some(decision.clone()),
                _ => None,
            })
        });
        match (found, name) {
            (Some(decision), _) => self.act(decision),
            (None, None) => Err(format!("{who} has no armed timer")),
            (None, Some(name)) => Err(format!("{who} has no armed timer `{name}`; {}", self.timers_of(who))),
        }
    }

    /// The armed timers, for messages.
    pub fn timers_of(&self, who: Addr) -> String {
        let rows = self.pending();
        let fires = |row: &&PendingRow| row.acts.iter().any(|(act, _)| matches!(act, Decision::Fire(..)));
        let mine = rows.iter().filter(|row| row.from == who).filter(fires);
        let all: Vec<String> = mine
            .map(|row| match row.due_in_us {
                Some(us) => format!("{} in {}", row.kind, tell(us)),
                None => row.kind.clone(),
            })
            .collect();
        if all.is_empty() { "no timer is armed".to_owned() } else { format!("armed are: {}", all.join(", ")) }
    }

    fn campaign(&mut self, node: NodeId) -> Did {
        for _ in 0..CAMPAIGN_FIRES {
            self.fire(node.into(), None)?;
            let ring = self.ring();
            let view = ring.nodes.iter().find(|view| view.id == node);
            let leads = view.is_some_and(|view| view.shape == kernel::view::Shape::Leader);
            if leads || view.is_some_and(|view| !view.votes.is_empty()) {
                return Ok(());
            }
        }
        Err(format!("{node} fired {CAMPAIGN_FIRES} timers and asks nobody for a vote"))
    }

    fn give_up(&mut self, from: Addr, to: Addr) -> Did {
        let end = format!("to {to}");
        let found = self.first_row(from, |row| {
            let act = row.acts.iter().find(|(act, _)| matches!(act, Decision::TimeOut(_)));
            act.filter(|_| row.detail.ends_with(&end)).map(|(act, _)| act.clone())
        });
        match found {
            Some(decision) => self.act(decision),
            None => Err(format!("{from} waits for no answer of {to} whose way is lost")),
        }
    }

    fn end_write(&mut self, node: NodeId, ok: bool) -> Did {
        let found = self.first_row(node.into(), |row| {
            row.acts.iter().find_map(|(act, _)| match act {
                Decision::Finish(_) if ok => Some(act.clone()),
                Decision::Fail(_) if !ok => Some(act.clone()),
                _ => None,
            })
        });
        match found {
            Some(decision) => self.act(decision),
            None => Err(format!("no disk write of {node} is under way")),
        }
    }

    fn settle(&mut self, among: &[Addr], quiet_us: u64, max_us: u64) -> Did {
        let give_up_us = self.now_us().saturating_add(max_us);
        loop {
            self.hold_others(among)?;
            let now = self.now_us();
            let Some(due) = self.session.status().next_due_us else { return Ok(()) };
            let flies = self.in_flight().iter().any(|message| message.due_in_us.is_some());
            if !flies && due > now.saturating_add(quiet_us) {
                return Ok(());
            }
            if due > give_up_us {
                return Err(format!("it did not settle within {}: something is always due", tell(max_us)));
            }
            self.take_one(due)?;
        }
    }

    /// Every message in flight arrives now, in the order they were sent, until none is left. No time passes. What
    /// crosses a cut link is lost; what is held, waits where it cannot arrive, or goes elsewhere than among these, stays.
    fn deliver_all(&mut self, among: &[Addr]) -> Did {
        let inside = |end: &Addr| among.is_empty() || among.contains(end);
        loop {
            let all = self.in_flight();
            let mut next = all.iter().filter(|m| m.due_in_us.is_some() && inside(&m.from) && inside(&m.to));
            let found = next.find_map(|m| {
                let tries = [Decision::Deliver(m.id), Decision::Drop(m.id)];
                tries.into_iter().find(|decision| self.session.legal(decision).is_ok())
            });
            let Some(decision) = found else { return Ok(()) };
            self.act(decision)?;
        }
    }

    /// A node's own clock runs on: its timers that fall due meanwhile fire, each at its instant.
    fn run_clock(&mut self, who: Addr, mut us: u64) -> Did {
        let Some(node) = who.node() else { return Err("only nodes have clocks that run alone".to_owned()) };
        loop {
            let first = self.pending().into_iter().filter(|row| row.from == who).filter_map(|row| {
                let fire = row.acts.iter().find(|(act, _)| matches!(act, Decision::Fire(..)))?;
                Some((row.due_in_us?, fire.0.clone()))
            });
            let Some((due_us, fire)) = first.min_by_key(|(due_us, _)| *due_us).filter(|first| first.0 <= us)
            else {
                return self.act(Decision::Skew(node, i64::try_from(us).unwrap_or(i64::MAX)));
            };
            us -= due_us;
            self.act(fire)?;
        }
    }

    fn hold_others(&mut self, among: &[Addr]) -> Did {
        if among.is_empty() {
            return Ok(());
        }
        for message in self.in_flight() {
            let inside = among.contains(&message.from) && among.contains(&message.to);
            if !inside && !message.held {
                self.act(Decision::Hold(message.id))?;
            }
        }
        Ok(())
    }

    fn handle(&mut self, handling: Handling, selector: &Selector) -> Did {
        let release = handling == Handling::Release;
        let decide = |id| match handling {
            Handling::Deliver => Decision::Deliver(id),
            Handling::Drop => Decision::Drop(id),
            Handling::Duplicate => Decision::Duplicate(id),
            Handling::Hold => Decision::Hold(id),
            Handling::Release => Decision::Release(id),
            Handling::Delay(us) => Decision::Delay(id, us),
        };
        let (of, occurrence) = match selector {
            Selector::Id(id) => return self.act(decide(*id)),
            Selector::Of(of, occurrence) => (of, *occurrence),
        };
        let all = self.in_flight();
        // A hold looks for what is not held yet, a release for what is.
        let fits = |held: bool| match handling {
            Handling::Release => held,
            Handling::Hold | Handling::Delay(_) => !held,
            Handling::Deliver | Handling::Drop | Handling::Duplicate => true,
        };
        let mut found = all.iter().filter(|message| matches(of, message) && fits(message.held));
        let one = match occurrence {
            Occurrence::All => {
                let ids: Vec<_> = found.map(|message| message.id).collect();
                return ids.into_iter().try_for_each(|id| self.act(decide(id)));
            }
            Occurrence::Nth(nth) => found.nth(nth.saturating_sub(1) as usize),
            Occurrence::Last => found.next_back(),
        };
        match one {
            Some(message) => self.act(decide(message.id)),
            None => {
                let held = if release { "held" } else { "in flight" };
                Err(format!("no such message is {held}; {}", describe(&all)))
            }
        }
    }

    fn change_links(
        &mut self,
        links: &Links,
        decide: fn(Addr, Addr) -> Decision,
        undo: fn(Addr, Addr) -> Decision,
    ) -> Did {
        for (from, to) in self.pairs(links) {
            // What is so already stays so.
            if self.session.legal(&undo(from, to)).is_err() {
                self.act(decide(from, to))?;
            }
        }
        Ok(())
    }

    fn pairs(&self, links: &Links) -> Vec<(Addr, Addr)> {
        let setup = self.session.setup();
        let nodes: Vec<Addr> = self.nodes().map(Addr::Node).collect();
        let clients = (0..setup.clients).map(|id| Addr::Client(kernel::ClientId(id)));
        let everybody: Vec<Addr> = nodes.iter().copied().chain(clients).collect();
        let mut pairs = Vec::new();
        let mut join = |all: &[Addr], others: &[Addr], both: bool| {
            for from in all {
                for to in others.iter().filter(|to| *to != from) {
                    pairs.push((*from, *to));
                    pairs.extend(both.then_some((*to, *from)));
                }
            }
        };
        match links {
            Links::All => join(&everybody, &everybody, false),
            Links::OneWay(from, to) => join(from, to, false),
            Links::Groups(groups) => {
                let mut rest = groups.as_slice();
                while let Some((first, others)) = rest.split_first() {
                    others.iter().for_each(|other| join(first, other, true));
                    rest = others;
                }
            }
            Links::Around(ends) => {
                let others: Vec<Addr> = nodes.iter().copied().filter(|node| !ends.contains(node)).collect();
                join(ends, &others, true);
            }
        }
        pairs
    }

    fn await_answer(&mut self, which: &Which, max_us: u64) -> Did {
        let give_up_us = self.now_us().saturating_add(max_us);
        let range = self.which(which)?;
        loop {
            let open = self.asked.get(range.clone()).into_iter().flatten();
            let mut open = open.filter(|asked| asked.end == OpEnd::Open && !asked.forgotten);
            let Some(waiting) = open.next().map(|asked| asked.text.clone()) else { return Ok(()) };
            if !self.take_one(give_up_us)? {
                return Err(format!("`{waiting}` has no answer after {}", tell(max_us)));
            }
        }
    }

    /// Heals everything and runs until all nodes agree.
    fn finish(&mut self, max_us: u64) -> Did {
        self.orders.clear();
        self.change_links(&Links::All, Decision::Heal, Decision::Cut)?;
        for message in self.in_flight().into_iter().filter(|message| message.held) {
            self.act(Decision::Release(message.id))?;
        }
        for node in self.nodes() {
            for decision in [Decision::Resume(node), Decision::Restart(node)] {
                if self.session.legal(&decision).is_ok() {
                    self.act(decision)?;
                }
            }
        }
        let give_up_us = self.now_us().saturating_add(max_us);
        while let Err(why) = self.agree() {
            if !self.take_one(give_up_us)? {
                return Err(format!("after {} the nodes do not agree: {why}", tell(max_us)));
            }
        }
        Ok(())
    }

    /// Whether one node leads, all others follow in its term, and all logs are equal.
    fn agree(&self) -> Did {
        let ring = self.ring();
        let leads =
            |shape| matches!(shape, kernel::view::Shape::Leader | kernel::view::Shape::LeaderNotReady);
        let mut leaders = ring.nodes.iter().filter(|node| leads(node.shape));
        let Some(leader) = leaders.next() else { return Err("nobody leads".to_owned()) };
        if let Some(other) = leaders.next() {
            return Err(format!("{} and {} lead", leader.id, other.id));
        }
        for node in ring.nodes.iter().filter(|node| node.id != leader.id) {
            let follows = matches!(node.shape, kernel::view::Shape::Follower | kernel::view::Shape::Learner);
            if !follows || node.term != leader.term {
                return Err(format!("{} is {} in term {}", node.id, node.role, node.term));
            }
        }
        let all: Vec<NodeId> = self.nodes().collect();
        self.same_log(&all)
    }
}

/// Messages for an error.
pub(crate) fn describe(all: &[kernel::view::MessageView]) -> String {
    if all.is_empty() {
        return "nothing is in flight".to_owned();
    }
    let shown = all.iter().take(12).map(|message| {
        let answer = if message.of_call { "answer " } else { "" };
        let held = if message.held { " (held)" } else { "" };
        format!("{answer}{} {}->{} {}{held}", message.kind, message.from, message.to, message.detail)
    });
    let more = if all.len() > 12 { ", …" } else { "" };
    format!("in flight: {}{more}", shown.collect::<Vec<_>>().join(", "))
}

/// A node's name as a value.
pub(crate) fn is_node(word: &str) -> Option<NodeId> {
    parse_addr(word).and_then(Addr::node)
}
