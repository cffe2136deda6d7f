//! The page's wasm: one module per engine, made by cargo, wasm-bindgen and wasm-opt.

use crate::{cargo, root};
use anyhow::{Context, Result, bail, ensure};
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use wasm_bindgen_cli_support::Bindgen;

/// Each engine is a feature of crates/bindings and a folder in web/wasm.
pub const ENGINES: &[&str] = &["dledger"];

/// The name of the generated files, and so of what the page imports.
const OUT_NAME: &str = "quorumscope";

/// `-O3` keeps the loops that rustc was asked to make fast; `-Oz` would fold them again.
const WASM_OPT: &[&str] = &["-O3", "--strip-debug", "--strip-producers"];

/// Builds every engine's module.
pub fn build_all() -> Result<()> {
    for engine in ENGINES {
        build(engine)?;
    }
    Ok(())
}

fn build(engine: &str) -> Result<()> {
    let compiled = compile(engine)?;
    let out = root().join("web/wasm").join(engine);
    let stamp_file = out.join(".stamp");
    let stamp = stamp(&fs::read(&compiled).with_context(|| format!("cannot read {}", compiled.display()))?);
    if fs::read_to_string(&stamp_file).is_ok_and(|old| old == stamp) {
        println!("web/wasm/{engine} is up to date");
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
        .out_name(OUT_NAME)
        .generate(&out)
        .context("wasm-bindgen failed")?;
    let module = out.join(format!("{OUT_NAME}_bg.wasm"));
    let before = fs::metadata(&module)?.len();
    optimise(&module)?;
    let after = fs::metadata(&module)?.len();
    println!("web/wasm/{engine}: {before} bytes, {after} after wasm-opt");
    // Last, so that a build that was broken off is done again.
    fs::write(stamp_file, stamp)?;
    Ok(())
}

/// Compiles crates/bindings for one engine and returns the path of the wasm that cargo made.
fn compile(engine: &str) -> Result<PathBuf> {
    let output = cargo()
        .args(["build", "-p", "bindings", "--lib", "--target", "wasm32-unknown-unknown"])
        .args(["--profile", "wasm", "--no-default-features", "--features", engine])
        .arg("--message-format=json-render-diagnostics")
        .stderr(Stdio::inherit())
        .output()
        .context("cannot start cargo")?;
    ensure!(output.status.success(), "crates/bindings does not compile for {engine}");
    for line in String::from_utf8(output.stdout)?.lines() {
        let message: serde_json::Value = serde_json::from_str(line)?;
        if message["reason"] != "compiler-artifact" || message["target"]["name"] != "bindings" {
            continue;
        }
        let files = message["filenames"].as_array().map(Vec::as_slice).unwrap_or_default();
        if let Some(wasm) = files.iter().filter_map(|f| f.as_str()).find(|f| f.ends_with(".wasm")) {
            return Ok(PathBuf::from(wasm));
        }
    }
    bail!("cargo named no .wasm file of crates/bindings; is its crate-type still cdylib?")
}

/// Names everything the output is made of: the compiled module and the tools' versions.
fn stamp(wasm: &[u8]) -> String {
    let mut hasher = DefaultHasher::new();
    wasm.hash(&mut hasher);
    WASM_OPT.hash(&mut hasher);
    fs::read(root().join("Cargo.lock")).unwrap_or_default().hash(&mut hasher);
    fs::read(root().join("package-lock.json")).unwrap_or_default().hash(&mut hasher);
    format!("{:016x}\n", hasher.finish())
}

fn optimise(module: &Path) -> Result<()> {
    let script = root().join("node_modules/binaryen/bin/wasm-opt");
    ensure!(script.exists(), "wasm-opt is missing: run `npm install` first");
    let status = Command::new("node")
        .arg(script)
        .arg(module)
        .args(WASM_OPT)
        .arg("-o")
        .arg(module)
        .status()
        .context("cannot start node")?;
    ensure!(status.success(), "wasm-opt failed");
    Ok(())
}
