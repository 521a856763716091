/*
 * tests/hunt.c - the way of a thief past the others.
 */
#include "../src/base/hunt.h"

#include "kit.h"

/* As worker 3 of 8 might see the others. */
static const struct victims some = { .workers = 8,
    .end = { 1, 4, 7 },
    .other = { 2, 0, 1, 7, 4, 5, 6 } };

static const struct victims nobody = { .workers = 1 };

#define MOST 16

/* Writes down whom a hunt passes, and returns how many. */
static unsigned
pass(const struct victims *victims, unsigned n, unsigned start,
        unsigned *passed)
{
    struct hunt hunt;
    unsigned count = 0;
    unsigned i;

    hunt_begin(&hunt, victims, n, start);
    while ((i = hunt_next(&hunt)) != HUNT_END) {
        require(count < MOST);
        passed[count++] = i;
    }
    require(hunt_next(&hunt) == HUNT_END); /* and stays there */
    return count;
}

static void
assert_passed(unsigned n, unsigned start, const unsigned *order, unsigned count)
{
    unsigned passed[MOST];

    ck_assert_uint_eq(pass(&some, n, start, passed), count);
    ck_assert_mem_eq(passed, order, count * sizeof *passed);
}

#define assert_hunt(n, start, ...)                          \
 assert_passed(n, start, (const unsigned[]){ __VA_ARGS__ }, \
         sizeof((const unsigned[]){ __VA_ARGS__ }) / sizeof(unsigned))

START_TEST(near_groups_come_first)
{
    assert_hunt(8, 0, 2, 0, 1, 7, 4, 5, 6);
}
END_TEST

START_TEST(each_group_begins_where_it_is_told_to)
{
    assert_hunt(8, 1, 2, 1, 7, 0, 5, 6, 4);
    assert_hunt(8, 2, 2, 7, 0, 1, 6, 4, 5);
    assert_hunt(8, 6, 2, 0, 1, 7, 4, 5, 6);
    assert_hunt(8, 7, 2, 1, 7, 0, 5, 6, 4);
}
END_TEST

START_TEST(those_that_are_no_workers_come_last)
{
    assert_hunt(11, 0, 2, 0, 1, 7, 4, 5, 6, 8, 9, 10);
    assert_hunt(11, 10, 2, 1, 7, 0, 5, 6, 4, 9, 10, 8);
    assert_hunt(9, 8, 2, 7, 0, 1, 6, 4, 5, 8);
}
END_TEST

START_TEST(lonely_worker_passes_only_those_that_are_none)
{
    unsigned passed[MOST];

    ck_assert_uint_eq(pass(&nobody, 1, 0, passed), 0);
    ck_assert_uint_eq(pass(&nobody, 3, 1, passed), 2);
    ck_assert_uint_eq(passed[0], 2);
    ck_assert_uint_eq(passed[1], 1);
}
END_TEST

START_TEST(every_start_passes_each_once)
{
    for (unsigned n = 8; n <= 12; n++) {
        for (unsigned start = 0; start < n; start++) {
            unsigned passed[MOST];
            unsigned seen = 1u << 3;
            unsigned count = pass(&some, n, start, passed);

            ck_assert_uint_eq(count, n - 1);
            for (unsigned i = 0; i < count; i++)
                seen |= 1u << passed[i];
            ck_assert_uint_eq(seen, (1u << n) - 1);
        }
    }
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        near_groups_come_first,
        each_group_begins_where_it_is_told_to,
        those_that_are_no_workers_come_last,
        lonely_worker_passes_only_those_that_are_none,
        every_start_passes_each_once,
    };

    return run_suite("hunt", tests, LENGTH(tests));
}
