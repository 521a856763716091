/*
 * tests/select.c - the first of several children.
 */
#include <steal/combine.h>

#include "probes.h"

START_TEST(select_takes_the_first_that_is_ready)
{
    struct steal_select select;
    struct steal_future *future = steal_select(&select, child, 3);

    assert_poll(future, PENDING);
    record_open(&record[1]);
    ck_assert_int_eq(load_acquire(&meter.wakes), 1);
    assert_poll(future, READY);
    ck_assert_uint_eq(select.index, 1);
    ck_assert_int_eq(future->result, 11);
    assert_drops(1, 1, 1);
    ck_assert_int_eq(load_acquire(&meter.refs), 0);
    steal_future_drop(future);
    assert_drops(1, 1, 1);
}
END_TEST

START_TEST(select_prefers_the_lower_position)
{
    struct steal_select select;
    struct steal_future *future = steal_select(&select, child, 3);

    record_open(&record[2]);
    record_open(&record[1]);
    assert_poll(future, READY);
    ck_assert_uint_eq(select.index, 1);
    ck_assert_int_eq(record_polls(&record[2]), 0);
    assert_drops(1, 1, 0); /* the last was never polled */
    steal_future_drop(future);
}
END_TEST

START_TEST(failure_is_first_as_well)
{
    struct steal_select select;
    struct steal_future *future = steal_select3(&select, child[0], child[1],
            child[2]);

    probe[1].end = -EIO;
    assert_poll(future, PENDING);
    record_open(&record[1]);
    record_open(&record[2]);
    assert_poll(future, READY);
    ck_assert_uint_eq(select.index, 1);
    ck_assert_int_eq(future->result, -EIO);
    steal_future_drop(future);
    assert_drops(1, 1, 1);
}
END_TEST

START_TEST(select_dropped_half_way_drops_its_children)
{
    struct steal_select select;
    struct steal_future *future = steal_select(&select, child, 3);

    assert_poll(future, PENDING);
    steal_future_drop(future);
    assert_drops(1, 1, 1);
    ck_assert_int_eq(load_acquire(&meter.refs), 0);
}
END_TEST

START_TEST(select_of_none_is_refused)
{
    struct steal_select select;
    struct steal_future *future = steal_select(&select, NULL, 0);

    assert_poll(future, READY);
    ck_assert_int_eq(future->result, -EINVAL);
    ck_assert_uint_eq(select.index, 0);
    steal_future_drop(future);
}
END_TEST

START_TEST(races_of_none_are_refused)
{
    struct steal_select race;

    assert_poll(steal_race(&race, NULL, 0), READY);
    ck_assert_int_eq(race.future.result, -EINVAL);
    assert_poll(steal_race_ok(&race, NULL, 0), READY);
    ck_assert_int_eq(race.future.result, -EINVAL);
    assert_poll(steal_select_with(&race, NULL, 0, STEAL_SELECT_RANDOM), READY);
    ck_assert_int_eq(race.future.result, -EINVAL);
}
END_TEST

START_TEST(unknown_flags_are_refused_and_touch_no_child)
{
    for (unsigned flags = 4; flags; flags <<= 1) {
        struct steal_select select;
        struct steal_future *future = steal_select_with(&select, child, 3,
                flags | STEAL_SELECT_KEEP);

        record_open(&record[0]);
        assert_poll(future, READY);
        ck_assert_int_eq(future->result, -EINVAL);
        steal_future_drop(future);
        ck_assert_int_eq(record_polls(&record[0]), 0);
    }
    assert_drops(0, 0, 0);
}
END_TEST

START_TEST(child_that_was_dropped_before_takes_no_part)
{
    struct steal_select select;
    struct steal_future *future;

    record_open(&record[0]);
    assert_poll(child[0], READY);
    steal_future_drop(child[0]);
    future = steal_select(&select, child, 2);
    assert_poll(future, PENDING);
    record_open(&record[1]);
    assert_poll(future, READY);
    ck_assert_uint_eq(select.index, 1);
    steal_future_drop(future);

    future = steal_select(&select, child, 2);
    assert_poll(future, READY);
    ck_assert_int_eq(future->result, -EINVAL);
    ck_assert_uint_eq(select.index, 2);
    steal_future_drop(future);
    assert_drops(1, 1, 0);
}
END_TEST

/*
 * Fairness
 */

#define ROUNDS 400
#define SHARE  40 /* fewer come by chance once in 10^11 runs */

typedef struct steal_future *choose_fn(struct steal_select *select,
        struct steal_future **child, size_t n);

static struct steal_future *
select_random(struct steal_select *select, struct steal_future **branch,
        size_t n)
{
    return steal_select_with(select, branch, n, STEAL_SELECT_RANDOM);
}

/* Of so many children that are always ready, how often each one wins. */
static void
count_winners(choose_fn *choose, int *wins, size_t n)
{
    struct steal_future ready[PROBES];
    struct steal_future *branch[PROBES];
    struct steal_select select;

    for (int round = 0; round < ROUNDS; round++) {
        struct steal_future *future;

        for (size_t i = 0; i < n; i++)
            branch[i] = steal_ready(&ready[i], (int)i);
        future = choose(&select, branch, n);
        require(steal_future_poll(future, &by_hand) == STEAL_READY);
        require(future->result == (int)select.index);
        wins[select.index]++;
        steal_future_drop(future);
    }
}

START_TEST(random_choice_starves_nobody)
{
    static choose_fn *const choices[] = { select_random, steal_race,
        steal_race_ok };

    for (size_t i = 0; i < LENGTH(choices); i++) {
        for (size_t n = 1; n <= PROBES; n++) {
            int wins[PROBES] = { 0 };

            count_winners(choices[i], wins, n);
            for (size_t k = 0; k < n; k++)
                ck_assert_int_ge(wins[k], SHARE);
        }
    }
}
END_TEST

START_TEST(biased_select_prefers_the_first_for_ever)
{
    int wins[2] = { 0 };

    count_winners(steal_select, wins, 2);
    ck_assert_int_eq(wins[0], ROUNDS);
}
END_TEST

static void *
random_thread(void *arg)
{
    count_winners(select_random, arg, 2);
    return NULL;
}

START_TEST(every_thread_draws_for_itself)
{
    int wins[4][2] = { { 0 } };
    pthread_t thread[4];

    for (int i = 0; i < 4; i++)
        thread[i] = start_thread(random_thread, wins[i]);
    for (int i = 0; i < 4; i++)
        join_thread(thread[i]);
    for (int i = 0; i < 4; i++) {
        ck_assert_int_ge(wins[i][0], SHARE);
        ck_assert_int_ge(wins[i][1], SHARE);
    }
}
END_TEST

START_TEST(random_select_polls_all_that_wait)
{
    struct steal_select select;
    struct steal_future *future = steal_select_with(&select, child, 3,
            STEAL_SELECT_RANDOM);

    for (int i = 1; i <= 20; i++) {
        assert_poll(future, PENDING);
        for (int k = 0; k < 3; k++)
            ck_assert_int_eq(record_polls(&record[k]), i);
    }
    steal_future_drop(future);
    assert_drops(1, 1, 1);
}
END_TEST

/*
 * The first that succeeds
 */

START_TEST(race_ok_passes_over_failures)
{
    struct steal_select race;
    struct steal_future *future = steal_race_ok(&race, child, 3);

    probe[0].end = -EIO;
    assert_poll(future, PENDING);
    record_open(&record[0]);
    assert_poll(future, PENDING);
    assert_drops(1, 0, 0);
    record_open(&record[2]);
    assert_poll(future, READY);
    ck_assert_uint_eq(race.index, 2);
    ck_assert_int_eq(future->result, 12);
    ck_assert_int_eq(probe[0].future.result, -EIO);
    assert_drops(1, 1, 1);
    steal_future_drop(future);
    assert_drops(1, 1, 1);
}
END_TEST

START_TEST(race_ok_takes_a_result_of_zero)
{
    struct steal_select race;
    struct steal_future *future = steal_race_ok(&race, child, 3);

    probe[1].end = 0;
    record_open(&record[1]);
    assert_poll(future, READY);
    ck_assert_uint_eq(race.index, 1);
    ck_assert_int_eq(future->result, 0);
    steal_future_drop(future);
    assert_all_gone();
}
END_TEST

START_TEST(race_ok_that_nobody_wins_tells_the_last_failure)
{
    static const int order[] = { 2, 0, 1 };
    struct steal_select race;
    struct steal_future *future = steal_race_ok(&race, child, 3);

    for (int i = 0; i < 3; i++) {
        probe[order[i]].end = -100 - order[i];
        assert_poll(future, PENDING);
        record_open(&record[order[i]]);
    }
    assert_poll(future, READY);
    ck_assert_uint_eq(race.index, 1);
    ck_assert_int_eq(future->result, -101);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(probe[i].future.result, -100 - i);
    steal_future_drop(future);
    assert_drops(1, 1, 1);
}
END_TEST

/*
 * In a runtime
 */

START_TEST(select_of_sleeps_takes_the_shortest)
{
    struct steal_sleep nap[3];
    struct steal_future *naps[3] = { steal_sleep(&nap[0], STEAL_SECONDS(3600)),
        steal_sleep(&nap[1], STEAL_MS(1)),
        steal_sleep(&nap[2], STEAL_FOREVER) };
    struct steal_select select;

    ck_assert_int_eq(steal_run(NULL, steal_select(&select, naps, 3)), 0);
    ck_assert_uint_eq(select.index, 1);
}
END_TEST

START_TEST(race_of_sleeps_takes_the_shortest)
{
    struct steal_sleep nap[2];
    struct steal_future *naps[2] = { steal_sleep(&nap[0], STEAL_SECONDS(3600)),
        steal_sleep(&nap[1], STEAL_MS(1)) };
    struct steal_select race;

    ck_assert_int_eq(steal_run(NULL, steal_race(&race, naps, 2)), 0);
    ck_assert_uint_eq(race.index, 1);
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        select_takes_the_first_that_is_ready,
        select_prefers_the_lower_position,
        failure_is_first_as_well,
        select_dropped_half_way_drops_its_children,
        select_of_none_is_refused,
        races_of_none_are_refused,
        unknown_flags_are_refused_and_touch_no_child,
        child_that_was_dropped_before_takes_no_part,
        random_choice_starves_nobody,
        biased_select_prefers_the_first_for_ever,
        every_thread_draws_for_itself,
        random_select_polls_all_that_wait,
        race_ok_passes_over_failures,
        race_ok_takes_a_result_of_zero,
        race_ok_that_nobody_wins_tells_the_last_failure,
        select_of_sleeps_takes_the_shortest,
        race_of_sleeps_takes_the_shortest,
    };

    return run_suite_with("select", probes_reset, tests, LENGTH(tests));
}
