/*
 * tests/dump_json.c - a dump for programs.
 */
#include "dumps.h"

#include <pthread.h>

static struct steal_runtime *runtime;
static struct record record;

static void
reset(void)
{
    memset(&record, 0, sizeof record);
    pthread_mutex_init(&record.mutex, NULL);
}

START_TEST(checker_knows_json_when_it_sees_it)
{
    ck_assert(is_json(
            "{\"a\": [1, -2.5e3, true, null, \"\\u0041\"], \"b\": {}}"));
    ck_assert(!is_json("{\"a\": 1,}"));
    ck_assert(!is_json("{\"a\" 1}"));
    ck_assert(!is_json("[1 2]"));
    ck_assert(!is_json("[\"\n\"]"));
    ck_assert(!is_json("[1] 2"));
}
END_TEST

START_TEST(runtime_without_tasks_is_json)
{
    char *text;

    runtime = runtime_start(2);
    text = dump_to_string(runtime, steal_dump_json);
    ck_assert(is_json(text));
    ck_assert_int_eq(count_in(text, "{\"worker\": "), 3); /* with the relief */
    ck_assert_int_eq(count_in(text, "\"relief\": true"), 1);
    ck_assert_int_eq(count_in(text, "{\"id\": "), 0);
    free(text);
    runtime_end(runtime);
}
END_TEST

/* The line of the task, once it is parked; to be freed. */
static char *
line_of_parked(const struct steal_task *task)
{
    char head[100];
    char *text = dump_to_string(runtime, steal_dump_json);
    char *copy = NULL;
    char *line;

    snprintf(head, sizeof head,
            "{\"id\": %llu, \"name\": \"probe\", \"state\": \"parked\"",
            (unsigned long long)steal_task_id(task));
    ck_assert(is_json(text));
    line = strstr(text, head);
    if (line)
        copy = strndup(line, strcspn(line, "\n"));
    free(text);
    return copy;
}

START_TEST(tasks_are_objects_with_their_keys)
{
    struct steal_options options = STEAL_OPTIONS_INIT;
    struct steal_task *task;
    char *line;

    options.workers = 1;
    options.time_polls = true;
    ck_assert_int_eq(steal_runtime_new(&runtime, &options), 0);
    task = spawn_probe(runtime, &record, PROBE_WAITS, 0);
    wait_until((line = line_of_parked(task)));
    ck_assert_ptr_nonnull(strstr(line, "\"age\": "));
    ck_assert_ptr_nonnull(strstr(line, "\"polls\": 1, \"poll_time\": "));
    ck_assert_ptr_nonnull(strstr(line, "\"longest_poll\": "));
    ck_assert_ptr_nonnull(strstr(line, "\"idle\": "));
    ck_assert_ptr_nonnull(
            strstr(line, "\"awaits\": [{\"name\": \"probe\", \"depth\": 0}]"));
    free(line);
    record_open(&record);
    ck_assert_int_eq(join_task(runtime, task), 0);
    runtime_end(runtime);
}
END_TEST

START_TEST(names_may_have_any_bytes)
{
    struct steal_task *task;
    char *text;

    runtime = runtime_start(1);
    task = spawn_probe(runtime, &record, PROBE_WAITS, 0);
    ck_assert_int_eq(steal_task_set_name(task, "a\"b\\c\nd\xff\xc3\xa4\x01"),
            0);
    text = dump_to_string(runtime, steal_dump_json);
    ck_assert(is_json(text));
    ck_assert_int_eq(
            count_in(text, "\"name\": \"a\\\"b\\\\c\\u000ad?\xc3\xa4\\u0001\""),
            1);
    free(text);
    record_open(&record);
    ck_assert_int_eq(join_task(runtime, task), 0);
    runtime_end(runtime);
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        checker_knows_json_when_it_sees_it,
        runtime_without_tasks_is_json,
        tasks_are_objects_with_their_keys,
        names_may_have_any_bytes,
    };

    return run_suite_with("dump_json", reset, tests, LENGTH(tests));
}
