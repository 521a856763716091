/*
 * inject.h - system calls that fail, or do less than they could, at random.
 *
 * The linker sends the calls of the library here (tests/Makefile.inc).
 * Nothing is injected before inject_begin() nor after inject_end().
 *
 * What is told stays possible.  A real EAGAIN is followed by an event once it is
 * no longer true, and so is a short read of TCP, where it means that there was no
 * more.  So after one that is made up the descriptor is armed again in the set
 * that watches it, which reports it: at once, before the call has returned, or a
 * little later by a thread of its own.
 *
 * Threads: any, but for begin() and end().
 */
#ifndef STEAL_TESTS_INJECT_H
#define STEAL_TESTS_INJECT_H

#include <stdint.h>

enum inject {
    INJECT_INTERRUPTION, /* EINTR, before anything was done */
    INJECT_SHORT_READ,   /* a part of what could be read */
    INJECT_SHORT_WRITE,  /* a part of what could be written */
    INJECT_WOULD_BLOCK,  /* EAGAIN, though it would not */
    INJECT_NO_BUFFERS,   /* ENOBUFS or ENOMEM of a write */
    INJECT_NO_ACCEPT,    /* EMFILE, ENFILE, ECONNABORTED and so on */
    INJECT_NO_WATCH,     /* ENOMEM or ENOSPC of epoll_ctl() */
    INJECT_NO_HARVEST,   /* EINTR of epoll_wait() */
    INJECT_ONE_EVENT,    /* epoll_wait() gives one event */
    INJECT_CONNECTING,   /* EINTR of a connect() that goes on */
    INJECTIONS
};

/* How many of a thousand calls, by kind. */
struct inject_odds {
    unsigned of[INJECTIONS];
};

void inject_begin(const struct inject_odds *odds, uint64_t seed);
void inject_end(void);

/* How many were injected since inject_begin(). */
long inject_count(enum inject what);

#endif
