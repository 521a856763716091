/*
 * compiler.h - what the language leaves to the compiler.
 */
#ifndef STEAL_BASE_COMPILER_H
#define STEAL_BASE_COMPILER_H

#include <stddef.h>

#define CACHE_LINE 64

#define CACHE_ALIGNED __attribute__((aligned(CACHE_LINE)))
#define COLD          __attribute__((cold, noinline))
#define NOINLINE      __attribute__((noinline))
#define likely(x)     __builtin_expect(!!(x), 1)
#define unlikely(x)   __builtin_expect(!!(x), 0)

/* The struct of type `type` whose `member` is at `ptr`. */
#define container_of(ptr, type, member) \
 ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

#if defined(__has_feature)
# if __has_feature(thread_sanitizer) && !defined(__SANITIZE_THREAD__)
#  define __SANITIZE_THREAD__ 1
# endif
# if __has_feature(address_sanitizer) && !defined(__SANITIZE_ADDRESS__)
#  define __SANITIZE_ADDRESS__ 1
# endif
#endif

#endif
