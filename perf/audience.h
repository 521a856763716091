/*
 * audience.h - one task tells something to many, and again when all have heard.
 *
 * The program says how to tell it and what a listener is: a task that calls
 * crowd_leave() once it has heard, each time, and also when there is nothing more
 * to hear, and then ends.  An operation is one message at one listener.
 */
#ifndef STEAL_PERF_AUDIENCE_H
#define STEAL_PERF_AUDIENCE_H

#include "crowd.h"
#include "harness.h"

/* One runs at a time. */
static struct crowd audience;

struct speaker {
    struct steal_async async;
    struct perf *perf;
    void (*spawn)(void); /* a listener, which waits for the next message */
    void (*tell)(uint64_t message);
    void (*end)(void);
    struct oneshot_recv recv;
    uint64_t round;
};

static inline void
speaker_tell(struct speaker *self)
{
    crowd_init(&audience, self->perf->batch);
    self->tell(self->round);
}

static inline void
speaker_end(struct speaker *self)
{
    crowd_init(&audience, self->perf->batch);
    self->end();
}

static inline void
speaker_gather(struct speaker *self)
{
    for (uint64_t i = 0; i < self->perf->batch; i++)
        self->spawn();
}

/* The first round is not counted: it is over when all listen. */
static inline enum steal_poll
speaker_poll(struct steal_future *future, struct steal_context *cx)
{
    struct speaker *self = (struct speaker *)future;

    STEAL_BEGIN(&self->async);
    speaker_gather(self);
    for (self->round = 0; self->round <= self->perf->rounds; self->round++) {
        if (self->round == 1)
            perf_begin(self->perf);
        speaker_tell(self);
        STEAL_AWAIT(cx, oneshot_recv(&self->recv, &audience.done));
    }
    perf_end(self->perf);
    speaker_end(self);
    STEAL_AWAIT(cx, oneshot_recv(&self->recv, &audience.done));
    STEAL_END();
}

static const struct steal_future_ops speaker_ops = { .name = "speaker",
    .poll = speaker_poll };

static inline void
speaker_run(struct perf *p, void (*spawn)(void), void (*tell)(uint64_t message),
        void (*end)(void))
{
    struct speaker speaker = { .async = STEAL_ASYNC(&speaker_ops),
        .perf = p,
        .spawn = spawn,
        .tell = tell,
        .end = end };

    perf_run_task(p, &speaker.async.future, sizeof speaker);
}

#endif
