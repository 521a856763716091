/*
 * cancel.c - tokens (src/sync/cancel.c): requests against those who wait, who
 * make tokens, and who take them out of their tree.
 */
#include <errno.h>

#include <steal/cancel.h>

#include "../../src/sync/place.h"
#include "explore.h"
#include "toy.h"

enum {
    ROOT,
    MIDDLE,
    LEAF,
    TOKENS
};

#define WAITS 2

static struct steal_cancel *token[TOKENS]; /* blocks of their own */
static struct steal_canceled *canceled[WAITS];
static struct steal_unless_canceled unless;
static struct steal_future child;
static int children_dropped;
static bool finished;
static int data;

static enum steal_poll
child_poll(struct steal_future *future, struct steal_context *cx)
{
    (void)future;
    (void)cx;
    return finished ? STEAL_READY : STEAL_PENDING;
}

static void
child_drop(struct steal_future *future)
{
    (void)future;
    children_dropped++;
}

static const struct steal_future_ops child_ops = { .name = "child",
    .poll = child_poll,
    .drop = child_drop };

/*
 * Beginnings
 */

static void
name_all(void)
{
    static const char *const tokens[] = { "root", "middle", "leaf" };

    for (unsigned i = 0; i < TOKENS; i++)
        explore_name(token[i], sizeof *token[i], tokens[i]);
    explore_name(canceled[0], sizeof *canceled[0], "wait 0");
    explore_name(canceled[1], sizeof *canceled[1], "wait 1");
    explore_name(&data, sizeof data, "data");
}

/* The root alone is made. */
static void
set_up_root(void)
{
    toy_begin();
    for (unsigned i = 0; i < TOKENS; i++)
        token[i] = explore_alloc(sizeof *token[i]);
    for (unsigned i = 0; i < WAITS; i++)
        canceled[i] = explore_alloc(sizeof *canceled[i]);
    steal_cancel_init(token[ROOT], NULL);
    steal_future_init(&child, &child_ops);
    children_dropped = 0;
    finished = false;
    data = 0;
    name_all();
}

static void
set_up_two(void)
{
    set_up_root();
    steal_cancel_init(token[MIDDLE], token[ROOT]);
}

static void
set_up_three(void)
{
    set_up_two();
    steal_cancel_init(token[LEAF], token[MIDDLE]);
}

static void
set_up_siblings(void)
{
    set_up_two();
    steal_cancel_init(token[LEAF], token[ROOT]);
}

static void
set_up_two_wait(void)
{
    set_up_root();
    for (unsigned i = 0; i < WAITS; i++)
        toy_begin_to_wait(i, steal_canceled(canceled[i], token[ROOT]));
}

/*
 * What threads do
 */

static void
wait_only(unsigned self, unsigned which)
{
    toy_await(self, steal_canceled(canceled[self], token[which]));
    explore_free(canceled[self]);
}

static void
wait_for(unsigned self, unsigned which)
{
    wait_only(self, which);
    explore_assert(data == 7);
}

static void
request(unsigned which)
{
    data = 7;
    steal_cancel_request(token[which]);
}

static void
request_and_wait(unsigned self)
{
    if (self)
        request(ROOT);
    else
        wait_for(0, ROOT);
}

/* It is a token alone, which needs no fini. */
static void
request_and_free(unsigned self)
{
    request_and_wait(self);
    if (self == 0)
        explore_free(token[ROOT]);
}

static void
request_above(unsigned self)
{
    if (self)
        request(ROOT);
    else
        wait_for(0, LEAF);
}

static void
request_and_look(unsigned self)
{
    if (self)
        request(ROOT);
    else if (steal_cancel_is_requested(token[LEAF]))
        explore_assert(data == 7);
}

static void
drop_and_request(unsigned self)
{
    if (self == 2) {
        request(ROOT);
    } else if (self == 1) {
        toy_await(1, &canceled[1]->future);
        explore_free(canceled[1]);
    } else {
        steal_future_drop(&canceled[0]->future);
        explore_free(canceled[0]);
    }
}

static void
two_request(unsigned self)
{
    if (self == 0)
        wait_only(0, LEAF);
    else if (self == 1)
        steal_cancel_request(token[MIDDLE]);
    else
        steal_cancel_request(token[ROOT]);
}

/* A token that is made is found by the request, or is made canceled. */
static void
make_and_request(unsigned self)
{
    if (self) {
        request(ROOT);
        return;
    }
    steal_cancel_init(token[MIDDLE], token[ROOT]);
    wait_for(0, MIDDLE);
    steal_cancel_fini(token[MIDDLE]);
}

static void
fini(unsigned which)
{
    steal_cancel_fini(token[which]);
    explore_free(token[which]);
}

static void
fini_and_request(unsigned self)
{
    if (self)
        request(ROOT);
    else
        fini(LEAF);
}

/* The leaf becomes a child of the root's. */
static void
fini_between(unsigned self)
{
    if (self)
        request(ROOT);
    else
        fini(MIDDLE);
}

/* The root goes, and what was below it is by itself. */
static void
fini_above(unsigned self)
{
    if (self == 0)
        fini(ROOT);
    else
        request(MIDDLE);
}

static void
fini_two(unsigned self)
{
    fini(self ? LEAF : MIDDLE);
}

static void
fini_two_and_request(unsigned self)
{
    if (self == 2)
        request(ROOT);
    else
        fini_two(self);
}

static void
run_unless(unsigned self)
{
    if (self) {
        request(ROOT);
        return;
    }
    steal_unless_canceled(&unless, token[ROOT], &child);
    explore_assert(toy_await(0, &unless.future) == -ECANCELED);
}

/*
 * Ends
 */

static void
free_all(void)
{
    for (unsigned i = 0; i < TOKENS; i++)
        if (!explore_is_freed(token[i]))
            explore_free(token[i]);
    for (unsigned i = 0; i < WAITS; i++)
        if (!explore_is_freed(canceled[i]))
            explore_free(canceled[i]);
    explore_assert(toy_is_clean());
}

static void
root_is_requested(void)
{
    explore_assert(explore_is_freed(token[ROOT]) ||
                   steal_cancel_is_requested(token[ROOT]));
    free_all();
}

static void
all_are_requested(void)
{
    for (unsigned i = 0; i < TOKENS; i++)
        explore_assert(explore_is_freed(token[i]) ||
                       steal_cancel_is_requested(token[i]));
    free_all();
}

static void
two_are_requested(void)
{
    explore_assert(steal_cancel_is_requested(token[MIDDLE]));
    explore_assert(steal_cancel_is_requested(token[LEAF]));
    free_all();
}

static void
child_is_dropped(void)
{
    explore_assert(children_dropped <= 1);
    explore_outcome((uint64_t)children_dropped);
    root_is_requested();
}

static void
root_is_alone(void)
{
    steal_cancel_request(token[ROOT]);
    free_all();
}

/*
 * What would be wrong
 */

static void
request_silently(unsigned self)
{
    if (self)
        store_release((_Atomic(uint32_t) *)(void *)&token[ROOT]->requested, 1);
    else
        wait_for(0, ROOT);
}

static void
free_without_fini(unsigned self)
{
    if (self)
        request(ROOT);
    else
        explore_free(token[LEAF]);
}

/* As it was before the lock of the parent was taken. */
static void
leave_carelessly(unsigned self)
{
    if (self) {
        request(ROOT);
        return;
    }
    token[LEAF]->parent = NULL;
    list_remove((struct list *)(void *)token[LEAF]->sibling);
}

#define CANCEL(count, what, begin, end) \
 .threads = count, .setup = begin, .thread = what, .finish = end

static const struct explore_case cases[] = {
    { .name = "request_and_wait",
            CANCEL(2, request_and_wait, set_up_root, root_is_requested) },
    { .name = "request_and_free",
            CANCEL(2, request_and_free, set_up_root, root_is_requested) },
    { .name = "request_above",
            CANCEL(2, request_above, set_up_three, all_are_requested) },
    { .name = "request_and_look",
            CANCEL(2, request_and_look, set_up_three, all_are_requested) },
    { .name = "drop_and_request",
            CANCEL(3, drop_and_request, set_up_two_wait, root_is_requested),
            .preemptions = 5 },
    { .name = "two_request",
            CANCEL(3, two_request, set_up_three, all_are_requested) },
    { .name = "make_and_request",
            CANCEL(2, make_and_request, set_up_root, root_is_requested) },
    { .name = "fini_and_request",
            CANCEL(2, fini_and_request, set_up_three, all_are_requested) },
    { .name = "fini_between",
            CANCEL(2, fini_between, set_up_three, all_are_requested) },
    { .name = "fini_above",
            CANCEL(2, fini_above, set_up_three, two_are_requested) },
    { .name = "fini_two", CANCEL(2, fini_two, set_up_three, root_is_alone) },
    { .name = "fini_siblings",
            CANCEL(2, fini_two, set_up_siblings, root_is_alone) },
    { .name = "fini_two_and_request",
            CANCEL(3, fini_two_and_request, set_up_three, root_is_alone),
            .preemptions = 3 },
    { .name = "unless",
            CANCEL(2, run_unless, set_up_root, child_is_dropped),
            .outcomes = 2 },

    { .name = "request_without_release",
            CANCEL(2, request_and_look, set_up_three, all_are_requested),
            .fault = { EXPLORE_DROP_RELEASE, "cancel_locked", NULL, NULL } },
    { .name = "look_without_acquire",
            CANCEL(2, request_and_look, set_up_three, all_are_requested),
            .fault = { EXPLORE_DROP_ACQUIRE, "is_requested", NULL, NULL } },
    { .name = "make_without_looking",
            CANCEL(2, make_and_request, set_up_root, root_is_requested),
            .fault = { EXPLORE_BLIND_LOAD, "is_requested", NULL, NULL } },
    { .name = "free_before_it_settles",
            CANCEL(2, request_and_free, set_up_root, root_is_requested),
            .fault = { EXPLORE_BLIND_LOAD, "lock_settle", NULL, NULL } },
    { .name = "take_lock_by_plain_store",
            CANCEL(2, fini_and_request, set_up_three, all_are_requested),
            .fault = { EXPLORE_SPLIT_RMW, "lock_try", NULL, NULL } },
    { .name = "request_silently",
            CANCEL(2, request_silently, set_up_root, root_is_requested),
            .must_fail = true },
    { .name = "free_without_fini",
            CANCEL(2, free_without_fini, set_up_three, all_are_requested),
            .must_fail = true },
    { .name = "leave_carelessly",
            CANCEL(2, leave_carelessly, set_up_siblings, root_is_requested),
            .must_fail = true },
};

EXPLORE_MAIN(cases)
