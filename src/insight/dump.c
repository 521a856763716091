/*
 * dump.c - finds every task of a runtime, while they run.
 *
 *     parked     in a register (owned.h): visited, which keeps it where it is
 *     queued     taken out of its queue, as a thief would, and put into the injector
 *     running    cannot be looked at: what is known from outside is told
 *
 * A task may go from one of these to another meanwhile.  So after a first round
 * there are some more, for a moment, in which polls end and what was in between two
 * places comes to one of them.  The set of those that were told keeps a task from
 * being told twice; the walks through the registers, which stay open, find those
 * that have parked for the first time.
 *
 * Whoever looks at a task holds it BUSY (state.h, T1, T6), and is ordered with the
 * polls before and after by that.  Nothing is held while text goes out.
 *
 * A simulation stands still meanwhile, and finds everything where it has left it, for
 * it shall go on as if nobody had looked.
 */
#include "dump.h"

#include <errno.h>
#include <stdlib.h>

#include <steal/time.h>

#include "../base/clock.h"
#include "../base/futex.h"
#include "../sched/runtime.h"
#include "../sched/simulate.h"
#include "../task/chain.h"
#include "awaits.h"
#include "glimpse.h"
#include "observer.h"
#include "told.h"

/* How long the rounds after the first may take, and the pause before the second. */
#define ROUNDS_TIME STEAL_MS(10)
#define FIRST_PAUSE STEAL_US(50)

/* How many tasks it takes out of the injector at a time. */
#define SHARE 32

/* Text goes out when there is so much. */
#define ENOUGH 65536

struct dump {
    struct steal_runtime *runtime;
    const struct dump_format *format;
    dump_sink *sink;
    void *data;
    int error;  /* the first */
    bool still; /* it is a simulation, which waits for us */
    size_t ntold;
    struct buffer text;
    struct told told;
    struct glimpses glimpses; /* of tasks that were BUSY by others */
    struct owned_walk *walks; /* one a register */
    struct steal_await awaits[STEAL_AWAITS_MOST];
    struct ring ring; /* what was stolen just now */
};

static void
fail(struct dump *dump, int error)
{
    if (!dump->error)
        dump->error = error;
}

/* Nothing is held, nothing is locked; else it has time. */
static void
flush(struct dump *dump, size_t enough)
{
    if (dump->text.error)
        fail(dump, dump->text.error);
    if (dump->error || dump->still || dump->text.used <= enough)
        return;
    fail(dump, dump->sink(dump->text.data, dump->text.used, dump->data));
    dump->text.used = 0;
}

/*
 * Telling
 */

/* True if nobody has told of the task: the caller does. */
static bool
is_new(struct dump *dump, uint64_t id)
{
    int added = dump->error ? 0 : steal__told_add(&dump->told, id);

    if (added < 0)
        fail(dump, added);
    return added > 0;
}

static void
put(struct dump *dump, const struct dump_task *task)
{
    dump->format->task(&dump->text, task, dump->ntold++ == 0);
}

/* By the holder of BUSY. */
static void
tell(struct dump *dump, struct steal_task *task, enum dump_state state,
        int worker)
{
    struct dump_task one = { .id = task->id,
        .name = steal_task_name(task),
        .state = state,
        .worker = worker,
        .now = dump->glimpses.now,
        .awaits_known = true,
        .awaits = dump->awaits };

    if (!is_new(dump, task->id))
        return;
    if (steal__word_is_aborted(&task->word))
        one.state = DUMP_FINISHING;
    steal__glimpse_times(&one, task, dump->glimpses.now);
    one.nawaits = steal__awaits_of(task, dump->awaits, STEAL_AWAITS_MOST);
    put(dump, &one);
}

/*
 * The registers
 */

/* With the lock of the register held (owned.h). */
static void
glance(const struct steal_task *task, void *data)
{
    struct dump *dump = data;

    if (!steal__told_has(&dump->told, task->id))
        steal__glimpses_add(&dump->glimpses, task);
}

static struct owned *
register_of(struct dump *dump, unsigned i)
{
    return &dump->runtime->workers[i].owned;
}

/* If it is a visit. */
static void
end_visit(struct dump *dump, enum owned_step step, struct steal_task *task)
{
    bool counts = dump->runtime->options.detect_lost_wakes;

    if (step == OWNED_VISITED)
        tell(dump, task, DUMP_PARKED, -1);
    else if (step == OWNED_ALONE)
        tell(dump, task, counts ? DUMP_LOST : DUMP_PARKED, -1);
    else
        return;
    steal__owned_leave(task, counts && step == OWNED_VISITED);
}

/* One task; false at the end. */
static bool
walk_on(struct dump *dump, unsigned i)
{
    struct owned *owned = register_of(dump, i);
    struct steal_task *task;
    enum owned_step step;
    int error = steal__glimpses_reserve(&dump->glimpses);

    if (error) {
        fail(dump, error);
        return false;
    }
    step = steal__owned_walk_next(owned, &dump->walks[i], glance, dump, &task);
    end_visit(dump, step, task);
    steal__glimpses_mark(&dump->glimpses, owned, &dump->walks[i]);
    return step != OWNED_END;
}

/* Goes through what there was when it began, and a little more. */
static void
walk_register(struct dump *dump, unsigned i)
{
    size_t n = steal__owned_count(register_of(dump, i));

    while (!dump->error && walk_on(dump, i) && n--)
        flush(dump, ENOUGH);
}

/* Those that were BUSY, and where it is known: perhaps they are parked by now. */
static void
visit_again(struct dump *dump)
{
    for (size_t i = 0; i < dump->glimpses.nmarks; i++) {
        struct glimpse_mark *mark = &dump->glimpses.marks[i];
        struct steal_task *task;
        enum owned_step step = steal__owned_walk_again(mark->owned, &mark->walk,
                &task);

        end_visit(dump, step, task);
    }
}

/*
 * The queues
 */

/* The tasks of the chain go to the injector. */
static void
give_back(struct dump *dump, struct chain *chain)
{
    if (!chain->n)
        return;
    steal__injector_push(&dump->runtime->injector, chain);
    fence_after_rmw(); /* SLEEP.md, S1: the push was one */
    runtime_notify(dump->runtime);
    flush(dump, ENOUGH);
}

static void
tell_queued(struct dump *dump, struct chain *chain, struct steal_task *task)
{
    tell(dump, task, DUMP_QUEUED, -1);
    chain_add(chain, task);
}

/* They change places, a few at a time, and so keep their order. */
static void
scan_injector(struct dump *dump)
{
    struct injector *injector = &dump->runtime->injector;
    uint64_t taken = counter_read(&injector->taken);
    uint64_t left = counter_difference(counter_read(&injector->pushed), taken);

    while (!dump->error && left) {
        struct chain chain;
        unsigned n;
        struct steal_task *task = steal__injector_take(injector,
                left < SHARE ? (unsigned)left : SHARE, &n);

        chain_init(&chain);
        left = task ? left - n : 0;
        while (task) {
            struct steal_task *next = task->next;

            tell_queued(dump, &chain, task);
            task = next;
        }
        give_back(dump, &chain);
    }
}

/* Half of what is in there; returns how many that were. */
static uint64_t
steal_half(struct dump *dump, struct ring *ring)
{
    struct steal_task *task = steal__ring_steal(ring, &dump->ring);
    struct chain chain;
    uint64_t n;

    chain_init(&chain);
    while (task) {
        tell_queued(dump, &chain, task);
        task = steal__ring_pop(&dump->ring);
    }
    n = chain.n;
    give_back(dump, &chain);
    return n;
}

static void
scan_worker(struct dump *dump, struct worker *w)
{
    uint64_t head = load_relaxed(&w->ring.head); /* hints */
    uint64_t tail = load_relaxed(&w->ring.tail);
    uint64_t left = counter_difference(tail, head);
    struct steal_task *task = slot_take(&w->slot);
    struct chain chain;

    chain_init(&chain);
    if (task)
        tell_queued(dump, &chain, task);
    give_back(dump, &chain);
    while (!dump->error && left && !steal__ring_is_empty(&w->ring)) {
        uint64_t n = steal_half(dump, &w->ring);

        left -= n && n < left ? n : 1; /* also if somebody was quicker */
    }
}

/*
 * The queues of a simulation that stands still
 */

static void
look_at_queued(struct steal_task *task, void *data)
{
    tell(data, task, DUMP_QUEUED, -1);
}

/* Nothing is taken meanwhile, but a player that sleeps may wake tasks. */
static void
look_at_worker(struct dump *dump, unsigned i)
{
    struct worker *w = &dump->runtime->workers[i];
    struct steal_task *hand = steal__simulation_hand(dump->runtime, i);
    struct steal_task *next = load_acquire(&w->slot.task); /* slot.h, O1 */
    uint64_t tail = load_acquire(&w->ring.tail);           /* ring.h, O1 */

    if (hand)
        look_at_queued(hand, dump);
    if (next)
        look_at_queued(next, dump);
    for (uint64_t j = load_relaxed(&w->ring.head); j != tail; j++)
        look_at_queued(load_relaxed(&w->ring.slot[j & RING_MASK]), dump);
}

static void
look_at_queues(struct dump *dump)
{
    steal__injector_visit(&dump->runtime->injector, look_at_queued, dump);
    for (unsigned i = 0; i < dump->runtime->nall; i++)
        look_at_worker(dump, i);
}

/*
 * What runs
 */

/* The task whose poll called. */
static void
tell_caller(struct dump *dump)
{
    struct worker *w = steal__worker;

    if (w && w->runtime == dump->runtime && w->cx.task)
        tell(dump, w->cx.task, DUMP_RUNNING, (int)w->index);
}

static bool
someone_polls(struct dump *dump)
{
    for (unsigned i = 0; i < dump->runtime->nall; i++) {
        const struct worker *w = &dump->runtime->workers[i];

        if (w != steal__worker && glimpse_polling(w))
            return true;
    }
    return false;
}

static uint64_t
count_live(struct dump *dump)
{
    uint64_t born;
    uint64_t died;

    steal__runtime_census(dump->runtime, &born, &died);
    return counter_difference(born, died);
}

/* Tells of what was seen only in passing; `worker` runs it, or -1. */
static void
tell_glimpse(struct dump *dump, struct glimpse *glimpse, int worker,
        uint64_t running)
{
    struct dump_task one = glimpse->task;

    if (!is_new(dump, one.id))
        return;
    one.name = glimpse->name;
    one.worker = worker;
    one.running = running;
    if (one.state != DUMP_FINISHING)
        one.state = worker >= 0 || glimpse->maybe_runs ? DUMP_RUNNING
                                                       : DUMP_QUEUED;
    put(dump, &one);
}

/* Of a task in whose poll the worker is: it has not parked yet, or is known from a
 * register.  Without an observer only its kind is known, and if it was told. */
static void
tell_of_worker(struct dump *dump, struct worker *w)
{
    const struct steal_future_ops *ops = glimpse_polling(w);
    struct observed_poll now = { .task = 0 };
    struct dump_task one = { .state = DUMP_RUNNING, .worker = (int)w->index };
    struct glimpse *glimpse;

    if (!ops || w == steal__worker)
        return;
    if (dump->runtime->observer && dump->runtime->observer->times) {
        now = steal__observer_poll(dump->runtime, w->index);
        if (!now.task)
            return; /* between two polls */
    }
    glimpse = now.task ? steal__glimpses_find(&dump->glimpses, now.task)
                       : steal__glimpses_guess(&dump->glimpses, &dump->told,
                                 dump->runtime, ops);
    if (glimpse) {
        tell_glimpse(dump, glimpse, glimpse->is_guess ? -1 : one.worker,
                now.time);
        return;
    }
    one.id = now.task;
    one.name = ops->name ? ops->name : "future";
    one.running = now.time;
    one.timed = now.born;
    one.polls = now.polls;
    one.total = now.total;
    one.longest = now.longest;
    one.age = counter_difference(dump->glimpses.now, now.born);
    one.idle = UINT64_MAX;
    if (now.task ? is_new(dump, now.task)
                 : !dump->error && dump->ntold < count_live(dump))
        put(dump, &one);
}

static void
tell_the_rest(struct dump *dump)
{
    struct glimpses *glimpses = &dump->glimpses;

    for (unsigned i = 0; i < dump->runtime->nall; i++)
        tell_of_worker(dump, &dump->runtime->workers[i]);
    for (size_t i = 0; i < glimpses->n && !dump->error; i++) {
        tell_glimpse(dump, &glimpses->all[i], -1, 0);
        flush(dump, ENOUGH);
    }
}

/*
 * Rounds
 */

static void
look_at_registers(struct dump *dump)
{
    for (unsigned i = 0; i < dump->runtime->nall && !dump->error; i++)
        walk_register(dump, i);
    visit_again(dump);
}

static void
look_around(struct dump *dump)
{
    scan_injector(dump);
    for (unsigned i = 0; i < dump->runtime->nall && !dump->error; i++)
        scan_worker(dump, &dump->runtime->workers[i]);
    look_at_registers(dump);
}

/* Nobody is missing, as far as one can know. */
static bool
is_complete(struct dump *dump, size_t told_before)
{
    if (dump->ntold != told_before ||
            steal__glimpses_open(&dump->glimpses, &dump->told))
        return false;
    return dump->ntold >= count_live(dump) || !someone_polls(dump);
}

/* In one go; but without the queues if it is in a step that takes too long. */
static void
look_at_simulation(struct dump *dump)
{
    struct steal_runtime *runtime = dump->runtime;

    dump->still = steal__simulation_look(runtime,
            steal__clock_real() + ROUNDS_TIME);
    tell_caller(dump);
    if (dump->still)
        look_at_queues(dump);
    look_at_registers(dump);
    tell_the_rest(dump);
    if (dump->still)
        steal__simulation_done(runtime);
    dump->still = false;
}

static void
look_everywhere(struct dump *dump)
{
    uint64_t deadline = steal__clock_real() + ROUNDS_TIME;
    uint64_t pause = FIRST_PAUSE;
    _Atomic(uint32_t) nobody;
    size_t before;

    store_relaxed(&nobody, 0); /* not shared */
    tell_caller(dump);
    look_around(dump);
    do {
        before = dump->ntold;
        steal__futex_wait(&nobody, 0, steal__clock_real() + pause);
        look_around(dump);
        pause *= 2;
    } while (!dump->error && !is_complete(dump, before) &&
             steal__clock_real() + pause < deadline);
    tell_the_rest(dump);
}

/*
 * The whole of it
 */

static void
begin_walks(struct dump *dump)
{
    for (unsigned i = 0; i < dump->runtime->nall; i++)
        steal__owned_walk_begin(register_of(dump, i), &dump->walks[i]);
}

static void
end_walks(struct dump *dump)
{
    steal__glimpses_forget_marks(&dump->glimpses);
    for (unsigned i = 0; i < dump->runtime->nall; i++)
        steal__owned_walk_end(register_of(dump, i), &dump->walks[i]);
}

static int
run(struct dump *dump)
{
    dump->format->begin(&dump->text, dump->runtime);
    flush(dump, 0);
    begin_walks(dump);
    if (dump->runtime->simulation)
        look_at_simulation(dump);
    else
        look_everywhere(dump);
    end_walks(dump);
    dump->format->end(&dump->text, dump->runtime);
    flush(dump, 0);
    return dump->error;
}

static void
init(struct dump *dump, struct steal_runtime *runtime,
        const struct dump_format *format, dump_sink *sink, void *data)
{
    dump->runtime = runtime;
    dump->format = format;
    dump->sink = sink;
    dump->data = data;
    dump->error = 0;
    dump->still = false;
    dump->ntold = 0;
    dump->text = (struct buffer)BUFFER_INIT;
    steal__told_init(&dump->told);
    steal__glimpses_init(&dump->glimpses, steal__runtime_now(runtime));
    steal__ring_init(&dump->ring);
}

/* While the runtime is there. */
static int
dump_now(struct steal_runtime *runtime, const struct dump_format *format,
        dump_sink *sink, void *data)
{
    struct dump *dump = aligned_alloc(_Alignof(struct dump), sizeof *dump);
    int error = -ENOMEM;

    if (!dump)
        return -ENOMEM;
    init(dump, runtime, format, sink, data);
    dump->walks = calloc(runtime->nall, sizeof *dump->walks);
    if (dump->walks)
        error = run(dump);
    free(dump->walks);
    steal__glimpses_fini(&dump->glimpses);
    steal__told_fini(&dump->told);
    steal__buffer_free(&dump->text);
    free(dump);
    return error;
}

int
steal__dump(struct steal_runtime *runtime, const struct dump_format *format,
        dump_sink *sink, void *data)
{
    int error;

    if (steal__runtime_is_of_parent(runtime) || !runtime_enter(runtime))
        return -ECANCELED;
    error = dump_now(runtime, format, sink, data);
    runtime_leave(runtime);
    return error;
}
