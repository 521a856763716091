/*
 * sample.c - text of no sense: words drawn at random, those in front more often,
 * and now and then with a number at the end, so that there are many of them.
 */
#include "sample.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define WORDS_IN_FILE 20000
#define WORDS_IN_LINE 12

static const char *const vocabulary[] = {
    "the",
    "of",
    "and",
    "a",
    "in",
    "to",
    "it",
    "is",
    "was",
    "he",
    "for",
    "that",
    "worker",
    "task",
    "future",
    "waker",
    "queue",
    "thief",
    "victim",
    "job",
    "fork",
    "join",
    "loop",
    "piece",
    "table",
    "river",
    "stone",
    "window",
    "morning",
    "letter",
    "garden",
    "winter",
};
enum {
    VOCABULARY = sizeof vocabulary / sizeof *vocabulary
};

/* Below `n`. */
static unsigned
draw(uint64_t *state, unsigned n)
{
    *state = *state * UINT64_C(6364136223846793005) + 1;
    return (unsigned)(*state >> 33) % n;
}

static void
write_word(FILE *file, uint64_t *state, int i)
{
    const char *word = vocabulary[draw(state, 1 + draw(state, VOCABULARY))];
    const char *end = i % WORDS_IN_LINE == 0 ? ".\n" : " ";

    if (draw(state, 10) == 0)
        fprintf(file, "%s%u%s", word, draw(state, 100), end);
    else
        fprintf(file, "%s%s", word, end);
}

static int
write_file(const char *path, uint64_t seed)
{
    FILE *file = fopen(path, "w");

    if (!file)
        return -errno;
    for (int i = 1; i <= WORDS_IN_FILE; i++)
        write_word(file, &seed, i);
    return fclose(file) == 0 ? 0 : -errno;
}

int
sample_make(struct sample *sample)
{
    const char *where = getenv("TMPDIR");
    int error = 0;

    *sample = (struct sample){ .folder = "" };
    snprintf(sample->folder, sizeof sample->folder, "%s/steal-words-XXXXXX",
            where ? where : "/tmp");
    if (!mkdtemp(sample->folder))
        return -errno;
    for (int i = 0; i < SAMPLE_FILES && error == 0; i++) {
        snprintf(sample->path[i], sizeof sample->path[i], "%s/%d.txt",
                sample->folder, i);
        error = write_file(sample->path[i], (uint64_t)i + 1);
    }
    return error;
}

void
sample_remove(struct sample *sample)
{
    for (int i = 0; i < SAMPLE_FILES; i++)
        unlink(sample->path[i]);
    rmdir(sample->folder);
}
