/*
 * values.h - values that tell what was done to them, and who waits for one, for
 * the tests of objects that copy values.
 */
#ifndef STEAL_TESTS_VALUES_H
#define STEAL_TESTS_VALUES_H

#include "kit.h"

/*
 * A pointer that is counted: token_copy() and token_destroy() are for a channel
 * whose data is `&copies`.
 */

static _Atomic(int) copies;
static _Atomic(int) ends;

struct token {
    _Atomic(int) refs;
    int number;
};

static inline void
token_copy(void *to, const void *from, void *data)
{
    struct token *token;

    memcpy(&token, from, sizeof token);
    require(data == &copies);
    require(add_acq_rel(&token->refs, 1) > 0); /* else it was freed */
    memcpy(to, &token, sizeof token);
    add_relaxed(&copies, 1);
}

static inline void
token_drop(struct token *token)
{
    if (sub_acq_rel(&token->refs, 1) == 1)
        free(token);
}

static inline void
token_destroy(void *at, void *data)
{
    struct token *token;

    require(data == &copies);
    memcpy(&token, at, sizeof token);
    token_drop(token);
    add_relaxed(&ends, 1);
}

static inline struct token *
token_new(int number)
{
    struct token *token = malloc(sizeof *token);

    require(token != NULL);
    store_release(&token->refs, 1);
    token->number = number;
    return token;
}

/* Gives a sender in another thread time to destroy what is being copied. */
static _Atomic(bool) copying;

static inline void
slow_copy(void *to, const void *from, void *data)
{
    int before = load_acquire(&ends);

    store_release(&copying, true);
    for (int i = 0; i < 1000; i++)
        sched_yield();
    require(load_acquire(&ends) == before);
    token_copy(to, from, data);
}

/*
 * One that is long
 */

/* A value that shows if it is made of two. */
struct letter {
    uint64_t number;
    uint64_t copies[5];
    uint32_t last;
};

static inline struct letter
letter_make(uint64_t number)
{
    struct letter letter = { .number = number, .last = (uint32_t)~number };

    for (uint64_t i = 0; i < LENGTH(letter.copies); i++)
        letter.copies[i] = number * (2 * i + 3);
    return letter;
}

static inline void
letter_check(const struct letter *letter)
{
    for (uint64_t i = 0; i < LENGTH(letter->copies); i++)
        require(letter->copies[i] == letter->number * (2 * i + 3));
    require(letter->last == (uint32_t)~letter->number);
}

/*
 * Who waits, of a foreign executor
 */

static struct meter meter;
static struct steal_context cx;

static inline void
values_reset(void)
{
    store_release(&meter.refs, 0);
    store_release(&meter.wakes, 0);
    store_release(&copies, 0);
    store_release(&ends, 0);
}

static inline void
expect_ready(struct steal_future *future, int result)
{
    require(steal_future_poll(future, &cx) == STEAL_READY);
    require(future->result == result);
    steal_future_drop(future);
    require(load_acquire(&meter.refs) == 0);
}

static void (*between)(void);

static inline struct steal_waker
clone_late(void *data)
{
    between();
    return meter_clone(data);
}

static const struct steal_waker_vtable late_vtable = { .clone = clone_late,
    .wake = meter_wake,
    .wake_by_ref = meter_wake_by_ref,
    .drop = meter_drop };

/* Lets the next poll call a function when it clones the waker, which comes after
 * its first look at the object. */
static inline void
call_between(void (*fn)(void))
{
    struct steal_waker waker = { &late_vtable, &meter };

    between = fn;
    steal_context_init(&cx, &waker);
}

#endif
