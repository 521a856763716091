#include "talk.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Noreturn void
talk_failed(const struct talk *talk, const char *what, int error, uint64_t at)
{
    fprintf(stderr,
            "talk: %s, error %d, at byte %llu, STEAL_STRESS_SEED=%llu\n", what,
            error, (unsigned long long)at, (unsigned long long)talk->seed);
    abort();
}

bool
talk_passes(int error)
{
    return error == -ENOBUFS || error == -ENOMEM || error == -ENOSPC;
}

/*
 * The bytes
 */

/* Eight of them (splitmix64, Vigna 2015). */
static uint64_t
word_at(uint64_t seed, uint64_t at)
{
    uint64_t x = seed + (at / 8 + 1) * UINT64_C(0x9e3779b97f4a7c15);

    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

void
talk_fill(unsigned char *bytes, size_t n, uint64_t seed, uint64_t at)
{
    while (n) {
        const uint64_t word = word_at(seed, at);
        size_t size = 8 - at % 8;

        if (size > n)
            size = n;
        memcpy(bytes, (const char *)&word + at % 8, size);
        bytes += size;
        at += size;
        n -= size;
    }
}

bool
talk_is_right(const unsigned char *bytes, size_t n, uint64_t seed, uint64_t at)
{
    unsigned char right[4096];

    while (n) {
        size_t size = n < sizeof right ? n : sizeof right;

        talk_fill(right, size, seed, at);
        if (memcmp(bytes, right, size))
            return false;
        bytes += size;
        at += size;
        n -= size;
    }
    return true;
}

size_t
talk_some(struct rng *rng, size_t most)
{
    size_t n = 1 + rng_below(rng, UINT32_C(2) << rng_below(rng, 14));

    return n < most ? n : most;
}

uint64_t
talk_a_while(struct rng *rng)
{
    return STEAL_US(rng_below(rng, 5000));
}

void
talk_hang_up(struct steal_fd *fd, bool reset)
{
    const struct linger at_once = { 1, 0 };

    if (reset) /* means nothing to a Unix socket */
        setsockopt(steal_fd_number(fd), SOL_SOCKET, SO_LINGER, &at_once,
                sizeof at_once);
    steal_fd_close(steal_fd_ref(fd));
}

void
talk_count_fate(struct talk *talk, enum talk_fate fate, int side)
{
    add_relaxed(&talk->fates[fate][side], 1); /* read at the end only */
}

/*
 * Writing
 */

static struct steal_future *
write_rest(struct talk_push *self)
{
    const unsigned char *bytes = self->bytes + self->gone;
    size_t left = self->size - self->gone;

    if (self->cut <= self->gone || self->cut >= self->size)
        return steal_fd_write_all(&self->io, self->fd, bytes, left);
    self->piece[0].iov_base = (void *)bytes;
    self->piece[0].iov_len = self->cut - self->gone;
    self->piece[1].iov_base = (void *)(self->bytes + self->cut);
    self->piece[1].iov_len = self->size - self->cut;
    return steal_fd_writev_all(&self->io, self->fd, self->piece, 2);
}

static enum steal_poll
push_poll(struct steal_future *future, struct steal_context *cx)
{
    struct talk_push *self = (struct talk_push *)future;

    STEAL_BEGIN(&self->async);
    while (self->gone < self->size) {
        STEAL_AWAIT(cx, write_rest(self));
        self->gone += self->io.done;
        if (self->io.future.result < 0 && !talk_passes(self->io.future.result))
            STEAL_RETURN(self->io.future.result);
    }
    STEAL_END();
}

static const struct steal_future_ops push_ops = { .name = "push",
    .poll = push_poll };

struct steal_future *
talk_push(struct talk_push *push, struct steal_fd *fd, const void *bytes,
        size_t size, size_t cut)
{
    steal_async_init(&push->async, &push_ops);
    push->fd = fd;
    push->bytes = bytes;
    push->size = size;
    push->gone = 0;
    push->cut = cut;
    return &push->async.future;
}
