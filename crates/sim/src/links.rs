//! The network: what a way from one end to another does to messages.

use alloc::vec::Vec;

use kernel::{Addr, Digest, Hasher, Mode, NetConfig};

use crate::draws::hash_range;

/// A way that differs from the network's configuration.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LinkShape {
    /// Least microseconds.
    pub latency_us_min: u64,
    /// Most microseconds.
    pub latency_us_max: u64,
    /// Lost messages of a million.
    pub loss_ppm: u32,
}

/// One direction between two ends.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Link {
    pub cut: bool,
    pub shape: Option<LinkShape>,
    sent: u32,
    /// Its run digest.
    known: u64,
}

impl Link {
    fn digest_at(&self, at: usize) -> u64 {
        let mut h = Hasher::new(Mode::Run);
        h.word(at as u64);
        h.word(u64::from(self.sent));
        self.digest(&mut h);
        h.finish()
    }

    /// Puts its digest in the place of the one it had in `sum`.
    fn changed(&mut self, at: usize, sum: &mut u64) {
        let digest = self.digest_at(at);
        *sum = sum.wrapping_sub(self.known).wrapping_add(digest);
        self.known = digest;
    }
}

impl Digest for Link {
    fn digest(&self, h: &mut Hasher) {
        h.word(u64::from(self.cut));
        if let Some(shape) = self.shape {
            h.word(shape.latency_us_min);
            h.word(shape.latency_us_max);
            h.word(u64::from(shape.loss_ppm));
        }
    }
}

/// What the network does with one message.
pub(crate) struct Fate {
    pub latency_us: u64,
    pub lost: bool,
    /// Latency of a second copy.
    pub copy_us: Option<u64>,
}

/// Every direction between every two ends.
#[derive(Clone, Debug)]
pub(crate) struct Links {
    ends: usize,
    links: Vec<Link>,
    /// What has changed since the first state, for the run digest.
    sum: u64,
}

const LATENCY: u64 = 0x1_0000;
const LOSS: u64 = 0x2_0000;
const DUPLICATE: u64 = 0x3_0000;
const COPY_LATENCY: u64 = 0x4_0000;

impl Links {
    pub fn new(ends: usize) -> Self {
        let link = |at| Link { known: Link::default().digest_at(at), ..Link::default() };
        Links { ends, links: (0..ends * ends).map(link).collect(), sum: 0 }
    }

    fn at(&self, from: usize, to: usize) -> usize {
        debug_assert!(from < self.ends && to < self.ends);
        from * self.ends + to
    }

    pub fn get(&self, from: usize, to: usize) -> Link {
        self.links.get(self.at(from, to)).copied().unwrap_or_default()
    }

    /// Whether nothing gets through.
    pub fn is_cut(&self, from: usize, to: usize) -> bool {
        self.links.get(self.at(from, to)).is_some_and(|link| link.cut)
    }

    pub fn change(&mut self, from: usize, to: usize, change: impl FnOnce(&mut Link)) {
        let at = self.at(from, to);
        let Some(link) = self.links.get_mut(at) else { return };
        change(link);
        link.changed(at, &mut self.sum);
    }

    /// Digest of everything that has changed on the ways, draws too.
    pub fn sum(&self) -> u64 {
        self.sum
    }

    /// Draws what happens to the next message on the way `from` → `to`.
    pub fn fate(&mut self, seed: u64, net: &NetConfig, who: (Addr, Addr), at: (usize, usize)) -> Fate {
        let index = self.at(at.0, at.1);
        let Some(link) = self.links.get_mut(index) else {
            return Fate { latency_us: net.latency_us_min, lost: false, copy_us: None };
        };
        link.sent = link.sent.wrapping_add(1);
        link.changed(index, &mut self.sum);
        let (min, max, loss_ppm) =
            link.shape.map_or((net.latency_us_min, net.latency_us_max, net.loss_ppm), |s| {
                (s.latency_us_min, s.latency_us_max, s.loss_ppm)
            });
        let peer = at.1 as u64;
        let nth = link.sent;
        let draw = |purpose: u64, lo: u64, hi: u64| hash_range(seed, who.0, purpose | peer, nth, lo, hi);
        let chance = |purpose: u64, ppm: u32| ppm > 0 && draw(purpose, 0, 1_000_000) < u64::from(ppm);
        Fate {
            latency_us: draw(LATENCY, min, max.saturating_add(1)),
            lost: chance(LOSS, loss_ppm),
            copy_us: chance(DUPLICATE, net.duplicate_ppm)
                .then(|| draw(COPY_LATENCY, min, max.saturating_add(1))),
        }
    }
}

impl Digest for Links {
    fn digest(&self, h: &mut Hasher) {
        self.links.iter().for_each(|link| link.digest(h));
    }
}
