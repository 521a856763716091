/*
 * tests/awaits_outside.c - what waits for time, the system or its tasks says for what.
 */
#include "looking.h"
#include "sockets.h"

static char memory[64];

static struct steal_future pending;

static void
wait_for_nothing(struct wanted *want)
{
    want->thing = "nothing";
    want->future = steal_pending(&pending);
}

static struct steal_sleep sleep_future;

static void
wait_for_time(struct wanted *want)
{
    want->thing = "timer";
    want->deadline = steal_now() + STEAL_SECONDS(100);
    want->future = steal_sleep_until(&sleep_future, want->deadline);
}

static void
wait_for_no_time(struct wanted *want)
{
    want->thing = "timer";
    want->future = steal_sleep_until(&sleep_future, STEAL_FOREVER);
}

static struct steal_interval interval;

static void
wait_for_tick(struct wanted *want)
{
    want->thing = "timer";
    want->deadline = steal_now() + STEAL_SECONDS(100);
    steal_interval_init(&interval, STEAL_SECONDS(1), want->deadline);
    want->future = steal_interval_next(&interval);
}

static struct steal_next next;
static struct steal_stream_ticks ticks;
static struct steal_stream_take take;

static void
wait_for_few_ticks(struct wanted *want)
{
    want->thing = "timer";
    want->deadline = steal_now() + STEAL_SECONDS(100);
    steal_stream_ticks(&ticks, STEAL_SECONDS(1), want->deadline);
    want->future = steal_next(&next,
            steal_stream_take(&take, &ticks.stream, 1));
}

static struct steal_deadlines deadlines;
static struct steal_deadline deadline;
static struct steal_deadlines_next deadlines_next;

static void
wait_for_deadline(struct wanted *want)
{
    steal_deadlines_init(&deadlines);
    deadline = (struct steal_deadline)STEAL_DEADLINE_INIT;
    want->thing = "deadlines";
    want->object = &deadlines;
    want->deadline = steal_now() + STEAL_SECONDS(100);
    steal_deadlines_insert(&deadlines, &deadline, want->deadline);
    want->future = steal_deadlines_next(&deadlines_next, &deadlines);
}

static void
wait_for_first_deadline(struct wanted *want)
{
    steal_deadlines_init(&deadlines);
    want->thing = "deadlines";
    want->object = &deadlines;
    want->future = steal_deadlines_next(&deadlines_next, &deadlines);
}

static struct steal_task *joined;
static struct steal_join join;

static void
end_joined(void)
{
    steal_task_abort(joined);
    ck_assert_int_eq(join_task(home, joined), -ECANCELED);
}

static void
wait_for_task(struct wanted *want)
{
    ck_assert_int_eq(steal_spawn(home, wait_for_ever(), sizeof never_wait,
                             &joined),
            0);
    want->thing = "task";
    want->object = joined;
    want->task = steal_task_id(joined);
    want->future = steal_join(&join, joined);
    want->undo = end_joined;
}

static struct steal_fd *fds[2];
static struct steal_io io;
static struct steal_ready ready;

static void
close_fds(void)
{
    steal_fd_close(fds[0]);
    steal_fd_close(fds[1]);
}

static void
make_pipe(struct wanted *want, int i, const char *thing)
{
    ck_assert_int_eq(steal_pipe(fds, home), 0);
    want->thing = thing;
    want->object = fds[i];
    want->number = steal_fd_number(fds[i]);
    want->undo = close_fds;
}

static void
wait_to_be_readable(struct wanted *want)
{
    make_pipe(want, 0, "readable");
    want->future = steal_fd_readable(&ready, fds[0]);
}

static void
wait_for_bytes(struct wanted *want)
{
    make_pipe(want, 0, "readable");
    want->future = steal_fd_read(&io, fds[0], memory, sizeof memory);
}

static void
wait_to_be_writable(struct wanted *want)
{
    static const char much[1 << 20];

    make_pipe(want, 1, "writable");
    want->future = steal_fd_write_all(&io, fds[1], much, sizeof much);
}

static struct steal_reader reader;
static struct steal_read read_future;

static void
wait_for_line(struct wanted *want)
{
    make_pipe(want, 0, "readable");
    steal_reader_init(&reader, fds[0], memory, sizeof memory);
    want->future = steal_reader_line(&read_future, &reader);
}

static struct steal_copy copy;

static void
wait_to_copy(struct wanted *want)
{
    make_pipe(want, 0, "readable");
    want->future = steal_copy(&copy, fds[0], fds[1], STEAL_ALL);
}

static void
close_fd(void)
{
    steal_fd_close(fds[0]);
}

static struct steal_accept accept_future;

static void
wait_for_connection(struct wanted *want)
{
    struct steal_address address = address_of("127.0.0.1:0");

    ck_assert_int_eq(steal_listen(&fds[0], home, &address, NULL), 0);
    want->thing = "readable";
    want->object = fds[0];
    want->number = steal_fd_number(fds[0]);
    want->future = steal_accept(&accept_future, fds[0]);
    want->undo = close_fd;
}

static struct steal_datagram_io datagram;
static struct steal_address source;

static void
wait_for_datagram(struct wanted *want)
{
    struct steal_address address = address_of("127.0.0.1:0");

    ck_assert_int_eq(steal_datagram(&fds[0], home, &address, NULL), 0);
    want->thing = "readable";
    want->object = fds[0];
    want->number = steal_fd_number(fds[0]);
    want->future = steal_fd_recv_from(&datagram, fds[0], memory, sizeof memory,
            &source);
    want->undo = close_fd;
}

static struct steal_signal *signal_object;
static struct steal_signal_next signal_next;

static void
free_signal(void)
{
    steal_signal_free(signal_object);
}

static void
wait_for_signal(struct wanted *want)
{
    ck_assert_int_eq(steal_signal_new(&signal_object, home, SIGUSR2), 0);
    want->thing = "signal";
    want->object = signal_object;
    want->number = SIGUSR2;
    want->future = steal_signal_next(&signal_next, signal_object);
    want->undo = free_signal;
}

static struct steal_file_watch *file_watch;
static struct steal_file_watch_next file_watch_next;

static void
free_file_watch(void)
{
    steal_file_watch_free(file_watch);
}

static void
wait_for_file(struct wanted *want)
{
    ck_assert_int_eq(steal_file_watch_new(&file_watch, home, "/",
                             STEAL_RENAMED),
            0);
    want->thing = "file_watch";
    want->object = file_watch;
    want->future = steal_file_watch_next(&file_watch_next, file_watch);
    want->undo = free_file_watch;
}

static struct steal_process *process;
static struct steal_process_wait process_wait;

static void
free_process(void)
{
    steal_process_free(process);
}

static void
wait_for_process(struct wanted *want)
{
    static const char *const args[] = { "sleep", "100", NULL };
    struct steal_process_options options = { .file = "sleep",
        .args = args,
        .flags = STEAL_PROCESS_KILL_ON_DROP };

    ck_assert_int_eq(steal_process_spawn(&process, home, &options), 0);
    want->thing = "process";
    want->object = process;
    want->number = steal_process_id(process);
    want->future = steal_process_wait(&process_wait, process);
    want->undo = free_process;
}

static int
do_nothing(void *arg)
{
    (void)arg;
    return 0;
}

static struct steal_blocking blocking;

static void
wait_for_call(struct wanted *want)
{
    want->thing = "blocking call";
    want->object = (const void *)(uintptr_t)do_nothing;
    want->future = steal_blocking(&blocking, do_nothing, NULL);
}

static struct steal_compute compute;

static void
wait_for_computation(struct wanted *want)
{
    want->thing = "computation";
    want->object = (const void *)(uintptr_t)do_nothing;
    want->future = steal_compute(&compute, do_nothing, NULL);
}

static struct steal_group group;
static struct steal_group_wait group_wait;
static struct steal_group_next group_next;
static struct steal_group_room group_room;
static struct steal_group_failed group_failed;

static void
end_group(void)
{
    steal_group_fini(&group);
}

static void
make_group(struct wanted *want, const char *thing)
{
    ck_assert_int_eq(steal_group_init(&group, home, 0), 0);
    ck_assert_int_eq(steal_group_spawn(&group, wait_for_ever(),
                             sizeof never_wait),
            0);
    steal_group_set_limit(&group, 1);
    want->thing = thing;
    want->object = &group;
    want->undo = end_group;
}

static void
wait_for_group(struct wanted *want)
{
    make_group(want, "group, to end");
    want->future = steal_group_wait(&group_wait, &group);
}

static void
wait_for_group_until(struct wanted *want)
{
    make_group(want, "group, to end");
    want->deadline = steal_now() + STEAL_SECONDS(100);
    steal_group_set_deadline(&group, want->deadline);
    want->future = steal_group_wait(&group_wait, &group);
}

static void
wait_for_group_next(struct wanted *want)
{
    make_group(want, "group, for the next");
    want->future = steal_group_next(&group_next, &group);
}

static void
wait_for_room(struct wanted *want)
{
    make_group(want, "group, for room");
    want->future = steal_group_room(&group_room, &group);
}

static void
wait_for_failure(struct wanted *want)
{
    make_group(want, "group, to fail");
    want->future = steal_group_failed(&group_failed, &group);
}

static const struct leaf leaves[] = {
    { wait_for_nothing, { "pending" } },
    { wait_for_time, { "sleep" } },
    { wait_for_no_time, { "sleep" } },
    { wait_for_tick, { "interval", "sleep" } },
    { wait_for_few_ticks, { "next", "interval", "sleep" } },
    { wait_for_deadline, { "deadlines" } },
    { wait_for_first_deadline, { "deadlines" } },
    { wait_for_task, { "join" } },
    { wait_to_be_readable, { "fd" } },
    { wait_for_bytes, { "io" } },
    { wait_to_be_writable, { "io" } },
    { wait_for_line, { "read", "io" } },
    { wait_to_copy, { "copy", "io" } },
    { wait_for_connection, { "accept", "io" } },
    { wait_for_datagram, { "io" } },
    { wait_for_signal, { "signal" } },
    { wait_for_file, { "file_watch" } },
    { wait_for_process, { "process" } },
    { wait_for_call, { "blocking" } },
    { wait_for_computation, { "compute" } },
    { wait_for_group, { "group_wait" } },
    { wait_for_group_until, { "group_wait" } },
    { wait_for_group_next, { "group_next" } },
    { wait_for_room, { "group_room" } },
    { wait_for_failure, { "group_failed" } },
};

START_TEST(whoever_waits_says_for_what)
{
    check_leaf(&leaves[_i]);
}
END_TEST

int
main(void)
{
    return run_leaves("awaits_outside", whoever_waits_says_for_what,
            LENGTH(leaves));
}
