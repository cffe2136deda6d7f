//! Views made by hand for references and specimen sheets: one cluster of five at one instant, and every element.

mod ring;

pub use ring::{crowd, repair, skirmish};
