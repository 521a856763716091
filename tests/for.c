/*
 * tests/for.c - loops over a range.
 */
#include <steal/loop.h>

#include "loops.h"

static const size_t sizes[] = { 0, 1, 2, 3, 7, 16, 17, 1000, MARKS };

static int
add_marks(size_t begin, size_t end, void *data)
{
    (void)data;
    require(begin < end);
    marks_add(begin, end);
    return 0;
}

static void
mark_all_sizes(const struct steal_loop_options *options)
{
    for (size_t i = 0; i < LENGTH(sizes); i++) {
        marks_clear();
        for (unsigned times = 1; times <= 5; times++) {
            require(steal_for(0, sizes[i], add_marks, NULL, options) == 0);
            marks_check(sizes[i], times);
        }
    }
}

START_TEST(each_index_is_met_once)
{
    everywhere(mark_all_sizes);
    loops_end();
}
END_TEST

/* The indices from OFFSET on. */
#define OFFSET (SIZE_MAX - MARKS)

static int
add_far_marks(size_t begin, size_t end, void *data)
{
    return add_marks(begin - OFFSET, end - OFFSET, data);
}

static void
mark_the_end(const struct steal_loop_options *options)
{
    marks_clear();
    require(steal_for(OFFSET, SIZE_MAX, add_far_marks, NULL, options) == 0);
    marks_check(MARKS, 1);
    require(steal_for(SIZE_MAX, OFFSET, add_far_marks, NULL, options) == 0);
    marks_check(MARKS, 1);
}

START_TEST(ranges_end_at_the_greatest_index_and_backward_ones_are_empty)
{
    everywhere(mark_the_end);
    loops_end();
}
END_TEST

static int
count_indices(size_t begin, size_t end, void *data)
{
    add_relaxed((_Atomic(size_t) *)data, end - begin);
    return 0;
}

static void
count_all(const struct steal_loop_options *options)
{
    _Atomic(size_t) count = 0;

    require(steal_for(0, SIZE_MAX, count_indices, &count, options) == 0);
    require(load_relaxed(&count) == SIZE_MAX);
}

START_TEST(the_longest_range_is_cut_as_well)
{
    everywhere(count_all);
    loops_end();
}
END_TEST

static int
look_at_grain(size_t begin, size_t end, void *data)
{
    require(end - begin >= *(const size_t *)data);
    marks_add(begin, end);
    return 0;
}

static void
mark_in_grains(const struct steal_loop_options *given)
{
    static size_t grains[] = { 1, 2, 100, 999, MARKS / 2, MARKS };
    struct steal_loop_options options = *given;

    for (size_t i = 0; i < LENGTH(grains); i++) {
        options.grain = grains[i];
        marks_clear();
        for (unsigned times = 1; times <= 3; times++) {
            require(steal_for(0, MARKS, look_at_grain, &grains[i], &options) ==
                    0);
            marks_check(MARKS, times);
        }
    }
}

START_TEST(no_piece_is_below_the_grain)
{
    everywhere(mark_in_grains);
    loops_end();
}
END_TEST

static int
look_at_whole(size_t begin, size_t end, void *data)
{
    (void)data;
    require(begin == 0 && end == 1000);
    return 0;
}

static void
mark_less_than_a_grain(const struct steal_loop_options *given)
{
    struct steal_loop_options options = *given;

    options.grain = 1001;
    for (int i = 0; i < 3; i++)
        require(steal_for(0, 1000, look_at_whole, NULL, &options) == 0);
    options.grain = SIZE_MAX;
    require(steal_for(0, 1000, look_at_whole, NULL, &options) == 0);
}

START_TEST(what_is_less_than_a_grain_is_one_piece)
{
    everywhere(mark_less_than_a_grain);
    loops_end();
}
END_TEST

/*
 * Errors
 */

static int
fail_at(size_t begin, size_t end, void *data)
{
    size_t bad = *(const size_t *)data;

    marks_add(begin, end);
    return begin <= bad && bad < end ? -EIO : 0;
}

static void
fail_anywhere(const struct steal_loop_options *options)
{
    for (size_t bad = 0; bad < 2000; bad += 97) {
        marks_clear();
        require(steal_for(0, 2000, fail_at, &bad, options) == -EIO);
        for (size_t i = 0; i < 2000; i++)
            require(load_relaxed(&mark[i]) <= 1);
    }
}

START_TEST(an_error_is_returned)
{
    everywhere(fail_anywhere);
    loops_end();
}
END_TEST

/* Far from the front, where only others come to, it fails; the whole would take
 * years. */
static int
fail_far(size_t begin, size_t end, void *data)
{
    (void)data;
    for (size_t i = begin; i < end; i++)
        cpu_relax();
    return begin > SIZE_MAX / 4 ? -EIO : 0;
}

static void
fail_while_others_work(const struct steal_loop_options *options)
{
    require(steal_for(0, SIZE_MAX, fail_far, NULL, options) == -EIO);
}

START_TEST(after_an_error_the_others_stop)
{
    in_computation(fail_while_others_work);
    loops_end();
}
END_TEST

static int
fail_again(size_t begin, size_t end, void *data)
{
    int *calls = data;

    (void)end;
    require(begin == 0 || *calls < 3);
    return ++*calls < 3 ? 0 : -EIO;
}

START_TEST(after_an_error_no_piece_begins)
{
    for (int i = 0; i < 3; i++) {
        int calls = 0;

        ck_assert_int_eq(steal_for(0, SIZE_MAX, fail_again, &calls, NULL),
                -EIO);
        ck_assert_int_eq(calls, 3);
    }
    loops_end();
}
END_TEST

/*
 * Tokens
 */

struct canceling {
    struct steal_cancel token;
    size_t at;
    _Atomic(size_t) done;
};

static int
cancel_at(size_t begin, size_t end, void *data)
{
    struct canceling *self = data;

    add_relaxed(&self->done, end - begin); /* a sum */
    if (begin <= self->at && self->at < end)
        steal_cancel_request(&self->token);
    return 0;
}

static void
cancel_early(const struct steal_loop_options *given)
{
    struct steal_loop_options options = *given;
    struct canceling self = { STEAL_CANCEL_INIT, 0, 0 };

    options.cancel = &self.token;
    require(steal_for(0, SIZE_MAX, cancel_at, &self, &options) == -ECANCELED);
    require(load_relaxed(&self.done) < SIZE_MAX);
    store_relaxed(&self.done, 0);
    require(steal_for(0, 1000, cancel_at, &self, &options) == -ECANCELED);
    require(load_relaxed(&self.done) == 0);
}

START_TEST(a_token_ends_the_loop_and_keeps_others_from_beginning)
{
    everywhere(cancel_early);
    loops_end();
}
END_TEST

static int
cancel_far(size_t begin, size_t end, void *data)
{
    for (size_t i = begin; i < end; i++)
        cpu_relax();
    if (begin > SIZE_MAX / 4)
        steal_cancel_request(data);
    return 0;
}

static void
cancel_while_others_work(const struct steal_loop_options *given)
{
    struct steal_loop_options options = *given;
    struct steal_cancel token = STEAL_CANCEL_INIT;

    options.cancel = &token;
    require(steal_for(0, SIZE_MAX, cancel_far, &token, &options) == -ECANCELED);
}

START_TEST(a_token_ends_the_loop_on_all_threads)
{
    in_computation(cancel_while_others_work);
    loops_end();
}
END_TEST

static void
learn_and_cancel(const struct steal_loop_options *given)
{
    struct steal_loop_options options = *given;
    struct canceling self = { STEAL_CANCEL_INIT, SIZE_MAX, 0 };
    size_t begun;

    options.cancel = &self.token;
    for (int i = 0; i < 20; i++)
        require(steal_for(0, 64, cancel_at, &self, &options) == 0);
    self.at = 0;
    begun = load_relaxed(&self.done);
    require(steal_for(0, 64, cancel_at, &self, &options) == -ECANCELED);
    if (!given->runtime &&
            !steal_runtime_current()) /* there was nobody to help */
        require(load_relaxed(&self.done) < begun + 64);
    begun = load_relaxed(&self.done);
    require(steal_for(0, 64, cancel_at, &self, &options) == -ECANCELED);
    require(load_relaxed(&self.done) == begun);
}

START_TEST(small_loops_look_at_the_token_too)
{
    everywhere(learn_and_cancel);
    loops_end();
}
END_TEST

/*
 * Sharing
 */

static int
wait_for_company(size_t begin, size_t end, void *data)
{
    (void)data;
    for (size_t i = begin; i < end; i++)
        company_wait();
    return 0;
}

static void
meet(const struct steal_loop_options *options)
{
    for (int n = 2; n <= WORKERS; n++) {
        company_expect(n);
        require(steal_for(0, (size_t)n, wait_for_company, NULL, options) == 0);
    }
}

START_TEST(as_many_indices_as_workers_run_at_the_same_time)
{
    in_computation(meet);
    loops_end();
}
END_TEST

static int
alternate(size_t begin, size_t end, void *data)
{
    return *(const bool *)data ? wait_for_company(begin, end, NULL) : 0;
}

/* The body has been quick so often that its loops are thought to be small.  Its
 * pieces would wait for ever if the loop were not shared. */
static void
surprise(const struct steal_loop_options *options)
{
    bool is_slow = false;

    for (int i = 0; i < 100; i++)
        require(steal_for(0, 8, alternate, &is_slow, options) == 0);
    is_slow = true;
    company_expect(2);
    require(steal_for(0, 8, alternate, &is_slow, options) == 0);
}

START_TEST(few_indices_are_shared_even_if_the_body_was_quick_before)
{
    in_computation(surprise);
    loops_end();
}
END_TEST

/* A quarter of a small loop takes long: the rest is shared. */
static int
be_slow_at_first(size_t begin, size_t end, void *data)
{
    uint64_t until = steal_now() + STEAL_MS(2);

    if (!*(const bool *)data)
        return 0;
    while (steal_now() < until)
        cpu_relax();
    for (size_t i = begin; i < end; i++)
        if (i >= 16)
            company_wait();
    return 0;
}

static void
surprise_later(const struct steal_loop_options *options)
{
    bool is_slow = false;

    for (int i = 0; i < 100; i++)
        require(steal_for(0, 64, be_slow_at_first, &is_slow, options) == 0);
    is_slow = true;
    company_expect(2);
    require(steal_for(0, 64, be_slow_at_first, &is_slow, options) == 0);
}

START_TEST(a_small_loop_that_takes_long_is_shared_after_a_quarter)
{
    in_computation(surprise_later);
    loops_end();
}
END_TEST

/*
 * Loops in loops
 */

#define ROWS    100
#define COLUMNS (MARKS / ROWS)

static int
mark_row(size_t begin, size_t end, void *data)
{
    size_t row = *(const size_t *)data;

    marks_add(row * COLUMNS + begin, row * COLUMNS + end);
    return 0;
}

static int
mark_rows(size_t begin, size_t end, void *data)
{
    for (size_t row = begin; row < end; row++)
        require(steal_for(0, COLUMNS, mark_row, &row, data) == 0);
    return 0;
}

static void
mark_table(const struct steal_loop_options *options)
{
    marks_clear();
    for (unsigned times = 1; times <= 10; times++) {
        require(steal_for(0, ROWS, mark_rows, (void *)(uintptr_t)options,
                        options) == 0);
        marks_check(MARKS, times);
    }
}

START_TEST(bodies_may_loop)
{
    everywhere(mark_table);
    loops_end();
}
END_TEST

/* Halves the range with the same body again and again. */
static int
mark_halves(size_t begin, size_t end, void *data)
{
    const size_t *range = data;

    for (size_t i = begin; i < end; i++) {
        size_t half = (range[1] - range[0]) / 2;
        size_t mine[2] = { i ? range[0] + half : range[0],
            i ? range[1] : range[0] + half };

        if (mine[1] - mine[0] < 2)
            marks_add(mine[0], mine[1]);
        else
            require(steal_for(0, 2, mark_halves, mine, NULL) == 0);
    }
    return 0;
}

static void
recurse(const struct steal_loop_options *options)
{
    size_t all[2] = { 0, MARKS };

    marks_clear();
    require(steal_for(0, 2, mark_halves, all, options) == 0);
    marks_check(MARKS, 1);
}

START_TEST(bodies_may_recurse)
{
    everywhere(recurse);
    loops_end();
}
END_TEST

struct forked {
    struct steal_job job;
    size_t begin;
    size_t end;
};

static void
run_forked(struct steal_job *job)
{
    struct forked *self = (struct forked *)job;

    marks_add(self->begin, self->end);
}

static int
fork_halves(size_t begin, size_t end, void *data)
{
    size_t middle = begin + (end - begin) / 2;
    struct forked right = { STEAL_JOB(run_forked), middle, end };

    (void)data;
    steal_fork(&right.job);
    marks_add(begin, middle);
    steal_join_and_run(&right.job);
    return 0;
}

static void
fork_in_loop(const struct steal_loop_options *options)
{
    marks_clear();
    for (unsigned times = 1; times <= 20; times++) {
        require(steal_for(0, MARKS, fork_halves, NULL, options) == 0);
        marks_check(MARKS, times);
    }
}

START_TEST(bodies_may_fork)
{
    everywhere(fork_in_loop);
    loops_end();
}
END_TEST

/* What is stolen again and again: many threads, short pieces. */
START_TEST(several_loops_at_a_time_share_the_workers)
{
    struct steal_task *task[4];
    static place_fn fn = count_all;

    for (int turn = 0; turn < scaled(100); turn++) {
        for (size_t i = 0; i < LENGTH(task); i++)
            task[i] = spawn_call(runtime, call_place, &fn);
        for (size_t i = 0; i < LENGTH(task); i++)
            ck_assert_int_eq(join_task(runtime, task[i]), 0);
    }
    loops_end();
}
END_TEST

START_TEST(outside_of_a_runtime_that_stops_nothing_is_done)
{
    struct steal_loop_options options = { .runtime = runtime };

    steal_runtime_begin_stop(runtime);
    marks_clear();
    ck_assert_int_eq(steal_for(0, 10, add_marks, NULL, &options), -ECANCELED);
    marks_check(0, 0);
    loops_end();
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        each_index_is_met_once,
        ranges_end_at_the_greatest_index_and_backward_ones_are_empty,
        the_longest_range_is_cut_as_well,
        no_piece_is_below_the_grain,
        what_is_less_than_a_grain_is_one_piece,
        an_error_is_returned,
        after_an_error_the_others_stop,
        after_an_error_no_piece_begins,
        a_token_ends_the_loop_and_keeps_others_from_beginning,
        a_token_ends_the_loop_on_all_threads,
        small_loops_look_at_the_token_too,
        as_many_indices_as_workers_run_at_the_same_time,
        few_indices_are_shared_even_if_the_body_was_quick_before,
        a_small_loop_that_takes_long_is_shared_after_a_quarter,
        bodies_may_loop,
        bodies_may_recurse,
        bodies_may_fork,
        several_loops_at_a_time_share_the_workers,
        outside_of_a_runtime_that_stops_nothing_is_done,
    };

    return run_suite_with("for", loops_reset, tests, LENGTH(tests));
}
