/* dump_json.c - a dump for programs: one line a worker, and one a task. */
#include "dump.h"

#include <inttypes.h>

#include <steal/future.h>
#include <steal/metrics.h>
#include <steal/time.h>

#include "../sched/runtime.h"

static void
put_number(struct buffer *to, const char *key, uint64_t value)
{
    steal__buffer_printf(to, ", \"%s\": %" PRIu64, key, value);
}

static void
put_string(struct buffer *to, const char *key, const char *value)
{
    steal__buffer_printf(to, ", \"%s\": ", key);
    steal__buffer_put_json(to, value);
}

static void
put_worker(struct buffer *to, struct steal_runtime *runtime, unsigned i)
{
    const struct steal_future_ops *ops = load_relaxed(
            &runtime->workers[i].polling); /* a hint */
    struct steal_worker_metrics m;

    steal_metrics_worker(runtime, i, &m, sizeof m);
    steal__buffer_printf(to, "%s  {\"worker\": %u", i ? ",\n" : "", i);
    steal__buffer_put(to, ", \"relief\": ");
    steal__buffer_put(to, i == runtime->nworkers ? "true" : "false");
    put_string(to, "state", steal__dump_worker_state(runtime, i));
    if (ops && ops != &steal__computation_ops)
        put_string(to, "polling", ops->name ? ops->name : "future");
    put_number(to, "busy", m.busy);
    put_number(to, "queued", m.queued);
    put_number(to, "polls", m.polls);
    put_number(to, "spawned", m.spawned);
    put_number(to, "ended", m.ended);
    put_number(to, "injected", m.injected);
    put_number(to, "stolen", m.stolen);
    put_number(to, "overflows", m.overflows);
    put_number(to, "parks", m.parks);
    steal__buffer_put(to, "}");
}

static void
put_begin(struct buffer *to, struct steal_runtime *runtime)
{
    struct steal_metrics m;

    steal_metrics(runtime, &m, sizeof m);
    steal__buffer_put(to, "{\"version\": 1");
    put_string(to, "runtime", runtime->name);
    steal__buffer_put(to, ", \"stopping\": ");
    steal__buffer_put(to, runtime_is_stopping(runtime) ? "true" : "false");
    put_number(to, "age", m.age);
    put_number(to, "live", m.live);
    put_number(to, "injector", m.injector_depth);
    put_number(to, "timers", m.timers);
    put_number(to, "descriptors", counter_read(&runtime->driver.descriptors));
    put_number(to, "blocking_queued", m.blocking_queued);
    put_number(to, "blocking_threads", m.blocking_threads);
    put_number(to, "blocking_busy", m.blocking_busy);
    steal__buffer_put(to, ",\n \"workers\": [\n");
    for (unsigned i = 0; i < runtime->nall; i++)
        put_worker(to, runtime, i);
    steal__buffer_put(to, "],\n \"tasks\": [\n");
}

static void
put_await(struct buffer *to, const struct steal_await *await, bool first)
{
    steal__buffer_put(to, first ? "{\"name\": " : ", {\"name\": ");
    steal__buffer_put_json(to, await->name);
    put_number(to, "depth", await->depth);
    if (await->file) {
        put_string(to, "file", await->file);
        put_number(to, "line", (uint64_t)await->line);
    }
    if (await->thing)
        put_string(to, "thing", await->thing);
    if (await->thing && await->object)
        steal__buffer_printf(to, ", \"object\": \"%p\"", await->object);
    if (await->thing && await->number >= 0)
        put_number(to, "number", (uint64_t)await->number);
    if (await->thing && await->deadline)
        put_number(to, "deadline", await->deadline);
    if (await->thing && await->task)
        put_number(to, "task", await->task);
    steal__buffer_put(to, "}");
}

static void
put_times(struct buffer *to, const struct dump_task *task)
{
    put_number(to, "age", task->age);
    put_number(to, "polls", task->polls);
    put_number(to, "poll_time", task->total);
    put_number(to, "longest_poll", task->longest);
    if (task->idle != UINT64_MAX)
        put_number(to, "idle", task->idle);
}

static void
put_task(struct buffer *to, const struct dump_task *task, bool first)
{
    steal__buffer_put(to, first ? "  {\"id\": " : ",\n  {\"id\": ");
    if (task->id)
        steal__buffer_printf(to, "%" PRIu64, task->id);
    else
        steal__buffer_put(to, "null");
    put_string(to, "name", task->name);
    put_string(to, "state", steal__dump_state(task->state));
    if (task->worker >= 0)
        put_number(to, "worker", (uint64_t)task->worker);
    if (task->running)
        put_number(to, "running", task->running);
    if (task->timed)
        put_times(to, task);
    if (task->awaits_known) {
        steal__buffer_put(to, ", \"awaits\": [");
        for (size_t i = 0; i < task->nawaits; i++)
            put_await(to, &task->awaits[i], !i);
        steal__buffer_put(to, "]");
    }
    steal__buffer_put(to, "}");
}

static void
put_end(struct buffer *to, struct steal_runtime *runtime)
{
    (void)runtime;
    steal__buffer_put(to, "]}\n");
}

const struct dump_format steal__dump_json = { put_begin, put_task, put_end };
