//! Runs every scenario file of the workspace's `tests/fidelity/` and `tests/scenarios/` as a case of its own.
//!
//! `expect` lines come from the specifications and nothing rewrites them. What a line that begins with `>` tells is
//! compared with the lines below it; `GOLDEN=update` writes those anew.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed, Trial};
use scenario::{Difference, parse, run, with_narration};

fn main() -> ExitCode {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests");
    let mut trials = Vec::new();
    for folder in ["fidelity", "scenarios"] {
        let mut files = Vec::new();
        collect(&tests.join(folder), &mut files);
        files.sort();
        for file in files {
            let name = name_of(&file, &tests.join(folder));
            trials.push(Trial::test(name, move || tell(&file)).with_kind(folder));
        }
    }
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "scn") {
            files.push(path);
        }
    }
}

/// `dledger/b01_cold_start`.
fn name_of(file: &Path, folder: &Path) -> String {
    let shown = file.strip_prefix(folder).unwrap_or(file).with_extension("");
    shown.to_string_lossy().replace('\\', "/")
}

/// Runs one file.
fn tell(file: &Path) -> Result<(), Failed> {
    let shown = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let text = fs::read_to_string(file)?;
    let scenario = parse(&text).map_err(|error| format!("{shown}:{error}"))?;
    let report = run(&scenario, &mut |_, _| {});
    if let Some(failure) = &report.failure {
        return Err(format!("{}\n{shown}:{failure}", report.narrate()).into());
    }
    if !report.differences.is_empty() && std::env::var("GOLDEN").is_ok_and(|golden| golden == "update") {
        fs::write(file, with_narration(&scenario, &report).print())?;
        return Ok(());
    }
    match report.differences.first() {
        None => Ok(()),
        Some(Difference { at, written, told }) => Err(format!(
            "{shown}:{at}: told otherwise (GOLDEN=update writes it anew)\n- {}\n+ {}",
            written.join("\n- "),
            told.join("\n+ ")
        )
        .into()),
    }
}
