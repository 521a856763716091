/*
 * helm.c
 *
 * Orderings
 *   H1  give: store granted, release  ->  take: load granted, acquire
 *       The worker as the other thread has left it.  After the store the place in
 *       the line may be gone: the futex is woken by its address alone.
 *   H2  take: store wanted, unpark  ->  park.c: load wanted
 *       The unpark ends a sleep of the worker, which looks again (parker.c, O1).
 *   The rest is ordered by the lock.
 */
#include "helm.h"

#include "../base/compiler.h"
#include "../base/futex.h"
#include "worker.h"

/* How often a thread looks whether it is its turn before it sleeps. */
#define LOOKS 100

struct turn {
    struct list link;
    _Atomic(uint32_t) granted;
};

void
steal__helm_init(struct helm *helm)
{
    lock_init(&helm->lock);
    helm->taken = false;
    helm->has_captain = false;
    list_init(&helm->line);
    store_relaxed(&helm->wanted, 0); /* not shared yet */
}

static void
publish_locked(struct helm *helm)
{
    store_relaxed(&helm->wanted, /* H2 */
            !helm->has_captain || !list_is_empty(&helm->line));
}

/* True if the helm was free. */
static bool
take_or_queue(struct helm *helm, struct turn *turn)
{
    bool taken;

    lock_take(&helm->lock);
    taken = helm->taken;
    helm->taken = true;
    if (taken)
        list_append(&helm->line, &turn->link);
    publish_locked(helm);
    lock_give(&helm->lock);
    return !taken;
}

static void
wait_for(struct turn *turn)
{
    for (int i = 0; i < LOOKS && !load_acquire(&turn->granted); i++) /* H1 */
        cpu_relax();
    while (!load_acquire(&turn->granted)) /* H1 */
        steal__futex_wait(&turn->granted, 0, UINT64_MAX);
}

void
steal__helm_take(struct worker *w)
{
    struct turn turn;

    store_relaxed(&turn.granted, 0); /* not shared yet */
    if (take_or_queue(&w->helm, &turn))
        return;
    steal__worker_unpark(w); /* H2 */
    wait_for(&turn);
}

static struct turn *
hand_over_locked(struct helm *helm)
{
    struct list *first = NULL;

    if (list_is_empty(&helm->line)) {
        helm->taken = false;
    } else {
        first = list_first(&helm->line);
        list_remove(first);
    }
    publish_locked(helm);
    return first ? container_of(first, struct turn, link) : NULL;
}

static void
grant(struct turn *turn)
{
    _Atomic(uint32_t) *granted;

    if (!turn)
        return;
    granted = &turn->granted;
    store_release(granted, 1); /* H1 */
    steal__futex_wake(granted, 1);
}

void
steal__helm_give(struct worker *w)
{
    struct turn *turn;

    lock_take(&w->helm.lock);
    turn = hand_over_locked(&w->helm);
    lock_give(&w->helm.lock);
    grant(turn);
}

void
steal__helm_enlist(struct worker *w)
{
    lock_take(&w->helm.lock);
    w->helm.has_captain = true;
    publish_locked(&w->helm);
    lock_give(&w->helm.lock);
}

void
steal__helm_retire(struct worker *w)
{
    struct turn *turn;

    lock_take(&w->helm.lock);
    w->helm.has_captain = false;
    turn = hand_over_locked(&w->helm);
    lock_give(&w->helm.lock);
    grant(turn);
}
