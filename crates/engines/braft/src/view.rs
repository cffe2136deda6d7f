//! How a node looks: silhouette, facts line, timer, log row, pointers, pills, message faces.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use kernel::view::{
    Ballot, CellChange, CellState, CellView, LogRow, NodeView, PointerMark, PointerView, Shape, Sign, Tally,
    TimerArc,
};
use kernel::{Addr, MessageFace, NodeId, Time};

use crate::ballot_box::BallotBox;
use crate::codes::{SnapshotStatus, St, Stage, State};
use crate::config::Config;
use crate::configuration::Set;
use crate::election::VoteCtx;
use crate::message::{Ctx, Message, VoteResponse};
use crate::node::{Disk, Memory};

fn signed(index: u64) -> i64 {
    i64::try_from(index).unwrap_or(i64::MAX)
}

/// A leader serves once its first entry is applied.
fn recovering(mem: &Memory) -> bool {
    mem.state == State::Leader && mem.leader_lease.last_active_timestamp.is_none()
}

/// The silhouette.
pub(crate) fn shape(mem: &Memory) -> Shape {
    match mem.state {
        State::Leader if recovering(mem) => Shape::LeaderNotReady,
        State::Leader | State::Transferring => Shape::Leader,
        State::Candidate => Shape::Candidate,
        State::Follower if !mem.conf.all().has(mem.id) => Shape::NotMember,
        State::Follower if mem.pre_vote_ctx.ballot.is_some() => Shape::PreCandidate,
        State::Follower => Shape::Follower,
        State::Uninitialized => Shape::Booting,
        State::Error | State::Shutting | State::Shutdown => Shape::Aborted,
    }
}

/// Term and facts line of a node that is down.
pub(crate) fn down_facts(disk: &Disk) -> (u64, String) {
    let count = disk.log.len();
    (disk.term, format!("disk: {count} {}", if count == 1 { "entry" } else { "entries" }))
}

fn timer(mem: &Memory, config: &Config, now: Time) -> Option<TimerArc> {
    let longest =
        config.election_timeout_ms + config.election_timeout_ms.min(config.raft_max_election_delay_ms);
    let (due, longest_ms, dashes) = match mem.state {
        State::Leader | State::Transferring => (mem.stepdown_timer?, config.election_timeout_ms, true),
        State::Candidate => (mem.vote_timer?, longest + config.max_clock_drift_ms, false),
        _ => (mem.election_timer?, longest, false),
    };
    let left = due.since_us(now).checked_div(longest_ms)?;
    Some(TimerArc { left_permille: u16::try_from(left.min(1000)).unwrap_or(1000), dashes })
}

/// What a person should know of the node before anything else.
fn chip(disk: &Disk, mem: &Memory) -> Option<String> {
    let waits = |op: &crate::disk::DiskOp| matches!(op, crate::disk::DiskOp::LastLogId(_));
    let works = disk.writing.iter().any(crate::disk::DiskOp::works);
    let follows = mem.state == State::Follower;
    let text = match () {
        () if recovering(mem) => "recovering",
        () if mem.conf_ctx.stage != Stage::None => mem.conf_ctx.stage.word(),
        () if mem.snapshots.status() != SnapshotStatus::Idle => mem.snapshots.status().word(),
        () if works && disk.writing.iter().chain(&mem.lm.queue).any(waits) => "waiting for its disk",
        () if follows && !mem.conf.all().has(mem.id) => "not a member",
        () if follows && mem.pre_vote_ctx.ballot.is_some() => "pre-voting",
        () if works => "writing",
        () if mem.fsm.applying.is_some() => "applying",
        () if follows && mem.leader_id.is_none() => "no leader",
        () => return None,
    };
    Some(text.to_string())
}

/// Marks after the name: `⊘` takes no writes, `w` a witness.
fn flag(mem: &Memory, config: &Config) -> Option<String> {
    let readonly = mem.node_readonly || mem.majority_readonly;
    match (readonly, config.witness.contains(&mem.id)) {
        (true, true) => Some(String::from("⊘w")),
        (true, false) => Some(String::from("⊘")),
        (false, true) => Some(String::from("w")),
        (false, false) => None,
    }
}

/// The node as the ring draws it.
pub(crate) fn view(id: NodeId, nodes: u8, disk: &Disk, mem: &Memory, config: &Config, now: Time) -> NodeView {
    let ctx = if mem.state == State::Candidate { &mem.vote_ctx } else { &mem.pre_vote_ctx };
    let votes = ctx.ballot.map_or_else(Vec::new, |ballot| {
        let vote = |id| match () {
            () if ballot.grants.has(id) => Ballot::Yes,
            () if ballot.peers.or(ballot.old_peers).has(id) => Ballot::Open,
            () => Ballot::None,
        };
        (0..nodes).map(NodeId).map(vote).collect()
    });
    let last = mem.lm.last_index();
    let facts = match last {
        0 => format!("empty log {}", mem.conf.badge()),
        _ => format!("commit {} of {last} {}", mem.ballots.last_committed_index, mem.conf.badge()),
    };
    NodeView {
        id,
        shape: shape(mem),
        paused: false,
        term: mem.current_term,
        role: mem.state.word().to_string(),
        facts,
        votes,
        voted_for: mem.voted_id,
        timer: timer(mem, config, now),
        chip: chip(disk, mem),
        flag: flag(mem, config),
        handing_to: mem.transfer.as_ref().map(|transfer| transfer.peer),
        acted: false,
        skew_us: 0,
        broken_rule: None,
    }
}

/// The ballot of an entry that waits in the ballot box.
fn ballot(mem: &Memory, index: u64) -> [Tally; 2] {
    let BallotBox { pending_index, pending_queue, .. } = &mem.ballots;
    let place = index.checked_sub(*pending_index).and_then(|at| usize::try_from(at).ok());
    let pending = place.filter(|_| *pending_index > 0).and_then(|at| pending_queue.get(at));
    let Some(ballot) = pending else { return Default::default() };
    let half = |half: Set| {
        let granted = half.and(ballot.grants);
        Tally::new(granted.len(), half.len()).own(granted.has(mem.id))
    };
    [half(ballot.peers), half(ballot.old_peers)]
}

/// The log inside a window of indexes: in memory, on disk, committed, applied.
pub(crate) fn log_row(id: NodeId, disk: &Disk, mem: Option<&Memory>, window: (u64, u64)) -> LogRow {
    let log = mem.map_or(&disk.log, |mem| &mem.lm.logs);
    let durable = mem.map_or(0, |mem| disk.last_kept(&mem.lm.queue));
    let (from, to) = (window.0.max(log.first()), window.1.min(log.end()));
    let cell = |entry: &crate::entry::Entry| CellView {
        index: entry.index,
        term: entry.term,
        value: entry.shown(),
        state: match mem {
            None => CellState::Unknown,
            Some(mem) if entry.index <= mem.last_applied.index => CellState::Applied,
            Some(mem) if entry.index <= mem.ballots.last_committed_index => CellState::Committed,
            Some(_) if entry.index > durable => CellState::InMemory,
            Some(_) => CellState::OnDisk,
        },
        ballot: mem.map(|mem| ballot(mem, entry.index)).unwrap_or_default(),
        change: CellChange::None,
    };
    LogRow {
        id,
        shape: mem.map_or(Shape::Crashed, shape),
        term: mem.map_or(disk.term, |mem| mem.current_term),
        acted: false,
        first: log.first(),
        end: log.end(),
        committed: mem.map_or(-1, |mem| signed(mem.ballots.last_committed_index)),
        snapshot: disk.snapshot.as_ref().map(|s| (s.last_included_index, s.last_included_term)),
        cells: (from..to).filter_map(|index| log.get(index).map(cell)).collect(),
        pointers: Vec::new(),
        pill: None,
    }
}

/// What a leader knows of `peer`'s log; of itself: its disk.
pub(crate) fn pointers(disk: &Disk, mem: &Memory, peer: NodeId) -> Vec<PointerView> {
    if peer == mem.id {
        let index = signed(disk.last_kept(&mem.lm.queue));
        return Vec::from([PointerView { name: "disk_index", mark: PointerMark::Bar, index }]);
    }
    let Some(rep) = mem.replicators.iter().find(|rep| rep.peer == peer) else { return Vec::new() };
    let probing = rep.probes() || !rep.has_succeeded;
    let next = if probing { PointerMark::Diamond } else { PointerMark::Triangle };
    let mut all = Vec::from([PointerView { name: "next_index", mark: next, index: signed(rep.next_index) }]);
    if !probing {
        let index = signed(rep.min_flying()) - 1;
        all.push(PointerView { name: "match", mark: PointerMark::Dot, index });
    }
    all
}

/// The pill on the edge to `peer`: its replicator's state and next_index, what is in flight, until when it is blocked.
/// `IDLE next 8`, `PROBING next 5`, `APPENDING [5,7] ●2`, `BLOCKED until 3155 ms next 2`, `INSTALLING next 2`.
pub(crate) fn pill(mem: &Memory, peer: NodeId) -> Option<String> {
    let rep = mem.replicators.iter().find(|rep| rep.peer == peer)?;
    let next = rep.next_index;
    Some(match rep.st {
        St::Appending if rep.probes() => format!("PROBING next {next}"),
        St::Appending => format!("APPENDING [{},{}] ●{}", rep.min_flying(), next - 1, rep.in_fly.len()),
        St::Blocking => {
            let until = rep.block_timer.map_or(0, |due| due.0 / 1000);
            format!("BLOCKED until {until} ms next {next}")
        }
        other => format!("{} next {next}", other.word()),
    })
}

fn sign_of(yes: bool) -> Sign {
    if yes { Sign::Plus } else { Sign::Minus }
}

/// What an append request or its answer is for, which only its caller knows: on the wire a probe and a heartbeat are the
/// same.
fn purpose(ctx: Option<&Ctx>) -> (char, &'static str) {
    match ctx {
        Some(Ctx::Heartbeat { .. }) => ('H', "heartbeat"),
        Some(Ctx::Append { count: 0, .. }) => ('Q', "probe"),
        _ => ('A', "empty"),
    }
}

/// The letter of what was asked by a call that failed.
fn asked(ctx: Option<&Ctx>) -> char {
    match ctx {
        Some(Ctx::PreVote { .. }) => 'P',
        Some(Ctx::Vote { .. }) => 'V',
        Some(Ctx::Heartbeat { .. } | Ctx::Append { .. }) => purpose(ctx).0,
        Some(Ctx::Install { .. }) => 'S',
        Some(Ctx::TimeoutNow { .. }) => 'N',
        Some(Ctx::Apply { .. }) => 'W',
        None => '×',
    }
}

/// The letter, kind and detail of a message.
pub(crate) fn message_face(message: &Message, ctx: Option<&Ctx>) -> MessageFace {
    let (mut sign, mut index, mut routine, mut term, mut answer) = (Sign::None, None, false, 0, true);
    let (letter, detail) = match message {
        Message::PreVote(r) | Message::RequestVote(r) => {
            (term, answer) = (r.term, false);
            let letter = if matches!(message, Message::PreVote(_)) { 'P' } else { 'V' };
            (letter, format!("last=({},{})", r.last.index, r.last.term))
        }
        Message::PreVoteResponse(r) | Message::RequestVoteResponse(r) => {
            (term, sign) = (r.term, sign_of(r.granted));
            let letter = if matches!(message, Message::PreVoteResponse(_)) { 'P' } else { 'V' };
            let lease = if r.rejected_by_lease { "lease" } else { "rejected" };
            let bolt = if r.disrupted { " ⚡" } else { "" };
            (letter, format!("{}{bolt}", if r.granted { "granted" } else { lease }))
        }
        Message::AppendEntries(a) => {
            let (letter, what) = purpose(ctx);
            (term, answer, routine) = (a.term, false, letter == 'H');
            index = a.entries.first().map(|entry| entry.index);
            let sent = match a.entries.as_slice() {
                [] => String::from(what),
                [one] => format!("{}@{} {}", one.index, one.term, one.shown()),
                [first, .., last] => format!("{}..{}", first.index, last.index),
            };
            (
                letter,
                format!("prev=({},{}) {sent} c={}", a.prev_log_index, a.prev_log_term, a.committed_index),
            )
        }
        Message::AppendEntriesResponse(r) => {
            let letter = purpose(ctx).0;
            (term, sign, routine) = (r.term, sign_of(r.success), r.success && letter == 'H');
            let last = r.last_log_index.map_or_else(String::new, |last| format!("last={last}"));
            (letter, last)
        }
        Message::InstallSnapshot { term: t, snapshot } => {
            (term, answer, index) = (*t, false, Some(snapshot.last_included_index));
            ('S', format!("({},{})", snapshot.last_included_index, snapshot.last_included_term))
        }
        Message::TimeoutNow { term: t, old_leader_stepped_down } => {
            (term, answer) = (*t, false);
            ('N', String::from(if *old_leader_stepped_down { "stepped down" } else { "transfer" }))
        }
        Message::InstallSnapshotResponse { term: t, success }
        | Message::TimeoutNowResponse { term: t, success } => {
            (term, sign) = (*t, sign_of(*success));
            (if message.kind() == "TimeoutNow" { 'N' } else { 'S' }, format!("term={t}"))
        }
        Message::RpcError { code } => {
            sign = Sign::Failed;
            (asked(ctx), code.word().to_string())
        }
        Message::Apply { text, .. } => {
            answer = false;
            ('W', text.to_string())
        }
        Message::ApplyResponse(r) => {
            (sign, index) = (sign_of(r.code == crate::codes::Code::Ok), r.index);
            ('W', r.code.word().to_string())
        }
    };
    let kind = ctx.map_or(message.kind(), Ctx::kind);
    MessageFace { letter, kind, answer, detail, term, sign, index, routine }
}

/// Whether delivering the message of `from` now would change nothing at this node: answers to an earlier round of votes, to
/// a replicator that is gone, to a request that a later answer covers.
pub(crate) fn no_effect(mem: &Memory, from: Addr, message: &Message, ctx: Option<&Ctx>) -> bool {
    let (Some(ctx), Some(peer)) = (ctx, from.node()) else { return false };
    let find = |number: u32| mem.all_replicators().find(|rep| rep.peer == peer && rep.number == number);
    let stale = |round: &VoteCtx, asks: State, version: u32, term: u64| {
        version != round.version || mem.state != asks || term != mem.current_term
    };
    let idle = |r: &VoteResponse| r.term <= mem.current_term && !r.granted && !r.rejected_by_lease;
    match (message, *ctx) {
        (Message::PreVoteResponse(r), Ctx::PreVote { version, term }) => {
            stale(&mem.pre_vote_ctx, State::Follower, version, term) || idle(r)
        }
        (Message::RequestVoteResponse(r), Ctx::Vote { version, term }) => {
            stale(&mem.vote_ctx, State::Candidate, version, term) || idle(r)
        }
        (Message::RpcError { .. }, Ctx::PreVote { .. } | Ctx::Vote { .. }) => true,
        (
            Message::AppendEntriesResponse(_) | Message::RpcError { .. },
            Ctx::Append { replicator, call, prev, .. },
        ) => find(replicator).is_none_or(|rep| !rep.expects(prev + 1, call)),
        (
            Message::AppendEntriesResponse(_)
            | Message::InstallSnapshotResponse { .. }
            | Message::RpcError { .. },
            Ctx::Heartbeat { replicator, .. } | Ctx::Install { replicator, .. },
        ) => find(replicator).is_none(),
        (Message::TimeoutNowResponse { .. }, Ctx::TimeoutNow { replicator }) => find(replicator).is_none(),
        _ => false,
    }
}
