/*
 * load.h - what the load generator was asked for, and its small tools.
 */
#ifndef STEAL_PERF_LOAD_LOAD_H
#define STEAL_PERF_LOAD_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

struct plan {
    struct sockaddr_storage address;
    socklen_t address_size;
    bool http;
    bool churn; /* a connection carries one message, then the next is made */
    bool all;   /* compare every byte */
    bool tell;  /* say on stderr what the load itself took */
    unsigned connections;
    unsigned idle; /* others that are opened before, and do nothing */
    unsigned depth;
    size_t size;
    unsigned threads;
    double warmup;  /* seconds */
    double seconds; /* measured */
    pid_t server;   /* whose processor time counts; 0: unknown */
    const char *label;
};

/* Reads the command line; prints how it is used and exits if it makes no
 * sense. */
struct plan plan_parse(int argc, char **argv);

/* Prints what failed and exits; `err` is a negative errno code, or 0. */
_Noreturn void fail(const char *what, int err);

uint64_t now_ns(void);

/* CLOCK_MONOTONIC's later time is waited for. */
void sleep_until(uint64_t deadline);

#endif
