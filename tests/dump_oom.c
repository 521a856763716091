/*
 * tests/dump_oom.c - a dump for which there is no memory.
 */
#include "dumps.h"

#include "failing.h"

#define TASKS 300

static struct steal_runtime *runtime;
static struct record record;

/* To /dev/null, whose FILE has its memory already. */
static int
try_dump(dump_fn *dump, FILE *file, int n)
{
    int error;

    failing_begin(n);
    failing_arm(true);
    error = dump(runtime, file);
    failing_arm(false);
    failing_end();
    failing_check_leaks(n);
    return error;
}

static bool
is_asleep(void)
{
    struct steal_worker_metrics m;

    ck_assert_int_eq(steal_metrics_worker(runtime, 0, &m, sizeof m), 0);
    return m.parks;
}

static void
fail_everywhere(dump_fn *dump)
{
    static char room[BUFSIZ];
    struct steal_task *task[TASKS];
    FILE *file = fopen("/dev/null", "w");
    int error = -ENOMEM;

    ck_assert_ptr_nonnull(file);
    setvbuf(file, room, _IOFBF, sizeof room);
    store_release(&record.open, false);
    pthread_mutex_init(&record.mutex, NULL);
    store_release(&record.polls, 0);
    runtime = runtime_start(1);
    for (int i = 0; i < TASKS; i++)
        task[i] = spawn_probe(runtime, &record, PROBE_WAITS, 0);
    wait_until(record_polls(&record) == TASKS);
    wait_until(is_asleep());
    for (int n = 1; error; n++) {
        error = try_dump(dump, file, n);
        ck_assert(error == 0 || error == -ENOMEM);
        ck_assert_int_eq(load_acquire(&failing.failures), error ? 1 : 0);
        ck_assert_int_lt(n, 100);
    }
    for (int i = 0; i < TASKS; i++) {
        steal_task_abort(task[i]);
        ck_assert_int_eq(join_task(runtime, task[i]), -ECANCELED);
    }
    runtime_end(runtime);
    fclose(file);
}

START_TEST(text_without_memory_is_refused_and_tasks_go_on)
{
    fail_everywhere(steal_dump);
}
END_TEST

START_TEST(json_without_memory_is_refused_and_tasks_go_on)
{
    fail_everywhere(steal_dump_json);
}
END_TEST

static void
on_signal(int signal)
{
    (void)signal;
}

START_TEST(listener_without_memory_is_refused)
{
    struct sigaction action;
    int error;

    signal(SIGUSR2, on_signal);
    runtime = runtime_start(1);
    wait_until(is_asleep()); /* it has allocated what it needs */
    failing_begin(1);
    failing_arm(true);
    error = steal_dump_on_signal(runtime, SIGUSR2, 2);
    failing_arm(false);
    failing_end();
    failing_check_leaks(1);
    ck_assert_int_eq(error, -ENOMEM);
    ck_assert_int_eq(sigaction(SIGUSR2, NULL, &action), 0);
    ck_assert(action.sa_handler == on_signal);
    runtime_end(runtime);
}
END_TEST

START_TEST(top_without_memory_is_refused_and_leaves_no_socket)
{
    char path[80];
    int error;

    snprintf(path, sizeof path, "/tmp/steal-dump-oom.%d", (int)getpid());
    runtime = runtime_start(1);
    wait_until(is_asleep());
    failing_begin(1);
    failing_arm(true);
    error = steal_top_open(runtime, path);
    failing_arm(false);
    failing_end();
    failing_check_leaks(1);
    ck_assert_int_eq(error, -ENOMEM);
    ck_assert_int_ne(access(path, F_OK), 0);
    runtime_end(runtime);
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        text_without_memory_is_refused_and_tasks_go_on,
        json_without_memory_is_refused_and_tasks_go_on,
        listener_without_memory_is_refused,
        top_without_memory_is_refused_and_leaves_no_socket,
    };

    unsetenv("STEAL_DEBUG"); /* what it measures does without memory */
    return run_suite("dump_oom", tests, LENGTH(tests));
}
