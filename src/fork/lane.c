/*
 * lane.c
 *
 * Orderings
 *   L1  fork: store here.top, release  ->  force: load here.top, acquire
 *       Who sees a job on top sees the job, and all that are below it.  The
 *       store of a join is relaxed: it continues the release sequence of the
 *       forks, which are the same thread's (C11, 5.1.2.4; C++20 promises it no
 *       more, but processors that have a release store keep it).
 *   L2  join: store here.top; light fence; load here.asked
 *       force: store here.asked = 1; heavy fence; load here.top
 *       One of the two sees the other.  An owner that has not seen the question
 *       has taken its job off, and force sees that; an owner that has seen it
 *       comes for the lock, which force has.  So from the fence on, until the
 *       question is withdrawn, nothing leaves the list but what the owner is
 *       asking the lock about.
 *   L3  publish: store here.asked = 0, release  ->  join: load here.asked, acquire
 *       An owner that sees the question withdrawn sees which of its jobs have
 *       become public meanwhile.
 *   L4  finish: swap word, acq_rel  ->  join: load word, acquire
 *       What the job did.  After that the job may be gone.
 *   The rest is ordered by the lock.  `prev` of a job on the list was written by
 *   the fork of that job, and has no other writer.
 *
 * Rules
 *   F1  Public and taken jobs are older than private ones: those after `last`, up
 *       to the top, are private.
 *   F2  A private job becomes public under the lock, while the question is asked:
 *       by its owner, or by a thief after the heavy fence of L2.
 *   F3  A lane that has public or taken jobs keeps its root.
 *   F4  Without the lock the top is `last` or above it, or, while the owner joins
 *       `last` itself and waits for the lock, the one below.
 */
#include "lane.h"

#include <steal/time.h>

#include "../base/assert.h"
#include "../base/membarrier.h"

/* An owner is answered for when it has been asked for so long, in ns; if there was
 * nothing, not again before the longer of the two is over. */
#ifndef FORCE_AFTER
# define FORCE_AFTER STEAL_US(5)
#endif
#define FORCE_RARELY STEAL_MS(1)

/* A thief walks over so many jobs at most, while the owner may wait for it. */
#define FORCE_MOST 1024

/* What a thread without a lane forks to: never read. */
static struct steal_job nobodys;

__thread struct steal_here steal_here CACHE_ALIGNED = { &nobodys, 0 };

_Thread_local struct lane *steal__lane;

static _Atomic(uintptr_t) *
asked_word(struct steal_here *here)
{
    return (_Atomic(uintptr_t) *)(void *)&here->asked;
}

static struct steal_job *
prev_of(struct steal_job *job)
{
    return STEAL_JOB_LOAD(job->prev); /* L1, or the owner's */
}

/*
 * The owner
 */

void
steal__lane_init(struct lane *lane, struct team *team, unsigned index)
{
    lock_init(&lane->lock);
    store_relaxed(&lane->oldest, NULL); /* not shared yet, as all here */
    store_relaxed(&lane->asked, 0);
    lane->last = &lane->bottom;
    lane->here = NULL;
    store_relaxed(&lane->force_at, 0);
    lane->team = team;
    lane->index = index;
    lane->next_victim = index;
    lane->counted = false;
    lane->helping = 0;
    store_relaxed(&lane->root, lane);
    store_relaxed(&lane->bell, 0);
    store_relaxed(&lane->is_taken, 0);
    lane->bottom = (struct steal_job)STEAL_JOB(NULL);
}

/* The thread's words are those of this lane, or of none.  Who has asked meanwhile
 * is answered when it is back. */
static void
place(struct lane *lane, struct steal_here *here)
{
    lock_take(&lane->lock);
    lane->here = here;
    if (here && load_relaxed(&lane->asked)) /* the lock */
        store_relaxed(asked_word(here), 1); /* the owner's */
    lock_give(&lane->lock);
}

static void
ask_locked(struct lane *lane)
{
    store_relaxed(&lane->asked, 1);
    if (lane->here)
        store_relaxed(asked_word(lane->here), 1); /* L2 */
}

void
steal__lane_attach(struct lane *lane)
{
    lane->outer = steal__lane;
    if (lane->outer)
        place(lane->outer, NULL);
    lane->outer_here = STEAL_HERE;
    lane->helping = 0;
    store_relaxed(&lane->root, lane); /* F3: it has no jobs */
    STEAL_JOB_STORE(STEAL_HERE.top, &lane->bottom);
    steal__lane = lane;
    lock_take(&lane->lock);
    lane->last = &lane->bottom;
    lane->here = &STEAL_HERE;
    ask_locked(lane); /* those who sleep do not ask */
    lock_give(&lane->lock);
}

void
steal__lane_detach(struct lane *lane)
{
    check(STEAL_HERE.top == &lane->bottom);
    place(lane, NULL);
    STEAL_HERE = lane->outer_here;
    steal__lane = lane->outer;
    if (lane->outer)
        place(lane->outer, &STEAL_HERE);
}

/* The youngest of the older half of the private jobs, or NULL: there are too many
 * to look at. */
static struct steal_job *
find_middle(struct lane *lane, struct steal_job *top, size_t most)
{
    struct steal_job *middle = top;
    size_t n = 0;

    for (struct steal_job *job = top; job != lane->last; job = prev_of(job)) {
        if (n++ & 1)
            middle = prev_of(middle);
        if (n > most)
            return NULL;
    }
    return middle;
}

/* F2.  Makes the private jobs public, up to `youngest`. */
static bool
publish_locked(struct lane *lane, struct steal_job *youngest)
{
    struct steal_job *younger = NULL;

    for (struct steal_job *job = youngest; job != lane->last;
            job = prev_of(job)) {
        store_relaxed(job_word(job), JOB_PUBLIC | (uintptr_t)younger); /* L3 */
        younger = job;
    }
    store_relaxed(&lane->oldest, younger); /* the lock */
    lane->last = youngest;
    store_relaxed(&lane->asked, 0);           /* the lock */
    store_release(asked_word(lane->here), 0); /* L3 */
    return true;
}

static bool
can_publish_locked(struct lane *lane, struct steal_job *top)
{
    return top != lane->last && !load_relaxed(&lane->oldest); /* the lock */
}

/* Of the private jobs the older half: those that wait for long are large, and the
 * walk to them is paid by how many they are. */
static bool
publish_half_locked(struct lane *lane, struct steal_job *top, size_t most)
{
    struct steal_job *middle = NULL;

    if (can_publish_locked(lane, top))
        middle = find_middle(lane, top, most);
    return middle && publish_locked(lane, middle);
}

/* The youngest public job becomes private again, its owner's. */
static void
reclaim_locked(struct lane *lane, struct steal_job *job)
{
    if (load_relaxed(&lane->oldest) == job) /* the lock */
        store_relaxed(&lane->oldest, NULL);
    else
        store_relaxed(job_word(job->prev), JOB_PUBLIC); /* now the youngest */
    store_relaxed(job_word(job), JOB_PRIVATE);          /* the lock */
}

enum lane_settled
steal__lane_settle(struct lane *lane, struct steal_job *job, bool *published)
{
    enum lane_settled settled = LANE_OURS;
    uintptr_t phase;

    lock_take(&lane->lock);
    phase = load_relaxed(job_word(job)) & JOB_PHASE; /* the lock */
    if (phase != JOB_PRIVATE) {
        check(lane->last == job);
        lane->last = job->prev;
    }
    if (phase == JOB_PUBLIC)
        reclaim_locked(lane, job);
    else if (phase != JOB_PRIVATE)
        settled = LANE_TAKEN;
    *published = load_relaxed(&lane->asked) && /* the lock */
                 publish_half_locked(lane, job->prev, SIZE_MAX);
    lock_give(&lane->lock);
    return settled;
}

bool
steal__lane_offer(struct lane *lane)
{
    struct steal_job *top = STEAL_JOB_LOAD(STEAL_HERE.top);
    bool published;

    lock_take(&lane->lock);
    published = can_publish_locked(lane, top) && publish_locked(lane, top);
    lock_give(&lane->lock);
    return published;
}

/*
 * The thief
 */

struct steal_job *
steal__lane_take(struct lane *victim, const struct lane *thief,
        const struct lane *root, struct lane **found)
{
    struct steal_job *job = NULL;

    if (!steal__lane_has_public(victim))
        return NULL;
    if (root && load_relaxed(&victim->root) != root) /* a hint */
        return NULL;
    if (!lock_try(&victim->lock))
        return NULL;
    *found = load_relaxed(&victim->root); /* F3, if there is a job */
    if (!root || *found == root)
        job = load_relaxed(&victim->oldest); /* the lock */
    if (job) {
        uintptr_t next = load_relaxed(job_word(job)) &
                         ~JOB_PHASE; /* the lock */

        store_relaxed(&victim->oldest, (struct steal_job *)next);
        store_relaxed(job_word(job),
                JOB_TAKEN | (uintptr_t)thief->index << JOB_SHIFT);
    }
    lock_give(&victim->lock);
    return job;
}

bool
steal__lane_finish(struct steal_job *job)
{
    return swap_acq_rel(job_word(job), JOB_DONE) & JOB_WAITED; /* L4 */
}

bool
steal__lane_ask(struct lane *victim)
{
    bool asked = false;

    if (load_relaxed(&victim->asked)) /* a hint */
        return true;
    if (!lock_try(&victim->lock))
        return false;
    if (!load_relaxed(&victim->oldest)) { /* the lock */
        ask_locked(victim);
        store_relaxed(&victim->force_at, 0); /* a hint */
        asked = true;
    }
    lock_give(&victim->lock);
    return asked;
}

/* True if it is time to answer for the owner; counts the time until the next. */
static bool
force_is_due(struct lane *victim, uint64_t now)
{
    uint64_t at = load_relaxed(&victim->force_at); /* a hint, as all here */

    if (!at)
        store_relaxed(&victim->force_at, now + FORCE_AFTER);
    return at && now >= at;
}

/* F2, for an owner that joins nothing at present.  Or it is about to come for the
 * lock, F4: then the top is below the jobs that are not private. */
static bool
force_locked(struct lane *victim)
{
    struct steal_job **here = &victim->here->top;
    struct steal_job *top;

    if (STEAL_JOB_LOAD(*here) ==
            victim->last) /* a hint: it has no private ones */
        return false;
    if (!steal__fence_heavy()) /* L2 */
        return false;
    top = STEAL_JOB_ACQUIRE(*here); /* L1 */
    return top != prev_of(victim->last) &&
           publish_half_locked(victim, top, FORCE_MOST);
}

bool
steal__lane_force(struct lane *victim, uint64_t now)
{
    bool published = false;

    if (!force_is_due(victim, now) || !lock_try(&victim->lock))
        return false;
    if (victim->here && load_relaxed(&victim->asked)) /* the lock */
        published = force_locked(victim);
    if (!published)
        store_relaxed(&victim->force_at, now + FORCE_RARELY); /* a hint */
    lock_give(&victim->lock);
    return published;
}
