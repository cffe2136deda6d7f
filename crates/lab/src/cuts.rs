//! Cuts told together: the ways that are cut or healed at one instant are one act.

use kernel::{Addr, Decision, Engine, NodeId};
use sim::Cluster;

/// Nodes that hear each other, directly or through others: between groups every way is cut, both directions.
fn groups(nodes: u8, cut: &dyn Fn(NodeId, NodeId) -> bool) -> Vec<Vec<NodeId>> {
    let mut left: Vec<NodeId> = (0..nodes).map(NodeId).collect();
    let mut found = Vec::new();
    while !left.is_empty() {
        let mut group = vec![left.remove(0)];
        let mut at = 0;
        while let Some(&a) = group.get(at) {
            let (far, near): (Vec<_>, Vec<_>) = left.into_iter().partition(|&b| cut(a, b) && cut(b, a));
            group.extend(near);
            left = far;
            at += 1;
        }
        kernel::sort_by_key(&mut group, |id| *id);
        found.push(group);
    }
    found
}

/// The partition that this cut has just completed: `n0 n1 | n2 n3 n4`.
pub(crate) fn parted<E: Engine>(state: &Cluster<E>, a: Addr, b: Addr) -> Option<String> {
    let cut = |x: NodeId, y: NodeId| state.is_cut(x.into(), y.into());
    let now = groups(state.nodes(), &cut);
    let before = groups(state.nodes(), &|x, y| (Addr::from(x), Addr::from(y)) != (a, b) && cut(x, y));
    let names = |group: &Vec<NodeId>| group.iter().map(NodeId::to_string).collect::<Vec<_>>().join(" ");
    (now.len() > before.len()).then(|| now.iter().map(names).collect::<Vec<_>>().join(" | "))
}

/// Whether no way is cut.
pub(crate) fn whole<E: Engine>(state: &Cluster<E>) -> bool {
    state.addrs().all(|a| state.addrs().all(|b| a == b || !state.is_cut(a, b)))
}

/// The words of a cut or heal that has just happened, with those of the one before it at the same instant.
pub(crate) fn words<E: Engine>(
    state: &Cluster<E>,
    decision: &Decision,
    before: Option<&str>,
) -> Option<String> {
    let (verb, a, b, all) = match decision {
        Decision::Cut(a, b) => ("cut", *a, *b, parted(state, *a, *b)),
        Decision::Heal(a, b) => ("heal", *a, *b, whole(state).then(|| String::from("all"))),
        _ => return None,
    };
    let before = before.filter(|words| words.starts_with(verb));
    Some(match (all, before) {
        (Some(all), Some(_)) => format!("{verb} {all}"),
        (_, None) => format!("{verb} {a}→{b}"),
        (None, Some(words)) => format!("{words}, {a}→{b}"),
    })
}

/// Leaves of the faults of one act the last, whose words tell of all.
pub(crate) fn fold(faults: &mut Vec<(u64, String)>) {
    let same =
        |a: &str, b: &str| ["cut", "heal"].iter().any(|verb| a.starts_with(verb) && b.starts_with(verb));
    faults.dedup_by(|next, kept| {
        let again = next.0 == kept.0 && same(&next.1, &kept.1);
        if again {
            core::mem::swap(next, kept);
        }
        again
    });
}
