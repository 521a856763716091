/*
 * selftest.c - the explorer on programs whose behaviour is known.
 *
 * Litmus tests count their outcomes, once with the reduction and once without
 * it: both must see the same.  The others come in pairs, sound and broken.
 */
#include "explore.h"

static _Atomic(int) x;
static _Atomic(int) y;
static _Atomic(int) z;
static int data;
static int seen[4];

static void
zero(void)
{
    store_relaxed(&x, 0);
    store_relaxed(&y, 0);
    store_relaxed(&z, 0);
    data = 0;
    for (unsigned i = 0; i < 4; i++)
        seen[i] = -1;
    explore_name(&data, sizeof data, "data");
}

static void
tell_seen(void)
{
    uint64_t code = 0;

    for (unsigned i = 0; i < 4; i++)
        code = code * 16 + (unsigned)(seen[i] + 1);
    explore_outcome(code);
}

/* Message passing: a flag says that data is there. */

static void
send_release(unsigned self)
{
    if (self == 0) {
        explore_write(&data, 1);
        store_release(&x, 1);
    } else if (load_acquire(&x)) {
        explore_assert(explore_read(&data) == 1);
    }
}

static void
send_relaxed(unsigned self)
{
    if (self == 0) {
        explore_write(&data, 1);
        store_relaxed(&x, 1);
    } else if (load_acquire(&x)) {
        explore_read(&data);
    }
}

static void
take_relaxed(unsigned self)
{
    if (self == 0) {
        explore_write(&data, 1);
        store_release(&x, 1);
    } else if (load_relaxed(&x)) {
        explore_read(&data);
    }
}

/* The same with a shared word as the message: a stale value, not a race. */

static void
pass_word(unsigned self)
{
    if (self == 0) {
        store_relaxed(&y, 1);
        store_release(&x, 1);
    } else {
        seen[0] = load_acquire(&x);
        seen[1] = load_relaxed(&y);
    }
}

static void
pass_word_relaxed(unsigned self)
{
    if (self == 0) {
        store_relaxed(&y, 1);
        store_relaxed(&x, 1);
    } else {
        seen[0] = load_relaxed(&x);
        seen[1] = load_relaxed(&y);
    }
}

static void
pass_word_by_fences(unsigned self)
{
    if (self == 0) {
        store_relaxed(&y, 1);
        fence_release();
        store_relaxed(&x, 1);
    } else {
        seen[0] = load_relaxed(&x);
        fence_acquire();
        seen[1] = load_relaxed(&y);
    }
}

/* Store buffering: may both threads miss the other's store? */

static void
store_then_load(unsigned self)
{
    store_release(self ? &y : &x, 1);
    seen[self] = load_acquire(self ? &x : &y);
}

static void
store_fence_load(unsigned self)
{
    store_relaxed(self ? &y : &x, 1);
    fence_seq_cst();
    seen[self] = load_relaxed(self ? &x : &y);
}

static void
store_fence_load_once(unsigned self)
{
    store_relaxed(self ? &y : &x, 1);
    if (self)
        fence_seq_cst();
    seen[self] = load_relaxed(self ? &x : &y);
}

static void
store_asymmetric_load(unsigned self)
{
    store_relaxed(self ? &y : &x, 1);
    if (self)
        fence_heavy();
    else
        fence_light();
    seen[self] = load_relaxed(self ? &x : &y);
}

/* Coherence: one word never goes back, and all agree on its order. */

static void
read_twice(unsigned self)
{
    if (self == 0) {
        store_relaxed(&x, 1);
        store_relaxed(&x, 2);
    } else {
        int first = load_relaxed(&x);

        explore_assert(load_relaxed(&x) >= first);
    }
}

static void
write_and_read_twice(unsigned self)
{
    if (self < 2) {
        store_relaxed(&x, (int)self + 1);
    } else {
        seen[0] = load_relaxed(&x);
        seen[1] = load_relaxed(&x);
    }
}

/* Independent reads of independent writes: the readers may disagree. */

static void
read_independent_writes(unsigned self)
{
    if (self < 2) {
        store_release(self ? &y : &x, 1);
    } else {
        seen[2 * (self - 2)] = load_acquire(self == 2 ? &x : &y);
        seen[2 * (self - 2) + 1] = load_acquire(self == 2 ? &y : &x);
    }
}

/* Who sees a message passes it on: happens-before is transitive. */

static void
pass_on(unsigned self)
{
    if (self == 0) {
        explore_write(&data, 1);
        store_release(&x, 1);
    } else if (self == 1) {
        if (load_acquire(&x))
            store_release(&y, 1);
    } else if (load_acquire(&y)) {
        explore_assert(explore_read(&data) == 1);
    }
}

/* Read-modify-writes. */

static void
add_once(unsigned self)
{
    (void)self;
    add_relaxed(&x, 1);
}

static void
add_by_cas(unsigned self)
{
    int old = load_relaxed(&x);

    (void)self;
    while (!cas_weak_relaxed(&x, &old, old + 1))
        ;
}

static void
must_be_three(void)
{
    explore_assert(load_relaxed(&x) == 3);
}

/* A release sequence: the middle one is relaxed, and yet hands on. */

static void
pass_through_rmw(unsigned self)
{
    if (self == 0) {
        explore_write(&data, 1);
        store_release(&x, 1);
    } else if (self == 1) {
        add_relaxed(&x, 1);
    } else if (load_acquire(&x) == 2) {
        explore_read(&data);
    }
}

static void
must_not_read_early(unsigned self)
{
    if (self == 2) {
        /* 2 may also be 0 + 1 + 1; only 3 says that the store came before. */
        if (load_acquire(&x) == 3)
            explore_read(&data);
    } else if (self == 1) {
        add_relaxed(&x, 1);
    } else {
        explore_write(&data, 1);
        add_release(&x, 2);
    }
}

/* The same thread stores again: that carries the release only if it is said to
 * continue it, as C11 has it and C++20 has not. */
static void
release_and_continue(unsigned self)
{
    if (self == 0) {
        explore_write(&data, 1);
        store_release(&x, 1);
        store_continue(&x, 2);
    } else if (load_acquire(&x) == 2) {
        explore_read(&data);
    }
}

static void
release_and_store(unsigned self)
{
    if (self == 0) {
        explore_write(&data, 1);
        store_release(&x, 1);
        store_relaxed(&x, 2);
    } else if (load_acquire(&x) == 2) {
        explore_read(&data);
    }
}

static void
release_and_continue_late(unsigned self)
{
    if (self == 0) {
        store_release(&x, 1);
        explore_write(&data, 1);
        store_continue(&x, 2);
    } else if (load_acquire(&x) == 2) {
        explore_read(&data);
    }
}

static void
pass_through_store(unsigned self)
{
    if (self == 0) {
        explore_write(&data, 1);
        store_release(&x, 1);
    } else if (self == 1) {
        if (load_relaxed(&x) == 1)
            store_relaxed(&x, 2);
    } else if (load_acquire(&x) == 2) {
        explore_read(&data);
    }
}

/* Spinning ends: with a lock made of one word. */

static void
lock_and_count(unsigned self)
{
    (void)self;
    while (swap_acquire(&x, 1))
        while (load_relaxed(&x))
            cpu_relax();
    explore_write(&data, explore_read(&data) + 1);
    store_release(&x, 0);
}

static void
lock_by_peek(unsigned self)
{
    (void)self;
    while (load_acquire(&x))
        cpu_relax();
    store_relaxed(&x, 1);
    explore_write(&data, explore_read(&data) + 1);
    store_release(&x, 0);
}

static void
spin_for_nothing(unsigned self)
{
    if (self == 0)
        store_relaxed(&y, 1);
    else
        while (!load_relaxed(&x))
            cpu_relax();
}

static void
must_count_all(void)
{
    explore_assert(data == 2);
}

/* Sleeping: a waiter says so, looks once more, sleeps. */

static _Atomic(uint32_t) bell;

static void
zero_bell(void)
{
    zero();
    store_relaxed(&bell, 0);
}

static void
ring_bell(void)
{
    store_relaxed(&x, 1);
    fence_seq_cst();
    if (load_relaxed(&y)) {
        store_relaxed(&bell, 1);
        explore_futex_wake(&bell, 1);
    }
}

static void
sleep_after_look(unsigned self)
{
    if (self == 0) {
        ring_bell();
        return;
    }
    store_relaxed(&y, 1);
    fence_seq_cst();
    if (!load_relaxed(&x))
        while (!load_relaxed(&bell))
            explore_futex_wait(&bell, 0, false);
}

static void
sleep_without_look(unsigned self)
{
    if (self == 0) {
        ring_bell();
        return;
    }
    if (!load_relaxed(&x)) {
        store_relaxed(&y, 1);
        while (!load_relaxed(&bell))
            explore_futex_wait(&bell, 0, false);
    }
}

static void
sleep_without_look_but_timed(unsigned self)
{
    if (self == 0) {
        ring_bell();
        return;
    }
    if (!load_relaxed(&x)) {
        store_relaxed(&y, 1);
        seen[0] = -explore_futex_wait(&bell, 0, true) != 0;
    }
}

static void
wake_one_of_two(unsigned self)
{
    if (self == 2) {
        store_relaxed(&bell, 1);
        explore_futex_wake(&bell, 1);
    } else {
        explore_futex_wait(&bell, 0, false);
    }
}

static void
wake_both(unsigned self)
{
    if (self == 2) {
        store_relaxed(&bell, 1);
        explore_futex_wake(&bell, 2);
    } else {
        explore_futex_wait(&bell, 0, false);
    }
}

/* Memory that is freed while another still looks at it. */

static _Atomic(int *) shared;

static void
share_block(void)
{
    int *block = explore_alloc(sizeof *block);

    zero();
    *block = 1;
    store_relaxed(&shared, block);
}

static void
free_while_read(unsigned self)
{
    if (self == 0) {
        int *block = swap_acquire(&shared, NULL);

        explore_free(block);
    } else {
        int *block = load_acquire(&shared);

        if (block)
            explore_read(block);
    }
}

static void
free_by_the_taker(unsigned self)
{
    int *block = swap_acq_rel(&shared, NULL);

    (void)self;
    if (block) {
        explore_read(block);
        explore_free(block);
    }
}

static void
choose(unsigned self)
{
    seen[self] = (int)explore_choose(3);
}

/* All weak CAS outcomes. */

static void
cas_weakly(unsigned self)
{
    int old = 0;

    seen[self] = cas_weak_relaxed(&x, &old, (int)self + 1);
}

#define LITMUS(what, count, number)                                          \
 { .name = #what,                                                            \
     .threads = count,                                                       \
     .setup = zero,                                                          \
     .thread = what,                                                         \
     .finish = tell_seen,                                                    \
     .outcomes = number },                                                   \
 {                                                                           \
  .name = #what "_in_full", .threads = count, .setup = zero, .thread = what, \
  .finish = tell_seen, .outcomes = number, .full = true                      \
 }

#define SOUND(what, count)                                       \
 {                                                               \
  .name = #what, .threads = count, .setup = zero, .thread = what \
 }

#define BROKEN(what, count)                                       \
 {                                                                \
  .name = #what, .threads = count, .setup = zero, .thread = what, \
  .must_fail = true                                               \
 }

static const struct explore_case cases[] = {
    SOUND(send_release, 2),
    BROKEN(send_relaxed, 2),
    BROKEN(take_relaxed, 2),

    LITMUS(pass_word, 2, 3),
    LITMUS(pass_word_relaxed, 2, 4),
    LITMUS(pass_word_by_fences, 2, 3),
    LITMUS(store_then_load, 2, 4),
    LITMUS(store_fence_load, 2, 3),
    LITMUS(store_fence_load_once, 2, 4),
    LITMUS(store_asymmetric_load, 2, 3),
    LITMUS(write_and_read_twice, 3, 7),
    LITMUS(read_independent_writes, 4, 16),
    LITMUS(choose, 2, 9),
    LITMUS(cas_weakly, 2, 2),
    { .name = "cas_weakly_and_fail",
            .threads = 2,
            .setup = zero,
            .thread = cas_weakly,
            .finish = tell_seen,
            .spurious = 1,
            .outcomes = 3 },

    SOUND(read_twice, 2),
    SOUND(pass_on, 3),
    { .name = "pass_on_without_release",
            .threads = 3,
            .setup = zero,
            .thread = pass_on,
            .fault = { EXPLORE_DROP_RELEASE, "pass_on", "y", NULL } },

    { .name = "add_once",
            .threads = 3,
            .setup = zero,
            .thread = add_once,
            .finish = must_be_three },
    { .name = "add_once_split",
            .threads = 3,
            .setup = zero,
            .thread = add_once,
            .finish = must_be_three,
            .fault = { EXPLORE_SPLIT_RMW, "add_once", NULL, NULL } },
    { .name = "add_by_cas",
            .threads = 3,
            .setup = zero,
            .thread = add_by_cas,
            .finish = must_be_three,
            .spurious = 1,
            .stale_cas = true },
    { .name = "add_by_cas_split",
            .threads = 3,
            .setup = zero,
            .thread = add_by_cas,
            .finish = must_be_three,
            .fault = { EXPLORE_SPLIT_RMW, "selftest.c", "x", "cas" } },

    SOUND(must_not_read_early, 3),
    SOUND(pass_through_rmw, 3),
    BROKEN(pass_through_store, 3),
    SOUND(release_and_continue, 2),
    BROKEN(release_and_store, 2),
    BROKEN(release_and_continue_late, 2),

    { .name = "lock_and_count",
            .threads = 2,
            .setup = zero,
            .thread = lock_and_count,
            .finish = must_count_all },
    { .name = "lock_and_count_without_acquire",
            .threads = 2,
            .setup = zero,
            .thread = lock_and_count,
            .finish = must_count_all,
            .fault = { EXPLORE_DROP_ACQUIRE, NULL, NULL, "swap" } },
    BROKEN(lock_by_peek, 2),
    BROKEN(spin_for_nothing, 2),

    { .name = "sleep_after_look",
            .threads = 2,
            .setup = zero_bell,
            .thread = sleep_after_look },
    { .name = "sleep_after_look_without_fence",
            .threads = 2,
            .setup = zero_bell,
            .thread = sleep_after_look,
            .fault = { EXPLORE_SKIP, "ring_bell", NULL, "fence" } },
    { .name = "sleep_after_look_blindly",
            .threads = 2,
            .setup = zero_bell,
            .thread = sleep_after_look,
            .fault = { EXPLORE_BLIND_WAIT, NULL, NULL, NULL } },
    { .name = "sleep_without_look",
            .threads = 2,
            .setup = zero_bell,
            .thread = sleep_without_look,
            .must_fail = true },
    { .name = "sleep_without_look_but_timed",
            .threads = 2,
            .setup = zero_bell,
            .thread = sleep_without_look_but_timed,
            .finish = tell_seen,
            .outcomes = 3 },
    { .name = "wake_both",
            .threads = 3,
            .setup = zero_bell,
            .thread = wake_both },
    { .name = "wake_one_of_two",
            .threads = 3,
            .setup = zero_bell,
            .thread = wake_one_of_two,
            .must_fail = true },

    { .name = "free_by_the_taker",
            .threads = 2,
            .setup = share_block,
            .thread = free_by_the_taker },
    { .name = "free_while_read",
            .threads = 2,
            .setup = share_block,
            .thread = free_while_read,
            .must_fail = true },
};

EXPLORE_MAIN(cases)
