/*
 * shield.c - work that goes on when nobody waits for it any more.
 *
 * The first poll makes a task of the future and joins it.  Being dropped, the
 * shield gives the handle back, if the join has not.
 */
#include <steal/group.h>

static enum steal_poll
shield_poll(struct steal_future *future, struct steal_context *cx)
{
    struct steal_shield *shield = (struct steal_shield *)future;
    struct steal_task *task;

    if (!shield->join.task) {
        future->result = steal_spawn(NULL, shield->child, shield->size, &task);
        if (future->result)
            return STEAL_READY;
        steal_join_into(&shield->join, task, shield->child, shield->size);
    }
    if (steal_future_poll(&shield->join.future, cx) == STEAL_PENDING)
        return STEAL_PENDING;
    future->result = shield->join.future.result;
    return STEAL_READY;
}

static void
shield_drop(struct steal_future *future)
{
    struct steal_shield *shield = (struct steal_shield *)future;

    steal_future_drop(&shield->join.future);
    if (shield->join.task)
        steal_task_detach(shield->join.task);
    shield->join.task = NULL;
}

static struct steal_future *
shield_awaited(struct steal_future *future, size_t i)
{
    struct steal_shield *shield = (struct steal_shield *)future;

    return i || !shield->join.task ? NULL : &shield->join.future;
}

static const struct steal_future_ops shield_ops = { .name = "shield",
    .poll = shield_poll,
    .drop = shield_drop,
    .awaited = shield_awaited };

struct steal_future *
steal_shield(struct steal_shield *shield, struct steal_future *future,
        size_t size)
{
    steal_future_init(&shield->future, &shield_ops);
    shield->child = future;
    shield->size = size;
    steal_join(&shield->join, NULL);
    return &shield->future;
}
