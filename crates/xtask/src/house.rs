//! The house rule that no lint knows: a source file is something one can see whole.
//! (The length of Rust functions is clippy's `too_many_lines`, see clippy.toml.)

use crate::root;
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::Path;

const LINES_MAX: usize = 600;
const KINDS: &[&str] = &["rs", "ts", "svelte", "mjs", "css"];
/// Where our sources are; everything else at the top is generated or fetched.
const FOLDERS: &[&str] = &["crates", "web", "tests", "tools"];
/// Generated folders inside those.
const SKIPPED: &[&str] = &["target", "node_modules", "wasm"];

/// Fails when a source file is longer than the rule allows.
pub fn check() -> Result<()> {
    let mut found = Found::default();
    for folder in FOLDERS {
        let path = root().join(folder);
        if path.is_dir() {
            found.walk(&path)?;
        }
    }
    if !found.long.is_empty() {
        bail!("files of more than {LINES_MAX} lines:\n  {}", found.long.join("\n  "));
    }
    println!("{} source files, none longer than {LINES_MAX} lines", found.count);
    Ok(())
}

#[derive(Default)]
struct Found {
    count: usize,
    long: Vec<String>,
}

impl Found {
    fn walk(&mut self, folder: &Path) -> Result<()> {
        for entry in fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if path.is_dir() {
                if !SKIPPED.contains(&name.as_str()) {
                    self.walk(&path)?;
                }
            } else if path.extension().is_some_and(|e| KINDS.iter().any(|kind| e == *kind)) {
                self.measure(&path)?;
            }
        }
        Ok(())
    }

    fn measure(&mut self, path: &Path) -> Result<()> {
        let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        let lines = text.lines().count();
        self.count += 1;
        if lines > LINES_MAX {
            let shown = path.strip_prefix(root()).unwrap_or(path);
            self.long.push(format!("{}: {lines}", shown.display()));
        }
        Ok(())
    }
}
