//! Things found by their names and taken out in any order: messages in flight and calls.

use alloc::vec::Vec;

use kernel::MsgId;

/// Has a name.
pub(crate) trait Name {
    fn id(&self) -> MsgId;
}

/// Names that may be left over beside twice as many as there are things.
const LEFT_OVER: usize = 32;

/// Things in the order of their names. Nearly every name is higher than all before it; the first ones go first, but not
/// quite, so a name stays in the order when its thing goes, until too many have stayed.
#[derive(Clone, Debug)]
pub(crate) struct Named<T> {
    slots: Vec<Option<T>>,
    free: Vec<u32>,
    /// Ascending by name. A slot that holds nothing, or something of another name, means that the thing is gone.
    order: Vec<(MsgId, u32)>,
}

impl<T: Name> Named<T> {
    pub const fn new() -> Self {
        Named { slots: Vec::new(), free: Vec::new(), order: Vec::new() }
    }

    pub fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    /// All things in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.order.iter().filter_map(|&(id, slot)| held(&self.slots, id, slot))
    }

    /// Where the thing of this name is, if it was not taken out.
    pub fn slot_of(&self, id: MsgId) -> Option<u32> {
        let at = self.order.binary_search_by_key(&id, |&(id, _)| id).ok()?;
        self.order.get(at).map(|&(_, slot)| slot)
    }

    /// What is in a slot, when it has this name.
    #[inline]
    pub fn get_in(&self, slot: u32, id: MsgId) -> Option<&T> {
        held(&self.slots, id, slot)
    }

    pub fn get(&self, id: MsgId) -> Option<&T> {
        self.get_in(self.slot_of(id)?, id)
    }

    pub fn get_mut(&mut self, id: MsgId) -> Option<&mut T> {
        let slot = self.slot_of(id)?;
        self.slots.get_mut(slot as usize)?.as_mut().filter(|thing| thing.id() == id)
    }

    /// Puts a thing in, and says in which slot.
    #[inline]
    pub fn insert(&mut self, thing: T) -> u32 {
        let id = thing.id();
        let slot = match self.free.pop() {
            Some(slot) => {
                if let Some(place) = self.slots.get_mut(slot as usize) {
                    *place = Some(thing);
                }
                slot
            }
            None => {
                self.slots.push(Some(thing));
                u32::try_from(self.slots.len() - 1).expect("limits::FLIGHTS is far below 2^32")
            }
        };
        self.put_in_order(id, slot);
        slot
    }

    #[inline]
    fn put_in_order(&mut self, id: MsgId, slot: u32) {
        if self.order.len() >= 2 * self.len() + LEFT_OVER {
            self.tidy();
        }
        if self.order.last().is_none_or(|&(last, _)| last < id) {
            return self.order.push((id, slot));
        }
        self.put_between(id, slot);
    }

    fn tidy(&mut self) {
        let slots = &self.slots;
        self.order.retain(|&(id, slot)| held(slots, id, slot).is_some());
    }

    fn put_between(&mut self, id: MsgId, slot: u32) {
        match self.order.binary_search_by_key(&id, |&(id, _)| id) {
            Ok(at) => {
                if let Some(left_over) = self.order.get_mut(at) {
                    left_over.1 = slot;
                }
            }
            Err(at) => self.order.insert(at, (id, slot)),
        }
    }

    /// Takes out what is in a slot, when it has this name.
    #[inline]
    pub fn remove_from(&mut self, slot: u32, id: MsgId) -> Option<T> {
        let taken = self.slots.get_mut(slot as usize)?.take_if(|thing| thing.id() == id)?;
        self.free.push(slot);
        Some(taken)
    }

    /// Takes a thing out.
    pub fn remove(&mut self, id: MsgId) -> Option<T> {
        self.remove_from(self.slot_of(id)?, id)
    }
}

fn held<T: Name>(slots: &[Option<T>], id: MsgId, slot: u32) -> Option<&T> {
    slots.get(slot as usize)?.as_ref().filter(|thing| thing.id() == id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::collections::BTreeMap;

    impl Name for (MsgId, u64) {
        fn id(&self) -> MsgId {
            self.0
        }
    }

    #[test]
    fn behaves_like_a_tree() {
        let (mut ours, mut tree, mut seed) = (Named::new(), BTreeMap::new(), 5_u64);
        for round in 0..5000_u64 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let back = u32::try_from(seed >> 60).expect("small");
            let step = u32::try_from(round / 4).expect("small").saturating_sub(back);
            let id = MsgId { step, index: 0 };
            // What is put in again was taken out before.
            assert_eq!(ours.remove(id), tree.remove(&id).map(|value| (id, value)));
            assert_eq!(ours.get(id), None);
            assert_eq!(ours.get_mut(id), None);
            if seed >> 40 & 3 != 0 {
                ours.insert((id, round));
                tree.insert(id, round);
                assert_eq!(ours.get(id), Some(&(id, round)));
                assert!(ours.order.len() <= 2 * ours.len() + LEFT_OVER);
            }
            assert_eq!(ours.len(), tree.len());
            assert!(ours.iter().copied().eq(tree.iter().map(|(id, value)| (*id, *value))));
            if round % 50 == 0 {
                tree.keys().for_each(|id| assert!(ours.remove(*id).is_some()));
                tree.clear();
            }
        }
    }
}
