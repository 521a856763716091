#include "frames.h"

#include <stdlib.h>
#include <string.h>

#ifdef __GLIBC__

# include <execinfo.h>
# include <ucontext.h>

/* The first call loads a library. */
void
steal__frames_prepare(void)
{
    void *frame;

    backtrace(&frame, 1);
}

/* Where the signal came, or NULL. */
static void *
interrupted(void *context)
{
    const ucontext_t *ucontext = context;

# if defined(__x86_64__)
    return (void *)ucontext->uc_mcontext.gregs[REG_RIP];
# elif defined(__aarch64__)
    return (void *)ucontext->uc_mcontext.pc;
# else
    (void)ucontext;
    return NULL;
# endif
}

size_t
steal__frames(void **frames, size_t n, void *context)
{
    void *from = interrupted(context);
    int found = backtrace(frames, (int)n);
    size_t all = found > 0 ? (size_t)found : 0;
    size_t skip = 0;

    while (skip < all && frames[skip] != from)
        skip++;
    if (skip == all)
        skip = 0; /* the handler's own frames do not harm */
    memmove(frames, frames + skip, (all - skip) * sizeof *frames);
    return all - skip;
}

void
steal__frames_print(void *const *frames, size_t n, FILE *file)
{
    char **lines = backtrace_symbols(frames, (int)n);

    for (size_t i = 0; i < n; i++) {
        if (lines)
            fprintf(file, "    %s\n", lines[i]);
        else
            fprintf(file, "    %p\n", frames[i]);
    }
    free(lines);
}

#else

void
steal__frames_prepare(void)
{
}

size_t
steal__frames(void **frames, size_t n, void *context)
{
    (void)frames, (void)n, (void)context;
    return 0;
}

void
steal__frames_print(void *const *frames, size_t n, FILE *file)
{
    (void)frames, (void)n, (void)file;
}

#endif
