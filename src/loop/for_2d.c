/*
 * for_2d.c - a loop over the tiles of a rectangle.
 *
 * The rectangle is halved, across its longer side, and the halves again, so
 * often that what comes out is about a grain.  A tile is a node of that tree.
 * Its leaves are counted from left to right, 2^depth of them, so that a subtree
 * is a range of numbers and the whole is a loop over a range like any other.
 *
 *                 all                     0 1 2 3 4 5 6 7
 *           left       right              0 1 2 3|4 5 6 7
 *         ll   lr     rl   rr             0 1|2 3|4 5|6 7
 *
 * What is too small to be halved stays whole, in the left half; the right one
 * is empty.
 */
#include "loop.h"

#include "tree.h"

/* The leaves of more could not be counted: they are larger than a grain. */
#define DEPTH_MOST (sizeof(size_t) * 8 - 2)

struct for_2d_loop {
    struct loop loop;
    const struct steal_tile *all;
    size_t grain; /* cells */
    unsigned depth;
    int (*body)(const struct steal_tile *tile, void *data);
    void *data;
};

static struct for_2d_loop *
for_2d_of(struct loop *loop)
{
    return container_of(loop, struct for_2d_loop, loop);
}

static size_t
rows_of(const struct steal_tile *tile)
{
    return tile->row_end - tile->row_begin;
}

static size_t
columns_of(const struct steal_tile *tile)
{
    return tile->column_end - tile->column_begin;
}

static bool
is_empty(const struct steal_tile *tile)
{
    return tile->row_begin >= tile->row_end ||
           tile->column_begin >= tile->column_end;
}

/* True if a half of `length` by `width` is a grain: that may overflow. */
static bool
is_worth(size_t length, size_t width, size_t grain)
{
    size_t least = grain / width + (grain % width != 0);

    return length / 2 && length / 2 >= least;
}

/* Makes it one of its halves. */
static void
halve(struct steal_tile *tile, bool right, size_t grain)
{
    size_t rows = rows_of(tile);
    size_t columns = columns_of(tile);
    bool is_tall = rows >= columns;
    size_t *begin = is_tall ? &tile->row_begin : &tile->column_begin;
    size_t *end = is_tall ? &tile->row_end : &tile->column_end;
    size_t middle = *end;

    if (is_worth(is_tall ? rows : columns, is_tall ? columns : rows, grain))
        middle -= (*end - *begin) / 2;
    *(right ? begin : end) = middle;
}

/* The node that is so many levels above the leaf. */
static struct steal_tile
tile_at(const struct for_2d_loop *self, size_t leaf, unsigned level)
{
    struct steal_tile tile = *self->all;

    for (unsigned i = self->depth; i-- > level && !is_empty(&tile);)
        halve(&tile, leaf >> i & 1, self->grain);
    return tile;
}

static int
call(size_t begin, size_t end, void *context)
{
    struct for_2d_loop *self = context;
    int error = 0;

    while (begin < end && !error) {
        size_t leaves = tree_first(begin, end - begin);
        struct steal_tile tile = tile_at(self, begin, log2_floor(leaves));

        if (!is_empty(&tile))
            error = self->body(&tile, self->data);
        begin += leaves;
    }
    return error;
}

static int
run_piece(struct part *part, size_t begin, size_t end)
{
    return call(begin, end, for_2d_of(part->loop));
}

static void
run_part(struct loop *loop, struct part *of, const struct cut *range)
{
    struct part part;

    (void)of;
    steal__part_init(&part, loop, range, HELPERS_MOST);
    part.span.is_tree = true;
    steal__part_run(&part);
}

static const struct loop_kind for_2d_kind = { run_part, run_piece };

static unsigned
depth_of(const struct steal_tile *all, size_t grain)
{
    unsigned depth = log2_ceil(rows_of(all)) + log2_ceil(columns_of(all));
    unsigned whole = log2_floor(grain);

    depth = depth > whole ? depth - whole : 0;
    return depth < DEPTH_MOST ? depth : DEPTH_MOST;
}

int
steal_for_2d(const struct steal_tile *all,
        int (*body)(const struct steal_tile *tile, void *data), void *data,
        const struct steal_loop_options *options)
{
    struct steal_loop_options leaves = { 0 };
    struct for_2d_loop self;
    struct small small;
    size_t begin = 0;
    size_t end;
    int error;

    if (is_empty(all))
        return 0;
    if (options)
        leaves = *options;
    self.all = all;
    self.grain = leaves.grain ? leaves.grain : 1;
    self.depth = depth_of(all, self.grain);
    self.body = body;
    self.data = data;
    leaves.grain = 1;
    end = (size_t)1 << self.depth;
    if (loop_is_small(&small, (pace_key)body, begin, end, &leaves)) {
        if (small_run(&small, call, &self, &error))
            return error;
        begin = small.begin;
    }
    steal__loop_init(&self.loop, &for_2d_kind, (pace_key)body, begin, end,
            &leaves);
    return steal__loop_run(&self.loop);
}
