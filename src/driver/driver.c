/*
 * driver.c - the seat, and when its holder sleeps.
 *
 * Orderings
 *   O1  who waits: wheel.next or has_calls, then fence, then load until
 *       holder:    until, then fence, then load wheel.next and has_calls
 *       One of the two sees the other: either the holder does not sleep too
 *       long, or it is kicked.  Without the fences both could read the old
 *       value:   insert: next = 5; until?   |   holder: until = 9; next?
 *   O2  seat: lock.h, O1.  A holder sees what the holders before it did.
 *   O3  call: has_calls, then fence, then try the seat
 *       give: the seat, then fence, then load has_calls
 *       One of the two sees the other, so that a call is not left behind when
 *       the holder has looked before it came, and goes.
 */
#include "driver.h"

#include <errno.h>
#include <stdlib.h>

#include <steal/time.h>

#include "../base/clock.h"
#include "../task/schedule.h"
#include "../task/waiter.h"
#include "call.h"
#include "reactor.h"
#include "source.h"
#include "wheel.h"
#include "world.h"

static int
init_wheels(struct driver *driver, unsigned n)
{
    uint64_t now = steal_now();

    driver->nwheels = n;
    driver->wheels = aligned_alloc(_Alignof(struct wheel),
            n * sizeof *driver->wheels);
    if (!driver->wheels)
        return -ENOMEM;
    for (unsigned i = 0; i < n; i++)
        steal__wheel_init(&driver->wheels[i], now);
    return 0;
}

static void
init_lists(struct driver *driver)
{
    lock_init(&driver->lock);
    driver->over = false;
    driver->refuses = false;
    list_init(&driver->calls);
    list_init(&driver->graves);
    list_init(&driver->foreign);
    store_relaxed(&driver->has_calls, false); /* not shared yet */
    store_relaxed(&driver->has_graves, false);
}

int
steal__driver_init(struct driver *driver, struct steal_runtime *runtime,
        unsigned nwheels, uv_loop_t *host)
{
    int error;

    lock_init(&driver->seat);
    store_relaxed(&driver->until, 0); /* not shared yet */
    driver->runtime = runtime;
    driver->wakeups = NULL;
    driver->world = NULL;
    counter_init(&driver->turns);
    counter_init(&driver->events);
    counter_init(&driver->descriptors);
    driver->is_guest = host != NULL;
    driver->host = pthread_self();
    init_lists(driver);
    error = init_wheels(driver, nwheels);
    if (error)
        return error;
    error = steal__set_open(&driver->set);
    if (error)
        goto free_wheels;
    error = steal__reactor_new(&driver->reactor, driver, host);
    if (error)
        goto close_set;
    if (host)
        lock_take(&driver->seat); /* for ever */
    return 0;

close_set:
    steal__set_close(&driver->set);
free_wheels:
    free(driver->wheels);
    return error;
}

int
steal__driver_simulate(struct driver *driver)
{
    driver->set.shuffles = true;
    return steal__world_new(&driver->world);
}

int
steal__driver_set_faults(struct driver *driver,
        const struct steal_faults *faults)
{
    struct world *world = driver->world;

    if (!world)
        return -EINVAL;
    lock_take(&world->lock);
    world->faults = *faults;
    lock_give(&world->lock);
    return 0;
}

struct wheel *
steal__driver_wheel(struct driver *driver, unsigned index)
{
    return &driver->wheels[index];
}

/*
 * Lists that others leave things in
 */

static void
take_all(struct driver *driver, struct list *to, struct list *from,
        _Atomic(bool) *has)
{
    lock_take(&driver->lock);
    list_take_all(to, from);
    store_relaxed(has, false); /* the lock */
    lock_give(&driver->lock);
}

/* False if the driver is over, or refuses. */
static bool
leave(struct driver *driver, struct list *in, struct list *link,
        _Atomic(bool) *has)
{
    bool over;

    lock_take(&driver->lock);
    over = driver->over || (driver->refuses && in == &driver->calls);
    if (!over) {
        list_append(in, link);
        store_relaxed(has, true); /* O1 */
    }
    lock_give(&driver->lock);
    return !over;
}

/* Makes the calls that were left; `loop` may be NULL. */
static void
obey(struct driver *driver, uv_loop_t *loop, struct wakeups *wakeups)
{
    struct list calls;
    struct list *link;

    if (likely(!load_relaxed(&driver->has_calls))) /* O1 */
        return;
    take_all(driver, &calls, &driver->calls, &driver->has_calls);
    while ((link = list_first(&calls))) {
        struct call *call = container_of(link, struct call, link);

        list_remove(link);
        call->run(call, loop, wakeups);
    }
}

static void
free_graves(struct driver *driver)
{
    struct list graves;
    struct list *link;

    if (likely(!load_relaxed(&driver->has_graves))) /* else the next time */
        return;
    take_all(driver, &graves, &driver->graves, &driver->has_graves);
    while ((link = list_first(&graves))) {
        list_remove(link);
        steal__source_free(link);
    }
}

void
steal__driver_bury(struct driver *driver, struct list *link)
{
    if (!leave(driver, &driver->graves, link, &driver->has_graves))
        steal__source_free(link);
}

int
steal__driver_watch_foreign(struct driver *driver, struct steal_fd *source)
{
    bool over;

    lock_take(&driver->lock);
    /* Who closes it takes the lock afterwards, and takes it out again. */
    over = driver->over || steal__source_is_closed(source);
    if (!over && !source->foreign) {
        source->foreign = true;
        list_append(&driver->foreign, &source->link);
    }
    lock_give(&driver->lock);
    return over ? -ECANCELED : 0;
}

void
steal__driver_forget_foreign(struct driver *driver, struct steal_fd *source)
{
    lock_take(&driver->lock);
    if (source->foreign)
        list_remove(&source->link);
    source->foreign = false;
    lock_give(&driver->lock);
}

/*
 * Turning
 */

uint64_t
steal__driver_first_deadline(struct driver *driver)
{
    uint64_t first = WHEEL_NEVER;

    for (unsigned i = 0; i < driver->nwheels; i++) {
        uint64_t next = steal__wheel_next(&driver->wheels[i]);

        if (next < first)
            first = next;
    }
    if (unlikely(driver->world != NULL)) {
        uint64_t next = steal__world_next(driver->world);

        if (next < first)
            first = next;
    }
    return first;
}

/* Announces the sleep, then looks again (O1).  Returns its end, 0 for none. */
static uint64_t
announce(struct driver *driver, uint64_t deadline)
{
    uint64_t first;

    store_relaxed(&driver->until, deadline); /* O1: the fence */
    fence_seq_cst();                         /* O1 */
    first = steal__driver_first_deadline(driver);
    if (first < deadline) {
        deadline = first;
        store_relaxed(&driver->until, first); /* earlier than announced */
    }
    if (load_relaxed(&driver->has_calls)) /* O1 */
        return 0;
    return deadline;
}

static void
expire(struct driver *driver, uint64_t now, struct wakeups *wakeups)
{
    for (unsigned i = 0; i < driver->nwheels; i++) {
        if (steal__wheel_next(&driver->wheels[i]) <= now)
            steal__wheel_expire(&driver->wheels[i], now, wakeups);
    }
    if (unlikely(driver->world != NULL))
        steal__world_expire(driver->world, now, wakeups);
}

static void
begin(struct driver *driver, struct wakeups *wakeups)
{
    driver->wakeups = wakeups;
    free_graves(driver);
    obey(driver, steal__reactor_loop(driver->reactor), wakeups);
}

uint64_t
steal__driver_before_sleep(struct driver *driver, uint64_t deadline,
        struct wakeups *wakeups)
{
    begin(driver, wakeups);
    if (wakeups->tasks.n)
        return 0; /* a call has woken somebody: do not sleep on that */
    return deadline ? announce(driver, deadline) : 0;
}

unsigned
steal__driver_after_sleep(struct driver *driver)
{
    struct wakeups *wakeups = driver->wakeups;
    unsigned n;

    store_relaxed(&driver->until, 0); /* a kick too many does no harm */
    /* Another thread's time is not that of a simulation: who simulates does it. */
    if (likely(!driver->world) || steal__clock.now)
        expire(driver, steal_now(), wakeups);
    n = wakeups->tasks.n;
    counter_add(&driver->turns, 1);
    counter_add(&driver->events, n);
    if (n)
        steal__schedule_chain(wakeups->tasks.first->runtime, &wakeups->tasks);
    chain_init(&wakeups->tasks);
    return n;
}

unsigned
steal__driver_turn(struct driver *driver, uint64_t deadline)
{
    struct wakeups wakeups;
    unsigned n;

    wakeups_init(&wakeups);
    deadline = steal__driver_before_sleep(driver, deadline, &wakeups);
    if (deadline)
        steal__reactor_sleep(driver->reactor, deadline);
    else
        steal__reactor_look(driver->reactor);
    n = steal__driver_after_sleep(driver);
    driver->wakeups = NULL;
    return n;
}

void
steal__driver_kick(struct driver *driver)
{
    steal__reactor_kick(driver->reactor);
}

bool
steal__driver_is_due(struct driver *driver, uint64_t now)
{
    return steal__driver_first_deadline(driver) <= now ||
           steal__reactor_is_busy(driver->reactor) ||
           load_relaxed(&driver->has_calls); /* a hint */
}

bool
steal__driver_is_idle(struct driver *driver)
{
    return steal__driver_first_deadline(driver) == WHEEL_NEVER &&
           !counter_read(&driver->descriptors) &&
           !steal__reactor_is_busy(driver->reactor) && !driver->is_guest &&
           !load_relaxed(&driver->has_calls); /* a hint */
}

void
steal__driver_tell(struct driver *driver, uint64_t deadline)
{
    uint64_t until;

    fence_seq_cst();                      /* O1 */
    until = load_relaxed(&driver->until); /* O1: the fence */
    if (until && deadline < until)
        steal__driver_kick(driver);
}

/*
 * Calls
 */

/* Makes the calls, if nobody has the seat. */
static bool
turn_if_free(struct driver *driver)
{
    if (!steal__driver_try_take(driver))
        return false;
    steal__driver_turn(driver, 0);
    steal__driver_give(driver);
    steal__driver_vacant(driver->runtime);
    return true;
}

void
steal__driver_give(struct driver *driver)
{
    lock_give(&driver->seat);
    fence_seq_cst();                                /* O3 */
    if (unlikely(load_relaxed(&driver->has_calls))) /* O3 */
        turn_if_free(driver);
}

static bool
is_host(const struct driver *driver)
{
    return driver->is_guest && pthread_equal(driver->host, pthread_self());
}

/* The holder has a call to make.  Under the lock, for when the driver is over
 * there is nobody to be kicked; a kick it is only if the holder sleeps. */
static void
rouse(struct driver *driver)
{
    lock_take(&driver->lock);
    if (!driver->over)
        steal__driver_tell(driver, 0);
    lock_give(&driver->lock);
}

void
steal__driver_call(struct driver *driver, struct call *call)
{
    struct wakeups wakeups;

    if (!leave(driver, &driver->calls, &call->link, &driver->has_calls)) {
        wakeups_init(&wakeups);
        call->run(call, NULL, &wakeups);
        steal__wakeups_schedule(&wakeups);
        return;
    }
    if (is_host(driver)) {
        obey(driver, steal__reactor_loop(driver->reactor), driver->wakeups);
        return;
    }
    fence_seq_cst(); /* O3 */
    if (!turn_if_free(driver))
        rouse(driver);
}

struct wakeups *
steal__driver_wakeups(struct driver *driver)
{
    return driver->wakeups;
}

/*
 * The end
 */

void
steal__driver_refuse(struct driver *driver)
{
    struct wakeups wakeups;

    wakeups_init(&wakeups);
    lock_take(&driver->lock);
    driver->refuses = true;
    lock_give(&driver->lock);
    obey(driver, NULL, &wakeups);
    steal__wakeups_schedule(&wakeups);
}

/* Tells the executors of others, one source at a time. */
static void
cut_off_foreign(struct driver *driver)
{
    struct list *link;

    do {
        lock_take(&driver->lock);
        driver->over = true;
        link = list_first(&driver->foreign);
        if (link)
            steal__source_cut_off_locked(link);
        lock_give(&driver->lock);
        if (link)
            steal__source_cut_off(link);
    } while (link);
}

void
steal__driver_fini(struct driver *driver)
{
    struct wakeups wakeups;

    if (!driver->is_guest)
        lock_take(
                &driver->seat); /* for ever: no one turns a loop that is gone */
    wakeups_init(&wakeups);
    driver->wakeups = &wakeups;
    cut_off_foreign(driver);
    if (driver->world)
        steal__world_end(driver->world);
    steal__reactor_free(driver->reactor);
    obey(driver, NULL, &wakeups);
    steal__wakeups_schedule(&wakeups);
    driver->wakeups = NULL;
    free_graves(driver);
    free(driver->wheels);
}

void
steal__driver_forget(struct driver *driver)
{
    steal__set_close(&driver->set);
    steal__world_free(driver->world);
}
