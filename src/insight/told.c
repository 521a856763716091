#include "told.h"

#include <errno.h>
#include <stdlib.h>

#define ROOM_AT_FIRST 256

void
steal__told_init(struct told *told)
{
    told->ids = NULL;
    told->n = 0;
    told->room = 0;
}

void
steal__told_fini(struct told *told)
{
    free(told->ids);
}

/* Where the id is, or is to be.  Each thread takes ids from a range of its own, so
 * that the low bits of many are the same: Fibonacci's hashing spreads them. */
static size_t
place_of(const uint64_t *ids, size_t room, uint64_t id)
{
    size_t i = (size_t)(id * UINT64_C(0x9e3779b97f4a7c15) >> 32) & (room - 1);

    while (ids[i] && ids[i] != id)
        i = (i + 1) & (room - 1);
    return i;
}

bool
steal__told_has(const struct told *told, uint64_t id)
{
    return told->room && told->ids[place_of(told->ids, told->room, id)] == id;
}

/* So that at least half of it is free. */
static int
grow(struct told *told)
{
    size_t room = told->room ? 2 * told->room : ROOM_AT_FIRST;
    uint64_t *ids = calloc(room, sizeof *ids);

    if (!ids)
        return -ENOMEM;
    for (size_t i = 0; i < told->room; i++) {
        if (told->ids[i])
            ids[place_of(ids, room, told->ids[i])] = told->ids[i];
    }
    free(told->ids);
    told->ids = ids;
    told->room = room;
    return 0;
}

int
steal__told_add(struct told *told, uint64_t id)
{
    size_t i;
    int error;

    if (steal__told_has(told, id))
        return 0;
    error = 2 * (told->n + 1) > told->room ? grow(told) : 0;
    if (error)
        return error;
    i = place_of(told->ids, told->room, id);
    told->ids[i] = id;
    told->n++;
    return 1;
}
