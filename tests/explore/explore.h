/*
 * explore.h - runs a small concurrent program in every way it could go.
 *
 * A case has two to four threads.  The explorer runs them as coroutines of one
 * thread of the system, stops before each access to a shared word, and goes
 * depth first through the choices: who moves next, which of the stored values
 * a load sees, whether a timed wait ends by its time.  EXPLORE.md tells what
 * is modelled and what is not.
 *
 * A failing case prints its schedule, and a line that repeats it alone:
 *
 *     EXPLORE_REPLAY='name:schedule' ./program
 *
 * Threads: a case's functions run one at a time; setup() before, finish() after
 *          its threads.  Nothing here is for a second thread of the system.
 */
#ifndef EXPLORE_H
#define EXPLORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "atomic.h"

enum explore_fault_kind {
    EXPLORE_NO_FAULT,
    EXPLORE_DROP_ACQUIRE, /* the access no longer acquires */
    EXPLORE_DROP_RELEASE, /* the access no longer releases */
    EXPLORE_SPLIT_RMW,    /* a load, then a plain store of the new value */
    EXPLORE_SKIP,         /* the store, fence, wait or wake does not happen */
    EXPLORE_BLIND_LOAD,   /* the load does not look, and returns 0 */
    EXPLORE_BLIND_WAIT,   /* the wait sleeps whatever the word says */
};

/* A fault to seed: what to break, in which function or file, on which word. */
struct explore_fault {
    enum explore_fault_kind kind;
    const char *where; /* a function or a file name; NULL: everywhere */
    const char *word;  /* a part of the expression; NULL: any */
    const char *op;    /* a part of the operation's name; NULL: any */
};

struct explore_case {
    const char *name;
    unsigned threads;
    void (*setup)(void);            /* must set all that the threads use */
    void (*thread)(unsigned index); /* from 0 */
    void (*finish)(void);           /* after all threads; may be NULL */

    /* With a fault, or with `must_fail`, the explorer has to find a failure. */
    struct explore_fault fault;
    bool must_fail;

    unsigned outcomes; /* how many explore_outcome() must differ; 0: any */

    /* Bounds; 0 stands for the one that is told here. */
    unsigned preemptions;     /* of threads that could go on; 0: no bound */
    unsigned history;         /* old stores that a load may see; 0: 8 */
    unsigned timeouts;        /* of each thread's timed waits; 0: 1 */
    unsigned spurious;        /* failures of each thread's weak CAS; 0: none */
    unsigned seconds;         /* 0: 20 */
    unsigned long executions; /* 0: no bound */

    /* A function whose cpu_relax() says nothing, as it gives up in the end. */
    const char *restless;

    bool stale_cas; /* a CAS that fails may have seen an old value */
    bool full;      /* every interleaving, without reduction: small cases */
};

/* Returns 0 if the case went as it must, else 1, having told why. */
int explore_run(const struct explore_case *what);

/* main() of a program of cases; arguments are the names of those to run. */
int explore_main(int argc, char **argv, const struct explore_case *cases,
        size_t count);

#define EXPLORE_MAIN(cases)                                             \
 int main(int argc, char **argv)                                        \
 {                                                                      \
  return explore_main(argc, argv, cases, sizeof cases / sizeof *cases); \
 }

#define explore_assert(cond) \
 ((cond) ? (void)0 : explore_fail("%s:%d: %s", __FILE__, __LINE__, #cond))

/* Ends this execution as a failure. */
_Noreturn void explore_fail(const char *format, ...)
        __attribute__((format(printf, 1, 2)));

/* One of 0 to n - 1: all are tried. */
unsigned explore_choose(unsigned n);

/* In finish(): what this execution came to. */
void explore_outcome(uint64_t what);

/* The number of this thread; on the stage it is one that no thread has. */
#define EXPLORE_THREADS 4
unsigned explore_self(void);

/* A name for an address, in reports. */
void explore_name(const volatile void *address, size_t size, const char *name);

/*
 * Plain data.  An access that is not ordered with another thread's fails the
 * case.  In sources compiled with -fsanitize=thread each plain access is
 * checked; these two are for the others.
 */
/* clang-format off */
#define explore_read(p)                                             \
    __extension__({                                                 \
        explore_plain((p), sizeof *(p), false, __FILE__, __LINE__); \
        *(p);                                                       \
    })
#define explore_write(p, v)                                         \
    do {                                                            \
        explore_plain((p), sizeof *(p), true, __FILE__, __LINE__);  \
        *(p) = (v);                                                 \
    } while (0)
/* clang-format on */

void explore_plain(const volatile void *data, size_t size, bool write,
        const char *file, int line);

/* Memory of one execution.  It is given out once; use after free fails. */
void *explore_alloc(size_t size);
void explore_free(void *block);
bool explore_is_freed(const void *block);
unsigned explore_blocks(void); /* that are not freed */

/* Whether the fault of the case may strike in this thread; it may at first. */
void explore_arm(bool on);

#endif
