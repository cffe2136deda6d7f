//! Commands: what operators, scenarios and clients may ask, and the states that presets force.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use kernel::limits::SHIFT_US;
use kernel::{ChunkLog, CommandDesc, CommandKind, NodeId, SettingValue, Token, parse_node, parse_number};

use crate::codes::{Code, ReadMode};
use crate::conf::Set;
use crate::entry::{Data, Entry, Origin};
use crate::event::Event;
use crate::membership::Change;
use crate::message::Responder;
use crate::node::Node;
use crate::store::Store;
use crate::timer::ELECTION;

/// A parsed command.
#[derive(Clone, Debug)]
pub enum Command {
    /// Writes.
    Propose(Arc<str>),
    /// Reads a key, in a mode of its own.
    Read(Arc<str>, Option<ReadMode>),
    /// Campaigns.
    Campaign,
    /// Sets the election timer.
    SetTimer(TimerChange),
    /// Sends heartbeats.
    Heartbeat,
    /// Hands leadership over.
    Transfer(NodeId),
    /// Changes the members.
    Change(Change),
    /// Takes a snapshot and keeps so many entries before its end.
    Snapshot(Option<u64>),
    /// The transport's report on a snapshot.
    Report(NodeId, bool),
    /// Forces a state.
    Preset(Preset, String),
    /// Client: writes each so many milliseconds; 0 stops.
    Load(u64),
    /// Client: asks this node first.
    Leader(NodeId),
    /// Client: sends what it waits for once more, now.
    Retry,
}

/// What an operator does with an election timer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TimerChange {
    /// Sets it apart from those of other nodes.
    Apart,
    /// Sets it together with them.
    Together,
    /// Moves it by so many microseconds.
    By(i64),
}

/// A state that a preset forces.
#[derive(Clone, Debug)]
pub enum Preset {
    /// The term; the vote stays free.
    Term(u64),
    /// The vote.
    Vote(Option<NodeId>),
    /// The log: terms and values.
    Log(Vec<(u64, String)>),
    /// The commit index.
    Committed(u64),
}

const fn verb(
    verb: &'static str,
    args: &'static [&'static str],
    client: bool,
    kind: CommandKind,
    doc: &'static str,
) -> CommandDesc {
    CommandDesc { verb, args, client, node: true, kind, doc }
}

const fn for_client(
    verb: &'static str,
    args: &'static [&'static str],
    kind: CommandKind,
    doc: &'static str,
) -> CommandDesc {
    CommandDesc { verb, args, client: true, node: false, kind, doc }
}

/// The commands.
pub(crate) const COMMANDS: &[CommandDesc] = &[
    verb(
        "propose",
        &["value"],
        true,
        CommandKind::Write,
        "Writes: `x=5` sets a key, `x` counts how often it was applied.",
    ),
    verb(
        "read",
        &["key?", "mode?"],
        true,
        CommandKind::Read,
        "Reads a key; mode read_index, lease, log or local.",
    ),
    verb("campaign", &[], false, CommandKind::Other, "The election timer fires."),
    verb(
        "spread",
        &[],
        false,
        CommandKind::Other,
        "Sets the election timer apart from those of others: given to all nodes, no vote is split.",
    ),
    verb(
        "align",
        &[],
        false,
        CommandKind::Other,
        "Sets the election timer to exactly T: nodes given it together campaign together.",
    ),
    verb(
        "move_timer",
        &["us"],
        false,
        CommandKind::Timer(ELECTION),
        "Moves the election timer by so many microseconds, earlier when below zero.",
    ),
    verb("heartbeat", &[], false, CommandKind::Other, "A leader sends heartbeats now."),
    verb("transfer", &["node"], false, CommandKind::Transfer, "Hands leadership to a node."),
    verb("add", &["node"], false, CommandKind::Member, "Adds a voter, or makes a learner one."),
    verb("add_learner", &["node"], false, CommandKind::Member, "Adds a learner, or makes a voter one."),
    verb("promote", &["node"], false, CommandKind::Member, "Makes a learner a voter."),
    verb("remove", &["node"], false, CommandKind::Member, "Removes a member."),
    verb(
        "joint",
        &["node…", "learners=?", "explicit?"],
        false,
        CommandKind::Member,
        "Changes to these voters in two steps.",
    ),
    verb("leave", &[], false, CommandKind::Member, "Leaves an explicit joint config."),
    verb(
        "snapshot",
        &["keep?"],
        false,
        CommandKind::Other,
        "Takes a snapshot and keeps so many entries before its end.",
    ),
    verb(
        "report_snapshot",
        &["node", "ok|failed"],
        false,
        CommandKind::Other,
        "Tells a leader how sending a snapshot ended.",
    ),
    verb(
        "preset",
        &["what", "value…"],
        false,
        CommandKind::Other,
        "Forces term N, vote NODE|null, log T:V … or committed I.",
    ),
    for_client("load", &["interval_ms"], CommandKind::Write, "Writes a value each interval until `load 0`."),
    for_client("leader", &["node"], CommandKind::Other, "Makes the client ask this node first."),
    for_client("retry", &[], CommandKind::Other, "Sends what the client waits for once more, now."),
];

fn set(texts: &mut dyn Iterator<Item = &str>) -> Result<Set, String> {
    let mut set = Set::EMPTY;
    for text in texts {
        set = set.with(parse_node(text)?);
    }
    Ok(set)
}

/// Reads a command for a node or a client.
pub(crate) fn parse(command: &kernel::Command, client: bool) -> Result<Command, String> {
    let (verb, args) = (command.verb.as_str(), command.args.as_slice());
    if !COMMANDS.iter().any(|desc| desc.verb == verb && if client { desc.client } else { desc.node }) {
        let who = if client { "a client" } else { "a node" };
        return Err(format!("{who} has no command `{verb}`"));
    }
    let arg =
        |at: usize, what: &str| args.get(at).map(String::as_str).ok_or_else(|| format!("{what} is missing"));
    let node = |at| parse_node(arg(at, "a node")?);
    Ok(match verb {
        "propose" => Command::Propose(Arc::from(arg(0, "a value")?)),
        "read" => {
            let mode = |text: &String| {
                ReadMode::parse(text).ok_or_else(|| format!("a mode is {}", ReadMode::CHOICES.join(", ")))
            };
            Command::Read(Arc::from(arg(0, "").unwrap_or("")), args.get(1).map(mode).transpose()?)
        }
        "campaign" => Command::Campaign,
        "spread" => Command::SetTimer(TimerChange::Apart),
        "align" => Command::SetTimer(TimerChange::Together),
        "move_timer" => {
            let us: Option<i64> = arg(0, "a time in µs")?.parse().ok();
            let us = us.filter(|us| us.unsigned_abs() <= SHIFT_US);
            Command::SetTimer(TimerChange::By(us.ok_or("a timer is moved by µs, an hour of them at most")?))
        }
        "heartbeat" => Command::Heartbeat,
        "transfer" => Command::Transfer(node(0)?),
        "add" | "promote" => Command::Change(Change::AddVoter(node(0)?)),
        "add_learner" => Command::Change(Change::AddLearner(node(0)?)),
        "remove" => Command::Change(Change::Remove(node(0)?)),
        "joint" => {
            let plain = |arg: &&str| *arg != "explicit" && !arg.starts_with("learners=");
            let voters = set(&mut args.iter().map(String::as_str).filter(plain))?;
            let learners = kernel::argument(args, "learners");
            let learners = set(&mut learners.into_iter().flat_map(|all| all.split(',')))?;
            let auto_leave = !args.iter().any(|arg| arg == "explicit");
            Command::Change(Change::Joint { voters, learners, auto_leave })
        }
        "leave" => Command::Change(Change::Leave),
        "snapshot" => Command::Snapshot(args.first().map(|text| parse_number(text, "keep")).transpose()?),
        "report_snapshot" => Command::Report(node(0)?, arg(1, "ok or failed")? == "ok"),
        "preset" => Command::Preset(parse_preset(args)?, args.join(" ")),
        "load" => Command::Load(parse_number(arg(0, "an interval in ms")?, "the interval")?),
        "retry" => Command::Retry,
        _ => Command::Leader(node(0)?),
    })
}

fn parse_preset(args: &[String]) -> Result<Preset, String> {
    let value = args.get(1).map_or("", String::as_str);
    Ok(match args.first().map_or("", String::as_str) {
        "term" => Preset::Term(parse_number(value, "the term")?),
        "vote" => Preset::Vote(if value == "null" { None } else { Some(parse_node(value)?) }),
        "log" => {
            let entry = |text: &String| {
                let (term, value) = text.split_once(':').unwrap_or((text, ""));
                Ok((parse_number(term, "an entry's term")?, value.to_string()))
            };
            Preset::Log(args.iter().skip(1).map(entry).collect::<Result<_, String>>()?)
        }
        "committed" => Preset::Committed(parse_number(value, "the index")?),
        other => return Err(format!("`{other}` cannot be preset; term, vote, log and committed can")),
    })
}

impl Node<'_, '_> {
    /// A command given to this node directly.
    pub(crate) fn command(&mut self, token: Token, command: Command) {
        let to = Responder::Command(token);
        match command {
            Command::Propose(text) => self.propose(Some(to), Data::Normal(text, Origin::Local), None),
            Command::Read(key, mode) => self.read(to, key, mode),
            Command::Campaign => {
                self.campaign(false);
                self.answer_command(token, Code::Success);
            }
            Command::SetTimer(how) => {
                let code = self.set_election_timer(how);
                self.answer_command(token, code);
            }
            Command::Heartbeat if self.leads() => {
                self.beat();
                self.answer_command(token, Code::Success);
            }
            Command::Heartbeat => self.answer_command(token, Code::NotLeader),
            Command::Transfer(target) => self.transfer(token, target),
            Command::Change(change) => self.change(token, change),
            Command::Snapshot(keep) => {
                let why = self.take_snapshot(keep.unwrap_or(self.cx.settings.snapshot_kept_tail));
                self.answer_command(token, if why.is_none() { Code::Success } else { Code::Refused });
            }
            Command::Report(peer, ok) => {
                self.snapshot_reported(peer, ok);
                self.answer_command(token, Code::Success);
            }
            Command::Preset(preset, what) => {
                self.cx.note(Event::Preset { what });
                let code = self.preset(preset);
                self.dirty();
                self.answer_command(token, code);
            }
            Command::Load(_) | Command::Leader(_) | Command::Retry => {
                self.answer_command(token, Code::Refused)
            }
        }
    }

    /// Forces a state of a follower, as the figures and the tables of the spec begin with.
    fn preset(&mut self, preset: Preset) -> Code {
        if self.mem.role != crate::codes::Role::Follower {
            return Code::Refused;
        }
        match preset {
            Preset::Term(term) => self.preset_term(term),
            Preset::Vote(vote) => self.disk.voted_for = vote,
            Preset::Log(entries) => {
                let newest = entries.iter().map(|(term, _)| *term).max().unwrap_or(0);
                if newest > self.disk.current_term {
                    self.preset_term(newest);
                }
                let last = self.disk.last_index();
                if last > 0 {
                    self.cx.note(Event::Truncated { from: 1, to: last });
                }
                self.disk.log = ChunkLog::new(1);
                self.disk.first_prev_term = 0;
                self.disk.snapshot = None;
                (self.mem.commit_index, self.mem.last_applied) = (0, 0);
                *self.mem.store = Store::default();
                for (index, (term, value)) in (1..).zip(entries) {
                    let origin = Origin::Local;
                    let noop = value == "noop";
                    let data = if noop { Data::Noop } else { Data::Normal(Arc::from(value), origin) };
                    self.disk.log.push(Entry { index, term, data });
                    let chain = self.disk.log.chain();
                    self.cx.note(Event::Appended { index, term, chain, own: false });
                }
            }
            Preset::Committed(index) if (self.mem.commit_index..=self.disk.last_index()).contains(&index) => {
                self.set_commit(index);
            }
            Preset::Committed(_) => return Code::Refused,
        }
        Code::Success
    }

    fn preset_term(&mut self, to: u64) {
        let from = self.disk.current_term;
        (self.disk.current_term, self.disk.voted_for) = (to, None);
        self.cx.note(Event::TermChanged { from, to, unsynced: false });
    }
}
