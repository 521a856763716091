/*
 * mail.h - a channel, and the messages that the threads of a case send.
 *
 * A message is a number: ten times that of its sender, and then which of the
 * sender's own it is.  99 is from nobody.  A block of a channel holds two
 * messages here, and one spare block is kept.
 */
#ifndef EXPLORE_MAIL_H
#define EXPLORE_MAIL_H

#include "../../src/sync/channel.h"

#define MAIL_ENDS 3
#define MAIL_MOST 4

typedef uint64_t message;

extern struct steal_channel mail;
extern struct steal_channel_send mail_sends[MAIL_ENDS];
extern struct steal_channel_receive mail_receives[MAIL_ENDS];

/* What a thread is sending, or has received; how many were sent and received. */
extern message mail_next[MAIL_ENDS];
extern message mail_got[MAIL_ENDS][MAIL_MOST];
extern unsigned mail_nsent[MAIL_ENDS];
extern unsigned mail_ngot[MAIL_ENDS];

static inline struct channel *
mail_channel(void)
{
    return channel_of(&mail);
}

/* In setup(): a channel of one slot or two, of none, of blocks, or of up to two
 * messages in a block. */
void mail_set_up_one(void);
void mail_set_up_two(void);
void mail_set_up_none(void);
void mail_set_up_blocks(void);
void mail_set_up_capped(void);

/* One message from nobody. */
void mail_fill(void);

/* What the thread will wait for. */
struct steal_future *mail_send_future(unsigned self);
struct steal_future *mail_receive_future(unsigned self);

/* Waits for a new one, or for the one that was begun.  0 or -EPIPE. */
int mail_send(unsigned self);
int mail_receive(unsigned self);
int mail_go_on_sending(unsigned self);
int mail_go_on_receiving(unsigned self);

/* The same for one that cannot fail. */
void mail_must_send(unsigned self);
void mail_must_receive(unsigned self);

/* What has become of a send that is ready. */
void mail_note_send(unsigned self, int result);

void mail_try_receive(unsigned self);
void mail_drop_send(unsigned self);
void mail_drop_receive(unsigned self);

/* In finish(): so many messages are left, in order, and nobody waits; as many as
 * were sent and not received; and the ones of nobody, too. */
void mail_are_left(size_t n);
void mail_all_have_come(void);
void mail_none_is_lost(void);
void mail_none_is_lost_of_one(void);
void mail_none_is_lost_of_two(void);

#endif
