//! The scenarios of the page's list: the `.scn` files under `tests/scenarios` as its run and its captions, in the form the
//! page opens. They are made here, so that the page needs no reader of scenarios; `GOLDEN=update` makes them anew.

use std::fs;
use std::path::{Path, PathBuf};

use scenario::Player;
use serde_json::{Value, json};

const SOURCES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios");
const PAGES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../web/public/scenarios");

/// The order of the list: what a learner should see first. Others follow by name.
const FIRST: &[&str] = &[
    "dledger/first_election",
    "dledger/refused_vote",
    "dledger/truncation",
    "dledger/preferred_leader",
    "dledger/committed_entry_lost",
    "raft/figure_7",
    "raft/figure_8",
    "raft/figure_8_e",
    "raft/disruptive_rejoin",
    "raft/harmless_rejoin",
    "raft/pre_vote_in_a_minority",
    "raft/removed_server",
    "raft/removed_server_and_check_quorum",
    "raft/removed_server_and_pre_vote",
    "raft/stale_lease_read",
    "raft/single_server_bug",
    "raft/two_leaders",
    "braft/configuration_as_no_op",
    "braft/seven_probes",
    "braft/blocked_and_probing",
    "braft/busy_is_a_longer_wait",
    "braft/a_dead_leader_is_missed_late",
    "braft/pre_vote_without_ears",
    "braft/leases_close_ears",
    "braft/reads_by_a_lease_alone",
    "braft/a_refusal_keeps_its_term",
    "braft/votes_asked_before_the_record",
    "braft/a_candidate_falls_back",
    "braft/a_leader_without_a_quorum",
    "braft/commit_before_the_leaders_disk",
    "braft/apply_before_the_own_disk",
    "braft/an_id_is_a_term_first",
    "braft/a_ballot_for_each_entry",
    "braft/old_entries_wait_for_a_new_one",
    "braft/yes_becomes_no",
    "braft/a_heartbeat_proves_little",
    "braft/one_answer_for_many",
    "braft/handover_and_its_answer",
    "braft/a_handover_given_up",
    "braft/out_of_order",
    "braft/out_of_order_kept",
    "braft/a_new_peer_catches_up",
    "braft/the_removed_leader_wakes_another",
    "braft/a_joint_change_with_a_dead_member",
    "braft/a_change_that_locks_everybody_out",
    "braft/snapshots_one_behind",
    "braft/a_follower_that_has_too_much",
    "braft/a_cut_below_what_is_applied",
    "braft/a_vote_by_an_old_look",
    "braft/two_leaders_in_one_term",
    "braft/a_leader_follows_in_its_own_term",
];

fn sources() -> Vec<(String, PathBuf)> {
    let mut found = Vec::new();
    for engine in fs::read_dir(SOURCES).expect("there are scenarios").flatten() {
        for file in fs::read_dir(engine.path()).expect("a folder an engine").flatten() {
            let path = file.path();
            let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
            // `told_…` is there for what commands tell, not for readers of the page.
            if path.extension().is_some_and(|extension| extension == "scn") && !stem.starts_with("told_") {
                found.push((format!("{}/{stem}", engine.file_name().to_string_lossy()), path));
            }
        }
    }
    let rank = |id: &str| FIRST.iter().position(|first| id == *first).unwrap_or(FIRST.len());
    found.sort_by(|(a, _), (b, _)| rank(a).cmp(&rank(b)).then(a.cmp(b)));
    found
}

/// The story as the page reads it: a title, a line about it, captions with the steps they stand for, and the run.
fn story(id: &str, path: &Path) -> (Value, Value) {
    let text = fs::read_to_string(path).expect("it can be read");
    let scenario = scenario::parse(&text).unwrap_or_else(|error| panic!("{id}: {error}"));
    let mut player = Player::new(scenario);
    let mut captions: Vec<(u32, u32, String)> = Vec::new();
    let mut heading = Vec::new();
    let mut last = 0;
    while let Some(told) = player.next() {
        if let Some(failure) = &told.failure {
            panic!("{id}: {failure}");
        }
        if heading.is_empty() {
            heading.clone_from(&told.captions);
        } else if !told.captions.is_empty() {
            captions.push((last, told.step, told.captions.join(" ")));
        } else if let Some((_, to, _)) = captions.last_mut() {
            *to = told.step;
        }
        last = told.step;
    }
    let title = heading.first().cloned().unwrap_or_else(|| id.to_owned());
    let about = heading.get(1..).unwrap_or(&[]).join(" ");
    let first = captions.first().map_or(last, |(from, _, _)| *from);
    captions.insert(0, (0, first, about.clone()));
    let session = player.into_session().expect("it has a cluster");
    let engine = session.info().name;
    let captions: Vec<Value> = captions
        .into_iter()
        .map(|(from, to, text)| json!({ "from": from, "to": to, "text": text }))
        .collect();
    let entry =
        json!({ "id": id, "engine": engine, "title": title, "about": about, "captions": captions.len() });
    let page = json!({
        "id": id, "engine": engine, "title": title, "about": about, "captions": captions,
        "trace": trace::write(&session.record()),
    });
    (entry, page)
}

fn compare(file: &Path, made: &str) {
    if std::env::var("GOLDEN").is_ok_and(|what| what == "update") {
        fs::create_dir_all(file.parent().expect("it has a folder")).expect("the folder can be made");
        fs::write(file, made).expect("it can be written");
    }
    let there = fs::read_to_string(file).unwrap_or_default();
    assert!(there == made, "{} is stale: run the tests with GOLDEN=update", file.display());
}

#[test]
fn the_pages_scenarios_are_what_the_files_tell() {
    let mut list = Vec::new();
    for (id, path) in sources() {
        let (entry, page) = story(&id, &path);
        compare(&Path::new(PAGES).join(format!("{id}.json")), &format!("{page}\n"));
        list.push(entry);
    }
    for first in FIRST {
        assert!(
            list.iter().any(|entry| entry["id"] == *first),
            "{first} is to be seen first, and is not there"
        );
    }
    compare(&Path::new(PAGES).join("index.json"), &format!("{}\n", json!(list)));
}

#[test]
fn every_caption_is_short_enough_to_read() {
    for (id, path) in sources() {
        let (_, page) = story(&id, &path);
        for caption in page["captions"].as_array().expect("a list") {
            let text = caption["text"].as_str().expect("a text");
            assert!(!text.is_empty() && text.chars().count() <= 420, "{id}: {text}");
        }
    }
}
