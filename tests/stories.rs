//! The scenarios of the page's list: the `.scn` files under `tests/scenarios` as its run and its captions, in the form the
//! page opens. They are made here, so that the page needs no reader of scenarios; `GOLDEN=update` makes them anew.

use std::fs;
use std::path::{Path, PathBuf};

use scenario::Player;
use serde_json::{Value, json};

const SOURCES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios");
const PAGES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../web/public/scenarios");

/// The stories of an engine that a learner should see first, in order; others follow by name.
fn first(engine: &str) -> Vec<String> {
    let order = fs::read_to_string(Path::new(SOURCES).join(engine).join("order.txt"));
    order.unwrap_or_default().lines().map(|stem| format!("{engine}/{stem}")).collect()
}

/// The stories of an engine by their ids, in the order of the list.
fn of(engine: &str) -> Vec<(String, PathBuf)> {
    let mut found = Vec::new();
    for file in fs::read_dir(Path::new(SOURCES).join(engine)).expect("a folder an engine").flatten() {
        let path = file.path();
        let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        // `told_…` is there for what commands tell, not for readers of the page.
        if path.extension().is_some_and(|extension| extension == "scn") && !stem.starts_with("told_") {
            found.push((format!("{engine}/{stem}"), path));
        }
    }
    let order = first(engine);
    let rank = |id: &str| order.iter().position(|first| id == *first).unwrap_or(order.len());
    found.sort_by(|(a, _), (b, _)| rank(a).cmp(&rank(b)).then(a.cmp(b)));
    found
}

fn sources() -> Vec<(String, PathBuf)> {
    tests::names().flat_map(of).collect()
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
    for first in tests::names().flat_map(first) {
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
