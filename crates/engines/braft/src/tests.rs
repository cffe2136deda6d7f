//! One node, handed requests and answers one by one; in the folder what concerns the log, leaders and snapshots.

mod leader;
mod log_manager;
mod rpc;
mod snapshot;

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use kernel::{Addr, Cx, Draws, Effect, Engine, Input, MsgId, NodeId, Settings, Time, Token};

use crate::node::Node;
use crate::{
    AppendRequest, Braft, Config, Ctx, Data, Disk, Entry, Event, Memory, Message, VoteRequest, VoteResponse,
    Write,
};

struct Lowest;

impl Draws for Lowest {
    fn range(&mut self, _: u8, lo: u64, _: u64) -> u64 {
        lo
    }
}

struct One {
    disk: Disk,
    mem: Memory,
    config: Config,
    now: u64,
    calls: u16,
}

/// An answer: the call, its term and success, and the last index if told; a failed call has term 0.
type Said = (u16, u64, bool, Option<u64>);

impl One {
    /// A follower of term 2 in a group of five with the entries 1 to `last` of term 2.
    fn new(last: u64, settings: &[(&str, &str)]) -> One {
        let mut config = Config::default();
        for (name, value) in settings {
            config.set(name, value).unwrap();
        }
        let mut disk = Disk { term: 2, ..Disk::default() };
        for index in 1..=last {
            disk.log.push(entry(index, 2));
        }
        let mut effects = Vec::new();
        let mut draws = Lowest;
        let id = Addr::Node(NodeId(1));
        let (now, settings) = (Time(0), &config);
        let mut cx = Cx::new(id, now, 5, settings, &mut draws, &mut effects);
        let mem = Braft::boot(&mut disk, &mut cx);
        let mut one = One { disk, mem, config, now: 0, calls: 0 };
        one.mem.conf.peers = crate::Set::first(5);
        one
    }

    /// Runs `work` on the node in the middle of a step: what it gives, and what it wanted.
    fn with<T>(
        &mut self,
        draws: &mut dyn Draws,
        work: impl FnOnce(&mut Node) -> T,
    ) -> (T, Vec<Effect<Braft>>) {
        let mut effects = Vec::new();
        let (id, now) = (Addr::Node(NodeId(1)), Time::from_ms(self.now));
        let mut cx = Cx::new(id, now, 5, &self.config, draws, &mut effects);
        let (disk, mem) = (&mut self.disk, &mut self.mem);
        let mut node = Node { disk, mem, cx: &mut cx, local: VecDeque::new(), fsm_runs: false };
        let given = work(&mut node);
        (given, effects)
    }

    fn node<T>(&mut self, work: impl FnOnce(&mut Node) -> T) -> T {
        self.with(&mut Lowest, work).0
    }

    fn events_of(&mut self, work: impl FnOnce(&mut Node)) -> Vec<Event> {
        events(self.with(&mut Lowest, work).1)
    }

    fn effects(&mut self, input: Input<Braft>) -> Vec<Effect<Braft>> {
        let mut effects = Vec::new();
        let mut draws = Lowest;
        let (id, now) = (Addr::Node(NodeId(1)), Time::from_ms(self.now));
        let settings = &self.config;
        let mut cx = Cx::new(id, now, 5, settings, &mut draws, &mut effects);
        Braft::step(&mut self.disk, &mut self.mem, input, &mut cx);
        effects
    }

    fn step(&mut self, input: Input<Braft>) -> (Vec<Said>, Vec<Event>) {
        let effects = self.effects(input);
        (said(&effects), events(effects))
    }

    fn request(&mut self, from: u8, body: Message) -> Vec<Effect<Braft>> {
        self.calls += 1;
        let (call, from) = (MsgId { step: 1, index: self.calls }, Addr::Node(NodeId(from)));
        self.effects(Input::Request { call, from, body })
    }

    fn append_effects(
        &mut self,
        from: u8,
        term: u64,
        prev: (u64, u64),
        entries: Vec<Entry>,
    ) -> Vec<Effect<Braft>> {
        let (prev_log_index, prev_log_term) = prev;
        let body = AppendRequest { term, prev_log_index, prev_log_term, committed_index: 0, entries };
        self.request(from, Message::AppendEntries(body))
    }

    fn append_entries(&mut self, from: u8, term: u64, prev: (u64, u64), entries: Vec<Entry>) -> Vec<Said> {
        said(&self.append_effects(from, term, prev, entries))
    }

    fn append_terms(&mut self, from: u8, term: u64, prev: (u64, u64), terms: &[u64]) -> Vec<Said> {
        let entries = (prev.0 + 1..).zip(terms).map(|(index, term)| entry(index, *term)).collect();
        self.append_entries(from, term, prev, entries)
    }

    fn vote_effects(&mut self, from: u8, request: VoteRequest) -> Vec<Effect<Braft>> {
        self.request(from, Message::RequestVote(request))
    }

    /// Its answer, all zero when there is none yet, and what happened.
    fn vote_request(&mut self, from: u8, request: VoteRequest) -> (VoteResponse, Vec<Event>) {
        let effects = self.vote_effects(from, request);
        (voted(&effects), events(effects))
    }

    fn pre_vote_request(&mut self, from: u8, request: VoteRequest) -> VoteResponse {
        voted(&self.request(from, Message::PreVote(request)))
    }

    /// Makes it the leader of term 3, by the votes of n0 and n2.
    fn elect(&mut self) {
        let effects = self.request(0, Message::TimeoutNow { term: 2, old_leader_stepped_down: false });
        let calls: Vec<(NodeId, Ctx)> = effects
            .iter()
            .filter_map(|effect| match effect {
                Effect::Call { to, ctx, .. } => to.node().map(|to| (to, *ctx)),
                _ => None,
            })
            .collect();
        for (peer, ctx) in calls.into_iter().take(2) {
            let yes = VoteResponse { term: 3, granted: true, ..NO_ANSWER };
            let body = Message::RequestVoteResponse(yes);
            self.effects(Input::Reply { ctx, from: peer.into(), body });
        }
        assert_eq!((self.mem.state, self.mem.current_term), (crate::State::Leader, 3));
    }

    /// `count` entries of term 2 after `prev`; the calls are numbered from 1.
    fn append(&mut self, from: u8, term: u64, prev: (u64, u64), count: u64, committed: u64) -> Vec<Said> {
        let entries = (prev.0 + 1..=prev.0 + count).map(|index| entry(index, 2)).collect();
        let (prev_log_index, prev_log_term) = prev;
        let body = AppendRequest { term, prev_log_index, prev_log_term, committed_index: committed, entries };
        said(&self.request(from, Message::AppendEntries(body)))
    }

    fn written(&mut self) -> Vec<Said> {
        let write = Write::Batch(self.mem.lm.batch);
        self.step(Input::Written { write, ok: true }).0
    }

    fn state(&self) -> (u64, u64) {
        (self.mem.lm.last_index(), self.mem.ballots.last_committed_index)
    }
}

const NO_ANSWER: VoteResponse =
    VoteResponse { term: 0, granted: false, rejected_by_lease: false, disrupted: false, previous_term: 0 };

fn voted(effects: &[Effect<Braft>]) -> VoteResponse {
    let answer = effects.iter().find_map(|effect| match effect {
        Effect::Respond {
            body: Message::RequestVoteResponse(response) | Message::PreVoteResponse(response),
            ..
        } => Some(*response),
        _ => None,
    });
    answer.unwrap_or(NO_ANSWER)
}

fn said(effects: &[Effect<Braft>]) -> Vec<Said> {
    let said = effects.iter().filter_map(|effect| match effect {
        Effect::Respond { call, body: Message::AppendEntriesResponse(r) } => {
            Some((call.index, r.term, r.success, r.last_log_index))
        }
        Effect::Respond { call, body: Message::RpcError { .. } } => Some((call.index, 0, false, None)),
        _ => None,
    });
    said.collect()
}

fn events(effects: Vec<Effect<Braft>>) -> Vec<Event> {
    let events = effects.into_iter().filter_map(|effect| match effect {
        Effect::Event(event) => Some(event),
        _ => None,
    });
    events.collect()
}

fn entry(index: u64, term: u64) -> Entry {
    Entry { index, term, data: Data::Data("x".into()) }
}

#[test]
fn a_command_at_a_follower_is_refused() {
    let mut b = One::new(4, &[]);
    let command = crate::Command::Apply("x".into(), None);
    let (_, events) = b.step(Input::Command { token: Token(1), command });
    let refused = |event: &Event| matches!(event, Event::ApplyRefused { code: crate::Code::Eperm, .. });
    assert!(events.iter().any(refused));
    assert_eq!(b.state(), (4, 0));
}

#[test]
fn time_outs_given_by_hand_are_within_what_the_settings_may_be() {
    let parse = |args: &[&str]| {
        let args = args.iter().map(|arg| (*arg).into()).collect();
        Braft::parse_command(&kernel::Command { verb: "reset_election_timeout".into(), args }, false)
            .map(drop)
    };
    assert_eq!(parse(&[]), Ok(()));
    assert_eq!(parse(&["10", "0"]), Ok(()));
    assert_eq!(parse(&["0"]), Err("election_timeout_ms must be from 10 to 600000, not 0".into()));
    assert_eq!(
        parse(&["500", "700000"]),
        Err("max_clock_drift_ms must be from 0 to 600000, not 700000".into())
    );
}
