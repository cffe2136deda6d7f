//! Limits on what a text may ask for. They bound time and memory whatever the text says.

/// Bytes of a scenario.
pub const TEXT_BYTES: usize = 1 << 20;
/// Lines of a scenario.
pub const LINES: usize = 20_000;
/// Characters of a line.
pub const LINE_CHARS: usize = 4_000;
/// Words of a command.
pub const WORDS: usize = 1_000;
/// How often a command may be repeated.
pub const TIMES: u32 = 100_000;
/// The longest span of time a text may name, microseconds: a day.
pub const SPAN_US: u64 = 86_400_000_000;
/// Steps that one command may take.
pub const STEPS: u32 = 2_000_000;
/// Messages and sentences remembered since the last `mark`.
pub const REMEMBERED: usize = 200_000;
