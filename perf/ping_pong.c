/*
 * ping_pong.c - what does it cost that two tasks answer each other once?
 *
 * 1000 tasks; each spawns a partner, sends it a message, and waits for the
 * answer.  After the benchmark of the same name in Tokio.
 */
#include "crowd.h"
#include "harness.h"

/* What the two of a pair share: it lies in the player, who waits for the pong. */
struct pair {
    struct oneshot ping;
    struct oneshot pong;
};

struct partner {
    struct steal_async async;
    struct pair *pair;
    struct oneshot_recv recv;
};

static enum steal_poll
partner_poll(struct steal_future *future, struct steal_context *cx)
{
    struct partner *self = (struct partner *)future;

    STEAL_BEGIN(&self->async);
    STEAL_AWAIT(cx, oneshot_recv(&self->recv, &self->pair->ping));
    oneshot_send(&self->pair->pong); /* the pair may be gone after that */
    STEAL_END();
}

static const struct steal_future_ops partner_ops = { .name = "partner",
    .poll = partner_poll };

struct player {
    struct steal_async async;
    struct crowd *crowd;
    struct pair pair;
    struct oneshot_recv recv;
};

static void
serve(struct player *self)
{
    struct partner partner = { .async = STEAL_ASYNC(&partner_ops),
        .pair = &self->pair };

    oneshot_init(&self->pair.ping);
    oneshot_init(&self->pair.pong);
    perf_must(steal_spawn(NULL, &partner.async.future, sizeof partner, NULL));
    oneshot_send(&self->pair.ping);
}

static enum steal_poll
player_poll(struct steal_future *future, struct steal_context *cx)
{
    struct player *self = (struct player *)future;

    STEAL_BEGIN(&self->async);
    serve(self);
    STEAL_AWAIT(cx, oneshot_recv(&self->recv, &self->pair.pong));
    crowd_leave(self->crowd);
    STEAL_END();
}

static const struct steal_future_ops player_ops = { .name = "player",
    .poll = player_poll };

struct umpire {
    struct steal_async async;
    struct perf *perf;
    struct crowd crowd;
    struct oneshot_recv recv;
    uint64_t round;
};

static void
spawn_all(struct umpire *self)
{
    crowd_init(&self->crowd, self->perf->batch);
    for (uint64_t i = 0; i < self->perf->batch; i++) {
        struct player player = { .async = STEAL_ASYNC(&player_ops),
            .crowd = &self->crowd };

        perf_must(steal_spawn(NULL, &player.async.future, sizeof player, NULL));
    }
}

static enum steal_poll
umpire_poll(struct steal_future *future, struct steal_context *cx)
{
    struct umpire *self = (struct umpire *)future;

    STEAL_BEGIN(&self->async);
    perf_begin(self->perf);
    for (self->round = 0; self->round < self->perf->rounds; self->round++) {
        spawn_all(self);
        STEAL_AWAIT(cx, oneshot_recv(&self->recv, &self->crowd.done));
    }
    perf_end(self->perf);
    STEAL_END();
}

static const struct steal_future_ops umpire_ops = { .name = "umpire",
    .poll = umpire_poll };

static void
run(struct perf *p)
{
    struct umpire umpire = { .async = STEAL_ASYNC(&umpire_ops), .perf = p };

    perf_run_task(p, &umpire.async.future, sizeof umpire);
}

int
main(int argc, char **argv)
{
    static const struct perf_case cases[] = {
        { .bench = "ping_pong", .batch = 1000, .rounds = 100, .run = run },
        { 0 }
    };

    return perf_main(argc, argv, cases);
}
