//! Locks, channels and notifications. A run is one batch, timed within a task
//! but for `notify_*`, where the waker is a thread that is no worker.

use crate::harness::on_worker;
use crate::peer::{Clock, Ctx, Span};
use std::future::Future;
use std::sync::atomic::{AtomicUsize, Ordering::*};
use std::sync::Arc;
use std::thread;
use std::time::Duration;
use tokio::sync::{broadcast, mpsc, oneshot, watch, Mutex, Notify, RwLock, Semaphore};
use tokio::task::{yield_now, JoinHandle};

/// How many messages a bounded channel holds.
const CAPACITY: usize = 128;

/// The tasks that contend for a lock.
const TASKS: usize = 5;

/// Times the task that `task` makes for `ops` operations, or for a tenth.
fn timed<F>(ctx: &Ctx, ops: usize, task: fn(usize) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let n = ctx.scale(ops);
    ctx.throughput(n, |rt| {
        on_worker(rt, async move {
            let clock = Clock::start();
            task(n).await;
            clock.stop()
        })
    });
}

/// Spawns `tasks` tasks and awaits them all.
async fn together<F>(tasks: usize, task: impl Fn() -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let handles: Vec<_> = (0..tasks).map(|_| tokio::spawn(task())).collect();
    for handle in handles {
        handle.await.unwrap();
    }
}

/// What a receiver of many senders has got.
#[derive(Default)]
struct Tally {
    count: usize,
    sum: u64,
}

impl Tally {
    fn add(&mut self, message: u64) {
        self.count += 1;
        self.sum += message;
    }

    /// Checks that `n` messages came, as many of each sender: 0, 1, 2, ...
    fn check(&self, n: usize, senders: usize) {
        let each = (n / senders) as u64;
        assert_eq!(self.count, n, "messages");
        assert_eq!(self.sum, senders as u64 * (each * (each - 1) / 2), "sum");
    }
}

/// This task receives what `SENDERS` tasks send.
pub fn mpsc<const SENDERS: usize>(ctx: &Ctx) {
    timed(ctx, 1_000_000, |n| async move {
        let (tx, mut rx) = mpsc::channel(CAPACITY);
        for _ in 0..SENDERS {
            let tx = tx.clone();
            tokio::spawn(async move {
                for i in 0..(n / SENDERS) as u64 {
                    tx.send(i).await.unwrap();
                }
            });
        }
        drop(tx);
        let mut tally = Tally::default();
        while let Some(message) = rx.recv().await {
            tally.add(message);
        }
        tally.check(n, SENDERS);
    });
}

pub fn mpsc_unbounded<const SENDERS: usize>(ctx: &Ctx) {
    timed(ctx, 1_000_000, |n| async move {
        let (tx, mut rx) = mpsc::unbounded_channel();
        for _ in 0..SENDERS {
            let tx = tx.clone();
            tokio::spawn(async move {
                for i in 0..(n / SENDERS) as u64 {
                    tx.send(i).unwrap();
                }
            });
        }
        drop(tx);
        let mut tally = Tally::default();
        while let Some(message) = rx.recv().await {
            tally.add(message);
        }
        tally.check(n, SENDERS);
    });
}

pub fn mpsc_uncontended(ctx: &Ctx) {
    timed(ctx, 1_000_000, |n| async move {
        let (tx, mut rx) = mpsc::channel(CAPACITY);
        for i in 0..n as u64 {
            tx.send(i).await.unwrap();
            assert_eq!(rx.recv().await, Some(i), "message");
        }
    });
}

pub fn oneshot_ready(ctx: &Ctx) {
    timed(ctx, 1_000_000, |n| async move {
        for i in 0..n as u64 {
            let (tx, rx) = oneshot::channel();
            tx.send(i).unwrap();
            assert_eq!(rx.await, Ok(i), "message");
        }
    });
}

struct Request {
    value: u64,
    reply: oneshot::Sender<u64>,
}

pub fn request_reply(ctx: &Ctx) {
    timed(ctx, 300_000, |n| async move {
        let (tx, mut rx) = mpsc::channel::<Request>(CAPACITY);
        let server = tokio::spawn(async move {
            while let Some(request) = rx.recv().await {
                request.reply.send(request.value + 1).unwrap();
            }
        });
        for value in 0..n as u64 {
            let (reply, replied) = oneshot::channel();
            assert!(tx.send(Request { value, reply }).await.is_ok(), "server");
            assert_eq!(replied.await, Ok(value + 1), "reply");
        }
        drop(tx);
        server.await.unwrap();
    });
}

pub fn mutex_uncontended(ctx: &Ctx) {
    timed(ctx, 2_000_000, |n| async move {
        let mutex = Mutex::new(0);
        for _ in 0..n {
            *mutex.lock().await += 1;
        }
        assert_eq!(mutex.into_inner(), n, "locks");
    });
}

pub fn mutex_contended(ctx: &Ctx) {
    timed(ctx, 1_000_000, |n| async move {
        let mutex = Arc::new(Mutex::new(0));
        together(TASKS, || {
            let mutex = mutex.clone();
            async move {
                for _ in 0..n / TASKS {
                    *mutex.lock().await += 1;
                }
            }
        })
        .await;
        assert_eq!(*mutex.lock().await, n, "locks");
    });
}

pub fn semaphore_uncontended(ctx: &Ctx) {
    timed(ctx, 2_000_000, |n| async move {
        let semaphore = Semaphore::new(1);
        for _ in 0..n {
            drop(semaphore.acquire().await.unwrap());
        }
        assert_eq!(semaphore.available_permits(), 1, "permits");
    });
}

pub fn semaphore_contended(ctx: &Ctx) {
    const PERMITS: usize = 5;
    const TASKS: usize = PERMITS + 1;
    timed(ctx, 300_000, |n| async move {
        let semaphore = Arc::new(Semaphore::new(PERMITS));
        let acquired = Arc::new(AtomicUsize::new(0));
        together(TASKS, || {
            let (semaphore, acquired) = (semaphore.clone(), acquired.clone());
            async move {
                let mut count = 0;
                while count < n / TASKS {
                    let _permit = semaphore.acquire().await.unwrap();
                    count += 1;
                    yield_now().await;
                }
                acquired.fetch_add(count, Relaxed);
            }
        })
        .await;
        assert_eq!(acquired.load(Relaxed), n, "acquired");
        assert_eq!(semaphore.available_permits(), PERMITS, "permits");
    });
}

pub fn rwlock_read(ctx: &Ctx) {
    timed(ctx, 2_000_000, |n| async move {
        let lock = RwLock::new(1);
        let mut sum = 0;
        for _ in 0..n {
            sum += *lock.read().await;
        }
        assert_eq!(sum, n, "reads");
    });
}

pub fn rwlock_write(ctx: &Ctx) {
    timed(ctx, 2_000_000, |n| async move {
        let lock = RwLock::new(0);
        for _ in 0..n {
            *lock.write().await += 1;
        }
        assert_eq!(lock.into_inner(), n, "writes");
    });
}

pub fn rwlock_mixed(ctx: &Ctx) {
    timed(ctx, 500_000, |n| async move {
        let lock = Arc::new(RwLock::new(0));
        together(TASKS, || {
            let lock = lock.clone();
            async move {
                let mut last = 0;
                for i in 1..=n / TASKS {
                    if i % 10 == 0 {
                        *lock.write().await += 1;
                    } else {
                        let value = *lock.read().await;
                        assert!(value >= last, "a write lost");
                        last = value;
                    }
                }
            }
        })
        .await;
        assert_eq!(*lock.read().await, n / 10, "writes");
    });
}

#[derive(Default)]
struct Wakes {
    notify: Notify,
    count: AtomicUsize,
}

impl Wakes {
    /// A task that counts how often it is woken.
    async fn counted(self: Arc<Wakes>) {
        loop {
            self.notify.notified().await;
            self.count.fetch_add(1, Relaxed);
        }
    }
}

/// This thread calls `wake`, which wakes `most` of `tasks` tasks at the most,
/// until `n` wakes have been counted, as in Tokio's own sync_notify.rs.
fn notify(ctx: &Ctx, n: usize, tasks: usize, most: usize, wake: fn(&Notify)) {
    ctx.throughput(n, |rt| {
        let wakes = Arc::new(Wakes::default());
        let spawn = |_| rt.spawn(wakes.clone().counted());
        let tasks: Vec<JoinHandle<()>> = (0..tasks).map(spawn).collect();
        thread::sleep(Duration::from_millis(2)); // they wait, the workers park
        let clock = Clock::start();
        let mut calls = 0;
        while wakes.count.load(Relaxed) < n {
            wake(&wakes.notify);
            calls += 1;
        }
        let span = clock.stop();
        for task in tasks {
            task.abort();
            assert!(rt.block_on(task).unwrap_err().is_cancelled(), "a waiter");
        }
        assert!(wakes.count.load(Relaxed) <= calls * most, "stray wakes");
        span
    });
}

pub fn notify_one(ctx: &Ctx) {
    notify(ctx, ctx.scale(500_000), 100, 1, Notify::notify_one);
}

pub fn notify_waiters(ctx: &Ctx) {
    notify(ctx, ctx.scale(200_000), 500, 500, Notify::notify_waiters);
}

/// Who has yet to receive the message that is under way.
#[derive(Default)]
struct Round {
    left: AtomicUsize,
    done: Notify,
}

impl Round {
    fn received(&self) {
        if self.left.fetch_sub(1, AcqRel) == 1 {
            self.done.notify_one();
        }
    }

    /// Sends 0 ..= `messages`, each when all `receivers` have received the one
    /// before. The first is not timed: by then every receiver has been polled.
    async fn send_all(&self, receivers: usize, messages: u64, send: impl Fn(u64)) -> Span {
        let mut clock = Clock::start();
        for message in 0..=messages {
            self.left.store(receivers, Relaxed); // the channel publishes it
            send(message);
            self.done.notified().await;
            assert_eq!(self.left.load(Acquire), 0, "receivers left");
            if message == 0 {
                clock = Clock::start();
            }
        }
        clock.stop()
    }
}

/// How many messages make a batch, each received by `receivers` tasks.
fn messages(ctx: &Ctx, receivers: usize) -> usize {
    ctx.scale(500_000) / receivers
}

/// Awaits receivers that give the number of messages they have received.
async fn finish(receivers: Vec<JoinHandle<u64>>, messages: u64) {
    for receiver in receivers {
        assert_eq!(receiver.await.unwrap(), messages + 1, "messages");
    }
}

async fn receive_broadcast(mut rx: broadcast::Receiver<u64>, round: Arc<Round>) -> u64 {
    let mut next = 0;
    loop {
        match rx.recv().await {
            Ok(message) => assert_eq!(message, next, "in order"),
            Err(broadcast::error::RecvError::Closed) => return next,
            Err(lagged) => panic!("{}", lagged),
        }
        next += 1;
        round.received();
    }
}

pub fn broadcast<const RECEIVERS: usize>(ctx: &Ctx) {
    const CAPACITY: usize = 64;
    let n = messages(ctx, RECEIVERS);
    ctx.throughput(n * RECEIVERS, |rt| {
        on_worker(rt, async move {
            let (tx, _) = broadcast::channel(CAPACITY);
            let round = Arc::new(Round::default());
            let spawn = |_| tokio::spawn(receive_broadcast(tx.subscribe(), round.clone()));
            let receivers = (0..RECEIVERS).map(spawn).collect();
            let send = |message| assert_eq!(tx.send(message).unwrap(), RECEIVERS);
            let span = round.send_all(RECEIVERS, n as u64, send).await;
            drop(tx);
            finish(receivers, n as u64).await;
            span
        })
    });
}

async fn receive_watch(mut rx: watch::Receiver<u64>, round: Arc<Round>) -> u64 {
    let mut next = 0;
    while rx.changed().await.is_ok() {
        assert_eq!(*rx.borrow(), next, "in order");
        next += 1;
        round.received();
    }
    next
}

pub fn watch<const RECEIVERS: usize>(ctx: &Ctx) {
    let n = messages(ctx, RECEIVERS);
    ctx.throughput(n * RECEIVERS, |rt| {
        on_worker(rt, async move {
            let (tx, rx) = watch::channel(u64::MAX);
            let round = Arc::new(Round::default());
            let spawn = |_| tokio::spawn(receive_watch(rx.clone(), round.clone()));
            let receivers = (0..RECEIVERS).map(spawn).collect();
            drop(rx);
            let send = |message| tx.send(message).expect("receivers");
            let span = round.send_all(RECEIVERS, n as u64, send).await;
            drop(tx);
            finish(receivers, n as u64).await;
            span
        })
    });
}
