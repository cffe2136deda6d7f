//! Files and links: what is written is read, what is damaged is told, nothing panics.

use kernel::{Decision, Record};
use lab::{ReplayError, Session};
use tests::{ENGINES, walk};

fn forked(engine: &str, seed: u64) -> Record {
    let (mut run, _) = walk(engine, seed, 150);
    run.seek(80);
    let in_flight =
        |run: &dyn Session| run.pending(run.status().now_us).into_iter().find_map(|row| row.message);
    while in_flight(&*run).is_none() {
        assert!(run.forward(), "something comes");
    }
    let id = in_flight(&*run).expect("a message is in flight").id;
    run.act(lab::Action::now(Decision::Drop(id))).expect("a message can be dropped");
    (0..70).for_each(|_| assert!(run.forward()));
    run.record()
}

#[test]
fn a_file_holds_the_whole_run() {
    for (engine, seed) in ENGINES.iter().flat_map(|engine| (0..12).map(move |seed| (engine, seed))) {
        let record = forked(engine, seed);
        let text = trace::write(&record);
        assert_eq!(trace::read(text.as_bytes()), Ok(record.clone()));
        let opened = lab::open(&record).expect("it replays");
        assert_eq!(opened.record(), record);
    }
}

#[test]
fn a_link_holds_the_branch_shown() {
    for (engine, seed) in ENGINES.iter().flat_map(|engine| (0..12).map(move |seed| (engine, seed))) {
        let record = forked(engine, seed);
        let unpacked = trace::unpack(&trace::pack(&record)).expect("it unpacks");
        let opened = lab::open(&unpacked).expect("it replays");
        let branch = &record.branches[record.shown as usize];
        assert_eq!(opened.status().tip, branch.tip);
        assert_eq!(opened.status().digest, branch.tip_digest);
    }
}

#[test]
fn a_changed_digest_is_told_with_its_step() {
    let record = forked("dledger", 3);
    for (branch, at) in [(0_usize, 0_usize), (0, 149), (1, 5)] {
        let mut changed = record.clone();
        changed.branches[branch].bytes[at] ^= 1;
        let step = changed.branches[branch].parent.map_or(0, |(_, step)| step)
            + u32::try_from(at).expect("small")
            + 1;
        match lab::open(&changed) {
            Err(ReplayError::Diverged { branch: b, step: s, .. }) => {
                assert_eq!((b as usize, s), (branch, step));
            }
            other => panic!("{:?} instead of the difference", other.err()),
        }
    }
}

#[test]
fn a_changed_action_is_told_at_the_first_step_that_differs() {
    let record = forked("dledger", 4);
    let (step, _) = record.branches[0].actions[10];
    let mut changed = record;
    changed.branches[0].actions.remove(10);
    match lab::open(&changed) {
        Err(ReplayError::Diverged { step: s, .. } | ReplayError::Refused { step: s, .. }) => {
            assert!(s >= step)
        }
        other => panic!("{:?} instead of the difference", other.err()),
    }
}

#[test]
fn another_engine_version_is_named() {
    let mut record = forked("dledger", 1);
    record.engine_version += 1;
    let text = trace::write(&record);
    assert_eq!(trace::read(text.as_bytes()).expect("it reads").engine_version, record.engine_version);
}

/// A small generator of our own, so that a failing case is a number.
fn random(state: &mut u64) -> usize {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    usize::try_from(*state >> 33).unwrap_or(0)
}

fn damage(bytes: &mut Vec<u8>, state: &mut u64) {
    for _ in 0..=random(state) % 4 {
        if bytes.is_empty() {
            return;
        }
        let at = random(state) % bytes.len();
        match random(state) % 5 {
            0 => bytes.truncate(at),
            1 => bytes[at] = (random(state) % 256) as u8,
            2 => bytes.insert(at, b"{}[],:\"0-9\n"[random(state) % 11]),
            3 => {
                bytes.remove(at);
            }
            _ => {
                let other = random(state) % bytes.len();
                bytes.swap(at, other);
            }
        }
    }
}

#[test]
fn any_bytes_end_in_a_value_or_an_error_with_its_place() {
    let record = forked("dledger", 2);
    let mut short = record.clone();
    short.branches.truncate(1);
    short.branches[0].actions.truncate(12);
    short.branches[0].bytes.truncate(24);
    short.branches[0].wholes.truncate(1);
    short.shown = 0;
    let (file, link) = (trace::write(&short).into_bytes(), trace::pack(&short));
    let (mut state, mut errors) = (1, 0_u32);
    for case in 0..100_000_u32 {
        let (mut bytes, is_file) =
            if case.is_multiple_of(2) { (file.clone(), true) } else { (link.clone(), false) };
        damage(&mut bytes, &mut state);
        let read = if is_file { trace::read(&bytes) } else { trace::unpack(&bytes) };
        if let Err(error) = read {
            errors += 1;
            assert!(error.line >= 1 && error.column >= 1 && !error.what.is_empty(), "case {case}: {error:?}");
            assert!(error.line <= bytes.len() + 1, "case {case}: {error:?}");
        }
    }
    assert!(errors > 30_000, "the damage did something: {errors}");
}

#[test]
fn damaged_runs_are_refused_without_a_panic() {
    let record = forked("dledger", 7);
    let text = trace::write(&record).into_bytes();
    let mut state = 9;
    for _ in 0..2000 {
        let mut bytes = text.clone();
        damage(&mut bytes, &mut state);
        if let Ok(record) = trace::read(&bytes)
            && record.branches.iter().all(|branch| branch.tip <= 10_000)
            && let Ok(session) = lab::open(&record)
        {
            // What still opens is a run like any other.
            assert!(session.status().step <= session.status().tip);
        }
    }
}
