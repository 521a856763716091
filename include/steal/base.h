/*
 * steal/base.h - what every other header of libsteal builds on.
 *
 * Errors are returned: 0 or a count on success, a negative errno code (-ENOMEM,
 * -ECANCELED, ...) on failure.  Nothing is reported through errno.  The
 * library prints nothing but one line on standard error before it aborts the
 * program, which it does only for misuse that would corrupt memory, such as
 * polling a future that was moved.
 *
 * Times are unsigned 64-bit nanoseconds; a point in time is one of
 * CLOCK_MONOTONIC, as steal_now() tells it.
 */
#ifndef STEAL_BASE_H
#define STEAL_BASE_H

#include <stddef.h>
#include <stdint.h>

#define STEAL_VERSION_MAJOR 0
#define STEAL_VERSION_MINOR 1
#define STEAL_VERSION_PATCH 0

#if defined(__GNUC__)
# define STEAL_API        __attribute__((visibility("default")))
# define STEAL_MUST_CHECK __attribute__((warn_unused_result))
# define STEAL_LIKELY(x)  __builtin_expect(!!(x), 1)
#else
# define STEAL_API
# define STEAL_MUST_CHECK
# define STEAL_LIKELY(x) (x)
#endif

#if defined(__cplusplus)
# define STEAL_BEGIN_DECLS extern "C" {
# define STEAL_END_DECLS   }
#else
# define STEAL_BEGIN_DECLS
# define STEAL_END_DECLS
#endif

#define STEAL_US(n)      ((uint64_t)(n)*UINT64_C(1000))
#define STEAL_MS(n)      ((uint64_t)(n)*UINT64_C(1000000))
#define STEAL_SECONDS(n) ((uint64_t)(n)*UINT64_C(1000000000))
#define STEAL_FOREVER    UINT64_MAX

struct steal_context;
struct steal_future;
struct steal_runtime;
struct steal_task;
struct steal_waker;

#endif
