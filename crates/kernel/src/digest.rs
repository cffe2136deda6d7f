//! Digests that are equal on every machine: fixed widths, own trait, no derived hash.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::{Addr, ClientId, MsgId, NodeId, Time, Token};

/// What a digest covers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// Everything: two equal runs, and only they, agree.
    Run,
    /// The state alone, without instants, names of messages and draws: for search, and to say that two orders
    /// of the same deliveries lead to one state.
    State,
}

/// Mixes fixed-width words into 64 bits. Not cryptographic.
///
/// Words go to two sums in turn, so that a processor mixes the next before it has the last.
#[derive(Clone, Debug)]
pub struct Hasher {
    next: u64,
    after: u64,
    mode: Mode,
}

const SEEDS: [u64; 2] = [0x51_7c_c1_b7_27_22_0a_95, 0xc2_b2_ae_3d_27_d4_eb_4f];
const MULTIPLIER: u64 = 0x9e37_79b9_7f4a_7c15;

impl Hasher {
    /// A fresh hasher.
    #[must_use]
    pub fn new(mode: Mode) -> Self {
        Hasher { next: SEEDS[0], after: SEEDS[1], mode }
    }

    /// What this digest covers.
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// Mixes one word in.
    #[inline]
    pub fn word(&mut self, word: u64) {
        let mixed = (self.next ^ word).wrapping_mul(MULTIPLIER);
        self.next = self.after;
        self.after = mixed ^ (mixed >> 29);
    }

    /// Mixes bytes in, with their count.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.word(bytes.len() as u64);
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.word(u64::from_le_bytes(*word));
        }
        if !rest.is_empty() {
            self.word(rest.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte)));
        }
    }

    /// The digest so far.
    #[must_use]
    pub fn finish(&self) -> u64 {
        let both = self.next.wrapping_mul(MULTIPLIER) ^ self.after;
        let mixed = (both ^ (both >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93);
        mixed ^ (mixed >> 32)
    }
}

/// Has a digest.
pub trait Digest {
    /// Mixes this value into `h`.
    fn digest(&self, h: &mut Hasher);
}

/// The digest of one value.
pub fn digest_of<T: Digest + ?Sized>(value: &T, mode: Mode) -> u64 {
    let mut h = Hasher::new(mode);
    value.digest(&mut h);
    h.finish()
}

macro_rules! number {
    ($($ty:ty),*) => {$(
        impl Digest for $ty {
            #[inline]
            fn digest(&self, h: &mut Hasher) {
                #[allow(clippy::cast_sign_loss, clippy::cast_lossless)]
                h.word(*self as u64);
            }
        }
    )*};
}
number!(u8, u16, u32, u64, i32, i64, bool);

impl Digest for () {
    fn digest(&self, _: &mut Hasher) {}
}

impl Digest for NodeId {
    #[inline]
    fn digest(&self, h: &mut Hasher) {
        h.word(u64::from(self.0));
    }
}

impl Digest for ClientId {
    fn digest(&self, h: &mut Hasher) {
        h.word(u64::from(self.0));
    }
}

impl Digest for Addr {
    fn digest(&self, h: &mut Hasher) {
        h.word(match self {
            Addr::Node(id) => u64::from(id.0),
            Addr::Client(id) => 0x100 | u64::from(id.0),
        });
    }
}

impl Digest for Time {
    #[inline]
    fn digest(&self, h: &mut Hasher) {
        if h.mode == Mode::Run {
            h.word(self.0);
        }
    }
}

impl Digest for MsgId {
    fn digest(&self, h: &mut Hasher) {
        if h.mode == Mode::Run {
            h.word(self.packed());
        }
    }
}

impl Digest for Token {
    fn digest(&self, h: &mut Hasher) {
        if h.mode == Mode::Run {
            h.word(u64::from(self.0));
        }
    }
}

impl<T: Digest> Digest for Option<T> {
    #[inline]
    fn digest(&self, h: &mut Hasher) {
        match self {
            None => h.word(0),
            Some(value) => {
                h.word(1);
                value.digest(h);
            }
        }
    }
}

impl<A: Digest, B: Digest> Digest for (A, B) {
    fn digest(&self, h: &mut Hasher) {
        self.0.digest(h);
        self.1.digest(h);
    }
}

impl<T: Digest> Digest for [T] {
    fn digest(&self, h: &mut Hasher) {
        h.word(self.len() as u64);
        for item in self {
            item.digest(h);
        }
    }
}

impl<T: Digest> Digest for Vec<T> {
    fn digest(&self, h: &mut Hasher) {
        self.as_slice().digest(h);
    }
}

impl<T: Digest> Digest for alloc::collections::VecDeque<T> {
    fn digest(&self, h: &mut Hasher) {
        h.word(self.len() as u64);
        for item in self {
            item.digest(h);
        }
    }
}

impl<T: Digest + ?Sized> Digest for Arc<T> {
    fn digest(&self, h: &mut Hasher) {
        (**self).digest(h);
    }
}

impl<T: Digest + ?Sized> Digest for alloc::boxed::Box<T> {
    fn digest(&self, h: &mut Hasher) {
        (**self).digest(h);
    }
}

impl Digest for str {
    fn digest(&self, h: &mut Hasher) {
        h.bytes(self.as_bytes());
    }
}

impl Digest for String {
    fn digest(&self, h: &mut Hasher) {
        h.bytes(self.as_bytes());
    }
}

impl<K: Digest, V: Digest> Digest for BTreeMap<K, V> {
    fn digest(&self, h: &mut Hasher) {
        h.word(self.len() as u64);
        for (key, value) in self {
            key.digest(h);
            value.digest(h);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn state_mode_leaves_instants_out() {
        assert_eq!(digest_of(&Time(1), Mode::State), digest_of(&Time(2), Mode::State));
        assert_ne!(digest_of(&Time(1), Mode::Run), digest_of(&Time(2), Mode::Run));
    }

    #[test]
    fn digests_are_the_same_on_every_machine() {
        // Written down once.
        let value = (Some(NodeId(3)), alloc::vec![1_u64, u64::MAX]);
        assert_eq!(digest_of(&value, Mode::Run), 0x97f0e6ab0585fb31);
    }
}
