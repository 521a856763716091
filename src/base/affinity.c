#include "affinity.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

/* What the thread might run on before it was bound, and to what it is; NULL: it
 * is not. */
static _Thread_local struct {
    const struct affinity *before;
    unsigned processor;
} bound;

#ifdef __linux__

/* More than any kernel has, in bytes. */
# define MASK_MOST ((size_t)1 << 17)

/* -EINVAL: the kernel's mask is larger. */
static int
read_mask(struct affinity *affinity, size_t size)
{
    int error;

    affinity->mask = malloc(size);
    affinity->size = size;
    if (!affinity->mask)
        return -ENOMEM;
    memset(affinity->mask, 0, size);
    if (sched_getaffinity(0, size, affinity->mask) == 0)
        return 0;
    error = -errno;
    free(affinity->mask);
    return error;
}

static int
copy_mask(struct affinity *affinity, const struct affinity *from)
{
    affinity->mask = malloc(from->size);
    affinity->size = from->size;
    if (!affinity->mask)
        return -ENOMEM;
    memcpy(affinity->mask, from->mask, from->size);
    return 0;
}

int
steal__affinity_read(struct affinity *affinity)
{
    size_t size = sizeof(cpu_set_t);
    int error;

    if (bound.before)
        return copy_mask(affinity, bound.before);
    do {
        error = read_mask(affinity, size);
        size *= 2;
    } while (error == -EINVAL && size <= MASK_MOST);
    return error;
}

unsigned
steal__affinity_next(const struct affinity *affinity, unsigned from)
{
    const cpu_set_t *mask = affinity->mask;

    for (size_t i = from; i < affinity->size * CHAR_BIT; i++)
        if (CPU_ISSET_S(i, affinity->size, mask))
            return (unsigned)i;
    return AFFINITY_END;
}

/* The kernel takes a mask that is shorter than its own; processors that this one
 * has no bits for are not bound to. */
static int
bind_to(unsigned processor)
{
    cpu_set_t mask;

    if (processor >= CPU_SETSIZE)
        return -EINVAL;
    CPU_ZERO(&mask);
    CPU_SET(processor, &mask);
    return sched_setaffinity(0, sizeof mask, &mask) == 0 ? 0 : -errno;
}

static void
unbind(const struct affinity *before)
{
    sched_setaffinity(0, before->size, before->mask);
}

#else

int
steal__affinity_read(struct affinity *affinity)
{
    *affinity = (struct affinity){ NULL, 0 };
    return -ENOTSUP;
}

unsigned
steal__affinity_next(const struct affinity *affinity, unsigned from)
{
    (void)affinity;
    (void)from;
    return AFFINITY_END;
}

static int
bind_to(unsigned processor)
{
    (void)processor;
    return -ENOTSUP;
}

static void
unbind(const struct affinity *before)
{
    (void)before;
}

#endif

void
steal__affinity_fini(struct affinity *affinity)
{
    free(affinity->mask);
}

int
steal__affinity_bind(const struct affinity *before, unsigned processor)
{
    int error = bind_to(processor);

    if (error)
        return error;
    bound.before = before;
    bound.processor = processor;
    return 0;
}

void
steal__affinity_lift(void)
{
    int saved = errno;

    if (bound.before)
        unbind(bound.before);
    errno = saved;
}

void
steal__affinity_restore(void)
{
    int saved = errno;

    if (bound.before)
        bind_to(bound.processor);
    errno = saved;
}
