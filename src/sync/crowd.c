/*
 * crowd.c - those who wait for a number to grow, and are all woken when it does.
 *
 * Orderings
 *   O1  wake: the word is stored, then the shard locked
 *       wait: the shard locked, then the word loaded
 *       Of the two sections one comes first.  If that is the member's, it is in
 *       the shard when the other comes; else it sees the new word (lock.h, O1)
 *       and does not wait.  So no member waits for what has happened.
 *   O2  leaving a shard that was entered: lock.h, O1  ->  pass: lock
 *       What was read in between was read before pass() returns.
 *   O3  wake: store in, release  ->  wait, leave: load in, acquire
 *       A member that is out is its future's again, without the lock: the waker
 *       has done with it.  Its task is BUSY before it is out, so that it lives
 *       until it is queued (task/state.h, T2).  To be in is only a hint without
 *       the lock.
 */
#include "crowd.h"

/* So many are woken in one section: then others may have the lock, and the first
 * of them run while the next are woken. */
#define BATCH 128

static unsigned
own_shard(void)
{
    static _Atomic(unsigned) threads;
    static _Thread_local unsigned own;

    if (unlikely(!own)) /* round robin, nothing more */
        own = 1 + add_relaxed(&threads, 1) % CROWD_SHARDS;
    return own - 1;
}

void
steal__crowd_init(struct crowd *crowd)
{
    for (unsigned i = 0; i < CROWD_SHARDS; i++) {
        lock_init(&crowd->shard[i].lock);
        crowd->shard[i].members = (struct list){ NULL, NULL };
    }
}

struct lock *
steal__crowd_enter(struct crowd *crowd)
{
    struct lock *lock = &crowd->shard[own_shard()].lock;

    lock_take(lock);
    return lock;
}

void
steal__crowd_pass(struct crowd *crowd)
{
    for (unsigned i = 0; i < CROWD_SHARDS; i++) {
        lock_take(&crowd->shard[i].lock); /* O2 */
        lock_give(&crowd->shard[i].lock);
    }
}

/*
 * Members
 */

static void
enter_locked(struct crowd_shard *shard, struct crowd_member *member)
{
    if (unlikely(!shard->members.next))
        list_init(&shard->members);
    list_append(&shard->members, &member->links);
    store_relaxed(&member->in, 1); /* by the future, which alone asks */
}

/* One that was polled again.  False if it was woken meanwhile. */
static bool
still_waits(struct crowd *crowd, struct crowd_member *member,
        const struct steal_context *cx)
{
    struct lock *lock = &crowd->shard[member->shard].lock;
    struct steal_waker spare;
    bool waits;

    waiter_set(&spare, cx);
    lock_take(lock);
    waits = load_relaxed(&member->in); /* the lock */
    if (waits)
        waiter_renew(&member->waker, &spare, cx);
    lock_give(lock);
    waiter_clear(&spare);
    return waits;
}

bool
steal__crowd_wait(struct crowd *crowd, struct crowd_member *member,
        const _Atomic(uint64_t) *word, uint64_t seen, struct steal_context *cx)
{
    unsigned own = own_shard();
    struct crowd_shard *shard = &crowd->shard[own];
    bool waits;

    if (load_acquire(&member->in) && still_waits(crowd, member, cx)) /* O3 */
        return true;
    waiter_set(&member->waker, cx);
    member->shard = (uint16_t)own;
    member->number = (uint32_t)seen;
    lock_take(&shard->lock);
    waits = load_relaxed(word) == seen; /* O1 */
    if (waits)
        enter_locked(shard, member);
    lock_give(&shard->lock);
    if (!waits)
        waiter_clear(&member->waker);
    return waits;
}

void
steal__crowd_leave(struct crowd *crowd, struct crowd_member *member)
{
    struct lock *lock = &crowd->shard[member->shard].lock;
    bool waited;

    if (!load_acquire(&member->in)) /* O3 */
        return;
    lock_take(lock);
    waited = load_relaxed(&member->in); /* the lock */
    if (waited)
        list_remove(&member->links);
    store_relaxed(&member->in, 0);
    lock_give(lock);
    if (waited)
        waiter_clear(&member->waker);
}

/*
 * Waking
 */

/* The first that waits for more than what is less than `now`, or NULL (C1). */
static struct crowd_member *
first_behind(const struct crowd_shard *shard, uint64_t now)
{
    struct list *first = shard->members.next;
    struct crowd_member *member;

    if (!first || first == &shard->members)
        return NULL;
    member = container_of(first, struct crowd_member, links);
    return (int32_t)((uint32_t)now - member->number) > 0 ? member : NULL;
}

/* The tasks of a batch come from the caches of others, all at the same time. */
static void
fetch_batch(const struct crowd_shard *shard)
{
    const struct list *node = shard->members.next;

    for (unsigned n = 0; node && node != &shard->members && n < BATCH; n++) {
        __builtin_prefetch(container_of(node, struct crowd_member, links)
                                   ->waker.data,
                1);
        node = node->next;
    }
}

/* False if there are more than a batch. */
static bool
wake_some(struct crowd_shard *shard, uint64_t now, struct wakeups *wakeups)
{
    struct crowd_member *member;
    unsigned n = 0;

    lock_take(&shard->lock); /* O1 */
    fetch_batch(shard);
    while ((member = first_behind(shard, now)) && n < BATCH &&
            !wakeups_full(wakeups)) {
        list_remove(&member->links);
        wakeups_add(wakeups, &member->waker);
        store_release(&member->in, 0); /* O3 */
        n++;
    }
    lock_give(&shard->lock);
    return !member;
}

void
steal__crowd_wake(struct crowd *crowd, uint64_t now)
{
    struct wakeups wakeups;
    bool done;

    for (unsigned i = 0; i < CROWD_SHARDS; i++) {
        do {
            wakeups_init(&wakeups);
            done = wake_some(&crowd->shard[i], now, &wakeups);
            steal__wakeups_schedule(&wakeups);
        } while (!done);
    }
}
