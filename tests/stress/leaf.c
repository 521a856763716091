#include "leaf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define DEEPEST   3
#define TOKEN_MAX 0x3fffffff
#define CHILDREN  4

/* Waits until somebody wakes the slot of the board, once. */
struct board_wait {
    struct steal_future future;
    unsigned slot;
    bool waited;
};

struct leaf {
    struct leaf_head head;
    bool alive;
    _Atomic(bool) polling;
    struct steal_task *child; /* a handle that is ours to give back */
    uint32_t child_seed;
    struct steal_fd *fd; /* of our own */
    struct steal_group group;
    unsigned event;
    struct leaf_head output;
    struct steal_yield yield;
    struct steal_sleep nap[2];
    struct board_wait board;
    struct steal_ready ready;
    struct steal_timeout timeout;
    struct steal_select select;
    struct steal_future *choice[3];
    struct steal_join join;
    struct steal_group_wait wait;
    struct steal_group_next next;
};

/* Storage that is lent to a task. */
struct lent {
    struct steal_task_slot slot;
    struct leaf leaf;
};

static enum steal_poll
board_poll(struct steal_future *future, struct steal_context *cx)
{
    struct board_wait *wait = (struct board_wait *)future;

    if (wait->waited)
        return STEAL_READY;
    wait->waited = true;
    board_put(wait->slot, steal_context_waker(cx));
    return STEAL_PENDING;
}

static const struct steal_future_ops board_ops = { .name = "board",
    .poll = board_poll };

static struct steal_future *
wait_on_board(struct leaf *self)
{
    self->board = (struct board_wait){ STEAL_FUTURE(&board_ops),
        rng_below(&self->head.rng, BOARD_SLOTS), false };
    return &self->board.future;
}

static struct steal_future *
nap(struct leaf *self, int i, uint32_t most_us)
{
    return steal_sleep(&self->nap[i],
            STEAL_US(rng_below(&self->head.rng, most_us)));
}

static struct steal_future *
choose(struct leaf *self)
{
    self->event = rng_below(&self->head.rng, EVENTS);
    self->choice[0] = wait_on_board(self);
    self->choice[1] = nap(self, 0, 2000);
    self->choice[2] = steal_fd_readable(&self->ready, world.event[self->event]);
    return steal_select(&self->select, self->choice, 3);
}

/*
 * Children
 */

static bool
bear(struct leaf *self)
{
    struct rng *rng = &self->head.rng;

    self->child_seed = rng_below(rng, TOKEN_MAX);
    return leaf_spawn(rng_below(rng, 2) ? NULL : steal_runtime_current(),
                   rng_below(rng, BIRTH_KINDS), self->child_seed,
                   self->head.depth + 1, &self->child) == 0;
}

static void
give_child_away(struct leaf *self)
{
    struct steal_task *old = bag_swap(rng_below(&self->head.rng, BAG_SLOTS),
            self->child);

    self->child = NULL;
    if (old)
        steal_task_detach(old);
}

static void
end_child(struct leaf *self, int result)
{
    self->child = NULL; /* the join has given it back */
    leaf_check_result(result, self->child_seed);
}

static bool
begin_group(struct leaf *self)
{
    struct rng *rng = &self->head.rng;

    if (steal_group_init(&self->group, NULL,
                rng_below(rng, 2) ? STEAL_GROUP_KEEP_GOING : 0))
        return false;
    for (unsigned i = rng_below(rng, CHILDREN); i; i--) {
        struct leaf leaf;

        leaf_init(&leaf.head, rng_below(rng, TOKEN_MAX), self->head.depth + 1);
        if (steal_group_spawn(&self->group, &leaf.head.async.future,
                    sizeof leaf))
            break;
        add_relaxed(&world.born, 1); /* read at the end only */
    }
    if (rng_below(rng, 4) == 0)
        steal_group_abort(&self->group);
    return true;
}

static struct steal_future *
await_group(struct leaf *self)
{
    if (rng_below(&self->head.rng, 2))
        return steal_group_wait(&self->wait, &self->group);
    return steal_group_next(&self->next, &self->group);
}

/*
 * A descriptor of our own
 */

static bool
open_fd(struct leaf *self)
{
    int number = eventfd(rng_below(&self->head.rng, 2), EFD_NONBLOCK);

    require(number >= 0);
    if (steal_fd_new(&self->fd, NULL, number) == 0)
        return true;
    close(number);
    return false;
}

static void
close_fd(struct leaf *self)
{
    steal_fd_close(self->fd);
    self->fd = NULL;
}

/*
 * The steps
 */

enum step {
    YIELD,
    NAP,
    BOARD,
    WAKE,
    TIMEOUT,
    SELECT,
    OWN_FD,
    LEAF_STEPS, /* what the deepest do */
    JOIN = LEAF_STEPS,
    ABORT,
    GIVE_AWAY,
    GROUP,
    IMPATIENT,
    STEPS
};

static enum step
choose_step(struct leaf *self)
{
    return rng_below(&self->head.rng,
            self->head.depth < DEEPEST ? STEPS : LEAF_STEPS);
}

static enum steal_poll
run_steps(struct leaf *self, struct steal_context *cx)
{
    STEAL_BEGIN(&self->head.async);
    while (self->head.steps-- > 0) {
        switch (choose_step(self)) {
        case YIELD:
            STEAL_YIELD(cx);
            STEAL_AWAIT(cx, steal_yield(&self->yield));
            break;
        case NAP:
            STEAL_AWAIT(cx, nap(self, 0, 3000));
            break;
        case BOARD:
            STEAL_AWAIT(cx, wait_on_board(self));
            break;
        case WAKE:
            board_wake(rng_below(&self->head.rng, BOARD_SLOTS));
            event_post(rng_below(&self->head.rng, EVENTS));
            break;
        case TIMEOUT:
            STEAL_AWAIT(cx, steal_timeout(&self->timeout, nap(self, 0, 1500),
                                    STEAL_US(700)));
            break;
        case SELECT:
            STEAL_AWAIT(cx, choose(self));
            if (self->select.index == 2)
                event_take(self->event);
            break;
        case OWN_FD:
            if (!open_fd(self))
                break;
            STEAL_AWAIT(cx, steal_timeout(&self->timeout,
                                    steal_fd_readable(&self->ready, self->fd),
                                    STEAL_US(300)));
            close_fd(self);
            break;
        case JOIN:
            if (!bear(self))
                break;
            STEAL_AWAIT(cx,
                    steal_join_into(&self->join, self->child,
                            &self->output.async.future, sizeof self->output));
            if (self->join.future.result >= 0)
                require(self->output.token == self->child_seed);
            end_child(self, self->join.future.result);
            break;
        case ABORT:
            if (!bear(self))
                break;
            if (rng_below(&self->head.rng, 2))
                STEAL_YIELD(cx);
            steal_task_abort(self->child);
            STEAL_AWAIT(cx, steal_join(&self->join, self->child));
            end_child(self, self->join.future.result);
            break;
        case GIVE_AWAY:
            if (bear(self))
                give_child_away(self);
            break;
        case GROUP:
            if (begin_group(self))
                STEAL_AWAIT(cx, await_group(self));
            steal_group_fini(&self->group);
            break;
        case IMPATIENT:
            if (!bear(self))
                break;
            STEAL_AWAIT(cx, steal_timeout(&self->timeout,
                                    steal_join(&self->join, self->child),
                                    STEAL_US(200)));
            if (self->timeout.future.result == -ETIMEDOUT)
                give_child_away(self);
            else
                end_child(self, self->timeout.future.result);
            break;
        default:
            require(!"a step");
        }
    }
    STEAL_RETURN((int)self->head.token);
    STEAL_END();
}

static enum steal_poll
leaf_poll(struct steal_future *future, struct steal_context *cx)
{
    struct leaf *self = (struct leaf *)future;
    enum steal_poll poll;

    require(self->alive);
    require(!swap_acquire(&self->polling, true));
    poll = run_steps(self, cx);
    require(swap_release(&self->polling, false));
    return poll;
}

static void
leaf_drop(struct steal_future *future)
{
    struct leaf *self = (struct leaf *)future;

    require(self->alive);
    require(!load_acquire(&self->polling));
    self->alive = false;
    if (self->child)
        steal_task_detach(self->child);
    if (self->fd)
        close_fd(self);
    steal_group_fini(&self->group);
    add_relaxed(&world.dropped, 1); /* read at the end only */
}

static const struct steal_future_ops leaf_ops = { .name = "leaf",
    .poll = leaf_poll,
    .drop = leaf_drop };

size_t
leaf_size(void)
{
    return sizeof(struct leaf);
}

void
leaf_init(struct leaf_head *head, uint32_t seed, int depth)
{
    struct leaf *leaf = (struct leaf *)(void *)head;

    memset(leaf, 0, sizeof *leaf);
    leaf->alive = true;
    steal_async_init(&head->async, &leaf_ops);
    head->token = seed;
    rng_init(&head->rng, seed * UINT64_C(0x9e3779b97f4a7c15));
    head->depth = depth;
    head->steps = (int)rng_below(&head->rng, 5);
}

static void
release_lent(struct steal_task_slot *slot)
{
    add_relaxed(&world.released, 1); /* read at the end only */
    free(container_of(slot, struct lent, slot));
}

/* Cannot fail, but in a runtime that stops it is canceled. */
static struct steal_task *
spawn_lent(struct steal_runtime *runtime, uint32_t seed, int depth)
{
    struct lent *lent = malloc(sizeof *lent);

    require(lent);
    leaf_init(&lent->leaf.head, seed, depth);
    add_relaxed(&world.lent, 1); /* read at the end only */
    add_relaxed(&world.born, 1); /* read at the end only */
    return steal_spawn_in(runtime, &lent->slot, &lent->leaf.head.async.future,
            release_lent);
}

static int
spawn_in_place(struct steal_runtime *runtime, uint32_t seed, int depth,
        struct steal_task **task)
{
    int error = steal_task_new(runtime, sizeof(struct leaf), task);

    if (error)
        return error;
    leaf_init((struct leaf_head *)steal_task_memory(*task), seed, depth);
    if (seed % 16 == 0) {
        steal_task_discard(*task);
        *task = NULL;
        return -ECANCELED;
    }
    add_relaxed(&world.born, 1); /* read at the end only */
    steal_task_start(*task);
    return 0;
}

int
leaf_spawn(struct steal_runtime *runtime, enum birth birth, uint32_t seed,
        int depth, struct steal_task **task)
{
    struct leaf leaf;
    int error = 0;

    switch (birth) {
    case BIRTH_IN_PLACE:
        error = spawn_in_place(runtime, seed, depth, task);
        break;
    case BIRTH_LENT:
        *task = spawn_lent(runtime, seed, depth);
        break;
    default:
        leaf_init(&leaf.head, seed, depth);
        error = steal_spawn(runtime, &leaf.head.async.future, sizeof leaf,
                task);
        if (!error)
            add_relaxed(&world.born, 1); /* read at the end only */
    }
    if (error)
        *task = NULL;
    require(error == 0 || error == -ECANCELED);
    return error;
}

void
leaf_check_result(int result, uint32_t seed)
{
    require(result == (int)seed || result == -ECANCELED);
    add_relaxed(&world.joined, 1); /* read at the end only */
}
