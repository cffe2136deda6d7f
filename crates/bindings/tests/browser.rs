//! What only a browser can show: the module loads there and answers.

#![cfg(target_arch = "wasm32")]

use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen_test]
fn the_version_is_the_workspaces() {
    assert_eq!(bindings::version(), env!("CARGO_PKG_VERSION"));
}
