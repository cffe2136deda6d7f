//! A scenario as text, in one canonical form that reads back as the same scenario.

use std::fmt::{self, Display, Write};

use kernel::{Addr, Loss, NetConfig, NodeId, Setup};

use crate::ast::*;
use crate::lex::{quote, value_or_quote, word_or_quote};
use crate::time::{print as span, print_range};

impl Scenario {
    /// The text of this scenario. It reads back as an equal scenario.
    #[must_use]
    pub fn print(&self) -> String {
        let mut out = String::new();
        for line in &self.lines {
            match line {
                Line::Blank => {}
                Line::Caption(text) if text.is_empty() => out.push('#'),
                Line::Caption(text) => {
                    out.push_str("# ");
                    out.push_str(text);
                }
                Line::Commands(line) => print_line(line, &mut out),
            }
            out.push('\n');
        }
        out
    }
}

fn print_line(line: &CommandLine, out: &mut String) {
    if line.told {
        out.push_str("> ");
    }
    let commands: Vec<String> = line.commands.iter().map(|command| command.verb.to_string()).collect();
    out.push_str(&commands.join("; "));
    if let Some(comment) = &line.comment {
        out.push_str("  # ");
        out.push_str(comment);
    }
    for told in &line.narration {
        out.push_str("\n  ");
        out.push_str(told);
    }
}

/// Arguments of an engine's command: `x=1` needs no quotes there, `then` does.
fn arg(text: &str) -> String {
    if text.contains('=') && !text.starts_with('#') { value_or_quote(text) } else { word_or_quote(text) }
}

/// As [`arg`], but a log stays a log, and what looks like one more node is told apart by its quotes.
fn preset_arg(text: &str) -> String {
    match text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(inner) if !inner.contains(['[', ']']) && single_spaced(inner) => text.to_owned(),
        _ => arg(text),
    }
}

fn single_spaced(text: &str) -> bool {
    text.split_whitespace().collect::<Vec<_>>().join(" ") == text
}

/// Whether the pattern's first word would be read as a number of turns.
fn starts_with_number(pattern: &Pattern) -> bool {
    !pattern.answer && pattern.kind.as_deref().is_some_and(|kind| kind.parse::<u32>().is_ok())
}

fn list<T: Display>(all: &[T]) -> String {
    all.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

impl Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Verb::Cluster(setup) => print_cluster(setup, f),
            Verb::Allow(rule) => write!(f, "allow {}", quote(rule)),
            Verb::Ask(ask) => ask.fmt(f),
            Verb::Preset(nodes, what) => {
                write!(f, "preset {}", list(nodes))?;
                what.iter().try_for_each(|text| write!(f, " {}", preset_arg(text)))
            }
            Verb::Draw(who, purpose, values) => {
                write!(f, "draw {who} {} {}", word_or_quote(purpose), list(values))
            }
            Verb::Tick(who, 1) => write!(f, "tick {who}"),
            Verb::Tick(who, times) => write!(f, "tick {who} {times}"),
            Verb::RunClock(who, us) => write!(f, "tick {who} {}", span(*us)),
            Verb::DeliverAll(among) if among.is_empty() => f.write_str("settle messages"),
            Verb::DeliverAll(among) => write!(f, "settle messages among {}", list(among)),
            Verb::Campaign(node) => write!(f, "campaign {node}"),
            Verb::Fire(who, timer) => write!(f, "fire {who} {}", word_or_quote(timer)),
            Verb::GiveUp(from, to) => write!(f, "timeout {from}->{to}"),
            Verb::Advance(us) => write!(f, "advance {}", span(*us)),
            Verb::At(us) => write!(f, "at {}", span(*us)),
            Verb::Settle { among, quiet_us, max_us } => {
                f.write_str("settle")?;
                if !among.is_empty() {
                    write!(f, " among {}", list(among))?;
                }
                if let Some(us) = quiet_us {
                    write!(f, " quiet={}", span(*us))?;
                }
                print_max(*max_us, f)
            }
            Verb::Step(steps) => write!(f, "step {steps}"),
            Verb::Message(handling, selector) => print_handling(*handling, selector, f),
            Verb::Standing(standing, Turns::Next(1), pattern) if starts_with_number(pattern) => {
                write!(f, "{standing} next 1 {pattern}")
            }
            Verb::Standing(standing, turns, pattern) => write!(f, "{standing}{turns} {pattern}"),
            Verb::StandingOff(standing) => write!(f, "{standing} off"),
            Verb::Mark => f.write_str("mark"),
            Verb::Await(which, max) => {
                write!(f, "await {which}")?;
                print_max(*max, f)
            }
            Verb::RunUntil(condition, max) => {
                write!(f, "run until {condition}")?;
                print_max(*max, f)
            }
            Verb::Finish(max) => {
                f.write_str("finish")?;
                print_max(*max, f)
            }
            Verb::Expect(when, condition) => write!(f, "expect{when} {condition}"),
            Verb::Repeat(times, body) => {
                let body: Vec<String> = body.iter().map(ToString::to_string).collect();
                write!(f, "repeat {times} {}", body.join(" then "))
            }
            _ => print_fault(self, f),
        }
    }
}

fn print_fault(verb: &Verb, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match verb {
        Verb::Cut(links) => write!(f, "cut{links}"),
        Verb::Heal(links) => write!(f, "heal{links}"),
        Verb::Shape { link: (from, to), latency_us, loss_ppm } => {
            write!(f, "shape {from}->{to} latency={} loss={}", print_range(*latency_us), ppm(*loss_ppm))
        }
        Verb::Unshape(from, to) => write!(f, "unshape {from}->{to}"),
        Verb::Crash(nodes, loss) => {
            let loss = match loss {
                Loss::Process => "",
                Loss::Power => " power",
                Loss::TornTail => " torn",
            };
            write!(f, "crash {}{loss}", list(nodes))
        }
        Verb::Restart(nodes) => write!(f, "restart {}", list(nodes)),
        Verb::Reboot(nodes) => write!(f, "reboot {}", list(nodes)),
        Verb::Pause(nodes) => write!(f, "pause {}", list(nodes)),
        Verb::Resume(nodes) => write!(f, "resume {}", list(nodes)),
        Verb::Wipe(nodes) => write!(f, "wipe {}", list(nodes)),
        Verb::Skew(node, us) => {
            let sign = if *us < 0 { '-' } else { '+' };
            write!(f, "skew {node} {sign}{}", span(us.unsigned_abs()))
        }
        Verb::Slow(node, us) => write!(f, "slow {node} {}", span(*us)),
        Verb::FailNext(node) => write!(f, "write {node} fails next"),
        Verb::Write(node, ok) => write!(f, "write {node} {}", if *ok { "ok" } else { "fails" }),
        Verb::Set(name, value) => write!(f, "set {} {}", word_or_quote(name), word_or_quote(value)),
        _ => Ok(()),
    }
}

fn print_max(max: Option<u64>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    max.map_or(Ok(()), |us| write!(f, " max={}", span(us)))
}

fn print_cluster(setup: &Setup, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let nodes: Vec<NodeId> = (0..setup.nodes).map(NodeId).collect();
    write!(f, "cluster {} engine={} seed={}", list(&nodes), value_or_quote(&setup.engine), setup.seed)?;
    let default = NetConfig::default();
    let net = setup.net;
    if (net.latency_us_min, net.latency_us_max) != (default.latency_us_min, default.latency_us_max) {
        write!(f, " latency={}", print_range((net.latency_us_min, net.latency_us_max)))?;
    }
    if net.loss_ppm > 0 {
        write!(f, " loss={}", ppm(net.loss_ppm))?;
    }
    if net.duplicate_ppm > 0 {
        write!(f, " duplicate={}", ppm(net.duplicate_ppm))?;
    }
    if net.fifo {
        f.write_str(" fifo=true")?;
    }
    if setup.clients != 1 {
        write!(f, " clients={}", setup.clients)?;
    }
    setup.settings.iter().try_for_each(|(name, value)| write!(f, " {name}={}", value_or_quote(value)))
}

/// Parts of a million as a fraction.
fn ppm(ppm: u32) -> String {
    let (whole, part) = (ppm / 1_000_000, ppm % 1_000_000);
    if part == 0 {
        return whole.to_string();
    }
    format!("{whole}.{part:06}").trim_end_matches('0').to_owned()
}

fn print_handling(handling: Handling, selector: &Selector, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let verb = match handling {
        Handling::Deliver => "deliver",
        Handling::Drop => "drop",
        Handling::Duplicate => "dup",
        Handling::Hold => "hold",
        Handling::Release => "release",
        Handling::Delay(_) => "delay",
    };
    write!(f, "{verb} {selector}")?;
    if let Handling::Delay(us) = handling { write!(f, " by {}", span(us)) } else { Ok(()) }
}

impl Display for Ask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(label) = &self.label {
            write!(f, "{label} = ")?;
        }
        match &self.how {
            AskHow::Verb(verb) => write!(f, "do {} {}", self.who, word_or_quote(verb))?,
            AskHow::Propose => write!(f, "propose {}", self.who)?,
            AskHow::Read => write!(f, "read {}", self.who)?,
            AskHow::Transfer => write!(f, "transfer {}", self.who)?,
        }
        self.args.iter().try_for_each(|text| write!(f, " {}", arg(text)))
    }
}

impl Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Standing::Lose => "lose",
            Standing::Catch => "catch",
        })
    }
}

impl Display for Turns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Turns::All => Ok(()),
            Turns::Next(1) => f.write_str(" next"),
            Turns::Next(times) => write!(f, " next {times}"),
            Turns::Every(nth) => write!(f, " every {nth}"),
        }
    }
}

impl Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.answer {
            f.write_str("answer ")?;
        }
        f.write_str(&self.kind.as_deref().map_or_else(|| "*".to_owned(), word_or_quote))?;
        if self.from.is_some() || self.to.is_some() {
            let end = |end: Option<Addr>| end.map_or_else(|| "*".to_owned(), |end| end.to_string());
            write!(f, " {}->{}", end(self.from), end(self.to))?;
        }
        self.details.iter().try_for_each(|detail| write!(f, " {}", quote(detail)))
    }
}

impl Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Selector::Id(id) => write!(f, "{id}"),
            Selector::Of(pattern, Occurrence::Nth(1)) => pattern.fmt(f),
            Selector::Of(pattern, Occurrence::Nth(nth)) => write!(f, "{pattern} #{nth}"),
            Selector::Of(pattern, Occurrence::Last) => write!(f, "{pattern} last"),
            Selector::Of(pattern, Occurrence::All) => write!(f, "{pattern} all"),
        }
    }
}

impl Display for Links {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Links::All => Ok(()),
            Links::OneWay(from, to) => write!(f, " {} -> {}", list(from), list(to)),
            Links::Groups(groups) => {
                let groups: Vec<String> = groups.iter().map(|group| list(group)).collect();
                write!(f, " {}", groups.join(" | "))
            }
            Links::Around(ends) => write!(f, " {}", list(ends)),
        }
    }
}

impl Display for Which {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Which::Last => f.write_str("last"),
            Which::Label(label) => f.write_str(label),
            Which::Numbers(from, to) if from == to => write!(f, "{from}"),
            Which::Numbers(from, to) => write!(f, "{from}..{to}"),
            Which::All => f.write_str("all"),
        }
    }
}

impl Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            When::Now => Ok(()),
            When::Within(0, high) => write!(f, " within {}", span(*high)),
            When::Within(low, high) => write!(f, " within {}..{}", span(*low), span(*high)),
            When::Never(us) => write!(f, " never for {}", span(*us)),
            When::Always(us) => write!(f, " always for {}", span(*us)),
        }
    }
}

impl Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Comparison::Is => "=",
            Comparison::IsNot => "!=",
            Comparison::Less => "<",
            Comparison::AtMost => "<=",
            Comparison::More => ">",
            Comparison::AtLeast => ">=",
        })
    }
}

impl Display for Want {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Want::None => f.write_str("none"),
            Want::Number(number) => write!(f, "{number}"),
            Want::Range(low, high) => write!(f, "{low}..{high}"),
            Want::Span(us) => f.write_str(&span(*us)),
            Want::SpanRange(low, high) => write!(f, "{}..{}", span(*low), span(*high)),
            Want::Word(word) => f.write_str(&word_or_quote(word)),
            Want::Text(text) => f.write_str(&quote(text)),
            Want::Log(entries) => write!(f, "[{}]", print_entries(entries)),
        }
    }
}

/// Entries as `0a 0b`; a value that begins with a digit as `0:7`.
pub(crate) fn print_entries(entries: &[(u64, String)]) -> String {
    let mut out = String::new();
    for (at, (term, value)) in entries.iter().enumerate() {
        let gap = if at == 0 { "" } else { " " };
        let colon = if value.starts_with(|c: char| c.is_ascii_digit() || c == ':') { ":" } else { "" };
        let _ = write!(out, "{gap}{term}{colon}{value}");
    }
    out
}

impl Display for Test {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.comparison {
            Comparison::Is => write!(f, "{} {}", self.field, self.want),
            other => write!(f, "{} {other} {}", self.field, self.want),
        }
    }
}

impl Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.comparison, self.number) {
            (Comparison::AtLeast, 1) => Ok(()),
            (Comparison::Is, number) => write!(f, " {number}"),
            (other, number) => write!(f, " {other} {number}"),
        }
    }
}

impl Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&word_or_quote(&self.code))?;
        match self.index {
            Some(Some(index)) => write!(f, " index={index}")?,
            Some(None) => f.write_str(" index=none")?,
            None => {}
        }
        if let Some(term) = self.term {
            write!(f, " term={term}")?;
        }
        match self.leader {
            Some(Some(leader)) => write!(f, " leader={leader}")?,
            Some(None) => f.write_str(" leader=none")?,
            None => {}
        }
        if let Some(value) = &self.value {
            write!(f, " value={}", value_or_quote(value))?;
        }
        self.took_us.map_or(Ok(()), |range| write!(f, " took={}", print_range(range)))
    }
}

impl Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Condition::Nodes(quantity, nodes, tests) => {
                f.write_str(match quantity {
                    Quantity::All if nodes.is_empty() => "all ",
                    Quantity::All => "",
                    Quantity::Any => "any ",
                    Quantity::One => "one ",
                    Quantity::No => "no ",
                })?;
                nodes.iter().try_for_each(|node| write!(f, "{node} "))?;
                f.write_str(&list(tests))
            }
            Condition::Messages(Sphere::InFlight, pattern, count) => write!(f, "in flight {pattern}{count}"),
            Condition::Messages(Sphere::Sent, pattern, count) => write!(f, "sent {pattern}{count}"),
            Condition::Sequence(patterns) => {
                let all: Vec<String> = patterns.iter().map(ToString::to_string).collect();
                write!(f, "sequence {}", all.join(" then "))
            }
            Condition::Told(true, text) => write!(f, "told {}", quote(text)),
            Condition::Told(false, text) => write!(f, "not told {}", quote(text)),
            Condition::Outcome(which, end) => write!(f, "outcome {which} {end}"),
            Condition::Timer(who, name, None) => write!(f, "timer {who} {} off", word_or_quote(name)),
            Condition::Timer(who, name, Some(range)) => {
                write!(f, "timer {who} {} {}", word_or_quote(name), print_range(*range))
            }
            Condition::Pill(from, to, text) => write!(f, "pill {from}->{to} {}", quote(text)),
            Condition::Pointer(node, test) => write!(f, "pointer {node} {test}"),
            Condition::Setting(name, value) => {
                write!(f, "setting {} {}", word_or_quote(name), word_or_quote(value))
            }
            Condition::Rule(name, broken) => {
                write!(f, "rule {} {}", quote(name), if *broken { "broken" } else { "holds" })
            }
            Condition::BrokenAt(name, step) => write!(f, "rule {} broken step={step}", quote(name)),
            Condition::SameLog(nodes) => write!(f, "same log {}", list(nodes)),
        }
    }
}
