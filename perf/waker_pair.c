/*
 * waker_pair.c - what does it cost that one task wakes another and is woken?
 *
 * Two tasks share a word that tells whose turn it is; each passes the turn on
 * and wakes the other, by a waker that it was given at the start.
 */
#include "crowd.h"
#include "harness.h"

struct pair {
    struct perf *perf;
    struct crowd crowd;
    atomic_int ready;
    atomic_int turn; /* -1: over */
    struct steal_waker waker[2];
};

struct player {
    struct steal_future future;
    struct pair *pair;
    int me;
    bool met;
    uint64_t left;
};

/* Leaves a waker; who comes second opens the game. */
static void
meet(struct player *self, struct steal_context *cx)
{
    struct pair *pair = self->pair;

    self->met = true;
    pair->waker[self->me] = steal_waker_clone(steal_context_waker(cx));
    if (atomic_fetch_add(&pair->ready, 1) == 1) {
        atomic_store(&pair->turn, 1 - self->me);
        steal_waker_wake_by_ref(&pair->waker[1 - self->me]);
    }
}

static void
pass_on(struct player *self, int turn)
{
    struct pair *pair = self->pair;

    atomic_store_explicit(&pair->turn, turn, memory_order_release);
    steal_waker_wake_by_ref(&pair->waker[1 - self->me]);
}

static enum steal_poll
player_poll(struct steal_future *future, struct steal_context *cx)
{
    struct player *self = (struct player *)future;
    int turn;

    if (!self->met)
        meet(self, cx);
    turn = atomic_load_explicit(&self->pair->turn, memory_order_acquire);
    if (turn == -1) {
        crowd_leave(&self->pair->crowd);
        return STEAL_READY;
    }
    if (turn != self->me)
        return STEAL_PENDING;
    if (self->left == self->pair->perf->ops && self->me == 0)
        perf_begin(self->pair->perf);
    if (self->left-- > 0) {
        pass_on(self, 1 - self->me);
        return STEAL_PENDING;
    }
    perf_end(self->pair->perf);
    pass_on(self, -1);
    crowd_leave(&self->pair->crowd);
    return STEAL_READY;
}

static const struct steal_future_ops player_ops = { .name = "player",
    .poll = player_poll };

struct umpire {
    struct steal_async async;
    struct pair pair;
    struct oneshot_recv recv;
};

static void
spawn_player(struct pair *pair, int me)
{
    /* The first has the last word: the second never runs out. */
    struct player player = { STEAL_FUTURE(&player_ops), pair, me, false,
        pair->perf->ops + (uint64_t)me };

    perf_must(steal_spawn(NULL, &player.future, sizeof player, NULL));
}

static enum steal_poll
umpire_poll(struct steal_future *future, struct steal_context *cx)
{
    struct umpire *self = (struct umpire *)future;

    STEAL_BEGIN(&self->async);
    crowd_init(&self->pair.crowd, 2);
    atomic_init(&self->pair.ready, 0);
    atomic_init(&self->pair.turn, 2);
    spawn_player(&self->pair, 0);
    spawn_player(&self->pair, 1);
    STEAL_AWAIT(cx, oneshot_recv(&self->recv, &self->pair.crowd.done));
    STEAL_END();
}

static const struct steal_future_ops umpire_ops = { .name = "umpire",
    .poll = umpire_poll };

static void
run(struct perf *p)
{
    struct umpire umpire = { .async = STEAL_ASYNC(&umpire_ops),
        .pair.perf = p };

    perf_must(steal_block_on(p->runtime, &umpire.async.future));
    steal_waker_drop(&umpire.pair.waker[0]);
    steal_waker_drop(&umpire.pair.waker[1]);
}

int
main(int argc, char **argv)
{
    static const struct perf_case cases[] = {
        { .bench = "waker_pair", .batch = 1, .rounds = 500000, .run = run },
        { 0 }
    };

    return perf_main(argc, argv, cases);
}
