//! The scenario language: a story told in commands and captions, with what must be true along the way.
//!
//! [`parse`] reads a text, [`Scenario::print`] writes it back, [`run`] runs it to its end, a [`Player`] command by
//! command with the live run beside it.
//!
//! ```text
//! # Two of three are enough: a leader is elected while n2 is down.
//! cluster n0 n1 n2 engine=dledger seed=7
//! crash n2
//! expect within 3s any role LEADER
//! > do n0 append x; await last
//! expect outcome last SUCCESS index=0
//! finish
//! ```
//!
//! One command a line, or several separated by `;`. `# …` is a caption, told before the commands below it. A line
//! that begins with `>` is followed by indented lines: what its commands told when the file was written.

mod ast;
mod error;
mod lex;
pub mod limits;
mod parse;
mod parse_expect;
mod print;
mod run;
#[cfg(test)]
mod tests;
mod time;

pub use ast::*;
pub use error::{Place, ScenarioError};
pub use parse::parse;
pub use run::{Difference, Failure, Player, Report, Told, run, with_narration};
