/*
 * source.c - sources (src/driver/source.c): tasks that wait for a descriptor, and
 * events.  Thread 0 has the driver's seat, and often is the peer, too.
 */
#include <errno.h>

#include "explore.h"
#include "files.h"
#include "loop.h"
#include "operation.h"
#include "toy.h"

static void
read_event(unsigned self)
{
    if (self == 0) {
        toy_drive(1);
    } else if (self == 1) {
        op_run(0);
        toy_done();
    } else {
        files_make_ready(number, STEAL_READABLE);
    }
}

static void
two_read(unsigned self)
{
    if (self == 0) {
        files_make_ready(number, STEAL_READABLE);
        toy_drive(2);
    } else {
        op_run(self - 1);
        toy_done();
    }
}

/* One reads, one writes: both tell the set. */

static void
two_directions(unsigned self)
{
    if (self == 0) {
        toy_drive(2);
    } else {
        op_run(self - 1);
        toy_done();
    }
}

/* The same without anyone in the seat: after all, the set knows of both. */

static void
tell_both(unsigned self)
{
    explore_assert(!op_poll_as(self, self));
}

static void
both_are_watched(void)
{
    toy_look();
    for (unsigned i = 0; i < OPERATIONS; i++)
        explore_assert(op_poll_as(i, i));
    op_all_went_well();
}

/* Nobody but who was told to tell does. */
static void
tell_unasked(unsigned self)
{
    uint64_t seen;

    if (self == 0) {
        op_poll_as(0, 0);
        return;
    }
    explore_assert(steal__source_enter(source, &seen));
    explore_assert(!steal__set_watch(&toy.driver.set, source, STEAL_WRITABLE));
    steal__source_leave(source, seen, 0);
}

/* One of our tasks and one of another runtime's, by the same event. */
static void
two_runtimes(unsigned self)
{
    if (self == 0) {
        files_make_ready(number, STEAL_READABLE);
        toy_drive(2);
        return;
    }
    toy_run(self == 1 ? 0 : TOY_STRANGER, op_poll, &operation[self - 1]);
    toy_done();
}

/* The waiter is of another executor, or moves to another task. */

static void
read_event_foreign(unsigned self)
{
    if (self == 1) {
        toy_run_foreign(0, op_poll, &operation[0]);
        toy_done();
    } else {
        read_event(self);
    }
}

static void
read_event_elsewhere(unsigned self)
{
    if (self == 0) {
        files_make_ready(number, STEAL_READABLE);
        toy_drive(1);
        return;
    }
    if (!op_poll_as(0, 0))
        toy_run(1, op_poll, &operation[0]);
    toy_done();
}

/* What was consumed comes again. */

static void
set_up_twice(void)
{
    op_set_up();
    operation[0].takes = true;
}

static void
read_twice(unsigned self)
{
    for (unsigned i = 1; i <= 2; i++) {
        if (self == 0) {
            files_make_ready(number, STEAL_READABLE);
            toy_drive(i);
        } else {
            op_run(0);
            toy_done();
        }
    }
}

/* It cannot be watched: all who wait are told. */

static void
read_regular(unsigned self)
{
    op_run(self);
}

static void
all_are_told(void)
{
    for (unsigned i = 0; i < OPERATIONS; i++)
        explore_assert(operation[i].result == -EPERM);
    steal_fd_unref(source);
    op_nothing_is_left();
}

/*
 * What would be wrong
 */

static void
wake_then_raise(struct steal_fd *it, uint64_t bits, struct wakeups *wakeups)
{
    steal__waitq_wake(&it->waiters, (unsigned)bits, 0, wakeups);
    steal__ready_raise(&it->word, bits);
}

static void
raise_without_tick(struct steal_fd *it, uint64_t bits, struct wakeups *wakeups)
{
    or_release(&it->word, bits);
    steal__waitq_wake(&it->waiters, (unsigned)bits, 0, wakeups);
}

static void
raise_without_wake(struct steal_fd *it, uint64_t bits, struct wakeups *wakeups)
{
    (void)wakeups;
    steal__ready_raise(&it->word, bits);
}

static void
set_up_wake_then_raise(void)
{
    op_set_up();
    loop_raise = wake_then_raise;
}

static void
set_up_raise_without_tick(void)
{
    set_up_twice();
    loop_raise = raise_without_tick;
}

static void
set_up_raise_without_wake(void)
{
    op_set_up();
    loop_raise = raise_without_wake;
}

#define WAIT(count, what, begin) \
 .threads = count, .setup = begin, .thread = what, .finish = op_all_went_well

static const struct explore_case cases[] = {
    { .name = "read_event", WAIT(3, read_event, op_set_up), .preemptions = 2 },
    { .name = "two_read", WAIT(3, two_read, op_set_up), .preemptions = 2 },
    { .name = "two_directions",
            WAIT(3, two_directions, op_set_up_directions),
            .preemptions = 1 },
    { .name = "tell_both",
            .threads = 2,
            .setup = op_set_up_directions,
            .thread = tell_both,
            .finish = both_are_watched,
            .preemptions = 5 },
    { .name = "read_event_foreign",
            WAIT(3, read_event_foreign, op_set_up),
            .preemptions = 2 },
    { .name = "read_event_elsewhere",
            WAIT(2, read_event_elsewhere, op_set_up),
            .preemptions = 3 },
    { .name = "two_runtimes",
            WAIT(3, two_runtimes, op_set_up),
            .preemptions = 2 },
    { .name = "read_twice",
            WAIT(2, read_twice, set_up_twice),
            .preemptions = 2 },
    { .name = "read_regular",
            .threads = 2,
            .setup = op_set_up_regular,
            .thread = read_regular,
            .finish = all_are_told,
            .preemptions = 3 },
    { .name = "wake_then_raise",
            WAIT(3, read_event, set_up_wake_then_raise),
            .must_fail = true,
            .preemptions = 2 },
    { .name = "raise_without_tick",
            WAIT(2, read_twice, set_up_raise_without_tick),
            .must_fail = true,
            .preemptions = 2 },
    { .name = "raise_without_wake",
            WAIT(3, read_event, set_up_raise_without_wake),
            .must_fail = true },
    { .name = "wait_without_looking",
            WAIT(2, read_twice, set_up_twice),
            .fault = { EXPLORE_BLIND_LOAD, "ask", NULL, NULL },
            .preemptions = 2 },
    { .name = "give_lock_without_release",
            WAIT(3, two_directions, op_set_up_directions),
            .fault = { EXPLORE_DROP_RELEASE, "lock_give", NULL, NULL },
            .preemptions = 2 },
    { .name = "take_lock_without_acquire",
            WAIT(3, two_directions, op_set_up_directions),
            .fault = { EXPLORE_DROP_ACQUIRE, "lock_try", NULL, NULL },
            .preemptions = 2 },
    { .name = "take_lock_by_plain_store",
            WAIT(3, two_directions, op_set_up_directions),
            .fault = { EXPLORE_SPLIT_RMW, "lock_try", NULL, NULL },
            .preemptions = 2 },
    { .name = "leave_by_plain_store",
            WAIT(3, read_event, op_set_up),
            .fault = { EXPLORE_SPLIT_RMW, "steal__ready_leave", NULL, NULL } },
    { .name = "tell_unasked",
            WAIT(2, tell_unasked, op_set_up_directions),
            .must_fail = true },
};

EXPLORE_MAIN(cases)
