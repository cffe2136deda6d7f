//! A node of tikv/raft-rs, driven so that handling, writing and applying are one step, as with `storage = sync`.

use kernel::NodeId;
use lab::engines::raft::{Change, Conf, Set};
use protobuf::Message as _;
use raft::eraftpb::{
    ConfChange, ConfChangeSingle, ConfChangeTransition, ConfChangeType, ConfChangeV2, ConfState, Entry,
    EntryType, Message, MessageType,
};
use raft::{CAMPAIGN_TRANSFER, Config, ProgressState, RawNode, SnapshotStatus, StateRole};

use crate::said::{Cell, Flow, Order, Said, State, Words};
use crate::setup::{ELECTION_TICK, Setup};
use crate::store::Store;

/// A node of theirs; their ids are ours plus one.
pub struct Theirs {
    config: Config,
    /// None while it is down.
    raw: Option<RawNode<Store>>,
    /// The disk while it is down.
    store: Store,
    /// How often it left a joint config without telling anybody.
    pub left_silently: u32,
}

fn logger() -> slog::Logger {
    slog::Logger::root(slog::Discard, slog::o!())
}

fn id(node: u8) -> u64 {
    u64::from(node) + 1
}

fn node(id: u64) -> Option<u8> {
    id.checked_sub(1).map(|node| u8::try_from(node).expect("a small cluster"))
}

fn set(ids: &[u64]) -> Set {
    ids.iter().filter_map(|id| node(*id)).fold(Set::EMPTY, |set, node| set.with(NodeId(node)))
}

fn conf(state: &ConfState) -> Conf {
    Conf {
        voters: set(&state.voters),
        outgoing: set(&state.voters_outgoing),
        learners: set(&state.learners),
        learners_next: set(&state.learners_next),
        auto_leave: state.auto_leave,
    }
}

fn cell(entry: &Entry) -> Cell {
    let text = match entry.get_entry_type() {
        EntryType::EntryNormal => String::from_utf8_lossy(&entry.data).into_owned(),
        EntryType::EntryConfChange | EntryType::EntryConfChangeV2 => "config".to_owned(),
    };
    (entry.index, entry.term, text)
}

/// What a message of theirs says.
///
/// # Panics
/// When it is one that no schedule leads to.
#[must_use]
pub fn said(message: &Message) -> Said {
    let kind = message.get_msg_type();
    let last = (message.index, message.log_term);
    let words = match kind {
        MessageType::MsgRequestPreVote | MessageType::MsgRequestVote => Words::Ask {
            pre: kind == MessageType::MsgRequestPreVote,
            last,
            transfer: message.context == CAMPAIGN_TRANSFER,
        },
        MessageType::MsgRequestPreVoteResponse | MessageType::MsgRequestVoteResponse => {
            Words::Vote { pre: kind == MessageType::MsgRequestPreVoteResponse, granted: !message.reject }
        }
        MessageType::MsgAppend => {
            let cells = message.entries.iter().map(cell).collect();
            Words::Append { prev: last, cells, commit: message.commit }
        }
        MessageType::MsgAppendResponse => Words::Answer {
            reject: message.reject,
            index: message.index,
            hint: (message.reject_hint, message.log_term),
        },
        MessageType::MsgHeartbeat => Words::Heartbeat { commit: message.commit },
        MessageType::MsgHeartbeatResponse => Words::HeartbeatResp,
        MessageType::MsgSnapshot => {
            let metadata = message.get_snapshot().get_metadata();
            let last = (metadata.index, metadata.term);
            Words::Snapshot { last, config: conf(metadata.get_conf_state()) }
        }
        MessageType::MsgTimeoutNow => Words::TimeoutNow,
        MessageType::MsgPropose => Words::Propose(cell(&message.entries[0]).2),
        other => panic!("no schedule sends {other:?}"),
    };
    Said { to: node(message.to).expect("somebody"), term: message.term, words }
}

fn single(node: NodeId, kind: ConfChangeType) -> ConfChangeSingle {
    let mut change = ConfChangeSingle::default();
    change.set_change_type(kind);
    change.node_id = id(node.0);
    change
}

/// A change as raft-rs takes it: the steps from one config to the other.
fn change(now: &Conf, change: Change) -> ConfChangeV2 {
    use ConfChangeType::{AddLearnerNode, AddNode, RemoveNode};
    let mut all = ConfChangeV2::default();
    let mut steps = Vec::new();
    match change {
        Change::AddVoter(node) => steps.push(single(node, AddNode)),
        Change::AddLearner(node) => steps.push(single(node, AddLearnerNode)),
        Change::Remove(node) => steps.push(single(node, RemoveNode)),
        Change::Leave => {}
        Change::Joint { voters, learners, auto_leave } => {
            let learners = learners.minus(voters);
            steps.extend(voters.minus(now.voters).iter().map(|node| single(node, AddNode)));
            steps.extend(learners.minus(now.learners).iter().map(|node| single(node, AddLearnerNode)));
            let gone = now.members().minus(voters.or(learners));
            steps.extend(gone.iter().map(|node| single(node, RemoveNode)));
            let how =
                if auto_leave { ConfChangeTransition::Implicit } else { ConfChangeTransition::Explicit };
            all.set_transition(how);
        }
    }
    all.set_changes(steps.into());
    all
}

impl Theirs {
    /// A node with an empty disk.
    #[must_use]
    pub fn new(node: u8, setup: &Setup) -> Theirs {
        let config = Config {
            id: id(node),
            election_tick: usize::from(ELECTION_TICK),
            // No tick is given but at the end of T, so that this never comes.
            heartbeat_tick: usize::from(ELECTION_TICK) - 1,
            max_size_per_msg: if setup.one_entry { 0 } else { raft::NO_LIMIT },
            pre_vote: setup.pre_vote,
            check_quorum: setup.check_quorum,
            ..Config::default()
        };
        let voters: Vec<u64> = (0..setup.voters).map(id).collect();
        let store = Store { config: ConfState::from((voters, Vec::new())), ..Store::default() };
        let mut theirs = Theirs { config, raw: None, store, left_silently: 0 };
        theirs.restart();
        theirs
    }

    /// The machine loses its power.
    pub fn crash(&mut self) {
        if let Some(mut raw) = self.raw.take() {
            self.store = std::mem::take(raw.mut_store());
        }
    }

    /// The process starts.
    ///
    /// # Panics
    /// When raft-rs refuses its own disk.
    pub fn restart(&mut self) {
        self.config.applied = self.store.applied;
        let store = std::mem::take(&mut self.store);
        self.raw = Some(RawNode::new(&self.config, store, &logger()).expect("its own disk"));
    }

    fn raw(&mut self) -> &mut RawNode<Store> {
        self.raw.as_mut().expect("it runs")
    }

    /// A message arrives. Past the front door, which drops the answers of strangers before it looks at their term.
    pub fn receive(&mut self, from: u8, mut message: Message) -> Vec<Message> {
        message.from = id(from);
        let _ = self.raw().raft.step(message);
        self.finish()
    }

    /// An order is given.
    pub fn give(&mut self, order: &Order) -> Vec<Message> {
        let raw = self.raw();
        let leads = raw.raft.state == StateRole::Leader;
        // What is refused is refused in silence, as far as states and messages tell.
        let _ = match order {
            Order::Campaign if raw.raft.promotable() => {
                raw.raft.election_elapsed = 0;
                raw.campaign()
            }
            Order::Heartbeat => {
                raw.ping();
                Ok(())
            }
            Order::Period if leads => {
                raw.raft.election_elapsed = usize::from(ELECTION_TICK) - 1;
                raw.tick();
                Ok(())
            }
            Order::Lapse => {
                raw.raft.election_elapsed += usize::from(ELECTION_TICK);
                Ok(())
            }
            Order::Propose(text) => raw.propose(Vec::new(), text.clone().into_bytes()),
            Order::Transfer(to) if leads => {
                raw.transfer_leader(id(*to));
                Ok(())
            }
            Order::Change(wanted) if leads => {
                let now = conf(&raw.raft.prs().conf().to_conf_state());
                raw.propose_conf_change(Vec::new(), change(&now, *wanted))
            }
            Order::Snapshot(keep) => {
                raw.mut_store().take_snapshot(*keep);
                Ok(())
            }
            Order::Report(peer) if leads => {
                raw.report_snapshot(id(*peer), SnapshotStatus::Finish);
                Ok(())
            }
            Order::Campaign | Order::Period | Order::Transfer(_) | Order::Change(_) | Order::Report(_) => {
                Ok(())
            }
        };
        self.finish()
    }

    /// Writes, applies and sends until nothing is left to do.
    fn finish(&mut self) -> Vec<Message> {
        let mut out = Vec::new();
        while self.raw().has_ready() {
            let raw = self.raw();
            let mut ready = raw.ready();
            out.append(&mut ready.take_messages());
            if ready.snapshot().get_metadata().index > 0 {
                raw.mut_store().install(ready.snapshot());
            }
            raw.mut_store().append(ready.entries());
            let committed = ready.take_committed_entries();
            out.append(&mut ready.take_persisted_messages());
            apply(raw, &committed);
            let mut light = raw.advance_append(ready);
            out.append(&mut light.take_messages());
            let committed = light.take_committed_entries();
            apply(raw, &committed);
            let last = raw.raft.raft_log.last_index();
            raw.advance_apply();
            if raw.raft.raft_log.last_index() > last {
                raw.raft.bcast_append();
                self.left_silently += 1;
            }
        }
        let raw = self.raw();
        let hard = raw.raft.hard_state();
        raw.mut_store().hard = hard;
        out
    }

    /// Whether it leads although its config has no vote for it.
    #[must_use]
    pub fn leads_without_vote(&self) -> bool {
        let leader = self.raw.as_ref().filter(|raw| raw.raft.state == StateRole::Leader);
        leader.is_some_and(|raw| !raw.raft.promotable())
    }

    /// Whether it hands leadership over.
    #[must_use]
    pub fn hands_over(&self) -> bool {
        self.raw.as_ref().is_some_and(|raw| raw.raft.lead_transferee.is_some())
    }

    /// What can be compared.
    #[must_use]
    pub fn state(&self) -> State {
        let store = self.raw.as_ref().map_or(&self.store, |raw| raw.raft.store());
        let metadata = store.snapshot.get_metadata();
        let role = self.raw.as_ref().map(|raw| match raw.raft.state {
            StateRole::Follower => "Follower",
            StateRole::PreCandidate => "PreCandidate",
            StateRole::Candidate => "Candidate",
            StateRole::Leader => "Leader",
        });
        let config = self.raw.as_ref().map(|raw| conf(&raw.raft.prs().conf().to_conf_state()));
        State {
            role,
            term: store.hard.term,
            vote: node(store.hard.vote),
            leader: self.raw.as_ref().and_then(|raw| node(raw.raft.leader_id)),
            commit: store.hard.commit,
            applied: store.applied,
            before: store.before,
            log: store.entries.iter().map(cell).collect(),
            snapshot: (metadata.index, metadata.term),
            config: config.unwrap_or_default(),
        }
    }

    /// How it sends to a peer, and all it knows of it for a failure's text.
    #[must_use]
    pub fn progress(&self, peer: u8) -> Option<(Flow, String)> {
        let raft = self.raw.as_ref().map(|raw| &raw.raft).filter(|raft| raft.state == StateRole::Leader);
        raft.and_then(|raft| raft.prs().get(id(peer))).map(|progress| {
            let flow = match progress.state {
                ProgressState::Probe => Flow::Probe,
                ProgressState::Replicate => Flow::Replicate,
                ProgressState::Snapshot => Flow::Snapshot,
            };
            (flow, format!("{progress:?}"))
        })
    }

    /// Which peers this leader heard since its last look.
    #[must_use]
    pub fn heard(&self) -> Vec<u8> {
        let raft = self.raw.iter().map(|raw| &raw.raft).filter(|raft| raft.state == StateRole::Leader);
        let peers =
            raft.flat_map(|raft| raft.prs().iter().map(|(peer, p)| (*peer, p.recent_active, raft.id)));
        let mut heard: Vec<u8> =
            peers.filter(|(peer, active, me)| *active && peer != me).filter_map(|p| node(p.0)).collect();
        heard.sort_unstable();
        heard
    }
}

/// Applies entries: only changes of the config matter to the core.
fn apply(raw: &mut RawNode<Store>, entries: &[Entry]) {
    for entry in entries {
        let config = match entry.get_entry_type() {
            EntryType::EntryNormal => None,
            EntryType::EntryConfChange => {
                let mut change = ConfChange::default();
                change.merge_from_bytes(&entry.data).expect("what was proposed");
                raw.apply_conf_change(&change).ok()
            }
            EntryType::EntryConfChangeV2 => {
                let mut change = ConfChangeV2::default();
                change.merge_from_bytes(&entry.data).expect("what was proposed");
                raw.apply_conf_change(&change).ok()
            }
        };
        let store = raw.mut_store();
        store.applied = entry.index;
        if let Some(config) = config {
            store.config = config;
        }
    }
}
