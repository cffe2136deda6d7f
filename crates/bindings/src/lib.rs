//! The wasm-bindgen face of the lab and the canvas painter.
//!
//! Compiled twice for each engine: the live demo starts with the small module, and what acts on a run, inspects,
//! saves and opens it comes with the `whole` one when somebody first asks for that.

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
#[cfg(feature = "whole")]
type Run = Box<dyn ::lab::Session>;
/// The demo's run: its engine is known, so that the linker leaves out what the demo does not call.
#[cfg(not(feature = "whole"))]
type Run = ::lab::Run<engine_dledger::DLedger>;

#[cfg(feature = "whole")]
use whole::start;

#[cfg(not(feature = "whole"))]
fn start(setup: kernel::Setup) -> Result<Run, JsValue> {
    Run::new(setup).map_err(|e| plain::error("badSetup", &e.to_string(), None))
}

/// The version of this build; traces and links carry it.
#[wasm_bindgen]
#[must_use]
pub fn version() -> String {
    env!("CARGO_PKG_VERSION").to_owned()
}
