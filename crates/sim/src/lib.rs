//! A cluster in a virtual network: decisions, legality, time by hand, faults.
