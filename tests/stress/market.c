#include "market.h"

#include <errno.h>
#include <string.h>

struct market market;

static void
count(_Atomic(int64_t) *counter)
{
    add_relaxed(counter, 1); /* read at the end only, as all counters */
}

static int64_t
value(_Atomic(int64_t) *counter)
{
    return load_acquire(counter);
}

/*
 * Parcels
 */

static void
destroy_reply(void *answer)
{
    (void)answer;
    count(&market.unheard);
}

struct parcel
market_pack(struct rng *rng, struct steal_oneshot **reply)
{
    struct parcel parcel = { 1 + rng_below(rng, 1000), NULL };

    *reply = NULL;
    if (rng_below(rng, 2))
        return parcel;
    require(steal_oneshot_new(&parcel.reply, sizeof parcel.number) == 0);
    steal_oneshot_set_destroy(parcel.reply, destroy_reply);
    count(&market.asked);
    *reply = parcel.reply;
    return parcel;
}

void
market_sent(const struct parcel *parcel)
{
    count(&market.sent);
    add_relaxed(&market.sent_sum, (int64_t)parcel->number);
}

static void
abandon(const struct parcel *parcel)
{
    if (!parcel->reply)
        return;
    steal_oneshot_abandon(parcel->reply);
    count(&market.abandoned);
}

void
market_not_sent(const struct parcel *parcel)
{
    abandon(parcel);
}

static void
count_received(const struct parcel *parcel)
{
    require(parcel->number);
    count(&market.received);
    add_relaxed(&market.received_sum, (int64_t)parcel->number);
}

void
market_received(struct rng *rng, const struct parcel *parcel)
{
    uint64_t answer = parcel->number * 3;

    count_received(parcel);
    if (!parcel->reply || rng_below(rng, 4) == 0)
        abandon(parcel);
    else if (steal_oneshot_send(parcel->reply, &answer))
        count(&market.refused);
    else
        count(&market.answered);
}

/* One that was left in the channel. */
static void
destroy_parcel(void *message)
{
    count_received(message);
    abandon(message);
}

void
market_heard(struct steal_oneshot *reply, uint64_t number)
{
    require(*(uint64_t *)steal_oneshot_value(reply) == number * 3);
    count(&market.heard);
    steal_oneshot_close(reply);
}

void
market_close(struct steal_oneshot *reply)
{
    steal_oneshot_close(reply);
}

/*
 * Epochs
 */

void
market_begin(struct rng *rng)
{
    static struct parcel slots[9];
    uint32_t shape = rng_below(rng, 4);

    memset(&market, 0, sizeof market);
    steal_semaphore_init(&market.semaphore, PERMITS);
    steal_rwlock_init(&market.rwlock);
    if (shape < 2)
        steal_channel_init(&market.channel, shape ? slots : NULL,
                sizeof(struct parcel), rng_below(rng, 10));
    else
        steal_channel_init(&market.channel, NULL, sizeof(struct parcel),
                shape == 2 ? 250 + rng_below(rng, 10) : STEAL_UNBOUNDED);
    steal_channel_set_destroy(&market.channel, destroy_parcel);
}

static void
end_locks(void)
{
    require(value(&market.inside) == 0);
    require(steal_semaphore_available(&market.semaphore) == PERMITS);
    require(steal_semaphore_try_acquire(&market.semaphore, PERMITS) == 0);
    require(steal_mutex_try_lock(&market.mutex));
    require(market.guarded == value(&market.entered));
    require(steal_rwlock_try_write(&market.rwlock));
    require(market.one == market.other);
}

/* In some epochs what is left is received, else it is destroyed. */
static void
end_channel(struct rng *rng)
{
    struct parcel parcel;

    if (rng_below(rng, 2))
        while (steal_channel_try_receive(&market.channel, &parcel) == 0)
            market_received(rng, &parcel);
    steal_channel_fini(&market.channel);
    require(value(&market.received) == value(&market.sent));
    require(value(&market.received_sum) == value(&market.sent_sum));
}

void
market_end(struct rng *rng)
{
    end_locks();
    end_channel(rng);
    require(value(&market.heard) + value(&market.unheard) ==
            value(&market.answered));
    require(value(&market.answered) + value(&market.refused) +
                    value(&market.abandoned) ==
            value(&market.asked));
}
