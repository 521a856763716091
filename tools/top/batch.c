#include "batch.h"

#include <inttypes.h>

static void
print_worker(const struct top_worker *w, FILE *file)
{
    if (w->relief && !w->polls)
        return;
    if (w->relief)
        fprintf(file, "relief");
    else
        fprintf(file, "worker %" PRIu64, w->number);
    fprintf(file, ": %.1f %% busy, %" PRIu64 " queued, %s%s%s\n",
            100 * w->share, w->queued, w->state, *w->polling ? " " : "",
            w->polling);
}

static void
print_task(const struct snapshot *s, const struct top_task *task, FILE *file)
{
    char longest[TIME_ROOM];
    char idle[TIME_ROOM];
    char age[TIME_ROOM];
    char text[512];

    fprintf(file, "%c%8" PRIu64 " %-9s %5.1f %9" PRIu64 " %7s %7s %7s %s\n",
            task->stuck ? '!' : ' ', task->id, task->state, 100 * task->share,
            task->polls, task->timed ? top_time(longest, task->longest) : "-",
            task->idle >= 0 ? top_time(idle, (uint64_t)task->idle) : "-",
            task->timed ? top_time(age, task->age) : "-", task->name);
    for (size_t i = 0; i < task->nawaits; i++) {
        const struct top_await *await = &s->awaits[task->first + i];

        top_await_text(await, text, sizeof text);
        fprintf(file, "          %*s%s\n", (int)await->depth, "", text);
    }
}

void
batch_print(struct snapshot *s, enum top_order order, FILE *file)
{
    char age[TIME_ROOM];

    snapshot_sort(s, order);
    fprintf(file,
            "%s (process %" PRIu64 "), up %s, %" PRIu64
            " tasks, %zu stuck, %.0f polls/s%s\n",
            s->name, s->process, top_time(age, s->age), s->live, s->nstuck,
            s->polls, s->stopping ? ", stopping" : "");
    fprintf(file,
            "injector %" PRIu64 ", timers %" PRIu64 ", descriptors %" PRIu64
            ", blocking threads %" PRIu64 ", busy %" PRIu64 ", queued %" PRIu64
            "\n",
            s->injector, s->timers, s->descriptors, s->blocking_threads,
            s->blocking_busy, s->blocking_queued);
    for (size_t i = 0; i < s->n_workers; i++)
        print_worker(&s->workers[i], file);
    fputs("       ID STATE     CPU %     POLLS LONGEST    IDLE     AGE NAME\n",
            file);
    for (size_t i = 0; i < s->ntasks; i++)
        print_task(s, &s->tasks[i], file);
}
