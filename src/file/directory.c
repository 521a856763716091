/*
 * directory.c - making directories, and reading them.
 *
 * A directory is read a batch of names at a time.  The names of a batch belong
 * to the request of libuv that has read them, which is kept until the next.
 */
#include <steal/file.h>

#include <stdlib.h>
#include <string.h>

#include "operation.h"
#include "sync.h"

#define BATCH 100

struct steal_directory {
    uv_dir_t *dir;
    uv_fs_t batch;
    int count; /* names in the batch */
    int next;  /* the first that was not given out yet */
    uv_dirent_t entries[BATCH];
};

_Static_assert(STEAL_ENTRY_UNKNOWN == (int)UV_DIRENT_UNKNOWN &&
                       STEAL_ENTRY_FILE == (int)UV_DIRENT_FILE &&
                       STEAL_ENTRY_DIRECTORY == (int)UV_DIRENT_DIR &&
                       STEAL_ENTRY_LINK == (int)UV_DIRENT_LINK &&
                       STEAL_ENTRY_FIFO == (int)UV_DIRENT_FIFO &&
                       STEAL_ENTRY_SOCKET == (int)UV_DIRENT_SOCKET &&
                       STEAL_ENTRY_CHARACTER == (int)UV_DIRENT_CHAR &&
                       STEAL_ENTRY_BLOCK == (int)UV_DIRENT_BLOCK,
        "the types of entries are libuv's");

/*
 * Making and removing
 */

static int
run_make(struct steal_file_io *io)
{
    return steal__sync_mkdir(io->path, io->mode);
}

static const struct operation make_op = OPERATION("directory make", run_make,
        NULL);

struct steal_future *
steal_directory_make(struct steal_file_io *io, const char *path, unsigned mode)
{
    steal__operation_init(io, &make_op, path);
    io->mode = mode;
    return &io->future;
}

/* Whether a path is there says its -EEXIST, whether a directory the next. */
static int
make_one(const char *path, unsigned mode)
{
    int error = steal__sync_mkdir(path, mode);

    return error == UV_EEXIST ? 0 : error;
}

static int
make_parents(char *path, unsigned mode)
{
    int error = 0;

    for (char *slash = strchr(path + 1, '/'); slash && error == 0;
            slash = strchr(slash + 1, '/')) {
        *slash = 0;
        error = make_one(path, mode);
        *slash = '/';
    }
    return error;
}

static int
run_make_all(struct steal_file_io *io)
{
    struct steal_stat stat;
    size_t size = strlen(io->path) + 1;
    char *path = malloc(size);
    int error;

    if (!path)
        return UV_ENOMEM;
    memcpy(path, io->path, size);
    error = size > 1 ? make_parents(path, io->mode) : UV_ENOENT;
    free(path);
    if (error == 0)
        error = make_one(io->path, io->mode);
    if (error == 0)
        error = steal__sync_stat(io->path, &stat);
    return error == 0 && !S_ISDIR(stat.mode) ? UV_EEXIST : error;
}

static const struct operation make_all_op = OPERATION("directory make all",
        run_make_all, NULL);

struct steal_future *
steal_directory_make_all(struct steal_file_io *io, const char *path,
        unsigned mode)
{
    steal__operation_init(io, &make_all_op, path);
    io->mode = mode;
    return &io->future;
}

static int
run_make_temporary(struct steal_file_io *io)
{
    uv_fs_t request;
    int error = uv_fs_mkdtemp(NULL, &request, io->with.text, NULL);

    if (error == 0) /* libuv has changed a copy */
        memcpy(io->with.text, request.path, strlen(io->with.text));
    return (int)steal__sync_end(&request, error);
}

static const struct operation make_temporary_op =
        OPERATION("directory make temporary", run_make_temporary, NULL);

struct steal_future *
steal_directory_make_temporary(struct steal_file_io *io, char *path)
{
    io->with.text = path;
    return steal__operation_init(io, &make_temporary_op, path);
}

static int
run_remove(struct steal_file_io *io)
{
    uv_fs_t request;

    return (int)steal__sync_end(&request,
            uv_fs_rmdir(NULL, &request, io->path, NULL));
}

static const struct operation remove_op = OPERATION("directory remove",
        run_remove, NULL);

struct steal_future *
steal_directory_remove(struct steal_file_io *io, const char *path)
{
    return steal__operation_init(io, &remove_op, path);
}

/*
 * Opening and closing
 */

static int
run_open(struct steal_file_io *io)
{
    struct steal_directory *directory = malloc(sizeof *directory);
    uv_fs_t request;
    int error;

    if (!directory)
        return UV_ENOMEM;
    error = uv_fs_opendir(NULL, &request, io->path, NULL);
    if (error == 0) {
        directory->dir = request.ptr;
        directory->dir->dirents = directory->entries;
        directory->dir->nentries = BATCH;
        directory->count = 0;
        directory->next = 0;
        io->directory = directory;
    } else {
        free(directory);
    }
    uv_fs_req_cleanup(&request);
    return error;
}

static void
undo_open(struct steal_file_io *io)
{
    steal_directory_close(io->directory);
    io->directory = NULL;
}

static enum steal_poll
open_poll(struct steal_future *future, struct steal_context *cx)
{
    struct steal_file_io *io = (struct steal_file_io *)future;

    if (steal__operation_poll(future, cx) == STEAL_PENDING)
        return STEAL_PENDING;
    *io->with.directory = io->directory; /* NULL if that failed */
    return STEAL_READY;
}

static const struct operation open_op = {
    { .name = "directory open",
            .poll = open_poll,
            .drop = steal__operation_drop,
            .awaited = steal__operation_awaited },
    run_open,
    undo_open,
};

struct steal_future *
steal_directory_open(struct steal_file_io *io,
        struct steal_directory **directory, const char *path)
{
    *directory = NULL;
    io->with.directory = directory;
    return steal__operation_init(io, &open_op, path);
}

static void
forget_batch(struct steal_directory *directory)
{
    if (directory->count > 0)
        uv_fs_req_cleanup(&directory->batch);
    directory->count = 0;
    directory->next = 0;
}

void
steal_directory_close(struct steal_directory *directory)
{
    uv_fs_t request;

    if (!directory)
        return;
    forget_batch(directory);
    uv_fs_closedir(NULL, &request, directory->dir, NULL); /* frees `dir` */
    uv_fs_req_cleanup(&request);
    free(directory);
}

/*
 * Reading
 */

/* The last batch was given out: reads the next one.  Its size is the result. */
static int
run_next(struct steal_file_io *io)
{
    struct steal_directory *directory = io->directory;
    int count;

    forget_batch(directory);
    count = uv_fs_readdir(NULL, &directory->batch, directory->dir, NULL);
    if (count > 0)
        directory->count = count;
    else
        uv_fs_req_cleanup(&directory->batch);
    return count;
}

static bool
take_entry(struct steal_file_io *io)
{
    struct steal_directory *directory = io->directory;
    const uv_dirent_t *entry = &directory->entries[directory->next];

    if (directory->next == directory->count)
        return false;
    directory->next++;
    io->with.entry->name = entry->name;
    io->with.entry->type = (enum steal_entry_type)entry->type;
    io->future.result = 1;
    return true;
}

static enum steal_poll
next_poll(struct steal_future *future, struct steal_context *cx)
{
    struct steal_file_io *io = (struct steal_file_io *)future;

    if (io->stage == OPERATION_MADE && take_entry(io))
        return STEAL_READY;
    if (steal__operation_poll(future, cx) == STEAL_PENDING)
        return STEAL_PENDING;
    if (future->result > 0)
        take_entry(io);
    return STEAL_READY;
}

static const struct operation next_op = {
    { .name = "directory next",
            .poll = next_poll,
            .drop = steal__operation_drop,
            .awaited = steal__operation_awaited },
    run_next,
    NULL,
};

struct steal_future *
steal_directory_next(struct steal_file_io *io,
        struct steal_directory *directory, struct steal_entry *entry)
{
    steal__operation_init(io, &next_op, NULL);
    io->directory = directory;
    io->with.entry = entry;
    return &io->future;
}
