//! An engine without a protocol: its nodes call, tell, draw, write and ring when told to, and remember what came of it.

use std::collections::BTreeMap;

use kernel::view::{LogRow, NodeView, PointerView, Shape, Sign};
use kernel::{
    Addr, Command, CommandDesc, CommandKind, Cx, Digest, Effect, Engine, EngineInfo, Fact, Fate, Hasher,
    Input, Loss, MessageFace, MsgId, NodeId, Outcome, Sentence, Time, Token, Transport,
};

kernel::settings! {
    /// Its settings.
    pub struct Patience {
        /// How long a call waits.
        pub patience_ms: u64 = 50, "patienceMs", "ms", Some((1, 10_000));
        /// Whether calls have that time-out.
        pub time_outs: bool = true, "timeOuts", "", None;
        /// So long after a loss a call breaks; 0: never.
        pub broken_ms: u64 = 0, "brokenMs", "ms", Some((0, 10_000));
        /// What a boot begins with.
        pub begins: u64 = 1, "begins", "", Some((1, 10)), FIXED;
    }
}

kernel::state! {
    /// Survives a crash.
    #[derive(Default)]
    pub struct Paper {
        /// What was written.
        pub log: Vec<u64> = "log",
        /// How many of it are flushed.
        pub flushed: u64 = "flushed",
    }
}

kernel::state! {
    /// Does not survive a crash.
    #[derive(Default)]
    pub struct Mind {
        /// What others asked or told, in order.
        pub heard: Vec<u64> = "heard",
        /// Answers to own calls.
        pub answers: Vec<u64> = "answers",
        /// Calls without an answer.
        pub failures: Vec<String> = "failures",
        /// Calls not answered yet.
        pub owed: Vec<MsgId> = "owed",
        /// What is remembered of own calls that have not ended.
        pub open: BTreeMap<u32, u64> = "open",
        /// Alarms set: number and time.
        pub alarms: BTreeMap<u16, Time> = "alarms",
        /// Alarms that rang.
        pub rang: Vec<u16> = "rang",
        /// Numbers drawn.
        pub drawn: Vec<u64> = "drawn",
        /// Flushes that ended, and how.
        pub flushes: Vec<bool> = "flushes",
    }
}

/// What ends say to each other.
#[derive(Clone, Debug)]
pub enum Word {
    /// Answered at once.
    Ask(u64),
    /// Answered when told to.
    AskLater(u64),
    /// Not answered.
    Tell(u64),
    /// The answer.
    Answer(u64),
}

impl Word {
    fn parts(&self) -> (&'static str, u64) {
        match self {
            Word::Ask(n) => ("ASK", *n),
            Word::AskLater(n) => ("LATER", *n),
            Word::Tell(n) => ("TELL", *n),
            Word::Answer(n) => ("ANSWER", *n),
        }
    }
}

impl Digest for Word {
    fn digest(&self, h: &mut Hasher) {
        let (kind, n) = self.parts();
        kind.digest(h);
        n.digest(h);
    }
}

/// A command, read.
#[derive(Clone, Debug)]
pub enum Order {
    Say(Addr, Word),
    Pay,
    Forget(u64, Option<u32>),
    Flood(Addr, u64),
    Draw(u8, u64),
    Alarm(u16, u64),
    Put(u64),
    Flush,
    Die,
}

/// The engine; its messages are calls over TCP, or datagrams.
#[derive(Clone, Debug)]
pub struct Echo<const TCP: bool>;

/// Whoever is asked this gives up all its own calls.
pub const FORGET_ALL: u64 = 8;

/// Time one flush takes.
pub const FLUSH_US: u64 = 400;

const fn info(transport: Transport) -> EngineInfo {
    EngineInfo {
        name: "echo",
        title: "Echo",
        version: 1,
        models: "nothing",
        transport,
        first_index: 0,
        writes_may_fail_at_once: matches!(transport, Transport::Rpc),
        purposes: &["wait", "pick"],
        commands: &[CommandDesc {
            verb: "put",
            args: &["value"],
            client: false,
            node: true,
            kind: CommandKind::Write,
            doc: "Writes a value.",
        }],
        presets: &[],
    }
}

static OVER_TCP: EngineInfo = info(Transport::Rpc);
static DATAGRAMS: EngineInfo = info(Transport::Datagram);

/// What nodes and clients do alike; gives the answer that is due at once.
fn common<const TCP: bool>(mind: &mut Mind, input: &Input<Echo<TCP>>, cx: &mut Cx<'_, Echo<TCP>>) {
    match input {
        Input::Request { call, body, .. } => {
            let (_, n) = body.parts();
            mind.heard.push(n);
            if n == FORGET_ALL {
                cx.effects.extend(std::mem::take(&mut mind.open).into_iter().map(Effect::Cancel));
            }
            match body {
                Word::AskLater(_) => mind.owed.push(*call),
                _ => cx.effects.push(Effect::Respond { call: *call, body: Word::Answer(n) }),
            }
        }
        Input::Datagram { body, .. } => mind.heard.push(body.parts().1),
        Input::Reply { ctx, body, .. } => {
            mind.answers.push(body.parts().1);
            mind.open.remove(&ctx.0);
            answer(cx, Token(ctx.0), true);
        }
        Input::RpcFailed { ctx, why, .. } => {
            mind.failures.push(format!("{} {why:?}", ctx.1));
            mind.open.remove(&ctx.0);
            answer(cx, Token(ctx.0), false);
        }
        Input::Timer(number) => {
            mind.alarms.remove(number);
            mind.rang.push(*number);
        }
        Input::Written { ok, .. } => mind.flushes.push(*ok),
        Input::Command { token, command } => order(mind, *token, command, cx),
    }
}

fn answer<const TCP: bool>(cx: &mut Cx<'_, Echo<TCP>>, token: Token, ok: bool) {
    let outcome = Outcome {
        fate: Fate::of(ok),
        code: 0,
        name: "",
        index: None,
        term: None,
        leader: None,
        value: None,
        linearizable: false,
    };
    cx.effects.push(Effect::Answer { token, outcome });
}

fn order<const TCP: bool>(mind: &mut Mind, token: Token, order: &Order, cx: &mut Cx<'_, Echo<TCP>>) {
    match order {
        Order::Say(to, word @ Word::Tell(_)) => {
            cx.effects.push(Effect::Send { to: *to, body: word.clone() });
        }
        Order::Say(to, word) => {
            let ctx = (token.0, word.parts().1);
            let timeout_ms = cx.settings.time_outs.then_some(cx.settings.patience_ms);
            let broken_ms = Some(cx.settings.broken_ms).filter(|ms| *ms > 0);
            mind.open.insert(ctx.0, ctx.1);
            cx.effects.push(Effect::Call { to: *to, body: word.clone(), ctx, timeout_ms, broken_ms });
        }
        Order::Forget(n, Some(step)) => cx.effects.push(Effect::Cancel((*step, *n))),
        Order::Forget(n, None) => {
            let (gone, kept) = std::mem::take(&mut mind.open).into_iter().partition(|ctx| ctx.1 == *n);
            mind.open = kept;
            cx.effects.extend(BTreeMap::into_iter(gone).map(Effect::Cancel));
        }
        Order::Pay => {
            for call in mind.owed.drain(..) {
                cx.effects.push(Effect::Respond { call, body: Word::Answer(0) });
            }
        }
        Order::Flood(to, count) => {
            let tell = |n| Effect::Send { to: *to, body: Word::Tell(n) };
            cx.effects.extend((0..*count).map(tell));
        }
        Order::Draw(purpose, count) => {
            mind.drawn.extend((0..*count).map(|_| cx.draws.range(*purpose, 0, 1_000_000)));
        }
        Order::Alarm(number, ms) => {
            mind.alarms.insert(*number, cx.now.plus_ms(*ms));
        }
        Order::Put(_) => answer(cx, token, true),
        Order::Flush => cx.effects.push(Effect::Write(0)),
        Order::Die => {
            cx.effects.push(Effect::Abort { reason: "told to".into() });
            // Nobody is left to send this.
            cx.effects.push(Effect::Send { to: NodeId(0).into(), body: Word::Tell(99) });
            cx.effects.push(Effect::Write(0));
        }
    }
}

fn read_order(command: &Command) -> Option<Order> {
    let arg = |at: usize| command.args.get(at);
    let number = |at: usize| arg(at)?.parse::<u64>().ok();
    let to = || arg(0).and_then(|word| kernel::parse_addr(word));
    Some(match command.verb.as_str() {
        "ask" => Order::Say(to()?, Word::Ask(number(1)?)),
        "later" => Order::Say(to()?, Word::AskLater(number(1)?)),
        "tell" => Order::Say(to()?, Word::Tell(number(1)?)),
        "pay" => Order::Pay,
        "forget" => Order::Forget(number(0)?, number(1).and_then(|step| u32::try_from(step).ok())),
        "flood" => Order::Flood(to()?, number(1)?),
        "roll" => Order::Draw(u8::try_from(number(0)?).ok()?, number(1)?),
        "alarm" => Order::Alarm(u16::try_from(number(0)?).ok()?, number(1)?),
        "put" => Order::Put(number(0)?),
        "flush" => Order::Flush,
        "die" => Order::Die,
        _ => return None,
    })
}

impl<const TCP: bool> Engine for Echo<TCP> {
    type Settings = Patience;
    type Disk = Paper;
    type Memory = Mind;
    type Client = Mind;
    type Message = Word;
    type Ctx = (u32, u64);
    type Timer = u16;
    type Write = u64;
    type Command = Order;
    type Event = &'static str;

    fn info() -> &'static EngineInfo {
        if TCP { &OVER_TCP } else { &DATAGRAMS }
    }

    fn boot(_: &mut Paper, cx: &mut Cx<'_, Self>) -> Mind {
        cx.note("booted");
        Mind::default()
    }

    fn step(disk: &mut Paper, memory: &mut Mind, mut input: Input<Self>, cx: &mut Cx<'_, Self>) {
        if let Input::Command { command: Order::Put(value), .. } = &input {
            disk.log.push(*value);
        }
        if let Input::Written { write, ok: true } = &mut input {
            disk.flushed = (*write).max(disk.flushed);
        }
        common(memory, &input, cx);
        for effect in cx.effects.iter_mut() {
            if let Effect::Write(upto) = effect {
                *upto = disk.log.len() as u64;
            }
        }
    }

    fn timers(_: &Paper, memory: &Mind, _: &Patience, arm: &mut dyn FnMut(u16, Time)) {
        memory.alarms.iter().for_each(|(number, at)| arm(*number, *at));
    }

    fn crash(disk: &mut Paper, loss: Loss) {
        let unflushed = disk.log.len() - usize::try_from(disk.flushed).expect("small");
        let lost = match loss {
            Loss::Process => 0,
            Loss::Power => unflushed,
            Loss::TornTail => unflushed / 2,
        };
        disk.log.truncate(disk.log.len() - lost);
        disk.flushed = disk.log.len() as u64;
    }

    fn boot_client(_: &mut Cx<'_, Self>) -> Mind {
        Mind::default()
    }

    fn step_client(client: &mut Mind, input: Input<Self>, cx: &mut Cx<'_, Self>) {
        common(client, &input, cx);
    }

    fn client_timers(client: &Mind, _: &Patience, arm: &mut dyn FnMut(u16, Time)) {
        client.alarms.iter().for_each(|(number, at)| arm(*number, *at));
    }

    fn timer_name(timer: u16) -> (u16, String) {
        (timer, format!("alarm {timer}"))
    }

    fn timer_of(number: u16) -> Option<u16> {
        Some(number)
    }

    fn write_name(write: &u64) -> String {
        format!("flush up to {write}")
    }

    fn write_us(_: &u64, _: &Patience) -> u64 {
        FLUSH_US
    }

    fn parse_command(command: &Command, _: bool) -> Result<Order, String> {
        read_order(command).ok_or_else(|| format!("Echo does not know `{}`", command.verb))
    }

    fn message_face(body: &Word, reply: bool, ctx: Option<&(u32, u64)>) -> MessageFace {
        let (kind, n) = body.parts();
        MessageFace {
            letter: kind.chars().next().unwrap_or('?'),
            kind,
            answer: reply,
            detail: n.to_string(),
            term: 0,
            sign: if reply { Sign::Plus } else { Sign::None },
            index: ctx.map(|ctx| ctx.1),
            routine: false,
        }
    }

    /// Nobody listens to n2, nor to answers that are not what was asked.
    fn no_effect(
        _: &Paper,
        _: &Mind,
        from: Addr,
        body: &Word,
        reply: bool,
        ctx: Option<&(u32, u64)>,
    ) -> bool {
        from == NodeId(2).into() || reply && ctx.is_some_and(|ctx| ctx.1 != body.parts().1)
    }

    fn face(_: &Paper, _: &Mind) -> (Shape, u64) {
        (Shape::Follower, 0)
    }

    fn view(id: NodeId, _: u8, disk: &Paper, _: &Mind, _: &Patience, _: Time) -> NodeView {
        NodeView {
            id,
            shape: Shape::Follower,
            paused: false,
            term: 0,
            role: "node".into(),
            facts: format!("{} written", disk.log.len()),
            votes: Vec::new(),
            voted_for: None,
            timer: None,
            chip: None,
            flag: None,
            handing_to: None,
            acted: false,
            skew_us: 0,
            broken_rule: None,
        }
    }

    fn down_facts(disk: &Paper) -> (u64, String) {
        (0, format!("disk: {} written", disk.log.len()))
    }

    fn log_row(id: NodeId, disk: &Paper, _: Option<&Mind>, _: &Patience, _: (u64, u64)) -> LogRow {
        LogRow {
            id,
            shape: Shape::Follower,
            term: 0,
            acted: false,
            first: 0,
            end: disk.log.len() as u64,
            committed: -1,
            snapshot: None,
            cells: Vec::new(),
            pointers: Vec::new(),
            pill: None,
        }
    }

    fn pointers(_: &Paper, _: &Mind, _: NodeId) -> Vec<PointerView> {
        Vec::new()
    }

    fn pill(_: &Mind, _: NodeId) -> Option<String> {
        None
    }

    fn tell(who: Addr, event: &&'static str) -> (u8, Sentence) {
        (0, Sentence::new().addr(who).text(*event))
    }

    fn fact(_: &&'static str) -> Option<Fact> {
        None
    }

    fn lane_label(_: &&'static str) -> Option<String> {
        None
    }
}
