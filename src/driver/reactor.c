#include "reactor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <steal/time.h>

#include "../base/assert.h"
#include "call.h"

/* A look turns the loop itself only so often, while there are tenants: they are
 * slow things, and the set is looked at each time. */
#define LOOKS 8

static void
on_kick(uv_async_t *kick)
{
    (void)kick; /* that the loop turns is all */
}

static void
on_watch(uv_poll_t *watch, int status, int events)
{
    struct reactor *reactor = watch->data;

    (void)status; /* there is nothing that could be wrong with the set */
    (void)events;
    steal__set_harvest(&reactor->driver->set, reactor->driver->wakeups);
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

/*
 * Handles
 */

static void
on_closed(uv_handle_t *handle)
{
    struct reactor *reactor = handle->data;

    reactor->nopen--;
    if (steal__reactor_is_guest(reactor))
        steal__guest_closed(reactor);
}

void
steal__reactor_close(struct reactor *reactor, uv_handle_t *handle)
{
    handle->data = reactor;
    uv_close(handle, on_closed);
}

/* Watches the set. */
static int
open_watch(struct reactor *reactor)
{
    int error = uv_poll_init(reactor->loop, &reactor->watch,
            reactor->driver->set.epoll);

    if (error)
        return error;
    reactor->nopen++;
    reactor->watch.data = reactor;
    error = uv_poll_start(&reactor->watch, UV_READABLE, on_watch);
    if (error)
        steal__reactor_close(reactor, (uv_handle_t *)&reactor->watch);
    return error;
}

/* All handles that a guest has too. */
static int
open_handles(struct reactor *reactor)
{
    int error = uv_async_init(reactor->loop, &reactor->kick, on_kick);

    if (error)
        return error;
    reactor->nopen = 1;
    error = open_watch(reactor);
    if (error)
        steal__reactor_close(reactor, (uv_handle_t *)&reactor->kick);
    return error;
}

static void
close_handles(struct reactor *reactor)
{
    steal__reactor_close(reactor, (uv_handle_t *)&reactor->kick);
    steal__reactor_close(reactor, (uv_handle_t *)&reactor->watch);
}

/*
 * Birth and death
 */

static int
open_own(struct reactor *reactor)
{
    int error = probe_descriptors();

    if (!error)
        error = uv_loop_init(&reactor->own);
    if (error)
        return error;
    error = open_handles(reactor);
    if (error) {
        uv_run(&reactor->own, UV_RUN_DEFAULT);
        uv_loop_close(&reactor->own);
    }
    return error;
}

/* If this fails half way the handles are the host's to close, and then free. */
static int
open_guest(struct reactor *reactor)
{
    int error = open_handles(reactor);

    if (!error)
        steal__guest_open(reactor);
    else if (reactor->nopen)
        reactor->leaving = true;
    return error;
}

int
steal__reactor_new(struct reactor **result, struct driver *driver,
        uv_loop_t *host)
{
    struct reactor *reactor = calloc(1, sizeof *reactor);
    int error;

    if (!reactor)
        return -ENOMEM;
    reactor->driver = driver;
    reactor->loop = host ? host : &reactor->own;
    list_init(&reactor->tenants);
    error = host ? open_guest(reactor) : open_own(reactor);
    if (!error)
        *result = reactor;
    else if (!reactor->leaving)
        free(reactor);
    return error;
}

static void
evict_tenants(struct reactor *reactor)
{
    struct list tenants;
    struct list *link;

    list_take_all(&tenants, &reactor->tenants);
    while ((link = list_first(&tenants))) {
        struct tenant *tenant = container_of(link, struct tenant, link);

        list_remove(link);
        list_append(&reactor->tenants, link); /* it moves out later */
        tenant->evict(tenant);
    }
}

void
steal__reactor_free(struct reactor *reactor)
{
    int error;

    evict_tenants(reactor);
    close_handles(reactor);
    if (steal__reactor_is_guest(reactor)) {
        steal__guest_leave(reactor);
        return;
    }
    uv_run(&reactor->own, UV_RUN_DEFAULT);
    error = uv_loop_close(&reactor->own);
    must(!error);
    free(reactor);
}

/*
 * Turning
 */

void
steal__reactor_sleep(struct reactor *reactor, uint64_t deadline)
{
    steal__set_alarm(&reactor->driver->set, deadline);
    uv_run(reactor->loop, UV_RUN_ONCE);
    reactor->looks = 0;
}

void
steal__reactor_look(struct reactor *reactor)
{
    struct driver *driver = reactor->driver;

    if (steal__set_is_used(&driver->set))
        steal__set_harvest(&driver->set, driver->wakeups);
    if (list_is_empty(&reactor->tenants) || ++reactor->looks < LOOKS)
        return;
    reactor->looks = 0;
    uv_run(reactor->loop, UV_RUN_NOWAIT);
}

void
steal__reactor_kick(struct reactor *reactor)
{
    uv_async_send(&reactor->kick);
}

/*
 * Tenants
 */

static void
count_tenants(struct reactor *reactor)
{
    store_relaxed(&reactor->has_tenants, /* a hint */
            !list_is_empty(&reactor->tenants));
}

void
steal__driver_move_in(struct driver *driver, struct tenant *tenant)
{
    list_append(&driver->reactor->tenants, &tenant->link);
    count_tenants(driver->reactor);
}

void
steal__driver_move_out(struct driver *driver, struct tenant *tenant)
{
    list_remove(&tenant->link);
    count_tenants(driver->reactor);
    if (steal__reactor_is_guest(driver->reactor))
        steal__guest_closed(driver->reactor);
}
