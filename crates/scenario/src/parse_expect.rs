//! Reading patterns of messages, conditions and expectations.

use kernel::parse_addr;

use crate::ast::*;
use crate::lex::{Kind, Token, Words, any_text, bare, word_of, word_or_quote};
use crate::parse::{Read, addr, is_label, link_of, node, node_of};
use crate::time;

/// `expect …`.
pub(crate) fn expectation(words: &mut Words) -> Read<Verb> {
    let when = match () {
        () if words.take("within") => {
            let range = words.read("a time such as 3s or 300ms..999ms", |kind| {
                let word = word_of(kind)?;
                if word.contains("..") { time::range(word) } else { Some((0, time::span(word)?)) }
            })?;
            When::Within(range.0, range.1)
        }
        () if words.take("never") => When::Never(lasting(words)?),
        () if words.take("always") => When::Always(lasting(words)?),
        () => When::Now,
    };
    Ok(Verb::Expect(when, condition(words)?))
}

fn lasting(words: &mut Words) -> Read<u64> {
    words.take("for");
    words.span()
}

/// Something that can be true of a run.
pub(crate) fn condition(words: &mut Words) -> Read<Condition> {
    let Some(token) = words.peek().cloned() else {
        return words.missing("what must hold, such as `n0 role LEADER`");
    };
    if node_of(&token.kind).is_some() {
        return nodes(words, Quantity::All);
    }
    let word = word_of(&token.kind).unwrap_or_default();
    if word != "answer" {
        words.next();
    }
    match word {
        "all" => nodes(words, Quantity::All),
        "any" => nodes(words, Quantity::Any),
        "one" => nodes(words, Quantity::One),
        "no" => nodes(words, Quantity::No),
        "in" if words.take("flight") => messages(words, Sphere::InFlight),
        "sent" | "answer" => messages(words, Sphere::Sent),
        "sequence" => sequence(words),
        "told" => Ok(Condition::Told(true, text(words)?)),
        "not" if words.take("told") => Ok(Condition::Told(false, text(words)?)),
        "outcome" => Ok(Condition::Outcome(which(words)?, end(words)?)),
        "timer" => timer(words),
        "pill" => {
            let (from, to) = words.read("an edge between nodes such as n0->n1", |kind| {
                let (from, to) = link_of(kind)?;
                Some((from.node()?, to.node()?))
            })?;
            Ok(Condition::Pill(from, to, text(words)?))
        }
        "pointer" => {
            let of = node(words)?;
            match test(words)? {
                Some(test) => Ok(Condition::Pointer(of, test)),
                None => words.missing("a pointer's name and its index"),
            }
        }
        "setting" => {
            Ok(Condition::Setting(words.read("a setting", any_text)?, words.read("its value", any_text)?))
        }
        "rule" => rule(words),
        "same" if words.take("log") => {
            let mut all = Vec::new();
            while let Some(node) = words.maybe(node_of) {
                all.push(node);
            }
            if all.len() < 2 { words.missing("two nodes or more") } else { Ok(Condition::SameLog(all)) }
        }
        _ => words.wrong(
            &token,
            "a node, all, any, one, no, in flight, sent, answer, sequence, told, not told, outcome, timer, pill, \
             pointer, setting, rule or same log",
        ),
    }
}

fn text(words: &mut Words) -> Read<String> {
    words.read("a text in quotes", any_text)
}

fn nodes(words: &mut Words, quantity: Quantity) -> Read<Condition> {
    let mut all = Vec::new();
    while let Some(node) = words.maybe(node_of) {
        all.push(node);
    }
    let mut tests = Vec::new();
    while let Some(test) = test(words)? {
        tests.push(test);
    }
    if tests.is_empty() {
        return words.missing("a field and its value, such as `role LEADER`");
    }
    Ok(Condition::Nodes(quantity, all, tests))
}

/// A field and what it must be; `None` at the end, and before `max=…`.
fn test(words: &mut Words) -> Read<Option<Test>> {
    let Some(token) = words.peek().cloned() else { return Ok(None) };
    match &token.kind {
        Kind::Pair(name, _) if name == "max" => Ok(None),
        Kind::Pair(name, value) if is_field(name) => {
            words.next();
            let is_comparison = comparison(&Kind::Word(value.clone())).is_some();
            let bare = !word_or_quote(value).starts_with('"') && !is_comparison;
            let want = if bare { want_of(value) } else { Want::Text(value.clone()) };
            Ok(Some(Test { field: name.clone(), comparison: Comparison::Is, want }))
        }
        Kind::Word(name) if is_field(name) => {
            words.next();
            let comparison = words.maybe(comparison).unwrap_or(Comparison::Is);
            let want =
                words.read("a value: a word, a number, `none`, `[0a 0b]` or a text in quotes", want)?;
            Ok(Some(Test { field: name.clone(), comparison, want }))
        }
        _ => words.wrong(&token, "the name of a field"),
    }
}

fn is_field(word: &str) -> bool {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
    word.starts_with(char::is_alphabetic)
        && word.chars().all(plain)
        && word != "then"
        && parse_addr(word).is_none()
}

fn comparison(kind: &Kind) -> Option<Comparison> {
    Some(match word_of(kind)? {
        "=" => Comparison::Is,
        "!=" => Comparison::IsNot,
        "<" => Comparison::Less,
        "<=" => Comparison::AtMost,
        ">" => Comparison::More,
        ">=" => Comparison::AtLeast,
        _ => return None,
    })
}

fn want(kind: &Kind) -> Option<Want> {
    match kind {
        Kind::Word(_) if comparison(kind).is_some() => None,
        Kind::Word(word) => Some(want_of(word)),
        Kind::Text(text) => Some(Want::Text(text.clone())),
        Kind::List(inner) => entries(inner).map(Want::Log),
        Kind::Pair(..) | Kind::Bar => None,
    }
}

fn want_of(word: &str) -> Want {
    let range = || {
        let (low, high) = word.split_once("..")?;
        let (low, high) = (low.parse::<i64>().ok()?, high.parse::<i64>().ok()?);
        (low <= high).then_some(Want::Range(low, high))
    };
    match word {
        "none" | "null" => Want::None,
        "then" => Want::Text(word.to_owned()),
        _ if word.parse::<i64>().is_ok() => Want::Number(word.parse().unwrap_or_default()),
        _ if time::span(word).is_some() => Want::Span(time::span(word).unwrap_or_default()),
        _ if word.contains("..") => match time::range(word) {
            Some((low, high)) => Want::SpanRange(low, high),
            None => range().unwrap_or_else(|| Want::Word(word.to_owned())),
        },
        _ => Want::Word(word.to_owned()),
    }
}

/// Reads `0a 0b 1:7`: terms and values.
pub(crate) fn entries(inner: &str) -> Option<Vec<(u64, String)>> {
    inner.split_whitespace().map(entry).collect()
}

fn entry(word: &str) -> Option<(u64, String)> {
    let digits = word.find(|c: char| !c.is_ascii_digit()).unwrap_or(word.len());
    let (term, value) = word.split_at_checked(digits)?;
    let value = value.strip_prefix(':').unwrap_or(value);
    Some((term.parse().ok()?, value.to_owned()))
}

/// `answer VOTE n1->n0 REJECT_ALREADY_VOTED`: a pattern of messages.
pub(crate) fn pattern(words: &mut Words) -> Read<Pattern> {
    let mut of = Pattern { answer: words.take("answer"), ..Pattern::default() };
    let link = |kind: &Kind| {
        let (from, to) = word_of(kind)?.split_once("->")?;
        let end = |end: &str| if end == "*" { Some(None) } else { parse_addr(end).map(Some) };
        Some((end(from)?, end(to)?))
    };
    match words.maybe(link) {
        Some(ends) => (of.from, of.to) = ends,
        None => {
            let kind = words.read("a kind of message such as VOTE, or *", |kind| {
                bare(kind).filter(|word| !word.contains("->") && word != "then")
            })?;
            of.kind = Some(kind).filter(|kind| kind != "*");
            (of.from, of.to) = words.maybe(link).unwrap_or_default();
        }
    }
    while let Some(detail) = words.maybe(detail) {
        of.details.push(detail);
    }
    Ok(of)
}

/// A text that a message's details contain; numbers count, and a few words belong to what follows.
fn detail(kind: &Kind) -> Option<String> {
    match kind {
        Kind::Text(text) => Some(text.clone()),
        Kind::Pair(name, value) => (name != "max").then(|| format!("{name}={value}")),
        Kind::Word(word) => {
            let reserved = word.starts_with('#')
                || word.contains("->")
                || matches!(word.as_str(), "all" | "last" | "by" | "then")
                || word.parse::<i64>().is_ok()
                || comparison(kind).is_some();
            (!reserved).then(|| word.clone())
        }
        Kind::List(_) | Kind::Bar => None,
    }
}

fn messages(words: &mut Words, sphere: Sphere) -> Read<Condition> {
    if words.take("none") {
        let nothing = Count { comparison: Comparison::Is, number: 0 };
        return Ok(Condition::Messages(sphere, Pattern::default(), nothing));
    }
    let of = pattern(words)?;
    let number = |kind: &Kind| word_of(kind)?.parse::<u32>().ok();
    let count = match words.maybe(comparison) {
        Some(comparison) => Count { comparison, number: words.read("a number of messages", number)? },
        None => match words.maybe(number) {
            Some(number) => Count { comparison: Comparison::Is, number },
            None => Count { comparison: Comparison::AtLeast, number: 1 },
        },
    };
    Ok(Condition::Messages(sphere, of, count))
}

fn sequence(words: &mut Words) -> Read<Condition> {
    let mut all = vec![pattern(words)?];
    while words.take("then") {
        all.push(pattern(words)?);
    }
    Ok(Condition::Sequence(all))
}

/// Which commands.
pub(crate) fn which(words: &mut Words) -> Read<Which> {
    words.read("`last`, `all`, a number such as 1 or 1..10, or a command's name", |kind| {
        let word = word_of(kind)?;
        let number = |text: &str| text.parse::<u32>().ok().filter(|number| *number > 0);
        match word {
            "last" => Some(Which::Last),
            "all" => Some(Which::All),
            _ if is_label(word) => Some(Which::Label(word.to_owned())),
            _ => {
                let (from, to) = word.split_once("..").unwrap_or((word, word));
                let (from, to) = (number(from)?, number(to)?);
                (from <= to).then_some(Which::Numbers(from, to))
            }
        }
    })
}

fn end(words: &mut Words) -> Read<End> {
    let mut end = End { code: words.read("a code such as SUCCESS, or `none`", any_text)?, ..End::default() };
    if end.code == "no" && words.take("answer") {
        end.code = "none".to_owned();
    }
    while let Some(token) = words.peek().cloned() {
        let Kind::Pair(name, value) = &token.kind else { break };
        if name == "max" {
            break;
        }
        words.next();
        let done = match name.as_str() {
            "index" if value == "none" || value == "-1" => {
                end.index = Some(None);
                Some(())
            }
            "index" => value.parse().ok().map(|index| end.index = Some(Some(index))),
            "term" => value.parse().ok().map(|term| end.term = Some(term)),
            "leader" if value == "none" => {
                end.leader = Some(None);
                Some(())
            }
            "leader" => parse_addr(value).and_then(|addr| addr.node()).map(|id| end.leader = Some(Some(id))),
            "value" => {
                end.value = Some(value.clone());
                Some(())
            }
            "took" => time::range(value).map(|range| end.took_us = Some(range)),
            _ => None,
        };
        if done.is_none() {
            return wrong_end(words, &token);
        }
    }
    Ok(end)
}

fn wrong_end<T>(words: &Words, token: &Token) -> Read<T> {
    words.wrong(token, "`index=3`, `term=0`, `leader=n0`, `value=x` or `took=1s..2s` after the code")
}

fn timer(words: &mut Words) -> Read<Condition> {
    let who = addr(words)?;
    let name = words.read("the name of a timer", any_text)?;
    if words.take("off") {
        return Ok(Condition::Timer(who, name, None));
    }
    let due = words.read("`off` or when it is due, such as 6300ms..6999ms", |kind| {
        word_of(kind).and_then(time::range)
    })?;
    Ok(Condition::Timer(who, name, Some(due)))
}

/// What may follow `broken`: the step.
fn broken_at(words: &mut Words, rule: String) -> Read<Condition> {
    let Some(token) = words.peek().cloned() else { return Ok(Condition::Rule(rule, true)) };
    match &token.kind {
        Kind::Pair(name, value) if name == "step" => {
            words.next();
            match value.parse() {
                Ok(step) => Ok(Condition::BrokenAt(rule, step)),
                Err(_) => words.wrong(&token, "the number of a step, such as `step=19`"),
            }
        }
        _ => Ok(Condition::Rule(rule, true)),
    }
}

fn rule(words: &mut Words) -> Read<Condition> {
    let mut name = text(words)?;
    loop {
        if words.take("broken") {
            return broken_at(words, name);
        }
        if words.take("holds") {
            return Ok(Condition::Rule(name, false));
        }
        let more = words.read("`broken` or `holds` after a rule's name", any_text)?;
        name.push(' ');
        name.push_str(&more);
    }
}
