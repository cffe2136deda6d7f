//! A part of a state whose run digest is remembered until the part is touched.

use core::ops::{Deref, DerefMut};
use core::sync::atomic::{AtomicU64, Ordering};

use crate::{Digest, Hasher, Inspect, Mode, Show, Value};

/// A part of a state. Reading it costs nothing; the first digest after a write is computed, later ones remembered.
/// Worth it where a step changes one of several large parts.
#[derive(Debug, Default)]
pub struct Part<T> {
    value: T,
    /// The run digest; 0 = not known. (A digest that happens to be 0 is computed every time.)
    digest: AtomicU64,
}

impl<T> Part<T> {
    /// `value` as a part.
    pub const fn new(value: T) -> Self {
        Part { value, digest: AtomicU64::new(0) }
    }
}

impl<T: Clone> Clone for Part<T> {
    fn clone(&self) -> Self {
        Part { value: self.value.clone(), digest: AtomicU64::new(self.digest.load(Ordering::Relaxed)) }
    }
}

impl<T> Deref for Part<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> DerefMut for Part<T> {
    fn deref_mut(&mut self) -> &mut T {
        *self.digest.get_mut() = 0;
        &mut self.value
    }
}

impl<T: Digest> Digest for Part<T> {
    fn digest(&self, h: &mut Hasher) {
        if h.mode() == Mode::State {
            return self.value.digest(h);
        }
        let mut known = self.digest.load(Ordering::Relaxed);
        if known == 0 {
            let mut own = Hasher::new(Mode::Run);
            self.value.digest(&mut own);
            known = own.finish();
            self.digest.store(known, Ordering::Relaxed);
        }
        h.word(known);
    }
}

impl<T: Inspect> Inspect for Part<T> {
    fn inspect(&self, visit: &mut dyn FnMut(&'static str, &'static str, Value)) {
        self.value.inspect(visit);
    }
}

impl<T: Show> Show for Part<T> {
    fn show(&self) -> Value {
        self.value.show()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest_of;

    #[test]
    fn the_remembered_digest_is_the_computed_one() {
        let mut part = Part::new(alloc::vec![1_u64, 2]);
        let fresh = |part: &Part<alloc::vec::Vec<u64>>| digest_of(&Part::new((**part).clone()), Mode::Run);
        assert_eq!(digest_of(&part, Mode::Run), fresh(&part));
        part.push(3);
        assert_eq!(digest_of(&part, Mode::Run), fresh(&part));
        let copy = part.clone();
        part[0] = 9;
        assert_ne!(digest_of(&part, Mode::Run), digest_of(&copy, Mode::Run));
        assert_eq!(digest_of(&part, Mode::Run), fresh(&part));
        assert_eq!(digest_of(&part, Mode::State), digest_of(&*part, Mode::State));
    }
}
