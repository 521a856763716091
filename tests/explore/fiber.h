/*
 * fiber.h - a coroutine that is started anew for every execution.
 *
 * Threads: all fibers share one thread of the system.  A fiber that is left
 *          half way is simply never entered again; its stack is used afresh by
 *          the next start.
 */
#ifndef EXPLORE_FIBER_H
#define EXPLORE_FIBER_H

#include <setjmp.h>

struct fiber {
    jmp_buf here;  /* where it was left */
    jmp_buf birth; /* at the bottom of its own stack */
    void (*run)(unsigned index);
    unsigned index;
    void *stack;
};

/* Gives `fiber` its stack.  Once in the life of the program; exits without
 * memory. */
void fiber_init(struct fiber *fiber, unsigned index);

/* The next switch to `fiber` calls run(index), which must not return. */
void fiber_start(struct fiber *fiber, void (*run)(unsigned index));

/* Leaves `from`, and goes on in `to`; returns when `from` is entered again. */
void fiber_switch(struct fiber *from, struct fiber *to);

/* The same without a way back: also out of a signal handler. */
_Noreturn void fiber_jump(struct fiber *to);

#endif
