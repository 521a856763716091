/*
 * wordcount.c - the words of some files, and the ten that are found most often.
 *
 *     $ examples/wordcount *.txt
 *
 * Both halves of the library in one pool.  There is a task for each file, which
 *
 *     reads   awaits the disk, while its worker runs the other tasks, and then
 *     counts  awaits a computation, in which the workers that have nothing else to
 *             do take pieces of the text.
 *
 * So some files are read while others are counted, and a large file that comes
 * last is counted by all workers.  In the end the words are put together and
 * sorted, in one more computation.
 *
 * Without arguments it makes some files, and removes them again.
 */
#include <steal.h>

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sample.h"
#include "words.h"

#define MOST_BYTES ((size_t)1 << 30) /* in a file */
#define AT_A_TIME  16                /* files that are read or counted */
#define BEST       10

struct file {
    const char *path;
    char *text; /* lives on: the words point into it */
    size_t size;
    struct words words;
};

/*
 * Counting: what runs in a computation
 */

/* A range of the text, in pieces.  Bytes above 127 are parts of letters. */
static int
fold_case(size_t begin, size_t end, void *data)
{
    char *text = ((struct file *)data)->text;

    for (size_t i = begin; i < end; i++) {
        if (text[i] >= 'A' && text[i] <= 'Z')
            text[i] = (char)(text[i] - 'A' + 'a');
    }
    return 0;
}

static bool
is_letter(char c)
{
    return (c & 0x80) || isalnum((unsigned char)c);
}

/* The words that begin in a piece.  One that goes on behind its end is counted as
 * a whole, and the next piece leaves it out.  The text ends with a zero. */
static int
count_piece(size_t begin, size_t end, void *accumulator, void *data)
{
    struct words *words = accumulator;
    const char *text = ((struct file *)data)->text;
    const char *at = text + begin;
    const char *word;

    if (begin > 0)
        while (is_letter(at[-1]) && is_letter(*at))
            at++;
    while (at < text + end) {
        for (word = at; is_letter(*at); at++)
            continue;
        if (at > word)
            words_add(words, word, (size_t)(at - word));
        else
            at++;
    }
    return 0; /* an error is kept with the words */
}

static void
init_words(void *accumulator, void *data)
{
    (void)data;
    *(struct words *)accumulator = (struct words){ .slot = NULL };
}

/* The words of two pieces, or of several. */
static void
join_words(void *left, const void *right, void *data)
{
    struct words more = *(const struct words *)right;

    (void)data;
    words_merge(left, &more);
    words_fini(&more);
}

static const struct steal_reduction counting = {
    .size = sizeof(struct words),
    .init = init_words,
    .body = count_piece,
    .join = join_words,
};

static int
count(void *data)
{
    struct file *file = data;
    int error = steal_for(0, file->size, fold_case, file, NULL);

    if (error == 0)
        error = steal_reduce(0, file->size, &counting, &file->words, file,
                NULL);
    return error;
}

/*
 * A task for each file: reads it, and has it counted
 */

struct reader {
    struct steal_async async;
    struct steal_file_io io;
    struct steal_compute compute;
    struct file *file;
};

static enum steal_poll
reader_poll(struct steal_future *future, struct steal_context *cx)
{
    struct reader *self = (struct reader *)future;

    STEAL_BEGIN(&self->async);
    STEAL_AWAIT(cx, steal_file_load(&self->io, self->file->path, MOST_BYTES));
    if (self->io.future.result < 0) {
        fprintf(stderr, "%s: %s\n", self->file->path,
                strerror(-self->io.future.result));
        STEAL_RETURN(self->io.future.result);
    }
    self->file->text = self->io.data;
    self->file->size = self->io.done;
    STEAL_AWAIT(cx, steal_compute(&self->compute, count, self->file));
    STEAL_RETURN(self->compute.future.result);
    STEAL_END();
}

static const struct steal_future_ops reader_ops = {
    .name = "reader",
    .poll = reader_poll,
};

/*
 * The program
 */

struct program {
    struct steal_async async;
    struct steal_group group;
    struct steal_group_wait wait;
    struct steal_compute compute;
    struct file *file;
    size_t files;
    struct words words; /* of all files */
};

static int
spawn_readers(struct program *self)
{
    int error = steal_group_init(&self->group, NULL, 0);

    if (error == 0)
        steal_group_set_limit(&self->group, AT_A_TIME);
    for (size_t i = 0; i < self->files && error == 0; i++) {
        struct reader reader = {
            .async = STEAL_ASYNC(&reader_ops),
            .file = &self->file[i],
        };

        error = steal_group_spawn(&self->group, &reader.async.future,
                sizeof reader);
    }
    return error;
}

/* Those that are found more often come first; among equals, as in a dictionary. */
static int
by_count(const void *left, const void *right, void *data)
{
    const struct word *a = left;
    const struct word *b = right;

    (void)data;
    if (a->count != b->count)
        return a->count > b->count ? -1 : 1;
    return word_compare(a, b);
}

static int
rank(void *data)
{
    struct program *self = data;

    for (size_t i = 0; i < self->files; i++)
        words_merge(&self->words, &self->file[i].words);
    if (self->words.error < 0)
        return self->words.error;
    words_pack(&self->words);
    return steal_sort(self->words.slot, self->words.used,
            sizeof *self->words.slot, by_count, NULL, 0, NULL);
}

static enum steal_poll
program_poll(struct steal_future *future, struct steal_context *cx)
{
    struct program *self = (struct program *)future;
    int error;

    STEAL_BEGIN(&self->async);
    error = spawn_readers(self);
    if (error < 0)
        STEAL_RETURN(error);
    STEAL_AWAIT(cx, steal_group_wait(&self->wait, &self->group));
    if (self->wait.future.result < 0)
        STEAL_RETURN(self->wait.future.result);
    STEAL_AWAIT(cx, steal_compute(&self->compute, rank, self));
    STEAL_RETURN(self->compute.future.result);
    STEAL_END();
}

static void
program_drop(struct steal_future *future)
{
    steal_group_fini(&((struct program *)future)->group);
}

static const struct steal_future_ops program_ops = {
    .name = "program",
    .poll = program_poll,
    .drop = program_drop,
};

static void
print(const struct words *words)
{
    size_t total = 0;

    for (size_t i = 0; i < words->used; i++)
        total += words->slot[i].count;
    printf("%zu words, %zu of them different\n", total, words->used);
    for (size_t i = 0; i < words->used && i < BEST; i++)
        printf("%8zu %.*s\n", words->slot[i].count, (int)words->slot[i].length,
                words->slot[i].text);
}

static int
count_files(char **path, size_t files)
{
    struct program program = {
        .async = STEAL_ASYNC(&program_ops),
        .file = calloc(files, sizeof *program.file),
        .files = files,
    };
    int error = program.file ? 0 : -ENOMEM;

    for (size_t i = 0; i < files && error == 0; i++)
        program.file[i].path = path[i];
    if (error == 0)
        error = steal_run(NULL, &program.async.future);
    if (error == 0)
        print(&program.words);
    for (size_t i = 0; i < files && program.file; i++) {
        words_fini(&program.file[i].words);
        free(program.file[i].text);
    }
    words_fini(&program.words);
    free(program.file);
    return error;
}

static int
count_sample(void)
{
    struct sample sample;
    char *path[SAMPLE_FILES];
    int error = sample_make(&sample);

    for (int i = 0; i < SAMPLE_FILES; i++)
        path[i] = sample.path[i];
    if (error == 0)
        error = count_files(path, SAMPLE_FILES);
    sample_remove(&sample);
    return error;
}

int
main(int argc, char **argv)
{
    int error = argc > 1 ? count_files(argv + 1, (size_t)argc - 1)
                         : count_sample();

    if (error < 0)
        fprintf(stderr, "wordcount: error %d\n", error);
    return error < 0;
}
