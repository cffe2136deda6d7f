//! What crosses crates.

mod architecture;
mod determinism;
mod guards;
mod inspector;
mod stories;
mod timeline;
mod traces;
