//! What the user does is told in the words of its buttons, and as the one thing that it is.

use kernel::{Decision, Setup};
use lab::{Action, Session};

fn decide(run: &mut dyn Session, text: &str) {
    let decision: Decision = text.parse().expect("a decision");
    run.act(Action::now(decision)).unwrap_or_else(|refusal| panic!("{text}: {refusal:?}"));
}

/// A run in which a message is on its way.
fn with_a_message(engine: &str) -> (Box<dyn Session>, String, String) {
    let mut run = lab::start(Setup::new(engine, 3)).expect("starts");
    loop {
        let at = run.status().now_us;
        if let Some(message) = run.pending(at).into_iter().find_map(|row| row.message) {
            let words = format!("{} {}→{}", message.kind, message.from, message.to);
            return (run, message.id.to_string(), words);
        }
        assert!(run.forward());
    }
}

#[test]
fn a_message_in_hand_is_told_by_its_kind_and_way() {
    let (mut run, id, words) = with_a_message("raft");
    for (decision, told) in [
        (format!("hold {id}"), format!("You hold the {words}.")),
        (format!("release {id}"), format!("You release the {words}.")),
        (format!("delay {id} 1500"), format!("You delay the {words} by 1.500 ms.")),
        (format!("dup {id}"), format!("You duplicate the {words}.")),
        (format!("drop {id}"), format!("You drop the {words}.")),
    ] {
        decide(&mut *run, &decision);
        assert_eq!(run.narration().to_string(), told);
    }
}

/// Every way between the two groups, one decision each, as the page gives them.
fn ways(verb: &str, one: &[u8], other: &[u8]) -> Vec<String> {
    let pairs = one.iter().flat_map(|a| other.iter().map(move |b| (a, b)));
    pairs.flat_map(|(a, b)| [format!("{verb} n{a} n{b}"), format!("{verb} n{b} n{a}")]).collect()
}

#[test]
fn a_partition_is_told_whole_and_so_is_its_end() {
    let mut run = lab::start(Setup::new("dledger", 1)).expect("starts");
    let cuts = ways("cut", &[0, 1], &[2, 3, 4]);
    for (done, cut) in cuts.iter().enumerate() {
        decide(&mut *run, cut);
        let told = run.narration().to_string();
        assert_eq!(told == "n0 n1 | n2 n3 n4 are cut apart.", done + 1 == cuts.len(), "{cut}: {told}");
    }
    let window = (0, 1_000_000);
    let faults = run.space_time(window).faults;
    assert_eq!(faults, [(0, String::from("cut n0 n1 | n2 n3 n4"))]);
    for heal in ways("heal", &[0, 1], &[2, 3, 4]) {
        assert_ne!(run.narration().to_string(), "Every link carries again.");
        decide(&mut *run, &heal);
    }
    assert_eq!(run.narration().to_string(), "Every link carries again.");
    let words: Vec<String> = run.space_time(window).faults.into_iter().map(|(_, words)| words).collect();
    assert_eq!(words, ["cut n0 n1 | n2 n3 n4", "heal all"]);
}

#[test]
fn single_cuts_are_told_one_by_one() {
    let mut run = lab::start(Setup::new("dledger", 1)).expect("starts");
    decide(&mut *run, "cut n0 n1");
    assert_eq!(run.narration().to_string(), "The link n0→n1 is cut.");
    decide(&mut *run, "cut n2 n3");
    let faults = |run: &mut dyn Session| run.space_time((0, 1_000_000)).faults;
    assert_eq!(faults(&mut *run), [(0, String::from("cut n0→n1, n2→n3"))]);
    decide(&mut *run, "heal n0 n1");
    assert_eq!(run.narration().to_string(), "The link n0→n1 carries again.");
}

#[test]
fn a_disk_that_fails_the_next_write_is_told_and_where_none_can_it_is_refused() {
    for engine in ["braft", "dledger"] {
        let mut run = lab::start(Setup::new(engine, 1)).expect("starts");
        decide(&mut *run, "failnext n1");
        assert_eq!(run.narration().to_string(), "The next write that n1 waits for will fail on its disk.");
        let chips: Vec<_> =
            run.ring(0).nodes.into_iter().filter_map(|node| node.chip.zip(Some(node.id.0))).collect();
        assert!(chips.contains(&("next write fails".to_owned(), 1)), "the picture says it too: {chips:?}");
        let again = run.legal(&"failnext n1".parse().expect("a decision")).expect_err("once is enough");
        assert_eq!(again.0, "the disk of n1 is about to fail already");
    }
    let run = lab::start(Setup::new("raft", 1)).expect("starts");
    let refusal = run.legal(&"failnext n0".parse().expect("a decision")).expect_err("it writes apart");
    assert_eq!(refusal.0, "what Raft writes at once does not fail here");
}
