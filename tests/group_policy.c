/*
 * tests/group_policy.c - tasks that are shielded, and groups that forget.
 */
#include <steal/group.h>

#include "kit.h"

#define SOON STEAL_MS(5)

static struct steal_runtime *runtime;
static struct steal_group group;
static struct record shielded;
static struct record other;
static struct record queued;
static _Atomic(int) blocks; /* of the runtime's memory, out */

static void *
allocate(size_t size, void *data)
{
    add_acq_rel((_Atomic(int) *)data, 1);
    return malloc(size);
}

static void
release(void *block, size_t size, void *data)
{
    (void)size;
    sub_acq_rel((_Atomic(int) *)data, 1);
    free(block);
}

static void
reset(void)
{
    struct steal_options options = STEAL_OPTIONS_INIT;

    group = (struct steal_group){ NULL };
    shielded = (struct record)RECORD_INIT;
    other = (struct record)RECORD_INIT;
    queued = (struct record)RECORD_INIT;
    options.workers = 2;
    options.allocator = (struct steal_allocator){ allocate, release, &blocks };
    store_release(&blocks, 0);
    ck_assert_int_eq(steal_runtime_new(&runtime, &options), 0);
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
    ck_assert_int_eq(load_acquire(&blocks), 0);
}

static void
add(struct record *record, int turns, int result)
{
    struct probe probe = probe_make(record, turns, result);

    require(steal_group_spawn(&group, &probe.future, sizeof probe) == 0);
}

static void
add_shielded(int turns, int result)
{
    struct probe probe = probe_make(&shielded, turns, result);

    require(steal_group_spawn_shielded(&group, &probe.future, sizeof probe) ==
            0);
}

/* One of each, both waiting. */
static void
add_both(void)
{
    add_shielded(PROBE_WAITS, 0);
    add(&other, PROBE_WAITS, 0);
    wait_until(record_polls(&shielded) == 1 && record_polls(&other) == 1);
}

static int
wait_for_all(void)
{
    struct steal_group_wait wait;

    return steal_block_on(runtime, steal_group_wait(&wait, &group));
}

/*
 * Shielded tasks
 */

START_TEST(failure_spares_the_shielded)
{
    begin(0);
    add_both();
    add(&other, 0, -EIO);
    wait_until(record_drops(&other) == 2);
    ck_assert_int_eq(record_drops(&shielded), 0);
    wait_until(steal_group_live(&group) == 1);
    record_open(&shielded);
    ck_assert_int_eq(wait_for_all(), -EIO);
    ck_assert_int_eq(record_polls(&shielded), 2);
    end();
}
END_TEST

START_TEST(abort_spares_the_shielded_and_wait_waits_for_them)
{
    struct steal_group_wait wait;
    struct steal_timeout timeout;

    begin(0);
    add_both();
    steal_group_abort(&group);
    ck_assert_int_eq(steal_block_on(runtime,
                             steal_timeout(&timeout,
                                     steal_group_wait(&wait, &group), SOON)),
            -ETIMEDOUT);
    ck_assert_int_eq(record_drops(&other), 1);
    ck_assert_int_eq(record_drops(&shielded), 0);
    record_open(&shielded);
    ck_assert_int_eq(wait_for_all(), 0);
    ck_assert_int_eq(record_drops(&shielded), 1);
    end();
}
END_TEST

START_TEST(failure_of_the_shielded_counts_even_after_an_abort)
{
    begin(0);
    add_shielded(PROBE_WAITS, -EPROTO);
    steal_group_abort(&group);
    record_open(&shielded);
    ck_assert_int_eq(wait_for_all(), -EPROTO);
    end();
}
END_TEST

START_TEST(failure_of_the_shielded_aborts_the_others)
{
    begin(0);
    add_shielded(PROBE_WAITS, -EPROTO);
    add(&other, PROBE_WAITS, 0);
    record_open(&shielded);
    ck_assert_int_eq(wait_for_all(), -EPROTO);
    ck_assert_int_eq(record_drops(&other), 1);
    end();
}
END_TEST

START_TEST(shielded_keep_their_turn_after_an_abort)
{
    begin(0);
    steal_group_set_limit(&group, 1);
    add_shielded(PROBE_WAITS, 0);
    wait_until(record_polls(&shielded) == 1);
    add(&other, 0, 0);
    add_shielded(0, 0);
    add(&other, 0, 0);
    add_shielded(0, 0);
    steal_group_abort(&group);
    wait_until(record_drops(&other) == 2);
    wait_until(steal_group_live(&group) == 3);
    ck_assert_int_eq(record_polls(&shielded), 1);
    record_open(&shielded);
    ck_assert_int_eq(wait_for_all(), 0);
    ck_assert_int_eq(record_polls(&other), 0);
    ck_assert_int_eq(record_polls(&shielded), 4);
    ck_assert_int_eq(record_drops(&shielded), 3);
    end();
}
END_TEST

START_TEST(shielded_go_on_after_the_end_of_the_group)
{
    begin(0);
    steal_group_set_limit(&group, 2);
    add_both();
    for (int i = 0; i < 10; i++) {
        struct probe probe = probe_make(&queued, 1, 0);

        require(steal_group_spawn_shielded(&group, &probe.future,
                        sizeof probe) == 0);
    }
    steal_group_fini(&group);
    wait_until(record_drops(&other) == 1);
    wait_until(record_drops(&queued) == 10);
    ck_assert_int_eq(record_polls(&queued), 10 * 2);
    record_open(&shielded);
    wait_until(record_drops(&shielded) == 1);
    ck_assert_int_eq(record_polls(&shielded), 2);
    end();
}
END_TEST

START_TEST(nothing_shielded_is_added_after_an_abort)
{
    struct probe probe = probe_make(&shielded, 0, 0);

    begin(0);
    steal_group_abort(&group);
    ck_assert_int_eq(steal_group_spawn_shielded(&group, &probe.future,
                             sizeof probe),
            -ECANCELED);
    end();
    ck_assert_int_eq(record_drops(&shielded), 0);
}
END_TEST

START_TEST(stop_of_the_runtime_spares_nobody)
{
    begin(0);
    steal_group_set_limit(&group, 1);
    add_shielded(PROBE_WAITS, 0);
    add_shielded(PROBE_WAITS, 0);
    runtime_end(runtime);
    ck_assert_int_eq(record_drops(&shielded), 2);
    steal_group_fini(&group);
    ck_assert_int_eq(load_acquire(&blocks), 0);
}
END_TEST

/*
 * Groups that forget
 */

START_TEST(group_that_forgets_has_no_next)
{
    struct steal_group_next next;

    begin(STEAL_GROUP_FORGET);
    ck_assert_int_eq(steal_block_on(runtime, steal_group_next(&next, &group)),
            -EINVAL);
    ck_assert_ptr_null(next.task_future);
    end();
}
END_TEST

START_TEST(group_that_forgets_knows_of_failures)
{
    begin(STEAL_GROUP_FORGET);
    add_both();
    add(&other, 0, -EIO);
    record_open(&shielded);
    ck_assert_int_eq(wait_for_all(), -EIO);
    end();
}
END_TEST

START_TEST(group_that_forgets_may_end_while_tasks_run)
{
    begin(STEAL_GROUP_FORGET);
    steal_group_set_limit(&group, 3);
    add_both();
    for (int i = 0; i < 10; i++)
        add(&queued, PROBE_WAITS, 0);
    steal_group_fini(&group);
    wait_until(record_drops(&other) == 1 && record_drops(&queued) == 10);
    ck_assert_int_eq(record_drops(&shielded), 0);
    end();
    ck_assert_int_eq(record_drops(&shielded), 1);
}
END_TEST

/* Spawns children with a pause for them, and no wait. */
struct server {
    struct steal_async async;
    struct steal_group_room room;
    int left;
    int most;
};

static void
serve(struct server *self)
{
    int now = load_acquire(&blocks);

    if (self->most < now)
        self->most = now;
    add(&other, 1, 0);
}

static enum steal_poll
server_poll(struct steal_future *future, struct steal_context *cx)
{
    struct server *self = (struct server *)future;

    STEAL_BEGIN(&self->async);
    while (self->left-- > 0) {
        STEAL_AWAIT(cx, steal_group_room(&self->room, &group));
        serve(self);
    }
    STEAL_END();
}

static const struct steal_future_ops server_ops = { .name = "server",
    .poll = server_poll };

static int
most_blocks(int n)
{
    struct server server = { .async = STEAL_ASYNC(&server_ops), .left = n };

    ck_assert_int_eq(steal_block_on(runtime, &server.async.future), 0);
    return server.most;
}

START_TEST(group_that_forgets_holds_no_memory)
{
    int n = scaled(100000);
    int first;

    begin(STEAL_GROUP_FORGET);
    steal_group_set_limit(&group, 100);
    first = most_blocks(1000);
    ck_assert_int_le(most_blocks(n), first + 300);
    ck_assert_int_eq(wait_for_all(), 0);
    ck_assert_int_eq(record_drops(&other), n + 1000);
    end();
}
END_TEST

START_TEST(group_that_remembers_holds_memory_until_it_is_asked)
{
    begin(0);
    steal_group_set_limit(&group, 100);
    ck_assert_int_gt(most_blocks(2000), 1000);
    ck_assert_int_eq(wait_for_all(), 0);
    end();
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        failure_spares_the_shielded,
        abort_spares_the_shielded_and_wait_waits_for_them,
        failure_of_the_shielded_counts_even_after_an_abort,
        failure_of_the_shielded_aborts_the_others,
        shielded_keep_their_turn_after_an_abort,
        shielded_go_on_after_the_end_of_the_group,
        nothing_shielded_is_added_after_an_abort,
        stop_of_the_runtime_spares_nobody,
        group_that_forgets_has_no_next,
        group_that_forgets_knows_of_failures,
        group_that_forgets_may_end_while_tasks_run,
        group_that_forgets_holds_no_memory,
        group_that_remembers_holds_memory_until_it_is_asked,
    };

    /* Several wait on one record here, which keeps one waker: the others are in fact
     * lost. */
    unsetenv("STEAL_DEBUG");
    return run_suite_with("group_policy", reset, tests, LENGTH(tests));
}
