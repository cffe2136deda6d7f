//! What crosses crates.

mod architecture;
mod determinism;
mod inspector;
mod stories;
mod timeline;
mod traces;
