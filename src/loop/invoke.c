/*
 * invoke.c - several calls, of which nothing is known: halves of the list are
 * jobs, forked on the way down to the first.
 */
#include <errno.h>

#include <steal/fork.h>

#include "loop.h"

struct invocation {
    struct loop loop;
    const struct steal_call *calls;
};

struct half {
    struct steal_job job;
    struct invocation *all;
    size_t begin;
    size_t end;
};

static void
call_one(struct invocation *all, const struct steal_call *call)
{
    int error;

    if (steal__loop_is_over(&all->loop))
        return;
    error = call->fn(call->data);
    if (unlikely(error))
        steal__loop_fail(&all->loop, error);
}

static void run_half(struct steal_job *job);

/* Recurses as often as the list can be halved. */
static void
run_range(struct invocation *all, size_t begin, size_t end)
{
    size_t middle = begin + (end - begin + 1) / 2;
    struct half right = { STEAL_JOB(run_half), all, middle, end };

    if (end - begin == 1) {
        if (!all->loop.is_quiet)
            helpers_offer();
        call_one(all, &all->calls[begin]);
        return;
    }
    steal_fork(&right.job);
    run_range(all, begin, middle);
    if (steal_join_job(&right.job))
        run_range(all, middle, end);
}

static void
run_half(struct steal_job *job)
{
    struct half *half = container_of(job, struct half, job);

    run_range(half->all, half->begin, half->end);
}

static void
run_all(struct loop *loop, struct part *of, const struct cut *range)
{
    uint64_t then = loop->body ? ticks_now() : 0;

    (void)of;
    run_range(container_of(loop, struct invocation, loop), range->begin,
            range->end);
    if (loop->body)
        add_relaxed(&loop->ticks, ticks_now() - then); /* nobody else does */
}

static const struct loop_kind invoke_kind = { run_all, NULL };

/* Where nobody asks for work, what the calls take is of no interest. */
static pace_key
body_of(const struct steal_call *calls, size_t n)
{
    return n && STEAL_JOB_LOAD(STEAL_HERE.asked) ? (pace_key)calls->fn : NULL;
}

int
steal_invoke(const struct steal_call *calls, size_t n,
        const struct steal_loop_options *options)
{
    struct invocation all;

    steal__loop_init(&all.loop, &invoke_kind, body_of(calls, n), 0, n, options);
    all.calls = calls;
    return steal__loop_run(&all.loop);
}
