/*
 * closing.c - the end of sources (src/driver/source.c), of waits, and of the
 * driver: against those who wait, who are inside a system call, and who turn the
 * driver.
 */
#include <errno.h>

#include "explore.h"
#include "files.h"
#include "loop.h"
#include "operation.h"
#include "toy.h"

/*
 * The end of a source
 */

/* Against one who waits, or is about to. */
static void
close_and_read(unsigned self)
{
    if (self == 0) {
        op_run(0);
        explore_assert(operation[0].result == -ECANCELED);
        steal_fd_unref(source);
    } else {
        steal_fd_close(source);
    }
}

static void
close_and_read_foreign(unsigned self)
{
    if (self == 0) {
        toy_run_foreign(0, op_poll, &operation[0]);
        explore_assert(operation[0].result == -ECANCELED);
        steal_fd_unref(source);
    } else {
        steal_fd_close(source);
    }
}

/* Against one who has only what its wait has. */
static void
close_and_wait(unsigned self)
{
    if (self == 0) {
        op_run(0);
        explore_assert(operation[0].result == -ECANCELED);
    } else {
        steal_fd_close(source);
    }
}

/* It is woken, and about to try again. */
static void
close_and_wake(unsigned self)
{
    if (self == 0) {
        op_run(0);
    } else {
        files_make_ready(number, STEAL_READABLE);
        toy_look();
        steal_fd_close(source);
        toy_look(); /* frees it */
    }
}

/* Inside a system call. */
static void
operate(void)
{
    uint64_t seen;

    if (!steal__source_enter(source, &seen))
        return;
    files_begin_call(number);
    files_end_call(number);
    steal__source_leave(source, seen, STEAL_READABLE);
}

static void
close_and_operate(unsigned self)
{
    if (self == 0) {
        operate();
        steal_fd_unref(source);
    } else {
        steal_fd_close(source);
    }
}

/* The descriptor is the caller's again, once nobody uses it. */
static void
release_and_operate(unsigned self)
{
    if (self == 0) {
        operate();
        steal_fd_unref(source);
    } else {
        explore_assert(steal_fd_release(source) == number);
        files_close(number);
    }
}

/* Watched, with an event that a turn will find; nobody waits. */
static void
set_up_watched(void)
{
    struct steal_context cx = toy_context(0);

    op_set_up_consumed();
    explore_assert(steal__source_wait(source, operation[0].wait, &cx) == 0);
    steal__source_give_up(source, operation[0].wait);
    files_make_ready(number, STEAL_READABLE);
}

static void
set_up_watched_shared(void)
{
    set_up_watched();
    steal_fd_ref(source);
}

static void
close_in_turn(unsigned self)
{
    if (self == 0) {
        toy_look();
        toy_look();
    } else {
        steal_fd_close(source);
    }
}

static void
unref_in_turn(unsigned self)
{
    if (self == 0)
        toy_look();
    else
        steal_fd_unref(source);
}

/* The driver itself ends. */
static void
close_at_the_end(unsigned self)
{
    if (self == 0) {
        toy_look();
        steal__driver_fini(&toy.driver);
    } else {
        steal_fd_close(source);
    }
}

/* Nobody will turn the driver any more: who waits elsewhere is told. */
static void
read_at_the_end(unsigned self)
{
    if (self == 0) {
        steal__driver_fini(&toy.driver);
    } else {
        toy_run_foreign(0, op_poll, &operation[0]);
        explore_assert(operation[0].result == -ECANCELED);
        steal_fd_unref(source);
    }
}

static void
read_and_close_at_the_end(unsigned self)
{
    if (self == 2)
        steal_fd_close(source);
    else
        read_at_the_end(self);
}

/*
 * The end of a wait
 */

static void
set_up_waiting(void)
{
    struct steal_context cx = toy_context(0);

    op_set_up_consumed();
    explore_assert(steal__source_wait(source, operation[0].wait, &cx) == 0);
    files_make_ready(number, STEAL_READABLE);
}

static void
set_up_begun(void)
{
    struct steal_context cx = toy_context(0);

    op_set_up_consumed();
    explore_assert(!op_poll(&operation[0], &cx));
}

static void
set_up_waiting_shared(void)
{
    set_up_waiting();
    steal_fd_ref(source);
}

static void
give_up(void)
{
    steal__source_give_up(source, operation[0].wait);
    explore_free(operation[0].wait);
}

static void
drop_in_turn(unsigned self)
{
    if (self == 0) {
        toy_look();
        return;
    }
    give_up();
    steal_fd_unref(source);
}

/* While another's wait begins, or this one does. */
static void
begin_and_drop(unsigned self)
{
    if (!op_poll_as(self, self))
        steal__source_give_up(source, operation[self].wait);
    explore_free(operation[self].wait);
    steal_fd_unref(source);
}

static void
set_up_directions_shared(void)
{
    op_set_up_directions();
    steal_fd_ref(source);
}

static void
drop_and_close(unsigned self)
{
    if (self == 0) {
        give_up();
        steal_fd_unref(source);
    } else {
        steal_fd_close(source);
    }
}

/*
 * What would be wrong
 */

static void
set_up_late_forgetting(void)
{
    set_up_watched();
    loop_forgets_late = true;
}

static void
set_up_careless(void)
{
    set_up_begun();
    operation[0].careless = true;
}

/* What steal__driver_bury() is there to put off. */
static void
close_and_free_at_once(unsigned self)
{
    struct list *graves = &toy.driver.graves;

    if (self == 0) {
        toy_look();
        return;
    }
    steal_fd_close(source);
    lock_take(&toy.driver.lock);
    while (list_first(graves)) {
        struct list *link = list_first(graves);

        list_remove(link);
        steal__source_free(link);
    }
    lock_give(&toy.driver.lock);
}

/* Who gives up leaves the queue first. */
static void
drop_without_giving_up(unsigned self)
{
    if (self == 0)
        toy_look();
    else
        explore_free(operation[0].wait);
}

/* The last to leave closes, not the one who wants it closed. */
static void
close_at_once(unsigned self)
{
    if (self == 0)
        operate();
    else if (steal__ready_close(&source->word))
        steal__source_end(source);
}

#define END(count, what, begin) \
 .threads = count, .setup = begin, .thread = what, .finish = op_nothing_is_left

static const struct explore_case cases[] = {
    { .name = "close_and_read",
            END(2, close_and_read, op_set_up_shared),
            .preemptions = 5 },
    { .name = "close_and_read_foreign",
            END(2, close_and_read_foreign, op_set_up_shared),
            .preemptions = 5 },
    { .name = "close_and_wait",
            END(2, close_and_wait, set_up_begun),
            .preemptions = 5 },
    { .name = "close_and_wake",
            END(2, close_and_wake, set_up_begun),
            .preemptions = 4 },
    { .name = "close_and_operate",
            END(2, close_and_operate, op_set_up_shared) },
    { .name = "release_and_operate",
            END(2, release_and_operate, op_set_up_shared) },
    { .name = "close_in_turn",
            END(2, close_in_turn, set_up_watched),
            .preemptions = 5 },
    { .name = "unref_in_turn",
            END(3, unref_in_turn, set_up_watched_shared),
            .preemptions = 4 },
    { .name = "close_at_the_end",
            END(2, close_at_the_end, set_up_watched),
            .preemptions = 5 },
    { .name = "read_at_the_end",
            END(2, read_at_the_end, op_set_up_consumed),
            .preemptions = 5 },
    { .name = "read_and_close_at_the_end",
            END(3, read_and_close_at_the_end, op_set_up_shared),
            .preemptions = 3 },
    { .name = "drop_in_turn",
            END(2, drop_in_turn, set_up_waiting),
            .preemptions = 5 },
    { .name = "begin_and_drop",
            END(2, begin_and_drop, set_up_directions_shared),
            .preemptions = 3 },
    { .name = "drop_and_close",
            END(2, drop_and_close, set_up_waiting_shared),
            .preemptions = 5 },
    { .name = "wait_for_what_is_closed",
            END(2, close_and_read, op_set_up_shared),
            .fault = { EXPLORE_BLIND_LOAD, "ask", NULL, NULL },
            .preemptions = 2 },
    { .name = "careless",
            END(2, close_and_wake, set_up_careless),
            .preemptions = 4,
            .must_fail = true },
    { .name = "forget_late",
            END(2, close_in_turn, set_up_late_forgetting),
            .must_fail = true },
    { .name = "free_at_once",
            END(2, close_and_free_at_once, set_up_watched),
            .must_fail = true },
    { .name = "never_free",
            END(2, close_at_the_end, set_up_watched),
            .fault = { EXPLORE_BLIND_LOAD, "free_graves", NULL, NULL },
            .preemptions = 2 },
    { .name = "drop_without_giving_up",
            END(2, drop_without_giving_up, set_up_waiting),
            .must_fail = true },
    { .name = "close_at_once",
            END(2, close_at_once, op_set_up_consumed),
            .must_fail = true },
    { .name = "enter_by_plain_store",
            END(2, close_and_operate, op_set_up_shared),
            .fault = { EXPLORE_SPLIT_RMW, "steal__ready_enter", NULL, NULL } },
    { .name = "release_too_early",
            END(2, release_and_operate, op_set_up_shared),
            .fault = { EXPLORE_SPLIT_RMW, "steal__ready_leave", NULL, NULL } },
};

EXPLORE_MAIN(cases)
