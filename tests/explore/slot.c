/*
 * slot.c - the next slot (src/sched/slot.h): its owner, and the monitor.
 */
#include "explore.h"

#include "../../src/sched/slot.h"

#define TASKS   2
#define THREADS 3

struct steal_task {
    unsigned number;
};

static struct slot slot;
static struct steal_task task[TASKS];
static unsigned taken[THREADS][TASKS];

static void
set_up(void)
{
    slot_init(&slot);
    for (unsigned i = 0; i < TASKS; i++) {
        task[i].number = 0;
        for (unsigned j = 0; j < THREADS; j++)
            taken[j][i] = 0;
    }
    explore_name(&slot, sizeof slot, "slot");
    explore_name(task, sizeof task, "task");
}

static void
take(unsigned self, struct steal_task *it)
{
    if (!it)
        return;
    explore_assert(it->number == it - task + 1u);
    taken[self][it - task]++;
}

/* The owner puts two and takes; others take. */
static void
put_and_take(unsigned self)
{
    for (unsigned i = 0; self == 0 && i < TASKS; i++) {
        task[i].number = i + 1;
        take(0, slot_put(&slot, &task[i]));
    }
    take(self, slot_take(&slot));
}

static void
all_are_taken_once(void)
{
    take(0, slot_take(&slot));
    for (unsigned i = 0; i < TASKS; i++)
        explore_assert(taken[0][i] + taken[1][i] + taken[2][i] == 1);
}

#define SLOT \
 .setup = set_up, .thread = put_and_take, .finish = all_are_taken_once

static const struct explore_case cases[] = {
    { .name = "put_and_take", .threads = 3, SLOT },
    { .name = "put_without_release",
            .threads = 2,
            SLOT,
            .fault = { EXPLORE_DROP_RELEASE, "slot_put", NULL, "store" } },
    { .name = "displace_without_release",
            .threads = 2,
            SLOT,
            .fault = { EXPLORE_DROP_RELEASE, "slot_put", NULL, "swap" } },
    { .name = "take_without_acquire",
            .threads = 2,
            SLOT,
            .fault = { EXPLORE_DROP_ACQUIRE, "slot_take", NULL, NULL } },
    { .name = "take_by_plain_store",
            .threads = 2,
            SLOT,
            .fault = { EXPLORE_SPLIT_RMW, "slot_take", NULL, NULL } },
    { .name = "displace_by_plain_store",
            .threads = 2,
            SLOT,
            .fault = { EXPLORE_SPLIT_RMW, "slot_put", NULL, NULL } },
};

EXPLORE_MAIN(cases)
