//! Fields of a node, by the language's names and by the inspector's.

use kernel::view::{CellChange, CellState, LogRow};
use kernel::{NodeId, Value};

use crate::ast::{Comparison, Test, Want};
use crate::print::print_entries;
use crate::run::runner::{Did, Runner};
use crate::run::verbs::is_node;

/// The whole log.
const WHOLE: (u64, u64) = (0, u64::MAX);

/// What a field holds.
pub(crate) enum Held {
    Value(Value),
    Log(Vec<(u64, String)>),
}

impl std::fmt::Display for Held {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Held::Value(value) => f.write_str(&show(value)),
            Held::Log(entries) => write!(f, "[{}]", print_entries(entries)),
        }
    }
}

/// A value as the language writes it.
pub(crate) fn show(value: &Value) -> String {
    match value {
        Value::None => "none".to_owned(),
        Value::Bool(yes) => yes.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Time(at) => crate::time::print(at.0),
        Value::Node(id) => id.to_string(),
        Value::Word(word) => (*word).to_owned(),
        Value::Text(text) => text.clone(),
        Value::List(all) => format!("[{}]", all.iter().map(show).collect::<Vec<_>>().join(" ")),
        Value::Map(all) => {
            let all: Vec<String> =
                all.iter().map(|(name, value)| format!("{name}: {}", show(value))).collect();
            format!("{{{}}}", all.join(", "))
        }
    }
}

/// Names under which engines keep what the language calls by one. They come first: raft has another `leader`.
const ALIASES: &[(&str, &[&str])] = &[
    ("vote", &["voteLeader", "votedFor", "votedId", "currentVote", "voted_for", "voted_id"]),
    ("leader", &["leaderId", "currentLeader", "leader_id"]),
    ("claimed", &["ledgerEndIndex"]),
];

impl Runner {
    /// A node's row of the log table.
    pub fn log_row(&self, node: NodeId) -> Option<LogRow> {
        self.session.log(WHOLE).rows.into_iter().find(|row| row.id == node)
    }

    /// A node's log: terms and values.
    pub fn log_of(&self, node: NodeId) -> Vec<(u64, String)> {
        let row = self.log_row(node);
        let cells = row.into_iter().flat_map(|row| row.cells);
        cells.filter(|cell| cell.change != CellChange::Removed).map(|cell| (cell.term, cell.value)).collect()
    }

    pub fn same_log(&self, nodes: &[NodeId]) -> Did {
        let Some((first, others)) = nodes.split_first() else { return Ok(()) };
        let log = self.log_of(*first);
        match others.iter().find(|other| self.log_of(**other) != log) {
            None => Ok(()),
            Some(other) => Err(format!(
                "{first} holds {}, {other} holds {}",
                Held::Log(log),
                Held::Log(self.log_of(*other))
            )),
        }
    }

    /// What a node's field holds.
    pub fn field(&self, node: NodeId, name: &str) -> Did<Held> {
        let detail = self.session.node(node).ok_or_else(|| format!("there is no {node}"))?;
        let view = &detail.view;
        let int = |number: u64| Value::Int(i64::try_from(number).unwrap_or(i64::MAX));
        let row = || self.log_row(node).ok_or_else(|| format!("{node} has no log"));
        let value = match name {
            "role" => Value::Text(view.role.clone()),
            "term" => int(view.term),
            "log" => return Ok(Held::Log(self.log_of(node))),
            "begin" => int(row()?.first),
            "end" => Value::Int(signed(row()?.end) - 1),
            "committed" => Value::Int(row()?.committed),
            "applied" => {
                let applied = |cell: &&kernel::view::CellView| cell.state == CellState::Applied;
                Value::Int(
                    row()?.cells.iter().filter(applied).map(|cell| signed(cell.index)).max().unwrap_or(-1),
                )
            }
            "state" => Value::Word(match view.shape {
                kernel::view::Shape::Crashed => "crashed",
                kernel::view::Shape::Aborted => "aborted",
                _ if view.paused => "paused",
                _ => "up",
            }),
            "chip" => view.chip.clone().map_or(Value::None, Value::Text),
            "flag" => view.flag.clone().map_or(Value::None, Value::Text),
            "facts" => Value::Text(view.facts.clone()),
            _ => return self.inspected(node, name).map(Held::Value),
        };
        Ok(Held::Value(value))
    }

    /// A field by the inspector's name, nested by dots; the outermost struct's name may be left out.
    fn inspected(&self, node: NodeId, name: &str) -> Did<Value> {
        let detail = self.session.node(node).ok_or_else(|| format!("there is no {node}"))?;
        let all = detail.durable.iter().chain(&detail.volatile);
        let root: Vec<(String, Value)> =
            all.map(|field| (field.name.to_owned(), field.value.clone())).collect();
        let tries =
            ALIASES.iter().filter(|(alias, _)| *alias == name).flat_map(|(_, names)| names.iter().copied());
        let found = tries.chain(std::iter::once(name)).find_map(|name| lookup(&root, name));
        found.ok_or_else(|| {
            let names: Vec<&str> = root.iter().map(|(name, _)| name.as_str()).collect();
            format!(
                "{node} has no field `{name}`; it has role, term, vote, log, begin, end, committed, applied, \
                     state, chip, facts, and {}",
                names.join(", ")
            )
        })
    }

    /// Whether a node's field is as it must be.
    pub fn test(&self, node: NodeId, test: &Test) -> Did {
        let held = self.field(node, &test.field)?;
        if holds(&held, test.comparison, &test.want) {
            return Ok(());
        }
        Err(format!("{node}'s {} is {held}", test.field))
    }
}

fn signed(index: u64) -> i64 {
    i64::try_from(index).unwrap_or(i64::MAX)
}

/// A path by dots; where the first name is not at the top, it is looked for one level below.
fn lookup(root: &[(String, Value)], path: &str) -> Option<Value> {
    let direct = walk(root, path);
    direct.or_else(|| {
        root.iter().find_map(|(_, value)| match value {
            Value::Map(inner) => walk(inner, path),
            _ => None,
        })
    })
}

fn walk(fields: &[(String, Value)], path: &str) -> Option<Value> {
    if let Some((_, value)) = fields.iter().find(|(name, _)| name == path) {
        return Some(value.clone());
    }
    let (first, rest) = path.split_once('.')?;
    let (_, value) = fields.iter().find(|(name, _)| name == first)?;
    match value {
        Value::Map(inner) => walk(inner, rest),
        Value::List(all) => {
            let (nth, rest) = rest.split_once('.').unwrap_or((rest, ""));
            let value = all.get(nth.parse::<usize>().ok()?)?;
            match value {
                Value::Map(inner) if !rest.is_empty() => walk(inner, rest),
                _ if rest.is_empty() => Some(value.clone()),
                _ => None,
            }
        }
        _ => None,
    }
}

/// Whether what is held compares so with what is wanted.
pub(crate) fn holds(held: &Held, comparison: Comparison, want: &Want) -> bool {
    match comparison {
        Comparison::Is => is(held, want),
        Comparison::IsNot => !is(held, want),
        Comparison::Less => order(held, want).is_some_and(|(held, want)| held < want),
        Comparison::AtMost => order(held, want).is_some_and(|(held, want)| held <= want),
        Comparison::More => order(held, want).is_some_and(|(held, want)| held > want),
        Comparison::AtLeast => order(held, want).is_some_and(|(held, want)| held >= want),
    }
}

fn is(held: &Held, want: &Want) -> bool {
    let value = match (held, want) {
        (Held::Log(log), Want::Log(want)) => return log == want,
        (Held::Log(_), _) => return false,
        (Held::Value(value), _) => value,
    };
    match want {
        Want::None => matches!(value, Value::None) || matches!(value, Value::Int(-1)),
        Want::Number(number) => match value {
            Value::Int(held) => held == number,
            Value::None => *number == -1,
            other => show(other) == number.to_string(),
        },
        Want::Range(low, high) => matches!(value, Value::Int(held) if (low..=high).contains(&held)),
        Want::Span(us) => microseconds(value) == Some(*us),
        Want::SpanRange(low, high) => microseconds(value).is_some_and(|held| (low..=high).contains(&&held)),
        Want::Word(word) => {
            show(value).eq_ignore_ascii_case(word)
                || is_node(word).is_some_and(|id| *value == Value::Node(id))
        }
        Want::Text(text) => show(value) == *text,
        Want::Log(entries) => show(value) == format!("[{}]", print_entries(entries)),
    }
}

/// An instant is compared in microseconds, a number of milliseconds too.
fn microseconds(value: &Value) -> Option<u64> {
    match value {
        Value::Time(at) => Some(at.0),
        Value::Int(ms) => u64::try_from(*ms).ok()?.checked_mul(1000),
        _ => None,
    }
}

fn order(held: &Held, want: &Want) -> Option<(i64, i64)> {
    let Held::Value(value) = held else { return None };
    match (value, want) {
        (Value::Int(held), Want::Number(want)) => Some((*held, *want)),
        (Value::None, Want::Number(want)) => Some((-1, *want)),
        (_, Want::Span(us)) => Some((signed(microseconds(value)?), signed(*us))),
        _ => None,
    }
}
