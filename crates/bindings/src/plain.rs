//! What crosses to TypeScript: plain objects in camel case, put together field by field, so that the module of the
//! demo has no serializer. 64-bit digests and seeds cross as text.

use js_sys::{Array, Object, Reflect};
use kernel::view::{MessageView, PointerMark, Sign};
use kernel::{Decision, NodeId, Segment, Sentence};
use sim::{PendingGroup, PendingRow};
use wasm_bindgen::JsValue;

use crate::Run;

/// A plain object, filled field by field.
pub struct Row(Object);

impl Row {
    /// Without fields.
    pub fn new() -> Row {
        Row(Object::new())
    }

    /// With this field too.
    pub fn put(self, name: &str, value: impl Into<JsValue>) -> Row {
        put(&self.0, name, &value.into());
        self
    }

    /// With this field too: `null` when there is nothing.
    pub fn put_any(self, name: &str, value: Option<impl Into<JsValue>>) -> Row {
        put(&self.0, name, &value.map_or(JsValue::NULL, Into::into));
        self
    }

    /// An error; fields may follow.
    pub fn error(code: &str, message: &str, at: Option<&str>) -> Row {
        Row::new().put("code", code).put("message", message).put_any("at", at)
    }

    /// With a list.
    pub fn put_all(self, name: &str, all: impl Iterator<Item = JsValue>) -> Row {
        put(&self.0, name, &list(all));
        self
    }
}

impl From<Row> for JsValue {
    fn from(row: Row) -> JsValue {
        row.0.into()
    }
}

/// Once, for every kind of field.
fn put(object: &Object, name: &str, value: &JsValue) {
    // A new object takes any field.
    let _ = Reflect::set(object, &name.into(), value);
}

/// A list.
pub fn list(all: impl Iterator<Item = JsValue>) -> JsValue {
    let list = Array::new();
    all.for_each(|item| {
        list.push(&item);
    });
    list.into()
}

/// An error as TypeScript sees it; `code` is a closed union there. `at` is `line:column` or a step, where there is one.
pub fn error(code: &str, message: &str, at: Option<&str>) -> JsValue {
    Row::error(code, message, at).into()
}

/// A sentence as its parts.
pub fn sentence(sentence: &Sentence) -> JsValue {
    let part = |part: &Segment| {
        let (kind, text, term) = match part {
            Segment::Text(text) => ("text", text.clone(), None),
            Segment::Addr(id) => ("addr", id.to_string(), None),
            Segment::Term(term) => ("term", term.to_string(), Some(number(*term))),
            Segment::Code(text) => ("code", text.clone(), None),
            Segment::Rule(text) => ("rule", text.clone(), None),
        };
        Row::new().put("kind", kind).put("text", text).put_any("term", term).into()
    };
    list(sentence.parts.iter().map(part))
}

/// Steps, microseconds and terms are far below 2^53.
#[allow(clippy::cast_precision_loss)]
pub fn number(n: u64) -> f64 {
    n as f64
}

/// Something that can be done, with its verb; `reason` says why not now, `null` when it can be.
pub fn act(decision: &Decision, reason: Option<String>) -> JsValue {
    let text = decision.to_string();
    let verb = text.split(' ').next().unwrap_or_default();
    Row::new().put("verb", verb).put("decision", &text).put_any("reason", reason).into()
}

/// The sign of an answer.
pub fn sign(sign: Sign) -> &'static str {
    match sign {
        Sign::None => "",
        Sign::Plus => "+",
        Sign::Minus => "−",
        Sign::Again => "…",
        Sign::Failed => "×",
    }
}

/// A row of the pending list.
pub fn pending(row: PendingRow) -> JsValue {
    let group = match row.group {
        PendingGroup::Message => "message",
        PendingGroup::Timer => "timer",
        PendingGroup::Disk => "disk",
        PendingGroup::Client => "client",
    };
    let message = row.message.as_ref();
    let first_act = row.acts.first().map(|(decision, _)| decision.to_string());
    let of = |get: fn(&MessageView) -> bool| message.is_some_and(get);
    let id =
        message.map(|m| format!("msg:{}", m.id)).or(first_act).or(row.op.map(|op| format!("op:{}", op.0)));
    Row::new()
        .put_any("id", id)
        .put("group", group)
        .put("letter", message.map(|m| m.letter.to_string()).unwrap_or_default())
        .put("reply", of(|m| m.reply))
        .put("sign", message.map_or("", |m| sign(m.sign)))
        .put("kind", row.kind)
        .put("detail", row.detail)
        .put_any("term", message.map(|m| number(m.term)))
        .put("from", row.from.to_string())
        .put_any("to", row.to.map(|to| to.to_string()))
        .put_any("dueInUs", row.due_in_us.map(number))
        .put("held", of(|m| m.held))
        .put("copy", of(|m| m.copy))
        .put("noEffect", of(|m| m.no_effect))
        .put_all("acts", row.acts.into_iter().map(|(decision, reason)| act(&decision, reason)))
        .into()
}

/// Where the run stands.
pub fn status(session: &Run) -> JsValue {
    let now = session.status();
    let info = session.info();
    let log = session.log((0, 0));
    let branches = session.overview((0, 0)).branches.into_iter().map(|branch| {
        Row::new()
            .put("id", branch.id)
            .put("name", branch.name)
            .put("cause", branch.cause)
            .put_any("parent", branch.parent.map(|(parent, _)| parent))
            .put("fromStep", branch.parent.map_or(0, |(_, step)| step))
            .put("current", branch.current)
            .into()
    });
    Row::new()
        .put("step", now.step)
        .put("tip", now.tip)
        .put("nowUs", number(now.now_us))
        .put_any("nextDueUs", now.next_due_us.map(number))
        .put("branch", now.branch)
        .put_all("branches", branches)
        .put("nodesUp", now.up)
        .put("nodes", now.nodes)
        .put("cut", is_cut(session, now.nodes))
        .put("pausedOrDown", is_paused_or_down(session, now.nodes))
        .put("clients", session.setup().clients)
        .put("quorum", now.quorum)
        .put("engine", info.name)
        .put("engineTitle", info.title)
        .put("models", info.models)
        .put("seed", session.setup().seed.to_string())
        .put_any("leader", now.leader.map(|id| id.to_string()))
        .put("leaderTerm", number(now.leader_term))
        .put("events", number(now.events))
        .put("digest", digest(now.digest))
        .put("logFirst", number(log.first))
        .put("logEnd", number(log.end))
        .into()
}

/// Some way is cut: it could be healed.
fn is_cut(session: &Run, nodes: u8) -> bool {
    let ways = (0..nodes).flat_map(|a| (0..nodes).map(move |b| (NodeId(a), NodeId(b))));
    ways.filter(|(a, b)| a != b).any(|(a, b)| session.legal(&Decision::Heal(a.into(), b.into())).is_ok())
}

/// Somebody could go on or be booted.
fn is_paused_or_down(session: &Run, nodes: u8) -> bool {
    let can = |decision| session.legal(&decision).is_ok();
    (0..nodes).map(NodeId).any(|id| can(Decision::Resume(id)) || can(Decision::Restart(id)))
}

/// 16 hexadecimal digits.
pub fn digest(digest: u64) -> String {
    format!("{digest:016x}")
}

/// The lights of the rules. `sentence` is that of a broken rule, `step` the first that broke it.
pub fn rules(session: &Run) -> JsValue {
    use check::RuleState as S;
    let view = |light: check::RuleLight| {
        let (state, sentence, step) = match light.state {
            S::Holds => ("holds", None, None),
            S::NotExercised => ("notExercised", None, None),
            S::NotChecked => ("notChecked", None, None),
            S::Broken { step, sentence } => ("broken", Some(sentence.to_string()), Some(step)),
            S::BrokenAsReal { step, sentence, why } => {
                ("brokenAsReal", Some(format!("{sentence}. {why}")), Some(step))
            }
        };
        Row::new()
            .put("name", light.name)
            .put("state", state)
            .put_any("sentence", sentence)
            .put_any("step", step)
            .into()
    };
    list(session.lights().into_iter().map(view))
}

/// What points into the logs: the system's name and the mark it is drawn with, each once.
pub fn marks(session: &Run) -> JsValue {
    let glyph = |mark: PointerMark| match mark {
        PointerMark::Dot => "●",
        PointerMark::Triangle => "△",
        PointerMark::Diamond => "◇",
        PointerMark::Bar => "I",
    };
    let mut seen: Vec<(&str, PointerMark)> = Vec::new();
    for at in session.log((0, 0)).rows.iter().flat_map(|row| &row.pointers) {
        if !seen.contains(&(at.name, at.mark)) {
            seen.push((at.name, at.mark));
        }
    }
    list(seen.into_iter().map(|(name, mark)| list([name.into(), glyph(mark).into()].into_iter())))
}
