//! Configurations worth starting from.

use kernel::Preset;

/// The presets.
pub(crate) const PRESETS: &[Preset] = &[
    Preset {
        title: "braft defaults",
        doc: "Defaults of braft and of brpc below it: a dead leader is missed after 2 to 4 s, for the election timer only looks at a lease; a peer whose connection failed is tried again after 3 s.",
        nodes: 3,
        latency_us: (1000, 5000),
        settings: &[("reconnect_delay_ms", "3000")],
        slowdown: None,
    },
    Preset {
        title: "Fast demo",
        doc: "No clock drift, so that a dead leader is missed after 1 to 2 s; all else as braft has it.",
        nodes: 3,
        latency_us: (1000, 5000),
        settings: &[("max_clock_drift_ms", "0"), ("reconnect_delay_ms", "3000")],
        slowdown: None,
    },
    Preset {
        title: "Small demo",
        doc: "As the fast demo on slower ways, with a catch-up margin of 2 entries: braft's 1000 would take every new peer of a small group at once. A failed peer is tried again without brpc's 3 s.",
        nodes: 3,
        latency_us: (5000, 15_000),
        settings: &[("max_clock_drift_ms", "0"), ("catchup_margin", "2"), ("reconnect_delay_ms", "0")],
        slowdown: None,
    },
    Preset {
        title: "Pipeline with cache",
        doc: "No clock drift, and up to 32 requests in flight to a peer, and followers that keep what comes out of order.",
        nodes: 3,
        latency_us: (5000, 15_000),
        settings: &[
            ("max_clock_drift_ms", "0"),
            ("reconnect_delay_ms", "3000"),
            ("raft_max_parallel_append_entries_rpc_num", "32"),
            ("raft_enable_append_entries_cache", "true"),
        ],
        slowdown: None,
    },
    Preset {
        title: "Pipeline without cache",
        doc: "No clock drift, and up to 32 requests in flight to a peer: what comes out of order is refused, and the leader steps back.",
        nodes: 3,
        latency_us: (5000, 15_000),
        settings: &[
            ("max_clock_drift_ms", "0"),
            ("reconnect_delay_ms", "3000"),
            ("raft_max_parallel_append_entries_rpc_num", "32"),
        ],
        slowdown: None,
    },
    Preset {
        title: "Leases",
        doc: "Followers refuse votes while their leader's lease runs, as in braft's own lease tests.",
        nodes: 3,
        latency_us: (1000, 5000),
        settings: &[
            ("reconnect_delay_ms", "3000"),
            ("raft_enable_leader_lease", "true"),
            ("raft_election_heartbeat_factor", "3"),
        ],
        slowdown: None,
    },
    Preset {
        title: "Connections as brpc's",
        doc: "A cut swallows what is sent, so that entries wait for its end; a peer whose connection failed is tried again after 3 s.",
        nodes: 3,
        latency_us: (1000, 5000),
        settings: &[("link_cut", "black_hole"), ("reconnect_delay_ms", "3000")],
        slowdown: None,
    },
];
