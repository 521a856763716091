//! The computations of perf/ with rayon, one TAB separated row a metric:
//! system, version, bench, workers, metric, unit, median, min, max.

mod arrays;
mod forks;
mod harness;
mod kernels;

use harness::Ctx;
use std::process::{exit, Command};

type Bench = fn(&Ctx);

const BENCHES: &[(&str, Bench)] = &[
    ("fib", forks::run_fib),
    ("nqueens", forks::run_nqueens),
    ("skynet", forks::run_skynet),
    ("sort_u32", arrays::run_sort_u32),
    ("mergesort", arrays::run_mergesort),
    ("matmul", arrays::run_matmul),
    ("for_sum", arrays::run_for_sum),
    ("for_tiny_in", arrays::run_for_tiny_in),
    ("for_tiny_out", arrays::run_for_tiny_out),
    ("fork_idle", forks::run_fork_idle),
];

fn usage() -> ! {
    let names: Vec<&str> = BENCHES.iter().map(|b| b.0).collect();
    eprintln!("usage: rayon-peer [-b bench[,bench...]] [-w workers] [-r runs] [-q]");
    eprintln!("benches: {}", names.join(" "));
    exit(2);
}

/// The option's value as a positive number.
fn number(arg: Option<String>) -> usize {
    match arg.and_then(|s| s.parse().ok()) {
        Some(n) if n > 0 => n,
        _ => usage(),
    }
}

/// A process a bench, as of the other peers.
fn run_apart(ctx: &Ctx, name: &str) -> bool {
    let mut child = Command::new(std::env::current_exe().expect("own path"));
    child.args(["-b", name, "-w", &ctx.workers.to_string()]);
    child.args(["-r", &ctx.runs.to_string()]);
    if ctx.quick {
        child.arg("-q");
    }
    child.status().expect("run a bench").success()
}

fn main() {
    let mut ctx = Ctx {
        bench: "",
        workers: 2,
        runs: 5,
        quick: false,
    };
    let mut names = String::new();
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "-b" => names = args.next().unwrap_or_else(|| usage()),
            "-w" => ctx.workers = number(args.next()),
            "-r" => ctx.runs = number(args.next()),
            "-q" => ctx.quick = true,
            _ => usage(),
        }
    }
    let wanted = |name: &str| names.is_empty() || names.split(',').any(|n| n == name);
    let chosen: Vec<&(&str, Bench)> = BENCHES.iter().filter(|b| wanted(b.0)).collect();
    match chosen[..] {
        [] => usage(),
        [(name, bench)] => {
            ctx.bench = name;
            bench(&ctx);
        }
        _ => {
            let failed = chosen.iter().filter(|b| !run_apart(&ctx, b.0)).count();
            exit((failed > 0) as i32);
        }
    }
}
