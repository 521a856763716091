/*
 * ready.c - the word of a source (src/driver/ready.h): no edge is lost, and the
 * descriptor is closed once, when nobody uses it.
 *
 * The system is a word: what there is to read.  Reading it is relaxed, so that a
 * thread finds what an event has told only if ready.h has ordered it.
 */
#include "explore.h"

#include "../../src/driver/ready.h"

#define USERS 2

static _Atomic(uint64_t) word;
static _Atomic(unsigned) there; /* what there is to read */
static unsigned used[USERS];    /* in a system call */
static unsigned closed;
static unsigned reason; /* of the close */

/* What a case may break. */
static bool forgets_ticks;
static bool forgets_to_tick;
static bool forgets_the_end;

static void
set_up(void)
{
    store_relaxed(&word, STEAL_READABLE);
    store_relaxed(&there, 0);
    used[0] = used[1] = 0;
    closed = 0;
    reason = 0;
    forgets_ticks = false;
    forgets_to_tick = false;
    forgets_the_end = false;
    explore_name(&word, sizeof word, "word");
    explore_name(&there, sizeof there, "there");
    explore_name(used, sizeof used, "used");
    explore_name(&closed, sizeof closed, "closed");
    explore_name(&reason, sizeof reason, "reason");
}

static void
set_up_forgetting_ticks(void)
{
    set_up();
    forgets_ticks = true;
}

static void
set_up_forgetting_to_tick(void)
{
    set_up();
    forgets_to_tick = true;
}

static void
set_up_forgetting_the_end(void)
{
    set_up();
    forgets_the_end = true;
}

static void
raise(uint64_t bits)
{
    if (forgets_to_tick)
        or_release(&word, bits);
    else
        steal__ready_raise(&word, bits);
}

static bool
leave(uint64_t seen, uint64_t consumed)
{
    /* The tick that is there is taken for the one that was seen. */
    if (forgets_ticks)
        seen = load_relaxed(&word);
    return steal__ready_leave(&word, seen, consumed);
}

/*
 * R1: what came is either taken, or the bit says that it can be
 */

/* Reads once, if that is worth trying. */
static void
read_once(void)
{
    uint64_t seen;
    unsigned found;

    explore_assert(steal__ready_enter(&word, &seen));
    found = load_relaxed(&there);
    if (found)
        cas_strong_acq_rel(&there, &found, 0); /* or another reader did */
    leave(seen, found ? 0 : STEAL_READABLE);
}

static void
read_and_raise(unsigned self)
{
    if (self != 0) {
        read_once();
        return;
    }
    store_relaxed(&there, 1);
    raise(STEAL_READABLE);
}

static void
read_and_raise_twice(unsigned self)
{
    for (unsigned i = 0; i < 2; i++)
        read_and_raise(self);
}

static void
no_edge_is_lost(void)
{
    if (load_relaxed(&there))
        explore_assert(load_relaxed(&word) & STEAL_READABLE);
    explore_assert(!(load_relaxed(&word) & READY_USERS));
}

/*
 * R3: a byte, then the end of the stream; `there` counts what is still to be
 * read, the end being the last
 */

#define BYTE 2
#define END  1

static unsigned read_to; /* the reader's */

static void
set_up_stream(void)
{
    set_up();
    read_to = 0;
}

static void
set_up_stream_without_end(void)
{
    set_up_forgetting_the_end();
    read_to = 0;
}

/* A read of a buffer that is larger than what is there. */
static void
read_stream_once(void)
{
    uint64_t consumed = 0;
    uint64_t seen;
    unsigned found;

    explore_assert(steal__ready_enter(&word, &seen));
    found = add_relaxed(&there, 0); /* the newest */
    if (found)
        sub_acq_rel(&there, found & BYTE ? BYTE : END);
    if (!found)
        consumed = STEAL_READABLE;
    else if (found & BYTE && (forgets_the_end || !(seen & READY_ENDED)))
        consumed = STEAL_READABLE; /* a short read */
    else if (!(found & BYTE))
        read_to = END;
    leave(seen, consumed);
}

static void
read_stream(unsigned self)
{
    if (self == 0) {
        add_relaxed(&there, BYTE);
        if (explore_choose(2))
            raise(STEAL_READABLE);
        add_relaxed(&there, END);
        raise(STEAL_READABLE | READY_ENDED);
        return;
    }
    while (load_relaxed(&word) & STEAL_READABLE && read_to != END)
        read_stream_once();
}

static void
the_end_is_not_lost(void)
{
    if (load_relaxed(&there))
        explore_assert(load_relaxed(&word) & STEAL_READABLE);
}

/*
 * R2: closed once, by the last to leave
 */

/* What steal__source_end() does. */
static void
end(void)
{
    explore_assert(reason == 7);
    for (unsigned i = 0; i < USERS; i++)
        used[i]++; /* after all use of it */
    closed++;
    steal__ready_bury(&word);
}

static void
use(unsigned self)
{
    uint64_t seen;

    if (!steal__ready_enter(&word, &seen))
        return;
    explore_assert(!closed);
    used[self]++;
    if (leave(seen, 0))
        end();
}

static void
close_it(void)
{
    if (!steal__ready_close(&word))
        return;
    if (leave(0, 0))
        end();
}

static void
use_and_close(unsigned self)
{
    if (self < USERS) {
        use(self);
        return;
    }
    reason = 7;
    close_it();
}

static void
close_twice(unsigned self)
{
    if (self == 0) {
        use(self);
        return;
    }
    close_it();
}

static void
set_up_reason(void)
{
    set_up();
    reason = 7;
}

/* Who waits for the end sees it (O3). */
static void
wait_until_gone(unsigned self)
{
    if (self == 0) {
        use(self);
        return;
    }
    reason = 7;
    close_it();
    while (!steal__ready_is_gone(&word))
        cpu_relax();
    explore_assert(closed == 1);
}

static void
is_closed_once(void)
{
    explore_assert(closed == 1);
    explore_assert(!(load_relaxed(&word) & READY_USERS));
    explore_assert(load_relaxed(&word) & READY_GONE);
}

#define READ(count, what) \
 .threads = count, .setup = set_up, .thread = what, .finish = no_edge_is_lost
#define STREAM(what)                                 \
 .threads = 2, .setup = what, .thread = read_stream, \
 .finish = the_end_is_not_lost
#define CLOSE(count, what) \
 .threads = count, .setup = set_up, .thread = what, .finish = is_closed_once

static const struct explore_case cases[] = {
    { .name = "read_and_raise", READ(2, read_and_raise) },
    { .name = "read_and_raise_weakly",
            READ(2, read_and_raise),
            .spurious = 1,
            .stale_cas = true },
    { .name = "two_readers", READ(3, read_and_raise) },
    { .name = "read_and_raise_twice", READ(2, read_and_raise_twice) },
    { .name = "clear_whatever_the_tick",
            .threads = 2,
            .setup = set_up_forgetting_ticks,
            .thread = read_and_raise,
            .finish = no_edge_is_lost,
            .must_fail = true },
    { .name = "raise_without_tick",
            .threads = 2,
            .setup = set_up_forgetting_to_tick,
            .thread = read_and_raise,
            .finish = no_edge_is_lost,
            .must_fail = true },
    { .name = "raise_by_plain_store",
            READ(2, read_and_raise),
            .fault = { EXPLORE_SPLIT_RMW, "steal__ready_raise", NULL, NULL } },
    { .name = "enter_by_plain_store",
            READ(2, read_and_raise),
            .fault = { EXPLORE_SPLIT_RMW, "steal__ready_enter", NULL, NULL } },
    { .name = "clear_by_plain_store",
            READ(2, read_and_raise),
            .fault = { EXPLORE_SPLIT_RMW, "steal__ready_leave", NULL, NULL } },
    { .name = "raise_without_release",
            READ(2, read_and_raise),
            .fault = { EXPLORE_DROP_RELEASE, "steal__ready_raise", NULL,
                    NULL } },
    { .name = "enter_without_acquire",
            READ(2, read_and_raise),
            .fault = { EXPLORE_DROP_ACQUIRE, "steal__ready_enter", NULL,
                    NULL } },

    { .name = "read_to_the_end", STREAM(set_up_stream) },
    { .name = "short_read_at_the_end",
            STREAM(set_up_stream_without_end),
            .must_fail = true },

    { .name = "use_and_close", CLOSE(3, use_and_close) },
    { .name = "use_and_close_weakly",
            CLOSE(3, use_and_close),
            .spurious = 1,
            .stale_cas = true,
            .preemptions = 2 },
    { .name = "close_twice",
            .threads = 3,
            .setup = set_up_reason,
            .thread = close_twice,
            .finish = is_closed_once },
    { .name = "wait_until_gone", CLOSE(2, wait_until_gone) },
    { .name = "leave_without_release",
            CLOSE(3, use_and_close),
            .fault = { EXPLORE_DROP_RELEASE, "steal__ready_leave", NULL,
                    NULL } },
    { .name = "leave_without_acquire",
            CLOSE(3, use_and_close),
            .fault = { EXPLORE_DROP_ACQUIRE, "steal__ready_leave", NULL,
                    NULL } },
    { .name = "leave_by_plain_store",
            CLOSE(3, use_and_close),
            .fault = { EXPLORE_SPLIT_RMW, "steal__ready_leave", NULL, NULL } },
    { .name = "close_by_plain_store",
            CLOSE(3, use_and_close),
            .fault = { EXPLORE_SPLIT_RMW, "steal__ready_close", NULL, NULL } },
    { .name = "enter_a_closed_one",
            CLOSE(3, use_and_close),
            .fault = { EXPLORE_SPLIT_RMW, "steal__ready_enter", NULL, NULL } },
    { .name = "bury_without_release",
            CLOSE(2, wait_until_gone),
            .fault = { EXPLORE_DROP_RELEASE, "steal__ready_bury", NULL,
                    NULL } },
    { .name = "wait_without_acquire",
            CLOSE(2, wait_until_gone),
            .fault = { EXPLORE_DROP_ACQUIRE, "steal__ready_is_gone", NULL,
                    NULL } },
};

EXPLORE_MAIN(cases)
