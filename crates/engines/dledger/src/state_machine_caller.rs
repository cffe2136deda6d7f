//! The applier.
//!
//! Source: DLedger 0.4.0 StateMachineCaller; V3 with a registered state machine DLedger 0.3.1.2.

use crate::entry::MAGIC_NORMAL;
use crate::event::Event;
use crate::node::Node;

impl Node<'_, '_> {
    /// Applies up to `committed`, answers the clients of the applied entries; tells whether anything was applied.
    ///
    /// Source: DLedger 0.3.1.2 StateMachineCaller.onCommitted, doCommitted; V4 DLedger 0.4.0
    pub(crate) fn on_committed(&mut self, committed: i64) -> bool {
        let config = self.cx.settings;
        let from = self.mem.member.applied_index;
        let to = committed.min(self.disk.end_index());
        if !config.state_machine() || to <= from {
            return false;
        }
        let term = self.disk.curr_term;
        let mut answered = 0;
        for index in from + 1..=to {
            let Some(entry) = self.disk.get(index) else { break };
            let (entry_term, _ordinary) = (entry.term, entry.magic == MAGIC_NORMAL);
            self.mem.member.applied_index = index;
            self.mem.member.applied_term = entry_term;
            answered += u64::from(self.complete_pending(term, index));
        }
        let to = self.mem.member.applied_index;
        if to == from {
            return false;
        }
        self.cx.note(Event::Applied { to });
        if config.v4() {
            self.save_snapshot_if_due();
        } else if answered == 0 && self.is_leader() {
            self.answer_timeouts(term, to);
        }
        true
    }
}
