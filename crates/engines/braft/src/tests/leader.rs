//! A leader, and who would be one: ballots, batches, hand-overs, votes and the times of timers.

use alloc::vec::Vec;
use kernel::{Draws, Effect, Input, NodeId, Time, Token};

use super::{One, entry};
use crate::ballot_box::Closure;
use crate::configuration::{LogId, Set};
use crate::{
    AppendResponse, Code, Command, Ctx, DiskOp, Event, Message, Reason, State, Timer, VoteRequest,
    VoteResponse,
};

// S22: the facts of braft's test of the ballot box.
#[test]
fn four_peers_commit_what_three_of_them_have() {
    let mut b = One::new(100, &[]);
    let committed = b.node(|node| {
        node.mem.state = State::Leader;
        node.reset_pending_index(1);
        (1..=100).for_each(|_| node.append_pending_task(Set::first(4), Set::EMPTY, Closure::Nobody));
        let mut ack = |to, peer| {
            node.commit_at(1, to, NodeId(peer));
            node.mem.ballots.last_committed_index
        };
        [ack(100, 0), ack(50, 1), ack(100, 2), ack(100, 3)]
    });
    assert_eq!(committed, [0, 0, 50, 100]);
    let ignored = |b: &mut One, last| {
        b.events_of(|node| node.commit_at(last, last, NodeId(0))).into_iter().find_map(|event| match event {
            Event::AckIgnored { why, .. } => Some(why),
            _ => None,
        })
    };
    assert_eq!(ignored(&mut b, 101), Some(Reason::OutOfRange));
    assert_eq!(ignored(&mut b, 50), Some(Reason::NotPending));
    b.mem.ballots.pending_index = 0;
    assert_eq!(ignored(&mut b, 50), Some(Reason::Late));
}

#[test]
fn commands_given_at_once_are_appended_in_batches() {
    let mut b = One::new(4, &[("raft_apply_batch", "2")]);
    b.elect();
    let values = ["x".into(), "y".into(), "z".into()];
    b.step(Input::Command { token: Token(1), command: Command::ApplyBatch(values.into()) });
    let sizes = |op: &DiskOp| if let DiskOp::Append(entries, _) = op { entries.len() } else { 0 };
    assert_eq!(b.mem.lm.queue.iter().map(sizes).collect::<Vec<_>>(), [2, 1]);
    assert_eq!(b.mem.lm.last_index(), 8);
}

#[test]
fn a_late_answer_to_timeout_now_stops_no_later_replicator() {
    let mut b = One::new(4, &[]);
    b.elect();
    let replicator = b.mem.replicators.first().map_or(0, |rep| rep.number);
    let ctx = Ctx::TimeoutNow { replicator: replicator + 100 };
    let body = Message::TimeoutNowResponse { term: 3, success: true };
    b.step(Input::Reply { ctx, from: NodeId(0).into(), body });
    assert_eq!((b.mem.state, b.mem.replicators.len()), (State::Leader, 4));
}

#[test]
fn an_answer_of_another_term_ends_what_is_in_flight() {
    let mut b = One::new(4, &[]);
    b.elect();
    let rep = b.mem.replicators.first().expect("it has peers");
    let probe = rep.in_fly.front().expect("it probes");
    let (sent, prev) = (Time(0), probe.first_index - 1);
    let ctx = Ctx::Append { replicator: rep.number, call: probe.call, prev, count: 0, sent };
    let response = AppendResponse { term: 2, success: true, last_log_index: Some(4), readonly: false };
    let body = Message::AppendEntriesResponse(response);
    let (_, events) = b.step(Input::Reply { ctx, from: NodeId(0).into(), body });
    assert!(events.iter().any(|event| matches!(event, Event::Ignored { why: Reason::OtherTerm, .. })));
    assert!(b.mem.replicators[0].in_fly.is_empty() && !b.mem.replicators[0].has_succeeded);
}

// 9.6: the term is written first, then the vote; a second request of the same candidate is granted as it is.
#[test]
fn a_vote_for_a_higher_term_costs_two_records() {
    let mut b = One::new(4, &[]);
    let request = |term, last| VoteRequest { term, last, disrupted_leader: None };
    let saved = |events: &[Event]| events.iter().filter(|e| matches!(e, Event::MetaSaved { .. })).count();
    let first = b.vote_request(3, request(3, LogId::new(4, 2)));
    assert_eq!((saved(&first.1), first.0.granted, first.0.term), (2, true, 3));
    let again = b.vote_request(3, request(3, LogId::new(4, 2)));
    assert_eq!((saved(&again.1), again.0.granted), (0, true));
    let other = b.vote_request(2, request(3, LogId::new(4, 2)));
    assert_eq!((saved(&other.1), other.0.granted), (0, false));
    // A log that is behind gets no vote, but its term counts.
    let behind = b.vote_request(2, request(5, LogId::new(9, 1)));
    assert_eq!((saved(&behind.1), behind.0.granted, behind.0.term), (1, false, 5));
    assert_eq!((b.disk.term, b.disk.voted_for), (5, None));
    let stale = b.vote_request(2, request(4, LogId::new(9, 9)));
    assert_eq!((stale.0.granted, stale.0.term), (false, 5));
}

#[test]
fn a_leader_grants_pre_votes_and_changes_nothing() {
    let mut b = One::new(4, &[]);
    b.elect();
    b.written();
    let before = (b.mem.current_term, b.disk.voted_for);
    let request = VoteRequest { term: 4, last: LogId::new(5, 3), disrupted_leader: None };
    let response: VoteResponse = b.pre_vote_request(2, request);
    assert_eq!((response.granted, response.disrupted, response.term), (true, true, 3));
    assert_eq!((b.mem.state, b.mem.current_term, b.disk.voted_for), (State::Leader, before.0, before.1));
}

// 19.7: what ends without a new term.
#[test]
fn reset_peers_refuses_what_makes_no_sense() {
    let mut b = One::new(4, &[]);
    assert_eq!(b.node(|node| node.reset_peers(Set::EMPTY)), Code::Einval);
    assert_eq!(b.node(|node| node.reset_peers(Set::first(5))), Code::Ok);
    assert_eq!(b.mem.current_term, 2);
    b.elect();
    assert_eq!(b.node(|node| node.reset_peers(Set::first(1))), Code::Ebusy);
    let mut alone = One::new(4, &[]);
    alone.mem.conf = crate::Conf::default();
    assert_eq!(alone.node(|node| node.reset_peers(Set::first(2))), Code::Ok);
    assert_eq!((alone.mem.current_term, alone.mem.conf.peers), (3, Set::first(2)));
    alone.mem.state = State::Error;
    assert_eq!(alone.node(|node| node.reset_peers(Set::first(1))), Code::Eperm);
}

#[derive(Default)]
struct Ranges(Vec<(u8, u64, u64)>);

impl Draws for Ranges {
    fn range(&mut self, purpose: u8, lo: u64, hi: u64) -> u64 {
        self.0.push((purpose, lo, hi));
        lo
    }
}

// 5: the random part is as long as the time-out, but no longer than a second; both ends can be drawn.
#[test]
fn timers_are_drawn_from_their_ranges() {
    let ranges = |settings: &[(&str, &str)]| {
        let mut b = One::new(4, settings);
        let mut draws = Ranges::default();
        b.with(&mut draws, |node| {
            (node.mem.election_timer, node.mem.vote_timer) = (None, None);
            node.start_election_timer();
            node.start_vote_timer();
            node.start_snapshot_timer();
        });
        draws.0
    };
    let defaults = [(0, 1000, 2001), (1, 2000, 3001), (2, 1, 3601)];
    assert_eq!(ranges(&[]), defaults);
    let long = [(0, 3000, 4001), (1, 4000, 5001), (2, 1, 61)];
    assert_eq!(ranges(&[("election_timeout_ms", "3000"), ("snapshot_interval_s", "60")]), long);
    // A witness that may lead waits twice as long; another has no election timer.
    let witness = [("witness", "n1"), ("raft_enable_witness_to_leader", "true")];
    assert_eq!(ranges(&witness)[..2], [(0, 2000, 3001), (1, 3000, 4001)]);
    assert_eq!(ranges(&witness[..1]).first(), Some(&(1, 2000, 3001)));
}

#[test]
fn heartbeats_are_a_tenth_of_the_election_timeout_apart() {
    let interval = |settings: &[(&str, &str)]| One::new(4, settings).node(|node| node.heartbeat_ms());
    assert_eq!(interval(&[]), 100);
    assert_eq!(interval(&[("raft_election_heartbeat_factor", "3")]), 333);
    assert_eq!(interval(&[("election_timeout_ms", "50")]), 10);
}

// 5: a timer that runs keeps its time when a follower steps down.
#[test]
fn stepping_down_does_not_restart_a_followers_election_timer() {
    let mut b = One::new(4, &[]);
    b.node(|node| node.start_election_timer());
    let due = b.mem.election_timer;
    b.now = 700;
    b.append(0, 5, (4, 2), 0, 0);
    assert_eq!((b.mem.current_term, b.mem.election_timer), (5, due));
    let (_, events) = b.step(Input::Timer(Timer::Election));
    assert!(events.iter().any(|event| matches!(event, Event::LeaseHolds { .. })));
}

// 22.1: only answers to what has no entries tell that a node takes no writes.
#[test]
fn a_readonly_follower_says_so_in_answers_to_heartbeats() {
    let mut b = One::new(4, &[]);
    b.step(Input::Command { token: Token(1), command: Command::Readonly(true) });
    let says = |effects: &[Effect<crate::Braft>]| {
        effects.iter().any(|effect| {
            matches!(effect, Effect::Respond { body: Message::AppendEntriesResponse(r), .. } if r.readonly)
        })
    };
    assert!(says(&b.append_effects(0, 2, (4, 2), Vec::new())));
    assert!(!says(&b.append_effects(0, 2, (9, 2), Vec::new())));
    b.append_effects(0, 2, (4, 2), Vec::from([entry(5, 2)]));
    let write = crate::Write::Batch(b.mem.lm.batch);
    assert!(!says(&b.effects(Input::Written { write, ok: true })));
}

fn place(events: &[Event], wanted: impl Fn(&Event) -> bool) -> usize {
    events.iter().position(wanted).expect("it happens")
}

// 11, 16: what its first entry sets going at a leader happens in this order, before the entries behind it are applied.
#[test]
fn a_leader_serves_before_what_is_behind_its_first_entry() {
    let mut b = One::new(4, &[]);
    b.elect();
    b.step(Input::Command { token: Token(1), command: Command::Apply("x".into(), None) });
    let events = b.events_of(|node| {
        for peer in [0, 2, 3] {
            node.commit_at(5, 6, NodeId(peer));
        }
    });
    let ended = place(&events, |event| matches!(event, Event::ChangeEnded { .. }));
    let starts = place(&events, |event| matches!(event, Event::LeaderStart { .. }));
    let answered = place(&events, |event| matches!(event, Event::Answered { code: Code::Ok, .. }));
    let applied = place(&events, |event| matches!(event, Event::Applied { .. }));
    assert!(ended < starts && starts < answered && answered < applied, "{events:?}");
}

// 25.1: clients hear that their leader is gone before its state machine does.
#[test]
fn clients_are_answered_before_the_state_machine_is_told() {
    let mut b = One::new(4, &[]);
    b.elect();
    b.step(Input::Command { token: Token(1), command: Command::Apply("x".into(), None) });
    let events = b.events_of(|node| node.step_down(4, false, Code::Ehighertermresponse));
    let answered = place(&events, |event| matches!(event, Event::Answered { unknown: true, .. }));
    let stops = place(&events, |event| matches!(event, Event::LeaderStop { .. }));
    let saved = place(&events, |event| matches!(event, Event::MetaSaved { .. }));
    assert!(answered < stops && stops < saved, "{events:?}");
}

// 16: an error is urgent: the state machine hears of it before what it waited for.
#[test]
fn an_error_goes_before_what_the_state_machine_has_yet_to_see() {
    let mut b = One::new(4, &[("apply_us", "1000")]);
    b.append(0, 2, (4, 2), 0, 4);
    b.node(|node| node.on_error(Code::Eio));
    assert!(matches!(b.mem.fsm.queue.front(), Some(crate::FsmTask::Error(Code::Eio))));
    assert!(b.mem.fsm.queue.len() > 1 && b.mem.fsm.applying == Some(4), "{:?}", b.mem.fsm);
}
