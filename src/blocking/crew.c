/*
 * crew.c - the life of a thread of the pool.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <steal/time.h>

#include "../base/assert.h"
#include "../base/futex.h"
#include "../base/thread.h"
#include "call.h"
#include "pool.h"

/* How often the watcher looks. */
#define TICK STEAL_US(200)

/* A thread that has run out of calls looks for the next for so long: twice as
 * long as the last time if that went well, else half as long. */
#ifndef SPIN_MOST
# define SPIN_LEAST STEAL_US(1)
# define SPIN_MOST  STEAL_US(10)
#endif

/* Takes the oldest call, and sees to it that the next is attended to. */
static struct pool_call *
take(struct pool_thread *thread)
{
    struct pool *pool = thread->pool;
    struct pool_summons summons = { .wake = NULL };
    struct pool_call *call;

    lock_take(&pool->lock);
    call = steal__pool_take_locked(pool);
    if (call && load_relaxed(&thread->part) != POOL_RUNNING) { /* the lock */
        steal__pool_become_locked(thread, POOL_RUNNING);
        fence_seq_cst(); /* pool.c, O1 */
        steal__pool_attend_locked(pool, &summons);
    }
    lock_give(&pool->lock);
    steal__pool_send(pool, &summons);
    return call;
}

/*
 * Searching
 */

/* One that looks for calls that may come is enough. */
static bool
may_search(struct pool_thread *thread)
{
    struct pool *pool = thread->pool;
    bool may;

    lock_take(&pool->lock);
    may = !pool->closing;
    if (load_relaxed(&thread->part) != POOL_SEARCHING) /* the lock */
        may = may && !pool->count[POOL_SEARCHING];
    if (may)
        steal__pool_become_locked(thread, POOL_SEARCHING);
    lock_give(&pool->lock);
    fence_seq_cst(); /* pool.c, O1 */
    return may;
}

static struct pool_call *
spin(struct pool_thread *thread)
{
    struct pool *pool = thread->pool;
    uint64_t deadline = steal_now() + thread->spin;
    struct pool_call *call = NULL;

    do {
        if (!steal__calls_is_empty(&pool->queue))
            call = take(thread);
        cpu_relax();
    } while (!call && steal_now() < deadline);
    if (!call)
        thread->spin = thread->spin / 2 + SPIN_LEAST / 2;
    else
        thread->spin = thread->spin / 2 + SPIN_MOST / 2;
    return call;
}

static struct pool_call *
search(struct pool_thread *thread)
{
    struct pool_call *call = take(thread);

    if (!call && may_search(thread))
        call = spin(thread);
    return call;
}

/*
 * Watching
 */

/* True if there is nothing to watch any more: *call is NULL, or it is what the
 * watcher takes part with. */
static bool
look(struct pool_thread *thread, struct pool_call **call)
{
    struct pool *pool = thread->pool;
    struct pool_summons summons = { .wake = NULL };
    bool full = steal__load_is_full(&pool->load);
    bool over = false;

    *call = NULL;
    lock_take(&pool->lock);
    if (steal__calls_is_empty(&pool->queue)) {
        steal__pool_become_locked(thread, POOL_SEARCHING);
        over = true;
    } else if (pool->taken == pool->seen || !full) {
        *call = steal__pool_take_locked(pool);
        steal__pool_become_locked(thread, POOL_RUNNING);
        fence_seq_cst(); /* pool.c, O1 */
        steal__pool_attend_locked(pool, &summons);
        over = true;
    }
    pool->seen = pool->taken;
    lock_give(&pool->lock);
    steal__pool_send(pool, &summons);
    return over;
}

static struct pool_call *
watch(struct pool_thread *thread)
{
    struct pool_call *call;

    while (!look(thread, &call))
        steal__futex_wait(&thread->part, POOL_WATCHING, steal_now() + TICK);
    return call;
}

/*
 * Sleeping, and leaving
 */

static bool
fall_asleep(struct pool_thread *thread)
{
    struct pool *pool = thread->pool;
    bool closing;

    lock_take(&pool->lock);
    closing = pool->closing;
    if (!closing)
        steal__pool_become_locked(thread, POOL_IDLE);
    lock_give(&pool->lock);
    fence_seq_cst(); /* pool.c, O1 */
    return !closing;
}

/* Unless it has been called. */
static bool
get_up(struct pool_thread *thread)
{
    struct pool *pool = thread->pool;
    bool idle;

    lock_take(&pool->lock);
    idle = load_relaxed(&thread->part) == POOL_IDLE; /* the lock */
    if (idle)
        steal__pool_become_locked(thread, POOL_SEARCHING);
    lock_give(&pool->lock);
    return idle;
}

/* True once it is called; false if it is to leave. */
static bool
rest(struct pool_thread *thread)
{
    uint64_t keep = thread->pool->options->blocking_keep;
    uint64_t deadline;
    bool in_time = true;

    if (!fall_asleep(thread))
        return false;
    if (!steal__calls_is_empty(&thread->pool->queue)) { /* O1 */
        get_up(thread);
        return true;
    }
    deadline = steal_time_add(steal_now(), keep);
    while (in_time && load_acquire(&thread->part) == POOL_IDLE) /* O2 */
        in_time = steal__futex_wait(&thread->part, POOL_IDLE, deadline);
    return in_time || !get_up(thread);
}

void
steal__crew_join(struct list *gone)
{
    struct list *link;

    while ((link = list_first(gone))) {
        struct pool_thread *thread = container_of(link, struct pool_thread,
                link);

        list_remove(link);
        pthread_join(thread->thread, NULL);
        free(thread);
    }
}

/* Who leaves joins those that left before; the last are left to stop(). */
static void
leave(struct pool_thread *thread)
{
    struct pool *pool = thread->pool;
    struct pool_summons summons = { .wake = NULL };
    struct list gone;

    lock_take(&pool->lock);
    list_take_all(&gone, &pool->gone);
    list_append(&pool->gone, &thread->link);
    steal__pool_forget_locked(pool, load_relaxed(&thread->part)); /* lock */
    fence_seq_cst(); /* pool.c, O1 */
    if (!pool->closing)
        steal__pool_attend_locked(pool, &summons);
    lock_give(&pool->lock);
    steal__pool_send(pool, &summons);
    steal__crew_join(&gone);
    steal__futex_wake(&pool->threads, 1);
}

/*
 * Working
 */

static struct pool_call *
next_call(struct pool_thread *thread)
{
    uint32_t part = load_acquire(&thread->part); /* pool.c, O2 */

    if (part == POOL_STANDING_IN)
        thread->errand->run(thread->errand);
    return part == POOL_WATCHING ? watch(thread) : search(thread);
}

/* By itself: it may be gone before who made it comes to that. */
static void
begin(struct pool_thread *thread)
{
    char name[16];

    steal__bound = thread->pool->runtime;
    thread->thread = pthread_self();
    snprintf(name, sizeof name, "%.9s-b%u", thread->pool->options->name,
            thread->number % 1000);
    steal__thread_name(thread->thread, name);
}

static void *
thread_main(void *arg)
{
    struct pool_thread *thread = arg;
    struct pool_call *call;

    begin(thread);
    do {
        while ((call = next_call(thread)))
            steal__call_run(call);
    } while (rest(thread));
    leave(thread);
    return NULL;
}

int
steal__crew_start(struct pool *pool, const struct pool_summons *summons)
{
    struct pool_thread *thread = malloc(sizeof *thread);
    pthread_t unused; /* the thread knows itself */
    int error;

    if (!thread)
        return -ENOMEM;
    thread->pool = pool;
    thread->errand = summons->errand;
    thread->number = summons->number;
    thread->spin = SPIN_LEAST;
    store_relaxed(&thread->part, summons->part); /* not shared yet */
    error = steal__thread_start(&unused, pool->options->stack_size, thread_main,
            thread);
    if (error)
        free(thread);
    return error;
}
