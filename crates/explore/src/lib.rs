//! Ways through a run that nobody planned: random schedules.
#![no_std]

extern crate alloc;

mod walk;

pub use walk::{Kind, Walker};
