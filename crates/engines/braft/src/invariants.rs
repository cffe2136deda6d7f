//! What holds after every step of a node, whatever happens (25.3 of the specification); checked in debug builds.
//! How many requests are in flight is looked at where one is sent, for a setting may change meanwhile.
//! What braft does not promise is not here: entries may be applied before the own disk has them, and after a restart
//! with a snapshot more is applied than is known to be committed.

use crate::disk::Disk;
use crate::node::Memory;

/// Whether everything holds. A node whose log failed is past promises.
pub(crate) fn hold(disk: &Disk, mem: &Memory) -> bool {
    mem.lm.failed || (log(disk, mem) && ballots(mem) && replicators(mem))
}

fn log(disk: &Disk, mem: &Memory) -> bool {
    let last = mem.lm.last_index();
    // The disk may hold more than memory only until a cut or reset that is queued has reached it.
    let waits = !mem.lm.queue.is_empty() || mem.lm.busy;
    mem.last_applied.index <= last && (waits || mem.lm.disk_id.index <= last) && disk.term <= mem.current_term
}

fn ballots(mem: &Memory) -> bool {
    let (box_, last) = (&mem.ballots, mem.lm.last_index());
    if !mem.state.leads() {
        return box_.pending_index == 0 && box_.pending_queue.is_empty() && box_.closures.queue.is_empty();
    }
    box_.pending_index + box_.pending_queue.len() as u64 == last + 1
        && box_.closures.first_index + box_.closures.queue.len() as u64 == last + 1
}

fn replicators(mem: &Memory) -> bool {
    let all = &mem.replicators;
    let ordered = all.windows(2).all(|pair| pair[0].peer < pair[1].peer);
    let flying = |rep: &crate::Replicator| rep.in_fly.iter().map(|flight| flight.count).sum::<u64>();
    ordered
        && if mem.state.leads() { mem.waking_candidate.is_none() } else { all.is_empty() }
        && mem.all_replicators().all(|rep| flying(rep) == rep.flying && rep.flying < rep.next_index)
}
