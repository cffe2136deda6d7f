//! What every engine and the simulator share: ids, time, logs, digests, draws, and the engine contract.
