/*
 * tests/deadlock.c - tasks that wait for one another are told of, and no others.
 */
#include "actors.h"

/*
 * Circles
 */

START_TEST(two_who_lock_in_opposite_order)
{
    static const char *const programs[] = { "La Ba Lb Ub Ua", "Lb Ba La Ua Ub",
        NULL };

    expect_circle_of(2, programs);
}
END_TEST

START_TEST(three_in_a_ring)
{
    static const char *const programs[] = { "La Ba Lb Ub Ua", "Lb Ba Lc Uc Ub",
        "Lc Ba La Ua Uc", NULL };

    expect_circle_of(3, programs);
}
END_TEST

/* As in examples/philosophers.c, without its cures. */
START_TEST(philosophers_who_all_take_the_fork_on_their_left)
{
    static const char *const programs[] = { "La Ba Lb Ub Ua", "Lb Ba Lc Uc Ub",
        "Lc Ba Ld Ud Uc", "Ld Ba Le Ue Ud", "Le Ba La Ua Ue", NULL };

    expect_circle_of(5, programs);
}
END_TEST

START_TEST(one_who_locks_twice)
{
    static const char *const programs[] = { "La .. La", NULL };

    expect_circle_of(1, programs);
}
END_TEST

START_TEST(two_who_join_each_other)
{
    static const char *const programs[] = { "J1", "J0", NULL };

    expect_circle_of(2, programs);
}
END_TEST

START_TEST(one_who_joins_himself)
{
    static const char *const programs[] = { "J0", NULL };

    expect_circle_of(1, programs);
}
END_TEST

START_TEST(one_who_joins_who_waits_for_his_mutex)
{
    static const char *const programs[] = { "La Sa J1 Ua", "Wa La Ua", NULL };

    expect_circle_of(2, programs);
}
END_TEST

START_TEST(writers_and_readers)
{
    static const char *const writers[] = { "Xa Ba Xb Vb Va", "Xb Ba Xa Va Vb",
        NULL };
    static const char *const reader[] = { "Xa Ba Lb Ub Va", "Lb Ba Ra", NULL };

    expect_circle_of(2, writers);
    expect_circle_of(2, reader);
}
END_TEST

START_TEST(a_once_inside_itself)
{
    static const char *const programs[] = { "Oa", NULL };

    expect_circle_of(1, programs);
}
END_TEST

/* Before the circle is closed, or after it. */
START_TEST(who_waits_for_a_circle_is_not_of_it)
{
    static const char *const programs[] = { "Wb La Sc Lb", "Lb Sb Wc La",
        "Wc La", "J2", NULL };

    start(1, STEAL_STUCK_REPORT);
    play(programs);
    expect_circle(2);
    ck_assert_int_lt(actor_of(told[0].task), 2);
    ck_assert_int_lt(actor_of(told[1].task), 2);
    end_circle();
}
END_TEST

/*
 * What is told
 */

START_TEST(each_is_told_of_with_what_it_waits_for)
{
    static const char *const programs[] = { "La Ba Lb", "Lb Ba La", NULL };

    start(2, STEAL_STUCK_REPORT);
    play(programs);
    expect_circle(2);
    for (size_t i = 0; i < 2; i++) {
        const struct steal_await *last = &told[i].awaits[1];

        ck_assert_uint_eq(told[i].nawaits, 2);
        ck_assert_uint_gt(told[i].age, 0);
        ck_assert_str_eq(last->name, "mutex");
        ck_assert_str_eq(last->thing, "mutex");
        ck_assert_ptr_eq(last->object, &mutexes[1 - actor_of(told[i].task)]);
    }
    end_circle();
}
END_TEST

START_TEST(text_has_all_of_them)
{
    static const char *const programs[] = { "La Ba Lb", "Lb Ba La", NULL };
    char line[200];

    start(1, STEAL_STUCK_REPORT);
    play(programs);
    expect_circle(2);
    ck_assert_ptr_nonnull(strstr(text, "these tasks wait for one another\n"));
    for (int i = 0; i < 2; i++) {
        snprintf(line, sizeof line, "  task %llu, actor, ",
                (unsigned long long)ids[i]);
        ck_assert_ptr_nonnull(strstr(text, line));
        snprintf(line, sizeof line, " old, waits for task %llu\n",
                (unsigned long long)ids[i]);
        ck_assert_ptr_nonnull(strstr(text, line));
        snprintf(line, sizeof line, "mutex (mutex %p, task %llu)\n",
                (void *)&mutexes[i], (unsigned long long)ids[i]);
        ck_assert_ptr_nonnull(strstr(text, line));
    }
    ck_assert_ptr_nonnull(strstr(text, "actors.h:"));
    end_circle();
}
END_TEST

static uint64_t
polls_of(const struct steal_task *task)
{
    struct steal_task *it = (struct steal_task *)(uintptr_t)task;

    return counter_read(&load_acquire(&it->extra)->times.polls);
}

/* As one may be woken who then finds the mutex taken. */
START_TEST(a_circle_whose_tasks_are_polled_again_is_told_of_once)
{
    static const char *const programs[] = { "La Ba Lb", "Lb Ba La", NULL };

    start(2, STEAL_STUCK_REPORT);
    play(programs);
    expect_circle(2);
    for (int i = 0; i < 2; i++) {
        uint64_t before = polls_of(tasks[i]);

        if (steal__word_wake(&tasks[i]->word) == WAKE_ENQUEUE)
            steal__schedule(tasks[i]);
        wait_until(polls_of(tasks[i]) > before);
    }
    end_circle();
}
END_TEST

/*
 * No circles
 */

static int
do_nothing(void *arg)
{
    (void)arg;
    return 0;
}

START_TEST(whoever_has_a_timeout_goes_on)
{
    static const char *const programs[] = { "La Ba Tb", "Lb Ba Ta", NULL };

    start(2, STEAL_STUCK_REPORT);
    play(programs);
    expect_no_telling();
}
END_TEST

START_TEST(whoever_may_be_canceled_goes_on)
{
    static const char *const programs[] = { "La Ba Sc Cb", "Lb Ba Sd Ca",
        NULL };

    start(1, STEAL_STUCK_REPORT);
    play(programs);
    wait_until(steal_event_is_set(&events[2]));
    wait_until(steal_event_is_set(&events[3]));
    call_inside(runtime, do_nothing, NULL); /* after these polls */
    steal_cancel_request(&token);
    expect_no_telling();
}
END_TEST

START_TEST(whoever_is_aborted_ends_the_circle)
{
    static const char *const programs[] = { "La Sa Wb Lb",
        "Wa Lb Sb Wc K0 La Ua", "Wb .. .. .. Sc", NULL };

    start(1, STEAL_STUCK_REPORT);
    play(programs);
    ck_assert_int_eq(result_of(0), -ECANCELED);
    ck_assert_int_eq(result_of(1), 0);
    ck_assert_int_eq(result_of(2), 0);
    runtime_end(runtime);
    ck_assert_int_eq(load_acquire(&tellings), 0);
}
END_TEST

START_TEST(whoever_unlocks_later_is_in_no_circle)
{
    static const char *const programs[] = { "La Sa Wb Ua Lb Ub",
        "Lb Wa Sc La Ua Ub", NULL };

    start(1, STEAL_STUCK_REPORT);
    play(programs);
    wait_until(steal_event_is_set(&events[2]));
    steal_event_set(&events[1]);
    expect_no_telling();
}
END_TEST

/* Task 2 begins to wait for `a` while 0 has it, behind 1.  Then 0 unlocks it, and
 * waits for what 2 has: but it is 1 for whom 2 waits by now. */
START_TEST(a_mutex_that_went_to_another_makes_no_circle)
{
    static const char *const programs[] = { "La Sa Wd Ua Lc Uc",
        "Wa Sb La We Ua", "Wb Lc Sd La Ua Uc", NULL };

    start(1, STEAL_STUCK_REPORT);
    play(programs);
    wait_until(steal_event_is_set(&events[3]));
    steal_event_set(&events[4]);
    expect_no_telling();
}
END_TEST

/* Who is not known to have it may well be somebody else. */
START_TEST(who_got_a_mutex_by_trying_is_not_known)
{
    static const char *const programs[] = { "Ya Ba Sc Lb Ub Ua",
        "Lb Ba Sd La Ua Ub", NULL };

    start(1, STEAL_STUCK_REPORT);
    play(programs);
    wait_until(steal_event_is_set(&events[2]));
    wait_until(steal_event_is_set(&events[3]));
    call_inside(runtime, do_nothing, NULL); /* after these polls */
    ck_assert_int_eq(load_acquire(&tellings), 0);
    stop();
}
END_TEST

/*
 * What becomes of them
 */

static int
results_of_all(int wanted)
{
    int n = 0;

    for (int i = 0; i < nactors; i++) {
        int result = result_of(i);

        ck_assert(result == 0 || result == wanted);
        n += result != 0;
    }
    return n;
}

START_TEST(one_is_aborted_and_the_others_go_on)
{
    static const char *const programs[] = { "La Ba Lb Ub Ua", "Lb Ba Lc Uc Ub",
        "Lc Ba La Ua Uc", NULL };

    start(2, STEAL_STUCK_ABORT);
    play(programs);
    ck_assert_int_eq(results_of_all(-EDEADLK), 1);
    runtime_end(runtime);
    ck_assert_int_eq(load_acquire(&tellings), 1);
}
END_TEST

static void
lock_twice(void *arg)
{
    static const char *const programs[] = { "La La", NULL };

    (void)arg;
    start(1, STEAL_STUCK_STOP);
    play(programs);
    wait_until(false);
}

START_TEST(the_program_may_end)
{
    ck_assert(aborts(lock_twice, NULL));
}
END_TEST

/* However they meet, the last one to park finds the circle, and only that one. */
START_TEST(none_is_missed_and_none_told_of_twice)
{
    static const char *const meeting[] = { "La Ba Lb Ub Ua", "Lb Ba Lc Uc Ub",
        "Lc Ba Ld Ud Uc", "Ld Ba La Ua Ud", NULL };
    static const char *const in_passing[] = { "La .. Lb Ub Ua",
        "Lb .. Lc Uc Ub", "Lc .. La Ua Uc", NULL };
    int rounds = scaled(2000);
    int aborted = 0;

    start(4, STEAL_STUCK_ABORT);
    for (int i = 0; i < rounds; i++) {
        play(meeting);
        ck_assert_int_eq(results_of_all(-EDEADLK), 1);
        ck_assert_int_eq(load_acquire(&tellings), i + 1);
    }
    for (int i = 0; i < rounds; i++) {
        play(in_passing);
        aborted += results_of_all(-EDEADLK);
        ck_assert_int_eq(load_acquire(&tellings), rounds + aborted);
    }
    runtime_end(runtime);
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        two_who_lock_in_opposite_order,
        three_in_a_ring,
        philosophers_who_all_take_the_fork_on_their_left,
        one_who_locks_twice,
        two_who_join_each_other,
        one_who_joins_himself,
        one_who_joins_who_waits_for_his_mutex,
        writers_and_readers,
        a_once_inside_itself,
        who_waits_for_a_circle_is_not_of_it,
        each_is_told_of_with_what_it_waits_for,
        text_has_all_of_them,
        a_circle_whose_tasks_are_polled_again_is_told_of_once,
        whoever_has_a_timeout_goes_on,
        whoever_may_be_canceled_goes_on,
        whoever_is_aborted_ends_the_circle,
        whoever_unlocks_later_is_in_no_circle,
        a_mutex_that_went_to_another_makes_no_circle,
        who_got_a_mutex_by_trying_is_not_known,
        one_is_aborted_and_the_others_go_on,
        the_program_may_end,
        none_is_missed_and_none_told_of_twice,
    };

    return run_suite("deadlock", tests, LENGTH(tests));
}
