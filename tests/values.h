/*
 * values.h - values that tell what was done to them, for the tests of objects
 * that copy values.
 */
#ifndef STEAL_TESTS_VALUES_H
#define STEAL_TESTS_VALUES_H

#include "kit.h"

/*
 * A pointer that is counted: token_copy() and token_destroy() are for a channel
 * whose data is `&copies`.
 */

static _Atomic(int) copies;
static _Atomic(int) ends;

struct token {
    _Atomic(int) refs;
    int number;
};

static inline void
token_copy(void *to, const void *from, void *data)
{
    struct token *token;

    memcpy(&token, from, sizeof token);
    require(data == &copies);
    require(add_acq_rel(&token->refs, 1) > 0); /* else it was freed */
    memcpy(to, &token, sizeof token);
    add_relaxed(&copies, 1);
}

static inline void
token_drop(struct token *token)
{
    if (sub_acq_rel(&token->refs, 1) == 1)
        free(token);
}

static inline void
token_destroy(void *at, void *data)
{
    struct token *token;

    require(data == &copies);
    memcpy(&token, at, sizeof token);
    token_drop(token);
    add_relaxed(&ends, 1);
}

static inline struct token *
token_new(int number)
{
    struct token *token = malloc(sizeof *token);

    require(token != NULL);
    store_release(&token->refs, 1);
    token->number = number;
    return token;
}

/*
 * One that is long
 */

/* A value that shows if it is made of two. */
struct letter {
    uint64_t number;
    uint64_t copies[5];
    uint32_t last;
};

static inline struct letter
letter_make(uint64_t number)
{
    struct letter letter = { .number = number, .last = (uint32_t)~number };

    for (uint64_t i = 0; i < LENGTH(letter.copies); i++)
        letter.copies[i] = number * (2 * i + 3);
    return letter;
}

static inline void
letter_check(const struct letter *letter)
{
    for (uint64_t i = 0; i < LENGTH(letter->copies); i++)
        require(letter->copies[i] == letter->number * (2 * i + 3));
    require(letter->last == (uint32_t)~letter->number);
}

#endif
