//! The guard campaign: every guard of an engine's handlers, when flipped, turns at least one scenario red.
//!
//! The list is `tests/guards/ENGINE.json`. A copy of the workspace gets all flips at once, each behind a switch that an
//! environment variable throws, so that one build serves all of them: a guard then costs one run of the scenarios
//! instead of one compilation. The shipped engine has no switch.

use std::collections::BTreeMap;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::{cargo, root};

/// Names the flipped guard; guards count from 1.
const SWITCH: &str = "QUORUMSCOPE_FLIP";
/// A scenario that says nothing for so long never ends, which a person at the tests would call red: at least this, and
/// so many times what all of them take with nothing flipped, for the machine may have other work.
const SILENCE: Duration = Duration::from_secs(20);
const SILENCE_RUNS: u32 = 20;
/// What the copy is made of.
const COPIED: &[&str] =
    &["Cargo.toml", "Cargo.lock", "rust-toolchain.toml", "clippy.toml", "crates", "tests"];
const SWITCH_CODE: &str = r#"
extern crate std;
pub(crate) fn flipped(guard: usize) -> bool {
    static SWITCH: std::sync::OnceLock<usize> = std::sync::OnceLock::new();
    let read = || std::env::var("QUORUMSCOPE_FLIP").ok().and_then(|text| text.parse().ok()).unwrap_or(0);
    *SWITCH.get_or_init(read) == guard
}
"#;

/// A guard of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Guard {
    id: String,
    /// Where it stands; more than one place when the code asks twice, as for a deadline and the wake that goes with it.
    sites: Vec<Site>,
    /// Why no scenario can see it flipped; empty: one must.
    reason: String,
}

/// A place of a guard.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Site {
    file: String,
    /// Text that occurs once, the guard in ⟦ ⟧.
    text: String,
    flip: String,
}

/// What the arguments ask for.
#[derive(Debug, PartialEq, Eq)]
struct Asked {
    engine: String,
    only: String,
    jobs: String,
}

impl Asked {
    fn of(arguments: impl Iterator<Item = String>) -> Result<Asked> {
        let mut asked = Asked { engine: "dledger".into(), only: String::new(), jobs: "1".into() };
        let mut arguments = arguments;
        while let Some(name) = arguments.next() {
            let value = arguments.next().with_context(|| format!("{name} needs a value"))?;
            match name.as_str() {
                "--engine" => asked.engine = value,
                "--only" => asked.only = value,
                "--jobs" => asked.jobs = value,
                _ => bail!("guards takes --engine NAME, --only TEXT,… (guards whose id has it), --jobs N"),
            }
        }
        Ok(asked)
    }

    fn wants(&self, id: &str) -> bool {
        self.only.split(',').any(|part| id.contains(part))
    }
}

/// Runs the campaign.
pub fn run(arguments: impl Iterator<Item = String>) -> Result<()> {
    let asked = Asked::of(arguments)?;
    let guards = read_list(&root().join("tests/guards").join(format!("{}.json", asked.engine)))?;
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    let work = root().join(target).join("guards");
    let tree = work.join("tree");
    let stamp = copy_tree(&tree, &asked.engine, &guards)?;
    let binary = build(&tree)?;
    let mut results = Results::open(work.join(format!("{}.txt", asked.engine)), &stamp)?;
    let mut campaign = Campaign {
        binary,
        filter: format!("{}/", asked.engine),
        jobs: asked.jobs.clone(),
        silence: SILENCE * 10,
    };
    let began = Instant::now();
    if let Some(red) = campaign.first_red(0)? {
        bail!("nothing is flipped and {red} is red already");
    }
    println!("nothing flipped: green, {:.1} s", began.elapsed().as_secs_f64());
    campaign.silence = SILENCE.max(began.elapsed() * SILENCE_RUNS);
    let mut counts = Counts::default();
    for (at, guard) in guards.iter().enumerate().filter(|(_, guard)| asked.wants(&guard.id)) {
        let began = Instant::now();
        let known = results.done.get(&guard.id).cloned();
        let red = match known {
            Some(known) => known,
            None => campaign.first_red(at + 1)?.unwrap_or_default(),
        };
        results.add(&guard.id, &red)?;
        counts.tell(guard, &red, began.elapsed());
    }
    counts.sum_up()
}

#[derive(Default)]
struct Counts {
    red: usize,
    equivalent: usize,
    wrong: Vec<String>,
}

impl Counts {
    fn tell(&mut self, guard: &Guard, red: &str, took: Duration) {
        let id = &guard.id;
        let what = match (red.is_empty(), guard.reason.is_empty()) {
            (false, true) => {
                self.red += 1;
                format!("red: {red}")
            }
            (true, false) => {
                self.equivalent += 1;
                String::from("equivalent, as listed")
            }
            (true, true) => {
                self.wrong.push(id.clone());
                String::from("SURVIVES: no scenario turned red")
            }
            (false, false) => {
                self.wrong.push(id.clone());
                format!("NOT EQUIVALENT, as the list says: red: {red}")
            }
        };
        println!("{:5.1} s  {id}: {what}", took.as_secs_f64());
    }

    fn sum_up(&self) -> Result<()> {
        let all = self.red + self.equivalent + self.wrong.len();
        let (red, equivalent, wrong) = (self.red, self.equivalent, self.wrong.len());
        println!("{all} guards, {red} red, {equivalent} equivalent, {wrong} survive or are listed wrongly");
        ensure!(self.wrong.is_empty(), "to look at: {}", self.wrong.join(", "));
        Ok(())
    }
}

struct Campaign {
    binary: PathBuf,
    filter: String,
    jobs: String,
    silence: Duration,
}

impl Campaign {
    /// Runs the scenarios with one guard flipped; the first that turns red.
    fn first_red(&mut self, switch: usize) -> Result<Option<String>> {
        let mut child = Command::new(&self.binary)
            .args([&self.filter, "--test-threads", &self.jobs])
            .env(SWITCH, switch.to_string())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("cannot start {}", self.binary.display()))?;
        let output = child.stdout.take().context("the scenarios' output is missing")?;
        let (send, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(|line| line.ok()) {
                if send.send(line).is_err() {
                    break;
                }
            }
        });
        let mut last = String::from("the first scenario");
        let found = loop {
            match lines.recv_timeout(self.silence) {
                Ok(line) if line.starts_with("test ") => {
                    let name =
                        line.split_whitespace().find(|word| word.contains('/')).unwrap_or("?").to_owned();
                    if line.ends_with("FAILED") {
                        break Some(name);
                    }
                    last = name;
                }
                Ok(_) => {}
                Err(RecvTimeoutError::Timeout) => {
                    break Some(format!("what follows {last}, which never ends"));
                }
                Err(RecvTimeoutError::Disconnected) => break None,
            }
        };
        if found.is_some() {
            // It may have ended by itself already.
            let _ = child.kill();
        }
        let status = child.wait()?;
        // A stack that overflows takes the program with it before it can say which scenario that was.
        let broke_off = (!status.success()).then(|| format!("what follows {last}, which ends with {status}"));
        Ok(found.or(broke_off))
    }
}

/// What a campaign that was broken off found already; it holds as long as nothing changes.
struct Results {
    file: PathBuf,
    done: BTreeMap<String, String>,
}

impl Results {
    fn open(file: PathBuf, stamp: &str) -> Result<Results> {
        let old = fs::read_to_string(&file).unwrap_or_default();
        let mut lines = old.lines();
        let mut done = BTreeMap::new();
        if lines.next() == Some(stamp) {
            let pairs = lines.filter_map(|line| line.split_once('\t'));
            done = pairs.map(|(id, red)| (id.to_owned(), red.to_owned())).collect();
        } else {
            fs::write(&file, format!("{stamp}\n"))?;
        }
        Ok(Results { file, done })
    }

    fn add(&mut self, id: &str, red: &str) -> Result<()> {
        if self.done.insert(id.to_owned(), red.to_owned()).is_none() {
            let mut file = fs::OpenOptions::new().append(true).open(&self.file)?;
            writeln!(file, "{id}\t{red}")?;
        }
        Ok(())
    }
}

fn site_of(value: &Value) -> Site {
    let field = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
    Site { file: field("file"), text: field("text"), flip: field("flip") }
}

fn read_list(file: &Path) -> Result<Vec<Guard>> {
    let text = fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let list: Value =
        serde_json::from_str(&text).with_context(|| format!("{} is not JSON", file.display()))?;
    let mut guards = Vec::new();
    for value in list["guards"].as_array().context("it has no list of guards")? {
        let field = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
        let id = field("id");
        ensure!(
            !id.is_empty() && !guards.iter().any(|guard: &Guard| guard.id == id),
            "an id twice or none: {id}"
        );
        let mut sites = vec![site_of(value)];
        sites.extend(value["also"].as_array().into_iter().flatten().map(site_of));
        guards.push(Guard { id, sites, reason: field("equivalent") });
    }
    Ok(guards)
}

/// Brings the copy up to date, the engine with its switches; gives a name to all of its content. A file that stays
/// the same is not touched, so that cargo builds only what changed.
fn copy_tree(tree: &Path, engine: &str, guards: &[Guard]) -> Result<String> {
    let sources = format!("crates/engines/{engine}/src");
    let mut wanted = BTreeMap::new();
    for name in COPIED {
        collect(&root().join(name), &root(), &mut wanted)?;
    }
    let mut files: BTreeMap<&str, Vec<(usize, &Site)>> = BTreeMap::new();
    for (at, guard) in guards.iter().enumerate() {
        for site in &guard.sites {
            files.entry(&site.file).or_default().push((at + 1, site));
        }
    }
    for (file, flips) in files {
        let path = PathBuf::from(format!("{sources}/{file}"));
        let content = wanted.get_mut(&path).with_context(|| format!("there is no {}", path.display()))?;
        let source = String::from_utf8(content.clone())?;
        *content = with_switches(&source, &flips).with_context(|| file.to_owned())?.into_bytes();
    }
    let lib = wanted.get_mut(Path::new(&format!("{sources}/lib.rs"))).context("the engine has no lib.rs")?;
    // A name that a flip leaves unused is no matter.
    lib.splice(..0, *b"#![allow(warnings)]\n");
    lib.extend_from_slice(SWITCH_CODE.as_bytes());
    let mut hasher = DefaultHasher::new();
    for (path, content) in wanted.iter().filter(|(path, _)| matters(path)) {
        (path, content).hash(&mut hasher);
    }
    let mut old = BTreeMap::new();
    if tree.is_dir() {
        collect(tree, tree, &mut old)?;
    }
    for gone in old.keys().filter(|path| !wanted.contains_key(*path)) {
        fs::remove_file(tree.join(gone))?;
    }
    for (path, content) in wanted.iter().filter(|(path, content)| old.get(*path) != Some(content)) {
        let to = tree.join(path);
        fs::create_dir_all(to.parent().context("a file is in a folder")?)?;
        fs::write(to, content)?;
    }
    Ok(format!("{:016x}", hasher.finish()))
}

/// Whether a file has a say in what the scenarios find.
fn matters(path: &Path) -> bool {
    let beside = ["xtask", "cli", "bindings", "scene", "trace"];
    let scenario = path.extension().is_some_and(|extension| extension == "scn");
    let code =
        path.starts_with("crates") && !beside.iter().any(|krate| path.starts_with(format!("crates/{krate}")));
    scenario || code
}

fn collect(path: &Path, base: &Path, into: &mut BTreeMap<PathBuf, Vec<u8>>) -> Result<()> {
    if path.is_dir() {
        for entry in fs::read_dir(path)? {
            let entry = entry?.path();
            if entry.file_name().is_some_and(|name| name != "target") {
                collect(&entry, base, into)?;
            }
        }
    } else if path.is_file() {
        into.insert(path.strip_prefix(base)?.to_owned(), fs::read(path)?);
    }
    Ok(())
}

/// A source with its guards behind switches. Guards on the very same text share their place.
fn with_switches(source: &str, flips: &[(usize, &Site)]) -> Result<String> {
    let mut places: BTreeMap<(usize, usize), Vec<(usize, &Site)>> = BTreeMap::new();
    for (number, site) in flips {
        let place = place_of(source, &site.text)?;
        places.entry(place).or_default().push((*number, site));
    }
    let mut text = source.to_owned();
    let mut before = source.len();
    for ((from, to), flips) in places.into_iter().rev() {
        ensure!(to <= before, "two guards overlap: {}", flips[0].1.text);
        before = from;
        let own = &source[from..to];
        let mut code = String::new();
        for (number, site) in flips {
            code += &format!("if crate::flipped({number}) {{ {} }} else ", site.flip);
        }
        code += &format!("{{ {own} }}");
        // The block of a match arm has no comma behind it, which an expression in brackets would need.
        let bare = own.ends_with(';') || own.starts_with('{');
        text.replace_range(from..to, &if bare { code } else { format!("({code})") });
    }
    Ok(text)
}

/// Where the part in ⟦ ⟧ stands in the source; the text with it must occur once.
fn place_of(source: &str, marked: &str) -> Result<(usize, usize)> {
    let (left, rest) = marked.split_once('⟦').context("the guard is not marked with ⟦ ⟧")?;
    let (guard, right) = rest.split_once('⟧').context("the guard is not marked with ⟦ ⟧")?;
    let whole = format!("{left}{guard}{right}");
    let found: Vec<usize> = source.match_indices(&whole).map(|(at, _)| at).collect();
    ensure!(found.len() == 1, "the text occurs {} times, not once:\n{whole}", found.len());
    let from = found[0] + left.len();
    Ok((from, from + guard.len()))
}

/// Builds the scenarios' test program of the copy.
fn build(tree: &Path) -> Result<PathBuf> {
    println!("building the engine with its switches");
    // A target of its own: cargo takes the copy's crates for those of the workspace, and would mix what it built.
    let output = cargo()
        .current_dir(tree)
        .env("CARGO_TARGET_DIR", tree.join("target"))
        .args(["test", "-p", "scenario", "--test", "fidelity", "--no-run"])
        .arg("--message-format=json-render-diagnostics")
        .stderr(Stdio::inherit())
        .output()
        .context("cannot start cargo")?;
    ensure!(output.status.success(), "with its flips the engine does not compile: the list is wrong there");
    for line in String::from_utf8(output.stdout)?.lines() {
        let message: Value = serde_json::from_str(line)?;
        if let (Some("fidelity"), Some(program)) =
            (message["target"]["name"].as_str(), message["executable"].as_str())
        {
            return Ok(PathBuf::from(program));
        }
    }
    bail!("cargo named no program of crates/scenario/tests/fidelity.rs")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guard(text: &str, flip: &str) -> Site {
        Site { file: String::new(), text: text.into(), flip: flip.into() }
    }

    #[test]
    fn a_guard_and_a_statement_get_their_switches() {
        let source = "if a < b {\n    c();\n}\n";
        let (never, always, none) =
            (guard("if ⟦a < b⟧ {", "false"), guard("if ⟦a < b⟧ {", "true"), guard("⟦c();⟧", ""));
        let text = with_switches(source, &[(1, &never), (2, &always), (3, &none)]).expect("both occur once");
        assert_eq!(
            text,
            "if (if crate::flipped(1) { false } else if crate::flipped(2) { true } else { a < b }) {\n    \
             if crate::flipped(3) {  } else { c(); }\n}\n"
        );
    }

    #[test]
    fn a_block_of_a_match_arm_needs_no_comma() {
        let arm = guard("A => ⟦{}⟧", "c()");
        let text = with_switches("A => {}\nB => {}", &[(1, &arm)]).expect("it occurs once");
        assert_eq!(text, "A => if crate::flipped(1) { c() } else { {} }\nB => {}");
    }

    #[test]
    fn text_that_is_not_there_once_is_an_error() {
        assert!(place_of("a a", "⟦a⟧").is_err());
        assert!(place_of("b", "⟦a⟧").is_err());
        assert!(place_of("a", "a").is_err());
        assert_eq!(place_of("x ab", "a⟦b⟧").ok(), Some((3, 4)));
    }

    #[test]
    fn guards_that_overlap_are_an_error() {
        let (outer, inner) = (guard("⟦a < b⟧", "false"), guard("a < ⟦b⟧", "c"));
        assert!(with_switches("a < b", &[(1, &outer), (2, &inner)]).is_err());
    }
}
