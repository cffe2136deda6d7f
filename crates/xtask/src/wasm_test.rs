//! The tests of crates/bindings in a real headless browser, by wasm-bindgen's own runner.

use anyhow::Result;

/// Runs them all: cargo builds the test files and calls this program back for each.
#[cfg(feature = "wasm-test")]
pub fn run_all() -> Result<()> {
    use anyhow::{Context, ensure};
    let runner = std::env::current_exe().context("where is this program?")?;
    let runner = serde_json::json!([runner, "wasm-runner"]);
    let options = write_webdriver_options()?;
    let status = crate::cargo()
        .args(["test", "-p", "bindings", "--target", "wasm32-unknown-unknown", "--tests"])
        .args(["--no-default-features", "--features", "lab/all"])
        // An array of strings is the same text in JSON and in TOML.
        .args(["--config", &format!("target.wasm32-unknown-unknown.runner={runner}")])
        .env("WASM_BINDGEN_TEST_WEBDRIVER_JSON", options)
        .env("WASM_BINDGEN_TEST_DRIVER_TIMEOUT", "30")
        .env("WASM_BINDGEN_TEST_TIMEOUT", "120")
        .status()
        .context("cannot start cargo")?;
    ensure!(status.success(), "the wasm tests failed");
    Ok(())
}

/// Runs one test file; `arguments` are its path and what the caller asked of the tests.
#[cfg(feature = "wasm-test")]
pub fn run_one(arguments: impl Iterator<Item = String>) -> Result<()> {
    let program = String::from("wasm-bindgen-test-runner");
    wasm_bindgen_cli::wasm_bindgen_test_runner::run_cli_with_args(std::iter::once(program).chain(arguments))
}

/// How chromedriver starts the browser: the file, and the flags that a browser needs as root
/// and on a machine without a graphics card or an open network.
#[cfg(feature = "wasm-test")]
fn write_webdriver_options() -> Result<std::path::PathBuf> {
    let mut chrome = serde_json::json!({
        "args": [
            "--headless=new",
            "--no-sandbox",
            "--disable-dev-shm-usage",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-gpu",
        ],
    });
    if let Ok(binary) = std::env::var("CHROME") {
        chrome["binary"] = binary.into();
    }
    let folder = crate::root().join("target");
    std::fs::create_dir_all(&folder)?;
    let file = folder.join("webdriver.json");
    std::fs::write(&file, serde_json::json!({ "goog:chromeOptions": chrome }).to_string())?;
    Ok(file)
}

#[cfg(not(feature = "wasm-test"))]
pub fn run_all() -> Result<()> {
    anyhow::bail!("build xtask with `--features wasm-test` for this chore")
}

#[cfg(not(feature = "wasm-test"))]
pub fn run_one(_arguments: impl Iterator<Item = String>) -> Result<()> {
    run_all()
}
