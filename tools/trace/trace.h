/*
 * trace.h - a trace in memory, as steal-trace shows it.
 *
 * A file is loaded as a whole and never believed: what load_trace() accepts can be
 * shown, whatever it says.
 */
#ifndef STEAL_TOOLS_TRACE_TRACE_H
#define STEAL_TOOLS_TRACE_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "../../src/insight/trace_format.h"

struct track {
    uint64_t lost; /* events before the first */
    struct trace_record *events;
    size_t n;
};

struct trace {
    struct trace_info info;
    struct track *tracks; /* info.tracks */
    char **names;         /* of number 1 first */
    uint32_t nnames;
    uint64_t start; /* of the first event, ns */
    uint64_t end;   /* of the last */
};

/* Something that took time on a track. */
enum span_kind {
    SPAN_POLL,
    SPAN_SLEEP,
    SPAN_COMPUTE
};

#define OUTCOME_OPEN UINT64_MAX /* the trace ended before */

struct span {
    enum span_kind kind;
    uint32_t track;
    uint64_t begin; /* ns */
    uint64_t end;   /* not before that */

    /* a poll's */
    uint64_t task;
    uint64_t outcome; /* trace_outcome, OUTCOME_OPEN, or what the file says */
    uint32_t name;    /* a number, or 0 */
    bool is_woken;    /* it is known who has queued the task, and when: */
    bool by_itself;
    uint32_t from; /* the track */
    uint64_t queued;
};

struct spans {
    struct span *span; /* track by track, in order of their begin */
    size_t n;
};

/* Reads what is in the file.  NULL: `why` tells why not. */
struct trace *load_trace(FILE *file, const char **why);
void free_trace(struct trace *trace);

/* False: out of memory. */
bool find_spans(struct spans *spans, const struct trace *trace);
void free_spans(struct spans *spans);

/* "worker 3"; `text` has room for 32. */
const char *track_title(const struct trace *trace, uint32_t track, char *text);
const char *name_of(const struct trace *trace, uint32_t number);
const char *outcome_text(uint64_t outcome);

/* What a track has lost it does not show: from when on it tells all. */
uint64_t track_start(const struct trace *trace, uint32_t track);

/* What may stand between quotes in JSON, and in SVG. */
void put_json_text(const char *text, FILE *out);
void put_xml_text(const char *text, FILE *out);

/* The three things to be had; false: out of memory. */
bool put_json(const struct trace *trace, const struct spans *spans, FILE *out);
bool put_summary(const struct trace *trace, const struct spans *spans,
        FILE *out);

/* `from` in ns since the start, `length` in ns or 0: to the end. */
bool put_picture(const struct trace *trace, const struct spans *spans,
        uint64_t from, uint64_t length, FILE *out);

#endif
