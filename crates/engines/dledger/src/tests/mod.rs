//! Scenarios of the specification's Annex B on a small pump.

mod chaos;
mod elections;
mod logs;
mod profiles;
mod pump;
mod transfers;
