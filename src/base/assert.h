/*
 * assert.h - three tiers of assertion, for misuse and for our own mistakes.
 *
 *   must()   always: going on would corrupt memory
 *   check()  with --enable-debug: contracts (right thread, lock held, rules)
 *   audit()  with --enable-audit: whole structures, which takes a while
 *
 * What the outside world does is never asserted: it gets an error code.
 */
#ifndef STEAL_BASE_ASSERT_H
#define STEAL_BASE_ASSERT_H

#include "compiler.h"

/* Prints one line to standard error and aborts. */
_Noreturn void steal__panic(const char *file, int line, const char *what);

#define must(x) (likely(x) ? (void)0 : steal__panic(__FILE__, __LINE__, #x))

#ifdef STEAL_DEBUG
# define check(x) must(x)
#else
# define check(x) ((void)sizeof(!(x)))
#endif

#ifdef STEAL_AUDIT
# define audit(x) must(x)
#else
# define audit(x) ((void)sizeof(!(x)))
#endif

#endif
