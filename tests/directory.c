/*
 * tests/directory.c - making directories, and reading them.
 */
#include "files.h"

/* Reads a whole directory inside one task. */
struct listing {
    struct steal_async async;
    struct steal_file_io io;
    struct steal_directory *directory;
    struct steal_entry entry;
    const char *path;
    int count;
    unsigned char seen[5000];
};

static enum steal_poll
listing_poll(struct steal_future *future, struct steal_context *cx)
{
    struct listing *self = (struct listing *)future;

    STEAL_BEGIN(&self->async);
    STEAL_AWAIT(cx,
            steal_directory_open(&self->io, &self->directory, self->path));
    if (self->io.future.result < 0)
        STEAL_RETURN(self->io.future.result);
    for (;;) {
        STEAL_AWAIT(cx,
                steal_directory_next(&self->io, self->directory, &self->entry));
        if (self->io.future.result <= 0)
            STEAL_RETURN(self->io.future.result);
        require(self->io.future.result == 1);
        require(self->entry.type == STEAL_ENTRY_FILE);
        require(self->seen[atoi(self->entry.name)]++ == 0);
        self->count++;
    }
    STEAL_END();
}

static void
listing_drop(struct steal_future *future)
{
    steal_directory_close(((struct listing *)future)->directory);
}

static const struct steal_future_ops listing_ops = { .name = "listing",
    .poll = listing_poll,
    .drop = listing_drop };

static int
list(const char *path)
{
    struct listing *listing = calloc(1, sizeof *listing);
    int n;

    require(listing != NULL);
    steal_async_init(&listing->async, &listing_ops);
    listing->path = path;
    n = await(&listing->async.future);
    if (n == 0)
        n = listing->count;
    free(listing);
    return n;
}

START_TEST(every_name_of_a_directory_is_given_once)
{
    int before = count_open();
    char name[16];

    ck_assert_int_eq(list("."), 0);
    for (int i = 0; i < 5000; i++) {
        snprintf(name, sizeof name, "%d", i);
        ck_assert_int_eq(mknod(name, S_IFREG | 0600, 0), 0);
        if (i == 0 || i == 99 || i == 100)
            ck_assert_int_eq(list("."), i + 1);
    }
    ck_assert_int_eq(list("."), 5000);
    ck_assert_int_eq(list("none"), -ENOENT);
    ck_assert_int_eq(list("0"), -ENOTDIR);
    wait_until(count_open() <= before);
    steal_directory_close(NULL);
    finish();
}
END_TEST

START_TEST(types_of_entries_are_told)
{
    struct steal_directory *directory;
    struct steal_entry entry;
    int found = 0;

    write_file("f", 1);
    ck_assert_int_eq(mkdir("d", 0700), 0);
    ck_assert_int_eq(symlink("f", "l"), 0);
    ck_assert_int_eq(mkfifo("p", 0600), 0);
    ck_assert_int_eq(await(steal_directory_open(&io, &directory, ".")), 0);
    while (await(steal_directory_next(&io, directory, &entry)) == 1) {
        found++;
        if (entry.type == STEAL_ENTRY_UNKNOWN)
            continue;
        ck_assert_int_eq(entry.type == STEAL_ENTRY_FILE, *entry.name == 'f');
        ck_assert_int_eq(entry.type == STEAL_ENTRY_DIRECTORY,
                *entry.name == 'd');
        ck_assert_int_eq(entry.type == STEAL_ENTRY_LINK, *entry.name == 'l');
        ck_assert_int_eq(entry.type == STEAL_ENTRY_FIFO, *entry.name == 'p');
    }
    ck_assert_int_eq(found, 4);
    ck_assert_int_eq(await(steal_directory_next(&io, directory, &entry)), 0);
    steal_directory_close(directory);
    finish();
}
END_TEST

START_TEST(directories_are_made_and_removed)
{
    char name[] = "new-XXXXXX";
    char bad[] = "none/new-XXXXXX";

    ck_assert_int_eq(await(steal_directory_make(&io, "a", 0755)), 0);
    ck_assert_int_eq(await(steal_directory_make(&io, "x/y", 0755)), -ENOENT);
    ck_assert_int_eq(await(steal_directory_make_all(&io, "a/b//c/", 0755)), 0);
    ck_assert_int_eq(await(steal_directory_make_all(&io, "a/b/c", 0755)), 0);
    ck_assert_int_eq(await(steal_directory_make_all(&io, "/", 0755)), 0);
    ck_assert_int_eq(await(steal_directory_make_all(&io, "", 0755)), -ENOENT);
    write_file("a/f", 1);
    ck_assert_int_eq(await(steal_directory_make_all(&io, "a/f", 0755)),
            -EEXIST);
    ck_assert_int_eq(await(steal_directory_make_all(&io, "a/f/g", 0755)),
            -ENOTDIR);
    ck_assert_int_eq(await(steal_directory_remove(&io, "a/b")), -ENOTEMPTY);
    ck_assert_int_eq(await(steal_directory_remove(&io, "a/b/c")), 0);
    ck_assert_int_eq(await(steal_directory_make_temporary(&io, name)), 0);
    ck_assert_str_ne(name, "new-XXXXXX");
    ck_assert_int_eq(access(name, X_OK), 0);
    ck_assert_int_eq(await(steal_directory_make_temporary(&io, bad)), -ENOENT);
    ck_assert_str_eq(bad, "none/new-XXXXXX");
    finish();
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        every_name_of_a_directory_is_given_once,
        types_of_entries_are_told,
        directories_are_made_and_removed,
    };

    return run_suite_with("directory", reset, tests, LENGTH(tests));
}
