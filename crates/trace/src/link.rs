//! A run packed for a link: the way to the branch shown, without intermediate digests. The page compresses the
//! bytes further (raw deflate) and writes them in base64url after `#t=`.

use kernel::{Action, Addr, BranchRecord, Decision, MsgId, NetConfig, Record, Setup, Time, limits};

use crate::TraceError;

/// A longer link is refused, before and after unpacking.
pub const LINK_BYTES_MAX: usize = 256 << 10;
const ACTIONS_MAX: usize = 20_000;
const VERSION: u8 = 1;
/// The version of links of runs whose network keeps the order of messages; but for that the same.
const ORDERED: u8 = 2;

/// Decisions with a letter of their own; any other is written as text under `TEXT`.
const DELIVER: u8 = 1;
const DROP: u8 = 2;
const DUPLICATE: u8 = 3;
const HOLD: u8 = 4;
const RELEASE: u8 = 5;
const FIRE: u8 = 6;
const TIME_OUT: u8 = 7;
const FINISH: u8 = 8;
const TEXT: u8 = 15;
/// Set when time passed before the action: its instant follows, as the difference to the last one written.
const AT: u8 = 0x10;

/// Packs the branch shown, with its parents' actions before it, up to the step shown.
#[must_use]
pub fn pack(record: &Record) -> Vec<u8> {
    // What the first version can say is said in it, so that links stay what they were.
    let mut out = Packer { bytes: vec![if record.setup.net.fifo { ORDERED } else { VERSION }] };
    let setup = &record.setup;
    out.text(&setup.engine);
    out.number(u64::from(record.engine_version));
    out.number(u64::from(setup.nodes));
    out.number(u64::from(setup.clients));
    out.number(setup.seed);
    let net = setup.net;
    [net.latency_us_min, net.latency_us_max, u64::from(net.loss_ppm), u64::from(net.duplicate_ppm)]
        .iter()
        .for_each(|n| out.number(*n));
    out.number(setup.settings.len() as u64);
    for (name, value) in &setup.settings {
        out.text(name);
        out.text(value);
    }
    let (actions, tip, digest) = way(record);
    out.number(u64::from(record.step));
    out.number(u64::from(tip));
    out.bytes.extend(digest.to_le_bytes());
    out.number(actions.len() as u64);
    let (mut last_step, mut last_at) = (0, 0);
    for (step, action) in &actions {
        out.action(*step, action, last_step, last_at);
        last_step = *step;
        last_at = last_at.max(action.at.0);
    }
    out.bytes
}

/// All actions on the way to the branch shown, its tip and the digest there.
fn way(record: &Record) -> (Vec<(u32, Action)>, u32, u64) {
    let Some(shown) = record.branches.get(record.shown as usize) else { return (Vec::new(), 0, 0) };
    let mut parts = vec![(shown, shown.tip)];
    let mut at = shown;
    while let Some((parent, step)) = at.parent {
        let Some(branch) = record.branches.get(parent as usize) else { break };
        if parts.len() > record.branches.len() {
            break;
        }
        parts.push((branch, step));
        at = branch;
    }
    let mut actions = Vec::new();
    for (branch, upto) in parts.iter().rev() {
        actions.extend(branch.actions.iter().filter(|(step, _)| step <= upto).cloned());
    }
    (actions, shown.tip, shown.tip_digest)
}

struct Packer {
    bytes: Vec<u8>,
}

impl Packer {
    /// Seven bits a byte, lowest first.
    fn number(&mut self, mut n: u64) {
        while n >= 0x80 {
            self.bytes.push(n.to_le_bytes()[0] | 0x80);
            n >>= 7;
        }
        self.bytes.push(n.to_le_bytes()[0]);
    }

    fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.bytes.extend(text.as_bytes());
    }

    fn action(&mut self, step: u32, action: &Action, last_step: u32, last_at: u64) {
        let at = if action.at == Action::NOW { 0 } else { AT };
        let message = |id: &MsgId| u64::from(step.saturating_sub(id.step)) << 3 | u64::from(id.index.min(7));
        let short = |id: &MsgId| id.index < 7 && id.step <= step;
        let (op, arg) = match &action.decision {
            Decision::Deliver(id) if short(id) => (DELIVER, Some(message(id))),
            Decision::Drop(id) if short(id) => (DROP, Some(message(id))),
            Decision::Duplicate(id) if short(id) => (DUPLICATE, Some(message(id))),
            Decision::Hold(id) if short(id) => (HOLD, Some(message(id))),
            Decision::Release(id) if short(id) => (RELEASE, Some(message(id))),
            Decision::TimeOut(id) if short(id) => (TIME_OUT, Some(message(id))),
            Decision::Finish(id) if short(id) => (FINISH, Some(message(id))),
            Decision::Fire(Addr::Node(node), timer) => {
                (FIRE, Some(u64::from(*timer) << 4 | u64::from(node.0)))
            }
            _ => (TEXT, None),
        };
        self.bytes.push(op | at);
        self.number(u64::from(step - last_step));
        if at == AT {
            self.number(action.at.0.saturating_sub(last_at));
        }
        match arg {
            Some(arg) => self.number(arg),
            None => self.text(&action.decision.to_string()),
        }
    }
}

/// Unpacks a link's bytes into a run of one branch.
///
/// # Errors
/// What is wrong, and at which byte.
pub fn unpack(bytes: &[u8]) -> Result<Record, TraceError> {
    if bytes.len() > LINK_BYTES_MAX {
        return Err(TraceError::new(1, 1, format!("a link holds at most {} KiB", LINK_BYTES_MAX >> 10)));
    }
    let mut from = Unpacker { bytes, at: 0 };
    let version = from.byte()?;
    if !matches!(version, VERSION | ORDERED) {
        return from
            .wrong(format!("this link has version {version}, this program reads up to version {ORDERED}"));
    }
    let engine = from.text()?;
    let engine_version = from.small("an engine's version")?;
    let (nodes, clients): (u8, u8) = (from.small("nodes")?, from.small("clients")?);
    if !(1..=limits::NODES).contains(&nodes) || clients > limits::CLIENTS {
        return from.wrong("a run has 1 to 9 nodes and at most 9 clients");
    }
    let seed = from.number()?;
    let net = NetConfig {
        latency_us_min: from.number()?,
        latency_us_max: from.number()?,
        loss_ppm: from.small("a loss")?,
        duplicate_ppm: from.small("a duplication")?,
        fifo: version == ORDERED,
    };
    let count: usize = from.small("a count")?;
    let mut settings = Vec::new();
    for _ in 0..count {
        settings.push((from.text()?, from.text()?));
    }
    let (step, tip): (u32, u32) = (from.small("a step")?, from.small("a step")?);
    let tip_digest = from.word()?;
    let actions = from.actions()?;
    if from.at != bytes.len() {
        return from.wrong("something follows the end");
    }
    let main = BranchRecord {
        parent: None,
        name: "main".to_owned(),
        cause: String::new(),
        tip,
        actions,
        bytes: Vec::new(),
        wholes: Vec::new(),
        tip_digest,
    };
    let setup = Setup { engine, nodes, clients, seed, net, settings };
    Ok(Record { setup, engine_version, branches: vec![main], shown: 0, step })
}

struct Unpacker<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Unpacker<'_> {
    fn wrong<T>(&self, what: impl Into<String>) -> Result<T, TraceError> {
        Err(TraceError::new(1, self.at.max(1), what))
    }

    fn byte(&mut self) -> Result<u8, TraceError> {
        let Some(byte) = self.bytes.get(self.at) else { return self.wrong("the link is cut off") };
        self.at += 1;
        Ok(*byte)
    }

    fn word(&mut self) -> Result<u64, TraceError> {
        let mut word = [0; 8];
        for to in &mut word {
            *to = self.byte()?;
        }
        Ok(u64::from_le_bytes(word))
    }

    fn number(&mut self) -> Result<u64, TraceError> {
        let mut n = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                break;
            }
            n |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(n);
            }
        }
        self.wrong("a number has at most 64 bits")
    }

    fn small<T: TryFrom<u64>>(&mut self, what: &str) -> Result<T, TraceError> {
        let n = self.number()?;
        T::try_from(n).or_else(|_| self.wrong(format!("{n} is too large for {what}")))
    }

    fn text(&mut self) -> Result<String, TraceError> {
        let len: usize = self.small("a length")?;
        let end = self.at.checked_add(len).filter(|end| *end <= self.bytes.len());
        let Some(bytes) = end.and_then(|end| self.bytes.get(self.at..end)) else {
            return self.wrong("the link is cut off");
        };
        match std::str::from_utf8(bytes) {
            Ok(text) => {
                self.at += len;
                Ok(text.to_owned())
            }
            Err(_) => self.wrong("this is not UTF-8 text"),
        }
    }

    fn actions(&mut self) -> Result<Vec<(u32, Action)>, TraceError> {
        let count: usize = self.small("a count")?;
        if count > ACTIONS_MAX {
            return self.wrong(format!("a link holds at most {ACTIONS_MAX} actions"));
        }
        let mut actions = Vec::new();
        let (mut step, mut at) = (0_u32, 0_u64);
        for _ in 0..count {
            let op = self.byte()?;
            let more: u32 = self.small("a step")?;
            let Some(next) = step.checked_add(more).filter(|_| more > 0) else {
                return self.wrong("steps ascend");
            };
            step = next;
            if op & AT != 0 {
                at = at.saturating_add(self.number()?);
            }
            let decision = self.decision(op & !AT, step)?;
            let at = if op & AT == 0 { Action::NOW } else { Time(at) };
            actions.push((step, Action { at, decision }));
        }
        Ok(actions)
    }

    fn decision(&mut self, op: u8, step: u32) -> Result<Decision, TraceError> {
        if op == TEXT {
            let text = self.text()?;
            let begin = self.at - text.len();
            let place = |error: kernel::DecisionError| TraceError::new(1, begin + error.at + 1, error.what);
            return text.parse().map_err(place);
        }
        let arg = self.number()?;
        if op == FIRE {
            let Ok(timer) = u16::try_from(arg >> 4) else {
                return self.wrong("a timer's number is too large");
            };
            let node = kernel::NodeId((arg & 0xf).to_le_bytes()[0]);
            return Ok(Decision::Fire(Addr::Node(node), timer));
        }
        let back = u32::try_from(arg >> 3).ok().and_then(|back| step.checked_sub(back));
        let Some(of) = back else { return self.wrong("a message is older than the run") };
        let id = MsgId { step: of, index: u16::from((arg & 7).to_le_bytes()[0]) };
        match op {
            DELIVER => Ok(Decision::Deliver(id)),
            DROP => Ok(Decision::Drop(id)),
            DUPLICATE => Ok(Decision::Duplicate(id)),
            HOLD => Ok(Decision::Hold(id)),
            RELEASE => Ok(Decision::Release(id)),
            TIME_OUT => Ok(Decision::TimeOut(id)),
            FINISH => Ok(Decision::Finish(id)),
            _ => self.wrong(format!("there is no decision {op}")),
        }
    }
}
