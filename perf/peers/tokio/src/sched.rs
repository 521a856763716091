//! Spawns and yields. The numbers of tasks are those of Tokio's own
//! benches/rt_multi_threaded.rs; a run repeats them for `rounds`, as a single
//! round lasts but a few milliseconds.

use crate::harness::{on_worker, Busy, Latch};
use crate::peer::{Clock, Ctx, Span};
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering::*};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::thread::{self, Thread};
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;
use tokio::task::yield_now;

const SPAWN: usize = 10_000;

pub fn spawn_local(ctx: &Ctx) {
    let rounds = ctx.scale(20);
    ctx.throughput(rounds * SPAWN, |rt| {
        on_worker(rt, async move {
            let clock = Clock::start();
            for _ in 0..rounds {
                let latch = Latch::new(SPAWN);
                for _ in 0..SPAWN {
                    let latch = latch.clone();
                    tokio::spawn(async move { latch.count_down() });
                }
                latch.wait().await;
            }
            clock.stop()
        })
    });
}

/// A `Latch` on which a thread waits.
struct ThreadLatch {
    left: AtomicUsize,
    waiter: Thread,
}

/// Spawns from this thread, which is no worker, and waits for all.
fn spawn_remote(rt: &Runtime) -> Span {
    let clock = Clock::start();
    let latch = Arc::new(ThreadLatch {
        left: AtomicUsize::new(SPAWN),
        waiter: thread::current(),
    });
    for _ in 0..SPAWN {
        let latch = latch.clone();
        rt.spawn(async move {
            if latch.left.fetch_sub(1, AcqRel) == 1 {
                latch.waiter.unpark();
            }
        });
    }
    while latch.left.load(Acquire) != 0 {
        thread::park();
    }
    clock.stop()
}

pub fn spawn_remote_idle(ctx: &Ctx) {
    let rounds = ctx.scale(20);
    ctx.throughput(rounds * SPAWN, |rt| {
        let mut span = Span::default();
        for _ in 0..rounds {
            thread::sleep(Duration::from_millis(2)); // the workers park
            span += spawn_remote(rt);
        }
        span
    });
}

pub fn spawn_remote_busy(ctx: &Ctx) {
    let rounds = ctx.scale(20);
    ctx.throughput(rounds * SPAWN, |rt| {
        let busy = Busy::start(rt, ctx.workers);
        thread::sleep(Duration::from_millis(2));
        let mut span = Span::default();
        for _ in 0..rounds {
            span += spawn_remote(rt);
        }
        busy.stop(rt);
        span
    });
}

pub fn spawn_join(ctx: &Ctx) {
    let n = ctx.scale(100_000);
    ctx.throughput(n, |rt| {
        on_worker(rt, async move {
            let clock = Clock::start();
            let mut sum = 0;
            for i in 0..n {
                sum += tokio::spawn(async move { i }).await.unwrap();
            }
            let span = clock.stop();
            assert_eq!(sum, n * (n - 1) / 2, "joined values");
            span
        })
    });
}

/// Wakes its own task and is pending, once.
struct SelfWake(bool);

impl Future for SelfWake {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.0 {
            return Poll::Ready(());
        }
        self.0 = true;
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

fn self_wake() -> SelfWake {
    SelfWake(false)
}

/// 200 tasks that yield 1000 times each, by awaiting what `yield_` makes.
fn many<F>(ctx: &Ctx, yield_: fn() -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    const TASKS: usize = 200;
    const YIELDS: usize = 1_000;
    let rounds = ctx.scale(10);
    ctx.throughput(rounds * TASKS * YIELDS, |rt| {
        on_worker(rt, async move {
            let yields = Arc::new(AtomicUsize::new(0));
            let clock = Clock::start();
            for _ in 0..rounds {
                let latch = Latch::new(TASKS);
                for _ in 0..TASKS {
                    let (latch, yields) = (latch.clone(), yields.clone());
                    tokio::spawn(async move {
                        let mut n = 0;
                        while n < YIELDS {
                            yield_().await;
                            n += 1;
                        }
                        yields.fetch_add(n, Relaxed);
                        latch.count_down();
                    });
                }
                latch.wait().await;
            }
            let span = clock.stop();
            assert_eq!(yields.load(Relaxed), rounds * TASKS * YIELDS, "yields");
            span
        })
    });
}

/// One task alone on the runtime that yields.
fn one<F>(ctx: &Ctx, yield_: fn() -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let n = ctx.scale(1_000_000);
    ctx.throughput(n, |rt| {
        on_worker(rt, async move {
            let clock = Clock::start();
            for _ in 0..n {
                yield_().await;
            }
            clock.stop()
        })
    });
}

pub fn yield_many(ctx: &Ctx) {
    many(ctx, self_wake);
}

pub fn yield_many_now(ctx: &Ctx) {
    many(ctx, yield_now);
}

pub fn yield_one(ctx: &Ctx) {
    one(ctx, self_wake);
}

pub fn yield_one_now(ctx: &Ctx) {
    one(ctx, yield_now);
}

pub fn ping_pong(ctx: &Ctx) {
    const PAIRS: usize = 1_000;
    let rounds = ctx.scale(50);
    ctx.throughput(rounds * PAIRS, |rt| {
        on_worker(rt, async move {
            let clock = Clock::start();
            for _ in 0..rounds {
                let latch = Latch::new(PAIRS);
                for i in 0..PAIRS {
                    let latch = latch.clone();
                    tokio::spawn(async move {
                        let (ping, pinged) = oneshot::channel();
                        let (pong, ponged) = oneshot::channel();
                        tokio::spawn(async move {
                            pong.send(pinged.await.unwrap()).unwrap();
                        });
                        ping.send(i).unwrap();
                        assert_eq!(ponged.await, Ok(i), "pong");
                        latch.count_down();
                    });
                }
                latch.wait().await;
            }
            clock.stop()
        })
    });
}

pub fn chained_spawn(ctx: &Ctx) {
    const LINKS: usize = 1_000;

    // Counts down in every link, so the latch checks the chain's length.
    fn link(left: usize, latch: Arc<Latch>) {
        tokio::spawn(async move {
            if left > 1 {
                link(left - 1, latch.clone());
            }
            latch.count_down();
        });
    }

    let rounds = ctx.scale(100);
    ctx.throughput(rounds * LINKS, |rt| {
        on_worker(rt, async move {
            let clock = Clock::start();
            for _ in 0..rounds {
                let latch = Latch::new(LINKS);
                link(LINKS, latch.clone());
                latch.wait().await;
            }
            clock.stop()
        })
    });
}
