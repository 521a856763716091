/*
 * peer.h - the frame of the peers in C and C++: options, clocks and rows, as
 * those of perf/harness.h.
 *
 * A case's run() does one run, and puts what is measured between peer_begin()
 * and peer_end(), which several threads must not call at once.  It says by
 * `ops` of how many operations the times are.
 */
#ifndef STEAL_PEER_H
#define STEAL_PEER_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct peer;

struct peer_case {
    const char *bench;
    const char *unit; /* of wall and cpu: "ns", "ms" */
    void (*run)(struct peer *p);
    bool once; /* one run, and none to warm up */
};

struct peer_rows; /* a metric and its values, one a run */

struct peer {
    unsigned workers;
    bool quick;
    uint64_t ops; /* 0 stands for 1 */

    /* private */
    unsigned runs;
    const struct peer_case *which;
    uint64_t wall, cpu;
    struct peer_rows *rows;
    unsigned n;
};

/* Runs the cases that the options name, up to one without a name; main() returns
 * what it returns. */
int peer_main(int argc, char **argv, const char *system, const char *version,
        const struct peer_case *cases);

void peer_begin(struct peer *p);
void peer_end(struct peer *p);

/* The span so far, in ns. */
uint64_t peer_wall(const struct peer *p);

/* This run's value of another metric.  Both strings are literals. */
void peer_value(struct peer *p, const char *metric, const char *unit,
        double value);

/* The processor time, in us, of the 2 s that follow: for what has just ended; and
 * what of it is later than in the first 100 ms. */
void peer_idle(struct peer *p);

/* Prints the line and exits, unless it is true. */
void peer_check(bool ok, const char *what);

#ifdef __cplusplus
}
#endif

#endif
