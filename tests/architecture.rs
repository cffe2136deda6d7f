//! The map tells the truth: every test that ARCHITECTURE.md names is there, and every crate is on it.

use std::fs;
use std::path::{Path, PathBuf};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

fn sources(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let name = entry.file_name();
        if path.is_dir() && name != "target" && name != "node_modules" {
            sources(&path, out);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            out.push(path);
        }
    }
}

/// What stands between backticks in the numbered list.
fn named_tests(text: &str) -> Vec<String> {
    let list = text.split("## Invariants").nth(1).expect("there is a list of invariants");
    let quoted = list.split('`').skip(1).step_by(2);
    let is_test =
        |name: &&str| name.contains('_') && name.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    quoted.filter(is_test).map(str::to_owned).collect()
}

#[test]
fn every_invariant_names_tests_that_exist() {
    let text = fs::read_to_string(Path::new(ROOT).join("ARCHITECTURE.md")).expect("it is there");
    let mut files = Vec::new();
    sources(&Path::new(ROOT).join("crates"), &mut files);
    sources(&Path::new(ROOT).join("tests"), &mut files);
    let code: String = files.iter().filter_map(|file| fs::read_to_string(file).ok()).collect();
    let named = named_tests(&text);
    assert!(named.len() >= 18, "{named:?}");
    for name in named {
        assert!(code.contains(&format!("fn {name}(")), "ARCHITECTURE.md names {name}, which is no test");
    }
}

#[test]
fn every_crate_is_on_the_map() {
    let text = fs::read_to_string(Path::new(ROOT).join("ARCHITECTURE.md")).expect("it is there");
    for entry in fs::read_dir(Path::new(ROOT).join("crates")).expect("there are crates").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        assert!(text.contains(&format!("| `{name}")), "crates/{name} is not on the map");
    }
}
