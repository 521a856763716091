/*
 * oneshot.c - a value that changes hands once (src/sync/oneshot.c), and the
 * memory that it is in, which goes with the second half.
 */
#include <errno.h>

#include <steal/oneshot.h>

#include "../../src/task/waitq.h"
#include "explore.h"
#include "toy.h"

#define RECEIVER 0
#define SENDER   1

#define LOCKED 1u
#define SENT   2u
#define ENDED  4u
#define OWNED  32u

static struct steal_oneshot *oneshot;
static struct steal_oneshot_wait *wait[2]; /* blocks of their own */
static int *value;                         /* in the storage of the receiver */
static int result;                         /* of the sender */
static bool received;
static int destroyed;

/*
 * Beginnings
 */

static void
destroy(void *data)
{
    explore_assert(*(int *)data == 7);
    destroyed++;
}

static void
set_up_rest(void)
{
    for (unsigned i = 0; i < 2; i++)
        wait[i] = explore_alloc(sizeof *wait[i]);
    steal_oneshot_receive(wait[RECEIVER], oneshot);
    steal_oneshot_closed(wait[SENDER], oneshot);
    steal_oneshot_set_destroy(oneshot, destroy);
    result = 0;
    received = false;
    destroyed = 0;
    explore_name(oneshot, sizeof *oneshot, "oneshot");
    explore_name(wait[0], sizeof *wait[0], "wait 0");
    explore_name(wait[1], sizeof *wait[1], "wait 1");
    explore_name(&received, sizeof received, "received");
}

static void
set_up_owned(void)
{
    toy_begin();
    value = NULL;
    explore_assert(steal_oneshot_new(&oneshot, sizeof(int)) == 0);
    set_up_rest();
}

/* Both lie in storage of the receiver's. */
static void
set_up_borrowed(void)
{
    toy_begin();
    value = explore_alloc(sizeof *value);
    oneshot = explore_alloc(sizeof *oneshot);
    steal_oneshot_init(oneshot, value, sizeof *value);
    explore_name(value, sizeof *value, "value");
    set_up_rest();
}

static void
set_up_receiver_waits(void)
{
    set_up_owned();
    toy_begin_to_wait(0, &wait[RECEIVER]->future);
}

static void
set_up_borrowed_waits(void)
{
    set_up_borrowed();
    toy_begin_to_wait(0, &wait[RECEIVER]->future);
}

static void
set_up_sender_waits(void)
{
    set_up_owned();
    toy_begin_to_wait(1, &wait[SENDER]->future);
}

/*
 * What threads do
 */

static void
send(void)
{
    int seven = 7;

    result = steal_oneshot_send(oneshot, &seven);
}

static void
use_value(void)
{
    explore_assert(*(int *)steal_oneshot_value(oneshot) == 7);
    received = true;
}

static void
free_storage(void)
{
    explore_free(oneshot);
    explore_free(value);
}

static void
receive_as(unsigned task)
{
    explore_assert(toy_await(task, &wait[RECEIVER]->future) == 0);
    explore_free(wait[RECEIVER]);
    use_value();
}

static void
send_and_receive(unsigned self)
{
    if (self == 1) {
        send();
        return;
    }
    receive_as(0);
    steal_oneshot_close(oneshot);
}

static void
receive_foreign(unsigned self)
{
    if (self == 1) {
        send();
        return;
    }
    explore_assert(toy_await_foreign(0, &wait[RECEIVER]->future) == 0);
    use_value();
    steal_oneshot_close(oneshot);
}

/* The wait goes on as another task. */
static void
receive_elsewhere(unsigned self)
{
    if (self == 1) {
        send();
        return;
    }
    receive_as(2);
    steal_oneshot_close(oneshot);
}

/* Once the value is there, so is nobody else. */
static void
receive_and_free(unsigned self)
{
    if (self == 1) {
        send();
        return;
    }
    receive_as(0);
    free_storage();
}

static void
try_and_free(unsigned self)
{
    if (self == 1) {
        send();
        return;
    }
    if (steal_oneshot_try_receive(oneshot) == 0)
        use_value();
    else
        receive_as(0);
    free_storage();
}

static void
send_and_close(unsigned self)
{
    if (self == 1)
        send();
    else
        steal_oneshot_close(oneshot);
}

/* The receiver looks once, and goes. */
static void
try_and_close(unsigned self)
{
    if (self == 1) {
        send();
        return;
    }
    if (steal_oneshot_try_receive(oneshot) == 0)
        use_value();
    steal_oneshot_close(oneshot);
}

static void
drop_and_close(unsigned self)
{
    if (self == 1) {
        send();
        return;
    }
    steal_future_drop(&wait[RECEIVER]->future);
    explore_free(wait[RECEIVER]);
    steal_oneshot_close(oneshot);
}

/* It gives up, and waits again. */
static void
drop_and_receive(unsigned self)
{
    if (self == 1) {
        send();
        return;
    }
    steal_future_drop(&wait[RECEIVER]->future);
    steal_oneshot_receive(wait[RECEIVER], oneshot);
    receive_as(0);
    steal_oneshot_close(oneshot);
}

static void
abandon_and_receive(unsigned self)
{
    if (self == 1) {
        steal_oneshot_abandon(oneshot);
        return;
    }
    explore_assert(toy_await(0, &wait[RECEIVER]->future) == -EPIPE);
    steal_oneshot_close(oneshot);
}

static void
abandon_and_close(unsigned self)
{
    if (self == 1)
        steal_oneshot_abandon(oneshot);
    else
        steal_oneshot_close(oneshot);
}

/* The sender waits for the receiver to go. */
static void
wait_for_close(unsigned self)
{
    if (self == 0) {
        steal_oneshot_close(oneshot);
        return;
    }
    explore_assert(toy_await(1, &wait[SENDER]->future) == 0);
    explore_assert(steal_oneshot_is_closed(oneshot));
    send();
}

static void
drop_wait_for_close(unsigned self)
{
    if (self == 0) {
        steal_oneshot_close(oneshot);
        return;
    }
    steal_future_drop(&wait[SENDER]->future);
    explore_free(wait[SENDER]);
    send();
}

/*
 * Ends
 */

static void
all_is_free(void)
{
    for (unsigned i = 0; i < 2; i++)
        if (!explore_is_freed(wait[i]))
            explore_free(wait[i]);
    explore_assert(toy_is_clean());
}

static void
was_received(void)
{
    explore_assert(result == 0 && received && !destroyed);
    all_is_free();
}

/* Somebody has the value, or had. */
static void
was_not_lost(void)
{
    explore_assert(result == 0 || result == -EPIPE);
    explore_assert(destroyed == (result == 0 && !received));
    explore_outcome((uint64_t)(-result) << 1 | received);
    all_is_free();
}

static void
was_refused(void)
{
    explore_assert(result == -EPIPE && !destroyed);
    all_is_free();
}

/*
 * What would be wrong
 */

static _Atomic(uint32_t) *
word(void)
{
    return (_Atomic(uint32_t) *)(void *)&oneshot->word;
}

/* Wakes the receiver, and then says that the value is there. */
static void
wake_and_send(void)
{
    struct wakeups wakeups;
    uint32_t old;

    wakeups_init(&wakeups);
    *(int *)oneshot->value = 7;
    do
        old = OWNED;
    while (!cas_weak_acq_rel(word(), &old, OWNED | LOCKED));
    if (oneshot->waiting[RECEIVER])
        wakeups_add(&wakeups, &wait_of(oneshot->waiting[RECEIVER])->waker);
    oneshot->waiting[RECEIVER] = NULL;
    store_release(word(), OWNED);
    steal__wakeups_schedule(&wakeups);
    or_release(word(), SENT | ENDED);
}

static void
send_too_late(unsigned self)
{
    if (self == 0)
        send_and_receive(0);
    else
        wake_and_send();
}

/* The half of the sender is given back by then. */
static void
look_after_sending(unsigned self)
{
    receive_and_free(self);
    if (self == 1)
        (void)steal_oneshot_is_closed(oneshot);
}

static void
free_without_dropping(unsigned self)
{
    if (self == 1) {
        send();
        return;
    }
    explore_free(wait[RECEIVER]);
    steal_oneshot_close(oneshot);
}

/* Nobody else frees it. */
static void
forget_to_abandon(unsigned self)
{
    if (self == 0)
        steal_oneshot_close(oneshot);
}

#define ONESHOT(what, begin, end) \
 .threads = 2, .setup = begin, .thread = what, .finish = end

static const struct explore_case cases[] = {
    { .name = "send_and_receive",
            ONESHOT(send_and_receive, set_up_owned, was_received),
            .spurious = 1,
            .stale_cas = true },
    { .name = "send_to_one_that_waits",
            ONESHOT(send_and_receive, set_up_receiver_waits, was_received) },
    { .name = "receive_foreign",
            ONESHOT(receive_foreign, set_up_owned, was_received) },
    { .name = "receive_elsewhere",
            ONESHOT(receive_elsewhere, set_up_receiver_waits, was_received) },
    { .name = "receive_and_free",
            ONESHOT(receive_and_free, set_up_borrowed, was_received) },
    { .name = "wait_and_free",
            ONESHOT(receive_and_free, set_up_borrowed_waits, was_received) },
    { .name = "try_and_free",
            ONESHOT(try_and_free, set_up_borrowed, was_received) },
    { .name = "send_and_close",
            ONESHOT(send_and_close, set_up_owned, was_not_lost),
            .outcomes = 2,
            .spurious = 1,
            .stale_cas = true },
    { .name = "try_and_close",
            ONESHOT(try_and_close, set_up_owned, was_not_lost),
            .outcomes = 3 },
    { .name = "drop_and_close",
            ONESHOT(drop_and_close, set_up_receiver_waits, was_not_lost),
            .outcomes = 2 },
    { .name = "drop_and_receive",
            ONESHOT(drop_and_receive, set_up_receiver_waits, was_received),
            .spurious = 1,
            .stale_cas = true },
    { .name = "abandon_and_receive",
            ONESHOT(abandon_and_receive, set_up_owned, all_is_free) },
    { .name = "abandon_and_close",
            ONESHOT(abandon_and_close, set_up_owned, all_is_free) },
    { .name = "wait_for_close",
            ONESHOT(wait_for_close, set_up_owned, was_refused) },
    { .name = "drop_wait_for_close",
            ONESHOT(drop_wait_for_close, set_up_sender_waits, was_not_lost),
            .outcomes = 2,
            .spurious = 1,
            .stale_cas = true },

    { .name = "send_without_release",
            ONESHOT(send_and_receive, set_up_owned, was_received),
            .fault = { EXPLORE_DROP_RELEASE, "leave", NULL, NULL } },
    { .name = "look_without_acquire",
            ONESHOT(send_and_receive, set_up_owned, was_received),
            .fault = { EXPLORE_DROP_ACQUIRE, "look", NULL, NULL } },
    { .name = "enter_without_acquire",
            ONESHOT(send_and_close, set_up_owned, was_not_lost),
            .fault = { EXPLORE_DROP_ACQUIRE, "enter", NULL, NULL } },
    { .name = "enter_by_plain_store",
            ONESHOT(send_and_close, set_up_owned, was_not_lost),
            .fault = { EXPLORE_SPLIT_RMW, "enter", NULL, NULL } },
    { .name = "wake_before_sending",
            ONESHOT(send_too_late, set_up_receiver_waits, all_is_free),
            .must_fail = true },
    { .name = "look_after_sending",
            ONESHOT(look_after_sending, set_up_borrowed, was_received),
            .must_fail = true },
    { .name = "free_without_dropping",
            ONESHOT(free_without_dropping, set_up_receiver_waits, was_not_lost),
            .must_fail = true },
    { .name = "forget_to_abandon",
            ONESHOT(forget_to_abandon, set_up_owned, all_is_free),
            .must_fail = true },
};

EXPLORE_MAIN(cases)
