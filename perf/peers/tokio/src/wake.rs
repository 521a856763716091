//! Wakes: of a task by a task, and of a task by a thread that is no worker.

use crate::harness::{on_worker, Busy};
use crate::peer::{Clock, Ctx};
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering::*};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;
use tokio::sync::Notify;

/// A counter that a task waits on, with the waker of that task.
#[derive(Default)]
struct Signal {
    count: AtomicU64,
    waker: Mutex<Option<Waker>>,
}

impl Signal {
    /// Takes the waker out first: it must not be woken under the lock.
    fn raise(&self, count: u64) {
        self.count.store(count, Release);
        let waker = self.waker.lock().unwrap().take();
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

/// Ready when the signal's counter has reached `.1`.
struct Reached<'a>(&'a Signal, u64);

impl Future for Reached<'_> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let Reached(signal, count) = *self;
        // The counter is read under the lock, so that a raise either is seen
        // here or finds the waker.
        let mut waker = signal.waker.lock().unwrap();
        if signal.count.load(Acquire) >= count {
            return Poll::Ready(());
        }
        *waker = Some(cx.waker().clone());
        Poll::Pending
    }
}

pub fn waker_pair(ctx: &Ctx) {
    let n = ctx.scale(500_000) as u64;
    ctx.throughput(n as usize, |rt| {
        on_worker(rt, async move {
            let pair = Arc::new((Signal::default(), Signal::default()));
            let clock = Clock::start();
            let other = {
                let pair = pair.clone();
                tokio::spawn(async move {
                    for i in 1..=n {
                        Reached(&pair.0, i).await;
                        pair.1.raise(i);
                    }
                })
            };
            for i in 1..=n {
                pair.0.raise(i);
                Reached(&pair.1, i).await;
                assert_eq!(pair.1.count.load(Relaxed), i, "in turns");
            }
            other.await.unwrap();
            clock.stop()
        })
    });
}

pub fn notify_pair(ctx: &Ctx) {
    let n = ctx.scale(500_000) as u64;
    ctx.throughput(n as usize, |rt| {
        on_worker(rt, async move {
            let pair = Arc::new((Notify::new(), Notify::new(), AtomicU64::new(0)));
            let clock = Clock::start();
            let other = {
                let pair = pair.clone();
                tokio::spawn(async move {
                    for _ in 0..n {
                        pair.0.notified().await;
                        pair.2.fetch_add(1, Relaxed);
                        pair.1.notify_one();
                    }
                })
            };
            for i in 1..=n {
                pair.0.notify_one();
                pair.1.notified().await;
                assert_eq!(pair.2.load(Relaxed), i, "in turns");
            }
            other.await.unwrap();
            clock.stop()
        })
    });
}

/// Where the foreign thread leaves a wake: its number, and the time just
/// before it.
struct Mailbox {
    base: Instant,
    seq: AtomicU64,
    sent: AtomicU64,
    waker: Mutex<Option<Waker>>,
}

impl Mailbox {
    fn now(&self) -> u64 {
        self.base.elapsed().as_nanos() as u64
    }
}

/// Ready with the latency of wake number `.1`.
struct Woken<'a>(&'a Mailbox, u64);

impl Future for Woken<'_> {
    type Output = u64;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<u64> {
        let Woken(mailbox, seq) = *self;
        let now = mailbox.now();
        let mut waker = mailbox.waker.lock().unwrap();
        if mailbox.seq.load(Acquire) >= seq {
            return Poll::Ready(now - mailbox.sent.load(Relaxed));
        }
        *waker = Some(cx.waker().clone());
        Poll::Pending
    }
}

/// Wakes a task `n` times from this thread, once a millisecond.
fn wakes(rt: &Runtime, n: u64) -> (crate::peer::Span, Vec<u64>) {
    let mailbox = Arc::new(Mailbox {
        base: Instant::now(),
        seq: AtomicU64::new(0),
        sent: AtomicU64::new(0),
        waker: Mutex::new(None),
    });
    let task = {
        let mailbox = mailbox.clone();
        rt.spawn(async move {
            let mut latencies = Vec::with_capacity(n as usize);
            for seq in 1..=n {
                latencies.push(Woken(&mailbox, seq).await);
                assert_eq!(mailbox.seq.load(Relaxed), seq, "a poll a wake");
            }
            latencies
        })
    };
    let clock = Clock::start();
    for seq in 1..=n {
        thread::sleep(Duration::from_millis(1));
        // Taken before the clock is read; it is missing only when the task
        // has not yet got over the wake before.
        let waker = loop {
            match mailbox.waker.lock().unwrap().take() {
                Some(waker) => break waker,
                None => thread::yield_now(),
            }
        };
        mailbox.sent.store(mailbox.now(), Relaxed);
        mailbox.seq.store(seq, Release);
        waker.wake();
    }
    let latencies = rt.block_on(task).unwrap();
    (clock.stop(), latencies)
}

pub fn wake_external(ctx: &Ctx) {
    let n = ctx.scale(2_000);
    ctx.latencies(n, |rt| wakes(rt, n as u64));
}

pub fn wake_busy(ctx: &Ctx) {
    let n = ctx.scale(2_000);
    ctx.latencies(n, |rt| {
        let busy = Busy::start(rt, ctx.workers);
        let result = wakes(rt, n as u64);
        busy.stop(rt);
        result
    });
}
