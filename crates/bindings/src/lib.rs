//! The wasm-bindgen face of the lab and the canvas painter.
//!
//! Compiled once with all engines, each of which becomes a part that the page adds when it is chosen. The live demo
//! starts with what it runs of one engine; what acts on a run, inspects, saves and opens it (`whole`) comes later.

mod given;
mod lab;
pub mod painter;
mod pictures;
mod plain;
#[cfg(feature = "whole")]
mod whole;

use wasm_bindgen::prelude::*;

pub use crate::lab::Lab;

/// A run: of any engine, behind one face.
type Run = Box<dyn ::lab::Session>;

/// Starts a run.
fn start(setup: kernel::Setup) -> Result<Run, JsValue> {
    #[cfg(feature = "parts")]
    whole::here(&setup.engine)?;
    ::lab::start(setup).map_err(|e| plain::error("badSetup", &e.to_string(), None))
}

/// The version of this build; traces and links carry it.
#[wasm_bindgen]
#[must_use]
pub fn version() -> String {
    env!("CARGO_PKG_VERSION").to_owned()
}
