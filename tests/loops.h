/*
 * loops.h - what the tests of loops share: the places where a loop may be
 * called, marks on the indices that it has met, and bodies that want company.
 */
#ifndef STEAL_TESTS_LOOPS_H
#define STEAL_TESTS_LOOPS_H

#include "kit.h"

#include <steal/fork.h>
#include <steal/loop.h>

#define WORKERS 4

/*
 * Places
 */

static struct steal_runtime *runtime;

typedef void (*place_fn)(const struct steal_loop_options *options);

static inline void
loops_reset(void)
{
    runtime = runtime_start(WORKERS);
}

static inline void
loops_end(void)
{
    runtime_end(runtime);
}

static inline int
call_place(void *arg)
{
    static const struct steal_loop_options none;

    (*(place_fn *)arg)(&none);
    return 0;
}

/* As a computation that somebody awaits. */
static inline void
in_computation(place_fn fn)
{
    struct steal_compute compute;

    ck_assert_int_eq(steal_block_on(runtime,
                             steal_compute(&compute, call_place, &fn)),
            0);
}

/* On a thread that is in no runtime, alone and with workers; in the poll of a
 * task; in a computation. */
static inline void
everywhere(place_fn fn)
{
    struct steal_loop_options options = { 0 };

    fn(&options);
    options.runtime = runtime;
    fn(&options);
    ck_assert_int_eq(call_inside(runtime, call_place, &fn), 0);
    in_computation(fn);
}

/*
 * Marks: how often each index was met
 */

#define MARKS 100000

static _Atomic(unsigned char) mark[MARKS];

static inline void
marks_clear(void)
{
    for (size_t i = 0; i < MARKS; i++)
        store_relaxed(&mark[i], 0); /* not shared now */
}

static inline void
marks_add(size_t begin, size_t end)
{
    for (size_t i = begin; i < end; i++)
        add_relaxed(&mark[i], 1); /* the loop's end brings it */
}

/* The first n have been met `times` times, and no other. */
static inline void
marks_check(size_t n, unsigned times)
{
    for (size_t i = 0; i < MARKS; i++)
        require(load_relaxed(&mark[i]) == (i < n ? times : 0));
}

/*
 * Company: each waits until `all` are there, on as many threads.
 */

static struct {
    int all;
    _Atomic(int) there;
} company;

static inline void
company_expect(int all)
{
    company.all = all;
    store_release(&company.there, 0);
}

static inline void
company_wait(void)
{
    add_acq_rel(&company.there, 1);
    wait_until(load_acquire(&company.there) >= company.all);
}

#endif
