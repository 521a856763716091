/*
 * talkers.h - clients and servers of talk.h as tasks, for tests with Check.
 */
#ifndef STEAL_TESTS_TALKERS_H
#define STEAL_TESTS_TALKERS_H

#include "sockets.h"
#include "talk.h"

/* STEAL_STRESS_SEED, or another one each time; prints it. */
static inline uint64_t
choose_seed(const char *program)
{
    const char *text = getenv("STEAL_STRESS_SEED");
    uint64_t seed = text ? strtoull(text, NULL, 10) : steal_now() % 1000000000;

    printf("%s: STEAL_STRESS_SEED=%llu\n", program, (unsigned long long)seed);
    fflush(stdout);
    return seed;
}

static inline struct steal_task *
spawn_client(struct steal_runtime *where, struct talk *talk,
        const struct talk_plan *plan)
{
    struct talk_client client = talk_client(talk, plan);
    struct steal_task *task;

    require(steal_spawn(where, &client.async.future, sizeof client, &task) ==
            0);
    return task;
}

static inline struct steal_task *
spawn_server(struct steal_runtime *where, struct talk *talk,
        struct steal_fd *listener)
{
    struct talk_server server = talk_server(talk, listener);
    struct steal_task *task;

    require(steal_spawn(where, &server.async.future, sizeof server, &task) ==
            0);
    return task;
}

/* Closes the listener, and waits until nobody talks any more. */
static inline void
end_service(struct steal_runtime *where, struct talk *talk,
        struct steal_fd *listener, struct steal_task *server)
{
    steal_fd_close(steal_fd_ref(listener));
    ck_assert_int_eq(join_task(where, server), -ECANCELED);
    steal_fd_unref(listener);
    wait_until(load_acquire(&talk->ends) == 0);
}

#endif
