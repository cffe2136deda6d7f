//! The settings have the names, units and defaults that the specifications list.

/// Name, default, unit; a default is written as the page shows it.
type Row = (&'static str, &'static str, &'static str);

/// Section 4 of DLedger's. The others of its table have no effect in the real one, or belong to flow control or the
/// memory store, which are not modelled.
const DLEDGER: &[Row] = &[
    ("enableLeaderElector", "true", ""),
    ("heartBeatTimeIntervalMs", "2000", "ms"),
    ("maxHeartBeatLeak", "3", ""),
    ("minVoteIntervalMs", "300", "ms"),
    ("maxVoteIntervalMs", "1000", "ms"),
    ("maxPendingRequestsNum", "10000", "entries"),
    ("maxWaitAckTimeMs", "2500", "ms"),
    ("maxPushTimeOutMs", "1000", "ms"),
    ("maxPendingSize", "1000", "requests"),
    ("preferredLeaderIds", "", "nodes"),
    ("maxLeadershipTransferWaitIndex", "1000", "entries"),
    ("minTakeLeadershipVoteIntervalMs", "30", "ms"),
    ("maxTakeLeadershipVoteIntervalMs", "100", "ms"),
    ("leadershipTransferWaitTimeout", "1000", "ms"),
    ("enableBatchPush", "false", ""),
    ("maxBatchPushSize", "4096", "bytes"),
    ("enableFastAdvanceCommitIndex", "false", ""),
    ("enableSnapshot", "false", ""),
    ("snapshotThreshold", "1000", "entries"),
    ("maxSnapshotReservedNum", "3", ""),
    ("snapshotEntryResetStrategy", "RESET_ALL_SYNC", ""),
    ("resetSnapshotEntriesDelayTime", "5000", "ms"),
    ("resetSnapshotEntriesButKeepLastEntriesNum", "10", "entries"),
    ("flushFileInterval", "10", "ms"),
    ("checkPointInterval", "3000", "ms"),
];

/// Sections 4 and 10 of Raft's; where its others name an option, those: 2, 6.4, 6.10, 8 and 9.
const RAFT: &[Row] = &[
    ("election_tick", "10", "ticks"),
    ("heartbeat_tick", "1", "ticks"),
    ("retry_tick", "5", "ticks"),
    ("max_entries_per_append", "0", "entries"),
    ("max_inflight_msgs", "256", "messages"),
    ("pre_vote", "false", ""),
    ("check_quorum", "false", ""),
    ("noop_on_election", "true", ""),
    ("fast_backup", "term_hints", ""),
    ("config_effective", "append", ""),
    ("change_kind", "single", ""),
    ("heartbeat", "empty_append", ""),
    ("persist_commit", "false", ""),
    ("forward_proposals", "false", ""),
    ("read_mode", "read_index", ""),
    ("leader_removed", "step_down_on_commit", ""),
    ("storage", "sync", ""),
    // 0: T.
    ("leader_lease_tick", "0", "ticks"),
    ("initial_term", "0", ""),
    ("step_down_on_lost_election", "true", ""),
    ("client_sessions", "true", ""),
    ("auto_leave", "true", ""),
    ("change_needs_commit", "true", ""),
    ("catch_up_rounds", "10", "rounds"),
    // A clock that runs no faster than the leader's.
    ("clock_drift_bound", "100", "%"),
    // The demo's eight are a preset's; without it snapshots are the user's to take. The tail is the demo's.
    ("snapshot_threshold", "0", "entries"),
    ("snapshot_kept_tail", "2", "entries"),
];

/// What RaftScope, etcd, raft-rs and hashicorp have by sections 2, 4, 6.4, 6.5, 8.1 and 10 of Raft's; "" where it tells
/// nothing, leaves it to the core's user, or counts bytes.
const RAFT_PROFILES: [&str; 4] = ["raftscope", "etcd", "raft_rs", "hashicorp"];
const RAFT_OF: &[(&str, [&str; 4])] = &[
    // The columns count µs, ticks, ticks and ms.
    ("tick_us", ["1", "", "", "1000"]),
    // etcd's user sets both, and is advised to take ten times as much.
    ("election_tick", ["100000", "10", "20", "1000"]),
    ("heartbeat_tick", ["50000", "1", "2", "100"]),
    // Drawn from T/10 to T/5.
    ("heartbeat_tick_max", ["", "", "", "200"]),
    // None: heartbeats repair what is lost.
    ("retry_tick", ["50000", "0", "0", "10"]),
    ("max_entries_per_append", ["1", "", "1", "64"]),
    ("max_inflight_msgs", ["1", "", "256", "2"]),
    ("leader_lease_tick", ["", "", "", "500"]),
    ("snapshot_threshold", ["", "0", "0", "8192"]),
    ("snapshot_kept_tail", ["", "", "", "10240"]),
    ("initial_term", ["1", "0", "0", "0"]),
    ("step_down_on_lost_election", ["false", "", "", ""]),
    ("change_needs_commit", ["", "", "", "true"]),
    ("pre_vote", ["", "false", "false", "true"]),
    ("check_quorum", ["", "false", "false", "true"]),
    ("noop_on_election", ["false", "true", "true", "true"]),
    ("fast_backup", ["", "term_hints", "term_hints", "last_index"]),
    ("config_effective", ["", "apply", "apply", "append"]),
    ("change_kind", ["", "both", "both", "single"]),
    ("heartbeat", ["", "separate", "separate", "separate"]),
    ("persist_commit", ["", "true", "true", "false"]),
    ("forward_proposals", ["", "true", "true", "false"]),
    // hashicorp's verify-leader is a read index too: a round that a quorum answers.
    ("read_mode", ["", "read_index", "read_index", "read_index"]),
    ("leader_removed", ["", "stay", "stay", "step_down_on_commit"]),
];

/// Section 4 of braft's: options of a node, then flags of a process. What is left out there counts bytes, which
/// entries here do not have.
const BRAFT: &[Row] = &[
    ("election_timeout_ms", "1000", "ms"),
    ("max_clock_drift_ms", "1000", "ms"),
    ("catchup_timeout_ms", "0", "ms"),
    ("catchup_margin", "1000", "entries"),
    ("snapshot_interval_s", "3600", "s"),
    ("initial_conf", "", "nodes"),
    ("witness", "", "nodes"),
    ("disable_cli", "false", ""),
    ("raft_election_heartbeat_factor", "10", ""),
    ("raft_max_election_delay_ms", "1000", "ms"),
    ("raft_step_down_when_vote_timedout", "true", ""),
    ("raft_enable_leader_lease", "false", ""),
    ("raft_max_entries_size", "1024", "entries"),
    ("raft_max_parallel_append_entries_rpc_num", "1", "requests"),
    ("raft_retry_replicate_interval_ms", "1000", "ms"),
    ("raft_enable_append_entries_cache", "false", ""),
    ("raft_max_append_entries_cache_size", "8", "requests"),
    ("raft_apply_batch", "32", "commands"),
    ("raft_fsm_caller_commit_batch", "512", "notices"),
    ("raft_sync", "true", ""),
    ("raft_do_snapshot_min_index_gap", "1", "entries"),
    ("raft_max_install_snapshot_tasks_num", "1000", "snapshots"),
    ("raft_rpc_channel_connect_timeout_ms", "200", "ms"),
    ("raft_enable_witness_to_leader", "false", ""),
];

#[test]
fn defaults_are_those_of_the_specifications() {
    for (engine, rows) in [("dledger", DLEDGER), ("raft", RAFT), ("braft", BRAFT)] {
        let run = lab::start(kernel::Setup::new(engine, 1)).expect("a run with nothing set");
        let settings = run.setting_list();
        for (name, default, unit) in rows {
            let setting = settings.iter().find(|setting| setting.name == *name);
            let setting = setting.unwrap_or_else(|| panic!("{engine} has no {name}"));
            assert_eq!((setting.default.as_str(), setting.unit), (*default, *unit), "{engine}: {name}");
        }
    }
}

#[test]
fn profiles_of_raft_are_those_of_the_specification() {
    for (at, profile) in RAFT_PROFILES.into_iter().enumerate() {
        let mut setup = kernel::Setup::new("raft", 1);
        setup.settings.push(("profile".into(), profile.into()));
        let run = lab::start(setup).expect("a run of the profile");
        for (name, values) in RAFT_OF.iter().filter(|(_, values)| !values[at].is_empty()) {
            assert_eq!(run.setting(name).as_deref(), Some(values[at]), "{profile}: {name}");
        }
    }
}

#[test]
fn a_setting_that_names_nobody_of_the_cluster_is_told() {
    let started = |engine: &str, settings: &[(&str, &str)]| {
        let mut setup = kernel::Setup::new(engine, 1);
        setup.nodes = 3;
        setup.settings.extend(settings.iter().map(|(name, value)| ((*name).into(), (*value).into())));
        lab::start(setup).map(|_| ()).map_err(|error| error.to_string())
    };
    for (engine, name) in
        [("raft", "voters"), ("raft", "learners"), ("braft", "initial_conf"), ("braft", "witness")]
    {
        let error = started(engine, &[(name, "n1;n3")]).expect_err("there is no n3");
        assert!(error.contains(&format!("{name} names n3")) && error.contains("n0 to n2"), "{error}");
        assert_eq!(started(engine, &[(name, "n2")]), Ok(()));
    }
    let error = started("raft", &[("learners", "n0;n1;n2")]).expect_err("nobody votes");
    assert!(error.contains("nobody votes"), "{error}");
    // The real one takes any list, and its check warns of who is no member.
    assert_eq!(started("dledger", &[("preferredLeaderIds", "n7")]), Ok(()));
}
