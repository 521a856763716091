/*
 * operation.h - a source with a descriptor, and who waits for it.
 *
 * An operation is a future by hand, which tries first and waits after: a wake-up
 * that is lost leaves it asleep.  Memory that is freed too early is found, and
 * none may be left at the end.
 */
#ifndef EXPLORE_OPERATION_H
#define EXPLORE_OPERATION_H

#include "../../src/driver/source.h"

#define OPERATIONS 2

struct operation {
    struct wait *wait; /* a block of its own */
    unsigned events;
    bool takes; /* what it waits for */
    bool begun;
    bool careless; /* lets go of the source as soon as its wait has ended */
    int result;
};

extern struct steal_fd *source;
extern int number; /* of its descriptor */
extern struct operation operation[OPERATIONS];

/*
 * In setup(): a descriptor that has not been tried yet, or cannot be watched; and
 * one that the source knows is not ready, of one owner, of two, or for one who
 * reads and one who writes.
 */
void op_set_up(void);
void op_set_up_regular(void);
void op_set_up_consumed(void);
void op_set_up_shared(void);
void op_set_up_directions(void);

/* Polls once: true when it has ended. */
bool op_poll(void *operation, struct steal_context *cx);
bool op_poll_as(unsigned task, unsigned index);

/* Polls the operation until it has ended, as the task with its index. */
void op_run(unsigned index);

/* In finish(): all owners are gone; or there is one, and no operation failed. */
void op_nothing_is_left(void);
void op_all_went_well(void);

#endif
