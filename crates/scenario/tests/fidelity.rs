//! Runs every scenario file of the workspace's `tests/paper/`, `tests/fidelity/` and `tests/scenarios/` as a case of its own.
//!
//! `expect` lines come from the specifications and nothing rewrites them. What a line that begins with `>` tells is
//! compared with the lines below it; `GOLDEN=update` writes those anew.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed, Trial};
use scenario::{Difference, Line, Scenario, Verb, parse, run, with_narration};

fn main() -> ExitCode {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests");
    let mut trials = Vec::new();
    for folder in ["paper", "fidelity", "scenarios"] {
        let mut files = Vec::new();
        collect(&tests.join(folder), &mut files);
        files.sort();
        for file in files {
            let name = name_of(&file, &tests.join(folder));
            let name = if name.contains('/') { name } else { format!("{}/{name}", engine_of(&file)) };
            for &profile in profiles(&file) {
                let file = file.clone();
                let name = profile.map_or_else(|| name.clone(), |profile| format!("{name}_{profile}"));
                trials.push(Trial::test(name, move || tell(&file, profile)).with_kind(folder));
            }
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

/// A story of DLedger that names no profile holds in both and is run in both.
fn profiles(file: &Path) -> &'static [Option<&'static str>] {
    let text = fs::read_to_string(file).unwrap_or_default();
    let dledger = text.contains("engine=dledger");
    if dledger && !text.contains(" profile=") { &[Some("V3"), Some("V4")] } else { &[None] }
}

/// The engine that a file names; those of the paper lie in no folder of an engine.
fn engine_of(file: &Path) -> String {
    let text = fs::read_to_string(file).unwrap_or_default();
    text.split_whitespace().find_map(|word| word.strip_prefix("engine=")).unwrap_or_default().to_owned()
}

/// `dledger/b01_cold_start`.
fn name_of(file: &Path, folder: &Path) -> String {
    let shown = file.strip_prefix(folder).unwrap_or(file).with_extension("");
    shown.to_string_lossy().replace('\\', "/")
}

fn set_profile(scenario: &mut Scenario, profile: &str) {
    let lines = scenario.lines.iter_mut().filter_map(|line| match line {
        Line::Commands(line) => Some(&mut line.commands),
        Line::Blank | Line::Caption(_) => None,
    });
    for command in lines.flatten() {
        if let Verb::Cluster(setup) = &mut command.verb {
            setup.settings.push(("profile".to_owned(), profile.to_owned()));
        }
    }
}

/// Runs one file.
fn tell(file: &Path, profile: Option<&str>) -> Result<(), Failed> {
    let shown = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let text = fs::read_to_string(file)?;
    let mut scenario = parse(&text).map_err(|error| format!("{shown}:{error}"))?;
    if let Some(profile) = profile {
        set_profile(&mut scenario, profile);
    }
    let report = run(&scenario, &mut |_, _| {});
    if let Some(failure) = &report.failure {
        return Err(format!("{}\n{shown}:{failure}", report.narrate()).into());
    }
    if profile.is_none()
        && !report.differences.is_empty()
        && std::env::var("GOLDEN").is_ok_and(|golden| golden == "update")
    {
        fs::write(file, with_narration(&text, &scenario, &report))?;
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
