/*
 * metrics.c - what the workers do, as the answer to a request for "/metrics".
 *
 * Prometheus reads this text, and so can people.
 */
#include "client.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ROOM 256 /* for what grows between two looks */

bool
wants_metrics(const struct client *self)
{
    return strcmp(self->path, "metrics") == 0;
}

int
write_metrics(struct client *self)
{
    struct steal_runtime *runtime = steal_runtime_current();
    size_t room = 0;
    size_t size;

    while ((size = steal_metrics_text(runtime, self->text, room)) >= room) {
        free(self->text);
        room = size + ROOM;
        self->text = malloc(room);
        if (self->text == NULL)
            return -ENOMEM;
    }
    self->size = size;
    return 0;
}
