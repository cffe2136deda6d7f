//! What can be done with a thing in a picture: the entries of its menu, each a decision, refused ones with reasons.

use kernel::{Addr, Command, CommandKind, Decision, Loss, MsgId, NodeId};
use scene::HitId;
use wasm_bindgen::JsValue;

use crate::Run;
use crate::plain::{act, list};

/// How far one use of the clock entries moves a clock, microseconds.
const SKEW_US: i64 = 1_000_000;
/// What one use of the slow-disk entry adds to every write, microseconds.
const SLOW_US: u64 = 50_000;

/// What the slow-link entry makes of a way: from so many to so many microseconds, so many of a million lost.
const BAD_WAY: (u64, u64, u32) = (200_000, 400_000, 200_000);

/// The menu of a thing.
pub fn menu(session: &Run, of: HitId) -> JsValue {
    let decisions = match of {
        HitId::Node(id) => node(session, id),
        HitId::Msg(id) => return message(session, id),
        HitId::Link(a, b) => link(a, b),
        HitId::Pill(a, b) => link(a.min(b), a.max(b)),
        _ => Vec::new(),
    };
    let entry = |decision: Decision| {
        let reason = session.legal(&decision).err().map(|refusal| refusal.0);
        act(&decision, reason)
    };
    list(decisions.into_iter().map(entry))
}

fn node(session: &Run, id: NodeId) -> Vec<Decision> {
    let mut all = vec![
        Decision::Crash(id, Loss::Process),
        Decision::Crash(id, Loss::Power),
        Decision::Crash(id, Loss::TornTail),
        Decision::Restart(id),
        Decision::Wipe(id),
        Decision::Pause(id),
        Decision::Resume(id),
        Decision::Skew(id, SKEW_US),
        Decision::Skew(id, -SKEW_US),
        Decision::SlowDisk(id, SLOW_US),
        Decision::SlowDisk(id, 0),
    ];
    if session.info().writes_may_fail_at_once {
        all.push(Decision::FailNext(id));
    }
    // What concerns one node is asked of whoever leads.
    let takes_a_node = |c: &&kernel::CommandDesc| {
        c.node && matches!(c.kind, CommandKind::Transfer | CommandKind::Member) && c.takes(&["node"])
    };
    if let Some(leader) = session.status().leader.filter(|leader| *leader != id) {
        all.extend(session.commands().iter().filter(takes_a_node).map(|c| {
            Decision::Command(
                Addr::Node(leader),
                Command { verb: c.verb.to_owned(), args: vec![id.to_string()] },
            )
        }));
    }
    all
}

fn link(a: NodeId, b: NodeId) -> Vec<Decision> {
    let (a, b) = (Addr::Node(a), Addr::Node(b));
    let (lo, hi, loss) = BAD_WAY;
    let way = |a, b| {
        [
            Decision::Cut(a, b),
            Decision::Heal(a, b),
            Decision::Shape(a, b, lo, hi, loss),
            Decision::Unshape(a, b),
        ]
    };
    way(a, b).into_iter().chain(way(b, a)).collect()
}

fn message(session: &Run, id: MsgId) -> JsValue {
    let rows = session.pending(session.status().now_us);
    let row = rows.into_iter().find(|row| row.message.as_ref().is_some_and(|message| message.id == id));
    let acts = row.into_iter().flat_map(|row| row.acts);
    list(acts.map(|(decision, reason)| act(&decision, reason)))
}
