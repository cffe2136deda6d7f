//! The preset with RaftScope's speed: its own numbers (section 4 of the specification), its first election to the
//! millisecond, its buttons, and none of its faults.

use kernel::{Action, Decision, Engine, NetConfig, NodeId, Settings};
use lab::World;
use lab::engines::raft::{Config as Options, FastBackup, Memory, Raft, Role};
use sim::Config;

const SERVERS: u8 = 5;

/// Five servers that start cold.
fn cold(seed: u64) -> World<Raft> {
    let preset =
        Raft::info().presets.iter().find(|preset| preset.title == "RaftScope").expect("it is offered");
    let mut config = Config::<Raft>::new(preset.nodes, seed);
    let (least, most) = preset.latency_us;
    config.net = NetConfig {
        latency_us_min: least.into(),
        latency_us_max: most.into(),
        loss_ppm: 0,
        duplicate_ppm: 0,
        fifo: false,
    };
    for (name, value) in preset.settings {
        config.settings.set(name, value).expect("a setting");
    }
    let mut world = World::new(config);
    world.watch(false);
    world
}

/// Time passes until the node that leads has been found, and for so long after.
fn elected(seed: u64, after_us: u64) -> (World<Raft>, NodeId) {
    let mut world = cold(seed);
    let leader = loop {
        match world.newest_leader() {
            Some(leader) => break leader,
            None => assert!(world.auto()),
        }
    };
    run_for(&mut world, after_us);
    (world, leader)
}

fn run_for(world: &mut World<Raft>, us: u64) {
    let until = world.now().plus_us(us);
    while world.next_at().is_some_and(|next| next <= until) && world.auto() {}
}

fn act(world: &mut World<Raft>, text: &str) {
    try_act(world, text).unwrap_or_else(|why| panic!("{text}: {why}"));
}

fn try_act(world: &mut World<Raft>, text: &str) -> Result<(), String> {
    let decision: Decision = text.parse().expect("a decision");
    world.apply(&Action::now(decision)).map_err(|refusal| refusal.0)
}

fn all() -> impl Iterator<Item = NodeId> {
    (0..SERVERS).map(NodeId)
}

fn memory(world: &World<Raft>, id: NodeId) -> &Memory {
    world.node(id).and_then(|(_, memory)| memory).expect("it runs")
}

#[test]
fn the_preset_has_raftscopes_numbers() {
    let world = cold(0);
    let options: &Options = world.settings();
    assert_eq!((world.nodes(), options.tick_us), (5, 1));
    let preset =
        Raft::info().presets.iter().find(|preset| preset.title == "RaftScope").expect("it is offered");
    // Microseconds of its model, which it shows at a hundredth of their speed.
    assert_eq!((preset.latency_us, preset.slowdown), ((10_000, 15_000), Some(100)));
    assert_eq!(
        (options.election_tick, options.heartbeat_tick, options.retry_tick),
        (100_000, 50_000, 50_000)
    );
    assert_eq!((options.max_entries_per_append, options.max_inflight_msgs), (1, 1));
    assert_eq!((options.fast_backup, options.noop_on_election), (FastBackup::Off, false));
    for seed in 0..200 {
        for id in all() {
            let world = cold(seed);
            assert!((100_000..200_000).contains(&memory(&world, id).election_timeout));
        }
    }
}

/// RaftScope's own model, event by event from a cold start, has its first leader at a median of 139 ms, and within
/// 180 ms in 95 runs of 100.
#[test]
fn the_first_leader_comes_when_raftscopes_does() {
    let mut firsts: Vec<u64> = (0..2000).map(|seed| elected(seed, 0).0.now().0).collect();
    firsts.sort_unstable();
    let at = |permille: usize| firsts[firsts.len() * permille / 1000];
    let (median, p95) = (at(500), at(950));
    println!("first leader of 2000: median {median} µs, 95 of 100 within {p95} µs");
    assert!((134_000..=144_000).contains(&median), "median {median} µs");
    assert!((170_000..=190_000).contains(&p95), "95 of 100 within {p95} µs");
}

/// RaftScope's MAX_RPC_LATENCY.
const GAP_US: u64 = 15_000;

/// Nothing happens until so long from now.
fn wait(world: &mut World<Raft>, us: u64) {
    run_for(world, us);
    let at = world.now().plus_us(us);
    if world.next_at().is_none_or(|next| next >= at) {
        world.apply(&Action { at, decision: Decision::Wait }).expect("time passes");
    }
}

/// RaftScope's key T, or (`together`) A; how many servers it moved.
fn press(world: &mut World<Raft>, together: bool) -> usize {
    let decisions = lab::move_timers(world, world.now(), together).expect("there is a command for it");
    for decision in &decisions {
        world.apply(&Action::now(decision.clone())).expect("it is legal");
    }
    decisions.len()
}

/// When each server's election timer runs out, the first first.
fn alarms(world: &World<Raft>) -> Vec<(u64, NodeId)> {
    let due = |id: NodeId| world.timer_due(id.into(), 1).map(|due| (due.0, id));
    let mut alarms: Vec<_> = all().filter_map(due).collect();
    alarms.sort_unstable();
    alarms
}

/// Servers whose timers run out so many milliseconds from now.
fn waiting(ms: [u64; 5]) -> World<Raft> {
    let mut world = cold(0);
    wait(&mut world, 30_000);
    for (due, id) in alarms(&world) {
        let us = (world.now().0 + ms[usize::from(id.0)] * 1000).cast_signed() - due.cast_signed();
        act(&mut world, &format!("do {id} move_timer {us}"));
    }
    world
}

/// The same, as they stand.
fn left(world: &World<Raft>) -> Vec<u64> {
    let mut alarms = alarms(world);
    alarms.sort_by_key(|(_, id)| *id);
    alarms.iter().map(|(due, _)| (due - world.now().0) / 1000).collect()
}

/// RaftScope looks at the first two of the timers that run. Less than 15 ms apart, T moves the first 15 ms ahead; when it has
/// no more than those, all that follow within 15 ms are moved 15 ms back. A does the same, and then gives those that come
/// second the first one's time.
#[test]
fn the_two_keys_move_the_timers_that_run_out_first() {
    let table: [([u64; 5], [u64; 5], [u64; 5]); 8] = [
        // Far enough apart, or just so.
        ([100, 130, 150, 170, 190], [100, 130, 150, 170, 190], [100, 100, 150, 170, 190]),
        ([190, 115, 150, 170, 100], [190, 115, 150, 170, 100], [190, 100, 150, 170, 100]),
        // Too near, with time ahead.
        ([112, 110, 170, 100, 190], [112, 110, 170, 85, 190], [112, 85, 170, 85, 190]),
        // Too near, and without it; the second is another one after that.
        ([12, 20, 26, 40, 90], [12, 35, 41, 40, 90], [12, 12, 41, 40, 90]),
        ([15, 20, 30, 44, 90], [15, 35, 30, 44, 90], [15, 35, 15, 44, 90]),
        // Several that come second.
        ([100, 120, 120, 150, 170], [100, 120, 120, 150, 170], [100, 100, 100, 150, 170]),
        // Several that come first: in RaftScope T leaves them together, here it does not.
        ([100, 100, 150, 160, 170], [85, 100, 150, 160, 170], [85, 85, 150, 160, 170]),
        ([10, 10, 50, 60, 70], [10, 25, 50, 60, 70], [10, 10, 50, 60, 70]),
    ];
    for (before, apart, together) in table {
        let mut world = waiting(before);
        assert_eq!(left(&world), before);
        let moved = press(&mut world, false);
        assert_eq!(left(&world), apart, "T after {before:?}");
        assert_eq!(moved, before.iter().zip(apart).filter(|(a, b)| **a != *b).count(), "no other is asked");
        let mut world = waiting(before);
        press(&mut world, true);
        assert_eq!(left(&world), together, "A after {before:?}");
    }
}

/// A leader waits for nobody, and who is down or stands still cannot be told.
#[test]
fn the_keys_leave_out_who_does_not_wait() {
    let (mut world, leader) = elected(1, 60_000);
    let others: Vec<NodeId> = alarms(&world).iter().map(|(_, id)| *id).collect();
    assert_eq!((others.len(), others.contains(&leader)), (4, false));
    act(&mut world, &format!("crash {}", others[0]));
    act(&mut world, &format!("pause {}", others[1]));
    assert_eq!(press(&mut world, true), 1);
    let at = |id: NodeId| world.timer_due(id.into(), 1);
    assert_eq!(at(others[2]), at(others[3]));
    act(&mut world, &format!("crash {}", others[2]));
    assert_eq!((press(&mut world, false), press(&mut world, true)), (0, 0), "one alone");
}

/// Systems whose nodes have no command for it are left to their clocks.
#[test]
fn a_system_without_the_command_says_so() {
    for engine in ["dledger", "braft"] {
        let run = lab::start(kernel::Setup::new(engine, 1)).expect("it starts");
        assert_eq!(run.move_timers(0, true), None);
    }
}

#[test]
fn timers_moved_together_are_two_candidates_in_one_term() {
    for seed in 0..100 {
        let mut world = cold(seed);
        wait(&mut world, 30_000);
        press(&mut world, true);
        let first = alarms(&world);
        assert_eq!(first[0].0, first[1].0);
        run_for(&mut world, first[0].0 - 30_000);
        for (_, id) in &first[..2] {
            let (disk, memory) = (world.node(*id).expect("a node").0, memory(&world, *id));
            assert_eq!((memory.role, disk.current_term, disk.voted_for), (Role::Candidate, 2, Some(*id)));
        }
    }
}

#[test]
fn timers_moved_apart_split_no_vote() {
    for seed in 0..100 {
        let mut world = cold(seed);
        wait(&mut world, 30_000);
        press(&mut world, false);
        let (first, id) = alarms(&world)[0];
        // A request and its answer take at most 15 ms each.
        run_for(&mut world, first - 30_000 + 2 * GAP_US);
        assert_eq!(world.newest_leader(), Some(id), "seed {seed}");
        assert!(all().all(|id| world.node(id).is_some_and(|(disk, _)| disk.current_term == 2)));
    }
}

/// Every node's own command sets its timer to exactly T, or to a place of its own.
#[test]
fn a_node_sets_its_own_timer() {
    let mut world = cold(5);
    wait(&mut world, 30_000);
    all().for_each(|id| act(&mut world, &format!("do {id} align")));
    assert_eq!(left(&world), [100; 5]);
    all().for_each(|id| act(&mut world, &format!("do {id} spread")));
    assert_eq!(left(&world), [100, 120, 140, 160, 180]);
    run_for(&mut world, 130_000);
    assert_eq!(world.newest_leader(), Some(NodeId(0)), "no vote is split");
}

#[test]
fn a_leaders_timer_is_not_set() {
    for verb in ["spread", "align", "move_timer 5"] {
        let (mut world, leader) = elected(1, 60_000);
        act(&mut world, &format!("do {leader} {verb}"));
        let (_, _, outcome) = world.report().answers.first().cloned().expect("it is answered");
        assert_eq!((outcome.ok(), outcome.name), (false, "REFUSED"));
        assert_eq!(memory(&world, leader).role, Role::Leader);
    }
}

/// More entries than RaftScope's ten, then a crash of everybody: RaftScope's servers keep what is not on disk, the commit
/// index among it. Here it is lost, and with the first entry of a new term everything is committed again.
#[test]
fn a_crash_takes_roles_votes_and_the_commit_index_but_no_entries() {
    let (mut world, leader) = elected(3, 60_000);
    for number in 1..=25 {
        act(&mut world, &format!("do {leader} propose v{number}"));
    }
    run_for(&mut world, 5_000_000);
    assert!(all().all(|id| memory(&world, id).commit_index == 25), "more than ten entries are no trouble");
    all().for_each(|id| act(&mut world, &format!("crash {id} power")));
    // What is still in flight would tell the commit index again.
    run_for(&mut world, 100_000);
    all().for_each(|id| act(&mut world, &format!("restart {id}")));
    for id in all() {
        let memory = memory(&world, id);
        assert_eq!((memory.commit_index, memory.last_applied), (0, 0));
        assert_eq!((memory.role, memory.leader_id, memory.leader.is_none()), (Role::Follower, None, true));
        assert!(memory.votes.granted.is_empty());
    }
    run_for(&mut world, 1_000_000);
    let leader = world.newest_leader().expect("one leads again");
    assert!(
        all().all(|id| memory(&world, id).commit_index == 0),
        "entries of older terms do not commit alone"
    );
    act(&mut world, &format!("do {leader} propose v26"));
    run_for(&mut world, 1_000_000);
    assert!(all().all(|id| memory(&world, id).commit_index == 26));
    assert_eq!(world.checks().violations(), []);
}

/// Without a commit index on disk, as the dissertation has it, a follower hears it from the leader's next heartbeat.
#[test]
fn a_forgotten_commit_index_comes_with_the_next_heartbeat() {
    let (mut world, leader) = elected(3, 60_000);
    act(&mut world, &format!("do {leader} propose x"));
    run_for(&mut world, 300_000);
    let follower = all().find(|id| *id != leader).expect("there are five");
    act(&mut world, &format!("crash {follower} power"));
    act(&mut world, &format!("restart {follower}"));
    assert_eq!(memory(&world, follower).commit_index, 0);
    run_for(&mut world, 65_000);
    assert_eq!(memory(&world, follower).commit_index, 1);
}

#[test]
fn a_server_that_is_down_neither_campaigns_nor_times_out() {
    let (mut world, leader) = elected(4, 60_000);
    let down = all().find(|id| *id != leader).expect("there are five");
    act(&mut world, &format!("crash {down}"));
    let before = world.run_digest();
    for text in [format!("do {down} campaign"), format!("fire {down} 1"), format!("do {down} align")] {
        assert_eq!(try_act(&mut world, &text), Err(format!("{down} is crashed")), "{text}");
    }
    assert_eq!(world.run_digest(), before);
}

#[test]
fn resuming_a_server_that_runs_changes_nothing() {
    let (mut world, leader) = elected(4, 60_000);
    let before = world.run_digest();
    let told = try_act(&mut world, &format!("resume {leader}"));
    assert_eq!(told, Err(format!("{leader} is not paused")));
    let told = try_act(&mut world, &format!("restart {leader}"));
    assert_eq!(told, Err(format!("{leader} runs: crash it first")));
    assert_eq!(world.run_digest(), before);
    assert_eq!(memory(&world, leader).role, Role::Leader);
}
