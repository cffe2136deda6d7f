//! The engines there are. Adding one is a line here.

use kernel::{EngineInfo, Record, Setup};

use crate::run::Run;
use crate::session::{ReplayError, Session};

/// An engine that can be run.
#[derive(Clone, Copy)]
pub struct Entry {
    /// Its description.
    pub info: fn() -> &'static EngineInfo,
    start: fn(Setup) -> Result<Box<dyn Session>, ReplayError>,
    open: fn(&Record) -> Result<Box<dyn Session>, ReplayError>,
}

macro_rules! entry {
    ($engine:ty) => {
        Entry {
            info: <$engine as kernel::Engine>::info,
            start: |setup| Ok(Box::new(Run::<$engine>::new(setup)?)),
            open: |record| Ok(Box::new(Run::<$engine>::open(record)?)),
        }
    };
}

/// Every engine of this build, in the order of the page's list.
pub const ENGINES: &[Entry] = &[
    #[cfg(feature = "dledger")]
    entry!(engine_dledger::DLedger),
    #[cfg(feature = "raft")]
    entry!(engine_raft::Raft),
    #[cfg(feature = "braft")]
    entry!(engine_braft::Braft),
];

fn find(name: &str) -> Result<&'static Entry, ReplayError> {
    ENGINES.iter().find(|entry| (entry.info)().name == name).ok_or_else(|| {
        let names: Vec<_> = ENGINES.iter().map(|entry| (entry.info)().name).collect();
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
