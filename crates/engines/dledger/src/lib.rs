//! DLedger, the Raft library of Apache RocketMQ, as a deterministic state machine.
