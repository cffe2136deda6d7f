//! The log manager and the disk's queue: facts of braft's own tests (S23), section 12, and boots on odd disks (8).

use alloc::sync::Arc;
use alloc::vec::Vec;
use kernel::{Effect, Input, MsgId, NodeId, Time};

use super::{Lowest, One, entry};
use crate::configuration::{LogId, Set};
use crate::disk::{DiskOp, StableClosure};
use crate::log_manager::Appended;
use crate::store::{Snapshot, Store};
use crate::{Braft, Code, Conf, Config, Data, Disk, Entry, Event, VoteRequest};

fn snapshot(index: u64, term: u64) -> Snapshot {
    let conf = Conf { id: LogId::new(1, 1), peers: Set::first(5), old_peers: Set::EMPTY };
    Snapshot { last_included_index: index, last_included_term: term, conf, chain: 7, state: Store::default() }
}

fn boot(disk: &mut Disk) -> (crate::Memory, Vec<Effect<Braft>>) {
    let (config, mut effects, mut draws) = (Config::default(), Vec::new(), Lowest);
    let id = kernel::Addr::Node(NodeId(1));
    let now = Time::from_ms(500);
    let mut cx = kernel::Cx::new(id, now, 5, &config, &mut draws, &mut effects);
    let mem = crate::node::boot(disk, &mut cx);
    (mem, effects)
}

#[test]
fn the_same_entries_twice_do_not_make_the_log_grow() {
    let mut b = One::new(4, &[]);
    assert_eq!(b.append(0, 2, (4, 2), 2, 0), []);
    assert_eq!(b.append(0, 2, (4, 2), 2, 0), []);
    let mut said = b.written();
    said.extend(b.written());
    assert_eq!(said, [(1, 2, true, None), (2, 2, true, None)]);
    assert_eq!(b.state().0, 6);
}

#[test]
fn entries_of_a_higher_term_replace_those_at_their_place() {
    let mut b = One::new(4, &[]);
    assert_eq!(b.append(0, 2, (4, 2), 3, 0), []);
    assert_eq!(b.append_terms(2, 3, (4, 2), &[3, 3]), []);
    assert_eq!(b.state().0, 6);
    assert_eq!((5..=6).map(|index| b.mem.lm.get_term(index)).collect::<Vec<_>>(), [3, 3]);
}

#[test]
fn a_cut_brings_back_the_configuration_before_it() {
    let mut b = One::new(0, &[]);
    let conf = |index| {
        let peers = Set::first(u8::try_from(index).unwrap());
        Entry { index, term: 2, data: Data::Configuration(peers, Set::EMPTY) }
    };
    let entries = (1..=5).map(conf).collect();
    b.append_entries(0, 2, (0, 0), entries);
    assert_eq!(b.mem.conf.id, LogId::new(5, 2));
    // Entry 3 has another term at the new leader.
    b.append_entries(2, 3, (2, 2), Vec::from([entry(3, 3)]));
    assert_eq!((b.mem.conf.id, b.mem.conf.peers), (LogId::new(2, 2), Set::first(2)));
}

#[test]
fn memory_is_trimmed_by_term_first() {
    let mut b = One::new(0, &[]);
    b.append(0, 2, (0, 0), 4, 0);
    b.written();
    assert_eq!((b.mem.lm.disk_id, b.mem.lm.memory_first), (LogId::new(4, 2), 1));
    b.mem.lm.applied_id = LogId::new(2000, 1);
    b.mem.lm.clear_memory_logs();
    assert_eq!(b.mem.lm.memory_first, 1);
    b.mem.lm.applied_id = LogId::new(3, 2);
    b.mem.lm.clear_memory_logs();
    assert_eq!(b.mem.lm.memory_first, 4);
}

#[test]
fn the_term_of_an_index_is_looked_up_in_order() {
    let mut b = One::new(4, &[]);
    assert_eq!((b.mem.lm.get_term(0), b.mem.lm.get_term(4), b.mem.lm.get_term(5)), (0, 2, 0));
    (b.mem.lm.virtual_first_id, b.mem.lm.last_snapshot_id) = (LogId::new(7, 9), LogId::new(8, 9));
    assert_eq!((b.mem.lm.get_term(7), b.mem.lm.get_term(8), b.mem.lm.get_term(9)), (9, 9, 0));
}

#[test]
fn entries_after_a_gap_are_refused() {
    let mut b = One::new(4, &[]);
    let call = MsgId { step: 1, index: 1 };
    let closure = StableClosure::Follower { call, term: 2, prev: 6, count: 1, committed: 0 };
    let refused = b.node(|node| {
        matches!(node.append_entries(Vec::from([entry(7, 2)]), closure), Appended::Refused(Code::Einval))
    });
    assert!(refused && b.state().0 == 4);
}

#[test]
fn a_write_takes_256_appends_at_most() {
    let mut b = One::new(0, &[]);
    for index in 0..300 {
        assert_eq!(b.append(0, 2, (index, if index == 0 { 0 } else { 2 }), 1, 0), []);
    }
    // The first went alone, for the disk was idle.
    assert_eq!((b.written().len(), b.disk.writing.len(), b.mem.lm.queue.len()), (1, 256, 43));
    assert_eq!((b.written().len(), b.written().len()), (256, 43));
}

#[test]
fn a_marker_tells_what_was_on_disk_when_its_turn_came() {
    let mut b = One::new(4, &[]);
    b.append(0, 2, (4, 2), 1, 0);
    let request = VoteRequest { term: 3, last: LogId::new(5, 2), disrupted_leader: None };
    b.vote_request(3, request);
    b.append(0, 2, (5, 2), 1, 0);
    b.written();
    // The vote is decided by entry 5, though entry 6 is of the same batch, and is then answered with no.
    assert_eq!(b.written(), [(3, 3, false, None)]);
    assert_eq!((b.disk.term, b.disk.voted_for, b.state().0), (3, Some(NodeId(3)), 6));
}

#[test]
fn a_failed_disk_tells_everybody_who_waits_for_it() {
    let mut b = One::new(4, &[]);
    b.append(0, 2, (4, 2), 1, 0);
    b.append(0, 2, (5, 2), 1, 0);
    let write = crate::Write::Batch(b.mem.lm.batch);
    let (said, events) = b.step(Input::Written { write, ok: false });
    assert_eq!(said, [(1, 0, false, None), (2, 0, false, None)]);
    assert!(events.iter().any(|event| matches!(event, Event::NodeError { code: Code::Eio })));
    assert_eq!(b.mem.state, crate::State::Error);
    // From now on every call ends with an error.
    assert_eq!(b.append(0, 2, (4, 2), 0, 0), [(3, 0, false, None)]);
}

#[test]
fn a_lost_record_of_the_term_is_replaced_by_a_higher_one() {
    let mut disk = Disk::default();
    disk.log.push(entry(1, 3));
    let (mem, effects) = boot(&mut disk);
    assert_eq!((mem.current_term, disk.term, disk.voted_for), (4, 4, None));
    let repaired = |effect: &Effect<Braft>| matches!(effect, Effect::Event(Event::TermRepaired { .. }));
    assert!(effects.iter().any(repaired));
}

#[test]
fn only_on_a_first_start_is_the_lease_over() {
    let (mem, _) = boot(&mut Disk::default());
    assert_eq!((mem.current_term, mem.follower_lease.last_leader_timestamp), (1, None));
    let (mem, _) = boot(&mut Disk { term: 1, voted_for: Some(NodeId(0)), ..Disk::default() });
    assert_eq!(mem.follower_lease.last_leader_timestamp, Some(Time::from_ms(500)));
}

#[test]
fn a_log_that_begins_after_nothing_does_not_boot() {
    let mut disk = Disk { term: 2, log: kernel::ChunkLog::restart(5, 0), ..Disk::default() };
    disk.log.push(entry(5, 2));
    let (_, effects) = boot(&mut disk);
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Abort { .. })));
}

#[test]
fn a_snapshot_beyond_the_log_takes_its_place_at_the_next_start() {
    let mut disk = Disk { term: 2, snapshot: Some(Arc::new(snapshot(9, 2))), ..Disk::default() };
    disk.log.push(entry(1, 1));
    let (mem, _) = boot(&mut disk);
    assert_eq!((mem.lm.first_index(), mem.lm.last_index(), mem.lm.get_term(9)), (10, 9, 2));
    assert_eq!((mem.last_applied.index, mem.ballots.last_committed_index), (9, 0));
    assert!(matches!(disk.writing.as_slice(), [DiskOp::Reset(10, 7)]));
    assert_eq!(mem.conf.peers, Set::first(5));
}

#[test]
fn a_snapshot_inside_the_log_keeps_what_follows() {
    let mut disk = Disk { term: 2, snapshot: Some(Arc::new(snapshot(2, 2))), ..Disk::default() };
    (1..=4).for_each(|index| disk.log.push(entry(index, 2)));
    let (mem, _) = boot(&mut disk);
    assert_eq!((mem.lm.first_index(), mem.lm.last_index(), mem.last_applied.index), (1, 4, 2));
    assert!(disk.writing.is_empty());
}

// 24: an entry in the place of one that the disk still holds is not on disk.
#[test]
fn a_place_on_disk_that_another_entry_holds_shows_the_new_one_in_memory() {
    let mut b = One::new(4, &[]);
    b.append_terms(0, 3, (2, 2), &[3]);
    let states = |b: &One| {
        let row = crate::view::log_row(kernel::NodeId(1), &b.disk, Some(&b.mem), (1, 9));
        row.cells.iter().map(|cell| (cell.term, cell.state)).collect::<Vec<_>>()
    };
    let on_disk = kernel::view::CellState::OnDisk;
    assert_eq!(states(&b), [(2, on_disk), (2, on_disk), (3, kernel::view::CellState::InMemory)]);
    b.written();
    assert_eq!(states(&b), [(2, on_disk), (2, on_disk), (3, on_disk)]);
}
