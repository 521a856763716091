/*
 * tests/whole.c - files as a whole: all of the new one, or the old one.
 */
#include "files.h"

START_TEST(copy_has_the_bytes_and_the_permissions)
{
    size_t size = (3u << 20) + 777;
    struct stat stat;

    write_file("a", size);
    write_file("b", 10 * 4096);
    ck_assert_int_eq(chmod("a", 0750), 0);
    ck_assert_int_eq(await(steal_file_copy(&io, "a", "b", 0)), (int)size);
    ck_assert_uint_eq(io.done, size);
    ck_assert(file_is("b", size));
    ck_assert_int_eq(lstat("b", &stat), 0);
    ck_assert_uint_eq(stat.st_mode, S_IFREG | 0750);
    ck_assert_int_eq(await(steal_file_copy(&io, "b", "a", STEAL_FILE_NEW)),
            -EEXIST);
    ck_assert_int_eq(await(steal_file_copy(&io, "a", "a", 0)), 0);
    ck_assert(file_is("a", size));
    finish();
}
END_TEST

START_TEST(files_without_a_size_are_copied_and_loaded)
{
    ck_assert_int_gt(await(steal_file_copy(&io, "/proc/self/limits", "a", 0)),
            100);
    ck_assert_int_gt(await(steal_file_load(&io, "/proc/self/limits", 1 << 20)),
            100);
    ck_assert_uint_eq(strlen(io.data), io.done);
    free(io.data);
    finish();
}
END_TEST

START_TEST(failed_copy_leaves_nothing_half_done)
{
    const struct rlimit small = { 1 << 20, RLIM_INFINITY };
    struct rlimit old;

    write_file("a", 3 << 20);
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &old), 0);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
    ck_assert_int_eq(await(steal_file_copy(&io, "a", "b", 0)), -EFBIG);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &old), 0);
    ck_assert_int_eq(access("b", F_OK), -1);
    ck_assert_int_eq(await(steal_file_copy(&io, "a", "/dev/full", 0)), -ENOSPC);
    ck_assert_int_eq(access("/dev/full", F_OK), 0);
    ck_assert_int_eq(await(steal_file_copy(&io, ".", "b", 0)), -EISDIR);
    ck_assert_int_eq(await(steal_file_copy(&io, "none", "b", 0)), -ENOENT);
    ck_assert_int_eq(count_names("."), 1);
    finish();
}
END_TEST

START_TEST(load_takes_what_the_limit_allows)
{
    const size_t sizes[] = { 0, 1, 4095, 4096, 4097, (1 << 20) + 1, 3 << 20 };

    for (size_t i = 0; i < LENGTH(sizes); i++) {
        unsigned char *data = pattern(sizes[i]);

        write_file("a", sizes[i]);
        ck_assert_int_eq(await(steal_file_load(&io, "a", sizes[i])),
                (int)sizes[i]);
        ck_assert_int_eq(memcmp(io.data, data, sizes[i]), 0);
        ck_assert_int_eq(((char *)io.data)[sizes[i]], 0);
        free(io.data);
        free(data);
        if (sizes[i] == 0)
            continue;
        ck_assert_int_eq(await(steal_file_load(&io, "a", sizes[i] - 1)),
                -EFBIG);
        ck_assert_ptr_null(io.data);
    }
    ck_assert_int_eq(await(steal_file_load(&io, "/dev/zero", 100000)), -EFBIG);
    ck_assert_int_eq(await(steal_file_load(&io, ".", 100)), -EISDIR);
    finish();
}
END_TEST

START_TEST(save_replaces_in_one_step)
{
    unsigned char *data = pattern(2 << 20);
    struct stat stat;
    int old;
    char byte;

    write_file("a", 1);
    old = open_file("a", O_RDONLY);
    ck_assert_int_eq(await(steal_file_save(&io, "a", data, 2 << 20, 0640)),
            2 << 20);
    ck_assert(file_is("a", 2 << 20));
    ck_assert_int_eq(lstat("a", &stat), 0);
    ck_assert_uint_eq(stat.st_mode, S_IFREG | 0640);
    ck_assert_int_eq(read(old, &byte, 1), 1); /* the old one is whole, too */
    ck_assert_int_eq(read(old, &byte, 1), 0);
    close_file(old);
    ck_assert_int_eq(mkdir("d", 0755), 0);
    ck_assert_int_eq(await(steal_file_save(&io, "d/b", data, 100, 0600)), 100);
    ck_assert(file_is("d/b", 100));
    ck_assert_int_eq(count_names("d"), 1);
    ck_assert_int_eq(count_names("."), 2);
    free(data);
    finish();
}
END_TEST

START_TEST(failed_save_leaves_the_old_file)
{
    const struct rlimit small = { 1 << 20, RLIM_INFINITY };
    unsigned char *data = pattern(2 << 20);
    struct rlimit old;

    write_file("a", 10);
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &old), 0);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
    ck_assert_int_eq(await(steal_file_save(&io, "a", data, 2 << 20, 0600)),
            -EFBIG);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &old), 0);
    ck_assert(file_is("a", 10));
    ck_assert_int_eq(mkdir("d", 0755), 0);
    ck_assert_int_eq(await(steal_file_save(&io, "d", data, 10, 0600)), -EISDIR);
    ck_assert_int_eq(await(steal_file_save(&io, "none/a", data, 10, 0600)),
            -ENOENT);
    ck_assert_int_eq(count_names("."), 2);
    free(data);
    finish();
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        copy_has_the_bytes_and_the_permissions,
        files_without_a_size_are_copied_and_loaded,
        failed_copy_leaves_nothing_half_done,
        load_takes_what_the_limit_allows,
        save_replaces_in_one_step,
        failed_save_leaves_the_old_file,
    };

    return run_suite_with("whole", reset, tests, LENGTH(tests));
}
