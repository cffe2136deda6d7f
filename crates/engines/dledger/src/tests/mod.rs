//! Scenarios of the specification's Annex B on a small pump.

mod elections;
mod logs;
mod pump;
mod transfers;
