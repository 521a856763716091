/*
 * metrics_text.c - the metrics in the text format of Prometheus, version 0.0.4:
 *
 *     # HELP steal_worker_polls_total Polls of tasks.
 *     # TYPE steal_worker_polls_total counter
 *     steal_worker_polls_total{runtime="steal",worker="0"} 1234
 *     steal_worker_polls_total{runtime="steal",worker="relief"} 0
 *
 * A metric is called after its field: `_total` follows if it only grows, and
 * before that `_seconds` if it is a time.  All samples of one stand together.
 */
#include <steal/metrics.h>

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <steal/runtime.h>

#include "../sched/runtime.h"
#include "buffer.h"

/*
 * The tables
 */

enum kind {
    COUNT,         /* since the start */
    COUNT_SECONDS, /* the same, in ns here and in seconds there */
    NOW,
    NOW_SECONDS,
};

struct metric {
    const char *name;
    const char *help; /* without a newline or a backslash */
    enum kind kind;
    size_t at; /* of the field */
};

#define OF_RUNTIME(field) offsetof(struct steal_metrics, field)
#define OF_WORKER(field)  offsetof(struct steal_worker_metrics, field)

static const struct metric of_runtime[] = {
    { "steal_age_seconds", "Time since the runtime was made.", NOW_SECONDS,
            OF_RUNTIME(age) },
    { "steal_workers", "Workers of the runtime.", NOW, OF_RUNTIME(workers) },
    { "steal_live", "Tasks that have not ended.", NOW, OF_RUNTIME(live) },
    { "steal_spawned_outside_total",
            "Tasks spawned by threads that are no workers.", COUNT,
            OF_RUNTIME(spawned_outside) },
    { "steal_ended_outside_total",
            "Tasks of these threads that came too late to be run.", COUNT,
            OF_RUNTIME(ended_outside) },
    { "steal_injected_total", "Tasks pushed into the injector.", COUNT,
            OF_RUNTIME(injected) },
    { "steal_injector_depth", "Tasks in the injector.", NOW,
            OF_RUNTIME(injector_depth) },
    { "steal_computing", "Threads that run computations.", NOW,
            OF_RUNTIME(computing) },
    { "steal_turns_total", "Turns of the driver's loop.", COUNT,
            OF_RUNTIME(turns) },
    { "steal_events_total", "Tasks woken by turns of the driver's loop.", COUNT,
            OF_RUNTIME(events) },
    { "steal_timers", "Timers that are set.", NOW, OF_RUNTIME(timers) },
    { "steal_timers_fired_total", "Timers whose time has come.", COUNT,
            OF_RUNTIME(timers_fired) },
    { "steal_blocking_calls_total", "Blocking calls that have begun.", COUNT,
            OF_RUNTIME(blocking_calls) },
    { "steal_blocking_queued", "Blocking calls that have not begun.", NOW,
            OF_RUNTIME(blocking_queued) },
    { "steal_blocking_threads", "Threads for blocking calls.", NOW,
            OF_RUNTIME(blocking_threads) },
    { "steal_blocking_busy",
            "Threads that are in a blocking call or in a worker's place.", NOW,
            OF_RUNTIME(blocking_busy) },
};

static const struct metric of_worker[] = {
    { "steal_worker_busy_seconds_total", "Time spent polling and computing.",
            COUNT_SECONDS, OF_WORKER(busy) },
    { "steal_worker_polls_total", "Polls of tasks.", COUNT, OF_WORKER(polls) },
    { "steal_worker_spawned_total", "Tasks spawned by what the worker ran.",
            COUNT, OF_WORKER(spawned) },
    { "steal_worker_ended_total", "Tasks that ended on the worker.", COUNT,
            OF_WORKER(ended) },
    { "steal_worker_queued", "Tasks in the worker's queue.", NOW,
            OF_WORKER(queued) },
    { "steal_worker_overflows_total", "Times that the worker's queue was full.",
            COUNT, OF_WORKER(overflows) },
    { "steal_worker_injected_total", "Tasks taken from the injector.", COUNT,
            OF_WORKER(injected) },
    { "steal_worker_steal_tries_total",
            "Looks at a queue of another that had tasks.", COUNT,
            OF_WORKER(steal_tries) },
    { "steal_worker_steals_total", "Looks that got some of these tasks.", COUNT,
            OF_WORKER(steals) },
    { "steal_worker_stolen_total", "Tasks taken from queues of others.", COUNT,
            OF_WORKER(stolen) },
    { "steal_worker_parks_total", "Times that the worker went to sleep.", COUNT,
            OF_WORKER(parks) },
};

#define LENGTH(table) (sizeof(table) / sizeof *(table))

/*
 * Text that ends where the room does, and is counted beyond
 */

struct text {
    char *data;
    size_t size;
    size_t length;
};

static void
put_bytes(struct text *text, const char *bytes, size_t n)
{
    size_t room = text->size > text->length ? text->size - text->length : 0;

    if (room > 0)
        memcpy(text->data + text->length, bytes, n < room ? n : room);
    text->length += n;
}

static void
put(struct text *text, const char *string)
{
    put_bytes(text, string, strlen(string));
}

static void
finish(struct text *text)
{
    if (text->size > 0)
        text->data[text->length < text->size ? text->length : text->size - 1] =
                '\0';
}

static void
put_value(struct text *text, enum kind kind, uint64_t value)
{
    char digits[32];

    if (kind == COUNT_SECONDS || kind == NOW_SECONDS)
        snprintf(digits, sizeof digits, "%" PRIu64 ".%09" PRIu64,
                value / STEAL_SECONDS(1), value % STEAL_SECONDS(1));
    else
        snprintf(digits, sizeof digits, "%" PRIu64, value);
    put(text, digits);
}

/*
 * Labels
 */

/* One wrong byte in it, and the reader would refuse all of the text; a name that
 * was cut may well end with one. */
static void
put_label_value(struct text *text, const char *value)
{
    while (*value != '\0') {
        size_t size = steal__utf8_size((const unsigned char *)value);

        if (*value == '\\')
            put(text, "\\\\");
        else if (*value == '"')
            put(text, "\\\"");
        else if (*value == '\n')
            put(text, "\\n");
        else if (size > 0)
            put_bytes(text, value, size);
        else
            put(text, "?");
        value += size > 0 ? size : 1;
    }
}

/*
 * Samples
 */

static void
put_family(struct text *text, const struct metric *metric)
{
    bool grows = metric->kind == COUNT || metric->kind == COUNT_SECONDS;

    put(text, "# HELP ");
    put(text, metric->name);
    put(text, " ");
    put(text, metric->help);
    put(text, "\n# TYPE ");
    put(text, metric->name);
    put(text, grows ? " counter\n" : " gauge\n");
}

/* `worker` may be NULL; `metrics` is the struct that the metric is a field of. */
static void
put_sample(struct text *text, const struct metric *metric, const char *runtime,
        const char *worker, const void *metrics)
{
    uint64_t value;

    memcpy(&value, (const char *)metrics + metric->at, sizeof value);
    put(text, metric->name);
    put(text, "{runtime=\"");
    put_label_value(text, runtime);
    if (worker != NULL) {
        put(text, "\",worker=\"");
        put(text, worker);
    }
    put(text, "\"} ");
    put_value(text, metric->kind, value);
    put(text, "\n");
}

static void
put_runtime(struct text *text, struct steal_runtime *runtime)
{
    struct steal_metrics metrics;

    steal_metrics(runtime, &metrics, sizeof metrics);
    for (size_t i = 0; i < LENGTH(of_runtime); i++) {
        put_family(text, &of_runtime[i]);
        put_sample(text, &of_runtime[i], runtime->name, NULL, &metrics);
    }
}

static void
put_worker(struct text *text, const struct metric *metric,
        struct steal_runtime *runtime, uint32_t worker)
{
    struct steal_worker_metrics metrics;
    char number[12] = "relief";

    steal_metrics_worker(runtime, worker, &metrics, sizeof metrics);
    if (worker < steal_runtime_workers(runtime))
        snprintf(number, sizeof number, "%" PRIu32, worker);
    put_sample(text, metric, runtime->name, number, &metrics);
}

/*
 * Histograms
 */

static const struct {
    const char *name;
    const char *help;
} of_histograms[STEAL_HISTOGRAMS] = {
    [STEAL_POLL_TIMES] = { "steal_poll_seconds", "How long polls took." },
    [STEAL_QUEUE_TIMES] = { "steal_queue_seconds",
            "How long tasks were queued before they were polled." },
};

/* From a quarter of a microsecond to 17 seconds, each four times the one before. */
#define BOUND_LEAST 8
#define BOUND_MOST  34

static void
put_histogram_sample(struct text *text, const char *name, const char *suffix,
        const struct steal_runtime *runtime, const char *bound)
{
    put(text, name);
    put(text, suffix);
    put(text, "{runtime=\"");
    put_label_value(text, runtime->name);
    if (bound) {
        put(text, "\",le=\"");
        put(text, bound);
    }
    put(text, "\"} ");
}

/* The bounds are those of our buckets. */
static void
put_buckets(struct text *text, const char *name,
        const struct steal_runtime *runtime, const struct steal_histogram *h)
{
    char bound[32];
    unsigned next = 0;
    uint64_t n = 0;

    for (unsigned bits = BOUND_LEAST; bits <= BOUND_MOST; bits += 2) {
        while (steal_histogram_least(next) < UINT64_C(1) << bits)
            n += h->bucket[next++];
        /* A number of the C locale, wherever the program is. */
        snprintf(bound, sizeof bound, "%" PRIu64 ".%09" PRIu64,
                (UINT64_C(1) << bits) / STEAL_SECONDS(1),
                (UINT64_C(1) << bits) % STEAL_SECONDS(1));
        put_histogram_sample(text, name, "_bucket", runtime, bound);
        put_value(text, COUNT, n);
        put(text, "\n");
    }
    put_histogram_sample(text, name, "_bucket", runtime, "+Inf");
    put_value(text, COUNT, h->count);
    put(text, "\n");
}

static void
put_histogram(struct text *text, struct steal_runtime *runtime,
        enum steal_histogram_kind kind)
{
    const char *name = of_histograms[kind].name;
    struct steal_histogram h;

    if (steal_metrics_histogram(runtime, STEAL_ALL_WORKERS, kind, &h))
        return;
    put(text, "# HELP ");
    put(text, name);
    put(text, " ");
    put(text, of_histograms[kind].help);
    put(text, "\n# TYPE ");
    put(text, name);
    put(text, " histogram\n");
    put_buckets(text, name, runtime, &h);
    put_histogram_sample(text, name, "_sum", runtime, NULL);
    put_value(text, COUNT_SECONDS, h.sum);
    put(text, "\n");
    put_histogram_sample(text, name, "_count", runtime, NULL);
    put_value(text, COUNT, h.count);
    put(text, "\n");
}

size_t
steal_metrics_text(struct steal_runtime *runtime, char *data, size_t size)
{
    struct text text = { .data = data, .size = size };

    put_runtime(&text, runtime);
    for (size_t i = 0; i < LENGTH(of_worker); i++) {
        put_family(&text, &of_worker[i]);
        for (uint32_t w = 0; w <= steal_runtime_workers(runtime); w++)
            put_worker(&text, &of_worker[i], runtime, w);
    }
    for (int i = 0; i < STEAL_HISTOGRAMS; i++)
        put_histogram(&text, runtime, (enum steal_histogram_kind)i);
    finish(&text);
    return text.length;
}
