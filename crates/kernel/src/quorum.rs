//! Vote and commit arithmetic, without a policy.

/// The smallest count that is more than half of `peers`.
#[must_use]
pub const fn majority(peers: usize) -> usize {
    peers / 2 + 1
}

/// Whether `count` of `peers` is a majority.
#[must_use]
pub const fn is_majority(count: usize, peers: usize) -> bool {
    count >= majority(peers)
}

/// The largest value that a majority has reached: the middle of the sorted values. `None` when there are none.
pub fn quorum_index(values: &mut [i64]) -> Option<i64> {
    // A handful of values: putting each in its place is fastest, and small.
    for at in 1..values.len() {
        for i in (1..=at).rev() {
            if values[i - 1] >= values[i] {
                break;
            }
            values.swap(i - 1, i);
        }
    }
    values.get(values.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quorum_index_is_what_counting_says() {
        // Second computation: the largest value v such that a majority holds at least v.
        for code in 0..4_i64.pow(5) {
            let mut values: alloc::vec::Vec<i64> = (0..5).map(|i| code / 4_i64.pow(i) % 4 - 1).collect();
            for n in 1..=5 {
                let mut some = values[..n].to_vec();
                let counted = (-1..=2)
                    .rev()
                    .find(|v| is_majority(some.iter().filter(|x| *x >= v).count(), n))
                    .expect("-1 is reached by all");
                assert_eq!(quorum_index(&mut some), Some(counted));
            }
            values.clear();
            assert_eq!(quorum_index(&mut values), None);
        }
    }

    #[test]
    fn two_majorities_meet() {
        for n in 1..=9 {
            assert!(2 * majority(n) > n);
            assert!(!is_majority(n / 2, n));
        }
    }
}
