//! The computations of perf/ with rayon, one TAB separated row a metric:
//! system, version, bench, workers, metric, unit, median, min, max.

mod arrays;
mod forks;
mod harness;
mod kernels;
#[path = "../../rust/peer.rs"]
mod peer;

const SYSTEM: &str = "rayon";
const VERSION: Option<&str> = option_env!("RAYON_PEER_VERSION");
const USAGE: &str = "rayon-peer [-b bench[,bench...]] [-w workers] [-r runs] [-q]";

const BENCHES: &[(&str, peer::Bench)] = &[
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

fn main() {
    peer::run(std::env::args().skip(1));
}
