/* dump_text.c - a dump for people. */
#include "dump.h"

#include <inttypes.h>

#include <steal/metrics.h>
#include <steal/time.h>

#include "../sched/runtime.h"
#include "../sched/simulate.h"

static void
put_worker(struct buffer *to, struct steal_runtime *runtime, unsigned i)
{
    const struct steal_future_ops *ops = load_relaxed(
            &runtime->workers[i].polling); /* a hint */
    struct steal_worker_metrics m;
    uint64_t age = counter_difference(steal__runtime_now(runtime),
            runtime->born);

    steal_metrics_worker(runtime, i, &m, sizeof m);
    if (i == runtime->nworkers && !m.polls && !ops)
        return; /* the relief, which was never there */
    steal__buffer_put(to, i == runtime->nworkers ? "  relief" : "  worker ");
    if (i < runtime->nworkers)
        steal__buffer_printf(to, "%u", i);
    steal__buffer_printf(to, ": %s", steal__dump_worker_state(runtime, i));
    if (ops && ops != &steal__computation_ops)
        steal__buffer_printf(to, " %s", ops->name ? ops->name : "future");
    steal__buffer_printf(to,
            ", %.1f %% busy, %" PRIu64 " queued, %" PRIu64 " polls, %" PRIu64
            " stolen, %" PRIu64 " parks\n",
            age ? 100.0 * (double)m.busy / (double)age : 0.0, m.queued, m.polls,
            m.stolen, m.parks);
}

static void
put_begin(struct buffer *to, struct steal_runtime *runtime)
{
    struct steal_metrics m;

    steal_metrics(runtime, &m, sizeof m);
    steal__buffer_printf(to, "%s: %" PRIu64 " tasks, %u workers, up ",
            runtime->name, m.live, runtime->nworkers);
    steal__buffer_put_time(to, m.age);
    steal__buffer_put(to, runtime_is_stopping(runtime) ? ", stopping\n" : "\n");
    for (unsigned i = 0; i < runtime->nall; i++)
        put_worker(to, runtime, i);
    steal__buffer_printf(to,
            "  injector: %" PRIu64 " queued; timers: %" PRIu64
            "; descriptors: %" PRIu64 "\n",
            m.injector_depth, m.timers,
            counter_read(&runtime->driver.descriptors));
    steal__buffer_printf(to,
            "  blocking calls: %" PRIu64 " queued, %" PRIu64
            " threads, of which %" PRIu64 " busy\n",
            m.blocking_queued, m.blocking_threads, m.blocking_busy);
}

static void
put_time(struct buffer *to, const char *before, uint64_t time)
{
    steal__buffer_put(to, before);
    steal__buffer_put_time(to, time);
}

static void
put_times(struct buffer *to, const struct dump_task *task)
{
    put_time(to, "; ", task->age);
    steal__buffer_printf(to, " old, %" PRIu64 " polls", task->polls);
    if (task->idle == UINT64_MAX)
        return;
    put_time(to, " in ", task->total);
    put_time(to, ", longest ", task->longest);
    put_time(to, ", last ", task->idle);
    steal__buffer_put(to, " ago");
}

/* What it waits for, as far as the library knows. */
static void
put_thing(struct buffer *to, const struct steal_await *await, uint64_t now)
{
    steal__buffer_printf(to, " (%s", await->thing);
    if (await->number >= 0)
        steal__buffer_printf(to, " %lld", (long long)await->number);
    if (await->object)
        steal__buffer_printf(to, " %p", await->object);
    if (await->task)
        steal__buffer_printf(to, ", task %" PRIu64, await->task);
    if (await->deadline)
        put_time(to, ", due in ", counter_difference(await->deadline, now));
    steal__buffer_put(to, ")");
}

static void
put_await(struct buffer *to, const struct steal_await *await, uint64_t now)
{
    steal__buffer_printf(to, "    %*s%s", (int)await->depth, "", await->name);
    if (await->file)
        steal__buffer_printf(to, " at %s:%d", await->file, await->line);
    if (await->thing)
        put_thing(to, await, now);
    steal__buffer_put(to, "\n");
}

static void
put_task(struct buffer *to, const struct dump_task *task, bool first)
{
    (void)first;
    steal__buffer_put(to, "task ");
    if (task->id)
        steal__buffer_printf(to, "%" PRIu64, task->id);
    else
        steal__buffer_put(to, "?");
    steal__buffer_printf(to, ", %s: %s", task->name,
            steal__dump_state(task->state));
    if (task->worker >= 0)
        steal__buffer_printf(to, " on worker %d", task->worker);
    if (task->running)
        put_time(to, " for ", task->running);
    if (task->timed)
        put_times(to, task);
    steal__buffer_put(to, "\n");
    for (size_t i = 0; i < task->nawaits; i++)
        put_await(to, &task->awaits[i], task->now);
}

static void
put_end(struct buffer *to, struct steal_runtime *runtime)
{
    (void)to, (void)runtime;
}

const struct dump_format steal__dump_text = { put_begin, put_task, put_end };
