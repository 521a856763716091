/*
 * harness.h - what every benchmark under perf/ shares: options, clocks, rows.
 *
 *     static void
 *     run(struct perf *p)
 *     {
 *         perf_begin(p);
 *         for (uint64_t round = 0; round < p->rounds; round++)
 *             spawn_and_wait_for(p->batch);
 *         perf_end(p);
 *     }
 *
 *     int
 *     main(int argc, char **argv)
 *     {
 *         static const struct perf_case cases[] = {
 *             { .bench = "spawn_local", .batch = 10000, .rounds = 20,
 *                     .run = run },
 *             { 0 }
 *         };
 *
 *         return perf_main(argc, argv, cases);
 *     }
 *
 * A run does `ops` operations, `rounds` times a batch of `batch`.  Each case
 * gets a runtime of its own, in p->runtime; one run of it warms up, the next
 * are counted.  The rows go to standard output, a metric a line:
 *
 *     system  version  bench  workers  metric  unit  median  min  max
 *
 * What is between perf_begin() and perf_end() is measured; several such spans
 * in a run add up.  Their rows are wall and cpu, in ns an operation, or in ms;
 * those of a latency case are p50, p99 and p999 in us, and cpu.  perf_value()
 * adds others.
 *
 * Options: -b bench[,bench] (only these), -w workers, -r runs, -q (quick: a
 * tenth of the rounds), -c (count mode, for perf/tools/step).
 *
 * Count mode: at most PERF_COUNT_OPS operations in one run, on one worker
 * unless -w says more.  The spans are enclosed in markers that step, which runs
 * the program under ptrace, knows; the row tells the number of operations.
 *
 * Threads: perf_begin() and perf_end() may be called by whichever thread runs
 * the case, inside a task too, one at a time.
 */
#ifndef STEAL_PERF_HARNESS_H
#define STEAL_PERF_HARNESS_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <steal.h>

#define PERF_COUNT_OPS 1000

/* Flags of a case. */
#define PERF_LATENCY   1u  /* run() fills p->latency, ns, one an operation */
#define PERF_COLD      2u  /* no warm-up: a first run is what is asked for */
#define PERF_ONCE      4u  /* one run, whatever -r says */
#define PERF_OWN       8u  /* run() makes its runtime; p->runtime is NULL */
#define PERF_UNCOUNTED 16u /* makes no sense in count mode: skipped */
#define PERF_MILLI     32u /* wall and cpu are in ms an operation */
#define PERF_COMPUTE   64u /* run() is called in a computation, on a worker */

struct perf;

struct perf_case {
    const char *bench;
    uint64_t batch;  /* operations a round; 0 stands for 1 */
    uint64_t rounds; /* in a run; 0 stands for 1 */
    unsigned flags;
    void (*run)(struct perf *p);
};

struct perf_row; /* a metric and its values, one a run */

struct perf {
    struct steal_runtime *runtime;
    unsigned workers;
    uint64_t batch;
    uint64_t rounds;
    uint64_t ops;      /* batch * rounds */
    uint64_t *latency; /* PERF_LATENCY: `ops` of them */
    bool quick;

    /* private */
    const struct perf_case *which;
    unsigned runs;
    bool count;   /* -c */
    bool markers; /* -c, and past the warm-up */
    bool spanned; /* this run has had a span */
    uint64_t wall, wall_start;
    uint64_t cpu, cpu_start;
    struct perf_row *row;
    size_t rows;
};

/* Runs the cases, up to one without a name; main() returns what it returns. */
int perf_main(int argc, char **argv, const struct perf_case *cases);

void perf_begin(struct perf *p);
void perf_end(struct perf *p);

/* Adds this run's value of a metric of the case's own.  Both strings are
 * literals. */
void perf_value(struct perf *p, const char *metric, const char *unit,
        double value);

/* Moves the future into a task, as steal_spawn(), and waits for its end. */
void perf_run_task(struct perf *p, struct steal_future *future, size_t size);

/* Prints the place and exits; `err` is 0 or a negative errno code. */
_Noreturn void perf_fail(const char *file, int line, const char *what, int err);

static inline void
perf_must_at(const char *file, int line, const char *what, int err)
{
    if (err < 0)
        perf_fail(file, line, what, err);
}

/* For a call that must not fail in a benchmark, and for what must be true. */
#define perf_must(x)   perf_must_at(__FILE__, __LINE__, #x, (x))
#define perf_assert(x) ((x) ? (void)0 : perf_fail(__FILE__, __LINE__, #x, 0))

/* CLOCK_MONOTONIC, and the processor time of all threads, in ns. */
uint64_t perf_wall(void);
uint64_t perf_cpu(void);

/*
 * The markers: a getpid() with an argument that it ignores, so that they do
 * nothing where nobody watches.  step starts to count the instructions of all
 * threads after BEGIN, stops before END, and after ROW gives out what it has
 * counted for the row that the program printed last.
 */
#define PERF_COUNT_BEGIN 0x57ea1001
#define PERF_COUNT_END   0x57ea1002
#define PERF_COUNT_ROW   0x57ea1003

static inline void
perf_mark(long marker)
{
#ifdef __x86_64__
    long nr = SYS_getpid;

    __asm__ volatile("syscall"
                     : "+a"(nr)
                     : "D"(marker)
                     : "rcx", "r11", "memory");
#else
    syscall(SYS_getpid, marker);
#endif
}

#endif
