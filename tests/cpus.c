/*
 * tests/cpus.c - the quotas that are found in made-up trees of /proc and /sys.
 */
#include "../src/base/cpus.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <steal/runtime.h>

#define V2_MOUNT \
 "31 23 0:28 / /cg rw shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"
#define V1_MOUNT "32 23 0:29 / /cpu rw - cgroup cgroup rw,cpu,cpuacct\n"

static char root[] = "/tmp/steal-cpus-XXXXXX";

static void
make_root(void)
{
    strcpy(root + strlen(root) - 6, "XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(root));
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

static void
remove_root(void)
{
    ck_assert_int_eq(nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

/* Writes a file, making the folders that it needs. */
static void
put(const char *name, const char *text)
{
    char path[512];
    FILE *file;

    snprintf(path, sizeof(path), "%s%s", root, name);
    for (char *p = path + strlen(root) + 1; (p = strchr(p, '/')); *p++ = '/') {
        *p = '\0';
        ck_assert(mkdir(path, 0700) == 0 || errno == EEXIST);
    }
    file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs(text, file), 0);
    ck_assert_int_eq(fclose(file), 0);
}

static void
put_proc(const char *cgroup, const char *mountinfo)
{
    put("/proc/self/cgroup", cgroup);
    put("/proc/self/mountinfo", mountinfo);
}

static void
put_v1(const char *quota_name, const char *quota)
{
    char name[256];

    put(quota_name, quota);
    snprintf(name, sizeof(name), "%.*scfs_period_us",
            (int)(strlen(quota_name) - strlen("cfs_quota_us")), quota_name);
    put(name, "100000\n");
}

#define assert_quota(n)   ck_assert_uint_eq(steal__cpus_quota(root), n)
#define assert_no_quota() assert_quota(UINT_MAX)

START_TEST(own_quota_counts)
{
    put_proc("0::/a/b\n", V2_MOUNT);
    put("/cg/a/b/cpu.max", "300000 100000\n");
    assert_quota(3);
}
END_TEST

START_TEST(lower_quota_of_an_ancestor_counts)
{
    put_proc("0::/a/b/c\n", V2_MOUNT);
    put("/cg/a/b/c/cpu.max", "800000 100000\n");
    put("/cg/a/b/cpu.max", "max 100000\n");
    put("/cg/a/cpu.max", "200000 100000\n");
    assert_quota(2);
}
END_TEST

START_TEST(quota_at_the_mount_point_counts)
{
    put_proc("0::/a\n", V2_MOUNT);
    put("/cg/cpu.max", "400000 100000\n");
    put("/cpu.max", "100000 100000\n"); /* above it: none of ours */
    assert_quota(4);
}
END_TEST

START_TEST(quota_of_a_sibling_does_not_count)
{
    put_proc("0::/a/b\n", V2_MOUNT);
    put("/cg/a/c/cpu.max", "100000 100000\n");
    put("/cg/a/b/child/cpu.max", "100000 100000\n");
    assert_no_quota();
}
END_TEST

START_TEST(max_everywhere_is_no_quota)
{
    put_proc("0::/a\n", V2_MOUNT);
    put("/cg/a/cpu.max", "max 100000\n");
    put("/cg/cpu.max", "max 100000\n");
    assert_no_quota();
    ck_assert_uint_eq(steal__cpus_allowed(root),
            steal__cpus_allowed("/nowhere"));
}
END_TEST

START_TEST(fraction_is_rounded_up)
{
    put_proc("0::/a\n", V2_MOUNT);
    put("/cg/a/cpu.max", "250000 100000\n");
    assert_quota(3);
    put("/cg/a/cpu.max", "200001 100000\n");
    assert_quota(3);
    put("/cg/a/cpu.max", "150000 50000\n");
    assert_quota(3);
}
END_TEST

START_TEST(result_is_never_zero)
{
    put_proc("0::/a\n", V2_MOUNT);
    put("/cg/a/cpu.max", "1000 100000\n");
    assert_quota(1);
    ck_assert_uint_eq(steal__cpus_allowed(root), 1);
    put("/cg/a/cpu.max", "0 100000\n");
    assert_no_quota();
    ck_assert_uint_ge(steal__cpus_allowed(root), 1);
}
END_TEST

START_TEST(version_1_has_quotas_too)
{
    put_proc("5:cpuset:/x\n4:cpu,cpuacct:/a/b\n0::/\n", V1_MOUNT);
    put_v1("/cpu/a/b/cpu.cfs_quota_us", "600000\n");
    assert_quota(6);
    put_v1("/cpu/a/cpu.cfs_quota_us", "450000\n");
    assert_quota(5);
}
END_TEST

START_TEST(version_1_minus_one_is_no_quota)
{
    put_proc("4:cpu,cpuacct:/a\n", V1_MOUNT);
    put_v1("/cpu/a/cpu.cfs_quota_us", "-1\n");
    put_v1("/cpu/cpu.cfs_quota_us", "-1\n");
    assert_no_quota();
}
END_TEST

START_TEST(version_1_without_the_cpu_controller_is_ignored)
{
    put_proc("4:cpuset,cpuacct:/a\n3:name=cpu:/a\n", V1_MOUNT);
    put_v1("/cpu/a/cpu.cfs_quota_us", "100000\n");
    assert_no_quota();
    put_proc("4:cpu:/a\n",
            "32 23 0:29 / /cpu rw - cgroup cgroup rw,cpuset,name=cpu\n"
            "33 23 0:30 / /cpu rw - tmpfs tmpfs rw,cpu\n");
    assert_no_quota();
}
END_TEST

START_TEST(both_versions_count_where_both_are_mounted)
{
    put_proc("4:cpu,cpuacct:/a\n0::/b\n", V1_MOUNT V2_MOUNT);
    put_v1("/cpu/a/cpu.cfs_quota_us", "500000\n");
    assert_quota(5);
    put("/cg/b/cpu.max", "200000 100000\n");
    assert_quota(2);
    put_v1("/cpu/a/cpu.cfs_quota_us", "100000\n");
    assert_quota(1);
}
END_TEST

START_TEST(missing_files_are_no_quota)
{
    assert_no_quota();
    put("/proc/self/cgroup", "0::/a\n");
    assert_no_quota();
    put("/proc/self/mountinfo", V2_MOUNT);
    assert_no_quota();
    put("/cpu/cpu.cfs_quota_us", "100000\n"); /* without a period */
    put_proc("4:cpu:/\n", V1_MOUNT);
    assert_no_quota();
}
END_TEST

START_TEST(malformed_quotas_are_none)
{
    static const char *const texts[] = { "", "\n", "100000", "100000 ",
        "x 100000", "100000 x", "100000 0", "100000x 100000", "-1 100000",
        " 100000 100000", "100000 99999999999999999999999" };

    put_proc("0::/a\n", V2_MOUNT);
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        put("/cg/a/cpu.max", texts[i]);
        assert_no_quota();
    }
}
END_TEST

START_TEST(malformed_lines_of_proc_are_skipped)
{
    put_proc("\n:\n0:\n0::\n0::a\n0:x:/b\n1::/b\n0::/a",
            "\n1 2 3\n1 2 3 / /cg\n1 2 3 / /cg -\n1 2 3 / /cg - cgroup2 x\n"
            "1 2 3 / /cg rw cgroup2 cgroup2 rw\n" V2_MOUNT);
    put("/cg/a/cpu.max", "300000 100000"); /* no newline either */
    assert_quota(3);
}
END_TEST

START_TEST(shifted_mount_shows_what_is_below_its_root)
{
    put_proc("0::/docker/id/b\n",
            "1 2 3 /docker/id /cg rw - cgroup2 none rw\n");
    put("/cg/b/cpu.max", "300000 100000\n");
    put("/cg/docker/id/b/cpu.max", "100000 100000\n");
    assert_quota(3);
    put("/cg/cpu.max", "200000 100000\n");
    assert_quota(2);
}
END_TEST

START_TEST(outside_of_the_mount_its_point_counts)
{
    static const char *const paths[] = { "0::/docker/idle\n", "0::/docker\n",
        "0::/\n", "0::/..\n", "0::/docker/id/../x\n" };

    for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
        put_proc(paths[i], "1 2 3 /docker/id /cg rw - cgroup2 none rw\n");
        put("/cg/cpu.max", "300000 100000\n");
        put("/cg/x/cpu.max", "100000 100000\n");
        put("/cpu.max", "100000 100000\n");
        assert_quota(3);
    }
}
END_TEST

START_TEST(path_above_the_namespace_does_not_leave_the_mount)
{
    put_proc("0::/../x\n", V2_MOUNT);
    put("/cg/cpu.max", "300000 100000\n");
    put("/x/cpu.max", "100000 100000\n");
    assert_quota(3);
    put_proc("0::/..x/b\n", V2_MOUNT); /* a mere name */
    put("/cg/..x/cpu.max", "200000 100000\n");
    assert_quota(2);
}
END_TEST

START_TEST(of_many_mounts_the_one_that_shows_most_counts)
{
    put_proc("0::/a/b\n", "1 2 3 /other /other rw - cgroup2 none rw\n"
                          "1 2 3 /a/b /own rw - cgroup2 none rw\n" V2_MOUNT
                          "1 2 3 /a /late rw - cgroup2 none rw\n");
    put("/other/cpu.max", "100000 100000\n");
    put("/own/cpu.max", "400000 100000\n");
    put("/cg/a/b/cpu.max", "400000 100000\n");
    put("/cg/a/cpu.max", "300000 100000\n");
    assert_quota(3);
}
END_TEST

START_TEST(escapes_of_mountinfo_are_undone)
{
    put_proc("0::/a b\\/c:d\n",
            "1 2 3 /a\\040b\\134 /my\\040cg\\011\\09 rw - cgroup2 none rw\n");
    put("/my cg\t\\09/c:d/cpu.max", "300000 100000\n");
    assert_quota(3);
}
END_TEST

START_TEST(path_too_long_to_open_leaves_its_ancestors)
{
    static char cgroup[3 * PATH_MAX];
    size_t n = (size_t)sprintf(cgroup, "0::/a");

    while (n < 2 * PATH_MAX)
        n += (size_t)sprintf(cgroup + n, "/0123456789");
    put_proc(cgroup, V2_MOUNT);
    put("/cg/a/cpu.max", "300000 100000\n");
    assert_quota(3);
}
END_TEST

START_TEST(no_more_processors_than_the_machine_has)
{
    put_proc("0::/\n", V2_MOUNT);
    put("/cg/cpu.max", "99999900000 100000\n");
    assert_quota(999999);
    ck_assert_uint_eq(steal__cpus_allowed(root),
            steal__cpus_allowed("/nowhere"));
    put("/cg/cpu.max", "18446744073709551614 1\n");
    assert_no_quota();
}
END_TEST

START_TEST(default_is_what_is_allowed_and_leaves_errno_alone)
{
    unsigned n = steal__cpus_allowed("");

    errno = EDOM;
    ck_assert_uint_eq(steal_default_workers(),
            n < STEAL_WORKERS_MAX ? n : STEAL_WORKERS_MAX);
    ck_assert_uint_ge(n, 1);
    ck_assert_int_eq(errno, EDOM);
}
END_TEST

START_TEST(no_file_stays_open)
{
    int before = open("/dev/null", O_RDONLY);
    int after;

    close(before);
    put_proc("4:cpu,cpuacct:/a\n0::/b\n", V1_MOUNT V2_MOUNT);
    put_v1("/cpu/a/cpu.cfs_quota_us", "500000\n");
    put("/cg/b/cpu.max", "200000 100000\n");
    assert_quota(2);
    after = open("/dev/null", O_RDONLY);
    close(after);
    ck_assert_int_eq(after, before);
}
END_TEST

static Suite *
cpus_suite(void)
{
    const TTest *const tests[] = {
        own_quota_counts,
        lower_quota_of_an_ancestor_counts,
        quota_at_the_mount_point_counts,
        quota_of_a_sibling_does_not_count,
        max_everywhere_is_no_quota,
        fraction_is_rounded_up,
        result_is_never_zero,
        version_1_has_quotas_too,
        version_1_minus_one_is_no_quota,
        version_1_without_the_cpu_controller_is_ignored,
        both_versions_count_where_both_are_mounted,
        missing_files_are_no_quota,
        malformed_quotas_are_none,
        malformed_lines_of_proc_are_skipped,
        shifted_mount_shows_what_is_below_its_root,
        outside_of_the_mount_its_point_counts,
        path_above_the_namespace_does_not_leave_the_mount,
        of_many_mounts_the_one_that_shows_most_counts,
        escapes_of_mountinfo_are_undone,
        path_too_long_to_open_leaves_its_ancestors,
        no_more_processors_than_the_machine_has,
        default_is_what_is_allowed_and_leaves_errno_alone,
        no_file_stays_open,
    };
    Suite *suite = suite_create("cpus");
    TCase *tcase = tcase_create("quota");

    tcase_add_checked_fixture(tcase, make_root, remove_root);
    for (size_t i = 0; i < sizeof(tests) / sizeof(*tests); i++)
        tcase_add_test(tcase, tests[i]);
    suite_add_tcase(suite, tcase);
    return suite;
}

int
main(void)
{
    SRunner *runner = srunner_create(cpus_suite());
    int failed;

    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
