#include "channel.h"

#include <errno.h>

#include "../base/assert.h"

void
steal_channel_init(struct steal_channel *channel, void *slots, uint32_t size,
        size_t capacity)
{
    must(size > 0);
    *channel = (struct steal_channel)STEAL_CHANNEL_INIT_(size, capacity,
            (char *)slots);
}

void
steal_channel_set_destroy(struct steal_channel *channel,
        void (*destroy)(void *message))
{
    channel->destroy = destroy;
}

void
steal_channel_fini(struct steal_channel *channel)
{
    struct channel *c = channel_of(channel);
    struct slots *s = &c->slots;

    while (s->count) {
        if (c->destroy)
            c->destroy(slots_first(s));
        slots_remove_first(s);
    }
    steal__slots_free(s->first);
    steal__slots_free(s->spare);
}

/* All who wait to send, or to receive: false if more could be woken than at
 * once. */
static bool
end_all_locked(struct list *line, struct wakeups *wakeups)
{
    while (line->next && line->next != line) {
        struct wait *wait = container_of(line->next, struct wait, links);

        if (wakeups_full(wakeups))
            return false;
        waitq_end_locked(wait, -EPIPE, wakeups);
    }
    return true;
}

void
steal_channel_close(struct steal_channel *channel)
{
    struct channel *c = channel_of(channel);
    struct wakeups wakeups;
    bool done;

    wakeups_init(&wakeups);
    do {
        lock_take(&c->receivers.lock);
        c->closed = true;
        c->room = 0;
        done = end_all_locked(&c->senders, &wakeups) &&
               end_all_locked(&c->receivers.waiting, &wakeups);
        lock_give(&c->receivers.lock);
        wakeups_send_foreign(&wakeups);
    } while (!done);
    steal__wakeups_schedule(&wakeups);
}

void
steal_channel_add_sender(struct steal_channel *channel)
{
    struct channel *c = channel_of(channel);

    lock_take(&c->receivers.lock);
    c->nsenders++;
    lock_give(&c->receivers.lock);
}

void
steal_channel_end_sender(struct steal_channel *channel)
{
    struct channel *c = channel_of(channel);
    bool last;

    lock_take(&c->receivers.lock);
    last = --c->nsenders == 0;
    lock_give(&c->receivers.lock);
    if (last)
        steal_channel_close(channel);
}

size_t
steal_channel_count(const struct steal_channel *channel)
{
    struct channel *c = channel_of(channel);
    size_t count;

    lock_take(&c->receivers.lock);
    count = c->slots.count;
    lock_give(&c->receivers.lock);
    return count;
}

bool
steal_channel_is_closed(const struct steal_channel *channel)
{
    struct channel *c = channel_of(channel);
    bool closed;

    lock_take(&c->receivers.lock);
    closed = c->closed != 0;
    lock_give(&c->receivers.lock);
    return closed;
}

void
steal__channel_give_lock_and_wake(struct channel *c)
{
    struct wait *first = waitq_first_locked(&c->receivers);
    struct wakeup wakeup;

    if (!first || !(c->slots.count || channel_first_sender_locked(c))) {
        lock_give(&c->receivers.lock);
        return;
    }
    waitq_end_one_locked(first, 0, &wakeup); /* C2 */
    lock_give(&c->receivers.lock);
    wakeup_send(&wakeup);
}
