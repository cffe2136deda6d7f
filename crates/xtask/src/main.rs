//! Build chores: `cargo run -p xtask -- CHORE`. The npm scripts call these; see `CHORES`.

use anyhow::{Result, bail};
use std::path::{Path, PathBuf};

mod guards;
mod house;
mod layers;
mod relocs;
mod split;
mod trim;
mod wasm;
mod wasm_test;

const CHORES: &str = "chores:
  wasm              build the page's wasm modules into web/wasm
  wasm-core         build the bench of the core into web/wasm
  wasm-test         run the tests of crates/bindings in a headless browser (feature wasm-test)
  layers            check the dependency edges between the crates
  house             check the length of the source files
  guards            flip every guard of an engine's handlers; each flip must turn a scenario red";

fn main() -> Result<()> {
    let mut arguments = std::env::args();
    let _program = arguments.next();
    match arguments.next().as_deref() {
        Some("wasm") => wasm::build_all(),
        Some("wasm-core") => wasm::build_core(),
        Some("wasm-test") => wasm_test::run_all(),
        // What cargo calls for each test file, see `wasm_test`.
        Some("wasm-runner") => wasm_test::run_one(arguments),
        Some("layers") => layers::check(),
        Some("house") => house::check(),
        Some("guards") => guards::run(arguments),
        Some(other) => bail!("there is no chore {other}\n{CHORES}"),
        None => bail!("which chore?\n{CHORES}"),
    }
}

/// The folder of the workspace.
fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_path_buf()
}

/// The cargo that runs this program, or the one on the path.
fn cargo() -> std::process::Command {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = std::process::Command::new(program);
    command.current_dir(root());
    command
}
