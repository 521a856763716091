/*
 * plain.c - what -fsanitize=thread calls before each plain access.
 *
 * The compiler puts these calls in; the explorer stands in for the library
 * that they are made for.  So all plain data of the sources is checked for
 * races without a word about it in them.  There are no entries for atomic
 * operations: one that goes past base/atomic.h fails to link.
 */
#include <string.h>

#include "engine.h"

#define HOOK(name, size, write)                                 \
 void name(void *data);                                         \
 void name(void *data)                                          \
 {                                                              \
  engine_plain(data, size, write, __builtin_return_address(0)); \
 }

HOOK(__tsan_read1, 1, false)
HOOK(__tsan_read2, 2, false)
HOOK(__tsan_read4, 4, false)
HOOK(__tsan_read8, 8, false)
HOOK(__tsan_read16, 16, false)
HOOK(__tsan_write1, 1, true)
HOOK(__tsan_write2, 2, true)
HOOK(__tsan_write4, 4, true)
HOOK(__tsan_write8, 8, true)
HOOK(__tsan_write16, 16, true)
HOOK(__tsan_unaligned_read2, 2, false)
HOOK(__tsan_unaligned_read4, 4, false)
HOOK(__tsan_unaligned_read8, 8, false)
HOOK(__tsan_unaligned_read16, 16, false)
HOOK(__tsan_unaligned_write2, 2, true)
HOOK(__tsan_unaligned_write4, 4, true)
HOOK(__tsan_unaligned_write8, 8, true)
HOOK(__tsan_unaligned_write16, 16, true)
HOOK(__tsan_volatile_read1, 1, false)
HOOK(__tsan_volatile_read2, 2, false)
HOOK(__tsan_volatile_read4, 4, false)
HOOK(__tsan_volatile_read8, 8, false)
HOOK(__tsan_volatile_write1, 1, true)
HOOK(__tsan_volatile_write2, 2, true)
HOOK(__tsan_volatile_write4, 4, true)
HOOK(__tsan_volatile_write8, 8, true)

void __tsan_init(void);
void __tsan_func_entry(void *caller);
void __tsan_func_exit(void);
void __tsan_acquire(void *edge);
void __tsan_release(void *edge);
void __tsan_read_range(void *data, unsigned long size);
void __tsan_write_range(void *data, unsigned long size);

void
__tsan_init(void)
{
}

void
__tsan_func_entry(void *caller)
{
    (void)caller;
}

void
__tsan_func_exit(void)
{
}

/* Edges that sources tell to a race detector: the explorer knows better. */
void
__tsan_acquire(void *edge)
{
    (void)edge;
}

void
__tsan_release(void *edge)
{
    (void)edge;
}

void
__tsan_read_range(void *data, unsigned long size)
{
    engine_plain(data, size, false, __builtin_return_address(0));
}

void
__tsan_write_range(void *data, unsigned long size)
{
    engine_plain(data, size, true, __builtin_return_address(0));
}
