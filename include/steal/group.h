/*
 * steal/group.h - a task group: tasks that somebody waits for together.
 *
 *     err = steal_group_init(&self->group, NULL, 0);
 *     for (...)
 *         err = steal_group_spawn(&self->group, &job.future, sizeof job);
 *     STEAL_AWAIT(cx, steal_group_wait(&self->wait, &self->group));
 *     steal_group_fini(&self->group);
 *
 * The group owns its tasks.  When one ends with a result below 0, the others are
 * aborted, unless STEAL_GROUP_KEEP_GOING.  Ending the group aborts what still
 * runs; whoever wants to wait for that awaits before.
 *
 * Threads: one task at a time waits and ends; any thread spawns and aborts.
 */
#ifndef STEAL_GROUP_H
#define STEAL_GROUP_H

#include <stdbool.h>

#include <steal/future.h>

STEAL_BEGIN_DECLS

#define STEAL_GROUP_KEEP_GOING 1u /* a failure does not abort the others */

struct steal_group {
    /* private */
    struct steal_group_state *state;
};

/* Errors: -ENOMEM; -ECANCELED if the runtime is stopping; -EINVAL if `runtime` is
 * NULL outside of a worker, or of unknown flags. */
STEAL_API STEAL_MUST_CHECK int steal_group_init(struct steal_group *group,
        struct steal_runtime *runtime, unsigned flags);

/* Aborts and lets go of all tasks.  Harmless on a group of zeros; the group may
 * be initialized again. */
STEAL_API void steal_group_fini(struct steal_group *group);

/* As steal_spawn(), into the group.  -ECANCELED also after a failure or
 * steal_group_abort(). */
STEAL_API STEAL_MUST_CHECK int steal_group_spawn(struct steal_group *group,
        struct steal_future *future, size_t size);

STEAL_API void steal_group_abort(struct steal_group *group);

/* How many tasks are in it and not yet finished. */
STEAL_API size_t steal_group_live(const struct steal_group *group);

/* A future: waits until no task of the group is live.  Its result is 0, or the
 * first result below 0, in order of time; that an abort of the group itself
 * canceled tasks is no failure of theirs.  The outputs of the tasks are lost: for
 * them there is next. */
struct steal_group_wait {
    struct steal_future future;
    /* private */
    struct steal_group *group;
};

STEAL_API struct steal_future *steal_group_wait(struct steal_group_wait *wait,
        struct steal_group *group);

/*
 * A future: waits for the next task to finish, in order of time.  `task_future`
 * is then that task's future with its output, until the next call of next,
 * wait or fini; NULL, with a result of 0, if none is left.  Its result is that
 * of the task, -ECANCELED if it was.
 */
struct steal_group_next {
    struct steal_future future;
    struct steal_future *task_future;
    /* private */
    struct steal_group *group;
};

STEAL_API struct steal_future *steal_group_next(struct steal_group_next *next,
        struct steal_group *group);

STEAL_END_DECLS

#endif
