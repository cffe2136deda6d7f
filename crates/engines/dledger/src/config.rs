//! The options, with DLedger's names and defaults.

use alloc::vec::Vec;
use kernel::{NodeId, Preset, settings};

use crate::codes::{Profile, ResetStrategy};
use crate::turns::Grain;

/// A maintainer tick, and a tick of the transfer wait.
pub(crate) const TICK_MS: u64 = 10;
/// A call without an answer fails after this long.
pub(crate) const RPC_TIMEOUT_MS: u64 = 3000;
/// SEED: a VOTE fails after this long, the least that the real transport takes, so that a poll's own wait ends it.
const SEED_VOTE_TIMEOUT_MS: u64 = 4000;
/// SEED: the handler's queue, which 0.3.1.2 made longer.
const SEED_COMPARE_OR_TRUNCATE_SIZE: u64 = 100;
/// How long a dispatcher rests after an error.
pub(crate) const ERROR_PAUSE_MS: u64 = 500;
/// Period of several once-a-second checks: they need more than this.
pub(crate) const SECOND_MS: u64 = 1000;
/// Header and length fields of an entry on disk, bytes.
pub(crate) const ENTRY_HEADER_BYTES: u64 = 48;
/// V4 answers a client after this long, whatever maxWaitAckTimeMs says.
pub(crate) const V4_ACK_TIMEOUT_MS: u64 = 2000;

/// Slow enough that an election can be followed.
const SLOW_US: (u32, u32) = (20_000, 50_000);

/// Configurations worth starting from.
pub(crate) const PRESETS: &[Preset] = &[
    Preset {
        title: "DLedger 0.3.1.2",
        doc: "What RocketMQ brokers run: 4.9.7 and later, 5.1.4 and later.",
        nodes: 5,
        latency_us: SLOW_US,
        settings: &[],
        slowdown: None,
    },
    Preset {
        title: "DLedger 0.4.0",
        doc: "Replication written anew, with snapshots and reads through the state machine.",
        nodes: 5,
        latency_us: SLOW_US,
        settings: &[("profile", "V4")],
        slowdown: None,
    },
    Preset {
        title: "DLedger of early 2020",
        doc: "Before 0.2.0, as the project's first notes describe it.",
        nodes: 5,
        latency_us: SLOW_US,
        settings: &[("profile", "SEED")],
        slowdown: None,
    },
];

settings! {
    /// DLedgerConfig: what the model honours.
    pub struct Config {
        /// Which DLedger is modelled: V3 = 0.3.1.2 (RocketMQ), V4 = 0.4.0, SEED = February 2020.
        pub profile: Profile = Profile::V3, "profile", "", None;
        /// coarse: a node's loops run within the step that gave them work; fine: each of their turns is a decision.
        pub grain: Grain = Grain::Coarse, "grain", "", None;
        /// Whether the maintainer runs; off pins the roles.
        pub enable_leader_elector: bool = true, "enableLeaderElector", "", None;
        /// A leader sends heartbeats so often.
        pub heart_beat_time_interval_ms: u64 = 2000, "heartBeatTimeIntervalMs", "ms", Some((20, 60_000));
        /// A follower gives its leader up, and a leader itself, after so many intervals without success.
        pub max_heart_beat_leak: u64 = 3, "maxHeartBeatLeak", "", Some((1, 100));
        /// Least delay between two polls.
        pub min_vote_interval_ms: u64 = 300, "minVoteIntervalMs", "ms", Some((1, 60_000));
        /// Greatest delay between two polls (exclusive); also the random part of a poll's deadline.
        pub max_vote_interval_ms: u64 = 1000, "maxVoteIntervalMs", "ms", Some((1, 60_000));
        /// More waiting writes than this are refused with LEADER_PENDING_FULL.
        pub max_pending_requests_num: u64 = 10_000, "maxPendingRequestsNum", "entries", Some((0, 1_000_000));
        /// A write without a quorum is answered after this long; V4 ignores it and uses 2000.
        pub max_wait_ack_time_ms: u64 = 2500, "maxWaitAckTimeMs", "ms", Some((1, 60_000));
        /// An unacknowledged APPEND is sent again after this long.
        pub max_push_time_out_ms: u64 = 1000, "maxPushTimeOutMs", "ms", Some((1, 60_000));
        /// So many APPENDs may be under way to one follower.
        pub max_pending_size: u64 = 1000, "maxPendingSize", "requests", Some((1, 100_000));
        /// So many COMPARE, TRUNCATE and COMMIT requests may wait at a follower; SEED ignores it and takes 100.
        pub compare_or_truncate_size: u64 = 1024, "compareOrTruncateRequestsSize", "requests", Some((1, 100_000));
        /// Nodes that leadership is moved to when they are alive and near.
        pub preferred_leader_ids: Vec<NodeId> = Vec::new(), "preferredLeaderIds", "nodes", None;
        /// Leadership is handed only to a node less than this behind.
        pub max_leadership_transfer_wait_index: u64 = 1000, "maxLeadershipTransferWaitIndex", "entries", Some((0, 1_000_000));
        /// Least delay between two polls while taking leadership.
        pub min_take_leadership_vote_interval_ms: u64 = 30, "minTakeLeadershipVoteIntervalMs", "ms", Some((1, 60_000));
        /// Greatest delay between two polls while taking leadership (exclusive).
        pub max_take_leadership_vote_interval_ms: u64 = 100, "maxTakeLeadershipVoteIntervalMs", "ms", Some((1, 60_000));
        /// The target of a transfer waits so long for its log to catch up.
        pub leadership_transfer_wait_timeout: u64 = 1000, "leadershipTransferWaitTimeout", "ms", Some((0, 60_000));
        /// V3: several entries travel in one APPEND.
        pub enable_batch_push: bool = false, "enableBatchPush", "", None;
        /// V3: a batch is sent when it is this big.
        pub max_batch_push_size: u64 = 4096, "maxBatchPushSize", "bytes", Some((1, 1 << 24));
        /// V3: a state machine is registered (RocketMQ: the controller has one, the broker none).
        pub register_state_machine: bool = false, "registerStateMachine", "", None;
        /// V4: a new leader writes a NOOP so that older entries commit.
        pub enable_fast_advance_commit_index: bool = false, "enableFastAdvanceCommitIndex", "", None;
        /// V4: snapshots are made and installed.
        pub enable_snapshot: bool = false, "enableSnapshot", "", None;
        /// V4: a snapshot is made after so many applied entries.
        pub snapshot_threshold: u64 = 1000, "snapshotThreshold", "entries", Some((1, 1_000_000));
        /// V4: so many snapshots are kept.
        pub max_snapshot_reserved_num: u64 = 3, "maxSnapshotReservedNum", "", Some((1, 100));
        /// V4: what happens to the entries a snapshot covers.
        pub snapshot_entry_reset_strategy: ResetStrategy = ResetStrategy::AllSync, "snapshotEntryResetStrategy", "", None;
        /// V4: the delay of the LATER strategies.
        pub reset_snapshot_entries_delay_time: u64 = 5000, "resetSnapshotEntriesDelayTime", "ms", Some((0, 600_000));
        /// V4: how many entries the KEEP_SOME strategies keep.
        pub reset_snapshot_entries_but_keep_last_entries_num: u64 = 10, "resetSnapshotEntriesButKeepLastEntriesNum", "entries", Some((0, 100_000));
        /// Written entries reach the disk so often; acknowledgements do not wait for it.
        pub flush_file_interval: u64 = 10, "flushFileInterval", "ms", Some((1, 60_000));
        /// V3: the committed index is noted on disk so often.
        pub check_point_interval: u64 = 3000, "checkPointInterval", "ms", Some((1, 600_000));
        /// Adversarial and legal, because the file is not fsynced: a power loss brings back the term and vote before.
        pub term_vote_reverts_on_power_loss: bool = false, "termVoteRevertsOnPowerLoss", "", None;
    }
}

impl Config {
    /// Whether the replication of 0.4.0 is modelled.
    pub(crate) fn v4(&self) -> bool {
        self.profile == Profile::V4
    }

    /// Whether the state of February 2020 is modelled.
    pub(crate) fn seed(&self) -> bool {
        self.profile == Profile::Seed
    }

    /// How long a VOTE waits for its answer, ms.
    pub(crate) fn vote_timeout_ms(&self) -> u64 {
        if self.seed() { SEED_VOTE_TIMEOUT_MS } else { RPC_TIMEOUT_MS }
    }

    /// How many requests the follower's queue holds.
    pub(crate) fn queue_size(&self) -> u64 {
        if self.seed() { SEED_COMPARE_OR_TRUNCATE_SIZE } else { self.compare_or_truncate_size }
    }

    /// How long a follower waits for a heartbeat, and a leader for a good round, ms.
    pub(crate) fn leak_ms(&self) -> u64 {
        self.max_heart_beat_leak * self.heart_beat_time_interval_ms
    }

    /// Whether entries are applied by a state machine caller.
    pub(crate) fn state_machine(&self) -> bool {
        self.v4() || self.register_state_machine
    }
}
