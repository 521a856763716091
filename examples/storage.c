/*
 * storage.c - tasks where the program wants them.
 *
 * One is built in place, in the memory of its task: for what is too large to
 * be moved, or knows its own address.  The other lives in storage of the
 * program's: its spawn allocates nothing and cannot fail.
 */
#include <steal.h>

#include <semaphore.h>
#include <stdio.h>
#include <string.h>

/* Adds up a megabyte, all in one poll. */
struct total {
    struct steal_future future;
    size_t output;
    unsigned char bytes[1 << 20];
};

static enum steal_poll
total_poll(struct steal_future *future, struct steal_context *cx)
{
    struct total *self = (struct total *)future;

    (void)cx; /* it never waits */
    self->output = 0;
    for (size_t i = 0; i < sizeof self->bytes; i++)
        self->output += self->bytes[i];
    printf("the total is %zu\n", self->output);
    return STEAL_READY;
}

static const struct steal_future_ops total_ops = {
    .name = "total",
    .poll = total_poll,
};

static void
total_init(struct total *self, int byte)
{
    steal_future_init(&self->future, &total_ops);
    memset(self->bytes, byte, sizeof self->bytes);
}

/* A place for one task, and whether it is ours. */
static struct {
    struct steal_task_slot slot;
    struct total total;
    sem_t free;
} place;

static void
release_place(struct steal_task_slot *slot)
{
    (void)slot;
    sem_post(&place.free);
}

int
main(void)
{
    struct steal_runtime *runtime;
    struct steal_task *task;
    struct steal_join join;

    if (steal_runtime_new(&runtime, NULL) < 0)
        return 1;

    if (steal_task_new(runtime, sizeof(struct total), &task) == 0) {
        total_init((struct total *)steal_task_memory(task), 1);
        steal_task_start(task);
        steal_block_on(runtime, steal_join(&join, task));
    }

    sem_init(&place.free, 0, 0);
    total_init(&place.total, 2);
    task = steal_spawn_in(runtime, &place.slot, &place.total.future,
            release_place);
    steal_task_detach(task);
    sem_wait(&place.free);
    printf("the place is free\n");

    return steal_runtime_stop(runtime, STEAL_FOREVER) < 0;
}
