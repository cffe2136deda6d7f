//! What crosses crates.

mod architecture;
mod conformance;
mod determinism;
mod grain;
mod guards;
mod inspector;
mod known_breaks;
mod narration;
mod numbers;
mod presets;
mod raftscope;
mod rows;
mod settings;
mod shortest;
mod shown;
mod stories;
mod timeline;
mod traces;
