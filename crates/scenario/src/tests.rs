//! Reading and printing: every verb, what is wrong is said with its place, and any bytes come to an end.

use proptest::prelude::*;

use crate::{parse, read};

const START: &str = "cluster n0 n1 n2 engine=dledger seed=7\n";

/// A line of every kind; each reads back from its printed form.
const EVERY: &[&str] = &[
    "cluster n0 n1 n2 engine=dledger seed=7 latency=1ms..5ms loss=0.05 duplicate=1 fifo=true clients=2 profile=V4 a.b=\"n0;n2\"",
    "allow State machine",
    "allow \"Log matching\"",
    "do n0 append x; do c0 append \"x y\" x=1 then [0a] | \"then\"",
    "first = propose n0 \"\"; second = read n0 0; transfer n0 n2; do n0 \"a=b\" \"#c\" #1",
    "preset n0 n1 log [0a 0b 1:7]; preset n2 term 3; preset n1 role follower n0; preset n0 log []",
    "draw n0 delay 300 500 18446744073709551615",
    "tick n0 3; tick c0; campaign n1; fire n0 StateMaintainer; fire n0 \"a timer\"; timeout n0->n1",
    "advance 3s; at 5ms; step; step 4; settle; settle among n0 c1 quiet=1.5s max=10s",
    "deliver VOTE n0->n1; drop answer * n0->*; dup 17.0; hold PUSH all; release * *->n1 last",
    "delay APPEND n0->n1 \"1@0\" #2 by 5ms",
    "lose VOTE n2->*; catch next answer PUSH; lose next 3 PUSH; lose every 3 PUSH n0->n1 COMPARE; lose off; catch off",
    "lose next 1 5",
    "cut n0->n1; cut n0 -> n1 n2; cut n0 | n1 n2 | c0; cut n0; heal; heal n0 | n1",
    "shape n0->n1 latency=1ms..5ms loss=0.1; unshape n0->n1",
    "crash n0 n1 power; crash n0; crash n2 torn; restart n0; reboot n0 n1; pause n0; resume n0; wipe n0",
    "skew n0 +5s; skew n0 -1ms; slow n0 5ms; write n0 ok; write n0 fails; write n0 fails next; set a b; set a=b; set \"a b\" \"c;d\"",
    "mark; await last; await max=3s; await first max=10s; await all; await 1..3",
    "run until n0 role LEADER max=10s; run until in flight none; finish; finish max=20s",
    "expect n0 role LEADER term 0 log [0a 0b] committed >= -1 vote none x=\"a b\" y != 1..5 z < 3s w 1ms..2s",
    "expect all role FOLLOWER; expect any n0 n1 role LEADER; expect one role LEADER; expect no n1 role \"A B\"",
    "expect within 300ms..999ms n0 role LEADER; expect within 3s n0 term 1; expect never for 5s any role LEADER",
    "expect always 5s n0 a.b.c none",
    "expect in flight VOTE n0->n1 2; expect in flight none; expect sent COMPARE n0->n1 \"4\" >= 2",
    "expect answer VOTE n1->n0 REJECT_ALREADY_VOTED; expect answer VOTE n1->n0 ACCEPT 0",
    "expect sequence COMPARE n0->n1 \"4\" then answer COMPARE n1->n0 then * n0->n1",
    "expect told \"parse rule 4\"; expect not told x",
    "expect outcome 1 SUCCESS index=3 term=0 leader=n0 value=x took=1s..2s; expect outcome first none",
    "expect outcome last no answer; expect outcome 1..10 SUCCESS leader=none; expect outcome 2 503 index=none; expect outcome 3 503 index=-1; expect outcome all 502",
    "expect timer n0 StateMaintainer 6300ms..6999ms; expect timer n0 StateMaintainer off",
    "expect pill n0->n1 COMPARE; expect pointer n1 writeIndex 3; expect setting a b",
    "expect rule State machine broken; expect rule \"One vote\" holds; expect same log n0 n1",
    "expect rule Completeness broken step=19",
    "repeat 10 do n0 append x then await last then expect outcome last SUCCESS",
    "> settle; advance 3s  # and a comment",
    "advance 3s # a comment #",
];

#[test]
fn every_line_reads_back_from_its_printed_form() {
    for line in EVERY {
        let text = if line.starts_with("cluster") { (*line).to_owned() } else { format!("{START}{line}") };
        let read = parse(&text).unwrap_or_else(|error| panic!("{line}: {error}"));
        let printed = read.print();
        let again = parse(&printed).unwrap_or_else(|error| panic!("{printed}: {error}"));
        assert_eq!(again, read, "{line}\n{printed}");
        assert_eq!(again.print(), printed, "{line}");
    }
}

#[test]
fn captions_narration_and_blank_lines_stay() {
    let text = "# A story.\n#\n#  indented\n\ncluster n0 engine=dledger seed=1\n> settle\n  n0 LEADER\n    more\n\n  advance 3s\n";
    let read = parse(text).expect("a scenario");
    assert_eq!(read.print(), text.replace("\n  advance", "\nadvance"));
    assert_eq!(parse("\u{feff}"), parse("\u{feff}"));
}

#[test]
fn a_file_that_is_no_text_is_told_where_it_stops_being_one() {
    let told = |bytes: &[u8]| read(bytes).expect_err("it is no text").to_string();
    assert_eq!(told(b"\xff"), "1:1: this is not UTF-8 text");
    assert_eq!(
        told("# \u{e9}\n# \u{e9}n".as_bytes().iter().chain(b"\xc3(").copied().collect::<Vec<_>>().as_slice()),
        "2:5: this is not UTF-8 text"
    );
}

fn error_of(text: &str) -> String {
    parse(text).expect_err(text).to_string()
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    let after = |line: &str| error_of(&format!("{START}{line}"));
    assert!(error_of("advance 3s").starts_with("1:1: the first command is the cluster"));
    assert!(after(START).starts_with("2:1: a scenario has one cluster"));
    assert!(after("fly").starts_with("2:1: there is no command `fly`; there are"));
    assert_eq!(after("advance 3"), "2:9: `advance` needs a time such as 3s, 250ms or 40us, not `3`");
    assert_eq!(after("  step;  crash x"), "2:16: `crash` needs a node such as n0, not `x`");
    assert_eq!(after("advance 3s now"), "2:12: `advance` does not take `now`");
    assert_eq!(after("do n0 append \"x"), "2:14: this quote is not closed on its line: end the text with \"");
    assert_eq!(after("expect n0 log [0a"), "2:15: this `[` is not closed on its line: end the log with `]`");
    assert!(after("expect n0").contains("`expect` needs a field and its value"));
    assert!(after("delay VOTE n0->n1").contains("`by` and a time"));
    assert_eq!(
        error_of("cluster n0 n2 engine=dledger"),
        "1:12: nodes are named in order: n1 comes here, not n2"
    );
    assert!(
        error_of("cluster n0 seed=x engine=e")
            .starts_with("1:12: `cluster` needs a whole number as the seed")
    );
    assert!(after("repeat 3 cluster n0 engine=x").contains("cannot be repeated"));
    assert!(after("cut").contains("needs links"));
    assert!(after(";;").starts_with("2:1: a command is missing"));
    assert!(after("1st = do n0 append x").contains("a command's name is a word"));
}

#[test]
fn nothing_is_larger_than_it_may_be() {
    assert!(error_of(&"#\n".repeat(crate::limits::TEXT_BYTES)).contains("at most"));
    assert!(error_of(&"\n".repeat(crate::limits::LINES + 1)).contains("at most 20000 lines"));
    assert!(error_of(&"x".repeat(crate::limits::LINE_CHARS + 1)).contains("at most 4000 characters"));
    assert!(error_of(&format!("{START}do n0 append{}", " x".repeat(1001))).contains("at most 1000 words"));
    assert!(error_of(&format!("{START}advance 99999999s")).contains("needs a time"));
    assert!(error_of(&format!("{START}repeat 100001 step")).contains("from 1 to 100000"));
}

/// Words from which lines are made that are almost right.
const PARTS: &[&str] = &[
    "cluster",
    "n0",
    "n1",
    "n2",
    "c0",
    "engine=dledger",
    "expect",
    "run until",
    "within",
    "3s",
    "1s..2s",
    "role",
    "LEADER",
    "[0a 1:2]",
    "[",
    "]",
    "\"a b\"",
    "\"",
    "\\",
    ";",
    "|",
    "->",
    "n0->n1",
    "*->*",
    "#1",
    "#",
    "# x",
    "then",
    "repeat 2",
    "step",
    "do n0 append",
    "first =",
    "=",
    ">=",
    "max=3s",
    "answer",
    "VOTE",
    "*",
    "sent",
    "in flight",
    "sequence",
    "told",
    "outcome last",
    "none",
    "no answer",
    "lose",
    "next",
    "every 3",
    "off",
    "5",
    "-1",
    "all",
    "any",
    "last",
    "by",
    "timer",
    "pill",
    "rule",
    "broken",
    "same log",
    "> ",
    "\n",
    "\n  ",
    "allow x",
    "preset",
    "cut",
    "heal",
    "x=1",
    "x=\"y z\"",
    "\t",
    "é",
    "\u{1}",
    "\r",
    "settle among",
    "mark",
    "delay",
    "catch",
];

/// Of each of the five properties below: 100,000 texts in all.
const CASES: u32 = 20_000;

proptest! {
    #![proptest_config(ProptestConfig { cases: CASES, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_ends_in_a_scenario_or_an_error_with_its_place(text in "\\PC*|(?s).*") {
        come_to_an_end(text.as_bytes())?;
    }

    #[test]
    fn any_bytes_end_in_a_scenario_or_an_error_with_its_place(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        come_to_an_end(&bytes)?;
    }

    #[test]
    fn almost_right_lines_read_back_or_fail(parts in prop::collection::vec(0..PARTS.len(), 0..14)) {
        let words: Vec<&str> = parts.iter().filter_map(|at| PARTS.get(*at).copied()).collect();
        come_to_an_end(format!("{START}{}", words.join(" ")).as_bytes())?;
    }

    #[test]
    fn cut_and_mixed_lines_read_back_or_fail(
        of in 0..EVERY.len(), with in 0..EVERY.len(), from in 0..120_usize, to in 0..120_usize
    ) {
        let part = |at: usize| EVERY.get(at).copied().unwrap_or_default();
        let head: String = part(of).chars().take(from).collect();
        let tail: String = part(with).chars().skip(to).collect();
        come_to_an_end(format!("{START}{head}{tail}").as_bytes())?;
    }

    #[test]
    fn damaged_stories_read_back_or_fail(
        lines in prop::collection::vec(0..EVERY.len(), 1..5),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<Option<char>>(), any::<bool>()), 1..6),
    ) {
        let lines: Vec<&str> = lines.iter().filter_map(|at| EVERY.get(*at).copied()).collect();
        let mut story: Vec<char> = format!("{START}{}", lines.join("\n")).chars().collect();
        for (at, new, instead) in damage {
            let at = at.index(story.len());
            story.splice(at..at + usize::from(instead || new.is_none()), new);
            if story.is_empty() {
                break;
            }
        }
        come_to_an_end(story.into_iter().collect::<String>().as_bytes())?;
    }
}

fn come_to_an_end(bytes: &[u8]) -> Result<(), TestCaseError> {
    let text = String::from_utf8_lossy(bytes);
    match read(bytes) {
        Ok(read) => {
            let printed = read.print();
            let again = parse(&printed);
            prop_assert_eq!(again.as_ref(), Ok(&read), "{}", printed);
        }
        Err(error) => {
            let lines = u32::try_from(text.lines().count()).unwrap_or(u32::MAX);
            prop_assert!(error.at.line >= 1 && error.at.line <= lines.max(1), "{}", error);
            let line = text.lines().nth(error.at.line as usize - 1).unwrap_or_default();
            let past = u32::try_from(line.chars().count()).unwrap_or(u32::MAX).saturating_add(1);
            prop_assert!((1..=past).contains(&error.at.column), "{} in {:?}", error, line);
            prop_assert!(!error.what.is_empty(), "{}", error);
        }
    }
    Ok(())
}

const REFERENCE: &str = include_str!("../LANGUAGE.md");

#[test]
fn the_story_of_the_reference_goes_well() {
    let story =
        REFERENCE.split("```text\n").nth(1).and_then(|rest| rest.split("```").next()).expect("a story");
    let report = crate::run(&parse(story).expect("a scenario"), &mut |_, _| {});
    assert_eq!(report.failure, None);
}

#[test]
fn every_command_and_condition_of_the_reference_reads() {
    let mut seen = 0;
    let mut conditions = false;
    for line in REFERENCE.lines() {
        conditions |= line == "## Expectations";
        let Some(cell) = line.strip_prefix("| ").filter(|rest| rest.starts_with('`')) else { continue };
        let cell = cell.replace("\\|", "\u{1}");
        let cell = cell.split(" | ").next().unwrap_or_default().replace('\u{1}', "|");
        for example in cell.split('`').skip(1).step_by(2) {
            let example = example.replace("PATTERN", "VOTE n0->n1").replace("CONDITION", "n0 role LEADER");
            let verb = example.split(' ').next().unwrap_or_default().to_owned();
            let example = match verb.as_str() {
                "drop" | "dup" | "hold" | "release" if verb == example => format!("{verb} VOTE"),
                _ if conditions => format!("expect {example}"),
                _ => example,
            };
            let text = if verb == "cluster" { example.clone() } else { format!("{START}{example}") };
            assert!(parse(&text).is_ok(), "{example}: {:?}", parse(&text));
            seen += 1;
        }
    }
    assert!(seen > 70, "{seen}");
}
