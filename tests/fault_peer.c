/*
 * tests/fault_peer.c - peers that reset, vanish, do not read, or come all at once;
 * and tasks that go in the middle of it.
 */
#include <limits.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <sys/ioctl.h>

#include "talkers.h"

#define PIECE (UINT32_C(1) << 16)

static uint64_t seed;
static struct talk talk;
static struct rng rng;
static struct steal_runtime *runtime;
static int before; /* descriptors */

static void
reset(void)
{
    memset(&talk, 0, sizeof talk);
    talk.seed = seed;
    rng_init(&rng, seed);
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

/* A connection whose other end is a plain descriptor that blocks. */
static int
plain_peer(struct steal_fd **fd, const char *text)
{
    struct steal_fd *listener = listen_at(runtime, text, NULL);
    struct steal_address address = local_address(listener);
    int peer = socket(address.u.any.sa_family, SOCK_STREAM, 0);
    struct steal_accept accept;

    ck_assert_int_eq(connect(peer, &address.u.any, address.size), 0);
    ck_assert_int_eq(steal_block_on(runtime, steal_accept(&accept, listener)),
            0);
    steal_fd_unref(listener);
    *fd = accept.fd;
    return peer;
}

static void
read_all(int number, unsigned char *to, size_t size)
{
    while (size) {
        ssize_t n = read(number, to, size);

        require(n > 0);
        to += n;
        size -= (size_t)n;
    }
}

/*
 * A task that makes one operation on a descriptor, to which it has a reference.
 */

struct doer {
    struct steal_async async;
    struct steal_fd *fd;
    struct steal_io io;
    const void *bytes;
    size_t size;
    bool reads;
};

static enum steal_poll
doer_poll(struct steal_future *future, struct steal_context *cx)
{
    struct doer *self = (struct doer *)future;

    STEAL_BEGIN(&self->async);
    if (self->reads)
        STEAL_AWAIT(cx, steal_fd_read(&self->io, self->fd, (void *)self->bytes,
                                self->size));
    else
        STEAL_AWAIT(cx, steal_fd_write_all(&self->io, self->fd, self->bytes,
                                self->size));
    STEAL_RETURN(self->io.future.result);
    STEAL_END();
}

static void
doer_drop(struct steal_future *future)
{
    steal_fd_unref(((struct doer *)future)->fd);
}

static const struct steal_future_ops doer_ops = { .name = "doer",
    .poll = doer_poll,
    .drop = doer_drop };

static struct steal_task *
spawn_doer(struct steal_fd *fd, const void *bytes, size_t size, bool reads)
{
    struct doer doer = { .async = STEAL_ASYNC(&doer_ops),
        .fd = steal_fd_ref(fd),
        .bytes = bytes,
        .size = size,
        .reads = reads };
    struct steal_task *task;

    require(steal_spawn(runtime, &doer.async.future, sizeof doer, &task) == 0);
    return task;
}

/* True while the system takes no more from this end. */
static bool
is_full(struct steal_fd *fd)
{
    struct pollfd pollfd = { steal_fd_number(fd), POLLOUT, 0 };

    return poll(&pollfd, 1, 0) == 0;
}

static int
unread(int number)
{
    int n = 0;

    ck_assert_int_eq(ioctl(number, FIONREAD, &n), 0);
    return n;
}

static void
close_with_reset(int number)
{
    const struct linger at_once = { 1, 0 };

    ck_assert_int_eq(setsockopt(number, SOL_SOCKET, SO_LINGER, &at_once,
                             sizeof at_once),
            0);
    close(number);
}

/* A reader and a writer wait.  One of the two is told of the reset, the other may
 * see what comes after it: the end, and a pipe that is broken. */
START_TEST(reset_in_the_middle_ends_both_directions)
{
    static unsigned char bytes[1 << 24];
    static char byte;

    for (int i = 0; i < scaled(40); i++) {
        struct steal_fd *fd;
        struct steal_task *reader;
        struct steal_task *writer;
        int peer = plain_peer(&fd, "127.0.0.1:0");
        int result;

        reader = spawn_doer(fd, &byte, 1, true);
        writer = spawn_doer(fd, bytes, sizeof bytes, false);
        wait_until(unread(peer) > 0);
        if (i & 1)
            wait_until(is_full(fd));
        close_with_reset(peer);
        result = join_task(runtime, writer);
        ck_assert(result == -ECONNRESET || result == -EPIPE);
        result = join_task(runtime, reader);
        ck_assert(result == -ECONNRESET || result == 0);
        steal_fd_unref(fd);
    }
    end();
}
END_TEST

/* Closes without a word to the other end.  False where one may not do that. */
static bool
vanish(int number)
{
    int on = 1;
    bool may = setsockopt(number, IPPROTO_TCP, TCP_REPAIR, &on, sizeof on) == 0;

    close(number);
    return may;
}

static int
read_for(struct steal_fd *fd, uint64_t duration)
{
    struct steal_timeout timeout;
    struct steal_io io;
    char byte;

    return steal_block_on(runtime,
            steal_timeout(&timeout, steal_fd_read(&io, fd, &byte, 1),
                    duration));
}

/* The peer has gone and did not say so: a read waits, as long as it is let.  What
 * is sent then brings the answer that nobody is there. */
START_TEST(half_open_connection_is_found_out_by_writing)
{
    struct steal_fd *fd;
    int peer = plain_peer(&fd, "127.0.0.1:0");
    int result;

    if (vanish(peer)) {
        ck_assert_int_eq(read_for(fd, STEAL_MS(20)), -ETIMEDOUT);
        write_text(runtime, fd, "hello?");
        result = read_for(fd, PATIENCE);
        ck_assert_int_eq(result, -ECONNRESET);
    }
    steal_fd_unref(fd);
    end();
}
END_TEST

/*
 * Back-pressure
 */

/* What this process has in memory, in bytes. */
static long
resident(void)
{
    FILE *file = fopen("/proc/self/statm", "r");
    long pages = 0;
    int n;

    ck_assert_ptr_nonnull(file);
    n = fscanf(file, "%*s %ld", &pages);
    fclose(file);
    ck_assert_int_eq(n, 1);
    return pages * sysconf(_SC_PAGESIZE);
}

/* How much it may grow: not seen where a checker keeps what was freed. */
static long
allowance(void)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    return LONG_MAX;
#else
    return may_lower_limits() ? 1 << 20 : LONG_MAX;
#endif
}

/* Writes `size` of the bytes of talk.h. */
struct source {
    struct steal_async async;
    struct steal_fd *fd;
    struct talk_push push;
    unsigned char bytes[PIECE / 16];
    uint64_t at;
    uint64_t size;
};

static struct steal_future *
write_next(struct source *self)
{
    talk_fill(self->bytes, sizeof self->bytes, seed, self->at);
    self->at += sizeof self->bytes;
    return talk_push(&self->push, self->fd, self->bytes, sizeof self->bytes, 0);
}

static enum steal_poll
source_poll(struct steal_future *future, struct steal_context *cx)
{
    struct source *self = (struct source *)future;

    STEAL_BEGIN(&self->async);
    while (self->at < self->size) {
        STEAL_AWAIT(cx, write_next(self));
        if (self->push.async.future.result < 0)
            STEAL_RETURN(self->push.async.future.result);
    }
    STEAL_RETURN(steal_fd_shutdown(self->fd, SHUT_WR));
    STEAL_END();
}

static const struct steal_future_ops source_ops = { .name = "source",
    .poll = source_poll };

enum {
    SLOW = 20
};

struct slow {
    struct steal_fd *fd;
    struct steal_task *task;
    int peer;
    uint64_t at;
};

static void
start_slow(struct slow *slow, uint64_t size)
{
    struct source source = { .async = STEAL_ASYNC(&source_ops), .size = size };

    slow->peer = plain_peer(&slow->fd, "127.0.0.1:0");
    slow->at = 0;
    source.fd = slow->fd;
    ck_assert_int_eq(steal_spawn(runtime, &source.async.future, sizeof source,
                             &slow->task),
            0);
}

static void
read_piece(struct slow *slow)
{
    static unsigned char piece[PIECE];

    read_all(slow->peer, piece, sizeof piece);
    ck_assert(talk_is_right(piece, sizeof piece, seed, slow->at));
    slow->at += sizeof piece;
}

static void
end_slow(struct slow *slow)
{
    char byte;

    ck_assert_int_eq(join_task(runtime, slow->task), 0);
    ck_assert_int_eq(read(slow->peer, &byte, 1), 0);
    close(slow->peer);
    steal_fd_unref(slow->fd);
}

/* 20 writers have far more to say than the system takes, and each waits. */
START_TEST(slow_reader_holds_the_writer_and_no_memory)
{
    uint64_t size = PIECE * (UINT64_C(100) + (uint64_t)scaled(100));
    struct slow slow[SLOW];
    long start;
    long most;

    for (int i = 0; i < SLOW; i++)
        start_slow(&slow[i], size);
    start = resident();
    for (int i = 0; i < SLOW; i++) {
        wait_until(is_full(slow[i].fd));
        ck_assert(!steal_task_is_finished(slow[i].task));
    }
    most = resident();
    while (slow[0].at < size) {
        for (int i = 0; i < SLOW; i++)
            read_piece(&slow[i]);
        if (resident() > most)
            most = resident();
    }
    ck_assert_int_lt(most - start, allowance());
    for (int i = 0; i < SLOW; i++)
        end_slow(&slow[i]);
    end();
}
END_TEST

/*
 * All at once
 */

static unsigned
descriptors_to_have(unsigned wanted)
{
    struct rlimit limit;

    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = limit.rlim_max;
    if (may_lower_limits())
        ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    return wanted < limit.rlim_cur - 64 ? wanted
                                        : (unsigned)limit.rlim_cur - 64;
}

START_TEST(storm_of_connections_is_served)
{
    static struct steal_task *client[2000];
    unsigned n = descriptors_to_have(2 * LENGTH(client)) / 2;
    struct steal_fd *listener = listen_at(runtime, "127.0.0.1:0", NULL);
    struct talk_plan plan = { .total = 100,
        .address = local_address(listener) };
    struct steal_task *server;

    for (unsigned i = 0; i < n; i++) {
        plan.seed = seed + i;
        client[i] = spawn_client(runtime, &talk, &plan);
    }
    server = spawn_server(runtime, &talk, listener);
    for (unsigned i = 0; i < n; i++)
        ck_assert_int_eq(join_task(runtime, client[i]), 0);
    end_service(runtime, &talk, listener, server);
    ck_assert_int_eq(load_acquire(&talk.bytes), 100 * n);
    end();
}
END_TEST

/*
 * Those who go in the middle
 */

static void
spin(uint32_t most)
{
    for (uint32_t n = rng_below(&rng, most); n; n--)
        sched_yield();
}

/* Clients in every phase of their lives are aborted: the servers are told, and
 * nothing is left. */
START_TEST(aborted_tasks_leave_nothing)
{
    enum {
        AT_ONCE = 8
    };
    struct steal_fd *listener = listen_at(runtime, "127.0.0.1:0", NULL);
    struct talk_plan plan = { .total = 1 << 17,
        .address = local_address(listener) };
    struct steal_task *server[2];
    struct steal_task *client[AT_ONCE];

    for (int round = 0; round < scaled(200); round++) {
        for (int i = 0; i < 2; i++)
            server[i] = spawn_server(runtime, &talk, listener);
        for (int i = 0; i < AT_ONCE; i++) {
            plan.seed = seed + (uint64_t)i;
            client[i] = spawn_client(runtime, &talk, &plan);
        }
        spin(100);
        for (int i = 0; i < AT_ONCE; i++) {
            spin(20);
            steal_task_abort(client[i]);
        }
        for (int i = 0; i < AT_ONCE; i++) {
            int result = join_task(runtime, client[i]);

            ck_assert(result == 0 || result == -ECANCELED);
        }
        for (int i = 0; i < 2; i++) {
            steal_task_abort(server[i]);
            ck_assert_int_eq(join_task(runtime, server[i]), -ECANCELED);
        }
    }
    steal_fd_unref(listener);
    wait_until(load_acquire(&talk.ends) == 0);
    end();
}
END_TEST

/* Whatever they do with it: each result is one that somebody without the close
 * could have had, or -ECANCELED, and at last it is that. */
START_TEST(close_by_another_task_ends_reads_and_writes)
{
    static unsigned char bytes[1 << 20];
    static char byte[4];

    for (int round = 0; round < scaled(2000); round++) {
        struct steal_fd *fd;
        struct steal_task *task[8];
        int peer = plain_peer(&fd, round & 1 ? "unix:" : "127.0.0.1:0");
        int n = 1 + (int)rng_below(&rng, 3);

        for (int i = 0; i < 4; i++) {
            task[i] = spawn_doer(fd, &byte[i], 1, true);
            task[i + 4] = spawn_doer(fd, bytes, sizeof bytes, false);
        }
        spin(30);
        ck_assert_int_eq(write(peer, "abc", (size_t)n), n);
        spin(30);
        steal_fd_close(fd);
        for (int i = 0; i < 4; i++) {
            int result = join_task(runtime, task[i]);

            n -= result == 1;
            ck_assert(result == 1 || result == -ECANCELED);
        }
        ck_assert_int_ge(n, 0);
        for (int i = 4; i < 8; i++) {
            int result = join_task(runtime, task[i]);

            ck_assert(result == (int)sizeof bytes || result == -ECANCELED);
        }
        close(peer);
    }
    end();
}
END_TEST

/* Others than reads and writes, each in a task that has begun, or not yet. */
static struct steal_task *
spawn_future(struct steal_future *future, size_t size)
{
    struct steal_task *task;

    ck_assert_int_eq(steal_spawn(runtime, future, size, &task), 0);
    return task;
}

START_TEST(close_by_another_task_ends_all_other_waits)
{
    for (int round = 0; round < scaled(2000); round++) {
        struct steal_fd *listener = listen_at(runtime, "unix:", NULL);
        struct steal_address any = address_of("127.0.0.1:0");
        static struct msghdr message;
        static char buffer[64];
        struct steal_ready ready;
        struct steal_accept accept;
        struct steal_datagram_io datagram;
        struct steal_io io;
        struct steal_copy copy;
        struct steal_fd *fd[5] = { listener };
        struct steal_task *task[5];
        struct steal_fd *pair[2];

        ck_assert_int_eq(steal_datagram(&fd[1], runtime, &any, NULL), 0);
        ck_assert_int_eq(steal_socketpair(pair, runtime, SOCK_STREAM), 0);
        fd[2] = pair[0];
        ck_assert_int_eq(steal_datagram(&fd[3], runtime, &any, NULL), 0);
        ck_assert_int_eq(steal_datagram(&fd[4], runtime, &any, NULL), 0);
        for (int i = 0; i < 5; i++)
            steal_fd_ref(fd[i]);
        steal_accept(&accept, fd[0]);
        steal_fd_recv_from(&datagram, fd[1], buffer, sizeof buffer, NULL);
        steal_copy(&copy, fd[2], pair[1], STEAL_ALL);
        steal_fd_readable(&ready, fd[3]);
        steal_fd_recvmsg(&io, fd[4], &message, 0);
        task[0] = spawn_future(&accept.future, sizeof accept);
        task[1] = spawn_future(&datagram.io.future, sizeof datagram);
        task[2] = spawn_future(&copy.future, sizeof copy);
        task[3] = spawn_future(&ready.future, sizeof ready);
        task[4] = spawn_future(&io.future, sizeof io);
        for (int i = 0; i < 5; i++) {
            spin(10);
            steal_fd_close(fd[i]);
        }
        for (int i = 0; i < 5; i++) {
            ck_assert_int_eq(join_task(runtime, task[i]), -ECANCELED);
            steal_fd_unref(fd[i]);
        }
        steal_fd_unref(pair[1]);
    }
    end();
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        reset_in_the_middle_ends_both_directions,
        half_open_connection_is_found_out_by_writing,
        slow_reader_holds_the_writer_and_no_memory,
        storm_of_connections_is_served,
        aborted_tasks_leave_nothing,
        close_by_another_task_ends_reads_and_writes,
        close_by_another_task_ends_all_other_waits,
    };

    seed = choose_seed("fault_peer");
    return run_suite_with("fault_peer", reset, tests, LENGTH(tests));
}
