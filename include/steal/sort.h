/*
 * steal/sort.h - sorting on all workers that have nothing to do.
 *
 *     err = steal_sort(people, n, sizeof *people, by_age, NULL, 0, NULL);
 *     err = steal_sort_u32(keys, n, NULL);
 *
 * Threads and options are those of loop.h (of options the token and the runtime);
 * an order is called by several threads at once.
 *
 * -ENOMEM:    nothing happened.
 * -ECANCELED: the elements are all there, in some order.
 * -EINVAL:    unknown flags, a size of zero, or one that makes too many bytes of
 *             all elements; nothing happened.
 */
#ifndef STEAL_SORT_H
#define STEAL_SORT_H

#include <stddef.h>

#include <steal/loop.h>

STEAL_BEGIN_DECLS

#define STEAL_SORT_STABLE 1u /* equal elements keep their order */

/*
 * Sorts `n` elements of `size` bytes.  compare(a, b, data) is less than 0 if a
 * comes before b, greater if it comes after it, and 0 if neither.  It is a strict
 * weak order; if it is none, all elements are there in the end, in some order.
 * It is given elements of the array, or of a copy that is aligned as they are.
 *
 * Allocates nothing, or as much as the array if it is to be stable.  What is in
 * order already, or in reverse, takes one comparison for each element.
 */
STEAL_API STEAL_MUST_CHECK int steal_sort(void *base, size_t n, size_t size,
        int (*compare)(const void *a, const void *b, void *data), void *data,
        unsigned flags, const struct steal_loop_options *options);

/* Keys alone, in ascending order: by their digits, in a time that does not depend
 * on what they are by much.  Allocates as much as the array, beyond 4 KiB.
 * Of floats, -0 comes before 0, and what is not a number comes at the ends, by
 * its sign. */
STEAL_API STEAL_MUST_CHECK int steal_sort_u32(uint32_t *keys, size_t n,
        const struct steal_loop_options *options);
STEAL_API STEAL_MUST_CHECK int steal_sort_i32(int32_t *keys, size_t n,
        const struct steal_loop_options *options);
STEAL_API STEAL_MUST_CHECK int steal_sort_f32(float *keys, size_t n,
        const struct steal_loop_options *options);
STEAL_API STEAL_MUST_CHECK int steal_sort_u64(uint64_t *keys, size_t n,
        const struct steal_loop_options *options);
STEAL_API STEAL_MUST_CHECK int steal_sort_i64(int64_t *keys, size_t n,
        const struct steal_loop_options *options);
STEAL_API STEAL_MUST_CHECK int steal_sort_f64(double *keys, size_t n,
        const struct steal_loop_options *options);

STEAL_END_DECLS

#endif
