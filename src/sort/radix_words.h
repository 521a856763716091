/*
 * radix_words.h - keys of 4 or 8 bytes in an array.
 *
 * `width` is a constant everywhere, for which the compiler makes a loop of its
 * own.
 */
#ifndef STEAL_SORT_RADIX_WORDS_H
#define STEAL_SORT_RADIX_WORDS_H

#include "../base/compiler.h"
#include "radix.h"

#define ALWAYS static inline __attribute__((always_inline))

/* The arrays are of floats, or signed. */
typedef uint32_t __attribute__((may_alias)) radix_word32;
typedef uint64_t __attribute__((may_alias)) radix_word64;

ALWAYS uint64_t
word_get(const void *keys, size_t i, unsigned width)
{
    return width == 4 ? ((const radix_word32 *)keys)[i]
                      : ((const radix_word64 *)keys)[i];
}

ALWAYS void
word_put(void *keys, size_t i, uint64_t word, unsigned width)
{
    if (width == 4)
        ((radix_word32 *)keys)[i] = (uint32_t)word;
    else
        ((radix_word64 *)keys)[i] = word;
}

ALWAYS void *
word_at(void *keys, size_t i, unsigned width)
{
    return (char *)keys + i * width;
}

/* All ones if the key is negative. */
ALWAYS uint64_t
word_sign(uint64_t word, unsigned width)
{
    return width == 4 ? (uint64_t)(uint32_t)((int32_t)(uint32_t)word >> 31)
                      : (uint64_t)((int64_t)word >> 63);
}

ALWAYS uint64_t
word_encode(uint64_t word, const struct radix_order *order, unsigned width)
{
    return word ^ (word_sign(word, width) & order->mask) ^ order->flip;
}

/* `mask` leaves the sign alone. */
ALWAYS uint64_t
word_decode(uint64_t word, const struct radix_order *order, unsigned width)
{
    uint64_t plain = word ^ order->flip;

    return plain ^ (word_sign(plain, width) & order->mask);
}

/* Of unsigned numbers: a constant, for loops that need no coding. */
static const struct radix_order radix_plain = { 0, 0 };

ALWAYS unsigned
word_digit(uint64_t word, struct radix_digit digit)
{
    return (unsigned)(word >> digit.shift) & ((1u << digit.bits) - 1);
}

#endif
