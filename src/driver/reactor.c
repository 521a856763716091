#include "reactor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <steal/time.h>

#include "../base/assert.h"
#include "source.h"

static void
on_kick(uv_async_t *kick)
{
    (void)kick; /* that the loop turns is all */
}

/* A turn runs its timers before it sleeps.  One that is due by then would leave
 * the loop nothing to wake up for, unless it is told not to sleep at all. */
static void
on_timer(uv_timer_t *timer)
{
    uv_stop(timer->loop);
}

/* The first loop of a process aborts it if there are not enough descriptors, so
 * ask before.  Other threads may take them meanwhile: then there is no help. */
static int
probe_descriptors(void)
{
    int fd[4];
    int error = 0;

    if (pipe2(fd, O_CLOEXEC))
        return -errno;
    if (pipe2(fd + 2, O_CLOEXEC)) {
        error = -errno;
    } else {
        close(fd[2]);
        close(fd[3]);
    }
    close(fd[0]);
    close(fd[1]);
    return error;
}

int
steal__reactor_new(struct reactor **result, struct driver *driver)
{
    struct reactor *reactor = calloc(1, sizeof *reactor);
    int error;

    if (!reactor)
        return -ENOMEM;
    reactor->driver = driver;
    lock_init(&reactor->lock);
    list_init(&reactor->commands);
    list_init(&reactor->sources);
    error = probe_descriptors();
    if (!error)
        error = uv_loop_init(&reactor->loop);
    if (error)
        goto free_reactor;
    error = uv_async_init(&reactor->loop, &reactor->kick, on_kick);
    if (error)
        goto close_loop;
    uv_timer_init(&reactor->loop, &reactor->timer);
    *result = reactor;
    return 0;

close_loop:
    uv_loop_close(&reactor->loop);
free_reactor:
    free(reactor);
    return error;
}

void
steal__reactor_free(struct reactor *reactor)
{
    int error;

    list_foreach(link, &reactor->sources)
        steal__source_orphan(link);
    uv_close((uv_handle_t *)&reactor->kick, NULL);
    uv_close((uv_handle_t *)&reactor->timer, NULL);
    uv_run(&reactor->loop, UV_RUN_DEFAULT);
    error = uv_loop_close(&reactor->loop);
    must(!error);
    free(reactor);
}

/* libuv counts in milliseconds, from a time that it remembers. */
static void
set_timer(struct reactor *reactor, uint64_t deadline)
{
    uint64_t now = steal_now();
    uint64_t wait = deadline > now ? deadline - now : 0;

    if (deadline == STEAL_FOREVER)
        return;
    uv_update_time(&reactor->loop);
    uv_timer_start(&reactor->timer, on_timer, wait / STEAL_MS(1) + (wait > 0),
            0);
}

void
steal__reactor_run(struct reactor *reactor, uint64_t deadline,
        struct wakeups *wakeups)
{
    reactor->wakeups = wakeups;
    if (deadline) {
        set_timer(reactor, deadline);
        uv_run(&reactor->loop, UV_RUN_ONCE);
        uv_timer_stop(&reactor->timer);
    } else {
        uv_run(&reactor->loop, UV_RUN_NOWAIT);
    }
    /* Sources that are watched, or that wait for their close callback. */
    store_relaxed(&reactor->is_busy, /* the next holder has the seat's order */
            reactor->nopen > 0);
    reactor->wakeups = NULL;
}

void
steal__reactor_kick(struct reactor *reactor)
{
    uv_async_send(&reactor->kick);
}

void
steal__reactor_post(struct reactor *reactor, struct list *command)
{
    lock_take(&reactor->lock);
    list_append(&reactor->commands, command);
    store_relaxed(&reactor->has_commands, true); /* driver.c, O1 */
    lock_give(&reactor->lock);
}

void
steal__reactor_obey(struct reactor *reactor, struct wakeups *wakeups)
{
    struct list commands;
    struct list *command;

    if (likely(!steal__reactor_has_commands(reactor)))
        return;
    lock_take(&reactor->lock);
    list_take_all(&commands, &reactor->commands);
    store_relaxed(&reactor->has_commands, false); /* ours: the lock */
    lock_give(&reactor->lock);

    reactor->wakeups = wakeups;
    while ((command = list_first(&commands))) {
        list_remove(command);
        steal__source_obey(reactor, command);
    }
    store_relaxed(&reactor->is_busy, true); /* there may be something new */
}
