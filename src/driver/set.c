#include "set.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <steal/base.h>

#include "../base/compiler.h"
#include "../base/dice.h"
#include "source.h"

/* What one system call takes.  The rest comes with the next turn. */
#define HARVEST 256

int
steal__set_open(struct set *set)
{
    struct epoll_event event = { .events = EPOLLIN | EPOLLET };
    int error;

    store_relaxed(&set->is_used, false); /* not shared yet */
    set->alarm = STEAL_FOREVER;
    set->shuffles = false;
    set->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (set->epoll < 0)
        return -errno;
    set->clock = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (set->clock >= 0 &&
            !epoll_ctl(set->epoll, EPOLL_CTL_ADD, set->clock, &event))
        return 0;
    error = -errno;
    if (set->clock >= 0)
        close(set->clock);
    close(set->epoll);
    return error;
}

void
steal__set_close(struct set *set)
{
    close(set->clock);
    close(set->epoll);
}

/* An alarm that has become too early is left alone: should nothing else come
 * first, the sleeper is woken for nothing, once.  So deadlines that move on and
 * on, as those of timeouts do, cost a system call only now and then. */
void
steal__set_alarm(struct set *set, uint64_t deadline)
{
    struct itimerspec when = {
        .it_value = { .tv_sec = (time_t)(deadline / STEAL_SECONDS(1)),
                .tv_nsec = (long)(deadline % STEAL_SECONDS(1)) },
    };

    if (deadline >= set->alarm)
        return;
    set->alarm = deadline;
    timerfd_settime(set->clock, TFD_TIMER_ABSTIME, &when, NULL);
}

static uint32_t
to_epoll(unsigned events)
{
    uint32_t mask = EPOLLET;

    if (events & STEAL_READABLE)
        mask |= EPOLLIN | EPOLLRDHUP | EPOLLPRI; /* ready.h, R3 */
    if (events & STEAL_WRITABLE)
        mask |= EPOLLOUT;
    if (events & STEAL_PRIORITY)
        mask |= EPOLLPRI;
    return mask;
}

/* Errors and ends concern everybody: the next operation tells. */
static uint64_t
from_epoll(uint32_t mask)
{
    uint64_t bits = 0;

    if (mask & (EPOLLIN | EPOLLRDHUP))
        bits |= STEAL_READABLE;
    if (mask & EPOLLOUT)
        bits |= STEAL_WRITABLE;
    if (mask & EPOLLPRI)
        bits |= STEAL_PRIORITY | READY_ENDED;
    if (mask & EPOLLRDHUP)
        bits |= READY_ENDED;
    if (mask & (EPOLLERR | EPOLLHUP))
        bits |= READY_ANY | READY_ENDED;
    return bits;
}

int
steal__set_watch(struct set *set, struct steal_fd *source, unsigned events)
{
    struct epoll_event event = { .events = to_epoll(events),
        .data.ptr = source };
    int op = source->watched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;

    if (epoll_ctl(set->epoll, op, source->number, &event))
        return -errno;
    if (unlikely(!steal__set_is_used(set)))
        store_relaxed(&set->is_used, true); /* a hint */
    return 0;
}

void
steal__set_forget(struct set *set, struct steal_fd *source)
{
    struct epoll_event unused = { 0 };

    epoll_ctl(set->epoll, EPOLL_CTL_DEL, source->number, &unused);
}

static COLD void
shuffle(struct epoll_event *event, int n)
{
    for (int i = n - 1; i > 0; i--) {
        int j = (int)dice_below((uint32_t)i + 1);
        struct epoll_event other = event[i];

        event[i] = event[j];
        event[j] = other;
    }
}

unsigned
steal__set_harvest(struct set *set, struct wakeups *wakeups)
{
    struct epoll_event event[HARVEST];
    int n = epoll_wait(set->epoll, event, HARVEST, 0);

    if (unlikely(set->shuffles))
        shuffle(event, n);
    for (int i = 0; i < n; i++) {
        if (event[i].data.ptr)
            steal__source_raise(event[i].data.ptr, from_epoll(event[i].events),
                    wakeups);
        else
            set->alarm = STEAL_FOREVER; /* it has gone off */
    }
    return n > 0 ? (unsigned)n : 0;
}
