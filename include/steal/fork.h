/*
 * steal/fork.h - fork and join: computations that spread over the workers.
 *
 *     struct fib {
 *         struct steal_job job;
 *         int n;
 *         long result;
 *     };
 *
 *     static long
 *     fib(int n)
 *     {
 *         if (n < 2)
 *             return n;
 *
 *         struct fib right = { STEAL_JOB(run_fib), n - 2, 0 };
 *         long left;
 *
 *         steal_fork(&right.job);
 *         left = fib(n - 1);
 *         if (steal_join_job(&right.job))   nobody took it: it is ours again
 *             return left + fib(n - 2);
 *         return left + right.result;
 *     }
 *
 * A fork makes a job known to this thread, which goes on; a worker that has
 * nothing to do takes the oldest of the jobs that wait.  The join finds out what
 * became of it.  Both take a few instructions, and nothing is allocated, so that
 * small jobs need not be put together by hand.
 *
 * Jobs are joined in the reverse order of their forks, by the thread that forked
 * them, before the function that runs there, a poll or a job, returns.
 *
 * How soon others help: workers that look for work are given some at the next
 * join, or take it after a few microseconds.  Those asleep are called when a
 * computation begins with steal_run_job() or steal_compute(), at the next join
 * after they fell asleep, by steal_share(), and else, inside such a computation,
 * within a few milliseconds.  A poll that just forks and then joins nothing for
 * long has only those that are awake, unless it calls steal_share().
 *
 * Waiting: a thread that joins a job which another has taken runs other jobs of
 * the same computation meanwhile, first those of whoever has taken it, never a
 * task and nothing of another computation.  Its stack holds at most
 * 1 + STEAL_HELP_MOST times what the program itself would need at its deepest.
 *
 * Threads: on a worker of a runtime, inside a task's poll or a job, and inside
 * steal_run_job().  On any other thread a fork is legal and shared with nobody:
 * the join says so.
 *
 * The scheme is that of work stealing with private deques: Blumofe and Leiserson
 * (1999), leapfrogging by Wagner and Calder (1993), the owner's path without
 * fences after Frigo, Leiserson and Randall (Cilk-5, 1998), and the sharing on
 * demand of Lace (van Dijk and van de Pol, 2014).
 */
#ifndef STEAL_FORK_H
#define STEAL_FORK_H

#include <stdbool.h>

#include <steal/future.h>
#include <steal/waker.h>

struct steal_cancel;

STEAL_BEGIN_DECLS

#define STEAL_HELP_MOST 7

/* Part of the struct that has its arguments and its result.  It stays where it is
 * from the fork to the join, and may be forked again after that. */
struct steal_job {
    void (*run)(struct steal_job *job);
    /* private */
    struct steal_job *prev;
    uintptr_t word;
};

/* clang-format off */
#define STEAL_JOB(run) { (run), NULL, 0 }
/* clang-format on */

/* private: what a thread has forked. */
struct steal_here {
    struct steal_job *top;
    uintptr_t asked;
};

/* private: initial-exec, for it is read by every fork. */
STEAL_API extern __thread struct steal_here steal_here
        __attribute__((tls_model("initial-exec")));

/* private: what a join does with a job that others may know of. */
STEAL_API bool steal_join_slow(struct steal_job *job);

/* private: explored programs bring their own. */
#ifndef STEAL_HERE
# define STEAL_HERE              steal_here
# define STEAL_JOB_LOAD(word)    __atomic_load_n(&(word), __ATOMIC_RELAXED)
# define STEAL_JOB_ACQUIRE(word) __atomic_load_n(&(word), __ATOMIC_ACQUIRE)
# define STEAL_JOB_STORE(word, value) \
  __atomic_store_n(&(word), value, __ATOMIC_RELAXED)
# define STEAL_JOB_STORE_AGAIN(word, value) \
  __atomic_store_n(&(word), value, __ATOMIC_RELAXED)
# define STEAL_JOB_RELEASE(word, value) \
  __atomic_store_n(&(word), value, __ATOMIC_RELEASE)
# define STEAL_JOB_LIGHT_FENCE() __atomic_signal_fence(__ATOMIC_SEQ_CST)
#endif

/* Makes the job known.  src/fork/lane.c has the protocol. */
static inline void
steal_fork(struct steal_job *job)
{
    STEAL_JOB_STORE(job->prev, STEAL_JOB_LOAD(STEAL_HERE.top));
    STEAL_JOB_RELEASE(STEAL_HERE.top, job);
}

/*
 * The job that was forked last and is not yet joined.  True: nobody has run it,
 * and nobody will; the caller does, by a call of the function itself, if it
 * likes.  False: another thread has run it, and what that did is visible.
 */
static inline bool
steal_join_job(struct steal_job *job)
{
    uintptr_t asked;

    STEAL_JOB_STORE_AGAIN(STEAL_HERE.top, STEAL_JOB_LOAD(job->prev));
    STEAL_JOB_LIGHT_FENCE();
    asked = STEAL_JOB_ACQUIRE(STEAL_HERE.asked); /* before the word */
    if (STEAL_LIKELY(!(asked | STEAL_JOB_LOAD(job->word))))
        return true;
    return steal_join_slow(job);
}

/* The same, and runs the job if nobody has. */
static inline void
steal_join_and_run(struct steal_job *job)
{
    if (steal_join_job(job))
        job->run(job);
}

/* Lets idle workers have what was forked, now: for who goes on with something
 * long that joins nothing. */
STEAL_API void steal_share(void);

/*
 * Runs a job as a computation: the caller runs it, the workers of the runtime
 * help, and it is over when this returns.  From a task's poll and from a job too,
 * where `runtime` may be NULL, and the job is just called; long computations
 * hold up the task's worker less as a steal_compute().
 *
 * -EINVAL:    no runtime, outside of one.
 * -ECANCELED: the runtime is stopping, or this is the child of a fork(); the job
 *             was not run.  A runtime that has been stopped is gone, as for any
 *             call.
 */
STEAL_API STEAL_MUST_CHECK int steal_run_job(struct steal_runtime *runtime,
        struct steal_job *job);

/*
 * A future: a computation that the task awaits while its worker goes on with
 * other tasks.  Its result is what `fn` returned.  The first poll queues it;
 * computations begin in that order, as soon as a worker may (see
 * options.compute_workers).  Allocates nothing.
 *
 * Dropped before it has begun, it is never called.  Dropped while it runs, the
 * drop waits for its end, while another thread runs the tasks of the worker:
 * `data` may point into the frame of the caller.
 *
 * -EINVAL:    polled outside of a runtime's task.
 * -ECANCELED: the runtime is stopping.
 */
struct steal_compute {
    struct steal_future future;
    /* private */
    int (*fn)(void *data);
    void *data;
    void *link[2];
    void *team;
    void *dropper;
    struct steal_cancel *cancel;
    struct steal_waker waker;
    uint64_t since;
    uint32_t state;
    int result;
};

STEAL_API struct steal_future *steal_compute(struct steal_compute *compute,
        int (*fn)(void *data), void *data);

/* The same for a computation that looks at a token: a drop while it runs requests
 * the token, and waits less. */
STEAL_API struct steal_future *
steal_compute_cancelable(struct steal_compute *compute,
        struct steal_cancel *token, int (*fn)(void *data), void *data);

STEAL_END_DECLS

#endif
