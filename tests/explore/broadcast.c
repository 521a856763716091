/*
 * broadcast.c - the broadcast (src/sync/broadcast.c, cell.h, crowd.c): messages
 * that are overwritten while they are read, and receivers that come to wait.
 *
 * A message is a pair of which both halves are the same; one that owns
 * something has a block.
 */
#include <errno.h>

#include <steal/broadcast.h>

#include "../../src/sync/cell.h"
#include "../../src/sync/crowd.h"
#include "explore.h"
#include "toy.h"

#define RECEIVERS  3
#define MOST       2 /* messages that the channel holds */
#define CELL_WORDS 3 /* a stamp, and a pair */

struct pair {
    uint64_t a;
    uint64_t b;
};

struct owner {
    int *block;
};

static uint64_t storage[STEAL_BROADCAST_STORAGE(sizeof(struct pair), MOST)];
static struct steal_broadcast broadcast;
static struct steal_broadcast_receiver receiver[RECEIVERS];
static struct steal_broadcast_receive receive[RECEIVERS];
static struct pair pair[RECEIVERS];
static unsigned received[RECEIVERS];
static unsigned missed[RECEIVERS];

/*
 * Beginnings
 */

static void
set_up(size_t size, uint32_t capacity)
{
    toy_begin();
    steal_broadcast_init(&broadcast, storage, size, capacity);
    for (unsigned i = 0; i < RECEIVERS; i++) {
        steal_broadcast_subscribe(&receiver[i], &broadcast);
        received[i] = 0;
        missed[i] = 0;
    }
    explore_name(storage, sizeof storage, "storage");
    explore_name(&broadcast, sizeof broadcast, "broadcast");
    explore_name(receiver, sizeof receiver, "receiver");
    explore_name(receive, sizeof receive, "receive");
}

static void
set_up_one(void)
{
    set_up(sizeof(struct pair), 1);
}

static void
set_up_two(void)
{
    set_up(sizeof(struct pair), 2);
}

static void
send(uint64_t n)
{
    struct pair message = { n + 1, n + 1 }; /* the storage is zero at first */

    explore_assert(steal_broadcast_send(&broadcast, &message) == RECEIVERS);
}

static void
set_up_one_is_sent(void)
{
    set_up_one();
    send(0);
}

static struct steal_future *
receive_future(unsigned i)
{
    return steal_broadcast_receive(&receive[i], &receiver[i], &pair[i]);
}

static void
set_up_two_wait(void)
{
    set_up_one();
    toy_begin_to_wait(0, receive_future(0));
    toy_begin_to_wait(1, receive_future(1));
}

/* Messages that own something */

static void
copy_block(void *to, const void *from, void *data)
{
    const struct owner *message = from;
    struct owner *own = to;

    (void)data;
    explore_assert(*message->block == 7);
    own->block = explore_alloc(sizeof(int));
    *own->block = *message->block;
}

static void
destroy_block(void *value, void *data)
{
    (void)data;
    explore_free(((struct owner *)value)->block);
}

static void
send_block(int value)
{
    struct owner message = { explore_alloc(sizeof(int)) };

    *message.block = value;
    explore_assert(steal_broadcast_send(&broadcast, &message) == RECEIVERS);
}

static void
set_up_owned(void)
{
    set_up(sizeof(struct owner), 1);
    steal_broadcast_own(&broadcast, copy_block, destroy_block, NULL);
    send_block(7);
}

/*
 * What threads do
 */

static void
note(unsigned self, int result)
{
    if (result == -EOVERFLOW) {
        missed[self] += (unsigned)receiver[self].missed;
        return;
    }
    explore_assert(result == 0);
    explore_assert(pair[self].a == pair[self].b);
    explore_assert(pair[self].a == received[self] + missed[self] + 1);
    received[self]++;
}

static void
go_on(unsigned self)
{
    note(self, toy_await(self, &receive[self].future));
}

static void
receive_one(unsigned self)
{
    receive_future(self);
    go_on(self);
}

static void
try_one(unsigned self)
{
    int result = steal_broadcast_try_receive(&receiver[self], &pair[self]);

    if (result != -EAGAIN)
        note(self, result);
}

static void
send_and_receive(unsigned self)
{
    if (self)
        send(0);
    else
        receive_one(0);
}

static void
send_and_receive_foreign(unsigned self)
{
    if (self)
        send(0);
    else
        note(0, toy_await_foreign(0, receive_future(0)));
}

/* Two messages for one slot. */
static void
overtake(unsigned self)
{
    if (self) {
        send(0);
        send(1);
        return;
    }
    while (received[0] + missed[0] < 2)
        receive_one(0);
}

static void
overwrite(unsigned self)
{
    if (self)
        send(1);
    else
        try_one(0);
}

static void
two_receive(unsigned self)
{
    if (self == 2)
        send(0);
    else
        receive_one(self);
}

static void
drop_and_receive(unsigned self)
{
    if (self == 2)
        send(0);
    else if (self == 1)
        go_on(1);
    else
        steal_future_drop(&receive[0].future);
}

static void
two_send(unsigned self)
{
    struct pair message = { self, self };

    if (self) {
        explore_assert(steal_broadcast_send(&broadcast, &message) > 0);
        return;
    }
    for (int i = 0; i < 2; i++) {
        explore_assert(toy_await(0, receive_future(0)) == 0);
        explore_assert(pair[0].a == pair[0].b);
        received[pair[0].a]++;
    }
}

static void
close_and_receive(unsigned self)
{
    int result;

    if (self) {
        send(0);
        steal_broadcast_close(&broadcast);
        return;
    }
    receive_one(0);
    result = toy_await(0, receive_future(0));
    explore_assert(result == -EPIPE);
}

static void
receive_owned(unsigned self)
{
    struct owner own;

    if (self) {
        send_block(8);
        return;
    }
    if (steal_broadcast_try_receive(&receiver[0], &own) != 0)
        return;
    explore_assert(*own.block == 7);
    explore_free(own.block);
    received[0]++;
}

/*
 * Ends
 */

static void
nobody_waits(void)
{
    for (unsigned i = 0; i < CROWD_SHARDS; i++) {
        struct crowd *crowd = (struct crowd *)(void *)broadcast.crowd;
        struct list *members = &crowd->shard[i].members;

        explore_assert(!members->next || list_is_empty(members));
    }
    steal_broadcast_fini(&broadcast);
    explore_assert(toy_is_clean());
}

static void
tell_received(void)
{
    explore_outcome(received[0]);
    nobody_waits();
}

static void
both_have_come(void)
{
    explore_assert(received[1] == 1 && received[2] == 1);
    nobody_waits();
}

/*
 * What would be wrong
 */

/* Wakes those who wait, and sends after that. */
static void
wake_and_send(unsigned self)
{
    struct cell *cell = cell_at(storage, CELL_WORDS, 0);
    struct pair message = { 1, 1 };

    if (self == 0) {
        go_on(0);
        return;
    }
    cell_begin(cell, 0);
    cell_put(cell, &message, sizeof message);
    cell_end(cell, 0);
    steal__crowd_wake((struct crowd *)(void *)broadcast.crowd, 2);
    store_release((_Atomic(uint64_t) *)&broadcast.word, 2);
}

static void
end_as_it_may(void)
{
    steal_future_drop(&receive[1].future);
    explore_assert(toy_is_clean());
}

#define BROADCAST(count, what, begin, end) \
 .threads = count, .setup = begin, .thread = what, .finish = end

static const struct explore_case cases[] = {
    { .name = "send_and_receive",
            BROADCAST(2, send_and_receive, set_up_one, nobody_waits) },
    { .name = "send_and_receive_foreign",
            BROADCAST(2, send_and_receive_foreign, set_up_one, nobody_waits) },
    { .name = "overtake",
            BROADCAST(2, overtake, set_up_one, tell_received),
            .outcomes = 2,
            .preemptions = 4 },
    { .name = "overwrite",
            BROADCAST(2, overwrite, set_up_one_is_sent, tell_received),
            .outcomes = 2 },
    { .name = "two_receive",
            BROADCAST(3, two_receive, set_up_one, nobody_waits) },
    { .name = "drop_and_receive",
            BROADCAST(3, drop_and_receive, set_up_two_wait, nobody_waits),
            .preemptions = 5 },
    { .name = "two_send",
            BROADCAST(3, two_send, set_up_two, both_have_come),
            .preemptions = 2 },
    { .name = "close_and_receive",
            BROADCAST(2, close_and_receive, set_up_one, nobody_waits) },
    { .name = "receive_owned",
            BROADCAST(2, receive_owned, set_up_owned, tell_received),
            .outcomes = 2 },

    { .name = "word_without_release",
            BROADCAST(2, send_and_receive, set_up_one, nobody_waits),
            .fault = { EXPLORE_DROP_RELEASE, "steal_broadcast_send", NULL,
                    NULL } },
    { .name = "put_without_release",
            BROADCAST(2, overwrite, set_up_one_is_sent, nobody_waits),
            .fault = { EXPLORE_DROP_RELEASE, "cell_put", NULL, NULL } },
    { .name = "get_without_acquire",
            BROADCAST(2, overwrite, set_up_one_is_sent, nobody_waits),
            .fault = { EXPLORE_DROP_ACQUIRE, "cell_get", NULL, NULL } },
    { .name = "write_unmarked",
            BROADCAST(2, overwrite, set_up_one_is_sent, nobody_waits),
            .fault = { EXPLORE_SKIP, "cell_begin", NULL, NULL } },
    { .name = "destroy_unmarked",
            BROADCAST(2, receive_owned, set_up_owned, nobody_waits),
            .fault = { EXPLORE_SKIP, "cell_begin", NULL, NULL } },
    { .name = "enter_without_lock",
            BROADCAST(2, receive_owned, set_up_owned, nobody_waits),
            .fault = { EXPLORE_SPLIT_RMW, "lock_try", NULL, NULL } },
    { .name = "wait_without_looking",
            BROADCAST(2, send_and_receive, set_up_one, nobody_waits),
            .fault = { EXPLORE_BLIND_LOAD, "steal__crowd_wait", "word",
                    NULL } },
    { .name = "out_without_release",
            BROADCAST(3, drop_and_receive, set_up_two_wait, nobody_waits),
            .fault = { EXPLORE_DROP_RELEASE, "wake_some", NULL, NULL } },
    { .name = "wake_before_sending",
            BROADCAST(2, wake_and_send, set_up_two_wait, end_as_it_may),
            .must_fail = true },
};

EXPLORE_MAIN(cases)
