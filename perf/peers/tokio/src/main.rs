//! Benchmarks of Tokio's multi-thread runtime, one TAB separated row a metric:
//! system, version, bench, workers, metric, unit, median, min, max.

mod blocking;
mod harness;
mod sched;
#[cfg(feature = "net")]
mod servers;
mod sync;
mod timers;
mod wake;

use harness::Ctx;
use std::process::{exit, Command};

type Bench = fn(&Ctx);

const BENCHES: &[(&str, Bench)] = &[
    ("spawn_local", sched::spawn_local),
    ("spawn_remote_idle", sched::spawn_remote_idle),
    ("spawn_remote_busy", sched::spawn_remote_busy),
    ("spawn_join", sched::spawn_join),
    ("yield_many", sched::yield_many),
    ("yield_many_now", sched::yield_many_now),
    ("yield_one", sched::yield_one),
    ("yield_one_now", sched::yield_one_now),
    ("ping_pong", sched::ping_pong),
    ("chained_spawn", sched::chained_spawn),
    ("waker_pair", wake::waker_pair),
    ("notify_pair", wake::notify_pair),
    ("wake_external", wake::wake_external),
    ("wake_busy", wake::wake_busy),
    ("timers_cancel", timers::timers_cancel),
    ("timers_storm", timers::timers_storm),
    ("mixed", timers::mixed),
    ("memory", timers::memory),
    ("idle", timers::idle),
    ("blocking_one", blocking::blocking_one),
    ("blocking_many", blocking::blocking_many),
    ("mpsc_1_1", sync::mpsc::<1>),
    ("mpsc_5_1", sync::mpsc::<5>),
    ("mpsc_unbounded_1_1", sync::mpsc_unbounded::<1>),
    ("mpsc_unbounded_5_1", sync::mpsc_unbounded::<5>),
    ("mpsc_uncontended", sync::mpsc_uncontended),
    ("oneshot_ready", sync::oneshot_ready),
    ("request_reply", sync::request_reply),
    ("mutex_uncontended", sync::mutex_uncontended),
    ("mutex_contended", sync::mutex_contended),
    ("semaphore_uncontended", sync::semaphore_uncontended),
    ("semaphore_contended", sync::semaphore_contended),
    ("rwlock_read", sync::rwlock_read),
    ("rwlock_write", sync::rwlock_write),
    ("rwlock_mixed", sync::rwlock_mixed),
    ("notify_one_100", sync::notify_one),
    ("notify_waiters_500", sync::notify_waiters),
    ("broadcast_10", sync::broadcast::<10>),
    ("broadcast_100", sync::broadcast::<100>),
    ("broadcast_1000", sync::broadcast::<1000>),
    ("watch_10", sync::watch::<10>),
    ("watch_100", sync::watch::<100>),
    ("watch_1000", sync::watch::<1000>),
];

fn usage() -> ! {
    let names: Vec<&str> = BENCHES.iter().map(|b| b.0).collect();
    eprintln!("usage: tokio-peer [-b bench[,bench...]] [-w workers] [-r runs] [-q]");
    eprintln!("       tokio-peer -s echo|http [-p port] [-u path] [-w workers]");
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

/// What `-s` asks for, with the arguments that follow it.
#[cfg(feature = "net")]
fn serve(mut args: impl Iterator<Item = String>) -> ! {
    let mut options = servers::Options {
        http: match args.next().as_deref() {
            Some("echo") => false,
            Some("http") => true,
            _ => usage(),
        },
        port: 0,
        path: None,
        workers: 2,
    };
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "-p" => match args.next().and_then(|s| s.parse().ok()) {
                Some(port) => options.port = port,
                None => usage(),
            },
            "-u" => options.path = Some(args.next().unwrap_or_else(|| usage())),
            "-w" => options.workers = number(args.next()),
            _ => usage(),
        }
    }
    servers::serve(options);
}

#[cfg(not(feature = "net"))]
fn serve(_: impl Iterator<Item = String>) -> ! {
    eprintln!("tokio-peer: built without NET=1");
    exit(77);
}

fn main() {
    let mut ctx = Ctx {
        bench: "",
        workers: 2,
        runs: 5,
        quick: false,
    };
    let mut wanted: Vec<&(&str, Bench)> = Vec::new();
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "-b" => {
                for name in args.next().unwrap_or_else(|| usage()).split(',') {
                    match BENCHES.iter().find(|b| b.0 == name) {
                        Some(bench) => wanted.push(bench),
                        None => usage(),
                    }
                }
            }
            "-w" => ctx.workers = number(args.next()),
            "-r" => ctx.runs = number(args.next()),
            "-q" => ctx.quick = true,
            "-s" => serve(args),
            _ => usage(),
        }
    }
    if wanted.is_empty() {
        wanted = BENCHES.iter().collect();
    }
    if let [(name, bench)] = wanted[..] {
        ctx.bench = name;
        bench(&ctx);
        return;
    }

    // A process a bench: the heap and the threads that one leaves behind must
    // not show in the next one's figures.
    let exe = std::env::current_exe().expect("own path");
    let mut failed = false;
    for (name, _) in wanted {
        let mut child = Command::new(&exe);
        child.args(["-b", name, "-w", &ctx.workers.to_string()]);
        child.args(["-r", &ctx.runs.to_string()]);
        if ctx.quick {
            child.arg("-q");
        }
        let status = child.status().expect("run a bench");
        if !status.success() {
            eprintln!("tokio-peer: {}: {}", name, status);
            failed = true;
        }
    }
    exit(failed as i32);
}
