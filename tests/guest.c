/*
 * tests/guest.c - the driver as a guest in a loop of the application's.
 */
#include <steal.h>

#include <uv.h>

#include "kit.h"

static uv_loop_t loop;
static struct steal_runtime *runtime;
static uv_async_t done; /* keeps the loop alive until a task has ended */

static void
on_done(uv_async_t *handle)
{
    uv_close((uv_handle_t *)handle, NULL);
}

static void
move_in(void)
{
    struct steal_options options = STEAL_OPTIONS_INIT;

    options.workers = 2;
    options.loop = &loop;
    ck_assert_int_eq(uv_loop_init(&loop), 0);
    ck_assert_int_eq(steal_runtime_new(&runtime, &options), 0);
}

static void
move_out(void)
{
    runtime_end(runtime);
    ck_assert_int_eq(uv_run(&loop, UV_RUN_DEFAULT), 0);
    ck_assert_int_eq(uv_loop_close(&loop), 0);
}

/* Runs the loop until the child has ended in a task; its result. */
struct guest {
    struct steal_async async;
    struct steal_future *child;
};

static enum steal_poll
guest_poll(struct steal_future *future, struct steal_context *cx)
{
    struct guest *self = (struct guest *)future;

    STEAL_BEGIN(&self->async);
    STEAL_AWAIT(cx, self->child);
    uv_async_send(&done);
    STEAL_RETURN(self->child->result);
    STEAL_END();
}

static const struct steal_future_ops guest_ops = { .name = "guest",
    .poll = guest_poll };

static int
run_in_loop(struct steal_future *child)
{
    struct guest guest = { .async = STEAL_ASYNC(&guest_ops), .child = child };
    struct steal_task *task;

    require(uv_async_init(&loop, &done, on_done) == 0);
    require(steal_spawn(runtime, &guest.async.future, sizeof guest, &task) ==
            0);
    require(uv_run(&loop, UV_RUN_DEFAULT) == 0);
    return join_task(runtime, task);
}

START_TEST(loop_without_handles_of_its_own_ends)
{
    move_in();
    ck_assert_int_eq(uv_run(&loop, UV_RUN_DEFAULT), 0);
    move_out();
}
END_TEST

START_TEST(loop_drives_sleeps)
{
    move_in();
    for (int i = 0; i < 10; i++) {
        struct steal_sleep nap;
        uint64_t begun = steal_now();

        ck_assert_int_eq(run_in_loop(steal_sleep(&nap, STEAL_MS(3))), 0);
        ck_assert_uint_ge(steal_now() - begun, STEAL_MS(3));
    }
    move_out();
}
END_TEST

START_TEST(loop_drives_descriptors)
{
    struct steal_fd *fd[2];
    struct steal_io io;
    char text[4];

    move_in();
    ck_assert_int_eq(steal_pipe(fd, runtime), 0);
    for (int i = 0; i < 20; i++) {
        struct steal_io writing;
        struct steal_select select;
        struct steal_future *both[2] = {
            steal_fd_read_exact(&io, fd[0], text, 4),
            steal_fd_write_all(&writing, fd[1], "ping", 4),
        };

        /* The read waits first; who ends first is no matter. */
        ck_assert_int_eq(run_in_loop(steal_select(&select, both, 2)), 4);
        if (select.index == 1)
            ck_assert_int_eq(run_in_loop(
                                     steal_fd_read_exact(&io, fd[0], text, 4)),
                    4);
        ck_assert_mem_eq(text, "ping", 4);
    }
    steal_fd_close(fd[0]);
    steal_fd_close(fd[1]);
    move_out();
}
END_TEST

static void
count_tick(uv_timer_t *timer)
{
    int *ticks = timer->data;

    if (++*ticks == 20)
        uv_close((uv_handle_t *)timer, NULL);
}

START_TEST(timers_of_the_application_go_on)
{
    struct steal_sleep nap;
    uv_timer_t timer;
    int ticks = 0;

    move_in();
    ck_assert_int_eq(uv_timer_init(&loop, &timer), 0);
    timer.data = &ticks;
    ck_assert_int_eq(uv_timer_start(&timer, count_tick, 1, 1), 0);
    ck_assert_int_eq(run_in_loop(steal_sleep(&nap, STEAL_MS(10))), 0);
    ck_assert_int_eq(ticks, 20);
    move_out();
}
END_TEST

START_TEST(stop_cancels_who_waits)
{
    struct steal_fd *fd[2];
    struct steal_task *task;
    struct record record = RECORD_INIT;

    move_in();
    ck_assert_int_eq(steal_pipe(fd, runtime), 0);
    task = spawn_probe(runtime, &record, PROBE_WAITS, 0);
    wait_until(record_polls(&record) == 1);
    ck_assert_int_eq(uv_run(&loop, UV_RUN_NOWAIT), 0);
    runtime_end(runtime);
    ck_assert_int_eq(record_drops(&record), 1);
    steal_task_detach(task);
    ck_assert_int_eq(uv_run(&loop, UV_RUN_DEFAULT), 0);
    ck_assert_int_eq(uv_loop_close(&loop), 0);
    steal_fd_close(fd[0]);
    steal_fd_close(fd[1]);
}
END_TEST

static int
make_signal(void *arg)
{
    struct steal_signal *signal = NULL;
    int error = steal_signal_new(&signal, NULL, SIGUSR1);

    add_acq_rel((_Atomic(int) *)arg, 1);
    if (!error)
        steal_signal_free(signal);
    return error;
}

/* The task waits for the loop, which its host does not turn any more. */
START_TEST(stop_does_not_wait_for_a_task_that_waits_for_the_loop)
{
    _Atomic(int) ended = 0;
    struct steal_task *task;

    move_in();
    task = spawn_call(runtime, make_signal, &ended);
    wait_until(steal_runtime_stuck(runtime, NULL, 0) == 1 ||
               steal_task_is_finished(task));
    runtime_end(runtime);
    steal_task_detach(task);
    ck_assert_int_le(load_acquire(&ended), 1); /* it may not have begun */
    ck_assert_int_eq(uv_run(&loop, UV_RUN_DEFAULT), 0);
    ck_assert_int_eq(uv_loop_close(&loop), 0);
}
END_TEST

START_TEST(two_runtimes_share_one_loop)
{
    struct steal_options options = STEAL_OPTIONS_INIT;
    struct steal_runtime *second;
    struct steal_sleep nap;

    options.workers = 1;
    options.loop = &loop;
    move_in();
    ck_assert_int_eq(steal_runtime_new(&second, &options), 0);
    for (int i = 0; i < 5; i++) {
        struct steal_runtime *first = runtime;

        ck_assert_int_eq(run_in_loop(steal_sleep(&nap, STEAL_MS(2))), 0);
        runtime = second;
        second = first;
    }
    runtime_end(second);
    ck_assert_int_eq(run_in_loop(steal_sleep(&nap, STEAL_MS(2))), 0);
    move_out();
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        loop_without_handles_of_its_own_ends,
        loop_drives_sleeps,
        loop_drives_descriptors,
        timers_of_the_application_go_on,
        stop_cancels_who_waits,
        stop_does_not_wait_for_a_task_that_waits_for_the_loop,
        two_runtimes_share_one_loop,
    };

    return run_suite("guest", tests, LENGTH(tests));
}
