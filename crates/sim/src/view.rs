//! The cluster as plain views: the ring, the log table, what is pending.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use kernel::view::{LinkView, LogRow, LogView, MessageView, NodeView, RingView, Shape, Sign};
use kernel::{Addr, Engine, MsgId, NodeId, Time, Token};

use crate::cluster::{Cluster, NodeState, OpEnd};
use crate::flights::{Flight, FlightKind};
use crate::report::Happening;
use kernel::Decision;

/// The tabs of the pending list.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PendingGroup {
    /// Messages in flight and calls waiting.
    Message,
    /// Armed timers.
    Timer,
    /// Disk writes under way.
    Disk,
    /// Commands without an answer.
    Client,
}

/// One thing that may happen next.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PendingRow {
    /// Its tab.
    pub group: PendingGroup,
    /// Its look, when it is a message.
    pub message: Option<MessageView>,
    /// The command without an answer.
    pub op: Option<Token>,
    /// Its name, as the system spells it.
    pub kind: String,
    /// The rest of it.
    pub detail: String,
    /// Sender, or the node whose timer, write or command it is.
    pub from: Addr,
    /// Receiver of a message.
    pub to: Option<Addr>,
    /// Microseconds until it happens by itself; `None` when it does not.
    pub due_in_us: Option<u64>,
    /// What can be done with it: the decision, and if not legal, why.
    pub acts: Vec<(Decision, Option<String>)>,
}

/// What follows when a message is lost, as its transport has it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum IfLost {
    /// Nothing: nobody waits for it.
    Silence,
    /// Its call times out, at this global instant.
    TimesOut(Time),
    /// Its call's connection breaks, at this global instant.
    Breaks(Time),
}

/// Everything about a message in flight.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MessageDetail {
    /// As it is drawn.
    pub view: MessageView,
    /// Index of the first entry it carries or is about.
    pub index: Option<u64>,
    /// The call that it asks or answers.
    pub call: Option<MsgId>,
    /// When it was sent, global.
    pub sent: Time,
    /// When it is due, global; `None` while held.
    pub due: Option<Time>,
    /// What follows when it is lost.
    pub if_lost: IfLost,
}

/// So much of the way a message shows before and after its flight.
const PROGRESS_MAX: u64 = 1000;

impl<E: Engine> Cluster<E> {
    /// The ring at the global instant `at` (not before now: between two steps messages fly on).
    #[must_use]
    pub fn ring(&self, at: Time) -> RingView {
        let at = at.max(self.now);
        let nodes: Vec<NodeView> = (0..self.nodes).filter_map(|i| self.node_view(NodeId(i), at)).collect();
        let between = |flight: &&Flight<E>| flight.from.node().is_some() && flight.to.node().is_some();
        let messages =
            self.flights.iter().filter(between).map(|flight| self.message_view(flight, at)).collect();
        let mut pills = Vec::new();
        for i in 0..self.nodes {
            let Some((_, Some(memory))) = self.node(NodeId(i)) else { continue };
            for peer in (0..self.nodes).filter(|peer| *peer != i).map(NodeId) {
                pills.extend(E::pill(memory, peer).map(|text| (NodeId(i), peer, text)));
            }
        }
        RingView { nodes, links: self.link_views(), messages, lost: self.lost_view(), pills }
    }

    /// A node as the ring draws it.
    #[must_use]
    pub fn node_view(&self, id: NodeId, at: Time) -> Option<NodeView> {
        let end = self.end(id.into())?;
        let (disk, memory) = end.parts()?;
        let acted = self.report.who == Some(id.into());
        let mut view = match memory {
            Some(memory) => E::view(id, self.nodes, disk, memory, &self.settings, end.local(at)),
            None => down_view::<E>(id, disk, &end.state),
        };
        view.paused = end.state == NodeState::Paused;
        view.acted = acted;
        view.skew_us = end.skew_us;
        if end.fail_next {
            view.chip = Some(String::from("next write fails"));
        }
        Some(view)
    }

    /// Silhouette and term of a node.
    #[must_use]
    pub fn face(&self, id: NodeId) -> (Shape, u64) {
        let Some(end) = self.end(id.into()) else { return (Shape::Crashed, 0) };
        match (end.parts(), &end.state) {
            (Some((disk, Some(memory))), _) => E::face(disk, memory),
            (Some((disk, None)), NodeState::Aborted(_)) => (Shape::Aborted, E::down_facts(disk).0),
            (Some((disk, None)), _) => (Shape::Crashed, E::down_facts(disk).0),
            (None, _) => (Shape::Crashed, 0),
        }
    }

    fn link_views(&self) -> Vec<LinkView> {
        let mut links = Vec::new();
        for a in 0..self.nodes {
            for b in a + 1..self.nodes {
                let (ab, ba) = (self.links.get(a.into(), b.into()), self.links.get(b.into(), a.into()));
                let down =
                    |id: u8| !matches!(self.state(NodeId(id)), Some(NodeState::Up | NodeState::Paused));
                links.push(LinkView {
                    a: NodeId(a),
                    b: NodeId(b),
                    cut_ab: ab.cut,
                    cut_ba: ba.cut,
                    shaped: ab.shape.is_some() || ba.shape.is_some(),
                    down: down(a) || down(b),
                });
            }
        }
        links
    }

    /// A message as it is drawn at the global instant `at`.
    #[must_use]
    pub fn message_view(&self, flight: &Flight<E>, at: Time) -> MessageView {
        let face = self.face_of(flight);
        let (sent, due, now) = match flight.held {
            None => (flight.sent.0, flight.due.0, at.0),
            Some(since) => (flight.sent.0, since.0.saturating_add(flight.due.0), since.0),
        };
        let way = due.saturating_sub(sent).max(1);
        let done = now.saturating_sub(sent).min(way);
        let stuck = self.stuck(flight);
        let most = if stuck { PROGRESS_MAX / 2 } else { PROGRESS_MAX };
        let progress = (done.saturating_mul(PROGRESS_MAX) / way).min(most);
        MessageView {
            id: flight.id,
            from: flight.from,
            to: flight.to,
            letter: face.letter,
            kind: face.kind.to_string(),
            detail: face.detail,
            term: face.term,
            reply: face.answer,
            of_call: flight.is_reply(),
            sign: face.sign,
            progress_permille: u16::try_from(progress).unwrap_or(1000),
            held: flight.held.is_some(),
            overdue: flight.held.is_none() && flight.due < at && !stuck,
            copy: flight.copy,
            no_effect: self.no_effect(flight),
            due_in_us: (flight.held.is_none() && !flight.parked).then(|| flight.due.since_us(at)),
        }
    }

    /// Whether delivering a message now would change nothing.
    fn no_effect(&self, flight: &Flight<E>) -> bool {
        let call = self.calls.get(flight.call());
        if flight.is_reply() && call.is_none_or(|call| call.given_up) {
            return true;
        }
        match (self.end(flight.to).and_then(|end| end.parts()), &flight.body) {
            (Some((_, None)), _) => true,
            (Some((disk, Some(memory))), Some(body)) => {
                E::no_effect(disk, memory, flight.from, body, flight.is_reply(), call.map(|call| &call.ctx))
            }
            _ => false,
        }
    }

    fn lost_view(&self) -> Vec<MessageView> {
        let Some(Happening::Lost { id, from, to, reply, face, .. }) = &self.report.happening else {
            return Vec::new();
        };
        if from.node().is_none() || to.node().is_none() {
            return Vec::new();
        }
        alloc::vec![MessageView {
            id: *id,
            from: *from,
            to: *to,
            letter: face.letter,
            kind: face.kind.to_string(),
            detail: face.detail.clone(),
            term: face.term,
            reply: face.answer,
            of_call: *reply,
            sign: if face.answer { face.sign } else { Sign::None },
            progress_permille: 500,
            held: false,
            overdue: false,
            copy: false,
            no_effect: false,
            due_in_us: None,
        }]
    }

    /// The log table with the entries `window.0 .. window.1`.
    #[must_use]
    pub fn log(&self, window: (u64, u64)) -> LogView {
        let mut rows: Vec<LogRow> = Vec::new();
        let leader = self.newest_leader();
        let several = self.leaders().count() > 1;
        for id in (0..self.nodes).map(NodeId) {
            let Some((disk, memory)) = self.node(id) else { continue };
            let mut row = E::log_row(id, disk, memory, &self.settings, window);
            (row.shape, row.term) = self.face(id);
            row.acted = self.report.who == Some(id.into());
            if let Some(memory) = memory {
                row.pointers.extend(E::pointers(disk, memory, id));
            }
            let leader = leader.filter(|leader| *leader != id);
            if let Some((leader, (_, Some(memory)))) = leader.and_then(|id| Some((id, self.node(id)?))) {
                row.pointers.extend(E::pointers(disk, memory, id));
                // Where more than one leads, the row tells whose view it has.
                let whose = |pill: String| if several { format!("{leader}: {pill}") } else { pill };
                row.pill = E::pill(memory, id).map(whose);
            }
            rows.push(row);
        }
        LogView {
            first: rows.iter().map(|row| row.first).min().unwrap_or(0),
            end: rows.iter().map(|row| row.end).max().unwrap_or(0),
            changed: Vec::new(),
            rows,
        }
    }

    /// The running leader of the highest term.
    #[must_use]
    pub fn newest_leader(&self) -> Option<NodeId> {
        self.leaders().max_by_key(|id| (self.face(*id).1, core::cmp::Reverse(*id)))
    }

    /// All that believe they lead.
    fn leaders(&self) -> impl Iterator<Item = NodeId> {
        let leads = |id: &NodeId| matches!(self.face(*id).0, Shape::Leader | Shape::LeaderNotReady);
        (0..self.nodes).map(NodeId).filter(leads)
    }

    /// Everything that may happen next, soonest first, what is held last.
    #[must_use]
    pub fn pending(&self, at: Time) -> Vec<PendingRow> {
        let at = at.max(self.now);
        let mut rows: Vec<PendingRow> =
            self.flights.iter().map(|flight| self.message_row(flight, at)).collect();
        rows.extend(self.calls.iter().filter(|call| !call.given_up && self.no_flight(call.id)).map(|call| {
            let ends = call.end().0;
            PendingRow {
                group: PendingGroup::Timer,
                message: None,
                op: None,
                kind: String::from(call.end_name()),
                detail: alloc::format!("call {} to {}", call.id, call.to),
                from: call.from,
                to: None,
                due_in_us: (self.runs(call.from) && ends != Time::NEVER).then(|| ends.since_us(at)),
                acts: self.acts([Decision::TimeOut(call.id)]),
            }
        }));
        for (who, end) in self.addrs().zip(&self.ends) {
            for (timer, due) in end.timers(&self.settings) {
                let (number, name) = E::timer_name(timer);
                rows.push(PendingRow {
                    group: PendingGroup::Timer,
                    message: None,
                    op: None,
                    kind: name,
                    detail: String::new(),
                    from: who,
                    to: None,
                    due_in_us: end.runs().then(|| end.global(due).since_us(at)),
                    acts: self.acts([Decision::Fire(who, number)]),
                });
            }
        }
        rows.extend(self.writes.iter().map(|write| PendingRow {
            group: PendingGroup::Disk,
            message: None,
            op: None,
            kind: E::write_name(&write.write),
            detail: String::new(),
            from: write.node.into(),
            to: None,
            due_in_us: self.runs(write.node.into()).then(|| write.due.since_us(at)),
            acts: self.acts([Decision::Finish(write.id), Decision::Fail(write.id)]),
        }));
        rows.extend(self.ops.iter().filter(|op| op.end == OpEnd::Open).map(|op| PendingRow {
            group: PendingGroup::Client,
            message: None,
            op: Some(op.token),
            kind: op.text.clone(),
            detail: String::from("no answer yet"),
            from: op.who,
            to: None,
            due_in_us: None,
            acts: Vec::new(),
        }));
        kernel::sort_by_key(&mut rows, |row| row.due_in_us.unwrap_or(u64::MAX));
        rows
    }

    fn runs(&self, who: Addr) -> bool {
        self.end(who).is_some_and(|end| end.runs())
    }

    /// A call whose request or answer is still in flight is shown by that message.
    fn no_flight(&self, call: MsgId) -> bool {
        self.flights.get(call).is_none()
            && !self
                .flights
                .iter()
                .any(|f| matches!(f.kind, FlightKind::Reply(c) | FlightKind::Reset(c) if c == call))
    }

    fn message_row(&self, flight: &Flight<E>, at: Time) -> PendingRow {
        let view = self.message_view(flight, at);
        let mut detail = view.detail.clone();
        if self.stuck(flight) {
            let cut = self.is_cut(flight.from, flight.to);
            let gap = if detail.is_empty() { "" } else { ", " };
            detail += &match cut {
                true => alloc::format!("{gap}waits at the cut"),
                false => alloc::format!("{gap}waits for {}", flight.to),
            };
        }
        let hold =
            if flight.held.is_some() { Decision::Release(flight.id) } else { Decision::Hold(flight.id) };
        PendingRow {
            group: PendingGroup::Message,
            op: None,
            kind: view.kind.clone(),
            detail,
            from: flight.from,
            to: Some(flight.to),
            due_in_us: view.due_in_us,
            message: Some(view),
            acts: self.acts([
                Decision::Deliver(flight.id),
                Decision::Drop(flight.id),
                Decision::Duplicate(flight.id),
                hold,
                Decision::Delay(flight.id, self.net.latency_us_max.max(1000)),
            ]),
        }
    }

    /// A message in flight, whole, at the global instant `at`.
    #[must_use]
    pub fn message(&self, id: MsgId, at: Time) -> Option<MessageDetail> {
        let flight = self.flights.get(id)?;
        Some(MessageDetail {
            view: self.message_view(flight, at.max(self.now)),
            index: self.face_of(flight).index,
            call: (flight.kind != FlightKind::Datagram).then(|| flight.call()),
            sent: flight.sent,
            due: flight.held.is_none().then_some(flight.due),
            if_lost: self.if_lost(flight),
        })
    }

    fn acts<const N: usize>(&self, decisions: [Decision; N]) -> Vec<(Decision, Option<String>)> {
        let with_reason = |decision: Decision| {
            let reason = self.legal(&decision).err().map(|refusal| refusal.0);
            (decision, reason)
        };
        decisions.into_iter().map(with_reason).collect()
    }
}

fn down_view<E: Engine>(id: NodeId, disk: &E::Disk, state: &NodeState) -> NodeView {
    let (term, facts) = E::down_facts(disk);
    let (shape, role, facts) = match state {
        NodeState::Aborted(reason) => (Shape::Aborted, "stopped itself", reason.clone()),
        _ => (Shape::Crashed, "crashed", facts),
    };
    NodeView {
        id,
        shape,
        paused: false,
        term,
        role: String::from(role),
        facts,
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
