//! The options, with the names of the production cores that have them, and whose defaults they are.

use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Deref;

use kernel::{Digest, Hasher, NodeId, SettingDesc, Settings, settings};

use crate::codes::{
    ChangeKind, ConfigEffective, FastBackup, HeartbeatKind, LeaderRemoved, Profile, ReadMode, StorageMode,
};

settings! {
    /// The options, one by one.
    pub struct Options {
        /// Whose defaults the other settings have; choosing one sets all others anew but who takes part,
        /// so it comes first.
        pub profile: Profile = Profile::Textbook, "profile", "", None;
        /// A tick of a node's own clock.
        pub tick_us: u64 = 10_000, "tick_us", "µs", Some((1, 10_000_000));
        /// T: a follower that hears nothing campaigns after T to 2T − 1 ticks, drawn anew each time (etcd advises ten
        /// heartbeats; raft-rs: 20; hashicorp: 1000 ms).
        pub election_tick: u64 = 10, "election_tick", "ticks", Some((2, 10_000_000));
        /// A leader sends heartbeats so often (raft-rs: 2; hashicorp draws it, from T/10).
        pub heartbeat_tick: u64 = 1, "heartbeat_tick", "ticks", Some((1, 10_000_000));
        /// If larger: each heartbeat comes after a drawn time from heartbeat_tick to below this (hashicorp).
        pub heartbeat_tick_max: u64 = 0, "heartbeat_tick_max", "ticks", Some((0, 10_000_000));
        /// A request without an answer is sent again after this long (hashicorp: 10 ms); 0: only heartbeats repair a loss
        /// (etcd, raft-rs).
        pub retry_tick: u64 = 5, "retry_tick", "ticks", Some((0, 10_000_000));
        /// A leader that hears no quorum for so long steps down (check_quorum); 0: T (etcd, raft-rs; hashicorp: 500 ms).
        pub leader_lease_tick: u64 = 0, "leader_lease_tick", "ticks", Some((0, 10_000_000));
        /// So many entries travel in one Append (raft-rs: one; etcd counts bytes; hashicorp: 64); 0: all there are.
        pub max_entries_per_append: u64 = 0, "max_entries_per_append", "entries", Some((0, 100_000));
        /// So many Appends with entries may be under way to one peer (raft-rs: 256; hashicorp: 2; etcd: its user's choice).
        pub max_inflight_msgs: u64 = 256, "max_inflight_msgs", "messages", Some((1, 100_000));
        /// More uncommitted entries than this are refused (etcd and raft-rs count bytes); 0: no limit.
        pub max_uncommitted_entries: u64 = 0, "max_uncommitted_entries", "entries", Some((0, 1_000_000));
        /// A node asks whether it could win before it raises its term (dissertation 9.6; etcd, raft-rs: off; hashicorp: on).
        pub pre_vote: bool = false, "pre_vote", "", None;
        /// A leader without a quorum steps down, and nodes that hear their leader ignore candidates (etcd, raft-rs: off;
        /// hashicorp: always).
        pub check_quorum: bool = false, "check_quorum", "", None;
        /// A new leader appends an empty entry, so that older ones commit (etcd, raft-rs, hashicorp; RaftScope: never).
        pub noop_on_election: bool = true, "noop_on_election", "", None;
        /// A candidate that cannot win any more becomes follower at once (etcd, raft-rs), or waits for its timer
        /// (RaftScope).
        pub step_down_on_lost_election: bool = true, "step_down_on_lost_election", "", None;
        /// How a leader finds where a follower's log agrees with its own (etcd, raft-rs: term hints; hashicorp: the last
        /// index; RaftScope: back by one).
        pub fast_backup: FastBackup = FastBackup::TermHints, "fast_backup", "", None;
        /// Which config governs: the latest in the log (hashicorp), or the latest applied (etcd, raft-rs).
        pub config_effective: ConfigEffective = ConfigEffective::Append, "config_effective", "", None;
        /// Which membership changes there are (hashicorp: single; etcd, raft-rs: both).
        pub change_kind: ChangeKind = ChangeKind::Single, "change_kind", "", None;
        /// The leader leaves a joint config as soon as that may be (etcd, raft-rs: by the kind of change).
        pub auto_leave: bool = true, "auto_leave", "", None;
        /// No change before the leader has committed an entry of its own term: the repair of 2015 (hashicorp).
        pub change_needs_commit: bool = true, "change_needs_commit", "", None;
        /// A new voter first catches up as a learner, in at most so many rounds (dissertation 4.2.1); 0: at once, as etcd.
        pub catch_up_rounds: u64 = 10, "catch_up_rounds", "rounds", Some((0, 100));
        /// What a leader does that is no longer a voter: stay (etcd, raft-rs), or step down (hashicorp).
        pub leader_removed: LeaderRemoved = LeaderRemoved::StepDownOnCommit, "leader_removed", "", None;
        /// What a heartbeat is: an empty Append (dissertation), or a message of its own (etcd, raft-rs, hashicorp).
        pub heartbeat: HeartbeatKind = HeartbeatKind::EmptyAppend, "heartbeat", "", None;
        /// How a read is made linearizable, or not (etcd, raft-rs: read_index; hashicorp verifies that it leads, the same).
        pub read_mode: ReadMode = ReadMode::ReadIndex, "read_mode", "", None;
        /// Lease reads: how much faster than the leader's a clock may run; the lease is T divided by it (dissertation 6.4.1:
        /// the clock drift bound).
        pub clock_drift_bound: u64 = 100, "clock_drift_bound", "%", Some((100, 1000));
        /// A follower hands a proposal on to its leader (etcd, raft-rs: yes; hashicorp: no).
        pub forward_proposals: bool = false, "forward_proposals", "", None;
        /// The commit index survives a restart (etcd, raft-rs: yes; hashicorp: no).
        pub persist_commit: bool = false, "persist_commit", "", None;
        /// When what a handler wrote is on disk (async: AsyncStorageWrites of etcd).
        pub storage: StorageMode = StorageMode::Sync, "storage", "", None;
        /// storage = async: an answer waits until what it vouches for is on disk, as in every core; off (ours, to show it), a
        /// crash loses what was acknowledged.
        pub ack_needs_persist: bool = true, "ack_needs_persist", "", None;
        /// storage = async: how long a write takes when the disk is not slowed (ours).
        pub write_us: u64 = 2000, "write_us", "µs", Some((0, 60_000_000));
        /// A snapshot is taken after so many applied entries (hashicorp: 8192); 0: only when told (etcd, raft-rs: the
        /// application's to decide).
        pub snapshot_threshold: u64 = 0, "snapshot_threshold", "entries", Some((0, 1_000_000));
        /// So many entries before a snapshot's end are kept (hashicorp: 10,240).
        pub snapshot_kept_tail: u64 = 2, "snapshot_kept_tail", "entries", Some((0, 1_000_000));
        /// The state machine remembers each client's last operation and applies none twice (dissertation 6.3).
        pub client_sessions: bool = true, "client_sessions", "", None;
        /// A client that hears nothing asks again, another node, after so long (ours; cores leave clients to their users).
        pub client_retry_tick: u64 = 30, "client_retry_tick", "ticks", Some((1, 10_000_000));
        /// Who votes at first; nobody named: all nodes that are no learners.
        pub voters: Vec<NodeId> = Vec::new(), "voters", "nodes", None, FIXED;
        /// Who learns at first.
        pub learners: Vec<NodeId> = Vec::new(), "learners", "nodes", None, FIXED;
        /// The term that empty disks begin with: 0 in etcd and raft-rs, 1 in raft.tla and RaftScope.
        pub initial_term: u64 = 0, "initial_term", "", Some((0, 1_000_000));
    }
}

/// The settings: the options, which a profile sets all at once.
#[derive(Clone, Debug, Default)]
pub struct Config(Options);

impl Deref for Config {
    type Target = Options;

    fn deref(&self) -> &Options {
        &self.0
    }
}

impl Digest for Config {
    fn digest(&self, h: &mut Hasher) {
        self.0.digest(h);
    }
}

impl Settings for Config {
    fn list() -> Vec<SettingDesc> {
        Options::list()
    }

    fn get(&self, name: &str) -> Option<String> {
        self.0.get(name)
    }

    fn set(&mut self, name: &str, text: &str) -> Result<(), String> {
        self.0.set(name, text)?;
        if name == "profile" {
            // Who takes part at first is nobody's default.
            let Options { profile, voters, learners, .. } = core::mem::take(&mut self.0);
            self.0 = Options { voters, learners, ..Options::of(profile) };
        }
        Ok(())
    }
}

impl Options {
    /// The defaults of a profile.
    ///
    /// Source: the defaults of ongardie/raftscope raft.js; etcd-io/raft raft.go Config; tikv/raft-rs src/config.rs
    /// Config; hashicorp/raft config.go DefaultConfig, replication.go maxPipelineInflight
    fn of(profile: Profile) -> Options {
        let textbook = Options { profile, ..Options::default() };
        let etcd = Options {
            retry_tick: 0,
            config_effective: ConfigEffective::Apply,
            change_kind: ChangeKind::Both,
            catch_up_rounds: 0,
            leader_removed: LeaderRemoved::Stay,
            heartbeat: HeartbeatKind::Separate,
            forward_proposals: true,
            persist_commit: true,
            ..textbook.clone()
        };
        match profile {
            Profile::Textbook => textbook,
            Profile::RaftScope => Options {
                tick_us: 1,
                election_tick: 100_000,
                heartbeat_tick: 50_000,
                retry_tick: 50_000,
                client_retry_tick: 300_000,
                max_entries_per_append: 1,
                max_inflight_msgs: 1,
                noop_on_election: false,
                step_down_on_lost_election: false,
                fast_backup: FastBackup::Off,
                initial_term: 1,
                ..textbook
            },
            Profile::Etcd => etcd,
            Profile::RaftRs => {
                Options { election_tick: 20, heartbeat_tick: 2, max_entries_per_append: 1, ..etcd }
            }
            Profile::HashiCorp => Options {
                tick_us: 1000,
                election_tick: 1000,
                heartbeat_tick: 100,
                heartbeat_tick_max: 200,
                retry_tick: 10,
                leader_lease_tick: 500,
                client_retry_tick: 3000,
                max_entries_per_append: 64,
                max_inflight_msgs: 2,
                pre_vote: true,
                check_quorum: true,
                fast_backup: FastBackup::LastIndex,
                catch_up_rounds: 0,
                heartbeat: HeartbeatKind::Separate,
                snapshot_threshold: 8192,
                snapshot_kept_tail: 10_240,
                ..textbook
            },
        }
    }

    /// Ticks as microseconds.
    pub(crate) fn ticks_us(&self, ticks: u64) -> u64 {
        kernel::times(ticks, self.tick_us)
    }

    /// T in microseconds.
    pub(crate) fn election_us(&self) -> u64 {
        self.ticks_us(self.election_tick)
    }

    /// How long a leader goes on without a quorum, microseconds.
    pub(crate) fn lease_us(&self) -> u64 {
        let ticks = if self.leader_lease_tick == 0 { self.election_tick } else { self.leader_lease_tick };
        self.ticks_us(ticks)
    }

    /// How long after a quorum's answer the leader reads by its lease, microseconds.
    pub(crate) fn read_lease_us(&self) -> u64 {
        self.election_us().saturating_mul(100) / self.clock_drift_bound.max(100)
    }

    /// How many entries one Append may carry.
    pub(crate) fn batch(&self) -> u64 {
        if self.max_entries_per_append == 0 { u64::MAX } else { self.max_entries_per_append }
    }

    /// Whether the config in force is the latest in the log.
    pub(crate) fn at_append(&self) -> bool {
        self.config_effective == ConfigEffective::Append
    }

    /// Whether writes end later.
    pub(crate) fn writes_later(&self) -> bool {
        self.storage == StorageMode::Async
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_sets_everything_and_what_follows_changes_it() {
        let mut config = Config::default();
        config.set("profile", "raftscope").expect("a profile");
        assert_eq!((config.election_us(), config.ticks_us(config.heartbeat_tick)), (100_000, 50_000));
        assert_eq!(config.get("max_entries_per_append").as_deref(), Some("1"));
        config.set("noop_on_election", "true").expect("a setting");
        assert!(config.noop_on_election && config.get("profile").as_deref() == Some("raftscope"));
        config.set("profile", "textbook").expect("a profile");
        assert_eq!((config.election_us(), config.ticks_us(config.heartbeat_tick)), (100_000, 10_000));
        for (name, value) in [("voters", "n0;n1"), ("learners", "n2"), ("profile", "etcd")] {
            config.set(name, value).expect("a setting");
        }
        let members = (config.get("voters"), config.get("learners"));
        assert_eq!(members, (Some("n0;n1".into()), Some("n2".into())), "who takes part is nobody's default");
        assert!(config.set("profile", "zab").is_err() && config.set("election_tick", "1").is_err());
    }
}
