//! One sort for all lists: the page's module holds its code once, not once for every kind of list.

use alloc::vec::Vec;

/// The numbers `0 .. len` in the order that `before(a, b)`, "a comes before b", gives them. Stable.
#[must_use]
pub fn order(len: usize, before: &mut dyn FnMut(usize, usize) -> bool) -> Vec<usize> {
    let mut from: Vec<usize> = (0..len).collect();
    let mut to: Vec<usize> = Vec::with_capacity(len);
    let mut width = 1;
    while width < len {
        to.clear();
        for start in (0..len).step_by(2 * width) {
            let middle = (start + width).min(len);
            let end = (middle + width).min(len);
            let (mut left, mut right) = (start, middle);
            while left < middle || right < end {
                let second = left == middle || (right < end && before(from[right], from[left]));
                let next = if second { &mut right } else { &mut left };
                to.push(from[*next]);
                *next += 1;
            }
        }
        core::mem::swap(&mut from, &mut to);
        width *= 2;
    }
    from
}

/// Sorts a list by a key. Stable.
pub fn sort_by_key<T, K: Ord>(items: &mut [T], key: impl Fn(&T) -> K) {
    let order = order(items.len(), &mut |a, b| key(&items[a]) < key(&items[b]));
    for at in 0..items.len() {
        // What belongs here has moved on to where each earlier swap put it.
        let mut from = order[at];
        while from < at {
            from = order[from];
        }
        items.swap(at, from);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sorts_like_the_standard_library() {
        let mut seed = 5_u64;
        for len in 0..200 {
            let mut items: Vec<(u64, usize)> = Vec::new();
            for at in 0..len {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                items.push((seed >> 60, at));
            }
            let mut expected = items.clone();
            expected.sort_by_key(|item| item.0);
            sort_by_key(&mut items, |item| item.0);
            assert_eq!(items, expected);
        }
    }
}
