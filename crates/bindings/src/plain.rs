//! What crosses to TypeScript: plain objects in camel case. 64-bit digests and seeds cross as text.

use kernel::view::{MessageView, Sign};
use kernel::{CommandKind, Segment, Sentence, SettingDesc, Value};
use lab::{Change, NodeDetail, Session, Why};
use serde::Serialize;
use sim::{OpEnd, PendingGroup, PendingRow};

/// A part of a sentence.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SegmentView {
    kind: &'static str,
    text: String,
    term: Option<f64>,
}

/// A sentence as its parts.
pub fn sentence(sentence: &Sentence) -> Vec<SegmentView> {
    let parts = sentence.parts.iter().map(|part| match part {
        Segment::Text(text) => SegmentView { kind: "text", text: text.clone(), term: None },
        Segment::Addr(id) => SegmentView { kind: "addr", text: id.to_string(), term: None },
        Segment::Term(term) => {
            SegmentView { kind: "term", text: term.to_string(), term: Some(number(*term)) }
        }
        Segment::Code(text) => SegmentView { kind: "code", text: text.clone(), term: None },
        Segment::Rule(text) => SegmentView { kind: "rule", text: text.clone(), term: None },
    });
    parts.collect()
}

/// Steps, microseconds and terms are far below 2^53.
#[allow(clippy::cast_precision_loss)]
pub fn number(n: u64) -> f64 {
    n as f64
}

/// Something that can be done, as its decision; `reason` says why not now.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ActView {
    /// The verb: `deliver`.
    pub verb: String,
    /// The decision's text.
    pub decision: String,
    /// Why it is not legal; `null` when it is.
    pub reason: Option<String>,
}

/// Something that can be done, with its verb.
pub fn act(decision: &kernel::Decision, reason: Option<String>) -> ActView {
    let text = decision.to_string();
    let verb = text.split(' ').next().unwrap_or_default().to_owned();
    ActView { verb, decision: text, reason }
}

/// A row of the pending list.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PendingView {
    id: String,
    group: &'static str,
    letter: String,
    reply: bool,
    sign: &'static str,
    kind: String,
    detail: String,
    term: Option<f64>,
    from: String,
    to: Option<String>,
    due_in_us: Option<f64>,
    held: bool,
    copy: bool,
    no_effect: bool,
    acts: Vec<ActView>,
}

fn sign(sign: Sign) -> &'static str {
    match sign {
        Sign::None => "",
        Sign::Plus => "+",
        Sign::Minus => "−",
        Sign::Again => "…",
        Sign::Failed => "×",
    }
}

/// A row of the pending list.
pub fn pending(row: PendingRow) -> PendingView {
    let group = match row.group {
        PendingGroup::Message => "message",
        PendingGroup::Timer => "timer",
        PendingGroup::Disk => "disk",
        PendingGroup::Client => "client",
    };
    let message = row.message.as_ref();
    let first_act = row.acts.first().map(|(decision, _)| decision.to_string());
    let of = |get: fn(&MessageView) -> bool| message.is_some_and(get);
    PendingView {
        id: message.map(|m| format!("msg:{}", m.id)).or(first_act).unwrap_or_else(|| row.kind.clone()),
        group,
        letter: message.map(|m| m.letter.to_string()).unwrap_or_default(),
        reply: of(|m| m.reply),
        sign: message.map_or("", |m| sign(m.sign)),
        kind: row.kind,
        detail: row.detail,
        term: message.map(|m| number(m.term)),
        from: row.from.to_string(),
        to: row.to.map(|to| to.to_string()),
        due_in_us: row.due_in_us.map(number),
        held: of(|m| m.held),
        copy: of(|m| m.copy),
        no_effect: of(|m| m.no_effect),
        acts: row.acts.into_iter().map(|(decision, reason)| act(&decision, reason)).collect(),
    }
}

/// A branch.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BranchRow {
    id: u32,
    name: String,
    cause: String,
    parent: Option<u32>,
    from_step: u32,
    current: bool,
}

/// Where the run stands.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StatusView {
    step: u32,
    tip: u32,
    now_us: f64,
    next_due_us: Option<f64>,
    branch: u32,
    branches: Vec<BranchRow>,
    nodes_up: u8,
    nodes: u8,
    clients: u8,
    quorum: String,
    engine: &'static str,
    engine_title: &'static str,
    models: &'static str,
    seed: String,
    leader: Option<String>,
    leader_term: f64,
    events: f64,
    digest: String,
    log_first: f64,
    log_end: f64,
}

/// Where the run stands.
pub fn status(session: &dyn Session) -> StatusView {
    let now = session.status();
    let info = session.info();
    let log = session.log((0, 0));
    let branches = session.overview((0, 0)).branches.into_iter().map(|branch| BranchRow {
        id: branch.id,
        name: branch.name,
        cause: branch.cause,
        parent: branch.parent.map(|(parent, _)| parent),
        from_step: branch.parent.map_or(0, |(_, step)| step),
        current: branch.current,
    });
    StatusView {
        step: now.step,
        tip: now.tip,
        now_us: number(now.now_us),
        next_due_us: now.next_due_us.map(number),
        branch: now.branch,
        branches: branches.collect(),
        nodes_up: now.up,
        nodes: now.nodes,
        clients: session.setup().clients,
        quorum: now.quorum,
        engine: info.name,
        engine_title: info.title,
        models: info.models,
        seed: session.setup().seed.to_string(),
        leader: now.leader.map(|id| id.to_string()),
        leader_term: number(now.leader_term),
        events: number(now.events),
        digest: format!("{:016x}", now.digest),
        log_first: number(log.first),
        log_end: number(log.end),
    }
}

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

/// A field of the inspector. A map crosses as rows too, so that it can be shown as a table.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FieldRow {
    name: &'static str,
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

/// A node, whole, with marks on what the last step changed.
pub fn node(detail: NodeDetail, changed: &[Change]) -> NodeView {
    let id = detail.view.id;
    let local = detail.local_now_us;
    let is_changed = |name: &str| {
        let part =
            |field: &str| field == name || field.strip_prefix(name).is_some_and(|f| f.starts_with('.'));
        changed.iter().any(|change| change.who == id.into() && part(&change.field))
    };
    let field = |field: &lab::FieldView| FieldRow {
        name: field.name,
        doc: field.doc,
        value: value_text(&field.value, local),
        rows: match &field.value {
            Value::Map(all) => all.iter().map(|(key, v)| (key.clone(), value_text(v, local))).collect(),
            _ => Vec::new(),
        },
        changed: is_changed(field.name),
    };
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
        durable: detail.durable.iter().map(field).collect(),
        volatile: detail.volatile.iter().map(field).collect(),
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

/// A link of the chain of causes.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WhyView {
    step: u32,
    sentence: Vec<SegmentView>,
    by_user: bool,
}

/// The chain of causes.
pub fn why(all: Vec<Why>) -> Vec<WhyView> {
    let link = |why: Why| WhyView { step: why.step, sentence: sentence(&why.sentence), by_user: why.by_user };
    all.into_iter().map(link).collect()
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
}

/// A setting with its value now.
pub fn setting(desc: SettingDesc, value: Option<String>) -> SettingView {
    SettingView {
        name: desc.name,
        unit: desc.unit,
        value: value.unwrap_or_else(|| desc.default.clone()),
        default: desc.default,
        min: desc.range.map(|(min, _)| number(min)),
        max: desc.range.map(|(_, max)| number(max)),
        choices: desc.choices,
        doc: desc.doc,
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
pub fn commands(session: &dyn Session) -> Vec<CommandView> {
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
    ok: bool,
    after_us: Option<f64>,
}

/// The user's commands, newest first.
pub fn ops(session: &dyn Session) -> Vec<OpView> {
    let view = |op: sim::Op| {
        let (state, outcome, ok, ended) = match &op.end {
            OpEnd::Open => ("open", None, false, None),
            OpEnd::Abandoned(at) => ("abandoned", None, false, Some(*at)),
            OpEnd::Done(at, outcome) => {
                let index = outcome.index.map(|index| format!(" index {index}")).unwrap_or_default();
                let value = outcome.value.as_ref().map(|value| format!(" {value}")).unwrap_or_default();
                let text = format!("{}{index}{value}", outcome.name);
                ("done", Some(text), outcome.ok, Some(*at))
            }
        };
        OpView {
            step: op.token.0,
            who: op.who.to_string(),
            text: op.text,
            given_us: number(op.given.0),
            state,
            outcome,
            ok,
            after_us: ended.map(|at| number(at.since_us(op.given))),
        }
    };
    session.ops().into_iter().rev().map(view).collect()
}

/// A light of the rule strip.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RuleView {
    /// The rule's name.
    pub name: &'static str,
    /// `holds`, `notExercised`, `broken`, `brokenAsReal`, `notChecked`.
    pub state: &'static str,
    /// The sentence of a broken rule.
    pub sentence: Option<String>,
    /// The first step that broke it.
    pub step: Option<u32>,
}

/// The lights of the rules.
pub fn rules(session: &dyn Session) -> Vec<RuleView> {
    use check::RuleState as S;
    let view = |light: check::RuleLight| {
        let name = light.name;
        match light.state {
            S::Holds => RuleView { name, state: "holds", sentence: None, step: None },
            S::NotExercised => RuleView { name, state: "notExercised", sentence: None, step: None },
            S::NotChecked => RuleView { name, state: "notChecked", sentence: None, step: None },
            S::Broken { step, sentence } => {
                RuleView { name, state: "broken", sentence: Some(sentence.to_string()), step: Some(step) }
            }
            S::BrokenAsReal { step, sentence, why } => RuleView {
                name,
                state: "brokenAsReal",
                sentence: Some(format!("{sentence} {why}")),
                step: Some(step),
            },
        }
    };
    session.lights().into_iter().map(view).collect()
}
