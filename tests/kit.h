/*
 * kit.h - what the test programs share: running a suite, waiting for another
 * thread, and a future whose life is on record.
 *
 * Tests wait for what must happen, with a limit that only a failure meets; they
 * never sleep until something has probably happened.
 */
#ifndef STEAL_TESTS_KIT_H
#define STEAL_TESTS_KIT_H

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <steal.h>

#include "../src/base/atomic.h"
#include "../src/base/compiler.h"

/* The longest that anything may take, in ns. */
#define PATIENCE STEAL_SECONDS(30)

#define LENGTH(array) (sizeof(array) / sizeof *(array))

/*
 * Suites
 */

/* `reset`, if not NULL, runs before each test: the statics of a test program
 * live on where tests do not run in processes of their own (CK_FORK=no). */
static inline int
run_suite_with(const char *name, void (*reset)(void), const TTest *const *tests,
        size_t n)
{
    Suite *suite = suite_create(name);
    TCase *tcase = tcase_create(name);
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_set_timeout(tcase, 120);
    if (reset)
        tcase_add_checked_fixture(tcase, reset, NULL);
    for (size_t i = 0; i < n; i++)
        tcase_add_test(tcase, tests[i]);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

static inline int
run_suite(const char *name, const TTest *const *tests, size_t n)
{
    return run_suite_with(name, NULL, tests, n);
}

/* Large counts shrink where every access is looked at.  CK_FORK=no is how the
 * tests run under valgrind. */
static inline int
scaled(int n)
{
    const char *fork_mode = getenv("CK_FORK");

    if (fork_mode && strcmp(fork_mode, "no") == 0)
        return n / 100 + 1;
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
    return n / 20 + 1;
#else
    return n;
#endif
}

/* True if a child process that calls `fn` dies of abort(). */
static inline bool
aborts(void (*fn)(void *), void *arg)
{
    const struct rlimit none = { 0, 0 };
    int status = 0;
    pid_t child = fork();

    ck_assert_int_ge(child, 0);
    if (child == 0) {
        close(STDERR_FILENO);
        if (setrlimit(RLIMIT_CORE, &none) == 0)
            fn(arg);
        _exit(EXIT_SUCCESS);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

/* As ck_assert(), which is slow and takes a lock even if all is well: for loops
 * and for other threads. */
#define require(condition)                 \
 do {                                      \
  if (unlikely(!(condition)))              \
   ck_abort_msg("Failed: %s", #condition); \
 } while (0)

/*
 * Threads
 */

/* Waits until `condition` holds; fails the test if it never does. */
#define wait_until(condition)                    \
 do {                                            \
  uint64_t wait_limit_ = steal_now() + PATIENCE; \
  while (!(condition)) {                         \
   if (steal_now() > wait_limit_)                \
    ck_abort_msg("Never came: %s", #condition);  \
   sched_yield();                                \
  }                                              \
 } while (0)

static inline pthread_t
start_thread(void *(*fn)(void *), void *arg)
{
    pthread_t thread;

    require(pthread_create(&thread, NULL, fn, arg) == 0);
    return thread;
}

static inline void
join_thread(pthread_t thread)
{
    require(pthread_join(thread, NULL) == 0);
}

/*
 * A waker of a foreign executor, which counts.
 */

struct meter {
    _Atomic(int) refs;
    _Atomic(int) wakes;
};

static inline struct steal_waker meter_waker(struct meter *meter);

static inline struct steal_waker
meter_clone(void *data)
{
    struct meter *meter = data;

    add_relaxed(&meter->refs, 1);
    return meter_waker(meter);
}

static inline void
meter_wake_by_ref(void *data)
{
    struct meter *meter = data;

    add_acq_rel(&meter->wakes, 1);
}

static inline void
meter_drop(void *data)
{
    struct meter *meter = data;

    sub_acq_rel(&meter->refs, 1);
}

static inline void
meter_wake(void *data)
{
    meter_drop(data); /* before the wake is seen */
    meter_wake_by_ref(data);
}

/* A waker that is lent, as a context has it: `refs` counts the clones. */
static inline struct steal_waker
meter_waker(struct meter *meter)
{
    static const struct steal_waker_vtable vtable = {
        .clone = meter_clone,
        .wake = meter_wake,
        .wake_by_ref = meter_wake_by_ref,
        .drop = meter_drop,
    };

    return (struct steal_waker){ &vtable, meter };
}

static inline struct steal_context
meter_context(struct meter *meter)
{
    struct steal_waker waker = meter_waker(meter);
    struct steal_context cx;

    steal_context_init(&cx, &waker);
    return cx;
}

/*
 * A future whose life is on record
 */

struct record {
    _Atomic(int) polls;
    _Atomic(int) drops;
    _Atomic(bool) open;
    pthread_mutex_t mutex;
    struct steal_waker waker;
};

#define RECORD_INIT                  \
 {                                   \
  .mutex = PTHREAD_MUTEX_INITIALIZER \
 }

static inline int
record_polls(struct record *record)
{
    return load_acquire(&record->polls);
}

static inline int
record_drops(struct record *record)
{
    return load_acquire(&record->drops);
}

/* Polls that PROBE_WAITS asks for: until record_open(). */
#define PROBE_WAITS (-1)

struct probe {
    struct steal_future future;
    struct record *record;
    int turns; /* polls that wake themselves before the one that is ready */
    int end;   /* the result */
};

static inline bool
record_wait(struct record *record, struct steal_context *cx)
{
    bool open;

    pthread_mutex_lock(&record->mutex);
    open = load_acquire(&record->open);
    if (!open) {
        steal_waker_drop(&record->waker);
        record->waker = steal_waker_clone(steal_context_waker(cx));
    }
    pthread_mutex_unlock(&record->mutex);
    return open;
}

static inline struct steal_waker
record_take_waker(struct record *record)
{
    struct steal_waker waker;

    pthread_mutex_lock(&record->mutex);
    waker = record->waker;
    record->waker = steal_waker_noop();
    pthread_mutex_unlock(&record->mutex);
    return waker;
}

/* Lets the future of the record finish; by any thread. */
static inline void
record_open(struct record *record)
{
    struct steal_waker waker;

    store_release(&record->open, true);
    waker = record_take_waker(record);
    steal_waker_wake(&waker);
}

static inline enum steal_poll
probe_poll(struct steal_future *future, struct steal_context *cx)
{
    struct probe *probe = (struct probe *)future;
    bool ready = probe->turns == PROBE_WAITS ? record_wait(probe->record, cx)
                                             : probe->turns-- == 0;

    add_acq_rel(&probe->record->polls, 1);
    if (ready) {
        future->result = probe->end;
        return STEAL_READY;
    }
    if (probe->turns != PROBE_WAITS)
        steal_context_wake(cx);
    return STEAL_PENDING;
}

static inline void
probe_drop(struct steal_future *future)
{
    struct probe *probe = (struct probe *)future;
    struct steal_waker waker = record_take_waker(probe->record);

    steal_waker_drop(&waker);
    add_acq_rel(&probe->record->drops, 1);
}

static const struct steal_future_ops probe_ops = { .name = "probe",
    .poll = probe_poll,
    .drop = probe_drop };

static inline struct probe
probe_make(struct record *record, int turns, int end)
{
    return (struct probe){ STEAL_FUTURE(&probe_ops), record, turns, end };
}

/*
 * A future that calls a function, once
 */

struct calling {
    struct steal_future future;
    int (*fn)(void *arg);
    void *arg;
};

static inline enum steal_poll
call_poll(struct steal_future *future, struct steal_context *cx)
{
    struct calling *call = (struct calling *)future;

    (void)cx;
    future->result = call->fn(call->arg);
    return STEAL_READY;
}

static const struct steal_future_ops call_ops = { .name = "call",
    .poll = call_poll };

static inline struct calling
call_make(int (*fn)(void *arg), void *arg)
{
    return (struct calling){ STEAL_FUTURE(&call_ops), fn, arg };
}

/*
 * Runtimes
 */

static inline struct steal_runtime *
runtime_start(unsigned workers)
{
    struct steal_options options = STEAL_OPTIONS_INIT;
    struct steal_runtime *runtime = NULL;

    options.workers = workers;
    ck_assert_int_eq(steal_runtime_new(&runtime, &options), 0);
    return runtime;
}

static inline void
runtime_end(struct steal_runtime *runtime)
{
    ck_assert_int_eq(steal_runtime_stop(runtime, STEAL_FOREVER), 0);
}

/* Calls a function inside a task and returns its result. */
static inline int
call_inside(struct steal_runtime *runtime, int (*fn)(void *arg), void *arg)
{
    struct calling call = call_make(fn, arg);

    return steal_block_on(runtime, &call.future);
}

static inline struct steal_task *
spawn_probe(struct steal_runtime *runtime, struct record *record, int turns,
        int end)
{
    struct probe probe = probe_make(record, turns, end);
    struct steal_task *task = NULL;

    require(steal_spawn(runtime, &probe.future, sizeof probe, &task) == 0);
    return task;
}

static inline struct steal_task *
spawn_call(struct steal_runtime *runtime, int (*fn)(void *arg), void *arg)
{
    struct calling call = call_make(fn, arg);
    struct steal_task *task = NULL;

    require(steal_spawn(runtime, &call.future, sizeof call, &task) == 0);
    return task;
}

/* Waits for the task and gives its handle back. */
static inline int
join_task(struct steal_runtime *runtime, struct steal_task *task)
{
    struct steal_join join;

    return steal_block_on(runtime, steal_join(&join, task));
}

#endif
