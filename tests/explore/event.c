/*
 * event.c - events and latches (src/sync/event.c): those who come, wait and go
 * while one opens.
 */
#include <steal/event.h>

#include "../../src/sync/place.h"
#include "explore.h"
#include "toy.h"

#define WAITS 2

static struct steal_event *event;
static struct steal_latch *latch;
static struct steal_event_wait *wait[WAITS]; /* blocks of their own */
static struct steal_latch_wait *descent[WAITS];
static _Atomic(uint32_t) wanted;
static int data;
static int other_data;

/*
 * Beginnings
 */

static void
set_up_common(void)
{
    toy_begin();
    event = NULL;
    latch = NULL;
    store_relaxed(&wanted, 0);
    data = 0;
    other_data = 0;
    explore_name(&wanted, sizeof wanted, "wanted");
    explore_name(&data, sizeof data, "data");
    explore_name(&other_data, sizeof other_data, "other_data");
}

static void
set_up_event(void)
{
    set_up_common();
    event = explore_alloc(sizeof *event);
    steal_event_init(event);
    explore_name(event, sizeof *event, "event");
    for (unsigned i = 0; i < WAITS; i++) {
        wait[i] = explore_alloc(sizeof *wait[i]);
        steal_event_wait(wait[i], event);
        explore_name(wait[i], sizeof *wait[i], i ? "wait 1" : "wait 0");
    }
}

static void
set_up_event_waits(void)
{
    set_up_event();
    toy_begin_to_wait(0, &wait[0]->future);
}

static void
set_up_event_is_set(void)
{
    set_up_event();
    steal_event_set(event);
}

static void
set_up_latch(void)
{
    set_up_common();
    latch = explore_alloc(sizeof *latch);
    steal_latch_init(latch, 2);
    explore_name(latch, sizeof *latch, "latch");
    for (unsigned i = 0; i < WAITS; i++) {
        descent[i] = explore_alloc(sizeof *descent[i]);
        steal_latch_wait(descent[i], latch);
        explore_name(descent[i], sizeof *descent[i], i ? "wait 1" : "wait 0");
    }
}

static void
set_up_latch_waits(void)
{
    set_up_latch();
    toy_begin_to_wait(0, &descent[0]->future);
}

/*
 * What threads do
 */

static void
await(unsigned self)
{
    toy_await(self, &wait[self]->future);
    explore_free(wait[self]);
    explore_assert(data == 7);
}

static void
set(void)
{
    data = 7;
    steal_event_set(event);
}

static void
set_and_wait(unsigned self)
{
    if (self)
        set();
    else
        await(0);
}

static void
set_and_wait_foreign(unsigned self)
{
    if (self) {
        set();
        return;
    }
    toy_await_foreign(0, &wait[0]->future);
    explore_free(wait[0]);
}

static void
set_and_free(unsigned self)
{
    set_and_wait(self);
    if (self == 0)
        explore_free(event);
}

static void
two_wait(unsigned self)
{
    if (self == 2)
        set();
    else
        await(self);
}

static void
drop_and_set(unsigned self)
{
    if (self == 2) {
        set();
    } else if (self == 1) {
        await(1);
    } else {
        steal_future_drop(&wait[0]->future);
        explore_free(wait[0]);
    }
}

/* A set that is undone has been seen by then. */
static void
reset_and_look(unsigned self)
{
    if (self) {
        store_relaxed(&wanted, 1);
        steal_event_set(event);
        return;
    }
    steal_event_reset(event);
    if (!load_relaxed(&wanted))
        toy_await(0, &wait[0]->future);
}

/* Latches */

static void
down(void)
{
    steal_latch_down(latch, 1);
}

static void
two_go_down(unsigned self)
{
    if (self == 0) {
        toy_await(0, &descent[0]->future);
        explore_free(descent[0]);
        explore_assert(data == 7 && other_data == 7);
        explore_free(latch);
    } else if (self == 1) {
        data = 7;
        down();
    } else {
        other_data = 7;
        down();
    }
}

static void
down_twice(unsigned self)
{
    if (self == 0) {
        toy_await(0, &descent[0]->future);
        explore_free(descent[0]);
        explore_free(latch);
    } else {
        down();
        down();
    }
}

static void
look_down(unsigned self)
{
    if (self == 1)
        data = 7;
    if (self == 2)
        other_data = 7;
    if (self)
        down();
    else if (steal_latch_is_open(latch))
        explore_assert(data == 7 && other_data == 7);
}

static void
drop_and_down(unsigned self)
{
    if (self) {
        down();
        return;
    }
    steal_future_drop(&descent[0]->future);
    explore_free(descent[0]);
}

/*
 * Ends
 */

static void
free_unless_freed(void *block)
{
    if (!explore_is_freed(block))
        explore_free(block);
}

static void
all_is_free(void)
{
    for (unsigned i = 0; i < WAITS; i++)
        free_unless_freed(event ? (void *)wait[i] : (void *)descent[i]);
    if (event)
        free_unless_freed(event);
    if (latch)
        free_unless_freed(latch);
    explore_assert(toy_is_clean());
}

static void
latch_is_open(void)
{
    explore_assert(steal_latch_is_open(latch));
    all_is_free();
}

/*
 * What would be wrong
 */

/* Sets it, and looks at nobody who waits. */
static void
set_silently(unsigned self)
{
    if (self)
        or_release((_Atomic(uint32_t) *)(void *)&event->word, 2);
    else
        await(0);
}

/* Looks before it resets. */
static void
look_and_reset(unsigned self)
{
    bool is_there;

    if (self) {
        reset_and_look(1);
        return;
    }
    is_there = load_relaxed(&wanted);
    steal_event_reset(event);
    if (!is_there)
        toy_await(0, &wait[0]->future);
}

static void
set_after_freeing(unsigned self)
{
    set_and_free(self);
    if (self)
        (void)steal_event_is_set(event);
}

#define EVENT(count, what, begin, end) \
 .threads = count, .setup = begin, .thread = what, .finish = end

static const struct explore_case cases[] = {
    { .name = "set_and_wait",
            EVENT(2, set_and_wait, set_up_event, all_is_free),
            .spurious = 1,
            .stale_cas = true },
    { .name = "set_and_wait_foreign",
            EVENT(2, set_and_wait_foreign, set_up_event, all_is_free) },
    { .name = "set_and_free",
            EVENT(2, set_and_free, set_up_event, all_is_free) },
    { .name = "two_wait",
            EVENT(3, two_wait, set_up_event, all_is_free),
            .preemptions = 4 },
    { .name = "drop_and_set",
            EVENT(3, drop_and_set, set_up_event_waits, all_is_free),
            .preemptions = 5 },
    { .name = "reset_and_look",
            EVENT(2, reset_and_look, set_up_event_is_set, all_is_free),
            .spurious = 1,
            .stale_cas = true },
    { .name = "two_go_down", EVENT(3, two_go_down, set_up_latch, all_is_free) },
    { .name = "down_twice",
            EVENT(2, down_twice, set_up_latch, all_is_free),
            .spurious = 1,
            .stale_cas = true },
    { .name = "look_down",
            EVENT(3, look_down, set_up_latch, latch_is_open),
            .spurious = 1,
            .stale_cas = true },
    { .name = "drop_and_down",
            EVENT(3, drop_and_down, set_up_latch_waits, latch_is_open) },

    { .name = "set_without_release",
            EVENT(2, set_and_wait, set_up_event, all_is_free),
            .fault = { EXPLORE_DROP_RELEASE, "steal_event_set", NULL, NULL } },
    { .name = "look_without_acquire",
            EVENT(3, look_down, set_up_latch, latch_is_open),
            .fault = { EXPLORE_DROP_ACQUIRE, "is_open", NULL, NULL } },
    { .name = "set_by_plain_store",
            EVENT(2, set_and_wait, set_up_event, all_is_free),
            .fault = { EXPLORE_SPLIT_RMW, "steal_event_set", NULL, NULL } },
    { .name = "announce_by_plain_store",
            EVENT(2, set_and_wait, set_up_event, all_is_free),
            .fault = { EXPLORE_SPLIT_RMW, "is_open_locked", NULL, NULL } },
    { .name = "down_by_plain_store",
            EVENT(3, look_down, set_up_latch, latch_is_open),
            .fault = { EXPLORE_SPLIT_RMW, "steal_latch_down", NULL, NULL } },
    { .name = "down_without_release",
            EVENT(3, look_down, set_up_latch, latch_is_open),
            .fault = { EXPLORE_DROP_RELEASE, "steal_latch_down", NULL, NULL } },
    { .name = "reset_without_acquire",
            EVENT(2, reset_and_look, set_up_event_is_set, all_is_free),
            .fault = { EXPLORE_DROP_ACQUIRE, "steal_event_reset", NULL,
                    NULL } },
    { .name = "free_before_it_settles",
            EVENT(2, set_and_free, set_up_event, all_is_free),
            .fault = { EXPLORE_BLIND_LOAD, "lock_settle", NULL, NULL } },
    { .name = "set_silently",
            EVENT(2, set_silently, set_up_event_waits, all_is_free),
            .must_fail = true },
    { .name = "look_and_reset",
            EVENT(2, look_and_reset, set_up_event_is_set, all_is_free),
            .must_fail = true },
    { .name = "look_after_setting",
            EVENT(2, set_after_freeing, set_up_event, all_is_free),
            .must_fail = true },
};

EXPLORE_MAIN(cases)
