//! `quorumscope run`.

use std::fs;
use std::path::{Path, PathBuf};

use lab::Session;
use scenario::{Report, Told};
use serde_json::json;

use crate::{End, replay};

/// Runs scenario files; every one is run, the first that fails decides the exit.
pub fn run(files: &[PathBuf], as_json: bool, tell: bool, save: Option<&Path>) -> End {
    let mut failed = false;
    for file in files {
        let mut watch = |told: &Told, session: Option<&dyn Session>| {
            if as_json {
                let nodes = session.map(replay::nodes).unwrap_or_default();
                say!("{}", json!({ "command": told.command, "step": told.step, "nodes": nodes }));
            }
        };
        let Done { report, session } = match scenario(file, &mut watch) {
            Ok(done) => done,
            Err(end) => return end,
        };
        if tell {
            crate::say_text(format_args!("{}", report.narrate()));
        }
        failed |= !say(file, &report);
        if let (Some(out), Some(session)) = (save, session)
            && let Err(error) = fs::write(out, trace::write(&session.record()))
        {
            return End::BadInput(format!("{}: {error}", out.display()));
        }
    }
    if failed { End::Failed } else { End::Fine }
}

/// A scenario that was run.
pub struct Done {
    /// How it went.
    pub report: Report,
    /// The run it made; `None` when no command made a cluster.
    pub session: Option<Box<dyn Session>>,
}

/// Runs one file to its end or first failure.
pub fn scenario(file: &Path, watch: &mut dyn FnMut(&Told, Option<&dyn Session>)) -> Result<Done, End> {
    let name = file.display();
    let bytes = fs::read(file).map_err(|e| End::BadInput(format!("{name}: {e}")))?;
    let scenario = scenario::read(&bytes).map_err(|e| End::BadInput(format!("{name}:{e}")))?;
    let mut player = scenario::Player::new(scenario);
    while let Some(told) = player.next() {
        watch(&told, player.session());
    }
    let report = player.report().clone();
    Ok(Done { report, session: player.into_session() })
}

/// Tells how it went, in one line or a line a difference; whether it went well.
fn say(file: &Path, report: &Report) -> bool {
    let name = file.display();
    for difference in &report.differences {
        eprintln!("{name}:{}: told {:?}, written {:?}", difference.at, difference.told, difference.written);
    }
    match &report.failure {
        Some(failure) => eprintln!("{name}:{failure}"),
        None => say!("{name}: {} commands, all as expected", report.told.len()),
    }
    report.ok()
}
