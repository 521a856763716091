/*
 * tests/standstill.c - a runtime whose tasks all wait for nothing that will come is
 * told of, and no other is.
 */
#include <steal/debug.h>

#include <stdio.h>

#include "kit.h"

/* The sanitizer has a thread of its own, of which nobody knows what it does. */
#if defined(__has_feature)
# if __has_feature(thread_sanitizer)
#  define HAS_FOREIGN_THREAD
# endif
#elif defined(__SANITIZE_THREAD__)
# define HAS_FOREIGN_THREAD
#endif

/* Long enough for several looks. */
#define LONG STEAL_SECONDS(1)

/* What was told last, and how often. */
static struct steal_stuck_task told[64];
static size_t ntold;
static size_t nothers;
static char text[16384];
static _Atomic(int) tellings;

/* How many words are sent when it was told, the next time. */
static int help;

static struct steal_channel channels[2];
static int slots[2][4];

static void
send_to(int i)
{
    require(steal_channel_try_send(&channels[i], &i) == 0);
}

static void
tell(const struct steal_stuck *stuck, void *data)
{
    FILE *file = fmemopen(text, sizeof text, "w");

    (void)data;
    require(file && stuck->kind == STEAL_STANDSTILL);
    require(stuck->ntasks <= LENGTH(told));
    ntold = stuck->ntasks;
    nothers = stuck->nothers;
    memcpy(told, stuck->tasks, ntold * sizeof *told);
    steal_stuck_print(stuck, file);
    fclose(file);
    add_acq_rel(&tellings, 1);
    for (; help; help--)
        send_to(0);
}

static struct steal_options
looking(unsigned policy)
{
    struct steal_options options = STEAL_OPTIONS_INIT;

    options.detect_lost_wakes = policy;
    options.on_stuck = tell;
    return options;
}

static void
reset(void)
{
    store_release(&tellings, 0);
    help = 0;
    for (int i = 0; i < 2; i++)
        steal_channel_init(&channels[i], slots[i], sizeof slots[i][0], 4);
}

/* Waits for a word to the other channel. */
static void
spawn_receiver(struct steal_runtime *runtime)
{
    struct steal_channel_receive receive;

    ck_assert_int_eq(steal_spawn(runtime,
                             steal_channel_receive(&receive, &channels[1],
                                     NULL),
                             sizeof receive, NULL),
            0);
}

#ifndef HAS_FOREIGN_THREAD

/*
 * Two who wait for one another's first word
 */

struct peer {
    struct steal_async async;
    struct steal_channel_receive receive;
    int me;
    int rounds;
    int word;
};

static enum steal_poll
peer_poll(struct steal_future *future, struct steal_context *cx)
{
    struct peer *self = (struct peer *)future;

    STEAL_BEGIN(&self->async);
    while (self->rounds--) {
        STEAL_AWAIT(cx, steal_channel_receive(&self->receive,
                                &channels[self->me], &self->word));
        if (self->receive.future.result < 0)
            STEAL_RETURN(self->receive.future.result);
        send_to(1 - self->me);
    }
    STEAL_END();
}

static void
peer_drop(struct steal_future *future)
{
    steal_channel_close(&channels[1 - ((struct peer *)future)->me]);
}

static const struct steal_future_ops peer_ops = { .name = "peer",
    .poll = peer_poll,
    .drop = peer_drop };

struct talk {
    struct steal_async async;
    struct steal_task *peers[2];
    struct steal_join join;
    int results[2];
    int i;
};

static void
spawn_peers(struct talk *self)
{
    for (int i = 0; i < 2; i++) {
        struct peer peer = { .async = STEAL_ASYNC(&peer_ops),
            .me = i,
            .rounds = 1 };

        require(steal_spawn(NULL, &peer.async.future, sizeof peer,
                        &self->peers[i]) == 0);
    }
}

static enum steal_poll
talk_poll(struct steal_future *future, struct steal_context *cx)
{
    struct talk *self = (struct talk *)future;

    STEAL_BEGIN(&self->async);
    spawn_peers(self);
    for (self->i = 0; self->i < 2; self->i++) {
        STEAL_AWAIT(cx, steal_join(&self->join, self->peers[self->i]));
        self->results[self->i] = self->join.future.result;
    }
    STEAL_END();
}

static const struct steal_future_ops talk_ops = { .name = "talk",
    .poll = talk_poll };

static struct talk
talk(struct steal_options *options)
{
    struct talk talk = { .async = STEAL_ASYNC(&talk_ops) };

    ck_assert_int_eq(steal_run(options, &talk.async.future), 0);
    return talk;
}

static size_t
find(const char *name)
{
    for (size_t i = 0; i < ntold; i++) {
        if (strcmp(told[i].awaits[told[i].nawaits - 1].name, name) == 0)
            return i;
    }
    ck_abort_msg("not told of: %s", name);
}

static void
expect_a_telling(struct steal_options *options)
{
    struct talk talked;

    help = 1;
    talked = talk(options);
    ck_assert_int_eq(talked.results[0], 0);
    ck_assert_int_eq(talked.results[1], 0);
    ck_assert_int_eq(load_acquire(&tellings), 1);
}

START_TEST(tasks_that_wait_for_one_anothers_word_are_told_of)
{
    struct steal_options options = looking(STEAL_STUCK_REPORT);
    const struct steal_stuck_task *receiver;
    const struct steal_stuck_task *joiner;

    options.workers = 1;
    expect_a_telling(&options);
    ck_assert_uint_eq(ntold, 3);
    ck_assert_uint_eq(nothers, 0);
    receiver = &told[find("channel_receive")];
    joiner = &told[find("join")];
    ck_assert_str_eq(receiver->awaits[0].name, "peer");
    ck_assert_uint_eq(receiver->waits_for, 0);
    ck_assert_uint_gt(receiver->age, 0);
    ck_assert_uint_ne(joiner->waits_for, 0);
    ck_assert_ptr_nonnull(strstr(text,
            "all tasks wait, and nothing is left that could wake one\n"));
    ck_assert_ptr_nonnull(strstr(text, "standstill.c:"));
}
END_TEST

START_TEST(it_is_told_of_with_several_workers_with_the_callers_and_simulated)
{
    struct steal_options options = looking(STEAL_STUCK_REPORT);

    options.workers = 3;
    expect_a_telling(&options);
    reset();
    options.workers = 1;
    options.flags = STEAL_ON_CALLER;
    expect_a_telling(&options);
    reset();
    options.flags = 0;
    options.deterministic = true;
    expect_a_telling(&options);
}
END_TEST

START_TEST(it_is_told_of_again_after_something_has_run)
{
    struct steal_options options = looking(STEAL_STUCK_REPORT);
    struct steal_channel_receive receive;
    int word;

    for (int i = 0; i < 2; i++) {
        help = 1;
        ck_assert_int_eq(steal_run(&options, steal_channel_receive(&receive,
                                                     &channels[0], &word)),
                0);
        ck_assert_int_eq(load_acquire(&tellings), i + 1);
    }
}
END_TEST

/* Two threads wait, and one of them is the worker. */
static void *
wait_for_word(void *arg)
{
    struct steal_channel_receive receive;
    int word;

    ck_assert_int_eq(steal_block_on(arg, steal_channel_receive(&receive,
                                                 &channels[0], &word)),
            0);
    return NULL;
}

static void
wait_for_two_words(uint32_t flags)
{
    struct steal_options options = looking(STEAL_STUCK_REPORT);
    struct steal_runtime *runtime;
    pthread_t thread;

    options.workers = 1;
    options.flags = flags;
    ck_assert_int_eq(steal_runtime_new(&runtime, &options), 0);
    help = 2;
    thread = start_thread(wait_for_word, runtime);
    wait_for_word(runtime);
    join_thread(thread);
    runtime_end(runtime);
    ck_assert_int_eq(load_acquire(&tellings), 1);
}

START_TEST(threads_that_block_on_it_do_not_count)
{
    wait_for_two_words(0);
    reset();
    wait_for_two_words(STEAL_ON_CALLER);
}
END_TEST

static int
do_nothing(void *arg)
{
    (void)arg;
    return 0;
}

/* A thread for blocking calls, one that dumps, and one that serves steal-top. */
START_TEST(threads_of_the_runtime_do_not_count)
{
    struct steal_options options = looking(STEAL_STUCK_REPORT);
    struct steal_runtime *runtime;
    struct steal_blocking blocking;
    char path[] = "/tmp/steal-standstill-XXXXXX";
    char top[64];

    ck_assert_ptr_nonnull(mkdtemp(path));
    snprintf(top, sizeof top, "%s/top", path);
    options.top = top;
    ck_assert_int_eq(steal_runtime_new(&runtime, &options), 0);
    ck_assert_int_eq(steal_dump_on_signal(runtime, SIGUSR2, STDERR_FILENO), 0);
    ck_assert_int_eq(steal_block_on(runtime,
                             steal_blocking(&blocking, do_nothing, NULL)),
            0);
    help = 1;
    wait_for_word(runtime);
    runtime_end(runtime);
    ck_assert_int_eq(load_acquire(&tellings), 1);
    ck_assert_int_eq(rmdir(path), 0);
}
END_TEST

START_TEST(so_many_tasks_are_told_of_and_no_more)
{
    struct steal_options options = looking(STEAL_STUCK_REPORT);
    struct steal_runtime *runtime;

    ck_assert_int_eq(steal_runtime_new(&runtime, &options), 0);
    for (int i = 0; i < 100; i++)
        spawn_receiver(runtime);
    help = 1;
    wait_for_word(runtime);
    steal_channel_close(&channels[1]);
    runtime_end(runtime);
    ck_assert_uint_eq(ntold, 32);
    ck_assert_uint_eq(nothers, 101 - 32);
    ck_assert_ptr_nonnull(strstr(text, "  and 69 more\n"));
}
END_TEST

/*
 * What becomes of them
 */

START_TEST(who_was_polled_last_and_joins_nobody_is_aborted)
{
    struct steal_options options = looking(STEAL_STUCK_ABORT);

    for (options.workers = 1; options.workers <= 2; options.workers++) {
        struct talk talked;

        reset();
        talked = talk(&options);
        ck_assert_int_eq(load_acquire(&tellings), 1);
        ck_assert(
                talked.results[0] == -EDEADLK || talked.results[1] == -EDEADLK);
        ck_assert_int_eq(talked.results[0] + talked.results[1],
                -EDEADLK + -EPIPE);
    }
}
END_TEST

/* One of the group is there from the beginning, and the other ends later: who waits
 * for them was polled last of all. */
struct parent {
    struct steal_async async;
    struct steal_group group;
    struct steal_group_next next;
    int i;
};

static void
spawn_children(struct steal_group *group)
{
    struct peer peer = { .async = STEAL_ASYNC(&peer_ops), .rounds = 1 };
    struct steal_sleep sleep;

    require(steal_group_init(group, NULL, STEAL_GROUP_KEEP_GOING) == 0);
    require(steal_group_spawn(group, &peer.async.future, sizeof peer) == 0);
    require(steal_group_spawn(group, steal_sleep(&sleep, STEAL_MS(10)),
                    sizeof sleep) == 0);
}

static enum steal_poll
parent_poll(struct steal_future *future, struct steal_context *cx)
{
    struct parent *self = (struct parent *)future;

    STEAL_BEGIN(&self->async);
    spawn_children(&self->group);
    for (self->i = 0; self->i < 2; self->i++)
        STEAL_AWAIT(cx, steal_group_next(&self->next, &self->group));
    steal_group_fini(&self->group);
    STEAL_END();
}

static const struct steal_future_ops parent_ops = { .name = "parent",
    .poll = parent_poll };

START_TEST(who_waits_for_a_group_is_not_aborted)
{
    struct steal_options options = looking(STEAL_STUCK_ABORT);
    struct parent parent = { .async = STEAL_ASYNC(&parent_ops) };

    ck_assert_int_eq(steal_run(&options, &parent.async.future), 0);
    ck_assert_int_eq(load_acquire(&tellings), 1);
}
END_TEST

static void
talk_until_it_stops(void *arg)
{
    struct steal_options options = looking(STEAL_STUCK_STOP);

    (void)arg;
    talk(&options);
}

START_TEST(the_program_may_end)
{
    ck_assert(aborts(talk_until_it_stops, NULL));
}
END_TEST

#endif

/*
 * Who is not told of: something comes, if late
 */

struct helper {
    struct steal_async async;
    struct steal_future *waits;
};

static enum steal_poll
helper_poll(struct steal_future *future, struct steal_context *cx)
{
    struct helper *self = (struct helper *)future;

    STEAL_BEGIN(&self->async);
    STEAL_AWAIT(cx, self->waits);
    send_to(0);
    STEAL_END();
}

static const struct steal_future_ops helper_ops = { .name = "helper",
    .poll = helper_poll };

static struct steal_runtime *
start(void)
{
    struct steal_options options = looking(STEAL_STUCK_REPORT);
    struct steal_runtime *runtime;

    options.workers = 2;
    ck_assert_int_eq(steal_runtime_new(&runtime, &options), 0);
    return runtime;
}

/* Waits for a word, which somebody sends when that is ready; NULL: a thread does. */
static void
expect_no_telling(struct steal_runtime *runtime, struct steal_future *waits)
{
    struct helper helper = { .async = STEAL_ASYNC(&helper_ops),
        .waits = waits };
    struct steal_channel_receive receive;
    int word;

    if (waits)
        ck_assert_int_eq(steal_spawn(runtime, &helper.async.future,
                                 sizeof helper, NULL),
                0);
    ck_assert_int_eq(steal_block_on(runtime, steal_channel_receive(&receive,
                                                     &channels[0], &word)),
            0);
    ck_assert_int_eq(load_acquire(&tellings), 0);
}

static void
rest(void)
{
    const struct timespec time = { LONG / 1000000000, LONG % 1000000000 };

    nanosleep(&time, NULL);
}

START_TEST(who_waits_for_time_is_not_told_of)
{
    struct steal_runtime *runtime = start();
    struct steal_sleep sleep;

    expect_no_telling(runtime, steal_sleep(&sleep, LONG));
    runtime_end(runtime);
}
END_TEST

static void *
send_late(void *arg)
{
    (void)arg;
    rest();
    send_to(0);
    return NULL;
}

START_TEST(who_may_hear_of_a_thread_is_not_told_of)
{
    struct steal_runtime *runtime = start();
    pthread_t thread = start_thread(send_late, NULL);

    expect_no_telling(runtime, NULL);
    join_thread(thread);
    runtime_end(runtime);
}
END_TEST

static int
call_long(void *arg)
{
    (void)arg;
    rest();
    return 0;
}

START_TEST(who_waits_for_a_blocking_call_is_not_told_of)
{
    struct steal_runtime *runtime = start();
    struct steal_blocking blocking;

    expect_no_telling(runtime, steal_blocking(&blocking, call_long, NULL));
    runtime_end(runtime);
}
END_TEST

/* A process that does something late. */
static pid_t
fork_helper(void (*fn)(int), int arg)
{
    pid_t child = fork();

    ck_assert_int_ge(child, 0);
    if (child == 0) {
        rest();
        fn(arg);
        _exit(EXIT_SUCCESS);
    }
    return child;
}

static void
write_byte(int descriptor)
{
    require(write(descriptor, "", 1) == 1);
}

START_TEST(who_waits_for_a_descriptor_is_not_told_of)
{
    int ends[2];
    struct steal_runtime *runtime;
    struct steal_ready ready;
    struct steal_fd *fd;
    pid_t child;

    ck_assert_int_eq(pipe2(ends, O_NONBLOCK), 0);
    child = fork_helper(write_byte, ends[1]);
    runtime = start();
    ck_assert_int_eq(steal_fd_new(&fd, runtime, ends[0]), 0);
    expect_no_telling(runtime, steal_fd_readable(&ready, fd));
    steal_fd_unref(fd);
    close(ends[1]);
    runtime_end(runtime);
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
}
END_TEST

static void
signal_parent(int signal)
{
    kill(getppid(), signal);
}

START_TEST(who_waits_for_a_signal_is_not_told_of)
{
    struct steal_runtime *runtime = start();
    struct steal_signal_next next;
    struct steal_signal *signal;
    pid_t child;

    ck_assert_int_eq(steal_signal_new(&signal, runtime, SIGUSR1), 0);
    child = fork_helper(signal_parent, SIGUSR1);
    expect_no_telling(runtime, steal_signal_next(&next, signal));
    steal_signal_free(signal);
    runtime_end(runtime);
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
}
END_TEST

/* The main thread is one that may still do something. */
START_TEST(who_is_waited_for_by_nobody_is_not_told_of)
{
    struct steal_runtime *runtime = start();

    spawn_receiver(runtime);
    rest();
    ck_assert_int_eq(load_acquire(&tellings), 0);
    runtime_end(runtime);
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
#ifndef HAS_FOREIGN_THREAD
        tasks_that_wait_for_one_anothers_word_are_told_of,
        it_is_told_of_with_several_workers_with_the_callers_and_simulated,
        it_is_told_of_again_after_something_has_run,
        threads_that_block_on_it_do_not_count,
        threads_of_the_runtime_do_not_count,
        so_many_tasks_are_told_of_and_no_more,
        who_was_polled_last_and_joins_nobody_is_aborted,
        who_waits_for_a_group_is_not_aborted,
        the_program_may_end,
#endif
        who_waits_for_time_is_not_told_of,
        who_may_hear_of_a_thread_is_not_told_of,
        who_waits_for_a_blocking_call_is_not_told_of,
        who_waits_for_a_descriptor_is_not_told_of,
        who_waits_for_a_signal_is_not_told_of,
        who_is_waited_for_by_nobody_is_not_told_of,
    };

    return run_suite_with("standstill", reset, tests, LENGTH(tests));
}
