//! Calls waiting for their answers: found by name, given up in order of their deadlines.

use alloc::collections::VecDeque;

use kernel::{Addr, Digest, Engine, Hasher, Mode, MsgId, Time};

/// A call waiting for its answer.
#[derive(Clone, Debug)]
pub(crate) struct Call<E: Engine> {
    pub id: MsgId,
    pub from: Addr,
    pub to: Addr,
    pub ctx: E::Ctx,
    pub deadline: Time,
    /// The callee has it and has not answered.
    pub at_callee: bool,
    /// The caller no longer waits; kept so that a late answer finds its way.
    pub given_up: bool,
}

impl<E: Engine> Call<E> {
    /// What never changes.
    fn digest_lasting(&self, h: &mut Hasher) {
        self.id.digest(h);
        self.from.digest(h);
        self.to.digest(h);
        self.ctx.digest(h);
        self.deadline.digest(h);
    }

    fn digest_after(&self, mut lasting: Hasher) -> u64 {
        lasting.word(u64::from(self.at_callee) | u64::from(self.given_up) << 1);
        lasting.finish()
    }

    /// Its digest without times and names.
    pub fn state_digest(&self) -> u64 {
        let mut h = Hasher::new(Mode::State);
        self.digest_lasting(&mut h);
        self.digest_after(h)
    }
}

/// A call with what its run digest begins with: only the end is computed anew when it changes.
#[derive(Clone, Debug)]
struct Kept<E: Engine> {
    call: Call<E>,
    lasting: Hasher,
}

impl<E: Engine> Kept<E> {
    fn digest(&self) -> u64 {
        self.call.digest_after(self.lasting.clone())
    }
}

/// All calls.
#[derive(Clone, Debug)]
pub(crate) struct Calls<E: Engine> {
    /// Ascending by name.
    kept: VecDeque<Kept<E>>,
    /// Ascending by deadline; without those given up.
    deadlines: VecDeque<(Time, MsgId)>,
    sum: u64,
}

impl<E: Engine> Calls<E> {
    pub fn new() -> Self {
        Calls { kept: VecDeque::new(), deadlines: VecDeque::new(), sum: 0 }
    }

    /// Sum of the digests of all calls.
    pub fn sum(&self) -> u64 {
        self.sum
    }

    /// The instants at which callers stop waiting, ascending.
    pub fn deadlines(&self) -> impl Iterator<Item = (Time, MsgId)> {
        self.deadlines.iter().copied()
    }

    /// All calls in the order of their creation.
    pub fn iter(&self) -> impl Iterator<Item = &Call<E>> {
        self.kept.iter().map(|kept| &kept.call)
    }

    fn place(&self, id: MsgId) -> Option<usize> {
        self.kept.binary_search_by_key(&id, |kept| kept.call.id).ok()
    }

    pub fn get(&self, id: MsgId) -> Option<&Call<E>> {
        self.kept.get(self.place(id)?).map(|kept| &kept.call)
    }

    /// Adds a call. Names and deadlines nearly always ascend.
    pub fn add(&mut self, call: Call<E>) {
        if !call.given_up && call.deadline != Time::NEVER {
            let key = (call.deadline, call.id);
            let at = match self.deadlines.back() {
                Some(last) if *last > key => self.deadlines.partition_point(|other| *other < key),
                _ => self.deadlines.len(),
            };
            self.deadlines.insert(at, key);
        }
        let at = match self.kept.back() {
            Some(last) if last.call.id > call.id => self.kept.partition_point(|kept| kept.call.id < call.id),
            _ => self.kept.len(),
        };
        let mut lasting = Hasher::new(Mode::Run);
        call.digest_lasting(&mut lasting);
        let kept = Kept { call, lasting };
        self.sum = self.sum.wrapping_add(kept.digest());
        self.kept.insert(at, kept);
    }

    /// Takes a call out.
    pub fn remove(&mut self, id: MsgId) -> Option<Call<E>> {
        let kept = self.kept.remove(self.place(id)?)?;
        self.sum = self.sum.wrapping_sub(kept.digest());
        let call = kept.call;
        if !call.given_up
            && let Ok(at) = self.deadlines.binary_search(&(call.deadline, id))
        {
            self.deadlines.remove(at);
        }
        Some(call)
    }

    /// Says whether the callee has the call and has not answered.
    pub fn set_at_callee(&mut self, id: MsgId, at_callee: bool) {
        let Some(kept) = self.place(id).and_then(|at| self.kept.get_mut(at)) else { return };
        let before = kept.digest();
        kept.call.at_callee = at_callee;
        self.sum = self.sum.wrapping_sub(before).wrapping_add(kept.digest());
    }
}
