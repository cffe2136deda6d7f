//! What crosses crates.

mod determinism;
mod inspector;
mod stories;
mod timeline;
mod traces;
