#include "process.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "load.h"

uint64_t
process_cpu(pid_t pid)
{
    struct timespec spent;
    clockid_t clock;
    int err = clock_getcpuclockid(pid, &clock);

    if (err)
        fail("the server's clock", -err);
    if (clock_gettime(clock, &spent))
        fail("the server's clock", -errno);
    return (uint64_t)spent.tv_sec * UINT64_C(1000000000) +
           (uint64_t)spent.tv_nsec;
}

uint64_t
process_memory(pid_t pid)
{
    unsigned long long resident;
    char path[32];
    FILE *file;
    int n;

    snprintf(path, sizeof path, "/proc/%d/statm", (int)pid);
    file = fopen(path, "r");
    if (!file)
        fail(path, -errno);
    n = fscanf(file, "%*s %llu", &resident);
    fclose(file);
    if (n != 1)
        fail(path, -EIO);
    return resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

uint64_t
machine_idle(void)
{
    unsigned long long idle, waiting;
    FILE *file = fopen("/proc/stat", "r");
    int n;

    if (!file)
        fail("/proc/stat", -errno);
    n = fscanf(file, "cpu %*s %*s %*s %llu %llu", &idle, &waiting);
    fclose(file);
    if (n != 2)
        fail("/proc/stat", -EIO);
    return (idle + waiting) *
           (UINT64_C(1000000000) / (uint64_t)sysconf(_SC_CLK_TCK));
}

unsigned
machine_processors(void)
{
    return (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
}
