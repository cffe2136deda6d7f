//! The simulator, tried with an engine that does what it is told.

mod by_hand;
mod calls;
mod digests;
mod engine;
mod faults;
mod legality;
mod network;
mod order;
mod random;

use kernel::{Addr, ClientId, Decision, MsgId, NetConfig, NodeId, Time};
use sim::{Cluster, Config, Flight, Happening};

use engine::{Echo, Mind, Paper};

type Tcp = Cluster<Echo<true>>;
type Datagrams = Cluster<Echo<false>>;

/// Three nodes and a client; every way takes 1 ms.
fn cluster<const TCP: bool>() -> Cluster<Echo<TCP>> {
    Cluster::new(Config::new(3, 7))
}

fn with_net<const TCP: bool>(net: NetConfig) -> Cluster<Echo<TCP>> {
    Cluster::new(Config { net, ..Config::new(3, 7) })
}

/// A decision from its text.
fn decision(text: &str) -> Decision {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// What a test does to a cluster, as a person would write it.
trait Hands {
    /// Takes these decisions, each now.
    fn act(&mut self, decisions: &[&str]) -> &mut Self;
    /// Why this decision is not legal now; empty when it is.
    fn refusal(&self, text: &str) -> String;
    /// Takes `verb` on the only message in flight.
    fn on_message(&mut self, verb: &str) -> &mut Self;
    /// The only message in flight.
    fn name(&self) -> MsgId;
    /// Lets everything happen that happens by itself.
    fn settle(&mut self) -> &mut Self;
    /// Lets everything happen that is due up to this instant, and moves to it.
    fn until_us(&mut self, us: u64) -> &mut Self;
    fn mind(&self, node: u8) -> &Mind;
    fn paper(&self, node: u8) -> &Paper;
    fn answers(&self, node: u8) -> &[u64];
    fn failures(&self, node: u8) -> &[String];
    fn heard(&self, node: u8) -> &[u64];
    fn now_us(&self) -> u64;
    fn happening(&self) -> &Happening;
}

impl<const TCP: bool> Hands for Cluster<Echo<TCP>> {
    fn act(&mut self, decisions: &[&str]) -> &mut Self {
        for text in decisions {
            self.apply_now(&decision(text)).unwrap_or_else(|refusal| panic!("{text}: {refusal}"));
        }
        self
    }

    fn refusal(&self, text: &str) -> String {
        self.legal(&decision(text)).err().map_or_else(String::new, |refusal| refusal.0)
    }

    fn on_message(&mut self, verb: &str) -> &mut Self {
        let mut words = verb.splitn(2, ' ');
        let verb = words.next().unwrap_or_default();
        let rest = words.next().map_or_else(String::new, |rest| format!(" {rest}"));
        let text = format!("{verb} {}{rest}", self.name());
        self.act(&[&text])
    }

    fn name(&self) -> MsgId {
        let names: Vec<MsgId> = self.flights().map(|flight| flight.id).collect();
        assert_eq!(names.len(), 1, "exactly one message in flight");
        names[0]
    }

    fn settle(&mut self) -> &mut Self {
        while self.auto() {}
        self
    }

    fn until_us(&mut self, us: u64) -> &mut Self {
        while self.next_at().is_some_and(|at| at.0 <= us) {
            self.auto();
        }
        let wait = kernel::Action { at: Time(us), decision: Decision::Wait };
        self.apply(&wait).unwrap_or_else(|refusal| panic!("{refusal}"));
        self
    }

    fn mind(&self, node: u8) -> &Mind {
        self.node(NodeId(node)).and_then(|(_, memory)| memory).expect("the node is up")
    }

    fn paper(&self, node: u8) -> &Paper {
        self.node(NodeId(node)).expect("a node").0
    }

    fn answers(&self, node: u8) -> &[u64] {
        &self.mind(node).answers
    }

    fn failures(&self, node: u8) -> &[String] {
        &self.mind(node).failures
    }

    fn heard(&self, node: u8) -> &[u64] {
        &self.mind(node).heard
    }

    fn now_us(&self) -> u64 {
        self.now().0
    }

    fn happening(&self) -> &Happening {
        self.report().happening.as_ref().expect("watched")
    }
}

fn n(id: u8) -> Addr {
    NodeId(id).into()
}

fn c(id: u8) -> Addr {
    ClientId(id).into()
}

/// Names of the messages in flight from one end to another.
fn ways<const TCP: bool>(cluster: &Cluster<Echo<TCP>>) -> Vec<(Addr, Addr)> {
    cluster.flights().map(|flight: &Flight<Echo<TCP>>| (flight.from, flight.to)).collect()
}
