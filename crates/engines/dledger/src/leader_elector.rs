//! The elector's state and its maintainer: the 10 ms tick, polls, heartbeat rounds.
//!
//! Source: DLedger 0.3.1.2 DLedgerLeaderElector.

use alloc::vec;
use alloc::vec::Vec;
use kernel::{NodeId, Time, is_majority, state};

use crate::codes::{ParseResult, Role, VoteResult};
use crate::config::{Config, RPC_TIMEOUT_MS, TICK_MS};
use crate::event::{CandidateCause, Event, PollCount};
use crate::leadership_transfer::TakeLeadershipTask;
use crate::message::{Body, Ctx, Header, Message};
use crate::node::{Memory, Node, POLL_DEADLINE, POLL_DELAY, grid_from};
use crate::vote_handler::VoteAsk;

state! {
    /// The elector's state. A role change resets none of it, except where §3.4 says so.
    pub struct LeaderElector {
        /// When the last heartbeat of its leader came, or it became follower.
        pub last_leader_heart_beat_time: Option<Time> = "lastLeaderHeartBeatTime",
        /// When it last sent heartbeats; none = send at once.
        pub last_send_heart_beat_time: Option<Time> = "lastSendHeartBeatTime",
        /// When a quorum last accepted its heartbeats.
        pub last_succ_heart_beat_time: Option<Time> = "lastSuccHeartBeatTime",
        /// It does not poll before this instant.
        pub next_time_to_request_vote: Option<Time> = "nextTimeToRequestVote",
        /// A larger term was seen: raise the term in the next tick.
        pub need_increase_term_immediately: bool = "needIncreaseTermImmediately",
        /// How the last poll ended.
        pub last_parse_result: ParseResult = "lastParseResult",
        /// How long the last poll took, milliseconds.
        pub last_vote_cost: u64 = "lastVoteCost",
        /// A transfer to this node whose outcome is awaited.
        pub take_leadership_task: Option<TakeLeadershipTask> = "takeLeadershipTask",
        /// The maintainer's next tick of its 10 ms grid.
        pub next_act: Time = "maintainerNextAct",
        /// The running poll; the maintainer is blocked by it.
        pub poll: Option<Poll> = "poll",
        /// The running heartbeat round; the maintainer is blocked by it.
        pub beat: Option<Beat> = "heartBeatRound",
        /// The rule that ended the last poll.
        pub chip: Option<u8> = "parseRule",
    }
}

state! {
    /// A running poll.
    pub struct Poll {
        /// The polled term.
        pub term: i64 = "term",
        /// When it began.
        pub started: Time = "startTime",
        /// When it ends at the latest.
        pub deadline: Time = "deadline",
        /// How many answered.
        pub all_num: u8 = "allNum",
        /// How many answered with a result.
        pub valid_num: u8 = "validNum",
        /// How many gave their vote.
        pub accepted_num: u8 = "acceptedNum",
        /// How many are about to join the term.
        pub not_ready_term_num: u8 = "notReadyTermNum",
        /// How many have the better log.
        pub bigger_ledger_num: u8 = "biggerLedgerNum",
        /// Whether somebody knows a leader of this term.
        pub already_has_leader: bool = "alreadyHasLeader",
        /// The largest term heard of.
        pub known_max_term: i64 = "knownMaxTermInGroup",
        /// The answers by voter.
        pub ballots: Vec<Option<VoteResult>> = "votes",
    }
}

state! {
    /// A running heartbeat round.
    pub struct Beat {
        /// The term sent.
        pub term: i64 = "term",
        /// When it began.
        pub started: Time = "startTime",
        /// When it ends at the latest.
        pub deadline: Time = "deadline",
        /// V4: the round is over, answers still count for 10 ms.
        pub lingering: bool = "lingering",
        /// How many answered, itself included.
        pub all_num: u8 = "allNum",
        /// How many accepted, itself included.
        pub succ_num: u8 = "succNum",
        /// How many are about to join the term.
        pub not_ready_num: u8 = "notReadyNum",
        /// The larger term that came last; −1 none.
        pub max_term: i64 = "maxTerm",
        /// Whether somebody follows another leader of this term.
        pub inconsist_leader: bool = "inconsistLeader",
    }
}

impl LeaderElector {
    /// The elector of a process that just started; its first tick is at `first`.
    pub(crate) fn new(first: Time) -> LeaderElector {
        LeaderElector {
            last_leader_heart_beat_time: None,
            last_send_heart_beat_time: None,
            last_succ_heart_beat_time: None,
            next_time_to_request_vote: None,
            need_increase_term_immediately: false,
            last_parse_result: ParseResult::WaitToRevote,
            last_vote_cost: 0,
            take_leadership_task: None,
            next_act: first,
            poll: None,
            beat: None,
            chip: None,
        }
    }

    /// Whether the next tick is past.
    pub(crate) fn is_behind(&self, now: Time) -> bool {
        self.poll.is_none() && self.beat.is_none() && self.next_act < now
    }

    /// The ticks before `now` are past: the next one is at or after it.
    pub(crate) fn catch_up(&mut self, now: Time) {
        if self.is_behind(now) {
            self.next_act = grid_from(self.next_act, TICK_MS, now);
        }
    }
}

/// The maintainer's next useful tick.
pub(crate) fn maintainer_wake(mem: &Memory, config: &Config) -> Option<Time> {
    let elector = &mem.elector;
    if let Some(poll) = &elector.poll {
        return Some(poll.deadline);
    }
    if let Some(beat) = &elector.beat {
        return Some(beat.deadline);
    }
    if !config.enable_leader_elector {
        return None;
    }
    // "More than" on the node's clock: the first instant that is later.
    let after = |then: Option<Time>, ms: u64| then.map_or(Time(0), |then| then.plus_us(ms * 1000 + 1));
    let from = match mem.member.role {
        Role::Candidate if elector.need_increase_term_immediately => Time(0),
        Role::Candidate => elector.next_time_to_request_vote.unwrap_or(Time(0)),
        Role::Leader => after(elector.last_send_heart_beat_time, config.heart_beat_time_interval_ms),
        Role::Follower => {
            let least = config.leak_ms().max(2 * config.heart_beat_time_interval_ms);
            after(elector.last_leader_heart_beat_time, least)
        }
    };
    Some(grid_from(elector.next_act, TICK_MS, from))
}

impl Node<'_, '_> {
    /// The maintainer wakes: it ends its poll or round, or acts by role.
    ///
    /// Source: DLedger 0.3.1.2 DLedgerLeaderElector.maintainState
    pub(crate) fn maintain_state(&mut self) {
        let now = self.cx.now;
        let elector = &self.mem.elector;
        if let Some(poll) = &elector.poll {
            if now >= poll.deadline {
                self.parse_vote_responses();
            }
            return;
        }
        if let Some(beat) = &elector.beat {
            if now >= beat.deadline {
                self.end_beat();
            }
            return;
        }
        if now < elector.next_act || !self.cx.settings.enable_leader_elector {
            return;
        }
        self.mem.elector.next_act = now.plus_ms(TICK_MS);
        match self.mem.member.role {
            Role::Candidate => self.maintain_as_candidate(),
            Role::Leader => self.maintain_as_leader(),
            Role::Follower => self.maintain_as_follower(),
        }
    }

    /// Gives the leader up after a silence.
    ///
    /// Source: DLedger 0.3.1.2 DLedgerLeaderElector.maintainAsFollower
    fn maintain_as_follower(&mut self) {
        let config = self.cx.settings;
        let last = self.mem.elector.last_leader_heart_beat_time;
        let silent = self.elapsed_more(last, 2 * config.heart_beat_time_interval_ms)
            && self.elapsed_more(last, config.leak_ms());
        if !silent {
            return;
        }
        let silent_ms = last.map_or(0, |last| self.cx.now.since_us(last) / 1000);
        let (leader, leak_ms) = (self.mem.member.leader_id, config.leak_ms());
        let cause = CandidateCause::HeartBeatTimeOut { leader, silent_ms, leak_ms };
        self.change_role_to_candidate(self.disk.curr_term, cause);
    }

    /// Raises the term if it must, then polls.
    ///
    /// Source: DLedger 0.3.1.2 DLedgerLeaderElector.maintainAsCandidate
    fn maintain_as_candidate(&mut self) {
        let elector = &self.mem.elector;
        let told = elector.need_increase_term_immediately;
        if !told && elector.next_time_to_request_vote.is_some_and(|next| self.cx.now < next) {
            return;
        }
        if told || elector.last_parse_result == ParseResult::WaitToVoteNext {
            self.next_term(told);
            self.mem.elector.last_parse_result = ParseResult::WaitToRevote;
        }
        if told {
            let next = self.next_vote_time(0);
            let elector = &mut self.mem.elector;
            elector.next_time_to_request_vote = Some(next);
            elector.need_increase_term_immediately = false;
            return;
        }
        self.vote_for_quorum_responses();
    }

    /// The next poll's instant: now, plus a drawn delay, plus `more` ms.
    ///
    /// Source: DLedger 0.3.1.2 DLedgerLeaderElector.getNextTimeToRequestVote; SEED adds the last poll's duration.
    fn next_vote_time(&mut self, more: u64) -> Time {
        let config = self.cx.settings;
        let (lo, hi) = if self.is_taking_leadership() {
            (config.min_take_leadership_vote_interval_ms, config.max_take_leadership_vote_interval_ms)
        } else {
            (config.min_vote_interval_ms, config.max_vote_interval_ms)
        };
        let delay = self.cx.draw(POLL_DELAY, lo, hi);
        let cost = if config.seed() { self.mem.elector.last_vote_cost } else { 0 };
        self.cx.now.plus_ms(delay + more + cost)
    }

    /// Begins a poll in the current term. The own vote is asked for like any other.
    ///
    /// Source: DLedger 0.3.1.2 DLedgerLeaderElector.voteForQuorumResponses
    fn vote_for_quorum_responses(&mut self) {
        let (now, config) = (self.cx.now, self.cx.settings);
        let (term, me) = (self.disk.curr_term, self.mem.self_id);
        let (end_index, end_term) = (self.mem.member.ledger_end_index, self.mem.member.ledger_end_term);
        let again = self.mem.elector.last_parse_result == ParseResult::RevoteImmediately;
        self.mem.elector.chip = None;
        self.cx.note(Event::PollStarted { term, end_index, end_term, again });
        let body = Body::VoteRequest { end_index, end_term };
        let mut own = None;
        for peer in (0..self.cx.nodes).map(NodeId) {
            if peer == me {
                own = Some(self.handle_vote(VoteAsk {
                    candidate: Some(me),
                    term,
                    end: (end_index, end_term),
                    myself: true,
                }));
            } else {
                let header = Header::request(peer, Some(me), term);
                let request = Message { header, body: body.clone() };
                self.cx.call(peer, request, Ctx::Vote { poll: now }, config.vote_timeout_ms());
            }
        }
        let least = if config.seed() { 3000 } else { 2000 };
        let wait = self.cx.draw(POLL_DEADLINE, least, least + config.max_vote_interval_ms);
        self.mem.elector.poll = Some(Poll {
            term,
            started: now,
            deadline: now.plus_ms(wait),
            all_num: 0,
            valid_num: 0,
            accepted_num: 0,
            not_ready_term_num: 0,
            bigger_ledger_num: 0,
            already_has_leader: false,
            known_max_term: term,
            ballots: vec![None; usize::from(self.cx.nodes)],
        });
        let (result, answer_term) = own.expect("every node is a member of its group");
        self.count_vote(me, result, answer_term);
    }

    /// An answer to a vote request came, or its call failed.
    pub(crate) fn vote_answered(&mut self, poll: Time, from: NodeId, result: VoteResult, term: i64) {
        if self.mem.elector.poll.as_ref().is_some_and(|running| running.started == poll) {
            self.count_vote(from, result, term);
        } else {
            self.cx.note(Event::VoteLate { from, result });
        }
    }

    /// Counts one answer of the running poll and ends the poll if that decides it.
    fn count_vote(&mut self, from: NodeId, result: VoteResult, term: i64) {
        let peers = self.cx.nodes;
        let poll = self.mem.elector.poll.as_mut().expect("a poll is running");
        if let Some(ballot) = poll.ballots.get_mut(usize::from(from.0)) {
            *ballot = Some(result);
        }
        poll.all_num += 1;
        poll.valid_num += u8::from(result != VoteResult::Unknown);
        match result {
            VoteResult::Accept => poll.accepted_num += 1,
            VoteResult::RejectAlreadyHasLeader => poll.already_has_leader = true,
            VoteResult::RejectTermSmallThanLedger | VoteResult::RejectExpiredVoteTerm => {
                poll.known_max_term = poll.known_max_term.max(term);
            }
            VoteResult::RejectExpiredLedgerTerm | VoteResult::RejectSmallLedgerEndIndex => {
                poll.bigger_ledger_num += 1;
            }
            VoteResult::RejectTermNotReady => poll.not_ready_term_num += 1,
            VoteResult::Unknown
            | VoteResult::RejectAlreadyVoted
            | VoteResult::RejectTakingLeadership
            | VoteResult::RejectUnknownLeader
            | VoteResult::RejectUnexpectedLeader => {}
        }
        let quorum = |count: u8| is_majority(usize::from(count), usize::from(peers));
        let over = poll.already_has_leader
            || quorum(poll.accepted_num)
            || quorum(poll.accepted_num + poll.not_ready_term_num)
            || poll.all_num == peers;
        let count = PollCount::of(poll, peers);
        self.cx.note(Event::VoteCounted { from, result, term, count });
        if over {
            self.parse_vote_responses();
        }
    }

    /// Ends the poll: the first rule that fits decides, whatever the role is by now.
    ///
    /// Source: DLedger 0.3.1.2 DLedgerLeaderElector.maintainAsCandidate; SEED as of Feb 2020
    fn parse_vote_responses(&mut self) {
        let (now, config) = (self.cx.now, self.cx.settings);
        let poll = self.mem.elector.poll.take().expect("a poll is running");
        let count = PollCount::of(&poll, self.cx.nodes);
        self.mem.elector.last_vote_cost = now.since_us(poll.started) / 1000;
        self.mem.elector.next_act = now.plus_ms(TICK_MS);
        let (rule, result) = self.parse_rule(&poll);
        let more = match (rule, config.seed()) {
            (1, _) | (3, _) | (6 | 7, true) | (7, false) => Some(0),
            (2, _) => Some(config.leak_ms()),
            (4, false) => Some(config.max_vote_interval_ms),
            _ => None,
        };
        let next = more.map(|more| self.next_vote_time(more));
        if let Some(next) = next {
            self.mem.elector.next_time_to_request_vote = Some(next);
        }
        self.mem.elector.last_parse_result = result;
        let next_ms = next.map(|next| next.since_us(now) / 1000);
        self.cx.note(Event::PollEnded { rule, result, term: poll.term, count, next_ms });
        if rule == 1 {
            let cause = CandidateCause::PollRevealed;
            self.change_role_to_candidate(poll.known_max_term, cause);
        }
        self.mem.elector.chip = Some(rule);
        if result == ParseResult::Passed {
            self.change_role_to_leader(poll.term);
        }
    }

    /// Which parse rule fits first, and its result.
    fn parse_rule(&self, poll: &Poll) -> (u8, ParseResult) {
        let valid_equal = poll.valid_num - poll.bigger_ledger_num;
        let joining = poll.accepted_num + poll.not_ready_term_num;
        let (seed, quorum) = (self.cx.settings.seed(), |count: u8| self.is_quorum(count));
        match () {
            () if poll.known_max_term > poll.term => (1, ParseResult::WaitToVoteNext),
            () if poll.already_has_leader => (2, ParseResult::WaitToRevote),
            () if !quorum(poll.valid_num) => (3, ParseResult::WaitToRevote),
            () if !seed && !quorum(valid_equal) => (4, ParseResult::WaitToRevote),
            () if quorum(poll.accepted_num) => (if seed { 4 } else { 5 }, ParseResult::Passed),
            () if quorum(joining) => (if seed { 5 } else { 6 }, ParseResult::RevoteImmediately),
            () if seed && quorum(poll.accepted_num + poll.bigger_ledger_num) => {
                (6, ParseResult::WaitToRevote)
            }
            () => (7, ParseResult::WaitToVoteNext),
        }
    }

    /// Begins a heartbeat round when the interval is over.
    ///
    /// Source: DLedger 0.3.1.2 DLedgerLeaderElector.maintainAsLeader, sendHeartbeats
    fn maintain_as_leader(&mut self) {
        let (now, config) = (self.cx.now, self.cx.settings);
        let interval = config.heart_beat_time_interval_ms;
        if !self.elapsed_more(self.mem.elector.last_send_heart_beat_time, interval) {
            return;
        }
        let (term, leader, me) = (self.disk.curr_term, self.mem.member.leader_id, self.mem.self_id);
        self.mem.elector.last_send_heart_beat_time = Some(now);
        self.cx.note(Event::HeartBeatSent { term });
        for peer in (0..self.cx.nodes).map(NodeId).filter(|peer| *peer != me) {
            let request =
                Message { header: Header::request(peer, leader, term), body: Body::HeartBeatRequest };
            self.cx.call(peer, request, Ctx::HeartBeat { round: now, term }, RPC_TIMEOUT_MS);
        }
        let wait = if config.v4() { interval - 10 } else { interval };
        self.mem.elector.beat = Some(Beat {
            term,
            started: now,
            deadline: now.plus_ms(wait),
            lingering: false,
            all_num: 1,
            succ_num: 1,
            not_ready_num: 0,
            max_term: -1,
            inconsist_leader: false,
        });
    }
}
