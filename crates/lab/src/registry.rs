//! The engines there are. Adding one is a line here.

use kernel::{Engine, EngineInfo, Record, Setup};

use crate::run::Run;
use crate::session::{ReplayError, Session};

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

/// Every engine of this build, in the order of the page's list. A `const` would be compiled again by who uses it, and
/// with it all of every engine.
pub static ENGINES: &[Entry] = &[
    #[cfg(feature = "dledger")]
    entry::<engine_dledger::DLedger>("dledger"),
    #[cfg(feature = "raft")]
    entry::<engine_raft::Raft>("raft"),
    #[cfg(feature = "braft")]
    entry::<engine_braft::Braft>("braft"),
];

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
