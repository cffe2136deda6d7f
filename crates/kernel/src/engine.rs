//! The contract between an engine and whoever runs it.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Debug;

use crate::view::{LogRow, NodeView, Shape, Sign};
use crate::{Addr, Cx, Digest, Inspect, MsgId, NodeId, Sentence, Settings, Time, Token};

/// How an engine's nodes talk; it decides what may happen to a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Transport {
    /// Anything may happen to a message, duplication too.
    Datagram,
    /// A call over TCP: request and reply may be late or lost, the caller sees a failure or its time-out;
    /// nothing is duplicated.
    Rpc,
}

/// Why a call got no answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RpcFailure {
    /// Nobody answered in time.
    TimedOut,
    /// The peer's process is down: the connection was refused or reset.
    Refused,
    /// The connection broke: the request or its answer was lost on the way.
    Broken,
}

impl Digest for RpcFailure {
    fn digest(&self, h: &mut crate::Hasher) {
        h.word(*self as u64);
    }
}

/// What a crash does to what was written but not yet flushed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Loss {
    /// The process died: all that was written survives (page cache).
    Process,
    /// The machine lost its power: what was not flushed is gone.
    Power,
    /// The machine lost its power in the middle of a write: of what was not flushed, half the entries (rounded up)
    /// reached the disk and the next record is torn.
    TornTail,
}

/// What happens to a node or client.
#[derive(Clone, Debug)]
pub enum Input<E: Engine> {
    /// A call arrived; it is answered, perhaps later, perhaps never, by [`Effect::Respond`].
    Request {
        /// Names the call.
        call: MsgId,
        /// The caller.
        from: Addr,
        /// What it asks.
        body: E::Message,
    },
    /// One of our calls was answered.
    Reply {
        /// What we remembered when calling.
        ctx: E::Ctx,
        /// Who answered.
        from: Addr,
        /// The answer.
        body: E::Message,
    },
    /// One of our calls got no answer.
    RpcFailed {
        /// What we remembered when calling.
        ctx: E::Ctx,
        /// Whom we called.
        from: Addr,
        /// Why.
        why: RpcFailure,
    },
    /// A message without an answer arrived.
    Datagram {
        /// The sender.
        from: Addr,
        /// Its content.
        body: E::Message,
    },
    /// The node's own clock reached a deadline that [`Engine::timers`] named.
    Timer(E::Timer),
    /// A disk write finished, or failed.
    Written {
        /// Which one.
        write: E::Write,
        /// Whether it succeeded.
        ok: bool,
    },
    /// A client's or operator's command, given directly.
    Command {
        /// Names it in its [`Effect::Answer`].
        token: Token,
        /// What to do.
        command: E::Command,
    },
}

/// What a node or client wants from the world, in order.
#[derive(Clone, Debug)]
pub enum Effect<E: Engine> {
    /// Calls `to` over a connection. What a lost request or answer means to the caller, the two times say: with a
    /// time-out alone it learns nothing before that; with `broken_ms` the connection breaks; with neither the
    /// connection holds and what meets a cut link waits there, since its bytes are sent again.
    Call {
        /// Whom.
        to: Addr,
        /// The request.
        body: E::Message,
        /// Handed back with the reply or failure.
        ctx: E::Ctx,
        /// After so long without an answer the call fails ([`RpcFailure::TimedOut`]), on the global clock: a timer
        /// that was fired early does not hurry it. `None`: the caller waits for ever.
        timeout_ms: Option<u64>,
        /// So long after its request or answer was sent and lost the call fails ([`RpcFailure::Broken`]). `None`:
        /// a loss does not show.
        broken_ms: Option<u64>,
    },
    /// Gives up every call of this end that remembers this: none of them fails or is answered any more. Their requests
    /// are not taken back, and late answers are told as late.
    Cancel(E::Ctx),
    /// Sends a datagram.
    Send {
        /// To whom.
        to: Addr,
        /// What.
        body: E::Message,
    },
    /// Answers a call.
    Respond {
        /// Which.
        call: MsgId,
        /// The answer.
        body: E::Message,
    },
    /// Starts a disk write that finishes later ([`Input::Written`]). What a real system writes synchronously is
    /// put on the `Disk` within the step instead.
    Write(E::Write),
    /// Answers a command.
    Answer {
        /// Which.
        token: Token,
        /// How it ended.
        outcome: Outcome,
    },
    /// Something happened that a person can read.
    Event(E::Event),
    /// The real system would stop here by its own check; the node goes down, visibly.
    Abort {
        /// In the system's words.
        reason: String,
    },
}

/// What became of what a command asked for, as far as its answer tells.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fate {
    /// It was done.
    Done,
    /// It was not done, and will not be.
    Refused,
    /// Nobody can tell yet: it may have happened, or may still.
    InDoubt,
}

impl Fate {
    /// Done, or refused.
    #[must_use]
    pub fn of(done: bool) -> Fate {
        if done { Fate::Done } else { Fate::Refused }
    }
}

/// How a command ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Outcome {
    /// What became of it.
    pub fate: Fate,
    /// The system's code: 200, 404, −1; 0 where it has none.
    pub code: i32,
    /// The code's name: `SUCCESS`.
    pub name: &'static str,
    /// The index it got or read.
    pub index: Option<u64>,
    /// The term it got or read, or the answering node's term.
    pub term: Option<u64>,
    /// The leader it was pointed to.
    pub leader: Option<NodeId>,
    /// A read's value.
    pub value: Option<String>,
    /// Being done, it promises to have happened at `index` between its command and now.
    pub linearizable: bool,
}

impl Outcome {
    /// Whether it was done.
    #[must_use]
    pub fn ok(&self) -> bool {
        self.fate == Fate::Done
    }
}

impl Digest for Outcome {
    fn digest(&self, h: &mut crate::Hasher) {
        // Whether it is in doubt follows from the code.
        self.ok().digest(h);
        i64::from(self.code).digest(h);
        self.index.digest(h);
        self.term.digest(h);
        self.leader.digest(h);
        self.value.digest(h);
    }
}

/// A command as people and files write it: a verb and words.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Command {
    /// The verb: `append`, `transfer`.
    pub verb: String,
    /// Its arguments, as text.
    pub args: Vec<String>,
}

impl Digest for Command {
    fn digest(&self, h: &mut crate::Hasher) {
        self.verb.digest(h);
        self.args.digest(h);
    }
}

/// A command an engine takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CommandDesc {
    /// The verb.
    pub verb: &'static str,
    /// Names of its arguments; one that ends in `?` may be left out, in `…` may repeat.
    pub args: &'static [&'static str],
    /// Whether clients take it too (else nodes only).
    pub client: bool,
    /// Whether nodes take it.
    pub node: bool,
    /// What it is for.
    pub kind: CommandKind,
    /// One sentence.
    pub doc: &'static str,
}

/// What a command is for: menus, scenarios and walks find an engine's commands by this, never by their verbs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CommandKind {
    /// Writes (marked on the timeline).
    Write,
    /// Reads.
    Read,
    /// Hands leadership to the node that is its argument.
    Transfer,
    /// Changes who takes part.
    Member,
    /// Moves the timer with this number, by which a node campaigns: its argument says by how many microseconds, earlier
    /// when below zero.
    Timer(u16),
    /// Anything else.
    Other,
}

impl CommandDesc {
    /// Whether it takes exactly the arguments named `needed`, perhaps with more that may be left out.
    #[must_use]
    pub fn takes(&self, needed: &[&str]) -> bool {
        let (args, rest) = self.args.split_at(needed.len().min(self.args.len()));
        args == needed && rest.iter().all(|arg| arg.ends_with('?'))
    }
}

/// How an engine describes itself.
#[derive(Clone, Copy, Debug)]
pub struct EngineInfo {
    /// Short name in files and links: `dledger`.
    pub name: &'static str,
    /// Name on the page: `DLedger`.
    pub title: &'static str,
    /// Version of our engine; a run names it. Changes whenever behaviour does.
    pub version: u32,
    /// What it models: `Apache RocketMQ DLedger 0.3.1.2`.
    pub models: &'static str,
    /// How its nodes talk.
    pub transport: Transport,
    /// Index of the first entry a cluster ever writes.
    pub first_index: u64,
    /// Whether what is written within a step can fail: the engine asks [`Cx::write_fails`].
    pub writes_may_fail_at_once: bool,
    /// What randomness is drawn for; a draw names its position here.
    pub purposes: &'static [&'static str],
    /// The commands.
    pub commands: &'static [CommandDesc],
    /// Configurations worth starting from; the first is offered first.
    pub presets: &'static [Preset],
}

impl EngineInfo {
    /// What the command with this verb is for.
    #[must_use]
    pub fn kind_of(&self, verb: &str) -> Option<CommandKind> {
        self.commands.iter().find(|desc| desc.verb == verb).map(|desc| desc.kind)
    }
}

/// A configuration worth starting from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Preset {
    /// Its name on the page.
    pub title: &'static str,
    /// What it is for, one sentence.
    pub doc: &'static str,
    /// How many nodes.
    pub nodes: u8,
    /// Shortest and longest one-way time, microseconds.
    pub latency_us: (u32, u32),
    /// Settings that differ from the defaults, in the order they are set.
    pub settings: &'static [(&'static str, &'static str)],
    /// Real time for each unit of virtual time, when this configuration is known by one: 100 is 1/100×.
    pub slowdown: Option<u16>,
}

/// A message as it is drawn, without its way.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MessageFace {
    /// Letter of its kind.
    pub letter: char,
    /// Kind in the system's spelling; for an answer, the request's.
    pub kind: &'static str,
    /// Whether it answers another message, by a call or on its own.
    pub answer: bool,
    /// The rest of the chip.
    pub detail: String,
    /// The term it carries or belongs to.
    pub term: u64,
    /// The sign of an answer.
    pub sign: Sign,
    /// Index of the first entry it carries or is about: `A9`.
    pub index: Option<u64>,
    /// Heartbeats and the like, which may be folded.
    pub routine: bool,
}

/// What a step did, in the words the properties are written in: the checker reads these, never the states.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fact {
    /// This node began to lead `term`; its log ends at `last` (−1: empty) with digest `chain`.
    Led {
        /// The term it leads.
        term: u64,
        /// Index of its last entry.
        last: i64,
        /// Chain digest of its whole log.
        chain: u64,
    },
    /// This node stopped leading.
    Unled,
    /// This node appended the entry `index`.
    Appended {
        /// Where.
        index: u64,
        /// The entry's term.
        term: u64,
        /// Chain digest up to and with it.
        chain: u64,
    },
    /// This node removed every entry at `from` and after.
    Truncated {
        /// The first removed index.
        from: u64,
    },
    /// A snapshot took the place of this node's whole log: it covers everything up to `last`.
    Installed {
        /// Index of the last entry it covers.
        last: u64,
        /// Chain digest up to and with it.
        chain: u64,
    },
    /// This node's commit index became `to`; `chain` is the digest of its log up to it.
    Committed {
        /// The new commit index.
        to: i64,
        /// Chain digest up to and with it; 0 when the node does not hold it.
        chain: u64,
        /// The node's term at that moment.
        term: u64,
    },
    /// This node granted its vote.
    Voted {
        /// In this term.
        term: u64,
        /// To this node.
        to: NodeId,
    },
    /// This node's term became `term`.
    Term {
        /// The new term.
        term: u64,
    },
    /// This node's term became `term`, but that is not on its disk yet: a crash may take it back.
    TermUnsynced {
        /// The new term.
        term: u64,
    },
    /// The term `term`, perhaps not the latest, is on this node's disk now.
    TermDurable {
        /// The term.
        term: u64,
    },
    /// A part of this node's disk was removed by hand: what it promised before does not bind it.
    Wiped,
    /// This node booted on what its disk holds. Without it a check must assume that a crash may have taken any
    /// part of the log's end.
    Recovered {
        /// The term it starts with.
        term: u64,
        /// Index of its last entry (−1: empty).
        last: i64,
        /// Chain digest of its whole log.
        chain: u64,
        /// The commit index it starts with (−1: nothing).
        committed: i64,
    },
    /// This leader learnt from an answer where its log and that of `peer` agree.
    Probed {
        /// Whose log.
        peer: NodeId,
        /// Whether that ends the search; `None`: it is given up, a snapshot goes there.
        found: Option<bool>,
    },
}

/// A consensus core. Functions are associated: a node is its `Disk` (survives a crash) and its `Memory` (does not),
/// both plain values; [`Engine::boot`] is the only way back from a crash, [`Engine::step`] the only way forward.
pub trait Engine: Sized + Clone + Debug + 'static {
    /// The settings.
    type Settings: Settings;
    /// What survives a crash.
    type Disk: Clone + Debug + Default + Digest + Inspect;
    /// What does not.
    type Memory: Clone + Debug + Digest + Inspect;
    /// A client's state.
    type Client: Clone + Debug + Digest + Inspect;
    /// Requests and answers.
    type Message: Clone + Debug + Digest;
    /// What a caller remembers of its call.
    type Ctx: Clone + Debug + PartialEq + Digest;
    /// Names an armed timer. Ties at one instant fire in ascending order.
    type Timer: Copy + Debug + Ord + Digest;
    /// Names a disk write under way.
    type Write: Clone + Debug + Digest;
    /// A parsed command.
    type Command: Clone + Debug;
    /// What happened, with its reason, for people.
    type Event: Clone + Debug;

    /// The engine's description.
    fn info() -> &'static EngineInfo;

    /// Whether a cluster of so many nodes can be set so.
    ///
    /// # Errors
    /// What cannot be, for people.
    fn check(_settings: &Self::Settings, _nodes: u8) -> Result<(), String> {
        Ok(())
    }

    /// Rules (by the name of their light) that the real system, so set, is known to break, each with the reason;
    /// `power_lost`: once a crash has taken more than the process, some of what was written is gone.
    fn known_breaks(
        _settings: &Self::Settings,
        _power_lost: bool,
    ) -> &'static [(&'static str, &'static str)] {
        &[]
    }

    /// Starts the process on what its disk holds.
    fn boot(disk: &mut Self::Disk, cx: &mut Cx<'_, Self>) -> Self::Memory;
    /// Runs one input to the end.
    fn step(disk: &mut Self::Disk, memory: &mut Self::Memory, input: Input<Self>, cx: &mut Cx<'_, Self>);
    /// Lists every armed timer with its deadline on the node's own clock. A deadline that has passed means "now".
    /// Only useful wakes: one that would change nothing is not listed.
    fn timers(
        disk: &Self::Disk,
        memory: &Self::Memory,
        settings: &Self::Settings,
        arm: &mut dyn FnMut(Self::Timer, Time),
    );
    /// What a crash takes from the disk.
    fn crash(disk: &mut Self::Disk, loss: Loss);

    /// Starts a client.
    fn boot_client(cx: &mut Cx<'_, Self>) -> Self::Client;
    /// Runs one input of a client to the end.
    fn step_client(client: &mut Self::Client, input: Input<Self>, cx: &mut Cx<'_, Self>);
    /// Lists a client's armed timers.
    fn client_timers(
        client: &Self::Client,
        settings: &Self::Settings,
        arm: &mut dyn FnMut(Self::Timer, Time),
    );

    /// A timer's number in files and its name, both unique; `timer_of` is the inverse of the number.
    fn timer_name(timer: Self::Timer) -> (u16, String);
    /// The timer with that number.
    fn timer_of(number: u16) -> Option<Self::Timer>;
    /// What a write under way is, for people.
    fn write_name(write: &Self::Write) -> String;
    /// How long a write takes when the disk is not slowed, microseconds.
    fn write_us(write: &Self::Write, settings: &Self::Settings) -> u64;

    /// Reads a command for a node or (`client`) for a client.
    ///
    /// # Errors
    /// What is wrong and what would be right, one sentence.
    fn parse_command(command: &Command, client: bool) -> Result<Self::Command, String>;

    /// The letter, kind and detail of a message. `reply`: it came as the answer of a call. `ctx`: what the caller
    /// remembers of the call that a request or answer belongs to; `None` for datagrams, and for answers whose call is
    /// forgotten.
    fn message_face(body: &Self::Message, reply: bool, ctx: Option<&Self::Ctx>) -> MessageFace;
    /// Whether delivering `body` of `from` to this node now would change nothing. `reply` and `ctx` as for
    /// [`Engine::message_face`]; not asked for answers that nobody waits for.
    fn no_effect(
        disk: &Self::Disk,
        memory: &Self::Memory,
        from: Addr,
        body: &Self::Message,
        reply: bool,
        ctx: Option<&Self::Ctx>,
    ) -> bool;
    /// Silhouette and term, cheap: read after every step.
    fn face(disk: &Self::Disk, memory: &Self::Memory) -> (Shape, u64);
    /// The node as the ring draws it; `now` is the node's own clock. The simulator fills `paused`, `acted`,
    /// `skew_us` and `broken_rule`.
    fn view(
        id: NodeId,
        nodes: u8,
        disk: &Self::Disk,
        memory: &Self::Memory,
        settings: &Self::Settings,
        now: Time,
    ) -> NodeView;
    /// Who votes, as this node knows it; in a joint config the new half, then the old one, else the second is empty.
    fn voters(nodes: u8, _disk: &Self::Disk, _memory: &Self::Memory) -> (Vec<NodeId>, Vec<NodeId>) {
        ((0..nodes).map(NodeId).collect(), Vec::new())
    }
    /// The facts line of a node that is down.
    fn down_facts(disk: &Self::Disk) -> (u64, String);
    /// The node's log with the entries `window.0 .. window.1`; `memory` is `None` while it is down. Pointers come
    /// from [`Engine::pointers`].
    fn log_row(
        id: NodeId,
        disk: &Self::Disk,
        memory: Option<&Self::Memory>,
        settings: &Self::Settings,
        window: (u64, u64),
    ) -> LogRow;
    /// What a leader's memory says of `peer`'s log; with `peer` itself: the node's own marks.
    fn pointers(disk: &Self::Disk, memory: &Self::Memory, peer: NodeId) -> Vec<crate::view::PointerView>;
    /// The pill on the edge from this node to `peer`: its replicator's state.
    fn pill(memory: &Self::Memory, peer: NodeId) -> Option<String>;
    /// An event as a sentence about `who`. `important` in the answer: worth the narration of a whole step (the most
    /// important event of a step is narrated), 0 = only in lists.
    fn tell(who: Addr, event: &Self::Event) -> (u8, Sentence);
    /// What an event means for the properties.
    fn fact(event: &Self::Event) -> Option<Fact>;
    /// A few words for the lane of the space-time diagram, when the event deserves a mark.
    fn lane_label(event: &Self::Event) -> Option<String>;
}
