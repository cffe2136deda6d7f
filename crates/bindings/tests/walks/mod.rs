//! The thousand walks of the determinism test, here in wasm: `tests/determinism` makes them natively.

use wasm_bindgen_test::wasm_bindgen_test;

const GOLDEN: &str = include_str!("../../../../tests/determinism/walks.txt");

#[wasm_bindgen_test]
fn a_thousand_walks_reach_the_digest_of_the_native_run() {
    let (digest, counts) = tests::walks_digest(0, tests::WALKS);
    assert_eq!(format!("{digest:016x}\n"), GOLDEN);
    assert!(counts.iter().all(|(_, count)| *count > 0), "{counts:?}");
}
