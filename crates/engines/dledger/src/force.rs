//! Commands given to a node directly, and the states that tests force.

use kernel::{Effect, Token};

use crate::codes::Code;
use crate::command::{Command, Force, forced_entry, plain_outcome};
use crate::event::{CandidateCause, Event};
use crate::message::{Body, Header, Message, Responder};
use crate::node::Node;

impl Node<'_, '_> {
    /// A command given to this node directly.
    pub(crate) fn handle_command(&mut self, token: Token, command: Command) {
        let to = Responder::Command(token);
        let me = self.mem.self_id;
        match command {
            Command::Raw(raw) => {
                let header = Header::request(raw.remote.unwrap_or(me), raw.leader, raw.term);
                let request = Message { header: Header { group: raw.group, ..header }, body: raw.body };
                self.handle_request(to, me.into(), request, raw.myself);
            }
            Command::Force(force, what) => {
                self.cx.note(Event::Forced { what });
                let code = self.force(force);
                self.answer_plain(token, code);
            }
            Command::Append { bodies, batch } => {
                self.command_request(to, Body::AppendRequest { bodies, batch });
            }
            Command::Get { index } => self.command_request(to, Body::GetRequest { begin_index: index }),
            Command::Metadata => self.command_request(to, Body::MetadataRequest),
            Command::Transfer { to: target, term } => {
                let header = Header::request(me, Some(me), term.unwrap_or(self.disk.curr_term));
                self.handle_transfer(to, header, Some(me), Some(target), -1);
            }
            Command::Read { mode } => self.handle_read(to, mode),
            Command::Disk { full } => {
                self.disk.is_disk_full = full;
                self.cx.note(Event::DiskFilled { full });
                self.answer_plain(token, Code::Success);
            }
            Command::Load { .. } | Command::Leader { .. } | Command::Group(_) => {
                self.answer_plain(token, Code::Unsupported);
            }
        }
    }

    /// A client's request, given to this node directly.
    fn command_request(&mut self, to: Responder, body: Body) {
        let me = self.mem.self_id;
        let request = Message { header: Header::request(me, None, -1), body };
        self.handle_request(to, me.into(), request, false);
    }

    /// Answers a command with a code alone.
    pub(crate) fn answer_plain(&mut self, token: Token, code: Code) {
        let mut outcome = plain_outcome(code);
        outcome.term = u64::try_from(self.disk.curr_term).ok();
        outcome.leader = self.mem.member.leader_id;
        self.cx.effects.push(Effect::Answer { token, outcome });
    }

    /// Forces a state, as DLedger's own tests do.
    fn force(&mut self, force: Force) -> Code {
        let term = self.disk.curr_term;
        let now = self.cx.now;
        match force {
            Force::Term(term) => self.force_term(term),
            Force::Vote(vote) => self.disk.vote_leader = vote,
            Force::Log(entries) => {
                // No node holds an entry of a term that it has not reached.
                let newest = entries.last().map_or(-1, |(term, _)| *term);
                if newest > self.disk.curr_term {
                    self.force_term(newest);
                }
                self.remove_from(0);
                for (index, (term, value)) in entries.iter().enumerate() {
                    let index = i64::try_from(index).expect("a command is short");
                    let entry = forced_entry(index, *term, value, self.disk.write_pos);
                    self.write_entry(entry, false);
                }
                self.disk.flushed_index = self.disk.end_index();
                self.update_copy();
                self.boot_dispatchers();
            }
            Force::Leader => self.change_role_to_leader(term),
            Force::Follower(leader) if self.is_peer_member(Some(leader)) => {
                self.change_role_to_follower(term, leader);
            }
            Force::Follower(_) => return Code::UnknownMember,
            Force::Candidate => self.change_role_to_candidate(term, CandidateCause::Forced),
            Force::Claimed(index, term) => {
                self.mem.member.ledger_end_index = index;
                self.mem.member.ledger_end_term = term;
            }
            Force::Committed(index) => self.mem.member.committed_index = index,
            Force::KnownMax(term) => self.mem.member.known_max_term_in_group = term,
            Force::TermToTake(term) => self.mem.member.term_to_take_leadership = term,
            Force::NeedIncrease(need) => self.mem.elector.need_increase_term_immediately = need,
            Force::LastHeartBeat(ago_ms) => {
                let then = kernel::Time(now.0.saturating_sub(ago_ms * 1000));
                self.mem.elector.last_leader_heart_beat_time = Some(then);
            }
        }
        Code::Success
    }

    fn force_term(&mut self, term: i64) {
        self.disk.curr_term = term;
        self.cx.note(Event::TermForced { term });
    }
}
