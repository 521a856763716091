#include <errno.h>
#include <stdlib.h>

#include "talk.h"

/* Into one piece or two. */
static struct steal_future *
read_some(struct talk_service *self)
{
    size_t n = talk_some(&self->rng, TALK_BUFFER);
    size_t first = rng_below(&self->rng, (uint32_t)n);

    if (rng_below(&self->rng, 2) || !first)
        return steal_fd_read(&self->io, self->fd, self->buffer, n);
    self->piece[0] = (struct iovec){ self->buffer, first };
    self->piece[1] = (struct iovec){ self->buffer + first, n - first };
    return steal_fd_readv(&self->io, self->fd, self->piece, 2);
}

static struct steal_future *
read_order(struct talk_service *self)
{
    return steal_fd_read_exact(&self->io, self->fd,
            (char *)&self->order + self->here, sizeof self->order - self->here);
}

static void
take(struct talk_service *self, size_t n)
{
    if (!talk_is_right(self->buffer, n, self->order.seed, self->at))
        talk_failed(self->talk, "the server got wrong bytes", 0, self->at);
    self->here = n;
    self->at += n;
}

static bool
meets_fate(struct talk_service *self)
{
    if (self->met || self->order.fate == TALK_ON ||
            self->at < self->order.limit)
        return false;
    self->met = true;
    talk_count_fate(self->talk, self->order.fate, 1);
    return true;
}

static struct steal_future *
service_nap(struct talk_service *self)
{
    if (self->order.fate != TALK_STALL)
        return steal_sleep_until(&self->nap, 0);
    return steal_sleep(&self->nap, talk_a_while(&self->rng));
}

/* Does what the order says.  False if that is the end. */
static bool
obey(struct talk_service *self)
{
    switch (self->order.fate) {
    case TALK_CLOSE:
    case TALK_RESET:
        talk_hang_up(self->fd, self->order.fate == TALK_RESET);
        return false;
    case TALK_SHUT:
        /* It fails if the client has reset the connection. */
        self->is_mute = true;
        (void)steal_fd_shutdown(self->fd, SHUT_WR);
        return true;
    default:
        return true;
    }
}

static enum steal_poll
service_poll(struct steal_future *future, struct steal_context *cx)
{
    struct talk_service *self = (struct talk_service *)future;

    STEAL_BEGIN(&self->async);
    self->buffer = malloc(TALK_BUFFER);
    while (self->here < sizeof self->order) {
        STEAL_AWAIT(cx, read_order(self));
        self->here += self->io.done;
        if (self->io.future.result < 0 && !talk_passes(self->io.future.result))
            STEAL_RETURN(self->io.future.result);
    }
    rng_init(&self->rng, self->order.seed);
    for (;;) {
        STEAL_AWAIT(cx, read_some(self));
        if (talk_passes(self->io.future.result))
            continue;
        if (self->io.future.result <= 0)
            STEAL_RETURN(self->io.future.result);
        take(self, self->io.done);
        if (meets_fate(self)) {
            if (!obey(self))
                STEAL_RETURN(-ECANCELED);
            STEAL_AWAIT(cx, service_nap(self));
        }
        if (self->is_mute)
            continue;
        STEAL_AWAIT(cx,
                talk_push(&self->push, self->fd, self->buffer, self->here,
                        rng_below(&self->rng, (uint32_t)self->here)));
        if (self->push.async.future.result < 0)
            STEAL_RETURN(self->push.async.future.result);
    }
    STEAL_END();
}

static void
service_drop(struct steal_future *future)
{
    struct talk_service *self = (struct talk_service *)future;

    steal_fd_unref(self->fd);
    free(self->buffer);
    sub_release(&self->talk->ends, 1);
}

static const struct steal_future_ops service_ops = { .name = "service",
    .poll = service_poll,
    .drop = service_drop };

struct talk_service
talk_service(struct talk *talk, struct steal_fd *fd)
{
    return (struct talk_service){ .async = STEAL_ASYNC(&service_ops),
        .talk = talk,
        .fd = fd };
}

/* Serves the connection that has come.  Without a task there is no service. */
static void
serve(struct talk_server *self)
{
    struct talk_service service = talk_service(self->talk, self->accept.fd);

    add_relaxed(&self->talk->ends, 1); /* the spawn publishes it */
    if (steal_spawn(NULL, &service.async.future, sizeof service, NULL) == 0)
        return;
    steal_fd_unref(service.fd);
    sub_release(&self->talk->ends, 1);
}

static enum steal_poll
server_poll(struct steal_future *future, struct steal_context *cx)
{
    struct talk_server *self = (struct talk_server *)future;

    STEAL_BEGIN(&self->async);
    for (;;) {
        STEAL_AWAIT(cx, steal_accept(&self->accept, self->listener));
        if (self->accept.future.result < 0)
            STEAL_RETURN(self->accept.future.result); /* nothing that passes */
        serve(self);
    }
    STEAL_END();
}

static const struct steal_future_ops server_ops = { .name = "server",
    .poll = server_poll };

struct talk_server
talk_server(struct talk *talk, struct steal_fd *listener)
{
    return (struct talk_server){ .async = STEAL_ASYNC(&server_ops),
        .listener = listener,
        .talk = talk };
}
