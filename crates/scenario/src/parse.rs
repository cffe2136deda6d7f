//! Reading a scenario: lines, and the verbs by which a run is driven.

use kernel::{Addr, Loss, NodeId, limits as kernel_limits, parse_addr};

use crate::ast::*;
use crate::error::{Place, ScenarioError};
use crate::lex::{Kind, Token, Words, any_text, bare, comment_text, lex, word_of};
use crate::parse_cluster::{cluster, ppm};
use crate::parse_expect::{condition, expectation, pattern, which};
use crate::{limits, time};

pub(crate) type Read<T> = Result<T, ScenarioError>;

/// Reads a scenario's file.
///
/// # Errors
/// As [`parse`], or where the file stops being text, or that no command is in it.
pub fn read(bytes: &[u8]) -> Result<Scenario, ScenarioError> {
    std::str::from_utf8(bytes).map_or_else(
        |error| {
            let text = bytes.get(..error.valid_up_to()).and_then(|text| std::str::from_utf8(text).ok());
            let lines = text.unwrap_or_default().split('\n');
            let (line, column) =
                (0..).zip(lines).last().map_or((0, 0), |(at, line)| (at, line.chars().count()));
            let column = u32::try_from(column).unwrap_or(u32::MAX - 1) + 1;
            Err(ScenarioError::new(Place { line: line + 1, column }, "this is not UTF-8 text"))
        },
        |text| {
            let scenario = parse(text)?;
            let none = scenario.commands().next().is_none();
            let nothing = || ScenarioError::new(Place { line: 1, column: 1 }, "there is no command in it");
            if none { Err(nothing()) } else { Ok(scenario) }
        },
    )
}

/// Reads a scenario.
///
/// # Errors
/// The first thing that is wrong, where, and what would be right.
pub fn parse(text: &str) -> Result<Scenario, ScenarioError> {
    let start = Place { line: 1, column: 1 };
    if text.len() > limits::TEXT_BYTES {
        let what = format!("a scenario has at most {} bytes, not {}", limits::TEXT_BYTES, text.len());
        return Err(ScenarioError::new(start, what));
    }
    let mut scenario = Scenario::default();
    let mut begun = false;
    for (number, line) in (1..).zip(text.lines()) {
        let at = Place { line: number, column: 1 };
        if number as usize > limits::LINES {
            return Err(ScenarioError::new(at, format!("a scenario has at most {} lines", limits::LINES)));
        }
        if line.chars().count() > limits::LINE_CHARS {
            return Err(ScenarioError::new(
                at,
                format!("a line has at most {} characters", limits::LINE_CHARS),
            ));
        }
        if let Some(told) = narration_of(line, &scenario) {
            if let Some(Line::Commands(above)) = scenario.lines.last_mut() {
                above.narration.push(told);
            }
            continue;
        }
        scenario.lines.push(read_line(line, number, &mut begun)?);
    }
    Ok(scenario)
}

/// An indented line below a told one is narration.
fn narration_of(line: &str, scenario: &Scenario) -> Option<String> {
    let below_told = matches!(scenario.lines.last(), Some(Line::Commands(above)) if above.told);
    let indented = line.starts_with([' ', '\t']) && !line.trim().is_empty();
    let text = line.strip_prefix("  ").unwrap_or(line.trim_start());
    (below_told && indented).then(|| text.trim_end().to_owned())
}

fn read_line(line: &str, number: u32, begun: &mut bool) -> Read<Line> {
    let trimmed = line.trim_start();
    if trimmed.is_empty() {
        return Ok(Line::Blank);
    }
    if trimmed.starts_with('#') {
        return Ok(Line::Caption(comment_text(trimmed)));
    }
    let indent = line.chars().count() - trimmed.chars().count();
    let told = trimmed.starts_with('>');
    let lexed = lex(line, number, indent + usize::from(told))?;
    let mut commands = Vec::new();
    for tokens in lexed.commands {
        commands.push(command(tokens, begun)?);
    }
    if commands.is_empty() {
        let at = Place { line: number, column: u32::try_from(indent + 1).unwrap_or(u32::MAX) };
        return Err(ScenarioError::new(at, "a command is missing here: write one, or nothing"));
    }
    Ok(Line::Commands(CommandLine { told, commands, comment: lexed.comment, narration: Vec::new() }))
}

fn command(tokens: Vec<Token>, begun: &mut bool) -> Read<Command> {
    let mut words = Words::new(tokens);
    let at = words.last;
    let verb = verb(&mut words)?;
    words.end()?;
    let first = matches!(verb, Verb::Cluster(_));
    if first == *begun && !matches!(verb, Verb::Allow(_)) {
        let what = if first {
            "a scenario has one cluster: there is one above already"
        } else {
            "the first command is the cluster, such as `cluster n0 n1 n2 engine=dledger seed=7`"
        };
        return Err(ScenarioError::new(at, what));
    }
    *begun |= first;
    Ok(Command { at, verb })
}

fn verb(words: &mut Words) -> Read<Verb> {
    let Some(token) = words.next() else { return words.missing("a command") };
    let Kind::Word(name) = &token.kind else {
        let what = format!("a command begins with a verb such as `advance`, not with `{}`", token.shown());
        return Err(ScenarioError::new(token.at, what));
    };
    if words.take("=") {
        return labelled(words, &token, name);
    }
    words.verb.clone_from(name);
    match name.as_str() {
        "cluster" => cluster(words),
        "allow" => Ok(Verb::Allow(rule_name(words)?)),
        "do" | "propose" | "read" | "transfer" => ask(words, None),
        "preset" => {
            let of = nodes(words)?;
            let what = args(words)?;
            if what.is_empty() {
                words.missing("what to preset, such as `term 3`")
            } else {
                Ok(Verb::Preset(of, what))
            }
        }
        "deliver" | "drop" | "dup" | "hold" | "release" | "delay" => message(words),
        "lose" => standing(words, Standing::Lose),
        "catch" => standing(words, Standing::Catch),
        "expect" => expectation(words),
        "run" => run_until(words),
        "repeat" => repeat(words),
        _ => time_verb(words, name, &token),
    }
}

fn time_verb(words: &mut Words, name: &str, token: &Token) -> Read<Verb> {
    match name {
        "draw" => draw(words),
        "tick" => {
            let who = addr(words)?;
            match words.maybe(shift) {
                Some(us) => Ok(Verb::RunClock(who, us)),
                None => Ok(Verb::Tick(who, words.maybe(times).unwrap_or(1))),
            }
        }
        "campaign" => Ok(Verb::Campaign(node(words)?)),
        "fire" => Ok(Verb::Fire(addr(words)?, words.read("the name of a timer", any_text)?)),
        "timeout" => {
            let (from, to) = link(words)?;
            Ok(Verb::GiveUp(from, to))
        }
        "advance" => Ok(Verb::Advance(words.span()?)),
        "at" => Ok(Verb::At(words.span()?)),
        "step" => Ok(Verb::Step(words.maybe(times).unwrap_or(1))),
        "settle" => settle(words),
        "mark" => Ok(Verb::Mark),
        "await" => {
            let named = words.peek().is_some_and(|token| word_of(&token.kind).is_some());
            let which = if named { which(words)? } else { Which::Last };
            Ok(Verb::Await(which, max(words)?))
        }
        "finish" => Ok(Verb::Finish(max(words)?)),
        _ => fault(words, name, token),
    }
}

fn fault(words: &mut Words, name: &str, token: &Token) -> Read<Verb> {
    match name {
        "cut" => match links(words)? {
            Links::All => words.missing("links: `n0->n1`, `n0 | n1 n2`, or `n0` for all of n0's"),
            links => Ok(Verb::Cut(links)),
        },
        "heal" => Ok(Verb::Heal(links(words)?)),
        "shape" => shape(words),
        "unshape" => {
            let (from, to) = link(words)?;
            Ok(Verb::Unshape(from, to))
        }
        "crash" => {
            let all = nodes(words)?;
            let loss = match () {
                () if words.take("power") => Loss::Power,
                () if words.take("torn") => Loss::TornTail,
                () => Loss::Process,
            };
            Ok(Verb::Crash(all, loss))
        }
        "restart" => Ok(Verb::Restart(nodes(words)?)),
        "reboot" => Ok(Verb::Reboot(nodes(words)?)),
        "pause" => Ok(Verb::Pause(nodes(words)?)),
        "resume" => Ok(Verb::Resume(nodes(words)?)),
        "wipe" => Ok(Verb::Wipe(nodes(words)?)),
        "skew" => Ok(Verb::Skew(node(words)?, words.read("a time such as +5s or -200ms", signed_span)?)),
        "slow" => Ok(Verb::Slow(node(words)?, words.read("a time of at most an hour such as 5ms", shift)?)),
        "write" => {
            let of = node(words)?;
            let ok = words.read("`ok` or `fails`", |kind| match word_of(kind)? {
                "ok" => Some(true),
                "fails" => Some(false),
                _ => None,
            })?;
            let next = !ok && words.take("next");
            Ok(if next { Verb::FailNext(of) } else { Verb::Write(of, ok) })
        }
        "set" => set(words),
        _ => {
            let what = format!(
                "there is no command `{name}`; there are cluster, allow, preset, do, propose, read, transfer, draw, \
                 tick, campaign, fire, timeout, advance, at, step, settle, deliver, drop, dup, hold, release, delay, \
                 lose, catch, cut, heal, shape, unshape, crash, restart, reboot, pause, resume, wipe, skew, slow, \
                 write, set, mark, await, run until, finish, expect, repeat"
            );
            Err(ScenarioError::new(token.at, what))
        }
    }
}

/// Reads `name` of an outcome before `= do …`.
fn labelled(words: &mut Words, token: &Token, name: &str) -> Read<Verb> {
    if !is_label(name) {
        let what = format!("a command's name is a word such as `first`, not `{name}`");
        return Err(ScenarioError::new(token.at, what));
    }
    match words.next() {
        Some(Token { kind: Kind::Word(verb), .. })
            if matches!(verb.as_str(), "do" | "propose" | "read" | "transfer") =>
        {
            words.verb = verb;
            ask(words, Some(name.to_owned()))
        }
        _ => Err(ScenarioError::new(
            words.last,
            format!(
                "`{name} =` names a command for the engine: `do`, `propose`, `read` or `transfer` follows"
            ),
        )),
    }
}

/// Whether a word can name an outcome.
pub(crate) fn is_label(word: &str) -> bool {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
    word.starts_with(char::is_alphabetic)
        && word.chars().all(plain)
        && !matches!(word, "last" | "all" | "then")
}

/// The name of a rule: all words to the end.
fn rule_name(words: &mut Words) -> Read<String> {
    let mut name = words.read("the name of a rule, such as `State machine`", any_text)?;
    while let Some(more) = words.maybe(any_text) {
        name.push(' ');
        name.push_str(&more);
    }
    Ok(name)
}

fn ask(words: &mut Words, label: Option<String>) -> Read<Verb> {
    let who = addr(words)?;
    let how = match words.verb.as_str() {
        "propose" => AskHow::Propose,
        "read" => AskHow::Read,
        "transfer" => AskHow::Transfer,
        _ => AskHow::Verb(words.read("one of the engine's commands, such as `append`", any_text)?),
    };
    Ok(Verb::Ask(Ask { label, how, who, args: args(words)? }))
}

/// All words to the end, as an engine's command takes them.
fn args(words: &mut Words) -> Read<Vec<String>> {
    let mut args = Vec::new();
    let mut chars = 0;
    while let Some(token) = words.next() {
        let text = match token.kind {
            Kind::Word(text) | Kind::Text(text) => text,
            Kind::Pair(name, value) => format!("{name}={value}"),
            Kind::List(inner) => format!("[{inner}]"),
            Kind::Bar => "|".to_owned(),
        };
        chars += text.len();
        if chars > kernel_limits::COMMAND_CHARS {
            let what = format!("a command has at most {} characters", kernel_limits::COMMAND_CHARS);
            return Err(ScenarioError::new(token.at, what));
        }
        args.push(text);
    }
    Ok(args)
}

fn draw(words: &mut Words) -> Read<Verb> {
    let who = addr(words)?;
    let purpose = words.read("what is drawn for", any_text)?;
    let number = |kind: &Kind| word_of(kind)?.parse::<u64>().ok();
    let mut values = vec![words.read("the numbers to draw", number)?];
    while let Some(value) = words.maybe(number) {
        values.push(value);
    }
    Ok(Verb::Draw(who, purpose, values))
}

fn settle(words: &mut Words) -> Read<Verb> {
    let mut among = Vec::new();
    let messages = words.take("messages");
    if words.take("among") {
        among.push(addr(words)?);
        while let Some(more) = words.maybe(addr_of) {
            among.push(more);
        }
    }
    if messages {
        return Ok(Verb::DeliverAll(among));
    }
    let (mut quiet_us, mut max_us) = (None, None);
    while let Some(token) = words.next() {
        match &token.kind {
            Kind::Pair(name, value) if name == "quiet" && time::span(value).is_some() => {
                quiet_us = time::span(value);
            }
            Kind::Pair(name, value) if name == "max" && time::span(value).is_some() => {
                max_us = time::span(value);
            }
            _ => return words.wrong(&token, "`messages`, `among n0 n1`, `quiet=500ms` or `max=10s`"),
        }
    }
    Ok(Verb::Settle { among, quiet_us, max_us })
}

fn message(words: &mut Words) -> Read<Verb> {
    let id = |kind: &Kind| {
        let (step, index) = word_of(kind)?.split_once('.')?;
        Some(kernel::MsgId { step: step.parse().ok()?, index: index.parse().ok()? })
    };
    let selector = match words.maybe(id) {
        Some(id) => Selector::Id(id),
        None => {
            let of = pattern(words)?;
            let occurrence = match () {
                () if words.take("all") => Occurrence::All,
                () if words.take("last") => Occurrence::Last,
                () => Occurrence::Nth(words.maybe(nth).unwrap_or(1)),
            };
            Selector::Of(of, occurrence)
        }
    };
    let handling = match words.verb.as_str() {
        "deliver" => Handling::Deliver,
        "drop" => Handling::Drop,
        "dup" => Handling::Duplicate,
        "hold" => Handling::Hold,
        "release" => Handling::Release,
        _ => {
            if !words.take("by") {
                return words.missing("`by` and a time, such as `by 5ms`");
            }
            Handling::Delay(words.read("a time of at most an hour such as 5ms", shift)?)
        }
    };
    Ok(Verb::Message(handling, selector))
}

/// `#2`.
fn nth(kind: &Kind) -> Option<u32> {
    word_of(kind)?.strip_prefix('#')?.parse().ok().filter(|nth| *nth > 0)
}

fn standing(words: &mut Words, what: Standing) -> Read<Verb> {
    if words.take("off") {
        return Ok(Verb::StandingOff(what));
    }
    let turns = match () {
        () if words.take("next") => Turns::Next(words.maybe(times).unwrap_or(1)),
        () if words.take("every") => Turns::Every(words.read("a number such as 3", times)?),
        () => Turns::All,
    };
    Ok(Verb::Standing(what, turns, pattern(words)?))
}

fn run_until(words: &mut Words) -> Read<Verb> {
    if !words.take("until") {
        return words.missing("`until` and a condition, such as `run until n0 role LEADER`");
    }
    let until = condition(words)?;
    Ok(Verb::RunUntil(until, max(words)?))
}

/// `max=10s`.
fn max(words: &mut Words) -> Read<Option<u64>> {
    let token = match words.peek() {
        Some(token) => token.clone(),
        None => return Ok(None),
    };
    match &token.kind {
        Kind::Pair(name, value) if name == "max" => {
            words.next();
            match time::span(value) {
                Some(us) => Ok(Some(us)),
                None => words.wrong(&token, "a time such as `max=10s`"),
            }
        }
        _ => Ok(None),
    }
}

fn repeat(words: &mut Words) -> Read<Verb> {
    let count = words.read("a number of times from 1 to 100000", times)?;
    let mut parts = vec![Vec::new()];
    while let Some(token) = words.next() {
        match parts.last_mut() {
            Some(part) if token.kind != Kind::Word("then".to_owned()) => part.push(token),
            _ => parts.push(Vec::new()),
        }
    }
    let mut body = Vec::new();
    for part in parts {
        if part.is_empty() {
            return words.missing("commands, several joined by `then`");
        }
        let mut inner = Words::new(part);
        let at = inner.last;
        let verb = verb(&mut inner)?;
        inner.end()?;
        if matches!(verb, Verb::Cluster(_) | Verb::Repeat(..) | Verb::Allow(_)) {
            return Err(ScenarioError::new(at, "this cannot be repeated: write it on its own"));
        }
        body.push(verb);
    }
    Ok(Verb::Repeat(count, body))
}

fn links(words: &mut Words) -> Read<Links> {
    if words.peek().is_none() {
        return Ok(Links::All);
    }
    if let Some((from, to)) = words.maybe(link_of) {
        return Ok(Links::OneWay(vec![from], vec![to]));
    }
    let mut groups = vec![addrs(words)?];
    if words.take("->") {
        let from = groups.pop().unwrap_or_default();
        return Ok(Links::OneWay(from, addrs(words)?));
    }
    while matches!(words.peek(), Some(Token { kind: Kind::Bar, .. })) {
        words.next();
        groups.push(addrs(words)?);
    }
    Ok(match groups.len() {
        1 => Links::Around(groups.pop().unwrap_or_default()),
        _ => Links::Groups(groups),
    })
}

fn shape(words: &mut Words) -> Read<Verb> {
    let link = link(words)?;
    let (mut latency_us, mut loss_ppm) = ((1000, 1000), 0);
    while let Some(token) = words.next() {
        let done = match &token.kind {
            Kind::Pair(name, value) if name == "latency" => time::range(value)
                .filter(|(_, high)| *high <= kernel_limits::SHIFT_US)
                .map(|range| latency_us = range),
            Kind::Pair(name, value) if name == "loss" => ppm(value).map(|ppm| loss_ppm = ppm),
            _ => None,
        };
        if done.is_none() {
            return words.wrong(&token, "`latency=1ms..5ms` or `loss=0.1`");
        }
    }
    Ok(Verb::Shape { link, latency_us, loss_ppm })
}

fn set(words: &mut Words) -> Read<Verb> {
    if let Some(Token { kind: Kind::Pair(name, value), .. }) = words.peek() {
        let verb = Verb::Set(name.clone(), value.clone());
        words.next();
        return Ok(verb);
    }
    Ok(Verb::Set(words.read("a setting", any_text)?, words.read("a value", any_text)?))
}

/// A number of times.
pub(crate) fn times(kind: &Kind) -> Option<u32> {
    word_of(kind)?.parse().ok().filter(|times| (1..=limits::TIMES).contains(times))
}

fn shift(kind: &Kind) -> Option<u64> {
    word_of(kind).and_then(time::span).filter(|us| *us <= kernel_limits::SHIFT_US)
}

fn signed_span(kind: &Kind) -> Option<i64> {
    let word = word_of(kind)?;
    let (sign, rest) = match word.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, word.strip_prefix('+').unwrap_or(word)),
    };
    let us = time::span(rest).filter(|us| *us <= kernel_limits::SHIFT_US)?;
    i64::try_from(us).ok().map(|us| sign * us)
}

/// A node or client.
pub(crate) fn addr(words: &mut Words) -> Read<Addr> {
    words.read("a node or client such as n0 or c0", addr_of)
}

fn addrs(words: &mut Words) -> Read<Vec<Addr>> {
    let mut all = vec![addr(words)?];
    while let Some(more) = words.maybe(addr_of) {
        all.push(more);
    }
    Ok(all)
}

/// A node.
pub(crate) fn node(words: &mut Words) -> Read<NodeId> {
    words.read("a node such as n0", node_of)
}

fn nodes(words: &mut Words) -> Read<Vec<NodeId>> {
    let mut all = vec![node(words)?];
    while let Some(more) = words.maybe(node_of) {
        all.push(more);
    }
    Ok(all)
}

pub(crate) fn addr_of(kind: &Kind) -> Option<Addr> {
    bare(kind).and_then(|word| parse_addr(&word))
}

pub(crate) fn node_of(kind: &Kind) -> Option<NodeId> {
    addr_of(kind).and_then(Addr::node)
}

/// `n0->n1`.
pub(crate) fn link_of(kind: &Kind) -> Option<(Addr, Addr)> {
    let (from, to) = word_of(kind)?.split_once("->")?;
    Some((parse_addr(from)?, parse_addr(to)?))
}

/// `n0->n1`.
pub(crate) fn link(words: &mut Words) -> Read<(Addr, Addr)> {
    words.read("a link such as n0->n1", link_of)
}
