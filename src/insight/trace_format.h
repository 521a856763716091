/*
 * trace_format.h - the file that a trace is written to; steal_trace(7) tells of it.
 *
 *     head | chunk: INFO | chunk: TRACK ... | chunk: NAME ... | chunk: END
 *
 * A chunk begins with its type and the size of what follows, so that a reader can
 * skip what it does not know.  Numbers are those of the machine that wrote them;
 * `order` tells which that is.
 */
#ifndef STEAL_INSIGHT_TRACE_FORMAT_H
#define STEAL_INSIGHT_TRACE_FORMAT_H

#include <stdint.h>

#define TRACE_MAGIC   "stealtrc"
#define TRACE_ORDER   UINT32_C(0x01020304)
#define TRACE_VERSION 1

struct trace_head {
    char magic[8];
    uint32_t order;
    uint32_t version;
};

enum trace_chunk_type {
    TRACE_INFO = 1,
    TRACE_TRACK,
    TRACE_NAME,
    TRACE_END
};

struct trace_chunk {
    uint32_t type;
    uint32_t number; /* of the track, from 0; of the name, from 1 */
    uint64_t size;   /* of what follows, in bytes */
};

/* The workers' tracks come first, then the relief's, then that of all threads
 * that are no workers. */
struct trace_info {
    uint64_t born;    /* ns, of CLOCK_MONOTONIC, as all times here */
    uint64_t written; /* likewise */
    uint64_t date;    /* when it was written, ns since 1970 */
    uint32_t workers;
    uint32_t tracks;
    char name[16]; /* of the runtime */
};

/* A track: how many events came before, and are lost; then the events. */
struct trace_lost {
    uint64_t events;
};

struct trace_record {
    uint64_t time;   /* ns */
    uint64_t task;   /* its id, or 0 */
    uint64_t number; /* see the kind */
    uint32_t name;   /* of the task, if that is told: its number; else 0 */
    uint32_t kind;
};

enum trace_kind {
    TRACE_SPAWNED = 1, /* and queued, with a name */
    TRACE_QUEUED,      /* for it was woken by another */
    TRACE_BEGIN,       /* a poll, with a name */
    TRACE_ENDED,       /* a poll; number: trace_outcome */
    TRACE_STEAL,       /* number: of tasks */
    TRACE_PARK,
    TRACE_UNPARK,
    TRACE_TURN,    /* of the driver; number: of tasks that it has woken */
    TRACE_COMPUTE, /* runs jobs */
    TRACE_COMPUTED,
    TRACE_KINDS,
    TRACE_NAMED = 255 /* not in files */
};

enum trace_outcome {
    TRACE_READY,
    TRACE_PARKED,
    TRACE_AGAIN, /* it has woken itself, and is queued */
    TRACE_OUTCOMES
};

#endif
