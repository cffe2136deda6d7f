//! The trace file, version 1.

use kernel::{Action, BranchRecord, Decision, DecisionError, NetConfig, Record, Setup, Time, limits};
use serde::{Deserialize, Serialize};

use crate::TraceError;

/// A larger file is refused.
pub const FILE_BYTES_MAX: usize = 64 << 20;
const LINE_BYTES_MAX: usize = 1 << 20;
const BRANCHES_MAX: usize = 64;
/// Digest bytes on one line.
const DIGESTS_A_LINE: usize = 8192;

const VERSION: u32 = 1;

/// A line of the file.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Line {
    /// First line.
    Qtrace(Header),
    /// Starts a branch; what follows belongs to it.
    Branch(BranchLine),
    /// What the user did: step, instant in microseconds, decision.
    Do(u32, u64, String),
    /// The lowest byte of the run digest of the next steps, in hexadecimal.
    Bytes(String),
    /// The whole run digests after the next multiples of 64, in hexadecimal, 16 digits each.
    Wholes(String),
    /// Last line: how many lines came before.
    End(usize),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    version: u32,
    engine: String,
    engine_version: u32,
    nodes: u8,
    clients: u8,
    /// Decimal, because JSON's numbers are not wide enough everywhere.
    seed: String,
    latency_us: (u64, u64),
    loss_ppm: u32,
    duplicate_ppm: u32,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    fifo: bool,
    settings: Vec<(String, String)>,
    shown: u32,
    step: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BranchLine {
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    parent: Option<(u32, u32)>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    cause: String,
    tip: u32,
    /// The whole run digest after the tip, 16 hexadecimal digits.
    digest: String,
}

/// Writes a run.
#[must_use]
pub fn write(record: &Record) -> String {
    let mut out = Out { text: String::new(), lines: 0 };
    let setup = &record.setup;
    out.line(&Line::Qtrace(Header {
        version: VERSION,
        engine: setup.engine.clone(),
        engine_version: record.engine_version,
        nodes: setup.nodes,
        clients: setup.clients,
        seed: setup.seed.to_string(),
        latency_us: (setup.net.latency_us_min, setup.net.latency_us_max),
        loss_ppm: setup.net.loss_ppm,
        duplicate_ppm: setup.net.duplicate_ppm,
        fifo: setup.net.fifo,
        settings: setup.settings.clone(),
        shown: record.shown,
        step: record.step,
    }));
    for branch in &record.branches {
        out.line(&Line::Branch(BranchLine {
            name: branch.name.clone(),
            parent: branch.parent,
            cause: branch.cause.clone(),
            tip: branch.tip,
            digest: format!("{:016x}", branch.tip_digest),
        }));
        for (step, action) in &branch.actions {
            out.line(&Line::Do(*step, action.at.0, action.decision.to_string()));
        }
        for bytes in branch.bytes.chunks(DIGESTS_A_LINE) {
            out.line(&Line::Bytes(bytes.iter().map(|byte| format!("{byte:02x}")).collect()));
        }
        for wholes in branch.wholes.chunks(DIGESTS_A_LINE / 8) {
            out.line(&Line::Wholes(wholes.iter().map(|whole| format!("{whole:016x}")).collect()));
        }
    }
    let lines = out.lines;
    out.line(&Line::End(lines));
    out.text
}

struct Out {
    text: String,
    lines: usize,
}

impl Out {
    fn line(&mut self, line: &Line) {
        // Strings, numbers and lists always have a JSON form.
        if let Ok(json) = serde_json::to_string(line) {
            self.text.push_str(&json);
            self.text.push('\n');
            self.lines += 1;
        }
    }
}

/// Reads a run. Whether it can happen is for the replay to say.
///
/// # Errors
/// The first thing that is wrong, with its line and column.
pub fn read(bytes: &[u8]) -> Result<Record, TraceError> {
    if bytes.len() > FILE_BYTES_MAX {
        return Err(TraceError::new(1, 1, format!("a trace has at most {} MiB", FILE_BYTES_MAX >> 20)));
    }
    let mut reader = Reader { record: None, ended: false };
    let mut number = 0;
    for raw in bytes.split(|byte| *byte == b'\n') {
        number += 1;
        let raw = raw.strip_suffix(b"\r").unwrap_or(raw);
        if raw.is_empty() {
            continue;
        }
        if raw.len() > LINE_BYTES_MAX {
            return Err(TraceError::new(
                number,
                LINE_BYTES_MAX,
                format!("a line has at most {LINE_BYTES_MAX} bytes"),
            ));
        }
        let text = std::str::from_utf8(raw)
            .map_err(|e| TraceError::new(number, e.valid_up_to() + 1, "this is not UTF-8 text"))?;
        let line: Line = serde_json::from_str(text)
            .map_err(|e| TraceError::new(number, e.column().max(1), cut_place(&e.to_string())))?;
        reader.take(number, text, line)?;
    }
    match reader {
        Reader { record: Some(record), ended: true } => Ok(record),
        Reader { record: Some(_), ended: false } => {
            Err(TraceError::new(number, 1, "the file is cut off: its last line should be {\"end\":…}"))
        }
        Reader { record: None, .. } => {
            Err(TraceError::new(1, 1, "this is not a trace: its first line should be {\"qtrace\":…}"))
        }
    }
}

/// serde_json ends its messages with a place inside the line, which we give ourselves.
fn cut_place(message: &str) -> String {
    message.split(" at line ").next().unwrap_or(message).to_owned()
}

struct Reader {
    record: Option<Record>,
    ended: bool,
}

impl Reader {
    fn take(&mut self, number: usize, text: &str, line: Line) -> Result<(), TraceError> {
        let wrong = |what: &str| Err(TraceError::new(number, 1, what));
        if self.ended {
            return wrong("nothing may follow {\"end\":…}");
        }
        let Some(record) = &mut self.record else {
            let Line::Qtrace(header) = line else {
                return wrong("this is not a trace: its first line should be {\"qtrace\":…}");
            };
            self.record = Some(open(number, header)?);
            return Ok(());
        };
        match line {
            Line::Qtrace(_) => wrong("a trace has one header"),
            Line::Branch(branch) => {
                if record.branches.len() >= BRANCHES_MAX {
                    return wrong("a run has at most 64 branches");
                }
                let tip_digest = hex(&branch.digest).filter(|_| branch.digest.len() == 16);
                let Some(tip_digest) = tip_digest else {
                    return wrong("\"digest\" takes 16 hexadecimal digits");
                };
                record.branches.push(BranchRecord {
                    parent: branch.parent,
                    name: branch.name,
                    cause: branch.cause,
                    tip: branch.tip,
                    actions: Vec::new(),
                    bytes: Vec::new(),
                    wholes: Vec::new(),
                    tip_digest,
                });
                Ok(())
            }
            Line::End(lines) => {
                if record.branches.is_empty() {
                    return wrong("a run has at least one branch");
                }
                if lines + 1 != number {
                    return wrong("lines are missing: \"end\" counts the lines before it");
                }
                self.ended = true;
                Ok(())
            }
            content => {
                let Some(branch) = record.branches.last_mut() else {
                    return wrong("a {\"branch\":…} should come first");
                };
                fill(number, text, branch, content)
            }
        }
    }
}

fn open(number: usize, header: Header) -> Result<Record, TraceError> {
    let wrong = |what: String| Err(TraceError::new(number, 1, what));
    if header.version != VERSION {
        return wrong(format!(
            "this file has version {}, this program reads version {VERSION}",
            header.version
        ));
    }
    let Ok(seed) = header.seed.parse() else {
        return wrong("\"seed\" takes a whole number in quotes".to_owned());
    };
    if !(1..=limits::NODES).contains(&header.nodes) || header.clients > limits::CLIENTS {
        return wrong(format!(
            "a run has 1 to {} nodes and at most {} clients",
            limits::NODES,
            limits::CLIENTS
        ));
    }
    Ok(Record {
        setup: Setup {
            engine: header.engine,
            nodes: header.nodes,
            clients: header.clients,
            seed,
            net: NetConfig {
                latency_us_min: header.latency_us.0,
                latency_us_max: header.latency_us.1,
                loss_ppm: header.loss_ppm,
                duplicate_ppm: header.duplicate_ppm,
                fifo: header.fifo,
            },
            settings: header.settings,
        },
        engine_version: header.engine_version,
        branches: Vec::new(),
        shown: header.shown,
        step: header.step,
    })
}

fn fill(number: usize, written: &str, branch: &mut BranchRecord, line: Line) -> Result<(), TraceError> {
    let wrong = |what: String| Err(TraceError::new(number, 1, what));
    match line {
        Line::Do(step, at, text) => {
            if branch.actions.last().is_some_and(|(last, _)| *last >= step) {
                return wrong(format!("step {step} does not come after the action before it"));
            }
            let place = |error: DecisionError| TraceError::new(number, column(written, error.at), error.what);
            let decision = text.parse::<Decision>().map_err(place)?;
            branch.actions.push((step, Action { at: Time(at), decision }));
        }
        Line::Bytes(text) => {
            let bytes = text.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).ok().and_then(hex));
            let Some(bytes) = bytes.collect::<Option<Vec<u64>>>().filter(|_| text.len().is_multiple_of(2))
            else {
                return wrong("\"bytes\" takes pairs of hexadecimal digits".to_owned());
            };
            branch.bytes.extend(bytes.iter().map(|byte| byte.to_le_bytes()[0]));
        }
        Line::Wholes(text) => {
            let wholes = text.as_bytes().chunks(16).map(|word| std::str::from_utf8(word).ok().and_then(hex));
            let Some(wholes) = wholes.collect::<Option<Vec<u64>>>().filter(|_| text.len().is_multiple_of(16))
            else {
                return wrong("\"wholes\" takes 16 hexadecimal digits a digest".to_owned());
            };
            branch.wholes.extend(wholes);
        }
        Line::Qtrace(_) | Line::Branch(_) | Line::End(_) => {}
    }
    Ok(())
}

/// The column of a byte of the decision, which is the second text on its line after `"do"`. JSON's reader does not tell
/// it; that reader has taken the line, so every text on it ends.
fn column(line: &str, byte: usize) -> usize {
    let (mut at, mut quotes, mut read) = (0, 0, 0);
    while let Some(rest) = line.get(at..).filter(|rest| !rest.is_empty()) {
        let (long, means) = sign(rest);
        let quote = rest.starts_with('"');
        if quotes == 3 {
            if quote || read >= byte {
                break;
            }
            read += means;
        }
        quotes += usize::from(quote);
        at += long;
    }
    at + 1
}

/// How many bytes the first sign of what is left of a line takes there, and how many it stands for.
fn sign(line: &str) -> (usize, usize) {
    let mut signs = line.chars();
    match (signs.next(), signs.next()) {
        (Some('\\'), Some('u')) => {
            let code = line.get(2..6).and_then(|digits| u32::from_str_radix(digits, 16).ok());
            // Without a character of its own, it is the first half of one.
            code.and_then(char::from_u32).map_or((12, 4), |sign| (6, sign.len_utf8()))
        }
        (Some('\\'), _) => (2, 1),
        (first, _) => first.map_or((1, 1), |sign| (sign.len_utf8(), sign.len_utf8())),
    }
}

/// Lower-case hexadecimal digits only, so that a text has one meaning.
fn hex(text: &str) -> Option<u64> {
    let plain = text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    u64::from_str_radix(text, 16).ok().filter(|_| plain)
}
