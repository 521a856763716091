/*
 * world.c - faults, and when they come: all by the dice of the simulation.
 *
 * A delay, and each of its ends while a connection is being lost, holds a reference
 * to the source.
 */
#include "world.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <steal/time.h>

#include "../base/clock.h"
#include "../base/compiler.h"
#include "../base/dice.h"
#include "../task/schedule.h"
#include "driver.h"
#include "source.h"

#define MILLION 1000000

/* Those that Linux gives away, too. */
#define FIRST_PORT 32768

struct delay {
    struct list link;
    struct steal_fd *source;
    uint64_t bits;
    uint64_t end;
};

int
steal__world_new(struct world **result)
{
    static _Atomic(uint64_t) worlds;
    struct world *world = calloc(1, sizeof *world);

    if (!world)
        return -ENOMEM;
    /* Nothing that a program could see. */
    world->number = steal__clock_real() * 1000 + add_relaxed(&worlds, 1);
    lock_init(&world->lock);
    list_init(&world->delays);
    list_init(&world->wires);
    world->port = FIRST_PORT;
    *result = world;
    return 0;
}

static void
forget(struct delay *delay)
{
    steal__source_put(delay->source);
    free(delay);
}

void
steal__world_end(struct world *world)
{
    struct list delays;
    struct list *link;

    lock_take(&world->lock);
    world->over = true;
    list_take_all(&delays, &world->delays);
    lock_give(&world->lock);
    while ((link = list_first(&delays))) {
        list_remove(link);
        forget(container_of(link, struct delay, link));
    }
}

void
steal__world_free(struct world *world)
{
    free(world);
}

struct world *
steal__world_of(struct steal_runtime *runtime)
{
    int error;

    if (!runtime)
        runtime = steal__runtime_for(NULL, &error);
    return runtime ? steal__runtime_driver(runtime)->world : NULL;
}

uint16_t
steal__world_port(struct world *world)
{
    uint16_t port;

    lock_take(&world->lock);
    if (++world->port == 0)
        world->port = FIRST_PORT + 1;
    port = world->port;
    lock_give(&world->lock);
    return port;
}

/*
 * Delays
 */

static struct delay *
first_delay_locked(struct world *world)
{
    struct list *link = list_first(&world->delays);

    return link ? container_of(link, struct delay, link) : NULL;
}

uint64_t
steal__world_next(struct world *world)
{
    struct delay *first;
    uint64_t end;

    lock_take(&world->lock);
    first = first_delay_locked(world);
    end = first ? first->end : STEAL_FOREVER;
    lock_give(&world->lock);
    return end;
}

void
steal__world_expire(struct world *world, uint64_t now, struct wakeups *wakeups)
{
    struct delay *delay;

    do {
        lock_take(&world->lock);
        delay = first_delay_locked(world);
        if (delay && delay->end > now)
            delay = NULL;
        if (delay) {
            list_remove(&delay->link);
            delay->source->spared |= (unsigned)(delay->bits & READY_ANY);
        }
        lock_give(&world->lock);
        if (delay) {
            steal__source_raise(delay->source, delay->bits, wakeups);
            wakeups_send_foreign(wakeups);
            forget(delay);
        }
    } while (delay);
}

/* Behind all that end before it, or with it. */
static void
insert_locked(struct world *world, struct delay *delay)
{
    struct list *after = &world->delays;

    while (after->prev != &world->delays &&
            container_of(after->prev, struct delay, link)->end > delay->end)
        after = after->prev;
    list_append(after, &delay->link); /* in front of that one */
}

/* False if there is no memory: then it does not come to pass. */
static bool
raise_later_locked(struct world *world, struct steal_fd *source, uint64_t bits,
        uint64_t end)
{
    struct delay *delay = malloc(sizeof *delay);

    if (!delay)
        return false;
    *delay = (struct delay){ .source = source, .bits = bits, .end = end };
    steal__source_hold(source);
    insert_locked(world, delay);
    return true;
}

/*
 * Connections
 */

/* Both ends find out at once: those that wait are woken. */
static void
lose_locked(struct world *world, struct wire *wire)
{
    wire->lost = true;
    for (int i = 0; i < 2; i++) {
        struct steal_fd *end = wire->end[i];

        if (!end)
            continue;
        shutdown(end->number, SHUT_RDWR); /* for who asks the system */
        raise_later_locked(world, end, READY_ANY | READY_ENDED, 0);
    }
}

int
steal__wire_open(struct steal_fd *source, uint32_t *serial)
{
    struct world *world = steal__world_of(source->runtime);
    struct wire *wire = malloc(sizeof *wire);

    if (!wire)
        return -ENOMEM;
    *wire = (struct wire){ .end = { source, NULL }, .is_waiting = true };
    lock_take(&world->lock);
    *serial = wire->serial = ++world->serial;
    list_append(&world->wires, &wire->link);
    lock_give(&world->lock);
    source->wire = wire;
    return 0;
}

void
steal__wire_accept(struct steal_fd *source, uint32_t serial)
{
    struct world *world = steal__world_of(source->runtime);

    lock_take(&world->lock);
    list_foreach(link, &world->wires) {
        struct wire *wire = container_of(link, struct wire, link);

        if (wire->serial == serial) {
            list_remove(link);
            wire->is_waiting = false;
            wire->end[1] = source;
            source->wire = wire;
            break;
        }
    }
    lock_give(&world->lock);
}

void
steal__wire_leave(struct steal_fd *source)
{
    struct world *world = steal__runtime_driver(source->runtime)->world;
    struct wire *wire = source->wire;
    bool last;

    lock_take(&world->lock);
    wire->end[wire->end[1] == source] = NULL;
    last = !wire->end[0] && !wire->end[1];
    if (last && wire->is_waiting)
        list_remove(&wire->link);
    lock_give(&world->lock);
    source->wire = NULL;
    if (last)
        free(wire);
}

/*
 * Fate
 */

static bool
happens(uint32_t in_a_million)
{
    return in_a_million && dice_below(MILLION) < in_a_million;
}

/* An end of a delay that is yet to come. */
static uint64_t
delay_of(const struct steal_faults *faults)
{
    uint64_t most = faults->longest_delay;

    if (most >= UINT32_MAX)
        return 1 + dice_below(UINT32_MAX) * (most / UINT32_MAX);
    return most ? 1 + dice_below((uint32_t)most) : 1;
}

/* Readiness that the system has told of meanwhile changes nothing. */
static bool
is_delayed_locked(struct world *world, const struct steal_fd *source,
        unsigned events)
{
    list_foreach(link, &world->delays) {
        const struct delay *delay = container_of(link, struct delay, link);

        if (delay->source == source && delay->bits == events)
            return true;
    }
    return false;
}

/* True for the operation that goes on after a delay. */
static bool
take_spared_locked(struct steal_fd *source, unsigned events)
{
    bool spared = source->spared & events;

    source->spared &= ~events;
    return spared;
}

static enum fate
decide_locked(struct world *world, struct steal_fd *source, unsigned events)
{
    const struct steal_faults *faults = &world->faults;
    struct wire *wire = source->wire;

    if (wire && !wire->lost && happens(faults->losses))
        lose_locked(world, wire);
    if (wire && wire->lost)
        return FATE_LOST;
    if (is_delayed_locked(world, source, events))
        return FATE_WAIT;
    if (!take_spared_locked(source, events) && happens(faults->delays) &&
            raise_later_locked(world, source, events,
                    steal__clock.now + delay_of(faults)))
        return FATE_WAIT;
    return happens(faults->cuts) ? FATE_CUT : FATE_GO_ON;
}

enum fate
steal__world_decide(struct steal_fd *source, unsigned events)
{
    struct world *world = steal__runtime_driver(source->runtime)->world;
    enum fate fate = FATE_GO_ON;

    lock_take(&world->lock);
    if (!world->over)
        fate = decide_locked(world, source, events);
    lock_give(&world->lock);
    if (fate == FATE_WAIT) /* the holder of the seat may sleep */
        steal__driver_tell(steal__runtime_driver(source->runtime), 0);
    return fate;
}
