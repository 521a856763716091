/*
 * semaphore.c - the semaphore (src/sync/semaphore.c): permits that are handed
 * over, while others come, go, close it, and take permits away.
 */
#include <errno.h>

#include <steal/semaphore.h>

#include "../../src/task/waitq.h"
#include "explore.h"
#include "toy.h"

#define ACQUIRES 3
#define WAITERS  UINT64_C(2)

static struct steal_semaphore semaphore;
static struct steal_semaphore_acquire acquire[ACQUIRES];
static unsigned taken[ACQUIRES]; /* and not given back */
static int data;                 /* of whoever has the permit */

static struct waitq *
line(void)
{
    return waitq_of(&semaphore.waiting);
}

/*
 * Beginnings
 */

static void
set_up(uint32_t permits)
{
    toy_begin();
    steal_semaphore_init(&semaphore, permits);
    for (unsigned i = 0; i < ACQUIRES; i++)
        taken[i] = 0;
    data = 0;
    explore_name(&semaphore, sizeof semaphore, "semaphore");
    explore_name(acquire, sizeof acquire, "acquire");
    explore_name(taken, sizeof taken, "taken");
    explore_name(&data, sizeof data, "data");
}

static struct steal_future *
acquire_some(unsigned i, uint32_t n)
{
    return steal_semaphore_acquire(&acquire[i], &semaphore, n);
}

static void
set_up_none(void)
{
    set_up(0);
}

static void
set_up_one(void)
{
    set_up(1);
}

static void
set_up_first_waits(void)
{
    set_up(0);
    toy_begin_to_wait(0, acquire_some(0, 1));
}

static void
set_up_two_wait(void)
{
    set_up_first_waits();
    toy_begin_to_wait(1, acquire_some(1, 1));
}

/* There is one, but the first in line wants two. */
static void
set_up_large_waits(void)
{
    set_up(1);
    toy_begin_to_wait(0, acquire_some(0, 2));
}

static void
set_up_small_behind_large(void)
{
    set_up_large_waits();
    toy_begin_to_wait(1, acquire_some(1, 1));
}

/*
 * What threads do
 */

static void
take(unsigned self, uint32_t n)
{
    explore_assert(toy_await(self, acquire_some(self, n)) == 0);
}

static void
go_on(unsigned self)
{
    explore_assert(toy_await(self, &acquire[self].future) == 0);
}

static void
drop(unsigned self)
{
    steal_future_drop(&acquire[self].future);
}

static void
release(uint32_t n)
{
    steal_semaphore_release(&semaphore, n);
}

/* One at a time. */
static void
take_and_give(unsigned self)
{
    take(self, 1);
    data++;
    release(1);
}

/* The same by those who do not wait. */
static void
try_and_give(unsigned self)
{
    (void)self;
    if (steal_semaphore_try_acquire(&semaphore, 1) != 0)
        return;
    data++;
    release(1);
}

static void
take_or_try(unsigned self)
{
    if (self == 0)
        take_and_give(self);
    else
        try_and_give(self);
}

/* Two acquire, a third releases: both permits at once, or one by one. */

static void
two_acquire(unsigned self)
{
    if (self < 2) {
        take(self, 1);
        explore_assert(data == 7);
        return;
    }
    data = 7;
    release(2);
}

static void
two_releases(unsigned self)
{
    if (self < 2) {
        take(self, 1);
        return;
    }
    release(1);
    release(1);
}

static void
acquire_foreign(unsigned self)
{
    if (self == 1) {
        data = 7;
        release(1);
        return;
    }
    explore_assert(toy_await_foreign(0, acquire_some(0, 1)) == 0);
    explore_assert(data == 7);
}

/* The large one is first, and so nobody passes it. */
static void
small_behind_large(unsigned self)
{
    if (self == 2) {
        release(1);
    } else if (self == 0) {
        go_on(0);
        data = 7;
        release(1);
    } else {
        take(1, 1);
        explore_assert(data == 7);
    }
}

static void
large_and_small(unsigned self)
{
    if (self == 2) {
        release(2);
    } else if (self == 0) {
        take(0, 2);
    } else {
        take(1, 1);
        release(1);
    }
}

/* What was handed to one that does not want it is the next one's. */
static void
hand_over_and_drop(unsigned self)
{
    if (self == 0)
        drop(0);
    else if (self == 1)
        go_on(1);
    else
        release(1);
}

static void
release_and_drop(unsigned self)
{
    if (self == 0)
        drop(0);
    else
        release(1);
}

/* Those behind a large one may need less. */
static void
drop_large(unsigned self)
{
    if (self == 0)
        drop(0);
    else
        go_on(1);
}

/* The end comes, and perhaps a permit before. */

static void
note(unsigned self, int result)
{
    explore_assert(result == 0 || result == -ECANCELED);
    taken[self] = result == 0;
}

static void
close_and_acquire(unsigned self)
{
    if (self == 0)
        note(0, toy_await(0, acquire_some(0, 1)));
    else if (self == 1)
        steal_semaphore_close(&semaphore);
    else
        release(1);
}

static void
close_two(unsigned self)
{
    if (self < 2)
        note(self, toy_await(self, acquire_some(self, 1)));
    else
        steal_semaphore_close(&semaphore);
}

static void
close_and_drop(unsigned self)
{
    if (self == 0)
        drop(0);
    else if (self == 1)
        steal_semaphore_close(&semaphore);
    else
        release(1);
}

/* Permits are taken away, while others come. */
static void
forget_and_release(unsigned self)
{
    if (self == 0) {
        taken[0] = steal_semaphore_forget(&semaphore, 1);
    } else if (self == 1) {
        release(1);
    } else if (steal_semaphore_try_acquire(&semaphore, 1) == 0) {
        taken[2] = 1;
    }
}

/* From under one that waits for two: either it has got both, or it does not. */
static void
forget_and_grant(unsigned self)
{
    if (self == 0) {
        taken[0] = steal_semaphore_forget(&semaphore, 1);
    } else {
        release(1);
    }
}

/*
 * Ends
 */

static unsigned
taken_in_all(void)
{
    unsigned n = 0;

    for (unsigned i = 0; i < ACQUIRES; i++)
        n += taken[i];
    return n;
}

static void
are_left(uint32_t permits)
{
    explore_assert(steal_semaphore_available(&semaphore) == permits);
    explore_assert(!waitq_first_locked(line()));
    explore_assert(!(semaphore.word & WAITERS)); /* S2 */
    explore_assert(toy_is_clean());
}

static void
none_is_left(void)
{
    are_left(0);
}

static void
one_is_left(void)
{
    are_left(1);
}

static void
one_is_left_of_one(void)
{
    explore_assert(data == 2);
    are_left(1);
}

static void
one_was_there(void)
{
    explore_outcome(taken_in_all());
    are_left(1 - taken_in_all());
}

static void
nobody_got_any(void)
{
    explore_assert(taken_in_all() == 0);
    are_left(0);
}

static void
two_were_there(void)
{
    explore_outcome(taken_in_all());
    are_left(2 - taken_in_all());
}

static void
two_were_there_for_one(void)
{
    bool granted = toy_poll(0, &acquire[0].future) == STEAL_READY;

    explore_assert(granted == !taken[0]);
    explore_outcome(granted);
    if (granted) {
        none_is_left();
        return;
    }
    drop(0);
    one_is_left();
}

/*
 * What would be wrong
 */

/* Whoever leaves, and what it was given stays with it. */
static void
leave(unsigned self)
{
    steal__waitq_leave(line(), wait_of(&acquire[self].wait));
}

static void
hand_over_and_leave(unsigned self)
{
    if (self == 0)
        leave(0);
    else
        hand_over_and_drop(self);
}

/* The large one goes, and nobody looks who is next. */
static void
leave_large(unsigned self)
{
    if (self == 0)
        leave(0);
    else
        go_on(1);
}

/* Wakes the first in line, and gives it the permit after that. */
static void
wake_and_grant(void)
{
    struct wait *first = wait_of(&acquire[0].wait);
    struct wakeups wakeups;

    wakeups_init(&wakeups);
    lock_take(&line()->lock);
    wakeups_add(&wakeups, &first->waker);
    lock_give(&line()->lock);
    steal__wakeups_schedule(&wakeups);
    lock_take(&line()->lock);
    wait_unlink(first);
    and_acq_rel((_Atomic(uint64_t) *)(void *)&semaphore.word, ~WAITERS);
    lock_give(&line()->lock);
}

static void
grant_too_late(unsigned self)
{
    if (self == 0)
        go_on(0);
    else
        wake_and_grant();
}

#define SEMAPHORE(count, what, begin, end) \
 .threads = count, .setup = begin, .thread = what, .finish = end

static const struct explore_case cases[] = {
    { .name = "one_at_a_time",
            SEMAPHORE(2, take_and_give, set_up_one, one_is_left_of_one),
            .spurious = 1,
            .stale_cas = true },
    { .name = "three_one_at_a_time",
            SEMAPHORE(3, take_and_give, set_up_one, one_is_left),
            .preemptions = 3 },
    { .name = "one_tries",
            SEMAPHORE(2, take_or_try, set_up_one, one_is_left),
            .spurious = 1,
            .stale_cas = true },
    { .name = "two_acquire",
            SEMAPHORE(3, two_acquire, set_up_none, none_is_left),
            .preemptions = 4 },
    { .name = "two_releases",
            SEMAPHORE(3, two_releases, set_up_none, none_is_left),
            .preemptions = 3 },
    { .name = "acquire_foreign",
            SEMAPHORE(2, acquire_foreign, set_up_none, none_is_left) },
    { .name = "small_behind_large",
            SEMAPHORE(3, small_behind_large, set_up_large_waits, none_is_left),
            .preemptions = 4 },
    { .name = "large_and_small",
            SEMAPHORE(3, large_and_small, set_up_one, one_is_left),
            .preemptions = 3 },
    { .name = "hand_over_and_drop",
            SEMAPHORE(3, hand_over_and_drop, set_up_two_wait, none_is_left),
            .preemptions = 4 },
    { .name = "release_and_drop",
            SEMAPHORE(2, release_and_drop, set_up_first_waits, one_is_left),
            .spurious = 1,
            .stale_cas = true },
    { .name = "drop_large",
            SEMAPHORE(2, drop_large, set_up_small_behind_large, none_is_left),
            .spurious = 1,
            .stale_cas = true },
    { .name = "close_and_acquire",
            SEMAPHORE(3, close_and_acquire, set_up_none, one_was_there),
            .preemptions = 3,
            .outcomes = 2 },
    { .name = "close_two",
            SEMAPHORE(3, close_two, set_up_none, nobody_got_any),
            .preemptions = 3 },
    { .name = "close_and_drop",
            SEMAPHORE(3, close_and_drop, set_up_first_waits, one_is_left),
            .preemptions = 4 },
    { .name = "forget_and_release",
            SEMAPHORE(3, forget_and_release, set_up_one, two_were_there),
            .spurious = 1,
            .stale_cas = true },
    { .name = "forget_and_grant",
            SEMAPHORE(2, forget_and_grant, set_up_large_waits,
                    two_were_there_for_one),
            .outcomes = 2,
            .spurious = 1,
            .stale_cas = true },

    { .name = "release_without_release",
            SEMAPHORE(2, take_and_give, set_up_one, one_is_left),
            .fault = { EXPLORE_DROP_RELEASE, "steal_semaphore_release", NULL,
                    NULL } },
    { .name = "try_without_acquire",
            SEMAPHORE(2, take_and_give, set_up_one, one_is_left),
            .fault = { EXPLORE_DROP_ACQUIRE, "take", NULL, NULL } },
    { .name = "acquire_by_plain_store",
            SEMAPHORE(2, take_or_try, set_up_one, one_is_left),
            .fault = { EXPLORE_SPLIT_RMW, "take", NULL, NULL } },
    { .name = "announce_by_plain_store",
            SEMAPHORE(2, take_and_give, set_up_one, one_is_left),
            .fault = { EXPLORE_SPLIT_RMW, "take_or_announce_locked", NULL,
                    NULL } },
    { .name = "announce_without_acquire",
            SEMAPHORE(2, take_and_give, set_up_one, one_is_left),
            .fault = { EXPLORE_DROP_ACQUIRE, "take_or_announce_locked", NULL,
                    NULL } },
    { .name = "grant_without_lock",
            SEMAPHORE(3, two_acquire, set_up_none, none_is_left),
            .fault = { EXPLORE_DROP_ACQUIRE, "lock_try", NULL, NULL },
            .preemptions = 2 },
    { .name = "forget_by_plain_store",
            SEMAPHORE(3, forget_and_release, set_up_one, two_were_there),
            .fault = { EXPLORE_SPLIT_RMW, "steal_semaphore_forget", NULL,
                    NULL } },
    { .name = "grant_forgets_the_end",
            SEMAPHORE(3, close_two, set_up_none, nobody_got_any),
            .fault = { EXPLORE_BLIND_LOAD, "grant_locked", NULL, NULL } },
    { .name = "keep_what_was_handed_over",
            SEMAPHORE(3, hand_over_and_leave, set_up_two_wait, none_is_left),
            .must_fail = true },
    { .name = "leave_without_looking_back",
            SEMAPHORE(2, leave_large, set_up_small_behind_large, none_is_left),
            .must_fail = true },
    { .name = "wake_before_granting",
            SEMAPHORE(2, grant_too_late, set_up_first_waits, none_is_left),
            .must_fail = true },
};

EXPLORE_MAIN(cases)
