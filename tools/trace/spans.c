/*
 * spans.c - what lasted from when to when, and who has caused it.
 *
 * A poll is caused by what has queued its task last: a spawn, a wake, or the poll
 * before, if the task has woken itself.  Each causes one poll at most.
 */
#include "trace.h"

#include <stdlib.h>

/* A task was queued. */
struct cause {
    uint64_t task;
    uint64_t time;
    uint32_t track;
    size_t index; /* in the track */
    bool by_itself;
    bool is_taken;
};

struct causes {
    struct cause *cause;
    size_t n;
};

/*
 * Causes
 */

static bool
is_cause(const struct trace_record *event)
{
    return event->kind == TRACE_SPAWNED || event->kind == TRACE_QUEUED ||
           (event->kind == TRACE_ENDED && event->number == TRACE_AGAIN);
}

static int
compare_causes(const void *a, const void *b)
{
    const struct cause *left = a;
    const struct cause *right = b;

    if (left->task != right->task)
        return left->task < right->task ? -1 : 1;
    if (left->time != right->time)
        return left->time < right->time ? -1 : 1;
    return left->index < right->index ? -1 : left->index > right->index;
}

static size_t
count_events(const struct trace *trace)
{
    size_t n = 0;

    for (uint32_t i = 0; i < trace->info.tracks; i++)
        n += trace->tracks[i].n;
    return n;
}

static bool
find_causes(struct causes *causes, const struct trace *trace)
{
    causes->n = 0;
    causes->cause = calloc(count_events(trace) + 1, sizeof *causes->cause);
    if (!causes->cause)
        return false;
    for (uint32_t i = 0; i < trace->info.tracks; i++) {
        for (size_t j = 0; j < trace->tracks[i].n; j++) {
            const struct trace_record *event = &trace->tracks[i].events[j];

            if (is_cause(event))
                causes->cause[causes->n++] = (struct cause){ event->task,
                    event->time, i, j, event->kind == TRACE_ENDED, false };
        }
    }
    qsort(causes->cause, causes->n, sizeof *causes->cause, compare_causes);
    return true;
}

/* The last of the task's that is not after the span's begin, or NULL.  What comes
 * at the same time may come after it: the end of this very poll. */
static struct cause *
find_cause(const struct causes *causes, const struct span *span, size_t index)
{
    uint64_t task = span->task;
    size_t low = 0;
    size_t high = causes->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct cause *cause = &causes->cause[middle];

        if (cause->task < task ||
                (cause->task == task && cause->time <= span->begin))
            low = middle + 1;
        else
            high = middle;
    }
    while (low && causes->cause[low - 1].task == task &&
            causes->cause[low - 1].track == span->track &&
            causes->cause[low - 1].index > index)
        low--;
    if (!low || causes->cause[low - 1].task != task ||
            causes->cause[low - 1].is_taken)
        return NULL;
    return &causes->cause[low - 1];
}

/*
 * Spans
 */

static void
begin_span(struct span *span, enum span_kind kind, uint32_t track,
        const struct trace_record *event)
{
    *span = (struct span){ .kind = kind,
        .track = track,
        .begin = event->time,
        .task = event->task,
        .name = event->name,
        .outcome = OUTCOME_OPEN };
}

static void
add_cause(struct span *span, const struct causes *causes, size_t index)
{
    struct cause *cause = find_cause(causes, span, index);

    if (!cause)
        return;
    cause->is_taken = true;
    span->is_woken = true;
    span->by_itself = cause->by_itself;
    span->from = cause->track;
    span->queued = cause->time;
}

/* Which span an event begins; -1: none. */
static int
begins(uint32_t kind)
{
    switch (kind) {
    case TRACE_BEGIN:
        return SPAN_POLL;
    case TRACE_PARK:
        return SPAN_SLEEP;
    case TRACE_COMPUTE:
        return SPAN_COMPUTE;
    default:
        return -1;
    }
}

static int
ends(uint32_t kind)
{
    switch (kind) {
    case TRACE_ENDED:
        return SPAN_POLL;
    case TRACE_UNPARK:
        return SPAN_SLEEP;
    case TRACE_COMPUTED:
        return SPAN_COMPUTE;
    default:
        return -1;
    }
}

/* One that has no end lasts until the next begins, or to the end of the trace. */
static void
find_in_track(struct spans *spans, const struct trace *trace, uint32_t number,
        const struct causes *causes)
{
    const struct track *track = &trace->tracks[number];
    struct span *open = NULL;

    for (size_t i = 0; i < track->n; i++) {
        const struct trace_record *event = &track->events[i];

        if (open && (begins(event->kind) >= 0 ||
                            ends(event->kind) == (int)open->kind)) {
            open->end = event->time;
            if (event->kind == TRACE_ENDED)
                open->outcome = event->number;
            open = NULL;
        }
        if (begins(event->kind) < 0)
            continue;
        open = &spans->span[spans->n++];
        begin_span(open, (enum span_kind)begins(event->kind), number, event);
        if (open->kind == SPAN_POLL)
            add_cause(open, causes, i);
    }
    if (open)
        open->end = trace->end;
}

bool
find_spans(struct spans *spans, const struct trace *trace)
{
    struct causes causes;

    spans->n = 0;
    spans->span = calloc(count_events(trace) + 1, sizeof *spans->span);
    if (!spans->span)
        return false;
    if (!find_causes(&causes, trace)) {
        free(spans->span);
        return false;
    }
    for (uint32_t i = 0; i < trace->info.tracks; i++)
        find_in_track(spans, trace, i, &causes);
    free(causes.cause);
    return true;
}

void
free_spans(struct spans *spans)
{
    free(spans->span);
}
