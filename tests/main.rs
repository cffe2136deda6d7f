//! What crosses crates.

mod architecture;
mod conformance;
mod determinism;
mod guards;
mod inspector;
mod stories;
mod timeline;
mod traces;
