/*
 * world.h - what is outside of a runtime that is simulated: its network, and what
 * goes wrong there.
 *
 *     delay   an operation that might go on "would block"; a raise comes later
 *     cut     it moves less than it could
 *     loss    its connection breaks: from now on both ends get -ECONNRESET
 *
 * The bytes themselves go through sockets of this machine's memory (net/simulated.h).
 *
 * Threads: any; expire() is for the holder of the driver's seat.
 */
#ifndef STEAL_DRIVER_WORLD_H
#define STEAL_DRIVER_WORLD_H

#include <steal/simulate.h>

#include "../base/list.h"
#include "../base/lock.h"

struct steal_fd;
struct wakeups;

struct world {
    uint64_t number; /* of all in this machine: a large one at random */
    struct lock lock;
    /* guarded by it */
    bool over; /* no delay would ever end */
    struct steal_faults faults;
    struct list delays; /* the first to end is the first */
    struct list wires;  /* that were not yet accepted */
    uint32_t serial;    /* of the last wire */
    uint16_t port;      /* the last that was given away */
};

/* A connection of two sources. */
struct wire {
    struct list link; /* in world.wires, until it is accepted */
    uint32_t serial;
    struct steal_fd *end[2]; /* NULL: not yet there, or gone */
    bool is_waiting;         /* to be accepted */
    bool lost;
};

int steal__world_new(struct world **result);

/* From now on there are no delays, nor are those awaited that there are. */
void steal__world_end(struct world *world);

/* When no source is left. */
void steal__world_free(struct world *world);

/* Of the runtime, or of the one that the caller is in if that is NULL; NULL: it is
 * the real one. */
struct world *steal__world_of(struct steal_runtime *runtime);

/* A port that nobody has asked for. */
uint16_t steal__world_port(struct world *world);

/* When the first delay ends; STEAL_FOREVER if there is none. */
uint64_t steal__world_next(struct world *world);

/* Ends the delays that are due. */
void steal__world_expire(struct world *world, uint64_t now,
        struct wakeups *wakeups);

/* What becomes of an operation that has entered the source. */
enum fate {
    FATE_GO_ON,
    FATE_WAIT, /* as if it would block; `events` are raised later */
    FATE_CUT,  /* it may move less than it could */
    FATE_LOST
};

enum fate steal__world_decide(struct steal_fd *source, unsigned events);

/* The source connects: its number is what the other end will know it by.
 * -ENOMEM */
int steal__wire_open(struct steal_fd *source, uint32_t *serial);

/* It was accepted, by that name. */
void steal__wire_accept(struct steal_fd *source, uint32_t serial);

/* The source ends. */
void steal__wire_leave(struct steal_fd *source);

#endif
