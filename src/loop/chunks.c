#include "chunks.h"

#include "../base/assert.h"
#include "helpers.h"

void
steal__chunks_init(struct chunks *chunks, const struct cut *range,
        unsigned slots)
{
    steal__span_init(&chunks->span, range);
    chunks->slots = slots;
    lock_init(&chunks->lock);
    chunks->is_advancing = false;
    chunks->known = 0;
    chunks->rest = range->end - range->begin;
    chunks->oldest = 0;
    chunks->newest = 0;
    chunks->front = 0;
    chunks->reserved = 0;
    chunks->measure = range->measure;
}

static struct chunk *
chunk_at(struct chunks *chunks, size_t number)
{
    return &chunks->chunk[number % chunks->slots];
}

static bool
is_free(struct chunks *chunks, size_t number)
{
    return number < chunks->newest &&
           chunk_at(chunks, number)->state == CHUNK_FREE;
}

/* How many slots hold nothing, if there is something to put there. */
static size_t
room_locked(const struct chunks *chunks)
{
    return chunks->rest ? chunks->slots - (chunks->newest - chunks->oldest) : 0;
}

/* Cuts one more; there is room. */
static void
cut_locked(struct chunks *chunks)
{
    struct chunk *chunk = chunk_at(chunks, chunks->newest++);

    steal__span_take(&chunks->span, &chunks->measure, &chunk->begin,
            &chunk->end, &chunks->rest);
    chunk->state = CHUNK_FREE;
}

static void
retire_locked(struct chunks *chunks)
{
    while (chunks->oldest < chunks->front &&
            chunk_at(chunks, chunks->oldest)->state == CHUNK_WALKED)
        chunks->oldest++;
}

/*
 * Claims
 */

static bool
claim_front_locked(struct chunks *chunks, struct chunk_claim *claim)
{
    if (chunks->is_advancing)
        return false;
    if (chunks->front == chunks->newest && room_locked(chunks))
        cut_locked(chunks);
    if (!is_free(chunks, chunks->front))
        return false;
    chunks->is_advancing = true; /* C1 */
    chunk_at(chunks, chunks->front)->state = CHUNK_WALKING;
    claim->number = chunks->front;
    claim->work = CHUNK_FRONT;
    return true;
}

static bool
claim_known_locked(struct chunks *chunks, struct chunk_claim *claim)
{
    size_t number = chunks->oldest;

    if (!chunks->known)
        return false;
    while (chunk_at(chunks, number)->state != CHUNK_KNOWN)
        number++;
    check(number < chunks->front);
    chunks->known--;
    chunk_at(chunks, number)->state = CHUNK_WALKING;
    claim->number = number;
    claim->work = CHUNK_WALK;
    return true;
}

static bool
claim_ahead_locked(struct chunks *chunks, struct chunk_claim *claim)
{
    bool is_reserved = chunks->reserved >= chunks->front &&
                       is_free(chunks, chunks->reserved);

    if (room_locked(chunks) < (is_reserved ? 1 : 2))
        return false;
    if (!is_reserved) {
        chunks->reserved = chunks->newest;
        cut_locked(chunks);
        if (!chunks->rest)
            return false;
    }
    claim->number = chunks->newest;
    claim->work = CHUNK_SUM;
    cut_locked(chunks);
    chunk_at(chunks, claim->number)->state = CHUNK_SUMMING;
    return true;
}

/* For how many there is work, beside the caller. */
static unsigned
others_locked(const struct chunks *chunks)
{
    unsigned others = chunks->known;

    if (room_locked(chunks) > 2)
        others += span_shares(chunks->rest, chunks->measure.least);
    return others;
}

bool
steal__chunks_claim(struct chunks *chunks, struct chunk_claim *claim)
{
    bool is_claimed;

    lock_take(&chunks->lock);
    is_claimed = claim_front_locked(chunks, claim) ||
                 claim_known_locked(chunks, claim) ||
                 claim_ahead_locked(chunks, claim);
    if (is_claimed) {
        const struct chunk *chunk = chunk_at(chunks, claim->number);

        claim->slot = (unsigned)(claim->number % chunks->slots);
        claim->begin = chunk->begin;
        claim->end = chunk->end;
        claim->others = others_locked(chunks);
    }
    lock_give(&chunks->lock);
    return is_claimed;
}

/*
 * Ends
 */

bool
steal__chunks_finish(struct chunks *chunks, const struct chunk_claim *claim,
        const struct measure *measure)
{
    struct chunk *chunk = chunk_at(chunks, claim->number);
    bool has_front = claim->work == CHUNK_FRONT;

    lock_take(&chunks->lock);
    chunks->measure = *measure;
    chunk->state = claim->work == CHUNK_SUM ? CHUNK_SUMMED : CHUNK_WALKED;
    if (has_front) {
        chunks->front++;
    } else if (claim->work == CHUNK_SUM && !chunks->is_advancing &&
               claim->number == chunks->front) {
        chunks->is_advancing = true; /* C1 */
        has_front = true;
    }
    retire_locked(chunks);
    lock_give(&chunks->lock);
    return has_front;
}

bool
steal__chunks_advance(struct chunks *chunks, bool is_again, unsigned *slot)
{
    struct chunk *chunk;
    bool is_summed;

    lock_take(&chunks->lock);
    if (is_again) {
        chunk_at(chunks, chunks->front++)->state = CHUNK_KNOWN;
        chunks->known++;
    }
    chunk = chunk_at(chunks, chunks->front);
    is_summed = chunks->front < chunks->newest && chunk->state == CHUNK_SUMMED;
    if (is_summed)
        *slot = (unsigned)(chunks->front % chunks->slots);
    else
        chunks->is_advancing = false;
    lock_give(&chunks->lock);
    return is_summed;
}
