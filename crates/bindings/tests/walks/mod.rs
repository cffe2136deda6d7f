//! The thousand walks of each engine of the determinism test, here in wasm: `tests/determinism` makes them natively.

use wasm_bindgen_test::wasm_bindgen_test;

const GOLDEN: &str = include_str!("../../../../tests/determinism/walks.txt");

#[wasm_bindgen_test]
fn a_thousand_walks_of_each_engine_reach_the_digests_of_the_native_run() {
    assert_eq!(tests::walks_reached(tests::WALKS), GOLDEN);
}
