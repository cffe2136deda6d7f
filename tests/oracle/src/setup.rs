//! A cluster's settings, as both cores understand them.

/// How a schedule's cluster is set up.
#[derive(Clone, Copy, Debug)]
pub struct Setup {
    /// How many nodes there are.
    pub nodes: u8,
    /// The first so many vote at first.
    pub voters: u8,
    /// A node asks before it raises its term.
    pub pre_vote: bool,
    /// Leaders look for their quorum, and leases hold.
    pub check_quorum: bool,
    /// One entry an Append, or all there are.
    pub one_entry: bool,
    /// What is cut parts the nodes in two groups, and is no single node or link.
    pub partitions: bool,
}

/// T in ticks, of both; no schedule counts so many.
pub const ELECTION_TICK: u16 = 1000;

impl Setup {
    /// The setup of a seed.
    #[must_use]
    pub const fn of(seed: u64) -> Setup {
        let nodes = if seed.is_multiple_of(3) { 3 } else { 5 };
        Setup {
            nodes,
            voters: if seed % 3 == 1 { 3 } else { nodes },
            pre_vote: seed / 3 % 2 == 1,
            check_quorum: seed / 6 % 2 == 1,
            one_entry: seed / 12 % 2 == 1,
            partitions: false,
        }
    }

    /// Our settings: raft-rs' profile, with what the schedule varies.
    #[must_use]
    pub fn settings(&self) -> Vec<(&'static str, String)> {
        let voters: Vec<String> = (0..self.voters).map(|id| format!("n{id}")).collect();
        vec![
            ("profile", "raft_rs".to_owned()),
            ("election_tick", ELECTION_TICK.to_string()),
            ("pre_vote", self.pre_vote.to_string()),
            ("check_quorum", self.check_quorum.to_string()),
            ("max_entries_per_append", u8::from(self.one_entry).to_string()),
            ("voters", voters.join(",")),
        ]
    }
}
