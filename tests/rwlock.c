/*
 * tests/rwlock.c - many readers, or one writer, in the order of coming.
 */
#include <steal/rwlock.h>

#include "../src/task/budget.h"
#include "hands.h"

static struct steal_rwlock rwlock;
static struct steal_rwlock_lock lock[HANDS];

static void
reset(void)
{
    hands_reset();
    steal_rwlock_init(&rwlock);
}

static struct steal_future *
of(int i)
{
    return &lock[i].acquire.future;
}

static void
line_up_to_read(int i)
{
    assert_poll(i, steal_rwlock_read(&lock[i], &rwlock), PENDING);
    assert_woken(i, 0);
}

static void
line_up_to_write(int i)
{
    assert_poll(i, steal_rwlock_write(&lock[i], &rwlock), PENDING);
    assert_woken(i, 0);
}

static void
assert_gets(int i)
{
    assert_woken(i, 1);
    assert_ready(i, of(i), 0);
}

static void
read_at_once(void)
{
    ck_assert(steal_rwlock_try_read(&rwlock));
}

static void
write_at_once(void)
{
    ck_assert(steal_rwlock_try_write(&rwlock));
}

static void
end_read(void)
{
    steal_rwlock_unlock_read(&rwlock);
}

static void
end_write(void)
{
    steal_rwlock_unlock_write(&rwlock);
}

/* Nobody has it, nobody is in line. */
static void
assert_free(void)
{
    assert_hands_free();
    write_at_once();
    end_write();
    ck_assert_uint_eq(steal_semaphore_available(&rwlock.permits),
            STEAL_READERS_MAX);
}

START_TEST(many_read_or_one_writes)
{
    static struct steal_rwlock fixed = STEAL_RWLOCK_INIT;

    ck_assert(steal_rwlock_try_read(&fixed));
    ck_assert(steal_rwlock_try_read(&fixed));
    ck_assert(!steal_rwlock_try_write(&fixed));
    steal_rwlock_unlock_read(&fixed);
    ck_assert(!steal_rwlock_try_write(&fixed));
    steal_rwlock_unlock_read(&fixed);
    ck_assert(steal_rwlock_try_write(&fixed));
    ck_assert(!steal_rwlock_try_write(&fixed));
    ck_assert(!steal_rwlock_try_read(&fixed));
    steal_rwlock_unlock_write(&fixed);
    ck_assert(steal_rwlock_try_read(&fixed));
    steal_rwlock_unlock_read(&fixed);
}
END_TEST

START_TEST(free_lock_is_had_at_once)
{
    assert_ready(0, steal_rwlock_read(&lock[0], &rwlock), 0);
    assert_ready(1, steal_rwlock_read(&lock[1], &rwlock), 0);
    end_read();
    end_read();
    assert_ready(2, steal_rwlock_write(&lock[2], &rwlock), 0);
    steal_future_drop(of(2));
    ck_assert(!steal_rwlock_try_read(&rwlock));
    end_write();
    assert_free();
}
END_TEST

START_TEST(last_reader_lets_the_writer_in)
{
    read_at_once();
    read_at_once();
    line_up_to_write(0);
    end_read();
    assert_woken(0, 0);
    end_read();
    assert_gets(0);
    ck_assert(!steal_rwlock_try_read(&rwlock));
    end_write();
    assert_free();
}
END_TEST

START_TEST(writer_lets_all_readers_in_at_once)
{
    write_at_once();
    for (int i = 0; i < HANDS; i++)
        line_up_to_read(i);
    end_write();
    for (int i = 0; i < HANDS; i++)
        assert_gets(i);
    for (int i = 0; i < HANDS; i++)
        end_read();
    assert_free();
}
END_TEST

START_TEST(writer_is_not_starved_by_readers)
{
    read_at_once();
    line_up_to_write(0);
    ck_assert(!steal_rwlock_try_read(&rwlock));
    for (int i = 1; i < 5; i++)
        line_up_to_read(i);
    end_read();
    assert_gets(0);
    for (int i = 1; i < 5; i++)
        assert_woken(i, 0);
    end_write();
    for (int i = 1; i < 5; i++)
        assert_gets(i);
    for (int i = 1; i < 5; i++)
        end_read();
    assert_free();
}
END_TEST

START_TEST(readers_are_not_starved_by_writers)
{
    write_at_once();
    line_up_to_write(0);
    line_up_to_read(1);
    line_up_to_read(2);
    line_up_to_write(3);
    line_up_to_read(4);
    end_write();
    assert_gets(0);
    assert_woken(1, 0);
    end_write();
    assert_gets(1);
    assert_gets(2);
    assert_woken(3, 0);
    assert_woken(4, 0);
    end_read();
    end_read();
    assert_gets(3);
    end_write();
    assert_gets(4);
    end_read();
    assert_free();
}
END_TEST

/*
 * Downgrade
 */

START_TEST(downgrade_lets_readers_in_and_no_writer)
{
    write_at_once();
    line_up_to_read(0);
    line_up_to_read(1);
    line_up_to_write(2);
    line_up_to_read(3);
    steal_rwlock_downgrade(&rwlock);
    assert_gets(0);
    assert_gets(1);
    assert_woken(2, 0);
    assert_woken(3, 0);
    end_read();
    end_read();
    assert_woken(2, 0);
    end_read(); /* that was the writer */
    assert_gets(2);
    end_write();
    assert_gets(3);
    end_read();
    assert_free();
}
END_TEST

START_TEST(downgraded_lock_is_held_for_reading)
{
    write_at_once();
    steal_rwlock_downgrade(&rwlock);
    ck_assert(!steal_rwlock_try_write(&rwlock));
    read_at_once();
    end_read();
    ck_assert(!steal_rwlock_try_write(&rwlock));
    end_read();
    assert_free();
}
END_TEST

START_TEST(writer_that_waits_first_has_its_turn_after_a_downgrade)
{
    write_at_once();
    line_up_to_write(0);
    line_up_to_read(1);
    steal_rwlock_downgrade(&rwlock);
    assert_woken(0, 0);
    assert_woken(1, 0);
    end_read();
    assert_gets(0);
    end_write();
    assert_gets(1);
    end_read();
    assert_free();
}
END_TEST

/*
 * Drop
 */

START_TEST(lock_that_is_not_polled_takes_nothing)
{
    steal_future_drop(steal_rwlock_write(&lock[0], &rwlock));
    steal_future_drop(steal_rwlock_read(&lock[1], &rwlock));
    assert_free();
}
END_TEST

START_TEST(dropped_writer_lets_the_readers_behind_it_in)
{
    read_at_once();
    line_up_to_write(0);
    line_up_to_read(1);
    line_up_to_read(2);
    line_up_to_write(3);
    steal_future_drop(of(0));
    assert_gets(1);
    assert_gets(2);
    assert_woken(3, 0);
    end_read();
    end_read();
    end_read();
    assert_gets(3);
    end_write();
    assert_free();
}
END_TEST

START_TEST(dropped_reader_is_out_of_the_line)
{
    write_at_once();
    line_up_to_read(0);
    line_up_to_read(1);
    steal_future_drop(of(0));
    end_write();
    assert_woken(0, 0);
    assert_gets(1);
    end_read();
    assert_free();
}
END_TEST

START_TEST(what_a_dropped_writer_was_given_goes_to_the_readers)
{
    read_at_once();
    line_up_to_write(0);
    line_up_to_read(1);
    line_up_to_read(2);
    end_read();
    assert_woken(0, 1);
    assert_woken(1, 0);
    steal_future_drop(of(0));
    assert_gets(1);
    assert_gets(2);
    end_read();
    end_read();
    assert_free();
}
END_TEST

START_TEST(what_a_dropped_reader_was_given_goes_to_the_writer)
{
    write_at_once();
    line_up_to_read(0);
    line_up_to_write(1);
    end_write();
    assert_woken(0, 1);
    assert_woken(1, 0);
    steal_future_drop(of(0));
    assert_gets(1);
    end_write();
    assert_free();
}
END_TEST

/*
 * Misuse
 */

static void
end_read_of_free_lock(void *arg)
{
    steal_rwlock_init(arg);
    steal_rwlock_unlock_read(arg);
}

static void
end_write_of_reader(void *arg)
{
    steal_rwlock_init(arg);
    if (steal_rwlock_try_read(arg))
        steal_rwlock_unlock_write(arg);
}

static void
downgrade_reader(void *arg)
{
    steal_rwlock_init(arg);
    if (steal_rwlock_try_read(arg))
        steal_rwlock_downgrade(arg);
}

START_TEST(unlock_of_what_is_not_locked_is_misuse)
{
    ck_assert(aborts(end_read_of_free_lock, &rwlock));
    ck_assert(aborts(end_write_of_reader, &rwlock));
    ck_assert(aborts(downgrade_reader, &rwlock));
}
END_TEST

/*
 * In tasks
 */

struct greedy {
    struct steal_async async;
    struct steal_rwlock_lock lock;
    int n;
    int polls;
};

static enum steal_poll
greedy_poll(struct steal_future *future, struct steal_context *cx)
{
    struct greedy *self = (struct greedy *)future;

    self->polls++;
    STEAL_BEGIN(&self->async);
    for (; self->n > 0; self->n--) {
        STEAL_AWAIT(cx, steal_rwlock_read(&self->lock, &rwlock));
        end_read();
        STEAL_AWAIT(cx, steal_rwlock_write(&self->lock, &rwlock));
        end_write();
    }
    STEAL_END();
}

static const struct steal_future_ops greedy_ops = { .name = "greedy",
    .poll = greedy_poll };

START_TEST(task_gives_way_though_the_lock_is_free)
{
    struct steal_runtime *runtime = runtime_start(1);
    struct greedy greedy = { .async = STEAL_ASYNC(&greedy_ops),
        .n = 5 * TASK_BUDGET };

    ck_assert_int_eq(steal_block_on(runtime, &greedy.async.future), 0);
    ck_assert_int_ge(greedy.polls, 10);
    runtime_end(runtime);
    assert_free();
}
END_TEST

START_TEST(timeout_leaves_the_line)
{
    struct steal_runtime *runtime = runtime_start(1);
    struct steal_timeout timeout;

    read_at_once();
    steal_timeout(&timeout, steal_rwlock_write(&lock[0], &rwlock), STEAL_MS(2));
    ck_assert_int_eq(steal_block_on(runtime, &timeout.future), -ETIMEDOUT);
    read_at_once();
    end_read();
    end_read();
    runtime_end(runtime);
    assert_free();
}
END_TEST

/*
 * Many at once: readers see both numbers alike, which writers change.
 */

#define VISITORS 6

static long one, other; /* guarded by the lock, and by nothing else */
static _Atomic(int) written;

struct visitor {
    struct steal_async async;
    struct steal_rwlock_lock lock;
    struct steal_timeout timeout;
    struct steal_yield yield;
    int rounds;
    bool writes;
};

static struct steal_future *
visitor_lock(struct visitor *self)
{
    uint64_t patience = self->rounds % 4 ? STEAL_SECONDS(100) : STEAL_US(50);
    struct steal_future *future;

    self->writes = self->rounds % 3 == 0;
    future = self->writes ? steal_rwlock_write(&self->lock, &rwlock)
                          : steal_rwlock_read(&self->lock, &rwlock);
    return steal_timeout(&self->timeout, future, patience);
}

static enum steal_poll
visitor_poll(struct steal_future *future, struct steal_context *cx)
{
    struct visitor *self = (struct visitor *)future;

    STEAL_BEGIN(&self->async);
    for (; self->rounds > 0; self->rounds--) {
        STEAL_AWAIT(cx, visitor_lock(self));
        if (self->timeout.future.result == -ETIMEDOUT)
            continue;
        if (self->writes) {
            one++;
            STEAL_AWAIT(cx, steal_yield(&self->yield));
            other++;
            add_relaxed(&written, 1);
            steal_rwlock_downgrade(&rwlock);
        }
        require(one == other);
        end_read();
    }
    STEAL_END();
}

static const struct steal_future_ops visitor_ops = { .name = "visitor",
    .poll = visitor_poll };

/* To write: waits now and then, else tries if it is time to. */
static bool
write_in_thread(int i)
{
    struct steal_rwlock_lock mine;

    if (i % 64 == 0)
        return steal_block_on(NULL, steal_rwlock_write(&mine, &rwlock)) == 0;
    return i % 2 && steal_rwlock_try_write(&rwlock);
}

static void *
visit_in_thread(void *arg)
{
    for (int i = *(int *)arg; i > 0; i--) {
        if (write_in_thread(i)) {
            one++;
            other++;
            add_relaxed(&written, 1);
            end_write();
        } else if (steal_rwlock_try_read(&rwlock)) {
            require(one == other);
            end_read();
        }
    }
    return NULL;
}

START_TEST(no_reader_sees_half_of_a_write)
{
    struct steal_runtime *runtime = runtime_start(2);
    struct steal_task *task[VISITORS];
    int rounds = scaled(20000);
    pthread_t thread;

    one = other = 0;
    store_relaxed(&written, 0);
    thread = start_thread(visit_in_thread, &rounds);
    for (int i = 0; i < VISITORS; i++) {
        struct visitor visitor = { .async = STEAL_ASYNC(&visitor_ops),
            .rounds = rounds };

        require(steal_spawn(runtime, &visitor.async.future, sizeof visitor,
                        &task[i]) == 0);
    }
    for (int i = 0; i < VISITORS; i++)
        ck_assert_int_eq(join_task(runtime, task[i]), 0);
    join_thread(thread);
    runtime_end(runtime);
    ck_assert_int_eq(one, load_relaxed(&written));
    ck_assert_int_eq(other, load_relaxed(&written));
    assert_free();
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        many_read_or_one_writes,
        free_lock_is_had_at_once,
        last_reader_lets_the_writer_in,
        writer_lets_all_readers_in_at_once,
        writer_is_not_starved_by_readers,
        readers_are_not_starved_by_writers,
        downgrade_lets_readers_in_and_no_writer,
        downgraded_lock_is_held_for_reading,
        writer_that_waits_first_has_its_turn_after_a_downgrade,
        lock_that_is_not_polled_takes_nothing,
        dropped_writer_lets_the_readers_behind_it_in,
        dropped_reader_is_out_of_the_line,
        what_a_dropped_writer_was_given_goes_to_the_readers,
        what_a_dropped_reader_was_given_goes_to_the_writer,
        unlock_of_what_is_not_locked_is_misuse,
        task_gives_way_though_the_lock_is_free,
        timeout_leaves_the_line,
        no_reader_sees_half_of_a_write,
    };

    return run_suite_with("rwlock", reset, tests, LENGTH(tests));
}
