/*
 * once.c - the right to initialise (src/sync/once.c), which goes from one that
 * fails, or is dropped, to the next.
 */
#include <errno.h>

#include <steal/once.h>

#include "../../src/sync/place.h"
#include "explore.h"
#include "toy.h"

#define RUNS 3

/* An init future that says PENDING so often, and wakes itself. */
struct init {
    struct steal_future future;
    unsigned pending;
    int result;
};

static struct steal_once once;
static struct steal_once_run run[RUNS];
static struct init init[RUNS];
static int data;  /* what is initialised */
static int polls; /* of those who have the right, one after the other */
static int dropped;

static enum steal_poll
init_poll(struct steal_future *future, struct steal_context *cx)
{
    struct init *self = (struct init *)future;

    polls++;
    if (self->pending) {
        self->pending--;
        steal_context_wake(cx);
        return STEAL_PENDING;
    }
    future->result = self->result;
    if (!self->result)
        data++;
    return STEAL_READY;
}

static void
init_drop(struct steal_future *future)
{
    (void)future;
    dropped++;
}

static const struct steal_future_ops init_ops = { .name = "init",
    .poll = init_poll,
    .drop = init_drop };

/*
 * Beginnings
 */

static void
set_up(void)
{
    toy_begin();
    steal_once_init(&once);
    for (unsigned i = 0; i < RUNS; i++) {
        steal_future_init(&init[i].future, &init_ops);
        init[i].pending = 1;
        init[i].result = 0;
        steal_once_run(&run[i], &once, &init[i].future);
    }
    data = 0;
    polls = 0;
    dropped = 0;
    explore_name(&once, sizeof once, "once");
    explore_name(run, sizeof run, "run");
    explore_name(init, sizeof init, "init");
    explore_name(&data, sizeof data, "data");
    explore_name(&polls, sizeof polls, "polls");
    explore_name(&dropped, sizeof dropped, "dropped");
}

static void
set_up_failing(void)
{
    set_up();
    init[0].result = -EIO;
}

/* The first has the right. */
static void
set_up_running(void)
{
    set_up();
    toy_begin_to_wait(0, &run[0].future);
}

static void
set_up_one_waits(void)
{
    set_up_running();
    toy_begin_to_wait(1, &run[1].future);
}

static void
set_up_two_wait(void)
{
    set_up_one_waits();
    toy_begin_to_wait(2, &run[2].future);
}

/*
 * What threads do
 */

static void
run_it(unsigned self)
{
    explore_assert(toy_await(self, &run[self].future) == 0);
    explore_assert(data == 1);
}

static void
run_failing(unsigned self)
{
    int result = toy_await(self, &run[self].future);

    explore_assert(result == 0 || (self == 0 && result == -EIO));
}

static void
run_or_look(unsigned self)
{
    if (self == 0)
        run_it(0);
    else if (steal_once_is_done(&once))
        explore_assert(data == 1);
}

static void
run_foreign(unsigned self)
{
    if (self == 0)
        explore_assert(toy_await_foreign(0, &run[0].future) == 0);
    else
        run_it(self);
}

/* The one that has the right goes. */
static void
drop_and_run(unsigned self)
{
    if (self == 0)
        steal_future_drop(&run[0].future);
    else
        run_it(self);
}

/* And the one that it was given to, too. */
static void
drop_two(unsigned self)
{
    if (self == 2)
        run_it(2);
    else
        steal_future_drop(&run[self].future);
}

/* Whoever waits goes, while the first is done. */
static void
drop_one_that_waits(unsigned self)
{
    if (self == 1)
        steal_future_drop(&run[1].future);
    else
        run_it(self);
}

/*
 * Ends
 */

static void
is_done(void)
{
    explore_assert(steal_once_is_done(&once) && data == 1);
    explore_assert(!waitq_first_locked(waitq_of(&once.waiting)));
    explore_assert(toy_is_clean());
}

static void
one_has_run(void)
{
    explore_assert(dropped == 1);
    is_done();
}

static void
two_have_run(void)
{
    explore_assert(dropped == 2);
    is_done();
}

/*
 * What would be wrong
 */

/* It goes, and keeps the right. */
static void
leave_and_run(unsigned self)
{
    if (self == 0)
        steal_future_drop(&init[0].future);
    else
        run_it(self);
}

/* It has got the right, and goes. */
static void
leave_with_turn(unsigned self)
{
    if (self == 1)
        steal__place_leave(waitq_of(&once.waiting), place_of(&run[1].place),
                NULL);
    else
        drop_two(self);
}

#define ONCE(count, what, begin, end) \
 .threads = count, .setup = begin, .thread = what, .finish = end

static const struct explore_case cases[] = {
    { .name = "two_run", ONCE(2, run_it, set_up, one_has_run) },
    { .name = "three_run",
            ONCE(3, run_it, set_up, one_has_run),
            .preemptions = 3 },
    { .name = "run_or_look", ONCE(2, run_or_look, set_up, one_has_run) },
    { .name = "run_foreign", ONCE(2, run_foreign, set_up, one_has_run) },
    { .name = "first_fails", ONCE(2, run_failing, set_up_failing, is_done) },
    { .name = "drop_and_run",
            ONCE(2, drop_and_run, set_up_running, two_have_run) },
    { .name = "drop_and_take_over",
            ONCE(2, drop_and_run, set_up_one_waits, two_have_run) },
    { .name = "drop_two",
            ONCE(3, drop_two, set_up_two_wait, is_done),
            .preemptions = 5 },
    { .name = "drop_one_that_waits",
            ONCE(3, drop_one_that_waits, set_up_two_wait, one_has_run),
            .preemptions = 5 },

    { .name = "end_without_release",
            ONCE(2, run_or_look, set_up, one_has_run),
            .fault = { EXPLORE_DROP_RELEASE, "end_run", NULL, NULL } },
    { .name = "look_without_acquire",
            ONCE(2, run_or_look, set_up, one_has_run),
            .fault = { EXPLORE_DROP_ACQUIRE, "is_done", NULL, NULL } },
    { .name = "enter_without_lock",
            ONCE(2, run_it, set_up, one_has_run),
            .fault = { EXPLORE_SPLIT_RMW, "lock_try", NULL, NULL } },
    { .name = "end_is_not_told",
            ONCE(2, run_it, set_up, one_has_run),
            .fault = { EXPLORE_SKIP, "end_run", NULL, "store" } },
    { .name = "leave_with_the_right",
            ONCE(2, leave_and_run, set_up_one_waits, two_have_run),
            .must_fail = true },
    { .name = "leave_with_turn",
            ONCE(3, leave_with_turn, set_up_two_wait, is_done),
            .must_fail = true },
};

EXPLORE_MAIN(cases)
