/*
 * tests/awaits.c - what waits for another task says for what.
 */
#include "looking.h"

static char memory[64];

static struct steal_mutex mutex;
static struct steal_mutex_lock mutex_lock;

static void
wait_for_mutex(struct wanted *want)
{
    steal_mutex_init(&mutex);
    ck_assert(steal_mutex_try_lock(&mutex));
    want->thing = "mutex";
    want->object = &mutex;
    want->future = steal_mutex_lock(&mutex_lock, &mutex);
}

static struct steal_rwlock rwlock;
static struct steal_rwlock_lock rwlock_lock;

static void
wait_to_read(struct wanted *want)
{
    steal_rwlock_init(&rwlock);
    ck_assert(steal_rwlock_try_write(&rwlock));
    want->thing = "rwlock, to read";
    want->object = &rwlock;
    want->future = steal_rwlock_read(&rwlock_lock, &rwlock);
}

static void
wait_to_write(struct wanted *want)
{
    steal_rwlock_init(&rwlock);
    ck_assert(steal_rwlock_try_read(&rwlock));
    want->thing = "rwlock, to write";
    want->object = &rwlock;
    want->future = steal_rwlock_write(&rwlock_lock, &rwlock);
}

static struct steal_semaphore semaphore;
static struct steal_semaphore_acquire acquire;

static void
wait_for_permit(struct wanted *want)
{
    steal_semaphore_init(&semaphore, 0);
    want->thing = "semaphore";
    want->object = &semaphore;
    want->future = steal_semaphore_acquire(&acquire, &semaphore, 1);
}

static struct steal_notify notify;
static struct steal_notified notified;

static void
wait_for_notify(struct wanted *want)
{
    steal_notify_init(&notify);
    want->thing = "notify";
    want->object = &notify;
    want->future = steal_notified(&notified, &notify);
}

static struct steal_event event;
static struct steal_event_wait event_wait;

static void
wait_for_event(struct wanted *want)
{
    steal_event_init(&event);
    want->thing = "event";
    want->object = &event;
    want->future = steal_event_wait(&event_wait, &event);
}

static struct steal_latch latch;
static struct steal_latch_wait latch_wait;

static void
wait_for_latch(struct wanted *want)
{
    steal_latch_init(&latch, 1);
    want->thing = "latch";
    want->object = &latch;
    want->future = steal_latch_wait(&latch_wait, &latch);
}

static struct steal_barrier barrier;
static struct steal_barrier_wait barrier_wait;

static void
wait_for_barrier(struct wanted *want)
{
    steal_barrier_init(&barrier, 2);
    want->thing = "barrier";
    want->object = &barrier;
    want->future = steal_barrier_wait(&barrier_wait, &barrier);
}

static struct steal_oneshot oneshot;
static struct steal_oneshot_wait oneshot_wait;

static void
wait_for_oneshot(struct wanted *want)
{
    steal_oneshot_init(&oneshot, memory, sizeof(int));
    want->thing = "oneshot, to receive";
    want->object = &oneshot;
    want->future = steal_oneshot_receive(&oneshot_wait, &oneshot);
}

static void
wait_for_close(struct wanted *want)
{
    steal_oneshot_init(&oneshot, memory, sizeof(int));
    want->thing = "oneshot, to be closed";
    want->object = &oneshot;
    want->future = steal_oneshot_closed(&oneshot_wait, &oneshot);
}

static struct steal_watch watch;
static uint64_t watch_storage[STEAL_WATCH_STORAGE(sizeof(int))];
static struct steal_watch_receiver watch_receiver;
static struct steal_watch_changed changed;

static void
wait_for_change(struct wanted *want)
{
    int value = 0;

    steal_watch_init(&watch, watch_storage, sizeof value, &value);
    steal_watch_subscribe(&watch_receiver, &watch);
    want->thing = "watch";
    want->object = &watch;
    want->future = steal_watch_changed(&changed, &watch_receiver);
}

static struct steal_broadcast broadcast;
static uint64_t broadcast_storage[STEAL_BROADCAST_STORAGE(sizeof(int), 2)];
static struct steal_broadcast_receiver broadcast_receiver;
static struct steal_broadcast_receive broadcast_receive;

static void
wait_for_broadcast(struct wanted *want)
{
    steal_broadcast_init(&broadcast, broadcast_storage, sizeof(int), 2);
    steal_broadcast_subscribe(&broadcast_receiver, &broadcast);
    want->thing = "broadcast";
    want->object = &broadcast;
    want->future = steal_broadcast_receive(&broadcast_receive,
            &broadcast_receiver, memory);
}

static struct steal_channel channel;
static struct steal_channel_send channel_send;
static struct steal_channel_receive channel_receive;
static struct steal_channel_stream channel_stream;
static struct steal_next next;

static void
make_channel(struct wanted *want, const char *thing)
{
    steal_channel_init(&channel, memory, 1, 0);
    want->thing = thing;
    want->object = &channel;
}

static void
wait_to_send(struct wanted *want)
{
    make_channel(want, "channel, to send");
    want->future = steal_channel_send(&channel_send, &channel, "");
}

static void
wait_to_receive(struct wanted *want)
{
    make_channel(want, "channel, to receive");
    want->future = steal_channel_receive(&channel_receive, &channel, memory);
}

static void
wait_for_next(struct wanted *want)
{
    make_channel(want, "channel, to receive");
    want->future = steal_next(&next,
            steal_channel_stream(&channel_stream, &channel, memory));
}

static enum steal_poll
stream_poll(struct steal_stream *stream, struct steal_context *cx)
{
    (void)stream, (void)cx;
    return STEAL_PENDING;
}

static const struct steal_stream_ops stream_ops = { .name = "mine",
    .poll = stream_poll };

static struct steal_stream stream;

static void
wait_for_stream(struct wanted *want)
{
    steal_stream_init(&stream, &stream_ops);
    want->thing = "stream";
    want->object = &stream;
    want->future = steal_next(&next, &stream);
}

static struct steal_cancel token;
static struct steal_canceled canceled;

static void
wait_for_cancel(struct wanted *want)
{
    token = (struct steal_cancel)STEAL_CANCEL_INIT;
    want->thing = "cancel";
    want->object = &token;
    want->future = steal_canceled(&canceled, &token);
}

static const struct leaf leaves[] = {
    { wait_for_mutex, { "mutex" } },
    { wait_to_read, { "rwlock_read" } },
    { wait_to_write, { "rwlock_write" } },
    { wait_for_permit, { "semaphore" } },
    { wait_for_notify, { "notified" } },
    { wait_for_event, { "event" } },
    { wait_for_latch, { "latch" } },
    { wait_for_barrier, { "barrier" } },
    { wait_for_oneshot, { "oneshot" } },
    { wait_for_close, { "oneshot" } },
    { wait_for_change, { "watch" } },
    { wait_for_broadcast, { "broadcast" } },
    { wait_to_send, { "channel_send" } },
    { wait_to_receive, { "channel_receive" } },
    { wait_for_next, { "next", "channel_receive" } },
    { wait_for_stream, { "next" } },
    { wait_for_cancel, { "canceled" } },
};

START_TEST(whoever_waits_says_for_what)
{
    check_leaf(&leaves[_i]);
}
END_TEST

int
main(void)
{
    return run_leaves("awaits", whoever_waits_says_for_what, LENGTH(leaves));
}
