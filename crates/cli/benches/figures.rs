//! The native figures of `npm run bench`: events a second, bytes an event, seeks. One JSON object on standard output.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use kernel::{Action, Addr, ClientId, Command, Decision, NetConfig, Setup};
use serde_json::json;
use sim::{Cluster, Config};

/// Counts what is allocated, so that history is measured in bytes and not in guesses.
struct Counting;

static ALLOCATED: AtomicUsize = AtomicUsize::new(0);

// A counting allocator is the one place that cannot do without `unsafe`: it only forwards and counts.
#[allow(unsafe_code)]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATED.fetch_add(layout.size(), Ordering::Relaxed);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        ALLOCATED.fetch_sub(layout.size(), Ordering::Relaxed);
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// Steps of the long run; the variable EVENTS asks for another number.
fn steps_wanted() -> u32 {
    std::env::var("EVENTS").ok().and_then(|text| text.parse().ok()).unwrap_or(1_000_000)
}

/// A client writes so often: 50 requests a second.
const INTERVAL_MS: &str = "20";

fn load() -> Decision {
    let command = Command { verb: "load".to_owned(), args: vec![INTERVAL_MS.to_owned()] };
    Decision::Command(Addr::Client(ClientId(0)), command)
}

fn net() -> NetConfig {
    NetConfig { latency_us_min: 500, latency_us_max: 1500, ..NetConfig::default() }
}

/// The same run without any history, for the difference.
fn bare() -> (usize, Duration) {
    let before = ALLOCATED.load(Ordering::Relaxed);
    let start = Instant::now();
    let mut config = Config::<lab::engines::dledger::DLedger>::new(5, 7);
    config.net = net();
    let mut cluster = Cluster::new(config);
    cluster.watch(false);
    cluster.apply(&Action::now(load())).expect("a client can be told to write");
    while cluster.step() < steps_wanted() && cluster.auto() {}
    let took = start.elapsed();
    (ALLOCATED.load(Ordering::Relaxed) - before, took)
}

fn mean_and_worst(mut times: Vec<Duration>) -> (f64, f64) {
    times.sort_unstable();
    let mean = times.iter().sum::<Duration>().as_secs_f64() / times.len().max(1) as f64;
    let p99 = times.get(times.len() * 99 / 100).map_or(0.0, Duration::as_secs_f64);
    (mean * 1e6, p99 * 1e6)
}

fn main() {
    let (bare_bytes, bare_time) = bare();
    let before = ALLOCATED.load(Ordering::Relaxed);
    let mut setup = Setup::new("dledger", 7);
    setup.net = net();
    let mut run = lab::start(setup).expect("the setup is possible");
    run.act(Action::now(load())).expect("a client can be told to write");
    let start = Instant::now();
    let steps = run.race(steps_wanted() - 1) + 1;
    let took = start.elapsed();
    let history = (ALLOCATED.load(Ordering::Relaxed) - before).saturating_sub(bare_bytes);
    let events = run.status().events;
    let mut at = 12345_u64;
    let seeks = (0..500).map(|_| {
        at = at.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let to = u32::try_from((at >> 33) % u64::from(steps)).unwrap_or(0);
        let start = Instant::now();
        run.seek(to);
        start.elapsed()
    });
    let (seek_mean, seek_p99) = mean_and_worst(seeks.collect());
    run.seek(steps / 2);
    let backs = (0..150).map(|_| {
        let start = Instant::now();
        run.back();
        start.elapsed()
    });
    let (back_mean, back_p99) = mean_and_worst(backs.collect());
    let trace_bytes = trace::write(&run.record()).len();
    println!(
        "{}",
        json!({
            "events": events,
            "events_per_s": events as f64 / took.as_secs_f64(),
            "events_per_s_without_history": events as f64 / bare_time.as_secs_f64(),
            "history_bytes_per_event": history as f64 / events as f64,
            "seek_mean_us": seek_mean, "seek_p99_us": seek_p99,
            "step_back_mean_us": back_mean, "step_back_p99_us": back_p99,
            "trace_bytes_per_event": trace_bytes as f64 / events as f64,
        })
    );
}
