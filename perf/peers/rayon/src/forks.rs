//! Trees of forks: join, and where a fork has several children, a scope.

use crate::kernels;
use crate::peer::{process_cpu, Clock, Ctx};
use rayon::prelude::*;
use std::thread::sleep;
use std::time::Duration;

/// A slow fork takes a smaller problem: what counts is the time of one.
const FIB: u32 = kernels::FIB - 2;

#[inline(never)]
fn fib(n: u32) -> u64 {
    if n < 2 {
        return n as u64;
    }
    let (left, right) = rayon::join(|| fib(n - 1), || fib(n - 2));
    left + right
}

pub fn run_fib(ctx: &Ctx) {
    let n = ctx.size(FIB, FIB - 5);
    ctx.ns(kernels::fib_forks(n), true, |pool| {
        pool.install(|| {
            let clock = Clock::start();
            let result = fib(n);
            let span = clock.stop();
            assert_eq!(result, kernels::fib(n), "fib");
            span
        })
    });
}

type Board = [i8; 16];

fn safe(board: &Board, row: usize, column: usize) -> bool {
    (0..row).all(|i| {
        let distance = board[i] as i32 - column as i32;
        distance != 0 && distance.unsigned_abs() as usize != row - i
    })
}

/// A fork for each queen that can be placed: those of a row as a tree of joins.
#[inline(never)]
fn place(board: &Board, size: usize, row: usize) -> u64 {
    if row == size {
        return 1;
    }
    let mut next = [[0; 16]; 16];
    let mut n = 0;
    for column in 0..size {
        if safe(board, row, column) {
            next[n] = *board;
            next[n][row] = column as i8;
            n += 1;
        }
    }
    place_each(&next[..n], size, row + 1)
}

fn place_each(boards: &[Board], size: usize, row: usize) -> u64 {
    match boards {
        [] => 0,
        [board] => place(board, size, row),
        [board, others @ ..] => {
            let (one, rest) =
                rayon::join(|| place(board, size, row), || place_each(others, size, row));
            one + rest
        }
    }
}

pub fn run_nqueens(ctx: &Ctx) {
    let size = ctx.size(kernels::QUEENS.0, kernels::QUEENS.1);
    ctx.ms(1, |pool| {
        pool.install(|| {
            let clock = Clock::start();
            let solutions = place(&[0; 16], size, 0);
            let span = clock.stop();
            assert_eq!(solutions, kernels::queens(size), "solutions");
            span
        })
    });
}

#[inline(never)]
fn sum_of(first: u64, leaves: u64) -> u64 {
    if leaves == 1 {
        return first;
    }
    let each = leaves / 10;
    let children = (0..10u64).into_par_iter();
    children.map(|i| sum_of(first + i * each, each)).sum()
}

pub fn run_skynet(ctx: &Ctx) {
    let n = ctx.size(kernels::SKYNET.0, kernels::SKYNET.1);
    const ROUNDS: u64 = 5;
    ctx.ms(ROUNDS, |pool| {
        pool.install(|| {
            let clock = Clock::start();
            for _ in 0..ROUNDS {
                assert_eq!(sum_of(0, n), n * (n - 1) / 2, "sum");
            }
            clock.stop()
        })
    });
}

pub fn run_fork_idle(ctx: &Ctx) {
    let pool = ctx.pool();
    assert_eq!(pool.install(|| fib(27)), kernels::fib(27), "fib");
    let begin = process_cpu();
    sleep(Duration::from_millis(100));
    let early = process_cpu();
    sleep(Duration::from_millis(ctx.size(1_900, 400)));
    let end = process_cpu();
    ctx.row("cpu", "us", vec![(end - begin) as f64 / 1000.0]);
    ctx.row("later", "us", vec![(end - early) as f64 / 1000.0]);
}
