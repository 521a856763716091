/*
 * steal/simulate.h - runs that can be had again.
 *
 *     struct steal_options options = STEAL_OPTIONS_INIT;
 *     uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 1;
 *
 *     options.deterministic = true;
 *     options.seed = seed;
 *     if (steal_run(&options, &program.future) < 0)
 *         fprintf(stderr, "seed %llu\n", (unsigned long long)seed);
 *
 * With options.deterministic no worker is a thread.  The one that waits in
 * steal_block_on(), steal_run() or steal_runtime_stop() plays all workers: at each
 * step it is one of them, takes a task as that worker would, and polls it once.
 * Everything that is chance in a real run comes from the seed: which worker goes
 * on, who steals from whom, when the driver looks at its descriptors and which of
 * them it reports first, when a blocking call or a computation is made, with which
 * future a select begins.  So each seed is one of the orders that a real run could
 * have, and the same seed is the same run, on each machine: what went wrong once
 * goes wrong again, under a debugger too.
 *
 * Time is simulated.  It begins at the same moment in each run, each poll takes a
 * little of it, and where the workers would sleep it goes on to the next deadline
 * at once: a test that sleeps for hours takes no longer than what it does in
 * between.  steal_now() tells this time to the thread that has made the runtime,
 * until that is stopped, and to the one that runs its tasks.
 *
 * No program need be changed: STEAL_SEED=number in the environment makes all its
 * runtimes deterministic.
 *
 * steal_simulate(3) says what remains of the real world, and how to look for the
 * seed that finds a bug.
 */
#ifndef STEAL_SIMULATE_H
#define STEAL_SIMULATE_H

#include <stddef.h>
#include <stdint.h>

#include <steal/base.h>

STEAL_BEGIN_DECLS

/*
 * Lets time pass at once, in a task of a deterministic runtime, or on the thread
 * that has made it: as if the caller had worked for so long.
 * -EINVAL: the thread lives in real time.
 */
STEAL_API int steal_clock_advance(uint64_t ns);

/* The seed of a runtime, also one that the environment has chosen.
 * -EINVAL: it is not deterministic. */
STEAL_API int steal_simulate_seed(const struct steal_runtime *runtime,
        uint64_t *seed);

/*
 * What goes wrong in the world of a deterministic runtime, with its descriptors:
 * how many operations in a million.  Nothing, unless this is set.
 *
 *     struct steal_faults faults = STEAL_FAULTS_INIT;
 *
 *     faults.delays = 100000;
 *     faults.longest_delay = STEAL_MS(50);
 *     faults.cuts = 200000;
 *     steal_simulate_faults(runtime, &faults);
 */
struct steal_faults {
    size_t size;            /* of this struct */
    uint64_t longest_delay; /* ns; each delay is anything up to that */
    uint32_t delays; /* operations that have to wait, though they could go on */
    uint32_t cuts;   /* reads, and writes to sockets, that move less than they
                        could */
    uint32_t losses; /* whose connection breaks: both ends get -ECONNRESET from
                        now on */
};

/* clang-format off */
#define STEAL_FAULTS_INIT { sizeof(struct steal_faults), 0, 0, 0, 0 }
/* clang-format on */

/* From the next operation on; NULL: nothing goes wrong any more.
 * -EINVAL: the runtime is not deterministic, or no size. */
STEAL_API int steal_simulate_faults(struct steal_runtime *runtime,
        const struct steal_faults *faults);

STEAL_END_DECLS

#endif
