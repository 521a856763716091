/*
 * mutex.c - the mutex (src/sync/mutex.c): those who wait in line, those who
 * pass, and those who give up.  A waiter may be passed once here.
 */
#include <steal/mutex.h>

#include "../../src/task/waitq.h"
#include "explore.h"
#include "toy.h"

#define LOCKS  3
#define LOCKED 1u

static struct steal_mutex mutex;
static struct steal_mutex_lock lock[LOCKS];
static int data; /* of whoever has it */

static struct waitq *
line(void)
{
    return waitq_of(&mutex.waiting);
}

/*
 * Beginnings
 */

static void
set_up(void)
{
    toy_begin();
    steal_mutex_init(&mutex);
    for (unsigned i = 0; i < LOCKS; i++)
        steal_mutex_lock(&lock[i], &mutex);
    data = 0;
    explore_name(&mutex, sizeof mutex, "mutex");
    explore_name(lock, sizeof lock, "lock");
    explore_name(&data, sizeof data, "data");
}

static void
set_up_locked(void)
{
    set_up();
    explore_assert(steal_mutex_try_lock(&mutex));
}

static void
set_up_one_waits(void)
{
    set_up_locked();
    toy_begin_to_wait(0, &lock[0].future);
}

static void
set_up_two_wait(void)
{
    set_up_one_waits();
    toy_begin_to_wait(1, &lock[1].future);
}

/* The first was passed before: the mutex will be handed to it. */
static void
set_up_two_wait_passed(void)
{
    set_up_two_wait();
    lock[0].passed = 1;
}

/*
 * What threads do
 */

static void
unlock(void)
{
    steal_mutex_unlock(&mutex);
}

static void
use(void)
{
    data++;
    unlock();
}

static void
lock_and_use(unsigned self)
{
    explore_assert(toy_await(self, &lock[self].future) == 0);
    use();
}

static void
try_and_use(void)
{
    if (steal_mutex_try_lock(&mutex))
        use();
}

static void
drop(unsigned self)
{
    steal_future_drop(&lock[self].future);
}

static void
lock_foreign(unsigned self)
{
    if (self == 1) {
        use();
        return;
    }
    explore_assert(toy_await_foreign(0, &lock[0].future) == 0);
    use();
}

/* M1, M2: the first in line is woken, and somebody comes by. */
static void
pass(unsigned self)
{
    if (self == 0) {
        lock_and_use(0);
    } else {
        unlock();
        try_and_use();
    }
}

/* M3: and once more. */
static void
pass_twice(unsigned self)
{
    if (self == 1) {
        pass(1);
        try_and_use();
    } else {
        lock_and_use(self);
    }
}

static void
pass_by_others(unsigned self)
{
    if (self == 0)
        lock_and_use(0);
    else if (self == 1)
        use();
    else
        try_and_use();
}

/* It is woken, or handed the mutex, and does not want it. */
static void
drop_first(unsigned self)
{
    if (self == 0)
        drop(0);
    else if (self == 1)
        lock_and_use(1);
    else
        unlock();
}

static void
drop_only(unsigned self)
{
    if (self == 0)
        drop(0);
    else
        unlock();
}

/* Another has the mutex by then. */
static void
drop_and_pass(unsigned self)
{
    if (self == 2)
        pass(1);
    else
        drop_first(self);
}

static void
drop_by_others(unsigned self)
{
    if (self == 0)
        drop(0);
    else
        pass_by_others(self);
}

static void
drop_second(unsigned self)
{
    if (self == 1)
        drop(1);
    else if (self == 0)
        lock_and_use(0);
    else
        unlock();
}

/*
 * Ends
 */

static void
is_free(void)
{
    explore_assert(mutex.word == 0);
    explore_assert(!waitq_first_locked(line()));
    explore_assert(toy_is_clean());
}

static void
two_have_used_it(void)
{
    explore_assert(data == 2);
    is_free();
}

static void
tell_passed(void)
{
    explore_assert(lock[0].passed <= 1); /* M3 */
    explore_outcome(lock[0].passed);
    is_free();
}

/*
 * What would be wrong
 */

/* Whoever leaves the line, and was woken perhaps. */
static void
leave_first(unsigned self)
{
    if (self == 0)
        steal__waitq_leave(line(), wait_of(&lock[0].wait));
    else
        drop_first(self);
}

/* Wakes the first in line, and lets go of the mutex after that. */
static void
wake_and_unlock(void)
{
    struct wakeups wakeups;

    wakeups_init(&wakeups);
    lock_take(&line()->lock);
    lock[0].woken = true;
    wakeups_add(&wakeups, &wait_of(&lock[0].wait)->waker);
    lock_give(&line()->lock);
    steal__wakeups_schedule(&wakeups);
    and_acq_rel((_Atomic(uint32_t) *)(void *)&mutex.word, ~LOCKED);
}

static void
unlock_too_late(unsigned self)
{
    if (self == 0)
        lock_and_use(0);
    else
        wake_and_unlock();
}

#define MUTEX(count, what, begin, end) \
 .threads = count, .setup = begin, .thread = what, .finish = end

static const struct explore_case cases[] = {
    { .name = "one_at_a_time",
            MUTEX(2, lock_and_use, set_up, two_have_used_it),
            .spurious = 1,
            .stale_cas = true },
    { .name = "three_one_at_a_time",
            MUTEX(3, lock_and_use, set_up, is_free),
            .preemptions = 4 },
    { .name = "lock_foreign",
            MUTEX(2, lock_foreign, set_up_one_waits, is_free) },
    { .name = "pass",
            MUTEX(2, pass, set_up_one_waits, tell_passed),
            .preemptions = 5,
            .outcomes = 2 },
    { .name = "pass_twice",
            MUTEX(2, pass_twice, set_up_one_waits, tell_passed),
            .outcomes = 2,
            .preemptions = 4 },
    { .name = "pass_two",
            MUTEX(3, pass_twice, set_up_one_waits, tell_passed),
            .outcomes = 2,
            .preemptions = 2 },
    { .name = "pass_by_others",
            MUTEX(3, pass_by_others, set_up_one_waits, tell_passed),
            .outcomes = 2 },
    { .name = "drop_only",
            MUTEX(2, drop_only, set_up_one_waits, is_free),
            .spurious = 1,
            .stale_cas = true },
    { .name = "drop_first", MUTEX(3, drop_first, set_up_two_wait, is_free) },
    { .name = "drop_what_was_handed_over",
            MUTEX(3, drop_first, set_up_two_wait_passed, is_free) },
    { .name = "drop_and_pass",
            MUTEX(3, drop_and_pass, set_up_two_wait, is_free),
            .preemptions = 4 },
    { .name = "drop_by_others",
            MUTEX(3, drop_by_others, set_up_one_waits, is_free),
            .spurious = 1,
            .stale_cas = true },
    { .name = "drop_second",
            MUTEX(3, drop_second, set_up_two_wait, is_free),
            .preemptions = 5 },

    { .name = "unlock_without_release",
            MUTEX(2, lock_and_use, set_up, is_free),
            .fault = { EXPLORE_DROP_RELEASE, "steal_mutex_unlock", NULL,
                    NULL } },
    { .name = "take_without_acquire",
            MUTEX(2, lock_and_use, set_up, is_free),
            .fault = { EXPLORE_DROP_ACQUIRE, "take", NULL, NULL } },
    { .name = "take_by_plain_store",
            MUTEX(2, lock_and_use, set_up, is_free),
            .fault = { EXPLORE_SPLIT_RMW, "take", NULL, NULL } },
    { .name = "announce_by_plain_store",
            MUTEX(2, lock_and_use, set_up, is_free),
            .fault = { EXPLORE_SPLIT_RMW, "take_or_change_locked", NULL,
                    NULL } },
    { .name = "unlock_by_plain_store",
            MUTEX(2, lock_and_use, set_up, is_free),
            .fault = { EXPLORE_SPLIT_RMW, "steal_mutex_unlock", NULL, NULL } },
    { .name = "pass_on_without_release",
            MUTEX(3, pass_by_others, set_up_one_waits, is_free),
            .fault = { EXPLORE_DROP_RELEASE, "pass_on_locked", NULL, NULL } },
    { .name = "leave_by_plain_store",
            MUTEX(3, drop_by_others, set_up_one_waits, is_free),
            .fault = { EXPLORE_SPLIT_RMW, "leave_locked", NULL, NULL } },
    { .name = "leave_without_passing_on",
            MUTEX(3, leave_first, set_up_two_wait, is_free),
            .must_fail = true },
    { .name = "keep_what_was_handed_over",
            MUTEX(3, leave_first, set_up_two_wait_passed, is_free),
            .must_fail = true },
    { .name = "wake_before_unlocking",
            MUTEX(2, unlock_too_late, set_up_one_waits, is_free),
            .must_fail = true },
};

EXPLORE_MAIN(cases)
