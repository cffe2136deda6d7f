//! Views made by hand for references and specimen sheets: one cluster of five at one instant, and every element.

mod log;
mod ring;
mod sheet;
mod time;

pub use log::{long_log, repair_log};
pub use ring::{crowd, election, repair, skirmish};
pub use sheet::elements;
pub use time::{branched, run, window};
