//! The page's wasm, made by cargo, wasm-bindgen and wasm-opt: a module with a part per engine, and what a first visit
//! runs of one of them; and the module of the bench of the core.

use crate::{cargo, root, split, trim};
use anyhow::{Context, Result, bail, ensure};
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use wasm_bindgen_cli_support::Bindgen;

/// The live demo runs it: the first of crates/lab/src/registry.rs.
const DEMO: &str = "dledger";
/// The program that watches the live demo, and what it is told of it.
const WATCHING: &str = "tools/watch.mjs";
const WATCHED: &str = "web/src/state/demo.json";
/// So many of it run at once: as many as the least machine has cores.
const WATCHERS: usize = 2;

/// The engines: each is a folder in crates/engines, a line of crates/lab/src/registry.rs and a part of the page's module.
pub fn engines() -> Result<Vec<String>> {
    let folders = fs::read_dir(root().join("crates/engines")).context("there are no engines")?;
    let mut names: Vec<_> =
        folders.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    Ok(names)
}

/// What the generated files are called after: those of the page's module, which the parts are beside, and those of what
/// a visit begins with.
const WHOLE: &str = "quorumscope";
const FIRST: &str = "first";
/// `-O3` keeps the loops that rustc was asked to make fast; `-Oz` would fold them again.
const FAST: &[&str] = &["-O3", "--strip-debug", "--strip-producers"];
const SMALL: &[&str] = &[
    "-Oz",
    "--flatten",
    "--rereloop",
    "-Oz",
    "-Oz",
    // At the lowest addresses is the far end of the stack, where nothing is.
    "--low-memory-unused",
    "--strip-debug",
    "--strip-producers",
];

/// A package that is to be a library too is not optimised as a whole: as a module alone it is.
const ALONE: &[&str] = &["-p", "bindings", "--lib", "--crate-type", "cdylib"];
/// A call costs more in a browser than a longer function does: what is not the first load is inlined further than LLVM
/// would by itself.
const INLINED: &[&str] = &["-Cllvm-args=-inline-threshold=600"];

/// What cargo makes a module of: the target and how cargo is told of it, the features of its package, what rustc is asked
/// for, and what the linker is: its `-O0` keeps texts apart, so that each can go.
struct Source {
    target: &'static str,
    named: &'static [&'static str],
    features: &'static str,
    codegen: &'static [&'static str],
    linker: &'static [&'static str],
}

impl Source {
    fn bindings(features: &'static str, linker: &'static [&'static str]) -> Source {
        Source { target: "bindings", named: &["-p", "bindings", "--lib"], features, codegen: &[], linker }
    }
}

/// Builds our Raft and raft-rs side by side, for the bench; optimised as the page's modules are.
pub fn build_core() -> Result<()> {
    let named = &["-p", "oracle", "--example", "core_wasm"];
    let compiled = compile(&Source { target: "core_wasm", named, features: "", codegen: &[], linker: &[] })?;
    made("core", &stamp(&compiled, FAST, &[])?, |out| optimise(&bind(&compiled.wasm, out, "core")?, FAST))
}

/// Builds every module of the page.
pub fn build_all() -> Result<()> {
    build_page(&engines()?)?;
    build_demo()
}

/// Builds the page's module: what all engines need, and a part for each.
fn build_page(engines: &[String]) -> Result<()> {
    // What is whose is read from the relocations.
    let source = Source::bindings("parts", &["-O0", "--emit-relocs"]);
    let source = Source { named: ALONE, codegen: INLINED, ..source };
    let compiled = compile(&source)?;
    made("lab", &stamp(&compiled, FAST, &[])?, |out| {
        let unbound = out.join("unbound.wasm");
        let parts: Vec<_> = engines.iter().map(|engine| out.join(format!("{engine}.wasm"))).collect();
        split::split(&compiled.wasm, engines, &unbound, &parts)?;
        optimise(&bind(&unbound, out, WHOLE)?, FAST)?;
        fs::remove_file(&unbound)?;
        parts.iter().try_for_each(|part| optimise(part, FAST))
    })
}

/// Builds what a visit runs of the demo's engine.
fn build_demo() -> Result<()> {
    let compiled = compile(&Source::bindings("", &["-O0"]))?;
    let watched = [WATCHING, WATCHED].map(|file| fs::read(root().join(file)).unwrap_or_default());
    made(&format!("{DEMO}-demo"), &stamp(&compiled, SMALL, &watched)?, |out| {
        let wasm = bind(&compiled.wasm, out, FIRST)?;
        first_part(&wasm, &out.join(format!("{FIRST}.js")), &compiled.link_map)
    })
}

/// Makes a folder of web/wasm unless it is there already, made of the same.
fn made(folder: &str, stamp: &str, make: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
    let out = root().join("web/wasm").join(folder);
    let stamp_file = out.join(".stamp");
    if fs::read_to_string(&stamp_file).is_ok_and(|old| old == stamp) {
        println!("web/wasm/{folder} is up to date");
        return Ok(());
    }
    if out.exists() {
        fs::remove_dir_all(&out)?;
    }
    fs::create_dir_all(&out)?;
    make(&out)?;
    println!("web/wasm/{folder} is made");
    // Last, so that a build that was broken off is done again.
    fs::write(stamp_file, stamp)?;
    Ok(())
}

/// Writes the module and its glue; where the module is.
fn bind(wasm: &Path, out: &Path, name: &str) -> Result<PathBuf> {
    Bindgen::new()
        .input_path(wasm)
        .web(true)?
        .typescript(true)
        // With the default path in the glue, Vite sees the wasm and emits it.
        .omit_default_module_path(false)
        .out_name(name)
        .generate(out)
        .context("wasm-bindgen failed")?;
    Ok(out.join(format!("{name}_bg.wasm")))
}

/// Leaves of a module what the live demo runs, found by watching it.
fn first_part(wasm: &Path, glue: &Path, link_map: &str) -> Result<()> {
    let marked = wasm.with_extension("marked.wasm");
    trim::mark(wasm, &marked)?;
    let came = trim::marks(&watch(glue, &marked)?)?;
    fs::remove_file(&marked)?;
    trim::cut(wasm, &came, link_map)?;
    trim::rename(wasm, glue)?;
    optimise(wasm, SMALL)
}

/// Watches a marked module, by several programs at once that share the visits: all marks that any of them saw.
fn watch(glue: &Path, marked: &Path) -> Result<String> {
    let start = |nth: usize| {
        let mut node = Command::new("node");
        node.arg(root().join(WATCHING)).args([glue, marked]).args([nth, WATCHERS].map(|n| n.to_string()));
        node.stdout(Stdio::piped()).spawn().context("cannot start node")
    };
    let watchers = (0..WATCHERS).map(start).collect::<Result<Vec<_>>>()?;
    let mut came = String::new();
    for watcher in watchers {
        let watched = watcher.wait_with_output()?;
        ensure!(watched.status.success(), "{WATCHING} failed");
        came.push_str(&String::from_utf8(watched.stdout)?);
    }
    Ok(came)
}

/// How the files are made.
const MAKERS: [&str; 4] =
    [include_str!("wasm.rs"), include_str!("trim.rs"), include_str!("split.rs"), include_str!("relocs.rs")];

/// What cargo made.
struct Compiled {
    wasm: PathBuf,
    /// The linker's list of what lies where.
    link_map: String,
}

/// Has cargo compile.
fn compile(Source { target, named, features, codegen, linker }: &Source) -> Result<Compiled> {
    let map = link_map(&format!("{target}-{}", features.replace(['/', ','], "-")))?;
    let output = cargo()
        .args(["rustc", "--target", "wasm32-unknown-unknown", "--profile", "wasm"])
        .args(*named)
        .args(["--no-default-features", "--features", features])
        .arg("--message-format=json-render-diagnostics")
        .args(["--", &format!("-Clink-arg=--Map={}", map.display())])
        .args(*codegen)
        .args(linker.iter().map(|option| format!("-Clink-arg={option}")))
        // Names that say of which engine a generic function is.
        .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", "-Csymbol-mangling-version=v0")
        .stderr(Stdio::inherit())
        .output()
        .context("cannot start cargo")?;
    ensure!(output.status.success(), "{target} does not compile with features {features:?}");
    for line in String::from_utf8(output.stdout)?.lines() {
        let message: serde_json::Value = serde_json::from_str(line)?;
        if message["reason"] != "compiler-artifact" || message["target"]["name"] != *target {
            continue;
        }
        let files = message["filenames"].as_array().map(Vec::as_slice).unwrap_or_default();
        if let Some(wasm) = files.iter().filter_map(|f| f.as_str()).find(|f| f.ends_with(".wasm")) {
            let link_map = fs::read_to_string(&map).context("the linker wrote no map")?;
            return Ok(Compiled { wasm: PathBuf::from(wasm), link_map });
        }
    }
    bail!("cargo named no .wasm file of {target}; is its crate-type still cdylib?")
}

/// Where the linker writes its map: beside what cargo keeps, for it is written only when cargo links.
fn link_map(module: &str) -> Result<PathBuf> {
    let metadata = cargo().args(["metadata", "--no-deps", "--format-version=1"]).output()?;
    let metadata: serde_json::Value = serde_json::from_slice(&metadata.stdout)?;
    let target = metadata["target_directory"].as_str().context("cargo names no target directory")?;
    // Two working copies may share the directory.
    let mut hasher = DefaultHasher::new();
    root().hash(&mut hasher);
    let folder = PathBuf::from(target).join("link-maps");
    fs::create_dir_all(&folder)?;
    Ok(folder.join(format!("{module}-{:016x}.map", hasher.finish())))
}

/// Names everything a folder is made of: the compiled module, how it is made and the tools' versions.
fn stamp(compiled: &Compiled, optimise: &[&str], watched: &[Vec<u8>]) -> Result<String> {
    let wasm = &compiled.wasm;
    let bytes = fs::read(wasm).with_context(|| format!("cannot read {}", wasm.display()))?;
    let mut hasher = DefaultHasher::new();
    (bytes, optimise, watched, MAKERS).hash(&mut hasher);
    for lock in ["Cargo.lock", "package-lock.json"] {
        fs::read(root().join(lock)).unwrap_or_default().hash(&mut hasher);
    }
    Ok(format!("{:016x}\n", hasher.finish()))
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
