/*
 * channel_end.c - channels (src/sync/channel*.c): those who give up half way,
 * and the end of it all.
 */
#include <errno.h>

#include "explore.h"
#include "mail.h"
#include "toy.h"

/*
 * Beginnings
 */

static void
set_up_two_receivers_wait(void)
{
    mail_set_up_two();
    for (unsigned i = 0; i < 2; i++)
        toy_begin_to_wait(i, mail_receive_future(i));
}

static void
set_up_full(void)
{
    mail_set_up_one();
    mail_fill();
}

static void
set_up_sender_waits(void)
{
    set_up_full();
    toy_begin_to_wait(0, mail_send_future(0));
}

static void
set_up_two_senders_wait(void)
{
    set_up_sender_waits();
    toy_begin_to_wait(1, mail_send_future(1));
}

static void
set_up_sender_waits_for_receiver(void)
{
    mail_set_up_none();
    toy_begin_to_wait(0, mail_send_future(0));
}

static void
set_up_capped(void)
{
    mail_set_up_capped();
    mail_fill();
    mail_fill();
    for (unsigned i = 0; i < 2; i++)
        toy_begin_to_wait(i, mail_send_future(i));
}

static void
set_up_senders_count(void)
{
    mail_set_up_blocks();
    steal_channel_add_sender(&mail);
    steal_channel_add_sender(&mail);
}

/*
 * Giving up
 */

/* C2: a receiver is woken, and does not want it. */
static void
drop_receiver(unsigned self)
{
    if (self == 0)
        mail_drop_receive(0);
    else if (self == 1)
        explore_assert(mail_go_on_receiving(1) == 0);
    else
        mail_must_send(2);
}

/* C1: a sender has sent, or has not. */

static void
drop_sender(unsigned self)
{
    if (self == 0)
        mail_drop_send(0);
    else
        mail_try_receive(1);
}

static void
drop_first_sender(unsigned self)
{
    if (self == 0) {
        mail_drop_send(0);
    } else if (self == 1) {
        explore_assert(mail_go_on_sending(1) == 0);
    } else {
        mail_must_receive(2);
        mail_must_receive(2);
    }
}

/* There is room for the second as soon as the first is gone. */
static void
drop_for_room(unsigned self)
{
    if (self == 1) {
        explore_assert(mail_go_on_sending(1) == 0);
        return;
    }
    if (self == 0)
        mail_drop_send(0);
    if (self == 2 || mail_sends[0].sent)
        mail_try_receive(self);
}

/*
 * The end
 */

static void
close_and_send(unsigned self)
{
    if (self == 0)
        mail_send(0);
    else if (self == 1)
        steal_channel_close(&mail);
    else
        mail_try_receive(2);
}

static void
close_and_receive(unsigned self)
{
    if (self == 0)
        mail_receive(0);
    else if (self == 1)
        mail_send(1);
    else
        steal_channel_close(&mail);
}

static void
close_and_wait(unsigned self)
{
    if (self == 2)
        steal_channel_close(&mail);
    else
        explore_assert(mail_go_on_receiving(self) == -EPIPE);
}

static void
close_and_drop(unsigned self)
{
    if (self == 0)
        mail_drop_send(0);
    else if (self == 1)
        steal_channel_close(&mail);
    else
        mail_try_receive(2);
}

static void
senders_end(unsigned self)
{
    if (self) {
        mail_must_send(self);
        steal_channel_end_sender(&mail);
        return;
    }
    while (mail_receive(0) == 0)
        ;
    explore_assert(mail_ngot[0] == 2);
}

/*
 * What would be wrong
 */

/* Whoever goes, without a look at who is next. */
static void
leave_receiver(unsigned self)
{
    if (self == 0)
        steal__waitq_leave(&mail_channel()->receivers,
                wait_of(&mail_receives[0].wait));
    else
        drop_receiver(self);
}

/* Takes a message, and lets nobody in. */
static void
take_and_shut(unsigned self)
{
    struct channel *c = mail_channel();

    if (self == 0) {
        explore_assert(mail_go_on_sending(0) == 0);
        return;
    }
    lock_take(&c->receivers.lock);
    slots_pop(&c->slots, &mail_got[1][0]);
    mail_ngot[1]++;
    lock_give(&c->receivers.lock);
}

/* It looks sent, though it was not. */
static void
believe_sent(unsigned self)
{
    if (self == 0) {
        mail_drop_send(0);
        mail_nsent[0] = 1;
    } else {
        mail_try_receive(1);
    }
}

/* Says that it is closed, to those who come. */
static void
close_silently(unsigned self)
{
    struct channel *c = mail_channel();

    if (self == 2) {
        lock_take(&c->receivers.lock);
        c->closed = true;
        c->room = 0;
        lock_give(&c->receivers.lock);
    } else {
        close_and_wait(self);
    }
}

#define CHANNEL(count, what, begin, end) \
 .threads = count, .setup = begin, .thread = what, .finish = end

static const struct explore_case cases[] = {
    { .name = "drop_receiver",
            CHANNEL(3, drop_receiver, set_up_two_receivers_wait,
                    mail_all_have_come),
            .preemptions = 4 },
    { .name = "drop_sender",
            CHANNEL(2, drop_sender, set_up_sender_waits,
                    mail_none_is_lost_of_one),
            .outcomes = 2 },
    { .name = "drop_sender_hand_to_hand",
            CHANNEL(2, drop_sender, set_up_sender_waits_for_receiver,
                    mail_none_is_lost),
            .outcomes = 2 },
    { .name = "drop_first_sender",
            CHANNEL(3, drop_first_sender, set_up_two_senders_wait,
                    mail_none_is_lost_of_one),
            .preemptions = 3,
            .outcomes = 2 },
    { .name = "drop_for_room",
            CHANNEL(3, drop_for_room, set_up_two_senders_wait,
                    mail_none_is_lost_of_one),
            .preemptions = 5 },
    { .name = "drop_capped_sender",
            CHANNEL(3, drop_for_room, set_up_capped, mail_none_is_lost_of_two),
            .preemptions = 5 },
    { .name = "close_and_send",
            CHANNEL(3, close_and_send, set_up_full, mail_none_is_lost_of_one),
            .preemptions = 4,
            .outcomes = 2 },
    { .name = "close_and_receive",
            CHANNEL(3, close_and_receive, mail_set_up_one, mail_none_is_lost),
            .preemptions = 4,
            .outcomes = 2 },
    { .name = "close_and_wait",
            CHANNEL(3, close_and_wait, set_up_two_receivers_wait,
                    mail_all_have_come),
            .preemptions = 3 },
    { .name = "close_and_drop",
            CHANNEL(3, close_and_drop, set_up_sender_waits,
                    mail_none_is_lost_of_one),
            .outcomes = 2 },
    { .name = "senders_end",
            CHANNEL(3, senders_end, set_up_senders_count, mail_all_have_come),
            .preemptions = 3 },

    { .name = "close_by_plain_store",
            CHANNEL(3, close_and_drop, set_up_sender_waits,
                    mail_none_is_lost_of_one),
            .fault = { EXPLORE_SPLIT_RMW, "lock_try", NULL, NULL } },
    { .name = "leave_without_waking_the_next",
            CHANNEL(3, leave_receiver, set_up_two_receivers_wait,
                    mail_all_have_come),
            .must_fail = true },
    { .name = "take_and_shut",
            CHANNEL(2, take_and_shut, set_up_sender_waits,
                    mail_none_is_lost_of_one),
            .must_fail = true },
    { .name = "believe_sent",
            CHANNEL(2, believe_sent, set_up_sender_waits,
                    mail_none_is_lost_of_one),
            .must_fail = true },
    { .name = "close_silently",
            CHANNEL(3, close_silently, set_up_two_receivers_wait,
                    mail_all_have_come),
            .must_fail = true },
};

EXPLORE_MAIN(cases)
