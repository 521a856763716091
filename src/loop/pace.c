#include "pace.h"

#include <errno.h>

#include <steal/cancel.h>

_Thread_local struct paces steal__paces;

/* How many of `indices` fit in PACE_SMALL, if all took `ticks`. */
static uint32_t
fitting(size_t indices, uint64_t ticks)
{
    double fit = (double)indices * (double)PACE_SMALL / (double)(ticks + 1);

    return fit < UINT32_MAX ? (uint32_t)fit : UINT32_MAX;
}

void
steal__pace_learn(pace_key body, size_t indices, uint64_t ticks)
{
    uint64_t hash = pace_hash(body);
    struct pace *pace = pace_at(hash);
    uint32_t fit = fitting(indices, ticks);

    if (pace->tag == (uint32_t)hash && fit > pace->small)
        fit = pace->small + (fit - pace->small) / 4 + 1;
    pace->tag = (uint32_t)hash;
    pace->small = fit;
}

bool
steal__small_canceled(struct steal_cancel *cancel, int *error)
{
    if (!steal_cancel_is_requested(cancel))
        return false;
    *error = -ECANCELED;
    return true;
}

void
steal__small_watched(struct small *small, small_fn call, void *context,
        int *error)
{
    if (steal__small_canceled(small->cancel, error))
        return;
    *error = call(small->begin, small->end, context);
    if (!*error)
        (void)steal__small_canceled(small->cancel, error);
}

/* The loop after one that was measured for want of a look is measured too. */
static void
looked(uint64_t now)
{
    steal__paces.looked = steal__paces.looked ? 0 : now;
}

bool
steal__small_measured(struct small *small, small_fn call, void *context,
        int *error)
{
    size_t begin = small->begin;
    size_t middle = pace_eighth(begin, small->end);
    uint64_t now;

    *error = call(begin, middle, context);
    if (*error)
        return true;
    small->begin = middle;
    now = ticks_now();
    looked(now);
    if (now - small->now > PACE_EIGHTH) {
        steal__pace_learn(small->body, middle - begin, now - small->now);
        return false;
    }
    if (small->cancel)
        steal__small_watched(small, call, context, error);
    else
        *error = call(middle, small->end, context);
    if (!*error)
        steal__pace_learn(small->body, small->end - begin,
                ticks_now() - small->now);
    return true;
}
