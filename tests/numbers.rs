//! The numbers of a run.

use kernel::{Action, NetConfig, Setup, Time};
use lab::{Numbers, Session};

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
