/*
 * tests/chunks.c - chunks that are summed and walked: who does what, and what
 * becomes of it, in every order.
 */
#include "../src/loop/chunks.h"

#include "kit.h"

static struct chunks chunks;
static const struct measure ones = { 1, 1 };

static void
make(size_t n, unsigned slots)
{
    const struct cut all = { .end = n, .measure = ones };

    steal__chunks_init(&chunks, &all, slots);
}

static struct chunk_claim
claim(enum chunk_work work, size_t begin)
{
    struct chunk_claim it;

    ck_assert(steal__chunks_claim(&chunks, &it));
    ck_assert_int_eq(it.work, work);
    ck_assert_uint_eq(it.begin, begin);
    return it;
}

static void
assert_nothing(void)
{
    struct chunk_claim it;

    ck_assert(!steal__chunks_claim(&chunks, &it));
}

/* Ends a claim; returns how many prefixes were left with chunks. */
static int
finish(const struct chunk_claim *it)
{
    unsigned slot;
    int passed = 0;

    if (!steal__chunks_finish(&chunks, it, &ones))
        return 0;
    while (steal__chunks_advance(&chunks, passed > 0, &slot))
        passed++;
    return passed;
}

START_TEST(alone_the_front_is_walked_from_end_to_end)
{
    make(4, 8);
    for (size_t i = 0; i < 4; i++) {
        struct chunk_claim front = claim(CHUNK_FRONT, i);

        ck_assert_int_eq(finish(&front), 0);
    }
    assert_nothing();
}
END_TEST

START_TEST(others_sum_behind_the_one_that_is_left_to_the_front)
{
    struct chunk_claim front, ahead;

    make(10, 8);
    front = claim(CHUNK_FRONT, 0);
    ahead = claim(CHUNK_SUM, 2);
    claim(CHUNK_SUM, 3);
    finish(&front);
    front = claim(CHUNK_FRONT, 1);
    finish(&ahead);
    ck_assert_int_eq(finish(&front), 1);
    claim(CHUNK_WALK, 2);
}
END_TEST

START_TEST(a_sum_that_comes_late_finds_the_front_waiting)
{
    struct chunk_claim front, ahead;

    make(3, 8);
    front = claim(CHUNK_FRONT, 0);
    ahead = claim(CHUNK_SUM, 2);
    finish(&front);
    front = claim(CHUNK_FRONT, 1);
    finish(&front);
    assert_nothing();
    ck_assert_int_eq(finish(&ahead), 1);
    ahead = claim(CHUNK_WALK, 2);
    finish(&ahead);
    assert_nothing();
}
END_TEST

START_TEST(the_front_comes_by_all_that_are_summed)
{
    struct chunk_claim front, ahead[3];

    make(100, 8);
    front = claim(CHUNK_FRONT, 0);
    for (size_t i = 0; i < 3; i++)
        ahead[i] = claim(CHUNK_SUM, 2 + i);
    finish(&front);
    front = claim(CHUNK_FRONT, 1);
    for (size_t i = 3; i-- > 0;)
        finish(&ahead[i]);
    ck_assert_int_eq(finish(&front), 3);
    claim(CHUNK_FRONT, 5);
    for (size_t i = 0; i < 3; i++)
        claim(CHUNK_WALK, 2 + i);
}
END_TEST

START_TEST(nobody_runs_further_ahead_than_there_are_slots)
{
    make(100, 4);
    claim(CHUNK_FRONT, 0);
    claim(CHUNK_SUM, 2);
    claim(CHUNK_SUM, 3);
    assert_nothing();
}
END_TEST

START_TEST(with_one_slot_nothing_is_summed)
{
    struct chunk_claim front;

    make(3, 1);
    front = claim(CHUNK_FRONT, 0);
    assert_nothing();
    finish(&front);
    claim(CHUNK_FRONT, 1);
    assert_nothing();
}
END_TEST

/* Several claims are open and end in any order: all is walked once, chunks are
 * summed before they are passed, and something is always open or to be done. */
static void
play(size_t n, unsigned slots, unsigned threads, unsigned seed)
{
    struct chunk_claim open[8];
    unsigned is_open = 0;
    size_t walked = 0;

    make(n, slots);
    while (walked < n) {
        struct chunk_claim *last;
        unsigned i;

        while (is_open < threads &&
                steal__chunks_claim(&chunks, &open[is_open]))
            is_open++;
        require(is_open > 0);
        seed = seed * 1103515245 + 12345;
        i = (seed >> 16) % is_open;
        if (open[i].work != CHUNK_SUM)
            walked += open[i].end - open[i].begin;
        finish(&open[i]);
        last = &open[--is_open];
        open[i] = *last;
    }
    require(is_open == 0);
    require(walked == n);
    assert_nothing();
}

START_TEST(in_any_order_all_is_walked_once)
{
    for (unsigned seed = 0; seed < (unsigned)scaled(1000); seed++)
        for (unsigned slots = 1; slots <= 8; slots++)
            for (unsigned threads = 1; threads <= 5; threads++)
                play(seed % 50, slots, threads, seed);
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        alone_the_front_is_walked_from_end_to_end,
        others_sum_behind_the_one_that_is_left_to_the_front,
        a_sum_that_comes_late_finds_the_front_waiting,
        the_front_comes_by_all_that_are_summed,
        nobody_runs_further_ahead_than_there_are_slots,
        with_one_slot_nothing_is_summed,
        in_any_order_all_is_walked_once,
    };

    return run_suite("chunks", tests, LENGTH(tests));
}
