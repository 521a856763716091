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
 * steal_group_fini() does not wait: a task may be in a poll when it returns, and
 * is dropped after that.  So no task points into the future that owns the group,
 * unless the group was waited for by then, whatever way that future ends.  What
 * both of them use is static, or counted, or belongs to who outlives the runtime.
 *
 * Who owns a group and waits for something else than it, as a message from one
 * of its tasks, might wait for ever after a failure, and so watches:
 *
 *     STEAL_AWAIT(cx, steal_select2(&self->first,
 *             steal_channel_receive(&self->receive, &answers, &answer),
 *             steal_group_failed(&self->failed, &self->group)));
 *     if (self->first.future.result < 0)
 *         ... closed, or the first failure of a task
 *
 * A task of a group that has a limit may have to wait for its turn.  It is
 * queued, and starts when enough of those before it have ended.  Such a task is
 * live like those that run: it can be aborted, and is waited for.
 *
 * Threads: one task at a time waits, with wait or next, and one ends the group;
 * any thread does the rest, any number of tasks at a time wait for room, or for
 * a failure.
 */
#ifndef STEAL_GROUP_H
#define STEAL_GROUP_H

#include <steal/future.h>
#include <steal/task.h>
#include <steal/time.h>
#include <steal/waker.h>

STEAL_BEGIN_DECLS

#define STEAL_GROUP_KEEP_GOING 1u /* a failure does not abort the others */

/* Who has ended is freed at once, output and all: for a group that lasts, like
 * that of the connections of a server.  It cannot be asked for the next. */
#define STEAL_GROUP_FORGET 2u

struct steal_group {
    /* private */
    struct steal_group_state *state;
};

/* private: waits for a change of a group. */
struct steal_group_look {
    struct steal_group *group;
    struct steal_group_state *state; /* while it waits */
    struct steal_wait wait;
    struct steal_sleep sleep;
};

/* Errors: -ENOMEM; -ECANCELED if the runtime is stopping; -EINVAL if `runtime` is
 * NULL outside of a worker, or of unknown flags. */
STEAL_API STEAL_MUST_CHECK int steal_group_init(struct steal_group *group,
        struct steal_runtime *runtime, unsigned flags);

/* Aborts and lets go of all tasks; those that are shielded go on without it.
 * Does not wait: a task may still be in a poll when it returns.  Who waits for
 * room or a failure learns of it, and nobody else still uses the group.  Harmless on a group of zeros; the group may be initialized again. */
STEAL_API void steal_group_fini(struct steal_group *group);

/* At most `n` tasks run at a time, and the others wait for their turn, in the
 * order in which they were spawned; 0: no limit, as it is at first.  May be
 * changed at any time; tasks that run are not stopped by a lower one. */
STEAL_API void steal_group_set_limit(struct steal_group *group, size_t n);

/*
 * Once `time` (ns, of the clock of steal_now()) has passed and tasks are live,
 * the group is aborted, and its result is -ETIMEDOUT unless a task has failed
 * before; STEAL_FOREVER: no deadline, as it is at first.  May be changed at any
 * time.  The group has no timer of its own: a future that waits for it, be it
 * wait, next, room or failed, sees to the deadline.  While nobody waits it can pass
 * unseen, and the abort comes with the next wait.
 */
STEAL_API void steal_group_set_deadline(struct steal_group *group,
        uint64_t time);

/* As steal_spawn(), into the group.  -ECANCELED also after a failure or
 * steal_group_abort(). */
STEAL_API STEAL_MUST_CHECK int steal_group_spawn(struct steal_group *group,
        struct steal_future *future, size_t size);

/* The same, but the task is shielded: neither a failure of another nor an abort
 * of the group touches it, and it keeps its turn.  The group waits for it, and
 * its own failure counts.  If the group ends, it goes on detached. */
STEAL_API STEAL_MUST_CHECK int
steal_group_spawn_shielded(struct steal_group *group,
        struct steal_future *future, size_t size);

/* Aborts all tasks but those that are shielded, also those that wait for their
 * turn, and takes no more. */
STEAL_API void steal_group_abort(struct steal_group *group);

/* How many tasks are in it and not yet finished, queued or not. */
STEAL_API size_t steal_group_live(const struct steal_group *group);

/* A future: waits until no task of the group is live.  Its result is 0, or the
 * first result below 0, in order of time; that an abort of the group itself
 * canceled tasks is no failure of theirs.  The outputs of the tasks are lost: for
 * them there is next.  With a deadline -EINVAL outside of a worker. */
struct steal_group_wait {
    struct steal_future future;
    /* private */
    struct steal_group *group;
    struct steal_sleep sleep;
};

STEAL_API struct steal_future *steal_group_wait(struct steal_group_wait *wait,
        struct steal_group *group);

/*
 * A future: waits for the next task to finish, in order of time.  `task_future`
 * is then that task's future with its output, until the next call of next,
 * wait or fini; NULL, with a result of 0, if none is left.  Its result is that
 * of the task, -ECANCELED if it was.  -EINVAL of a group that forgets, and with a
 * deadline outside of a worker; `task_future` is NULL then.
 */
struct steal_group_next {
    struct steal_future future;
    struct steal_future *task_future;
    /* private */
    struct steal_group *group;
    struct steal_sleep sleep;
};

STEAL_API struct steal_future *steal_group_next(struct steal_group_next *next,
        struct steal_group *group);

/*
 * A future: waits until fewer tasks than the limit are live, so that who makes
 * work makes no more of it than there is room for.  Its result is 0, at once if
 * there is no limit; -ECANCELED if the group takes no more tasks; with a deadline
 * -EINVAL outside of a worker.  Nothing is reserved: if several make work,
 * another may be faster, and then a task waits for its turn.  Any number may
 * wait; they are told of room in the order in which they came, one at a time.
 * Dropping it half way hands the room on.
 */
struct steal_group_room {
    struct steal_future future;
    /* private */
    struct steal_group_look look;
};

STEAL_API struct steal_future *steal_group_room(struct steal_group_room *room,
        struct steal_group *group);

/*
 * A future to select with: waits until a task of the group has failed, or the
 * group was aborted, be it that its deadline has passed, with tasks or without.
 * That it ends well is nothing: then this waits for ever.  Its result is the
 * first one below 0, as that of wait is, or -ECANCELED after an abort; with a
 * deadline -EINVAL outside of a worker.  Any number may wait, and all are told.
 * Dropping it half way changes nothing.
 */
struct steal_group_failed {
    struct steal_future future;
    /* private */
    struct steal_group_look look;
};

STEAL_API struct steal_future *
steal_group_failed(struct steal_group_failed *failed,
        struct steal_group *group);

/*
 * A future: runs another in a task of its own, so that dropping this one does
 * not drop the work, which goes on detached.  The first poll moves `future`, the
 * first member of a struct of `size` bytes, into the task; when that has ended
 * it is moved back, with its output, as steal_join_into() does.  The result is
 * that of the task: -ECANCELED if the runtime stops before it ends.  If there is
 * no memory for a task the result is -ENOMEM, -EINVAL outside of a worker, and
 * `future` was not moved.  Nothing needs to be given back.
 */
struct steal_shield {
    struct steal_future future;
    /* private */
    struct steal_future *child;
    size_t size;
    struct steal_join join;
};

STEAL_API struct steal_future *steal_shield(struct steal_shield *shield,
        struct steal_future *future, size_t size);

STEAL_END_DECLS

#endif
