/*
 * files.h - what the tests of files share: a folder of their own, a runtime, and
 * files whose bytes tell where they are.
 */
#ifndef STEAL_TESTS_FILES_H
#define STEAL_TESTS_FILES_H

#include <dirent.h>
#include <ftw.h>
#include <stdio.h>
#include <sys/stat.h>

#include <steal/file.h>

#include "kit.h"

/*
 * The fixture
 */

static struct steal_runtime *runtime;
static struct steal_file_io io;
static char folder[64]; /* of this test: its working directory */

static inline void
reset(void)
{
    signal(SIGXFSZ, SIG_IGN);
    umask(022);
    strcpy(folder, "/tmp/steal-file-XXXXXX");
    require(mkdtemp(folder) != NULL);
    require(chdir(folder) == 0);
    runtime = runtime_start(2);
}

static inline int
remove_one(const char *path, const struct stat *stat, int type,
        struct FTW *level)
{
    (void)stat;
    (void)type;
    (void)level;
    return remove(path);
}

static inline void
finish(void)
{
    runtime_end(runtime);
    require(chdir("/") == 0);
    ck_assert_int_eq(nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

static inline int
await(struct steal_future *future)
{
    return steal_block_on(runtime, future);
}

static inline int
open_file(const char *path, int flags)
{
    int file = await(steal_file_open(&io, path, flags, 0644));

    ck_assert_int_ge(file, 0);
    return file;
}

static inline void
close_file(int file)
{
    ck_assert_int_eq(await(steal_file_close(&io, file)), 0);
}

/* Bytes that tell where in a file they are. */
static inline unsigned char
byte_at(size_t i)
{
    return (unsigned char)((i * 2654435761u) >> 13);
}

static inline unsigned char *
pattern(size_t size)
{
    unsigned char *data = malloc(size + 1);

    require(data != NULL);
    for (size_t i = 0; i < size; i++)
        data[i] = byte_at(i);
    return data;
}

static inline void
write_file(const char *path, size_t size)
{
    unsigned char *data = pattern(size);
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

    require(file >= 0);
    require(write(file, data, size) == (ssize_t)size);
    close(file);
    free(data);
}

static inline bool
file_is(const char *path, size_t size)
{
    unsigned char *data = pattern(size);
    bool same = await(steal_file_load(&io, path, SIZE_MAX)) == (int)size &&
                io.done == size && memcmp(io.data, data, size) == 0;

    free(data);
    free(io.data);
    return same;
}

static inline int
count_names(const char *path)
{
    DIR *dir = opendir(path);
    int n = 0;

    require(dir != NULL);
    while (readdir(dir))
        n++;
    closedir(dir);
    return n - 2; /* "." and ".." */
}

/* The library itself may have a file open for a moment, as to see how many
 * processors there are: wait until it is closed. */
static inline int
count_open(void)
{
    return count_names("/proc/self/fd");
}

/* Whether the number is this file, and not what somebody else opened since. */
static inline bool
is_open(int file, const char *path)
{
    struct stat is;
    struct stat was;

    require(stat(path, &was) == 0);
    return fstat(file, &is) == 0 && is.st_ino == was.st_ino &&
           is.st_dev == was.st_dev;
}

#endif
