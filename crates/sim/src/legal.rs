//! What may happen now, and if not, why.

use alloc::format;
use alloc::string::{String, ToString};
use core::fmt;

use kernel::{Addr, Command, Engine, MsgId, NodeId, Settings, Time, Transport};

use crate::cluster::{Cluster, NodeState};
use crate::flights::Flight;
use kernel::limits;
use kernel::{Action, Decision};

/// Why a decision is not legal now: one sentence.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refusal(pub String);

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn refuse<T>(why: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal(why.into()))
}

type Legal = Result<(), Refusal>;

impl<E: Engine> Cluster<E> {
    /// Whether `action` may happen: its decision is legal, and nothing is due before its instant.
    ///
    /// # Errors
    /// Why not.
    pub fn legal_at(&self, action: &Action) -> Legal {
        if action.at == Action::NOW {
            return self.legal(&action.decision);
        }
        if action.at < self.now {
            return refuse(format!("it is {} already", micros(self.now)));
        }
        if let Some(next) = self.next_at().filter(|next| *next < action.at) {
            return refuse(format!("something is due at {} already", micros(next)));
        }
        self.legal(&action.decision)
    }

    /// Whether `decision` may happen now.
    ///
    /// # Errors
    /// Why not.
    pub fn legal(&self, decision: &Decision) -> Legal {
        match decision {
            Decision::Deliver(id) => self.deliverable(self.flight(*id)?),
            Decision::Drop(id) => self.flight(*id).map(drop),
            Decision::Duplicate(id) => self.duplicable(self.flight(*id)?),
            Decision::Hold(id) => match self.flight(*id)?.held {
                None => Ok(()),
                Some(_) => refuse("it is held already"),
            },
            Decision::Release(id) => match self.flight(*id)?.held {
                Some(_) => Ok(()),
                None => refuse("it is not held"),
            },
            Decision::Delay(id, _) => match self.flight(*id)?.held {
                None => Ok(()),
                Some(_) => refuse("it is held: release it instead"),
            },
            Decision::Fire(who, timer) => self.fireable(*who, *timer),
            Decision::TimeOut(id) => match self.calls.get(*id).filter(|call| !call.given_up) {
                Some(call) => self.must_run(call.from),
                None => refuse(format!("no call {id} is waiting")),
            },
            Decision::Finish(id) | Decision::Fail(id) => {
                match self.writes.iter().find(|write| write.id == *id) {
                    Some(write) => self.must_run(write.node.into()),
                    None => refuse(format!("no disk write {id} is under way")),
                }
            }
            Decision::Command(who, command) => self.commandable(*who, command),
            Decision::Wait => Ok(()),
            _ => self.legal_fault(decision),
        }
    }

    fn legal_fault(&self, decision: &Decision) -> Legal {
        match decision {
            Decision::Crash(id, _) => match self.known(*id)? {
                NodeState::Up | NodeState::Paused => Ok(()),
                NodeState::Crashed(_) | NodeState::Aborted(_) => refuse(format!("{id} is down already")),
            },
            Decision::Restart(id) | Decision::Wipe(id) => match self.known(*id)? {
                NodeState::Crashed(_) | NodeState::Aborted(_) => Ok(()),
                NodeState::Up | NodeState::Paused => refuse(format!("{id} runs: crash it first")),
            },
            Decision::Pause(id) => self.must_run((*id).into()),
            Decision::Resume(id) => match self.known(*id)? {
                NodeState::Paused => Ok(()),
                _ => refuse(format!("{id} is not paused")),
            },
            Decision::Cut(a, b) if self.cut_state(*a, *b)? => refuse(format!("{a}→{b} is cut already")),
            Decision::Heal(a, b) if !self.cut_state(*a, *b)? => refuse(format!("{a}→{b} is not cut")),
            Decision::Shape(a, b, lo, hi, loss) => {
                self.cut_state(*a, *b)?;
                if lo > hi || *loss > limits::PPM {
                    return refuse("the least latency must not exceed the most, nor the loss a million");
                }
                Ok(())
            }
            Decision::Unshape(a, b) => self.cut_state(*a, *b).map(drop),
            Decision::Skew(id, us) => {
                let end = self.known(*id).and(self.end((*id).into()).ok_or(Refusal(String::new())))?;
                if end.skew_us.saturating_add(*us).unsigned_abs() > limits::SHIFT_US {
                    return refuse("a clock is off by at most an hour");
                }
                Ok(())
            }
            Decision::SlowDisk(id, _) => self.known(*id).map(drop),
            Decision::FailNext(id) => self.failable(*id),
            Decision::Set(name, _) if is_fixed::<E>(name) => {
                refuse(format!("{name} is fixed once the run has begun: only a new run can have another"))
            }
            Decision::Set(name, value) => {
                let mut settings = self.settings().clone();
                settings.set(name, value).map_err(Refusal)
            }
            Decision::Script(who, purpose, _) => {
                self.known_addr(*who)?;
                match purpose_of::<E>(purpose) {
                    Some(_) => Ok(()),
                    None => refuse(format!(
                        "{} draws for {}, not for `{purpose}`",
                        E::info().title,
                        E::info().purposes.join(", ")
                    )),
                }
            }
            _ => Ok(()),
        }
    }

    fn flight(&self, id: MsgId) -> Result<&Flight<E>, Refusal> {
        self.flights.get(id).ok_or_else(|| Refusal(format!("no message {id} is in flight")))
    }

    fn failable(&self, id: NodeId) -> Legal {
        self.known(id)?;
        match self.end(id.into()) {
            _ if !E::info().writes_may_fail_at_once => {
                refuse(format!("what {} writes at once does not fail here", E::info().title))
            }
            Some(end) if end.fail_next => refuse(format!("the disk of {id} is about to fail already")),
            _ => Ok(()),
        }
    }

    fn known_addr(&self, who: Addr) -> Legal {
        if self.slot(who).is_some() { Ok(()) } else { refuse(format!("there is no {who}")) }
    }

    fn known(&self, id: NodeId) -> Result<&NodeState, Refusal> {
        self.known_addr(id.into())?;
        self.state(id).ok_or_else(|| Refusal(format!("there is no {id}")))
    }

    fn must_run(&self, who: Addr) -> Legal {
        self.known_addr(who)?;
        match self.end(who).map(|end| &end.state) {
            Some(NodeState::Up) => Ok(()),
            Some(NodeState::Paused) => refuse(format!("{who} is paused")),
            Some(NodeState::Crashed(_)) => refuse(format!("{who} is crashed")),
            Some(NodeState::Aborted(reason)) => refuse(format!("{who} stopped itself: {reason}")),
            None => refuse(format!("there is no {who}")),
        }
    }

    fn deliverable(&self, flight: &Flight<E>) -> Legal {
        if self.net.fifo
            && let Some(oldest) = self.flights.before(flight)
        {
            return refuse(format!("the network keeps their order, and {oldest} was sent before it"));
        }
        if self.is_cut(flight.from, flight.to) {
            return refuse(format!("{}→{} is cut: heal it first", flight.from, flight.to));
        }
        match self.end(flight.to).map(|end| &end.state) {
            Some(NodeState::Paused) => refuse(format!("{} is paused: resume it first", flight.to)),
            Some(state) if self.stuck(flight) && state.refuses() => refuse(format!(
                "{} is down and cannot say so, since {0}→{} is cut: heal it first",
                flight.to, flight.from
            )),
            Some(_) if self.stuck(flight) => {
                refuse(format!("{} has no power, and its callers wait: restart it first", flight.to))
            }
            _ => Ok(()),
        }
    }

    fn duplicable(&self, flight: &Flight<E>) -> Legal {
        if E::info().transport != Transport::Datagram {
            return refuse(format!("{} calls over TCP, which never delivers twice", E::info().title));
        }
        if self.flights.len() >= limits::FLIGHTS {
            return refuse(format!("more than {} messages would be in flight", limits::FLIGHTS));
        }
        debug_assert!(!flight.is_reply());
        Ok(())
    }

    fn fireable(&self, who: Addr, timer: u16) -> Legal {
        self.must_run(who)?;
        match self.armed(who, timer) {
            Some(_) => Ok(()),
            None => refuse(format!("that timer of {who} is off")),
        }
    }

    /// The deadline of an armed timer on its node's clock.
    pub(crate) fn armed(&self, who: Addr, timer: u16) -> Option<(E::Timer, Time)> {
        let timer = E::timer_of(timer)?;
        Some((timer, self.end(who)?.deadline(timer, &self.settings)?))
    }

    /// When an armed timer runs out by itself, on the global clock.
    #[must_use]
    pub fn timer_due(&self, who: Addr, timer: u16) -> Option<Time> {
        let (_, due) = self.armed(who, timer)?;
        (due != Time::NEVER).then_some(self.end(who)?.global(due))
    }

    fn commandable(&self, who: Addr, command: &Command) -> Legal {
        self.must_run(who)?;
        let chars: usize = command.args.iter().map(String::len).sum();
        if chars > limits::COMMAND_CHARS {
            return refuse(format!("a command has at most {} characters", limits::COMMAND_CHARS));
        }
        E::parse_command(command, who.node().is_none()).map(drop).map_err(Refusal)
    }

    /// Whether a→b is cut; both must exist and differ.
    fn cut_state(&self, a: Addr, b: Addr) -> Result<bool, Refusal> {
        self.known_addr(a)?;
        self.known_addr(b)?;
        if a == b {
            return refuse(format!("{a} has no link to itself"));
        }
        Ok(self.is_cut(a, b))
    }
}

/// Whether a setting cannot change any more.
fn is_fixed<E: Engine>(name: &str) -> bool {
    E::Settings::list().iter().any(|desc| desc.fixed && desc.name == name)
}

/// The number of a draw's purpose.
pub(crate) fn purpose_of<E: Engine>(name: &str) -> Option<u8> {
    let at = E::info().purposes.iter().position(|purpose| *purpose == name)?;
    u8::try_from(at).ok()
}

fn micros(time: Time) -> String {
    let ms = (time.0 / 1000).to_string();
    format!("{ms}.{:03} ms", time.0 % 1000)
}
