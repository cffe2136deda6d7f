//! Panels: a node whole, and what a step changed.

use kernel::view::{CellChange, CellView, LogView};
use kernel::{Addr, ClientId, Engine, Inspect, NodeId, Value};
use sim::Cluster;

use crate::session::{Change, FieldView, NodeDetail};

fn fields(of: &dyn Inspect) -> Vec<FieldView> {
    let mut out = Vec::new();
    of.inspect(&mut |name, doc, value| out.push(FieldView { name, doc, value }));
    out
}

/// Everything of one node.
pub(crate) fn node<E: Engine>(state: &Cluster<E>, id: NodeId) -> Option<NodeDetail> {
    let view = state.node_view(id, state.now())?;
    let (disk, memory) = state.node(id)?;
    Some(NodeDetail {
        view,
        local_now_us: state.local_now(id).0,
        durable: fields(disk),
        volatile: memory.map_or_else(Vec::new, |memory| fields(memory)),
    })
}

/// Everything of one client.
pub(crate) fn client<E: Engine>(state: &Cluster<E>, id: ClientId) -> Option<Vec<FieldView>> {
    state.client(id).map(|client| fields(client))
}

impl NodeDetail {
    /// What this node keeps about another: entries under its name, and records that begin with it. Each with its path
    /// and the meaning of the field that it is part of.
    #[must_use]
    pub fn about(&self, peer: NodeId) -> Vec<(String, &'static str, Value)> {
        let mut out = Vec::new();
        for field in self.durable.iter().chain(&self.volatile) {
            about(peer, field.name, &field.value, &mut |path, value| {
                out.push((path, field.doc, value.clone()));
            });
        }
        out
    }
}

fn about(peer: NodeId, path: &str, value: &Value, found: &mut dyn FnMut(String, &Value)) {
    match value {
        Value::Map(all) if all.first().is_some_and(|(_, first)| *first == Value::Node(peer)) => {
            found(path.to_owned(), value);
        }
        Value::Map(all) => {
            let name = peer.to_string();
            for (key, value) in all {
                if *key == name {
                    found(path.to_owned(), value);
                } else {
                    about(peer, &format!("{path}.{key}"), value, found);
                }
            }
        }
        Value::List(all) => all.iter().for_each(|value| about(peer, path, value, found)),
        _ => {}
    }
}

/// Fields that differ between two states of one run.
pub(crate) fn changes<E: Engine>(before: &Cluster<E>, now: &Cluster<E>) -> Vec<Change> {
    let mut out = Vec::new();
    for id in (0..now.nodes()).map(NodeId) {
        let (Some(old), Some(new)) = (node(before, id), node(now, id)) else { continue };
        compare(id.into(), &old.durable, &new.durable, &mut out);
        compare(id.into(), &old.volatile, &new.volatile, &mut out);
    }
    for id in (0..now.clients()).map(ClientId) {
        let (Some(old), Some(new)) = (client(before, id), client(now, id)) else { continue };
        compare(id.into(), &old, &new, &mut out);
    }
    out
}

fn compare(who: Addr, old: &[FieldView], new: &[FieldView], out: &mut Vec<Change>) {
    for field in old.iter().filter(|field| new.iter().all(|other| other.name != field.name)) {
        out.push(Change { who, field: field.name.to_owned(), old: Some(field.value.clone()), new: None });
    }
    for field in new {
        let was = old.iter().find(|other| other.name == field.name).map(|field| &field.value);
        differ(who, field.name.to_owned(), was, Some(&field.value), out);
    }
}

/// What a value holds by name: the entries of a map, or the records of a list, each named by its first field where that
/// tells them apart.
#[must_use]
pub fn entries(value: &Value) -> Option<Vec<(String, &Value)>> {
    let all = match value {
        Value::Map(all) => return Some(all.iter().map(|(name, value)| (name.clone(), value)).collect()),
        Value::List(all) if !all.is_empty() => all,
        _ => return None,
    };
    let mut named: Vec<(String, &Value)> = Vec::new();
    for value in all {
        let Value::Map(fields) = value else { return None };
        let name = match &fields.first()?.1 {
            Value::Int(number) => number.to_string(),
            Value::Node(id) => id.to_string(),
            Value::Word(word) => (*word).to_owned(),
            Value::Text(text) => text.clone(),
            _ => return None,
        };
        if named.iter().any(|(other, _)| *other == name) {
            return None;
        }
        named.push((name, value));
    }
    Some(named)
}

/// What has entries is compared entry by entry, so that a large one shows only what changed in it.
fn differ(who: Addr, field: String, old: Option<&Value>, new: Option<&Value>, out: &mut Vec<Change>) {
    if old == new {
        return;
    }
    let (Some(was), Some(is)) = (old.and_then(entries), new.and_then(entries)) else {
        out.push(Change { who, field, old: old.cloned(), new: new.cloned() });
        return;
    };
    let find = |all: &[(String, &Value)], key: &str| all.iter().position(|(k, _)| k == key);
    for (key, old) in &was {
        let new = find(&is, key).map(|at| is[at].1);
        differ(who, format!("{field}.{key}"), Some(old), new, out);
    }
    for (key, new) in is.iter().filter(|(key, _)| find(&was, key).is_none()) {
        differ(who, format!("{field}.{key}"), None, Some(new), out);
    }
}

/// Marks in `now` what differs from `before`: new, replaced and removed entries.
pub(crate) fn mark_log_changes(now: &mut LogView, before: &LogView) {
    for row in &mut now.rows {
        let Some(old) = before.rows.iter().find(|old| old.id == row.id) else { continue };
        for cell in &mut row.cells {
            let was = old.cells.iter().find(|was| was.index == cell.index);
            cell.change = change(was, cell);
            if cell.change != CellChange::None {
                now.changed.push(cell.index);
            }
        }
        let (first, end) = (row.first, row.end);
        for gone in old.cells.iter().filter(|was| was.index >= end || was.index < first) {
            now.changed.push(gone.index);
            if gone.index >= end {
                row.cells.push(CellView { change: CellChange::Removed, ..gone.clone() });
            }
        }
    }
    kernel::sort_by_key(&mut now.changed, |index| *index);
    now.changed.dedup();
}

fn change(was: Option<&CellView>, is: &CellView) -> CellChange {
    match was {
        None => CellChange::Changed,
        Some(was) if was.term != is.term => CellChange::Replaced(was.term),
        Some(was) if was.value != is.value || was.state != is.state => CellChange::Changed,
        Some(_) => CellChange::None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(number: i64, word: &'static str) -> Value {
        Value::Map(vec![("number".into(), Value::Int(number)), ("kind".into(), Value::Word(word))])
    }

    #[test]
    fn records_of_a_list_go_by_their_first_field_where_it_tells_them_apart() {
        let names = |value: &Value| {
            entries(value).map(|all| all.into_iter().map(|(name, _)| name).collect::<Vec<_>>())
        };
        let two = Value::List(vec![record(4, "get"), record(7, "append")]);
        assert_eq!(names(&two), Some(vec!["4".to_owned(), "7".to_owned()]));
        assert_eq!(names(&Value::List(vec![record(4, "get"), record(4, "get")])), None);
        assert_eq!(names(&Value::List(vec![Value::Int(1)])), None);

        let mut changes = Vec::new();
        let now = Value::List(vec![record(7, "get")]);
        differ(Addr::Client(ClientId(0)), "operations".into(), Some(&two), Some(&now), &mut changes);
        let told: Vec<_> = changes.iter().map(|change| change.field.as_str()).collect();
        // The first has ended; of the other one field is another.
        assert_eq!(told, ["operations.4", "operations.7.kind"]);
    }
}
