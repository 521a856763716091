//! Benchmarks of Tokio's multi-thread runtime, one TAB separated row a metric:
//! system, version, bench, workers, metric, unit, median, min, max.

mod blocking;
mod harness;
#[path = "../../rust/peer.rs"]
mod peer;
mod sched;
#[cfg(feature = "net")]
mod servers;
mod sync;
mod timers;
mod wake;

const SYSTEM: &str = "tokio";
const VERSION: Option<&str> = option_env!("TOKIO_PEER_VERSION");
const USAGE: &str = "tokio-peer [-b bench[,bench...]] [-w workers] [-r runs] [-q]
       tokio-peer -s echo|http [-p port] [-u path] [-w workers]";

const BENCHES: &[(&str, peer::Bench)] = &[
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

/// What `-s` asks for, with the arguments that follow it.
#[cfg(feature = "net")]
fn serve(mut args: impl Iterator<Item = String>) -> ! {
    let mut options = servers::Options {
        http: match args.next().as_deref() {
            Some("echo") => false,
            Some("http") => true,
            _ => peer::usage(),
        },
        port: 0,
        path: None,
        workers: 2,
    };
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "-p" => match args.next().and_then(|s| s.parse().ok()) {
                Some(port) => options.port = port,
                None => peer::usage(),
            },
            "-u" => options.path = Some(args.next().unwrap_or_else(|| peer::usage())),
            "-w" => options.workers = peer::number(args.next()),
            _ => peer::usage(),
        }
    }
    servers::serve(options);
}

#[cfg(not(feature = "net"))]
fn serve(_: impl Iterator<Item = String>) -> ! {
    eprintln!("tokio-peer: built without NET=1");
    std::process::exit(77);
}

fn main() {
    let mut args = std::env::args().skip(1).peekable();
    if args.next_if_eq("-s").is_some() {
        serve(args);
    }
    peer::run(args);
}
