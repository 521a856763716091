#include "load.h"

#include <time.h>

#include <steal/runtime.h>
#include <steal/time.h>

#define SHORTEST STEAL_US(50)
#define LONGEST  STEAL_MS(5)

static uint64_t
processor_time(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * STEAL_SECONDS(1) + (uint64_t)now.tv_nsec;
}

bool
steal__load_is_full(struct load *load)
{
    uint64_t wall = steal_now();
    uint64_t cpu = processor_time();
    uint64_t span = wall - load->wall;
    uint64_t used = cpu - load->cpu;

    if (!load->processors)
        load->processors = steal_default_workers();
    load->wall = wall;
    load->cpu = cpu;
    if (span < SHORTEST || span > LONGEST)
        return true;
    return used * 8 >= span * load->processors * 7;
}
