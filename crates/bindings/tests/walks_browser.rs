//! Runs are the same in a browser as anywhere.
#![cfg(target_arch = "wasm32")]

mod walks;

wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);
