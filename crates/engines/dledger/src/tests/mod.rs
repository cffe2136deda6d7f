//! Scenarios of the specification's Annex B on a small pump.

mod chaos;
mod elections;
mod logs;
mod pump;
mod transfers;
