//! Trace files and links.
//!
//! A file (`*.qtrace`) is NDJSON: a header, branches, the user's actions, digests, an end. A link holds one branch,
//! packed. Both are read as untrusted: every size has a limit, nothing panics, errors name line and column.

mod file;
mod link;

pub use file::{FILE_BYTES_MAX, read, write};
pub use link::{LINK_BYTES_MAX, pack, unpack};

/// Why bytes are no trace: where, what is wrong, what would be right.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{line}:{column}: {what}")]
pub struct TraceError {
    /// Line, from 1. In a link: always 1.
    pub line: usize,
    /// Column, from 1. In a link: the byte, from 1.
    pub column: usize,
    /// What is wrong and what would be right.
    pub what: String,
}

impl TraceError {
    fn new(line: usize, column: usize, what: impl Into<String>) -> Self {
        TraceError { line, column, what: what.into() }
    }
}
