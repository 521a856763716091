#include "harness.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define ROWS 16

extern uint64_t
        steal__maintain_every; /* the library's; see src/sched/worker.h */

struct perf_row {
    const char *metric;
    const char *unit;
    unsigned n;
    double *value;
};

struct options {
    const char *benches; /* NULL: all */
    unsigned workers;
    unsigned runs;
    bool quick;
    bool count;
};

static uint64_t
clock_ns(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

uint64_t
perf_wall(void)
{
    return clock_ns(CLOCK_MONOTONIC);
}

uint64_t
perf_cpu(void)
{
    return clock_ns(CLOCK_PROCESS_CPUTIME_ID);
}

_Noreturn void
perf_fail(const char *file, int line, const char *what, int err)
{
    fprintf(stderr, "%s:%d: %s%s%s\n", file, line, what, err ? ": " : "",
            err ? strerror(-err) : "");
    exit(1);
}

void
perf_begin(struct perf *p)
{
    p->cpu_start = perf_cpu();
    p->wall_start = perf_wall();
    if (p->markers)
        perf_mark(PERF_COUNT_BEGIN);
}

void
perf_end(struct perf *p)
{
    if (p->markers)
        perf_mark(PERF_COUNT_END);
    p->wall += perf_wall() - p->wall_start;
    p->cpu += perf_cpu() - p->cpu_start;
    p->spanned = true;
}

void
perf_value(struct perf *p, const char *metric, const char *unit, double value)
{
    size_t i = 0;

    while (i < p->rows && strcmp(p->row[i].metric, metric) != 0)
        i++;
    perf_assert(i < ROWS);
    if (i == p->rows) {
        p->row[i] = (struct perf_row){ metric, unit, 0, NULL };
        p->row[i].value = calloc(p->runs, sizeof(double));
        perf_assert(p->row[i].value);
        p->rows++;
    }
    perf_assert(p->row[i].n < p->runs);
    p->row[i].value[p->row[i].n++] = value;
}

static int
by_value(const void *left, const void *right)
{
    double a = *(const double *)left;
    double b = *(const double *)right;

    return (a > b) - (a < b);
}

static int
by_time(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left;
    uint64_t b = *(const uint64_t *)right;

    return (a > b) - (a < b);
}

static void
print_row(const struct perf *p, const struct perf_row *row)
{
    unsigned n = row->n;

    qsort(row->value, n, sizeof(double), by_value);
    printf("libsteal\t%d.%d.%d\t%s\t%u\t%s\t%s\t%.3f\t%.3f\t%.3f\n",
            STEAL_VERSION_MAJOR, STEAL_VERSION_MINOR, STEAL_VERSION_PATCH,
            p->which->bench, p->workers, row->metric, row->unit,
            (row->value[(n - 1) / 2] + row->value[n / 2]) / 2, row->value[0],
            row->value[n - 1]);
    fflush(stdout);
}

/* Nearest rank, in us; the latencies are sorted. */
static double
percentile(const struct perf *p, double point)
{
    double rank = point * (double)p->ops;
    uint64_t i = (uint64_t)rank;

    if ((double)i == rank && i > 0)
        i--;
    return (double)p->latency[i] / 1000;
}

/* A time, in ns, as that of an operation. */
static void
add_time(struct perf *p, const char *metric, uint64_t time)
{
    double each = (double)time / (double)p->ops;

    if (p->which->flags & PERF_MILLI)
        perf_value(p, metric, "ms", each / 1000000);
    else
        perf_value(p, metric, "ns", each);
}

static void
take_run(struct perf *p)
{
    if (p->count) {
        perf_value(p, "ops", "count", (double)p->ops);
        return;
    }
    if (p->which->flags & PERF_LATENCY) {
        qsort(p->latency, p->ops, sizeof *p->latency, by_time);
        perf_value(p, "p50", "us", percentile(p, 0.5));
        perf_value(p, "p99", "us", percentile(p, 0.99));
        perf_value(p, "p999", "us", percentile(p, 0.999));
    } else if (p->spanned) {
        add_time(p, "wall", p->wall);
    }
    if (p->spanned)
        add_time(p, "cpu", p->cpu);
}

static int
call_run(void *data)
{
    struct perf *p = data;

    p->which->run(p);
    return 0;
}

static void
run_once(struct perf *p)
{
    struct steal_compute compute;

    p->spanned = false;
    p->wall = 0;
    p->cpu = 0;
    if (p->which->flags & PERF_COMPUTE)
        perf_must(steal_block_on(p->runtime,
                steal_compute(&compute, call_run, p)));
    else
        p->which->run(p);
}

static void
drop_rows(struct perf *p)
{
    while (p->rows > 0)
        free(p->row[--p->rows].value);
}

/* Count mode wants few operations, and takes them from the rounds first. */
static void
size_case(struct perf *p, const struct perf_case *which)
{
    p->batch = which->batch ? which->batch : 1;
    p->rounds = which->rounds ? which->rounds : 1;
    if (p->quick && p->rounds >= 10)
        p->rounds /= 10;
    else if (p->quick)
        p->rounds = 1;
    if (p->count) {
        if (p->batch > PERF_COUNT_OPS)
            p->batch = PERF_COUNT_OPS;
        if (p->rounds > PERF_COUNT_OPS / p->batch)
            p->rounds = PERF_COUNT_OPS / p->batch;
    }
    p->ops = p->batch * p->rounds;
}

static void
run_case(const struct perf_case *which, const struct options *options)
{
    struct steal_options wanted = STEAL_OPTIONS_INIT;
    struct perf_row row[ROWS];
    struct perf p = { .which = which, .row = row };

    p.workers = options->workers;
    p.runs = options->count || (which->flags & PERF_ONCE) ? 1 : options->runs;
    p.quick = options->quick;
    p.count = options->count;
    size_case(&p, which);
    if (which->flags & PERF_LATENCY) {
        p.latency = calloc(p.ops, sizeof *p.latency);
        perf_assert(p.latency);
    }
    wanted.workers = p.workers;
    if (!(which->flags & PERF_OWN))
        perf_must(steal_runtime_new(&p.runtime, &wanted));

    if (!(which->flags & PERF_COLD)) {
        run_once(&p);
        drop_rows(&p);
    }
    p.markers = p.count;
    for (unsigned i = 0; i < p.runs; i++) {
        run_once(&p);
        take_run(&p);
    }
    for (size_t i = 0; i < p.rows; i++)
        print_row(&p, &row[i]);
    if (p.count)
        perf_mark(PERF_COUNT_ROW);

    drop_rows(&p);
    if (p.runtime)
        perf_must(steal_runtime_stop(p.runtime, STEAL_FOREVER));
    free(p.latency);
}

/* True if `name` is one of the comma separated `list`. */
static bool
is_listed(const char *list, const char *name)
{
    size_t len = strlen(name);

    while (list) {
        if (strncmp(list, name, len) == 0 && (!list[len] || list[len] == ','))
            return true;
        list = strchr(list, ',');
        if (list)
            list++;
    }
    return false;
}

_Noreturn static void
usage(const char *program, const struct perf_case *cases)
{
    fprintf(stderr,
            "usage: %s [-b bench[,bench]] [-w workers] [-r runs] [-q] [-c]\n"
            "benches:",
            program);
    for (; cases->bench; cases++)
        fprintf(stderr, " %s", cases->bench);
    fputc('\n', stderr);
    exit(2);
}

/* A number above 0, or 0 if it is none. */
static unsigned
number(const char *text)
{
    char *end;
    unsigned long n = strtoul(text, &end, 10);

    return *end || n > 100000 ? 0 : (unsigned)n;
}

static struct options
parse(int argc, char **argv, const struct perf_case *cases)
{
    struct options options = { NULL, 0, 5, false, false };
    int option;

    while ((option = getopt(argc, argv, "b:w:r:qc")) != -1) {
        switch (option) {
        case 'b':
            options.benches = optarg;
            break;
        case 'w':
            options.workers = number(optarg);
            if (options.workers == 0)
                usage(argv[0], cases);
            break;
        case 'r':
            options.runs = number(optarg);
            break;
        case 'q':
            options.quick = true;
            break;
        case 'c':
            options.count = true;
            steal__maintain_every = UINT64_MAX; /* steps take their time */
            break;
        default:
            usage(argv[0], cases);
        }
    }
    if (optind != argc || options.runs == 0)
        usage(argv[0], cases);
    if (options.workers == 0)
        options.workers = options.count ? 1 : steal_default_workers();
    return options;
}

int
perf_main(int argc, char **argv, const struct perf_case *cases)
{
    struct options options = parse(argc, argv, cases);
    size_t ran = 0;

    for (const struct perf_case *c = cases; c->bench; c++) {
        if (options.benches && !is_listed(options.benches, c->bench))
            continue;
        ran++;
        if (!(options.count && (c->flags & PERF_UNCOUNTED)))
            run_case(c, &options);
    }
    if (ran == 0)
        usage(argv[0], cases);
    return 0;
}

void
perf_run_task(struct perf *p, struct steal_future *future, size_t size)
{
    struct steal_join join;
    struct steal_task *task;

    perf_must(steal_spawn(p->runtime, future, size, &task));
    perf_must(steal_block_on(p->runtime, steal_join(&join, task)));
}
