/*
 * injector.c - the global queue (src/sched/injector.c): chains in, tasks out.
 */
#include "explore.h"

#include "../../src/sched/injector.h"
#include "../../src/task/chain.h"

#define TASKS   4
#define THREADS 4

static struct injector injector;
static struct steal_task task[TASKS];
static unsigned taken[THREADS][TASKS];

static void
set_up(void)
{
    steal__injector_init(&injector);
    for (unsigned i = 0; i < TASKS; i++) {
        task[i].id = 0;
        task[i].next = NULL;
        for (unsigned j = 0; j < THREADS; j++)
            taken[j][i] = 0;
    }
    explore_name(&injector, sizeof injector, "injector");
    explore_name(task, sizeof task, "task");
}

/* Pushes `n` tasks from this one on, as a chain. */
static void
push(unsigned from, unsigned n)
{
    struct chain chain;

    chain_init(&chain);
    for (unsigned i = from; i < from + n; i++) {
        task[i].id = i + 1;
        chain_add(&chain, &task[i]);
    }
    steal__injector_push(&injector, &chain);
}

static unsigned
take(unsigned self, unsigned max)
{
    unsigned n;
    struct steal_task *it = steal__injector_take(&injector, max, &n);
    uint64_t last = 0;
    unsigned seen = 0;

    for (; it; it = it->next, seen++) {
        explore_assert(it->id == (uint64_t)(it - task) + 1);
        /* Chains are pushed with their tasks in order. */
        if (it->id % 2 == 0 && seen > 0)
            explore_assert(last == it->id - 1);
        last = it->id;
        taken[self][it - task]++;
    }
    explore_assert(seen == n);
    return n;
}

static void
count(unsigned pushed)
{
    while (take(0, TASKS))
        ;
    explore_assert(steal__injector_is_empty(&injector));
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
count_four(void)
{
    count(4);
}

/* One pushes a chain, the others take one task at a time. */
static void
push_and_take(unsigned self)
{
    if (self == 0)
        push(0, 2);
    else
        take(self, 1);
}

static void
push_and_take_twice(unsigned self)
{
    if (self == 0) {
        push(0, 2);
    } else {
        take(self, 1);
        take(self, 1);
    }
}

/* Two push a chain each, one takes. */
static void
two_push_and_take(unsigned self)
{
    if (self < 2) {
        push(self * 2, 2);
    } else {
        take(self, 3);
        take(self, 3);
    }
}

#define TWO  .setup = set_up, .finish = count_two
#define FOUR .setup = set_up, .finish = count_four

static const struct explore_case cases[] = {
    { .name = "push_and_take", .threads = 3, TWO, .thread = push_and_take },
    { .name = "push_and_take_twice",
            .threads = 3,
            TWO,
            .thread = push_and_take_twice },
    { .name = "two_push_and_take",
            .threads = 3,
            FOUR,
            .thread = two_push_and_take },

    { .name = "push_without_release",
            .threads = 2,
            TWO,
            .thread = push_and_take,
            .fault = { EXPLORE_SKIP, "steal__injector_push", NULL, "fence" } },
    { .name = "take_without_acquire",
            .threads = 2,
            TWO,
            .thread = push_and_take,
            .fault = { EXPLORE_SKIP, "take_stack", NULL, "fence" } },
    { .name = "push_by_plain_store",
            .threads = 3,
            FOUR,
            .thread = two_push_and_take,
            .fault = { EXPLORE_SPLIT_RMW, "steal__injector_push", NULL,
                    NULL } },
    { .name = "take_without_lock",
            .threads = 3,
            TWO,
            .thread = push_and_take_twice,
            .fault = { EXPLORE_SPLIT_RMW, "lock_try", NULL, NULL } },
    { .name = "lock_without_acquire",
            .threads = 3,
            TWO,
            .thread = push_and_take_twice,
            .fault = { EXPLORE_DROP_ACQUIRE, "lock_try", NULL, NULL } },
};

EXPLORE_MAIN(cases)
