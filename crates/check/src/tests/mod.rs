//! Hand-made facts for every rule, and random ones against a second, slow checker.

mod by_hand;
mod random;
mod slow;
