/*
 * worker.c - the whole of it: the loop of a worker (src/sched/worker.c) with
 * real tasks, against threads that spawn, join, abort and stop.
 *
 * All memory comes from the explorer, so a task that is freed too early or
 * twice is found, and at the end none may be left.
 */
#include "world.h"

#include "../../src/base/futex.h"
#include "../../src/task/schedule.h"

#include <steal/future.h>
#include <steal/runtime.h>
#include <steal/task.h>

struct job {
    struct steal_future future;
    unsigned number;
    int waits; /* polls that say PENDING first */
};

#define JOBS 3

static _Atomic(int) polled[JOBS];
static _Atomic(int) dropped[JOBS];
static struct steal_waker left_waker; /* of job 0, for a foreign thread */
static _Atomic(int) has_waker;
static int result;
static int work_done; /* by job 0 */

static enum steal_poll
job_poll(struct steal_future *future, struct steal_context *cx)
{
    struct job *job = (struct job *)future;

    add_relaxed(&polled[job->number], 1);
    if (job->waits-- > 0) {
        left_waker = steal_waker_clone(steal_context_waker(cx));
        store_release(&has_waker, 1);
        return STEAL_PENDING;
    }
    if (job->number == 0)
        work_done = 1;
    future->result = 7;
    return STEAL_READY;
}

static void
job_drop(struct steal_future *future)
{
    add_acq_rel(&dropped[((struct job *)future)->number], 1);
}

static const struct steal_future_ops job_ops = { .name = "job",
    .poll = job_poll,
    .drop = job_drop };

static struct job
make_job(unsigned number, int waits)
{
    return (struct job){ STEAL_FUTURE(&job_ops), number, waits };
}

static void
set_up(unsigned workers)
{
    world_init(workers);
    for (unsigned i = 0; i < JOBS; i++) {
        store_relaxed(&polled[i], 0);
        store_relaxed(&dropped[i], 0);
    }
    store_relaxed(&has_waker, 0);
    left_waker = steal_waker_noop();
    result = 0;
    work_done = 0;
    explore_name(&work_done, sizeof work_done, "work_done");
    explore_name(polled, sizeof polled, "polled");
    explore_name(dropped, sizeof dropped, "dropped");
    explore_name(&has_waker, sizeof has_waker, "has_waker");
}

static void
set_up_one(void)
{
    set_up(1);
}

static void
set_up_two(void)
{
    set_up(2);
}

static int
spawn(unsigned number, int waits, struct steal_task **task)
{
    struct job job = make_job(number, waits);

    return steal_spawn(world, &job.future, sizeof job, task);
}

/* Whatever came of it: no future is left, and no block. */
static void
nothing_is_left(void)
{
    for (unsigned i = 0; i < JOBS; i++)
        explore_assert(load_relaxed(&dropped[i]) <= 1);
    explore_assert(steal__runtime_is_quiet(world));
    explore_assert(world_is_clean());
}

/* A task is spawned and forgotten, and the runtime stops. */
static void
spawn_and_stop(unsigned self)
{
    if (self == 0) {
        steal__worker_run(&world->workers[0], NULL);
        return;
    }
    explore_assert(spawn(0, 0, NULL) == 0);
    steal_runtime_begin_stop(world);
}

static void
job_is_over(void)
{
    nothing_is_left();
    explore_assert(load_relaxed(&dropped[0]) == 1);
}

/* One thread spawns, while another stops the runtime. */
static void
spawn_or_stop(unsigned self)
{
    if (self == 0)
        steal__worker_run(&world->workers[0], NULL);
    else if (self == 1)
        spawn(0, 0, NULL);
    else
        steal_runtime_begin_stop(world);
}

/* A task that waits is woken by another thread; then all stops. */
static void
wake_and_stop(unsigned self)
{
    if (self == 0) {
        steal__worker_run(&world->workers[0], NULL);
        return;
    }
    explore_assert(spawn(0, 1, NULL) == 0);
    while (!load_acquire(&has_waker))
        cpu_relax();
    steal_waker_wake(&left_waker);
    steal_runtime_begin_stop(world);
}

/* The same by a thread that does not know of the end, which comes at once: the
 * runtime is gone when the wake-up has hardly been told. */
static void
wake_at_the_end(unsigned self)
{
    if (self == 0) {
        steal__worker_run(&world->workers[0], NULL);
        sub_release(&world->running, 1); /* as worker_main() does */
        steal__futex_wake(&world->running, 1);
        return;
    }
    while (!load_acquire(&has_waker))
        cpu_relax();
    if (self == 1)
        steal_waker_wake(&left_waker);
    else
        explore_assert(steal_runtime_stop(world, STEAL_FOREVER) == 0);
}

static void
set_up_spawned(void)
{
    set_up_one();
    world->workers[0].thread = 0; /* is not waited for: it is the case's own */
    explore_assert(spawn(0, 1, NULL) == 0);
}

static void
all_is_gone(void)
{
    explore_assert(explore_blocks() == 0);
}

/* Who spawns does not know of the end either: it refers to the runtime, as a group
 * does, which is why there still is one to spawn in. */
static void
spawn_at_the_end(unsigned self)
{
    if (self == 0) {
        steal__worker_run(&world->workers[0], NULL);
        sub_release(&world->running, 1); /* as worker_main() does */
        steal__futex_wake(&world->running, 1);
    } else if (self == 1) {
        spawn(0, 0, NULL);
        steal__runtime_release(world, NULL, 0);
    } else {
        explore_assert(steal_runtime_stop(world, STEAL_FOREVER) == 0);
    }
}

static void
set_up_referred(void)
{
    set_up_one();
    world->workers[0].thread = 0; /* is not waited for: it is the case's own */
    steal__depot_hold(&world->depot, 1);
}

/* A task that waits for ever is aborted by its handle. */
static void
abort_and_stop(unsigned self)
{
    struct steal_task *task;

    if (self == 0) {
        steal__worker_run(&world->workers[0], NULL);
        return;
    }
    explore_assert(spawn(0, 1, &task) == 0);
    steal_task_abort(task);
    steal_task_detach(task);
    steal_runtime_begin_stop(world);
    while (!load_acquire(&dropped[0]))
        cpu_relax();
    if (load_acquire(&has_waker))
        steal_waker_drop(&left_waker);
}

/* A thread waits for a future that it has run elsewhere. */
static void
block_on(unsigned self)
{
    struct job job = make_job(0, 0);

    if (self == 0) {
        steal__worker_run(&world->workers[0], NULL);
        return;
    }
    result = steal_block_on(world, &job.future);
    explore_assert(work_done);
    steal_runtime_begin_stop(world);
}

static void
result_is_there(void)
{
    job_is_over();
    explore_assert(result == 7);
}

/* A task spawns another and joins it. */

struct parent {
    struct steal_future future;
    struct steal_join join;
    bool joining;
};

static enum steal_poll
parent_poll(struct steal_future *future, struct steal_context *cx)
{
    struct parent *parent = (struct parent *)future;
    struct job job = make_job(1, 0);
    struct steal_task *task;

    if (!parent->joining) {
        explore_assert(steal_spawn(NULL, &job.future, sizeof job, &task) == 0);
        steal_join(&parent->join, task);
        parent->joining = true;
    }
    if (steal_future_poll(&parent->join.future, cx) == STEAL_PENDING)
        return STEAL_PENDING;
    future->result = parent->join.future.result;
    return STEAL_READY;
}

static void
parent_drop(struct steal_future *future)
{
    struct parent *parent = (struct parent *)future;

    if (parent->joining)
        steal_future_drop(&parent->join.future);
    add_acq_rel(&dropped[0], 1);
}

static const struct steal_future_ops parent_ops = { .name = "parent",
    .poll = parent_poll,
    .drop = parent_drop };

static void
join_child(unsigned self)
{
    struct parent parent = { .future = STEAL_FUTURE(&parent_ops) };

    if (self < world->nworkers) {
        steal__worker_run(&world->workers[self], NULL);
        return;
    }
    result = steal_block_on(world, &parent.future);
    steal_runtime_begin_stop(world);
}

/* Two workers, one chain of two. */
static void
two_workers(unsigned self)
{
    if (self < 2) {
        steal__worker_run(&world->workers[self], NULL);
        return;
    }
    explore_assert(spawn(0, 0, NULL) == 0);
    explore_assert(spawn(1, 0, NULL) == 0);
    steal_runtime_begin_stop(world);
}

#define WORKER(count, what) \
 .threads = count, .setup = set_up_one, .thread = what, .restless = "search"

static const struct explore_case cases[] = {
    { .name = "spawn_and_stop",
            WORKER(2, spawn_and_stop),
            .finish = job_is_over,
            .preemptions = 2 },
    { .name = "spawn_or_stop",
            WORKER(3, spawn_or_stop),
            .finish = nothing_is_left,
            .preemptions = 1 },
    { .name = "wake_and_stop",
            WORKER(2, wake_and_stop),
            .finish = job_is_over,
            .preemptions = 2,
            .executions = 3000 },
    { .name = "wake_at_the_end",
            .threads = 3,
            .setup = set_up_spawned,
            .thread = wake_at_the_end,
            .finish = all_is_gone,
            .restless = "search",
            .preemptions = 2,
            .executions = 3000 },
    { .name = "spawn_at_the_end",
            .threads = 3,
            .setup = set_up_referred,
            .thread = spawn_at_the_end,
            .finish = all_is_gone,
            .restless = "search",
            .preemptions = 2,
            .executions = 3000 },
    { .name = "abort_and_stop",
            WORKER(2, abort_and_stop),
            .finish = job_is_over,
            .preemptions = 2,
            .executions = 3000 },
    { .name = "block_on",
            WORKER(2, block_on),
            .finish = result_is_there,
            .preemptions = 2 },
    { .name = "join_child",
            WORKER(2, join_child),
            .finish = result_is_there,
            .preemptions = 2 },
    { .name = "join_stolen_child",
            .threads = 3,
            .setup = set_up_two,
            .thread = join_child,
            .finish = result_is_there,
            .restless = "search",
            .preemptions = 1,
            .executions = 500 },
    { .name = "two_workers",
            .threads = 3,
            .setup = set_up_two,
            .thread = two_workers,
            .finish = nothing_is_left,
            .restless = "search",
            .preemptions = 1,
            .executions = 500 },

    { .name = "end_without_release",
            WORKER(2, block_on),
            .fault = { EXPLORE_DROP_RELEASE, "root_drop", NULL, NULL } },
    { .name = "wait_without_acquire",
            WORKER(2, block_on),
            .fault = { EXPLORE_DROP_ACQUIRE, "steal__blocker_is_done", NULL,
                    NULL } },
    { .name = "stop_without_wake",
            WORKER(2, spawn_and_stop),
            .fault = { EXPLORE_SKIP, "steal__reactor_kick", NULL, NULL } },
    { .name = "visitor_leaves_without_release",
            .threads = 3,
            .setup = set_up_spawned,
            .thread = wake_at_the_end,
            .finish = all_is_gone,
            .restless = "search",
            .preemptions = 2,
            .executions = 3000,
            .fault = { EXPLORE_DROP_RELEASE, "runtime_leave", NULL, NULL } },
};

EXPLORE_MAIN(cases)
