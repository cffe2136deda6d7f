//! The wasm-bindgen face of the lab and the canvas painter.
//!
//! Compiled once for each engine. The live demo starts with the part of its module that it runs; what acts on a run,
//! inspects, saves and opens it comes with the rest.

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
