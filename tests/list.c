/*
 * tests/list.c - the intrusive list.
 */
#include "../src/base/list.h"

#include "kit.h"

static struct list head;
static struct list node[4];

static void
fill(int n)
{
    list_init(&head);
    for (int i = 0; i < n; i++)
        list_append(&head, &node[i]);
}

/* The list holds these nodes, in this order, linked both ways. */
static void
assert_holds(struct list *list, const char *indices)
{
    struct list *pos = list;

    for (const char *p = indices; *p; p++) {
        ck_assert_ptr_eq(pos->next, &node[*p - '0']);
        ck_assert_ptr_eq(pos->next->prev, pos);
        pos = pos->next;
    }
    ck_assert_ptr_eq(pos->next, list);
    ck_assert_ptr_eq(list->prev, pos);
}

START_TEST(new_list_is_empty)
{
    list_init(&head);
    ck_assert(list_is_empty(&head));
    ck_assert_ptr_null(list_first(&head));
}
END_TEST

START_TEST(appended_nodes_keep_their_order)
{
    fill(3);
    assert_holds(&head, "012");
    ck_assert_ptr_eq(list_first(&head), &node[0]);
}
END_TEST

START_TEST(first_middle_and_last_can_be_removed)
{
    fill(4);
    list_remove(&node[1]);
    assert_holds(&head, "023");
    list_remove(&node[0]);
    assert_holds(&head, "23");
    list_remove(&node[3]);
    assert_holds(&head, "2");
    list_remove(&node[2]);
    ck_assert(list_is_empty(&head));
}
END_TEST

START_TEST(removed_node_can_be_appended_again)
{
    fill(2);
    list_remove(&node[0]);
    list_append(&head, &node[0]);
    assert_holds(&head, "10");
}
END_TEST

START_TEST(foreach_visits_each_in_order)
{
    int seen = 0;

    fill(4);
    list_foreach(pos, &head)
        ck_assert_ptr_eq(pos, &node[seen++]);
    ck_assert_int_eq(seen, 4);
}
END_TEST

START_TEST(take_all_moves_the_nodes)
{
    struct list to;

    fill(3);
    list_init(&to);
    list_take_all(&to, &head);
    ck_assert(list_is_empty(&head));
    assert_holds(&to, "012");
}
END_TEST

START_TEST(take_all_of_one_and_of_none)
{
    struct list to;

    fill(1);
    list_take_all(&to, &head);
    assert_holds(&to, "0");
    list_take_all(&to, &head);
    ck_assert(list_is_empty(&to));
    ck_assert(list_is_empty(&head));
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        new_list_is_empty,
        appended_nodes_keep_their_order,
        first_middle_and_last_can_be_removed,
        removed_node_can_be_appended_again,
        foreach_visits_each_in_order,
        take_all_moves_the_nodes,
        take_all_of_one_and_of_none,
    };

    return run_suite("list", tests, LENGTH(tests));
}
