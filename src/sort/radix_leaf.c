/*
 * radix_leaf.c - a part that fits in the cache is sorted by one thread.
 *
 * First the keys come home and become unsigned numbers; that tells which bits
 * differ.  Two passes, from the lower digit to the higher, go there and back
 * between the arrays and settle the highest bits, so many that few keys agree in
 * all of them.  The last pass puts those few in order, and makes keys of the
 * numbers again.
 *
 * Nests for runs of keys that agree, with fewer bits each time: at most a dozen
 * times.
 */
#include "radix_words.h"

#include <string.h>

#define PASSES    2
#define PASS_BITS 11 /* of a digit, at most */
#define PASS_MOST (1u << PASS_BITS)
#define PASS_FEW  7 /* bits, that are one digit even if the keys are fewer */

/* Places in a leaf. */
typedef uint16_t place;

_Static_assert(RADIX_LEAF <= UINT16_MAX, "a leaf has few enough keys");

#define INSERTION 20 /* keys, at most, that are inserted one by one */

/* How a leaf is sorted. */
struct plan {
    struct radix_digit digits[PASSES]; /* the lower one first */
    unsigned passes;
    unsigned left; /* low bits that the passes do not look at */
};

/* Bits that a number has. */
static inline unsigned
bit_length(uint64_t number)
{
    return number ? 64 - (unsigned)__builtin_clzll(number) : 0;
}

/* For `n` keys that differ in the low `bits`. */
static struct plan
make_plan(size_t n, unsigned bits)
{
    unsigned most = bit_length(n);
    unsigned wanted = most + 4; /* so that nearly all keys differ in them */
    unsigned digit;
    struct plan plan = { .passes = PASSES, .left = 0 };

    if (most > PASS_BITS)
        most = PASS_BITS;
    if (bits <= PASSES * most)
        wanted = bits;
    else if (wanted > PASSES * most)
        wanted = PASSES * most;
    digit = (wanted + PASSES - 1) / PASSES;
    plan.left = bits - wanted;
    plan.digits[0] = (struct radix_digit){ plan.left, digit };
    plan.digits[1] = (struct radix_digit){ plan.left + digit, wanted - digit };
    if (wanted <= most || wanted <= PASS_FEW) {
        plan.passes = 1;
        plan.digits[0].bits = wanted;
    }
    return plan;
}

ALWAYS void
insert(void *keys, size_t n, unsigned width)
{
    for (size_t i = 1; i < n; i++) {
        uint64_t word = word_get(keys, i, width);
        size_t j = i;

        for (; j > 0 && word_get(keys, j - 1, width) > word; j--)
            word_put(keys, j, word_get(keys, j - 1, width), width);
        word_put(keys, j, word, width);
    }
}

/* Makes unsigned numbers of the keys, at home.  Returns the bits in which some
 * differ. */
ALWAYS uint64_t
bring_home(struct radix_order order, const struct radix_part *part, void *home,
        unsigned width)
{
    uint64_t first = word_encode(word_get(part->from, 0, width), &order, width);
    uint64_t differs = 0;

    for (size_t i = 0; i < part->n; i++) {
        uint64_t word = word_encode(word_get(part->from, i, width), &order,
                width);

        differs |= word ^ first;
        word_put(home, i, word, width);
    }
    return differs;
}

ALWAYS bool
is_sorted(const void *keys, size_t n, unsigned width)
{
    for (size_t i = 1; i < n; i++) {
        if (word_get(keys, i, width) < word_get(keys, i - 1, width))
            return false;
    }
    return true;
}

ALWAYS void
decode(struct radix_order order, void *keys, size_t n, unsigned width)
{
    for (size_t i = 0; i < n; i++)
        word_put(keys, i, word_decode(word_get(keys, i, width), &order, width),
                width);
}

/* Counts the digits of all passes, and makes places of the counts. */
ALWAYS void
count_digits(const void *keys, size_t n, const struct plan *plan,
        place places[PASSES][PASS_MOST], unsigned width)
{
    const struct radix_digit low = plan->digits[0];
    const struct radix_digit high = plan->digits[1];

    for (unsigned pass = 0; pass < plan->passes; pass++)
        memset(places[pass], 0,
                sizeof *places[pass] << plan->digits[pass].bits);
    if (plan->passes == 1) {
        for (size_t i = 0; i < n; i++)
            places[0][word_digit(word_get(keys, i, width), low)]++;
    } else {
        for (size_t i = 0; i < n; i++) {
            uint64_t word = word_get(keys, i, width);

            places[0][word_digit(word, low)]++;
            places[1][word_digit(word, high)]++;
        }
    }
    for (unsigned pass = 0; pass < plan->passes; pass++) {
        place next = 0;

        for (unsigned d = 0; d < 1u << plan->digits[pass].bits; d++) {
            place keys_of_digit = places[pass][d];

            places[pass][d] = next;
            next = (place)(next + keys_of_digit);
        }
    }
}

ALWAYS void
distribute(const void *from, void *to, size_t n, struct radix_digit digit,
        place *places, unsigned width)
{
    for (size_t i = 0; i < n; i++) {
        uint64_t word = word_get(from, i, width);

        word_put(to, places[word_digit(word, digit)]++, word, width);
    }
}

/* Numbers in `keys`, which differ in the low `bits`, are sorted there. */
typedef void sort_numbers_fn(void *keys, void *other, size_t n, unsigned bits);

static sort_numbers_fn sort_numbers_32;
static sort_numbers_fn sort_numbers_64;

ALWAYS void
finish_run(void *keys, void *other, size_t n, unsigned width)
{
    uint64_t differs = 0;

    if (n <= INSERTION) {
        insert(keys, n, width);
        return;
    }
    for (size_t i = 1; i < n; i++)
        differs |= word_get(keys, i, width) ^ word_get(keys, 0, width);
    if (differs)
        (width == 4 ? sort_numbers_32 : sort_numbers_64)(keys, other, n,
                bit_length(differs));
}

/* Runs of numbers that agree but for the low `bits` are sorted. */
ALWAYS void
finish_runs(void *keys, void *other, size_t n, unsigned bits, unsigned width)
{
    size_t begin = 0;

    while (begin < n) {
        uint64_t high = word_get(keys, begin, width) >> bits;
        size_t end = begin + 1;

        while (end < n && word_get(keys, end, width) >> bits == high)
            end++;
        if (end - begin > 1)
            finish_run(word_at(keys, begin, width),
                    word_at(other, begin, width), end - begin, width);
        begin = end;
    }
}

ALWAYS void
sort_numbers(void *keys, void *other, size_t n, unsigned bits, unsigned width)
{
    place places[PASSES][PASS_MOST];
    struct plan plan = make_plan(n, bits);

    count_digits(keys, n, &plan, places, width);
    distribute(keys, other, n, plan.digits[0], places[0], width);
    if (plan.passes == PASSES)
        distribute(other, keys, n, plan.digits[1], places[1], width);
    else
        memcpy(keys, other, n * width);
    if (plan.left > 0)
        finish_runs(keys, other, n, plan.left, width);
}

static void NOINLINE
sort_numbers_32(void *keys, void *other, size_t n, unsigned bits)
{
    sort_numbers(keys, other, n, bits, 4);
}

static void NOINLINE
sort_numbers_64(void *keys, void *other, size_t n, unsigned bits)
{
    sort_numbers(keys, other, n, bits, 8);
}

ALWAYS void
leaf(const struct radix_order *order, const struct radix_part *part,
        sort_numbers_fn *sort, unsigned width)
{
    void *home = part->is_home ? part->from : part->to;
    void *other = part->is_home ? part->to : part->from;
    uint64_t differs = order->flip ? bring_home(*order, part, home, width)
                                   : bring_home(radix_plain, part, home, width);

    if (part->n <= INSERTION)
        insert(home, part->n, width);
    else if (differs && !is_sorted(home, part->n, width))
        sort(home, other, part->n, bit_length(differs));
    if (order->flip)
        decode(*order, home, part->n, width);
}

void
steal__radix_leaf_32(const struct radix_order *order, struct radix_part part)
{
    leaf(order, &part, sort_numbers_32, 4);
}

void
steal__radix_leaf_64(const struct radix_order *order, struct radix_part part)
{
    leaf(order, &part, sort_numbers_64, 8);
}
