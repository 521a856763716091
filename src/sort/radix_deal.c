/*
 * radix_deal.c - a chunk is counted by a digit, and dealt into buckets.
 *
 * To write each key to its bucket at once would fetch a line of memory for a
 * fraction of it, a thousand lines in turn.  So the keys of a bucket are gathered
 * until they fill a line, which is written as a whole, past the cache where the
 * processor can.
 *
 * Threads: each calls it on a chunk of its own; of a line at the edge of a bucket
 * each writes its own keys only.
 */
#include "radix_words.h"

#include <string.h>

#if defined(__SSE2__) && !defined(__SANITIZE_THREAD__)
# include <emmintrin.h>

static inline void
write_line(void *to, const void *line)
{
    for (int i = 0; i < CACHE_LINE / 16; i++)
        _mm_stream_si128((__m128i *)to + i,
                _mm_load_si128((const __m128i *)line + i));
}

/* Such writes are not ordered by the release that follows. */
static inline void
write_end(void)
{
    _mm_sfence();
}
#else
static inline void
write_line(void *to, const void *line)
{
    memcpy(to, line, CACHE_LINE);
}

static inline void
write_end(void)
{
}
#endif

/* As far as the keys are in order, which is not far if they are not. */
ALWAYS bool
is_unsorted(const struct radix_order *order, const void *keys, size_t n,
        const void *before, unsigned width)
{
    uint64_t last = word_encode(word_get(before, 0, width), order, width);

    for (size_t i = 0; i < n; i++) {
        uint64_t word = word_encode(word_get(keys, i, width), order, width);

        if (word < last)
            return true;
        last = word;
    }
    return false;
}

/* Two counts of each digit, so that a run of equal keys does not wait for
 * itself. */
ALWAYS void
count(struct radix_order order, const void *keys, size_t n, const void *before,
        struct radix_digit digit, struct radix_row *row, unsigned width)
{
    uint32_t counts[2][RADIX_BUCKETS];
    uint64_t first = word_encode(word_get(before, 0, width), &order, width);
    uint64_t differs = 0;

    memset(counts[0], 0, sizeof *counts[0] << digit.bits);
    memset(counts[1], 0, sizeof *counts[1] << digit.bits);
    for (size_t i = 0; i + 1 < n; i += 2) {
        uint64_t a = word_encode(word_get(keys, i, width), &order, width);
        uint64_t b = word_encode(word_get(keys, i + 1, width), &order, width);

        counts[0][word_digit(a, digit)]++;
        counts[1][word_digit(b, digit)]++;
        differs |= (a ^ first) | (b ^ first);
    }
    if (n % 2) {
        uint64_t a = word_encode(word_get(keys, n - 1, width), &order, width);

        counts[0][word_digit(a, digit)]++;
        differs |= a ^ first;
    }
    for (unsigned d = 0; d < 1u << digit.bits; d++)
        row->at[d] = (size_t)counts[0][d] + counts[1][d];
    row->differs = differs;
    row->is_unsorted = is_unsorted(&order, keys, n, before, width);
}

/* The lines that are being gathered.  Place p of the array is in the slot that it
 * has in its line of memory. */
struct lines {
    CACHE_ALIGNED unsigned char line[RADIX_BUCKETS][CACHE_LINE];
    size_t begin[RADIX_BUCKETS]; /* the first place that is ours */
};

/* Doubles may be aligned to four bytes only. */
static inline bool
is_line(const void *at)
{
    return (uintptr_t)at % CACHE_LINE == 0;
}

/* Writes what is gathered of bucket `d`: the last `held` places before `end`, but
 * for those of the line that are not ours. */
ALWAYS void
flush(const struct lines *lines, unsigned d, void *to, size_t end, size_t held,
        size_t skew, unsigned width)
{
    const size_t slots = CACHE_LINE / width;

    if (held > end - lines->begin[d])
        held = end - lines->begin[d];
    if (held == slots && is_line(word_at(to, end - held, width))) {
        write_line(word_at(to, end - held, width), lines->line[d]);
        return;
    }
    for (size_t p = end - held; p < end; p++)
        word_put(to, p, word_get(lines->line[d], (p + skew) % slots, width),
                width);
}

ALWAYS void
deal(struct radix_order order, const void *keys, size_t n, void *to,
        struct radix_digit digit, struct radix_row *row, unsigned width)
{
    const size_t slots = CACHE_LINE / width;
    const size_t skew = (uintptr_t)to / width % slots;
    struct lines lines;

    memcpy(lines.begin, row->at, sizeof *lines.begin << digit.bits);
    for (size_t i = 0; i < n; i++) {
        uint64_t word = word_get(keys, i, width);
        unsigned d = word_digit(word_encode(word, &order, width), digit);
        size_t p = row->at[d]++;
        size_t slot = (p + skew) % slots;

        word_put(lines.line[d], slot, word, width);
        if (unlikely(slot == slots - 1))
            flush(&lines, d, to, p + 1, slots, skew, width);
    }
    for (unsigned d = 0; d < 1u << digit.bits; d++) {
        size_t held = (row->at[d] + skew) % slots;

        flush(&lines, d, to, row->at[d], held, skew, width);
    }
    write_end();
}

void
steal__radix_count_32(const struct radix_order *order, const void *keys,
        size_t n, const void *before, struct radix_digit digit,
        struct radix_row *row)
{
    if (order->flip)
        count(*order, keys, n, before, digit, row, 4);
    else
        count(radix_plain, keys, n, before, digit, row, 4);
}

void
steal__radix_count_64(const struct radix_order *order, const void *keys,
        size_t n, const void *before, struct radix_digit digit,
        struct radix_row *row)
{
    if (order->flip)
        count(*order, keys, n, before, digit, row, 8);
    else
        count(radix_plain, keys, n, before, digit, row, 8);
}

void
steal__radix_deal_32(const struct radix_order *order, const void *keys,
        size_t n, void *to, struct radix_digit digit, struct radix_row *row)
{
    if (order->flip)
        deal(*order, keys, n, to, digit, row, 4);
    else
        deal(radix_plain, keys, n, to, digit, row, 4);
}

void
steal__radix_deal_64(const struct radix_order *order, const void *keys,
        size_t n, void *to, struct radix_digit digit, struct radix_row *row)
{
    if (order->flip)
        deal(*order, keys, n, to, digit, row, 8);
    else
        deal(radix_plain, keys, n, to, digit, row, 8);
}
