/*
 * tree.h - a folder with made-up files of /proc and /sys, for what takes a root.
 */
#ifndef STEAL_TESTS_TREE_H
#define STEAL_TESTS_TREE_H

#include <ftw.h>
#include <stdio.h>
#include <sys/stat.h>

#include "kit.h"

static char root[64];

static inline void
make_root(void)
{
    strcpy(root, "/tmp/steal-tree-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(root));
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
remove_root(void)
{
    ck_assert_int_eq(nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

/* Writes a file, making the folders that it needs. */
static inline void
put(const char *name, const char *text)
{
    char path[512];
    FILE *file;

    snprintf(path, sizeof path, "%s%s", root, name);
    for (char *p = path + strlen(root) + 1; (p = strchr(p, '/')); *p++ = '/') {
        *p = '\0';
        ck_assert(mkdir(path, 0700) == 0 || errno == EEXIST);
    }
    file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs(text, file), 0);
    ck_assert_int_eq(fclose(file), 0);
}

#endif
