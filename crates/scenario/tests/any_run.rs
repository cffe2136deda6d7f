//! Whatever a scenario that reads asks for, running it comes to an end: a report, never a panic.

use proptest::prelude::*;
use scenario::{parse, run};

const START: &str = "cluster n0 n1 n2 engine=dledger seed=7 profile=";

/// Lines that change a run, and some that look at it.
const LINES: &[&str] = &[
    "do n0 append a; do n1 append b; do n2 append c",
    "do c0 append x; await last max=3s",
    "do n0 get 0; do n1 metadata; transfer n0 n2",
    "do n0 batch a b c; do n2 vote_request leader=n1 term=5 end=3,3",
    "do n1 heart_beat leader=n0 term=9; do n1 push type=TRUNCATE leader=n0 term=3 pre=1,-1",
    "do n1 push type=APPEND leader=n0 term=3 entries=0:1:a,1:1:b",
    "preset n0 log [0a 1b]; preset n1 term 3; preset n2 vote n1; preset n0 role candidate",
    "draw n0 delay 300 5; tick n0 3",
    "tick n1; tick n2 2",
    "campaign n1",
    "fire n0 StateMaintainer",
    "timeout n0->n1",
    "advance 3s",
    "advance 700ms",
    "at 900ms",
    "settle max=2s",
    "settle among n0 n1 max=2s",
    "step 5",
    "deliver *; deliver answer *",
    "drop * all; drop answer * n0->* all",
    "hold * all; hold answer * all",
    "release * all; release answer * all",
    "delay * by 40ms",
    "dup *",
    "lose next 3 *; lose every 3 answer *",
    "catch next 2 answer *; lose off",
    "catch off",
    "cut n0 | n1 n2",
    "cut n1->n2",
    "heal",
    "shape n0->n1 latency=1ms..500ms loss=0.5; unshape n1->n0",
    "crash n0",
    "crash n1 power",
    "crash n2 torn",
    "restart n0",
    "restart n1; restart n2",
    "reboot n0 n1 n2",
    "wipe n1",
    "pause n0",
    "resume n0",
    "skew n1 +5s",
    "skew n1 -5s",
    "slow n0 1s",
    "write n0 ok",
    "write n0 fails",
    "set heartBeatTimeIntervalMs 100",
    "mark",
    "await all max=1s",
    "run until any role LEADER max=9s",
    "expect sent * >= 0; expect in flight * >= 0; expect all term >= 0",
    "expect never for 1s n0 term 99",
    "repeat 20 do n0 append w then step",
    "finish max=20s",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn running_comes_to_an_end(v4 in any::<bool>(), picks in prop::collection::vec(0..LINES.len(), 1..25)) {
        // A line that is not possible where it stands is left out, so that the story goes on.
        let mut text = format!("{START}{}\n", if v4 { "V4" } else { "V3" });
        for rule in ["Log matching", "Completeness", "State machine", "Committed stays", "Append-only",
            "Commit grows", "Term grows", "One vote", "Election safety"] {
            text.push_str(&format!("allow {rule}\n"));
        }
        for at in picks {
            let with = format!("{text}{}\n", LINES.get(at).copied().unwrap_or_default());
            let scenario = parse(&with).map_err(|error| TestCaseError::fail(error.to_string()))?;
            if run(&scenario, &mut |_, _| {}).failure.is_none() {
                text = with;
            }
        }
        let scenario = parse(&text).map_err(|error| TestCaseError::fail(error.to_string()))?;
        let (once, twice) = (run(&scenario, &mut |_, _| {}), run(&scenario, &mut |_, _| {}));
        prop_assert_eq!(once.narrate(), twice.narrate());
        prop_assert!(once.failure.is_none());
    }
}
