//! The lists of guards that `cargo run -p xtask -- guards` flips cannot rot: the code they name is there.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;

fn list_of(engine: &str) -> Value {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("guards").join(format!("{engine}.json"));
    let text =
        fs::read_to_string(file).unwrap_or_else(|error| panic!("{engine} has no list of guards: {error}"));
    serde_json::from_str(&text).expect("the list is JSON")
}

fn occurs_once(engine: &str, id: &str, site: &Value) {
    let field = |name: &str| site[name].as_str().unwrap_or_default();
    let text = field("text");
    let marks = (text.matches('⟦').count(), text.matches('⟧').count());
    assert_eq!(marks, (1, 1), "{id}: the guard is marked with ⟦ ⟧");
    let sources = format!("../crates/engines/{engine}/src");
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join(sources);
    let source = fs::read_to_string(sources.join(field("file"))).expect("the source can be read");
    let found = source.matches(&text.replace(['⟦', '⟧'], "")).count();
    assert_eq!(found, 1, "{id}: in {} its text occurs {found} times", field("file"));
}

/// How many guards the list of `engine` has, each with what a reader needs and a text that occurs once.
fn guards_of(engine: &str, list: &Value) -> usize {
    let mut ids = BTreeSet::new();
    for guard in list["guards"].as_array().expect("a list") {
        let field = |name: &str| guard[name].as_str().unwrap_or_default().to_owned();
        let id = field("id");
        assert!(!id.is_empty() && ids.insert(id.clone()), "an id twice or none: {guard}");
        for name in ["handler", "spec"] {
            assert!(!field(name).is_empty(), "{id} has no {name}");
        }
        occurs_once(engine, &id, guard);
        for site in guard["also"].as_array().into_iter().flatten() {
            occurs_once(engine, &id, site);
        }
    }
    ids.len()
}

/// The file says how many there are: one that is taken out is taken out there too.
#[test]
fn the_text_of_every_guard_occurs_once_and_no_list_shrinks() {
    for engine in tests::names() {
        let list = list_of(engine);
        let found = guards_of(engine, &list);
        assert!(
            found > 0 && list["count"] == found,
            "{engine}: {found} guards are listed, not {}",
            list["count"]
        );
    }
}
