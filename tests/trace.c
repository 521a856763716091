/*
 * tests/trace.c - what is written of a run is what has happened.
 */
#include <steal/trace.h>

#include "../src/insight/names.h"
#include "../src/insight/trace.h"

#include "trace_reader.h"

static struct steal_runtime *runtime;
static struct record record;
static struct trace_text text;

static void
reset(void)
{
    record = (struct record)RECORD_INIT;
}

static void
start(unsigned workers, size_t events)
{
    struct steal_options options = STEAL_OPTIONS_INIT;

    options.workers = workers;
    options.trace = events;
    ck_assert_int_eq(steal_runtime_new(&runtime, &options), 0);
}

/* A probe that yields a few times, and its id. */
static uint64_t
run_probe(int turns)
{
    struct steal_task *task = spawn_probe(runtime, &record, turns, 0);
    uint64_t id = steal_task_id(task);

    ck_assert_int_eq(join_task(runtime, task), 0);
    return id;
}

static void
expect(unsigned track, uint64_t task, size_t i, enum trace_kind kind,
        uint64_t number, const char *name)
{
    const struct trace_record *event = trace_find(&text, track, task, i);

    ck_assert_ptr_nonnull(event);
    ck_assert_uint_eq(event->kind, kind);
    ck_assert_uint_eq(event->number, number);
    ck_assert_str_eq(text.name[event->name], name);
}

/*
 * Events
 */

START_TEST(task_is_spawned_and_polled_until_it_ends)
{
    uint64_t id;

    start(1, 1000);
    id = run_probe(2);
    trace_look(&text, runtime);
    ck_assert_uint_eq(text.info.workers, 1);
    ck_assert_uint_eq(text.info.tracks, 3);
    ck_assert_str_eq(text.info.name, "steal");
    expect(2, id, 0, TRACE_SPAWNED, 0, "probe");
    ck_assert_ptr_null(trace_find(&text, 2, id, 1));
    for (size_t i = 0; i < 6; i += 2) {
        expect(0, id, i, TRACE_BEGIN, 0, "probe");
        expect(0, id, i + 1, TRACE_ENDED, i < 4 ? TRACE_AGAIN : TRACE_READY,
                "");
    }
    ck_assert_ptr_null(trace_find(&text, 0, id, 6));
    ck_assert(trace_is_in_order(&text));
    trace_free(&text);
    runtime_end(runtime);
}
END_TEST

static int
do_nothing(void *arg)
{
    (void)arg;
    return 0;
}

START_TEST(wake_from_outside_comes_between_two_polls)
{
    struct steal_task *task;
    uint64_t id;

    start(1, 1000);
    task = spawn_probe(runtime, &record, PROBE_WAITS, 0);
    id = steal_task_id(task);
    wait_until(record_polls(&record) == 1);
    ck_assert_int_eq(call_inside(runtime, do_nothing, NULL),
            0); /* it is parked */
    record_open(&record);
    ck_assert_int_eq(join_task(runtime, task), 0);
    trace_look(&text, runtime);
    expect(2, id, 0, TRACE_SPAWNED, 0, "probe");
    expect(2, id, 1, TRACE_QUEUED, 0, "");
    expect(0, id, 0, TRACE_BEGIN, 0, "probe");
    expect(0, id, 2, TRACE_BEGIN, 0, "probe");
    expect(0, id, 3, TRACE_ENDED, TRACE_READY, "");
    ck_assert_uint_ge(trace_find(&text, 2, id, 1)->time,
            trace_find(&text, 0, id, 0)->time);
    ck_assert_uint_le(trace_find(&text, 2, id, 1)->time,
            trace_find(&text, 0, id, 2)->time);
    trace_free(&text);
    runtime_end(runtime);
}
END_TEST

static uint64_t child;

static int
spawn_child(void *arg)
{
    struct steal_task *task = spawn_probe(NULL, &record, 0, 0);

    (void)arg;
    child = steal_task_id(task);
    steal_task_detach(task);
    return 0;
}

START_TEST(task_that_a_task_spawns_is_on_the_track_of_its_worker)
{
    start(1, 1000);
    ck_assert_int_eq(call_inside(runtime, spawn_child, NULL), 0);
    wait_until(record_drops(&record) == 1);
    trace_look(&text, runtime);
    expect(0, child, 0, TRACE_SPAWNED, 0, "probe");
    expect(0, child, 1, TRACE_BEGIN, 0, "probe");
    ck_assert_ptr_null(trace_find(&text, 2, child, 0));
    trace_free(&text);
    runtime_end(runtime);
}
END_TEST

/* The task queues behind the poll that has woken it, on the same worker. */
static int
wake_record(void *arg)
{
    (void)arg;
    record_open(&record);
    return 0;
}

START_TEST(wake_by_a_task_is_inside_of_its_poll)
{
    struct steal_task *task;
    struct steal_task *waker;
    const struct trace_record *queued;
    uint64_t id;

    start(1, 1000);
    task = spawn_probe(runtime, &record, PROBE_WAITS, 0);
    id = steal_task_id(task);
    wait_until(record_polls(&record) == 1);
    waker = spawn_call(runtime, wake_record, NULL);
    ck_assert_int_eq(join_task(runtime, task), 0);
    trace_look(&text, runtime);
    expect(0, id, 2, TRACE_QUEUED, 0, "");
    queued = trace_find(&text, 0, id, 2);
    expect(0, steal_task_id(waker), 0, TRACE_BEGIN, 0, "call");
    ck_assert_ptr_eq(queued - 1, trace_find(&text, 0, steal_task_id(waker), 0));
    ck_assert_ptr_eq(queued + 1, trace_find(&text, 0, steal_task_id(waker), 1));
    expect(0, id, 3, TRACE_BEGIN, 0, "probe");
    trace_free(&text);
    join_task(runtime, waker);
    runtime_end(runtime);
}
END_TEST

static uint64_t
count_parks(void)
{
    struct steal_worker_metrics metrics;

    require(steal_metrics_worker(runtime, 0, &metrics, sizeof metrics) == 0);
    return metrics.parks;
}

START_TEST(sleeps_come_in_pairs)
{
    unsigned parked = 0;

    start(1, 1000);
    for (int i = 0; i < 20; i++)
        run_probe(0);
    wait_until(count_parks() > 0);
    run_probe(0); /* it is in the trace once the worker has gone on */
    trace_look(&text, runtime);
    ck_assert_uint_gt(trace_count(&text, TRACE_PARK), 0);
    for (size_t i = 0; i < text.n[0]; i++) {
        const struct trace_record *event = &text.track[0][i];

        if (event->kind == TRACE_PARK)
            ck_assert_uint_eq(parked++, 0);
        else if (event->kind == TRACE_UNPARK)
            ck_assert_uint_eq(parked--, 1);
        else if (event->kind == TRACE_BEGIN)
            ck_assert_uint_eq(parked, 0);
    }
    trace_free(&text);
    runtime_end(runtime);
}
END_TEST

static int
compute_nothing(void *data)
{
    (void)data;
    return 0;
}

static size_t
count_now(enum trace_kind kind)
{
    size_t n;

    trace_look(&text, runtime);
    n = trace_count(&text, kind);
    trace_free(&text);
    return n;
}

START_TEST(computations_come_in_pairs)
{
    struct steal_compute compute;

    start(1, 1000);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(steal_block_on(runtime,
                                 steal_compute(&compute, compute_nothing,
                                         NULL)),
                0);
    wait_until(count_now(TRACE_COMPUTED) == count_now(TRACE_COMPUTE));
    ck_assert_uint_gt(count_now(TRACE_COMPUTED), 0);
    runtime_end(runtime);
}
END_TEST

/* Two dozen tasks are in the queue of a worker that waits until the other has come
 * for them. */
static int
leave_to_thieves(void *arg)
{
    (void)arg;
    for (int i = 0; i < 24; i++)
        steal_task_detach(spawn_probe(NULL, &record, 0, 0));
    wait_until(record_polls(&record) >= 12);
    return 0;
}

START_TEST(steal_tells_how_many)
{
    struct steal_worker_metrics all;
    uint64_t sum = 0;

    start(2, 1000);
    ck_assert_int_eq(call_inside(runtime, leave_to_thieves, NULL), 0);
    wait_until(record_drops(&record) == 24);
    steal_metrics_worker(runtime, STEAL_ALL_WORKERS, &all, sizeof all);
    trace_look(&text, runtime);
    for (unsigned i = 0; i < text.info.tracks; i++) {
        for (size_t j = 0; j < text.n[i]; j++) {
            if (text.track[i][j].kind == TRACE_STEAL)
                sum += text.track[i][j].number;
        }
    }
    ck_assert_uint_gt(sum, 0);
    ck_assert_uint_eq(sum, all.stolen);
    trace_free(&text);
    runtime_end(runtime);
}
END_TEST

/*
 * Names
 */

START_TEST(name_that_was_given_is_copied)
{
    char name[] = "twenty-three characters";
    struct steal_task *task;
    uint64_t id;

    start(1, 1000);
    task = spawn_probe(runtime, &record, PROBE_WAITS, 0);
    id = steal_task_id(task);
    wait_until(record_polls(&record) == 1);
    ck_assert_int_eq(steal_task_set_name(task, name), 0);
    record_open(&record);
    ck_assert_int_eq(join_task(runtime, task), 0);
    memset(name, 'x', sizeof name - 1);
    trace_look(&text, runtime);
    expect(0, id, 0, TRACE_BEGIN, 0, "probe");
    expect(0, id, 2, TRACE_BEGIN, 0, "twenty-three characters");
    trace_free(&text);
    runtime_end(runtime);
}
END_TEST

START_TEST(names_of_all_lengths_are_packed)
{
    const char all[] = "abcdefghijklmnopqrstuvwxyz";

    for (size_t n = 0; n < sizeof all; n++) {
        uint64_t word[TRACE_WORDS];
        char in[sizeof all] = "";
        char out[TRACE_NAME_MOST + 1];

        memcpy(in, all, n);
        steal__trace_pack(word, in);
        ck_assert_uint_eq(word[1] & 0xff, TRACE_NAMED);
        steal__trace_unpack(out, word);
        in[TRACE_NAME_MOST] = '\0';
        ck_assert_str_eq(out, in);
    }
}
END_TEST

START_TEST(names_keep_their_numbers)
{
    struct names names;
    char name[16];

    steal__names_init(&names);
    for (unsigned round = 0; round < 2; round++) {
        for (unsigned i = 0; i < 1000; i++) {
            snprintf(name, sizeof name, "name %u", i);
            ck_assert_uint_eq(steal__names_add(&names, name), i + 1);
        }
    }
    ck_assert_uint_eq(names.n, 1000);
    steal__names_fini(&names);
}
END_TEST

/*
 * Rings
 */

START_TEST(newest_events_are_kept)
{
    uint64_t polls = 1000;
    bool ended = false;
    uint64_t id;

    start(1, 8);
    id = run_probe((int)polls - 1);
    do /* the worker writes until it sleeps */
        trace_look(&text, runtime);
    while (text.n[0] != 15);
    ck_assert_uint_ge(text.n[0] + text.lost[0], 2 * polls);
    for (size_t i = 0; i < text.n[0]; i++)
        ended |= text.track[0][i].task == id &&
                 text.track[0][i].kind == TRACE_ENDED &&
                 text.track[0][i].number == TRACE_READY;
    ck_assert(ended);
    ck_assert(trace_is_in_order(&text));
    trace_free(&text);
    runtime_end(runtime);
}
END_TEST

static _Atomic(bool) over;

static void *
spawn_forever(void *arg)
{
    (void)arg;
    while (!load_acquire(&over))
        run_probe(20);
    return NULL;
}

/* Polls begin and end in turns, and those of a task as it must be. */
static bool
is_whole(unsigned track)
{
    const struct trace_record *begun = NULL;

    for (size_t i = 0; i < text.n[track]; i++) {
        const struct trace_record *event = &text.track[track][i];

        if (event->kind == 0 || event->kind >= TRACE_KINDS)
            return false;
        if (event->kind == TRACE_BEGIN) {
            if (begun || !event->task || !event->name)
                return false;
            begun = event;
        } else if (event->kind == TRACE_ENDED) {
            if (begun && begun->task != event->task)
                return false;
            begun = NULL;
        }
    }
    return true;
}

START_TEST(rings_are_read_while_they_are_written)
{
    pthread_t thread[2];
    int rounds = scaled(2000) + 20;

    start(2, 30);
    for (size_t i = 0; i < LENGTH(thread); i++)
        thread[i] = start_thread(spawn_forever, NULL);
    wait_until(record_polls(&record) > 1000);
    for (int i = 0; i < rounds; i++) {
        trace_look(&text, runtime);
        ck_assert(trace_is_in_order(&text));
        for (unsigned track = 0; track < text.info.tracks; track++)
            ck_assert(is_whole(track));
        trace_free(&text);
    }
    store_release(&over, true);
    for (size_t i = 0; i < LENGTH(thread); i++)
        join_thread(thread[i]);
    runtime_end(runtime);
    store_release(&over, false);
}
END_TEST

/*
 * Files
 */

START_TEST(runtime_without_a_trace_has_none_to_write)
{
    runtime = runtime_start(1);
    ck_assert_int_eq(steal_trace_write(runtime, stderr), -ENOTSUP);
    runtime_end(runtime);
}
END_TEST

START_TEST(errors_of_the_file_are_returned)
{
    FILE *full = fopen("/dev/full", "w");
    FILE *read = fopen("/dev/null", "r");

    start(1, 8);
    run_probe(0);
    ck_assert_int_eq(steal_trace_write(runtime, full), -ENOSPC);
    ck_assert_int_eq(steal_trace_write(runtime, read), -EBADF);
    fclose(full);
    fclose(read);
    runtime_end(runtime);
}
END_TEST

static char path[64];

static void
run_with_file(const char *file)
{
    struct steal_options options = STEAL_OPTIONS_INIT;

    options.workers = 1;
    options.trace_file = file;
    ck_assert_int_eq(steal_runtime_new(&runtime, &options), 0);
    run_probe(9);
    runtime_end(runtime);
}

START_TEST(file_is_written_at_the_stop)
{
    snprintf(path, sizeof path, "/tmp/steal-trace-%d", (int)getpid());
    run_with_file(path);
    trace_load(&text, path);
    unlink(path);
    ck_assert_uint_ge(trace_count(&text, TRACE_ENDED), 10);
    ck_assert(trace_is_in_order(&text));
    trace_free(&text);
}
END_TEST

START_TEST(file_that_cannot_be_written_is_no_reason_not_to_stop)
{
    int saved = dup(STDERR_FILENO);
    int null = open("/dev/null", O_WRONLY);

    dup2(null, STDERR_FILENO);
    run_with_file("/nowhere/trace");
    run_with_file("/dev/full");
    dup2(saved, STDERR_FILENO);
    close(saved);
    close(null);
}
END_TEST

START_TEST(environment_asks_for_a_file)
{
    char word[100];

    snprintf(path, sizeof path, "/tmp/steal-trace-%d", (int)getpid());
    snprintf(word, sizeof word, "trace=%s", path);
    setenv("STEAL_DEBUG", word, 1);
    run_with_file(NULL);
    unsetenv("STEAL_DEBUG");
    trace_load(&text, path);
    unlink(path);
    ck_assert_uint_ge(trace_count(&text, TRACE_ENDED), 10);
    trace_free(&text);
}
END_TEST

START_TEST(more_events_than_there_is_memory_are_refused)
{
    struct steal_options options = STEAL_OPTIONS_INIT;

    options.workers = 1;
    options.trace = SIZE_MAX;
    ck_assert_int_eq(steal_runtime_new(&runtime, &options), -ENOMEM);
    options.trace = SIZE_MAX / 64;
    ck_assert_int_eq(steal_runtime_new(&runtime, &options), -ENOMEM);
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        task_is_spawned_and_polled_until_it_ends,
        wake_from_outside_comes_between_two_polls,
        task_that_a_task_spawns_is_on_the_track_of_its_worker,
        wake_by_a_task_is_inside_of_its_poll,
        sleeps_come_in_pairs,
        computations_come_in_pairs,
        steal_tells_how_many,
        name_that_was_given_is_copied,
        names_of_all_lengths_are_packed,
        names_keep_their_numbers,
        newest_events_are_kept,
        rings_are_read_while_they_are_written,
        runtime_without_a_trace_has_none_to_write,
        errors_of_the_file_are_returned,
        file_is_written_at_the_stop,
        file_that_cannot_be_written_is_no_reason_not_to_stop,
        environment_asks_for_a_file,
        more_events_than_there_is_memory_are_refused,
    };

    return run_suite_with("trace", reset, tests, LENGTH(tests));
}
