//! The options of a node and the flags of its process, with braft's names and defaults.
//!
//! Source: braft ab0017f raft.h NodeOptions; node.cpp, replicator.cpp, fsm_caller.cpp, raft_service.cpp gflags

use alloc::vec::Vec;

use kernel::{NodeId, settings};

use crate::rpc::LinkCut;

settings! {
    /// The settings.
    pub struct Config {
        /// Base of the election timer, catch-up, transfer, stepdown and vote time-outs.
        pub election_timeout_ms: u64 = 1000, "election_timeout_ms", "ms", Some((10, 600_000));
        /// Added to election_timeout_ms for the follower lease and the vote timer, leases or not.
        pub max_clock_drift_ms: u64 = 1000, "max_clock_drift_ms", "ms", Some((0, 600_000));
        /// How long a new peer may take to catch up; 0: election_timeout_ms.
        pub catchup_timeout_ms: u64 = 0, "catchup_timeout_ms", "ms", Some((0, 600_000));
        /// How many entries a new peer may lag and still counts as caught up.
        pub catchup_margin: u64 = 1000, "catchup_margin", "entries", Some((0, 100_000));
        /// A snapshot each so many seconds; 0 or less: only when told.
        pub snapshot_interval_s: i64 = 3600, "snapshot_interval_s", "s", Some((-2_147_483_648, 2_147_483_647));
        /// These nodes are witnesses: they vote and keep where entries stand, but have no state machine.
        pub witness: Vec<NodeId> = Vec::new(), "witness", "nodes", None, FIXED;
        /// Operators' commands (members, handover, snapshot) are refused, as braft's CLI service does then.
        pub disable_cli: bool = false, "disable_cli", "", None;
        /// Who votes at first; nobody named: all nodes.
        pub initial_conf: Vec<NodeId> = Vec::new(), "initial_conf", "nodes", None, FIXED;
        /// The heartbeat interval is election_timeout_ms divided by this, at least 10 ms.
        pub raft_election_heartbeat_factor: u64 = 10, "raft_election_heartbeat_factor", "", Some((1, 1000));
        /// Upper limit of the random part of the election and vote timers.
        pub raft_max_election_delay_ms: u64 = 1000, "raft_max_election_delay_ms", "ms", Some((0, 600_000));
        /// A candidate whose vote timer fires falls back and pre-votes again.
        pub raft_step_down_when_vote_timedout: bool = true, "raft_step_down_when_vote_timedout", "", None;
        /// Followers refuse votes during the lease of their leader.
        pub raft_enable_leader_lease: bool = false, "raft_enable_leader_lease", "", None;
        /// Most entries of one request, and most entries in flight to one peer.
        pub raft_max_entries_size: u64 = 1024, "raft_max_entries_size", "entries", Some((1, 100_000));
        /// So many requests may be in flight to one peer; 1: no pipeline.
        pub raft_max_parallel_append_entries_rpc_num: u64 = 1, "raft_max_parallel_append_entries_rpc_num", "requests", Some((1, 1000));
        /// Followers keep requests that came out of order.
        pub raft_enable_append_entries_cache: bool = false, "raft_enable_append_entries_cache", "", None;
        /// At most so many.
        pub raft_max_append_entries_cache_size: u64 = 8, "raft_max_append_entries_cache_size", "requests", Some((1, 1000));
        /// So many commands given at once are appended at once.
        pub raft_apply_batch: u64 = 32, "raft_apply_batch", "commands", Some((1, 10_000));
        /// So many notices of a commit are applied in one round.
        pub raft_fsm_caller_commit_batch: u64 = 512, "raft_fsm_caller_commit_batch", "notices", Some((1, 10_000));
        /// Each write of the log is flushed, so that it survives when the power goes.
        pub raft_sync: bool = true, "raft_sync", "", None;
        /// A replicator waits so long after EBUSY or EINTR.
        pub raft_retry_replicate_interval_ms: u64 = 1000, "raft_retry_replicate_interval_ms", "ms", Some((1, 600_000));
        /// No snapshot with fewer applied entries since the last one.
        pub raft_do_snapshot_min_index_gap: u64 = 1, "raft_do_snapshot_min_index_gap", "entries", Some((1, 100_000));
        /// So many snapshots a node may send or copy at a time.
        pub raft_max_install_snapshot_tasks_num: u64 = 1000, "raft_max_install_snapshot_tasks_num", "snapshots", Some((0, 10_000));
        /// Witnesses get the commands too, and may lead until somebody else can.
        pub raft_enable_witness_to_leader: bool = false, "raft_enable_witness_to_leader", "", None;
        /// A connection to a peer must be made within so long.
        pub raft_rpc_channel_connect_timeout_ms: u64 = 200, "raft_rpc_channel_connect_timeout_ms", "ms", Some((1, 600_000));
        /// Ours: how long the disk takes for a batch when it is not slowed.
        pub write_us: u64 = 10_000, "write_us", "µs", Some((0, 60_000_000));
        /// Ours: how often a crash would leave some entries of the batch that the disk works on.
        pub torn_batch_percent: u64 = 0, "torn_batch_percent", "%", Some((0, 100));
        /// Ours: how long copying or saving a snapshot takes.
        pub snapshot_us: u64 = 50_000, "snapshot_us", "µs", Some((0, 60_000_000));
        /// Ours: how long the state machine takes to load a snapshot once it is copied.
        pub snapshot_load_us: u64 = 0, "snapshot_load_us", "µs", Some((0, 60_000_000));
        /// Ours: how long the state machine takes to apply what is committed; 0: at once.
        pub apply_us: u64 = 0, "apply_us", "µs", Some((0, 60_000_000));
        /// Ours: a handler that asked its disk for the last entry goes on so much later; 0: at once.
        pub resume_us: u64 = 0, "resume_us", "µs", Some((0, 60_000_000));
        /// Ours: a cut link resets the connections over it, or swallows what is sent and lets calls wait for the heal.
        pub link_cut: LinkCut = LinkCut::Reset, "link_cut", "", None;
        /// Ours: where a cut resets, a call fails so long after its request or answer was sent in vain.
        pub rpc_fail_ms: u64 = 200, "rpc_fail_ms", "ms", Some((1, 600_000));
        /// brpc's health_check_interval: a peer whose connection failed is called again only after so long; there 3000.
        pub reconnect_delay_ms: u64 = 0, "reconnect_delay_ms", "ms", Some((0, 600_000));
        /// Ours: a client gives a command up after so long.
        pub client_timeout_ms: u64 = 10_000, "client_timeout_ms", "ms", Some((1, 600_000));
        /// Ours: a client asks again, or another node, when its command was certainly not appended.
        pub client_retry: bool = true, "client_retry", "", None;
        /// Ours: a client that found no leader asks again after so long.
        pub client_retry_ms: u64 = 200, "client_retry_ms", "ms", Some((1, 600_000));
    }
}
