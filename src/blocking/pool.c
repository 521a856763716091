/*
 * pool.c - who is called, and when.
 *
 * Orderings
 *   O1  push: the call, then a fence, then load attended
 *       become: store attended, then a fence, then is_empty()
 *       Either the pusher calls somebody, or who stops attending does (P1).
 *   O2  become: store part, release  ->  the thread: load part, acquire
 *       Its errand.
 *   O3  forget: store threads, release  ->  stop: load threads, acquire
 *       All that the thread has done; it is joined besides.
 *   The rest is guarded by the lock (lock.h).
 */
#include "pool.h"

#include <errno.h>

#include "../base/assert.h"
#include "../base/futex.h"
#include "call.h"

_Thread_local struct steal_runtime *steal__bound;

void
steal__pool_init(struct pool *pool, struct steal_runtime *runtime,
        const struct steal_options *options)
{
    *pool = (struct pool){ .runtime = runtime, .options = options };
    pool->base = options->workers > 1 ? options->workers / 2 : 1;
    steal__calls_init(&pool->queue);
    list_init(&pool->idle);
    list_init(&pool->gone);
    if (options->deterministic)
        store_relaxed(&pool->attended, true); /* not shared yet */
}

/*
 * Parts
 */

/* Those that stand in for a worker are not counted: a call that a blocked worker
 * waits for needs a thread, too. */
static bool
is_full_locked(struct pool *pool)
{
    uint32_t threads = load_relaxed(&pool->threads); /* the lock */

    return list_is_empty(&pool->idle) &&
           threads - pool->count[POOL_STANDING_IN] >=
                   pool->options->blocking_threads;
}

/* P1: true if a call that is pushed now will be seen to. */
static bool
is_attended_locked(struct pool *pool)
{
    const unsigned *count = pool->count;

    return count[POOL_SEARCHING] ||
           (count[POOL_WATCHING] && count[POOL_RUNNING] >= pool->base) ||
           is_full_locked(pool);
}

static void
publish_locked(struct pool *pool)
{
    store_relaxed(&pool->attended, is_attended_locked(pool)); /* O1 */
}

void
steal__pool_become_locked(struct pool_thread *thread, enum pool_part part)
{
    struct pool *pool = thread->pool;
    uint32_t old = load_relaxed(&thread->part); /* the lock */

    if (old == part)
        return;
    if (old == POOL_IDLE)
        list_remove(&thread->link);
    if (part == POOL_IDLE)
        list_append(pool->idle.next, &thread->link); /* before the first */
    pool->count[old]--;
    pool->count[part]++;
    store_release(&thread->part, part); /* O2 */
    publish_locked(pool);
}

void
steal__pool_forget_locked(struct pool *pool, enum pool_part part)
{
    pool->count[part]--;
    store_release(&pool->threads, load_relaxed(&pool->threads) - 1); /* O3 */
    publish_locked(pool);
}

/*
 * Calling
 */

/* Wakes the thread that fell asleep last, or makes one. */
static void
summon_locked(struct pool *pool, struct pool_summons *summons)
{
    struct list *link = list_first(&pool->idle);
    struct pool_thread *thread;

    if (!link) {
        summons->make = true;
        summons->number = ++pool->number;
        pool->count[summons->part]++;
        store_relaxed(&pool->threads, /* the lock */
                load_relaxed(&pool->threads) + 1);
        publish_locked(pool);
        return;
    }
    thread = container_of(link, struct pool_thread, link);
    thread->errand = summons->errand;
    summons->wake = &thread->part;
    steal__pool_become_locked(thread, summons->part);
}

void
steal__pool_attend_locked(struct pool *pool, struct pool_summons *summons)
{
    if (is_attended_locked(pool) || steal__calls_is_empty(&pool->queue))
        return;
    summons->part = POOL_SEARCHING;
    if (pool->count[POOL_RUNNING] >= pool->base) {
        summons->part = POOL_WATCHING;
        pool->seen = pool->taken;
    }
    summon_locked(pool, summons);
}

/* Ends all that is queued. */
static void
refuse(struct pool *pool, int error)
{
    struct pool_call *call;

    do {
        lock_take(&pool->lock);
        call = steal__pool_take_locked(pool);
        lock_give(&pool->lock);
        if (call)
            steal__call_end(call, error);
    } while (call);
}

/* No thread could be made.  What relied on it goes to one that has fallen asleep
 * meanwhile, or is left to those that run; if there is none, it is refused. */
static void
do_without(struct pool *pool, enum pool_part part, int error)
{
    struct pool_summons summons = { .wake = NULL };
    bool any;

    lock_take(&pool->lock);
    steal__pool_forget_locked(pool, part);
    any = load_relaxed(&pool->threads) != pool->count[POOL_STANDING_IN];
    fence_seq_cst(); /* O1 */
    if (!list_is_empty(&pool->idle))
        steal__pool_attend_locked(pool, &summons);
    lock_give(&pool->lock);
    if (!any)
        refuse(pool, error);
    steal__pool_send(pool, &summons);
}

int
steal__pool_send(struct pool *pool, struct pool_summons *summons)
{
    int error = 0;

    if (summons->wake)
        steal__futex_wake(summons->wake, 1);
    if (summons->make)
        error = steal__crew_start(pool, summons);
    if (error)
        do_without(pool, summons->part, error);
    return error;
}

/*
 * Calls
 */

static COLD void
attend(struct pool *pool)
{
    struct pool_summons summons = { .wake = NULL };

    lock_take(&pool->lock);
    steal__pool_attend_locked(pool, &summons);
    lock_give(&pool->lock);
    steal__pool_send(pool, &summons);
}

void
steal__pool_push(struct pool *pool, struct pool_call *call)
{
    call->queued = true;
    steal__calls_push(&pool->queue, &call->links);
    fence_after_rmw(); /* O1: the push was one */
    if (!load_relaxed(&pool->attended))
        attend(pool);
}

static struct pool_call *
note_taken_locked(struct pool *pool, struct list *links)
{
    struct pool_call *call;

    if (!links)
        return NULL;
    call = container_of(links, struct pool_call, links);
    call->queued = false;
    pool->taken++;
    return call;
}

struct pool_call *
steal__pool_take_locked(struct pool *pool)
{
    struct list *links = steal__calls_take_locked(&pool->queue);

    return note_taken_locked(pool, links);
}

/*
 * Without threads
 */

bool
steal__pool_has_calls(struct pool *pool)
{
    return !steal__calls_is_empty(&pool->queue);
}

void
steal__pool_call_one(struct pool *pool, unsigned which)
{
    struct steal_runtime *bound = steal__bound;
    struct pool_call *call;

    lock_take(&pool->lock);
    call = note_taken_locked(pool,
            steal__calls_take_any_locked(&pool->queue, which));
    lock_give(&pool->lock);
    steal__bound = pool->runtime;
    if (call)
        steal__call_run(call);
    steal__bound = bound;
}

bool
steal__pool_remove(struct pool *pool, struct pool_call *call)
{
    bool queued;

    lock_take(&pool->lock);
    queued = call->queued;
    call->queued = false;
    if (queued)
        steal__calls_remove_locked(&pool->queue, &call->links);
    lock_give(&pool->lock);
    return queued;
}

struct pool_state
steal__pool_state(struct pool *pool)
{
    struct pool_state state;
    uint64_t gone = counter_read(&pool->queue.gone);
    uint64_t pushed = counter_read(&pool->queue.pushed);

    lock_take(&pool->lock);
    state.taken = pool->taken;
    state.threads = load_relaxed(&pool->threads); /* the lock */
    state.busy = pool->count[POOL_RUNNING] + pool->count[POOL_STANDING_IN];
    lock_give(&pool->lock);
    state.queued = counter_difference(pushed, gone);
    return state;
}

bool
steal__pool_stand_in(struct pool *pool, struct pool_errand *errand)
{
    struct pool_summons summons = { .part = POOL_STANDING_IN,
        .errand = errand };

    if (pool->options->deterministic)
        return false;
    lock_take(&pool->lock);
    summon_locked(pool, &summons);
    lock_give(&pool->lock);
    return steal__pool_send(pool, &summons) == 0;
}

/*
 * Stopping
 */

/* Wakes an idle thread, which sees that the pool closes; NULL: none is left. */
static _Atomic(uint32_t) *
dismiss_one(struct pool *pool)
{
    _Atomic(uint32_t) *part = NULL;
    struct list *link;

    lock_take(&pool->lock);
    pool->closing = true;
    link = list_first(&pool->idle);
    if (link) {
        struct pool_thread *thread = container_of(link, struct pool_thread,
                link);

        part = &thread->part;
        steal__pool_become_locked(thread, POOL_SEARCHING);
    }
    lock_give(&pool->lock);
    return part;
}

bool
steal__pool_stop(struct pool *pool, uint64_t deadline)
{
    _Atomic(uint32_t) *part;
    uint32_t threads;
    bool in_time = true;

    while ((part = dismiss_one(pool)))
        steal__futex_wake(part, 1);
    while ((threads = load_acquire(&pool->threads)) && in_time) /* O3 */
        in_time = steal__futex_wait(&pool->threads, threads, deadline);
    if (threads)
        return false;
    steal__crew_join(&pool->gone);
    refuse(pool, -ECANCELED);
    return true;
}
