//! What is alike in all peers: perf/kernels, whose C is linked in.

pub const FIB: u32 = 37;
pub const SKYNET: (u64, u64) = (1_000_000, 100_000);
pub const QUEENS: (usize, usize) = (12, 10);
pub const KEYS: (usize, usize) = (10_000_000, 1_000_000);
pub const MATRIX: (usize, usize) = (1024, 512);
pub const NUMBERS: (usize, usize) = (100_000_000, 10_000_000);
pub const TINY: usize = 1000;
pub const TINY_LOOPS: (u64, u64) = (10_000, 1_000);
pub const SORT_CUTOFF: usize = 4096;
pub const MERGE_CUTOFF: usize = 8192;
pub const MATRIX_LEAF: usize = 64;

#[link(name = "kernels", kind = "static")]
extern "C" {
    fn kernel_array(bytes: usize) -> *mut u8;
    fn kernel_fib(n: u32) -> u64;
    fn kernel_fib_forks(n: u32) -> u64;
    fn kernel_queens(n: u32) -> u64;
    fn kernel_keys_fill(keys: *mut u32, n: usize);
    fn kernel_keys_sorted(keys: *const u32, n: usize) -> bool;
    fn kernel_keys_digest(keys: *const u32, n: usize) -> u64;
    fn kernel_sort(keys: *mut u32, spare: *mut u32, n: usize, to_spare: bool);
    fn kernel_merge(a: *const u32, an: usize, b: *const u32, bn: usize, out: *mut u32);
    fn kernel_lower_bound(b: *const u32, n: usize, key: u32) -> usize;
    fn kernel_matmul(c: *mut f32, a: *const f32, b: *const f32, stride: usize);
    fn kernel_matrix_fill(a: *mut f32, b: *mut f32, n: usize);
    fn kernel_matrix_is_product(c: *const f32, a: *const f32, b: *const f32, n: usize) -> bool;
    fn kernel_numbers_fill(x: *mut f64, n: usize);
    fn kernel_numbers_total(n: usize) -> f64;
    fn kernel_sum(x: *const f64, n: usize) -> f64;
}

/// Numbers, for which zeroes are values.
pub trait Number: Copy {}
impl Number for u32 {}
impl Number for f32 {}
impl Number for f64 {}

/// Zeroed memory for the rest of the process.
pub fn array<T: Number>(n: usize) -> &'static mut [T] {
    unsafe {
        let memory = kernel_array(n * std::mem::size_of::<T>());
        std::slice::from_raw_parts_mut(memory.cast(), n)
    }
}

pub fn fib(n: u32) -> u64 {
    unsafe { kernel_fib(n) }
}

pub fn fib_forks(n: u32) -> u64 {
    unsafe { kernel_fib_forks(n) }
}

pub fn queens(n: usize) -> u64 {
    unsafe { kernel_queens(n as u32) }
}

pub fn keys_fill(keys: &mut [u32]) {
    unsafe { kernel_keys_fill(keys.as_mut_ptr(), keys.len()) }
}

pub fn keys_sorted(keys: &[u32]) -> bool {
    unsafe { kernel_keys_sorted(keys.as_ptr(), keys.len()) }
}

pub fn keys_digest(keys: &[u32]) -> u64 {
    unsafe { kernel_keys_digest(keys.as_ptr(), keys.len()) }
}

pub fn sort(keys: &mut [u32], spare: &mut [u32], to_spare: bool) {
    assert_eq!(keys.len(), spare.len());
    unsafe { kernel_sort(keys.as_mut_ptr(), spare.as_mut_ptr(), keys.len(), to_spare) }
}

pub fn merge(a: &[u32], b: &[u32], out: &mut [u32]) {
    assert_eq!(a.len() + b.len(), out.len());
    unsafe { kernel_merge(a.as_ptr(), a.len(), b.as_ptr(), b.len(), out.as_mut_ptr()) }
}

pub fn lower_bound(b: &[u32], key: u32) -> usize {
    unsafe { kernel_lower_bound(b.as_ptr(), b.len(), key) }
}

/// # Safety
/// The pointers are those of squares of MATRIX_LEAF, of which no other thread
/// uses c.
pub unsafe fn matmul(c: *mut f32, a: *const f32, b: *const f32, stride: usize) {
    kernel_matmul(c, a, b, stride);
}

pub fn matrix_fill(a: &mut [f32], b: &mut [f32], n: usize) {
    assert!(a.len() == n * n && b.len() == n * n);
    unsafe { kernel_matrix_fill(a.as_mut_ptr(), b.as_mut_ptr(), n) }
}

pub fn matrix_is_product(c: &[f32], a: &[f32], b: &[f32], n: usize) -> bool {
    unsafe { kernel_matrix_is_product(c.as_ptr(), a.as_ptr(), b.as_ptr(), n) }
}

pub fn numbers_fill(x: &mut [f64]) {
    unsafe { kernel_numbers_fill(x.as_mut_ptr(), x.len()) }
}

pub fn numbers_total(n: usize) -> f64 {
    unsafe { kernel_numbers_total(n) }
}

pub fn sum(x: &[f64]) -> f64 {
    unsafe { kernel_sum(x.as_ptr(), x.len()) }
}
