//! Runs are the same under Node as anywhere.
#![cfg(target_arch = "wasm32")]

mod walks;
