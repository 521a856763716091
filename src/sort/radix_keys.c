/*
 * radix_keys.c - the kinds of keys that are sorted by their digits.
 *
 * Unsigned numbers are sorted as they are.  Signed ones order as unsigned ones do
 * once the sign is turned over.  So do floats, if the other bits of the negative
 * ones are turned over too: the larger those are, the smaller is the number.
 */
#include <steal/sort.h>

#include "radix.h"

#define SIGN_32 (UINT64_C(1) << 31)
#define SIGN_64 (UINT64_C(1) << 63)

const struct radix_loops steal__radix_32 = { 4, steal__radix_count_32,
    steal__radix_deal_32, steal__radix_leaf_32 };

const struct radix_loops steal__radix_64 = { 8, steal__radix_count_64,
    steal__radix_deal_64, steal__radix_leaf_64 };

int
steal_sort_u32(uint32_t *keys, size_t n,
        const struct steal_loop_options *options)
{
    static const struct radix_order order = { 0, 0 };

    return steal__radix_sort(&steal__radix_32, &order, keys, n, options);
}

int
steal_sort_i32(int32_t *keys, size_t n,
        const struct steal_loop_options *options)
{
    static const struct radix_order order = { SIGN_32, 0 };

    return steal__radix_sort(&steal__radix_32, &order, keys, n, options);
}

int
steal_sort_f32(float *keys, size_t n, const struct steal_loop_options *options)
{
    static const struct radix_order order = { SIGN_32, SIGN_32 - 1 };

    return steal__radix_sort(&steal__radix_32, &order, keys, n, options);
}

int
steal_sort_u64(uint64_t *keys, size_t n,
        const struct steal_loop_options *options)
{
    static const struct radix_order order = { 0, 0 };

    return steal__radix_sort(&steal__radix_64, &order, keys, n, options);
}

int
steal_sort_i64(int64_t *keys, size_t n,
        const struct steal_loop_options *options)
{
    static const struct radix_order order = { SIGN_64, 0 };

    return steal__radix_sort(&steal__radix_64, &order, keys, n, options);
}

int
steal_sort_f64(double *keys, size_t n, const struct steal_loop_options *options)
{
    static const struct radix_order order = { SIGN_64, SIGN_64 - 1 };

    return steal__radix_sort(&steal__radix_64, &order, keys, n, options);
}
