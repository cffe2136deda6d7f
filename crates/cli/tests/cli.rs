//! The program as its users call it: what it prints and how it exits.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

const STORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/scenarios/dledger/first_election.scn");

fn quorumscope(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_quorumscope")).args(args).output().expect("the program starts")
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A file of this test's own.
fn file(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    fs::create_dir_all(&folder).expect("a folder for the test's files");
    folder.join(name)
}

fn saved(name: &str) -> (PathBuf, String) {
    let path = file(name);
    let ran = quorumscope(&["run", STORY, "--save", path.to_str().expect("a plain path")]);
    assert!(ran.status.success(), "{}", err(&ran));
    let text = fs::read_to_string(&path).expect("it was saved");
    (path, text)
}

#[test]
fn a_saved_run_replays() {
    let (path, _) = saved("replays.qtrace");
    let path = path.to_str().expect("a plain path");
    let told = quorumscope(&["replay", path]);
    assert!(told.status.success(), "{}", err(&told));
    assert!(out(&told).contains("all digests equal"), "{}", out(&told));
    let at = quorumscope(&["replay", path, "--at", "36"]);
    assert!(out(&at).contains("parse rule 6"), "{}", out(&at));
    assert!(out(&at).contains("n0 CANDIDATE T1"), "{}", out(&at));
    let late = quorumscope(&["replay", path, "--at", "99999"]);
    assert_eq!(late.status.code(), Some(2), "{}", err(&late));
}

/// Whatever the system: its story is run, saved, replayed to the same digests, looked at and drawn.
#[test]
fn every_engine_listed_runs_replays_and_is_drawn() {
    let listed = out(&quorumscope(&["engines"]));
    let names: Vec<&str> = listed.lines().filter_map(|line| line.split(' ').next()).collect();
    assert!(names.len() >= 3, "{listed}");
    for name in names {
        let path =
            |ending: &str| file(&format!("of_{name}.{ending}")).to_str().expect("a plain path").to_owned();
        let (story, trace, picture) = (path("scn"), path("qtrace"), path("svg"));
        let text = format!("cluster n0 n1 n2 engine={name} seed=7\nadvance 10s\ncrash n1\nadvance 5s\n");
        fs::write(&story, text).expect("it can be written");
        let told = [
            quorumscope(&["run", &story, "--save", &trace]),
            quorumscope(&["replay", &trace]),
            quorumscope(&["replay", &trace, "--at", "50"]),
            quorumscope(&["draw", &trace, "-o", &picture]),
        ];
        told.iter().for_each(|told| assert!(told.status.success(), "{name}: {}", err(told)));
        assert!(out(&told[1]).contains("all digests equal"), "{name}: {}", out(&told[1]));
        let drawn = fs::read_to_string(&picture).expect("it was drawn");
        assert!(["n0", "n1", "n2"].iter().all(|node| drawn.contains(node)), "{name}");
    }
}

#[test]
fn digests_that_a_trace_does_not_keep_are_not_called_equal() {
    let (path, text) = saved("poor.qtrace");
    let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with("{\"bytes\"")).collect();
    // The last line counts the lines.
    let count = |lines: &[&str]| format!("{{\"end\":{}}}", lines.len());
    let (last, rest) = (lines[lines.len() - 1], &lines[..lines.len() - 1]);
    assert_eq!(last, count(&[rest, &["the bytes"]].concat()));
    fs::write(&path, [rest.join("\n"), count(rest)].join("\n") + "\n").expect("it can be written");
    let told = quorumscope(&["replay", path.to_str().expect("a plain path")]);
    assert!(told.status.success(), "{}", err(&told));
    assert!(
        out(&told).contains("it keeps 0 digests") && !out(&told).contains("all digests equal"),
        "{}",
        out(&told)
    );
}

#[test]
fn every_decision_spelled_out_is_the_same_run() {
    let (path, text) = saved("recipe.qtrace");
    let spelled = quorumscope(&["replay", path.to_str().expect("a plain path"), "--expand"]);
    assert!(spelled.status.success(), "{}", err(&spelled));
    let schedule = file("schedule.qtrace");
    fs::write(&schedule, out(&spelled)).expect("it can be written");
    assert!(out(&spelled).matches("{\"do\"").count() > text.matches("{\"do\"").count());
    let replayed = quorumscope(&["replay", schedule.to_str().expect("a plain path")]);
    assert!(replayed.status.success(), "{}", err(&replayed));
}

#[test]
fn a_changed_digest_exits_1_and_names_the_step() {
    let (path, text) = saved("changed.qtrace");
    let at = text.find("{\"bytes\":\"").expect("there are digests") + "{\"bytes\":\"".len() + 2 * 9;
    let mut bytes = text.into_bytes();
    bytes[at] = if bytes[at] == b'0' { b'1' } else { b'0' };
    fs::write(&path, bytes).expect("it can be written");
    let told = quorumscope(&["replay", path.to_str().expect("a plain path")]);
    assert_eq!(told.status.code(), Some(1), "{}", err(&told));
    assert!(err(&told).contains("step 10 differs"), "{}", err(&told));
}

#[test]
fn a_run_of_another_engine_version_says_so_first() {
    let (path, text) = saved("older.qtrace");
    let name = "\"engine_version\":";
    let ours =
        text.split_once(name).and_then(|(_, rest)| rest.split_once(',')).expect("it names a version").0;
    let mut changed = text.replace(&format!("{name}{ours},"), &format!("{name}0,"));
    assert_ne!(changed, text);
    let at = changed.find("{\"bytes\":\"").expect("there are digests") + "{\"bytes\":\"".len();
    changed.replace_range(at..at + 2, if changed[at..].starts_with("00") { "11" } else { "00" });
    fs::write(&path, changed).expect("it can be written");
    let told = quorumscope(&["replay", path.to_str().expect("a plain path")]);
    assert_eq!(told.status.code(), Some(1));
    let said = err(&told);
    assert!(said.contains(&format!("made with DLedger 0; this program has {ours}")), "{said}");
    assert!(said.contains("step 1 differs"), "{said}");
}

#[test]
fn a_run_of_another_engine_version_that_takes_the_same_steps_is_told_too() {
    let (path, text) = saved("same.qtrace");
    let (before, rest) = text.split_once("\"engine_version\":").expect("it names a version");
    let (ours, after) = rest.split_once(',').expect("more follows");
    fs::write(&path, format!("{before}\"engine_version\":3,{after}")).expect("it can be written");
    let told = quorumscope(&["replay", path.to_str().expect("a plain path")]);
    assert!(told.status.success(), "{}", err(&told));
    let said = out(&told);
    assert!(said.starts_with(&format!("Made with DLedger 3; this program has DLedger {ours}.\n")), "{said}");
    assert!(said.contains("one branch") && said.contains("all digests equal"), "{said}");
}

/// As with `| head`: whoever reads has enough, and the program ends without a word.
#[test]
fn a_reader_that_goes_away_is_no_panic() {
    let (trace, _) = saved("unread.qtrace");
    let trace = trace.to_str().expect("a plain path");
    for args in [&["engines", "--json"][..], &["run", "--json", STORY], &["replay", "--json", trace]] {
        let mut program = Command::new(env!("CARGO_BIN_EXE_quorumscope"));
        let piped = program.args(args).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = piped.spawn().expect("the program starts");
        drop(child.stdout.take());
        let ended = child.wait_with_output().expect("it ends");
        assert_eq!(err(&ended), "", "{args:?}");
    }
}

#[test]
fn bad_input_exits_2_with_its_place() {
    let path = file("bad.qtrace");
    fs::write(&path, "{\"qtrace\":{\"version\":1,\n").expect("it can be written");
    let name = path.to_str().expect("a plain path");
    let told = quorumscope(&["replay", name]);
    assert_eq!(told.status.code(), Some(2));
    assert!(err(&told).starts_with(&format!("{name}:1:")), "{}", err(&told));

    let story = file("bad.scn");
    fs::write(&story, "# A story.\ncluster n0 n1 n2 engine=dledger\n  fly n0\n").expect("it can be written");
    let name = story.to_str().expect("a plain path");
    let told = quorumscope(&["run", name]);
    assert_eq!(told.status.code(), Some(2));
    assert!(err(&told).starts_with(&format!("{name}:3:3")), "{}", err(&told));

    let empty = file("empty.scn");
    fs::write(&empty, "# A story without anything in it.\n").expect("it can be written");
    let name = empty.to_str().expect("a plain path");
    let told = quorumscope(&["run", name]);
    assert_eq!(told.status.code(), Some(2));
    assert_eq!(err(&told).trim_end(), format!("{name}:1:1: there is no command in it"));

    assert_eq!(quorumscope(&["replay", "no such file"]).status.code(), Some(2));
    assert_eq!(quorumscope(&["replay", "https://example.org/#t=%%%"]).status.code(), Some(2));
}

#[test]
fn an_expectation_that_fails_exits_1_with_its_place() {
    let story = file("fails.scn");
    fs::write(&story, "cluster n0 n1 n2 engine=dledger\nexpect n0 role LEADER\n").expect("it can be written");
    let name = story.to_str().expect("a plain path");
    let told = quorumscope(&["run", name]);
    assert_eq!(told.status.code(), Some(1), "{}", err(&told));
    assert!(err(&told).starts_with(&format!("{name}:2:1")), "{}", err(&told));
}

#[test]
fn a_story_that_is_no_text_exits_2_with_the_place() {
    let story = file("no_text.scn");
    fs::write(&story, b"# Caf\xe9\n").expect("it can be written");
    let name = story.to_str().expect("a plain path");
    let told = quorumscope(&["run", name]);
    assert_eq!(told.status.code(), Some(2), "{}", err(&told));
    assert_eq!(err(&told).trim_end(), format!("{name}:1:6: this is not UTF-8 text"));
}

#[test]
fn pictures_are_drawn() {
    for (name, start) in [("ring.svg", b"<svg".as_slice()), ("ring.png", b"\x89PNG".as_slice())] {
        let path = file(name);
        let drawn = quorumscope(&["draw", STORY, "--at", "35", "-o", path.to_str().expect("a plain path")]);
        assert!(drawn.status.success(), "{}", err(&drawn));
        assert!(fs::read(&path).expect("it was drawn").starts_with(start), "{name}");
    }
    let told = quorumscope(&["draw", STORY, "-o", "ring.gif"]);
    assert_eq!(told.status.code(), Some(2));
    let late = quorumscope(&["draw", STORY, "--at", "99999", "-o", "late.svg"]);
    assert_eq!(late.status.code(), Some(2));
    assert!(err(&late).contains("step 99999 is after the last"), "{}", err(&late));
}

#[test]
fn the_picture_of_the_readme_is_what_the_program_draws() {
    let path = file("election.svg");
    let drawn = quorumscope(&["draw", STORY, "--at", "35", "-o", path.to_str().expect("a plain path")]);
    assert!(drawn.status.success(), "{}", err(&drawn));
    let kept = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/election.svg");
    if std::env::var("GOLDEN").is_ok_and(|what| what == "update") {
        fs::copy(&path, kept).expect("it can be written");
    }
    let same = fs::read(&path).expect("drawn") == fs::read(kept).unwrap_or_default();
    assert!(same, "docs/election.svg is stale: run the tests with GOLDEN=update");
}

#[test]
fn the_engines_are_listed() {
    let listed = quorumscope(&["engines"]);
    for engine in lab::ENGINES {
        let name = format!("{} ", engine.name);
        assert!(out(&listed).lines().any(|line| line.starts_with(&name)), "{}", out(&listed));
    }
    assert!(out(&quorumscope(&["engines", "--json"])).contains("\"verb\":\"append\""));
}
