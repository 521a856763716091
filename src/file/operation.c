#include "operation.h"

static const struct operation *
operation_of(const struct steal_file_io *io)
{
    return (const struct operation *)(const void *)io->future.ops;
}

struct steal_future *
steal__operation_init(struct steal_file_io *io,
        const struct operation *operation, const char *path)
{
    steal_future_init(&io->future, &operation->ops);
    io->done = 0;
    io->data = NULL;
    io->path = path;
    io->directory = NULL;
    io->size = 0;
    io->offset = STEAL_FILE_POSITION;
    io->file = -1;
    io->flags = 0;
    io->mode = 0;
    store_relaxed((_Atomic(uint32_t) *)&io->stop, 0); /* not shared yet */
    io->stage = OPERATION_MADE;
    return &io->future;
}

struct steal_future *
steal__operation_init_file(struct steal_file_io *io,
        const struct operation *operation, int file)
{
    steal__operation_init(io, operation, NULL);
    io->file = file;
    return &io->future;
}

/* On a thread of the pool. */
static int
run(void *arg)
{
    struct steal_file_io *io = arg;

    return operation_of(io)->run(io);
}

static void
undo(struct steal_file_io *io)
{
    const struct operation *operation = operation_of(io);

    if (operation->undo)
        operation->undo(io);
}

/* The call is made here and not before, since until its first poll a future
 * may be copied. */
enum steal_poll
steal__operation_poll(struct steal_future *future, struct steal_context *cx)
{
    struct steal_file_io *io = (struct steal_file_io *)future;

    if (io->stage == OPERATION_MADE) {
        steal_blocking(&io->blocking, run, io);
        signal_fence(); /* awaited() looks */
        io->stage = OPERATION_BEGUN;
    }
    if (steal_future_poll(&io->blocking.future, cx) == STEAL_PENDING)
        return STEAL_PENDING;
    future->result = io->blocking.future.result;
    io->stage = OPERATION_DONE;
    if (future->result < 0)
        undo(io);
    return STEAL_READY;
}

void
steal__operation_drop(struct steal_future *future)
{
    struct steal_file_io *io = (struct steal_file_io *)future;

    if (io->stage != OPERATION_MADE) {
        store_relaxed((_Atomic(uint32_t) *)&io->stop, 1); /* a hint */
        steal_future_drop(&io->blocking.future);
    }
    if (io->stage != OPERATION_DONE)
        undo(io);
}

struct steal_future *
steal__operation_awaited(struct steal_future *future, size_t i)
{
    struct steal_file_io *io = (struct steal_file_io *)future;

    return i || io->stage != OPERATION_BEGUN ? NULL : &io->blocking.future;
}
