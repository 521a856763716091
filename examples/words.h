/*
 * words.h - how often which word occurs: a hash table.
 *
 * One that is zero is empty.  Words are not copied: the text stays where it is.
 */
#ifndef WORDS_H
#define WORDS_H

#include <stddef.h>
#include <stdint.h>

struct word {
    const char *text; /* NULL: a free slot */
    size_t length;
    size_t count;
    uint32_t hash;
};

struct words {
    struct word *slot;
    size_t slots; /* a power of two, or 0 */
    size_t used;
    int error; /* 0, or -ENOMEM from the first that found no room */
};

void words_add(struct words *words, const char *text, size_t length);
void words_merge(struct words *words, const struct words *more);

/* Moves the words to the front of the table: `slot` is an array of `used` words, in
 * no order, and nothing is added any more. */
void words_pack(struct words *words);

void words_fini(struct words *words);

/* Below, equal to or above 0, as in a dictionary. */
int word_compare(const struct word *a, const struct word *b);

#endif
