/*
 * watchdog.c - polls that take too long, told while they still run; and who looks
 * whether all stand still (standstill.h).
 *
 * A thread looks at the workers now and then.  One that is still in the poll that
 * it was in long ago is asked where it is, by a signal, for only its own thread
 * can tell: the handler writes down the task, what it awaits, and the stack.
 *
 *     watchdog:  ASKED, signal ....................... takes the report
 *     worker:                 ANSWERING, writes, ANSWERED
 *
 * The state holds which worker is asked, and a number of the round: who is late
 * with an answer to the last question does not take the next one.
 *
 * Orderings
 *   A1  ask: store ASKED, release  ->  answer: CAS, acquire
 *       Which poll is meant.
 *   A2  answer: store ANSWERED, release  ->  ask: load, acquire
 *       The report.
 *   What the watchdog reads of workers are hints: the answer tells whether they
 *   were right.
 */
#include <steal/debug.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <steal/time.h>

#include "../base/futex.h"
#include "../base/thread.h"
#include "../sched/watchdog.h"
#include "../task/task.h"
#include "awaits.h"
#include "frames.h"
#include "standstill.h"

/* How long an answer is waited for. */
#define ANSWER_TIME STEAL_MS(100)

/* It looks four times in the time that is too long, but not all the time. */
#define LOOKS  4
#define PERIOD STEAL_MS(1)

#define SIGNAL SIGURG

/* The state: a phase, then the worker, then the round. */
enum {
    NOTHING,
    ASKED,
    ANSWERING,
    ANSWERED,
    PHASES /* of them */
};

#define WORKERS      512 /* more than there are: a power of two */
#define STATE(w, n)  (((n)*WORKERS + (w)) * PHASES)
#define PHASE_OF(s)  ((s) % PHASES)
#define WORKER_OF(s) ((s) / PHASES % WORKERS)

_Static_assert(STEAL_WORKERS_MAX < WORKERS, "and the relief");

/* What is known of a worker. */
struct seen {
    uint64_t polls;
    uint64_t since; /* when it was first seen in this poll, ns */
    bool told;
};

struct watchdog {
    struct steal_runtime *runtime;
    pthread_t thread;
    _Atomic(uint32_t) over;
    _Atomic(uint32_t) state;
    uint32_t round;
    uint64_t polls; /* of the worker that is asked */
    struct steal_long_poll report;
    struct standstill standstill;
    struct seen seen[];
};

/*
 * The worker's side
 */

static struct sigaction before; /* what was there for the signal */

static void
write_report(struct steal_long_poll *report, const struct steal_task *task,
        void *context)
{
    report->task = task->id;
    strncpy(report->name, steal_task_name(task), sizeof report->name - 1);
    report->nawaits = steal__awaits_of(task, report->awaits, STEAL_AWAITS_MOST);
    report->nframes = steal__frames(report->frames, STEAL_FRAMES_MOST, context);
}

static void
answer(struct watchdog *dog, struct worker *w, void *context)
{
    uint32_t state = load_relaxed(&dog->state); /* the CAS checks */
    uint32_t rest = state - ASKED;

    if (PHASE_OF(state) != ASKED || WORKER_OF(state) != w->index ||
            !cas_strong_acquire(&dog->state, &state, rest + ANSWERING)) /* A1 */
        return;
    if (w->cx.task && load_relaxed(&w->polls) == dog->polls) /* our own */
        write_report(&dog->report, w->cx.task, context);
    store_release(&dog->state, rest + ANSWERED); /* A2 */
    steal__futex_wake(&dog->state, 1);
}

static void
pass_on(int number, siginfo_t *info, void *context)
{
    if (before.sa_flags & SA_SIGINFO)
        before.sa_sigaction(number, info, context);
    else if (before.sa_handler != SIG_DFL && before.sa_handler != SIG_IGN)
        before.sa_handler(number);
}

/* Ours carry an address that nobody else has. */
static void
on_signal(int number, siginfo_t *info, void *context)
{
    struct worker *w = steal__worker;
    int saved = errno;

    if (info->si_code != SI_QUEUE || info->si_value.sival_ptr != &before)
        pass_on(number, info, context);
    else if (w && w->runtime->watchdog)
        answer(w->runtime->watchdog, w, context);
    errno = saved;
}

void
steal__watchdog_enter(struct worker *w, struct watched *watched)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGNAL);
    store_relaxed(&w->tid, steal__thread_number()); /* a hint */
    pthread_sigmask(SIG_UNBLOCK, &set, &watched->mask);
}

void
steal__watchdog_leave(struct worker *w, struct watched *watched)
{
    store_relaxed(&w->tid, 0); /* a hint */
    pthread_sigmask(SIG_SETMASK, &watched->mask, NULL);
}

/*
 * The watchdog's side
 */

static void
begin_report(struct watchdog *dog, struct worker *w, uint64_t time)
{
    struct steal_long_poll *report = &dog->report;
    const struct steal_future_ops *ops = load_relaxed(&w->polling); /* a hint */

    memset(report, 0, sizeof *report);
    report->runtime = dog->runtime;
    report->worker = w->index;
    report->time = time;
    if (ops && ops->name)
        strncpy(report->name, ops->name, sizeof report->name - 1);
}

/* False if there is no answer, and will not be. */
static bool
wait_for_answer(struct watchdog *dog, uint32_t asked)
{
    uint64_t deadline = steal_now() + ANSWER_TIME;
    uint32_t state = asked;
    bool in_time = true;

    while (load_acquire(&dog->state) == asked && in_time) /* A2 */
        in_time = steal__futex_wait(&dog->state, asked, deadline);
    if (cas_strong_acquire(&dog->state, &state, NOTHING)) /* A1 */
        return false;
    while ((state = load_acquire(&dog->state)), PHASE_OF(state) != ANSWERED)
        steal__futex_wait(&dog->state, state, UINT64_MAX); /* A2 */
    return true;
}

/* True if the report tells of the poll that is meant: written by the thread that
 * is in it, or not at all although it still is. */
static bool
ask(struct watchdog *dog, struct worker *w)
{
    int number = load_relaxed(&w->tid); /* a hint */
    uint32_t state = STATE(w->index, ++dog->round) + ASKED;

    if (!number)
        return false;
    dog->polls = dog->seen[w->index].polls;
    store_release(&dog->state, state); /* A1 */
    if (steal__thread_signal(number, SIGNAL, &before) &&
            wait_for_answer(dog, state))
        return dog->report.task;
    return load_relaxed(&w->polls) == dog->polls && /* hints */
           load_relaxed(&w->polling);
}

static void
tell(struct watchdog *dog, struct worker *w, uint64_t time)
{
    const struct steal_options *options = &dog->runtime->options;

    begin_report(dog, w, time);
    if (!ask(dog, w))
        return;
    if (options->on_long_poll)
        options->on_long_poll(&dog->report, options->hooks.data);
    else
        steal_long_poll_print(&dog->report, stderr);
}

static bool
is_in_poll(struct worker *w)
{
    const struct steal_future_ops *ops = load_relaxed(&w->polling); /* a hint */

    return ops && ops != &steal__computation_ops;
}

static void
look(struct watchdog *dog, struct worker *w, uint64_t now)
{
    struct seen *seen = &dog->seen[w->index];
    uint64_t polls = load_relaxed(&w->polls); /* a hint */

    if (polls != seen->polls || !is_in_poll(w)) {
        *seen = (struct seen){ .polls = polls, .since = now };
        return;
    }
    if (seen->told || now - seen->since < dog->runtime->options.long_poll)
        return;
    seen->told = true;
    tell(dog, w, now - seen->since);
}

static void
look_around(struct watchdog *dog, uint64_t now)
{
    struct steal_runtime *runtime = dog->runtime;

    for (unsigned i = 0; i < runtime->nall && runtime->options.long_poll; i++)
        look(dog, &runtime->workers[i], now);
    if (runtime->options.detect_lost_wakes)
        steal__standstill_look(&dog->standstill, runtime, now);
}

static uint64_t
period_of(const struct steal_options *options)
{
    uint64_t period = options->long_poll ? options->long_poll / LOOKS
                                         : STANDSTILL_PERIOD;

    if (options->detect_lost_wakes && period > STANDSTILL_PERIOD)
        period = STANDSTILL_PERIOD;
    return period < PERIOD ? PERIOD : period;
}

static void *
watchdog_main(void *arg)
{
    struct watchdog *dog = arg;
    uint64_t period = period_of(&dog->runtime->options);

    steal__bound = dog->runtime; /* a stop in a report would wait for us */
    while (!load_acquire(&dog->over)) {
        uint64_t now = steal_now();

        look_around(dog, now);
        steal__futex_wait(&dog->over, 0, now + period);
    }
    return NULL;
}

/*
 * Birth and death
 */

static void
install(void)
{
    struct sigaction action = { .sa_sigaction = on_signal,
        .sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK };

    sigemptyset(&action.sa_mask);
    sigaction(SIGNAL, &action, &before);
    steal__frames_prepare();
}

static int
start(struct watchdog *dog)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    char name[16];
    int error;

    if (dog->runtime->options.long_poll)
        pthread_once(&once, install);
    error = steal__thread_start(&dog->thread, 0, watchdog_main, dog);
    if (error)
        return error;
    snprintf(name, sizeof name, "%.10s-w", dog->runtime->name);
    steal__thread_name(dog->thread, name);
    return 0;
}

int
steal__watchdog_new(struct watchdog **result, struct steal_runtime *runtime)
{
    struct watchdog *dog;
    int error;

    *result = NULL;
    if (!runtime->options.long_poll && !runtime->options.detect_lost_wakes)
        return 0;
    dog = calloc(1, sizeof *dog + runtime->nall * sizeof dog->seen[0]);
    if (!dog)
        return -ENOMEM;
    dog->runtime = runtime;
    store_relaxed(&dog->over, 0); /* not shared yet */
    store_relaxed(&dog->state, NOTHING);
    error = start(dog);
    if (error)
        free(dog);
    else
        *result = dog;
    return error;
}

void
steal__watchdog_free(struct watchdog *dog)
{
    if (!dog)
        return;
    store_release(&dog->over, 1); /* nothing comes with it */
    steal__futex_wake(&dog->over, 1);
    pthread_join(dog->thread, NULL);
    free(dog);
}
