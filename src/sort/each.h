/*
 * each.h - what the sorts share: where they run, and their parallel loop.
 *
 * Threads: any; `fn` is called by several at once.
 */
#ifndef STEAL_SORT_EACH_H
#define STEAL_SORT_EACH_H

#include <stdbool.h>
#include <stddef.h>

#include <steal/cancel.h>
#include <steal/fork.h>
#include <steal/loop.h>

/* Calls fn(i, data) for each index, each of them a job: for calls that take a
 * microsecond or more.  Nests as deep as the logarithm of their number. */
void steal__sort_each(size_t begin, size_t end,
        void (*fn)(size_t i, void *data), void *data);

/* Runs the job here, or on the runtime of the options if this thread is in none.
 * An error: it was not run. */
int steal__sort_run(struct steal_job *job,
        const struct steal_loop_options *options);

static inline struct steal_cancel *
sort_token(const struct steal_loop_options *options)
{
    return options ? options->cancel : NULL;
}

static inline bool
sort_is_canceled(const struct steal_cancel *token)
{
    return token && steal_cancel_is_requested(token);
}

#endif
