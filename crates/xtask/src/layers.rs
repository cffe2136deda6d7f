//! Who may depend on whom. The crates are layers; an edge that is not listed here is a mistake
//! in the design, not in this list.

use crate::cargo;
use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use std::collections::BTreeSet;

/// A crate's allowed dependencies within the workspace. `*` stands for every crate but the tools.
fn allowed(krate: &str) -> Option<&'static [&'static str]> {
    Some(match krate {
        "kernel" | "xtask" => &[],
        "sim" | "trace" | "scene" => &["kernel"],
        "check" | "explore" => &["kernel", "sim", "check"],
        "lab" => &["kernel", "sim", "check", "explore", "engine-*"],
        "scenario" => &["lab", "sim", "check", "kernel"],
        "bindings" | "quorumscope" | "tests" | "oracle" => {
            &["kernel", "sim", "check", "explore", "lab", "scenario", "trace", "scene", "tests"]
        }
        engine if engine.starts_with("engine-") => &["kernel"],
        _ => return None,
    })
}

/// Crates that nobody may depend on.
const TOPS: &[&str] = &["bindings", "quorumscope", "xtask", "oracle"];

fn may(from: &str, to: &str) -> bool {
    let Some(list) = allowed(from) else { return false };
    !TOPS.contains(&to)
        && list.iter().any(|rule| match rule.strip_suffix('*') {
            Some(prefix) => to.starts_with(prefix),
            None => *rule == to,
        })
}

/// Compares the edges that cargo reports with the list.
pub fn check() -> Result<()> {
    let output = cargo()
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .output()
        .context("cannot start cargo")?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout)?;
    let (edges, wrong) = judge(&metadata);
    if !wrong.is_empty() {
        bail!("dependencies against the layers:\n  {}", wrong.join("\n  "));
    }
    println!("{edges} dependencies between our crates, all within the layers");
    Ok(())
}

/// The number of edges between our crates, and a sentence for each that is not allowed.
fn judge(metadata: &Value) -> (usize, Vec<String>) {
    let none = Vec::new();
    let packages = metadata["packages"].as_array().unwrap_or(&none);
    let ours: BTreeSet<&str> = packages.iter().filter_map(|p| p["name"].as_str()).collect();
    let mut edges = 0;
    let mut wrong = Vec::new();
    for package in packages {
        let from = package["name"].as_str().unwrap_or_default();
        if allowed(from).is_none() {
            wrong.push(format!("{from} has no layer yet: give it one in crates/xtask/src/layers.rs"));
        }
        for dependency in package["dependencies"].as_array().unwrap_or(&none) {
            let to = dependency["name"].as_str().unwrap_or_default();
            if !ours.contains(to) || to == from {
                continue;
            }
            edges += 1;
            // Tests may look at the layers above: a property of sim is tested in a session. Engines are found through the
            // registry there too.
            let test_only = dependency["kind"] == "dev" && !TOPS.contains(&to) && !to.starts_with("engine-");
            if !(may(from, to) || test_only) {
                wrong.push(format!("{from} → {to}"));
            }
        }
    }
    (edges, wrong)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn package(name: &str, dependencies: &[(&str, Option<&str>)]) -> Value {
        let list: Vec<Value> =
            dependencies.iter().map(|(name, kind)| json!({ "name": name, "kind": kind })).collect();
        json!({ "name": name, "dependencies": list })
    }

    #[test]
    fn edges_of_the_design_pass() {
        let metadata = json!({ "packages": [
            package("kernel", &[("thiserror", None)]),
            package("sim", &[("kernel", None)]),
            package("engine-dledger", &[("kernel", None)]),
            package("lab", &[("engine-dledger", None), ("sim", None)]),
            package("bindings", &[("lab", None), ("sim", None)]),
        ] });
        assert_eq!(judge(&metadata), (6, vec![]));
    }

    #[test]
    fn an_edge_upwards_is_named() {
        let metadata = json!({ "packages": [
            package("kernel", &[("sim", None)]),
            package("sim", &[("kernel", None), ("engine-dledger", None)]),
            package("engine-dledger", &[]),
        ] });
        let (_, wrong) = judge(&metadata);
        assert_eq!(wrong, ["kernel → sim", "sim → engine-dledger"]);
    }

    #[test]
    fn tests_may_look_up_but_not_at_the_programs() {
        let metadata = json!({ "packages": [
            package("sim", &[("lab", Some("dev")), ("bindings", Some("dev"))]),
            package("lab", &[]),
            package("bindings", &[]),
        ] });
        assert_eq!(judge(&metadata).1, ["sim → bindings"]);
    }

    #[test]
    fn engines_are_found_by_the_registry_alone() {
        let metadata = json!({ "packages": [
            package("lab", &[("engine-raft", None)]),
            package("quorumscope", &[("engine-raft", None)]),
            package("tests", &[("engine-raft", Some("dev"))]),
            package("engine-raft", &[]),
        ] });
        assert_eq!(judge(&metadata).1, ["quorumscope → engine-raft", "tests → engine-raft"]);
    }

    #[test]
    fn a_crate_without_a_layer_is_named() {
        let (_, wrong) = judge(&json!({ "packages": [package("stray", &[])] }));
        assert_eq!(wrong.len(), 1);
        assert!(wrong[0].starts_with("stray has no layer"));
    }
}
