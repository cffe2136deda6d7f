//! Calls: the time-outs of section 6.3, calls given up, connections that failed, and what a face can tell.

use alloc::vec::Vec;
use kernel::view::PointerMark;
use kernel::{Addr, Effect, Engine, Input, NodeId, RpcFailure};

use super::One;
use crate::codes::St;
use crate::replicator::Replicator;
use crate::{Braft, Code, Ctx, Event, Message, Timer, VoteResponse};

/// A call: whom, what is remembered, after how long it times out and breaks.
type Called = (NodeId, Ctx, Option<u64>, Option<u64>);

fn calls(effects: &[Effect<Braft>]) -> Vec<Called> {
    let calls = effects.iter().filter_map(|effect| match effect {
        Effect::Call { to: Addr::Node(to), ctx, timeout_ms, broken_ms, .. } => {
            Some((*to, *ctx, *timeout_ms, *broken_ms))
        }
        _ => None,
    });
    calls.collect()
}

fn cancelled(effects: &[Effect<Braft>]) -> Vec<Ctx> {
    let cancelled = effects.iter().filter_map(|effect| match effect {
        Effect::Cancel(ctx) => Some(*ctx),
        _ => None,
    });
    cancelled.collect()
}

fn fails(b: &mut One, peer: u8, ctx: Ctx, why: RpcFailure) -> Vec<Effect<Braft>> {
    b.effects(Input::RpcFailed { ctx, from: NodeId(peer).into(), why })
}

/// What a leader remembers of its probe of a peer.
fn probe(b: &One, peer: u8) -> Ctx {
    let rep = b.mem.replicators.iter().find(|rep| rep.peer == NodeId(peer)).expect("a replicator");
    let flight = rep.in_fly.front().expect("it probes");
    let (call, prev, sent) = (flight.call, flight.first_index - 1, flight.sent);
    Ctx::Append { replicator: rep.number, call, prev, count: 0, sent }
}

#[test]
fn each_call_has_the_time_out_of_section_6_3() {
    for (link_cut, broken) in [("reset", Some(200)), ("black_hole", None)] {
        let mut b = One::new(4, &[("link_cut", link_cut)]);
        let votes = calls(&b.request(0, Message::TimeoutNow { term: 2, old_leader_stepped_down: false }));
        assert!(votes.iter().all(|call| (call.2, call.3) == (Some(1000), broken)), "{votes:?}");
        assert_eq!(votes.len(), 4);
        let mut b = One::new(4, &[("link_cut", link_cut)]);
        b.elect();
        let heartbeats = calls(&b.effects(Input::Timer(Timer::Heartbeat(NodeId(0)))));
        assert!(matches!(heartbeats[..], [(NodeId(0), Ctx::Heartbeat { .. }, Some(500), b)] if b == broken));
        let ctx = probe(&b, 0);
        fails(&mut b, 0, ctx, RpcFailure::TimedOut);
        let probes = calls(&b.effects(Input::Timer(Timer::Block(NodeId(0)))));
        assert!(matches!(probes[..], [(NodeId(0), Ctx::Append { count: 0, .. }, None, b)] if b == broken));
        let send = |b: &mut One, stepped_down| {
            let (_, effects) =
                b.with(&mut super::Lowest, |node| node.send_timeout_now(NodeId(0), stepped_down));
            calls(&effects)[0].2
        };
        assert_eq!((send(&mut b, false), send(&mut b, true)), (None, Some(1000)));
    }
}

#[test]
fn after_a_failed_connection_a_call_waits_for_a_new_one_as_long_as_the_flag_says() {
    for (why, link_cut, broken) in [
        (RpcFailure::Refused, "reset", Some(70)),
        (RpcFailure::Broken, "black_hole", Some(70)),
        (RpcFailure::TimedOut, "reset", Some(200)),
        (RpcFailure::TimedOut, "black_hole", None),
    ] {
        let settings = [("link_cut", link_cut), ("raft_rpc_channel_connect_timeout_ms", "70")];
        let mut b = One::new(4, &settings);
        b.elect();
        let ctx = probe(&b, 0);
        fails(&mut b, 0, ctx, why);
        let probes = calls(&b.effects(Input::Timer(Timer::Block(NodeId(0)))));
        assert!(matches!(probes[..], [(NodeId(0), .., b)] if b == broken), "{why:?}, {link_cut}: {probes:?}");
        let ctx = probe(&b, 0);
        let code = Message::RpcError { code: Code::Ebusy };
        b.effects(Input::Reply { ctx, from: NodeId(0).into(), body: code });
        assert!(b.mem.reconnects.is_empty(), "an error over it is an answer too");
    }
}

#[test]
fn a_leader_that_goes_and_one_that_rolls_back_give_their_calls_up() {
    let mut b = One::new(4, &[]);
    b.elect();
    let beat = calls(&b.effects(Input::Timer(Timer::Heartbeat(NodeId(0)))))[0].1;
    let mut expected = Vec::from([0, 2, 3, 4].map(|peer| probe(&b, peer)));
    let (_, effects) = b.with(&mut super::Lowest, |node| node.step_down(4, false, Code::Ehighertermrequest));
    expected.insert(1, beat);
    assert_eq!(cancelled(&effects), expected);

    let mut b = One::new(4, &[]);
    b.elect();
    let ctx = probe(&b, 2);
    let (_, effects) = b.with(&mut super::Lowest, |node| node.reset_next_index(NodeId(2)));
    assert_eq!(cancelled(&effects), [ctx]);
    assert!(
        b.effects(Input::Timer(Timer::Heartbeat(NodeId(0)))).iter().all(|e| !matches!(e, Effect::Cancel(_)))
    );
}

#[test]
fn a_peer_whose_connection_failed_is_not_called_for_a_while() {
    for (why, delay, at_once) in [
        (RpcFailure::Refused, "3000", true),
        (RpcFailure::Broken, "3000", true),
        (RpcFailure::TimedOut, "3000", false),
        (RpcFailure::Refused, "0", false),
    ] {
        let mut b = One::new(4, &[("reconnect_delay_ms", delay)]);
        b.elect();
        b.now = 10;
        let ctx = probe(&b, 0);
        fails(&mut b, 0, ctx, why);
        let beat = |b: &mut One, now, peer| {
            b.now = now;
            let effects = b.effects(Input::Timer(Timer::Heartbeat(NodeId(peer))));
            let code = effects.iter().find_map(|effect| match effect {
                Effect::Event(Event::CallFailed { code, .. }) => Some(*code),
                _ => None,
            });
            (calls(&effects).len(), code)
        };
        let refused = if at_once { (0, Some(Code::Ehostdown)) } else { (1, None) };
        assert_eq!(beat(&mut b, 3009, 0), refused, "{why:?} {delay}");
        assert_eq!(beat(&mut b, 3009, 2), (1, None), "another peer");
        assert_eq!(beat(&mut b, 3010, 0), (1, None), "its time is over");
    }
}

#[test]
fn a_face_tells_a_probe_from_a_heartbeat() {
    let mut b = One::new(4, &[]);
    b.elect();
    let probe = probe(&b, 0);
    let effects = b.effects(Input::Timer(Timer::Heartbeat(NodeId(0))));
    let [Effect::Call { body, ctx: beat, .. }] = &effects[..] else { panic!("a call, not {effects:?}") };
    let face = |ctx: &Ctx| {
        let face = Braft::message_face(body, false, Some(ctx));
        (face.letter, face.routine, face.detail)
    };
    assert_eq!(face(beat), ('H', true, "prev=(4,2) heartbeat c=0".into()));
    assert_eq!(face(&probe), ('Q', false, "prev=(4,2) probe c=0".into()));
    let response = crate::AppendResponse { term: 3, success: true, last_log_index: Some(4), readonly: false };
    let answer = Message::AppendEntriesResponse(response);
    let letter = |ctx: Option<&Ctx>| Braft::message_face(&answer, true, ctx).letter;
    assert_eq!([letter(Some(beat)), letter(Some(&probe)), letter(None)], ['H', 'Q', 'A']);
}

#[test]
fn a_call_that_failed_has_the_letter_of_what_was_asked() {
    let failed = Message::RpcError { code: Code::Ebusy };
    let letter = |ctx: Ctx| Braft::message_face(&failed, true, Some(&ctx)).letter;
    assert_eq!(letter(Ctx::PreVote { version: 1, term: 1 }), 'P');
    assert_eq!(letter(Ctx::Vote { version: 1, term: 1 }), 'V');
    assert_eq!(letter(Ctx::Install { replicator: 1, index: 1 }), 'S');
    assert_eq!(letter(Ctx::TimeoutNow { replicator: 1 }), 'N');
    let mut b = One::new(4, &[]);
    b.elect();
    assert_eq!(letter(probe(&b, 0)), 'Q');
}

#[test]
fn who_is_probed_again_is_known_to_agree_nowhere() {
    fn first(b: &mut One) -> &mut Replicator {
        b.mem.replicators.iter_mut().find(|rep| rep.peer == NodeId(0)).expect("it leads")
    }
    let mut b = One::new(4, &[]);
    b.elect();
    first(&mut b).has_succeeded = true;
    let marks = |b: &One| {
        let all = Braft::pointers(&b.disk, &b.mem, NodeId(0));
        all.into_iter().map(|pointer| (pointer.name, pointer.mark)).collect::<Vec<_>>()
    };
    assert_eq!(marks(&b), [("next_index", PointerMark::Diamond)]);
    first(&mut b).st = St::Idle;
    assert_eq!(marks(&b), [("next_index", PointerMark::Triangle), ("match", PointerMark::Dot)]);
}

#[test]
fn answers_that_do_not_count_have_no_effect() {
    let vote = |term, granted| VoteResponse { term, granted, ..super::NO_ANSWER };
    let mut b = One::new(4, &[]);
    b.request(0, Message::TimeoutNow { term: 2, old_leader_stepped_down: false });
    let no_effect = |b: &One, body: &Message, ctx: Ctx| {
        Braft::no_effect(&b.disk, &b.mem, NodeId(0).into(), body, true, Some(&ctx))
    };
    let version = b.mem.vote_ctx.version;
    let yes = Message::RequestVoteResponse(vote(3, true));
    assert!(!no_effect(&b, &yes, Ctx::Vote { version, term: 3 }));
    assert!(no_effect(&b, &yes, Ctx::Vote { version: version - 1, term: 3 }), "an earlier round");
    let no = |term| Message::RequestVoteResponse(vote(term, false));
    assert!(no_effect(&b, &no(3), Ctx::Vote { version, term: 3 }));
    assert!(!no_effect(&b, &no(4), Ctx::Vote { version, term: 3 }), "it tells a higher term");
    let pre = Message::PreVoteResponse(vote(3, true));
    let version = b.mem.pre_vote_ctx.version;
    assert!(no_effect(&b, &pre, Ctx::PreVote { version, term: 3 }), "a candidate asks for no pre-votes");

    let mut b = One::new(4, &[]);
    b.elect();
    let response = crate::AppendResponse { term: 3, success: true, last_log_index: Some(4), readonly: false };
    let answer = Message::AppendEntriesResponse(response);
    let ctx = probe(&b, 0);
    let Ctx::Append { replicator, sent, .. } = ctx else { panic!("a probe") };
    assert!(!no_effect(&b, &answer, ctx));
    assert!(!no_effect(&b, &answer, Ctx::Heartbeat { replicator, sent }));
    assert!(no_effect(&b, &answer, Ctx::Heartbeat { replicator: replicator + 100, sent }));
    b.node(|node| node.reset_next_index(NodeId(0)));
    assert!(no_effect(&b, &answer, ctx), "it was given up");
}
