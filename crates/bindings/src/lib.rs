//! The wasm-bindgen face of the lab and the canvas painter.
//!
//! Compiled once with all engines, each of which becomes a part that the page adds when it is chosen. The live demo
//! starts with what it runs of one engine; what acts on a run, inspects, saves and opens it comes later.

mod given;
mod lab;
pub mod painter;
mod pictures;
mod plain;
mod whole;

use wasm_bindgen::prelude::*;

pub use crate::lab::Lab;

/// A run: of any engine, behind one face.
type Run = Box<dyn ::lab::Session>;

use whole::start;

/// The version of this build; traces and links carry it.
#[wasm_bindgen]
#[must_use]
pub fn version() -> String {
    env!("CARGO_PKG_VERSION").to_owned()
}
