#include "snapshot.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A poll that takes longer keeps its worker from the others, ns. */
#define LONG_POLL 10000000

/*
 * Reading
 */

static char *
next_field(char **rest)
{
    char *field = strsep(rest, "\t");

    return field ? field : (char *)(uintptr_t) "";
}

static uint64_t
number(char **rest)
{
    return strtoull(next_field(rest), NULL, 10);
}

static int64_t
signed_number(char **rest)
{
    return strtoll(next_field(rest), NULL, 10);
}

static void
read_head(struct snapshot *s, char *rest)
{
    s->name = next_field(&rest);
    s->process = number(&rest);
    s->age = number(&rest);
    s->live = number(&rest);
    s->nworkers = number(&rest);
    s->stopping = number(&rest);
    s->injector = number(&rest);
    s->timers = number(&rest);
    s->descriptors = number(&rest);
    s->blocking_queued = number(&rest);
    s->blocking_threads = number(&rest);
    s->blocking_busy = number(&rest);
}

static void
read_worker(struct top_worker *w, char *rest)
{
    w->number = number(&rest);
    w->relief = number(&rest);
    w->busy = number(&rest);
    w->queued = number(&rest);
    w->polls = number(&rest);
    w->stolen = number(&rest);
    w->parks = number(&rest);
    w->state = next_field(&rest);
    w->polling = next_field(&rest);
}

static void
read_task(struct top_task *task, char *rest)
{
    task->id = number(&rest);
    task->state = next_field(&rest);
    task->worker = (int)signed_number(&rest);
    task->running = number(&rest);
    task->timed = number(&rest);
    task->age = number(&rest);
    task->polls = number(&rest);
    task->total = number(&rest);
    task->longest = number(&rest);
    task->idle = signed_number(&rest);
    task->name = next_field(&rest);
    task->stuck = task->running > LONG_POLL || strcmp(task->state, "lost") == 0;
}

static void
read_await(struct top_await *await, char *rest)
{
    await->depth = (unsigned)number(&rest);
    await->line = (int)signed_number(&rest);
    await->number = signed_number(&rest);
    await->task = number(&rest);
    await->due = signed_number(&rest);
    await->name = next_field(&rest);
    await->file = next_field(&rest);
    await->thing = next_field(&rest);
    await->object = next_field(&rest);
}

/* How many lines begin so. */
static size_t
count_lines(const char *text, const char *word)
{
    size_t n = strncmp(text, word, strlen(word)) == 0;

    while ((text = strchr(text, '\n')))
        n += strncmp(++text, word, strlen(word)) == 0;
    return n;
}

static bool
make_room(struct snapshot *s)
{
    size_t nworkers = count_lines(s->text, "worker\t");
    size_t ntasks = count_lines(s->text, "task\t");
    size_t nawaits = count_lines(s->text, "await\t");

    s->workers = calloc(nworkers + 1, sizeof *s->workers);
    s->tasks = calloc(ntasks + 1, sizeof *s->tasks);
    s->awaits = calloc(nawaits + 1, sizeof *s->awaits);
    return s->workers && s->tasks && s->awaits;
}

static void
add_await(struct snapshot *s, char *rest)
{
    if (!s->ntasks)
        return;
    s->tasks[s->ntasks - 1].nawaits++;
    read_await(&s->awaits[s->nawaits++], rest);
}

static void
add_task(struct snapshot *s, char *rest)
{
    struct top_task *task = &s->tasks[s->ntasks++];

    read_task(task, rest);
    task->first = s->nawaits;
    s->nstuck += task->stuck;
}

static bool
read_line(struct snapshot *s, char *line)
{
    char *rest = line;
    const char *word = next_field(&rest);

    if (!rest)
        return s->name; /* it has no fields, and was not counted */
    if (strcmp(word, "steal") == 0 && number(&rest) == 1)
        read_head(s, rest);
    else if (strcmp(word, "worker") == 0)
        read_worker(&s->workers[s->n_workers++], rest);
    else if (strcmp(word, "task") == 0)
        add_task(s, rest);
    else if (strcmp(word, "await") == 0)
        add_await(s, rest);
    return s->name; /* other lines may come with time, after the first */
}

int
snapshot_read(struct snapshot *s, char *text)
{
    bool right = true;
    char *rest = text;
    char *line;

    *s = (struct snapshot){ .text = text };
    if (!make_room(s)) {
        snapshot_free(s);
        return -ENOMEM;
    }
    while (right && (line = strsep(&rest, "\n")) && *line)
        right = read_line(s, line);
    if (right && s->name)
        return 0;
    snapshot_free(s);
    return -EPROTO;
}

void
snapshot_free(struct snapshot *s)
{
    free(s->text);
    free(s->workers);
    free(s->tasks);
    free(s->awaits);
    *s = (struct snapshot){ 0 };
}

/*
 * Comparing
 */

static double
share_of(uint64_t now, uint64_t before, uint64_t time)
{
    double share = time && now > before ? (double)(now - before) / (double)time
                                        : 0;

    return share < 1 ? share : 1; /* the two are not of one moment */
}

static int
by_id(const void *a, const void *b)
{
    const struct top_task *x = a;
    const struct top_task *y = b;

    return (x->id > y->id) - (x->id < y->id);
}

static void
compare_tasks(struct snapshot *now, const struct snapshot *before,
        uint64_t time)
{
    for (size_t i = 0; i < now->ntasks; i++) {
        struct top_task *task = &now->tasks[i];
        const struct top_task *old = NULL;

        if (before && task->id)
            old = bsearch(task, before->tasks, before->ntasks, sizeof *task,
                    by_id);
        task->share = share_of(task->total + task->running,
                old ? old->total + old->running : 0, before ? time : task->age);
    }
}

static void
compare_workers(struct snapshot *now, const struct snapshot *before,
        uint64_t time)
{
    uint64_t polls = 0;

    for (size_t i = 0; i < now->n_workers; i++) {
        struct top_worker *w = &now->workers[i];
        const struct top_worker *old = before && i < before->n_workers
                                               ? &before->workers[i]
                                               : NULL;

        w->share = share_of(w->busy, old ? old->busy : 0, time);
        polls += w->polls - (old ? old->polls : 0);
    }
    now->polls = time ? 1e9 * (double)polls / (double)time : 0;
}

void
snapshot_compare(struct snapshot *now, struct snapshot *before)
{
    if (before && (before->process != now->process || before->age >= now->age))
        before = NULL;
    if (before)
        qsort(before->tasks, before->ntasks, sizeof *before->tasks, by_id);
    compare_workers(now, before, now->age - (before ? before->age : 0));
    compare_tasks(now, before, now->age - (before ? before->age : 0));
}

/*
 * Sorting: the greatest first, and the oldest id where all is equal
 */

static const struct {
    const char *word;
    const char *name;
} orders[] = {
    [ORDER_SHARE] = { "cpu", "hottest" },
    [ORDER_AGE] = { "age", "oldest" },
    [ORDER_LONGEST] = { "longest", "longest poll" },
    [ORDER_IDLE] = { "idle", "longest since its last poll" },
    [ORDER_ID] = { "id", "id" },
};

bool
top_order_of(const char *word, enum top_order *order)
{
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
        if (strcmp(orders[i].word, word) == 0) {
            *order = (enum top_order)i;
            return true;
        }
    }
    return false;
}

const char *
top_order_name(enum top_order order)
{
    return orders[order].name;
}

static enum top_order order_of_sort;

static double
key_of(const struct top_task *task)
{
    switch (order_of_sort) {
    case ORDER_SHARE:
        return task->share;
    case ORDER_AGE:
        return (double)task->age;
    case ORDER_LONGEST:
        return (double)(task->running > task->longest ? task->running
                                                      : task->longest);
    case ORDER_IDLE:
        return (double)task->idle;
    case ORDER_ID:
        break;
    }
    return 0;
}

static int
by_key(const void *a, const void *b)
{
    double x = key_of(a);
    double y = key_of(b);

    return x == y ? by_id(a, b) : (y > x) - (y < x);
}

void
snapshot_sort(struct snapshot *s, enum top_order order)
{
    order_of_sort = order;
    if (s->ntasks)
        qsort(s->tasks, s->ntasks, sizeof *s->tasks, by_key);
}

/*
 * Text
 */

const char *
top_time(char room[TIME_ROOM], uint64_t time)
{
    double ns = (double)time;

    if (time < 1000)
        snprintf(room, TIME_ROOM, "%uns", (unsigned)time);
    else if (ns < 1e6)
        snprintf(room, TIME_ROOM, "%.*fus", ns < 1e4, ns / 1e3);
    else if (ns < 1e9)
        snprintf(room, TIME_ROOM, "%.*fms", ns < 1e7, ns / 1e6);
    else if (ns < 600e9)
        snprintf(room, TIME_ROOM, "%.*fs", ns < 1e10, ns / 1e9);
    else if (ns < 36000e9)
        snprintf(room, TIME_ROOM, "%.0fmin", ns / 60e9);
    else
        snprintf(room, TIME_ROOM, "%.0fh", ns / 3600e9);
    return room;
}

const struct top_await *
top_last_await(const struct snapshot *s, const struct top_task *task)
{
    return task->nawaits ? &s->awaits[task->first + task->nawaits - 1] : NULL;
}

static void
add(char *text, size_t size, const char *format, const char *string)
{
    size_t n = strlen(text);

    snprintf(text + n, size - n, format, string);
}

void
top_await_text(const struct top_await *await, char *text, size_t size)
{
    char room[TIME_ROOM];

    snprintf(text, size, "%s", await->name);
    if (*await->file) {
        add(text, size, " at %s", await->file);
        snprintf(room, sizeof room, ":%d", await->line);
        add(text, size, "%s", room);
    }
    if (!*await->thing)
        return;
    add(text, size, " (%s", await->thing);
    if (await->number >= 0) {
        snprintf(room, sizeof room, " %d", (int)await->number);
        add(text, size, "%s", room);
    }
    if (*await->object)
        add(text, size, " %s", await->object);
    if (await->task) {
        snprintf(room, sizeof room, "%" PRIu64 "", await->task % 100000000000);
        add(text, size, ", task %s", room);
    }
    if (await->due >= 0)
        add(text, size, ", due in %s", top_time(room, (uint64_t)await->due));
    add(text, size, "%s", ")");
}
