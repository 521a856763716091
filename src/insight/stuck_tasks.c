/* stuck_tasks.c - copies of what is told of several tasks. */
#include "stuck.h"

#include <stdio.h>
#include <stdlib.h>

#define NAME_SIZE 48 /* as far as it fits */

struct stuck_name {
    char text[NAME_SIZE];
};

bool
steal__stuck_tasks_init(struct stuck_tasks *tasks, size_t n)
{
    tasks->n = n;
    tasks->all = malloc(n * sizeof *tasks->all);
    tasks->names = malloc(n * sizeof *tasks->names);
    return tasks->all && tasks->names;
}

void
steal__stuck_tasks_fini(struct stuck_tasks *tasks)
{
    free(tasks->all);
    free(tasks->names);
}

void
steal__stuck_copy(struct stuck_tasks *tasks, size_t i,
        const struct steal_task *task)
{
    char *name = tasks->names[i].text;

    steal__stuck_describe(&tasks->all[i], task);
    snprintf(name, NAME_SIZE, "%s", tasks->all[i].name);
    tasks->all[i].name = name;
}
