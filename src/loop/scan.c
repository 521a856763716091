/*
 * scan.c - prefixes: one thread walks, others run ahead.
 *
 * The range is cut into chunks from left to right, as threads come for them.
 * The one at the front is walked with the caller's own accumulator, which is
 * its prefix, and is that of the next one after.  Alone, a thread does nothing
 * else, and each index is touched once.  Other threads sum chunks that are
 * ahead of the front.  Where it comes to one of these it does not walk: a copy
 * of the prefix is left with the chunk, which is walked by whoever comes for
 * it, while it is still in a cache.  chunks.h tells who does what.
 *
 * Orderings: an accumulator belongs to who has the chunk, and the caller's to
 * who has the front; both are handed on under the lock of the chunks.
 */
#include <stdlib.h>

#include "chunks.h"
#include "loop.h"

/* In the caller's frame; above that accumulators are allocated. */
#define SMALL_MOST 256
#define FRAME_SIZE 8192

#define SLOTS_LARGE 16

struct scan_loop {
    struct loop loop;
    const struct steal_scanning *scanning;
    void *before;
    void *data;
    char *room;    /* two accumulators for each slot: the sum and the prefix */
    size_t stride; /* from one to the next */
    struct chunks chunks;
};

static struct scan_loop *
scan_of(struct loop *loop)
{
    return container_of(loop, struct scan_loop, loop);
}

static void *
sum_of(const struct scan_loop *self, unsigned slot)
{
    return self->room + 2 * slot * self->stride;
}

static void *
prefix_of(const struct scan_loop *self, unsigned slot)
{
    return self->room + (2 * slot + 1) * self->stride;
}

static int
walk_front(size_t begin, size_t end, void *context)
{
    struct scan_loop *self = context;

    return self->scanning->walk(begin, end, self->before, self->data);
}

static int
work_on(struct scan_loop *self, const struct chunk_claim *claim)
{
    const struct steal_reduction *reduction = &self->scanning->reduction;
    void *sum;

    switch (claim->work) {
    case CHUNK_FRONT:
        return walk_front(claim->begin, claim->end, self);
    case CHUNK_WALK:
        return self->scanning->walk(claim->begin, claim->end,
                prefix_of(self, claim->slot), self->data);
    case CHUNK_SUM:
        break;
    }
    sum = sum_of(self, claim->slot);
    reduction->init(sum, self->data);
    return reduction->body(claim->begin, claim->end, sum, self->data);
}

/* Leaves a copy of the prefix with each chunk that the front comes by. */
static void
advance(struct scan_loop *self)
{
    const struct steal_reduction *reduction = &self->scanning->reduction;
    bool is_again = false;
    unsigned slot;

    while (steal__chunks_advance(&self->chunks, is_again, &slot)) {
        void *prefix = prefix_of(self, slot);

        reduction->init(prefix, self->data);
        reduction->join(prefix, self->before, self->data);
        reduction->join(self->before, sum_of(self, slot), self->data);
        is_again = true;
    }
}

static void help(struct steal_job *job);

static void
take_part(struct scan_loop *self)
{
    struct loop *loop = &self->loop;
    struct helpers helpers;
    struct chunk_claim claim;
    struct measure measure;
    uint64_t walking = 0;

    helpers_init(&helpers);
    while (!steal__loop_is_over(loop) &&
            steal__chunks_claim(&self->chunks, &claim)) {
        uint64_t begin = ticks_now();
        uint64_t ticks;
        int error;

        steal__helpers_fork(&helpers, claim.others, help, self);
        if (!loop_is_quiet(loop, walking))
            helpers_offer();
        error = work_on(self, &claim);
        if (unlikely(error)) {
            steal__loop_fail(loop, error);
            break;
        }
        ticks = ticks_now() - begin;
        if (claim.work != CHUNK_SUM)
            walking += ticks;
        steal__loop_measure(loop, &measure, claim.end - claim.begin, ticks);
        if (steal__chunks_finish(&self->chunks, &claim, &measure))
            advance(self);
    }
    steal__helpers_join(&helpers);
    add_relaxed(&loop->ticks, walking); /* a sum; the joins bring it */
}

static void
help(struct steal_job *job)
{
    take_part(container_of(job, struct helper, job)->owner);
}

static void
run_slots(struct scan_loop *self, const struct cut *range, unsigned slots)
{
    steal__chunks_init(&self->chunks, range, slots);
    take_part(self);
}

static void
run_small(struct scan_loop *self, const struct cut *range)
{
    CACHE_ALIGNED char room[FRAME_SIZE];
    size_t slots;

    self->room = room;
    self->stride = (self->scanning->reduction.size + CACHE_LINE - 1) /
                   CACHE_LINE * CACHE_LINE;
    slots = self->stride ? FRAME_SIZE / 2 / self->stride : CHUNKS_MOST;
    run_slots(self, range, slots < CHUNKS_MOST ? (unsigned)slots : CHUNKS_MOST);
}

/* Out of memory is no error: without accumulators the front does it all. */
static void
run_large(struct scan_loop *self, const struct cut *range)
{
    self->stride = self->scanning->reduction.size;
    self->stride += -self->stride % _Alignof(max_align_t);
    self->room = calloc(SLOTS_LARGE * 2, self->stride);
    run_slots(self, range, self->room ? SLOTS_LARGE : 1);
    free(self->room);
}

static void
run_all(struct loop *loop, struct part *of, const struct cut *range)
{
    struct scan_loop *self = scan_of(loop);

    (void)of;
    if (self->scanning->reduction.size > SMALL_MOST)
        run_large(self, range);
    else
        run_small(self, range);
}

static const struct loop_kind scan_kind = { run_all, NULL };

int
steal_scan(size_t begin, size_t end, const struct steal_scanning *scanning,
        void *before, void *data, const struct steal_loop_options *options)
{
    pace_key body = (pace_key)scanning->walk;
    struct scan_loop self;
    struct small small;
    int error;

    self.scanning = scanning;
    self.before = before;
    self.data = data;
    if (loop_is_small(&small, body, begin, end, options)) {
        if (small_run(&small, walk_front, &self, &error))
            return error;
        begin = small.begin;
    }
    steal__loop_init(&self.loop, &scan_kind, body, begin, end, options);
    return steal__loop_run(&self.loop);
}
