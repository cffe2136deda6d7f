//! Heartbeats: answers at the leader, the end of a round, and the handler.
//!
//! Source: DLedger 0.3.1.2 DLedgerLeaderElector.sendHeartbeats, handleHeartBeat.

use kernel::{NodeId, Time};

use crate::codes::Code;
use crate::config::TICK_MS;
use crate::event::{BeatCount, CandidateCause, Event};
use crate::leader_elector::Beat;
use crate::node::Node;

impl Node<'_, '_> {
    /// An answer to a heartbeat came, or its call failed.
    ///
    /// Source: DLedger 0.3.1.2 DLedgerLeaderElector.sendHeartbeats
    pub(crate) fn heart_beat_answered(&mut self, round: Time, from: NodeId, code: Code, term: i64) {
        self.mem.member.peers_live_table.insert(from, code != Code::NetworkError);
        let quorum = |count: u8| kernel::is_majority(usize::from(count), usize::from(self.cx.nodes));
        let Some(beat) = self.mem.elector.beat.as_mut().filter(|beat| beat.started == round) else {
            return self.cx.note(Event::HeartBeatLate { from, code });
        };
        beat.all_num += 1;
        match code {
            Code::Success => beat.succ_num += 1,
            Code::ExpiredTerm => beat.max_term = term,
            Code::InconsistentLeader => beat.inconsist_leader = true,
            Code::TermNotReady => beat.not_ready_num += 1,
            _ => {}
        }
        let over = quorum(beat.succ_num)
            || quorum(beat.succ_num + beat.not_ready_num)
            || beat.all_num == self.cx.nodes;
        let lingering = beat.lingering;
        let count = BeatCount::of(beat, self.cx.nodes);
        self.cx.note(Event::HeartBeatCounted { from, code, term, count });
        if over && !lingering {
            self.end_beat();
        }
    }

    /// The wait of a round is over. V4 then always waits another 10 ms, in which answers still count.
    pub(crate) fn end_beat(&mut self) {
        let now = self.cx.now;
        let beat = self.mem.elector.beat.as_mut().expect("a round is running");
        if self.cx.settings.v4() && !beat.lingering {
            beat.lingering = true;
            beat.deadline = now.plus_ms(10);
            return;
        }
        let beat = self.mem.elector.beat.take().expect("a round is running");
        self.mem.elector.next_act = now.plus_ms(TICK_MS);
        self.evaluate_beat(&beat);
    }

    /// Decides what the round means; V4 looks for a larger term first, V3 only without a quorum.
    ///
    /// Source: DLedger 0.3.1.2 DLedgerLeaderElector.sendHeartbeats; V4 DLedger 0.4.0
    fn evaluate_beat(&mut self, beat: &Beat) {
        let (now, config) = (self.cx.now, self.cx.settings);
        let count = BeatCount::of(beat, self.cx.nodes);
        let larger = beat.max_term > beat.term;
        let leak_ms = config.leak_ms();
        let rule = match () {
            () if config.v4() && larger => 3,
            () if self.is_quorum(beat.succ_num) => 1,
            () if self.is_quorum(beat.succ_num + beat.not_ready_num) => 2,
            () if larger => 3,
            () if beat.inconsist_leader => 4,
            () if self.elapsed_more(self.mem.elector.last_succ_heart_beat_time, leak_ms) => 5,
            () => 6,
        };
        let elector = &mut self.mem.elector;
        match rule {
            1 => elector.last_succ_heart_beat_time = Some(now),
            2 => elector.last_send_heart_beat_time = None,
            _ => {}
        }
        self.cx.note(Event::BeatEnded { rule, term: beat.term, count });
        match rule {
            3 => self.change_role_to_candidate(beat.max_term, CandidateCause::ExpiredTerm),
            4 => self.change_role_to_candidate(beat.term, CandidateCause::InconsistentLeader),
            5 => self.change_role_to_candidate(beat.term, CandidateCause::NoQuorum { leak_ms }),
            _ => {}
        }
    }

    /// Decides a heartbeat; gives the code and the term of the answer.
    ///
    /// Source: DLedger 0.3.1.2 DLedgerLeaderElector.handleHeartBeat
    pub(crate) fn handle_heart_beat(&mut self, leader: Option<NodeId>, term: i64) -> (Code, i64) {
        let curr = self.disk.curr_term;
        let mine = self.mem.member.leader_id;
        let (code, answer_term) = match leader {
            Some(leader) if self.is_peer_member(Some(leader)) => match () {
                () if leader == self.mem.self_id => (Code::UnexpectedMember, curr),
                () if term < curr => (Code::ExpiredTerm, curr),
                () if term > curr => {
                    let cause = CandidateCause::LargerTermInHeartBeat { from: leader };
                    self.change_role_to_candidate(term, cause);
                    self.mem.elector.need_increase_term_immediately = true;
                    (Code::TermNotReady, -1)
                }
                () if mine == Some(leader) => {
                    self.mem.elector.last_leader_heart_beat_time = Some(self.cx.now);
                    (Code::Success, -1)
                }
                () if mine.is_none() => {
                    self.change_role_to_follower(term, leader);
                    (Code::Success, -1)
                }
                () => (Code::InconsistentLeader, -1),
            },
            _ => (Code::UnknownMember, curr),
        };
        self.cx.note(Event::HeartBeatHandled { leader, code, term, curr, mine });
        (code, answer_term)
    }
}
