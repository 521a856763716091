/*
 * steal/copy.h - moving bytes from one stream to another.
 *
 *     STEAL_AWAIT(cx, steal_copy_both(&self->both, self->client, self->server));
 *
 * The faster side waits for the slower one: no more than 64 kB are on their way.
 * Nothing is held while there is nothing to move.  Bulk goes through a pipe with
 * splice(2), where the system can do that, and is not looked at.
 *
 * Threads: while a copy reads a descriptor, nobody else is to read it, and
 * nobody else to write the one that it writes.
 */
#ifndef STEAL_COPY_H
#define STEAL_COPY_H

#include <stdbool.h>

#include <steal/async.h>
#include <steal/fd.h>
#include <steal/future.h>
#include <steal/io.h>

STEAL_BEGIN_DECLS

#define STEAL_ALL UINT64_MAX /* as a limit: until the stream ends */

/*
 * A future: copies until `from` ends, or `limit` bytes were moved.  Its result
 * is 0, or what steal/io.h tells; then `failed` is the descriptor which that is
 * about.  -ENOMEM is about neither.
 *
 * `moved` bytes were written to `to`.  Dropping it, or an error, may lose bytes
 * that were read and not written yet.
 */
struct steal_copy {
    union {
        struct steal_future future;
        struct steal_async async; /* private */
    };
    uint64_t moved;
    struct steal_fd *failed;
    /* private */
    struct steal_fd *from;
    struct steal_fd *to;
    uint64_t limit;
    size_t size; /* what was read and is to be written */
    char *held;  /* a copy of it, while that waits */
    int pipe[2];
    unsigned char phase;
    unsigned char full; /* reads in a row that were */
    bool no_splice;
    struct steal_io io;
};

STEAL_API struct steal_future *steal_copy(struct steal_copy *copy,
        struct steal_fd *from, struct steal_fd *to, uint64_t limit);

/*
 * A future: both ways between two sockets, as a proxy does.  When one side ends,
 * the other is told so (shutdown(2)) and may go on sending.  Ready when both have
 * ended, or with the first error, when the other direction is given up.
 */
struct steal_copy_both {
    struct steal_future future;
    struct steal_copy forth; /* from the first to the second */
    struct steal_copy back;
};

STEAL_API struct steal_future *steal_copy_both(struct steal_copy_both *both,
        struct steal_fd *first, struct steal_fd *second);

STEAL_END_DECLS

#endif
