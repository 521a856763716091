#include "loop.h"

#include <errno.h>
#include <stdlib.h>

#include <steal/cancel.h>

#include "../fork/lane.h"

/* A piece is no more than so many times the last one. */
#define GROWTH 8

/* What is below a piece divided by that is not worth sharing. */
#define WORTH 4

/*
 * The loop
 */

/* What is cut off the end of the whole by nobody. */
static struct cut
whole_of(const struct loop *loop)
{
    struct cut whole = { .begin = loop->begin, .end = loop->end };

    steal__loop_measure_first(loop, &whole.measure);
    return whole;
}

static void
run_whole(struct loop *loop)
{
    struct cut whole = whole_of(loop);

    loop->kind->run(loop, NULL, &whole);
}

static void
run_job(struct steal_job *job)
{
    run_whole(container_of(job, struct loop, job));
}

void
steal__loop_init(struct loop *loop, const struct loop_kind *kind, pace_key body,
        size_t begin, size_t end, const struct steal_loop_options *options)
{
    static const struct steal_loop_options none;

    if (!options)
        options = &none;
    loop->kind = kind;
    loop->body = body;
    loop->begin = begin;
    loop->end = end > begin ? end : begin;
    loop->grain = options->grain ? options->grain : 1;
    loop->cancel = options->cancel;
    loop->runtime = options->runtime;
    loop->block_size = 0;
    loop->is_quiet = body && loop->end - loop->begin <= pace_small(body);
    store_relaxed(&loop->error, 0); /* not shared yet, nor is the next */
    store_relaxed(&loop->ticks, 0);
    loop->job = (struct steal_job)STEAL_JOB(run_job);
}

int
steal__loop_run(struct loop *loop)
{
    size_t n = loop->end - loop->begin;
    int error;

    if (!n)
        return 0;
    if (loop->runtime && !steal__lane_is_shared()) {
        error = steal_run_job(loop->runtime, &loop->job);
        if (error)
            return error;
    } else {
        run_whole(loop);
    }
    steal__loop_is_over(loop); /* a token counts that was requested by now */
    error = load_relaxed(&loop->error); /* all parts have been joined */
    if (!error && loop->body)
        steal__pace_learn(loop->body, n, load_relaxed(&loop->ticks));
    return error;
}

COLD void
steal__loop_fail(struct loop *loop, int error)
{
    int none = 0;

    cas_strong_acq_rel(&loop->error, &none, error); /* a flag, no more */
}

bool
steal__loop_is_over(struct loop *loop)
{
    if (loop->cancel && unlikely(steal_cancel_is_requested(loop->cancel)))
        steal__loop_fail(loop, -ECANCELED);
    return load_relaxed(&loop->error) != 0; /* a flag */
}

/*
 * Pieces
 */

static void
measure_out(const struct loop *loop, struct measure *measure, size_t want)
{
    measure->want = want > loop->grain ? want : loop->grain;
    measure->least = want / WORTH > loop->grain ? want / WORTH : loop->grain;
}

void
steal__loop_measure(const struct loop *loop, struct measure *measure,
        size_t indices, uint64_t ticks)
{
    size_t most = indices > SIZE_MAX / GROWTH ? SIZE_MAX : indices * GROWTH;
    double fit = (double)indices * (double)LOOP_PIECE / (double)(ticks + 1);

    measure_out(loop, measure, fit < (double)most ? (size_t)fit : most);
}

/* What is remembered may be wrong for once: it does not count for much. */
void
steal__loop_measure_first(const struct loop *loop, struct measure *measure)
{
    size_t most = (loop->end - loop->begin) / PACE_LEAST;
    size_t want = pace_small(loop->body) * LOOP_PIECE / PACE_SMALL;

    measure_out(loop, measure, want < most ? want : most);
}

/*
 * The part of a thread
 */

/* Out of memory is no error: nothing is cut off then. */
static bool
cut_off(struct part *of, struct cut *cut)
{
    size_t size = of->loop->block_size;

    cut->block = NULL;
    if (size) {
        cut->block = malloc(size);
        if (!cut->block)
            return false;
    }
    if (steal__span_cut(&of->span, of->most_cuts, cut))
        return true;
    free(cut->block);
    return false;
}

static void
help(struct steal_job *job)
{
    struct part *of = container_of(job, struct helper, job)->owner;
    struct cut cut;

    if (!steal__loop_is_over(of->loop) && cut_off(of, &cut))
        of->loop->kind->run(of->loop, of, &cut);
}

void
steal__part_init(struct part *part, struct loop *loop, const struct cut *range,
        unsigned most_cuts)
{
    steal__span_init(&part->span, range);
    part->loop = loop;
    part->most_cuts = most_cuts;
    part->ticks = 0;
    helpers_init(&part->helpers);
}

/* Runs pieces until there are none. */
static void
work(struct part *part)
{
    struct loop *loop = part->loop;
    struct measure measure = part->span.measure;
    uint64_t then = ticks_now();
    size_t begin;
    size_t end;
    size_t rest = 1;

    while (rest && !steal__loop_is_over(loop) &&
            steal__span_take(&part->span, &measure, &begin, &end, &rest)) {
        uint64_t now;
        int error;

        steal__helpers_fork(&part->helpers, span_shares(rest, measure.least),
                help, part);
        if (!loop_is_quiet(loop, part->ticks))
            helpers_offer();
        error = loop->kind->piece(part, begin, end);
        if (unlikely(error))
            steal__loop_fail(loop, error);
        now = ticks_now();
        part->ticks += now - then;
        if (rest)
            steal__loop_measure(loop, &measure, end - begin, now - then);
        then = now;
    }
}

void
steal__part_run(struct part *part)
{
    work(part);
    steal__helpers_join(&part->helpers);
    add_relaxed(&part->loop->ticks, part->ticks); /* the joins bring it */
}
