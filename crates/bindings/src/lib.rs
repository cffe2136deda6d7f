//! The wasm-bindgen face of the lab and the canvas painter.

mod given;
mod lab;
mod menu;
pub mod painter;
mod pictures;
mod plain;
mod tables;

use wasm_bindgen::prelude::*;

pub use lab::Lab;

/// The version of this build; traces and links carry it.
#[wasm_bindgen]
#[must_use]
pub fn version() -> String {
    env!("CARGO_PKG_VERSION").to_owned()
}
