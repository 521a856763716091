/*
 * watch.c - the watch (src/sync/watch.c, cell.h, crowd.c): a value that changes
 * while it is read, and receivers that come to wait.
 *
 * A value is a pair of which both halves are the same; one that owns something
 * has a block.
 */
#include <errno.h>

#include <steal/watch.h>

#include "../../src/sync/cell.h"
#include "../../src/sync/crowd.h"
#include "explore.h"
#include "toy.h"

#define RECEIVERS  2
#define CELL_WORDS 3 /* a stamp, and a pair */

struct pair {
    uint64_t a;
    uint64_t b;
};

struct owner {
    int *block;
};

static uint64_t storage[STEAL_WATCH_STORAGE(sizeof(struct pair))];
static struct steal_watch watch;
static struct steal_watch_receiver receiver[RECEIVERS];
static struct steal_watch_changed next[RECEIVERS];
static struct pair pair[RECEIVERS];
static uint64_t seen; /* by a reader */
static int deed;

/*
 * Beginnings
 */

static void
set_up_receivers(void)
{
    for (unsigned i = 0; i < RECEIVERS; i++)
        steal_watch_subscribe(&receiver[i], &watch);
    seen = 0;
    deed = 0;
    explore_name(storage, sizeof storage, "storage");
    explore_name(&watch, sizeof watch, "watch");
    explore_name(receiver, sizeof receiver, "receiver");
    explore_name(next, sizeof next, "next");
    explore_name(&deed, sizeof deed, "deed");
}

static void
set_up(void)
{
    static const struct pair first = { 1, 1 };

    toy_begin();
    steal_watch_init(&watch, storage, sizeof(struct pair), &first);
    set_up_receivers();
}

static struct steal_future *
next_future(unsigned i)
{
    return steal_watch_next(&next[i], &receiver[i], &pair[i]);
}

static void
set_up_two_wait(void)
{
    set_up();
    toy_begin_to_wait(0, next_future(0));
    toy_begin_to_wait(1, next_future(1));
}

static void
copy_block(void *to, const void *from, void *data)
{
    const struct owner *value = from;
    struct owner *own = to;

    (void)data;
    own->block = explore_alloc(sizeof(int));
    *own->block = *value->block;
}

static void
destroy_block(void *value, void *data)
{
    (void)data;
    explore_free(((struct owner *)value)->block);
}

static struct owner
new_block(int value)
{
    struct owner owner = { explore_alloc(sizeof(int)) };

    *owner.block = value;
    return owner;
}

static void
set_up_owned(void)
{
    struct owner first;

    toy_begin();
    first = new_block(1);
    steal_watch_init(&watch, storage, sizeof first, &first);
    steal_watch_own(&watch, copy_block, destroy_block, NULL);
    set_up_receivers();
}

/*
 * What threads do
 */

static void
send(uint64_t n)
{
    struct pair value = { n, n };

    explore_assert(steal_watch_send(&watch, &value) == 0);
}

static void
check(unsigned self)
{
    explore_assert(pair[self].a == pair[self].b);
    explore_assert(pair[self].a >= seen);
    if (self == 0)
        seen = pair[self].a;
}

static void
look(void)
{
    steal_watch_get(&watch, &pair[0]);
    check(0);
}

static void
get_and_send(unsigned self)
{
    if (self)
        send(2);
    else
        look();
}

/* The second goes where the first one lies. */
static void
get_and_send_twice(unsigned self)
{
    if (self) {
        send(2);
        send(3);
    } else {
        look();
    }
}

/* What was done before a change is to be seen after it. */
static void
see_change(unsigned self)
{
    if (self) {
        deed = 7;
        send(2);
    } else if (steal_watch_has_changed(&receiver[0])) {
        explore_assert(deed == 7);
        seen = 1;
    }
}

static void
go_on(unsigned self)
{
    explore_assert(toy_await(self, &next[self].future) == 0);
    explore_assert(pair[self].a == pair[self].b && pair[self].a > 1);
}

static void
wait_and_send(unsigned self)
{
    if (self == 2) {
        send(2);
        return;
    }
    next_future(self);
    go_on(self);
}

static void
one_waits(unsigned self)
{
    wait_and_send(self ? 2 : 0);
}

static void
one_waits_foreign(unsigned self)
{
    if (self) {
        send(2);
        return;
    }
    explore_assert(toy_await_foreign(0, next_future(0)) == 0);
}

/* It sees the last one, if not the one before. */
static void
wait_for_last(unsigned self)
{
    if (self) {
        send(2);
        send(3);
        return;
    }
    do {
        next_future(0);
        go_on(0);
    } while (pair[0].a < 3);
}

static void
drop_and_send(unsigned self)
{
    if (self == 2)
        send(2);
    else if (self == 1)
        go_on(1);
    else
        steal_future_drop(&next[0].future);
}

static void
close_and_wait(unsigned self)
{
    int result;

    if (self) {
        send(2);
        steal_watch_close(&watch);
        return;
    }
    next_future(0);
    go_on(0);
    result = toy_await(0, next_future(0));
    explore_assert(result == -EPIPE);
}

/* Senders come after one another. */

static bool
add(void *value, void *arg)
{
    struct pair *it = value;

    (void)arg;
    it->a++;
    it->b++;
    return true;
}

static void
modify(unsigned self)
{
    if (self)
        explore_assert(steal_watch_modify(&watch, add, NULL) == 1);
    else
        look();
}

static void
get_owned(unsigned self)
{
    struct owner own = { NULL };

    if (self) {
        own = new_block(2);
        explore_assert(steal_watch_send(&watch, &own) == 0);
        return;
    }
    steal_watch_get(&watch, &own);
    seen = (uint64_t)*own.block;
    explore_free(own.block);
}

/*
 * Ends
 */

static void
nobody_waits(void)
{
    for (unsigned i = 0; i < CROWD_SHARDS; i++) {
        struct crowd *crowd = (struct crowd *)(void *)watch.crowd;
        struct list *members = &crowd->shard[i].members;

        explore_assert(!members->next || list_is_empty(members));
    }
    steal_watch_fini(&watch);
    explore_assert(toy_is_clean());
}

static void
tell_seen(void)
{
    explore_outcome(seen);
    nobody_waits();
}

static void
both_have_added(void)
{
    steal_watch_get(&watch, &pair[1]);
    explore_assert(pair[1].a == 3 && pair[1].b == 3);
    tell_seen();
}

/*
 * What would be wrong
 */

/* Wakes those who wait, and changes the value after that, silently. */
static void
wake_and_send(unsigned self)
{
    struct cell *cell = cell_at(storage, CELL_WORDS, 1);
    struct pair value = { 2, 2 };

    if (self == 0) {
        go_on(0);
        return;
    }
    cell_begin(cell, 1);
    cell_put(cell, &value, sizeof value);
    cell_end(cell, 1);
    steal__crowd_wake((struct crowd *)(void *)watch.crowd, 2);
    store_release((_Atomic(uint64_t) *)&watch.word, 2);
}

static void
end_as_it_may(void)
{
    steal_future_drop(&next[1].future);
    explore_assert(toy_is_clean());
}

#define WATCH(count, what, begin, end) \
 .threads = count, .setup = begin, .thread = what, .finish = end

static const struct explore_case cases[] = {
    { .name = "get_and_send",
            WATCH(2, get_and_send, set_up, tell_seen),
            .outcomes = 2 },
    { .name = "get_and_send_twice",
            WATCH(2, get_and_send_twice, set_up, tell_seen),
            .outcomes = 3 },
    { .name = "see_change",
            WATCH(2, see_change, set_up, tell_seen),
            .outcomes = 2 },
    { .name = "one_waits", WATCH(2, one_waits, set_up, nobody_waits) },
    { .name = "one_waits_foreign",
            WATCH(2, one_waits_foreign, set_up, nobody_waits) },
    { .name = "two_wait", WATCH(3, wait_and_send, set_up, nobody_waits) },
    { .name = "wait_for_last", WATCH(2, wait_for_last, set_up, nobody_waits) },
    { .name = "drop_and_send",
            WATCH(3, drop_and_send, set_up_two_wait, nobody_waits),
            .preemptions = 5 },
    { .name = "close_and_wait",
            WATCH(2, close_and_wait, set_up, nobody_waits) },
    { .name = "modify",
            WATCH(3, modify, set_up, both_have_added),
            .preemptions = 3,
            .outcomes = 3 },
    { .name = "get_owned",
            WATCH(2, get_owned, set_up_owned, tell_seen),
            .outcomes = 2 },

    { .name = "word_without_release",
            WATCH(2, see_change, set_up, nobody_waits),
            .fault = { EXPLORE_DROP_RELEASE, "replace_locked", NULL, NULL } },
    { .name = "put_without_release",
            WATCH(2, get_and_send_twice, set_up, nobody_waits),
            .fault = { EXPLORE_DROP_RELEASE, "cell_put", NULL, NULL } },
    { .name = "get_without_acquire",
            WATCH(2, get_and_send_twice, set_up, nobody_waits),
            .fault = { EXPLORE_DROP_ACQUIRE, "cell_get", NULL, NULL } },
    { .name = "write_unmarked",
            WATCH(2, get_and_send_twice, set_up, nobody_waits),
            .fault = { EXPLORE_SKIP, "cell_begin", NULL, NULL } },
    { .name = "wait_without_looking",
            WATCH(2, one_waits, set_up, nobody_waits),
            .fault = { EXPLORE_BLIND_LOAD, "steal__crowd_wait", "word",
                    NULL } },
    { .name = "enter_without_lock",
            WATCH(2, get_owned, set_up_owned, nobody_waits),
            .fault = { EXPLORE_SPLIT_RMW, "lock_try", NULL, NULL } },
    { .name = "two_senders_at_once",
            WATCH(3, modify, set_up, both_have_added),
            .fault = { EXPLORE_SPLIT_RMW, "lock_try", NULL, NULL },
            .preemptions = 2 },
    { .name = "wake_before_sending",
            WATCH(2, wake_and_send, set_up_two_wait, end_as_it_may),
            .must_fail = true },
};

EXPLORE_MAIN(cases)
