//! Snapshots that a follower is told to copy: the cases of section 21.2.

use alloc::sync::Arc;
use alloc::vec::Vec;
use kernel::{Effect, Input, MsgId, NodeId};

use super::{One, entry};
use crate::configuration::LogId;
use crate::store::{Snapshot, Store};
use crate::{Code, Conf, Message, SnapshotStatus, VoteRequest, Write};

/// An answer: the call, and term with success, or how it failed.
type Said = (u16, Result<(u64, bool), Code>);

fn answers(effects: Vec<Effect<crate::Braft>>) -> Vec<Said> {
    let said = effects.into_iter().filter_map(|effect| match effect {
        Effect::Respond { call, body: Message::InstallSnapshotResponse { term, success } } => {
            Some((call.index, Ok((term, success))))
        }
        Effect::Respond { call, body: Message::RpcError { code } } => Some((call.index, Err(code))),
        _ => None,
    });
    said.collect()
}

fn install(b: &mut One, call: u16, from: u8, term: u64, index: u64) -> Vec<Said> {
    let (conf, state) = (Conf::default(), Store::default());
    let (last_included_index, last_included_term) = (index, 2);
    let snapshot = Arc::new(Snapshot { last_included_index, last_included_term, conf, chain: 7, state });
    let (call, from) = (MsgId { step: 2, index: call }, NodeId(from).into());
    answers(b.effects(Input::Request { call, from, body: Message::InstallSnapshot { term, snapshot } }))
}

fn done(b: &mut One, write: Write, ok: bool) -> Vec<Said> {
    answers(b.effects(Input::Written { write, ok }))
}

fn follower(settings: &[(&str, &str)]) -> One {
    let mut b = One::new(4, settings);
    b.append(0, 2, (4, 2), 0, 0);
    b
}

#[test]
fn a_copy_is_answered_when_it_is_loaded_and_commits_nothing() {
    let mut b = follower(&[]);
    assert_eq!(install(&mut b, 1, 0, 2, 9), []);
    assert_eq!(done(&mut b, Write::Copy(1), true), [(1, Ok((2, true)))]);
    assert_eq!((b.mem.last_applied, b.state()), (LogId::new(9, 2), (9, 0)));
    assert_eq!((b.mem.lm.first_index(), b.mem.lm.virtual_first_id), (10, LogId::new(9, 2)));
    // What it has already is a success without any work; an older leader gets the term.
    assert_eq!(install(&mut b, 2, 0, 2, 9), [(2, Ok((2, true)))]);
    assert_eq!(install(&mut b, 3, 0, 1, 20), [(3, Ok((2, false)))]);
}

#[test]
fn a_second_request_during_a_copy_ends_by_its_index() {
    let mut b = follower(&[]);
    assert_eq!(install(&mut b, 1, 0, 2, 9), []);
    // The same: the earlier call is answered, this one waits.
    assert_eq!(install(&mut b, 2, 0, 2, 9), [(1, Err(Code::Eintr))]);
    // An older one than that under way, then a newer one.
    assert_eq!(install(&mut b, 3, 0, 2, 8), [(3, Err(Code::Einval))]);
    assert_eq!(install(&mut b, 4, 0, 2, 12), [(2, Err(Code::Ecanceled)), (4, Err(Code::Ebusy))]);
    assert_eq!(install(&mut b, 5, 0, 2, 12), []);
    assert_eq!(done(&mut b, Write::Copy(1), true), []);
    assert_eq!(done(&mut b, Write::Copy(2), true), [(5, Ok((2, true)))]);
}

#[test]
fn entries_are_refused_during_a_copy_and_heartbeats_are_not() {
    let mut b = follower(&[]);
    install(&mut b, 1, 0, 2, 9);
    assert_eq!(b.append(0, 2, (4, 2), 1, 0), [(2, 0, false, None)]);
    assert_eq!(b.append(0, 2, (4, 2), 0, 0), [(3, 2, true, Some(4))]);
}

#[test]
fn a_step_down_cancels_a_copy_but_no_load() {
    let mut b = follower(&[("snapshot_load_us", "1000")]);
    install(&mut b, 1, 0, 2, 9);
    let request = VoteRequest { term: 3, last: LogId::new(9, 9), disrupted_leader: None };
    let said = answers(b.vote_effects(3, request));
    assert!(said.contains(&(1, Err(Code::Ecanceled))));

    b.append(3, 3, (4, 2), 0, 0);
    install(&mut b, 2, 3, 3, 9);
    assert_eq!(done(&mut b, Write::Copy(2), true), []);
    assert_eq!(b.mem.snapshots.status(), SnapshotStatus::Loading);
    assert_eq!(install(&mut b, 3, 3, 3, 12), [(3, Err(Code::Ebusy))]);
    let request = VoteRequest { term: 4, last: LogId::new(9, 9), disrupted_leader: None };
    b.vote_effects(2, request);
    assert_eq!(done(&mut b, Write::Load(2), true), [(2, Ok((4, true)))]);
    assert_eq!(b.mem.last_applied, LogId::new(9, 2));
}

#[test]
fn a_copy_that_comes_too_late_or_a_load_that_fails_ends_with_its_code() {
    let mut b = follower(&[("snapshot_load_us", "1000")]);
    install(&mut b, 1, 0, 2, 9);
    b.mem.last_applied = LogId::new(10, 2);
    (5..=10).for_each(|index| b.mem.lm.logs.push(entry(index, 2)));
    // Nothing is loaded then.
    assert_eq!(done(&mut b, Write::Copy(1), true), [(1, Err(Code::Estale))]);
    assert_eq!(b.mem.snapshots.status(), SnapshotStatus::Idle);

    let mut b = follower(&[("snapshot_load_us", "1000")]);
    install(&mut b, 1, 0, 2, 9);
    done(&mut b, Write::Copy(1), true);
    assert_eq!(done(&mut b, Write::Load(1), false), [(1, Err(Code::Estatemachine))]);
    assert_eq!(b.mem.state, crate::State::Error);
}

#[test]
fn a_full_throttle_refuses_even_the_same_snapshot() {
    let mut b = follower(&[("raft_max_install_snapshot_tasks_num", "1")]);
    assert_eq!(install(&mut b, 1, 0, 2, 9), []);
    assert_eq!(install(&mut b, 2, 0, 2, 9), [(2, Err(Code::Ebusy))]);
}

#[test]
fn a_leader_of_the_same_term_is_deposed_by_an_install_too() {
    let mut b = follower(&[]);
    assert_eq!(install(&mut b, 1, 3, 2, 9), [(1, Ok((3, false)))]);
    assert_eq!((b.disk.term, b.mem.leader_id), (3, None));
}

// 9.8: right after a snapshot its id is told at once, though the disk has still to make room for it.
#[test]
fn a_vote_after_an_install_does_not_wait_for_the_disk() {
    let mut b = follower(&[]);
    install(&mut b, 1, 0, 2, 9);
    done(&mut b, Write::Copy(1), true);
    assert!(b.mem.lm.busy);
    let request = VoteRequest { term: 3, last: LogId::new(9, 2), disrupted_leader: None };
    assert!(b.vote_request(3, request).0.granted);
}
