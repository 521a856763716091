/*
 * dump_lines.c - a dump for steal-top: lines of fields, with a tab between two.
 *
 *     steal    1 NAME PROCESS AGE LIVE WORKERS STOPPING INJECTOR TIMERS DESCRIPTORS
 *              BLOCKING_QUEUED BLOCKING_THREADS BLOCKING_BUSY
 *     worker   NUMBER RELIEF BUSY QUEUED POLLS STOLEN PARKS STATE POLLING
 *     task     ID STATE WORKER RUNNING TIMED AGE POLLS TOTAL LONGEST IDLE NAME
 *     await    DEPTH LINE NUMBER TASK DUE NAME FILE THING OBJECT
 *     end
 *
 * Each `await` is of the task before.  Times are in ns; -1 and the empty string stand
 * for what is not known.  steal-top(1) tells what the fields are.
 */
#include "dump.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include <steal/future.h>
#include <steal/metrics.h>

#include "../sched/runtime.h"

/* A field of its own, or the part of one: without what separates them. */
static void
put_string(struct buffer *to, const char *string)
{
    steal__buffer_put(to, "\t");
    for (; *string; string++) {
        char c = (unsigned char)*string < 0x20 ? '?' : *string;

        steal__buffer_put_bytes(to, &c, 1);
    }
}

static void
put_number(struct buffer *to, uint64_t number)
{
    steal__buffer_printf(to, "\t%" PRIu64, number);
}

static void
put_worker(struct buffer *to, struct steal_runtime *runtime, unsigned i)
{
    const struct steal_future_ops *ops = load_relaxed(
            &runtime->workers[i].polling); /* a hint */
    struct steal_worker_metrics m;

    steal_metrics_worker(runtime, i, &m, sizeof m);
    steal__buffer_put(to, "worker");
    put_number(to, i);
    put_number(to, i == runtime->nworkers);
    put_number(to, m.busy);
    put_number(to, m.queued);
    put_number(to, m.polls);
    put_number(to, m.stolen);
    put_number(to, m.parks);
    put_string(to, steal__dump_worker_state(runtime, i));
    put_string(to, ops && ops->name ? ops->name : "");
    steal__buffer_put(to, "\n");
}

static void
put_begin(struct buffer *to, struct steal_runtime *runtime)
{
    struct steal_metrics m;

    steal_metrics(runtime, &m, sizeof m);
    steal__buffer_put(to, "steal\t1");
    put_string(to, runtime->name);
    put_number(to, (uint64_t)getpid());
    put_number(to, m.age);
    put_number(to, m.live);
    put_number(to, m.workers);
    put_number(to, runtime_is_stopping(runtime));
    put_number(to, m.injector_depth);
    put_number(to, m.timers);
    put_number(to, counter_read(&runtime->driver.descriptors));
    put_number(to, m.blocking_queued);
    put_number(to, m.blocking_threads);
    put_number(to, m.blocking_busy);
    steal__buffer_put(to, "\n");
    for (unsigned i = 0; i < runtime->nall; i++)
        put_worker(to, runtime, i);
}

static void
put_await(struct buffer *to, const struct steal_await *await, uint64_t now)
{
    steal__buffer_printf(to, "await\t%u\t%d\t%lld\t%" PRIu64, await->depth,
            await->file ? await->line : -1,
            await->thing ? (long long)await->number : -1,
            await->thing ? await->task : 0);
    if (await->thing && await->deadline)
        put_number(to, counter_difference(await->deadline, now));
    else
        put_string(to, "-1");
    put_string(to, await->name);
    put_string(to, await->file ? await->file : "");
    put_string(to, await->thing ? await->thing : "");
    if (await->thing && await->object)
        steal__buffer_printf(to, "\t%p\n", await->object);
    else
        steal__buffer_put(to, "\t\n");
}

static void
put_task(struct buffer *to, const struct dump_task *task, bool first)
{
    (void)first;
    steal__buffer_put(to, "task");
    put_number(to, task->id);
    put_string(to, steal__dump_state(task->state));
    steal__buffer_printf(to, "\t%d", task->worker);
    put_number(to, task->running);
    put_number(to, task->timed);
    put_number(to, task->age);
    put_number(to, task->polls);
    put_number(to, task->total);
    put_number(to, task->longest);
    if (task->timed && task->idle != UINT64_MAX)
        put_number(to, task->idle);
    else
        put_string(to, "-1");
    put_string(to, task->name);
    steal__buffer_put(to, "\n");
    for (size_t i = 0; i < task->nawaits; i++)
        put_await(to, &task->awaits[i], task->now);
}

static void
put_end(struct buffer *to, struct steal_runtime *runtime)
{
    (void)runtime;
    steal__buffer_put(to, "end\n");
}

const struct dump_format steal__dump_lines = { put_begin, put_task, put_end };
