//! The numbers of a run.

use std::fs;
use std::path::Path;

use kernel::{Action, NetConfig, Setup, Time};
use lab::{Numbers, Session};
use scenario::Player;

/// Three nodes of Raft whose timers are far off; every message takes a millisecond.
fn three() -> Box<dyn Session> {
    let mut setup = Setup::new("raft", 1);
    setup.nodes = 3;
    setup.clients = 0;
    setup.net =
        NetConfig { latency_us_min: 1000, latency_us_max: 1000, loss_ppm: 0, duplicate_ppm: 0, fifo: false };
    setup.settings.push(("tick_us".to_owned(), "10000000".to_owned()));
    lab::start(setup).expect("it starts")
}

fn act(run: &mut dyn Session, at_ms: u64, decision: &str) {
    run.play(at_ms * 1000, u32::MAX);
    let action = Action { at: Time(at_ms * 1000), decision: decision.parse().expect("a decision") };
    run.act(action).expect(decision);
}

/// What is due by then is done; without anything due, the clock stands where it stood.
fn elections(run: &mut dyn Session, at_ms: u64) -> (u32, u32) {
    run.play(at_ms * 1000, u32::MAX);
    let Numbers { elections, undecided, .. } = run.numbers();
    (elections, undecided)
}

#[test]
fn an_election_is_over_when_somebody_leads_or_nobody_asks_in_its_term_any_more() {
    let mut run = three();
    assert_eq!(run.numbers(), Numbers::default());
    for way in ["n0 n1", "n1 n0", "n0 n2", "n2 n0"] {
        act(&mut *run, 0, &format!("cut {way}"));
    }
    act(&mut *run, 10, "do n0 campaign");
    assert_eq!(elections(&mut *run, 20), (1, 0), "nobody hears n0, but it still asks");
    act(&mut *run, 20, "do n1 campaign");
    assert_eq!(elections(&mut *run, 30), (1, 0), "n1 won the same term");
    act(&mut *run, 30, "do n0 campaign");
    act(&mut *run, 40, "do n0 campaign");
    assert_eq!(elections(&mut *run, 40), (3, 1), "term 2 brought nobody, term 3 runs");
    act(&mut *run, 50, "crash n0");
    assert_eq!(elections(&mut *run, 50), (3, 2), "who asked is gone");
}

#[test]
fn time_without_a_leader_is_that_in_which_no_node_led_however_many_did_at_others() {
    let mut run = three();
    act(&mut *run, 10, "do n0 campaign");
    // The votes are back after two milliseconds.
    act(&mut *run, 20, "cut n0 n1");
    for way in ["n1 n0", "n0 n2", "n2 n0"] {
        act(&mut *run, 20, &format!("cut {way}"));
    }
    assert_eq!(run.numbers().leaderless_us, 12_000);
    act(&mut *run, 30, "do n1 campaign");
    act(&mut *run, 50, "pause n2");
    assert_eq!(run.numbers().leaderless_us, 12_000, "n0 led all the time, and n1 too at its end");
    act(&mut *run, 60, "crash n0");
    act(&mut *run, 70, "crash n1");
    act(&mut *run, 90, "restart n1");
    assert_eq!(run.numbers().leaderless_us, 32_000);
    run.seek(0);
    assert_eq!(run.numbers(), Numbers::default(), "at the boot nothing has happened");
}

#[test]
fn messages_and_entries_are_counted() {
    let mut run = three();
    act(&mut *run, 10, "do n0 campaign");
    run.play(100_000, u32::MAX);
    // Two votes with their answers; the empty entry and its commit, each told to two and answered.
    let numbers = run.numbers();
    assert_eq!((numbers.messages, numbers.committed), (12, 1));
}

/// Repairs and probes at the end of a story.
fn mended(story: &str) -> (u64, u64) {
    let mut player = Player::new(scenario::parse(story).expect("a scenario"));
    while player.next().is_some() {}
    let Numbers { repairs, probes, .. } = player.session().expect("it has a cluster").numbers();
    (repairs, probes)
}

/// What the specifications say of the logs in the files, from their marks on where they have one.
#[test]
fn a_repair_takes_the_probes_that_the_specifications_count() {
    let table = [
        // Raft, section 13: R03a to f, each with one follower, then R07 and R08.
        ("paper/r03a_figure_7_one_entry_less", (1, 2)),
        ("paper/r03b_figure_7_many_entries_less", (1, 2)),
        // The first probe fits: nothing was refused, so there is no repair.
        ("paper/r03c_figure_7_one_entry_more", (0, 0)),
        ("paper/r03d_figure_7_entries_of_a_newer_term", (0, 0)),
        ("paper/r03e_figure_7_less_and_other_entries", (1, 2)),
        ("paper/r03f_figure_7_two_terms_of_its_own", (1, 2)),
        // All of them at once.
        ("paper/r03_figure_7", (4, 8)),
        ("scenarios/raft/figure_7", (4, 8)),
        ("fidelity/raft/r07_repair_by_the_leaders_hint", (1, 2)),
        ("fidelity/raft/r07s_repair_one_step_back_each_time", (1, 9)),
        ("fidelity/raft/r08_repair_by_the_followers_hint", (1, 3)),
        // The same logs by hashicorp's column of section 10: the rejects are at 9, 6, 5, … and at 9, 8, 7, …
        ("fidelity/raft/r07h_repair_by_the_last_index", (1, 7)),
        ("fidelity/raft/r08h_repair_by_the_last_index", (1, 7)),
        // R21: what is refused there is mended by a snapshot.
        ("fidelity/raft/r21_snapshot_catch_up", (0, 0)),
        // braft, S2: a 2, b 2, e 4, f 8; c and d none.
        ("fidelity/braft/s02_probing", (4, 16)),
        ("scenarios/braft/seven_probes", (4, 16)),
        // DLedger, B12 and B14: its probes are COMPAREs, and V3's TRUNCATE where nothing agrees.
        ("fidelity/dledger/b12_v3_conflict_in_the_middle", (1, 3)),
        ("fidelity/dledger/b12_v4_conflict_in_the_middle", (1, 2)),
        ("fidelity/dledger/b14a_v3_short_follower", (1, 2)),
        ("fidelity/dledger/b14a_v4_short_follower", (1, 2)),
        ("fidelity/dledger/b14b_v3_empty_follower", (1, 2)),
    ];
    for (file, counted) in table {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("{file}.scn"));
        let story = fs::read_to_string(path).expect("a text");
        let start = story.split_once("\nmark\n").map_or((0, 0), |(before, _)| mended(before));
        let end = mended(&story);
        assert_eq!((end.0 - start.0, end.1 - start.1), counted, "{file}");
    }
}

/// A leader that begins anew has refused answers of its own; those of its last term are nobody's.
#[test]
fn a_search_that_did_not_end_is_none() {
    let mut run = three();
    for what in ["do n0 preset log 1: 1: 1:", "do n1 preset log 1:", "do n2 preset log 1: 1: 1:"] {
        act(&mut *run, 0, what);
    }
    act(&mut *run, 10, "do n0 campaign");
    // Asked at 10, elected at 12, refused at 14: the second probe is lost.
    act(&mut *run, 14, "cut n0 n1");
    assert_eq!((run.numbers().repairs, run.numbers().probes), (0, 0));
    act(&mut *run, 20, "crash n0");
    act(&mut *run, 20, "restart n0");
    act(&mut *run, 20, "heal n0 n1");
    act(&mut *run, 30, "do n0 campaign");
    run.play(100_000, u32::MAX);
    assert_eq!((run.numbers().repairs, run.numbers().probes), (1, 2));
    let tip = run.status().tip;
    run.seek(0);
    assert_eq!(run.numbers().repairs, 0);
    run.seek(tip);
    assert_eq!(run.numbers().probes, 2);
}
