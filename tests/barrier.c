/*
 * tests/barrier.c - tasks that wait for one another.
 */
#include <steal/barrier.h>

#include "../src/base/rand.h"
#include "waits.h"

#define PARTIES 3

static struct steal_barrier barrier;
static struct steal_barrier_wait waiting[PARTIES + 1];

static void
again(size_t i)
{
    drop(i);
    steal_barrier_wait(&waiting[i], &barrier);
}

static void
reset(void)
{
    steal_barrier_init(&barrier, PARTIES);
    for (size_t i = 0; i < LENGTH(waiting); i++)
        wait_for(i, steal_barrier_wait(&waiting[i], &barrier));
}

START_TEST(the_last_one_leads_and_all_go_on)
{
    for (int round = 1; round <= 3; round++) {
        ck_assert(!is_ready(0));
        ck_assert(!is_ready(1));
        ck_assert(!is_ready(0)); /* no party of its own */
        ck_assert(is_ready(2));
        ck_assert_int_eq(waiting[2].future.result, 1);
        for (size_t i = 0; i < 2; i++) {
            ck_assert_int_eq(woken(i), round);
            ck_assert(is_ready(i));
            ck_assert_int_eq(waiting[i].future.result, 0);
        }
        for (size_t i = 0; i < PARTIES; i++)
            again(i);
    }
}
END_TEST

START_TEST(party_that_is_dropped_is_taken_back)
{
    ck_assert(!is_ready(0));
    ck_assert(!is_ready(1));
    again(0);
    ck_assert(!is_ready(2));
    ck_assert_int_eq(woken(1), 0);
    ck_assert(is_ready(0));
    ck_assert_int_eq(waiting[0].future.result, 1);
    ck_assert(is_ready(1));
    ck_assert(is_ready(2));
    for (size_t i = 0; i < PARTIES; i++)
        again(i);
}
END_TEST

START_TEST(party_of_a_complete_round_has_taken_part)
{
    ck_assert(!is_ready(0));
    ck_assert(!is_ready(1));
    ck_assert(is_ready(2));
    again(0); /* without having seen it */
    ck_assert(!is_ready(0));
    ck_assert(is_ready(1));
    again(1);
    again(2);
    ck_assert(!is_ready(1));
    ck_assert(is_ready(2)); /* the third of the second round */
    for (size_t i = 0; i < PARTIES; i++)
        again(i);
}
END_TEST

START_TEST(wait_never_polled_is_no_party)
{
    again(0);
    ck_assert(!is_ready(1));
    ck_assert(!is_ready(2));
    again(1);
    again(2);
}
END_TEST

START_TEST(barrier_of_one_or_none_lets_everyone_lead)
{
    static struct steal_barrier zero;
    struct steal_barrier one = STEAL_BARRIER_INIT(1);
    struct steal_barrier_wait wait_one;

    ck_assert(poll_is_ready(steal_barrier_wait(&wait_one, &zero), &meter[0]));
    ck_assert_int_eq(wait_one.future.result, 1);
    steal_future_drop(&wait_one.future);
    ck_assert(poll_is_ready(steal_barrier_wait(&wait_one, &one), &meter[0]));
    ck_assert_int_eq(wait_one.future.result, 1);
    steal_future_drop(&wait_one.future);
    ck_assert_int_eq(meter_refs(&meter[0]), 0);
}
END_TEST

START_TEST(barrier_of_many_foreign_parties_completes)
{
    static struct steal_barrier_wait many[MANY];
    static struct meter of[MANY];
    struct steal_barrier all = STEAL_BARRIER_INIT(MANY);

    for (size_t i = 0; i < MANY; i++)
        ck_assert_int_eq(poll_is_ready(steal_barrier_wait(&many[i], &all),
                                 &of[i]),
                i == MANY - 1);
    for (size_t i = 0; i < MANY - 1; i++) {
        ck_assert_int_eq(meter_wakes(&of[i]), 1);
        ck_assert(poll_is_ready(&many[i].future, &of[i]));
    }
    for (size_t i = 0; i < MANY; i++) {
        steal_future_drop(&many[i].future);
        ck_assert_int_eq(meter_refs(&of[i]), 0);
    }
}
END_TEST

/*
 * Tasks: nobody is ahead of another by more than a round.
 */

#define TASKS 5

static _Atomic(int) arrived;
static _Atomic(int) leaders;

struct party {
    struct steal_async async;
    struct steal_barrier_wait wait;
    struct fickle fickle;
    struct rng rng;
    int round;
};

static enum steal_poll
party_poll(struct steal_future *future, struct steal_context *cx)
{
    struct party *self = (struct party *)future;

    STEAL_BEGIN(&self->async);
    for (self->round = 1; self->round <= scaled(5000); self->round++) {
        add_acq_rel(&arrived, 1);
        STEAL_AWAIT(cx, steal_barrier_wait(&self->wait, &barrier));
        add_acq_rel(&leaders, self->wait.future.result);
        require(load_acquire(&arrived) >= self->round * TASKS);
        require(load_acquire(&arrived) <= (self->round + 1) * TASKS);
    }
    STEAL_END();
}

static const struct steal_future_ops party_ops = { .name = "party",
    .poll = party_poll };

START_TEST(nobody_goes_on_before_all_have_arrived)
{
    struct steal_runtime *runtime = runtime_start(2);
    struct steal_task *task[TASKS];
    struct party party = { .async = STEAL_ASYNC(&party_ops) };

    steal_barrier_init(&barrier, TASKS);
    store_release(&arrived, 0);
    store_release(&leaders, 0);
    for (int i = 0; i < TASKS; i++)
        ck_assert_int_eq(steal_spawn(runtime, &party.async.future, sizeof party,
                                 &task[i]),
                0);
    for (int i = 0; i < TASKS; i++)
        ck_assert_int_eq(join_task(runtime, task[i]), 0);
    ck_assert_int_eq(load_acquire(&leaders), scaled(5000));
    runtime_end(runtime);
}
END_TEST

/* Comes and goes until it has taken part often enough; then another does. */
static _Atomic(int) passes;

static enum steal_poll
guest_poll(struct steal_future *future, struct steal_context *cx)
{
    struct party *self = (struct party *)future;

    STEAL_BEGIN(&self->async);
    while (load_acquire(&passes) < scaled(50000)) {
        STEAL_AWAIT(cx, fickle_make(&self->fickle,
                                steal_barrier_wait(&self->wait, &barrier),
                                1 + rng_below(&self->rng, 30)));
        if (self->fickle.future.result < 0)
            continue;
        add_acq_rel(&passes, 1);
        add_acq_rel(&leaders, self->fickle.future.result);
    }
    STEAL_END();
}

static const struct steal_future_ops guest_ops = { .name = "guest",
    .poll = guest_poll };

START_TEST(count_is_right_whoever_goes_away)
{
    struct steal_runtime *runtime = runtime_start(2);
    struct steal_task *task[TASKS];
    struct party guest = { .async = STEAL_ASYNC(&guest_ops) };

    store_release(&passes, 0);
    store_release(&leaders, 0);
    for (int i = 0; i < TASKS; i++) {
        rng_init(&guest.rng, (uint64_t)i);
        ck_assert_int_eq(steal_spawn(runtime, &guest.async.future, sizeof guest,
                                 &task[i]),
                0);
    }
    for (int i = 0; i < TASKS; i++)
        ck_assert_int_eq(join_task(runtime, task[i]), 0);
    /* A round lets three go on; some of them may not have looked. */
    ck_assert_int_ge(PARTIES * load_acquire(&leaders), load_acquire(&passes));
    ck_assert(!is_ready(0)); /* nobody is left over */
    ck_assert(!is_ready(1));
    ck_assert(is_ready(2));
    for (size_t i = 0; i < PARTIES; i++)
        again(i);
    runtime_end(runtime);
}
END_TEST

START_TEST(barrier_without_parties_starts_anew)
{
    for (int round = 0; round < 5; round++) {
        ck_assert(!is_ready(0));
        ck_assert(!is_ready(1));
        again(1);
        again(0);
    }
    ck_assert(!is_ready(0));
    ck_assert(!is_ready(1));
    ck_assert(is_ready(2));
    for (size_t i = 0; i < PARTIES; i++)
        again(i);
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        the_last_one_leads_and_all_go_on,
        party_that_is_dropped_is_taken_back,
        party_of_a_complete_round_has_taken_part,
        wait_never_polled_is_no_party,
        barrier_of_one_or_none_lets_everyone_lead,
        barrier_of_many_foreign_parties_completes,
        nobody_goes_on_before_all_have_arrived,
        count_is_right_whoever_goes_away,
        barrier_without_parties_starts_anew,
    };

    return run_suite_with("barrier", reset, tests, LENGTH(tests));
}
