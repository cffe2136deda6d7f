//! What happened, in sentences, and why.

use kernel::{Addr, Engine, MsgId, RpcFailure, Sentence};
use sim::{Cluster, Decision, Happening};

use crate::cuts;
use crate::session::Why;
use crate::timeline::Timeline;
use crate::world::World;

/// A chain of causes is at most this long.
const WHY_MAX: usize = 8;

/// What the last step did, in one sentence.
pub(crate) fn narrate<E: Engine>(state: &Cluster<E>, action: Option<&Decision>) -> Sentence {
    let report = state.report();
    if report.step == 0 {
        return Sentence::new().text(format!("{} nodes boot. Nobody leads yet.", state.nodes()));
    }
    let told = report.events.iter().map(|(who, event)| E::tell(*who, event));
    if let Some((weight, best)) = told.reduce(|best, next| if next.0 > best.0 { next } else { best })
        && weight > 0
    {
        return best;
    }
    happening(state, action)
}

/// All that the last step did, in order.
pub(crate) fn all<E: Engine>(state: &Cluster<E>) -> Vec<Sentence> {
    state.report().events.iter().map(|(who, event)| E::tell(*who, event).1).collect()
}

fn happening<E: Engine>(state: &Cluster<E>, action: Option<&Decision>) -> Sentence {
    let report = state.report();
    let who = |s: Sentence| match report.who {
        Some(who) => s.addr(who),
        None => s.text("somebody"),
    };
    match &report.happening {
        Some(Happening::Delivered { from, reply, face, .. }) => {
            let s = who(Sentence::new()).text(if *reply { " gets the answer to its " } else { " gets " });
            let s = s.code(face.kind).text(" from ").addr(*from);
            if face.detail.is_empty() {
                s.text(".")
            } else {
                s.text(": ").code(face.detail.clone()).text(".")
            }
        }
        Some(Happening::Lost { from, to, reply, face, by_hand, breaks, .. }) => {
            let s = Sentence::new().text(if *by_hand { "You drop the " } else { "The " });
            let s = message(s, face.kind, *reply, (*from, *to));
            let s = s.text(if *by_hand { "" } else { " is lost" });
            s.text(if *breaks { ": the connection of this call is reset." } else { "." })
        }
        Some(Happening::Late { from, face, .. }) => Sentence::new()
            .text("The answer of ")
            .addr(*from)
            .text(" to ")
            .code(face.kind)
            .text(" comes after its caller stopped waiting: nobody reads it."),
        Some(Happening::CallFailed { to, why }) => {
            let why = match why {
                RpcFailure::TimedOut => " did not answer in time.",
                RpcFailure::Refused => " refused the connection.",
                RpcFailure::Broken => " is out of reach: the connection broke.",
            };
            Sentence::new().addr(*to).text(why)
        }
        Some(Happening::Fired { timer, early_us }) => {
            let name = E::timer_of(*timer).map(|timer| E::timer_name(timer).1).unwrap_or_default();
            let s = Sentence::new().code(name).text(" of ");
            let s = who(s).text(" fires");
            match early_us {
                0 => s.text("."),
                us => s.text(format!(", {} ms early: only its own clock moved.", us / 1000)),
            }
        }
        Some(Happening::Wrote { ok }) => {
            let s = Sentence::new().text("The disk of ");
            who(s).text(if *ok { " finished a write." } else { " failed a write." })
        }
        Some(Happening::Commanded(_) | Happening::Acted) => decided(state, action),
        Some(Happening::Boot) | None => Sentence::new().text(format!("Step {}.", report.step)),
    }
}

/// `AppendResp n4→n2`.
fn message(s: Sentence, kind: &str, reply: bool, (from, to): (Addr, Addr)) -> Sentence {
    s.code(kind).text(if reply { " answer " } else { " " }).text(format!("{from}→{to}"))
}

/// What the user did to a message that is still in flight.
fn handled<E: Engine>(state: &Cluster<E>, verb: &str, id: MsgId) -> Sentence {
    let s = Sentence::new().text(format!("You {verb} the "));
    match state.flights().find(|flight| flight.id == id) {
        Some(flight) => {
            let view = state.message_view(flight, state.now());
            message(s, &view.kind, view.of_call, (view.from, view.to))
        }
        None => s.text("message"),
    }
}

fn decided<E: Engine>(state: &Cluster<E>, action: Option<&Decision>) -> Sentence {
    let s = Sentence::new();
    let ms = |us: u64| format!("{}.{:03} ms", us / 1000, us % 1000);
    match action {
        Some(Decision::Command(who, command)) => {
            let s = s.addr(*who).text(" is told: ").code(command.verb.clone());
            s.text(format!(" {}.", command.args.join(" ")))
        }
        Some(Decision::Duplicate(id)) => handled(state, "duplicate", *id).text("."),
        Some(Decision::Hold(id)) => handled(state, "hold", *id).text("."),
        Some(Decision::Release(id)) => handled(state, "release", *id).text("."),
        Some(Decision::Delay(id, us)) => handled(state, "delay", *id).text(format!(" by {}.", ms(*us))),
        Some(Decision::Crash(id, loss)) => {
            let how = match loss {
                kernel::Loss::Process => " crashes: its process dies, what it wrote stays.",
                kernel::Loss::Power => " loses power: what was not flushed is gone.",
                kernel::Loss::TornTail => " loses power in the middle of a write.",
            };
            s.node(*id).text(how)
        }
        Some(Decision::Restart(id)) => s.node(*id).text(" boots on what its disk holds."),
        Some(Decision::Pause(id)) => s.node(*id).text(" stands still."),
        Some(Decision::Resume(id)) => s.node(*id).text(" goes on."),
        Some(Decision::Wipe(id)) => s.text("The disk of ").node(*id).text(" is emptied."),
        Some(Decision::Cut(a, b)) => s.text(match cuts::parted(state, *a, *b) {
            Some(groups) => format!("{groups} are cut apart."),
            None => format!("The link {a}→{b} is cut."),
        }),
        Some(Decision::Heal(..)) if cuts::whole(state) => s.text("Every link carries again."),
        Some(Decision::Heal(a, b)) => s.text(format!("The link {a}→{b} carries again.")),
        Some(Decision::Shape(a, b, lo, hi, loss)) => s.text(format!(
            "The link {a}→{b} takes {} to {} and loses {loss} of a million.",
            ms(*lo),
            ms(*hi)
        )),
        Some(Decision::Unshape(a, b)) => s.text(format!("The link {a}→{b} is as the network again.")),
        Some(Decision::Skew(id, us)) => {
            let way = if *us < 0 { "back" } else { "on" };
            s.text("The clock of ").node(*id).text(format!(" jumps {way} by {}.", ms(us.unsigned_abs())))
        }
        Some(Decision::SlowDisk(id, us)) => {
            s.text("Every disk write of ").node(*id).text(format!(" takes {} more.", ms(*us)))
        }
        Some(Decision::FailNext(id)) => {
            s.text("The next write that ").node(*id).text(" waits for will fail on its disk.")
        }
        Some(Decision::Set(name, value)) => s.code(name.clone()).text(format!(" is now {value}.")),
        Some(Decision::Script(who, purpose, values)) => {
            s.text("The next draws of ").addr(*who).text(format!(" for {purpose}: {values:?}."))
        }
        Some(Decision::Wait) => s.text(format!("Time passes until {}.", ms(state.now().0))),
        Some(other) => s.text(format!("You decide: {other}.")),
        None => s.text("Nothing else happened."),
    }
}

/// The chain that led to the step at the cursor, newest first: a delivered message leads to the step that sent it,
/// anything else ends the chain.
pub(crate) fn why<E: Engine>(timeline: &Timeline<E>) -> Vec<Why> {
    let of = timeline.shown();
    let mut out = Vec::new();
    let mut step = timeline.state().step();
    while out.len() < WHY_MAX {
        let Some(state) = watched_at(timeline, step) else { break };
        let action = timeline.action(of, step).map(|action| &action.decision);
        let sent_at = match &state.report().happening {
            Some(
                Happening::Delivered { id, .. } | Happening::Lost { id, .. } | Happening::Late { id, .. },
            ) => Some(id.step),
            _ => None,
        };
        let by_user = action.is_some() || step == 0;
        let mut sentence = narrate(&state, action);
        if sent_at.is_none() && !by_user && state.report().events.is_empty() {
            sentence = happening(&state, action);
        }
        out.push(Why { step, sentence, by_user: action.is_some() });
        match sent_at.or_else(|| last_act(timeline, &state, step)) {
            Some(earlier) if earlier < step => step = earlier,
            _ => break,
        }
    }
    out
}

/// For a timer: the last earlier step (not too far back) that made a difference to the same node's silhouette or
/// term; that is where its waiting began.
fn last_act<E: Engine>(timeline: &Timeline<E>, state: &Cluster<E>, step: u32) -> Option<u32> {
    let node = state.report().who.and_then(Addr::node)?;
    if !matches!(state.report().happening, Some(Happening::Fired { .. })) {
        return None;
    }
    let branch = timeline.branch();
    let lives = branch.lives.get(usize::from(node.0))?;
    let began = lives.iter().rev().find(|life| life.from_us < state.now().0)?;
    let at = timeline.step_at(timeline.shown(), kernel::Time(began.from_us));
    (at > 0 && at < step).then_some(at)
}

/// The state after `step`, with its report.
fn watched_at<E: Engine>(timeline: &Timeline<E>, step: u32) -> Option<World<E>> {
    let of = timeline.shown();
    let Some(before) = step.checked_sub(1) else { return timeline.state_at(of, 0) };
    let mut state = timeline.state_at(of, before)?;
    state.watch(true);
    timeline.replay_step(of, &mut state);
    Some(state)
}
