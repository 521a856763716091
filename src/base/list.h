/*
 * list.h - a circular doubly linked list whose links live in its elements.
 *
 * Threads: none of its own; whoever owns the head guards it.
 */
#ifndef STEAL_BASE_LIST_H
#define STEAL_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list {
    struct list *next;
    struct list *prev;
};

#define list_foreach(pos, head) \
 for (struct list *pos = (head)->next; pos != (head); pos = pos->next)

static inline void
list_init(struct list *head)
{
    head->next = head;
    head->prev = head;
}

static inline bool
list_is_empty(const struct list *head)
{
    return head->next == head;
}

/* Adds at the end. */
static inline void
list_append(struct list *head, struct list *node)
{
    node->next = head;
    node->prev = head->prev;
    head->prev->next = node;
    head->prev = node;
}

static inline void
list_remove(struct list *node)
{
    node->next->prev = node->prev;
    node->prev->next = node->next;
}

/* The first element, or NULL. */
static inline struct list *
list_first(const struct list *head)
{
    return list_is_empty(head) ? NULL : head->next;
}

/* Moves all elements of `from` to the empty list `to`. */
static inline void
list_take_all(struct list *to, struct list *from)
{
    if (list_is_empty(from)) {
        list_init(to);
        return;
    }
    *to = *from;
    to->next->prev = to;
    to->prev->next = to;
    list_init(from);
}

#endif
