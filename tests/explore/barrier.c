/*
 * barrier.c - the barrier (src/sync/barrier.c): parties that come, and go
 * before the others are there.
 */
#include <steal/barrier.h>

#include "../../src/sync/place.h"
#include "explore.h"
#include "toy.h"

#define PARTIES 3

static struct steal_barrier barrier;
static struct steal_barrier_wait wait[PARTIES];
static struct steal_barrier_wait second[PARTIES];
static int data[PARTIES];
static int leads[PARTIES]; /* how often */

static struct waitq *
queue(void)
{
    return waitq_of(&barrier.waiting);
}

/*
 * Beginnings
 */

static void
set_up(uint32_t parties)
{
    toy_begin();
    steal_barrier_init(&barrier, parties);
    for (unsigned i = 0; i < PARTIES; i++) {
        steal_barrier_wait(&wait[i], &barrier);
        steal_barrier_wait(&second[i], &barrier);
        data[i] = 0;
        leads[i] = 0;
    }
    explore_name(&barrier, sizeof barrier, "barrier");
    explore_name(wait, sizeof wait, "wait");
    explore_name(data, sizeof data, "data");
}

static void
set_up_two(void)
{
    set_up(2);
}

static void
set_up_three(void)
{
    set_up(3);
}

static void
set_up_first_waits(void)
{
    set_up(2);
    toy_begin_to_wait(0, &wait[0].future);
}

/*
 * What threads do
 */

static void
arrive(unsigned self)
{
    leads[self] += toy_await(self, &wait[self].future);
}

static void
arrive_again(unsigned self)
{
    leads[self] += toy_await(self, &second[self].future);
}

/* What the others did before is to be seen after. */
static void
meet(unsigned self)
{
    data[self] = 1;
    arrive(self);
    for (unsigned i = 0; i < barrier.parties; i++)
        explore_assert(data[i] == 1);
}

static void
meet_foreign(unsigned self)
{
    if (self) {
        meet(self);
        return;
    }
    data[0] = 1;
    leads[0] = toy_await_foreign(0, &wait[0].future);
    explore_assert(data[1] == 1);
}

/* Each reads what the other wrote in the round before. */
static void
meet_twice(unsigned self)
{
    data[self] = 1;
    arrive(self);
    explore_assert(data[1 - self] == 1);
    arrive_again(self);
    data[self] = 2;
}

/* One goes; whoever comes does not wait, or waits for another. */
static void
drop_and_meet(unsigned self)
{
    if (self == 0)
        steal_future_drop(&wait[0].future);
    else
        leads[self] = toy_poll(self, &wait[self].future) == STEAL_READY;
}

/*
 * Ends
 */

static void
is_over(void)
{
    explore_assert(barrier.arrived == 0);
    explore_assert(!waitq_first_locked(queue()));
    explore_assert(toy_is_clean());
}

static void
one_led(void)
{
    explore_assert(leads[0] + leads[1] + leads[2] == 1);
    is_over();
}

static void
two_led(void)
{
    explore_assert(leads[0] + leads[1] == 2);
    is_over();
}

/* Two have come, or three: one round is complete, and the third waits. */
static void
one_round_is_over(void)
{
    bool three = place_of(&wait[0].place)->wait.status != 0;

    explore_assert(leads[1] + leads[2] == 1);
    explore_assert(barrier.arrived == three);
    explore_outcome(three);
    for (unsigned i = 1; i < 3; i++)
        steal_future_drop(&wait[i].future);
    is_over();
}

/*
 * What would be wrong
 */

/* It leaves, and still counts. */
static void
leave_and_meet(unsigned self)
{
    if (self == 0)
        steal__place_leave(queue(), place_of(&wait[0].place), NULL);
    else
        drop_and_meet(self);
}

/* It counts, and then gets in line. */
static void
count_and_enter(unsigned self)
{
    struct place *place = place_of(&wait[0].place);
    struct steal_context cx = toy_context(0);

    if (self) {
        arrive(1);
        return;
    }
    lock_take(&queue()->lock);
    barrier.arrived++;
    lock_give(&queue()->lock);
    place_prepare(place, &cx);
    lock_take(&queue()->lock);
    place_enter_locked(queue(), place);
    lock_give(&queue()->lock);
    toy_await(0, &wait[0].future);
}

#define BARRIER(count, what, begin, end) \
 .threads = count, .setup = begin, .thread = what, .finish = end

static const struct explore_case cases[] = {
    { .name = "two_meet", BARRIER(2, meet, set_up_two, one_led) },
    { .name = "three_meet",
            BARRIER(3, meet, set_up_three, one_led),
            .preemptions = 4 },
    { .name = "meet_foreign", BARRIER(2, meet_foreign, set_up_two, one_led) },
    { .name = "meet_twice",
            BARRIER(2, meet_twice, set_up_two, two_led),
            .preemptions = 5 },
    { .name = "drop_and_meet",
            BARRIER(3, drop_and_meet, set_up_first_waits, one_round_is_over),
            .outcomes = 2 },

    { .name = "give_lock_without_release",
            BARRIER(2, meet, set_up_two, one_led),
            .fault = { EXPLORE_DROP_RELEASE, "lock_give", NULL, NULL } },
    { .name = "take_lock_by_plain_store",
            BARRIER(2, meet, set_up_two, one_led),
            .fault = { EXPLORE_SPLIT_RMW, "lock_try", NULL, NULL } },
    { .name = "wake_nobody",
            BARRIER(2, meet, set_up_two, one_led),
            .fault = { EXPLORE_SKIP, "end_unlinked", NULL, NULL } },
    { .name = "leave_uncounted",
            BARRIER(3, leave_and_meet, set_up_first_waits, one_round_is_over),
            .must_fail = true },
    { .name = "count_and_enter",
            BARRIER(2, count_and_enter, set_up_two, one_led),
            .must_fail = true },
};

EXPLORE_MAIN(cases)
