/*
 * snapshot.h - what a runtime has told of itself, and what follows from two of these.
 *
 * Strings are parts of the text, which the snapshot owns.
 */
#ifndef TOP_SNAPSHOT_H
#define TOP_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct top_worker {
    uint64_t number;
    bool relief;
    uint64_t busy; /* ns since the start */
    uint64_t queued;
    uint64_t polls;
    uint64_t stolen;
    uint64_t parks;
    const char *state;
    const char *polling; /* "": nothing */
    double share;        /* of the time in which it was busy */
};

struct top_await {
    unsigned depth;
    int line;
    int64_t number; /* -1: none */
    uint64_t task;  /* 0: none */
    int64_t due;    /* ns; -1: none */
    const char *name;
    const char *file;
    const char *thing;
    const char *object;
};

struct top_task {
    uint64_t id; /* 0: not known */
    const char *state;
    int worker;       /* -1: none */
    uint64_t running; /* ns, in this poll */
    bool timed;       /* the next are known */
    uint64_t age;
    uint64_t polls;
    uint64_t total;
    uint64_t longest;
    int64_t idle; /* -1: not known */
    const char *name;
    size_t first; /* of its awaits */
    size_t nawaits;
    double share; /* of a worker's time */
    bool stuck;
};

struct snapshot {
    char *text;
    const char *name;
    uint64_t process;
    uint64_t age;
    uint64_t live;
    uint64_t nworkers;
    uint64_t stopping;
    uint64_t injector;
    uint64_t timers;
    uint64_t descriptors;
    uint64_t blocking_queued;
    uint64_t blocking_threads;
    uint64_t blocking_busy;
    double polls; /* a second */
    size_t nstuck;
    struct top_worker *workers;
    size_t n_workers;
    struct top_task *tasks;
    size_t ntasks;
    struct top_await *awaits;
    size_t nawaits;
};

enum top_order {
    ORDER_SHARE,
    ORDER_AGE,
    ORDER_LONGEST,
    ORDER_IDLE,
    ORDER_ID
};

/* Takes the text, also if it fails: -EPROTO or -ENOMEM. */
int snapshot_read(struct snapshot *snapshot, char *text);
void snapshot_free(struct snapshot *snapshot);

/* What happened between the two; `before` may be NULL, or of another process: then
 * since the start. */
void snapshot_compare(struct snapshot *now, struct snapshot *before);

void snapshot_sort(struct snapshot *snapshot, enum top_order order);

/* The name that the command line has for it; false if there is none. */
bool top_order_of(const char *word, enum top_order *order);
const char *top_order_name(enum top_order order);

/* As "712ns", "1.2ms", "3h"; the room is enough for all. */
#define TIME_ROOM 16
const char *top_time(char room[TIME_ROOM], uint64_t time);

/* As "session at a.c:12 (mutex 0x12)", of a chain the last. */
void top_await_text(const struct top_await *await, char *text, size_t size);
const struct top_await *top_last_await(const struct snapshot *snapshot,
        const struct top_task *task);

#endif
