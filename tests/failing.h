/*
 * failing.h - an allocator that fails at the n-th allocation, and counts blocks.
 *
 * The linker sends the allocations of the library and of the program here
 * (-Wl,--wrap=malloc and so on).
 *
 * Threads: begin() and end() while no other thread allocates, the rest any.
 */
#ifndef STEAL_TESTS_FAILING_H
#define STEAL_TESTS_FAILING_H

#include <stdio.h>

#include "kit.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *block, size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
void __real_free(void *block);
ssize_t __real_getdelim(char **line, size_t *size, int end, FILE *file);
char *__real_strdup(const char *text);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *block, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);
void __wrap_free(void *block);
ssize_t __wrap_getdelim(char **line, size_t *size, int end, FILE *file);
char *__wrap_strdup(const char *text);

static struct {
    _Atomic(bool) counting;
    _Atomic(bool) armed;    /* the countdown runs */
    _Atomic(int) countdown; /* to the allocation that fails */
    _Atomic(int) blocks;    /* out */
    _Atomic(int) failures;
} failing;

static inline void
failing_begin(int n)
{
    store_release(&failing.failures, 0);
    store_release(&failing.countdown, n);
    store_release(&failing.blocks, 0);
    store_release(&failing.counting, true);
}

static inline void
failing_arm(bool armed)
{
    store_release(&failing.armed, armed);
}

static inline void
failing_end(void)
{
    store_release(&failing.counting, false);
}

/* Fails the test if a block was not given back. */
static inline void
failing_check_leaks(int n)
{
    int blocks = load_acquire(&failing.blocks);

    if (blocks)
        ck_abort_msg("%d blocks leaked by failure %d", blocks, n);
}

static bool
fails(void)
{
    if (!load_acquire(&failing.armed) ||
            sub_acq_rel(&failing.countdown, 1) != 1)
        return false;
    add_acq_rel(&failing.failures, 1);
    errno = ENOMEM; /* libuv passes it on */
    return true;
}

static void *
counted(void *block)
{
    if (block && load_acquire(&failing.counting))
        add_acq_rel(&failing.blocks, 1);
    return block;
}

void *
__wrap_malloc(size_t size)
{
    return fails() ? NULL : counted(__real_malloc(size));
}

void *
__wrap_calloc(size_t n, size_t size)
{
    return fails() ? NULL : counted(__real_calloc(n, size));
}

void *
__wrap_realloc(void *block, size_t size)
{
    if (fails())
        return NULL;
    return block ? __real_realloc(block, size) : counted(__real_malloc(size));
}

void *
__wrap_aligned_alloc(size_t alignment, size_t size)
{
    return fails() ? NULL : counted(__real_aligned_alloc(alignment, size));
}

/* What libc allocates for its caller is freed here, too. */
ssize_t
__wrap_getdelim(char **line, size_t *size, int end, FILE *file)
{
    bool has_line = *line != NULL;
    ssize_t n = __real_getdelim(line, size, end, file);

    if (!has_line)
        counted(*line);
    return n;
}

char *
__wrap_strdup(const char *text)
{
    return fails() ? NULL : counted(__real_strdup(text));
}

void
__wrap_free(void *block)
{
    if (block && load_acquire(&failing.counting))
        sub_acq_rel(&failing.blocks, 1);
    __real_free(block);
}

#endif
