/*
 * file_watch.c
 *
 * Events wait in a buffer, one after the other: a byte of what has happened and
 * the name with its NUL.  One that is the same as the last is not added; what
 * finds no room sets `missed`, and the event that tells so comes after all that
 * are in the buffer.
 *
 * Orderings: the buffer is guarded by the lock.
 */
#include <steal/file_watch.h>

#include <errno.h>
#include <string.h>

#include "../base/await.h"
#include "../task/schedule.h"
#include "handle.h"

#define BUFFER 4096

_Static_assert(STEAL_CHANGED == UV_CHANGE && STEAL_RENAMED == UV_RENAME,
        "events are those of libuv");

struct steal_file_watch {
    struct handle handle;
    unsigned events;
    bool missed;
    size_t first; /* the oldest event; all are in front of `end` */
    size_t last;  /* the newest */
    size_t end;
    char buffer[BUFFER];
};

/* What it takes to open it. */
struct opening {
    const char *path;
};

static struct steal_file_watch *
watch_of(struct handle *handle)
{
    return container_of(handle, struct steal_file_watch, handle);
}

/* Moves the events to the front. */
static void
compact(struct steal_file_watch *watch)
{
    memmove(watch->buffer, watch->buffer + watch->first,
            watch->end - watch->first);
    watch->end -= watch->first;
    watch->last -= watch->first;
    watch->first = 0;
}

static bool
is_like_last(const struct steal_file_watch *watch, unsigned events,
        const char *name)
{
    const char *last = watch->buffer + watch->last;

    return watch->first < watch->end && last[0] == (char)events &&
           strcmp(last + 1, name) == 0;
}

/* `size` is that of the name with its NUL. */
static void
add_locked(struct steal_file_watch *watch, unsigned events, const char *name,
        size_t size)
{
    if (watch->missed || is_like_last(watch, events, name))
        return;
    if (watch->end + 1 + size > BUFFER)
        compact(watch);
    if (watch->end + 1 + size > BUFFER) {
        watch->missed = true;
        return;
    }
    watch->last = watch->end;
    watch->buffer[watch->end] = (char)events;
    memcpy(watch->buffer + watch->end + 1, name, size);
    watch->end += 1 + size;
}

static bool
take_event(struct handle *handle, struct steal_future *future)
{
    struct steal_file_watch_next *next = (struct steal_file_watch_next *)future;
    struct steal_file_watch *watch = watch_of(handle);
    const char *event = watch->buffer + watch->first;
    size_t size;

    if (watch->first == watch->end) {
        next->events = watch->missed ? STEAL_MISSED : 0;
        next->name[0] = '\0';
        watch->missed = false;
        return next->events != 0;
    }
    size = strlen(event + 1) + 1;
    next->events = (unsigned char)event[0];
    memcpy(next->name, event + 1, size);
    watch->first += 1 + size;
    return true;
}

/*
 * The holder's side
 */

static void
on_event(uv_fs_event_t *uv, const char *name, int happened, int status)
{
    struct handle *handle = uv->data;
    struct steal_file_watch *watch = watch_of(handle);
    unsigned events = (unsigned)happened & watch->events;
    size_t size = name ? strlen(name) + 1 : 1;

    if (status < 0) {
        steal__handle_end(handle, status);
        return;
    }
    if (!events || size > STEAL_NAME_SIZE)
        return;
    lock_take(&handle->waiters.lock);
    add_locked(watch, events, name ? name : "", size);
    lock_give(&handle->waiters.lock);
    steal__handle_wake(handle);
}

static void
evict(struct tenant *tenant)
{
    steal__handle_evicted(container_of(tenant, struct handle, tenant));
}

static int
open_watch(struct handle *handle, uv_loop_t *loop, void *arg)
{
    struct opening *opening = arg;
    int error = uv_fs_event_init(loop, &handle->uv.event);

    if (error)
        return error;
    steal__handle_opened(handle, evict);
    error = uv_fs_event_start(&handle->uv.event, on_event, opening->path, 0);
    if (error)
        steal__handle_close(handle);
    return error;
}

/*
 * The public side
 */

int
steal_file_watch_new(struct steal_file_watch **result,
        struct steal_runtime *runtime, const char *path, unsigned events)
{
    struct opening opening = { path };
    struct steal_file_watch *watch;
    int error;

    if (!events || events & ~(STEAL_CHANGED | STEAL_RENAMED))
        return -EINVAL;
    runtime = steal__runtime_for(runtime, &error);
    if (!runtime)
        return error;
    watch = steal__handle_new(runtime, sizeof *watch);
    if (!watch)
        return -ENOMEM;
    watch->events = events;
    error = steal__handle_call(&watch->handle, open_watch, &opening);
    if (error)
        steal__handle_unref(&watch->handle);
    else
        *result = watch;
    return error;
}

void
steal_file_watch_free(struct steal_file_watch *watch)
{
    steal__handle_free(&watch->handle, steal__handle_close);
}

static enum steal_poll
next_poll(struct steal_future *future, struct steal_context *cx)
{
    struct steal_file_watch_next *next = (struct steal_file_watch_next *)future;

    return steal__handle_poll(&next->watch->handle, &next->wait, future, cx,
            take_event);
}

static void
next_drop(struct steal_future *future)
{
    struct steal_file_watch_next *next = (struct steal_file_watch_next *)future;

    steal__handle_leave(&next->watch->handle, &next->wait);
}

static void
next_waits(struct steal_future *future, struct steal_await *await)
{
    const struct steal_file_watch_next *next = (struct steal_file_watch_next *)
            future;

    await_for(await, "file_watch", next->watch);
}

static const struct steal_future_ops next_ops = { .name = "file_watch",
    .poll = next_poll,
    .drop = next_drop,
    .waits = next_waits };

struct steal_future *
steal_file_watch_next(struct steal_file_watch_next *next,
        struct steal_file_watch *watch)
{
    steal_future_init(&next->future, &next_ops);
    next->events = 0;
    next->name[0] = '\0';
    next->watch = watch;
    steal__handle_wait_init(&next->wait);
    return &next->future;
}
