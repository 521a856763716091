/* dump_state.c - the words for how tasks and workers stand. */
#include "dump.h"

#include "../sched/runtime.h"

const char *
steal__dump_state(enum dump_state state)
{
    static const char *const names[] = { "parked", "lost", "queued", "running",
        "finishing" };

    return names[state];
}

const char *
steal__dump_worker_state(struct steal_runtime *runtime, unsigned worker)
{
    const struct steal_future_ops *ops = load_relaxed(
            &runtime->workers[worker].polling); /* a hint */

    if (ops == &steal__computation_ops)
        return "computing";
    if (ops)
        return "polling";
    return steal__idle_is_asleep(&runtime->idle, worker) ? "asleep" : "awake";
}
