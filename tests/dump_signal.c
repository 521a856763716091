/*
 * tests/dump_signal.c - dumps that a signal asks for.
 */
#include <fcntl.h>
#include <sys/ioctl.h>

#include "dumps.h"

static struct steal_runtime *runtime;
static struct record record;
static int ends[2];
static _Atomic(int) others; /* calls of the application's own handler */

static void
reset(void)
{
    memset(&record, 0, sizeof record);
    pthread_mutex_init(&record.mutex, NULL);
    store_release(&others, 0);
    ck_assert_int_eq(pipe(ends), 0);
}

static void
on_signal(int signal)
{
    (void)signal;
    add_acq_rel(&others, 1);
}

/* Reads from the pipe until this has come. */
static void
read_until(const char *what)
{
    static char text[65536];
    size_t n = 0;

    text[0] = '\0';
    while (!strstr(text, what)) {
        ssize_t got = read(ends[0], text + n, sizeof text - 1 - n);

        if (got < 0 && errno == EINTR)
            continue;
        ck_assert_int_gt(got, 0);
        n += (size_t)got;
        text[n] = '\0';
    }
}

static struct steal_task *
spawn_named(struct steal_runtime *of, const char *name)
{
    struct steal_task *task = spawn_probe(of, &record, PROBE_WAITS, 0);

    ck_assert_int_eq(steal_task_set_name(task, name), 0);
    return task;
}

static void
abort_and_join(struct steal_runtime *of, struct steal_task *task)
{
    steal_task_abort(task);
    ck_assert_int_eq(join_task(of, task), -ECANCELED);
}

static void
close_ends(void)
{
    close(ends[0]);
    close(ends[1]);
}

START_TEST(signal_dumps_each_time_until_the_stop)
{
    struct sigaction action;
    struct steal_task *task;

    signal(SIGUSR2, on_signal);
    runtime = runtime_start(2);
    ck_assert_int_eq(steal_dump_on_signal(runtime, SIGUSR2, ends[1]), 0);
    task = spawn_named(runtime, "mouse");
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(raise(SIGUSR2), 0);
        read_until(", mouse: ");
    }
    ck_assert_int_eq(load_acquire(&others), 0);
    abort_and_join(runtime, task);
    runtime_end(runtime);
    ck_assert_int_eq(sigaction(SIGUSR2, NULL, &action), 0);
    ck_assert(action.sa_handler == on_signal);
    ck_assert_int_eq(raise(SIGUSR2), 0);
    ck_assert_int_eq(load_acquire(&others), 1);
    signal(SIGUSR2, SIG_DFL);
    close_ends();
}
END_TEST

static _Atomic(bool) held;
static _Atomic(bool) go_on;

static int
hold(void *arg)
{
    (void)arg;
    store_release(&held, true);
    wait_until(load_acquire(&go_on));
    return 0;
}

START_TEST(signal_dumps_while_all_workers_are_stuck)
{
    struct steal_task *task;
    struct steal_task *waiting;

    store_release(&held, false);
    store_release(&go_on, false);
    runtime = runtime_start(1);
    ck_assert_int_eq(steal_dump_on_signal(runtime, SIGUSR2, ends[1]), 0);
    task = spawn_call(runtime, hold, NULL);
    wait_until(load_acquire(&held));
    waiting = spawn_named(runtime, "behind");
    ck_assert_int_eq(raise(SIGUSR2), 0);
    read_until(", behind: queued");
    store_release(&go_on, true);
    ck_assert_int_eq(join_task(runtime, task), 0);
    abort_and_join(runtime, waiting);
    runtime_end(runtime);
    close_ends();
}
END_TEST

#define CROWD 200

/* How many bytes lie in the pipe. */
static int
unread(void)
{
    int n = 0;

    require(ioctl(ends[0], FIONREAD, &n) == 0);
    return n;
}

/* Reads until so many of these have come. */
static void
read_all(char what, int n)
{
    char text[4096];

    while (n > 0) {
        ssize_t got = read(ends[0], text, sizeof text);

        require(got > 0 || errno == EINTR);
        for (ssize_t i = 0; i < got; i++)
            n -= text[i] == what;
    }
    ck_assert_int_eq(n, 0);
}

/* It is waited for, as if it did. */
START_TEST(descriptor_that_does_not_block_gets_all_of_it)
{
    struct steal_task *task[CROWD];

    ck_assert_int_eq(fcntl(ends[1], F_SETFL, O_NONBLOCK), 0);
    ck_assert_int_ge(fcntl(ends[1], F_SETPIPE_SZ, 4096), 4096);
    runtime = runtime_start(1);
    ck_assert_int_eq(steal_dump_on_signal(runtime, SIGUSR2, ends[1]), 0);
    for (int i = 0; i < CROWD; i++)
        task[i] = spawn_named(runtime, "mouse #");
    ck_assert_int_eq(raise(SIGUSR2), 0);
    wait_until(unread() > 2048); /* it is about as full as it gets */
    read_all('#', CROWD);
    for (int i = 0; i < CROWD; i++)
        abort_and_join(runtime, task[i]);
    runtime_end(runtime);
    close_ends();
}
END_TEST

START_TEST(two_runtimes_share_a_signal)
{
    struct sigaction action;
    struct steal_runtime *other = runtime_start(1);
    struct steal_task *task[2];

    runtime = runtime_start(1);
    ck_assert_int_eq(steal_dump_on_signal(runtime, SIGUSR2, ends[1]), 0);
    ck_assert_int_eq(steal_dump_on_signal(other, SIGUSR2, ends[1]), 0);
    task[0] = spawn_named(runtime, "first");
    ck_assert_int_eq(raise(SIGUSR2), 0);
    read_until(", first: ");
    abort_and_join(runtime, task[0]);
    runtime_end(runtime);
    task[1] = spawn_named(other, "second");
    ck_assert_int_eq(raise(SIGUSR2), 0);
    read_until(", second: ");
    abort_and_join(other, task[1]);
    runtime_end(other);
    ck_assert_int_eq(sigaction(SIGUSR2, NULL, &action), 0);
    ck_assert(action.sa_handler == SIG_DFL);
    close_ends();
}
END_TEST

START_TEST(handler_that_came_later_stays)
{
    struct sigaction action;

    runtime = runtime_start(1);
    ck_assert_int_eq(steal_dump_on_signal(runtime, SIGUSR2, ends[1]), 0);
    signal(SIGUSR2, on_signal);
    runtime_end(runtime);
    ck_assert_int_eq(sigaction(SIGUSR2, NULL, &action), 0);
    ck_assert(action.sa_handler == on_signal);
    signal(SIGUSR2, SIG_DFL);
    close_ends();
}
END_TEST

START_TEST(signals_that_cannot_be_are_refused)
{
    runtime = runtime_start(1);
    ck_assert_int_eq(steal_dump_on_signal(runtime, 0, 2), -EINVAL);
    ck_assert_int_eq(steal_dump_on_signal(runtime, 1000, 2), -EINVAL);
    ck_assert_int_eq(steal_dump_on_signal(runtime, SIGKILL, 2), -EINVAL);
    runtime_end(runtime);
    close_ends();
}
END_TEST

START_TEST(stopping_runtime_refuses)
{
    runtime = runtime_start(1);
    steal_runtime_begin_stop(runtime);
    ck_assert_int_eq(steal_dump_on_signal(runtime, SIGUSR2, 2), -ECANCELED);
    runtime_end(runtime);
    close_ends();
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        signal_dumps_each_time_until_the_stop,
        signal_dumps_while_all_workers_are_stuck,
        descriptor_that_does_not_block_gets_all_of_it,
        two_runtimes_share_a_signal,
        handler_that_came_later_stays,
        signals_that_cannot_be_are_refused,
        stopping_runtime_refuses,
    };

    return run_suite_with("dump_signal", reset, tests, LENGTH(tests));
}
