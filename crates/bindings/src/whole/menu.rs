//! What can be done with a thing in a picture: the entries of its menu, each a decision, refused ones with reasons.

use kernel::{Addr, ClientId, Command, CommandDesc, CommandKind, Decision, Loss, MsgId, NodeId};
use scene::HitId;
use wasm_bindgen::JsValue;

use crate::Run;
use crate::plain::{Row, act, list};

/// How far one use of the clock entries moves a clock, microseconds.
const SKEW_US: i64 = 1_000_000;
/// What one use of the slow-disk entry adds to every write, microseconds.
const SLOW_US: u64 = 50_000;

/// What the slow-link entry makes of a way: from so many to so many microseconds, so many of a million lost.
const BAD_WAY: (u64, u64, u32) = (200_000, 400_000, 200_000);

/// How often a client's menu has it write, milliseconds; 0 ends it.
const LOADS_MS: [&str; 3] = ["50", "500", "0"];

/// The menu of a thing.
pub fn menu(session: &Run, of: HitId) -> JsValue {
    let decisions = match of {
        HitId::Node(id) => return node(session, id),
        HitId::Client(id) => return client(session, id),
        HitId::Msg(id) => return message(session, id),
        HitId::Link(a, b) => link(a, b),
        HitId::Pill(a, b) => link(a.min(b), a.max(b)),
        _ => Vec::new(),
    };
    list(decisions.iter().map(|decision| act(decision, refused(session, decision))))
}

/// Why a decision is not legal now.
fn refused(session: &Run, decision: &Decision) -> Option<String> {
    session.legal(decision).err().map(|refusal| refusal.0)
}

/// An entry that is named by what it is to its end: a timer, a command without the end's name.
fn own(session: &Run, verb: &str, name: String, decision: &Decision) -> JsValue {
    let reason = refused(session, decision);
    Row::new()
        .put("verb", verb)
        .put("decision", decision.to_string())
        .put_any("reason", reason)
        .put("own", name)
        .into()
}

/// A client's menu: a write, a write again and again, and the commands that need no more words.
fn client(session: &Run, id: ClientId) -> JsValue {
    let who = Addr::Client(id);
    let given = |verb, (name, decision): (String, Decision)| own(session, verb, name, &decision);
    let of = |c: &&CommandDesc| c.client;
    let repeats = session.commands().iter().filter(of).filter(|c| c.takes(&["interval_ms"]));
    let repeated =
        repeats.flat_map(|c| LOADS_MS.map(|ms| given("do", command(who, c.verb, vec![ms.to_owned()]))));
    let all = request(session, who, of).map(|one| given("request", one)).into_iter().chain(repeated);
    list(all.chain(commands(session, who, of).map(|one| given("do", one))))
}

/// A node's menu: its timers, a client's request, faults, its own commands, and what the leader can do with it.
fn node(session: &Run, id: NodeId) -> JsValue {
    let (who, of) = (Addr::Node(id), |c: &&CommandDesc| c.node);
    let timers =
        session.pending(session.status().now_us).into_iter().filter_map(|row| match row.acts.first() {
            Some((decision @ Decision::Fire(end, _), _)) if *end == who => {
                Some(own(session, "fire", row.kind, decision))
            }
            _ => None,
        });
    let given = |verb, (name, decision): (String, Decision)| own(session, verb, name, &decision);
    let plain = |decision: Decision| act(&decision, refused(session, &decision));
    let all = timers
        .chain(request(session, who, of).map(|one| given("request", one)))
        .chain(faults(session, id).into_iter().map(plain))
        .chain(commands(session, who, of).map(|one| given("do", one)))
        .chain(asked_of_the_leader(session, id).into_iter().map(plain));
    list(all)
}

/// A command to an end, and its text without the end.
fn command(who: Addr, verb: &str, args: Vec<String>) -> (String, Decision) {
    let text = [&[verb.to_owned()], &*args].concat().join(" ");
    (text, Decision::Command(who, Command { verb: verb.to_owned(), args }))
}

/// What a client would ask: a write of a value that is new.
fn request(session: &Run, who: Addr, of: impl Fn(&&CommandDesc) -> bool) -> Option<(String, Decision)> {
    let writes = |c: &&CommandDesc| of(c) && c.kind == CommandKind::Write && c.takes(&["value"]);
    let write = session.commands().iter().find(writes)?;
    Some(command(who, write.verb, vec![format!("x={}", session.ops().len() + 1)]))
}

/// The commands that need to be told nothing but the end, or one of a few words, or what to read: the last entry, or the
/// key that requests write.
fn commands(
    session: &Run,
    who: Addr,
    of: impl Fn(&&CommandDesc) -> bool,
) -> impl Iterator<Item = (String, Decision)> {
    let last = session.log((0, 0)).end.checked_sub(1);
    let words = move |c: &CommandDesc| -> Vec<Vec<String>> {
        let one = |word: &str| vec![word.to_owned()];
        match c.args {
            [read] if c.kind == CommandKind::Read && *read == "index" => {
                last.iter().map(|last| vec![last.to_string()]).collect()
            }
            [read] if c.kind == CommandKind::Read && *read == "key" => vec![one("x")],
            [choice] if choice.contains('|') && !choice.contains("node") => {
                choice.split('|').map(one).collect()
            }
            _ if c.takes(&[]) => vec![Vec::new()],
            _ => Vec::new(),
        }
    };
    let all = session.commands().iter().filter(move |c| of(c));
    all.flat_map(move |c| words(c).into_iter().map(move |words| command(who, c.verb, words)))
}

fn faults(session: &Run, id: NodeId) -> Vec<Decision> {
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
    all
}

/// What concerns one node is asked of whoever leads.
fn asked_of_the_leader(session: &Run, id: NodeId) -> Vec<Decision> {
    let takes_a_node = |c: &&CommandDesc| {
        c.node && matches!(c.kind, CommandKind::Transfer | CommandKind::Member) && c.takes(&["node"])
    };
    let leader = session.status().leader.filter(|leader| *leader != id);
    let asked = |leader: NodeId| {
        session
            .commands()
            .iter()
            .filter(takes_a_node)
            .map(move |c| command(leader.into(), c.verb, vec![id.to_string()]).1)
    };
    leader.into_iter().flat_map(asked).collect()
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
