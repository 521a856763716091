/* The checks of fortified libcs take a jump to another stack for a mistake. */
#undef _FORTIFY_SOURCE
#ifndef _GNU_SOURCE
# define _GNU_SOURCE
#endif

#include "fiber.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <ucontext.h>

#define STACK_SIZE ((size_t)256 * 1024)
#define GUARD_SIZE ((size_t)16 * 1024)

/* Handed to the trampoline, which takes no pointers. */
static struct fiber *newborn;
static ucontext_t parent;

/*
 * The first visit only notes where the stack begins.  All later ones come by
 * a jump to this note, so that a start costs no system call.
 */
static void
trampoline(void)
{
    struct fiber *fiber = newborn;

    if (!_setjmp(fiber->birth)) {
        setcontext(&parent);
        abort();
    }
    /* The jump came from elsewhere: trust no local. */
    fiber = newborn;
    void (*run)(unsigned) = fiber->run;
    fiber->run = NULL;
    run(fiber->index);
    abort();
}

void
fiber_init(struct fiber *fiber, unsigned index)
{
    ucontext_t child;
    char *stack = mmap(NULL, GUARD_SIZE + STACK_SIZE, PROT_READ | PROT_WRITE,
            MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (stack == MAP_FAILED || mprotect(stack, GUARD_SIZE, PROT_NONE)) {
        perror("explore: stack");
        exit(1);
    }
    fiber->stack = stack;
    fiber->index = index;

    getcontext(&child);
    child.uc_stack.ss_sp = stack + GUARD_SIZE;
    child.uc_stack.ss_size = STACK_SIZE;
    child.uc_link = NULL;
    makecontext(&child, trampoline, 0);
    newborn = fiber;
    swapcontext(&parent, &child);
}

static void
enter(struct fiber *to)
{
    if (to->run) {
        newborn = to;
        _longjmp(to->birth, 1);
    }
    _longjmp(to->here, 1);
}

void
fiber_start(struct fiber *fiber, void (*run)(unsigned index))
{
    fiber->run = run;
}

void
fiber_switch(struct fiber *from, struct fiber *to)
{
    if (!_setjmp(from->here))
        enter(to);
}

_Noreturn void
fiber_jump(struct fiber *to)
{
    enter(to);
    abort();
}
