//! What crosses crates.

mod architecture;
mod determinism;
mod guards;
mod inspector;
mod presets;
mod stories;
mod timeline;
mod traces;
