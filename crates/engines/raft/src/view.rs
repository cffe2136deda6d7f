//! How a node looks: silhouette, facts line, timer, log row, pointers, pills, message faces.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use kernel::view::{
    Ballot, CellChange, CellState, CellView, LogRow, NodeView, PointerMark, PointerView, Shape, Sign, Tally,
    TimerArc,
};
use kernel::{MessageFace, NodeId, Time};

use crate::codes::{PeerState, Role};
use crate::conf::Set;
use crate::config::Config;
use crate::message::{Body, ClientOp, Message};
use crate::node::{Disk, Memory, may_campaign};

fn signed(index: u64) -> i64 {
    i64::try_from(index).unwrap_or(i64::MAX)
}

/// The silhouette.
pub(crate) fn shape(mem: &Memory) -> Shape {
    match mem.role {
        Role::Leader => Shape::Leader,
        Role::Candidate => Shape::Candidate,
        Role::PreCandidate => Shape::PreCandidate,
        Role::Follower if mem.config.all_voters().has(mem.id) => Shape::Follower,
        Role::Follower if mem.config.members().has(mem.id) => Shape::Learner,
        Role::Follower => Shape::NotMember,
    }
}

/// Term and facts line of a node that is down.
pub(crate) fn down_facts(disk: &Disk) -> (u64, String) {
    let count = disk.log.len();
    (disk.current_term, format!("disk: {count} {}", if count == 1 { "entry" } else { "entries" }))
}

fn facts(disk: &Disk, mem: &Memory) -> String {
    let config = mem.config.badge();
    if matches!(mem.role, Role::Candidate | Role::PreCandidate) {
        let (yes, no) = (mem.votes.granted.len(), mem.votes.rejected.len());
        return format!("{yes} yes, {no} no of {config}");
    }
    match disk.last_index() {
        0 => format!("empty log {config}"),
        last => format!("commit {} of {last} {config}", mem.commit_index),
    }
}

fn timer(disk: &Disk, mem: &Memory, config: &Config, now: Time) -> Option<TimerArc> {
    let (base, us, longest, dashes) = match &mem.leader {
        Some(leader) => {
            let us = config.ticks_us(leader.heartbeat_ticks);
            (leader.heartbeat_base, us, us, true)
        }
        None if may_campaign(disk, mem).is_some() => return None,
        None => (mem.election_base, config.ticks_us(mem.election_timeout), 2 * config.election_us(), false),
    };
    let left = base.plus_us(us).since_us(now).min(longest).saturating_mul(1000).checked_div(longest)?;
    Some(TimerArc { left_permille: u16::try_from(left).unwrap_or(1000), dashes })
}

/// The node as the ring draws it.
pub(crate) fn view(id: NodeId, nodes: u8, disk: &Disk, mem: &Memory, config: &Config, now: Time) -> NodeView {
    let asks = matches!(mem.role, Role::Candidate | Role::PreCandidate);
    let voters = mem.config.all_voters();
    let ballot = |id: NodeId| match () {
        () if !voters.has(id) => Ballot::None,
        () if mem.votes.granted.has(id) => Ballot::Yes,
        () if mem.votes.rejected.has(id) => Ballot::No,
        () => Ballot::Open,
    };
    NodeView {
        id,
        shape: shape(mem),
        paused: false,
        term: disk.current_term,
        role: mem.role.word().to_string(),
        facts: facts(disk, mem),
        votes: if asks { (0..nodes).map(NodeId).map(ballot).collect() } else { Vec::new() },
        voted_for: disk.voted_for,
        timer: timer(disk, mem, config, now),
        chip: mem.config.joint().then(|| format!("joint {}", mem.config.badge())),
        flag: None,
        handing_to: mem.leader.as_ref().and_then(|leader| leader.transfer.as_ref()).map(|t| t.target),
        acted: false,
        skew_us: 0,
        broken_rule: None,
    }
}

/// Whether a quorum holds an entry of an older term, which counting may not commit.
fn old_term_quorum(disk: &Disk, mem: &Memory, index: u64, term: u64) -> bool {
    let Some(leader) = mem.leader.as_ref().filter(|_| term < disk.current_term) else { return false };
    let held =
        |id| if id == mem.id { disk.last_index() } else { leader.progress.get(id).map_or(0, |p| p.matched) };
    mem.config.reached(held) >= index
}

/// Who of each half holds the entry, as the leader counts.
fn ballot(mem: &Memory, index: u64, durable: u64) -> [Tally; 2] {
    let Some(leader) = mem.leader.as_ref().filter(|_| index > mem.commit_index) else {
        return Default::default();
    };
    let held = |id| if id == mem.id { durable } else { leader.progress.get(id).map_or(0, |p| p.matched) };
    let half = |half: Set| {
        let have = half.iter().filter(|id| held(*id) >= index).count();
        Tally::new(have, half.len()).own(half.has(mem.id) && durable >= index)
    };
    [half(mem.config.voters), half(mem.config.outgoing)]
}

/// The log inside a window of indexes.
pub(crate) fn log_row(id: NodeId, disk: &Disk, mem: Option<&Memory>, window: (u64, u64)) -> LogRow {
    let durable = match (mem, &disk.durable) {
        (Some(mem), Some(_)) => mem.storage.durable_index,
        _ => u64::MAX,
    };
    let (from, to) = (window.0.max(disk.log.first()), window.1.min(disk.log.end()));
    let cell = |entry: &crate::entry::Entry| CellView {
        index: entry.index,
        term: entry.term,
        value: entry.shown(),
        state: match mem {
            None => CellState::Unknown,
            Some(mem) if entry.index <= mem.last_applied => CellState::Applied,
            Some(mem) if entry.index <= mem.commit_index => CellState::Committed,
            Some(_) if entry.index > durable => CellState::InMemory,
            Some(mem) if old_term_quorum(disk, mem, entry.index, entry.term) => CellState::OldTermQuorum,
            Some(_) => CellState::OnDisk,
        },
        ballot: mem.map(|mem| ballot(mem, entry.index, durable)).unwrap_or_default(),
        change: CellChange::None,
    };
    LogRow {
        id,
        shape: mem.map_or(Shape::Crashed, shape),
        term: disk.current_term,
        acted: false,
        first: disk.log.first(),
        end: disk.log.end(),
        committed: mem.map_or(-1, |mem| signed(mem.commit_index)),
        snapshot: disk.snapshot.as_ref().map(|s| (s.last_index, s.last_term)),
        cells: (from..to).filter_map(|index| disk.log.get(index).map(cell)).collect(),
        pointers: Vec::new(),
        pill: None,
    }
}

/// What a leader knows of `peer`'s log; of itself: its durable end.
pub(crate) fn pointers(disk: &Disk, mem: &Memory, peer: NodeId) -> Vec<PointerView> {
    if peer == mem.id {
        let index = if disk.durable.is_some() { mem.storage.durable_index } else { disk.last_index() };
        return Vec::from([PointerView { name: "durable", mark: PointerMark::Bar, index: signed(index) }]);
    }
    let Some(p) = mem.leader.as_ref().and_then(|leader| leader.progress.get(peer)) else { return Vec::new() };
    let next = if p.state == PeerState::Probe { PointerMark::Diamond } else { PointerMark::Triangle };
    Vec::from([
        PointerView { name: "match", mark: PointerMark::Dot, index: signed(p.matched) },
        PointerView { name: "next", mark: next, index: signed(p.next) },
    ])
}

/// The pill on the edge to `peer`: `P next 4`, `R ●●`, `R ●12 paused`, `S 6`.
pub(crate) fn pill(mem: &Memory, peer: NodeId) -> Option<String> {
    let p = mem.leader.as_ref()?.progress.get(peer).filter(|_| peer != mem.id)?;
    let paused = if p.paused { " paused" } else { "" };
    Some(match p.state {
        PeerState::Probe => format!("P next {}{paused}", p.next),
        PeerState::Replicate => match p.inflight.len() {
            0 => format!("R{paused}"),
            few @ 1..=3 => format!("R {}{paused}", "●".repeat(few)),
            many => format!("R ●{many}{paused}"),
        },
        PeerState::Snapshot => format!("S {}", p.pending_snapshot),
    })
}

fn yes_no(granted: bool) -> (Sign, String) {
    if granted { (Sign::Plus, String::from("granted")) } else { (Sign::Minus, String::from("rejected")) }
}

/// The letter, kind and detail of a message.
pub(crate) fn message_face(message: &Message) -> MessageFace {
    let (mut sign, mut index, mut routine) = (Sign::None, None, false);
    let (letter, detail) = match &message.body {
        Body::PreVote { last_index, last_term } => ('P', format!("last={last_index}/{last_term}")),
        Body::Vote { last_index, last_term, transfer } => {
            ('V', format!("last={last_index}/{last_term}{}", if *transfer { " transfer" } else { "" }))
        }
        Body::PreVoteResp { granted } | Body::VoteResp { granted } => {
            let (yes, text) = yes_no(*granted);
            sign = yes;
            (if matches!(message.body, Body::VoteResp { .. }) { 'V' } else { 'P' }, text)
        }
        Body::Append(a) => {
            index = a.entries.first().map(|entry| entry.index);
            routine = index.is_none();
            let sent = match a.entries.as_slice() {
                [] => String::from("empty"),
                [one] => format!("{}@{} {}", one.index, one.term, one.shown()),
                [first, .., last] => format!("{}..{}", first.index, last.index),
            };
            ('A', format!("prev={}/{} {sent} c={}", a.prev_index, a.prev_term, a.commit))
        }
        Body::AppendResp(r) if r.reject => {
            sign = Sign::Minus;
            ('A', format!("reject={} hint={}/{}", r.index, r.hint_index, r.hint_term))
        }
        Body::AppendResp(r) => {
            (sign, index, routine) = (Sign::Plus, (!r.empty).then_some(r.index), r.empty);
            ('A', format!("match={}", r.index))
        }
        Body::Heartbeat { commit, .. } => {
            routine = true;
            ('H', format!("c={commit}"))
        }
        Body::HeartbeatResp { .. } => {
            (routine, sign) = (true, Sign::Plus);
            ('H', String::new())
        }
        Body::Snapshot(s) => {
            index = Some(s.last_index);
            ('S', format!("last={}/{}", s.last_index, s.last_term))
        }
        Body::TimeoutNow => ('N', String::new()),
        Body::ReadIndex { .. } => ('R', String::new()),
        Body::ReadIndexResp { index, .. } => {
            sign = Sign::Plus;
            ('R', format!("index={index}"))
        }
        Body::ForwardPropose { text, .. } => ('F', text.to_string()),
        Body::ClientRequest { seq, op: ClientOp::Write(text) } => ('W', format!("{seq}: {text}")),
        Body::ClientRequest { seq, op: ClientOp::Read(key) } => ('G', format!("{seq}: {key}")),
        Body::ClientResponse { seq, answer } => {
            sign = if answer.code.ok() { Sign::Plus } else { Sign::Minus };
            ('W', format!("{seq}: {}", answer.code.word()))
        }
    };
    let (kind, answer) = (message.body.kind(), message.body.answers());
    MessageFace { letter, kind, answer, detail, term: message.term, sign, index, routine }
}

/// Whether delivering the message now would change nothing at this node.
pub(crate) fn no_effect(disk: &Disk, mem: &Memory, message: &Message) -> bool {
    let stale = message.term > 0 && message.term < disk.current_term;
    let same = message.term == disk.current_term;
    match &message.body {
        Body::Append(_) | Body::Heartbeat { .. } | Body::PreVote { .. } => false,
        Body::VoteResp { .. } => stale || same && mem.role != Role::Candidate,
        Body::PreVoteResp { .. } => stale || same && mem.role != Role::PreCandidate,
        Body::AppendResp(_) | Body::HeartbeatResp { .. } => stale || same && mem.role != Role::Leader,
        _ => stale,
    }
}
