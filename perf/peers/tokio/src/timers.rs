//! Timers, and what sleeping tasks cost in memory and in time.

use crate::harness::{on_worker, rss, Latch, Random};
use crate::peer::{Clock, Ctx};
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::*};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::thread;
use std::time::Duration;
use tokio::task::unconstrained;
use tokio::time::{sleep, sleep_until, Instant, Sleep};

const HOUR: Duration = Duration::from_secs(3_600);

/// Polls each sleep once; ready with the number of those that are pending.
struct PollEach<'a>(&'a mut Vec<Sleep>);

impl Future for PollEach<'_> {
    type Output = usize;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<usize> {
        let pending = self.0.iter_mut().filter_map(|sleep| {
            // Sound: from here to their drop in place, the vector neither
            // grows nor moves them.
            let sleep = unsafe { Pin::new_unchecked(sleep) };
            sleep.poll(cx).is_pending().then_some(())
        });
        Poll::Ready(pending.count())
    }
}

pub fn timers_cancel(ctx: &Ctx) {
    const ALIVE: usize = 10_000;
    let batches = ctx.scale(100);
    ctx.throughput(batches * ALIVE, |rt| {
        let task = async move {
            let mut random = Random::new();
            let mut sleeps = Vec::with_capacity(ALIVE);
            let mut pending = 0;
            let clock = Clock::start();
            for _ in 0..batches {
                for _ in 0..ALIVE {
                    sleeps.push(sleep(random.micros(1_000_000, 60_000_000)));
                }
                pending += PollEach(&mut sleeps).await;
                sleeps.clear(); // drops them in place
            }
            let span = clock.stop();
            assert_eq!(pending, batches * ALIVE, "pending sleeps");
            span
        };
        // Unconstrained: past a task's cooperative budget a sleep is pending
        // without even being registered.
        on_worker(rt, unconstrained(task))
    });
}

pub fn timers_storm(ctx: &Ctx) {
    let n = ctx.scale(100_000);
    ctx.latencies(n, |rt| {
        on_worker(rt, async move {
            let late: Arc<Vec<AtomicU64>> = Arc::new((0..n).map(|_| AtomicU64::new(0)).collect());
            let mut random = Random::new();
            let latch = Latch::new(n);
            let clock = Clock::start();
            for i in 0..n {
                let (late, latch) = (late.clone(), latch.clone());
                let time = random.micros(1_000, 1_000_000);
                tokio::spawn(async move {
                    let deadline = Instant::now() + time;
                    sleep_until(deadline).await;
                    let now = Instant::now();
                    assert!(now >= deadline, "early");
                    late[i].store((now - deadline).as_nanos() as u64, Relaxed);
                    latch.count_down();
                });
            }
            latch.wait().await;
            let span = clock.stop();
            (span, late.iter().map(|ns| ns.load(Relaxed)).collect())
        })
    });
}

fn fib(n: u32) -> u64 {
    if n < 2 {
        return n as u64;
    }
    fib(n - 1) + fib(n - 2)
}

/// Tokio has no computations of its own: a blocking thread a worker computes, and
/// the kernel shares the processors out.
pub fn mixed(ctx: &Ctx) {
    const SLEEPERS: usize = 1_000;
    const NAP: Duration = Duration::from_millis(10);
    let naps = ctx.scale(200);
    let ops = SLEEPERS * naps;
    let rt = ctx.runtime();
    ctx.latencies_of(1, ops, || {
        let late: Arc<Vec<AtomicU64>> = Arc::new((0..ops).map(|_| AtomicU64::new(0)).collect());
        let latch = Latch::new(SLEEPERS);
        let ended = Arc::new(AtomicBool::new(false));
        let clock = Clock::start();
        for _ in 0..ctx.workers {
            let ended = ended.clone();
            rt.spawn_blocking(move || {
                while !ended.load(Relaxed) {
                    assert_eq!(fib(std::hint::black_box(27)), 196_418, "fib");
                }
            });
        }
        for i in 0..SLEEPERS {
            let (late, latch) = (late.clone(), latch.clone());
            rt.spawn(async move {
                sleep(NAP * i as u32 / SLEEPERS as u32).await;
                for j in 0..naps {
                    let deadline = Instant::now() + NAP;
                    sleep_until(deadline).await;
                    late[i * naps + j].store(deadline.elapsed().as_nanos() as u64, Relaxed);
                }
                latch.count_down();
            });
        }
        rt.block_on(latch.wait());
        ended.store(true, Relaxed);
        (
            clock.stop(),
            late.iter().map(|ns| ns.load(Relaxed)).collect(),
        )
    });
}

/// One run: the memory of the first cannot be given back for a second.
pub fn memory(ctx: &Ctx) {
    let n = ctx.scale(1_000_000);
    let rt = ctx.runtime();
    let asleep = Arc::new(AtomicUsize::new(0));
    let woken = Arc::new(AtomicUsize::new(0));
    let before = rss();
    for _ in 0..n {
        let (asleep, woken) = (asleep.clone(), woken.clone());
        rt.spawn(async move {
            asleep.fetch_add(1, Relaxed);
            sleep(HOUR).await;
            woken.fetch_add(1, Relaxed);
        });
    }
    while asleep.load(Relaxed) < n {
        thread::sleep(Duration::from_millis(1));
    }
    thread::sleep(Duration::from_millis(200)); // the last polls end
    let after = rss();
    assert_eq!(woken.load(Relaxed), 0, "woken tasks");
    ctx.row("rss", "bytes", vec![(after - before) as f64 / n as f64]);
}

pub fn idle(ctx: &Ctx) {
    let time = Duration::from_secs(if ctx.quick { 2 } else { 5 });
    let rt = ctx.runtime();
    let sleeper = rt.spawn(async { sleep(HOUR).await }); // made on the runtime
    thread::sleep(Duration::from_millis(200)); // the workers park
    let run = |_| {
        let clock = Clock::start();
        thread::sleep(time);
        clock.stop().cpu as f64
    };
    let cpu = (0..ctx.runs).map(run).collect();
    assert!(!sleeper.is_finished(), "the sleep ended");
    ctx.row("cpu", "ns", cpu);
}
