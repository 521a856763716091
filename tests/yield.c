/*
 * tests/yield.c - letting the others run.
 */
#include <steal/task.h>

#include "kit.h"

START_TEST(yield_is_pending_once_and_wakes)
{
    struct meter meter = { 0 };
    struct steal_context cx = meter_context(&meter);
    struct steal_yield yield;
    struct steal_future *future = steal_yield(&yield);

    ck_assert_int_eq(steal_future_poll(future, &cx), STEAL_PENDING);
    ck_assert_int_eq(load_acquire(&meter.wakes), 1);
    ck_assert_int_eq(steal_future_poll(future, &cx), STEAL_READY);
    ck_assert_int_eq(future->result, 0);
    ck_assert_int_eq(load_acquire(&meter.wakes), 1);
}
END_TEST

static char text[9];
static _Atomic(int) length;

/* Writes its name at each turn. */
struct writer {
    struct steal_async async;
    struct steal_yield yield;
    char name;
    int i;
};

static enum steal_poll
writer_poll(struct steal_future *future, struct steal_context *cx)
{
    struct writer *self = (struct writer *)future;

    STEAL_BEGIN(&self->async);
    for (self->i = 0; self->i < 3; self->i++) {
        text[add_acq_rel(&length, 1)] = self->name;
        STEAL_AWAIT(cx, steal_yield(&self->yield));
    }
    STEAL_END();
}

static const struct steal_future_ops writer_ops = { .name = "writer",
    .poll = writer_poll };

static int
spawn_writers(void *arg)
{
    (void)arg;
    for (char name = 'a'; name <= 'c'; name++) {
        struct writer writer = { .async = STEAL_ASYNC(&writer_ops),
            .name = name };

        ck_assert_int_eq(steal_spawn(NULL, &writer.async.future, sizeof writer,
                                 NULL),
                0);
    }
    return 0;
}

START_TEST(tasks_that_yield_take_turns)
{
    struct steal_runtime *runtime = runtime_start(1);

    call_inside(runtime, spawn_writers, NULL);
    wait_until(load_acquire(&length) == 9);
    runtime_end(runtime);
    for (int i = 0; i < 9; i += 3) { /* each once in every round */
        ck_assert_ptr_nonnull(memchr(text + i, 'a', 3));
        ck_assert_ptr_nonnull(memchr(text + i, 'b', 3));
        ck_assert_ptr_nonnull(memchr(text + i, 'c', 3));
    }
}
END_TEST

START_TEST(yield_of_a_lonely_task_comes_back)
{
    struct steal_yield yield;

    for (int i = 0; i < 10; i++)
        ck_assert_int_eq(steal_run(NULL, steal_yield(&yield)), 0);
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        yield_is_pending_once_and_wakes,
        tasks_that_yield_take_turns,
        yield_of_a_lonely_task_comes_back,
    };

    return run_suite("yield", tests, LENGTH(tests));
}
