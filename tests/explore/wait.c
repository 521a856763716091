/*
 * wait.c - the futex.  The kernel's side of a wait and of a wake is a full fence, and
 * the value is read like any other: a store that no wake follows may be late.
 */
#include <errno.h>

#include "thread.h"

/* Counts the sleeps: who sleeps longer has the smaller number. */
static unsigned long bedtimes;

/* Time has passed: long enough for all stores to arrive. */
static void
wait_in_vain(struct thread *thread)
{
    memory_catch_up_all(engine_self);
    if (thread->timeouts)
        thread->timeouts--;
}

/* Second step of a wait: asleep, until a wake or the time ends it. */
static int
sleep_in(struct thread *thread, volatile void *address, bool timed)
{
    struct report_step step = { .word = address };
    struct footprint footprint;

    thread->futex = address;
    thread->bedtime = bedtimes++;
    thread->timed = timed;
    thread->woken = false;
    thread->stand = STAND_SLEEP;
    thread_pause(thread);

    footprint = thread_footprint(thread);
    thread->futex = NULL;
    thread->stand = STAND_STEP;
    step.remark = thread->woken ? "woken" : "time is over";
    if (!thread->woken)
        wait_in_vain(thread);
    step_end(footprint, &step);
    return thread->woken ? 0 : -ETIMEDOUT;
}

int
explore_wait(volatile void *address, uint32_t expected, bool timed,
        const struct explore_site *site)
{
    unsigned found[MEMORY_STORES];
    unsigned word = step_word(address, sizeof expected);
    struct footprint footprint = footprint_read(word);
    struct report_step step = { .word = address, .verb = "sees" };
    struct thread *thread;
    bool blind;

    if (on_stage())
        explore_fail("setup() and finish() must not sleep");
    if (fault_strikes(EXPLORE_SKIP, site))
        return 0;
    blind = fault_strikes(EXPLORE_BLIND_WAIT, site);
    footprint.writes |= footprint_fence.writes;
    thread = step_begin(footprint, site);
    memory_fence_kernel(engine_self);
    step.value = memory_load(engine_self, word,
            found[search_choose(
                    memory_candidates(engine_self, word, 8, found))],
            EXPLORE_RELAXED);
    if (step.value != expected && !blind) {
        step.remark = "does not sleep";
        step_end(footprint, &step);
        return -EAGAIN;
    }
    step.remark = "sleeps";
    step_end(footprint, &step);
    return sleep_in(thread, address, timed);
}

/* Who sleeps on this word, longest first; returns how many. */
static unsigned
find_sleepers(const volatile void *address, unsigned found[SEARCH_THREADS])
{
    unsigned n = 0;

    for (unsigned i = 0; i < engine_case->threads; i++) {
        const struct thread *thread = &engine_threads[i];
        unsigned at;

        if (thread->stand != STAND_SLEEP || thread->futex != address ||
                thread->woken)
            continue;
        for (at = n++; at > 0; at--) {
            if (engine_threads[found[at - 1]].bedtime < thread->bedtime)
                break;
            found[at] = found[at - 1];
        }
        found[at] = i;
    }
    return n;
}

static void
wake_up(unsigned sleeper)
{
    engine_threads[sleeper].woken = true;
    search_enables(sleeper);
}

int
explore_wake(volatile void *address, int n, const struct explore_site *site)
{
    unsigned found[SEARCH_THREADS];
    struct report_step step = { .word = address, .verb = "wakes" };
    unsigned sleepers;
    unsigned first;

    if (on_stage() || fault_strikes(EXPLORE_SKIP, site))
        return 0;
    step_begin(footprint_fence, site);
    memory_fence_kernel(engine_self);
    sleepers = find_sleepers(address, found);
    if (n > 0 && (unsigned)n < sleepers) {
        /* The kernel promises no order: any of them may be the first. */
        first = search_choose(sleepers);
        wake_up(found[first]);
        step.value = 1;
        found[first] = found[0];
        for (unsigned i = 1; i < (unsigned)n; i++, step.value++)
            wake_up(found[i]);
    } else if (n > 0) {
        for (; step.value < sleepers; step.value++)
            wake_up(found[step.value]);
    }
    step_end(footprint_fence, &step);
    return (int)step.value;
}
