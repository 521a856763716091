/*
 * channel.c - channels (src/sync/channel*.c, slots.c): senders and receivers,
 * who wait for one another and pass each other.
 */
#include "explore.h"
#include "mail.h"
#include "toy.h"

static void
set_up_receiver_waits(void)
{
    mail_set_up_two();
    toy_begin_to_wait(0, mail_receive_future(0));
}

static void
set_up_two_receivers_wait(void)
{
    set_up_receiver_waits();
    toy_begin_to_wait(1, mail_receive_future(1));
}

/* A block is full, and that is all that it may have. */
static void
set_up_two_senders_wait(void)
{
    mail_set_up_capped();
    mail_fill();
    mail_fill();
    for (unsigned i = 0; i < 2; i++)
        toy_begin_to_wait(i, mail_send_future(i));
}

/*
 * What threads do
 */

static void
once(unsigned self)
{
    if (self)
        mail_must_send(1);
    else
        mail_must_receive(0);
}

/* Two messages, from one to one. */
static void
one_to_one(unsigned self)
{
    once(self);
    once(self);
}

/* Three, so that a block is left behind. */
static void
three_to_one(unsigned self)
{
    one_to_one(self);
    once(self);
}

static void
send_foreign(unsigned self)
{
    if (self)
        mail_note_send(1, toy_await_foreign(1, mail_send_future(1)));
    else
        mail_must_receive(0);
}

static void
receive_foreign(unsigned self)
{
    if (self) {
        mail_must_send(1);
        return;
    }
    explore_assert(toy_await_foreign(0, mail_receive_future(0)) == 0);
    mail_ngot[0]++;
}

static void
two_to_one(unsigned self)
{
    if (self)
        mail_must_send(self);
    else
        one_to_one(0);
}

static void
one_to_two(unsigned self)
{
    if (self == 2) {
        mail_must_send(2);
        mail_must_send(2);
    } else {
        mail_must_receive(self);
    }
}

/* As many as there are. */
static void
one_to_many(unsigned self)
{
    struct steal_channel_receive *receive = &mail_receives[0];
    int n;

    if (self) {
        one_to_one(1);
        return;
    }
    while (mail_ngot[0] < 2) {
        steal_channel_receive_many(receive, &mail, &mail_got[0][mail_ngot[0]],
                2);
        n = toy_await(0, &receive->future);
        explore_assert(n > 0);
        mail_ngot[0] += (unsigned)n;
    }
}

/* Each block is used again. */
static void
fill_and_empty(unsigned self)
{
    if (self < 2) {
        explore_assert(mail_go_on_sending(self) == 0);
        mail_must_send(self);
        return;
    }
    for (int i = 0; i < 4; i++)
        mail_must_receive(2);
}

/* C2: the one who waits is robbed of what it was woken for. */
static void
rob(unsigned self)
{
    if (self == 0) {
        explore_assert(mail_go_on_receiving(0) == 0);
    } else if (self == 1) {
        mail_try_receive(1);
    } else {
        mail_must_send(2);
        mail_must_send(2);
    }
}

/* Both are there before the messages. */
static void
wait_for_two(unsigned self)
{
    if (self == 2)
        one_to_two(2);
    else
        explore_assert(mail_go_on_receiving(self) == 0);
}

/*
 * What would be wrong
 */

/* Wakes a receiver, and sends after that. */
static void
wake_and_send(void)
{
    struct channel *c = mail_channel();
    struct wakeups wakeups;
    struct wait *first;

    wakeups_init(&wakeups);
    lock_take(&c->receivers.lock);
    first = waitq_first_locked(&c->receivers);
    if (first)
        waitq_end_locked(first, 0, &wakeups);
    lock_give(&c->receivers.lock);
    steal__wakeups_schedule(&wakeups);
    lock_take(&c->receivers.lock);
    explore_assert(slots_has_room(&c->slots));
    slots_push(&c->slots, &mail_next[1]);
    mail_nsent[1]++;
    lock_give(&c->receivers.lock);
}

static void
send_too_late(unsigned self)
{
    if (self)
        wake_and_send();
    else
        explore_assert(mail_go_on_receiving(0) == 0);
}

#define CHANNEL(count, what, begin, end) \
 .threads = count, .setup = begin, .thread = what, .finish = end

static const struct explore_case cases[] = {
    { .name = "one_slot",
            CHANNEL(2, one_to_one, mail_set_up_one, mail_all_have_come),
            .preemptions = 4 },
    { .name = "two_slots",
            CHANNEL(2, three_to_one, mail_set_up_two, mail_all_have_come),
            .preemptions = 3 },
    { .name = "hand_to_hand",
            CHANNEL(2, once, mail_set_up_none, mail_all_have_come),
            .preemptions = 5 },
    { .name = "hand_to_hand_twice",
            CHANNEL(2, one_to_one, mail_set_up_none, mail_all_have_come),
            .preemptions = 3 },
    { .name = "blocks",
            CHANNEL(2, three_to_one, mail_set_up_blocks, mail_all_have_come),
            .preemptions = 3 },
    { .name = "send_foreign",
            CHANNEL(2, send_foreign, mail_set_up_none, mail_all_have_come),
            .preemptions = 5 },
    { .name = "receive_foreign",
            CHANNEL(2, receive_foreign, mail_set_up_one, mail_all_have_come) },
    { .name = "two_senders",
            CHANNEL(3, two_to_one, mail_set_up_one, mail_all_have_come),
            .preemptions = 3 },
    { .name = "two_senders_two_slots",
            CHANNEL(3, two_to_one, mail_set_up_two, mail_all_have_come),
            .preemptions = 3 },
    { .name = "two_senders_hand_to_hand",
            CHANNEL(3, two_to_one, mail_set_up_none, mail_all_have_come),
            .preemptions = 2 },
    { .name = "two_senders_blocks",
            CHANNEL(3, two_to_one, mail_set_up_blocks, mail_all_have_come),
            .preemptions = 3 },
    { .name = "two_receivers",
            CHANNEL(3, one_to_two, mail_set_up_one, mail_all_have_come),
            .preemptions = 2 },
    { .name = "two_receivers_hand_to_hand",
            CHANNEL(3, one_to_two, mail_set_up_none, mail_all_have_come),
            .preemptions = 2 },
    { .name = "wait_for_two",
            CHANNEL(3, wait_for_two, set_up_two_receivers_wait,
                    mail_all_have_come),
            .preemptions = 3 },
    { .name = "many_at_once",
            CHANNEL(2, one_to_many, mail_set_up_two, mail_all_have_come),
            .preemptions = 5 },
    { .name = "fill_and_empty",
            CHANNEL(3, fill_and_empty, set_up_two_senders_wait,
                    mail_none_is_lost_of_two),
            .preemptions = 2 },
    { .name = "rob",
            CHANNEL(3, rob, set_up_receiver_waits, mail_none_is_lost),
            .preemptions = 3,
            .outcomes = 2 },

    { .name = "give_lock_without_release",
            CHANNEL(2, one_to_one, mail_set_up_one, mail_all_have_come),
            .fault = { EXPLORE_DROP_RELEASE, "lock_give", NULL, NULL } },
    { .name = "take_lock_without_acquire",
            CHANNEL(2, one_to_one, mail_set_up_one, mail_all_have_come),
            .fault = { EXPLORE_DROP_ACQUIRE, "lock_try", NULL, NULL } },
    { .name = "take_lock_by_plain_store",
            CHANNEL(2, one_to_one, mail_set_up_one, mail_all_have_come),
            .fault = { EXPLORE_SPLIT_RMW, "lock_try", NULL, NULL } },
    { .name = "wake_before_sending",
            CHANNEL(2, send_too_late, set_up_receiver_waits,
                    mail_all_have_come),
            .must_fail = true },
};

EXPLORE_MAIN(cases)
