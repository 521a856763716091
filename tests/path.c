/*
 * tests/path.c - operations on names.
 */
#include "files.h"

START_TEST(stat_tells_what_the_system_tells)
{
    struct steal_stat stat[3];
    struct stat real;
    int file;

    write_file("a", 1234);
    ck_assert_int_eq(symlink("a", "link"), 0);
    ck_assert_int_eq(lstat("a", &real), 0);
    file = open_file("a", O_RDONLY);
    ck_assert_int_eq(await(steal_file_stat(&io, "link", &stat[0])), 0);
    ck_assert_int_eq(await(steal_file_fstat(&io, file, &stat[1])), 0);
    ck_assert_int_eq(await(steal_file_lstat(&io, "link", &stat[2])), 0);
    ck_assert(S_ISLNK(stat[2].mode));
    for (int i = 0; i < 2; i++) {
        ck_assert_uint_eq(stat[i].size, 1234);
        ck_assert_uint_eq(stat[i].mode, S_IFREG | 0644);
        ck_assert_uint_eq(stat[i].inode, real.st_ino);
        ck_assert_uint_eq(stat[i].device, real.st_dev);
        ck_assert_uint_eq(stat[i].links, 1);
        ck_assert_uint_eq(stat[i].uid, real.st_uid);
        ck_assert_uint_eq(stat[i].gid, real.st_gid);
        ck_assert_uint_eq(stat[i].blocks, (uint64_t)real.st_blocks);
        ck_assert_uint_eq(stat[i].block_size, (uint64_t)real.st_blksize);
        ck_assert_int_eq(stat[i].modified,
                real.st_mtim.tv_sec * 1000000000 + real.st_mtim.tv_nsec);
    }
    close_file(file);
    finish();
}
END_TEST

START_TEST(names_come_and_go)
{
    struct steal_stat stat;

    write_file("a", 5);
    write_file("b", 6);
    ck_assert_int_eq(await(steal_file_rename(&io, "a", "b")), 0);
    ck_assert(file_is("b", 5));
    ck_assert_int_eq(await(steal_file_link(&io, "b", "c")), 0);
    ck_assert_int_eq(await(steal_file_chmod(&io, "c", 0600)), 0);
    ck_assert_int_eq(await(steal_file_stat(&io, "b", &stat)), 0);
    ck_assert_uint_eq(stat.links, 2);
    ck_assert_uint_eq(stat.mode & 07777, 0600);
    ck_assert_int_eq(await(steal_file_unlink(&io, "b")), 0);
    ck_assert_int_eq(await(steal_file_access(&io, "b", F_OK)), -ENOENT);
    ck_assert_int_eq(await(steal_file_access(&io, "c", R_OK | W_OK)), 0);
    finish();
}
END_TEST

START_TEST(links_lead_to_paths)
{
    char buffer[256];
    char expected[80];

    snprintf(expected, sizeof expected, "%s/target", folder);
    write_file("target", 1);
    ck_assert_int_eq(await(steal_file_symlink(&io, "./target", "link")), 0);
    ck_assert_int_eq(await(steal_file_readlink(&io, "link", buffer,
                             sizeof buffer)),
            8);
    ck_assert_str_eq(buffer, "./target");
    ck_assert_int_eq(await(steal_file_realpath(&io, "link", buffer,
                             sizeof buffer)),
            (int)strlen(expected));
    ck_assert_str_eq(buffer, expected);
    ck_assert_int_eq(await(steal_file_readlink(&io, "link", buffer, 9)), 8);
    ck_assert_int_eq(await(steal_file_readlink(&io, "link", buffer, 8)),
            -ENAMETOOLONG);
    ck_assert_int_eq(await(steal_file_realpath(&io, "link", buffer, 3)),
            -ENAMETOOLONG);
    ck_assert_int_eq(await(steal_file_readlink(&io, "target", buffer, 256)),
            -EINVAL);
    finish();
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        stat_tells_what_the_system_tells,
        names_come_and_go,
        links_lead_to_paths,
    };

    return run_suite_with("path", reset, tests, LENGTH(tests));
}
