//! Expectations: whether a condition holds, and if not, what is instead.

use std::ops::Range;

use kernel::{Addr, Fate, NodeId, Outcome, Time};
use lab::{OpEnd, PendingGroup, RuleLight, RuleState};

use crate::ast::*;
use crate::run::field::{Held, holds};
use crate::run::runner::{Asked, Did, Runner, contains_word, matches};
use crate::run::verbs::describe;
use crate::time::tell;

impl Runner {
    /// Carries out `expect`.
    pub fn expect(&mut self, when: When, condition: &Condition) -> Did {
        let start = self.now_us();
        match when {
            When::Now => self.condition(condition),
            When::Within(low, high) => {
                let (low, high) = (start.saturating_add(low), start.saturating_add(high));
                self.until(condition, high, |why| format!("it never came about: {why}"))?;
                match self.now_us() {
                    now if now < low => Err(format!("it came about after {} already", tell(now - start))),
                    _ => Ok(()),
                }
            }
            When::Never(us) => {
                self.throughout(start.saturating_add(us), |runner| match runner.condition(condition) {
                    Ok(()) => Err(format!("it came about after {}", tell(runner.now_us() - start))),
                    Err(_) => Ok(()),
                })
            }
            When::Always(us) => {
                self.throughout(start.saturating_add(us), |runner| runner.condition(condition))
            }
        }
    }

    /// Runs until a condition holds; the clock stands at the instant it begins to.
    pub fn until(&mut self, condition: &Condition, by_us: u64, late: impl Fn(String) -> String) -> Did {
        loop {
            let Err(why) = self.condition(condition) else { return Ok(()) };
            if !self.take_one(by_us)? {
                // What depends on the clock alone may still come about.
                self.run_to(by_us)?;
                return self.condition(condition).map_err(|_| late(why));
            }
        }
    }

    fn throughout(&mut self, until_us: u64, mut check: impl FnMut(&Runner) -> Did) -> Did {
        check(self)?;
        while self.take_one(until_us)? {
            check(self)?;
        }
        self.run_to(until_us)?;
        check(self)
    }

    /// Whether a condition holds now.
    pub fn condition(&self, condition: &Condition) -> Did {
        match condition {
            Condition::Nodes(quantity, nodes, tests) => self.some_nodes(*quantity, nodes, tests),
            Condition::Messages(sphere, of, count) => self.messages(*sphere, of, *count),
            Condition::Sequence(patterns) => self.sequence(patterns),
            Condition::Told(wanted, text) => self.was_told(*wanted, text),
            Condition::Outcome(which, end) => self.outcomes(which, end),
            Condition::Timer(who, name, due) => self.timer(*who, name, *due),
            Condition::Pill(from, to, text) => {
                let ring = self.ring();
                let pill = ring.pills.iter().find(|(a, b, _)| a == from && b == to);
                match pill {
                    Some((_, _, pill)) if contains_word(pill, text) => Ok(()),
                    Some((_, _, pill)) => Err(format!("the pill {from}->{to} is `{pill}`")),
                    None => Err(format!("{from}->{to} has no pill")),
                }
            }
            Condition::Pointer(node, test) => self.pointer(*node, test),
            Condition::Setting(name, value) => match self.session.setting(name) {
                Some(is) if is == *value => Ok(()),
                Some(is) => Err(format!("{name} is {is}")),
                None => Err(format!("there is no setting {name}")),
            },
            Condition::Rule(name, broken) => self.rule(name, *broken),
            Condition::BrokenAt(name, step) => self.broken_at(name, *step),
            Condition::SameLog(nodes) => self.same_log(nodes),
        }
    }

    fn timer(&self, who: Addr, name: &str, due: Option<(u64, u64)>) -> Did {
        let rows = self.pending();
        let timers = rows.iter().filter(|row| row.group == PendingGroup::Timer && row.from == who);
        let us = timers.filter(|row| row.kind.eq_ignore_ascii_case(name)).find_map(|row| row.due_in_us);
        match (us, due) {
            (None, None) => Ok(()),
            (Some(us), Some((low, high))) if (low..=high).contains(&us) => Ok(()),
            (Some(us), _) => Err(format!("{name} of {who} is due in {}", tell(us))),
            (None, Some(_)) => Err(format!("{name} of {who} is off; {}", self.timers_of(who))),
        }
    }

    fn some_nodes(&self, quantity: Quantity, nodes: &[NodeId], tests: &[Test]) -> Did {
        let all: Vec<NodeId> = if nodes.is_empty() { self.nodes().collect() } else { nodes.to_vec() };
        let fits = |node: &NodeId| tests.iter().try_for_each(|test| self.test(*node, test));
        if quantity == Quantity::All {
            return all.iter().try_for_each(fits);
        }
        let (mut yes, mut no) = (Vec::new(), Vec::new());
        for node in &all {
            // A field that no node has is a mistake in the scenario, not a node that does not fit.
            for test in tests {
                self.field(*node, &test.field)?;
            }
            match fits(node) {
                Ok(()) => yes.push(node.to_string()),
                Err(why) => no.push(why),
            }
        }
        match quantity {
            Quantity::No if !yes.is_empty() => Err(format!("{} does", yes.join(" and "))),
            Quantity::One if yes.len() > 1 => Err(format!("{} do", yes.join(" and "))),
            Quantity::Any | Quantity::One if yes.is_empty() => Err(no.join(", ")),
            _ => Ok(()),
        }
    }

    fn messages(&self, sphere: Sphere, of: &Pattern, count: Count) -> Did {
        let fits = |found: usize| {
            let held = Held::Value(kernel::Value::Int(i64::try_from(found).unwrap_or(i64::MAX)));
            holds(&held, count.comparison, &Want::Number(count.number.into()))
        };
        match sphere {
            Sphere::InFlight => {
                let all = self.in_flight();
                let anything = *of == Pattern::default();
                let found = all.iter().filter(|message| anything || matches(of, message)).count();
                if fits(found) { Ok(()) } else { Err(format!("there are {found}; {}", describe(&all))) }
            }
            Sphere::Sent => {
                let found = self.seen.iter().filter(|seen| matches(of, seen)).count();
                if fits(found) { Ok(()) } else { Err(format!("there were {found}; {}", self.described(of))) }
            }
        }
    }

    /// What was sent between the ends of a pattern, for errors.
    fn described(&self, of: &Pattern) -> String {
        let ends = Pattern { answer: of.answer, from: of.from, to: of.to, ..Pattern::default() };
        let near = self.seen.iter().filter(|seen| matches(&ends, seen));
        let all: Vec<_> = near.cloned().collect();
        if all.is_empty() {
            "nothing was sent there".to_owned()
        } else {
            describe(&all).replacen("in flight", "sent", 1)
        }
    }

    fn sequence(&self, patterns: &[Pattern]) -> Did {
        let mut rest = self.seen.iter();
        for (at, pattern) in patterns.iter().enumerate() {
            if !rest.any(|seen| matches(pattern, seen)) {
                let after = match at.checked_sub(1).and_then(|before| patterns.get(before)) {
                    Some(before) => format!("after `{before}` there was no `{pattern}`"),
                    None => format!("there was no `{pattern}`"),
                };
                return Err(format!("{after}; {}", self.described(pattern)));
            }
        }
        Ok(())
    }

    fn was_told(&self, wanted: bool, text: &str) -> Did {
        match (self.told.iter().find(|told| told.contains(text)), wanted) {
            (Some(_), true) | (None, false) => Ok(()),
            (Some(told), false) => Err(format!("it was told: {told}")),
            (None, true) => {
                let last: Vec<&str> = self.told.iter().rev().take(6).map(String::as_str).collect();
                Err(format!("it was not told; told last: {}", last.join(" / ")))
            }
        }
    }

    /// The commands that are meant.
    pub fn which(&self, which: &Which) -> Did<Range<usize>> {
        let count = self.asked.len();
        match which {
            Which::All => Ok(self.asked_from..count),
            Which::Last if count > 0 => Ok(count - 1..count),
            Which::Label(label) => {
                let at = self.asked.iter().rposition(|asked| asked.label.as_ref() == Some(label));
                at.map(|at| at..at + 1).ok_or_else(|| format!("no command is named `{label}`"))
            }
            Which::Numbers(from, to) if *to as usize <= count => Ok(*from as usize - 1..*to as usize),
            Which::Last | Which::Numbers(..) => Err(format!("{count} commands were given")),
        }
    }

    fn outcomes(&self, which: &Which, end: &End) -> Did {
        let range = self.which(which)?;
        self.asked.get(range).into_iter().flatten().try_for_each(|asked| outcome(asked, end))
    }

    fn pointer(&self, node: NodeId, test: &Test) -> Did {
        let row = self.log_row(node).ok_or_else(|| format!("{node} has no log"))?;
        let named: Vec<_> = row.pointers.iter().filter(|pointer| pointer.name == test.field).collect();
        let fits = |index: i64| holds(&Held::Value(kernel::Value::Int(index)), test.comparison, &test.want);
        if named.iter().any(|pointer| fits(pointer.index)) {
            return Ok(());
        }
        let all: Vec<String> =
            row.pointers.iter().map(|pointer| format!("{} {}", pointer.name, pointer.index)).collect();
        Err(format!("the pointers at {node} are {}", all.join(", ")))
    }

    fn light(&self, name: &str) -> Result<RuleLight, String> {
        let lights = self.session.lights();
        let light = lights.iter().find(|light| light.name.eq_ignore_ascii_case(name));
        let names = || lights.iter().map(|light| light.name).collect::<Vec<_>>().join(", ");
        light.cloned().ok_or_else(|| format!("there is no rule `{name}`; there are {}", names()))
    }

    fn broken_at(&self, name: &str, at: u32) -> Did {
        match self.light(name)?.state {
            RuleState::Broken { step, .. } | RuleState::BrokenAsReal { step, .. } if step == at => Ok(()),
            RuleState::Broken { step, .. } | RuleState::BrokenAsReal { step, .. } => {
                Err(format!("{name} broke at step {step}"))
            }
            _ => Err(format!("{name} is not broken")),
        }
    }

    fn rule(&self, name: &str, broken: bool) -> Did {
        let light = self.light(name)?;
        match (broken_sentence(&light), broken) {
            (Some(_), true) => Ok(()),
            (None, false) => Ok(()),
            (Some(sentence), false) => Err(sentence),
            (None, true) => Err(format!("{} is not broken", light.name)),
        }
    }

    /// The first broken rule that is not allowed to break.
    pub fn broken_rule(&self, allowed: &[String]) -> Option<String> {
        let lights = self.session.lights();
        lights
            .iter()
            .filter(|light| !allowed.iter().any(|name| name.eq_ignore_ascii_case(light.name)))
            .find_map(|light| broken_sentence(light).map(|sentence| format!("{}: {sentence}", light.name)))
    }
}

fn broken_sentence(light: &RuleLight) -> Option<String> {
    match &light.state {
        RuleState::Broken { step, sentence } => Some(format!("{sentence} (step {step})")),
        RuleState::BrokenAsReal { step, sentence, why } => {
            Some(format!("{sentence} (step {step}; as the real system: {why})"))
        }
        RuleState::Holds | RuleState::NotExercised | RuleState::NotChecked => None,
    }
}

/// Whether a command ended as it must.
fn outcome(asked: &Asked, end: &End) -> Did {
    let (text, given) = (&asked.text, Time(asked.given_us));
    let told = || format!("`{text}` {}", ended(asked));
    if asked.forgotten {
        return Err(format!("`{text}` was given too long ago to be remembered"));
    }
    let (at, is) = match (&asked.end, end.code.as_str()) {
        (OpEnd::Open, "none") | (OpEnd::Abandoned(_), "abandoned" | "none") => return Ok(()),
        (OpEnd::Open | OpEnd::Abandoned(_), _) | (OpEnd::Done(..), "none" | "abandoned") => {
            return Err(told());
        }
        (OpEnd::Done(at, outcome), _) => (*at, outcome),
    };
    let code = match end.code.as_str() {
        "ok" => is.ok(),
        "failed" => !is.ok(),
        "not-done" => is.fate == Fate::Refused,
        "in-doubt" => is.fate == Fate::InDoubt,
        code => is.name.eq_ignore_ascii_case(code) || code.parse() == Ok(is.code),
    };
    let took = at.since_us(given);
    let fits = code
        && end.index.is_none_or(|index| is.index == index)
        && end.term.is_none_or(|term| is.term == Some(term))
        && end.leader.is_none_or(|leader| is.leader == leader)
        && end.value.as_deref().is_none_or(|value| is.value.as_deref().unwrap_or("none") == value)
        && end.took_us.is_none_or(|(low, high)| (low..=high).contains(&took));
    if fits { Ok(()) } else { Err(told()) }
}

/// How a command ended, for people.
pub(crate) fn ended(asked: &Asked) -> String {
    match &asked.end {
        OpEnd::Open => "has no answer yet".to_owned(),
        OpEnd::Abandoned(_) => "is never answered: the node went down".to_owned(),
        OpEnd::Done(at, outcome) => {
            let took = at.since_us(Time(asked.given_us));
            format!("→ {}, after {}", show_outcome(outcome), tell(took))
        }
    }
}

fn show_outcome(outcome: &Outcome) -> String {
    let mut text = outcome.name.to_owned();
    let mut add = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            text.push_str(&format!(" {name}={value}"));
        }
    };
    add("index", outcome.index.map(|index| index.to_string()));
    add("term", outcome.term.map(|term| term.to_string()));
    add("leader", outcome.leader.map(|leader| leader.to_string()));
    add("value", outcome.value.clone());
    text
}
