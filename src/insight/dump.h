/*
 * dump.h - a dump of tasks, in whatever format and to wherever.
 *
 * Threads: any, between the birth of the runtime and the end of its stop.
 */
#ifndef STEAL_INSIGHT_DUMP_H
#define STEAL_INSIGHT_DUMP_H

#include <steal/debug.h>
#include <steal/dump.h>
#include <steal/runtime.h>

#include "buffer.h"

enum dump_state {
    DUMP_PARKED,
    DUMP_LOST, /* parked, and nobody can wake it: where that is looked for */
    DUMP_QUEUED,
    DUMP_RUNNING,
    DUMP_FINISHING /* aborted, and to be dropped when its turn comes */
};

/* A task, while it is told of. */
struct dump_task {
    uint64_t id; /* 0: it runs, and nobody knows more */
    const char *name;
    enum dump_state state;
    int worker;       /* that runs it; -1: none, or not known */
    uint64_t running; /* ns, in this poll; 0: not known */
    bool timed;       /* the next are known */
    uint64_t polls;
    uint64_t total;   /* ns, of all polls */
    uint64_t longest; /* ns */
    uint64_t idle;    /* ns since the last poll; UINT64_MAX: there was none */
    uint64_t age;     /* ns */
    uint64_t now;     /* the time of its runtime */
    bool awaits_known;
    size_t nawaits;
    struct steal_await *awaits;
};

struct dump_format {
    void (*begin)(struct buffer *buffer, struct steal_runtime *runtime);
    void (*task)(struct buffer *buffer, const struct dump_task *task,
            bool first);
    void (*end)(struct buffer *buffer, struct steal_runtime *runtime);
};

extern const struct dump_format steal__dump_text;
extern const struct dump_format steal__dump_json;
extern const struct dump_format steal__dump_lines; /* for steal-top */

const char *steal__dump_state(enum dump_state state);

/* How a worker stands: asleep, awake, computing or polling. */
const char *steal__dump_worker_state(struct steal_runtime *runtime,
        unsigned worker);

/* What takes the text: returns 0 or a negative errno code, which ends it. */
typedef int dump_sink(const char *text, size_t n, void *data);

int steal__dump(struct steal_runtime *runtime, const struct dump_format *format,
        dump_sink *sink, void *data);

#endif
