//! How a node looks: silhouette, facts line, timer, log row, pointers, pills, message faces.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use kernel::view::{Ballot, CellChange, CellState, CellView, LogRow, NodeView, Shape, Sign, Tally, TimerArc};
use kernel::{MessageFace, NodeId, Time};

use crate::codes::{Code, PushType, Role, VoteResult};
use crate::config::Config;
use crate::disk::position;
use crate::leader_elector::Poll;
use crate::message::{Body, Message};
use crate::node::{Disk, Memory};
use crate::vote_handler::{VoteAsk, decide};

/// The silhouette of a role.
pub(crate) fn shape(mem: &Memory) -> Shape {
    match mem.member.role {
        Role::Candidate => Shape::Candidate,
        Role::Leader => Shape::Leader,
        Role::Follower => Shape::Follower,
    }
}

/// The term as pictures use it.
pub(crate) fn shown_term(disk: &Disk) -> u64 {
    u64::try_from(disk.curr_term).unwrap_or(0)
}

/// The facts line of a node that is down.
pub(crate) fn down_facts(disk: &Disk) -> (u64, String) {
    let count = disk.log.len();
    (shown_term(disk), format!("disk: {count} {}", if count == 1 { "entry" } else { "entries" }))
}

fn index_text(index: i64) -> String {
    if index < 0 { String::from("none") } else { index.to_string() }
}

fn facts(disk: &Disk, mem: &Memory) -> String {
    if let Some(poll) = &mem.elector.poll {
        return poll_facts(poll, mem.peers);
    }
    let end = disk.end_index();
    let committed = index_text(mem.member.committed_index);
    let mut line = if end < 0 { String::from("empty log") } else { format!("commit {committed} of {end}") };
    if mem.member.transferee.is_some() {
        line.push_str(", refuses writes");
    }
    if mem.member.term_to_take_leadership != -1 {
        line.push_str(&format!(", takes T {}", mem.member.term_to_take_leadership));
    }
    if disk.is_disk_full {
        line.push_str(", disk full");
    }
    if mem.member.ledger_end_index != end {
        line.push_str(&format!(", claims {}", mem.member.ledger_end_index));
    }
    line
}

/// The counters of an open poll. An answer that names a leader closes it, so alreadyHasLeader shows as `parse 2`.
fn poll_facts(poll: &Poll, peers: u8) -> String {
    let mut line = format!("yes {} of {peers}, {} in", poll.accepted_num, poll.all_num);
    if poll.valid_num < poll.all_num {
        line.push_str(&format!(", {} valid", poll.valid_num));
    }
    if poll.not_ready_term_num > 0 {
        line.push_str(&format!(", {} joining", poll.not_ready_term_num));
    }
    if poll.bigger_ledger_num > 0 {
        line.push_str(&format!(", {} better log", poll.bigger_ledger_num));
    }
    if poll.known_max_term > poll.term {
        line.push_str(&format!(", heard T {}", poll.known_max_term));
    }
    line
}

fn arc(left_us: u64, longest_us: u64, dashes: bool) -> Option<TimerArc> {
    let left = left_us.min(longest_us).saturating_mul(1000).checked_div(longest_us)?;
    Some(TimerArc { left_permille: u16::try_from(left).unwrap_or(1000), dashes })
}

fn timer(mem: &Memory, config: &Config, now: Time) -> Option<TimerArc> {
    let elector = &mem.elector;
    let until = |at: Time| at.since_us(now);
    if let Some(poll) = &elector.poll {
        return arc(until(poll.deadline), poll.deadline.since_us(poll.started), false);
    }
    if !config.enable_leader_elector {
        return None;
    }
    match mem.member.role {
        Role::Follower => {
            let longest = config.leak_ms().max(2 * config.heart_beat_time_interval_ms);
            let end = elector.last_leader_heart_beat_time.map_or(now, |last| last.plus_ms(longest));
            arc(until(end), longest * 1000, false)
        }
        Role::Candidate if elector.need_increase_term_immediately => arc(0, 1, false),
        Role::Candidate => {
            // Rule 2 waits longest, the poll delay is the usual.
            let longest =
                if elector.chip == Some(2) { config.leak_ms() } else { 0 } + config.max_vote_interval_ms;
            let next = elector.next_time_to_request_vote.unwrap_or(now);
            arc(until(next), longest * 1000, false)
        }
        Role::Leader => {
            let interval = config.heart_beat_time_interval_ms;
            let next = elector.last_send_heart_beat_time.map_or(now, |last| last.plus_ms(interval));
            arc(until(next), interval * 1000, true)
        }
    }
}

/// The node as the ring draws it.
pub(crate) fn view(id: NodeId, disk: &Disk, mem: &Memory, config: &Config, now: Time) -> NodeView {
    let elector = &mem.elector;
    let ballot = |answer: &Option<VoteResult>| match answer {
        None => Ballot::Open,
        Some(VoteResult::Accept) => Ballot::Yes,
        Some(_) => Ballot::No,
    };
    let chip = elector.chip.filter(|_| mem.member.role == Role::Candidate && elector.poll.is_none());
    NodeView {
        id,
        shape: shape(mem),
        paused: false,
        term: shown_term(disk),
        role: mem.member.role.word().to_string(),
        facts: facts(disk, mem),
        votes: elector.poll.iter().flat_map(|poll| poll.ballots.iter().map(ballot)).collect(),
        voted_for: disk.vote_leader,
        timer: timer(mem, config, now),
        chip: chip.map(|rule| format!("parse {rule}: {}", elector.last_parse_result.word())),
        flag: elector.need_increase_term_immediately.then(|| String::from("⇡")),
        handing_to: mem.member.transferee,
        acted: false,
        skew_us: 0,
        broken_rule: None,
    }
}

/// V4: whether this leader knows an entry of an older term on a quorum; counting alone may not commit it.
fn old_term_quorum(disk: &Disk, mem: &Memory, config: &Config, entry: &crate::entry::Entry) -> bool {
    let leads = mem.member.role == Role::Leader && config.v4();
    if !leads || entry.term >= disk.curr_term {
        return false;
    }
    let fresh = mem.pusher.dispatchers.iter().filter(|d| d.term == disk.curr_term);
    let copies = fresh.filter(|d| d.match_index >= entry.index).count();
    kernel::is_majority(copies + 1, usize::from(mem.peers))
}

/// How many watermarks have reached the entry, as the leader counts.
fn ballot(disk: &Disk, mem: &Memory, index: i64) -> [Tally; 2] {
    if mem.member.role != Role::Leader || index <= mem.member.committed_index {
        return Default::default();
    }
    let reached = |peer: &NodeId| mem.pusher.watermark(disk.curr_term, *peer) >= index;
    let have = (0..mem.peers).map(NodeId).filter(reached).count();
    [Tally::new(have, usize::from(mem.peers)).own(reached(&mem.self_id)), Tally::default()]
}

/// The log inside a window of indexes.
pub(crate) fn log_row(
    id: NodeId,
    disk: &Disk,
    mem: Option<&Memory>,
    config: &Config,
    window: (u64, u64),
) -> LogRow {
    let committed = mem.map_or(-1, |mem| mem.member.committed_index);
    let applied = mem.filter(|_| config.state_machine()).map_or(-1, |mem| mem.member.applied_index);
    let (from, to) = (window.0.max(disk.log.first()), window.1.min(disk.log.end()));
    let cell = |entry: &crate::entry::Entry| {
        let state = match mem {
            _ if entry.index > disk.flushed_index => CellState::InMemory,
            None => CellState::Unknown,
            Some(_) if entry.index <= applied => CellState::Applied,
            Some(_) if entry.index <= committed => CellState::Committed,
            Some(mem) if old_term_quorum(disk, mem, config, entry) => CellState::OldTermQuorum,
            Some(_) => CellState::OnDisk,
        };
        CellView {
            index: u64::try_from(entry.index).unwrap_or(0),
            term: u64::try_from(entry.term).unwrap_or(0),
            value: entry.shown(),
            state,
            ballot: mem.map(|mem| ballot(disk, mem, entry.index)).unwrap_or_default(),
            change: CellChange::None,
        }
    };
    let snapshot = disk.snapshots.last().and_then(|snapshot| {
        Some((position(snapshot.last_included_index)?, position(snapshot.last_included_term)?))
    });
    LogRow {
        id,
        shape: mem.map_or(Shape::Crashed, shape),
        term: shown_term(disk),
        acted: false,
        first: disk.log.first(),
        end: disk.log.end(),
        committed,
        snapshot,
        cells: (from..to).filter_map(|index| disk.log.get(index).map(cell)).collect(),
        pointers: Vec::new(),
        pill: None,
    }
}

fn sign_of(code: Code) -> Sign {
    match code {
        Code::Success => Sign::Plus,
        Code::TermNotReady => Sign::Again,
        Code::NetworkError => Sign::Failed,
        _ => Sign::Minus,
    }
}

/// The letter, kind and detail of a message.
pub(crate) fn message_face(message: &Message, answer: bool) -> MessageFace {
    let Message { header, body } = message;
    let mut face = MessageFace {
        letter: '?',
        kind: "",
        answer,
        detail: String::new(),
        term: u64::try_from(header.term).unwrap_or(0),
        sign: Sign::None,
        index: None,
        routine: false,
    };
    let code = |face: &mut MessageFace| {
        face.sign = sign_of(header.code);
        face.detail = header.code.word().to_string();
    };
    match body {
        Body::VoteRequest { end_index, end_term } => {
            (face.letter, face.kind) = ('V', "VOTE");
            face.detail = format!("end=({end_index},{end_term})");
        }
        Body::VoteResponse { result } => {
            (face.letter, face.kind) = ('V', "VOTE");
            face.sign = match result {
                VoteResult::Accept => Sign::Plus,
                VoteResult::RejectTermNotReady => Sign::Again,
                VoteResult::Unknown => Sign::Failed,
                _ => Sign::Minus,
            };
            face.detail = result.word().to_string();
        }
        Body::HeartBeatRequest => (face.letter, face.kind, face.routine) = ('H', "HEART_BEAT", true),
        Body::HeartBeatResponse => {
            (face.letter, face.kind, face.routine) = ('H', "HEART_BEAT", header.code == Code::Success);
            code(&mut face);
        }
        _ => crate::view_push::face(message, &mut face, code),
    }
    face
}

/// Whether delivering the message now would change nothing at this node.
pub(crate) fn no_effect(disk: &Disk, mem: &Memory, message: &Message, reply: bool) -> bool {
    let header = message.header;
    match &message.body {
        Body::VoteRequest { end_index, end_term } => {
            let end = (*end_index, *end_term);
            let ask = VoteAsk { candidate: header.leader_id, term: header.term, end, myself: false };
            let (_, result) = decide(disk, mem, mem.peers, false, false, ask);
            !matches!(result, VoteResult::Accept | VoteResult::RejectTermNotReady)
        }
        Body::HeartBeatRequest => {
            header.term < disk.curr_term
                || (header.term == disk.curr_term
                    && mem.member.leader_id.is_some_and(|leader| Some(leader) != header.leader_id))
        }
        Body::VoteResponse { .. } => reply && mem.elector.poll.is_none(),
        Body::PushRequest(push) => match push.kind {
            PushType::Append => mem.handler.write_request_map.get(&push.first_index()).is_some(),
            PushType::Commit => push.commit_index <= mem.member.committed_index,
            PushType::Compare => {
                mem.member.role != Role::Follower && mem.handler.write_request_map.is_empty()
            }
            PushType::Truncate => mem.member.role != Role::Follower,
        },
        Body::PushResponse(push) => reply && push.kind == PushType::Commit,
        _ => false,
    }
}
