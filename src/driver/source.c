/*
 * source.c - who waits for a descriptor, and its end.
 *
 * Orderings: those of ready.h and of lock.h, and
 *   O1  raise: the word, then the waiters, under the lock
 *       wait:  under the lock, the word, then into the queue
 *       Whichever section comes second sees the other: either the waiter finds
 *       the bit, or the raise finds the waiter.  A close does as a raise.
 *   O2  wait of others: into the queue, then into the driver's list of such
 *       the end: driver->over and the list, then the queue
 *       Both lists under their locks: who comes too late to be cut off finds
 *       that the driver is over.
 */
#include "source.h"

#include <errno.h>
#include <sched.h>
#include <unistd.h>

#include "../base/assert.h"
#include "../base/await.h"
#include "../task/schedule.h"
#include "driver.h"
#include "set.h"
#include "world.h"

static struct driver *
driver_of(const struct steal_fd *source)
{
    return steal__runtime_driver(source->runtime);
}

int
steal__source_new(struct steal_fd **result, struct steal_runtime *runtime,
        int number, unsigned kind)
{
    struct steal_fd *source;
    int error;

    runtime = steal__runtime_for(runtime, &error);
    if (!runtime)
        return error;
    source = steal__runtime_allocate(runtime, sizeof *source);
    if (!source)
        return -ENOMEM;
    store_relaxed(&source->word, /* not shared yet; worth trying once */
            STEAL_READABLE | STEAL_WRITABLE);
    source->number = number;
    source->kind = kind;
    source->runtime = runtime;
    source->wire = NULL;
    source->spared = 0;
    if (unlikely(driver_of(source)->world != NULL))
        source->kind |= SOURCE_SIMULATED;
    waitq_init(&source->waiters);
    source->refs = 2; /* the owners', and the descriptor's */
    source->owners = 1;
    source->interest = 0;
    source->watched = 0;
    source->telling = false;
    source->foreign = false;
    source->keeps = false;
    counter_add_shared(&steal__runtime_driver(runtime)->descriptors, 1);
    *result = source;
    return 0;
}

/*
 * References
 */

void
steal__source_free(struct list *link)
{
    struct steal_fd *source = container_of(link, struct steal_fd, link);

    steal__runtime_release(source->runtime, source, sizeof *source);
}

/* The last reference is gone. */
static void
dispose(struct steal_fd *source)
{
    if (source->watched)
        steal__driver_bury(driver_of(source), &source->link);
    else
        steal__source_free(&source->link);
}

void
steal__source_hold(struct steal_fd *source)
{
    lock_take(&source->waiters.lock);
    source->refs++;
    lock_give(&source->waiters.lock);
}

void
steal__source_put(struct steal_fd *source)
{
    bool last;

    lock_take(&source->waiters.lock);
    last = --source->refs == 0;
    lock_give(&source->waiters.lock);
    if (last)
        dispose(source);
}

/*
 * Telling the set
 */

/* The set has been told of `*events`.  Takes what it is to be told next; false if
 * that is nothing, and then somebody else may do this again. */
static bool
next_change(struct steal_fd *source, unsigned *events)
{
    bool more;

    lock_take(&source->waiters.lock);
    source->watched = *events;
    *events = source->interest;
    more = *events != source->watched;
    source->telling = more;
    lock_give(&source->waiters.lock);
    return more;
}

/* Whoever waits gets the error; a later wait tries again. */
static void
fail(struct steal_fd *source, int error)
{
    struct wakeups wakeups;

    wakeups_init(&wakeups);
    lock_take(&source->waiters.lock);
    source->interest = source->watched;
    source->telling = false;
    lock_give(&source->waiters.lock);
    steal__waitq_wake(&source->waiters, READY_ANY, error, &wakeups);
    steal__wakeups_schedule(&wakeups);
}

static void
tell(struct steal_fd *source)
{
    struct set *set = &driver_of(source)->set;
    unsigned events = source->watched; /* `telling` keeps others away */
    uint64_t seen;
    int error = 0;

    if (!steal__source_enter(source, &seen))
        return; /* who closes it wakes all */
    while (!error && next_change(source, &events))
        error = steal__set_watch(set, source, events);
    if (error)
        fail(source, error);
    steal__source_leave(source, seen, 0);
}

/*
 * Waiting
 */

/* Under the lock: 0 if it must wait, else what steal__source_wait() says. */
static int
ask(struct steal_fd *source, unsigned events)
{
    uint64_t word = load_relaxed(&source->word); /* O1: the lock */

    if (word & READY_CLOSED)
        return -ECANCELED;
    return (word & events) != 0;
}

static inline bool
is_foreign(const struct steal_fd *source, const struct steal_context *cx)
{
    return unlikely(!cx->task || cx->task->runtime != source->runtime);
}

/* From within the queue: should the driver end, it cuts the wait off (O2). */
static int
watch_foreign(struct steal_fd *source, struct wait *wait)
{
    int error = steal__driver_watch_foreign(driver_of(source), source);

    if (error)
        steal__source_give_up(source, wait);
    return error;
}

int
steal__source_wait(struct steal_fd *source, struct wait *wait,
        const struct steal_context *cx)
{
    bool foreign = is_foreign(source, cx);
    bool tells = false;
    int answer;

    waitq_prepare(wait, cx);
    lock_take(&source->waiters.lock);
    answer = ask(source, wait->events);
    if (!answer) {
        source->refs += !wait->held;
        wait->held = true;
        waitq_enter_locked(&source->waiters, wait);
        source->interest |= wait->events;
        tells = source->interest != source->watched && !source->telling;
        source->telling |= tells;
    }
    lock_give(&source->waiters.lock);
    if (answer)
        waitq_forget(wait);
    else if (foreign)
        answer = watch_foreign(source, wait);
    if (unlikely(tells && !answer))
        tell(source);
    return answer;
}

bool
steal__source_has_ended(struct steal_fd *source, struct wait *wait,
        const struct steal_context *cx)
{
    return !steal__waitq_still_waits(&source->waiters, wait, cx);
}

void
steal__source_let_go(struct steal_fd *source, struct wait *wait)
{
    wait->held = false;
    signal_fence(); /* tell() looks */
    steal__source_put(source);
}

void
steal__source_give_up(struct steal_fd *source, struct wait *wait)
{
    if (!wait->held)
        return;
    steal__waitq_leave(&source->waiters, wait);
    steal__source_let_go(source, wait);
}

void
steal__source_tell(const struct steal_fd *source, const struct wait *wait,
        struct steal_await *await)
{
    static const char *const things[] = { "priority", "readable", "writable",
        "readable or writable" };

    if (wait->held)
        await_number(await,
                things[wait->events & (STEAL_READABLE | STEAL_WRITABLE)],
                source, source->number);
}

void
steal__source_raise(struct steal_fd *source, uint64_t bits,
        struct wakeups *wakeups)
{
    steal__ready_raise(&source->word, bits); /* O1 */
    steal__waitq_wake(&source->waiters, (unsigned)(bits & READY_ANY), 0,
            wakeups);
}

/*
 * The end
 */

void
steal__source_end(struct steal_fd *source)
{
    bool keeps;

    lock_take(&source->waiters.lock);
    keeps = source->keeps;
    lock_give(&source->waiters.lock);
    steal__driver_forget_foreign(driver_of(source), source);
    if (unlikely(source->wire != NULL))
        steal__wire_leave(source);
    if (source->watched)
        steal__set_forget(&driver_of(source)->set, source);
    if (!keeps)
        close(source->number);
    counter_add_shared(&driver_of(source)->descriptors, -UINT64_C(1));
    steal__ready_bury(&source->word);
    steal__source_put(source);
}

static void
wake_all(struct steal_fd *source)
{
    struct wakeups wakeups;

    wakeups_init(&wakeups);
    steal__waitq_wake(&source->waiters, READY_ANY, -ECANCELED, &wakeups);
    steal__wakeups_schedule(&wakeups);
}

/* Closes it, if nobody has. */
static void
end(struct steal_fd *source)
{
    if (!steal__ready_close(&source->word))
        return;
    wake_all(source); /* O1 */
    steal__source_leave(source, 0, 0);
}

void
steal__source_cut_off_locked(struct list *link)
{
    struct steal_fd *source = container_of(link, struct steal_fd, link);

    list_remove(link);
    source->foreign = false;
    steal__source_hold(source); /* not the first: that of the descriptor goes
                                   after this */
}

void
steal__source_cut_off(struct list *link)
{
    struct steal_fd *source = container_of(link, struct steal_fd, link);

    wake_all(source);
    steal__source_put(source);
}

/*
 * The owners' side of steal/fd.h
 */

struct steal_fd *
steal_fd_ref(struct steal_fd *source)
{
    lock_take(&source->waiters.lock);
    source->owners++;
    lock_give(&source->waiters.lock);
    return source;
}

/* True for the last of the owners, who have one reference together. */
static bool
disown(struct steal_fd *source)
{
    bool last;

    lock_take(&source->waiters.lock);
    last = --source->owners == 0;
    lock_give(&source->waiters.lock);
    return last;
}

void
steal_fd_close(struct steal_fd *source)
{
    end(source);
    if (disown(source))
        steal__source_put(source);
}

void
steal_fd_unref(struct steal_fd *source)
{
    if (!disown(source))
        return;
    end(source);
    steal__source_put(source);
}

int
steal_fd_release(struct steal_fd *source)
{
    int number = source->number;

    lock_take(&source->waiters.lock);
    source->keeps = true;
    lock_give(&source->waiters.lock);
    end(source);
    while (!steal__ready_is_gone(&source->word))
        sched_yield(); /* somebody is in a system call that does not block */
    if (disown(source))
        steal__source_put(source);
    return number;
}

int
steal_fd_number(const struct steal_fd *source)
{
    return source->number;
}
