/*
 * tests/deadlock.c - tasks that wait for one another are told of, and no others.
 *
 * A task runs a program, in words of two letters, the second of which says which:
 *
 *     La Ua  locks and unlocks a mutex        Wa Sa  waits for an event, sets it
 *     Ya     locks it without waiting         Ba     waits at a barrier for all
 *     Ta     locks it with a timeout          J0     joins a task
 *     Ca     locks it unless that is canceled
 *     Ra Xa  reads or writes under an rwlock  Oa     runs a once inside itself
 *     Va     no longer writes
 *     ..     yields
 */
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

static void
tell(const struct steal_stuck *stuck, void *data)
{
    FILE *file = fmemopen(text, sizeof text, "w");

    require(data == told && file);
    require(stuck->is_circle && stuck->ntasks <= ACTORS);
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

static void
unlock(struct actor *self, int i)
{
    self->has_mutex[i] = false;
    steal_mutex_unlock(&mutexes[i]);
}

static void
end_to_write(struct actor *self, int i)
{
    self->writes[i] = false;
    steal_rwlock_unlock_write(&rwlocks[i]);
}

static int
which(const struct actor *self)
{
    char c = self->at[1];

    return c >= 'a' ? c - 'a' : c - '0';
}

/* Does what needs no waiting, or returns what is to be awaited. */
static struct steal_future *
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
static void
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

static enum steal_poll
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

static void
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

static void
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

static void
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

static void
spawn_actor(int i, const char *program)
{
    struct actor actor = { .async = STEAL_ASYNC(&actor_ops), .at = program };

    ck_assert_int_eq(steal_spawn(runtime, &actor.async.future, sizeof actor,
                             &tasks[i]),
            0);
    ids[i] = steal_task_id(tasks[i]);
}

/* Begins to run the programs, of which the last is NULL. */
static void
play(const char *const *programs)
{
    prepare(programs);
    for (int i = 0; i < nactors; i++)
        spawn_actor(i, programs[i]);
    steal_event_set(&all_spawned);
}

/* What became of a task that nobody else joins. */
static int
result_of(int i)
{
    return join_task(runtime, tasks[i]);
}

static void
expect_no_telling(void)
{
    for (int i = 0; i < nactors; i++)
        ck_assert_int_eq(result_of(i), 0);
    runtime_end(runtime);
    ck_assert_int_eq(load_acquire(&tellings), 0);
}

static int
actor_of(uint64_t id)
{
    for (int i = 0; i < nactors; i++) {
        if (ids[i] == id)
            return i;
    }
    return -1;
}

/* Waits for the telling of a circle of all, and checks how it hangs together. */
static void
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
static void
stop(void)
{
    int error = steal_runtime_stop(runtime, 0);

    ck_assert(error == 0 || error == -ETIMEDOUT);
    for (int i = 0; i < nactors; i++) {
        if (tasks[i])
            steal_task_detach(tasks[i]);
    }
}

/* The tasks are in a circle for ever: it is told of once. */
static void
end_circle(void)
{
    stop();
    ck_assert_int_eq(load_acquire(&tellings), 1);
}

static void
expect_circle_of(size_t n, const char *const *programs)
{
    start(2, STEAL_STUCK_REPORT);
    play(programs);
    expect_circle(n);
    end_circle();
}

/*
 * Circles
 */

START_TEST(two_who_lock_in_opposite_order)
{
    static const char *const programs[] = { "La Ba Lb Ub Ua", "Lb Ba La Ua Ub",
        NULL };

    expect_circle_of(2, programs);
}
END_TEST

START_TEST(three_in_a_ring)
{
    static const char *const programs[] = { "La Ba Lb Ub Ua", "Lb Ba Lc Uc Ub",
        "Lc Ba La Ua Uc", NULL };

    expect_circle_of(3, programs);
}
END_TEST

START_TEST(one_who_locks_twice)
{
    static const char *const programs[] = { "La .. La", NULL };

    expect_circle_of(1, programs);
}
END_TEST

START_TEST(two_who_join_each_other)
{
    static const char *const programs[] = { "J1", "J0", NULL };

    expect_circle_of(2, programs);
}
END_TEST

START_TEST(one_who_joins_himself)
{
    static const char *const programs[] = { "J0", NULL };

    expect_circle_of(1, programs);
}
END_TEST

START_TEST(one_who_joins_who_waits_for_his_mutex)
{
    static const char *const programs[] = { "La Sa J1 Ua", "Wa La Ua", NULL };

    expect_circle_of(2, programs);
}
END_TEST

START_TEST(writers_and_readers)
{
    static const char *const writers[] = { "Xa Ba Xb Vb Va", "Xb Ba Xa Va Vb",
        NULL };
    static const char *const reader[] = { "Xa Ba Lb Ub Va", "Lb Ba Ra", NULL };

    expect_circle_of(2, writers);
    expect_circle_of(2, reader);
}
END_TEST

START_TEST(a_once_inside_itself)
{
    static const char *const programs[] = { "Oa", NULL };

    expect_circle_of(1, programs);
}
END_TEST

/* The circle is closed by one who is not in it when it is made, and others wait for
 * those who are in it. */
START_TEST(who_waits_for_a_circle_is_not_of_it)
{
    static const char *const programs[] = { "La Lb", "Lb Sa La", "Wa La", "J2",
        NULL };

    start(1, STEAL_STUCK_REPORT);
    prepare(programs);
    spawn_actor(1, "Lb Sb .. .. .. La");
    spawn_actor(0, "Wb La Lb");
    spawn_actor(2, "Wb .. La");
    spawn_actor(3, "J2");
    steal_event_set(&all_spawned);
    expect_circle(2);
    ck_assert_int_lt(actor_of(told[0].task), 2);
    ck_assert_int_lt(actor_of(told[1].task), 2);
    end_circle();
}
END_TEST

/*
 * What is told
 */

START_TEST(each_is_told_of_with_what_it_waits_for)
{
    static const char *const programs[] = { "La Ba Lb", "Lb Ba La", NULL };

    start(2, STEAL_STUCK_REPORT);
    play(programs);
    expect_circle(2);
    for (size_t i = 0; i < 2; i++) {
        const struct steal_await *last = &told[i].awaits[1];

        ck_assert_uint_eq(told[i].nawaits, 2);
        ck_assert_uint_gt(told[i].age, 0);
        ck_assert_str_eq(last->name, "mutex");
        ck_assert_str_eq(last->thing, "mutex");
        ck_assert_ptr_eq(last->object, &mutexes[1 - actor_of(told[i].task)]);
    }
    end_circle();
}
END_TEST

START_TEST(text_has_all_of_them)
{
    static const char *const programs[] = { "La Ba Lb", "Lb Ba La", NULL };
    char line[200];

    start(1, STEAL_STUCK_REPORT);
    play(programs);
    expect_circle(2);
    ck_assert_ptr_nonnull(strstr(text, "these tasks wait for one another\n"));
    for (int i = 0; i < 2; i++) {
        snprintf(line, sizeof line, "  task %llu, actor, ",
                (unsigned long long)ids[i]);
        ck_assert_ptr_nonnull(strstr(text, line));
        snprintf(line, sizeof line, " old, waits for task %llu\n",
                (unsigned long long)ids[i]);
        ck_assert_ptr_nonnull(strstr(text, line));
        snprintf(line, sizeof line, "mutex (mutex %p, task %llu)\n",
                (void *)&mutexes[i], (unsigned long long)ids[i]);
        ck_assert_ptr_nonnull(strstr(text, line));
    }
    ck_assert_ptr_nonnull(strstr(text, "deadlock.c:"));
    end_circle();
}
END_TEST

static uint64_t
polls_of(const struct steal_task *task)
{
    struct steal_task *it = (struct steal_task *)(uintptr_t)task;

    return counter_read(&load_acquire(&it->extra)->times.polls);
}

/* As one may be woken who then finds the mutex taken. */
START_TEST(a_circle_whose_tasks_are_polled_again_is_told_of_once)
{
    static const char *const programs[] = { "La Ba Lb", "Lb Ba La", NULL };

    start(2, STEAL_STUCK_REPORT);
    play(programs);
    expect_circle(2);
    for (int i = 0; i < 2; i++) {
        uint64_t before = polls_of(tasks[i]);

        if (steal__word_wake(&tasks[i]->word) == WAKE_ENQUEUE)
            steal__schedule(tasks[i]);
        wait_until(polls_of(tasks[i]) > before);
    }
    end_circle();
}
END_TEST

/*
 * No circles
 */

static int
do_nothing(void *arg)
{
    (void)arg;
    return 0;
}

START_TEST(whoever_has_a_timeout_goes_on)
{
    static const char *const programs[] = { "La Ba Tb", "Lb Ba Ta", NULL };

    start(2, STEAL_STUCK_REPORT);
    play(programs);
    expect_no_telling();
}
END_TEST

START_TEST(whoever_may_be_canceled_goes_on)
{
    static const char *const programs[] = { "La Ba Sc Cb", "Lb Ba Sd Ca",
        NULL };

    start(1, STEAL_STUCK_REPORT);
    play(programs);
    wait_until(steal_event_is_set(&events[2]));
    wait_until(steal_event_is_set(&events[3]));
    call_inside(runtime, do_nothing, NULL); /* after these polls */
    steal_cancel_request(&token);
    expect_no_telling();
}
END_TEST

START_TEST(whoever_unlocks_later_is_in_no_circle)
{
    static const char *const programs[] = { "La Sa Wb Ua Lb Ub",
        "Lb Wa Sc La Ua Ub", NULL };

    start(1, STEAL_STUCK_REPORT);
    play(programs);
    wait_until(steal_event_is_set(&events[2]));
    steal_event_set(&events[1]);
    expect_no_telling();
}
END_TEST

/* Task 2 begins to wait for `a` while 0 has it, behind 1.  Then 0 unlocks it, and
 * waits for what 2 has: but it is 1 for whom 2 waits by now. */
START_TEST(a_mutex_that_went_to_another_makes_no_circle)
{
    static const char *const programs[] = { "La Sa Wd Ua Lc Uc",
        "Wa Sb La We Ua", "Wb Lc Sd La Ua Uc", NULL };

    start(1, STEAL_STUCK_REPORT);
    play(programs);
    wait_until(steal_event_is_set(&events[3]));
    steal_event_set(&events[4]);
    expect_no_telling();
}
END_TEST

/* Who is not known to have it may well be somebody else. */
START_TEST(who_got_a_mutex_by_trying_is_not_known)
{
    static const char *const programs[] = { "Ya Ba Sc Lb Ub Ua",
        "Lb Ba Sd La Ua Ub", NULL };

    start(1, STEAL_STUCK_REPORT);
    play(programs);
    wait_until(steal_event_is_set(&events[2]));
    wait_until(steal_event_is_set(&events[3]));
    call_inside(runtime, do_nothing, NULL); /* after these polls */
    ck_assert_int_eq(load_acquire(&tellings), 0);
    stop();
}
END_TEST

/*
 * What becomes of them
 */

static int
results_of_all(int wanted)
{
    int n = 0;

    for (int i = 0; i < nactors; i++) {
        int result = result_of(i);

        ck_assert(result == 0 || result == wanted);
        n += result != 0;
    }
    return n;
}

START_TEST(one_is_aborted_and_the_others_go_on)
{
    static const char *const programs[] = { "La Ba Lb Ub Ua", "Lb Ba Lc Uc Ub",
        "Lc Ba La Ua Uc", NULL };

    start(2, STEAL_STUCK_ABORT);
    play(programs);
    ck_assert_int_eq(results_of_all(-EDEADLK), 1);
    runtime_end(runtime);
    ck_assert_int_eq(load_acquire(&tellings), 1);
}
END_TEST

static void
lock_twice(void *arg)
{
    static const char *const programs[] = { "La La", NULL };

    (void)arg;
    start(1, STEAL_STUCK_STOP);
    play(programs);
    wait_until(false);
}

START_TEST(the_program_may_end)
{
    ck_assert(aborts(lock_twice, NULL));
}
END_TEST

/* However they meet, the last one to park finds the circle, and only that one. */
START_TEST(none_is_missed_and_none_told_of_twice)
{
    static const char *const meeting[] = { "La Ba Lb Ub Ua", "Lb Ba Lc Uc Ub",
        "Lc Ba Ld Ud Uc", "Ld Ba La Ua Ud", NULL };
    static const char *const in_passing[] = { "La .. Lb Ub Ua",
        "Lb .. Lc Uc Ub", "Lc .. La Ua Uc", NULL };
    int rounds = scaled(2000);
    int aborted = 0;

    start(4, STEAL_STUCK_ABORT);
    for (int i = 0; i < rounds; i++) {
        play(meeting);
        ck_assert_int_eq(results_of_all(-EDEADLK), 1);
        ck_assert_int_eq(load_acquire(&tellings), i + 1);
    }
    for (int i = 0; i < rounds; i++) {
        play(in_passing);
        aborted += results_of_all(-EDEADLK);
        ck_assert_int_eq(load_acquire(&tellings), rounds + aborted);
    }
    runtime_end(runtime);
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        two_who_lock_in_opposite_order,
        three_in_a_ring,
        one_who_locks_twice,
        two_who_join_each_other,
        one_who_joins_himself,
        one_who_joins_who_waits_for_his_mutex,
        writers_and_readers,
        a_once_inside_itself,
        who_waits_for_a_circle_is_not_of_it,
        each_is_told_of_with_what_it_waits_for,
        text_has_all_of_them,
        a_circle_whose_tasks_are_polled_again_is_told_of_once,
        whoever_has_a_timeout_goes_on,
        whoever_may_be_canceled_goes_on,
        whoever_unlocks_later_is_in_no_circle,
        a_mutex_that_went_to_another_makes_no_circle,
        who_got_a_mutex_by_trying_is_not_known,
        one_is_aborted_and_the_others_go_on,
        the_program_may_end,
        none_is_missed_and_none_told_of_twice,
    };

    return run_suite("deadlock", tests, LENGTH(tests));
}
