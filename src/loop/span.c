#include "span.h"

#include "tree.h"

/* The owner takes no more than that of what is left, so that others find it
 * worth coming. */
#define FRACTION 8

void
steal__span_init(struct span *span, const struct cut *range)
{
    lock_init(&span->lock);
    span->cuts = 0;
    span->is_tree = false;
    span->begin = range->begin;
    span->end = range->end;
    span->measure = range->measure;
}

/* What is left is nothing or worth a piece. */
static size_t
piece_of(size_t rest, const struct measure *measure)
{
    size_t piece = rest / FRACTION;

    if (piece > measure->want)
        piece = measure->want;
    if (piece < measure->least)
        piece = measure->least;
    return piece >= rest || rest - piece < measure->least ? rest : piece;
}

/* The same, if it may be less and is enough for that. */
static size_t
rounded_piece(const struct span *span, size_t rest,
        const struct measure *measure)
{
    size_t piece = piece_of(rest, measure);
    size_t round;

    if (piece == rest)
        return piece;
    if (span->is_tree)
        return tree_first(span->begin, piece);
    round = span_round_down(span->begin + piece) - span->begin;
    return round <= piece && round >= measure->least ? round : piece;
}

bool
steal__span_take(struct span *span, const struct measure *measure,
        size_t *begin, size_t *end, size_t *rest)
{
    size_t left;
    size_t piece;

    lock_take(&span->lock);
    left = span->end - span->begin;
    piece = rounded_piece(span, left, measure);
    *begin = span->begin;
    span->begin += piece;
    span->measure = *measure;
    lock_give(&span->lock);
    *end = *begin + piece;
    *rest = left - piece;
    return piece != 0;
}

static size_t
rounded_half(const struct span *span, size_t rest)
{
    size_t half = span_half(rest, span->measure.least);
    size_t round;

    if (half == rest)
        return half;
    if (span->is_tree)
        return tree_last(span->end, half);
    round = span_round_down(span->end - half + SPAN_ROUND - 1);
    round = span->end - round;
    return round <= half && round >= span->measure.least ? round : half;
}

bool
steal__span_cut(struct span *span, unsigned most, struct cut *cut)
{
    size_t half = 0;

    lock_take(&span->lock);
    if (span->cuts < most)
        half = rounded_half(span, span->end - span->begin);
    if (half) {
        cut->number = span->cuts++;
        cut->end = span->end;
        span->end -= half;
        cut->begin = span->end;
        cut->measure = span->measure;
    }
    lock_give(&span->lock);
    return half != 0;
}
