/*
 * tests/watchdog.c - polls that take too long are told of while they run.
 */
#include <steal/debug.h>

#include <stdio.h>

#include "kit.h"

#define LIMIT STEAL_MS(5)

static struct steal_runtime *runtime;

/* What was told last, and how often. */
static struct steal_long_poll told;
static _Atomic(int) tellings;

/* Not of who waits for the task, whose poll may be held up by the machine. */
static void
tell(const struct steal_long_poll *poll, void *data)
{
    require(data == &told);
    if (poll->nawaits == 2 && strcmp(poll->awaits[1].name, "join") == 0)
        return;
    told = *poll;
    add_acq_rel(&tellings, 1);
}

static struct steal_options
watching(unsigned workers, uint64_t limit)
{
    struct steal_options options = STEAL_OPTIONS_INIT;

    options.workers = workers;
    options.long_poll = limit;
    options.on_long_poll = tell;
    options.hooks.data = &told;
    return options;
}

static void
start(unsigned workers, uint64_t limit)
{
    struct steal_options options = watching(workers, limit);

    store_release(&tellings, 0);
    ck_assert_int_eq(steal_runtime_new(&runtime, &options), 0);
}

static void
spin(uint64_t time)
{
    uint64_t until = steal_now() + time;

    wait_until(steal_now() >= until);
}

/* In a poll until it is told of, and for a while longer. */
static int
wait_to_be_told(void *arg)
{
    (void)arg;
    wait_until(load_acquire(&tellings) > 0);
    spin(3 * LIMIT);
    return 0;
}

/*
 * What is told
 */

/* An async function that awaits another, which awaits a call. */
struct inner {
    struct steal_async async;
    struct calling call;
    int line; /* of its await */
};

struct outer {
    struct steal_async async;
    struct inner inner;
    int line;
};

static enum steal_poll
inner_poll(struct steal_future *future, struct steal_context *cx)
{
    struct inner *self = (struct inner *)future;

    STEAL_BEGIN(&self->async);
    self->line = __LINE__ + 1;
    STEAL_AWAIT(cx, &self->call.future);
    STEAL_END();
}

static const struct steal_future_ops inner_ops = { .name = "inner",
    .poll = inner_poll };

static enum steal_poll
outer_poll(struct steal_future *future, struct steal_context *cx)
{
    struct outer *self = (struct outer *)future;

    STEAL_BEGIN(&self->async);
    self->line = __LINE__ + 1;
    STEAL_AWAIT(cx, &self->inner.async.future);
    self->async.future.result = self->inner.line << 16 | self->line;
    STEAL_END();
}

static const struct steal_future_ops outer_ops = { .name = "outer",
    .poll = outer_poll };

static struct outer
make_outer(void)
{
    struct outer outer = { .async = STEAL_ASYNC(&outer_ops),
        .inner = { .async = STEAL_ASYNC(&inner_ops),
                .call = call_make(wait_to_be_told, NULL) } };

    return outer;
}

static void
expect_await(size_t i, const char *name, int line)
{
    const struct steal_await *await = &told.awaits[i];

    ck_assert_str_eq(await->name, name);
    if (!line) {
        ck_assert_ptr_null(await->file);
        return;
    }
    ck_assert_ptr_nonnull(strstr(await->file, "watchdog.c"));
    ck_assert_int_eq(await->line, line);
}

START_TEST(long_poll_is_told_of_with_its_task_awaits_and_stack)
{
    struct outer outer = make_outer();
    struct steal_task *task;
    uint64_t id;
    int lines;

    start(2, LIMIT);
    ck_assert_int_eq(steal_spawn(runtime, &outer.async.future, sizeof outer,
                             &task),
            0);
    id = steal_task_id(task);
    lines = join_task(runtime, task);
    ck_assert_int_eq(load_acquire(&tellings), 1);
    ck_assert_ptr_eq(told.runtime, runtime);
    ck_assert_uint_lt(told.worker, 2);
    ck_assert_uint_ge(told.time, LIMIT);
    ck_assert_str_eq(told.name, "outer");
    ck_assert_uint_eq(told.task, id);
    ck_assert_uint_eq(told.nawaits, 3);
    expect_await(0, "outer", lines & 0xffff);
    expect_await(1, "inner", lines >> 16);
    expect_await(2, "call", 0);
#ifdef __GLIBC__
    ck_assert_uint_gt(told.nframes, 3);
#endif
    runtime_end(runtime);
}
END_TEST

/* Futures of the library that wait for one other say so. */
START_TEST(awaits_go_through_futures_that_have_a_child)
{
    const char *names[] = { "block_on", "timeout", "unconstrained", "then",
        "call", "sleep" };
    struct calling call = call_make(wait_to_be_told, NULL);
    struct steal_unconstrained unconstrained;
    struct steal_timeout timeout;
    struct steal_then then;
    struct steal_future *future = steal_then(&then, &call.future, NULL, NULL);

    start(1, LIMIT);
    future = steal_unconstrained(&unconstrained, future);
    future = steal_timeout(&timeout, future, STEAL_SECONDS(1000));
    ck_assert_int_eq(steal_block_on(runtime, future), 0);
    ck_assert_uint_eq(told.nawaits, LENGTH(names));
    for (size_t i = 0; i < LENGTH(names); i++)
        expect_await(i, names[i], 0);
    runtime_end(runtime);
}
END_TEST

START_TEST(name_that_was_set_is_told_as_far_as_it_fits)
{
    struct calling call = call_make(wait_to_be_told, NULL);
    struct steal_task *task;
    char name[100];

    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    start(1, LIMIT);
    ck_assert_int_eq(steal_task_new(runtime, sizeof call, &task), 0);
    memcpy(steal_task_memory(task), &call, sizeof call);
    ck_assert_int_eq(steal_task_set_name(task, name), 0);
    steal_task_start(task);
    ck_assert_int_eq(join_task(runtime, task), 0);
    ck_assert_uint_eq(strlen(told.name), sizeof told.name - 1);
    ck_assert_int_eq(memcmp(told.name, name, sizeof told.name - 1), 0);
    runtime_end(runtime);
}
END_TEST

START_TEST(each_long_poll_is_told_of_once)
{
    start(1, LIMIT);
    for (int i = 1; i <= 3; i++) {
        store_release(&tellings, 0);
        ck_assert_int_eq(call_inside(runtime, wait_to_be_told, NULL), 0);
        ck_assert_int_eq(load_acquire(&tellings), 1);
    }
    runtime_end(runtime);
}
END_TEST

/*
 * Who is told of
 */

static void *
block_on_with_all_blocked(void *arg)
{
    sigset_t all;

    (void)arg;
    sigfillset(&all);
    require(pthread_sigmask(SIG_SETMASK, &all, NULL) == 0);
    require(call_inside(runtime, wait_to_be_told, NULL) == 0);
    require(pthread_sigmask(SIG_SETMASK, NULL, &all) == 0);
    require(sigismember(&all, SIGURG) == 1);
    return NULL;
}

/* Which is asked although it blocks all signals, and blocks them again. */
START_TEST(caller_that_is_the_worker_is_told_of)
{
    struct steal_options options = watching(0, LIMIT);

    options.flags = STEAL_ON_CALLER;
    store_release(&tellings, 0);
    ck_assert_int_eq(steal_runtime_new(&runtime, &options), 0);
    join_thread(start_thread(block_on_with_all_blocked, NULL));
    ck_assert_uint_ne(told.task, 0);
    runtime_end(runtime);
}
END_TEST

static _Atomic(bool) stood_in;

static int
wait_for_stand_in(void *arg)
{
    (void)arg;
    wait_until(load_acquire(&stood_in));
    return 0;
}

static int
block(void *arg)
{
    return steal_block_in_place(wait_for_stand_in, arg);
}

static int
be_told_and_go_on(void *arg)
{
    wait_to_be_told(arg);
    store_release(&stood_in, true);
    return 0;
}

START_TEST(stand_in_is_told_of_and_who_blocks_in_place_is_not)
{
    struct steal_task *blocked;
    struct steal_task *task;

    start(1, LIMIT);
    store_release(&stood_in, false);
    blocked = spawn_call(runtime, block, NULL);
    task = spawn_call(runtime, be_told_and_go_on, NULL);
    ck_assert_int_eq(join_task(runtime, task), 0);
    ck_assert_int_eq(join_task(runtime, blocked), 0);
    ck_assert_int_eq(load_acquire(&tellings), 1);
    ck_assert_str_eq(told.awaits[0].name, "call");
    runtime_end(runtime);
}
END_TEST

static int
return_at_once(void *arg)
{
    (void)arg;
    return 0;
}

static int
block_and_be_told(void *arg)
{
    require(steal_block_in_place(return_at_once, NULL) == 0);
    return wait_to_be_told(arg);
}

START_TEST(poll_that_has_blocked_in_place_is_told_of)
{
    start(1, LIMIT);
    for (int i = 0; i < 5; i++) {
        store_release(&tellings, 0);
        ck_assert_int_eq(call_inside(runtime, block_and_be_told, NULL), 0);
        ck_assert_uint_ne(told.task, 0);
    }
    runtime_end(runtime);
}
END_TEST

/* A task that waits for ever, and takes its time to be dropped. */
struct slow {
    struct steal_future future;
    int (*drop)(void *arg);
};

static enum steal_poll
slow_poll(struct steal_future *future, struct steal_context *cx)
{
    (void)future, (void)cx;
    return STEAL_PENDING;
}

static void
slow_drop(struct steal_future *future)
{
    ((struct slow *)future)->drop(NULL);
}

static const struct steal_future_ops slow_ops = { .name = "slow",
    .poll = slow_poll,
    .drop = slow_drop };

static void
spawn_slow(int (*drop)(void *arg))
{
    struct slow slow = { STEAL_FUTURE(&slow_ops), drop };

    require(steal_spawn(runtime, &slow.future, sizeof slow, NULL) == 0);
}

START_TEST(drop_of_a_runtime_that_stops_is_told_of)
{
    start(1, LIMIT);
    spawn_slow(wait_to_be_told);
    runtime_end(runtime);
    ck_assert_int_eq(load_acquire(&tellings), 1);
    ck_assert_str_eq(told.name, "slow");
    ck_assert_uint_ne(told.task, 0);
}
END_TEST

static int
spin_a_while(void *arg)
{
    (void)arg;
    spin(STEAL_MS(100));
    return 0;
}

/* Neither drop nor poll takes 300 ms, all of them do. */
START_TEST(many_short_drops_are_none_that_is_long)
{
    start(1, STEAL_MS(300));
    for (int i = 0; i < 6; i++)
        spawn_slow(spin_a_while);
    runtime_end(runtime);
    ck_assert_int_eq(load_acquire(&tellings), 0);
}
END_TEST

/* The same without a drop. */
START_TEST(many_short_polls_are_none_that_is_long)
{
    uint64_t until = steal_now() + STEAL_MS(700);

    start(1, STEAL_MS(300));
    while (steal_now() < until) {
        struct steal_yield yield;

        ck_assert_int_eq(steal_block_on(runtime, steal_yield(&yield)), 0);
    }
    ck_assert_int_eq(load_acquire(&tellings), 0);
    runtime_end(runtime);
}
END_TEST

static int
spin_long(void *arg)
{
    (void)arg;
    spin(20 * LIMIT);
    return 0;
}

/* What is told before or after that is the machine's. */
static int
spin_untold(void *arg)
{
    int before = load_acquire(&tellings);

    spin_long(arg);
    require(load_acquire(&tellings) == before);
    return 0;
}

START_TEST(computation_is_no_poll)
{
    struct steal_compute compute;

    start(1, LIMIT);
    ck_assert_int_eq(steal_block_on(runtime,
                             steal_compute(&compute, spin_untold, NULL)),
            0);
    runtime_end(runtime);
}
END_TEST

/*
 * The signal
 */

static _Atomic(int) urgent;

static void
count_urgent(int number)
{
    (void)number;
    add_acq_rel(&urgent, 1);
}

/* Of the application, for signals that are not the watchdog's: it is there before
 * the first watchdog of the process, so this is the first of the tests. */
START_TEST(handler_that_was_there_is_called_for_other_signals)
{
    struct sigaction action = { .sa_handler = count_urgent };

    ck_assert_int_eq(sigaction(SIGURG, &action, NULL), 0);
    start(1, LIMIT);
    raise(SIGURG);
    wait_until(load_acquire(&urgent) == 1);
    ck_assert_int_eq(call_inside(runtime, wait_to_be_told, NULL), 0);
    ck_assert_int_eq(load_acquire(&urgent), 1);
    runtime_end(runtime);
}
END_TEST

static _Atomic(int) stopped;

static void
stop_runtime(const struct steal_long_poll *poll, void *data)
{
    store_release(&stopped, steal_runtime_stop(poll->runtime, 0));
    tell(poll, data);
}

START_TEST(who_is_told_cannot_stop_the_runtime)
{
    struct steal_options options = watching(1, LIMIT);

    options.on_long_poll = stop_runtime;
    store_release(&tellings, 0);
    ck_assert_int_eq(steal_runtime_new(&runtime, &options), 0);
    ck_assert_int_eq(call_inside(runtime, wait_to_be_told, NULL), 0);
    ck_assert_int_eq(load_acquire(&stopped), -EDEADLK);
    runtime_end(runtime);
}
END_TEST

static void
count(const struct steal_long_poll *poll, void *data)
{
    (void)poll, (void)data;
    add_acq_rel(&tellings, 1);
}

static void *
watch_one(void *arg)
{
    struct steal_options options = watching(1, LIMIT);
    struct steal_runtime *mine;

    (void)arg;
    options.on_long_poll = count;
    for (int i = 0; i < scaled(100) / 2 + 1; i++) {
        require(steal_runtime_new(&mine, &options) == 0);
        require(call_inside(mine, spin_long, NULL) == 0);
        runtime_end(mine);
    }
    return NULL;
}

START_TEST(several_runtimes_may_be_watched_and_stop)
{
    pthread_t thread[3];

    for (size_t i = 0; i < LENGTH(thread); i++)
        thread[i] = start_thread(watch_one, NULL);
    for (size_t i = 0; i < LENGTH(thread); i++)
        join_thread(thread[i]);
    ck_assert_int_gt(load_acquire(&tellings), 0);
}
END_TEST

/*
 * Text
 */

START_TEST(text_has_it_all)
{
    char text[8192] = "";
    struct outer outer = make_outer();
    FILE *file = fmemopen(text, sizeof text, "w");
    char place[100];
    int lines;

    ck_assert_ptr_nonnull(file);
    start(1, LIMIT);
    lines = steal_block_on(runtime, &outer.async.future);
    steal_long_poll_print(&told, file);
    fclose(file);
    ck_assert_ptr_nonnull(strstr(text, "steal: worker 0 has been in a poll"));
    snprintf(place, sizeof place, "watchdog.c:%d", lines >> 16);
    ck_assert_ptr_nonnull(strstr(text, place));
    ck_assert_ptr_nonnull(strstr(text, "    block_on\n     outer at "));
    ck_assert_ptr_nonnull(strstr(text, " call\n"));
    runtime_end(runtime);
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        handler_that_was_there_is_called_for_other_signals,
        long_poll_is_told_of_with_its_task_awaits_and_stack,
        awaits_go_through_futures_that_have_a_child,
        name_that_was_set_is_told_as_far_as_it_fits,
        each_long_poll_is_told_of_once,
        caller_that_is_the_worker_is_told_of,
        stand_in_is_told_of_and_who_blocks_in_place_is_not,
        poll_that_has_blocked_in_place_is_told_of,
        drop_of_a_runtime_that_stops_is_told_of,
        many_short_drops_are_none_that_is_long,
        many_short_polls_are_none_that_is_long,
        computation_is_no_poll,
        who_is_told_cannot_stop_the_runtime,
        several_runtimes_may_be_watched_and_stop,
        text_has_it_all,
    };

    return run_suite("watchdog", tests, LENGTH(tests));
}
