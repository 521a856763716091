/*
 * ck_stack.h - what the library uses of Concurrency Kit's stack, for the
 * explorer (ck_pr.h).
 *
 * The pop has no fence of its own, though CK's has: the caller's must do.
 */
#ifndef EXPLORE_CK_STACK_H
#define EXPLORE_CK_STACK_H

#include "ck_pr.h"

struct ck_stack_entry {
    struct ck_stack_entry *next;
};
typedef struct ck_stack_entry ck_stack_entry_t;

struct ck_stack {
    struct ck_stack_entry *head;
    char *generation;
};
typedef struct ck_stack ck_stack_t;

#define CK_STACK_INITIALIZER \
 {                           \
  NULL, NULL                 \
 }

#define CK_STACK_ISEMPTY(stack) ((stack)->head == NULL)
#define CK_STACK_FIRST(stack)   ((stack)->head)
#define CK_STACK_NEXT(entry)    ((entry)->next)

static inline void
ck_stack_init(struct ck_stack *stack)
{
    stack->head = NULL;
    stack->generation = NULL;
}

static inline void
ck_stack_push_upmc(struct ck_stack *stack, struct ck_stack_entry *entry)
{
    struct ck_stack_entry *head = ck_pr_load_ptr(&stack->head);

    do {
        entry->next = head;
        ck_pr_fence_store();
    } while (!ck_pr_cas_ptr_value(&stack->head, head, entry, &head));
}

static inline struct ck_stack_entry *
ck_stack_batch_pop_upmc(struct ck_stack *stack)
{
    return ck_pr_fas_ptr(&stack->head, NULL);
}

#endif
