/*
 * tests/span.c - the rest of a range, and leaves of a tree.
 */
#include "../src/loop/span.h"

#include "../src/loop/tree.h"
#include "kit.h"

static struct span span;
static struct measure measure;
static size_t begin, end, rest;
static struct cut cut;

static void
make(size_t n, size_t want, size_t least)
{
    const struct cut all = { .end = n, .measure = { want, least } };

    measure = all.measure;
    steal__span_init(&span, &all);
}

static bool
take(void)
{
    return steal__span_take(&span, &measure, &begin, &end, &rest);
}

START_TEST(pieces_come_from_the_front_and_cuts_from_the_back)
{
    make(100, 10, 1);
    ck_assert(take());
    ck_assert(begin == 0 && end == 10 && rest == 90);
    ck_assert(steal__span_cut(&span, 9, &cut));
    ck_assert(cut.begin == 64 && cut.end == 100 && cut.number == 0);
    ck_assert(steal__span_cut(&span, 9, &cut));
    ck_assert(cut.begin == 37 && cut.end == 64 && cut.number == 1);
    ck_assert(take());
    ck_assert(begin == 10 && end == 13 && rest == 24);
}
END_TEST

START_TEST(long_pieces_and_cuts_begin_at_round_indices)
{
    make(1000, 110, 1);
    while (take() && rest) {
        ck_assert_uint_eq(end % SPAN_ROUND == 0 || end - begin < SPAN_ROUND,
                true);
        if (steal__span_cut(&span, 100, &cut))
            ck_assert(cut.begin % SPAN_ROUND == 0 ||
                      cut.end - cut.begin < SPAN_ROUND);
    }
}
END_TEST

START_TEST(a_piece_leaves_something_for_others)
{
    make(80, 1000, 1);
    ck_assert(take());
    ck_assert(end == 10 && rest == 70);
}
END_TEST

START_TEST(neither_pieces_nor_cuts_nor_rests_are_below_the_least)
{
    for (size_t n = 30; n < 300; n++) {
        make(n, 1, 30);
        while (take()) {
            ck_assert_uint_ge(end - begin, 30);
            if (steal__span_cut(&span, 100, &cut))
                ck_assert_uint_ge(cut.end - cut.begin, 30);
        }
        ck_assert_uint_eq(span.begin, span.end);
    }
}
END_TEST

START_TEST(a_thief_takes_all_of_what_cannot_be_halved)
{
    make(2, 1, 1);
    ck_assert(take());
    ck_assert(steal__span_cut(&span, 1, &cut));
    ck_assert(cut.begin == 1 && cut.end == 2);
    ck_assert(!take());
    ck_assert(!steal__span_cut(&span, 1, &cut));
}
END_TEST

START_TEST(there_are_no_more_cuts_than_that)
{
    make(1000, 1, 1);
    for (unsigned i = 0; i < 3; i++)
        ck_assert(steal__span_cut(&span, 3, &cut) && cut.number == i);
    ck_assert(!steal__span_cut(&span, 3, &cut));
}
END_TEST

/* Rounding makes it a few more. */
START_TEST(shares_are_about_as_many_as_cuts_are_made)
{
    for (size_t n = 0; n < 300; n++) {
        for (size_t least = 1; least < 20; least += 3) {
            unsigned cuts = 0;

            make(n, 1, least);
            while (steal__span_cut(&span, 1000, &cut))
                cuts++;
            ck_assert_uint_ge(cuts, span_shares(n, least));
            ck_assert_uint_le(cuts, span_shares(n, least) + n / SPAN_ROUND);
        }
    }
}
END_TEST

START_TEST(logarithms_are_rounded_as_told)
{
    ck_assert_uint_eq(log2_floor(1), 0);
    ck_assert_uint_eq(log2_floor(7), 2);
    ck_assert_uint_eq(log2_floor(8), 3);
    ck_assert_uint_eq(log2_floor(SIZE_MAX), sizeof(size_t) * 8 - 1);
    ck_assert_uint_eq(log2_ceil(1), 0);
    ck_assert_uint_eq(log2_ceil(7), 3);
    ck_assert_uint_eq(log2_ceil(8), 3);
    ck_assert_uint_eq(log2_ceil(9), 4);
}
END_TEST

START_TEST(of_a_tree_whole_subtrees_are_taken)
{
    make(1 << 10, 60, 1);
    span.is_tree = true;
    while (take()) {
        size_t n = end - begin;

        ck_assert(rest == 0 || ((n & (n - 1)) == 0 && begin % n == 0));
    }
}
END_TEST

START_TEST(cuts_off_a_tree_begin_at_large_subtrees)
{
    for (size_t n = 1; n < 1000; n++) {
        make(n, 1, 1);
        span.is_tree = true;
        while (steal__span_cut(&span, 1000, &cut)) {
            size_t length = cut.end - cut.begin;

            ck_assert_uint_gt(length, 0);
            ck_assert_uint_eq(cut.end, cut.begin + length);
            ck_assert(cut.begin == 0 ||
                      tree_first(cut.begin, length) > length / 4);
        }
        ck_assert_uint_le(span.end, 1);
    }
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        pieces_come_from_the_front_and_cuts_from_the_back,
        long_pieces_and_cuts_begin_at_round_indices,
        a_piece_leaves_something_for_others,
        neither_pieces_nor_cuts_nor_rests_are_below_the_least,
        a_thief_takes_all_of_what_cannot_be_halved,
        there_are_no_more_cuts_than_that,
        shares_are_about_as_many_as_cuts_are_made,
        logarithms_are_rounded_as_told,
        of_a_tree_whole_subtrees_are_taken,
        cuts_off_a_tree_begin_at_large_subtrees,
    };

    return run_suite("span", tests, LENGTH(tests));
}
