#include "names.h"

#include <stdlib.h>
#include <string.h>

#define SLOTS_FIRST 64

void
steal__names_init(struct names *names)
{
    *names = (struct names){ 0 };
}

void
steal__names_fini(struct names *names)
{
    for (uint32_t i = 0; i < names->n; i++)
        free(names->text[i]);
    free(names->text);
    free(names->slot);
}

/* FNV-1a */
static uint64_t
hash(const char *text)
{
    uint64_t sum = UINT64_C(0xcbf29ce484222325);

    for (; *text; text++)
        sum = (sum ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
    return sum ^ sum >> 32;
}

/* Where the string is, or would be. */
static uint32_t *
find(const struct names *names, const char *text)
{
    size_t i = hash(text) & (names->slots - 1);

    while (names->slot[i] && strcmp(names->text[names->slot[i] - 1], text) != 0)
        i = (i + 1) & (names->slots - 1);
    return &names->slot[i];
}

/* Room for twice as many.  False: out of memory, and nothing has changed. */
static int
grow(struct names *names)
{
    struct names more = *names;
    char **text;

    more.slots = names->slots ? names->slots * 2 : SLOTS_FIRST;
    more.slot = calloc(more.slots, sizeof *more.slot);
    text = realloc(names->text, more.slots / 2 * sizeof *text);
    if (text)
        names->text = text;
    if (!text || !more.slot) {
        free(more.slot);
        return 0;
    }
    more.text = text;
    for (uint32_t i = 0; i < more.n; i++)
        *find(&more, text[i]) = i + 1;
    free(names->slot);
    *names = more;
    return 1;
}

uint32_t
steal__names_add(struct names *names, const char *text)
{
    uint32_t *slot = names->slots ? find(names, text) : NULL;

    if (slot && *slot)
        return *slot;
    if (names->n >= names->slots / 2) {
        if (!grow(names))
            return 0;
        slot = find(names, text);
    }
    names->text[names->n] = strdup(text);
    if (!names->text[names->n])
        return 0;
    return *slot = ++names->n;
}
