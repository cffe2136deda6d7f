//! What survives a crash, and the operations of the disk's queue.
//!
//! Source: braft ab0017f raft_meta.cpp; log_manager.cpp LogManager::disk_thread

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use kernel::{ChunkLog, Digest, Hasher, Loss, MsgId, NodeId, Show, Value, state, words};

use crate::entry::Entry;
use crate::message::VoteRequest;
use crate::store::Snapshot;

/// Who waits for an append to be on disk.
///
/// Source: braft ab0017f node.cpp LeaderStableClosure, FollowerStableClosure
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StableClosure {
    /// The leader itself: first index and count.
    Leader(u64, u64),
    /// A leader's call.
    Follower {
        /// The call.
        call: MsgId,
        /// The term when the request was handled.
        term: u64,
        /// Index before its first entry.
        prev: u64,
        /// How many entries it had.
        count: u64,
        /// The leader's committed index.
        committed: u64,
    },
}

impl Digest for StableClosure {
    fn digest(&self, h: &mut Hasher) {
        match self {
            StableClosure::Leader(first, count) => (1_u64, (*first, *count)).digest(h),
            StableClosure::Follower { call, term, prev, count, committed } => {
                (2_u64, *call).digest(h);
                (*term, *prev).digest(h);
                (*count, *committed).digest(h);
            }
        }
    }
}

/// Who waits for the id of the last entry on disk: a handler that goes on then.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Flush {
    /// This node pre-votes: whether told to, and its term.
    PreVote(bool, u64),
    /// This node campaigns: its term, and the old leader with its term if that one stepped down.
    ElectSelf(u64),
    /// Another one asks for a pre-vote.
    PreVoteRequest(MsgId, NodeId, VoteRequest),
    /// Another one asks for a vote; with the term before.
    VoteRequest(MsgId, NodeId, VoteRequest, u64),
}

impl Digest for Flush {
    fn digest(&self, h: &mut Hasher) {
        match self {
            Flush::PreVote(triggered, term) => (1_u64, (*triggered, *term)).digest(h),
            Flush::ElectSelf(term) => (2_u64, *term).digest(h),
            Flush::PreVoteRequest(call, from, request) => {
                (3_u64, (*call, *from)).digest(h);
                request.digest(h);
            }
            Flush::VoteRequest(call, from, request, term) => {
                (4_u64, (*call, *from)).digest(h);
                request.digest(h);
                term.digest(h);
            }
        }
    }
}

words! {
    /// A part of the disk, each with a folder of its own in braft.
    pub enum DiskPart {
        /// The record of term and vote.
        Meta = "meta",
        /// The log.
        Log = "log",
        /// The snapshot.
        Snapshot = "snapshot",
    }
}

/// An operation of the disk's queue.
#[derive(Clone, Debug)]
pub enum DiskOp {
    /// Writes entries (perhaps none) and then runs the closure.
    Append(Vec<Entry>, StableClosure),
    /// Forgets the entries before this index.
    TruncatePrefix(u64),
    /// Forgets the entries after this index.
    TruncateSuffix(u64),
    /// Forgets everything; the next entry has this index, after a prefix with this digest.
    Reset(u64, u64),
    /// Nothing: tells what is on disk by now.
    LastLogId(Flush),
}

impl DiskOp {
    /// Whether the disk has to do something.
    pub(crate) fn works(&self) -> bool {
        match self {
            DiskOp::Append(entries, _) => !entries.is_empty(),
            DiskOp::LastLogId(_) => false,
            DiskOp::TruncatePrefix(_) | DiskOp::TruncateSuffix(_) | DiskOp::Reset(..) => true,
        }
    }
}

impl Show for Flush {
    fn show(&self) -> Value {
        Value::Word(match self {
            Flush::PreVote(..) => "pre_vote",
            Flush::ElectSelf(_) => "elect_self",
            Flush::PreVoteRequest(..) => "handle_pre_vote_request",
            Flush::VoteRequest(..) => "handle_request_vote_request",
        })
    }
}

impl DiskOp {
    /// How many entries it writes.
    pub(crate) fn entries(&self) -> usize {
        if let DiskOp::Append(entries, _) = self { entries.len() } else { 0 }
    }

    /// Where the log on disk ends after it, when it ended at `end` before.
    pub(crate) fn end_after(&self, end: u64) -> u64 {
        match self {
            DiskOp::Append(entries, _) => end + entries.len() as u64,
            DiskOp::TruncateSuffix(last) => last + 1,
            DiskOp::Reset(next, _) => *next,
            DiskOp::TruncatePrefix(_) | DiskOp::LastLogId(_) => end,
        }
    }
}

impl Digest for DiskOp {
    fn digest(&self, h: &mut Hasher) {
        match self {
            DiskOp::Append(entries, closure) => {
                h.word(1);
                entries.digest(h);
                closure.digest(h);
            }
            DiskOp::TruncatePrefix(first) => (2_u64, *first).digest(h),
            DiskOp::TruncateSuffix(last) => (3_u64, *last).digest(h),
            DiskOp::Reset(next, chain) => (4_u64, (*next, *chain)).digest(h),
            DiskOp::LastLogId(flush) => {
                h.word(5);
                flush.digest(h);
            }
        }
    }
}

impl Show for DiskOp {
    fn show(&self) -> Value {
        Value::Text(match self {
            DiskOp::Append(entries, _) => match entries.as_slice() {
                [] => String::from("append nothing"),
                [one] => alloc::format!("append {}", one.index),
                [first, .., last] => alloc::format!("append {}..{}", first.index, last.index),
            },
            DiskOp::TruncatePrefix(first) => alloc::format!("keep from {first}"),
            DiskOp::TruncateSuffix(last) => alloc::format!("keep to {last}"),
            DiskOp::Reset(next, _) => alloc::format!("reset to {next}"),
            DiskOp::LastLogId(_) => String::from("tell the last log id"),
        })
    }
}

state! {
    /// What survives a crash.
    pub struct Disk {
        /// The term; 0: no record was ever written.
        pub term: u64 = "term",
        /// Whom it voted for in this term.
        pub voted_for: Option<NodeId> = "votedfor",
        /// The entries on disk.
        pub log: ChunkLog<Entry> = "log",
        /// The newest snapshot.
        pub snapshot: Option<Arc<Snapshot>> = "snapshot",
        /// Operations that the disk works on: a crash may leave a part of them.
        pub writing: Vec<DiskOp> = "writing",
        /// A crash now leaves so many entries of what is written.
        pub survives: u64 = "survives",
        /// So many entries at the log's end were written without a sync: lost with the power.
        pub unsynced: u64 = "unsynced",
    }
}

impl Default for Disk {
    fn default() -> Disk {
        Disk {
            term: 0,
            voted_for: None,
            log: ChunkLog::new(1),
            snapshot: None,
            writing: Vec::new(),
            survives: 0,
            unsynced: 0,
        }
    }
}

impl Disk {
    /// Carries out one operation; with `sync` it holds even when the power goes.
    ///
    /// Source: braft ab0017f log.cpp SegmentLogStorage; gflag raft_sync
    pub(crate) fn carry_out(&mut self, op: &DiskOp, sync: bool) {
        match op {
            DiskOp::Append(entries, _) => {
                for entry in entries {
                    self.log.push(entry.clone());
                }
                if !entries.is_empty() {
                    self.unsynced = if sync { 0 } else { self.unsynced + entries.len() as u64 };
                }
            }
            DiskOp::TruncatePrefix(first) => self.log.drop_prefix(*first),
            DiskOp::TruncateSuffix(last) => {
                self.unsynced = self.unsynced.saturating_sub(self.log.end().saturating_sub(last + 1));
                self.log.truncate(last + 1);
            }
            DiskOp::Reset(next, chain) => {
                self.unsynced = 0;
                self.log = ChunkLog::restart(*next, *chain);
            }
            DiskOp::LastLogId(_) => {}
        }
        self.unsynced = self.unsynced.min(self.log.len());
    }

    /// Index of the last entry on disk; of the snapshot when there is none.
    #[must_use]
    pub fn last_index(&self) -> u64 {
        self.log.end() - 1
    }

    /// Index of the last entry on disk that is still in the log, when `queue` is yet to be carried out: what a cut is about to
    /// remove is there for nothing, and so is what it makes room for not there yet.
    pub(crate) fn last_kept(&self, queue: &[DiskOp]) -> u64 {
        let kept = self.writing.iter().chain(queue).filter_map(|op| match op {
            DiskOp::TruncateSuffix(last) => Some(*last),
            DiskOp::Reset(next, _) => Some(next - 1),
            DiskOp::Append(..) | DiskOp::TruncatePrefix(_) | DiskOp::LastLogId(_) => None,
        });
        kept.fold(self.last_index(), u64::min)
    }

    /// Removes a part; what is under way to it goes with it.
    pub(crate) fn wipe(&mut self, part: DiskPart) {
        let Disk { term, voted_for, log, snapshot, .. } = Disk::default();
        match part {
            DiskPart::Meta => (self.term, self.voted_for) = (term, voted_for),
            DiskPart::Log => {
                (self.log, self.unsynced) = (log, 0);
                self.writing.clear();
            }
            DiskPart::Snapshot => self.snapshot = snapshot,
        }
    }

    /// What a crash takes: the batch under way, of which a torn one leaves the first half, and any other what was drawn
    /// when the batch began; and when the power goes, what was never synced, of which a torn one leaves half too.
    pub(crate) fn crash(&mut self, loss: Loss) {
        let writing = core::mem::take(&mut self.writing);
        let survives = core::mem::take(&mut self.survives);
        let lost = match loss {
            Loss::Process => 0,
            Loss::Power => self.unsynced,
            Loss::TornTail => self.unsynced / 2,
        };
        if lost > 0 {
            self.unsynced = 0;
            let end = self.log.end().saturating_sub(lost);
            return self.log.truncate(end);
        }
        if loss == Loss::TornTail {
            let half = writing.iter().map(DiskOp::entries).sum::<usize>().div_ceil(2);
            self.tear(writing, half);
        } else if survives > 0 {
            self.tear(writing, usize::try_from(survives).unwrap_or(usize::MAX));
        }
    }

    fn tear(&mut self, writing: Vec<DiskOp>, mut left: usize) {
        for op in writing {
            match op {
                DiskOp::Append(entries, _) => {
                    for entry in entries.into_iter().take(left) {
                        left -= 1;
                        self.log.push(entry);
                    }
                    if left == 0 {
                        return;
                    }
                }
                other => self.carry_out(&other, true),
            }
        }
    }
}
