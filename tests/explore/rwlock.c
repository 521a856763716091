/*
 * rwlock.c - the lock for readers and writers (src/sync/rwlock.c).
 */
#include <steal/rwlock.h>

#include "../../src/task/waitq.h"
#include "explore.h"
#include "toy.h"

#define LOCKS 3

static struct steal_rwlock rwlock;
static struct steal_rwlock_lock lock[LOCKS];
static int data;
static int read_data[LOCKS];

/*
 * Beginnings
 */

static void
set_up(void)
{
    toy_begin();
    steal_rwlock_init(&rwlock);
    data = 0;
    for (unsigned i = 0; i < LOCKS; i++)
        read_data[i] = 0;
    explore_name(&rwlock, sizeof rwlock, "rwlock");
    explore_name(lock, sizeof lock, "lock");
    explore_name(&data, sizeof data, "data");
}

static void
set_up_read_locked(void)
{
    set_up();
    explore_assert(steal_rwlock_try_read(&rwlock));
}

/* One reads, a writer waits. */
static void
set_up_writer_waits(void)
{
    set_up_read_locked();
    toy_begin_to_wait(0, steal_rwlock_write(&lock[0], &rwlock));
}

/* And a reader behind it. */
static void
set_up_reader_behind(void)
{
    set_up_writer_waits();
    toy_begin_to_wait(1, steal_rwlock_read(&lock[1], &rwlock));
}

static void
set_up_reader_waits(void)
{
    set_up();
    explore_assert(steal_rwlock_try_write(&rwlock));
    toy_begin_to_wait(0, steal_rwlock_read(&lock[0], &rwlock));
}

/*
 * What threads do
 */

static struct steal_future *
future(unsigned self)
{
    return &lock[self].acquire.future;
}

static void
go_on_reading(unsigned self)
{
    explore_assert(toy_await(self, future(self)) == 0);
    read_data[self] = data;
    steal_rwlock_unlock_read(&rwlock);
}

static void
go_on_writing(unsigned self)
{
    explore_assert(toy_await(self, future(self)) == 0);
    data++;
    steal_rwlock_unlock_write(&rwlock);
}

static void
read_it(unsigned self)
{
    steal_rwlock_read(&lock[self], &rwlock);
    go_on_reading(self);
}

static void
write_it(unsigned self)
{
    steal_rwlock_write(&lock[self], &rwlock);
    go_on_writing(self);
}

static void
read_and_write(unsigned self)
{
    if (self == 0)
        write_it(0);
    else
        read_it(self);
}

static void
two_write(unsigned self)
{
    if (self == 2)
        read_it(2);
    else
        write_it(self);
}

static void
try_both(unsigned self)
{
    if (self == 0) {
        write_it(0);
    } else if (self == 1 && steal_rwlock_try_read(&rwlock)) {
        read_data[1] = data;
        steal_rwlock_unlock_read(&rwlock);
    } else if (self == 2 && steal_rwlock_try_write(&rwlock)) {
        data++;
        steal_rwlock_unlock_write(&rwlock);
    }
}

/* No reader passes a writer that waits. */
static void
read_behind_writer(unsigned self)
{
    if (self == 0)
        go_on_writing(0);
    else if (self == 1)
        read_it(1);
    else
        steal_rwlock_unlock_read(&rwlock);
}

/* It reads beside the one that reads, once no writer is before it. */
static void
drop_writer(unsigned self)
{
    if (self == 0)
        steal_future_drop(future(0));
    else
        go_on_reading(1);
}

static void
downgrade(unsigned self)
{
    if (self == 0) {
        go_on_reading(0);
        return;
    }
    data = 1;
    steal_rwlock_downgrade(&rwlock);
    explore_assert(data == 1);
    steal_rwlock_unlock_read(&rwlock);
}

/*
 * Ends
 */

static void
is_free(void)
{
    explore_assert(steal_rwlock_try_write(&rwlock));
    explore_assert(toy_is_clean());
}

static void
tell_read(void)
{
    explore_outcome((uint64_t)read_data[1]);
    is_free();
}

static void
writer_was_first(void)
{
    explore_assert(read_data[1] == 1);
    is_free();
}

static void
reader_was_let_in(void)
{
    steal_rwlock_unlock_read(&rwlock);
    is_free();
}

static void
reader_was_last(void)
{
    explore_assert(read_data[0] == 1);
    is_free();
}

/*
 * What would be wrong
 */

static void
write_as_reader(unsigned self)
{
    explore_assert(
            toy_await(self, steal_rwlock_read(&lock[self], &rwlock)) == 0);
    data++;
    steal_rwlock_unlock_read(&rwlock);
}

static void
leave_line(unsigned self)
{
    if (self == 0)
        steal__waitq_leave(waitq_of(&rwlock.permits.waiting),
                wait_of(&lock[0].acquire.wait));
    else
        go_on_reading(1);
}

#define RWLOCK(count, what, begin, end) \
 .threads = count, .setup = begin, .thread = what, .finish = end

static const struct explore_case cases[] = {
    { .name = "read_and_write",
            RWLOCK(2, read_and_write, set_up, tell_read),
            .outcomes = 2 },
    { .name = "two_read",
            RWLOCK(3, read_and_write, set_up, is_free),
            .preemptions = 3 },
    { .name = "two_write",
            RWLOCK(3, two_write, set_up, is_free),
            .preemptions = 3 },
    { .name = "try_both", RWLOCK(3, try_both, set_up, is_free) },
    { .name = "read_behind_writer",
            RWLOCK(3, read_behind_writer, set_up_writer_waits,
                    writer_was_first),
            .preemptions = 4 },
    { .name = "drop_writer",
            RWLOCK(2, drop_writer, set_up_reader_behind, reader_was_let_in) },
    { .name = "downgrade",
            RWLOCK(2, downgrade, set_up_reader_waits, reader_was_last) },

    { .name = "unlock_without_release",
            RWLOCK(2, read_and_write, set_up, is_free),
            .fault = { EXPLORE_DROP_RELEASE, "steal_semaphore_release", NULL,
                    NULL } },
    { .name = "lock_without_acquire",
            RWLOCK(2, read_and_write, set_up, is_free),
            .fault = { EXPLORE_DROP_ACQUIRE, "take", NULL, NULL } },
    { .name = "write_as_reader",
            RWLOCK(2, write_as_reader, set_up, is_free),
            .must_fail = true },
    { .name = "leave_without_looking_back",
            RWLOCK(2, leave_line, set_up_reader_behind, reader_was_let_in),
            .must_fail = true },
};

EXPLORE_MAIN(cases)
