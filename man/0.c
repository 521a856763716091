#include <steal.h>

#include <pthread.h>
#include <stdio.h>

/* Ready once somebody has called answer_set(). */
struct answer {
    struct steal_future future;
    pthread_mutex_t lock; /* for what follows */
    struct steal_waker waker;
    bool is_set;
    int value;
};

static enum steal_poll
answer_poll(struct steal_future *future, struct steal_context *cx)
{
    struct answer *self = (struct answer *)future;
    const struct steal_waker *waker = steal_context_waker(cx);
    enum steal_poll poll = STEAL_PENDING;

    pthread_mutex_lock(&self->lock);
    if (self->is_set) {
        poll = STEAL_READY;
    } else if (!steal_waker_will_wake(&self->waker, waker)) {
        steal_waker_drop(&self->waker);
        self->waker = steal_waker_clone(waker);
    }
    pthread_mutex_unlock(&self->lock);
    return poll;
}

static void
answer_drop(struct steal_future *future)
{
    struct answer *self = (struct answer *)future;

    pthread_mutex_lock(&self->lock);
    steal_waker_drop(&self->waker);
    pthread_mutex_unlock(&self->lock);
}

static const struct steal_future_ops answer_ops = {
    .name = "answer",
    .poll = answer_poll,
    .drop = answer_drop,
};

static void
answer_set(struct answer *self, int value)
{
    static const struct steal_waker empty = STEAL_WAKER_INIT;
    struct steal_waker waker;

    pthread_mutex_lock(&self->lock);
    self->value = value;
    self->is_set = true;
    waker = self->waker;
    self->waker = empty;
    pthread_mutex_unlock(&self->lock);

    if (waker.vtable != NULL)
        steal_waker_wake(&waker);
}

static void *
compute(void *argument)
{
    answer_set(argument, 6 * 7);
    return NULL;
}

int
main(void)
{
    struct answer answer = {
        .future = STEAL_FUTURE(&answer_ops),
        .lock = PTHREAD_MUTEX_INITIALIZER,
        .waker = STEAL_WAKER_INIT,
    };
    pthread_t thread;
    int error;

    if (pthread_create(&thread, NULL, compute, &answer) != 0)
        return 1;
    error = steal_run(NULL, &answer.future);
    pthread_join(thread, NULL);

    printf("the answer is %d\en", answer.value);
    return error < 0;
}
