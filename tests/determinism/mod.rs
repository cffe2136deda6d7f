//! Same configuration and same decisions give the same digests, on every machine.

use std::fs;
use std::path::Path;

use tests::{WALKS, names, walk, walks_reached};

/// The digests that this machine, wasm under Node and a browser must all reach (`crates/bindings/tests`).
/// `GOLDEN=update` writes it anew, which is right only when an engine's behaviour changed and its version with it.
const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/determinism/walks.txt");

#[test]
fn a_thousand_walks_reach_the_written_digest() {
    let reached = walks_reached(WALKS);
    if std::env::var("GOLDEN").is_ok_and(|what| what == "update") {
        fs::write(Path::new(GOLDEN), &reached).expect("the golden file can be written");
    }
    let golden = fs::read_to_string(GOLDEN).expect("the golden file is there");
    assert_eq!(reached, golden, "run with GOLDEN=update when behaviour was meant to change");
}

#[test]
fn the_same_walk_twice_agrees_at_every_step() {
    for engine in names() {
        for seed in 0..40 {
            let (a, _) = walk(engine, seed, 300);
            let (b, _) = walk(engine, seed, 300);
            assert_eq!(a.record(), b.record(), "{engine} {seed}");
        }
    }
}
