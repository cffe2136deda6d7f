//! Every engine under the same tests. An engine is one line below: its type, and the settings that the seeds take in
//! turn. Everything else comes from what an engine says of itself: which command of clients writes a value
//! (`CommandKind::Write`), when it is acknowledged (`Outcome::ok`), how its messages may be mistreated
//! (`EngineInfo::transport`), and which rules the real system breaks (`Engine::known_breaks`). A system that may leave a
//! node behind for ever says why in a last argument.

mod claims;
mod play;

macro_rules! conformance {
    ($module:ident, $engine:ty, $variants:expr) => {
        conformance!($module, $engine, $variants, None);
    };
    ($module:ident, $engine:ty, $variants:expr, $behind:expr) => {
        mod $module {
            use super::claims;

            const TESTED: claims::Tested = claims::Tested { variants: &$variants, behind: $behind };

            #[test]
            fn three_nodes_commit_a_hundred_writes() {
                claims::commits_a_hundred_writes::<$engine>(TESTED, 3);
            }

            #[test]
            fn five_nodes_commit_a_hundred_writes() {
                claims::commits_a_hundred_writes::<$engine>(TESTED, 5);
            }

            #[test]
            fn seven_nodes_commit_a_hundred_writes() {
                claims::commits_a_hundred_writes::<$engine>(TESTED, 7);
            }

            #[test]
            fn a_crashed_minority_of_three_loses_no_acknowledged_write() {
                claims::loses_no_acknowledged_write::<$engine>(TESTED, 3);
            }

            #[test]
            fn a_crashed_minority_of_five_loses_no_acknowledged_write() {
                claims::loses_no_acknowledged_write::<$engine>(TESTED, 5);
            }

            #[test]
            fn a_crashed_minority_of_seven_loses_no_acknowledged_write() {
                claims::loses_no_acknowledged_write::<$engine>(TESTED, 7);
            }

            #[test]
            fn a_run_of_the_engine_twice_has_the_same_digests() {
                claims::a_run_twice_is_the_same::<$engine>(TESTED);
            }

            #[test]
            fn deliveries_of_the_engine_to_different_nodes_commute() {
                claims::deliveries_commute::<$engine>(TESTED);
            }
        }
    };
}

conformance!(
    dledger,
    engine_dledger::DLedger,
    ["profile=V3", "profile=V4", "profile=SEED", "profile=V3 flushFileInterval=2000"],
    Some(
        "V3 leaves a candidate of a higher term with a shorter log alone, and repeats a fast-forward for ever."
    )
);
conformance!(
    raft,
    engine_raft::Raft,
    [
        "profile=textbook",
        "profile=etcd storage=async write_us=30000 pre_vote=true check_quorum=true snapshot_threshold=8",
        "profile=raftscope",
        "profile=hashicorp",
    ]
);
conformance!(
    braft,
    engine_braft::Braft,
    [
        "",
        "raft_enable_leader_lease=true max_clock_drift_ms=0",
        "raft_max_parallel_append_entries_rpc_num=8 raft_enable_append_entries_cache=true",
    ]
);
