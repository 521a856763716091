/*
 * tests/simulate_bugs.c - programs with a mistake each, of a kind that real runs meet
 * once in a long while, and the seed that finds it; and the same programs without it,
 * which no seed finds fault with.
 *
 * A program runs under a timeout of an hour.  Should it hang, time goes on to that at
 * once: so a run that hangs takes no longer than another.
 */
#include <steal/simulate.h>

#include <stdio.h>

#include "../src/base/clock.h"
#include "kit.h"

#define SEEDS      10000
#define HOUR       STEAL_SECONDS(3600)
#define SOUND_TIME STEAL_MS(1500) /* real, for each program */

static bool sound; /* without the mistake */

/*
 * A lost wake: the future looks whether there is a letter, and then waits for the
 * lock under which it leaves its waker.  The letter may come in between.
 */

static struct {
    struct steal_mutex mutex;
    struct steal_waker waker;
    bool full;
} box;

struct collect {
    struct steal_future future;
    bool begun;
    bool left;
    struct steal_mutex_lock lock;
};

static enum steal_poll
collect_poll(struct steal_future *future, struct steal_context *cx)
{
    struct collect *self = (struct collect *)future;
    bool come;

    if (!self->begun && box.full)
        return STEAL_READY;
    if (!self->begun)
        steal_mutex_lock(&self->lock, &box.mutex);
    self->begun = true;
    if (self->left)
        return box.full ? STEAL_READY : STEAL_PENDING;
    if (steal_future_poll(&self->lock.future, cx) == STEAL_PENDING)
        return STEAL_PENDING;
    steal_future_drop(&self->lock.future);
    self->left = true;
    come = sound && box.full;
    if (!come)
        box.waker = steal_waker_clone(steal_context_waker(cx));
    steal_mutex_unlock(&box.mutex);
    return come ? STEAL_READY : STEAL_PENDING;
}

static void
collect_drop(struct steal_future *future)
{
    struct collect *self = (struct collect *)future;

    if (self->begun && !self->left)
        steal_future_drop(&self->lock.future);
    steal_waker_drop(&box.waker);
    box.waker = steal_waker_noop();
}

static const struct steal_future_ops collect_ops = { .name = "collect",
    .poll = collect_poll,
    .drop = collect_drop };

struct post {
    struct steal_async async;
    struct steal_mutex_lock lock;
};

static enum steal_poll
post_poll(struct steal_future *future, struct steal_context *cx)
{
    struct post *self = (struct post *)future;
    struct steal_waker waker;

    STEAL_BEGIN(&self->async);
    STEAL_YIELD(cx);
    STEAL_AWAIT(cx, steal_mutex_lock(&self->lock, &box.mutex));
    STEAL_YIELD(cx); /* looks for its stamps */
    box.full = true;
    waker = box.waker;
    box.waker = steal_waker_noop();
    steal_waker_wake(&waker);
    steal_mutex_unlock(&box.mutex);
    STEAL_END();
}

static const struct steal_future_ops post_ops = { .name = "post",
    .poll = post_poll };

static int
spawn_letter(struct steal_group *group)
{
    struct collect collect = { .future = STEAL_FUTURE(&collect_ops) };
    struct post post = { .async = STEAL_ASYNC(&post_ops) };
    int error;

    steal_mutex_init(&box.mutex);
    box.waker = steal_waker_noop();
    box.full = false;
    error = steal_group_spawn(group, &collect.future, sizeof collect);
    if (error)
        return error;
    return steal_group_spawn(group, &post.async.future, sizeof post);
}

/*
 * A lock cycle: who moves money locks one account, and then the other.  Without the
 * mistake it is always the same one first.
 */

#define ACCOUNTS 4

static struct {
    struct steal_mutex mutex;
    int balance;
} account[ACCOUNTS];

struct transfer {
    struct steal_async async;
    int from;
    int to;
    struct steal_mutex_lock lock[2];
    bool held[2];
};

static int
first_of(const struct transfer *self)
{
    return sound && self->to < self->from ? self->to : self->from;
}

static int
second_of(const struct transfer *self)
{
    return self->from + self->to - first_of(self);
}

static enum steal_poll
transfer_poll(struct steal_future *future, struct steal_context *cx)
{
    struct transfer *self = (struct transfer *)future;

    STEAL_BEGIN(&self->async);
    STEAL_AWAIT(cx,
            steal_mutex_lock(&self->lock[0], &account[first_of(self)].mutex));
    self->held[0] = true;
    STEAL_AWAIT(cx,
            steal_mutex_lock(&self->lock[1], &account[second_of(self)].mutex));
    self->held[1] = true;
    account[self->from].balance--;
    account[self->to].balance++;
    STEAL_END();
}

static void
transfer_drop(struct steal_future *future)
{
    struct transfer *self = (struct transfer *)future;

    if (self->held[0])
        steal_mutex_unlock(&account[first_of(self)].mutex);
    if (self->held[1])
        steal_mutex_unlock(&account[second_of(self)].mutex);
}

static const struct steal_future_ops transfer_ops = { .name = "transfer",
    .poll = transfer_poll,
    .drop = transfer_drop };

static int
spawn_transfers(struct steal_group *group)
{
    int error = 0;

    for (int i = 0; i < ACCOUNTS; i++) {
        steal_mutex_init(&account[i].mutex);
        account[i].balance = 1;
    }
    for (int i = 0; i < ACCOUNTS && !error; i++) {
        struct transfer transfer = { .async = STEAL_ASYNC(&transfer_ops),
            .from = i,
            .to = (i + 1) % ACCOUNTS };

        error = steal_group_spawn(group, &transfer.async.future,
                sizeof transfer);
    }
    return error;
}

/*
 * ABA: a channel of the program's own keeps its messages on a stack.  Who takes one
 * reads the top, does something that lets others run, and then replaces the top by
 * what was below it, if it is the same.  But it may be the same one again, over
 * another: then that is lost, or comes twice.  Without the mistake the stack counts
 * how often it has changed.
 */

#define MESSAGES 3
#define TAKERS   3
#define TURNS    4

static struct message {
    struct message *below;
    int owners; /* 1 at most */
} messages[MESSAGES];

static struct {
    struct message *top;
    unsigned changes;
} stack;

static bool twice;

struct taker {
    struct steal_async async;
    struct message *held[2];
    struct message *top;
    struct message *below;
    unsigned changes;
    int turn;
    int i;
    struct steal_sleep sleep;
};

static void
push(struct message *message)
{
    message->owners--;
    message->below = stack.top;
    stack.top = message;
    stack.changes++;
}

static bool
replace_top(const struct taker *self)
{
    if (stack.top != self->top || (sound && stack.changes != self->changes))
        return false;
    stack.top = self->below;
    stack.changes++;
    twice |= self->top->owners++ > 0;
    return true;
}

static enum steal_poll
taker_poll(struct steal_future *future, struct steal_context *cx)
{
    struct taker *self = (struct taker *)future;

    STEAL_BEGIN(&self->async);
    for (self->turn = 0; self->turn < TURNS; self->turn++) {
        for (self->i = 0; self->i < 2; self->i++) {
            self->held[self->i] = NULL;
            while (!self->held[self->i] && stack.top) {
                self->top = stack.top;
                self->below = self->top->below;
                self->changes = stack.changes;
                STEAL_YIELD(cx);
                if (replace_top(self))
                    self->held[self->i] = self->top;
            }
        }
        STEAL_YIELD(cx);
        for (self->i = 0; self->i < 2; self->i++) {
            if (self->held[self->i])
                push(self->held[self->i]);
            STEAL_YIELD(cx);
        }
    }
    STEAL_RETURN(twice ? -EPROTO : 0);
    STEAL_END();
}

static const struct steal_future_ops taker_ops = { .name = "taker",
    .poll = taker_poll };

static int
spawn_takers(struct steal_group *group)
{
    int error = 0;

    twice = false;
    stack.top = NULL;
    stack.changes = 0;
    for (int i = 0; i < MESSAGES; i++) {
        messages[i].owners = 1;
        push(&messages[i]);
    }
    for (int i = 0; i < TAKERS && !error; i++) {
        struct taker taker = { .async = STEAL_ASYNC(&taker_ops) };

        error = steal_group_spawn(group, &taker.async.future, sizeof taker);
    }
    return error;
}

/*
 * Running them
 */

struct program {
    struct steal_async async;
    int (*spawn)(struct steal_group *group);
    struct steal_group group;
    struct steal_group_wait wait;
    struct steal_timeout timeout;
    bool has_group;
};

static enum steal_poll
program_poll(struct steal_future *future, struct steal_context *cx)
{
    struct program *self = (struct program *)future;

    STEAL_BEGIN(&self->async);
    require(steal_group_init(&self->group, NULL, 0) == 0);
    self->has_group = true;
    require(self->spawn(&self->group) == 0);
    STEAL_AWAIT(cx, steal_timeout(&self->timeout,
                            steal_group_wait(&self->wait, &self->group), HOUR));
    STEAL_RETURN(self->timeout.future.result);
    STEAL_END();
}

static void
program_drop(struct steal_future *future)
{
    struct program *self = (struct program *)future;

    if (self->has_group)
        steal_group_fini(&self->group);
}

static const struct steal_future_ops program_ops = { .name = "program",
    .poll = program_poll,
    .drop = program_drop };

static int
run(int (*spawn)(struct steal_group *group), uint64_t seed)
{
    struct program program = { .async = STEAL_ASYNC(&program_ops),
        .spawn = spawn };
    struct steal_options options = STEAL_OPTIONS_INIT;

    options.deterministic = true;
    options.seed = seed;
    return steal_run(&options, &program.async.future);
}

/* The first seed that ends with this error: it does so whenever it is tried. */
static void
find(const char *what, int (*spawn)(struct steal_group *group), int error)
{
    uint64_t seed = 1;
    int result;

    sound = false;
    while ((result = run(spawn, seed)) == 0)
        ck_assert_uint_lt(++seed, SEEDS);
    ck_assert_int_eq(result, error);
    ck_assert_int_eq(run(spawn, seed), error);
    printf("%s: found with seed %llu\n", what, (unsigned long long)seed);
}

static void
find_nothing(const char *what, int (*spawn)(struct steal_group *group))
{
    uint64_t end = steal__clock_real() + SOUND_TIME;
    uint64_t seed;

    sound = true;
    for (seed = 1; seed < SEEDS && steal__clock_real() < end; seed++)
        ck_assert_int_eq(run(spawn, seed), 0);
    printf("%s: sound with %llu seeds\n", what, (unsigned long long)seed - 1);
}

START_TEST(a_lost_wake_is_found)
{
    find("lost wake", spawn_letter, -ETIMEDOUT);
    find_nothing("no lost wake", spawn_letter);
}
END_TEST

START_TEST(a_lock_cycle_is_found)
{
    find("lock cycle", spawn_transfers, -ETIMEDOUT);
    find_nothing("no lock cycle", spawn_transfers);
}
END_TEST

START_TEST(a_message_that_comes_again_is_found)
{
    find("ABA", spawn_takers, -EPROTO);
    find_nothing("no ABA", spawn_takers);
}
END_TEST

static void
reset(void)
{
    unsetenv("STEAL_SEED"); /* these tests have seeds of their own */
}

int
main(void)
{
    const TTest *const tests[] = {
        a_lost_wake_is_found,
        a_lock_cycle_is_found,
        a_message_that_comes_again_is_found,
    };

    unsetenv("STEAL_DEBUG"); /* that tells of the first two, too */
    return run_suite_with("simulate_bugs", reset, tests, LENGTH(tests));
}
