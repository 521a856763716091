//! Sorts, products and loops over arrays.

use crate::kernels;
use crate::peer::{Clock, Ctx};
use rayon::prelude::*;

fn merge(a: &[u32], b: &[u32], out: &mut [u32]) {
    if out.len() <= kernels::MERGE_CUTOFF {
        kernels::merge(a, b, out);
        return;
    }
    let (a, b) = if a.len() < b.len() { (b, a) } else { (a, b) };
    let low = a.len() / 2;
    let other = kernels::lower_bound(b, a[low]);
    let (a_low, a_high) = a.split_at(low);
    let (b_low, b_high) = b.split_at(other);
    let (out_low, out_high) = out.split_at_mut(low + other);
    rayon::join(
        || merge(a_low, b_low, out_low),
        || merge(a_high, b_high, out_high),
    );
}

fn sort(keys: &mut [u32], spare: &mut [u32], to_spare: bool) {
    if keys.len() <= kernels::SORT_CUTOFF {
        kernels::sort(keys, spare, to_spare);
        return;
    }
    let half = keys.len() / 2;
    {
        let (left, right) = keys.split_at_mut(half);
        let (spare_left, spare_right) = spare.split_at_mut(half);
        rayon::join(
            || sort(left, spare_left, !to_spare),
            || sort(right, spare_right, !to_spare),
        );
    }
    let (from, to) = if to_spare {
        (keys, spare)
    } else {
        (spare, keys)
    };
    let (left, right) = from.split_at(half);
    merge(left, right, to);
}

fn measure_sort(ctx: &Ctx, how: impl Fn(&mut [u32], &mut [u32]) + Sync) {
    let n = ctx.size(kernels::KEYS.0, kernels::KEYS.1);
    let keys = kernels::array::<u32>(n);
    let spare = kernels::array::<u32>(n);
    ctx.ms(1, |pool| {
        kernels::keys_fill(keys);
        let digest = kernels::keys_digest(keys);
        let span = pool.install(|| {
            let clock = Clock::start();
            how(keys, spare);
            clock.stop()
        });
        assert!(kernels::keys_sorted(keys), "order");
        assert_eq!(kernels::keys_digest(keys), digest, "keys");
        span
    });
}

pub fn run_sort_u32(ctx: &Ctx) {
    measure_sort(ctx, |keys, _| keys.par_sort_unstable());
}

pub fn run_mergesort(ctx: &Ctx) {
    measure_sort(ctx, |keys, spare| sort(keys, spare, false));
}

/// Squares within matrices, of which no two jobs share a c at a time.
#[derive(Clone, Copy)]
struct Product {
    c: *mut f32,
    a: *const f32,
    b: *const f32,
    order: usize,
}

unsafe impl Send for Product {}
unsafe impl Sync for Product {}

impl Product {
    unsafe fn at(self, c: usize, a: usize, b: usize) -> Product {
        Product {
            c: self.c.add(c),
            a: self.a.add(a),
            b: self.b.add(b),
            order: self.order,
        }
    }

    unsafe fn multiply_halves(self, n: usize) {
        self.multiply(n);
        self.at(0, n, n * self.order).multiply(n);
    }

    unsafe fn multiply(self, n: usize) {
        let half = n / 2;
        let down = half * self.order;
        if n == kernels::MATRIX_LEAF {
            kernels::matmul(self.c, self.a, self.b, self.order);
            return;
        }
        let quadrant = |c, a, b| move || self.at(c, a, b).multiply_halves(half);
        rayon::join(
            || rayon::join(quadrant(0, 0, 0), quadrant(half, 0, half)),
            || rayon::join(quadrant(down, down, 0), quadrant(down + half, down, half)),
        );
    }
}

pub fn run_matmul(ctx: &Ctx) {
    let n = ctx.size(kernels::MATRIX.0, kernels::MATRIX.1);
    let a = kernels::array::<f32>(n * n);
    let b = kernels::array::<f32>(n * n);
    let c = kernels::array::<f32>(n * n);
    kernels::matrix_fill(a, b, n);
    ctx.ms(1, |pool| {
        c.fill(0.0);
        let all = Product {
            c: c.as_mut_ptr(),
            a: a.as_ptr(),
            b: b.as_ptr(),
            order: n,
        };
        let span = pool.install(|| {
            let clock = Clock::start();
            unsafe { (&all).multiply(n) };
            clock.stop()
        });
        assert!(kernels::matrix_is_product(c, a, b, n), "product");
        span
    });
}

/// Pieces of a page at least, for the code of the leaves is that of all others.
pub fn run_for_sum(ctx: &Ctx) {
    const PIECE: usize = 4096;
    let n = ctx.size(kernels::NUMBERS.0, kernels::NUMBERS.1);
    let numbers = kernels::array::<f64>(n);
    kernels::numbers_fill(numbers);
    ctx.ms(1, |pool| {
        pool.install(|| {
            let clock = Clock::start();
            let sum: f64 = numbers.par_chunks(PIECE).map(kernels::sum).sum();
            let span = clock.stop();
            assert_eq!(sum, kernels::numbers_total(n), "sum");
            span
        })
    });
}

struct Tiny {
    x: [f32; kernels::TINY],
    y: [f32; kernels::TINY],
}

impl Tiny {
    fn new() -> Box<Tiny> {
        let x = std::array::from_fn(|i| (i % 4) as f32);
        Box::new(Tiny {
            x,
            y: [1.0; kernels::TINY],
        })
    }

    fn add(&mut self) {
        let pairs = self.y.par_iter_mut().zip(&self.x);
        pairs.for_each(|(y, x)| *y += 2.0 * x);
    }

    fn check(&self, times: u64) {
        let expected = |x: &f32| 1.0 + 2.0 * x * times as f32;
        let ok = self.x.iter().zip(&self.y).all(|(x, y)| *y == expected(x));
        assert!(ok, "sums");
    }
}

pub fn run_for_tiny_in(ctx: &Ctx) {
    let loops = ctx.size(kernels::TINY_LOOPS.0, kernels::TINY_LOOPS.1);
    ctx.ns(loops, false, |pool| {
        let mut tiny = Tiny::new();
        let span = pool.install(|| {
            let clock = Clock::start();
            for _ in 0..loops {
                tiny.add();
            }
            clock.stop()
        });
        tiny.check(loops);
        span
    });
}

pub fn run_for_tiny_out(ctx: &Ctx) {
    let loops = ctx.size(kernels::TINY_LOOPS.0, kernels::TINY_LOOPS.1);
    ctx.ns(loops, false, |pool| {
        let mut tiny = Tiny::new();
        let clock = Clock::start();
        for _ in 0..loops {
            pool.install(|| tiny.add());
        }
        let span = clock.stop();
        tiny.check(loops);
        span
    });
}
