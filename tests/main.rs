//! What crosses crates.

mod determinism;
mod timeline;
mod traces;
