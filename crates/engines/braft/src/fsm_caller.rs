//! The state machine's caller: applies what is committed, at once, in order.
//!
//! Source: braft ab0017f fsm_caller.cpp FSMCaller

use alloc::sync::Arc;

use crate::ballot_box::Closure;
use crate::codes::Code;
use crate::configuration::LogId;
use crate::entry::Data;
use crate::event::Event;
use crate::message::Answer;
use crate::node::Node;

impl Node<'_, '_> {
    /// Applies everything up to `to`; `closures` belong to the entries from `first` on.
    ///
    /// Source: braft ab0017f fsm_caller.cpp FSMCaller::do_committed
    pub(crate) fn do_committed(&mut self, to: u64, first: u64, closures: &[Closure]) {
        let from = self.mem.last_applied.index;
        if to <= from {
            return;
        }
        for index in from + 1..=to {
            let Some(entry) = self.mem.lm.logs.get(index) else { continue };
            match &entry.data {
                Data::Configuration(peers, old_peers) => {
                    if old_peers.is_empty() {
                        let peers = *peers;
                        self.cx.note(Event::ConfigurationCommitted { peers, index });
                    }
                }
                Data::Data(text) => {
                    let text = Arc::clone(text);
                    self.mem.store.apply(&text);
                }
            }
            let at = index.checked_sub(first).and_then(|at| usize::try_from(at).ok());
            if first > 0
                && let Some(closure) = at.and_then(|at| closures.get(at)).copied()
            {
                self.applied(index, closure);
            }
        }
        let id = LogId::new(to, self.mem.lm.get_term(to));
        self.mem.last_applied = id;
        self.mem.lm.applied_id = id;
        self.mem.lm.clear_memory_logs();
        self.cx.note(Event::Applied { from, to });
    }

    fn applied(&mut self, index: u64, closure: Closure) {
        match closure {
            Closure::Task(to) => {
                let leader = Some(self.mem.id);
                self.answer(to, Answer { code: Code::Ok, index: Some(index), leader, unknown: false });
            }
            Closure::Configuration(leader_start) => self.configuration_change_done(leader_start),
        }
    }
}
