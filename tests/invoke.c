/*
 * tests/invoke.c - several calls.
 */
#include <steal/loop.h>

#include "loops.h"

#define CALLS 1000

struct caller {
    size_t index;
    int error;
};

static struct caller caller[CALLS];
static struct steal_call call[CALLS];

static int
mark_one(void *data)
{
    struct caller *self = data;

    marks_add(self->index, self->index + 1);
    return self->error;
}

static void
make_calls(void)
{
    marks_clear();
    for (size_t i = 0; i < CALLS; i++) {
        caller[i] = (struct caller){ i, 0 };
        call[i] = (struct steal_call){ mark_one, &caller[i] };
    }
}

static void
call_some(const struct steal_loop_options *options)
{
    static const size_t sizes[] = { 0, 1, 2, 3, 5, 64, CALLS };

    for (size_t i = 0; i < LENGTH(sizes); i++) {
        make_calls();
        for (unsigned times = 1; times <= 10; times++) {
            require(steal_invoke(call, sizes[i], options) == 0);
            marks_check(sizes[i], times);
        }
    }
}

START_TEST(each_function_is_called_once)
{
    everywhere(call_some);
    loops_end();
}
END_TEST

static int
call_company(void *data)
{
    (void)data;
    company_wait();
    return 0;
}

static void
call_together(const struct steal_loop_options *options)
{
    static const struct steal_call calls[WORKERS] = { { call_company, NULL },
        { call_company, NULL }, { call_company, NULL },
        { call_company, NULL } };

    for (int n = 1; n <= WORKERS; n++) {
        company_expect(n);
        require(steal_invoke(calls, (size_t)n, options) == 0);
    }
}

START_TEST(as_many_functions_as_workers_run_at_the_same_time)
{
    in_computation(call_together);
    loops_end();
}
END_TEST

static int
call_perhaps(void *data)
{
    return *(const bool *)data ? call_company(NULL) : 0;
}

static void
surprise(const struct steal_loop_options *options)
{
    bool is_slow = false;
    const struct steal_call calls[2] = { { call_perhaps, &is_slow },
        { call_perhaps, &is_slow } };

    for (int i = 0; i < 100; i++)
        require(steal_invoke(calls, 2, options) == 0);
    is_slow = true;
    company_expect(2);
    require(steal_invoke(calls, 2, options) == 0);
}

START_TEST(functions_are_shared_even_if_they_were_quick_before)
{
    in_computation(surprise);
    loops_end();
}
END_TEST

static void
fail_one(const struct steal_loop_options *options)
{
    for (size_t bad = 0; bad < CALLS; bad += 37) {
        make_calls();
        caller[bad].error = -EIO;
        require(steal_invoke(call, CALLS, options) == -EIO);
        for (size_t i = 0; i < CALLS; i++)
            require(load_relaxed(&mark[i]) <= 1);
        require(load_relaxed(&mark[bad]) == 1);
    }
}

START_TEST(an_error_is_returned)
{
    everywhere(fail_one);
    loops_end();
}
END_TEST

START_TEST(after_an_error_nothing_is_called)
{
    make_calls();
    caller[10].error = -EIO;
    caller[20].error = -EPIPE;
    ck_assert_int_eq(steal_invoke(call, CALLS, NULL), -EIO);
    marks_check(11, 1);
    loops_end();
}
END_TEST

static int
cancel(void *data)
{
    steal_cancel_request(data);
    return 0;
}

static void
cancel_calls(const struct steal_loop_options *given)
{
    struct steal_loop_options options = *given;
    struct steal_cancel token = STEAL_CANCEL_INIT;

    options.cancel = &token;
    make_calls();
    require(steal_invoke(call, CALLS, &options) == 0);
    call[0] = (struct steal_call){ cancel, &token };
    require(steal_invoke(call, CALLS, &options) == -ECANCELED);
    make_calls();
    require(steal_invoke(call, CALLS, &options) == -ECANCELED);
    marks_check(0, 0);
}

START_TEST(a_token_keeps_calls_from_being_made)
{
    everywhere(cancel_calls);
    loops_end();
}
END_TEST

struct tree {
    unsigned depth;
    size_t leaves;
};

static int
count_leaves(void *data)
{
    struct tree *self = data;
    struct tree half[2] = { { self->depth - 1, 0 }, { self->depth - 1, 0 } };
    const struct steal_call calls[2] = { { count_leaves, &half[0] },
        { count_leaves, &half[1] } };

    if (!self->depth) {
        self->leaves = 1;
        return 0;
    }
    require(steal_invoke(calls, 2, NULL) == 0);
    self->leaves = half[0].leaves + half[1].leaves;
    return 0;
}

static void
recurse(const struct steal_loop_options *options)
{
    struct tree tree = { 12, 0 };
    const struct steal_call root = { count_leaves, &tree };

    require(steal_invoke(&root, 1, options) == 0);
    require(tree.leaves == (size_t)1 << tree.depth);
}

START_TEST(what_is_called_may_call)
{
    everywhere(recurse);
    loops_end();
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        each_function_is_called_once,
        as_many_functions_as_workers_run_at_the_same_time,
        functions_are_shared_even_if_they_were_quick_before,
        an_error_is_returned,
        after_an_error_nothing_is_called,
        a_token_keeps_calls_from_being_made,
        what_is_called_may_call,
    };

    return run_suite_with("invoke", loops_reset, tests, LENGTH(tests));
}
