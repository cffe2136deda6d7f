//! The log store: append, truncate, reset, flush, checkpoint.
//!
//! Source: DLedger 0.3.1.2 DLedgerMmapFileStore.

use crate::entry::Entry;
use crate::event::Event;
use crate::node::Node;

impl Node<'_, '_> {
    /// Writes an entry at the log's end and tells it.
    pub(crate) fn write_entry(&mut self, entry: Entry, as_leader: bool) {
        let (index, term, noop) = (entry.index, entry.term, entry.magic == crate::entry::MAGIC_NOOP);
        assert_eq!(index, self.disk.end_index() + 1, "entries are contiguous");
        self.disk.write_pos = entry.pos + entry.size;
        self.disk.log.push(entry);
        let chain = self.disk.log.chain();
        self.cx.note(if as_leader {
            Event::LeaderAppended { index, term, chain, noop }
        } else {
            Event::FollowerAppended { index, term, chain }
        });
    }

    /// Removes every entry at `from` and after, and tells it.
    pub(crate) fn remove_from(&mut self, from: i64) {
        let to = self.disk.end_index();
        if from > to {
            return;
        }
        self.disk.cut(from);
        self.cx.note(Event::Truncated { from, to });
    }

    /// Sets the member state's copy of the log's end.
    pub(crate) fn update_copy(&mut self) {
        self.mem.member.ledger_end_index = self.disk.end_index();
        self.mem.member.ledger_end_term = self.disk.end_term();
    }

    /// Makes the dispatchers those of a process that started with this log.
    pub(crate) fn boot_dispatchers(&mut self) {}
}
