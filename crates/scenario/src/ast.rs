//! A scenario as plain data.

use kernel::{Addr, Loss, MsgId, NodeId, Setup};

use crate::error::Place;

/// A scenario: its lines, in order.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Scenario {
    /// The lines.
    pub lines: Vec<Line>,
}

impl Scenario {
    /// Every command, in order.
    pub fn commands(&self) -> impl Iterator<Item = &Command> {
        self.lines
            .iter()
            .filter_map(|line| match line {
                Line::Commands(line) => Some(&line.commands),
                Line::Blank | Line::Caption(_) => None,
            })
            .flatten()
    }
}

/// A line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Line {
    /// Nothing.
    Blank,
    /// `# …`: a caption, told before the commands below it.
    Caption(String),
    /// One command or several.
    Commands(CommandLine),
}

/// A line of commands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CommandLine {
    /// Whether it begins with `>`: what the commands tell stands below it and is compared.
    pub told: bool,
    /// The commands.
    pub commands: Vec<Command>,
    /// The comment at its end.
    pub comment: Option<String>,
    /// Below a told line: what the commands told when the file was written.
    pub narration: Vec<String>,
}

/// A command and its place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Command {
    /// Where it stands.
    pub at: Place,
    /// What it does.
    pub verb: Verb,
}

/// What a command does.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verb {
    /// `cluster n0 n1 n2 engine=dledger …`: the nodes boot at instant 0.
    Cluster(Setup),
    /// `allow RULE`: this rule may break here.
    Allow(String),
    /// `do n0 append x`, `propose n0 x`, `read n0 0`, `transfer n0 n2`.
    Ask(Ask),
    /// `preset n0 n1 log [0a 0b]`, `preset n0 term 3`: the engine's `preset`, for each of these nodes.
    Preset(Vec<NodeId>, Vec<String>),
    /// `draw n0 poll-delay 300 500`: the next draws of a node.
    Draw(Addr, String, Vec<u64>),
    /// `tick n0 3`: the node's first timer fires, so many times.
    Tick(Addr, u32),
    /// `tick n0 90ms`: the node's own clock runs on so far, its timers that fall due fire.
    RunClock(Addr, u64),
    /// `campaign n0`: the node's own timers fire, first the first, until it asks for votes or leads.
    Campaign(NodeId),
    /// `fire n0 NAME`: this timer fires now.
    Fire(Addr, String),
    /// `timeout n0->n1`: the caller stops waiting for its oldest call.
    GiveUp(Addr, Addr),
    /// `advance 3s`: everything due by then happens, then the clock stands there.
    Advance(u64),
    /// `at 5ms`: the same, to an instant.
    At(u64),
    /// `settle`: until no message is in flight and nothing is due for a while.
    Settle {
        /// Only messages among these are delivered, the others are held; empty: all.
        among: Vec<Addr>,
        /// How long nothing may be due.
        quiet_us: Option<u64>,
        /// When to give up.
        max_us: Option<u64>,
    },
    /// `settle messages`: every message arrives now, oldest first, until none is left; across a cut they are lost.
    DeliverAll(Vec<Addr>),
    /// `step 3`: the next three things that are due.
    Step(u32),
    /// `deliver`, `drop`, `dup`, `hold`, `release`, `delay … by 5ms`: what happens to messages in flight.
    Message(Handling, Selector),
    /// `lose VOTE n2->*`: such messages are lost as soon as they are sent. `catch …`: they are held.
    Standing(Standing, Turns, Pattern),
    /// `lose off`, `catch off`.
    StandingOff(Standing),
    /// `cut n0->n1`, `cut n0 | n1 n2`, `cut n0`.
    Cut(Links),
    /// `heal`, or the same as `cut`.
    Heal(Links),
    /// `shape n0->n1 latency=1ms..5ms loss=0.1`.
    Shape {
        /// From, to.
        link: (Addr, Addr),
        /// Least and greatest latency.
        latency_us: (u64, u64),
        /// So many of a million are lost.
        loss_ppm: u32,
    },
    /// `unshape n0->n1`.
    Unshape(Addr, Addr),
    /// `crash n0 n1 power`.
    Crash(Vec<NodeId>, Loss),
    /// `restart n0`.
    Restart(Vec<NodeId>),
    /// `reboot n0`: crash and restart at one instant.
    Reboot(Vec<NodeId>),
    /// `pause n0`.
    Pause(Vec<NodeId>),
    /// `resume n0`.
    Resume(Vec<NodeId>),
    /// `wipe n0`: the disk of a node that is down is emptied.
    Wipe(Vec<NodeId>),
    /// `skew n0 +5s`.
    Skew(NodeId, i64),
    /// `slow n0 5ms`: every disk write takes so much more.
    Slow(NodeId, u64),
    /// `write n0 ok`, `write n0 fails`: the oldest disk write under way ends now.
    Write(NodeId, bool),
    /// `write n0 fails next`: what it writes at once fails in the next step in which it does.
    FailNext(NodeId),
    /// `set NAME VALUE`.
    Set(String, String),
    /// `mark`: what was seen before no longer counts for `expect answer`, `sent`, `told`, `sequence`.
    Mark,
    /// `await last`: until this command is answered.
    Await(Which, Option<u64>),
    /// `run until CONDITION max=10s`.
    RunUntil(Condition, Option<u64>),
    /// `finish`: heal everything and run until all nodes agree.
    Finish(Option<u64>),
    /// `expect …`.
    Expect(When, Condition),
    /// `repeat 10 COMMAND then COMMAND`.
    Repeat(u32, Vec<Verb>),
}

/// A command for the engine.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ask {
    /// A name for its outcome: `first = do n0 append x`.
    pub label: Option<String>,
    /// How it is said.
    pub how: AskHow,
    /// Whom.
    pub who: Addr,
    /// The words after it.
    pub args: Vec<String>,
}

/// How a command for the engine is said.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum AskHow {
    /// `do n0 VERB …`: the engine's own verb.
    Verb(String),
    /// `propose n0 x`: the engine's verb that writes.
    Propose,
    /// `read n0 0`: the engine's verb that reads.
    Read,
    /// `transfer n0 n2`.
    Transfer,
}

/// What is done to messages.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Handling {
    /// They arrive now.
    Deliver,
    /// They are lost.
    Drop,
    /// A copy is made.
    Duplicate,
    /// They wait until released.
    Hold,
    /// They go on.
    Release,
    /// They come so much later.
    Delay(u64),
}

/// What a standing order does to messages.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    /// They are lost.
    Lose,
    /// They are held.
    Catch,
}

/// Which of the matching messages a standing order takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Turns {
    /// All.
    All,
    /// The next so many.
    Next(u32),
    /// Every so many-th.
    Every(u32),
}

/// Kinds of messages. What is `None` matches everything.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Pattern {
    /// Answers instead of requests.
    pub answer: bool,
    /// The kind, as the system spells it.
    pub kind: Option<String>,
    /// The sender.
    pub from: Option<Addr>,
    /// The receiver.
    pub to: Option<Addr>,
    /// Texts that its details contain as whole words; `term=3`: the term it carries.
    pub details: Vec<String>,
}

/// Messages in flight.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Selector {
    /// This one.
    Id(MsgId),
    /// Those of a kind.
    Of(Pattern, Occurrence),
}

/// Which of several messages of a kind, in the order they were sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Occurrence {
    /// The so-many-th, from 1.
    Nth(u32),
    /// The last.
    Last,
    /// All; none is fine too.
    All,
}

/// Links.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Links {
    /// Every link.
    All,
    /// From each of the first to each of the second.
    OneWay(Vec<Addr>, Vec<Addr>),
    /// Both ways between any two of different groups.
    Groups(Vec<Vec<Addr>>),
    /// Both ways between these nodes and all other nodes.
    Around(Vec<Addr>),
}

/// Which commands an expectation is about.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Which {
    /// The last one given.
    Last,
    /// By name.
    Label(String),
    /// By number, from 1, in the order given: from, to.
    Numbers(u32, u32),
    /// All given since the last `mark`.
    All,
}

/// When a condition must hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum When {
    /// Now.
    Now,
    /// Time runs until it holds for the first time, which must be so long from now.
    Within(u64, u64),
    /// Time runs so long, and it never holds.
    Never(u64),
    /// Time runs so long, and it always holds.
    Always(u64),
}

/// How many of the named nodes must fit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Quantity {
    /// All.
    All,
    /// At least one.
    Any,
    /// Exactly one.
    One,
    /// None.
    No,
}

/// A comparison.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Comparison {
    /// Equal.
    Is,
    /// Not equal.
    IsNot,
    /// Smaller.
    Less,
    /// Smaller or equal.
    AtMost,
    /// Larger.
    More,
    /// Larger or equal.
    AtLeast,
}

/// What a value is compared with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Want {
    /// The system's "nothing": `none`.
    None,
    /// A number.
    Number(i64),
    /// A number in a range.
    Range(i64, i64),
    /// A span of time, or an instant.
    Span(u64),
    /// A span of time in a range.
    SpanRange(u64, u64),
    /// A word or a node.
    Word(String),
    /// A text.
    Text(String),
    /// A log: terms and values.
    Log(Vec<(u64, String)>),
}

/// A field and what it must be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Test {
    /// The field: one the language knows, or the inspector's name, nested by dots.
    pub field: String,
    /// How it is compared.
    pub comparison: Comparison,
    /// With what.
    pub want: Want,
}

/// How many.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Count {
    /// Compared how.
    pub comparison: Comparison,
    /// With this.
    pub number: u32,
}

/// Where messages are counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sphere {
    /// In flight now.
    InFlight,
    /// Sent since the last `mark`.
    Sent,
}

/// How commands ended.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct End {
    /// `none`: not answered; `abandoned`: the node went down first; `ok`, `failed`, `not-done`, `in-doubt`;
    /// else the code's name or number.
    pub code: String,
    /// The index; `Some(None)`: none.
    pub index: Option<Option<u64>>,
    /// The term.
    pub term: Option<u64>,
    /// The leader it names; `Some(None)`: none.
    pub leader: Option<Option<NodeId>>,
    /// The value read.
    pub value: Option<String>,
    /// How long it took, from and to.
    pub took_us: Option<(u64, u64)>,
}

/// Something that can be true of a run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Condition {
    /// Fields of nodes.
    Nodes(Quantity, Vec<NodeId>, Vec<Test>),
    /// Numbers of messages.
    Messages(Sphere, Pattern, Count),
    /// Messages sent since the last `mark`, in this order, others between them or not.
    Sequence(Vec<Pattern>),
    /// A sentence told since the last `mark` contains this; or none does.
    Told(bool, String),
    /// How commands ended.
    Outcome(Which, End),
    /// A timer is due so long from now; `None`: it is off.
    Timer(Addr, String, Option<(u64, u64)>),
    /// The pill on an edge contains this.
    Pill(NodeId, NodeId, String),
    /// A pointer under a node's log.
    Pointer(NodeId, Test),
    /// A setting.
    Setting(String, String),
    /// A rule is broken, or holds.
    Rule(String, bool),
    /// A rule was broken for the first time at this step of the run.
    BrokenAt(String, u32),
    /// Nodes show equal logs.
    SameLog(Vec<NodeId>),
}
