#include "scratch.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "../base/compiler.h"

#define HUGE ((size_t)2 << 20) /* of a huge page, most often */

/* Memory checkers know what they allocated. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
# define MAP_FROM SIZE_MAX
#else
# define MAP_FROM ((size_t)1 << 20)
#endif

/* A mapping begins anywhere; what is before the first boundary of a huge page,
 * and after the end, is given back. */
static int
map(struct sort_scratch *scratch, size_t size)
{
    size_t all = size + HUGE;
    char *begin = mmap(NULL, all, PROT_READ | PROT_WRITE,
            MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    size_t before;

    if (begin == MAP_FAILED)
        return -ENOMEM;
    before = -(uintptr_t)begin % HUGE;
    if (before > 0)
        munmap(begin, before);
    if (before < HUGE)
        munmap(begin + before + size, HUGE - before);
    scratch->memory = begin + before;
#ifdef MADV_HUGEPAGE
    (void)madvise(scratch->memory, size, MADV_HUGEPAGE); /* as it likes */
#endif
    return 0;
}

static int
allocate(struct sort_scratch *scratch, size_t size, size_t align)
{
    scratch->memory = aligned_alloc(align, (size + align - 1) & -align);
    return scratch->memory ? 0 : -ENOMEM;
}

int
steal__scratch_init(struct sort_scratch *scratch, size_t size, size_t align)
{
    if (align < CACHE_LINE)
        align = CACHE_LINE;
    if (size > SIZE_MAX / 2)
        return -ENOMEM;
    scratch->is_mapped = size >= MAP_FROM && align <= HUGE;
    scratch->size = (size + 0xffff) & ~(size_t)0xffff;
    if (scratch->is_mapped)
        return map(scratch, scratch->size);
    scratch->size = size;
    return allocate(scratch, size, align);
}

void
steal__scratch_fini(struct sort_scratch *scratch)
{
    if (scratch->is_mapped)
        munmap(scratch->memory, scratch->size);
    else
        free(scratch->memory);
}
