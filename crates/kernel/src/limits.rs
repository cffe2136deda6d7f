//! Limits on what a cluster may be asked to hold. They bound memory whatever a file or a hand asks for.

/// Nodes.
pub const NODES: u8 = 9;
/// Clients.
pub const CLIENTS: u8 = 9;
/// Messages in flight at once; a copy beyond it is refused, a send beyond it is lost.
pub const FLIGHTS: usize = 100_000;
/// Characters of a command's arguments together.
pub const COMMAND_CHARS: usize = 10_000;
/// Microseconds anything may be delayed or skewed by: an hour.
pub const SHIFT_US: u64 = 3_600_000_000;
/// A chance is counted in parts of this.
pub const PPM: u32 = 1_000_000;
