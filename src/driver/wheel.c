#include "wheel.h"

#include "../base/assert.h"

#define SLOT_MASK (WHEEL_SLOTS - 1)
#define SPAN      (UINT64_C(1) << (WHEEL_BITS * WHEEL_LEVELS)) /* ticks */

/* Timers that are woken while the lock is held, at most. */
#define BATCH 64

_Static_assert(sizeof(struct timer) == sizeof(((struct steal_sleep *)0)->timer),
        "struct steal_sleep has room for a timer");

static struct steal_sleep *
sleep_of(struct timer *timer)
{
    return container_of((void *)timer, struct steal_sleep, timer);
}

void
steal__wheel_init(struct wheel *wheel, uint64_t now)
{
    lock_init(&wheel->lock);
    wheel->tick = now / WHEEL_TICK;
    counter_init(&wheel->waiting);
    counter_init(&wheel->fired);
    for (int level = 0; level < WHEEL_LEVELS; level++) {
        wheel->occupied[level] = 0;
        for (int i = 0; i < WHEEL_SLOTS; i++)
            list_init(&wheel->slot[level][i]);
    }
    store_relaxed(&wheel->next, WHEEL_NEVER); /* not shared yet */
}

/* The first tick that is not before the deadline, if time has one. */
static uint64_t
tick_of(uint64_t deadline)
{
    if (deadline > UINT64_MAX - WHEEL_TICK)
        return UINT64_MAX / WHEEL_TICK;
    return (deadline + WHEEL_TICK - 1) / WHEEL_TICK;
}

/* The level whose slots tell this tick from the wheel's. */
static int
level_of(const struct wheel *wheel, uint64_t tick)
{
    uint64_t differ = (wheel->tick ^ tick) | SLOT_MASK;
    int level = (63 - __builtin_clzll(differ)) / WHEEL_BITS;

    return level < WHEEL_LEVELS ? level : WHEEL_LEVELS - 1;
}

/* What is farther away than the wheel reaches goes into the last slot before
 * the one that we are in, and is put again when that one is opened. */
static void
put(struct wheel *wheel, struct timer *timer, uint64_t tick)
{
    uint64_t reach = wheel->tick + (SPAN - SPAN / WHEEL_SLOTS);
    uint64_t near = tick < reach ? tick : reach;
    int level = level_of(wheel, near);
    unsigned slot = (unsigned)(near >> (level * WHEEL_BITS)) & SLOT_MASK;

    list_append(&wheel->slot[level][slot], &timer->links);
    wheel->occupied[level] |= UINT64_C(1) << slot;
}

/*
 * The slot that comes up first: its level, its index, and the tick at which it
 * begins.  What a level holds is due before all that the next one holds.
 */
struct turn {
    int level;
    unsigned slot;
    uint64_t tick;
};

/* A slot of a higher level that the wheel is in holds what a batch has left
 * there: that comes first, or it would wait for the next round. */
static bool
find_left(const struct wheel *wheel, struct turn *turn)
{
    for (int level = 1; level < WHEEL_LEVELS; level++) {
        unsigned here = (unsigned)(wheel->tick >> (level * WHEEL_BITS)) &
                        SLOT_MASK;

        if (wheel->occupied[level] >> here & 1) {
            *turn = (struct turn){ level, here, wheel->tick };
            return true;
        }
    }
    return false;
}

static bool
next_turn(const struct wheel *wheel, struct turn *turn)
{
    if (find_left(wheel, turn))
        return true;
    for (int level = 0; level < WHEEL_LEVELS; level++) {
        int shift = level * WHEEL_BITS;
        unsigned here = (unsigned)(wheel->tick >> shift) & SLOT_MASK;
        uint64_t occupied = wheel->occupied[level];
        unsigned ahead;

        if (!occupied)
            continue;
        occupied = occupied >> here | occupied << (-here & SLOT_MASK);
        ahead = (unsigned)__builtin_ctzll(occupied);
        *turn = (struct turn){ level, (here + ahead) & SLOT_MASK,
            ((wheel->tick >> shift) + ahead) << shift };
        return true;
    }
    return false;
}

static void
update_next(struct wheel *wheel)
{
    struct turn turn;
    uint64_t next = WHEEL_NEVER;

    if (next_turn(wheel, &turn))
        next = turn.tick * WHEEL_TICK;
    store_relaxed(&wheel->next, next); /* see driver.c */
}

bool
steal__wheel_insert(struct wheel *wheel, struct timer *timer, uint64_t deadline,
        const struct steal_context *cx, bool *earlier)
{
    uint64_t tick = tick_of(deadline);
    bool waits;

    *earlier = false;
    timer->wheel = wheel;
    waiter_set(&timer->waker, cx);
    lock_take(&wheel->lock);
    waits = tick > wheel->tick;
    if (waits) {
        put(wheel, timer, tick);
        counter_add(&wheel->waiting, 1);
        if (tick * WHEEL_TICK < load_relaxed(&wheel->next)) { /* the lock */
            store_relaxed(&wheel->next, tick * WHEEL_TICK);   /* driver.c, O1 */
            *earlier = true;
        }
    }
    lock_give(&wheel->lock);
    if (!waits)
        waiter_clear(&timer->waker);
    return waits;
}

bool
steal__wheel_waits(struct timer *timer, const struct steal_context *cx)
{
    struct wheel *wheel = timer->wheel;
    struct steal_waker spare;
    bool waits;

    waiter_set(&spare, cx);
    lock_take(&wheel->lock);
    waits = timer->links.next != NULL;
    if (waits)
        waiter_renew(&timer->waker, &spare, cx);
    lock_give(&wheel->lock);
    waiter_clear(&spare);
    return waits;
}

static void
unlink_timer(struct wheel *wheel, struct timer *timer)
{
    struct list *head = timer->links.next;

    list_remove(&timer->links);
    timer->links.next = NULL;
    if (list_is_empty(head)) { /* the only one: its neighbour is the slot */
        size_t index = (size_t)(head - &wheel->slot[0][0]);

        wheel->occupied[index / WHEEL_SLOTS] &= ~(
                UINT64_C(1) << index % WHEEL_SLOTS);
    }
}

void
steal__wheel_cancel(struct timer *timer)
{
    struct wheel *wheel = timer->wheel;
    bool waited;

    lock_take(&wheel->lock);
    waited = timer->links.next != NULL;
    if (waited) {
        unlink_timer(wheel, timer);
        counter_add(&wheel->waiting, -UINT64_C(1));
    }
    lock_give(&wheel->lock);
    if (waited)
        waiter_clear(&timer->waker); /* out of the slot, it is the caller's */
}

static void
fire(struct wheel *wheel, struct timer *timer, struct wakeups *wakeups)
{
    counter_add(&wheel->waiting, -UINT64_C(1));
    counter_add(&wheel->fired, 1);
    wakeups_add(wakeups, &timer->waker);
}

/* Opens one slot: fires what is due, moves the rest down.  False if the batch
 * filled up before the slot was empty. */
static bool
open_slot(struct wheel *wheel, const struct turn *turn, struct wakeups *wakeups)
{
    struct list *slot = &wheel->slot[turn->level][turn->slot];
    unsigned batch = 0;
    struct list *node;

    wheel->tick = turn->tick;
    while ((node = list_first(slot))) {
        struct timer *timer = container_of(node, struct timer, links);
        uint64_t tick = tick_of(sleep_of(timer)->deadline);

        if (wakeups_full(wakeups) || batch++ == BATCH)
            return false;
        unlink_timer(wheel, timer);
        if (tick <= wheel->tick)
            fire(wheel, timer, wakeups);
        else
            put(wheel, timer, tick);
    }
    return true;
}

/* One batch under the lock; false if there is more to do. */
static bool
expire_batch(struct wheel *wheel, uint64_t now, struct wakeups *wakeups)
{
    struct turn turn;

    while (next_turn(wheel, &turn) && turn.tick <= now) {
        if (!open_slot(wheel, &turn, wakeups))
            return false;
    }
    if (wheel->tick < now)
        wheel->tick = now;
    update_next(wheel);
    return true;
}

void
steal__wheel_expire(struct wheel *wheel, uint64_t now, struct wakeups *wakeups)
{
    bool done;

    do {
        lock_take(&wheel->lock);
        done = expire_batch(wheel, now / WHEEL_TICK, wakeups);
        lock_give(&wheel->lock);
        wakeups_send_foreign(wakeups);
    } while (!done);
}
