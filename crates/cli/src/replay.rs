//! `quorumscope replay`.

use kernel::{Action, BranchRecord, NodeId, Record, Value};
use lab::Session;
use serde_json::{Map, json};

use crate::{End, input};

/// Replays a trace and tells whether it is the same run.
pub fn replay(name: &str, at: Option<u32>, expand: bool, as_json: bool) -> End {
    let opened = input::record(name).and_then(|record| Ok((input::open(name, &record)?, record)));
    let (mut session, record) = match opened {
        Ok(opened) => opened,
        Err(end) => return end,
    };
    if expand {
        crate::say_text(format_args!("{}", trace::write(&spelled_out(&mut *session, &record))));
        return End::Fine;
    }
    if let Some(step) = at
        && let Err(end) = seek(name, &mut *session, step)
    {
        return end;
    }
    tell(&*session, &record, at.is_some(), as_json);
    End::Fine
}

/// Goes to a step that there is.
pub fn seek(name: &str, session: &mut dyn Session, step: u32) -> Result<(), End> {
    let tip = session.status().tip;
    if step > tip {
        return Err(End::BadInput(format!("{name}: step {step} is after the last, {tip}")));
    }
    session.seek(step);
    Ok(())
}

/// Which digests the record had to compare: of every step, or of some.
fn compared(record: &Record) -> String {
    let start = |branch: &BranchRecord| branch.parent.map_or(0, |(_, step)| step);
    let all: u64 = record.branches.iter().map(|branch| u64::from(branch.tip - start(branch))).sum();
    let kept: u64 = record.branches.iter().map(|branch| branch.bytes.len() as u64).sum();
    if kept == all {
        return "all digests equal".to_owned();
    }
    format!("equal in the end; of {all} steps it keeps {kept} digests, which are equal too")
}

fn tell(session: &dyn Session, record: &Record, state: bool, as_json: bool) {
    let status = session.status();
    let info = session.info();
    let steps: u64 = record.branches.iter().map(|branch| u64::from(branch.tip)).max().unwrap_or(0);
    if as_json {
        say!(
            "{}",
            json!({
                "engine": record.setup.engine, "version": info.version,
                "made_with": record.engine_version, "branches": record.branches.len(), "steps": steps, "step": status.step,
                "events": status.events, "digest": format!("{:016x}", status.digest), "same": true,
                "nodes": nodes(session),
            })
        );
        return;
    }
    if info.version != record.engine_version {
        say!("Made with {0} {1}; this program has {0} {2}.", info.title, record.engine_version, info.version);
    }
    let branches = match record.branches.len() {
        1 => "one branch".to_owned(),
        more => format!("{more} branches"),
    };
    say!(
        "{} {}: {branches}, {steps} steps, {}; step {} has digest {:016x}",
        info.title,
        info.version,
        compared(record),
        status.step,
        status.digest
    );
    if state {
        say!("step {}: {}", status.step, session.narration());
        for id in (0..status.nodes).map(NodeId) {
            if let Some(node) = session.node(id) {
                let view = &node.view;
                say!("  {id} {} T{} {}", view.role, view.term, view.facts);
            }
        }
    }
}

/// Every node with all its fields, for programs.
pub fn nodes(session: &dyn Session) -> Vec<serde_json::Value> {
    let all = (0..session.status().nodes).filter_map(|i| session.node(NodeId(i)));
    let node = |node: lab::NodeDetail| {
        let fields = node.durable.iter().chain(&node.volatile);
        let fields: Map<String, serde_json::Value> =
            fields.map(|field| (field.name.to_owned(), value(&field.value))).collect();
        json!({ "id": node.view.id.to_string(), "role": node.view.role, "term": node.view.term, "fields": fields })
    };
    all.map(node).collect()
}

fn value(of: &Value) -> serde_json::Value {
    match of {
        Value::None => serde_json::Value::Null,
        Value::Bool(yes) => json!(yes),
        Value::Int(n) => json!(n),
        Value::Time(time) => json!(time.0),
        Value::Node(id) => json!(id.to_string()),
        Value::Word(word) => json!(word),
        Value::Text(text) => json!(text),
        Value::List(all) => all.iter().map(value).collect(),
        Value::Map(all) => all.iter().map(|(key, of)| (key.clone(), value(of))).collect::<Map<_, _>>().into(),
    }
}

/// The branch shown with every decision written down.
fn spelled_out(session: &mut dyn Session, record: &Record) -> Record {
    let tip = session.status().tip;
    let mut actions = Vec::new();
    let (mut bytes, mut wholes) = (Vec::new(), Vec::new());
    for step in 1..=tip {
        session.seek(step - 1);
        if let Some((at, decision)) = session.next_step() {
            actions.push((step, Action { at, decision }));
        }
        session.seek(step);
        let digest = session.status().digest;
        bytes.push(digest.to_le_bytes()[0]);
        if step.is_multiple_of(lab::WHOLE_STEPS) {
            wholes.push(digest);
        }
    }
    let tip_digest = session.status().digest;
    let main = BranchRecord {
        parent: None,
        name: "main".to_owned(),
        cause: String::new(),
        tip,
        actions,
        bytes,
        wholes,
        tip_digest,
    };
    Record { branches: vec![main], shown: 0, ..record.clone() }
}
