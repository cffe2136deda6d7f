//! Requests that came before their turn, kept until it comes.
//!
//! Source: braft ab0017f node.h AppendEntriesCache; node.cpp NodeImpl::handle_out_of_order_append_entries

use alloc::vec::Vec;
use kernel::{Digest, Hasher, MsgId, NodeId, Time, shown};

use crate::event::Event;
use crate::message::AppendRequest;
use crate::node::{Local, Node};

/// A request that waits for the entries before it.
#[derive(Clone, Debug)]
pub struct CachedRequest {
    /// The call.
    pub call: MsgId,
    /// The leader.
    pub from: NodeId,
    /// What it sent.
    pub request: AppendRequest,
    /// When it came.
    pub since: Time,
}

impl CachedRequest {
    fn prev(&self) -> u64 {
        self.request.prev_log_index
    }

    fn end(&self) -> u64 {
        self.prev() + self.request.entries.len() as u64
    }
}

impl Digest for CachedRequest {
    fn digest(&self, h: &mut Hasher) {
        (self.call, self.from).digest(h);
        self.request.digest(h);
        self.since.digest(h);
    }
}

shown! { CachedRequest { call = "call", from = "server_id", request = "request", since = "since" } }

impl Node<'_, '_> {
    /// Keeps a request whose entries come after a gap. True when it did.
    ///
    /// Source: braft ab0017f node.cpp NodeImpl::handle_out_of_order_append_entries, AppendEntriesCache::store
    pub(crate) fn handle_out_of_order(&mut self, call: MsgId, from: NodeId, request: &AppendRequest) -> bool {
        let on = self.cx.settings.raft_enable_append_entries_cache;
        if !on || request.entries.is_empty() || self.mem.lm.last_index() >= request.prev_log_index {
            return false;
        }
        let cached = CachedRequest { call, from, request: request.clone(), since: self.cx.now };
        let overlaps = |other: &CachedRequest| {
            if other.prev() <= cached.prev() {
                other.end() > cached.prev()
            } else {
                other.prev() < cached.end()
            }
        };
        if self.mem.append_cache.iter().any(overlaps) {
            self.clear_append_cache();
        }
        self.cx.note(Event::Cached { from, first: cached.prev() + 1, last: cached.end() });
        self.mem.append_cache.push(cached);
        if self.mem.cache_timer.is_none() {
            self.arm_cache_timer();
        }
        let most = usize::try_from(self.cx.settings.raft_max_append_entries_cache_size).unwrap_or(usize::MAX);
        while self.mem.append_cache.len() > most {
            let all = self.mem.append_cache.iter().enumerate();
            let Some((at, _)) = all.max_by_key(|(_, cached)| cached.prev()) else { break };
            let evicted = self.mem.append_cache.remove(at);
            self.local.push_back(Local::Replay(evicted));
        }
        true
    }

    fn arm_cache_timer(&mut self) {
        let ms = (self.election_timeout_ms() / 4).max(1);
        self.mem.cache_timer = self.mem.append_cache.first().map(|oldest| oldest.since.plus_ms(ms));
    }

    /// Entries up to `end` are about to be stored: the requests that follow on them come out.
    ///
    /// Source: braft ab0017f node.cpp AppendEntriesCache::process_runable_rpcs
    pub(crate) fn release_cached(&mut self, mut end: u64) {
        loop {
            let all = self.mem.append_cache.iter().enumerate();
            let next = all.filter(|(_, cached)| cached.prev() <= end).min_by_key(|(_, cached)| cached.prev());
            let Some((at, _)) = next else { break };
            let cached = self.mem.append_cache.remove(at);
            end = cached.end();
            self.local.push_back(Local::Replay(cached));
        }
        if self.mem.append_cache.is_empty() {
            self.mem.cache_timer = None;
        }
    }

    /// All come out in the order they came.
    ///
    /// Source: braft ab0017f node.cpp AppendEntriesCache::clear
    pub(crate) fn clear_append_cache(&mut self) {
        let all: Vec<CachedRequest> = core::mem::take(&mut self.mem.append_cache);
        self.local.extend(all.into_iter().map(Local::Replay));
        self.mem.cache_timer = None;
    }

    /// The oldest has waited long enough; when it went already, the next one's time begins.
    ///
    /// Source: braft ab0017f node.cpp AppendEntriesCache::on_timer
    pub(crate) fn handle_append_cache_timeout(&mut self) {
        let due = self.mem.cache_timer;
        self.arm_cache_timer();
        if self.mem.cache_timer <= due {
            self.clear_append_cache();
        }
    }
}
