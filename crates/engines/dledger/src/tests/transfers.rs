//! B9, B22 and the snapshots of B26.

use alloc::collections::VecDeque;
use alloc::string::ToString;
use alloc::vec::Vec;
use kernel::{ClientId, Cx, Draws, Effect, Engine, Fact, Input, Loss, NodeId, Time, Token};

use super::pump::{Pump, is_vote};
use crate::{Body, Client, Code, Config, DLedger, Header, Message, Role, Timer};

const LEADER: Role = Role::Leader;

fn grown(settings: &[(&str, &str)], values: usize) -> Pump {
    let mut pump = Pump::booted(&[0, 5, 5], settings);
    pump.run_to(2050);
    for _ in 0..values {
        pump.command(0, "append a");
    }
    pump.run_to(2100);
    pump
}

#[test]
fn b09_take_over_fails() {
    for profile in ["V3", "V4"] {
        let mut pump = grown(&[("profile", profile)], 1);
        pump.lose_when(|_, from, _, m| from == 2 && is_vote(m));
        let start = pump.now / 1000;
        let transfer = pump.command(0, "transfer n2");
        assert_eq!(pump.ask(0, "append x"), "LEADER_TRANSFERRING");
        pump.run_to(start + 20);
        assert_eq!(pump.disks[2].curr_term, 1);
        if profile == "V3" {
            pump.run_to(start + 3050);
            assert_eq!(pump.outcomes[&transfer].1.name, "NETWORK_ERROR");
            assert_eq!(pump.outcomes[&transfer].0, start + 3000);
            assert_eq!(pump.role(0), (LEADER, 0));
            let write = pump.command(0, "append y");
            pump.run_to(start + 3100);
            assert_eq!((pump.outcomes[&write].1.name, pump.outcomes[&write].1.index), ("SUCCESS", Some(1)));
            pump.heal();
            pump.run_to(start + 30_000);
            assert_eq!(pump.role(0), (LEADER, 0));
            assert_eq!(pump.role(2), (Role::Candidate, 1));
            assert_eq!(pump.log(2), "[0a]");
        } else {
            // n2's refusal must come before n1's vote, or n0 is elected in term 0 again.
            pump.slow_votes_of_term = Some(0);
            pump.run_to(start + 10_000);
            assert_eq!(pump.role(0), (LEADER, 1));
            assert_eq!(pump.role(2), (Role::Follower, 1));
            assert_eq!(pump.outcomes[&transfer].1.code, 418);
            let write = pump.command(0, "append y");
            pump.run_to(start + 11_000);
            assert_eq!(pump.outcomes[&write].1.name, "SUCCESS");
        }
    }
}

#[test]
fn b22_preferred_leader() {
    for profile in ["V3", "V4"] {
        let settings = [("profile", profile), ("preferredLeaderIds", "n2")];
        let mut pump = Pump::booted(&[0, 5, 5], &settings);
        // n2 is not alive for n0 until the first heartbeat's answer; then the next check moves leadership.
        pump.run_to(900);
        assert_eq!(pump.role(0), (LEADER, 0));
        pump.command(0, "append a");
        pump.command(0, "append b");
        pump.run_to(999);
        assert_eq!(pump.role(0), (LEADER, 0));
        pump.run_to(1150);
        assert_eq!(pump.role(2), (LEADER, 1), "{profile}");
        pump.run_to(4000);
        assert_eq!(pump.role(0), (Role::Follower, 1));
        assert_eq!(pump.log(2), "[0a 0b]");
        pump.crash(2, Loss::Process);
        pump.run_to(20_000);
        assert!([0, 1].iter().any(|node| pump.role(*node).0 == LEADER));
        pump.boot(2, 0);
        // A V4 leader's watermark counts entries of its own term only; the log is short, so it may hand over.
        pump.run_to(40_000);
        assert_eq!(pump.role(2).0, LEADER, "moved again");
    }
}

#[test]
fn b22_manual_transfer() {
    for profile in ["V3", "V4"] {
        let mut pump = grown(&[("profile", profile)], 1);
        let start = pump.now / 1000;
        let token = pump.command(0, "transfer n1");
        let write = pump.command(0, "append x");
        assert_eq!(
            (pump.outcomes[&write].1.name, pump.outcomes[&write].1.index),
            ("LEADER_TRANSFERRING", None)
        );
        pump.run_to(start + 1100);
        let (at, outcome) = &pump.outcomes[&token];
        assert_eq!((outcome.name, outcome.term), ("SUCCESS", Some(1)));
        assert!((start + 300..start + 1060).contains(at), "{at}");
        assert_eq!(pump.role(1), (LEADER, 1));
        pump.run_to(start + 10_000);
        assert_eq!(pump.role(0), (Role::Follower, 1));

        let mut pump = grown(&[("profile", profile)], 1);
        pump.lose_when(|_, _, _, m| matches!(m.body, Body::TransferRequest { .. }));
        let start = pump.now / 1000;
        let token = pump.command(0, "transfer n1");
        pump.run_to(start + 3001);
        assert_eq!((pump.outcomes[&token].0, pump.outcomes[&token].1.name), (start + 3000, "NETWORK_ERROR"));
        let write = pump.command(0, "append x");
        pump.run_to(start + 3050);
        assert_eq!(pump.outcomes[&write].1.name, "SUCCESS");
        assert_eq!(pump.role(0), (LEADER, 0));
    }
}

#[test]
fn transfer_requests_are_checked_in_order() {
    let mut pump = grown(&[("maxLeadershipTransferWaitIndex", "1")], 1);
    let rows = [
        (0, "leader=n0 term=0 transfer=n0 transferee=n9", "UNKNOWN_MEMBER"),
        (0, "leader=n0 term=7 transfer=n0 transferee=n1", "INCONSISTENT_TERM"),
        (1, "leader=n1 term=0 transfer=n1 transferee=n0", "NOT_LEADER"),
        (2, "leader=n0 term=0 transfer=n0 transferee=n1", "UNEXPECTED_ARGUMENT"),
        (2, "leader=n1 term=0 transfer=n1 transferee=n2", "INCONSISTENT_LEADER"),
        (2, "leader=n0 term=7 transfer=n0 transferee=n2 index=0", "INCONSISTENT_TERM"),
    ];
    for (node, args, code) in rows {
        assert_eq!(pump.ask(node, &alloc::format!("transfer_request {args}")), code, "{args}");
    }
    let start = pump.now / 1000;
    let token = pump.command(2, "transfer_request leader=n0 term=0 transfer=n0 transferee=n2 index=5");
    pump.run_to(start + 1005);
    assert!(!pump.outcomes.contains_key(&token));
    pump.run_to(start + 1011);
    assert_eq!(pump.outcomes[&token].1.name, "TAKE_LEADERSHIP_FAILED");
    pump.isolate(&[1]);
    pump.command(0, "append b");
    assert_eq!(pump.ask(0, "transfer n1"), "FALL_BEHIND_TOO_MUCH");
}

#[test]
fn b26_snapshots() {
    let settings = [("profile", "V4"), ("enableSnapshot", "true"), ("snapshotThreshold", "10")];
    let mut pump = Pump::booted(&[0, 5, 5], &settings);
    pump.run_to(1000);
    pump.crash(2, Loss::Process);
    for _ in 0..99 {
        pump.command(0, "append a");
        let now = pump.now / 1000;
        pump.run_to(now + 5);
    }
    pump.run_to(3000);
    assert_eq!(pump.disks[0].end_index(), 98);
    let last = pump.disks[0].snapshots.last().expect("saved").last_included_index;
    assert!(last >= 88);
    assert_eq!(pump.disks[0].before_begin_index(), last);
    assert_eq!(pump.disks[0].snapshots.len(), 3);
    pump.crash(1, Loss::Process);
    pump.boot(1, 0);
    assert_eq!(pump.mem(1).member.applied_index, pump.disks[1].before_begin_index());
    pump.boot(2, 0);
    pump.run_to(12_000);
    assert_eq!(pump.disks[2].end_index(), 98);
    assert_eq!(pump.disks[2].log.chain(), pump.disks[0].log.chain());
    assert!(pump.mem(2).handler.install_slot_broken);
    let installed = pump.seen(2, |event| match DLedger::fact(event) {
        Some(Fact::Installed { last, chain }) => Some((last, chain)),
        _ => None,
    });
    let [(_, (last, chain))] = installed[..] else {
        panic!("one snapshot took the place of n2's log: {installed:?}")
    };
    let newest = pump.disks[2].snapshots.last().expect("the one installed");
    assert_eq!((i64::try_from(last), chain), (Ok(newest.last_included_index), newest.data));
    // What a node drops because its own snapshot covers it stays its log.
    assert!(
        pump.seen(0, |event| DLedger::fact(event).filter(|f| matches!(f, Fact::Installed { .. }))).is_empty()
    );
}

#[test]
fn a_full_log_behind_a_snapshot_claims_nothing_after_a_restart() {
    let settings = [("profile", "V4"), ("enableSnapshot", "true"), ("snapshotThreshold", "2")];
    let mut pump = Pump::booted(&[0, 5, 5], &settings);
    pump.run_to(1000);
    pump.command(0, "append a");
    pump.command(0, "append b");
    pump.run_to(3100);
    assert!(pump.disks[0].log.is_empty());
    pump.crash(0, Loss::Process);
    pump.boot(0, 5);
    let member = &pump.mem(0).member;
    assert_eq!((member.ledger_end_index, member.ledger_end_term), (-1, -1));
    assert_eq!((pump.disks[0].end_index(), member.applied_index), (1, 1));
}

struct Lowest;

impl Draws for Lowest {
    fn range(&mut self, _: u8, lo: u64, _: u64) -> u64 {
        lo
    }
}

/// Steps a client of three nodes and returns what it wants.
fn step(client: &mut Client, now_ms: u64, input: Input<DLedger>) -> Vec<Effect<DLedger>> {
    let mut effects = Vec::new();
    let settings = Config::default();
    let mut draws = Lowest;
    let (id, now) = (ClientId(0).into(), Time::from_ms(now_ms));
    let mut cx = Cx::new(id, now, 3, &settings, &mut draws, &mut effects);
    DLedger::step_client(client, input, &mut cx);
    effects.retain(|effect| !matches!(effect, Effect::Event(_)));
    effects
}

fn client_command(text: &str) -> Input<DLedger> {
    let mut words: VecDeque<_> = text.split(' ').map(ToString::to_string).collect();
    let verb = words.pop_front().expect("a verb");
    let command = kernel::Command { verb, args: words.into() };
    Input::Command { token: Token(7), command: DLedger::parse_command(&command, true).expect("good") }
}

fn call_of(effects: &[Effect<DLedger>]) -> (NodeId, Message, crate::Ctx) {
    match effects {
        [Effect::Call { to, body, ctx, .. }] => (to.node().expect("a node"), body.clone(), *ctx),
        other => panic!("one call expected, not {other:?}"),
    }
}

fn reply(call: &(NodeId, Message, crate::Ctx), code: Code, leader: Option<u8>, body: Body) -> Input<DLedger> {
    let header = Header { code, leader_id: leader.map(NodeId), ..call.1.header };
    Input::Reply { ctx: call.2, from: call.0.into(), body: Message { header, body } }
}

fn fresh_client() -> Client {
    let mut effects = Vec::new();
    let settings = Config::default();
    let mut draws = Lowest;
    let id = ClientId(0).into();
    let mut cx = Cx::new(id, Time(0), 3, &settings, &mut draws, &mut effects);
    DLedger::boot_client(&mut cx)
}

#[test]
fn a_client_retries_once_after_not_leader() {
    let mut client = fresh_client();
    let refused = Body::AppendResponse { index: -1, pos: -1 };
    let first = call_of(&step(&mut client, 0, client_command("append x")));
    assert_eq!(first.0, NodeId(0));
    let ask = call_of(&step(&mut client, 1, reply(&first, Code::NotLeader, None, refused.clone())));
    assert_eq!((ask.0, &ask.1.body), (NodeId(0), &Body::MetadataRequest));
    let ask = call_of(&step(&mut client, 2, reply(&ask, Code::Success, None, Body::MetadataResponse)));
    assert_eq!(ask.0, NodeId(1));
    let again = call_of(&step(&mut client, 3, reply(&ask, Code::Success, Some(2), Body::MetadataResponse)));
    assert_eq!(again.0, NodeId(2));
    let end = step(&mut client, 4, reply(&again, Code::NotLeader, None, refused));
    let [Effect::Answer { outcome, .. }] = &end[..] else { panic!("answered, not {end:?}") };
    assert_eq!(outcome.name, "NOT_LEADER");
    assert!(client.operations.is_empty());
}

#[test]
fn a_client_gives_up_finding_a_leader_after_1500_ms() {
    let mut client = fresh_client();
    step(&mut client, 0, client_command("leader null"));
    let mut ask = call_of(&step(&mut client, 0, client_command("append x")));
    for at in 1..3 {
        ask = call_of(&step(&mut client, at, reply(&ask, Code::Success, None, Body::MetadataResponse)));
    }
    assert!(step(&mut client, 3, reply(&ask, Code::Success, None, Body::MetadataResponse)).is_empty());
    let mut wakes = Vec::new();
    DLedger::client_timers(&client, &Config::default(), &mut |timer, at| wakes.push((timer, at)));
    assert_eq!(wakes, [(Timer::ClientMetadata, Time::from_ms(1000))]);
    let ask = call_of(&step(&mut client, 1000, Input::Timer(Timer::ClientMetadata)));
    assert_eq!(ask.0, NodeId(0));
    let end = step(&mut client, 1500, Input::Timer(Timer::ClientMetadata));
    let [Effect::Answer { outcome, .. }] = &end[..] else { panic!("answered, not {end:?}") };
    assert_eq!(outcome.name, "METADATA_ERROR");
}

#[test]
fn a_client_does_not_retry_other_codes() {
    let mut client = fresh_client();
    let call = call_of(&step(&mut client, 0, client_command("append x")));
    let why = kernel::RpcFailure::TimedOut;
    let end = step(&mut client, 3000, Input::RpcFailed { ctx: call.2, from: call.0.into(), why });
    let [Effect::Answer { outcome, .. }] = &end[..] else { panic!("answered, not {end:?}") };
    assert_eq!(outcome.name, "NETWORK_ERROR");
    assert_eq!(client.leader_id, None);
}

#[test]
fn a_load_writes_each_interval() {
    let mut client = fresh_client();
    step(&mut client, 0, client_command("load 50 100"));
    let call = call_of(&step(&mut client, 50, Input::Timer(Timer::ClientLoad)));
    let Body::AppendRequest { bodies, .. } = &call.1.body else { panic!("a write") };
    assert_eq!((&*bodies[0].text, bodies[0].len), ("c0-1", 100));
    assert!(step(&mut client, 50, Input::Timer(Timer::ClientLoad)).is_empty());
    step(&mut client, 60, client_command("load 0"));
    let mut wakes = 0;
    DLedger::client_timers(&client, &Config::default(), &mut |timer, _| {
        wakes += u32::from(timer == Timer::ClientLoad);
    });
    assert_eq!(wakes, 0);
}
