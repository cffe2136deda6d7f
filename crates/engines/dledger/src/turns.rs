//! Turns of the 1 ms loops when each is a decision of its own: the setting `grain`.
//!
//! With the grain `coarse` the loops of the follower's handler (H), the dispatchers (D) and the quorum checker (Q) run
//! until nothing changes, within the step that gave them something to do. With `fine` the step ends before, and every
//! loop whose turn would change something has a timer, due at once: taken as they come, they lead to the same states.

use alloc::string::String;
use alloc::vec::Vec;
use kernel::{Cx, Digest, Draws, Hasher, Mode, SettingValue, Time, shown};

use crate::node::{Disk, Memory, Node};
use crate::timer::Timer;

/// How finely a node's work is cut into decisions.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Grain {
    /// The loops run within the step.
    Coarse,
    /// Each turn of a loop is a decision.
    Fine,
}

/// A run whose grain is coarse has the digests it had before there was another, and a state that both grains come to is
/// the same.
impl Digest for Grain {
    fn digest(&self, h: &mut Hasher) {
        if *self == Grain::Fine && h.mode() == Mode::Run {
            h.word(1);
        }
    }
}

impl SettingValue for Grain {
    const CHOICES: &'static [&'static str] = &["coarse", "fine"];

    fn parse(text: &str) -> Option<Self> {
        match text {
            "coarse" => Some(Grain::Coarse),
            "fine" => Some(Grain::Fine),
            _ => None,
        }
    }

    fn print(&self) -> String {
        String::from(match self {
            Grain::Coarse => "coarse",
            Grain::Fine => "fine",
        })
    }
}

/// The loops whose next turn would change something. The order of timers at one instant is theirs too.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Turns {
    /// When they got something to do.
    pub at: Time,
    /// The loops.
    pub loops: Vec<Timer>,
}

impl Turns {
    pub(crate) const fn none() -> Turns {
        Turns { at: Time(0), loops: Vec::new() }
    }

    /// When the turn of a loop is due, if it has one: before any message of the instant.
    pub(crate) fn due(&self, timer: Timer) -> Option<Time> {
        self.loops.contains(&timer).then(|| Time(self.at.0.saturating_sub(1)))
    }
}

/// Nothing waits where the grain is coarse, and there nothing is added.
impl Digest for Turns {
    fn digest(&self, h: &mut Hasher) {
        if !self.loops.is_empty() {
            self.at.digest(h);
            self.loops.iter().for_each(|waiting| waiting.digest(h));
        }
    }
}

shown! { Turns { at = "at", loops = "loops" } }

/// The loops draw nothing.
struct NoDraws;

impl Draws for NoDraws {
    fn range(&mut self, _purpose: u8, lo: u64, _hi: u64) -> u64 {
        lo
    }
}

fn digest(disk: &Disk, mem: &Memory) -> u64 {
    let mut h = Hasher::new(Mode::Run);
    disk.digest(&mut h);
    mem.digest(&mut h);
    h.finish()
}

impl Node<'_, '_> {
    /// Lets the loops run until nothing changes, or lists the turns they would take.
    pub(crate) fn run_workers(&mut self) {
        self.mem.turns = Turns::none();
        match self.cx.settings.grain {
            Grain::Coarse => self.run_loops(),
            Grain::Fine => self.list_turns(),
        }
        self.schedule_flush();
    }

    /// H until it has nothing to do, then D by peer, then Q with A; and again.
    fn run_loops(&mut self) {
        loop {
            let mut acted = false;
            while self.handler_turn() {
                acted = true;
            }
            for at in 0..self.mem.pusher.dispatchers.len() {
                acted |= self.dispatcher_turn(at);
            }
            acted |= self.quorum_turn();
            if !acted {
                break;
            }
        }
    }

    /// One turn of a loop.
    pub(crate) fn turn(&mut self, of: Timer) -> bool {
        match of {
            Timer::Handler => self.handler_turn(),
            Timer::Dispatcher(peer) => self.dispatcher_of(peer).is_some_and(|at| self.dispatcher_turn(at)),
            Timer::Quorum => self.quorum_turn(),
            _ => false,
        }
    }

    /// The turns that would change something.
    fn list_turns(&mut self) {
        let dispatchers = self.mem.pusher.dispatchers.iter().map(|d| Timer::Dispatcher(d.peer));
        let mut loops = Vec::from([Timer::Handler]);
        loops.extend(dispatchers);
        loops.push(Timer::Quorum);
        loops.retain(|of| self.would_act(*of));
        self.mem.turns = Turns { at: self.cx.now, loops };
    }

    fn would_act(&self, of: Timer) -> bool {
        let (mut disk, mut mem) = (self.disk.clone(), self.mem.clone());
        let (mut draws, mut effects) = (NoDraws, Vec::new());
        let Cx { id, now, nodes, settings, .. } = *self.cx;
        let mut cx = Cx::new(id, now, nodes, settings, &mut draws, &mut effects);
        let acted = Node { disk: &mut disk, mem: &mut mem, cx: &mut cx }.turn(of);
        acted || !effects.is_empty() || digest(&disk, &mem) != digest(self.disk, self.mem)
    }
}
