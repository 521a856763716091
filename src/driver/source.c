/*
 * source.c - descriptors.
 *
 * Fields of a source: all but the last three are guarded by its lock; `armed`,
 * `stale` and the handle are written by the holder of the seat alone; `link` is
 * guarded by the lock of the reactor.  A waiter is linked while its links.next
 * is set.
 *
 * References: one of the owner, until steal_fd_free(); one of the loop, while
 * the handle is in it; one of each future that has begun to wait, until it is
 * ready or dropped.  So a future that was told -ECANCELED may look at the lock
 * although the owner is gone.
 *
 * Orderings: those of lock.h; a command posted to a sleeping holder follows
 * driver.c, O1.
 */
#include "source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include <steal/fd.h>

#include "../base/assert.h"
#include "../task/schedule.h"
#include "../task/waiter.h"
#include "reactor.h"

struct steal_fd {
    struct reactor *reactor;
    bool orphaned; /* the runtime has ended, and the reactor with it */
    int number;
    struct lock lock;
    unsigned refs;
    struct list waiting;
    unsigned armed;
    unsigned stale; /* was ready, with nobody waiting, at the last turn */
    int error;
    bool queued;
    bool closing;
    bool opened; /* the handle is in the loop */
    uv_sem_t *closed;
    struct list command;
    struct list link; /* of all sources of the loop */
    uv_poll_t poll;
};

/* The links of a struct steal_ready. */
struct waiter {
    struct list links; /* links.next is NULL while it does not wait */
    struct steal_waker waker;
    struct steal_fd *fd;
    unsigned events;
    int status; /* set when it ends */
    bool begun; /* the future's own */
};

_Static_assert(sizeof(struct waiter) == sizeof(((struct steal_ready *)0)->wait),
        "struct steal_ready has room for a waiter");

static void
put_ref(struct steal_fd *fd)
{
    bool last;

    lock_take(&fd->lock);
    last = --fd->refs == 0;
    lock_give(&fd->lock);
    if (last)
        free(fd);
}

/*
 * Waking
 */

/* Ends the wait of those who wait for `events`, under the lock.  False if there
 * are more than could be woken at once. */
static bool
wake_some(struct steal_fd *fd, unsigned events, int status, unsigned *matched,
        struct wakeups *wakeups)
{
    struct list *node = fd->waiting.next;

    while (node != &fd->waiting) {
        struct waiter *waiter = container_of(node, struct waiter, links);

        node = node->next;
        if (!(waiter->events & events))
            continue;
        if (wakeups_full(wakeups))
            return false;
        *matched |= waiter->events & events;
        list_remove(&waiter->links);
        waiter->links.next = NULL;
        waiter->status = status;
        wakeups_add(wakeups, &waiter->waker);
    }
    return true;
}

static unsigned
wake_waiters(struct steal_fd *fd, unsigned events, int status,
        struct wakeups *wakeups)
{
    unsigned matched = 0;
    bool done;

    do {
        lock_take(&fd->lock);
        done = wake_some(fd, events, status, &matched, wakeups);
        lock_give(&fd->lock);
        wakeups_send_foreign(wakeups);
    } while (!done);
    return matched;
}

/*
 * The holder's side
 */

#define ANY_EVENT (UV_READABLE | UV_WRITABLE | UV_DISCONNECT | UV_PRIORITIZED)

static unsigned
wanted(const struct steal_fd *fd)
{
    unsigned events = 0;

    list_foreach(node, &fd->waiting)
        events |= container_of(node, struct waiter, links)->events;
    return events;
}

static void on_event(uv_poll_t *poll, int status, int events);

/* Nobody can wait for it any more: everyone gets the error. */
static void
fail(struct steal_fd *fd, int error, struct wakeups *wakeups)
{
    lock_take(&fd->lock);
    fd->error = error;
    lock_give(&fd->lock);
    wake_waiters(fd, ANY_EVENT, error, wakeups);
}

static void
arm(struct steal_fd *fd, unsigned events, struct wakeups *wakeups)
{
    int error = events ? uv_poll_start(&fd->poll, (int)events, on_event)
                       : uv_poll_stop(&fd->poll);

    if (error)
        fail(fd, error, wakeups);
}

/* Drops interest in what was ready twice in a row with nobody waiting. */
static void
disarm_stale(struct steal_fd *fd, unsigned unclaimed, struct wakeups *wakeups)
{
    unsigned events;
    unsigned before;

    lock_take(&fd->lock);
    before = fd->armed;
    fd->armed &= ~(unclaimed & fd->stale) | wanted(fd);
    events = fd->armed;
    lock_give(&fd->lock);
    fd->stale = unclaimed & events;
    if (events != before)
        arm(fd, events, wakeups);
}

static void
on_event(uv_poll_t *poll, int status, int events)
{
    struct steal_fd *fd = poll->data;
    struct wakeups *wakeups = fd->reactor->wakeups;
    unsigned matched;

    if (status < 0) {
        /* libuv has stopped watching; the next read or write tells why. */
        lock_take(&fd->lock);
        fd->armed = 0;
        lock_give(&fd->lock);
        wake_waiters(fd, ANY_EVENT, 0, wakeups);
        return;
    }
    matched = wake_waiters(fd, (unsigned)events, 0, wakeups);
    disarm_stale(fd, (unsigned)events & ~matched, wakeups);
}

static void
on_closed(uv_handle_t *handle)
{
    struct steal_fd *fd = handle->data;

    fd->reactor->nopen--;
    put_ref(fd);
}

/* Lets go of the descriptor; the waiting thread goes on at once. */
static void
close_source(struct steal_fd *fd)
{
    uv_sem_t *closed = fd->closed;

    if (fd->opened)
        uv_close((uv_handle_t *)&fd->poll, on_closed);
    uv_sem_post(closed);
}

static void
open_source(struct steal_fd *fd)
{
    int error = uv_poll_init(&fd->reactor->loop, &fd->poll, fd->number);

    if (error) {
        fail(fd, error, fd->reactor->wakeups);
        return;
    }
    fd->poll.data = fd;
    fd->opened = true;
    fd->reactor->nopen++;
    lock_take(&fd->lock);
    fd->refs++;
    lock_give(&fd->lock);
}

void
steal__source_obey(struct reactor *reactor, struct list *command)
{
    struct steal_fd *fd = container_of(command, struct steal_fd, command);
    unsigned events;
    bool closing;

    lock_take(&fd->lock);
    fd->queued = false;
    closing = fd->closing;
    lock_give(&fd->lock);
    if (closing) {
        close_source(fd);
        return;
    }
    if (!fd->opened)
        open_source(fd);
    if (!fd->opened)
        return;
    lock_take(&fd->lock);
    fd->armed |= wanted(fd);
    events = fd->armed;
    lock_give(&fd->lock);
    arm(fd, events, reactor->wakeups);
}

void
steal__source_orphan(struct list *link)
{
    struct steal_fd *fd = container_of(link, struct steal_fd, link);

    fd->orphaned = true;
    if (fd->opened)
        uv_close((uv_handle_t *)&fd->poll, on_closed);
}

/*
 * The public side
 */

static int
set_nonblocking(int number)
{
    int flags = fcntl(number, F_GETFL);

    if (flags < 0)
        return -errno;
    if (!(flags & O_NONBLOCK) && fcntl(number, F_SETFL, flags | O_NONBLOCK))
        return -errno;
    return 0;
}

int
steal_fd_new(struct steal_fd **result, struct steal_runtime *runtime,
        int number)
{
    struct steal_fd *fd;
    int error;

    runtime = steal__runtime_for(runtime, &error);
    if (!runtime)
        return error;
    error = set_nonblocking(number);
    if (error)
        return error;
    fd = calloc(1, sizeof *fd);
    if (!fd)
        return -ENOMEM;
    fd->reactor = steal__runtime_driver(runtime)->reactor;
    fd->number = number;
    lock_init(&fd->lock);
    fd->refs = 1;
    list_init(&fd->waiting);
    lock_take(&fd->reactor->lock);
    list_append(&fd->reactor->sources, &fd->link);
    lock_give(&fd->reactor->lock);
    *result = fd;
    return 0;
}

/* Tells the loop, once, that there is something to do.  The lock is held. */
static bool
queue_locked(struct steal_fd *fd)
{
    bool queued = fd->queued;

    fd->queued = true;
    return !queued;
}

void
steal_fd_free(struct steal_fd *fd)
{
    struct reactor *reactor = fd->reactor;
    struct wakeups wakeups;
    uv_sem_t closed;
    bool post;

    if (fd->orphaned) {
        put_ref(fd);
        return;
    }
    must(uv_sem_init(&closed, 0) == 0);
    lock_take(&reactor->lock);
    list_remove(&fd->link);
    lock_give(&reactor->lock);
    wakeups_init(&wakeups);
    lock_take(&fd->lock);
    fd->closing = true;
    fd->closed = &closed;
    post = queue_locked(fd);
    lock_give(&fd->lock);
    wake_waiters(fd, ANY_EVENT, -ECANCELED, &wakeups);
    if (wakeups.tasks.n)
        steal__schedule_chain(reactor->driver->runtime, &wakeups.tasks);

    if (post)
        steal__reactor_post(reactor, &fd->command);
    steal__driver_nudge(reactor->driver);
    uv_sem_wait(&closed);
    uv_sem_destroy(&closed);
    put_ref(fd);
}

int
steal_fd_number(const struct steal_fd *fd)
{
    return fd->number;
}

/* Starts the wait, or tells why there is none. */
static int
enter(struct waiter *waiter, const struct steal_context *cx)
{
    struct steal_fd *fd = waiter->fd;
    struct reactor *reactor = fd->reactor;
    bool post = false;
    int error;

    waiter_set(&waiter->waker, cx);
    lock_take(&fd->lock);
    error = fd->closing || fd->orphaned ? -ECANCELED : fd->error;
    if (!error) {
        fd->refs++;
        waiter->begun = true;
        list_append(&fd->waiting, &waiter->links);
        if (waiter->events & ~fd->armed)
            post = queue_locked(fd);
    }
    lock_give(&fd->lock);
    if (error)
        waiter_clear(&waiter->waker);
    if (post) {
        steal__reactor_post(reactor, &fd->command);
        steal__driver_tell(reactor->driver, 0);
    }
    return error;
}

/* True while the waiter waits; its waker is then that of `cx`. */
static bool
still_waits(struct waiter *waiter, const struct steal_context *cx)
{
    struct steal_waker spare;
    bool waits;

    waiter_set(&spare, cx);
    lock_take(&waiter->fd->lock);
    waits = waiter->links.next != NULL;
    if (waits && !waiter_matches(&waiter->waker, cx)) {
        struct steal_waker old = waiter->waker;

        waiter->waker = spare;
        spare = old;
    }
    lock_give(&waiter->fd->lock);
    waiter_clear(&spare);
    return waits;
}

static enum steal_poll
ready_poll(struct steal_future *future, struct steal_context *cx)
{
    struct steal_ready *ready = (struct steal_ready *)future;
    struct waiter *waiter = (struct waiter *)(void *)&ready->wait;

    if (!waiter->begun) {
        future->result = enter(waiter, cx);
        return future->result ? STEAL_READY : STEAL_PENDING;
    }
    if (still_waits(waiter, cx))
        return STEAL_PENDING;
    future->result = waiter->status;
    return STEAL_READY;
}

static void
ready_drop(struct steal_future *future)
{
    struct steal_ready *ready = (struct steal_ready *)future;
    struct waiter *waiter = (struct waiter *)(void *)&ready->wait;
    struct steal_fd *fd = waiter->fd;
    bool waited;

    if (!waiter->begun)
        return;
    lock_take(&fd->lock);
    waited = waiter->links.next != NULL;
    if (waited)
        list_remove(&waiter->links);
    lock_give(&fd->lock);
    if (waited)
        waiter_clear(&waiter->waker);
    put_ref(fd);
}

static const struct steal_future_ops ready_ops = { .name = "fd",
    .poll = ready_poll,
    .drop = ready_drop };

static struct steal_future *
wait_for(struct steal_ready *ready, struct steal_fd *fd, unsigned events)
{
    steal_future_init(&ready->future, &ready_ops);
    ready->wait.next = NULL;
    ready->wait.fd = fd;
    ready->wait.events = events;
    ready->wait.status = 0;
    ready->wait.begun = false;
    return &ready->future;
}

struct steal_future *
steal_fd_readable(struct steal_ready *ready, struct steal_fd *fd)
{
    return wait_for(ready, fd, UV_READABLE);
}

struct steal_future *
steal_fd_writable(struct steal_ready *ready, struct steal_fd *fd)
{
    return wait_for(ready, fd, UV_WRITABLE);
}
