#include "mail.h"

#include <errno.h>

#include "explore.h"
#include "toy.h"

struct steal_channel mail;
struct steal_channel_send mail_sends[MAIL_ENDS];
struct steal_channel_receive mail_receives[MAIL_ENDS];
message mail_next[MAIL_ENDS];
message mail_got[MAIL_ENDS][MAIL_MOST];
unsigned mail_nsent[MAIL_ENDS];
unsigned mail_ngot[MAIL_ENDS];

static message slots[2];

static void
set_up(void *storage, size_t capacity)
{
    toy_begin();
    steal_channel_init(&mail, storage, sizeof(message), capacity);
    for (unsigned i = 0; i < MAIL_ENDS; i++) {
        mail_next[i] = 10 * i;
        mail_nsent[i] = 0;
        mail_ngot[i] = 0;
    }
    explore_name(&mail, sizeof mail, "channel");
    explore_name(slots, sizeof slots, "slots");
    explore_name(mail_sends, sizeof mail_sends, "sends");
    explore_name(mail_receives, sizeof mail_receives, "receives");
    explore_name(mail_next, sizeof mail_next, "next");
    explore_name(mail_got, sizeof mail_got, "got");
}

void
mail_set_up_one(void)
{
    set_up(slots, 1);
}

void
mail_set_up_two(void)
{
    set_up(slots, 2);
}

void
mail_set_up_none(void)
{
    set_up(NULL, 0);
}

void
mail_set_up_blocks(void)
{
    set_up(NULL, STEAL_UNBOUNDED);
}

void
mail_set_up_capped(void)
{
    set_up(NULL, 2);
}

void
mail_fill(void)
{
    static const message nobodys = 99;

    explore_assert(steal_channel_try_send(&mail, &nobodys) == 0);
}

/*
 * Sending and receiving
 */

struct steal_future *
mail_send_future(unsigned self)
{
    return steal_channel_send(&mail_sends[self], &mail, &mail_next[self]);
}

struct steal_future *
mail_receive_future(unsigned self)
{
    return steal_channel_receive(&mail_receives[self], &mail,
            &mail_got[self][mail_ngot[self]]);
}

void
mail_note_send(unsigned self, int result)
{
    explore_assert(result == 0 || result == -EPIPE);
    explore_assert(mail_sends[self].sent == (result == 0));
    mail_nsent[self] += mail_sends[self].sent;
    mail_next[self]++;
}

int
mail_go_on_sending(unsigned self)
{
    int result = toy_await(self, &mail_sends[self].future);

    mail_note_send(self, result);
    return result;
}

int
mail_send(unsigned self)
{
    mail_send_future(self);
    return mail_go_on_sending(self);
}

void
mail_must_send(unsigned self)
{
    explore_assert(mail_send(self) == 0);
}

int
mail_go_on_receiving(unsigned self)
{
    int result = toy_await(self, &mail_receives[self].future);

    explore_assert(result == 0 || result == -EPIPE);
    mail_ngot[self] += result == 0;
    return result;
}

int
mail_receive(unsigned self)
{
    mail_receive_future(self);
    return mail_go_on_receiving(self);
}

void
mail_must_receive(unsigned self)
{
    explore_assert(mail_receive(self) == 0);
}

void
mail_try_receive(unsigned self)
{
    message *to = &mail_got[self][mail_ngot[self]];

    if (steal_channel_try_receive(&mail, to) == 0)
        mail_ngot[self]++;
}

void
mail_drop_send(unsigned self)
{
    steal_future_drop(&mail_sends[self].future);
    mail_nsent[self] += mail_sends[self].sent;
}

void
mail_drop_receive(unsigned self)
{
    steal_future_drop(&mail_receives[self].future);
}

/*
 * Ends
 */

static unsigned
sum(const unsigned n[MAIL_ENDS])
{
    return n[0] + n[1] + n[2];
}

/* Each of a sender's comes after those before it. */
static void
check_order(const message *messages, unsigned n)
{
    message last[10] = { 0 };

    for (unsigned i = 0; i < n; i++) {
        message from = messages[i] / 10;

        explore_assert(from == 9 || messages[i] + 1 > last[from]);
        last[from] = messages[i] + 1;
    }
}

void
mail_are_left(size_t n)
{
    for (unsigned i = 0; i < MAIL_ENDS; i++)
        check_order(mail_got[i], mail_ngot[i]);
    explore_assert(steal_channel_count(&mail) == n);
    explore_assert(!waitq_first_locked(&mail_channel()->receivers));
    explore_assert(!channel_first_sender_locked(mail_channel()));
    steal_channel_fini(&mail);
    explore_assert(toy_is_clean());
}

void
mail_all_have_come(void)
{
    explore_assert(sum(mail_nsent) == sum(mail_ngot));
    mail_are_left(0);
}

static void
none_is_lost_of(unsigned before)
{
    explore_outcome(sum(mail_ngot) * 4 + sum(mail_nsent));
    mail_are_left(before + sum(mail_nsent) - sum(mail_ngot));
}

void
mail_none_is_lost(void)
{
    none_is_lost_of(0);
}

void
mail_none_is_lost_of_one(void)
{
    none_is_lost_of(1);
}

void
mail_none_is_lost_of_two(void)
{
    none_is_lost_of(2);
}
