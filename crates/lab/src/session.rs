//! The object-safe face of a run: plain views in the user's vocabulary. Nothing above it knows an engine's types.

use kernel::view::{FlightEnd, LogView, NodeView, OverviewView, RingView, SpaceTimeView};
use kernel::{Action, Decision, Record, Setup};
use kernel::{Addr, ClientId, CommandDesc, EngineInfo, MsgId, NodeId, Sentence, SettingDesc, Time, Value};
use sim::{MessageDetail, Op, PendingRow, Refusal};

use crate::timeline::Acted;

/// Where a run stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Status {
    /// Steps up to the cursor.
    pub step: u32,
    /// The last step of the branch shown.
    pub tip: u32,
    /// The global instant, microseconds.
    pub now_us: u64,
    /// When the next item is due by itself.
    pub next_due_us: Option<u64>,
    /// The branch shown.
    pub branch: u32,
    /// Nodes that run (paused ones too).
    pub up: u8,
    /// Nodes.
    pub nodes: u8,
    /// How many make a quorum; in a joint config of the new half and of the old one: `2+3`.
    pub quorum: String,
    /// The running leader of the highest term.
    pub leader: Option<NodeId>,
    /// Its term.
    pub leader_term: u64,
    /// Messages, timers and writes that happened, and commands and faults.
    pub events: u64,
    /// Digest of the run up to here.
    pub digest: u64,
}

/// A field of a node, client or cluster.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FieldView {
    /// The system's name.
    pub name: &'static str,
    /// Meaning, one sentence.
    pub doc: &'static str,
    /// Its value.
    pub value: Value,
}

/// Everything the inspector shows of a node.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NodeDetail {
    /// As the ring draws it.
    pub view: NodeView,
    /// Its own clock, microseconds.
    pub local_now_us: u64,
    /// What survives a crash.
    pub durable: Vec<FieldView>,
    /// What does not; empty while it is down.
    pub volatile: Vec<FieldView>,
}

/// A message of the branch shown, and what became of it up to the cursor.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MessageFate {
    /// The message: as it is, or when it is under way no more, as it was sent.
    pub detail: MessageDetail,
    /// How it ended, when it has.
    pub ended: Option<FlightEnd>,
}

/// A field that the last step changed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Change {
    /// Whose.
    pub who: Addr,
    /// Its name; of an entry in a list or map the place too: `peerWaterMarksByTerm.3`.
    pub field: String,
    /// Before; `None` when it was not there.
    pub old: Option<Value>,
    /// After; `None` when it is gone.
    pub new: Option<Value>,
}

/// What a run came to, up to the cursor.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Numbers {
    /// Terms in which somebody was a candidate.
    pub elections: u32,
    /// Of them those that are over and brought no leader: split votes, and candidates that nobody heard.
    pub undecided: u32,
    /// Microseconds in which no node that runs led.
    pub leaderless_us: u64,
    /// Messages that nodes sent each other.
    pub messages: u64,
    /// Entries that some node knows to be committed.
    pub committed: u64,
    /// Logs that a leader mended: it was refused at least once before it found where they agree with its own.
    pub repairs: u64,
    /// Messages by which it looked for that, refused or not; lost ones told nothing.
    pub probes: u64,
}

/// A link of the chain that led to a step, newest first.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Why {
    /// Which step.
    pub step: u32,
    /// What it was.
    pub sentence: Sentence,
    /// Whether the user did it.
    pub by_user: bool,
}

/// What a run is waited for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Until {
    /// Another node leads, or the same in another term.
    LeaderChanges,
    /// Some node has committed this index.
    Committed(u64),
    /// A rule breaks.
    Violation,
    /// The global instant.
    Time(u64),
    /// Another message of this kind is sent.
    Kind(String),
}

/// Why a recorded run could not be rebuilt.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ReplayError {
    /// The setup is not possible.
    Setup(String),
    /// An action is not legal where it stands.
    Refused {
        /// On which branch.
        branch: u32,
        /// As which step.
        step: u32,
        /// Why.
        why: String,
    },
    /// A step differs from the recorded digest; it is the first one that does, as far as the record tells.
    Diverged {
        /// On which branch.
        branch: u32,
        /// Which step.
        step: u32,
        /// What happened in it now.
        now: String,
    },
    /// Nothing is pending, but the record goes on.
    Ended {
        /// On which branch.
        branch: u32,
        /// Which step is missing.
        step: u32,
    },
    /// The record itself makes no sense: a missing parent, a step out of order.
    Record(String),
}

impl std::fmt::Display for ReplayError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ReplayError::Setup(why) | ReplayError::Record(why) => f.write_str(why),
            ReplayError::Refused { branch, step, why } => {
                write!(f, "branch {branch}, step {step}: not possible here: {why}")
            }
            ReplayError::Diverged { branch, step, now } => {
                write!(f, "branch {branch}, step {step} differs from the recorded run; now: {now}")
            }
            ReplayError::Ended { branch, step } => {
                write!(f, "branch {branch}, step {step}: nothing is pending, but the record goes on")
            }
        }
    }
}

impl std::error::Error for ReplayError {}

/// A run with its timeline.
pub trait Session {
    /// The engine's description.
    fn info(&self) -> &'static EngineInfo;
    /// How the run started.
    fn setup(&self) -> &Setup;
    /// The settings, described.
    fn setting_list(&self) -> Vec<SettingDesc>;
    /// A setting's value now.
    fn setting(&self, name: &str) -> Option<String>;
    /// The commands it takes.
    fn commands(&self) -> &'static [CommandDesc] {
        self.info().commands
    }

    /// Takes items that are due by `until_us`, at most `max_steps`; how many were taken. Recorded steps count.
    fn play(&mut self, until_us: u64, max_steps: u32) -> u32;
    /// Takes up to `steps` steps as fast as possible; how many were taken.
    fn race(&mut self, steps: u32) -> u32;
    /// One step on; false when nothing is pending.
    fn forward(&mut self) -> bool;
    /// One step back; false at the boot.
    fn back(&mut self) -> bool;
    /// Goes to a step of the branch shown.
    fn seek(&mut self, step: u32);
    /// The step that was the last at this instant.
    fn step_at(&self, at_us: u64) -> u32;
    /// Takes an action as the next step.
    ///
    /// # Errors
    /// Why it is not legal.
    fn act(&mut self, action: Action) -> Result<Acted, Refusal>;
    /// The step after the cursor spelled out: the recorded one, or what happens by itself.
    fn next_step(&self) -> Option<(Time, Decision)>;
    /// Whether a decision is legal now.
    ///
    /// # Errors
    /// Why not.
    fn legal(&self, decision: &Decision) -> Result<(), Refusal>;
    /// Shows another branch.
    ///
    /// # Errors
    /// When there is none.
    fn switch(&mut self, branch: u32, step: Option<u32>) -> Result<(), Refusal>;
    /// What moves the timers by which nodes campaign apart or `together`; `None` in a system that has no command for it.
    fn move_timers(&self, at_us: u64, together: bool) -> Option<Vec<Decision>>;
    /// Starts a branch here.
    ///
    /// # Errors
    /// When there are too many.
    fn fork(&mut self, cause: String) -> Result<u32, Refusal>;
    /// Names a branch.
    fn rename(&mut self, branch: u32, name: String);
    /// Plays until it happens; false when it did not within `max_steps`.
    fn run_until(&mut self, until: &Until, max_steps: u32) -> bool;
    /// Makes what the last step changed visible after playing.
    fn settle(&mut self);

    /// Where the run stands.
    fn status(&self) -> Status;
    /// The ring at a global instant.
    fn ring(&self, at_us: u64) -> RingView;
    /// The log table inside a window of indexes.
    fn log(&self, window: (u64, u64)) -> LogView;
    /// What may happen next.
    fn pending(&self, at_us: u64) -> Vec<PendingRow>;
    /// The overview.
    fn overview(&self, window_us: (u64, u64)) -> OverviewView;
    /// The space-time diagram.
    fn space_time(&mut self, window_us: (u64, u64)) -> SpaceTimeView;
    /// What the last step did, in one sentence.
    fn narration(&self) -> Sentence;
    /// All that the last step did.
    fn story(&self) -> Vec<Sentence>;
    /// The chain that led to the last step.
    fn why(&self) -> Vec<Why>;
    /// What the last step changed.
    fn changed(&self) -> Vec<Change>;
    /// A node, whole.
    fn node(&self, id: NodeId) -> Option<NodeDetail>;
    /// Everything of one client, which has no disk; its clock is the global one.
    fn client(&self, id: ClientId) -> Option<Vec<FieldView>>;
    /// A message that was sent up to the cursor, as it is at a global instant.
    fn message(&mut self, id: MsgId, at_us: u64) -> Option<MessageFate>;
    /// The user's commands.
    fn ops(&self) -> Vec<Op>;
    /// What the run came to.
    fn numbers(&self) -> Numbers;
    /// The lights of the rules.
    fn lights(&self) -> Vec<check::RuleLight>;
    /// Digest of the state without times and names.
    fn state_digest(&self) -> u64;

    /// What a file keeps.
    fn record(&self) -> Record;
}
