/*
 * search.h - the tree of schedules, and which part of it need not be walked.
 *
 * An execution is a path: at each step one thread is picked, its access may
 * have several outcomes, and the words that it read and wrote are its
 * footprint.  Two executions that differ in the order of steps with disjoint
 * footprints come to the same, so one of them is enough.  This is dynamic
 * partial-order reduction with source sets and sleep sets (Flanagan and
 * Godefroid 2005; Abdulla, Aronis, Jonsson and Sagonas 2014): where a step
 * races with an earlier one of another thread, the other order is tried too;
 * what was tried already sleeps until a step that it depends on wakes it.
 *
 * A vector clock per step tells what happened before it, in the sense of the
 * footprints.  This is not the happens-before of C11, which memory.h keeps.
 *
 * Threads: one search at a time, in static storage.
 */
#ifndef EXPLORE_SEARCH_H
#define EXPLORE_SEARCH_H

#include <stdbool.h>
#include <stdint.h>

#define SEARCH_THREADS 4
#define SEARCH_STEPS   4096
#define SEARCH_PRUNE   (-1)
#define SEARCH_TOO_FAR (-2)

/* The words of a step, a bit for each. */
struct footprint {
    uint64_t reads;
    uint64_t writes;
};

/* Who may go, before a step, and with what. */
struct crossing {
    unsigned ready;  /* a bit for each thread */
    unsigned dozing; /* of these, who goes on only because its time is over */
    bool alone;      /* only because no thread could go on */
    struct footprint next[SEARCH_THREADS];
};

struct search_bounds {
    unsigned preemptions; /* 0: none */
    bool full;            /* no reduction */
};

/* Forgets all, and stands before the first execution. */
void search_begin(const struct search_bounds *bounds);

/* Goes back to the root.  Follows `schedule`, if there is one. */
void search_restart(const char *schedule);

/* Turns to the next path; false when there is none. */
bool search_advance(void);

/* The thread that makes the next step, SEARCH_PRUNE if all that may go sleep,
 * or SEARCH_TOO_FAR. */
int search_pick(const struct crossing *crossing);

/* One of 0 to n - 1, at most once in a step. */
unsigned search_choose(unsigned n);

/* Before commit: `thread` can go on because of this step, and only so. */
void search_enables(unsigned thread);

/* Ends the step, which had this footprint. */
void search_commit(struct footprint footprint);

/* Did step `stamp` of thread `other` happen before the present of `thread`? */
bool search_knows(unsigned thread, unsigned other, uint32_t stamp);

/* The number of the step that `thread` is making. */
uint32_t search_stamp(unsigned thread);

/* How many steps this execution has made so far. */
unsigned search_depth(void);

/* Was something left out because of the bound on preemptions? */
bool search_was_cut(void);

/* Writes the present path, as search_restart() takes it. */
void search_print(char *buffer, unsigned size);

#endif
