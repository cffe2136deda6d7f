//! What is wrong with a scenario's text, and where.

use std::fmt;

/// A place in a scenario's text, both from 1. Columns count characters.
#[derive(Clone, Copy, Debug, Default)]
pub struct Place {
    /// Line.
    pub line: u32,
    /// Column.
    pub column: u32,
}

/// A place says where something stood, not what it was: all places are equal, so that a scenario equals what its
/// printed form reads as.
impl PartialEq for Place {
    fn eq(&self, _: &Place) -> bool {
        true
    }
}

impl Eq for Place {}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// A text that is no scenario: where it stops being one, what is wrong there, and what would be right.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{at}: {what}")]
pub struct ScenarioError {
    /// Where.
    pub at: Place,
    /// What is wrong and what would be right, one sentence.
    pub what: String,
}

impl ScenarioError {
    pub(crate) fn new(at: Place, what: impl Into<String>) -> ScenarioError {
        ScenarioError { at, what: what.into() }
    }
}
