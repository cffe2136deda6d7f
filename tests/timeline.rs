//! Going back forgets nothing and changes nothing.

use kernel::Decision;
use lab::{Acted, Action};
use tests::{digests, names, walk};

#[test]
fn back_n_and_forward_n_is_the_same_from_any_point() {
    for (engine, seed) in names().flat_map(|engine| (0..20).map(move |seed| (engine, seed))) {
        let (mut run, _) = walk(engine, seed, 260);
        let tip = run.status().tip;
        let digests = digests(&mut *run);
        for (from, n) in [(tip, 1), (tip, 64), (tip, tip), (200, 199), (130, 7), (1, 1)] {
            run.seek(from);
            (0..n).for_each(|_| assert!(run.back()));
            assert_eq!(run.status().digest, digests[(from - n) as usize], "{engine} {seed}: {from} back {n}");
            (0..n).for_each(|_| assert!(run.forward()));
            assert_eq!(
                run.status().digest,
                digests[from as usize],
                "{engine} {seed}: {from} back {n} and forward"
            );
        }
        run.seek(0);
        assert!(!run.back(), "there is nothing before the boot");
    }
}

#[test]
fn far_seeks_agree_with_the_way_there() {
    let mut run = lab::start(kernel::Setup::new("dledger", 3)).expect("starts");
    let mut digests = vec![run.status().digest];
    for _ in 0..12_000 {
        assert!(run.forward());
        digests.push(run.status().digest);
    }
    for step in [0_u32, 1, 4095, 4096, 4097, 8191, 8192, 11_999, 12_000, 5000, 64] {
        run.seek(step);
        assert_eq!(run.status().digest, digests[step as usize], "step {step}");
    }
}

#[test]
fn acting_in_the_past_forks_and_keeps_both() {
    let (mut run, _) = walk("dledger", 5, 200);
    let old = run.record();
    let mut in_flight = |step: &u32| {
        run.seek(*step);
        let rows = run.pending(run.status().now_us);
        rows.into_iter().find_map(|row| row.message).map(|message| (*step, message))
    };
    let (past, first) = (100..160).find_map(|step| in_flight(&step)).expect("a message is in flight");
    let drop = Action::now(Decision::Drop(first.id));
    let acted = run.act(drop.clone()).expect("a message can be dropped");
    assert!(matches!(acted, Acted::Forked(1)), "{acted:?}");
    (0..30).for_each(|_| assert!(run.forward()));
    let branch = run.status().digest;
    run.switch(0, None).expect("the first branch stays");
    assert_eq!(run.record().branches[0], old.branches[0]);
    // The same act at the same place leads back to the branch it made.
    run.seek(past);
    assert!(matches!(run.act(drop), Ok(Acted::Returned(1))));
    run.seek(past + 31);
    assert_eq!(run.status().digest, branch);
}

#[test]
fn what_happened_anyway_does_not_fork() {
    let (mut run, _) = walk("dledger", 6, 120);
    for step in 0..120 {
        run.seek(step);
        let (at, decision) = run.next_step().expect("recorded");
        let acted = run.act(Action { at, decision }).expect("legal again");
        assert_eq!(acted, Acted::Followed, "step {step}");
    }
    assert_eq!(run.record().branches.len(), 1);
}

#[test]
fn the_diagram_of_a_leap_is_woven_anew() {
    for engine in names() {
        let mut run = lab::start(kernel::Setup::new(engine, 4)).expect("starts");
        let first = run.space_time((0, 1_000_000));
        run.race(40_000);
        let now = run.status().now_us;
        let window = (now - 1_000_000, now);
        let leapt = run.space_time(window);
        // The same window of a run that never had another diagram.
        let mut fresh = lab::start(kernel::Setup::new(engine, 4)).expect("starts");
        fresh.race(40_000);
        assert_eq!(leapt, fresh.space_time(window), "{engine}");
        assert!(!leapt.flights.is_empty() && leapt.flights != first.flights, "{engine}");
    }
}
