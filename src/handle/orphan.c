/*
 * orphan.c
 *
 * Orderings
 *   O1  leave: store some, relaxed  ->  reap: load some, relaxed
 *       A hint, which spares the lock; what is missed now is found later.
 */
#include "orphan.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>

#include "../base/lock.h"

#define TRIES 100 /* of a millisecond */

static struct lock lock;
static struct list orphans = { &orphans, &orphans };
static _Atomic(bool) some;

struct orphan *
steal__orphan_new(void)
{
    return calloc(1, sizeof(struct orphan));
}

void
steal__orphan_free(struct orphan *orphan)
{
    free(orphan);
}

/* True if there is nothing left to reap: it was, or is no child of ours. */
static bool
has_ended(const struct orphan *orphan)
{
    pid_t pid;

    do {
        pid = waitpid(orphan->pid, NULL, WNOHANG);
    } while (pid < 0 && errno == EINTR);
    return pid != 0;
}

/* A killed child is gone within a moment, unless it hangs in the kernel. */
static bool
ends_soon(const struct orphan *orphan)
{
    const struct timespec nap = { .tv_nsec = 1000000 };

    for (int i = 0; i < TRIES; i++) {
        if (has_ended(orphan))
            return true;
        nanosleep(&nap, NULL);
    }
    return false;
}

static void
add(struct list *list)
{
    lock_take(&lock);
    while (!list_is_empty(list)) {
        struct list *link = list_first(list);

        list_remove(link);
        list_append(&orphans, link);
    }
    store_relaxed(&some, !list_is_empty(&orphans)); /* O1 */
    lock_give(&lock);
}

void
steal__orphan_leave(struct orphan *orphan, pid_t pid, bool killed)
{
    struct list one;

    orphan->pid = pid;
    if (killed ? ends_soon(orphan) : has_ended(orphan)) {
        free(orphan);
        return;
    }
    list_init(&one);
    list_append(&one, &orphan->link);
    add(&one);
}

void
steal__orphans_reap(void)
{
    struct list all;
    struct list alive;
    struct list *link;

    if (!load_relaxed(&some)) /* O1 */
        return;
    lock_take(&lock);
    list_take_all(&all, &orphans);
    lock_give(&lock);
    list_init(&alive);
    while ((link = list_first(&all))) {
        struct orphan *orphan = container_of(link, struct orphan, link);

        list_remove(link);
        if (has_ended(orphan))
            free(orphan);
        else
            list_append(&alive, link);
    }
    add(&alive);
}
