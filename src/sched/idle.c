/* idle.c - the sets; SLEEP.md has the protocol and its orderings, S1 to S4. */
#include "idle.h"

#include "../base/assert.h"

#define GROUPS (STEAL_WORKERS_MAX / 64 + 1)

static void
publish_locked(struct idle *idle)
{
    store_relaxed(&idle->summary, /* S1, S2 */
            idle->sleeping | (uint64_t)idle->searching << 16 |
                    (uint64_t)(idle->monitor + 1) << 32);
}

void
steal__idle_init(struct idle *idle, unsigned workers)
{
    lock_init(&idle->lock);
    idle->workers = workers;
    idle->regular = workers;
    idle->sleeping = 0;
    idle->searching = 0;
    idle->monitor = IDLE_NOBODY;
    store_relaxed(&idle->driver, IDLE_NOBODY); /* not shared yet */
    for (unsigned i = 0; i < GROUPS; i++)
        store_relaxed(&idle->asleep[i], 0);
    publish_locked(idle);
}

static void
count(struct idle *idle, unsigned more)
{
    lock_take(&idle->lock);
    idle->workers += more;
    lock_give(&idle->lock);
}

void
steal__idle_join(struct idle *idle)
{
    count(idle, 1);
}

void
steal__idle_part(struct idle *idle)
{
    count(idle, -1u);
}

bool
steal__idle_all_sleep(struct idle *idle)
{
    bool all;

    lock_take(&idle->lock);
    all = idle->sleeping == idle->workers;
    lock_give(&idle->lock);
    return all;
}

static void
mark_locked(struct idle *idle, unsigned me, bool asleep)
{
    _Atomic(uint64_t) *group = &idle->asleep[me / 64];
    uint64_t bit = UINT64_C(1) << me % 64;
    uint64_t old = load_relaxed(group); /* the lock */

    store_relaxed(group, asleep ? old | bit : old & ~bit); /* the lock */
    idle->sleeping += asleep ? 1 : -1u;
}

/* The first sleeper that is neither of the two, or IDLE_NOBODY. */
static int
find_locked(struct idle *idle, int not_this, int nor_this)
{
    for (unsigned i = 0; i < GROUPS && i * 64 < idle->workers; i++) {
        uint64_t group = load_relaxed(&idle->asleep[i]); /* the lock */

        while (group) {
            int worker = (int)(i * 64) + __builtin_ctzll(group);

            if (worker != not_this && worker != nor_this)
                return worker;
            group &= group - 1;
        }
    }
    return IDLE_NOBODY;
}

/* A worker asleep on its futex wakes up faster than one in the loop; the monitor
 * would have to name an heir, unless all sleep. */
static int
choose_locked(struct idle *idle)
{
    int driver = load_relaxed(&idle->driver); /* a hint */
    bool all_sleep = idle->sleeping == idle->workers;
    int worker = find_locked(idle, driver, idle->monitor);

    if (worker == IDLE_NOBODY)
        worker = find_locked(idle, all_sleep ? driver : idle->monitor,
                IDLE_NOBODY);
    if (worker == IDLE_NOBODY)
        worker = find_locked(idle, IDLE_NOBODY, IDLE_NOBODY);
    return worker;
}

/*
 * The monitor has left the sleepers: the duty goes to another of them.  If it is
 * the only one awake there is nothing to watch but what it does itself, and it
 * appoints another when that comes to it.
 */
static int
bequeath_locked(struct idle *idle, int me)
{
    if (idle->monitor != me)
        return IDLE_NOBODY;
    idle->monitor = IDLE_NOBODY;
    if (idle->sleeping + 1 < idle->workers)
        idle->monitor = choose_locked(idle);
    return idle->monitor;
}

struct idle_calls
steal__idle_notify(struct idle *idle)
{
    struct idle_calls calls = { IDLE_NOBODY, IDLE_NOBODY };

    lock_take(&idle->lock);
    if (!idle->searching && idle->sleeping) {
        calls.worker = choose_locked(idle);
        mark_locked(idle, (unsigned)calls.worker, false);
        idle->searching++;
        calls.monitor = bequeath_locked(idle, calls.worker);
        publish_locked(idle);
    }
    lock_give(&idle->lock);
    return calls;
}

int
steal__idle_appoint(struct idle *idle)
{
    int monitor = IDLE_NOBODY;

    lock_take(&idle->lock);
    if (idle->monitor == IDLE_NOBODY && idle->sleeping) {
        monitor = choose_locked(idle);
        idle->monitor = monitor;
        publish_locked(idle);
    }
    lock_give(&idle->lock);
    return monitor;
}

bool
steal__idle_search(struct idle *idle)
{
    bool may;

    /* A hint spares the lock where many run dry at once. */
    if ((load_relaxed(&idle->summary) >> 16 & 0xffff) * 2 >= idle->regular)
        return false;
    lock_take(&idle->lock);
    may = idle->searching * 2 < idle->workers;
    if (may) {
        idle->searching++;
        publish_locked(idle);
    }
    lock_give(&idle->lock);
    return may;
}

bool
steal__idle_found(struct idle *idle)
{
    bool last;

    lock_take(&idle->lock);
    check(idle->searching > 0);
    last = --idle->searching == 0;
    publish_locked(idle);
    lock_give(&idle->lock);
    fence_seq_cst(); /* S1 */
    return last;
}

void
steal__idle_sleep(struct idle *idle, unsigned me, bool searching)
{
    lock_take(&idle->lock);
    if (searching)
        idle->searching--;
    mark_locked(idle, me, true);
    if (idle->monitor == IDLE_NOBODY && idle->sleeping < idle->workers)
        idle->monitor = (int)me; /* S3 */
    publish_locked(idle);
    lock_give(&idle->lock);
    fence_seq_cst(); /* S1 */
}

bool
steal__idle_rise(struct idle *idle, unsigned me, int *heir)
{
    bool picked;

    *heir = IDLE_NOBODY;
    lock_take(&idle->lock);
    picked = !steal__idle_is_asleep(idle, me);
    if (!picked) {
        mark_locked(idle, me, false);
        *heir = bequeath_locked(idle, (int)me);
        publish_locked(idle);
    }
    lock_give(&idle->lock);
    return picked;
}

bool
steal__idle_resign(struct idle *idle, unsigned me)
{
    bool resigned;

    lock_take(&idle->lock);
    resigned = idle->monitor == (int)me && idle->sleeping == idle->workers;
    if (resigned) {
        idle->monitor = IDLE_NOBODY; /* S4 */
        publish_locked(idle);
    }
    lock_give(&idle->lock);
    return resigned;
}
