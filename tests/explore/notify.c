/*
 * notify.c - notifications (src/sync/notify.c), and the places of those who
 * wait for them (src/sync/place.c), which may go as soon as the wait has ended.
 */
#include <steal/notify.h>

#include "../../src/sync/place.h"
#include "explore.h"
#include "toy.h"

#define WAITS 3

static struct steal_notify *notify;
static struct steal_notified *notified[WAITS]; /* blocks of their own */
static _Atomic(uint32_t) wanted;
static int data;

static struct waitq *
queue(void)
{
    return waitq_of(&notify->waiting);
}

/*
 * Beginnings
 */

static void
set_up(void)
{
    static const char *const names[WAITS] = { "wait 0", "wait 1", "wait 2" };

    toy_begin();
    notify = explore_alloc(sizeof *notify);
    steal_notify_init(notify);
    explore_name(notify, sizeof *notify, "notify");
    for (unsigned i = 0; i < WAITS; i++) {
        notified[i] = explore_alloc(sizeof *notified[i]);
        steal_notified(notified[i], notify);
        explore_name(notified[i], sizeof *notified[i], names[i]);
    }
    store_relaxed(&wanted, 0);
    data = 0;
    explore_name(&wanted, sizeof wanted, "wanted");
    explore_name(&data, sizeof data, "data");
}

static void
set_up_one_waits(void)
{
    set_up();
    toy_begin_to_wait(0, &notified[0]->future);
}

static void
set_up_two_wait(void)
{
    set_up_one_waits();
    toy_begin_to_wait(1, &notified[1]->future);
}

/* More than can be woken at once: the second is put aside. */
static void
set_up_foreigners_wait(void)
{
    set_up();
    for (unsigned i = 0; i < 2; i++)
        toy_begin_to_wait_foreign(i, &notified[i]->future);
}

/*
 * What threads do
 */

static void
wait(unsigned self)
{
    toy_await(self, &notified[self]->future);
    explore_free(notified[self]);
}

static void
wait_foreign(unsigned self)
{
    toy_await_foreign(self, &notified[self]->future);
    explore_free(notified[self]);
}

static void
drop(unsigned self)
{
    steal_future_drop(&notified[self]->future);
    explore_free(notified[self]);
}

static void
notify_one(unsigned self)
{
    if (self == 0) {
        wait(0);
        explore_assert(data == 7);
    } else {
        data = 7;
        steal_notify_one(notify);
    }
}

/* The permit is there already: who takes it sees what came before both. */
static void
notify_one_again(unsigned self)
{
    if (self == 0) {
        wait(0);
        return;
    }
    store_relaxed(&wanted, 1);
    steal_notify_one(notify);
}

static void
wait_for_both(unsigned self)
{
    if (self) {
        if (self == 1)
            data = 7;
        else
            store_relaxed(&wanted, 1);
        steal_notify_one(notify);
        return;
    }
    for (unsigned i = 0; !load_relaxed(&wanted); i++)
        toy_await(0, steal_notified(notified[i], notify));
}

/* Nobody else is there when the wait is over. */
static void
notify_one_and_free(unsigned self)
{
    notify_one(self);
    if (self == 0)
        explore_free(notify);
}

static void
notify_all_and_free(unsigned self)
{
    if (self == 0) {
        wait(0);
        explore_free(notify);
    } else {
        steal_notify_all(notify);
    }
}

static void
notify_two(unsigned self)
{
    if (self < 2) {
        wait(self);
        return;
    }
    steal_notify_one(notify);
    steal_notify_one(notify);
}

static void
notify_all(unsigned self)
{
    if (self < 2) {
        wait(self);
        explore_assert(data == 7);
        return;
    }
    data = 7;
    steal_notify_all(notify);
}

static void
notify_foreigners(unsigned self)
{
    if (self < 2)
        wait_foreign(self);
    else
        steal_notify_all(notify);
}

static void
drop_foreigner(unsigned self)
{
    if (self == 1)
        drop(1);
    else
        notify_foreigners(self);
}

/* What was meant for one that goes is for the next. */
static void
drop_first(unsigned self)
{
    if (self == 0)
        drop(0);
    else if (self == 1)
        wait(1);
    else
        steal_notify_one(notify);
}

static void
drop_only(unsigned self)
{
    if (self == 0)
        drop(0);
    else
        steal_notify_one(notify);
}

static void
drop_and_notify_all(unsigned self)
{
    if (self == 0)
        drop(0);
    else if (self == 1)
        wait(1);
    else
        steal_notify_all(notify);
}

static void
one_and_all(unsigned self)
{
    if (self == 0)
        drop(0);
    else if (self == 1)
        wait(1);
    else if (self == 2)
        steal_notify_one(notify);
    if (self == 2)
        steal_notify_all(notify);
}

/* The wait is made, then it is looked at what may change, and then it waits. */
static void
make_and_look(unsigned self)
{
    if (self) {
        store_relaxed(&wanted, 1);
        steal_notify_all(notify);
        return;
    }
    steal_notified(notified[0], notify);
    if (!load_relaxed(&wanted))
        toy_await(0, &notified[0]->future);
}

/*
 * Ends
 */

static void
all_is_free(void)
{
    for (unsigned i = 0; i < WAITS; i++)
        if (!explore_is_freed(notified[i]))
            explore_free(notified[i]);
    if (!explore_is_freed(notify)) {
        explore_assert(!waitq_first_locked(queue()));
        explore_free(notify);
    }
    explore_assert(toy_is_clean());
}

static void
permit_is_left(void)
{
    explore_assert(
            toy_poll(2, steal_notified(notified[2], notify)) == STEAL_READY);
    all_is_free();
}

/*
 * What would be wrong
 */

static void
leave(unsigned self)
{
    steal__place_leave(queue(), place_of(&notified[self]->place), NULL);
}

static void
leave_first(unsigned self)
{
    if (self == 0)
        leave(0);
    else
        drop_first(self);
}

/* Wakes the first, and ends its wait after that. */
static void
wake_and_end(void)
{
    struct wait *first = &place_of(&notified[0]->place)->wait;
    struct wakeups wakeups;

    wakeups_init(&wakeups);
    lock_take(&queue()->lock);
    wakeups_add(&wakeups, &first->waker);
    lock_give(&queue()->lock);
    steal__wakeups_schedule(&wakeups);
    lock_take(&queue()->lock);
    wait_unlink(first);
    store_release(wait_status(first), 1);
    lock_give(&queue()->lock);
}

static void
end_too_late(unsigned self)
{
    if (self == 0)
        wait(0);
    else
        wake_and_end();
}

/* Looks, and makes the wait only then. */
static void
look_and_make(unsigned self)
{
    if (self) {
        make_and_look(1);
    } else if (!load_relaxed(&wanted)) {
        steal_notified(notified[0], notify);
        toy_await(0, &notified[0]->future);
    }
}

static void
free_without_dropping(unsigned self)
{
    if (self == 0)
        explore_free(notified[0]);
    else
        steal_notify_one(notify);
}

#define NOTIFY(count, what, begin, end) \
 .threads = count, .setup = begin, .thread = what, .finish = end

static const struct explore_case cases[] = {
    { .name = "notify_one",
            NOTIFY(2, notify_one, set_up, all_is_free),
            .spurious = 1,
            .stale_cas = true },
    { .name = "notify_one_again",
            NOTIFY(3, notify_one_again, set_up, all_is_free),
            .preemptions = 4 },
    { .name = "wait_for_both",
            NOTIFY(3, wait_for_both, set_up, all_is_free),
            .preemptions = 3 },
    { .name = "notify_one_and_free",
            NOTIFY(2, notify_one_and_free, set_up, all_is_free) },
    { .name = "notify_all_and_free",
            NOTIFY(2, notify_all_and_free, set_up, all_is_free) },
    { .name = "notify_two",
            NOTIFY(3, notify_two, set_up_two_wait, all_is_free),
            .preemptions = 3 },
    { .name = "notify_all",
            NOTIFY(3, notify_all, set_up, all_is_free),
            .preemptions = 4 },
    { .name = "notify_foreigners",
            NOTIFY(3, notify_foreigners, set_up_foreigners_wait, all_is_free),
            .preemptions = 3 },
    { .name = "drop_foreigner",
            NOTIFY(3, drop_foreigner, set_up_foreigners_wait, all_is_free),
            .preemptions = 4 },
    { .name = "drop_first",
            NOTIFY(3, drop_first, set_up_two_wait, all_is_free),
            .preemptions = 5 },
    { .name = "drop_only",
            NOTIFY(2, drop_only, set_up_one_waits, permit_is_left),
            .spurious = 1,
            .stale_cas = true },
    { .name = "drop_and_notify_all",
            NOTIFY(3, drop_and_notify_all, set_up_two_wait, all_is_free),
            .preemptions = 5 },
    { .name = "one_and_all",
            NOTIFY(3, one_and_all, set_up_two_wait, all_is_free),
            .preemptions = 3 },
    { .name = "make_and_look",
            NOTIFY(2, make_and_look, set_up, all_is_free),
            .spurious = 1,
            .stale_cas = true },

    { .name = "permit_without_release",
            NOTIFY(2, notify_one, set_up, all_is_free),
            .fault = { EXPLORE_DROP_RELEASE, "leave_permit", NULL, NULL } },
    { .name = "take_without_acquire",
            NOTIFY(2, notify_one, set_up, all_is_free),
            .fault = { EXPLORE_DROP_ACQUIRE, "take", NULL, NULL } },
    { .name = "permit_by_plain_store",
            NOTIFY(2, notify_one, set_up, all_is_free),
            .fault = { EXPLORE_SPLIT_RMW, "leave_permit", NULL, NULL } },
    { .name = "call_without_release",
            NOTIFY(2, make_and_look, set_up, all_is_free),
            .fault = { EXPLORE_DROP_RELEASE, "count_call", NULL, NULL } },
    { .name = "make_without_acquire",
            NOTIFY(2, make_and_look, set_up, all_is_free),
            .fault = { EXPLORE_DROP_ACQUIRE, "steal_notified", NULL, NULL } },
    { .name = "end_without_release",
            NOTIFY(2, notify_one, set_up_one_waits, all_is_free),
            .fault = { EXPLORE_DROP_RELEASE, "end_unlinked", NULL, NULL } },
    { .name = "free_before_it_settles",
            NOTIFY(2, notify_one_and_free, set_up, all_is_free),
            .fault = { EXPLORE_BLIND_LOAD, "lock_settle", NULL, NULL } },
    { .name = "look_before_it_settles",
            NOTIFY(2, notify_one, set_up, all_is_free),
            .fault = { EXPLORE_BLIND_LOAD, "lock_settle", NULL, NULL } },
    { .name = "settle_without_acquire",
            NOTIFY(2, notify_one_and_free, set_up, all_is_free),
            .fault = { EXPLORE_DROP_ACQUIRE, "lock_settle", NULL, NULL } },
    { .name = "leave_without_passing_on",
            NOTIFY(3, leave_first, set_up_two_wait, all_is_free),
            .must_fail = true },
    { .name = "wake_before_ending",
            NOTIFY(2, end_too_late, set_up_one_waits, all_is_free),
            .must_fail = true },
    { .name = "look_and_make",
            NOTIFY(2, look_and_make, set_up, all_is_free),
            .must_fail = true },
    { .name = "free_without_dropping",
            NOTIFY(2, free_without_dropping, set_up_one_waits, all_is_free),
            .must_fail = true },
};

EXPLORE_MAIN(cases)
