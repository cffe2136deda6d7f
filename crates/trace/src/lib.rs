//! Trace files and links.
