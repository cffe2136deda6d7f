//! The decisions a run is made of, and their one text form.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use core::str::FromStr;

use crate::{Addr, ClientId, Command, Loss, MsgId, NodeId, Time, limits};

/// One thing that happens. Names of messages, calls and writes are those of the branch it happens on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Decision {
    /// A message arrives now.
    Deliver(MsgId),
    /// A message is lost now.
    Drop(MsgId),
    /// A second copy of a message is made, due when the first is.
    Duplicate(MsgId),
    /// A message is held: it has no due time until released.
    Hold(MsgId),
    /// A held message is due again after the way it still had.
    Release(MsgId),
    /// A message is due so many microseconds later.
    Delay(MsgId, u64),
    /// A timer fires now; early, it moves its own node's clock to the deadline.
    Fire(Addr, u16),
    /// A call gives up waiting now.
    TimeOut(MsgId),
    /// A disk write finishes now.
    Finish(MsgId),
    /// A disk write fails now.
    Fail(MsgId),
    /// A client or node is given a command.
    Command(Addr, Command),
    /// A node goes down.
    Crash(NodeId, Loss),
    /// A node boots on what its disk holds.
    Restart(NodeId),
    /// A node's process stops, without dying.
    Pause(NodeId),
    /// A paused process goes on.
    Resume(NodeId),
    /// A down node's disk is emptied.
    Wipe(NodeId),
    /// The way from the first to the second carries nothing.
    Cut(Addr, Addr),
    /// It carries again.
    Heal(Addr, Addr),
    /// It takes from so many to so many microseconds, and loses so many of a million messages.
    Shape(Addr, Addr, u64, u64, u32),
    /// Its shape is the network's again.
    Unshape(Addr, Addr),
    /// A node's clock jumps by so many microseconds.
    Skew(NodeId, i64),
    /// A node's disk takes so many microseconds more for every write from now on.
    SlowDisk(NodeId, u64),
    /// A node's disk fails the next step in which the node writes at once, as its real system does with what is on
    /// disk before anything else goes on. Until then it stands ready.
    FailNext(NodeId),
    /// A setting changes.
    Set(String, String),
    /// The next draws of a node for a purpose are these.
    Script(Addr, String, Vec<u64>),
    /// Time passes, nothing else.
    Wait,
}

/// A decision at its instant: global time is moved to `at` first, when nothing pending is due before.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Action {
    /// When, global; [`Action::NOW`] is the instant of the step before, whatever it is, and what files hold then.
    pub at: Time,
    /// What.
    pub decision: Decision,
}

impl Action {
    /// No time passes before the decision.
    pub const NOW: Time = Time(0);

    /// `decision` without any time passing before it.
    #[must_use]
    pub fn now(decision: Decision) -> Action {
        Action { at: Action::NOW, decision }
    }
}

/// Why a text is no decision.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DecisionError {
    /// Where in the text the part is that is wrong, or where one is missing: its first byte, from 0.
    pub at: usize,
    /// What is wrong.
    pub what: String,
}

impl fmt::Display for DecisionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Decision::Deliver(id) => write!(f, "deliver {id}"),
            Decision::Drop(id) => write!(f, "drop {id}"),
            Decision::Duplicate(id) => write!(f, "dup {id}"),
            Decision::Hold(id) => write!(f, "hold {id}"),
            Decision::Release(id) => write!(f, "release {id}"),
            Decision::Delay(id, us) => write!(f, "delay {id} {us}"),
            Decision::Fire(who, timer) => write!(f, "fire {who} {timer}"),
            Decision::TimeOut(id) => write!(f, "timeout {id}"),
            Decision::Finish(id) => write!(f, "finish {id}"),
            Decision::Fail(id) => write!(f, "fail {id}"),
            Decision::Command(who, command) => {
                write!(f, "do {who} {}", escape(&command.verb))?;
                command.args.iter().try_for_each(|arg| write!(f, " {}", escape(arg)))
            }
            Decision::Crash(id, Loss::Process) => write!(f, "crash {id}"),
            Decision::Crash(id, Loss::Power) => write!(f, "crash {id} power"),
            Decision::Crash(id, Loss::TornTail) => write!(f, "crash {id} torn"),
            Decision::Restart(id) => write!(f, "restart {id}"),
            Decision::Pause(id) => write!(f, "pause {id}"),
            Decision::Resume(id) => write!(f, "resume {id}"),
            Decision::Wipe(id) => write!(f, "wipe {id}"),
            Decision::Cut(a, b) => write!(f, "cut {a} {b}"),
            Decision::Heal(a, b) => write!(f, "heal {a} {b}"),
            Decision::Shape(a, b, lo, hi, loss) => write!(f, "shape {a} {b} {lo} {hi} {loss}"),
            Decision::Unshape(a, b) => write!(f, "unshape {a} {b}"),
            Decision::Skew(id, us) => write!(f, "skew {id} {us}"),
            Decision::SlowDisk(id, us) => write!(f, "slow {id} {us}"),
            Decision::FailNext(id) => write!(f, "failnext {id}"),
            Decision::Set(name, value) => write!(f, "set {} {}", escape(name), escape(value)),
            Decision::Script(who, purpose, values) => {
                write!(f, "draw {who} {}", escape(purpose))?;
                values.iter().try_for_each(|value| write!(f, " {value}"))
            }
            Decision::Wait => f.write_str("wait"),
        }
    }
}

/// Words are separated by spaces, so a space (and the escape itself, and line ends) inside a word is written `%20`.
fn escape(word: &str) -> String {
    let mut out = String::with_capacity(word.len());
    if word.is_empty() {
        out.push_str("%00");
    }
    for c in word.chars() {
        match c {
            ' ' => out.push_str("%20"),
            '%' => out.push_str("%25"),
            '\n' => out.push_str("%0A"),
            '\r' => out.push_str("%0D"),
            '\t' => out.push_str("%09"),
            _ => out.push(c),
        }
    }
    out
}

fn unescape(word: &str) -> Option<String> {
    let mut out = String::with_capacity(word.len());
    let mut parts = word.split('%');
    out.push_str(parts.next()?);
    for part in parts {
        match part.get(..2)? {
            "20" => out.push(' '),
            "25" => out.push('%'),
            "0A" => out.push('\n'),
            "0D" => out.push('\r'),
            "09" => out.push('\t'),
            "00" => {}
            _ => return None,
        }
        out.push_str(part.get(2..)?);
    }
    Some(out)
}

/// The words of a decision's text, read one by one.
struct Words<'a> {
    verb: &'a str,
    rest: core::str::Split<'a, char>,
    /// Where the word begins that was read last, and where the next one does.
    at: usize,
    next_at: usize,
}

impl<'a> Words<'a> {
    fn of(text: &'a str) -> Self {
        let mut words = Words { verb: "", rest: text.split(' '), at: 0, next_at: 0 };
        words.verb = words.any().unwrap_or_default();
        words
    }

    /// The next word, if any; it may be empty.
    fn any(&mut self) -> Option<&'a str> {
        let word = self.rest.next();
        // Behind the last word is where the next one would have been: there is no space, and the text ends there.
        self.at = if word.is_some() { self.next_at } else { self.next_at.saturating_sub(1) };
        self.next_at = self.at + word.map_or(0, str::len) + 1;
        word
    }

    fn next(&mut self, what: &str) -> Result<&'a str, DecisionError> {
        let word = self.any().filter(|word| !word.is_empty());
        word.ok_or_else(|| self.error(alloc::format!("`{}` needs {what}", self.verb)))
    }

    /// An error at the word that was read last.
    fn error(&self, what: String) -> DecisionError {
        DecisionError { at: self.at, what }
    }

    fn wrong(&self, word: &str, what: &str) -> DecisionError {
        self.error(alloc::format!("`{}` needs {what}, not `{word}`", self.verb))
    }

    fn number<T: FromStr>(&mut self, what: &str) -> Result<T, DecisionError> {
        let word = self.next(what)?;
        word.parse().map_err(|_| self.wrong(word, what))
    }

    fn us(&mut self, what: &str) -> Result<u64, DecisionError> {
        let us = self.number::<u64>(what)?;
        if us > limits::SHIFT_US {
            return Err(self.wrong(&us.to_string(), "at most an hour in microseconds"));
        }
        Ok(us)
    }

    fn id(&mut self) -> Result<MsgId, DecisionError> {
        const WHAT: &str = "a message such as 17.0";
        let word = self.next(WHAT)?;
        let parsed = word
            .split_once('.')
            .and_then(|(step, index)| Some(MsgId { step: step.parse().ok()?, index: index.parse().ok()? }));
        parsed.ok_or_else(|| self.wrong(word, WHAT))
    }

    fn addr(&mut self) -> Result<Addr, DecisionError> {
        const WHAT: &str = "a node or client such as n0 or c0";
        let word = self.next(WHAT)?;
        parse_addr(word).ok_or_else(|| self.wrong(word, WHAT))
    }

    fn node(&mut self) -> Result<NodeId, DecisionError> {
        const WHAT: &str = "a node such as n0";
        let word = self.next(WHAT)?;
        parse_addr(word).and_then(Addr::node).ok_or_else(|| self.wrong(word, WHAT))
    }

    fn word(&mut self, what: &str) -> Result<String, DecisionError> {
        let word = self.next(what)?;
        unescape(word).ok_or_else(|| self.wrong(word, what))
    }

    fn words(&mut self) -> Result<Vec<String>, DecisionError> {
        let mut all = Vec::new();
        let mut chars = 0;
        while let Some(word) = self.any() {
            // Counted as read, not as written: what is read can be written and read again.
            let read = unescape(word).filter(|read| {
                chars += read.len() + 1;
                chars <= limits::COMMAND_CHARS
            });
            all.push(read.ok_or_else(|| {
                self.error(alloc::format!("`{}` has a word that is too long or badly escaped", self.verb))
            })?);
        }
        Ok(all)
    }

    /// Whole numbers to the end of the text, at least one.
    fn values(&mut self) -> Result<Vec<u64>, DecisionError> {
        const WHAT: &str = "whole numbers";
        let mut all = alloc::vec![self.number(WHAT)?];
        let from = self.at;
        while let Some(word) = self.any() {
            if self.next_at - from > limits::COMMAND_CHARS {
                return Err(self.error(alloc::format!("`{}` has too many numbers", self.verb)));
            }
            all.push(word.parse().map_err(|_| self.wrong(word, WHAT))?);
        }
        Ok(all)
    }

    fn end(mut self) -> Result<(), DecisionError> {
        match self.any() {
            None => Ok(()),
            Some(word) => Err(self.error(alloc::format!("`{}` does not take `{word}`", self.verb))),
        }
    }
}

/// Reads `n0` or `c0`.
#[must_use]
pub fn parse_addr(word: &str) -> Option<Addr> {
    let (kind, number) = word.split_at_checked(1)?;
    let number: u8 = number.parse().ok()?;
    match kind {
        "n" if number < limits::NODES => Some(Addr::Node(NodeId(number))),
        "c" if number < limits::CLIENTS => Some(Addr::Client(ClientId(number))),
        _ => None,
    }
}

/// Reads a number, the error saying what it is for. Of terms, indexes, bytes or milliseconds there are fewer than 10¹²:
/// whatever is added to one of them still has room.
///
/// # Errors
/// What should have been a number.
pub fn parse_number<T: FromStr>(text: &str, what: &str) -> Result<T, String> {
    if text.trim_start_matches(['-', '+', '0']).len() > 12 {
        return Err(format!("{what} has at most 12 digits"));
    }
    text.parse().map_err(|_| format!("{what} must be a number, not `{text}`"))
}

/// Reads a node's name.
///
/// # Errors
/// How it should have been written.
pub fn parse_node(text: &str) -> Result<NodeId, String> {
    let node = parse_addr(text).and_then(|addr| addr.node());
    node.ok_or_else(|| format!("a node is written n0, n1, …, not `{text}`"))
}

/// What stands behind `name=` among a command's arguments.
#[must_use]
pub fn argument<'a>(args: &'a [String], name: &str) -> Option<&'a str> {
    args.iter().find_map(|arg| arg.strip_prefix(name)?.strip_prefix('='))
}

/// What stands behind `name=`.
///
/// # Errors
/// When no argument begins so.
pub fn needed_argument<'a>(args: &'a [String], name: &str) -> Result<&'a str, String> {
    argument(args, name).ok_or_else(|| format!("{name}= is missing"))
}

/// Reads two numbers with a comma between; `parts` says what they are: `index,term`.
///
/// # Errors
/// How it should have been written, or which is no number.
pub fn parse_pair<A: FromStr, B: FromStr>(text: &str, what: &str, parts: &str) -> Result<(A, B), String> {
    let (left, right) = text.split_once(',').ok_or_else(|| format!("{what} is written {parts}"))?;
    Ok((parse_number(left, what)?, parse_number(right, what)?))
}

impl FromStr for Decision {
    type Err = DecisionError;

    fn from_str(text: &str) -> Result<Self, DecisionError> {
        let mut w = Words::of(text);
        let decision = match w.verb {
            "deliver" => Decision::Deliver(w.id()?),
            "drop" => Decision::Drop(w.id()?),
            "dup" => Decision::Duplicate(w.id()?),
            "hold" => Decision::Hold(w.id()?),
            "release" => Decision::Release(w.id()?),
            "delay" => Decision::Delay(w.id()?, w.us("microseconds")?),
            "fire" => Decision::Fire(w.addr()?, w.number("a timer's number")?),
            "timeout" => Decision::TimeOut(w.id()?),
            "finish" => Decision::Finish(w.id()?),
            "fail" => Decision::Fail(w.id()?),
            "wait" => Decision::Wait,
            _ => return fault(w),
        };
        w.end()?;
        Ok(decision)
    }
}

fn fault(mut w: Words<'_>) -> Result<Decision, DecisionError> {
    let decision = match w.verb {
        "do" => {
            let who = w.addr()?;
            let verb = w.word("a verb")?;
            Decision::Command(who, Command { verb, args: w.words()? })
        }
        "crash" => {
            let node = w.node()?;
            let loss = match w.any() {
                None => Loss::Process,
                Some("power") => Loss::Power,
                Some("torn") => Loss::TornTail,
                Some(word) => return Err(w.wrong(word, "`power`, `torn` or nothing")),
            };
            Decision::Crash(node, loss)
        }
        "restart" => Decision::Restart(w.node()?),
        "pause" => Decision::Pause(w.node()?),
        "resume" => Decision::Resume(w.node()?),
        "wipe" => Decision::Wipe(w.node()?),
        "cut" => Decision::Cut(w.addr()?, w.addr()?),
        "heal" => Decision::Heal(w.addr()?, w.addr()?),
        "shape" => {
            let (a, b) = (w.addr()?, w.addr()?);
            let (lo, hi) = (w.us("least microseconds")?, w.us("most microseconds")?);
            Decision::Shape(a, b, lo, hi, w.number("lost messages of a million")?)
        }
        "unshape" => Decision::Unshape(w.addr()?, w.addr()?),
        "skew" => {
            let node = w.node()?;
            let us: i64 = w.number("microseconds")?;
            if us.unsigned_abs() > limits::SHIFT_US {
                return Err(w.wrong(&us.to_string(), "at most an hour in microseconds"));
            }
            Decision::Skew(node, us)
        }
        "slow" => Decision::SlowDisk(w.node()?, w.us("microseconds")?),
        "failnext" => Decision::FailNext(w.node()?),
        "set" => Decision::Set(w.word("a setting")?, w.word("a value")?),
        "draw" => {
            let (who, purpose) = (w.addr()?, w.word("a purpose")?);
            Decision::Script(who, purpose, w.values()?)
        }
        verb => return Err(w.error(alloc::format!("there is no decision `{verb}`"))),
    };
    w.end()?;
    Ok(decision)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_decision_reads_back_as_written() {
        let id = MsgId { step: 17, index: 3 };
        let (n, m) = (NodeId(0), NodeId(4));
        let all = [
            Decision::Deliver(id),
            Decision::Drop(id),
            Decision::Duplicate(id),
            Decision::Hold(id),
            Decision::Release(id),
            Decision::Delay(id, 5000),
            Decision::Fire(Addr::Client(ClientId(1)), 3),
            Decision::TimeOut(id),
            Decision::Finish(id),
            Decision::Fail(id),
            Decision::Command(
                n.into(),
                Command {
                    verb: "append".into(),
                    args: alloc::vec!["x = 1 %".into(), "".into(), "变量".into()],
                },
            ),
            Decision::Crash(n, Loss::Process),
            Decision::Crash(n, Loss::Power),
            Decision::Crash(n, Loss::TornTail),
            Decision::Restart(n),
            Decision::Pause(n),
            Decision::Resume(n),
            Decision::Wipe(n),
            Decision::Cut(n.into(), m.into()),
            Decision::Heal(n.into(), m.into()),
            Decision::Shape(n.into(), m.into(), 1, 2, 3),
            Decision::Unshape(n.into(), m.into()),
            Decision::Skew(n, -5),
            Decision::SlowDisk(n, 9),
            Decision::FailNext(n),
            Decision::Set("peers x".into(), "".into()),
            Decision::Script(n.into(), "delay".into(), alloc::vec![1, 2]),
            Decision::Wait,
        ];
        for decision in all {
            assert_eq!(decision.to_string().parse(), Ok(decision));
        }
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        for (text, at, what) in [
            ("", 0, "there is no decision ``"),
            ("deliver", 7, "`deliver` needs a message such as 17.0"),
            ("deliver ", 8, "`deliver` needs a message such as 17.0"),
            ("deliver 1.x", 8, "`deliver` needs a message such as 17.0, not `1.x`"),
            ("fly 1.2", 0, "there is no decision `fly`"),
            ("pause c1", 6, "`pause` needs a node such as n0, not `c1`"),
            ("pause n1 now", 9, "`pause` does not take `now`"),
            ("wait ", 5, "`wait` does not take ``"),
            ("do n0 %zz", 6, "`do` needs a verb, not `%zz`"),
            ("do n0 变量 %zz", 13, "`do` has a word that is too long or badly escaped"),
            ("crash n0 hard", 9, "`crash` needs `power`, `torn` or nothing, not `hard`"),
            ("skew n1 9999999999", 8, "`skew` needs at most an hour in microseconds, not `9999999999`"),
            ("draw n0 poll", 12, "`draw` needs whole numbers"),
            ("draw n0 poll 1 2 x", 17, "`draw` needs whole numbers, not `x`"),
        ] {
            assert_eq!(text.parse::<Decision>(), Err(DecisionError { at, what: what.into() }), "{text}");
        }
        let long = alloc::format!("draw n0 poll{}", " 1".repeat(limits::COMMAND_CHARS));
        assert_eq!(long.parse::<Decision>().expect_err("too long").what, "`draw` has too many numbers");
    }
}
