/*
 * orphan.h - children that have outlived their runtime.
 *
 * No loop waits for them any more, but they are children of the process all the
 * same.  Whoever comes along looks whether one has ended.
 *
 * Threads: any.
 */
#ifndef STEAL_HANDLE_ORPHAN_H
#define STEAL_HANDLE_ORPHAN_H

#include <sys/types.h>

#include "../base/list.h"

struct orphan {
    struct list link;
    pid_t pid;
};

/* One that is not in the list yet.  NULL: out of memory. */
struct orphan *steal__orphan_new(void);
void steal__orphan_free(struct orphan *orphan);

/* Hands it over; if `killed` it is waited for, for a moment. */
void steal__orphan_leave(struct orphan *orphan, pid_t pid, bool killed);

/* Reaps those that have ended. */
void steal__orphans_reap(void);

#endif
