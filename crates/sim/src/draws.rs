//! Randomness that belongs to the simulator: the n-th draw of a node for a purpose is a hash of exactly that, so
//! dropping one message does not reshuffle every later time-out.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use kernel::{Addr, Draws, SortedMap};

/// Scripted draws: the next values of a node for a purpose.
pub(crate) type Scripts = SortedMap<(Addr, u8), VecDeque<u64>>;

/// The draws of one step of one end.
pub(crate) struct EndDraws<'a> {
    pub seed: u64,
    pub who: Addr,
    pub counts: &'a mut Vec<u32>,
    pub scripts: &'a mut Scripts,
    /// What was drawn in this step: purpose, value.
    pub drawn: &'a mut Vec<(Addr, u8, u64)>,
}

impl Draws for EndDraws<'_> {
    fn range(&mut self, purpose: u8, lo: u64, hi: u64) -> u64 {
        let scripted = self.scripts.get_mut(&(self.who, purpose)).and_then(VecDeque::pop_front);
        let value = scripted.map_or_else(
            || {
                let at = usize::from(purpose);
                if self.counts.len() <= at {
                    self.counts.resize(at + 1, 0);
                }
                let nth = self.counts.get_mut(at).map_or(0, |count| {
                    *count = count.wrapping_add(1);
                    *count
                });
                hash_range(self.seed, self.who, u64::from(purpose), nth, lo, hi)
            },
            |value| value.clamp(lo, hi.saturating_sub(1).max(lo)),
        );
        self.drawn.push((self.who, purpose, value));
        value
    }
}

/// A number in `lo .. hi` that depends on exactly these; `lo` when the range is empty.
pub(crate) fn hash_range(seed: u64, who: Addr, purpose: u64, nth: u32, lo: u64, hi: u64) -> u64 {
    let span = hi.saturating_sub(lo);
    if span == 0 {
        return lo;
    }
    let who = match who {
        Addr::Node(id) => u64::from(id.0),
        Addr::Client(id) => 0x100 | u64::from(id.0),
    };
    lo + scaled(hash([seed, who, purpose, u64::from(nth)]), span)
}

/// Not the digests' way: those may be counted another way one day, and every seed would bring another run.
fn hash(words: [u64; 4]) -> u64 {
    let state = words.iter().fold(0x51_7c_c1_b7_27_22_0a_95, |state: u64, word| {
        let mixed = (state ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        mixed ^ (mixed >> 29)
    });
    let mixed = (state ^ (state >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93);
    mixed ^ (mixed >> 32)
}

/// `of` as a part of 2^64 of `span`, rounded down. Nearly every span is short, and then 64 bits are enough, where the
/// wide product costs a page a call.
fn scaled(of: u64, span: u64) -> u64 {
    if u32::try_from(span).is_ok() {
        let low = (of & 0xffff_ffff) * span;
        return ((of >> 32) * span + (low >> 32)) >> 32;
    }
    u64::try_from((u128::from(of) * u128::from(span)) >> 64).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::NodeId;

    #[test]
    fn draws_cover_their_range_evenly() {
        let who = Addr::Node(NodeId(1));
        let mut seen = [0_u32; 7];
        for nth in 0..7000 {
            let value = hash_range(1, who, 0, nth, 300, 307);
            seen[usize::try_from(value - 300).expect("in range")] += 1;
        }
        assert!(seen.iter().all(|&n| (850..1150).contains(&n)), "{seen:?}");
        assert_eq!(hash_range(1, who, 0, 0, 5, 5), 5);
    }

    #[test]
    fn a_seed_brings_the_same_draws_for_ever() {
        // Written down once: another number would make another run of every seed, scenario and link.
        let of = |who, purpose, nth| hash_range(7, who, purpose, nth, 0, 1_000_000);
        assert_eq!([of(Addr::Node(NodeId(2)), 3, 0), of(Addr::Node(NodeId(2)), 3, 1)], [317_213, 343_429]);
    }

    #[test]
    fn short_spans_are_scaled_like_long_ones() {
        let mut of = 1_u64;
        for span in [1, 2, 700, 1001, 0xffff_ffff] {
            for _ in 0..500 {
                of = of.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                for of in [of, u64::MAX - (of >> 40), of >> 32] {
                    assert_eq!(u128::from(scaled(of, span)), (u128::from(of) * u128::from(span)) >> 64);
                }
            }
        }
    }

    #[test]
    fn a_script_comes_first_and_stays_in_range() {
        let who = Addr::Node(NodeId(0));
        let mut scripts = Scripts::new();
        scripts.insert((who, 0), [350, 9999].into());
        let (mut counts, mut drawn) = (Vec::new(), Vec::new());
        let mut draws =
            EndDraws { seed: 3, who, counts: &mut counts, scripts: &mut scripts, drawn: &mut drawn };
        assert_eq!(draws.range(0, 300, 1000), 350);
        assert_eq!(draws.range(0, 300, 1000), 999);
        let free = draws.range(0, 300, 1000);
        assert_eq!(free, hash_range(3, who, 0, 1, 300, 1000));
    }
}
