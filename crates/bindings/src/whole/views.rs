//! What only the whole module hands to TypeScript: the inspector, the settings, the commands. Plain objects in camel
//! case, by serde.

use kernel::{Addr, CommandKind, Fate, SettingDesc, Value};
use lab::{Change, NodeDetail, Numbers, Why};
use serde::Serialize;
use sim::OpEnd;
use wasm_bindgen::JsValue;

use crate::Run;
use crate::plain::{Row, list, number, sentence};

/// A value as text; instants relative to the node's clock.
pub fn value_text(value: &Value, local_now_us: u64) -> String {
    match value {
        Value::None => "none".to_owned(),
        Value::Bool(yes) => yes.to_string(),
        Value::Int(n) => n.to_string(),
        Value::Time(time) => {
            let at = format!("{}.{:03} ms", time.0 / 1000, time.0 % 1000);
            match (local_now_us.checked_sub(time.0), time.0.checked_sub(local_now_us)) {
                (Some(0), _) => format!("{at} (now)"),
                (Some(ago), _) => format!("{at} ({} ms ago)", ago / 1000),
                (_, Some(ahead)) => format!("{at} (in {} ms)", ahead / 1000),
                (None, None) => at,
            }
        }
        Value::Node(id) => id.to_string(),
        Value::Word(word) => (*word).to_owned(),
        Value::Text(text) => text.clone(),
        Value::List(all) if all.is_empty() => "empty".to_owned(),
        Value::List(all) => {
            let parts: Vec<_> = all.iter().map(|value| value_text(value, local_now_us)).collect();
            parts.join(", ")
        }
        Value::Map(all) if all.is_empty() => "empty".to_owned(),
        Value::Map(all) => {
            let parts: Vec<_> =
                all.iter().map(|(key, value)| format!("{key}: {}", nested(value, local_now_us))).collect();
            parts.join(", ")
        }
    }
}

fn nested(value: &Value, local_now_us: u64) -> String {
    match value {
        Value::Map(all) if !all.is_empty() => format!("{{{}}}", value_text(value, local_now_us)),
        Value::List(all) if !all.is_empty() => format!("[{}]", value_text(value, local_now_us)),
        _ => value_text(value, local_now_us),
    }
}

/// The numbers of a run.
pub fn numbers(of: Numbers) -> JsValue {
    Row::new()
        .put("elections", of.elections)
        .put("undecided", of.undecided)
        .put("leaderlessUs", number(of.leaderless_us))
        .put("messages", number(of.messages))
        .put("committed", number(of.committed))
        .put("repairs", number(of.repairs))
        .put("probes", number(of.probes))
        .into()
}

/// A field of the inspector. What has entries crosses as rows too, so that it can be shown as a table.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FieldRow {
    name: String,
    doc: &'static str,
    value: String,
    rows: Vec<(String, String)>,
    changed: bool,
}

/// A node, whole.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NodeView {
    id: String,
    role: String,
    facts: String,
    term: f64,
    shape: String,
    paused: bool,
    down: bool,
    skew_us: f64,
    durable: Vec<FieldRow>,
    volatile: Vec<FieldRow>,
}

fn field_row(name: String, doc: &'static str, value: &Value, local_now_us: u64) -> FieldRow {
    let rows = lab::entries(value).unwrap_or_default();
    let rows = rows.into_iter().map(|(key, v)| (key, value_text(v, local_now_us))).collect();
    FieldRow { name, doc, value: value_text(value, local_now_us), rows, changed: false }
}

/// What a node keeps about another.
pub fn about(detail: &NodeDetail, peer: kernel::NodeId) -> Vec<FieldRow> {
    let row = |(name, doc, value)| field_row(name, doc, &value, detail.local_now_us);
    detail.about(peer).into_iter().map(row).collect()
}

/// The fields of one end, with marks on what the last step changed.
pub fn fields(who: Addr, all: &[lab::FieldView], changed: &[Change], local_now_us: u64) -> Vec<FieldRow> {
    let is_changed = |name: &str| {
        let part =
            |field: &str| field == name || field.strip_prefix(name).is_some_and(|f| f.starts_with('.'));
        changed.iter().any(|change| change.who == who && part(&change.field))
    };
    let row = |field: &lab::FieldView| FieldRow {
        changed: is_changed(field.name),
        ..field_row(field.name.to_owned(), field.doc, &field.value, local_now_us)
    };
    all.iter().map(row).collect()
}

/// A node, whole, with marks on what the last step changed.
pub fn node(detail: NodeDetail, changed: &[Change]) -> NodeView {
    let id = detail.view.id;
    let field = |all: &[lab::FieldView]| fields(id.into(), all, changed, detail.local_now_us);
    NodeView {
        id: id.to_string(),
        role: detail.view.role.clone(),
        facts: detail.view.facts.clone(),
        term: number(detail.view.term),
        shape: format!("{:?}", detail.view.shape),
        paused: detail.view.paused,
        down: detail.volatile.is_empty(),
        #[allow(clippy::cast_precision_loss)]
        skew_us: detail.view.skew_us as f64,
        durable: field(&detail.durable),
        volatile: field(&detail.volatile),
    }
}

/// A field that the last step changed.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ChangeView {
    who: String,
    field: String,
    old: Option<String>,
    new: Option<String>,
}

/// Fields that the last step changed.
pub fn changes(changes: &[Change], now_us: u64) -> Vec<ChangeView> {
    let text = |value: &Option<Value>| value.as_ref().map(|value| value_text(value, now_us));
    let row = |change: &Change| ChangeView {
        who: change.who.to_string(),
        field: change.field.clone(),
        old: text(&change.old),
        new: text(&change.new),
    };
    changes.iter().map(row).collect()
}

/// The chain of causes.
pub fn why(all: Vec<Why>) -> JsValue {
    list(all.into_iter().map(|why| {
        let row = Row::new().put("step", why.step).put("sentence", sentence(&why.sentence));
        row.put("byUser", why.by_user).into()
    }))
}

/// A setting with its value now.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SettingView {
    name: &'static str,
    unit: &'static str,
    default: String,
    value: String,
    min: Option<f64>,
    max: Option<f64>,
    choices: &'static [&'static str],
    doc: &'static str,
    fixed: bool,
}

fn signed(bound: i64) -> f64 {
    let size = number(bound.unsigned_abs());
    if bound < 0 { -size } else { size }
}

/// A setting with its value now.
pub fn setting(desc: SettingDesc, value: Option<String>) -> SettingView {
    SettingView {
        name: desc.name,
        unit: desc.unit,
        value: value.unwrap_or_else(|| desc.default.clone()),
        default: desc.default,
        min: desc.range.map(|(min, _)| signed(min)),
        max: desc.range.map(|(_, max)| signed(max)),
        choices: desc.choices,
        doc: desc.doc,
        fixed: desc.fixed,
    }
}

/// A command the engine takes.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CommandView {
    verb: &'static str,
    args: &'static [&'static str],
    client: bool,
    node: bool,
    writes: bool,
    doc: &'static str,
}

/// The commands the engine takes.
pub fn commands(session: &Run) -> Vec<CommandView> {
    let view = |c: &kernel::CommandDesc| CommandView {
        verb: c.verb,
        args: c.args,
        client: c.client,
        node: c.node,
        writes: c.kind == CommandKind::Write,
        doc: c.doc,
    };
    session.commands().iter().map(view).collect()
}

/// A command of the user and how it stands.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OpView {
    step: u32,
    who: String,
    text: String,
    given_us: f64,
    state: &'static str,
    outcome: Option<String>,
    fate: Option<&'static str>,
    after_us: Option<f64>,
}

/// The user's commands, newest first.
pub fn ops(session: &Run) -> Vec<OpView> {
    let view = |op: sim::Op| {
        let (state, outcome, fate, ended) = match &op.end {
            OpEnd::Open => ("open", None, None, None),
            OpEnd::Abandoned(at) => ("abandoned", None, Some(Fate::InDoubt), Some(*at)),
            OpEnd::Done(at, outcome) => {
                let index = outcome.index.map(|index| format!(" index {index}")).unwrap_or_default();
                let value = outcome.value.as_ref().map(|value| format!(" {value}")).unwrap_or_default();
                let text = format!("{}{index}{value}", outcome.name);
                ("done", Some(text), Some(outcome.fate), Some(*at))
            }
        };
        OpView {
            step: op.token.0,
            who: op.who.to_string(),
            text: op.text,
            given_us: number(op.given.0),
            state,
            outcome,
            fate: fate.map(|fate| match fate {
                Fate::Done => "done",
                Fate::Refused => "refused",
                Fate::InDoubt => "inDoubt",
            }),
            after_us: ended.map(|at| number(at.since_us(op.given))),
        }
    };
    session.ops().into_iter().rev().map(view).collect()
}

/// A configuration worth starting from.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PresetView {
    title: &'static str,
    doc: &'static str,
    nodes: u8,
    latency_us: (u32, u32),
    settings: &'static [(&'static str, &'static str)],
    slowdown: Option<u16>,
}

/// A preset as the page reads it.
pub fn preset(preset: &kernel::Preset) -> PresetView {
    let kernel::Preset { title, doc, nodes, latency_us, settings, slowdown } = *preset;
    PresetView { title, doc, nodes, latency_us, settings, slowdown }
}
