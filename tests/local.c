/*
 * tests/local.c - names of tasks, and task-local data.
 */
#include "toy.h"

static struct record record;
static int destroyed;
static void *destroyed_value;

static void
reset(void)
{
    record = (struct record)RECORD_INIT;
    destroyed = 0;
    destroyed_value = NULL;
}

static void
destroy(void *value)
{
    destroyed++;
    destroyed_value = value;
}

static const struct steal_local_key key = { destroy };
static const struct steal_local_key other_key = { destroy };
static const struct steal_local_key plain_key = { NULL };

/* Runs `fn` inside a task of its own. */
static int
inside(int (*fn)(void *), void *arg)
{
    struct steal_task *task = toy_spawn_call(fn, arg);
    int result;

    toy_run_all();
    result = steal__task_root(task)->result;
    steal_task_detach(task);
    return result;
}

START_TEST(task_is_named_after_its_future)
{
    struct steal_task *task;

    toy_init();
    task = toy_spawn_probe(&record, 0, 0);
    ck_assert_str_eq(steal_task_name(task), "probe");
    toy_run_all();
    ck_assert_str_eq(steal_task_name(task), "probe");
    steal_task_detach(task);
    toy_fini();
}
END_TEST

START_TEST(name_that_was_set_wins)
{
    struct steal_task *task;

    toy_init();
    task = toy_spawn_probe(&record, 0, 0);
    ck_assert_int_eq(steal_task_set_name(task, "first"), 0);
    ck_assert_int_eq(steal_task_set_name(task, "second"), 0);
    ck_assert_str_eq(steal_task_name(task), "second");
    toy_run_all();
    ck_assert_str_eq(steal_task_name(task), "second");
    steal_task_detach(task);
    toy_fini();
}
END_TEST

START_TEST(name_without_memory_is_refused)
{
    struct steal_task *task;

    toy_init();
    task = toy_spawn_probe(&record, 0, 0);
    toy.fail_at = 1;
    ck_assert_int_eq(steal_task_set_name(task, "name"), -ENOMEM);
    ck_assert_str_eq(steal_task_name(task), "probe");
    toy_run_all();
    steal_task_detach(task);
    toy_fini();
}
END_TEST

static int
set_and_get(void *arg)
{
    ck_assert_ptr_null(steal_local_get(&key));
    ck_assert_int_eq(steal_local_set(&key, arg), 0);
    ck_assert_int_eq(steal_local_set(&other_key, &record), 0);
    ck_assert_int_eq(steal_local_set(&plain_key, arg), 0);
    ck_assert_ptr_eq(steal_local_get(&key), arg);
    ck_assert_ptr_eq(steal_local_get(&other_key), &record);
    return 0;
}

START_TEST(values_are_the_tasks_own_and_destroyed_with_it)
{
    int a;
    int b;

    toy_init();
    inside(set_and_get, &a);
    ck_assert_int_eq(destroyed, 2);
    inside(set_and_get, &b); /* finds nothing of the first */
    ck_assert_int_eq(destroyed, 4);
    toy_fini();
}
END_TEST

static int
set_twice(void *arg)
{
    ck_assert_int_eq(steal_local_set(&key, &record), 0);
    ck_assert_int_eq(steal_local_set(&key, arg), 0);
    return 0;
}

START_TEST(replaced_value_is_not_destroyed)
{
    int a;

    toy_init();
    inside(set_twice, &a);
    ck_assert_int_eq(destroyed, 1);
    ck_assert_ptr_eq(destroyed_value, &a);
    toy_fini();
}
END_TEST

START_TEST(value_taken_back_is_not_destroyed)
{
    toy_init();
    inside(set_twice, NULL);
    ck_assert_int_eq(destroyed, 0);
    toy_fini();
}
END_TEST

static int
set_without_memory(void *arg)
{
    (void)arg;
    toy.fail_at = 1;
    ck_assert_int_eq(steal_local_set(&key, &record), -ENOMEM);
    toy.fail_at = 2;
    ck_assert_int_eq(steal_local_set(&key, &record), -ENOMEM);
    ck_assert_ptr_null(steal_local_get(&key));
    return 0;
}

START_TEST(value_without_memory_is_refused)
{
    toy_init();
    inside(set_without_memory, NULL);
    ck_assert_int_eq(destroyed, 0);
    toy_fini();
}
END_TEST

START_TEST(outside_of_tasks_there_is_no_local_data)
{
    toy_init();
    ck_assert_ptr_null(steal_local_get(&key));
    ck_assert_int_eq(steal_local_set(&key, &record), -EINVAL);
    steal__poll = NULL; /* nor on a thread that is no worker */
    ck_assert_ptr_null(steal_local_get(&key));
    ck_assert_int_eq(steal_local_set(&key, &record), -EINVAL);
    toy_fini();
}
END_TEST

static enum steal_poll
keeper_poll(struct steal_future *future, struct steal_context *cx)
{
    (void)future;
    (void)cx;
    ck_assert_int_eq(steal_local_set(&key, &record), 0);
    return STEAL_PENDING;
}

static void
keeper_drop(struct steal_future *future)
{
    (void)future;
    ck_assert_ptr_eq(steal_local_get(&key), &record);
    ck_assert_int_eq(destroyed, 0);
}

static const struct steal_future_ops keeper_ops = { .name = "keeper",
    .poll = keeper_poll,
    .drop = keeper_drop };

START_TEST(values_of_an_aborted_task_go_after_its_future)
{
    struct steal_future keeper = STEAL_FUTURE(&keeper_ops);
    struct steal_task *task;

    toy_init();
    task = toy_spawn(&keeper, sizeof keeper, 1);
    toy_run_all();
    steal_task_abort(task);
    toy_run_all();
    ck_assert_int_eq(destroyed, 1);
    steal_task_detach(task);
    toy_fini();
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        task_is_named_after_its_future,
        name_that_was_set_wins,
        name_without_memory_is_refused,
        values_are_the_tasks_own_and_destroyed_with_it,
        replaced_value_is_not_destroyed,
        value_taken_back_is_not_destroyed,
        value_without_memory_is_refused,
        outside_of_tasks_there_is_no_local_data,
        values_of_an_aborted_task_go_after_its_future,
    };

    return run_suite_with("local", reset, tests, LENGTH(tests));
}
