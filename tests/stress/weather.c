/*
 * weather.c - what the system may do to a thread at any moment.
 *
 * A fork and a join rely on a fence that the other side pays for, wherever the
 * kernel has put their thread in the meantime.  So threads get signals, whose
 * handler does nothing, and are moved to other processors, at random.  The
 * signal is SIGPROF: the library leaves that to its threads.
 */
#include <dirent.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "orchard.h"

#define THREADS_MOST 128

static pthread_t thread;
static DIR *tasks; /* the threads of the process */
static _Atomic(bool) over;
static cpu_set_t all_cpus;
static struct rng rng;

static void
on_signal(int number)
{
    (void)number;
}

static unsigned
list_threads(pid_t *tid)
{
    struct dirent *entry;
    unsigned n = 0;

    rewinddir(tasks);
    while (n < THREADS_MOST && (entry = readdir(tasks))) {
        tid[n] = (pid_t)strtol(entry->d_name, NULL, 10);
        if (tid[n] > 0)
            n++;
    }
    return n;
}

/* On one processor, or free again. */
static void
move(pid_t tid)
{
    cpu_set_t set;
    int cpu = (int)rng_below(&rng, CPU_SETSIZE) % CPU_COUNT(&all_cpus);

    CPU_ZERO(&set);
    for (int i = 0; i < CPU_SETSIZE; i++)
        if (CPU_ISSET(i, &all_cpus) && cpu-- == 0)
            CPU_SET(i, &set);
    /* Threads come and go: one that is gone is no error. */
    (void)sched_setaffinity(tid, sizeof set,
            rng_below(&rng, 3) ? &set : &all_cpus);
}

static void
disturb(pid_t tid)
{
    if (rng_below(&rng, 2))
        move(tid);
    else
        (void)syscall(SYS_tgkill, getpid(), tid, SIGPROF);
}

static void *
blow(void *arg)
{
    pid_t tid[THREADS_MOST];
    unsigned n = 0;

    (void)arg;
    for (unsigned i = 0; !load_acquire(&over); i++) {
        const struct timespec lull = { 0, (long)rng_below(&rng, 200000) };

        if (i % 64 == 0)
            n = list_threads(tid);
        for (unsigned k = 1 + rng_below(&rng, 8); n && k; k--)
            disturb(tid[rng_below(&rng, n)]);
        nanosleep(&lull, NULL);
    }
    return NULL;
}

void
weather_begin(uint64_t seed)
{
    struct sigaction action = { .sa_handler = on_signal }; /* no SA_RESTART */

    rng_init(&rng, seed);
    store_release(&over, false);
    tasks = opendir("/proc/self/task");
    require(tasks);
    require(sigaction(SIGPROF, &action, NULL) == 0);
    require(sched_getaffinity(0, sizeof all_cpus, &all_cpus) == 0);
    require(pthread_create(&thread, NULL, blow, NULL) == 0);
}

void
weather_end(void)
{
    store_release(&over, true);
    require(pthread_join(thread, NULL) == 0);
    closedir(tasks);
    require(sched_setaffinity(0, sizeof all_cpus, &all_cpus) == 0);
}
