/*
 * reduce.c - the accumulators of a loop.
 *
 * The caller adds to its own accumulator from the left.  What is cut off a part
 * gets one in the frame of that part, by the number of the cut: thieves come
 * and go, and the frame stays.  Cuts are numbered from right to left, so that
 * the part, when all of them are over, joins the last one first.
 */
#include "loop.h"

#include <stdlib.h>

/* Above that an accumulator is allocated. */
#define SMALL_MOST 256

/* Of a frame, for accumulators; each begins on a line of its own. */
#define FRAME_SIZE 4096

struct reduce_loop {
    struct loop loop;
    const struct steal_reduction *reduction;
    void *result;
    void *data;
    size_t stride;      /* from one accumulator in a frame to the next */
    unsigned most_cuts; /* that a frame has room for */
};

struct reduce_part {
    struct part part;
    void *own;
    union {
        CACHE_ALIGNED char room[FRAME_SIZE];
        void *block[HELPERS_MOST]; /* of large ones; NULL: not done */
    } cut;
};

static struct reduce_loop *
reduce_of(struct loop *loop)
{
    return container_of(loop, struct reduce_loop, loop);
}

static struct reduce_part *
part_of(struct part *part)
{
    return container_of(part, struct reduce_part, part);
}

static bool
is_large(const struct reduce_loop *self)
{
    return self->reduction->size > SMALL_MOST;
}

static void *
accumulator_of(const struct reduce_loop *self, struct reduce_part *part,
        unsigned cut)
{
    return is_large(self) ? part->cut.block[cut]
                          : part->cut.room + cut * self->stride;
}

static int
call(size_t begin, size_t end, void *context)
{
    struct reduce_loop *self = context;

    return self->reduction->body(begin, end, self->result, self->data);
}

static int
run_piece(struct part *part, size_t begin, size_t end)
{
    struct reduce_loop *self = reduce_of(part->loop);

    return self->reduction->body(begin, end, part_of(part)->own, self->data);
}

/* What was cut off the part, beside it first. */
static void
join_cuts(struct reduce_loop *self, struct reduce_part *part)
{
    unsigned n = part->part.span.cuts; /* all who cut are joined */

    while (n--) {
        void *right = accumulator_of(self, part, n);

        self->reduction->join(part->own, right, self->data);
        if (is_large(self))
            free(right);
    }
}

/* The accumulator of a range that was cut off. */
static void *
begin_cut(struct reduce_loop *self, struct reduce_part *of,
        const struct cut *range)
{
    void *own;

    if (is_large(self))
        of->cut.block[range->number] = range->block;
    own = accumulator_of(self, of, range->number);
    self->reduction->init(own, self->data);
    return own;
}

static void
run_part(struct loop *loop, struct part *of, const struct cut *range)
{
    struct reduce_loop *self = reduce_of(loop);
    struct reduce_part part;

    part.own = of ? begin_cut(self, part_of(of), range) : self->result;
    steal__part_init(&part.part, loop, range, self->most_cuts);
    steal__part_run(&part.part);
    join_cuts(self, &part);
}

static const struct loop_kind reduce_kind = { run_part, run_piece };

static void
make_room(struct reduce_loop *self)
{
    size_t size = self->reduction->size;

    if (is_large(self)) {
        self->loop.block_size = size;
        self->most_cuts = HELPERS_MOST;
        return;
    }
    self->stride = (size + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE;
    self->most_cuts = HELPERS_MOST;
    if (self->stride > FRAME_SIZE / HELPERS_MOST)
        self->most_cuts = (unsigned)(FRAME_SIZE / self->stride);
}

int
steal_reduce(size_t begin, size_t end, const struct steal_reduction *reduction,
        void *result, void *data, const struct steal_loop_options *options)
{
    pace_key body = (pace_key)reduction->body;
    struct reduce_loop self;
    struct small small;
    int error;

    self.reduction = reduction;
    self.result = result;
    self.data = data;
    if (loop_is_small(&small, body, begin, end, options)) {
        if (small_run(&small, call, &self, &error))
            return error;
        begin = small.begin;
    }
    steal__loop_init(&self.loop, &reduce_kind, body, begin, end, options);
    make_room(&self);
    return steal__loop_run(&self.loop);
}
