//! Commands: what operators, scenarios and clients may ask of a node, and how their outcome reads.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use kernel::{
    CommandDesc, CommandKind, Fate, NodeId, Outcome, SettingValue, argument as key,
    needed_argument as needed, parse_number, parse_pair,
};

use crate::codes::{Code, PushType, VoteResult};
use crate::entry::{Entry, MAGIC_NOOP, MAGIC_NORMAL, Payload};
use crate::message::{Body, Group, Message, PushRequest};

/// A parsed command.
#[derive(Clone, Debug)]
pub enum Command {
    /// Writes values, one entry each.
    Append {
        /// The values.
        bodies: Vec<Payload>,
        /// As a batch: one answer, for the last.
        batch: bool,
    },
    /// Reads an entry.
    Get {
        /// Its index.
        index: i64,
    },
    /// Asks who leads.
    Metadata,
    /// Hands leadership over.
    Transfer {
        /// To whom.
        to: NodeId,
        /// In this term; none = the current one.
        term: Option<i64>,
    },
    /// V4: reads through the state machine.
    Read {
        /// How.
        mode: ReadMode,
    },
    /// Test: a request as if it came over the network.
    Raw(RawRequest),
    /// Test: forces a state.
    Force(Force, String),
    /// Client: writes one value each interval; 0 stops.
    Load {
        /// Milliseconds.
        interval_ms: u64,
        /// Bytes a value stands for.
        size: u32,
    },
    /// Client: takes this node for the leader.
    Leader {
        /// Whom.
        leader: Option<NodeId>,
    },
    /// Client: sends its requests as one of this group.
    Group(Group),
    /// The machine's disk is full, or has room again.
    Disk {
        /// Whether it is full.
        full: bool,
    },
}

kernel::words! {
    /// How a V4 read is made.
    pub enum ReadMode {
        /// At once, from what is applied.
        Unsafe = "UNSAFE_READ",
        /// After a NOOP of its own is applied.
        RaftLog = "RAFT_LOG_READ",
        /// Not supported.
        ReadIndex = "READ_INDEX_READ",
        /// Not supported.
        Lease = "LEASE_READ",
    }
}

/// A request made by a test.
#[derive(Clone, Debug)]
pub struct RawRequest {
    /// The group it is of.
    pub group: Group,
    /// The addressee; none = the receiving node.
    pub remote: Option<NodeId>,
    /// The header's leader.
    pub leader: Option<NodeId>,
    /// The header's term.
    pub term: i64,
    /// The content.
    pub body: Body,
    /// A vote request of the node to itself.
    pub myself: bool,
}

/// A state that a test forces.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Force {
    /// The current term; the vote stays.
    Term(i64),
    /// The vote.
    Vote(Option<NodeId>),
    /// The whole log, flushed.
    Log(Vec<(i64, String)>),
    /// LEADER of the current term.
    Leader,
    /// FOLLOWER of this node.
    Follower(NodeId),
    /// CANDIDATE.
    Candidate,
    /// The claimed log end.
    Claimed(i64, i64),
    /// The committed index.
    Committed(i64),
    /// The largest known term.
    KnownMax(i64),
    /// The term to take leadership in.
    TermToTake(i64),
    /// needIncreaseTermImmediately.
    NeedIncrease(bool),
    /// How long ago the last heartbeat came, ms.
    LastHeartBeat(u64),
}

const fn node(
    verb: &'static str,
    args: &'static [&'static str],
    kind: CommandKind,
    doc: &'static str,
) -> CommandDesc {
    CommandDesc { verb, args, client: false, node: true, kind, doc }
}

/// The commands.
pub(crate) const COMMANDS: &[CommandDesc] = &[
    CommandDesc {
        verb: "append",
        args: &["value", "bytes?"],
        client: true,
        node: true,
        kind: CommandKind::Write,
        doc: "Writes a value; a client finds the leader itself.",
    },
    CommandDesc {
        verb: "get",
        args: &["index"],
        client: true,
        node: true,
        kind: CommandKind::Read,
        doc: "Reads the entry at an index, committed or not.",
    },
    CommandDesc {
        verb: "metadata",
        args: &[],
        client: true,
        node: true,
        kind: CommandKind::Other,
        doc: "Asks a node, or finds out as a client, who leads.",
    },
    CommandDesc {
        verb: "load",
        args: &["interval_ms", "bytes?"],
        client: true,
        node: false,
        kind: CommandKind::Write,
        doc: "Writes a value each interval until `load 0`.",
    },
    CommandDesc {
        verb: "leader",
        args: &["node|null"],
        client: true,
        node: false,
        kind: CommandKind::Other,
        doc: "Makes the client take this node for the leader.",
    },
    CommandDesc {
        verb: "group",
        args: &["default|other"],
        client: true,
        node: false,
        kind: CommandKind::Other,
        doc: "Makes the client one of another group, whose requests the nodes refuse, or of theirs again.",
    },
    node(
        "disk",
        &["full|free"],
        CommandKind::Other,
        "The space cleaner finds the disk fuller than diskFullRatio (0.9), and the store takes no entry of its own or of \
         a leader; or less full. It looks every 100 ms; here that is at once.",
    ),
    node(
        "batch",
        &["value…"],
        CommandKind::Write,
        "Writes several values at once; the answer is for the last.",
    ),
    node(
        "transfer",
        &["node", "term?"],
        CommandKind::Transfer,
        "Asks a leader to hand leadership to a node.",
    ),
    node("read", &["mode"], CommandKind::Read, "V4: UNSAFE_READ or RAFT_LOG_READ through the state machine."),
    node(
        "vote_request",
        &["leader=", "term=", "end=index,term", "self?", "remote=?", "group=?"],
        CommandKind::Other,
        "Test: a VOTE as if it came from the node named leader; self makes it the node's own call.",
    ),
    node(
        "heart_beat",
        &["leader=", "term=", "remote=?", "group=?"],
        CommandKind::Other,
        "Test: a HEART_BEAT as if it came.",
    ),
    node(
        "push",
        &[
            "type=",
            "leader=",
            "term=",
            "commit=?",
            "pre=index,term?",
            "entries=index:term:value,…?",
            "group=?",
        ],
        CommandKind::Other,
        "Test: a PUSH (APPEND, COMMIT, COMPARE, TRUNCATE) as if it came.",
    ),
    node(
        "transfer_request",
        &["leader=", "term=", "transfer=", "transferee=", "index=?", "group=?"],
        CommandKind::Other,
        "Test: a LEADERSHIP_TRANSFER as if it came.",
    ),
    node(
        "install",
        &["leader=", "term=", "last=index,term", "data=?", "group=?"],
        CommandKind::Other,
        "Test: an INSTALL_SNAPSHOT as if it came.",
    ),
    node(
        "preset",
        &["what", "value…"],
        CommandKind::Other,
        "Test: forces term N, vote NODE|null, log T:V …, role leader|follower NODE|candidate, claimed I T, \
         committed I, known T, termToTake T, needIncrease true|false or heartbeat MS_AGO.",
    ),
];

type Words<'a> = &'a [String];

fn node_or_null(text: &str) -> Result<Option<NodeId>, String> {
    if text == "null" {
        return Ok(None);
    }
    let id = text.strip_prefix('n').and_then(|digits| digits.parse().ok()).map(NodeId);
    id.map(Some).ok_or_else(|| format!("a node is written n0, n1, … or null, not `{text}`"))
}

fn node_id(text: &str) -> Result<NodeId, String> {
    node_or_null(text)?.ok_or_else(|| String::from("a node is needed here, not null"))
}

fn pair(text: &str, what: &str) -> Result<(i64, i64), String> {
    parse_pair(text, what, "index,term")
}

fn word<'a>(args: Words<'a>, at: usize, what: &str) -> Result<&'a str, String> {
    args.get(at).map(String::as_str).ok_or_else(|| format!("{what} is missing"))
}

fn choice<T: SettingValue>(text: &str, what: &str) -> Result<T, String> {
    T::parse(text).ok_or_else(|| format!("{what} is one of {}, not `{text}`", T::CHOICES.join(", ")))
}

/// Reads a command for a node or a client.
pub(crate) fn parse(command: &kernel::Command, client: bool) -> Result<Command, String> {
    let args = command.args.as_slice();
    let verb = command.verb.as_str();
    let known =
        COMMANDS.iter().find(|desc| desc.verb == verb && if client { desc.client } else { desc.node });
    if known.is_none() {
        let who = if client { "a client" } else { "a node" };
        return Err(format!("{who} has no command `{verb}`"));
    }
    match verb {
        "append" => {
            let size = args.get(1).map_or(Ok(0), |text| parse_number(text, "bytes"))?;
            let bodies = alloc::vec![Payload::sized(word(args, 0, "a value")?, size)];
            Ok(Command::Append { bodies, batch: false })
        }
        "batch" => {
            Ok(Command::Append { bodies: args.iter().map(|text| Payload::new(text)).collect(), batch: true })
        }
        "get" => Ok(Command::Get { index: parse_number(word(args, 0, "an index")?, "the index")? }),
        "metadata" => Ok(Command::Metadata),
        "transfer" => {
            let term = args.get(1).map(|text| parse_number(text, "the term")).transpose()?;
            Ok(Command::Transfer { to: node_id(word(args, 0, "a node")?)?, term })
        }
        "read" => Ok(Command::Read { mode: choice(word(args, 0, "a mode")?, "the mode")? }),
        "load" => {
            let interval_ms = parse_number(word(args, 0, "an interval in ms")?, "the interval")?;
            let size = args.get(1).map_or(Ok(0), |text| parse_number(text, "bytes"))?;
            Ok(Command::Load { interval_ms, size })
        }
        "leader" => Ok(Command::Leader { leader: node_or_null(word(args, 0, "a node")?)? }),
        "group" => Ok(Command::Group(choice(word(args, 0, "a group")?, "the group")?)),
        "disk" => match word(args, 0, "full or free")? {
            "full" => Ok(Command::Disk { full: true }),
            "free" => Ok(Command::Disk { full: false }),
            other => Err(format!("a disk is full or free, not `{other}`")),
        },
        "preset" => {
            let force = parse_force(args)?;
            Ok(Command::Force(force, args.join(" ")))
        }
        raw => Ok(Command::Raw(parse_raw(raw, args)?)),
    }
}

fn parse_raw(verb: &str, args: Words<'_>) -> Result<RawRequest, String> {
    let body = match verb {
        "vote_request" => {
            let (end_index, end_term) = pair(needed(args, "end")?, "end")?;
            Body::VoteRequest { end_index, end_term }
        }
        "heart_beat" => Body::HeartBeatRequest,
        "push" => Body::PushRequest(parse_push(args)?),
        "transfer_request" => Body::TransferRequest {
            transfer_id: node_or_null(needed(args, "transfer")?)?,
            transferee_id: node_or_null(needed(args, "transferee")?)?,
            take_index: key(args, "index").map_or(Ok(-1), |text| parse_number(text, "index"))?,
        },
        _ => {
            let (last_included_index, last_included_term) = pair(needed(args, "last")?, "last")?;
            let data = key(args, "data").map_or(Ok(0), |text| parse_number(text, "data"))?;
            Body::InstallRequest { last_included_index, last_included_term, data }
        }
    };
    Ok(RawRequest {
        group: key(args, "group").map_or(Ok(Group::Default), |text| choice(text, "the group"))?,
        remote: key(args, "remote").map(node_id).transpose()?,
        leader: node_or_null(needed(args, "leader")?)?,
        term: parse_number(needed(args, "term")?, "term")?,
        body,
        myself: args.iter().any(|arg| arg == "self"),
    })
}

fn parse_push(args: Words<'_>) -> Result<PushRequest, String> {
    let kind: PushType = choice(needed(args, "type")?, "type")?;
    let (pre_log_index, pre_log_term) = key(args, "pre").map_or(Ok((-1, -1)), |text| pair(text, "pre"))?;
    let mut entries = Vec::new();
    for text in key(args, "entries").iter().flat_map(|text| text.split(',')) {
        let mut parts = text.splitn(4, ':');
        let mut part = || parts.next().ok_or("an entry is written index:term:value or index:term:value:pos");
        let index: i64 = parse_number(part()?, "an entry's index")?;
        let term = parse_number(part()?, "an entry's term")?;
        let body = Payload::new(part()?);
        let pos = parts.next().map(|text| parse_number(text, "an entry's pos")).transpose()?;
        // Without a position: where it stands in a log of entries of this size.
        let usual = u64::try_from(index).unwrap_or(0) * Entry::new(0, 0, 1, 0, body.clone()).size;
        entries.push(Entry::new(index, term, MAGIC_NORMAL, pos.unwrap_or(usual), body));
    }
    let commit_index = key(args, "commit").map_or(Ok(-1), |text| parse_number(text, "commit"))?;
    Ok(PushRequest { kind, commit_index, pre_log_index, pre_log_term, entries })
}

fn parse_force(args: Words<'_>) -> Result<Force, String> {
    let value = |at: usize| word(args, at, "a value");
    Ok(match word(args, 0, "what to force")? {
        "term" => Force::Term(parse_number(value(1)?, "the term")?),
        "vote" => Force::Vote(node_or_null(value(1)?)?),
        "log" => {
            let entry = |text: &String| {
                let (term, value) = text
                    .split_once(':')
                    .ok_or_else(|| format!("an entry is written term:value, not `{text}`"))?;
                Ok((parse_number(term, "an entry's term")?, value.to_string()))
            };
            Force::Log(args.iter().skip(1).map(entry).collect::<Result<_, String>>()?)
        }
        "role" => match value(1)? {
            "leader" => Force::Leader,
            "follower" => Force::Follower(node_id(value(2)?)?),
            "candidate" => Force::Candidate,
            other => return Err(format!("a role is leader, follower NODE or candidate, not `{other}`")),
        },
        "claimed" => {
            Force::Claimed(parse_number(value(1)?, "the index")?, parse_number(value(2)?, "the term")?)
        }
        "committed" => Force::Committed(parse_number(value(1)?, "the index")?),
        "known" => Force::KnownMax(parse_number(value(1)?, "the term")?),
        "termToTake" => Force::TermToTake(parse_number(value(1)?, "the term")?),
        "needIncrease" => Force::NeedIncrease(value(1)? == "true"),
        "heartbeat" => Force::LastHeartBeat(parse_number(value(1)?, "the time")?),
        other => return Err(format!("`{other}` cannot be forced; see the command's description")),
    })
}

/// An entry of a forced log.
pub(crate) fn forced_entry(index: i64, term: i64, value: &str, pos: u64) -> Entry {
    let magic = if value == "noop" { MAGIC_NOOP } else { MAGIC_NORMAL };
    Entry::new(index, term, magic, pos, Payload::new(if value == "noop" { "" } else { value }))
}

/// An outcome that only has a code.
pub(crate) fn plain_outcome(code: Code) -> Outcome {
    Outcome {
        fate: code.fate(),
        code: code.number(),
        name: code.word(),
        index: None,
        term: None,
        leader: None,
        value: None,
        linearizable: false,
    }
}

/// An answer as the outcome of the command that asked.
pub(crate) fn outcome_of(answer: &Message) -> Outcome {
    let header = answer.header;
    let natural = |value: i64| u64::try_from(value).ok();
    let mut outcome = plain_outcome(header.code);
    outcome.term = natural(header.term);
    outcome.leader = header.leader_id;
    match &answer.body {
        Body::VoteResponse { result } => {
            outcome.fate = Fate::of(*result == VoteResult::Accept);
            outcome.name = result.word();
        }
        Body::PushResponse(push) => outcome.index = natural(push.index),
        Body::AppendResponse { index, .. } => {
            outcome.index = natural(*index);
            outcome.linearizable = outcome.ok();
            // V4 tells it of an entry that it no longer waits for.
            if header.code == Code::ExpiredTerm {
                outcome.fate = Fate::InDoubt;
            }
        }
        Body::GetResponse { entry: Some(entry) } => {
            outcome.index = natural(entry.index);
            outcome.term = natural(entry.term);
            outcome.value = Some(entry.shown());
        }
        _ => {}
    }
    outcome
}
