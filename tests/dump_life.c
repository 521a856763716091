/*
 * tests/dump_life.c - dumps without end while tasks are born, wait for one another,
 * and die.
 */
#include "dumps.h"

#define RESIDENTS 200
#define DUMPERS   2
#define LANES     8 /* of tasks that follow one another */

static struct steal_runtime *runtime;
static struct record record;
static struct steal_mutex mutex;
static _Atomic(bool) over;
static _Atomic(int) ended;
static int goal;

/*
 * A task that lives for a moment: yields, sleeps, waits for a lock and for a child,
 * and is followed by another.
 */
struct brief {
    struct steal_async async;
    struct steal_mutex_lock lock;
    struct steal_sleep sleep;
    struct steal_yield yield;
    struct steal_join join;
    struct steal_task *child;
    int kind;
};

static void spawn_brief(int kind);

static enum steal_poll
brief_poll(struct steal_future *future, struct steal_context *cx)
{
    struct brief *self = (struct brief *)future;

    STEAL_BEGIN(&self->async);
    STEAL_AWAIT(cx, steal_yield(&self->yield));
    if (self->kind % 3 == 0)
        STEAL_AWAIT(cx, steal_sleep(&self->sleep, STEAL_US(50)));
    if (self->kind % 2 == 0) {
        STEAL_AWAIT(cx, steal_mutex_lock(&self->lock, &mutex));
        STEAL_AWAIT(cx, steal_yield(&self->yield));
        steal_mutex_unlock(&mutex);
    }
    if (self->kind % 5 == 0) {
        self->child = spawn_probe(NULL, &record, self->kind % 4, 0);
        STEAL_AWAIT(cx, steal_join(&self->join, self->child));
    }
    if (add_acq_rel(&ended, 1) < goal)
        spawn_brief(self->kind + 1);
    STEAL_END();
}

static const struct steal_future_ops brief_ops = { .name = "brief",
    .poll = brief_poll };

static void
spawn_brief(int kind)
{
    struct brief brief = { .async = STEAL_ASYNC(&brief_ops), .kind = kind };

    require(steal_spawn(runtime, &brief.async.future, sizeof brief, NULL) == 0);
}

/*
 * The dumpers
 */

static struct steal_task *residents[RESIDENTS];

static _Atomic(int) complete;

/* Each id at most once, and those that live all the time each time: but for what a
 * thread had in its hands that the system held up for longer than a dump waits. */
static void
check_dump(const char *text, const char *head)
{
    static const size_t most = RESIDENTS + 4 * LANES + 100;
    uint64_t *ids = calloc(most, sizeof *ids);
    size_t n = 0;
    size_t found = 0;

    require(ids);
    while ((text = strstr(text, head))) {
        uint64_t id = strtoull(text += strlen(head), NULL, 10);

        for (size_t i = 0; i < n; i++)
            require(!id || ids[i] != id);
        for (size_t i = 0; i < RESIDENTS; i++)
            found += id == steal_task_id(residents[i]);
        require(n < most);
        ids[n++] = id;
    }
    add_relaxed(&complete, found == RESIDENTS); /* the join */
    free(ids);
}

static void *
dump_as_text(void *arg)
{
    (void)arg;
    while (!load_acquire(&over)) {
        char *text = dump_to_string(runtime, steal_dump);

        check_dump(text, "\ntask ");
        free(text);
    }
    return NULL;
}

static void *
dump_as_json(void *arg)
{
    (void)arg;
    while (!load_acquire(&over)) {
        char *text = dump_to_string(runtime, steal_dump_json);

        require(is_json(text));
        check_dump(text, "{\"id\": ");
        free(text);
    }
    return NULL;
}

/* Half of the residents are woken now and then, and park again. */
struct resident {
    struct steal_async async;
    struct steal_notified notified;
};

static struct steal_notify notify;
static _Atomic(bool) closing;

static enum steal_poll
resident_poll(struct steal_future *future, struct steal_context *cx)
{
    struct resident *self = (struct resident *)future;

    STEAL_BEGIN(&self->async);
    while (!load_acquire(&closing))
        STEAL_AWAIT(cx, steal_notified(&self->notified, &notify));
    STEAL_END();
}

static const struct steal_future_ops resident_ops = { .name = "resident",
    .poll = resident_poll };

static void
live_and_dump(bool time_polls)
{
    struct steal_options options = STEAL_OPTIONS_INIT;
    struct resident resident = { .async = STEAL_ASYNC(&resident_ops) };
    pthread_t thread[DUMPERS];

    options.workers = 4;
    options.time_polls = time_polls;
    ck_assert_int_eq(steal_runtime_new(&runtime, &options), 0);
    store_release(&over, false);
    store_release(&closing, false);
    store_release(&ended, 0);
    store_release(&complete, 0);
    steal_mutex_init(&mutex);
    steal_notify_init(&notify);
    goal = scaled(40000);
    for (int i = 0; i < RESIDENTS; i++)
        require(steal_spawn(runtime, &resident.async.future, sizeof resident,
                        &residents[i]) == 0);
    thread[0] = start_thread(dump_as_text, NULL);
    thread[1] = start_thread(dump_as_json, NULL);
    for (int i = 0; i < LANES; i++)
        spawn_brief(i);
    while (load_acquire(&ended) < goal) {
        steal_notify_all(&notify);
        sched_yield();
    }
    wait_until(load_acquire(&complete) > 0);
    store_release(&over, true);
    for (int i = 0; i < DUMPERS; i++)
        join_thread(thread[i]);
    store_release(&closing, true);
    for (int i = 0; i < RESIDENTS; i++) {
        while (!steal_task_is_finished(residents[i]))
            steal_notify_all(&notify);
        ck_assert_int_eq(join_task(runtime, residents[i]), 0);
    }
    runtime_end(runtime);
}

START_TEST(tasks_live_and_die_while_two_threads_dump)
{
    live_and_dump(false);
}
END_TEST

START_TEST(tasks_whose_polls_are_timed_do_so_too)
{
    live_and_dump(true);
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        tasks_live_and_die_while_two_threads_dump,
        tasks_whose_polls_are_timed_do_so_too,
    };

    return run_suite("dump_life", tests, LENGTH(tests));
}
