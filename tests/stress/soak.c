/*
 * soak.c - many connections that open, talk and die at random.
 *
 * Keepers each have one client at a time (../talk.h), through TCP or a Unix
 * socket.  Client and server do as the seed tells: talk to the end, close, reset,
 * half-close, stall, lose patience; and some keepers abort their client at some
 * moment.  Each byte that arrives is checked, both ways.
 *
 * At the end everybody comes to his end by himself, or the runtime is stopped in
 * the middle.  Either way no task, no memory and no descriptor is left.
 *
 * Prints its seed; STEAL_STRESS_SEED=<n> makes the same choices again, though not the same
 * interleaving.  STEAL_STRESS_SECONDS tells for how long, STEAL_SOAK_CONNECTIONS
 * how many at once.
 */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "../talk.h"

#define LISTENERS 2
#define TOO_LONG  120 /* seconds that the end may take */

static struct talk talk;
static struct steal_runtime *runtime;
static struct steal_fd *listener[LISTENERS];
static struct steal_address address[LISTENERS];
static uint64_t deadline;
static _Atomic(int64_t) blocks; /* of the runtime's allocator */
static _Atomic(int64_t) keepers;
static _Atomic(int64_t) talks;
static _Atomic(int64_t) complete;
static _Atomic(int64_t) aborted;

static _Noreturn void
fail(int line, const char *what)
{
    fprintf(stderr, "soak.c:%d: %s, STEAL_STRESS_SEED=%llu\n", line, what,
            (unsigned long long)talk.seed);
    abort();
}

#define require(x) ((x) ? (void)0 : fail(__LINE__, #x))

static void
count(_Atomic(int64_t) *counter)
{
    add_relaxed(counter, 1); /* read at the end only */
}

/*
 * Keepers
 */

struct keeper {
    struct steal_async async;
    struct rng rng;
    struct steal_task *client;
    struct steal_join join;
    struct steal_timeout timeout;
    struct steal_sleep nap;
};

/* Half of them talk to the end, and most of what they say is short. */
static struct talk_plan
make_plan(struct rng *rng)
{
    struct talk_plan plan = { .seed = rng_below(rng, UINT32_MAX),
        .total = 1 + rng_below(rng, UINT32_C(64) << rng_below(rng, 13)),
        .patience = STEAL_US(rng_below(rng, 20000)),
        .address = address[rng_below(rng, LISTENERS)] };

    if (rng_below(rng, 2))
        plan.mine = (enum talk_fate)rng_below(rng, TALK_FATES);
    if (rng_below(rng, 4) == 0)
        plan.servers = (enum talk_fate)rng_below(rng, TALK_IMPATIENT);
    plan.limit = rng_below(rng, plan.total);
    return plan;
}

static bool
spawn_client(struct keeper *self)
{
    struct talk_plan plan = make_plan(&self->rng);
    struct talk_client client = talk_client(&talk, &plan);

    return steal_spawn(NULL, &client.async.future, sizeof client,
                   &self->client) == 0;
}

/* How long it lets its client live. */
static uint64_t
lifetime(struct keeper *self)
{
    if (rng_below(&self->rng, 8))
        return STEAL_FOREVER;
    return STEAL_US(rng_below(&self->rng, 30000));
}

static void
take_result(int result)
{
    count(&talks);
    if (result == 0)
        count(&complete);
    else if (result == -ECANCELED)
        count(&aborted); /* or it has closed itself */
}

static enum steal_poll
keeper_poll(struct steal_future *future, struct steal_context *cx)
{
    struct keeper *self = (struct keeper *)future;

    STEAL_BEGIN(&self->async);
    STEAL_AWAIT(cx, steal_sleep(&self->nap, talk_a_while(&self->rng)));
    while (steal_now() < deadline) {
        if (!spawn_client(self))
            break;
        STEAL_AWAIT(cx,
                steal_timeout(&self->timeout,
                        steal_join(&self->join, self->client), lifetime(self)));
        if (self->timeout.future.result == -ETIMEDOUT && self->join.task) {
            steal_task_abort(self->client);
            STEAL_AWAIT(cx, steal_join(&self->join, self->client));
        }
        self->client = NULL;
        take_result(self->join.future.result);
    }
    STEAL_END();
}

static void
keeper_drop(struct steal_future *future)
{
    struct keeper *self = (struct keeper *)future;

    if (self->client)
        steal_task_detach(self->client);
    sub_release(&keepers, 1);
}

static const struct steal_future_ops keeper_ops = { .name = "keeper",
    .poll = keeper_poll,
    .drop = keeper_drop };

static void
spawn_keeper(uint64_t seed)
{
    struct keeper keeper = { .async = STEAL_ASYNC(&keeper_ops) };

    rng_init(&keeper.rng, seed);
    count(&keepers);
    require(steal_spawn(runtime, &keeper.async.future, sizeof keeper, NULL) ==
            0);
}

/*
 * Epochs
 */

static void *
count_allocate(size_t size, void *data)
{
    (void)data;
    count(&blocks);
    return malloc(size);
}

static void
count_release(void *block, size_t size, void *data)
{
    (void)size;
    (void)data;
    sub_release(&blocks, 1);
    free(block);
}

static void
listen_at(int i, const char *text)
{
    struct talk_server server;

    require(steal_address_parse(&address[i], text) == 0);
    require(steal_listen(&listener[i], runtime, &address[i], NULL) == 0);
    require(steal_fd_local_address(listener[i], &address[i]) == 0);
    server = talk_server(&talk, listener[i]);
    require(steal_spawn(runtime, &server.async.future, sizeof server, NULL) ==
            0);
}

static void
start(struct rng *rng, unsigned connections)
{
    struct steal_options options = STEAL_OPTIONS_INIT;

    options.workers = 1 + rng_below(rng, 4);
    options.seed = talk.seed;
    options.allocator.allocate = count_allocate;
    options.allocator.release = count_release;
    store_release(&talk.over, false);
    require(steal_runtime_new(&runtime, &options) == 0);
    listen_at(0, "127.0.0.1:0");
    listen_at(1, "unix:");
    for (unsigned i = 0; i < connections; i++)
        spawn_keeper(rng_below(rng, UINT32_MAX));
}

static void
wait_for_all(_Atomic(int64_t) *counter)
{
    static const struct timespec moment = { 0, 2000000 };

    while (load_acquire(counter))
        nanosleep(&moment, NULL);
}

static int
open_descriptors(void)
{
    DIR *dir = opendir("/proc/self/fd");
    int n = 0;

    require(dir);
    while (readdir(dir))
        n++;
    closedir(dir);
    return n;
}

/* Ends well, or in the middle of it. */
static void
run_epoch(struct rng *rng, unsigned connections, uint64_t duration, bool gently)
{
    int before = open_descriptors();

    alarm((unsigned)(duration / STEAL_SECONDS(1)) + TOO_LONG);
    deadline = gently ? steal_now() + duration : STEAL_FOREVER;
    start(rng, connections);
    if (gently) {
        wait_for_all(&keepers);
        wait_for_all(&talk.ends);
    } else {
        const struct timespec while_it_runs = { (time_t)(duration /
                                                         STEAL_SECONDS(1)),
            (long)(duration % STEAL_SECONDS(1)) };

        nanosleep(&while_it_runs, NULL);
    }
    store_release(&talk.over, true);
    require(steal_runtime_stop(runtime, STEAL_FOREVER) == 0);
    for (int i = 0; i < LISTENERS; i++)
        steal_fd_close(listener[i]);
    require(load_acquire(&keepers) == 0);
    require(load_acquire(&talk.ends) == 0);
    require(load_acquire(&blocks) == 0);
    require(open_descriptors() == before);
    alarm(0);
}

/*
 * The program
 */

static uint64_t
number_from(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);

    return text && *text ? strtoull(text, NULL, 10) : otherwise;
}

/* As many as there can be: each takes two descriptors, and a third in passing. */
static unsigned
connections_to_have(uint64_t wanted)
{
    struct rlimit limit;

    require(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    limit.rlim_cur = limit.rlim_max;
    require(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    if (wanted > (limit.rlim_cur - 64) / 3)
        wanted = (limit.rlim_cur - 64) / 3;
    return (unsigned)wanted;
}

/* libuv has some for ever, from the first loop on. */
static void
open_what_stays(void)
{
    require(steal_runtime_new(&runtime, NULL) == 0);
    require(steal_runtime_stop(runtime, STEAL_FOREVER) == 0);
}

static void
on_alarm(int signal)
{
    (void)signal;
    fail(__LINE__, "it does not end");
}

static void
tell(void)
{
    static const char *const names[] = { "go on", "close", "reset", "shut",
        "stall", "impatient" };

    printf("soak: %lld talks, %lld complete, %lld canceled, %lld MB echoed\n",
            (long long)load_acquire(&talks), (long long)load_acquire(&complete),
            (long long)load_acquire(&aborted),
            (long long)load_acquire(&talk.bytes) >> 20);
    for (int i = 1; i < TALK_FATES; i++)
        printf("soak: %s: %lld clients, %lld servers\n", names[i],
                (long long)load_acquire(&talk.fates[i][0]),
                (long long)load_acquire(&talk.fates[i][1]));
}

int
main(void)
{
    uint64_t seconds = number_from("STEAL_STRESS_SECONDS", 2);
    unsigned connections = connections_to_have(
            number_from("STEAL_SOAK_CONNECTIONS", seconds > 10 ? 1000 : 100));
    struct rng rng;

    talk.seed = number_from("STEAL_STRESS_SEED", steal_now() % 1000000000);
    printf("soak: STEAL_STRESS_SEED=%llu, %u connections\n",
            (unsigned long long)talk.seed, connections);
    fflush(stdout);
    signal(SIGALRM, on_alarm);
    rng_init(&rng, talk.seed);
    open_what_stays();
    run_epoch(&rng, connections, STEAL_SECONDS(seconds), true);
    for (int i = 0; i < 5; i++)
        run_epoch(&rng, connections, STEAL_MS(rng_below(&rng, 200)), false);
    tell();
    return EXIT_SUCCESS;
}
