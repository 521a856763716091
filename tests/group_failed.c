/*
 * tests/group_failed.c - who waits for something else than a group learns that
 * it has failed.
 */
#include <steal/channel.h>
#include <steal/combine.h>
#include <steal/group.h>

#include "waits.h"

#define SOON STEAL_MS(5)

static struct steal_runtime *runtime;
static struct steal_group group;
static struct record gate;
static struct record other;
static struct steal_group_failed failed[MANY];

static void
reset(void)
{
    group = (struct steal_group){ NULL };
    gate = (struct record)RECORD_INIT;
    other = (struct record)RECORD_INIT;
    for (size_t i = 0; i < MANY; i++)
        wait_for(i, steal_group_failed(&failed[i], &group));
    runtime = runtime_start(2);
}

static void
begin(unsigned flags)
{
    ck_assert_int_eq(steal_group_init(&group, runtime, flags), 0);
}

static void
end(void)
{
    steal_group_fini(&group);
    runtime_end(runtime);
}

static void
add(struct record *record, int turns, int result)
{
    struct probe probe = probe_make(record, turns, result);

    require(steal_group_spawn(&group, &probe.future, sizeof probe) == 0);
}

static int
wakes_of_all(void)
{
    int n = 0;

    for (size_t i = 0; i < MANY; i++)
        n += woken(i);
    return n;
}

START_TEST(failure_of_a_task_is_told_with_its_result)
{
    begin(0);
    add(&gate, PROBE_WAITS, -EIO);
    add(&other, PROBE_WAITS, 0);
    ck_assert(!is_ready(0));
    ck_assert_int_eq(woken(0), 0);
    record_open(&gate);
    wait_until(woken(0) == 1);
    ck_assert(is_ready(0));
    ck_assert_int_eq(failed[0].future.result, -EIO);
    drop(0);
    ck_assert(is_ready(1)); /* who comes later learns of it at once */
    ck_assert_int_eq(failed[1].future.result, -EIO);
    drop(1);
    end();
}
END_TEST

START_TEST(failure_is_told_where_the_others_keep_going)
{
    begin(STEAL_GROUP_KEEP_GOING);
    add(&gate, PROBE_WAITS, -EIO);
    add(&other, PROBE_WAITS, 0);
    ck_assert(!is_ready(0));
    record_open(&gate);
    wait_until(woken(0) == 1);
    ck_assert(is_ready(0));
    ck_assert_int_eq(failed[0].future.result, -EIO);
    ck_assert_int_eq(record_drops(&other), 0);
    drop(0);
    end();
}
END_TEST

START_TEST(end_of_all_tasks_without_a_failure_is_not_told)
{
    begin(0);
    add(&gate, PROBE_WAITS, 7);
    ck_assert(!is_ready(0));
    record_open(&gate);
    wait_until(steal_group_live(&group) == 0);
    ck_assert_int_eq(woken(0), 0);
    ck_assert(!is_ready(0));
    drop(0);
    end();
}
END_TEST

START_TEST(abort_is_told_as_a_cancellation)
{
    begin(0);
    ck_assert(!is_ready(0));
    steal_group_abort(&group);
    ck_assert_int_eq(woken(0), 1);
    ck_assert(is_ready(0));
    ck_assert_int_eq(failed[0].future.result, -ECANCELED);
    drop(0);
    end();
}
END_TEST

START_TEST(failure_before_the_abort_is_the_result)
{
    begin(STEAL_GROUP_KEEP_GOING);
    add(&gate, 0, -EIO);
    wait_until(steal_group_live(&group) == 0);
    steal_group_abort(&group);
    ck_assert(is_ready(0));
    ck_assert_int_eq(failed[0].future.result, -EIO);
    drop(0);
    end();
}
END_TEST

START_TEST(all_who_watch_are_told_however_many)
{
    begin(0);
    for (size_t i = 0; i < MANY; i++)
        ck_assert(!is_ready(i));
    steal_group_abort(&group);
    ck_assert_int_ge(wakes_of_all(), 8);
    for (size_t i = 0; i < MANY; i++) {
        ck_assert_int_eq(woken(i), 1);
        if (i % 2) /* or it goes without a look */
            ck_assert(is_ready(i));
        drop(i);
    }
    ck_assert_int_eq(wakes_of_all(), MANY);
    end();
}
END_TEST

START_TEST(who_is_dropped_is_not_woken)
{
    begin(0);
    ck_assert(!is_ready(0));
    ck_assert(!is_ready(1));
    drop(0);
    ck_assert_int_eq(woken(1), 0);
    steal_group_abort(&group);
    ck_assert_int_eq(woken(0), 0);
    ck_assert_int_eq(woken(1), 1);
    drop(1); /* woken, and not polled since */
    drop(2); /* never polled */
    end();
}
END_TEST

START_TEST(who_watches_for_another_task_wakes_that)
{
    struct meter before = { 0 };

    begin(0);
    ck_assert(!poll_is_ready(&failed[0].future, &before));
    ck_assert(!is_ready(0));
    ck_assert_int_eq(meter_refs(&before), 0);
    steal_group_abort(&group);
    ck_assert_int_eq(meter_wakes(&before), 0);
    ck_assert_int_eq(woken(0), 1);
    drop(0);
    end();
}
END_TEST

START_TEST(group_may_end_while_some_watch)
{
    begin(0);
    add(&gate, PROBE_WAITS, 0);
    ck_assert(!is_ready(0));
    ck_assert(!is_ready(1));
    steal_group_fini(&group);
    ck_assert_int_eq(woken(0), 1);
    ck_assert_int_eq(woken(1), 1);
    drop(0);
    ck_assert(is_ready(1));
    ck_assert_int_eq(failed[1].future.result, -ECANCELED);
    drop(1);
    end();
}
END_TEST

/*
 * The deadline
 */

START_TEST(deadline_is_told_with_tasks_and_without)
{
    for (int tasks = 0; tasks < 2; tasks++) {
        struct steal_group_failed watch;
        uint64_t deadline = steal_now() + SOON;

        begin(0);
        if (tasks)
            add(&other, PROBE_WAITS, 0);
        steal_group_set_deadline(&group, deadline);
        ck_assert_int_eq(steal_block_on(runtime,
                                 steal_group_failed(&watch, &group)),
                -ETIMEDOUT);
        ck_assert_uint_ge(steal_now(), deadline);
        steal_group_fini(&group);
    }
    end();
}
END_TEST

START_TEST(deadline_outside_of_a_worker_is_refused)
{
    begin(0);
    ck_assert(!is_ready(0));
    steal_group_set_deadline(&group, steal_now() + PATIENCE);
    ck_assert_int_eq(woken(0), 1);
    ck_assert(is_ready(0));
    ck_assert_int_eq(failed[0].future.result, -EINVAL);
    drop(0);
    end();
}
END_TEST

/* A task that watches. */
struct watcher {
    struct steal_async async;
    struct steal_group_failed failed;
    _Atomic(int) *begun;
};

static enum steal_poll
watcher_poll(struct steal_future *future, struct steal_context *cx)
{
    struct watcher *self = (struct watcher *)future;

    STEAL_BEGIN(&self->async);
    add_acq_rel(self->begun, 1);
    STEAL_AWAIT(cx, steal_group_failed(&self->failed, &group));
    STEAL_RETURN(self->failed.future.result);
    STEAL_END();
}

static const struct steal_future_ops watcher_ops = { .name = "watcher",
    .poll = watcher_poll };

static struct steal_task *
spawn_watcher(_Atomic(int) *begun)
{
    struct watcher watcher = { .async = STEAL_ASYNC(&watcher_ops),
        .begun = begun };
    struct steal_task *task;

    require(steal_spawn(runtime, &watcher.async.future, sizeof watcher,
                    &task) == 0);
    return task;
}

/* The one that was told of the deadline is among those who go. */
START_TEST(deadline_holds_while_those_who_watch_are_dropped)
{
    _Atomic(int) begun = 0;
    struct steal_task *task[3];

    begin(0);
    for (int i = 0; i < 3; i++) {
        task[i] = spawn_watcher(&begun);
        wait_until(load_acquire(&begun) == i + 1);
    }
    steal_group_set_deadline(&group, steal_now() + SOON);
    for (int i = 0; i < 2; i++) {
        int result;

        steal_task_abort(task[i]);
        result = join_task(runtime, task[i]);
        ck_assert(result == -ECANCELED || result == -ETIMEDOUT);
    }
    ck_assert_int_eq(join_task(runtime, task[2]), -ETIMEDOUT);
    end();
}
END_TEST

/*
 * What it is for
 */

static struct steal_channel channel = STEAL_CHANNEL_INIT_UNBOUNDED(sizeof(int));

/* Receives what nobody sends, unless the group fails. */
struct owner {
    struct steal_async async;
    struct steal_group_failed failed;
    struct steal_channel_receive receive;
    struct steal_select first;
    int message;
};

static enum steal_poll
owner_poll(struct steal_future *future, struct steal_context *cx)
{
    struct owner *self = (struct owner *)future;

    STEAL_BEGIN(&self->async);
    STEAL_AWAIT(cx, steal_select2(&self->first,
                            steal_channel_receive(&self->receive, &channel,
                                    &self->message),
                            steal_group_failed(&self->failed, &group)));
    STEAL_RETURN(self->first.future.result);
    STEAL_END();
}

static const struct steal_future_ops owner_ops = { .name = "owner",
    .poll = owner_poll };

START_TEST(owner_who_waits_for_something_else_learns_of_a_failure)
{
    for (int round = 0; round < scaled(2000); round++) {
        struct owner owner = { .async = STEAL_ASYNC(&owner_ops) };

        begin(0);
        add(&other, PROBE_WAITS, 0);
        add(&gate, round % 5, -EIO);
        ck_assert_int_eq(steal_block_on(runtime, &owner.async.future), -EIO);
        steal_group_fini(&group);
    }
    end();
}
END_TEST

#define WATCHERS 6

/* Two of six are dropped while the group fails; none of the others is left. */
START_TEST(watchers_that_are_dropped_take_no_news_along)
{
    for (int round = 0; round < scaled(500); round++) {
        _Atomic(int) begun = 0;
        struct steal_task *task[WATCHERS];

        begin(0);
        for (int i = 0; i < WATCHERS; i++)
            task[i] = spawn_watcher(&begun);
        add(&gate, round % 7, -EIO);
        steal_task_abort(task[0]);
        steal_task_abort(task[3]);
        for (int i = 0; i < WATCHERS; i++) {
            int result = join_task(runtime, task[i]);

            ck_assert(result == -EIO || (i % 3 == 0 && result == -ECANCELED));
        }
        steal_group_fini(&group);
    }
    end();
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        failure_of_a_task_is_told_with_its_result,
        failure_is_told_where_the_others_keep_going,
        end_of_all_tasks_without_a_failure_is_not_told,
        abort_is_told_as_a_cancellation,
        failure_before_the_abort_is_the_result,
        all_who_watch_are_told_however_many,
        who_is_dropped_is_not_woken,
        who_watches_for_another_task_wakes_that,
        group_may_end_while_some_watch,
        deadline_is_told_with_tasks_and_without,
        deadline_outside_of_a_worker_is_refused,
        deadline_holds_while_those_who_watch_are_dropped,
        owner_who_waits_for_something_else_learns_of_a_failure,
        watchers_that_are_dropped_take_no_news_along,
    };

    /* Several wait on one record here, which keeps one waker: the others are in fact
     * lost. */
    unsetenv("STEAL_DEBUG");
    return run_suite_with("group_failed", reset, tests, LENGTH(tests));
}
