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

/// Where the guard stands: its file, and from where to where in it.
fn place_of(engine: &str, id: &str, site: &Value) -> (String, usize, usize) {
    let field = |name: &str| site[name].as_str().unwrap_or_default();
    let text = field("text");
    let marks = (text.matches('⟦').count(), text.matches('⟧').count());
    assert_eq!(marks, (1, 1), "{id}: the guard is marked with ⟦ ⟧");
    let sources = format!("../crates/engines/{engine}/src");
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join(sources);
    let source = fs::read_to_string(sources.join(field("file"))).expect("the source can be read");
    let plain = text.replace(['⟦', '⟧'], "");
    let found = source.matches(&plain).count();
    assert_eq!(found, 1, "{id}: in {} its text occurs {found} times", field("file"));
    let before = text.find('⟦').expect("it is marked");
    let length = text.find('⟧').expect("it is marked") - before - '⟦'.len_utf8();
    let from = source.find(&plain).expect("it occurs") + before;
    (field("file").to_owned(), from, from + length)
}

/// How many guards the list of `engine` has, each with what a reader needs and a text that occurs once.
fn guards_of(engine: &str, list: &Value) -> usize {
    let (mut ids, mut places) = (BTreeSet::new(), BTreeSet::new());
    for guard in list["guards"].as_array().expect("a list") {
        let field = |name: &str| guard[name].as_str().unwrap_or_default().to_owned();
        let id = field("id");
        assert!(!id.is_empty() && ids.insert(id.clone()), "an id twice or none: {guard}");
        for name in ["handler", "spec"] {
            assert!(!field(name).is_empty(), "{id} has no {name}");
        }
        let also = guard["also"].as_array().into_iter().flatten();
        places.extend([guard].into_iter().chain(also).map(|site| place_of(engine, &id, site)));
    }
    // Guards on the very same text share a place; others cannot be flipped in one build.
    for (one, next) in places.iter().zip(places.iter().skip(1)) {
        assert!(one.0 != next.0 || one.2 <= next.1, "{engine}: two guards overlap: {one:?}, {next:?}");
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
