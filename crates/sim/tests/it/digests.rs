//! Draws and digests: the same run is the same everywhere, and nothing that differs goes unseen.

use kernel::NetConfig;

use crate::{Datagrams, Hands, Tcp, cluster, with_net};

const WANDER: NetConfig =
    NetConfig { latency_us_min: 200, latency_us_max: 5000, loss_ppm: 100_000, duplicate_ppm: 0, fifo: false };

fn drawn(cluster: &Tcp, node: u8) -> &[u64] {
    &cluster.mind(node).drawn
}

#[test]
fn draws_depend_on_node_purpose_and_count_alone() {
    let mut one: Tcp = cluster();
    one.act(&["do n0 roll 0 3", "do n1 roll 0 3", "do n0 roll 1 3"]);
    let mut other: Tcp = cluster();
    other.act(&["do n0 roll 1 1", "do n2 roll 0 9", "do n0 roll 0 2", "do n0 roll 1 2", "do n0 roll 0 1"]);
    let (a, b) = (drawn(&one, 0), drawn(&other, 0));
    assert_eq!([a[0], a[1], a[2], a[3], a[4], a[5]], [b[1], b[2], b[5], b[0], b[3], b[4]]);
    assert_ne!(a[..3], a[3..], "another purpose");
    assert_ne!(a[..3], drawn(&one, 1)[..], "another node");
    let mut seed: Tcp = sim::Cluster::new(sim::Config::new(3, 8));
    seed.act(&["do n0 roll 0 3"]);
    assert_ne!(a[..3], drawn(&seed, 0)[..], "another seed");
}

#[test]
fn a_lost_message_leaves_the_draws_of_others_as_they_were() {
    let run = |dropped: bool| {
        let mut cluster: Tcp = with_net(WANDER);
        cluster.act(&["do n0 ask n1 1"]);
        if dropped {
            cluster.act(&["drop 1.0"]);
        } else {
            cluster.act(&["wait"]);
        }
        cluster.act(&[
            "do n0 ask n1 2",
            "do n2 ask n1 3",
            "do n1 ask n2 4",
            "do n2 roll 0 3",
            "do n1 roll 0 3",
        ]);
        let later = cluster.flights().filter(|flight| flight.id.step > 2);
        let fates: Vec<_> = later.map(|flight| (flight.id, flight.due, flight.doomed)).collect();
        (fates, drawn(&cluster, 1).to_vec(), drawn(&cluster, 2).to_vec())
    };
    assert_eq!(run(true), run(false));
}

#[test]
fn draws_of_a_node_go_on_after_its_restart() {
    let mut cluster: Tcp = cluster();
    cluster.act(&["do n0 roll 0 2"]);
    let first = drawn(&cluster, 0).to_vec();
    cluster.act(&["crash n0", "restart n0", "do n0 roll 0 2"]);
    assert_ne!(drawn(&cluster, 0), first);
}

#[test]
fn scripted_draws_come_first_and_count_as_none() {
    let mut free: Tcp = cluster();
    free.act(&["do n0 roll 0 2"]);
    let mut scripted: Tcp = cluster();
    scripted.act(&[
        "draw n0 wait 17 2000000",
        "draw n0 wait 5",
        "do n0 roll 1 1",
        "do n0 roll 0 4",
        "do n1 roll 0 1",
    ]);
    let (free, got) = (drawn(&free, 0), drawn(&scripted, 0));
    assert_eq!(got[1..], [17, 999_999, 5, free[0]], "kept within what was asked for");
    let report: Vec<(u8, u64)> = {
        let mut again: Tcp = cluster();
        again.act(&["draw n0 pick 3", "do n0 roll 1 1"]);
        again.report().drawn.iter().map(|(_, purpose, value)| (*purpose, *value)).collect()
    };
    assert_eq!(report, [(1, 3)]);
}

#[test]
fn a_run_twice_is_the_same_at_every_step() {
    let decisions =
        ["do n0 ask n1 1", "do n1 later n2 2", "pause n2", "do c0 ask n0 3", "do n0 roll 0 2", "resume n2"];
    let run = || {
        let mut cluster: Tcp = with_net(WANDER);
        let mut digests = vec![cluster.run_digest()];
        for text in decisions {
            cluster.act(&[text]);
            digests.push(cluster.run_digest());
        }
        while cluster.auto() {
            digests.push(cluster.run_digest());
        }
        digests
    };
    let (first, second) = (run(), run());
    assert!(first.len() > 10);
    assert_eq!(first, second);
    let mut distinct = first.clone();
    distinct.sort_unstable();
    distinct.dedup();
    assert_eq!(distinct.len(), first.len());
}

#[test]
fn watching_a_run_does_not_change_it() {
    let mut watched: Tcp = with_net(WANDER);
    let mut quick: Tcp = with_net(WANDER);
    quick.watch(false);
    for cluster in [&mut watched, &mut quick] {
        cluster.act(&["do n0 ask n1 1", "do n1 later n2 2", "do c0 ask n0 3"]).settle();
    }
    assert_eq!(watched.run_digest(), quick.run_digest());
    assert!(watched.report().happening.is_some() && quick.report().happening.is_none());
}

/// Two ways to do nearly the same in equally many steps.
const DIFFERENT: &[(&[&str], &[&str])] = &[
    // A draw more, the state being the same.
    (&["do n0 roll 0 1", "crash n0", "restart n0"], &["do n0 roll 1 1", "crash n0", "restart n0"]),
    (&["draw n0 wait 1"], &["draw n0 wait 2"]),
    // An instant.
    (&["do n0 ask n1 1", "delay 1.0 1"], &["do n0 ask n1 1", "delay 1.0 2"]),
    (&["skew n0 1"], &["skew n0 2"]),
    (&["slow n0 1"], &["slow n0 2"]),
    // A name.
    (&["do n0 ask n1 1", "wait"], &["wait", "do n0 ask n1 1"]),
    (
        &["do n0 later n1 1", "do n0 later n1 1", "deliver 1.0"],
        &["do n0 later n1 1", "do n0 later n1 1", "deliver 2.0"],
    ),
    // How a message stands.
    (&["do n0 ask n1 1", "hold 1.0"], &["do n0 ask n1 1", "wait"]),
    (&["do n0 ask n1 1"], &["do n0 later n1 1"]),
    (&["do n0 ask n1 1"], &["do n0 ask n2 1"]),
    // Links, settings, nodes, writes.
    (&["cut n0 n1"], &["cut n1 n0"]),
    (&["shape n0 n1 1 2 3"], &["shape n0 n1 1 2 4"]),
    (&["set patienceMs 7"], &["set patienceMs 8"]),
    (&["pause n0"], &["pause n1"]),
    (&["crash n0"], &["crash n1"]),
    (&["do n0 flush"], &["do n1 flush"]),
    (&["do n0 tell n1 1", "drop 1.0"], &["do n0 tell n2 1", "drop 1.0"]),
    (&["do n0 alarm 1 5"], &["do n0 alarm 1 6"]),
    (&["do n0 put 1"], &["do n0 put 2"]),
    // How a call takes a loss, that it was lost and when, that it was given up.
    (
        &["set brokenMs 2", "do n0 ask n1 1", "set brokenMs 0"],
        &["set brokenMs 3", "do n0 ask n1 1", "set brokenMs 0"],
    ),
    (
        &["set timeOuts false", "do n0 ask n1 1", "set timeOuts true", "drop 2.0"],
        &["wait", "do n0 ask n1 1", "wait", "drop 2.0"],
    ),
    (
        &["set brokenMs 2", "do n0 later n1 1", "do n0 later n1 1", "drop 2.0"],
        &["set brokenMs 2", "do n0 later n1 1", "do n0 later n1 1", "drop 3.0"],
    ),
    // A late answer that would wait at a cut, its call being forgotten.
    (
        &[
            "set timeOuts false",
            "do n0 later n1 1",
            "set timeOuts true",
            "deliver 2.0",
            "do n0 forget 1",
            "do n1 pay",
        ],
        &["wait", "do n0 later n1 1", "wait", "deliver 2.0", "do n0 forget 1", "do n1 pay"],
    ),
    (&["do n0 ask n1 1", "do n0 forget 1"], &["do n0 ask n1 1", "do n0 forget 2"]),
];

#[test]
fn what_differs_differs_in_the_run_digest() {
    for (one, other) in DIFFERENT {
        let run = |decisions: &[&str]| {
            let mut cluster: Tcp = cluster();
            cluster.act(decisions).run_digest()
        };
        assert_ne!(run(one), run(other), "{one:?} and {other:?}");
        assert_eq!(run(one), run(one));
    }
    let nets = [WANDER, NetConfig { loss_ppm: 7, ..WANDER }, NetConfig { fifo: true, ..WANDER }];
    let [a, b, c] = nets.map(|net| with_net::<true>(net).run_digest());
    assert!(a != b && b != c && a != c);
    let [a, b] = [7, 8].map(|seed| Tcp::new(sim::Config::new(3, seed)).run_digest());
    assert_ne!(a, b);
}

#[test]
fn a_later_instant_is_seen() {
    let mut cluster: Tcp = cluster();
    let mut later = cluster.clone();
    cluster.until_us(5);
    later.until_us(6);
    assert_ne!(cluster.run_digest(), later.run_digest());
    assert_eq!(cluster.state_digest(), later.state_digest());
}

#[test]
fn the_state_digest_sees_states_and_not_how_they_came() {
    let state = |decisions: &[&str]| {
        let mut cluster: Tcp = cluster();
        cluster.act(decisions).state_digest()
    };
    let same: &[(&[&str], &[&str])] = &[
        (&["skew n0 9", "slow n0 3"], &[]),
        (&["do n0 flush", "do n1 flush"], &["do n1 flush", "do n0 flush"]),
        (&["do n0 put 1", "do n1 put 2"], &["do n1 put 2", "wait", "do n0 put 1"]),
        (&["do n0 alarm 1 5"], &["do n0 alarm 1 6"]),
        (&["pause n0", "resume n0"], &[]),
    ];
    for (one, other) in same {
        assert_eq!(state(one), state(other), "{one:?} and {other:?}");
    }
    let different: &[(&[&str], &[&str])] = &[
        (&["do n0 flush"], &["wait"]),
        (&["do n0 ask n1 1"], &["do n0 ask n2 1"]),
        (&["cut n0 n1"], &["cut n1 n0"]),
        (&["crash n0"], &["pause n0"]),
        (&["set patienceMs 7"], &["set patienceMs 8"]),
        // A message that would wait, and one that would be lost.
        (&["do n0 ask n1 1", "set timeOuts false"], &["set timeOuts false", "do n0 ask n1 1"]),
        // Which of two calls has been answered.
        (
            &["do n0 later n1 1", "do n0 later n1 2", "deliver 1.0", "do n1 pay"],
            &["do n0 later n1 2", "do n0 later n1 1", "deliver 1.0", "do n1 pay"],
        ),
    ];
    for (one, other) in different {
        assert_ne!(state(one), state(other), "{one:?} and {other:?}");
    }
    let mut datagrams: Datagrams = cluster();
    let mut swapped = datagrams.clone();
    datagrams.act(&["do n0 tell n1 1", "do n2 tell n1 2"]);
    swapped.act(&["do n2 tell n1 2", "do n0 tell n1 1"]);
    assert_eq!(datagrams.state_digest(), swapped.state_digest());
}
