/*
 * tests/awaits_tree.c - futures that are made of others tell which they await.
 */
#include "looking.h"
#include "sockets.h"

static char memory[64];
static struct steal_event event;
static struct steal_event_wait event_wait;
static struct steal_sleep sleep_future;
static struct steal_future pending;
static struct steal_cancel token;
static struct steal_channel channel;
static struct steal_channel_stream channel_stream;

struct branch {
    unsigned depth;
    const char *name;
    const char *thing;
};

/* Ends with a name that is NULL. */
static void
check_tree(struct steal_future *future, const struct branch *wanted)
{
    const struct steal_await *awaits;
    size_t n;
    size_t i = 0;

    start();
    awaits = look(future, &n);
    for (; i < n; i++) {
        ck_assert_ptr_nonnull(wanted[i].name);
        ck_assert_str_eq(awaits[i].name, wanted[i].name);
        ck_assert_uint_eq(awaits[i].depth, wanted[i].depth + BEFORE);
        if (wanted[i].thing)
            ck_assert_str_eq(awaits[i].thing, wanted[i].thing);
        else
            ck_assert_ptr_null(awaits[i].thing);
    }
    ck_assert_ptr_null(wanted[i].name);
    end();
}

/* Some futures that wait, and one that is ready. */
static struct steal_future *
some_event(void)
{
    steal_event_init(&event);
    return steal_event_wait(&event_wait, &event);
}

static struct steal_future *
some_time(void)
{
    return steal_sleep(&sleep_future, STEAL_SECONDS(100));
}

static struct steal_future done;

START_TEST(branches_follow_one_another)
{
    static const struct branch wanted[] = {
        { 0, "select", NULL },
        { 1, "join_all", NULL },
        { 2, "event", "event" },
        { 2, "pending", "nothing" },
        { 1, "sleep", "timer" },
        { 0, NULL, NULL },
    };
    struct steal_join_all all;
    struct steal_select select;

    check_tree(steal_select2(&select,
                       steal_join2(&all, some_event(), steal_pending(&pending)),
                       some_time()),
            wanted);
}
END_TEST

START_TEST(a_branch_that_is_done_is_not_awaited)
{
    static const struct branch wanted[] = {
        { 0, "join_all", NULL },
        { 1, "event", "event" },
        { 1, "sleep", "timer" },
        { 0, NULL, NULL },
    };
    struct steal_join_all all;

    check_tree(steal_join3(&all, some_event(), steal_ready(&done, 0),
                       some_time()),
            wanted);
}
END_TEST

START_TEST(timeouts_have_two_branches)
{
    static const struct branch wanted[] = {
        { 0, "timeout", NULL },
        { 1, "unless_canceled", NULL },
        { 2, "event", "event" },
        { 1, "sleep", "timer" },
        { 0, NULL, NULL },
    };
    struct steal_unless_canceled unless;
    struct steal_timeout timeout;

    token = (struct steal_cancel)STEAL_CANCEL_INIT;
    check_tree(steal_timeout(&timeout,
                       steal_unless_canceled(&unless, &token, some_event()),
                       STEAL_SECONDS(100)),
            wanted);
}
END_TEST

static struct steal_future *
wait_for_item(struct steal_stream *items, void *arg)
{
    (void)items;
    return arg;
}

static int
one_item(void *arg, void **item)
{
    *item = arg;
    return 1;
}

START_TEST(for_each_awaits_the_next_item_or_its_work)
{
    static const struct branch next_item[] = {
        { 0, "for_each", NULL },
        { 1, "next", NULL },
        { 2, "channel_receive", "channel, to receive" },
        { 0, NULL, NULL },
    };
    static const struct branch work[] = {
        { 0, "for_each", NULL },
        { 1, "event", "event" },
        { 0, NULL, NULL },
    };
    struct steal_stream_from from;
    struct steal_for_each each;

    steal_channel_init(&channel, memory, 1, 0);
    steal_channel_stream(&channel_stream, &channel, memory);
    check_tree(steal_for_each(&each, &channel_stream.stream, wait_for_item,
                       NULL),
            next_item);
    check_tree(steal_for_each(&each, steal_stream_from(&from, one_item, NULL),
                       wait_for_item, some_event()),
            work);
}
END_TEST

/* Work for an item, which does not end. */
static int
begin_item(struct steal_stream *items, struct steal_group *tasks, void *arg)
{
    (void)items, (void)arg;
    return steal_group_spawn(tasks, wait_for_ever(), sizeof never_wait);
}

static int
no_item(void *arg, void **item)
{
    int *left = arg;

    *item = NULL;
    return (*left)-- > 0;
}

START_TEST(for_each_concurrent_awaits_what_it_is_at)
{
    static const struct branch item[] = {
        { 0, "for_each_concurrent", NULL },
        { 1, "next", NULL },
        { 2, "channel_receive", "channel, to receive" },
        { 0, NULL, NULL },
    };
    static const struct branch room[] = {
        { 0, "for_each_concurrent", NULL },
        { 1, "group_room", "group, for room" },
        { 0, NULL, NULL },
    };
    static const struct branch rest[] = {
        { 0, "for_each_concurrent", NULL },
        { 1, "group_wait", "group, to end" },
        { 0, NULL, NULL },
    };
    struct steal_for_each_concurrent each;
    struct steal_stream_from from;
    int left = 1;

    steal_channel_init(&channel, memory, 1, 0);
    steal_channel_stream(&channel_stream, &channel, memory);
    check_tree(steal_for_each_concurrent(&each, &channel_stream.stream, 1,
                       begin_item, NULL),
            item);
    check_tree(steal_for_each_concurrent(&each,
                       steal_stream_from(&from, one_item, NULL), 1, begin_item,
                       NULL),
            room);
    check_tree(steal_for_each_concurrent(&each,
                       steal_stream_from(&from, no_item, &left), 2, begin_item,
                       NULL),
            rest);
}
END_TEST

START_TEST(once_awaits_what_it_runs)
{
    static const struct branch wanted[] = {
        { 0, "once", NULL },
        { 1, "event", "event" },
        { 0, NULL, NULL },
    };
    struct steal_once once = STEAL_ONCE_INIT;
    struct steal_once_run run;

    check_tree(steal_once_run(&run, &once, some_event()), wanted);
}
END_TEST

START_TEST(a_second_run_of_once_waits_for_the_first)
{
    static const struct branch wanted[] = {
        { 0, "join_all", NULL },
        { 1, "once", NULL },
        { 2, "event", "event" },
        { 1, "once", "once" },
        { 0, NULL, NULL },
    };
    struct steal_once once = STEAL_ONCE_INIT;
    struct steal_join_all all;
    struct steal_once_run run[2];

    check_tree(steal_join2(&all, steal_once_run(&run[0], &once, some_event()),
                       steal_once_run(&run[1], &once, steal_ready(&done, 0))),
            wanted);
}
END_TEST

START_TEST(a_shield_awaits_its_task)
{
    static const struct branch wanted[] = {
        { 0, "shield", NULL },
        { 1, "join", "task" },
        { 0, NULL, NULL },
    };
    struct steal_shield shield;

    check_tree(steal_shield(&shield, wait_for_ever(), sizeof never_wait),
            wanted);
}
END_TEST

START_TEST(files_and_names_are_awaited_from_other_threads)
{
    static const struct branch file[] = {
        { 0, "file open", NULL },
        { 1, "blocking", "blocking call" },
        { 0, NULL, NULL },
    };
    static const struct branch entry[] = {
        { 0, "directory next", NULL },
        { 1, "blocking", "blocking call" },
        { 0, NULL, NULL },
    };
    static const struct branch name[] = {
        { 0, "dial", NULL },
        { 1, "resolve", NULL },
        { 2, "blocking", "blocking call" },
        { 0, NULL, NULL },
    };
    struct steal_directory *directory = NULL;
    struct steal_file_io file_io;
    struct steal_entry found;
    struct steal_dial dial;

    check_tree(steal_file_open(&file_io, "/", O_RDONLY, 0), file);
    start();
    ck_assert_int_eq(steal_block_on(home,
                             steal_directory_open(&file_io, &directory, "/")),
            0);
    end();
    check_tree(steal_directory_next(&file_io, directory, &found), entry);
    steal_directory_close(directory);
    check_tree(steal_dial(&dial, "localhost", "80", NULL), name);
}
END_TEST

/* A Unix listener that takes nobody, and whose queue is full. */
static int
listen_in_vain(struct steal_address *address, int *queued)
{
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    *queued = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    address->size = sizeof address->u;
    address->u.local = (struct sockaddr_un){ .sun_family = AF_UNIX };
    ck_assert_int_ge(listener, 0);
    ck_assert_int_eq(bind(listener, &address->u.any, sizeof(sa_family_t)), 0);
    ck_assert_int_eq(listen(listener, 0), 0);
    ck_assert_int_eq(getsockname(listener, &address->u.any, &address->size), 0);
    ck_assert_int_eq(connect(*queued, &address->u.any, address->size), 0);
    return listener;
}

START_TEST(a_dial_awaits_its_attempts_and_its_pace)
{
    static const struct branch wanted[] = {
        { 0, "dial", NULL },
        { 1, "connect", NULL },
        { 2, "sleep", "timer" },
        { 1, "sleep", "timer" },
        { 0, NULL, NULL },
    };
    struct steal_address address[2];
    struct steal_dial dial;
    int queued;
    int listener = listen_in_vain(&address[0], &queued);

    address[1] = address[0];
    check_tree(steal_dial_addresses(&dial, address, 2, NULL), wanted);
    close(queued);
    close(listener);
}
END_TEST

START_TEST(both_ways_of_a_copy_are_awaited)
{
    static const struct branch wanted[] = {
        { 0, "copy_both", NULL },
        { 1, "copy", NULL },
        { 2, "io", "readable" },
        { 1, "copy", NULL },
        { 2, "io", "readable" },
        { 0, NULL, NULL },
    };
    struct steal_runtime *other = runtime_start(1);
    struct steal_copy_both both;
    struct steal_fd *pair[2];
    struct steal_fd *second[2];

    ck_assert_int_eq(steal_socketpair(pair, other, SOCK_STREAM), 0);
    ck_assert_int_eq(steal_socketpair(second, other, SOCK_STREAM), 0);
    check_tree(steal_copy_both(&both, pair[0], second[0]), wanted);
    for (int i = 0; i < 2; i++) {
        steal_fd_close(pair[i]);
        steal_fd_close(second[i]);
    }
    runtime_end(other);
}
END_TEST

/* As many as there is room for, and the last of them says what it is. */
START_TEST(a_chain_ends_where_there_is_no_more_room)
{
    struct steal_unconstrained levels[STEAL_AWAITS_MOST];
    struct steal_future *future = some_event();
    const struct steal_await *awaits;
    size_t depth = STEAL_AWAITS_MOST - BEFORE - 1;
    size_t n;

    start();
    for (size_t i = 0; i < depth; i++)
        future = steal_unconstrained(&levels[i], future);
    awaits = look(future, &n);
    ck_assert_uint_eq(n, depth + 1);
    ck_assert_str_eq(awaits[n - 1].thing, "event");

    future = some_event();
    for (size_t i = 0; i < depth + 1; i++)
        future = steal_unconstrained(&levels[i], future);
    awaits = look(future, &n);
    ck_assert_uint_eq(n, depth + 1);
    ck_assert_str_eq(awaits[n - 1].name, "unconstrained");
    ck_assert_ptr_null(awaits[n - 1].thing);
    end();
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        branches_follow_one_another,
        a_branch_that_is_done_is_not_awaited,
        timeouts_have_two_branches,
        for_each_awaits_the_next_item_or_its_work,
        for_each_concurrent_awaits_what_it_is_at,
        once_awaits_what_it_runs,
        a_second_run_of_once_waits_for_the_first,
        a_shield_awaits_its_task,
        files_and_names_are_awaited_from_other_threads,
        a_dial_awaits_its_attempts_and_its_pace,
        both_ways_of_a_copy_are_awaited,
        a_chain_ends_where_there_is_no_more_room,
    };

    return run_suite("awaits_tree", tests, LENGTH(tests));
}
