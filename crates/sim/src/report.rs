//! What one step did, for narration, diagrams and checks. Not part of the state.

use alloc::vec::Vec;

use kernel::{Addr, Engine, MessageFace, MsgId, Outcome, RpcFailure, Time, Token};

/// What a step was.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Happening {
    /// Every node booted.
    Boot,
    /// A message arrived.
    Delivered {
        /// Which.
        id: MsgId,
        /// From whom.
        from: Addr,
        /// Whether it answers a call, and so has its request's kind.
        reply: bool,
        /// Kind, as the system spells it.
        face: MessageFace,
    },
    /// A message was lost: dropped, cut off, or by the network.
    Lost {
        /// Which.
        id: MsgId,
        /// From whom.
        from: Addr,
        /// To whom.
        to: Addr,
        /// Whether it answers a call, and so has its request's kind.
        reply: bool,
        /// Kind.
        face: MessageFace,
        /// Whether the user dropped it.
        by_hand: bool,
        /// Whether its call breaks for that.
        breaks: bool,
    },
    /// An answer came after its caller had stopped waiting (or died).
    Late {
        /// Which.
        id: MsgId,
        /// From whom.
        from: Addr,
        /// Kind.
        face: MessageFace,
    },
    /// A call failed.
    CallFailed {
        /// Whom it called.
        to: Addr,
        /// Why.
        why: RpcFailure,
    },
    /// A timer fired; early by so many microseconds.
    Fired {
        /// Its number.
        timer: u16,
        /// How much too early.
        early_us: u64,
    },
    /// A disk write ended.
    Wrote {
        /// Whether it succeeded.
        ok: bool,
    },
    /// A command was given.
    Commanded(Token),
    /// The user did something to a message, a node, a link, or a setting.
    Acted,
}

/// How a message ended in this step.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ended {
    /// It arrived.
    Arrived,
    /// It was lost.
    Lost,
}

/// A message as it leaves, for diagrams.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FlightNote {
    /// Its name.
    pub id: MsgId,
    /// Sender.
    pub from: Addr,
    /// Receiver.
    pub to: Addr,
    /// Whether it answers a call, and so has its request's kind.
    pub reply: bool,
    /// A duplicate.
    pub copy: bool,
    /// Its look; of an answer the sender's words.
    pub face: MessageFace,
    /// When it is due.
    pub due: Time,
}

/// What one step did.
#[derive(Clone, Debug)]
pub struct Report<E: Engine> {
    /// Which step; 0 is the boot.
    pub step: u32,
    /// Who acted: the end that was stepped, if one was.
    pub who: Option<Addr>,
    /// What it was; `None` when [`Cluster::watch`](crate::Cluster::watch) is off.
    pub happening: Option<Happening>,
    /// What engines told, in order.
    pub events: Vec<(Addr, E::Event)>,
    /// What was drawn: who, purpose, value.
    pub drawn: Vec<(Addr, u8, u64)>,
    /// Messages that ended.
    pub ended: Vec<(MsgId, Ended)>,
    /// Messages that left; filled only while watching.
    pub sent: Vec<FlightNote>,
    /// Commands that ended.
    pub answers: Vec<(Token, Addr, Outcome)>,
}

impl<E: Engine> Report<E> {
    pub(crate) fn new() -> Self {
        Report {
            step: 0,
            who: None,
            happening: None,
            events: Vec::new(),
            drawn: Vec::new(),
            ended: Vec::new(),
            sent: Vec::new(),
            answers: Vec::new(),
        }
    }

    pub(crate) fn start(&mut self, step: u32) {
        self.step = step;
        self.who = None;
        self.happening = None;
        self.events.clear();
        self.drawn.clear();
        self.ended.clear();
        self.sent.clear();
        self.answers.clear();
    }
}
