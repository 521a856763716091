/*
 * trace.c - the ring of a trace (src/insight/trace_ring.h) with two slots, read
 * while it is written: what is copied is whole, and in order.
 */
#include "explore.h"

#include "../../src/insight/trace_ring.h"

#define SLOTS  2
#define EVENTS 3

static struct trace_ring ring;
static struct trace_slot slot[SLOTS];
static struct trace_event copy[2][SLOTS];

static void
set_up(void)
{
    trace_ring_init(&ring, slot, SLOTS);
    for (unsigned i = 0; i < SLOTS; i++) {
        for (unsigned j = 0; j < TRACE_WORDS; j++)
            store_relaxed(&slot[i].word[j], 0);
    }
    explore_name(&ring, sizeof ring, "ring");
    explore_name(slot, sizeof slot, "slot");
}

static void
write_some(void)
{
    for (uint64_t i = 1; i <= EVENTS; i++)
        trace_ring_put(&ring, i, i, i);
}

static uint64_t
read_some(struct trace_event *events)
{
    struct trace_event *first;
    uint64_t lost;
    size_t n = steal__trace_ring_copy(&ring, events, &first, &lost);

    explore_assert(n < SLOTS);
    for (size_t i = 0; i < n; i++) {
        for (unsigned j = 0; j < TRACE_WORDS; j++)
            explore_assert(first[i].word[j] == lost + i + 1);
    }
    return lost + n;
}

static void
write_or_read(unsigned self)
{
    if (self == 0)
        write_some();
    else
        read_some(copy[self - 1]);
}

static void
last_is_there(void)
{
    explore_assert(read_some(copy[0]) == EVENTS);
}

#define RING .setup = set_up, .thread = write_or_read, .finish = last_is_there

static const struct explore_case cases[] = {
    { .name = "write_and_read", .threads = 2, RING },
    { .name = "write_and_two_read", .threads = 3, RING, .preemptions = 3 },
    { .name = "head_without_release",
            .threads = 2,
            RING,
            .fault = { EXPLORE_DROP_RELEASE, "trace_ring_put", "head", NULL } },
    { .name = "word_without_release",
            .threads = 2,
            RING,
            .fault = { EXPLORE_DROP_RELEASE, "trace_ring_put", "word", NULL } },
    { .name = "head_without_acquire",
            .threads = 2,
            RING,
            .fault = { EXPLORE_DROP_ACQUIRE, "steal__trace_ring_copy", "head",
                    NULL } },
    { .name = "word_without_acquire",
            .threads = 2,
            RING,
            .fault = { EXPLORE_DROP_ACQUIRE, "copy_event", "word", NULL } },
    { .name = "no_second_look",
            .threads = 2,
            RING,
            .fault = { EXPLORE_BLIND_LOAD, "first_whole", "head", NULL } },
};

EXPLORE_MAIN(cases)
