//! Configurations worth starting from.

use kernel::Preset;

/// A way takes T/8 with the textbook's T of 100 ms: slow enough to be followed.
const CALM_US: (u32, u32) = (10_000, 15_000);
/// And a heartbeat each T/2: ten in a T, the default, flood the picture.
const CALM: (&str, &str) = ("heartbeat_tick", "5");

/// The presets.
pub(crate) const PRESETS: &[Preset] = &[
    Preset {
        title: "Textbook",
        doc: "The dissertation's Raft at a calm pace: a heartbeat each half election timeout.",
        nodes: 5,
        latency_us: CALM_US,
        settings: &[CALM],
        slowdown: None,
    },
    Preset {
        title: "RaftScope",
        doc: "RaftScope's numbers: election 100 to 200 ms, heartbeat 50 ms, one entry an append, back off by one.",
        nodes: 5,
        latency_us: CALM_US,
        settings: &[("profile", "raftscope")],
        slowdown: Some(100),
    },
    Preset {
        title: "Window of two",
        doc: "One entry an append, two under way to each peer: watch the pipe fill, stall and drain.",
        nodes: 3,
        latency_us: CALM_US,
        settings: &[CALM, ("max_entries_per_append", "1"), ("max_inflight_msgs", "2")],
        slowdown: None,
    },
    Preset {
        title: "Pre-vote and check-quorum",
        doc: "What production turns on: nobody disturbs a leader that works, and one without a quorum steps down.",
        nodes: 5,
        latency_us: CALM_US,
        settings: &[CALM, ("pre_vote", "true"), ("check_quorum", "true")],
        slowdown: None,
    },
    Preset {
        title: "Slow disks",
        doc: "Writes end later: votes and acknowledgements wait for them, and a crash takes what was not written.",
        nodes: 3,
        latency_us: CALM_US,
        settings: &[CALM, ("storage", "async"), ("write_us", "8000")],
        slowdown: None,
    },
    Preset {
        title: "Snapshots",
        doc: "A snapshot after eight entries, of which two stay: who was away for longer is sent it.",
        nodes: 3,
        latency_us: CALM_US,
        settings: &[CALM, ("snapshot_threshold", "8"), ("snapshot_kept_tail", "2")],
        slowdown: None,
    },
    Preset {
        title: "Production ratio",
        doc: "Ten heartbeats in an election timeout, as production clusters are set.",
        nodes: 5,
        latency_us: CALM_US,
        settings: &[],
        slowdown: None,
    },
    Preset {
        title: "etcd-io/raft",
        doc: "The defaults of etcd's core: heartbeats apart, configs when applied, joint changes.",
        nodes: 3,
        latency_us: (1000, 3000),
        settings: &[("profile", "etcd")],
        slowdown: None,
    },
    Preset {
        title: "tikv/raft-rs",
        doc: "The defaults of TiKV's core. Its priority, group_commit and batch_append are not modelled.",
        nodes: 3,
        latency_us: (1000, 3000),
        settings: &[("profile", "raft_rs")],
        slowdown: None,
    },
    Preset {
        title: "hashicorp/raft",
        doc: "The defaults of Consul's core: pre-vote, a leader lease, drawn heartbeats.",
        nodes: 3,
        latency_us: (1000, 3000),
        settings: &[("profile", "hashicorp")],
        slowdown: None,
    },
];
