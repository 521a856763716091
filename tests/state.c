/*
 * tests/state.c - the transitions of the task word, one by one.
 */
#include "../src/task/state.h"

#include "kit.h"

#define BORN (TASK_LIVE | TASK_BUSY | TASK_REF)

static task_word word;

static void
set(uint64_t value)
{
    store_release(&word, value);
}

#define assert_word(value) ck_assert_uint_eq(load_acquire(&word), value)

START_TEST(wake_of_a_parked_task_makes_it_busy)
{
    set(TASK_LIVE | TASK_REF);
    ck_assert_int_eq(steal__word_wake(&word), WAKE_ENQUEUE);
    assert_word(BORN);
}
END_TEST

START_TEST(wake_of_a_busy_task_owes_a_poll)
{
    set(BORN);
    ck_assert_int_eq(steal__word_wake(&word), WAKE_NONE);
    assert_word(BORN | TASK_AGAIN);
    ck_assert_int_eq(steal__word_wake(&word), WAKE_NONE);
    assert_word(BORN | TASK_AGAIN);
}
END_TEST

START_TEST(wake_of_a_finished_task_does_nothing)
{
    set(TASK_REF);
    ck_assert_int_eq(steal__word_wake(&word), WAKE_NONE);
    assert_word(TASK_REF);
}
END_TEST

START_TEST(wake_drop_gives_the_reference_back)
{
    set(TASK_LIVE | 2 * TASK_REF);
    ck_assert_int_eq(steal__word_wake_drop(&word), WAKE_ENQUEUE);
    assert_word(BORN);
    ck_assert_int_eq(steal__word_wake_drop(&word), WAKE_NONE);
    assert_word(TASK_LIVE | TASK_BUSY | TASK_AGAIN);
}
END_TEST

START_TEST(last_wake_drop_of_a_finished_task_frees_it)
{
    set(2 * TASK_REF);
    ck_assert_int_eq(steal__word_wake_drop(&word), WAKE_NONE);
    ck_assert_int_eq(steal__word_wake_drop(&word), WAKE_FREE);
}
END_TEST

START_TEST(claim_polls_and_forgets_the_wake)
{
    set(BORN);
    ck_assert_int_eq(steal__word_claim(&word), CLAIM_POLL);
    assert_word(BORN);
    set(BORN | TASK_AGAIN);
    ck_assert_int_eq(steal__word_claim(&word), CLAIM_POLL);
    assert_word(BORN);
}
END_TEST

START_TEST(claim_of_an_aborted_task_cancels)
{
    set(BORN);
    ck_assert_int_eq(steal__word_abort(&word), WAKE_NONE);
    ck_assert_int_eq(steal__word_claim(&word), CLAIM_CANCEL);
    ck_assert_int_eq(steal__word_claim(&word), CLAIM_CANCEL);
}
END_TEST

START_TEST(abort_of_a_parked_task_queues_it)
{
    set(TASK_LIVE | TASK_REF);
    ck_assert_int_eq(steal__word_abort(&word), WAKE_ENQUEUE);
    assert_word(BORN | TASK_ABRT);
}
END_TEST

START_TEST(abort_of_a_finished_task_does_nothing)
{
    set(TASK_REF);
    ck_assert_int_eq(steal__word_abort(&word), WAKE_NONE);
    assert_word(TASK_REF);
}
END_TEST

START_TEST(park_lets_go_of_the_task)
{
    set(BORN);
    ck_assert_int_eq(steal__word_park(&word), PARK_DONE);
    assert_word(TASK_LIVE | TASK_REF);
}
END_TEST

START_TEST(park_of_a_woken_task_queues_it_again)
{
    set(BORN | TASK_AGAIN);
    ck_assert_int_eq(steal__word_park(&word), PARK_REQUEUE);
    assert_word(BORN);
}
END_TEST

START_TEST(finish_without_references_frees)
{
    set(TASK_LIVE | TASK_BUSY);
    ck_assert_int_eq(steal__word_finish(&word), FINISH_FREE);
}
END_TEST

START_TEST(finish_leaves_the_task_to_its_references)
{
    set(BORN | TASK_AGAIN | TASK_ABRT);
    ck_assert_int_eq(steal__word_finish(&word), FINISH_DONE);
    assert_word(TASK_ABRT | TASK_REF);
    ck_assert(steal__word_is_finished(&word));
    ck_assert(steal__word_unref(&word, TASK_REF));
}
END_TEST

START_TEST(finish_wakes_a_joiner_that_listens)
{
    set(BORN);
    ck_assert(steal__word_join_listen(&word));
    ck_assert_int_eq(steal__word_finish(&word), FINISH_WAKE_JOINER);
}
END_TEST

START_TEST(joiner_that_left_is_not_woken)
{
    set(BORN);
    ck_assert(steal__word_join_listen(&word));
    ck_assert(steal__word_join_leave(&word));
    ck_assert_int_eq(steal__word_finish(&word), FINISH_DONE);
}
END_TEST

START_TEST(joiner_that_comes_or_leaves_too_late_is_told)
{
    set(BORN);
    steal__word_finish(&word);
    ck_assert(!steal__word_join_listen(&word));
    set(BORN | TASK_JOIN);
    steal__word_finish(&word);
    ck_assert(!steal__word_join_leave(&word));
}
END_TEST

START_TEST(live_task_outlives_its_references)
{
    set(TASK_LIVE | 2 * TASK_REF);
    ck_assert(!steal__word_unref(&word, TASK_REF));
    ck_assert(!steal__word_unref(&word, TASK_REF));
    assert_word(TASK_LIVE);
    ck_assert(!steal__word_is_finished(&word));
}
END_TEST

START_TEST(last_reference_of_a_finished_task_frees)
{
    set(TASK_REF);
    steal__word_ref(&word);
    ck_assert(!steal__word_unref(&word, TASK_REF));
    ck_assert(steal__word_unref(&word, TASK_REF));
}
END_TEST

static _Atomic(int) queued; /* the task sits in a queue of one place */
static _Atomic(int) events;

static void *
wake_many(void *arg)
{
    for (int i = 0; i < *(int *)arg; i++) {
        add_relaxed(&events, 1); /* the wake publishes it */
        if (steal__word_wake(&word) == WAKE_ENQUEUE)
            add_acq_rel(&queued, 1);
    }
    return NULL;
}

/* Polls whenever the task is queued; returns what the last poll saw. */
static int
poll_once(void)
{
    int seen;

    require(sub_acq_rel(&queued, 1) == 1); /* T1 */
    do {
        require(steal__word_claim(&word) == CLAIM_POLL);
        seen = load_relaxed(&events);
    } while (steal__word_park(&word) == PARK_REQUEUE);
    return seen;
}

START_TEST(poll_that_a_wake_causes_sees_the_event)
{
    pthread_t thread[2];
    int n = scaled(200000);
    int seen = 0;

    set(TASK_LIVE | 3 * TASK_REF);
    store_release(&queued, 0);
    store_release(&events, 0);
    for (size_t i = 0; i < LENGTH(thread); i++)
        thread[i] = start_thread(wake_many, &n);
    while (seen != 2 * n) {
        wait_until(load_acquire(&queued));
        seen = poll_once();
    }
    for (size_t i = 0; i < LENGTH(thread); i++)
        join_thread(thread[i]);
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        wake_of_a_parked_task_makes_it_busy,
        wake_of_a_busy_task_owes_a_poll,
        wake_of_a_finished_task_does_nothing,
        wake_drop_gives_the_reference_back,
        last_wake_drop_of_a_finished_task_frees_it,
        claim_polls_and_forgets_the_wake,
        claim_of_an_aborted_task_cancels,
        abort_of_a_parked_task_queues_it,
        abort_of_a_finished_task_does_nothing,
        park_lets_go_of_the_task,
        park_of_a_woken_task_queues_it_again,
        finish_without_references_frees,
        finish_leaves_the_task_to_its_references,
        finish_wakes_a_joiner_that_listens,
        joiner_that_left_is_not_woken,
        joiner_that_comes_or_leaves_too_late_is_told,
        live_task_outlives_its_references,
        last_reference_of_a_finished_task_frees,
        poll_that_a_wake_causes_sees_the_event,
    };

    return run_suite("state", tests, LENGTH(tests));
}
