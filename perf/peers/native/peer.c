#include "peer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ROWS 8

struct peer_rows {
    const char *metric;
    const char *unit;
    unsigned n;
    double *value;
};

static uint64_t
clock_ns(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

void
peer_check(bool ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "check failed: %s\n", what);
    exit(1);
}

void
peer_value(struct peer *p, const char *metric, const char *unit, double value)
{
    unsigned i = 0;

    while (i < p->n && strcmp(p->rows[i].metric, metric) != 0)
        i++;
    if (i == p->n) {
        peer_check(i < ROWS, "rows");
        p->rows[i] = (struct peer_rows){ metric, unit, 0, NULL };
        p->rows[i].value = calloc(p->runs, sizeof(double));
        peer_check(p->rows[i].value, "memory");
        p->n++;
    }
    p->rows[i].value[p->rows[i].n++] = value;
}

void
peer_begin(struct peer *p)
{
    p->cpu = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
    p->wall = clock_ns(CLOCK_MONOTONIC);
}

uint64_t
peer_wall(const struct peer *p)
{
    return clock_ns(CLOCK_MONOTONIC) - p->wall;
}

void
peer_end(struct peer *p)
{
    double wall = (double)peer_wall(p);
    double cpu = (double)(clock_ns(CLOCK_PROCESS_CPUTIME_ID) - p->cpu);
    double unit = strcmp(p->which->unit, "ms") == 0 ? 1e6 : 1;

    if (p->ops)
        unit *= (double)p->ops;
    peer_value(p, "wall", p->which->unit, wall / unit);
    peer_value(p, "cpu", p->which->unit, cpu / unit);
}

void
peer_idle(struct peer *p)
{
    uint64_t begin = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
    uint64_t early;
    uint64_t end;

    usleep(100000);
    early = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
    usleep(p->quick ? 400000 : 1900000);
    end = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
    peer_value(p, "cpu", "us", (double)(end - begin) / 1000);
    peer_value(p, "later", "us", (double)(end - early) / 1000);
}

static int
by_value(const void *left, const void *right)
{
    double a = *(const double *)left;
    double b = *(const double *)right;

    return (a > b) - (a < b);
}

static void
print_row(const struct peer *p, const struct peer_rows *row, const char *system,
        const char *version)
{
    unsigned n = row->n;

    qsort(row->value, n, sizeof(double), by_value);
    printf("%s\t%s\t%s\t%u\t%s\t%s\t%.3f\t%.3f\t%.3f\n", system, version,
            p->which->bench, p->workers, row->metric, row->unit,
            (row->value[(n - 1) / 2] + row->value[n / 2]) / 2, row->value[0],
            row->value[n - 1]);
    fflush(stdout);
}

static void
drop_rows(struct peer *p)
{
    while (p->n > 0)
        free(p->rows[--p->n].value);
}

/* A warm-up, and the runs that count. */
static void
run_case(struct peer *p, const char *system, const char *version)
{
    struct peer_rows rows[ROWS];

    p->rows = rows;
    if (p->which->once) {
        p->runs = 1;
    } else {
        p->which->run(p);
        drop_rows(p);
    }
    for (unsigned i = 0; i < p->runs; i++)
        p->which->run(p);
    for (unsigned i = 0; i < p->n; i++)
        print_row(p, &rows[i], system, version);
    drop_rows(p);
}

/* The same in a process of its own, before this one has any threads. */
static bool
run_apart(struct peer *p, const char *system, const char *version)
{
    int status;
    pid_t child = fork();

    peer_check(child >= 0, "fork");
    if (child == 0) {
        run_case(p, system, version);
        exit(0);
    }
    return waitpid(child, &status, 0) == child && status == 0;
}

static void
usage(const char *program, const struct peer_case *cases)
{
    fprintf(stderr,
            "usage: %s [-b bench[,bench]] [-w workers] [-r runs] [-q]\n"
            "benches:",
            program);
    for (; cases->bench; cases++)
        fprintf(stderr, " %s", cases->bench);
    fputc('\n', stderr);
    exit(2);
}

static const struct peer_case *
find(const struct peer_case *cases, const char *name)
{
    for (; cases->bench; cases++) {
        if (strcmp(cases->bench, name) == 0)
            return cases;
    }
    return NULL;
}

static bool
run_named(struct peer *p, char *names, const char *system, const char *version,
        const struct peer_case *cases)
{
    bool ok = true;

    for (char *name = strtok(names, ","); name; name = strtok(NULL, ",")) {
        p->which = find(cases, name);
        ok = run_apart(p, system, version) && ok;
    }
    return ok;
}

static bool
run_all(struct peer *p, const char *system, const char *version,
        const struct peer_case *cases)
{
    bool ok = true;

    for (p->which = cases; p->which->bench; p->which++)
        ok = run_apart(p, system, version) && ok;
    return ok;
}

/* False if one of the list is none of the cases. */
static bool
are_known(const char *names, const struct peer_case *cases)
{
    char *copy = strdup(names);
    bool known = true;

    for (char *name = strtok(copy, ","); name; name = strtok(NULL, ","))
        known = known && find(cases, name);
    free(copy);
    return known;
}

int
peer_main(int argc, char **argv, const char *system, const char *version,
        const struct peer_case *cases)
{
    struct peer p = { .workers = 2, .runs = 5 };
    char *names = NULL;
    int option;

    while ((option = getopt(argc, argv, "b:w:r:q")) != -1) {
        if (option == 'b')
            names = optarg;
        else if (option == 'w')
            p.workers = (unsigned)strtoul(optarg, NULL, 10);
        else if (option == 'r')
            p.runs = (unsigned)strtoul(optarg, NULL, 10);
        else if (option == 'q')
            p.quick = true;
        else
            usage(argv[0], cases);
    }
    if (optind != argc || p.workers == 0 || p.runs == 0 ||
            (names && !are_known(names, cases)))
        usage(argv[0], cases);
    if (names)
        return !run_named(&p, names, system, version, cases);
    return !run_all(&p, system, version, cases);
}
