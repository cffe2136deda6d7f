//! Running a scenario, step by step or to its end.

mod check;
mod field;
mod runner;
mod tale;
#[cfg(test)]
mod tests;
mod verbs;

use lab::Session;

use crate::ast::{Command, CommandLine, Line, Scenario, Verb};
use crate::error::Place;
use crate::run::runner::{Did, PATIENCE_US, Runner};
use crate::run::tale::Scene;
use crate::time::tell;

/// A command that could not be carried out, or an expectation that did not hold.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failure {
    /// The command's place.
    pub at: Place,
    /// The command, as printed.
    pub command: String,
    /// What was instead of what it wants.
    pub instead: String,
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: `{}`: {}", self.at, self.command, self.instead)
    }
}

/// A command that was run, and what it told.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Told {
    /// The command's place.
    pub at: Place,
    /// The position of its line in [`Scenario::lines`].
    pub line: usize,
    /// The captions above its line, when it is the first command there.
    pub captions: Vec<String>,
    /// The command, as printed.
    pub command: String,
    /// What it told: important moments, answers, and how the nodes stand that it changed.
    pub lines: Vec<String>,
    /// The step of the run after it.
    pub step: u32,
    /// Why the story ends here.
    pub failure: Option<Failure>,
}

/// A told line whose narration is not what stands below it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Difference {
    /// The line's place.
    pub at: Place,
    /// What stands there.
    pub written: Vec<String>,
    /// What was told.
    pub told: Vec<String>,
}

/// How a scenario went.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Report {
    /// Every command that ran, with what it told.
    pub told: Vec<Told>,
    /// The first command that failed; nothing ran after it.
    pub failure: Option<Failure>,
    /// Told lines whose narration has changed.
    pub differences: Vec<Difference>,
}

impl Report {
    /// Whether every expectation held and every narration is as written.
    #[must_use]
    pub fn ok(&self) -> bool {
        self.failure.is_none() && self.differences.is_empty()
    }

    /// The whole story: captions, commands, and what they told.
    #[must_use]
    pub fn narrate(&self) -> String {
        let mut out = String::new();
        for told in &self.told {
            told.captions.iter().for_each(|caption| {
                out.push_str(format!("# {caption}").trim_end());
                out.push('\n');
            });
            out.push_str(&format!("> {}\n", told.command));
            told.lines.iter().for_each(|line| out.push_str(&format!("  {line}\n")));
            if let Some(failure) = &told.failure {
                out.push_str(&format!("  ✕ {}\n", failure.instead));
            }
        }
        out
    }
}

/// Runs a scenario to its end or its first failure; `watch` sees every command right after it ran, with the live run.
pub fn run(scenario: &Scenario, watch: &mut dyn FnMut(&Told, Option<&dyn Session>)) -> Report {
    let mut player = Player::new(scenario.clone());
    while let Some(told) = player.next() {
        watch(&told, player.session());
    }
    player.into_report()
}

/// `text`, which reads as `scenario`, with the narration of every told line as `report` has it. All other lines stay
/// letter for letter.
#[must_use]
pub fn with_narration(text: &str, scenario: &Scenario, report: &Report) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.lines();
    for (at, line) in scenario.lines.iter().enumerate() {
        out.push_str(rest.next().unwrap_or_default());
        out.push('\n');
        if let Line::Commands(line) = line
            && line.told
        {
            rest.by_ref().take(line.narration.len()).for_each(|_| {});
            narration_of(report, at).iter().for_each(|told| out.push_str(&format!("  {told}\n")));
        }
    }
    out
}

fn narration_of(report: &Report, line: usize) -> Vec<String> {
    let of_line = report.told.iter().filter(|told| told.line == line);
    of_line.flat_map(|told| told.lines.iter().map(|line| line.trim_end().to_owned())).collect()
}

/// A scenario told one command after another, with the live run beside it.
pub struct Player {
    scenario: Scenario,
    /// Positions of the commands: line, command in it.
    order: Vec<(usize, usize)>,
    at: usize,
    runner: Option<Runner>,
    allowed: Vec<String>,
    scene: Scene,
    report: Report,
}

impl Player {
    /// A player before the first command.
    #[must_use]
    pub fn new(scenario: Scenario) -> Player {
        let mut order = Vec::new();
        for (at, line) in scenario.lines.iter().enumerate() {
            if let Line::Commands(line) = line {
                order.extend((0..line.commands.len()).map(|command| (at, command)));
            }
        }
        // What the file allows, it allows from its begin: the order of `allow` and `cluster` is the author's.
        let allowed = scenario.commands().filter_map(|command| match &command.verb {
            Verb::Allow(rule) => Some(rule.clone()),
            _ => None,
        });
        let allowed = allowed.collect();
        Player {
            scenario,
            order,
            at: 0,
            runner: None,
            allowed,
            scene: Scene::default(),
            report: Report::default(),
        }
    }

    /// The scenario.
    #[must_use]
    pub fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    /// How many commands there are, and how many have run.
    #[must_use]
    pub fn progress(&self) -> (usize, usize) {
        (self.report.told.len(), self.order.len())
    }

    /// The run as it stands; `None` before the cluster booted.
    #[must_use]
    pub fn session(&self) -> Option<&dyn Session> {
        self.runner.as_ref().map(|runner| &*runner.session)
    }

    /// The same, to look at its past. Actions of others than the player confuse the story.
    pub fn session_mut(&mut self) -> Option<&mut (dyn Session + 'static)> {
        self.runner.as_mut().map(|runner| &mut *runner.session)
    }

    /// The live run, for whoever goes on from here.
    #[must_use]
    pub fn into_session(self) -> Option<Box<dyn Session>> {
        self.runner.map(|runner| runner.session)
    }

    /// How it went so far.
    #[must_use]
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// How it went so far.
    #[must_use]
    pub fn into_report(self) -> Report {
        self.report
    }

    /// Runs the next command. `None` after the last, and after a failure.
    #[allow(clippy::should_implement_trait)]
    pub fn next(&mut self) -> Option<Told> {
        if self.report.failure.is_some() {
            return None;
        }
        let (line, nth) = *self.order.get(self.at)?;
        let command = self.command(line, nth)?;
        self.at += 1;
        let done = self.run(&command);
        let failure =
            done.err().map(|instead| Failure { at: command.at, command: command.verb.to_string(), instead });
        let quiet = matches!(command.verb, Verb::Allow(_));
        let told = Told {
            at: command.at,
            line,
            captions: if nth == 0 { self.captions(line) } else { Vec::new() },
            command: command.verb.to_string(),
            lines: match &self.runner {
                Some(runner) if !quiet => self.scene.changes(runner),
                _ => Vec::new(),
            },
            step: self.runner.as_ref().map_or(0, |runner| runner.session.status().step),
            failure: failure.clone(),
        };
        self.report.told.push(told.clone());
        self.report.failure = failure;
        self.compare(line);
        Some(told)
    }

    fn command(&self, line: usize, nth: usize) -> Option<Command> {
        match self.scenario.lines.get(line)? {
            Line::Commands(line) => line.commands.get(nth).cloned(),
            Line::Blank | Line::Caption(_) => None,
        }
    }

    /// The captions between the command line before and this one.
    fn captions(&self, line: usize) -> Vec<String> {
        let above = self.scenario.lines.iter().take(line).rev();
        let mut captions: Vec<String> = above
            .take_while(|line| !matches!(line, Line::Commands(_)))
            .filter_map(|line| match line {
                Line::Caption(text) => Some(text.clone()),
                Line::Blank | Line::Commands(_) => None,
            })
            .collect();
        captions.reverse();
        captions
    }

    /// After the last command of a told line: is its narration as written?
    fn compare(&mut self, line: usize) {
        if self.order.get(self.at).is_some_and(|(next, _)| *next == line) {
            return;
        }
        let Some(Line::Commands(CommandLine { told: true, narration, commands, .. })) =
            self.scenario.lines.get(line)
        else {
            return;
        };
        let told = narration_of(&self.report, line);
        if told != *narration {
            let at = commands.first().map(|command| command.at).unwrap_or_default();
            self.report.differences.push(Difference { at, written: narration.clone(), told });
        }
    }

    fn run(&mut self, command: &Command) -> Did {
        if let Some(runner) = &mut self.runner {
            runner.begin();
        }
        match &command.verb {
            Verb::Cluster(setup) => {
                let session = lab::start(setup.clone()).map_err(|error| error.to_string())?;
                self.runner = Some(Runner::new(session));
                Ok(())
            }
            Verb::Allow(rule) => known_rule(self.runner.as_ref(), rule),
            verb => {
                let Some(runner) = &mut self.runner else { return Err("there is no cluster yet".to_owned()) };
                one(runner, verb)?;
                match runner.broken_rule(&self.allowed) {
                    None => Ok(()),
                    Some(broken) => Err(format!("a rule is broken. {broken}")),
                }
            }
        }
    }
}

/// A rule that is not known is a mistake in the scenario, as soon as there is a run that knows them.
fn known_rule(runner: Option<&Runner>, rule: &str) -> Did {
    let Some(runner) = runner else { return Ok(()) };
    let lights = runner.session.lights();
    if lights.iter().any(|light| light.name.eq_ignore_ascii_case(rule)) {
        return Ok(());
    }
    let names: Vec<&str> = lights.iter().map(|light| light.name).collect();
    Err(format!("there is no rule `{rule}`; there are {}", names.join(", ")))
}

fn one(runner: &mut Runner, verb: &Verb) -> Did {
    match verb {
        Verb::Expect(when, condition) => runner.expect(*when, condition),
        Verb::RunUntil(condition, max_us) => {
            let max_us = max_us.unwrap_or(PATIENCE_US);
            let by_us = runner.now_us().saturating_add(max_us);
            runner.until(condition, by_us, |why| format!("not within {}: {why}", tell(max_us)))
        }
        Verb::Repeat(times, body) => (1..=*times).try_for_each(|round| {
            body.iter().try_for_each(|verb| {
                one(runner, verb).map_err(|why| format!("round {round}, `{verb}`: {why}"))
            })
        }),
        verb => runner.carry_out(verb),
    }
}
