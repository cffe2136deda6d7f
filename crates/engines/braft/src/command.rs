//! Commands of operators and clients, and `apply`.
//!
//! Source: braft ab0017f node.cpp NodeImpl::apply; cli.cpp

use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use kernel::{
    ChunkLog, CommandDesc, CommandKind, Effect, NodeId, Outcome, SettingValue, Settings, Token, parse_node,
    parse_number,
};

use crate::ballot_box::Closure;
use crate::codes::{Code, LeaseState, State};
use crate::config::Config;
use crate::configuration::Set;
use crate::disk::DiskPart;
use crate::entry::{Data, Entry};
use crate::event::Event;
use crate::message::{Answer, Responder};
use crate::node::{Node, outcome};
use crate::raw::{self, RawRequest};

/// A parsed command.
#[derive(Clone, Debug)]
pub enum Command {
    /// Writes, perhaps only in a term.
    Apply(Arc<str>, Option<u64>),
    /// Writes several at once; answered when the last is applied.
    ApplyBatch(Vec<Arc<str>>),
    /// Reads by the leader's lease.
    Read(String),
    /// Reads the first applied command at an index or after it.
    ReadLog(u64),
    /// Asks a node what its leader's lease is worth.
    LeaseStatus,
    /// Asks a leader for its peers.
    ListPeers,
    /// Asks a node for its leader.
    GetLeader,
    /// Lets the node take writes (false) or not (true).
    Readonly(bool),
    /// Hands leadership over; none: to whoever has most.
    Transfer(Option<NodeId>),
    /// Adds a peer.
    AddPeer(NodeId),
    /// Removes a peer.
    RemovePeer(NodeId),
    /// Changes to these peers.
    ChangePeers(Set),
    /// Sets this node's peers past the log.
    ResetPeers(Set),
    /// Saves a snapshot.
    Snapshot,
    /// Shortens the election timeout and campaigns.
    Vote(u64),
    /// Sets the election timeout and the clock drift; none: as the settings say.
    ResetElectionTimeout(Option<(u64, Option<u64>)>),
    /// Stops the node.
    Shutdown,
    /// Kills the process and removes a part of its disk.
    KillAndWipe(DiskPart),
    /// Forces a state of a follower, for stories that begin in the middle.
    Preset(Preset),
    /// A request as if a peer had sent it.
    Raw(RawRequest),
    /// Client: writes each so many milliseconds; 0 stops.
    Load(u64),
    /// Client: asks this node first.
    Leader(NodeId),
}

impl Command {
    /// Whether operators give it through braft's CLI service, which can be turned off.
    ///
    /// Source: braft ab0017f cli_service.cpp
    fn of_the_cli(&self) -> bool {
        use Command as C;
        let members = matches!(self, C::AddPeer(_) | C::RemovePeer(_) | C::ChangePeers(_) | C::ResetPeers(_));
        members || matches!(self, C::Transfer(_) | C::Snapshot)
    }
}

/// A state that a preset forces.
#[derive(Clone, Debug)]
pub enum Preset {
    /// The term; the vote stays free.
    Term(u64),
    /// The vote.
    Vote(Option<NodeId>),
    /// The log: terms and values; the value `conf` is the configuration in force.
    Log(Vec<(u64, String)>),
    /// The commit index, applied at once.
    Committed(u64),
}

const fn desc(
    verb: &'static str,
    args: &'static [&'static str],
    ends: (bool, bool),
    kind: CommandKind,
    doc: &'static str,
) -> CommandDesc {
    CommandDesc { verb, args, client: ends.0, node: ends.1, kind, doc }
}

const NODE: (bool, bool) = (false, true);
const CLIENT: (bool, bool) = (true, false);
const BOTH: (bool, bool) = (true, true);

/// The commands.
pub(crate) const COMMANDS: &[CommandDesc] = &[
    desc(
        "apply",
        &["value", "expected_term?"],
        BOTH,
        CommandKind::Write,
        "Writes: `x=5` sets a key, `x` counts.",
    ),
    desc(
        "apply_batch",
        &["value…"],
        NODE,
        CommandKind::Other,
        "Writes several values at once; answered with the last one.",
    ),
    desc("read", &["key"], NODE, CommandKind::Read, "Reads a key at a leader whose lease holds."),
    desc(
        "read_committed_user_log",
        &["index"],
        NODE,
        CommandKind::Other,
        "Reads the first applied command at an index or after it.",
    ),
    desc(
        "get_leader_lease_status",
        &[],
        NODE,
        CommandKind::Other,
        "What the node's lease as a leader is worth: DISABLED, EXPIRED, NOT_READY or VALID.",
    ),
    desc(
        "list_peers",
        &[],
        NODE,
        CommandKind::Other,
        "Asks a leader for its peers; of a joint change the new.",
    ),
    desc("get_leader", &[], NODE, CommandKind::Other, "Asks a node for its leader."),
    desc("enter_readonly_mode", &[], NODE, CommandKind::Other, "The node takes no writes any more."),
    desc("leave_readonly_mode", &[], NODE, CommandKind::Other, "The node takes writes again."),
    desc("transfer", &["node"], NODE, CommandKind::Transfer, "Hands leadership to a node, or to ANY."),
    desc("add_peer", &["node"], NODE, CommandKind::Member, "Adds a peer once it has caught up."),
    desc("remove_peer", &["node"], NODE, CommandKind::Member, "Removes a peer."),
    desc(
        "change_peers",
        &["node…"],
        NODE,
        CommandKind::Member,
        "Changes to these peers, by a joint configuration if several differ.",
    ),
    desc("reset_peers", &["node…"], NODE, CommandKind::Other, "Unsafe: sets this node's peers past the log."),
    desc(
        "snapshot",
        &[],
        NODE,
        CommandKind::Other,
        "Saves a snapshot; again without new entries: drops the log before it.",
    ),
    desc(
        "vote",
        &["ms"],
        NODE,
        CommandKind::Other,
        "Sets the election timeout and campaigns when it is over, lease or not.",
    ),
    desc(
        "reset_election_timeout",
        &["ms?", "drift_ms?"],
        NODE,
        CommandKind::Other,
        "Sets election timeout and clock drift, without them as the settings say.",
    ),
    desc("shutdown", &[], NODE, CommandKind::Other, "Stops the node cleanly: a leader wakes its successor."),
    desc(
        "kill_and_wipe",
        &["meta|log|snapshot"],
        NODE,
        CommandKind::Other,
        "Kills the process and removes a part of its disk; `wipe` removes all of it.",
    ),
    desc(
        "preset",
        &["what", "value…"],
        NODE,
        CommandKind::Other,
        "Forces a follower's term, vote, log or committed.",
    ),
    raw::APPEND_ENTRIES,
    raw::REQUEST_VOTE,
    desc("load", &["ms"], CLIENT, CommandKind::Other, "Writes a new value each interval until `load 0`."),
    desc("leader", &["node"], CLIENT, CommandKind::Other, "Makes the client ask this node first."),
];

/// Reads a command for a node or a client.
pub(crate) fn parse(command: &kernel::Command, client: bool) -> Result<Command, String> {
    let (verb, args) = (command.verb.as_str(), command.args.as_slice());
    if !COMMANDS.iter().any(|desc| desc.verb == verb && if client { desc.client } else { desc.node }) {
        let who = if client { "a client" } else { "a node" };
        return Err(format!("{who} has no command `{verb}`"));
    }
    let arg =
        |at: usize, what: &str| args.get(at).map(String::as_str).ok_or_else(|| format!("{what} is missing"));
    let node = || parse_node(arg(0, "a node")?);
    let set = || args.iter().try_fold(Set::EMPTY, |set, text| Ok::<_, String>(set.with(parse_node(text)?)));
    Ok(match verb {
        "apply" => {
            let term = args.get(1).map(|text| parse_number(text, "expected_term")).transpose()?;
            Command::Apply(Arc::from(arg(0, "a value")?), term)
        }
        "apply_batch" if args.is_empty() => return Err("a value is missing".to_string()),
        "apply_batch" => Command::ApplyBatch(args.iter().map(|value| Arc::from(value.as_str())).collect()),
        "read_committed_user_log" => Command::ReadLog(parse_number(arg(0, "an index")?, "the index")?),
        "get_leader_lease_status" => Command::LeaseStatus,
        "list_peers" => Command::ListPeers,
        "get_leader" => Command::GetLeader,
        "enter_readonly_mode" => Command::Readonly(true),
        "leave_readonly_mode" => Command::Readonly(false),
        "read" => Command::Read(arg(0, "a key")?.to_string()),
        "transfer" if arg(0, "a node")? == "ANY" => Command::Transfer(None),
        "transfer" => Command::Transfer(Some(node()?)),
        "add_peer" => Command::AddPeer(node()?),
        "remove_peer" => Command::RemovePeer(node()?),
        "change_peers" => Command::ChangePeers(set()?),
        "reset_peers" => Command::ResetPeers(set()?),
        "snapshot" => Command::Snapshot,
        "vote" => Command::Vote(parse_number(arg(0, "an election timeout in ms")?, "the election timeout")?),
        "reset_election_timeout" => Command::ResetElectionTimeout(parse_timeouts(args)?),
        "shutdown" => Command::Shutdown,
        "kill_and_wipe" => {
            let part = arg(0, "a part of the disk")?;
            let part = DiskPart::parse(part)
                .ok_or_else(|| format!("a disk has meta, log and snapshot, no `{part}`"))?;
            Command::KillAndWipe(part)
        }
        "preset" => Command::Preset(parse_preset(args)?),
        "append_entries" | "request_vote" => Command::Raw(raw::parse(verb, args)?),
        "load" => Command::Load(parse_number(arg(0, "an interval in ms")?, "the interval")?),
        _ => Command::Leader(node()?),
    })
}

/// Within what the settings of these names may be.
fn parse_timeouts(args: &[String]) -> Result<Option<(u64, Option<u64>)>, String> {
    let mut settings = Config::default();
    let mut read = |text: &String, name: &str| {
        settings.set(name, text)?;
        parse_number(text, name)
    };
    let Some(ms) = args.first() else { return Ok(None) };
    let ms = read(ms, "election_timeout_ms")?;
    let drift = args.get(1).map(|drift| read(drift, "max_clock_drift_ms")).transpose()?;
    Ok(Some((ms, drift)))
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
        let peers = self.mem.conf.peers;
        if self.cx.settings.disable_cli && command.of_the_cli() {
            return self.answer_code(to, Code::Eacces);
        }
        let code = match command {
            Command::Apply(text, expected_term) => return self.apply(to, text, expected_term),
            Command::ApplyBatch(texts) => return self.apply_batch(to, texts),
            Command::Read(key) => return self.read(token, &key),
            Command::ReadLog(index) => return self.read_committed_user_log(token, index),
            Command::LeaseStatus => {
                let status = self.get_leader_lease_status().word();
                return self.answer_value(token, Code::Ok, None, Some(status.to_string()));
            }
            Command::ListPeers => return self.list_peers(token),
            Command::AddPeer(peer) => return self.register_conf_change(to, peers.with(peer)),
            Command::RemovePeer(peer) => return self.register_conf_change(to, peers.without(peer)),
            Command::ChangePeers(new) => return self.register_conf_change(to, new),
            Command::Snapshot => return self.do_snapshot(Some(to)),
            Command::Shutdown => return self.shutdown(to),
            Command::KillAndWipe(part) => return self.kill_and_wipe(to, part),
            Command::GetLeader => self.mem.leader_id.map_or(Code::Eagain, |_| Code::Ok),
            Command::Readonly(readonly) => {
                self.set_node_readonly(readonly);
                Code::Ok
            }
            Command::Transfer(peer) => self.transfer_leadership_to(peer),
            Command::ResetPeers(new) => self.reset_peers(new),
            Command::Vote(ms) => self.vote(ms),
            Command::ResetElectionTimeout(to) => self.reset_election_timeout(to),
            Command::Preset(preset) => self.preset(preset),
            Command::Raw(request) => return self.raw(token, request),
            Command::Load(_) | Command::Leader(_) => Code::Einval,
        };
        self.answer_code(to, code);
    }

    /// Why this node takes no command just now.
    fn apply_refusal(&self, expected_term: Option<u64>) -> Option<Code> {
        match self.mem.state {
            State::Leader if self.readonly() => Some(Code::Ereadonly),
            State::Leader if expected_term.is_some_and(|term| term != self.mem.current_term) => {
                Some(Code::Eperm)
            }
            State::Leader => None,
            State::Transferring => Some(Code::Ebusy),
            _ => Some(Code::Eperm),
        }
    }

    /// A command for the state machine. A leader takes it before its own first entry is committed.
    ///
    /// Source: braft ab0017f node.cpp NodeImpl::apply
    pub(crate) fn apply(&mut self, to: Responder, text: Arc<str>, expected_term: Option<u64>) {
        if let Some(code) = self.apply_refusal(expected_term) {
            self.cx.note(Event::ApplyRefused { code, state: self.mem.state });
            return self.answer_code(to, code);
        }
        self.append_own(Vec::from([(Data::Data(text), Closure::Task(to))]));
    }

    /// Several commands given at once: so many of them as the setting says are appended at once.
    ///
    /// Source: braft ab0017f node.cpp NodeImpl::execute_applying_tasks
    fn apply_batch(&mut self, to: Responder, texts: Vec<Arc<str>>) {
        if let Some(code) = self.apply_refusal(None) {
            self.cx.note(Event::ApplyRefused { code, state: self.mem.state });
            return self.answer_code(to, code);
        }
        let (last, at_once) = (texts.len() - 1, self.cx.settings.raft_apply_batch);
        let closure = |at| if at == last { Closure::Task(to) } else { Closure::Nobody };
        let tasks = texts.into_iter().enumerate().map(|(at, text)| (Data::Data(text), closure(at)));
        let mut tasks: Vec<(Data, Closure)> = tasks.collect();
        while !tasks.is_empty() {
            let rest = tasks.split_off(tasks.len().min(usize::try_from(at_once).unwrap_or(usize::MAX)));
            self.append_own(core::mem::replace(&mut tasks, rest));
        }
    }

    /// The peers as a leader knows them: of a joint configuration only the new half.
    ///
    /// Source: braft ab0017f node.cpp NodeImpl::list_peers
    fn list_peers(&mut self, token: Token) {
        // Who hands over is asked in vain: only LEADER counts.
        let leads = self.mem.state == State::Leader;
        let names: Vec<String> = self.mem.conf.peers.iter().map(|peer| peer.to_string()).collect();
        let code = if leads { Code::Ok } else { Code::Eperm };
        self.answer_value(token, code, None, leads.then(|| names.join(",")));
    }

    /// The first command at `index` or after it that is applied.
    ///
    /// Source: braft ab0017f node.cpp NodeImpl::read_committed_user_log
    fn read_committed_user_log(&mut self, token: Token, index: u64) {
        let applied = self.mem.last_applied.index;
        if index == 0 || index > applied {
            return self.answer_value(token, Code::Einval, None, None);
        }
        let mut found = Err(Code::Enomoreuserlog);
        for index in index..=applied {
            match self.mem.lm.logs.get(index) {
                None => found = Err(Code::Elogdeleted),
                Some(entry) if entry.conf().is_some() => continue,
                Some(entry) => found = Ok((index, entry.shown())),
            }
            break;
        }
        match found {
            Ok((index, text)) => self.answer_value(token, Code::Ok, Some(index), Some(text)),
            Err(code) => self.answer_value(token, code, None, None),
        }
    }

    fn answer_value(&mut self, token: Token, code: Code, index: Option<u64>, value: Option<String>) {
        let answer = Answer { index, leader: self.mem.leader_id, ..Answer::of(code) };
        self.cx.note(Event::Answered { code, index, unknown: false });
        let outcome = outcome(&answer, Some(self.mem.current_term), value);
        let outcome = Outcome { linearizable: false, ..outcome };
        self.cx.effects.push(Effect::Answer { token, outcome });
    }

    /// Reads the own state machine, if the leader's lease holds.
    ///
    /// Source: braft ab0017f node.cpp NodeImpl::is_leader_lease_valid
    fn read(&mut self, token: Token, key: &str) {
        let valid = self.mem.state == State::Leader && self.get_leader_lease_status() == LeaseState::Valid;
        let code = if valid { Code::Ok } else { Code::Eperm };
        let index = valid.then_some(self.mem.last_applied.index);
        let answer = Answer { index, leader: self.mem.leader_id, ..Answer::of(code) };
        let value = self.mem.store.get(key).filter(|_| valid).map(ToString::to_string);
        self.cx.note(Event::Answered { code, index, unknown: false });
        let outcome = outcome(&answer, Some(self.mem.current_term), value);
        self.cx.effects.push(Effect::Answer { token, outcome });
    }

    /// The process is killed, and a part of its disk removed before it can be started again.
    fn kill_and_wipe(&mut self, to: Responder, part: DiskPart) {
        self.answer_code(to, Code::Ok);
        self.disk.wipe(part);
        self.cx.note(Event::DiskWiped { part });
        self.cx.effects.push(Effect::Abort { reason: format!("killed, {} removed", part.word()) });
    }

    /// Forces a state of a follower whose disk is idle.
    fn preset(&mut self, preset: Preset) -> Code {
        if self.mem.state != State::Follower || self.mem.lm.busy {
            return Code::Einval;
        }
        match preset {
            Preset::Term(term) => self.preset_meta(term, None),
            Preset::Vote(vote) => self.preset_meta(self.mem.current_term, vote),
            Preset::Log(entries) => self.preset_log(entries),
            Preset::Committed(to) if to <= self.mem.lm.last_index() => self.set_last_committed_index(to),
            Preset::Committed(_) => return Code::Einval,
        }
        Code::Ok
    }

    fn preset_meta(&mut self, term: u64, vote: Option<NodeId>) {
        self.set_term(term, vote);
        self.save_meta();
    }

    fn preset_log(&mut self, entries: Vec<(u64, String)>) {
        let newest = entries.iter().map(|(term, _)| *term).max().unwrap_or(0);
        if newest > self.mem.current_term {
            self.preset_meta(newest, None);
        }
        let last = self.mem.lm.last_index();
        if last > 0 {
            self.cx.note(Event::Truncated { from: 1, to: last });
        }
        let peers = self.mem.conf.peers;
        let mut log = ChunkLog::new(1);
        for (index, (term, value)) in (1..).zip(entries) {
            let conf = value == "conf";
            let data =
                if conf { Data::Configuration(peers, Set::EMPTY) } else { Data::Data(Arc::from(value)) };
            log.push(Entry { index, term, data });
            let chain = log.chain();
            self.cx.note(Event::Appended { index, term, chain, own: false });
        }
        let lm = &mut self.mem.lm;
        lm.config_history = log.iter_from(0).filter_map(Entry::conf).collect();
        lm.memory_first = log.end();
        lm.disk_id = log.last().map(Entry::id).unwrap_or_default();
        (lm.applied_id, lm.last_snapshot_id, lm.virtual_first_id) = Default::default();
        lm.logs = log.clone();
        (self.mem.last_applied, self.mem.ballots.last_committed_index) = Default::default();
        self.disk.log = log;
        self.disk.snapshot = None;
        self.check_and_set_configuration();
    }
}
