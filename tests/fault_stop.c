/*
 * tests/fault_stop.c - a runtime that is stopped while everybody is busy.
 *
 * Round after round a runtime with connections, pipes, sleepers, blocking calls,
 * files, signals and children begins to stop at some moment, told by another
 * thread.  Whatever phase each task is in: it ends, and what it had is closed.
 */
#include <stdio.h>

#include "talkers.h"

#ifdef __SANITIZE_THREAD__
/* libuv closes descriptors behind the detector's back: it takes the two pipes of
 * two loops for one if the second gets the number of the first. */
STEAL_API const char *__tsan_default_suppressions(void);

const char *
__tsan_default_suppressions(void)
{
    return "race:uv_pipe\n";
}
#endif

static uint64_t seed;
static struct talk talk;
static struct rng rng;
static struct steal_runtime *runtime;

static void
reset(void)
{
    memset(&talk, 0, sizeof talk);
    talk.seed = seed;
    rng_init(&rng, seed);
    runtime_end(runtime_start(1)); /* opens what libuv keeps for ever */
}

/*
 * A task that has one of everything, and does not end by itself.
 */

struct hoarder {
    struct steal_async async;
    struct steal_fd *pipe[2];
    struct steal_fd *pair[2];
    struct steal_signal *signal;
    struct steal_process *process;
    struct steal_io io;
    struct steal_copy copy;
    struct steal_signal_next next;
    struct steal_process_wait wait;
    struct steal_sleep nap;
    struct steal_blocking call;
    struct steal_future *all[6];
    struct steal_join_all join;
    char byte[2];
    bool bears;
};

static int
block_for_a_moment(void *arg)
{
    (void)arg;
    usleep(300);
    return 0;
}

static int
open_things(struct hoarder *self)
{
    struct steal_process_options options = { .file = "/bin/sleep",
        .args = (const char *const[]){ "sleep", "1000", NULL },
        .flags = STEAL_PROCESS_KILL_ON_DROP,
        .stdio = { STEAL_STDIO_PIPE } };
    int error = steal_pipe(self->pipe, NULL);

    if (!error)
        error = steal_socketpair(self->pair, NULL, SOCK_STREAM);
    if (!error)
        error = steal_signal_new(&self->signal, NULL, SIGUSR1);
    if (!error && self->bears)
        error = steal_process_spawn(&self->process, NULL, &options);
    return error;
}

static struct steal_future *
wait_for_everything(struct hoarder *self)
{
    size_t n = 0;

    self->all[n++] = steal_fd_read(&self->io, self->pipe[0], self->byte, 1);
    self->all[n++] = steal_copy(&self->copy, self->pair[0], self->pair[1],
            STEAL_ALL);
    self->all[n++] = steal_sleep(&self->nap, STEAL_SECONDS(1000));
    self->all[n++] = steal_signal_next(&self->next, self->signal);
    self->all[n++] = steal_blocking(&self->call, block_for_a_moment, NULL);
    if (self->process)
        self->all[n++] = steal_process_wait(&self->wait, self->process);
    return steal_join_all(&self->join, self->all, n);
}

static enum steal_poll
hoarder_poll(struct steal_future *future, struct steal_context *cx)
{
    struct hoarder *self = (struct hoarder *)future;
    int error;

    STEAL_BEGIN(&self->async);
    error = open_things(self);
    if (error) {
        require(error == -ECANCELED);
        STEAL_RETURN(error);
    }
    STEAL_AWAIT(cx, wait_for_everything(self));
    STEAL_END();
}

static void
close_both(struct steal_fd *fd[2])
{
    for (int i = 0; i < 2; i++) {
        if (fd[i])
            steal_fd_unref(fd[i]);
    }
}

static void
hoarder_drop(struct steal_future *future)
{
    struct hoarder *self = (struct hoarder *)future;

    close_both(self->pipe);
    close_both(self->pair);
    if (self->signal)
        steal_signal_free(self->signal);
    if (self->process)
        steal_process_free(self->process);
    sub_release(&talk.ends, 1);
}

static const struct steal_future_ops hoarder_ops = { .name = "hoarder",
    .poll = hoarder_poll,
    .drop = hoarder_drop };

/* May come too late. */
static bool
spawn_hoarder(bool bears)
{
    struct hoarder hoarder = { .async = STEAL_ASYNC(&hoarder_ops),
        .bears = bears };
    int error;

    add_relaxed(&talk.ends, 1); /* the spawn publishes it */
    error = steal_spawn(runtime, &hoarder.async.future, sizeof hoarder, NULL);
    require(error == 0 || error == -ECANCELED);
    if (error)
        sub_release(&talk.ends, 1);
    return !error;
}

static bool
spawn_talker(const struct steal_address *address)
{
    struct talk_plan plan = { .seed = rng_below(&rng, UINT32_MAX),
        .total = 1 << 20,
        .mine = (enum talk_fate)rng_below(&rng, TALK_IMPATIENT),
        .servers = (enum talk_fate)rng_below(&rng, TALK_IMPATIENT),
        .limit = rng_below(&rng, 1 << 20),
        .address = *address };
    struct talk_client client = talk_client(&talk, &plan);
    int error = steal_spawn(runtime, &client.async.future, sizeof client, NULL);

    require(error == 0 || error == -ECANCELED);
    return !error;
}

/*
 * Rounds
 */

struct stopper {
    pthread_t thread;
    uint32_t spins;
    bool at_once; /* stops it, rather than only telling it to */
};

static void *
stopper_main(void *arg)
{
    struct stopper *stopper = arg;

    for (uint32_t i = 0; i < stopper->spins; i++)
        sched_yield();
    store_release(&talk.over, true);
    if (stopper->at_once)
        require(steal_runtime_stop(runtime, STEAL_FOREVER) == 0);
    else
        steal_runtime_begin_stop(runtime);
    return NULL;
}

static void
start_stopper(struct stopper *stopper)
{
    stopper->spins = rng_below(&rng, 1 + rng_below(&rng, 400));
    stopper->thread = start_thread(stopper_main, stopper);
}

/* While it stops in the middle of that, or before the next round. */
static void
spawn_many(struct steal_fd *listener[2], bool bears)
{
    struct steal_address address[2] = { local_address(listener[0]),
        local_address(listener[1]) };
    bool goes_on = true;

    for (int i = 0; goes_on && i < 12; i++)
        goes_on = spawn_talker(&address[i & 1]) &&
                  (i % 4 || spawn_hoarder(bears && i == 4));
}

static void
run_round(int round)
{
    struct stopper stopper = { .at_once = round & 1 };
    struct steal_fd *listener[2];
    int before = open_descriptors();

    store_release(&talk.over, false);
    runtime = runtime_start(1 + rng_below(&rng, 3));
    listener[0] = listen_at(runtime, "127.0.0.1:0", NULL);
    listener[1] = listen_at(runtime, "unix:", NULL);
    for (int i = 0; i < 2; i++)
        steal_task_detach(spawn_server(runtime, &talk, listener[i]));
    if (!stopper.at_once)
        start_stopper(&stopper); /* the runtime is still ours */
    spawn_many(listener, round % 8 == 0);
    if (stopper.at_once)
        start_stopper(&stopper);
    join_thread(stopper.thread);
    if (!stopper.at_once)
        runtime_end(runtime);
    steal_fd_unref(listener[0]);
    steal_fd_unref(listener[1]);
    ck_assert_int_eq(load_acquire(&talk.ends), 0);
    ck_assert_int_eq(open_descriptors(), before);
}

START_TEST(stop_in_the_middle_of_everything_leaves_nothing)
{
    int rounds = scaled(200) < 40 ? 40 : scaled(200);

    for (int i = 0; i < rounds; i++)
        run_round(i);
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        stop_in_the_middle_of_everything_leaves_nothing,
    };

    seed = choose_seed("fault_stop");
    return run_suite_with("fault_stop", reset, tests, LENGTH(tests));
}
