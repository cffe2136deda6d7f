//! A client: DLedgerClient.

use kernel::{NodeId, state};

state! {
    /// A client's state.
    pub struct Client {
        /// Whom it takes for the leader.
        pub leader_id: Option<NodeId> = "leaderId",
    }
}
