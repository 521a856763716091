/*
 * words.c - open addressing: a word is in the slot that its hash says, or in one of
 * those behind it, before the first that is free.
 */
#include "words.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define FEW 64

/* FNV-1a. */
static uint32_t
hash_of(const char *text, size_t length)
{
    uint32_t hash = UINT32_C(2166136261);

    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (unsigned char)text[i]) * UINT32_C(16777619);
    return hash;
}

static bool
is_same(const struct word *a, const struct word *b)
{
    return a->hash == b->hash && a->length == b->length &&
           memcmp(a->text, b->text, a->length) == 0;
}

/* The slot of the word, or the free one where it belongs. */
static struct word *
find(const struct words *words, const struct word *word)
{
    size_t mask = words->slots - 1;
    size_t i = word->hash & mask;

    while (words->slot[i].text && !is_same(&words->slot[i], word))
        i = (i + 1) & mask;
    return &words->slot[i];
}

/* Half of the slots at least stay free, so that searches are short. */
static int
make_room(struct words *words)
{
    struct words larger = { .slots = 2 * words->slots, .used = words->used };

    if (words->used < words->slots / 2)
        return 0;
    if (larger.slots == 0)
        larger.slots = FEW;
    larger.slot = calloc(larger.slots, sizeof *larger.slot);
    if (!larger.slot)
        return -ENOMEM;
    for (size_t i = 0; i < words->slots; i++) {
        if (words->slot[i].text)
            *find(&larger, &words->slot[i]) = words->slot[i];
    }
    free(words->slot);
    *words = larger;
    return 0;
}

static void
add(struct words *words, const struct word *word)
{
    struct word *slot;

    if (words->error == 0)
        words->error = make_room(words);
    if (words->error < 0)
        return;
    slot = find(words, word);
    if (slot->text) {
        slot->count += word->count;
    } else {
        *slot = *word;
        words->used++;
    }
}

void
words_add(struct words *words, const char *text, size_t length)
{
    struct word word = { text, length, 1, hash_of(text, length) };

    add(words, &word);
}

void
words_merge(struct words *words, const struct words *more)
{
    if (words->error == 0)
        words->error = more->error;
    for (size_t i = 0; i < more->slots; i++) {
        if (more->slot[i].text)
            add(words, &more->slot[i]);
    }
}

void
words_pack(struct words *words)
{
    size_t n = 0;

    for (size_t i = 0; i < words->slots; i++) {
        if (words->slot[i].text)
            words->slot[n++] = words->slot[i];
    }
}

void
words_fini(struct words *words)
{
    free(words->slot);
    *words = (struct words){ .slot = NULL };
}

int
word_compare(const struct word *a, const struct word *b)
{
    size_t shorter = a->length < b->length ? a->length : b->length;
    int order = memcmp(a->text, b->text, shorter);

    if (order != 0)
        return order;
    return (a->length > b->length) - (a->length < b->length);
}
