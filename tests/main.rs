//! What crosses crates.

mod determinism;
mod stories;
mod timeline;
mod traces;
