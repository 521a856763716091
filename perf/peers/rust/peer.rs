//! The frame of the peers in Rust: options, clocks and rows, as those of
//! perf/harness.h.  The crate says what it is by SYSTEM, VERSION, USAGE and
//! BENCHES.

use std::process::{exit, Command};
use std::time::Instant;

pub type Bench = fn(&Ctx);

/// One bench's settings.
pub struct Ctx {
    pub bench: &'static str,
    pub workers: usize,
    pub runs: usize,
    pub quick: bool,
}

impl Ctx {
    /// Prints one row; `values` holds a value a run.
    pub fn row(&self, metric: &str, unit: &str, mut values: Vec<f64>) {
        values.sort_by(f64::total_cmp);
        let n = values.len();
        println!(
            "{}\t{}\t{}\t{}\t{}\t{}\t{:.3}\t{:.3}\t{:.3}",
            crate::SYSTEM,
            crate::VERSION.unwrap_or("unknown"),
            self.bench,
            self.workers,
            metric,
            unit,
            (values[(n - 1) / 2] + values[n / 2]) / 2.0,
            values[0],
            values[n - 1],
        );
    }
}

/// Wall time and the process's user + system time, in ns.
#[derive(Default)]
pub struct Span {
    pub wall: u64,
    pub cpu: u64,
}

impl std::ops::AddAssign for Span {
    fn add_assign(&mut self, more: Span) {
        self.wall += more.wall;
        self.cpu += more.cpu;
    }
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

pub fn usage() -> ! {
    let names: Vec<&str> = crate::BENCHES.iter().map(|b| b.0).collect();
    eprintln!("usage: {}", crate::USAGE);
    eprintln!("benches: {}", names.join(" "));
    exit(2);
}

/// The option's value as a positive number.
pub fn number(arg: Option<String>) -> usize {
    match arg.and_then(|s| s.parse().ok()) {
        Some(n) if n > 0 => n,
        _ => usage(),
    }
}

/// A process a bench: the heap and the threads that one leaves behind must not
/// show in the next one's figures.
fn run_apart(ctx: &Ctx, name: &str) -> bool {
    let mut child = Command::new(std::env::current_exe().expect("own path"));
    child.args(["-b", name, "-w", &ctx.workers.to_string()]);
    child.args(["-r", &ctx.runs.to_string()]);
    if ctx.quick {
        child.arg("-q");
    }
    let status = child.status().expect("run a bench");
    if !status.success() {
        eprintln!("{}-peer: {}: {}", crate::SYSTEM, name, status);
    }
    status.success()
}

/// Runs the benches that the options name, or all.
pub fn run(mut args: impl Iterator<Item = String>) {
    let mut ctx = Ctx {
        bench: "",
        workers: 2,
        runs: 5,
        quick: false,
    };
    let mut wanted: Vec<&(&str, Bench)> = Vec::new();
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "-b" => {
                for name in args.next().unwrap_or_else(|| usage()).split(',') {
                    match crate::BENCHES.iter().find(|b| b.0 == name) {
                        Some(bench) => wanted.push(bench),
                        None => usage(),
                    }
                }
            }
            "-w" => ctx.workers = number(args.next()),
            "-r" => ctx.runs = number(args.next()),
            "-q" => ctx.quick = true,
            _ => usage(),
        }
    }
    if wanted.is_empty() {
        wanted = crate::BENCHES.iter().collect();
    }
    if let [(name, bench)] = wanted[..] {
        ctx.bench = name;
        bench(&ctx);
        return;
    }
    let failed = wanted.iter().filter(|b| !run_apart(&ctx, b.0)).count();
    exit((failed > 0) as i32);
}
