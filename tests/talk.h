/*
 * talk.h - a client and a server that talk and check every byte, for the tests
 * that make connections suffer.
 *
 * A client sends an order: the seed of the bytes that follow, and what the server
 * is to do in the middle.  Then it sends bytes that follow from the seed and from
 * their place in the stream; the server checks and echoes them, the client checks
 * the echo.  A byte that was lost, doubled or moved ends the program, whatever
 * else becomes of the connection; each end also counts.
 *
 * Errors that pass (-ENOBUFS, -ENOMEM, -ENOSPC of a wait) are tried again where
 * the operation stopped.
 *
 * Threads: a talk is shared by all of its clients and servers, a client belongs to
 * one task.
 */
#ifndef STEAL_TESTS_TALK_H
#define STEAL_TESTS_TALK_H

#include <steal.h>

#include "../src/base/atomic.h"
#include "../src/base/rand.h"

#define TALK_BUFFER 16384

/* What one side does after so many bytes, instead of going on to the end. */
enum talk_fate {
    TALK_ON,        /* it goes on */
    TALK_CLOSE,     /* closes, with bytes still on their way */
    TALK_RESET,     /* the same with a reset: SO_LINGER of 0 */
    TALK_SHUT,      /* shuts its own direction down, and goes on reading */
    TALK_STALL,     /* stops for some milliseconds */
    TALK_IMPATIENT, /* of a client: gives up after some milliseconds */
    TALK_FATES
};

/* What all of them share. */
struct talk {
    uint64_t seed;          /* told when a byte is wrong */
    _Atomic(bool) over;     /* the runtime stops: whatever comes, comes */
    _Atomic(int64_t) bytes; /* that clients got back, and that were right */
    _Atomic(int64_t) ends;  /* clients and connections of servers that live */
    /* Fates that were met: by clients, by servers. */
    _Atomic(int64_t) fates[TALK_FATES][2];
};

/* The head of each stream. */
struct talk_order {
    uint64_t seed;
    uint32_t fate; /* of the server */
    uint32_t limit;
};

/* Fills or checks `n` bytes at place `at` of the stream with this seed. */
void talk_fill(unsigned char *bytes, size_t n, uint64_t seed, uint64_t at);
bool talk_is_right(const unsigned char *bytes, size_t n, uint64_t seed,
        uint64_t at);

/* How much to move at a time, up to `most`: small and large ones as often. */
size_t talk_some(struct rng *rng, size_t most);

/* How long to stop for, ns. */
uint64_t talk_a_while(struct rng *rng);

/* Closes, and leaves the caller its reference. */
void talk_hang_up(struct steal_fd *fd, bool reset);

/* A fate was met by a client (0) or a server (1). */
void talk_count_fate(struct talk *talk, enum talk_fate fate, int side);

/* An error after which the same operation may be tried again. */
bool talk_passes(int error);

/* Ends the program; tells the seed of the run. */
_Noreturn void talk_failed(const struct talk *talk, const char *what, int error,
        uint64_t at);

/*
 * A future that accepts connections and serves each in a task of its own, until
 * the listener is closed; then its result is -ECANCELED.
 */
struct talk_server {
    struct steal_async async;
    struct steal_accept accept;
    struct steal_fd *listener;
    struct talk *talk;
};

struct talk_server talk_server(struct talk *talk, struct steal_fd *listener);

/* A future that writes all, however often it is held up: 0 or an error. */
struct talk_push {
    struct steal_async async;
    struct steal_fd *fd;
    const unsigned char *bytes;
    size_t size;
    size_t gone;
    size_t cut; /* where the second piece begins; 0: one piece */
    struct iovec piece[2];
    struct steal_io io;
};

struct steal_future *talk_push(struct talk_push *push, struct steal_fd *fd,
        const void *bytes, size_t size, size_t cut);

/* A future that serves one connection, which it owns. */
struct talk_service {
    struct steal_async async;
    struct talk *talk;
    struct steal_fd *fd;
    unsigned char *buffer;
    struct talk_order order;
    struct rng rng;
    uint64_t at;  /* bytes that were served */
    size_t here;  /* bytes in the buffer */
    bool met;     /* its fate */
    bool is_mute; /* it has shut its own direction down */
    struct iovec piece[2];
    struct steal_io io;
    struct talk_push push;
    struct steal_sleep nap;
};

struct talk_service talk_service(struct talk *talk, struct steal_fd *fd);

struct talk_plan {
    uint64_t seed;
    uint32_t total; /* bytes to send */
    enum talk_fate mine;
    enum talk_fate servers;
    uint32_t limit;    /* after so many bytes */
    uint64_t patience; /* of the impatient, ns */
    struct steal_address address;
};

/* The two directions of a client, inside one task. */
struct talk_half {
    struct steal_async async;
    struct talk_client *client;
    unsigned char *buffer;
    struct rng rng;
    uint64_t at;
    size_t here;
    bool met;
    struct steal_io io;
    struct talk_push push;
    struct steal_sleep nap;
};

/*
 * A future that connects, talks and closes.  Its result is 0 if all went to its
 * end: all bytes came back, in order, and then the end of the stream.  Otherwise
 * it is an error that the fates explain, else the program ends.
 */
struct talk_client {
    struct steal_async async;
    struct talk *talk;
    struct talk_plan plan;
    struct steal_fd *fd;
    struct steal_connect connect;
    struct talk_half sender;
    struct talk_half receiver;
    struct steal_future *half[2];
    struct steal_join_all both;
    struct steal_timeout timeout;
    struct steal_sleep nap;
    unsigned char *buffer;
    int tries;
    bool counted;
};

struct talk_client talk_client(struct talk *talk, const struct talk_plan *plan);

#endif
