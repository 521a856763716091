//! Runtimes, the runs that are measured on one, and the small tools that several
//! benches share.

use crate::peer::{Ctx, Span};
use std::future::Future;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::*};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

impl Ctx {
    /// A tenth of the work with `-q`.
    pub fn scale(&self, n: usize) -> usize {
        if self.quick {
            (n / 10).max(1)
        } else {
            n
        }
    }

    pub fn runtime(&self) -> Runtime {
        Builder::new_multi_thread()
            .worker_threads(self.workers)
            .enable_all()
            .build()
            .expect("runtime")
    }

    /// A warm-up and the counted runs of `run`, which does `ops` operations.
    pub fn throughput(&self, ops: usize, mut run: impl FnMut(&Runtime) -> Span) {
        let rt = self.runtime();
        run(&rt);
        let spans: Vec<Span> = (0..self.runs).map(|_| run(&rt)).collect();
        let each = |ns: u64| ns as f64 / ops as f64;
        self.row("wall", "ns", spans.iter().map(|s| each(s.wall)).collect());
        self.row("cpu", "ns", spans.iter().map(|s| each(s.cpu)).collect());
    }

    /// The same for a bench of latencies: `run` gives them in ns, with the
    /// span over which its `ops` operations took place.
    pub fn latencies(&self, ops: usize, mut run: impl FnMut(&Runtime) -> (Span, Vec<u64>)) {
        let rt = self.runtime();
        run(&rt);
        self.latencies_of(self.runs, ops, || run(&rt));
    }

    /// The same without a warm-up.
    pub fn latencies_of(&self, runs: usize, ops: usize, mut run: impl FnMut() -> (Span, Vec<u64>)) {
        let mut cpu = Vec::new();
        let mut points = [(0.5, "p50"), (0.99, "p99"), (0.999, "p999")].map(|p| (p, Vec::new()));
        for _ in 0..runs {
            let (span, mut ns) = run();
            assert_eq!(ns.len(), ops, "a latency an operation");
            ns.sort_unstable();
            cpu.push(span.cpu as f64 / ops as f64);
            for ((point, _), values) in &mut points {
                let rank = (*point * ops as f64).ceil() as usize;
                values.push(ns[rank.max(1) - 1] as f64 / 1000.0);
            }
        }
        for ((_, name), values) in points {
            self.row(name, "us", values);
        }
        self.row("cpu", "ns", cpu);
    }
}

// Declared here so as not to depend on one more crate (Linux with 64-bit long).
extern "C" {
    fn sysconf(name: i32) -> i64;
}

/// The process's resident set in bytes.
pub fn rss() -> u64 {
    const SC_PAGESIZE: i32 = 30;
    let statm = std::fs::read_to_string("/proc/self/statm").expect("statm");
    let pages: u64 = statm.split(' ').nth(1).unwrap().parse().unwrap();
    pages * unsafe { sysconf(SC_PAGESIZE) } as u64
}

/// Runs `task` as a task on a worker, and waits for it from outside.
pub fn on_worker<T: Send + 'static>(
    rt: &Runtime,
    task: impl Future<Output = T> + Send + 'static,
) -> T {
    rt.block_on(rt.spawn(task)).unwrap()
}

/// Counts tasks down; the last one wakes the task that waits.
pub struct Latch {
    left: AtomicUsize,
    done: Notify,
}

impl Latch {
    pub fn new(n: usize) -> Arc<Latch> {
        Arc::new(Latch {
            left: AtomicUsize::new(n),
            done: Notify::new(),
        })
    }

    pub fn count_down(&self) {
        if self.left.fetch_sub(1, AcqRel) == 1 {
            self.done.notify_one();
        }
    }

    pub async fn wait(&self) {
        self.done.notified().await;
        assert_eq!(self.left.load(Acquire), 0, "tasks left");
    }
}

/// Tasks that keep every worker busy: two a worker, each of which yields and
/// then burns 10 us, as in Tokio's own spawn_many_remote_busy1.
pub struct Busy {
    stop: Arc<AtomicBool>,
    tasks: Vec<JoinHandle<u64>>,
}

impl Busy {
    pub fn start(rt: &Runtime, workers: usize) -> Busy {
        let stop = Arc::new(AtomicBool::new(false));
        let task = |_| {
            let stop = stop.clone();
            rt.spawn(async move {
                let mut turns = 0;
                while !stop.load(Relaxed) {
                    tokio::task::yield_now().await;
                    let start = Instant::now();
                    while start.elapsed() < Duration::from_micros(10) {
                        std::thread::yield_now();
                    }
                    turns += 1;
                }
                turns
            })
        };
        let tasks = (0..2 * workers).map(task).collect();
        Busy { stop, tasks }
    }

    pub fn stop(self, rt: &Runtime) {
        self.stop.store(true, Relaxed);
        for task in self.tasks {
            assert!(rt.block_on(task).unwrap() > 0, "a busy task never ran");
        }
    }
}

/// xorshift64: every peer draws the same durations.
pub struct Random(u64);

impl Random {
    pub fn new() -> Random {
        Random(0x9e37_79b9_7f4a_7c15)
    }

    /// A duration of `low`..`high` us.
    pub fn micros(&mut self, low: u64, high: u64) -> Duration {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        Duration::from_micros(low + self.0 % (high - low))
    }
}
