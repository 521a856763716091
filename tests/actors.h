/*
 * actors.h - tasks that run programs, for the tests of those that wait for one
 * another.
 *
 * A program is made of words of two letters, the second of which says which:
 *
 *     La Ua  locks and unlocks a mutex        Wa Sa  waits for an event, sets it
 *     Ya     locks it without waiting         Ba     waits at a barrier for all
 *     Ta     locks it with a timeout          J0     joins a task
 *     Ca     locks it unless that is canceled
 *     Ra Xa  reads or writes under an rwlock  Oa     runs a once inside itself
 *     Va     no longer writes
 *     ..     yields                         K0     aborts a task
 */
#ifndef STEAL_TESTS_ACTORS_H
#define STEAL_TESTS_ACTORS_H

#include <steal/debug.h>

#include <stdio.h>

#include "../src/task/schedule.h"
#include "../src/task/task.h"
#include "kit.h"

#define THINGS 8
#define ACTORS 8

static struct steal_runtime *runtime;
static struct steal_mutex mutexes[THINGS];
static struct steal_rwlock rwlocks[THINGS];
static struct steal_event events[THINGS];
static struct steal_barrier barriers[THINGS];
static struct steal_once onces[THINGS];
static struct steal_task *tasks[ACTORS];
static uint64_t ids[ACTORS];
static struct steal_event all_spawned;
static struct steal_cancel token;

/*
 * What was told last, and how often
 */

static struct steal_stuck_task told[ACTORS];
static size_t ntold;
static char text[8192];
static _Atomic(int) tellings;

static inline void
tell(const struct steal_stuck *stuck, void *data)
{
    FILE *file = fmemopen(text, sizeof text, "w");

    require(data == told && file);
    require(stuck->kind == STEAL_CIRCLE && stuck->ntasks <= ACTORS);
    require(stuck->runtime == runtime);
    ntold = stuck->ntasks;
    memcpy(told, stuck->tasks, ntold * sizeof *told);
    steal_stuck_print(stuck, file);
    fclose(file);
    add_acq_rel(&tellings, 1);
}

/*
 * Those who act
 */

struct actor {
    struct steal_async async;
    const char *at; /* in the program */
    bool has_mutex[THINGS];
    bool writes[THINGS];
    struct steal_mutex_lock lock;
    struct steal_rwlock_lock rwlock_lock;
    struct steal_event_wait wait;
    struct steal_barrier_wait barrier_wait;
    struct steal_timeout timeout;
    struct steal_unless_canceled unless;
    struct steal_join join;
    struct steal_yield yield;
    struct steal_once_run run;
    struct steal_once_run inner;
    struct steal_future ready;
};

static inline void
unlock(struct actor *self, int i)
{
    self->has_mutex[i] = false;
    steal_mutex_unlock(&mutexes[i]);
}

static inline void
end_to_write(struct actor *self, int i)
{
    self->writes[i] = false;
    steal_rwlock_unlock_write(&rwlocks[i]);
}

static inline int
which(const struct actor *self)
{
    char c = self->at[1];

    return c >= 'a' ? c - 'a' : c - '0';
}

/* Does what needs no waiting, or returns what is to be awaited. */
static inline struct steal_future *
begin_step(struct actor *self)
{
    int i = which(self);

    switch (*self->at) {
    case 'L':
        return steal_mutex_lock(&self->lock, &mutexes[i]);
    case 'T':
        return steal_timeout(&self->timeout,
                steal_mutex_lock(&self->lock, &mutexes[i]), STEAL_MS(20));
    case 'C':
        return steal_unless_canceled(&self->unless, &token,
                steal_mutex_lock(&self->lock, &mutexes[i]));
    case 'R':
        return steal_rwlock_read(&self->rwlock_lock, &rwlocks[i]);
    case 'X':
        return steal_rwlock_write(&self->rwlock_lock, &rwlocks[i]);
    case 'W':
        return steal_event_wait(&self->wait, &events[i]);
    case 'B':
        return steal_barrier_wait(&self->barrier_wait, &barriers[i]);
    case 'J':
        return steal_join(&self->join, tasks[i]);
    case 'O':
        return steal_once_run(&self->run, &onces[i],
                steal_once_run(&self->inner, &onces[i],
                        steal_ready(&self->ready, 0)));
    case '.':
        return steal_yield(&self->yield);
    case 'S':
        steal_event_set(&events[i]);
        break;
    case 'K':
        steal_task_abort(tasks[i]);
        break;
    case 'Y':
        require(steal_mutex_try_lock(&mutexes[i]));
        self->has_mutex[i] = true;
        break;
    case 'U':
        unlock(self, i);
        break;
    case 'V':
        end_to_write(self, i);
        break;
    default:
        require(false);
    }
    return NULL;
}

/* The future that was awaited is ready. */
static inline void
end_step(struct actor *self)
{
    int i = which(self);
    char step = *self->at;

    if (step == 'L' || (step == 'T' && !self->timeout.future.result) ||
            (step == 'C' && !self->unless.future.result))
        self->has_mutex[i] = true;
    if (step == 'X')
        self->writes[i] = true;
    if (step == 'J')
        tasks[i] = NULL;
}

static inline enum steal_poll
actor_poll(struct steal_future *future, struct steal_context *cx)
{
    struct actor *self = (struct actor *)future;
    struct steal_future *child;

    STEAL_BEGIN(&self->async);
    STEAL_AWAIT(cx, steal_event_wait(&self->wait, &all_spawned));
    for (; *self->at; self->at += self->at[2] ? 3 : 2) {
        child = begin_step(self);
        if (!child)
            continue;
        STEAL_AWAIT(cx, child);
        end_step(self);
    }
    STEAL_END();
}

static inline void
actor_drop(struct steal_future *future)
{
    struct actor *self = (struct actor *)future;

    for (int i = 0; i < THINGS; i++) {
        if (self->has_mutex[i])
            unlock(self, i);
        if (self->writes[i])
            end_to_write(self, i);
    }
}

static const struct steal_future_ops actor_ops = { .name = "actor",
    .poll = actor_poll,
    .drop = actor_drop };

/*
 * A play
 */

static int nactors;

static inline void
prepare(const char *const *programs)
{
    nactors = 0;
    while (nactors < ACTORS && programs[nactors])
        nactors++;
    for (int i = 0; i < THINGS; i++) {
        steal_mutex_init(&mutexes[i]);
        steal_rwlock_init(&rwlocks[i]);
        steal_event_init(&events[i]);
        steal_once_init(&onces[i]);
        steal_barrier_init(&barriers[i], (uint32_t)nactors);
    }
    steal_event_init(&all_spawned);
    token = (struct steal_cancel)STEAL_CANCEL_INIT;
}

static inline void
start(unsigned workers, unsigned policy)
{
    struct steal_options options = STEAL_OPTIONS_INIT;

    options.workers = workers;
    options.detect_lost_wakes = policy;
    options.on_stuck = tell;
    options.hooks.data = told;
    store_release(&tellings, 0);
    ck_assert_int_eq(steal_runtime_new(&runtime, &options), 0);
}

static inline void
spawn_actor(int i, const char *program)
{
    struct actor actor = { .async = STEAL_ASYNC(&actor_ops), .at = program };

    ck_assert_int_eq(steal_spawn(runtime, &actor.async.future, sizeof actor,
                             &tasks[i]),
            0);
    ids[i] = steal_task_id(tasks[i]);
}

/* Begins to run the programs, of which the last is NULL. */
static inline void
play(const char *const *programs)
{
    prepare(programs);
    for (int i = 0; i < nactors; i++)
        spawn_actor(i, programs[i]);
    steal_event_set(&all_spawned);
}

/* What became of a task that nobody else joins. */
static inline int
result_of(int i)
{
    return join_task(runtime, tasks[i]);
}

static inline void
expect_no_telling(void)
{
    for (int i = 0; i < nactors; i++)
        ck_assert_int_eq(result_of(i), 0);
    runtime_end(runtime);
    ck_assert_int_eq(load_acquire(&tellings), 0);
}

static inline int
actor_of(uint64_t id)
{
    for (int i = 0; i < nactors; i++) {
        if (ids[i] == id)
            return i;
    }
    return -1;
}

/* Waits for the telling of a circle of all, and checks how it hangs together. */
static inline void
expect_circle(size_t n)
{
    wait_until(load_acquire(&tellings) > 0);
    ck_assert_uint_eq(ntold, n);
    for (size_t i = 0; i < n; i++) {
        const struct steal_stuck_task *task = &told[i];

        ck_assert_int_ge(actor_of(task->task), 0);
        ck_assert_uint_eq(task->waits_for, told[(i + 1) % n].task);
        ck_assert_uint_gt(task->nawaits, 1);
        ck_assert_str_eq(task->awaits[0].name, "actor");
        ck_assert_uint_eq(task->awaits[task->nawaits - 1].task,
                task->waits_for);
    }
}

/* The tasks are canceled where they are. */
static inline void
stop(void)
{
    runtime_end(runtime);
    for (int i = 0; i < nactors; i++) {
        if (tasks[i])
            steal_task_detach(tasks[i]);
    }
}

/* The tasks are in a circle for ever: it is told of once. */
static inline void
end_circle(void)
{
    stop();
    ck_assert_int_eq(load_acquire(&tellings), 1);
}

static inline void
expect_circle_of(size_t n, const char *const *programs)
{
    start(2, STEAL_STUCK_REPORT);
    play(programs);
    expect_circle(n);
    end_circle();
}

#endif
