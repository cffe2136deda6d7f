//! The page's wasm: a module per engine and a small one that the live demo starts with, made by cargo, wasm-bindgen and wasm-opt;
//! and the module of the bench of the core.

use crate::{cargo, root};
use anyhow::{Context, Result, bail, ensure};
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use wasm_bindgen_cli_support::Bindgen;

/// The live demo runs it.
const DEMO: &str = "dledger";
const BINDINGS: &[&str] = &["-p", "bindings", "--lib"];
/// `-O3` keeps the loops that rustc was asked to make fast; `-Oz` would fold them again.
const FAST: &[&str] = &["-O3", "--strip-debug", "--strip-producers"];

/// The engines: each is a folder in crates/engines, a feature of crates/lab and a folder in web/wasm.
pub fn engines() -> Result<Vec<String>> {
    let folders = fs::read_dir(root().join("crates/engines")).context("there are no engines")?;
    let mut names: Vec<_> =
        folders.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    Ok(names)
}

/// A wasm module.
#[derive(Hash)]
struct Module {
    /// Its folder in web/wasm.
    folder: String,
    /// The name of the generated files, and so of what the page imports.
    name: &'static str,
    /// What cargo builds: the package and which target of it.
    source: &'static [&'static str],
    /// That target's name.
    target: &'static str,
    /// Of the package.
    features: String,
    /// Of Cargo.toml.
    profile: &'static str,
    /// What wasm-opt is told.
    optimise: &'static [&'static str],
}

/// All that an engine can do.
fn whole(engine: &str) -> Module {
    Module {
        folder: engine.to_owned(),
        name: "quorumscope",
        source: BINDINGS,
        target: "bindings",
        features: format!("lab/{engine},whole"),
        profile: "wasm",
        optimise: FAST,
    }
}

/// Our Raft and raft-rs side by side, for the bench; optimised as the page's modules are.
fn core() -> Module {
    Module {
        folder: "core".to_owned(),
        name: "core",
        source: &["-p", "oracle", "--example", "core_wasm"],
        target: "core_wasm",
        features: String::new(),
        profile: "wasm",
        optimise: FAST,
    }
}

/// What the live demo starts with: of its engine, what it takes to watch.
fn demo() -> Module {
    Module {
        folder: format!("{DEMO}-demo"),
        name: "demo",
        source: BINDINGS,
        target: "bindings",
        features: DEMO.to_owned(),
        profile: "demo",
        // Functions folded into their one caller have many locals, which compress badly.
        // At the lowest addresses is the far end of the stack, where nothing is.
        optimise: &[
            "-Oz",
            "-Oz",
            "--one-caller-inline-max-function-size=0",
            "--low-memory-unused",
            "--strip-debug",
            "--strip-producers",
        ],
    }
}

/// Builds the module of the bench of the core.
pub fn build_core() -> Result<()> {
    build(&core())
}

/// Builds every module of the page.
pub fn build_all() -> Result<()> {
    build(&demo())?;
    engines()?.iter().try_for_each(|engine| build(&whole(engine)))
}

fn build(module: &Module) -> Result<()> {
    let compiled = compile(module)?;
    let Module { folder, name, .. } = module;
    let out = root().join("web/wasm").join(folder);
    let stamp_file = out.join(".stamp");
    let stamp =
        stamp(module, &fs::read(&compiled).with_context(|| format!("cannot read {}", compiled.display()))?);
    if fs::read_to_string(&stamp_file).is_ok_and(|old| old == stamp) {
        println!("web/wasm/{folder} is up to date");
        return Ok(());
    }
    if out.exists() {
        fs::remove_dir_all(&out)?;
    }
    fs::create_dir_all(&out)?;
    Bindgen::new()
        .input_path(&compiled)
        .web(true)?
        .typescript(true)
        // With the default path in the glue, Vite sees the wasm and emits it.
        .omit_default_module_path(false)
        .out_name(name)
        .generate(&out)
        .context("wasm-bindgen failed")?;
    let wasm = out.join(format!("{name}_bg.wasm"));
    let before = fs::metadata(&wasm)?.len();
    optimise(&wasm, module.optimise)?;
    let after = fs::metadata(&wasm)?.len();
    println!("web/wasm/{folder}: {before} bytes, {after} after wasm-opt");
    // Last, so that a build that was broken off is done again.
    fs::write(stamp_file, stamp)?;
    Ok(())
}

/// Compiles the source of one module and returns the path of the wasm that cargo made.
fn compile(module: &Module) -> Result<PathBuf> {
    let output = cargo()
        .args(["build", "--target", "wasm32-unknown-unknown", "--profile", module.profile])
        .args(module.source)
        .args(["--no-default-features", "--features", &module.features])
        .arg("--message-format=json-render-diagnostics")
        .stderr(Stdio::inherit())
        .output()
        .context("cannot start cargo")?;
    let Module { target, features, .. } = module;
    ensure!(output.status.success(), "{target} does not compile with features {features:?}");
    for line in String::from_utf8(output.stdout)?.lines() {
        let message: serde_json::Value = serde_json::from_str(line)?;
        if message["reason"] != "compiler-artifact" || message["target"]["name"] != *target {
            continue;
        }
        let files = message["filenames"].as_array().map(Vec::as_slice).unwrap_or_default();
        if let Some(wasm) = files.iter().filter_map(|f| f.as_str()).find(|f| f.ends_with(".wasm")) {
            return Ok(PathBuf::from(wasm));
        }
    }
    bail!("cargo named no .wasm file of {target}; is its crate-type still cdylib?")
}

/// Names everything the output is made of: the compiled module and the tools' versions.
fn stamp(module: &Module, wasm: &[u8]) -> String {
    let mut hasher = DefaultHasher::new();
    wasm.hash(&mut hasher);
    module.hash(&mut hasher);
    fs::read(root().join("Cargo.lock")).unwrap_or_default().hash(&mut hasher);
    fs::read(root().join("package-lock.json")).unwrap_or_default().hash(&mut hasher);
    format!("{:016x}\n", hasher.finish())
}

fn optimise(wasm: &Path, options: &[&str]) -> Result<()> {
    let script = root().join("node_modules/binaryen/bin/wasm-opt");
    ensure!(script.exists(), "wasm-opt is missing: run `npm install` first");
    let status = Command::new("node")
        .arg(script)
        .arg(wasm)
        .args(options)
        .arg("-o")
        .arg(wasm)
        .status()
        .context("cannot start node")?;
    ensure!(status.success(), "wasm-opt failed");
    Ok(())
}
