/*
 * glimpse.h - tasks of which a dump has seen no more than that they are there: in a
 * register, but BUSY.
 *
 * Most of them turn up in a queue or park a moment later, and are told of then.  Of
 * some the place in the register is kept, to look there again.
 *
 * Threads: the one that dumps.
 */
#ifndef STEAL_INSIGHT_GLIMPSE_H
#define STEAL_INSIGHT_GLIMPSE_H

#include "../sched/runtime.h"
#include "../task/task.h"
#include "dump.h"
#include "told.h"

#define GLIMPSE_MARKS 64

struct glimpse {
    struct dump_task task; /* but for its name, and what it awaits */
    const struct steal_future_ops *ops;
    bool maybe_runs; /* a worker was in a poll of its kind */
    bool is_guess;   /* ... but which of them that is nobody knows */
    char name[64];   /* as far as it fits */
};

struct glimpse_mark {
    struct owned *owned;
    struct owned_walk walk;
};

struct glimpses {
    struct glimpse *all;
    size_t n;
    size_t room;
    uint64_t now;      /* ages are as of then */
    size_t first_open; /* those before were told of */
    size_t nmarked;    /* those before are marked, or not to be */
    size_t nmarks;
    struct glimpse_mark marks[GLIMPSE_MARKS];
};

/* What the worker polls, as far as one can see from outside: NULL if no task. */
static inline const struct steal_future_ops *
glimpse_polling(const struct worker *w)
{
    const struct steal_future_ops *ops = load_relaxed(
            &((struct worker *)(uintptr_t)w)->polling); /* a hint */

    return ops == &steal__computation_ops ? NULL : ops;
}

void steal__glimpses_init(struct glimpses *glimpses, uint64_t now);
void steal__glimpses_fini(struct glimpses *glimpses);

/* Makes room for one more: 0 or -ENOMEM. */
int steal__glimpses_reserve(struct glimpses *glimpses);

/* There is room, and the task is live as long as the call takes. */
void steal__glimpses_add(struct glimpses *glimpses,
        const struct steal_task *task);

/* What was added last, if anything was since the last call, is where the walk is. */
void steal__glimpses_mark(struct glimpses *glimpses, struct owned *owned,
        const struct owned_walk *walk);
void steal__glimpses_forget_marks(struct glimpses *glimpses);

/* True if there is one that was not told of. */
bool steal__glimpses_open(struct glimpses *glimpses, const struct told *told);

/* By its id, or NULL. */
struct glimpse *steal__glimpses_find(struct glimpses *glimpses, uint64_t id);

/* One that was not told of and may be what a worker polls that polls this; or
 * NULL. */
struct glimpse *steal__glimpses_guess(struct glimpses *glimpses,
        const struct told *told, struct steal_runtime *runtime,
        const struct steal_future_ops *ops);

/* Fills in what was measured, if it was. */
void steal__glimpse_times(struct dump_task *to, const struct steal_task *task,
        uint64_t now);

#endif
