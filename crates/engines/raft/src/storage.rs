//! When what was written is on disk. With `storage = sync` that is at once; with `async` a write is an event of its
//! own, votes and acknowledgements wait for it, and a crash takes what had not ended.
//!
//! Source: etcd-io/raft raft.go send (msgsAfterAppend), doc.go (asynchronous storage writes)

use alloc::sync::Arc;
use alloc::vec::Vec;
use kernel::{Digest, Effect, Hasher, NodeId, Show, Value, shown, state};

use crate::disk::{Image, common_end};
use crate::event::Event;
use crate::message::{Body, DiskWrite};
use crate::node::Node;

/// An answer that waits for a write.
#[derive(Clone, Debug)]
pub struct Waiting {
    batch: u32,
    to: NodeId,
    term: u64,
    body: Body,
}

impl Digest for Waiting {
    fn digest(&self, h: &mut Hasher) {
        (self.batch, (self.to, self.term)).digest(h);
        self.body.digest(h);
    }
}

shown! { Waiting { batch = "batch", to = "to", term = "term", body = "body" } }

/// A write under way, with everything it brings to disk.
#[derive(Clone, Debug)]
pub struct Writing(Arc<Image>);

impl Digest for Writing {
    fn digest(&self, h: &mut Hasher) {
        self.0.digest(h);
    }
}

impl Show for Writing {
    fn show(&self) -> Value {
        self.0.show()
    }
}

state! {
    /// What is being written, and what waits for it.
    #[derive(Default)]
    pub struct Storage {
        /// Entries up to here are on disk.
        pub durable_index: u64 = "durable_index",
        /// Something has changed since the last write began.
        pub dirty: bool = "dirty",
        /// The write under way.
        pub writing: Option<Writing> = "writing",
        /// How many writes have begun.
        pub batch: u32 = "batch",
        /// Answers that wait.
        pub waiting: Vec<Waiting> = "waiting",
    }
}

impl Node<'_, '_> {
    /// Term, vote or log changed.
    pub(crate) fn dirty(&mut self) {
        if self.cx.settings.writes_later() {
            self.mem.storage.dirty = true;
        }
    }

    /// Up to where this node's log is on disk.
    pub(crate) fn durable_index(&self) -> u64 {
        if self.cx.settings.writes_later() { self.mem.storage.durable_index } else { self.disk.last_index() }
    }

    /// Sends an answer once everything up to now is on disk.
    pub(crate) fn reply_durably(&mut self, to: NodeId, term: u64, body: Body) {
        if !self.cx.settings.ack_needs_persist {
            return self.send_in(to, term, body);
        }
        let storage = &self.mem.storage;
        let batch = match (storage.dirty, &storage.writing) {
            (true, _) => storage.batch + 1,
            (false, Some(_)) => storage.batch,
            (false, None) => return self.send_in(to, term, body),
        };
        // While another write is under way, this one's number is still to come.
        self.cx.note(Event::ReplyWaits { to, kind: body.kind() });
        self.mem.storage.waiting.push(Waiting { batch, to, term, body });
    }

    /// At the end of a step: begins a write, if one is needed and none is under way.
    pub(crate) fn flush(&mut self) {
        if !self.cx.settings.writes_later() {
            if self.disk.durable.is_some() {
                // The setting was changed while running.
                self.disk.durable = None;
                self.mem.storage.dirty = false;
                self.mem.storage.writing = None;
                self.send_waiting(u32::MAX);
            }
            return;
        }
        if self.disk.durable.is_none() {
            self.mem.storage.durable_index = self.disk.last_index();
            self.disk.durable = Some(Arc::new(self.disk.image()));
        }
        if self.mem.storage.dirty && self.mem.storage.writing.is_none() {
            let storage = &mut self.mem.storage;
            storage.dirty = false;
            storage.batch += 1;
            storage.writing = Some(Writing(Arc::new(self.disk.image())));
            self.cx.effects.push(Effect::Write(DiskWrite { batch: storage.batch }));
        }
    }

    /// A write ended.
    pub(crate) fn written(&mut self, write: DiskWrite, ok: bool) {
        if !ok {
            self.cx.effects.push(Effect::Abort { reason: "a disk write failed".into() });
            return;
        }
        if write.batch != self.mem.storage.batch {
            return;
        }
        let Some(Writing(image)) = self.mem.storage.writing.take() else { return };
        let known = self.disk.durable.as_ref().map_or(0, |image| image.current_term);
        if image.current_term > known {
            self.cx.note(Event::TermDurable { term: image.current_term });
        }
        let snapshot = image.snapshot.as_ref().map_or(0, |snapshot| snapshot.last_index);
        // What was cut and written anew since the write began is not on disk, whatever its index.
        let index = common_end(&self.disk.log, &image.log).unwrap_or(0).max(snapshot);
        let voted = image.current_term == self.disk.current_term && image.voted_for == Some(self.mem.id);
        self.disk.durable = Some(image);
        self.mem.storage.durable_index = index;
        self.cx.note(Event::Persisted { index });
        self.send_waiting(write.batch);
        if voted {
            self.own_vote_durable();
        }
        self.try_commit();
        self.apply();
    }

    fn send_waiting(&mut self, batch: u32) {
        let all = core::mem::take(&mut self.mem.storage.waiting);
        for waiting in all {
            if waiting.batch <= batch {
                self.send_in(waiting.to, waiting.term, waiting.body);
            } else {
                self.mem.storage.waiting.push(waiting);
            }
        }
    }
}
