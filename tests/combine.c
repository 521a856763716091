/*
 * tests/combine.c - several children in one future: all of them, and what all
 * combinators have in common.
 */
#include <steal/combine.h>

#include "probes.h"

START_TEST(join_all_waits_for_the_last)
{
    struct steal_join_all all;
    struct steal_future *future = steal_join_all(&all, child, 3);

    ck_assert_int_eq(record_polls(&record[0]), 0);
    assert_poll(future, PENDING);
    record_open(&record[1]);
    assert_poll(future, PENDING);
    assert_drops(0, 1, 0);
    record_open(&record[0]);
    record_open(&record[2]);
    ck_assert_int_eq(load_acquire(&meter.wakes), 3);
    assert_poll(future, READY);
    assert_drops(1, 1, 1);
    ck_assert_int_eq(future->result, 0);
    ck_assert_int_eq(probe[2].future.result, 12);
    steal_future_drop(future);
    assert_drops(1, 1, 1);
}
END_TEST

START_TEST(join_all_does_not_poll_what_is_ready)
{
    struct steal_join_all all;
    struct steal_future *future = steal_join_all(&all, child, 3);

    record_open(&record[0]);
    for (int i = 0; i < 3; i++)
        assert_poll(future, PENDING);
    ck_assert_int_eq(record_polls(&record[0]), 1);
    ck_assert_int_eq(record_polls(&record[1]), 3);
    steal_future_drop(future);
    assert_drops(1, 1, 1);
}
END_TEST

START_TEST(join_all_tells_the_first_error_by_position)
{
    struct steal_join_all all;
    struct steal_future *future = steal_join_all(&all, child, 3);

    probe[1].end = -EIO;
    probe[2].end = -EPIPE;
    record_open(&record[2]);
    assert_poll(future, PENDING);
    record_open(&record[0]);
    record_open(&record[1]);
    assert_poll(future, READY);
    ck_assert_int_eq(future->result, -EIO);
    steal_future_drop(future);
}
END_TEST

START_TEST(join_all_of_none_is_ready)
{
    struct steal_join_all all;
    struct steal_future *future = steal_join_all(&all, NULL, 0);

    assert_poll(future, READY);
    ck_assert_int_eq(future->result, 0);
    steal_future_drop(future);
}
END_TEST

START_TEST(join_all_dropped_unpolled_drops_no_child)
{
    struct steal_join_all all;

    steal_future_drop(steal_join_all(&all, child, 3));
    assert_drops(0, 0, 0);
}
END_TEST

START_TEST(child_that_was_dropped_before_is_joined_with_its_result)
{
    struct steal_join_all all;
    struct steal_future *future;

    probe[1].end = -EIO;
    record_open(&record[1]);
    assert_poll(child[1], READY);
    steal_future_drop(child[1]);
    future = steal_join_all(&all, child, 2);
    assert_poll(future, PENDING);
    record_open(&record[0]);
    assert_poll(future, READY);
    ck_assert_int_eq(future->result, -EIO);
    ck_assert_int_eq(record_polls(&record[1]), 1);
    steal_future_drop(future);
    assert_drops(1, 1, 0);
}
END_TEST

START_TEST(try_join_all_ends_with_the_first_failure)
{
    struct steal_join_all all;
    struct steal_future *future = steal_try_join_all(&all, child, 3);

    probe[1].end = -EIO;
    assert_poll(future, PENDING);
    record_open(&record[0]);
    assert_poll(future, PENDING);
    assert_drops(1, 0, 0);
    record_open(&record[1]);
    assert_poll(future, READY);
    ck_assert_int_eq(future->result, -EIO);
    ck_assert_int_eq(probe[0].future.result, 10);
    assert_drops(1, 1, 1);
    ck_assert_int_eq(load_acquire(&meter.refs), 0);
    steal_future_drop(future);
    assert_drops(1, 1, 1);
}
END_TEST

START_TEST(try_join_all_without_a_failure_waits_for_all)
{
    struct steal_join_all all;
    struct steal_future *future = steal_try_join_all(&all, child, 3);

    for (int i = 0; i < 3; i++) {
        assert_poll(future, PENDING);
        record_open(&record[2 - i]);
    }
    assert_poll(future, READY);
    ck_assert_int_eq(future->result, 0);
    steal_future_drop(future);
    assert_drops(1, 1, 1);
}
END_TEST

START_TEST(try_join_all_polls_nobody_after_a_failure)
{
    struct steal_join_all all;
    struct steal_future *future = steal_try_join_all(&all, child, 3);

    probe[0].end = -EIO;
    record_open(&record[0]);
    assert_poll(future, READY);
    ck_assert_int_eq(record_polls(&record[1]), 0);
    steal_future_drop(future);
    assert_drops(1, 0, 0);
}
END_TEST

START_TEST(try_join_all_of_none_is_ready)
{
    struct steal_join_all all;
    struct steal_future *future = steal_try_join_all(&all, NULL, 0);

    assert_poll(future, READY);
    ck_assert_int_eq(future->result, 0);
    steal_future_drop(future);
}
END_TEST

START_TEST(child_that_had_failed_before_fails_a_try_join)
{
    struct steal_join_all all;
    struct steal_future *future;

    probe[1].end = -EIO;
    record_open(&record[1]);
    assert_poll(child[1], READY);
    steal_future_drop(child[1]);
    future = steal_try_join2(&all, child[0], child[1]);
    assert_poll(future, READY);
    ck_assert_int_eq(future->result, -EIO);
    steal_future_drop(future);
    assert_drops(1, 1, 0);
}
END_TEST

/*
 * Every combinator, whatever its children do
 */

struct parent {
    union {
        struct steal_future future;
        struct steal_join_all all;
        struct steal_select select;
    };
};

/* What its children are when it is ready. */
enum end {
    WITH_ALL,
    WITH_ALL_OR_A_FAILURE,
    WITH_ONE,
    WITH_ALL_OR_A_SUCCESS
};

struct kind {
    struct steal_future *(*make)(struct parent *parent);
    unsigned n;
    enum end end;
    bool keeps;
};

static struct steal_future *
make_join_all(struct parent *p)
{
    return steal_join_all(&p->all, child, 3);
}

static struct steal_future *
make_join2(struct parent *p)
{
    return steal_join2(&p->all, child[0], child[1]);
}

static struct steal_future *
make_join3(struct parent *p)
{
    return steal_join3(&p->all, child[0], child[1], child[2]);
}

static struct steal_future *
make_join4(struct parent *p)
{
    return steal_join4(&p->all, child[0], child[1], child[2], child[3]);
}

static struct steal_future *
make_try_join_all(struct parent *p)
{
    return steal_try_join_all(&p->all, child, 3);
}

static struct steal_future *
make_try_join2(struct parent *p)
{
    return steal_try_join2(&p->all, child[0], child[1]);
}

static struct steal_future *
make_try_join3(struct parent *p)
{
    return steal_try_join3(&p->all, child[0], child[1], child[2]);
}

static struct steal_future *
make_try_join4(struct parent *p)
{
    return steal_try_join4(&p->all, child[0], child[1], child[2], child[3]);
}

static struct steal_future *
make_select(struct parent *p)
{
    return steal_select(&p->select, child, 3);
}

static struct steal_future *
make_select2(struct parent *p)
{
    return steal_select2(&p->select, child[0], child[1]);
}

static struct steal_future *
make_select3(struct parent *p)
{
    return steal_select3(&p->select, child[0], child[1], child[2]);
}

static struct steal_future *
make_select4(struct parent *p)
{
    return steal_select4(&p->select, child[0], child[1], child[2], child[3]);
}

static struct steal_future *
make_random(struct parent *p)
{
    return steal_select_with(&p->select, child, 4, STEAL_SELECT_RANDOM);
}

static struct steal_future *
make_keeping(struct parent *p)
{
    return steal_select_with(&p->select, child, 3, STEAL_SELECT_KEEP);
}

static struct steal_future *
make_both(struct parent *p)
{
    return steal_select_with(&p->select, child, 3,
            STEAL_SELECT_KEEP | STEAL_SELECT_RANDOM);
}

static struct steal_future *
make_race(struct parent *p)
{
    return steal_race(&p->select, child, 3);
}

static struct steal_future *
make_race_ok(struct parent *p)
{
    return steal_race_ok(&p->select, child, 3);
}

static const struct kind kinds[] = {
    { make_join_all, 3, WITH_ALL, false },
    { make_join2, 2, WITH_ALL, false },
    { make_join3, 3, WITH_ALL, false },
    { make_join4, 4, WITH_ALL, false },
    { make_try_join_all, 3, WITH_ALL_OR_A_FAILURE, false },
    { make_try_join2, 2, WITH_ALL_OR_A_FAILURE, false },
    { make_try_join3, 3, WITH_ALL_OR_A_FAILURE, false },
    { make_try_join4, 4, WITH_ALL_OR_A_FAILURE, false },
    { make_select, 3, WITH_ONE, false },
    { make_select2, 2, WITH_ONE, false },
    { make_select3, 3, WITH_ONE, false },
    { make_select4, 4, WITH_ONE, false },
    { make_random, 4, WITH_ONE, false },
    { make_keeping, 3, WITH_ONE, true },
    { make_both, 3, WITH_ONE, true },
    { make_race, 3, WITH_ONE, false },
    { make_race_ok, 3, WITH_ALL_OR_A_SUCCESS, false },
};

/* `open` and `fail` are sets of children. */
static bool
is_over(const struct kind *kind, unsigned open, unsigned fail)
{
    bool all = open == (1u << kind->n) - 1;

    switch (kind->end) {
    case WITH_ALL:
        return all;
    case WITH_ALL_OR_A_FAILURE:
        return all || (open & fail);
    case WITH_ONE:
        return open;
    default:
        return all || (open & ~fail);
    }
}

/* Whether some child was polled and not dropped. */
static bool
lives(const struct kind *kind)
{
    for (unsigned i = 0; i < kind->n; i++) {
        if (record_polls(&record[i]) && !record_drops(&record[i]))
            return true;
    }
    return false;
}

/* Opens some children before the first poll and some after it, then drops. */
static void
live(const struct kind *kind, unsigned first, unsigned second, unsigned fail)
{
    struct parent made;
    struct parent parent;
    unsigned open = first;
    bool over;

    probes_reset();
    kind->make(&made);
    memcpy(&parent, &made, sizeof parent);
    memset(&made, 0xff, sizeof made); /* a copy is as good as the first */
    for (unsigned i = 0; i < kind->n; i++) {
        if (fail >> i & 1)
            probe[i].end = -10 - (int)i;
        if (first >> i & 1)
            record_open(&record[i]);
    }
    over = steal_future_poll(&parent.future, &by_hand) == STEAL_READY;
    require(over == is_over(kind, open, fail));
    if (!over) {
        for (unsigned i = 0; i < kind->n; i++) {
            if (second >> i & ~first >> i & 1)
                record_open(&record[i]);
        }
        open |= second;
        over = steal_future_poll(&parent.future, &by_hand) == STEAL_READY;
        require(over == is_over(kind, open, fail));
    }
    require(over || lives(kind));
    require(!over || kind->keeps || !lives(kind));
    steal_future_drop(&parent.future);
    require(kind->keeps || !lives(kind));
    require(over || !lives(kind));
    for (unsigned i = 0; i < kind->n; i++)
        steal_future_drop(child[i]);
    assert_all_gone();
}

START_TEST(each_child_is_dropped_once_on_every_way)
{
    for (size_t k = 0; k < LENGTH(kinds); k++) {
        unsigned sets = 1u << kinds[k].n;

        for (unsigned fail = 0; fail < sets; fail++) {
            for (unsigned first = 0; first < sets; first++) {
                for (unsigned second = 0; second < sets; second++)
                    live(&kinds[k], first, second, fail);
            }
        }
    }
}
END_TEST

START_TEST(combinator_that_was_never_polled_drops_nobody)
{
    for (size_t k = 0; k < LENGTH(kinds); k++) {
        struct parent parent;

        steal_future_drop(kinds[k].make(&parent));
        assert_drops(0, 0, 0);
    }
}
END_TEST

/* Tasks that are combinators of combinators, and are aborted at some time. */
struct tree {
    struct steal_async async;
    struct steal_sleep nap[4];
    struct steal_join_all both;
    struct steal_select first;
    struct steal_join_all all;
    int rounds;
};

static enum steal_poll
tree_poll(struct steal_future *future, struct steal_context *cx)
{
    struct tree *self = (struct tree *)future;

    STEAL_BEGIN(&self->async);
    for (self->rounds = 0;; self->rounds++) {
        steal_join2(&self->both, steal_sleep(&self->nap[0], STEAL_MS(1)),
                steal_sleep(&self->nap[1], STEAL_MS(2)));
        steal_select2(&self->first, steal_sleep(&self->nap[2], STEAL_MS(1)),
                steal_sleep(&self->nap[3], STEAL_SECONDS(3600)));
        STEAL_AWAIT(cx, steal_try_join2(&self->all, &self->both.future,
                                &self->first.future));
        require(self->first.index == 0);
        require(self->all.future.result == 0);
    }
    STEAL_END();
}

static const struct steal_future_ops tree_ops = { .name = "tree",
    .poll = tree_poll };

START_TEST(trees_are_aborted_at_any_time)
{
    struct steal_runtime *runtime = runtime_start(2);
    struct steal_task *task[50];
    struct record gate = RECORD_INIT;

    for (size_t i = 0; i < LENGTH(task); i++) {
        struct tree tree = { .async = STEAL_ASYNC(&tree_ops) };

        ck_assert_int_eq(steal_spawn(runtime, &tree.async.future, sizeof tree,
                                 &task[i]),
                0);
    }
    for (size_t i = 0; i < LENGTH(task); i++) {
        join_task(runtime, spawn_probe(runtime, &gate, 20, 0));
        steal_task_abort(task[i]);
        ck_assert_int_eq(join_task(runtime, task[i]), -ECANCELED);
    }
    runtime_end(runtime);
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        join_all_waits_for_the_last,
        join_all_does_not_poll_what_is_ready,
        join_all_tells_the_first_error_by_position,
        join_all_of_none_is_ready,
        join_all_dropped_unpolled_drops_no_child,
        child_that_was_dropped_before_is_joined_with_its_result,
        try_join_all_ends_with_the_first_failure,
        try_join_all_without_a_failure_waits_for_all,
        try_join_all_polls_nobody_after_a_failure,
        try_join_all_of_none_is_ready,
        child_that_had_failed_before_fails_a_try_join,
        each_child_is_dropped_once_on_every_way,
        combinator_that_was_never_polled_drops_nobody,
        trees_are_aborted_at_any_time,
    };

    return run_suite_with("combine", probes_reset, tests, LENGTH(tests));
}
