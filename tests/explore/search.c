#include "search.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct clock {
    uint32_t of[SEARCH_THREADS];
};

/*
 * One step of the path, and the siblings that it has in the tree.  The first
 * part belongs to the tree and survives from path to path; the second is
 * written again by every execution that comes by.
 */
struct node {
    struct crossing crossing;
    unsigned backtrack; /* threads to try here */
    unsigned done;      /* tried, with all that follows */
    unsigned sleep;     /* tried before, in another order */
    unsigned thread;
    unsigned choice;
    unsigned choices;

    struct footprint footprint;
    struct clock clock;
    unsigned enables;
    unsigned preemptions;
};

/* The last steps that wrote and read a word, as clocks. */
struct trail {
    struct clock written;
    struct clock read;
};

static struct search_bounds bounds;
static struct node path[SEARCH_STEPS];
static unsigned depth;  /* steps of this execution */
static unsigned replay; /* of which so many are given */
static unsigned sleeping;
static bool cut;

static struct clock present[SEARCH_THREADS];
static struct trail trail[64];

static unsigned
bit(unsigned thread)
{
    return 1u << thread;
}

static bool
footprints_meet(struct footprint a, struct footprint b)
{
    return (a.writes & (b.reads | b.writes)) || (a.reads & b.writes);
}

static void
clock_join(struct clock *clock, const struct clock *other)
{
    for (unsigned i = 0; i < SEARCH_THREADS; i++)
        if (clock->of[i] < other->of[i])
            clock->of[i] = other->of[i];
}

static bool
clock_covers(const struct clock *clock, const struct node *node)
{
    return clock->of[node->thread] >= node->clock.of[node->thread];
}

void
search_begin(const struct search_bounds *new_bounds)
{
    bounds = *new_bounds;
    depth = 0;
    replay = 0;
    cut = false;
}

/* A schedule is a digit for each thread picked, and a letter for each choice
 * that is not the first. */
static void
follow(const char *schedule)
{
    replay = 0;
    for (; *schedule && replay < SEARCH_STEPS; schedule++) {
        if (*schedule >= '0' && *schedule < '0' + SEARCH_THREADS) {
            struct node *node = &path[replay++];

            memset(node, 0, sizeof *node);
            node->thread = (unsigned)(*schedule - '0');
        } else if (*schedule >= 'a' && *schedule <= 'z' && replay > 0) {
            path[replay - 1].choice = (unsigned)(*schedule - 'a');
        }
    }
}

void
search_restart(const char *schedule)
{
    depth = 0;
    sleeping = 0;
    memset(present, 0, sizeof present);
    memset(trail, 0, sizeof trail);
    if (schedule)
        follow(schedule);
}

static bool
is_preemption(unsigned at, unsigned thread)
{
    const struct crossing *crossing = &path[at].crossing;
    unsigned last;

    if (at == 0)
        return false;
    last = path[at - 1].thread;
    return last != thread && (crossing->ready & ~crossing->dozing & bit(last));
}

static unsigned
preemptions_before(unsigned at)
{
    return at ? path[at - 1].preemptions : 0;
}

static bool
is_affordable(unsigned at, unsigned thread)
{
    if (!bounds.preemptions || !is_preemption(at, thread) ||
            preemptions_before(at) < bounds.preemptions)
        return true;
    cut = true;
    return false;
}

/* The next sibling of the step at `at`, or none. */
static bool
turn(unsigned at)
{
    struct node *node = &path[at];
    unsigned todo = node->backtrack & ~node->done & ~node->sleep;

    for (unsigned i = 0; i < SEARCH_THREADS; i++)
        if ((todo & bit(i)) && is_affordable(at, i)) {
            node->thread = i;
            node->choice = 0;
            node->choices = 1;
            return true;
        }
    return false;
}

bool
search_advance(void)
{
    for (; depth > 0; depth--) {
        struct node *node = &path[depth - 1];

        if (node->choice + 1 < node->choices) {
            node->choice++;
            break;
        }
        node->done |= bit(node->thread);
        if (turn(depth - 1))
            break;
    }
    replay = depth;
    return depth > 0;
}

static int
first_affordable(unsigned at, unsigned threads)
{
    for (unsigned i = 0; i < SEARCH_THREADS; i++)
        if ((threads & bit(i)) && is_affordable(at, i))
            return (int)i;
    return SEARCH_PRUNE;
}

/* Stays with the thread of the last step if it may: such paths read best.  Time
 * passes last. */
static int
prefer(unsigned at)
{
    const struct crossing *crossing = &path[at].crossing;
    unsigned ready = crossing->ready & ~path[at].sleep;
    unsigned busy = ready & ~crossing->dozing;
    int thread;

    if (at > 0 && (busy & bit(path[at - 1].thread)))
        return (int)path[at - 1].thread;
    thread = first_affordable(at, busy);
    if (thread == SEARCH_PRUNE)
        thread = first_affordable(at, ready & crossing->dozing);
    return thread;
}

static int
grow(const struct crossing *crossing)
{
    struct node *node = &path[depth];
    int thread;

    memset(node, 0, sizeof *node);
    node->crossing = *crossing;
    node->sleep = sleeping;
    thread = prefer(depth);
    if (thread == SEARCH_PRUNE)
        return SEARCH_PRUNE;
    node->thread = (unsigned)thread;
    node->choices = 1;
    node->backtrack = bounds.full ? crossing->ready : bit(node->thread);
    return thread;
}

int
search_pick(const struct crossing *crossing)
{
    struct node *node = &path[depth];
    int thread;

    if (depth == SEARCH_STEPS)
        return SEARCH_TOO_FAR;
    if (depth < replay) {
        thread = (int)node->thread;
        node->crossing = *crossing;
        if (!(crossing->ready & bit(node->thread))) {
            fprintf(stderr,
                    "explore: step %u of the schedule cannot be made; "
                    "does setup() set everything?\n",
                    depth);
            exit(1);
        }
    } else {
        thread = grow(crossing);
        if (thread == SEARCH_PRUNE)
            return SEARCH_PRUNE;
    }
    node->enables = 0;
    node->preemptions = preemptions_before(depth) +
                        is_preemption(depth, node->thread);
    depth++;
    return thread;
}

unsigned
search_choose(unsigned n)
{
    struct node *node = &path[depth - 1];

    node->choices = n;
    return node->choice < n ? node->choice : n - 1;
}

void
search_enables(unsigned thread)
{
    struct node *node = &path[depth - 1];

    node->enables |= bit(thread);
    /* What it could do before is lost to it now: try that, too. */
    if (node->crossing.ready & bit(thread))
        node->backtrack |= bit(thread);
}

/*
 * Which threads could begin the steps from `from` on that do not depend on the
 * step at `race`, and end with the step `last`: those whose first such step
 * depends on none before it.
 */
static unsigned
initials(unsigned race, unsigned last)
{
    unsigned seen = 0;
    unsigned result = 0;

    for (unsigned k = race + 1; k <= last; k++) {
        const struct node *step = &path[k];
        bool first = true;

        if (k != last && clock_covers(&step->clock, &path[race]))
            continue;
        if (seen & bit(step->thread))
            continue;
        seen |= bit(step->thread);
        for (unsigned m = race + 1; m < k && first; m++)
            first = clock_covers(&path[m].clock, &path[race]) ||
                    !clock_covers(&step->clock, &path[m]);
        if (first)
            result |= bit(step->thread);
    }
    return result;
}

/*
 * Has the other order of the steps `race` and `last` tried some day.  False if
 * there is none, because who should go first is not ready there: a thread that
 * spins may wait for that very step.
 */
static bool
reverse(unsigned race, unsigned last)
{
    struct node *node = &path[race];
    unsigned threads = initials(race, last);
    unsigned chosen;

    if (threads & node->backtrack)
        return true;
    threads &= node->crossing.ready;
    chosen = threads & bit(path[last].thread);
    if (!chosen)
        chosen = threads & -threads;
    node->backtrack |= chosen;
    return chosen;
}

/* Finds the earlier steps that this one races with; `known` is what the thread
 * knew before it. */
static void
find_races(unsigned last, struct clock known)
{
    const struct node *step = &path[last];

    for (unsigned i = last; i-- > 0;) {
        const struct node *other = &path[i];

        if (other->thread == step->thread || clock_covers(&known, other) ||
                !footprints_meet(other->footprint, step->footprint))
            continue;
        /* Without another order here, an earlier step may have one. */
        if (reverse(i, last))
            clock_join(&known, &other->clock);
    }
}

/* Joins what the step depends on, and leaves its trail. */
static void
advance_clock(struct node *step)
{
    struct clock *clock = &present[step->thread];
    uint64_t reads = step->footprint.reads & ~step->footprint.writes;

    clock->of[step->thread]++;
    for (unsigned word = 0; word < 64; word++)
        if ((reads | step->footprint.writes) >> word & 1)
            clock_join(clock, &trail[word].written);
    for (unsigned word = 0; word < 64; word++)
        if (step->footprint.writes >> word & 1)
            clock_join(clock, &trail[word].read);

    step->clock = *clock;
    for (unsigned word = 0; word < 64; word++) {
        if (step->footprint.writes >> word & 1)
            trail[word].written = *clock;
        else if (reads >> word & 1)
            clock_join(&trail[word].read, clock);
    }
    for (unsigned i = 0; i < SEARCH_THREADS; i++)
        if (step->enables & bit(i))
            clock_join(&present[i], clock);
}

/* Who sleeps on: those whose step has nothing to do with this one. */
static void
wake_sleepers(const struct node *step)
{
    unsigned candidates = (step->sleep | step->done) & ~bit(step->thread);

    sleeping = 0;
    if (bounds.full)
        return;
    for (unsigned i = 0; i < SEARCH_THREADS; i++)
        if ((candidates & bit(i)) &&
                !footprints_meet(step->crossing.next[i], step->footprint))
            sleeping |= bit(i);
}

void
search_commit(struct footprint footprint)
{
    struct node *step = &path[depth - 1];
    struct clock *clock = &present[step->thread];
    struct clock known = *clock;

    /* A step that waited for all the others to stop depends on them all. */
    for (unsigned i = 0; step->crossing.alone && i < SEARCH_THREADS; i++)
        clock_join(clock, &present[i]);
    step->footprint = footprint;
    advance_clock(step);
    /* What the path had before its last turn was compared already. */
    if (!bounds.full && depth >= replay)
        find_races(depth - 1, known);
    wake_sleepers(step);
}

bool
search_knows(unsigned thread, unsigned other, uint32_t stamp)
{
    return bounds.full || present[thread].of[other] >= stamp;
}

uint32_t
search_stamp(unsigned thread)
{
    return present[thread].of[thread] + 1;
}

unsigned
search_depth(void)
{
    return depth;
}

bool
search_was_cut(void)
{
    return cut;
}

void
search_print(char *buffer, unsigned size)
{
    unsigned used = 0;

    for (unsigned i = 0; i < depth && used + 3 < size; i++) {
        buffer[used++] = (char)('0' + path[i].thread);
        if (path[i].choice)
            buffer[used++] = (char)('a' + path[i].choice);
    }
    buffer[used] = '\0';
}
