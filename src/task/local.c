#include "local.h"

#include <errno.h>

#include "schedule.h"
#include "task.h"

struct task_local {
    struct task_local *next;
    const struct steal_local_key *key;
    void *value;
};

static void
times_init(struct task_times *times)
{
    counter_init(&times->born);
    counter_init(&times->polls);
    counter_init(&times->total);
    counter_init(&times->longest);
    counter_init(&times->last);
    counter_init(&times->queued);
}

/*
 * Orderings
 *   O1  extra: CAS, release  ->  load, acquire
 *       Who finds the struct finds it initialized.
 *   O2  name: release -> acquire, for the characters of the name.
 */
struct task_extra *
steal__task_extra(struct steal_task *task)
{
    struct task_extra *extra = load_acquire(&task->extra); /* O1 */
    struct task_extra *made;

    if (extra)
        return extra;
    made = steal__runtime_allocate(task->runtime, sizeof *made);
    if (!made)
        return NULL;
    store_relaxed(&made->name, NULL); /* not shared yet */
    made->locals = NULL;
    times_init(&made->times);
    made->edge = (struct task_edge){ .task = NULL };
    if (cas_strong_acq_rel(&task->extra, &extra, made)) /* O1 */
        return made;
    steal__runtime_release(task->runtime, made, sizeof *made);
    return extra;
}

int
steal_task_set_name(struct steal_task *task, const char *name)
{
    struct task_extra *extra = steal__task_extra(task);

    if (!extra)
        return -ENOMEM;
    store_release(&extra->name, name); /* O2 */
    return 0;
}

const char *
steal_task_name(const struct steal_task *task)
{
    struct task_extra *extra = load_acquire(
            &((struct steal_task *)(uintptr_t)task)->extra);
    const char *name = extra ? load_acquire(&extra->name) : NULL; /* O2 */

    if (name)
        return name;
    if (steal__task_is_lent(task))
        return steal_future_name(
                container_of(task, struct lent_task, task)->inner);
    return steal_future_name(steal__task_root(task));
}

static struct task_local *
find(struct steal_task *task, const struct steal_local_key *key)
{
    struct task_extra *extra = load_acquire(&task->extra); /* O1 */
    struct task_local *local = extra ? extra->locals : NULL;

    while (local && local->key != key)
        local = local->next;
    return local;
}

void *
steal_local_get(const struct steal_local_key *key)
{
    struct steal_task *task = steal_task_current();
    struct task_local *local = task ? find(task, key) : NULL;

    return local ? local->value : NULL;
}

int
steal_local_set(const struct steal_local_key *key, void *value)
{
    struct steal_task *task = steal_task_current();
    struct task_extra *extra;
    struct task_local *local;

    if (!task)
        return -EINVAL;
    local = find(task, key);
    if (local) {
        local->value = value;
        return 0;
    }
    extra = steal__task_extra(task);
    if (!extra)
        return -ENOMEM;
    local = steal__runtime_allocate(task->runtime, sizeof *local);
    if (!local)
        return -ENOMEM;
    local->key = key;
    local->value = value;
    local->next = extra->locals;
    extra->locals = local;
    return 0;
}

void
steal__locals_destroy(struct steal_task *task, struct task_extra *extra)
{
    while (extra->locals) {
        struct task_local *local = extra->locals;

        extra->locals = local->next;
        if (local->value && local->key->destroy)
            local->key->destroy(local->value);
        steal__runtime_release(task->runtime, local, sizeof *local);
    }
}
