/*
 * lost.c - tasks that nobody can wake (src/task/state.h, T5): each is told of, once,
 * by the park or by the drop of the last waker.
 *
 * Who tells reads what the poll has written, which is plain: a telling that is not
 * ordered after the poll is a race.
 */
#include "explore.h"

#include "../../src/task/state.h"

static task_word word;
static _Atomic(int) event;
static int seen; /* by the last poll */
static int tellings;

static void
set_up(uint64_t wakers)
{
    store_relaxed(&word, (TASK_LIVE | TASK_BUSY | TASK_REF | TASK_HANDLE) +
                                 wakers * TASK_REF);
    store_relaxed(&event, 0);
    seen = 0;
    tellings = 0;
    explore_name(&word, sizeof word, "word");
    explore_name(&event, sizeof event, "event");
    explore_name(&seen, sizeof seen, "seen");
    explore_name(&tellings, sizeof tellings, "tellings");
}

static void
set_up_one(void)
{
    set_up(1);
}

static void
set_up_two(void)
{
    set_up(2);
}

static void hold(void);

/* By the holder of BUSY, which then puts the task back. */
static void
tell(void)
{
    tellings += 1 + 10 * seen;
    if (steal__word_park(&word) == PARK_REQUEUE)
        hold();
}

/* What a worker does with a task that it has taken out of a queue. */
static void
hold(void)
{
    enum park_action action;

    do {
        steal__word_claim(&word);
        seen = load_relaxed(&event);
        action = steal__word_park_counted(&word);
    } while (action == PARK_REQUEUE);
    if (action == PARK_LOST)
        tell();
}

static void
drop(void)
{
    if (steal__word_unref_counted(&word) == UNREF_LOST)
        tell();
}

/* The waker is dropped while the poll that made it ends. */
static void
park_and_drop(unsigned self)
{
    if (self == 0)
        hold();
    else
        drop();
}

/* The last waker is dropped while somebody looks at the task, who then tells of it; but
 * not of one that was lost before. */
static void
visit(void)
{
    enum visit_action action = steal__word_visit(&word);
    enum park_action end;

    if (action == VISIT_NONE)
        return;
    explore_assert(action == VISIT_DONE || tellings == 1);
    end = action == VISIT_DONE ? steal__word_park_counted(&word)
                               : steal__word_park(&word);
    if (end == PARK_LOST)
        tell();
    else if (end == PARK_REQUEUE)
        hold();
}

static void
visit_and_drop(unsigned self)
{
    if (self == 2)
        visit();
    else
        park_and_drop(self);
}

/* One of two is woken, which ends with another poll. */
static void
wake_and_drop(unsigned self)
{
    if (self != 1) {
        park_and_drop(self);
        return;
    }
    store_relaxed(&event, 1);
    if (steal__word_wake_drop(&word) == WAKE_ENQUEUE)
        hold();
}

/* Whoever holds the handle aborts: that is no wake, but another turn. */
static void
abort_and_drop(unsigned self)
{
    if (self != 1)
        park_and_drop(self);
    else if (steal__word_abort(&word) == WAKE_ENQUEUE)
        hold();
}

static void
told_once(void)
{
    explore_assert(tellings == 1);
    explore_assert(load_relaxed(&word) == (TASK_LIVE | TASK_REF | TASK_HANDLE));
}

static void
told_once_after_the_event(void)
{
    explore_assert(tellings == 11);
}

/* The abort may come before, between and after. */
static void
told(void)
{
    explore_assert(tellings == 1 || tellings == 2);
}

#define DROP \
 .threads = 2, .setup = set_up_one, .thread = park_and_drop, .finish = told_once
#define VISIT                                                 \
 .threads = 3, .setup = set_up_one, .thread = visit_and_drop, \
 .finish = told_once
#define WAKE                                                 \
 .threads = 3, .setup = set_up_two, .thread = wake_and_drop, \
 .finish = told_once_after_the_event

static const struct explore_case cases[] = {
    { .name = "park_and_drop", DROP, .spurious = 1, .stale_cas = true },
    { .name = "wake_and_drop", WAKE },
    { .name = "visit_and_drop", VISIT },
    { .name = "visit_by_plain_store",
            VISIT,
            .fault = { EXPLORE_SPLIT_RMW, "steal__word_visit", NULL, NULL } },
    { .name = "visit_without_acquire",
            VISIT,
            .fault = { EXPLORE_DROP_ACQUIRE, "steal__word_visit", NULL,
                    NULL } },
    { .name = "abort_and_drop",
            .threads = 3,
            .setup = set_up_one,
            .thread = abort_and_drop,
            .finish = told },
    { .name = "drop_by_plain_store",
            DROP,
            .fault = { EXPLORE_SPLIT_RMW, "steal__word_unref_counted", NULL,
                    NULL } },
    { .name = "park_by_plain_store",
            DROP,
            .fault = { EXPLORE_SPLIT_RMW, "steal__word_park_counted", NULL,
                    NULL } },
    { .name = "park_without_release",
            DROP,
            .fault = { EXPLORE_DROP_RELEASE, "steal__word_park_counted", NULL,
                    NULL } },
    { .name = "drop_without_acquire",
            DROP,
            .fault = { EXPLORE_DROP_ACQUIRE, "steal__word_unref_counted", NULL,
                    NULL } },
    { .name = "park_without_acquire",
            WAKE,
            .fault = { EXPLORE_DROP_ACQUIRE, "steal__word_park_counted", NULL,
                    NULL } },
};

EXPLORE_MAIN(cases)
