#include <steal/time.h>

#include <time.h>

uint64_t
steal_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * STEAL_SECONDS(1) + (uint64_t)now.tv_nsec;
}
