//! Commands of operators and clients, and `apply`.
//!
//! Source: braft ab0017f node.cpp NodeImpl::apply; cli.cpp

use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use kernel::{ChunkLog, CommandDesc, CommandKind, Effect, NodeId, Token};

use crate::ballot_box::Closure;
use crate::codes::{Code, State};
use crate::configuration::Set;
use crate::entry::{Data, Entry};
use crate::event::Event;
use crate::message::{Answer, Responder};
use crate::node::{Node, outcome};

/// A parsed command.
#[derive(Clone, Debug)]
pub enum Command {
    /// Writes, perhaps only in a term.
    Apply(Arc<str>, Option<u64>),
    /// Reads by the leader's lease.
    Read(String),
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
    /// Ends that.
    ResetElectionTimeout,
    /// Stops the node.
    Shutdown,
    /// Forces a state of a follower, for stories that begin in the middle.
    Preset(Preset),
    /// Client: writes each so many milliseconds; 0 stops.
    Load(u64),
    /// Client: asks this node first.
    Leader(NodeId),
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
    desc("read", &["key"], NODE, CommandKind::Read, "Reads a key at a leader whose lease holds."),
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
    desc("reset_election_timeout", &[], NODE, CommandKind::Other, "Ends what `vote` set."),
    desc("shutdown", &[], NODE, CommandKind::Other, "Stops the node cleanly: a leader wakes its successor."),
    desc(
        "preset",
        &["what", "value…"],
        NODE,
        CommandKind::Other,
        "Forces a follower's term, vote, log or committed.",
    ),
    desc("load", &["ms"], CLIENT, CommandKind::Other, "Writes a new value each interval until `load 0`."),
    desc("leader", &["node"], CLIENT, CommandKind::Other, "Makes the client ask this node first."),
];

fn number(text: &str, what: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("{what} must be a number, not `{text}`"))
}

fn node_id(text: &str) -> Result<NodeId, String> {
    let id = text.strip_prefix('n').and_then(|digits| digits.parse().ok()).filter(|id| *id < 16).map(NodeId);
    id.ok_or_else(|| format!("a node is written n0, n1, …, not `{text}`"))
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
    let node = || node_id(arg(0, "a node")?);
    let set = || args.iter().try_fold(Set::EMPTY, |set, text| Ok::<_, String>(set.with(node_id(text)?)));
    Ok(match verb {
        "apply" => {
            let term = args.get(1).map(|text| number(text, "expected_term")).transpose()?;
            Command::Apply(Arc::from(arg(0, "a value")?), term)
        }
        "read" => Command::Read(arg(0, "a key")?.to_string()),
        "transfer" if arg(0, "a node")? == "ANY" => Command::Transfer(None),
        "transfer" => Command::Transfer(Some(node()?)),
        "add_peer" => Command::AddPeer(node()?),
        "remove_peer" => Command::RemovePeer(node()?),
        "change_peers" => Command::ChangePeers(set()?),
        "reset_peers" => Command::ResetPeers(set()?),
        "snapshot" => Command::Snapshot,
        "vote" => Command::Vote(number(arg(0, "an election timeout in ms")?, "the election timeout")?),
        "reset_election_timeout" => Command::ResetElectionTimeout,
        "shutdown" => Command::Shutdown,
        "preset" => Command::Preset(parse_preset(args)?),
        "load" => Command::Load(number(arg(0, "an interval in ms")?, "the interval")?),
        _ => Command::Leader(node()?),
    })
}

fn parse_preset(args: &[String]) -> Result<Preset, String> {
    let value = args.get(1).map_or("", String::as_str);
    Ok(match args.first().map_or("", String::as_str) {
        "term" => Preset::Term(number(value, "the term")?),
        "vote" => Preset::Vote(if value == "null" { None } else { Some(node_id(value)?) }),
        "log" => {
            let entry = |text: &String| {
                let (term, value) = text.split_once(':').unwrap_or((text, ""));
                Ok((number(term, "an entry's term")?, value.to_string()))
            };
            Preset::Log(args.iter().skip(1).map(entry).collect::<Result<_, String>>()?)
        }
        "committed" => Preset::Committed(number(value, "the index")?),
        other => return Err(format!("`{other}` cannot be preset; term, vote, log and committed can")),
    })
}

impl Node<'_, '_> {
    /// A command given to this node directly.
    pub(crate) fn command(&mut self, token: Token, command: Command) {
        let to = Responder::Command(token);
        let peers = self.mem.conf.peers;
        let code = match command {
            Command::Apply(text, expected_term) => return self.apply(to, text, expected_term),
            Command::Read(key) => return self.read(token, &key),
            Command::AddPeer(peer) => return self.register_conf_change(to, peers.with(peer)),
            Command::RemovePeer(peer) => return self.register_conf_change(to, peers.without(peer)),
            Command::ChangePeers(new) => return self.register_conf_change(to, new),
            Command::Snapshot => return self.do_snapshot(Some(to)),
            Command::Transfer(peer) => self.transfer_leadership_to(peer),
            Command::ResetPeers(new) => self.reset_peers(new),
            Command::Vote(ms) => self.vote(ms),
            Command::ResetElectionTimeout => self.reset_election_timeout(),
            Command::Preset(preset) => self.preset(preset),
            Command::Shutdown => {
                self.shutdown();
                self.answer_code(to, Code::Ok);
                let reason = "shutdown".to_string();
                return self.cx.effects.push(Effect::Abort { reason });
            }
            Command::Load(_) | Command::Leader(_) => Code::Einval,
        };
        self.answer_code(to, code);
    }

    /// A command for the state machine. A leader takes it before its own first entry is committed.
    ///
    /// Source: braft ab0017f node.cpp NodeImpl::apply
    pub(crate) fn apply(&mut self, to: Responder, text: Arc<str>, expected_term: Option<u64>) {
        let refusal = match self.mem.state {
            State::Leader if expected_term.is_some_and(|term| term != self.mem.current_term) => {
                Some(Code::Eperm)
            }
            State::Leader => None,
            State::Transferring => Some(Code::Ebusy),
            _ => Some(Code::Eperm),
        };
        if let Some(code) = refusal {
            self.cx.note(Event::ApplyRefused { code, state: self.mem.state });
            return self.answer_code(to, code);
        }
        self.append_own(Data::Data(text), Closure::Task(to));
    }

    /// Reads the own state machine, if the leader's lease holds.
    ///
    /// Source: braft ab0017f node.cpp NodeImpl::is_leader_lease_valid
    fn read(&mut self, token: Token, key: &str) {
        let valid = self.mem.state == State::Leader && self.leader_lease_valid();
        let code = if valid { Code::Ok } else { Code::Eperm };
        let index = valid.then_some(self.mem.last_applied.index);
        let answer = Answer { index, leader: self.mem.leader_id, ..Answer::of(code) };
        let value = self.mem.store.get(key).filter(|_| valid).map(ToString::to_string);
        self.cx.note(Event::Answered { code, index, unknown: false });
        let outcome = outcome(&answer, Some(self.mem.current_term), value);
        self.cx.effects.push(Effect::Answer { token, outcome });
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
