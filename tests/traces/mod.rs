//! Files and links: what is written is read, what is damaged is told, nothing panics.

use kernel::{Decision, Record};
use lab::{ReplayError, Session};
use tests::{names, walk};

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
    for (engine, seed) in names().flat_map(|engine| (0..12).map(move |seed| (engine, seed))) {
        let record = forked(engine, seed);
        let text = trace::write(&record);
        assert_eq!(trace::read(text.as_bytes()), Ok(record.clone()));
        let opened = lab::open(&record).expect("it replays");
        assert_eq!(opened.record(), record);
    }
}

#[test]
fn a_link_holds_the_branch_shown() {
    for (engine, seed) in names().flat_map(|engine| (0..12).map(move |seed| (engine, seed))) {
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

/// Pieces of traces, and what belongs to no text.
const PIECES: &[&[u8]] = &[
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b":",
    b"\"",
    b"\n",
    b"\r\n",
    b" ",
    b"0",
    b"7",
    b"-1",
    b"1e9",
    b"null",
    b"true",
    b"\\u0000",
    b"\"qtrace\"",
    b"\"branch\"",
    b"\"do\"",
    b"\"bytes\"",
    b"\"wholes\"",
    b"\"end\"",
    b"\"version\"",
    b"\"name\"",
    b"{\"branch\":{\"name\":\"main\",\"tip\":9,\"digest\":\"00000000000000aa\"}}\n",
    b"{\"end\":2}\n",
    b"{\"do\":[3,500,\"drop 1.0\"]}\n",
    b"{\"bytes\":\"00ff\"}\n",
    b"drop 17.0",
    b"dledger",
    b"ab12",
    b"\xff",
    b"\xc3\xa9",
    b"\x01",
    b"\x07dledger",
    b"\x80",
    b"\x00",
    b"\x0f",
    b"\x1f",
];

/// Anything at all: bytes, pieces of traces, or a trace that something happened to. `begin` makes it worth reading on.
fn anything(case: u32, valid: &[u8], begin: &[u8], state: &mut u64) -> Vec<u8> {
    let mut bytes = if random(state).is_multiple_of(2) { begin.to_vec() } else { Vec::new() };
    match case % 4 {
        0 => bytes.extend((0..random(state) % 200).map(|_| (random(state) % 256) as u8)),
        1 => (0..random(state) % 40).for_each(|_| bytes.extend(PIECES[random(state) % PIECES.len()])),
        _ => {
            bytes = valid.to_vec();
            damage(&mut bytes, state);
        }
    }
    bytes
}

fn short_run() -> Record {
    let mut short = forked("dledger", 2);
    short.branches.truncate(1);
    short.branches[0].actions.truncate(12);
    short.branches[0].bytes.truncate(24);
    short.branches[0].wholes.truncate(1);
    short.shown = 0;
    short
}

/// A text as JSON may write it: every sign as it is, or escaped in one of the ways there are. Also where each byte is.
fn written(text: &str, state: &mut u64) -> (String, Vec<usize>) {
    let (mut out, mut places) = (String::from("\""), Vec::new());
    for sign in text.chars() {
        places.extend(std::iter::repeat_n(out.len(), sign.len_utf8()));
        let must = matches!(sign, '"' | '\\') || sign < ' ';
        match random(state) % 3 {
            0 if !must => out.push(sign),
            1 if must && sign >= ' ' => out.extend(['\\', sign]),
            _ => {
                sign.encode_utf16(&mut [0; 2]).iter().for_each(|half| out.push_str(&format!("\\u{half:04x}")))
            }
        }
    }
    places.push(out.len());
    (out + "\"", places)
}

#[test]
fn a_wrong_decision_is_told_with_its_line_and_column() {
    let file = trace::write(&short_run());
    let head: Vec<&str> = file.lines().take(2).collect();
    assert!(head[1].starts_with("{\"branch\""), "{}", head[1]);
    let mut state = 5;
    for (good, bad) in [
        ("", "fly 1.0"),
        ("drop ", "17.x"),
        ("drop", ""),
        ("drop 17.0 ", "now"),
        ("do c0 put 变量=\"🦀\" ", "%zz"),
        ("do n0 \\\"/ ", "%2"),
        ("draw n0 poll 1 2 ", "é"),
        ("skew n1 ", "9999999999"),
        ("set 🦀 ", "\t%1"),
    ] {
        for _ in 0..50 {
            let (decision, places) = written(&format!("{good}{bad}"), &mut state);
            let (key, _) = written("do", &mut state);
            let gap = " ".repeat(random(&mut state) % 3);
            let before = format!("{gap}{{{key}{gap}:[3,{gap}500,{gap}");
            let text = format!("{}\n{}\n{before}{decision}]}}\n", head[0], head[1]);
            let error = trace::read(text.as_bytes()).expect_err("it is no decision");
            let column = before.len() + places[good.len()] + 1;
            assert_eq!((error.line, error.column), (3, column), "{error} in {before}{decision}");
        }
    }
}

#[test]
fn a_wrong_decision_in_a_link_is_told_with_its_byte() {
    let mut record = short_run();
    record.branches[0].actions.truncate(1);
    record.branches[0].actions[0].1.decision = Decision::Set("speed".to_owned(), "high".to_owned());
    let packed = trace::pack(&record);
    let at = |word: &[u8]| packed.windows(word.len()).position(|part| part == word).expect("it is there");
    for (word, wrong) in [(b"set ", b"sit "), (b"high", b"hi%h")] {
        let mut bytes = packed.clone();
        bytes[at(word)..at(word) + 4].copy_from_slice(wrong);
        let error = trace::unpack(&bytes).expect_err("it is no decision");
        assert_eq!((error.line, error.column), (1, at(word) + 1), "{error}");
    }
}

/// 100,000 files and as many links. Of both most are wrong, and many are right.
#[test]
fn any_bytes_end_in_a_value_or_an_error_with_its_place() {
    let (file, link) = (trace::write(&short_run()).into_bytes(), trace::pack(&short_run()));
    let header = file.split_inclusive(|byte| *byte == b'\n').next().expect("it has a line").to_vec();
    let (mut state, mut refused) = (1, [0_u32; 2]);
    for case in 0..100_000 {
        let bytes = anything(case, &file, &header, &mut state);
        if let Err(error) = trace::read(&bytes) {
            refused[0] += 1;
            let line = bytes.split(|byte| *byte == b'\n').nth(error.line.wrapping_sub(1));
            let line = line.unwrap_or_else(|| panic!("file {case}: {error} has no line"));
            assert!((1..=line.len() + 1).contains(&error.column), "file {case}: {error} in {line:?}");
            assert!(!error.what.is_empty(), "file {case}: {error}");
        }
        let bytes = anything(case, &link, &link[..20], &mut state);
        if let Err(error) = trace::unpack(&bytes) {
            refused[1] += 1;
            assert_eq!(error.line, 1, "link {case}: {error}");
            assert!((1..=bytes.len() + 1).contains(&error.column), "link {case}: {error} in {bytes:?}");
            assert!(!error.what.is_empty(), "link {case}: {error}");
        }
    }
    let some = |count: &u32| (60_000..99_500).contains(count);
    assert!(refused.iter().all(some), "some were right and most were wrong: {refused:?}");
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
