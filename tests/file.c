/*
 * tests/file.c - operations on descriptors, and what they say when they cannot.
 */
#include "files.h"

START_TEST(what_is_written_is_read)
{
    char buffer[16] = { 0 };
    int file = open_file("a", O_RDWR | O_CREAT | O_EXCL);

    ck_assert_int_eq(await(steal_file_write_all(&io, file, "hello world", 11,
                             0)),
            11);
    ck_assert_int_eq(await(steal_file_write(&io, file, "W", 1, 6)), 1);
    ck_assert_int_eq(await(steal_file_read_exact(&io, file, buffer, 5, 6)), 5);
    ck_assert_str_eq(buffer, "World");
    ck_assert_uint_eq(io.done, 5);
    ck_assert_int_eq(await(steal_file_read(&io, file, buffer, 16, 8)), 3);
    ck_assert_int_eq(await(steal_file_read(&io, file, buffer, 16, 11)), 0);
    close_file(file);
    finish();
}
END_TEST

START_TEST(reading_at_the_position_moves_it)
{
    char buffer[4] = { 0 };
    int file = open_file("a", O_RDWR | O_CREAT);

    ck_assert_int_eq(await(steal_file_write_all(&io, file, "abcdef", 6,
                             STEAL_FILE_POSITION)),
            6);
    ck_assert_int_eq(lseek(file, 0, SEEK_CUR), 6);
    lseek(file, 1, SEEK_SET);
    ck_assert_int_eq(await(steal_file_read(&io, file, buffer, 2,
                             STEAL_FILE_POSITION)),
            2);
    ck_assert_str_eq(buffer, "bc");
    ck_assert_int_eq(await(steal_file_read_exact(&io, file, buffer, 3,
                             STEAL_FILE_POSITION)),
            3);
    ck_assert_str_eq(buffer, "def");
    ck_assert_int_eq(await(steal_file_read(&io, file, buffer, 2, 0)), 2);
    ck_assert_int_eq(lseek(file, 0, SEEK_CUR), 6);
    close_file(file);
    finish();
}
END_TEST

START_TEST(short_file_ends_an_exact_read)
{
    char buffer[16];
    int file;

    write_file("a", 10);
    file = open_file("a", O_RDONLY);
    ck_assert_int_eq(await(steal_file_read_exact(&io, file, buffer, 16, 4)),
            STEAL_EOF);
    ck_assert_uint_eq(io.done, 6);
    close_file(file);
    finish();
}
END_TEST

START_TEST(pieces_are_read_and_written_in_one)
{
    struct iovec out[6];
    struct iovec in[2];
    char buffer[2][4] = { "", "" };
    int file = open_file("a", O_RDWR | O_CREAT);

    for (int i = 0; i < 6; i++)
        out[i] = (struct iovec){ (void *)&"abcdef"[i], 1 };
    in[0] = (struct iovec){ buffer[0], 2 };
    in[1] = (struct iovec){ buffer[1], 3 };
    ck_assert_int_eq(await(steal_file_writev(&io, file, out, 6, 0)), 6);
    ck_assert_int_eq(await(steal_file_readv(&io, file, in, 2, 1)), 5);
    ck_assert_str_eq(buffer[0], "bc");
    ck_assert_str_eq(buffer[1], "def");
    ck_assert_int_eq(await(steal_file_writev(&io, file, out, 0, 0)), -EINVAL);
    close_file(file);
    finish();
}
END_TEST

START_TEST(large_file_is_exact)
{
    size_t size = (5u << 20) + 4321;
    unsigned char *data = pattern(size);
    unsigned char *copy = malloc(size);
    int file = open_file("a", O_RDWR | O_CREAT);

    ck_assert_int_eq(await(steal_file_write_all(&io, file, data, size, 7)),
            (int)size);
    ck_assert_uint_eq(io.done, size);
    ck_assert_int_eq(await(steal_file_read_exact(&io, file, copy, size, 7)),
            (int)size);
    ck_assert_int_eq(memcmp(data, copy, size), 0);
    memset(copy, 0, size);
    lseek(file, 7, SEEK_SET);
    ck_assert_int_eq(await(steal_file_read_exact(&io, file, copy, size,
                             STEAL_FILE_POSITION)),
            (int)size);
    ck_assert_int_eq(memcmp(data, copy, size), 0);
    close_file(file);
    free(data);
    free(copy);
    finish();
}
END_TEST

START_TEST(file_is_cut_and_synced)
{
    struct steal_stat stat;
    int file;

    write_file("a", 100);
    file = open_file("a", O_RDWR);
    ck_assert_int_eq(await(steal_file_ftruncate(&io, file, 10)), 0);
    ck_assert_int_eq(await(steal_file_fsync(&io, file)), 0);
    ck_assert_int_eq(await(steal_file_fdatasync(&io, file)), 0);
    ck_assert_int_eq(await(steal_file_fstat(&io, file, &stat)), 0);
    ck_assert_uint_eq(stat.size, 10);
    close_file(file);
    finish();
}
END_TEST

START_TEST(errors_are_those_of_the_system)
{
    int full = open_file("/dev/full", O_WRONLY);
    int here = open_file(".", O_RDONLY);
    char byte = 0;

    write_file("a", 1);
    ck_assert_int_eq(await(steal_file_open(&io, "none", O_RDONLY, 0)), -ENOENT);
    ck_assert_int_eq(await(steal_file_open(&io, "a", O_CREAT | O_EXCL | O_RDWR,
                             0600)),
            -EEXIST);
    ck_assert_int_eq(await(steal_file_open(&io, ".", O_WRONLY, 0)), -EISDIR);
    ck_assert_int_eq(await(steal_file_open(&io, "a/b", O_RDONLY, 0)), -ENOTDIR);
    ck_assert_int_eq(await(steal_file_read(&io, here, &byte, 1, 0)), -EISDIR);
    ck_assert_int_eq(await(steal_file_write_all(&io, full, &byte, 1, 0)),
            -ENOSPC);
    ck_assert_int_eq(await(steal_file_read(&io, 9999, &byte, 1, 0)), -EBADF);
    ck_assert_int_eq(await(steal_file_close(&io, 9999)), -EBADF);
    ck_assert_int_eq(await(steal_file_fsync(&io, -1)), -EBADF);
    ck_assert_int_eq(await(steal_directory_make(&io, "a", 0755)), -EEXIST);
    close_file(full);
    close_file(here);
    finish();
}
END_TEST

START_TEST(opened_files_close_on_exec)
{
    int file = open_file("/dev/null", O_RDONLY);

    ck_assert_int_eq(fcntl(file, F_GETFD), FD_CLOEXEC);
    ck_assert(is_open(file, "/dev/null"));
    close_file(file);
    ck_assert(!is_open(file, "/dev/null"));
    finish();
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        what_is_written_is_read,
        reading_at_the_position_moves_it,
        short_file_ends_an_exact_read,
        pieces_are_read_and_written_in_one,
        large_file_is_exact,
        file_is_cut_and_synced,
        errors_are_those_of_the_system,
        opened_files_close_on_exec,
    };

    return run_suite_with("file", reset, tests, LENGTH(tests));
}
