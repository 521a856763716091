#include "radix.h"

#include <errno.h>
#include <string.h>

#include "../base/compiler.h"
#include "each.h"
#include "scratch.h"

#define SMALL ((size_t)4096) /* bytes of a second array on the stack */

struct radix {
    const struct radix_loops *loops;
    struct radix_order order;
    struct steal_cancel *token;
    char *home;
    struct radix_row *rows;
};

/* A part that is dealt. */
struct dealing {
    struct radix *radix;
    const struct radix_part *part;
    struct radix_digit digit;
    struct radix_row *rows; /* one a chunk */
    size_t chunks;
    size_t ends[RADIX_BUCKETS];
};

static void sort_part(struct radix *radix, struct radix_part part);

/*
 * Rows.  Of the array that is sorted each RADIX_LEAF-th place has a row, which
 * belongs to the part that holds that place.  So parts that are dealt at the same
 * time have rows of their own, and one that is larger than a leaf has one at
 * least.
 */

static struct radix_row *
rows_of(const struct radix *radix, const struct radix_part *part)
{
    const char *home = part->is_home ? part->from : part->to;
    size_t begin = (size_t)(home - radix->home) / radix->loops->width;

    return radix->rows + (begin + RADIX_LEAF - 1) / RADIX_LEAF;
}

static size_t
rows_for(size_t n)
{
    return (n + RADIX_LEAF - 1) / RADIX_LEAF;
}

/*
 * Chunks
 */

static size_t
chunk_begin(const struct dealing *d, size_t i)
{
    return i == d->chunks ? d->part->n : i * (d->part->n / d->chunks);
}

static const char *
chunk_keys(const struct dealing *d, size_t i)
{
    return (const char *)d->part->from +
           chunk_begin(d, i) * d->radix->loops->width;
}

static void
count_chunk(size_t i, void *data)
{
    struct dealing *d = data;
    const struct radix_loops *loops = d->radix->loops;
    const char *keys = chunk_keys(d, i);

    if (!sort_is_canceled(d->radix->token))
        loops->count(&d->radix->order, keys,
                chunk_begin(d, i + 1) - chunk_begin(d, i),
                i ? keys - loops->width : keys, d->digit, &d->rows[i]);
}

static void
deal_chunk(size_t i, void *data)
{
    struct dealing *d = data;

    if (!sort_is_canceled(d->radix->token))
        d->radix->loops->deal(&d->radix->order, chunk_keys(d, i),
                chunk_begin(d, i + 1) - chunk_begin(d, i), d->part->to,
                d->digit, &d->rows[i]);
}

/*
 * Digits
 */

static unsigned
bit_length(uint64_t number)
{
    return number ? 64 - (unsigned)__builtin_clzll(number) : 0;
}

/* The highest digit, such that buckets are small leaves, if all are as large. */
static struct radix_digit
highest_digit(size_t n, unsigned bits)
{
    unsigned wanted = bit_length(n / (RADIX_LEAF / 4));
    struct radix_digit digit;

    digit.bits = wanted < 8 ? 8 : wanted > RADIX_DIGIT ? RADIX_DIGIT : wanted;
    if (digit.bits > bits)
        digit.bits = bits;
    digit.shift = bits - digit.bits;
    return digit;
}

/* Counts the highest digit that differs.  Returns the bits that do: zero, if the
 * keys are in order. */
static unsigned
count_part(struct dealing *d, unsigned bits)
{
    uint64_t differs = 0;
    bool is_unsorted = false;

    d->digit = highest_digit(d->part->n, bits);
    steal__sort_each(0, d->chunks, count_chunk, d);
    if (sort_is_canceled(d->radix->token))
        return 0;
    for (size_t i = 0; i < d->chunks; i++) {
        differs |= d->rows[i].differs;
        is_unsorted |= d->rows[i].is_unsorted;
    }
    return is_unsorted ? bit_length(differs) : 0;
}

/* Makes places of the counts: those of a bucket in the order of the chunks. */
static void
make_places(struct dealing *d)
{
    size_t place = 0;

    for (unsigned b = 0; b < 1u << d->digit.bits; b++) {
        for (size_t i = 0; i < d->chunks; i++) {
            size_t n = d->rows[i].at[b];

            d->rows[i].at[b] = place;
            place += n;
        }
        d->ends[b] = place;
    }
}

/*
 * Parts
 */

/* The keys are to be in the caller's array, as they are. */
static void
bring_home(const struct radix *radix, const struct radix_part *part)
{
    if (!part->is_home)
        memcpy(part->to, part->from, part->n * radix->loops->width);
}

static void
sort_bucket(size_t i, void *data)
{
    struct dealing *d = data;
    size_t begin = i ? d->ends[i - 1] : 0;
    struct radix_part bucket = {
        .from = (char *)d->part->to + begin * d->radix->loops->width,
        .to = (char *)d->part->from + begin * d->radix->loops->width,
        .n = d->ends[i] - begin,
        .bits = d->digit.shift,
        .is_home = !d->part->is_home,
    };

    if (bucket.n > 0)
        sort_part(d->radix, bucket);
}

/* If the token is requested meanwhile, then some chunks may not have been dealt,
 * but all keys are still where they were. */
static void NOINLINE
split(struct radix *radix, const struct radix_part *part)
{
    struct dealing d = {
        .radix = radix,
        .part = part,
        .rows = rows_of(radix, part),
        .chunks = part->n / RADIX_CHUNK + 1,
    };
    unsigned bits = count_part(&d, part->bits);

    if (bits > 0 && bits + 1 < part->bits)
        bits = count_part(&d, bits); /* the first guess was a waste */
    if (bits > 0) {
        make_places(&d);
        steal__sort_each(0, d.chunks, deal_chunk, &d);
    }
    if (bits == 0 || sort_is_canceled(radix->token))
        bring_home(radix, part);
    else
        steal__sort_each(0, (size_t)1 << d.digit.bits, sort_bucket, &d);
}

static void
sort_part(struct radix *radix, struct radix_part part)
{
    if (sort_is_canceled(radix->token))
        bring_home(radix, &part);
    else if (part.n <= RADIX_LEAF)
        radix->loops->leaf(&radix->order, part);
    else
        split(radix, &part);
}

/*
 * The whole
 */

struct whole {
    struct steal_job job;
    struct radix radix;
    struct radix_part part;
};

static void
run_whole(struct steal_job *job)
{
    struct whole *whole = (struct whole *)job;

    sort_part(&whole->radix, whole->part);
}

static int
sort_small(struct whole *whole)
{
    CACHE_ALIGNED char spare[SMALL];

    whole->part.to = spare;
    sort_part(&whole->radix, whole->part);
    return 0;
}

static int
sort_large(struct whole *whole, const struct steal_loop_options *options)
{
    struct sort_scratch scratch;
    size_t n = whole->part.n;
    size_t rows = n > RADIX_LEAF ? rows_for(n) * sizeof(struct radix_row) : 0;
    size_t size = n * whole->radix.loops->width;
    int err = steal__scratch_init(&scratch, rows + size, CACHE_LINE);

    if (err)
        return err;
    whole->radix.rows = scratch.memory;
    whole->part.to = (char *)scratch.memory + rows;
    err = steal__sort_run(&whole->job, options);
    steal__scratch_fini(&scratch);
    return err;
}

int
steal__radix_sort(const struct radix_loops *loops,
        const struct radix_order *order, void *keys, size_t n,
        const struct steal_loop_options *options)
{
    struct whole whole = {
        .job = STEAL_JOB(run_whole),
        .radix = { .loops = loops,
                .order = *order,
                .token = sort_token(options),
                .home = keys },
        .part = { .from = keys,
                .n = n,
                .bits = 8 * loops->width,
                .is_home = true },
    };
    int err = 0;

    if (n > SMALL / loops->width)
        err = sort_large(&whole, options);
    else if (n > 1)
        err = sort_small(&whole);
    if (!err && sort_is_canceled(whole.radix.token))
        err = -ECANCELED;
    return err;
}
