//! The blocking pool: calls that do nothing, so that the way there and back is
//! what is measured.

use crate::harness::on_worker;
use crate::peer::{Clock, Ctx};

pub fn blocking_one(ctx: &Ctx) {
    let n = ctx.scale(20_000);
    ctx.throughput(n, |rt| {
        on_worker(rt, async move {
            let clock = Clock::start();
            for i in 0..n {
                let result = tokio::task::spawn_blocking(move || i).await;
                assert_eq!(result.unwrap(), i);
            }
            clock.stop()
        })
    });
}

pub fn blocking_many(ctx: &Ctx) {
    let n = ctx.scale(100_000);
    ctx.throughput(n, |rt| {
        on_worker(rt, async move {
            let clock = Clock::start();
            let mut calls = Vec::with_capacity(n);
            for i in 0..n {
                calls.push(tokio::task::spawn_blocking(move || i));
            }
            for (i, call) in calls.into_iter().enumerate() {
                assert_eq!(call.await.unwrap(), i);
            }
            clock.stop()
        })
    });
}
