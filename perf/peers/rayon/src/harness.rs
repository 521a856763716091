//! Pools, and the runs that are measured in one.

use crate::peer::{Ctx, Span};
use rayon::{ThreadPool, ThreadPoolBuilder};

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
