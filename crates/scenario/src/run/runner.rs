//! A run under way: one step after another, with an eye on what is sent, told and answered.

use kernel::view::{MessageView, RingView, Shape};
use kernel::{Addr, Command, Decision, NodeId, Time, Token};
use lab::{OpEnd, PendingGroup, PendingRow, Session};

use crate::ast::{Pattern, Standing, Turns};
use crate::limits;
use crate::time::tell;

/// What one command may take of virtual time when it does not say.
pub(crate) const PATIENCE_US: u64 = 60_000_000;
/// Important moments told of one command.
const MOMENTS: usize = 12;

/// Why a command could not be carried out, or what was instead of what was expected.
pub(crate) type Did<T = ()> = Result<T, String>;

/// A command given to the engine.
pub(crate) struct Asked {
    pub label: Option<String>,
    pub text: String,
    pub token: Token,
    pub who: Addr,
    pub given_us: u64,
    pub end: OpEnd,
    /// The simulator no longer remembers it.
    pub forgotten: bool,
}

/// A standing order and how many messages it has met.
pub(crate) struct Order {
    pub what: Standing,
    pub turns: Turns,
    pub of: Pattern,
    pub met: u32,
}

/// A run under way.
pub(crate) struct Runner {
    pub session: Box<dyn Session>,
    /// Messages sent since the last mark.
    pub seen: Vec<MessageView>,
    /// Sentences told since the last mark.
    pub told: Vec<String>,
    pub asked: Vec<Asked>,
    /// The first command given since the last mark.
    pub asked_from: usize,
    pub orders: Vec<Order>,
    /// What the present command tells.
    pub moments: Vec<String>,
    moments_left_out: usize,
    faces: Vec<(Shape, u64)>,
    /// Whether a client has been given a command, so that its messages must be looked at too.
    clients_act: bool,
    steps_left: u32,
}

impl Runner {
    pub fn new(session: Box<dyn Session>) -> Runner {
        let mut runner = Runner {
            session,
            seen: Vec::new(),
            told: Vec::new(),
            asked: Vec::new(),
            asked_from: 0,
            orders: Vec::new(),
            moments: Vec::new(),
            moments_left_out: 0,
            faces: Vec::new(),
            clients_act: false,
            steps_left: 0,
        };
        runner.begin();
        runner.faces = faces(&runner.ring());
        runner
    }

    /// A command begins.
    pub fn begin(&mut self) {
        self.moments.clear();
        self.moments_left_out = 0;
        self.steps_left = limits::STEPS;
    }

    /// The present instant.
    pub fn now_us(&self) -> u64 {
        self.session.status().now_us
    }

    pub fn ring(&self) -> RingView {
        self.session.ring(self.now_us())
    }

    pub fn pending(&self) -> Vec<PendingRow> {
        self.session.pending(self.now_us())
    }

    pub fn nodes(&self) -> impl Iterator<Item = NodeId> + use<> {
        (0..self.session.setup().nodes).map(NodeId)
    }

    /// Messages in flight, in the order they were sent.
    pub fn in_flight(&self) -> Vec<MessageView> {
        let mut all: Vec<MessageView> = match self.clients_act {
            false => self.ring().messages,
            true => {
                let rows = self.pending().into_iter().filter(|row| row.group == PendingGroup::Message);
                rows.filter_map(|row| row.message).collect()
            }
        };
        all.sort_by_key(|message| message.id);
        all
    }

    /// Takes what is due first, when that is by `until_us`. False when nothing is.
    pub fn take_one(&mut self, until_us: u64) -> Did<bool> {
        self.pay()?;
        if self.session.play(until_us, 1) == 0 {
            return Ok(false);
        }
        self.observe()?;
        Ok(true)
    }

    fn pay(&mut self) -> Did {
        self.steps_left = self
            .steps_left
            .checked_sub(1)
            .ok_or_else(|| format!("this takes more than {} steps", limits::STEPS))?;
        Ok(())
    }

    /// Takes a decision now.
    pub fn act(&mut self, decision: Decision) -> Did {
        self.act_at(Time(0), decision)
    }

    fn act_at(&mut self, at: Time, decision: Decision) -> Did {
        self.pay()?;
        self.session.act(lab::Action { at, decision }).map_err(|refusal| refusal.0)?;
        self.observe()
    }

    /// Everything due by then happens, then the clock stands there.
    pub fn run_to(&mut self, at_us: u64) -> Did {
        while self.take_one(at_us)? {}
        if self.now_us() < at_us { self.act_at(Time(at_us), Decision::Wait) } else { Ok(()) }
    }

    /// Gives the engine a command.
    pub fn ask(&mut self, label: Option<String>, who: Addr, command: Command) -> Did {
        self.clients_act |= who.node().is_none();
        let mut text = format!("{who} {}", command.verb);
        command.args.iter().for_each(|arg| {
            text.push(' ');
            text.push_str(arg);
        });
        let given_us = self.now_us();
        let token = Token(self.session.status().step + 1);
        let asked = Asked { label, text, token, who, given_us, end: OpEnd::Open, forgotten: false };
        self.asked.push(asked);
        let done = self.act(Decision::Command(who, command));
        if done.is_err() {
            self.asked.pop();
        }
        done
    }

    /// Looks at the step just taken.
    fn observe(&mut self) -> Did {
        let status = self.session.status();
        let ring = self.session.ring(status.now_us);
        let news = faces(&ring);
        if news != self.faces {
            self.faces = news;
            self.moment(format!("{}: {}", tell(status.now_us), self.session.narration()));
        }
        self.hear();
        self.watch_answers();
        let sent: Vec<MessageView> = match self.clients_act {
            false => ring.messages,
            true => self.in_flight(),
        };
        let sent = sent.into_iter().filter(|message| message.id.step == status.step);
        let sent: Vec<MessageView> = sent.collect();
        for view in sent {
            let order = self.order_for(&view);
            let id = view.id;
            if self.seen.len() < limits::REMEMBERED {
                self.seen.push(view);
            }
            match order {
                Some(Standing::Lose) => self.act(Decision::Drop(id))?,
                Some(Standing::Catch) => self.act(Decision::Hold(id))?,
                None => {}
            }
        }
        Ok(())
    }

    fn hear(&mut self) {
        let room = limits::REMEMBERED.saturating_sub(self.told.len());
        let story = self.session.story();
        self.told.extend(story.iter().take(room).map(ToString::to_string));
    }

    /// A moment worth telling.
    fn moment(&mut self, text: String) {
        if self.moments.len() < MOMENTS {
            self.moments.push(text);
        } else {
            self.moments_left_out += 1;
        }
    }

    /// How many moments were too many to be told.
    pub fn moments_left_out(&self) -> usize {
        self.moments_left_out
    }

    fn watch_answers(&mut self) {
        if self.asked.iter().all(|asked| asked.forgotten || asked.end != OpEnd::Open) {
            return;
        }
        let ops = self.session.ops();
        for asked in self.asked.iter_mut().filter(|asked| asked.end == OpEnd::Open && !asked.forgotten) {
            match ops.iter().find(|op| op.token == asked.token && op.who == asked.who) {
                Some(op) => asked.end = op.end.clone(),
                None => asked.forgotten = true,
            }
        }
    }

    /// What the standing orders say of a message that has just been sent.
    fn order_for(&mut self, message: &MessageView) -> Option<Standing> {
        for order in &mut self.orders {
            if !matches(&order.of, message) {
                continue;
            }
            order.met = order.met.saturating_add(1);
            let takes = match order.turns {
                Turns::All => true,
                Turns::Next(times) => order.met <= times,
                Turns::Every(nth) => order.met.is_multiple_of(nth),
            };
            if takes {
                return Some(order.what);
            }
        }
        None
    }
}

fn faces(ring: &RingView) -> Vec<(Shape, u64)> {
    ring.nodes.iter().map(|node| (node.shape, node.term)).collect()
}

/// Whether a message is of this kind.
pub(crate) fn matches(of: &Pattern, message: &MessageView) -> bool {
    let kind = |kind: &String| kind.eq_ignore_ascii_case(&message.kind);
    of.answer == message.of_call
        && of.kind.as_ref().is_none_or(kind)
        && of.from.is_none_or(|from| from == message.from)
        && of.to.is_none_or(|to| to == message.to)
        && of.details.iter().all(|detail| detail_fits(detail, message))
}

/// `term=3` is the message's term; anything else stands in its details.
fn detail_fits(detail: &str, message: &MessageView) -> bool {
    match detail.strip_prefix("term=").map(str::parse) {
        Some(Ok(term)) => message.term == term,
        _ => contains_word(&message.detail, detail),
    }
}

/// Whether `text` contains `part` as whole words.
pub(crate) fn contains_word(text: &str, part: &str) -> bool {
    let inside = |c: char| c.is_alphanumeric() || c == '_';
    let opens = part.starts_with(inside);
    let closes = part.ends_with(inside);
    text.match_indices(part).any(|(at, _)| {
        let before = text.get(..at).and_then(|text| text.chars().next_back());
        let after = text.get(at + part.len()..).and_then(|text| text.chars().next());
        !(opens && before.is_some_and(inside) || closes && after.is_some_and(inside))
    })
}
