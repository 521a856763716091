/*
 * awaits.h - the chain of futures that wait for one another.
 *
 * Threads: the one that polls them, or one that keeps all others from doing so;
 *          also in a handler of signals.
 */
#ifndef STEAL_INSIGHT_AWAITS_H
#define STEAL_INSIGHT_AWAITS_H

#include <steal/debug.h>
#include <steal/task.h>

/* Writes up to `n`, the outermost first, and returns how many. */
size_t steal__awaits_of(const struct steal_task *task,
        struct steal_await *awaits, size_t n);

/* True if it is a chain, without branches, whose last future says what it waits for:
 * that is then in *last. */
bool steal__awaits_one(const struct steal_task *task, struct steal_await *last);

/* A line for people. */
void steal__await_print(const struct steal_await *await, FILE *file);

#endif
