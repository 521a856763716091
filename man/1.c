#include <steal.h>

#include <stdio.h>
#include <stdlib.h>

struct holder {
    struct steal_future future;
    char *memory;
};

static enum steal_poll
holder_poll(struct steal_future *future, struct steal_context *cx)
{
    struct holder *self = (struct holder *)future;

    if (self->memory == NULL)
        self->memory = malloc(100);
    if (self->memory == NULL) {
        self->future.result = -1;
        return STEAL_READY;
    }
    steal_context_wake(cx);
    return STEAL_PENDING;
}

static void
holder_drop(struct steal_future *future)
{
    struct holder *self = (struct holder *)future;

    free(self->memory);
    printf("dropped %s\en", steal_future_name(future));
}

static const struct steal_future_ops holder_ops = {
    .name = "holder",
    .poll = holder_poll,
    .drop = holder_drop,
};

int
main(void)
{
    struct holder holder = { STEAL_FUTURE(&holder_ops), NULL };
    struct steal_waker waker = steal_waker_noop();
    struct steal_context cx;

    steal_context_init(&cx, &waker);
    for (int i = 0; i < 3; i++) {
        if (steal_future_poll(&holder.future, &cx) == STEAL_READY)
            break;
    }
    steal_future_drop(&holder.future);
    return 0;
}
