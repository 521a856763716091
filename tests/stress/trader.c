#include "trader.h"

#include <errno.h>

#define STEPS 60

enum hold {
    HOLD_NOTHING,
    HOLD_PERMITS,
    HOLD_MUTEX,
    HOLD_READ,
    HOLD_WRITE,
    HOLD_SOME
};

struct trader {
    struct steal_async async;
    struct rng rng;
    int steps;
    enum hold wanted;
    enum hold held;
    uint32_t n; /* permits */
    struct steal_semaphore_acquire acquire;
    struct steal_mutex_lock lock;
    struct steal_rwlock_lock rwlock;
    struct steal_channel_send send;
    struct steal_channel_receive receive;
    struct steal_oneshot_wait wait;
    struct steal_sleep nap;
    struct steal_yield yield;
    struct steal_timeout timeout;
    struct steal_select select;
    bool sending;
    struct parcel out;
    struct parcel in[3];
    struct steal_oneshot *reply;
};

/* A time in which others may come by, or may not. */
static uint64_t
patience(struct rng *rng)
{
    return rng_below(rng, 4) ? STEAL_US(rng_below(rng, 200)) : STEAL_MS(2);
}

/*
 * What one may hold
 */

static struct steal_future *
want(struct trader *self, enum hold hold)
{
    self->wanted = hold;
    switch (hold) {
    case HOLD_PERMITS:
        self->n = 1 + rng_below(&self->rng, PERMITS);
        return steal_semaphore_acquire(&self->acquire, &market.semaphore,
                self->n);
    case HOLD_MUTEX:
        return steal_mutex_lock(&self->lock, &market.mutex);
    case HOLD_READ:
        return steal_rwlock_read(&self->rwlock, &market.rwlock);
    default:
        return steal_rwlock_write(&self->rwlock, &market.rwlock);
    }
}

static void
enter(enum hold hold, uint32_t n)
{
    if (hold == HOLD_PERMITS)
        require(add_acq_rel(&market.inside, n) + n <= PERMITS);
    if (hold == HOLD_MUTEX) {
        market.guarded++;
        add_relaxed(&market.entered, 1);
    }
    if (hold == HOLD_READ)
        require(market.one == market.other);
    if (hold == HOLD_WRITE)
        market.one++;
}

static void
leave(enum hold hold, uint32_t n, bool downgrades)
{
    if (hold == HOLD_PERMITS) {
        sub_acq_rel(&market.inside, n);
        steal_semaphore_release(&market.semaphore, n);
    }
    if (hold == HOLD_MUTEX)
        steal_mutex_unlock(&market.mutex);
    if (hold == HOLD_WRITE) {
        market.other++;
        if (downgrades)
            steal_rwlock_downgrade(&market.rwlock);
        else
            steal_rwlock_unlock_write(&market.rwlock);
    }
    if (hold == HOLD_READ || (hold == HOLD_WRITE && downgrades)) {
        require(market.one == market.other);
        steal_rwlock_unlock_read(&market.rwlock);
    }
}

static void
got(struct trader *self)
{
    self->held = self->wanted;
    enter(self->held, self->n);
}

static void
let_go(struct trader *self)
{
    enum hold held = self->held;

    self->held = HOLD_NOTHING;
    leave(held, self->n, rng_below(&self->rng, 2));
}

static enum hold
any_hold(struct rng *rng)
{
    return 1 + rng_below(rng, HOLD_SOME - 1);
}

/*
 * Sending and receiving
 */

static struct steal_future *
offer(struct trader *self)
{
    self->out = market_pack(&self->rng, &self->reply);
    self->sending = true;
    steal_channel_send(&self->send, &market.channel, &self->out);
    return steal_timeout(&self->timeout, &self->send.future,
            patience(&self->rng));
}

/* Whatever has become of the send: it tells itself. */
static void
offered(struct trader *self)
{
    self->sending = false;
    if (self->send.sent)
        market_sent(&self->out);
    else
        market_not_sent(&self->out);
}

static struct steal_future *
listen_for_reply(struct trader *self)
{
    steal_oneshot_receive(&self->wait, self->reply);
    return steal_timeout(&self->timeout, &self->wait.future,
            patience(&self->rng));
}

static void
listened(struct trader *self)
{
    struct steal_oneshot *reply = self->reply;

    self->reply = NULL;
    if (self->timeout.future.result == 0)
        market_heard(reply, self->out.number);
    else
        market_close(reply);
}

static struct steal_future *
buy(struct trader *self)
{
    struct steal_future *future;

    if (rng_below(&self->rng, 2))
        future = steal_channel_receive(&self->receive, &market.channel,
                self->in);
    else
        future = steal_channel_receive_many(&self->receive, &market.channel,
                self->in, 3);
    return future;
}

static void
bought(struct trader *self, int result)
{
    int n = result > 0 ? result : 1;

    if (result < 0)
        require(result == -ETIMEDOUT || result == -EPIPE);
    else
        for (int i = 0; i < n; i++)
            market_received(&self->rng, &self->in[i]);
}

/* Whatever comes first: what it wants to hold, a parcel, or the end of its
 * patience.  The others lose nothing. */
static struct steal_future *
take_chances(struct trader *self)
{
    return steal_select3(&self->select, want(self, any_hold(&self->rng)),
            buy(self), steal_sleep(&self->nap, patience(&self->rng)));
}

static void
chosen(struct trader *self)
{
    if (self->select.index == 0)
        got(self);
    else if (self->select.index == 1)
        bought(self, self->select.future.result);
}

/*
 * Life
 */

static enum steal_poll
trader_poll(struct steal_future *future, struct steal_context *cx)
{
    struct trader *self = (struct trader *)future;

    STEAL_BEGIN(&self->async);
    for (self->steps = STEPS; self->steps > 0; self->steps--) {
        switch (rng_below(&self->rng, 6)) {
        case 0:
            STEAL_AWAIT(cx, want(self, any_hold(&self->rng)));
            got(self);
            break;
        case 1:
            STEAL_AWAIT(cx, steal_timeout(&self->timeout,
                                    want(self, any_hold(&self->rng)),
                                    patience(&self->rng)));
            if (self->timeout.future.result == 0)
                got(self);
            break;
        case 2:
            STEAL_AWAIT(cx, take_chances(self));
            chosen(self);
            break;
        case 3:
            STEAL_AWAIT(cx, steal_timeout(&self->timeout, buy(self),
                                    patience(&self->rng)));
            bought(self, self->timeout.future.result);
            break;
        default:
            STEAL_AWAIT(cx, offer(self));
            offered(self);
            if (self->reply) {
                STEAL_AWAIT(cx, listen_for_reply(self));
                listened(self);
            }
        }
        if (rng_below(&self->rng, 4) == 0)
            STEAL_AWAIT(cx, steal_yield(&self->yield));
        let_go(self);
    }
    STEAL_END();
}

static void
trader_drop(struct steal_future *future)
{
    struct trader *self = (struct trader *)future;

    if (self->sending)
        offered(self);
    if (self->reply)
        market_close(self->reply);
    let_go(self);
    add_relaxed(&world.dropped, 1);
}

static const struct steal_future_ops trader_ops = { .name = "trader",
    .poll = trader_poll,
    .drop = trader_drop };

int
trader_spawn(uint32_t seed, struct steal_task **task)
{
    struct trader trader = { .async = STEAL_ASYNC(&trader_ops) };
    int error;

    rng_init(&trader.rng, seed);
    add_relaxed(&world.born, 1);
    error = steal_spawn(world.runtime, &trader.async.future, sizeof trader,
            task);
    if (error)
        add_relaxed(&world.born, -1);
    return error;
}

/*
 * Without a task
 */

static bool
try_hold(enum hold hold)
{
    switch (hold) {
    case HOLD_PERMITS:
        return steal_semaphore_try_acquire(&market.semaphore, 1) == 0;
    case HOLD_MUTEX:
        return steal_mutex_try_lock(&market.mutex);
    case HOLD_READ:
        return steal_rwlock_try_read(&market.rwlock);
    default:
        return steal_rwlock_try_write(&market.rwlock);
    }
}

static void
try_send(struct rng *rng)
{
    struct steal_oneshot *reply;
    struct parcel parcel = market_pack(rng, &reply);

    if (steal_channel_try_send(&market.channel, &parcel) == 0)
        market_sent(&parcel);
    else
        market_not_sent(&parcel);
    if (reply && steal_oneshot_try_receive(reply) == 0)
        market_heard(reply, parcel.number);
    else if (reply)
        market_close(reply);
}

/* False if the runtime is stopping. */
static bool
block_for_a_parcel(struct rng *rng)
{
    struct steal_channel_receive receive;
    struct steal_timeout timeout;
    struct parcel parcel;
    int error;

    steal_channel_receive(&receive, &market.channel, &parcel);
    error = steal_block_on(world.runtime,
            steal_timeout(&timeout, &receive.future, patience(rng)));
    if (error == 0)
        market_received(rng, &parcel);
    return error != -ECANCELED;
}

/* Without a runtime. */
static bool
block_for_hold(enum hold hold)
{
    struct steal_semaphore_acquire acquire;
    struct steal_mutex_lock lock;
    struct steal_rwlock_lock rwlock;
    struct steal_future *future;

    if (hold == HOLD_PERMITS)
        future = steal_semaphore_acquire(&acquire, &market.semaphore, 1);
    else if (hold == HOLD_MUTEX)
        future = steal_mutex_lock(&lock, &market.mutex);
    else if (hold == HOLD_READ)
        future = steal_rwlock_read(&rwlock, &market.rwlock);
    else
        future = steal_rwlock_write(&rwlock, &market.rwlock);
    return steal_block_on(NULL, future) == 0;
}

void
trader_run(struct rng *rng, bool blocks)
{
    for (int i = 0; i < 10 * STEPS; i++) {
        enum hold hold = any_hold(rng);

        if (blocks && rng_below(rng, 8) == 0 ? block_for_hold(hold)
                                             : try_hold(hold)) {
            enter(hold, 1);
            leave(hold, 1, rng_below(rng, 2));
        }
        if (rng_below(rng, 2))
            try_send(rng);
        if (rng_below(rng, 20) == 0 && !block_for_a_parcel(rng))
            return;
    }
}
