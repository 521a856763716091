/*
 * oneshot.c - a value that changes hands once.
 *
 *   bit       set by                  while it is set
 *   LOCKED    enter()                 the others are kept out
 *   SENT      send                    the value may be read
 *   ENDED     send, abandon           the sender's half is given back
 *   CLOSED    close                   the receiver's half is given back
 *   TAKEN     the receiver            the value is not destroyed with the oneshot
 *   OWNED     new, constant           it is freed with the second half
 *
 *   O1  leave: store, release  ->  enter: CAS, acquire; look: load, acquire
 *       Whoever enters or looks sees all that the one before has done.  The store
 *       is the last access of a half that is given back: the other may free the
 *       oneshot from then on.
 *
 * A half that waits has its node here, and takes it out, under the lock, when it
 * is dropped: so its waker is borrowed (waiter.h).
 */
#include <steal/oneshot.h>

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "../base/await.h"
#include "../base/finish.h"
#include "../task/budget.h"
#include "../task/waitq.h"

#define LOCKED 1u
#define SENT   2u
#define ENDED  4u
#define CLOSED 8u
#define TAKEN  16u
#define OWNED  32u

/* Who waits, and for which bits. */
enum half {
    RECEIVER,
    SENDER
};

static const uint32_t awaited[] = { ENDED, CLOSED };

#define SPINS 100

struct oneshot {
    _Atomic(uint32_t) word;
    uint32_t size;
    void *value;
    void (*destroy)(void *value);
    struct wait *waiting[2];
};

_Static_assert(sizeof(struct oneshot) == sizeof(struct steal_oneshot),
        "struct steal_oneshot is a struct oneshot");

static inline struct oneshot *
oneshot_of(const struct steal_oneshot *oneshot)
{
    return (struct oneshot *)(uintptr_t)oneshot;
}

static COLD uint32_t
enter_slowly(struct oneshot *o)
{
    uint32_t old = load_relaxed(&o->word) & ~LOCKED; /* the CAS checks */
    unsigned spins = 0;

    while (!cas_weak_acq_rel(&o->word, &old, old | LOCKED)) { /* O1 */
        if (old & LOCKED && ++spins > SPINS)
            sched_yield();
        old &= ~LOCKED;
        cpu_relax();
    }
    return old;
}

/* Returns the word without LOCKED. */
static inline uint32_t
enter(struct oneshot *o)
{
    uint32_t old = load_relaxed(&o->word) & ~LOCKED; /* the CAS checks */

    if (unlikely(!cas_weak_acq_rel(&o->word, &old, old | LOCKED))) /* O1 */
        return enter_slowly(o);
    return old;
}

static void
leave(struct oneshot *o, uint32_t word)
{
    store_release(&o->word, word); /* O1 */
}

static uint32_t
look(const struct oneshot *o)
{
    return load_acquire(&o->word); /* O1 */
}

void
steal_oneshot_init(struct steal_oneshot *oneshot, void *value, uint32_t size)
{
    *oneshot = (struct steal_oneshot)STEAL_ONESHOT_INIT(value, size);
}

int
steal_oneshot_new(struct steal_oneshot **result, uint32_t size)
{
    struct steal_oneshot *oneshot;
    /* The value is aligned as what malloc() gives. */
    size_t head = (sizeof *oneshot + 15) & ~(size_t)15;

    oneshot = size > SIZE_MAX - head ? NULL : malloc(head + size);
    if (!oneshot)
        return -ENOMEM;
    steal_oneshot_init(oneshot, (char *)oneshot + head, size);
    oneshot->word = OWNED;
    *result = oneshot;
    return 0;
}

void
steal_oneshot_set_destroy(struct steal_oneshot *oneshot,
        void (*destroy)(void *value))
{
    oneshot->destroy = destroy;
}

static COLD void
leave_and_wake_one(struct oneshot *o, enum half half, uint32_t word)
{
    struct wait *wait = o->waiting[half];
    struct wakeup wakeup;

    o->waiting[half] = NULL;
    wakeup_take(&wakeup, &wait->waker);
    leave(o, word);
    wakeup_send(&wakeup);
}

/* Leaves, and wakes who waits in that half. */
static inline void
leave_and_wake(struct oneshot *o, enum half half, uint32_t word)
{
    if (o->waiting[half])
        leave_and_wake_one(o, half, word);
    else
        leave(o, word);
}

/*
 * The sender
 */

static inline void
copy(void *to, const void *from, size_t size)
{
    if (likely(size == sizeof(uint64_t)))
        memcpy(to, from, sizeof(uint64_t)); /* one instruction */
    else
        memcpy(to, from, size);
}

/* Gives its half back. */
static int
end(struct oneshot *o, const void *value, uint32_t bits)
{
    uint32_t word = enter(o);

    if (unlikely(word & CLOSED)) {
        leave(o, word | ENDED);
        if (word & OWNED)
            free(o);
        return -EPIPE;
    }
    if (bits & SENT && o->size)
        copy(o->value, value, o->size);
    leave_and_wake(o, RECEIVER, word | bits | ENDED);
    return 0;
}

int
steal_oneshot_send(struct steal_oneshot *oneshot, const void *value)
{
    return end(oneshot_of(oneshot), value, SENT);
}

void
steal_oneshot_abandon(struct steal_oneshot *oneshot)
{
    end(oneshot_of(oneshot), NULL, 0);
}

bool
steal_oneshot_is_closed(const struct steal_oneshot *oneshot)
{
    return look(oneshot_of(oneshot)) & CLOSED;
}

/*
 * The receiver
 */

static int
receive(struct oneshot *o, uint32_t word)
{
    if (unlikely(word & LOCKED || !(word & ENDED)))
        return -EAGAIN;
    if (unlikely(!(word & SENT)))
        return -EPIPE;
    /* The sender is gone, so nobody else writes it. */
    store_relaxed(&o->word, word | TAKEN);
    return 0;
}

int
steal_oneshot_try_receive(struct steal_oneshot *oneshot)
{
    struct oneshot *o = oneshot_of(oneshot);

    return receive(o, look(o));
}

void *
steal_oneshot_value(const struct steal_oneshot *oneshot)
{
    return oneshot->value;
}

void
steal_oneshot_close(struct steal_oneshot *oneshot)
{
    struct oneshot *o = oneshot_of(oneshot);
    uint32_t word = enter(o);

    if (!(word & ENDED)) {
        leave_and_wake(o, SENDER, word | CLOSED);
        return;
    }
    leave(o, word | CLOSED);
    if ((word & (SENT | TAKEN)) == SENT && o->destroy)
        o->destroy(o->value);
    if (word & OWNED)
        free(o);
}

/*
 * Waiting
 */

static int
result_of(struct steal_oneshot_wait *wait, uint32_t word)
{
    return wait->half == RECEIVER ? receive(oneshot_of(wait->oneshot), word)
                                  : 0;
}

/* Waits still, or for a foreign executor. */
static COLD enum steal_poll
wait_on(struct steal_oneshot_wait *wait, struct steal_context *cx)
{
    struct oneshot *o = oneshot_of(wait->oneshot);
    struct wait *node = wait_of(&wait->wait);
    struct steal_waker spare;
    uint32_t word;

    if (!wait->waits)
        wait_init(node, WAITQ_ANY);
    waiter_set(&spare, cx);
    word = enter(o);
    wait->waits = !(word & awaited[wait->half]);
    if (wait->waits)
        waiter_renew(&node->waker, &spare, cx);
    o->waiting[wait->half] = wait->waits ? node : NULL;
    leave(o, word);
    waiter_clear(&spare);
    if (wait->waits)
        return STEAL_PENDING;
    return future_finish(&wait->future, result_of(wait, word));
}

static NOINLINE enum steal_poll
begin_to_wait(struct steal_oneshot_wait *wait, struct steal_context *cx)
{
    struct oneshot *o = oneshot_of(wait->oneshot);
    struct wait *node = wait_of(&wait->wait);
    uint32_t word = enter(o);

    if (unlikely(word & awaited[wait->half])) {
        leave(o, word);
        return future_finish(&wait->future, result_of(wait, word));
    }
    waiter_set(&node->waker, cx); /* no clone: it is one of our tasks */
    o->waiting[wait->half] = node;
    wait->waits = true;
    leave(o, word);
    return STEAL_PENDING;
}

static enum steal_poll
wait_poll(struct steal_future *future, struct steal_context *cx)
{
    struct steal_oneshot_wait *wait = (struct steal_oneshot_wait *)future;
    uint32_t word = look(oneshot_of(wait->oneshot));

    if (unlikely(!steal__may_go_on(cx)))
        return STEAL_PENDING;
    if (likely(word & awaited[wait->half] && !(word & LOCKED)))
        return future_finish(future, result_of(wait, word));
    if (unlikely(wait->waits || !cx->lends))
        return wait_on(wait, cx);
    return begin_to_wait(wait, cx);
}

static void
wait_drop(struct steal_future *future)
{
    struct steal_oneshot_wait *wait = (struct steal_oneshot_wait *)future;
    struct oneshot *o = oneshot_of(wait->oneshot);
    uint32_t word;

    if (!wait->waits)
        return;
    word = enter(o);
    o->waiting[wait->half] = NULL;
    leave(o, word);
    waiter_clear(&wait_of(&wait->wait)->waker);
}

static void
wait_waits(struct steal_future *future, struct steal_await *await)
{
    const struct steal_oneshot_wait *wait = (struct steal_oneshot_wait *)future;

    if (wait->waits)
        await_for(await,
                wait->half == RECEIVER ? "oneshot, to receive"
                                       : "oneshot, to be closed",
                wait->oneshot);
}

static const struct steal_future_ops wait_ops = { .name = "oneshot",
    .poll = wait_poll,
    .drop = wait_drop,
    .waits = wait_waits };

static struct steal_future *
begin(struct steal_oneshot_wait *wait, struct steal_oneshot *oneshot,
        enum half half)
{
    wait->future = (struct steal_future)STEAL_FUTURE(&wait_ops);
    wait->oneshot = oneshot;
    wait->half = half;
    wait->waits = false;
    return &wait->future;
}

struct steal_future *
steal_oneshot_receive(struct steal_oneshot_wait *wait,
        struct steal_oneshot *oneshot)
{
    return begin(wait, oneshot, RECEIVER);
}

struct steal_future *
steal_oneshot_closed(struct steal_oneshot_wait *wait,
        struct steal_oneshot *oneshot)
{
    return begin(wait, oneshot, SENDER);
}
