//! Room in the page's memory, made in large pieces.
//!
//! A wasm module's memory grows by what the allocator asks for, 64 KB at a time, and a browser answers every few
//! growths with a collection of all its garbage: a recording spent a fifth of its time on that.

/// Called now and then while a recording grows. Once the memory has grown since the last call, there is no room left;
/// then an eighth more is asked for at once and given back to the allocator, which keeps it for what comes.
#[cfg(target_arch = "wasm32")]
pub fn make() {
    use core::arch::wasm32::memory_size;
    use std::sync::atomic::{AtomicUsize, Ordering};

    const PAGE: usize = 1 << 16;
    const LEAST_PAGES: usize = 16;
    static KNOWN_PAGES: AtomicUsize = AtomicUsize::new(0);

    let pages = memory_size::<0>();
    if pages > KNOWN_PAGES.load(Ordering::Relaxed) {
        let piece = (pages / 8).max(LEAST_PAGES) * PAGE;
        // Without so much left it goes on as it can.
        let mut room = Vec::<u8>::new();
        let _ = std::hint::black_box(&mut room).try_reserve_exact(piece);
        drop(room);
        KNOWN_PAGES.store(memory_size::<0>(), Ordering::Relaxed);
    }
}

/// Other allocators make room in large pieces by themselves.
#[cfg(not(target_arch = "wasm32"))]
pub fn make() {}
