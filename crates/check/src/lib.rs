//! Properties that must hold, checked after every event.
//!
//! [`Checks`] reads what engines tell ([`kernel::Fact`]), never their states, so it is the same for every system and
//! costs what an event changed. The first break of every rule is kept: the earliest one and the one a person
//! understands are often some steps apart.
#![no_std]

extern crate alloc;

mod checks;
mod forest;
mod history;
mod rule;
mod rules;
mod terms;

pub use checks::Checks;
pub use history::Did;
pub use rule::{Rule, RuleLight, RuleState, Violation};

#[cfg(test)]
mod tests;
