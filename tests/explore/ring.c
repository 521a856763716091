/*
 * ring.c - the ring (src/sched/ring.c) with four slots: owner and thieves.
 *
 * A task is taken once, by a thread that sees what its pusher wrote into it;
 * the writes are plain.
 */
#include "explore.h"

#include "../../src/sched/ring.h"
#include "../../src/task/chain.h"

#define TASKS   6
#define THREADS 3

static struct ring ring;
static struct ring thief_ring[THREADS];
static struct steal_task task[TASKS];
static unsigned taken[THREADS][TASKS];
static unsigned first; /* the number of the first task to push */

/* Both indices of a ring that has been in use for a while. */
static void
start_at(struct ring *it, uint64_t index)
{
    steal__ring_init(it);
    store_relaxed(&it->head, index);
    store_relaxed(&it->tail, index);
    for (unsigned i = 0; i < RING_SLOTS; i++)
        store_relaxed(&it->slot[i], NULL);
}

static void
set_up(void)
{
    start_at(&ring, 3);
    for (unsigned i = 0; i < THREADS; i++)
        start_at(&thief_ring[i], 2);
    for (unsigned i = 0; i < TASKS; i++) {
        task[i].id = 0;
        task[i].next = NULL;
        for (unsigned j = 0; j < THREADS; j++)
            taken[j][i] = 0;
    }
    first = 0;
    explore_name(&ring, sizeof ring, "ring");
    explore_name(thief_ring, sizeof thief_ring, "thief_ring");
    explore_name(task, sizeof task, "task");
}

static void
push(unsigned i)
{
    task[i].id = i + 1;
    explore_assert(steal__ring_push(&ring, &task[i]));
}

static void
set_up_two(void)
{
    set_up();
    push(0);
    push(1);
    first = 2;
}

static void
set_up_full(void)
{
    set_up();
    for (unsigned i = 0; i < RING_SLOTS; i++)
        push(i);
    first = RING_SLOTS;
}

static void
take(unsigned self, struct steal_task *it)
{
    size_t i = (size_t)(it - task);

    explore_assert(i < TASKS);
    explore_assert(it->id == i + 1);
    taken[self][i]++;
}

static void
steal_once(unsigned self)
{
    struct steal_task *it = steal__ring_steal(&ring, &thief_ring[self]);

    if (it)
        take(self, it);
}

static void
drain(unsigned self, struct ring *from)
{
    struct steal_task *it;

    while ((it = steal__ring_pop(from)))
        take(self, it);
}

/* What is left belongs to the stage; all in all each task was taken once. */
static void
count(unsigned pushed)
{
    for (unsigned i = 0; i < THREADS; i++)
        drain(0, &thief_ring[i]);
    drain(0, &ring);
    for (unsigned i = 0; i < pushed; i++) {
        unsigned n = 0;

        for (unsigned j = 0; j < THREADS; j++)
            n += taken[j][i];
        explore_assert(n == 1);
    }
}

static void
count_two(void)
{
    count(2);
}

static void
count_three(void)
{
    count(3);
}

static void
count_full(void)
{
    count(RING_SLOTS);
}

static void
count_spilled(void)
{
    count(RING_SLOTS + 1);
}

static void
count_all(void)
{
    count(TASKS);
}

/* The owner pushes two while a thief takes. */

static void
push_and_steal(unsigned self)
{
    if (self == 0) {
        push(0);
        push(1);
    } else {
        steal_once(self);
        steal_once(self);
    }
}

/* Two are there; the owner pushes one more, and takes, against thieves. */

static void
pop_and_steal(unsigned self)
{
    struct steal_task *it;

    if (self != 0) {
        steal_once(self);
        return;
    }
    push(2);
    it = steal__ring_pop(&ring);
    if (it)
        take(0, it);
}

/* What a thief has put into its own ring is stolen from there. */

static void
steal_from_thief(unsigned self)
{
    struct steal_task *it;

    if (self == 0) {
        it = steal__ring_pop(&ring);
        if (it)
            take(0, it);
    } else if (self == 1) {
        steal_once(1);
    } else {
        it = steal__ring_steal(&thief_ring[1], &thief_ring[2]);
        if (it)
            take(2, it);
    }
}

/* The owner goes round the ring while thieves take. */
static void
push_round(unsigned self)
{
    struct steal_task *it;

    if (self != 0) {
        steal_once(self);
        return;
    }
    for (unsigned i = first; i < TASKS; i++) {
        task[i].id = i + 1;
        while (!steal__ring_push(&ring, &task[i])) {
            it = steal__ring_pop(&ring);
            if (it)
                take(0, it);
        }
    }
}

static void
pop_while_stolen(unsigned self)
{
    if (self == 0) {
        drain(0, &ring);
    } else {
        steal_once(self);
        drain(self, &thief_ring[self]);
    }
}

/* Full: the owner spills the older half, and pushes, while thieves take. */

static void
spill_and_steal(unsigned self)
{
    struct chain chain;

    if (self != 0) {
        steal_once(self);
        return;
    }
    task[first].id = first + 1;
    chain_init(&chain);
    while (!steal__ring_push(&ring, &task[first]))
        steal__ring_spill(&ring, &chain);
    for (struct steal_task *it = chain.first; it; it = it->next)
        take(0, it);
}

/* In the order in which they were pushed. */

static void
keep_order(unsigned self)
{
    struct steal_task *it;
    size_t last = 0;

    if (self == 0) {
        push(0);
        push(1);
        push(2);
        return;
    }
    while ((it = steal__ring_steal(&ring, &thief_ring[1]))) {
        do {
            explore_assert(it->id > last);
            last = it->id;
            take(1, it);
        } while ((it = steal__ring_pop(&thief_ring[1])));
    }
}

#define PUSH .setup = set_up, .thread = push_and_steal, .finish = count_two
#define POP  .setup = set_up_two, .thread = pop_and_steal, .finish = count_three
#define SPILL \
 .setup = set_up_full, .thread = spill_and_steal, .finish = count_spilled

static const struct explore_case cases[] = {
    { .name = "push_and_steal",
            .threads = 2,
            PUSH,
            .spurious = 1,
            .stale_cas = true },
    { .name = "push_and_two_steal", .threads = 3, PUSH },
    { .name = "pop_and_steal",
            .threads = 2,
            POP,
            .spurious = 1,
            .stale_cas = true },
    { .name = "pop_and_two_steal", .threads = 3, POP },
    { .name = "steal_from_thief",
            .threads = 3,
            .setup = set_up_full,
            .thread = steal_from_thief,
            .finish = count_full },
    { .name = "push_round",
            .threads = 3,
            .setup = set_up_full,
            .thread = push_round,
            .finish = count_all },
    { .name = "pop_while_stolen",
            .threads = 3,
            .setup = set_up_two,
            .thread = pop_while_stolen,
            .finish = count_two },
    { .name = "keep_order",
            .threads = 2,
            .setup = set_up,
            .thread = keep_order,
            .finish = count_three },
    { .name = "spill_and_steal", .threads = 2, SPILL },
    { .name = "spill_and_two_steal", .threads = 3, SPILL },

    { .name = "ring_without_acquire",
            .threads = 2,
            PUSH,
            .fault = { EXPLORE_DROP_ACQUIRE, "ring.c", NULL, NULL } },
    { .name = "tail_without_acquire",
            .threads = 2,
            PUSH,
            .fault = { EXPLORE_DROP_ACQUIRE, "ring.c", "victim->tail", NULL } },
    { .name = "push_without_release",
            .threads = 2,
            PUSH,
            .fault = { EXPLORE_DROP_RELEASE, "steal__ring_push", "tail",
                    NULL } },
    { .name = "stolen_tail_without_release",
            .threads = 3,
            .setup = set_up_full,
            .thread = steal_from_thief,
            .finish = count_full,
            .fault = { EXPLORE_DROP_RELEASE, "steal__ring_steal", "mine->tail",
                    NULL } },
    { .name = "plain_store_at_steal",
            .threads = 3,
            PUSH,
            .fault = { EXPLORE_SPLIT_RMW, "steal__ring_steal", NULL, NULL } },
    { .name = "plain_store_at_pop",
            .threads = 2,
            POP,
            .fault = { EXPLORE_SPLIT_RMW, "steal__ring_pop", NULL, NULL } },
    { .name = "plain_store_at_spill",
            .threads = 2,
            SPILL,
            .fault = { EXPLORE_SPLIT_RMW, "steal__ring_spill", NULL, NULL } },
};

EXPLORE_MAIN(cases)
