//! Pointers and pills of a leader, and faces of pushes, transfers, snapshots and clients' messages.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use kernel::view::{PointerMark, PointerView};
use kernel::{MessageFace, NodeId};

use crate::codes::{Code, DispatcherState, PushType, Role};
use crate::disk::position;
use crate::message::{Body, Message, PushRequest, PushResponse};
use crate::node::{Disk, Memory};

/// What a leader knows of `peer`'s log; of itself: its own marks.
pub(crate) fn pointers(disk: &Disk, mem: &Memory, peer: NodeId) -> Vec<PointerView> {
    let point = |name, mark, index| PointerView { name, mark, index };
    let watermark = mem.pusher.watermark(disk.curr_term, peer);
    if peer == mem.self_id {
        let mut all = Vec::from([point("flushed", PointerMark::Bar, disk.flushed_index)]);
        if mem.member.role == Role::Leader {
            all.push(point("watermark", PointerMark::Dot, watermark));
        }
        return all;
    }
    let d = mem.pusher.dispatchers.iter().find(|d| d.peer == peer);
    let Some(d) = d.filter(|_| mem.member.role == Role::Leader) else { return Vec::new() };
    let mut all = Vec::from([point("watermark", PointerMark::Dot, watermark)]);
    if d.state == DispatcherState::Append {
        all.push(point("writeIndex", PointerMark::Triangle, d.write_index));
    } else {
        let blocked = d.blocked.as_ref().map(|blocked| blocked.index);
        all.push(point("compareIndex", PointerMark::Diamond, blocked.unwrap_or(d.compare_index)));
    }
    all
}

/// The pill on the edge to `peer`: `COMPARE 4`, `APPEND w=7 ●5`, `error pause`.
pub(crate) fn pill(mem: &Memory, peer: NodeId) -> Option<String> {
    if mem.member.role != Role::Leader {
        return None;
    }
    let d = mem.pusher.dispatchers.iter().find(|d| d.peer == peer)?;
    if d.pause_until.is_some() {
        return Some(String::from("error pause"));
    }
    Some(match (d.state, &d.blocked) {
        (DispatcherState::Append, _) => {
            format!("APPEND w={} ●{}", d.write_index, mem.pusher.watermark(d.term, d.peer))
        }
        (_, Some(blocked)) => format!("{} {}", blocked.kind.word(), blocked.index),
        (state, None) => state.word().to_string(),
    })
}

fn push_face(push: &PushRequest, face: &mut MessageFace) {
    (face.letter, face.kind) = match push.kind {
        PushType::Append => ('A', "APPEND"),
        PushType::Commit => ('M', "COMMIT"),
        PushType::Compare => ('C', "COMPARE"),
        PushType::Truncate => ('T', "TRUNCATE"),
    };
    let entry = push.entries.first();
    let index = entry.map_or(push.pre_log_index, |entry| entry.index);
    face.index = position(index);
    face.routine = push.kind == PushType::Commit;
    face.detail = match (push.kind, entry) {
        (PushType::Commit, _) => format!("c={}", push.commit_index),
        (PushType::Append, Some(entry)) if push.entries.len() == 1 => {
            format!("{index}@{} {} c={}", entry.term, entry.shown(), push.commit_index)
        }
        (PushType::Append, _) => format!("{index}…{} c={}", push.last_index(), push.commit_index),
        (PushType::Compare, Some(_)) => format!("{index}"),
        (PushType::Compare, None) => format!("({index},{})", push.pre_log_term),
        (PushType::Truncate, Some(_)) => format!("keep {index}"),
        (PushType::Truncate, None) => format!("from {index}"),
    };
}

/// What a COMPARE's answer tells of the follower's log, for its leader goes on from there.
fn log_told(push: &PushResponse, code: Code) -> String {
    let told = matches!(code, Code::Success | Code::InconsistentState);
    // V4's COMPARE has no entry, and where it fits nobody reads an end: none is set.
    let unset = push.index == -1 && code == Code::Success;
    match push {
        _ if push.kind != PushType::Compare || !told || unset => String::new(),
        PushResponse { x_term: -1, begin_index: 0, end_index, .. } => format!(" end={end_index}"),
        PushResponse { x_term: -1, begin_index, end_index, .. } => {
            format!(" begin={begin_index} end={end_index}")
        }
        PushResponse { x_term, x_index, .. } => format!(" xTerm={x_term} xIndex={x_index}"),
    }
}

/// Completes the face of a push, transfer, snapshot or client message.
pub(crate) fn face(message: &Message, face: &mut MessageFace, answer: impl Fn(&mut MessageFace)) {
    match &message.body {
        Body::PushRequest(push) => push_face(push, face),
        Body::PushResponse(push) => {
            (face.letter, face.kind) = match push.kind {
                PushType::Append => ('A', "APPEND"),
                PushType::Commit => ('M', "COMMIT"),
                PushType::Compare => ('C', "COMPARE"),
                PushType::Truncate => ('T', "TRUNCATE"),
            };
            face.index = position(push.index);
            face.routine = push.kind == PushType::Commit;
            answer(face);
            face.detail.push_str(&log_told(push, message.header.code));
        }
        Body::TransferRequest { take_index, .. } => {
            (face.letter, face.kind) = ('L', "LEADERSHIP_TRANSFER");
            face.detail = format!("take at end {take_index}");
        }
        Body::TransferResponse => {
            (face.letter, face.kind) = ('L', "LEADERSHIP_TRANSFER");
            answer(face);
        }
        Body::InstallRequest { last_included_index, last_included_term, .. } => {
            (face.letter, face.kind) = ('S', "INSTALL_SNAPSHOT");
            face.detail = format!("last=({last_included_index},{last_included_term})");
            face.index = position(*last_included_index);
        }
        Body::InstallResponse => {
            (face.letter, face.kind) = ('S', "INSTALL_SNAPSHOT");
            answer(face);
        }
        Body::AppendRequest { bodies, .. } => {
            (face.letter, face.kind) = ('W', "APPEND");
            face.detail = match bodies.as_slice() {
                [one] => one.text.to_string(),
                many => format!("{} values", many.len()),
            };
        }
        Body::AppendResponse { index, .. } => {
            (face.letter, face.kind) = ('W', "APPEND");
            face.index = position(*index);
            answer(face);
        }
        Body::GetRequest { begin_index } => {
            (face.letter, face.kind) = ('G', "GET");
            face.detail = format!("{begin_index}");
            face.index = position(*begin_index);
        }
        Body::GetResponse { .. } => {
            (face.letter, face.kind) = ('G', "GET");
            answer(face);
        }
        Body::MetadataRequest => (face.letter, face.kind, face.routine) = ('D', "METADATA", true),
        Body::MetadataResponse => {
            (face.letter, face.kind, face.routine) = ('D', "METADATA", true);
            answer(face);
            face.detail = message
                .header
                .leader_id
                .map_or_else(|| String::from("no leader"), |id| format!("leader {id}"));
        }
        Body::VoteRequest { .. }
        | Body::VoteResponse { .. }
        | Body::HeartBeatRequest
        | Body::HeartBeatResponse => {}
    }
}
