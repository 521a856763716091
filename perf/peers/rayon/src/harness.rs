//! Clocks and rows of output, as those of perf/harness.h.

use rayon::{ThreadPool, ThreadPoolBuilder};
use std::time::Instant;

/// One bench's settings, and what its runs have measured.
pub struct Ctx {
    pub bench: &'static str,
    pub workers: usize,
    pub runs: usize,
    pub quick: bool,
}

impl Ctx {
    /// One or the other, with `-q`.
    pub fn size<T>(&self, full: T, quick: T) -> T {
        if self.quick {
            quick
        } else {
            full
        }
    }

    pub fn pool(&self) -> ThreadPool {
        let pool = ThreadPoolBuilder::new().num_threads(self.workers);
        pool.build().expect("pool")
    }

    /// Prints one row; `values` holds a value a run.
    pub fn row(&self, metric: &str, unit: &str, mut values: Vec<f64>) {
        values.sort_by(f64::total_cmp);
        let n = values.len();
        println!(
            "rayon\t{}\t{}\t{}\t{}\t{}\t{:.3}\t{:.3}\t{:.3}",
            option_env!("RAYON_PEER_VERSION").unwrap_or("unknown"),
            self.bench,
            self.workers,
            metric,
            unit,
            (values[(n - 1) / 2] + values[n / 2]) / 2.0,
            values[0],
            values[n - 1],
        );
    }

    /// A warm-up and the counted runs of `run`, which does `ops` operations;
    /// gives the wall times an operation in ns.
    fn measure(&self, ops: u64, unit: &str, mut run: impl FnMut(&ThreadPool) -> Span) -> Vec<f64> {
        let pool = self.pool();
        run(&pool);
        let spans: Vec<Span> = (0..self.runs).map(|_| run(&pool)).collect();
        let each = |ns: u64| ns as f64 / ops as f64;
        let scale = if unit == "ms" { 1e6 } else { 1.0 };
        let row = |of: fn(&Span) -> u64| spans.iter().map(|s| each(of(s)) / scale).collect();
        self.row("wall", unit, row(|s| s.wall));
        self.row("cpu", unit, row(|s| s.cpu));
        spans.iter().map(|s| each(s.wall)).collect()
    }

    /// In ns an operation; with `core`, also as the time of one worker.
    pub fn ns(&self, ops: u64, core: bool, run: impl FnMut(&ThreadPool) -> Span) {
        let wall = self.measure(ops, "ns", run);
        if core {
            let workers = self.workers as f64;
            self.row("core", "ns", wall.iter().map(|ns| ns * workers).collect());
        }
    }

    /// In ms an operation.
    pub fn ms(&self, ops: u64, run: impl FnMut(&ThreadPool) -> Span) {
        self.measure(ops, "ms", run);
    }
}

/// Wall time and the process's user + system time, in ns.
pub struct Span {
    pub wall: u64,
    pub cpu: u64,
}

pub struct Clock(Instant, u64);

impl Clock {
    pub fn start() -> Clock {
        let cpu = process_cpu();
        Clock(Instant::now(), cpu)
    }

    pub fn stop(self) -> Span {
        Span {
            wall: self.0.elapsed().as_nanos() as u64,
            cpu: process_cpu() - self.1,
        }
    }
}

// Declared here so as not to depend on one more crate (Linux with 64-bit long).
#[repr(C)]
struct Timespec {
    sec: i64,
    nsec: i64,
}

extern "C" {
    fn clock_gettime(clock: i32, ts: *mut Timespec) -> i32;
}

pub fn process_cpu() -> u64 {
    const CLOCK_PROCESS_CPUTIME_ID: i32 = 2;
    let mut ts = Timespec { sec: 0, nsec: 0 };
    let rc = unsafe { clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &mut ts) };
    assert_eq!(rc, 0, "clock_gettime");
    ts.sec as u64 * 1_000_000_000 + ts.nsec as u64
}
