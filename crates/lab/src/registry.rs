//! The engines there are. Adding one is a line here, and the one in `Cargo.toml` that cargo needs to find it.

use kernel::{Engine, EngineInfo, Record, Setup};

use crate::run::Run;
use crate::session::{ReplayError, Session};

/// Calls a macro with every engine, in the order of the page's list: what it is called in files and links, its crate, and
/// its type there. The demo's comes first.
#[macro_export]
macro_rules! engines {
    ($take:ident) => {
        $take! {
            dledger: engine_dledger::DLedger,
            raft: engine_raft::Raft,
            braft: engine_braft::Braft,
        }
    };
}

macro_rules! named {
    ($($name:ident: $krate:ident::$engine:ident,)*) => { $(pub use $krate as $name;)* };
}

/// The engines themselves, for what is compiled for each: tests and benches. All else takes a [`Session`].
pub mod engines {
    engines!(named);
}

/// An engine that can be run.
#[derive(Clone, Copy)]
pub struct Entry {
    /// What it is called in files and links.
    pub name: &'static str,
    /// Its description.
    pub info: fn() -> &'static EngineInfo,
    start: fn(Setup) -> Result<Box<dyn Session>, ReplayError>,
    open: fn(&Record) -> Result<Box<dyn Session>, ReplayError>,
}

/// What an engine is run by. The functions are named after it, by which the page's build knows whose they are.
const fn entry<E: Engine + 'static>(name: &'static str) -> Entry {
    fn start<E: Engine + 'static>(setup: Setup) -> Result<Box<dyn Session>, ReplayError> {
        Ok(Box::new(Run::<E>::new(setup)?))
    }
    fn open<E: Engine + 'static>(record: &Record) -> Result<Box<dyn Session>, ReplayError> {
        Ok(Box::new(Run::<E>::open(record)?))
    }
    Entry { name, info: E::info, start: start::<E>, open: open::<E> }
}

#[cfg(feature = "all")]
macro_rules! listed {
    ($($name:ident: $krate:ident::$engine:ident,)*) => {
        &[$(entry::<$krate::$engine>(stringify!($name))),*]
    };
}

#[cfg(not(feature = "all"))]
macro_rules! listed {
    ($name:ident: $krate:ident::$engine:ident, $($others:tt)*) => {
        &[entry::<$krate::$engine>(stringify!($name))]
    };
}

/// Every engine of this build, in the order of the page's list. A `const` would be compiled again by who uses it, and
/// with it all of every engine.
pub static ENGINES: &[Entry] = engines!(listed);
fn find(name: &str) -> Result<&'static Entry, ReplayError> {
    ENGINES.iter().find(|entry| entry.name == name).ok_or_else(|| {
        let names: Vec<_> = ENGINES.iter().map(|entry| entry.name).collect();
        ReplayError::Setup(format!("there is no engine `{name}`; there are: {}", names.join(", ")))
    })
}

/// Starts a run.
///
/// # Errors
/// What of the setup is not possible.
pub fn start(setup: Setup) -> Result<Box<dyn Session>, ReplayError> {
    (find(&setup.engine)?.start)(setup)
}

/// Rebuilds a recorded run and compares every digest in the record.
///
/// # Errors
/// What does not fit, and the first step that differs.
pub fn open(record: &Record) -> Result<Box<dyn Session>, ReplayError> {
    (find(&record.setup.engine)?.open)(record)
}
