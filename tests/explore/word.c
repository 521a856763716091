/*
 * word.c - the task word (src/task/state.h), from the wake to the last unref.
 *
 * The poll reads shared words, relaxed: it sees an event only if the word has
 * ordered it.  What the poll writes is plain, so that two polls that are not
 * ordered are a race.
 */
#include "explore.h"

#include "../../src/task/state.h"

#define EVENTS 2

static task_word word;
static _Atomic(int) event[EVENTS];
static _Atomic(int) queue;
static int seen[EVENTS]; /* by the last poll */
static int polls;

static void
set_up(void)
{
    store_relaxed(&word, TASK_LIVE | TASK_BUSY | TASK_REF);
    store_relaxed(&queue, 0);
    polls = 0;
    for (unsigned i = 0; i < EVENTS; i++) {
        store_relaxed(&event[i], 0);
        seen[i] = 0;
    }
    explore_name(&word, sizeof word, "word");
    explore_name(event, sizeof event, "event");
    explore_name(&queue, sizeof queue, "queue");
    explore_name(seen, sizeof seen, "seen");
    explore_name(&polls, sizeof polls, "polls");
}

static void
poll(void)
{
    polls++;
    for (unsigned i = 0; i < EVENTS; i++)
        seen[i] = load_relaxed(&event[i]);
}

/* What a worker does with a task that it has taken out of a queue. */
static void
hold(void)
{
    do {
        steal__word_claim(&word);
        poll();
    } while (steal__word_park(&word) == PARK_REQUEUE);
}

/* Each event is seen by the last poll, wherever that takes place. */

static void
wake_and_run(unsigned self)
{
    if (self == 0) {
        hold();
        return;
    }
    store_relaxed(&event[self - 1], 1);
    if (steal__word_wake(&word) == WAKE_ENQUEUE)
        hold();
}

static void
all_is_seen(void)
{
    for (unsigned i = 0; i < EVENTS; i++)
        explore_assert(seen[i]);
}

static void
all_is_seen_and_parked(void)
{
    all_is_seen();
    explore_assert(load_relaxed(&word) == (TASK_LIVE | TASK_REF));
}

/* The same, through a queue to one worker: who waits there for ever has lost a
 * wake-up. */

static void
wake_and_queue(unsigned self)
{
    if (self != 0) {
        store_relaxed(&event[self - 1], 1);
        if (steal__word_wake(&word) == WAKE_ENQUEUE)
            store_release(&queue, 1);
        return;
    }
    hold();
    while (!seen[0] || !seen[1]) {
        while (!load_acquire(&queue))
            cpu_relax();
        store_relaxed(&queue, 0);
        hold();
    }
}

/* Two wakes by one thread: a claim that drops AGAIN must see what came. */

static void
wake_twice(unsigned self)
{
    if (self == 0) {
        hold();
        return;
    }
    for (unsigned i = 0; i < EVENTS; i++) {
        store_relaxed(&event[i], 1);
        if (steal__word_wake(&word) == WAKE_ENQUEUE)
            hold();
    }
}

/* Abort: the future is dropped, once, by a holder. */

static int drops;

static void
set_up_abort(void)
{
    set_up();
    drops = 0;
    explore_name(&drops, sizeof drops, "drops");
}

static void
hold_until_canceled(void)
{
    do {
        if (steal__word_claim(&word) == CLAIM_CANCEL) {
            drops++;
            steal__word_finish(&word);
            return;
        }
        poll();
    } while (steal__word_park(&word) == PARK_REQUEUE);
}

static void
wake_and_abort(unsigned self)
{
    enum wake_action action = WAKE_ENQUEUE;

    if (self == 1)
        action = steal__word_wake(&word);
    else if (self == 2)
        action = steal__word_abort(&word);
    if (action == WAKE_ENQUEUE)
        hold_until_canceled();
}

static void
is_dropped_once(void)
{
    explore_assert(drops == 1);
    explore_assert(load_relaxed(&word) < TASK_REF + TASK_LIVE ||
                   !(load_relaxed(&word) & TASK_LIVE));
    explore_assert(!(load_relaxed(&word) & TASK_BUSY));
}

/*
 * Visits: one who looks at a parked task.  What the poll writes is plain, and so is
 * what the visitor reads: it must be ordered with the polls before and after.
 */

static int noted; /* by the poll */
static int read_back;

static void
set_up_visit(void)
{
    set_up();
    noted = 0;
    read_back = 0;
    explore_name(&noted, sizeof noted, "noted");
    explore_name(&read_back, sizeof read_back, "read_back");
}

static void
hold_noting(void)
{
    do {
        steal__word_claim(&word);
        poll();
        noted = polls;
    } while (steal__word_park(&word) == PARK_REQUEUE);
}

/* What a dump does: it polls not, but whom it has kept from being queued it must
 * queue. */
static void
visit(void)
{
    if (steal__word_visit(&word) == VISIT_NONE)
        return;
    read_back = noted;
    explore_assert(read_back == polls);
    if (steal__word_park(&word) == PARK_REQUEUE)
        hold_noting();
}

static void
wake_and_visit(unsigned self)
{
    if (self == 0) {
        hold_noting();
    } else if (self == 1) {
        store_relaxed(&event[0], 1);
        if (steal__word_wake(&word) == WAKE_ENQUEUE)
            hold_noting();
    } else {
        visit();
    }
}

static void
event_is_seen_and_parked(void)
{
    explore_assert(seen[0]);
    explore_assert(load_relaxed(&word) == (TASK_LIVE | TASK_REF));
}

/* Two visitors: the one or the other, or one after the other. */
static void
visit_and_visit(unsigned self)
{
    if (self == 0) {
        store_relaxed(&event[0], 1);
        if (steal__word_wake(&word) == WAKE_ENQUEUE)
            hold_noting();
    } else {
        visit();
    }
}

static void
set_up_parked(void)
{
    set_up_visit();
    store_relaxed(&word, TASK_LIVE | TASK_REF);
}

/* The visit keeps who aborts from dropping the future, and drops it in its place. */
static void
visit_until_canceled(void)
{
    if (steal__word_visit(&word) == VISIT_NONE)
        return;
    read_back = noted;
    if (steal__word_park(&word) == PARK_REQUEUE)
        hold_until_canceled();
}

static void
set_up_visit_and_abort(void)
{
    set_up_abort();
    noted = 0;
    read_back = 0;
    explore_name(&noted, sizeof noted, "noted");
    explore_name(&read_back, sizeof read_back, "read_back");
}

static void
abort_and_visit(unsigned self)
{
    if (self == 0)
        hold_until_canceled();
    else if (self == 1 && steal__word_abort(&word) == WAKE_ENQUEUE)
        hold_until_canceled();
    else if (self == 2)
        visit_until_canceled();
}

/* The end: whoever sees to the last of LIVE and the references frees. */

struct block {
    task_word word;
    int data[3];
};

static struct block *block;

static void
set_up_block(void)
{
    block = explore_alloc(sizeof *block);
    store_relaxed(&block->word, TASK_LIVE | TASK_BUSY | 2 * TASK_REF);
    explore_name(block, sizeof *block, "block");
}

static void
free_block(bool mine)
{
    if (mine)
        explore_free(block);
}

static void
finish_and_unref(unsigned self)
{
    struct block *mine = block;

    mine->data[self] = 1;
    if (self == 0)
        free_block(steal__word_finish(&mine->word) == FINISH_FREE);
    else if (self == 1)
        free_block(steal__word_unref(&mine->word, TASK_REF));
    else
        free_block(steal__word_wake_drop(&mine->word) == WAKE_FREE);
}

static void
clone_and_unref(unsigned self)
{
    struct block *mine = block;

    mine->data[self] = 1;
    if (self == 0) {
        free_block(steal__word_finish(&mine->word) == FINISH_FREE);
        return;
    }
    if (self == 1) {
        steal__word_ref(&mine->word);
        free_block(steal__word_unref(&mine->word, TASK_REF));
    }
    free_block(steal__word_unref(&mine->word, TASK_REF));
}

static void
is_freed_once(void)
{
    explore_assert(explore_is_freed(block));
}

/*
 * Joining, as join.c and the harness do it: the joiner's waker is plain data.
 */

struct joined {
    task_word word;
    int waker;
    int output;
    _Atomic(int) woken; /* T4 */
};

static struct joined *joined;
static int wakes;
static int joiner_is_called;

static void
set_up_joined(void)
{
    joined = explore_alloc(sizeof *joined);
    store_relaxed(&joined->word, TASK_LIVE | TASK_BUSY | TASK_REF);
    store_relaxed(&joined->woken, 0);
    joined->waker = 0;
    joined->output = 0;
    store_relaxed(&queue, 0);
    wakes = 0;
    joiner_is_called = 0;
    explore_name(joined, sizeof *joined, "joined");
    explore_name(&queue, sizeof queue, "queue");
}

static void
finish_joined(void)
{
    struct joined *task = joined;

    task->output = 7;
    switch (steal__word_finish(&task->word)) {
    case FINISH_DONE:
        break;
    case FINISH_FREE:
        explore_free(task);
        break;
    case FINISH_WAKE_JOINER:
        explore_assert(task->waker == 1);
        store_release(&queue, 1);
        store_release(&task->woken, 1);
        break;
    }
}

static void
leave(struct joined *task)
{
    if (!task->waker)
        return;
    if (!steal__word_join_leave(&task->word))
        while (!load_acquire(&task->woken))
            cpu_relax();
    task->waker = 0;
}

static void
take_output(struct joined *task)
{
    explore_assert(task->output == 7);
    if (steal__word_unref(&task->word, TASK_REF))
        explore_free(task);
}

/* Waits for the output. */
static void
join(struct joined *task)
{
    if (!steal__word_is_finished(&task->word)) {
        task->waker = 1;
        if (steal__word_join_listen(&task->word)) {
            while (!load_acquire(&queue))
                cpu_relax();
            explore_assert(steal__word_is_finished(&task->word));
            leave(task);
        }
    }
    take_output(task);
}

/* Listens, and loses interest. */
static void
join_and_leave(struct joined *task)
{
    task->waker = 1;
    if (steal__word_join_listen(&task->word))
        leave(task);
    if (steal__word_unref(&task->word, TASK_REF))
        explore_free(task);
}

static void
finish_and_join(unsigned self)
{
    if (self == 0)
        finish_joined();
    else
        join(joined);
}

static void
finish_and_leave(unsigned self)
{
    if (self == 0)
        finish_joined();
    else
        join_and_leave(joined);
}

static void
joined_is_freed(void)
{
    explore_assert(explore_is_freed(joined));
}

#define WAKE(what) \
 .threads = 3, .setup = set_up, .thread = what, .finish = all_is_seen_and_parked
#define QUEUE(what) \
 .threads = 3, .setup = set_up, .thread = what, .finish = all_is_seen
#define VISIT(what)                                   \
 .threads = 3, .setup = set_up_visit, .thread = what, \
 .finish = event_is_seen_and_parked
#define END(what) \
 .threads = 3, .setup = set_up_block, .thread = what, .finish = is_freed_once
#define JOIN(what) \
 .threads = 2, .setup = set_up_joined, .thread = what, .finish = joined_is_freed

static const struct explore_case cases[] = {
    { .name = "wake_and_run", WAKE(wake_and_run) },
    { .name = "wake_and_run_weakly",
            WAKE(wake_and_run),
            .spurious = 1,
            .stale_cas = true },
    { .name = "wake_and_queue", QUEUE(wake_and_queue) },
    { .name = "wake_twice",
            .threads = 2,
            .setup = set_up,
            .thread = wake_twice,
            .finish = all_is_seen_and_parked,
            .spurious = 1,
            .stale_cas = true },
    { .name = "plain_store_at_claim",
            WAKE(wake_and_run),
            .fault = { EXPLORE_SPLIT_RMW, "steal__word_claim", NULL, NULL } },
    { .name = "relaxed_claim",
            WAKE(wake_and_run),
            .fault = { EXPLORE_DROP_ACQUIRE, "steal__word_claim", NULL,
                    NULL } },
    { .name = "plain_store_at_wake",
            WAKE(wake_and_run),
            .fault = { EXPLORE_SPLIT_RMW, "steal__word_signal", NULL, NULL } },
    { .name = "relaxed_wake",
            WAKE(wake_and_run),
            .fault = { EXPLORE_DROP_RELEASE, "steal__word_signal", NULL,
                    NULL } },
    { .name = "wake_without_acquire",
            WAKE(wake_and_run),
            .fault = { EXPLORE_DROP_ACQUIRE, "steal__word_signal", NULL,
                    NULL } },
    { .name = "plain_store_at_park",
            QUEUE(wake_and_queue),
            .fault = { EXPLORE_SPLIT_RMW, "steal__word_park", NULL, NULL } },
    { .name = "park_without_release",
            WAKE(wake_and_run),
            .fault = { EXPLORE_DROP_RELEASE, "steal__word_park", NULL, NULL } },

    { .name = "wake_and_abort",
            .threads = 3,
            .setup = set_up_abort,
            .thread = wake_and_abort,
            .finish = is_dropped_once },
    { .name = "abort_by_plain_store",
            .threads = 3,
            .setup = set_up_abort,
            .thread = wake_and_abort,
            .finish = is_dropped_once,
            .fault = { EXPLORE_SPLIT_RMW, "steal__word_signal", NULL, NULL } },

    { .name = "wake_and_visit", VISIT(wake_and_visit) },
    { .name = "wake_and_visit_weakly",
            VISIT(wake_and_visit),
            .spurious = 1,
            .stale_cas = true },
    { .name = "visit_and_visit",
            .threads = 3,
            .setup = set_up_parked,
            .thread = visit_and_visit,
            .finish = event_is_seen_and_parked },
    { .name = "abort_and_visit",
            .threads = 3,
            .setup = set_up_visit_and_abort,
            .thread = abort_and_visit,
            .finish = is_dropped_once },
    { .name = "visit_by_plain_store",
            VISIT(wake_and_visit),
            .fault = { EXPLORE_SPLIT_RMW, "steal__word_visit", NULL, NULL } },
    { .name = "visit_without_acquire",
            VISIT(wake_and_visit),
            .fault = { EXPLORE_DROP_ACQUIRE, "steal__word_visit", NULL,
                    NULL } },
    { .name = "visit_ends_without_release",
            .threads = 3,
            .setup = set_up_parked,
            .thread = visit_and_visit,
            .finish = event_is_seen_and_parked,
            .fault = { EXPLORE_DROP_RELEASE, "steal__word_park", NULL, NULL } },
    { .name = "visited_task_is_woken_by_plain_store",
            .threads = 3,
            .setup = set_up_parked,
            .thread = visit_and_visit,
            .finish = event_is_seen_and_parked,
            .fault = { EXPLORE_SPLIT_RMW, "steal__word_signal", NULL, NULL } },
    { .name = "abort_of_visited_task_by_plain_store",
            .threads = 3,
            .setup = set_up_visit_and_abort,
            .thread = abort_and_visit,
            .finish = is_dropped_once,
            .fault = { EXPLORE_SPLIT_RMW, "steal__word_visit", NULL, NULL } },

    { .name = "finish_and_unref", END(finish_and_unref) },
    { .name = "clone_and_unref", END(clone_and_unref) },
    { .name = "unref_by_plain_store",
            END(finish_and_unref),
            .fault = { EXPLORE_SPLIT_RMW, "steal__word_unref", NULL, NULL } },
    { .name = "unref_without_release",
            END(finish_and_unref),
            .fault = { EXPLORE_DROP_RELEASE, "steal__word_unref", NULL,
                    NULL } },
    { .name = "unref_without_acquire",
            END(finish_and_unref),
            .fault = { EXPLORE_DROP_ACQUIRE, "steal__word_unref", NULL,
                    NULL } },
    { .name = "finish_without_release",
            END(finish_and_unref),
            .fault = { EXPLORE_DROP_RELEASE, "steal__word_finish", NULL,
                    NULL } },
    { .name = "finish_without_acquire",
            END(finish_and_unref),
            .fault = { EXPLORE_DROP_ACQUIRE, "steal__word_finish", NULL,
                    NULL } },

    { .name = "finish_and_join", JOIN(finish_and_join), .spurious = 1 },
    { .name = "finish_and_leave", JOIN(finish_and_leave), .spurious = 1 },
    { .name = "leave_by_plain_store",
            JOIN(finish_and_leave),
            .fault = { EXPLORE_SPLIT_RMW, "steal__word_join_leave", NULL,
                    NULL } },
    { .name = "join_without_release",
            JOIN(finish_and_join),
            .fault = { EXPLORE_DROP_RELEASE, "steal__word_join_listen", NULL,
                    NULL } },
    { .name = "join_without_acquire",
            JOIN(finish_and_join),
            .fault = { EXPLORE_DROP_ACQUIRE, "steal__word_is_finished", NULL,
                    NULL } },
};

EXPLORE_MAIN(cases)
