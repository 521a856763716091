/*
 * tests/fault_calls.c - system calls that fail, or do less than they could.
 *
 * Clients and servers talk and check each byte (talk.h), while system calls are
 * made to fail at random (inject.h).  All must be echoed, nobody hang, and no
 * descriptor stay open.  STEAL_STRESS_SEED=<n> makes the same choices again, though not
 * the same interleaving.
 */
#include "inject.h"

#include <stdio.h>

#include "talkers.h"

enum {
    CLIENTS = 24
};

static uint64_t seed;
static struct talk talk;
static struct steal_runtime *runtime;

static void
reset(void)
{
    memset(&talk, 0, sizeof talk);
    talk.seed = seed;
    runtime_end(runtime_start(1)); /* opens what libuv keeps for ever */
}

static uint32_t
bytes_each(void)
{
    return (uint32_t)scaled(400000) + 20000;
}

static void
talk_at(const char *text)
{
    struct steal_fd *listener = listen_at(runtime, text, NULL);
    struct steal_task *server = spawn_server(runtime, &talk, listener);
    struct talk_plan plan = { .total = bytes_each(),
        .address = local_address(listener) };
    struct steal_task *client[CLIENTS];

    for (int i = 0; i < CLIENTS; i++) {
        plan.seed = seed * CLIENTS + (uint64_t)i;
        client[i] = spawn_client(runtime, &talk, &plan);
    }
    for (int i = 0; i < CLIENTS; i++)
        ck_assert_int_eq(join_task(runtime, client[i]), 0);
    end_service(runtime, &talk, listener, server);
}

static bool
all_have_happened(const struct inject_odds *odds)
{
    for (int i = 0; i < INJECTIONS; i++) {
        if (odds->of[i] && !inject_count((enum inject)i))
            return false;
    }
    return true;
}

/* Through TCP and through Unix sockets, until each of these has happened: where a
 * round is short, what is rare may take a few. */
static void
talk_under(const struct inject_odds *odds)
{
    int before = open_descriptors();
    int rounds = 0;

    runtime = runtime_start(2);
    inject_begin(odds, seed);
    do {
        talk_at("127.0.0.1:0");
        talk_at("unix:");
        rounds++;
    } while (!all_have_happened(odds) && rounds < 50);
    runtime_end(runtime);
    inject_end();
    ck_assert_int_eq(open_descriptors(), before);
    ck_assert_int_eq(load_acquire(&talk.bytes),
            2 * CLIENTS * bytes_each() * rounds);
    ck_assert(all_have_happened(odds));
}

START_TEST(interruptions_are_not_noticed)
{
    talk_under(&(struct inject_odds){ .of = { [INJECT_INTERRUPTION] = 500 } });
}
END_TEST

START_TEST(short_reads_and_writes_lose_nothing)
{
    talk_under(&(struct inject_odds){
            .of = { [INJECT_SHORT_READ] = 300, [INJECT_SHORT_WRITE] = 300 } });
}
END_TEST

/* The event that ends it may come before the operation has begun to wait. */
START_TEST(who_was_told_to_wait_in_vain_is_woken)
{
    talk_under(&(struct inject_odds){ .of = { [INJECT_WOULD_BLOCK] = 300 } });
}
END_TEST

START_TEST(write_without_buffers_goes_on_where_it_stopped)
{
    talk_under(&(struct inject_odds){
            .of = { [INJECT_NO_BUFFERS] = 200, [INJECT_SHORT_WRITE] = 200 } });
}
END_TEST

START_TEST(accept_gets_over_whatever_passes)
{
    talk_under(&(struct inject_odds){
            .of = { [INJECT_NO_ACCEPT] = 500, [INJECT_CONNECTING] = 500 } });
}
END_TEST

/* The wait that could not be watched is told so, and the next one works. */
START_TEST(wait_that_cannot_be_watched_is_an_error_that_passes)
{
    talk_under(&(struct inject_odds){ .of = { [INJECT_NO_WATCH] = 300 } });
}
END_TEST

START_TEST(events_that_come_one_by_one_all_come)
{
    talk_under(&(struct inject_odds){
            .of = { [INJECT_NO_HARVEST] = 300, [INJECT_ONE_EVENT] = 700 } });
}
END_TEST

START_TEST(all_of_it_at_the_same_time)
{
    talk_under(&(struct inject_odds){
            .of = { 100, 100, 100, 100, 50, 400, 100, 100, 300, 200 } });
}
END_TEST

/*
 * Through pipes: a writer, a copy into a socket, and a reader.
 */

struct writer {
    struct steal_async async;
    struct steal_fd *to;
    unsigned char bytes[3000];
    struct talk_push push;
    uint64_t at;
};

static struct steal_future *
write_next(struct writer *self)
{
    talk_fill(self->bytes, sizeof self->bytes, seed, self->at);
    self->at += sizeof self->bytes;
    return talk_push(&self->push, self->to, self->bytes, sizeof self->bytes, 0);
}

static enum steal_poll
writer_poll(struct steal_future *future, struct steal_context *cx)
{
    struct writer *self = (struct writer *)future;

    STEAL_BEGIN(&self->async);
    while (self->at < bytes_each() * UINT64_C(4)) {
        STEAL_AWAIT(cx, write_next(self));
        require(self->push.async.future.result == 0);
    }
    steal_fd_unref(self->to);
    STEAL_END();
}

static const struct steal_future_ops writer_ops = { .name = "writer",
    .poll = writer_poll };

struct copier {
    struct steal_async async;
    struct steal_fd *from;
    struct steal_fd *to;
    struct steal_copy copy;
};

static enum steal_poll
copier_poll(struct steal_future *future, struct steal_context *cx)
{
    struct copier *self = (struct copier *)future;

    STEAL_BEGIN(&self->async);
    STEAL_AWAIT(cx, steal_copy(&self->copy, self->from, self->to, STEAL_ALL));
    steal_fd_unref(self->from);
    steal_fd_unref(self->to);
    STEAL_RETURN(self->copy.future.result);
    STEAL_END();
}

static const struct steal_future_ops copier_ops = { .name = "copier",
    .poll = copier_poll };

/* Returns how many bytes have come, all of them right. */
static uint64_t
read_to_the_end(struct steal_fd *from)
{
    static char buffer[4096];
    static unsigned char piece[1000];
    struct steal_reader reader;
    struct steal_read read;
    uint64_t at = 0;
    int n;

    steal_reader_init(&reader, from, buffer, sizeof buffer);
    do {
        n = steal_block_on(runtime,
                steal_reader_exact(&read, &reader, piece, sizeof piece));
        require(talk_is_right(piece, read.done, seed, at));
        at += read.done;
    } while (n > 0);
    ck_assert_int_eq(n, STEAL_EOF);
    return at;
}

static uint64_t
relay(void)
{
    struct writer writer = { .async = STEAL_ASYNC(&writer_ops) };
    struct copier copier = { .async = STEAL_ASYNC(&copier_ops) };
    struct steal_fd *pipe[2];
    struct steal_fd *pair[2];
    struct steal_task *copies;
    uint64_t n;

    ck_assert_int_eq(steal_pipe(pipe, runtime), 0);
    ck_assert_int_eq(steal_socketpair(pair, runtime, SOCK_STREAM), 0);
    writer.to = pipe[1];
    copier.from = pipe[0];
    copier.to = pair[0];
    ck_assert_int_eq(steal_spawn(runtime, &writer.async.future, sizeof writer,
                             NULL),
            0);
    ck_assert_int_eq(steal_spawn(runtime, &copier.async.future, sizeof copier,
                             &copies),
            0);
    n = read_to_the_end(pair[1]);
    ck_assert_int_eq(join_task(runtime, copies), 0);
    steal_fd_unref(pair[1]);
    return n;
}

START_TEST(chain_of_pipes_loses_nothing)
{
    const struct inject_odds odds = { .of = { 200, 200, 200, 200, 0, 0, 0, 200,
                                              500 } };
    int before = open_descriptors();

    runtime = runtime_start(2);
    inject_begin(&odds, seed);
    ck_assert_uint_ge(relay(), bytes_each() * 4);
    runtime_end(runtime);
    inject_end();
    ck_assert_int_eq(open_descriptors(), before);
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        interruptions_are_not_noticed,
        short_reads_and_writes_lose_nothing,
        who_was_told_to_wait_in_vain_is_woken,
        write_without_buffers_goes_on_where_it_stopped,
        accept_gets_over_whatever_passes,
        wait_that_cannot_be_watched_is_an_error_that_passes,
        events_that_come_one_by_one_all_come,
        all_of_it_at_the_same_time,
        chain_of_pipes_loses_nothing,
    };

    seed = choose_seed("fault_calls");
    return run_suite_with("fault_calls", reset, tests, LENGTH(tests));
}
