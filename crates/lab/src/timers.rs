//! The timers by which nodes campaign, moved apart or together, as the two buttons of RaftScope do.

use kernel::{Addr, Command, CommandKind, Decision, Engine, NodeId, Time};
use sim::{Cluster, NodeState};

/// A node and the global instant at which it would campaign, microseconds.
type Due = (NodeId, u64);

/// What moves the timers that run out first, at the instant `at`: apart, so that a message can be on its way between the
/// first and the next, or (`together`) to one instant. Nothing, where they are so already; `None` in a system whose
/// nodes have no command for it.
///
/// Source: ongardie/raftscope raft.js spreadTimers, alignTimers
#[must_use]
pub fn move_timers<E: Engine>(state: &Cluster<E>, at: Time, together: bool) -> Option<Vec<Decision>> {
    let (verb, timer) = E::info().commands.iter().find_map(|desc| match desc.kind {
        CommandKind::Timer(timer) => Some((desc.verb, timer)),
        CommandKind::Write
        | CommandKind::Read
        | CommandKind::Transfer
        | CommandKind::Member
        | CommandKind::Other => None,
    })?;
    let now = at.max(state.now()).0;
    let due = |id| {
        let due = state.timer_due(Addr::Node(id), timer)?.0;
        (state.state(id) == Some(&NodeState::Up) && due > now).then_some((id, due))
    };
    let were: Vec<Due> = (0..state.nodes()).map(NodeId).filter_map(due).collect();
    let mut dues = were.clone();
    move_apart(&mut dues, now, state.net().latency_us_max);
    if together {
        move_together(&mut dues);
    }
    let moved = |(id, due): &Due| {
        let (_, was) = were.iter().find(|(other, _)| other == id)?;
        let us = i64::try_from(*due).ok()? - i64::try_from(*was).ok()?;
        let command = Command { verb: verb.to_owned(), args: vec![us.to_string()] };
        (us != 0).then_some(Decision::Command(Addr::Node(*id), command))
    };
    Some(dues.iter().filter_map(moved).collect())
}

/// When the first comes less than `gap` before the next: it comes earlier by that, or where there is no time for it all
/// that come within `gap` of it come later. Of several at the very first instant one is the first; in RaftScope these
/// stay together.
fn move_apart(dues: &mut [Due], now: u64, gap: u64) {
    kernel::sort_by_key(dues, |(_, due)| *due);
    let Some(((_, first), rest)) = dues.split_first_mut() else { return };
    let soon = first.saturating_add(gap);
    if rest.first().is_none_or(|(_, second)| *second >= soon) {
        return;
    }
    if *first > now.saturating_add(gap) {
        *first -= gap;
        return;
    }
    rest.iter_mut().filter(|(_, due)| *due < soon).for_each(|(_, due)| *due += gap);
}

/// Whoever comes second comes with the first.
fn move_together(dues: &mut [Due]) {
    kernel::sort_by_key(dues, |(_, due)| *due);
    let [(_, first), rest @ ..] = dues else { return };
    let second = rest.first().map_or(*first, |(_, second)| *second);
    rest.iter_mut().filter(|(_, due)| *due == second).for_each(|(_, due)| *due = *first);
}
