#![doc = include_str!("../LANGUAGE.md")]
//!
//! # In this crate
//!
//! [`parse`] reads a text, [`read`] a file, [`Scenario::print`] writes it back, [`run`] runs it to its end, a [`Player`] command by
//! command with the live run beside it. Reading is total: any bytes end in a scenario or in an error with their place.

mod ast;
mod error;
mod lex;
pub mod limits;
mod parse;
mod parse_cluster;
mod parse_expect;
mod print;
mod run;
#[cfg(test)]
mod tests;
mod time;

pub use ast::*;
pub use error::{Place, ScenarioError};
pub use parse::{parse, read};
pub use run::{Difference, Failure, Player, Report, Told, run, with_narration};
