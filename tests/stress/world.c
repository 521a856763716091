#include "world.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct world world;

_Noreturn void
world_fail(const char *file, int line, const char *what)
{
    fprintf(stderr, "%s:%d: %s\nSTEAL_STRESS_SEED=%llu, epoch %u\n", file, line,
            what, (unsigned long long)world.seed, world.epoch);
    abort();
}

/*
 * Memory
 */

static void *
count_allocate(size_t size, void *data)
{
    void *block = malloc(size);

    require(data == &world && block);
    add_relaxed(&world.blocks, 1); /* read at the end only, as all counters */
    add_relaxed(&world.bytes, (int64_t)size);
    return block;
}

static void
count_release(void *block, size_t size, void *data)
{
    require(data == &world);
    add_relaxed(&world.blocks, -1);
    add_relaxed(&world.bytes, -(int64_t)size);
    free(block);
}

/*
 * The board
 */

static struct steal_waker
exchange(unsigned slot, struct steal_waker waker)
{
    struct mailbox *box = &world.board[slot % BOARD_SLOTS];
    struct steal_waker old;

    pthread_mutex_lock(&box->mutex);
    old = box->waker;
    box->waker = waker;
    pthread_mutex_unlock(&box->mutex);
    return old;
}

void
board_put(unsigned slot, const struct steal_waker *waker)
{
    struct steal_waker old = exchange(slot, steal_waker_clone(waker));

    steal_waker_wake(&old);
}

void
board_wake(unsigned slot)
{
    struct steal_waker old = exchange(slot, steal_waker_noop());

    if (slot & 1) {
        steal_waker_wake(&old);
    } else {
        steal_waker_wake_by_ref(&old);
        steal_waker_drop(&old);
    }
}

/*
 * The bag
 */

struct steal_task *
bag_swap(unsigned slot, struct steal_task *task)
{
    struct steal_task *old;

    pthread_mutex_lock(&world.bag_mutex);
    old = world.bag[slot % BAG_SLOTS];
    world.bag[slot % BAG_SLOTS] = task;
    pthread_mutex_unlock(&world.bag_mutex);
    return old;
}

/*
 * Events
 */

void
event_post(unsigned event)
{
    uint64_t one = 1;
    int number = steal_fd_number(world.event[event % EVENTS]);

    require(write(number, &one, sizeof one) == sizeof one || errno == EAGAIN);
}

void
event_take(unsigned event)
{
    uint64_t one;
    int number = steal_fd_number(world.event[event % EVENTS]);

    require(read(number, &one, sizeof one) == sizeof one || errno == EAGAIN);
}

/*
 * Epochs
 */

static void
reset(void)
{
    store_relaxed(&world.born, 0); /* the threads of the epoch come later */
    store_relaxed(&world.dropped, 0);
    store_relaxed(&world.joined, 0);
    store_relaxed(&world.released, 0);
    store_relaxed(&world.lent, 0);
    store_relaxed(&world.blocks, 0);
    store_relaxed(&world.bytes, 0);
    pthread_mutex_init(&world.bag_mutex, NULL);
    for (unsigned i = 0; i < BOARD_SLOTS; i++)
        pthread_mutex_init(&world.board[i].mutex, NULL);
}

void
world_begin(struct rng *rng)
{
    struct steal_options options = STEAL_OPTIONS_INIT;

    reset();
    options.workers = 1 + rng_below(rng, 4);
    if (rng_below(rng, 6) == 0) {
        options.workers = 1;
        options.flags = STEAL_ON_CALLER;
    }
    options.seed = world.seed;
    options.allocator = (struct steal_allocator){ count_allocate, count_release,
        &world };
    require(steal_runtime_new(&world.runtime, &options) == 0);
    for (unsigned i = 0; i < EVENTS; i++) {
        int number = eventfd(0, EFD_SEMAPHORE | EFD_NONBLOCK);

        require(number >= 0);
        require(steal_fd_new(&world.event[i], world.runtime, number) == 0);
    }
}

static void
close_events(void)
{
    for (unsigned i = 0; i < EVENTS; i++)
        steal_fd_close(world.event[i]);
}

/* Handles and wakers that have outlived the runtime. */
static void
let_go(void)
{
    for (unsigned i = 0; i < BAG_SLOTS; i++) {
        struct steal_task *task = bag_swap(i, NULL);

        if (!task)
            continue;
        require(steal_task_is_finished(task));
        steal_task_abort(task);
        steal_task_detach(task);
    }
    for (unsigned i = 0; i < BOARD_SLOTS; i++)
        board_wake(i);
}

static int64_t
value(_Atomic(int64_t) *counter)
{
    return load_acquire(counter);
}

void
world_end(void)
{
    bool early = (world.seed + world.epoch) & 1;

    if (early) /* who waits for an event is canceled, then dropped */
        steal_runtime_begin_stop(world.runtime);
    require(steal_runtime_stop(world.runtime, STEAL_SECONDS(60)) == 0);
    world.runtime = NULL;
    require(value(&world.born) == value(&world.dropped));
    close_events();
    let_go();
    require(value(&world.lent) == value(&world.released));
    require(value(&world.blocks) == 0);
    require(value(&world.bytes) == 0);
}
