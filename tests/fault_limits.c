/*
 * tests/fault_limits.c - no more descriptors, no names, children that stay, and
 * more signals than anybody can count.
 */
#include <netdb.h>
#include <stdio.h>

#include "talkers.h"

#ifdef __SANITIZE_THREAD__
/* libuv closes descriptors behind the detector's back: it takes the two pipes of
 * two loops for one if the second gets the number of the first. */
STEAL_API const char *__tsan_default_suppressions(void);

const char *
__tsan_default_suppressions(void)
{
    return "race:uv_pipe\n";
}
#endif

static uint64_t seed;
static struct talk talk;
static struct steal_runtime *runtime;
static int before; /* descriptors */

/* What looking names up says, and whether it says anything. */
static _Atomic(int) name_error;
static _Atomic(bool) names_hang;

/* In place of the real one (tests/Makefile.inc). */
int __wrap_getaddrinfo(const char *host, const char *service,
        const struct addrinfo *hints, struct addrinfo **entries);

int
__wrap_getaddrinfo(const char *host, const char *service,
        const struct addrinfo *hints, struct addrinfo **entries)
{
    (void)host;
    (void)service;
    (void)hints;
    (void)entries;
    while (load_acquire(&names_hang))
        usleep(200);
    return load_acquire(&name_error);
}

static void
reset(void)
{
    memset(&talk, 0, sizeof talk);
    talk.seed = seed;
    store_release(&name_error, EAI_FAIL);
    store_release(&names_hang, false);
    runtime_end(runtime_start(1)); /* opens what libuv keeps for ever */
    before = open_descriptors();
    runtime = runtime_start(2);
}

static void
end(void)
{
    runtime_end(runtime);
    ck_assert_int_eq(open_descriptors(), before);
}

/*
 * Descriptors
 */

/* The process may open `spare` more.  Returns what it was allowed before. */
static struct rlimit
allow_descriptors(int spare)
{
    struct rlimit limit;
    struct rlimit low;
    int next[32];

    for (int i = 0; i <= spare; i++) {
        next[i] = open("/dev/null", O_RDONLY | O_CLOEXEC);
        ck_assert_int_ge(next[i], 0);
    }
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    low = limit;
    low.rlim_cur = (rlim_t)next[spare];
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &low), 0);
    for (int i = 0; i <= spare; i++)
        close(next[i]);
    return limit;
}

static void
allow_again(struct rlimit limit)
{
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

static int
make_pipe(void)
{
    struct steal_fd *fd[2];
    int error = steal_pipe(fd, runtime);

    if (!error) {
        steal_fd_unref(fd[0]);
        steal_fd_unref(fd[1]);
    }
    return error;
}

static int
make_pair(void)
{
    struct steal_fd *fd[2];
    int error = steal_socketpair(fd, runtime, SOCK_STREAM);

    if (!error) {
        steal_fd_unref(fd[0]);
        steal_fd_unref(fd[1]);
    }
    return error;
}

static int
make_datagram(void)
{
    struct steal_address address = address_of("127.0.0.1:0");
    struct steal_fd *fd;
    int error = steal_datagram(&fd, runtime, &address, NULL);

    if (!error)
        steal_fd_unref(fd);
    return error;
}

static struct steal_address service;

static int
make_connection(void)
{
    struct steal_connect connect;
    int error = steal_block_on(runtime,
            steal_connect(&connect, &service, NULL));

    if (!error)
        steal_fd_unref(connect.fd);
    return error;
}

static int
make_child(void)
{
    struct steal_process_options options = { .file = "/bin/true",
        .stdio = { STEAL_STDIO_PIPE, STEAL_STDIO_PIPE, STEAL_STDIO_SOCKET } };
    struct steal_process_wait wait;
    struct steal_process *process;
    int error = steal_process_spawn(&process, runtime, &options);

    if (error)
        return error;
    error = steal_block_on(runtime, steal_process_wait(&wait, process));
    steal_process_free(process);
    return error;
}

static int
make_runtime(void)
{
    struct steal_runtime *another;
    int error = steal_runtime_new(&another, NULL);

    if (!error)
        runtime_end(another);
    return error;
}

/* With 0 descriptors to spare, 1, 2, ...: -EMFILE, until there are enough. */
static void
try_with_few(int (*make)(void))
{
    int had = open_descriptors();
    int error = -EMFILE;

    ck_assert_int_eq(make(), 0);
    for (int spare = 0; error && spare < 32; spare++) {
        struct rlimit limit = allow_descriptors(spare);

        error = make();
        allow_again(limit);
        if (error)
            ck_assert_int_eq(error, -EMFILE);
        ck_assert_int_eq(open_descriptors(), had);
    }
    ck_assert_int_eq(error, 0);
}

START_TEST(any_descriptor_may_be_one_too_many)
{
    struct steal_fd *listener = listen_at(runtime, "127.0.0.1:0", NULL);

    service = local_address(listener);
    if (may_lower_limits()) {
        try_with_few(make_pipe);
        try_with_few(make_pair);
        try_with_few(make_datagram);
        try_with_few(make_connection);
        try_with_few(make_child);
        try_with_few(make_runtime);
    }
    steal_fd_unref(listener);
    end();
}
END_TEST

enum {
    KNOCKING = 30
};

/* What client and server of talk.h say, by hand. */
static void
talk_by_hand(int number)
{
    const struct talk_order order = { .seed = seed };
    unsigned char bytes[100];

    talk_fill(bytes, sizeof bytes, seed, 0);
    ck_assert_int_eq(write(number, &order, sizeof order), sizeof order);
    ck_assert_int_eq(write(number, bytes, sizeof bytes), sizeof bytes);
    memset(bytes, 0, sizeof bytes);
    ck_assert_int_eq(recv(number, bytes, sizeof bytes, MSG_WAITALL),
            sizeof bytes);
    ck_assert(talk_is_right(bytes, sizeof bytes, seed, 0));
    close(number);
}

static void
serve_with(int spare)
{
    struct steal_fd *listener = listen_at(runtime, "127.0.0.1:0", NULL);
    struct steal_address address = local_address(listener);
    struct steal_task *server;
    struct rlimit limit;
    int knocking[KNOCKING];

    for (int i = 0; i < KNOCKING; i++) {
        knocking[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        ck_assert_int_eq(connect(knocking[i], &address.u.any, address.size), 0);
    }
    limit = allow_descriptors(spare);
    server = spawn_server(runtime, &talk, listener);
    wait_until(load_acquire(&talk.ends) == spare);
    for (int i = 0; i < KNOCKING; i++)
        talk_by_hand(knocking[i]);
    allow_again(limit);
    end_service(runtime, &talk, listener, server);
}

/* 30 have connected, and the server may have three of them at a time. */
START_TEST(server_without_descriptors_serves_one_after_the_other)
{
    if (may_lower_limits())
        serve_with(3);
    end();
}
END_TEST

/*
 * Names
 */

static struct steal_task *
spawn_dial(void)
{
    struct steal_dial dial;
    struct steal_task *task;

    steal_dial(&dial, "nowhere.invalid", "80", NULL);
    ck_assert_int_eq(steal_spawn(runtime, &dial.future, sizeof dial, &task), 0);
    return task;
}

START_TEST(names_that_are_not_found_are_told)
{
    static const struct {
        int error;
        int told;
    } cases[] = { { EAI_NONAME, STEAL_NAME_UNKNOWN },
        { EAI_AGAIN, STEAL_NAME_AGAIN }, { EAI_FAIL, STEAL_NAME_FAILED },
        { EAI_MEMORY, -ENOMEM } };
    struct steal_task *task[20];

    for (size_t k = 0; k < LENGTH(cases); k++) {
        store_release(&name_error, cases[k].error);
        for (size_t i = 0; i < LENGTH(task); i++)
            task[i] = spawn_dial();
        for (size_t i = 0; i < LENGTH(task); i++)
            ck_assert_int_eq(join_task(runtime, task[i]), cases[k].told);
    }
    end();
}
END_TEST

/* Who waits for a name server that says nothing gives up when he likes; the
 * runtime ends when the last look-up has come back. */
START_TEST(names_that_are_never_answered_hold_nobody)
{
    struct steal_task *task[20];
    struct steal_timeout timeout;
    struct steal_dial dial;

    store_release(&names_hang, true);
    for (size_t i = 0; i < LENGTH(task); i++)
        task[i] = spawn_dial();
    ck_assert_int_eq(steal_block_on(runtime,
                             steal_timeout(&timeout,
                                     steal_dial(&dial, "nowhere.invalid", "80",
                                             NULL),
                                     STEAL_MS(10))),
            -ETIMEDOUT);
    for (size_t i = 0; i < LENGTH(task); i++) {
        steal_task_abort(task[i]);
        ck_assert_int_eq(join_task(runtime, task[i]), -ECANCELED);
    }
    ck_assert_int_eq(steal_runtime_stop(runtime, STEAL_MS(10)), -ETIMEDOUT);
    store_release(&names_hang, false);
    end();
}
END_TEST

/*
 * Children
 */

/* Says "x" once it does not mind SIGTERM any more, and reads for ever. */
static struct steal_process *
spawn_stubborn(unsigned flags)
{
    static const char *const args[] = { "sh", "-c",
        "trap '' TERM; printf x; while :; do read line; done", NULL };
    struct steal_process_options options = { .file = "/bin/sh",
        .args = args,
        .flags = flags,
        .stdio = { STEAL_STDIO_PIPE, STEAL_STDIO_PIPE } };
    struct steal_process *process;
    struct steal_fd *from;

    ck_assert_int_eq(steal_process_spawn(&process, runtime, &options), 0);
    from = steal_process_take(process, 1);
    expect_text(runtime, from, "x");
    steal_fd_unref(from);
    return process;
}

static int
wait_for(struct steal_process *process, struct steal_process_wait *wait,
        uint64_t duration)
{
    struct steal_timeout timeout;

    return steal_block_on(runtime,
            steal_timeout(&timeout, steal_process_wait(wait, process),
                    duration));
}

START_TEST(child_that_does_not_exit_is_killed)
{
    struct steal_process *process = spawn_stubborn(0);
    struct steal_process_wait wait;

    ck_assert_int_eq(wait_for(process, &wait, STEAL_MS(10)), -ETIMEDOUT);
    ck_assert_int_eq(steal_process_kill(process, SIGTERM), 0);
    ck_assert_int_eq(wait_for(process, &wait, STEAL_MS(10)), -ETIMEDOUT);
    ck_assert_int_eq(steal_process_kill(process, SIGKILL), 0);
    ck_assert_int_eq(wait_for(process, &wait, STEAL_FOREVER), 0);
    ck_assert_int_eq(wait.signum, SIGKILL);
    steal_process_free(process);
    end();
}
END_TEST

START_TEST(child_that_does_not_exit_goes_with_its_object)
{
    struct steal_process *process = spawn_stubborn(STEAL_PROCESS_KILL_ON_DROP);
    pid_t id = steal_process_id(process);

    steal_process_free(process);
    wait_until(kill(id, 0) && errno == ESRCH);
    end();
}
END_TEST

/* Reaped by the next runtime. */
START_TEST(child_that_does_not_exit_goes_with_the_runtime)
{
    struct steal_process *process = spawn_stubborn(STEAL_PROCESS_KILL_ON_DROP);
    pid_t id = steal_process_id(process);

    runtime_end(runtime);
    steal_process_free(process);
    runtime = runtime_start(2);
    wait_until(make_child() == 0 && kill(id, 0) && errno == ESRCH);
    end();
}
END_TEST

/*
 * Signals
 */

enum {
    LISTENERS = 4
};

static _Atomic(int) sent; /* signals, each counted before it is sent */

/* Counts what was sent up to the last delivery that it was told of. */
struct listener {
    struct steal_async async;
    struct steal_signal *signal;
    struct steal_signal_next next;
    int total;
    int seen;
};

static enum steal_poll
listener_poll(struct steal_future *future, struct steal_context *cx)
{
    struct listener *self = (struct listener *)future;

    STEAL_BEGIN(&self->async);
    while (self->seen < self->total) {
        STEAL_AWAIT(cx, steal_signal_next(&self->next, self->signal));
        if (self->next.future.result < 0)
            STEAL_RETURN(self->next.future.result);
        self->seen = load_acquire(&sent);
    }
    STEAL_END();
}

static void
listener_drop(struct steal_future *future)
{
    steal_signal_free(((struct listener *)future)->signal);
}

static const struct steal_future_ops listener_ops = { .name = "listener",
    .poll = listener_poll,
    .drop = listener_drop };

static struct steal_task *
spawn_listener(int total)
{
    struct listener listener = { .async = STEAL_ASYNC(&listener_ops),
        .total = total };
    struct steal_task *task;

    ck_assert_int_eq(steal_signal_new(&listener.signal, runtime, SIGUSR1), 0);
    ck_assert_int_eq(steal_spawn(runtime, &listener.async.future,
                             sizeof listener, &task),
            0);
    return task;
}

/* Many become one, but the last is seen by everybody; and those who talk meanwhile
 * do not notice. */
START_TEST(flood_of_signals_drowns_nobody)
{
    struct steal_fd *listener = listen_at(runtime, "127.0.0.1:0", NULL);
    struct talk_plan plan = { .seed = seed,
        .total = (uint32_t)scaled(1 << 22),
        .address = local_address(listener) };
    struct steal_task *server = spawn_server(runtime, &talk, listener);
    struct steal_task *task[LISTENERS];
    struct steal_task *client[LISTENERS];
    int total = scaled(20000);

    store_release(&sent, 0);
    for (int i = 0; i < LISTENERS; i++) {
        task[i] = spawn_listener(total);
        client[i] = spawn_client(runtime, &talk, &plan);
    }
    for (int i = 0; i < total; i++) {
        add_acq_rel(&sent, 1);
        ck_assert_int_eq(kill(getpid(), SIGUSR1), 0);
    }
    for (int i = 0; i < LISTENERS; i++) {
        ck_assert_int_eq(join_task(runtime, task[i]), 0);
        ck_assert_int_eq(join_task(runtime, client[i]), 0);
    }
    end_service(runtime, &talk, listener, server);
    end();
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        any_descriptor_may_be_one_too_many,
        server_without_descriptors_serves_one_after_the_other,
        names_that_are_not_found_are_told,
        names_that_are_never_answered_hold_nobody,
        child_that_does_not_exit_is_killed,
        child_that_does_not_exit_goes_with_its_object,
        child_that_does_not_exit_goes_with_the_runtime,
        flood_of_signals_drowns_nobody,
    };

    unsetenv("STEAL_DEBUG"); /* no looker shall have a descriptor of its own */
    seed = choose_seed("fault_limits");
    return run_suite_with("fault_limits", reset, tests, LENGTH(tests));
}
