/*
 * pipeline.c - stages with bounded queues between them: back-pressure.
 *
 *     $ examples/pipeline
 *
 *     source -> numbers -> 3 squarers -> squares -> 2 halvers -> halves -> sink
 *
 * Each arrow is a bounded channel, each stage one task or several.  The source
 * could make numbers much faster than the sink takes them.  But a task that
 * sends into a full channel waits, and while it waits it receives nothing, so
 * that the channel before it fills up, too: the source is soon as slow as the
 * sink, and memory stays bounded, however long the pipeline runs.
 *
 * The program proves it.  Whoever has sent looks how full the channel is, and
 * the source counts how many numbers are on their way.  A number is in a slot
 * of a channel or in the hands of a task, so there are never more than those
 * two make.
 *
 * The end travels the same way: a stage ends when its channel is closed and
 * empty, and the last task of a stage closes the next channel.
 */
#include <steal.h>

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>

#define NUMBERS  2000
#define SLOTS    8
#define SQUARERS 3
#define HALVERS  2

/* In the slots, and with the source, the squarers, the halvers and the sink. */
#define MOST_ON_THE_WAY (3 * SLOTS + 1 + SQUARERS + HALVERS + 1)

static uint64_t number_slots[SLOTS];
static uint64_t square_slots[SLOTS];
static uint64_t half_slots[SLOTS];
static struct steal_channel numbers = STEAL_CHANNEL_INIT(number_slots);
static struct steal_channel squares = STEAL_CHANNEL_INIT(square_slots);
static struct steal_channel halves = STEAL_CHANNEL_INIT(half_slots);

static atomic_size_t arrived; /* numbers that the sink has taken */

/*
 * The source
 */

struct source {
    struct steal_async async;
    struct steal_channel_send send;
    uint64_t number;
};

static enum steal_poll
source_poll(struct steal_future *future, struct steal_context *cx)
{
    struct source *self = (struct source *)future;

    STEAL_BEGIN(&self->async);
    for (self->number = 1; self->number <= NUMBERS; self->number++) {
        if (self->number - atomic_load(&arrived) > MOST_ON_THE_WAY)
            STEAL_RETURN(-EPROTO);
        STEAL_AWAIT(cx,
                steal_channel_send(&self->send, &numbers, &self->number));
        if (self->send.future.result < 0)
            STEAL_RETURN(self->send.future.result);
        if (steal_channel_count(&numbers) > SLOTS)
            STEAL_RETURN(-EPROTO);
    }
    STEAL_END();
}

static void
source_drop(struct steal_future *future)
{
    (void)future;
    steal_channel_end_sender(&numbers);
}

static const struct steal_future_ops source_ops = {
    .name = "source",
    .poll = source_poll,
    .drop = source_drop,
};

/*
 * The stages between: one task takes numbers, changes them and passes them on
 */

struct stage {
    struct steal_async async;
    struct steal_channel *from;
    struct steal_channel *to;
    uint64_t (*change)(uint64_t number);
    struct steal_channel_receive receive;
    struct steal_channel_send send;
    uint64_t number;
};

static uint64_t
square(uint64_t number)
{
    return number * number;
}

/* Of what is odd, the smaller half. */
static uint64_t
halve(uint64_t number)
{
    return number / 2;
}

static enum steal_poll
stage_poll(struct steal_future *future, struct steal_context *cx)
{
    struct stage *self = (struct stage *)future;

    STEAL_BEGIN(&self->async);
    for (;;) {
        STEAL_AWAIT(cx, steal_channel_receive(&self->receive, self->from,
                                &self->number));
        if (self->receive.future.result < 0)
            break; /* closed and empty */
        self->number = self->change(self->number);
        STEAL_AWAIT(cx,
                steal_channel_send(&self->send, self->to, &self->number));
        if (self->send.future.result < 0)
            STEAL_RETURN(self->send.future.result);
        if (steal_channel_count(self->to) > SLOTS)
            STEAL_RETURN(-EPROTO);
    }
    STEAL_END();
}

/* However it ends, so does its sending: otherwise the next stage would wait. */
static void
stage_drop(struct steal_future *future)
{
    steal_channel_end_sender(((struct stage *)future)->to);
}

static const struct steal_future_ops stage_ops = {
    .name = "stage",
    .poll = stage_poll,
    .drop = stage_drop,
};

/*
 * The program, which is the sink, too
 */

struct program {
    struct steal_async async;
    struct steal_group group;
    struct steal_group_wait wait;
    struct steal_channel_receive receive;
    struct steal_sleep nap;
    uint64_t number;
    uint64_t count;
    uint64_t sum;
};

/* The sender is added before its task begins, which may be at once. */
static int
spawn_sender(struct steal_group *group, struct steal_channel *to,
        struct steal_future *future, size_t size)
{
    int error;

    steal_channel_add_sender(to);
    error = steal_group_spawn(group, future, size);
    if (error)
        steal_channel_end_sender(to);
    return error;
}

static int
spawn_stages(struct steal_group *group, int n, uint64_t (*change)(uint64_t),
        struct steal_channel *from, struct steal_channel *to)
{
    int error = 0;

    for (int i = 0; i < n && error == 0; i++) {
        struct stage stage = {
            .async = STEAL_ASYNC(&stage_ops),
            .from = from,
            .to = to,
            .change = change,
        };

        error = spawn_sender(group, to, &stage.async.future, sizeof stage);
    }
    return error;
}

/* From the end to the beginning: a stage that began before all of its tasks are
 * there could otherwise run out of numbers, and close what comes after it. */
static int
begin(struct program *self)
{
    struct source source = { .async = STEAL_ASYNC(&source_ops) };
    int error = steal_group_init(&self->group, NULL, 0);

    if (error == 0)
        error = spawn_stages(&self->group, HALVERS, halve, &squares, &halves);
    if (error == 0)
        error = spawn_stages(&self->group, SQUARERS, square, &numbers,
                &squares);
    if (error == 0)
        error = spawn_sender(&self->group, &numbers, &source.async.future,
                sizeof source);
    return error;
}

static enum steal_poll
program_poll(struct steal_future *future, struct steal_context *cx)
{
    struct program *self = (struct program *)future;
    int error;

    STEAL_BEGIN(&self->async);
    error = begin(self);
    if (error < 0)
        STEAL_RETURN(error);
    for (;;) {
        STEAL_AWAIT(cx,
                steal_channel_receive(&self->receive, &halves, &self->number));
        if (self->receive.future.result < 0)
            break;
        atomic_fetch_add(&arrived, 1);
        self->count++;
        self->sum += self->number;
        if (self->count % 100 == 0) /* the slowest of all */
            STEAL_AWAIT(cx, steal_sleep(&self->nap, STEAL_MS(2)));
    }
    STEAL_AWAIT(cx, steal_group_wait(&self->wait, &self->group));
    STEAL_RETURN(self->wait.future.result);
    STEAL_END();
}

static void
program_drop(struct steal_future *future)
{
    steal_group_fini(&((struct program *)future)->group);
}

static const struct steal_future_ops program_ops = {
    .name = "program",
    .poll = program_poll,
    .drop = program_drop,
};

/* What a loop says. */
static uint64_t
expected_sum(void)
{
    uint64_t sum = 0;

    for (uint64_t number = 1; number <= NUMBERS; number++)
        sum += halve(square(number));
    return sum;
}

int
main(void)
{
    struct program program = { .async = STEAL_ASYNC(&program_ops) };
    int error = steal_run(NULL, &program.async.future);

    steal_channel_fini(&halves);
    steal_channel_fini(&squares);
    steal_channel_fini(&numbers);
    if (error == 0 &&
            (program.count != NUMBERS || program.sum != expected_sum()))
        error = -EPROTO;
    if (error < 0) {
        fprintf(stderr, "pipeline: error %d\n", error);
        return 1;
    }
    printf("%d numbers went through, and none was lost\n", NUMBERS);
    printf("no channel held more than its %d\n", SLOTS);
    printf("never more than %d numbers were on their way\n", MOST_ON_THE_WAY);
    return 0;
}
