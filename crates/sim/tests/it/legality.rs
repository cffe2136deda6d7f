//! For every kind of decision: when it is not legal, and in which words.

use kernel::limits;

use crate::{Datagrams, Hands, Tcp, cluster};

/// What was done, what then is not legal, and why.
const TABLE: &[(&[&str], &str, &str)] = &[
    (&[], "deliver 1.0", "no message 1.0 is in flight"),
    (&["do n0 ask n1 1", "cut n0 n1"], "deliver 1.0", "n0→n1 is cut: heal it first"),
    (&["do n0 ask n1 1", "pause n1"], "deliver 1.0", "n1 is paused: resume it first"),
    (&[], "drop 1.0", "no message 1.0 is in flight"),
    (&[], "dup 1.0", "no message 1.0 is in flight"),
    (&["do n0 ask n1 1"], "dup 1.0", "Echo calls over TCP, which never delivers twice"),
    (&[], "hold 1.0", "no message 1.0 is in flight"),
    (&["do n0 ask n1 1", "hold 1.0"], "hold 1.0", "it is held already"),
    (&[], "release 1.0", "no message 1.0 is in flight"),
    (&["do n0 ask n1 1"], "release 1.0", "it is not held"),
    (&[], "delay 1.0 5", "no message 1.0 is in flight"),
    (&["do n0 ask n1 1", "hold 1.0"], "delay 1.0 5", "it is held: release it instead"),
    (&[], "fire n0 1", "that timer of n0 is off"),
    (&[], "fire n7 1", "there is no n7"),
    (&["do n0 alarm 1 5", "crash n0"], "fire n0 1", "n0 is crashed"),
    (&["do n0 alarm 1 5", "pause n0"], "fire n0 1", "n0 is paused"),
    (&[], "timeout 1.0", "no call 1.0 is waiting"),
    (&["do n0 ask n1 1", "timeout 1.0"], "timeout 1.0", "no call 1.0 is waiting"),
    (&["do n0 ask n1 1", "pause n0"], "timeout 1.0", "n0 is paused"),
    (&["do n0 ask n1 1", "crash n0"], "timeout 1.0", "no call 1.0 is waiting"),
    (&[], "finish 1.0", "no disk write 1.0 is under way"),
    (&["do n0 flush", "pause n0"], "finish 1.0", "n0 is paused"),
    (&["do n0 flush", "finish 1.0"], "fail 1.0", "no disk write 1.0 is under way"),
    (&["do n0 flush", "pause n0"], "fail 1.0", "n0 is paused"),
    (&[], "do n0 fly", "Echo does not know `fly`"),
    (&[], "do c4 put 1", "there is no c4"),
    (&["crash n0"], "do n0 put 1", "n0 is crashed"),
    (&["do n0 die"], "do n0 put 1", "n0 stopped itself: told to"),
    (&["crash n0"], "crash n0", "n0 is down already"),
    (&["do n0 die"], "crash n0 power", "n0 is down already"),
    (&[], "crash n3", "there is no n3"),
    (&[], "restart n0", "n0 runs: crash it first"),
    (&["pause n0"], "restart n0", "n0 runs: crash it first"),
    (&[], "wipe n0", "n0 runs: crash it first"),
    (&["pause n0"], "pause n0", "n0 is paused"),
    (&["crash n0"], "pause n0", "n0 is crashed"),
    (&[], "resume n0", "n0 is not paused"),
    (&["crash n0"], "resume n0", "n0 is not paused"),
    (&[], "resume n5", "there is no n5"),
    (&["cut n0 n1"], "cut n0 n1", "n0→n1 is cut already"),
    (&[], "cut n0 n0", "n0 has no link to itself"),
    (&[], "cut n0 c3", "there is no c3"),
    (&["cut n0 n1"], "heal n1 n0", "n1→n0 is not cut"),
    (&[], "heal n4 n0", "there is no n4"),
    (&[], "shape n0 n1 5 4 0", "the least latency must not exceed the most, nor the loss a million"),
    (&[], "shape n0 n1 1 4 1000001", "the least latency must not exceed the most, nor the loss a million"),
    (&[], "shape n0 n0 1 4 0", "n0 has no link to itself"),
    (&[], "unshape n0 n5", "there is no n5"),
    (&["skew n0 3600000000"], "skew n0 1", "a clock is off by at most an hour"),
    (&[], "skew n6 1", "there is no n6"),
    (&[], "slow n6 1", "there is no n6"),
    (&[], "failnext n6", "there is no n6"),
    (&["failnext n0"], "failnext n0", "the disk of n0 is about to fail already"),
    (&[], "set speed 4", "there is no setting `speed`"),
    (&[], "set patienceMs 0", "patienceMs must be from 1 to 10000, not 0"),
    (&[], "set begins 2", "begins is fixed once the run has begun: only a new run can have another"),
    (
        &["crash n0"],
        "set begins 1",
        "begins is fixed once the run has begun: only a new run can have another",
    ),
    (&[], "draw n0 luck 4", "Echo draws for wait, pick, not for `luck`"),
    (&[], "draw n8 wait 4", "there is no n8"),
];

#[test]
fn what_is_not_legal_says_why_and_changes_nothing() {
    for (before, text, why) in TABLE {
        let mut cluster: Tcp = cluster();
        cluster.act(before);
        assert_eq!(cluster.refusal(text), *why, "{before:?}, then {text}");
        let digest = cluster.run_digest();
        assert!(cluster.apply_now(&crate::decision(text)).is_err());
        assert_eq!((cluster.run_digest(), cluster.step() as usize), (digest, before.len()));
    }
}

#[test]
fn what_is_legal_is_carried_out() {
    let all: &[&[&str]] = &[
        &[
            "do n0 ask n1 1",
            "hold 1.0",
            "release 1.0",
            "delay 1.0 5",
            "deliver 1.0",
            "drop 5.0",
            "timeout 1.0",
        ],
        &[
            "do n0 alarm 1 5",
            "fire n0 1",
            "do c0 alarm 1 5",
            "fire c0 1",
            "do n0 flush",
            "finish 5.0",
            "do n0 flush",
            "fail 7.0",
        ],
        &[
            "pause n0",
            "resume n0",
            "pause n0",
            "crash n0 torn",
            "wipe n0",
            "restart n0",
            "crash n0",
            "restart n0",
        ],
        &[
            "cut n0 c0",
            "heal n0 c0",
            "shape c0 n0 0 0 1000000",
            "unshape c0 n0",
            "skew n0 -3600000000",
            "slow n0 9",
        ],
        &["set patienceMs 9", "draw n0 wait 1 2", "draw c0 pick 3", "wait", "do n0 die", "restart n0"],
        &["do n0 ask n1 1", "crash n1", "deliver 1.0", "skew n1 5", "slow n1 5", "cut n0 n1"],
    ];
    for decisions in all {
        let mut cluster: Tcp = cluster();
        cluster.act(decisions);
        assert_eq!(cluster.step() as usize, decisions.len());
    }
    let mut datagrams: Datagrams = cluster();
    datagrams.act(&["do n0 tell n1 1", "dup 1.0", "dup 2.0", "deliver 3.0", "deliver 1.0", "drop 2.0"]);
    assert_eq!(datagrams.heard(1), [1, 1]);
}

#[test]
fn the_pending_list_offers_what_is_legal_and_greys_the_rest() {
    let mut cluster: Tcp = cluster();
    cluster.act(&["do n0 ask n1 1", "do n1 alarm 3 5", "do n1 flush", "do n2 later n0 2", "deliver 4.0"]);
    cluster.act(&["pause n1"]);
    let rows = cluster.pending(cluster.now());
    assert_eq!(rows.len(), 8, "a message, a call, an alarm, a write, four commands without answer: {rows:?}");
    let still = rows.iter().filter(|row| row.due_in_us.is_none() && !row.acts.is_empty());
    let still: Vec<&str> = still.map(|row| row.kind.as_str()).collect();
    assert_eq!(still, ["ASK", "alarm 3", "flush up to 0"], "at a paused node everything stands still");
    for row in rows {
        for (decision, refusal) in row.acts {
            assert_eq!(cluster.legal(&decision).err().map(|why| why.0), refusal);
        }
    }
}

#[test]
fn no_more_messages_than_the_limit_are_in_flight() {
    let mut cluster: Datagrams = cluster();
    cluster.watch(false);
    cluster.act(&["do n0 flood n1 60000", "do n0 flood n1 40000"]);
    assert_eq!(cluster.flights().count(), limits::FLIGHTS);
    assert_eq!(cluster.refusal("dup 1.0"), "more than 100000 messages would be in flight");
    cluster.act(&["do n0 tell n2 5"]);
    assert_eq!(cluster.report().ended, [(kernel::MsgId { step: 3, index: 0 }, sim::Ended::Lost)]);
    cluster.act(&["drop 1.7", "do n0 tell n2 5"]);
    assert_eq!((cluster.flights().count(), cluster.report().ended.len()), (limits::FLIGHTS, 0));

    let twice = kernel::NetConfig { duplicate_ppm: 1_000_000, ..kernel::NetConfig::default() };
    let mut copies: Datagrams = crate::with_net(twice);
    copies.watch(false);
    copies.act(&[
        "do n0 flood n1 30000",
        "do n0 flood n1 19999",
        "do n0 tell n1 1",
        "drop 1.0",
        "do n0 tell n1 1",
    ]);
    assert_eq!(copies.flights().count(), limits::FLIGHTS, "the message has room, its copy has not");
}

#[test]
fn a_command_has_a_length() {
    let cluster: Tcp = cluster();
    let put =
        |len: usize| kernel::Command { verb: "put".into(), args: vec!["1".into(), "x".repeat(len - 1)] };
    let give = |len| cluster.legal(&kernel::Decision::Command(crate::n(0), put(len)));
    assert_eq!(give(limits::COMMAND_CHARS), Ok(()));
    assert_eq!(
        give(limits::COMMAND_CHARS + 1).expect_err("too long").0,
        "a command has at most 10000 characters"
    );
}
