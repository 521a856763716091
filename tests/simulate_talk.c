/*
 * tests/simulate_talk.c - clients and servers that check every byte, in a world where
 * much goes wrong: one run for each seed.
 */
#include <steal/simulate.h>

#include "talkers.h"

#define CLIENTS 6
#define SEEDS   200
#define HOUR    STEAL_SECONDS(3600)

static struct talk talk;
static struct steal_runtime *runtime;

static struct steal_runtime *
start(uint64_t seed, const struct steal_faults *faults)
{
    struct steal_options options = STEAL_OPTIONS_INIT;
    struct steal_runtime *result = NULL;

    options.deterministic = true;
    options.seed = seed;
    ck_assert_int_eq(steal_runtime_new(&result, &options), 0);
    ck_assert_int_eq(steal_simulate_faults(result, faults), 0);
    return result;
}

/* What client `i` is to do, and its server. */
static struct talk_plan
make_plan(struct rng *rng, uint64_t seed, int i, struct steal_fd *listener)
{
    return (struct talk_plan){
        .seed = seed * CLIENTS + (uint64_t)i,
        .total = 1 + rng_below(rng, 20000),
        .mine = (enum talk_fate)rng_below(rng, TALK_FATES),
        .servers = (enum talk_fate)rng_below(rng, TALK_IMPATIENT),
        .limit = rng_below(rng, 10000),
        .patience = STEAL_MS(1 + rng_below(rng, 100)),
        .address = local_address(listener),
    };
}

static int
join_in_time(struct steal_task *task)
{
    struct steal_join join;
    struct steal_timeout timeout;

    return steal_block_on(runtime,
            steal_timeout(&timeout, steal_join(&join, task), HOUR));
}

/* Services may go on for a moment. */
static void
wait_for_all(void)
{
    uint64_t end = steal_now() + HOUR;
    struct steal_sleep sleep;

    while (load_acquire(&talk.ends) && steal_now() < end)
        steal_block_on(runtime, steal_sleep(&sleep, STEAL_MS(1)));
    ck_assert_int_eq(load_acquire(&talk.ends), 0);
}

/* Returns the time at which all was over: it tells much about what has happened. */
static uint64_t
run(uint64_t seed, const struct steal_faults *faults)
{
    int before = open_descriptors();
    struct steal_task *client[CLIENTS];
    struct steal_task *server;
    struct steal_fd *listener;
    struct rng rng;
    uint64_t end;

    talk.seed = seed;
    rng_init(&rng, seed * 2);
    runtime = start(seed, faults);
    listener = listen_at(runtime, "127.0.0.1:0", NULL);
    server = spawn_server(runtime, &talk, listener);
    for (int i = 0; i < CLIENTS; i++) {
        struct talk_plan plan = make_plan(&rng, seed, i, listener);

        client[i] = spawn_client(runtime, &talk, &plan);
    }
    for (int i = 0; i < CLIENTS; i++)
        join_in_time(client[i]); /* what has come of it, it has judged itself */
    steal_fd_close(steal_fd_ref(listener));
    ck_assert_int_eq(join_in_time(server), -ECANCELED);
    steal_fd_unref(listener);
    wait_for_all();
    end = steal_now();
    runtime_end(runtime);
    ck_assert_int_eq(open_descriptors(), before);
    return end;
}

START_TEST(talks_bear_delays_and_pieces)
{
    struct steal_faults faults = STEAL_FAULTS_INIT;

    faults.delays = 100000;
    faults.longest_delay = STEAL_MS(20);
    faults.cuts = 300000;
    for (uint64_t seed = 1; seed <= (uint64_t)scaled(SEEDS); seed++)
        run(seed, &faults);
    ck_assert_int_gt(load_acquire(&talk.bytes), 5000);
}
END_TEST

START_TEST(talks_bear_lost_connections)
{
    struct steal_faults faults = STEAL_FAULTS_INIT;

    faults.delays = 50000;
    faults.longest_delay = STEAL_MS(20);
    faults.cuts = 200000;
    faults.losses = 5000;
    store_release(&talk.over, true); /* any error may come */
    for (uint64_t seed = 1; seed <= (uint64_t)scaled(SEEDS); seed++)
        run(seed, &faults);
    ck_assert_int_gt(load_acquire(&talk.bytes), 5000);
}
END_TEST

START_TEST(talks_come_again_with_the_seed)
{
    struct steal_faults faults = STEAL_FAULTS_INIT;

    faults.delays = 100000;
    faults.longest_delay = STEAL_MS(20);
    faults.cuts = 300000;
    faults.losses = 1000;
    store_release(&talk.over, true);
    for (uint64_t seed = 1; seed <= (uint64_t)scaled(50); seed++)
        ck_assert_uint_eq(run(seed, &faults), run(seed, &faults));
}
END_TEST

static void
reset(void)
{
    unsetenv("STEAL_SEED"); /* these tests have seeds of their own */
    memset(&talk, 0, sizeof talk);
    runtime_end(runtime_start(1)); /* opens what libuv keeps for ever */
}

int
main(void)
{
    const TTest *const tests[] = {
        talks_bear_delays_and_pieces,
        talks_bear_lost_connections,
        talks_come_again_with_the_seed,
    };

    return run_suite_with("simulate_talk", reset, tests, LENGTH(tests));
}
