//! What a picture and a panel need to know of a run: plain data in the user's vocabulary, the same for every engine.

use alloc::string::String;
use alloc::vec::Vec;

use crate::{Addr, MsgId, NodeId};

/// The silhouette of a node.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shape {
    /// Starting, no role yet.
    Booting,
    /// Follows somebody.
    Follower,
    /// Asks for pre-votes.
    PreCandidate,
    /// Asks for votes.
    Candidate,
    /// Leads.
    Leader,
    /// Leads, but may not serve yet.
    LeaderNotReady,
    /// Learns without a vote.
    Learner,
    /// Process down.
    Crashed,
    /// Stopped by its own check.
    Aborted,
    /// Not a member.
    NotMember,
}

/// How one voter stands in the candidate's running poll.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ballot {
    /// Has no vote.
    None,
    /// Has not answered.
    Open,
    /// Granted.
    Yes,
    /// Refused.
    No,
}

/// The arc round a node.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TimerArc {
    /// Time left as thousandths of the longest this timer can be, 0 to 1000.
    pub left_permille: u16,
    /// Dashes (a leader's time to its next heartbeat) instead of a solid arc.
    pub dashes: bool,
}

/// A node as the ring draws it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NodeView {
    /// Which node.
    pub id: NodeId,
    /// Its silhouette.
    pub shape: Shape,
    /// Whether the process is stopped but not dead.
    pub paused: bool,
    /// Its term (epoch).
    pub term: u64,
    /// The system's word for its role: `FOLLOWER`, `LEADER`.
    pub role: String,
    /// One line of facts: `committed 8 of 9`; crashed: `disk: 7 entries`; aborted: the reason.
    pub facts: String,
    /// The poll's state, one a node in their order; empty when no poll is running.
    pub votes: Vec<Ballot>,
    /// Whom it voted for in its term, while it runs.
    pub voted_for: Option<NodeId>,
    /// The armed timer the reader should see.
    pub timer: Option<TimerArc>,
    /// A short badge below the node: `parse 3: WAIT_TO_REVOTE`.
    pub chip: Option<String>,
    /// A flag after the name: `⇡`.
    pub flag: Option<String>,
    /// Whom it is handing leadership to.
    pub handing_to: Option<NodeId>,
    /// Whether it acted in the present step.
    pub acted: bool,
    /// Its clock is off by so many microseconds.
    pub skew_us: i64,
    /// The rule it breaks, if any.
    pub broken_rule: Option<String>,
}

/// What answers say: drawn as a sign after the letter.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sign {
    /// A request.
    None,
    /// Granted, done.
    Plus,
    /// Refused.
    Minus,
    /// Come again.
    Again,
    /// The call failed, nobody answered.
    Failed,
}

/// A message in flight as the ring and the pending list show it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MessageView {
    /// Its name.
    pub id: MsgId,
    /// Sender.
    pub from: Addr,
    /// Receiver.
    pub to: Addr,
    /// The letter of its kind.
    pub letter: char,
    /// Kind in the system's spelling: `VOTE`, `HEART_BEAT`.
    pub kind: String,
    /// The rest of the chip: `end=(4,2)`, result name of an answer (never shortened).
    pub detail: String,
    /// The term it carries or belongs to.
    pub term: u64,
    /// Whether it answers another message.
    pub reply: bool,
    /// Whether it answers a call, and so has its request's kind.
    pub of_call: bool,
    /// The sign after the letter of a reply.
    pub sign: Sign,
    /// How far it is: thousandths of the way, 0 to 1000. Frozen while held.
    pub progress_permille: u16,
    /// Held by the user.
    pub held: bool,
    /// Past its due time (the user acts by hand).
    pub overdue: bool,
    /// A duplicate.
    pub copy: bool,
    /// Delivering it would change nothing.
    pub no_effect: bool,
    /// Microseconds until it is due; `None` while held or parked at a paused node.
    pub due_in_us: Option<u64>,
}

/// A link between two nodes, `a` < `b`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LinkView {
    /// One end.
    pub a: NodeId,
    /// The other end.
    pub b: NodeId,
    /// Whether a→b is cut.
    pub cut_ab: bool,
    /// Whether b→a is cut.
    pub cut_ba: bool,
    /// Slow or lossy in some direction.
    pub shaped: bool,
    /// One end is down.
    pub down: bool,
}

/// The ring: everything in it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct RingView {
    /// The nodes in order.
    pub nodes: Vec<NodeView>,
    /// Every pair of nodes.
    pub links: Vec<LinkView>,
    /// Messages between nodes in flight.
    pub messages: Vec<MessageView>,
    /// Messages that were lost in the present step.
    pub lost: Vec<MessageView>,
    /// Pills on leader→follower edges: from, to, text (a dispatcher's state).
    pub pills: Vec<(NodeId, NodeId, String)>,
}

/// How an entry stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CellState {
    /// In memory or page cache, would be lost with the power.
    InMemory,
    /// On disk, not committed.
    OnDisk,
    /// Committed.
    Committed,
    /// Applied.
    Applied,
    /// The node is down: whether it is committed is not known.
    Unknown,
    /// Of an old term, stored on a quorum, but may not be committed by counting.
    OldTermQuorum,
}

/// What the present step did to an entry.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CellChange {
    /// Nothing.
    None,
    /// Appended or changed state.
    Changed,
    /// Took the place of an entry of the given older term.
    Replaced(u64),
    /// Removed; drawn as a ghost.
    Removed,
}

/// How far an entry is from its quorum in one half of the configuration.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Tally {
    /// So many hold it durably, as its leader knows.
    pub have: u8,
    /// So many are a quorum; 0: there is no such half, or no ballot.
    pub need: u8,
    /// Whether the leader itself is among them: in systems that wait for it, its own disk has the entry.
    pub own: bool,
}

impl Tally {
    /// Of `peers` members `have` hold it. Counts are small: a cluster has at most [`crate::limits::NODES`] nodes.
    #[must_use]
    pub const fn new(have: usize, peers: usize) -> Tally {
        let need = if peers == 0 { 0 } else { crate::majority(peers) };
        Tally { have: have as u8, need: need as u8, own: false }
    }

    /// The same, telling whether the leader itself is among those that hold it.
    #[must_use]
    pub const fn own(self, own: bool) -> Tally {
        Tally { own, ..self }
    }
}

/// An entry in the table.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CellView {
    /// Its index in the system's numbering.
    pub index: u64,
    /// Its term.
    pub term: u64,
    /// Its value, short: `x=1`, `noop`.
    pub value: String,
    /// How it stands.
    pub state: CellState,
    /// At a leader, while it is not committed: its ballot, in the configuration's new and old half.
    pub ballot: [Tally; 2],
    /// What this step did to it.
    pub change: CellChange,
}

/// The mark of a pointer under a row.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PointerMark {
    /// ● match, watermark.
    Dot,
    /// △ next, writeIndex.
    Triangle,
    /// ◇ compareIndex.
    Diamond,
    /// I durable end.
    Bar,
}

/// A pointer into a row's log: what the leader knows of this follower, or the node of itself.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PointerView {
    /// The system's name.
    pub name: &'static str,
    /// How it is drawn.
    pub mark: PointerMark,
    /// Where it points; −1 is before the first entry of a 0-based system.
    pub index: i64,
}

/// A node's log inside a window of indexes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LogRow {
    /// Whose log.
    pub id: NodeId,
    /// Silhouette, for the role mark.
    pub shape: Shape,
    /// Its term.
    pub term: u64,
    /// Whether it acted in this step.
    pub acted: bool,
    /// First index held.
    pub first: u64,
    /// One past the last index held.
    pub end: u64,
    /// Committed index; −1 when nothing is.
    pub committed: i64,
    /// Snapshot: last included index and term.
    pub snapshot: Option<(u64, u64)>,
    /// The entries inside the window, ascending; ghosts of removed entries among them.
    pub cells: Vec<CellView>,
    /// Pointers under the row.
    pub pointers: Vec<PointerView>,
    /// The state of the leader's replicator to this node, in the system's words.
    pub pill: Option<String>,
}

/// The log table inside a window of indexes.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct LogView {
    /// Lowest first index of any node.
    pub first: u64,
    /// One past the highest index of any node.
    pub end: u64,
    /// Indexes changed in this step.
    pub changed: Vec<u64>,
    /// One row a node.
    pub rows: Vec<LogRow>,
}

/// A stretch of a node's life in the overview and the space-time diagram.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stretch {
    /// Whose.
    pub node: NodeId,
    /// From here, global microseconds.
    pub from_us: u64,
    /// To here.
    pub to_us: u64,
    /// The silhouette during it.
    pub shape: Shape,
    /// The term during it.
    pub term: u64,
}

/// A mark on the time axis.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TimeMark {
    /// ▲ an election was won.
    Won(NodeId, u64),
    /// Tick: a client wrote.
    Write,
    /// ✕ a node went down.
    Crash(NodeId),
    /// ○ a node came back.
    Restart(NodeId),
    /// ◆ a rule broke, in words.
    Violation(String),
    /// A dotted line with its text: `cut n0→n1`, `heal`.
    Fault(String),
}

/// A branch of the run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BranchView {
    /// Its number, 0 = the first.
    pub id: u32,
    /// Its name: `main`, `fork 1`.
    pub name: String,
    /// The branch it left, and at which step; `None` for the first.
    pub parent: Option<(u32, u32)>,
    /// Instant of the fork and of the tip, global microseconds.
    pub from_us: u64,
    /// Instant of the tip.
    pub to_us: u64,
    /// Why it was made: `VOTE n3→n2 dropped`.
    pub cause: String,
    /// Whether it is the one shown.
    pub current: bool,
}

/// The overview strip.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct OverviewView {
    /// Names of the nodes, in order.
    pub nodes: Vec<NodeId>,
    /// The tapes.
    pub stretches: Vec<Stretch>,
    /// Marks at their instants.
    pub marks: Vec<(u64, TimeMark)>,
    /// The branches.
    pub branches: Vec<BranchView>,
    /// End of the branch shown, global microseconds.
    pub end_us: u64,
    /// The present instant.
    pub now_us: u64,
    /// The window of the space-time diagram.
    pub window_us: (u64, u64),
}

/// How a flight ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FlightEnd {
    /// Arrived at this instant.
    Arrived(u64),
    /// Lost at this instant.
    Lost(u64),
    /// Still under way; due at this instant.
    Flying(u64),
    /// Held since this instant.
    Held(u64),
}

/// A message's way in the space-time diagram.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FlightView {
    /// Its name.
    pub id: MsgId,
    /// Sender.
    pub from: Addr,
    /// Receiver.
    pub to: Addr,
    /// Letter, and index for an append: `A9`.
    pub label: String,
    /// The term it belongs to.
    pub term: u64,
    /// Whether it is a reply.
    pub reply: bool,
    /// Whether it is a heartbeat or its answer, which may be folded.
    pub routine: bool,
    /// A duplicate.
    pub copy: bool,
    /// When it was sent.
    pub sent_us: u64,
    /// How it ended.
    pub end: FlightEnd,
}

/// A labelled event on a lane.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LaneEvent {
    /// On whose lane.
    pub node: NodeId,
    /// When.
    pub at_us: u64,
    /// Which step.
    pub step: u32,
    /// Few words: `T2 → T4`, `LEADER`, `commit 8`.
    pub label: String,
    /// Whether it is the present step.
    pub now: bool,
    /// Whether it breaks a rule.
    pub violation: bool,
}

/// The space-time diagram inside a window of instants.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SpaceTimeView {
    /// The lanes, in order, with term and silhouette at the present instant.
    pub lanes: Vec<(NodeId, u64, Shape)>,
    /// Lives of the nodes inside the window.
    pub stretches: Vec<Stretch>,
    /// Messages inside the window.
    pub flights: Vec<FlightView>,
    /// Labelled events inside the window.
    pub events: Vec<LaneEvent>,
    /// Faults inside the window.
    pub faults: Vec<(u64, String)>,
    /// The window, global microseconds.
    pub window_us: (u64, u64),
    /// The present instant.
    pub now_us: u64,
}
