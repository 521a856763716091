/*
 * loop.h - the loop of libuv and the driver's set, for the explorer.
 *
 * The loop knows two things: kicks, which stay until a turn takes them, and the
 * set, which has something to report.  It sleeps until there is one of these, or
 * until its deadline.
 */
#ifndef EXPLORE_LOOP_H
#define EXPLORE_LOOP_H

#include <stdint.h>

#define LOOP_KICKED UINT32_C(1)
#define LOOP_EVENTS UINT32_C(2)

struct steal_fd;
struct wakeups;

/* What the loop sleeps on. */
extern _Atomic(uint32_t) loop_pipe;

/* In setup(), by system_begin(). */
void loop_begin(void);

/*
 * Faults that are no matter of order: a case sets them in setup(), and must fail.
 */

/* In place of steal__source_raise(). */
typedef void loop_raise_fn(struct steal_fd *source, uint64_t bits,
        struct wakeups *wakeups);
extern loop_raise_fn *loop_raise;

/* The set forgets a descriptor only when that is closed. */
extern _Bool loop_forgets_late;

#endif
