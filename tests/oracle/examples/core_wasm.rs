//! The core of Raft alone beside raft-rs, both in one wasm module: the page has the clock, so it takes the rounds in turn
//! (`tools/bench.mjs`). The work is that of the native bench, `benches/core.rs`.

use oracle::alone::{Cluster, Ours, ROUNDS, Theirs, elect, led, propose};
use wasm_bindgen::prelude::wasm_bindgen;

/// A cluster of each, on which rounds of one kind of work are done.
#[wasm_bindgen]
pub struct Pair {
    ours: Ours,
    theirs: Theirs,
    elections: bool,
}

#[wasm_bindgen]
impl Pair {
    /// Two clusters of `nodes`, led by their first node, for rounds of elections or of proposals.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new(nodes: u8, elections: bool) -> Pair {
        Pair { ours: led(nodes), theirs: led(nodes), elections }
    }

    /// How many rounds the native bench takes.
    #[must_use]
    pub fn rounds() -> usize {
        ROUNDS
    }

    /// A round of ours; how many messages it took.
    pub fn ours(&mut self) -> f64 {
        (if self.elections { elect(&mut self.ours) } else { propose(&mut self.ours) }) as f64
    }

    /// A round of theirs; how many messages it took.
    pub fn theirs(&mut self) -> f64 {
        (if self.elections { elect(&mut self.theirs) } else { propose(&mut self.theirs) }) as f64
    }

    /// Whether both have done the same work, to its end on every node.
    #[must_use]
    pub fn agree(&self) -> bool {
        self.ours.agreed() == self.theirs.agreed()
    }
}
